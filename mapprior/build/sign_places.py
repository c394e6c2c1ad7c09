"""On which links a sign stands, and where. The rules, in order:

- A bearing that the sign looks at, or `direction=forward|backward|both`, decides. Where two ways are drawn towards one
  node, "forward" is either: for both at 500 permille. On a road that is one-way for cars a light or a stop or give-way
  sign that faces the other direction is for others, as cyclists against it: no car is told. Any other sign there holds
  for the one direction there is, at 500.
- Where nothing is said, a crossing, bump, ford or toll station is for both directions.
- A light or a stop or give-way sign that says nothing faces the junction it stands before: the nearest one, at
  850 permille, where it is within 50 m (100 m for stop and give-way signs) and clearly nearer than the one behind. Else
  a light is for both directions (a crossing between junctions), at 800, and a stop or give-way sign at 500.
- On the node of a junction a light is for everybody who arrives; its stop line is taken to be 6 m before. Where a
  light of its own stands on the last 40 m, that is the one. On the short links inside of a junction (below 30 m) the
  lights of the entry mostly show the same: 400.
- On the node of a junction a stop sign is for all where `stop=all`, else for who comes on a lesser road (600), or,
  where all roads are alike, for any of them (400).
- A place at the end of a link belongs to those who arrive; where nobody may arrive, to those who leave.
- A signalled crossing is a light of its own only where no light is mapped within 40 m. With no other light, of a
  crossing or not, on other roads within 60 m no junction is signalled here: the light is for both directions.

Does not read tags; does not know how a junction is ruled.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from mapprior.build.connect import RoadGraph
from mapprior.build.restrictions import Directed
from mapprior.build.signs import FACING_JUNCTIONS, Sign
from mapprior.build.topology import Standing, Topology, turn_mrad
from mapprior.geo.frame import FULL_TURN_E7, distance_m
from mapprior.geo.units import cm
from mapprior.model.profile import FeatureKind, LinkFeature

STOP_LINE_BEFORE_CM: Final = 600  # half of a two-lane road, and room for a crossing
_STOP_LINE_SIGMA_CM: Final = 600
_SAME_LIGHT_CM_MAX: Final = 4_000
_SAME_JUNCTION_CM_MAX: Final = 6_000  # lights of two arms of one junction
_INSIDE_CM_MAX: Final = 3_000
_LOOK_AHEAD_CM_MAX: Final = 10_000
_LIGHT_BEFORE_CM_MAX: Final = 5_000
_CLEARLY_NEARER_CM: Final = 1_500
_LOOKS_MRAD_MAX: Final = 1047  # 60 degrees
_LOOKS_AWAY_MRAD_MIN: Final = 2094  # 120 degrees
_CELL_E7: Final = 10_000  # 111 m of latitude, 40 m of longitude up to 69 degrees
_COLUMNS_COUNT: Final = FULL_TURN_E7 // _CELL_E7

Placed = dict[Directed, list[LinkFeature]]


@dataclass(frozen=True, slots=True)
class _Stand:
    """A place of one direction: `s_cm` from the start of the link; `heading_mrad` of the road there, driven so."""

    directed: Directed
    s_cm: int
    heading_mrad: int
    confidence_permille: int = 0


@dataclass(frozen=True, slots=True)
class PlacedSigns:
    """Features by directed road. `lone_lights`: road and place of lights that guard a crossing and no junction."""

    by_road: Placed
    lone_lights: Set[tuple[Directed, int]]


def place_signs(topology: Topology, signs: Mapping[int, Sequence[Sign]]) -> PlacedSigns:
    """Features of all signs; `signs` by source node."""
    signs = _without_double_lights(topology.graph, signs)
    places = _Places(topology)
    for number, part in enumerate(topology.parts):
        inner = part.strand.node_ids[part.first + 1 : part.last]
        if not signs.keys().isdisjoint(inner):
            for vertex, node in enumerate(inner, start=1):
                for sign in signs.get(node, ()):
                    places.along(number, vertex, sign)
    at_ends = [(j, signs[key[2]]) for j, key in enumerate(topology.graph.junctions) if key[2] in signs]
    # Signs between junctions first: a light before a junction says more than one on its node.
    for is_junction in (False, True):
        for junction, of_node in at_ends:
            if topology.is_crossed(junction) is is_junction:
                for sign in of_node:
                    places.at_junction(junction, sign) if is_junction else places.between(junction, sign)
    return PlacedSigns(places.placed, places.lone_lights)


class _Places:
    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self.placed: Placed = defaultdict(list)
        self.lone_lights: set[tuple[Directed, int]] = set()

    def along(self, number: int, vertex: int, sign: Sign) -> None:
        """A sign between the ends of a road."""
        topology = self._topology
        stands = [
            _Stand(d, topology.place_cm(d, vertex), topology.heading_at_mrad(d, vertex))
            for d in topology.both_ways(number)
        ]
        self._add(sign, self._chosen(sign, stands))

    def between(self, junction: int, sign: Sign) -> None:
        """A sign where a road is divided, but no roads meet."""
        self._add(sign, self._chosen(sign, self._ends(junction)))

    def at_junction(self, junction: int, sign: Sign) -> None:
        stands = self._ends(junction)
        if sign.kind not in FACING_JUNCTIONS:
            self._add(sign, [replace(x, confidence_permille=sign.confidence_permille) for x in stands])
            return
        said = [x for x in stands if _is_along(sign, x.directed)]
        if sign.heading_mrad is not None or sign.direction in ("forward", "backward"):
            looking = [x for x in stands if _is_looked_at(sign, x)] if sign.heading_mrad is not None else said
            if looking:
                self._add_before(sign, [replace(x, confidence_permille=600) for x in looking])
                return
        if sign.kind is FeatureKind.TRAFFIC_LIGHT:
            self._add_before(sign, [x for stand in stands for x in self._lights_for(sign, stand)])
        else:
            self._add_before(sign, self._who_stops(sign, stands))

    def _ends(self, junction: int) -> list[_Stand]:
        """Where roads arrive; driveways only where nothing else does."""
        topology = self._topology
        arriving = topology.arriving[junction]
        roads = [d for d in arriving if topology.standing[d >> 1] < Standing.ASIDE] or arriving
        arrivals = [_Stand(d, topology.length_cm(d), topology.arrival_mrad(d)) for d in roads]
        return arrivals or [_Stand(d, 0, topology.heading_mrad(d)) for d in topology.leaving[junction]]

    def _chosen(self, sign: Sign, stands: Sequence[_Stand]) -> list[_Stand]:
        """Those of the directions that the sign is for."""
        full = sign.confidence_permille
        if sign.kind in FACING_JUNCTIONS and all(self._faces_others(sign, x) for x in stands):
            return []
        if sign.heading_mrad is not None:
            looked_at = [x for x in stands if _is_looked_at(sign, x)]
            if looked_at:
                return [replace(x, confidence_permille=min(full, 700)) for x in looked_at]
        elif sign.direction in ("forward", "backward"):
            said = [x for x in stands if _is_along(sign, x.directed)]
            if len(said) == 1:
                return [replace(said[0], confidence_permille=full)]
            return [replace(x, confidence_permille=min(full, 500)) for x in said or stands]
        if len(stands) > 1 and not sign.direction and sign.kind in FACING_JUNCTIONS:
            return self._facing(sign, stands)
        return [replace(x, confidence_permille=full) for x in stands]

    def _facing(self, sign: Sign, stands: Sequence[_Stand]) -> list[_Stand]:
        is_light = sign.kind is FeatureKind.TRAFFIC_LIGHT
        gaps = [(self._gap_cm(x), i) for i, x in enumerate(stands)]
        (nearest_cm, first), (next_cm, _) = sorted(gaps)[:2]
        near_enough = nearest_cm <= (_LIGHT_BEFORE_CM_MAX if is_light else _LOOK_AHEAD_CM_MAX)
        if not sign.lone and near_enough and next_cm - nearest_cm >= _CLEARLY_NEARER_CM:
            return [replace(stands[first], confidence_permille=min(sign.confidence_permille, 850))]
        return [replace(x, confidence_permille=min(sign.confidence_permille, 800 if is_light else 500)) for x in stands]

    def _faces_others(self, sign: Sign, stand: _Stand) -> bool:
        """Does it face a direction that is closed to cars?"""
        if not self._topology.is_oneway(stand.directed):
            return False
        if sign.heading_mrad is not None:
            return abs(turn_mrad(sign.heading_mrad, stand.heading_mrad)) > _LOOKS_AWAY_MRAD_MIN
        return sign.direction in ("forward", "backward") and not _is_along(sign, stand.directed)

    def _gap_cm(self, stand: _Stand) -> int:
        """From a place to the next junction ahead; far where there is none within reach."""
        topology, directed = self._topology, stand.directed
        gap_cm = topology.length_cm(directed) - stand.s_cm
        while gap_cm <= _LOOK_AHEAD_CM_MAX:
            if topology.ends_at_junction(directed):
                return gap_cm
            onward = topology.onward(directed)
            if onward is None:
                break
            directed = onward
            gap_cm += topology.length_cm(directed)
        return 2 * _LOOK_AHEAD_CM_MAX

    def _lights_for(self, sign: Sign, stand: _Stand) -> Iterator[_Stand]:
        topology, directed = self._topology, stand.directed
        if self._has_own_light(directed):
            return
        is_inside = topology.length_cm(directed) < _INSIDE_CM_MAX and topology.is_crossed(topology.start(directed))
        yield replace(stand, confidence_permille=min(sign.confidence_permille, 400 if is_inside else 900))

    def _has_own_light(self, directed: Directed) -> bool:
        """Does a light stand on the last metres before the end?"""
        topology = self._topology
        return any(
            x.kind is FeatureKind.TRAFFIC_LIGHT
            and gap_cm + topology.length_cm(before) - x.start_cm <= _SAME_LIGHT_CM_MAX
            for before, gap_cm in approach(topology, directed, _SAME_LIGHT_CM_MAX)
            for x in self.placed.get(before, ())
        )

    def _who_stops(self, sign: Sign, stands: Sequence[_Stand]) -> list[_Stand]:
        if sign.all_ways:
            return [replace(x, confidence_permille=min(sign.confidence_permille, 900)) for x in stands]
        classes = [self._topology.road(x.directed).road_class for x in stands]
        lesser = [x for x, road_class in zip(stands, classes, strict=True) if road_class > min(classes)]
        return [replace(x, confidence_permille=600 if lesser else 400) for x in lesser or stands]

    def _add_before(self, sign: Sign, stands: Sequence[_Stand]) -> None:
        """On the node of a junction: the line where one stops lies before it."""
        before = [replace(x, s_cm=max(0, x.s_cm - STOP_LINE_BEFORE_CM)) for x in stands]
        self._add(replace(sign, place_sigma_cm=_STOP_LINE_SIGMA_CM, lone=False), before)

    def _add(self, sign: Sign, stands: Sequence[_Stand]) -> None:
        for x in stands:
            if sign.lone and sign.kind is FeatureKind.TRAFFIC_LIGHT:
                self.lone_lights.add((x.directed, x.s_cm))
            self.placed[x.directed].append(
                LinkFeature(
                    kind=sign.kind,
                    start_cm=x.s_cm,
                    end_cm=x.s_cm,
                    basis=sign.basis,
                    confidence_permille=x.confidence_permille,
                    place_sigma_cm=sign.place_sigma_cm,
                    raw=sign.raw,
                )
            )


def approach(topology: Topology, directed: Directed, reach_cm: int) -> Iterator[tuple[Directed, int]]:
    """The roads one comes along to the end of a road, nearest first, each with the gap from its end to that end."""
    gap_cm, found, seen = 0, directed, set[Directed]()
    while gap_cm <= reach_cm and found not in seen:
        seen.add(found)
        yield found, gap_cm
        gap_cm += topology.length_cm(found)
        before = topology.before(found)
        if before is None:
            return
        found = before


def _is_looked_at(sign: Sign, stand: _Stand) -> bool:
    assert sign.heading_mrad is not None
    return abs(turn_mrad(sign.heading_mrad, stand.heading_mrad)) <= _LOOKS_MRAD_MAX


def _is_along(sign: Sign, directed: Directed) -> bool:
    return (sign.direction == "backward") == bool(directed & 1)


def _without_double_lights(graph: RoadGraph, signs: Mapping[int, Sequence[Sign]]) -> dict[int, list[Sign]]:
    """Leaves out the light of a crossing where a light is mapped near; says which of the others stand alone."""
    lit = {node: [x for x in of_node if x.kind is FeatureKind.TRAFFIC_LIGHT] for node, of_node in signs.items()}
    places, roads = _places_e7(graph, {node for node, lights in lit.items() if lights})
    mapped = _Near(places, (node for node in places if any(not x.of_crossing for x in lit[node])))
    crossings = [node for node in places if any(x.of_crossing for x in lit[node])]
    doubled = {node for node in crossings if mapped.within(node, _SAME_LIGHT_CM_MAX)}
    left = _Near(places, (node for node in places if node not in doubled))
    lone = {
        node
        for node in places
        if any(x.guards_crossing for x in lit[node])
        and all(roads[node] & roads[x] for x in left.within(node, _SAME_JUNCTION_CM_MAX))
    }
    return {
        node: [
            replace(x, lone=x.guards_crossing and node in lone)
            for x in of_node
            if not (x.of_crossing and node in doubled)
        ]
        for node, of_node in signs.items()
    }


class _Near:
    """Nodes by place."""

    def __init__(self, places_e7: Mapping[int, tuple[int, int]], nodes: Iterable[int]) -> None:
        self._places_e7 = places_e7
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        for node in nodes:
            lat, lon = places_e7[node]
            self._cells[lat // _CELL_E7, lon // _CELL_E7 % _COLUMNS_COUNT].append(node)

    def within(self, node: int, reach_cm: int) -> list[int]:
        """Those of the nodes that lie within reach, maybe itself; up to 69 degrees all of them within 80 m."""
        lat, lon = self._places_e7[node]
        found = []
        for row in (-1, 0, 1):
            for column in (-2, -1, 0, 1, 2):
                cell = lat // _CELL_E7 + row, (lon // _CELL_E7 + column) % _COLUMNS_COUNT
                for other in self._cells.get(cell, ()):
                    lat_b, lon_b = self._places_e7[other]
                    gap_m = distance_m(lat_a_e7=lat, lon_a_e7=lon, lat_b_e7=lat_b, lon_b_e7=lon_b)
                    if cm(gap_m) <= reach_cm:
                        found.append(other)
        return found


def _places_e7(graph: RoadGraph, nodes: set[int]) -> tuple[dict[int, tuple[int, int]], dict[int, set[int]]]:
    """Where nodes lie, and the numbers of the roads they lie on."""
    found: dict[int, tuple[int, int]] = {}
    roads: dict[int, set[int]] = defaultdict(set)
    for number, part in enumerate(graph.parts):
        strand = part.strand
        if not nodes.isdisjoint(strand.node_ids[part.first : part.last + 1]):
            for i in range(part.first, part.last + 1):
                node = strand.node_ids[i]
                if node in nodes:
                    found[node] = strand.lat_e7[i], strand.lon_e7[i]
                    roads[node].add(number)
    return found, roads
