"""A vehicle that leaves the road: its paths stay for a while, however steadily it was driven before."""

from dataclasses import replace

import pytest

from mapprior.horizon.events import Open, PoseEvent
from mapprior.horizon.session import LOST_US
from mapprior.match.verdict import NO_ROAD
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import draw
from tests.horizon.pair import Pair

ROAD = draw("A----B----C----D----E", grid_m=40.0)
CORNER = draw(
    """
    A----B----C
         |
         D
    """,
    grid_m=20.0,
)
STEADY_COUNT = 60
FOUND = (MatchState.TRACKING, MatchState.AMBIGUOUS)


def leaving(aside_cm: int) -> list[Pose]:
    """Along the road, and from some pose on so much farther beside it with each."""
    poses = ROAD.poses("ABCDE")
    return [
        replace(pose, lat_e7=(pose.lat_e7 or 0.0) + 0.9 * aside_cm * max(0, i - STEADY_COUNT))
        for i, pose in enumerate(poses)
    ]


@pytest.mark.parametrize("aside_cm", [5, 40, 225, 575, 1000, 3000])
def test_paths_stay_a_while_after_the_last_pose_on_a_road(aside_cm: int) -> None:
    pair = Pair(ROAD, Open(horizon_length_m=400))
    found_us = 0
    for pose in leaving(aside_cm):
        pair.drive([pose])
        if pair.reconstructor.reported.state in FOUND:
            found_us = pose.pose_time_us
        if not pair.reconstructor.state.paths:
            assert pose.pose_time_us - found_us >= LOST_US
            return
    pytest.fail("the paths stayed")


@pytest.mark.parametrize("aside_m", [8.0, 12.0, 16.0])
@pytest.mark.parametrize("heading_rad", [0.8, 1.6, 2.3])
def test_a_garage_beside_the_road_whose_ways_run_across_it(aside_m: float, heading_rad: float) -> None:
    """No fix comes in there, and the headings fit no road. The drive goes on, and finds the road again."""
    pair = Pair(CORNER, Open(replay=True, horizon_length_m=400))
    poses = CORNER.poses("ABC", speed_mps=5.0)
    entry = replace(poses[30], lat_e7=(poses[30].lat_e7 or 0.0) + 90.0 * aside_m, heading_rad=None)
    pair.drive([entry])
    for i in range(1, 300):
        pose = Pose(
            entry.pose_time_us + 100_000 * i,
            heading_rad=heading_rad,
            speed_mps=3.0,
            travelled_m=(entry.travelled_m or 0.0) + 0.3 * i,
        )
        pair.send(PoseEvent(pose))
        pair.pump()
        if i == 150:
            assert not pair.reconstructor.state.paths
    later_us = 40_000_000
    for pose in poses[31:60]:
        pair.drive([replace(pose, pose_time_us=pose.pose_time_us + later_us)])
    assert pair.reconstructor.reported.state is MatchState.TRACKING
    assert NO_ROAD in {x.position.reason for x in pair.updates if x.position is not None}
