import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.model.profile import FeatureKind as K
from mapprior.model.provenance import Basis
from tests.build.osm_text import ROAD, Built, osm_xml

TUNNEL = {"highway": "primary", "tunnel": "yes", "layer": "-1"}
NODES = {1: (0, 0), 2: (100, 0), 3: (1400, 0), 4: (1700, 0), 5: (2000, 0), 6: (1700, -200)}


def built(tmp_path, ways):
    return Built(tmp_path, osm_xml(NODES, ways))


def spans(found):
    return {name: [(x.start_cm, x.end_cm, x.extent_cm) for x in of_link] for name, of_link in found.items()}


def test_each_link_of_a_tunnel_knows_the_length_of_the_whole(tmp_path):
    """From 2 to 4, over a way of two links (one is too long for a link) and another way; at 3 a name begins."""
    ways = {
        10: ([1, 2], ROAD),
        11: ([2, 3], TUNNEL),
        12: ([3, 4], {**TUNNEL, "tunnel:name": "Long Hill"}),
        13: ([4, 5], ROAD),
    }
    drawn = built(tmp_path, ways)
    found = spans(drawn.of(K.TUNNEL))
    assert found.keys() == {"11:2-3:+", "11:2-3:-", "12:3-4:+", "12:3-4:-"}
    assert {len(x) for x in found.values()} == {1, 2}  # parts of one way share their name here
    for of_link in found.values():
        for start_cm, end_cm, extent_cm in of_link:
            assert (start_cm, extent_cm) == (0, pytest.approx(160_000, abs=10)) and end_cm > 0
    assert {x.name for x in drawn.of(K.TUNNEL)["12:3-4:+"]} == {"Long Hill"}


def test_where_a_tunnel_branches_it_goes_on_straight(tmp_path):
    ways = {11: ([2, 3, 4], TUNNEL), 12: ([4, 5], TUNNEL), 13: ([4, 6], TUNNEL)}
    found = spans(built(tmp_path, ways).of(K.TUNNEL))
    assert {round(x[2] / 100) for x in found["11:2-4:+"]} == {1900}
    assert {round(x[2] / 100) for x in found["13:4-6:+"]} == {1800}


def test_bridges_and_tunnels_do_not_mix_and_a_passage_is_no_tunnel(tmp_path):
    ways = {
        10: ([1, 2], {**ROAD, "bridge": "yes"}),
        11: ([2, 3], TUNNEL),
        12: ([4, 5], {**ROAD, "tunnel": "building_passage"}),
    }
    drawn = built(tmp_path, ways)
    assert {round(x[2] / 100) for of_link in spans(drawn.of(K.BRIDGE)).values() for x in of_link} == {100}
    assert drawn.of(K.TUNNEL).keys() == {"11:2-3:+", "11:2-3:-"}


def test_fords_hazards_and_bumps_of_ways_are_stretches(tmp_path):
    ways = {
        10: ([1, 2], {**ROAD, "ford": "yes", "hazard": "animal_crossing"}),
        11: ([2, 3], {**ROAD, "traffic_calming": "table"}),  # too long for one
    }
    drawn = built(tmp_path, ways)
    for kind, raw in ((K.FORD, "ford=yes"), (K.HAZARD, "hazard=animal_crossing")):
        found = drawn.of(kind)
        assert found.keys() == {"10:1-2:+", "10:1-2:-"}
        assert all((x.start_cm, x.raw) == (0, raw) and x.end_cm > 9_900 for (x,) in found.values())
    assert not drawn.of(K.SPEED_BUMP)


def lengths(drawn, kind=K.TUNNEL):
    """(metres, basis, sigma in metres) of each structure, by link."""
    return {
        name: (x.extent_cm / 100, x.extent_basis, x.extent_sigma_cm / 100)
        for name, (x, *_) in drawn.of(kind).items()
        if name.endswith("+")
    }


