"""How fast the road ahead can be driven within a lateral acceleration: v = sqrt(a / |curvature|).

The curvature is that of the road, not of the line a vehicle takes through a junction: where one link turns into the
next by more than CORNER_RAD the speed is not known, from CORNER_CM before to CORNER_CM after.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.model.provenance import Basis
from mapprior.reader.course import Course
from mapprior.reader.profile_kinds import ProfileKind
from mapprior.reader.profiles import ProfileEntry, profile
from mapprior.reader.received import Received

STEP_M: Final = 10.0  # pieces at most this long take the lowest speed on them;
ALIKE_RATIO: Final = 0.97  # longer ones too, where the speeds at their ends differ no more than by this
BOUND_MPS_MAX: Final = 70.0  # a curve that allows more is no bound on a road vehicle
CORNER_RAD: Final = 0.35
CORNER_CM: Final = 1000


@dataclass(frozen=True, slots=True)
class CurveSpeed:
    """Distances from the vehicle. `speed_mps` None: no bound where `is_known`, else not known.

    `sigma_mps` is the curvature's, propagated to first order: v / 2 x sigma / |curvature|; None where no bound or no
    sigma is known. `cautious_mps` is the speed at |curvature| + 2 sigma, None where that is no bound either.
    `curvature_per_m` is the sharpest on the stretch, positive to the left; None where not known.
    """

    start_m: float
    end_m: float
    speed_mps: float | None
    sigma_mps: float | None
    cautious_mps: float | None
    curvature_per_m: float | None
    basis: Basis
    source: str = ""

    @property
    def is_known(self) -> bool:
        return self.basis is not Basis.UNKNOWN

    @property
    def is_bounded(self) -> bool | None:
        """Whether the curvature bounds the speed; None where that is not known."""
        return self.speed_mps is not None if self.is_known else None


@dataclass(frozen=True, slots=True)
class CurveAhead:
    """A curve that is to be driven slower than one arrives. `brake_in_m` is 0 where braking should have begun;
    `slowest_m` is where its lowest speed begins."""

    distance_m: float
    end_m: float
    slowest_m: float
    brake_in_m: float
    slowest: CurveSpeed


def curve_speeds(
    received: Received, course: Course, *, lateral_acceleration_mps2: float, start_cm: int, end_cm: int
) -> tuple[CurveSpeed, ...]:
    """Over [start_cm, end_cm), in order, without gap; stretches without bound, or not known, are one each."""
    bends = profile(received, course, ProfileKind.CURVATURE, start_cm=start_cm, end_cm=end_cm)
    headings = profile(received, course, ProfileKind.HEADING, start_cm=start_cm - CORNER_CM, end_cm=end_cm + CORNER_CM)
    corners = _corners(headings)
    pieces = (y for x in bends for y in _pieces(x, corners, lateral_acceleration_mps2))
    return tuple(_joined(pieces))


def next_curve(
    speeds: Sequence[CurveSpeed], *, from_mps: float, deceleration_mps2: float, cautious: bool
) -> CurveAhead | None:
    """The curve for which braking must begin soonest, for one who drives `from_mps`; None where none is slower.

    A curve is a run of stretches that all ask for less than `from_mps`.
    """
    found: CurveAhead | None = None
    for run in _runs(speeds, from_mps, cautious=cautious):
        slowest = min(run, key=lambda x: _speed(x, cautious=cautious))
        brake_in_m = min(_brake_in_m(x, from_mps, deceleration_mps2, cautious=cautious) for x in run)
        if found is None or brake_in_m < found.brake_in_m:
            found = CurveAhead(run[0].start_m, run[-1].end_m, slowest.start_m, brake_in_m, slowest)
    return found


def _brake_in_m(x: CurveSpeed, from_mps: float, deceleration_mps2: float, *, cautious: bool) -> float:
    return max(0.0, x.start_m - (from_mps**2 - _speed(x, cautious=cautious) ** 2) / (2.0 * deceleration_mps2))


def _speed(x: CurveSpeed, *, cautious: bool) -> float:
    said = x.cautious_mps if cautious else x.speed_mps
    return math.inf if said is None else said


def _runs(speeds: Sequence[CurveSpeed], from_mps: float, *, cautious: bool) -> Iterator[list[CurveSpeed]]:
    run: list[CurveSpeed] = []
    for x in speeds:
        if _speed(x, cautious=cautious) < from_mps:
            run.append(x)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _corners(headings: Sequence[ProfileEntry]) -> list[float]:
    """Distances at which the heading leaps."""
    found = []
    for a, b in pairwise(headings):
        if not isinstance(a.end_value, float) or not isinstance(b.value, float):
            continue
        if abs(wrap_rad(b.value - a.end_value)) > CORNER_RAD:  # a heading in doubt makes no turn less sharp
            found.append(b.start_m)
    return found


def _pieces(x: ProfileEntry, corners: Sequence[float], lateral_mps2: float) -> Iterator[CurveSpeed]:
    """A stretch of curvature in pieces that are short enough to take one speed, cut where a corner begins or ends."""
    reach_m = CORNER_CM / 100
    cuts = {x.start_m, x.end_m}
    cuts |= {c for at in corners for c in (at - reach_m, at + reach_m) if x.start_m < c < x.end_m}
    marks = sorted(cuts)
    for a_m, b_m in pairwise(marks):
        if not isinstance(x.value, float) or any(at - reach_m <= a_m and b_m <= at + reach_m for at in corners):
            yield CurveSpeed(a_m, b_m, None, None, None, None, Basis.UNKNOWN)
            continue
        count = 1 if _alike(x, a_m, b_m, lateral_mps2) else max(1, math.ceil((b_m - a_m) / STEP_M - 1e-9))
        steps = [*(a_m + (b_m - a_m) * i / count for i in range(count)), b_m]
        for begin_m, end_m in pairwise(steps):
            yield _bound(x, begin_m, end_m, lateral_mps2)


def _alike(x: ProfileEntry, a_m: float, b_m: float, lateral_mps2: float) -> bool:
    """The road bends the same way all along, hardly more at one end than at the other, for the cautious too."""
    (bend_a, sigma_a), (bend_b, sigma_b) = _curvature_at(x, a_m), _curvature_at(x, b_m)
    least = lateral_mps2 / BOUND_MPS_MAX**2  # that bounds anything
    if bend_a * bend_b < 0.0 and max(abs(bend_a), abs(bend_b)) > least:
        return False
    doubtful = sorted(max(least, abs(k) + 2.0 * (s or 0.0)) for k, s in ((bend_a, sigma_a), (bend_b, sigma_b)))
    sharp = sorted((max(least, abs(bend_a)), max(least, abs(bend_b))))
    return all(low >= high * ALIKE_RATIO**2 for low, high in (sharp, doubtful))


def _bound(x: ProfileEntry, a_m: float, b_m: float, lateral_mps2: float) -> CurveSpeed:
    """The speed of a piece: that of its sharper end, since curvature goes straight from one to the other."""
    ends = [_curvature_at(x, at) for at in (a_m, b_m)]
    curvature, sigma = max(ends, key=lambda e: abs(e[0]))
    speed = _capped(lateral_mps2, abs(curvature))
    cautious = min((_capped(lateral_mps2, abs(k) + 2.0 * (s or 0.0)) for k, s in ends), key=lambda v: v or math.inf)
    spread = None if speed is None or sigma is None else speed / 2.0 * sigma / abs(curvature)
    return CurveSpeed(a_m, b_m, speed, spread, cautious, curvature, x.basis, x.source)


def _curvature_at(x: ProfileEntry, at_m: float) -> tuple[float, float | None]:
    assert isinstance(x.value, float)
    assert isinstance(x.end_value, float)
    t = (at_m - x.start_m) / (x.end_m - x.start_m)
    sigma = None if x.sigma is None or x.end_sigma is None else x.sigma + t * (x.end_sigma - x.sigma)
    return x.value + t * (x.end_value - x.value), sigma


def _capped(lateral_mps2: float, curvature_per_m: float) -> float | None:
    """None where the curvature bounds nothing."""
    if curvature_per_m * BOUND_MPS_MAX**2 <= lateral_mps2:
        return None
    return math.sqrt(lateral_mps2 / curvature_per_m)


def _joined(pieces: Iterator[CurveSpeed]) -> Iterator[CurveSpeed]:
    """Neighbours that bound nothing, and neighbours that are not known, are one."""
    held: CurveSpeed | None = None
    for x in pieces:
        free = x.speed_mps is None and x.cautious_mps is None
        if held is not None and free and held.basis is x.basis:
            sharpest = max((held, x), key=lambda y: abs(y.curvature_per_m or 0.0))
            held = replace(held, end_m=x.end_m, curvature_per_m=sharpest.curvature_per_m)
            continue
        if held is not None:
            yield held
        held = x if free else None
        if not free:
            yield x
    if held is not None:
        yield held
