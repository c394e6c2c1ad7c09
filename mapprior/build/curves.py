"""Curvature and heading of every road of a market, with their sigmas.

A road ends where others meet it, but the curve it is part of goes on: roads are joined to chains (`chains.py`), and
each chain is fitted as one line (`geo/curvature.py`), so curvature and heading are the same on both sides of a joint.
Where a road leaves or joins another in its direction, as ramps do, BESIDE_LENGTH_M of that other road are fitted with
it and left out again. Where a road becomes two its line goes aside, and the curve passes straight by (`partings.py`).

The points of a road are whole centimetres of its length along its way, as it is measured for its link.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from struct import unpack
from typing import Final

import numpy as np

from mapprior.build.chain_lines import ChainLines, chain_lines, run_on
from mapprior.build.chains import Directed
from mapprior.build.connect import RoadGraph
from mapprior.build.partings import Courses, jogs, with_partings
from mapprior.geo.curvature import Curves, Ints, fit_curves
from mapprior.geo.deviation import DrawnCurves, deviation_max_m
from mapprior.geo.jogs import Jog, past_jogs
from mapprior.geo.smooth import Floats
from mapprior.geo.thinning import kept_points
from mapprior.model.profile import LinkCurvature
from mapprior.model.provenance import Basis

BESIDE_LENGTH_M: Final = 60.0
_END_GAP_M: Final = 0.1  # no point is nearer to the end of a road
_PIECE_VERTICES_COUNT: Final = 4096
_CURVATURE_E6_MAX: Final = 1_000_000  # a radius of a metre: of drawings that turn back on themselves
_SIGMA_E6_MAX: Final = 1_000_000
_ERROR_CM_MAX: Final = 10_000
_SIGMA_MRAD_MAX: Final = 3142


class RoadCurvatures:
    """Curvature of each road by its number, in the direction of its way.

    Kept as bytes and made anew each time it is asked for: as objects those of a city took 1.2 kB a road (measured).
    """

    def __init__(self, count: int) -> None:
        self._rows = [b""] * count
        self._errors_cm = [0] * count
        self._against = bytearray(count)  # whether the chain passes it against its way

    def put(self, directed: Directed, rows: bytes, error_cm: int) -> None:
        """`rows`: places, curvatures, their sigmas, headings, their sigmas."""
        number = directed >> 1
        self._rows[number], self._errors_cm[number], self._against[number] = rows, error_cm, directed & 1

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[LinkCurvature]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> LinkCurvature:
        rows = unpack(f"{len(self._rows[number]) // 4}i", self._rows[number])
        count = len(rows) // 5
        s_cm, curvature, sigma, heading, heading_sigma = [rows[i : i + count] for i in range(0, 5 * count, count)]
        error_cm = self._errors_cm[number]
        made = LinkCurvature(Basis.DERIVED, s_cm, curvature, sigma, heading, heading_sigma, error_cm)
        return made.reversed() if self._against[number] else made


def road_curvatures(graph: RoadGraph, courses: Courses) -> RoadCurvatures:
    """Curvature of every road. The basis is DERIVED: from the polyline alone."""
    made = RoadCurvatures(len(graph.parts))
    parted = courses.parted
    chains, led = with_partings(courses.chains, parted)
    for batch in chain_lines(graph, chains, beside_length_m=BESIDE_LENGTH_M):
        for directed, (rows, error_cm) in _fitted(batch, jogs(batch, parted, led)):
            made.put(directed, rows, error_cm)
    return made


def _fitted(batch: ChainLines, jogged: Sequence[Jog]) -> Iterator[tuple[Directed, tuple[bytes, int]]]:
    """Roads of a batch with their curvature in the direction of the chain."""
    x_m, y_m = batch.metres()
    first = np.array(batch.first)
    curves = past_jogs(fit_curves(x_m, y_m, first), x_m, y_m, first, jogged)
    vertex_m = run_on(curves.vertex_s_m, first)
    node_m = curves.s_m + (vertex_m - curves.vertex_s_m)[first[:-1]].repeat(np.diff(curves.first))
    lines = _Lines(curves, node_m, vertex_m, x_m, y_m)
    begin, end, length_cm = np.array(batch.begin), np.array(batch.end), np.array(batch.length_cm)
    # Few roads at a time: what is computed of them stays in the processor's cache, and memory small.
    cuts = np.flatnonzero(np.diff(begin // _PIECE_VERTICES_COUNT, prepend=-1)).tolist()
    for low, high in pairwise([*cuts, len(begin)]):
        piece = _Roads(begin[low:high], end[low:high], length_cm[low:high])
        yield from zip(batch.roads[low:high], _curvatures(piece, lines), strict=True)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Fitted chains, end to end. `node_m`, `vertex_m`: arc lengths that run on over all of them."""

    curves: Curves
    node_m: Floats
    vertex_m: Floats
    x_m: Floats
    y_m: Floats


@dataclass(frozen=True, slots=True)
class _Roads:
    """Some roads of a batch, one after the other: vertices of their ends, and their lengths."""

    begin: Ints
    end: Ints
    length_cm: Ints


