"""Curves past places where the line of a road goes aside and the road does not (`Jog`).

There the line is let drift: what it goes aside is told apart from what the road turns, which goes smoothly from the
heading and curvature before the jog to those behind it. This second reading is taken where the road bends less by it,
in whole NEAR_M about the jog, fading over FADE_M to what was read before: nothing is changed farther off.

A vehicle may yet be driven aside, over DRIVEN_M: so sharp a curve, and so oblique a heading, is within sigma.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mapprior.geo.curvature import (
    Bools,
    Curves,
    Fitted,
    Ints,
    Nodes,
    arc_length,
    curvature_sigma,
    fit_batch,
    heading_sigma,
    nodes_of,
    spaced,
)
from mapprior.geo.smooth import Floats

NEAR_M: Final = 15.0
FADE_M: Final = 30.0
DRIVEN_M: Final = 50.0
_REACH_M: Final = NEAR_M + FADE_M
_FITTED_M: Final = 100.0  # of the line before and behind a jog
_PASSES_COUNT, _PASSES_COUNT_MAX = 12, 60
_MISSING_RAD_MAX: Final = 0.02  # that curvature turns more or less than heading on a step
_BESIDE_M: Final = 20.0  # so near must it have been as sharp where it is sharper than _SHARP_PER_M
_SHARP_PER_M: Final = 0.02
_LESS_PER_M: Final = 5e-4  # so much less must it bend: digits in which machines differ do not decide


@dataclass(frozen=True, slots=True)
class Jog:
    """From vertex `at` of line `line` over `reach_m`, against the line where negative, by `aside_m` about.

    `told`: first and last vertex of what is told of the line. `is_sure`: taken even where the road bends more by it.
    """

    line: int
    at: int
    reach_m: float
    aside_m: float
    told: tuple[int, int]
    is_sure: bool = False


def past_jogs(curves: Curves, x_m: Floats, y_m: Floats, first: Ints, jogs: Sequence[Jog]) -> Curves:
    """The curves of lines, given as to `fit_curves`, past their jogs."""
    if not jogs:
        return curves
    nodes, at, spans = _of_lines(x_m, y_m, first, curves, jogs)
    passed = _fitted(_drifting(nodes, spans), spans)
    read = _Reading(nodes.s_m, curves.heading_rad[at], curves.curvature_per_m[at], np.zeros(len(at)), np.zeros(len(at)))
    for near in _near_each_other(spans):
        if not read.take(passed, near) and len(near) > 1:
            for x in near:
                read.take(passed, [x])
    weight, aside_m = read.weight, read.aside_m

    def sure(was: Floats, sigma: Floats, driven: Floats) -> Floats:
        made = was.copy()
        made[at] = np.sqrt((was[at] + weight * (sigma - was[at])) ** 2 + driven * driven)
        return made

    return replace(
        curves,
        curvature_per_m=_put(curves.curvature_per_m, at, read.curvature_per_m),
        curvature_sigma_per_m=sure(
            curves.curvature_sigma_per_m, curvature_sigma(nodes, passed), 4.0 * aside_m / DRIVEN_M**2
        ),
        heading_rad=_put(curves.heading_rad, at, read.heading_rad),
        heading_sigma_rad=sure(curves.heading_sigma_rad, heading_sigma(passed), 2.0 * aside_m / DRIVEN_M),
    )


def _put(was: Floats, at: Ints, values: Floats) -> Floats:
    made = was.copy()
    made[at] = values
    return made


@dataclass(frozen=True, slots=True)
class _Span:
    """A jog of a line that has nodes `low` to `high`, by arc lengths."""

    low: int
    high: int
    begin_m: float
    end_m: float
    told_m: tuple[float, float]
    jog: Jog


def _of_lines(
    x_m: Floats, y_m: Floats, first: Ints, curves: Curves, jogs: Sequence[Jog]
) -> tuple[Nodes, Ints, list[_Span]]:
    """Nodes of the lines that have jogs, where they are among those of all, and the jogs in order of the lines."""
    lines = sorted({x.line for x in jogs})
    vertices = np.concatenate([np.arange(first[i], first[i + 1]) for i in lines])
    starts = np.concatenate([[0], np.cumsum([first[i + 1] - first[i] for i in lines])])
    x, y = x_m[vertices], y_m[vertices]
    s = arc_length(x, y, starts)
    kept = spaced(s, starts)
    nodes = nodes_of(x[kept], y[kept], np.searchsorted(kept, starts), s[kept])
    at = np.concatenate([np.arange(curves.first[i], curves.first[i + 1]) for i in lines])
    place = {line: i for i, line in enumerate(lines)}
    spans = []
    for jog in sorted(jogs, key=lambda j: (j.line, j.at, j.reach_m)):
        i = place[jog.line]
        at_m, told_first_m, told_last_m = curves.vertex_s_m[[jog.at, *jog.told]].tolist()
        begin_m, end_m = sorted((at_m, at_m + jog.reach_m))
        told_m = told_first_m, told_last_m
        spans.append(_Span(int(nodes.first[i]), int(nodes.first[i + 1]), begin_m, end_m, told_m, jog))
    return nodes, at, spans


def _drifting(nodes: Nodes, spans: Sequence[_Span]) -> Nodes:
    """With lines that may go aside over each jog, by twice as much as one sigma, and have no corners there."""
    slip, corner = nodes.slip_m2.copy(), nodes.corner_rad.copy()
    for x in spans:
        s = nodes.s_m[x.low : x.high]
        inside = np.flatnonzero((s > x.begin_m - 1.0) & (s < x.end_m + 1.0)) + x.low
        slip[inside] += (2.0 * x.jog.aside_m) ** 2 / len(inside)
        corner[inside] = 0.0
    return replace(nodes, slip_m2=slip, corner_rad=corner)


def _fitted(nodes: Nodes, spans: Sequence[_Span]) -> Fitted:
    """About the jogs; zero elsewhere."""
    stretches: list[list[int]] = []
    for x in spans:
        s = nodes.s_m[x.low : x.high]
        low, high = np.searchsorted(s, (x.begin_m - _FITTED_M, x.end_m + _FITTED_M)).tolist()
        low, high = max(low - 1, 0) + x.low, min(high + 1, len(s)) + x.low
        if stretches and low < stretches[-1][1]:
            stretches[-1][1] = max(high, stretches[-1][1])
        else:
            stretches.append([low, high])
    made = Fitted(*(np.zeros(len(nodes.s_m)) for _ in range(4)))
    lows, highs = np.array(stretches).T
    fit_batch(nodes, lows, highs, lows, highs, made)
    return made


@dataclass(slots=True)
class _Reading:
    """What is read of lines at their nodes, how much of it is the second reading, and how far the line is aside."""

    s_m: Floats
    heading_rad: Floats
    curvature_per_m: Floats
    weight: Floats
    aside_m: Floats

    def take(self, passed: Fitted, near: Sequence[_Span]) -> bool:
        """The second reading about some jogs of a line, if the road bends less by it."""
        x = near[0]
        low, high = np.searchsorted(
            self.s_m[x.low : x.high], (x.begin_m - _REACH_M, max(y.end_m for y in near) + _REACH_M)
        ).tolist()
        here = slice(max(x.low, x.low + low - 1), min(x.high, x.low + high + 1))
        s, plain = self.s_m[here], self.curvature_per_m[here]
        off_m = [np.maximum(np.maximum(y.begin_m - s, s - y.end_m), 0.0) for y in near]
        shares = [np.clip((_REACH_M - off) / FADE_M, 0.0, 1.0) for off in off_m]
        share: Floats = np.maximum.reduce(shares)
        heading = self.heading_rad[here] + share * (passed.heading_rad[here] - self.heading_rad[here])
        less = plain + share * (passed.curvature_per_m[here] - plain)
        less, missing_rad = _turning(s, heading, less, share > 0.0)
        told = (s > x.told_m[0] - 0.01) & (s < x.told_m[1] + 0.01)
        if not told.any():  # so short that none of its vertices is used
            return False
        if np.any(np.abs(missing_rad)[told[1:] & told[:-1]] > _MISSING_RAD_MAX):
            return False
        if not any(y.jog.is_sure for y in near) and not _no_sharper(s[told], np.abs(less[told]), np.abs(plain[told])):
            return False
        self.heading_rad[here], self.curvature_per_m[here] = heading, less
        self.weight[here] = np.maximum(self.weight[here], share)
        for y, own in zip(near, shares, strict=True):
            self.aside_m[here] = np.maximum(self.aside_m[here], y.jog.aside_m * own)
        return True


def _near_each_other(spans: Sequence[_Span]) -> list[list[_Span]]:
    """Jogs of one line that fade into each other, together."""
    groups: list[list[_Span]] = []
    end_m = 0.0
    for x in sorted(spans, key=lambda y: (y.low, y.begin_m, y.end_m)):
        if groups and groups[-1][0].low == x.low and x.begin_m - _REACH_M < end_m:
            groups[-1].append(x)
            end_m = max(end_m, x.end_m + _REACH_M)
        else:
            groups.append([x])
            end_m = x.end_m + _REACH_M
    return groups


def _turning(s_m: Floats, heading: Floats, curvature: Floats, free: Bools) -> tuple[Floats, Floats]:
    """Curvature that turns as the heading does, changed where it is free to; and what is missing on each step."""
    step = np.diff(s_m)
    turn = np.diff(heading) / step
    missing = turn - (curvature[1:] + curvature[:-1]) / 2.0
    for i in range(_PASSES_COUNT_MAX):
        if i >= _PASSES_COUNT and np.all(np.abs(missing * step) <= _MISSING_RAD_MAX):
            break
        share = np.append(missing, 0.0)
        share[1:] += missing
        curvature = curvature + np.where(free, share / 2.0, 0.0)
        missing = turn - (curvature[1:] + curvature[:-1]) / 2.0
    return curvature, missing * step


def _no_sharper(s_m: Floats, less: Floats, plain: Floats) -> bool:
    """Whether a road bends less, and nowhere sharply unless it did so beside."""
    beside = np.where(np.abs(s_m[:, None] - s_m) < _BESIDE_M, plain, 0.0).max(axis=1)
    return bool(less.max() < plain.max() - _LESS_PER_M and np.all(less <= np.maximum(beside, _SHARP_PER_M)))
