import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.build.plausibility import DOUBTED_PERMILLE, reads_like_another_unit
from mapprior.market.speed_value import parse_value
from mapprior.model.limit import SpeedUnit
from tests.build.osm_text import Built, osm_xml

KMH, MPH = SpeedUnit.KMH, SpeedUnit.MPH
MOTORWAY = {"highway": "motorway", "ref": "A 1"}


def row(lengths_m, speeds, tags=MOTORWAY):
    """One way after the other, straight on; numbers from 1."""
    places, x = {1: (0.0, 0.0)}, 0.0
    for i, length in enumerate(lengths_m):
        x += length
        places[i + 2] = (x, 0.0)
    ways = {}
    for i, speed in enumerate(speeds):
        ways[i + 1] = ([i + 1, i + 2], tags if speed is None else {**tags, "maxspeed": speed})
    return places, ways


def build(tmp_path, nodes, ways, market="DE"):
    return Built(tmp_path, osm_xml(nodes, ways), market=market)


def doubts(built):
    return {
        reason: [e["element"].removeprefix("way/") + " " + e["detail"] for e in found["elements"]]
        for reason, found in built.report.as_json()["doubted_limits"].items()
    }


def confidences(built):
    return {
        name.partition(":")[0]: x.confidence_permille
        for name, limits in built.limits.items()
        for x in limits
        if x.raw.startswith("maxspeed")
    }


@pytest.mark.parametrize(
    ("lengths_m", "speeds", "doubted"),
    [
        ((500, 39, 500), ("120", "60", "120"), ["2"]),
        ((500, 39, 500), ("120", "70", "120"), []),
        ((500, 45, 500), ("120", "60", "120"), []),
        ((500, 39, 500), ("120", "60", "60"), []),
        ((500, 39, 500), ("60", "120", "60"), ["2"]),
        ((500, 39, 500), ("60", "none", "60"), ["2"]),
        ((500, 39, 500), ("none", "60", "none"), ["2"]),
        ((500, 20, 19, 500), ("120", "60", "60", "120"), ["2", "3"]),
        ((500, 20, 30, 500), ("120", "60", "60", "120"), []),
        ((500, 39, 500), ("120", None, "120"), []),
        ((500, 39, 500), (None, "60", "120"), []),
        ((500, 39, 500), ("120", "60", None), []),
        ((500, 39, 500), ("60", "120", "180"), []),
    ],
)
def test_a_short_jump_on_a_motorway(tmp_path, lengths_m, speeds, doubted):
    built = build(tmp_path, *row(lengths_m, speeds))
    found = [x.partition(" ")[0] for reason, xs in doubts(built).items() if "jump" in reason for x in xs]
    assert found == doubted
    assert [way for way, permille in sorted(confidences(built).items()) if permille] == doubted


def test_a_jump_on_a_ramp_or_in_town_is_none(tmp_path):
    for i, highway in enumerate(("motorway_link", "primary")):
        (tmp_path / str(i)).mkdir()
        built = build(tmp_path / str(i), *row((500, 39, 500), ("120", "60", "120"), {"highway": highway}))
        assert doubts(built) == {}


def test_a_jump_counts_in_its_direction_on_a_trunk_road_of_two(tmp_path):
    nodes, ways = row((500, 39, 500), ("100", "100", "100"), {"highway": "trunk"})
    ways[2] = ([2, 3], {"highway": "trunk", "maxspeed:forward": "30", "maxspeed:backward": "100"})
    built = build(tmp_path, nodes, ways)
    assert doubts(built) == {"a jump of 60 km/h or more for 40 m or less": ["2 maxspeed:forward=30"]}


def test_a_number_that_another_one_replaces_in_its_direction_is_not_judged(tmp_path):
    for i, (both, forward, doubted) in enumerate((("100", "30", ["2 maxspeed:forward=30"]), ("30", "100", []))):
        (tmp_path / str(i)).mkdir()
        nodes, ways = row((500, 39, 500), ("100", "100", "100"), {"highway": "trunk", "oneway": "yes"})
        ways[2] = ([2, 3], {"highway": "trunk", "oneway": "yes", "maxspeed": both, "maxspeed:forward": forward})
        found = [
            x for reason, xs in doubts(build(tmp_path / str(i), nodes, ways)).items() if "jump" in reason for x in xs
        ]
        assert found == doubted


def test_a_junction_ends_the_comparison(tmp_path):
    nodes, ways = row((500, 39, 500), ("120", "60", "120"))
    nodes[9] = (500.0, 300.0)
    ways[9] = ([9, 2], {**MOTORWAY, "maxspeed": "60"})
    assert doubts(build(tmp_path, nodes, ways)) == {}


@pytest.mark.parametrize("highway", ["living_street", "service"])
def test_too_fast_for_its_road(tmp_path, highway):
    for speed, doubted in (("100", True), ("80", True), ("70", False), ("10", False)):
        (tmp_path / speed).mkdir()
        built = build(tmp_path / speed, *row((100,), (speed,), {"highway": highway}))
        assert bool(doubts(built)) == doubted
        (limit,) = (x for x in built.limits["1:1-2:0:+"] if x.raw.startswith("maxspeed"))
        assert limit.confidence_permille == (DOUBTED_PERMILLE if doubted else 0)


