"""What is the limit here: the cases a driver would recognise. Laws: `test_effective_laws.py`."""

from dataclasses import replace

import pytest
from hypothesis import given

from mapprior.market.circumstances import Arrival, Circumstances
from mapprior.market.effective import effective_limit, is_timed, while_ambiguous
from mapprior.market.finding import LAW_NOT_KNOWN
from mapprior.market.limit_values import CONFIDENCE_PERMILLE, UNDECIDED_PERMILLE_MAX
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.pose import CAR, Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis
from tests.market.effective_reference import (
    BERLIN,
    HOUR_US,
    KMH,
    MONDAY_NOON_US,
    MPH,
    NOTHING_LOWER,
    TestLaw,
    circumstances,
    keyed,
    lane_dicts,
    rule,
    stated,
    tag_dicts,
    tagged,
)

TRUCK = VehicleProfile(VehicleClass.TRUCK, mass_max_kg=40_000)
BUS = VehicleProfile(VehicleClass.BUS)
NONE, WALK, SIGNALS = stated("none"), stated("walk"), stated("signals")
URBAN = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed=DE:urban", rule_ref="DE:urban")
SILENT_LAW = TestLaw({"DE:any": NOTHING_LOWER})


def here(*limits: TaggedLimit, vehicle: VehicleProfile = CAR, known: Circumstances | None = None) -> EffectiveLimit:
    known = known or Circumstances(vehicle=vehicle)
    return effective_limit([*limits, rule("DE:any")], circumstances=known, law=SILENT_LAW, source="osm:way/1")


def without_law(*limits: TaggedLimit, vehicle: VehicleProfile = CAR) -> EffectiveLimit:
    return effective_limit(limits, circumstances=Circumstances(vehicle=vehicle), law=None, source="osm:way/1")


