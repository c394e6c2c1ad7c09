from mapprior.v1 import work_zone_pb2 as _work_zone_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PublishWorkZonesRequest(_message.Message):
    __slots__ = ("work_zones",)
    WORK_ZONES_FIELD_NUMBER: _ClassVar[int]
    work_zones: _containers.RepeatedCompositeFieldContainer[_work_zone_pb2.WorkZone]
    def __init__(self, work_zones: _Optional[_Iterable[_Union[_work_zone_pb2.WorkZone, _Mapping]]] = ...) -> None: ...

class WorkZoneOutcome(_message.Message):
    __slots__ = ("work_zone_id", "links_count", "reason")
    WORK_ZONE_ID_FIELD_NUMBER: _ClassVar[int]
    LINKS_COUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    work_zone_id: str
    links_count: int
    reason: str
    def __init__(self, work_zone_id: _Optional[str] = ..., links_count: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class PublishWorkZonesResponse(_message.Message):
    __slots__ = ("overlay_number", "outcomes")
    OVERLAY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    overlay_number: int
    outcomes: _containers.RepeatedCompositeFieldContainer[WorkZoneOutcome]
    def __init__(self, overlay_number: _Optional[int] = ..., outcomes: _Optional[_Iterable[_Union[WorkZoneOutcome, _Mapping]]] = ...) -> None: ...

class WithdrawWorkZonesRequest(_message.Message):
    __slots__ = ("work_zone_ids",)
    WORK_ZONE_IDS_FIELD_NUMBER: _ClassVar[int]
    work_zone_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, work_zone_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class WithdrawWorkZonesResponse(_message.Message):
    __slots__ = ("overlay_number", "unknown_work_zone_ids")
    OVERLAY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_WORK_ZONE_IDS_FIELD_NUMBER: _ClassVar[int]
    overlay_number: int
    unknown_work_zone_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, overlay_number: _Optional[int] = ..., unknown_work_zone_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class WatchWorkZonesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchWorkZonesResponse(_message.Message):
    __slots__ = ("overlay_number", "work_zones")
    OVERLAY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    WORK_ZONES_FIELD_NUMBER: _ClassVar[int]
    overlay_number: int
    work_zones: _containers.RepeatedCompositeFieldContainer[_work_zone_pb2.WorkZone]
    def __init__(self, overlay_number: _Optional[int] = ..., work_zones: _Optional[_Iterable[_Union[_work_zone_pb2.WorkZone, _Mapping]]] = ...) -> None: ...
