"""Which road type of the law a link is, and what law says then.

In: the statements of a link that only refer to the law (`DE:rural`). Out: every road type that the link may be, the
likeliest first, each with the law's statements; exactly one of the types holds. What was law, or will be, stands
under a condition (`from 2025-02-07`) like any other, so a change of law is a switch by time. Does not know about
vehicles.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Protocol

from mapprior.market.limit_values import CONFIDENCE_PERMILLE, confidence_permille
from mapprior.market.vehicle_statements import ByWord, by_word
from mapprior.market.vehicle_words import Spoken
from mapprior.model.limit import LimitKind, LimitRole, TaggedLimit
from mapprior.model.provenance import Basis


class Law(Protocol):
    """What an answer needs of a market's law; `MarketLaw` is one. Hashed by identity, never changed."""

    def statements(self, rule_ref: str, *, date: dt.date | None, region: str) -> tuple[TaggedLimit, ...] | None: ...

    @property
    def rules(self) -> Sequence[str]: ...  # references to all of its road types

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RoadRule:
    """A road type that the link may be. `words`: law's statements by role and vehicle word; None: law not known.

    `by_type_alone`: the road's type is sure, and no tag says that law's number holds there. A sign may say otherwise:
    that no tag tells of one is no tag that there is none.
    """

    when: str  # what must be so for the link to be of this type, where it is not the likeliest
    sure: bool
    raw: str
    words: Mapping[LimitRole, ByWord] | None
    permille: int = 0  # worth of the road type
    spoken: Spoken = frozenset()  # of whom law speaks here
    by_type_alone: bool = False

    def known(self, x: TaggedLimit) -> TaggedLimit:
        """A statement of law as far as it is known of this link; one of the source stays as it is."""
        if not x.rule_ref:
            return x
        worth = x.confidence_permille or CONFIDENCE_PERMILLE[Basis.LAW_DEFAULT]
        # The type says nothing of signs the map does not know: a guess is never worth more than law itself.
        permille = min(self.permille, worth) if self.sure else self.permille * worth // 1000
        return replace(
            x,
            basis=Basis.LAW_DEFAULT if self.sure else Basis.INFERRED,
            raw=f"{x.raw}; {self.raw}",
            confidence_permille=permille,
        )


UNTOLD_SIGN: Final = "if a sign that no tag tells of stands here"  # condition of what holds instead of untagged law
MAIN_ROAD_LAW: Final = "if the law of the main road holds on this ramp"  # condition of a type that a ramp may be

_NUMBER: Final = re.compile(r"(?:zone:?)?\d+", re.ASCII)
_NO_LAW: Final = RoadRule("", True, "", None)
_LawWords = tuple[Mapping[LimitRole, ByWord] | None, Spoken]
_UNKNOWN_LAW: Final[_LawWords] = (None, frozenset())


def is_rule(x: TaggedLimit) -> bool:
    """Is all it says which rule of law holds on the road for everyone?"""
    return bool(x.rule_ref) and x.kind is LimitKind.UNKNOWN and not x.vehicle and x.lane_index < 0


def rule_text(rule: TaggedLimit) -> str:
    """The rule and what it rests on, for people."""
    if rule.rule_ref.casefold() in rule.raw.casefold():
        return rule.raw
    return f"{rule.rule_ref} ({rule.raw})" if rule.raw else rule.rule_ref


def road_rules(
    limits: Iterable[TaggedLimit], law: Law | None, *, region: str
) -> tuple[tuple[RoadRule, ...], list[TaggedLimit]]:
    """The road types that the link may be, the likeliest first, never empty; and the numbers of slow zones.

    A type that is sure and stands alone is the link's type. One that is inferred, or under a condition, and stands
    alone may also not be it: then law is not known. A reference to a number (`DE:zone30`, `DE:80`) is a sign for all,
    if law knows such a zone, and no road type.
    """
    best: dict[str, TaggedLimit] = {}
    zones: list[TaggedLimit] = []
    for x in sorted(filter(is_rule, limits), key=_likeliest):
        if _NUMBER.fullmatch(x.rule_ref.partition(":")[2]):
            zones += _zone_numbers(x, law)
        else:
            best.setdefault(x.rule_ref, x)
    if not best:
        return (_NO_LAW,), zones
    found = [_road_rule(x, law, region) for x in best.values()]
    if len(found) == 1 and not found[0].sure and found[0].words is not None:
        found.append(replace(_NO_LAW, when=f"if not {next(iter(best))}", raw=found[0].raw))
    return tuple(found), zones


def _likeliest(rule: TaggedLimit) -> tuple[int, bool, Basis, str, str]:
    return -confidence_permille(rule), bool(rule.condition), rule.basis, rule.rule_ref, rule.raw


def _zone_numbers(rule: TaggedLimit, law: Law | None) -> list[TaggedLimit]:
    stated = law.statements(rule.rule_ref, date=None, region="") if law is not None else None
    return [
        replace(
            x,
            basis=rule.basis,
            raw=rule_text(rule),
            condition=rule.condition,
            rule_ref="",  # it is stated for this link
            confidence_permille=rule.confidence_permille,
        )
        for x in stated or ()
    ]


def _road_rule(rule: TaggedLimit, law: Law | None, region: str) -> RoadRule:
    sure = not rule.condition and rule.basis is not Basis.INFERRED
    basis = Basis.LAW_DEFAULT if sure else Basis.INFERRED
    words, spoken = _UNKNOWN_LAW if law is None else _law_words(law, rule.rule_ref, region)
    return RoadRule(
        when=rule.condition or f"if {rule.rule_ref}",
        sure=sure,
        raw=rule_text(rule),
        words=words,
        permille=rule.confidence_permille or CONFIDENCE_PERMILLE[basis],
        spoken=spoken,
        by_type_alone=sure and rule.basis is Basis.LAW_DEFAULT,
    )


@lru_cache(maxsize=1024)
def _law_words(law: Law, rule_ref: str, region: str) -> _LawWords:
    """Law's statements for a road type, each names the type in its `rule_ref`; and of whom it speaks.

    A law that speaks of a kind of vehicle on any of its roads does so wherever that kind has a limit of its own; of a
    road type without any statement nothing is known.
    """
    stated = law.statements(rule_ref, date=None, region=region)
    if stated is None:
        return _UNKNOWN_LAW
    words = {role: by_word([x for x in stated if x.role is role], law=True) for role in LimitRole}
    return words, _spoken_of(law, region) if stated else frozenset()


@lru_cache(maxsize=1024)
def _spoken_of(law: Law, region: str) -> Spoken:
    stated = (x for rule in law.rules for x in law.statements(rule, date=None, region=region) or ())
    return frozenset((x.vehicle, x.condition) for x in stated if x.role is LimitRole.MAXIMUM)
