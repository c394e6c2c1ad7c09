"""Where a work zone lies on the network: its line laid onto links, in driving direction.

The line is sampled; the chain of connected links that follows the samples best is taken, and compared with
the chain that is best where the first is avoided. Where two roads fit alike the zone has no place rather than
a guessed one. A rough zone (points instead of a line) lies on the shortest way through its points.

How sure a place is (`match_permille`, one for all its links), in thousandths:

    950, or 500 for a zone whose place is rough (points, or a line that contradicts the direction it states)
    x share of the line that the chain follows
    x (1 - chance that a second road is meant)     from the difference in fit along stretches that have one,
                                                   weighted by length

Each dataset is looked at by itself: at a border a zone is placed on the part that each of them has.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import atan2, ceil, exp, hypot
from typing import Final

from mapprior.errors import TileError
from mapprior.geo.frame import LocalFrame, distance_m
from mapprior.geo.polyline import Polyline
from mapprior.live.chain import Candidate, Chain, ChainPoint, candidates, longest_chain, plain_names
from mapprior.live.lane_fit import lanes_fit
from mapprior.model.grid import tiles_around
from mapprior.model.ids import LinkId, TileId, dataset_of, tile_parts
from mapprior.model.link import Link
from mapprior.model.network import DatasetInfo, LaneTile, Network, RoadTile, TileState
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import WorkZone, ZoneOnLink

ZONE_LENGTH_M_MAX: Final = 200_000.0
SEARCH_M: Final = 35.0  # from a line to a link; a multiple of what feeds are off by
ROUGH_SEARCH_M: Final = 60.0
SAMPLE_M: Final = 15.0
SAMPLES_COUNT_MAX: Final = 1_000
HEADING_REACH_M: Final = 10.0
GAP_M_MAX: Final = 150.0
MAP_EDGE_M: Final = 100.0  # no road at all this near: beyond the edge of the map
FOLLOWED_RATIO_MIN: Final = 0.8
SECOND_CHANCE_MAX: Final = 0.4
FIT_POINTS: Final = 4.0  # samples along one line are off together; so many count as independent
STRETCH_POINTS_MIN: Final = 3  # a line has as many, however short it is
AVOID_COST: Final = 1.0  # per point; a second road that fits worse than by this is no competitor
LANES_MATCH_PERMILLE_MIN: Final = 800
_TILE_SAMPLE_M: Final = 500.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Links in driving order, dataset by dataset; `reason` says why there are none."""

    spans: tuple[ZoneOnLink, ...]
    reason: str = ""


def place_zone(network: Network, zone: WorkZone) -> list[ZoneOnLink]:
    """The links a zone covers; empty where it cannot be placed (`find_place` says why).

    The network must have the tiles of `zone_tiles` at hand.
    """
    return list(find_place(network, zone).spans)


def find_place(network: Network, zone: WorkZone) -> Placement:
    """The links a zone covers, or why there are none. Reads nothing but tiles at hand."""
    if _length_m(zone) > ZONE_LENGTH_M_MAX:
        return Placement((), f"longer than {ZONE_LENGTH_M_MAX:.0f} m")
    tiles = zone_tiles(network.datasets.values(), zone)
    if not tiles:
        return Placement((), "outside all maps that are served")
    if any(network.tile_state(Layer.L0, tile) is TileState.NOT_LOADED for tile in tiles):
        return Placement((), "not all map tiles around it are loaded")
    spans: list[ZoneOnLink] = []
    reasons: list[str] = []
    for dataset_id in sorted({tile_parts(tile)[0] for tile in tiles}):
        placed = _in_dataset(network, zone, dataset_id)
        spans.extend(placed.spans)
        reasons.append(placed.reason)
    if not spans and any(network.tile_state(Layer.L0, tile) is TileState.FAILED for tile in tiles):
        return Placement((), "a map tile around it could not be read")
    return Placement(tuple(spans), "" if spans else reasons[0])


