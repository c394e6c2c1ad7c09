from mapprior.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LimitKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT_KIND_UNSPECIFIED: _ClassVar[LimitKind]
    LIMIT_KIND_UNKNOWN: _ClassVar[LimitKind]
    LIMIT_KIND_LIMITED: _ClassVar[LimitKind]
    LIMIT_KIND_UNLIMITED: _ClassVar[LimitKind]
    LIMIT_KIND_WALK: _ClassVar[LimitKind]
    LIMIT_KIND_VARIABLE: _ClassVar[LimitKind]

class SpeedUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPEED_UNIT_UNSPECIFIED: _ClassVar[SpeedUnit]
    SPEED_UNIT_KMH: _ClassVar[SpeedUnit]
    SPEED_UNIT_MPH: _ClassVar[SpeedUnit]
    SPEED_UNIT_KNOTS: _ClassVar[SpeedUnit]

class LimitRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT_ROLE_UNSPECIFIED: _ClassVar[LimitRole]
    LIMIT_ROLE_MAXIMUM: _ClassVar[LimitRole]
    LIMIT_ROLE_ADVISORY: _ClassVar[LimitRole]
    LIMIT_ROLE_MINIMUM: _ClassVar[LimitRole]
LIMIT_KIND_UNSPECIFIED: LimitKind
LIMIT_KIND_UNKNOWN: LimitKind
LIMIT_KIND_LIMITED: LimitKind
LIMIT_KIND_UNLIMITED: LimitKind
LIMIT_KIND_WALK: LimitKind
LIMIT_KIND_VARIABLE: LimitKind
SPEED_UNIT_UNSPECIFIED: SpeedUnit
SPEED_UNIT_KMH: SpeedUnit
SPEED_UNIT_MPH: SpeedUnit
SPEED_UNIT_KNOTS: SpeedUnit
LIMIT_ROLE_UNSPECIFIED: LimitRole
LIMIT_ROLE_MAXIMUM: LimitRole
LIMIT_ROLE_ADVISORY: LimitRole
LIMIT_ROLE_MINIMUM: LimitRole

class TaggedLimit(_message.Message):
    __slots__ = ("kind", "posted_value_milli", "posted_unit", "basis", "vehicle", "condition", "lane_index", "rule_ref", "raw", "role", "confidence_permille")
    KIND_FIELD_NUMBER: _ClassVar[int]
    POSTED_VALUE_MILLI_FIELD_NUMBER: _ClassVar[int]
    POSTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    VEHICLE_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    LANE_INDEX_FIELD_NUMBER: _ClassVar[int]
    RULE_REF_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    kind: LimitKind
    posted_value_milli: int
    posted_unit: SpeedUnit
    basis: _provenance_pb2.Basis
    vehicle: str
    condition: str
    lane_index: int
    rule_ref: str
    raw: str
    role: LimitRole
    confidence_permille: int
    def __init__(self, kind: _Optional[_Union[LimitKind, str]] = ..., posted_value_milli: _Optional[int] = ..., posted_unit: _Optional[_Union[SpeedUnit, str]] = ..., basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., vehicle: _Optional[str] = ..., condition: _Optional[str] = ..., lane_index: _Optional[int] = ..., rule_ref: _Optional[str] = ..., raw: _Optional[str] = ..., role: _Optional[_Union[LimitRole, str]] = ..., confidence_permille: _Optional[int] = ...) -> None: ...

class LinkLimits(_message.Message):
    __slots__ = ("tagged_limits",)
    TAGGED_LIMITS_FIELD_NUMBER: _ClassVar[int]
    tagged_limits: _containers.RepeatedCompositeFieldContainer[TaggedLimit]
    def __init__(self, tagged_limits: _Optional[_Iterable[_Union[TaggedLimit, _Mapping]]] = ...) -> None: ...

class LimitAlternative(_message.Message):
    __slots__ = ("kind", "posted_value_milli", "posted_unit", "condition", "raw")
    KIND_FIELD_NUMBER: _ClassVar[int]
    POSTED_VALUE_MILLI_FIELD_NUMBER: _ClassVar[int]
    POSTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    kind: LimitKind
    posted_value_milli: int
    posted_unit: SpeedUnit
    condition: str
    raw: str
    def __init__(self, kind: _Optional[_Union[LimitKind, str]] = ..., posted_value_milli: _Optional[int] = ..., posted_unit: _Optional[_Union[SpeedUnit, str]] = ..., condition: _Optional[str] = ..., raw: _Optional[str] = ...) -> None: ...
