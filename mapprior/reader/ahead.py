"""What a client is told of the road ahead: answers in metres from the vehicle, and where braking must begin.

Pure arithmetic on limits in order. Legal limits only: advisory and minimum speeds stay in `EffectiveLimit.advisory`
and `.minimum` and never count as a limit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from mapprior.horizon.items import Border, LimitSpan, LinkPlacement, WorkZonePlacement
from mapprior.horizon.update import PathItems
from mapprior.model.ids import LinkId
from mapprior.model.lane import Lane, LinkLanes
from mapprior.model.limit import EffectiveLimit, LimitKind, mm_per_sec
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import WorkZone
from mapprior.reader.zones import ZoneOnCourse

T = TypeVar("T")

# Walking pace has no number here. A working figure, 7 km/h, to plan braking by; it is never served as a limit.
WALK_MPS: Final = 7 / 3.6


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value, and whether it rests on an update older than the client allows.

    `known_to_m`: up to this distance all that the map has of what was asked is held, so that what is not told is not in
    the map either. Farther on, or where the map has nothing of the kind, its silence says nothing. None where the
    question is not about content that comes by subscription.
    """

    value: T
    stale: bool
    known_to_m: float | None = None


@dataclass(frozen=True, slots=True)
class LimitAhead:
    """Distances from the vehicle; the stretch it is on starts at 0."""

    start_m: float
    end_m: float
    limit: EffectiveLimit


@dataclass(frozen=True, slots=True)
class LimitChange:
    """The next place where another limit holds. `brake_in_m` is None where no braking follows from it, or no number
    is known; 0 where braking should have begun. `to_mps` is the speed to have there, WALK_MPS at walking pace; None
    where no number is known."""

    distance_m: float
    before: EffectiveLimit
    after: EffectiveLimit
    brake_in_m: float | None
    to_mps: float | None


@dataclass(frozen=True, slots=True)
class Braking:
    """Where braking must begin, and for what. `brake_in_m` is 0 where it should have begun."""

    brake_in_m: float
    distance_m: float  # to where the limit begins
    to_mps: float
    limit: EffectiveLimit


@dataclass(frozen=True, slots=True)
class ZoneAhead:
    """Distances from the vehicle; 0 inside the zone. `goes_on`: it reaches the end of the path known so far, `end_m`,
    and may go on past it.

    `placement` is that of the zone as a whole: its lanes apply, and it is matched, as at its weakest place.
    `lanes_apply_m` are the stretches, from where to where, on which the zone's lanes are those of the map."""

    distance_m: float
    end_m: float
    goes_on: bool
    placement: WorkZonePlacement
    zone: WorkZone
    lanes_apply_m: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class BorderAhead:
    distance_m: float  # from the vehicle
    border: Border


@dataclass(frozen=True, slots=True)
class LaneAhead:
    """One lane over one section. Distances from the vehicle, not cut: the start may be negative."""

    start_m: float
    end_m: float
    link_id: LinkId
    lane_index: int
    lane: Lane
    basis: Basis


def zone_ahead(on_path: PathItems, x: ZoneOnCourse, zone: WorkZone, offset_cm: int) -> ZoneAhead:
    """A zone of a whole path, seen from an offset of it."""
    placement = replace(
        x.pieces[0],
        start_offset_cm=x.start_cm,
        end_offset_cm=x.end_cm,
        match_permille=x.match_permille,
        lanes_apply=x.lanes_apply_cm == ((x.start_cm, x.end_cm),),
    )
    apply_m = tuple((max(0, a - offset_cm) / 100, (b - offset_cm) / 100) for a, b in x.lanes_apply_cm if b > offset_cm)
    start_m, end_m = max(0, x.start_cm - offset_cm) / 100, (x.end_cm - offset_cm) / 100
    return ZoneAhead(start_m, end_m, x.end_cm >= on_path.path.end_offset_cm, placement, zone, apply_m)


