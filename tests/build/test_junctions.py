import math

import pytest

from mapprior.model.profile import FeatureKind as K
from mapprior.model.profile import JunctionKind as J
from mapprior.model.provenance import Basis
from tests.build.osm_text import ROAD, Built, osm_xml

NODES = {1: (0, 0), 2: (300, 0), 3: (600, 0), 4: (300, 300), 5: (300, 40), 6: (450, 0)}
MAIN = {"highway": "secondary"}
SERVICE = {"highway": "service"}
DRIVEWAY = {**SERVICE, "service": "driveway"}


def junctions(tmp_path, ways, nodes=NODES, node_tags=None):
    found = Built(tmp_path, osm_xml(nodes, ways, node_tags=node_tags or {})).of(K.JUNCTION)
    return {name: x for name, (x,) in found.items()}


def kinds(found):
    return {name: (x.junction, x.confidence_permille) for name, x in found.items()}


def test_three_roads_make_a_junction_two_do_not(tmp_path):
    assert not junctions(tmp_path, {10: ([1, 2], MAIN), 11: ([2, 3], ROAD)})
    found = junctions(tmp_path, {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], ROAD)})
    assert kinds(found) == dict.fromkeys(("10:1-2:+", "10:2-3:-", "11:2-4:-"), (J.UNKNOWN, 950))
    assert all(x.basis is Basis.DERIVED and x.start_cm == x.end_cm > 0 for x in found.values())


def test_a_driveway_makes_a_junction_only_for_who_comes_from_it(tmp_path):
    assert kinds(junctions(tmp_path, {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], DRIVEWAY)})) == {
        "11:2-4:-": (J.UNKNOWN, 950)
    }


def test_a_service_road_makes_a_junction_that_is_doubted(tmp_path):
    assert kinds(junctions(tmp_path, {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], SERVICE)})) == {
        "10:1-2:+": (J.UNKNOWN, 400),
        "10:2-3:-": (J.UNKNOWN, 400),
        "11:2-4:-": (J.UNKNOWN, 950),
    }


@pytest.mark.parametrize(
    ("highway", "kind"), [("traffic_signals", J.SIGNALLED), ("stop", J.STOP), ("give_way", J.GIVE_WAY)]
)
def test_a_sign_rules_the_junction_for_those_it_is_for(tmp_path, highway, kind):
    ways = {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], ROAD)}
    found = junctions(tmp_path, ways, node_tags={5: {"highway": highway, "direction": "backward"}})
    assert {name: x.junction for name, x in found.items()} == {
        "10:1-2:+": J.UNKNOWN,
        "10:2-3:-": J.UNKNOWN,
        "11:2-4:-": kind,
    }
    assert (found["11:2-4:-"].basis, found["11:2-4:-"].raw.split(";")[0]) == (Basis.TAGGED, f"highway={highway}")


def test_a_sign_also_rules_from_the_link_before(tmp_path):
    ways = {10: ([1, 2, 3], MAIN), 11: ([2, 5], ROAD), 12: ([5, 4], ROAD)}
    found = junctions(tmp_path, ways, node_tags={5: {"highway": "stop"}})
    assert found["11:2-5:-"].junction is J.STOP and "12:5-4:-" not in found


def test_a_far_sign_does_not_rule(tmp_path):
    nodes = {**NODES, 5: (300, 60)}
    ways = {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], ROAD)}
    tags = {5: {"highway": "traffic_signals", "direction": "backward"}}
    assert junctions(tmp_path, ways, nodes, tags)["11:2-4:-"].junction is J.UNKNOWN


def test_a_junction_is_there_for_sure_however_doubtful_its_sign_is(tmp_path):
    stop = {2: {"highway": "stop"}}  # on the node itself: for whom is a guess
    lesser = junctions(tmp_path, {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], ROAD)}, node_tags=stop)
    assert kinds(lesser) == {"10:1-2:+": (J.UNKNOWN, 950), "10:2-3:-": (J.UNKNOWN, 950), "11:2-4:-": (J.STOP, 950)}
    built = Built(tmp_path, osm_xml(NODES, {10: ([1, 2, 3], ROAD), 11: ([2, 5, 4], ROAD)}, node_tags=stop))
    assert {x.confidence_permille for (x,) in built.of(K.STOP).values()} == {400}
    alike = {name: x for name, (x,) in built.of(K.JUNCTION).items()}
    assert kinds(alike) == dict.fromkeys(("10:1-2:+", "10:2-3:-", "11:2-4:-"), (J.UNKNOWN, 950))
    assert {(x.basis, x.raw) for x in alike.values()} == {(Basis.DERIVED, "")}


