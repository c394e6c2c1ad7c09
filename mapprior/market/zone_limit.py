"""What a work zone leaves of a limit: of the road's, and of each lane's."""

from dataclasses import replace
from typing import Final

from mapprior.market.limit_values import mm_per_sec, severity, undecided, value
from mapprior.model.limit import EffectiveLimit, LaneLimit, LimitAlternative, LimitKind, PostedSpeed
from mapprior.model.limit import mm_per_sec as speed_mm_per_sec
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import WorkZone, WorkZoneState

IN_WORKS: Final = "if the work zone holds here"  # condition of a zone's limit that is not applied


def with_zone(
    limit: EffectiveLimit, zone: WorkZone, *, state: WorkZoneState, match_permille: int = 1000
) -> EffectiveLimit:
    """The limit where a work zone lies on the road.

    Only an ACTIVE zone whose place is more than rough and that states a number without a condition sets a limit, and
    only downwards: a base that is as low or lower stays as it is, on the road and on each lane by itself. The zone's
    limit is never certain (a map must not be the only source for a temporary sign), and the base stays in `unresolved`.
    Any other zone that is ACTIVE, or may be (UNKNOWN), leaves the base but undecided: signs may stand there that are
    not known, and what the zone states is one more answer that may hold. PLANNED, SUSPENDED and ENDED zones change
    nothing.
    Several zones: apply them one after another in the order of their ids.
    """
    stated = zone.limit
    if state not in (WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN):
        return limit
    if stated is None or stated.kind not in (LimitKind.LIMITED, LimitKind.WALK):
        return _may_be_lower(limit, stated, severity_of_zone=(-1, 0))
    of_zone = severity(stated)
    if severity(limit) <= of_zone and all(severity(x) <= of_zone for x in limit.lanes):
        return limit
    if zone.place_rough or stated.condition or state is WorkZoneState.UNKNOWN:
        return _may_be_lower(limit, stated, severity_of_zone=of_zone)
    lanes = tuple(x if severity(x) <= of_zone else _lane_in_zone(x, stated) for x in limit.lanes)
    if severity(limit) <= of_zone:
        return replace(limit, lanes=lanes)
    return EffectiveLimit(
        kind=stated.kind,
        posted_value_milli=stated.posted_value_milli,
        posted_unit=stated.posted_unit,
        limit_mm_per_sec=mm_per_sec(stated),
        basis=Basis.FEED,
        confidence_permille=zone.confidence_permille * match_permille // 1000,
        certain=False,
        unresolved=(_base(limit), *limit.unresolved),
        raw=stated.raw,
        source=zone.source,
        work_zone_id=zone.id,
        advisory=_below(limit.advisory, stated),
        minimum=_below(limit.minimum, stated),
        lanes=() if all(value(x) == value(stated) for x in lanes) else lanes,
        next_change_us=limit.next_change_us,
    )


def _may_be_lower(
    limit: EffectiveLimit, stated: LimitAlternative | None, *, severity_of_zone: tuple[int, int]
) -> EffectiveLimit:
    """The limit where works may have put up other signs, of which at most `stated` is known."""
    lanes = tuple(x if severity(x) <= severity_of_zone else replace(x, certain=False) for x in limit.lanes)
    new = () if stated is None else (replace(stated, condition=stated.condition or IN_WORKS),)
    fresh = tuple(x for x in new if value(x) != value(limit) and x not in limit.unresolved)
    return undecided(replace(limit, unresolved=(*limit.unresolved, *fresh), lanes=lanes))


def _base(limit: EffectiveLimit) -> LimitAlternative:
    return LimitAlternative(limit.kind, limit.posted_value_milli, limit.posted_unit, "", limit.raw)


def _lane_in_zone(lane: LaneLimit, stated: LimitAlternative) -> LaneLimit:
    return replace(
        lane,
        kind=stated.kind,
        posted_value_milli=stated.posted_value_milli,
        posted_unit=stated.posted_unit,
        limit_mm_per_sec=mm_per_sec(stated),
        certain=False,
        raw=stated.raw,
    )


def _below(speed: PostedSpeed | None, limit: LimitAlternative) -> PostedSpeed | None:
    """A recommended or least speed that a lower limit leaves in force; walking pace leaves none."""
    if speed is None or speed_mm_per_sec(speed.value_milli, speed.unit) > mm_per_sec(limit):
        return None
    return speed
