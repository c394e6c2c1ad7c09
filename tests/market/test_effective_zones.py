"""What a work zone leaves of a limit: of the road's, of each lane's, and of the speeds that are no limit."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.circumstances import Circumstances
from mapprior.market.effective import effective_limit, with_zone
from mapprior.market.limit_values import severity, value
from mapprior.market.zone_limit import IN_WORKS
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import WorkZone, WorkZoneState
from tests.market.effective_reference import KMH, MPH, circumstances, keyed, lane_dicts, stated, tag_dicts, tagged

ACTIVE = WorkZoneState.ACTIVE
NONE, WALK = stated("none"), stated("walk")


def posted(value: int, unit: SpeedUnit = KMH) -> TaggedLimit:
    return replace(stated(str(value)), posted_unit=unit)


def here(*limits: TaggedLimit) -> EffectiveLimit:
    return effective_limit(limits, circumstances=Circumstances(), law=None, source="osm:way/1")


bases = st.builds(
    lambda tags, lanes, known: effective_limit(
        tagged({**tags, **lanes}), circumstances=known, law=None, source="osm:way/1"
    ),
    tag_dicts,
    st.one_of(st.just({}), lane_dicts),
    circumstances,
)


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


@given(bases, st.integers(1, 200), st.sampled_from(WorkZoneState), st.booleans())
def test_a_zone_only_ever_lowers(base: EffectiveLimit, number: int, state: WorkZoneState, rough: bool) -> None:
    answer = with_zone(base, zone(number, place_rough=rough), state=state)
    assert set(base.unresolved) <= set(answer.unresolved)
    if answer.work_zone_id:
        assert state is WorkZoneState.ACTIVE
        assert not rough
        assert base.limit_mm_per_sec == 0 or answer.limit_mm_per_sec < base.limit_mm_per_sec
    elif answer != base:
        kept = replace(answer, certain=base.certain, confidence_permille=base.confidence_permille)
        assert replace(kept, unresolved=base.unresolved, lanes=base.lanes) == base
    if answer != base:
        assert state in (WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN)
        assert not answer.certain
    for lane in range(3):
        before, after = base.on_lane(lane), answer.on_lane(lane)
        assert severity(after) <= severity(before)
        assert before.certain or not after.certain
        if value(after) != value(before):
            assert not after.certain
            assert (after.posted_value_milli, state, rough) == (number * 1000, WorkZoneState.ACTIVE, False)
    if state is WorkZoneState.ACTIVE and not rough:
        of_zone = severity(stated(str(number)))
        assert all(severity(x) <= of_zone for x in (answer, *answer.lanes))
    assert answer.next_change_us == base.next_change_us


@given(
    bases,
    st.one_of(st.none(), st.sampled_from(LimitKind)),
    st.integers(1, 200),
    st.sampled_from((WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN)),
    st.booleans(),
)
def test_where_works_may_be_only_a_limit_that_no_zone_could_lower_is_certain(
    base: EffectiveLimit, kind: LimitKind | None, number_kmh: int, state: WorkZoneState, rough: bool
) -> None:
    number = (number_kmh * 1000, KMH) if kind is LimitKind.LIMITED else (0, SpeedUnit.NONE)
    of_zone = None if kind is None else LimitAlternative(kind, *number, "", "z")
    answer = with_zone(base, replace(zone(), limit=of_zone, place_rough=rough), state=state)
    if answer.certain:
        assert answer is base
        assert kind in (LimitKind.LIMITED, LimitKind.WALK)
        assert base.kind is LimitKind.WALK or 0 < base.limit_mm_per_sec <= round(number_kmh / 3.6 * 1000) + 1
    for x in answer.lanes:
        if x.certain:
            assert x in base.lanes
            assert kind in (LimitKind.LIMITED, LimitKind.WALK)
    if of_zone is not None and answer is not base:
        assert value(of_zone) in set(map(value, (answer, *answer.unresolved, *answer.lanes)))


def test_a_base_as_low_stays() -> None:
    for base in (here(posted(80)), here(posted(30, MPH)), here(WALK)):
        assert in_zone(base) is base
    assert in_zone(here(posted(50, MPH))).posted_value_milli == 80_000, "50 mph are 80.5 km/h"


def test_a_zone_that_cannot_set_a_limit_leaves_doubt() -> None:
    base = here(posted(120))
    variable = LimitAlternative(LimitKind.VARIABLE, 60_000, KMH, "", "60")
    unlimited = LimitAlternative(LimitKind.UNLIMITED, 0, SpeedUnit.NONE, "", "")
    by_night = LimitAlternative(LimitKind.LIMITED, 60_000, KMH, "22:00-06:00", "60 by night")
    active, unknown = WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN
    for zone_, state in (
        (zone(place_rough=True), active),
        (zone(limit=None), active),
        (zone(limit=variable), active),
        (zone(limit=unlimited), active),
        (zone(limit=by_night), active),
        (zone(), unknown),
    ):
        answer = with_zone(base, zone_, state=state)
        assert (answer.posted_value_milli, answer.basis, answer.work_zone_id) == (120_000, Basis.TAGGED, "")
        assert (answer.certain, answer.confidence_permille) == (False, 500)
        known = [] if zone_.limit is None else [replace(zone_.limit, condition=zone_.limit.condition or IN_WORKS)]
        assert list(answer.unresolved) == known
        assert with_zone(answer, zone_, state=state) == answer
    for state in (WorkZoneState.PLANNED, WorkZoneState.SUSPENDED, WorkZoneState.ENDED):
        assert with_zone(base, zone(limit=None), state=state) is base


def test_the_lowest_of_several_zones_holds() -> None:
    base = here(posted(120))
    a, b = zone(80, id="a"), zone(60, id="b")
    for order in ((a, b), (b, a)):
        answer = base
        for x in order:
            answer = with_zone(answer, x, state=WorkZoneState.ACTIVE)
        assert (answer.posted_value_milli, answer.work_zone_id) == (60_000, "b")


def test_a_zone_caps_each_lane_by_itself() -> None:
    base = here(*keyed("maxspeed", "100"), *keyed("maxspeed:lanes", "120|100|60"))
    answer = in_zone(base)
    assert [(x.posted_value_milli, x.certain, x.raw) for x in answer.lanes] == [
        (80_000, False, "reduced_speed_limit_kph=80"),
        (80_000, False, "reduced_speed_limit_kph=80"),
        (60_000, True, "maxspeed:lanes=120|100|60"),
    ]
    assert in_zone(base, 50).lanes == (), "all lanes have the zone's limit, which is the road's"
    higher = in_zone(base, 110)
    assert (higher.posted_value_milli, higher.work_zone_id) == (100_000, "")
    assert [x.posted_value_milli for x in higher.lanes] == [110_000, 100_000, 60_000]
    low = with_zone(
        here(*keyed("maxspeed", "60"), *keyed("maxspeed:lanes", "|100")), zone(80, place_rough=True), state=ACTIVE
    )
    assert (low.posted_value_milli, [x.posted_value_milli for x in low.unresolved]) == (60_000, [100_000, 80_000])
    doubted = with_zone(base, zone(80), state=WorkZoneState.UNKNOWN)
    assert [(x.posted_value_milli, x.certain) for x in doubted.lanes] == [
        (120_000, False),
        (100_000, False),
        (60_000, True),
    ]


def test_the_next_switch_is_that_of_the_base() -> None:
    base = replace(here(posted(120)), next_change_us=7)
    assert in_zone(base).next_change_us == 7


def test_speeds_that_are_no_limit_stay_where_the_zone_leaves_them_in_force() -> None:
    base = here(posted(120), replace(posted(100), role=LimitRole.ADVISORY), replace(posted(60), role=LimitRole.MINIMUM))
    by_zone = {value: in_zone(base, value) for value in (110, 80, 50)}
    assert {k: (x.advisory is not None, x.minimum is not None) for k, x in by_zone.items()} == {
        110: (True, True),
        80: (False, True),
        50: (False, False),
    }
