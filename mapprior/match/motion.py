"""How far the vehicle came since the last pose, and where it points. Knows no map."""

import math
from typing import Final

from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7, metres_per_e7
from mapprior.match.settings import MatchSettings
from mapprior.model.pose import Pose

_SPEED_MPS_MAX: Final = 150.0
_ODOMETER_SLACK_M: Final = 10.0
_STATED_SPEED_DT_MS_MAX: Final = 5_000  # a speed says little about a longer interval
# By how much a distance is wrong in the same way all along, one standard deviation: tyres that wear, a speed that is
# told a little high. Working figures.
_ODOMETER_SCALE: Final = 0.01
_SPEED_SCALE: Final = 0.03
_COURSE_DISTANCE_M_MIN: Final = 10.0
_COURSE_SIGMA_RAD_MIN: Final = 0.3
_TOWN_SPEED_MPS: Final = 14.0
_BLIND_SIGMA_MPS_MIN: Final = 1.0  # of a vehicle of which neither fix nor speed is known
_PACE_SIGMA_MPS: Final = 1.5  # by which a pace may change from fix to fix
_PACE_MPS_MAX: Final = 60.0
_SCALE_STALE_E7: Final = 500_000  # 0.05 degrees: the scale is off by less than 2e-3


class Motion:
    """The newest step, after `advance`. Distances are signed: negative where the vehicle drives backwards."""

    __slots__ = (
        "_anchor_lat_e7",
        "_anchor_lon_e7",
        "_anchor_time_us",
        "_east_m_per_e7",
        "_fix_lat_e7",
        "_fix_lon_e7",
        "_north_m_per_e7",
        "_scale_lat_e7",
        "_settings",
        "_speed_mps",
        "_time_us",
        "_told_mps",
        "_travelled_m",
        "_used_lat_e7",
        "_used_lon_e7",
        "blind_ms",
        "course_is_derived",
        "distance_m",
        "dt_ms",
        "heading_rad",
        "heading_sigma_rad",
        "is_known",
        "pace_mps",
        "since_fix_m",
        "since_fix_ms",
        "variance_m2",
    )

    def __init__(self, settings: MatchSettings) -> None:
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """As before the first pose."""
        self._time_us: int | None = None
        self._travelled_m: float | None = None
        self._speed_mps: float | None = None
        self._told_mps: float | None = None  # the speed known last, while no fix came since it was lost
        self.pace_mps = 0.0
        self._fix_lat_e7: float | None = None
        self._fix_lon_e7 = 0.0
        self._used_lat_e7: float | None = None  # the last fix that was taken as evidence
        self._used_lon_e7 = 0.0
        self._anchor_lat_e7: float | None = None
        self._anchor_lon_e7 = 0.0
        self._anchor_time_us = 0
        self._scale_lat_e7 = math.inf
        self._east_m_per_e7 = self._north_m_per_e7 = 0.0
        self.dt_ms = 0.0
        self.distance_m = 0.0
        self.variance_m2 = 0.0
        self.is_known = False  # by odometer or speed
        self.heading_rad: float | None = None  # only where the vehicle moves
        self.heading_sigma_rad = 0.0
        self.course_is_derived = False  # from two fixes, so it counts once
        self.since_fix_m = 0.0  # driven from the last fix taken as evidence to this pose
        self.since_fix_ms = 0.0
        self.blind_ms = 0.0  # without fix, odometer and speed

    def advance(self, pose: Pose, sigma_m: float) -> None:
        """Take the next pose, whose fix, if any, has this 1-sigma."""
        time_us = pose.pose_time_us
        self.dt_ms = 0.0 if self._time_us is None else (time_us - self._time_us) * 1e-3
        self._time_us = time_us
        speed = pose.speed_mps
        if speed is not None and speed > 0.0 and pose.reverse:
            speed = -speed
        self._measure_distance(pose, speed)
        self._travelled_m = pose.travelled_m
        self._speed_mps = speed
        self.since_fix_ms += self.dt_ms
        self.since_fix_m += abs(self.distance_m)
        if pose.lat_e7 is not None and pose.lon_e7 is not None and not self.is_known:
            self._distance_of_fixes(pose.lat_e7, pose.lon_e7, sigma_m)
        self._point(pose, speed)
        if pose.lat_e7 is not None and pose.lon_e7 is not None:
            if pose.heading_rad is None or not self.is_known:
                self._follow_fixes(pose, pose.lat_e7, pose.lon_e7, sigma_m)
            self._fix_lat_e7, self._fix_lon_e7 = pose.lat_e7, pose.lon_e7

    def fix_used(self) -> None:
        """The pose's fix has been taken as evidence."""
        self._used_lat_e7, self._used_lon_e7 = self._fix_lat_e7, self._fix_lon_e7
        self.since_fix_m = self.since_fix_ms = self.blind_ms = 0.0

    def _measure_distance(self, pose: Pose, speed: float | None) -> None:
        dt_ms, before = self.dt_ms, self._travelled_m
        self.is_known = True
        if before is not None and pose.travelled_m is not None:
            driven = pose.travelled_m - before
            if 0.0 <= driven <= _SPEED_MPS_MAX * dt_ms * 1e-3 + _ODOMETER_SLACK_M:
                backwards = pose.reverse or (speed is not None and speed < 0.0)
                self.distance_m = -driven if backwards else driven
                self.variance_m2 = (0.02 * driven) ** 2 + 0.01 * driven + 0.0005
                self.variance_m2 += self._same_way_m2(_ODOMETER_SCALE)
                self.blind_ms = 0.0
                if dt_ms > 0.0:
                    self._told_mps = self.distance_m / (dt_ms * 1e-3)
                return
        if speed is not None and dt_ms <= _STATED_SPEED_DT_MS_MAX:
            mean = speed if self._speed_mps is None else 0.5 * (speed + self._speed_mps)
            self.distance_m = mean * dt_ms * 1e-3
            self.variance_m2 = (0.1 * self.distance_m) ** 2 + 0.01 + self._same_way_m2(_SPEED_SCALE)
            self.blind_ms = 0.0
            self._told_mps = speed
            return
        self.is_known = False
        before_ms = self.blind_ms
        self.blind_ms += dt_ms
        pace = self._told_mps if self._told_mps is not None else self.pace_mps
        coasts = self.blind_ms <= self._settings.coast_without_motion_ms_max
        self.distance_m = pace * dt_ms * 1e-3 if coasts else 0.0
        # The speed is wrong in the same way from pose to pose: its error adds up however many poses there are.
        spread_mps = max(_BLIND_SIGMA_MPS_MIN, abs(pace) * (0.5 if coasts else 1.0))
        self.variance_m2 = spread_mps**2 * (self.blind_ms**2 - before_ms**2) * 1e-6

    def _same_way_m2(self, scale: float) -> float:
        """What this step adds to the square of an error that grows with the whole way since the last fix, beyond that
        of the step by itself: 2 km in a thousand steps are as wrong as 2 km in one. Nothing where each pose has a fix.
        """
        return 2.0 * scale * scale * self.since_fix_m * abs(self.distance_m)

    def _distance_of_fixes(self, lat_e7: float, lon_e7: float, sigma_m: float) -> None:
        """Two fixes tell a distance only as far as it exceeds their noise; between, the pace so far goes on."""
        if self._fix_lat_e7 is None:
            self.distance_m = self.variance_m2 = 0.0
            return
        self._told_mps = None  # the fixes know better
        gone = math.hypot(*self._offset_m(lat_e7, lon_e7, self._fix_lat_e7, self._fix_lon_e7))
        since_m, used = gone, (self._used_lat_e7, self._used_lon_e7)
        if self._used_lat_e7 is not None and used != (self._fix_lat_e7, self._fix_lon_e7):
            since_m = math.hypot(*self._offset_m(lat_e7, lon_e7, self._used_lat_e7, self._used_lon_e7))
        # Noise moves fixes too: no more counts as driven than a car in town would have.
        self.since_fix_m = min(since_m, _TOWN_SPEED_MPS * self.since_fix_ms * 1e-3)
        least, most = max(0.0, gone - 3.0 * sigma_m), 1.5 * gone + 3.0 * sigma_m
        dt_sec = self.dt_ms * 1e-3
        self.distance_m = min(most, max(least, self.pace_mps * dt_sec))
        self.variance_m2 = (0.2 * self.distance_m) ** 2 + (_PACE_SIGMA_MPS * dt_sec) ** 2

    def pace_is(self, speed_mps: float) -> None:
        """What the map says of the speed."""
        if not self.is_known and self.dt_ms > 0.0:
            self.pace_mps = min(_PACE_MPS_MAX, max(0.0, speed_mps))

    def _point(self, pose: Pose, speed: float | None) -> None:
        self.course_is_derived = False
        if speed is not None:
            pace = speed if speed >= 0.0 else -speed
        elif self.is_known and self.dt_ms > 0.0:
            pace = abs(self.distance_m) / (self.dt_ms * 1e-3)
        else:
            pace = self.pace_mps
        if pose.heading_rad is None or pace < self._settings.heading_speed_mps_min:
            self.heading_rad = None
            return
        self.heading_rad = pose.heading_rad
        least = self._settings.heading_sigma_rad
        sigma = pose.heading_sigma_rad
        self.heading_sigma_rad = least if sigma is None or sigma < least else sigma

    def _follow_fixes(self, pose: Pose, lat_e7: float, lon_e7: float, sigma_m: float) -> None:
        """Pace, and course where the pose has no heading, from fixes far enough apart."""
        time_us = pose.pose_time_us
        if self._anchor_lat_e7 is None:
            self._anchor_lat_e7, self._anchor_lon_e7, self._anchor_time_us = lat_e7, lon_e7, time_us
            return
        east_m, north_m = self._offset_m(lat_e7, lon_e7, self._anchor_lat_e7, self._anchor_lon_e7)
        gone = math.hypot(east_m, north_m)
        if gone < max(_COURSE_DISTANCE_M_MIN, 4.0 * sigma_m):
            return
        if self.pace_mps == 0.0:  # from here on the map corrects it
            self.pace_mps = min(_PACE_MPS_MAX, gone / max(0.1, (time_us - self._anchor_time_us) * 1e-6))
        self._anchor_lat_e7, self._anchor_lon_e7, self._anchor_time_us = lat_e7, lon_e7, time_us
        slow = pose.speed_mps is not None and abs(pose.speed_mps) < self._settings.heading_speed_mps_min
        if pose.heading_rad is not None or slow:
            return
        # A course is where the vehicle goes; its heading is where it looks.
        course_rad = math.atan2(north_m, east_m)
        self.heading_rad = course_rad + math.pi if self.distance_m < 0.0 else course_rad
        # A chord over a long way is not the tangent at its end.
        self.heading_sigma_rad = _COURSE_SIGMA_RAD_MIN + 1.4 * sigma_m / gone + gone / 200.0
        self.course_is_derived = True

    def _offset_m(self, lat_e7: float, lon_e7: float, from_lat_e7: float, from_lon_e7: float) -> tuple[float, float]:
        if abs(lat_e7 - self._scale_lat_e7) > _SCALE_STALE_E7:
            self._east_m_per_e7, self._north_m_per_e7 = metres_per_e7(round(lat_e7))
            self._scale_lat_e7 = lat_e7
        dlon = lon_e7 - from_lon_e7
        if dlon >= HALF_TURN_E7:
            dlon -= FULL_TURN_E7
        elif dlon < -HALF_TURN_E7:
            dlon += FULL_TURN_E7
        return dlon * self._east_m_per_e7, (lat_e7 - from_lat_e7) * self._north_m_per_e7
