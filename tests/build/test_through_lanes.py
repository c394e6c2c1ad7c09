import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.road_type import FEWER_LANES, NOT_BUILT_UP, ONE_CARRIAGEWAY
from mapprior.build.through_lanes import through_lanes
from mapprior.market.road_rules import UNTOLD_SIGN
from mapprior.model.limit import LimitKind
from tests.build.test_road_type import OUTSIDE, answer, rules

ROAD = {"highway": "secondary", "zone:traffic": "DE:rural"}
AS_REPORTED = {"lanes": "3", "lanes:forward": "1", "lanes:backward": "2", "turn:lanes:backward": "left|through"}
counts = st.sampled_from(["1", "2", "3"])
turns = st.lists(st.sampled_from(["", "none", "through", "left", "right", "left;through"]), min_size=1, max_size=3)


def through(tags, *, oneway=False):
    tags = {**tags, "oneway": "yes"} if oneway else tags
    return through_lanes(tags, drives_forward=True, drives_backward=not oneway).through


def words(tags, side=0, *, oneway=False):
    tags = {**tags, "oneway": "yes"} if oneway else tags
    return set(through_lanes(tags, drives_forward=True, drives_backward=not oneway).words(side))


@given(counts, counts, turns, turns)
def test_no_limit_needs_two_lanes_that_go_on_each_way_and_the_number_stands_beside_it(ahead, back, along, against):
    """The law lifts its number where two lanes are marked for each direction; a turning lane is none of them."""
    tags = ROAD | {"lanes:forward": ahead, "lanes:backward": back}
    tags |= {"turn:lanes:forward": "|".join(along), "turn:lanes:backward": "|".join(against)}
    fits = len(along) == int(ahead) and len(against) == int(back)
    both = fits and all(sum(x not in ("left", "right") for x in side) >= 2 for side in (along, against))
    for side in (0, 1):
        found = answer(tags, side=side)
        assert (found.kind is LimitKind.UNLIMITED) == both
        kinds = {found.kind, *(x.kind for x in found.unresolved)}
        assert LimitKind.LIMITED in kinds
        assert 100_000 in {found.posted_value_milli, *(x.posted_value_milli for x in found.unresolved)}


def test_a_second_lane_of_one_direction_alone_lifts_no_limit():
    for side in (0, 1):
        found = answer(ROAD | AS_REPORTED, side=side)
        assert (found.kind, found.posted_value_milli) == (LimitKind.LIMITED, 100_000)
        assert [(x.kind, x.condition) for x in found.unresolved] == [(LimitKind.UNKNOWN, UNTOLD_SIGN)]
    unsure = answer({"highway": "secondary"} | AS_REPORTED, side=1, setting=OUTSIDE)
    assert LimitKind.UNLIMITED not in {unsure.kind, *(x.kind for x in unsure.unresolved)}


def test_where_no_limit_rests_on_a_count_or_a_pairing_the_number_is_among_the_answers():
    tags = ROAD | {"lanes": "4"}
    assert [(x[0], x[2], x[3]) for x in rules(tags)] == [
        ("DE:rural_2_lanes", 900, ""),
        ("DE:rural", 100, FEWER_LANES),
    ]
    inferred = rules({"highway": "secondary", "lanes": "4"})
    assert [(x[0], x[3]) for x in inferred] == [
        ("DE:urban", ""),
        ("DE:rural_2_lanes", NOT_BUILT_UP),
        ("DE:rural", f"{NOT_BUILT_UP}, {FEWER_LANES}"),
    ]
    paired = rules(ROAD, dual=True, two_way=False)
    assert [(x[0], x[2], x[3]) for x in paired] == [
        ("DE:rural_dual_carriageway", 900, ""),
        ("DE:rural", 100, ONE_CARRIAGEWAY),
    ]
    found = answer(ROAD, dual=True, two_way=False)
    assert (found.kind, found.certain) == (LimitKind.UNLIMITED, False)
    assert [x.posted_value_milli for x in found.unresolved] == [100_000]


def test_a_one_way_carriageway_counts_its_own_lanes():
    assert words({"lanes": "2"}, oneway=True) == {"lanes_2_or_more", "lanes_2_each_way", "marked_lanes"}
    assert words({"lanes": "2", "turn:lanes": "left|through"}, oneway=True) == {
        "lanes_1", "lanes_1_any_way", "marked_lanes"
    }  # fmt: skip
    oneway = ROAD | {"lanes": "2", "oneway": "yes"}
    assert answer(oneway, two_way=False).kind is LimitKind.UNLIMITED
    assert (
        answer(oneway | {"oneway:bus": "no"}, two_way=False).kind is LimitKind.LIMITED
    )  # one of the two is the buses'


@pytest.mark.parametrize(
    ("tags", "ahead", "back"),
    [
        ({}, None, None),
        ({"lanes": "4"}, 2, 2),
        ({"lanes": "3"}, None, None),
        ({"lanes": "4", "lanes:forward": "1"}, 1, 3),
        ({"lanes": "3", "lanes:both_ways": "1"}, 1, 1),
        ({"lanes:forward": "2"}, 2, None),
        ({"lanes": "4", "lanes:forward": "1", "lanes:backward": "1"}, None, None),
        ({"lanes": "4", "turn:lanes:forward": "left|right"}, None, 2),
        ({"lanes": "4", "turn:lanes:forward": "left|through;right"}, 1, 2),
        ({"lanes": "4", "turn:lanes:forward": "through|merge_to_left"}, 2, 2),
        ({"lanes": "many"}, None, None),
    ],
)
def test_lanes_that_go_on(tags, ahead, back):
    assert through(tags) == (ahead, back)


def test_the_other_law_asks_for_the_driven_direction_alone():
    """France raises the number on the side that has two lanes; Cal. 22349 does not count a passing lane."""
    tags = {"highway": "primary", "source:maxspeed": "FR:rural", "lanes": "3", "lanes:forward": "2"}
    assert [rules(tags, "FR", side=side)[0][0] for side in (0, 1)] == ["FR:rural_2_lanes", "FR:rural"]
    tags["source:maxspeed"] = "US:rural"
    assert [rules(tags, "US", side=side)[0][0] for side in (0, 1)] == ["US:rural_two_lane"] * 2
