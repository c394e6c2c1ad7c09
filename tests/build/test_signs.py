import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.signs import signs_of
from mapprior.geo.units import E7
from mapprior.model.profile import FeatureKind as K
from mapprior.model.profile import JunctionKind
from mapprior.model.provenance import Basis
from tests.build.osm_text import LON0_E7, ROAD, Built, osm_xml

# A main road 1-2-3-4 with a side road 3-5; node 9 lies 20 m before the junction at 3, node 8 far from any.
NODES = {1: (0, 0), 8: (250, 0), 9: (480, 0), 3: (500, 0), 4: (900, 0), 5: (500, -300), 7: (500, -20)}
MAIN = {"highway": "secondary"}
WAYS = {10: ([1, 8, 9, 3, 4], MAIN), 11: ([3, 7, 5], ROAD)}
TO_JUNCTION, FROM_JUNCTION = "10:1-3:+", "10:1-3:-"


def built(tmp_path, node_tags, ways=WAYS, nodes=NODES, lon0_e7=LON0_E7):
    return Built(tmp_path, osm_xml(nodes, ways, node_tags=node_tags, lon0_e7=lon0_e7))


WORDS = st.sampled_from(
    [
        *("yes", "no", "traffic_signals", "stop", "give_way", "crossing", "crossing;traffic_signals", "table", "both"),
        *("forward", "backward", "all", "level_crossing", "toll_booth", "toll_gantry", "marked", "270", "NNE", "", ";"),
    ]
)
KEYS = st.sampled_from(
    [
        *("highway", "crossing", "railway", "traffic_calming", "barrier", "ford", "hazard", "direction", "stop"),
        *("traffic_signals", "traffic_signals:direction", "crossing:signals", "crossing:markings"),
    ]
)


@given(st.dictionaries(KEYS, WORDS))
def test_whatever_a_node_says_every_sign_has_a_basis_and_its_words(tags):
    refused = []
    for sign in signs_of(tags, refused):
        assert sign.basis in (Basis.TAGGED, Basis.INFERRED)
        assert 0 < sign.confidence_permille < 1000 and sign.place_sigma_cm > 0
        key, _, value = sign.raw.partition(";")[0].partition("=")
        assert value in tags[key]
        assert sign.direction in ("", "forward", "backward", "both")
    assert all(text.partition("=")[2] in tags[text.partition("=")[0]] for _, text in refused)


@pytest.mark.parametrize(
    ("tags", "kinds"),
    [
        ({"highway": "traffic_signals"}, [K.TRAFFIC_LIGHT]),
        ({"highway": "traffic_signals", "crossing": "traffic_signals"}, [K.TRAFFIC_LIGHT, K.PEDESTRIAN_CROSSING]),
        ({"highway": "traffic_signals;crossing"}, [K.TRAFFIC_LIGHT, K.PEDESTRIAN_CROSSING]),
        ({"highway": "traffic_signals", "crossing": "no"}, [K.TRAFFIC_LIGHT]),
        ({"highway": "crossing", "crossing": "uncontrolled"}, [K.PEDESTRIAN_CROSSING]),
        ({"highway": "crossing", "crossing": "no"}, []),
        ({"highway": "stop"}, [K.STOP]),
        ({"railway": "level_crossing", "crossing": "uncontrolled"}, [K.RAIL_CROSSING]),
        ({"railway": "tram_level_crossing", "highway": "crossing"}, [K.PEDESTRIAN_CROSSING, K.RAIL_CROSSING]),
        ({"traffic_calming": "choker"}, []),
        ({"traffic_calming": "table", "highway": "crossing"}, [K.PEDESTRIAN_CROSSING, K.SPEED_BUMP]),
        ({"barrier": "toll_booth"}, [K.TOLL_STATION]),
        ({"barrier": "gate"}, []),
        ({"ford": "stepping_stones"}, []),
        ({"hazard": "animal_crossing"}, [K.HAZARD]),
        ({"highway": "street_lamp"}, []),
    ],
)
def test_what_a_node_is(tags, kinds):
    assert [x.kind for x in signs_of(tags, [])] == kinds


