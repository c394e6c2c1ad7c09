"""Where no fix comes for a while, or one that cannot be: a drive goes on, and no farther than a vehicle can."""

from dataclasses import replace

import pytest

from mapprior.horizon.events import Open, PoseEvent
from mapprior.model.pose import Pose
from tests.asciimap import draw
from tests.horizon.pair import Pair

SHORT_LINKS = draw(
    """
    A-B-C-D-E-F-G-H
    |             |
    a-b-c-d-e-f-g-h
    """,
    grid_m=12.0,
)
STRAIGHT = draw("A-------B-------C-------D")


@pytest.mark.parametrize(("driven_m", "later_us"), [(500.0, 10_000_000), (5000.0, 40_000_000), (8000.0, 59_000_000)])
@pytest.mark.parametrize("sigma_m", [1.0, 30.0])
def test_more_links_may_be_passed_without_a_fix_than_are_remembered(
    driven_m: float, later_us: int, sigma_m: float
) -> None:
    pair = Pair(SHORT_LINKS, Open(replay=True))
    poses = SHORT_LINKS.poses("ABCDE", rate_hz=10.0)[:15]
    for pose in poses:
        pair.send(PoseEvent(replace(pose, position_sigma_m=sigma_m, speed_mps=None)))
    last = poses[-1]
    for i in (1, 2, 3):
        pair.send(PoseEvent(Pose(last.pose_time_us + i * later_us, travelled_m=(last.travelled_m or 0) + i * driven_m)))
        update = pair.take()
        assert update is not None
        assert update.position is not None
        assert update.position.candidates
        pair.deliver()
        pair.acknowledge()


@pytest.mark.parametrize("back_m", [500.0, 1500.0, 5000.0])
@pytest.mark.parametrize("fixed", [False, True])
def test_the_way_back_may_be_longer_than_what_is_remembered_of_the_way(back_m: float, fixed: bool) -> None:
    pair = Pair(SHORT_LINKS, Open(replay=True))
    poses = [replace(x, position_sigma_m=1.0, speed_mps=None) for x in SHORT_LINKS.poses("ABCDE", rate_hz=10.0)[:15]]
    for pose in poses:
        pair.send(PoseEvent(pose))
    last, travelled_m = poses[-1], poses[-1].travelled_m or 0.0
    for i, driven_m in enumerate([2000.0, back_m, back_m, 2000.0, back_m], 1):
        travelled_m += driven_m
        pose = Pose(last.pose_time_us + i * 55_000_000, travelled_m=travelled_m, reverse=driven_m == back_m)
        if fixed and pose.reverse:
            pose = replace(pose, lat_e7=last.lat_e7, lon_e7=last.lon_e7, position_sigma_m=1.0)
        pair.send(PoseEvent(pose))
        update = pair.take()
        assert update is not None
        assert update.position is not None
        assert update.position.candidates
        pair.deliver()
        pair.acknowledge()


def test_a_fix_that_cannot_be_is_no_speed() -> None:
    """Receivers say 0 N 0 E now and then. The vehicle does not fly off at the speed that would take."""
    pair = Pair(STRAIGHT, Open(replay=True))
    here = STRAIGHT.poses("AB", rate_hz=10.0)[30]
    pair.send(PoseEvent(replace(here, speed_mps=None, travelled_m=None)))
    stray = Pose(here.pose_time_us + 100_000, lat_e7=0.0, lon_e7=0.0, position_sigma_m=1.0)
    pair.send(PoseEvent(stray))
    before = pair.take()
    assert before is not None
    assert before.position is not None
    for i in range(2, 8):
        pair.send(PoseEvent(Pose(here.pose_time_us + i * 100_000, heading_rad=here.heading_rad)))
    after = pair.take()
    assert after is not None
    assert after.position is not None
    link = STRAIGHT.link("AB")
    first = after.position.candidates[0]
    assert first.link_id == link.link_id
    assert first.link_offset_cm < before.position.candidates[0].link_offset_cm + 10_000
