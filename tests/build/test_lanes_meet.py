"""Lanes that go on from one road into the next meet at the joint, and are back at their own places behind it."""

import itertools
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapprior.match.lane_position import LANE_SIGMA_OTHER_M, LanePosition
from mapprior.match.position import MatchCandidate
from mapprior.model.network import Network
from mapprior.model.provenance import Basis, Layer
from mapprior.tile.store import open_markets
from tests.build.osm_text import Built, osm_xml

MEET_M = 0.05
ARM_M = 120.0  # so long that what is moved at one end is back at its place before the other
WIDTH_M = 3.5


def row_of(directory, ways, turn_deg=0.0, joints=(-ARM_M, 0.0, ARM_M), against=()):
    """Ways 10, 11 and so on one after the other, from West to East; the road turns at every node between."""
    nodes, heading, x, y = {1: (joints[0], 0.0)}, 0.0, joints[0], 0.0
    for i, (a, b) in enumerate(itertools.pairwise(joints)):
        x, y = x + (b - a) * math.cos(heading), y + (b - a) * math.sin(heading)
        nodes[2 + i] = (x, y)
        heading += math.radians(turn_deg)
    drawn = {}
    for i, tags in enumerate(ways):
        refs = [2 + i, 1 + i] if i in against else [1 + i, 2 + i]
        drawn[10 + i] = (refs, {"highway": "primary", "name": "Street", **tags})
    return Built(directory, osm_xml(nodes, drawn))


def link_of(built, way, driven):
    """The name of a link of a row: `driven` 1 from West to East, -1 the other way."""
    for name in built.links:
        line = built.links[name].line
        if name.startswith(f"{way}:") and (line.lon_e7[-1] - line.lon_e7[0]) * driven > 0:
            return name
    raise AssertionError(f"no link of way {way}")


def lanes_of(built, name):
    return built.lanes[name].sections[0].lanes


def ends_m(built, name, end, where):
    """Places of the lanes' centres at an end, in the frame of the link `where`."""
    frame = built.links[where].line.frame
    lines = [lane.centre_line for lane in lanes_of(built, name)]
    return [frame.xy_m(lat_e7=line.lat_e7[end], lon_e7=line.lon_e7[end]) for line in lines]


def steps_m(built, before, after):
    pairs = zip(ends_m(built, before, -1, before), ends_m(built, after, 0, before), strict=True)
    return [math.dist(a, b) for a, b in pairs]


def lefts_m(built, name, s_m):
    """How far left of the link's line the centres of its lanes lie."""
    line = built.links[name].line
    found = []
    for lane in lanes_of(built, name):
        x, y = lane.centre_line.frame.xy_m(
            **dict(zip(("lat_e7", "lon_e7"), line.lat_lon_e7_at(s_m), strict=True)),
        )
        found.append(-lane.centre_line.project(x, y).lateral_m)
    return found


counts = st.integers(1, 3)
widths = st.sampled_from([None, 3.0, 3.25, 4.0])


def two_way(forward, backward, width_m):
    tags = {"lanes": str(forward + backward), "lanes:forward": str(forward), "lanes:backward": str(backward)}
    return tags if width_m is None else {**tags, "width": str(width_m * (forward + backward))}


