"""Routes through waypoints, compared with trying everything on small networks."""

import heapq
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import LimitError, MapPriorError, NoRouteError, RequestError
from mapprior.geo.frame import distance_m, wrap_lon_e7
from mapprior.match.route import (
    Route,
    Waypoint,
    connected_tiles,
    corridor_tiles,
    find_route,
)
from mapprior.match.route_graph import LINKS_LOOKED_AT_COUNT_MAX, SearchBudget
from mapprior.match.turns import next_links
from mapprior.model.grid import column_row, ring
from mapprior.model.ids import tile_id, tile_of, tile_parts
from mapprior.model.link import RoadClass
from tests.asciimap import Drawn, draw
from tests.match.networks import TOWN

BLOCK = """
    A----B----C
    |    |    |
    D----E----F
"""


def at(drawn: Drawn, *places: str | tuple[str, float]) -> list[Waypoint]:
    """Nodes by letter, or (road, offset in metres)."""
    found = [drawn.position(p) if isinstance(p, str) else drawn.at(*p) for p in places]
    return [Waypoint(lat_e7=round(lat), lon_e7=round(lon)) for lat, lon in found]


def letters(drawn: Drawn, route: Route) -> list[str]:
    by_id = {link_id: name for name, link_id in drawn.link_ids.items()}
    return [by_id[x] for x in route.links]


def shortest_m(drawn: Drawn, start: str, end: str) -> float:
    """Metres between two nodes by any way that does not turn back, by trying the shortest first."""
    heap = [(drawn.link(x).line.length_m, (link_id,)) for x, link_id in drawn.link_ids.items() if x[0] == start]
    by_id = {link_id: name for name, link_id in drawn.link_ids.items()}
    heapq.heapify(heap)
    seen = set()
    while heap:
        metres, driven = heapq.heappop(heap)
        if by_id[driven[-1]][1] == end:
            return metres
        if driven[-1] in seen:
            continue
        seen.add(driven[-1])
        for onward in next_links(drawn.network, driven) or ():
            heapq.heappush(heap, (metres + drawn.link(by_id[onward]).line.length_m, (*driven, onward)))
    raise AssertionError("no way")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("ABCDEFGHIJKL"), min_size=2, max_size=2, unique=True))
def test_the_route_is_drivable_and_the_shortest(ends: list[str]) -> None:
    route = find_route(TOWN.network, at(TOWN, *ends))
    for a, b in pairwise(route.links):
        assert b in (next_links(TOWN.network, [a]) or ())
    assert route.length_m == pytest.approx(shortest_m(TOWN, *ends), abs=0.1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["AB", "FG", "HI", "JL", "EI"]), st.floats(20.0, 50.0)), min_size=2, max_size=5)
)
def test_offsets_length_and_line_agree(places: list[tuple[str, float]]) -> None:
    route = find_route(TOWN.network, at(TOWN, *places))
    lengths = [link.length_cm / 100 for x in route.links if (link := TOWN.network.link(x)) is not None]
    assert route.length_m == pytest.approx(sum(lengths) - route.first_offset_m - (lengths[-1] - route.last_offset_m))
    line = list(zip(route.lat_e7, route.lon_e7, strict=True))
    drawn_m = sum(distance_m(lat_a_e7=a[0], lon_a_e7=a[1], lat_b_e7=b[0], lon_b_e7=b[1]) for a, b in pairwise(line))
    assert drawn_m == pytest.approx(route.length_m, abs=0.05 + 0.001 * route.length_m)
    for place, end in ((places[0], line[0]), (places[-1], line[-1])):
        lat, lon = TOWN.at(*place)
        assert distance_m(lat_a_e7=round(lat), lon_a_e7=round(lon), lat_b_e7=end[0], lon_b_e7=end[1]) < 0.1


def test_every_waypoint_is_passed_in_order() -> None:
    drawn = draw(BLOCK)
    assert letters(drawn, find_route(drawn.network, at(drawn, ("AB", 50.0), ("EF", 50.0), ("BC", 50.0)))) in (
        ["AB", "BE", "EF", "FC", "CB"],
        ["BA", "AD", "DE", "EF", "FC", "CB"],
    )


def test_within_one_link_and_round_the_block() -> None:
    drawn = draw(BLOCK, ways={"AB": {"oneway": True}, "BE": {"oneway": True}})
    ahead = find_route(drawn.network, at(drawn, ("AB", 20.0), ("AB", 120.0)))
    assert letters(drawn, ahead) == ["AB"] and ahead.length_m == pytest.approx(100.0, abs=0.1)
    behind = find_route(drawn.network, at(drawn, ("AB", 120.0), ("AB", 20.0)))
    assert letters(drawn, behind) == ["AB", "BE", "ED", "DA", "AB"]


