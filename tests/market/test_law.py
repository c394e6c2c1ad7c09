"""What law says about a reference: exactly what is in force there and then, and nothing that is not known."""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.errors import ConfigError
from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.condition import Refused, parse_condition
from mapprior.market.countries import market_pack
from mapprior.market.effective import effective_limit
from mapprior.market.law import REGIONS_COUNT_MAX, MarketLaw
from mapprior.market.pack import ROAD_WORDS
from mapprior.market.speed_value import parse_value
from mapprior.model.ids import tile_id
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.pose import Condition as Sensed
from mapprior.model.pose import DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis
from tests.market.all_packs import all_packs
from tests.market.default_speeds import ASKED, CAR, DRY, answer
from tests.market.small_pack import limit, small_pack

TODAY = dt.date(2026, 11, 22)
PACKS = {pack.market: pack for pack in all_packs()}
LAWS = {market: MarketLaw.from_pack(market_pack(market)) for market in PACKS}
REFERENCES = [(market, f"{market}:{x.name}") for market, pack in PACKS.items() for x in pack.road_types]


def law_of(*limits: dict[str, Any], **more: Any) -> MarketLaw:
    return MarketLaw.from_pack(
        {"code": "QM", "law": small_pack(**({"limits": list(limits)} if limits else {})), **more}
    )


def said(law: MarketLaw, reference: str, date: dt.date | None = TODAY, region: str = "") -> list[tuple[str, str]]:
    """(value, condition) of the statements for everyone."""
    found = law.statements(reference, date=date, region=region)
    assert found is not None
    return [(x.raw.partition("=")[2], x.condition) for x in found if not x.vehicle]


def test_all_of_it_for_every_vehicle_and_condition_base_first() -> None:
    found = law_of().statements("QM:rural", date=TODAY, region="")
    assert found == (
        _stated("80", "maxspeed=80"),
        _stated("70", "maxspeed:hgv=70", vehicle="hgv"),
        _stated("60", "maxspeed:conditional=60 @ (trailer); 50 @ (snow)", condition="trailer"),
        _stated("50", "maxspeed:conditional=60 @ (trailer); 50 @ (snow)", condition="snow"),
    )


def _stated(value: str, raw: str, *, vehicle: str = "", condition: str = "") -> TaggedLimit:
    parsed = parse_value(value)
    assert parsed is not None
    return TaggedLimit(
        parsed.kind,
        parsed.posted_value_milli,
        parsed.posted_unit,
        Basis.LAW_DEFAULT,
        f"QM law: {raw}",
        vehicle,
        condition,
        rule_ref="QM:rural",
    )


def test_a_maximum_an_advice_and_a_minimum_are_three_things() -> None:
    found = law_of().statements("QM:motorway", date=TODAY, region="")
    assert found is not None
    assert [(x.role, x.kind, x.posted_value_milli) for x in found] == [
        (LimitRole.MAXIMUM, LimitKind.UNLIMITED, 0),
        (LimitRole.ADVISORY, LimitKind.LIMITED, 130_000),
        (LimitRole.MINIMUM, LimitKind.LIMITED, 60_000),
    ]


def test_a_reference_is_known_by_name_alias_or_number_or_not_at_all() -> None:
    law = law_of()
    assert said(law, "QM:express") == said(law, "QM:motorway")
    assert said(law, "QM:named_only") == []
    for reference in ("DE:rural", "QM:city", "rural", "", ":", "qm:rural", "QM", "QM:"):
        assert law.statements(reference, date=TODAY, region="") is None, reference


@pytest.mark.parametrize("market", ["MC", "LI", "ZZ"])
@given(reference=st.sampled_from(["{}:urban", "{}:zone30", "DE:urban", "{}:30", "{}"]))
def test_a_market_without_pack_knows_no_law(market: str, reference: str) -> None:
    law = MarketLaw.from_pack(market_pack(market))
    assert (law.market, law.digest, law.speed_max, law.unlimited_exists) == (market, "", None, False)
    assert law.statements(reference.format(market), date=TODAY, region="") is None
    assert law.road_type(ROAD_WORDS) is None


def test_a_pack_of_another_kind_has_no_law_either() -> None:
    assert MarketLaw.from_pack({}).statements("DE:urban", date=TODAY, region="") is None


