"""Curvature of polylines, against roads whose curvature is known.

`pytest -s tests/geo/test_curvature.py -k table` prints bias, RMS error and how often two sigmas hold.
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.geo.curvature import CORNER_LENGTH_M, fit_curves
from mapprior.geo.smooth import smooth
from mapprior.geo.thinning import kept_points
from tests.geo.drawn_roads import assumed_noise_m, drawn_roads, road

SAGITTA_M_MAX = 1.6  # a mapper would set more vertices
COPIES_COUNT = 20
NOISES = (0.0, 0.5, 1.0, 2.0)  # times what is assumed

turns = st.lists(st.tuples(st.floats(4.0, 60.0), st.floats(-0.5, 0.5)), min_size=2, max_size=25)


def line(steps):
    """A line from (length, turn) steps."""
    x, y, heading = [0.0], [0.0], 0.0
    for length_m, turn_rad in steps:
        heading += turn_rad
        x.append(x[-1] + length_m * math.cos(heading))
        y.append(y[-1] + length_m * math.sin(heading))
    return np.array(x), np.array(y)


def fit_curve(x_m, y_m):
    return fit_curves(np.asarray(x_m, float), np.asarray(y_m, float), np.array([0, len(x_m)]))


def together(lines):
    first = np.concatenate([[0], np.cumsum([len(x) for x, _ in lines])])
    return fit_curves(np.concatenate([x for x, _ in lines]), np.concatenate([y for _, y in lines]), first), first


def digitised():
    """(name, spacing, noise in what is assumed, noise, road, copies) of every drawn road."""
    for name, drawn, spacing_m in cases():
        for times in NOISES:
            generator, noise_m = np.random.default_rng(1), times * assumed_noise_m(spacing_m)
            copies = [drawn.digitised(spacing_m, noise_m, generator) for _ in range(COPIES_COUNT)]
            yield name, spacing_m, times, noise_m, drawn, copies


def errors(drawn, true_s, s, vertex_s, *, values):
    """Errors of one copy every 3 m, those of curvature and heading, and both in sigmas."""
    at = np.interp(s, vertex_s, true_s)
    places = np.arange(2.0, drawn.s_m[-1] - 1.0, 3.0)
    curvature, sigma, heading, heading_sigma = (np.interp(places, at, x) for x in values)
    off = curvature - np.interp(places, drawn.s_m, drawn.curvature_per_m)
    turned = (heading - np.interp(places, drawn.s_m, drawn.heading_rad) + math.pi) % math.tau - math.pi
    return np.array([off, off / sigma, turned, turned / heading_sigma])


def cases():
    for name, drawn in drawn_roads().items():
        sharpest = np.abs(drawn.curvature_per_m).max()
        for spacing_m in (5, 10, 20, 40, 80):
            corner = name.startswith("street corner") and spacing_m > 5
            if not corner and 3 * spacing_m <= drawn.s_m[-1] and sharpest * spacing_m**2 / 8 <= SAGITTA_M_MAX:
                yield name, drawn, spacing_m


@pytest.mark.slow
def test_two_sigmas_hold_as_often_as_they_should_table():
    made = list(digitised())
    curves, first = together([(x, y) for *_, copies in made for x, y, _ in copies])
    columns = curves.curvature_per_m, curves.curvature_sigma_per_m, curves.heading_rad, curves.heading_sigma_rad
    held, i = {times: [] for times in NOISES}, 0
    for name, spacing_m, times, noise_m, drawn, copies in made:
        found = []
        for _, _, true_s in copies:
            nodes, vertices = slice(*curves.first[i : i + 2]), slice(*first[i : i + 2])
            values = [x[nodes] for x in columns]
            found.append(errors(drawn, true_s, curves.s_m[nodes], curves.vertex_s_m[vertices], values=values))
            i += 1
        off, sigmas, turned, turned_sigmas = np.concatenate(found, axis=1)
        held[times].append([np.mean(np.abs(sigmas) <= 2), np.mean(np.abs(turned_sigmas) <= 2)])
        print(
            f"{name:24} every {spacing_m:2} m, noise {noise_m:4.2f} m: bias {1e3 * off.mean():7.3f} "
            f"rms {1e3 * math.sqrt(np.mean(off**2)):7.3f} 1e-3/m, within 2 sigma {held[times][-1][0]:.3f}; "
            f"heading rms {1e3 * math.sqrt(np.mean(turned**2)):5.1f} mrad, within 2 sigma {held[times][-1][1]:.3f}"
        )
    for times, shares in held.items():
        curvature, heading = np.mean(shares, axis=0)
        print(f"noise {times} times what is assumed: within 2 sigma curvature {curvature:.3f}, heading {heading:.3f}")
    assert np.mean(held[1.0], axis=0).min() > 0.93
    assert np.mean(held[0.5], axis=0).min() > 0.95
    assert np.min(held[1.0]) > 0.7


@pytest.mark.parametrize("radius_m", [10, 15, 50, 200, 1000, 2000])
@pytest.mark.parametrize("side", [1, -1])
def test_a_circle_has_the_curvature_of_its_radius_left_positive(radius_m, side):
    k = side / radius_m
    drawn = road((4.0 * radius_m, k, k))
    spacing_m = min(0.35 * radius_m, 30.0)
    x, y, _ = drawn.digitised(spacing_m, 0.0, np.random.default_rng(2))
    curve = fit_curve(x, y)
    # Along the polyline the road turns faster than along itself: arc over chord.
    assert curve.curvature_per_m * radius_m * side == pytest.approx(1.0, abs=0.03)
    assert np.all(np.abs(curve.curvature_per_m - k) <= 2 * curve.curvature_sigma_per_m)


def test_a_straight_has_none_and_says_how_sure():
    curve = fit_curve([0.0, 40.0, 90.0, 300.0], [0.0, 0.0, 0.0, 0.0])
    assert np.abs(curve.curvature_per_m).max() < 1e-9 and np.abs(curve.heading_rad).max() < 1e-9
    assert curve.curvature_sigma_per_m.min() > 0.0 and curve.heading_sigma_rad.min() > 0.0


def test_fewer_vertices_mean_less_sure():
    drawn = road((300, 1 / 200, 1 / 200))
    sigmas = []
    for spacing_m in (5, 15, 40):
        curve = fit_curve(*drawn.digitised(spacing_m, 0.0, np.random.default_rng(3))[:2])
        sigmas.append(np.median(curve.heading_sigma_rad))
    assert sigmas == sorted(sigmas) and sigmas[0] < sigmas[-1]


@pytest.mark.parametrize("degrees", [45, 90, -90, 135])
def test_a_corner_is_turned_on_a_few_metres_never_at_once(degrees):
    curve = fit_curve(*line([(60.0, 0.0), (60.0, math.radians(degrees))]))
    s, k = curve.s_m, curve.curvature_per_m
    turn = np.trapezoid(k, s)
    assert turn == pytest.approx(math.radians(degrees), abs=0.12)
    assert np.abs(k).max() < 1.2 * abs(math.radians(degrees)) / CORNER_LENGTH_M
    at = int(np.argmax(np.abs(k)))
    assert abs(s[at] - 60.0) < 1.0
    assert curve.curvature_sigma_per_m[at] > 0.2 * abs(k[at])
    far = np.abs(s - 60.0) > 30.0
    assert np.abs(k[far]).max() < 0.02


@given(turns)
@settings(max_examples=40, deadline=None)
def test_heading_is_what_curvature_makes_of_it(steps):
    curve = fit_curve(*line(steps))
    s, k = curve.s_m, curve.curvature_per_m
    turned = np.concatenate([[0.0], np.cumsum(np.diff(s) * (k[1:] + k[:-1]) / 2.0)])
    assert curve.heading_rad - curve.heading_rad[0] == pytest.approx(turned, abs=1e-6)


@given(turns, st.floats(-3.1, 3.1), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
@settings(max_examples=40, deadline=None)
def test_where_a_road_lies_and_leads_changes_nothing_but_its_heading(steps, angle_rad, east_m, north_m):
    x, y = line(steps)
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    here, there = fit_curve(x, y), fit_curve(x * cos - y * sin + east_m, x * sin + y * cos + north_m)
    if len(here.s_m) == len(there.s_m):  # a step of exactly 8 m may be divided or not
        off = np.abs(there.curvature_per_m - here.curvature_per_m)
        assert np.all(off <= 0.05 * here.curvature_sigma_per_m)
        turned = (there.heading_rad - here.heading_rad - angle_rad + math.pi) % math.tau - math.pi
        assert np.abs(turned).max() < 2e-3


def test_the_other_way_round_the_signs_turn():
    generator = np.random.default_rng(4)
    worst = []
    for count in generator.integers(2, 25, 100):
        x, y = line([(generator.uniform(4, 60), generator.normal(0, 0.25)) for _ in range(count)])
        there, back = fit_curve(x, y), fit_curve(x[::-1], y[::-1])
        at = there.s_m[-1] - back.s_m[::-1]
        off = np.interp(at, there.s_m, there.curvature_per_m) + back.curvature_per_m[::-1]
        worst.append(np.max(np.abs(off) / back.curvature_sigma_per_m[::-1]))
    assert np.quantile(worst, 0.95) < 0.2 and max(worst) < 2.0  # corners that are none in one direction are rare


def off_the_line_m(x, y):
    """Widest range of the curve's offset from the line, unrolled: what the headings differ by, summed up."""
    curve = fit_curve(x, y)
    chord = np.unwrap(np.arctan2(np.diff(y), np.diff(x)))
    s = np.arange(0.0, curve.s_m[-1], 0.25)
    along = np.interp(s, curve.s_m, curve.heading_rad)
    of_line = chord[np.clip(np.searchsorted(curve.vertex_s_m, s, side="right") - 1, 0, len(chord) - 1)]
    return np.ptp(np.cumsum(along - of_line) * 0.25)


