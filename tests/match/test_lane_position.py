"""In which lane: chances that follow the pose, never surer than pose and map allow."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.match.lane_position import LANE_SIGMA_OTHER_M, SIGMA_M_MAX, LanePosition
from mapprior.match.position import LaneCandidate, MatchCandidate
from mapprior.model.provenance import Basis
from tests.asciimap import Drawn, draw

WIDTH_M = 3.5


@pytest.fixture(scope="module")
def road() -> Drawn:
    """A motorway carriageway of three lanes, a street of one lane each way, a road without lanes."""
    return draw(
        """
        A-------B-------C-------D
        """,
        ways={
            "AB": {"oneway": True, "lanes": 3, "lane_width_m": WIDTH_M},
            "BC": {"lanes": 1, "lane_width_m": WIDTH_M},
            "CD": {},
        },
    )


def at(drawn: Drawn, link: str, lateral_m: float, sigma_m: float | None) -> tuple[LaneCandidate, ...]:
    place = MatchCandidate(drawn.link(link).link_id, 1000, lateral_m, 0.0, 1.0)
    return LanePosition(drawn.network).at(place, position_sigma_m=sigma_m)


def lefts(drawn: Drawn, link: str) -> list[float]:
    """Where the lanes' centres lie beside the link's line, from the map itself."""
    line = drawn.link(link).line
    lanes = drawn.network.lanes(drawn.link(link).link_id)
    assert lanes is not None
    found = []
    for lane in lanes.sections[0].lanes:
        x, y = line.frame.xy_m(lat_e7=lane.centre_line.lat_e7[0], lon_e7=lane.centre_line.lon_e7[0])
        found.append(line.project(x, y).lateral_m)
    return found


def test_a_pose_in_the_middle_of_a_lane_is_most_likely_in_it(road: Drawn) -> None:
    centres = lefts(road, "AB")
    assert len(centres) == 3 and centres == sorted(centres, reverse=True)  # lanes count from the left
    for index, left_m in enumerate(centres):
        found = at(road, "AB", left_m, 0.3)
        assert found[0].lane_index == index
        assert 0.6 < found[0].probability < 0.9  # the map itself is not better than this


def test_on_a_street_the_lane_is_the_one_of_the_own_direction(road: Drawn) -> None:
    for link in ("BC", "CB"):
        (lane,) = at(road, link, -1.75, 0.5)
        assert lane.lane_index == 0 and lane.probability > 0.9


@pytest.mark.parametrize("sigma_m", [None, SIGMA_M_MAX + 0.1, 10.0])
def test_a_poor_pose_says_nothing(road: Drawn, sigma_m: float | None) -> None:
    assert at(road, "AB", 0.0, sigma_m) == ()


def test_without_lanes_there_is_no_answer(road: Drawn) -> None:
    assert at(road, "CD", 0.0, 0.3) == ()


@given(lateral_m=st.floats(-30.0, 30.0), sigma_m=st.floats(0.01, SIGMA_M_MAX))
def test_chances_never_sum_to_more_than_one(road: Drawn, lateral_m: float, sigma_m: float) -> None:
    found = at(road, "AB", lateral_m, sigma_m)
    assert sum(x.probability for x in found) <= 1.0 + 1e-9
    permilles = [round(x.probability * 1000) for x in found]
    assert permilles == sorted(permilles, reverse=True)
    assert len({x.lane_id for x in found}) == len(found)


@given(lateral_m=st.floats(-5.0, 5.0))
def test_a_worse_pose_is_never_surer_of_its_best_lane(road: Drawn, lateral_m: float) -> None:
    best = [max(x.probability for x in at(road, "AB", lateral_m, s)) for s in (0.5, 1.0, 1.5, SIGMA_M_MAX)]
    middle = min(abs(lateral_m - x) for x in lefts(road, "AB"))
    if middle < 0.5:  # near a lane's middle; between two lanes more noise may favour the inner one
        assert all(b <= a + 1e-9 for a, b in pairwise(best))


@given(lateral_m=st.floats(-4.0, 4.0), sigma_m=st.floats(0.1, SIGMA_M_MAX))
def test_where_the_line_runs_is_not_said_no_lane_is_sure(lateral_m: float, sigma_m: float) -> None:
    unplaced = draw(
        "A-------B",
        ways={"AB": {"oneway": True, "lanes": 3, "lane_width_m": WIDTH_M, "lanes_basis": Basis.INFERRED}},
    )
    found = at(unplaced, "AB", lateral_m, sigma_m)
    assert len(found) == 3 and max(x.probability for x in found) < 0.7  # the lane that a path is chosen by needs 0.7


@given(lateral_m=st.floats(-4.0, 4.0), sigma_m=st.floats(0.1, SIGMA_M_MAX))
def test_the_chances_are_those_of_a_bell_curve(road: Drawn, lateral_m: float, sigma_m: float) -> None:
    """Against a sum of many thin strips."""
    spread_m = math.hypot(sigma_m, LANE_SIGMA_OTHER_M)
    strips = [(k + 0.5) / 100 - 30.0 for k in range(6000)]
    curve = [math.exp(-0.5 * ((x - lateral_m) / spread_m) ** 2) for x in strips]
    total = sum(curve)
    shares = {
        i: sum(c for x, c in zip(strips, curve, strict=True) if abs(x - left) < WIDTH_M / 2) / total
        for i, left in enumerate(lefts(road, "AB"))
    }
    inside = sum(shares.values())
    for x in at(road, "AB", lateral_m, sigma_m):
        assert x.probability == pytest.approx(shares[x.lane_index] / (inside + 0.05 * (1 - inside)), abs=0.01)


def test_a_lateral_far_outside_names_the_nearest_lane_first(road: Drawn) -> None:
    assert at(road, "AB", 7.0, 1.0)[0].lane_index == 0
    assert at(road, "AB", -7.0, 1.0)[0].lane_index == 2
