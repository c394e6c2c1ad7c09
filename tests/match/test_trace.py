"""Matching a whole recorded drive."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapprior.match.trace import match_trace
from mapprior.match.turns import next_links
from mapprior.match.verdict import NO_FIX, TILES_NOT_LOADED
from mapprior.model.link import RoadClass
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import START_TIME_US, draw
from tests.match.networks import NAMES, TOWN, drives, truth


def positions_only(poses: list[Pose]) -> list[Pose]:
    return [Pose(p.pose_time_us, p.lat_e7, p.lon_e7, position_sigma_m=p.position_sigma_m) for p in poses]


@settings(max_examples=25, deadline=None)
@given(
    letters=drives(), sigma_m=st.floats(0.0, 6.0), rate_hz=st.sampled_from([0.2, 1.0, 10.0]), seed=st.integers(0, 99)
)
def test_the_links_are_those_driven(letters: str, sigma_m: float, rate_hz: float, seed: int) -> None:
    poses = TOWN.poses(letters, sigma_m=sigma_m, rate_hz=rate_hz, seed=seed)
    found = match_trace(TOWN.network, poses)
    assert len(found.results) == len(poses)
    driven = TOWN.links(letters)
    # Whether a first or last few metres at a node were driven, noise may hide.
    inner = [NAMES[x] for x in driven[1:-1]]
    links = "".join(NAMES[x][0] for x in found.links) + NAMES[found.links[-1]][1]
    assert "".join(x[0] for x in inner) in links
    for a, b in pairwise(found.links):
        assert b in (next_links(TOWN.network, [a]) or ())


@settings(max_examples=15, deadline=None)
@given(letters=drives(), seed=st.integers(0, 99), rate_hz=st.sampled_from([1.0, 5.0]))
@example(letters="BAHI", seed=8, rate_hz=5.0)
def test_results_fit_the_links(letters: str, seed: int, rate_hz: float) -> None:
    poses = TOWN.poses(letters, sigma_m=4.0, seed=seed, rate_hz=rate_hz)
    found = match_trace(TOWN.network, poses)
    last = 0
    passed: list[int] = []
    for result in found.results:
        assert sum(c.probability for c in result.candidates) <= 1.0 + 1e-9
        if result.passed:
            assert result.passed[0] == last and result.passed[-1] == result.candidates[0].link_id
            passed += result.passed[1:]
        elif result.candidates and result.candidates[0].link_id != last:  # a piece may begin on the link of the last
            passed.append(result.candidates[0].link_id)
        last = result.candidates[0].link_id if result.candidates else 0
    assert tuple(passed) == found.links


@pytest.mark.parametrize("rate_hz", [1.0, 10.0])
@pytest.mark.parametrize("sigma_m", [3.0, 8.0])
def test_noise_costs_little(rate_hz: float, sigma_m: float) -> None:
    letters = "ABEFCDGFJKGDCBAHIEBCFJLJI"
    poses = TOWN.poses(letters, sigma_m=sigma_m, rate_hz=rate_hz, seed=5)
    found = match_trace(TOWN.network, poses)
    right = sum(
        NAMES[r.candidates[0].link_id] == truth(TOWN, letters, p)[0]
        for p, r in zip(poses, found.results, strict=True)
        if r.candidates
    )
    # By link and pose; without the smoothing along the links it is four in a hundred fewer.
    assert right > (0.98 if rate_hz > 1.0 else 0.96) * len(poses)


def test_positions_alone_are_enough() -> None:
    letters = "ABEFCDGFJKGDCBAHIEBCFJLJI"
    found = match_trace(TOWN.network, positions_only(TOWN.poses(letters, sigma_m=3.0, rate_hz=0.3, seed=1)))
    assert [NAMES[x] for x in found.links] == [a + b for a, b in pairwise(letters)]


def test_fixes_lost_in_between_are_filled() -> None:
    letters = "ABCFEIJ"
    poses = TOWN.poses(letters)
    lossy = [replace(p, lat_e7=None, lon_e7=None) if 100 < k < 250 else p for k, p in enumerate(poses)]
    found = match_trace(TOWN.network, lossy)
    assert [NAMES[x] for x in found.links] == [a + b for a, b in pairwise(letters)]
    for pose, result in zip(poses[101:250], found.results[101:250], strict=True):
        expected, _, to_node_m = truth(TOWN, letters, pose)
        assert result.extrapolated
        assert to_node_m < 15.0 or NAMES[result.candidates[0].link_id] == expected


@pytest.mark.parametrize("seed", [1, 3, 11])
def test_who_waits_at_a_dead_end_is_followed_out_of_it(seed: int) -> None:
    """Noise turns the vehicle round while it waits: both ways are followed, and only one of them was driven."""
    rng, frame = random.Random(seed), TOWN.link("JL").line.frame
    there, back = TOWN.poses("EFJL", rate_hz=1.0)[:-1], TOWN.poses("LJK", rate_hz=1.0)[1:]
    exact = [*there, *there[-1:] * 30, *back]
    poses: list[Pose] = []
    for k, pose in enumerate(exact):
        assert pose.lat_e7 is not None and pose.lon_e7 is not None
        lat_e7 = pose.lat_e7 + rng.gauss(0.0, 3.0) / frame.north_m_per_e7
        lon_e7 = pose.lon_e7 + rng.gauss(0.0, 3.0) / frame.east_m_per_e7
        poses.append(Pose(START_TIME_US + k * 1_000_000, lat_e7, lon_e7, position_sigma_m=3.0))
    found = match_trace(TOWN.network, poses)
    assert [NAMES[x] for x in found.links] == ["EF", "FJ", "JL", "LJ", "JK"]
    for pose, result in zip(exact[-12:], found.results[-12:], strict=True):
        line = TOWN.link(NAMES[result.candidates[0].link_id]).line
        lat_e7, lon_e7 = line.lat_lon_e7_at(result.candidates[0].link_offset_cm * 1e-2)
        assert pose.lat_e7 == pytest.approx(lat_e7, abs=1000) and pose.lon_e7 == pytest.approx(lon_e7, abs=1000)


def test_a_jump_breaks_the_drive_in_two() -> None:
    first, second = TOWN.poses("AB"), TOWN.poses("JK")[5:]
    later = [
        replace(p, pose_time_us=p.pose_time_us + 3_600_000_000, travelled_m=(p.travelled_m or 0.0) + 1e5)
        for p in second
    ]
    found = match_trace(TOWN.network, [*first, *later])
    assert [NAMES[x] for x in found.links] == ["AB", "JK"]
    assert [not r.passed for r in found.results].count(True) == 2


def test_empty_and_blind_drives() -> None:
    assert match_trace(TOWN.network, []).results == ()
    blind = match_trace(TOWN.network, [Pose(START_TIME_US), Pose(START_TIME_US + 1)])
    assert [(r.state, r.reason) for r in blind.results] == [(MatchState.WAITING, NO_FIX)] * 2
    assert blind.links == ()


def test_off_the_road_and_off_the_map() -> None:
    (far,) = match_trace(TOWN.network, [Pose(START_TIME_US, 100_000_000.0, 100_000_000.0)]).results
    assert far.state is MatchState.NO_COVERAGE
    lat, lon = TOWN.at("HI", 60.0, lateral_m=-220.0)
    (beside,) = match_trace(TOWN.network, [Pose(START_TIME_US, lat, lon)]).results
    assert beside.state is MatchState.OFF_ROAD
    (missing,) = match_trace(TOWN.empty_network(), TOWN.poses("AB")[:1]).results
    assert (missing.state, missing.reason) == (MatchState.WAITING, TILES_NOT_LOADED)


def test_a_fix_far_from_the_way_is_never_sure() -> None:
    drawn = draw("A----B----C----D", ways={"ABCD": {"road_class": RoadClass.PRIMARY}})
    poses = drawn.poses("ABCD", rate_hz=0.5)
    middle = len(poses) // 2
    lat_e7 = poses[middle].lat_e7
    assert lat_e7 is not None
    poses[middle] = replace(poses[middle], lat_e7=lat_e7 + 300_000.0)  # 3.3 km aside for one fix
    for pose, result in zip(poses, match_trace(drawn.network, poses).results, strict=True):
        if result.state is MatchState.TRACKING and pose.lat_e7 is not None:
            assert abs(result.candidates[0].lateral_m) < 100.0