def zone_tiles(datasets: Iterable[DatasetInfo], zone: WorkZone) -> list[TileId]:
    """Tiles that exist and may hold links of the zone, each once; the same ids for L0 and L2.

    Empty where the maps end before the zone, and for a zone longer than ZONE_LENGTH_M_MAX.
    """
    if _length_m(zone) > ZONE_LENGTH_M_MAX:
        return []
    reach_m = ROUGH_SEARCH_M + _TILE_SAMPLE_M / 2
    found: dict[TileId, None] = {}
    served = tuple(datasets)
    for lat_e7, lon_e7, margin_m in _tile_points(zone):
        for dataset in served:
            tiles = tiles_around(dataset.dataset_id, lat_e7=lat_e7, lon_e7=lon_e7, radius_m=reach_m + margin_m)
            found.update((tile, None) for tile in tiles if tile in dataset.tiles)
    return list(found)


def placer(
    datasets: Iterable[DatasetInfo],
    *,
    read_road: Callable[[TileId], RoadTile | None],
    read_lanes: Callable[[TileId], LaneTile | None],
) -> Callable[[WorkZone], Placement]:
    """A function that places zones and fetches the tiles it needs by the two readers; keeps none of them."""
    served = tuple(datasets)

    def place(zone: WorkZone) -> Placement:
        network = Network(served)
        for tile in zone_tiles(served, zone):
            _load(network, tile, read_road, read_lanes)
        return find_place(network, zone)

    return place


def _load(
    network: Network,
    tile: TileId,
    read_road: Callable[[TileId], RoadTile | None],
    read_lanes: Callable[[TileId], LaneTile | None],
) -> None:
    """A damaged tile is noted in the network; the zone may still be placed without it."""
    try:
        road = read_road(tile)
        if road is None:
            network.absent.add((Layer.L0, tile))
        else:
            network.roads[tile] = road
    except TileError as fault:
        network.failed[Layer.L0, tile] = str(fault)
    try:
        lanes = read_lanes(tile)
        if lanes is not None:
            network.lane_tiles[tile] = lanes
    except TileError as fault:
        network.failed[Layer.L2, tile] = str(fault)


def _in_dataset(network: Network, zone: WorkZone, dataset_id: int) -> Placement:
    points = _rough_points(zone) if _points_only(zone) else _samples(zone)
    if len(points) < 2:
        return Placement((), "a single point has no direction")
    radius_m = ROUGH_SEARCH_M if _points_only(zone) else SEARCH_M
    names = plain_names(zone.road_names)
    places = [candidates(network, p, dataset_id=dataset_id, radius_m=radius_m, names=names) for p in points]
    points, places = _on_the_map(network, points, places, dataset_id)
    if not points:
        return Placement((), "no roads around it in the map")
    if not any(places):
        return Placement((), "no road in its direction near it")
    chain = _chain(network, zone, points, places)
    if chain is None or chain.points_count < max(2, FOLLOWED_RATIO_MIN * len(points)):
        return Placement((), "no connected roads follow it")
    doubts = _doubts(network, zone, points, places, chain)
    share = chain.points_count / len(points)
    spans = _spans(network, zone, chain, doubts, share)
    if not spans:
        return Placement((), "two roads fit it alike")
    return Placement(spans)


def _chain(
    network: Network, zone: WorkZone, points: Sequence[ChainPoint], places: Sequence[Sequence[Candidate]]
) -> Chain | None:
    rough = _points_only(zone)
    return longest_chain(
        network,
        points,
        places,
        # between the points of a rough zone a road may bend as it likes, within reason
        way_ratio_max=2.0 if rough else 1.3,
        gap_m_max=0.0 if rough else GAP_M_MAX,
    )


