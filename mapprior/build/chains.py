"""Chains of roads: which road is the one that a road goes on as, over nodes and junctions.

Roads go on as each other only where someone may drive from one to the other: two that only arrive at the edge of a map
do not. Where two roads meet, each goes on as the other. At a junction of more, two roads do where the turn is small,
those of one way, name or class before others. A roundabout goes on as itself only. The choice is one to one, so that
every road lies in exactly one chain.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.build.connect import RoadGraph
from mapprior.build.road import Road
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.model.link import FormOfWay

Directed = int  # twice the number of a road, plus 1 against its way

# The largest turn by kinship: of one way or name, of one class, and any.
TURN_MRAD_MAX: Final = (800, 500, 350)
_KINSHIP_MRAD: Final = 150  # so much straighter must a road be to go before a closer one
_BESIDE_TURN_MRAD_MAX: Final = 600  # a road that only leaves, or only joins
_HEADING_LENGTH_M: Final = 3.0  # of the stretch that a road's heading at its end is taken from


@dataclass(frozen=True, slots=True)
class Chain:
    """Roads in the order they are passed in. `before`, `after`: a road that is no part of it, but leads on in its
    direction, in the direction of the chain; None where there is none. A closed chain leads on into itself.
    """

    roads: tuple[Directed, ...]
    closed: bool = False
    before: Directed | None = None
    after: Directed | None = None


def find_chains(graph: RoadGraph, roads: Mapping[int, Road]) -> list[Chain]:
    """Every road of the graph in one chain, in order of the lowest end. `roads` by way id."""
    follows, beside = _joints(graph, roads)
    chains: list[Chain] = []
    done = [False] * len(graph.parts)
    ends = [leaving for leaving in range(2 * len(graph.parts)) if leaving not in follows]
    for first in ends:
        if not done[first >> 1]:
            passed = _walk(first, follows, done)
            before, after = beside.get(first), beside.get(passed[-1] ^ 1)
            chains.append(Chain(tuple(passed), before=None if before is None else before ^ 1, after=after))
    chains += [
        Chain(tuple(_walk(2 * number, follows, done)), closed=True)
        for number in range(len(graph.parts))
        if not done[number]
    ]
    return chains


def _walk(first: Directed, follows: Mapping[Directed, Directed], done: list[bool]) -> list[Directed]:
    passed = [first]
    done[first >> 1] = True
    while True:
        following = follows.get(passed[-1] ^ 1)
        if following is None or done[following >> 1]:
            return passed
        passed.append(following)
        done[following >> 1] = True


def _joints(graph: RoadGraph, roads: Mapping[int, Road]) -> tuple[dict[Directed, Directed], dict[Directed, Directed]]:
    """By the direction a road leaves a junction in: the leaving road it goes on as there, and one it only touches."""
    leaving: list[list[Directed]] = [[] for _ in graph.junctions]
    for number, part in enumerate(graph.parts):
        leaving[part.start].append(2 * number)
        leaving[part.end].append(2 * number + 1)
    follows: dict[Directed, Directed] = {}
    beside: dict[Directed, Directed] = {}
    for ends in leaving:
        if len(ends) == 2 and passable(graph, *ends):
            follows[ends[0]], follows[ends[1]] = ends[1], ends[0]
        elif len(ends) > 2:
            _pair(graph, roads, ends, follows, beside)
    return follows, beside


def _pair(
    graph: RoadGraph,
    roads: Mapping[int, Road],
    ends: Sequence[Directed],
    follows: dict[Directed, Directed],
    beside: dict[Directed, Directed],
) -> None:
    scale = metres_per_e7(_lat_e7(graph, ends[0]))
    headings = [_heading_mrad(graph, end, scale) for end in ends]
    found: list[tuple[int, int, Directed, Directed]] = []
    for i, a in enumerate(ends):
        for j in range(i):
            b = ends[j]
            turn = abs((headings[i] - headings[j]) % 6283 - 3142)
            if turn > TURN_MRAD_MAX[0] or not passable(graph, a, b):
                continue
            kinship = _kinship(graph, roads, a, b)
            if kinship is not None:
                found.append((turn + _KINSHIP_MRAD * kinship, kinship, b, a))
    found.sort()
    for cost, kinship, a, b in found:
        if a not in follows and b not in follows and cost - _KINSHIP_MRAD * kinship <= TURN_MRAD_MAX[kinship]:
            follows[a], follows[b] = b, a
    for cost, kinship, a, b in found:
        if cost - _KINSHIP_MRAD * kinship <= _BESIDE_TURN_MRAD_MAX:
            if a not in follows:
                beside.setdefault(a, b)
            if b not in follows:
                beside.setdefault(b, a)


def _lat_e7(graph: RoadGraph, leaving: Directed) -> int:
    """Of the junction that a road leaves."""
    part = graph.parts[leaving >> 1]
    return part.strand.lat_e7[part.last if leaving & 1 else part.first]


def _heading_mrad(graph: RoadGraph, leaving: Directed, scale: tuple[float, float]) -> int:
    """Of a road's first metres away from its junction. `scale`: metres per 1e-7 degrees there, east and north."""
    part = graph.parts[leaving >> 1]
    lat, lon = part.strand.lat_e7, part.strand.lon_e7
    at, end, step = (part.last, part.first, -1) if leaving & 1 else (part.first, part.last, 1)
    east, north = scale
    x = y = 0.0
    for i in range(at + step, end + step, step):
        x, y = wrap_lon_e7(lon[i] - lon[at]) * east, (lat[i] - lat[at]) * north
        if x * x + y * y >= _HEADING_LENGTH_M**2:
            break
    return round(math.atan2(y, x) * 1000.0)


def passable(graph: RoadGraph, a: Directed, b: Directed) -> bool:
    """May anyone drive from one to the other? Both as they leave the junction where they meet."""
    use_a, use_b = graph.parts[a >> 1].strand.use, graph.parts[b >> 1].strand.use
    out_a, in_a = (use_a.backward, use_a.forward) if a & 1 else (use_a.forward, use_a.backward)
    out_b, in_b = (use_b.backward, use_b.forward) if b & 1 else (use_b.forward, use_b.backward)
    return (in_a is not None and out_b is not None) or (in_b is not None and out_a is not None)


def _kinship(graph: RoadGraph, roads: Mapping[int, Road], a: Directed, b: Directed) -> int | None:
    """0 of one way, or of one class and name; 1 of one class; 2 any; None where neither goes on as the other."""
    way_a, way_b = graph.parts[a >> 1].strand.way_id, graph.parts[b >> 1].strand.way_id
    if way_a == way_b:
        return 0
    road_a, road_b = roads[way_a], roads[way_b]
    forms = road_a.form_of_way, road_b.form_of_way
    if (forms[0] is FormOfWay.ROUNDABOUT) != (forms[1] is FormOfWay.ROUNDABOUT):
        return None
    ramps = (forms[0] is FormOfWay.SLIP_ROAD) != (forms[1] is FormOfWay.SLIP_ROAD)
    if road_a.road_class != road_b.road_class or ramps:
        return 2
    named = not {*road_a.names, *road_a.route_refs}.isdisjoint({*road_b.names, *road_b.route_refs})
    return 0 if named else 1
