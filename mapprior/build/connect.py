"""Joins ways into roads between junctions.

A road ends at a node that two or more ways of the network use (or one way twice), at the end of a way, at a
turn restriction's via node, and at a barrier that stops cars. There the road ends for good: each way that
meets such a barrier gets a junction of its own, so nothing can be driven through it.
Nodes that follow each other on a way at one place are one junction: a road without length between them is none.
A road longer than a link may be is split evenly; the cuts lie on its line, between source nodes if need be.

Where the market ends, a `Cutter` takes away what lies beyond before anything is joined; a road ends at a border node.

Does not know what a limit or a lane is. Numbers roads and junctions by sorted source ids, so that the order
of reading leaves no trace.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import eq, sub
from typing import Protocol

from mapprior.build.access import CarUse
from mapprior.build.line_length import length_m
from mapprior.build.refusals import RefusalBook
from mapprior.geo.frame import distance_m, metres_per_e7, wrap_lon_e7
from mapprior.geo.units import cm
from mapprior.model.border import BorderNode
from mapprior.model.grid import LINK_LENGTH_M_MAX

# A link is measured in the frame of its first point, the split in those of its parts: one per cent covers it.
SPLIT_LENGTH_M = 0.99 * LINK_LENGTH_M_MAX

_LENGTH_M_MIN = 1e-4
_METRES_PER_E7_MAX = 0.01117  # of latitude at the poles, where it is largest; longitude is never more

# (lat_e7, lon_e7, source node, way, place in the way); the last three are 0 where they say nothing.
JunctionKey = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class UsableWay:
    """A way that cars use."""

    way_id: int
    node_ids: tuple[int, ...]
    use: CarUse


@dataclass(slots=True)
class Strand:
    """A run of a way whose nodes are all known; `cuts` are the vertices where roads meet, ends included.

    Vertices that only split a long road have node id 0, those at which a border cuts a segment one below 0.
    """

    way_id: int
    use: CarUse
    lat_e7: list[int]
    lon_e7: list[int]
    node_ids: list[int]
    cuts: list[int]


@dataclass(frozen=True, slots=True)
class RoadPart:
    """A road between two junctions, along its way. `ref` lacks only the direction."""

    strand: Strand
    first: int  # vertices of the strand, both included
    last: int
    start: int  # junctions
    end: int
    ref: str


@dataclass(slots=True)
class RoadGraph:
    """Roads in order of way id and place in the way; junctions by number."""

    parts: list[RoadPart]
    junctions: list[JunctionKey]
    borders: Mapping[int, BorderNode] = field(default_factory=dict)  # by node id
    _lengths_cm: dict[int, int] = field(default_factory=dict, init=False, repr=False)

    def start(self, directed: int) -> int:
        """The junction where a directed road begins: twice its number, plus 1 against its way."""
        part = self.parts[directed >> 1]
        return part.end if directed & 1 else part.start

    def length_cm(self, directed: int) -> int:
        """Length of the link that is made of a directed road."""
        found = self._lengths_cm.get(directed)
        if found is None:
            part = self.parts[directed >> 1]
            span = slice(part.first, part.last + 1)
            lat, lon = part.strand.lat_e7[span], part.strand.lon_e7[span]
            if directed & 1:
                lat.reverse()
                lon.reverse()
            found = self._lengths_cm[directed] = max(1, cm(length_m(lat, lon)))
        return found


class Cutter(Protocol):
    """Leaves only what lies in the market."""

    def cut(self, strands: Iterable[Strand]) -> list[Strand]: ...

    def nodes(self, blocking_nodes: Set[int]) -> dict[int, BorderNode]:
        """Border nodes by node id, once strands are cut."""
        ...


def connect(
    ways: Iterable[UsableWay],
    *,
    lat_lon_e7: Mapping[int, tuple[int, int]],
    via_nodes: Set[int],
    blocking_nodes: Set[int],
    refusals: RefusalBook,
    cutter: Cutter | None = None,
    told_nodes: Set[int] = frozenset(),
) -> RoadGraph:
    """Ways to roads. A way whose nodes are missing in part is used where they are not, and the report says so.

    `told_nodes`: those of which something is told; of several nodes at one place one of these names the junction.
    """
    strands = [s for way in sorted(ways, key=lambda w: w.way_id) for s in _strands(way, lat_lon_e7, refusals)]
    borders: dict[int, BorderNode] = {}
    if cutter is not None:
        strands = cutter.cut(strands)
        borders = cutter.nodes(blocking_nodes)
    uses = Counter(chain.from_iterable(s.node_ids for s in strands))
    forced = via_nodes | blocking_nodes | borders.keys()
    one_place = _one_place(strands, via_nodes, told_nodes, apart=blocking_nodes | borders.keys())
    graph = RoadGraph([], [], borders)
    numbers: dict[JunctionKey, int] = {}
    parts_of: dict[tuple[int, int, int], int] = {}  # way and end nodes -> parts so far
    for strand in strands:
        last = len(strand.node_ids) - 1
        junctions = [i for i, n in enumerate(strand.node_ids) if uses[n] > 1 or i in (0, last) or n in forced]
        _split_long(strand, junctions)
        _add_parts(graph, strand, blocking_nodes, one_place, numbers, parts_of, refusals)
    return graph


def _strands(way: UsableWay, lat_lon_e7: Mapping[int, tuple[int, int]], refusals: RefusalBook) -> list[Strand]:
    """The way as one run, or as the runs between its missing nodes. Repeated nodes are dropped."""
    node_ids = way.node_ids
    places = [lat_lon_e7.get(node_id) for node_id in node_ids]
    if len(places) >= 2 and None not in places and not any(map(eq, node_ids, node_ids[1:])):
        lat, lon = zip(*places, strict=True)
        return [Strand(way.way_id, way.use, list(lat), list(lon), list(node_ids), [])]
    runs: list[Strand] = []
    missing_count = 0
    run: Strand | None = None
    for node_id in way.node_ids:
        place = lat_lon_e7.get(node_id)
        if place is None:
            missing_count += 1
            run = None
            continue
        if run is None:
            run = Strand(way.way_id, way.use, [], [], [], [])
            runs.append(run)
        elif run.node_ids[-1] == node_id:
            continue
        run.lat_e7.append(place[0])
        run.lon_e7.append(place[1])
        run.node_ids.append(node_id)
    usable = [run for run in runs if len(run.node_ids) >= 2]
    if missing_count:
        detail = f"{missing_count} of {len(way.node_ids)} nodes are not in the source"
        if usable:
            refusals.refuse(f"way/{way.way_id}", "way with missing nodes, used in part", detail)
        else:
            refusals.refuse(f"way/{way.way_id}", "way with missing nodes", detail)
    elif not usable:
        refusals.refuse(f"way/{way.way_id}", "way with fewer than two nodes")
    return usable


def _one_place(
    strands: Iterable[Strand], via_nodes: Set[int], told_nodes: Set[int], *, apart: Set[int]
) -> dict[int, int]:
    """For nodes that follow each other at one place the one that names their junction; those `apart` stay alone."""
    together: dict[int, set[int]] = {}
    for strand in strands:
        lat, lon, ids = strand.lat_e7, strand.lon_e7, strand.node_ids
        if not any(map(eq, lat, lat[1:])):
            continue
        for i in range(len(ids) - 1):
            pair = {ids[i], ids[i + 1]}
            if lat[i] == lat[i + 1] and lon[i] == lon[i + 1] and len(pair) == 2 and apart.isdisjoint(pair):
                joined = set().union(*(together.get(node, {node}) for node in pair))
                together.update(dict.fromkeys(joined, joined))
    return {
        node: min(joined, key=lambda n: (n not in via_nodes, n not in told_nodes, n))
        for node, joined in together.items()
    }


def _split_long(strand: Strand, junctions: list[int]) -> None:
    """Sets the strand's cuts; puts vertices of id 0 where a road between junctions is too long."""
    if _length_bound_m(strand) <= SPLIT_LENGTH_M:
        strand.cuts = junctions
        return
    steps_m = [_step_m(strand, i) for i in range(len(strand.node_ids) - 1)]
    lat, lon, ids, cuts = [strand.lat_e7[0]], [strand.lon_e7[0]], [strand.node_ids[0]], [0]
    for first, last in pairwise(junctions):
        total_m = math.fsum(steps_m[first:last])
        count = max(1, math.ceil(total_m / SPLIT_LENGTH_M))
        done_m, cut = 0.0, 1
        for i in range(first, last):
            while cut < count and cut * total_m / count <= done_m + steps_m[i]:
                t = (cut * total_m / count - done_m) / steps_m[i]
                lat.append(strand.lat_e7[i] + round(t * (strand.lat_e7[i + 1] - strand.lat_e7[i])))
                dlon = wrap_lon_e7(strand.lon_e7[i + 1] - strand.lon_e7[i])
                lon.append(wrap_lon_e7(strand.lon_e7[i] + round(t * dlon)))
                ids.append(0)
                cuts.append(len(ids) - 1)
                cut += 1
            done_m += steps_m[i]
            lat.append(strand.lat_e7[i + 1])
            lon.append(strand.lon_e7[i + 1])
            ids.append(strand.node_ids[i + 1])
        cuts.append(len(ids) - 1)
    strand.lat_e7, strand.lon_e7, strand.node_ids, strand.cuts = lat, lon, ids, cuts


