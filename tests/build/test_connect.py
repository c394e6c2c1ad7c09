import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7
from mapprior.model.grid import LINK_LENGTH_M_MAX, column_row
from mapprior.model.ids import tile_of, tile_parts
from mapprior.model.profile import FeatureKind
from tests.build.osm_text import ROAD, Built, osm_xml

# 1 - 2 - 3
#     |
#     4
TEE = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (200.0, 0.0), 4: (100.0, -80.0)}


def test_a_way_is_split_where_another_one_meets_it(tmp_path):
    built = Built(tmp_path, osm_xml(TEE, {10: ([1, 2, 3], ROAD), 11: ([2, 4], ROAD)}))
    links = built.links
    assert set(links) == {f"{x}:{d}" for x in ("10:1-2:0", "10:2-3:0", "11:2-4:0") for d in "+-"}
    ahead, back = links["10:1-2:0:+"], links["10:1-2:0:-"]
    assert (ahead.twin_id, back.twin_id) == (back.link_id, ahead.link_id)
    assert ahead.line.lat_e7 == back.line.lat_e7[::-1] and ahead.line.lon_e7 == back.line.lon_e7[::-1]
    assert ahead.end_node == back.start_node == links["10:2-3:0:+"].start_node == links["11:2-4:0:+"].start_node
    assert (ahead.dead_end, back.dead_end) == (False, True)
    assert not ahead.oneway


def test_a_oneway_road_has_one_link_and_may_be_a_dead_end(tmp_path):
    built = Built(
        tmp_path, osm_xml(TEE, {10: ([1, 2], {**ROAD, "oneway": "yes"}), 11: ([2, 3], {**ROAD, "oneway": "-1"})})
    )
    assert set(built.links) == {"10:1-2:0:+", "11:2-3:0:-"}
    assert all(x.oneway and x.dead_end and x.twin_id is None for x in built.links.values())