def _doubts(
    network: Network,
    zone: WorkZone,
    points: Sequence[ChainPoint],
    places: Sequence[Sequence[Candidate]],
    chain: Chain,
) -> dict[LinkId, float]:
    """For each link of the chain that another road competes with: the chance that the other is meant.

    A second search, in which the links of the chain cost more, finds where the next best way leaves the chain
    and comes back to it; stretch by stretch the fit of both is compared.
    """
    own = set(chain.links)
    dearer = [[replace(c, cost=c.cost + AVOID_COST) if c.link.link_id in own else c for c in here] for here in places]
    second = _chain(network, zone, points, dearer)
    if second is None:
        return {}
    doubts: dict[LinkId, float] = {}
    on_link = Counter(place.link.link_id for place in chain.places.values())
    both = [i for i in chain.places if i in second.places]
    for apart, stretch in groupby(both, key=lambda i: second.places[i].link.link_id not in own):
        stretch_points = list(stretch)
        # at a junction, links that only meet are near each other for a point or two
        if not apart or len(stretch_points) < STRETCH_POINTS_MIN:
            continue
        worse = sum(second.places[i].cost - chain.places[i].cost for i in stretch_points) / len(stretch_points)
        chance = 1.0 / (1.0 + exp(min(50.0, max(-50.0, FIT_POINTS * worse))))
        for link_id, count in Counter(chain.places[i].link.link_id for i in stretch_points).items():
            doubts[link_id] = doubts.get(link_id, 0.0) + chance * count / on_link[link_id]
    return doubts


def _spans(
    network: Network, zone: WorkZone, chain: Chain, doubts: Mapping[LinkId, float], share: float
) -> tuple[ZoneOnLink, ...]:
    """The links of the chain, without those where another road fits alike. One match for all: it is one zone."""
    last = len(chain.links) - 1
    covered: list[tuple[Link, int, int]] = []
    for i, link_id in enumerate(chain.links):
        link = network.link(link_id)
        assert link is not None  # a chain holds links that were at hand
        start_cm = _link_cm(link, chain.start_m) if i == 0 else 0
        end_cm = _link_cm(link, chain.end_m) if i == last else link.length_cm
        if end_cm > start_cm and doubts.get(link_id, 0.0) <= SECOND_CHANCE_MAX:
            covered.append((link, start_cm, end_cm))
    covered = _each_once(covered)
    covered_cm = sum(end_cm - start_cm for _, start_cm, end_cm in covered)
    doubted_cm = sum((end_cm - start_cm) * doubts.get(x.link_id, 0.0) for x, start_cm, end_cm in covered)
    sure = share * (1.0 - doubted_cm / max(1, covered_cm))
    match_permille = round((500 if zone.place_rough else 950) * sure)
    lanes_count = not zone.place_rough and match_permille >= LANES_MATCH_PERMILLE_MIN
    return tuple(
        ZoneOnLink(
            zone.id,
            x.link_id,
            start_cm,
            end_cm,
            match_permille,
            lanes_count and lanes_fit(zone.lanes, network.lanes(x.link_id), start_cm=start_cm, end_cm=end_cm),
        )
        for x, start_cm, end_cm in covered
    )


def _each_once(covered: Sequence[tuple[Link, int, int]]) -> list[tuple[Link, int, int]]:
    """Links with the stretches that are covered, each stretch once: a line may pass a link on every lap.

    A link stands where it is first driven; of two stretches of one link the first by offset comes first.
    """
    on_link: dict[LinkId, tuple[Link, list[tuple[int, int]]]] = {}
    for link, start_cm, end_cm in covered:
        on_link.setdefault(link.link_id, (link, []))[1].append((start_cm, end_cm))
    once: list[tuple[Link, int, int]] = []
    for link, stretches in on_link.values():
        open_cm, open_end_cm = min(stretches)
        for start_cm, end_cm in sorted(stretches):
            if start_cm > open_end_cm:
                once.append((link, open_cm, open_end_cm))
                open_cm = start_cm
            open_end_cm = max(open_end_cm, end_cm)
        once.append((link, open_cm, open_end_cm))
    return once


def _link_cm(link: Link, s_m: float) -> int:
    """Arc length of the line as centimetres of the link."""
    ratio = s_m / link.line.length_m if link.line.length_m > 0.0 else 0.0
    return round(min(1.0, max(0.0, ratio)) * link.length_cm)


def _points_only(zone: WorkZone) -> bool:
    """Is the geometry too coarse to be a line along the road?"""
    return zone.place_rough and (len(zone.lat_e7) <= 2 or _length_m(zone) / (len(zone.lat_e7) - 1) > _TILE_SAMPLE_M)


def _length_m(zone: WorkZone) -> float:
    return sum(
        distance_m(lat_a_e7=a[0], lon_a_e7=a[1], lat_b_e7=b[0], lon_b_e7=b[1])
        for a, b in pairwise(zip(zone.lat_e7, zone.lon_e7, strict=True))
    )


