"""Answers under the real law of some markets: a table to be read.

Row: road type of the law, tags, vehicle, what is sensed; then what the answer says. `?` after a number: not certain;
behind it whatever else may hold, and when.
"""

import datetime as dt
from functools import cache

import pytest

from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.countries import market_pack
from mapprior.market.effective import effective_limit, is_timed
from mapprior.market.law import MarketLaw
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.pose import CAR, Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis
from tests.market.effective_reference import rule, tagged

V, NO = VehicleClass, Condition.NO
VEHICLES = {
    "car": CAR,
    "car and trailer": VehicleProfile(trailer=True, trailer_mass_max_kg=750),
    "van": VehicleProfile(V.VAN, 3_500),
    "truck 7.5 t": VehicleProfile(V.TRUCK, 7_500, articulated=NO, hazmat=NO),
    "truck 18 t": VehicleProfile(V.TRUCK, 18_000, axles_count=2, articulated=NO, hazmat=NO),
    "truck ?": VehicleProfile(V.TRUCK, articulated=NO, hazmat=NO),
    "bus": VehicleProfile(V.BUS, 18_000, articulated=NO, length_cm=1_190),
    "coach": VehicleProfile(V.COACH, 18_000, articulated=NO, length_cm=1_190),
    "motorcycle": VehicleProfile(V.MOTORCYCLE),
}
WEATHER = {
    "": DrivingConditions(),
    "wet": DrivingConditions(wet=Condition.YES),
    "dry": DrivingConditions(wet=NO),
    "fog": DrivingConditions(fog=Condition.YES),
}


def at(year: int, month: int, day: int, hour: int = 12) -> Arrival:
    """A moment, UTC."""
    moment_us = int(dt.datetime(year, month, day, hour, tzinfo=dt.UTC).timestamp()) * 1_000_000
    return Arrival(moment_us, moment_us)


NOON = at(2026, 6, 1)
TIME_ZONES = {
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "JP": "Asia/Tokyo",
}
UNIT = {SpeedUnit.KMH: " km/h", SpeedUnit.MPH: " mph", SpeedUnit.NONE: ""}
SIGN_50, SIGN_70, SIGN_100, SIGN_120 = ({"maxspeed": x} for x in ("50", "70", "100", "120"))

