"""Clauses of a conditional value: nothing is lost, order is kept, brackets and quotes hold together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.clauses import CLAUSES_TEXT_CHARS_MAX, bare, clauses
from tests.market.conditional_values import VALUES

values = st.from_regex(r"[a-z0-9|]{1,8}( mph)?", fullmatch=True)
# Texts without the characters that part clauses, and such that keep theirs in brackets or quotes.
words = st.text("ab:-, 0", min_size=1).map(str.strip).filter(bool)
bracketed = words.map(lambda x: f"a({x}; {x})")
quoted = words.map(lambda x: f'a "{x}; ({x}"')
conditions = st.one_of(words, bracketed, quoted)


@given(st.lists(st.tuples(values, conditions, st.booleans()), min_size=1, max_size=6))
def test_what_is_joined_comes_apart_in_order(stated: list[tuple[str, str, bool]]) -> None:
    text = "; ".join(f"{value} @ ({condition})" if b else f"{value}@{condition}" for value, condition, b in stated)
    assert clauses(text) == [(value, condition) for value, condition, _ in stated]


@given(st.text())
def test_no_text_breaks_it_and_no_condition_is_empty(text: str) -> None:
    assert all(condition for _, condition in clauses(text))


@given(words, st.integers(0, 4))
def test_outer_brackets_do_not_matter(condition: str, depth: int) -> None:
    assert bare("(" * depth + condition + ")" * depth) == condition


@pytest.mark.parametrize(("key", "text", "expected"), VALUES)
def test_the_trial_values(key: str, text: str, expected: tuple[tuple[str, str | None, str], ...]) -> None:
    assert [value for value, _ in clauses(text)] == [value for value, _, _ in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("50", []),
        ("50 @", []),
        ("50 @ ()", []),
        ("50 @ (wet", []),
        ("50 @ wet)", []),
        ('50 @ "wet', []),
        ("50 @ wet;", [("50", "wet")]),
        ("50 @ wet; 22:00-06:00", [("50", "wet; 22:00-06:00")]),
        ("50 @ (sunset-30)-(sunrise)", [("50", "(sunset-30)-(sunrise)")]),
        ('50 @ ("a)" b)', [("50", '"a)" b')]),
        ("50 @ wet @ snow", []),
        ("50 @ wet|30 @ wet", []),
        ("50 @ wet" + " " * CLAUSES_TEXT_CHARS_MAX, []),
    ],
)
def test_edges(text: str, expected: list[tuple[str, str]]) -> None:
    assert clauses(text) == expected