@settings(max_examples=40, deadline=None)
@given(counts, counts, counts, widths, widths, st.integers(-60, 60), st.sets(st.integers(0, 1)))
@example(1, 1, 2, None, None, 0, set())
@example(2, 2, 2, 3.0, 4.0, 30, {0})
def test_a_lane_meets_itself_whatever_lies_beside_it(
    tmp_path_factory, count, oncoming_a, oncoming_b, width_a, width_b, turn_deg, against
):
    """The lanes that are driven East are as many on both ways; those towards them need not be."""
    ways = []
    for i, (oncoming, width_m) in enumerate(((oncoming_a, width_a), (oncoming_b, width_b))):
        ways.append(two_way(*((oncoming, count) if i in against else (count, oncoming)), width_m))
    built = row_of(tmp_path_factory.mktemp("row"), ways, turn_deg, against=against)
    before, after = link_of(built, 10, 1), link_of(built, 11, 1)
    assert max(steps_m(built, before, after)) < MEET_M
    if oncoming_a == oncoming_b:
        assert max(steps_m(built, link_of(built, 11, -1), link_of(built, 10, -1))) < MEET_M
    for name, oncoming, width_m, s_m in (
        (before, oncoming_a, width_a or WIDTH_M, 1.0),
        (after, oncoming_b, width_b or WIDTH_M, built.links[after].line.length_m - 1.0),
    ):
        assert built.lanes[name].basis is Basis.DERIVED
        own = [((count + oncoming) / 2 - oncoming - i - 0.5) * width_m for i in range(count)]
        assert lefts_m(built, name, s_m) == pytest.approx(own, abs=MEET_M)


def test_a_lane_is_as_wide_as_it_says_where_it_is_moved(tmp_path):
    built = row_of(tmp_path, [two_way(2, 1, None), two_way(2, 2, None)])
    for way in (10, 11):
        for lane in lanes_of(built, link_of(built, way, 1)):
            frame = lane.left_boundary.frame
            for at in (0, -1):
                left, right = (
                    frame.xy_m(lat_e7=x.lat_e7[at], lon_e7=x.lon_e7[at])
                    for x in (lane.left_boundary, lane.right_boundary)
                )
                assert abs(math.dist(left, right) - lane.width_cm / 100) < MEET_M


@pytest.mark.parametrize("against", [(), (0,), (1,)])
def test_who_states_where_the_line_runs_stays_and_the_other_one_comes(tmp_path, against):
    one_way = {"lanes": "2", "oneway": "yes"}
    ways = [{**one_way, "oneway": "-1" if i in against else "yes"} for i in (0, 1)]
    ways[0]["placement:backward" if 0 in against else "placement"] = "right_of:1"
    ways[1] |= {"lanes": "2", "width": "8"}
    built = row_of(tmp_path, ways, against=against)
    before, after = link_of(built, 10, 1), link_of(built, 11, 1)
    assert max(steps_m(built, before, after)) < MEET_M
    assert lefts_m(built, before, ARM_M) == pytest.approx([WIDTH_M / 2, -WIDTH_M / 2], abs=MEET_M)
    assert lefts_m(built, after, ARM_M) == pytest.approx([2.0, -2.0], abs=MEET_M)


@pytest.mark.parametrize(
    ("before", "after", "basis"),
    [
        ({"placement": "right_of:1"}, {"placement": "right_of:2"}, Basis.DERIVED),
        ({"placement": "left_of:1"}, {}, Basis.DERIVED),
        ({"placement": "right_of:2"}, {"placement": "right_of:9"}, Basis.INFERRED),
        ({"placement": "right_of:2"}, None, Basis.INFERRED),
    ],
)
def test_a_transition_goes_from_the_road_before_to_the_next(tmp_path, before, after, basis):
    tags = {"lanes": "3", "oneway": "yes"}
    ways = [{**tags, **before}, {**tags, "placement": "transition"}]
    ways += [] if after is None else [{**tags, **after}]
    built = row_of(tmp_path, ways, joints=(-ARM_M, 0.0, 40.0, 40.0 + ARM_M))
    names = [link_of(built, way, 1) for way in range(10, 10 + len(ways))]
    for a, b in itertools.pairwise(names):
        assert max(steps_m(built, a, b)) < MEET_M
    assert built.lanes[names[1]].basis is basis
    start, middle, end = (lefts_m(built, names[1], s_m)[0] for s_m in (0.0, 20.0, 40.0))
    assert middle == pytest.approx((start + end) / 2, abs=MEET_M)  # evenly over the whole way
    assert start == pytest.approx(lefts_m(built, names[0], 10.0)[0], abs=MEET_M)
    assert "placement changes along the way" not in built.refused()


