"""A simulated vehicle on a route: keeps to the limit it is told, slows for bends, and says what sensors would say.

For trying a server out without a recorded drive. Fixes are exact; a recorded trace shows what noise does.
"""

from mapprior.client.pace import Pace
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import US_PER_SEC
from mapprior.model.pose import Pose
from mapprior.wire.routes import RouteAnswer


class RouteVehicle:
    """Moves along the route's line, from rest. `wished_mps` is what it drives at where no limit is known."""

    def __init__(self, route: RouteAnswer, *, wished_mps: float, start_time_us: int) -> None:
        self._line = Polyline(route.lat_e7, route.lon_e7)
        self._pace = Pace(self._line.heading_at, length_m=self._line.length_m)
        self._wished_mps = wished_mps
        self._time_us = start_time_us

    @property
    def has_arrived(self) -> bool:
        return self._pace.has_arrived

    def step(self, *, interval_us: int, limit_mps: float | None) -> Pose:
        """The pose after driving on for an interval under a limit; None: no limit is known."""
        planned_mps = self._wished_mps if limit_mps is None else limit_mps
        self._pace.step(planned_mps, elapsed_sec=interval_us / US_PER_SEC)
        self._time_us += interval_us
        return self.pose()

    def pose(self) -> Pose:
        """Where it is now; at the end of the line once it has arrived."""
        distance_m = min(self._pace.distance_m, self._line.length_m)
        lat_e7, lon_e7 = self._line.lat_lon_e7_at(distance_m)
        return Pose(
            self._time_us,
            lat_e7=float(lat_e7),
            lon_e7=float(lon_e7),
            heading_rad=self._line.heading_at(distance_m),
            speed_mps=self._pace.speed_mps,
            position_sigma_m=1.0,
            heading_sigma_rad=0.03,
            travelled_m=distance_m,
        )
