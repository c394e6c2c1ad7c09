"""Through streets without fixes: which way was taken at a junction only a heading tells, and what is said follows."""

import math
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.geo.frame import distance_m
from mapprior.match.hypothesis import Hypothesis
from mapprior.match.position import MatchResult
from mapprior.match.running import RunningMatch
from mapprior.model.link import CarAccess, RoadClass
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import draw
from tests.bench.noisy_drives import Drive, drive, seen
from tests.match.networks import HELSINKI, MONACO, TOWN, drives, whole

FIXES_SEC, DRIVE_SEC = 40.0, 200.0


def blind(pose: Pose, *, scale: float, heading: bool) -> Pose:
    """What is left without fixes: an odometer that is off by a ratio, and the heading where there is one."""
    assert pose.travelled_m is not None
    told = replace(pose, lat_e7=None, lon_e7=None, speed_mps=None, travelled_m=pose.travelled_m * scale)
    return told if heading else replace(told, heading_rad=None)


def off_by_m(network: Network, result: MatchResult, course: Drive, k: int) -> tuple[float, float]:
    """(metres from where the vehicle is to the place named, its sigma)."""
    first = result.candidates[0]
    link = network.link(first.link_id)
    assert link is not None
    lat, lon = link.line.lat_lon_e7_at(first.link_offset_cm / 100)
    at = max(i for i, start_m in enumerate(course.starts_m) if start_m <= course.at_m[k])
    true_lat, true_lon = course.links[at].line.lat_lon_e7_at(course.at_m[k] - course.starts_m[at])
    return distance_m(lat_a_e7=lat, lon_a_e7=lon, lat_b_e7=true_lat, lon_b_e7=true_lon), first.offset_sigma_m


@pytest.mark.parametrize("market", [HELSINKI, MONACO], ids=["FI", "MC"])
@pytest.mark.parametrize("heading", [False, True])
def test_what_is_sure_is_where_it_is_said_and_no_street_is_off_the_road(market: Path, heading: bool) -> None:
    network, links = whole(market)
    open_links = [x for x in links if x.car_access is CarAccess.YES and x.road_class < RoadClass.SERVICE]
    sure = far = blind_count = 0
    for seed in range(6):
        course = drive(network, open_links, random.Random(seed), seconds=DRIVE_SEC, right_hand=True)
        match = RunningMatch(network)
        for i, pose in enumerate(seen(course, random.Random(seed), sigma_m=3.0, every=5)):
            if 0.5 * i < FIXES_SEC:
                match.step(pose)
                continue
            result = match.step(blind(pose, scale=1.0, heading=heading))
            assert result.state in (MatchState.TRACKING, MatchState.AMBIGUOUS)
            blind_count += 1
            if result.state is MatchState.TRACKING:
                metres, sigma_m = off_by_m(network, result, course, 5 * i)
                sure += 1
                far += metres > 3.0 * sigma_m + 1.0
    assert far <= 0.03 * sure  # a lap more or less of a roundabout, in one drive
    assert sure > (0.9 if heading else 0.03) * blind_count


@settings(max_examples=60, deadline=None)
@given(letters=drives(roads_max=12), scale=st.floats(0.99, 1.01), heading=st.booleans())
def test_a_drive_through_a_town_is_never_off_the_road(letters: str, scale: float, heading: bool) -> None:
    match = RunningMatch(TOWN.network)
    first_m = TOWN.link(letters[:2]).line.length_m
    for pose in TOWN.poses(letters, speed_mps=8.0, rate_hz=5.0):
        assert pose.travelled_m is not None
        has_fix = pose.travelled_m < 0.5 * first_m
        result = match.step(pose if has_fix else blind(pose, scale=scale, heading=heading))
        assert result.state in (MatchState.TRACKING, MatchState.AMBIGUOUS)


FORK = draw(
    """
    A----B----C----D
              |
              E
    """,
    grid_m=100.0,
)


def test_past_a_fork_without_fix_and_heading_it_is_not_sure() -> None:
    match = RunningMatch(FORK.network)
    states = []
    for pose in FORK.poses("ABC", speed_mps=10.0) + FORK.poses("ABCD", speed_mps=10.0)[-300:]:
        assert pose.travelled_m is not None
        has_fix = pose.travelled_m < 500.0
        states.append(match.step(pose if has_fix else blind(pose, scale=1.0, heading=False)).state)
    assert states[600] is MatchState.TRACKING  # between fixes and fork
    assert states[-1] is MatchState.AMBIGUOUS


WINDING = draw(
    """
    A---B   E---F
        |   |
        C---D
    """,
    grid_m=10.0,
)


@given(ahead_m=st.floats(0.0, 25.0), heading_rad=st.floats(-math.pi, math.pi), s_m=st.floats(0.0, 40.0))
def test_the_heading_that_fits_best_is_sought_all_along(ahead_m: float, heading_rad: float, s_m: float) -> None:
    """No place between is passed over."""
    link = WINDING.link("AB")
    chain = [WINDING.link(a + b) for a, b in pairwise("ABCDEF")]
    h = Hypothesis(link, s_m=s_m, heading_rad=0.0, weight=1.0, trail=(link.link_id,))
    for onward in chain[1:]:
        h = h.child(onward, weight=1.0)
    h.s_m = s_m
    best = math.cos(heading_rad - h.heading_within(heading_rad, ahead_m))
    before_m = sum(x.line.length_m for x in chain[:-1])
    last_m = before_m + chain[-1].line.length_m
    near = []
    for k in range(201):
        at_m = before_m + s_m - ahead_m + 2.0 * ahead_m * k / 200
        at_m = min(max(at_m, 0.0), last_m)
        start_m = 0.0
        for x in chain:
            if start_m + 1e-3 < at_m < start_m + x.line.length_m - 1e-3:  # at a node either may count
                near.append(math.cos(heading_rad - x.line.heading_at(at_m - start_m)))
            start_m += x.line.length_m
    assert best >= max(near, default=-1.0) - 1e-9
