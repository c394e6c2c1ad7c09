"""What is the limit here: laws over all statements, then the cases a driver would recognise."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.effective import CONFIDENCE_PERMILLE, IN_WORKS, effective_limit, while_ambiguous, with_zone
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import CAR, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import WorkZone, WorkZoneState

TRUCK = VehicleProfile(VehicleClass.TRUCK, mass_max_kg=40_000)
BUS = VehicleProfile(VehicleClass.BUS)
KMH, MPH = SpeedUnit.KMH, SpeedUnit.MPH


def posted(value: int, unit: SpeedUnit = KMH, **more: object) -> TaggedLimit:
    raw = f"maxspeed={value}"
    return replace(TaggedLimit(LimitKind.LIMITED, value * 1000, unit, Basis.TAGGED, raw), **more)  # type: ignore[arg-type]


NONE = TaggedLimit(LimitKind.UNLIMITED, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed=none")
WALK = TaggedLimit(LimitKind.WALK, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed=walk")
SIGNALS = TaggedLimit(LimitKind.VARIABLE, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed=signals")
URBAN = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed=DE:urban", rule_ref="DE:urban")


def here(*limits: TaggedLimit, vehicle: VehicleProfile = CAR) -> EffectiveLimit:
    return effective_limit(limits, vehicle=vehicle, source="osm:way/1")


numbers = st.builds(posted, st.integers(1, 150), st.sampled_from((KMH, MPH)))
statements = st.builds(
    lambda base, vehicle, condition, lane: replace(base, vehicle=vehicle, condition=condition, lane_index=lane),
    st.one_of(numbers, st.sampled_from((NONE, WALK, SIGNALS, URBAN))),
    st.sampled_from(("", "", "", "hgv", "bus", "trailer", "hovercraft", "moped")),
    st.sampled_from(("", "", "wet", "22:00-06:00")),
    st.sampled_from((-1, -1, 0, 1)),
)
vehicles = st.builds(VehicleProfile, st.sampled_from(VehicleClass), st.just(0), st.booleans())
statement_lists = st.lists(statements, max_size=6)


@given(statement_lists, vehicles)
def test_certain_means_that_nothing_else_may_hold(limits: list[TaggedLimit], vehicle: VehicleProfile) -> None:
    answer = here(*limits, vehicle=vehicle)
    if answer.certain:
        assert not answer.unresolved
        assert answer.kind not in (LimitKind.UNKNOWN, LimitKind.VARIABLE)
        assert all(
            (x.kind, x.posted_value_milli, x.posted_unit)
            == (answer.kind, answer.posted_value_milli, answer.posted_unit)
            for x in limits
            if x.condition and x.vehicle == ""
        )
    else:
        assert answer.confidence_permille <= 500


@given(statement_lists, vehicles)
def test_the_number_is_one_that_was_posted(limits: list[TaggedLimit], vehicle: VehicleProfile) -> None:
    answer = here(*limits, vehicle=vehicle)
    stated = {(x.posted_value_milli, x.posted_unit) for x in limits if not x.condition and x.lane_index < 0}
    assert (answer.posted_value_milli, answer.posted_unit) in stated | {(0, SpeedUnit.NONE)}
    assert (answer.limit_mm_per_sec > 0) == (answer.posted_value_milli > 0)
    alternatives = {(x.kind, x.posted_value_milli, x.posted_unit) for x in answer.unresolved}
    assert (answer.kind, answer.posted_value_milli, answer.posted_unit) not in alternatives
    assert alternatives <= {(x.kind, x.posted_value_milli, x.posted_unit) for x in limits}


@given(statement_lists, vehicles)
def test_no_alternative_is_lost(limits: list[TaggedLimit], vehicle: VehicleProfile) -> None:
    """Whoever takes the lowest of all answers never drives faster than any statement for everyone allows."""
    answer = here(*limits, vehicle=vehicle)
    shown = {answer.limit_mm_per_sec} | {
        effective_limit([_tagged(x)], vehicle=CAR, source="").limit_mm_per_sec for x in answer.unresolved
    }
    for x in limits:
        if x.vehicle == "" and x.kind is LimitKind.LIMITED:
            bare = replace(x, condition="", lane_index=-1)
            assert min(s for s in shown if s) <= effective_limit([bare], vehicle=CAR, source="").limit_mm_per_sec


def test_a_number_beside_a_variable_sign_and_walking_pace_is_not_lost() -> None:
    answer = here(NONE, WALK, SIGNALS, posted(20))
    assert (answer.kind, answer.posted_value_milli) == (LimitKind.VARIABLE, 20_000)
    assert {x.kind for x in answer.unresolved} == {LimitKind.UNLIMITED, LimitKind.WALK}


@given(statement_lists)
def test_ambiguity_takes_certainty_and_nothing_else(limits: list[TaggedLimit]) -> None:
    answer = here(*limits)
    doubted = while_ambiguous(answer)
    assert not doubted.certain
    assert doubted.confidence_permille <= answer.confidence_permille
    assert while_ambiguous(doubted) == doubted
    assert replace(doubted, certain=answer.certain, confidence_permille=answer.confidence_permille) == answer


def _tagged(x: LimitAlternative) -> TaggedLimit:
    return TaggedLimit(x.kind, x.posted_value_milli, x.posted_unit, Basis.TAGGED, x.raw)


def test_nothing_stated_is_unknown() -> None:
    answer = here()
    assert (answer.kind, answer.certain, answer.confidence_permille) == (LimitKind.UNKNOWN, False, 0)
    assert (answer.basis, answer.raw, answer.source) == (Basis.UNKNOWN, "", "osm:way/1")


def test_thirty_miles_come_back_as_thirty_miles() -> None:
    answer = here(posted(30, MPH))
    assert (answer.posted_value_milli, answer.posted_unit) == (30_000, MPH)
    assert answer.limit_mm_per_sec == 13_411
    assert answer.certain
    assert here(posted(50)).limit_mm_per_sec == 13_889


@pytest.mark.parametrize("statement", [NONE, WALK, SIGNALS, URBAN])
def test_kinds_stay_distinct(statement: TaggedLimit) -> None:
    answer = here(statement)
    assert answer.kind is statement.kind
    assert (answer.posted_value_milli, answer.limit_mm_per_sec) == (0, 0)
    assert answer.raw == statement.raw
    assert answer.certain == (statement in (NONE, WALK))


def test_a_rule_is_not_a_limit_and_does_not_disturb_one() -> None:
    assert here(URBAN).raw == "maxspeed=DE:urban"
    assert here(posted(50), URBAN) == here(posted(50))


@pytest.mark.parametrize("basis", list(Basis))
def test_confidence_is_that_of_the_table(basis: Basis) -> None:
    assert here(posted(50, basis=basis)).confidence_permille == CONFIDENCE_PERMILLE[basis]


def test_a_truck_limit_binds_trucks_only() -> None:
    limits = (posted(100), posted(60, vehicle="hgv"))
    assert here(*limits) == here(posted(100))
    truck = here(*limits, vehicle=TRUCK)
    assert truck.posted_value_milli == 60_000
    assert here(NONE, posted(80, vehicle="hgv"), vehicle=TRUCK).posted_value_milli == 80_000


def test_a_higher_limit_for_buses_leaves_the_lower_one_in_doubt() -> None:
    answer = here(posted(80), posted(100, vehicle="bus"), vehicle=BUS)
    assert (answer.posted_value_milli, answer.certain) == (80_000, False)
    assert [x.posted_value_milli for x in answer.unresolved] == [100_000]


def test_a_word_nobody_knows_leaves_doubt() -> None:
    answer = here(posted(80), posted(20, vehicle="hovercraft"))
    assert not answer.certain
    assert answer.unresolved == (LimitAlternative(LimitKind.LIMITED, 20_000, KMH, "hovercraft", "maxspeed=20"),)


def test_conditions_are_all_listed() -> None:
    answer = here(posted(120), posted(80, condition="wet"), posted(60, condition="22:00-06:00"))
    assert (answer.posted_value_milli, answer.certain) == (120_000, False)
    assert [(x.posted_value_milli, x.condition) for x in answer.unresolved] == [
        (80_000, "wet"),
        (60_000, "22:00-06:00"),
    ]
    assert here(posted(120), posted(120, condition="wet")).certain, "whatever the weather, it is 120"
    alone = here(posted(80, condition="wet"))
    assert (alone.kind, len(alone.unresolved)) == (LimitKind.UNKNOWN, 1)


def test_a_condition_for_trucks_is_nothing_to_a_car() -> None:
    limits = (posted(100), posted(60, vehicle="hgv", condition="22:00-06:00"))
    assert here(*limits).certain
    truck = here(*limits, vehicle=TRUCK)
    assert [x.condition for x in truck.unresolved] == ["hgv, 22:00-06:00"]


def test_lanes_that_differ_leave_doubt() -> None:
    lanes = [posted(v, lane_index=i) for i, v in enumerate((120, 120, 80))]
    alone = here(*lanes)
    assert alone.kind is LimitKind.UNKNOWN
    assert [x.condition for x in alone.unresolved] == ["lane 0", "lane 1", "lane 2"]
    based = here(posted(120), *lanes)
    assert (based.posted_value_milli, based.certain) == (120_000, False)
    assert [(x.posted_value_milli, x.condition) for x in based.unresolved] == [(80_000, "lane 2")]


def test_a_variable_sign_keeps_its_upper_bound() -> None:
    for limits in ((posted(120), SIGNALS), (replace(SIGNALS, posted_value_milli=120_000, posted_unit=KMH),)):
        answer = here(*limits)
        assert (answer.kind, answer.posted_value_milli) == (LimitKind.VARIABLE, 120_000)
        assert (answer.limit_mm_per_sec, answer.certain, answer.unresolved) == (33_333, False, ())


# ---- with a work zone


def zone(value: int = 80, **more: object) -> WorkZone:
    limit = LimitAlternative(LimitKind.LIMITED, value * 1000, KMH, "", f"reduced_speed_limit_kph={value}")
    plain = WorkZone("z1", "feed", 1, 2, (0, 1), (0, 1), 800, 1000, limit=limit)
    return replace(plain, **more)  # type: ignore[arg-type]


def in_zone(limit: EffectiveLimit, value: int = 80, **more: object) -> EffectiveLimit:
    return with_zone(limit, zone(value, **more), state=WorkZoneState.ACTIVE, match_permille=900)


def test_an_active_zone_lowers_and_is_never_certain() -> None:
    answer = in_zone(here(posted(120)))
    assert (answer.posted_value_milli, answer.basis, answer.certain) == (80_000, Basis.FEED, False)
    assert (answer.work_zone_id, answer.source, answer.confidence_permille) == ("z1", "feed", 720)
    assert answer.unresolved == (LimitAlternative(LimitKind.LIMITED, 120_000, KMH, "", "maxspeed=120"),)
    assert in_zone(here(NONE)).posted_value_milli == 80_000
    assert in_zone(here()).unresolved[0].kind is LimitKind.UNKNOWN


@given(statement_lists, st.integers(1, 200), st.sampled_from(WorkZoneState), st.booleans())
def test_a_zone_only_ever_lowers(limits: list[TaggedLimit], value: int, state: WorkZoneState, rough: bool) -> None:
    base = here(*limits)
    answer = with_zone(base, zone(value, place_rough=rough), state=state)
    assert set(base.unresolved) <= set(answer.unresolved)
    if answer.work_zone_id:
        assert state is WorkZoneState.ACTIVE
        assert not rough
        assert base.limit_mm_per_sec == 0 or answer.limit_mm_per_sec < base.limit_mm_per_sec
    elif answer != base:
        kept = replace(answer, certain=base.certain, confidence_permille=base.confidence_permille)
        assert replace(kept, unresolved=base.unresolved) == base
    if answer != base:
        assert state in (WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN)
        assert not answer.certain


@given(
    statement_lists,
    st.one_of(st.none(), st.sampled_from(LimitKind)),
    st.integers(1, 200),
    st.sampled_from((WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN)),
    st.booleans(),
)
def test_where_works_may_be_only_a_limit_that_no_zone_could_lower_is_certain(
    limits: list[TaggedLimit], kind: LimitKind | None, value: int, state: WorkZoneState, rough: bool
) -> None:
    base = here(*limits)
    number = (value * 1000, KMH) if kind is LimitKind.LIMITED else (0, SpeedUnit.NONE)
    stated = None if kind is None else LimitAlternative(kind, *number, "", "z")
    answer = with_zone(base, replace(zone(), limit=stated, place_rough=rough), state=state)
    if answer.certain:
        assert answer is base
        assert kind in (LimitKind.LIMITED, LimitKind.WALK)
        assert base.kind is LimitKind.WALK or 0 < base.limit_mm_per_sec <= round(value / 3.6 * 1000) + 1
    if stated is not None and answer is not base:
        shown = {(x.kind, x.posted_value_milli, x.posted_unit) for x in (answer, *answer.unresolved)}
        assert (stated.kind, stated.posted_value_milli, stated.posted_unit) in shown


def test_a_base_as_low_stays() -> None:
    for base in (here(posted(80)), here(posted(30, MPH)), here(WALK)):
        assert in_zone(base) is base
    assert in_zone(here(posted(50, MPH))).posted_value_milli == 80_000, "50 mph are 80.5 km/h"


def test_a_zone_that_cannot_set_a_limit_leaves_doubt() -> None:
    base = here(posted(120))
    variable = LimitAlternative(LimitKind.VARIABLE, 60_000, KMH, "", "60")
    unlimited = LimitAlternative(LimitKind.UNLIMITED, 0, SpeedUnit.NONE, "", "")
    active, unknown = WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN
    for zone_, state in (
        (zone(place_rough=True), active),
        (zone(limit=None), active),
        (zone(limit=variable), active),
        (zone(limit=unlimited), active),
        (zone(), unknown),
    ):
        answer = with_zone(base, zone_, state=state)
        assert (answer.posted_value_milli, answer.basis, answer.work_zone_id) == (120_000, Basis.TAGGED, "")
        assert (answer.certain, answer.confidence_permille) == (False, 500)
        known = [] if zone_.limit is None else [replace(zone_.limit, condition=IN_WORKS)]
        assert list(answer.unresolved) == known
        assert with_zone(answer, zone_, state=state) == answer
    for state in (WorkZoneState.PLANNED, WorkZoneState.SUSPENDED, WorkZoneState.ENDED):
        assert with_zone(base, zone(limit=None), state=state) is base


def test_heavy_goods_go_by_mass() -> None:
    limits = (posted(130), posted(80, vehicle="hgv"))
    van, car = VehicleClass.VAN, VehicleClass.CAR
    for vehicle in (VehicleProfile(van, mass_max_kg=5_000), VehicleProfile(car, mass_max_kg=7_500), TRUCK):
        assert here(*limits, vehicle=vehicle).posted_value_milli == 80_000
    for vehicle in (VehicleProfile(van, mass_max_kg=3_500), VehicleProfile(car, mass_max_kg=0)):
        assert here(*limits, vehicle=vehicle) == here(posted(130))
    unknown = here(*limits, vehicle=VehicleProfile(van, mass_max_kg=0))
    assert (unknown.posted_value_milli, unknown.certain) == (130_000, False)
    assert [x.condition for x in unknown.unresolved] == ["hgv"]


def test_what_was_not_understood_stays_readable_where_nothing_else_is_stated() -> None:
    vague = TaggedLimit(
        LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed=80; 60", condition="not understood"
    )
    assert here(vague).raw == "maxspeed=80; 60"
    assert (here(posted(100), vague).certain, here(vague, URBAN).raw) == (False, URBAN.raw)


def test_the_lowest_of_several_zones_holds() -> None:
    base = here(posted(120))
    a, b = zone(80, id="a"), zone(60, id="b")
    for order in ((a, b), (b, a)):
        answer = base
        for x in order:
            answer = with_zone(answer, x, state=WorkZoneState.ACTIVE)
        assert (answer.posted_value_milli, answer.work_zone_id) == (60_000, "b")
