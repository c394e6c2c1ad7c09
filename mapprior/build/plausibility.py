"""Limits that contradict their surroundings: doubted and listed, never corrected.

A statement that one of these rules meets keeps its value and gets a confidence of DOUBTED_PERMILLE (a working
figure):

- jump: on a motorway or trunk road, not its ramps, a stretch of at most 40 m whose number differs by 60 km/h or
  more from those before and after, from both in the same direction.
- too fast for its road: 80 km/h or more on a living street or a service road.
- above the country's maximum: more than the highest number in the market's law for cars, and `none`, unless the law
  has no limit for one of the types that the road may be. Where it knows roads without limit, signs on others show
  up to SIGN_KMH_MAX.
- far above what the curve allows: more than twice the speed, and 60 km/h or more above it, at which the lateral
  acceleration would be 4 m/s2. The radius is that of the sharpest 30 m of the line, where it turns by 30 degrees
  or more in all.
- reads like another unit: a number that is no multiple of 5 in the unit posted and is one, to a half, in the other
  (88.5 km/h is 55 mph); for a km/h reading of mph signs a multiple of 10. Also a unit that the country's signs do
  not show.

Numbers that hold for some vehicles, lanes or times are judged by the last two and the country's maximum only.
Advice and minima are not judged.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from mapprior.build.connect import RoadGraph, RoadPart
from mapprior.build.limits import DOUBTED_PERMILLE, IF_MPH, WayLimits, is_plain
from mapprior.build.line_length import length_m
from mapprior.build.refusals import RefusalBook
from mapprior.build.road import Road
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.geo.units import KMH_PER_MPS, MPS_PER_KMH, MPS_PER_MPH
from mapprior.market.law import MarketLaw
from mapprior.market.vehicle_statements import directed_first
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit, mm_per_sec
from mapprior.model.link import FormOfWay, RoadClass

JUMP_KMH: Final = 60
JUMP_LENGTH_M_MAX: Final = 40.0
SLOW_ROAD_KMH: Final = 80
SIGN_KMH_MAX: Final = 130  # a working figure
LATERAL_MPS2: Final = 4.0
CURVE_WINDOW_M: Final = 30.0
CURVE_TURN_RAD_MIN: Final = math.radians(30)
_KMH_PER_MPH: Final = MPS_PER_MPH / MPS_PER_KMH

_SLOW_ROADS: Final = frozenset({RoadClass.LIVING_STREET, RoadClass.SERVICE})
_FAST_ROADS: Final = frozenset({RoadClass.MOTORWAY, RoadClass.TRUNK})
Directed = int  # twice the number of a road, plus 1 against its way


def doubted(
    graph: RoadGraph,
    limits: Sequence[WayLimits],
    *,
    roads: Mapping[int, Road],
    law: MarketLaw,
    sign_unit: SpeedUnit,
) -> tuple[list[WayLimits], RefusalBook]:
    """The same statements with doubt where it is due, and the doubts by reason, with way and statement.

    Equal statements stay one object.
    """
    book, found = RefusalBook(), list(limits)
    listed: set[tuple[int, str, str]] = set()
    judge = _Judge(law, sign_unit)
    jumps = _jumps(graph, limits, roads, judge)
    for number, of_road in enumerate(limits):
        part, sides = graph.parts[number], [of_road.forward, of_road.backward]
        for side, stated in enumerate(sides):
            of_limits, jump = judge.judged(stated), 2 * number + side in jumps
            doubts = [*of_limits.doubts, *_around(part, roads[part.strand.way_id], of_limits, jump=jump)]
            if not doubts:
                continue
            sides[side] = judge.lowered(stated, [x for x, _ in doubts])
            found[number] = WayLimits(sides[0], sides[1])
            for limit, reason in doubts:
                if (part.strand.way_id, reason, limit.raw) not in listed:
                    listed.add((part.strand.way_id, reason, limit.raw))
                    book.refuse(f"way/{part.strand.way_id}", reason, limit.raw)
    return found, book


_Doubts = list[tuple[TaggedLimit, str]]  # statement and reason


@dataclass(frozen=True, slots=True)
class _Judged:
    """The limit for everyone among some statements, and doubts that need no look at the road."""

    plain: TaggedLimit | None
    kmh: float  # of the plain one: infinite where there is no limit, not a number without one
    doubts: _Doubts


class _Judge:
    """What a statement says of itself; each set of statements is looked at once."""

    def __init__(self, law: MarketLaw, sign_unit: SpeedUnit) -> None:
        top = law.speed_max
        self._top_mm_per_sec = 0 if top is None else mm_per_sec(top.value_milli, top.unit)
        self._law = law
        self._unlimited_exists = law.unlimited_exists or top is None
        if law.unlimited_exists and self._top_mm_per_sec:
            self._top_mm_per_sec = max(self._top_mm_per_sec, round(SIGN_KMH_MAX * MPS_PER_KMH * 1000))
        self._unlimited_types: dict[str, bool | None] = {}
        self._sign_unit = sign_unit
        self._judged: dict[int, _Judged] = {}
        self._lowered: dict[tuple[int, tuple[int, ...]], tuple[TaggedLimit, ...]] = {}
        self._held: list[object] = []  # keeps every object whose id is a key

    def judged(self, stated: tuple[TaggedLimit, ...]) -> _Judged:
        found = self._judged.get(id(stated))
        if found is None:
            self._held.append(stated)
            for_all = directed_first([x for x in stated if is_plain(x)])
            plain = next((x for x in for_all if x.posted_value_milli or x.kind is LimitKind.UNLIMITED), None)
            unlimited = self._may_be_unlimited(stated)
            doubts = [(x, reason) for x in stated for reason in [self._reason(x, unlimited)] if reason]
            found = self._judged[id(stated)] = _Judged(plain, math.nan if plain is None else _kmh(plain), doubts)
        return found

    def lowered(self, stated: tuple[TaggedLimit, ...], doubtful: list[TaggedLimit]) -> tuple[TaggedLimit, ...]:
        """The statements, the doubtful ones with their confidence lowered."""
        key = id(stated), tuple(i for i, x in enumerate(stated) if x in doubtful)
        found = self._lowered.get(key)
        if found is None:
            found = tuple(_less_sure(x) if i in key[1] else x for i, x in enumerate(stated))
            self._lowered[key] = found
        return found

    def _may_be_unlimited(self, stated: tuple[TaggedLimit, ...]) -> bool:
        """Has one of the types that the road may be no limit in law? Where none is known: has any road?"""
        if not self._unlimited_exists or not self._top_mm_per_sec:
            return self._unlimited_exists
        known = [x for x in map(self._is_unlimited, {x.rule_ref for x in stated if x.rule_ref}) if x is not None]
        return any(known) if known else True

    def _is_unlimited(self, rule: str) -> bool | None:
        if rule not in self._unlimited_types:
            entries = self._law.statements(rule, date=None, region="")
            self._unlimited_types[rule] = (
                None
                if entries is None
                else any(x.kind is LimitKind.UNLIMITED and x.vehicle in ("", "motorcar") for x in entries)
            )
        return self._unlimited_types[rule]

    def _reason(self, x: TaggedLimit, unlimited: bool) -> str:
        if x.role is not LimitRole.MAXIMUM:
            return ""
        if x.kind is LimitKind.UNLIMITED:
            if unlimited:
                return ""
            where = (
                "on a road that has one in law" if self._unlimited_exists else "in a country where every road has one"
            )
            return f"no limit {where}"
        if not x.posted_value_milli or x.condition.endswith(IF_MPH):
            return ""  # the other reading of a number without unit is doubted by its condition
        if self._top_mm_per_sec and not unlimited and _mm_per_sec(x) > self._top_mm_per_sec:
            return "above the country's maximum"
        return "reads like another unit" if reads_like_another_unit(x, self._sign_unit) else ""


def _less_sure(x: TaggedLimit) -> TaggedLimit:
    return replace(x, confidence_permille=min(x.confidence_permille or DOUBTED_PERMILLE, DOUBTED_PERMILLE))


def reads_like_another_unit(x: TaggedLimit, sign_unit: SpeedUnit) -> bool:
    """Is a number of 20 km/h or more not what signs show, by its unit or by how it is rounded?"""
    if x.posted_unit is not sign_unit:
        return sign_unit is SpeedUnit.KMH or x.posted_unit is SpeedUnit.KNOTS
    value = x.posted_value_milli / 1000
    if value % 5 == 0 or _mm_per_sec(x) < 20 * MPS_PER_KMH * 1000:
        return False
    if sign_unit is SpeedUnit.KMH:
        other, step = value / _KMH_PER_MPH, 5
    else:
        other, step = value * _KMH_PER_MPH, 10
    return abs(other - step * round(other / step)) <= 0.5


def _mm_per_sec(x: TaggedLimit) -> int:
    return mm_per_sec(x.posted_value_milli, x.posted_unit)


def _kmh(x: TaggedLimit) -> float:
    """The number; infinite where there is no limit."""
    return math.inf if x.kind is LimitKind.UNLIMITED else round(_mm_per_sec(x) * KMH_PER_MPS / 1000, 1)


def _around(part: RoadPart, road: Road, judged: _Judged, *, jump: bool) -> _Doubts:
    """Doubts about the limit for everyone that follow from the road it lies on."""
    limit, kmh = judged.plain, judged.kmh
    if limit is None:
        return []
    if jump:
        return [(limit, "a jump of 60 km/h or more for 40 m or less")]
    if math.isinf(kmh) or kmh <= JUMP_KMH:
        return []
    if road.road_class in _SLOW_ROADS and kmh >= SLOW_ROAD_KMH:
        return [(limit, "80 km/h or more on a living street or service road")]
    if is_far_above_curve(part, kmh):
        return [(limit, "far above what the curve allows")]
    return []


def is_far_above_curve(part: RoadPart, kmh: float) -> bool:
    """Is the limit more than twice the speed for the sharpest curve of the road, and 60 km/h or more above it?"""
    curve_kmh = round(math.sqrt(LATERAL_MPS2 * _radius_m(part)) * KMH_PER_MPS, 1)
    return kmh > 2 * curve_kmh and kmh - curve_kmh >= JUMP_KMH


def _radius_m(part: RoadPart) -> float:
    """Radius of the sharpest CURVE_WINDOW_M of a road; infinite where that turns too little to tell."""
    lat, lon = part.strand.lat_e7[part.first : part.last + 1], part.strand.lon_e7[part.first : part.last + 1]
    if len(lat) < 3:
        return math.inf
    east, north = metres_per_e7(lat[0])
    steps = [
        (wrap_lon_e7(b - a) * east, (d - c) * north)
        for (a, b), (c, d) in zip(pairwise(lon), pairwise(lat), strict=True)
    ]
    steps = [(x, y) for x, y in steps if x or y]
    lengths = [math.hypot(x, y) for x, y in steps]
    turns = [math.atan2(a * d - b * c, a * c + b * d) for (a, b), (c, d) in pairwise(steps)]
    places, at_m = [], 0.0  # of the vertices that turn
    for before in lengths[:-1]:
        at_m += before
        places.append(at_m)
    sharpest = 0.0
    for i, start_m in enumerate(places):
        turned = 0.0
        for place_m, turn in zip(places[i:], turns[i:], strict=True):
            if place_m - start_m >= CURVE_WINDOW_M:
                break
            turned += turn
            sharpest = max(sharpest, abs(turned))
    return CURVE_WINDOW_M / sharpest if sharpest >= CURVE_TURN_RAD_MIN else math.inf


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Roads in driving direction, one after the other, that state the same."""

    roads: tuple[Directed, ...]
    kmh: float
    length_m: float


