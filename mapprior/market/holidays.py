"""Is it a public holiday? YES and NO only where two calendars agree; else UNKNOWN.

The national calendars are those of the opening-hours library. They lack what holds in a region only (Corpus
Christi in Bavaria, Boxing Day in Scotland) and many days that go by the moon or by decree. `holiday_doubts.json`
lists every day on which a second source, which knows regions, says otherwise; such a day is UNKNOWN in the whole
market. UNKNOWN too: a market without calendar (AE, SA, TH, MY) or a synthetic one, and, where the national calendar
says no, a market or a year that was not compared.

What is left: feasts of single towns are in neither source, and a day that is decreed later is in none.
"""

import datetime as dt
import json
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from opening_hours import OpeningHours, UnknownCountryError  # type: ignore[attr-defined]  # not in its stub

from mapprior.market.truth import Truth

_NOON: Final = dt.time(12)


@lru_cache(maxsize=8192)
def public_holiday(day: dt.date, market: str) -> Truth:
    """Is the day a public holiday where the road lies? `market` is a country code; empty is unknown."""
    calendar = _calendar(market)
    doubts = _doubts().get((market, day.year))
    if calendar is None or (doubts is not None and day in doubts):
        return Truth.UNKNOWN
    if calendar.is_open(dt.datetime.combine(day, _NOON)):
        return Truth.YES
    return Truth.UNKNOWN if doubts is None else Truth.NO


@lru_cache(maxsize=256)
def _calendar(market: str) -> OpeningHours | None:
    """The days of a country; None where the library has none."""
    if not market:
        return None
    try:
        return OpeningHours("PH", country=market, auto_country=False, auto_timezone=False)
    except UnknownCountryError:
        return None


@cache
def _doubts() -> dict[tuple[str, int], frozenset[dt.date]]:
    """Days in doubt per market and year; no entry where nothing was compared."""
    table = json.loads(resources.files("mapprior.market").joinpath("holiday_doubts.json").read_text(encoding="utf-8"))
    return {
        (market, year): frozenset(dt.date.fromisoformat(f"{year}-{x}") for x in years.get(str(year), "").split())
        for market, years in table["markets"].items()
        for year in range(table["first_year"], table["last_year"] + 1)
    }
