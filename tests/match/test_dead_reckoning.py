"""Without fixes a vehicle goes by its odometer or its speed, which are wrong in the same way all along."""

from dataclasses import replace

import pytest

from mapprior.match.hypothesis import TRAIL_LINKS_COUNT_MAX, Hypothesis
from mapprior.match.motion import Motion
from mapprior.match.position import MatchCandidate
from mapprior.match.running import RunningMatch
from mapprior.match.settings import MatchSettings
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import draw

TUNNEL = draw("A---B---C---D---E---F---G---H", grid_m=200.0, ways={"BCDEFGH": {"tunnel": True}})
LETTERS = "ABCDEFGH"
LINK_M = 800.0
LAST_FIX_M = 700.0
SPEED_MPS = 25.0


def blind(pose: Pose, *, odometer: bool, scale: float) -> Pose:
    """The pose as the vehicle tells it: no fix past the last one, and a distance or speed that is off by a ratio."""
    assert pose.travelled_m is not None
    told = replace(
        pose,
        travelled_m=pose.travelled_m * scale if odometer else None,
        speed_mps=SPEED_MPS * scale,
    )
    if pose.travelled_m > LAST_FIX_M:
        told = replace(told, lat_e7=None, lon_e7=None, heading_rad=None)
    return told


def driven(*, odometer: bool, scale: float, rate_hz: float) -> list[tuple[float, float, MatchCandidate]]:
    """(metres without a fix, error of the offset, what was told) of each pose in the tunnel."""
    match, found = RunningMatch(TUNNEL.network), []
    names = {v: k for k, v in TUNNEL.link_ids.items()}
    for pose in TUNNEL.poses(LETTERS, speed_mps=SPEED_MPS, rate_hz=rate_hz):
        result = match.step(blind(pose, odometer=odometer, scale=scale))
        at_m = pose.travelled_m
        assert at_m is not None
        if LAST_FIX_M < at_m < LINK_M * (len(LETTERS) - 1) - 250.0:
            assert result.state is MatchState.TRACKING
            first = result.candidates[0]
            seen_m = LETTERS.index(names[first.link_id][0]) * LINK_M + first.link_offset_cm / 100
            found.append((at_m - LAST_FIX_M, seen_m - at_m, first))
    return found


@pytest.mark.parametrize("rate_hz", [1.0, 10.0])
@pytest.mark.parametrize(("odometer", "scale"), [(True, 1.02), (True, 0.98), (False, 1.03), (False, 0.97)])
def test_an_odometer_or_speed_that_is_a_little_off_is_within_what_is_said(
    odometer: bool, scale: float, rate_hz: float
) -> None:
    rows = driven(odometer=odometer, scale=scale, rate_hz=rate_hz)
    assert max(abs(error_m) for _, error_m, _ in rows) > 80.0
    for way_m, error_m, told in rows:
        assert abs(error_m) < 3.0 * told.offset_sigma_m, way_m


@pytest.mark.parametrize("odometer", [True, False])
def test_how_often_poses_come_hardly_matters(odometer: bool) -> None:
    sigmas_m = [driven(odometer=odometer, scale=1.0, rate_hz=x)[-1][2].offset_sigma_m for x in (1.0, 10.0)]
    assert max(sigmas_m) < 1.25 * min(sigmas_m)


