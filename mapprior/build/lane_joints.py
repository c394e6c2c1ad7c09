"""Where lanes go on from one road into the next, they meet.

Lanes lie beside the line of their own way, by its own tags: where the next way has another lane for oncoming traffic,
another width, or says by `placement` that its line lies elsewhere, the same lane would step aside at the node. Lanes
whose number and order are the same on both sides of a joint are taken to go on as each other, and their edges are led
to one place there:
- a way of which less is known goes to where the other one is: `placement` stated, before the middle that is assumed
  where nothing is said, before a place that is left open;
- where as much is known of both they meet halfway;
- where both are stated and more than STATED_APART_CM_MAX apart, they are left: other lanes go on than those counted;
- a one-way road goes to the lanes of a two-way one: the node lies between that one's directions.
Where numbers differ, which lane goes on is not known, and nothing is moved.

From there an edge goes to its own place over TAPER_RATIO times what it was moved (a working figure); where a
carriageway parts from a road, over the way that its line goes aside; on a way whose `placement` is `transition` over
the whole way, as the tag says. Which road goes on as which is what `chains.py` and `partings.py` say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mapprior.build.chains import Directed
from mapprior.build.connect import RoadGraph, RoadPart, Strand
from mapprior.build.lanes import DerivedLane, LinePlace, WayLanes
from mapprior.build.line_length import length_m
from mapprior.build.partings import Aside, Courses
from mapprior.model.lane import LaneType

TAPER_RATIO: Final = 20
STATED_APART_CM_MAX: Final = 100
_REACH_M_MIN: Final = 5.0
_OF_THEIR_OWN: Final = frozenset({LaneType.CYCLE, LaneType.BOTH_WAYS, LaneType.SHOULDER})
_SURE: Final = {LinePlace.STATED: 2, LinePlace.MIDDLE: 1, LinePlace.CHANGES: 0, LinePlace.OPEN: 0}

_Edges = dict[int, float]  # of lanes: own place across to the one at the joint, cm, left of the way positive


@dataclass(frozen=True, slots=True)
class Moved:
    """Where edges of lanes lie at an end of a way instead of at their own places; what lies between goes along, what
    lies beside as far as the nearest. `places_cm` ascend.

    `reach_m`: how far from the end they are back at their own. `sure`: where they lie is said, not only assumed.
    """

    places_cm: tuple[int, ...]
    there_cm: tuple[float, ...]
    reach_m: float
    sure: bool

    def by_cm(self, place_cm: float) -> float:
        """How far to the left a place is moved at the very end."""
        own, there = self.places_cm, self.there_cm
        if place_cm <= own[0]:
            return there[0] - own[0]
        for i in range(1, len(own)):
            if place_cm <= own[i]:
                share = (place_cm - own[i - 1]) / (own[i] - own[i - 1])
                return there[i - 1] - own[i - 1] + share * ((there[i] - own[i]) - (there[i - 1] - own[i - 1]))
        return there[-1] - own[-1]


@dataclass(frozen=True, slots=True)
class Joints:
    """What is moved at the ends of ways: by the direction in which the road at the end leaves its node.

    `abreast`: the road whose direction there counts for where across the lanes end.
    """

    moved: Mapping[Directed, Moved]
    abreast: Mapping[Directed, Directed]


def lane_joints(graph: RoadGraph, courses: Courses, lanes: Mapping[int, WayLanes]) -> Joints:
    """`lanes` by way id; a way without lanes has none."""
    return _Finder(graph, courses, lanes).found()


class _Finder:
    def __init__(self, graph: RoadGraph, courses: Courses, lanes: Mapping[int, WayLanes]) -> None:
        self._graph = graph
        self._lanes = lanes
        chains, self._parted = courses.chains, courses.parted
        self._onto: dict[Directed, Directed] = {}  # both as they leave the node
        for chain in chains:
            passed: Sequence[Directed] = [*chain.roads, chain.roads[0]] if chain.closed else chain.roads
            for a, b in pairwise(passed):
                self._onto[a ^ 1], self._onto[b] = b, a ^ 1
        self._beside: dict[Directed, Directed] = {}
        for chain in chains:
            if chain.before is not None:
                self._beside[chain.roads[0]] = chain.before ^ 1
            if chain.after is not None:
                self._beside[chain.roads[-1] ^ 1] = chain.after
        self._beside |= dict(self._parted.keys())
        self._moved: dict[Directed, Moved] = {}

    def found(self) -> Joints:
        for own, other in sorted(self._onto.items()):
            if self._may_move(own, other) and self._is_oneway(own) == self._is_oneway(other):
                self._meet(own, other)
        abreast = {}
        for own, other in sorted({**self._beside, **self._onto}.items()):
            if self._may_move(own, other) and self._is_oneway(own) and not self._is_oneway(other):
                self._go_to(own, other)
                if (own, other) in self._parted and own in self._moved:
                    abreast[own] = other
        return Joints(self._moved, abreast)

    def _part(self, leaving: Directed) -> RoadPart:
        return self._graph.parts[leaving >> 1]

    def _of_way(self, leaving: Directed) -> WayLanes | None:
        return self._lanes.get(self._part(leaving).strand.way_id)

    def _is_oneway(self, leaving: Directed) -> bool:
        use = self._part(leaving).strand.use
        return use.forward is None or use.backward is None

    def _may_move(self, own: Directed, other: Directed) -> bool:
        """A way is moved at its ends only: elsewhere its lanes meet by themselves."""
        if self._of_way(own) is None or self._of_way(other) is None:
            return False
        return _at_end(self._part(own), own) and self._part(own).strand is not self._part(other).strand

    def _meet(self, own: Directed, other: Directed) -> None:
        edges = self._edges(own, other)
        if edges is None:
            return
        own_sure, sure = self._sure(own), self._sure(other)
        if own_sure > sure and _at_end(self._part(other), other):
            return
        if own_sure == sure == _SURE[LinePlace.STATED] and _far_cm(edges) > STATED_APART_CM_MAX:
            return
        if own_sure == sure and _at_end(self._part(other), other):
            edges = {place: (place + there) / 2 for place, there in edges.items()}
        self._move(own, edges, sure=sure > 0)

    def _go_to(self, own: Directed, other: Directed) -> None:
        edges = self._edges(own, other)
        if edges is not None:
            there = self._moved.get(other)
            turned = self._turned(own, other)
            if there is not None:
                edges = {place: at + turned * there.by_cm(turned * at) for place, at in edges.items()}
            self._move(own, edges, sure=self._sure(other) > 0, aside=self._parted.get((own, other)))

    def _sure(self, leaving: Directed) -> int:
        lanes = self._of_way(leaving)
        assert lanes is not None  # as `_may_move` says
        return _SURE[lanes.line]

    def _move(self, own: Directed, edges: _Edges, *, sure: bool, aside: Aside | None = None) -> None:
        lanes = self._of_way(own)
        assert lanes is not None  # as `_may_move` says
        far_cm = _far_cm(edges)
        if lanes.line is LinePlace.CHANGES:
            reach_m = strand_length_m(self._part(own).strand)
        elif far_cm < 1.0:
            return
        else:
            reach_m = max(_REACH_M_MIN, TAPER_RATIO * far_cm / 100.0 if aside is None else aside.reach_m)
        places = sorted(edges)
        there = tuple(edges[place] for place in places)
        if all(a <= b for a, b in pairwise(there)):  # else lanes would cross
            self._moved[own] = Moved(tuple(places), there, reach_m, sure)

    def _turned(self, own: Directed, other: Directed) -> int:
        """1 where both ways run through the node in one direction, else -1."""
        return 1 if (own ^ other) & 1 else -1

    def _edges(self, own: Directed, other: Directed) -> _Edges | None:
        """Edges of the lanes that go on as each other; None where there are none, or they contradict one another."""
        turned = self._turned(own, other)
        edges: _Edges = {}
        for leaving in (False, True):  # the node
            here = self._side(own, leaving=leaving)
            there = self._side(other, leaving=not leaving)
            if not here or [_kind(x) for x in here] != [_kind(x) for x in there]:
                continue
            for a, b in zip(here, there, strict=True):
                for place_cm, there_cm in ((a.left_cm, turned * b.left_cm), (a.right_cm, turned * b.right_cm)):
                    if edges.setdefault(place_cm, there_cm) != there_cm:
                        return None
        return edges or None

    def _side(self, road: Directed, *, leaving: bool) -> tuple[DerivedLane, ...]:
        """Lanes of a road that is driven away from the node, or to it; () where it is not."""
        along = (road & 1 == 0) == leaving
        use, lanes = self._part(road).strand.use, self._of_way(road)
        if lanes is None or (use.forward if along else use.backward) is None:
            return ()
        return lanes.forward if along else lanes.backward


def _far_cm(edges: _Edges) -> float:
    return max(abs(there - place) for place, there in edges.items())


def _kind(lane: DerivedLane) -> LaneType | None:
    return lane.lane_type if lane.lane_type in _OF_THEIR_OWN else None


def _at_end(part: RoadPart, leaving: Directed) -> bool:
    return part.last == len(part.strand.node_ids) - 1 if leaving & 1 else part.first == 0


def strand_length_m(strand: Strand) -> float:
    return length_m(strand.lat_e7, strand.lon_e7)
