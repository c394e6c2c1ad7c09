"""A drivable route through waypoints, on the tiles of a corridor.

The graph's nodes are links, its edges the turns that are allowed. A turn restriction over several links
needs memory: where a drive is inside such a sequence, the links of it driven so far are part of the node.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import attrgetter
from typing import Final

import networkx as nx

from mapprior.errors import LimitError, NoRouteError, RequestError
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.match.turns import RESTRICTION_LINKS_COUNT_MAX, next_links
from mapprior.model.grid import AXIS_COUNT, LINK_LENGTH_M_MAX, bounds_e7, column_row, ring
from mapprior.model.ids import LinkId, TileId, tile_id, tile_parts
from mapprior.model.link import CarAccess, Link, RoadClass
from mapprior.model.network import DatasetInfo, Network

WAYPOINTS_COUNT_MAX: Final = 100
WAYPOINT_DISTANCE_M_MAX: Final = 250.0
CORRIDOR_CELLS_COUNT_MAX: Final = 2_000
LINKS_LOOKED_AT_COUNT_MAX: Final = 1_000_000  # of one request, each as often as it is looked at
_NEARBY_M: Final = 15.0  # roads this much farther than the nearest are also meant
_PLACES_COUNT_MAX: Final = 8

# Cost of a metre against one of a main road: what a driver prefers, not how fast anybody may drive.
_COST = {
    RoadClass.MOTORWAY: 0.55,
    RoadClass.TRUNK: 0.65,
    RoadClass.PRIMARY: 0.8,
    RoadClass.SECONDARY: 0.9,
    RoadClass.TERTIARY: 1.0,
    RoadClass.LIVING_STREET: 2.0,
    RoadClass.SERVICE: 2.5,
    RoadClass.TRACK: 5.0,
    RoadClass.CONSTRUCTION: 20.0,
}
_COST_OTHER: Final = 1.2
_ACCESS_COST = {CarAccess.YES: 1.0, CarAccess.DESTINATION: 3.0, CarAccess.RESTRICTED: 20.0}
_TURN_BACK_COST_M: Final = 200.0
_DEARER_COST_M_MAX: Final = 3000.0  # a place of a waypoint this much dearer than the best is not meant
_CHEAPEST: Final = attrgetter("cost", "driven")

_Node = tuple[LinkId, ...]  # the link, preceded by what a restriction that may be under way needs
_START: Final[_Node] = (LinkId(-1),)
_END: Final[_Node] = (LinkId(-2),)


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place to pass, in 1e-7 degrees."""

    lat_e7: int
    lon_e7: int


@dataclass(frozen=True, slots=True)
class Route:
    """Links in driving order; the line runs from start to destination. Offsets on the first and last link."""

    links: tuple[LinkId, ...]
    length_m: float
    first_offset_m: float
    last_offset_m: float
    lat_e7: tuple[int, ...]
    lon_e7: tuple[int, ...]


class SearchBudget:
    """How many links the searches of one request may still look at. Counted, not timed: the same everywhere."""

    __slots__ = ("left_count",)

    def __init__(self, links_count_max: int = LINKS_LOOKED_AT_COUNT_MAX) -> None:
        self.left_count = links_count_max

    def look(self) -> None:
        """At one more link. LimitError where that is more than is allowed."""
        self.left_count -= 1
        if self.left_count < 0:
            raise LimitError(
                f"the search for a route looks at more than {LINKS_LOOKED_AT_COUNT_MAX} links, which is what one "
                "request is allowed; ask for a shorter way, or for fewer waypoints at once"
            )

    def stop(self) -> None:
        """Nobody waits for the answer: a search that still runs in a thread ends with its next link."""
        self.left_count = -1


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


def find_route(network: Network, waypoints: Sequence[Waypoint], budget: SearchBudget | None = None) -> Route:
    """The cheapest drivable route over the tiles at hand, passing each waypoint in order.

    A waypoint takes the nearest road, in either direction, and others hardly farther. Turning back happens only
    at dead ends. RequestError for fewer than 2 or more than `WAYPOINTS_COUNT_MAX` waypoints; NoRouteError, which
    names the waypoint by number and no place, where one has no road within `WAYPOINT_DISTANCE_M_MAX` or two
    cannot be joined; LimitError where that takes more than the budget.
    """
    if not 2 <= len(waypoints) <= WAYPOINTS_COUNT_MAX:
        raise RequestError(f"waypoints: {len(waypoints)} given, allowed are 2 to {WAYPOINTS_COUNT_MAX}")
    places = [_places(network, waypoint, number) for number, waypoint in enumerate(waypoints, 1)]
    turns = _Turns(network, budget or SearchBudget())
    reached = [_Reached(place.penalty, place, (place.link.link_id,)) for place in places[0]]
    for number, targets in enumerate(places[1:], 2):
        reached = turns.leg(reached, targets)
        if not reached:
            raise NoRouteError(f"no drivable connection from waypoint {number - 1} to waypoint {number}")
    best = min(reached, key=_CHEAPEST)
    start = next(place for place in places[0] if place.link.link_id == best.driven[0])
    return _route(network, start, best)


