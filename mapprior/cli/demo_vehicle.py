"""A made-up vehicle for the demo: drives links that are given and says what its sensors would say.

Satellite fixes have a slowly wandering error; inside a tunnel there is none, only the odometer, which is a little off.
How fast to go is told by whoever plans; how it gets there is `client/pace.py`. Knows nothing of horizons.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from mapprior.client.pace import Pace
from mapprior.geo.frame import metres_per_e7
from mapprior.geo.units import US_PER_SEC, wrap_rad
from mapprior.model.link import Link
from mapprior.model.pose import Pose

FIX_SIGMA_M: Final = 2.0
FIX_WANDER_SEC: Final = 20.0  # how long the error of fixes remembers itself
HEADING_SIGMA_RAD: Final = 0.02
ODOMETER_RATIO: Final = 1.003


@dataclass(frozen=True, slots=True)
class Moment:
    """What the sensors say, and the truth behind it."""

    pose: Pose
    link: Link
    distance_m: float  # driven since the start of the drive
    speed_mps: float


class Road:
    """Links in driving order, from an offset on the first to an offset on the last."""

    def __init__(self, links: Sequence[Link], *, first_offset_m: float, last_offset_m: float) -> None:
        self._links = links
        lengths_m = [link.line.length_m for link in links]
        self._starts_m = [0.0, *accumulate(lengths_m[:-1])]
        self._first_offset_m = first_offset_m
        self.length_m = self._starts_m[-1] + last_offset_m - first_offset_m

    def at(self, distance_m: float) -> tuple[Link, float]:
        """(link, metres on its line) after a distance; clamped to the road's ends."""
        along_m = self._first_offset_m + min(max(distance_m, 0.0), self.length_m)
        index = bisect_right(self._starts_m, along_m) - 1
        link = self._links[index]
        return link, min(along_m - self._starts_m[index], link.line.length_m)

    def heading_rad(self, distance_m: float) -> float:
        link, offset_m = self.at(distance_m)
        return link.line.heading_at(offset_m)


class Vehicle:
    """Stands at the start of the road; every `step` is one interval of the drive. The error of its fixes is seeded."""

    def __init__(self, road: Road, *, rate_hz: float, start_time_us: int, seed: int) -> None:
        self._road = road
        self._pace = Pace(road.heading_rad, length_m=road.length_m)
        self._interval_sec = 1.0 / rate_hz
        self._time_us = start_time_us
        self._chance = random.Random(seed)
        self._keep_ratio = math.exp(-self._interval_sec / FIX_WANDER_SEC)
        self._east_m, self._north_m = (self._chance.gauss(0.0, FIX_SIGMA_M) for _ in range(2))

    @property
    def arrived(self) -> bool:
        return self._pace.has_arrived

    def step(self, planned_mps: float) -> Moment:
        """Drives one interval towards the planned speed and tells what is measured at its end."""
        self._pace.step(planned_mps, elapsed_sec=self._interval_sec)
        self._time_us += round(self._interval_sec * US_PER_SEC)
        self._wander()
        link, offset_m = self._road.at(self._pace.distance_m)
        return Moment(self._measured(link, offset_m), link, self._pace.distance_m, self._pace.speed_mps)

    def _wander(self) -> None:
        fresh_m = FIX_SIGMA_M * math.sqrt(1.0 - self._keep_ratio**2)
        self._east_m = self._east_m * self._keep_ratio + self._chance.gauss(0.0, fresh_m)
        self._north_m = self._north_m * self._keep_ratio + self._chance.gauss(0.0, fresh_m)

    def _measured(self, link: Link, offset_m: float) -> Pose:
        odometer_m = self._pace.distance_m * ODOMETER_RATIO
        if link.tunnel:
            return Pose(self._time_us, speed_mps=self._pace.speed_mps, travelled_m=odometer_m)
        lat_e7, lon_e7 = link.line.lat_lon_e7_at(offset_m)
        east_per_e7, north_per_e7 = metres_per_e7(lat_e7)
        heading_rad = link.line.heading_at(offset_m) + self._chance.gauss(0.0, HEADING_SIGMA_RAD)
        return Pose(
            self._time_us,
            lat_e7=lat_e7 + self._north_m / north_per_e7,
            lon_e7=lon_e7 + self._east_m / east_per_e7,
            heading_rad=wrap_rad(heading_rad),
            speed_mps=self._pace.speed_mps,
            position_sigma_m=FIX_SIGMA_M * 1.5,
            heading_sigma_rad=HEADING_SIGMA_RAD * 2.0,
            travelled_m=odometer_m,
        )
