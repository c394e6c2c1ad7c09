"""Which candidate is the first: the likeliest link, or one on the same way as that, which was named before.

Whatever is driven: along, at a creep, standing at a node. On a drawn town, and on the streets of Helsinki and Monaco.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mapprior.match.position import MatchResult
from mapprior.match.running import RunningMatch
from mapprior.match.verdict import NAMED_SHARE_MIN, WAITING_SHARE_MIN
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import Pose
from tests.asciimap import START_TIME_US
from tests.match.networks import HELSINKI, MONACO, TOWN, drives, whole

SIGMAS_M = st.sampled_from([1.0, 3.0, 5.0, 10.0, 20.0])


def check(match: RunningMatch, result: MatchResult, last: LinkId | None) -> None:
    first, *others = result.candidates
    assert [x.probability for x in others] == sorted((x.probability for x in others), reverse=True)
    top = max(result.candidates, key=lambda x: x.probability)
    if first.probability >= top.probability - 1e-9:
        return
    assert first.link_id == last, "another one than the likeliest is not named anew"
    on_both = [h.trail for h in match.hypotheses if first.link_id in h.trail and top.link_id in h.trail]
    assert on_both, "the likeliest is on the same way"
    goes_on = any(first.link_id in trail[: _last(trail, top.link_id)] for trail in on_both)
    least = WAITING_SHARE_MIN if goes_on else NAMED_SHARE_MIN
    assert first.probability >= least * top.probability - 1e-9


def _last(trail: Sequence[LinkId], link_id: LinkId) -> int:
    return len(trail) - 1 - trail[::-1].index(link_id)


def follow(network: Network, poses: Iterable[Pose]) -> None:
    match = RunningMatch(network)
    last: LinkId | None = None
    for pose in poses:
        result = match.step(pose)
        if result.candidates:
            check(match, result, last)
        last = result.candidates[0].link_id if result.candidates else None


def without_motion(pose: Pose) -> Pose:
    return Pose(pose.pose_time_us, pose.lat_e7, pose.lon_e7, position_sigma_m=pose.position_sigma_m)


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    letters=drives(roads_max=4),
    sigma_m=SIGMAS_M,
    rate_hz=st.sampled_from([1.0, 5.0, 10.0]),
    speed_mps=st.sampled_from([1.0, 4.0, 15.0]),
    tells_motion=st.booleans(),
    seed=st.integers(0, 999),
)
@example(letters="BCFJL", sigma_m=3.0, rate_hz=10.0, speed_mps=4.0, tells_motion=False, seed=1)
def test_the_first_is_the_likeliest_or_on_its_way(
    letters: str, sigma_m: float, rate_hz: float, speed_mps: float, tells_motion: bool, seed: int
) -> None:
    poses = TOWN.poses(letters, sigma_m=sigma_m, rate_hz=rate_hz, speed_mps=speed_mps, seed=seed)[:600]
    if not tells_motion:
        poses = [without_motion(x) for x in poses]
    follow(TOWN.network, poses)


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    node=st.sampled_from("ABCEFGIJ"),
    sigma_m=SIGMAS_M,
    error_m=st.floats(0.5, 10.0),
    interval_ms=st.sampled_from([100, 200, 1000]),
    seed=st.integers(0, 999),
)
def test_so_it_is_for_who_stands_at_a_node(
    node: str, sigma_m: float, error_m: float, interval_ms: int, seed: int
) -> None:
    follow(TOWN.network, standing(*TOWN.position(node), sigma_m, error_m, interval_ms, random.Random(seed)))


def standing(
    lat_e7: float, lon_e7: float, sigma_m: float, error_m: float, interval_ms: int, rng: random.Random
) -> list[Pose]:
    """Fixes of a vehicle that has stood here from the first on."""
    per_m = 1e7 / 111_320.0
    return [
        Pose(
            START_TIME_US + k * interval_ms * 1000,
            lat_e7 + rng.gauss(0.0, error_m) * per_m,
            lon_e7 + rng.gauss(0.0, error_m) * per_m,
            None,
            0.0,
            sigma_m,
            travelled_m=0.0,
        )
        for k in range(60)
    ]


@pytest.mark.parametrize("market", [HELSINKI, MONACO], ids=["Helsinki", "Monaco"])
def test_so_it_is_on_real_streets(market: Path) -> None:
    network, links = whole(market)
    rng = random.Random(3)
    for sigma_m in (3.0, 5.0, 10.0, 20.0):
        for interval_ms in (100, 1000):
            for link in rng.sample(list(links), 6):
                frame, (x_m, y_m) = link.line.frame, link.line.xy_at(link.line.length_m)
                lat_e7, lon_e7 = frame.lat0_e7 + y_m / frame.north_m_per_e7, frame.lon0_e7 + x_m / frame.east_m_per_e7
                follow(network, standing(lat_e7, lon_e7, sigma_m, 0.7 * sigma_m, interval_ms, rng))
                follow(network, over_the_end(network, link, sigma_m, interval_ms, rng))


def over_the_end(network: Network, link: Link, sigma_m: float, interval_ms: int, rng: random.Random) -> list[Pose]:
    """A vehicle that creeps from this link onto the next; only its fixes are known."""
    onward = [x for i in network.links_from(link.end_node) or () if (x := network.link(i)) is not None]
    after = rng.choice(onward) if onward else link
    poses: list[Pose] = []
    length_m, step_m = link.line.length_m, 1.5 * interval_ms * 1e-3
    at_m = max(0.0, length_m - 20.0)
    while at_m < length_m + min(20.0, after.line.length_m):
        line, s_m = (link.line, at_m) if at_m < length_m else (after.line, at_m - length_m)
        (x_m, y_m), frame = line.xy_at(s_m), line.frame
        here = frame.lat0_e7 + y_m / frame.north_m_per_e7, frame.lon0_e7 + x_m / frame.east_m_per_e7
        pose = standing(*here, sigma_m, 0.7 * sigma_m, interval_ms, rng)[0]
        poses.append(without_motion(replace(pose, pose_time_us=START_TIME_US + len(poses) * interval_ms * 1000)))
        at_m += step_m
    return poses
