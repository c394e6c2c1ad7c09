"""The filter of offset and drift, by its laws; the plain formulas of a Kalman filter are the second opinion."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.match.estimate import Estimate

Numbers = list[tuple[float, float, float]]
STEPS = st.lists(
    st.tuples(st.floats(-3.1, 3.1), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0)), min_size=1, max_size=12
)  # heading, fix ahead, fix to the left


def covariance(e: Estimate) -> np.ndarray:
    ss, st_, sn = e.variance_m2, e._s_along, e._s_across
    vs, vv, vt, vn = e._speed_offset, e._speed_speed, e._speed_along, e._speed_across
    tt, tn, nn = e._along_along, e._along_across, e._across_across
    return np.array([[ss, vs, st_, sn], [vs, vv, vt, vn], [st_, vt, tt, tn], [sn, vn, tn, nn]])


def state(e: Estimate) -> np.ndarray:
    return np.array([e.s_m, e.speed_mps, e.along_m, e.across_m])


def begun(*, speed_known: bool = False) -> Estimate:
    e = Estimate(s_m=10.0, heading_rad=0.4)
    e.seen_first(2.0, drift_m2=20.0, white_m2=5.0)
    if not speed_known:
        e.speed_unknown(8.0, 25.0)
    return e


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_it_is_a_kalman_filter(steps: Numbers) -> None:
    e = begun()
    x, p = state(e), covariance(e)
    for heading, ahead, left in steps:
        turned = heading - e.heading_rad
        e.go_on(0.7, 1.5)
        e.drift(0.9, 2.0)
        e.turn(heading)
        log_likelihood = e.see(ahead, left, 4.0, math.inf)

        f, q = np.eye(4), np.zeros((4, 4))
        f[0, 1] = 0.7
        q[:2, :2] = 1.5 * np.array([[0.7**3 / 3, 0.7**2 / 2], [0.7**2 / 2, 0.7]])
        x, p = f @ x, f @ p @ f.T + q
        d = np.diag([1.0, 1.0, 0.9, 0.9])
        x, p = d @ x, d @ p @ d + np.diag([0.0, 0.0, 2.0, 2.0])
        r = np.eye(4)
        r[2:, 2:] = [[math.cos(turned), math.sin(turned)], [-math.sin(turned), math.cos(turned)]]
        x, p = r @ x, r @ p @ r.T
        h = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
        s = h @ p @ h.T + 4.0 * np.eye(2)
        gain, seen = p @ h.T @ np.linalg.inv(s), np.array([ahead, left])
        expected = -0.5 * (seen @ np.linalg.inv(s) @ seen + math.log(np.linalg.det(s)))
        x, p = x + gain @ seen, (np.eye(4) - gain @ h) @ p
        assert log_likelihood == pytest.approx(expected)
        assert state(e) == pytest.approx(x, abs=1e-7)
        assert covariance(e) == pytest.approx(p, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.booleans())
def test_it_never_knows_more_than_everything(steps: Numbers, speed_known: bool) -> None:
    e = begun(speed_known=speed_known)
    for heading, ahead, left in steps:
        if speed_known:
            e.drive(5.0, 0.1)
        else:
            e.go_on(0.5, 1.0)
        e.drift(0.95, 1.0)
        e.turn(heading)
        e.see(ahead, left, 2.0, 30.0)
        assert np.linalg.eigvalsh(covariance(e)).min() > -1e-6
        assert e.variance_m2 > 0.0


def test_on_a_straight_road_drift_hides_in_the_offset_and_a_bend_brings_it_out() -> None:
    """The same drift all the way: 6 m east. On the road east the offset is 6 m ahead; on the one north it is not."""
    e = Estimate(s_m=6.0, heading_rad=0.0)
    e.seen_first(0.0, drift_m2=36.0, white_m2=1.0)

    def drive_and_see(heading: float, right_m: float, count: int) -> None:
        for _ in range(count):
            e.drive(5.0, 0.05)
            e.drift(0.999, 0.05)
            if heading != e.heading_rad:
                e.turn(heading)
            # what a fix 6 m east says beside a line that runs east, or north
            at_m = 6.0 * math.cos(heading) - (e.s_m - driven_m(e)) - e.along_m
            e.see(at_m, -right_m - e.across_m, 1.0, 30.0)

    travelled = [0.0]

    def driven_m(_: Estimate) -> float:
        travelled[0] += 5.0
        return travelled[0]

    drive_and_see(0.0, 0.0, 20)
    assert abs(e.s_m - travelled[0] - 6.0) < 1.5, "nothing tells the drift from the offset"
    drive_and_see(math.pi / 2, 6.0, 20)
    assert abs(e.s_m - travelled[0]) < 2.0
    assert math.sqrt(e.variance_m2) < 3.0


def test_what_is_too_much_of_a_surprise_moves_nothing() -> None:
    e = begun(speed_known=True)
    before, known = state(e), e.variance_m2
    e.see(500.0, -500.0, 2.0, 30.0)
    assert state(e) == pytest.approx(before)
    assert e.variance_m2 > known


def test_turning_round_keeps_the_drift_where_it_is_in_the_world() -> None:
    e = begun(speed_known=True)
    e.see(3.0, -2.0, 4.0, 30.0)

    def world(x: Estimate) -> tuple[float, float]:
        return (
            x.cos_heading * x.along_m - x.sin_heading * x.across_m,
            x.sin_heading * x.along_m + x.cos_heading * x.across_m,
        )

    before = world(e)
    e.face_back()
    assert world(e) == pytest.approx(before)
    assert math.cos(e.heading_rad) == pytest.approx(e.cos_heading)


def test_fixes_that_run_back_speak_against_the_direction() -> None:
    e = begun()
    against = 0.0
    for _ in range(12):
        e.go_on(1.0, 1.0)
        e.drift(0.95, 1.0)
        e.see(-8.0, 0.0, 2.0, 30.0)
        if e.speed_mps < 0.0:
            against += e.forbid_backwards()
        assert e.speed_mps >= 0.0
    assert against > 5.0
    standing = Estimate(s_m=0.0, heading_rad=0.0)
    standing.speed_unknown(-0.5, 1.0)
    assert standing.forbid_backwards() == 0.0, "noise alone does that"
