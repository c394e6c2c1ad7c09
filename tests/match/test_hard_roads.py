"""Where roads are hard: side by side, one over another, round, left and found again; and where fixes are bad or rare.

The noise here drifts, as a receiver's does: most of the error of a fix is the error of the fix before.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from mapprior.match.motion import Motion
from mapprior.match.position import MatchResult
from mapprior.match.running import RunningMatch
from mapprior.match.settings import MatchSettings
from mapprior.match.trace import match_trace
from mapprior.match.turns import next_links
from mapprior.match.verdict import JUMPED
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import Drawn, draw
from tests.match.networks import NAMES, TOWN, truth

LONG_DRIVE = "ABEFCDGFJKGDCBAHIEBCFJLJI"
METRE_E7 = 90.0  # 1 m, about


def drifting(poses: Sequence[Pose], sigma_m: float, seed: int, drift_sec: float = 20.0) -> list[Pose]:
    """The same poses with an error of which nine tenths of the variance drift."""
    rng = random.Random(seed)
    drift = [rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)]
    seen: list[Pose] = []
    for k, pose in enumerate(poses):
        if k:
            keep = math.exp((poses[k - 1].pose_time_us - pose.pose_time_us) * 1e-6 / drift_sec)
            drift = [keep * d + math.sqrt(1.0 - keep * keep) * rng.gauss(0.0, 1.0) for d in drift]
        assert pose.lat_e7 is not None and pose.lon_e7 is not None
        north, east = (sigma_m * (math.sqrt(0.9) * d + math.sqrt(0.1) * rng.gauss(0.0, 1.0)) for d in drift)
        scale = math.cos(math.radians(pose.lat_e7 * 1e-7))
        seen.append(
            replace(
                pose,
                lat_e7=pose.lat_e7 + METRE_E7 * north,
                lon_e7=pose.lon_e7 + METRE_E7 * east / scale,
                position_sigma_m=max(1.0, sigma_m),
            )
        )
    return seen


def positions_only(poses: Sequence[Pose]) -> list[Pose]:
    return [Pose(p.pose_time_us, p.lat_e7, p.lon_e7, position_sigma_m=p.position_sigma_m) for p in poses]


def follow(drawn: Drawn, poses: Sequence[Pose], match: RunningMatch | None = None) -> list[MatchResult]:
    match = match or RunningMatch(drawn.network)
    return [match.step(pose) for pose in poses]


def roads(drawn: Drawn, results: Sequence[MatchResult]) -> list[str]:
    names = {link_id: letters for letters, link_id in drawn.link_ids.items()}
    return [names[r.candidates[0].link_id] if r.candidates else "" for r in results]


def right_share(letters: str, poses: Sequence[Pose], exact: Sequence[Pose], results: Sequence[MatchResult]) -> float:
    right = sum(
        bool(r.candidates) and NAMES[r.candidates[0].link_id] == truth(TOWN, letters, p)[0]
        for p, r in zip(exact, results, strict=True)
    )
    return right / len(poses)


# --- side by side

CARRIAGEWAYS = draw(
    """
    A------------------------------B
    D------------------------------C
    """,
    grid_m=20.0,
    ways={
        "AB": {"oneway": True, "road_class": RoadClass.TRUNK},
        "CD": {"oneway": True, "road_class": RoadClass.TRUNK},
    },
)


@pytest.mark.parametrize("letters", ["AB", "CD"])
@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_on_the_carriageway_that_runs_the_other_way(letters: str, seed: int) -> None:
    """Also where only positions tell, nearer to the other one at times: nobody drives it backwards."""
    poses = drifting(CARRIAGEWAYS.poses(letters), 8.0, seed)
    for given in (poses, positions_only(poses)):
        assert set(roads(CARRIAGEWAYS, follow(CARRIAGEWAYS, given))[60:]) == {letters}


FRONTAGE = draw(
    """
    A----B--------------------------C----D
          \\
           E------------------------F
    """,
    grid_m=20.0,
    ways={
        "ABCD": {"oneway": True, "road_class": RoadClass.TRUNK},
        "BE": {"oneway": True, "form_of_way": FormOfWay.SLIP_ROAD},
        "EF": {"oneway": True, "road_class": RoadClass.TERTIARY},
    },
)


@pytest.mark.parametrize("seed", range(4))
def test_a_frontage_road_does_not_draw_traffic_off_the_road_beside_it(seed: int) -> None:
    """The road is known from before the fork; a drift of one sigma and more is no reason to leave it."""
    poses = drifting(FRONTAGE.poses("ABCD", speed_mps=20.0), 5.0, seed)
    found = roads(FRONTAGE, follow(FRONTAGE, poses))
    beside = [x for x in found if x not in ("AB", "BC", "CD")]
    assert len(beside) < 0.1 * len(found)


def test_one_road_over_another_is_kept() -> None:
    """Where the vehicle came onto it tells which of the two it is on, though fixes come to lie nearer to the other."""
    drawn = draw(
        """
                       N--------------------------------M
        W-----------------------------------------------E
        """,
        grid_m=6.0,
        ways={"NM": {"bridge": True, "level": 1, "oneway": True}, "WE": {"oneway": True}},
    )
    ahead = drawn.poses("WE", speed_mps=10.0)
    aside = [replace(p, lat_e7=(p.lat_e7 or 0.0) + METRE_E7 * min(4.0, k * 0.03)) for k, p in enumerate(ahead)]
    for given in (aside, positions_only(aside)):
        assert set(roads(drawn, follow(drawn, given))[5:]) == {"WE"}


# --- round

ROUNDABOUT = draw(
    """
              N
              |
              |
            --P--
           /     \\
    W-----Q       R-----E
           \\     /
            --S--
              |
              |
              T
    """,
    grid_m=12.0,
    ways={
        "PQ": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT},
        "QS": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT},
        "SR": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT},
        "RP": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT},
    },
)


@pytest.mark.parametrize("letters", ["WQSRE", "WQSRPN", "TSRPQW", "NPQSRE", "WQST"])
@pytest.mark.parametrize("seed", range(3))
def test_a_roundabout_is_left_where_the_vehicle_leaves_it(letters: str, seed: int) -> None:
    poses = drifting(ROUNDABOUT.poses(letters, speed_mps=7.0), 2.0, seed)
    results = follow(ROUNDABOUT, poses)
    assert roads(ROUNDABOUT, results)[-1] == letters[-2:]
    driven = [NAME[x] for x in match_trace(ROUNDABOUT.network, poses).links]
    assert driven == [a + b for a, b in pairwise(letters)]


NAME = {link_id: letters for letters, link_id in ROUNDABOUT.link_ids.items()}


# --- left and found again


def off_and_back() -> tuple[list[Pose], range]:
    """Along A-B, into a car park 150 m beside the road, round in it, and back onto the road; and when it was off."""
    drawn = TOWN
    there = drawn.poses("HI", speed_mps=10.0)[:60]
    last = there[-1]
    at_m = last.travelled_m or 0.0
    off = []
    for k in range(1, 600):
        if k <= 150:
            along, aside, heading = 0.0, -1.0 * k, -math.pi / 2
        elif k < 450:
            turn = (k - 150) / 300 * math.tau
            along, aside = 30.0 * math.sin(turn), -150.0 - 30.0 * (1.0 - math.cos(turn))
            heading = -math.pi / 2 + turn
        else:
            along, aside, heading = 0.0, -1.0 * (600 - k), math.pi / 2
        lat, lon = drawn.at("HI", at_m + along, lateral_m=aside)
        off.append(
            replace(
                last,
                pose_time_us=last.pose_time_us + 100_000 * k,
                lat_e7=lat,
                lon_e7=lon,
                heading_rad=math.remainder(heading, math.tau),
                speed_mps=10.0,
                travelled_m=at_m + 1.0 * k,
            )
        )
    later = off[-1]
    on = [
        replace(
            p,
            pose_time_us=later.pose_time_us + 100_000 * (i + 1),
            travelled_m=(later.travelled_m or 0.0) + (p.travelled_m or 0.0) - at_m,
        )
        for i, p in enumerate(drawn.poses("HI", speed_mps=10.0)[60:])
    ]
    return [*there, *off, *on], range(len(there) + 100, len(there) + 500)


def test_a_car_park_is_off_the_road_and_the_road_is_found_again() -> None:
    poses, off = off_and_back()
    results = follow(TOWN, poses)
    assert {results[k].state for k in off} == {MatchState.OFF_ROAD}
    assert results[-1].state is MatchState.TRACKING
    assert NAMES[results[-5].candidates[0].link_id] == "HI"  # some metres before its end
    whole = match_trace(TOWN.network, poses).results
    share_off = sum(whole[k].state is MatchState.OFF_ROAD for k in off) / len(off)
    assert share_off > 0.8


@pytest.mark.parametrize("silence_sec", [90, 2400])
def test_after_a_ferry_the_road_on_the_other_shore_is_found_at_once(silence_sec: int) -> None:
    before = TOWN.poses("AB")[:80]
    after = TOWN.poses("JK", start_time_us=before[-1].pose_time_us + silence_sec * 1_000_000)[20:60]
    results = follow(TOWN, [*before, *after])
    assert roads(TOWN, results)[82] == "JK"
    assert results[90].state is MatchState.TRACKING
    assert results[80].passed == (), "nothing joins the shores"


# --- fixes that are bad, rare, or many


def test_fifty_poses_a_second_are_as_good_as_ten() -> None:
    exact = TOWN.poses(LONG_DRIVE, rate_hz=50.0)
    poses = drifting(exact, 4.0, 5)
    assert right_share(LONG_DRIVE, poses, exact, follow(TOWN, poses)) > 0.96
    bare = positions_only(poses)
    assert right_share(LONG_DRIVE, bare, exact, follow(TOWN, bare)) > 0.94


@pytest.mark.parametrize(("sigma_m", "least"), [(1.0, 0.98), (10.0, 0.93), (20.0, 0.85), (30.0, 0.75)])
def test_a_bad_receiver_costs_what_it_must(sigma_m: float, least: float) -> None:
    exact = TOWN.poses(LONG_DRIVE)
    shares = []
    for seed in range(3):
        poses = drifting(exact, sigma_m, seed)
        shares.append(right_share(LONG_DRIVE, poses, exact, follow(TOWN, poses)))
    assert sum(shares) / len(shares) > least


@pytest.mark.parametrize("seed", range(3))
def test_a_taxi_that_tells_its_place_every_fifteen_seconds_is_followed(seed: int) -> None:
    exact = TOWN.poses(LONG_DRIVE, speed_mps=8.0, rate_hz=1.0 / 15.0)
    poses = drifting(exact, 4.0, seed)
    results = follow(TOWN, positions_only(poses))
    assert right_share(LONG_DRIVE, poses, exact, results) > 0.8
    for result in results:  # what is said to have been passed can be driven
        for a, b in pairwise(result.passed):
            assert b in (next_links(TOWN.network, [a]) or ())


BLOCKS = draw(
    """
    A---B---C---D---E---F
    |   |   |   |   |   |
    |   |   |   |   |   |
    G---H---I---J---K---L
    |   |   |   |   |   |
    |   |   |   |   |   |
    M---N---O---P---Q---R
    |   |   |   |   |   |
    |   |   |   |   |   |
    S---T---U---V---W---X
    """,
    grid_m=20.0,
)


def test_between_rare_fixes_the_way_over_several_blocks_is_found() -> None:
    """Blocks of 80 m, 180 m between fixes that tell a place only."""
    letters = "ABCDJKLRQPVUTSMGHIOUVWXRLFEDCIHNTUOPJK"
    exact = BLOCKS.poses(letters, speed_mps=12.0, rate_hz=1.0 / 15.0)
    there = [truth(BLOCKS, letters, p) for p in exact]
    right: list[bool] = []
    for seed in range(6):
        found = roads(BLOCKS, follow(BLOCKS, positions_only(drifting(exact, 4.0, seed))))
        right += [x == road for x, (road, _, to_node_m) in zip(found, there, strict=True) if to_node_m > 10.0]
    assert sum(right) > 0.8 * len(right)


def test_standing_still_under_a_drifting_receiver_goes_nowhere() -> None:
    driven = TOWN.poses("AB")[:100]
    last = driven[-1]
    still = [
        replace(last, pose_time_us=last.pose_time_us + 100_000 * (k + 1), speed_mps=0.0, heading_rad=0.1 * k % 3.0)
        for k in range(600)
    ]
    results = follow(TOWN, drifting([*driven, *still], 6.0, 3))[100:]
    assert {NAMES[r.candidates[0].link_id] for r in results} == {"AB"}
    offsets = [r.candidates[0].link_offset_cm for r in results]
    assert max(offsets) - min(offsets) < 1_000


# --- how sure


def test_what_it_says_of_its_error_is_about_right() -> None:
    """Of the offsets, two in three within one sigma and nearly all within three: neither shy nor boastful."""
    within = {1.0: 0, 3.0: 0}
    count = 0
    for seed in range(6):
        exact = TOWN.poses(LONG_DRIVE)
        for pose, result in zip(exact, follow(TOWN, drifting(exact, 6.0, seed)), strict=True):
            road, offset_m, _ = truth(TOWN, LONG_DRIVE, pose)
            if not result.candidates or NAMES[result.candidates[0].link_id] != road:
                continue
            best = result.candidates[0]
            count += 1
            for sigmas in within:
                within[sigmas] += abs(best.link_offset_cm / 100 - offset_m) <= sigmas * best.offset_sigma_m
            assert best.lateral_sigma_m == pytest.approx(math.hypot(6.0, 3.0))
    assert 0.5 * count < within[1.0] and 0.95 * count < within[3.0]


def test_without_fixes_it_knows_less_and_less() -> None:
    poses = [
        replace(p, lat_e7=None, lon_e7=None, position_sigma_m=None) if k > 60 else p
        for k, p in enumerate(TOWN.poses("HI"))
    ]
    sigmas = [r.candidates[0].offset_sigma_m for r in follow(TOWN, poses)[60:]]
    assert all(b > a for a, b in pairwise(sigmas))
    assert {r.candidates[0].lateral_sigma_m for r in follow(TOWN, poses)[61:]} == {0.0}


@pytest.mark.parametrize("count", [60, 61])  # not every position is weighed: a jump at either
def test_positions_in_quick_succession_show_a_jump_at_once(count: int) -> None:
    before, after = TOWN.poses("ABCD"), TOWN.poses("HIJK")[20:40]
    later_us = before[count - 1].pose_time_us + 100_000 - after[0].pose_time_us
    moved = [replace(pose, pose_time_us=pose.pose_time_us + later_us) for pose in after]
    results = follow(TOWN, positions_only([*before[:count], *moved]))
    assert set(roads(TOWN, results[count - 10 : count])) == {"AB"}
    assert results[count].reason == JUMPED
    assert set(roads(TOWN, results[count + 2 :])) == {"HI"}


ALONGSIDE = draw(
    """
    A----------------------------------------B
                        C--------------------D
    """,
    grid_m=15.0,
)


@pytest.mark.parametrize("rate_hz", [10, 20, 50])
def test_a_road_that_begins_alongside_is_looked_for_however_often_positions_come(rate_hz: int) -> None:
    """Nothing joins it to the road before, and both fit: only the search every 40 m can find it."""
    before = [p for p in ALONGSIDE.poses("AB", rate_hz=rate_hz, speed_mps=10.0) if (p.travelled_m or 0.0) < 300.0]
    after = ALONGSIDE.poses("CD", rate_hz=rate_hz, speed_mps=10.0)
    later_us = before[-1].pose_time_us + 1_000_000 // rate_hz - after[0].pose_time_us
    poses = [*before, *(replace(p, pose_time_us=p.pose_time_us + later_us) for p in after)]
    seen = roads(ALONGSIDE, follow(ALONGSIDE, positions_only([replace(p, position_sigma_m=6.0) for p in poses])))
    assert set(seen[len(before) + 10 * rate_hz :]) == {"CD"}


def test_what_was_driven_since_a_fix_counts_over_those_that_were_not_weighed() -> None:
    motion = Motion(MatchSettings())
    for k, pose in enumerate(positions_only(TOWN.poses("AB", rate_hz=50.0, speed_mps=10.0))[:60]):
        motion.advance(pose, 1.0)
        if k < 50:
            motion.fix_used()
    assert motion.since_fix_m == pytest.approx(10 * 0.2, abs=0.02)


def test_the_distance_beside_the_road_is_that_of_the_newest_fix() -> None:
    """Also of one that says nothing new of the place along it and is not weighed."""
    line = TOWN.link("AB").line
    poses = []
    for k, pose in enumerate(positions_only(TOWN.poses("AB", rate_hz=10.0, speed_mps=10.0))[:80]):
        assert pose.lat_e7 is not None
        north_m = 2.0 * math.sin(0.7 * k)  # the road runs east
        poses.append(replace(pose, lat_e7=pose.lat_e7 + north_m / line.frame.north_m_per_e7, position_sigma_m=5.0))
    settled = list(zip(poses, follow(TOWN, poses), strict=True))[20:]  # before, the direction is not known
    for pose, result in settled:
        assert pose.lat_e7 is not None and pose.lon_e7 is not None
        beside = line.project(*line.frame.xy_m(lat_e7=pose.lat_e7, lon_e7=pose.lon_e7))
        assert result.candidates[0].lateral_m == pytest.approx(beside.lateral_m, abs=0.05)
