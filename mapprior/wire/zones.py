"""A work zone as the bytes of a `WorkZone`, and back."""

from typing import Final

from mapprior.errors import LimitError, RequestError
from mapprior.geo.units import E7
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import (
    LIMIT_VALUE_MILLI_MIN,
    LaneStatus,
    VehicleImpact,
    WorkerPresence,
    WorkZone,
    WorkZoneLane,
    WorkZoneLaneType,
)
from mapprior.v1 import limit_pb2, work_zone_pb2
from mapprior.wire.alternatives import POSTED_VALUE_MILLI_MAX, fill_alternative, read_alternative
from mapprior.wire.fields import TIME_US_MAX, few, known, known_or, lat_e7, lon_e7, parse, text, whole

ZONE_POINTS_COUNT_MAX: Final = 10_000
ZONE_LANES_COUNT_MAX: Final = 32
ZONE_TEXTS_COUNT_MAX: Final = 64
ZONE_ID_CHARS_MAX: Final = 256
LANE_WIDTH_CM_MAX: Final = 3_000
PLACE_SIGMA_CM_MAX: Final = 10_000_000


def encode_zone(zone: WorkZone) -> bytes:
    """Deterministic bytes of a WorkZone."""
    message = work_zone_pb2.WorkZone()
    fill_zone(message, zone)
    return message.SerializeToString(deterministic=True)


def decode_zone(data: bytes) -> WorkZone:
    """The zone in the bytes of a WorkZone; RequestError where they are none or a range is broken."""
    return read_zone(parse(work_zone_pb2.WorkZone, data))


def fill_zone(message: work_zone_pb2.WorkZone, zone: WorkZone) -> None:
    """Writes a zone into an empty message."""
    message.id = zone.id
    message.source = zone.source
    message.start_time_us = zone.start_time_us
    message.end_time_us = zone.end_time_us
    message.start_time_verified = zone.start_time_verified
    message.end_time_verified = zone.end_time_verified
    message.start_place_verified = zone.start_place_verified
    message.end_place_verified = zone.end_place_verified
    message.overrunning = zone.overrunning
    message.suspended = zone.suspended
    message.vehicle_impact = zone.vehicle_impact  # type: ignore[assignment]
    for lane in zone.lanes:
        message.lanes.add(
            lane_index=lane.lane_index,
            lane_type=lane.lane_type,
            status=lane.status,
            width_cm=lane.width_cm,
        )
    if zone.limit is not None:
        fill_alternative(message.limit, zone.limit)
    message.worker_presence = zone.worker_presence  # type: ignore[assignment]
    message.confidence_permille = zone.confidence_permille
    message.place_sigma_cm = zone.place_sigma_cm
    message.place_rough = zone.place_rough
    message.lat_deg.extend(lat / E7 for lat in zone.lat_e7)
    message.lon_deg.extend(lon / E7 for lon in zone.lon_e7)
    message.road_names.extend(zone.road_names)
    message.description = zone.description
    message.observed_time_us = zone.observed_time_us
    message.synthetic = zone.synthetic
    message.basis = zone.basis  # type: ignore[assignment]
    message.types_of_work.extend(zone.types_of_work)


