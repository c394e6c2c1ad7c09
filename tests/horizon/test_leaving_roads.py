"""A vehicle that leaves the road: its paths stay for a while, however steadily it was driven before."""

from dataclasses import replace

import pytest

from mapprior.horizon.events import Open
from mapprior.horizon.session import LOST_US
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import draw
from tests.horizon.pair import Pair

ROAD = draw("A----B----C----D----E", grid_m=40.0)
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