def test_turn_restrictions_are_kept() -> None:
    free = draw(BLOCK)
    assert letters(free, find_route(free.network, at(free, ("AB", 50.0), ("BE", 50.0)))) == ["AB", "BE"]
    held = draw(BLOCK, restrictions=[["AB", "BE"]])
    around = letters(held, find_route(held.network, at(held, ("AB", 200.0), ("BE", 50.0))))
    assert around == ["BA", "AD", "DE", "EB"]


def test_a_restriction_over_a_way_between_is_kept_only_where_it_begins() -> None:
    picture = "A----B----C----D\n          |    |\n          E----F"
    sequence = ["AB", "BC", "CE"]
    free = draw(picture)
    held = draw(picture, restrictions=[sequence])
    assert letters(free, find_route(free.network, at(free, ("AB", 50.0), ("CE", 50.0)))) == sequence
    around = letters(held, find_route(held.network, at(held, ("AB", 50.0), ("CE", 50.0))))
    assert around == ["AB", "BC", "CD", "DF", "FE", "EC"]
    late = letters(held, find_route(held.network, at(held, ("BC", 50.0), ("CE", 50.0))))
    assert late == ["BC", "CE"]


def test_a_restriction_that_spans_a_waypoint_is_kept() -> None:
    held = draw("A----B----C----D\n          |    |\n          E----F", restrictions=[["AB", "BC", "CE"]])
    route = letters(held, find_route(held.network, at(held, ("AB", 50.0), ("BC", 50.0), ("CE", 50.0))))
    assert route[:3] == ["AB", "BC", "CD"]


def test_main_roads_are_preferred_where_it_costs_little() -> None:
    drawn = draw(
        BLOCK,
        ways={
            "ADEF": {"road_class": RoadClass.SERVICE},
            "BE": {"road_class": RoadClass.SERVICE},
            "ABCF": {"road_class": RoadClass.PRIMARY},
        },
    )
    assert letters(drawn, find_route(drawn.network, at(drawn, "A", "F"))) == ["AB", "BC", "CF"]


def test_refusals_name_the_waypoint_and_no_place() -> None:
    drawn = draw("A----B\n\nC----D", ways={"AB": {"oneway": True}}, grid_m=150.0)
    far = Waypoint(lat_e7=600_000_000, lon_e7=80_000_000)
    for waypoints, kind, text in (
        ([*at(drawn, "A"), far], NoRouteError, "waypoint 2"),
        (at(drawn, "A", "C"), NoRouteError, "waypoint 1 to waypoint 2"),
        (at(drawn, ("AB", 500.0), ("AB", 20.0)), NoRouteError, "waypoint 1 to waypoint 2"),
        (at(drawn, "A"), RequestError, "2 to 100"),
        (at(drawn, "A") * 101, RequestError, "2 to 100"),
    ):
        with pytest.raises(MapPriorError) as caught:
            find_route(drawn.network, waypoints)
        assert isinstance(caught.value, kind) and text in str(caught.value)
        assert "600000000" not in str(caught.value) and "60.0" not in str(caught.value)


def test_a_corridor_follows_the_line_and_widens() -> None:
    drawn = draw("A-----------B-----------C-----------D", grid_m=80.0)
    narrow = corridor_tiles(drawn.datasets, at(drawn, "A", "B"), 0)
    wide = corridor_tiles(drawn.datasets, at(drawn, "A", "B"), 2)
    assert set(narrow) <= set(wide) <= drawn.datasets[0].tiles
    assert narrow == sorted(set(narrow))
    columns = [tile_parts(t)[1] for t in corridor_tiles(drawn.datasets, at(drawn, "A", "D"), 0)]
    assert min(columns) == min(tile_parts(t)[1] for t in drawn.datasets[0].tiles)


def test_a_corridor_round_the_world_is_refused() -> None:
    ends = [Waypoint(lat_e7=-600_000_000, lon_e7=-1_000_000_000), Waypoint(lat_e7=600_000_000, lon_e7=700_000_000)]
    with pytest.raises(LimitError):
        corridor_tiles(TOWN.datasets, ends * 3, 0)


