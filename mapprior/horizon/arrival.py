"""When the vehicle will be at a place ahead: an interval, by one stated rule.

From the vehicle on, link by link along the path:

    at the earliest   it drives 1.2 times the highest number that may hold on the link, or 1.1 times its own
                      speed where that is more; where there may be no number, or walking pace, 60 m/s
    at the latest     it first stands for 30 s, then drives half the lowest number that may hold on the link;
                      where there may be no number, or walking pace, 1 m/s

"May hold" is at any hour and under any condition that is undecided, so the interval does not depend on the answer
that it is for. The vehicle's own speed never makes it later, for it may stand at a red light: the interval depends
on place and time, and on the speed of those alone who drive faster than the limit. Whoever is slower than the
latest is told so as the time passes: intervals are found anew from where the vehicle then is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.geo.units import US_PER_SEC
from mapprior.market.circumstances import Arrival
from mapprior.model.limit import EffectiveLimit, LimitKind, mm_per_sec

FAST_RATIO: Final = 1.2
OWN_SPEED_RATIO: Final = 1.1
FREE_MPS: Final = 60.0
SLOW_RATIO: Final = 0.5
CRAWL_MPS: Final = 1.0
STANDS_US: Final = 30 * US_PER_SEC
# What straddles a switch is decided again only when the switch lies outside the interval by so much.
HYSTERESIS_US: Final = 10 * US_PER_SEC
RELOOK_US: Final = 2 * US_PER_SEC
NEVER_US: Final = 1 << 62
_US_PER_CM: Final = US_PER_SEC / 100.0  # at 1 m/s

_NUMBERED: Final = (LimitKind.LIMITED, LimitKind.VARIABLE)


@dataclass(frozen=True, slots=True)
class Pace:
    """The speeds a link may be driven at, by the limits that may hold there."""

    slow_mps: float
    fast_mps: float


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Departure:
    """Where the evaluation starts from. `at_cm` is the vehicle's offset on the path; `own_mps` 0 where unknown.
    Without `clock_believed` nothing is known of when the vehicle is anywhere."""

    time_us: int
    at_cm: int
    own_mps: float
    clock_believed: bool

    def __init__(self, time_us: int, at_cm: int, own_mps: float, clock_believed: bool = True) -> None:
        self.time_us = time_us
        self.at_cm = at_cm
        self.own_mps = own_mps
        self.clock_believed = clock_believed

    @property
    def begin(self) -> Arrival:
        return Arrival(self.time_us, self.time_us + STANDS_US)


def look_again_us(switch_us: int, arrival: Arrival, now_us: int) -> int:
    """When to look again at what switches then, 0 for never: while the switch is in reach, often; else when it comes
    into reach of a vehicle that stands."""
    if not switch_us:
        return NEVER_US
    in_reach_us = switch_us - (arrival.latest_us - now_us)
    return min(switch_us, max(now_us + RELOOK_US, in_reach_us))


def with_hysteresis(arrival: Arrival, now_us: int) -> Arrival:
    """The interval to look at where a switch lay within it before."""
    return Arrival(max(now_us, arrival.earliest_us - HYSTERESIS_US), arrival.latest_us + HYSTERESIS_US)


def pace_of(limit: EffectiveLimit) -> Pace:
    """From an answer that leaves the time open, so that every limit that may hold is in it: the slowest and the fastest
    of their paces, so that whoever learns which of them holds is never slower or faster than was said."""
    said = [(limit.kind, limit.limit_mm_per_sec)]
    said += [(x.kind, mm_per_sec(x.posted_value_milli, x.posted_unit)) for x in limit.unresolved]
    numbers = [number / 1000 for kind, number in said if number and kind in _NUMBERED]
    if len(numbers) < len(said):
        return Pace(CRAWL_MPS, FREE_MPS)
    return Pace(max(CRAWL_MPS, SLOW_RATIO * min(numbers)), FAST_RATIO * max(numbers))


@dataclass(slots=True, init=False)  # hot, as Pose is
class Course:
    """When the vehicle is where along a path, as numbers: of the end of each link the earliest and the latest time."""

    begin: Arrival
    departure: Departure
    at_cm: int
    ends_cm: Sequence[int]
    earliest_us: list[int]
    latest_us: list[int]

    def __init__(
        self,
        ends_cm: Sequence[int],
        start_cm: int,
        paces: Iterable[Pace],
        *,
        begin: Arrival,
        departure: Departure,
        at_cm: int,
    ) -> None:
        """`begin` is when the vehicle is at offset `at_cm` of the path, which starts at `start_cm`."""
        self.begin = begin
        self.departure = departure
        self.at_cm = at_cm
        self.ends_cm = ends_cm
        self.earliest_us = []
        self.latest_us = []
        own_mps = OWN_SPEED_RATIO * departure.own_mps
        earliest_us, latest_us = begin.earliest_us, begin.latest_us
        for end_cm, pace in zip(ends_cm, paces, strict=True):
            length_cm = end_cm - max(start_cm, at_cm)
            start_cm = end_cm
            if length_cm > 0:
                earliest_us += int(length_cm * _US_PER_CM / max(pace.fast_mps, own_mps))
                latest_us += int(length_cm * _US_PER_CM / pace.slow_mps)
            self.earliest_us.append(earliest_us)
            self.latest_us.append(latest_us)

    def over(self, i: int) -> Arrival:
        """When the vehicle is anywhere on a link; one that lies before `at_cm` is answered for the moment itself."""
        if self.ends_cm[i] <= self.at_cm:
            return Arrival(self.departure.time_us, self.departure.time_us)
        return Arrival(self.earliest_us[i - 1] if i else self.begin.earliest_us, self.latest_us[i])

    def at_end(self, i: int) -> Arrival:
        """When it is at the end of a link."""
        return Arrival(self.earliest_us[i], self.latest_us[i])
