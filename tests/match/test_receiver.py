"""Told from fixes alone: does a receiver's error drift, or is it new in each fix?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.match.receiver import Receiver
from mapprior.match.running import RunningMatch
from mapprior.match.settings import MatchSettings
from tests.asciimap import draw
from tests.match.test_hard_roads import drifting, positions_only

LONG = draw("A-------------------B", grid_m=49.0)
ASSUMED = MatchSettings().white_share


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.0, 1e3), st.floats(1.0, 1e3)), max_size=60))
def test_the_share_is_never_less_than_assumed_nor_more_than_all(fixes: list[tuple[float, float, float]]) -> None:
    receiver = Receiver(MatchSettings())
    for left_m, expected_m2, variance_m2 in fixes:
        receiver.seen(left_m, expected_m2, variance_m2)
        assert ASSUMED <= receiver.white_share <= 1.0


@pytest.mark.parametrize("rate_hz", [1.0, 10.0])
@pytest.mark.parametrize("sigma_m", [8.0, 15.0])
def test_independent_errors_are_told_from_a_drift(rate_hz: float, sigma_m: float) -> None:
    exact = LONG.poses("AB", rate_hz=rate_hz)
    shares = []
    for poses in (LONG.poses("AB", rate_hz=rate_hz, sigma_m=sigma_m, seed=3), drifting(exact, sigma_m, seed=3)):
        match = RunningMatch(LONG.network)
        told = []
        for pose in positions_only(poses):
            match.step(pose)
            told.append(match.white_share)
        shares.append(sum(told) / len(told))
    independent, drift = shares
    assert independent > 0.6 and drift < 0.4, shares


def test_a_new_drive_starts_with_what_is_assumed() -> None:
    match = RunningMatch(LONG.network)
    for pose in LONG.poses("AB", sigma_m=15.0, seed=1):
        match.step(pose)
    assert match.white_share > ASSUMED
    match.forget()
    assert match.white_share == ASSUMED
