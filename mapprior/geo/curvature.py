"""Curvature and heading of roads that are drawn as polylines, with how far they can be trusted.

A polyline is what someone clicked along a road: vertices beside the true line by some noise, chords between them
that cut its bends. The curve that is fitted here is a spline of clothoids (`smooth.py`): its curvature goes straight
from node to node. Nodes are the vertices and places on long chords, since a chord says too that the road is there.

- *Noise.* Neighbouring vertices are off against each other by 0.1 m plus a hundredth of their spacing (measured on
  motorways of four extracts by third differences: 0.05 to 0.25 m at 10 m, 0.3 to 0.6 m at 50 m; an older one has three
  times that). How much more or less it is on a line is estimated from the line.
- *Bends.* A chord whose ends turn alike is part of a bend: the road lies outside it, by up to the sagitta. A chord with
  one turn only is straight, and where the sagitta were SAGITTA_M_MAX or more the two turns are corners.
- *Change of curvature.* Roads are mostly straights and arcs with transitions between them. So the curvature is taken
  to change little, at most places, and much at some: the variance of its change is estimated for every step from
  the change itself (expectation-maximisation; a Student distribution of one degree of freedom). A corner of one vertex
  is spread over the steps beside it, CORNER_LENGTH_M or less to each side: never infinite.
- *Bound.* Where the curve is more than 2.5 times the noise, but at least 0.5 m and at most 1.5 m, from the line, its
  curvature is let change more.
- *Sigma* is that of the fit, and beside it a share of the curvature's own change near the place, the difference of
  chord and arc (`s` is the arc length of the polyline, which is shorter than the road in a tight bend), and most of
  what the curve differs by from the turn of the vertices beside, beyond their noise: how a bend is spread between few
  vertices the line does not tell.

Measured on drawn roads (straights, circles of 10 to 2000 m, S-bends, clothoids, a street corner; vertices every 5 to
80 m; `tests/geo/test_curvature.py` prints all): two sigmas hold for curvature at 98 % and for heading at 96 % of
places where the noise is what is assumed, at 96 % and 90 % where it is twice that. On 168 densely drawn real roads
(34 km) fitted again from the few vertices that keep the line within 0.5, 1 and 2 m, the dense curve is within two
sigmas at 93, 91 and 92 % of places (85, 77 and 73 % without the last part of sigma). On a circle of 200 m with a vertex
every 20 m the RMS error is 0.0003 per metre, 0.0005 with twice the noise. A circle of 10 m with a vertex every 10 m
reads 0.104 per metre.

Nothing here depends on how lines are grouped but digits far below what callers keep.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapprior.geo.smooth import Floats, Smoothed, smooth

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CORNER_LENGTH_M = 8.0
SAGITTA_M_MAX = 3.0
_SAGITTA_FADES_M = 1.5  # from here on a bend is doubted
_NOISE_M, _NOISE_PER_M, _NOISE_M_MAX = 0.1, 0.01, 1.0
_NOISE_PRIOR_COUNT = 4.0  # so many vertices are worth what is known of the noise beforehand
_NOISE_FACTOR_MIN, _NOISE_FACTOR_MAX = 0.2, 9.0  # of the variance
_CHORD_NOISE_M = 0.15  # how far a road leaves a chord that is said to be straight
_CHORD_WEIGHT = 2.0  # variances of places on chords are this much larger: they share the noise of the vertices
_CHANGE_PER_M3, _CHANGE_PER_M3_MAX = 3e-8, 5e-3  # variance of the change of curvature, per metre
_PASSES_COUNT = 5
_CORNER_SIGMAS, _CORNER_RAD_MIN = 3.0, 0.2  # a vertex that turns by more than both, beside its bend, is a corner
_OFF_SIGMAS, _OFF_M_MIN, _OFF_M_MAX = 2.5, 0.5, 1.5  # of the noise the curve may be from the line, within these
_LOOSENED_MAX = 1e4  # of the variance of the change of curvature, where the curve is farther off
_VERTEX_CELL_M = 3.0  # of vertices closer than this, one is used
_CHANGE_SHARE = 0.3  # of the curvature's change to the next nodes that its sigma holds
_UNTOLD_SHARE, _UNTOLD_NOISES = 0.8, 1.0  # of the difference from the turn of the vertices beside, beyond their noise
_HEADING_SIGMA_FACTOR = 1.25  # so that two sigmas hold on drawn roads (measured): chords share their vertices' noise
_SIGMA_MIN_PER_M, _SIGMA_MIN_RAD = 2e-5, 1e-3

_BATCH_NODES_COUNT = 96  # most nodes of a line that are fitted at once; a longer one is fitted in parts
_EDGE_NODES_COUNT = 6
_OVERLAP_NODES_COUNT = 16  # so many nodes of the next part on both sides of a part are fitted with it
_BATCH_LINES_COUNT = 1024  # about so many at once: fewer cost little less, more do not fit the cache


@dataclass(frozen=True, slots=True)
class Curves:
    """Fitted curves of lines, end to end: nodes `first[i]` to `first[i + 1]` are those of line i.

    `x_m`, `y_m`: the place on the polyline at a node. `vertex_s_m`: arc length of each vertex that was given.
    Headings run on past a half turn.
    """

    first: Ints
    s_m: Floats
    x_m: Floats
    y_m: Floats
    curvature_per_m: Floats
    curvature_sigma_per_m: Floats
    heading_rad: Floats
    heading_sigma_rad: Floats
    vertex_s_m: Floats


def fit_curves(x_m: Floats, y_m: Floats, first: Ints) -> Curves:
    """Curves of many lines of two or more vertices, in metres, given end to end.

    Vertices `first[i]` to `first[i + 1]` are those of line i. ValueError for one that has no length.
    """
    s_m = arc_length(x_m, y_m, first)
    last = first[1:] - 1
    if not np.all(s_m[last] > s_m[first[:-1]]):
        raise ValueError("a line without length has no curvature")
    kept = spaced(s_m, first)
    nodes = nodes_of(x_m[kept], y_m[kept], np.searchsorted(kept, first), s_m[kept])
    fitted = _fit(nodes)
    return Curves(
        first=nodes.first,
        s_m=nodes.s_m,
        x_m=nodes.x_m,
        y_m=nodes.y_m,
        curvature_per_m=fitted.curvature_per_m,
        curvature_sigma_per_m=curvature_sigma(nodes, fitted),
        heading_rad=fitted.heading_rad,
        heading_sigma_rad=heading_sigma(fitted),
        vertex_s_m=s_m,
    )


def arc_length(x_m: Floats, y_m: Floats, first: Ints) -> Floats:
    """From the start of each line; steps are whole tenths of millimetres, so that machines agree."""
    dx, dy = np.diff(x_m, prepend=x_m[0]), np.diff(y_m, prepend=y_m[0])
    step = np.rint(np.sqrt(dx * dx + dy * dy) * 1e4)
    step[first[:-1]] = 0.0
    total = np.cumsum(step)  # whole numbers: exact
    lengths = np.diff(first)
    from_start: Floats = (total - np.repeat(total[first[:-1]], lengths)) / 1e4
    return from_start


def spaced(s_m: Floats, first: Ints) -> Ints:
    """Vertices to use: the ends, and one of each cell of arc length, none right before the end."""
    cell = np.floor(s_m / _VERTEX_CELL_M)
    new = np.diff(cell, prepend=-1.0) != 0
    step = np.diff(s_m, prepend=0.0)
    new[1:] &= ~((step[1:] < _VERTEX_CELL_M / 2) & new[:-1])
    lengths = np.diff(first)
    to_end = np.repeat(s_m[first[1:] - 1], lengths) - s_m
    new &= to_end >= _VERTEX_CELL_M / 2
    new[first[:-1]] = True
    new[first[1:] - 1] = True
    return np.flatnonzero(new)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Of all lines, end to end. What belongs to a step belongs to the node it begins at.

    `chord_rad`: heading of the chord, run on over a line. `bulge_m`: how far left of its chord the road is thought.
    `slip_m2`: at a vertex the offset is no longer measured across the same direction.
    """

    first: Ints
    s_m: Floats
    x_m: Floats
    y_m: Floats
    chord_rad: Floats
    bulge_m: Floats
    variance_m2: Floats
    is_vertex: Bools
    slip_m2: Floats
    noise_m2: Floats  # of the place itself: of its vertex, or of the chord it lies on
    turn_rad: Floats  # at a vertex; between two, what the road turns over the chord
    corner_rad: Floats  # what a vertex turns beyond what its noise explains
    # What the vertices before and behind turn, over half the way to their neighbours, and what noise makes of that.
    mean_per_m: tuple[Floats, Floats]
    mean_noise_per_m: Floats


