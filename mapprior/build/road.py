"""What a road is: class, form of way, names, route numbers, bridge, tunnel, level.

Dual carriageway, the stated rule: a one-way road that is no motorway, ramp or roundabout is
MULTIPLE_CARRIAGEWAY where the source says `dual_carriageway=yes`, or where another one-way road of the same
class and with a name or route number in common runs in the opposite direction (within 30 degrees) at most
50 m to the side on which oncoming traffic passes. `dual_carriageway=no` wins over the second part.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mapprior.build.access import Refused
from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7, metres_per_e7, wrap_lon_e7
from mapprior.model.link import FormOfWay, RoadClass

Tags = Mapping[str, str]

CARRIAGEWAYS_APART_M_MAX = 50
_OPPOSITE_MRAD = 524  # 30 degrees
_CLASSES = {
    "motorway": RoadClass.MOTORWAY,
    "trunk": RoadClass.TRUNK,
    "primary": RoadClass.PRIMARY,
    "secondary": RoadClass.SECONDARY,
    "tertiary": RoadClass.TERTIARY,
    "unclassified": RoadClass.UNCLASSIFIED,
    "residential": RoadClass.RESIDENTIAL,
    "living_street": RoadClass.LIVING_STREET,
    "service": RoadClass.SERVICE,
    "track": RoadClass.TRACK,
}
_OTHER_SERVICE = frozenset({"parking_aisle", "driveway", "drive-through"})
_NO_TUNNEL = frozenset({"no", "culvert", "building_passage"})  # under a house the road runs, and that is all
_PAIRED_CLASSES = frozenset(_CLASSES.values()) - {RoadClass.MOTORWAY, RoadClass.SERVICE, RoadClass.TRACK}


@dataclass(frozen=True, slots=True)
class Road:
    """What holds for a whole way. `dual` is what the source says of a dual carriageway, None for nothing."""

    road_class: RoadClass
    form_of_way: FormOfWay
    names: tuple[str, ...]
    route_refs: tuple[str, ...]
    tunnel: bool
    bridge: bool
    level: int
    dual: bool | None


def road_of(tags: Tags, refused: Refused) -> Road:
    """Reads the tags of a way that cars use."""
    highway = tags["highway"]
    stem = highway.removesuffix("_link")
    dual = {"yes": True, "no": False}.get(tags.get("dual_carriageway", ""))
    return Road(
        road_class=_CLASSES.get(stem, RoadClass.UNKNOWN),
        form_of_way=_form(tags, highway),
        names=_names(tags),
        route_refs=_texts(tags.get("ref", "")) + _texts(tags.get("int_ref", "")),
        tunnel=tags.get("tunnel", "no") not in _NO_TUNNEL,
        bridge=tags.get("bridge", "no") != "no",
        level=_level(tags, refused),
        dual=dual,
    )


def _form(tags: Tags, highway: str) -> FormOfWay:
    if tags.get("junction") in ("roundabout", "circular"):
        return FormOfWay.ROUNDABOUT
    if highway.endswith("_link"):
        return FormOfWay.SLIP_ROAD
    if highway == "motorway":
        return FormOfWay.MOTORWAY
    if highway == "road":
        return FormOfWay.UNKNOWN
    if highway == "pedestrian" or tags.get("service") in _OTHER_SERVICE or tags.get("ford", "no") != "no":
        return FormOfWay.OTHER
    return FormOfWay.SINGLE_CARRIAGEWAY


def _names(tags: Tags) -> tuple[str, ...]:
    """The name, or the names of the two sides where they differ."""
    if "name" in tags:
        return (tags["name"],)
    sides = [tags[key] for key in ("name:left", "name:right") if key in tags]
    return tuple(dict.fromkeys(sides))


@lru_cache(maxsize=4096)
def _texts(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for part in value.split(";") if (text := part.strip())))


def _level(tags: Tags, refused: Refused) -> int:
    value = tags.get("layer")
    if value is None:
        return 0
    try:
        level = int(value)
    except ValueError:
        level = 999
    if -127 <= level <= 127:
        return level
    refused.append(("layer not understood", f"layer={value}"))
    return 0


@dataclass(frozen=True, slots=True)
class OnewayStretch:
    """A one-way road between two junctions, as the search for its other carriageway sees it.

    Points run in driving direction.
    """

    road: Road
    lat_e7: Sequence[int]
    lon_e7: Sequence[int]


def is_pairable(road: Road) -> bool:
    """May a one-way stretch of this road be one of two carriageways?"""
    return (
        road.form_of_way is FormOfWay.SINGLE_CARRIAGEWAY
        and road.road_class in _PAIRED_CLASSES
        and bool(road.names or road.route_refs)
    )


def dual_carriageways(stretches: Sequence[OnewayStretch], *, oncoming_on_left: bool) -> list[bool]:
    """For each stretch whether another one of the sequence is its opposite carriageway (rule above).

    Looks at the middle segment of a stretch; `oncoming_on_left` holds where traffic keeps right.
    """
    grid: dict[tuple[RoadClass, str, int, int], list[tuple[int, int, int, int]]] = defaultdict(list)
    for stretch in stretches:
        for segment in _segments(stretch):
            for cell in _cells(segment):
                for label in _labels(stretch.road):
                    grid[(stretch.road.road_class, label, *cell)].append(segment)
    return [_has_opposite(stretch, grid, oncoming_on_left) for stretch in stretches]


_Segment = tuple[int, int, int, int]  # lat, lon, lat, lon, 1e-7 degrees
_CELL_E7 = 20_000  # about 200 m of latitude; a search box spans at most two cells each way up to 70 degrees
_COLUMNS_COUNT = FULL_TURN_E7 // _CELL_E7


def _labels(road: Road) -> tuple[str, ...]:
    return tuple(f"name {n}" for n in road.names) + tuple(f"ref {r}" for r in road.route_refs)


def _segments(stretch: OnewayStretch) -> Iterator[_Segment]:
    lat, lon = stretch.lat_e7, stretch.lon_e7
    for i in range(len(lat) - 1):
        yield lat[i], lon[i], lat[i + 1], lon[i + 1]


def _cells(segment: _Segment) -> list[tuple[int, int]]:
    """Grid cells that the box of a segment touches; their columns go once around the earth."""
    lat_a, lon_a, lat_b, lon_b = segment
    lon_b = lon_a + _turn(lon_b - lon_a)
    rows = range(min(lat_a, lat_b) // _CELL_E7, max(lat_a, lat_b) // _CELL_E7 + 1)
    columns = range(min(lon_a, lon_b) // _CELL_E7, max(lon_a, lon_b) // _CELL_E7 + 1)
    return [(row, column % _COLUMNS_COUNT) for row in rows for column in columns]


def _has_opposite(
    stretch: OnewayStretch,
    grid: Mapping[tuple[RoadClass, str, int, int], Sequence[_Segment]],
    oncoming_on_left: bool,
) -> bool:
    middle = (len(stretch.lat_e7) - 1) // 2
    lat_a, lon_a = stretch.lat_e7[middle], stretch.lon_e7[middle]
    lat_b, lon_b = stretch.lat_e7[middle + 1], stretch.lon_e7[middle + 1]
    lat, lon = (lat_a + lat_b) // 2, wrap_lon_e7(lon_a + _turn(lon_b - lon_a) // 2)
    east, north = metres_per_e7(lat)
    heading = math.atan2((lat_b - lat_a) * north, _turn(lon_b - lon_a) * east)
    reach_lat, reach_lon = CARRIAGEWAYS_APART_M_MAX / north, CARRIAGEWAYS_APART_M_MAX / east
    rows = range(int((lat - reach_lat) // _CELL_E7), int((lat + reach_lat) // _CELL_E7) + 1)
    columns = range(int((lon - reach_lon) // _CELL_E7), int((lon + reach_lon) // _CELL_E7) + 1)
    for label in _labels(stretch.road):
        for row in rows:
            for column in columns:
                for segment in grid.get((stretch.road.road_class, label, row, column % _COLUMNS_COUNT), ()):
                    if _is_opposite(segment, lat, lon, east, north, heading, oncoming_on_left):
                        return True
    return False


def _is_opposite(
    segment: _Segment, lat: int, lon: int, east: float, north: float, heading: float, oncoming_on_left: bool
) -> bool:
    """Angles are rounded to mrad and distances to cm before they are compared, so that machines agree."""
    ax, ay = _turn(segment[1] - lon) * east, (segment[0] - lat) * north
    bx, by = _turn(segment[3] - lon) * east, (segment[2] - lat) * north
    dx, dy = bx - ax, by - ay
    turned = (math.atan2(dy, dx) - heading) % math.tau
    if abs(round((turned - math.pi) * 1000)) > _OPPOSITE_MRAD:
        return False
    cos, sin = math.cos(heading), math.sin(heading)
    along_a, along_b = ax * cos + ay * sin, bx * cos + by * sin
    if along_a == along_b or not round(min(along_a, along_b) * 100) <= 0 <= round(max(along_a, along_b) * 100):
        return False
    t = -along_a / (along_b - along_a)
    left = (-ax * sin + ay * cos) * (1 - t) + (-bx * sin + by * cos) * t
    lateral_cm = round(left * 100) if oncoming_on_left else -round(left * 100)
    return 0 < lateral_cm <= CARRIAGEWAYS_APART_M_MAX * 100


def _turn(dlon_e7: int) -> int:
    return (
        dlon_e7 if -HALF_TURN_E7 <= dlon_e7 < HALF_TURN_E7 else (dlon_e7 + HALF_TURN_E7) % FULL_TURN_E7 - HALF_TURN_E7
    )