@given(st.sampled_from(sorted(LAWS)), st.integers(1, 20), st.sampled_from(["zone", "zone:", ""]))
def test_a_slow_zone_is_its_number_in_the_unit_of_the_signs(market: str, number: int, word: str) -> None:
    found = LAWS[market].statements(f"{market}:{word}{number}", date=None, region="")
    assert found is not None
    [zone] = found
    unit = SpeedUnit.MPH if market in ("GB", "US") else SpeedUnit.KMH
    assert (zone.kind, zone.posted_value_milli, zone.posted_unit) == (LimitKind.LIMITED, number * 1000, unit)
    assert (zone.basis, zone.condition, zone.vehicle) == (Basis.LAW_DEFAULT, "", "")


@given(st.sampled_from(sorted(LAWS)), st.integers(31, 999), st.sampled_from(["zone", "zone:", ""]))
def test_a_higher_number_is_one_on_a_sign_and_no_zone_of_law(market: str, number: int, word: str) -> None:
    assert LAWS[market].statements(f"{market}:{word}{number}", date=None, region="") is None


@given(
    st.sampled_from(REFERENCES),
    st.dates(dt.date(2010, 1, 1), dt.date(2035, 1, 1)),
    st.sampled_from(["own", "other", ""]),
)
def test_statements_are_exactly_the_entries_valid_then_and_there(
    reference: tuple[str, str], date: dt.date, where: str
) -> None:
    market, rule_ref = reference
    law = LAWS[market]
    region = {"own": min(law.regions, default=""), "other": f"{market}-ZZ", "": ""}[where]
    entries = [x for x in PACKS[market].limits if f"{market}:{x.road_type}" == rule_ref and x.is_valid(date)]
    if region:
        own = {x.key for x in entries if x.region == region}
        entries = [x for x in entries if x.region == region or (not x.region and x.key not in own)]
    found = law.statements(rule_ref, date=date, region=region)
    assert found is not None
    expected = [
        (f"{market} law: {x.key}={x.text}", y.vehicle, y.condition, y.role, y.posted_value_milli, x.region)
        for x in entries
        for y in x.statements
    ]
    got = [
        (x.raw, x.vehicle, _own(x.condition), x.role, x.posted_value_milli, named)
        for x in found
        for named in _regions(x.condition, region)
    ]
    if region:
        expected = [(*x[:5], "") for x in expected]
    assert sorted(got) == sorted(expected)
    assert law.statements(rule_ref, date=date, region=region) == found


def _own(condition: str) -> str:
    return " AND ".join(x for x in condition.split(" AND ") if not x.startswith("in "))


def _regions(condition: str, region: str) -> list[str]:
    """The regions that a condition names; one empty text for none."""
    named = [x.removeprefix("in ") for x in condition.split(" AND ") if x.startswith("in ")]
    assert not (region and named)
    return named[0].split(" or ") if named else [""]


def test_regions_that_say_the_same_share_one_statement() -> None:
    same = [limit("rural", "maxspeed", "30", region=f"QM-{x}") for x in "WEN"]
    other = limit("rural", "maxspeed", "40", region="QM-S")
    law = law_of(EVERYWHERE, same[0], other, *same[1:])
    assert said(law, "QM:rural") == [("50", ""), ("30", "in QM-E or QM-N or QM-W"), ("40", "in QM-S")]
    assert said(law, "QM:rural", region="QM-N") == [("30", "")]


@pytest.mark.parametrize("market", sorted(PACKS))
def test_no_statement_is_said_twice_for_regions_and_none_is_too_long(market: str) -> None:
    for reference in (ref for of, ref in REFERENCES if of == market):
        for date in (TODAY, None):
            found = LAWS[market].statements(reference, date=date, region="") or ()
            regional = [x for x in found if "in " in x.condition]
            said_of = [
                (x.raw, x.vehicle, _own(x.condition), x.role, x.posted_value_milli, x.confidence_permille)
                for x in regional
            ]
            assert all(len(x.condition) <= REGIONS_CHARS_MAX for x in regional), reference
            assert len(said_of) <= len(set(said_of)) + len(LAWS[market].regions) // REGIONS_COUNT_MAX, reference


REGIONS_CHARS_MAX = 400


