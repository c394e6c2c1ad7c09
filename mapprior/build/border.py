"""Cuts strands at the outline of an area, and says what each cut is: a border node.

A road is cut where it crosses the outline, in the middle of a segment if need be, and what lies outside is left out.
A node of the source becomes a border node where roads of both sides meet in it. The key of a border node comes from
the way and the two nodes of the segment, or from the source's node, so both sides give it alike.

Where two outlines differ, what lies between them is in neither release, or in both; their border nodes lie apart by
so much. Up to BORDER_GAP_M_MAX they are one node all the same (`model/border.py`), beyond that the road ends at both.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from mapprior.build.area import Area, Point
from mapprior.build.connect import Strand
from mapprior.build.source import SourceMap
from mapprior.errors import ConfigError
from mapprior.geo.frame import wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7
from mapprior.market.countries import countries_in_zone
from mapprior.model.border import BorderNode

# How far along the road beyond a border its market is looked for: outlines are drawn more or less exactly.
LOOKED_AT_M = (100.0, 300.0, 1000.0)
_INSIDE, _OUTSIDE = 1, 2


def crop(source: SourceMap, area: Area) -> frozenset[int]:
    """Leaves out ways that lie outside, and restrictions at a node outside. Ways that come near the outline stay:
    they are returned, to be cut once it is known what the network is."""
    ids = sorted(source.ways)
    lines = {way: _known_line(source.ways[way].node_ids, source.lat_lon_e7) for way in ids}
    ids = [way for way in ids if lines[way]]  # what has no known node is refused later
    boxes = [(min(a), min(o), max(a), max(o)) for a, o in (zip(*lines[way], strict=True) for way in ids)]
    near = area.near_outline(np.array(boxes, dtype=float).reshape(-1, 4))
    inside = area.contains(np.array([lines[way][0] for way in ids], dtype=float).reshape(-1, 2))
    for way in [w for w, is_near, is_inside in zip(ids, near, inside, strict=True) if not (is_near or is_inside)]:
        del source.ways[way]
        source.refusals.leave_out("way outside the area")
    _leave_out_restrictions(source, area)
    return frozenset(w for w, is_near in zip(ids, near, strict=True) if is_near)


def _known_line(node_ids: Iterable[int], lat_lon_e7: Mapping[int, Point]) -> list[Point]:
    """Positions of the nodes that are known, longitudes running on."""
    return _running_on([lat_lon_e7[n] for n in node_ids if n in lat_lon_e7])


def _running_on(points: Sequence[Point]) -> list[Point]:
    line: list[Point] = []
    for lat, lon in points:
        line.append((lat, lon if not line else line[-1][1] + wrap_lon_e7(lon - line[-1][1])))
    return line


def _leave_out_restrictions(source: SourceMap, area: Area) -> None:
    via = {
        relation_id: source.lat_lon_e7[ref]
        for relation_id, relation in source.relations.items()
        for kind, ref, role in relation.members
        if kind == "n" and role == "via" and ref in source.lat_lon_e7
    }
    inside = area.contains(np.array(list(via.values()), dtype=float).reshape(-1, 2))
    for relation_id, is_inside in zip(via, inside.tolist(), strict=True):
        if not is_inside:
            del source.relations[relation_id]
            source.refusals.leave_out("restriction outside the area")


@dataclass(slots=True)
class _Found:
    """What is known of border nodes while strands are cut."""

    keys: dict[int, int] = field(default_factory=dict)  # of cuts within a segment, by their node id
    sides: Counter[int] = field(default_factory=Counter)  # of source nodes: bits of the sides that roads reach it from
    beyond: dict[int, list[Point]] = field(default_factory=lambda: defaultdict(list))  # places outside, by node id


class BorderCut:
    """Cuts the strands of ways that come near the outline of a market's area."""

    def __init__(self, area: Area, *, near_ways: Set[int], market: str) -> None:
        self.area = area
        self._near_ways = near_ways
        self._market = market
        self._found = _Found()

    def cut(self, strands: Iterable[Strand]) -> list[Strand]:
        """The strands, and the pieces inside of those that cross the outline, in the same order."""
        kept: list[Strand] = []
        for strand in strands:
            kept += self._pieces(strand) if strand.way_id in self._near_ways else [strand]
        return kept

    def nodes(self, blocking_nodes: Set[int]) -> dict[int, BorderNode]:
        """Border nodes by node id, once all strands are cut. Nothing drives over one that a barrier blocks."""
        found = self._found
        keys = dict(found.keys)
        for node_id, sides in found.sides.items():
            if node_id > 0 and sides == _INSIDE | _OUTSIDE and node_id not in blocking_nodes:
                keys[node_id] = digest64(f"osm:node/{node_id}")
        return {
            node_id: BorderNode(key, market_beyond(found.beyond.get(node_id, ()), self._market))
            for node_id, key in sorted(keys.items())
        }

    def _pieces(self, strand: Strand) -> Iterator[Strand]:
        line = _running_on(list(zip(strand.lat_e7, strand.lon_e7, strict=True)))
        points, node_ids, states = self._with_cuts(strand, line)
        for i, inside in enumerate(states):
            if points[i] != points[i + 1]:
                for node_id in node_ids[i : i + 2]:
                    self._found.sides[node_id] |= _INSIDE if inside else _OUTSIDE
        first = 0
        for last in range(1, len(points)):
            if last == len(states) or states[last] != states[first]:
                if states[first]:
                    lat, lon = zip(*points[first : last + 1], strict=True)
                    lon_e7 = [wrap_lon_e7(x) for x in lon]
                    yield Strand(strand.way_id, strand.use, list(lat), lon_e7, node_ids[first : last + 1], [])
                else:
                    self._look_beyond(points, node_ids, first, last)
                first = last

    def _with_cuts(self, strand: Strand, line: Sequence[Point]) -> tuple[list[Point], list[int], list[bool]]:
        """Points and node ids with the cuts put in, and between each two whether it is inside."""
        points, node_ids, states = [line[0]], [strand.node_ids[0]], []
        for i, intervals in enumerate(self.area.intervals(line)):
            ends = strand.node_ids[i], strand.node_ids[i + 1]
            for _, at, inside in intervals[:-1]:
                cut_id = cut_node_id(strand.way_id, ends, at)
                self._found.keys[cut_id] = digest64(_segment(strand.way_id, ends))
                points.append(at)
                node_ids.append(cut_id)
                states.append(inside)
            points.append(line[i + 1])
            node_ids.append(ends[1])
            states.append(intervals[-1][2])
        return points, node_ids, states

    def _look_beyond(self, points: Sequence[Point], node_ids: Sequence[int], first: int, last: int) -> None:
        """Notes places along a stretch outside, as seen from both of its ends."""
        run = points[first : last + 1]
        for node_id, seen in ((node_ids[first], run), (node_ids[last], run[::-1])):
            self._found.beyond[node_id] += self._places_along(seen)

    def _places_along(self, run: Sequence[Point]) -> list[Point]:
        """Places outside along the line, and straight on past its end."""
        line = Polyline([lat for lat, _ in run], [wrap_lon_e7(lon) for _, lon in run])
        if line.length_m == 0.0:
            return []
        places = []
        for s_m in LOOKED_AT_M:
            if s_m <= line.length_m:
                places.append(line.lat_lon_e7_at(s_m))
                continue
            over_m = s_m - line.length_m
            step_m = line.s_m[-1] - line.s_m[-2] or 1.0
            dx, dy = line.x_m[-1] - line.x_m[-2], line.y_m[-1] - line.y_m[-2]
            places.append(
                line.frame.lat_lon_e7(line.x_m[-1] + dx / step_m * over_m, line.y_m[-1] + dy / step_m * over_m)
            )
        inside = self.area.contains(np.array(places, dtype=float))
        return [place for place, is_inside in zip(places, inside.tolist(), strict=True) if not is_inside]


def market_beyond(places: Sequence[Point], market: str) -> str:
    """The one country, other than the market, whose time zone the places lie in; empty where they name none or two.

    A place in the market's own zone says nothing: outlines and time zones are drawn more or less exactly.
    """
    try:
        from tzfpy import get_tzs
    except ImportError as error:
        raise ConfigError("naming the market beyond a border needs tzfpy: pip install 'mapprior[build]'") from error
    found: set[str] = set()
    for lat, lon in places:
        for zone in get_tzs(lon / E7, lat / E7):
            countries = countries_in_zone(zone)
            if market not in countries:
                found |= countries or {""}
    return found.pop() if len(found) == 1 else ""


def cut_node_id(way_id: int, ends: tuple[int, int], at: Point) -> int:
    """The node id of a cut between two nodes of a way: below 0, and the same in every build that cuts it there."""
    return -1 - (digest64(f"{_segment(way_id, ends)}@{at[0]},{wrap_lon_e7(at[1])}") >> 1)


def _segment(way_id: int, ends: tuple[int, int]) -> str:
    return f"osm:way/{way_id}:{min(ends)}-{max(ends)}"


def digest64(text: str) -> int:
    """BLAKE2b-8 of the text, read little-endian."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
