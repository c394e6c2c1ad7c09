from mapprior.v1 import limit_pb2 as _limit_pb2
from mapprior.v1 import provenance_pb2 as _provenance_pb2
from mapprior.v1 import work_zone_pb2 as _work_zone_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CoverageState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COVERAGE_STATE_UNSPECIFIED: _ClassVar[CoverageState]
    COVERAGE_STATE_PRESENT: _ClassVar[CoverageState]
    COVERAGE_STATE_DERIVED: _ClassVar[CoverageState]
    COVERAGE_STATE_ABSENT: _ClassVar[CoverageState]
    COVERAGE_STATE_UNKNOWN: _ClassVar[CoverageState]
    COVERAGE_STATE_NOT_LOADED: _ClassVar[CoverageState]
    COVERAGE_STATE_FAILED: _ClassVar[CoverageState]
    COVERAGE_STATE_NOT_SUBSCRIBED: _ClassVar[CoverageState]

class DrivingSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DRIVING_SIDE_UNSPECIFIED: _ClassVar[DrivingSide]
    DRIVING_SIDE_UNKNOWN: _ClassVar[DrivingSide]
    DRIVING_SIDE_RIGHT: _ClassVar[DrivingSide]
    DRIVING_SIDE_LEFT: _ClassVar[DrivingSide]

class BorderState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BORDER_STATE_UNSPECIFIED: _ClassVar[BorderState]
    BORDER_STATE_SERVED: _ClassVar[BorderState]
    BORDER_STATE_NOT_SERVED: _ClassVar[BorderState]
    BORDER_STATE_NOT_LOADED: _ClassVar[BorderState]
    BORDER_STATE_FAILED: _ClassVar[BorderState]
    BORDER_STATE_NOT_JOINED: _ClassVar[BorderState]

class MatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCH_STATE_UNSPECIFIED: _ClassVar[MatchState]
    MATCH_STATE_TRACKING: _ClassVar[MatchState]
    MATCH_STATE_AMBIGUOUS: _ClassVar[MatchState]
    MATCH_STATE_OFF_ROAD: _ClassVar[MatchState]
    MATCH_STATE_NO_COVERAGE: _ClassVar[MatchState]
    MATCH_STATE_WAITING: _ClassVar[MatchState]

class HealthState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEALTH_STATE_UNSPECIFIED: _ClassVar[HealthState]
    HEALTH_STATE_OK: _ClassVar[HealthState]
    HEALTH_STATE_DEGRADED: _ClassVar[HealthState]
    HEALTH_STATE_FAILED: _ClassVar[HealthState]
COVERAGE_STATE_UNSPECIFIED: CoverageState
COVERAGE_STATE_PRESENT: CoverageState
COVERAGE_STATE_DERIVED: CoverageState
COVERAGE_STATE_ABSENT: CoverageState
COVERAGE_STATE_UNKNOWN: CoverageState
COVERAGE_STATE_NOT_LOADED: CoverageState
COVERAGE_STATE_FAILED: CoverageState
COVERAGE_STATE_NOT_SUBSCRIBED: CoverageState
DRIVING_SIDE_UNSPECIFIED: DrivingSide
DRIVING_SIDE_UNKNOWN: DrivingSide
DRIVING_SIDE_RIGHT: DrivingSide
DRIVING_SIDE_LEFT: DrivingSide
BORDER_STATE_UNSPECIFIED: BorderState
BORDER_STATE_SERVED: BorderState
BORDER_STATE_NOT_SERVED: BorderState
BORDER_STATE_NOT_LOADED: BorderState
BORDER_STATE_FAILED: BorderState
BORDER_STATE_NOT_JOINED: BorderState
MATCH_STATE_UNSPECIFIED: MatchState
MATCH_STATE_TRACKING: MatchState
MATCH_STATE_AMBIGUOUS: MatchState
MATCH_STATE_OFF_ROAD: MatchState
MATCH_STATE_NO_COVERAGE: MatchState
MATCH_STATE_WAITING: MatchState
HEALTH_STATE_UNSPECIFIED: HealthState
HEALTH_STATE_OK: HealthState
HEALTH_STATE_DEGRADED: HealthState
HEALTH_STATE_FAILED: HealthState

