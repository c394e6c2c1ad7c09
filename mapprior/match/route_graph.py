"""The roads as a graph to search, laid only where a search comes.

Nodes are links, each at its start; edges are the turns that are allowed, and cost what the link they leave costs. A
turn restriction over several links needs memory: where a drive is inside such a sequence, the links of it driven so
far are part of the node. Tiles may come between two searches: what was laid stays.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import networkx as nx

from mapprior.errors import LimitError
from mapprior.geo.frame import earth_xyz_m
from mapprior.match.turns import RESTRICTION_LINKS_COUNT_MAX, ways_onward
from mapprior.model.ids import LinkId
from mapprior.model.link import CarAccess, Link, Restriction, RoadClass
from mapprior.model.network import Network, TileState
from mapprior.model.provenance import Layer

# How many links one request may look at, each as often as it is looked at; 300,000 take about 2 s.
LINKS_LOOKED_AT_COUNT_MAX: Final = 300_000  # from one waypoint to the next
_LINKS_PER_WAYPOINT_COUNT: Final = 50_000  # for each further waypoint
_LINKS_OF_ALL_COUNT_MAX: Final = 1_500_000

# Cost of a metre against one of a main road: what a driver prefers, not how fast anybody may drive.
_COST: Final = {
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
_ACCESS_COST: Final = {CarAccess.YES: 1.0, CarAccess.DESTINATION: 3.0, CarAccess.RESTRICTED: 20.0}
_TURN_BACK_COST_M: Final = 200.0
# No way is cheaper than this for a metre of the straight line; lengths in a link's own frame are off by 3e-4 at most.
_COST_OF_STRAIGHT_METRE: Final = 0.999 * min(_COST.values())

Node = tuple[LinkId, ...]  # the link, preceded by what a restriction that may be under way needs
Way = tuple[LinkId, ...]
_START: Final[Node] = (LinkId(-1),)
_END: Final[Node] = (LinkId(-2),)
NO_RESTRICTIONS: Final[frozenset[Restriction]] = frozenset()


def links_looked_at_count_max(waypoints_count: int) -> int:
    """How many links a request of so many waypoints may look at."""
    more_count = _LINKS_PER_WAYPOINT_COUNT * max(0, waypoints_count - 2)
    return min(LINKS_LOOKED_AT_COUNT_MAX + more_count, _LINKS_OF_ALL_COUNT_MAX)


class SearchBudget:
    """How many links the searches of one request may still look at. Counted, not timed: the same everywhere."""

    __slots__ = ("_count_max", "left_count")

    def __init__(self, links_count_max: int = LINKS_LOOKED_AT_COUNT_MAX) -> None:
        self._count_max = links_count_max
        self.left_count = links_count_max

    def look(self) -> None:
        """At one more link. LimitError where that is more than is allowed."""
        self.left_count -= 1
        if self.left_count < 0:
            raise LimitError(
                f"the search for a route looks at more than {self._count_max} links, which is what one "
                "request is allowed; ask for a shorter way, or for fewer waypoints at once"
            )

    def stop(self) -> None:
        """Nobody waits for the answer: a search that still runs in a thread ends with its next link."""
        self.left_count = -1


def cost(link: Link, length_m: float) -> float:
    """Of driving some metres of a link."""
    return length_m * _COST.get(link.road_class, _COST_OTHER) * _ACCESS_COST[link.car_access]


@dataclass(frozen=True, slots=True)
class Start:
    """Links driven so far, the last as far as to its end, and what all that costs."""

    driven: Way
    cost: float


@dataclass(frozen=True, slots=True)
class Ends:
    """Links on which a search may end, with the cost from their start on. All such places lie around a point."""

    cost_of: Mapping[LinkId, float]
    lat_e7: int
    lon_e7: int
    around_m: float


@dataclass(frozen=True, slots=True)
class _Exhausted:
    """A search that came to all there was and found no way. When more is at hand, only that has to be looked at."""

    starts: tuple[Start, ...]
    ends: frozenset[LinkId]
    came_to: set[Node]


class RouteGraph:
    """The graph over the tiles at hand. Restrictions under a condition count where they are among `held`."""

    def __init__(self, network: Network, budget: SearchBudget, held: Collection[Restriction] = NO_RESTRICTIONS) -> None:
        self._network = network
        self._budget = budget
        self._held = held
        self._restriction_links_count = 0
        self._graph = nx.DiGraph()
        self._nodes_of: dict[LinkId, list[Node]] = {}
        self._start_xyz_m: dict[Node, tuple[float, float, float]] = {}
        self._rim: dict[Node, Link] = {}  # the road goes on in a tile that is not at hand
        self._went_on: list[Node] = []  # those of the rim before tiles came
        self._came_to: set[Node] = set()  # by the search of now
        self._exhausted: _Exhausted | None = None
        self._ends: Mapping[LinkId, float] = {}
        self._towards_xyz_m = (0.0, 0.0, 0.0)
        self._around_m = 0.0
        self.tiles_came()

    @property
    def is_whole(self) -> bool:
        """All that searches came to is at hand: no other tile would change an answer that there is no way."""
        return not self._rim

    def tiles_came(self) -> None:
        """More tiles are at hand than before: what ended at the rim may go on."""
        self._restriction_links_count = self._network.restriction_links_count_max
        rim, self._rim = self._rim, {}
        self._went_on = list(rim)
        for node, link in rim.items():
            self._lay_onward(node, link)

    def cheapest(self, starts: Sequence[Start], ends: Ends, cost_max: float = math.inf) -> tuple[Way, float] | None:
        """The cheapest way over the end of a start's last link onto a link of `ends`; None where none is below
        `cost_max`. With it its cost, of start and end together."""
        graph = self._graph
        graph.add_node(_START)
        graph.add_node(_END)
        self._put_ends(ends)
        try:
            if self._is_still_exhausted(starts, ends):
                return None
            self._came_to = set()
            driven_to = self._put_starts(starts)
            nodes = nx.astar_path(graph, _START, _END, self._cost_left_min, self._weight, cutoff=cost_max)
            cost_all = sum(graph.edges[edge]["cost"] for edge in pairwise(nodes))
        except nx.NetworkXNoPath:
            if cost_max == math.inf:
                self._exhausted = _Exhausted(tuple(starts), frozenset(ends.cost_of), self._came_to)
            return None
        finally:
            graph.remove_nodes_from((_START, _END))
            self._ends = {}
        return (*driven_to[nodes[1]], *(node[-1] for node in nodes[1:-1])), cost_all

    def _is_still_exhausted(self, starts: Sequence[Start], ends: Ends) -> bool:
        """The same search had no way before, and what has come since leads to no end: cheaper to see than to search."""
        before, self._exhausted = self._exhausted, None
        if before is None or before.starts != tuple(starts) or before.ends != ends.cost_of.keys():
            return False
        came_to = before.came_to
        todo = [node for node in self._went_on if node in came_to]
        while todo:
            for onward in self._graph.adj[todo.pop()]:
                self._budget.look()
                if onward[-1] in ends.cost_of:
                    return False
                if onward not in came_to and onward != _END:
                    came_to.add(onward)
                    self._lay(onward)
                    todo.append(onward)
        self._exhausted = before
        return True

    def _put_ends(self, ends: Ends) -> None:
        self._ends, self._around_m = ends.cost_of, ends.around_m
        self._towards_xyz_m = earth_xyz_m(lat_e7=ends.lat_e7, lon_e7=ends.lon_e7)
        for link_id, cost_end in ends.cost_of.items():
            for node in self._nodes_of.get(link_id, ()):
                self._graph.add_edge(node, _END, cost=cost_end)

    def _put_starts(self, starts: Sequence[Start]) -> dict[Node, Way]:
        """What was driven before each node that follows a start, by the cheapest of them."""
        graph, driven_to = self._graph, dict[Node, Way]()
        for start in starts:
            node = self._remembered(start.driven[-RESTRICTION_LINKS_COUNT_MAX:])
            self._came_to.add(node)
            graph.add_node(node)
            link = self._lay(node)
            whole = cost(link, link.line.length_m)
            for onward, edge in graph.adj[node].items():
                cost_so_far = start.cost + edge["cost"] - whole
                if onward != _END and (onward not in driven_to or cost_so_far < graph.edges[_START, onward]["cost"]):
                    driven_to[onward] = start.driven
                    graph.add_edge(_START, onward, cost=cost_so_far)
        return driven_to

    def _lay(self, node: Node) -> Link:
        """The node and its edges are there from here on. Its link."""
        link = self._network.link(node[-1])
        assert link is not None  # it starts at a node whose tile is at hand
        if node not in self._start_xyz_m:
            self._budget.look()
            self._start_xyz_m[node] = earth_xyz_m(lat_e7=link.line.lat_e7[0], lon_e7=link.line.lon_e7[0])
            self._nodes_of.setdefault(node[-1], []).append(node)
            if node[-1] in self._ends:
                self._graph.add_edge(node, _END, cost=self._ends[node[-1]])
            self._lay_onward(node, link)
        return link

    def _lay_onward(self, node: Node, link: Link) -> None:
        network = self._network
        ways = ways_onward(network, node, longest=self._restriction_links_count)
        if ways is None:
            awaited = network.missing_tile(link.end_node)
            if awaited is not None and network.tile_state(Layer.L0, awaited) is TileState.NOT_LOADED:
                self._rim[node] = link
            return
        cost_whole = cost(link, link.line.length_m)
        forgets = len(node) == 1 and not network.restrictions(node[0])  # nearly always
        banned = {x.links[-1] for x in ways.at_times if x in self._held} if self._held else ()
        for onward_id in ways.links:
            if onward_id in banned:
                continue
            to = (onward_id,) if forgets else self._remembered((*node, onward_id))
            back = _TURN_BACK_COST_M if onward_id == link.twin_id else 0.0
            self._graph.add_edge(node, to, cost=cost_whole + back)

    def _remembered(self, driven: Node) -> Node:
        """The longest tail that a restriction begins with, else the last link."""
        for begin in range(len(driven) - 1):
            tail = driven[begin:]
            if any(
                len(x.links) > len(tail) and x.links[: len(tail)] == tail and (not x.condition or x in self._held)
                for x in self._network.restrictions(tail[0])
            ):
                return tail
        return driven[-1:]

    def _weight(self, _from: Node, to: Node, edge: Mapping[str, float]) -> float:
        self._budget.look()
        if to not in self._start_xyz_m and to != _END:
            self._lay(to)
        return edge["cost"]

    def _cost_left_min(self, node: Node, _end: Node) -> float:
        """No way from the node to an end is cheaper. Asked for each node that a search comes to."""
        self._came_to.add(node)
        at = self._start_xyz_m.get(node)
        if at is None:
            return 0.0
        return max(0.0, _COST_OF_STRAIGHT_METRE * (math.dist(at, self._towards_xyz_m) - self._around_m))
