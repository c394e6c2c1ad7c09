"""Curvature of roads: chains over nodes and junctions, and what is promised of every profile."""

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from mapprior.build import curves
from mapprior.build.access import CarUse, car_use, may_carry_cars
from mapprior.build.chains import find_chains
from mapprior.build.connect import UsableWay, connect
from mapprior.build.line_length import length_m
from mapprior.build.osm_file import read_osm_file
from mapprior.build.partings import find_courses
from mapprior.build.refusals import RefusalBook
from mapprior.build.road import road_of
from mapprior.build.source import SourceMap
from mapprior.geo.frame import LocalFrame, wrap_lon_e7
from mapprior.geo.units import cm
from mapprior.model.link import CarAccess
from mapprior.model.provenance import Basis
from mapprior.tile.profile_codec import decode_curvature, encode_curvature
from tests.build.osm_text import LAT0_E7, LON0_E7
from tests.build.test_extracts import DATA, INDEX

BOTH = CarUse(CarAccess.YES, CarAccess.YES)
ONEWAY = CarUse(CarAccess.YES, None)


def road_curvatures(graph, roads):
    return curves.road_curvatures(graph, find_courses(graph, roads))


def graph_of(nodes, ways, *, lon0_e7=LON0_E7):
    """(graph, roads) of nodes in metres and ways of (nodes, tags); `oneway` and `junction` are understood."""
    frame = LocalFrame(lat0_e7=LAT0_E7, lon0_e7=lon0_e7)
    tags = {w: {"highway": "secondary", **t} for w, (_, t) in ways.items()}
    graph = connect(
        [UsableWay(w, tuple(refs), car_use(tags[w], [])) for w, (refs, _) in ways.items()],
        lat_lon_e7={n: frame.lat_lon_e7(*xy) for n, xy in nodes.items()},
        via_nodes=set(),
        blocking_nodes=set(),
        refusals=RefusalBook(),
    )
    return graph, {w: road_of(t, []) for w, t in tags.items()}


def on_circle(radius_m, count, *, turn_rad=math.tau, first=1):
    """Nodes on a circle, counter-clockwise from its lowest point."""
    angles = [turn_rad * i / count for i in range(count + 1)]
    return {first + i: (radius_m * math.sin(a), radius_m * (1.0 - math.cos(a))) for i, a in enumerate(angles)}


def integrated(curvature, step_m=0.25):
    """(x, y) along the curve that a profile makes: its headings at the points, its curvature between them."""
    s, k = np.array(curvature.points_cm) / 1e2, np.array(curvature.curvature_e6_per_m) / 1e6
    heading = [curvature.heading_mrad[0] / 1e3]
    for i in range(1, len(s)):
        turned = (k[i - 1] + k[i]) / 2 * (s[i] - s[i - 1])
        off = curvature.heading_mrad[i] / 1e3 - heading[-1] - turned
        heading.append(heading[-1] + turned + (off + math.pi) % math.tau - math.pi)
    at = np.linspace(0.0, s[-1], max(2, int(s[-1] / step_m)))
    i = np.clip(np.searchsorted(s, at, side="right") - 1, 0, len(s) - 2)
    span, ahead = s[i + 1] - s[i], at - s[i]
    missing = np.diff(heading) - np.diff(s) * (k[1:] + k[:-1]) / 2
    along = np.array(heading)[i] + k[i] * ahead + (k[i + 1] - k[i]) * ahead**2 / 2 / span + missing[i] * ahead / span
    step = np.diff(at)
    middle = (along[1:] + along[:-1]) / 2
    x, y = np.append(0, np.cumsum(step * np.cos(middle))), np.append(0, np.cumsum(step * np.sin(middle)))
    return at, x, y


def metres(graph, number):
    part = graph.parts[number]
    lat, lon = (x[part.first : part.last + 1] for x in (part.strand.lat_e7, part.strand.lon_e7))
    frame = LocalFrame(lat0_e7=lat[0], lon0_e7=lon[0])
    return [frame.xy_m(lat_e7=a, lon_e7=b) for a, b in zip(lat, lon, strict=True)]


