"""Speed limits: what the source states, and what holds for this vehicle."""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from mapprior.geo.units import MPS_PER_KMH, MPS_PER_KNOT, MPS_PER_MPH
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


_MPS_PER_UNIT: Final = {
    SpeedUnit.NONE: 0.0,
    SpeedUnit.KMH: MPS_PER_KMH,
    SpeedUnit.MPH: MPS_PER_MPH,
    SpeedUnit.KNOTS: MPS_PER_KNOT,
}


def mm_per_sec(posted_value_milli: int, posted_unit: SpeedUnit) -> int:
    """A posted speed in SI, in whole mm/s; 0 where there is no number."""
    return round(posted_value_milli * _MPS_PER_UNIT[posted_unit])


class LimitRole(IntEnum):
    """What kind of speed a statement is about. Only a maximum is a limit."""

    MAXIMUM = 1
    ADVISORY = 2
    MINIMUM = 3


@dataclass(frozen=True, slots=True)
class TaggedLimit:
    """One statement about the speed on a link: of the source, or of the law that a reference names.

    A statement with `rule_ref` and no value of its own says which road type of the law the link is; the law says
    the rest. Its `condition` is empty, or says what must be so for the link to be of that type.
    """

    kind: LimitKind
    posted_value_milli: int  # thousandths of the posted unit; 0 where the kind has none
    posted_unit: SpeedUnit
    basis: Basis
    raw: str  # key and value, `maxspeed:forward=30 mph`
    vehicle: str = ""  # in the source's word; empty for all
    condition: str = ""  # as posted; empty for always
    lane_index: int = -1  # from the left in driving direction; -1 for all
    rule_ref: str = ""  # `DE:urban`
    role: LimitRole = LimitRole.MAXIMUM
    confidence_permille: int = 0  # 0: what its basis is worth; else what the build found, by inference or by doubt


@dataclass(frozen=True, slots=True)
class LimitAlternative:
    """One of the answers that may hold where conditions are undecided; also a zone's temporary limit."""

    kind: LimitKind
    posted_value_milli: int
    posted_unit: SpeedUnit
    condition: str
    raw: str


@dataclass(frozen=True, slots=True)
class PostedSpeed:
    """A speed that is no limit: recommended, or the least allowed. Its basis is its own, not that of the limit."""

    value_milli: int  # thousandths of the unit
    unit: SpeedUnit
    raw: str
    basis: Basis
    confidence_permille: int


@dataclass(frozen=True, slots=True)
class LaneLimit:
    """The limit of one lane where it is not that of the road. `limit_mm_per_sec` is 0 unless a number is known."""

    lane_index: int  # from the left in driving direction
    kind: LimitKind
    posted_value_milli: int
    posted_unit: SpeedUnit
    limit_mm_per_sec: int
    certain: bool
    raw: str


@dataclass(slots=True, unsafe_hash=True)  # hot, as Pose is
class EffectiveLimit:
    """What holds for this vehicle here. `limit_mm_per_sec` is 0 unless a number is known.

    The limit of the road holds for a vehicle on any lane; `lanes` says where a lane's own differs, `advisory` and
    `minimum` are no limits. `next_change_us` is the UTC time at which a switch by time is due next; 0 for none.
    """

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
    advisory: PostedSpeed | None = None
    minimum: PostedSpeed | None = None
    lanes: tuple[LaneLimit, ...] = ()
    next_change_us: int = 0
    # What of a state hash depends on it alone, before and after the source; kept, as many spans share an answer.
    hashed: tuple[bytes, bytes] | None = field(default=None, init=False, repr=False, compare=False)

    def named(self, source: str) -> "EffectiveLimit":
        """The same answer from this source."""
        if source == self.source:
            return self
        return EffectiveLimit(
            self.kind,
            self.posted_value_milli,
            self.posted_unit,
            self.limit_mm_per_sec,
            self.basis,
            self.confidence_permille,
            self.certain,
            self.unresolved,
            self.raw,
            source,
            self.work_zone_id,
            self.advisory,
            self.minimum,
            self.lanes,
            self.next_change_us,
        )

    def on_lane(self, lane_index: int) -> "EffectiveLimit":
        """The same answer for one lane: its own limit where it has one, that of the road elsewhere."""
        own = next((x for x in self.lanes if x.lane_index == lane_index), None)
        if own is None:
            return self
        return replace(
            self,
            kind=own.kind,
            posted_value_milli=own.posted_value_milli,
            posted_unit=own.posted_unit,
            limit_mm_per_sec=own.limit_mm_per_sec,
            certain=own.certain,
            unresolved=() if own.certain else self.unresolved,
            raw=own.raw,
        )
