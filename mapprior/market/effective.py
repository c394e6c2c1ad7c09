"""What is the limit here, for this vehicle, in these conditions, at this time? The one place that answers.

In: what is stated about a link, the law of the market, and the circumstances. Out: one answer, and every other answer
that may hold. Nothing that cannot be known is decided: whether it rains, which of two road types it is, what a text
means that nobody understood, leaves the answer uncertain with each alternative beside it.

How the answer is found, file by file:

- `vehicle_words.py`, `condition.py`: whether a statement holds, with three answers;
- `statement_walk.py`: of one key's clauses the last that holds decides, of several statements the lowest holds;
- `road_rules.py`: which road types of the law the link may be, and what law says then;
- `finding.py`: a number for all replaces the law's general one; what law says of the vehicle only lowers it;
- `lane_limits.py`: the lanes of which something is stated; `zone_limit.py`: works.

An answer that rests on an inferred road type, on a statement whose confidence is UNDECIDED_PERMILLE_MAX or less, or
on a variable sign is never certain, also where nothing else is known that may hold. Confidence: `limit_values.py`.
Does not know about tiles, paths or clocks.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from mapprior.market.circumstances import Circumstances
from mapprior.market.condition import Refused, Truth, evaluate, parse_condition
from mapprior.market.condition import is_timed as is_timed_condition
from mapprior.market.finding import Finding, TagStatements
from mapprior.market.lane_limits import find_with_lanes
from mapprior.market.limit_values import UNDECIDED_PERMILLE_MAX, mm_per_sec, posted_speed, undecided
from mapprior.market.road_rules import Law, RoadRule, is_rule, road_rules, rule_text
from mapprior.market.statement_walk import Judge
from mapprior.market.vehicle_statements import ByWord, by_word
from mapprior.market.vehicle_words import Binding, binding, bindings
from mapprior.market.zone_limit import with_zone
from mapprior.model.limit import EffectiveLimit, LimitKind, LimitRole, PostedSpeed, TaggedLimit
from mapprior.model.pose import VehicleProfile

__all__ = ["Law", "effective_limit", "is_timed", "while_ambiguous", "with_zone"]


def effective_limit(
    limits: Sequence[TaggedLimit], *, circumstances: Circumstances, law: Law | None, source: str
) -> EffectiveLimit:
    """The limit of a link, from all statements about the link in its direction.

    `law` None: the law is not known; a statement that only refers to it leaves the answer UNKNOWN, with the
    reference in `raw`. No statement: UNKNOWN. Statements for other vehicles count for nothing.
    """
    judge = _Judge(circumstances)
    vehicle = circumstances.vehicle
    rules, zones = road_rules(limits, law, region=circumstances.place.region)
    maxima = [x for x in limits if x.role is LimitRole.MAXIMUM and not is_rule(x)]
    found, lanes = find_with_lanes(TagStatements([*maxima, *zones], vehicle), rules, judge)
    speeds = _Speeds(limits, rules, vehicle, judge)
    answer = EffectiveLimit(
        kind=found.kind,
        posted_value_milli=found.posted_value_milli,
        posted_unit=found.posted_unit,
        limit_mm_per_sec=mm_per_sec(found),
        basis=found.basis,
        confidence_permille=found.confidence_permille,
        certain=found.certain,
        unresolved=found.others,
        raw=found.raw or rules[0].raw or _unanswered(limits, vehicle),
        source=source,
        advisory=speeds.advisory(found),
        minimum=speeds.minimum(found),
        lanes=lanes,
        next_change_us=judge.next_change_us,
    )
    return answer if found.settled else undecided(answer)


def is_timed(limits: Sequence[TaggedLimit], law: Law | None) -> bool:
    """May the answer change by time alone, for some vehicle, in some region?"""
    return any(
        _changes(x.condition) or (law is not None and is_rule(x) and _law_changes(law, x.rule_ref)) for x in limits
    )


def while_ambiguous(limit: EffectiveLimit) -> EffectiveLimit:
    """The same answer while it is not sure on which road the vehicle is: never certain, on no lane."""
    lanes = tuple(replace(x, certain=False) for x in limit.lanes)
    return undecided(replace(limit, lanes=lanes, advisory=_doubted(limit.advisory), minimum=_doubted(limit.minimum)))


def _doubted(x: PostedSpeed | None) -> PostedSpeed | None:
    return x and replace(x, confidence_permille=min(x.confidence_permille, UNDECIDED_PERMILLE_MAX))


class _Judge:
    """Whether conditions hold; and when, by time alone, one that was asked for may change. 0: never."""

    __slots__ = ("_circumstances", "_known", "next_change_us")

    def __init__(self, circumstances: Circumstances) -> None:
        self._circumstances = circumstances
        self._known: dict[str, Truth] = {}
        self.next_change_us = 0

    def __call__(self, text: str) -> Truth:
        truth = self._known.get(text)
        if truth is None:
            truth = self._known[text] = self._evaluated(text)
        return truth

    def _evaluated(self, text: str) -> Truth:
        if not text:
            return Truth.YES
        condition = parse_condition(text)
        if isinstance(condition, Refused):
            return Truth.UNKNOWN  # it says something, but what is not known
        truth, change_us = evaluate(condition, self._circumstances)
        if change_us and (not self.next_change_us or change_us < self.next_change_us):
            self.next_change_us = change_us
        return truth


class _Speeds:
    """Speeds that are no limit, on the whole road: as tagged, or else by law where the road type is sure."""

    def __init__(
        self, limits: Sequence[TaggedLimit], rules: Sequence[RoadRule], vehicle: VehicleProfile, judge: Judge
    ) -> None:
        self._tags = [x for x in limits if x.role is not LimitRole.MAXIMUM and x.lane_index < 0]
        self._rule = rules[0]
        self._law = rules[0].words if len(rules) == 1 and rules[0].sure else None
        self._vehicle = vehicle
        self._judge = judge

    def advisory(self, limit: Finding) -> PostedSpeed | None:
        """The lowest that is recommended. What law recommends, only where it is below the limit."""
        tagged, law = self._stated(LimitRole.ADVISORY)
        if tagged:
            return posted_speed(min(tagged.values(), key=mm_per_sec))
        below = [x for x in law.values() if not limit.posted_value_milli or mm_per_sec(x) < mm_per_sec(limit)]
        return posted_speed(min(below, key=mm_per_sec)) if below and limit.kind is not LimitKind.WALK else None

    def minimum(self, limit: Finding) -> PostedSpeed | None:
        """The least speed; one for the vehicle counts before one for all. None above the limit."""
        tagged, law = self._stated(LimitRole.MINIMUM)
        stated = tagged or law
        narrow = [x for word, x in stated.items() if word] or list(stated.values())
        if not narrow or limit.kind is LimitKind.WALK:
            return None
        found = max(narrow, key=mm_per_sec)
        return None if limit.posted_value_milli and mm_per_sec(found) > mm_per_sec(limit) else posted_speed(found)

    def _stated(self, role: LimitRole) -> tuple[dict[str, TaggedLimit], dict[str, TaggedLimit]]:
        """What surely holds for the vehicle, by its words: of the tags, and of the law."""
        tags = [x for x in self._tags if x.role is role]
        law = {} if self._law is None else self._law.get(role, {})
        return self._sure(by_word(tags), tagged=True) if tags else {}, self._sure(law, tagged=False) if law else {}

    def _sure(self, words: ByWord, *, tagged: bool) -> dict[str, TaggedLimit]:
        found = {}
        for word, binds in bindings(words, self._vehicle, tagged=tagged).items():
            now = words[word].outcome(self._judge).now if binds is Binding.YES else None
            if now is not None and now.kind is LimitKind.LIMITED:
                found[word] = self._rule.known(now)
        return found


def _unanswered(limits: Sequence[TaggedLimit], vehicle: VehicleProfile) -> str:
    """What was stated where no answer came of it: a reference to the law, or a text that nobody understood."""
    maxima = [x for x in limits if x.role is LimitRole.MAXIMUM and binding(x.vehicle, vehicle) is not Binding.NO]
    named = (rule_text(x) for x in maxima if is_rule(x))
    return min(named, default="") or next((x.raw for x in maxima if x.kind is LimitKind.UNKNOWN), "")


@lru_cache(maxsize=16384)
def _changes(text: str) -> bool:
    condition = parse_condition(text) if text else None
    return condition is not None and not isinstance(condition, Refused) and is_timed_condition(condition)


@lru_cache(maxsize=1024)
def _law_changes(law: Law, rule_ref: str) -> bool:
    stated = law.statements(rule_ref, date=None, region="") or ()
    return any(_changes(x.condition) for x in stated)
