import pytest

from mapprior.model.profile import FeatureKind as K
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
