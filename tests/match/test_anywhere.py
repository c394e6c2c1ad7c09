"""Poses of any kind near streets: the running match always has an answer, and it is one that can be."""

import math
import random
from collections.abc import Sequence

import pytest

from mapprior.match.running import RunningMatch
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import START_TIME_US
from tests.match.networks import HELSINKI, whole

PLACED = (MatchState.TRACKING, MatchState.AMBIGUOUS)


@pytest.fixture(scope="module")
def city() -> tuple[Network, Sequence[Link]]:
    return whole(HELSINKI)


def pose_beside(
    link: Link,
    ahead_m: float,
    left_m: float,
    turn_rad: float,
    k: int,
    *,
    step_ms: int,
    speed_mps: float,
    sigma_m: float,
) -> Pose:
    """`ahead_m` from the middle of a link along a line that leaves it by `turn_rad`, and `left_m` beside."""
    middle_m = link.line.length_m / 2
    (x_m, y_m), frame = link.line.xy_at(middle_m), link.line.frame
    heading_rad = link.line.heading_at(middle_m) + turn_rad
    x_m += ahead_m * math.cos(heading_rad) - left_m * math.sin(heading_rad)
    y_m += ahead_m * math.sin(heading_rad) + left_m * math.cos(heading_rad)
    return Pose(
        START_TIME_US + k * step_ms * 1000,
        frame.lat0_e7 + y_m / frame.north_m_per_e7,
        frame.lon0_e7 + x_m / frame.east_m_per_e7,
        math.remainder(heading_rad, math.tau),
        speed_mps,
        sigma_m,
    )


def test_a_first_pose_beside_streets_is_answered(city: tuple[Network, Sequence[Link]]) -> None:
    """Also where all roads near fit so badly that none is worth keeping."""
    network, links = city
    rng = random.Random(3)
    off_count = 0
    for _ in range(1500):
        link, turn_rad = rng.choice(links), rng.uniform(-math.pi, math.pi)
        pose = pose_beside(
            link,
            0.0,
            rng.uniform(-40, 40),
            turn_rad,
            0,
            step_ms=100,
            speed_mps=8.0,
            sigma_m=rng.choice((2.0, 3.0, 5.0)),
        )
        result = RunningMatch(network).step(pose)
        assert (result.state in PLACED) <= bool(result.candidates)
        off_count += result.state is MatchState.OFF_ROAD
    assert 0 < off_count < 1500


@pytest.mark.parametrize("step_ms", [100, 500])
def test_a_drive_that_leaves_the_road_goes_on(city: tuple[Network, Sequence[Link]], step_ms: int) -> None:
    network, links = city
    rng = random.Random(8)
    for _ in range(60):
        link, match = rng.choice(links), RunningMatch(network)
        turn_rad = rng.choice((-1, 1)) * math.radians(rng.uniform(20, 90))
        for k in range(60_000 // step_ms // 2):
            ahead_m = 4.0 * k * step_ms / 1000
            pose = pose_beside(link, ahead_m, rng.gauss(0, 1), turn_rad, k, step_ms=step_ms, speed_mps=4.0, sigma_m=3.0)
            result = match.step(pose)
            assert (result.state in PLACED) <= bool(result.candidates)