def test_a_corridor_crosses_the_antimeridian_the_short_way() -> None:
    drawn = draw("A------------B", lon_deg=179.995, grid_m=75.0)
    assert set(corridor_tiles(drawn.datasets, at(drawn, "A", "B"), 0)) == set(drawn.datasets[0].tiles)
    assert letters(drawn, find_route(drawn.network, at(drawn, "A", "B"))) == ["AB"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("ABCDEFGHIJKL"), min_size=2, max_size=4), st.integers(0, 600))
def test_a_search_looks_at_no_more_links_than_it_is_allowed(places: list[str], allowed_count: int) -> None:
    waypoints = at(TOWN, *places)
    whole, tight = SearchBudget(), SearchBudget(allowed_count)
    route = find_route(TOWN.network, waypoints, whole)
    needed_count = LINKS_LOOKED_AT_COUNT_MAX - whole.left_count
    assert needed_count >= len(route.links), "each link driven is looked at"
    if needed_count <= allowed_count:
        assert find_route(TOWN.network, waypoints, tight) == route
        assert tight.left_count == allowed_count - needed_count
    else:
        with pytest.raises(LimitError, match=f"more than {allowed_count} links"):
            find_route(TOWN.network, waypoints, tight)
        assert tight.left_count == -1


def test_a_search_nobody_waits_for_ends() -> None:
    budget = SearchBudget()
    budget.stop()
    with pytest.raises(LimitError):
        find_route(TOWN.network, at(TOWN, "A", "L"), budget)


cells = st.tuples(st.integers(-6, 6), st.integers(-6, 6))


@given(
    st.sampled_from((0, 450_000_000, 780_000_000)),
    st.sampled_from((0, 1_799_900_000)),
    st.lists(cells, min_size=1, max_size=4),
    st.integers(0, 2),
)
def test_a_corridor_is_every_tile_around_every_tile_on_the_lines(
    lat_e7: int, lon_e7: int, steps: list[tuple[int, int]], widen: int
) -> None:
    waypoints = [Waypoint(lat_e7 + y * 50_000, wrap_lon_e7(lon_e7 + x * 130_000)) for x, y in steps]
    x0, y0 = column_row(lat_e7=lat_e7, lon_e7=lon_e7)
    here = set(ring(tile_id(5, x0, y0), 20))
    world = -850_000_000, -1_800_000_000, 850_000_000, 1_799_999_999
    dataset = replace(TOWN.datasets[0], dataset_id=5, tiles=frozenset(here), bounds_e7=world)
    line = set()
    for a, b in pairwise(waypoints if len(waypoints) > 1 else waypoints * 2):
        dlon_e7 = wrap_lon_e7(b.lon_e7 - a.lon_e7)
        for k in range(401):
            at_e7 = a.lat_e7 + (b.lat_e7 - a.lat_e7) * k // 400, wrap_lon_e7(a.lon_e7 + dlon_e7 * k // 400)
            line.add(column_row(lat_e7=at_e7[0], lon_e7=at_e7[1]))
    narrow = set().union(*(ring(tile_id(5, *cell), 1 + widen) for cell in line)) & here
    found = corridor_tiles([dataset], waypoints, widen)
    assert found == sorted(set(found)) and set(found) <= here
    for w in waypoints:
        cell = column_row(lat_e7=w.lat_e7, lon_e7=w.lon_e7)
        assert set(ring(tile_id(5, *cell), 1 + widen)) & here <= set(found)
    # a line that passes a corner may or may not touch the tile beside it
    assert narrow - set(found) <= set().union(*(ring(x) for x in found))
    assert set(found) <= set().union(*(ring(x) for x in narrow))


def test_every_link_leads_to_a_tile_that_counts_as_connected() -> None:
    for lat_deg in (0.0, 48.0, 70.0, 84.0):
        drawn = draw("A---------B---------C---------D", grid_m=90.0, lat_deg=lat_deg)
        tiles = drawn.datasets[0].tiles
        for link_id in drawn.link_ids.values():
            onward = next_links(drawn.network, [link_id]) or ()
            assert {tile_of(x) for x in onward} <= connected_tiles(tiles, [tile_of(link_id)])


def test_markets_are_connected_in_tiles_of_one_place_only() -> None:
    one, beside, far = tile_id(1, 100, 5000), tile_id(1, 101, 5000), tile_id(1, 104, 5000)
    same_place, next_place = tile_id(2, 101, 5000), tile_id(2, 102, 5000)
    assert connected_tiles({one, beside, far}, [one]) == {one, beside}
    assert connected_tiles({one, tile_id(2, 101, 5000)}, [one]) == {one}
    assert connected_tiles({one, beside, same_place, next_place}, [one]) == {one, beside, same_place, next_place}
    assert connected_tiles({one, beside}, [far]) == frozenset()
