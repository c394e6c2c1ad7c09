from mapprior.v1 import limit_pb2 as _limit_pb2
from mapprior.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WorkZoneState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORK_ZONE_STATE_UNSPECIFIED: _ClassVar[WorkZoneState]
    WORK_ZONE_STATE_UNKNOWN: _ClassVar[WorkZoneState]
    WORK_ZONE_STATE_PLANNED: _ClassVar[WorkZoneState]
    WORK_ZONE_STATE_ACTIVE: _ClassVar[WorkZoneState]
    WORK_ZONE_STATE_SUSPENDED: _ClassVar[WorkZoneState]
    WORK_ZONE_STATE_ENDED: _ClassVar[WorkZoneState]

class LaneStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LANE_STATUS_UNSPECIFIED: _ClassVar[LaneStatus]
    LANE_STATUS_UNKNOWN: _ClassVar[LaneStatus]
    LANE_STATUS_OPEN: _ClassVar[LaneStatus]
    LANE_STATUS_CLOSED: _ClassVar[LaneStatus]
    LANE_STATUS_SHIFT_LEFT: _ClassVar[LaneStatus]
    LANE_STATUS_SHIFT_RIGHT: _ClassVar[LaneStatus]
    LANE_STATUS_MERGE_LEFT: _ClassVar[LaneStatus]
    LANE_STATUS_MERGE_RIGHT: _ClassVar[LaneStatus]
    LANE_STATUS_ALTERNATING_FLOW: _ClassVar[LaneStatus]

class WorkZoneLaneType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORK_ZONE_LANE_TYPE_UNSPECIFIED: _ClassVar[WorkZoneLaneType]
    WORK_ZONE_LANE_TYPE_UNKNOWN: _ClassVar[WorkZoneLaneType]
    WORK_ZONE_LANE_TYPE_GENERAL: _ClassVar[WorkZoneLaneType]
    WORK_ZONE_LANE_TYPE_SHOULDER: _ClassVar[WorkZoneLaneType]
    WORK_ZONE_LANE_TYPE_EXIT: _ClassVar[WorkZoneLaneType]
    WORK_ZONE_LANE_TYPE_OTHER: _ClassVar[WorkZoneLaneType]