TABLE = [
    # One German road outside built-up areas, without any sign: for each its own limit.
    ("DE", "rural", {}, "car", "", "100 km/h"),
    ("DE", "rural", {}, "car and trailer", "", "80 km/h"),
    ("DE", "rural", {}, "van", "", "100 km/h"),
    ("DE", "rural", {}, "truck 7.5 t", "", "80 km/h"),
    ("DE", "rural", {}, "truck 18 t", "", "60 km/h"),
    ("DE", "rural", {}, "truck ?", "", "80 km/h? or 60 km/h (hgv, weightrating>7.5)"),
    ("DE", "rural", {}, "bus", "", "80 km/h"),
    ("DE", "rural", {}, "motorcycle", "", "100 km/h"),
    ("DE", "rural", {}, "car", "fog", "100 km/h? or 50 km/h (visibility<50)"),
    # The same road signed 100, 70 and 50: the sign replaces the law's number, not what law says of the vehicle.
    ("DE", "rural", SIGN_100, "car", "", "100 km/h"),
    ("DE", "rural", SIGN_100, "car and trailer", "", "80 km/h"),
    ("DE", "rural", SIGN_100, "truck 18 t", "", "60 km/h"),
    ("DE", "rural", SIGN_70, "car and trailer", "", "70 km/h"),
    ("DE", "rural", SIGN_70, "truck 18 t", "", "60 km/h"),
    ("DE", "rural", SIGN_50, "truck 18 t", "", "50 km/h"),
    # What law does not say of trucks in so many words is not taken to be nothing.
    ("DE", "urban", SIGN_70, "truck 18 t", "", "70 km/h"),
    # The Autobahn: no limit is an answer of its own, and what is recommended is no limit.
    ("DE", "motorway", {}, "car", "", "none, advised 130 km/h"),
    ("DE", "motorway", {}, "motorcycle", "", "none, advised 130 km/h"),
    ("DE", "motorway", {}, "car and trailer", "", "80 km/h"),
    ("DE", "motorway", {}, "truck 18 t", "", "80 km/h"),
    ("DE", "motorway", {}, "bus", "", "80 km/h"),
    ("DE", "motorway", SIGN_120, "car", "", "120 km/h"),
    ("DE", "motorway", SIGN_120, "truck 18 t", "", "80 km/h"),
    ("DE", "motorway", {"maxspeed": "none"}, "car", "", "none, advised 130 km/h"),
    ("DE", "living_street", {}, "car", "", "walk"),
    ("DE", "zone30", {}, "car", "", "30 km/h"),
    ("DE", "zone30", {}, "truck 18 t", "", "30 km/h? or unknown (by law for this vehicle)"),
    # France: law itself knows rain.
    ("FR", "motorway", {}, "car", "", "130 km/h? or 110 km/h (wet)"),
    ("FR", "motorway", {}, "car", "wet", "110 km/h"),
    ("FR", "motorway", {}, "car", "dry", "130 km/h"),
    ("FR", "motorway", {"maxspeed": "130"}, "car", "wet", "110 km/h"),
    ("FR", "motorway", {"maxspeed": "90"}, "car", "", "90 km/h"),
    ("FR", "motorway", {}, "truck 18 t", "", "90 km/h"),
    ("FR", "rural", {}, "car", "", "80 km/h"),
    ("FR", "urban", {}, "car", "wet", "50 km/h"),
    # Great Britain: miles stay miles; one law for each region.
    ("GB-ENG", "nsl_single", {}, "car", "", "60 mph"),
    ("GB-ENG", "nsl_single", {}, "car and trailer", "", "50 mph"),
    ("GB-ENG", "nsl_single", {}, "van", "", "50 mph"),
    ("GB-ENG", "nsl_single", {}, "truck 18 t", "", "50 mph"),
    ("GB-SCT", "nsl_single", {}, "truck 18 t", "", "40 mph"),
    ("GB-ENG", "nsl_single", {"maxspeed": "40 mph"}, "truck 18 t", "", "40 mph"),
    ("GB-ENG", "nsl_dual", {}, "car", "", "70 mph"),
    ("GB-ENG", "restricted_by_lighting", {}, "car", "", "30 mph"),
    ("GB-WLS", "restricted_by_lighting", {}, "car", "", "20 mph"),
    ("GB", "restricted_by_lighting", {}, "car", "", "30 mph? or 20 mph (from 2023-09-17 AND in GB-WLS)"),
    ("GB", "restricted_by_lighting", {"maxspeed": "40 mph"}, "car", "", "40 mph"),
    # Ireland, Japan, Oregon.
    ("IE", "local", {}, "car", "", "60 km/h"),
    ("IE", "motorway", {}, "car and trailer", "", "80 km/h"),
    ("IE", "motorway", {}, "truck 18 t", "", "90 km/h"),
    ("JP", "road", {}, "truck 18 t", "", "60 km/h"),
    ("JP", "motorway", {}, "car", "", "100 km/h"),
    ("JP", "motorway", {}, "truck 18 t", "", "90 km/h"),
    ("JP", "motorway", {"maxspeed": "120"}, "car", "", "120 km/h"),
    ("JP", "motorway", {"maxspeed": "120"}, "truck 18 t", "", "90 km/h"),
    ("US-OR", "alley", {}, "car", "", "15 mph"),
    ("US-OR", "interstate_rural", {}, "car", "", "65 mph"),
    ("US-OR", "interstate_rural", {}, "truck 18 t", "", "55 mph"),
    ("US-OR", "interstate_rural", {"maxspeed": "60 mph"}, "car", "", "60 mph"),
    ("US-OR", "interstate_rural", {"maxspeed": "60 mph"}, "truck 18 t", "", "55 mph"),
    ("US", "motorway", {"maxspeed": "60 mph"}, "car", "", "60 mph"),
]


@cache
def law_of(market: str) -> MarketLaw:
    return MarketLaw.from_pack(market_pack(market))


def ask(
    region: str, road_type: str, tags: dict[str, str], vehicle: str, weather: str, arrival: Arrival | None = NOON
) -> EffectiveLimit:
    market = region.partition("-")[0]
    place = Place(market, region if "-" in region else "", TIME_ZONES.get(region, TIME_ZONES.get(market, "")))
    known = Circumstances(VEHICLES[vehicle], WEATHER[weather], place, arrival)
    limits = [*tagged(tags), rule(f"{market}:{road_type}")]
    return effective_limit(limits, circumstances=known, law=law_of(market), source="")


