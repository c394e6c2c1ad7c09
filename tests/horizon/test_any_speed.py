"""Limits in time along a path, however fast the vehicle drives; laid directly, past tiles and matching."""

from collections.abc import Sequence
from copy import copy
from itertools import accumulate

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapprior.geo.units import US_PER_SEC as SEC
from mapprior.horizon.arrival import Departure
from mapprior.horizon.drive_limits import LinkAnswers, Question, Setting
from mapprior.horizon.items import ROOT, LinkPlacement, Path
from mapprior.horizon.links import Links
from mapprior.horizon.path_limits import NO_LIMITS, Courses, LimitLayer, PathLimits
from mapprior.horizon.side_paths import Laid
from mapprior.market.circumstances import Arrival, Place
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit, TaggedLimit
from mapprior.model.network import Network
from mapprior.model.pose import CAR, DrivingConditions
from tests.horizon.timed import HOUR_US, LAW, NIGHT, kmh, utc_us

QUESTION = Question(CAR, DrivingConditions(), Place("ZZ", "", "Europe/Berlin"), LAW)
DAYTIME = "06:00-20:00"
EIGHT_US = utc_us("2026-11-20T19:00:00")  # in the evening in Berlin
ROADS = (
    (kmh(30),),
    (kmh(100),),
    (kmh(50), kmh(30, DAYTIME)),
    (kmh(120), kmh(80, DAYTIME)),
    (kmh(50), kmh(30, "19:59-20:01")),
    (kmh(60), kmh(20, NIGHT)),
)
roads = st.lists(st.tuples(st.integers(20, 1500), st.sampled_from(ROADS)), min_size=2, max_size=6)


class Road:
    """One path of links of these lengths and statements."""

    def __init__(self, stretches: Sequence[tuple[int, tuple[TaggedLimit, ...]]]) -> None:
        self.statements = [limits for _, limits in stretches]
        ends_cm = list(accumulate(length_m * 100 for length_m, _ in stretches))
        self.links = Links.of(PathId(1), 0, map(LinkId, range(len(ends_cm))), ends_cm)
        self.end_cm = ends_cm[-1]
        self.laid = Laid(Path(PathId(1), ROOT, 0, 0, self.end_cm, 1_000_000), self.links)
        self.setting = Setting(QUESTION)
        self.layer = LimitLayer(Network(()), self)

    def of(self, link_id: LinkId) -> LinkAnswers:
        return self.setting.of(self.statements[link_id])

    def lay(self, before: PathLimits, time_us: int, at_cm: int, speed_mps: float) -> PathLimits:
        courses = Courses(Departure(time_us, at_cm, speed_mps))
        return self.layer.lay(before, self.laid, courses, known=(0, len(before.links)), anew=False)

    def on(self, limits: PathLimits, link: LinkPlacement) -> EffectiveLimit:
        return next(x.limit for x in limits.spans if x.start_offset_cm <= link.start_offset_cm < x.end_offset_cm)


def test_who_drives_off_faster_than_thought_is_told_of_the_switch() -> None:
    """From a red light, 98 s before a switch, a vehicle at 45 km/h is 1 km on before it: 30 holds there, not yet 50."""
    road = Road(((1000, (kmh(30),)), (1000, (kmh(50), kmh(30, DAYTIME)))))
    limits = road.lay(NO_LIMITS, EIGHT_US - 98 * SEC, 0, 0.0)
    for before_sec, at_m, speed_mps in ((95, 30, 12.5), (20, 970, 12.5), (15, 1005, 12.5)):
        limits = road.lay(limits, EIGHT_US - before_sec * SEC, at_m * 100, speed_mps)
        there = road.on(limits, road.links[1])
        assert (there.posted_value_milli, there.certain) == (30_000, False)


