"""Where a road becomes two, or two become one, its line goes aside and nobody drives so.

The line of a road runs in the middle of its lanes, those of the two each in theirs, and all three meet in one node.
So near the node the line of one of the two goes aside, as sharply as it was drawn. A vehicle is on its own side, or in
its own lane, before as behind: it passes straight by.

- A road becomes two carriageways: one is two-way, one is only driven to the node and one only from it, and these go on
  as the first does, beside each other. Each goes aside by about half of what the two are apart.
- One-way roads fork or merge, as slip roads do: one is driven to the node and two from it, or the other way round,
  about straight on. Whether one of the two goes aside its own line tells: it leaves to one side and then turns back.
"""

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product
from typing import Final

from mapprior.build.chain_lines import ChainLines
from mapprior.build.chains import Chain, Directed, find_chains
from mapprior.build.connect import RoadGraph
from mapprior.build.road import Road
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.geo.jogs import Jog
from mapprior.model.link import FormOfWay

APART_AT_M: Final = 40.0  # by there the carriageways are as far apart as they then run
APART_M_MIN: Final = 1.0
APART_M_MAX: Final = 20.0
_ASIDE_M_MAX: Final = 9.0  # at a fork: a slip road of two lanes beside a road of three
_BULGE_M_MIN: Final = 0.5  # that a line which turns back is out of the straight
_BEGUN_M: Final = 4.0  # of a line, to tell to which side it leaves
_CHORD_M: Final = 60.0
_REACHED_SHARE: Final = 0.85  # of it, where they are taken to have reached it
_STEP_M: Final = 2.0
_LOOKED_AT_M: Final = 80.0  # of each road
_HEADING_LENGTH_M: Final = 10.0
_PARALLEL_COUNT: Final = 2  # of these lengths a carriageway goes on in the direction of the road
_GOES_ON_COUNT: Final = 4
_TURN_RAD_MAX: Final = 0.5  # of the road past the node: one that turns more turns as it is drawn
_OBLIQUE_RAD_MAX: Final = 0.9  # of a carriageway over its first 20 m

_Place = tuple[float, float]
_Line = list[_Place]
_Passage = tuple[Directed, Directed]  # one of the two and the road of both, as they leave the node
_Shift = tuple[float, float]  # from the node on, and aside; metres


@dataclass(frozen=True, slots=True)
class Aside:
    """How far the line of one of the two goes aside, over its first `reach_m` from the node."""

    reach_m: float
    aside_m: float
    goes_on: bool  # about straight for some way beyond


def partings(graph: RoadGraph, roads: Mapping[int, Road], chains: Sequence[Chain]) -> dict[_Passage, Aside]:
    """All passages between a road and the one it parts from, in whichever direction they are driven."""
    meetings = list(_meetings(graph, roads))
    lines = _Lines(graph, chains, {x >> 1 for meeting in meetings for ends in meeting for x in ends})
    found: dict[_Passage, Aside] = {}
    for away, to, both in meetings:
        for a, b, c in product(away, to, both):
            _put(found, lines, (a, b), c, is_fork=False)
        for of_many, of_one in ((away, to), (to, away)):
            for pair, c in product(combinations(of_many, 2), of_one):
                _put(found, lines, pair, c, is_fork=True)
    return found


def _put(
    found: dict[_Passage, Aside], lines: "_Lines", pair: tuple[Directed, Directed], one: Directed, *, is_fork: bool
) -> None:
    ahead = _opposite(lines[one])
    if ahead is None or not all(abs(_wrap(_direction(lines[x]) - ahead)) <= _OBLIQUE_RAD_MAX for x in pair):
        return
    for own, other in (pair, pair[::-1]):
        shift = _turning_back(lines[own], ahead) if is_fork else _beside(lines[own], lines[other])
        aside = None if shift is None else _aside(lines[own], *shift, ahead)
        if aside is not None and ((own, one) not in found or aside.aside_m < found[own, one].aside_m):
            found[own, one] = aside


@dataclass(frozen=True, slots=True)
class Courses:
    """How roads go on: which as which, and where carriageways part from them."""

    chains: Sequence[Chain]
    parted: Mapping[_Passage, Aside]


def find_courses(graph: RoadGraph, roads: Mapping[int, Road]) -> Courses:
    """`roads` by way id."""
    chains = find_chains(graph, roads)
    return Courses(chains, partings(graph, roads, chains))