def check_promises(graph, curvatures):
    """What holds of every profile, whatever the road."""
    assert len(curvatures) == len(graph.parts)
    off = []
    for part, made in zip(graph.parts, curvatures, strict=True):
        lat, lon = (x[part.first : part.last + 1] for x in (part.strand.lat_e7, part.strand.lon_e7))
        assert made.basis is Basis.DERIVED
        assert made.points_cm[0] == 0 and made.points_cm[-1] == max(1, cm(length_m(lat, lon)))
        assert all(a < b for a, b in itertools.pairwise(made.points_cm))
        columns = made.curvature_e6_per_m, made.curvature_sigma_e6_per_m, made.heading_mrad, made.heading_sigma_mrad
        assert {len(x) for x in columns} == {len(made.points_cm)}
        assert min(made.curvature_sigma_e6_per_m) > 0 and min(made.heading_sigma_mrad) > 0
        assert all(abs(h) <= 3142 for h in made.heading_mrad)
        for i in range(1, len(made.points_cm)):
            k, s, h = made.curvature_e6_per_m, made.points_cm, made.heading_mrad
            turned = (k[i] + k[i - 1]) * (s[i] - s[i - 1]) / 200_000
            off.append(abs((h[i] - h[i - 1] - turned + 3141.59) % 6283.19 - 3141.59))
    # 4 mrad are left out, the rest is rounding: to centimetres, to mrad, and where parts of a long line are joined.
    assert max(off) <= 30 and np.mean(np.array(off) <= 8) > 0.999


def check_joints(graph, roads, curvatures):
    """Curvature and heading are the same on both sides of every joint of a chain."""
    for chain in find_chains(graph, roads):
        pairs = list(itertools.pairwise(chain.roads))
        for a, b in pairs:
            before = curvatures[a >> 1].reversed() if a & 1 else curvatures[a >> 1]
            after = curvatures[b >> 1].reversed() if b & 1 else curvatures[b >> 1]
            assert before.curvature_e6_per_m[-1] == after.curvature_e6_per_m[0]
            assert before.curvature_sigma_e6_per_m[-1] == after.curvature_sigma_e6_per_m[0]
            assert abs((before.heading_mrad[-1] - after.heading_mrad[0] + 3142) % 6283 - 3142) <= 1


def off_the_line_m(line, curvature):
    """How far the curve of a profile is from a line at most, moved as a whole to lie on it on average."""
    at, x, y = integrated(curvature)
    arc = np.append(0, np.cumsum(np.hypot(*np.diff(np.array(line), axis=0).T)))
    arc *= at[-1] / arc[-1]
    x += np.mean(np.interp(at, arc, [p[0] for p in line]) - x)
    y += np.mean(np.interp(at, arc, [p[1] for p in line]) - y)
    return max(LineString(line).distance(Point(a, b)) for a, b in zip(x, y, strict=True))


def test_a_bend_goes_on_over_a_node_whichever_way_its_ways_are_drawn():
    nodes = on_circle(80.0, 16, turn_rad=math.pi)
    graph, roads = graph_of(nodes, {1: (range(1, 7), {}), 2: (range(12, 5, -1), {}), 3: (range(12, 18), {})})
    curvatures = road_curvatures(graph, roads)
    check_promises(graph, curvatures)
    check_joints(graph, roads, curvatures)
    for made, sign in zip(curvatures, (1, -1, 1), strict=True):
        assert np.array(made.curvature_e6_per_m) * sign == pytest.approx(12_500, rel=0.05)


def test_a_road_goes_straight_on_over_a_junction_and_a_side_road_does_not():
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 5), 4: (100, 80), 5: (300, 20)}
    graph, roads = graph_of(nodes, {1: ((1, 2), {}), 2: ((2, 3, 5), {"name": "x"}), 3: ((4, 2), {})})
    assert sorted(chain.roads for chain in find_chains(graph, roads)) == [(0, 2), (4,)]
    curvatures = road_curvatures(graph, roads)
    check_joints(graph, roads, curvatures)
    assert max(map(abs, curvatures[2].curvature_e6_per_m)) < 100


