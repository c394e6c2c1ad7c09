import pytest

from tests.build.osm_text import ROAD, Built, osm_xml

#     4
#     |
# 1 - 2 - 3      ways 10: 1-2, 11: 2-3, 12: 2-4, 13: 5-2
#     |
#     5
CROSS = {1: (-100.0, 0.0), 2: (0.0, 0.0), 3: (100.0, 0.0), 4: (0.0, 100.0), 5: (0.0, -100.0)}
WAYS = {10: ([1, 2], ROAD), 11: ([2, 3], ROAD), 12: ([2, 4], ROAD), 13: ([5, 2], ROAD)}
# Two carriageways joined by a short way:  20: 1>2, 21: 2>3 (eastbound), 22: 4>5, 23: 5>6 (westbound), 24: 2-5
DUAL = {1: (-100.0, 0.0), 2: (0.0, 0.0), 3: (100.0, 0.0), 4: (100.0, 20.0), 5: (0.0, 20.0), 6: (-100.0, 20.0)}
ONE = {**ROAD, "oneway": "yes"}
DUAL_WAYS = {20: ([1, 2], ONE), 21: ([2, 3], ONE), 22: ([4, 5], ONE), 23: ([5, 6], ONE), 24: ([2, 5], ROAD)}


def at(origin, target, node=2):
    return [("way", origin, "from"), ("node", node, "via"), ("way", target, "to")]


def built(tmp_path, members, tags, nodes=CROSS, ways=WAYS):
    return Built(tmp_path, osm_xml(nodes, ways, {1: (members, tags)}))


def test_no_turn_forbids_that_turn_alone(tmp_path):
    assert built(tmp_path, at(10, 12), {"restriction": "no_left_turn"}).forbidden() == {("10:1-2:0:+", "12:2-4:0:+")}


def test_only_forbids_every_other_way_on(tmp_path):
    assert built(tmp_path, at(10, 11), {"restriction": "only_straight_on"}).forbidden() == {
        ("10:1-2:0:+", "10:1-2:0:-"),
        ("10:1-2:0:+", "12:2-4:0:+"),
        ("10:1-2:0:+", "13:5-2:0:-"),
    }


def test_no_u_turn_on_one_way_forbids_both_ends_of_the_turn(tmp_path):
    ways = {10: ([1, 2, 3], ROAD)}
    found = built(tmp_path, at(10, 10), {"restriction": "no_u_turn"}, ways=ways).forbidden()
    assert found == {("10:1-2:0:+", "10:1-2:0:-"), ("10:2-3:0:-", "10:2-3:0:+")}


def test_via_ways(tmp_path):
    members = [("way", 20, "from"), ("way", 24, "via"), ("way", 23, "to")]
    found = built(tmp_path, members, {"restriction": "no_u_turn"}, DUAL, DUAL_WAYS)
    assert found.forbidden() == {("20:1-2:0:+", "24:2-5:0:+", "23:5-6:0:+")}
    assert found.report.counts["restrictions"] == 1


def test_only_along_via_ways_forbids_leaving_early_and_late(tmp_path):
    members = [("way", 20, "from"), ("way", 24, "via"), ("way", 23, "to")]
    ways = {**DUAL_WAYS, 25: ([5, 7], ROAD)}
    found = built(tmp_path, members, {"restriction": "only_u_turn"}, {**DUAL, 7: (0.0, 90.0)}, ways)
    assert found.forbidden() == {
        ("20:1-2:0:+", "21:2-3:0:+"),
        ("20:1-2:0:+", "24:2-5:0:+", "25:5-7:0:+"),
        ("20:1-2:0:+", "24:2-5:0:+", "24:2-5:0:-"),
    }


def test_several_from_or_to(tmp_path):
    members = [("way", 10, "from"), ("way", 13, "from"), ("node", 2, "via"), ("way", 12, "to")]
    assert built(tmp_path, members, {"restriction": "no_entry"}).forbidden() == {
        ("10:1-2:0:+", "12:2-4:0:+"),
        ("13:5-2:0:+", "12:2-4:0:+"),
    }


def test_each_clause_has_its_own_turn_and_condition(tmp_path):
    tags = {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00); no_u_turn @ ((22:00-06:00) AND wet)"}
    assert built(tmp_path, at(10, 12), tags).forbidden() == {
        ("10:1-2:0:+", "12:2-4:0:+", "@ Mo-Fr 07:00-09:00"),
        ("10:1-2:0:+", "12:2-4:0:+", "@ (22:00-06:00) AND wet"),
    }
    (tmp_path / "without").mkdir()
    found = built(tmp_path / "without", at(10, 12), {"restriction:conditional": "no_left_turn at night"})
    assert list(found.report.refusals.by_reason) == ["restriction not understood"]


def test_a_condition_is_kept(tmp_path):
    tags = {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}
    found = built(tmp_path, at(10, 12), tags)
    assert found.forbidden() == {("10:1-2:0:+", "12:2-4:0:+", "@ Mo-Fr 07:00-09:00")}
    assert found.report.counts["restrictions_conditional"] == 1
    (tmp_path / "old").mkdir()
    tags = {"restriction": "no_left_turn", "hour_on": "07:00", "hour_off": "09:00"}
    assert built(tmp_path / "old", at(10, 12), tags).forbidden() == {
        ("10:1-2:0:+", "12:2-4:0:+", "@ hour_on=07:00 hour_off=09:00")
    }


