from mapprior.v1 import provenance_pb2 as _provenance_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VehicleClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VEHICLE_CLASS_UNSPECIFIED: _ClassVar[VehicleClass]
    VEHICLE_CLASS_CAR: _ClassVar[VehicleClass]
    VEHICLE_CLASS_VAN: _ClassVar[VehicleClass]
    VEHICLE_CLASS_TRUCK: _ClassVar[VehicleClass]
    VEHICLE_CLASS_BUS: _ClassVar[VehicleClass]
    VEHICLE_CLASS_MOTORCYCLE: _ClassVar[VehicleClass]
    VEHICLE_CLASS_COACH: _ClassVar[VehicleClass]

class Condition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONDITION_UNSPECIFIED: _ClassVar[Condition]
    CONDITION_UNKNOWN: _ClassVar[Condition]
    CONDITION_NO: _ClassVar[Condition]
    CONDITION_YES: _ClassVar[Condition]
VEHICLE_CLASS_UNSPECIFIED: VehicleClass
VEHICLE_CLASS_CAR: VehicleClass
VEHICLE_CLASS_VAN: VehicleClass
VEHICLE_CLASS_TRUCK: VehicleClass
VEHICLE_CLASS_BUS: VehicleClass
VEHICLE_CLASS_MOTORCYCLE: VehicleClass
VEHICLE_CLASS_COACH: VehicleClass
CONDITION_UNSPECIFIED: Condition
CONDITION_UNKNOWN: Condition
CONDITION_NO: Condition
CONDITION_YES: Condition

class VehicleProfile(_message.Message):
    __slots__ = ("vehicle_class", "mass_max_kg", "trailer", "mass_kg", "trailer_mass_max_kg", "axles_count", "length_cm", "width_cm", "height_cm", "articulated", "hazmat")
    VEHICLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    MASS_MAX_KG_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    MASS_KG_FIELD_NUMBER: _ClassVar[int]
    TRAILER_MASS_MAX_KG_FIELD_NUMBER: _ClassVar[int]
    AXLES_COUNT_FIELD_NUMBER: _ClassVar[int]
    LENGTH_CM_FIELD_NUMBER: _ClassVar[int]
    WIDTH_CM_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_CM_FIELD_NUMBER: _ClassVar[int]
    ARTICULATED_FIELD_NUMBER: _ClassVar[int]
    HAZMAT_FIELD_NUMBER: _ClassVar[int]
    vehicle_class: VehicleClass
    mass_max_kg: int
    trailer: bool
    mass_kg: int
    trailer_mass_max_kg: int
    axles_count: int
    length_cm: int
    width_cm: int
    height_cm: int
    articulated: Condition
    hazmat: Condition
    def __init__(self, vehicle_class: _Optional[_Union[VehicleClass, str]] = ..., mass_max_kg: _Optional[int] = ..., trailer: _Optional[bool] = ..., mass_kg: _Optional[int] = ..., trailer_mass_max_kg: _Optional[int] = ..., axles_count: _Optional[int] = ..., length_cm: _Optional[int] = ..., width_cm: _Optional[int] = ..., height_cm: _Optional[int] = ..., articulated: _Optional[_Union[Condition, str]] = ..., hazmat: _Optional[_Union[Condition, str]] = ...) -> None: ...

class DriveOpen(_message.Message):
    __slots__ = ("vehicle", "horizon_length_m", "trailing_length_m", "stub_length_m", "layers", "content_held_bytes_max", "unacknowledged_updates_max", "silence_ms_max", "held", "replay", "horizon_time_ms", "horizon_stopping_distances_milli", "deceleration_mm_per_sec2", "stub_time_ms", "side_levels_count", "tree_bytes_max", "position_interval_ms_min", "subscriptions")
    VEHICLE_FIELD_NUMBER: _ClassVar[int]
    HORIZON_LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    TRAILING_LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    STUB_LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HELD_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    UNACKNOWLEDGED_UPDATES_MAX_FIELD_NUMBER: _ClassVar[int]
    SILENCE_MS_MAX_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    HORIZON_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    HORIZON_STOPPING_DISTANCES_MILLI_FIELD_NUMBER: _ClassVar[int]
    DECELERATION_MM_PER_SEC2_FIELD_NUMBER: _ClassVar[int]
    STUB_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    SIDE_LEVELS_COUNT_FIELD_NUMBER: _ClassVar[int]
    TREE_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    POSITION_INTERVAL_MS_MIN_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    vehicle: VehicleProfile
    horizon_length_m: int
    trailing_length_m: int
    stub_length_m: int
    layers: _containers.RepeatedScalarFieldContainer[_provenance_pb2.Layer]
    content_held_bytes_max: int
    unacknowledged_updates_max: int
    silence_ms_max: int
    held: HeldContent
    replay: bool
    horizon_time_ms: int
    horizon_stopping_distances_milli: int
    deceleration_mm_per_sec2: int
    stub_time_ms: int
    side_levels_count: int
    tree_bytes_max: int
    position_interval_ms_min: int
    subscriptions: _containers.RepeatedCompositeFieldContainer[ProfileSubscription]
    def __init__(self, vehicle: _Optional[_Union[VehicleProfile, _Mapping]] = ..., horizon_length_m: _Optional[int] = ..., trailing_length_m: _Optional[int] = ..., stub_length_m: _Optional[int] = ..., layers: _Optional[_Iterable[_Union[_provenance_pb2.Layer, str]]] = ..., content_held_bytes_max: _Optional[int] = ..., unacknowledged_updates_max: _Optional[int] = ..., silence_ms_max: _Optional[int] = ..., held: _Optional[_Union[HeldContent, _Mapping]] = ..., replay: _Optional[bool] = ..., horizon_time_ms: _Optional[int] = ..., horizon_stopping_distances_milli: _Optional[int] = ..., deceleration_mm_per_sec2: _Optional[int] = ..., stub_time_ms: _Optional[int] = ..., side_levels_count: _Optional[int] = ..., tree_bytes_max: _Optional[int] = ..., position_interval_ms_min: _Optional[int] = ..., subscriptions: _Optional[_Iterable[_Union[ProfileSubscription, _Mapping]]] = ...) -> None: ...

