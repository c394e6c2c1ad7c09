import itertools

import pytest

from mapprior.model.profile import FeatureKind as K
from mapprior.model.profile import JunctionKind as J
from mapprior.model.profile import Side
from mapprior.model.provenance import Basis
from tests.build.osm_text import Built, osm_xml

# A motorway 1-2-3-4 eastwards; a slip road leaves at 2 to the crossroads 6 and comes back from there to 3.
NODES = {
    1: (0, 0),
    2: (600, 0),
    3: (1400, 0),
    4: (2000, 0),
    5: (750, -30),
    6: (1000, -150),
    7: (1005, -100),
    8: (1000, -600),
    9: (600, -150),
    10: (1400, -150),
    11: (1250, -30),
    12: (900, 0),
}
MOTORWAY = {"highway": "motorway", "ref": "A 1", "oneway": "yes"}
LINK = {"highway": "motorway_link", "oneway": "yes"}
TOWN = {"highway": "secondary"}
OFF, ON = 11, 12
WAYS = {
    10: ([1, 2, 3, 4], MOTORWAY),
    OFF: ([2, 5, 6], {**LINK, "destination": "Here;There", "destination:ref": "B 3"}),
    ON: ([6, 7, 11, 3], LINK),
    13: ([9, 6, 10], TOWN),
}


def built(tmp_path, ways=WAYS, node_tags=None, nodes=NODES):
    return Built(tmp_path, osm_xml(nodes, ways, node_tags=node_tags or {}))


def test_an_exit_has_its_number_its_name_and_what_is_posted(tmp_path):
    node = {2: {"highway": "motorway_junction", "ref": "36", "name": "Dossenheim"}}
    found = built(tmp_path, node_tags=node).of(K.EXIT)
    (exit_,) = found.pop("10:1-2:+")
    assert not found
    assert (exit_.number, exit_.name, exit_.destinations) == ("36", "Dossenheim", ("B 3", "Here", "There"))
    assert (exit_.side, exit_.basis, exit_.confidence_permille) == (Side.RIGHT, Basis.TAGGED, 950)
    assert exit_.start_cm == pytest.approx(60_000, abs=2)


def test_an_exit_without_a_node_of_its_own_takes_the_number_of_its_road(tmp_path):
    ways = {**WAYS, OFF: (WAYS[OFF][0], {**LINK, "junction:ref": "12a"})}
    ((exit_,),) = built(tmp_path, ways).of(K.EXIT).values()
    assert (exit_.number, exit_.basis, exit_.destinations) == ("12a", Basis.DERIVED, ())


def test_an_exit_to_the_left(tmp_path):
    nodes = {node: (x, -y) for node, (x, y) in NODES.items()}
    ((exit_,),) = built(tmp_path, nodes=nodes).of(K.EXIT).values()
    assert exit_.side is Side.LEFT


def test_an_exit_that_the_source_cuts_off(tmp_path):
    tags = {"highway": "motorway_junction", "ref": "3"}
    cases = itertools.product((2, 12), ("motorway", "trunk"))  # along the road, and where the source ends
    for node, highway in cases:
        ways = {10: ([1, 2, 12], {**MOTORWAY, "highway": highway})}
        ((exit_,),) = built(tmp_path, ways, {node: tags}).of(K.EXIT).values()
        assert (exit_.number, exit_.side, exit_.confidence_permille) == ("3", Side.UNKNOWN, 700)
        assert exit_.start_cm == pytest.approx(100 * NODES[node][0], abs=2)


def test_motorways_that_part_are_an_exit_where_the_source_says_so(tmp_path):
    ways = {10: WAYS[10], 14: ([2, 8], {**MOTORWAY, "ref": "A 2"})}
    assert not built(tmp_path, ways).of(K.EXIT)
    node = {2: {"highway": "motorway_junction", "ref": "9"}}
    ((exit_,),) = built(tmp_path, ways, node).of(K.EXIT).values()
    assert (exit_.number, exit_.side) == ("9", Side.RIGHT)


def test_a_merge_is_told_on_both_roads_and_where_the_other_one_is(tmp_path):
    found = {name: (x.side, x.basis) for name, (x,) in built(tmp_path).of(K.MERGE).items()}
    assert found == {"10:2-3:+": (Side.RIGHT, Basis.DERIVED), "12:6-3:+": (Side.LEFT, Basis.DERIVED)}


def test_where_carriageways_part_and_join_nobody_crosses(tmp_path):
    found = {name: x.junction for name, (x,) in built(tmp_path).of(K.JUNCTION).items()}
    graded = {name for name, kind in found.items() if kind is J.GRADE_SEPARATED}
    assert graded == {"10:1-2:+", "10:2-3:+", "12:6-3:+"}
    assert found["11:2-6:+"] is J.UNKNOWN


def test_the_motorway_ends_and_begins_at_the_foot_of_its_slip_roads(tmp_path):
    drawn = built(tmp_path)
    assert drawn.of(K.MOTORWAY_END).keys() == {"11:2-6:+"}
    begins = drawn.of(K.MOTORWAY_BEGIN)
    assert begins.keys() == {"12:6-3:+"}
    assert [(x.start_cm, x.confidence_permille) for x in begins["12:6-3:+"]] == [(0, 700)]


def test_the_motorway_begins_where_the_class_changes_along_the_road(tmp_path):
    trunk = {"highway": "trunk", "ref": "A 1", "oneway": "yes"}
    found = built(tmp_path, {10: ([1, 2], trunk), 11: ([2, 3], MOTORWAY), 12: ([3, 4], trunk)})
    ((begin,),), ((end,),) = found.of(K.MOTORWAY_BEGIN).values(), found.of(K.MOTORWAY_END).values()
    assert found.of(K.MOTORWAY_BEGIN).keys() == found.of(K.MOTORWAY_END).keys() == {"11:2-3:+"}
    assert begin.start_cm == 0 and end.start_cm == pytest.approx(80_000, abs=2)
    assert begin.confidence_permille == end.confidence_permille == 950


def test_a_change_is_told_where_it_holds_for_all_who_pass(tmp_path):
    """A trunk road runs into a motorway that goes on, and leaves it again: only the trunk road tells."""
    trunk = {"highway": "trunk", "oneway": "yes"}
    ways = {10: WAYS[10], 11: ([2, 5, 8], trunk), 12: ([9, 11, 3], trunk)}
    found = built(tmp_path, ways)
    assert found.of(K.MOTORWAY_END).keys() == {"11:2-8:+"}
    assert found.of(K.MOTORWAY_BEGIN).keys() == {"12:9-3:+"}


def test_a_slip_road_of_a_two_way_road_is_doubted_and_a_sharp_turn_is_none(tmp_path):
    ways = {10: ([1, 2, 3, 4], TOWN), OFF: ([2, 5, 6], {"highway": "secondary_link", "oneway": "yes"})}
    found = built(tmp_path, ways).of(K.EXIT)
    assert {name: x.confidence_permille for name, (x,) in found.items()} == {"10:1-2:+": 600}


def test_a_destination_longer_than_a_tag_may_be_is_not_served(tmp_path):
    ways = {**WAYS, OFF: (WAYS[OFF][0], {**LINK, "destination": "x" * 300})}
    drawn = built(tmp_path, ways, {2: {"highway": "motorway_junction", "name": "x" * 300}})
    ((exit_,),) = drawn.of(K.EXIT).values()
    assert (exit_.destinations, exit_.name) == ((), "")
    assert drawn.refused() == {"tag too long": ["node/2", f"way/{OFF}"]}
