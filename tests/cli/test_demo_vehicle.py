"""The demo's vehicle obeys its road, its plan and the rock above it."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.cli.demo_vehicle import FIX_SIGMA_M, ODOMETER_RATIO, Moment, Road, Vehicle
from mapprior.client.pace import ACCELERATION_MPS2_MAX, BRAKING_MPS2_MAX, SIDEWAYS_MPS2_MAX, bend_per_m
from mapprior.geo.frame import LocalFrame
from tests.asciimap import draw

RATE_HZ = 10.0
DRAWN = draw(
    """
    A------B------C
                  |
                  |
                  D------E
    """,
    ways={"BC": {"tunnel": True, "level": -1}},
)


def road() -> Road:
    links = [DRAWN.link(name) for name in ("AB", "BC", "CD", "DE")]
    return Road(links, first_offset_m=10.0, last_offset_m=links[-1].line.length_m - 20.0)


def whole_drive(planned_mps: float, seed: int) -> list[Moment]:
    vehicle = Vehicle(road(), rate_hz=RATE_HZ, start_time_us=1_000_000, seed=seed)
    moments = []
    while not vehicle.arrived:
        moments.append(vehicle.step(planned_mps))
    return moments


@given(planned_mps=st.floats(3.0, 40.0), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_fix_is_missing_exactly_inside_the_tunnel(planned_mps: float, seed: int) -> None:
    for moment in whole_drive(planned_mps, seed):
        assert (moment.pose.lat_e7 is None) == moment.link.tunnel
        assert (moment.pose.lon_e7 is None) == moment.link.tunnel
        assert moment.pose.travelled_m == pytest.approx(moment.distance_m * ODOMETER_RATIO)


@given(planned_mps=st.floats(3.0, 40.0), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_time_and_distance_grow_and_speed_changes_gently(planned_mps: float, seed: int) -> None:
    moments = whole_drive(planned_mps, seed)
    assert moments[-1].distance_m >= road().length_m
    for before, after in pairwise(moments):
        change_mps2 = (after.speed_mps - before.speed_mps) * RATE_HZ
        assert after.pose.pose_time_us - before.pose.pose_time_us == 100_000
        assert after.distance_m > before.distance_m
        assert -BRAKING_MPS2_MAX - 1e-9 <= change_mps2 <= ACCELERATION_MPS2_MAX + 1e-9
        assert after.speed_mps <= planned_mps + 1e-9


def test_it_slows_down_for_the_bend() -> None:
    driven = road()
    for moment in whole_drive(30.0, seed=1):
        sideways_mps2 = moment.speed_mps**2 * bend_per_m(driven.heading_rad, moment.distance_m)
        assert sideways_mps2 < 1.4 * SIDEWAYS_MPS2_MAX  # the bend is looked up in steps of 5 m


def test_fixes_lie_near_the_truth_and_the_error_wanders() -> None:
    errors = []
    for moment in whole_drive(15.0, seed=2):
        if moment.pose.lat_e7 is None or moment.pose.lon_e7 is None:
            continue
        link, offset_m = road().at(moment.distance_m)
        lat_e7, lon_e7 = link.line.lat_lon_e7_at(offset_m)
        frame = LocalFrame(lat0_e7=lat_e7, lon0_e7=lon_e7)
        errors.append(frame.xy_m(lat_e7=moment.pose.lat_e7, lon_e7=moment.pose.lon_e7))
    lengths_m = [math.hypot(*error) for error in errors]
    assert 0.0 < max(lengths_m) < 6.0 * FIX_SIGMA_M
    steps_m = [math.dist(before, after) for before, after in pairwise(errors)]
    assert sorted(steps_m)[len(steps_m) // 2] < 0.5 * FIX_SIGMA_M  # far less than independent errors would move


def test_the_same_seed_gives_the_same_drive() -> None:
    assert whole_drive(15.0, seed=3) == whole_drive(15.0, seed=3)
    assert whole_drive(15.0, seed=3) != whole_drive(15.0, seed=4)
