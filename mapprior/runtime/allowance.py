"""What one client may ask of a drive: poses, other messages and acknowledgements by number, and work by its time.

Work is the time that the drive's own steps take on the event loop: matching, laying paths, making and encoding an
update. A vehicle that drives takes 1 to 2 % of a core even at 50 Hz; one that jumps about takes milliseconds a pose.
What is not used is kept for some seconds, so that a cold start or a jump out of a tunnel costs no pose.
"""

import math
from typing import Final

from mapprior.geo.units import US_PER_SEC

MESSAGES_KEPT_SEC: Final = 2.0
WORK_KEPT_SEC: Final = 5.0
# A step that takes longer counts as so long: it was the machine that stood still, not the client that asked for it.
WORK_OWED_SEC_MAX: Final = 1.0
POSES_PER_MESSAGE_WORTH: Final = 25  # a message after which much is sent anew, a resync above all
BYTES_PER_POSE_WORTH: Final = 256  # and what it costs grows with the content or the links it names


class Allowance:
    """Counts down; `refill` must be called now and then. 0 sets no limit."""

    __slots__ = ("_poses_per_sec_max", "_work_us_per_sec_max", "acknowledgements", "messages", "poses", "work_us")

    def __init__(self, *, poses_per_sec_max: int = 0, work_ms_per_sec_max: int = 0) -> None:
        self._poses_per_sec_max = float(poses_per_sec_max or math.inf)
        self._work_us_per_sec_max = 1000.0 * (work_ms_per_sec_max or math.inf)
        self.poses = self.acknowledgements = self.messages = MESSAGES_KEPT_SEC * self._poses_per_sec_max
        self.work_us = WORK_KEPT_SEC * self._work_us_per_sec_max

    def refill(self, elapsed_us: int) -> None:
        """Allows what may be asked for in that time."""
        elapsed_sec = elapsed_us / US_PER_SEC
        rate = self._poses_per_sec_max
        kept, more = MESSAGES_KEPT_SEC * rate, rate * elapsed_sec
        self.poses = min(self.poses + more, kept)
        self.acknowledgements = min(self.acknowledgements + more, kept)
        self.messages = min(self.messages + more, kept)
        rate = self._work_us_per_sec_max
        self.work_us = min(self.work_us + rate * elapsed_sec, WORK_KEPT_SEC * rate)

    def work(self, took_us: int) -> None:
        """A step was made that took so long."""
        self.work_us = max(self.work_us - took_us, -WORK_OWED_SEC_MAX * self._work_us_per_sec_max)

    @property
    def is_at_ease(self) -> bool:
        """Half of the work that may be kept is there."""
        return 2.0 * self.work_us >= WORK_KEPT_SEC * self._work_us_per_sec_max

    def message(self, size_bytes: int) -> None:
        """A route, a resync or conditions were sent: as much work as many poses, which are counted apart."""
        self.messages -= POSES_PER_MESSAGE_WORTH + size_bytes // BYTES_PER_POSE_WORTH

    @property
    def takes_messages(self) -> bool:
        """False where messages are two seconds of poses in debt, or no work is left: the next one is to wait."""
        return self.work_us >= 0 and self.messages >= -MESSAGES_KEPT_SEC * self._poses_per_sec_max

    @property
    def poses_told(self) -> str:
        return f"{self._poses_per_sec_max:.0f} poses per second"

    @property
    def work_told(self) -> str:
        return f"{self._work_us_per_sec_max / 1000:.0f} ms of work per second"