def nodes_of(x_m: Floats, y_m: Floats, first: Ints, s_m: Floats) -> Nodes:
    vertices_count = len(x_m)
    starts, lasts = first[:-1], first[1:] - 1
    dx, dy = np.diff(x_m, append=x_m[-1]), np.diff(y_m, append=y_m[-1])
    dx[lasts], dy[lasts] = dx[lasts - 1], dy[lasts - 1]
    # Arc tangents differ in their last digits between machines: they are rounded far below any noise.
    heading = np.rint(np.arctan2(dy, dx) * 1e8) / 1e8
    turn = np.diff(heading, prepend=heading[0])
    turn = turn - np.rint(turn / (2.0 * np.pi)) * (2.0 * np.pi)
    turn[starts] = 0.0
    total = np.cumsum(turn)
    chord = heading[starts].repeat(np.diff(first)) + total - total[starts].repeat(np.diff(first))
    length = np.diff(s_m, append=s_m[-1])
    length[lasts] = length[lasts - 1]
    before = np.roll(length, 1)
    before[starts] = length[starts]
    reach = (length + before) / 2.0
    noise = np.minimum(_NOISE_M_MAX, _NOISE_M + _NOISE_PER_M * reach)
    bend = _bend(turn / reach, length, starts, lasts)
    turn_noise = noise * np.sqrt(1.0 / length**2 + 1.0 / before**2 + (1.0 / length + 1.0 / before) ** 2)
    arc = bend * length / 2.0
    arc = arc + np.where(np.arange(vertices_count) == starts.repeat(np.diff(first)), 0.0, np.roll(arc, 1))
    corner = np.maximum(np.abs(turn - arc) - np.maximum(_CORNER_SIGMAS * turn_noise, _CORNER_RAD_MIN), 0.0)
    counts = _places_count(length)
    counts[lasts] = 0
    at = np.arange(vertices_count).repeat(counts + 1)  # vertex of each node
    place = np.arange(len(at)) - (np.cumsum(counts + 1) - counts - 1).repeat(counts + 1)
    t = _places(length[at], counts[at], place)
    span, inside = length[at], place > 0
    after = np.minimum(at + 1, vertices_count - 1)
    bulge = -bend[at] * span * span * t * (1.0 - t) / 2.0
    sagitta = np.abs(bend[at]) * span * span / 8.0
    shape = 4.0 * t * (1.0 - t)
    on_chord = ((1.0 - t) * noise[at]) ** 2 + (t * noise[after]) ** 2
    on_chord += shape * shape * (_CHORD_NOISE_M**2 + (sagitta / 2.0) ** 2)
    variance = np.where(inside, counts[at] * _CHORD_WEIGHT * on_chord, noise[at] ** 2)
    return Nodes(
        first=np.concatenate([[0], np.cumsum(np.add.reduceat(counts + 1, starts))]),
        s_m=s_m[at] + np.where(inside, t * span, 0.0),
        x_m=x_m[at] + np.where(inside, t * dx[at], 0.0),
        y_m=y_m[at] + np.where(inside, t * dy[at], 0.0),
        chord_rad=chord[at],
        bulge_m=bulge,
        variance_m2=variance,
        is_vertex=~inside,
        slip_m2=np.where(inside, 0.0, (np.minimum(np.abs(turn), 1.0) * noise)[at] ** 2),
        noise_m2=np.where(inside, on_chord, noise[at] ** 2),
        turn_rad=np.where(inside, bend[at] * span, turn[at]),
        corner_rad=np.where(inside, 0.0, corner[at]),
        mean_per_m=((turn / reach)[at], (turn / reach)[np.where(inside, after, at)]),
        mean_noise_per_m=np.maximum((turn_noise / reach)[at], (turn_noise / reach)[np.where(inside, after, at)]),
    )


