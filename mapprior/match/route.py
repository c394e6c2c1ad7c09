"""A drivable route through waypoints, on the tiles of a corridor."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import attrgetter
from typing import Final

from mapprior.errors import LimitError, NoRouteError, RequestError
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.match.route_graph import (
    NO_RESTRICTIONS,
    Ends,
    RouteGraph,
    SearchBudget,
    Start,
    cost,
    links_looked_at_count_max,
)
from mapprior.model.grid import AXIS_COUNT, LINK_LENGTH_M_MAX, bounds_e7, column_row, ring
from mapprior.model.ids import LinkId, TileId, tile_id, tile_parts
from mapprior.model.link import Link, Restriction
from mapprior.model.network import DatasetInfo, Network

WAYPOINTS_COUNT_MAX: Final = 100
WAYPOINT_DISTANCE_M_MAX: Final = 250.0
CORRIDOR_CELLS_COUNT_MAX: Final = 2_000
_NEARBY_M: Final = 15.0  # roads this much farther than the nearest are also meant
_PLACES_COUNT_MAX: Final = 8
_DEARER_COST_M_MAX: Final = 3000.0  # a place of a waypoint this much dearer than the best is not meant
_ROUNDED_M: Final = 1.0  # how far places of one point may come out apart
_CHEAPEST: Final = attrgetter("cost", "driven")


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place to pass, in 1e-7 degrees."""

    lat_e7: int
    lon_e7: int


@dataclass(frozen=True, slots=True)
class DoubtfulTurn:
    """From the end of a link onto the next one: banned while a condition holds, of which it is not known whether it
    does. `offset_m` from the start of the route; the condition is as posted."""

    from_link: LinkId
    to_link: LinkId
    offset_m: float
    condition: str


@dataclass(frozen=True, slots=True)
class Route:
    """Links in driving order; the line runs from start to destination. Offsets on the first and last link.

    `cost` is what searches weigh, in metres of a main road, with what it takes to come to the waypoints.
    """

    links: tuple[LinkId, ...]
    length_m: float
    first_offset_m: float
    last_offset_m: float
    lat_e7: tuple[int, ...]
    lon_e7: tuple[int, ...]
    cost: float = 0.0
    doubtful_turns: tuple[DoubtfulTurn, ...] = ()


