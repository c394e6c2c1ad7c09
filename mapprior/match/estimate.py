"""How far along its road a vehicle is, with what the receiver's error makes of it: a small Kalman filter.

State: the offset `s` on a line, the speed along it, and the receiver's drift: the part of its error that stays
from fix to fix, along and across the line. A drift is not seen apart from the offset on a straight road, and is
once the road bends: what was across before is along now. So a filter that keeps it knows after each bend where it is,
and takes no row of fixes with one error for a row of proofs.

The drift is a first-order Gauss-Markov process. Plain floats and slots: ten numbers of a covariance are not worth
an array (measured). Knows neither links nor maps.
"""

import math
from typing import Final

from mapprior.geo.units import wrap_rad

_BACK_MPS: Final = 1.0  # that noise alone may make of standing still
_BACK_EVIDENCE_MAX: Final = 2.0


class Estimate:
    """Mutable. Metres, metres per second; `along` and `across` (left positive) are the drift in the line's frame."""

    __slots__ = (
        "_across_across",
        "_along_across",
        "_along_along",
        "_s_across",
        "_s_along",
        "_speed_across",
        "_speed_along",
        "_speed_offset",
        "_speed_speed",
        "across_m",
        "along_m",
        "cos_heading",
        "heading_rad",
        "s_m",
        "sin_heading",
        "speed_mps",
        "variance_m2",
    )

    def __init__(self, *, s_m: float, heading_rad: float) -> None:
        self.s_m = s_m
        self.speed_mps = 0.0
        self.along_m = self.across_m = 0.0
        self.variance_m2 = 0.0  # of s
        self._speed_offset = self._speed_speed = self._speed_along = self._speed_across = 0.0
        self._s_along = self._s_across = 0.0
        self._along_along = self._along_across = self._across_across = 0.0
        self.heading_rad = heading_rad
        self.cos_heading, self.sin_heading = math.cos(heading_rad), math.sin(heading_rad)

    def seen_first(
        self, across_m: float, *, drift_m2: float, white_m2: float, variance_m2: float | None = None
    ) -> None:
        """From one fix alone, this far left of the line: the offset is as wrong as the fix, if not known better."""
        fix_m2 = drift_m2 + white_m2
        self.variance_m2 = fix_m2 if variance_m2 is None else variance_m2
        along_m2 = drift_m2 * min(1.0, self.variance_m2 / fix_m2)
        self._s_along = -along_m2
        self._along_along = along_m2
        share = drift_m2 / (drift_m2 + white_m2)
        self.across_m = across_m * share
        self._across_across = white_m2 * share

    def speed_unknown(self, speed_mps: float, variance_m2_per_sec2: float) -> None:
        """From here on the speed is estimated, from this guess."""
        self.speed_mps, self._speed_speed = speed_mps, variance_m2_per_sec2

    def as_of(self, other: "Estimate", s_m: float) -> None:
        """The same vehicle on another line, on which it is at `s_m`."""
        self.s_m = s_m
        self.speed_mps, self.along_m, self.across_m = other.speed_mps, other.along_m, other.across_m
        self.variance_m2 = other.variance_m2
        self._speed_offset, self._speed_speed = other._speed_offset, other._speed_speed
        self._speed_along, self._speed_across = other._speed_along, other._speed_across
        self._s_along, self._s_across = other._s_along, other._s_across
        self._along_along, self._along_across = other._along_along, other._along_across
        self._across_across = other._across_across
        self.heading_rad = other.heading_rad
        self.cos_heading, self.sin_heading = other.cos_heading, other.sin_heading

    @property
    def is_speed_estimated(self) -> bool:
        return self._speed_speed > 0.0

    @property
    def across_m2(self) -> float:
        """Variance of how far left of the line a fix without an error of its own would lie."""
        return self._across_across

    def forbid_backwards(self) -> float:
        """Stops where the fixes say that it goes back; how much that speaks against being here, as log-likelihood."""
        back_mps = -self.speed_mps - _BACK_MPS
        self.speed_mps = 0.0
        if back_mps <= 0.0:
            return 0.0
        return min(_BACK_EVIDENCE_MAX, 0.5 * back_mps * back_mps / max(self._speed_speed, 1e-3))

    def face_back(self) -> None:
        """The same place of the same line, driven the other way; the offset has been counted from its other end."""
        self.along_m, self.across_m = -self.along_m, -self.across_m
        self.heading_rad = wrap_rad(self.heading_rad + math.pi)
        self.cos_heading, self.sin_heading = -self.cos_heading, -self.sin_heading
        self.speed_mps = self._speed_offset = self._speed_speed = self._speed_along = self._speed_across = 0.0

    def drive(self, distance_m: float, variance_m2: float) -> None:
        """A known distance; what was thought of the speed is forgotten."""
        self.s_m += distance_m
        self.variance_m2 += variance_m2
        if self._speed_speed > 0.0:
            self._speed_offset = self._speed_speed = self._speed_along = self._speed_across = 0.0

    def go_on(self, sec: float, speed_variance_per_sec: float) -> None:
        """At the estimated speed, which changes by itself."""
        self.s_m += self.speed_mps * sec
        fresh = speed_variance_per_sec * sec
        self.variance_m2 += sec * (2.0 * self._speed_offset + sec * (self._speed_speed + fresh / 3.0))
        self._speed_offset += sec * (self._speed_speed + 0.5 * fresh)
        self._s_along += sec * self._speed_along
        self._s_across += sec * self._speed_across
        self._speed_speed += fresh

    def drift(self, keep: float, fresh_m2: float) -> None:
        """The receiver's error changes: this share of it stays, and so much variance is new, each way."""
        self.along_m *= keep
        self.across_m *= keep
        self._s_along *= keep
        self._s_across *= keep
        self._speed_along *= keep
        self._speed_across *= keep
        keep2 = keep * keep
        self._along_along = self._along_along * keep2 + fresh_m2
        self._along_across *= keep2
        self._across_across = self._across_across * keep2 + fresh_m2

    def turn(self, heading_rad: float) -> None:
        """The line points elsewhere from here on; the drift stays what it is in the world."""
        cos, sin = math.cos(heading_rad), math.sin(heading_rad)
        c = cos * self.cos_heading + sin * self.sin_heading
        s = sin * self.cos_heading - cos * self.sin_heading
        self.heading_rad, self.cos_heading, self.sin_heading = heading_rad, cos, sin
        self.along_m, self.across_m = c * self.along_m + s * self.across_m, c * self.across_m - s * self.along_m
        self._s_along, self._s_across = c * self._s_along + s * self._s_across, c * self._s_across - s * self._s_along
        along, across = self._speed_along, self._speed_across
        self._speed_along, self._speed_across = c * along + s * across, c * across - s * along
        tt, tn, nn = self._along_along, self._along_across, self._across_across
        cc, ss, cs = c * c, s * s, c * s
        self._along_along = cc * tt + 2.0 * cs * tn + ss * nn
        self._across_across = ss * tt - 2.0 * cs * tn + cc * nn
        self._along_across = (cc - ss) * tn + cs * (nn - tt)

    def see(self, ahead_m: float, left_m: float, white_m2: float, surprise_max: float) -> float:
        """A fix this far ahead and left of where offset and drift put it; its log-likelihood.

        One that is too much of a surprise, in squared sigmas, corrects nothing and makes all uncertain.
        """
        o_a, o_n = self._s_along, self._s_across
        tt, tn, nn = self._along_along, self._along_across, self._across_across
        a_o, a_t, a_n = self.variance_m2 + o_a, o_a + tt, o_n + tn  # covariance with the fix along
        aa, an, ll = a_o + a_t + white_m2, a_n, nn + white_m2
        det = aa * ll - an * an
        x, y = (ll * ahead_m - an * left_m) / det, (aa * left_m - an * ahead_m) / det
        surprise = ahead_m * x + left_m * y
        if surprise > surprise_max:
            self.variance_m2 += tt + white_m2
            self._along_along += tt + white_m2
            self._across_across += nn + white_m2
            return -0.5 * (surprise_max + math.log(det))
        i_aa, i_an, i_nn = ll / det, -an / det, aa / det
        if self._speed_speed > 0.0:
            a_v, n_v = self._speed_offset + self._speed_along, self._speed_across
            g, h = i_aa * a_v + i_an * n_v, i_an * a_v + i_nn * n_v
            self.speed_mps += a_v * x + n_v * y
            self._speed_speed -= g * a_v + h * n_v
            self._speed_offset -= g * a_o + h * o_n
            self._speed_along -= g * a_t + h * tn
            self._speed_across -= g * a_n + h * nn
        g, h = i_aa * a_o + i_an * o_n, i_an * a_o + i_nn * o_n
        self.s_m += a_o * x + o_n * y
        self.variance_m2 -= g * a_o + h * o_n
        self._s_along -= g * a_t + h * tn
        self._s_across -= g * a_n + h * nn
        self.along_m += a_t * x + tn * y
        self.across_m += a_n * x + nn * y
        g, h = i_aa * a_t + i_an * tn, i_an * a_t + i_nn * tn
        self._along_along = tt - g * a_t - h * tn
        self._along_across = tn - g * a_n - h * nn
        self._across_across = nn - (i_aa * a_n + i_an * nn) * a_n - (i_an * a_n + i_nn * nn) * nn
        return -0.5 * (surprise + math.log(det))