def test_what_is_not_understood_is_refused_by_node(tmp_path):
    found = built(tmp_path, {8: {"traffic_calming": "dragon"}, 9: {"highway": "stop", "direction": "up"}})
    assert found.refused() == {
        "traffic calming not understood": ["node/8"],
        "direction of a sign not understood": ["node/9"],
    }


@pytest.mark.parametrize("highway", ["traffic_signals", "stop", "give_way"])
@pytest.mark.parametrize(
    ("tags", "links", "confidence_permille"),
    [
        ({"direction": "forward"}, {TO_JUNCTION}, 950),
        ({"direction": "backward"}, {FROM_JUNCTION}, 950),
        ({"direction": "both"}, {TO_JUNCTION, FROM_JUNCTION}, 950),
        ({"direction": "W"}, {TO_JUNCTION}, 700),  # it looks to the West, at those who drive East
        ({"direction": "90"}, {FROM_JUNCTION}, 700),
        ({}, {TO_JUNCTION}, 850),
    ],
)
def test_for_whom_a_sign_before_a_junction_is(tmp_path, highway, tags, links, confidence_permille):
    kind = {"traffic_signals": K.TRAFFIC_LIGHT, "stop": K.STOP, "give_way": K.GIVE_WAY}[highway]
    found = built(tmp_path, {9: {"highway": highway, **tags}}).of(kind)
    assert found.keys() == links
    assert {x.confidence_permille for of_link in found.values() for x in of_link} == {confidence_permille}
    if TO_JUNCTION in found:
        assert found[TO_JUNCTION][0].start_cm == pytest.approx(48_000, abs=2)
    if FROM_JUNCTION in found:
        assert found[FROM_JUNCTION][0].start_cm == pytest.approx(2_000, abs=2)


def test_far_from_junctions_a_light_is_for_both_and_a_stop_sign_is_doubted(tmp_path):
    light = built(tmp_path, {8: {"highway": "traffic_signals"}}).of(K.TRAFFIC_LIGHT)
    stop = built(tmp_path, {8: {"highway": "stop"}}).of(K.STOP)
    assert {k: v[0].confidence_permille for k, v in light.items()} == {TO_JUNCTION: 800, FROM_JUNCTION: 800}
    assert {k: v[0].confidence_permille for k, v in stop.items()} == {TO_JUNCTION: 500, FROM_JUNCTION: 500}


def test_on_a_road_that_winds_the_bearing_of_a_sign_is_held_against_the_road_where_it_stands(tmp_path):
    # It sets out to the West and arrives to the West; in between it leads East.
    nodes = {1: (0, 0), 2: (-200, 0), 3: (-200, 60), 8: (0, 60), 4: (200, 60), 5: (200, 120), 6: (0, 120)}
    for oneway, told in (({}, {"W": "+", "E": "-"}), ({"oneway": "yes"}, {"W": "+"}), ({"oneway": "-1"}, {"E": "-"})):
        ways = {10: ([1, 2, 3, 8, 4, 5, 6], {**MAIN, **oneway})}
        for bearing in "WE":  # it looks at those it is for
            found = built(tmp_path, {8: {"highway": "stop", "direction": bearing}}, ways=ways, nodes=nodes).of(K.STOP)
            for_whom = {f"10:1-6:{told[bearing]}": 700} if bearing in told else {}
            assert {name: x.confidence_permille for name, (x,) in found.items()} == for_whom


def test_on_a_oneway_road_every_sign_is_for_the_one_direction(tmp_path):
    ways = {**WAYS, 10: ([1, 8, 9, 3, 4], {**MAIN, "oneway": "yes"})}
    for tags, permille in (({}, 950), ({"direction": "forward"}, 950), ({"direction": "W"}, 700)):
        found = built(tmp_path, {8: {"highway": "traffic_signals", **tags}}, ways).of(K.TRAFFIC_LIGHT)
        assert {k: v[0].confidence_permille for k, v in found.items()} == {TO_JUNCTION: permille}


def test_a_light_on_a_junction_is_for_all_who_arrive_with_its_line_before(tmp_path):
    found = built(tmp_path, {3: {"highway": "traffic_signals"}}).of(K.TRAFFIC_LIGHT)
    assert found.keys() == {TO_JUNCTION, "10:3-4:-", "11:3-5:-"}
    assert [x.start_cm for x in found[TO_JUNCTION]] == pytest.approx([50_000 - 600], abs=2)
    assert {x.confidence_permille for of_link in found.values() for x in of_link} == {900}


