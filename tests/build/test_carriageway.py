import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.carriageway import carriageway_of
from mapprior.build.lane_counts import stated_lanes
from mapprior.build.road import road_of
from mapprior.model.profile import Permission, Separation, Surface, Toll
from mapprior.model.provenance import Basis
from tests.build.osm_text import Built, osm_xml


def read(tags, *, two_way=True):
    tags = {"highway": "primary", **({} if two_way else {"oneway": "yes"}), **tags}
    refused = []
    counts = stated_lanes(tags, drives_forward=True, drives_backward=two_way, refused=refused)
    return carriageway_of(
        tags, road_of(tags, []), counts, drives_forward=True, drives_backward=two_way, refused=refused
    ), refused


counts = st.integers(1, 5)


@given(counts, counts, counts, st.booleans(), st.booleans())
def test_lists_that_contradict_the_lanes_of_their_direction_silence_that_one(f, b, listed, total, own_list):
    """And the other one where its number hangs together with the first's by `lanes` alone."""
    tags = {"lanes:forward": str(f), "lanes:backward": str(b), "turn:lanes:backward": "|".join(["through"] * listed)}
    tags |= {"lanes": str(f + b)} if total else {}
    tags |= {"turn:lanes:forward": "|".join(["through"] * f)} if own_list else {}
    carriageway, refused = read(tags)
    agrees = listed == b
    assert carriageway.backward.lanes_count == (b if agrees else 0)
    assert carriageway.forward.lanes_count == (f if agrees or own_list or not total else 0)
    assert [reason for reason, _ in refused] == ([] if agrees else ["lane lists contradict the number of lanes"])


@given(counts, st.sampled_from(["forward", "backward"]), st.booleans())
def test_a_direction_that_alone_is_stated_is_known_alone(count, word, by_list):
    tags = {f"turn:lanes:{word}": "|" * (count - 1)} if by_list else {f"lanes:{word}": str(count)}
    carriageway, refused = read(tags)
    known, other = carriageway.forward, carriageway.backward
    if word == "backward":
        known, other = other, known
    assert (known.lanes_count, known.lanes_basis) == (count, Basis.TAGGED)
    assert (other.lanes_count, other.lanes_basis, refused) == (0, Basis.UNKNOWN, [])


VALUES = {
    "lanes_count": "lanes_basis",
    **{name: f"{name}_basis" for name in ("separation", "pedestrians", "bicycles", "surface", "toll")},
}
TAGS = st.fixed_dictionaries(
    {"highway": st.sampled_from(["motorway", "motorway_link", "primary", "residential", "living_street"])},
    optional={
        "lanes": st.sampled_from(["1", "2", "3", "4", "x"]),
        "lanes:forward": st.sampled_from(["1", "2"]),
        "foot": st.sampled_from(["yes", "no", "use_sidepath", "private", "?"]),
        "bicycle:backward": st.sampled_from(["yes", "no"]),
        "motorroad": st.sampled_from(["yes", "no"]),
        "surface": st.sampled_from(["asphalt", "sett", "lava"]),
        "toll": st.sampled_from(["yes", "no", "maybe"]),
        "divider": st.sampled_from(["median", "line"]),
        "dual_carriageway": st.sampled_from(["yes", "no"]),
    },
)


@given(TAGS, st.booleans())
def test_a_value_is_known_exactly_where_it_has_a_basis(tags, two_way):
    found, _ = read(tags, two_way=two_way)
    for side in (found.forward, found.backward):
        nothing = type(side)()
        for name, basis in VALUES.items():
            known = getattr(side, name) != getattr(nothing, name)
            assert known == (getattr(side, basis) is not Basis.UNKNOWN)


@given(TAGS)
def test_an_oncoming_carriageway_that_was_not_found_is_never_certain(tags):
    found, _ = read(tags, two_way=False)
    if found.forward.separation is Separation.PHYSICAL and not {"divider", "dual_carriageway"} & tags.keys():
        assert found.forward.separation_basis is Basis.INFERRED and tags["highway"] == "motorway"


@pytest.mark.parametrize(
    ("tags", "two_way", "lanes"),
    [
        ({}, True, ((0, Basis.UNKNOWN), (0, Basis.UNKNOWN))),
        ({"lanes": "2"}, True, ((1, Basis.INFERRED), (1, Basis.INFERRED))),
        ({"lanes": "3", "lanes:forward": "2"}, True, ((2, Basis.TAGGED), (1, Basis.TAGGED))),
        ({"lanes": "3", "lanes:forward": "1", "lanes:backward": "1", "lanes:both_ways": "1"}, True,
         ((1, Basis.TAGGED), (1, Basis.TAGGED))),
        ({"lanes": "1"}, True, ((1, Basis.TAGGED), (1, Basis.TAGGED))),
        ({"lanes": "3"}, True, ((0, Basis.UNKNOWN), (0, Basis.UNKNOWN))),
        ({"lanes": "3"}, False, ((3, Basis.TAGGED), (0, Basis.UNKNOWN))),
        ({"turn:lanes": "left|through"}, False, ((2, Basis.TAGGED), (0, Basis.UNKNOWN))),
    ],
)  # fmt: skip
def test_lanes(tags, two_way, lanes):
    found, _ = read(tags, two_way=two_way)
    assert tuple((x.lanes_count, x.lanes_basis) for x in (found.forward, found.backward)) == lanes


