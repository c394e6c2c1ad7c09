import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.lane_counts import stated_lanes
from mapprior.build.lanes import CYCLE_WIDTH_ASSUMED_CM, LANE_WIDTH_ASSUMED_CM, LinePlace, lanes_of
from mapprior.model.lane import LaneChange, LaneType, TurnDirection
from mapprior.model.provenance import Basis

A = LANE_WIDTH_ASSUMED_CM
TD = TurnDirection


def read(tags, *, keeps_right=True, oneway=False, against=False):
    refused = []
    traffic = {"oneway": "-1" if against else "yes"} if oneway or against else {}
    tags = {"highway": "residential", **traffic, **tags}
    drives = {"drives_forward": not against, "drives_backward": against or not oneway}
    counts = stated_lanes(tags, **drives, refused=refused)
    if not counts.whole:
        return None, refused
    return lanes_of(tags, counts, **drives, keeps_right=keeps_right, refused=refused), refused


counts = st.integers(1, 5)


@given(counts, counts, st.integers(0, 1), st.booleans())
def test_lanes_lie_side_by_side_and_ids_tell_them_apart(f, b, both, keeps_right):
    tags = {"lanes": str(f + b + both), "lanes:forward": str(f), "lanes:backward": str(b), "lanes:both_ways": str(both)}
    lanes, refused = read(tags, keeps_right=keeps_right)
    assert not refused
    assert len(lanes.forward) == f + both and len(lanes.backward) == b + both
    for direction, sign in ((lanes.forward, 1), (lanes.backward, -1)):
        for lane in direction:
            assert (lane.left_cm - lane.right_cm) * sign == lane.width_cm > 0
        for left, right in itertools.pairwise(direction):
            assert left.right_cm == right.left_cm  # from the left, without gap
    shared = {x.lane_id for x in lanes.forward} & {x.lane_id for x in lanes.backward}
    assert len(shared) == both
    assert len({x.lane_id for x in (*lanes.forward, *lanes.backward)}) == f + b + both
    # The road line is the middle, and each direction keeps to its side.
    edges = [e for x in (*lanes.forward, *lanes.backward) for e in (x.left_cm, x.right_cm)]
    assert max(edges) + min(edges) in (0, 1, -1)
    own = [x for x in lanes.forward if x.lane_id not in shared]
    against = [x for x in lanes.backward if x.lane_id not in shared]
    assert (own[0].left_cm < against[0].left_cm + A) if keeps_right else (own[0].left_cm > against[-1].left_cm)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "lanes",
                "lanes:forward",
                "lanes:backward",
                "lanes:both_ways",
                "turn:lanes",
                "turn:lanes:forward",
                "width",
                "width:lanes",
                "change:lanes",
                "placement",
                "placement:forward",
                "bicycle:lanes",
            ]
        ),
        st.sampled_from(
            ["1", "2", "3", "4", "a", "", "left|", "through|right|", "3.5|2", "right_of:1", "transition", "yes|no"]
        ),
    ),
    st.booleans(),
    st.booleans(),
)
def test_any_tags_give_sound_lanes_or_none(tags, keeps_right, oneway):
    lanes, refused = read(tags, keeps_right=keeps_right, oneway=oneway)
    if lanes is not None:
        assert lanes.forward and (oneway or lanes.backward)
        for x in (*lanes.forward, *lanes.backward):
            assert 80 <= x.width_cm <= 1000
            # What is assumed says so, and nothing else says the same.
            if x.width_basis is Basis.INFERRED or tags.keys().isdisjoint({"width", "width:lanes"}):
                assert x.width_basis is Basis.INFERRED and x.width_cm in (A, CYCLE_WIDTH_ASSUMED_CM)
    assert all(reason for reason, _ in refused)


def test_without_lane_tags_there_are_no_lanes():
    assert read({"highway": "primary", "width": "7"}) == (None, [])


def test_an_even_number_divides_and_an_odd_one_is_refused():
    lanes, _ = read({"lanes": "4"})
    assert (len(lanes.forward), len(lanes.backward)) == (2, 2)
    lanes, refused = read({"lanes": "3"})
    assert lanes is None and refused == [("lanes that do not say how they divide", "lanes=3")]
    lanes, _ = read({"lanes": "3", "turn:lanes:forward": "left|through"})
    assert (len(lanes.forward), len(lanes.backward)) == (2, 1)


def test_one_lane_for_both_directions_is_one_lane():
    lanes, _ = read({"lanes": "1"})
    (along,), (against,) = lanes.forward, lanes.backward
    assert along.lane_id == against.lane_id and along.lane_type is LaneType.DRIVING
    assert (along.left_cm, along.right_cm) == (175, -175) and (against.left_cm, against.right_cm) == (-175, 175)


