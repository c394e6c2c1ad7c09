"""The area a build keeps: polygons of a GeoJSON file, and exact answers to where a line runs inside.

Two markets whose outlines share their corners cut every road at the same point, whichever of the two is built. So
nothing here depends on the direction of an edge, nor on what else an outline holds: corners are rounded to 1e-7
degrees first, crossings are computed in whole numbers and fractions, and every place of the world lies in exactly
one of the areas that share a border (a point on an edge belongs to the area north or east of it). shapely finds
what lies near the outline; what does is decided here.

Longitudes run on over the antimeridian: an edge longer than half the globe is the short one, the other way round.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mapprior.errors import ConfigError, SourceError
from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7, wrap_lon_e7
from mapprior.geo.units import E7

AREA_BYTES_MAX = 256 << 20
_SEAM_E7 = HALF_TURN_E7 - 10 * E7  # an area that reaches so far is also looked for on the other side of the seam

Point = tuple[int, int]  # (lat, lon), 1e-7 degrees; longitudes of one line run on
Ring = list[Point]
Interval = tuple[Point, Point, bool]  # from, to, inside


class Area:
    """One or more polygons; what lies in any of them is inside. `sha256` is that of the file."""

    def __init__(self, polygons: Sequence[Sequence[Ring]], *, sha256: str) -> None:
        shapely = _shapely()
        self.sha256 = sha256
        placed = [moved for rings in polygons for moved in _beside_the_seam(rings)]
        edges = [
            (number, *sorted(edge))
            for number, rings in enumerate(placed)
            for ring in rings
            for edge in pairwise(ring)
            if edge[0] != edge[1]
        ]
        corners = np.array([(a, b) for _, a, b in edges], dtype=np.int64).reshape(-1, 2, 2)
        self._edges = corners
        self._polygon_of = np.array([number for number, _, _ in edges], dtype=np.int64)
        self._low, self._high = corners.min(axis=1), corners.max(axis=1)
        self._edge_tree = shapely.STRtree(shapely.linestrings(corners[:, :, ::-1].astype(float)))
        shapes = [shapely.Polygon(_xy(rings[0]), [_xy(ring) for ring in rings[1:]]) for rings in placed]
        self._polygon_tree = shapely.STRtree(shapes)
        self._shapely = shapely

    def near_outline(self, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """For each (south, west, north, east), in 1e-7 degrees, whether the box of an edge of the outline meets it."""
        found = np.zeros(len(boxes), dtype=bool)
        if len(boxes):
            south, west, north, east = boxes.T
            found[self._edge_tree.query(self._shapely.box(west, south, east, north))[0]] = True
        return found

    def contains(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """For each (lat, lon), in 1e-7 degrees and not on the outline, whether it lies inside."""
        found = np.zeros(len(points), dtype=bool)
        if len(points):
            places = self._shapely.points(points[:, ::-1])
            found[self._polygon_tree.query(places, predicate="intersects")[0]] = True
        return found

    def intervals(self, line: Sequence[Point]) -> list[list[Interval]]:
        """For each segment of a line its stretches inside and outside, in order; two in a row differ.

        They join and cover the segment. A stretch that rounding leaves without length is left out, so a segment is
        never cut at its own end points: there the next segment, or nothing, goes on. A segment without length is on
        the side of what comes before it, at the start of a line of what comes after.
        """
        south, west = map(min, zip(*line, strict=True))
        north, east = map(max, zip(*line, strict=True))
        near = np.sort(self._edge_tree.query(self._shapely.box(west, south, east, north)))
        edges = [((a[0], a[1]), (b[0], b[1])) for a, b in self._edges[near].tolist()]
        found: list[list[Interval]] = []
        known: bool | None = None  # the state at the segment's start, where no edge is near it
        has_length = len(set(line)) > 1
        for start, end in pairwise(line):
            if start == end and has_length:
                found.append([])
                continue
            met = [edge for edge in edges if _boxes_meet(start, end, *edge)]
            breaks = sorted({t for a, b in met for t in _crossings(start, end, a, b)} | {Fraction(0), Fraction(1)})
            if met or known is None:
                states = [self._holds(*_at(start, end, (a + b) / 2)) for a, b in pairwise(breaks)]
            else:
                states = [known]
            found.append(_joined(start, end, breaks, states))
            known = states[-1]
        side = next(x[0][2] for x in found if x)
        for i, stretches in enumerate(found):
            found[i] = stretches or [(line[i], line[i + 1], side)]
            side = found[i][-1][2]
        return found

    def _holds(self, lat: Fraction, lon: Fraction) -> bool:
        """Is the point in one of the polygons? By the edges a ray to the east meets, lower ends included."""
        south, west = lat.__floor__(), lon.__floor__()
        spans = (self._low[:, 0] <= south) & (self._high[:, 0] > south) & (self._high[:, 1] > west)
        crossed = spans & (self._low[:, 1] > west)
        for i in np.flatnonzero(spans & ~crossed).tolist():
            (lat_a, lon_a), (lat_b, lon_b) = self._edges[i].tolist()
            if lon < lon_a + (lat - lat_a) * (lon_b - lon_a) / (lat_b - lat_a):
                crossed[i] = True
        return bool((np.bincount(self._polygon_of[crossed]) % 2).any())


def read_area(path: Path) -> Area:
    """The polygons of a GeoJSON file. SourceError names the file, the feature and what is wrong."""
    try:
        data = path.read_bytes() if path.stat().st_size <= AREA_BYTES_MAX else None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    if data is None:
        raise SourceError(f"{path}: larger than {AREA_BYTES_MAX} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not JSON: {error}") from error
    polygons = [x for where, geometry in _geometries(document, str(path)) for x in _polygons(geometry, where)]
    if not polygons:
        raise SourceError(f"{path}: no polygon in it")
    return Area(polygons, sha256=hashlib.sha256(data).hexdigest())


def _geometries(document: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(name for messages, geometry) of everything in the file."""
    if not isinstance(document, dict):
        raise SourceError(f"{name}: not GeoJSON: an object is expected")
    crs = document.get("crs")
    if crs is not None and not any(word in json.dumps(crs) for word in ("CRS84", "EPSG::4326", "EPSG:4326")):
        raise SourceError(f"{name}: the coordinates are not WGS84: its crs is {json.dumps(crs)[:100]}")
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise SourceError(f"{name}: a FeatureCollection without features")
        for i, feature in enumerate(features):
            yield f"{name}: feature {i}", feature.get("geometry") if isinstance(feature, dict) else None
    elif kind == "Feature":
        yield name, document.get("geometry")
    else:
        yield name, document