@pytest.mark.parametrize(
    ("tags", "two_way", "separation"),
    [
        ({}, True, (Separation.NONE, Basis.INFERRED)),
        ({}, False, (Separation.UNKNOWN, Basis.UNKNOWN)),
        ({"dual_carriageway": "yes"}, False, (Separation.PHYSICAL, Basis.TAGGED)),
        ({"divider": "jersey_barrier"}, True, (Separation.PHYSICAL, Basis.TAGGED)),
        ({"divider": "solid_line"}, True, (Separation.NONE, Basis.INFERRED)),
        ({"highway": "motorway"}, False, (Separation.PHYSICAL, Basis.INFERRED)),
        ({"highway": "motorway_link"}, False, (Separation.UNKNOWN, Basis.UNKNOWN)),
        ({"lanes": "2", "lanes:backward": "1"}, False, (Separation.NONE, Basis.TAGGED)),
        ({"oneway:bus": "no"}, False, (Separation.NONE, Basis.TAGGED)),
    ],
)
def test_separation(tags, two_way, separation):
    found, _ = read(tags, two_way=two_way)
    assert (found.forward.separation, found.forward.separation_basis) == separation


@pytest.mark.parametrize(
    ("tags", "pedestrians", "bicycles"),
    [
        ({}, (Permission.UNKNOWN, Basis.UNKNOWN), (Permission.UNKNOWN, Basis.UNKNOWN)),
        (
            {"foot": "no", "bicycle": "use_sidepath"},
            (Permission.PROHIBITED, Basis.TAGGED),
            (Permission.PROHIBITED, Basis.TAGGED),
        ),
        (
            {"foot": "designated", "bicycle": "yes"},
            (Permission.ALLOWED, Basis.TAGGED),
            (Permission.ALLOWED, Basis.TAGGED),
        ),
        ({"highway": "motorway"}, (Permission.PROHIBITED, Basis.LAW_DEFAULT), (Permission.PROHIBITED, Basis.INFERRED)),
        (
            {"highway": "motorway", "bicycle": "yes"},
            (Permission.PROHIBITED, Basis.LAW_DEFAULT),
            (Permission.ALLOWED, Basis.TAGGED),
        ),
        (
            {"highway": "motorway_link"},
            (Permission.PROHIBITED, Basis.INFERRED),
            (Permission.PROHIBITED, Basis.INFERRED),
        ),
        ({"motorroad": "yes"}, (Permission.PROHIBITED, Basis.LAW_DEFAULT), (Permission.PROHIBITED, Basis.LAW_DEFAULT)),
        ({"highway": "living_street"}, (Permission.ALLOWED, Basis.LAW_DEFAULT), (Permission.UNKNOWN, Basis.UNKNOWN)),
        ({"foot": "private"}, (Permission.UNKNOWN, Basis.UNKNOWN), (Permission.UNKNOWN, Basis.UNKNOWN)),
    ],
)
def test_who_else_may_be_there(tags, pedestrians, bicycles):
    found, refused = read(tags)
    side = found.forward
    assert (side.pedestrians, side.pedestrians_basis) == pedestrians
    assert (side.bicycles, side.bicycles_basis) == bicycles
    assert not refused


def test_each_direction_has_its_own_word():
    found, _ = read({"bicycle:forward": "no", "bicycle": "yes"})
    assert (found.forward.bicycles, found.backward.bicycles) == (Permission.PROHIBITED, Permission.ALLOWED)


def test_surface_and_toll_are_as_tagged():
    found, refused = read({"surface": "lava", "toll": "perhaps"})
    assert (found.forward.surface, found.forward.surface_raw, found.forward.toll) == (
        Surface.OTHER,
        "lava",
        Toll.UNKNOWN,
    )
    assert refused == [("toll not understood", "toll=perhaps")]
    found, _ = read({"surface": "sett", "toll": "yes", "toll:motorcar": "no"})
    assert (found.forward.surface, found.forward.toll) == (Surface.COBBLESTONE, Toll.NO)


def test_two_oneway_carriageways_of_one_road_are_separated(tmp_path):
    nodes = {1: (0, 0), 2: (500, 0), 3: (0, 15), 4: (500, 15)}
    road = {"highway": "trunk", "oneway": "yes", "name": "Ring"}
    built = Built(tmp_path, osm_xml(nodes, {10: ([1, 2], road), 11: ([4, 3], road)}))
    assert {(x.separation, x.separation_basis) for x in built.carriageways.values()} == {
        (Separation.PHYSICAL, Basis.INFERRED)
    }