class Path(_message.Message):
    __slots__ = ("path_id", "parent_path_id", "offset_on_parent_cm", "first_offset_cm", "end_offset_cm", "probability_ppm", "turn_angle_mrad")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_PATH_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_ON_PARENT_CM_FIELD_NUMBER: _ClassVar[int]
    FIRST_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_PPM_FIELD_NUMBER: _ClassVar[int]
    TURN_ANGLE_MRAD_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    parent_path_id: int
    offset_on_parent_cm: int
    first_offset_cm: int
    end_offset_cm: int
    probability_ppm: int
    turn_angle_mrad: int
    def __init__(self, path_id: _Optional[int] = ..., parent_path_id: _Optional[int] = ..., offset_on_parent_cm: _Optional[int] = ..., first_offset_cm: _Optional[int] = ..., end_offset_cm: _Optional[int] = ..., probability_ppm: _Optional[int] = ..., turn_angle_mrad: _Optional[int] = ...) -> None: ...

class LinkPlacement(_message.Message):
    __slots__ = ("path_id", "start_offset_cm", "length_cm", "link_id")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    LENGTH_CM_FIELD_NUMBER: _ClassVar[int]
    LINK_ID_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    start_offset_cm: int
    length_cm: int
    link_id: int
    def __init__(self, path_id: _Optional[int] = ..., start_offset_cm: _Optional[int] = ..., length_cm: _Optional[int] = ..., link_id: _Optional[int] = ...) -> None: ...

class PostedSpeed(_message.Message):
    __slots__ = ("posted_value_milli", "posted_unit", "speed_mm_per_sec", "raw", "basis", "confidence_permille")
    POSTED_VALUE_MILLI_FIELD_NUMBER: _ClassVar[int]
    POSTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    SPEED_MM_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    posted_value_milli: int
    posted_unit: _limit_pb2.SpeedUnit
    speed_mm_per_sec: int
    raw: str
    basis: _provenance_pb2.Basis
    confidence_permille: int
    def __init__(self, posted_value_milli: _Optional[int] = ..., posted_unit: _Optional[_Union[_limit_pb2.SpeedUnit, str]] = ..., speed_mm_per_sec: _Optional[int] = ..., raw: _Optional[str] = ..., basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., confidence_permille: _Optional[int] = ...) -> None: ...

class LaneLimit(_message.Message):
    __slots__ = ("lane_index", "kind", "posted_value_milli", "posted_unit", "limit_mm_per_sec", "certain", "raw")
    LANE_INDEX_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    POSTED_VALUE_MILLI_FIELD_NUMBER: _ClassVar[int]
    POSTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_MM_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    CERTAIN_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    lane_index: int
    kind: _limit_pb2.LimitKind
    posted_value_milli: int
    posted_unit: _limit_pb2.SpeedUnit
    limit_mm_per_sec: int
    certain: bool
    raw: str
    def __init__(self, lane_index: _Optional[int] = ..., kind: _Optional[_Union[_limit_pb2.LimitKind, str]] = ..., posted_value_milli: _Optional[int] = ..., posted_unit: _Optional[_Union[_limit_pb2.SpeedUnit, str]] = ..., limit_mm_per_sec: _Optional[int] = ..., certain: _Optional[bool] = ..., raw: _Optional[str] = ...) -> None: ...