def _jumps(graph: RoadGraph, limits: Sequence[WayLimits], roads: Mapping[int, Road], judge: _Judge) -> set[Directed]:
    found: set[Directed] = set()
    for run in _runs(graph, roads):
        stretches = list(_stretches(graph, run, limits, judge))
        for before, short, after in zip(stretches, stretches[1:], stretches[2:], strict=False):
            differences = short.kmh - before.kmh, short.kmh - after.kmh
            if short.length_m > JUMP_LENGTH_M_MAX or any(map(math.isnan, differences)):
                continue
            if min(differences) >= JUMP_KMH or max(differences) <= -JUMP_KMH:
                found.update(short.roads)
    return found


def _stretches(
    graph: RoadGraph, run: Sequence[Directed], limits: Sequence[WayLimits], judge: _Judge
) -> Iterator[_Stretch]:
    """Stretches of a run; a road without a number is one of its own, and its number is no number."""
    held: list[Directed] = []
    kmh = math.nan
    for directed in run:
        of_road = limits[directed >> 1]
        own = judge.judged(of_road.backward if directed & 1 else of_road.forward).kmh
        if held and own != kmh:
            yield _stretch(graph, held, kmh)
            held = []
        held.append(directed)
        kmh = own
    if held:
        yield _stretch(graph, held, kmh)


