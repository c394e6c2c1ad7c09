"""The time of a drive: that of its newest pose, moved on by a monotonic clock that the caller reads.

Judges the order of poses and the clocks behind them; while those differ, no limit in time is certain, and while all
poses that come are too old, none at all. Does not know where the vehicle is.
"""

from typing import Final

from mapprior.horizon.events import PoseEvent

LATE_POSE_US_MAX: Final = 1_000_000  # an older pose than that is no mere reordering
STOPPED_US: Final = 1_000_000  # without a pose that is taken while others come: where the vehicle is is not known
CLOCK_SKEW_US_MAX: Final = 5_000_000
CLOCK_SKEW_ENDS_US: Final = 4_000_000  # so that poses that come a little earlier and later do not flicker

LATE_POSE: Final = "a pose was more than 1 s older than the newest and was dropped"
CLOCK_SKEW: Final = "pose time and the server's clock differ by more than 5 s"


class DriveTime:
    """`replay`: poses are recorded, their age against the receiver's clock says nothing."""

    __slots__ = ("_replay", "dropped_count", "late", "pose_now_us", "pose_time_us", "skewed", "stopped")

    def __init__(self, *, replay: bool, now_us: int) -> None:
        self._replay = replay
        self.pose_time_us = 0  # of the newest pose; 0 before it
        self.pose_now_us = now_us  # monotonic, when it came
        self.dropped_count = 0
        self.late = False  # the last pose was older than reordering explains
        self.skewed = False
        self.stopped = False  # for a second no pose was taken that came: the vehicle's clock was set back

    def take(self, event: PoseEvent, now_us: int) -> bool:
        """Whether the pose is in order; one that is not is counted and must be dropped."""
        time_us, received_us = event.pose.pose_time_us, event.received_time_us
        if received_us and not self._replay:
            self.skewed = abs(received_us - time_us) > (CLOCK_SKEW_ENDS_US if self.skewed else CLOCK_SKEW_US_MAX)
        if time_us <= self.pose_time_us:
            self.late = self.pose_time_us - time_us > LATE_POSE_US_MAX
            self.stopped = self.late and now_us - self.pose_now_us > STOPPED_US
            self.dropped_count += 1
            return False
        self.late = self.stopped = False
        self.pose_time_us, self.pose_now_us = time_us, now_us
        return True

    def at(self, now_us: int) -> int:
        """UTC of the drive at a monotonic time; 0 before the first pose."""
        return self.pose_time_us + (now_us - self.pose_now_us) if self.pose_time_us else 0

    def reasons(self) -> list[str]:
        """What is wrong with the poses' time."""
        return [reason for reason, holds in ((LATE_POSE, self.late), (CLOCK_SKEW, self.skewed)) if holds]