class VehicleImpact(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VEHICLE_IMPACT_UNSPECIFIED: _ClassVar[VehicleImpact]
    VEHICLE_IMPACT_UNKNOWN: _ClassVar[VehicleImpact]
    VEHICLE_IMPACT_ALL_LANES_OPEN: _ClassVar[VehicleImpact]
    VEHICLE_IMPACT_SOME_LANES_CLOSED: _ClassVar[VehicleImpact]
    VEHICLE_IMPACT_ALL_LANES_CLOSED: _ClassVar[VehicleImpact]
    VEHICLE_IMPACT_ALTERNATING_ONE_WAY: _ClassVar[VehicleImpact]
    VEHICLE_IMPACT_SHIFTED: _ClassVar[VehicleImpact]
    VEHICLE_IMPACT_FLAGGING: _ClassVar[VehicleImpact]

class WorkerPresence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKER_PRESENCE_UNSPECIFIED: _ClassVar[WorkerPresence]
    WORKER_PRESENCE_UNKNOWN: _ClassVar[WorkerPresence]
    WORKER_PRESENCE_YES: _ClassVar[WorkerPresence]
    WORKER_PRESENCE_NO: _ClassVar[WorkerPresence]
WORK_ZONE_STATE_UNSPECIFIED: WorkZoneState
WORK_ZONE_STATE_UNKNOWN: WorkZoneState
WORK_ZONE_STATE_PLANNED: WorkZoneState
WORK_ZONE_STATE_ACTIVE: WorkZoneState
WORK_ZONE_STATE_SUSPENDED: WorkZoneState
WORK_ZONE_STATE_ENDED: WorkZoneState
LANE_STATUS_UNSPECIFIED: LaneStatus
LANE_STATUS_UNKNOWN: LaneStatus
LANE_STATUS_OPEN: LaneStatus
LANE_STATUS_CLOSED: LaneStatus
LANE_STATUS_SHIFT_LEFT: LaneStatus
LANE_STATUS_SHIFT_RIGHT: LaneStatus
LANE_STATUS_MERGE_LEFT: LaneStatus
LANE_STATUS_MERGE_RIGHT: LaneStatus
LANE_STATUS_ALTERNATING_FLOW: LaneStatus
WORK_ZONE_LANE_TYPE_UNSPECIFIED: WorkZoneLaneType
WORK_ZONE_LANE_TYPE_UNKNOWN: WorkZoneLaneType
WORK_ZONE_LANE_TYPE_GENERAL: WorkZoneLaneType
WORK_ZONE_LANE_TYPE_SHOULDER: WorkZoneLaneType
WORK_ZONE_LANE_TYPE_EXIT: WorkZoneLaneType
WORK_ZONE_LANE_TYPE_OTHER: WorkZoneLaneType
VEHICLE_IMPACT_UNSPECIFIED: VehicleImpact
VEHICLE_IMPACT_UNKNOWN: VehicleImpact
VEHICLE_IMPACT_ALL_LANES_OPEN: VehicleImpact
VEHICLE_IMPACT_SOME_LANES_CLOSED: VehicleImpact
VEHICLE_IMPACT_ALL_LANES_CLOSED: VehicleImpact
VEHICLE_IMPACT_ALTERNATING_ONE_WAY: VehicleImpact
VEHICLE_IMPACT_SHIFTED: VehicleImpact
VEHICLE_IMPACT_FLAGGING: VehicleImpact
WORKER_PRESENCE_UNSPECIFIED: WorkerPresence
WORKER_PRESENCE_UNKNOWN: WorkerPresence
WORKER_PRESENCE_YES: WorkerPresence
WORKER_PRESENCE_NO: WorkerPresence

class WorkZoneLane(_message.Message):
    __slots__ = ("lane_index", "lane_type", "status", "width_cm")
    LANE_INDEX_FIELD_NUMBER: _ClassVar[int]
    LANE_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_CM_FIELD_NUMBER: _ClassVar[int]
    lane_index: int
    lane_type: WorkZoneLaneType
    status: LaneStatus
    width_cm: int
    def __init__(self, lane_index: _Optional[int] = ..., lane_type: _Optional[_Union[WorkZoneLaneType, str]] = ..., status: _Optional[_Union[LaneStatus, str]] = ..., width_cm: _Optional[int] = ...) -> None: ...

class WorkZone(_message.Message):
    __slots__ = ("id", "source", "start_time_us", "end_time_us", "start_time_verified", "end_time_verified", "start_place_verified", "end_place_verified", "overrunning", "suspended", "vehicle_impact", "lanes", "limit", "worker_presence", "confidence_permille", "place_sigma_cm", "place_rough", "lat_deg", "lon_deg", "road_names", "description", "observed_time_us", "synthetic", "basis", "types_of_work")
    ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_US_FIELD_NUMBER: _ClassVar[int]
    END_TIME_US_FIELD_NUMBER: _ClassVar[int]
    START_TIME_VERIFIED_FIELD_NUMBER: _ClassVar[int]
    END_TIME_VERIFIED_FIELD_NUMBER: _ClassVar[int]
    START_PLACE_VERIFIED_FIELD_NUMBER: _ClassVar[int]
    END_PLACE_VERIFIED_FIELD_NUMBER: _ClassVar[int]
    OVERRUNNING_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_FIELD_NUMBER: _ClassVar[int]
    VEHICLE_IMPACT_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    WORKER_PRESENCE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    PLACE_SIGMA_CM_FIELD_NUMBER: _ClassVar[int]
    PLACE_ROUGH_FIELD_NUMBER: _ClassVar[int]
    LAT_DEG_FIELD_NUMBER: _ClassVar[int]
    LON_DEG_FIELD_NUMBER: _ClassVar[int]
    ROAD_NAMES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_TIME_US_FIELD_NUMBER: _ClassVar[int]
    SYNTHETIC_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    TYPES_OF_WORK_FIELD_NUMBER: _ClassVar[int]
    id: str
    source: str
    start_time_us: int
    end_time_us: int
    start_time_verified: bool
    end_time_verified: bool
    start_place_verified: bool
    end_place_verified: bool
    overrunning: bool
    suspended: bool
    vehicle_impact: VehicleImpact
    lanes: _containers.RepeatedCompositeFieldContainer[WorkZoneLane]
    limit: _limit_pb2.LimitAlternative
    worker_presence: WorkerPresence
    confidence_permille: int
    place_sigma_cm: int
    place_rough: bool
    lat_deg: _containers.RepeatedScalarFieldContainer[float]
    lon_deg: _containers.RepeatedScalarFieldContainer[float]
    road_names: _containers.RepeatedScalarFieldContainer[str]
    description: str
    observed_time_us: int
    synthetic: bool
    basis: _provenance_pb2.Basis
    types_of_work: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., source: _Optional[str] = ..., start_time_us: _Optional[int] = ..., end_time_us: _Optional[int] = ..., start_time_verified: _Optional[bool] = ..., end_time_verified: _Optional[bool] = ..., start_place_verified: _Optional[bool] = ..., end_place_verified: _Optional[bool] = ..., overrunning: _Optional[bool] = ..., suspended: _Optional[bool] = ..., vehicle_impact: _Optional[_Union[VehicleImpact, str]] = ..., lanes: _Optional[_Iterable[_Union[WorkZoneLane, _Mapping]]] = ..., limit: _Optional[_Union[_limit_pb2.LimitAlternative, _Mapping]] = ..., worker_presence: _Optional[_Union[WorkerPresence, str]] = ..., confidence_permille: _Optional[int] = ..., place_sigma_cm: _Optional[int] = ..., place_rough: _Optional[bool] = ..., lat_deg: _Optional[_Iterable[float]] = ..., lon_deg: _Optional[_Iterable[float]] = ..., road_names: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ..., observed_time_us: _Optional[int] = ..., synthetic: _Optional[bool] = ..., basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., types_of_work: _Optional[_Iterable[str]] = ...) -> None: ...
