"""Lanes of a link as lines: beside its road where its way says, led to those of the next road at joints."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate, pairwise

from mapprior.build.chains import passable
from mapprior.build.connect import RoadGraph, Strand
from mapprior.build.lane_geometry import RoadLine, drifting_line, road_line, squared_off
from mapprior.build.lane_joints import Moved, lane_joints
from mapprior.build.lanes import DerivedLane, LinePlace, WayLanes
from mapprior.build.line_length import length_m
from mapprior.build.partings import Courses
from mapprior.build.restrictions import Directed
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.model.ids import LaneId
from mapprior.model.lane import Lane, LaneSection, LinkLanes
from mapprior.model.provenance import Basis

_VERTEX_APART_M_MIN = 0.5

_Place = tuple[int, int]  # lat_e7, lon_e7


class LaneLines:
    """Of all links of a network. `lanes` by way id; a way without lanes has none."""

    def __init__(self, graph: RoadGraph, courses: Courses, lanes: Mapping[int, WayLanes]) -> None:
        self._graph = graph
        self._lanes = lanes
        self._joints = lane_joints(graph, courses, lanes)
        self._neighbours = _Neighbours(graph)
        self._ends_of: dict[int, tuple[Directed, Directed]] = {}  # by id() of a strand
        for number, part in enumerate(graph.parts):
            first, last = self._ends_of.get(id(part.strand), (2 * number, 2 * number + 1))
            self._ends_of[id(part.strand)] = (
                2 * number if part.first == 0 else first,
                2 * number + 1 if part.last == len(part.strand.node_ids) - 1 else last,
            )

    def of_link(self, directed: Directed, length_cm: int) -> LinkLanes | None:
        """None where the way states no lanes."""
        part, backward = self._graph.parts[directed >> 1], bool(directed & 1)
        lanes = self._lanes.get(part.strand.way_id)
        if lanes is None:
            return None
        start, end = self._ends_of[id(part.strand)]
        moved = self._joints.moved.get(start), self._joints.moved.get(end)
        road = _Stretch(part.strand, part.first, part.last, moved)
        before = self._neighbours.vertex(directed >> 1, at_start=True)
        after = self._neighbours.vertex(directed >> 1, at_start=False)
        points = [*([before] if before else []), *road.points, *([after] if after else [])]
        line = road_line([p[0] for p in points], [p[1] for p in points])
        first = 1 if before else 0
        if part.first == 0 and start in self._joints.abreast:
            x, y = self._direction(self._joints.abreast[start])
            line = squared_off(line, first, -x, -y)
        if part.last == len(part.strand.node_ids) - 1 and end in self._joints.abreast:
            line = squared_off(line, first + len(road.points) - 1, *self._direction(self._joints.abreast[end]))
        beside = _Beside(line, first, road, reverse=backward)
        made = tuple(_lane(lane, beside) for lane in (lanes.backward if backward else lanes.forward))
        return LinkLanes(_basis(lanes, moved), (LaneSection(0, length_cm, made),))

    def _direction(self, leaving: Directed) -> tuple[float, float]:
        """East and north, not of length 1, in which a road leaves its node."""
        part = self._graph.parts[leaving >> 1]
        at, onward = (part.last, part.last - 1) if leaving & 1 else (part.first, part.first + 1)
        (lat_a, lon_a), (lat_b, lon_b) = _vertex(part.strand, at), _vertex(part.strand, onward)
        east, north = metres_per_e7(lat_a)
        return wrap_lon_e7(lon_b - lon_a) * east, (lat_b - lat_a) * north


def _basis(lanes: WayLanes, moved: tuple[Moved | None, Moved | None]) -> Basis:
    """What is between two known places is derived; what is between two of which one is not known is a guess."""
    if lanes.line is LinePlace.CHANGES:
        return Basis.DERIVED if all(x is not None and x.sure for x in moved) else Basis.INFERRED
    return Basis.INFERRED if lanes.line is LinePlace.OPEN else Basis.DERIVED


class _Stretch:
    """Vertices `first` to `last` of a strand, and how much of what is moved at its ends holds at each.

    Where that ends, a vertex is put in. Lengths are of the whole strand, so that its roads meet.
    """

    def __init__(self, strand: Strand, first: int, last: int, moved: tuple[Moved | None, Moved | None]) -> None:
        self.points: list[_Place] = [_vertex(strand, i) for i in range(first, last + 1)]
        self._moved: list[tuple[Moved, list[float]]] = []
        start, end = moved
        if start is None and end is None:
            return
        along_m = list(accumulate(map(_step_m, pairwise(zip(strand.lat_e7, strand.lon_e7, strict=True))), initial=0.0))
        whole_m = along_m[-1]
        own_m = along_m[first : last + 1]
        reach_m = [0.0 if x is None else min(x.reach_m, whole_m) for x in moved]
        if sum(reach_m) > whole_m and start is not None and end is not None:
            reach_m = [whole_m, whole_m]
        for at_m in (reach_m[0], whole_m - reach_m[1]):
            self._put_in(at_m, own_m)
        if start is not None:
            self._moved.append((start, [max(0.0, 1.0 - at_m / reach_m[0]) for at_m in own_m]))
        if end is not None:
            self._moved.append((end, [max(0.0, 1.0 - (whole_m - at_m) / reach_m[1]) for at_m in own_m]))

    def _put_in(self, at_m: float, own_m: list[float]) -> None:
        """A vertex so far along the strand, where none is near."""
        i = bisect_left(own_m, at_m)
        if i in (0, len(own_m)) or min(at_m - own_m[i - 1], own_m[i] - at_m) < _VERTEX_APART_M_MIN:
            return
        share = (at_m - own_m[i - 1]) / (own_m[i] - own_m[i - 1])
        (lat_a, lon_a), (lat_b, lon_b) = self.points[i - 1 : i + 1]
        lon = wrap_lon_e7(lon_a + round(share * wrap_lon_e7(lon_b - lon_a)))
        self.points.insert(i, (lat_a + round(share * (lat_b - lat_a)), lon))
        own_m.insert(i, at_m)

    def offsets_m(self, place_cm: float) -> list[float]:
        """At each vertex, left of the way positive, of what lies so far across the way."""
        offsets_cm = [place_cm] * len(self.points)
        for moved, shares in self._moved:
            by_cm = moved.by_cm(place_cm)
            offsets_cm = [x + share * by_cm for x, share in zip(offsets_cm, shares, strict=True)]
        return [x / 100.0 for x in offsets_cm]


def _step_m(step: tuple[_Place, _Place]) -> float:
    (lat_a, lon_a), (lat_b, lon_b) = step
    return length_m((lat_a, lat_b), (lon_a, lon_b))


class _Neighbours:
    """The vertex before a road's first and after its last, so that lines beside roads meet where roads do.

    The road goes on along its way, or, where exactly two roads meet and someone may drive from one to the other,
    into the other one. Two that only leave a node, as at the edge of a map, do not go on as each other.
    """

    def __init__(self, graph: RoadGraph) -> None:
        self._leaving: dict[int, list[Directed]] = defaultdict(list)
        self._graph = graph
        for number, part in enumerate(graph.parts):
            self._leaving[part.start].append(2 * number)
            self._leaving[part.end].append(2 * number + 1)

    def vertex(self, number: int, *, at_start: bool) -> tuple[int, int] | None:
        part = self._graph.parts[number]
        strand = part.strand
        beyond = part.first - 1 if at_start else part.last + 1
        if 0 <= beyond < len(strand.lat_e7):
            return strand.lat_e7[beyond], strand.lon_e7[beyond]
        if strand.node_ids[0] == strand.node_ids[-1]:
            return _vertex(strand, -2 if at_start else 1)
        leaving = self._leaving[part.start if at_start else part.end]
        if len(leaving) != 2 or leaving[0] >> 1 == leaving[1] >> 1 or not passable(self._graph, *leaving):
            return None
        other = leaving[0] if leaving[0] >> 1 != number else leaving[1]
        joined = self._graph.parts[other >> 1]
        return _vertex(joined.strand, joined.last - 1 if other & 1 else joined.first + 1)


def _vertex(strand: Strand, i: int) -> tuple[int, int]:
    return strand.lat_e7[i], strand.lon_e7[i]


class _Beside:
    """Lines beside one road, each made once: neighbouring lanes share a boundary."""

    def __init__(self, line: RoadLine, first: int, road: _Stretch, *, reverse: bool) -> None:
        self._line, self._first, self._road, self._reverse = line, first, road, reverse
        self._made: dict[float, Polyline] = {}

    def at(self, offset_cm: float) -> Polyline:
        """Line at an offset, left of the way positive, where nothing moves it; in driving direction."""
        made = self._made.get(offset_cm)
        if made is None:
            lat, lon = drifting_line(self._line, self._first, self._road.offsets_m(offset_cm))
            step = -1 if self._reverse else 1
            made = self._made[offset_cm] = Polyline(lat[::step], lon[::step], points_only=True)
        return made


def _lane(lane: DerivedLane, beside: _Beside) -> Lane:
    return Lane(
        lane_id=LaneId(lane.lane_id),
        width_cm=lane.width_cm,
        width_basis=lane.width_basis,
        lane_type=lane.lane_type,
        turns=lane.turns,
        change_left=lane.change_left,
        change_right=lane.change_right,
        centre_line=beside.at((lane.left_cm + lane.right_cm) / 2),
        left_boundary=beside.at(lane.left_cm),
        right_boundary=beside.at(lane.right_cm),
        destinations=lane.destinations,
    )