def read_zone(message: work_zone_pb2.WorkZone, field: str = "work_zone") -> WorkZone:
    """The zone, every range of `work_zone.proto` checked. Unset enums are unknown; the basis must be set.

    A refusal names `field` and what is wrong in it.
    """
    if not message.id:
        raise RequestError(f"{field}.id is empty")
    if len(message.lat_deg) != len(message.lon_deg):
        raise RequestError(
            f"{field} has {len(message.lat_deg)} lat_deg and {len(message.lon_deg)} lon_deg; allowed: as many"
        )
    if not message.lat_deg:
        raise RequestError(f"{field}.lat_deg is empty; a zone has at least one point")
    few(message.lat_deg, f"{field}.lat_deg", ZONE_POINTS_COUNT_MAX)
    for texts, name in (
        (message.road_names, f"{field}.road_names"),
        (message.types_of_work, f"{field}.types_of_work"),
    ):
        few(texts, name, ZONE_TEXTS_COUNT_MAX)
    return WorkZone(
        id=text(message.id, f"{field}.id", ZONE_ID_CHARS_MAX),
        source=text(message.source, f"{field}.source", ZONE_ID_CHARS_MAX),
        start_time_us=whole(message.start_time_us, f"{field}.start_time_us", 0, TIME_US_MAX),
        end_time_us=whole(message.end_time_us, f"{field}.end_time_us", 0, TIME_US_MAX),
        lat_e7=tuple(lat_e7(v, f"{field}.lat_deg") for v in message.lat_deg),
        lon_e7=tuple(lon_e7(v, f"{field}.lon_deg") for v in message.lon_deg),
        confidence_permille=whole(message.confidence_permille, f"{field}.confidence_permille", 0, 1000),
        place_sigma_cm=whole(message.place_sigma_cm, f"{field}.place_sigma_cm", 0, PLACE_SIGMA_CM_MAX),
        basis=known(Basis, message.basis, f"{field}.basis"),
        start_time_verified=message.start_time_verified,
        end_time_verified=message.end_time_verified,
        start_place_verified=message.start_place_verified,
        end_place_verified=message.end_place_verified,
        overrunning=message.overrunning,
        suspended=message.suspended,
        vehicle_impact=known_or(
            VehicleImpact, message.vehicle_impact, f"{field}.vehicle_impact", VehicleImpact.UNKNOWN
        ),
        lanes=_read_lanes(message, field),
        limit=_read_limit(message.limit, f"{field}.limit") if message.HasField("limit") else None,
        worker_presence=known_or(
            WorkerPresence, message.worker_presence, f"{field}.worker_presence", WorkerPresence.UNKNOWN
        ),
        place_rough=message.place_rough,
        road_names=tuple(text(v, f"{field}.road_names") for v in message.road_names),
        types_of_work=tuple(text(v, f"{field}.types_of_work") for v in message.types_of_work),
        description=text(message.description, f"{field}.description"),
        observed_time_us=whole(message.observed_time_us, f"{field}.observed_time_us", 0, TIME_US_MAX),
        synthetic=message.synthetic,
    )


def _read_limit(message: limit_pb2.LimitAlternative, field: str) -> LimitAlternative:
    """The temporary limit. It sets what vehicles are told: a number without unit would be a limit of 0 m/s."""
    limit = read_alternative(message, field)
    number, unit, kind = limit.posted_value_milli, limit.posted_unit, limit.kind
    if (number > 0) is (unit is SpeedUnit.NONE):
        raise RequestError(
            f"{field}.posted_value_milli is {number}, posted_unit {unit.name}; "
            "allowed: a number and its unit, or neither"
        )
    if kind is LimitKind.LIMITED:
        whole(number, f"{field}.posted_value_milli of a limit", LIMIT_VALUE_MILLI_MIN, POSTED_VALUE_MILLI_MAX)
    elif kind is not LimitKind.VARIABLE and number:
        raise RequestError(f"{field}.posted_value_milli is {number}; allowed for {kind.name}: 0")
    return limit


def _read_lanes(message: work_zone_pb2.WorkZone, field: str) -> tuple[WorkZoneLane, ...]:
    if len(message.lanes) > ZONE_LANES_COUNT_MAX:
        raise LimitError(f"{field}.lanes has {len(message.lanes)} elements; at most {ZONE_LANES_COUNT_MAX}")
    lanes = tuple(
        WorkZoneLane(
            whole(lane.lane_index, f"{field}.lanes.lane_index", 0, ZONE_LANES_COUNT_MAX - 1),
            known_or(WorkZoneLaneType, lane.lane_type, f"{field}.lanes.lane_type", WorkZoneLaneType.UNKNOWN),
            known_or(LaneStatus, lane.status, f"{field}.lanes.status", LaneStatus.UNKNOWN),
            whole(lane.width_cm, f"{field}.lanes.width_cm", 0, LANE_WIDTH_CM_MAX),
        )
        for lane in message.lanes
    )
    indexes = [lane.lane_index for lane in lanes]
    if len(set(indexes)) != len(indexes):
        raise RequestError(f"{field}.lanes names a lane_index twice")
    return lanes
