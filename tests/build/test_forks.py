"""Forks and merges of one-way roads: what the line of one of them goes aside to the common node is no curve."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.build.partings import find_courses
from mapprior.geo.jogs import DRIVEN_M
from tests.build.test_curves import check_promises, graph_of, metres, off_the_line_m, road_curvatures
from tests.build.test_partings import of_way, sharpest

MAIN = {"highway": "motorway", "ref": "A 1", "oneway": "yes"}
RAMP = {"highway": "motorway_link", "oneway": "yes"}
END = 12  # the node where the ways meet


def drawn(main, ramp, *, merges, onward=((40.0, 0.0), (90.0, 0.0), (200.0, 0.0), (400.0, 0.0))):
    """A main road (way 1) that goes on (way 2) from the node at 0, 0, and a ramp (way 3): their places as seen from
    the node, `main` and `ramp` to the west and `onward` to the east. They merge, or all is driven the other way."""
    nodes = {END: (0.0, 0.0)}
    refs = []
    for first, places in ((20, main), (40, onward), (60, ramp)):
        nodes |= {first + i: place for i, place in enumerate(places)}
        refs.append([END, *range(first, first + len(places))])
    refs = [refs[0][::-1], refs[1], refs[2][::-1]]
    if not merges:
        refs = [x[::-1] for x in refs]
    return graph_of(nodes, {1: (refs[0], MAIN), 2: (refs[1], MAIN), 3: (refs[2], RAMP)})


def west(side_m=0.0, over_m=0.0, radius_m=1e9):
    """A road to the west that runs `side_m` aside from `over_m` on, about a circle that the node lies on."""
    made = []
    for back_m in range(0, 360, 20):
        angle = (over_m + back_m) / radius_m
        if over_m + back_m > 0.0:
            turned = radius_m - side_m
            made.append((-turned * math.sin(angle), radius_m - turned * math.cos(angle)))
    return made


def east(radius_m):
    """The circle that `west` draws, on the other side of the node."""
    return [(radius_m * math.sin(x / radius_m), radius_m * (1 - math.cos(x / radius_m))) for x in range(20, 400, 20)]


asides = st.tuples(st.floats(1.5, 7.5), st.floats(8.0, 25.0)).filter(lambda x: x[0] < 0.6 * x[1])
signs = st.sampled_from([-1.0, 1.0])


@settings(max_examples=30, deadline=None)
@given(asides, signs, st.booleans(), st.booleans())
def test_beside_a_straight_road_nothing_bends(aside, sign, merges, main_goes_aside):
    """Whether it is the ramp that goes aside, or the main road and the ramp runs straight on."""
    lines = west(sign * aside[0], aside[1]), west()
    graph, roads = drawn(*(lines if main_goes_aside else lines[::-1]), merges=merges)
    curvatures = road_curvatures(graph, roads)
    check_promises(graph, curvatures)
    for number, made in enumerate(curvatures):
        assert sharpest(made) < 0.012
        # Headings are whole mrad, half of one is 10 cm where a road of 400 m is moved to lie on its line.
        assert off_the_line_m(metres(graph, number), made) <= 1.02 * made.chord_error_max_cm / 100 + 0.12


@settings(max_examples=30, deadline=None)
@given(asides, signs, signs, st.floats(400.0, 900.0), st.booleans())
def test_in_a_bend_both_bend_as_the_road_does(aside, sign, bend, radius_m, merges):
    """Never the other way beyond two sigma, and nowhere as sharply as the line is drawn at the node.

    On bends of 200 to 300 m the bend hides some lines that go aside (24 of 288 drawn ones), and what is drawn is told.
    """
    graph, roads = drawn(
        west(0.0, 0.0, bend * radius_m),
        west(sign * aside[0], aside[1], bend * radius_m),
        onward=east(bend * radius_m),
        merges=merges,
    )
    curvatures = road_curvatures(graph, roads)
    turns = bend if merges else -bend
    for made in curvatures:
        for k, sigma in zip(made.curvature_e6_per_m, made.curvature_sigma_e6_per_m, strict=True):
            assert k * turns > -2.0 * sigma and k * turns / 1e6 > -0.004
            assert abs(k) / 1e6 < 1.0 / radius_m + 0.012


@settings(max_examples=20, deadline=None)
@given(st.floats(5.0, 30.0), signs, st.booleans())
def test_a_ramp_at_an_angle_leaves_the_road_straight_and_bends_its_own_way_only(angle_deg, sign, merges):
    angle = math.radians(angle_deg) * sign
    ramp = [(-s * math.cos(angle), s * math.sin(angle)) for s in (30.0, 60.0, 100.0, 150.0, 250.0)]
    graph, roads = drawn(west(), ramp, merges=merges)
    curvatures = road_curvatures(graph, roads)
    for way in (1, 2):
        assert sharpest(of_way(graph, curvatures, way)) < 0.001
    made = of_way(graph, curvatures, 3)
    turns = sign if merges else -sign
    assert all(k * turns > -1500 for k in made.curvature_e6_per_m)
    at_node = made.curvature_e6_per_m[-1 if merges else 0]
    assert angle_deg < 10.0 or at_node * turns > 0


@settings(max_examples=12, deadline=None)
@given(st.floats(3.0, 7.0), st.floats(10.0, 20.0), st.booleans())
def test_that_the_way_aside_is_driven_after_all_lies_within_two_sigma(aside_m, over_m, merges):
    graph, roads = drawn(west(), west(aside_m, over_m), merges=merges)
    made = of_way(graph, road_curvatures(graph, roads), 3)
    made = made.reversed() if merges else made
    driven = 5.78 * aside_m / DRIVEN_M**2
    for k, sigma, s_cm in zip(made.curvature_e6_per_m, made.curvature_sigma_e6_per_m, made.points_cm, strict=True):
        if s_cm <= over_m * 100:
            assert abs(k) + 2.0 * sigma >= 0.98e6 * driven


@pytest.mark.parametrize("merges", [True, False])
@pytest.mark.parametrize("radius_m", [30.0, 50.0, 80.0])
def test_a_ramp_that_turns_off_keeps_its_bend(radius_m, merges):
    """It leaves to one side and turns on to it."""
    angles = [8.0 / radius_m * i for i in range(1, int(1.2 * radius_m / 8.0))]
    ramp = [(-radius_m * math.sin(x), radius_m * (1.0 - math.cos(x))) for x in angles]
    graph, roads = drawn(west(), ramp, merges=merges)
    assert find_courses(graph, roads).parted == {}
    assert sharpest(of_way(graph, road_curvatures(graph, roads), 3)) > 0.8 / radius_m


def test_how_far_aside_is_told_by_the_line_beyond():
    graph, roads = drawn(west(), west(5.0, 16.0), merges=True)
    [aside] = find_courses(graph, roads).parted.values()
    assert aside.aside_m == pytest.approx(5.0, abs=0.1) and aside.reach_m == pytest.approx(math.hypot(5, 16), abs=0.1)
    assert aside.goes_on


@pytest.mark.parametrize("ends", [(1, 2), (2, 1)])
def test_roads_that_only_leave_or_only_arrive_are_no_fork(ends):
    nodes = {1: (-100, 0), 2: (0, 0), 3: (12, 4), 4: (100, 4), 5: (100, 0)}
    ways = {1: (ends, MAIN), 2: ((2, 5), MAIN), 3: ((2, 3, 4), RAMP)}
    graph, roads = graph_of(nodes, ways)
    found = find_courses(graph, roads).parted
    assert bool(found) == (ends == (1, 2))