def test_crossing_without_a_common_node_does_not_connect(tmp_path):
    nodes = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (50.0, -50.0), 4: (50.0, 50.0)}
    built = Built(tmp_path, osm_xml(nodes, {10: ([1, 2], ROAD), 11: ([3, 4], {**ROAD, "bridge": "yes", "layer": "1"})}))
    assert len({x.start_node for x in built.links.values()}) == 4
    assert (built.links["11:3-4:0:+"].bridge, built.links["11:3-4:0:+"].level) == (True, 1)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.floats(5.0, 2600.0), min_size=1, max_size=4),
    st.sampled_from([0, 50, 65, -33]),
    st.sampled_from([8, 180]),
)
def test_a_long_road_is_split_evenly_and_nothing_of_it_is_lost(tmp_path_factory, steps_m, lat_deg, lon_deg):
    nodes, x = {1: (0.0, 0.0)}, 0.0
    for i, step in enumerate(steps_m):
        x += step
        nodes[i + 2] = (x, 40.0 * (i % 2))
    text = osm_xml(nodes, {7: (list(nodes), ROAD)}, lat0_e7=lat_deg * E7, lon0_e7=lon_deg * E7 - 100_000)
    built = Built(tmp_path_factory.mktemp("built"), text)
    along = [built.links[f"7:1-{len(nodes)}:{i}:+"] for i in range(len(built.links) // 2)]
    whole_m = sum(x.length_cm for x in along) / 100
    assert all(x.length_cm <= LINK_LENGTH_M_MAX * 100 for x in along)
    assert max(x.length_cm for x in along) - min(x.length_cm for x in along) < 0.002 * whole_m * 100 + 5
    for before, after in itertools.pairwise(along):
        assert before.end_node == after.start_node
        assert (before.line.lat_e7[-1], before.line.lon_e7[-1]) == (after.line.lat_e7[0], after.line.lon_e7[0])
    drawn = sum(math.dist(a, b) for a, b in itertools.pairwise(nodes.values()))
    assert abs(whole_m - drawn) < 0.002 * drawn + 0.05
    for link in built.links.values():
        _, column, row = tile_parts(tile_of(link.link_id))
        assert (column, row) == column_row(lat_e7=link.line.lat_e7[0], lon_e7=link.line.lon_e7[0])
        assert abs(Polyline(link.line.lat_e7, link.line.lon_e7).length_m * 100 - link.length_cm) <= 0.51


def test_a_way_with_missing_nodes_is_used_where_it_can_be(tmp_path):
    ways = {10: ([1, 2, 99, 3, 4], ROAD), 11: ([98, 1], ROAD), 12: ([1, 97, 96], ROAD)}
    built = Built(tmp_path, osm_xml(TEE, ways))
    assert set(built.links) == {f"10:{x}:0:{d}" for x in ("1-2", "3-4") for d in "+-"}
    assert built.refused() == {
        "way with missing nodes, used in part": ["way/10"],
        "way with missing nodes": ["way/11", "way/12"],
    }
    assert built.report.refusals.by_reason["way with missing nodes"][0].detail == "1 of 2 nodes are not in the source"


def test_a_blocking_barrier_ends_the_road_for_good(tmp_path):
    text = osm_xml(TEE, {10: ([1, 2, 3], ROAD)}, node_tags={2: {"barrier": "bollard"}})
    links = Built(tmp_path, text).links
    assert set(links) == {f"10:{x}:0:{d}" for x in ("1-2", "2-3") for d in "+-"}
    assert links["10:1-2:0:+"].end_node != links["10:2-3:0:+"].start_node
    assert links["10:1-2:0:+"].dead_end
    (tmp_path / "open").mkdir()
    open_gate = osm_xml(TEE, {10: ([1, 2, 3], ROAD)}, node_tags={2: {"barrier": "gate"}})
    assert set(Built(tmp_path / "open", open_gate).links) == {"10:1-3:0:+", "10:1-3:0:-"}


def test_odd_ways(tmp_path):
    nodes = {**TEE, 5: TEE[1], 6: (0.0, 90.0)}
    ways = {
        10: ([1, 1, 2, 2], ROAD),  # repeated nodes
        11: ([3], ROAD),
        12: ([1, 5], ROAD),  # two nodes at one place
        13: ([2, 3, 4, 2], ROAD),  # a loop
        14: ([1, 6, 1, 6], ROAD),  # the same pair twice
    }
    built = Built(tmp_path, osm_xml(nodes, ways))
    assert built.links["13:2-2:0:+"].start_node == built.links["13:2-2:0:+"].end_node
    assert {x for x in built.links if x.startswith("14:")} == {
        f"14:{x}:{d}" for x in ("1-6:0", "6-1:0", "1-6:1") for d in "+-"
    }
    assert built.refused() == {"way with fewer than two nodes": ["way/11"], "road without length": ["way/12"]}


@pytest.mark.parametrize("via", [2, 5])
def test_a_road_without_length_joins_what_meets_at_its_ends(tmp_path, via):
    nodes = {**TEE, 5: TEE[2], 6: (100.0, 80.0)}
    ways = {10: ([1, 2, 5, 3], ROAD), 11: ([4, 2], ROAD), 12: ([5, 6], ROAD)}
    members = [("way", 10, "from"), ("node", via, "via"), ("way", 12, "to")]
    light = {5: {"highway": "traffic_signals"}}
    built = Built(tmp_path, osm_xml(nodes, ways, {1: (members, {"restriction": "no_left_turn"})}, node_tags=light))
    ends = {built.links[x].end_node for x in ("10:1-2:0:+", "11:4-2:0:+", "10:5-3:0:-", "12:5-6:0:-")}
    assert len(ends) == 1
    assert built.refused() == {"road without length": ["way/10"]}
    assert built.forbidden() == {("10:1-2:0:+", "12:5-6:0:+")}
    assert via == 2 or "11:4-2:+" in built.of(FeatureKind.TRAFFIC_LIGHT)  # the junction goes by the restriction's node


@pytest.mark.parametrize("market", ["DE", "GB"])
def test_twins_in_one_tile_share_their_points(tmp_path, market):
    built = Built(tmp_path, osm_xml(TEE, {10: ([1, 2], ROAD)}), market=market)
    assert {x.geometry_link_id for x in built.links.values()} == {built.links["10:1-2:0:+"].link_id}


def test_nodes_are_numbered_by_position(tmp_path):
    built = Built(tmp_path, osm_xml({1: (50.0, 90.0), 2: (0.0, 0.0), 3: (90.0, 90.0)}, {10: ([1, 2, 3], ROAD)}))
    places = {x.start_node: (x.line.lat_e7[0], x.line.lon_e7[0]) for x in built.links.values()}
    assert [places[node] for node in sorted(places)] == sorted(places.values())


def test_a_node_without_a_number_is_as_good_as_missing(tmp_path):
    built = Built(tmp_path, osm_xml({0: (50.0, 0.0), **TEE}, {10: ([1, 2], ROAD), 11: ([0, 4], ROAD)}))
    assert set(built.links) == {"10:1-2:0:+", "10:1-2:0:-"}
    assert built.refused() == {"way with missing nodes": ["way/11"]}


def test_a_road_without_length_at_a_pole_stops_no_build(tmp_path):
    """Its nodes differ in longitude alone, by some micrometres."""
    nodes = {1: (0.0, 0.0), 2: (1e-5, 0.0), 3: (0.0, 50.0)}
    text = osm_xml(nodes, {10: ([1, 2], ROAD), 11: ([1, 3], ROAD)}, lat0_e7=-899_900_000)
    assert len({line.split("lon=")[1] for line in text.splitlines() if "<node" in line}) == 2
    found = Built(tmp_path, text)
    assert found.refused() == {"road without length": ["way/10"]}
    assert len(found.links) == 2
