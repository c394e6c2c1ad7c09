"""What holds on one lane, or where no lane is told apart, over every road type that the link may be.

For one road type: the statements for everyone, in their absence the law's, and below them everything that only ever
lowers: statements for the vehicle, and the law's entries for it and for conditions. A tag for the vehicle that is
above the one for all is not believed over it, and leaves doubt: some mappers mean that it replaces the general one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mapprior.market.limit_values import (
    NO_LIMIT_KNOWN,
    UNDECIDED_PERMILLE_MAX,
    Value,
    confidence_permille,
    severity,
    value,
)
from mapprior.market.road_rules import UNTOLD_SIGN, RoadRule
from mapprior.market.statement_walk import NOTHING, Judge, Outcome, lowest, or_else
from mapprior.market.vehicle_statements import ByWord, WordStatements, as_bound, by_word
from mapprior.market.vehicle_words import Binding, binding, bindings, has_own_law, is_spoken_of
from mapprior.model.limit import LimitAlternative, LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.pose import VehicleProfile
from mapprior.model.provenance import Basis

LAW_NOT_KNOWN: Final = "by law for this vehicle"  # condition of the limit of a vehicle whose law is not known
ALL_LANES: Final = -1
_NO_WORDS: Final[ByWord] = {}


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer without its trimmings. `others`: whatever else may hold, and says something else.

    `settled`: nothing about it is undecided; if it only rests on an inference it still is not certain. `tagged`: the
    source states a limit for everyone.
    """

    kind: LimitKind
    posted_value_milli: int
    posted_unit: SpeedUnit
    basis: Basis
    confidence_permille: int
    raw: str
    others: tuple[LimitAlternative, ...] = ()
    settled: bool = False
    certain: bool = False
    tagged: bool = False


NOT_FOUND: Final = Finding(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.UNKNOWN, 0, "")


class TagStatements:
    """What the source states about one link that binds, or may bind, one vehicle."""

    def __init__(self, limits: Iterable[TaggedLimit], vehicle: VehicleProfile) -> None:
        by_lane: dict[int, list[TaggedLimit]] = {}
        for x in limits:
            by_lane.setdefault(x.lane_index, []).append(x)
        self.vehicle = vehicle
        self._lanes = {lane: by_word(found) for lane, found in by_lane.items()}
        told = dict.fromkeys(word for words in self._lanes.values() for word in words)
        self._bound = bindings(told, vehicle, tagged=True)
        self.lanes = sorted(
            lane for lane, words in self._lanes.items() if lane >= 0 and not self._bound.keys().isdisjoint(words)
        )
        self.has_all_lanes = bool(self.lanes) and self._covers(by_lane)

    def _covers(self, by_lane: Mapping[int, Sequence[TaggedLimit]]) -> bool:
        """Does one list leave no lane out? How many there are is in its text: `maxspeed:lanes=120||80`."""
        told = Counter(
            raw
            for lane in self.lanes
            for raw in {x.raw for x in by_lane[lane] if binding(x.vehicle, self.vehicle) is Binding.YES}
        )
        return any(count > max(x.count("|") for x in raw.split(";")) for raw, count in told.items())

    def doubted(self, lane: int) -> bool:
        """Is there doubt about what is stated for everyone without condition? Law for a vehicle does not settle it."""
        own = self._lanes.get(lane, _NO_WORDS).get("")
        found = own if own is not None and own.base else self._lanes.get(ALL_LANES, _NO_WORDS).get("")
        return found is not None and any(map(_is_doubted, found.base))

    def outcomes(self, lane: int, judge: Judge) -> Iterator[tuple[str, Outcome]]:
        """What each word's statements come to on a lane, or where no lane is told apart."""
        everywhere, here = self._lanes.get(ALL_LANES, _NO_WORDS), _NO_WORDS
        if lane != ALL_LANES:
            here = self._lanes[lane]
        for word, binds in self._bound.items():
            road, own = everywhere.get(word), here.get(word)
            if road is not None and own is None:
                yield word, as_bound(road.outcome(judge), binds)
            elif own is not None:
                yield word, as_bound(_on_lane(own, road, judge), binds)


def _is_doubted(x: TaggedLimit) -> bool:
    return confidence_permille(x) <= UNDECIDED_PERMILLE_MAX


def _on_lane(own: WordStatements, road: WordStatements | None, judge: Judge) -> Outcome:
    """A lane's statement replaces the road's; a condition on the road holds on each of its lanes."""
    if road is None:
        return own.outcome(judge)
    return lowest([or_else(own.outcome(judge), road.outcome(judge)), road.conditional(judge)])


