"""Times by the clock of the road: clock changes, holidays that are not known, the sun."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from opening_hours import OpeningHours

from mapprior.market import opening_times
from mapprior.market.circumstances import Place
from mapprior.market.holidays import public_holiday
from mapprior.market.opening_times import Refused, Span, Times, read_times, times_at
from mapprior.market.truth import Truth, truth
from tests.market.condition_texts import (
    day_ranges,
    instants_us,
    plain_hours,
    times_texts,
    us,
    wall,
    windows,
    zone_names,
    zone_of,
)

HOLIDAY = re.compile("[PS]H")
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
AMSTERDAM = Place("NL", "", "Europe/Amsterdam")
NORWAY = Place("NO", "", "Europe/Oslo")
NEW_YORK = Place("US", "", "America/New_York")


def read(text: str) -> Times:
    found = read_times(text)
    assert isinstance(found, Times), found
    return found


def moment(text: str, place: Place = AMSTERDAM, *, fold: int = 0) -> int:
    """Microseconds of a local time; `fold` 1 for the second one of a repeated hour."""
    return us(dt.datetime.fromisoformat(text).replace(tzinfo=zone_of(place.time_zone), fold=fold))


def spans(text: str, place: Place, start_us: int, end_us: int) -> list[tuple[dt.datetime, Truth]]:
    """Each switch between two instants: local time and the truth from then on."""
    found, at_us = [], start_us
    while at_us < end_us:
        span = times_at(read(text), place, at_us)
        found.append((wall(at_us, place.time_zone), span.truth))
        if not span.until_us:
            break
        assert span.until_us > at_us
        at_us = span.until_us
    return found


@given(times_texts, instants_us(), zone_names, st.floats(0, 1), st.sampled_from(("", "DE", "AE")))
def test_a_span_is_the_same_from_wherever_in_it_one_asks(
    text: str, at_us: int, zone_name: str, part: float, market: str
) -> None:
    """Whatever was asked before: a replay must give the same bytes."""
    times = read_times(text)
    assume(isinstance(times, Times))
    place = Place(market, "", zone_name)
    span = times_at(times, place, at_us)
    end_us = span.until_us or at_us + 30 * 24 * HOUR_US
    inside_us = at_us + int((end_us - 1 - at_us) * part)
    opening_times._timetable.cache_clear()
    later = times_at(times, place, inside_us)
    assert later.truth is span.truth
    if wall(inside_us, zone_name).month == wall(at_us, zone_name).month:
        assert later == span
    if span.until_us and (not HOLIDAY.search(text) or span.until_us < at_us + 28 * 24 * HOUR_US):
        assert times_at(times, place, span.until_us).truth is not span.truth


@given(plain_hours(), instants_us(), zone_names)
def test_no_switch_is_missed(meant, at_us: int, zone_name: str) -> None:
    """Every quarter of an hour over two days, as the clock says it, through clock changes too."""
    place = Place("", "", zone_name)
    times, at_us = read(meant.text), at_us // MINUTE_US * MINUTE_US
    seen = Span(Truth.UNKNOWN, at_us)
    for minute_us in range(at_us, at_us + 48 * HOUR_US, 15 * MINUTE_US):
        if seen.until_us and minute_us >= seen.until_us:
            seen = times_at(times, place, minute_us)
        assert seen.truth is meant.means(wall(minute_us, zone_name), None)


@pytest.mark.parametrize(
    ("evening", "hours"),
    [("2026-02-10", 11), ("2026-03-28", 10), ("2026-10-24", 12)],
    ids=["usual night", "an hour is lost", "an hour is repeated"],
)
def test_the_motorway_at_night(evening: str, hours: int) -> None:
    """`130 @ (19:00-06:00)`: the night lasts by the clock, an hour less or more on two nights a year."""
    times, day = read("19:00-06:00"), dt.date.fromisoformat(evening)
    morning = (day + dt.timedelta(days=1)).isoformat()
    seven, six = moment(f"{evening}T19:00:00"), moment(f"{morning}T06:00:00")
    assert six - seven == hours * HOUR_US
    assert times_at(times, AMSTERDAM, moment(f"{evening}T18:59:59")) == Span(Truth.NO, seven)
    assert times_at(times, AMSTERDAM, seven) == Span(Truth.YES, six)
    assert times_at(times, AMSTERDAM, moment(f"{morning}T05:59:59")) == Span(Truth.YES, six)
    assert times_at(times, AMSTERDAM, six) == Span(Truth.NO, moment(f"{morning}T19:00:00"))


def test_an_hour_that_comes_twice_counts_twice() -> None:
    first, second = (moment("2026-10-25T02:30:00", fold=x) for x in (0, 1))
    assert second - first == HOUR_US
    quarter = 15 * MINUTE_US
    found = spans("02:30-02:45", AMSTERDAM, first - quarter, second + 4 * quarter)
    assert [(x.hour, x.minute, t) for x, t in found] == [
        *((2, 15, Truth.NO), (2, 30, Truth.YES), (2, 45, Truth.NO)),
        *((2, 30, Truth.YES), (2, 45, Truth.NO)),
    ]
    assert times_at(read("02:30-02:45"), AMSTERDAM, first) == Span(Truth.YES, first + quarter)
    assert times_at(read("02:30-02:45"), AMSTERDAM, second) == Span(Truth.YES, second + quarter)
    # A window that ends with the change begins again with it.
    assert times_at(read("02:00-03:00"), AMSTERDAM, first) == Span(Truth.YES, second + 2 * quarter)
    assert times_at(read("00:00-02:00"), AMSTERDAM, first - 3 * quarter) == Span(Truth.YES, first - 2 * quarter)


def test_an_hour_that_is_jumped_over_does_not_come() -> None:
    one, three = moment("2026-03-29T01:00:00"), moment("2026-03-29T03:00:00")
    assert three - one == HOUR_US
    assert times_at(read("02:00-03:00"), AMSTERDAM, one) == Span(Truth.NO, moment("2026-03-30T02:00:00"))
    assert times_at(read("02:30-05:00"), AMSTERDAM, one) == Span(Truth.NO, three)
    assert times_at(read("01:00-02:30"), AMSTERDAM, one) == Span(Truth.YES, three)


@pytest.mark.parametrize(
    ("text", "at", "truth", "until"),
    [
        ("19:00-06:00", "2026-03-07T19:00:00", Truth.YES, "2026-03-08T06:00:00"),
        ("19:00-06:00", "2026-10-31T19:00:00", Truth.YES, "2026-11-01T06:00:00"),
        ("01:00-02:00", "2026-03-08T01:00:00", Truth.YES, "2026-03-08T03:00:00"),
        ("02:00-02:30", "2026-03-08T01:00:00", Truth.NO, "2026-03-09T02:00:00"),
    ],
)
def test_clock_changes_of_america(text: str, at: str, truth: Truth, until: str) -> None:
    assert times_at(read(text), NEW_YORK, moment(at, NEW_YORK)) == Span(truth, moment(until, NEW_YORK))


def test_the_zone_is_that_of_the_road() -> None:
    times, at_us = read("22:00-06:00"), moment("2026-02-10T23:00:00")
    assert times_at(times, AMSTERDAM, at_us).truth is Truth.YES
    assert times_at(times, NEW_YORK, at_us).truth is Truth.NO
    assert times_at(times, Place("NL"), at_us) == Span(Truth.UNKNOWN, 0)
    assert times_at(times, Place("NL", "", "Mars/Olympus"), at_us) == Span(Truth.UNKNOWN, 0)


@pytest.mark.parametrize("year", [1969, 2200])
def test_years_that_no_calendar_is_for(year: int) -> None:
    at_us = us(dt.datetime(year, 6, 1, tzinfo=dt.UTC))
    assert times_at(read("00:00-12:00"), AMSTERDAM, at_us) == Span(Truth.UNKNOWN, 0)


def test_far_changes_are_not_looked_for() -> None:
    at_us = moment("2026-02-10T12:00:00")
    assert times_at(read("2028 Jan 31"), AMSTERDAM, at_us) == Span(Truth.NO, moment("2028-01-31T00:00:00"))
    assert times_at(read("2028 Feb 2"), AMSTERDAM, at_us) == Span(Truth.NO, 0)
    assert times_at(read("24/7"), AMSTERDAM, at_us) == Span(Truth.YES, 0)


def test_where_holidays_count_one_must_ask_again() -> None:
    again_us = us(dt.datetime(2026, 4, 1, tzinfo=dt.UTC))
    assert times_at(read("SH"), AMSTERDAM, moment("2026-02-10T12:00:00")) == Span(Truth.UNKNOWN, again_us)
    assert times_at(read("PH"), AMSTERDAM, moment("2026-02-10T12:00:00")) == Span(Truth.NO, again_us)
    maundy_thursday = Span(Truth.NO, moment("2026-04-02T00:00:00", NORWAY))
    assert times_at(read("PH"), NORWAY, moment("2026-03-10T12:00:00", NORWAY)) == maundy_thursday


# Public holidays.

CHRISTMAS, DAY_BEFORE = "2026-12-25T10:00:00", "2026-12-23T10:00:00"


@pytest.mark.parametrize(
    ("text", "market", "at", "expected"),
    [
        ("PH", "DE", CHRISTMAS, Truth.YES),
        ("PH", "DE", DAY_BEFORE, Truth.NO),
        ("Mo-Fr 07:00-17:00; PH off", "DE", CHRISTMAS, Truth.NO),
        ("Mo-Fr 07:00-17:00; PH off", "DE", DAY_BEFORE, Truth.YES),
        # Without a calendar a day is taken both ways.
        *(("PH", market, DAY_BEFORE, Truth.UNKNOWN) for market in ("", "AE", "SA", "TH", "MY", "XA")),
        ("Mo-Fr 07:00-17:00; PH off", "AE", DAY_BEFORE, Truth.UNKNOWN),
        ("Mo-Fr 07:00-17:00; PH off", "AE", "2026-12-23T18:00:00", Truth.NO),
        ("Mo-Fr 07:00-17:00; PH 07:00-17:00", "AE", DAY_BEFORE, Truth.YES),
        ("Sa,Su,PH 10:00-18:00", "AE", DAY_BEFORE, Truth.UNKNOWN),
        ("Sa,Su,PH 10:00-18:00", "AE", "2026-12-26T10:00:00", Truth.YES),
        ("Sa,Su,PH 10:00-18:00", "AE", "2026-12-26T09:00:00", Truth.NO),
        # Nor in a region, nor in years that nobody compared.
        ("Mo-Fr 07:00-17:00; PH off", "DE", "2026-06-04T10:00:00", Truth.UNKNOWN),
        ("Mo-Fr 07:00-17:00; PH off", "DE", "2026-06-05T10:00:00", Truth.YES),
        ("PH", "DE", "2077-12-25T10:00:00", Truth.UNKNOWN),
        # A night that began on a holiday.
        ("PH 22:00-06:00", "DE", "2026-12-27T05:00:00", Truth.YES),
        ("PH 22:00-06:00", "DE", "2026-12-25T05:00:00", Truth.NO),
        ("PH 22:00-06:00", "AE", "2026-12-25T05:00:00", Truth.UNKNOWN),
        # A night that began on the day before a holiday, and one that did not.
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-12-24T23:00:00", Truth.YES),
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-12-25T03:00:00", Truth.UNKNOWN),
        ("Mo-Fr 22:00-30:00; PH off", "DE", "2026-12-25T03:00:00", Truth.UNKNOWN),
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-12-25T06:00:00", Truth.NO),
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-12-25T23:00:00", Truth.NO),
        ("Mo-Fr 00:00-24:00; PH off", "DE", "2026-12-25T03:00:00", Truth.NO),
        # The morning after a holiday, whose night never began; then all is as on any day.
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-01-02T03:00:00", Truth.UNKNOWN),
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-01-02T06:00:00", Truth.NO),
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-01-02T22:00:00", Truth.YES),
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-01-14T03:00:00", Truth.YES),
        ("Mo-Fr 22:00-06:00; PH off", "DE", "2026-01-07T03:00:00", Truth.UNKNOWN),  # a feast of some regions before
        ("Mo-Fr 22:00-06:00; SH off", "DE", "2026-01-14T03:00:00", Truth.UNKNOWN),
        ("Sa,Su,PH 22:00-06:00", "DE", "2026-12-25T03:00:00", Truth.NO),
        ("PH 22:00-06:00", "AE", "2026-12-25T12:00:00", Truth.NO),
    ],
)
def test_public_holidays(text: str, market: str, at: str, expected: Truth) -> None:
    place = Place(market, "", "Europe/Amsterdam")
    assert times_at(read(text), place, moment(at)).truth is expected


def test_school_holidays_are_not_known_where_they_decide() -> None:
    times = read("Mo-Fr 07:00-17:00; SH off")
    assert times_at(times, AMSTERDAM, moment("2026-02-10T06:00:00")) == Span(Truth.NO, moment("2026-02-10T07:00:00"))
    found = times_at(times, AMSTERDAM, moment("2026-02-10T07:00:00"))
    assert found == Span(Truth.UNKNOWN, moment("2026-02-10T17:00:00"))
    # Friday evening to Monday morning, over days of which it is not known what they are.
    evening = times_at(times, AMSTERDAM, moment("2026-02-13T17:00:00"))
    assert evening == Span(Truth.NO, moment("2026-02-16T07:00:00"))


holiday_rules = st.one_of(
    st.just("PH off"),
    windows.map("PH {}".format),
    st.builds("{},PH {}".format, day_ranges, windows),
    st.builds("PH,{} {}".format, st.sampled_from(("Sa", "Mo-Fr")), windows),
)
holiday_texts = st.lists(st.one_of(plain_hours().map(lambda x: x.text), holiday_rules), min_size=1, max_size=3)
NO_CALENDAR = Place("AE", "", "Europe/Oslo")


@given(holiday_texts, st.integers(-30, 80))
def test_where_a_calendar_is_known_the_library_agrees(rules: list[str], hours: int) -> None:
    """Over Maundy Thursday, Good Friday, Easter and Easter Monday in Norway: holidays alone and side by side."""
    times = read_times("; ".join(rules))
    assume(isinstance(times, Times))
    at_us = moment("2026-04-02T00:30:00", NORWAY) + hours * HOUR_US
    asked = OpeningHours(times.text, country="NO", auto_country=False, auto_timezone=False)
    known = times_at(times, NORWAY, at_us).truth
    clock = wall(at_us, NORWAY.time_zone)
    # The library ends a night at the midnight before a holiday, and lets a holiday's own night end that never began.
    holiday = any(public_holiday(clock.date() - dt.timedelta(days=n), "NO") is Truth.YES for n in (0, 1))
    night = holiday and clock.time() < opening_times._nights_end(times.text)
    assert (night and known is Truth.UNKNOWN) or known is truth(asked.is_open(clock))
    assert times_at(times, NO_CALENDAR, at_us).truth in (known, Truth.UNKNOWN)


@given(holiday_texts, instants_us())
def test_school_holidays_are_like_public_ones_without_calendar(rules: list[str], at_us: int) -> None:
    public = read_times("; ".join(rules))
    assume(isinstance(public, Times))
    school = Times(public.text.replace("PH", "SH"))
    assert times_at(school, NORWAY, at_us) == times_at(public, NO_CALENDAR, at_us)


# The sun.


def test_the_sun_needs_a_position() -> None:
    times, oslo = read("sunset-sunrise"), Place("NO", "", "Europe/Oslo")
    noon, night = (moment(x, oslo) for x in ("2026-03-21T12:00:00", "2026-03-21T23:00:00"))
    assert times_at(times, oslo, noon) == Span(Truth.UNKNOWN, 0)
    there = Place("NO", "", "Europe/Oslo", 59.91, 10.75)
    assert times_at(times, there, noon).truth is Truth.NO
    assert times_at(times, there, night).truth is Truth.YES
    sunset = wall(times_at(times, there, noon).until_us, "Europe/Oslo")
    assert dt.datetime.fromisoformat("2026-03-21T18:30:00") < sunset < dt.datetime.fromisoformat("2026-03-21T18:36:00")
    # Only a tenth of a degree counts: nobody can be followed by what is kept.
    near = Place("NO", "", "Europe/Oslo", 59.94, 10.71)
    assert times_at(times, near, noon) == times_at(times, there, noon)


@pytest.mark.parametrize(
    ("zone", "lat_deg", "lon_deg"),
    [("Factory", 48.0, 11.0), ("Europe/Oslo", 91.0, 0.0), ("Europe/Oslo", float("nan"), 0.0), ("", 48.0, 11.0)],
)
def test_where_no_sun_is_known(zone: str, lat_deg: float, lon_deg: float) -> None:
    noon = moment("2026-03-21T12:00:00")
    assert times_at(read("sunset-sunrise"), Place("", "", zone, lat_deg, lon_deg), noon) == Span(Truth.UNKNOWN, 0)


def test_offsets_to_the_sun_and_the_polar_summer() -> None:
    tromso = Place("NO", "", "Europe/Oslo", 69.6, 18.9)
    midnight = moment("2026-06-21T00:30:00", tromso)
    assert times_at(read("sunset-sunrise"), tromso, midnight).truth is Truth.NO
    bozeman = Place("US", "US-MT", "America/Denver", 45.7, -111.0)
    late = times_at(read("(sunset+01:30)-(sunrise-01:30)"), bozeman, moment("2026-06-21T12:00:00", bozeman))
    early = times_at(read("sunset-sunrise"), bozeman, moment("2026-06-21T12:00:00", bozeman))
    assert late.until_us - early.until_us == 90 * MINUTE_US


@given(instants_us(), st.sampled_from(((59.9, 10.7), (48.1, 11.6), (-33.9, 151.2))))
def test_the_sun_sets_once_a_day(at_us: int, position: tuple[float, float]) -> None:
    place = Place("", "", "Europe/Oslo" if position[0] > 0 else "Australia/Sydney", *position)
    found = spans("sunset-sunrise", place, at_us, at_us + 72 * HOUR_US)
    assert 5 <= len(found) <= 8
    assert all(a is not b for (_, a), (_, b) in pairwise(found))


def test_what_a_comment_says_is_not_known() -> None:
    times = read('Mo-Fr 08:00-10:00 "when children are present"')
    assert times_at(times, AMSTERDAM, moment("2026-02-10T09:00:00")).truth is Truth.UNKNOWN
    assert times_at(times, AMSTERDAM, moment("2026-02-10T10:00:00")).truth is Truth.NO


@pytest.mark.parametrize("text", ["07:00+", "07:00-17:00+", "Mo-Fr 22:00-06:00+; PH off", "sunset+", "(sunset-00:30)+"])
def test_an_open_end_is_no_time(text: str) -> None:
    assert read_times(text) == Refused("times with an open end")


@pytest.mark.parametrize("text", ["(sunset+01:30)-23:00", "2026+ 07:00-17:00", "Mar 1+", 'Mo 07:00-17:00 "7:00+"'])
def test_a_plus_elsewhere_is_no_open_end(text: str) -> None:
    assert isinstance(read_times(text), Times)


@pytest.mark.parametrize("days", ["Fr[-1] -2 days", "Su[1] +1 day", "2024 Fr[2] -1 day"])
@pytest.mark.parametrize("names", ["PH", "SH", "PH,SH"])
def test_holidays_that_cannot_be_put_in_are_refused_when_read_not_when_asked(days: str, names: str) -> None:
    """One road with such a text must not end every drive over it."""
    assert read_times(f"{days} {names}") == Refused("holidays where no weekday can stand")
    assert isinstance(read_times(f"{days}"), Times)


def test_a_night_before_a_holiday_is_open_until_it_is_over() -> None:
    place = Place("DE", "", "Europe/Amsterdam")
    found = times_at(read("Mo-Fr 22:00-06:00; PH off"), place, moment("2026-12-25T03:00:00"))
    assert found == Span(Truth.UNKNOWN, moment("2026-12-25T06:00:00"))
