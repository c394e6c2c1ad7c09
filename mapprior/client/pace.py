"""How fast a simulated vehicle goes: towards the speed that is planned, within comfort, and slow enough for every bend.

Knows a road as a length and a heading along it, nothing else. All times are those of the drive, however fast it is
shown.
"""

import math
from collections.abc import Callable
from typing import Final

from mapprior.geo.units import wrap_rad

STEP_M: Final = 5.0  # between the places at which bends are looked up
BEND_LENGTH_M: Final = 30.0
ACCELERATION_MPS2_MAX: Final = 1.5
BRAKING_MPS2_MAX: Final = 2.0
BRAKING_BEFORE_BENDS_MPS2: Final = 1.5  # less than the most, so that bends looked up in steps are still met in time
SIDEWAYS_MPS2_MAX: Final = 2.5
SPEED_MPS_MIN: Final = 3.0  # in the tightest bend


class Pace:
    """Stands at the start of a road and moves along it, one `step` after the other."""

    def __init__(self, heading_rad_at: Callable[[float], float], *, length_m: float) -> None:
        """`heading_rad_at`: by metres from the start; asked a little beyond both ends."""
        self._length_m = length_m
        self._bend_mps = _bend_speeds_mps(heading_rad_at, length_m)
        self.distance_m = 0.0
        self.speed_mps = 0.0

    @property
    def has_arrived(self) -> bool:
        return self.distance_m >= self._length_m

    def step(self, planned_mps: float, *, elapsed_sec: float) -> None:
        """Drives on for a time, towards the planned speed or what the bends ahead allow if that is less."""
        next_step = min(len(self._bend_mps) - 1, int(self.distance_m / STEP_M) + 1)
        change_mps = min(planned_mps, self._bend_mps[next_step]) - self.speed_mps
        self.speed_mps += max(-BRAKING_MPS2_MAX * elapsed_sec, min(ACCELERATION_MPS2_MAX * elapsed_sec, change_mps))
        self.distance_m += self.speed_mps * elapsed_sec


def bend_per_m(heading_rad_at: Callable[[float], float], distance_m: float) -> float:
    """Change of heading per metre, seen over BEND_LENGTH_M around the place."""
    before_rad, after_rad = (heading_rad_at(distance_m + side * BEND_LENGTH_M) for side in (-0.5, 0.5))
    return abs(wrap_rad(after_rad - before_rad)) / BEND_LENGTH_M


def _bend_speeds_mps(heading_rad_at: Callable[[float], float], length_m: float) -> list[float]:
    """The highest speed for every STEP_M of the road that its bends allow, with room to brake before them."""
    speeds = []
    for step in range(math.ceil(length_m / STEP_M) + 1):
        bend = bend_per_m(heading_rad_at, step * STEP_M)
        in_bend_mps = math.sqrt(SIDEWAYS_MPS2_MAX / bend) if bend > 1e-6 else math.inf
        speeds.append(max(SPEED_MPS_MIN, in_bend_mps))
    for step in range(len(speeds) - 2, -1, -1):
        speeds[step] = min(speeds[step], math.sqrt(speeds[step + 1] ** 2 + 2.0 * BRAKING_BEFORE_BENDS_MPS2 * STEP_M))
    return speeds