def limits_on(
    limits: Iterable[LimitSpan], offset_cm: int, length_cm: int, *, lane_index: int | None
) -> tuple[LimitAhead, ...]:
    """Limits of a path from an offset on, the last cut at the length."""
    reach_cm = offset_cm + length_cm
    return tuple(
        LimitAhead(
            max(0, x.start_offset_cm - offset_cm) / 100,
            (min(x.end_offset_cm, reach_cm) - offset_cm) / 100,
            x.limit if lane_index is None else x.limit.on_lane(lane_index),
        )
        for x in limits
        if x.end_offset_cm > offset_cm and x.start_offset_cm < reach_cm
    )


def lanes_on(
    placed: Iterable[tuple[LinkPlacement, LinkLanes | None]], offset_cm: int, length_cm: int
) -> tuple[LaneAhead, ...]:
    """Lanes of every section of a path that reaches into the stretch from an offset on."""
    return tuple(
        LaneAhead(start_cm / 100, end_cm / 100, link.link_id, index, lane, lanes.basis)
        for link, lanes in placed
        if lanes is not None
        for section in lanes.sections
        if (end_cm := link.start_offset_cm + section.end_cm - offset_cm) > 0
        if (start_cm := link.start_offset_cm + section.start_cm - offset_cm) < length_cm
        for index, lane in enumerate(section.lanes)
    )


def speed_mps(limit: EffectiveLimit, *, cautious: bool) -> float | None:
    """The number of a limit to drive by; WALK_MPS at walking pace; None where it has none. `cautious`: the lowest that
    may hold instead, too."""
    walks = limit.kind is LimitKind.WALK
    stated = [limit.limit_mm_per_sec]
    if cautious:
        walks = walks or any(x.kind is LimitKind.WALK for x in limit.unresolved)
        stated += [mm_per_sec(x.posted_value_milli, x.posted_unit) for x in limit.unresolved]
    found = [x / 1000 for x in stated if x] + ([WALK_MPS] if walks else [])
    return min(found, default=None)


def limit_change(
    ahead: Sequence[LimitAhead], *, from_mps: float | None, deceleration_mps2: float, cautious: bool
) -> LimitChange | None:
    """The first limit that says something else than the one the vehicle is under; None where none does.

    Without `from_mps` the vehicle is taken to drive at the limit it is under.
    """
    if not ahead:
        return None
    now = ahead[0].limit
    said = _says(now, cautious=cautious)
    change = next((x for x in ahead[1:] if _says(x.limit, cautious=cautious) != said), None)
    if change is None:
        return None
    begin = braking([ahead[0], change], from_mps=from_mps, deceleration_mps2=deceleration_mps2, cautious=cautious)
    to_mps = speed_mps(change.limit, cautious=cautious)
    return LimitChange(change.start_m, now, change.limit, None if begin is None else begin.brake_in_m, to_mps)


def braking(
    ahead: Sequence[LimitAhead], *, from_mps: float | None, deceleration_mps2: float, cautious: bool
) -> Braking | None:
    """What to brake for first: of all lower limits ahead the one for which braking must begin soonest.

    That need not be the nearest: a 30 behind an 80 may ask for it sooner than the 80 does. None where nothing ahead
    is lower, or where it is not known from what speed.
    """
    if not ahead:
        return None
    first_mps = from_mps if from_mps is not None else speed_mps(ahead[0].limit, cautious=cautious)
    soonest: Braking | None = None
    for x in ahead[1:] if first_mps is not None else ():
        to_mps = speed_mps(x.limit, cautious=cautious)
        if first_mps is None or to_mps is None or to_mps >= first_mps:
            continue
        brake_in_m = max(0.0, x.start_m - (first_mps**2 - to_mps**2) / (2.0 * deceleration_mps2))
        if soonest is None or brake_in_m < soonest.brake_in_m:
            soonest = Braking(brake_in_m, x.start_m, to_mps, x.limit)
    return soonest


def _says(limit: EffectiveLimit, *, cautious: bool) -> tuple[object, ...]:
    said = limit.kind, limit.limit_mm_per_sec, limit.posted_value_milli, limit.posted_unit
    return (*said, speed_mps(limit, cautious=True)) if cautious else said
