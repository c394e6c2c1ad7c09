"""Zones laid on drawn networks: on the right road, in the right direction, to the centimetre, or not at all."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import TileError
from mapprior.live.place import find_place, place_zone, placer, zone_tiles
from mapprior.model.ids import TileId, tile_of
from mapprior.model.network import Network, RoadTile
from mapprior.model.work_zone import LaneStatus, WorkZone, WorkZoneLane, WorkZoneLaneType, ZoneOnLink
from tests.asciimap import Drawn, draw

STRAIGHT = draw("A----B----C----D", ways={"ABCD": {"lanes": 2, "maxspeed_kmh": 100}})
DUAL = draw(
    """
    D----C----B----A

    E----F----G----H
    """,
    ways={"ABCD": {"oneway": True, "ref": "M 1"}, "EFGH": {"oneway": True, "ref": "M 1"}},
    grid_m=20.0,
)


def zone(places: Sequence[tuple[float, float]], **more: object) -> WorkZone:
    lat_e7 = tuple(round(lat) for lat, _ in places)
    lon_e7 = tuple(round(lon) for _, lon in places)
    return replace(WorkZone("z", "feed", 1, 2, lat_e7, lon_e7, 800, 1000), **more)  # type: ignore[arg-type]


def along(drawn: Drawn, letters: str, start_m: float, end_m: float, lateral_m: float = 0.0, step_m: float = 25.0):  # type: ignore[no-untyped-def]
    """Points along the links of `letters`, from an offset on the first to an offset over all of them."""
    lengths = [drawn.network.link(x).line.length_m for x in drawn.links(letters)]  # type: ignore[union-attr]
    count = max(1, math.ceil((end_m - start_m) / step_m))
    places = []
    for i in range(count + 1):
        offset_m = start_m + (end_m - start_m) * i / count
        part = 0
        while part < len(lengths) - 1 and offset_m > lengths[part]:
            offset_m -= lengths[part]
            part += 1
        places.append(drawn.at(letters[part : part + 2], offset_m, lateral_m))
    return places


def named(drawn: Drawn, spans: Sequence[ZoneOnLink]) -> list[str]:
    names = {link: letters for letters, link in drawn.link_ids.items()}
    return [names[span.link_id] for span in spans]


def covered_cm(spans: Sequence[ZoneOnLink]) -> int:
    return sum(span.end_cm - span.start_cm for span in spans)


def test_a_zone_lies_on_its_links_to_the_centimetre() -> None:
    spans = place_zone(STRAIGHT.network, zone(along(STRAIGHT, "ABCD", 100.0, 600.0)))
    assert named(STRAIGHT, spans) == ["AB", "BC", "CD"]
    first, middle, last = spans
    length_cm = STRAIGHT.link("AB").length_cm
    assert (first.start_cm, first.end_cm) == (pytest.approx(10_000, abs=3), length_cm)
    assert (middle.start_cm, middle.end_cm) == (0, STRAIGHT.link("BC").length_cm)
    assert (last.start_cm, last.end_cm) == (0, pytest.approx(60_000 - 2 * length_cm, abs=3))
    assert all(span.match_permille == 950 and span.zone_id == "z" for span in spans)


@settings(max_examples=40)
@given(
    st.floats(0.0, 500.0),
    st.floats(30.0, 250.0),
    st.floats(-8.0, 8.0),
    st.sampled_from(("ABCD", "DCBA")),
    st.sampled_from((5.0, 40.0, 1000.0)),
)
def test_any_stretch_comes_back_in_its_direction(
    start_m: float, length_m: float, lateral_m: float, letters: str, step_m: float
) -> None:
    end_m = min(start_m + length_m, 750.0)
    spans = place_zone(STRAIGHT.network, zone(along(STRAIGHT, letters, start_m, end_m, lateral_m, step_m)))
    assert spans
    assert covered_cm(spans) == pytest.approx((end_m - start_m) * 100, abs=30)
    names = named(STRAIGHT, spans)
    assert all(name in letters for name in names)
    for a, b in pairwise(spans):
        link_a, link_b = STRAIGHT.network.link(a.link_id), STRAIGHT.network.link(b.link_id)
        assert link_a is not None
        assert link_b is not None
        assert link_a.end_node == link_b.start_node
        assert (a.end_cm, b.start_cm) == (link_a.length_cm, 0)


@settings(max_examples=30)
@given(st.floats(0.0, 150.0), st.floats(60.0, 150.0), st.floats(-15.0, 15.0), st.booleans())
def test_never_on_the_opposite_carriageway(start_m: float, length_m: float, lateral_m: float, west: bool) -> None:
    letters = "ABCD" if west else "EFGH"
    spans = place_zone(DUAL.network, zone(along(DUAL, letters, start_m, start_m + length_m, lateral_m)))
    assert spans
    assert all(name in letters for name in named(DUAL, spans))


def test_a_reversed_zone_is_not_on_a_oneway_road() -> None:
    lone = draw("A----B----C", ways={"ABC": {"oneway": True}})
    backwards = along(lone, "ABC", 50.0, 400.0)[::-1]
    assert find_place(lone.network, zone(backwards)).reason == "no road in its direction near it"
    spans = place_zone(STRAIGHT.network, zone(along(STRAIGHT, "ABCD", 100.0, 400.0)[::-1]))
    assert named(STRAIGHT, spans) == ["CB", "BA"]


def test_a_slip_road_and_the_road_it_leaves() -> None:
    drawn = draw(
        """
        A----B----C----D----E
                   \\
                    F----G
        """,
        ways={"ABCDE": {"oneway": True}, "CFG": {"oneway": True}},
        grid_m=30.0,
    )
    main = place_zone(drawn.network, zone(along(drawn, "ABCDE", 60.0, 580.0)))
    assert named(drawn, main) == ["AB", "BC", "CD", "DE"]
    slip = place_zone(drawn.network, zone(along(drawn, "BCFG", 50.0, 310.0)))
    assert named(drawn, slip) == ["BC", "CF", "FG"]


def test_a_parallel_road_of_the_same_direction() -> None:
    drawn = draw(
        """
        A-----B-----C

        E-----F-----G
        """,
        ways={"ABC": {"oneway": True, "name": "High Street"}, "EFG": {"oneway": True, "ref": "B 2"}},
        grid_m=10.0,
    )
    for letters in ("ABC", "EFG"):
        spans = place_zone(drawn.network, zone(along(drawn, letters, 10.0, 110.0, 2.0)))
        assert named(drawn, spans) == [letters[:2], letters[1:]]
    middle = along(drawn, "ABC", 10.0, 110.0, -10.0)
    assert find_place(drawn.network, zone(middle)).reason == "two roads fit it alike"
    by_name = place_zone(drawn.network, zone(middle, road_names=("B-2",)))
    assert named(drawn, by_name) == ["EF", "FG"]
    assert 600 < by_name[0].match_permille < 950, "a name is weak evidence"


def test_a_bridge_over_a_road() -> None:
    drawn = draw(
        """
              E
              |
        A-----+-----B
              |
              F
        """,
        ways={"EF": {"bridge": True, "level": 1}},
    )
    assert named(drawn, place_zone(drawn.network, zone(along(drawn, "AB", 50.0, 500.0)))) == ["AB"]
    assert named(drawn, place_zone(drawn.network, zone(along(drawn, "EF", 30.0, 180.0)))) == ["EF"]


@given(st.floats(1.0, 150.0))
def test_between_two_roads_no_zone_lies_on_either_however_short_it_is(length_m: float) -> None:
    drawn = draw(
        """
        A----B----C----D

        E----F----G----H
        """,
        ways={"ABCD": {"oneway": True}, "EFGH": {"oneway": True}},
        grid_m=10.0,
    )
    places = along(drawn, "ABCD", 0.0, length_m, -10.0)
    assert find_place(drawn.network, zone(places)).reason == "two roads fit it alike"


def test_round_a_corner_and_through_short_links() -> None:
    drawn = draw(
        """
        A-B-C-D
              |
              E
              |
              F-G
        """,
        grid_m=8.0,
    )
    spans = place_zone(drawn.network, zone(along(drawn, "ABCDEFG", 0.0, 88.0, step_m=4.0)))
    assert named(drawn, spans) == ["AB", "BC", "CD", "DE", "EF", "FG"]


def test_over_a_tile_border() -> None:
    drawn = draw("A----B----C----D----E----F", ways={"ABCDEF": {"oneway": True}}, grid_m=190.0)
    links = drawn.links("ABCDEF")
    assert len({tile_of(link) for link in links}) > 1, "the drawing does not cross a border"
    places = along(drawn, "ABCDEF", 500.0, 4_000.0, step_m=400.0)
    assert [span.link_id for span in place_zone(drawn.network, zone(places))] == links
    assert set(zone_tiles(drawn.datasets, zone(places))) >= {tile_of(link) for link in links}


def test_the_reader_brings_the_tiles_and_a_damaged_one_is_said() -> None:
    drawn = draw("A----B----C----D----E----F", ways={"ABCDEF": {"oneway": True}}, grid_m=190.0)
    places = zone(along(drawn, "ABCDEF", 500.0, 4_000.0))

    def damaged(tile: TileId) -> RoadTile | None:
        raise TileError("roads.pmtiles: damaged")

    place = placer(drawn.datasets, read_road=drawn.road_tiles.get, read_lanes=drawn.lane_tiles.get)
    assert list(place(places).spans) == place_zone(drawn.network, places)
    broken = placer(drawn.datasets, read_road=damaged, read_lanes=drawn.lane_tiles.get)
    assert broken(places).reason == "a map tile around it could not be read"
    assert find_place(Network(drawn.datasets), places).reason == "not all map tiles around it are loaded"


def test_off_the_map() -> None:
    lat, lon = STRAIGHT.position("A")
    far = [(lat + 10_000_000, lon), (lat + 10_000_000, lon + 10_000)]
    assert find_place(STRAIGHT.network, zone(far)).reason == "outside all maps that are served"
    near = [(lat + 100_000, lon), (lat + 100_000, lon + 10_000)]
    assert find_place(STRAIGHT.network, zone(near)).reason == "no roads around it in the map"
    beside = along(STRAIGHT, "ABCD", 100.0, 600.0, 60.0)
    assert find_place(STRAIGHT.network, zone(beside)).reason == "no road in its direction near it"


def test_a_map_that_ends_inside_a_zone_holds_its_part() -> None:
    x, y = STRAIGHT.position("D")
    beyond = [*along(STRAIGHT, "ABCD", 100.0, 750.0), (x, y + 300_000)]
    spans = place_zone(STRAIGHT.network, zone(beyond))
    assert named(STRAIGHT, spans) == ["AB", "BC", "CD"]
    assert spans[-1].end_cm == STRAIGHT.link("CD").length_cm
    assert spans[-1].match_permille < 950


def test_a_line_that_only_touches_roads_is_not_placed() -> None:
    drawn = draw(
        """
        A--B       C--D
        """,
        ways={"AB": {"oneway": True}, "CD": {"oneway": True}},
    )
    a, d = drawn.position("A"), drawn.position("D")
    assert find_place(drawn.network, zone([a, d])).reason == "no connected roads follow it"


def test_rough_points_take_the_way_between_them() -> None:
    drawn = draw(
        """
        A----B----C
                  |
                  D----E
        """
    )
    spans = place_zone(drawn.network, zone([drawn.at("AB", 100.0), drawn.at("DE", 150.0)], place_rough=True))
    assert named(drawn, spans) == ["AB", "BC", "CD", "DE"]
    assert all(span.match_permille <= 500 and not span.lanes_apply for span in spans)
    back = place_zone(drawn.network, zone([drawn.at("DE", 150.0), drawn.at("AB", 100.0)], place_rough=True))
    assert named(drawn, back) == ["ED", "DC", "CB", "BA"]
    one = find_place(drawn.network, zone([drawn.at("AB", 100.0)], place_rough=True))
    assert one.reason == "a single point has no direction"


def test_two_datasets_over_the_same_road_get_the_zone_each() -> None:
    other = draw("A----B----C----D", ways={"ABCD": {"lanes": 2}}, dataset_id=2, market="XA")
    both = Network((*STRAIGHT.datasets, *other.datasets))
    both.roads.update(STRAIGHT.road_tiles)
    both.roads.update(other.road_tiles)
    places = zone(along(STRAIGHT, "ABCD", 100.0, 600.0))
    apart = place_zone(STRAIGHT.network, places) + place_zone(other.network, places)
    assert [(s.link_id, s.start_cm, s.end_cm) for s in place_zone(both, places)] == [
        (s.link_id, s.start_cm, s.end_cm) for s in apart
    ]


GENERAL, SHOULDER, OTHER = WorkZoneLaneType.GENERAL, WorkZoneLaneType.SHOULDER, WorkZoneLaneType.OTHER


@pytest.mark.parametrize(
    ("types", "fits"),
    [
        ((GENERAL, GENERAL), True),
        ((GENERAL, GENERAL, SHOULDER), True),
        ((SHOULDER, GENERAL, GENERAL), False),
        ((GENERAL,), False),
        ((GENERAL, GENERAL, GENERAL), False),
        ((OTHER, GENERAL), False),
        ((), False),
    ],
)
def test_lanes_apply_only_where_list_and_map_agree(types: tuple[WorkZoneLaneType, ...], fits: bool) -> None:
    lanes = tuple(WorkZoneLane(i, t, LaneStatus.CLOSED) for i, t in enumerate(types))
    places = along(STRAIGHT, "ABCD", 100.0, 600.0)
    spans = place_zone(STRAIGHT.network, zone(places, lanes=lanes))
    assert {span.lanes_apply for span in spans} == {fits}
    rough = place_zone(STRAIGHT.network, zone(places, lanes=lanes, place_rough=True))
    assert {span.lanes_apply for span in rough} == {False}
    assert max(span.match_permille for span in rough) <= 500 < min(span.match_permille for span in spans)


def test_over_the_antimeridian() -> None:
    drawn = draw("A----B----C", ways={"ABC": {"oneway": True}}, lat_deg=-16.8, lon_deg=179.9977)
    lons = [drawn.position(letter)[1] for letter in "ABC"]
    assert lons[0] > 0 > lons[-1]
    spans = place_zone(drawn.network, zone(along(drawn, "ABC", 50.0, 450.0)))
    assert named(drawn, spans) == ["AB", "BC"]
    assert covered_cm(spans) == pytest.approx(40_000, abs=10)


def test_works_neither_turn_round_nor_run_backwards() -> None:
    there_and_back = [*along(STRAIGHT, "ABC", 300.0, 500.0), *along(STRAIGHT, "CBA", 0.0, 200.0)]
    assert find_place(STRAIGHT.network, zone(there_and_back)).reason == "no connected roads follow it"
    oneway = draw("A----B----C", ways={"ABC": {"oneway": True}})
    places = [oneway.at("AB", 200.0), oneway.at("AB", 100.0)]
    assert find_place(oneway.network, zone(places, place_rough=True)).reason == "no connected roads follow it"
    assert place_zone(oneway.network, zone(places[::-1], place_rough=True))


def test_a_side_road_that_leaves_and_comes_back() -> None:
    drawn = draw(
        """
        A-----------B-----------C-----------D-----------E
                     \\                     /
                      F-------------------G
        """,
        ways={"ABCDE": {"oneway": True}, "BFGD": {"oneway": True}},
        grid_m=6.0,
    )
    clear = place_zone(drawn.network, zone(along(drawn, "ABCDE", 10.0, 280.0)))
    assert named(drawn, clear) == ["AB", "BC", "CD", "DE"]
    assert {s.match_permille < 950 for s in clear} == {True}, "less sure beside the other road"
    between = along(drawn, "ABCDE", 10.0, 280.0, -6.0)
    spans = place_zone(drawn.network, zone(between))
    assert named(drawn, spans) == ["AB", "DE"], "where two roads fit alike, neither is named"


def test_a_gentle_fork_leaves_a_long_road_its_zone() -> None:
    drawn = draw(
        """
        A----B------------------------------C

                                      D
        """,
        ways={"ABC": {"oneway": True}, "BD": {"oneway": True}},
        grid_m=20.0,
    )
    spans = place_zone(drawn.network, zone(along(drawn, "ABC", 20.0, 600.0)))
    assert named(drawn, spans) == ["AB", "BC"]
    assert spans[1].match_permille == 950, "the other road goes where the zone does not"
