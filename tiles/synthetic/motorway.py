"""Draws the synthetic motorway: a table of stations in, OpenStreetMap XML out.

No map package carries a real motorway, so this one is made up, in the open sea where no real road can be
mistaken for it. Everything hangs on one axis, the line of the eastbound carriageway, drawn from straights and
circular arcs only (no clothoids), so that curvature and length are known exactly at every station.

Places are (station, lateral): metres along the axis, metres to its left. Knows nothing of tiles.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from mapprior.geo.frame import metres_per_e7
from mapprior.geo.units import E7

START_LAT_E7 = 55_5000000
START_LON_E7 = 3_0000000
WESTBOUND_LATERAL_M = 20.0
KNOT_GAP_M = 10.0  # on a 500 m radius a chord of 10 m lies 2.5 cm inside the arc
STRAIGHT_GAP_M = 250.0
RAMP_CLEAR_LATERAL_M = 7.5  # the middle of a fourth lane

# (length_m, radius_m): radius positive to the left, 0 for a straight. The README tells them again.
AXIS_ELEMENTS: tuple[tuple[float, float], ...] = (
    (2000.0, 0.0),
    (1200.0, 2000.0),
    (1300.0, 0.0),
    (1200.0, -1000.0),
    (1800.0, 0.0),
    (1200.0, 2000.0),
    (2300.0, 0.0),
    (400.0, 500.0),
    (300.0, 0.0),
    (400.0, -500.0),
    (3900.0, 0.0),
    (1000.0, -2000.0),
    (1500.0, 0.0),
    (1000.0, 2000.0),
    (1000.0, 0.0),
)
LENGTH_M = sum(length_m for length_m, _ in AXIS_ELEMENTS)
FORK_STATION_M = 19_500.0
BRANCH_ELEMENTS: tuple[tuple[float, float], ...] = ((100.0, 0.0), (600.0, -1000.0), (300.0, 0.0))

MOTORWAY = {"highway": "motorway", "oneway": "yes", "ref": "Z 1", "name": "Synthetic Motorway", "surface": "asphalt"}
LINK = {"highway": "motorway_link", "oneway": "yes", "lanes": "1"}
THREE = {"lanes": "3"}
EXIT_TURNS = {"lanes": "4", "turn:lanes": "through|through|through|slight_right", "placement": "middle_of:2"}
SOLID_EXIT = {"change:lanes": "yes|yes|not_right|not_left"}
ENTRY = {"lanes": "4", "turn:lanes": "none|none|none|merge_to_left", "placement": "middle_of:2"}
FORK_TURNS = {
    "turn:lanes": "slight_left|slight_left;slight_right|slight_right",
    "destination:lanes": "Eastpoint|Eastpoint;Southpoint|Southpoint",
}
TUNNEL = {"tunnel": "yes", "tunnel:name": "Synthetic Tunnel", "layer": "-1"}
TUNNEL |= {"change:lanes": "no|no|no", "width:lanes": "3.5|3.5|3.5", "surface": "concrete"}
TOLL = {"toll": "yes"}
WET = {"maxspeed:conditional": "80 @ wet"}

# Each row holds from its station to the next one's; the eastbound carriageway ends at the fork.
EASTBOUND: tuple[tuple[float, str, dict[str, str]], ...] = (
    (0.0, "120", THREE | TOLL),
    (3200.0, "none", THREE),
    (5600.0, "none", EXIT_TURNS),
    (5900.0, "none", THREE),
    (6700.0, "none", ENTRY),
    (7000.0, "none", THREE),
    (7500.0, "120", THREE),
    (9000.0, "100", THREE),
    (9200.0, "100", THREE | TUNNEL),
    (10600.0, "100", THREE),
    (10800.0, "80", THREE),
    (12300.0, "120", THREE | WET),
    (13000.0, "120", EXIT_TURNS),
    (13200.0, "120", EXIT_TURNS | SOLID_EXIT),
    (13300.0, "120", THREE),
    (14300.0, "120", ENTRY),
    (14600.0, "120", THREE),
    (16800.0, "100", THREE),
    (18700.0, "100", THREE | FORK_TURNS),
    (FORK_STATION_M, "", {}),
)
WESTBOUND: tuple[tuple[float, str, dict[str, str]], ...] = (
    (0.0, "120", THREE),
    (3200.0, "none", THREE),
    (7500.0, "120", THREE),
    (9200.0, "100", THREE | TUNNEL),
    (10600.0, "100", THREE),
    (10800.0, "80", THREE),
    (12300.0, "120", THREE),
    (16800.0, "100", THREE),
    (FORK_STATION_M, "100", {"lanes": "2"}),
    (LENGTH_M, "", {}),
)

# What stands at a place (station, lateral); a node of some way is drawn at each.
EXIT = {"highway": "motorway_junction"}
SIGNS: dict[tuple[float, float], dict[str, str]] = {
    (1000.0, 0.0): {"highway": "toll_gantry"},
    (5900.0, 0.0): EXIT | {"name": "Synthetic Services"},
    (7000.0, 0.0): {"hazard": "side_wind"},
    (13_300.0, 0.0): EXIT | {"ref": "1", "name": "Sampleton"},
    (FORK_STATION_M, 0.0): EXIT | {"ref": "2", "name": "Synthetic Fork"},
    (13_800.0, -120.0): {"highway": "traffic_signals"},
    (13_800.0, 50.0): {"highway": "stop", "stop": "minor"},
    (13_800.0, 200.0): {"highway": "crossing", "crossing": "uncontrolled"},
    (13_800.0, -300.0): {"railway": "level_crossing", "crossing:barrier": "full"},
    (14_800.0, 50.0): {"traffic_calming": "hump"},
}


@dataclass(frozen=True, slots=True)
class Knot:
    """A place on an axis; the arc that follows has `curvature_per_m`."""

    station_m: float
    lat_e7: float
    lon_e7: float
    heading_rad: float
    curvature_per_m: float


class Axis:
    """A line of straights and arcs on the ellipsoid, walked in short steps, each in its own local frame."""

    def __init__(self, start: Knot, elements: Sequence[tuple[float, float]]) -> None:
        self.knots: list[Knot] = []
        knot = start
        for length_m, radius_m in elements:
            curvature_per_m = 1.0 / radius_m if radius_m else 0.0
            knot = Knot(knot.station_m, knot.lat_e7, knot.lon_e7, knot.heading_rad, curvature_per_m)
            step_count = round(length_m / KNOT_GAP_M)
            for _ in range(step_count):
                self.knots.append(knot)
                knot = _advance(knot, length_m / step_count)
        self.knots.append(knot)

    def knot(self, station_m: float) -> Knot:
        """The axis at a station; past the end it goes on straight ahead."""
        index = bisect_right(self.knots, station_m, key=lambda knot: knot.station_m) - 1
        before = self.knots[max(0, index)]
        return before if before.station_m == station_m else _advance(before, station_m - before.station_m)

    def place_e7(self, station_m: float, lateral_m: float) -> tuple[int, int]:
        """(lat, lon) of a place."""
        knot = self.knot(station_m)
        east, north = metres_per_e7(round(knot.lat_e7))
        lat_e7 = knot.lat_e7 + math.cos(knot.heading_rad) * lateral_m / north
        return round(lat_e7), round(knot.lon_e7 - math.sin(knot.heading_rad) * lateral_m / east)

    def stations(self, start_m: float, end_m: float) -> Iterator[float]:
        """Stations worth a node: both ends, every knot of an arc, now and then on a straight."""
        yield start_m
        last_m = start_m
        for before, knot in pairwise(self.knots):
            if start_m < knot.station_m < end_m:
                bends = knot.curvature_per_m or before.curvature_per_m
                if bends or knot.station_m - last_m >= STRAIGHT_GAP_M:
                    last_m = knot.station_m
                    yield last_m
        yield end_m


def _advance(knot: Knot, length_m: float) -> Knot:
    """The end of an arc of one curvature: its chord, in the frame of its own middle latitude."""
    turn_rad = length_m * knot.curvature_per_m
    half_rad = turn_rad / 2.0
    chord_m = length_m * (math.sin(half_rad) / half_rad if half_rad else 1.0)
    direction_rad = knot.heading_rad + half_rad
    north = metres_per_e7(round(knot.lat_e7))[1]
    lat_e7 = knot.lat_e7 + chord_m * math.sin(direction_rad) / north
    east = metres_per_e7(round((knot.lat_e7 + lat_e7) / 2.0))[0]
    lon_e7 = knot.lon_e7 + chord_m * math.cos(direction_rad) / east
    return Knot(knot.station_m + length_m, lat_e7, lon_e7, knot.heading_rad + turn_rad, knot.curvature_per_m)


@dataclass(slots=True)
class Drawing:
    """Nodes and ways as they are drawn; one node per place, so that ways meet where they touch."""

    nodes: dict[tuple[int, int], int] = field(default_factory=dict)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)
    ways: list[tuple[list[int], dict[str, str]]] = field(default_factory=list)

    def node(self, place_e7: tuple[int, int]) -> int:
        return self.nodes.setdefault(place_e7, len(self.nodes) + 1)

    def way(self, places_e7: Sequence[tuple[int, int]], tags: dict[str, str]) -> None:
        self.ways.append(([self.node(place) for place in places_e7], tags))

    def xml(self) -> str:
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<osm version="0.6" generator="tiles/synthetic/motorway.py">',
        ]
        lines.append("<!-- SYNTHETIC: no such road exists. Drawn by the program named above. -->")
        for (lat_e7, lon_e7), node_id in self.nodes.items():
            attributes = f'id="{node_id}" lat="{lat_e7 / E7:.7f}" lon="{lon_e7 / E7:.7f}"'
            tags = self.node_tags.get(node_id, {})
            lines += [f"<node {attributes}>", *_tag_lines(tags), "</node>"] if tags else [f"<node {attributes}/>"]
        for way_id, (node_ids, tags) in enumerate(self.ways, start=1):
            members = [f'<nd ref="{node_id}"/>' for node_id in node_ids]
            lines += [f'<way id="{way_id}">', *members, *_tag_lines(tags), "</way>"]
        return "\n".join([*lines, "</osm>", ""])


def _tag_lines(tags: dict[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in sorted(tags.items())]


def main_axis() -> Axis:
    """The eastbound carriageway, due east at its start."""
    return Axis(Knot(0.0, START_LAT_E7, START_LON_E7, 0.0, 0.0), AXIS_ELEMENTS)


def draw() -> Drawing:
    """The whole network."""
    drawing, axis = Drawing(), main_axis()
    _draw_carriageways(drawing, axis)
    _draw_fork(drawing, axis)
    _draw_ramp(drawing, axis, (13_300.0, 0.0), (13_800.0, -120.0), {"destination": "Sampleton", "maxspeed": "60"})
    _draw_ramp(drawing, axis, (13_800.0, -120.0), (14_300.0, 0.0), {"maxspeed": "60"})
    _draw_service_area(drawing, axis)
    _draw_ordinary_roads(drawing, axis)
    for (station_m, lateral_m), tags in SIGNS.items():
        place_e7 = axis.place_e7(station_m, lateral_m)
        if place_e7 not in drawing.nodes:
            raise ValueError(f"no node is drawn at station {station_m}, {lateral_m} m to the left")
        drawing.node_tags[drawing.node(place_e7)] = tags
    return drawing


def _draw_carriageways(drawing: Drawing, axis: Axis) -> None:
    for rows, lateral_m in ((EASTBOUND, 0.0), (WESTBOUND, WESTBOUND_LATERAL_M)):
        for (start_m, maxspeed, tags), (end_m, _, _) in pairwise(rows):
            places = [axis.place_e7(station_m, lateral_m) for station_m in axis.stations(start_m, end_m)]
            drawing.way(places if lateral_m == 0.0 else places[::-1], MOTORWAY | {"maxspeed": maxspeed} | tags)


def _draw_fork(drawing: Drawing, axis: Axis) -> None:
    """Three lanes become two and two; on the first 100 m the lines move from the whole road's middle to their own."""
    two = {"lanes": "2", "maxspeed": "100"}
    left, right = (FORK_STATION_M, 0.0), (FORK_STATION_M + 100.0, 4.0)
    drawing.way([axis.place_e7(*left), axis.place_e7(*right)], MOTORWAY | two | {"placement": "transition"})
    ahead = [axis.place_e7(station_m, 4.0) for station_m in axis.stations(right[0], LENGTH_M)]
    drawing.way(ahead, MOTORWAY | two | {"destination": "Eastpoint"})

    knot = axis.knot(FORK_STATION_M)
    branch = Axis(Knot(0.0, knot.lat_e7, knot.lon_e7, knot.heading_rad - math.radians(4.0), 0.0), BRANCH_ELEMENTS)
    branch_tags = MOTORWAY | two | {"ref": "Z 2", "destination": "Southpoint"}
    start = axis.place_e7(FORK_STATION_M, 0.0)
    drawing.way([start, branch.place_e7(100.0, 0.0)], branch_tags | {"placement": "transition"})
    rest = [branch.place_e7(station_m, 0.0) for station_m in branch.stations(100.0, branch.knots[-1].station_m)]
    drawing.way(rest, branch_tags)


