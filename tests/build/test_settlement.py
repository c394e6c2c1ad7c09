import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.build.access import CarUse
from mapprior.build.connect import RoadGraph, UsableWay, connect
from mapprior.build.refusals import RefusalBook
from mapprior.build.road import road_of
from mapprior.build.settlement import _POINTS, _length_cm, going_on, judge, neighbours, surroundings, way_evidence
from mapprior.geo.frame import LocalFrame
from mapprior.geo.units import E7
from mapprior.model.link import CarAccess

BOTH = CarUse(CarAccess.YES, CarAccess.YES)
evidence = st.lists(st.sampled_from(sorted(_POINTS)), unique=True, max_size=6)


def network(ways, lat_deg=50.0, lon_deg=8.0, order=None) -> tuple[RoadGraph, dict]:
    """`ways`: id -> (places in metres, tags). Places in common are junctions."""
    frame = LocalFrame(lat0_e7=round(lat_deg * E7), lon0_e7=round(lon_deg * E7))
    ids: dict[tuple[float, float], int] = {}
    for places, _ in ways.values():
        for place in places:
            ids.setdefault(place, len(ids) + 1)
    graph = connect(
        [UsableWay(w, tuple(ids[p] for p in ways[w][0]), BOTH) for w in order or ways],
        lat_lon_e7={number: frame.lat_lon_e7(*place) for place, number in ids.items()},
        via_nodes=frozenset(),
        blocking_nodes=frozenset(),
        refusals=RefusalBook(),
    )
    return graph, {way: road_of(tags, []) for way, (_, tags) in ways.items()}


def near(ways, **where) -> dict[int, str]:
    graph, roads = network(ways, **where)
    found = surroundings(graph, roads)
    return {part.strand.way_id: words[0] for part, words in zip(graph.parts, found, strict=True)}


def town(rows: int, apart_m: float, x_m: float = 0.0):
    """Residential streets of 300 m, one beside the other."""
    tags = {"highway": "residential"}
    return {100 + i: ([(x_m, i * apart_m), (x_m + 300.0, i * apart_m)], tags) for i in range(rows)}


@given(evidence, st.randoms(use_true_random=False))
def test_the_order_of_evidence_leaves_no_trace(pieces, order):
    shuffled = pieces[:]
    order.shuffle(shuffled)
    assert judge(tuple(shuffled)) == judge(tuple(pieces))


@given(evidence, st.sampled_from(sorted(_POINTS)))
def test_more_evidence_for_an_answer_never_makes_it_less_sure(pieces, more):
    before, after = judge(tuple(pieces)), judge((*pieces, more))
    if (_POINTS[more] >= 0) == before.built_up:
        assert after.built_up == before.built_up
        assert after.permille >= before.permille


@given(evidence)
def test_an_answer_says_what_it_rests_on(pieces):
    found = judge(tuple(pieces))
    assert 0 < found.permille < 1000
    assert all(x in pieces for x in found.raw.partition(" by ")[2].split(", ") if x != "no evidence")


def test_what_tags_say():
    def told(sign_kmh=None, **tags):
        return set(way_evidence(tags, road_of(tags, []), sign_kmh))

    assert told(highway="residential", lit="yes", sidewalk="both") == {"residential", "lit", "pavement"}
    assert told(highway="trunk_link", lit="no") == {"trunk", "not lit"}
    assert told(highway="primary", sidewalk="no") == {"no name"}
    assert told(highway="service") == set()
    road = {"highway": "primary", "name": "A"}
    assert told(**road) == set()
    assert told(32.2, **road) == {"signed 35 km/h or less"}
    assert told(56.3, **road) == {"signed 36 to 57 km/h"}
    assert told(70.0, **road) == {"signed 58 to 78 km/h"}
    assert told(80.5, **road) == {"signed 79 km/h or more"}


def test_a_long_road_without_a_junction_says_so():
    graph, roads = network({1: ([(0.0, 0.0), (290.0, 0.0)], {"highway": "primary"})})
    assert surroundings(graph, roads) == [("no streets",)]
    graph, roads = network({1: ([(0.0, 0.0), (150.0, 0.0), (310.0, 0.0)], {"highway": "primary"})})
    assert surroundings(graph, roads) == [("no streets", "no junction for long")]


def test_streets_count_where_they_lie():
    main = {1: ([(0.0, -20.0), (300.0, -20.0)], {"highway": "primary"})}
    assert near(main)[1] == "no streets"
    assert near(main | town(3, 40.0))[1] == "dense streets"
    assert near(main | town(1, 40.0))[1] in ("some streets", "few streets")
    assert near(main | town(3, 40.0, x_m=2000.0))[1] == "no streets"
    paths = {k: (places, {"highway": "service"}) for k, (places, _) in town(1, 40.0).items()}
    assert near(main | paths)[1] == "few streets"


