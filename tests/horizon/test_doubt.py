"""No limit is certain while a place that counts says another one; on one road it stays certain."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.doubt import DOUBT_US, Doubt
from mapprior.horizon.drive_limits import DriveLimits
from mapprior.horizon.lengths import Lengths
from mapprior.horizon.tree import PathTree
from mapprior.horizon.vehicle_position import PositionCandidate
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.model.limit import EffectiveLimit
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.pose import CAR, DrivingConditions, MatchState, Pose
from tests.asciimap import Drawn, draw
from tests.horizon.pair import Pair

PICTURE = """
A---B------------C----D

                 X----Y
"""


def fork(*, slip_kmh: int = 60, main_kmh: int = 120) -> Drawn:
    """A slip road that leaves a motorway slowly."""
    main = {"oneway": True, "maxspeed_kmh": main_kmh, "road_class": RoadClass.MOTORWAY, "ref": "A1"}
    slip = {
        "oneway": True,
        "maxspeed_kmh": slip_kmh,
        "road_class": RoadClass.MOTORWAY,
        "form_of_way": FormOfWay.SLIP_ROAD,
    }
    return draw(PICTURE, grid_m=49.0, ways={"ABCD": main, "BXY": slip})


FORK = fork()
SAME = fork(slip_kmh=100, main_kmh=100)
SAYS = {FORK.link_ids[x]: 120 if x in ("AB", "BC", "CD") else 60 for x in ("AB", "BC", "CD", "BX", "XY")}


def blind(pose: Pose) -> Pose:
    return replace(pose, lat_e7=None, lon_e7=None, position_sigma_m=None, heading_rad=None, heading_sigma_rad=None)


def blind_past_the_fork(drawn: Drawn) -> list[Pose]:
    """Into a tunnel before the fork, and as far as the roads are drawn."""
    ab_m = drawn.link("AB").line.length_m
    poses = drawn.poses("ABXY", speed_mps=30.0)
    return [blind(x) if (x.travelled_m or 0.0) > ab_m - 90.0 else x for x in poses if (x.travelled_m or 0.0) < 1000.0]


def now(pair: Pair) -> tuple[EffectiveLimit, tuple[PositionCandidate, ...]]:
    limit = pair.reconstructor.limit_now()
    assert limit is not None
    assert limit.value is not None
    return limit.value, pair.reconstructor.reported.candidates


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(("ABXY", "ABCD")), st.integers(0, 50), st.sampled_from((1.0, 3.0, 8.0)), st.booleans())
def test_nothing_is_certain_while_another_limit_may_hold(letters: str, seed: int, sigma_m: float, headed: bool) -> None:
    pair = Pair(FORK)
    doubted = 0
    for pose in FORK.poses(letters, speed_mps=30.0, sigma_m=sigma_m, seed=seed)[:-25]:  # not past the end of the map
        pair.drive([pose if headed else replace(pose, heading_rad=None, heading_sigma_rad=None)])
        limit, (first, *others) = now(pair)
        if any(x.probability_permille >= 50 and SAYS[x.link_id] != SAYS[first.link_id] for x in others):
            doubted += 1
            assert pair.reconstructor.reported.road_in_doubt
        certain = [x.limit.certain for p in pair.reconstructor.state.paths.values() for x in p.limits]
        assert any(certain) is not pair.reconstructor.reported.road_in_doubt
    assert doubted or letters == "ABCD"
    limit, _ = now(pair)
    assert (limit.certain, limit.posted_value_milli) == (True, 60_000 if letters == "ABXY" else 120_000)


def test_a_fork_without_a_fix_stays_in_doubt() -> None:
    pair = Pair(FORK)
    for pose in blind_past_the_fork(FORK):
        pair.drive([pose])
        limit, candidates = now(pair)
        assert limit.certain is (len(candidates) == 1)
    assert len(candidates) == 2
    assert pair.reconstructor.reported.state is MatchState.AMBIGUOUS  # and says so


def test_one_road_stays_certain_and_sends_no_limit_again() -> None:
    pair = Pair(FORK)
    poses = FORK.poses("AB", speed_mps=20.0, sigma_m=3.0)
    pair.drive(poses[:3])
    for update in pair.drive(poses[3:-10]):
        assert update.items == ()
        assert now(pair)[0].certain


def test_how_far_along_its_road_a_vehicle_is_makes_no_limit_doubtful() -> None:
    """Where it stands at the sign, each limit holds on its side of it, whichever side the vehicle is on."""
    drawn = draw("A---B---C", ways={"AB": {"maxspeed_kmh": 80}, "BC": {"maxspeed_kmh": 50}}, grid_m=50.0)
    pair = Pair(drawn)
    poses = drawn.poses("AB", speed_mps=10.0)
    last = poses[-1]
    still = [replace(last, pose_time_us=last.pose_time_us + 100_000 * (k + 1), speed_mps=0.0) for k in range(50)]
    both = 0
    for pose in [*poses[20:], *still]:
        pair.drive([pose])
        both += all(x.probability_permille > 200 for x in now(pair)[1]) and len(now(pair)[1]) == 2
        assert all(x.limit.certain for x in pair.root.limits)
    assert both > 30


def doubt_on(drawn: Drawn) -> Doubt:
    return Doubt(DriveLimits(drawn.network, CAR, {}, DrivingConditions()), PathTree(drawn.network, Lengths()))


def result(*places: tuple[str, float]) -> MatchResult:
    candidates = tuple(MatchCandidate(FORK.link_ids[x], 0, 0.0, 0.0, p) for x, p in places)
    return MatchResult(MatchState.TRACKING, "", candidates, ())


@pytest.mark.parametrize(
    ("places", "doubtful"),
    [
        ([("BC", 1.0)], False),
        ([("BC", 0.94), ("BX", 0.06)], True),
        ([("BC", 0.96), ("BX", 0.04)], False),
        ([("BC", 0.94), ("BX", 0.03), ("XY", 0.03)], True),  # together they count
        ([("BC", 0.6), ("CD", 0.37), ("BX", 0.03)], False),
    ],
)
def test_what_counts(places: list[tuple[str, float]], doubtful: bool) -> None:
    doubt = doubt_on(FORK)
    assert doubt.judge(result(*places), 1, laid=True) is doubtful
    assert doubt.holds is doubtful


def test_places_that_say_the_same_bring_no_doubt() -> None:
    assert SAME.link_ids == FORK.link_ids
    assert not doubt_on(SAME).judge(result(("BC", 0.66), ("BX", 0.34)), 1, laid=True)


def test_a_limit_that_is_unknown_is_another_one() -> None:
    drawn = draw("A---B---C", ways={"AB": {"maxspeed_kmh": 50}}, grid_m=50.0)
    candidates = tuple(MatchCandidate(drawn.link_ids[x], 0, 0.0, 0.0, 0.5) for x in ("AB", "BC"))
    doubt = doubt_on(drawn)
    doubt.judge(MatchResult(MatchState.TRACKING, "", candidates, ()), 1, laid=True)
    assert doubt.holds


def test_doubt_lasts_a_while_and_does_not_flicker() -> None:
    doubt, sure, unsure = doubt_on(FORK), result(("BC", 1.0)), result(("BC", 0.9), ("BX", 0.1))
    assert not doubt.judge(sure, 0, laid=True)
    assert doubt.judge(unsure, 10, laid=True)
    changes = [doubt.judge(unsure if k % 3 == 0 else sure, 10 + k * 100_000, laid=True) for k in range(30)]
    assert not any(changes)
    assert not doubt.judge(sure, 10 + 27 * 100_000 + DOUBT_US - 1, laid=True)
    assert doubt.judge(sure, 10 + 27 * 100_000 + DOUBT_US, laid=True)
    assert not doubt.holds


def test_doubt_ends_at_a_lower_chance_than_it_begins() -> None:
    doubt, little = doubt_on(FORK), result(("BC", 0.96), ("BX", 0.04))
    assert not doubt.judge(little, 0, laid=True)
    assert doubt.judge(result(("BC", 0.9), ("BX", 0.1)), 10, laid=True)
    assert not doubt.judge(little, 10 * DOUBT_US, laid=True)
    assert not doubt.judge(result(("BC", 0.985), ("BX", 0.015)), 10 * DOUBT_US + 100_000, laid=True)
    assert doubt.judge(result(("BC", 0.985), ("BX", 0.015)), 11 * DOUBT_US, laid=True)


def test_without_paths_there_is_nothing_to_doubt() -> None:
    doubt = doubt_on(FORK)
    doubt.judge(MatchResult(MatchState.WAITING, "no fix yet", (), ()), 0, laid=False)
    assert not doubt.holds
