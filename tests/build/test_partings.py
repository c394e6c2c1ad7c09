"""Partings of carriageways: the line goes aside, the curve of the road does not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.build.partings import find_courses
from mapprior.geo.jogs import DRIVEN_M
from tests.build.test_curves import check_promises, graph_of, metres, off_the_line_m, road_curvatures

ROAD = {"name": "x"}
ONE_WAY = {"name": "x", "oneway": "yes"}


def drawn(apart_m, over_m, *, share=0.5, turn_rad=0.0, radius_m=1e9, with_other=True):
    """A two-way road from the west (way 1) that parts at node 9 into the carriageway driven away from it (way 2, then
    way 4 from 120 m on) and the one driven to it (way 3), which are `apart_m` apart after `over_m`, `share` of it to
    the right. With a radius the road turns left from there on, by `turn_rad`."""
    nodes = {i: (20.0 * (i - 9), 0.0) for i in range(1, 10)}
    for aside_m, first in ((-share * apart_m, 20), ((1.0 - share) * apart_m, 40)):
        for i in range(1, 17):
            s_m = over_m + 15.0 * (i - 1)
            angle = min((s_m - over_m) / radius_m, turn_rad)
            rest_m = s_m - over_m - angle * radius_m
            x_m = over_m + radius_m * math.sin(angle) + rest_m * math.cos(angle) - aside_m * math.sin(angle)
            y_m = radius_m * (1.0 - math.cos(angle)) + rest_m * math.sin(angle) + aside_m * math.cos(angle)
            nodes[first + i] = (x_m, y_m)
    ways = {1: (range(1, 10), ROAD), 2: ((9, *range(21, 30)), ONE_WAY), 4: (range(29, 37), ONE_WAY)}
    if with_other:
        ways[3] = ((*range(56, 40, -1), 9), ONE_WAY)
    return graph_of(nodes, ways)


def of_way(graph, curvatures, way):
    [made] = [x for part, x in zip(graph.parts, curvatures, strict=True) if part.strand.way_id == way]
    return made


def sharpest(made):
    return max(map(abs, made.curvature_e6_per_m)) / 1e6


# Over less than 7 m, 14 m aside leave the road by more than 0.9 rad: that is driven as it is drawn.
aparts = st.floats(4.0, 14.0), st.floats(7.0, 25.0), st.floats(0.0, 1.0)


@settings(max_examples=20, deadline=None)
@given(*aparts)
def test_where_a_straight_road_parts_it_bends_nowhere(apart_m, over_m, share):
    """However sharply it is drawn, and on whichever side the node lies."""
    graph, roads = drawn(apart_m, over_m, share=share)
    curvatures = road_curvatures(graph, roads)
    check_promises(graph, curvatures)
    for number, made in enumerate(curvatures):
        assert sharpest(made) < 0.012
        # Headings are whole mrad, half of one is 6 cm at the end of 240 m.
        assert off_the_line_m(metres(graph, number), made) <= 1.02 * made.chord_error_max_cm / 100 + 0.08


@settings(max_examples=12, deadline=None)
@given(st.floats(6.0, 14.0), st.floats(6.0, 14.0))
def test_that_the_way_aside_is_driven_after_all_lies_within_two_sigma(apart_m, over_m):
    """As the smoothest shift over DRIVEN_M: it bends by 5.8 times the shift over the length squared at most."""
    graph, roads = drawn(apart_m, over_m)
    made = of_way(graph, road_curvatures(graph, roads), 2)
    driven = 5.78 * apart_m / 2.0 / DRIVEN_M**2
    near = [i for i, s_cm in enumerate(made.points_cm) if s_cm <= over_m * 100]
    assert near
    for i in near:
        assert abs(made.curvature_e6_per_m[i]) / 1e6 + 2.0 * made.curvature_sigma_e6_per_m[i] / 1e6 >= driven


@settings(max_examples=20, deadline=None)
@given(*aparts)
def test_both_sides_of_the_node_say_one_heading_and_curvature(apart_m, over_m, share):
    """Also where the line is so oblique that the two are no chain."""
    graph, roads = drawn(apart_m, over_m, share=share)
    curvatures = road_curvatures(graph, roads)
    both = of_way(graph, curvatures, 1)
    for way, end in ((2, 0), (3, -1)):
        made = of_way(graph, curvatures, way)
        sign = 1 if way == 2 else -1  # way 3 is driven the other way
        turned = 0 if way == 2 else 3142
        leap = (made.heading_mrad[end] - turned - both.heading_mrad[-1] + 3142) % 6283 - 3142
        sigma = made.heading_sigma_mrad[end], both.heading_sigma_mrad[-1]
        assert abs(leap) <= max(30, 2 * math.hypot(*sigma))
        off = sign * made.curvature_e6_per_m[end] - both.curvature_e6_per_m[-1]
        assert abs(off) <= 2 * math.hypot(made.curvature_sigma_e6_per_m[end], both.curvature_sigma_e6_per_m[-1])


@pytest.mark.parametrize("radius_m", [10.0, 15.0, 20.0, 30.0])
@pytest.mark.parametrize("turn_rad", [math.pi / 2, 2.0])
def test_a_road_that_turns_where_it_parts_keeps_its_bend(radius_m, turn_rad):
    graph, roads = drawn(6.0, 8.0, turn_rad=turn_rad, radius_m=radius_m)
    made = of_way(graph, road_curvatures(graph, roads), 2)
    assert sharpest(made) > 0.7 / radius_m


def test_a_corner_behind_the_parting_is_as_sharp_as_without():
    """The same road with and without its other carriageway, which makes it a parting."""
    told = []
    for with_other in (False, True):
        graph, roads = drawn(6.0, 40.0, turn_rad=1.4, radius_m=8.0, with_other=with_other)
        told.append(sharpest(of_way(graph, road_curvatures(graph, roads), 2)))
    assert told[1] == pytest.approx(told[0], rel=0.1)


@settings(max_examples=20, deadline=None)
@given(aparts[0], aparts[1], st.floats(0.0, 0.45))
def test_farther_off_nothing_is_changed(apart_m, over_m, share):
    """Of the carriageway that is the straighter one, so that it is of one chain with the road of both anyway."""
    far = []
    for with_other in (False, True):
        graph, roads = drawn(apart_m, over_m, share=share, with_other=with_other)
        far.append(of_way(graph, road_curvatures(graph, roads), 4))
    assert far[0] == far[1]


def test_a_ring_a_fork_and_a_roundabout_are_no_partings():
    ring = {1 + i: (12.0 * math.cos(i * math.tau / 16), 12.0 * math.sin(i * math.tau / 16)) for i in range(16)}
    ways = {1: ((*range(1, 17), 1), {"oneway": "yes"}), 2: ((20, 1), {}), 3: ((9, 21), {})}
    nodes = {**ring, 20: (80.0, 0.0), 21: (-80.0, 0.0)}
    for tags in ({"oneway": "yes"}, {"junction": "roundabout"}):
        assert found(nodes, {**ways, 1: (ways[1][0], tags)}) == {}
    nodes = {1: (-100, 0), 2: (0, 0), 3: (30, 12), 4: (90, 60), 5: (30, -12), 6: (90, -60)}
    ways = {1: ((1, 2), {}), 2: ((2, 3, 4), {"oneway": "yes"}), 3: ((6, 5, 2), {"oneway": "yes"})}
    assert found(nodes, ways) == {}


def test_a_parting_is_known_whichever_way_its_ways_are_drawn():
    graph, roads = drawn(8.0, 12.0)
    told = find_courses(graph, roads).parted.values()
    assert len(told) == 2
    for aside in told:
        assert aside.aside_m == pytest.approx(4.0, abs=0.1) and 8.0 <= aside.reach_m <= 14.0


def found(nodes, ways):
    graph, roads = graph_of(nodes, ways)
    return find_courses(graph, roads).parted


def test_the_same_road_drawn_the_other_way_bends_alike():
    nodes = {1: (-160.0, 0.0), 2: (0.0, 0.0), 3: (12.0, -5.0), 4: (150.0, -5.0), 5: (12.0, 5.0), 6: (150.0, 5.0)}
    made = []
    for refs in ((1, 2), (2, 1)):
        graph, roads = graph_of(nodes, {1: (refs, ROAD), 2: ((2, 3, 4), ONE_WAY), 3: ((6, 5, 2), ONE_WAY)})
        made.append(road_curvatures(graph, roads))
    for a, b in zip(list(made[0])[1:], list(made[1])[1:], strict=True):
        assert np.array(a.curvature_e6_per_m)[[0, -1]] == pytest.approx(np.array(b.curvature_e6_per_m)[[0, -1]], abs=20)


@pytest.mark.parametrize("length_m", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("between_m", [16.4, 21.2, 23.2, 29.4])
def test_a_carriageway_shorter_than_the_vertices_used_are_apart_is_built(length_m, between_m):
    """The first stretch of one, up to where another road joins, and a vertex before it: one of them all is used."""
    nodes = {i: (between_m * (i - 9), 0.0) for i in range(1, 8)} | {8: (-0.6, 0.0), 9: (0.0, 0.0)}
    nodes |= {21 + i: (length_m + 20.0 * i, -1.9 if i else -0.36 * length_m) for i in range(10)}
    nodes |= {50 + i: (20.0 * i, 1.9) for i in range(1, 10)}
    nodes |= {70 + i: (length_m - 20.0 * i, -0.36 * length_m - 1.6 * i - 0.2) for i in range(1, 6)}
    other = {**ONE_WAY, "name": "y"}
    ways = {1: (range(1, 10), ROAD), 2: ((9, 21), other), 3: ((*range(59, 50, -1), 9), other)}
    ways |= {4: (range(21, 31), ONE_WAY), 5: ((*range(75, 70, -1), 21), ONE_WAY)}
    graph, roads = graph_of(nodes, ways)
    assert find_courses(graph, roads).parted
    road_curvatures(graph, roads)
