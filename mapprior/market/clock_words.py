"""Times in the older words of a turn restriction (`day_on=Mo day_off=Fr hour_on=7 hour_off=18`), in those of today.

A build keeps them as they are tagged, in this order, with `opening_hours=...` behind them where the source has that
too. https://wiki.openstreetmap.org/wiki/Relation:restriction
"""

import re
from typing import Final

from mapprior.market.opening_times import Times, read_times

_DAYS: Final = "Mo|Tu|We|Th|Fr|Sa|Su"
_CLOCK: Final = re.compile(
    rf"(?:day_on=(?P<day_on>{_DAYS}) day_off=(?P<day_off>{_DAYS}) ?)?"
    r"(?:hour_on=(?P<hour_on>\d{1,2}(?::\d\d)?) hour_off=(?P<hour_off>\d{1,2}(?::\d\d)?) ?)?"
    r"(?:opening_hours=(?P<opening_hours>.+))?",
    re.ASCII,
)


def in_words_of_today(condition: str) -> str:
    """The condition as `parse_condition` reads it, where it is of older words that mean one thing; else itself.

    Of two ways to say it that contradict each other neither is chosen.
    """
    found = _CLOCK.fullmatch(condition)
    if found is None or not condition:
        return condition
    day_on, day_off, hour_on, hour_off, hours = found.groups()
    if day_on is None and hour_on is None:
        return str(hours)
    days = f"{day_on}-{day_off}" if day_on and day_on != day_off else day_on or "Mo-Su"
    said = f"{days} {_clock(hour_on)}-{_clock(hour_off)}" if hour_on else days
    return said if hours is None or _times(said) == _times(hours) else condition


def _clock(hour: str) -> str:
    """`7` and `7:30` with two digits each."""
    hours, _, minutes = hour.partition(":")
    return f"{int(hours):02}:{minutes or '00'}"


def _times(text: str) -> str:
    """What tells the same times from others: days that are all of them need not be said."""
    read = read_times(text)
    return read.text.removeprefix("Mo-Su ") if isinstance(read, Times) else ""