def test_two_places_that_are_stated_and_contradict_are_left(tmp_path):
    """A lane ended to the right and another began to the left; that is not one and the same lane stepping aside."""
    tags = {"lanes": "3", "oneway": "yes"}
    built = row_of(tmp_path, [{**tags, "placement": "right_of:1"}, {**tags, "placement": "right_of:2"}])
    assert steps_m(built, link_of(built, 10, 1), link_of(built, 11, 1)) == pytest.approx([3.5] * 3, abs=MEET_M)


def test_where_numbers_differ_nothing_is_moved(tmp_path):
    built = row_of(tmp_path, [{"lanes": "2", "oneway": "yes"}, {"lanes": "3", "oneway": "yes"}])
    for way, own in ((10, [1.75, -1.75]), (11, [3.5, 0.0, -3.5])):
        for s_m in (1.0, ARM_M - 1.0):
            assert lefts_m(built, link_of(built, way, 1), s_m) == pytest.approx(own, abs=MEET_M)


@settings(max_examples=15, deadline=None)
@given(counts, st.floats(2.0, 9.0), st.floats(8.0, 35.0), st.booleans())
def test_where_a_road_becomes_two_carriageways_its_lanes_go_straight_by(
    tmp_path_factory, count, aside_m, reach_m, turned
):
    """Road 10 from West; carriageway 11 goes on East, 12 comes from there."""
    nodes = {1: (-ARM_M, 0.0), 2: (0.0, 0.0)}
    for first, side in ((3, -1), (6, 1)):  # traffic keeps right
        for i, x in enumerate((reach_m, 60.0, ARM_M)):
            nodes[first + i] = (x, side * aside_m)
    one_way = {"highway": "primary", "name": "Street", "lanes": str(count), "oneway": "yes"}
    road = {"highway": "primary", "name": "Street", "lanes": str(2 * count)}
    ways = {10: ([2, 1] if turned else [1, 2], road), 11: ([2, 3, 4, 5], one_way), 12: ([8, 7, 6, 2], one_way)}
    built = Built(tmp_path_factory.mktemp("parting"), osm_xml(nodes, ways))
    assert max(steps_m(built, link_of(built, 10, 1), link_of(built, 11, 1))) < MEET_M
    assert max(steps_m(built, link_of(built, 12, -1), link_of(built, 10, -1))) < MEET_M
    for way, driven in ((11, 1), (12, -1)):
        name = link_of(built, way, driven)
        s_m = 1.0 if driven < 0 else built.links[name].line.length_m - 1.0
        own = [((count - 1) / 2 - i) * WIDTH_M for i in range(count)]
        assert lefts_m(built, name, s_m) == pytest.approx(own, abs=MEET_M)


def test_a_vehicle_in_the_middle_of_a_moved_lane_is_in_it(tmp_path):
    """All along the link, not only where its lanes lie as at its ends."""
    built = row_of(
        tmp_path, [two_way(2, 1, None), two_way(2, 3, None), two_way(2, 1, None)], joints=(-120, 0, 120, 240)
    )
    network = all_of(built)
    name = link_of(built, 11, 1)
    for s_m in (0.0, 5.0, 20.0, 60.0, 100.0, 115.0):
        for index, left_m in enumerate(lefts_m(built, name, s_m)):
            place = MatchCandidate(built.links[name].link_id, round(s_m * 100), left_m, 0.0, 1.0)
            found = LanePosition(network).at(place, position_sigma_m=0.3)
            assert found[0].lane_index == index
            own_m = 1.75 / math.hypot(0.3, LANE_SIGMA_OTHER_M)
            assert found[0].probability > 0.9 * math.erf(own_m / math.sqrt(2.0))


def all_of(built):
    with open_markets([built.out_dir]) as store:
        network = Network(store.datasets)
        for tile in store.datasets[0].tiles:
            network.put(Layer.L0, store.read_road(tile))
            if (lanes := store.read_lanes(tile)) is not None:
                network.put(Layer.L2, lanes)
    return network