@dataclass(frozen=True, slots=True)
class _Place:
    """A waypoint on a link."""

    link: Link
    s_m: float
    penalty: float  # cost of lying beside the road


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
    return [_Place(link, s_m, penalty=4.0 * (off_m - nearest)) for off_m, _, s_m, link in meant]


class _Turns:
    """All links at hand as nodes, allowed turns as edges; an edge costs what the link it enters costs."""

    def __init__(self, network: Network, budget: SearchBudget) -> None:
        self._budget = budget
        self._prefixes = _prefixes(network)
        self._graph = nx.DiGraph()
        self._nodes_of: dict[LinkId, list[_Node]] = {}
        links_count = sum(tile.link_count for tile in network.roads.values())
        if links_count > budget.left_count:
            budget.left_count = 0  # before any of them is decoded
            budget.look()
        todo: list[_Node] = [
            (tile.link(index).link_id,) for _, tile in sorted(network.roads.items()) for index in range(tile.link_count)
        ]
        seen = set(todo)
        while todo:
            node = todo.pop()
            budget.look()
            link = network.link(node[-1])
            if link is None:
                continue
            self._graph.add_node(node)
            self._nodes_of.setdefault(node[-1], []).append(node)
            for onward_id in next_links(network, node) or ():
                onward = network.link(onward_id)
                if onward is None:
                    continue
                to = self._remembered((*node, onward_id))
                back = _TURN_BACK_COST_M if onward_id == link.twin_id else 0.0
                self._graph.add_edge(node, to, cost=_cost(onward, onward.line.length_m) + back)
                if to not in seen:
                    seen.add(to)
                    todo.append(to)

    def leg(self, reached: Sequence["_Reached"], targets: Sequence["_Place"]) -> list["_Reached"]:
        """The cheapest way to each target from wherever the last waypoint was reached; none for those far dearer."""
        start: dict[_Node, _Reached] = {}
        for r in sorted(reached, key=_CHEAPEST):
            start.setdefault(self._remembered(r.driven[-RESTRICTION_LINKS_COUNT_MAX:]), r)
        graph = self._graph
        graph.add_node(_START)
        for node, r in start.items():
            # Leaving a place costs what is left of its link.
            rest_m = r.place.link.line.length_m - r.place.s_m
            graph.add_edge(_START, node, cost=r.cost + _cost(r.place.link, rest_m))
        found = self._from_start(start, targets)
        graph.remove_node(_START)
        for target in targets:
            for r in reached:
                if r.place.link.link_id == target.link.link_id and r.place.s_m <= target.s_m:
                    cost = r.cost + _cost(target.link, target.s_m - r.place.s_m) + target.penalty
                    found.append(_Reached(cost, target, r.driven))
        cheapest: dict[LinkId, _Reached] = {}
        for r in sorted(found, key=_CHEAPEST):
            cheapest.setdefault(r.place.link.link_id, r)
        return list(cheapest.values())

    def _from_start(self, start: dict[_Node, "_Reached"], targets: Sequence["_Place"]) -> list["_Reached"]:
        """Arrivals over the start of the target's link."""
        graph = self._graph
        entries = [
            (before, graph.edges[before, node]["cost"], target)
            for target in targets
            for node in self._nodes_of.get(target.link.link_id, ())
            for before in graph.predecessors(node)
            if before != _START
        ]
        graph.add_node(_END)
        for before, _, _ in entries:
            graph.add_edge(before, _END, cost=0.0)
        try:
            first, _ = nx.single_source_dijkstra(graph, _START, _END, weight=self._weight)
        except nx.NetworkXNoPath:
            return []
        finally:
            graph.remove_node(_END)
        costs, ways = nx.single_source_dijkstra(graph, _START, cutoff=first + _DEARER_COST_M_MAX, weight=self._weight)
        found: list[_Reached] = []
        for before, entering, target in entries:
            if before in costs:
                cost = costs[before] + entering - _cost(target.link, target.link.line.length_m - target.s_m)
                way = ways[before]
                driven = (*start[way[1]].driven, *(node[-1] for node in way[2:]), target.link.link_id)
                found.append(_Reached(cost + target.penalty, target, driven))
        return found

    def _weight(self, _from: _Node, _to: _Node, edge: dict[str, float]) -> float:
        self._budget.look()
        return edge["cost"]

    def _remembered(self, driven: _Node) -> _Node:
        """The longest tail that a restriction begins with, else the last link."""
        for begin in range(len(driven) - 1):
            if driven[begin:] in self._prefixes:
                return driven[begin:]
        return driven[-1:]


def _prefixes(network: Network) -> set[_Node]:
    """Beginnings, of two links or more, of restrictions: a drive inside one must be remembered."""
    return {
        restriction.links[:count]
        for tile in network.roads.values()
        for index in range(tile.link_count)
        for restriction in tile.restrictions(index)
        if not restriction.condition
        for count in range(2, len(restriction.links))
    }


def _cost(link: Link, length_m: float) -> float:
    return length_m * _COST.get(link.road_class, _COST_OTHER) * _ACCESS_COST[link.car_access]


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
    return Route(end.driven, length_m, first_offset_m, last_offset_m, tuple(lat), tuple(lon))


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
