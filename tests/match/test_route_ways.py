"""Where a route passes a link more than once, how it was come to tells which way it takes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mapprior.horizon.events import RouteEvent
from mapprior.match.route_ways import RouteWays
from mapprior.model.ids import LinkId
from tests.horizon.pair import Pair
from tests.horizon.test_laws import far, town

ROUTES = st.lists(st.integers(1, 4).map(LinkId), min_size=2, max_size=12)


@given(ROUTES)
def test_who_has_driven_the_route_until_here_is_told_no_other_way(route: list[LinkId]) -> None:
    ways = RouteWays(route)
    for i in range(len(route) - 1):
        driven = route[: i + 1]
        found = ways.after(driven)
        if found is None:  # the same links, driven again, lead elsewhere
            later = [j for j in range(i + 1, len(route) - 1) if route[j - i : j + 1] == driven]
            assert any(route[j + 1] != route[i + 1] for j in later)
        else:
            assert found == route[i + 1]


@given(ROUTES, ROUTES)
def test_the_way_told_is_one_that_the_route_takes_after_the_last_link(
    route: list[LinkId], driven: list[LinkId]
) -> None:
    found = RouteWays(route).after(driven)
    next_links = {b for a, b in pairwise(route) if a == driven[-1]}
    assert found is None or found in next_links
    if len(next_links) == 1:
        assert found in next_links


def test_what_was_driven_before_decides() -> None:
    a, b, c, x, y = (LinkId(i) for i in range(1, 6))
    ways = RouteWays([a, x, b, c, x, y])
    assert (ways.after([a, x]), ways.after([c, x]), ways.after([x])) == (b, y, None)
    assert RouteWays().after([a]) is None


def test_a_vehicle_on_a_route_that_comes_again_is_not_put_on_the_road_of_the_first_time() -> None:
    pair = Pair(town(), far(horizon_length_m=300))
    links = town().links("PQBAPQR")
    pair.send(RouteEvent(tuple(links)))
    wrong = links[links.index(links[-2]) + 1]  # where the route went on the first time
    poses = town().poses("PQBAPQR", speed_mps=6.0, rate_hz=4.0)
    again = [pair.drive([x])[-1].position.candidates[:1] for x in poses][len(poses) // 2 :]
    assert again[-1][0].link_id == links[-1]
    assert not [x for (x,) in again if x.link_id == wrong and x.probability_permille > 500]
