"""Where on a way that is known by now some fixes lie that are far apart in time.

Places are weighed one by one, every few metres (`cells.py`), wherever the way passes a fix. Which link a vehicle was
on is what most of the weight says, not where its mean falls: the mean may lie on a short link, and most of the weight
beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

import numpy as np

from mapprior.match.cells import CELL_M_MIN, PACE_SIGMA_MPS, SIGMAS, Cells, Floats, onward
from mapprior.model.link import Link

_CELLS_PER_SIGMA: Final = 5.0
_AROUND_COUNT: Final = 2  # strides before and after, whose mean speed is that of one
_PACE_SIGMA_MPS_MIN: Final = 2.0
_PACE_KNOWN_COUNT: Final = 4.0  # strides of this drive that tell as much of its changes of speed as those of others
_SHARES: Final = (0.0, 0.2, 0.4)  # of the error of a fix that the next one has too: what fits the drive best


@dataclass(frozen=True, slots=True)
class Stride:
    """A fix, the time since the one before, and where about on the way it lies."""

    lat_e7: float
    lon_e7: float
    sigma_m: float
    sec: float
    about_m: float


def placed(links: Sequence[Link], asides_m: Sequence[float], strides: Sequence[Stride]) -> list[tuple[float, float]]:
    """(offset, variance) of each: on the link that most of the weight is on, its mean there."""
    starts_m = np.array([0.0, *accumulate(link.line.length_m for link in links)])
    cells = _cells(links, asides_m, starts_m, strides)
    paces_mps = _paces_mps(strides)
    sigma_mps = _pace_sigma_mps(strides, paces_mps)
    ahead, between = max(
        (_ahead(cells, strides, paces_mps, sigma_mps, shared) for shared in _SHARES),
        key=lambda x: float(_log_sum(x[0][-1], 0)),
    )
    back = [np.zeros(len(cells[-1].at_m))]
    for step in reversed(between):
        back.append(_log_sum(back[-1][None, :] + step, 1))
    return [_mode(c.at_m, a + b, starts_m) for c, a, b in zip(cells, ahead, reversed(back), strict=True)]


def _cells(
    links: Sequence[Link], asides_m: Sequence[float], starts_m: Floats, strides: Sequence[Stride]
) -> list[Cells]:
    """For each fix the places near it that lie between where those before and after it are thought to be.

    A way that turns back passes a fix twice: which time it was, the fixes about it tell together.
    """
    found: list[Cells] = []
    for k, stride in enumerate(strides):
        reach_m = SIGMAS * stride.sigma_m
        first, last = strides[max(0, k - 1)], strides[min(len(strides) - 1, k + 1)]
        low_m = max(0.0, min(stride.about_m, first.about_m) - reach_m)
        high_m = min(float(starts_m[-1]), max(stride.about_m, last.about_m) + reach_m)
        count = max(1, math.ceil((high_m - low_m) / max(CELL_M_MIN, stride.sigma_m / _CELLS_PER_SIGMA)))
        at_m = low_m + (high_m - low_m) / count * np.arange(0.5, count, dtype=np.float64)
        east_m, north_m = _errors_m(links, asides_m, starts_m, stride, at_m)
        near = (np.hypot(east_m, north_m) < reach_m) | (np.abs(at_m - stride.about_m) < reach_m)
        if not near.any():  # one place, at either end of the way
            near[:] = True
        found.append(Cells(at_m[near], east_m[near] / stride.sigma_m, north_m[near] / stride.sigma_m))
    return found


def _errors_m(
    links: Sequence[Link], asides_m: Sequence[float], starts_m: Floats, stride: Stride, at_m: Floats
) -> tuple[Floats, Floats]:
    """How far east and north of the vehicle the fix is if the vehicle is at each of these places."""
    east_m, north_m = np.empty(len(at_m)), np.empty(len(at_m))
    on = np.searchsorted(starts_m[1:-1], at_m, side="right")
    for k in range(int(on[0]), int(on[-1]) + 1):
        line, here = links[k].line, on == k
        s_m, arc_m = at_m[here] - starts_m[k], np.array(line.s_m)
        heading_rad = np.array(line.heading_rad)[np.searchsorted(arc_m[1:-1], s_m, side="right")]
        fix_x_m, fix_y_m = line.frame.xy_m(lat_e7=stride.lat_e7, lon_e7=stride.lon_e7)
        east_m[here] = fix_x_m - np.interp(s_m, arc_m, line.x_m) + asides_m[k] * np.sin(heading_rad)
        north_m[here] = fix_y_m - np.interp(s_m, arc_m, line.y_m) - asides_m[k] * np.cos(heading_rad)
    return east_m, north_m


def _paces_mps(strides: Sequence[Stride]) -> list[float]:
    """Mean speed about each stride after the first."""
    each = _each_mps(strides)
    around = [each[max(0, k - _AROUND_COUNT) : k + _AROUND_COUNT + 1] for k in range(len(each))]
    return [sum(some) / len(some) for some in around]


def _each_mps(strides: Sequence[Stride]) -> list[float]:
    return [max(0.0, b.about_m - a.about_m) / max(b.sec, 1e-3) for a, b in pairwise(strides)]


def _pace_sigma_mps(strides: Sequence[Stride], paces_mps: Sequence[float]) -> float:
    """How far from that a stride is in this drive, as far as it is long enough to tell."""
    square = sum((each - pace) ** 2 for each, pace in zip(_each_mps(strides), paces_mps, strict=True))
    whole_count = 2.0 * _AROUND_COUNT + 1.0
    square *= whole_count / (whole_count - 1.0)  # a stride is one of those in its mean
    known = _PACE_KNOWN_COUNT * PACE_SIGMA_MPS**2
    return max(_PACE_SIGMA_MPS_MIN, math.sqrt((square + known) / (len(paces_mps) + _PACE_KNOWN_COUNT)))


def _ahead(
    cells: Sequence[Cells], strides: Sequence[Stride], paces_mps: Sequence[float], sigma_mps: float, shared: float
) -> tuple[list[Floats], list[Floats]]:
    """(log-weight of each cell of each fix by the fixes up to it, that of each pair of cells of two fixes in a row)."""
    ahead = [cells[0].fit()]
    between: list[Floats] = []
    for (a, b), stride, pace_mps in zip(pairwise(cells), strides[1:], paces_mps, strict=True):
        gone_m = b.at_m[None, :] - a.at_m[:, None]
        between.append(onward(a, b, gone_m, stride.sec, pace_mps, shared, sigma_mps))
        ahead.append(_log_sum(ahead[-1][:, None] + between[-1], 0))
    return ahead, between


def _log_sum(of: Floats, axis: int) -> Floats:
    top = of.max(axis=axis, keepdims=True)
    summed: Floats = (np.log(np.exp(of - top).sum(axis=axis, keepdims=True)) + top).squeeze(axis)
    return summed


def _mode(at_m: Floats, log_weight: Floats, starts_m: Floats) -> tuple[float, float]:
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean_m = float(weight @ at_m)
    variance_m2 = float(weight @ (at_m - mean_m) ** 2)
    on = np.searchsorted(starts_m[1:-1], at_m, side="right")
    masses = np.bincount(on, weights=weight)
    there = on == masses.argmax()
    return float(weight[there] @ at_m[there] / masses.max()), max(variance_m2, CELL_M_MIN**2 / 12.0)
