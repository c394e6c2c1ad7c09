"""What speaks for a way onward at a junction, and how much.

A conditional logit: the evidence of a way is the sum of its signs, each times its weight, and ways are taken in
proportion to e to the power of their evidence. So a weight of 0.7 doubles the odds of a way, -0.7 halves them.

Signs know neither left nor right, nor a country. Bends are whole degrees and the course is in hundredths before a
weight touches them: the same junction gives the same evidence on any machine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.geo.polyline import Polyline
from mapprior.geo.units import wrap_rad
from mapprior.model.ids import LinkId
from mapprior.model.link import CarAccess, FormOfWay, Link, RoadClass
from mapprior.model.network import Network


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of each sign. The evidence is linear in them.

    The figures were fitted by `python -m tests.bench.branches --fit` on the training half of the Porto taxi trips
    (7,459 junctions passed, one fix in 15 s); behind each the standard error, and how many ways showed the sign.
    Fitted on the other half they come out alike. How well they foretell that half: ARCHITECTURE.md.
    They were kept when the truth came to ask for fixes near the road, which left 6,372 junctions: fitted to those,
    they foretell the rest no better (log loss in five folds 0.384 against 0.383).
    """

    # How far the way bends from the road it follows: none to 20 degrees, in between in proportion.
    bends_45_deg: float = -0.49  # +- 0.10, 4,581
    bends_90_deg: float = -0.84  # +- 0.08, 6,985
    bends_135_deg: float = -1.37  # +- 0.16, 3,642
    bends_180_deg: float = -2.88  # +- 0.33, 783
    keeps_course: float = 0.51  # +- 0.05; times the cosine between the way and the direction driven of late
    turns_back: float = -0.78  # +- 0.24, 211; together with a turn shortly before, as over a median
    same_name: float = 0.32  # +- 0.07, 5,925
    same_number: float = 0.17  # +- 0.12, 1,325
    has_name_or_number: float = 0.35  # +- 0.08, 12,808
    lesser_class: float = -0.32  # +- 0.02, 5,793; per functional class below the road it follows, reversed above it
    track_or_unknown: float = -2.53  # +- 1.66, 99, hardly one of them taken
    driveway: float = -0.62  # +- 0.31, 467; or an aisle of a car park, a pedestrian street, a ford
    leaves_by_slip_road: float = -0.42  # +- 0.12, 982
    no_through_access: float = -2.18  # +- 1.78, 76, none of them taken; destination traffic only, or private
    dead_end: float = -1.97  # +- 0.40, 420
    driven_already: float = -1.56  # +- 0.75, 21
    oneway: float = 0.22  # +- 0.06, 9,348

    def of_bend(self, bend_deg: int) -> float:
        """Evidence of a bend in (20, 180]."""
        if bend_deg <= 45:
            return self.bends_45_deg * (bend_deg - _STRAIGHT_DEG) / (45 - _STRAIGHT_DEG)
        if bend_deg <= 90:
            return self.bends_45_deg + (self.bends_90_deg - self.bends_45_deg) * (bend_deg - 45) / 45
        if bend_deg <= 135:
            return self.bends_90_deg + (self.bends_135_deg - self.bends_90_deg) * (bend_deg - 90) / 45
        return self.bends_135_deg + (self.bends_180_deg - self.bends_135_deg) * (bend_deg - 135) / 45


WEIGHTS: Final = Weights()
# Too rare in any drive at hand to be fitted: working figures.
WAY_BACK_EVIDENCE: Final = -4.0
NOT_AT_HAND_EVIDENCE: Final = -2.5

_LAST_M: Final = 20.0  # a bend is judged between this much road before the junction
_FIRST_M: Final = 30.0  # and this much after it: the first metres of a link often point elsewhere
_BEFORE_M: Final = 60.0  # a turn as far back as this may be the first half of turning back
_COURSE_M: Final = 400.0
_DEG_PER_RAD: Final = 180.0 / math.pi
_STRAIGHT_DEG: Final = 20
_TURN_DEG: Final = 30
_TURNED_BACK_DEG: Final = 150
_STEPS_MAX: Final = 4  # functional classes down that count
_STEPS_MIN: Final = -3
_TRACK_RANK: Final = int(RoadClass.TRACK)
# Functional class as a number that grows towards the lesser roads; by RoadClass.
_RANKS: Final = (0, int(RoadClass.CONSTRUCTION), *range(2, RoadClass.CONSTRUCTION + 1))

_YES: Final = CarAccess.YES
_OTHER: Final = FormOfWay.OTHER
_ROUNDABOUT: Final = FormOfWay.ROUNDABOUT
_SLIP_ROAD: Final = FormOfWay.SLIP_ROAD


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Approach:
    """Where a vehicle comes from: the road it follows, and where that leads. Headings are None where unknown.

    `road` is the last link driven, `arriving`; on a roundabout the last one before it, and a roundabout link only
    where nothing before it is known.
    """

    arriving: Link
    road: Link
    heading_rad: float | None  # over the last metres
    before_rad: float | None  # before a turn shortly before; None without one
    course_rad: float | None  # from where it was some hundred metres ago to here
    driven: Sequence[LinkId]

    def __init__(
        self,
        arriving: Link,
        road: Link,
        heading_rad: float | None,
        before_rad: float | None,
        course_rad: float | None,
        driven: Sequence[LinkId],
    ) -> None:
        self.arriving = arriving
        self.road = road
        self.heading_rad = heading_rad
        self.before_rad = before_rad
        self.course_rad = course_rad
        self.driven = driven