@pytest.mark.parametrize(
    ("tags", "oneway"),
    [
        ({"lanes": "2", "lanes:forward": "2", "lanes:backward": "1"}, False),
        ({"lanes": "2", "lanes:forward": "2"}, False),
        ({"lanes": "2", "turn:lanes": "left|through|right"}, True),
        ({"lanes": "3", "lanes:forward": "2"}, True),
        ({"lanes": "3", "turn:lanes": "left|through|right", "change:lanes": "no|no"}, True),
    ],
)
def test_contradictions_are_refused(tags, oneway):
    lanes, refused = read(tags, oneway=oneway)
    assert lanes is None and "contradict" in refused[0][0]


@pytest.mark.parametrize(
    "tags",
    [
        {"lanes": "2", "oneway:bus": "no"},
        {"lanes": "3", "oneway:psv": "no"},
        {"lanes": "2", "busway:left": "opposite_lane"},
        {"lanes": "2", "oneway": "no", "motor_vehicle:backward": "no"},
    ],
)
def test_lanes_that_others_may_use_against_the_cars_are_not_counted_as_theirs(tags):
    assert read(tags, oneway=True) == (
        None,
        [("lanes that do not say how they divide", f"lanes={tags['lanes']}, others against the cars")],
    )
    lanes, refused = read(tags | {"turn:lanes": "left"}, oneway=True)
    assert (len(lanes.forward), len(lanes.backward), refused) == (1, int(tags["lanes"]) - 1, [])
    lanes, _ = read(tags | {"lanes:backward": "1"}, oneway=True)
    assert (len(lanes.forward), len(lanes.backward)) == (int(tags["lanes"]) - 1, 1)
    lanes, _ = read(tags | {"lanes": "1"}, oneway=True)
    assert (len(lanes.forward), len(lanes.backward)) == (1, 0)


@pytest.mark.parametrize(("oneway", "against"), [(False, False), (True, True)])
def test_a_list_that_does_not_say_its_direction_is_refused(oneway, against):
    lanes, refused = read({"lanes": "2", "bus:lanes": "|designated"}, oneway=oneway, against=against)
    assert lanes is None and refused[0][1] == "bus:lanes=|designated"
    lanes, refused = read({"lanes": "2", "change:lanes": "no|yes"}, oneway=oneway, against=against)
    assert lanes is not None and refused == [("lane list without direction", "change:lanes=no|yes")]


def test_a_lane_for_cars_with_several_people_is_not_one_for_all():
    lanes, _ = read({"lanes": "3", "hov:lanes": "designated||yes"}, oneway=True)
    assert [x.lane_type for x in lanes.forward] == [LaneType.UNKNOWN, LaneType.DRIVING, LaneType.DRIVING]


def test_left_hand_traffic_mirrors_the_road():
    right, _ = read({"lanes": "2"})
    left, _ = read({"lanes": "2"}, keeps_right=False)
    assert (right.forward[0].left_cm, right.forward[0].right_cm) == (0, -A)
    assert (left.forward[0].left_cm, left.forward[0].right_cm) == (A, 0)


def test_arrows_are_known_empty_or_not_stated():
    lanes, _ = read({"lanes": "3", "turn:lanes": "left;through||none"}, oneway=True)
    assert [x.turns for x in lanes.forward] == [(TD.LEFT, TD.THROUGH), (TD.NONE,), (TD.NONE,)]
    lanes, _ = read({"lanes": "1"}, oneway=True)
    assert lanes.forward[0].turns == ()
    lanes, refused = read({"lanes": "1", "turn:lanes": "sideways"}, oneway=True)
    assert lanes.forward[0].turns == () and refused == [("turn arrow not understood", "turn:lanes: sideways")]


def test_lane_changes_need_a_lane_to_change_to():
    lanes, _ = read({"lanes": "3", "change:lanes": "yes|not_left|no"}, oneway=True)
    n, y, u = LaneChange.FORBIDDEN, LaneChange.ALLOWED, LaneChange.UNKNOWN
    assert [(x.change_left, x.change_right) for x in lanes.forward] == [(u, y), (n, y), (n, n)]


def test_widths_say_where_they_come_from():
    lanes, _ = read({"lanes": "2", "width:lanes": "3.25|"}, oneway=True)
    assert [(x.width_cm, x.width_basis) for x in lanes.forward] == [(325, Basis.TAGGED), (A, Basis.INFERRED)]
    lanes, _ = read({"lanes": "2", "width": "6.5 m"}, oneway=True)
    assert [(x.width_cm, x.width_basis) for x in lanes.forward] == [(325, Basis.DERIVED)] * 2
    for other in ({"width": "12.2"}, {"width": "6.5", "parking:lane:right": "parallel"}, {"width": "wide"}):
        lanes, _ = read({"lanes": "2", **other}, oneway=True)
        assert {x.width_basis for x in lanes.forward} == {Basis.INFERRED}
    lanes, refused = read({"lanes": "1", "width:lanes": "3,5"}, oneway=True)
    assert lanes.forward[0].width_basis is Basis.INFERRED and refused[0][0] == "lane width not understood"


