"""Comparisons with a vehicle: laws of order, then each deduction from a profile that does not say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.measures import Comparison, holds, read_comparison
from mapprior.market.truth import Truth
from mapprior.model.pose import CAR, VehicleClass, VehicleProfile
from tests.market.condition_texts import comparison_texts, vehicles

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
CARAVAN = replace(CAR, trailer=True)
TRUCK, VAN = VehicleProfile(VehicleClass.TRUCK), VehicleProfile(VehicleClass.VAN)
BUS, MOTORCYCLE = VehicleProfile(VehicleClass.BUS), VehicleProfile(VehicleClass.MOTORCYCLE)


def judge(text: str, vehicle: VehicleProfile) -> Truth:
    comparison = read_comparison(text)
    assert comparison is not None
    return holds(comparison, vehicle)


@given(comparison_texts)
def test_a_comparison_reads_back(text: str) -> None:
    comparison = read_comparison(text)
    assert comparison is not None
    assert read_comparison(str(comparison)) == comparison


@given(vehicles, st.sampled_from(("weight", "weightrating", "axles", "length", "trailers")), st.integers(0, 50_000))
def test_opposites_are_opposite(vehicle: VehicleProfile, quantity: str, value_milli: int) -> None:
    for operator, opposite in ((">", "<="), (">=", "<")):
        one, other = (holds(Comparison(quantity, x, value_milli), vehicle) for x in (operator, opposite))
        assert one + other == YES + NO


@given(
    vehicles,
    st.sampled_from(("weight", "weightrating", "axles", "length")),
    st.integers(0, 50_000),
    st.integers(0, 9999),
)
def test_a_higher_bar_is_harder(vehicle: VehicleProfile, quantity: str, value_milli: int, more: int) -> None:
    low, high = (holds(Comparison(quantity, ">", value_milli + x), vehicle) for x in (0, more))
    assert high <= low


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weight>7.5", Comparison("weight", ">", 7500)),
        ("weight > 7.5 t", Comparison("weight", ">", 7500)),
        ("maxweightrating>3", Comparison("weightrating", ">", 3000)),
        ("weightrating>26000 lb", Comparison("weightrating", ">", 11793)),
        ("weightcapacity>1.5 st", Comparison("weightcapacity", ">", 1361)),
        ("length>85 ft", Comparison("length", ">", 25908)),
        ("weight<=1200kg", Comparison("weight", "<=", 1200)),
        ("axles==3", Comparison("axles", "=", 3000)),
        *((x, None) for x in ("weight", "weight>", "weight>heavy", "weight>-1", "axles>2 t", "speed>50", "weight>1e9")),
    ],
)
def test_reading(text: str, expected: Comparison | None) -> None:
    assert read_comparison(text) == expected


@pytest.mark.parametrize(
    ("vehicle", "text", "expected"),
    [
        # Classes imply a permitted mass.
        (CAR, "weightrating>3.5", NO),
        (CAR, "weightrating>2.8", UNKNOWN),
        (CAR, "weight>3.5", NO),
        (replace(CAR, mass_max_kg=4000), "weightrating>3.5", YES),
        (MOTORCYCLE, "weightrating>3.5", NO),
        (TRUCK, "weightrating>3.5", YES),
        (TRUCK, "weightrating>7.5", UNKNOWN),
        (replace(TRUCK, mass_max_kg=7500), "weightrating>7.5", NO),
        (VAN, "weightrating>3.5", UNKNOWN),
        (replace(VAN, mass_max_kg=3500), "weightrating>3.5", NO),
        (BUS, "weightrating>7.5", UNKNOWN),
        # With a trailer laws differ on which mass counts.
        (CARAVAN, "weightrating>3.5", UNKNOWN),
        (CARAVAN, "weightrating>7.5", NO),
        (replace(CARAVAN, mass_max_kg=1800, trailer_mass_max_kg=1500), "weightrating>3.5", NO),
        (replace(CARAVAN, mass_max_kg=1800, trailer_mass_max_kg=1900), "weightrating>3.5", UNKNOWN),
        (replace(TRUCK, trailer=True, mass_max_kg=18_000), "weightrating>12", YES),
        (replace(TRUCK, trailer=True, mass_max_kg=7500), "weightrating>12", UNKNOWN),
        # What it weighs is no more than it may.
        (replace(TRUCK, mass_max_kg=7500), "weight>7.5", NO),
        (replace(TRUCK, mass_kg=9000), "weight>7.5", YES),
        (replace(TRUCK, mass_kg=9000, trailer=True), "weight>7.5", UNKNOWN),
        (replace(TRUCK, mass_kg=9000, trailer=True, trailer_mass_max_kg=1000), "weight>7.5", YES),
        (replace(TRUCK, mass_max_kg=7500), "axleload>8", NO),
        (replace(TRUCK, mass_max_kg=7500), "axleload>5", UNKNOWN),
        (CAR, "emptyweight>3.05", UNKNOWN),
        (CAR, "emptyweight>3.5", NO),
        (CAR, "trailerweight>0.75", NO),
        (CARAVAN, "trailerweight>0.75", UNKNOWN),
        (replace(CARAVAN, trailer_mass_max_kg=750), "trailerweight>0.75", NO),
        # Axles, trailers, seats.
        (CAR, "axles>=3", NO),
        (CARAVAN, "axles>=3", YES),
        (CARAVAN, "axles>=4", UNKNOWN),
        (MOTORCYCLE, "axles>=3", NO),
        (TRUCK, "axles>=3", UNKNOWN),
        (TRUCK, "axles>=2", YES),
        (replace(TRUCK, axles_count=4), "axles>=3", YES),
        (CAR, "trailers>=1", NO),
        (CARAVAN, "trailers>=1", YES),
        (CARAVAN, "trailers>=2", UNKNOWN),
        (CAR, "seats>=10", NO),
        (BUS, "seats>=10", UNKNOWN),
        (CAR, "occupants>=2", UNKNOWN),
        # Sizes are known where they are stated.
        (CAR, "length>12", UNKNOWN),
        (replace(TRUCK, length_cm=1650), "length>12", YES),
        (replace(TRUCK, width_cm=255), "width>2.55", NO),
        (replace(TRUCK, height_cm=400), "height>=4", YES),
    ],
)
def test_what_a_profile_implies(vehicle: VehicleProfile, text: str, expected: Truth) -> None:
    assert judge(text, vehicle) is expected
