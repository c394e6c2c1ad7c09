"""How far a curve is from its polyline: true between the places looked at, and not much too large."""

import itertools
import math

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from shapely import LineString, points

from mapprior.geo.deviation import DrawnCurves, deviation_max_m

turns = st.floats(-0.9, 0.9)
lines = st.lists(st.tuples(st.floats(0.5, 60.0), turns), min_size=1, max_size=12)
curvatures = st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(-0.3, 0.3)), min_size=2, max_size=6)
both = st.tuples(lines, curvatures)
ZIGZAG = [(1.0, 0.5), *[(1.0, 0.0)] * 6, (3.0, 0.5), (1.0, 0.75), (1.0, -0.75), (2.0, -0.75)]
# A chord of a decimetre between two long ones: the nearest chord is the next but one.
TWO_CORNERS = [(60.0, 0.0), (0.5, 0.4), (60.0, 0.4)]
# The curve goes from one chord to the next but two, a metre and more from both.
FAR_CORNERS = [(5.0, 0.0), (5.0, -0.75), (1.0, 0.75), (1.0, 0.5), (1.0, 0.5)]
# The curve passes two corners at once where it is farthest off: 0.4 m more than at either side of them.
PASSED_CORNERS = [(20.0, -0.2), (5.0, -0.2), (10.0, -0.2), (1.0, 0.8), (5.0, 0.2)]


def drawn(*pairs):
    """Curves beside lines: lines of (length, turn), points of (share of what is left of the length, curvature)."""
    first, begin, end, s, curvature, heading, x, y, vertex_s = [0], [], [], [], [], [], [], [], []
    from_m = 0.0
    for steps, bends in pairs:
        begin.append(len(x))
        at_x = at_y = turned = 0.0
        places = [(0.0, 0.0)]
        for length, turn in steps:
            turned += turn
            at_x, at_y = at_x + length * math.cos(turned), at_y + length * math.sin(turned)
            places.append((at_x, at_y))
        arc = [from_m, *(from_m + np.cumsum([length for length, _ in steps]))]
        x, y, vertex_s = x + [p[0] for p in places], y + [p[1] for p in places], vertex_s + arc
        end.append(len(x) - 1)
        at = [arc[0]]
        for share, _ in bends[:-2]:
            at.append(at[-1] + share * (arc[-1] - at[-1]))
        at.append(arc[-1])
        bend = [k for _, k in bends]
        turn = np.cumsum([(b - a) * (k0 + k1) / 2 for (a, b), (k0, k1) in zip(_pairs(at), _pairs(bend), strict=True)])
        # What the points turn beyond their curvature.
        s, curvature, heading = s + at, curvature + bend, [*heading, 0.0, *(turn + 0.004)]
        first.append(len(s))
        from_m = arc[-1] + 16.0
    arrays = [np.array(v) for v in (first, s, curvature, heading, begin, end, vertex_s, x, y)]
    return DrawnCurves(*arrays)


_pairs = itertools.pairwise


def sampled_m(curves, number):
    """The same by places every 4 cm and shapely."""
    a, b = curves.first[number], curves.first[number + 1]
    s, k, h = curves.s_m[a:b], curves.curvature_per_m[a:b], curves.heading_rad[a:b]
    at = np.linspace(s[0], s[-1], int((s[-1] - s[0]) * 25) + 2)
    i = np.clip(np.searchsorted(s, at, side="right") - 1, 0, len(s) - 2)
    span, ahead = s[i + 1] - s[i], at - s[i]
    missing = h[i + 1] - h[i] - span * (k[i] + k[i + 1]) / 2
    heading = h[i] + k[i] * ahead + (k[i + 1] - k[i]) * ahead**2 / 2 / span + missing * ahead / span
    middle, step = (heading[1:] + heading[:-1]) / 2, np.diff(at)
    x, y = np.append(0, np.cumsum(step * np.cos(middle))), np.append(0, np.cumsum(step * np.sin(middle)))
    begin, end = curves.begin[number], curves.end[number] + 1
    line_s, line_x, line_y = curves.vertex_s_m[begin:end], curves.x_m[begin:end], curves.y_m[begin:end]
    x += np.mean(np.interp(at, line_s, line_x) - x)
    y += np.mean(np.interp(at, line_s, line_y) - y)
    return LineString(np.column_stack([line_x, line_y])).distance(points(x, y)).max()


@settings(max_examples=50)
@given(st.lists(both, min_size=1, max_size=3))
@example([(ZIGZAG, [(1.0, -0.04), (1.0, -0.04)])])
@example([(TWO_CORNERS, [(1.0, 0.0), (1.0, 0.0)])])
@example([(PASSED_CORNERS, [(1.0, -0.01), (1.0, -0.01)])])
@example([([(300.0, 0.0)], [(1.0, 2.53), (1.0, 0.0)])])  # in circles: far off between the places that are looked at
def test_no_place_of_a_curve_is_farther_from_its_line_than_its_bound(pairs):
    curves = drawn(*pairs)
    assume(np.all(np.diff(curves.s_m) > 0.05))
    for number, bound_m in enumerate(deviation_max_m(curves)):
        assert sampled_m(curves, number) <= bound_m + 0.01 * (1.0 + bound_m)


gentle = st.tuples(
    st.lists(st.tuples(st.floats(2.0, 60.0), st.floats(-0.3, 0.3)), min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(0.2, 0.8), st.floats(-0.02, 0.02)), min_size=2, max_size=4),
)


@settings(max_examples=50)
@given(gentle)
@example((TWO_CORNERS, [(1.0, 0.0), (1.0, 0.0)]))
@example((FAR_CORNERS, [(1.0, 0.02), (1.0, 0.02)]))
def test_near_its_line_the_bound_is_not_much_too_large(pair):
    curves = drawn(pair)
    [bound_m], farthest_m = deviation_max_m(curves), sampled_m(curves, 0)
    assume(farthest_m < 5.0)
    assert bound_m <= 1.15 * farthest_m + 0.05


def test_a_straight_on_its_line_is_off_it_by_nothing_and_neighbours_do_not_matter():
    straight = ([(10.0, 0.0), (50.0, 0.0)], [(1.0, 0.0), (1.0, 0.0)])
    bent = (ZIGZAG, [(1.0, -0.04), (1.0, -0.04)])
    curves = drawn(straight)
    curves.heading_rad[:] = 0.0
    assert deviation_max_m(curves) == 0.0
    together = deviation_max_m(drawn(bent, straight, bent))
    assert np.allclose(together, [*deviation_max_m(drawn(bent)), *deviation_max_m(drawn(straight)), together[0]])
