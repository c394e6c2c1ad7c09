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


@dataclass(slots=True)
class _Covariance:
    """Upper triangle of a symmetric 3 x 3 matrix, for every line: of one node, or of all by node (row)."""

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
    """By node: state before its own measurement, and what the measurement says against it."""

    offset: Floats
    heading: Floats
    curvature: Floats
    cov: _Covariance
    surprise: Floats
    certainty: Floats  # 1 / variance of the surprise; 0 where nothing was measured


@dataclass(frozen=True, slots=True)
class Smoothed:
    """By node (row) and line (column), computed when asked for: no pass of an estimation needs all of it."""

    _predicted: _Predicted
    _score: tuple[Floats, Floats, Floats]  # what a node and those after it say against its predicted state
    _info: _Covariance
    _step_m: Floats
    _change: Floats

    @property
    def offset_m(self) -> Floats:
        p, (x, y, z) = self._predicted.cov, self._score
        return self._predicted.offset - (p.a * x + p.b * y + p.d * z)

    @property
    def heading_rad(self) -> Floats:
        p, (x, y, z) = self._predicted.cov, self._score
        return self._predicted.heading - (p.b * x + p.e * y + p.f * z)

    @property
    def curvature_per_m(self) -> Floats:
        p, (x, y, z) = self._predicted.cov, self._score
        return self._predicted.curvature - (p.d * x + p.f * y + p.g * z)

    @property
    def offset_variance(self) -> Floats:
        p = self._predicted.cov
        return p.a - self._info.square(p.a, p.b, p.d)

    @property
    def heading_variance(self) -> Floats:
        p = self._predicted.cov
        return p.e - self._info.square(p.b, p.e, p.f)

    @property
    def curvature_variance(self) -> Floats:
        p = self._predicted.cov
        return p.g - self._info.square(p.d, p.f, p.g)

    @property
    def change_per_m(self) -> Floats:
        """Of the curvature, to the next node: one row less, as below."""
        h, (x, y, z) = self._step_m, self._score
        return -(self._change * h) * (h * h / 6.0 * x[1:] + h / 2.0 * y[1:] + z[1:])

    @property
    def change_variance(self) -> Floats:
        h, q = self._step_m, self._change * self._step_m
        i = self._info
        after = _Covariance(i.a[1:], i.b[1:], i.d[1:], i.e[1:], i.f[1:], i.g[1:])
        return q - q * q * after.square(h * h / 6.0, h / 2.0, np.ones_like(h))


def smooth(step_m: Floats, measured_m: Floats, variance_m2: Floats, change: Floats, slip_m2: Floats) -> Smoothed:
    """Fits the offsets `measured_m` of N nodes (rows) on each of B lines (columns).

    `step_m`, `change` and `slip_m2` have N - 1 rows, for the way from a node to the next. `variance_m2` is infinite
    where nothing is measured. `change`: variance of the curvature's change per metre, 1/m^3. `slip_m2`: variance of a
    jump of the offset on the way.
    """
    predicted = _forward(step_m, measured_m, variance_m2, change, slip_m2)
    return Smoothed(predicted, *_backward(predicted, step_m), step_m, change)


def _forward(step_m: Floats, measured_m: Floats, variance_m2: Floats, change: Floats, slip_m2: Floats) -> _Predicted:
    nodes_count, lines_count = measured_m.shape
    made = np.empty((11, nodes_count, lines_count))
    zero = np.zeros(lines_count)
    y, t, c = measured_m[0], zero, zero
    p = _Covariance(
        zero + _OFFSET_VARIANCE_M2, zero, zero, zero + _HEADING_VARIANCE_RAD2, zero, zero + _CURVATURE_VARIANCE_PER_M2
    )
    h2, g0, g1 = step_m * step_m / 2.0, step_m * step_m / 6.0, step_m / 2.0
    driven = change * step_m
    for k in range(nodes_count):
        certainty, surprise = 1.0 / (p.a + variance_m2[k]), measured_m[k] - y
        made[:, k] = y, t, c, p.a, p.b, p.d, p.e, p.f, p.g, surprise, certainty
        if k == nodes_count - 1:
            break
        gain = surprise * certainty
        y, t, c = y + p.a * gain, t + p.b * gain, c + p.d * gain
        y, t = y + step_m[k] * t + h2[k] * c, t + step_m[k] * c
        p = _driven(_measured(p, certainty), step_m[k], h2[k], g0[k], g1[k], driven[k])
        p.a = p.a + slip_m2[k]
    return _Predicted(made[0], made[1], made[2], _Covariance(*made[3:9]), made[9], made[10])


def _measured(p: _Covariance, certainty: Floats) -> _Covariance:
    b, d = p.b * certainty, p.d * certainty
    return _Covariance(
        p.a - p.a * p.a * certainty, p.b - p.a * b, p.d - p.a * d, p.e - p.b * b, p.f - p.b * d, p.g - p.d * d
    )


def _driven(p: _Covariance, h: Floats, h2: Floats, g0: Floats, g1: Floats, q: Floats) -> _Covariance:
    """Over a step `h`, on which the curvature goes straight to a value with `q` more variance."""
    b, d = p.b + h * p.e + h2 * p.f, p.d + h * p.f + h2 * p.g
    f = p.f + h * p.g
    q0, q1 = q * g0, q * g1
    return _Covariance(
        p.a + h * p.b + h2 * p.d + h * b + h2 * d + q0 * g0,
        b + h * d + q0 * g1,
        d + q0,
        p.e + h * p.f + h * f + q1 * g1,
        f + q1,
        p.g + q,
    )


def _backward(predicted: _Predicted, step_m: Floats) -> tuple[tuple[Floats, Floats, Floats], _Covariance]:
    nodes_count, lines_count = predicted.offset.shape
    made = np.empty((9, nodes_count, lines_count))
    zero = np.zeros(lines_count)
    x, y, z = zero, zero, zero
    info = _Covariance(zero, zero, zero, zero, zero, zero)
    cov, certain = predicted.cov, predicted.certainty
    gains = cov.a * certain, cov.b * certain, cov.d * certain
    scores = predicted.surprise * certain
    h2 = step_m * step_m / 2.0
    for k in range(nodes_count - 1, -1, -1):
        k0, k1, k2 = gains[0][k], gains[1][k], gains[2][k]
        x = x - (k0 * x + k1 * y + k2 * z) - scores[k]
        u, v, w = info.times(k0, k1, k2)
        info = _Covariance(
            info.a - 2.0 * u + k0 * u + k1 * v + k2 * w + certain[k],
            info.b - v,
            info.d - w,
            info.e,
            info.f,
            info.g,
        )
        made[:, k] = x, y, z, info.a, info.b, info.d, info.e, info.f, info.g
        if k:
            h = step_m[k - 1]
            x, y, z = x, h * x + y, h2[k - 1] * x + h * y + z
            info = _carried_back(info, h, h2[k - 1])
    return (made[0], made[1], made[2]), _Covariance(*made[3:])


def _carried_back(info: _Covariance, h: Floats, h2: Floats) -> _Covariance:
    b, d = info.a * h + info.b, info.a * h2 + info.b * h + info.d
    e, f = info.b * h + info.e, info.b * h2 + info.e * h + info.f
    g = info.d * h2 + info.f * h + info.g
    return _Covariance(info.a, b, d, h * b + e, h * d + f, h2 * d + h * f + g)
