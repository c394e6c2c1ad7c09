"""Lines beside a road line: centre lines and boundaries of lanes.

An offset line has a vertex beside each vertex of the road, on the bisector of its corner, pushed out so that
both neighbouring stretches keep their distance, and no farther than MITER_MAX times it (a spike at a hairpin is
worse than a rounded corner). Inside a bend tighter than the offset the stretches between vertices would run
backwards; those are taken out and their neighbours joined, so an offset line always runs in the road's direction.
Corners are taken from the whole way, not from the link, so lines of links that follow each other on a way meet.

Coordinates are quantised to 1e-7 degrees at the end; vertices that fall on one place are one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mapprior.geo.frame import metres_per_e7, wrap_lon_e7

MITER_MAX = 2.0
# A stretch shorter than this, along the road, counts as running backwards: quantised, it may come out so. The unit of
# places is 11 mm, and each of a stretch's two ends may be moved by half of it in each direction.
_BACKWARDS_M = 0.02


@dataclass(frozen=True, slots=True)
class RoadLine:
    """Vertices of a strand with the local scale, and unit vectors across and along it.

    `across_x`, `across_y`: to the left of vertex i, times the miter factor. `along_x`, `along_y`: of stretch i.
    """

    lat_e7: Sequence[int]
    lon_e7: Sequence[int]
    east_m_per_e7: Sequence[float]
    north_m_per_e7: Sequence[float]
    across_x: Sequence[float]
    across_y: Sequence[float]
    along_x: Sequence[float]
    along_y: Sequence[float]


def road_line(lat_e7: Sequence[int], lon_e7: Sequence[int]) -> RoadLine:
    """Prepares a line of two or more points, at least two of them different."""
    scales = [metres_per_e7(lat) for lat in lat_e7]
    east, north = [s[0] for s in scales], [s[1] for s in scales]
    along = _directions(lat_e7, lon_e7, east, north)
    first, last = along[0], along[-1]
    across = [_across(a, b) for a, b in zip([first, *along], [*along, last], strict=True)]
    return RoadLine(
        lat_e7,
        lon_e7,
        east,
        north,
        [x for x, _ in across],
        [y for _, y in across],
        [x for x, _ in along],
        [y for _, y in along],
    )


def squared_off(road: RoadLine, vertex: int, along_x: float, along_y: float) -> RoadLine:
    """The same line; what lies beside it at a vertex lies square to a direction, however the line itself runs there."""
    length = math.hypot(along_x, along_y)
    across_x, across_y = list(road.across_x), list(road.across_y)
    if length > 0.0:
        across_x[vertex], across_y[vertex] = -along_y / length, along_x / length
    return replace(road, across_x=across_x, across_y=across_y)


def drifting_line(road: RoadLine, first: int, offsets_m: Sequence[float]) -> tuple[list[int], list[int]]:
    """(lat, lon) of a line beside the road, in its direction, with an offset to the left at each vertex from `first`.

    Between them it goes evenly from one to the next.
    """
    last = first + len(offsets_m) - 1
    lat0, lon0 = road.lat_e7[first], road.lon_e7[first]
    east, north = road.east_m_per_e7[first], road.north_m_per_e7[first]
    points = []
    for i, offset_m in zip(range(first, last + 1), offsets_m, strict=True):
        x = wrap_lon_e7(road.lon_e7[i] - lon0) * east + offset_m * road.across_x[i]
        y = (road.lat_e7[i] - lat0) * north + offset_m * road.across_y[i]
        points.append((x, y))
    along = [(road.along_x[i], road.along_y[i]) for i in range(first, last)]
    forward = _forward_only(points[:], along)
    if len(forward) == 2:
        chord = _beside_chord(road, first, last, offsets_m[0], offsets_m[-1])
        if chord is not None and _leads_back(forward, chord):
            forward = chord
    placed = [(lat0 + round(y / north), wrap_lon_e7(lon0 + round(x / east))) for x, y in forward]
    # What is left of a stretch may be less than the unit of places.
    kept = [place for place, before in zip(placed, [None, *placed], strict=False) if place != before]
    kept = kept if len(kept) > 1 else [placed[0], placed[-1]]
    return [lat for lat, _ in kept], [lon for _, lon in kept]


def _directions(
    lat_e7: Sequence[int], lon_e7: Sequence[int], east: Sequence[float], north: Sequence[float]
) -> list[tuple[float, float]]:
    """Unit vectors of the stretches; one without length takes its predecessor's, at the start its successor's."""
    found: list[tuple[float, float] | None] = []
    for i in range(len(lat_e7) - 1):
        dx, dy = wrap_lon_e7(lon_e7[i + 1] - lon_e7[i]) * east[i], (lat_e7[i + 1] - lat_e7[i]) * north[i]
        length = math.hypot(dx, dy)
        found.append((dx / length, dy / length) if length > 0.0 else found[-1] if found else None)
    first = next((d for d in found if d is not None), (1.0, 0.0))
    return [first if d is None else d for d in found]


def _across(before: tuple[float, float], after: tuple[float, float]) -> tuple[float, float]:
    """Bisector to the left of a corner, lengthened by 1 / cos(half the turn), at most MITER_MAX."""
    x, y = before[0] + after[0], before[1] + after[1]
    length = math.hypot(x, y)
    if length < 2.0 / MITER_MAX:
        if length < 1e-6:
            return -before[0] * MITER_MAX, -before[1] * MITER_MAX  # back on itself: as in the sharpest turn to the left
        return -y / length * MITER_MAX, x / length * MITER_MAX
    return -y / length * (2.0 / length), x / length * (2.0 / length)


_Point = tuple[float, float]


def _forward_only(points: list[_Point], along: list[_Point]) -> list[_Point]:
    """Takes out stretches that run against the road; ends stay where they are.

    Each pass takes out the worst stretch: its neighbours are prolonged to where they meet, or, where they do not
    meet between their far ends, its two vertices become their middle.
    """
    while len(along) > 1:
        worst, worst_m = -1, _BACKWARDS_M
        for i, (dx, dy) in enumerate(along):
            step_m = (points[i + 1][0] - points[i][0]) * dx + (points[i + 1][1] - points[i][1]) * dy
            if step_m < worst_m:
                worst, worst_m = i, step_m
        if worst < 0:
            break
        if worst == 0:
            del points[1]
        elif worst == len(along) - 1:
            del points[worst]
        else:
            points[worst : worst + 2] = [_joint(points[worst - 1 : worst + 3], along[worst - 1], along[worst + 1])]
        del along[worst]
        if worst == 0:
            along[0] = _unit(points[0], points[1], along[0])
        elif worst == len(along):
            along[-1] = _unit(points[-2], points[-1], along[-1])
    return points


def _leads_back(points: Sequence[_Point], chord: Sequence[_Point]) -> bool:
    (ax, ay), (bx, by) = points
    (cx, cy), (dx, dy) = chord
    return (bx - ax) * (dx - cx) + (by - ay) * (dy - cy) <= 0.0


def _beside_chord(road: RoadLine, first: int, last: int, start_m: float, end_m: float) -> list[_Point] | None:
    """The chord of a stretch, moved to the left: what is left of a road shorter than its corners are wide."""
    x = wrap_lon_e7(road.lon_e7[last] - road.lon_e7[first]) * road.east_m_per_e7[first]
    y = (road.lat_e7[last] - road.lat_e7[first]) * road.north_m_per_e7[first]
    length = math.hypot(x, y)
    if length <= 0.0:
        return None  # a loop smaller than the offset
    left_x, left_y = -y / length, x / length
    return [(left_x * start_m, left_y * start_m), (x + left_x * end_m, y + left_y * end_m)]


def _joint(around: Sequence[_Point], before: _Point, after: _Point) -> _Point:
    """Where the stretches before and after meet; the middle of the two inner points where that is not between."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = around
    middle = (bx + cx) / 2.0, (by + cy) / 2.0
    cross = before[0] * after[1] - before[1] * after[0]
    if abs(cross) < 0.05:
        return middle
    u = ((cx - ax) * after[1] - (cy - ay) * after[0]) / cross
    x, y = ax + u * before[0], ay + u * before[1]
    ahead = (x - ax) * before[0] + (y - ay) * before[1] > 0.0 and (dx - x) * after[0] + (dy - y) * after[1] > 0.0
    return (x, y) if ahead else middle


def _unit(a: _Point, b: _Point, otherwise: _Point) -> _Point:
    x, y = b[0] - a[0], b[1] - a[1]
    length = math.hypot(x, y)
    # The joined stretch must still lead roughly where the road leads.
    if x * otherwise[0] + y * otherwise[1] < _BACKWARDS_M:
        return otherwise
    return x / length, y / length