def through(tmp_path, tags, length_m=300.0, key="tunnel"):
    """A road that leads into a structure and out of it again, and what is said of its length."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (100 + length_m, 0), 4: (200 + length_m, 0)}
    ways = {10: ([1, 2], ROAD), 11: ([2, 3], {**ROAD, key: "yes", **tags}), 12: ([3, 4], ROAD)}
    drawn = Built(tmp_path, osm_xml(nodes, ways))
    [(found, basis, sigma)] = lengths(drawn, K.TUNNEL if key == "tunnel" else K.BRIDGE).values()
    return drawn, found, basis, sigma


@settings(deadline=None, max_examples=12)
@given(st.integers(5, 900), st.floats(0.3, 3.0))
def test_the_surer_of_tag_and_map_is_served_and_never_less_sure_than_the_other(tmp_path_factory, length_m, factor):
    tagged_m = round(length_m * factor, 1)
    drawn, found, basis, sigma = through(tmp_path_factory.mktemp("tube"), {"length": f"{tagged_m} m"}, float(length_m))
    by_tag, by_map = math.hypot(0.5, 0.05 * tagged_m), math.hypot(4.24, 0.01 * length_m)
    assert basis is (Basis.TAGGED if by_tag < by_map else Basis.DERIVED)
    assert found == pytest.approx(tagged_m if basis is Basis.TAGGED else length_m, abs=0.1)
    assert sigma >= min(by_tag, by_map) - 0.01
    apart = abs(tagged_m - length_m) / math.hypot(by_tag, by_map)
    assert bool(drawn.report.disagreements.by_subject) == (apart > 2.0) or abs(apart - 2.0) < 0.05


def test_every_length_says_what_it_rests_on_and_how_sure_it_is(tmp_path):
    _, found, basis, sigma = through(tmp_path, {})
    assert (round(found), basis, round(sigma, 1)) == (300, Basis.DERIVED, 5.2)


@pytest.mark.parametrize(
    ("key", "tag"), [("tunnel", "tunnel:length"), ("bridge", "bridge:length"), ("bridge", "length")]
)
def test_a_short_structure_is_as_long_as_its_tag_says(tmp_path, key, tag):
    drawn, found, basis, sigma = through(tmp_path, {tag: "22"}, 20.0, key)
    assert (found, basis) == (22.0, Basis.TAGGED) and sigma == pytest.approx(1.21, abs=0.02)
    assert {x.raw for of_link in drawn.features.values() for x in of_link if x.extent_cm} == {f"{key}=yes; {tag}=22"}
    assert not drawn.report.disagreements.by_subject


@pytest.mark.parametrize("tag", ["maxlength", "length:physical", "source:length", "maxlength:hgv", "bridge:length"])
def test_what_only_looks_like_a_length_is_none(tmp_path, tag):
    drawn, found, basis, _ = through(tmp_path, {tag: "22"}, 20.0)
    assert (round(found), basis) == (20, Basis.DERIVED) and not drawn.report.refusals.by_reason


def test_a_tag_that_contradicts_the_map_is_named_and_leaves_doubt(tmp_path):
    drawn, found, basis, sigma = through(tmp_path, {"tunnel:length": "1725"}, 300.0)
    assert (round(found), basis) == (300, Basis.DERIVED) and sigma > 50
    report = drawn.report.as_json()["disagreements"]
    [named] = report["length of a tunnel"]["elements"]
    assert named["element"] == "way/11" and named["detail"] == "tagged 1725 m, along the map 300 m; served: the map"


def test_garbage_is_refused_once_with_its_key(tmp_path):
    drawn, found, basis, _ = through(tmp_path, {"length": "long"})
    assert basis is Basis.DERIVED and round(found) == 300
    [refused] = drawn.report.refusals.by_reason["length not understood"]
    assert (refused.element, refused.detail) == ("way/11", "length=long")


def test_the_tag_of_one_part_tells_the_whole_unless_it_is_the_length_of_the_part(tmp_path):
    """From 2 to 4 over two ways, 1300 and 300 m; the map ends in it, so the whole is longer than drawn."""
    for tagged, said in (("2000 m", 2000), ("300", 1600), ("1500", 1600)):
        ways = {10: ([1, 2], ROAD), 11: ([2, 3], TUNNEL), 12: ([3, 4], {**TUNNEL, "length": tagged})}
        found = lengths(built(tmp_path, ways))
        assert {round(x[0]) for x in found.values()} == {said}
        assert {x[1] for x in found.values()} == {Basis.TAGGED if said == 2000 else Basis.DERIVED}


def test_where_the_map_ends_in_a_tunnel_it_may_be_far_longer(tmp_path):
    whole = lengths(built(tmp_path, {10: ([1, 2], ROAD), 11: ([2, 3], TUNNEL), 12: ([3, 4], ROAD)}))
    cut = lengths(built(tmp_path, {10: ([1, 2], ROAD), 11: ([2, 3], TUNNEL)}))
    assert {x[2] < 0.02 * x[0] for x in whole.values()} == {True}
    assert {x[2] > x[0] for x in cut.values()} == {True}


def test_two_tags_that_contradict_one_another_are_named_and_neither_is_served(tmp_path):
    ways = {
        10: ([1, 2], ROAD),
        11: ([2, 3], {**TUNNEL, "length": "1700"}),
        12: ([3, 4], {**TUNNEL, "length": "1500"}),
        13: ([4, 5], ROAD),
    }
    drawn = built(tmp_path, ways)
    assert {(round(x[0]), x[1]) for x in lengths(drawn).values()} == {(1600, Basis.DERIVED)}
    [named] = drawn.report.disagreements.worst("length of a tunnel")
    assert named.element == "way/11" and "1500 m and 1700 m" in named.detail
