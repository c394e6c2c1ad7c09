"""A simulated vehicle on a route: keeps to the limit it is told, slows for bends, and says what sensors would say.

For trying a server out without a recorded drive. Fixes are exact; a recorded trace shows what noise does.
"""

import math
from typing import Final

from mapprior.geo.polyline import Polyline
from mapprior.geo.units import US_PER_SEC, wrap_rad
from mapprior.model.pose import Pose
from mapprior.wire.routes import RouteAnswer

ACCELERATION_MPS2: Final = 1.5
SIDEWAYS_MPS2_MAX: Final = 2.5
SPEED_MPS_MIN: Final = 3.0
BEND_LENGTH_M: Final = 30.0


class RouteVehicle:
    """Moves along the route's line. `wished_mps` is what it drives at where no limit is known."""

    def __init__(self, route: RouteAnswer, *, wished_mps: float, start_time_us: int) -> None:
        self._line = Polyline(route.lat_e7, route.lon_e7)
        self._wished_mps = wished_mps
        self._time_us = start_time_us
        self._distance_m = 0.0
        self._speed_mps = SPEED_MPS_MIN

    @property
    def has_arrived(self) -> bool:
        return self._distance_m >= self._line.length_m

    def step(self, *, interval_us: int, limit_mps: float | None) -> Pose:
        """The pose after driving on for an interval under a limit; None: no limit is known."""
        elapsed_sec = interval_us / US_PER_SEC
        wished = min(self._wished_mps if limit_mps is None else limit_mps, self._bend_speed_mps())
        change = ACCELERATION_MPS2 * elapsed_sec
        faster, slower = self._speed_mps + change, self._speed_mps - 2.0 * change
        self._speed_mps = max(SPEED_MPS_MIN, min(faster, max(slower, wished)))
        self._distance_m = min(self._line.length_m, self._distance_m + self._speed_mps * elapsed_sec)
        self._time_us += interval_us
        return self.pose()

    def pose(self) -> Pose:
        """Where it is now."""
        lat_e7, lon_e7 = self._line.lat_lon_e7_at(self._distance_m)
        return Pose(
            self._time_us,
            lat_e7=float(lat_e7),
            lon_e7=float(lon_e7),
            heading_rad=self._line.heading_at(self._distance_m),
            speed_mps=self._speed_mps,
            position_sigma_m=1.0,
            heading_sigma_rad=0.03,
            travelled_m=self._distance_m,
        )

    def _bend_speed_mps(self) -> float:
        """Speed at which the bend ahead takes no more than a comfortable sideways acceleration."""
        here, ahead = (self._line.heading_at(self._distance_m + d) for d in (0.0, BEND_LENGTH_M))
        bend_per_m = abs(wrap_rad(ahead - here)) / BEND_LENGTH_M
        return math.sqrt(SIDEWAYS_MPS2_MAX / bend_per_m) if bend_per_m > 1e-6 else math.inf
