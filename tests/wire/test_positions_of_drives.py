"""Whatever a vehicle says, within what is allowed: what a server answers is within what its own clients take."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import RequestError
from mapprior.horizon.events import Open, PoseEvent
from mapprior.model.pose import Pose
from mapprior.wire.positions import SIGMA_CM_MAX
from mapprior.wire.updates import decode_update, encode_update
from tests.asciimap import draw
from tests.horizon.pair import Pair

DRAWN = draw("A----B----C\n     |\n     D", ways={"ABC": {"lanes": 2}})
ON_THE_ROAD = DRAWN.poses("ABC", rate_hz=2.0)


def or_unknown(values: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | values


poses = st.builds(
    lambda pose, has_fix, more: replace(pose, **more) if has_fix else replace(pose, lat_e7=None, lon_e7=None, **more),
    st.sampled_from(ON_THE_ROAD),
    st.booleans(),
    st.fixed_dictionaries(
        {
            "position_sigma_m": or_unknown(st.floats(0.001, 10_000.0)),
            "heading_rad": or_unknown(st.floats(-6.28, 6.28)),
            "heading_sigma_rad": or_unknown(st.floats(0.001, 3.14)),
            "speed_mps": or_unknown(st.floats(-100.0, 150.0)),
            "travelled_m": or_unknown(st.sampled_from((0.0, 5.0, 1e4, 1e7, 1e10))),
            "reverse": st.booleans(),
        }
    ),
)
steps = st.lists(st.tuples(st.sampled_from((0, 100_000, 5_000_000, 3_600_000_000)), poses), max_size=20)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_every_update_of_a_drive_is_one_that_clients_take(driven: list[tuple[int, Pose]]) -> None:
    pair = Pair(DRAWN, Open(replay=True, silence_ms_max=100))
    time_us = ON_THE_ROAD[0].pose_time_us
    for later_us, pose in driven:
        time_us += later_us
        pair.now_us += 100_000
        try:
            pair.send(PoseEvent(replace(pose, pose_time_us=time_us)))
        except RequestError:
            return  # it is told what it did wrong
        update = pair.take()
        if update is not None:
            assert decode_update(encode_update(update)).position == update.position
            pair.deliver()
            pair.acknowledge()


def test_more_than_the_largest_sigma_is_said_as_the_largest() -> None:
    pair = Pair(DRAWN, Open(replay=True))
    pose = replace(ON_THE_ROAD[5], position_sigma_m=10_000.0, travelled_m=0.0)
    pair.send(PoseEvent(pose))
    time_us = pose.pose_time_us + 60_000_000
    pair.send(PoseEvent(replace(pose, pose_time_us=time_us, lat_e7=None, lon_e7=None, travelled_m=1e7)))
    update = pair.take()
    assert update is not None
    assert update.position is not None
    assert all(x.offset_sigma_cm <= SIGMA_CM_MAX for x in update.position.candidates)