def _length_bound_m(strand: Strand) -> float:
    """More than the length of a strand, cheaply; far more over the antimeridian."""
    steps_e7: int = sum(map(abs, map(sub, strand.lat_e7[1:], strand.lat_e7)))
    steps_e7 += sum(map(abs, map(sub, strand.lon_e7[1:], strand.lon_e7)))
    return steps_e7 * _METRES_PER_E7_MAX


def _step_m(strand: Strand, i: int) -> float:
    return distance_m(
        lat_a_e7=strand.lat_e7[i],
        lon_a_e7=strand.lon_e7[i],
        lat_b_e7=strand.lat_e7[i + 1],
        lon_b_e7=strand.lon_e7[i + 1],
    )


def _add_parts(
    graph: RoadGraph,
    strand: Strand,
    blocking_nodes: Set[int],
    one_place: Mapping[int, int],
    numbers: dict[JunctionKey, int],
    parts_of: dict[tuple[int, int, int], int],
    refusals: RefusalBook,
) -> None:
    cuts = strand.cuts
    # The next source nodes around each cut: what a part of a split road is named by.
    named = [strand.node_ids[c] for c in cuts]
    for i, (first, last) in enumerate(pairwise(cuts)):
        origin = named[i] or next(named[j] for j in range(i, -1, -1) if named[j])
        target = named[i + 1] or next(named[j] for j in range(i + 1, len(named)) if named[j])
        count_key = strand.way_id, origin, target
        part = parts_of.get(count_key, 0)
        parts_of[count_key] = part + 1
        if _has_no_length(strand, first, last):
            refusals.refuse(f"way/{strand.way_id}", "road without length", f"nodes {origin} to {target}")
            continue
        start = _junction(graph, numbers, strand, first, first, blocking_nodes, one_place)
        end = _junction(graph, numbers, strand, last, -last, blocking_nodes, one_place)
        ref = f"osm:way/{strand.way_id}:{_named(origin)}-{_named(target)}:{part}"
        graph.parts.append(RoadPart(strand, first, last, start, end, ref))