def test_more_than_the_country_knows(tmp_path):
    for market, speed, doubted in (
        ("CH", "130", True), ("CH", "120", False), ("CH", "none", True), ("DE", "180", False), ("DE", "none", False),
        ("XX", "300", False), ("XX", "none", False), ("GB", "80 mph", True), ("GB", "70 mph", False),
    ):  # fmt: skip
        name = f"{market} {speed}"
        (tmp_path / name).mkdir()
        built = build(tmp_path / name, *row((500,), (speed,)), market=market)
        assert bool(doubts(built)) == doubted, name


def test_conditional_and_lane_numbers_are_judged_too(tmp_path):
    tags = {**MOTORWAY, "maxspeed": "100", "maxspeed:conditional": "160 @ (22:00-06:00)", "maxspeed:lanes": "300|100"}
    built = build(tmp_path, *row((500,), (None,), tags), market="CH")
    assert doubts(built) == {
        "above the country's maximum": [
            "1 maxspeed:conditional=160 @ (22:00-06:00)",
            "1 maxspeed:lanes=300|100",
        ]
    }
    doubted = [x.posted_value_milli for x in built.limits["1:1-2:0:+"] if x.confidence_permille == DOUBTED_PERMILLE]
    assert sorted(doubted) == [160_000, 300_000]


@pytest.mark.parametrize(
    ("tags", "speed", "doubted"),
    [
        ({"highway": "residential", "zone:traffic": "DE:urban"}, "none", True),
        ({"highway": "residential", "zone:traffic": "DE:urban"}, "300", True),
        ({"highway": "primary", "zone:traffic": "DE:rural"}, "none", True),
        ({"highway": "primary", "zone:traffic": "DE:rural"}, "120", False),
        ({"highway": "living_street"}, "none", True),
        ({"highway": "motorway"}, "none", False),
        ({"highway": "motorway"}, "140", False),
        ({"highway": "trunk", "lanes": "4", "zone:traffic": "DE:rural"}, "none", False),
    ],
)
def test_no_limit_is_doubted_where_the_law_has_one_for_that_road(tmp_path, tags, speed, doubted):
    built = build(tmp_path, *row((100,), (speed,), tags))
    assert [x.partition(";")[0] for listed in doubts(built).values() for x in listed] == (
        [f"1 maxspeed={speed}"] if doubted else []
    )
    assert confidences(built) == {"1": DOUBTED_PERMILLE if doubted else 0}


def curve(radius_m, turn_deg, step_deg=10.0):
    """Straight, an arc, straight."""
    points = [(-200.0, 0.0)]
    for i in range(round(turn_deg / step_deg) + 1):
        a = math.radians(i * step_deg)
        points.append((radius_m * math.sin(a), radius_m * (1 - math.cos(a))))
    a = math.radians(turn_deg)
    points.append((points[-1][0] + 200 * math.cos(a), points[-1][1] + 200 * math.sin(a)))
    return dict(enumerate(points, start=1))


@pytest.mark.parametrize(
    ("radius_m", "turn_deg", "speed", "doubted"),
    [
        (40.0, 180, "120", True),  # about 45 km/h
        (40.0, 180, "100", False),  # not 60 above
        (15.0, 180, "100", True),
        (15.0, 20, "100", False),  # hardly a turn
        (15.0, 180, "60", False),
        (150.0, 90, "120", False),
        (15.0, 180, "none", False),
    ],
)
def test_far_above_what_the_curve_allows(tmp_path, radius_m, turn_deg, speed, doubted):
    nodes = curve(radius_m, turn_deg)
    built = build(tmp_path, nodes, {1: (list(nodes), {"highway": "motorway_link", "maxspeed": speed})})
    assert list(doubts(built)) == (["far above what the curve allows"] if doubted else [])


@pytest.mark.parametrize(
    ("text", "unit", "doubted"),
    [
        ("88.5", KMH, True), ("88", KMH, True), ("48", KMH, True), ("64", KMH, True), ("113", KMH, True),
        ("50", KMH, False), ("7", KMH, False), ("8", KMH, False), ("105", KMH, False), ("42", KMH, False),
        ("30 mph", KMH, True), ("30", KMH, False),
        ("31 mph", MPH, True), ("62 mph", MPH, True), ("37 mph", MPH, True), ("30 mph", MPH, False),
        ("33 mph", MPH, False), ("30", MPH, False), ("5 knots", MPH, True),
    ],
)  # fmt: skip
def test_a_number_that_reads_like_another_unit(text, unit, doubted):
    assert reads_like_another_unit(parse_value(text), unit) == doubted


@settings(max_examples=20)
@given(
    st.lists(
        st.sampled_from(["30", "60", "88.5", "120", "250", "none", "130 mph", "walk", "x"]), min_size=3, max_size=6
    ),
    st.sampled_from(["motorway", "trunk", "service", "living_street", "motorway_link"]),
    st.sampled_from(["CH", "DE", "XX"]),
)
def test_doubt_never_changes_what_is_stated(tmp_path_factory, speeds, highway, market):
    nodes, ways = row([30.0] * len(speeds), speeds, {"highway": highway})
    built = build(tmp_path_factory.mktemp("built"), nodes, ways, market=market)
    for name, limits in built.limits.items():
        way = int(name.partition(":")[0])
        text = speeds[way - 1]
        (stated,) = (x for x in limits if x.raw.startswith("maxspeed"))
        expected = parse_value(text)
        assert stated.raw == f"maxspeed={text}"
        if expected is not None:
            assert (stated.kind, stated.posted_value_milli, stated.posted_unit) == (
                expected.kind,
                expected.posted_value_milli,
                expected.posted_unit,
            )
        assert stated.confidence_permille in (0, DOUBTED_PERMILLE)
