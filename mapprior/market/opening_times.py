"""Times of a condition (`Mo-Fr 07:00-17:00; PH off`), in OpenStreetMap's opening_hours grammar.

The opening-hours library reads and evaluates them; this file knows what the library leaves open or gets wrong:

- It is asked in the clock time of the road, without zone, and this file converts: the library's own conversion
  is off in the hour that a clock change repeats. What a sign says holds by the clock: both times in that hour.
- School holidays (`SH`) are dropped silently, public holidays (`PH`) are false where it has no calendar. Here a day
  of which it is not known whether it is one is taken both ways, and where that differs the truth is UNKNOWN.
- A holiday before a weekday (`PH Mo-Fr`) is read as "or" instead of "and", a shifted one is printed wrongly, and a
  day that its month does not have (`Feb 30`) never ends: all three are refused. So is a holiday where no weekday can
  stand beside it (`Fr[-1] -2 days PH`): a day could not be taken for one.
- A night that began before a holiday (`Mo-Fr 22:00-06:00; PH off`, in the morning of the 25th): the library ends it at
  midnight, a sign may mean either: until the text's nights are over such a day is taken both ways too.
- The night of a holiday itself (the morning of the 26th): the library lets it be open though it never began. Until
  the text's nights are over what held just before midnight must hold too, or it is UNKNOWN.
- An open end (`07:00+`, `07:00-17:00+`) says nothing about when it is over, the library closes at once or at
  midnight: refused.
- Without coordinates the sun sets at 19:00. Here such a text is UNKNOWN without a position; with one, to a tenth
  of a degree, sunset is right to about a minute. Where the sun does not set it follows the library: no night.
- A text in quotes may say anything ("if children are present"): where its rule decides, UNKNOWN.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]  # its errors are not in its stub
    InvalidCoordinatesError,
    OpeningHours,
    ParserError,
    State,
)

from mapprior.market.circumstances import Place
from mapprior.market.holidays import public_holiday
from mapprior.market.local_time import (
    SECOND_US,
    instant_us,
    is_datable,
    month_start_us,
    next_clock_change_us,
    time_zone,
    wall_clock,
)
from mapprior.market.truth import Truth

_MONTHS_AHEAD: Final = 24  # a change is looked for so far, from the month one asks in
_MONTHS_BY_DAY: Final = 2  # and so far where each day may be a holiday; then one must ask again
_LOOKAHEAD_DAYS_MAX: Final = 31 * _MONTHS_AHEAD
_SPANS_KEPT_COUNT: Final = 8
_CLOCKS_MOVED_US_MAX: Final = 2 * 3600 * SECOND_US
_DAY: Final = dt.timedelta(days=1)
_MINUTE: Final = dt.timedelta(minutes=1)
_DAY_MINUTES: Final = 24 * 60
_MICROSECOND: Final = dt.timedelta(microseconds=1)

_WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTH_DAYS: Final = dict(
    zip(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31),
        strict=True,
    )
)
_QUOTED: Final = re.compile(r'"[^"]*"')
_MONTH_DAY: Final = re.compile("(" + "|".join(_MONTH_DAYS) + r") (\d{1,2})(?![\d:])")
_HOLIDAY_AND_WEEKDAY: Final = re.compile(r"[PS]H\s*(?:Mo|Tu|We|Th|Fr|Sa|Su)", re.IGNORECASE)
_SHIFTED: Final = re.compile(r"[PS]H\s*[+-]?\s*\d+\s*day", re.IGNORECASE)
_SCHOOL_DAY: Final = re.compile(r"\bSD\b")
_HOLIDAYS: Final = re.compile(r"(?P<days>\b(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:\[[^\]]*\])?,)?(?P<names>\b[PS]H\b(?:,[PS]H\b)*)")
_OPEN_END: Final = re.compile(r"(?:\d:\d\d|sunrise|sunset|dawn|dusk|\))\s*\+(?!\s*\d)", re.IGNORECASE)
_WINDOW: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_UNTIL_SUNRISE: Final = re.compile(r"-\(?(?:sunrise|dawn)")
_RULES: Final = re.compile(r"; |, | \|\| ")
_SUN: Final = re.compile(r"\b(?:sunrise|sunset|dawn|dusk)\b")


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that is not read, and why. It may still say something: whoever asks must take it as UNKNOWN."""

    reason: str


@dataclass(frozen=True, slots=True)
class Times:
    """Times as the library prints them: two texts that it prints alike mean the same."""

    text: str

    def __str__(self) -> str:
        return self.text


class Span(NamedTuple):
    """A truth and the first instant at which it may change; 0 for none within the two years that are looked at.

    It does change then, unless holidays count and no change was found in more than a month.
    """

    truth: Truth
    until_us: int


