"""The smoothest curve near measured points: a Kalman filter and smoother, many lines at a time.

Along a line of arc length s the state is (offset, heading, curvature): the offset's slope is the heading, the
heading's slope is the curvature, and the curvature goes straight from node to node, changing by a random step. That is
a spline of clothoids. It is fitted in one pass forward (the filter) and one back (the modified Bryson-Frazier
smoother, which inverts no matrix: G. J. Bierman, "Fixed interval smoothing with discrete measurements", 1973).

Lines lie side by side in columns, so that one operation of numpy serves them all. Only + - * / are used, which give
the same digits on every machine.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# What is known before the first point: next to nothing.
_OFFSET_VARIANCE_M2 = 100.0
_HEADING_VARIANCE_RAD2 = 1.0
_CURVATURE_VARIANCE_PER_M2 = 0.04


@dataclass(frozen=True, slots=True)
class Smoothed:
    """By node (row) and line (column). `change_per_m`, `change_variance`: of the curvature, to the next node."""

    offset_m: Floats
    heading_rad: Floats
    curvature_per_m: Floats
    offset_variance: Floats
    heading_variance: Floats
    curvature_variance: Floats
    change_per_m: Floats
    change_variance: Floats


@dataclass(slots=True)
class _Covariance:
    """Upper triangle of a symmetric 3 x 3 matrix, for every line."""

    a: Floats
    b: Floats
    d: Floats
    e: Floats
    f: Floats
    g: Floats

    def times(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        return (
            self.a * x + self.b * y + self.d * z,
            self.b * x + self.e * y + self.f * z,
            self.d * x + self.f * y + self.g * z,
        )

    def square(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """The quadratic form of a vector."""
        u, v, w = self.times(x, y, z)
        return x * u + y * v + z * w


@dataclass(slots=True)
class _Predicted:
    """State before a node's own measurement, and what the measurement says against it."""

    offset: Floats
    heading: Floats
    curvature: Floats
    cov: _Covariance
    surprise: Floats
    certainty: Floats  # 1 / variance of the surprise; 0 where nothing was measured


def smooth(step_m: Floats, measured_m: Floats, variance_m2: Floats, change: Floats, slip_m2: Floats) -> Smoothed:
    """Fits the offsets `measured_m` of N nodes (rows) on each of B lines (columns).

    `step_m`, `change` and `slip_m2` have N - 1 rows, for the way from a node to the next. `variance_m2` is infinite
    where nothing is measured. `change`: variance of the curvature's change per metre, 1/m^3. `slip_m2`: variance of a
    jump of the offset on the way.
    """
    return _backward(_forward(step_m, measured_m, variance_m2, change, slip_m2), step_m, change)


def _forward(
    step_m: Floats, measured_m: Floats, variance_m2: Floats, change: Floats, slip_m2: Floats
) -> list[_Predicted]:
    nodes_count, lines_count = measured_m.shape
    zero = np.zeros(lines_count)
    y, t, c = measured_m[0], zero, zero
    p = _Covariance(
        zero + _OFFSET_VARIANCE_M2, zero, zero, zero + _HEADING_VARIANCE_RAD2, zero, zero + _CURVATURE_VARIANCE_PER_M2
    )
    predicted = []
    for k in range(nodes_count):
        certainty, surprise = 1.0 / (p.a + variance_m2[k]), measured_m[k] - y
        predicted.append(_Predicted(y, t, c, p, surprise, certainty))
        if k == nodes_count - 1:
            break
        gain = surprise * certainty
        y, t, c = y + p.a * gain, t + p.b * gain, c + p.d * gain
        h = step_m[k]
        y, t = y + h * t + h * h / 2.0 * c, t + h * c
        p = _driven(_measured(p, certainty), h, change[k] * h)
        p.a = p.a + slip_m2[k]
    return predicted


def _measured(p: _Covariance, certainty: Floats) -> _Covariance:
    b, d = p.b * certainty, p.d * certainty
    return _Covariance(
        p.a - p.a * p.a * certainty, p.b - p.a * b, p.d - p.a * d, p.e - p.b * b, p.f - p.b * d, p.g - p.d * d
    )


def _driven(p: _Covariance, h: Floats, q: Floats) -> _Covariance:
    """Over a step `h`, on which the curvature goes straight to a value with `q` more variance."""
    h2, g0, g1 = h * h / 2.0, h * h / 6.0, h / 2.0
    b, d = p.b + h * p.e + h2 * p.f, p.d + h * p.f + h2 * p.g
    f = p.f + h * p.g
    return _Covariance(
        p.a + h * p.b + h2 * p.d + h * b + h2 * d + q * g0 * g0,
        b + h * d + q * g0 * g1,
        d + q * g0,
        p.e + h * p.f + h * f + q * g1 * g1,
        f + q * g1,
        p.g + q,
    )


def _backward(predicted: list[_Predicted], step_m: Floats, change: Floats) -> Smoothed:
    nodes_count, lines_count = len(predicted), len(predicted[0].offset)
    made = Smoothed(*(np.empty((nodes_count - (i >= 6), lines_count)) for i in range(8)))
    zero = np.zeros(lines_count)
    x, y, z = zero, zero, zero
    info = _Covariance(zero, zero, zero, zero, zero, zero)
    for k in range(nodes_count - 1, -1, -1):
        at = predicted[k]
        p = at.cov
        k0, k1, k2 = p.a * at.certainty, p.b * at.certainty, p.d * at.certainty
        x = x - (k0 * x + k1 * y + k2 * z) - at.surprise * at.certainty
        u, v, w = info.times(k0, k1, k2)
        info = _Covariance(
            info.a - 2.0 * u + k0 * u + k1 * v + k2 * w + at.certainty,
            info.b - v,
            info.d - w,
            info.e,
            info.f,
            info.g,
        )
        offset, heading, curvature = p.times(x, y, z)
        made.offset_m[k], made.heading_rad[k] = at.offset - offset, at.heading - heading
        made.curvature_per_m[k] = at.curvature - curvature
        made.offset_variance[k] = p.a - info.square(p.a, p.b, p.d)
        made.heading_variance[k] = p.e - info.square(p.b, p.e, p.f)
        made.curvature_variance[k] = p.g - info.square(p.d, p.f, p.g)
        if k:
            h = step_m[k - 1]
            h2, g0, g1, q = h * h / 2.0, h * h / 6.0, h / 2.0, change[k - 1] * h
            made.change_per_m[k - 1] = -q * (g0 * x + g1 * y + z)
            made.change_variance[k - 1] = q - q * q * info.square(g0, g1, np.ones(lines_count))
            x, y, z = x, h * x + y, h2 * x + h * y + z
            info = _carried_back(info, h, h2)
    return made


def _carried_back(info: _Covariance, h: Floats, h2: Floats) -> _Covariance:
    b, d = info.a * h + info.b, info.a * h2 + info.b * h + info.d
    e, f = info.b * h + info.e, info.b * h2 + info.e * h + info.f
    g = info.d * h2 + info.f * h + info.g
    return _Covariance(info.a, b, d, h * b + e, h * d + f, h2 * d + h * f + g)
