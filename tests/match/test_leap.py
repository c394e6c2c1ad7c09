"""From fix to fix, some seconds apart: which link, by how much of it is near, and by the drives that lead there."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mapprior.match.places import Sight, places_near
from mapprior.match.position import MatchResult
from mapprior.match.running import RunningMatch
from mapprior.model.ids import LinkId
from mapprior.model.link import RoadClass
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import START_TIME_US, Drawn, draw

BESIDE_SHORT = draw("A-------------------B-C-------------------D", grid_m=6.0)  # BC is 12 m
LONG = draw("A---------B---------C---------D---------E")
FORK = draw(
    """
          C
          |
    A-----B-----D
          |
          E
    """,
    grid_m=30.0,
    ways={"ABD": {"road_class": RoadClass.SECONDARY, "name": "High Street"}},
)


def fixes(
    drawn: Drawn, places: list[tuple[str, float]], *, step_sec: float = 15.0, sigma_m: float = 10.0
) -> list[Pose]:
    poses = []
    for k, (letters, s_m) in enumerate(places):
        lat_e7, lon_e7 = drawn.at(letters, s_m)
        time_us = START_TIME_US + round(k * step_sec * 1e6)
        poses.append(Pose(time_us, lat_e7, lon_e7, position_sigma_m=sigma_m))
    return poses


def follow(drawn: Drawn, poses: list[Pose], match: RunningMatch | None = None) -> list[MatchResult]:
    match = match or RunningMatch(drawn.network)
    return [match.step(pose) for pose in poses]


def chances(drawn: Drawn, result: MatchResult) -> dict[str, float]:
    by_id: dict[LinkId, str] = {link_id: letters for letters, link_id in drawn.link_ids.items()}
    return {by_id[x.link_id]: x.probability for x in result.candidates}


def share_near(drawn: Drawn, letters: str, fix_e7: tuple[float, float], sigma_m: float) -> float:
    link = drawn.link(letters)
    line = link.line
    at = line.project(*line.frame.xy_m(lat_e7=fix_e7[0], lon_e7=fix_e7[1]))
    places, _ = places_near(Sight(*fix_e7, sigma_m), link, at.s_m, 0.0)
    return float(np.exp(places.log_weight + places.cells.fit()).sum()) / math.sqrt(math.tau)


def test_how_much_of_what_is_near_lies_on_a_link() -> None:
    """A short link, or one that ends here, is as near as its neighbours and holds less of it."""
    fix_e7 = BESIDE_SHORT.at("BC", 6.0)
    before, short, after = (share_near(BESIDE_SHORT, x, fix_e7, 20.0) for x in ("AB", "BC", "CD"))
    assert before == pytest.approx(after, abs=0.01)
    assert short == pytest.approx(0.236, abs=0.01)  # within 0.3 sigmas of the middle
    assert share_near(LONG, "BC", LONG.at("BC", 50.0), 10.0) == pytest.approx(1.0, abs=0.01)


def test_on_a_straight_road_fixes_far_apart_are_followed_link_by_link() -> None:
    places = [("AB", 40.0), ("AB", 95.0), ("BC", 60.0), ("CD", 10.0), ("CD", 80.0), ("DE", 50.0)]
    results = follow(LONG, fixes(LONG, places, sigma_m=3.0))
    last = results[-1]
    assert last.state is MatchState.TRACKING
    assert max(chances(LONG, last), key=chances(LONG, last).__getitem__) == "DE"
    assert last.passed == (LONG.link("CD").link_id, LONG.link("DE").link_id)
    for result in results:
        assert 0.99 < sum(x.probability for x in result.candidates) <= 1.0 + 1e-9


def test_near_a_node_the_way_that_most_take_is_likelier() -> None:
    """One fix on each side of a junction, the later one at it: it tells no way from the others."""
    found = chances(FORK, follow(FORK, fixes(FORK, [("AB", 20.0), ("AB", 90.0), ("AB", 172.0), ("BD", 15.0)]))[-1])
    assert found["BD"] > 2.0 * max(found.get("BC", 0.0), found.get("BE", 0.0))


def test_a_route_makes_its_ways_likelier() -> None:
    places = [("AB", 20.0), ("AB", 90.0), ("AB", 172.0), ("BD", 8.0)]
    free = chances(FORK, follow(FORK, fixes(FORK, places))[-1])
    match = RunningMatch(FORK.network)
    match.set_route([FORK.link("AB").link_id, FORK.link("BC").link_id])
    led = chances(FORK, follow(FORK, fixes(FORK, places), match)[-1])
    assert led["BC"] > 1.5 * free["BC"]


def test_an_odometer_tells_how_far_the_leap_went() -> None:
    """The last fix is 40 m off along the road; what was driven is known."""
    poses = fixes(LONG, [("AB", 20.0), ("AB", 200.0), ("AB", 400.0), ("BC", 60.0)], sigma_m=20.0)
    told = [replace(p, travelled_m=x) for p, x in zip(poses, (0.0, 180.0, 380.0, 500.0), strict=True)]
    first = follow(LONG, told)[-1].candidates[0]
    assert first.link_id == LONG.link("BC").link_id
    assert 10.0 < first.link_offset_cm / 100 < 45.0


def test_an_odometer_that_is_all_wrong_moves_nothing() -> None:
    poses = fixes(LONG, [("AB", 20.0), ("AB", 200.0), ("AB", 400.0), ("BC", 250.0)], sigma_m=5.0)
    told = [replace(p, travelled_m=x) for p, x in zip(poses, (0.0, 180.0, 380.0, 390.0), strict=True)]
    first = follow(LONG, told)[-1].candidates[0]
    assert first.link_id == LONG.link("BC").link_id
    assert first.link_offset_cm / 100 == pytest.approx(250.0, abs=5.0)


def test_after_a_leap_poses_in_quick_succession_go_on_from_there() -> None:
    leaping = fixes(LONG, [("AB", 40.0), ("AB", 95.0), ("BC", 60.0)], sigma_m=3.0)
    soon = [
        replace(p, pose_time_us=leaping[-1].pose_time_us + 1_000_000 * (k + 1))
        for k, p in enumerate(fixes(LONG, [("BC", 60.0 + 8.0 * j) for j in range(1, 5)], sigma_m=3.0))
    ]
    for pose, result in zip(soon, follow(LONG, [*leaping, *soon])[3:], strict=True):
        assert result.state is MatchState.TRACKING
        assert result.candidates[0].link_id == LONG.link("BC").link_id
        assert result.candidates[0].link_offset_cm / 100 == pytest.approx(
            60.0 + 8.0 * (pose.pose_time_us - leaping[-1].pose_time_us) * 1e-6, abs=6.0
        )


def test_a_heading_tells_that_the_vehicle_turned_round_in_between() -> None:
    """Places alone say that it went on; the way back to the same place leads over the end of the road, far off."""
    poses = fixes(LONG, [("AB", 20.0), ("AB", 200.0), ("AB", 400.0), ("BC", 60.0)], sigma_m=3.0)
    for letters in ("BC", "CB"):
        heading_rad = LONG.link(letters).line.heading_at(0.0)
        seen = replace(poses[-1], heading_rad=heading_rad, heading_sigma_rad=0.05)
        first = follow(LONG, [*poses[:-1], seen])[-1].candidates[0]
        assert first.link_id == LONG.link(letters).link_id
        assert first.probability > 0.8
