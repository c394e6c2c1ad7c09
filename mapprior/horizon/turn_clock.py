"""Turns ahead that are banned at times: whether they are when the vehicle comes there.

It comes there within an interval (`arrival.py`). A ban that begins or ends within it is undecided, and is decided again
only when that lies outside the interval by 10 s, so that a path does not come and go. Such bans are few: where there is
none nothing is asked. Does not know of paths.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from mapprior.horizon.arrival import (
    NEVER_US,
    RELOOK_US,
    Course,
    Departure,
    look_again_us,
    with_hysteresis,
)
from mapprior.horizon.drive_limits import DriveLimits
from mapprior.horizon.turn_times import TurnTimes
from mapprior.market.circumstances import Arrival
from mapprior.market.truth import Truth
from mapprior.model.ids import LinkId
from mapprior.model.link import Restriction


class Ban(NamedTuple):
    """A restriction under a condition, and whether it holds when the vehicle comes there."""

    restriction: Restriction
    truth: Truth


Bans = tuple[Ban, ...]
NO_BANS: Final[Bans] = ()
NOWHERE: Final = Departure(0, 0, 0.0, clock_believed=False)


class TurnClock:
    """For one drive. `departure` is where on its link the vehicle is, and when, `at_cm` where on the root; both are set
    before paths are laid."""

    __slots__ = ("_limits", "_look_again_us", "at_cm", "departure")

    def __init__(self, limits: DriveLimits) -> None:
        self._limits = limits
        self._look_again_us = NEVER_US
        self.departure = NOWHERE
        self.at_cm = 0

    @property
    def due_us(self) -> int | None:
        """The drive time at which turns are to be judged anew; None for never."""
        return None if self._look_again_us == NEVER_US else self._look_again_us

    def restart(self) -> None:
        """All turns are judged anew from here on, or there are none."""
        self._look_again_us = NEVER_US

    def link_starts_at(self, start_cm: int) -> None:
        """Where the vehicle's link begins on the root."""
        self.at_cm = start_cm + self.departure.at_cm

    def passed(
        self, links: Sequence[LinkId], ends_cm: Sequence[int], start_cm: int, *, begin: Arrival, at_cm: int
    ) -> Arrival:
        """When the vehicle is past these links of a path, of which it is at offset `at_cm` at `begin`."""
        paces = [self._limits.of(x).pace for x in links]
        course = Course(ends_cm, start_cm, paces, begin=begin, departure=self.departure, at_cm=at_cm)
        return course.at_end(len(links) - 1)

    def judge(self, at_times: Sequence[Restriction], before: Bans, arrival: Arrival) -> Bans:
        """`before`: as they were judged before, if they were."""
        undecided = [x.restriction for x in before if x.truth is Truth.UNKNOWN]
        return tuple([Ban(x, self._judge(x, arrival, was_undecided=x in undecided)) for x in at_times])

    def _judge(self, restriction: Restriction, arrival: Arrival, *, was_undecided: bool) -> Truth:
        limits, now_us = self._limits, self.departure.time_us
        times = TurnTimes(limits.vehicle, limits.laws, limits.conditions)
        if not self.departure.clock_believed:
            return times.is_banned(restriction, None).truth
        truth, change_us = times.is_banned(restriction, arrival)
        if was_undecided and truth is not Truth.UNKNOWN:
            wide = with_hysteresis(arrival, now_us)
            still = times.is_banned(restriction, wide)
            if still.truth is Truth.UNKNOWN:
                (truth, change_us), arrival = still, wide
        self._look_again_us = min(self._look_again_us, look_again_us(change_us, arrival, now_us))
        before_it_us = times.is_banned(restriction, Arrival(now_us, now_us)).next_change_us
        if 0 < before_it_us <= arrival.earliest_us:  # a faster vehicle comes before that switch
            self._look_again_us = min(self._look_again_us, now_us + RELOOK_US)
        return truth
