"""The law of eleven markets as a table: who drives when and where, and what the limit is.

Numbers are those of the sources that the packs name. Read a row as a question to `effective_limit` about a road of
which nothing is known but its type.
"""

import datetime as dt
import re
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.countries import market_pack
from mapprior.market.effective import effective_limit
from mapprior.market.law import MarketLaw
from mapprior.market.pack import load_pack
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis
from tests.market.europe_rows import REFERENCES, SIGNED, TABLE, WORDS

TIME_ZONES: Final = {
    "NL": "Europe/Amsterdam",
    "BE": "Europe/Brussels",
    "PL": "Europe/Warsaw",
    "CZ": "Europe/Prague",
    "HU": "Europe/Budapest",
    "SE": "Europe/Stockholm",
    "NO": "Europe/Oslo",
    "FI": "Europe/Helsinki",
    "DK": "Europe/Copenhagen",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
}
MARKETS: Final = tuple(TIME_ZONES)
ROWS_COUNT_MIN: Final = 8
TODAY: Final = "2026-06-03T12:00"

VEHICLES: Final = {
    "car": VehicleProfile(),
    "car+trailer": VehicleProfile(trailer=True),
    "car+trailer_700kg": VehicleProfile(trailer=True, trailer_mass_max_kg=700),
    "camper_4t": VehicleProfile(mass_max_kg=4000),
    "van": VehicleProfile(VehicleClass.VAN, mass_max_kg=3000),
    "van_2t": VehicleProfile(VehicleClass.VAN, mass_max_kg=2000),
    "van_any": VehicleProfile(VehicleClass.VAN),
    "van+trailer_4t": VehicleProfile(VehicleClass.VAN, mass_max_kg=3500, trailer=True, trailer_mass_max_kg=4000),
    "truck": VehicleProfile(VehicleClass.TRUCK),
    "truck_7t": VehicleProfile(VehicleClass.TRUCK, mass_max_kg=7000, articulated=Condition.NO),
    "truck_18t": VehicleProfile(VehicleClass.TRUCK, mass_max_kg=18000),
    "truck_18t+trailer": VehicleProfile(VehicleClass.TRUCK, mass_max_kg=18000, trailer=True),
    "bus": VehicleProfile(VehicleClass.BUS),
    "bus_12m": VehicleProfile(VehicleClass.BUS, length_cm=1200),
    "coach": VehicleProfile(VehicleClass.COACH),
    "coach_13m": VehicleProfile(VehicleClass.COACH, length_cm=1300),
    "motorcycle": VehicleProfile(VehicleClass.MOTORCYCLE),
    "motorcycle+trailer": VehicleProfile(VehicleClass.MOTORCYCLE, trailer=True),
}
CONDITIONS: Final = {
    "": DrivingConditions(),
    "snow": DrivingConditions(snow=Condition.YES),
    "wet": DrivingConditions(wet=Condition.YES),
}


def _rows(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.strip() and not line.startswith("market")]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


class Row(NamedTuple):
    market: str
    road_type: str
    vehicle: str
    time: str
    conditions: str
    region: str
    answer: str

    @property
    def date(self) -> dt.date:
        return dt.datetime.fromisoformat(TODAY if self.time in ("", "never") else self.time).date()


ROWS: Final = [Row(*cells) for cells in _rows(TABLE)]
LAWS: Final = {market: MarketLaw.from_pack(market_pack(market)) for market in MARKETS}


def _arrival(market: str, time: str) -> Arrival | None:
    """Local time on the road; `never` is a drive that says no time."""
    if time == "never":
        return None
    local = dt.datetime.fromisoformat(time or TODAY).replace(tzinfo=ZoneInfo(TIME_ZONES[market]))
    at_us = round(local.timestamp()) * 1_000_000
    return Arrival(at_us, at_us)


def _ask(reference: str, *more: TaggedLimit, vehicle: str, time: str, conditions: str, region: str) -> EffectiveLimit:
    market = reference[:2]
    rule = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, reference, rule_ref=reference)
    return effective_limit(
        [*more, rule],
        circumstances=Circumstances(
            VEHICLES[vehicle],
            CONDITIONS[conditions],
            Place(market, region, TIME_ZONES[market]),
            _arrival(market, time),
        ),
        law=LAWS[market],
        source="test",
    )


def _value(x: EffectiveLimit | LimitAlternative) -> str:
    if x.kind is not LimitKind.LIMITED:
        return {LimitKind.WALK: "walk", LimitKind.UNLIMITED: "none"}.get(x.kind, "unknown")
    return f"{x.posted_value_milli / 1000:g}" + (" mph" if x.posted_unit is SpeedUnit.MPH else "")


def _said(answer: EffectiveLimit) -> tuple[str, bool, frozenset[str]]:
    """The value, whether it is certain, and every other value that may hold."""
    return _value(answer), answer.certain, frozenset(map(_value, answer.unresolved))


