"""Laws of the answer, against every world that is possible: certain is what holds in each of them."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.market.circumstances import Arrival, Circumstances
from mapprior.market.effective import effective_limit, is_timed
from mapprior.market.limit_values import UNDECIDED_PERMILLE_MAX, severity, value
from mapprior.market.vehicle_words import Binding, binding
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, LimitRole, TaggedLimit
from mapprior.model.pose import DrivingConditions
from mapprior.model.provenance import Basis
from tests.market.effective_reference import (
    CONDITIONS,
    HOUR_US,
    MYSTERY,
    RULES,
    TestLaw,
    Value,
    circumstances,
    completions,
    expected,
    lane_dicts,
    laws,
    laws_possible,
    rule,
    stated,
    tag_dicts,
    tagged,
)

rule_sets = st.sampled_from(RULES)
some_law = st.one_of(st.none(), laws)


def ask(limits: list[TaggedLimit], known: Circumstances, law: TestLaw | None) -> EffectiveLimit:
    return effective_limit(limits, circumstances=known, law=law, source="")


def listed(answer: EffectiveLimit) -> set[Value]:
    return {value(answer), *map(value, answer.unresolved)}


def unordered(answer: EffectiveLimit) -> tuple[EffectiveLimit, frozenset[LimitAlternative]]:
    return replace(answer, unresolved=()), frozenset(answer.unresolved)


@given(tag_dicts, rule_sets, some_law, circumstances)
@settings(max_examples=400)
def test_certain_is_what_every_world_gives_and_any_other_value_is_listed(tags, rules, law, known):
    limits = tagged(tags)
    answer = ask([*limits, *rules], known, law)
    worlds = {expected(limits, of_law, world) for of_law in laws_possible(rules, law) for world in completions(known)}
    assert worlds <= listed(answer) | {(LimitKind.UNKNOWN, 0, 0)}
    if answer.certain:
        assert worlds == {value(answer)}
        assert not answer.unresolved


@given(tag_dicts, laws, circumstances)
@settings(max_examples=300)
def test_whoever_knows_everything_gets_the_one_answer(tags, law, known):
    limits = tagged(tags)
    for world in completions(known):
        answer = ask([*limits, rule("DE:a")], world, law)
        assert value(answer) == expected(limits, law.by_rule["DE:a"], world)


@given(tag_dicts, lane_dicts, laws, circumstances)
@settings(max_examples=300)
def test_lanes_are_certain_of_what_every_world_gives_them(tags, lanes, law, known):
    limits = tagged({**tags, **lanes})
    answer = ask([*limits, rule("DE:a")], known, law)
    binding_lanes = {
        x.lane_index for x in limits if x.lane_index >= 0 and binding(x.vehicle, known.vehicle) is not Binding.NO
    }
    for lane in binding_lanes:
        worlds = {expected(limits, law.by_rule["DE:a"], world, lane=lane) for world in completions(known)}
        mine = next((x for x in answer.lanes if x.lane_index == lane), answer)
        assert worlds <= listed(answer) | {value(mine), (LimitKind.UNKNOWN, 0, 0)}
        if mine.certain:
            assert worlds == {value(mine)}
    if answer.certain:
        assert not answer.lanes
    if answer.lanes:
        assert {x.lane_index for x in answer.lanes} == binding_lanes
        assert not answer.certain


@given(tag_dicts, rule_sets, some_law, circumstances)
@settings(max_examples=300)
def test_more_knowledge_never_changes_a_certain_answer(tags, rules, law, known):
    answer = ask([*tagged(tags), *rules], known, law)
    for world in completions(known):
        partly = replace(known, conditions=world.conditions)
        for better in (world, partly, replace(known, arrival=world.arrival)):
            learned = ask([*tagged(tags), *rules], better, law)
            assert listed(learned) <= listed(answer)
            if answer.certain:
                assert (value(learned), learned.certain) == (value(answer), True)


@given(tag_dicts, rule_sets, some_law, circumstances, st.integers(0))
@settings(max_examples=200)
def test_the_order_of_keys_does_not_matter(tags, rules, law, known, seed):
    keys = [[x] for x in rules] + [tagged({key: text}) for key, text in tags.items()]
    shuffled = random.Random(seed).sample(keys, len(keys))
    assert unordered(ask([x for key in keys for x in key], known, law)) == unordered(
        ask([x for key in shuffled for x in key], known, law)
    )


@given(tag_dicts, rule_sets, some_law, circumstances, st.sampled_from(("moped", "horse", "agricultural")))
def test_statements_for_others_change_nothing(tags, rules, law, known, word):
    """Of a road type of which law says nothing at all, nothing is known; so that is left as it is."""
    others = [
        stated("30", vehicle=word),
        stated("20", vehicle=word, condition="wet"),
        stated("10", vehicle=word, lane_index=0),
    ]
    with_others = None
    if law is not None:
        with_others = TestLaw({ref: (*found, *others) if found else () for ref, found in law.by_rule.items()})
    limits = [*tagged(tags), *rules]
    assert ask(limits, known, law) == ask([*limits, *others], known, with_others)


@given(
    tag_dicts,
    rule_sets,
    laws,
    circumstances,
    st.sampled_from(("30", "60", "100", "none")),
    st.sampled_from(("", *CONDITIONS)),
)
@settings(max_examples=200)
def test_a_ceiling_of_law_never_raises(tags, rules, law, known, number, condition):
    ceiling = stated(
        number, raw="DE law: maxspeed:vehicle_of_all:conditional=x", vehicle="motorcar", condition=condition
    )
    lowered = TestLaw({ref: (*found, ceiling) for ref, found in law.by_rule.items()})
    before, after = ask([*tagged(tags), *rules], known, law), ask([*tagged(tags), *rules], known, lowered)
    if before.kind is not LimitKind.UNKNOWN:
        assert severity(after) <= severity(before)


@given(tag_dicts, rule_sets, laws, circumstances)
def test_a_signed_number_for_all_is_not_raised_by_law(tags, rules, law, known):
    limits = [*tagged({key: text for key, text in tags.items() if key != "maxspeed"}), stated("50")]
    alone, under_law = ask(limits, known, None), ask([*limits, *rules], known, law)
    assert severity(under_law) <= severity(alone)


@given(tag_dicts, rule_sets, some_law, circumstances)
@settings(max_examples=200)
def test_an_answer_agrees_with_itself(tags, rules, law, known):
    answer = ask([*tagged(tags), *rules], known, law)
    assert (answer.posted_value_milli > 0) == (answer.limit_mm_per_sec > 0)
    assert (answer.posted_value_milli > 0) == (answer.kind is LimitKind.LIMITED)
    assert value(answer) not in map(value, answer.unresolved)
    assert len(set(answer.unresolved)) == len(answer.unresolved)
    if answer.certain:
        assert answer.confidence_permille > UNDECIDED_PERMILLE_MAX
        assert answer.basis is not Basis.INFERRED
    if answer.unresolved or answer.kind is LimitKind.VARIABLE:
        assert answer.confidence_permille <= UNDECIDED_PERMILLE_MAX


@given(tag_dicts, rule_sets, laws, circumstances, st.integers(1, 47 * 60))
@settings(max_examples=300)
def test_until_the_next_change_the_answer_stays(tags, rules, law, known, minutes):
    if known.arrival is None:
        return
    at_us = known.arrival.earliest_us
    limits = [*tagged(tags), *rules]
    now = ask(limits, replace(known, arrival=Arrival(at_us, at_us)), law)
    later_us = at_us + minutes * HOUR_US // 60
    later = ask(limits, replace(known, arrival=Arrival(later_us, later_us)), law)
    if not now.next_change_us or later_us < now.next_change_us:
        assert later == now
    else:
        assert now.next_change_us > at_us
    if not is_timed(limits, law):
        assert now == later == ask(limits, replace(known, arrival=None), law)
        assert now.next_change_us == 0


@pytest.mark.parametrize("condition", [MYSTERY, "by zone:maxspeed", "if the sign is in mph"])
@given(tags=tag_dicts, rules=rule_sets, law=some_law, known=circumstances)
def test_a_condition_nobody_understands_may_hold_or_not(condition, tags, rules, law, known):
    limits = [*tagged(tags), *rules]
    odd = stated("10", key="maxspeed:odd", condition=condition)
    without, answer = ask(limits, known, law), ask([*limits, odd], known, law)
    assert value(answer) == value(without)
    assert value(answer) == (LimitKind.WALK, 0, 0) or (odd.kind, 10_000, odd.posted_unit) in listed(answer)
    assert not answer.certain or answer.kind is LimitKind.WALK


@given(tag_dicts, rule_sets, some_law, circumstances)
def test_what_is_not_understood_is_never_dropped(tags, rules, law, known):
    odd = TaggedLimit(LimitKind.UNKNOWN, 0, 0, 3, "maxspeed=80; 60", condition="not understood")  # type: ignore[arg-type]
    answer = ask([*tagged(tags), *rules, odd], known, law)
    assert not answer.certain
    if answer.kind is not LimitKind.UNKNOWN:
        assert odd.raw in [x.raw for x in answer.unresolved]


@given(tag_dicts, rule_sets, some_law, circumstances, st.sampled_from((LimitRole.ADVISORY, LimitRole.MINIMUM)))
def test_a_speed_that_is_no_limit_never_becomes_one(tags, rules, law, known, role):
    limits = [*tagged(tags), *rules]
    other = [replace(x, role=role) for x in (stated("20"), stated("30", condition="wet"), stated("40", lane_index=0))]
    without, answer = ask(limits, known, law), ask([*limits, *other], known, law)
    assert replace(answer, advisory=None, minimum=None) == replace(without, advisory=None, minimum=None)


def test_the_worlds_differ_at_all() -> None:
    known = Circumstances(conditions=DrivingConditions())
    worlds = {expected(tagged({"maxspeed:conditional": "80 @ wet; 60 @ fog"}), (), x) for x in completions(known)}
    assert len(worlds) == 3
