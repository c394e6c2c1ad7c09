"""Conditions: laws over made-up ones, then the trial values, then what a driver would recognise."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.clauses import clauses
from mapprior.market.condition import (
    ATOMS_COUNT_MAX,
    CONDITION_CHARS_MAX,
    Condition,
    LawDate,
    Refused,
    Truth,
    evaluate,
    is_timed,
    parse_condition,
)
from mapprior.market.opening_times import Times
from mapprior.model.pose import CAR, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.pose import Condition as Sensed
from tests.market.condition_texts import (
    Meant,
    condition_texts,
    instants_us,
    meant_atoms,
    sensed,
    us,
    vehicles,
    wall,
    zone_names,
)
from tests.market.conditional_values import HERE, MOMENTS, TRUTHS, VALUES
from tests.market.refusals import DATA, extracts, speed_values, table

REAL_CONDITIONS = [condition for _, text, _ in VALUES for _, condition in clauses(text)]


def read(text: str) -> Condition:
    found = parse_condition(text)
    assert isinstance(found, Condition), found
    return found


def at(moment_us: int, later_us: int = 0) -> Arrival:
    return Arrival(moment_us, moment_us + later_us)


places = st.builds(
    Place,
    market=st.sampled_from(("", "DE", "GB", "AE")),
    region=st.sampled_from(("", "GB-WLS")),
    time_zone=st.one_of(st.just(""), zone_names),
    lat_deg=st.sampled_from((None, 52.4)),
    lon_deg=st.just(4.9),
)


@given(condition_texts)
def test_a_text_reads_back_from_its_canonical_form(text: str) -> None:
    condition = parse_condition(text)
    assume(isinstance(condition, Condition))
    again = parse_condition(str(condition))
    assert again == condition
    assert str(again) == str(condition)


@given(st.lists(meant_atoms, min_size=1, max_size=4), instants_us(), zone_names, vehicles, sensed)
def test_a_moment_is_judged_as_all_atoms_are(
    atoms: list[Meant], at_us: int, zone_name: str, vehicle: VehicleProfile, conditions: DrivingConditions
) -> None:
    circumstances = Circumstances(vehicle, conditions, Place(time_zone=zone_name), at(at_us))
    meant = [x.means(wall(at_us, zone_name), circumstances) for x in atoms]
    found = evaluate(read(" AND ".join(x.text for x in atoms)), circumstances).truth
    if Truth.NO in meant:
        assert found is Truth.NO
    else:
        assert found is (Truth.UNKNOWN if Truth.UNKNOWN in meant else Truth.YES)


@given(condition_texts, instants_us(), st.integers(0, 40 * 3600), st.integers(0, 40 * 3600), places, vehicles, sensed)
def test_a_wider_arrival_never_decides_more(
    text: str,
    at_us: int,
    earlier: int,
    later: int,
    place: Place,
    vehicle: VehicleProfile,
    conditions: DrivingConditions,
) -> None:
    condition = parse_condition(text)
    assume(isinstance(condition, Condition))
    point = Circumstances(vehicle, conditions, place, at(at_us))
    wide = replace(point, arrival=Arrival(at_us - earlier * 1_000_000, at_us + later * 1_000_000))
    at_point, in_wide = evaluate(condition, point).truth, evaluate(condition, wide).truth
    assert in_wide in (at_point, Truth.UNKNOWN)
    assert evaluate(condition, replace(point, arrival=None)).truth in (in_wide, Truth.UNKNOWN)


@given(condition_texts, instants_us(), st.integers(0, 40 * 3600), st.floats(0, 1), places, vehicles, sensed)
def test_nothing_happens_before_the_next_change(
    text: str,
    at_us: int,
    length: int,
    part: float,
    place: Place,
    vehicle: VehicleProfile,
    conditions: DrivingConditions,
) -> None:
    condition = parse_condition(text)
    assume(isinstance(condition, Condition))
    point = Circumstances(vehicle, conditions, place, at(at_us))
    now, next_us = evaluate(condition, point)
    assert next_us == 0 or next_us > at_us
    end_us = at_us + length * 1_000_000
    within = evaluate(condition, replace(point, arrival=Arrival(at_us, end_us)))
    assert within.next_change_us == next_us
    assert within.truth is (Truth.UNKNOWN if 0 < next_us <= end_us else now)
    between = evaluate(condition, replace(point, arrival=at(at_us + int((end_us - at_us) * part))))
    if not (0 < next_us <= end_us):
        assert between.truth is now
    # Of several timed atoms, and where each day may be a holiday, the search is bounded.
    near = next_us < at_us + 28 * 24 * 3600 * 1_000_000
    if near and sum(isinstance(x, Times | LawDate) for x in condition.atoms) == 1:
        assert not next_us or evaluate(condition, replace(point, arrival=at(next_us))).truth is not now
        assert not next_us or between == (now, next_us) or next_us <= end_us


@given(condition_texts.filter(lambda x: "visibility" not in x), instants_us(), places, vehicles, sensed, st.data())
def test_less_known_never_decides_otherwise(
    text: str, at_us: int, place: Place, vehicle: VehicleProfile, conditions: DrivingConditions, data: st.DataObject
) -> None:
    """Forgetting an input turns YES and NO into UNKNOWN at most. `visibility` is the exception that is told."""
    condition = parse_condition(text)
    assume(isinstance(condition, Condition))
    # A mass that is stated may contradict what its class implies; then it counts.
    assume(vehicle.vehicle_class not in (VehicleClass.CAR, VehicleClass.MOTORCYCLE) or vehicle.mass_max_kg <= 3500)
    assume(vehicle.vehicle_class is not VehicleClass.TRUCK or not 0 < vehicle.mass_max_kg <= 3500)
    assume(vehicle.mass_kg <= (vehicle.mass_max_kg or 9000))
    assume(not vehicle.axles_count or vehicle.axles_count >= (3 if vehicle.trailer else 2))
    light = vehicle.vehicle_class in (VehicleClass.CAR, VehicleClass.MOTORCYCLE)
    assume(not light or vehicle.trailer or vehicle.axles_count in (0, 2))
    assume(not light or vehicle.mass_kg <= 3500)
    assume(vehicle.articulated is not Sensed.YES or vehicle.vehicle_class.value > 2)
    assume(vehicle.vehicle_class is not VehicleClass.MOTORCYCLE or vehicle.articulated is not Sensed.YES)
    assume(vehicle.hazmat is not Sensed.YES or vehicle.vehicle_class in (VehicleClass.VAN, VehicleClass.TRUCK))
    assume(not place.region or place.market == place.region[:2])
    known = Circumstances(vehicle, conditions, place, at(at_us))
    numbers = ("mass_max_kg", "mass_kg", "trailer_mass_max_kg", "axles_count", "length_cm")
    forgotten = data.draw(
        st.sampled_from(
            (
                *(replace(known, vehicle=replace(vehicle, **{x: 0})) for x in numbers),
                *(replace(known, vehicle=replace(vehicle, **{x: Sensed.UNKNOWN})) for x in ("articulated", "hazmat")),
                *(
                    replace(known, conditions=replace(conditions, **{x: Sensed.UNKNOWN}))
                    for x in ("wet", "snow", "fog")
                ),
                *(replace(known, place=replace(place, **{x: ""})) for x in ("region", "time_zone")),
                replace(known, place=replace(place, lat_deg=None)),
                replace(known, place=replace(place, market="", region="")),
                replace(known, arrival=None),
            )
        )
    )
    assert evaluate(condition, forgotten).truth in (evaluate(condition, known).truth, Truth.UNKNOWN)


@given(st.one_of(st.text(), st.text('MoTuPHSHoffAND 0123456789:-,;+()"<>=./|', max_size=60)))
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse_condition(text), Condition | Refused)


@given(st.sampled_from(REAL_CONDITIONS), st.integers(0, 60), st.integers(0, 8), st.text(max_size=4), instants_us())
def test_no_slip_of_the_pen_raises(text: str, start: int, length: int, put: str, at_us: int) -> None:
    condition = parse_condition(text[:start] + put + text[start + length :])
    if isinstance(condition, Condition):
        assert parse_condition(str(condition)) == condition
        assert evaluate(condition, Circumstances(place=HERE, arrival=at(at_us))).truth in Truth


@pytest.mark.parametrize(("key", "text", "expected"), VALUES)
def test_the_trial_values(key: str, text: str, expected: tuple[tuple[str, str | None, str], ...]) -> None:
    for (_, stated), (_, canonical, outcome) in zip(clauses(text), expected, strict=True):
        condition = parse_condition(stated)
        if canonical is None:
            assert condition == Refused(outcome)
            continue
        assert str(condition) == canonical
        assert isinstance(condition, Condition)
        answers = [evaluate(condition, Circumstances(place=HERE, arrival=at(us(x)))).truth for x in MOMENTS]
        assert answers == [TRUTHS[x] for x in outcome]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing stated"),
        ("()", "nothing stated"),
        ("wet AND ", "neither times, nor a comparison, nor a known word"),
        ("wet AND () AND snow", "nothing stated"),
        ("not understood", "neither times, nor a comparison, nor a known word"),
        ("if not built-up", "neither times, nor a comparison, nor a known word"),
        ("Mo and Fr", "neither times, nor a comparison, nor a known word"),
        ("weightrating>3.5 apples", "neither times, nor a comparison, nor a known word"),
        ("from 2025-02-30", "a date that does not exist"),
        ("x" * (CONDITION_CHARS_MAX + 1), f"longer than {CONDITION_CHARS_MAX} characters"),
        (" AND ".join(["wet"] * (ATOMS_COUNT_MAX + 1)), f"more than {ATOMS_COUNT_MAX} parts"),
        ("PH Mo-Fr 08:00-09:00", "holidays and weekdays together"),
        ("Feb 30-Mar 5", "a day that its month does not have"),
        ("Fr,PH -1 day 14:00-20:00", "days before or after holidays"),
        ("PH off", "times that never come"),
        ("off", "times that never come"),
    ],
)
def test_what_is_refused_has_a_reason(text: str, reason: str) -> None:
    assert parse_condition(text) == Refused(reason)


@pytest.mark.parametrize(
    ("text", "timed"),
    [
        *(("22:00-06:00", True), ("wet AND 22:00-06:00", True), ("from 2025-02-07", True), ("Nov-Mar", True)),
        *(("wet", False), ("weightrating>3.5 AND trailer", False), ("in GB-WLS", False)),
    ],
)
def test_timed(text: str, timed: bool) -> None:
    assert is_timed(read(text)) is timed


@pytest.mark.parametrize(
    ("market", "region", "text", "expected"),
    [
        ("GB", "GB-WLS", "in GB-WLS", Truth.YES),
        ("GB", "GB-ENG", "in GB-WLS", Truth.NO),
        ("GB", "", "in GB-WLS", Truth.UNKNOWN),
        ("GB", "", "in GB", Truth.YES),
        ("GB", "GB-WLS", "in GB", Truth.YES),
        ("DE", "", "in GB-WLS", Truth.NO),
        ("", "", "in GB-WLS", Truth.UNKNOWN),
        ("GB", "GB-WLS", "in GB-SCT or GB-WLS", Truth.YES),
        ("GB", "GB-ENG", "in GB-SCT or GB-WLS", Truth.NO),
        ("GB", "", "in GB-SCT or GB-WLS", Truth.UNKNOWN),
        ("DE", "", "in GB-SCT or GB-WLS", Truth.NO),
        ("DE", "", "in GB-SCT or DE", Truth.YES),
    ],
)
def test_regions(market: str, region: str, text: str, expected: Truth) -> None:
    assert evaluate(read(text), Circumstances(place=Place(market, region))).truth is expected


def test_a_date_of_law_begins_at_midnight_of_the_road() -> None:
    since, until = read("from 2025-02-07"), read("until 2025-02-07")
    dublin, midnight_us = Place("IE", time_zone="Europe/Dublin"), us(dt.datetime(2025, 2, 7, tzinfo=dt.UTC))
    before, after = (Circumstances(place=dublin, arrival=at(x)) for x in (midnight_us - 1, midnight_us))
    assert evaluate(since, before) == (Truth.NO, midnight_us)
    assert evaluate(since, after) == (Truth.YES, 0)
    assert evaluate(until, before) == (Truth.YES, midnight_us)
    assert evaluate(until, after) == (Truth.NO, 0)
    tokyo = replace(after, place=Place("JP", time_zone="Asia/Tokyo"), arrival=at(midnight_us - 9 * 3_600_000_000))
    assert evaluate(since, tokyo).truth is Truth.YES
    assert evaluate(since, replace(before, arrival=at(midnight_us - 1, 1))).truth is Truth.UNKNOWN
    assert evaluate(since, Circumstances(place=dublin)).truth is Truth.UNKNOWN


def test_what_does_not_hold_decides_and_then_time_changes_nothing() -> None:
    condition = read("22:00-06:00 AND weightrating>7.5")
    night = Circumstances(CAR, place=HERE, arrival=at(us(MOMENTS[1])))
    assert evaluate(condition, night) == (Truth.NO, 0)
    truck = VehicleProfile(VehicleClass.TRUCK, mass_max_kg=12_000)
    assert evaluate(condition, replace(night, vehicle=truck)).truth is Truth.YES
    unknown_van = evaluate(condition, replace(night, vehicle=VehicleProfile(VehicleClass.VAN)))
    assert unknown_van.truth is Truth.UNKNOWN
    assert unknown_van.next_change_us == us(dt.datetime.fromisoformat("2026-07-06T06:00:00+02:00"))


def test_a_season_that_is_far_is_found_without_counting_the_days() -> None:
    saturday = Circumstances(place=HERE, arrival=at(us(MOMENTS[2] + dt.timedelta(days=1))))
    found = evaluate(read("Mo-Fr 07:00-17:00 AND Jul-Aug"), saturday)
    assert found == (Truth.NO, us(dt.datetime.fromisoformat("2027-07-01T00:00:00+02:00")))


def test_rare_states_hold_only_when_something_tells() -> None:
    for text, telling in (("visibility<50", "fog"), ("visibility<50", "snow"), ("snow_chains", "snow")):
        condition = read(text)
        assert evaluate(condition, Circumstances()).truth is Truth.NO
        told = DrivingConditions(**{telling: Sensed.YES})
        assert evaluate(condition, Circumstances(conditions=told)).truth is Truth.UNKNOWN


@pytest.mark.extracts
@pytest.mark.skipif(not extracts(), reason=f"no extracts in {DATA}; set MAPPRIOR_DATA")
def test_every_speed_value_of_the_extracts_is_read_or_refused_with_a_reason() -> None:
    found = speed_values(extracts())
    print(table(found))
    assert found.values.total() > 10_000
    assert found.refused.total() < 0.01 * found.values.total()
    assert all(reason and text for reason, text in found.refused)
    assert not [x for x in found.conditions if isinstance(parse_condition(x), Refused)]