def posted(x: EffectiveLimit | LimitAlternative) -> str:
    if x.kind is LimitKind.LIMITED:
        return f"{x.posted_value_milli // 1000}{UNIT[x.posted_unit]}"
    return {LimitKind.UNLIMITED: "none", LimitKind.WALK: "walk"}.get(x.kind, x.kind.name.lower())


def in_words(x: EffectiveLimit) -> str:
    advised = f", advised {x.advisory.value_milli // 1000}{UNIT[x.advisory.unit]}" if x.advisory is not None else ""
    others = "".join(f" or {posted(y)} ({y.condition})" for y in x.unresolved)
    return f"{posted(x)}{'' if x.certain else '?'}{advised}{others}"


@pytest.mark.parametrize(("region", "road_type", "tags", "vehicle", "weather", "said"), TABLE)
def test_a_driver_would_say_the_same(region, road_type, tags, vehicle, weather, said):
    assert in_words(ask(region, road_type, tags, vehicle, weather)) == said


def test_what_the_answer_rests_on_travels_along() -> None:
    by_law = ask("DE", "rural", {}, "truck 18 t", "")
    assert by_law.basis is Basis.LAW_DEFAULT
    assert by_law.raw.startswith("DE law: maxspeed:hgv")
    assert "DE:rural" in by_law.raw
    by_sign = ask("DE", "rural", SIGN_50, "truck 18 t", "")
    assert (by_sign.basis, by_sign.raw) == (Basis.TAGGED, "maxspeed=50")


def test_a_road_whose_setting_is_inferred() -> None:
    inside = rule("DE:urban", basis=Basis.INFERRED, permille=700)
    outside = rule("DE:rural", basis=Basis.INFERRED, condition="if not built-up", permille=300)

    def said(vehicle: str, tags: dict[str, str], *rules) -> str:
        known = Circumstances(VEHICLES[vehicle], place=Place("DE", "", ""))
        limits = [*tagged(tags), *rules]
        return in_words(effective_limit(limits, circumstances=known, law=law_of("DE"), source=""))

    assert said("car", {}, inside, outside) == "50 km/h? or 100 km/h (if not built-up)"
    rural = "60 km/h (if not built-up, hgv, weightrating>7.5)"
    assert said("truck 18 t", {}, inside, outside) == f"50 km/h? or {rural}"
    assert said("car", {}, inside) == "50 km/h? or unknown (if not DE:urban)"
    assert said("car", SIGN_70, inside, outside) == "70 km/h"
    assert said("truck 18 t", SIGN_70, inside, outside) == f"70 km/h? or {rural}"
    assert said("truck 18 t", SIGN_50, outside, rule("DE:motorway", basis=Basis.INFERRED)) == "50 km/h"
    assert said("truck 18 t", SIGN_50, outside) == "50 km/h? or unknown (if not DE:rural, by law for this vehicle)"
    assert said("car", SIGN_50, outside) == "50 km/h"


def test_law_changes_by_the_clock_of_the_place() -> None:
    before = ask("IE", "local", {}, "car", "", at(2025, 2, 6, 23))
    after = ask("IE", "local", {}, "car", "", at(2025, 2, 7, 0))
    assert (in_words(before), in_words(after)) == ("80 km/h", "60 km/h")
    assert before.next_change_us == at(2025, 2, 7, 0).earliest_us, "midnight there"
    assert after.next_change_us == 0
    tokyo = ask("JP", "residential", {}, "car", "", at(2026, 8, 31, 14))
    assert (in_words(tokyo), tokyo.next_change_us) == ("60 km/h", at(2026, 8, 31, 15).earliest_us)
    assert in_words(ask("JP", "residential", {}, "car", "", at(2026, 8, 31, 15))).startswith("unknown?")
    assert not ask("IE", "local", {}, "car", "", None).certain
    assert ask("IE", "local", SIGN_50, "car", "", None).certain, "the sign does not ask for the date"


def test_a_law_that_changes_is_timed() -> None:
    assert is_timed([rule("IE:local")], law_of("IE"))
    assert not is_timed([rule("IE:motorway")], law_of("IE"))
    assert not is_timed([rule("IE:local")], None)
