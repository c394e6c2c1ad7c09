"""Clauses of a conditional value: `VALUE @ CONDITION; VALUE @ CONDITION`.

The grammar is that of https://wiki.openstreetmap.org/wiki/Conditional_restrictions. What a value or a condition
means is not decided here. A later clause wins over an earlier one: their order is kept.
"""

from typing import Final

CLAUSES_TEXT_CHARS_MAX: Final = 4096


def clauses(text: str) -> list[tuple[str, str]]:
    """(value, condition) of each clause, in order, conditions without their outer brackets.

    Clauses are parted by `;` outside brackets and quotes; a part without `@` goes on with the condition before it.
    [] where the text has no such form or is longer than CLAUSES_TEXT_CHARS_MAX. A list of lanes stays whole in the
    value: `120|120|80 @ (06:00-19:00)` has one clause.
    """
    parts = _parts(text) if len(text) <= CLAUSES_TEXT_CHARS_MAX else []
    found: list[tuple[str, str]] = []
    for part in parts:
        value, at, condition = part.partition("@")
        if at:
            found.append((value.strip(), bare(condition)))
        elif found and part.strip():
            found[-1] = found[-1][0], f"{found[-1][1]}; {part.strip()}"
        elif part.strip():
            return []
    # A condition inside a lane list belongs behind the whole list; which lane it means cannot be said.
    return found if all(c and "@" not in c and "|" not in c for _, c in found) else []


def _parts(text: str) -> list[str]:
    """The text cut at each `;` outside brackets and quotes; [] where those do not pair."""
    parts, depth, quoted, start = [], 0, False, 0
    for i, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth < 0:
                return []
            if char == ";" and depth == 0:
                parts.append(text[start:i])
                start = i + 1
    parts.append(text[start:])
    return [] if depth or quoted else parts


def bare(condition: str) -> str:
    """The condition without the brackets that enclose all of it, however many."""
    condition = condition.strip()
    while condition.startswith("(") and condition.endswith(")") and _encloses(condition):
        condition = condition[1:-1].strip()
    return condition


def _encloses(condition: str) -> bool:
    """Does the first bracket close with the last? Brackets in quotes count for nothing."""
    depth, quoted = 0, False
    for i, char in enumerate(condition):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth == 0 and i < len(condition) - 1:
                return False
    return depth == 0 and not quoted
