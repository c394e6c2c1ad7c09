from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class Basis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BASIS_UNSPECIFIED: _ClassVar[Basis]
    BASIS_UNKNOWN: _ClassVar[Basis]
    BASIS_SIGNED: _ClassVar[Basis]
    BASIS_TAGGED: _ClassVar[Basis]
    BASIS_LAW_DEFAULT: _ClassVar[Basis]
    BASIS_INFERRED: _ClassVar[Basis]
    BASIS_DERIVED: _ClassVar[Basis]
    BASIS_SURVEYED: _ClassVar[Basis]
    BASIS_FEED: _ClassVar[Basis]

class Layer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LAYER_UNSPECIFIED: _ClassVar[Layer]
    LAYER_L0: _ClassVar[Layer]
    LAYER_L1: _ClassVar[Layer]
    LAYER_L2: _ClassVar[Layer]
    LAYER_L3: _ClassVar[Layer]

class ProfileGroup(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROFILE_GROUP_UNSPECIFIED: _ClassVar[ProfileGroup]
    PROFILE_GROUP_GEOMETRY: _ClassVar[ProfileGroup]
    PROFILE_GROUP_ROAD: _ClassVar[ProfileGroup]
    PROFILE_GROUP_LIMIT: _ClassVar[ProfileGroup]
    PROFILE_GROUP_LANE: _ClassVar[ProfileGroup]
    PROFILE_GROUP_CURVATURE: _ClassVar[ProfileGroup]
    PROFILE_GROUP_ELEVATION: _ClassVar[ProfileGroup]
    PROFILE_GROUP_CARRIAGEWAY: _ClassVar[ProfileGroup]
    PROFILE_GROUP_FEATURE: _ClassVar[ProfileGroup]
BASIS_UNSPECIFIED: Basis
BASIS_UNKNOWN: Basis
BASIS_SIGNED: Basis
BASIS_TAGGED: Basis
BASIS_LAW_DEFAULT: Basis
BASIS_INFERRED: Basis
BASIS_DERIVED: Basis
BASIS_SURVEYED: Basis
BASIS_FEED: Basis
LAYER_UNSPECIFIED: Layer
LAYER_L0: Layer
LAYER_L1: Layer
LAYER_L2: Layer
LAYER_L3: Layer
PROFILE_GROUP_UNSPECIFIED: ProfileGroup
PROFILE_GROUP_GEOMETRY: ProfileGroup
PROFILE_GROUP_ROAD: ProfileGroup
PROFILE_GROUP_LIMIT: ProfileGroup
PROFILE_GROUP_LANE: ProfileGroup
PROFILE_GROUP_CURVATURE: ProfileGroup
PROFILE_GROUP_ELEVATION: ProfileGroup
PROFILE_GROUP_CARRIAGEWAY: ProfileGroup
PROFILE_GROUP_FEATURE: ProfileGroup