class LimitSpan(_message.Message):
    __slots__ = ("path_id", "start_offset_cm", "end_offset_cm", "kind", "posted_value_milli", "posted_unit", "limit_mm_per_sec", "basis", "confidence_permille", "certain", "unresolved", "raw", "source", "work_zone_id", "advisory", "minimum", "lanes", "next_change_us")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    POSTED_VALUE_MILLI_FIELD_NUMBER: _ClassVar[int]
    POSTED_UNIT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_MM_PER_SEC_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    CERTAIN_FIELD_NUMBER: _ClassVar[int]
    UNRESOLVED_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    WORK_ZONE_ID_FIELD_NUMBER: _ClassVar[int]
    ADVISORY_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    NEXT_CHANGE_US_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    start_offset_cm: int
    end_offset_cm: int
    kind: _limit_pb2.LimitKind
    posted_value_milli: int
    posted_unit: _limit_pb2.SpeedUnit
    limit_mm_per_sec: int
    basis: _provenance_pb2.Basis
    confidence_permille: int
    certain: bool
    unresolved: _containers.RepeatedCompositeFieldContainer[_limit_pb2.LimitAlternative]
    raw: str
    source: str
    work_zone_id: str
    advisory: PostedSpeed
    minimum: PostedSpeed
    lanes: _containers.RepeatedCompositeFieldContainer[LaneLimit]
    next_change_us: int
    def __init__(self, path_id: _Optional[int] = ..., start_offset_cm: _Optional[int] = ..., end_offset_cm: _Optional[int] = ..., kind: _Optional[_Union[_limit_pb2.LimitKind, str]] = ..., posted_value_milli: _Optional[int] = ..., posted_unit: _Optional[_Union[_limit_pb2.SpeedUnit, str]] = ..., limit_mm_per_sec: _Optional[int] = ..., basis: _Optional[_Union[_provenance_pb2.Basis, str]] = ..., confidence_permille: _Optional[int] = ..., certain: _Optional[bool] = ..., unresolved: _Optional[_Iterable[_Union[_limit_pb2.LimitAlternative, _Mapping]]] = ..., raw: _Optional[str] = ..., source: _Optional[str] = ..., work_zone_id: _Optional[str] = ..., advisory: _Optional[_Union[PostedSpeed, _Mapping]] = ..., minimum: _Optional[_Union[PostedSpeed, _Mapping]] = ..., lanes: _Optional[_Iterable[_Union[LaneLimit, _Mapping]]] = ..., next_change_us: _Optional[int] = ...) -> None: ...

