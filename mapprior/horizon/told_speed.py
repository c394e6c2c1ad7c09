"""The speed that lengths ahead are laid for: what the vehicle told lately, or a high one where it is not known."""

from typing import Final

from mapprior.horizon.lengths import UNKNOWN_SPEED_MPS
from mapprior.model.pose import Pose

# A speed that was told counts so long where none is told any more.
SPEED_HOLDS_US: Final = 10_000_000


class ToldSpeed:
    """`mps` is what the vehicle told last; 0 before it told any."""

    __slots__ = ("_told_us", "mps")

    def __init__(self) -> None:
        self.mps = 0.0
        self._told_us = 0  # pose time; 0: never

    def take(self, pose: Pose) -> None:
        if pose.speed_mps is not None:
            self.mps, self._told_us = abs(pose.speed_mps), pose.pose_time_us

    def at(self, time_us: int) -> float:
        """The speed to lay for at a pose time."""
        return self.mps if self._told_us and time_us - self._told_us <= SPEED_HOLDS_US else UNKNOWN_SPEED_MPS
