"""The simulated vehicle of `mapprior drive --route` drives like a person, however its poses are spaced."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.client.pace import ACCELERATION_MPS2_MAX, BRAKING_MPS2_MAX, SIDEWAYS_MPS2_MAX, bend_per_m
from mapprior.client.route_vehicle import RouteVehicle
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import US_PER_SEC
from mapprior.model.pose import Pose
from mapprior.wire.routes import RouteAnswer
from tests.asciimap import draw

DRAWN = draw(
    """
    A-----------B
                |
                C-----------D
    """
)
LINE = Polyline(
    [lat for name in ("AB", "BC", "CD") for lat in DRAWN.link(name).line.lat_e7[name != "AB" :]],
    [lon for name in ("AB", "BC", "CD") for lon in DRAWN.link(name).line.lon_e7[name != "AB" :]],
)
ROUTE = RouteAnswer(tuple(DRAWN.links("ABCD")), LINE.length_m, 0.0, 0.0, LINE.lat_e7, LINE.lon_e7)


def driven(limits_mps: list[float | None], rate_hz: float, wished_mps: float = 15.0) -> list[Pose]:
    """The whole drive; the limits hold for 3 s each, in turn, and switch without warning."""
    vehicle = RouteVehicle(ROUTE, wished_mps=wished_mps, start_time_us=1_000_000)
    poses = [vehicle.pose()]
    interval_us = round(US_PER_SEC / rate_hz)
    while not vehicle.has_arrived:
        turn = (poses[-1].pose_time_us - poses[0].pose_time_us) // (3 * US_PER_SEC)
        poses.append(vehicle.step(interval_us=interval_us, limit_mps=limits_mps[turn % len(limits_mps)]))
    return poses


@given(
    limits_mps=st.lists(st.none() | st.floats(1.0, 40.0), min_size=1, max_size=5),
    rate_hz=st.sampled_from([0.5, 1.0, 5.0, 10.0, 50.0]),
)
@settings(max_examples=40, deadline=None)
def test_speed_never_jumps_from_rest_to_the_end(limits_mps: list[float | None], rate_hz: float) -> None:
    poses = driven(limits_mps, rate_hz)
    assert poses[0].speed_mps == 0.0
    for before, after in pairwise(poses):
        assert before.speed_mps is not None and after.speed_mps is not None
        elapsed_sec = (after.pose_time_us - before.pose_time_us) / US_PER_SEC
        change_mps2 = (after.speed_mps - before.speed_mps) / elapsed_sec
        assert -BRAKING_MPS2_MAX - 1e-6 <= change_mps2 <= ACCELERATION_MPS2_MAX + 1e-6
    assert BRAKING_MPS2_MAX <= 2.0 and ACCELERATION_MPS2_MAX <= 2.0, "more is no comfort"


@pytest.mark.parametrize("limit_mps", [8.0, 36.0])
def test_the_bend_is_met_at_a_speed_it_bears(limit_mps: float) -> None:
    for pose in driven([limit_mps], 10.0):
        assert pose.speed_mps is not None and pose.travelled_m is not None
        sideways_mps2 = pose.speed_mps**2 * bend_per_m(LINE.heading_at, pose.travelled_m)
        assert sideways_mps2 < 1.4 * SIDEWAYS_MPS2_MAX  # the bend is looked up in steps of 5 m


def test_it_keeps_to_the_limit_and_else_to_what_is_wished() -> None:
    assert max(p.speed_mps or 0.0 for p in driven([8.0], 10.0)) == pytest.approx(8.0)
    assert max(p.speed_mps or 0.0 for p in driven([None], 10.0, wished_mps=6.0)) == pytest.approx(6.0)


def test_it_ends_where_the_route_ends() -> None:
    last = driven([10.0], 1.0)[-1]
    assert last.travelled_m == pytest.approx(LINE.length_m)
    assert last.lat_e7 is not None and last.lon_e7 is not None
    assert math.dist((last.lat_e7, last.lon_e7), (LINE.lat_e7[-1], LINE.lon_e7[-1])) < 1.0
