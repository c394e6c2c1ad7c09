"""Nothing new, nothing sent but the position, at the rate the client chose; what is new goes out at once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.events import ConditionsEvent, Open, OverlayChanged, PoseEvent
from mapprior.horizon.items import HealthState, Update
from mapprior.model.pose import Condition, DrivingConditions, Pose
from mapprior.model.work_zone import EMPTY_OVERLAY
from tests.asciimap import Drawn, draw
from tests.horizon.pair import Pair

ROAD = "A----B----C----D----E----F----G----H"
START_US = 1_000_000


@pytest.fixture(scope="module")
def street() -> Drawn:
    return draw(ROAD, ways={"ABCDEFGH": {"maxspeed_kmh": 50, "lanes": 2}}, grid_m=40.0)


def opened(interval_ms: int, silence_ms: int = 1000) -> Open:
    return Open(horizon_length_m=400, position_interval_ms_min=interval_ms, silence_ms_max=silence_ms)


def live(pair: Pair, poses: Sequence[Pose], steps_us: Sequence[int]) -> list[tuple[int, Update]]:
    """Poses that come when they come, with a timer that is kept: (when, update)."""
    taken: list[tuple[int, Update]] = []

    def take() -> None:
        update = pair.take()
        if update is not None:
            taken.append((pair.now_us, update))
            pair.deliver()
            pair.acknowledge()
            assert pair.session.take_update(pair.now_us) is None

    take()
    for i, pose in enumerate(poses):
        due_us = pair.now_us + steps_us[i % len(steps_us)]
        while (at_us := pair.session.wakes_at()) is not None and at_us < due_us:
            assert at_us > pair.now_us
            pair.now_us = at_us
            pair.session.wake(at_us)
            take()
        pair.now_us = due_us
        pair.send(PoseEvent(pose))
        take()
    return taken


def says_nothing_new(update: Update) -> bool:
    return not (update.items or update.removed or update.health or update.snapshot)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from((0, 50, 100, 250, 1000)),
    st.lists(st.integers(20_000, 400_000), min_size=1, max_size=7),
)
def test_positions_come_as_often_as_asked_for_and_state_at_once(
    street: Drawn, interval_ms: int, steps_us: list[int]
) -> None:
    pair = Pair(street, opened(interval_ms))
    poses = street.poses("ABCDEFGH", speed_mps=20.0)[:100]
    taken = live(pair, poses, steps_us)
    for (before_us, _), (now_us, update) in pairwise(taken):
        assert now_us - before_us <= 1_000_000  # silence_ms_max
        if says_nothing_new(update):
            assert now_us - before_us >= interval_ms * 1000
    every = Pair(street, opened(0))
    news = [x for _, x in live(every, poses, steps_us) if not says_nothing_new(x)]
    assert [(x.pose_time_us, x.items, x.removed) for _, x in taken if not says_nothing_new(x)] == [
        (x.pose_time_us, x.items, x.removed) for x in news
    ]  # what is new comes with the same poses as without an interval
    assert pair.reconstructor.state == every.reconstructor.state


def test_each_pose_is_answered_without_an_interval(street: Drawn) -> None:
    pair = Pair(street, opened(0))
    poses = street.poses("ABCD")
    taken = live(pair, poses, [100_000])
    assert [x.pose_time_us for _, x in taken][1:] == [x.pose_time_us for x in poses]


def test_the_newest_pose_is_answered_when_the_interval_is_over(street: Drawn) -> None:
    """Poses a little faster than the interval do not halve the rate: the timer sends what waits."""
    pair = Pair(street, opened(100))
    poses = street.poses("AB", rate_hz=10.2)
    taken = live(pair, poses, [98_000])
    assert len(taken) >= 0.95 * len(poses)
    steady = [b - a for (a, _), (b, _) in pairwise(taken[5:-1])]
    assert set(steady) == {100_000}


def test_what_changes_nothing_sends_nothing(street: Drawn) -> None:
    pair = Pair(street, opened(0))
    pair.drive(street.poses("AB")[:5])
    pair.send(ConditionsEvent(DrivingConditions(wet=Condition.YES)))  # no limit here depends on it
    assert not pair.pump()
    pair.send(OverlayChanged(EMPTY_OVERLAY))
    assert not pair.pump()


def test_health_goes_out_at_once(street: Drawn) -> None:
    pair = Pair(street, opened(1000))
    poses = street.poses("AB")
    pair.drive(poses[:30])
    pair.now_us += 10_000
    pair.send(PoseEvent(poses[2]))  # two seconds old
    (update,) = pair.pump()
    assert update.health is not None
    assert update.health.state is HealthState.DEGRADED


def test_a_full_window_waits_for_its_acknowledgement_and_not_for_a_timer(street: Drawn) -> None:
    pair = Pair(street, Open(horizon_length_m=400, position_interval_ms_min=300, unacknowledged_updates_max=1))
    pair.take()
    pair.pose(street.poses("AB")[0], step_us=2_000_000)
    assert pair.take() is None
    assert pair.session.wakes_at() is None
    pair.deliver()
    pair.acknowledge()
    assert pair.take() is not None


def test_a_horizon_in_seconds_is_not_short_because_the_speed_is_not_told() -> None:
    drawn = draw("----".join("ABCDEFGHIJKLMNOPQRSTUVW"), grid_m=10.0)
    pair = Pair(drawn, Open(horizon_length_m=0, horizon_time_ms=20_000))
    pair.drive(replace(x, speed_mps=None) for x in drawn.poses("ABC", speed_mps=30.0)[:5])
    here = pair.reconstructor.position()
    assert here is not None
    assert pair.root.path.end_offset_cm - here.value.offset_cm >= 20 * 30 * 100


def test_a_speed_that_is_not_told_for_a_second_lengthens_nothing() -> None:
    drawn = draw("----".join("ABCDEFGHIJKLMNOPQRSTUVW"), grid_m=10.0)
    pair = Pair(drawn, Open(horizon_length_m=0, horizon_time_ms=20_000))
    poses = drawn.poses("ABC", speed_mps=10.0)
    silent = [replace(pose, speed_mps=None) if 30 <= k < 60 else pose for k, pose in enumerate(poses)]
    ends = set()
    for pose in silent[:90]:
        pair.drive([pose])
        here = pair.reconstructor.position()
        assert here is not None
        ends.add(pair.root.path.end_offset_cm)
    assert len(ends) <= 3 and max(ends) < 60_000
