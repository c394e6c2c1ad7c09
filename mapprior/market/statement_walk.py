"""What statements come to where some conditions cannot be decided.

The rule of a key: its clauses are walked from the last to the first, one that is so decides, one that may be so is
kept; where no clause decides, what is stated without condition holds. Of several outcomes the lowest holds. Both
are carried out on an `Outcome`: what holds as far as is known, and every other statement that may hold instead.

Does not know about vehicles, law, lanes or units.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.market.limit_values import NO_LIMIT_KNOWN, Severity, severity, value
from mapprior.market.truth import Truth
from mapprior.model.limit import LimitKind, TaggedLimit
from mapprior.model.provenance import Basis

Judge = Callable[[str], Truth]  # the truth of a condition; the empty one is always so


@dataclass(frozen=True, slots=True)
class Outcome:
    """`now` holds if nothing that is undecided is so; None: nothing does, and it may be that nothing holds at all.

    `may`: every other statement that may hold. `sign`: a variable sign, which shows what holds, at most `now`.
    A statement of unknown value is never `now`.
    """

    now: TaggedLimit | None = None
    may: tuple[TaggedLimit, ...] = ()
    sign: TaggedLimit | None = None

    @property
    def all(self) -> tuple[TaggedLimit, ...]:
        """Everything that may hold, `now` first."""
        return self.may if self.now is None else (self.now, *self.may)

    def highest(self) -> Severity:
        """What holds is surely not above this."""
        return NO_LIMIT_KNOWN if self.now is None else max(map(severity, self.all))


NOTHING: Final = Outcome()


def lowest(outcomes: Sequence[Outcome]) -> Outcome:
    """All of them apply, and the lowest holds.

    What is above the highest that one of them allows cannot hold; a statement of unknown value always may.
    """
    if len(outcomes) == 1:
        return outcomes[0]
    found = [x.now for x in outcomes if x.now is not None]
    now = min(found, key=_rank, default=None)
    highest = min((x.highest() for x in outcomes), default=NO_LIMIT_KNOWN)
    same = None if now is None else value(now)
    others = (x for x in (*(x for outcome in outcomes for x in outcome.may), *found) if value(x) != same)
    may = tuple(x for x in others if x.kind is LimitKind.UNKNOWN or severity(x) <= highest)
    return Outcome(now, may, next((x.sign for x in outcomes if x.sign is not None), None))


def or_else(first: Outcome, second: Outcome) -> Outcome:
    """The first where it says something, else the second. A variable sign of either stays."""
    sign = first.sign or second.sign
    if first.now is not None:
        return Outcome(first.now, first.may, sign)
    return Outcome(second.now, first.may + second.may, sign)


def perhaps(outcome: Outcome) -> Outcome:
    """It is not known whether it applies."""
    return Outcome(None, outcome.all if outcome.sign is None else (*outcome.all, outcome.sign))


def always(statements: Sequence[TaggedLimit]) -> Outcome:
    """What is stated without condition. Where keys contradict each other the lowest, and the others in doubt."""
    if len(statements) == 1 and statements[0].kind in (LimitKind.LIMITED, LimitKind.UNLIMITED, LimitKind.WALK):
        return Outcome(statements[0])
    now = min((x for x in statements if x.kind is not LimitKind.UNKNOWN), key=_rank, default=None)
    sign = next((x for x in statements if x.kind is LimitKind.VARIABLE), None)
    doubted = (x for x in statements if x.kind is not LimitKind.VARIABLE)
    return Outcome(now, tuple(x for x in doubted if now is None or value(x) != value(now)), sign)


def clauses(statements: Sequence[TaggedLimit], judge: Judge) -> Outcome:
    """The clauses of one key, in the order of their text: the last that is so decides."""
    may: list[TaggedLimit] = []
    sign: TaggedLimit | None = None
    for x in reversed(statements):
        truth = judge(x.condition)
        if truth is Truth.NO:
            continue
        if truth is Truth.UNKNOWN or x.kind is LimitKind.UNKNOWN:
            may.append(x)
        elif x.kind is LimitKind.VARIABLE and not x.posted_value_milli:
            sign = sign or x  # it shows at most what holds without it
        else:
            return Outcome(x, tuple(reversed(may)), x if x.kind is LimitKind.VARIABLE else sign)
    return Outcome(None, tuple(reversed(may)), sign)


def _rank(x: TaggedLimit) -> tuple[Severity, Basis, str, str]:
    """The lowest first; of equal ones always the same, whatever their order: a tag before the law."""
    return severity(x), x.basis, x.vehicle, x.raw