def approach_of(network: Network, driven: Sequence[LinkId]) -> Approach | None:
    """The approach at the end of `driven[-1]`; None where that link is not at hand."""
    last = road = network.link(driven[-1])
    if last is None:
        return None
    i = len(driven) - 1
    while road is not None and road.form_of_way is _ROUNDABOUT:
        i -= 1
        road = network.link(driven[i]) if i >= 0 else None
    if road is None:
        return Approach(last, last, None, None, None, driven)
    return _followed(network, last, road, i, driven)


def bend_rad(approach: Approach, onward: Link) -> float | None:
    """Angle from the approach to the first metres of a way, left positive; None where there is no approach."""
    if approach.heading_rad is None:
        return None
    return wrap_rad(_first_heading_rad(onward.line) - approach.heading_rad)


def evidence(approach: Approach, onward: Link, weights: Weights = WEIGHTS) -> float:
    """Natural logarithm of how readily a way is taken, up to what all ways of a junction have in common."""
    road, total = approach.road, 0.0
    if approach.heading_rad is not None:
        heading_rad = _first_heading_rad(onward.line)
        bend_deg = _degrees(heading_rad - approach.heading_rad)
        if bend_deg > _STRAIGHT_DEG:
            total = weights.of_bend(bend_deg)
        if approach.course_rad is not None:
            total += weights.keeps_course * round(100.0 * math.cos(heading_rad - approach.course_rad)) / 100.0
        before_rad = approach.before_rad
        if before_rad is not None and bend_deg < _TURNED_BACK_DEG <= _degrees(heading_rad - before_rad):
            total += weights.turns_back
    if onward.names or onward.route_refs:
        total += weights.has_name_or_number
        if road.names and onward.names and _meet(road.names, onward.names):
            total += weights.same_name
        if road.route_refs and onward.route_refs and _meet(road.route_refs, onward.route_refs):
            total += weights.same_number
    rank = _RANKS[onward.road_class]
    steps = rank - _RANKS[road.road_class]
    if steps:
        total += weights.lesser_class * max(_STEPS_MIN, min(_STEPS_MAX, steps))
    if rank >= _TRACK_RANK:
        total += weights.track_or_unknown
    form = onward.form_of_way
    if form is _OTHER:
        total += weights.driveway
    elif form is _SLIP_ROAD and road.form_of_way is not _SLIP_ROAD:
        total += weights.leaves_by_slip_road
    if onward.car_access is not _YES and road.car_access is _YES:
        total += weights.no_through_access
    if onward.dead_end:
        total += weights.dead_end
    if onward.oneway:
        total += weights.oneway
    if onward.link_id in approach.driven:
        total += weights.driven_already
    return total


def _followed(network: Network, arriving: Link, road: Link, i: int, driven: Sequence[LinkId]) -> Approach:
    """The approach by a road, place `i` of the links driven, and by those before it."""
    line, first = road.line, road
    driven_m = line.length_m
    is_straight = line.s_m[-2] <= driven_m - _LAST_M
    heading_rad = line.heading_rad[-1] if is_straight else _last_heading_rad(network, i, driven)
    before_rad: float | None = None
    while True:
        if before_rad is None and driven_m >= _BEFORE_M:
            before_rad = first.line.heading_at(driven_m - _BEFORE_M)
        i -= 1
        if driven_m >= _COURSE_M or i < 0:
            break
        link = network.link(driven[i])
        if link is None:
            break
        first = link
        driven_m += link.line.length_m
    x_m, y_m = line.frame.xy_m(lat_e7=first.line.lat_e7[0], lon_e7=first.line.lon_e7[0])
    course_rad = math.atan2(line.y_m[-1] - y_m, line.x_m[-1] - x_m)
    if before_rad is not None and _degrees(heading_rad - before_rad) < _TURN_DEG:
        before_rad = None
    return Approach(arriving, road, heading_rad, before_rad, course_rad, driven)


def _last_heading_rad(network: Network, i: int, driven: Sequence[LinkId]) -> float:
    """Heading over the last metres up to the end of the link at place `i`, those of the links before it included."""
    east_m = north_m = driven_m = 0.0
    while i >= 0 and driven_m < _LAST_M:
        link = network.link(driven[i])
        if link is None:
            break
        line = link.line
        x_m, y_m = line.xy_at(line.length_m + driven_m - _LAST_M)
        east_m, north_m = east_m + line.x_m[-1] - x_m, north_m + line.y_m[-1] - y_m
        driven_m += line.length_m
        i -= 1
    return math.atan2(north_m, east_m)


def _first_heading_rad(line: Polyline) -> float:
    if line.s_m[1] >= _FIRST_M or len(line.s_m) == 2:
        return line.heading_rad[0]
    x_m, y_m = line.xy_at(_FIRST_M)
    return math.atan2(y_m - line.y_m[0], x_m - line.x_m[0])


def _degrees(angle_rad: float) -> int:
    """Size of an angle in whole degrees, [0, 180]."""
    size_rad = abs(angle_rad) % math.tau
    return round(_DEG_PER_RAD * (size_rad if size_rad <= math.pi else math.tau - size_rad))


def _meet(a: Sequence[str], b: Sequence[str]) -> bool:
    return a == b or not set(a).isdisjoint(b)
