from mapprior.v1 import provenance_pb2 as _provenance_pb2
from mapprior.v1 import road_pb2 as _road_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LaneType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LANE_TYPE_UNSPECIFIED: _ClassVar[LaneType]
    LANE_TYPE_UNKNOWN: _ClassVar[LaneType]
    LANE_TYPE_DRIVING: _ClassVar[LaneType]
    LANE_TYPE_BUS: _ClassVar[LaneType]
    LANE_TYPE_BOTH_WAYS: _ClassVar[LaneType]
    LANE_TYPE_SHOULDER: _ClassVar[LaneType]
    LANE_TYPE_CYCLE: _ClassVar[LaneType]

class LaneChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LANE_CHANGE_UNSPECIFIED: _ClassVar[LaneChange]
    LANE_CHANGE_UNKNOWN: _ClassVar[LaneChange]
    LANE_CHANGE_ALLOWED: _ClassVar[LaneChange]
    LANE_CHANGE_FORBIDDEN: _ClassVar[LaneChange]

class TurnDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TURN_DIRECTION_UNSPECIFIED: _ClassVar[TurnDirection]
    TURN_DIRECTION_NONE: _ClassVar[TurnDirection]
    TURN_DIRECTION_THROUGH: _ClassVar[TurnDirection]
    TURN_DIRECTION_LEFT: _ClassVar[TurnDirection]
    TURN_DIRECTION_SLIGHT_LEFT: _ClassVar[TurnDirection]
    TURN_DIRECTION_SHARP_LEFT: _ClassVar[TurnDirection]
    TURN_DIRECTION_RIGHT: _ClassVar[TurnDirection]
    TURN_DIRECTION_SLIGHT_RIGHT: _ClassVar[TurnDirection]
    TURN_DIRECTION_SHARP_RIGHT: _ClassVar[TurnDirection]
    TURN_DIRECTION_REVERSE: _ClassVar[TurnDirection]
    TURN_DIRECTION_MERGE_TO_LEFT: _ClassVar[TurnDirection]
    TURN_DIRECTION_MERGE_TO_RIGHT: _ClassVar[TurnDirection]
LANE_TYPE_UNSPECIFIED: LaneType
LANE_TYPE_UNKNOWN: LaneType
LANE_TYPE_DRIVING: LaneType
LANE_TYPE_BUS: LaneType
LANE_TYPE_BOTH_WAYS: LaneType
LANE_TYPE_SHOULDER: LaneType
LANE_TYPE_CYCLE: LaneType
LANE_CHANGE_UNSPECIFIED: LaneChange
LANE_CHANGE_UNKNOWN: LaneChange
LANE_CHANGE_ALLOWED: LaneChange
LANE_CHANGE_FORBIDDEN: LaneChange
TURN_DIRECTION_UNSPECIFIED: TurnDirection
TURN_DIRECTION_NONE: TurnDirection
TURN_DIRECTION_THROUGH: TurnDirection
TURN_DIRECTION_LEFT: TurnDirection
TURN_DIRECTION_SLIGHT_LEFT: TurnDirection
TURN_DIRECTION_SHARP_LEFT: TurnDirection
TURN_DIRECTION_RIGHT: TurnDirection
TURN_DIRECTION_SLIGHT_RIGHT: TurnDirection
TURN_DIRECTION_SHARP_RIGHT: TurnDirection
TURN_DIRECTION_REVERSE: TurnDirection
TURN_DIRECTION_MERGE_TO_LEFT: TurnDirection
TURN_DIRECTION_MERGE_TO_RIGHT: TurnDirection

class Lane(_message.Message):
    __slots__ = ("lane_id", "width_cm", "width_basis", "lane_type", "turns", "change_left", "change_right", "centre_line", "left_boundary", "right_boundary", "destinations")
    LANE_ID_FIELD_NUMBER: _ClassVar[int]
    WIDTH_CM_FIELD_NUMBER: _ClassVar[int]
    WIDTH_BASIS_FIELD_NUMBER: _ClassVar[int]
    LANE_TYPE_FIELD_NUMBER: _ClassVar[int]
    TURNS_FIELD_NUMBER: _ClassVar[int]
    CHANGE_LEFT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_RIGHT_FIELD_NUMBER: _ClassVar[int]
    CENTRE_LINE_FIELD_NUMBER: _ClassVar[int]
    LEFT_BOUNDARY_FIELD_NUMBER: _ClassVar[int]
    RIGHT_BOUNDARY_FIELD_NUMBER: _ClassVar[int]
    DESTINATIONS_FIELD_NUMBER: _ClassVar[int]
    lane_id: int
    width_cm: int
    width_basis: _provenance_pb2.Basis
    lane_type: LaneType
    turns: _containers.RepeatedScalarFieldContainer[TurnDirection]
    change_left: LaneChange
    change_right: LaneChange
    centre_line: _road_pb2.LinkGeometry
    left_boundary: _road_pb2.LinkGeometry
    right_boundary: _road_pb2.LinkGeometry
    destinations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, lane_id: _Optional[int] = ..., width_cm: _Optional[int] = ..., width_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., lane_type: _Optional[_Union[LaneType, str]] = ..., turns: _Optional[_Iterable[_Union[TurnDirection, str]]] = ..., change_left: _Optional[_Union[LaneChange, str]] = ..., change_right: _Optional[_Union[LaneChange, str]] = ..., centre_line: _Optional[_Union[_road_pb2.LinkGeometry, _Mapping]] = ..., left_boundary: _Optional[_Union[_road_pb2.LinkGeometry, _Mapping]] = ..., right_boundary: _Optional[_Union[_road_pb2.LinkGeometry, _Mapping]] = ..., destinations: _Optional[_Iterable[str]] = ...) -> None: ...

class LaneSection(_message.Message):
    __slots__ = ("start_cm", "end_cm", "lanes")
    START_CM_FIELD_NUMBER: _ClassVar[int]
    END_CM_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    start_cm: int
    end_cm: int
    lanes: _containers.RepeatedCompositeFieldContainer[Lane]
    def __init__(self, start_cm: _Optional[int] = ..., end_cm: _Optional[int] = ..., lanes: _Optional[_Iterable[_Union[Lane, _Mapping]]] = ...) -> None: ...

class LinkLanes(_message.Message):
    __slots__ = ("basis", "sections")
    BASIS_FIELD_NUMBER: _ClassVar[int]
    SECTIONS_FIELD_NUMBER: _ClassVar[int]
    basis: _provenance_pb2.Basis
    sections: _containers.RepeatedCompositeFieldContainer[LaneSection]
    def __init__(self, basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., sections: _Optional[_Iterable[_Union[LaneSection, _Mapping]]] = ...) -> None: ...
