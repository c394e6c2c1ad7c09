"""Zones and clock changes, against the standard library's own reading of the same data."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.local_time import (
    DAY_US,
    FIRST_YEAR,
    LAST_YEAR,
    instant_us,
    is_datable,
    next_clock_change_us,
    time_zone,
    wall_clock,
    year_start_us,
)
from tests.market.condition_texts import us, wall, zone_names

instants = st.integers(year_start_us(FIRST_YEAR + 1), year_start_us(2100))


@given(instants, zone_names)
def test_clocks_show_what_the_zone_says(at_us: int, name: str) -> None:
    zone = time_zone(name)
    assert zone is not None and zone.key == name
    assert wall_clock(at_us, zone) == wall(at_us, name)
    back_us = instant_us(wall_clock(at_us, zone), zone)
    assert wall_clock(back_us, zone) == wall_clock(at_us, zone)
    assert back_us <= at_us


@given(instants, zone_names, st.integers(1, 500))
def test_offsets_change_at_clock_changes_only(at_us: int, name: str, days: int) -> None:
    zone = time_zone(name)
    assert zone is not None
    end_us = at_us + days * DAY_US
    offset = wall_clock(at_us, zone) - wall(at_us, "UTC")
    moved_us = next_clock_change_us(at_us, zone, before_us=end_us)
    for i in range(50):
        sample_us = at_us + (end_us - 1 - at_us) * i // 49
        if moved_us and sample_us >= moved_us:
            break
        assert wall_clock(sample_us, zone) - wall(sample_us, "UTC") == offset
    if moved_us:
        assert at_us < moved_us < end_us
        assert wall_clock(moved_us, zone) - wall(moved_us, "UTC") != offset
        assert wall_clock(moved_us - 1_000_000, zone) - wall(moved_us - 1_000_000, "UTC") == offset


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Amsterdam", ["2026-03-29T01:00:00+00:00", "2026-10-25T01:00:00+00:00"]),
        ("America/New_York", ["2026-03-08T07:00:00+00:00", "2026-11-01T06:00:00+00:00"]),
        ("Asia/Tokyo", []),
    ],
)
def test_clock_changes_of_2026(name: str, expected: list[str]) -> None:
    zone, at_us, found = time_zone(name), year_start_us(2026), []
    assert zone is not None
    while at_us := next_clock_change_us(at_us, zone, before_us=year_start_us(2027)):
        found.append(at_us)
    assert found == [us(dt.datetime.fromisoformat(x)) for x in expected]


def test_a_time_that_comes_twice_is_the_first_one() -> None:
    zone = time_zone("Europe/Amsterdam")
    assert zone is not None
    first_us = us(dt.datetime.fromisoformat("2026-10-25T02:30:00+02:00"))
    assert instant_us(wall_clock(first_us, zone), zone) == first_us
    assert instant_us(wall_clock(first_us + 3_600_000_000, zone), zone) == first_us


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../secret", "Europe", "/etc/localtime", "Europe/Oslo\n", "zone.tab"]
)
def test_no_such_zone(name: str) -> None:
    assert time_zone(name) is None


def test_datable() -> None:
    assert is_datable(year_start_us(FIRST_YEAR)) and is_datable(year_start_us(LAST_YEAR + 1) - 1)
    assert not is_datable(year_start_us(FIRST_YEAR) - 1) and not is_datable(year_start_us(LAST_YEAR + 1))
    assert not is_datable(1 << 62) and not is_datable(-(1 << 62))
