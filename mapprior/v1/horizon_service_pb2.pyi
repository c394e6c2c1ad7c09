from mapprior.v1 import drive_pb2 as _drive_pb2
from mapprior.v1 import horizon_pb2 as _horizon_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamHorizonRequest(_message.Message):
    __slots__ = ("open", "pose", "route", "conditions", "acknowledgement", "resync")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    POSE_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    RESYNC_FIELD_NUMBER: _ClassVar[int]
    open: _drive_pb2.DriveOpen
    pose: _drive_pb2.Pose
    route: _drive_pb2.DriveRoute
    conditions: _drive_pb2.DrivingConditions
    acknowledgement: _drive_pb2.Acknowledgement
    resync: _drive_pb2.Resync
    def __init__(self, open: _Optional[_Union[_drive_pb2.DriveOpen, _Mapping]] = ..., pose: _Optional[_Union[_drive_pb2.Pose, _Mapping]] = ..., route: _Optional[_Union[_drive_pb2.DriveRoute, _Mapping]] = ..., conditions: _Optional[_Union[_drive_pb2.DrivingConditions, _Mapping]] = ..., acknowledgement: _Optional[_Union[_drive_pb2.Acknowledgement, _Mapping]] = ..., resync: _Optional[_Union[_drive_pb2.Resync, _Mapping]] = ...) -> None: ...

class StreamHorizonResponse(_message.Message):
    __slots__ = ("update",)
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    update: _horizon_pb2.HorizonUpdate
    def __init__(self, update: _Optional[_Union[_horizon_pb2.HorizonUpdate, _Mapping]] = ...) -> None: ...