def _stretch(graph: RoadGraph, roads: Sequence[Directed], kmh: float) -> _Stretch:
    length = 0.0
    for directed in roads:
        part = graph.parts[directed >> 1]
        strand, span = part.strand, slice(part.first, part.last + 1)
        length += length_m(strand.lat_e7[span], strand.lon_e7[span])
    return _Stretch(tuple(roads), kmh, length)


def _runs(graph: RoadGraph, roads: Mapping[int, Road]) -> Iterator[list[Directed]]:
    """Motorways and trunk roads without ramps, as runs in driving direction: from road to road while one leads on.

    A ring that nothing joins has no first road and is no run.
    """
    leaving: dict[int, list[Directed]] = defaultdict(list)
    entering: dict[int, list[Directed]] = defaultdict(list)
    fast: list[Directed] = []
    for number, part in enumerate(graph.parts):
        road = roads[part.strand.way_id]
        if road.road_class not in _FAST_ROADS or road.form_of_way in (FormOfWay.SLIP_ROAD, FormOfWay.ROUNDABOUT):
            continue
        use = part.strand.use
        for side, access, start, end in (
            (0, use.forward, part.start, part.end),
            (1, use.backward, part.end, part.start),
        ):
            if access is not None:
                fast.append(2 * number + side)
                leaving[start].append(2 * number + side)
                entering[end].append(2 * number + side)
    onward: dict[Directed, Directed] = {}
    for junction, incoming in entering.items():
        for directed in incoming:
            ahead = [x for x in leaving[junction] if x != directed ^ 1]
            behind = [x for x in incoming if x != (ahead[0] ^ 1 if ahead else -1)]
            if len(ahead) == 1 and len(behind) == 1:
                onward[directed] = ahead[0]
    reached = set(onward.values())
    for directed in fast:
        if directed in reached:
            continue
        run = [directed]
        while run[-1] in onward:
            run.append(onward[run[-1]])
        yield run
