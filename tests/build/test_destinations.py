import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.destinations import road_destinations, uncounted_destinations
from mapprior.model.profile import FeatureKind as K
from tests.build.osm_text import Built, osm_xml
from tests.build.test_lanes import read
from tests.build.test_ramps import LINK, NODES, OFF, WAYS

NAMES = st.text(alphabet="ABÄ 1", min_size=1, max_size=4).map(str.strip).filter(bool)
LISTED = st.lists(st.lists(NAMES, max_size=3, unique=True), min_size=1, max_size=5)


def posted(places):
    return "|".join(";".join(names) for names in places)


def along(tags, **how):
    lanes, refused = read(tags, **how)
    return lanes and [x.destinations for x in lanes.forward], refused


@given(LISTED, LISTED, st.booleans())
def test_each_lane_leads_where_its_own_place_of_a_list_says(forward, backward, keeps_right):
    lanes, refused = read(
        {
            "lanes:forward": str(len(forward)),
            "lanes:backward": str(len(backward)),
            "lanes:both_ways": "1",
            "destination:lanes:forward": posted(forward),
            "destination:lanes:backward": posted(backward),
        },
        keeps_right=keeps_right,
    )
    assert not refused
    for own, said in ((lanes.forward, forward), (lanes.backward, backward)):
        side = own[1:] if keeps_right else own[:-1]  # the two-way centre lane is told nothing
        assert [list(x.destinations) for x in side] == said
        assert (own[0] if keeps_right else own[-1]).destinations == ()


@given(LISTED, st.integers(1, 6))
def test_a_list_that_does_not_fit_the_lanes_is_refused_and_the_lanes_stay(listed, count):
    tags = {"lanes": str(count), "destination:lanes": posted(listed)}
    found, refused = along(tags, oneway=True)
    fits = len(listed) == count
    assert len(found) == count and any(found) == (fits and any(listed))
    reason = "destinations contradict the number of lanes"
    assert refused == ([] if fits else [(reason, f"{count} lanes, destination:lanes={posted(listed)}")])


def test_numbers_of_roads_come_first_and_none_is_no_name():
    tags = {"lanes": "3", "destination:lanes": "none|Basel; Bern |", "destination:ref:lanes": "A 1|A 1;A 1|none"}
    assert along(tags, oneway=True) == ([("A 1",), ("A 1", "Basel", "Bern"), ()], [])


def test_one_list_that_does_not_fit_leaves_the_other():
    tags = {"lanes": "2", "destination:lanes": "A|B", "destination:ref:lanes": "1|2|3"}
    found, refused = along(tags, oneway=True)
    assert found == [("A",), ("B",)]
    assert refused == [("destinations contradict the number of lanes", "2 lanes, destination:ref:lanes=1|2|3")]


@pytest.mark.parametrize("listed", ["A||B", "A|B"])
def test_a_cycle_lane_may_be_counted_or_not(listed):
    tags = {"lanes": "2", "bicycle:lanes": "|designated|", "vehicle:lanes": "|no|", "destination:lanes": listed}
    assert along(tags, oneway=True) == ([("A",), (), ("B",)], [])


@pytest.mark.parametrize(
    ("how", "reason"),
    [({}, "lane list without direction"), ({"against": True}, "lane list against its way")],
)
def test_a_list_that_does_not_say_its_direction_is_refused(how, reason):
    lanes, refused = read({"lanes": "2", "destination:lanes": "A|B"}, **how)
    assert refused == [(reason, "destination:lanes=A|B")]
    assert {x.destinations for x in (*lanes.forward, *lanes.backward)} == {()}


def test_a_road_driven_against_its_way_has_the_list_of_that_direction():
    lanes, refused = read({"lanes": "2", "destination:lanes:backward": "A|B"}, against=True)
    assert ([x.destinations for x in lanes.backward], refused) == ([("A",), ("B",)], [])


def test_one_lane_for_both_directions_leads_elsewhere_in_each():
    lanes, refused = read({"lanes": "1", "destination:lanes:forward": "A", "destination:lanes:backward": "B"})
    assert ([x.destinations for x in (*lanes.forward, *lanes.backward)], refused) == ([("A",), ("B",)], [])


def test_lists_of_lanes_that_are_not_known_are_refused():
    refused = []
    uncounted_destinations({"destination:lanes": "A|B", "destination:ref:lanes:forward": "1", "lanes": "9"}, refused)
    assert {text for _, text in refused} == {"destination:lanes=A|B", "destination:ref:lanes:forward=1"}


def test_a_road_whose_signs_are_tagged_by_lane_only_leads_where_any_of_them_does():
    tags = {"destination:lanes": "A|A;B|none", "destination:ref": "1", "destination:ref:lanes": "2|3|4"}
    assert road_destinations(tags, backward=False) == ("1", "A", "B")
    assert road_destinations(tags | {"destination:forward": "C"}, backward=False) == ("1", "C")
    assert road_destinations({"destination:lanes:backward": "D|E"}, backward=True) == ("D", "E")


def test_it_is_in_the_tiles(tmp_path):
    motorway = {**WAYS[10][1], "lanes": "2", "turn:lanes": "through|slight_right", "destination:lanes": "Far|Far;Here"}
    slip = {**LINK, "lanes": "1", "destination:lanes": "Here"}
    ways = {**WAYS, 10: (WAYS[10][0], motorway), OFF: (WAYS[OFF][0], slip)}
    found = Built(tmp_path, osm_xml(NODES, ways))
    (exit_,) = found.of(K.EXIT)["10:1-2:+"]
    assert exit_.destinations == ("Here",)
    before = next(x for name, x in found.lanes.items() if name.startswith("10:1-2:"))
    assert [x.destinations for x in before.sections[0].lanes] == [("Far",), ("Far", "Here")]


def test_lists_without_known_lanes_are_in_the_report(tmp_path):
    ways = {**WAYS, OFF: (WAYS[OFF][0], {**LINK, "destination:lanes": "Here"})}
    assert Built(tmp_path, osm_xml(NODES, ways)).refused() == {"destinations of lanes that are not known": ["way/11"]}