@settings(max_examples=60, deadline=None)
@given(roads, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 100)), min_size=2, max_size=6))
def test_what_was_laid_stands_exactly_as_long_as_it_would_be_laid_again(
    stretches: list[tuple[int, tuple[TaggedLimit, ...]]], steps: list[tuple[int, int]]
) -> None:
    road = Road(stretches)
    limits, time_us, at_cm = NO_LIMITS, EIGHT_US - 200 * SEC, 0
    for sec, metres in steps:
        time_us, at_cm = time_us + sec * SEC, min(at_cm + metres * 100, road.end_cm - 1)
        forgetful = copy(limits)
        forgetful.in_time = ()
        limits, again = (road.lay(x, time_us, at_cm, 10.0) for x in (limits, forgetful))
        assert limits.spans == again.spans
        assert (limits.torn, limits.due_us) == (again.torn, again.due_us)


def test_a_link_is_looked_at_when_it_is_entered() -> None:
    """Also where no time was left to look again: the vehicle was seen a kilometre back a moment ago."""
    road = Road(((1000, (kmh(30),)), (1000, (kmh(50), kmh(30, DAYTIME)))))
    limits = road.lay(NO_LIMITS, EIGHT_US - 98 * SEC, 0, 0.0)
    there = road.on(road.lay(limits, EIGHT_US - 97 * SEC, 100_500, 30.0), road.links[1])
    assert (there.posted_value_milli, there.certain) == (30_000, False)


@settings(max_examples=150, deadline=None)
@given(
    roads,
    st.integers(-400, 20),
    st.lists(st.tuples(st.sampled_from((0.0, 3.0, 9.0, 13.0, 20.0, 45.0)), st.integers(1, 90)), max_size=5),
    st.booleans(),
)
def test_at_any_speed_nothing_certain_is_wrong(
    stretches: list[tuple[int, tuple[TaggedLimit, ...]]],
    start_sec: int,
    phases: list[tuple[float, int]],
    reports_speed: bool,
) -> None:
    """What is certain is what a drive that begins here and now is told, where that is certain too; and on the
    vehicle's own link it is what holds now."""
    road = Road(stretches)
    time_us, at_cm, limits = EIGHT_US + start_sec * SEC, 0, NO_LIMITS
    for speed_mps, seconds in phases:
        for _ in range(seconds):
            said_mps = speed_mps if reports_speed else 0.0
            limits = road.lay(limits, time_us, at_cm, said_mps)
            fresh = road.lay(NO_LIMITS, time_us, at_cm, said_mps)
            for link in road.links:
                if link.end_offset_cm <= at_cm:
                    continue
                ours, theirs = road.on(limits, link), road.on(fresh, link)
                if ours.certain and theirs.certain:
                    assert ours.posted_value_milli == theirs.posted_value_milli
                if ours.certain and link.start_offset_cm <= at_cm:
                    holds = QUESTION.answer(road.statements[link.link_id], Arrival(time_us, time_us))
                    assert ours.posted_value_milli == holds.posted_value_milli
            time_us += SEC
            at_cm += int(speed_mps * 100)
            if at_cm >= road.end_cm:
                return


SEASONAL = ("Mar-Oct AND 07:00-17:00", "Mo-Fr AND 07:00-09:00 AND PH off", "Nov-Mar AND 22:00-06:00", NIGHT)


@settings(max_examples=40, deadline=None)
@example(SEASONAL[0], [4 * 24], 81 * 24)  # in December the first of March is only a time to ask again
@given(st.sampled_from(SEASONAL), st.lists(st.integers(0, 120 * 24), max_size=4), st.integers(0, 120 * 24))
def test_an_answer_does_not_depend_on_who_asked_before(condition: str, asked_h: list[int], hour: int) -> None:
    first_us = utc_us("2026-12-01T00:30:00")
    statements = (kmh(100), kmh(80, condition))
    cold, warm = Setting(QUESTION).of(statements), Setting(QUESTION).of(statements)
    for x in asked_h:
        warm.at(Arrival(first_us + x * HOUR_US, first_us + x * HOUR_US))
    for wide_us in (0, 2 * HOUR_US):
        arrival = Arrival(first_us + hour * HOUR_US, first_us + hour * HOUR_US + wide_us)
        assert warm.at(arrival) == cold.at(arrival)
