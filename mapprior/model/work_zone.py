"""Construction zones and where they lie on links. Field meanings: `protos/mapprior/v1/work_zone.proto`."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mapprior.model.ids import LinkId
from mapprior.model.limit import LimitAlternative
from mapprior.model.provenance import Basis

ZONE_TIME_US_MAX: Final = 4_102_444_800_000_000  # the year 2100: what is said to last longer has no known end
LIMIT_VALUE_MILLI_MIN: Final = 1000  # of a temporary limit, in its unit: less is no limit that could be meant


class WorkZoneState(IntEnum):
    UNKNOWN = 1
    PLANNED = 2
    ACTIVE = 3
    SUSPENDED = 4
    ENDED = 5


class LaneStatus(IntEnum):
    UNKNOWN = 1
    OPEN = 2
    CLOSED = 3
    SHIFT_LEFT = 4
    SHIFT_RIGHT = 5
    MERGE_LEFT = 6
    MERGE_RIGHT = 7
    ALTERNATING_FLOW = 8


class WorkZoneLaneType(IntEnum):
    UNKNOWN = 1
    GENERAL = 2
    SHOULDER = 3
    EXIT = 4
    OTHER = 5


class VehicleImpact(IntEnum):
    UNKNOWN = 1
    ALL_LANES_OPEN = 2
    SOME_LANES_CLOSED = 3
    ALL_LANES_CLOSED = 4
    ALTERNATING_ONE_WAY = 5
    SHIFTED = 6
    FLAGGING = 7


class WorkerPresence(IntEnum):
    UNKNOWN = 1
    YES = 2
    NO = 3


@dataclass(frozen=True, slots=True)
class WorkZoneLane:
    lane_index: int
    lane_type: WorkZoneLaneType
    status: LaneStatus
    width_cm: int = 0


@dataclass(frozen=True, slots=True)
class WorkZone:
    """A zone as published, before it is placed on the map. Times in us since 1970 UTC, 0 unknown."""

    id: str
    source: str
    start_time_us: int
    end_time_us: int
    lat_e7: tuple[int, ...]
    lon_e7: tuple[int, ...]
    confidence_permille: int
    place_sigma_cm: int
    basis: Basis = Basis.FEED
    start_time_verified: bool = False
    end_time_verified: bool = False
    start_place_verified: bool = False
    end_place_verified: bool = False
    overrunning: bool = False
    suspended: bool = False
    vehicle_impact: VehicleImpact = VehicleImpact.UNKNOWN
    lanes: tuple[WorkZoneLane, ...] = ()
    limit: LimitAlternative | None = None
    worker_presence: WorkerPresence = WorkerPresence.UNKNOWN
    place_rough: bool = False
    road_names: tuple[str, ...] = ()
    types_of_work: tuple[str, ...] = ()
    description: str = ""
    observed_time_us: int = 0
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class ZoneOnLink:
    """A zone covers [start_cm, end_cm) of a link, in driving direction."""

    zone_id: str
    link_id: LinkId
    start_cm: int
    end_cm: int
    match_permille: int
    lanes_apply: bool


@dataclass(frozen=True, slots=True)
class PlacedZone:
    """A zone with its place on the network and its encoded content (opaque here, spliced into updates)."""

    zone: WorkZone
    spans: tuple[ZoneOnLink, ...]  # in driving order; empty where it could not be placed
    payload: bytes
    digest: int
    reason: str = ""  # why spans is empty


@dataclass(frozen=True, slots=True)
class Overlay:
    """All zones at one moment, whole and immutable; a change makes the next number."""

    number: int
    zones: dict[str, PlacedZone]
    by_link: dict[LinkId, tuple[ZoneOnLink, ...]]


EMPTY_OVERLAY: Final = Overlay(0, {}, {})

# A zone without a known end, past its end and known to go on, or past an end that nobody verified, is believed
# this long after the newest statement about it.
ZONE_BELIEVED_US: Final = 7 * 86_400 * 1_000_000


def zone_state(zone: WorkZone, time_us: int) -> WorkZoneState:
    """Where the zone is in its life at UTC `time_us`.

    Start and end are half-open: at the start it is ACTIVE, at a verified end ENDED. An estimated end says
    little about the day the last cone goes: past it the state is UNKNOWN for ZONE_BELIEVED_US after the end or
    the newest statement, then ENDED. Works that overrun stay ACTIVE past their end, and are UNKNOWN when they
    are no longer believed. Without a start nobody can say that works go on, unless the publisher confirmed it.
    """
    ends_us, over_us, last = _end(zone)
    if time_us >= over_us:
        return last
    if time_us >= ends_us:
        return WorkZoneState.UNKNOWN
    if zone.start_time_us > time_us:
        return WorkZoneState.PLANNED
    if zone.start_time_us <= 0 and not zone.start_time_verified:
        return WorkZoneState.UNKNOWN
    return WorkZoneState.SUSPENDED if zone.suspended else WorkZoneState.ACTIVE


def zone_change_us(zone: WorkZone, time_us: int) -> int | None:
    """The next moment after `time_us` at which `zone_state` may answer otherwise; None if never."""
    ends_us, over_us, _ = _end(zone)
    return min((t for t in (zone.start_time_us, ends_us, over_us) if t > time_us), default=None)


def _end(zone: WorkZone) -> tuple[int, int, WorkZoneState]:
    """(moment from which works may be over, moment from which they are taken to be over, state from then on)."""
    if zone.end_time_us > 0 and not zone.overrunning:
        if zone.end_time_verified:
            return zone.end_time_us, zone.end_time_us, WorkZoneState.ENDED
        over_us = max(zone.end_time_us, zone.observed_time_us) + ZONE_BELIEVED_US
        return zone.end_time_us, over_us, WorkZoneState.ENDED
    over_us = max(zone.start_time_us, zone.end_time_us, zone.observed_time_us) + ZONE_BELIEVED_US
    return over_us, over_us, WorkZoneState.UNKNOWN
