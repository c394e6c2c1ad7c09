"""The one owner of unit factors and angle conventions."""

import math
from typing import Final

KMH_PER_MPS: Final = 3.6
MPS_PER_KMH: Final = 1.0 / 3.6
MPS_PER_MPH: Final = 0.44704  # exact: 1609.344 m / 3600 s
MPS_PER_KNOT: Final = 1852.0 / 3600.0  # exact
METRES_PER_FOOT: Final = 0.3048  # exact
METRES_PER_INCH: Final = 0.0254  # exact
E7: Final = 10_000_000
US_PER_SEC: Final = 1_000_000


def nearest(x: float) -> int:
    """The nearest whole number, half to even: what `round` says, without going through it for every pose."""
    below = math.floor(x)
    over = x - below
    if over == 0.5:
        return below + below % 2
    return below + 1 if over > 0.5 else below


def wrap_rad(angle_rad: float) -> float:
    """The same angle in [-pi, pi)."""
    return (angle_rad + math.pi) % math.tau - math.pi


def heading_rad_from_bearing_deg(bearing_deg: float) -> float:
    """Compass bearing (clockwise from North) as heading (counter-clockwise from East), in [-pi, pi)."""
    return wrap_rad(math.radians(90.0 - bearing_deg))


def e7(degrees: float) -> int:
    """Degrees as whole 1e-7 degrees, half to even."""
    return round(degrees * E7)


def cm(metres: float) -> int:
    """Metres as whole centimetres, half to even."""
    return round(metres * 100.0)
