"""The lane the vehicle is on, from pose to client."""

from dataclasses import replace

import pytest

from mapprior.horizon.events import Open
from mapprior.horizon.vehicle_position import LanePosition
from mapprior.model.pose import Pose
from tests.asciimap import Drawn, draw
from tests.horizon.pair import Pair

E7_PER_M = 1e7 / 111_229.0  # of latitude, at 50 degrees
OPENED = Open(horizon_length_m=400, trailing_length_m=50, stub_length_m=100)


@pytest.fixture(scope="module")
def motorway() -> Drawn:
    return draw("A---------B---------C", ways={"ABC": {"oneway": True, "lanes": 3, "lane_width_m": 3.5}})


def lanes_at(drawn: Drawn, poses: list[Pose]) -> tuple[LanePosition, ...]:
    pair = Pair(drawn, OPENED)
    pair.drive(poses)
    return pair.reconstructor.reported.lanes


@pytest.mark.parametrize(("left_m", "lane_index"), [(3.5, 0), (0.0, 1), (-3.5, 2)])
def test_a_good_pose_names_its_lane(motorway: Drawn, left_m: float, lane_index: int) -> None:
    poses = [replace(x, position_sigma_m=0.3) for x in motorway.poses("ABC")[:20]]
    moved = [replace(x, lat_e7=x.lat_e7 + left_m * E7_PER_M) for x in poses if x.lat_e7 is not None]  # it runs east
    lanes = lanes_at(motorway, moved)
    assert lanes[0].lane_index == lane_index
    assert 500 < lanes[0].probability_permille <= 1000
    assert sum(x.probability_permille for x in lanes) <= 1000


def test_a_poor_pose_and_one_without_fix_name_none(motorway: Drawn) -> None:
    good = [replace(x, position_sigma_m=0.3) for x in motorway.poses("ABC")[:20]]
    assert lanes_at(motorway, good)
    assert not lanes_at(motorway, [replace(x, position_sigma_m=5.0) for x in good])
    assert not lanes_at(motorway, [replace(x, position_sigma_m=None) for x in good])
    assert not lanes_at(motorway, [*good[:-1], replace(good[-1], lat_e7=None, lon_e7=None)])