def centre(rows: int, columns: int, highway: str):
    """A grid of streets of one class, 80 m apart, that meet at every corner."""
    tags = {"highway": highway}
    along = {200 + i: ([(j * 80.0, i * 80.0) for j in range(columns)], tags) for i in range(rows)}
    across = {300 + j: ([(j * 80.0, i * 80.0) for i in range(rows)], tags) for j in range(columns)}
    return along | across


@pytest.mark.parametrize("highway", ["secondary", "tertiary", "unclassified"])
def test_a_city_centre_without_a_residential_street_is_no_country(highway):
    graph, roads = network(centre(7, 7, highway))
    found = surroundings(graph, roads)
    middle = [words for part, words in zip(graph.parts, found, strict=True) if part.strand.way_id in (203, 303)][2:4]
    assert set(middle) <= {("dense streets",), ("many streets",)}


@pytest.mark.parametrize("highway", ["primary", "tertiary", "unclassified"])
def test_a_road_and_its_crossings_may_lie_anywhere(highway):
    tags = {"highway": highway}
    crossing = {
        1: ([(-1000.0, 0.0), (0.0, 0.0), (1000.0, 0.0)], tags),
        2: ([(0.0, -1000.0), (0.0, 0.0), (0.0, 1000.0)], tags),
        3: ([(-1000.0, 15.0), (1000.0, 15.0)], tags),  # its other carriageway
    }
    assert set(near(crossing).values()) == {"no streets"}


@settings(max_examples=20)
@given(st.integers(-75, 75), st.sampled_from([-180.0, -0.001, 8.5, 179.9995]))
def test_the_answer_is_the_same_all_over_the_earth(lat_deg, lon_deg):
    main = {1: ([(0.0, -20.0), (300.0, -20.0)], {"highway": "primary"})}
    found = near(main | town(6, 30.0), lat_deg=lat_deg + 0.5, lon_deg=lon_deg)
    assert found[1] in ("dense streets", "many streets")
    assert near(main, lat_deg=lat_deg + 0.5, lon_deg=lon_deg)[1] == "no streets"


def test_a_segment_over_the_antimeridian_goes_the_short_way_round():
    lat, lon = np.array([[0, 0], [600_000_000, 600_000_000]]), np.array([[1_799_990_000, -1_799_990_000]] * 2)
    assert _length_cm(lat, lon).tolist() == pytest.approx([22_264, 11_170], rel=0.02)


def test_a_road_is_judged_along_its_whole_length():
    main = {1: ([(0.0, -20.0), (900.0, -20.0)], {"highway": "primary"})}
    assert near(main | town(6, 30.0))[1] in ("some streets", "many streets")


@given(st.permutations(sorted({1, 2, *town(4, 40.0)})))
def test_the_order_of_ways_leaves_no_trace(order):
    ways = {
        1: ([(0.0, -20.0), (300.0, -20.0)], {"highway": "primary", "name": "Main"}),
        2: ([(300.0, -20.0), (600.0, -20.0)], {"highway": "primary", "name": "Main"}),
        **town(4, 40.0),
    }
    graph, roads = network(ways)
    other, _ = network(ways, order=order)
    assert surroundings(graph, roads) == surroundings(other, roads)
    assert neighbours(graph, roads, {2: 0}) == neighbours(other, roads, {2: 0})


def test_a_road_goes_on_as_another_way_of_its_name_and_no_other():
    primary = {"highway": "primary"}
    ways = {
        1: ([(0.0, 0.0), (100.0, 0.0)], {**primary, "name": "A", "ref": "B 3"}),
        2: ([(100.0, 0.0), (200.0, 0.0)], {**primary, "ref": "B 3"}),
        3: ([(100.0, 0.0), (100.0, 90.0)], {**primary, "name": "C"}),
        4: ([(200.0, 0.0), (300.0, 0.0)], {**primary, "name": "A"}),
    }
    graph, roads = network(ways)
    assert neighbours(graph, roads, {2: 0, 3: 0, 4: 0}) == {0: {2}}


@pytest.mark.parametrize(
    ("ways", "found"),
    [
        ([], ()),
        ([(None, None)], ()),
        ([(True, None)], ("goes on built-up",)),
        ([(False, 70.0)], ("goes on not built-up",)),
        ([(True, None), (False, None)], ()),
        ([(None, 30.0), (None, 20.0)], ("goes on at 35 km/h or less",)),
        ([(None, 30.0), (None, 50.0)], ()),
        ([(None, 100.0), (None, 80.5)], ("goes on at 79 km/h or more",)),
        ([(True, 30.0), (True, None)], ("goes on built-up", "goes on at 35 km/h or less")),
    ],
)
def test_neighbours_count_where_they_agree(ways, found):
    assert going_on(ways) == found