def _bend(curvature: Floats, length: Floats, starts: Ints, lasts: Ints) -> Floats:
    """Curvature on each chord: the lesser of its ends' where both turn alike; none where they are corners.

    The first and the last chord of a line are as the chord beside them: one turn alone is no bend.
    """
    after = np.roll(curvature, -1)
    lesser = np.where(np.abs(curvature) < np.abs(after), curvature, after)
    bend = np.where(curvature * after > 0.0, lesser, 0.0)
    bend[starts] = np.where(lasts - starts > 2, bend[np.minimum(starts + 1, len(bend) - 1)], 0.0)
    bend[lasts - 1] = np.where(lasts - starts > 2, bend[np.maximum(lasts - 2, 0)], 0.0)
    sagitta = np.abs(bend) * length * length / 8.0
    faded: Floats = bend * np.clip((SAGITTA_M_MAX - sagitta) / (SAGITTA_M_MAX - _SAGITTA_FADES_M), 0.0, 1.0)
    return faded


_EVEN_COUNT = 5  # up to so many stretches a chord is divided evenly, a longer one ever more coarsely to its middle
_FROM_END_M = CORNER_LENGTH_M * (2.0 ** np.arange(1, 12) - 1.0)  # 8, 24, 56 ... from either end


def _places_count(length: Floats) -> Ints:
    """Nodes between the ends of chords."""
    even = np.maximum(np.ceil(length / CORNER_LENGTH_M), 1.0)
    doubling = np.searchsorted(_FROM_END_M, 0.4 * length)
    counts: Ints = np.where(even <= _EVEN_COUNT, even - 1.0, 2.0 * doubling + 1.0).astype(np.int64)
    return counts