def find(tags: TagStatements, rules: Sequence[RoadRule], lane: int, judge: Judge) -> Finding:
    """The limit on a lane (ALL_LANES: where none is told apart). `rules` as `road_rules` gives them."""
    stated = dict(tags.outcomes(lane, judge))
    tagged = "" in stated and stated[""].now is not None
    first, settled = _under(stated, rules[0], tags.vehicle, judge)
    known = settled
    now = None if first.now is None else rules[0].known(first.now)
    found = [alternative_of(rules[0].known(x)) for x in first.may]
    listed = {first.now, *first.may}
    for rule in rules[1:]:
        outcome, known_too = _under(stated, rule, tags.vehicle, judge)
        known = known and known_too
        found += [alternative_of(rule.known(x), when=rule.when) for x in outcome.all if x not in listed]
        if outcome.now is None and not known_too:
            found.append(_nothing_known(rule, rule.when))
    if first.sign is not None:
        return _variable(first.sign, now, found, tagged=tagged)
    if now is None:
        return replace(NOT_FOUND, others=_other(value(NOT_FOUND), found), tagged=tagged)
    if rules[0].by_type_alone and now.rule_ref and not tagged:
        found.append(_nothing_known(rules[0], UNTOLD_SIGN))
    others = _other(value(now), found)
    permille = confidence_permille(now)
    settled = settled and not others and now.kind is not LimitKind.VARIABLE and not tags.doubted(lane)
    if now.kind is LimitKind.UNLIMITED and not now.rule_ref:
        settled = settled and not any(map(_has_number, rules))
    sure = now.basis is not Basis.INFERRED and permille > UNDECIDED_PERMILLE_MAX
    return Finding(
        *value(now),
        now.basis,
        permille,
        now.raw,
        others,
        settled=settled,
        certain=settled and known and sure,
        tagged=tagged,
    )


def _has_number(rule: RoadRule) -> bool:
    """Has law a limit for everyone on such roads, and never none? A tag that says none is then often an error."""
    law = rule.words.get(LimitRole.MAXIMUM, _NO_WORDS) if rule.words is not None else _NO_WORDS
    kinds = {x.kind for x in law[""].all()} if "" in law else set()
    return not kinds.isdisjoint((LimitKind.LIMITED, LimitKind.WALK)) and LimitKind.UNLIMITED not in kinds


def _variable(sign: TaggedLimit, now: TaggedLimit | None, found: list[LimitAlternative], *, tagged: bool) -> Finding:
    """What a variable sign shows is not known; what would hold without it is the most, and one answer with it."""
    bound_milli, unit = (0, SpeedUnit.NONE)
    if now is not None and now.posted_value_milli:
        bound_milli, unit = now.posted_value_milli, now.posted_unit
    elif now is not None:
        found = [alternative_of(now), *found]
    others = tuple(x for x in found if value(x) != (LimitKind.LIMITED, bound_milli, unit))
    answer = (LimitKind.VARIABLE, bound_milli, unit)
    return Finding(*answer, sign.basis, confidence_permille(sign), sign.raw, _other(answer, others), tagged=tagged)


def _under(
    stated: Mapping[str, Outcome], rule: RoadRule, vehicle: VehicleProfile, judge: Judge
) -> tuple[Outcome, bool]:
    """What holds if the link is of a road type, and whether it is known what holds for everyone."""
    law = rule.words.get(LimitRole.MAXIMUM, _NO_WORDS) if rule.words is not None else _NO_WORDS
    everyone = law.get("")
    general = or_else(stated.get("", NOTHING), everyone.outcome(judge) if everyone is not None else NOTHING)
    of_vehicle = [x for word, x in stated.items() if word]
    together = lowest([general, *of_vehicle])
    if of_vehicle:
        above = min(map(severity, general.all), default=NO_LIMIT_KNOWN)
        raised = tuple(x for outcome in of_vehicle for x in outcome.all if severity(x) > above)
        together = Outcome(together.now, together.may + raised, together.sign)
    ceilings = [] if everyone is None else [everyone.conditional(judge)]
    ceilings += [as_bound(law[word].outcome(judge), binds) for word, binds in bindings(law, vehicle).items() if word]
    if has_own_law(vehicle) and not is_spoken_of(vehicle, rule.spoken):
        ceilings.append(Outcome(None, (_law_not_known(rule.raw),)))
    return lowest([together, *ceilings]), general.now is not None


def _nothing_known(rule: RoadRule, when: str) -> LimitAlternative:
    """Of a road on which no number is known, if something is so: left out, the other number would stand alone."""
    return LimitAlternative(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, when, rule.raw)


def _law_not_known(raw: str) -> TaggedLimit:
    return TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.UNKNOWN, raw, condition=LAW_NOT_KNOWN)


def alternative_of(x: TaggedLimit, *, when: str = "") -> LimitAlternative:
    """The statement as an alternative, with all that must be so for it to hold. `when`: what else must be."""
    lane = f"lane {x.lane_index}" if x.lane_index >= 0 else ""
    condition = ", ".join(filter(None, (when, x.vehicle, lane, x.condition)))
    return LimitAlternative(x.kind, x.posted_value_milli, x.posted_unit, condition, x.raw)


def _other(answer: Value, found: Iterable[LimitAlternative]) -> tuple[LimitAlternative, ...]:
    """What does not say the same as the answer, each once, in order."""
    return tuple(dict.fromkeys(x for x in found if value(x) != answer))
