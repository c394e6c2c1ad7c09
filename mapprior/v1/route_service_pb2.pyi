from mapprior.v1 import drive_pb2 as _drive_pb2
from mapprior.v1 import horizon_pb2 as _horizon_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FindRouteRequest(_message.Message):
    __slots__ = ("vehicle", "waypoints", "departure_time_us")
    VEHICLE_FIELD_NUMBER: _ClassVar[int]
    WAYPOINTS_FIELD_NUMBER: _ClassVar[int]
    DEPARTURE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    vehicle: _drive_pb2.VehicleProfile
    waypoints: _containers.RepeatedCompositeFieldContainer[_drive_pb2.Waypoint]
    departure_time_us: int
    def __init__(self, vehicle: _Optional[_Union[_drive_pb2.VehicleProfile, _Mapping]] = ..., waypoints: _Optional[_Iterable[_Union[_drive_pb2.Waypoint, _Mapping]]] = ..., departure_time_us: _Optional[int] = ...) -> None: ...

class FindRouteResponse(_message.Message):
    __slots__ = ("link_ids", "length_m", "first_offset_m", "last_offset_m", "geometry", "doubtful_turns")
    LINK_IDS_FIELD_NUMBER: _ClassVar[int]
    LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    FIRST_OFFSET_M_FIELD_NUMBER: _ClassVar[int]
    LAST_OFFSET_M_FIELD_NUMBER: _ClassVar[int]
    GEOMETRY_FIELD_NUMBER: _ClassVar[int]
    DOUBTFUL_TURNS_FIELD_NUMBER: _ClassVar[int]
    link_ids: _containers.RepeatedScalarFieldContainer[int]
    length_m: float
    first_offset_m: float
    last_offset_m: float
    geometry: _containers.RepeatedCompositeFieldContainer[_drive_pb2.Waypoint]
    doubtful_turns: _containers.RepeatedCompositeFieldContainer[DoubtfulTurn]
    def __init__(self, link_ids: _Optional[_Iterable[int]] = ..., length_m: _Optional[float] = ..., first_offset_m: _Optional[float] = ..., last_offset_m: _Optional[float] = ..., geometry: _Optional[_Iterable[_Union[_drive_pb2.Waypoint, _Mapping]]] = ..., doubtful_turns: _Optional[_Iterable[_Union[DoubtfulTurn, _Mapping]]] = ...) -> None: ...

class DoubtfulTurn(_message.Message):
    __slots__ = ("from_link_id", "to_link_id", "offset_m", "condition")
    FROM_LINK_ID_FIELD_NUMBER: _ClassVar[int]
    TO_LINK_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_M_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    from_link_id: int
    to_link_id: int
    offset_m: float
    condition: str
    def __init__(self, from_link_id: _Optional[int] = ..., to_link_id: _Optional[int] = ..., offset_m: _Optional[float] = ..., condition: _Optional[str] = ...) -> None: ...

class MatchTraceRequest(_message.Message):
    __slots__ = ("poses",)
    POSES_FIELD_NUMBER: _ClassVar[int]
    poses: _containers.RepeatedCompositeFieldContainer[_drive_pb2.Pose]
    def __init__(self, poses: _Optional[_Iterable[_Union[_drive_pb2.Pose, _Mapping]]] = ...) -> None: ...

class MatchTraceResponse(_message.Message):
    __slots__ = ("positions", "link_ids")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    LINK_IDS_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[_horizon_pb2.Position]
    link_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, positions: _Optional[_Iterable[_Union[_horizon_pb2.Position, _Mapping]]] = ..., link_ids: _Optional[_Iterable[int]] = ...) -> None: ...