def read_times(text: str) -> Times | Refused:
    """Times of a text, or why it is none. Raises nothing; the caller bounds the length."""
    plain = _QUOTED.sub("", text)
    if _SCHOOL_DAY.search(plain):
        return Refused("school days: no calendar knows them")
    if _HOLIDAY_AND_WEEKDAY.search(plain):
        return Refused("holidays and weekdays together")
    if _SHIFTED.search(plain):
        return Refused("days before or after holidays")
    if _OPEN_END.search(plain):
        return Refused("times with an open end")
    try:
        canonical = str(_hours(text))
        stable = canonical == text or str(_hours(canonical)) == canonical
    except ParserError:
        return Refused("neither times, nor a comparison, nor a known word")
    plain = _QUOTED.sub('""', canonical)
    if any(int(x[2]) > _MONTH_DAYS[x[1]] for x in _MONTH_DAY.finditer(plain)):
        return Refused("a day that its month does not have")
    if _never(plain):
        return Refused("times that never come")
    if not _takes_holidays(canonical):
        return Refused("holidays where no weekday can stand")
    return Times(canonical) if stable else Refused("times without one reading")


def times_at(times: Times, place: Place, at_us: int) -> Span:
    """Whether the times hold at an instant, by the clock of the place, and until when that stays so.

    UNKNOWN for good without a zone, without a position where the sun counts, and outside the years that are read.
    """
    by_holiday, by_sun = _depends_on(times.text)
    position = None
    if by_sun:
        if place.lat_deg is None or place.lon_deg is None:
            return Span(Truth.UNKNOWN, 0)
        # What is kept tells the area, not the road.
        position = round(place.lat_deg, 1), round(place.lon_deg, 1)
    timetable = _timetable(times.text, place.time_zone, place.market if by_holiday else "", position)
    return Span(Truth.UNKNOWN, 0) if timetable is None or not is_datable(at_us) else timetable.span(at_us)


def _hours(text: str) -> OpeningHours:
    """Of clock time only: no zone, no position, no calendar."""
    return OpeningHours(text, auto_country=False, auto_timezone=False)


def _never(plain: str) -> bool:
    """Do all rules only close, as `PH off` alone does, or does the last one always? Who writes that means another."""
    rules = _RULES.split(plain)
    return rules[-1] == "24/7 closed" or all(x.endswith(" closed") for x in rules)


def _takes_holidays(text: str) -> bool:
    """Can the text be read for a day that is a holiday? Not after `Fr[-1] -2 days`, say."""
    if _HOLIDAYS.search(_QUOTED.sub("", text)) is None:
        return True
    try:
        _hours(_with_holidays(text, {"PH": {"Mo"}, "SH": {"Mo"}}))
    except ParserError:
        return False
    return True


@lru_cache(maxsize=16384)
def _depends_on(text: str) -> tuple[bool, bool]:
    """On public holidays, and on the sun?"""
    plain = _QUOTED.sub("", text)
    return "PH" in plain, _SUN.search(plain) is not None


@lru_cache(maxsize=4096)
def _timetable(text: str, zone_name: str, market: str, position: tuple[float, float] | None) -> "_Timetable | None":
    """None without a zone, and for a zone or position for which the library knows no sun."""
    zone = time_zone(zone_name)
    if zone is None:
        return None
    try:
        return _Timetable(text, zone, market, position)
    except (InvalidCoordinatesError, TypeError):
        return None