@pytest.mark.parametrize(("market", "rule_ref"), REFERENCES)
def test_the_base_stands_before_what_may_replace_it(market: str, rule_ref: str) -> None:
    for date in (None, TODAY):
        found = LAWS[market].statements(rule_ref, date=date, region="")
        assert found is not None
        seen = set()
        for x in found:
            assert x.condition or (x.role, x.vehicle) not in seen, x
            seen.add((x.role, x.vehicle))
            assert not isinstance(parse_condition(x.condition or "wet"), Refused), x.condition
            assert x.basis is Basis.LAW_DEFAULT
            assert x.rule_ref == rule_ref


BEFORE, AFTER = (
    limit("rural", "maxspeed", "80", valid_to="2025-02-07"),
    limit("rural", "maxspeed", "60", valid_from="2025-02-07"),
)
EVERYWHERE, THERE = limit("rural", "maxspeed", "50"), limit("rural", "maxspeed", "30", region="QM-W")
LATER_THERE = limit("rural", "maxspeed", "30", region="QM-W", valid_from="2023-09-17")


def test_a_law_holds_from_its_day_on() -> None:
    law = law_of(BEFORE, AFTER)
    assert said(law, "QM:rural", dt.date(2025, 2, 6)) == [("80", "")]
    assert said(law, "QM:rural", dt.date(2025, 2, 7)) == [("60", "")]
    assert law.dates == (dt.date(2025, 2, 7),)


def test_without_a_date_each_may_hold() -> None:
    law = law_of(BEFORE, AFTER)
    assert said(law, "QM:rural", None) == [("80", "until 2025-02-07"), ("60", "from 2025-02-07")]


def test_a_region_has_its_own_law() -> None:
    law = law_of(EVERYWHERE, THERE)
    assert said(law, "QM:rural", region="QM-W") == [("30", "")]
    assert said(law, "QM:rural", region="QM-E") == [("50", "")]
    assert said(law, "QM:rural", region="") == [("50", ""), ("30", "in QM-W")]
    assert said(law, "QM-W:rural", region="QM-E") == [("30", "")]
    assert law.regions == {"QM-W"}
    everywhere_else = [law.statements("QM:rural", date=TODAY, region=f"QM-{x}") for x in ("A", "B")]
    assert everywhere_else[0] is everywhere_else[1]  # held once, however many regions are asked for


def test_in_an_unknown_region_what_may_replace_a_clause_stands_behind_it() -> None:
    there, everywhere = (limit("rural", "maxspeed:conditional", f"{x} @ (wet)") for x in (30, 50))
    law = law_of({**there, "region": "QM-W"}, everywhere)
    assert said(law, "QM:rural", region="") == [
        ("50 @ (wet)", "wet"),
        ("30 @ (wet)", "wet AND in QM-W"),
    ]


def test_a_region_whose_law_came_later() -> None:
    law = law_of(EVERYWHERE, LATER_THERE)
    assert said(law, "QM:rural", dt.date(2023, 9, 16), "QM-W") == [("50", "")]
    assert said(law, "QM:rural", dt.date(2023, 9, 17), "QM-W") == [("30", "")]
    assert said(law, "QM:rural", None, "QM-W") == [("50", "until 2023-09-17"), ("30", "from 2023-09-17")]
    assert said(law, "QM:rural", None, "") == [("50", ""), ("30", "from 2023-09-17 AND in QM-W")]


@pytest.mark.parametrize(("market", "rule_ref"), REFERENCES)
def test_no_vehicle_and_no_weather_is_allowed_more_than_a_car_in_the_dry(market: str, rule_ref: str) -> None:
    """A clause replaces its base: a ceiling above it must be said of a vehicle, or it lifts the limit."""
    law = LAWS[market]
    for region in ("elsewhere", *law.regions):
        stated = law.statements(rule_ref, date=TODAY, region=region) or ()
        base = answer(stated, CAR, DRY, LimitRole.MAXIMUM)
        for question, (vehicle, sensed, role) in ASKED.items():
            other = answer(stated, vehicle, sensed, role)
            if role is LimitRole.MAXIMUM and None not in (base, other):
                assert order(other) <= order(base), (region, question, base, other)


DRIVEN = {
    "car": CAR,
    "van": VehicleProfile(VehicleClass.VAN, mass_max_kg=1_500),
    "truck": VehicleProfile(VehicleClass.TRUCK, mass_max_kg=4_000),
    "bus": VehicleProfile(VehicleClass.BUS, mass_max_kg=4_000),
    "coach": VehicleProfile(VehicleClass.COACH, mass_max_kg=4_000),
    "motorcycle": VehicleProfile(VehicleClass.MOTORCYCLE),
}
NO_CONDITION = DrivingConditions(*[Sensed.NO] * 4)


