"""The search for a route against trying everything, with tiles that come one after the other."""

import heapq
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.errors import NoRouteError
from mapprior.match.route import Route, RouteSearch, Waypoint, find_route
from mapprior.match.route_graph import LINKS_LOOKED_AT_COUNT_MAX, Ends, RouteGraph, SearchBudget, Start, cost
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.link import RoadClass
from mapprior.model.network import Network
from tests.asciimap import Drawn, draw

# Roads of many prices, a way of one direction, a turn over a way between that is forbidden, and one road by itself.
COUNTRY = draw(
    """
    A-----B-----C-----D
    |     |     |     |
    |     E-----F     |
    |     |     |     |
    G-----H-----I-----J     X-----Y
    """,
    ways={
        "ABCD": {"road_class": RoadClass.MOTORWAY},
        "EF": {"road_class": RoadClass.SERVICE},
        "GHI": {"road_class": RoadClass.PRIMARY},
        "DJ": {"oneway": True},
    },
    restrictions=[["AB", "BE", "EF"], ["HI", "IF"]],
    grid_m=160.0,
)
LETTERS = "ABCDEFGHIJXY"
ROADS = sorted(COUNTRY.link_ids)
NAMES = {link_id: name for name, link_id in COUNTRY.link_ids.items()}


def near(drawn: Drawn, letter: str) -> Waypoint:
    lat_e7, lon_e7 = drawn.position(letter)
    return Waypoint(lat_e7, lon_e7)


def cheapest(start: LinkId, end: LinkId) -> float | None:
    """From the end of a link to the start of another, by trying all, with all that was driven as memory."""
    heap: list[tuple[float, tuple[LinkId, ...]]] = [(0.0, (start,))]
    seen: set[tuple[LinkId, ...]] = set()
    while heap:
        spent, driven = heapq.heappop(heap)
        if len(driven) > 1 and driven[-1] == end:
            return spent
        if driven[-3:] in seen:  # no restriction here is longer
            continue
        seen.add(driven[-3:])
        link = COUNTRY.link(NAMES[driven[-1]])
        own = cost(link, link.line.length_m) if len(driven) > 1 else 0.0
        for onward in next_links(COUNTRY.network, driven) or ():
            back = 200.0 if onward == link.twin_id else 0.0
            heapq.heappush(heap, (spent + own + back, (*driven, onward)))
    return None


@given(st.sampled_from(ROADS), st.sampled_from(ROADS), st.floats(0.0, 50.0))
def test_the_way_found_is_the_cheapest_there_is(start: str, end: str, rest: float) -> None:
    graph = RouteGraph(COUNTRY.network, SearchBudget())
    to = COUNTRY.link(end)
    ends = Ends({to.link_id: 7.0}, to.line.lat_e7[0], to.line.lon_e7[0], around_m=1.0)
    found = graph.cheapest([Start((COUNTRY.link_ids[start],), rest)], ends)
    truth = cheapest(COUNTRY.link_ids[start], to.link_id)
    assert (found is None) == (truth is None)
    if found is not None and truth is not None:
        way, cost_all = found
        assert way[0] == COUNTRY.link_ids[start] and way[-1] == to.link_id
        assert cost_all == pytest.approx(rest + truth + 7.0)
        assert graph.cheapest([Start((COUNTRY.link_ids[start],), rest)], ends, cost_all + 1.0) == found
        assert graph.cheapest([Start((COUNTRY.link_ids[start],), rest)], ends, cost_all - 1.0) is None


def outcome(search: RouteSearch) -> Route | str:
    try:
        return search.find()
    except NoRouteError as error:
        return str(error)


@given(st.lists(st.sampled_from(LETTERS), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_tiles_that_come_one_by_one_lead_to_the_route_over_all_of_them(places: str, order: random.Random) -> None:
    waypoints = [near(COUNTRY, x) for x in places]
    network = COUNTRY.empty_network()
    search = RouteSearch(network, waypoints)
    tiles = sorted(COUNTRY.road_tiles)
    order.shuffle(tiles)
    final: Route | str | None = None
    for tile in tiles:
        network.roads[tile] = COUNTRY.road_tiles[tile]
        found, fresh = outcome(search), outcome(RouteSearch(_over(network), waypoints))
        assert found == fresh, "what was laid before is not laid otherwise now"
        if final is not None:
            assert found == final, "nothing that came after the proof changes the answer"
        elif isinstance(found, str) and "connection" in found and search.is_whole:
            final = found
    assert search.is_whole


@given(st.integers(2, 9), st.integers(0, 9), st.randoms(use_true_random=False))
def test_a_road_that_ends_where_no_tile_is_goes_on_when_it_comes(
    roads_count: int, east: int, order: random.Random
) -> None:
    letters = LETTERS[: roads_count + 1]
    road = draw("------".join(letters), ways={letters: {"oneway": True}}, grid_m=140.0, lon_deg=8 + east / 400)
    network = road.empty_network()
    search = RouteSearch(network, [near(road, letters[0]), near(road, letters[-1])])
    tiles = sorted(road.road_tiles)[1:]
    order.shuffle(tiles)
    for tile in (sorted(road.road_tiles)[0], *tiles):
        network.roads[tile] = road.road_tiles[tile]
        found = outcome(search)
    assert isinstance(found, Route) and list(found.links) == road.links(letters)


def _over(network: Network) -> Network:
    fresh = COUNTRY.empty_network()
    fresh.roads.update(network.roads)
    return fresh


def test_the_country_lies_in_several_tiles() -> None:
    assert len(COUNTRY.road_tiles) >= 3


def test_a_search_looks_only_where_the_way_may_lie() -> None:
    long = draw("A-----B-----C-----D-----E-----F-----G-----H-----I-----J", grid_m=100.0)
    budget = SearchBudget()
    find_route(long.network, [near(long, "E"), near(long, "F")], budget)
    assert LINKS_LOOKED_AT_COUNT_MAX - budget.left_count < len(long.link_ids)
