"""The one owner of arc length: a polyline in its own local frame.

Plain tuples of floats, not arrays: in steady driving one to three short lines are projected per pose,
where Python floats beat numpy about threefold (measured).
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from mapprior.geo.frame import LocalFrame


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Projection:
    """Nearest place of a line to a point."""

    s_m: float
    lateral_m: float  # left positive; past an end how far beside the line as it would go straight on
    distance_m: float
    segment: int

    def __init__(self, s_m: float, lateral_m: float, distance_m: float, segment: int) -> None:
        self.s_m = s_m
        self.lateral_m = lateral_m
        self.distance_m = distance_m
        self.segment = segment


class Polyline:
    """An immutable line of at least two points. `s` runs from 0 to `length_m`.

    Points: `lat_e7`, `lon_e7` (1e-7 degrees). Local metres `x_m`, `y_m` are around the first point.
    Segments of length zero are allowed and carry the heading of their predecessor.
    """

    __slots__ = ("frame", "heading_rad", "lat_e7", "length_m", "lon_e7", "s_m", "x_m", "y_m")

    def __init__(self, lat_e7: Sequence[int], lon_e7: Sequence[int], *, points_only: bool = False) -> None:
        """`points_only`: for who only writes them down; nothing else of the line may be asked for."""
        if len(lat_e7) != len(lon_e7) or len(lat_e7) < 2:
            raise ValueError(f"a polyline takes two or more points, got {len(lat_e7)} lat and {len(lon_e7)} lon")
        self.lat_e7 = tuple(lat_e7)
        self.lon_e7 = tuple(lon_e7)
        if points_only:
            return
        self.frame = LocalFrame(lat0_e7=lat_e7[0], lon0_e7=lon_e7[0])
        points = [self.frame.xy_m(lat_e7=lat, lon_e7=lon) for lat, lon in zip(lat_e7, lon_e7, strict=True)]
        self.x_m = tuple(x for x, _ in points)
        self.y_m = tuple(y for _, y in points)
        s = [0.0]
        headings: list[float] = []
        for i in range(len(points) - 1):
            dx, dy = self.x_m[i + 1] - self.x_m[i], self.y_m[i + 1] - self.y_m[i]
            step = math.hypot(dx, dy)
            s.append(s[-1] + step)
            headings.append(math.atan2(dy, dx) if step > 0.0 or not headings else headings[-1])
        self.s_m = tuple(s)
        self.heading_rad = tuple(headings)
        self.length_m = s[-1]

    def project(self, x_m: float, y_m: float) -> Projection:
        """Nearest place to a local point. Past an end it is the end: how far past is in `distance_m` alone."""
        xs, ys, ss = self.x_m, self.y_m, self.s_m
        best_d2 = math.inf
        best_i, best_t, best_cross = 0, 0.0, 0.0
        for i in range(len(xs) - 1):
            ax, ay = xs[i], ys[i]
            dx, dy = xs[i + 1] - ax, ys[i + 1] - ay
            px, py = x_m - ax, y_m - ay
            len2 = dx * dx + dy * dy
            t = (px * dx + py * dy) / len2 if len2 > 0.0 else 0.0
            t = 0.0 if t < 0.0 else 1.0 if t > 1.0 else t
            ex, ey = px - t * dx, py - t * dy
            d2 = ex * ex + ey * ey
            if d2 < best_d2:
                best_d2, best_i, best_t, best_cross = d2, i, t, dx * py - dy * px
        distance = math.sqrt(best_d2)
        step = ss[best_i + 1] - ss[best_i]
        s = ss[best_i] + best_t * step
        beside = distance
        if step > 0.0 and ((best_t <= 0.0 and s <= 0.0) or (best_t >= 1.0 and ss[best_i + 1] >= self.length_m)):
            beside = min(distance, abs(best_cross) / step)
        return Projection(s, beside if best_cross >= 0.0 else -beside, distance, best_i)

    def xy_at(self, s_m: float) -> tuple[float, float]:
        """Local point at arc length `s_m`, clamped to the ends."""
        i, t = self._locate(s_m)
        return (
            self.x_m[i] + t * (self.x_m[i + 1] - self.x_m[i]),
            self.y_m[i] + t * (self.y_m[i + 1] - self.y_m[i]),
        )

    def heading_at(self, s_m: float) -> float:
        """Heading of the segment at `s_m`; at a vertex that of the segment that begins there."""
        return self.heading_rad[self._locate(s_m)[0]]

    def lat_lon_e7_at(self, s_m: float) -> tuple[int, int]:
        """(lat, lon) at arc length `s_m`, clamped to the ends; a vertex comes back exactly."""
        i, t = self._locate(s_m)
        if t <= 0.0:
            return self.lat_e7[i], self.lon_e7[i]
        if t >= 1.0:
            return self.lat_e7[i + 1], self.lon_e7[i + 1]
        return self.frame.lat_lon_e7(*self.xy_at(s_m))

    def reversed(self) -> "Polyline":
        """The same line driven the other way."""
        return Polyline(self.lat_e7[::-1], self.lon_e7[::-1])

    def _locate(self, s_m: float) -> tuple[int, float]:
        if s_m <= 0.0:
            return 0, 0.0
        if s_m >= self.length_m:
            return len(self.x_m) - 2, 1.0
        i = min(bisect_right(self.s_m, s_m) - 1, len(self.x_m) - 2)
        step = self.s_m[i + 1] - self.s_m[i]
        return i, (s_m - self.s_m[i]) / step if step > 0.0 else 0.0