def certain(market: str, rule_ref: str, region: str, vehicle: VehicleProfile, sensed: DrivingConditions) -> float:
    """mm/s of the limit by law where it is certain, else 0."""
    rule = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, rule_ref, rule_ref=rule_ref)
    noon_us = round(dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC).timestamp()) * 1_000_000
    known = Circumstances(vehicle, sensed, Place(market, region, "Etc/UTC"), Arrival(noon_us, noon_us))
    found = effective_limit([rule], circumstances=known, law=LAWS[market], source="test")
    if not found.certain:
        return 0.0
    return 1e9 if found.kind is LimitKind.UNLIMITED else float(found.limit_mm_per_sec)


@pytest.mark.parametrize("market", sorted(PACKS))
@pytest.mark.parametrize("driven", DRIVEN)
def test_no_trailer_and_no_weather_raises_what_is_certain(market: str, driven: str) -> None:
    """Nor does more mass. Here for each kind of vehicle by itself, and through the whole answer."""
    vehicle, law = DRIVEN[driven], LAWS[market]
    more = [replace(vehicle, trailer=True), replace(vehicle, trailer=True, trailer_mass_max_kg=700)]
    if vehicle.mass_max_kg:
        more += [replace(vehicle, mass_max_kg=x) for x in (2_500, 3_500, 8_000, 40_000) if x > vehicle.mass_max_kg]
    weather = [replace(NO_CONDITION, **{x: Sensed.YES}) for x in ("wet", "snow", "fog")]
    questions = [(x, NO_CONDITION) for x in more] + [(vehicle, x) for x in weather]
    for reference in (ref for of, ref in REFERENCES if of == market):
        for region in ("elsewhere", *sorted(law.regions)):
            base = certain(market, reference, region, vehicle, NO_CONDITION)
            for asked in questions:
                assert not base or certain(market, reference, region, *asked) <= base, (reference, region, asked)


def order(text: str | None) -> float:
    assert text is not None
    return {"walk": 0.0, "none": 999.0}[text] if text in ("walk", "none") else float(text.removesuffix(" mph"))


def on(statements: tuple[TaggedLimit, ...], date: dt.date) -> list[tuple[str, str]]:
    """(raw, condition) of what holds on a day, where each statement says its own days."""
    found = []
    for x in statements:
        atoms = x.condition.split(" AND ")
        days = [y.partition(" ") for y in atoms if y.startswith(("from ", "until "))]
        if all((dt.date.fromisoformat(day) <= date) is (word == "from") for word, _, day in days):
            found.append((x.raw, " AND ".join(y for y in atoms if not y.startswith(("from ", "until ")))))
    return found


DATED = {
    "": [limit("rural", "maxspeed:conditional", "50 @ (wet)")],
    "later there": [limit("rural", "maxspeed:conditional", "40 @ (wet)", region="QM-W", valid_from="2020-01-02")],
    "once there": [limit("rural", "maxspeed:conditional", "40 @ (wet)", region="QM-W", valid_to="2020-01-04")],
    "twice there": [
        limit("rural", "maxspeed:conditional", "30 @ (wet)", region="QM-W", valid_to="2020-01-02"),
        limit(
            "rural", "maxspeed:conditional", "40 @ (wet)", region="QM-W", valid_from="2020-01-04", valid_to="2020-01-05"
        ),
    ],
    "twice, without gap": [
        limit("rural", "maxspeed:conditional", "30 @ (wet)", region="QM-W", valid_to="2020-01-03"),
        limit("rural", "maxspeed:conditional", "40 @ (wet)", region="QM-W", valid_from="2020-01-03"),
    ],
}


@pytest.mark.parametrize("case", DATED)
@pytest.mark.parametrize("region", ["QM-W", "QM-E"])
def test_without_a_date_each_statement_says_its_days(case: str, region: str) -> None:
    law = law_of(*({id(x): x for x in (*DATED[""], *DATED[case])}.values()))
    undated = law.statements("QM:rural", date=None, region=region)
    assert undated is not None
    assert len(undated) == len(set(undated)) <= 4
    if (case, region) == ("twice, without gap", "QM-W"):
        assert len(undated) == 2  # what holds elsewhere never holds there
    for day in (dt.date(2020, 1, 1) + dt.timedelta(i) for i in range(6)):
        dated = law.statements("QM:rural", date=day, region=region)
        assert dated is not None
        assert on(undated, day) == on(dated, day), day