def _expected(text: str) -> tuple[str, bool, frozenset[str]]:
    value, doubt, others = text.partition("?")
    return value, not doubt, frozenset(filter(None, others.split(",")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: re.sub(r"\s+", "_", " ".join(filter(None, row))))
def test_the_law_of_a_road_type(row: Row) -> None:
    answer = _ask(
        f"{row.market}:{row.road_type}",
        vehicle=row.vehicle,
        time=row.time,
        conditions=row.conditions,
        region=row.region,
    )
    assert _said(answer) == _expected(row.answer)


@pytest.mark.parametrize(("market", "road_type", "vehicle", "sign", "answer"), _rows(SIGNED))
def test_a_sign_for_all_does_not_free_those_with_a_lower_limit_of_their_own(
    market: str, road_type: str, vehicle: str, sign: str, answer: str
) -> None:
    number, _, unit = sign.partition(" ")
    posted_unit = SpeedUnit.MPH if unit else SpeedUnit.KMH
    tagged = TaggedLimit(LimitKind.LIMITED, int(number) * 1000, posted_unit, Basis.SIGNED, f"maxspeed={sign}")
    told = _ask(f"{market}:{road_type}", tagged, vehicle=vehicle, time="", conditions="", region="")
    assert _said(told) == _expected(answer)


@pytest.mark.parametrize(("market", "words", "road_type"), _rows(WORDS))
def test_the_type_of_a_road_by_what_was_found_about_it(market: str, words: str, road_type: str) -> None:
    assert LAWS[market].road_type(words.split()) == road_type


@pytest.mark.parametrize(("market", "reference", "answer"), _rows(REFERENCES))
def test_a_reference_as_mappers_write_it(market: str, reference: str, answer: str) -> None:
    told = _ask(reference, vehicle="car", time="", conditions="", region="")
    assert reference.startswith(market)
    assert _said(told) == _expected(answer)


@pytest.mark.parametrize("market", MARKETS)
def test_every_market_is_looked_at_often_enough_and_at_every_type(market: str) -> None:
    rows = [row for row in ROWS if row.market == market]
    pack = load_pack(market)
    assert pack is not None
    assert len(rows) >= ROWS_COUNT_MIN
    assert {x.road_type for x in pack.limits} == {x.name for x in pack.road_types}
    assert {row.road_type for row in rows} == {x.name for x in pack.road_types}


@pytest.mark.parametrize("market", MARKETS)
def test_every_change_of_law_is_looked_at_on_the_day_before_and_the_day_of(market: str) -> None:
    dates = {row.date for row in ROWS if row.market == market}
    for day in LAWS[market].dates:
        assert {day - dt.timedelta(days=1), day} <= dates, f"no row on both sides of {day}"


LAW_DAYS: Final = sorted({day for law in LAWS.values() for day in law.dates})
DAYS: Final = st.one_of(st.sampled_from(LAW_DAYS), st.dates(dt.date(2000, 1, 1), dt.date(2040, 1, 1)))


@given(date=DAYS)
def test_on_a_day_in_a_region_the_law_says_one_thing_at_a_time(date: dt.date) -> None:
    """Of each role and vehicle word at most one base value; all of it among what may hold on an unknown day."""
    for market, law in LAWS.items():
        pack = load_pack(market)
        assert pack is not None
        for reference in (f"{market}:{x.name}" for x in pack.road_types):
            whenever = law.statements(reference, date=None, region="")
            for region in (*sorted(law.regions), f"{market}-ZZZ"):
                said = law.statements(reference, date=date, region=region)
                assert said is not None
                assert whenever is not None
                bases = [(x.role, x.vehicle) for x in said if not x.condition]
                assert len(set(bases)) == len(bases), (reference, region)
                assert {x.raw for x in said} <= {x.raw for x in whenever}


@given(market=st.sampled_from(MARKETS), date=DAYS, data=st.data())
def test_nobody_may_drive_faster_than_a_car(market: str, date: dt.date, data: st.DataObject) -> None:
    """So it is in these markets, whatever the type, day, hour and region."""
    pack = load_pack(market)
    assert pack is not None
    hour = data.draw(st.integers(0, 23))
    region = data.draw(st.sampled_from([*sorted(LAWS[market].regions), f"{market}-ZZZ"]))
    vehicle = data.draw(st.sampled_from(sorted(VEHICLES)))
    reference = f"{market}:{data.draw(st.sampled_from([x.name for x in pack.road_types]))}"
    car, other = (
        _ask(reference, vehicle=x, time=f"{date}T{hour:02}:30", conditions="", region=region) for x in ("car", vehicle)
    )
    assert other.limit_mm_per_sec <= car.limit_mm_per_sec or car.kind is LimitKind.UNKNOWN


@pytest.mark.parametrize(("market", "highest"), [("NO", 110), ("FI", 120), ("SE", 120), ("CZ", 150), ("GB", 70)])
def test_the_highest_number_of_a_market_counts_signs_too(market: str, highest: int) -> None:
    """Else every sign above what holds without signs would look like a mistake."""
    speed_max = LAWS[market].speed_max
    assert speed_max is not None
    assert speed_max.value_milli == highest * 1000
    assert LAWS[market].road_type({"rural", "motorway"}) == "motorway"


def test_the_least_speed_of_a_belgian_motorway_is_no_limit() -> None:
    told = _ask("BE:motorway", vehicle="car", time="", conditions="", region="")
    assert told.minimum is not None
    assert (told.minimum.value_milli, told.minimum.unit) == (70_000, SpeedUnit.KMH)
    assert _value(told) == "120"


@pytest.mark.parametrize("market", sorted(set(MARKETS) - {"BE"}))
def test_what_a_vehicle_must_be_able_to_do_is_no_minimum_speed(market: str) -> None:
    """Laws that keep slow vehicles off the motorway set no least speed for the others."""
    pack = load_pack(market)
    assert pack is not None
    assert not [x for entry in pack.limits for x in entry.statements if x.role is LimitRole.MINIMUM]


def test_numbers_of_the_default_speeds_table_carry_its_licence() -> None:
    for market in MARKETS:
        pack = load_pack(market)
        assert pack is not None
        assert "CC BY-SA 2.0" in pack.table["sources"]["lds"]["licence"]