def _named(node_id: int) -> str:
    """A node in a stable reference: the source's number, or `x` and hexadecimal digits for a cut at a border."""
    return str(node_id) if node_id >= 0 else f"x{-node_id:x}"


def _has_no_length(strand: Strand, first: int, last: int) -> bool:
    """At a pole places that differ in longitude may be one."""
    lat, lon = strand.lat_e7, strand.lon_e7
    east_m_per_e7, _ = metres_per_e7(lat[first])
    return all(
        lat[i] == lat[first] and abs(wrap_lon_e7(lon[i] - lon[first])) * east_m_per_e7 < _LENGTH_M_MIN
        for i in range(last, first, -1)
    )


def _junction(
    graph: RoadGraph,
    numbers: dict[JunctionKey, int],
    strand: Strand,
    vertex: int,
    side: int,
    blocking_nodes: Set[int],
    one_place: Mapping[int, int],
) -> int:
    """Number of the junction at a vertex; a split's is its own, a blocking barrier's is the road end's own."""
    node_id = strand.node_ids[vertex]
    lat, lon = strand.lat_e7[vertex], strand.lon_e7[vertex]
    if not node_id:
        key = (lat, lon, 0, strand.way_id, vertex)
    elif node_id in blocking_nodes:
        key = (lat, lon, node_id, strand.way_id, side)
    else:
        key = (lat, lon, one_place.get(node_id, node_id), 0, 0)
    number = numbers.get(key)
    if number is None:
        number = numbers[key] = len(graph.junctions)
        graph.junctions.append(key)
    return number
