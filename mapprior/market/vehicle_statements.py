"""Statements put in order: by vehicle word, and of one word what always holds and the clauses of each key.

A key is known by the text of a statement, `maxspeed:hgv:conditional=...`. In the law a value may also depend on the
date or the region; it is still a base value, which a sign for all replaces, and no clause that adds to it. In tags
the key of a direction replaces the one for both (https://wiki.openstreetmap.org/wiki/Forward_%26_backward).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from mapprior.market.statement_walk import NOTHING, Judge, Outcome, always, clauses, lowest, or_else, perhaps
from mapprior.market.vehicle_words import EVERYONE, Binding
from mapprior.model.limit import TaggedLimit


@dataclass(slots=True)
class WordStatements:
    """All that is stated for one vehicle word, on one lane or on all: never changed once it is complete."""

    base: list[TaggedLimit] = field(default_factory=list)
    base_clauses: list[TaggedLimit] = field(default_factory=list)  # base values of law, by date and region
    keys: dict[str, list[TaggedLimit]] = field(default_factory=dict)  # clauses in order

    def all(self) -> Iterator[TaggedLimit]:
        """Every statement, in no order that says anything."""
        return chain(self.base, self.base_clauses, *self.keys.values())

    def outcome(self, judge: Judge) -> Outcome:
        """What the word's statements come to."""
        if not self.keys and not self.base_clauses:
            return always(self.base)
        base = or_else(clauses(self.base_clauses, judge), always(self.base))
        return or_else(self.conditional(judge), base)

    def conditional(self, judge: Judge) -> Outcome:
        """What its clauses come to; where several keys say something the lowest. The key of a direction counts before
        the one for both, which says what it leaves open."""
        if not self.keys:
            return NOTHING
        found = {key: clauses(x, judge) for key, x in self.keys.items()}
        for key in self.keys:
            for_both = _for_both(key)
            if for_both != key and for_both in found:
                found[key] = or_else(found[key], found.pop(for_both))
        return lowest(list(found.values()))


ByWord = Mapping[str, WordStatements]  # "" is everyone


def by_word(statements: Iterable[TaggedLimit], *, law: bool = False) -> dict[str, WordStatements]:
    """Groups statements of one role and lane. `law`: they are those of a road type."""
    words: dict[str, WordStatements] = {}
    for x in statements:
        word = "" if x.vehicle in EVERYONE else x.vehicle
        found = words.get(word)
        if found is None:
            found = words[word] = WordStatements()
        if not x.condition:
            found.base.append(x)
            continue
        key = x.raw.partition("=")[0]
        if law and not key.endswith(":conditional"):
            found.base_clauses.append(x)
        else:
            found.keys.setdefault(key, []).append(x)
    if not law:
        for found in words.values():
            found.base = list(directed_first(found.base))
    return words


def directed_first(statements: Sequence[TaggedLimit]) -> Sequence[TaggedLimit]:
    """Without what is said for both directions where the same key says something of this one."""
    if len(statements) < 2:
        return statements
    keys = [x.raw.partition("=")[0] for x in statements]
    replaced = {_for_both(key) for key in keys if _for_both(key) != key}
    return [x for x, key in zip(statements, keys, strict=True) if key not in replaced]


def _for_both(key: str) -> str:
    """The key without its direction."""
    return key.replace(":forward", "").replace(":backward", "")


def as_bound(outcome: Outcome, binds: Binding) -> Outcome:
    """Of a word that may not mean the vehicle nothing is sure."""
    return outcome if binds is Binding.YES else perhaps(outcome)