def _draw_ramp(
    drawing: Drawing, axis: Axis, start: tuple[float, float], end: tuple[float, float], tags: dict[str, str]
) -> None:
    """A slip road between two (station, lateral) places, leaving and joining along the axis (half a cosine wave).

    While its line is still inside the motorway it is a way of its own, `placement=transition`: no lane follows it.
    """
    (start_m, start_lateral_m), (end_m, end_lateral_m) = start, end
    step_count = 20
    inside: list[tuple[int, int]] = []
    outside: list[tuple[int, int]] = []
    for step in range(step_count + 1):
        ratio = step / step_count
        blend = (1.0 - math.cos(math.pi * ratio)) / 2.0
        lateral_m = start_lateral_m + (end_lateral_m - start_lateral_m) * blend
        place = axis.place_e7(start_m + (end_m - start_m) * ratio, lateral_m)
        (inside if abs(lateral_m) < RAMP_CLEAR_LATERAL_M else outside).append(place)
    leaves = start_lateral_m == 0.0
    joint = outside[0] if leaves else outside[-1]
    drawing.way([*inside, joint] if leaves else [joint, *inside], LINK | tags | {"placement": "transition"})
    drawing.way(outside, LINK | tags)


def _draw_service_area(drawing: Drawing, axis: Axis) -> None:
    _draw_ramp(drawing, axis, (5900.0, 0.0), (6100.0, -40.0), {"maxspeed": "60"})
    _draw_ramp(drawing, axis, (6500.0, -40.0), (6700.0, 0.0), {"maxspeed": "60"})
    service = {"highway": "service", "oneway": "yes", "maxspeed": "30"}
    through = [(6100.0, -40.0), (6200.0, -40.0), (6400.0, -40.0), (6500.0, -40.0)]
    parking = [(6200.0, -40.0), (6200.0, -70.0), (6400.0, -70.0), (6400.0, -40.0)]
    outline = [(6080.0, -30.0), (6520.0, -30.0), (6520.0, -90.0), (6080.0, -90.0), (6080.0, -30.0)]
    drawing.way([axis.place_e7(*place) for place in through], service | {"name": "Synthetic Services"})
    drawing.way([axis.place_e7(*place) for place in parking], service | {"service": "parking_aisle"})
    area = {"highway": "services", "area": "yes", "name": "Synthetic Services"}
    drawing.way([axis.place_e7(*place) for place in outline], area)


