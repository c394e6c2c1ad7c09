"""Comparisons with what a vehicle is (`weightrating>3.5`), decided as far as its profile says.

Masses are in tonnes and lengths in metres unless a unit is given, counts are bare. A profile that does not say a
number still bounds it; each deduction is here and nowhere else:

- CAR and MOTORCYCLE: at most 3.5 t permitted mass, trailers of theirs too; at most 9 and 3 seats. TRUCK: more than
  3.5 t. VAN, BUS and COACH may be either. A permitted mass that is stated always counts instead.
- What weighs something now weighs no more than it may; an axle, the empty vehicle, its load no more than the whole.
- Nothing moves on fewer than 2 axles; MOTORCYCLE and CAR without trailer have 2, with one at least 3.
- Without trailer there are 0 of them, with one at least 1; with one, height and width of all are those stated.

Which mass counts with a trailer differs between laws: that of the vehicle (DE) or of both (FR). `weight` and
`weightrating` are taken both ways, and are decided where both agree. `maxweightrating` is `weightrating`.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from mapprior.market.truth import Truth, truth
from mapprior.market.vehicle_words import LIGHT_MASS_KG_MAX
from mapprior.model.pose import VehicleClass, VehicleProfile

_CAR, _TRUCK, _MOTORCYCLE = VehicleClass.CAR, VehicleClass.TRUCK, VehicleClass.MOTORCYCLE
_MASSES: Final = frozenset(
    ("weight", "weightrating", "maxweightrating", "emptyweight", "axleload", "trailerweight", "weightcapacity")
)
_LENGTHS: Final = frozenset(("length", "width", "height"))
_COUNTS: Final = frozenset(("axles", "trailers", "seats", "occupants"))
_COMPARISON: Final = re.compile(
    r"([a-z]+)\s*(<=|>=|<|>|==|=)\s*(\d{1,6}(?:\.\d{1,4})?)\s*([a-z]*)", re.IGNORECASE | re.ASCII
)
# Thousandths of a tonne or metre per unit.
_UNITS_OF_MASS: Final = {"": 1000.0, "t": 1000.0, "kg": 1.0, "lb": 0.45359237, "lbs": 0.45359237, "st": 907.18474}
_UNITS_OF_LENGTH: Final = {"": 1000.0, "m": 1000.0, "cm": 10.0, "ft": 304.8}
_Bounds = tuple[float, float]  # thousandths of tonne, metre or count: at least, at most
_ANY: Final[_Bounds] = (0, math.inf)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`value_milli`: thousandths of a tonne, of a metre, or of one."""

    quantity: str
    operator: str
    value_milli: int

    def __str__(self) -> str:
        whole, rest = divmod(self.value_milli, 1000)
        return f"{self.quantity}{self.operator}{whole}" + (f".{rest:03}".rstrip("0") if rest else "")


def read_comparison(text: str) -> Comparison | None:
    """None where the text is no comparison of a known quantity in a known unit. 1 kg and 1 mm are the least step."""
    found = _COMPARISON.fullmatch(text.strip())
    if found is None:
        return None
    quantity, operator, number, unit = found[1].lower(), found[2], float(found[3]), found[4].lower()
    if quantity in _MASSES:
        factor = _UNITS_OF_MASS.get(unit)
    elif quantity in _LENGTHS:
        factor = _UNITS_OF_LENGTH.get(unit)
    else:
        factor = 1000.0 if quantity in _COUNTS and not unit else None
    if factor is None:
        return None
    quantity = "weightrating" if quantity == "maxweightrating" else quantity
    return Comparison(quantity, "=" if operator == "==" else operator, round(number * factor))


def holds(comparison: Comparison, vehicle: VehicleProfile) -> Truth:
    """Is the comparison true of the vehicle? UNKNOWN where both may be."""
    low, high = _bounds(comparison.quantity, vehicle)
    value = comparison.value_milli
    match comparison.operator:
        case ">":
            sure, possible = low > value, high > value
        case ">=":
            sure, possible = low >= value, high >= value
        case "<":
            sure, possible = high < value, low < value
        case "<=":
            sure, possible = high <= value, low <= value
        case _:
            sure, possible = low == high == value, low <= value <= high
    return truth(sure) if sure or not possible else Truth.UNKNOWN


def _bounds(quantity: str, vehicle: VehicleProfile) -> _Bounds:
    if quantity in _MASSES:
        return _mass(quantity, vehicle)
    if quantity in _LENGTHS:
        stated_cm = {"length": vehicle.length_cm, "width": vehicle.width_cm, "height": vehicle.height_cm}[quantity]
        return (stated_cm * 10, stated_cm * 10) if stated_cm else _ANY
    return _count(quantity, vehicle)


def _mass(quantity: str, vehicle: VehicleProfile) -> _Bounds:
    low, high = _rating(vehicle)
    trailer_high = _trailer_mass_max(vehicle)
    if quantity == "weightrating":
        return low, high + trailer_high
    if quantity == "trailerweight":
        return 0, trailer_high
    if quantity in ("emptyweight", "weightcapacity"):
        return 0, high
    weight = _weight(vehicle, high, trailer_high)
    return weight if quantity == "weight" else (0, weight[1])


def _rating(vehicle: VehicleProfile) -> _Bounds:
    """Permitted mass of the vehicle itself, kg."""
    if vehicle.mass_max_kg:
        return vehicle.mass_max_kg, vehicle.mass_max_kg
    if vehicle.vehicle_class in (_CAR, _MOTORCYCLE):
        return 0, LIGHT_MASS_KG_MAX
    return (LIGHT_MASS_KG_MAX + 1, math.inf) if vehicle.vehicle_class is _TRUCK else _ANY


def _trailer_mass_max(vehicle: VehicleProfile) -> float:
    if not vehicle.trailer:
        return 0
    if vehicle.trailer_mass_max_kg:
        return vehicle.trailer_mass_max_kg
    return LIGHT_MASS_KG_MAX if vehicle.vehicle_class in (_CAR, _MOTORCYCLE) else math.inf


def _weight(vehicle: VehicleProfile, high: float, trailer_high: float) -> _Bounds:
    """What it weighs now, kg: all that moves, or without the trailer."""
    if not vehicle.mass_kg:
        return 0, high + trailer_high
    return max(0, vehicle.mass_kg - trailer_high), vehicle.mass_kg


def _count(quantity: str, vehicle: VehicleProfile) -> _Bounds:
    low, high = 0.0, math.inf
    if quantity == "axles":
        light = vehicle.vehicle_class in (_CAR, _MOTORCYCLE)
        low, high = (3.0, math.inf) if vehicle.trailer else (2.0, 2.0 if light else math.inf)
        if vehicle.axles_count:
            low = high = vehicle.axles_count
    elif quantity == "trailers":
        low, high = (1.0, math.inf) if vehicle.trailer else (0.0, 0.0)
    elif quantity == "seats":
        high = {_CAR: 9.0, _MOTORCYCLE: 3.0}.get(vehicle.vehicle_class, math.inf)
    return low * 1000, high * 1000