class ProfileSubscription(_message.Message):
    __slots__ = ("group", "length_m", "interval_ms_min", "root_only")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_MIN_FIELD_NUMBER: _ClassVar[int]
    ROOT_ONLY_FIELD_NUMBER: _ClassVar[int]
    group: _provenance_pb2.ProfileGroup
    length_m: int
    interval_ms_min: int
    root_only: bool
    def __init__(self, group: _Optional[_Union[_provenance_pb2.ProfileGroup, str]] = ..., length_m: _Optional[int] = ..., interval_ms_min: _Optional[int] = ..., root_only: _Optional[bool] = ...) -> None: ...

class HeldContent(_message.Message):
    __slots__ = ("build_ids", "contents")
    BUILD_IDS_FIELD_NUMBER: _ClassVar[int]
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    build_ids: _containers.RepeatedScalarFieldContainer[str]
    contents: _containers.RepeatedCompositeFieldContainer[HeldContentKey]
    def __init__(self, build_ids: _Optional[_Iterable[str]] = ..., contents: _Optional[_Iterable[_Union[HeldContentKey, _Mapping]]] = ...) -> None: ...

class HeldContentKey(_message.Message):
    __slots__ = ("group", "link_id", "digest")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    LINK_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    group: _provenance_pb2.ProfileGroup
    link_id: int
    digest: int
    def __init__(self, group: _Optional[_Union[_provenance_pb2.ProfileGroup, str]] = ..., link_id: _Optional[int] = ..., digest: _Optional[int] = ...) -> None: ...

class Pose(_message.Message):
    __slots__ = ("pose_time_us", "lat_deg", "lon_deg", "heading_rad", "speed_mps", "position_sigma_m", "heading_sigma_rad", "travelled_m", "reverse", "acknowledged_update_index")
    POSE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    LAT_DEG_FIELD_NUMBER: _ClassVar[int]
    LON_DEG_FIELD_NUMBER: _ClassVar[int]
    HEADING_RAD_FIELD_NUMBER: _ClassVar[int]
    SPEED_MPS_FIELD_NUMBER: _ClassVar[int]
    POSITION_SIGMA_M_FIELD_NUMBER: _ClassVar[int]
    HEADING_SIGMA_RAD_FIELD_NUMBER: _ClassVar[int]
    TRAVELLED_M_FIELD_NUMBER: _ClassVar[int]
    REVERSE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_UPDATE_INDEX_FIELD_NUMBER: _ClassVar[int]
    pose_time_us: int
    lat_deg: float
    lon_deg: float
    heading_rad: float
    speed_mps: float
    position_sigma_m: float
    heading_sigma_rad: float
    travelled_m: float
    reverse: bool
    acknowledged_update_index: int
    def __init__(self, pose_time_us: _Optional[int] = ..., lat_deg: _Optional[float] = ..., lon_deg: _Optional[float] = ..., heading_rad: _Optional[float] = ..., speed_mps: _Optional[float] = ..., position_sigma_m: _Optional[float] = ..., heading_sigma_rad: _Optional[float] = ..., travelled_m: _Optional[float] = ..., reverse: _Optional[bool] = ..., acknowledged_update_index: _Optional[int] = ...) -> None: ...

class Waypoint(_message.Message):
    __slots__ = ("lat_deg", "lon_deg")
    LAT_DEG_FIELD_NUMBER: _ClassVar[int]
    LON_DEG_FIELD_NUMBER: _ClassVar[int]
    lat_deg: float
    lon_deg: float
    def __init__(self, lat_deg: _Optional[float] = ..., lon_deg: _Optional[float] = ...) -> None: ...

class DriveRoute(_message.Message):
    __slots__ = ("waypoints", "link_ids")
    WAYPOINTS_FIELD_NUMBER: _ClassVar[int]
    LINK_IDS_FIELD_NUMBER: _ClassVar[int]
    waypoints: _containers.RepeatedCompositeFieldContainer[Waypoint]
    link_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, waypoints: _Optional[_Iterable[_Union[Waypoint, _Mapping]]] = ..., link_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class DrivingConditions(_message.Message):
    __slots__ = ("wet", "snow", "fog", "dark")
    WET_FIELD_NUMBER: _ClassVar[int]
    SNOW_FIELD_NUMBER: _ClassVar[int]
    FOG_FIELD_NUMBER: _ClassVar[int]
    DARK_FIELD_NUMBER: _ClassVar[int]
    wet: Condition
    snow: Condition
    fog: Condition
    dark: Condition
    def __init__(self, wet: _Optional[_Union[Condition, str]] = ..., snow: _Optional[_Union[Condition, str]] = ..., fog: _Optional[_Union[Condition, str]] = ..., dark: _Optional[_Union[Condition, str]] = ...) -> None: ...

class Acknowledgement(_message.Message):
    __slots__ = ("update_index",)
    UPDATE_INDEX_FIELD_NUMBER: _ClassVar[int]
    update_index: int
    def __init__(self, update_index: _Optional[int] = ...) -> None: ...

class Resync(_message.Message):
    __slots__ = ("held",)
    HELD_FIELD_NUMBER: _ClassVar[int]
    held: HeldContent
    def __init__(self, held: _Optional[_Union[HeldContent, _Mapping]] = ...) -> None: ...
