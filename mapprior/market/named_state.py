"""States that a condition names by a word (`wet`, `trailer`, `hgv`), judged by profile and driving conditions.

Deductions, each only where the profile does not say:

- CAR, VAN and MOTORCYCLE are not articulated. For words of vehicles and trailers, and `hazmat`: `vehicle_words.py`.
- It does not rain on a road that is known to be dry. Laws that lower a limit while it rains are written with `wet` in
  the packs: what is reported decides it, and on a road still wet after the rain the answer is too low, never too high.
- `car_derived` (a van built on a car) may be any VAN; nothing else is one.
- `visibility<50` (metres) and `snow_chains` are rare and seen by the driver: they are taken not to hold unless
  fog or snow is reported, and are UNKNOWN then. The only words where nothing known means NO.

UNKNOWN always: seasons by decree (`winter`, `summer`), `night` (law means hours, or lamps, or the sun), a beacon
(`flashing`), `children_present`, `ice`, `empty`, `work`.
"""

import re
from dataclasses import dataclass
from typing import Final

from mapprior.market.truth import Truth
from mapprior.market.vehicle_words import Binding, binding
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile

VISIBILITY_M_MAX: Final = 1000
_SENSED: Final = frozenset(("wet", "rain", "snow", "ice", "fog", "dark"))
_RARE: Final = frozenset(("snow_chains", "visibility"))
_UNDECIDABLE: Final = frozenset(("winter", "summer", "night", "flashing", "children_present", "empty", "work"))
_VEHICLE_WORDS: Final = frozenset(
    {"agricultural", "bus", "caravan", "coach", "goods", "hazmat", "hgv", "hgv_articulated", "hov", "minibus"}
    | {"moped", "motorcar", "motorcycle", "motorhome", "psv", "taxi", "tourist_bus", "towing", "trailer"}
)
_WORDS: Final = _SENSED | {"articulated", "car_derived"} | (_RARE - {"visibility"}) | _UNDECIDABLE | _VEHICLE_WORDS
_VISIBILITY: Final = re.compile(r"visibility\s*<\s*(\d{1,4})\s*m?", re.ASCII)
_TRUTHS: Final = {Condition.UNKNOWN: Truth.UNKNOWN, Condition.NO: Truth.NO, Condition.YES: Truth.YES}


@dataclass(frozen=True, slots=True)
class NamedState:
    """`visibility_m` is 0 for all words but `visibility`."""

    word: str
    visibility_m: int = 0

    def __str__(self) -> str:
        return f"{self.word}<{self.visibility_m}" if self.visibility_m else self.word


def read_named_state(text: str) -> NamedState | None:
    """None where the text is no known word. Words are in small letters; a blank in one may stand for `_`."""
    text = text.strip()
    seen = _VISIBILITY.fullmatch(text)
    if seen is not None:
        visibility_m = int(seen[1])
        return NamedState("visibility", visibility_m) if 0 < visibility_m <= VISIBILITY_M_MAX else None
    word = text.replace(" ", "_")
    return NamedState(word) if word in _WORDS else None


def state_of(state: NamedState, vehicle: VehicleProfile, sensed: DrivingConditions) -> Truth:
    """Does the state hold for this vehicle under what is sensed?"""
    word = state.word
    if word in _SENSED:
        return _sensed(word, sensed)
    if word == "articulated":
        return _articulated(vehicle)
    if word == "car_derived":
        return Truth.UNKNOWN if vehicle.vehicle_class is VehicleClass.VAN else Truth.NO
    if word in _RARE:
        told = sensed.snow is Condition.YES or (word == "visibility" and sensed.fog is Condition.YES)
        return Truth.UNKNOWN if told else Truth.NO
    if word in _UNDECIDABLE:
        return Truth.UNKNOWN
    return {Binding.NO: Truth.NO, Binding.MAYBE: Truth.UNKNOWN, Binding.YES: Truth.YES}[binding(word, vehicle)]


def _sensed(word: str, sensed: DrivingConditions) -> Truth:
    match word:
        case "wet":
            return _TRUTHS[sensed.wet]
        case "rain":
            return min(_TRUTHS[sensed.wet], Truth.UNKNOWN)
        case "snow":
            return _TRUTHS[sensed.snow]
        case "fog":
            return _TRUTHS[sensed.fog]
        case "dark":
            return _TRUTHS[sensed.dark]
    return Truth.UNKNOWN  # ice is not sensed


def _articulated(vehicle: VehicleProfile) -> Truth:
    if vehicle.articulated is not Condition.UNKNOWN:
        return _TRUTHS[vehicle.articulated]
    return Truth.UNKNOWN if vehicle.vehicle_class in _MAY_BE_ARTICULATED else Truth.NO


_MAY_BE_ARTICULATED: Final = frozenset((VehicleClass.TRUCK, VehicleClass.BUS, VehicleClass.COACH))