@given(turns)
@settings(max_examples=30, deadline=None)
def test_the_curve_stays_near_the_line(steps):
    noise_m = assumed_noise_m(max(step_m for step_m, _ in steps))
    assert off_the_line_m(*line(steps)) < max(4.0, 12.0 * noise_m)


def test_where_the_curve_is_far_off_it_may_change_more():
    """Zigzags that could be noise as well: 4.3 m on average, 4.7 m were all lines held to be as smooth."""
    generator = np.random.default_rng(3)
    lines = [line([(60 * generator.uniform(0.7, 1.3), 0.5 * generator.choice([-1, 0, 1])) for _ in range(12)])
             for _ in range(25)]  # fmt: skip
    assert np.mean([off_the_line_m(x, y) for x, y in lines]) < 4.5


def test_lines_fitted_together_are_those_fitted_alone():
    generator = np.random.default_rng(5)
    lines = [line([(generator.uniform(3, 40), generator.normal(0, 0.2)) for _ in range(n)]) for n in (1, 2, 9, 40, 300)]
    curves, _ = together(lines)
    for i, (x, y) in enumerate(lines):
        alone, nodes = fit_curve(x, y), slice(*curves.first[i : i + 2])
        assert curves.s_m[nodes] == pytest.approx(alone.s_m, abs=1e-9)
        assert curves.curvature_per_m[nodes] == pytest.approx(alone.curvature_per_m, abs=1e-9)
        assert curves.curvature_sigma_per_m[nodes] == pytest.approx(alone.curvature_sigma_per_m, abs=1e-9)


