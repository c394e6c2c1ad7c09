"""The older words for when a turn is banned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.clock_words import in_words_of_today
from mapprior.market.condition import Condition, Refused, parse_condition

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


@given(st.sampled_from(DAYS), st.sampled_from(DAYS), st.integers(0, 23), st.integers(1, 24), st.booleans())
def test_they_say_what_today_one_writes(first: str, last: str, on: int, off: int, with_minutes: bool) -> None:
    end = ":00" if with_minutes else ""
    old = f"day_on={first} day_off={last} hour_on={on}{end} hour_off={off}{end}"
    days = first if first == last else f"{first}-{last}"
    new = parse_condition(f"{days} {on:02}:00-{off:02}:00")
    assert isinstance(new, Condition)
    assert parse_condition(in_words_of_today(old)) == new
    assert in_words_of_today(f"{old} opening_hours={new}") == in_words_of_today(old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hour_on=07:00 hour_off=23:00 opening_hours=Mo-Su 07:00-23:00", "Mo-Su 07:00-23:00"),
        ("opening_hours=Mo-Fr 07:00-09:00; PH off", "Mo-Fr 07:00-09:00; PH off"),
        ("day_on=Sa day_off=Su", "Sa-Su"),
    ],
)
def test_parts_of_them_and_both_ways_at_once(old: str, new: str) -> None:
    assert in_words_of_today(old) == new


@pytest.mark.parametrize(
    "text",
    [
        "hour_on=07:00 hour_off=22:00 opening_hours=Mo-Su 07:00-23:00",
        "day_on=Mo hour_on=7 hour_off=9",
        "hour_on=7",
        "hour_on=soon hour_off=9",
    ],
)
def test_what_contradicts_itself_or_is_not_whole_stays_not_known(text: str) -> None:
    assert in_words_of_today(text) == text
    assert isinstance(parse_condition(text), Refused)


@given(st.text(max_size=30))
def test_any_other_text_is_left_alone(text: str) -> None:
    if not text.startswith("opening_hours="):
        assert in_words_of_today(text) == text
