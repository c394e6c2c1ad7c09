"""Conditions of a limit: read once, judged for this drive, with three answers.

Grammar: https://wiki.openstreetmap.org/wiki/Conditional_restrictions. A condition is atoms joined by `AND`, in
capitals (`Mo and Fr` is no conjunction). An atom is

- times (`Mo-Fr 07:00-17:00; PH off`), by the clock of the road: `opening_times.py`;
- a comparison (`weightrating>3.5`): `measures.py`;
- a word (`wet`, `trailer`, `hgv`): `named_state.py`;
- a place of law (`in GB-WLS`, `in US-CA or US-OR`): YES in one of the regions or a part of it, UNKNOWN where only the
  market is known;
- a date of law (`from 2025-02-07`, `until 2025-02-07`): from the first moment of that day on, by the clock of the
  road, and before it. `until` leaves its day out, as `valid_to` of a pack does.

Everything else is Refused, with the reason; what a refused condition means to a limit is the caller's business.
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from mapprior.market.circumstances import Circumstances, Place
from mapprior.market.clauses import bare
from mapprior.market.local_time import DAY_US, instant_us, is_datable, time_zone
from mapprior.market.measures import Comparison, holds, read_comparison
from mapprior.market.named_state import NamedState, read_named_state, state_of
from mapprior.market.opening_times import Refused, Span, Times, read_times, times_at
from mapprior.market.truth import Truth, all_of, truth

__all__ = ["Condition", "Refused", "Truth", "Verdict", "evaluate", "is_timed", "parse_condition"]

CONDITION_CHARS_MAX: Final = 512
ATOMS_COUNT_MAX: Final = 16
_STEPS_COUNT_MAX: Final = 64  # switches of single atoms that are followed while the whole condition stays
_SEARCHED_US_MAX: Final = 28 * DAY_US
_NEVER_US: Final = 1 << 62
_AND_OR_QUOTED: Final = re.compile(r'("[^"]*")|\sAND\s')
_REGION: Final = re.compile(r"in ((?:[A-Z]{2}(?:-[A-Z0-9]{1,3})?(?: or (?=[A-Z]{2})|$))+)")
_LAW_DATE: Final = re.compile(r"(from|until) (\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class InRegion:
    """Each of `codes` is a market or an ISO 3166-2 region; one of them is enough."""

    codes: tuple[str, ...]

    def __str__(self) -> str:
        return f"in {' or '.join(self.codes)}"


@dataclass(frozen=True, slots=True)
class LawDate:
    """From the day on (`since`), or before it."""

    since: bool
    day: dt.date

    def __str__(self) -> str:
        return f"{'from' if self.since else 'until'} {self.day}"


Atom = Times | Comparison | NamedState | InRegion | LawDate


@dataclass(frozen=True, slots=True)
class Condition:
    """All atoms must hold. Its text is canonical: it reads back as the same condition."""

    atoms: tuple[Atom, ...]
    timed: bool  # may it change by time alone?

    def __str__(self) -> str:
        return " AND ".join(str(x) for x in self.atoms)


class Verdict(NamedTuple):
    """`next_change_us`: UTC, the first time after the earliest arrival at which the truth may change by time
    alone; 0 for none. Where it is more than four weeks ahead it may be no more than a time to ask again."""

    truth: Truth
    next_change_us: int


@lru_cache(maxsize=16384)
def parse_condition(text: str) -> Condition | Refused:
    """Reads a condition, with or without outer brackets. Raises nothing on any text."""
    if len(text) > CONDITION_CHARS_MAX:
        return Refused(f"longer than {CONDITION_CHARS_MAX} characters")
    parts = _parts(bare(text))
    if len(parts) > ATOMS_COUNT_MAX:
        return Refused(f"more than {ATOMS_COUNT_MAX} parts")
    atoms = []
    for part in parts:
        atom = _atom(bare(part))
        if isinstance(atom, Refused):
            return atom
        atoms.append(atom)
    return Condition(tuple(atoms), any(isinstance(x, Times | LawDate) for x in atoms))


def is_timed(condition: Condition) -> bool:
    """May the truth change by time alone?"""
    return condition.timed


def evaluate(condition: Condition, circumstances: Circumstances) -> Verdict:
    """Whether the condition holds when the vehicle is there.

    YES and NO only where that is so from the earliest to the latest arrival; otherwise, and where an input is
    unknown, UNKNOWN. One atom that does not hold decides, whatever is unknown beside it.
    """
    fixed = all_of(_fixed(x, circumstances) for x in condition.atoms if not isinstance(x, Times | LawDate))
    arrival = circumstances.arrival
    if not condition.timed or fixed is Truth.NO:
        return Verdict(fixed, 0)
    if arrival is None:
        return Verdict(Truth.UNKNOWN, 0)
    timed = [x for x in condition.atoms if isinstance(x, Times | LawDate)]
    span = _joint_span(timed, circumstances.place, arrival.earliest_us, fixed)
    if span.until_us and span.until_us <= arrival.latest_us:
        return Verdict(Truth.UNKNOWN, span.until_us)
    return Verdict(*span)


def _parts(text: str) -> list[str]:
    """The text cut at each ` AND ` outside quotes."""
    parts, start = [], 0
    for found in _AND_OR_QUOTED.finditer(text):
        if found[1] is None:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]


def _atom(text: str) -> Atom | Refused:
    if not text:
        return Refused("nothing stated")
    atom = read_comparison(text) or read_named_state(text) or _region(text)
    if atom is not None:
        return atom
    date = _LAW_DATE.fullmatch(text)
    if date is None:
        return read_times(text)
    try:
        return LawDate(date[1] == "from", dt.date.fromisoformat(date[2]))
    except ValueError:
        return Refused("a date that does not exist")


def _region(text: str) -> InRegion | None:
    found = _REGION.fullmatch(text)
    return None if found is None else InRegion(tuple(found[1].split(" or ")))


def _joint_span(timed: list[Times | LawDate], place: Place, at_us: int, fixed: Truth) -> Span:
    """Truth of all atoms together at an instant, and until when it stays so at least."""
    spans = [_span(x, place, at_us) for x in timed]
    if len(spans) == 1 and fixed is Truth.YES:
        return spans[0]
    now = all_of([fixed, *(x.truth for x in spans)])
    until_us = 0
    for _ in range(_STEPS_COUNT_MAX):
        if now is Truth.NO:  # for as long as the last of those that do not hold
            until_us = max(x.until_us or _NEVER_US for x in spans if x.truth is Truth.NO)
        else:
            until_us = min(x.until_us or _NEVER_US for x in spans)
        if until_us == _NEVER_US:
            return Span(now, 0)
        spans = [_span(x, place, until_us) for x in timed]
        if until_us > at_us + _SEARCHED_US_MAX or all_of([fixed, *(x.truth for x in spans)]) is not now:
            break
    return Span(now, until_us)


def _span(atom: Times | LawDate, place: Place, at_us: int) -> Span:
    if isinstance(atom, Times):
        return times_at(atom, place, at_us)
    zone = time_zone(place.time_zone)
    if zone is None or not is_datable(at_us):
        return Span(Truth.UNKNOWN, 0)
    day_us = instant_us(dt.datetime.combine(atom.day, dt.time()), zone)
    return Span(truth((at_us >= day_us) is atom.since), day_us if at_us < day_us else 0)


def _fixed(atom: Comparison | NamedState | InRegion, circumstances: Circumstances) -> Truth:
    """Truth of an atom that does not depend on the time."""
    if isinstance(atom, Comparison):
        return holds(atom, circumstances.vehicle)
    if isinstance(atom, NamedState):
        return state_of(atom, circumstances.vehicle, circumstances.conditions)
    return max(_lies_in(code, circumstances.place) for code in atom.codes)


def _lies_in(code: str, place: Place) -> Truth:
    known = place.region or place.market
    if not known:
        return Truth.UNKNOWN
    if known == code or known.startswith(f"{code}-"):
        return Truth.YES
    return Truth.UNKNOWN if code.startswith(f"{known}-") else Truth.NO
