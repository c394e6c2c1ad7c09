"""How far a path turns where it leaves another: by chords over the last 20 m before and the first 20 m after.

Chords, since the first metres of a link often point elsewhere, and over as many links as it takes: before along what
was driven there, as far as that is known, after along the path's own links, as far as it is laid;
never past a place where one turns round and goes back over the same link.
"""

from collections.abc import Iterable
from math import atan2, nan
from typing import Final

from mapprior.geo.polyline import Polyline
from mapprior.geo.units import wrap_rad

ANGLE_CHORD_M: Final = 20.0
BACK_MRAD: Final = 3142


def turn_angle_mrad(before: Iterable[Polyline], after: Iterable[Polyline]) -> int:
    """The lines before, the last one first, and those after, in order; no more of them are taken than count."""
    return bend_mrad(arriving_rad(before), leaving_rad(after))


def bend_mrad(arriving_rad: float, leaving_rad: float) -> int:
    """Left positive, in (-pi, pi]; the way straight back is +pi, whatever rounding makes of it. 0 where one of the
    headings is nan."""
    if arriving_rad != arriving_rad or leaving_rad != leaving_rad:
        return 0
    angle_mrad = round(wrap_rad(leaving_rad - arriving_rad) * 1000.0)
    return BACK_MRAD if abs(angle_mrad) >= BACK_MRAD - 1 else angle_mrad


def is_way_back(arriving: Polyline, leaving: Polyline) -> bool:
    """Whether one goes back along the very line that arrives: what follows of it does not count then."""
    return leaving.lat_e7 == arriving.lat_e7[::-1] and leaving.lon_e7 == arriving.lon_e7[::-1]


def arriving_rad(lines: Iterable[Polyline]) -> float:
    """The heading of the chord to the end of the first of these lines, each of which follows the next one; nan for
    none."""
    return _chord_rad(lines, arriving=True)


def leaving_rad(lines: Iterable[Polyline]) -> float:
    """The heading of the chord from the start of the first of these lines, each followed by the next one; nan for
    none."""
    return _chord_rad(lines, arriving=False)


def _chord_rad(lines: Iterable[Polyline], *, arriving: bool) -> float:
    """In driving direction, over lines that come one farther from the node after the other."""
    heading_rad, left_m = nan, ANGLE_CHORD_M
    node_e7: tuple[int, int] | None = None
    nearer: Polyline | None = None
    for line in lines:
        if nearer is not None and is_way_back(nearer, line):
            break
        nearer = line
        if node_e7 is None:
            node = -1 if arriving else 0
            node_e7 = line.lat_e7[node], line.lon_e7[node]
        node_x_m, node_y_m = line.frame.xy_m(lat_e7=node_e7[0], lon_e7=node_e7[1])
        if arriving:
            x_m, y_m = line.xy_at(line.length_m - left_m)
            heading_rad = atan2(node_y_m - y_m, node_x_m - x_m)
        else:
            x_m, y_m = line.xy_at(left_m)
            heading_rad = atan2(y_m - node_y_m, x_m - node_x_m)
        left_m -= line.length_m
        if left_m <= 0.0:
            break
    return heading_rad