class CoverageSpan(_message.Message):
    __slots__ = ("path_id", "layer", "start_offset_cm", "end_offset_cm", "state", "reason")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    layer: _provenance_pb2.Layer
    start_offset_cm: int
    end_offset_cm: int
    state: CoverageState
    reason: str
    def __init__(self, path_id: _Optional[int] = ..., layer: _Optional[_Union[_provenance_pb2.Layer, str]] = ..., start_offset_cm: _Optional[int] = ..., end_offset_cm: _Optional[int] = ..., state: _Optional[_Union[CoverageState, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class WorkZonePlacement(_message.Message):
    __slots__ = ("path_id", "work_zone_id", "start_offset_cm", "end_offset_cm", "state", "match_permille", "lanes_apply")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    WORK_ZONE_ID_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MATCH_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    LANES_APPLY_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    work_zone_id: str
    start_offset_cm: int
    end_offset_cm: int
    state: _work_zone_pb2.WorkZoneState
    match_permille: int
    lanes_apply: bool
    def __init__(self, path_id: _Optional[int] = ..., work_zone_id: _Optional[str] = ..., start_offset_cm: _Optional[int] = ..., end_offset_cm: _Optional[int] = ..., state: _Optional[_Union[_work_zone_pb2.WorkZoneState, str]] = ..., match_permille: _Optional[int] = ..., lanes_apply: _Optional[bool] = ...) -> None: ...

class Border(_message.Message):
    __slots__ = ("path_id", "offset_cm", "state", "from_market", "to_market", "from_driving_side", "to_driving_side", "from_speed_unit", "to_speed_unit")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FROM_MARKET_FIELD_NUMBER: _ClassVar[int]
    TO_MARKET_FIELD_NUMBER: _ClassVar[int]
    FROM_DRIVING_SIDE_FIELD_NUMBER: _ClassVar[int]
    TO_DRIVING_SIDE_FIELD_NUMBER: _ClassVar[int]
    FROM_SPEED_UNIT_FIELD_NUMBER: _ClassVar[int]
    TO_SPEED_UNIT_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    offset_cm: int
    state: BorderState
    from_market: str
    to_market: str
    from_driving_side: DrivingSide
    to_driving_side: DrivingSide
    from_speed_unit: _limit_pb2.SpeedUnit
    to_speed_unit: _limit_pb2.SpeedUnit
    def __init__(self, path_id: _Optional[int] = ..., offset_cm: _Optional[int] = ..., state: _Optional[_Union[BorderState, str]] = ..., from_market: _Optional[str] = ..., to_market: _Optional[str] = ..., from_driving_side: _Optional[_Union[DrivingSide, str]] = ..., to_driving_side: _Optional[_Union[DrivingSide, str]] = ..., from_speed_unit: _Optional[_Union[_limit_pb2.SpeedUnit, str]] = ..., to_speed_unit: _Optional[_Union[_limit_pb2.SpeedUnit, str]] = ...) -> None: ...

class Content(_message.Message):
    __slots__ = ("group", "link_id", "digest", "payload")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    LINK_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    group: _provenance_pb2.ProfileGroup
    link_id: int
    digest: int
    payload: bytes
    def __init__(self, group: _Optional[_Union[_provenance_pb2.ProfileGroup, str]] = ..., link_id: _Optional[int] = ..., digest: _Optional[int] = ..., payload: _Optional[bytes] = ...) -> None: ...

class WorkZoneContent(_message.Message):
    __slots__ = ("work_zone_id", "digest", "payload")
    WORK_ZONE_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    work_zone_id: str
    digest: int
    payload: bytes
    def __init__(self, work_zone_id: _Optional[str] = ..., digest: _Optional[int] = ..., payload: _Optional[bytes] = ...) -> None: ...

class StreamBasis(_message.Message):
    __slots__ = ("releases", "market_pack_digest", "tzdata_version", "overlay_number")
    RELEASES_FIELD_NUMBER: _ClassVar[int]
    MARKET_PACK_DIGEST_FIELD_NUMBER: _ClassVar[int]
    TZDATA_VERSION_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    releases: _containers.RepeatedCompositeFieldContainer[Release]
    market_pack_digest: str
    tzdata_version: str
    overlay_number: int
    def __init__(self, releases: _Optional[_Iterable[_Union[Release, _Mapping]]] = ..., market_pack_digest: _Optional[str] = ..., tzdata_version: _Optional[str] = ..., overlay_number: _Optional[int] = ...) -> None: ...

class Release(_message.Message):
    __slots__ = ("market", "dataset_id", "build_id", "name", "source_time")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TIME_FIELD_NUMBER: _ClassVar[int]
    market: str
    dataset_id: int
    build_id: str
    name: str
    source_time: str
    def __init__(self, market: _Optional[str] = ..., dataset_id: _Optional[int] = ..., build_id: _Optional[str] = ..., name: _Optional[str] = ..., source_time: _Optional[str] = ...) -> None: ...

class PositionCandidate(_message.Message):
    __slots__ = ("path_id", "offset_cm", "link_id", "link_offset_cm", "lateral_cm", "heading_error_mrad", "probability_permille", "offset_sigma_cm", "lateral_sigma_cm")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    LINK_ID_FIELD_NUMBER: _ClassVar[int]
    LINK_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    LATERAL_CM_FIELD_NUMBER: _ClassVar[int]
    HEADING_ERROR_MRAD_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_SIGMA_CM_FIELD_NUMBER: _ClassVar[int]
    LATERAL_SIGMA_CM_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    offset_cm: int
    link_id: int
    link_offset_cm: int
    lateral_cm: int
    heading_error_mrad: int
    probability_permille: int
    offset_sigma_cm: int
    lateral_sigma_cm: int
    def __init__(self, path_id: _Optional[int] = ..., offset_cm: _Optional[int] = ..., link_id: _Optional[int] = ..., link_offset_cm: _Optional[int] = ..., lateral_cm: _Optional[int] = ..., heading_error_mrad: _Optional[int] = ..., probability_permille: _Optional[int] = ..., offset_sigma_cm: _Optional[int] = ..., lateral_sigma_cm: _Optional[int] = ...) -> None: ...

class LaneCandidate(_message.Message):
    __slots__ = ("lane_id", "lane_index", "probability_permille")
    LANE_ID_FIELD_NUMBER: _ClassVar[int]
    LANE_INDEX_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    lane_id: int
    lane_index: int
    probability_permille: int
    def __init__(self, lane_id: _Optional[int] = ..., lane_index: _Optional[int] = ..., probability_permille: _Optional[int] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("state", "reason", "candidates", "extrapolated", "lanes", "road_in_doubt")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    EXTRAPOLATED_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    ROAD_IN_DOUBT_FIELD_NUMBER: _ClassVar[int]
    state: MatchState
    reason: str
    candidates: _containers.RepeatedCompositeFieldContainer[PositionCandidate]
    extrapolated: bool
    lanes: _containers.RepeatedCompositeFieldContainer[LaneCandidate]
    road_in_doubt: bool
    def __init__(self, state: _Optional[_Union[MatchState, str]] = ..., reason: _Optional[str] = ..., candidates: _Optional[_Iterable[_Union[PositionCandidate, _Mapping]]] = ..., extrapolated: _Optional[bool] = ..., lanes: _Optional[_Iterable[_Union[LaneCandidate, _Mapping]]] = ..., road_in_doubt: _Optional[bool] = ...) -> None: ...

class Health(_message.Message):
    __slots__ = ("state", "reason", "poses_dropped_count", "content_withheld")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    POSES_DROPPED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_WITHHELD_FIELD_NUMBER: _ClassVar[int]
    state: HealthState
    reason: str
    poses_dropped_count: int
    content_withheld: bool
    def __init__(self, state: _Optional[_Union[HealthState, str]] = ..., reason: _Optional[str] = ..., poses_dropped_count: _Optional[int] = ..., content_withheld: _Optional[bool] = ...) -> None: ...

class DriveGranted(_message.Message):
    __slots__ = ("horizon_length_m", "horizon_length_m_max", "trailing_length_m", "stub_length_m", "stub_length_m_max", "side_levels_count", "layers", "content_held_bytes_max", "unacknowledged_updates_max", "silence_ms_max", "poses_per_sec_max", "work_ms_per_sec_max")
    HORIZON_LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    HORIZON_LENGTH_M_MAX_FIELD_NUMBER: _ClassVar[int]
    TRAILING_LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    STUB_LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    STUB_LENGTH_M_MAX_FIELD_NUMBER: _ClassVar[int]
    SIDE_LEVELS_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HELD_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    UNACKNOWLEDGED_UPDATES_MAX_FIELD_NUMBER: _ClassVar[int]
    SILENCE_MS_MAX_FIELD_NUMBER: _ClassVar[int]
    POSES_PER_SEC_MAX_FIELD_NUMBER: _ClassVar[int]
    WORK_MS_PER_SEC_MAX_FIELD_NUMBER: _ClassVar[int]
    horizon_length_m: int
    horizon_length_m_max: int
    trailing_length_m: int
    stub_length_m: int
    stub_length_m_max: int
    side_levels_count: int
    layers: _containers.RepeatedScalarFieldContainer[_provenance_pb2.Layer]
    content_held_bytes_max: int
    unacknowledged_updates_max: int
    silence_ms_max: int
    poses_per_sec_max: int
    work_ms_per_sec_max: int
    def __init__(self, horizon_length_m: _Optional[int] = ..., horizon_length_m_max: _Optional[int] = ..., trailing_length_m: _Optional[int] = ..., stub_length_m: _Optional[int] = ..., stub_length_m_max: _Optional[int] = ..., side_levels_count: _Optional[int] = ..., layers: _Optional[_Iterable[_Union[_provenance_pb2.Layer, str]]] = ..., content_held_bytes_max: _Optional[int] = ..., unacknowledged_updates_max: _Optional[int] = ..., silence_ms_max: _Optional[int] = ..., poses_per_sec_max: _Optional[int] = ..., work_ms_per_sec_max: _Optional[int] = ...) -> None: ...

class PlacementKey(_message.Message):
    __slots__ = ("path_id", "start_offset_cm", "layer", "work_zone_id")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    WORK_ZONE_ID_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    start_offset_cm: int
    layer: _provenance_pb2.Layer
    work_zone_id: str
    def __init__(self, path_id: _Optional[int] = ..., start_offset_cm: _Optional[int] = ..., layer: _Optional[_Union[_provenance_pb2.Layer, str]] = ..., work_zone_id: _Optional[str] = ...) -> None: ...

class BorderKey(_message.Message):
    __slots__ = ("path_id", "offset_cm")
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_CM_FIELD_NUMBER: _ClassVar[int]
    path_id: int
    offset_cm: int
    def __init__(self, path_id: _Optional[int] = ..., offset_cm: _Optional[int] = ...) -> None: ...

class ContentKey(_message.Message):
    __slots__ = ("group", "link_id")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    LINK_ID_FIELD_NUMBER: _ClassVar[int]
    group: _provenance_pb2.ProfileGroup
    link_id: int
    def __init__(self, group: _Optional[_Union[_provenance_pb2.ProfileGroup, str]] = ..., link_id: _Optional[int] = ...) -> None: ...

class HorizonUpdate(_message.Message):
    __slots__ = ("update_index", "snapshot", "pose_time_us", "position", "health", "basis", "contents", "work_zone_contents", "paths", "link_placements", "limit_spans", "coverage_spans", "work_zone_placements", "removed_path_ids", "removed_link_placements", "removed_limit_spans", "removed_coverage_spans", "removed_work_zone_placements", "evicted_contents", "removed_work_zone_ids", "state_hash", "borders", "removed_borders", "granted")
    UPDATE_INDEX_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    POSE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    WORK_ZONE_CONTENTS_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    LINK_PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_SPANS_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_SPANS_FIELD_NUMBER: _ClassVar[int]
    WORK_ZONE_PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_PATH_IDS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_LINK_PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_LIMIT_SPANS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_COVERAGE_SPANS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_WORK_ZONE_PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    EVICTED_CONTENTS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_WORK_ZONE_IDS_FIELD_NUMBER: _ClassVar[int]
    STATE_HASH_FIELD_NUMBER: _ClassVar[int]
    BORDERS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_BORDERS_FIELD_NUMBER: _ClassVar[int]
    GRANTED_FIELD_NUMBER: _ClassVar[int]
    update_index: int
    snapshot: bool
    pose_time_us: int
    position: Position
    health: Health
    basis: StreamBasis
    contents: _containers.RepeatedCompositeFieldContainer[Content]
    work_zone_contents: _containers.RepeatedCompositeFieldContainer[WorkZoneContent]
    paths: _containers.RepeatedCompositeFieldContainer[Path]
    link_placements: _containers.RepeatedCompositeFieldContainer[LinkPlacement]
    limit_spans: _containers.RepeatedCompositeFieldContainer[LimitSpan]
    coverage_spans: _containers.RepeatedCompositeFieldContainer[CoverageSpan]
    work_zone_placements: _containers.RepeatedCompositeFieldContainer[WorkZonePlacement]
    removed_path_ids: _containers.RepeatedScalarFieldContainer[int]
    removed_link_placements: _containers.RepeatedCompositeFieldContainer[PlacementKey]
    removed_limit_spans: _containers.RepeatedCompositeFieldContainer[PlacementKey]
    removed_coverage_spans: _containers.RepeatedCompositeFieldContainer[PlacementKey]
    removed_work_zone_placements: _containers.RepeatedCompositeFieldContainer[PlacementKey]
    evicted_contents: _containers.RepeatedCompositeFieldContainer[ContentKey]
    removed_work_zone_ids: _containers.RepeatedScalarFieldContainer[str]
    state_hash: int
    borders: _containers.RepeatedCompositeFieldContainer[Border]
    removed_borders: _containers.RepeatedCompositeFieldContainer[BorderKey]
    granted: DriveGranted
    def __init__(self, update_index: _Optional[int] = ..., snapshot: _Optional[bool] = ..., pose_time_us: _Optional[int] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., health: _Optional[_Union[Health, _Mapping]] = ..., basis: _Optional[_Union[StreamBasis, _Mapping]] = ..., contents: _Optional[_Iterable[_Union[Content, _Mapping]]] = ..., work_zone_contents: _Optional[_Iterable[_Union[WorkZoneContent, _Mapping]]] = ..., paths: _Optional[_Iterable[_Union[Path, _Mapping]]] = ..., link_placements: _Optional[_Iterable[_Union[LinkPlacement, _Mapping]]] = ..., limit_spans: _Optional[_Iterable[_Union[LimitSpan, _Mapping]]] = ..., coverage_spans: _Optional[_Iterable[_Union[CoverageSpan, _Mapping]]] = ..., work_zone_placements: _Optional[_Iterable[_Union[WorkZonePlacement, _Mapping]]] = ..., removed_path_ids: _Optional[_Iterable[int]] = ..., removed_link_placements: _Optional[_Iterable[_Union[PlacementKey, _Mapping]]] = ..., removed_limit_spans: _Optional[_Iterable[_Union[PlacementKey, _Mapping]]] = ..., removed_coverage_spans: _Optional[_Iterable[_Union[PlacementKey, _Mapping]]] = ..., removed_work_zone_placements: _Optional[_Iterable[_Union[PlacementKey, _Mapping]]] = ..., evicted_contents: _Optional[_Iterable[_Union[ContentKey, _Mapping]]] = ..., removed_work_zone_ids: _Optional[_Iterable[str]] = ..., state_hash: _Optional[int] = ..., borders: _Optional[_Iterable[_Union[Border, _Mapping]]] = ..., removed_borders: _Optional[_Iterable[_Union[BorderKey, _Mapping]]] = ..., granted: _Optional[_Union[DriveGranted, _Mapping]] = ...) -> None: ...