def test_a_long_line_is_fitted_in_parts_that_leave_hardly_a_trace():
    """Beside a fit of its middle: the noise is estimated of each part, so they differ by a share of a sigma."""
    worst = []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        x, y = line([(generator.uniform(8, 30), generator.normal(0, 0.08)) for _ in range(200)])
        whole = fit_curve(x, y)
        for begin in (20, 60, 110):
            part = fit_curve(x[begin : begin + 70], y[begin : begin + 70])
            middle = slice(len(part.s_m) // 3, 2 * len(part.s_m) // 3)
            s = part.s_m[middle] + whole.vertex_s_m[begin]
            off = np.abs(np.interp(s, whole.s_m, whole.curvature_per_m) - part.curvature_per_m[middle])
            worst.append(np.max(off / part.curvature_sigma_per_m[middle]))
    assert np.mean(worst) < 1.0


@pytest.mark.parametrize("steps", [[(0.0, 0.0)], [(0.0, 0.0), (0.0, 0.0)]])
def test_a_line_without_length_is_an_error(steps):
    with pytest.raises(ValueError, match="without length"):
        fit_curve(*line(steps))


def test_vertices_on_top_of_each_other_and_turns_back_break_nothing():
    x, y = line([(20.0, 0.0), (0.0, 0.0), (0.01, 2.0), (30.0, 0.3), (30.0, math.pi), (0.0, 1.0)])
    curve = fit_curve(x, y)
    assert np.all(np.isfinite(curve.curvature_per_m)) and np.all(np.isfinite(curve.curvature_sigma_per_m))
    assert np.all(np.diff(curve.s_m) > 0)


@given(
    st.lists(st.tuples(st.floats(2, 30), st.floats(-5, 5), st.floats(0.01, 4)), min_size=3, max_size=9),
    st.floats(1e-8, 1e-3),
)
@settings(max_examples=40, deadline=None)
def test_the_smoother_gives_what_solving_all_equations_at_once_gives(nodes, change):
    """A second opinion: the joint normal distribution of all states, conditioned on what was measured."""
    step, measured_m, variance = (np.array(x) for x in zip(*nodes, strict=True))
    count = len(step)
    transition, noise = np.zeros((3 * count, 3 * count)), np.zeros((3 * count, 3 * count))
    noise[:3, :3] = np.diag([100.0, 1.0, 0.04])
    for k in range(1, count):
        h = step[k - 1]
        transition[3 * k : 3 * k + 3, 3 * k - 3 : 3 * k] = [[1, h, h * h / 2], [0, 1, h], [0, 0, 1]]
        way = np.array([h * h / 6, h / 2, 1.0])
        noise[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] = change * h * np.outer(way, way)
    all_states = np.linalg.inv(np.eye(3 * count) - transition)
    mean = all_states[:, 0] * measured_m[0]
    cov = all_states @ noise @ all_states.T
    seen = cov[:, ::3]
    gain = seen @ np.linalg.inv(seen[::3] + np.diag(variance))
    mean, cov = mean + gain @ (measured_m - mean[::3]), cov - gain @ seen.T
    made = smooth(
        step[:-1, None],
        measured_m[:, None],
        variance[:, None],
        np.full((count - 1, 1), change),
        np.zeros((count - 1, 1)),
    )
    assert made.offset_m[:, 0] == pytest.approx(mean[::3], abs=1e-5)
    assert made.curvature_per_m[:, 0] == pytest.approx(mean[2::3], abs=1e-6)
    assert np.sqrt(made.heading_variance[:, 0]) == pytest.approx(np.sqrt(np.diag(cov)[1::3]), rel=1e-2)
    assert np.sqrt(made.curvature_variance[:, 0]) == pytest.approx(np.sqrt(np.diag(cov)[2::3]), rel=1e-2)


@given(
    st.lists(
        st.tuples(st.integers(5, 4000), st.integers(-60_000, 60_000), st.integers(1, 40_000)), min_size=2, max_size=30
    )
)
def test_points_left_out_are_said_by_those_kept(steps):
    s = np.cumsum([x for x, _, _ in steps]).tolist()
    k, sigma = [x for _, x, _ in steps], [x for _, _, x in steps]
    heading = [0]
    for i in range(1, len(s)):
        heading.append(heading[-1] + round((k[i] + k[i - 1]) * (s[i] - s[i - 1]) / 200_000))
    kept = kept_points(s, k, sigma, heading)
    assert kept[0] == 0 and kept[-1] == len(s) - 1 and kept == sorted(set(kept))
    said = np.interp(s, [s[i] for i in kept], [k[i] for i in kept])
    assert np.all(np.abs(said - k) <= 0.3 * np.array(sigma) + 1e-6)
    said = np.interp(s, [s[i] for i in kept], [sigma[i] for i in kept])
    assert np.all(3 * said + 1e-6 >= 2 * np.array(sigma))
    for a, b in itertools.pairwise(kept):
        if b > a + 1:
            assert abs((k[a] + k[b]) * (s[b] - s[a]) / 200_000 - (heading[b] - heading[a])) <= 4


def kept_vertices(x, y, off_m):
    """Those that a line keeps that stays within `off_m` (Douglas and Peucker)."""
    keep, stack = {0, len(x) - 1}, [(0, len(x) - 1)]
    while stack:
        a, b = stack.pop()
        if b > a + 1:
            dx, dy = x[b] - x[a], y[b] - y[a]
            off = np.abs((x[a + 1 : b] - x[a]) * dy - (y[a + 1 : b] - y[a]) * dx) / math.hypot(dx, dy)
            if off.max() > off_m:
                i = a + 1 + int(np.argmax(off))
                keep.add(i)
                stack += [(a, i), (i, b)]
    return np.array(sorted(keep))


@pytest.mark.parametrize("off_m", [0.5, 1.0, 2.0])
def test_of_bends_drawn_with_few_vertices_two_sigmas_hold_too(off_m):
    generator = np.random.default_rng(5)
    held = []
    for radius_m, degrees in itertools.product((25.0, 60.0, 150.0, 400.0), (30.0, 60.0, 90.0, 120.0)):
        arc_m = radius_m * math.radians(degrees)
        ease_m = min(0.3 * arc_m, 0.5 * radius_m)
        k = 1.0 / radius_m
        drawn = road((150, 0, 0), (ease_m, 0, k), (max(arc_m - ease_m, 0.5), k, k), (ease_m, k, 0), (150, 0, 0))
        at = np.arange(0, len(drawn.s_m), 20)
        s = drawn.s_m[at][kept_vertices(drawn.x_m[at], drawn.y_m[at], off_m)]
        x, y = (np.interp(s, drawn.s_m, z) + generator.normal(0.0, 0.3, len(s)) for z in (drawn.x_m, drawn.y_m))
        made = fit_curve(x, y)
        places = np.arange(110.0, drawn.s_m[-1] - 110.0, 2.0)
        along = np.interp(made.s_m, made.vertex_s_m, s)
        told, sigma = (np.interp(places, along, z) for z in (made.curvature_per_m, made.curvature_sigma_per_m))
        true = np.interp(places, drawn.s_m, drawn.curvature_per_m)
        held.append(np.mean(np.abs(told - true) <= 2.0 * sigma))
    assert min(held) > 0.85  # in each bend; without what the line leaves untold 0.43 to 0.61 in the worst