@pytest.mark.parametrize(
    ("tags", "condition", "is_understood"),
    [
        ({"restriction": "no_left_turn", "hour_on": "07:00", "hour_off": "9"}, "hour_on=07:00 hour_off=9", True),
        ({"restriction": "no_left_turn", "hour_on": "07:00"}, "hour_on=07:00", False),
        (
            {"restriction": "no_left_turn", "opening_hours": "Mo-Su 07:00-23:00"},
            "opening_hours=Mo-Su 07:00-23:00",
            True,
        ),
        ({"restriction:conditional": "no_left_turn @ (07:00-23:00)"}, "07:00-23:00", True),
        ({"restriction:conditional": "no_left_turn @ (school hours)"}, "school hours", False),
    ],
)
def test_a_conditional_one_is_said_with_its_id_and_whether_it_is_understood(tmp_path, tags, condition, is_understood):
    found = built(tmp_path, at(10, 12), tags)
    assert found.forbidden() == {("10:1-2:0:+", "12:2-4:0:+", f"@ {condition}")}
    what = "enforced in routes alone" if is_understood else "not understood, kept undecided"
    (refusal,) = found.report.refusals.by_reason[f"conditional turn restriction {what}"]
    assert (refusal.element, refusal.detail) == ("relation/1", f"no_left_turn @ ({condition})")


@pytest.mark.parametrize(
    "tags",
    [
        {"restriction": "no_left_turn", "except": "psv;motorcar"},
        {"restriction:hgv": "no_left_turn"},
    ],
)
def test_what_is_not_for_cars_is_left_out(tmp_path, tags):
    found = built(tmp_path, at(10, 12), tags)
    assert found.forbidden() == set()
    assert found.report.refusals.left_out_count["restriction not for cars"] == 1


def test_an_exception_for_others_changes_nothing_for_cars(tmp_path):
    tags = {"restriction": "no_left_turn", "except": "psv;bicycle"}
    assert len(built(tmp_path, at(10, 12), tags).forbidden()) == 1


def test_of_a_way_that_runs_through_the_word_decides_which_road_is_meant(tmp_path):
    ways = {10: ([1, 2], ROAD), 11: ([2, 3], ROAD), 12: ([5, 2, 4], ROAD)}
    assert built(tmp_path, at(10, 12), {"restriction": "no_left_turn"}, ways=ways).forbidden() == {
        ("10:1-2:0:+", "12:2-4:0:+")
    }
    (tmp_path / "right").mkdir()
    assert built(tmp_path / "right", at(10, 12), {"restriction": "no_right_turn"}, ways=ways).forbidden() == {
        ("10:1-2:0:+", "12:5-2:0:-")
    }


@pytest.mark.parametrize(
    ("members", "tags", "reason"),
    [
        (at(10, 12), {"restriction": "no_flying"}, "restriction not understood"),
        (at(10, 12), {}, "restriction without a word on what is forbidden"),
        (
            [("way", 10, "from"), ("way", 12, "to")],
            {"restriction": "no_left_turn"},
            "restriction without from, via and to",
        ),
        (
            at(10, 12, node=4),
            {"restriction": "no_left_turn"},
            "restriction whose members do not join in driving direction",
        ),
        ([("way", 13, "from"), *at(10, 12)], {"restriction": "no_left_turn"}, "restriction with too many members"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_id(tmp_path, members, tags, reason):
    found = built(tmp_path, members, tags)
    assert found.forbidden() == set()
    assert found.refused() == {reason: ["relation/1"]}


def test_via_ways_that_can_be_driven_in_too_many_orders_are_refused(tmp_path):
    """Twelve ways between the same two junctions: one relation must not stop a country."""
    side_by_side = {200 + i: ([2, 100 + i, 3], ROAD) for i in range(12)}
    nodes = {**CROSS, 9: (200.0, 0.0), **{100 + i: (50.0, 10.0 + 5.0 * i) for i in range(12)}}
    members = [("way", 10, "from"), *(("way", way, "via") for way in side_by_side), ("way", 14, "to")]
    ways = {10: ([1, 2], ROAD), 14: ([3, 9], ROAD), **side_by_side}
    found = built(tmp_path, members, {"restriction": "no_straight_on"}, nodes, ways)
    assert found.refused() == {"restriction with too many ways along its via ways": ["relation/1"]}
    assert len(found.links) == 2 * len(ways)


def test_a_restriction_against_a_oneway_cannot_be_driven(tmp_path):
    ways = {**WAYS, 10: ([2, 1], ONE)}
    assert built(tmp_path, at(10, 12), {"restriction": "no_left_turn"}, ways=ways).refused() == {
        "restriction whose members do not join in driving direction": ["relation/1"]
    }


def test_a_via_node_within_a_way_splits_it(tmp_path):
    ways = {10: ([1, 2, 3], ROAD)}
    assert len(built(tmp_path, at(10, 10), {"restriction": "no_u_turn"}, ways=ways).links) == 4
