import pytest

from mapprior.model.profile import FeatureKind as K
from mapprior.model.profile import Side
from tests.build.osm_text import Built, osm_xml

NODES = {1: (0, 0), 2: (400, 0), 3: (800, 0), 4: (400, -300)}
ROAD = {"highway": "primary", "oneway": "yes"}


def changes(tmp_path, before, after, more=None):
    ways = {10: ([1, 2], {**ROAD, **before}), 11: ([2, 3], {**ROAD, **after}), **(more or {})}
    built = Built(tmp_path, osm_xml(NODES, ways))
    found = {**built.of(K.LANE_END), **built.of(K.LANE_BEGIN)}
    return {name: (x.kind, x.side, x.raw) for name, of_link in found.items() for x in of_link}


def test_a_lane_ends_and_a_lane_begins(tmp_path):
    assert changes(tmp_path, {"lanes": "3"}, {"lanes": "2"}) == {"10:1-2:+": (K.LANE_END, Side.UNKNOWN, "3 to 2 lanes")}
    assert changes(tmp_path, {"lanes": "2"}, {"lanes": "3"}) == {
        "10:1-2:+": (K.LANE_BEGIN, Side.UNKNOWN, "2 to 3 lanes")
    }
    assert not changes(tmp_path, {"lanes": "2"}, {"lanes": "2"})


def test_nothing_is_said_where_lanes_are_not_stated_or_roads_meet(tmp_path):
    assert not changes(tmp_path, {"lanes": "3"}, {})
    assert not changes(tmp_path, {"lanes": "3"}, {"lanes": "2"}, {12: ([2, 4], {"highway": "service"})})
    halves, stated = {"oneway": "no", "lanes": "4"}, {"oneway": "no", "lanes:forward": "1", "lanes:backward": "1"}
    assert not changes(tmp_path, halves, stated) and not changes(tmp_path, stated, halves)


def test_a_driveway_does_not_hide_the_end_of_a_lane(tmp_path):
    driveway = {12: ([2, 4], {"highway": "service", "service": "driveway"})}
    assert changes(tmp_path, {"lanes": "3"}, {"lanes": "2"}, driveway)


def test_both_directions_of_a_two_way_road_have_their_own(tmp_path):
    before = {"oneway": "no", "lanes": "3", "lanes:forward": "2", "lanes:backward": "1"}
    after = {"oneway": "no", "lanes": "3", "lanes:forward": "1", "lanes:backward": "2"}
    assert {name: kind for name, (kind, _, _) in changes(tmp_path, before, after).items()} == {
        "10:1-2:+": K.LANE_END,
        "11:2-3:-": K.LANE_END,
    }


@pytest.mark.parametrize(
    ("before", "after", "side"),
    [
        ({"turn:lanes": "none|none|merge_to_left"}, {}, Side.RIGHT),
        ({"turn:lanes": "merge_to_right|none|none"}, {}, Side.LEFT),
        ({"placement": "left_of:1"}, {"placement": "left_of:1"}, Side.RIGHT),
        ({"placement": "right_of:1"}, {"placement": "left_of:1"}, Side.LEFT),
        ({"placement": "middle_of:2"}, {"placement": "right_of:1"}, Side.BOTH),
        ({"placement": "left_of:1"}, {}, Side.UNKNOWN),
        ({"placement": "transition"}, {"placement": "left_of:1"}, Side.UNKNOWN),
    ],
)
def test_the_side_of_a_lane_that_ends(tmp_path, before, after, side):
    ((_, found, _),) = changes(tmp_path, {"lanes": "3", **before}, {"lanes": "2", **after}).values()
    assert found is side


@pytest.mark.parametrize(
    ("turns", "side"),
    [
        ("left|through|through", Side.LEFT),
        ("through|through|right", Side.RIGHT),
        ("left|through|right", Side.BOTH),
        ("through|through|through", Side.UNKNOWN),
        ("left;through|through|through", Side.UNKNOWN),
    ],
)
def test_the_side_of_a_lane_that_begins(tmp_path, turns, side):
    before, after = {"lanes": "2", "turn:lanes": "through|through"}, {"lanes": "3", "turn:lanes": turns}
    ((_, found, _),) = changes(tmp_path, before, after).values()
    assert found is side


def test_cycle_lanes_are_no_lanes(tmp_path):
    before = {"turn:lanes": "through|through|through", "bicycle:lanes": "||designated", "vehicle:lanes": "||no"}
    assert not changes(tmp_path, {"lanes": "2", **before}, {"lanes": "2"})