class _Timetable:
    """One text in one place. Keeps the last spans it found; the same question has the same answer with or without."""

    def __init__(self, text: str, zone: ZoneInfo, market: str, position: tuple[float, float] | None) -> None:
        self._text = text
        self._zone = zone
        self._market = market
        self._position = position
        self._by_day = _HOLIDAYS.search(_QUOTED.sub("", text)) is not None
        self._by_school = "SH" in _QUOTED.sub("", text)
        self._nights_end = _nights_end(text)
        self._always = [self._hours(text)]
        self._by_case: dict[tuple[int, ...], list[OpeningHours]] = {}
        self._spans: tuple[tuple[int, int, Span], ...] = ()  # start, end, answer

    def span(self, at_us: int) -> Span:
        for start_us, end_us, span in self._spans:
            if start_us <= at_us < end_us:
                return span
        # Bounds that go by the month are the same for every instant of the month, whatever was asked before.
        wall = wall_clock(at_us, self._zone)
        year, month = wall.year, wall.month
        limit_us = month_start_us(year, month + (_MONTHS_BY_DAY if self._by_day else _MONTHS_AHEAD))
        truth = self._truth(at_us)
        until_us = at_us
        while until_us < limit_us:
            until_us = self._next_moment(until_us)
            if not until_us or self._truth(until_us) is not truth:
                break
        if until_us >= limit_us:
            until_us = limit_us if self._by_day else 0
        span = Span(truth, until_us)
        month_end = dt.datetime.combine(dt.date(year + month // 12, month % 12 + 1, 1), dt.time())
        month_end_us = instant_us(month_end, self._zone) - _CLOCKS_MOVED_US_MAX
        kept_until_us = min(until_us or month_end_us, month_end_us)
        self._spans = (*self._spans[1 - _SPANS_KEPT_COUNT :], (at_us, kept_until_us, span))
        return span

    def _truth(self, at_us: int) -> Truth:
        """What all readings of the day agree on."""
        wall = wall_clock(at_us, self._zone)
        readings = self._readings(wall)
        truths = {_truth(x.state(wall)) for x in readings}
        if self._follows_holiday(wall):
            midnight = dt.datetime.combine(wall.date(), dt.time()) - _MINUTE
            truths |= {_truth(x.state(midnight)) for x in readings}
        return truths.pop() if len(truths) == 1 else Truth.UNKNOWN

    def _follows_holiday(self, wall: dt.datetime) -> bool:
        """May the night that ends this morning have begun on a holiday?"""
        if not self._by_day or wall.time() >= self._nights_end:
            return False
        return self._by_school or public_holiday(wall.date() - _DAY, self._market) is not Truth.NO

    def _next_moment(self, at_us: int) -> int:
        """The next instant at which any reading changes, clocks are moved or, where holidays count, a day begins.

        0 for none.
        """
        wall = wall_clock(at_us, self._zone)
        moments = [x.replace(tzinfo=None) for x in (y.next_change(wall) for y in self._readings(wall)) if x]
        if self._by_day:
            moments.append(dt.datetime.combine(wall.date() + _DAY, dt.time()))
        if wall.time() < self._nights_end:
            moments.append(dt.datetime.combine(wall.date(), self._nights_end))
        ahead = min(moments) - wall if moments else _DAY
        if ahead <= dt.timedelta():  # by the sun, on a clock that was moved: look again at the next minute
            ahead = wall.replace(second=0, microsecond=0) + _MINUTE - wall
        next_us = at_us + ahead // _MICROSECOND
        moved_us = next_clock_change_us(at_us, self._zone, before_us=next_us)
        return moved_us or (next_us if moments else 0)

    def _readings(self, wall: dt.datetime) -> list[OpeningHours]:
        """One for every way in which this day and the one before, whose night lasts, can be holidays."""
        if not self._by_day:
            return self._always
        day = wall.date()
        days = (day - _DAY, day)
        public = [public_holiday(x, self._market) for x in days]
        if public[1] is Truth.YES and wall.time() < self._nights_end:
            public[1] = Truth.UNKNOWN  # last night may go on
        case = (day.weekday(), *public)
        found = self._by_case.get(case)
        if found is None:
            found = self._by_case[case] = [self._hours(x) for x in _cases(self._text, days, public)]
        return found

    def _hours(self, text: str) -> OpeningHours:
        """The text read for this place. What changes after the day does not count where each day is read anew."""
        return OpeningHours(
            text,
            timezone=None if self._position is None else self._zone,
            coords=self._position,
            auto_country=False,
            auto_timezone=self._position is not None,
            max_interval_days=2 if self._by_day else _LOOKAHEAD_DAYS_MAX,
        )


def _nights_end(text: str) -> dt.time:
    """When the last night of a text that counts holidays is over, at noon if the sun ends it; 0:00 for none."""
    plain = _QUOTED.sub("", text)
    if _HOLIDAYS.search(plain) is None:
        return dt.time()
    windows = ((int(h) * 60 + int(m), int(to_h) * 60 + int(to_m)) for h, m, to_h, to_m in _WINDOW.findall(plain))
    ends = [end % _DAY_MINUTES for start, end in windows if end < start or end > _DAY_MINUTES]
    ends += [_DAY_MINUTES // 2] if _UNTIL_SUNRISE.search(plain) else []
    hour, minute = divmod(max(ends, default=0), 60)
    return dt.time(hour, minute)


def _cases(text: str, days: Sequence[dt.date], public: Sequence[Truth]) -> Iterable[str]:
    """The text for each way in which days can be holidays, of schools and, where it is not known, public ones."""
    possible = []
    for name, known in (("PH", public), ("SH", (Truth.UNKNOWN, Truth.UNKNOWN))):
        if name in text:
            for day, of_day in zip(days, known, strict=True):
                possible.append([(name, _WEEKDAYS[day.weekday()] if x is Truth.YES else "") for x in _possible(of_day)])
    texts: dict[str, None] = {}
    for case in product(*possible):
        on = {name: {weekday for of, weekday in case if of == name and weekday} for name in ("PH", "SH")}
        texts[_with_holidays(text, on)] = None
    return texts


def _possible(known: Truth) -> tuple[Truth, ...]:
    return (Truth.NO, Truth.YES) if known is Truth.UNKNOWN else (known,)


def _with_holidays(text: str, on: dict[str, set[str]]) -> str:
    """The text where holidays of a name fall on these weekdays: beside two days in a row, the same as on the dates."""

    def with_days(found: re.Match[str]) -> str:
        names = found["names"]
        days = set().union(*(on[name] for name in names.split(",")))
        listed = ",".join(x for x in _WEEKDAYS if x in days)
        if not days:
            return found[0]
        return f"{found['days']}{listed},{names}" if found["days"] else f"{names},{listed}"

    parts = re.split(r'("[^"]*")', text)
    return "".join(x if x.startswith('"') else _HOLIDAYS.sub(with_days, x) for x in parts)


def _truth(state: tuple[State, str]) -> Truth:
    known, comment = state
    if comment or known == State.UNKNOWN:
        return Truth.UNKNOWN
    return Truth.YES if known == State.OPEN else Truth.NO
