from mapprior.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HeightReference(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEIGHT_REFERENCE_UNSPECIFIED: _ClassVar[HeightReference]
    HEIGHT_REFERENCE_UNKNOWN: _ClassVar[HeightReference]
    HEIGHT_REFERENCE_ORTHOMETRIC: _ClassVar[HeightReference]
    HEIGHT_REFERENCE_ELLIPSOIDAL: _ClassVar[HeightReference]

class Separation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEPARATION_UNSPECIFIED: _ClassVar[Separation]
    SEPARATION_UNKNOWN: _ClassVar[Separation]
    SEPARATION_NONE: _ClassVar[Separation]
    SEPARATION_PHYSICAL: _ClassVar[Separation]

class Permission(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PERMISSION_UNSPECIFIED: _ClassVar[Permission]
    PERMISSION_UNKNOWN: _ClassVar[Permission]
    PERMISSION_PROHIBITED: _ClassVar[Permission]
    PERMISSION_ALLOWED: _ClassVar[Permission]

class Toll(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TOLL_UNSPECIFIED: _ClassVar[Toll]
    TOLL_UNKNOWN: _ClassVar[Toll]
    TOLL_NO: _ClassVar[Toll]
    TOLL_YES: _ClassVar[Toll]

class Surface(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SURFACE_UNSPECIFIED: _ClassVar[Surface]
    SURFACE_UNKNOWN: _ClassVar[Surface]
    SURFACE_PAVED: _ClassVar[Surface]
    SURFACE_ASPHALT: _ClassVar[Surface]
    SURFACE_CONCRETE: _ClassVar[Surface]
    SURFACE_PAVING_STONES: _ClassVar[Surface]
    SURFACE_COBBLESTONE: _ClassVar[Surface]
    SURFACE_UNPAVED: _ClassVar[Surface]
    SURFACE_GRAVEL: _ClassVar[Surface]
    SURFACE_GROUND: _ClassVar[Surface]
    SURFACE_METAL: _ClassVar[Surface]
    SURFACE_WOOD: _ClassVar[Surface]
    SURFACE_OTHER: _ClassVar[Surface]

class FeatureKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FEATURE_KIND_UNSPECIFIED: _ClassVar[FeatureKind]
    FEATURE_KIND_TRAFFIC_LIGHT: _ClassVar[FeatureKind]
    FEATURE_KIND_STOP: _ClassVar[FeatureKind]
    FEATURE_KIND_GIVE_WAY: _ClassVar[FeatureKind]
    FEATURE_KIND_PEDESTRIAN_CROSSING: _ClassVar[FeatureKind]
    FEATURE_KIND_RAIL_CROSSING: _ClassVar[FeatureKind]
    FEATURE_KIND_SPEED_BUMP: _ClassVar[FeatureKind]
    FEATURE_KIND_TOLL_STATION: _ClassVar[FeatureKind]
    FEATURE_KIND_FORD: _ClassVar[FeatureKind]
    FEATURE_KIND_LANE_END: _ClassVar[FeatureKind]
    FEATURE_KIND_LANE_BEGIN: _ClassVar[FeatureKind]
    FEATURE_KIND_MERGE: _ClassVar[FeatureKind]
    FEATURE_KIND_EXIT: _ClassVar[FeatureKind]
    FEATURE_KIND_HAZARD: _ClassVar[FeatureKind]
    FEATURE_KIND_JUNCTION: _ClassVar[FeatureKind]
    FEATURE_KIND_MOTORWAY_BEGIN: _ClassVar[FeatureKind]
    FEATURE_KIND_MOTORWAY_END: _ClassVar[FeatureKind]
    FEATURE_KIND_TUNNEL: _ClassVar[FeatureKind]
    FEATURE_KIND_BRIDGE: _ClassVar[FeatureKind]

class JunctionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JUNCTION_KIND_UNSPECIFIED: _ClassVar[JunctionKind]
    JUNCTION_KIND_UNKNOWN: _ClassVar[JunctionKind]
    JUNCTION_KIND_SIGNALLED: _ClassVar[JunctionKind]
    JUNCTION_KIND_STOP: _ClassVar[JunctionKind]
    JUNCTION_KIND_GIVE_WAY: _ClassVar[JunctionKind]
    JUNCTION_KIND_ROUNDABOUT: _ClassVar[JunctionKind]
    JUNCTION_KIND_MINI_ROUNDABOUT: _ClassVar[JunctionKind]
    JUNCTION_KIND_GRADE_SEPARATED: _ClassVar[JunctionKind]

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_UNKNOWN: _ClassVar[Side]
    SIDE_LEFT: _ClassVar[Side]
    SIDE_RIGHT: _ClassVar[Side]
    SIDE_BOTH: _ClassVar[Side]
HEIGHT_REFERENCE_UNSPECIFIED: HeightReference
HEIGHT_REFERENCE_UNKNOWN: HeightReference
HEIGHT_REFERENCE_ORTHOMETRIC: HeightReference
HEIGHT_REFERENCE_ELLIPSOIDAL: HeightReference
SEPARATION_UNSPECIFIED: Separation
SEPARATION_UNKNOWN: Separation
SEPARATION_NONE: Separation
SEPARATION_PHYSICAL: Separation
PERMISSION_UNSPECIFIED: Permission
PERMISSION_UNKNOWN: Permission
PERMISSION_PROHIBITED: Permission
PERMISSION_ALLOWED: Permission
TOLL_UNSPECIFIED: Toll
TOLL_UNKNOWN: Toll
TOLL_NO: Toll
TOLL_YES: Toll
SURFACE_UNSPECIFIED: Surface
SURFACE_UNKNOWN: Surface
SURFACE_PAVED: Surface
SURFACE_ASPHALT: Surface
SURFACE_CONCRETE: Surface
SURFACE_PAVING_STONES: Surface
SURFACE_COBBLESTONE: Surface
SURFACE_UNPAVED: Surface
SURFACE_GRAVEL: Surface
SURFACE_GROUND: Surface
SURFACE_METAL: Surface
SURFACE_WOOD: Surface
SURFACE_OTHER: Surface
FEATURE_KIND_UNSPECIFIED: FeatureKind
FEATURE_KIND_TRAFFIC_LIGHT: FeatureKind
FEATURE_KIND_STOP: FeatureKind
FEATURE_KIND_GIVE_WAY: FeatureKind
FEATURE_KIND_PEDESTRIAN_CROSSING: FeatureKind
FEATURE_KIND_RAIL_CROSSING: FeatureKind
FEATURE_KIND_SPEED_BUMP: FeatureKind
FEATURE_KIND_TOLL_STATION: FeatureKind
FEATURE_KIND_FORD: FeatureKind
FEATURE_KIND_LANE_END: FeatureKind
FEATURE_KIND_LANE_BEGIN: FeatureKind
FEATURE_KIND_MERGE: FeatureKind
FEATURE_KIND_EXIT: FeatureKind
FEATURE_KIND_HAZARD: FeatureKind
FEATURE_KIND_JUNCTION: FeatureKind
FEATURE_KIND_MOTORWAY_BEGIN: FeatureKind
FEATURE_KIND_MOTORWAY_END: FeatureKind
FEATURE_KIND_TUNNEL: FeatureKind
FEATURE_KIND_BRIDGE: FeatureKind
JUNCTION_KIND_UNSPECIFIED: JunctionKind
JUNCTION_KIND_UNKNOWN: JunctionKind
JUNCTION_KIND_SIGNALLED: JunctionKind
JUNCTION_KIND_STOP: JunctionKind
JUNCTION_KIND_GIVE_WAY: JunctionKind
JUNCTION_KIND_ROUNDABOUT: JunctionKind
JUNCTION_KIND_MINI_ROUNDABOUT: JunctionKind
JUNCTION_KIND_GRADE_SEPARATED: JunctionKind
SIDE_UNSPECIFIED: Side
SIDE_UNKNOWN: Side
SIDE_LEFT: Side
SIDE_RIGHT: Side
SIDE_BOTH: Side

class LinkCurvature(_message.Message):
    __slots__ = ("basis", "points_delta_cm", "curvature_e6_per_m", "curvature_sigma_e6_per_m", "heading_mrad", "heading_sigma_mrad", "chord_error_max_cm")
    BASIS_FIELD_NUMBER: _ClassVar[int]
    POINTS_DELTA_CM_FIELD_NUMBER: _ClassVar[int]
    CURVATURE_E6_PER_M_FIELD_NUMBER: _ClassVar[int]
    CURVATURE_SIGMA_E6_PER_M_FIELD_NUMBER: _ClassVar[int]
    HEADING_MRAD_FIELD_NUMBER: _ClassVar[int]
    HEADING_SIGMA_MRAD_FIELD_NUMBER: _ClassVar[int]
    CHORD_ERROR_MAX_CM_FIELD_NUMBER: _ClassVar[int]
    basis: _provenance_pb2.Basis
    points_delta_cm: _containers.RepeatedScalarFieldContainer[int]
    curvature_e6_per_m: _containers.RepeatedScalarFieldContainer[int]
    curvature_sigma_e6_per_m: _containers.RepeatedScalarFieldContainer[int]
    heading_mrad: _containers.RepeatedScalarFieldContainer[int]
    heading_sigma_mrad: _containers.RepeatedScalarFieldContainer[int]
    chord_error_max_cm: int
    def __init__(self, basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., points_delta_cm: _Optional[_Iterable[int]] = ..., curvature_e6_per_m: _Optional[_Iterable[int]] = ..., curvature_sigma_e6_per_m: _Optional[_Iterable[int]] = ..., heading_mrad: _Optional[_Iterable[int]] = ..., heading_sigma_mrad: _Optional[_Iterable[int]] = ..., chord_error_max_cm: _Optional[int] = ...) -> None: ...

class LinkElevation(_message.Message):
    __slots__ = ("basis", "points_delta_cm", "elevation_cm", "elevation_sigma_cm", "slope_e4", "slope_sigma_e4", "height_reference", "slope_basis")
    BASIS_FIELD_NUMBER: _ClassVar[int]
    POINTS_DELTA_CM_FIELD_NUMBER: _ClassVar[int]
    ELEVATION_CM_FIELD_NUMBER: _ClassVar[int]
    ELEVATION_SIGMA_CM_FIELD_NUMBER: _ClassVar[int]
    SLOPE_E4_FIELD_NUMBER: _ClassVar[int]
    SLOPE_SIGMA_E4_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SLOPE_BASIS_FIELD_NUMBER: _ClassVar[int]
    basis: _provenance_pb2.Basis
    points_delta_cm: _containers.RepeatedScalarFieldContainer[int]
    elevation_cm: _containers.RepeatedScalarFieldContainer[int]
    elevation_sigma_cm: _containers.RepeatedScalarFieldContainer[int]
    slope_e4: _containers.RepeatedScalarFieldContainer[int]
    slope_sigma_e4: _containers.RepeatedScalarFieldContainer[int]
    height_reference: HeightReference
    slope_basis: _provenance_pb2.Basis
    def __init__(self, basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., points_delta_cm: _Optional[_Iterable[int]] = ..., elevation_cm: _Optional[_Iterable[int]] = ..., elevation_sigma_cm: _Optional[_Iterable[int]] = ..., slope_e4: _Optional[_Iterable[int]] = ..., slope_sigma_e4: _Optional[_Iterable[int]] = ..., height_reference: _Optional[_Union[HeightReference, str]] = ..., slope_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ...) -> None: ...

class LinkCarriageway(_message.Message):
    __slots__ = ("lanes_count", "lanes_basis", "separation", "separation_basis", "pedestrians", "pedestrians_basis", "bicycles", "bicycles_basis", "surface", "surface_basis", "surface_raw", "toll", "toll_basis")
    LANES_COUNT_FIELD_NUMBER: _ClassVar[int]
    LANES_BASIS_FIELD_NUMBER: _ClassVar[int]
    SEPARATION_FIELD_NUMBER: _ClassVar[int]
    SEPARATION_BASIS_FIELD_NUMBER: _ClassVar[int]
    PEDESTRIANS_FIELD_NUMBER: _ClassVar[int]
    PEDESTRIANS_BASIS_FIELD_NUMBER: _ClassVar[int]
    BICYCLES_FIELD_NUMBER: _ClassVar[int]
    BICYCLES_BASIS_FIELD_NUMBER: _ClassVar[int]
    SURFACE_FIELD_NUMBER: _ClassVar[int]
    SURFACE_BASIS_FIELD_NUMBER: _ClassVar[int]
    SURFACE_RAW_FIELD_NUMBER: _ClassVar[int]
    TOLL_FIELD_NUMBER: _ClassVar[int]
    TOLL_BASIS_FIELD_NUMBER: _ClassVar[int]
    lanes_count: int
    lanes_basis: _provenance_pb2.Basis
    separation: Separation
    separation_basis: _provenance_pb2.Basis
    pedestrians: Permission
    pedestrians_basis: _provenance_pb2.Basis
    bicycles: Permission
    bicycles_basis: _provenance_pb2.Basis
    surface: Surface
    surface_basis: _provenance_pb2.Basis
    surface_raw: str
    toll: Toll
    toll_basis: _provenance_pb2.Basis
    def __init__(self, lanes_count: _Optional[int] = ..., lanes_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., separation: _Optional[_Union[Separation, str]] = ..., separation_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., pedestrians: _Optional[_Union[Permission, str]] = ..., pedestrians_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., bicycles: _Optional[_Union[Permission, str]] = ..., bicycles_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., surface: _Optional[_Union[Surface, str]] = ..., surface_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., surface_raw: _Optional[str] = ..., toll: _Optional[_Union[Toll, str]] = ..., toll_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ...) -> None: ...

class LinkFeature(_message.Message):
    __slots__ = ("kind", "start_cm", "end_cm", "basis", "confidence_permille", "place_sigma_cm", "junction", "extent_cm", "side", "number", "name", "destinations", "raw", "extent_basis", "extent_sigma_cm")
    KIND_FIELD_NUMBER: _ClassVar[int]
    START_CM_FIELD_NUMBER: _ClassVar[int]
    END_CM_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    PLACE_SIGMA_CM_FIELD_NUMBER: _ClassVar[int]
    JUNCTION_FIELD_NUMBER: _ClassVar[int]
    EXTENT_CM_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESTINATIONS_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    EXTENT_BASIS_FIELD_NUMBER: _ClassVar[int]
    EXTENT_SIGMA_CM_FIELD_NUMBER: _ClassVar[int]
    kind: FeatureKind
    start_cm: int
    end_cm: int
    basis: _provenance_pb2.Basis
    confidence_permille: int
    place_sigma_cm: int
    junction: JunctionKind
    extent_cm: int
    side: Side
    number: str
    name: str
    destinations: _containers.RepeatedScalarFieldContainer[str]
    raw: str
    extent_basis: _provenance_pb2.Basis
    extent_sigma_cm: int
    def __init__(self, kind: _Optional[_Union[FeatureKind, str]] = ..., start_cm: _Optional[int] = ..., end_cm: _Optional[int] = ..., basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., confidence_permille: _Optional[int] = ..., place_sigma_cm: _Optional[int] = ..., junction: _Optional[_Union[JunctionKind, str]] = ..., extent_cm: _Optional[int] = ..., side: _Optional[_Union[Side, str]] = ..., number: _Optional[str] = ..., name: _Optional[str] = ..., destinations: _Optional[_Iterable[str]] = ..., raw: _Optional[str] = ..., extent_basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., extent_sigma_cm: _Optional[int] = ...) -> None: ...

class LinkFeatures(_message.Message):
    __slots__ = ("features",)
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    features: _containers.RepeatedCompositeFieldContainer[LinkFeature]
    def __init__(self, features: _Optional[_Iterable[_Union[LinkFeature, _Mapping]]] = ...) -> None: ...
