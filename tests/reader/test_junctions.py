"""Junctions ahead: shares that sum to the whole, the margin to the runner-up, and angles."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.horizon.events import Open, RouteEvent
from mapprior.match.branch import WHOLE_PPM
from mapprior.reader.junctions import JunctionAhead, junctions
from mapprior.reader.profiles_as_json import junctions_json
from mapprior.reader.reconstructor import Reconstructor
from tests.asciimap import Drawn, draw
from tests.horizon.held import HeldLink, HeldPath, hold
from tests.horizon.pair import Pair


def ahead(client: Reconstructor, length_m: float = 1000.0, travelled_m: float = 0.0) -> tuple[JunctionAhead, ...]:
    answer = client.junctions_ahead(length_m, travelled_m=travelled_m)
    assert answer is not None
    return answer.value


@pytest.fixture(scope="module")
def road() -> Drawn:
    picture = """
                  H
                  |
        A----B----C----D----E
             |
             F
    """
    return draw(picture, ways={"ABCDE": {"lanes": 2}})


def test_margins_and_angles(road: Drawn) -> None:
    pair = Pair(road, Open(horizon_length_m=1000))
    pair.drive(road.poses("AB", speed_mps=10.0)[:20])
    first, second = ahead(pair.reconstructor)
    assert first.distance_m == pytest.approx(231.0, abs=1.5)
    assert second.distance_m == pytest.approx(481.0, abs=1.5)
    assert first.junction.reach_ppm == WHOLE_PPM
    assert first.junction.turn_angle_mrad == pytest.approx(0, abs=2)
    assert [x.turn_angle_mrad for x in first.junction.stubs] == [pytest.approx(-1571, abs=5)]
    assert [x.turn_angle_mrad for x in second.junction.stubs] == [pytest.approx(1571, abs=5)]
    for x in (first.junction, second.junction):
        (stub,) = x.stubs
        assert x.continuation_ppm + stub.probability_ppm == x.reach_ppm
        assert x.margin_ppm == pytest.approx(WHOLE_PPM - 2 * stub.share_ppm, abs=2)
        assert x.margin_ppm is not None and x.margin_ppm > 0
    assert second.junction.reach_ppm == first.junction.continuation_ppm
    assert [x.junction.offset_cm for x in ahead(pair.reconstructor, travelled_m=300.0)] == [second.junction.offset_cm]
    assert ahead(pair.reconstructor, 100.0) == ()


def test_under_a_byte_budget_the_margin_is_not_known(road: Drawn) -> None:
    """A way that got no path may be the runner-up, and a junction that is not told may be the least sure."""
    for budget in (1, 1 << 20):
        pair = Pair(road, Open(horizon_length_m=1000, tree_bytes_max=budget))
        pair.drive(road.poses("AB", speed_mps=10.0)[:20])
        shown = junctions_json(pair.reconstructor, pair.root)
        found = ahead(pair.reconstructor)
        assert len(found) == len(shown["junctions"]) == (0 if budget == 1 else 2)
        assert (
            [x.junction.margin_ppm for x in found] == [x["margin"] for x in shown["junctions"]] == [None] * len(found)
        )
        assert shown["margin"] is None


chances = st.lists(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=3), min_size=1, max_size=4)


@given(chances)
def test_shares_sum_to_the_whole(weights: list[list[int]]) -> None:
    """At each junction, but for rounding down; and stubs come likeliest first."""
    root = HeldPath(1, [HeldLink(i + 1, 1000) for i in range(len(weights) + 1)])
    paths, left, path_id = [root], WHOLE_PPM, 2
    for i, row in enumerate(weights):
        for weight in row:
            taken = left * weight // 3_000_000
            paths.append(HeldPath(path_id, (HeldLink(100 + path_id, 100),), 1, (i + 1) * 1000, taken))
            path_id += 1
        left -= sum(x.probability_ppm for x in paths[-len(row) :])
    found = ahead(hold(*paths))
    assert [x.junction.offset_cm for x in found] == [(i + 1) * 1000 for i in range(len(weights))]
    reach = WHOLE_PPM
    for x in (x.junction for x in found):
        assert x.reach_ppm == reach
        assert x.continuation_ppm + sum(s.probability_ppm for s in x.stubs) == reach
        shares = [s.share_ppm for s in x.stubs]
        assert shares == sorted(shares, reverse=True)
        if reach:
            whole = sum(shares) + x.margin_ppm + shares[0]
            assert WHOLE_PPM - len(shares) - 1 <= whole <= WHOLE_PPM
        reach = x.continuation_ppm


def test_the_continuation_turns_as_the_road_does_over_20_m() -> None:
    """However short its links are: 6 m down, and on to the east."""
    picture = """
        A----B----C----D----K
                  |
                  F----H----L"""
    drawn = draw(picture, grid_m=3.0)
    pair = Pair(drawn, Open(horizon_length_m=100))
    pair.send(RouteEvent(tuple(drawn.links("ABCFHL"))))
    pair.drive(drawn.poses("AB", speed_mps=2.0)[:3])
    found = {x.offset_cm: x for x in junctions(pair.reconstructor, pair.root)}
    here = found[drawn.link("AB").length_cm + drawn.link("BC").length_cm]
    assert here.turn_angle_mrad == pytest.approx(-1000 * math.atan2(6.0, 14.0), abs=10)
    assert [x.turn_angle_mrad for x in here.stubs] == [pytest.approx(0, abs=2)]
