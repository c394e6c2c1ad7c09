"""Branch probability: exact sums, and an order a driver would expect."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm
from mapprior.match.turns import next_links
from mapprior.model.link import CarAccess, FormOfWay, RoadClass
from tests.asciimap import Drawn, draw

CROSS = """
     N
     |
W----C----E
     |
     S
"""


def shares(drawn: Drawn, driven: str, *, route: str | None = None) -> dict[str, int]:
    """Share of each way onward, by the letter it leads to."""
    links = drawn.links(driven)
    onward = next_links(drawn.network, links)
    assert onward is not None
    names = {v: k[1] for k, v in drawn.link_ids.items()}
    by_route = drawn.link(route).link_id if route else None
    found = branch_shares_ppm(drawn.network, links, onward, route_link=by_route)
    return {names[x]: share for x, share in zip(onward, found, strict=True)}


def test_straight_on_before_turning() -> None:
    found = shares(draw(CROSS), "WC")
    assert sum(found.values()) == WHOLE_PPM
    assert found["E"] > 500_000
    assert found["N"] == pytest.approx(found["S"], abs=3)  # but for the lean of the meridians


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": "High Street"},
        {"ref": "A 5"},
        {"road_class": RoadClass.PRIMARY},
    ],
)
def test_the_road_that_goes_on_around_a_corner(attributes: dict[str, object]) -> None:
    plain = shares(draw(CROSS), "WC")["S"]
    assert shares(draw(CROSS, ways={"WCS": attributes}), "WC")["S"] > plain


@pytest.mark.parametrize(
    "attributes",
    [
        {"road_class": RoadClass.SERVICE},
        {"road_class": RoadClass.UNKNOWN},
        {"form_of_way": FormOfWay.SLIP_ROAD},
        {"car_access": CarAccess.RESTRICTED},
        {"car_access": CarAccess.DESTINATION},
    ],
)
def test_what_makes_a_way_less_likely(attributes: dict[str, object]) -> None:
    main = {"WCE": {"road_class": RoadClass.SECONDARY}, "CN": {"road_class": RoadClass.SECONDARY}}
    plain = shares(draw(CROSS, ways=main), "WC")["N"]
    assert shares(draw(CROSS, ways={**main, "CN": {**main["CN"], **attributes}}), "WC")["N"] < plain


def test_a_route_outweighs_all_else() -> None:
    found = shares(draw(CROSS), "WC", route="CN")
    assert found["N"] > 950_000
    assert sum(found.values()) == WHOLE_PPM
    assert all(x > 0 for x in found.values())


def test_a_forbidden_way_has_no_share() -> None:
    assert shares(draw(CROSS, restrictions=[["WC", "CE"]]), "WC").keys() == {"N", "S"}


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from("NESABDFGH"), min_size=1), st.integers(0, 8))
def test_shares_are_whole_and_sum_exactly(to: set[str], choice: int) -> None:
    star = """
    A N B
     \\|/
    W-C-E
     /|\\
    D S F
    """
    drawn = draw(star, ways={"WC": {}}, grid_m=60.0)
    onward = [drawn.link_ids["C" + x] for x in sorted(to - {"G", "H"})]
    route = onward[choice % len(onward)] if onward and choice < 4 else None
    found = branch_shares_ppm(drawn.network, drawn.links("WC"), onward, route_link=route)
    assert len(found) == len(onward)
    assert sum(found) == (WHOLE_PPM if onward else 0)
    assert all(x >= 0 for x in found)


ROUND = """
      N
      |
      n
     / \\
W---w   e---E
     \\ /
      s
      |
      S
"""


@pytest.mark.parametrize(
    ("ways", "end"),
    [
        ({}, "E"),
        ({"eE": {"road_class": RoadClass.TRACK}, **{x: {"name": "Long Road"} for x in ("Ww", "nN")}}, "N"),
        ({"eE": {"road_class": RoadClass.TRACK}, **{x: {"name": "Long Road"} for x in ("Ww", "sS")}}, "S"),
    ],
)
def test_a_roundabout_is_left_where_the_road_goes_on(ways: dict[str, dict[str, object]], end: str) -> None:
    drawn = draw(ROUND, ways={"wsenw": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT}, **ways}, grid_m=15.0)
    path = "Wws"
    while path[-1].islower():
        found = shares(drawn, path)
        path += max(found, key=lambda x: found[x])
    assert path[-1] == end


def test_on_a_roundabout_from_nowhere_all_exits_are_alike() -> None:
    drawn = draw(ROUND, ways={"wsenw": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT}}, grid_m=15.0)
    found = shares(drawn, "ws")
    assert found["S"] == pytest.approx(250_000, abs=1)
    assert shares(drawn, "wsenw") == {"W": 1_000_000, "s": 0}
