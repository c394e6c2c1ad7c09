"""A directed stretch of road between two nodes."""

from dataclasses import dataclass
from enum import IntEnum

from mapprior.geo.polyline import Polyline
from mapprior.model.ids import LinkId, NodeId


class RoadClass(IntEnum):
    """Functional class, from the source's own classification."""

    UNKNOWN = 1
    MOTORWAY = 2
    TRUNK = 3
    PRIMARY = 4
    SECONDARY = 5
    TERTIARY = 6
    UNCLASSIFIED = 7
    RESIDENTIAL = 8
    LIVING_STREET = 9
    SERVICE = 10
    TRACK = 11
    CONSTRUCTION = 12


class FormOfWay(IntEnum):
    """Physical kind, in the sense of OpenLR."""

    UNKNOWN = 1
    MOTORWAY = 2
    MULTIPLE_CARRIAGEWAY = 3
    SINGLE_CARRIAGEWAY = 4
    ROUNDABOUT = 5
    SLIP_ROAD = 6
    OTHER = 7


class CarAccess(IntEnum):
    """Who may drive here by car."""

    YES = 1
    DESTINATION = 2
    RESTRICTED = 3


@dataclass(frozen=True, slots=True)
class Link:
    """One directed link, decoded. `line` runs in driving direction; `length_cm` is the length that counts.

    Offsets on a link are centimetres of `length_cm`; multiply by `line.length_m / length_cm` for the
    line's own arc length (they differ by rounding only).
    """

    link_id: LinkId
    twin_id: LinkId | None
    geometry_link_id: LinkId  # where the GEOMETRY content lies; another id than link_id: reversed
    start_node: NodeId
    end_node: NodeId
    line: Polyline
    length_cm: int
    road_class: RoadClass
    form_of_way: FormOfWay
    car_access: CarAccess
    names: tuple[str, ...]
    route_refs: tuple[str, ...]
    tunnel: bool
    bridge: bool
    level: int
    oneway: bool
    dead_end: bool
    stable_ref: str
    observed_time_us: int = 0


@dataclass(frozen=True, slots=True)
class Restriction:
    """A sequence of links that must not be driven one after the other; at least two."""

    links: tuple[LinkId, ...]
    source: str  # stable reference, for example `osm:relation/1`
    condition: str = ""  # as posted; empty for always


@dataclass(frozen=True, slots=True)
class LinkRoad:
    """What the ROAD content of a link says; names as in Link. With its geometry, all a client knows of a link."""

    link_id: LinkId
    twin_id: LinkId | None
    geometry_link_id: LinkId
    length_cm: int
    road_class: RoadClass
    form_of_way: FormOfWay
    car_access: CarAccess
    names: tuple[str, ...]
    route_refs: tuple[str, ...]
    tunnel: bool
    bridge: bool
    level: int
    oneway: bool
    dead_end: bool
    stable_ref: str
    observed_time_us: int = 0