def test_nobody_goes_on_against_the_traffic():
    """Two one-way roads that lead to one node, in line with each other, are no road that goes on."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 90)}
    ways = {1: ((1, 2), {"oneway": "yes"}), 2: ((3, 2), {"oneway": "yes"}), 3: ((2, 4), {"oneway": "yes"})}
    graph, roads = graph_of(nodes, ways)
    assert sorted(chain.roads for chain in find_chains(graph, roads)) == [(0,), (2,), (4,)]


def test_a_kink_before_a_long_straight_swings_the_curve_no_way_off():
    """As doubtful as its vertices are: with a bound of 2.5 times their noise alone it was 6.8 m off the straight."""
    line = [(0.0, 0.0), (-27.6, 22.1), (-51.7, 44.9), (-65.0, 57.1), (-89.8, 83.0), (-139.1, 145.3), (-144.6, 152.5)]
    line += [(-147.1, 157.3), (-147.6, 159.6), (-146.6, 163.9), (-146.5, 167.5), (-147.5, 170.6), (-150.6, 175.8)]
    line += [(-970.2, 1630.2)]
    graph, roads = graph_of(dict(enumerate(line, 1)), {1: (range(1, len(line) + 1), {})})
    assert max(x.chord_error_max_cm for x in road_curvatures(graph, roads)) <= 300


@pytest.mark.parametrize("refs", [((1, 2), (3, 2)), ((2, 1), (2, 3))], ids=["arrive", "leave"])
def test_two_one_way_roads_that_only_arrive_or_only_leave_bend_into_nothing(refs):
    """As where a map ends: a motorway and the ramp that joins it further on."""
    nodes = {1: (0, 0), 2: (300, 0), 3: (0, 40)}
    graph, roads = graph_of(nodes, {i: (x, {"oneway": "yes"}) for i, x in enumerate(refs)})
    assert sorted(chain.roads for chain in find_chains(graph, roads)) == [(0,), (2,)]
    for made in road_curvatures(graph, roads):
        assert max(map(abs, made.curvature_e6_per_m)) < 100


def test_a_ring_with_a_corner_turns_alike_on_both_sides_of_its_seam():
    """A way that ends where it begins, with a road that joins it a metre on: the road after the seam is short."""
    nodes = {1: (0, 0), 2: (1.2, 0), 3: (20, 0), 4: (32, 10), 5: (24, 22), 6: (9, 18), 7: (1.2, -30)}
    graph, roads = graph_of(nodes, {1: ((1, 2, 3, 4, 5, 6, 1), {}), 2: ((2, 7), {})})
    [ring] = [c for c in find_chains(graph, roads) if len(c.roads) > 1]
    assert ring.closed
    short, long, _ = road_curvatures(graph, roads)
    leap_mrad = abs((long.heading_mrad[-1] - short.heading_mrad[0] + 3142) % 6283 - 3142)
    assert leap_mrad <= math.hypot(long.heading_sigma_mrad[-1], short.heading_sigma_mrad[0])


def test_a_ramp_begins_as_the_road_it_leaves():
    nodes = {i: (40.0 * i, 0.0) for i in range(1, 11)}
    nodes |= {20: (240.0, -3.0), 21: (280.0, -10.0), 22: (318.0, -22.0), 23: (352.0, -42.0)}
    ways = {
        1: (range(1, 11), {"highway": "motorway"}),
        2: ((5, 20, 21, 22, 23), {"highway": "motorway_link", "oneway": "yes"}),
    }
    graph, roads = graph_of(nodes, ways)
    chain = next(c for c in find_chains(graph, roads) if 4 in c.roads)
    assert chain.before == 0 and chain.after is None
    motorway, _, ramp = road_curvatures(graph, roads)
    assert abs(ramp.heading_mrad[0]) < 50 and abs(ramp.curvature_e6_per_m[0]) < 2000
    assert max(map(abs, motorway.curvature_e6_per_m)) < 100


@pytest.mark.parametrize(("radius_m", "count"), [(15.0, 12), (8.0, 16), (30.0, 24)])
def test_a_roundabout_is_one_circle_without_a_seam(radius_m, count):
    nodes = on_circle(radius_m, count)
    refs = [*range(1, count + 1), 1]
    arms = {
        100 + i: (3.0 * radius_m * math.cos(a), radius_m + 3.0 * radius_m * math.sin(a)) for i, a in enumerate((0, 2))
    }
    ways = {1: (refs, {"junction": "roundabout"}), 2: ((1 + count // 4, 100), {}), 3: ((1 + count // 2, 101), {})}
    graph, roads = graph_of(nodes | arms, ways)
    [ring] = [c for c in find_chains(graph, roads) if len(c.roads) > 1]
    assert ring.closed
    curvatures = road_curvatures(graph, roads)
    check_promises(graph, curvatures)
    for directed in ring.roads:
        made = curvatures[directed >> 1]
        assert np.array(made.curvature_e6_per_m) * radius_m / 1e6 == pytest.approx(1.0, abs=0.1)
        assert made.chord_error_max_cm <= 50


def test_at_the_antimeridian_a_road_is_as_elsewhere():
    nodes = on_circle(200.0, 20, turn_rad=1.0)
    made = []
    for lon0_e7 in (LON0_E7, wrap_lon_e7(1_800_000_000 - 500)):
        graph, roads = graph_of(nodes, {1: (range(1, 22), {})}, lon0_e7=lon0_e7)
        made.append(list(road_curvatures(graph, roads)))
    assert made[0] == made[1]


lines = st.lists(st.tuples(st.floats(1.0, 90.0), st.floats(-0.9, 0.9)), min_size=1, max_size=14)


# Far off in mid-chord; the second one between places a metre apart.
ZIGZAG = [(1.0, 0.5), *[(1.0, 0.0)] * 6, (3.0, 0.5), (1.0, 0.75), (1.0, -0.75), (2.0, -0.75)]
SHORT_ZIGZAG = [(1.0, 0.5), *[(1.0, 0.0)] * 5, (2.0, 0.0), (2.0, 0.5), (1.0, 0.75), (1.0, -0.75), (2.0, -0.75)]


@given(lines, st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
@example(ZIGZAG, 0)
@example(SHORT_ZIGZAG, 0)
def test_every_profile_keeps_its_promises_and_its_bound(steps, seed):
    """A line, cut into ways at random, some of them drawn the other way; the bound is judged by shapely."""
    x = y = heading = 0.0
    nodes = {1: (0.0, 0.0)}
    for i, (step_m, turn_rad) in enumerate(steps):
        heading += turn_rad
        x, y = x + step_m * math.cos(heading), y + step_m * math.sin(heading)
        nodes[i + 2] = (x, y)
    choose = random.Random(seed)
    cuts = sorted({1, len(nodes), *choose.sample(range(1, len(nodes) + 1), k=min(3, len(nodes)))})
    ways = {
        i: (range(a, b + 1) if choose.random() < 0.5 else range(b, a - 1, -1), {})
        for i, (a, b) in enumerate(itertools.pairwise(cuts), 1)
    }
    graph, roads = graph_of(nodes, ways)
    curvatures = road_curvatures(graph, roads)
    check_promises(graph, curvatures)
    if not any(c.closed for c in find_chains(graph, roads)):
        check_joints(graph, roads, curvatures)
    for number, made in enumerate(curvatures):
        assert off_the_line_m(metres(graph, number), made) <= 1.02 * made.chord_error_max_cm / 100 + 0.03


def test_which_other_roads_there_are_changes_nothing():
    """The middle of a chord of an odd number of centimetres lies between two whole ones: it is rounded one way."""
    choose, nodes, ways = random.Random(1), {}, {}
    for bend in range(0, 400, 10):
        x, y, heading = 0.0, 30.0 * bend, 0.0
        nodes[bend + 1] = (x, y)
        for i in range(bend + 2, bend + 6):
            step_m = choose.uniform(20.0, 40.0)
            x, y = x + step_m * math.cos(heading), y + step_m * math.sin(heading)
            heading += choose.uniform(0.1, 0.5)
            nodes[i], ways[i] = (x, y), ((i - 1, i), {})

    def by_way(ways):
        graph, roads = graph_of(nodes, ways)
        return {p.strand.way_id: x for p, x in zip(graph.parts, road_curvatures(graph, roads), strict=True)}

    together = by_way(ways)
    for bend in range(0, 400, 10):
        alone = by_way({i: way for i, way in ways.items() if bend < i < bend + 10})
        assert alone == {i: together[i] for i in alone}


@pytest.mark.parametrize("seed", [294, 899])
def test_a_scribble_keeps_within_what_a_tile_can_hold(seed):
    """Two of a thousand that would turn on less than a metre."""
    choose, x, nodes = random.Random(seed), 0.0, {}
    for i in range(28):
        x += choose.gauss(0, 3)
        nodes[i + 1] = (x, choose.gauss(0, 3))
    graph, roads = graph_of(nodes, {1: (range(1, 29), {})})
    [made] = road_curvatures(graph, roads)
    assert max(map(abs, made.curvature_e6_per_m)) == 1_000_000
    assert decode_curvature(encode_curvature(made)) == made


def test_the_other_direction_is_the_mirror_image():
    nodes = on_circle(50.0, 8, turn_rad=2.0)
    graph, roads = graph_of(nodes, {1: (range(1, 10), {})})
    [made] = road_curvatures(graph, roads)
    back = made.reversed()
    assert back.reversed().curvature_e6_per_m == made.curvature_e6_per_m and back.points_cm[-1] == made.points_cm[-1]
    assert all(k < 0 for k in back.curvature_e6_per_m)
    graph, roads = graph_of(nodes, {1: (range(9, 0, -1), {})})
    [drawn_back] = road_curvatures(graph, roads)
    assert np.array(drawn_back.curvature_e6_per_m)[[0, -1]] == pytest.approx(
        np.array(back.curvature_e6_per_m)[[0, -1]], rel=0.02
    )


EXTRACTS = ["osm/zurich/zurich.osm", "osm/pypi-quackosm/monaco.osm.pbf", "osm/openrouteservice/heidelberg.test.osm.pbf"]


@pytest.mark.slow
@pytest.mark.extracts
@pytest.mark.skipif(not INDEX.exists(), reason=f"no extracts: {INDEX} is not there; set MAPPRIOR_DATA")
@pytest.mark.parametrize("name", EXTRACTS)
def test_on_real_roads_joints_meet_and_the_bound_is_small(name):
    source = SourceMap()
    read_osm_file(DATA / name, source, wanted=may_carry_cars)
    uses = {w: car_use(x.tags, []) for w, x in source.ways.items()}
    graph = connect(
        [UsableWay(w, source.ways[w].node_ids, use) for w, use in uses.items() if isinstance(use, CarUse)],
        lat_lon_e7=source.lat_lon_e7,
        via_nodes=set(),
        blocking_nodes=set(),
        refusals=source.refusals,
    )
    roads = {w: road_of(source.ways[w].tags, []) for w, use in uses.items() if isinstance(use, CarUse)}
    curvatures = road_curvatures(graph, roads)
    check_promises(graph, curvatures)
    check_joints(graph, roads, curvatures)
    errors_cm = np.array([x.chord_error_max_cm for x in curvatures])
    km = sum(x.points_cm[-1] for x in curvatures) / 1e5
    points_count = sum(len(x.points_cm) for x in curvatures)
    print(
        f"\n{name}: {len(curvatures)} roads, {km:.0f} km, {points_count / km:.1f} points per km; curve to line, cm:",
        end="",
    )
    print(
        " median {:.0f}, 90 % {:.0f}, 99 % {:.0f}, most {:.0f}".format(*np.quantile(errors_cm, [0.5, 0.9, 0.99, 1.0]))
    )
    assert np.median(errors_cm) <= 50
    for number in range(0, len(curvatures), 97):
        bound_m = curvatures[number].chord_error_max_cm / 100
        assert off_the_line_m(metres(graph, number), curvatures[number]) <= 1.02 * bound_m + 0.03