def test_cycle_and_bus_lanes():
    tags = {"lanes": "2", "bicycle:lanes": "||designated", "vehicle:lanes": "||no", "bus:lanes": "|designated|"}
    lanes, _ = read(tags, oneway=True)
    assert [x.lane_type for x in lanes.forward] == [LaneType.DRIVING, LaneType.BUS, LaneType.CYCLE]
    lanes, _ = read({"lanes": "3", "lanes:bus": "1"}, oneway=True)
    assert {x.lane_type for x in lanes.forward} == {LaneType.UNKNOWN}


def test_placement_moves_the_lanes_and_not_the_line():
    def edges(placement, **options):
        lanes, refused = read({"lanes": "3", "placement": placement}, oneway=True, **options)
        assert lanes.line is LinePlace.STATED and not refused
        return [x.left_cm for x in lanes.forward]

    assert edges("right_of:1") == [A, 0, -A]
    assert edges("left_of:1") == [0, -A, -2 * A]
    assert edges("middle_of:2") == [3 * A // 2, A // 2, -A // 2]
    lanes, _ = read({"lanes": "3", "lanes:forward": "2", "placement:forward": "left_of:1"})
    assert [x.left_cm for x in lanes.forward] == [0, -A] and lanes.backward[0].left_cm == 0
    lanes, _ = read({"lanes": "3", "lanes:forward": "2", "placement:backward": "left_of:1"})
    assert [x.left_cm for x in lanes.forward] == [0, -A] and lanes.backward[0].left_cm == 0


placements = st.dictionaries(
    st.sampled_from(["placement", "placement:forward", "placement:backward"]),
    st.sampled_from(["transition", "left_of:1", "right_of:1", "middle_of:2", "right_of:9", "left_of:", "middle"]),
)


@given(counts, counts, st.booleans(), st.booleans(), placements)
def test_placement_says_where_and_not_how_many(f, b, oneway, keeps_right, placement):
    tags = {"lanes": str(f)} if oneway else {"lanes": str(f + b), "lanes:forward": str(f), "lanes:backward": str(b)}
    tags |= {"turn:lanes:forward": "|".join(["left"] * f)}
    plain, _ = read(tags, oneway=oneway, keeps_right=keeps_right)
    lanes, refused = read(tags | placement, oneway=oneway, keeps_right=keeps_right)
    for own, other in ((lanes.forward, plain.forward), (lanes.backward, plain.backward)):
        assert [(x.lane_id, x.turns, x.width_cm) for x in own] == [(x.lane_id, x.turns, x.width_cm) for x in other]
    assert (lanes.line is LinePlace.OPEN) == bool(refused)
    assert (lanes.line is LinePlace.CHANGES) == ("transition" in (tags | placement).values())
    if lanes.line in (LinePlace.OPEN, LinePlace.CHANGES):
        assert (lanes.forward, lanes.backward) == (plain.forward, plain.backward)  # about the line, and says so


@pytest.mark.parametrize(
    ("tags", "oneway", "reason"),
    [
        ({"lanes": "3", "placement": "right_of:4"}, True, "placement not understood"),
        ({"lanes": "2", "placement": "right_of:1"}, False, "placement without direction"),
    ],
)
def test_lanes_whose_place_is_left_open_are_there_and_say_so(tags, oneway, reason):
    lanes, refused = read(tags, oneway=oneway)
    assert [x[0] for x in refused] == [reason]
    assert lanes.line is LinePlace.OPEN and len(lanes.forward) + len(lanes.backward) == int(tags["lanes"])


def test_traffic_against_its_way():
    lanes, _ = read({"lanes": "2"}, oneway=True, against=True)
    assert lanes.forward == () and [x.left_cm for x in lanes.backward] == [-A, 0]


def test_a_bus_lane_against_one_way_traffic_takes_its_room():
    lanes, _ = read({"lanes": "3", "lanes:forward": "2", "lanes:backward": "1"}, oneway=True)
    assert [x.left_cm for x in lanes.forward] == [A // 2, -A // 2]


@given(st.dictionaries(st.sampled_from(["lanes", "lanes:forward", "turn:lanes:forward"]), st.sampled_from("124")))
def test_of_a_reversible_road_no_direction_has_a_number_of_lanes(tags):
    """All of them run the way that is open: what is left of `lanes` is not that of the other direction."""
    said, refused = read({**tags, "oneway": "reversible"})
    assert said is None
    assert {reason for reason, _ in refused} <= {"lanes whose direction changes"}
    assert bool(refused) is bool(tags)


def test_the_express_lanes_of_a_motorway():
    tags = {"oneway": "reversible", "lanes": "4", "turn:lanes:forward": "||slight_right"}
    assert read(tags) == (None, [("lanes whose direction changes", "oneway=reversible, lanes=4")])
