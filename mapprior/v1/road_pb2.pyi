from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RoadClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROAD_CLASS_UNSPECIFIED: _ClassVar[RoadClass]
    ROAD_CLASS_UNKNOWN: _ClassVar[RoadClass]
    ROAD_CLASS_MOTORWAY: _ClassVar[RoadClass]
    ROAD_CLASS_TRUNK: _ClassVar[RoadClass]
    ROAD_CLASS_PRIMARY: _ClassVar[RoadClass]
    ROAD_CLASS_SECONDARY: _ClassVar[RoadClass]
    ROAD_CLASS_TERTIARY: _ClassVar[RoadClass]
    ROAD_CLASS_UNCLASSIFIED: _ClassVar[RoadClass]
    ROAD_CLASS_RESIDENTIAL: _ClassVar[RoadClass]
    ROAD_CLASS_LIVING_STREET: _ClassVar[RoadClass]
    ROAD_CLASS_SERVICE: _ClassVar[RoadClass]
    ROAD_CLASS_TRACK: _ClassVar[RoadClass]
    ROAD_CLASS_CONSTRUCTION: _ClassVar[RoadClass]

class FormOfWay(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORM_OF_WAY_UNSPECIFIED: _ClassVar[FormOfWay]
    FORM_OF_WAY_UNKNOWN: _ClassVar[FormOfWay]
    FORM_OF_WAY_MOTORWAY: _ClassVar[FormOfWay]
    FORM_OF_WAY_MULTIPLE_CARRIAGEWAY: _ClassVar[FormOfWay]
    FORM_OF_WAY_SINGLE_CARRIAGEWAY: _ClassVar[FormOfWay]
    FORM_OF_WAY_ROUNDABOUT: _ClassVar[FormOfWay]
    FORM_OF_WAY_SLIP_ROAD: _ClassVar[FormOfWay]
    FORM_OF_WAY_OTHER: _ClassVar[FormOfWay]

class CarAccess(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAR_ACCESS_UNSPECIFIED: _ClassVar[CarAccess]
    CAR_ACCESS_YES: _ClassVar[CarAccess]
    CAR_ACCESS_DESTINATION: _ClassVar[CarAccess]
    CAR_ACCESS_RESTRICTED: _ClassVar[CarAccess]
ROAD_CLASS_UNSPECIFIED: RoadClass
ROAD_CLASS_UNKNOWN: RoadClass
ROAD_CLASS_MOTORWAY: RoadClass
ROAD_CLASS_TRUNK: RoadClass
ROAD_CLASS_PRIMARY: RoadClass
ROAD_CLASS_SECONDARY: RoadClass
ROAD_CLASS_TERTIARY: RoadClass
ROAD_CLASS_UNCLASSIFIED: RoadClass
ROAD_CLASS_RESIDENTIAL: RoadClass
ROAD_CLASS_LIVING_STREET: RoadClass
ROAD_CLASS_SERVICE: RoadClass
ROAD_CLASS_TRACK: RoadClass
ROAD_CLASS_CONSTRUCTION: RoadClass
FORM_OF_WAY_UNSPECIFIED: FormOfWay
FORM_OF_WAY_UNKNOWN: FormOfWay
FORM_OF_WAY_MOTORWAY: FormOfWay
FORM_OF_WAY_MULTIPLE_CARRIAGEWAY: FormOfWay
FORM_OF_WAY_SINGLE_CARRIAGEWAY: FormOfWay
FORM_OF_WAY_ROUNDABOUT: FormOfWay
FORM_OF_WAY_SLIP_ROAD: FormOfWay
FORM_OF_WAY_OTHER: FormOfWay
CAR_ACCESS_UNSPECIFIED: CarAccess
CAR_ACCESS_YES: CarAccess
CAR_ACCESS_DESTINATION: CarAccess
CAR_ACCESS_RESTRICTED: CarAccess

class LinkGeometry(_message.Message):
    __slots__ = ("lat_delta_e7", "lon_delta_e7")
    LAT_DELTA_E7_FIELD_NUMBER: _ClassVar[int]
    LON_DELTA_E7_FIELD_NUMBER: _ClassVar[int]
    lat_delta_e7: _containers.RepeatedScalarFieldContainer[int]
    lon_delta_e7: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, lat_delta_e7: _Optional[_Iterable[int]] = ..., lon_delta_e7: _Optional[_Iterable[int]] = ...) -> None: ...

class LinkRoad(_message.Message):
    __slots__ = ("stable_ref", "length_cm", "road_class", "form_of_way", "car_access", "names", "route_refs", "tunnel", "bridge", "level", "oneway", "twin_link_id", "geometry_link_id", "observed_time_us", "dead_end")
    STABLE_REF_FIELD_NUMBER: _ClassVar[int]
    LENGTH_CM_FIELD_NUMBER: _ClassVar[int]
    ROAD_CLASS_FIELD_NUMBER: _ClassVar[int]
    FORM_OF_WAY_FIELD_NUMBER: _ClassVar[int]
    CAR_ACCESS_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    ROUTE_REFS_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    BRIDGE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    ONEWAY_FIELD_NUMBER: _ClassVar[int]
    TWIN_LINK_ID_FIELD_NUMBER: _ClassVar[int]
    GEOMETRY_LINK_ID_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_TIME_US_FIELD_NUMBER: _ClassVar[int]
    DEAD_END_FIELD_NUMBER: _ClassVar[int]
    stable_ref: str
    length_cm: int
    road_class: RoadClass
    form_of_way: FormOfWay
    car_access: CarAccess
    names: _containers.RepeatedScalarFieldContainer[str]
    route_refs: _containers.RepeatedScalarFieldContainer[str]
    tunnel: bool
    bridge: bool
    level: int
    oneway: bool
    twin_link_id: int
    geometry_link_id: int
    observed_time_us: int
    dead_end: bool
    def __init__(self, stable_ref: _Optional[str] = ..., length_cm: _Optional[int] = ..., road_class: _Optional[_Union[RoadClass, str]] = ..., form_of_way: _Optional[_Union[FormOfWay, str]] = ..., car_access: _Optional[_Union[CarAccess, str]] = ..., names: _Optional[_Iterable[str]] = ..., route_refs: _Optional[_Iterable[str]] = ..., tunnel: _Optional[bool] = ..., bridge: _Optional[bool] = ..., level: _Optional[int] = ..., oneway: _Optional[bool] = ..., twin_link_id: _Optional[int] = ..., geometry_link_id: _Optional[int] = ..., observed_time_us: _Optional[int] = ..., dead_end: _Optional[bool] = ...) -> None: ...
