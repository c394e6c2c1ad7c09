"""Instants, and what clocks beside the road show then.

Instants are UTC, whole microseconds since 1970. Zones are those of the tzdata package, which is pinned with the
release, never those of the machine: a replay gives the same hours anywhere. Does not know what the time is.
"""

import datetime as dt
import re
from functools import lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_SWITCH_STEP: Final = dt.timedelta(days=8)  # no zone has two clock changes closer than this
_SECOND: Final = dt.timedelta(seconds=1)


@lru_cache(maxsize=512)
def time_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name; None for a name that tzdata does not have, the empty one included."""
    if _ZONE_NAME.fullmatch(name) is None:
        return None
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    try:
        with file.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError):
        return None


def is_datable(instant_us: int) -> bool:
    """Is the instant one that calendars and zones are read for: FIRST_YEAR to LAST_YEAR?"""
    return _FIRST_US <= instant_us < _END_US


def wall_clock(instant_us: int, zone: ZoneInfo) -> dt.datetime:
    """What a clock shows, without zone. The instant must be datable."""
    return (_EPOCH + dt.timedelta(microseconds=instant_us)).astimezone(zone).replace(tzinfo=None, fold=0)


def instant_us(wall: dt.datetime, zone: ZoneInfo) -> int:
    """When a clock first shows this time; for a time that the clock jumps over, the jump or shortly after it."""
    return (wall.replace(tzinfo=zone, fold=0) - _EPOCH) // dt.timedelta(microseconds=1)


def year_start_us(year: int) -> int:
    """Start of a year, UTC."""
    return month_start_us(year, 1)


@lru_cache(maxsize=4096)
def month_start_us(year: int, month: int) -> int:
    """Start of a month, UTC; months above 12 are of the years that follow."""
    first = dt.datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=dt.UTC)
    return (first - _EPOCH) // dt.timedelta(microseconds=1)


def next_clock_change_us(after_us: int, zone: ZoneInfo, *, before_us: int) -> int:
    """The first instant after `after_us` and before `before_us` at which clocks are moved; 0 for none."""
    year = (_EPOCH + dt.timedelta(microseconds=after_us)).year
    while year <= LAST_YEAR and year_start_us(year) < before_us:
        found = next((x for x in _clock_changes_us(zone, year) if after_us < x < before_us), 0)
        if found:
            return found
        year += 1
    return 0


@lru_cache(maxsize=2048)
def _clock_changes_us(zone: ZoneInfo, year: int) -> tuple[int, ...]:
    """Clock changes of a year, UTC, in order: where the offset differs between two looks, halved to the second."""
    found = []
    early, end = dt.datetime(year, 1, 1, tzinfo=dt.UTC), dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
    while early < end:
        late = min(early + _SWITCH_STEP, end)
        before = early.astimezone(zone).utcoffset()
        low, high = early, late
        if late.astimezone(zone).utcoffset() != before:
            while high - low > _SECOND:
                middle = low + (high - low) // 2 // _SECOND * _SECOND
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            found.append((high - _EPOCH) // dt.timedelta(microseconds=1))
        early = late
    return tuple(found)


_FIRST_US: Final = year_start_us(FIRST_YEAR)
_END_US: Final = year_start_us(LAST_YEAR + 1)