def corridor_tiles(datasets: Iterable[DatasetInfo], waypoints: Sequence[Waypoint], widen: int) -> list[TileId]:
    """Existing tiles along the straight lines between the waypoints, with `1 + widen` rings around.

    Sorted, without repetition. LimitError where that would be more than `CORRIDOR_CELLS_COUNT_MAX`.
    """
    line: set[tuple[int, int]] = set()
    legs: list[set[tuple[int, int]]] = []
    for a, b in pairwise(waypoints if len(waypoints) > 1 else (*waypoints, *waypoints)):
        legs.append(set(_cells_between(a, b)))
        line |= legs[-1]
        if len(line) > CORRIDOR_CELLS_COUNT_MAX:
            raise _too_long()
    # A longer leg strays farther from its straight line.
    rings = (1 + widen) * (1 + math.isqrt(len(line)) // 8)
    around = [_rows_around(leg, rings) for leg in legs]
    return sorted({tile for d in datasets for rows in around for tile in _tiles_in(d, rows)})


def _rows_around(leg: Iterable[tuple[int, int]], rings: int) -> dict[int, tuple[int, int]]:
    """First and last row in each column within `rings` of a straight line; there is no hole between them.

    Far fewer steps than naming each cell around each cell, which costs seconds for a line across a continent.
    """
    spans: dict[int, tuple[int, int]] = {}
    for x, y in leg:
        low, high = spans.get(x, (y, y))
        spans[x] = min(low, y), max(high, y)
    around: dict[int, tuple[int, int]] = {}
    for x, (low, high) in spans.items():
        for dx in range(-rings, rings + 1):
            column = (x + dx) % AXIS_COUNT
            first, last = around.get(column, (low - rings, high + rings))
            around[column] = min(first, low - rings), max(last, high + rings)
    return around


def _tiles_in(dataset: DatasetInfo, rows: Mapping[int, tuple[int, int]]) -> Iterator[TileId]:
    """The data set's tiles among these cells; only where its bounds are is it asked for each."""
    south, west, north, east = dataset.bounds_e7
    x0, y1 = column_row(lat_e7=south, lon_e7=west)
    x1, y0 = column_row(lat_e7=north, lon_e7=east)
    for x, (first, last) in rows.items():
        if (x - x0) % AXIS_COUNT <= (x1 - x0) % AXIS_COUNT:
            for y in range(max(first, y0), min(last, y1) + 1):
                tile = tile_id(dataset.dataset_id, x, y)
                if tile in dataset.tiles:
                    yield tile


def connected_tiles(tiles: Collection[TileId], start: Iterable[TileId]) -> frozenset[TileId]:
    """The tiles that a drive may reach from `start`, as far as where they lie can say.

    A link ends no farther than its greatest length from its own tile, and goes over into another data set in the
    tile of the same column and row only.
    """
    datasets = {tile_parts(x)[0] for x in tiles}
    todo = [x for x in start if x in tiles]
    found = set(todo)
    while todo:
        tile = todo.pop()
        _, x, y = tile_parts(tile)
        for other in (*ring(tile, _reach_rings(y)), *(tile_id(d, x, y) for d in datasets)):
            if other in tiles and other not in found:
                found.add(other)
                todo.append(other)
    return frozenset(found)


@cache
def _reach_rings(row: int) -> int:
    """How many tiles away a link of greatest length may end; tiles are the narrower the nearer to a pole."""
    south, west, north, east = bounds_e7(0, row)
    width_m = min((east - west) * metres_per_e7(lat_e7)[0] for lat_e7 in (south, north))
    return math.ceil(LINK_LENGTH_M_MAX / (0.99 * width_m))


def _too_long() -> LimitError:
    return LimitError(f"the straight lines between the waypoints cross more than {CORRIDOR_CELLS_COUNT_MAX} tiles")


class RouteSearch:
    """The cheapest drivable route over the tiles at hand, passing each waypoint in order.

    A waypoint takes the nearest road, in either direction, and others hardly farther. Turning back happens only
    at dead ends. More tiles may come between two calls of `find`; what was looked at stays known. Of restrictions
    under a condition those in `held` are kept.
    """

    def __init__(
        self,
        network: Network,
        waypoints: Sequence[Waypoint],
        budget: SearchBudget | None = None,
        held: Collection[Restriction] = NO_RESTRICTIONS,
    ) -> None:
        """RequestError for fewer than 2 or more than `WAYPOINTS_COUNT_MAX` waypoints."""
        if not 2 <= len(waypoints) <= WAYPOINTS_COUNT_MAX:
            raise RequestError(f"waypoints: {len(waypoints)} given, allowed are 2 to {WAYPOINTS_COUNT_MAX}")
        self._network = network
        self._waypoints = tuple(waypoints)
        self._graph = RouteGraph(network, budget or SearchBudget(links_looked_at_count_max(len(waypoints))), held)

    @property
    def is_whole(self) -> bool:
        """Where `find` found no route: no other tiles would change that."""
        return self._graph.is_whole

    def find(self) -> Route:
        """NoRouteError, which names the waypoint by number and no place, where one has no road within
        `WAYPOINT_DISTANCE_M_MAX` or two cannot be joined; LimitError where that takes more than the budget."""
        network, graph = self._network, self._graph
        places = [_places(network, waypoint, number) for number, waypoint in enumerate(self._waypoints, 1)]
        graph.tiles_came()
        reached = [_Reached(place.penalty, place, (place.link.link_id,)) for place in places[0]]
        for number, targets in enumerate(places[1:], 2):
            reached = _leg(graph, reached, targets, self._waypoints[number - 1], last=number == len(places))
            if not reached:
                raise NoRouteError(f"no drivable connection from waypoint {number - 1} to waypoint {number}")
        best = min(reached, key=_CHEAPEST)
        start = next(place for place in places[0] if place.link.link_id == best.driven[0])
        return _route(network, start, best)


def find_route(network: Network, waypoints: Sequence[Waypoint], budget: SearchBudget | None = None) -> Route:
    """The route of a `RouteSearch` over the tiles at hand; raises what it does."""
    return RouteSearch(network, waypoints, budget).find()


@dataclass(frozen=True, slots=True)
class _Place:
    """A waypoint on a link."""

    link: Link
    s_m: float
    off_m: float  # how far the waypoint lies beside the road
    penalty: float  # what that costs


@dataclass(frozen=True, slots=True)
class _Reached:
    """The cheapest way to a place of a waypoint: links driven from the start on."""

    cost: float
    place: _Place
    driven: tuple[LinkId, ...]


def _places(network: Network, waypoint: Waypoint, number: int) -> list[_Place]:
    found: list[tuple[float, LinkId, float, Link]] = []
    where = {"lat_e7": waypoint.lat_e7, "lon_e7": waypoint.lon_e7}
    for link in network.near(**where, radius_m=WAYPOINT_DISTANCE_M_MAX):
        at = link.line.project(*link.line.frame.xy_m(**where))
        if at.distance_m <= WAYPOINT_DISTANCE_M_MAX:
            found.append((at.distance_m, link.link_id, at.s_m, link))
    if not found:
        raise NoRouteError(f"no road within {WAYPOINT_DISTANCE_M_MAX:.0f} m of waypoint {number}")
    found.sort(key=lambda f: f[:2])
    nearest = found[0][0]
    meant = [f for f in found if f[0] <= nearest + _NEARBY_M][:_PLACES_COUNT_MAX]
    return [_Place(link, s_m, off_m, penalty=4.0 * (off_m - nearest)) for off_m, _, s_m, link in meant]


def _leg(
    graph: RouteGraph, reached: Sequence[_Reached], targets: Sequence[_Place], waypoint: Waypoint, *, last: bool
) -> list[_Reached]:
    """The cheapest way to each target from wherever the last waypoint was reached; none for those far dearer. To the
    last waypoint only the cheapest of all."""
    found = list(_on_same_link(reached, targets))
    # Leaving a place costs what is left of its link.
    starts = [Start(r.driven, r.cost + cost(r.place.link, r.place.link.line.length_m - r.place.s_m)) for r in reached]
    by_link = {target.link.link_id: target for target in targets}
    open_ = set(by_link)
    best = min((r.cost for r in found), default=math.inf)
    while open_:
        dearer = 0.0 if last else _DEARER_COST_M_MAX
        way = graph.cheapest(starts, _ends([by_link[x] for x in sorted(open_)], waypoint), best + dearer)
        if way is None:
            break
        driven, cost_all = way
        found.append(_Reached(cost_all, by_link[driven[-1]], driven))
        best = min(best, cost_all)
        open_.remove(driven[-1])
        if last:
            break
    cheapest: dict[LinkId, _Reached] = {}
    for r in sorted(found, key=_CHEAPEST):
        cheapest.setdefault(r.place.link.link_id, r)
    return list(cheapest.values())


def _on_same_link(reached: Iterable[_Reached], targets: Sequence[_Place]) -> Iterator[_Reached]:
    """Targets farther along the link that the last waypoint was reached on."""
    for target in targets:
        for r in reached:
            if r.place.link.link_id == target.link.link_id and r.place.s_m <= target.s_m:
                cost_all = r.cost + cost(target.link, target.s_m - r.place.s_m) + target.penalty
                yield _Reached(cost_all, target, r.driven)


def _ends(targets: Sequence[_Place], waypoint: Waypoint) -> Ends:
    """What lies beyond the start of each target's link costs the way to the place itself and what its being off the
    road adds."""
    cost_of = {x.link.link_id: cost(x.link, x.s_m) + x.penalty for x in targets}
    return Ends(cost_of, waypoint.lat_e7, waypoint.lon_e7, around_m=max(x.off_m for x in targets) + _ROUNDED_M)


def _route(network: Network, start: _Place, end: _Reached) -> Route:
    lat: list[int] = []
    lon: list[int] = []
    length_m = 0.0
    last = len(end.driven) - 1
    for i, link_id in enumerate(end.driven):
        link = network.link(link_id)
        assert link is not None  # it was a node of the graph
        line = link.line
        from_m = start.s_m if i == 0 else 0.0
        to_m = end.place.s_m if i == last else line.length_m
        length_m += _link_m(link, to_m - from_m)
        inside = [k for k in range(len(line.s_m)) if from_m < line.s_m[k] < to_m]
        points = [line.lat_lon_e7_at(from_m), *((line.lat_e7[k], line.lon_e7[k]) for k in inside)]
        points.append(line.lat_lon_e7_at(to_m))
        for point in points:
            if not lat or point != (lat[-1], lon[-1]):
                lat.append(point[0])
                lon.append(point[1])
    first_offset_m, last_offset_m = _link_m(start.link, start.s_m), _link_m(end.place.link, end.place.s_m)
    return Route(end.driven, length_m, first_offset_m, last_offset_m, tuple(lat), tuple(lon), end.cost)


def _link_m(link: Link, s_m: float) -> float:
    """Metres of the link's own length, which counts, from those of its line."""
    return s_m * link.length_cm / 100.0 / link.line.length_m if link.line.length_m > 0.0 else 0.0


def _cells_between(a: Waypoint, b: Waypoint) -> Iterator[tuple[int, int]]:
    """Cells of the grid along the straight line, the short way round the globe."""
    dlat, dlon = b.lat_e7 - a.lat_e7, wrap_lon_e7(b.lon_e7 - a.lon_e7)
    south, west, north, east = bounds_e7(*column_row(lat_e7=b.lat_e7, lon_e7=b.lon_e7))
    count = math.ceil(2 * max(abs(dlat) / (north - south), abs(dlon) / (east - west))) + 1
    if count > 2 * CORRIDOR_CELLS_COUNT_MAX:
        raise _too_long()
    for k in range(count + 1):
        lat_e7 = a.lat_e7 + dlat * k // count
        yield column_row(lat_e7=lat_e7, lon_e7=wrap_lon_e7(a.lon_e7 + dlon * k // count))