def alternatives(answer: EffectiveLimit) -> list[tuple[int, str]]:
    return [(x.posted_value_milli // 1000, x.condition) for x in answer.unresolved]


def test_nothing_stated_is_unknown() -> None:
    answer = without_law()
    assert (answer.kind, answer.certain, answer.confidence_permille) == (LimitKind.UNKNOWN, False, 0)
    assert (answer.basis, answer.raw, answer.source) == (Basis.UNKNOWN, "", "osm:way/1")


def test_thirty_miles_come_back_as_thirty_miles() -> None:
    answer = here(stated("30 mph"))
    assert (answer.posted_value_milli, answer.posted_unit) == (30_000, MPH)
    assert answer.limit_mm_per_sec == 13_411
    assert answer.certain
    assert here(stated("50")).limit_mm_per_sec == 13_889


@pytest.mark.parametrize("statement", [NONE, WALK, SIGNALS, URBAN])
def test_kinds_stay_distinct(statement: TaggedLimit) -> None:
    answer = without_law(statement)
    assert answer.kind is statement.kind
    assert (answer.posted_value_milli, answer.limit_mm_per_sec) == (0, 0)
    assert answer.raw == statement.raw
    assert answer.certain == (statement in (NONE, WALK))


def test_a_rule_without_law_is_not_a_limit_and_does_not_disturb_one() -> None:
    assert without_law(URBAN).raw == "maxspeed=DE:urban"
    assert without_law(rule("DE:rural")).raw == "DE:rural (seen)"
    assert without_law(stated("50"), URBAN) == without_law(stated("50"))


@pytest.mark.parametrize("basis", list(Basis))
def test_confidence_is_what_the_statement_says_or_its_basis_is_worth(basis: Basis) -> None:
    assert here(stated("50", basis=basis)).confidence_permille == CONFIDENCE_PERMILLE[basis]
    assert here(stated("50", basis=basis, confidence_permille=610)).confidence_permille == 610


def test_a_statement_that_the_build_doubts_keeps_its_value_and_is_not_certain() -> None:
    answer = here(stated("100", confidence_permille=300))
    assert (answer.posted_value_milli, answer.confidence_permille, answer.certain) == (100_000, 300, False)


def test_doubt_about_what_holds_for_all_is_not_lost_behind_another_statement() -> None:
    doubted, sure = stated("120", confidence_permille=300), stated("120")
    slow = stated("80", key="maxspeed:hgv", vehicle="hgv")
    assert [here(x, slow, vehicle=TRUCK).certain for x in (doubted, sure)] == [False, True]
    assert [by_law(x, rule("DE:rural"), vehicle=TRUCK).certain for x in (doubted, sure)] == [False, True]
    lane = stated("100", raw="maxspeed:lanes=100|", lane_index=0)
    answers = [here(x, slow, lane, vehicle=TRUCK) for x in (doubted, sure)]
    assert [x.certain for x in answers] == [False, True]
    assert [[y.certain for y in x.lanes] for x in answers] == [[True], []], "the lane has its own"


def test_a_tag_that_says_none_where_law_has_a_number_is_not_certain() -> None:
    answer = by_law(NONE, rule("DE:rural"))
    assert (answer.kind, answer.certain) == (LimitKind.UNLIMITED, False)
    assert by_law(NONE, rule("DE:free")).certain
    assert by_law(NONE, rule("DE:rural"), vehicle=TRUCK).certain, "60 for trucks, whatever holds for others"


@pytest.mark.parametrize("vehicle", [TRUCK, BUS, VehicleProfile(trailer=True)])
def test_law_that_says_nothing_of_a_kind_of_vehicle_is_not_known_for_it(vehicle: VehicleProfile) -> None:
    silent = TestLaw({"DE:silent": (), "DE:general": keyed("maxspeed", "90", law="DE")})
    for ref in silent.by_rule:
        answer, car = (
            effective_limit([stated("80"), rule(ref)], circumstances=Circumstances(x), law=silent, source="")
            for x in (vehicle, CAR)
        )
        assert (answer.posted_value_milli, answer.certain, alternatives(answer)) == (
            80_000,
            False,
            [(0, LAW_NOT_KNOWN)],
        )
        assert car.certain


def test_the_sign_of_a_slow_zone_leaves_the_law_of_the_road_type() -> None:
    law = TestLaw({**LAW.by_rule, "DE:zone30": keyed("maxspeed", "30", law="DE")})

    def in_zone(*limits: TaggedLimit, vehicle: VehicleProfile) -> EffectiveLimit:
        return effective_limit(limits, circumstances=Circumstances(vehicle), law=law, source="")

    zone = rule("DE:zone30")
    alone = in_zone(zone, vehicle=TRUCK)
    assert (alone.posted_value_milli, alone.certain, alternatives(alone)) == (30_000, False, [(0, LAW_NOT_KNOWN)])
    assert in_zone(zone, vehicle=CAR).certain
    beside = in_zone(zone, rule("DE:rural"), vehicle=TRUCK)
    assert (beside.posted_value_milli, beside.certain) == (30_000, True)
    fast = (stated("80", key="zone:maxspeed"), rule("DE:80"))
    rural = in_zone(*fast, rule("DE:rural"), vehicle=TRUCK)
    assert (rural.posted_value_milli, rural.certain) == (60_000, True)
    assert alternatives(in_zone(*fast, vehicle=TRUCK)) == [(0, LAW_NOT_KNOWN)]


def test_a_truck_limit_binds_trucks_only() -> None:
    limits = (stated("100"), stated("60", vehicle="hgv"))
    assert here(*limits) == here(stated("100"))
    truck = here(*limits, vehicle=TRUCK)
    assert (truck.posted_value_milli, truck.certain) == (60_000, True)
    assert here(NONE, stated("80", vehicle="hgv"), vehicle=TRUCK).posted_value_milli == 80_000


def test_the_limit_of_a_truck_is_in_doubt_where_the_law_for_trucks_is_not_known() -> None:
    answer = without_law(stated("100"), vehicle=TRUCK)
    assert (answer.posted_value_milli, answer.certain) == (100_000, False)
    assert answer.unresolved == (LimitAlternative(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, LAW_NOT_KNOWN, ""),)
    assert without_law(stated("100")).certain


def test_a_truck_limit_alone_says_nothing_certain_of_the_limit_for_all() -> None:
    answer = here(stated("60", vehicle="hgv"), vehicle=TRUCK)
    assert (answer.posted_value_milli, answer.certain) == (60_000, False)


def test_a_higher_limit_for_buses_leaves_the_lower_one_in_doubt() -> None:
    answer = here(stated("80"), stated("100", vehicle="bus"), vehicle=BUS)
    assert (answer.posted_value_milli, answer.certain, alternatives(answer)) == (80_000, False, [(100, "bus")])


def test_keys_that_contradict_each_other_leave_doubt() -> None:
    answer = here(stated("50"), stated("30", key="zone:maxspeed"))
    assert (answer.posted_value_milli, answer.certain, alternatives(answer)) == (30_000, False, [(50, "")])


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_the_key_of_the_direction_replaces_the_one_for_both(way: str) -> None:
    for number in ("30", "100"):
        own = stated(number, key=f"maxspeed:{way}")
        assert here(stated("50"), own) == here(own)
        assert here(stated("50"), own).certain
    hgv = (stated("60", key="maxspeed:hgv", vehicle="hgv"), stated("80", key=f"maxspeed:hgv:{way}", vehicle="hgv"))
    assert alternatives(here(stated("100"), *hgv, vehicle=TRUCK)) == []
    assert not here(stated("50"), stated("30", key="zone:maxspeed"), stated("40", key=f"maxspeed:{way}")).certain


@pytest.mark.parametrize("way", ["forward", "backward"])
@pytest.mark.parametrize("number", ["30", "100"])
def test_a_clause_of_the_direction_that_holds_replaces_that_for_both(way: str, number: str) -> None:
    both = (stated("50"), *keyed("maxspeed:conditional", "40 @ wet"))
    own = [replace(x, vehicle="") for x in keyed(f"maxspeed:{way}:conditional", f"{number} @ snow")]
    for wet in Condition:
        for snow in Condition:
            known = Circumstances(conditions=DrivingConditions(wet=wet, snow=snow))
            answer = here(*both, *own, known=known)
            if snow is Condition.YES:
                assert answer == here(*own, known=known)
                assert answer.certain
            elif snow is Condition.NO:
                assert answer == here(*both, known=known)
            else:
                may = {x.posted_value_milli for x in answer.unresolved} | {answer.posted_value_milli}
                assert int(number) * 1000 in may and not answer.certain


def test_a_word_nobody_knows_leaves_doubt() -> None:
    answer = here(stated("80"), stated("20", vehicle="hovercraft"))
    assert not answer.certain
    assert answer.unresolved == (LimitAlternative(LimitKind.LIMITED, 20_000, KMH, "hovercraft", "maxspeed=20"),)


def test_conditions_are_all_listed() -> None:
    answer = here(stated("120"), *keyed("maxspeed:conditional", "80 @ wet; 60 @ 22:00-06:00"))
    assert (answer.posted_value_milli, answer.certain) == (120_000, False)
    assert alternatives(answer) == [(80, "wet"), (60, "22:00-06:00")]
    assert here(stated("120"), *keyed("maxspeed:conditional", "120 @ wet")).certain, "whatever the weather, it is 120"
    alone = here(*keyed("maxspeed:conditional", "80 @ wet"))
    assert (alone.kind, alternatives(alone)) == (LimitKind.UNKNOWN, [(80, "wet")])


def test_a_later_clause_that_holds_hides_the_earlier_ones() -> None:
    limits = (stated("120"), *keyed("maxspeed:conditional", "100 @ fog; 80 @ wet; 60 @ snow"))
    sensed = DrivingConditions(wet=Condition.YES, snow=Condition.NO)
    answer = here(*limits, known=Circumstances(conditions=sensed))
    assert (answer.posted_value_milli, answer.certain) == (80_000, True)
    answer = here(*limits, known=Circumstances(conditions=DrivingConditions(wet=Condition.YES)))
    assert (answer.posted_value_milli, alternatives(answer)) == (80_000, [(60, "snow")])


def test_a_condition_may_raise_the_limit() -> None:
    limits = (stated("100"), *keyed("maxspeed:conditional", "130 @ 19:00-06:00"))
    at = {
        hour: here(
            *limits,
            known=Circumstances(
                place=BERLIN, arrival=Arrival(MONDAY_NOON_US + hour * HOUR_US, MONDAY_NOON_US + hour * HOUR_US)
            ),
        )
        for hour in (0, 7, 18)
    }
    assert {hour: (x.posted_value_milli, x.certain) for hour, x in at.items()} == {
        0: (100_000, True),
        7: (130_000, True),
        18: (100_000, True),
    }
    assert at[0].next_change_us == MONDAY_NOON_US + 7 * HOUR_US
    assert at[7].next_change_us == MONDAY_NOON_US + 18 * HOUR_US
    straddling = Arrival(MONDAY_NOON_US + 6 * HOUR_US, MONDAY_NOON_US + 8 * HOUR_US)
    answer = here(*limits, known=Circumstances(place=BERLIN, arrival=straddling))
    assert (answer.certain, alternatives(answer)) == (False, [(130, "19:00-06:00")])
    assert is_timed(limits, None)
    assert not is_timed(limits[:1], None)


def test_a_condition_for_trucks_is_nothing_to_a_car() -> None:
    limits = (stated("100"), *keyed("maxspeed:hgv:conditional", "60 @ 22:00-06:00"))
    assert here(*limits).certain
    assert alternatives(here(*limits, vehicle=TRUCK)) == [(60, "hgv, 22:00-06:00")]


def test_a_variable_sign_keeps_its_upper_bound() -> None:
    for limits in ((stated("120"), SIGNALS), (replace(SIGNALS, posted_value_milli=120_000, posted_unit=KMH),)):
        answer = here(*limits)
        assert (answer.kind, answer.posted_value_milli) == (LimitKind.VARIABLE, 120_000)
        assert (answer.limit_mm_per_sec, answer.certain, answer.unresolved) == (33_333, False, ())
    truck = here(SIGNALS, stated("80", vehicle="hgv"), vehicle=TRUCK)
    assert (truck.kind, truck.posted_value_milli) == (LimitKind.VARIABLE, 80_000)
    wet = here(stated("120"), SIGNALS, *keyed("maxspeed:conditional", "80 @ wet"))
    assert (wet.posted_value_milli, alternatives(wet)) == (120_000, [(80, "wet")])


def test_a_sign_that_is_variable_by_the_clock_is_bounded_by_what_holds_without_it() -> None:
    limits = (stated("100"), *keyed("maxspeed:conditional", "signals @ 06:00-22:00"))
    noon = Circumstances(place=BERLIN, arrival=Arrival(MONDAY_NOON_US, MONDAY_NOON_US))
    day = here(*limits, known=noon)
    assert (day.kind, day.posted_value_milli, day.certain) == (LimitKind.VARIABLE, 100_000, False)
    midnight_us = MONDAY_NOON_US + 12 * HOUR_US
    night = here(*limits, known=replace(noon, arrival=Arrival(midnight_us, midnight_us)))
    assert (night.kind, night.posted_value_milli, night.certain) == (LimitKind.LIMITED, 100_000, True)
    anytime = here(*limits)
    assert (anytime.kind, [x.kind for x in anytime.unresolved]) == (LimitKind.LIMITED, [LimitKind.VARIABLE])


def test_a_number_beside_a_variable_sign_and_walking_pace_is_not_lost() -> None:
    answer = here(NONE, WALK, SIGNALS, stated("20"))
    assert (answer.kind, answer.posted_value_milli) == (LimitKind.VARIABLE, 0)
    assert {x.kind for x in answer.unresolved} == {LimitKind.UNLIMITED, LimitKind.WALK, LimitKind.LIMITED}


def test_heavy_goods_go_by_mass() -> None:
    limits = (stated("130"), stated("80", vehicle="hgv"))
    van, car = VehicleClass.VAN, VehicleClass.CAR
    for vehicle in (VehicleProfile(van, mass_max_kg=5_000), TRUCK):
        assert here(*limits, vehicle=vehicle).posted_value_milli == 80_000
    for vehicle in (VehicleProfile(van, mass_max_kg=3_500), VehicleProfile(car, mass_max_kg=0)):
        assert here(*limits, vehicle=vehicle) == here(stated("130"))
    for vehicle in (VehicleProfile(van, mass_max_kg=0), VehicleProfile(car, mass_max_kg=7_500)):
        unknown = here(*limits, vehicle=vehicle)
        assert (unknown.posted_value_milli, alternatives(unknown)) == (130_000, [(80, "hgv")])


def test_a_tag_for_goods_vehicles_may_mean_a_truck() -> None:
    answer = here(stated("50"), stated("30", vehicle="goods"), vehicle=TRUCK)
    assert (answer.posted_value_milli, answer.certain, alternatives(answer)) == (50_000, False, [(30, "goods")])


def test_what_was_not_understood_stays_readable_where_nothing_else_is_stated() -> None:
    vague = TaggedLimit(
        LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed=80; 60", condition="not understood"
    )
    assert without_law(vague).raw == "maxspeed=80; 60"
    assert (here(stated("100"), vague).certain, without_law(vague, URBAN).raw) == (False, URBAN.raw)


def test_a_clause_that_holds_but_is_not_understood_leaves_doubt() -> None:
    vague = replace(
        stated("60", condition="wet"), kind=LimitKind.UNKNOWN, posted_value_milli=0, posted_unit=SpeedUnit.NONE
    )
    wet = Circumstances(conditions=DrivingConditions(wet=Condition.YES))
    answer = here(stated("100"), vague, known=wet)
    assert (answer.posted_value_milli, answer.certain) == (100_000, False)
    assert [x.kind for x in answer.unresolved] == [LimitKind.UNKNOWN]
    dry = Circumstances(conditions=DrivingConditions(wet=Condition.NO))
    assert here(stated("100"), vague, known=dry).certain


def test_a_variable_sign_for_all_is_not_hidden_by_a_clause_that_holds() -> None:
    wet = Circumstances(conditions=DrivingConditions(wet=Condition.YES))
    answer = here(stated("120"), SIGNALS, *keyed("maxspeed:conditional", "80 @ wet"), known=wet)
    assert (answer.kind, answer.posted_value_milli, answer.certain) == (LimitKind.VARIABLE, 80_000, False)


def test_a_sign_counts_before_a_law_that_says_the_same() -> None:
    law = TestLaw({"DE:any": tuple(keyed("maxspeed:hgv", "80", law="DE"))})
    limits = [rule("DE:any"), stated("80")]
    answer = effective_limit(limits, circumstances=Circumstances(TRUCK), law=law, source="")
    assert (answer.basis, answer.raw) == (Basis.TAGGED, "maxspeed=80")


def test_of_equal_statements_always_the_same_is_named() -> None:
    towing = replace(TRUCK, trailer=True)
    limits = [stated("100"), stated("80", vehicle="hgv", raw="a"), stated("80", vehicle="trailer", raw="b")]
    assert here(*limits, vehicle=towing) == here(*reversed(limits), vehicle=towing)


def test_a_word_for_all_motor_traffic_is_for_all() -> None:
    law = TestLaw({"DE:any": tuple(keyed("maxspeed", "100", law="DE"))})
    limits = [rule("DE:any"), stated("120", vehicle="motor_vehicle")]
    answer = effective_limit(limits, circumstances=Circumstances(), law=law, source="")
    assert (answer.posted_value_milli, answer.certain) == (120_000, True)


def test_recommended_and_least_speeds_stand_beside_the_limit() -> None:
    advised, least = stated("100", role=LimitRole.ADVISORY), stated("60", role=LimitRole.MINIMUM)
    answer = here(stated("120"), advised, replace(advised, posted_value_milli=90_000, condition="wet"), least)
    assert (answer.posted_value_milli, answer.certain) == (120_000, True)
    assert answer.advisory is not None
    assert answer.minimum is not None
    assert (answer.advisory.value_milli, answer.minimum.value_milli) == (100_000, 60_000)
    wet = Circumstances(conditions=DrivingConditions(wet=Condition.YES))
    in_rain = here(advised, replace(advised, posted_value_milli=90_000, condition="wet"), known=wet)
    assert in_rain.advisory is not None
    assert (in_rain.kind, in_rain.advisory.value_milli) == (LimitKind.UNKNOWN, 90_000)
    slow = replace(least, posted_value_milli=40_000, vehicle="hgv")
    truck = here(stated("120"), least, slow, vehicle=TRUCK)
    assert truck.minimum is not None
    assert truck.minimum.value_milli == 40_000, "the one for the vehicle counts"
    assert here(stated("50"), least).minimum is None, "nobody must drive faster than the limit"
    for whom in ("hgv", "hovercraft"):
        assert here(stated("120"), replace(advised, vehicle=whom)).advisory is None


def test_the_first_of_several_switches_is_named() -> None:
    limits = (stated("100"), *keyed("maxspeed:conditional", "80 @ 14:00-15:00; 60 @ 16:00-17:00"))
    hgv = keyed("maxspeed:hgv:conditional", "50 @ 13:00-14:00")
    known = Circumstances(place=BERLIN, arrival=Arrival(MONDAY_NOON_US, MONDAY_NOON_US))
    assert here(*limits, *hgv, known=known).next_change_us == MONDAY_NOON_US + 2 * HOUR_US
    assert here(*hgv, *limits, known=replace(known, vehicle=TRUCK)).next_change_us == MONDAY_NOON_US + HOUR_US


LAW = TestLaw(
    {
        "DE:rural": (*keyed("maxspeed", "100", law="DE"), *keyed("maxspeed:hgv", "60", law="DE")),
        "DE:free": (
            stated("none", rule_ref="DE:free"),
            stated("130", rule_ref="DE:free", role=LimitRole.ADVISORY),
            stated("70", rule_ref="DE:free", role=LimitRole.MINIMUM),
        ),
        "DE:said": (stated("80", rule_ref="DE:said", confidence_permille=350),),
    }
)


def by_law(*limits: TaggedLimit, vehicle: VehicleProfile = CAR) -> EffectiveLimit:
    return effective_limit(limits, circumstances=Circumstances(vehicle), law=LAW, source="")


def test_law_alone_is_certain_where_the_road_type_is() -> None:
    sure = by_law(rule("DE:rural"))
    assert (sure.basis, sure.certain, sure.confidence_permille) == (Basis.LAW_DEFAULT, True, 700)
    for unsure in (
        rule("DE:rural", basis=Basis.INFERRED),
        rule("DE:rural", basis=Basis.INFERRED, permille=950),
        rule("DE:rural", condition="if built-up", permille=950),
    ):
        answer = by_law(unsure)
        assert (answer.posted_value_milli, answer.basis, answer.certain) == (100_000, Basis.INFERRED, False)
        worth = (unsure.confidence_permille or 500) * 700 // 1000
        assert answer.confidence_permille == min(worth, UNDECIDED_PERMILLE_MAX), "never above law itself"
        assert alternatives(answer) == [(0, "if not DE:rural")], "and not the only one"
        assert by_law(unsure, stated("50")).certain
        lower = by_law(unsure, stated("50"), vehicle=TRUCK)
        assert (lower.certain, [x.kind for x in lower.unresolved]) == (False, [LimitKind.UNKNOWN]), "law of others"
        not_rural = f"if not DE:rural, {LAW_NOT_KNOWN}"
        higher = alternatives(by_law(unsure, stated("80"), vehicle=TRUCK))
        assert higher == [(80, "if not DE:rural"), (0, not_rural)]
        assert not by_law(unsure, stated("50", vehicle="hgv"), vehicle=TRUCK).certain, "what holds for all is not known"


def test_the_other_type_is_stated_also_where_law_has_no_number_for_it() -> None:
    law = TestLaw({**LAW.by_rule, "DE:urban": ()})
    rural = rule("DE:rural", basis=Basis.INFERRED, permille=500)
    urban = rule("DE:urban", basis=Basis.INFERRED, condition="if built-up", permille=500)

    def told(*limits: TaggedLimit) -> EffectiveLimit:
        return effective_limit(limits, circumstances=Circumstances(CAR), law=law, source="")

    answer = told(rural, urban)
    assert (answer.posted_value_milli, answer.certain) == (100_000, False)
    assert [(x.kind, x.condition) for x in answer.unresolved] == [(LimitKind.UNKNOWN, "if built-up")]
    likelier = told(rural, replace(urban, confidence_permille=600))
    assert (likelier.kind, alternatives(likelier)) == (LimitKind.UNKNOWN, [(100, "if DE:rural")])
    assert told(rural, urban, stated("50")).certain, "a sign holds on either"


def test_law_that_nobody_verified_is_not_certain() -> None:
    answer = by_law(rule("DE:said"))
    assert (answer.posted_value_milli, answer.confidence_permille, answer.certain) == (80_000, 350, False)


def test_law_recommends_only_where_the_road_type_is_sure() -> None:
    free = by_law(rule("DE:free"))
    assert free.advisory is not None
    assert free.minimum is not None
    assert (free.kind, free.certain, free.limit_mm_per_sec) == (LimitKind.UNLIMITED, True, 0)
    assert (free.advisory.value_milli, free.minimum.value_milli) == (130_000, 70_000)
    maybe = by_law(rule("DE:free", basis=Basis.INFERRED))
    assert (maybe.kind, maybe.certain, maybe.advisory, maybe.minimum) == (LimitKind.UNLIMITED, False, None, None)
    two = by_law(rule("DE:free"), rule("DE:rural", condition="if not a motorway", permille=100))
    assert (two.certain, two.advisory, alternatives(two)) == (False, None, [(100, "if not a motorway")])


def test_a_speed_that_is_no_limit_stands_on_the_statement_it_comes_from() -> None:
    advice, least = stated("60", role=LimitRole.ADVISORY), stated("30", role=LimitRole.MINIMUM)
    beside_law = by_law(rule("DE:rural"), advice, replace(least, basis=Basis.SIGNED))
    assert beside_law.basis is Basis.LAW_DEFAULT
    assert trusted(beside_law) == [(60_000, Basis.TAGGED, 800), (30_000, Basis.SIGNED, 900)]
    alone = here(replace(advice, confidence_permille=420))
    assert (alone.kind, trusted(alone)) == (LimitKind.UNKNOWN, [(60_000, Basis.TAGGED, 420)])
    free = by_law(rule("DE:free"), stated("120"))
    assert free.basis is Basis.TAGGED
    assert trusted(free) == [(70_000, Basis.LAW_DEFAULT, 700)], "what law recommends is above this limit"
    assert trusted(by_law(rule("DE:free"))) == [(130_000, Basis.LAW_DEFAULT, 700), (70_000, Basis.LAW_DEFAULT, 700)]
    assert trusted(by_law(rule("DE:nothing"))) == trusted(here()) == []


def trusted(answer: EffectiveLimit) -> list[tuple[int, Basis, int]]:
    """The speeds that are no limit, and what each is worth."""
    return [(x.value_milli, x.basis, x.confidence_permille) for x in (answer.advisory, answer.minimum) if x is not None]


def test_a_reference_that_the_law_does_not_know_stays_readable() -> None:
    answer = by_law(rule("AT:rural"))
    assert (answer.kind, answer.raw, answer.certain) == (LimitKind.UNKNOWN, "AT:rural (seen)", False)
    assert by_law(rule("AT:rural"), stated("80")).certain
    assert not by_law(rule("AT:rural"), stated("80"), vehicle=TRUCK).certain


@given(tag_dicts, lane_dicts, circumstances)
def test_ambiguity_takes_certainty_and_nothing_else(tags, lanes, known):
    answer = effective_limit(tagged({**tags, **lanes}), circumstances=known, law=None, source="")
    doubted = while_ambiguous(answer)
    assert not any(x.certain for x in (doubted, *doubted.lanes))
    assert doubted.confidence_permille <= answer.confidence_permille
    assert while_ambiguous(doubted) == doubted
    for mine, its in ((answer.advisory, doubted.advisory), (answer.minimum, doubted.minimum)):
        assert its == (mine and replace(mine, confidence_permille=min(mine.confidence_permille, 500)))
    certain = replace(doubted, certain=answer.certain, confidence_permille=answer.confidence_permille)
    assert replace(certain, lanes=answer.lanes, advisory=answer.advisory, minimum=answer.minimum) == answer
