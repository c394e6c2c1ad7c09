"""The limits of single lanes, and what they leave of the limit of the road.

A statement for a lane replaces the road's on that lane; a lane of which nothing is stated has the road's. Where all
lanes agree, that is the limit of the road. Where they differ, the road's own stays, in doubt, with what its lanes
say beside it; if every lane has its own, and the source states nothing for all, the road has no limit of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mapprior.market.finding import ALL_LANES, NOT_FOUND, Finding, TagStatements, find
from mapprior.market.limit_values import mm_per_sec, value
from mapprior.market.road_rules import RoadRule
from mapprior.market.statement_walk import Judge
from mapprior.model.limit import LaneLimit, LimitAlternative


def find_with_lanes(
    tags: TagStatements, rules: Sequence[RoadRule], judge: Judge
) -> tuple[Finding, tuple[LaneLimit, ...]]:
    """The limit of the road, and of each lane of which something is stated if they are not all the road's."""
    road = find(tags, rules, ALL_LANES, judge)
    if not tags.lanes:
        return road, ()
    by_lane = {lane: find(tags, rules, lane, judge) for lane in tags.lanes}
    lanes = list(by_lane.items())
    every = lanes if tags.has_all_lanes else [(ALL_LANES, road), *lanes]
    first = every[0][1]
    if all(value(x) == value(first) for _, x in every):
        others = _others(first, every)
        if road.tagged and value(road) != value(first):
            others += _others(first, [(ALL_LANES, road)])  # what is stated for all contradicts all lanes
        settled = not others and all(x.settled for _, x in every)
        certain = settled and all(x.certain for _, x in every)
        answer = replace(first, others=others, settled=settled, certain=certain)
        if len({x.certain for _, x in every}) == 1:
            return answer, ()
    else:
        own = road if road.tagged or not tags.has_all_lanes else NOT_FOUND
        answer = replace(own, others=_others(own, [(ALL_LANES, own), *lanes]), settled=False, certain=False)
    return answer, tuple(_lane_limit(lane, x) for lane, x in lanes)


def _others(answer: Finding, found: Iterable[tuple[int, Finding]]) -> tuple[LimitAlternative, ...]:
    """What findings on lanes say that is not the answer, each once. Nothing of what is not known."""
    said = (y for lane, x in found for y in (_alternative(lane, x), *x.others))
    return tuple(dict.fromkeys(x for x in said if x is not None and value(x) != value(answer)))


def _alternative(lane: int, x: Finding) -> LimitAlternative | None:
    if x.confidence_permille == 0:
        return None
    when = f"lane {lane}" if lane >= 0 else ""
    return LimitAlternative(x.kind, x.posted_value_milli, x.posted_unit, when, x.raw)


def _lane_limit(lane: int, x: Finding) -> LaneLimit:
    return LaneLimit(lane, x.kind, x.posted_value_milli, x.posted_unit, mm_per_sec(x), x.certain, x.raw)