def _draw_ordinary_roads(drawing: Drawing, axis: Axis) -> None:
    """A two-way road 30 m beside the westbound carriageway, and one that crosses over the motorway to the ramps."""
    parallel = {"highway": "tertiary", "name": "Parallel Road", "lanes": "2", "maxspeed": "80"}
    for start_m, end_m in ((12_300.0, 13_800.0), (13_800.0, 15_800.0)):
        drawing.way([axis.place_e7(station_m, 50.0) for station_m in axis.stations(start_m, end_m)], parallel)
    crossing = {"highway": "secondary", "name": "Crossing Road", "ref": "Z 20", "lanes": "2", "maxspeed": "70"}
    bridge = {"bridge": "yes", "bridge:name": "Synthetic Bridge", "layer": "1"}
    for laterals_m, tags in (
        ((400.0, 200.0, 50.0, 35.0), {"incline": "3%"}),
        ((35.0, -15.0), bridge | {"incline": "0%"}),
        ((-15.0, -120.0, -300.0, -500.0), {"incline": "-3%"}),
    ):
        drawing.way([axis.place_e7(13_800.0, lateral_m) for lateral_m in laterals_m], crossing | tags)


def draw_osm() -> str:
    """The whole network as OpenStreetMap XML; the same text every time."""
    return draw().xml()