def test_a_junction_has_the_name_of_its_node(tmp_path):
    ways = {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], ROAD)}
    tags = {2: {"highway": "traffic_signals", "name": "Shibuya", "ref": "7"}}
    found = junctions(tmp_path, ways, node_tags=tags)
    assert {(x.name, x.number, x.junction) for x in found.values()} == {("Shibuya", "7", J.SIGNALLED)}


def test_where_a_road_parts_into_its_carriageways_is_no_junction(tmp_path):
    nodes = {1: (0, 0), 2: (300, 0), 3: (320, 8), 4: (600, 8), 5: (320, -8), 6: (600, -8)}
    oneway = {**MAIN, "oneway": "yes"}
    ways = {10: ([1, 2], MAIN), 11: ([2, 5, 6], oneway), 12: ([4, 3, 2], oneway)}
    assert not junctions(tmp_path, ways, nodes)


def ring(diameter_m, count=12, x0=0.0, y0=0.0, first=100):
    r = diameter_m / 2
    return {
        first + i: (x0 + r * math.cos(math.tau * i / count), y0 + r * math.sin(math.tau * i / count))
        for i in range(count)
    }


@pytest.mark.parametrize("diameter_m", [12, 24, 60])
def test_a_roundabout_has_its_diameter(tmp_path, diameter_m):
    nodes = {**ring(diameter_m), 1: (-200, 0), 2: (200, 0), 3: (0, 200)}
    circle = [*range(100, 112), 100]
    ways = {
        20: (circle[:5], {**MAIN, "junction": "roundabout"}),
        21: (circle[4:], {**MAIN, "junction": "roundabout"}),
        10: ([1, 106], MAIN),
        11: ([2, 100], MAIN),
        12: ([3, 103], ROAD),
    }
    found = junctions(tmp_path, ways, nodes)
    entries = {name: x for name, x in found.items() if name.startswith("1")}
    assert entries.keys() == {"10:1-106:+", "11:2-100:+", "12:3-103:+"}
    assert {x.junction for x in found.values()} == {J.ROUNDABOUT}
    assert all(x.extent_cm == pytest.approx(100 * diameter_m, abs=5) for x in found.values())
    # On the ring a junction is where roads leave or join, not where a way ends.
    assert {name for name in found if name.startswith("2")} == {"20:100-103:+", "21:104-106:+", "21:106-100:+"}


def test_a_ring_that_is_cut_has_no_diameter(tmp_path):
    nodes = {**ring(40), 1: (-200, 0), 2: (200, 0)}
    ways = {20: (list(range(100, 107)), {**MAIN, "junction": "roundabout"}), 10: ([1, 106], MAIN), 11: ([2, 103], MAIN)}
    found = junctions(tmp_path, ways, nodes)
    assert found["11:2-103:+"].junction is J.ROUNDABOUT and found["11:2-103:+"].extent_cm == 0


def test_a_mini_roundabout_is_for_all_who_arrive(tmp_path):
    ways = {10: ([1, 2, 3], MAIN), 11: ([2, 5, 4], ROAD)}
    found = junctions(tmp_path, ways, node_tags={2: {"highway": "mini_roundabout"}})
    assert {x.junction for x in found.values()} == {J.MINI_ROUNDABOUT} and len(found) == 3


def test_a_roundabout_with_lights_is_one_for_who_arrives_and_signalled_for_who_drives_on_it(tmp_path):
    nodes = {**ring(40), 1: (-200, 0), 2: (200, 0), 3: (30, 0)}
    ways = {
        20: ([*range(100, 112), 100], {**MAIN, "junction": "roundabout"}),
        10: ([1, 106], MAIN),
        11: ([2, 3, 100], MAIN),
    }
    lights = {"highway": "traffic_signals"}
    found = junctions(tmp_path, ways, nodes, {3: {**lights, "direction": "forward"}, 105: lights})
    assert {name: x.junction for name, x in found.items()} == {
        "10:1-106:+": J.ROUNDABOUT,
        "11:2-100:+": J.ROUNDABOUT,
        "20:100-106:+": J.SIGNALLED,
        "20:106-100:+": J.ROUNDABOUT,
    }