@given(st.sampled_from(REFERENCES), st.dates(dt.date(2008, 1, 1), dt.date(2035, 1, 1)), st.data())
def test_without_a_date_nothing_else_is_said_than_on_each_day(
    reference: tuple[str, str], date: dt.date, data: st.DataObject
) -> None:
    law = LAWS[reference[0]]
    region = data.draw(st.sampled_from(["elsewhere", *sorted(law.regions)]))
    undated, dated = (law.statements(reference[1], date=x, region=region) for x in (None, date))
    assert undated is not None
    assert dated is not None
    assert sorted(on(undated, date)) == sorted(on(dated, date))


WORDS = st.frozensets(st.sampled_from(sorted(ROAD_WORDS)), max_size=8)


@given(st.sampled_from(sorted(LAWS)), WORDS, WORDS)
def test_a_road_type_is_one_and_more_words_never_lead_back(
    market: str, words: frozenset[str], more: frozenset[str]
) -> None:
    law, names = LAWS[market], [x.name for x in PACKS[market].road_types]
    few, many = law.road_type(words), law.road_type(words | more)
    assert few == law.road_type(sorted(words, reverse=True))
    if few is not None:
        assert many is not None
        assert names.index(few) <= names.index(many)
        when = PACKS[market].road_types[names.index(few)].when
        assert when is not None
        assert when <= words


@pytest.mark.parametrize("market", sorted(PACKS))
def test_every_road_type_with_words_is_found_by_them(market: str) -> None:
    for road_type in PACKS[market].road_types:
        if road_type.when is not None:
            assert LAWS[market].road_type(road_type.when) == road_type.name


@pytest.mark.parametrize("market", sorted(PACKS))
def test_every_reference_in_use_is_answered(market: str) -> None:
    for reference in PACKS[market].table["osm"]["references"]:
        if reference in ("AU:zone40", "NL:zone60"):
            continue  # numbers on signs, above what slow zones have: the build reads them
        assert LAWS[market].statements(reference, date=TODAY, region="") is not None, reference


# From the statutes that the packs name.
IN_LAW = {
    "DE:urban": {"maxspeed": "50", "hgv 40 t articulated": "50", "trailer": "50"},
    "DE:rural": {"maxspeed": "100", "trailer": "80", "hgv 5 t": "80", "hgv 10 t": "60", "bus 12 t": "80"},
    "DE:rural_2_lanes": {"maxspeed": "none", "advisory": "130", "trailer": "80", "hgv 10 t": "60"},
    "DE:motorroad_dual_carriageway": {"maxspeed": "none", "hgv 10 t": "80", "coach 18 t": "100"},
    "DE:motorway": {"maxspeed": "none", "advisory": "130", "hgv 40 t articulated": "80", "bus 12 t": "80"},
    "DE:bicycle_road": {"maxspeed": "30"},
    "DE:living_street": {"maxspeed": "walk", "bus 12 t": "walk"},
    "AT:trunk": {"maxspeed": "100", "hgv 5 t": "80", "bus 12 t": "100"},
    "AT:motorway": {"maxspeed": "130", "trailer": "100", "hgv 18 t": "80"},
    "CH:trunk": {"maxspeed": "100", "trailer": "100", "bus 12 t": "80", "coach 18 t": "100"},
    "FR:rural": {"maxspeed": "80", "wet": "80", "hgv 40 t articulated": "60"},
    "FR:motorway": {"maxspeed": "130", "wet": "110", "hgv 18 t": "90", "hazmat 18 t": "80"},
    "IT:trunk": {"maxspeed": "110", "wet": "90", "trailer": "70", "hgv 18 t": "70"},
    "ES:urban": {"maxspeed": "30"},
    "ES:motorway": {"maxspeed": "120", "minspeed": "60", "goods 3 t": "90", "bus 12 t": "100"},
    "LU:motorway": {"maxspeed": "130", "wet": "110", "trailer": "90", "hgv 5 t": "130"},
    "GB:nsl_dual": {"maxspeed": "70 mph"},
}


@pytest.mark.parametrize("reference", IN_LAW)
def test_what_statutes_say(reference: str) -> None:
    law = LAWS[reference[:2]]
    stated = law.statements(reference, date=TODAY, region="elsewhere")
    assert stated is not None
    assert {question: answer(stated, *ASKED[question]) for question in IN_LAW[reference]} == IN_LAW[reference]


