"""Comparing what statements say: which of two limits is lower, whether they are one, how far each is trusted.

Confidence, the chance in thousandths that the answer holds (working figures, not measured). What a statement says
of itself counts; where it says nothing, its basis does:

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

from dataclasses import replace
from typing import Final, Protocol

from mapprior.model import limit as nouns
from mapprior.model.limit import (
    EffectiveLimit,
    LimitKind,
    PostedSpeed,
    SpeedUnit,
    TaggedLimit,
)
from mapprior.model.provenance import Basis

UNDECIDED_PERMILLE_MAX: Final = 500
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
NO_LIMIT_KNOWN: Final = (4, 0)  # severity of UNKNOWN: above every limit


class Statement(Protocol):
    """Anything that says how fast: a statement, an alternative, an answer."""

    @property
    def kind(self) -> LimitKind: ...
    @property
    def posted_value_milli(self) -> int: ...
    @property
    def posted_unit(self) -> SpeedUnit: ...


Value = tuple[LimitKind, int, SpeedUnit]
Severity = tuple[int, int]


def value(x: Statement) -> Value:
    """What it says, as posted. Two statements with the same value are one answer."""
    return x.kind, x.posted_value_milli, x.posted_unit


def severity(x: Statement) -> Severity:
    """Sorts from the lowest limit to none: walking pace, numbers, a variable sign without number, no limit."""
    if x.kind is LimitKind.WALK:
        return (0, 0)
    if x.posted_value_milli and x.kind in (LimitKind.LIMITED, LimitKind.VARIABLE):
        return (1, mm_per_sec(x))
    return ({LimitKind.VARIABLE: 2, LimitKind.UNLIMITED: 3}.get(x.kind, NO_LIMIT_KNOWN[0]), 0)


def mm_per_sec(x: Statement) -> int:
    """The number in mm/s; 0 without one."""
    return nouns.mm_per_sec(x.posted_value_milli, x.posted_unit)


def confidence_permille(x: TaggedLimit) -> int:
    return x.confidence_permille or CONFIDENCE_PERMILLE[x.basis]


def posted_speed(x: TaggedLimit) -> PostedSpeed:
    """What a statement says where it is no limit, on the basis of the statement itself."""
    return PostedSpeed(x.posted_value_milli, x.posted_unit, x.raw, x.basis, confidence_permille(x))


def undecided(limit: EffectiveLimit) -> EffectiveLimit:
    """The same answer, not certain."""
    return replace(limit, certain=False, confidence_permille=min(limit.confidence_permille, UNDECIDED_PERMILLE_MAX))