def with_partings(chains: Sequence[Chain], found: Mapping[_Passage, Aside]) -> tuple[list[Chain], set[Directed]]:
    """A road that ends at its parting leads on into the road of both, however sharply it is drawn there: the chains
    with that, and the roads that did not before, as they leave the node."""
    beyond = {own: both for (own, both), aside in found.items() if aside.goes_on}
    led: set[Directed] = set()

    def led_on(chain: Chain) -> Chain:
        first, last = chain.roads[0], chain.roads[-1] ^ 1
        if chain.before is None and first in beyond:
            led.add(first)
            chain = replace(chain, before=beyond[first] ^ 1)
        if chain.after is None and last in beyond:
            led.add(last)
            chain = replace(chain, after=beyond[last])
        return chain

    return [x if x.closed else led_on(x) for x in chains], led


def jogs(batch: ChainLines, found: Mapping[_Passage, Aside], led: Set[Directed]) -> list[Jog]:
    """In the lines of a batch."""
    made = []
    place = 0
    for line, chain in enumerate(batch.chains):
        count = len(chain.roads)
        told = batch.begin[place], batch.end[place + count - 1]
        passed: list[Directed | None] = [chain.before, *chain.roads, chain.after]
        for i, (a, b) in enumerate(pairwise(passed)):
            if a is None or b is None:
                continue
            at = batch.begin[place + i] if i < count else told[1]
            if (b, a ^ 1) in found:
                aside = found[b, a ^ 1]
                made.append(Jog(line, at, aside.reach_m, aside.aside_m, told, b in led))
            elif (a ^ 1, b) in found:
                aside = found[a ^ 1, b]
                made.append(Jog(line, at, -aside.reach_m, aside.aside_m, told, a ^ 1 in led))
        place += count
    return made


def _meetings(
    graph: RoadGraph, roads: Mapping[int, Road]
) -> Iterator[tuple[list[Directed], list[Directed], list[Directed]]]:
    """Of each junction where roads may part: those that are only driven from it, only to it, and both ways."""
    one_way: dict[int, tuple[list[Directed], list[Directed], list[Directed]]] = {}
    two_way = []
    for number, part in enumerate(graph.parts):
        use = part.strand.use
        if use.forward is not None and use.backward is not None:
            two_way.append(number)
        elif roads[part.strand.way_id].form_of_way is not FormOfWay.ROUNDABOUT:
            against = use.forward is None
            one_way.setdefault(part.start, ([], [], []))[against].append(2 * number)
            one_way.setdefault(part.end, ([], [], []))[not against].append(2 * number + 1)
    for number in two_way:
        part = graph.parts[number]
        for leaving, junction in ((2 * number, part.start), (2 * number + 1, part.end)):
            if junction in one_way:
                one_way[junction][2].append(leaving)
    return (x for x in one_way.values() if x[0] and x[1] and (x[2] or len(x[0]) + len(x[1]) > 2))


class _Lines:
    """Lines of roads from the node they leave, along the chain they are part of; metres east and north of the node."""

    def __init__(self, graph: RoadGraph, chains: Sequence[Chain], numbers: set[int]) -> None:
        self._graph = graph
        self._place = {x >> 1: (chain, i) for chain in chains for i, x in enumerate(chain.roads) if x >> 1 in numbers}
        self._made: dict[Directed, _Line] = {}

    def __getitem__(self, leaving: Directed) -> _Line:
        line = self._made.get(leaving)
        if line is None:
            line = self._made[leaving] = self._line(leaving)
        return line

    def _line(self, leaving: Directed) -> _Line:
        part = self._graph.parts[leaving >> 1]
        at = part.last if leaving & 1 else part.first
        lat0, lon0 = part.strand.lat_e7[at], part.strand.lon_e7[at]
        east, north = metres_per_e7(lat0)
        line = [(0.0, 0.0)]
        length_m = 0.0
        for directed in self._onward(leaving):
            part = self._graph.parts[directed >> 1]
            lat, lon = part.strand.lat_e7, part.strand.lon_e7
            for i in range(part.last - 1, part.first - 1, -1) if directed & 1 else range(part.first + 1, part.last + 1):
                place = wrap_lon_e7(lon[i] - lon0) * east, (lat[i] - lat0) * north
                length_m += math.dist(line[-1], place)
                line.append(place)
                if length_m >= _LOOKED_AT_M:
                    return line
        return line

    def _onward(self, leaving: Directed) -> Iterator[Directed]:
        chain, i = self._place[leaving >> 1]
        if chain.roads[i] == leaving:
            yield from chain.roads[i:]
        else:
            yield from (x ^ 1 for x in chain.roads[i::-1])
        last = chain.after if chain.roads[i] == leaving else None if chain.before is None else chain.before ^ 1
        if last is not None:
            yield last


