"""How long a line of points is, without the cost of a line."""

import math
from collections.abc import Sequence

from mapprior.geo.frame import HALF_TURN_E7, metres_per_e7, wrap_lon_e7


def length_m(lat_e7: Sequence[int], lon_e7: Sequence[int]) -> float:
    """What `Polyline.length_m` would be: length in the frame of the first point."""
    east, north = metres_per_e7(lat_e7[0])
    total_m = 0.0
    for lat_a, lat_b, lon_a, lon_b in zip(lat_e7, lat_e7[1:], lon_e7, lon_e7[1:], strict=False):
        dlon = lon_b - lon_a
        if not -HALF_TURN_E7 <= dlon < HALF_TURN_E7:
            dlon = wrap_lon_e7(dlon)
        total_m += math.hypot(dlon * east, (lat_b - lat_a) * north)
    return total_m