def test_a_light_of_its_own_before_a_junction_counts_once(tmp_path):
    tags = {3: {"highway": "traffic_signals"}, 9: {"highway": "traffic_signals"}}
    found = built(tmp_path, tags).of(K.TRAFFIC_LIGHT)
    assert found.keys() == {TO_JUNCTION, "10:3-4:-", "11:3-5:-"}
    assert [x.start_cm for x in found[TO_JUNCTION]] == pytest.approx([48_000], abs=2)


def test_a_stop_sign_on_a_junction_is_for_the_lesser_road_or_for_all(tmp_path):
    minor = built(tmp_path, {3: {"highway": "stop"}}).of(K.STOP)
    assert {k: v[0].confidence_permille for k, v in minor.items()} == {"11:3-5:-": 600}
    all_ways = built(tmp_path, {3: {"highway": "stop", "stop": "all"}}).of(K.STOP)
    assert {k: v[0].confidence_permille for k, v in all_ways.items()} == dict.fromkeys(
        (TO_JUNCTION, "10:3-4:-", "11:3-5:-"), 900
    )


def test_a_signalled_crossing_is_a_light_unless_one_is_near(tmp_path):
    crossing = {"highway": "crossing", "crossing": "traffic_signals"}
    alone = built(tmp_path, {8: crossing})
    assert {k: v[0].basis for k, v in alone.of(K.TRAFFIC_LIGHT).items()} == dict.fromkeys(
        (TO_JUNCTION, FROM_JUNCTION), Basis.INFERRED
    )
    beside = built(tmp_path, {9: crossing, 3: {"highway": "traffic_signals"}})
    assert all(x.basis is Basis.TAGGED for of_link in beside.of(K.TRAFFIC_LIGHT).values() for x in of_link)
    assert beside.of(K.PEDESTRIAN_CROSSING).keys() == {TO_JUNCTION, FROM_JUNCTION}


def test_a_light_is_near_over_the_antimeridian_too(tmp_path):
    tags = {9: {"highway": "crossing", "crossing": "traffic_signals"}, 3: {"highway": "traffic_signals"}}
    nodes = {node: (x_m - 490.0, y_m) for node, (x_m, y_m) in NODES.items()}
    found = built(tmp_path, tags, nodes=nodes, lon0_e7=180 * E7)
    assert all(x.basis is Basis.TAGGED for of_link in found.of(K.TRAFFIC_LIGHT).values() for x in of_link)


def test_a_place_where_links_meet_is_told_once_on_each_way_through(tmp_path):
    ways = {10: ([1, 8], MAIN), 12: ([8, 9, 3, 4], MAIN)}
    found = built(tmp_path, {8: {"highway": "crossing"}}, ways).of(K.PEDESTRIAN_CROSSING)
    assert {k: (x.start_cm > 0) for k, (x,) in found.items()} == {"10:1-8:+": True, "12:8-4:-": True}


def test_what_nobody_arrives_at_is_told_to_those_who_leave(tmp_path):
    ways = {10: ([1, 8, 3, 4], {**MAIN, "oneway": "yes"})}
    found = built(tmp_path, {1: {"highway": "traffic_signals"}}, ways).of(K.TRAFFIC_LIGHT)
    assert {k: x.start_cm for k, (x,) in found.items()} == {"10:1-4:+": 0}


def test_the_direction_of_a_light_is_not_that_of_a_bump_at_the_same_node():
    tags = {"highway": "crossing", "crossing": "traffic_signals", "traffic_signals:direction": "forward"}
    signs = signs_of(tags | {"traffic_calming": "table", "hazard": "children"}, [])
    assert {x.kind: x.direction for x in signs} == {
        K.TRAFFIC_LIGHT: "forward", K.PEDESTRIAN_CROSSING: "", K.SPEED_BUMP: "", K.HAZARD: ""
    }  # fmt: skip


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_where_two_ways_are_drawn_towards_each_other_a_word_is_for_neither_for_sure(tmp_path, direction):
    ways = {10: ([1, 8], MAIN), 12: ([4, 3, 9, 8], MAIN), 11: ([3, 7, 5], ROAD)}
    found = built(tmp_path, {8: {"highway": "stop", "direction": direction}}, ways=ways).of(K.STOP)
    assert {name: [x.confidence_permille for x in of_link] for name, of_link in found.items()} == {
        "10:1-8:+": [500], "12:3-8:+": [500]
    }  # fmt: skip


