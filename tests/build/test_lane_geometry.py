import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import LineString

from mapprior.build.lane_geometry import drifting_line, road_line
from mapprior.geo.frame import LocalFrame
from mapprior.geo.polyline import Polyline
from tests.build.osm_text import LAT0_E7, LON0_E7

FRAME = LocalFrame(lat0_e7=LAT0_E7, lon0_e7=LON0_E7)


def offset_line(line, first, last, offset_m):
    """A line that keeps its distance from vertices `first` to `last`."""
    return drifting_line(line, first, [offset_m] * (last - first + 1))


offsets_m = st.sampled_from([-8.0, -3.5, -1.75, 0.0, 1.75, 3.5, 8.0])


def road(steps):
    """A line from (length, turn) steps."""
    x = y = heading = 0.0
    points = [(0.0, 0.0)]
    for length_m, turn_rad in steps:
        heading += turn_rad
        x, y = x + length_m * math.cos(heading), y + length_m * math.sin(heading)
        points.append((x, y))
    places = [FRAME.lat_lon_e7(*p) for p in points]
    return road_line([p[0] for p in places], [p[1] for p in places]), points


def metres(lat, lon):
    return [FRAME.xy_m(lat_e7=a, lon_e7=b) for a, b in zip(lat, lon, strict=True)]


steps = st.lists(st.tuples(st.floats(0.5, 60.0), st.floats(-2.6, 2.6)), min_size=1, max_size=8)


@given(steps, offsets_m)
@example([(45.6875, 1.3168343553291306), (1.5, -1.03515625), (7.0703125, 0.0), (9.0, -1.212890625)], -8.0)
@example([(1.5, -2.298828125), (6.671875, 0.0), (1.5, -2.296875), (8.0, -0.8125)], -8.0)  # a centimetre forward
def test_a_line_beside_a_road_runs_the_way_the_road_runs(steps, offset_m):
    line, points = road(steps)
    beside = metres(*offset_line(line, 0, len(points) - 1, offset_m))
    assert len(beside) >= 2
    if len(beside) > 2:
        # Every stretch leads forward along some stretch of the road that it lies beside.
        for (ax, ay), (bx, by) in itertools.pairwise(beside):
            assert any(
                (bx - ax) * (dx - cx) + (by - ay) * (dy - cy) > 0 for (cx, cy), (dx, dy) in itertools.pairwise(points)
            )


@given(st.floats(12.0, 400.0), st.sampled_from([1, -1]), st.floats(1.0, 25.0), offsets_m)
def test_beside_a_curve_the_distance_holds_and_nothing_crosses(radius_m, side, gap_m, offset_m):
    turn = side * min(gap_m / radius_m, 0.5)
    line, points = road([(radius_m * abs(turn), turn)] * min(40, int(2.5 / abs(turn))))
    beside = LineString(metres(*offset_line(line, 0, len(points) - 1, offset_m)))
    assert beside.is_simple
    for x, y in beside.coords:
        assert abs(LineString(points).distance(LineString([(x, y), (x + 1e-6, y)])) - abs(offset_m)) < 0.6


@given(st.lists(st.tuples(st.floats(3.0, 30.0), st.floats(-0.25, 0.25)), min_size=3, max_size=12), offsets_m)
def test_lines_of_links_that_follow_each_other_meet(steps, offset_m):
    line, points = road(steps)
    middle, last = len(points) // 2, len(points) - 1
    whole = offset_line(line, 0, last, offset_m)
    before, after = offset_line(line, 0, middle, offset_m), offset_line(line, middle, last, offset_m)
    (ax, ay), (bx, by) = metres(*before)[-1], metres(*after)[0]
    assert math.hypot(ax - bx, ay - by) < 0.05
    assert whole[0][0] == before[0][0] and whole[0][-1] == after[0][-1]


def test_inside_a_sharp_bend_no_loop_is_left():
    # A bend of 4 m radius drawn with vertices every metre; the inner line at 6 m would turn back on itself.
    bend = [(20.0, 0.0), *[(1.0, 0.25)] * 12, (20.0, 0.25)]
    line, points = road(bend)
    beside = LineString(metres(*offset_line(line, 0, len(points) - 1, 6.0)))
    assert beside.is_simple


def test_a_spike_is_cut_at_a_hairpin():
    line, points = road([(30.0, 0.0), (30.0, 3.1)])
    beside = metres(*offset_line(line, 0, 2, -3.5))
    assert max(math.hypot(x - px, y - py) for x, y in beside for px, py in [points[1]] if x > 20) <= 7.01


@pytest.mark.parametrize("offset_m", [-5.25, -1.75, 1.75, 5.25])
def test_where_a_road_turns_back_on_itself_no_line_crosses_it(offset_m):
    """Ways are drawn so by mistake, and two roads may lie upon one another from the node on where they meet."""
    line, points = road([(60.0, 0.0), (-60.0, 0.0)])
    assert points[2] == points[0]
    out, back = (metres(*offset_line(line, i, i + 1, offset_m)) for i in (0, 1))
    assert math.dist(out[-1], back[0]) < 0.05
    for beside, left in ((out, 1.0), (back, -1.0)):
        assert all(left * offset_m * y >= 0.0 for _, y in beside)
        assert abs(LineString(beside).interpolate(30.0).y) > 0.3 * abs(offset_m)


def test_left_is_positive_and_zero_is_the_road_itself():
    line, _ = road([(100.0, 0.0)])
    assert offset_line(line, 0, 1, 0.0) == (list(line.lat_e7), list(line.lon_e7))
    lat, lon = offset_line(line, 0, 1, 3.0)
    x, y = FRAME.xy_m(lat_e7=lat[0], lon_e7=lon[0])
    assert (round(x, 1), round(y, 1)) == (0.0, 3.0)
    assert Polyline(lat, lon).length_m > 99.0


def test_a_corner_keeps_its_distance_to_both_sides():
    line, _ = road([(50.0, 0.0), (50.0, math.pi / 2)])
    corner = metres(*offset_line(line, 0, 2, 3.0))[1]
    assert (round(corner[0], 1), round(corner[1], 1)) == (47.0, 3.0)