@pytest.mark.parametrize("road_type", ["urban", "rural", "rural_2_lanes", "rural_dual_carriageway", "motorway"])
def test_fog_and_snow_chains_lower_every_limit_of_german_roads(road_type: str) -> None:
    stated = LAWS["DE"].statements(f"DE:{road_type}", date=TODAY, region="") or ()
    last_two = [(x.posted_value_milli, x.condition) for x in stated if not x.vehicle and x.condition][-2:]
    assert last_two == [(50_000, "snow_chains"), (50_000, "visibility<50")]


def test_the_60_kmh_of_german_motorways_is_no_minimum_speed() -> None:
    stated = LAWS["DE"].statements("DE:motorway", date=TODAY, region="") or ()
    assert not [x for x in stated if x.role is LimitRole.MINIMUM]


def test_the_highest_number_of_a_market() -> None:
    assert {m: (x.speed_max.value_milli // 1000 if x.speed_max else None) for m, x in LAWS.items()}.items() >= {
        "AT": 130, "FR": 130, "PL": 140, "GB": 70, "CH": 120, "IT": 130,
    }.items()  # fmt: skip
    assert [m for m, x in LAWS.items() if x.unlimited_exists] == ["DE"]


def test_the_number_of_road_signs_a_law_asks_for() -> None:
    types = [{"name": "national", "when": ["ref:N"]}, {"name": "rural", "when": ["rural"]}]
    law = MarketLaw.from_pack(
        {"code": "QM", "law": small_pack(road_types=types, limits=[], osm={"references": [], "default_speed_keys": []})}
    )
    assert law.ref_prefixes == ("N",)
    assert law.road_type(["ref:N", "secondary"]) == "national"


def test_the_digest_is_of_the_law_and_nothing_else() -> None:
    assert law_of().digest == law_of(places={"region": "QM-W", "time_zone": "Etc/UTC", "tiles": {}}).digest
    assert law_of().digest != law_of(EVERYWHERE).digest


def test_a_tile_lies_where_the_build_said() -> None:
    places = {"region": "", "time_zone": "Europe/London", "tiles": {"8000/5400": ["GB-WLS", ""]}}
    law = law_of(places=places)
    one, other = law.place(tile_id(7, 8000, 5400)), law.place(tile_id(7, 8192, 5400))
    assert (one.market, one.region, one.time_zone) == ("QM", "GB-WLS", "")
    assert (other.market, other.region, other.time_zone) == ("QM", "", "Europe/London")
    assert (other.lat_deg, other.lon_deg) == (52.2, 0.0)


def test_without_places_only_the_one_time_zone_of_a_country_is_known() -> None:
    tile = tile_id(1, 8000, 5400)
    assert MarketLaw.from_pack(market_pack("FI")).place(tile).time_zone == "Europe/Helsinki"
    assert MarketLaw.from_pack(market_pack("US")).place(tile).time_zone == ""


PLACES = {"region": "", "time_zone": "", "tiles": {}}


@pytest.mark.parametrize(
    ("market_json", "message"),
    [
        ({"code": 7}, "code is 7"),
        ({"code": "QM", "law": []}, "law is list"),
        ({"code": "DE", "law": small_pack()}, "market is 'QM'; allowed: 'DE'"),
        ({"code": "QM", "law": small_pack(schema=9)}, "QM/market.json: schema is 9"),
        ({"code": "QM", "places": []}, "places is damaged"),
        ({"code": "QM", "places": {**PLACES, "tiles": {"1/2": ["QM-W"]}}}, "places is damaged"),
        ({"code": "QM", "places": {**PLACES, "region": None}}, "places is damaged"),
        ({"code": "QM", "places": {"tiles": {}}}, "places is damaged"),
    ],
)
def test_a_damaged_or_foreign_pack_is_one_error(market_json: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        MarketLaw.from_pack(market_json)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=4), x, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["code", "law", "places", "time_zones"]), JSON)
def test_any_json_is_a_law_or_that_error(key: str, value: Any) -> None:
    market_json = json.loads(
        json.dumps({"code": "QM", "law": small_pack(), "places": PLACES, "time_zones": [], key: value})
    )
    try:
        assert MarketLaw.from_pack(market_json).market == market_json["code"]
    except ConfigError as error:
        assert "market" in str(error)