def _polygons(geometry: Any, where: str) -> list[list[Ring]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else geometry
    if kind not in ("Polygon", "MultiPolygon"):
        raise SourceError(f"{where}: a geometry of type {kind!r}; Polygon and MultiPolygon are allowed")
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not all(isinstance(rings, list) and rings for rings in polygons):
        raise SourceError(f"{where}: a {kind} without rings")
    return [_checked([_ring(ring, where) for ring in rings], where) for rings in polygons]


def _ring(positions: Any, where: str) -> Ring:
    """Corners in whole 1e-7 degrees, longitudes running on from the first one's."""
    if not isinstance(positions, list) or len(positions) < 4 or positions[0] != positions[-1]:
        raise SourceError(f"{where}: a ring that is not closed, or of fewer than four positions")
    ring: Ring = []
    for position in positions:
        if not _is_position(position):
            raise SourceError(f"{where}: a position that is not [longitude, latitude] in degrees of WGS84")
        lat, lon = round(position[1] * E7), round(position[0] * E7)
        ring.append((lat, lon if not ring else ring[-1][1] + _short_way(lon - ring[-1][1])))
    if ring[0] != ring[-1]:
        raise SourceError(f"{where}: a ring that goes round a pole; cut the area in two")
    return ring


def _is_position(position: Any) -> bool:
    if not isinstance(position, list) or len(position) < 2:
        return False
    lon_deg, lat_deg = position[:2]
    return (
        isinstance(lat_deg, int | float)
        and isinstance(lon_deg, int | float)
        and -90 <= lat_deg <= 90
        and -180 <= lon_deg <= 180
    )


def _short_way(dlon_e7: int) -> int:
    return wrap_lon_e7(dlon_e7) if abs(dlon_e7) > HALF_TURN_E7 else dlon_e7


def _checked(rings: list[Ring], where: str) -> list[Ring]:
    """The polygon with its holes on the same side of the seam as its outer ring."""
    shapely = _shapely()
    west, east = min(lon for _, lon in rings[0]), max(lon for _, lon in rings[0])
    placed = [rings[0]]
    for hole in rings[1:]:
        turns = next((k for k in (0, 1, -1) if all(west <= lon + k * FULL_TURN_E7 <= east for _, lon in hole)), 0)
        placed.append([(lat, lon + turns * FULL_TURN_E7) for lat, lon in hole])
    polygon = shapely.Polygon(_xy(placed[0]), [_xy(hole) for hole in placed[1:]])
    if not polygon.is_valid:
        reason = shapely.is_valid_reason(polygon).partition("[")[0].strip()
        raise SourceError(f"{where}: a polygon that is not simple ({reason.lower()})")
    return placed


def _beside_the_seam(rings: Sequence[Ring]) -> Iterator[list[Ring]]:
    """The polygon, and where it comes near the antimeridian also a whole turn to either side."""
    lons = [lon for _, lon in rings[0]]
    near = max(lons) > _SEAM_E7 or min(lons) < -_SEAM_E7
    for turn_e7 in (0, FULL_TURN_E7, -FULL_TURN_E7) if near else (0,):
        yield [[(lat, lon + turn_e7) for lat, lon in ring] for ring in rings]


def _xy(ring: Ring) -> list[tuple[float, float]]:
    return [(float(lon), float(lat)) for lat, lon in ring]


def _boxes_meet(p: Point, q: Point, a: Point, b: Point) -> bool:
    return all(min(p[k], q[k]) <= max(a[k], b[k]) and min(a[k], b[k]) <= max(p[k], q[k]) for k in (0, 1))


def _crossings(p: Point, q: Point, a: Point, b: Point) -> Iterator[Fraction]:
    """Places on the segment from p (0) to q (1) where it meets an edge; both ends where it runs along it."""
    d_lat, d_lon, e_lat, e_lon = q[0] - p[0], q[1] - p[1], b[0] - a[0], b[1] - a[1]
    o_lat, o_lon = a[0] - p[0], a[1] - p[1]
    across = d_lat * e_lon - d_lon * e_lat
    if across:
        t = Fraction(o_lat * e_lon - o_lon * e_lat, across)
        u = Fraction(o_lat * d_lon - o_lon * d_lat, across)
        if 0 <= t <= 1 and 0 <= u <= 1:
            yield t
    elif o_lat * d_lon == o_lon * d_lat and (d_lat or d_lon):
        for lat, lon in (a, b):
            t = Fraction((lat - p[0]) * d_lat + (lon - p[1]) * d_lon, d_lat * d_lat + d_lon * d_lon)
            if 0 <= t <= 1:
                yield t


def _at(p: Point, q: Point, t: Fraction) -> tuple[Fraction, Fraction]:
    return p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])


def _joined(start: Point, end: Point, breaks: Sequence[Fraction], states: Sequence[bool]) -> list[Interval]:
    """Stretches between rounded points; without those of no length, and one where neighbours are alike."""
    points = [tuple(map(round, _at(start, end, t))) for t in breaks]
    joined: list[Interval] = []
    for (a, b), inside in zip(pairwise(points), states, strict=True):
        if joined and joined[-1][2] == inside:
            joined[-1] = (joined[-1][0], (b[0], b[1]), inside)
        elif a != b:
            joined.append((joined[-1][1] if joined else start, (b[0], b[1]), inside))
    return joined or [(start, end, states[-1])]


def _shapely() -> Any:
    try:
        import shapely
    except ImportError as error:
        raise ConfigError("an area needs shapely: pip install 'mapprior[build]'") from error
    return shapely