def _opposite(both: _Line) -> float | None:
    """The direction a road comes from: None where it is too short to tell."""
    here, there = _at(both, 2.0), _at(both, 2.0 + _HEADING_LENGTH_M)
    return None if here is None or there is None else _heading(there, here)


def _direction(line: _Line) -> float:
    return _heading(line[0], _at(line, APART_AT_M / 2.0) or line[-1])


def _aside(own: _Line, reach_m: float, aside_m: float, ahead: float) -> Aside | None:
    """None where the line does not go on about straight ahead from where it is aside."""
    places = [_at(own, reach_m + i * _HEADING_LENGTH_M) for i in range(_GOES_ON_COUNT + 1)]
    straight = [
        a is not None and b is not None and abs(_wrap(_heading(a, b) - ahead)) <= _TURN_RAD_MAX
        for a, b in pairwise(places)
    ]
    return Aside(reach_m, aside_m, all(straight)) if all(straight[:_PARALLEL_COUNT]) else None


def _beside(own: _Line, other: _Line) -> _Shift | None:
    """Of a carriageway, to where it is as far from the other as it then runs; None where that is not beside it."""
    apart_m = []
    for i in range(int(APART_AT_M / _STEP_M) + 1):
        place = _at(own, i * _STEP_M)
        if place is None:
            break
        apart_m.append(_distance_m(place, other))
    most_m = max(apart_m)
    if not APART_M_MIN <= most_m <= APART_M_MAX:
        return None
    return _STEP_M * next(i for i, x in enumerate(apart_m) if x >= _REACHED_SHARE * most_m), most_m / 2.0


def _turning_back(own: _Line, ahead: float) -> _Shift | None:
    """Of a line that leaves to one side of `ahead`, to the vertex at which it turns back most; None where it does not.

    It is aside by as much as it passes the node at, drawn back straight from beyond that vertex.
    """
    begun, end = _at(own, _BEGUN_M) or own[-1], _at(own, _CHORD_M) or own[-1]
    side = math.copysign(1.0, _wrap(_heading(own[0], begun) - ahead))
    chord_m = max(math.dist(own[0], end), 1e-9)
    length_m, reach_m, corner, most_m = 0.0, 0.0, own[0], _BULGE_M_MIN
    for a, b in pairwise(own):
        length_m += math.dist(a, b)
        if length_m > APART_AT_M:
            break
        bulge_m = side * _left_of(end, b) / chord_m
        if bulge_m > most_m:
            reach_m, corner, most_m = length_m, b, bulge_m
    beyond = _at(own, reach_m + 2.0 * _HEADING_LENGTH_M)
    if reach_m == 0.0 or beyond is None:
        return None
    onward = beyond[0] - corner[0], beyond[1] - corner[1]
    aside_m = abs(_left_of(onward, corner)) / max(math.hypot(*onward), 1e-9)
    # Roots differ in their last digits between machines.
    return (round(reach_m, 2), round(aside_m, 2)) if APART_M_MIN <= aside_m <= _ASIDE_M_MAX else None


def _left_of(a: _Place, b: _Place) -> float:
    """Twice the area of the triangle of the node, `a` and `b`: positive where b is to the left of a."""
    return a[0] * b[1] - a[1] * b[0]


def _wrap(rad: float) -> float:
    return math.remainder(rad, math.tau)


def _heading(a: _Place, b: _Place) -> float:
    return round(math.atan2(b[1] - a[1], b[0] - a[0]), 3)  # arc tangents differ in their last digits between machines


def _at(line: _Line, at_m: float) -> _Place | None:
    """None where the line is shorter."""
    for a, b in pairwise(line):
        step_m = math.dist(a, b)
        if step_m >= at_m and step_m > 0.0:
            share = at_m / step_m
            return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        at_m -= step_m
    return None


def _distance_m(place: _Place, line: _Line) -> float:
    x, y = place
    nearest2 = math.inf
    for (ax, ay), (bx, by) in pairwise(line):
        dx, dy = bx - ax, by - ay
        along = ((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-9)
        along = min(max(along, 0.0), 1.0)
        nearest2 = min(nearest2, (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2)
    return math.sqrt(nearest2)