@pytest.mark.parametrize(("odometer", "scale"), [(True, 1.01), (True, 1.02), (False, 1.03), (False, 0.97)])
def test_at_the_end_of_a_tunnel_the_first_fix_counts(odometer: bool, scale: float) -> None:
    """The vehicle is neither held where it was thought to be, nor said to be off the road since a fix is elsewhere."""
    match, end_m, seen = RunningMatch(TUNNEL.network), LINK_M * 6, 0
    names = {v: k for k, v in TUNNEL.link_ids.items()}
    for pose in TUNNEL.poses(LETTERS, speed_mps=SPEED_MPS, rate_hz=10.0, sigma_m=2.0):
        told, at_m = blind(pose, odometer=odometer, scale=scale), pose.travelled_m
        assert at_m is not None
        if at_m < end_m:
            match.step(told)
            continue
        result = match.step(replace(told, lat_e7=pose.lat_e7, lon_e7=pose.lon_e7))
        assert result.state is not MatchState.OFF_ROAD
        first = result.candidates[0]
        at_seen_m = LETTERS.index(names[first.link_id][0]) * LINK_M + first.link_offset_cm / 100
        assert abs(at_seen_m - at_m) < 10.0
        seen += 1
    assert seen > 200


FORK = draw(
    """
    A---B---C---D---E
                |
                F
                |
                G
    """,
    grid_m=200.0,
)


@pytest.mark.parametrize(("odometer", "scale"), [(True, 1.0), (True, 1.01), (True, 0.99), (False, 1.02), (False, 0.98)])
def test_a_heading_tells_of_a_turn_far_from_the_last_fix(odometer: bool, scale: float) -> None:
    """A quarter turn after 2 km without a fix: no other way is named, and the one taken soon is."""
    match, node_m = RunningMatch(FORK.network), 2400.0
    names = {v: k for k, v in FORK.link_ids.items()}
    for pose in FORK.poses("ABCDFG", speed_mps=SPEED_MPS, rate_hz=10.0):
        at_m = pose.travelled_m
        assert at_m is not None
        told = replace(blind(pose, odometer=odometer, scale=scale), heading_rad=pose.heading_rad)
        result = match.step(told)
        assert result.state in (MatchState.TRACKING, MatchState.AMBIGUOUS)
        if at_m > node_m + 5.0:
            named = names[result.candidates[0].link_id]
            assert named in ("DF", "FG") or (named == "CD" and at_m * scale < node_m + 5.0)


@pytest.mark.parametrize("speed_mps", [3.0, -3.0])
def test_backwards_is_backwards_with_either_sign_of_the_speed(speed_mps: float) -> None:
    """`reverse` says it, whether the speed beside it is told negative, as it should be, or not."""
    motion, driven_m = Motion(MatchSettings()), 0.0
    for k in range(11):
        motion.advance(Pose(1_000_000 + 100_000 * k, speed_mps=speed_mps, reverse=True), 1.0)
        driven_m += motion.distance_m
    assert driven_m == pytest.approx(-3.0)


RING = draw(
    """
    A-B-C-D-E-F-G
    |           |
    H           I
    |           |
    J-K-L-M-N-O-P
    """,
    grid_m=25.0,
)


def test_a_vehicle_without_fixes_keeps_no_more_of_its_way_the_farther_it_drives() -> None:
    """Its place is ever less sure, so that it is never clear of the links that it drove: they went on being kept."""

    def behind_count() -> int:
        counts = [0]
        for h in match.hypotheses:
            way: Hypothesis | None = h
            while way is not None and way.has_behind:
                way, counts[-1] = way._behind, counts[-1] + 1
            counts.append(0)
        return max(counts)

    match, most = RunningMatch(RING.network), 0
    lap = list(RING.poses("ABCDEFGIPONMLKJHA", speed_mps=SPEED_MPS, rate_hz=5.0))
    lap_us, lap_m = lap[-1].pose_time_us - lap[0].pose_time_us, lap[-1].travelled_m
    assert lap_m is not None
    for number in range(40):  # 32 km
        for pose in lap[:-1]:
            at_us, at_m = pose.pose_time_us + number * lap_us, (pose.travelled_m or 0.0) + number * lap_m
            told = replace(pose, pose_time_us=at_us, travelled_m=at_m)
            match.step(told if number == 0 else replace(told, lat_e7=None, lon_e7=None))
        most = max(most, behind_count())
    assert 16 < most < 2 * TRAIL_LINKS_COUNT_MAX
