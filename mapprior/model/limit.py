"""Speed limits: what the source states, and what holds for this vehicle."""

from dataclasses import dataclass
from enum import IntEnum

from mapprior.model.provenance import Basis


class LimitKind(IntEnum):
    """Unlimited, unknown and zero are three answers."""

    UNKNOWN = 1
    LIMITED = 2
    UNLIMITED = 3
    WALK = 4
    VARIABLE = 5


class SpeedUnit(IntEnum):
    """Unit on the sign. NONE only where there is no number."""

    NONE = 0
    KMH = 1
    MPH = 2
    KNOTS = 3


@dataclass(frozen=True, slots=True)
class TaggedLimit:
    """One statement of the source about the limit of a link."""

    kind: LimitKind
    posted_value_milli: int  # thousandths of the posted unit; 0 where the kind has none
    posted_unit: SpeedUnit
    basis: Basis
    raw: str  # key and value, `maxspeed:forward=30 mph`
    vehicle: str = ""  # in the source's word; empty for all
    condition: str = ""  # as posted; empty for always
    lane_index: int = -1  # from the left in driving direction; -1 for all
    rule_ref: str = ""  # `DE:urban`


@dataclass(frozen=True, slots=True)
class LimitAlternative:
    """One of the answers that may hold where conditions are undecided; also a zone's temporary limit."""

    kind: LimitKind
    posted_value_milli: int
    posted_unit: SpeedUnit
    condition: str
    raw: str


@dataclass(frozen=True, slots=True)
class EffectiveLimit:
    """What holds for this vehicle here. `limit_mm_per_sec` is 0 unless a number is known."""

    kind: LimitKind
    posted_value_milli: int
    posted_unit: SpeedUnit
    limit_mm_per_sec: int
    basis: Basis
    confidence_permille: int
    certain: bool
    unresolved: tuple[LimitAlternative, ...]
    raw: str
    source: str
    work_zone_id: str = ""