CROSSING = {"highway": "crossing", "crossing": "traffic_signals"}


def test_the_light_of_a_crossing_alone_before_a_junction_is_for_both_and_rules_no_junction(tmp_path):
    found = built(tmp_path, {9: CROSSING})
    lights = found.of(K.TRAFFIC_LIGHT)
    assert {k: (x.start_cm, x.confidence_permille) for k, (x,) in lights.items()} == {
        TO_JUNCTION: (pytest.approx(48_000, abs=2), 700),
        FROM_JUNCTION: (pytest.approx(2_000, abs=2), 700),
    }
    assert {x.junction for (x,) in found.of(K.JUNCTION).values()} == {JunctionKind.UNKNOWN}


def test_lights_of_crossings_on_two_arms_are_those_of_their_junction(tmp_path):
    """Many a signalled junction is mapped by its crossings alone: who leaves it has passed his light."""
    found = built(tmp_path, {9: CROSSING, 7: CROSSING})
    assert found.of(K.TRAFFIC_LIGHT).keys() == {TO_JUNCTION, "11:3-5:-"}
    kinds = {name: x.junction for name, (x,) in found.of(K.JUNCTION).items()}
    assert kinds.pop("10:3-4:-") is JunctionKind.UNKNOWN
    assert kinds == {TO_JUNCTION: JunctionKind.SIGNALLED, "11:3-5:-": JunctionKind.SIGNALLED}


def test_two_crossings_of_one_road_are_no_lights_of_a_junction(tmp_path):
    nodes = {**NODES, 6: (470, 0)}
    ways = {**WAYS, 10: ([1, 8, 6, 9, 3, 4], MAIN)}
    found = built(tmp_path, {9: CROSSING, 6: CROSSING}, ways, nodes).of(K.TRAFFIC_LIGHT)
    assert {k: len(x) for k, x in found.items()} == {TO_JUNCTION: 2, FROM_JUNCTION: 2}


@pytest.mark.parametrize("direction", ["backward", "E"])
@pytest.mark.parametrize("highway", ["give_way", "stop", "traffic_signals"])
def test_a_sign_for_who_comes_against_a_oneway_is_not_told_to_cars(tmp_path, direction, highway):
    tags = {9: {"highway": highway, "direction": direction}}
    one = {**MAIN, "oneway": "yes", "oneway:bicycle": "no"}
    inside, between = {**WAYS, 10: ([1, 8, 9, 3, 4], one)}, {**WAYS, 10: ([1, 8, 9], one), 12: ([9, 3, 4], one)}
    for ways in (inside, between):
        found = built(tmp_path, tags, ways)
        assert not any(found.of(kind) for kind in (K.GIVE_WAY, K.STOP, K.TRAFFIC_LIGHT))
        assert {x.junction for (x,) in found.of(K.JUNCTION).values()} == {JunctionKind.UNKNOWN}
    bump = built(tmp_path, {9: {"traffic_calming": "hump", "direction": direction}}, inside)
    assert bump.of(K.SPEED_BUMP), "what lies on the road is there for all"


def test_a_light_at_which_people_cross_alone_is_for_both_too(tmp_path):
    light = {**CROSSING, "highway": "traffic_signals"}
    found = built(tmp_path, {9: light})
    lights = found.of(K.TRAFFIC_LIGHT)
    assert {k: x.confidence_permille for k, (x,) in lights.items()} == {TO_JUNCTION: 800, FROM_JUNCTION: 800}
    assert {x.junction for (x,) in found.of(K.JUNCTION).values()} == {JunctionKind.UNKNOWN}
    both_arms = built(tmp_path, {9: light, 7: light}).of(K.TRAFFIC_LIGHT)
    assert both_arms.keys() == {TO_JUNCTION, "11:3-5:-"}
