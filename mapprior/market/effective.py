"""What is the limit here, for this vehicle? The one place that answers.

In: what the source states about a link. Out: one answer, and every other answer that may hold. Decides
nothing that it cannot know: a condition (rain, time of day, a flashing beacon) leaves the answer
uncertain, a rule of law (`DE:urban`) is not yet resolved and comes back as UNKNOWN with the reference in
`raw`. Does not know about tiles, paths or clocks.

Confidence, the chance in thousandths that the answer holds (working figures, not measured):

    the answer is UNKNOWN                                      0
    basis SURVEYED                                             950
    basis SIGNED                                               900
    basis TAGGED                                               800
    basis LAW_DEFAULT                                          700
    basis DERIVED                                              600
    basis INFERRED                                             500
    basis UNKNOWN                                              300
    basis FEED, from a work zone     zone's confidence x chance that the zone lies here
    basis FEED, otherwise                                      700
    anything undecided (condition, lane, vehicle, place)       at most 500
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from mapprior.geo.units import MPS_PER_KMH, MPS_PER_KNOT, MPS_PER_MPH
from mapprior.market.vehicle_words import Binding, binding
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import VehicleProfile
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import WorkZone, WorkZoneState

UNDECIDED_PERMILLE_MAX: Final = 500
IN_WORKS: Final = "if the work zone holds here"  # condition of a zone's limit that is not applied
CONFIDENCE_PERMILLE: Final = {
    Basis.SURVEYED: 950,
    Basis.SIGNED: 900,
    Basis.TAGGED: 800,
    Basis.LAW_DEFAULT: 700,
    Basis.FEED: 700,
    Basis.DERIVED: 600,
    Basis.INFERRED: 500,
    Basis.UNKNOWN: 300,
}
_MPS_PER_UNIT: Final = {
    SpeedUnit.NONE: 0.0,
    SpeedUnit.KMH: MPS_PER_KMH,
    SpeedUnit.MPH: MPS_PER_MPH,
    SpeedUnit.KNOTS: MPS_PER_KNOT,
}
_Statement = TaggedLimit | LimitAlternative | EffectiveLimit


def effective_limit(limits: Sequence[TaggedLimit], *, vehicle: VehicleProfile, source: str) -> EffectiveLimit:
    """The limit of a link for a vehicle, from all statements about the link in its direction.

    A statement without condition, for all lanes, that binds the vehicle can be the answer; of several the
    lowest is. Every other statement that may bind and says something else makes the answer uncertain and
    is listed in `unresolved`. A statement for other vehicles is left out. No statement: UNKNOWN.
    """
    binds = [(x, binding(x.vehicle, vehicle)) for x in limits]
    plain = [x for x, b in binds if b is Binding.YES and not x.condition and x.lane_index < 0]
    numbered = [x for x in plain if x.kind is not LimitKind.UNKNOWN]
    if not numbered:
        vague = [x for x, b in binds if b is not Binding.NO and x.kind is LimitKind.UNKNOWN and x not in plain]
        answer = _unknown([*plain, *vague], source=source)
    else:
        answer = _stated(min(numbered, key=_severity), source=source)
        if any(x.kind is LimitKind.VARIABLE for x in numbered):
            answer = _variable(numbered, answer)
    may_hold = [x for x, b in binds if b is not Binding.NO and x not in plain] + numbered
    others = _different(answer, (_alternative(x, named=x not in plain) for x in may_hold))
    # The sign, and the upper bound that it is given, are one answer.
    if answer.kind is LimitKind.VARIABLE:
        others = tuple(x for x in others if x.condition or x.kind not in (LimitKind.LIMITED, LimitKind.VARIABLE))
    return _undecided(replace(answer, unresolved=others)) if others else answer


def while_ambiguous(limit: EffectiveLimit) -> EffectiveLimit:
    """The same answer while it is not sure on which road the vehicle is: never certain."""
    return _undecided(limit)


def with_zone(
    limit: EffectiveLimit, zone: WorkZone, *, state: WorkZoneState, match_permille: int = 1000
) -> EffectiveLimit:
    """The limit where a work zone lies on the road.

    Only an ACTIVE zone whose place is more than rough and that states a number sets a limit, and only downwards:
    a base that is as low or lower stays as it is. The zone's limit is never certain (a map must not be the only
    source for a temporary sign), and the base stays in `unresolved`. Any other zone that is ACTIVE, or may be
    (UNKNOWN), leaves the base but undecided: signs may stand there that are not known, and what the zone states
    is one more answer that may hold. PLANNED, SUSPENDED and ENDED zones change nothing. Several zones: apply
    them one after another in the order of their ids.
    """
    stated = zone.limit
    if state not in (WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN):
        return limit
    lowers = stated is not None and stated.kind in (LimitKind.LIMITED, LimitKind.WALK)
    if stated is not None and lowers and _severity(limit) <= _severity(stated):
        return limit
    if stated is None or not lowers or zone.place_rough or state is WorkZoneState.UNKNOWN:
        return _may_be_zone(limit, stated)
    return EffectiveLimit(
        kind=stated.kind,
        posted_value_milli=stated.posted_value_milli,
        posted_unit=stated.posted_unit,
        limit_mm_per_sec=_mm_per_sec(stated),
        basis=Basis.FEED,
        confidence_permille=zone.confidence_permille * match_permille // 1000,
        certain=False,
        unresolved=(_alternative(limit, named=False), *limit.unresolved),
        raw=stated.raw,
        source=zone.source,
        work_zone_id=zone.id,
    )


def _may_be_zone(limit: EffectiveLimit, stated: LimitAlternative | None) -> EffectiveLimit:
    """The limit where works may have put up other signs, of which at most `stated` is known."""
    known = () if stated is None else _different(limit, (replace(stated, condition=stated.condition or IN_WORKS),))
    new = tuple(x for x in known if x not in limit.unresolved)
    return _undecided(replace(limit, unresolved=(*limit.unresolved, *new)))


def _unknown(valueless: Sequence[TaggedLimit], *, source: str) -> EffectiveLimit:
    """Nothing with a value is stated; a rule of law that is referred to stays readable in `raw`."""
    raw = next((x.raw or x.rule_ref for x in valueless if x.rule_ref), valueless[0].raw if valueless else "")
    return EffectiveLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, 0, Basis.UNKNOWN, 0, False, (), raw, source)


def _stated(x: TaggedLimit, *, source: str) -> EffectiveLimit:
    return EffectiveLimit(
        kind=x.kind,
        posted_value_milli=x.posted_value_milli,
        posted_unit=x.posted_unit,
        limit_mm_per_sec=_mm_per_sec(x),
        basis=x.basis,
        confidence_permille=CONFIDENCE_PERMILLE[x.basis],
        certain=True,
        unresolved=(),
        raw=x.raw,
        source=source,
    )


def _variable(numbered: Sequence[TaggedLimit], lowest: EffectiveLimit) -> EffectiveLimit:
    """A variable sign decides; the lowest number beside it is the most that it shows. Walking pace is no number."""
    sign = next(x for x in numbered if x.kind is LimitKind.VARIABLE)
    bound = min((x for x in numbered if x.posted_value_milli), key=_severity, default=sign)
    return _undecided(
        replace(
            lowest,
            kind=LimitKind.VARIABLE,
            posted_value_milli=bound.posted_value_milli,
            posted_unit=bound.posted_unit,
            limit_mm_per_sec=_mm_per_sec(bound),
            basis=sign.basis,
            confidence_permille=CONFIDENCE_PERMILLE[sign.basis],
            raw=sign.raw,
        )
    )


def _undecided(limit: EffectiveLimit) -> EffectiveLimit:
    return replace(limit, certain=False, confidence_permille=min(limit.confidence_permille, UNDECIDED_PERMILLE_MAX))


def _alternative(x: _Statement, *, named: bool) -> LimitAlternative:
    """The statement as an alternative. `named`: say when it holds, also where that is a lane or a vehicle."""
    parts = []
    if named and isinstance(x, TaggedLimit):
        parts = [p for p in (x.vehicle, f"lane {x.lane_index}" if x.lane_index >= 0 else "", x.condition) if p]
    return LimitAlternative(x.kind, x.posted_value_milli, x.posted_unit, ", ".join(parts), x.raw)


def _different(answer: EffectiveLimit, others: Iterable[LimitAlternative]) -> tuple[LimitAlternative, ...]:
    """What does not say the same as the answer, each once, in order."""
    same = (answer.kind, answer.posted_value_milli, answer.posted_unit)
    found = {x: None for x in others if (x.kind, x.posted_value_milli, x.posted_unit) != same}
    return tuple(found)


def _severity(x: _Statement) -> tuple[int, int]:
    """Sorts from the lowest limit to none: walking pace, numbers, a variable sign without number, no limit."""
    if x.kind is LimitKind.WALK:
        return (0, 0)
    if x.posted_value_milli and x.kind in (LimitKind.LIMITED, LimitKind.VARIABLE):
        return (1, _mm_per_sec(x))
    return ({LimitKind.VARIABLE: 2, LimitKind.UNLIMITED: 3}.get(x.kind, 4), 0)


def _mm_per_sec(x: _Statement) -> int:
    return round(x.posted_value_milli * _MPS_PER_UNIT[x.posted_unit])