def _curvatures(roads: _Roads, lines: _Lines) -> Iterator[tuple[bytes, int]]:
    """Rows of each road, and how far its curve is from the line."""
    points = _points(roads, lines)
    lists = points.s_cm.tolist(), points.curvature_e6.tolist(), points.curvature_sigma_e6.tolist()
    headings = points.heading_mrad.tolist()
    kept: list[int] = []
    counts = [0]
    for begin, end in pairwise(points.first):
        s_cm, curvature, sigma = (x[begin:end] for x in lists)
        kept += [begin + i for i in kept_points(s_cm, curvature, sigma, headings[begin:end])]
        counts.append(len(kept))
    chosen = np.array(kept)
    errors_cm = _chord_errors_cm(roads, points, chosen, np.array(counts), lines)
    rows = np.array(
        (
            points.s_cm[chosen],
            points.curvature_e6[chosen],
            points.curvature_sigma_e6[chosen],
            _wrapped_mrad(points.heading_rad[chosen]),
            points.heading_sigma_mrad[chosen],
        ),
        np.intc,
    )
    for (begin, end), error_cm in zip(pairwise(counts), errors_cm, strict=True):
        yield rows[:, begin:end].tobytes(), error_cm


@dataclass(frozen=True, slots=True)
class _Points:
    """Of some roads, end to end: their ends and the nodes between. `s_m` runs on over all chains."""

    first: list[int]
    s_m: Floats
    s_cm: Ints
    curvature_e6: Ints
    curvature_sigma_e6: Ints
    heading_rad: Floats
    heading_mrad: Ints
    heading_sigma_mrad: Ints


def _points(roads: _Roads, lines: _Lines) -> _Points:
    curves, node_m = lines.curves, lines.node_m
    begin_m, end_m = lines.vertex_m[roads.begin], lines.vertex_m[roads.end]
    low, high = np.searchsorted(node_m, begin_m + _END_GAP_M), np.searchsorted(node_m, end_m - _END_GAP_M)
    counts = np.maximum(high - low, 0) + 2
    ends = np.cumsum(counts)
    starts = ends - counts
    road = np.arange(len(counts)).repeat(counts)
    inside = np.arange(len(road)) - starts[road] - 1
    s = node_m[np.clip(low[road] + inside, 0, len(node_m) - 1)]
    s[starts], s[ends - 1] = begin_m, end_m
    share = (s - begin_m[road]) / np.maximum(end_m - begin_m, 1e-9)[road]
    s_cm = _whole(share * roads.length_cm[road])
    s_cm[starts], s_cm[ends - 1] = 0, roads.length_cm
    heading = _heading(s, node_m, curves)
    return _Points(
        first=[0, *ends.tolist()],
        s_m=s,
        s_cm=s_cm,
        curvature_e6=_whole(np.interp(s, node_m, curves.curvature_per_m) * 1e6).clip(
            -_CURVATURE_E6_MAX, _CURVATURE_E6_MAX
        ),
        curvature_sigma_e6=_sigma(np.interp(s, node_m, curves.curvature_sigma_per_m) * 1e6, _SIGMA_E6_MAX),
        heading_rad=heading,
        heading_mrad=_whole(heading * 1e3),
        heading_sigma_mrad=_sigma(np.interp(s, node_m, curves.heading_sigma_rad) * 1e3, _SIGMA_MRAD_MAX),
    )


def _heading(s_m: Floats, node_s_m: Floats, curves: Curves) -> Floats:
    """Between nodes, where the curvature goes straight."""
    i = np.clip(np.searchsorted(node_s_m, s_m, side="right") - 1, 0, len(node_s_m) - 2)
    step, ahead = node_s_m[i + 1] - node_s_m[i], s_m - node_s_m[i]
    here, there = curves.curvature_per_m[i], curves.curvature_per_m[i + 1]
    heading: Floats = curves.heading_rad[i] + ahead * (here + (there - here) * ahead / (2.0 * step))
    return heading


def _whole(values: Floats) -> Ints:
    """Rounded twice, so that digits in which machines differ do not decide."""
    whole: Ints = np.rint(np.rint(values * 1e3) / 1e3).astype(np.int64)
    return whole


def _sigma(values: Floats, maximum: int) -> Ints:
    """Rounded up, never 0."""
    whole: Ints = np.clip(np.ceil(np.rint(values * 1e3) / 1e3), 1, maximum).astype(np.int64)
    return whole


def _wrapped_mrad(heading_rad: Floats) -> Ints:
    turns = np.rint(heading_rad / (2.0 * np.pi))
    wrapped: Ints = np.clip(_whole((heading_rad - turns * 2.0 * np.pi) * 1e3), -_SIGMA_MRAD_MAX, _SIGMA_MRAD_MAX)
    return wrapped


def _chord_errors_cm(roads: _Roads, points: _Points, chosen: Ints, first: Ints, lines: _Lines) -> list[int]:
    """How far the curve that the kept points make is from the polyline at most, rounded up."""
    off_m = deviation_max_m(
        DrawnCurves(
            first=first,
            s_m=points.s_m[chosen],
            curvature_per_m=points.curvature_e6[chosen] / 1e6,
            heading_rad=points.heading_mrad[chosen] / 1e3,
            begin=roads.begin,
            end=roads.end,
            vertex_s_m=lines.vertex_m,
            x_m=lines.x_m,
            y_m=lines.y_m,
        )
    )
    return [min(int(x), _ERROR_CM_MAX) for x in np.ceil(np.rint(off_m * 1e4) / 1e2)]
