"""A vehicle whose clock was set back sends poses that are all too old."""

from dataclasses import replace

from mapprior.horizon.events import Open
from tests.asciimap import draw
from tests.horizon.pair import Pair

STREET = draw("A---B---C---D", ways={"ABCD": {"maxspeed_kmh": 50}})


def test_a_clock_that_was_set_back_leaves_no_limit_certain() -> None:
    """All poses are older than the newest then: where the vehicle is by now nobody knows, though updates go on."""
    pair = Pair(STREET, Open(horizon_length_m=300))
    poses = STREET.poses("ABCD")
    pair.drive(poses[:20])

    def certain() -> bool:
        assert pair.reconstructor.reported.road_in_doubt != any(x.limit.certain for x in pair.root.limits)
        return not pair.reconstructor.reported.road_in_doubt

    assert certain()
    hour_us = 3600 * 1_000_000
    for k, pose in enumerate(poses[20:60]):
        pair.drive([replace(pose, pose_time_us=pose.pose_time_us - hour_us)])
        if k < 8:  # one that went astray says nothing
            assert certain()
        if k > 12:
            assert not certain()
    pair.drive([poses[60]])
    assert certain()
