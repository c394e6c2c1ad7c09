"""Which ways cars use, and what their tags say in our words."""

from dataclasses import replace

from mapprior.build.access import Refused, car_use
from mapprior.build.carriageway import carriageway_of
from mapprior.build.connect import UsableWay
from mapprior.build.cut import WayFacts
from mapprior.build.destinations import uncounted_destinations
from mapprior.build.lane_counts import stated_lanes
from mapprior.build.lanes import lanes_of
from mapprior.build.limits import limits_of
from mapprior.build.request import Progress
from mapprior.build.road import road_of
from mapprior.build.road_type import RuleReader
from mapprior.build.source import TAG_LENGTH_MAX, SourceMap, SourceWay
from mapprior.errors import SourceError
from mapprior.market.countries import Country
from mapprior.market.law import MarketLaw
from mapprior.model.provenance import Layer


def choose(
    source: SourceMap, row: Country, law: MarketLaw, *, layers: frozenset[Layer], progress: Progress
) -> tuple[list[UsableWay], dict[int, WayFacts]]:
    """Ways that cars use, and what their tags say, as far as the layers need it. SourceError where there is none.

    Tags too long to be OpenStreetMap's are taken off the ways of the source, and refused.
    """
    ways: list[UsableWay] = []
    facts: dict[int, WayFacts] = {}
    reader = RuleReader(law) if law.digest else None
    for done, way_id in enumerate(sorted(source.ways)):
        if done % 4096 == 0:
            progress("choose", done, len(source.ways))
        refused: Refused = []
        way = source.ways[way_id] = _without_long_tags(source.ways[way_id], refused)
        use = car_use(way.tags, refused)
        if isinstance(use, str):
            source.refusals.leave_out(use)
        else:
            ways.append(UsableWay(way_id, way.node_ids, use))
            drives = use.forward is not None, use.backward is not None
            facts[way_id] = _facts(way, drives, row, reader, layers, refused)
        for reason, text in dict.fromkeys(refused):
            source.refusals.refuse(f"way/{way_id}", reason, text)
    if not ways:
        raise SourceError(f"{source.names}: no road in it that cars may use, of {source.ways_count} ways")
    return ways, facts


def _without_long_tags(way: SourceWay, refused: Refused) -> SourceWay:
    if max(map(len, way.tags.values())) <= TAG_LENGTH_MAX:
        return way
    refused += [("tag too long", f"{k}={v}") for k, v in way.tags.items() if len(v) > TAG_LENGTH_MAX]
    return replace(way, tags={k: v for k, v in way.tags.items() if len(v) <= TAG_LENGTH_MAX})


def _facts(
    way: SourceWay,
    drives: tuple[bool, bool],
    row: Country,
    reader: RuleReader | None,
    layers: frozenset[Layer],
    refused: Refused,
) -> WayFacts:
    forward, backward = drives
    keeps_right = row.driving_side == "right"
    lanes = carriageway = None
    # Limits per lane are held against them, whichever layers are built; who wants no lanes hears of none refused.
    of_lanes: Refused = [] if layers.isdisjoint((Layer.L1, Layer.L2)) else refused
    counts = stated_lanes(way.tags, drives_forward=forward, drives_backward=backward, refused=of_lanes)
    if counts.whole and Layer.L2 in layers:
        lanes = lanes_of(
            way.tags,
            counts,
            drives_forward=forward,
            drives_backward=backward,
            keeps_right=keeps_right,
            refused=refused,
        )
    elif Layer.L2 in layers:
        uncounted_destinations(way.tags, refused)
    # A two-way centre lane is the leftmost of both directions where traffic keeps right.
    first_lane = 1 if keeps_right and way.tags.get("lanes:both_ways") == "1" else 0
    limits = limits_of(
        way.tags,
        first_lanes=(first_lane, first_lane),
        way_oneway=forward and not backward,
        sign_unit=row.speed_unit,
        refused=refused,
        lanes_stated=counts.of_directions(),
    )
    road = road_of(way.tags, refused)
    rules = (
        None
        if reader is None
        else reader.read(way.tags, road, limits, drives_forward=forward, drives_backward=backward)
    )
    if Layer.L1 in layers:
        carriageway = carriageway_of(
            way.tags, road, counts, drives_forward=forward, drives_backward=backward, refused=refused
        )
    return WayFacts(road, limits, rules, lanes, carriageway, way.observed_time_us)