def _samples(zone: WorkZone) -> list[ChainPoint]:
    """Points along the line, with its heading over 20 m; one for a zone of one point."""
    if len(zone.lat_e7) < 2:
        return _rough_points(zone)
    line = _ZoneLine(zone)
    count = min(SAMPLES_COUNT_MAX, max(STRETCH_POINTS_MIN, ceil(line.length_m / SAMPLE_M) + 1))
    step_m = line.length_m / (count - 1)
    points = []
    for i in range(count):
        lat_e7, lon_e7 = line.at(i * step_m)
        points.append(ChainPoint(lat_e7, lon_e7, step_m if i else 0.0, line.heading_rad(i * step_m)))
    return points


def _on_the_map(
    network: Network, points: list[ChainPoint], places: list[list[Candidate]], dataset_id: int
) -> tuple[list[ChainPoint], list[list[Candidate]]]:
    """Without the points at either end that lie beyond the last road: the map may end inside a zone."""

    def beyond(i: int) -> bool:
        near = network.near(lat_e7=points[i].lat_e7, lon_e7=points[i].lon_e7, radius_m=MAP_EDGE_M)
        return not places[i] and not any(dataset_of(link.link_id) == dataset_id for link in near)

    first, end = 0, len(points)
    while first < end and beyond(first):
        first += 1
    while end > first and beyond(end - 1):
        end -= 1
    return points[first:end], places[first:end]


def _rough_points(zone: WorkZone) -> list[ChainPoint]:
    places = list(zip(zone.lat_e7, zone.lon_e7, strict=True))
    ways_m = [0.0] + [
        distance_m(lat_a_e7=a[0], lon_a_e7=a[1], lat_b_e7=b[0], lon_b_e7=b[1]) for a, b in pairwise(places)
    ]
    return [ChainPoint(lat, lon, way_m, None) for (lat, lon), way_m in zip(places, ways_m, strict=True)]


def _tile_points(zone: WorkZone) -> Iterator[tuple[int, int, float]]:
    """(lat_e7, lon_e7, margin_m) of points so close that nothing near the zone is missed."""
    yield zone.lat_e7[0], zone.lon_e7[0], 0.0
    if len(zone.lat_e7) < 2:
        return
    line = _ZoneLine(zone)
    margin_m = min(5_000.0, line.length_m / 2) if _points_only(zone) else 0.0
    count = ceil(line.length_m / _TILE_SAMPLE_M)
    for i in range(1, count + 1):
        lat_e7, lon_e7 = line.at(line.length_m * i / count)
        yield lat_e7, lon_e7, margin_m


class _ZoneLine:
    """The zone's line by arc length. Each segment has its own frame: a zone may be longer than one frame holds."""

    def __init__(self, zone: WorkZone) -> None:
        self._parts: list[tuple[float, Polyline]] = []
        self.length_m = 0.0
        points = list(zip(zone.lat_e7, zone.lon_e7, strict=True))
        for a, b in pairwise(points):
            part = Polyline((a[0], b[0]), (a[1], b[1]))
            self._parts.append((self.length_m, part))
            self.length_m += part.length_m

    def at(self, s_m: float) -> tuple[int, int]:
        """(lat_e7, lon_e7), clamped to the ends."""
        start_m, part = self._part(s_m)
        return part.lat_lon_e7_at(s_m - start_m)

    def heading_rad(self, s_m: float) -> float:
        """From a little before to a little after: a line drawn by hand has crooked vertices."""
        a, b = self.at(s_m - HEADING_REACH_M), self.at(s_m + HEADING_REACH_M)
        x_m, y_m = LocalFrame(lat0_e7=a[0], lon0_e7=a[1]).xy_m(lat_e7=b[0], lon_e7=b[1])
        if hypot(x_m, y_m) < 1.0:
            return self._part(s_m)[1].heading_rad[0]
        return atan2(y_m, x_m)

    def _part(self, s_m: float) -> tuple[float, Polyline]:
        low, high = 0, len(self._parts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._parts[middle][0] <= s_m:
                low = middle
            else:
                high = middle - 1
        return self._parts[low]
