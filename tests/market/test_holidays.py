"""Public holidays: decided where two calendars agree, and only there."""

import datetime as dt
import json
from importlib import resources

import pytest

from mapprior.market.countries import is_market
from mapprior.market.holidays import public_holiday
from mapprior.market.truth import Truth

TABLE = json.loads(resources.files("mapprior.market").joinpath("holiday_doubts.json").read_text(encoding="utf-8"))
YEARS = range(TABLE["first_year"], TABLE["last_year"] + 1)


@pytest.mark.parametrize("market", sorted(TABLE["markets"]))
def test_most_days_are_decided_and_those_in_doubt_are_not(market: str) -> None:
    assert is_market(market)
    for year, texts in TABLE["markets"][market].items():
        assert int(year) in YEARS
        days = [dt.date.fromisoformat(f"{year}-{x}") for x in texts.split()]
        assert days == sorted(set(days))
        assert all(public_holiday(x, market) is Truth.UNKNOWN for x in days)
        assert len(days) < 60
    year = [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i in range(365)]
    truths = [public_holiday(x, market) for x in year]
    assert 4 <= truths.count(Truth.YES) <= 20
    assert truths.count(Truth.NO) > 300


@pytest.mark.parametrize(
    ("market", "day", "expected"),
    [
        ("DE", "2026-01-01", Truth.YES),
        ("DE", "2026-10-03", Truth.YES),
        ("DE", "2026-10-14", Truth.NO),
        ("DE", "2026-11-01", Truth.UNKNOWN),  # in five regions
        ("DE", "2019-10-14", Truth.UNKNOWN),  # not compared
        ("DE", "2019-10-03", Truth.YES),
        ("CH", "2026-08-01", Truth.YES),
        ("CH", "2026-12-26", Truth.UNKNOWN),
        ("GB", "2026-01-01", Truth.UNKNOWN),
        ("FR", "2026-07-14", Truth.YES),
        ("SG", "2026-05-31", Truth.UNKNOWN),  # by the moon
        ("ZA", "2026-10-14", Truth.UNKNOWN),  # a calendar that nobody compared
        ("ZA", "2026-04-27", Truth.YES),
        *((x, "2026-01-01", Truth.UNKNOWN) for x in ("AE", "SA", "TH", "MY", "XA", "")),
    ],
)
def test_days(market: str, day: str, expected: Truth) -> None:
    assert public_holiday(dt.date.fromisoformat(day), market) is expected