def _places(length: Floats, count: Ints, place: Ints) -> Floats:
    """Share of the chord that lies before the node; 0 at its start."""
    far = np.where(2 * place < count + 1, place, count + 1 - place)
    from_end = np.where(far > 0, _FROM_END_M[np.maximum(far, 1) - 1], 0.0) / length
    uneven = np.where(2 * place == count + 1, 0.5, np.where(2 * place < count + 1, from_end, 1.0 - from_end))
    return np.where(np.ceil(length / CORNER_LENGTH_M) <= _EVEN_COUNT, place / (count + 1.0), uneven)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What `smooth` takes, by node (row) and line (column), infinite variances where a line has ended."""

    offset_m: Floats
    variance_m2: Floats
    noise_m2: Floats
    vertex_weight: Floats  # 1 / variance at vertices, 0 elsewhere
    slip_m2: Floats
    corner_rad: Floats

    def fit(self, step_m: Floats, change: Floats, noise: Floats) -> Smoothed:
        """`noise`: factor of all variances of a line."""
        return smooth(step_m, self.offset_m, self.variance_m2 * noise, change, self.slip_m2 * noise)


@dataclass(frozen=True, slots=True)
class Fitted:
    heading_rad: Floats
    curvature_per_m: Floats
    heading_variance: Floats
    curvature_variance: Floats


def _fit(nodes: Nodes) -> Fitted:
    """All lines, those of like size together: what a batch has room for and does not use is computed in vain."""
    first, last, used_first, used_last = _parts(nodes.first)
    made = Fitted(*(np.zeros(len(nodes.s_m)) for _ in range(4)))
    by_size = np.argsort(last - first, kind="stable")
    for part in np.array_split(by_size, max(1, round(len(by_size) / _BATCH_LINES_COUNT))):
        fit_batch(nodes, first[part], last[part], used_first[part], used_last[part], made)
    # Fading turns the heading a little more or less than the curvature says: that is made up for.
    step = np.diff(nodes.s_m, append=nodes.s_m[-1] + 1.0)
    mean = (made.curvature_per_m + np.roll(made.curvature_per_m, -1)) / 2.0
    missing = np.diff(made.heading_rad, append=0.0) / step - mean
    missing[nodes.first[1:] - 1] = 0.0
    made.curvature_per_m[:] += (missing + np.roll(missing, 1)) / 2.0
    return made


def _parts(first: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Lines as parts that are fitted at once: their first and last nodes with the overlap, and without."""
    counts = np.diff(first)
    core = _BATCH_NODES_COUNT - 2 * _OVERLAP_NODES_COUNT
    parts = np.where(counts <= _BATCH_NODES_COUNT, 1, -(-counts // core))
    line = np.arange(len(counts)).repeat(parts)
    number = np.arange(len(line)) - (np.cumsum(parts) - parts).repeat(parts)
    begin, end, of = first[:-1][line], first[1:][line], parts[line]
    used_first = begin + counts[line] * number // of
    used_last = begin + counts[line] * (number + 1) // of
    return (
        np.maximum(begin, used_first - _OVERLAP_NODES_COUNT),
        np.minimum(end, used_last + _OVERLAP_NODES_COUNT),
        used_first,
        used_last,
    )


def fit_batch(nodes: Nodes, first: Ints, last: Ints, used_first: Ints, used_last: Ints, made: Fitted) -> None:
    """Fits nodes `first` to `last` of some parts of lines, each a column, into `made`."""
    row = first + np.arange((last - first).max())[:, None]
    held = row < last
    at = np.minimum(row, last - 1)
    chord0 = nodes.chord_rad[first]
    chord = nodes.chord_rad[at] - chord0
    step = np.where(held[1:], nodes.s_m[at[1:]] - nodes.s_m[at[:-1]], 1.0)
    bulge = nodes.bulge_m[at]
    # The line unrolled: the offset's slope is the heading.
    measured = np.zeros(at.shape)
    np.cumsum(np.where(held[1:], chord[:-1] * step + bulge[1:] - bulge[:-1], 0.0), axis=0, out=measured[1:])
    measured += bulge[0]
    variance = np.where(held, nodes.variance_m2[at], np.inf)
    fitted = _estimate(
        step,
        _Measured(
            offset_m=measured,
            variance_m2=variance,
            noise_m2=np.where(held, nodes.noise_m2[at], np.inf),
            vertex_weight=np.where(nodes.is_vertex[at], 1.0 / variance, 0.0),
            slip_m2=(nodes.slip_m2[at[:-1]] + nodes.slip_m2[at[1:]]) / 2.0,
            corner_rad=np.maximum(nodes.corner_rad[at[:-1]], nodes.corner_rad[at[1:]]),
        ),
    )
    # Over the overlap of two parts one fades into the other: a seam would part heading from curvature.
    # The outermost nodes of a part know too little of what follows to be used.
    width = 2.0 * (_OVERLAP_NODES_COUNT - _EDGE_NODES_COUNT)
    fade_in = np.clip((row - first - _EDGE_NODES_COUNT + 0.5) / width, 0.0, 1.0)
    fade_out = np.clip((last - row - _EDGE_NODES_COUNT - 0.5) / width, 0.0, 1.0)
    fade_in, fade_out = np.where(first < used_first, fade_in, 1.0), np.where(last > used_last, fade_out, 1.0)
    weight, target = (fade_in * fade_out)[held], at[held]
    for into, values in (
        (made.curvature_per_m, fitted.curvature_per_m),
        (made.heading_rad, fitted.heading_rad + chord0),
        (made.curvature_variance, fitted.curvature_variance),
        (made.heading_variance, fitted.heading_variance),
    ):
        np.add.at(into, target, weight * values[held])


def _estimate(step: Floats, measured: _Measured) -> Fitted:
    """Fits, and from the fit estimates the noise of each line and the change of curvature of each step, and again.

    Where the curve is farther from the line than it may be, its curvature is let change more.
    """
    # To begin with, curvature changes where the line has corners: else a turn may settle beside its vertex.
    change = np.minimum(10.0 * _CHANGE_PER_M3 + measured.corner_rad**2 / step**3, _CHANGE_PER_M3_MAX)
    loosened = np.ones(step.shape)
    noise = np.ones(step.shape[1])  # factor of the variance
    vertices_count = (measured.vertex_weight > 0.0).sum(axis=0)
    for _ in range(_PASSES_COUNT):
        fitted = measured.fit(step, change, noise)
        off2 = (measured.offset_m - fitted.offset_m) ** 2
        spread = (measured.vertex_weight * (off2 + fitted.offset_variance)).sum(axis=0)
        noise = (_NOISE_PRIOR_COUNT + spread) / (_NOISE_PRIOR_COUNT + vertices_count)
        noise = np.clip(noise, _NOISE_FACTOR_MIN, _NOISE_FACTOR_MAX)
        allowed2 = np.clip(_OFF_SIGMAS**2 * measured.noise_m2 * noise, _OFF_M_MIN**2, _OFF_M_MAX**2)
        far = np.maximum(off2 / allowed2, 1.0)
        loosened = np.minimum(loosened * np.maximum(far[1:], far[:-1]), _LOOSENED_MAX)
        change2 = fitted.change_per_m**2 + fitted.change_variance
        change = np.minimum((_CHANGE_PER_M3 + change2 / step) / 2.0 * loosened, _CHANGE_PER_M3_MAX)
    curve = measured.fit(step, change, noise)
    # What was allowed to change says how far off the curve may be only as far as it did change.
    used = _CHANGE_PER_M3 + curve.change_per_m**2 / step
    sure = measured.fit(step, np.minimum(used, change), noise)
    return Fitted(curve.heading_rad, curve.curvature_per_m, sure.heading_variance, sure.curvature_variance)


def heading_sigma(fitted: Fitted) -> Floats:
    sigma: Floats = _HEADING_SIGMA_FACTOR * np.sqrt(np.maximum(fitted.heading_variance, _SIGMA_MIN_RAD**2))
    return sigma


def curvature_sigma(nodes: Nodes, fitted: Fitted) -> Floats:
    curvature = fitted.curvature_per_m
    change = np.diff(curvature, append=curvature[-1])
    change[nodes.first[1:] - 1] = 0.0
    after, before = np.abs(change), np.abs(np.roll(change, 1))
    nearby = _CHANGE_SHARE * np.maximum(after, before)
    arc = curvature * nodes.turn_rad * nodes.turn_rad / 24.0
    untold = np.maximum.reduce([np.abs(curvature - x) for x in nodes.mean_per_m])
    untold = _UNTOLD_SHARE * np.maximum(untold - _UNTOLD_NOISES * nodes.mean_noise_per_m, 0.0)
    sigma2 = np.maximum(fitted.curvature_variance, _SIGMA_MIN_PER_M**2) + nearby * nearby + arc * arc + untold * untold
    sigma: Floats = np.sqrt(sigma2)
    return sigma
