"""Which vehicles a vehicle word means (`hgv`, `bus`, `trailer`): in the source's tags and in the law.

Words are those of OpenStreetMap's access hierarchy
(https://wiki.openstreetmap.org/wiki/Key:access#Land-based_transportation), and a few that laws add. A word that is
not listed may bind anyone: it leaves the answer open and is never dropped silently.

Where the reading is not plain:
- `goods` is a goods vehicle of any mass, as laws use it. OpenStreetMap's own reading (up to 3.5 t) holds where `hgv`
  stands beside it, which then means the heavy ones; in a tag alone it may mean a truck or not.
- `bus` binds a coach too, unless `coach` or `tourist_bus` stands beside it; `coach` binds no other bus.
- `hgv` goes by the permitted mass, and a van may be built for either. A car above 3.5 t may be meant or not: laws
  differ on whether one that carries people is one. So may a truck of at most 3.5 t: they differ on the mass too.
- A motorhome has no class of its own: up to 3.5 t it drives as the car or van that it says it is, and a heavier one
  may be meant.
"""

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from typing import Final

from mapprior.model.pose import Condition, VehicleClass, VehicleProfile

LIGHT_MASS_KG_MAX: Final = 3500


class Binding(IntEnum):
    """Does a statement hold for a vehicle?"""

    NO = 1
    MAYBE = 2
    YES = 3


_CAR, _VAN, _TRUCK = VehicleClass.CAR, VehicleClass.VAN, VehicleClass.TRUCK
_BUS, _COACH, _MOTORCYCLE = VehicleClass.BUS, VehicleClass.COACH, VehicleClass.MOTORCYCLE

EVERYONE: Final = frozenset(("", "vehicle", "motor_vehicle"))

_BINDS: Final[dict[str, frozenset[VehicleClass]]] = {
    "vehicle": frozenset(VehicleClass),
    "motor_vehicle": frozenset(VehicleClass),
    "motorcar": frozenset((_CAR, _VAN)),
    "goods": frozenset((_VAN, _TRUCK)),
    "hgv": frozenset((_TRUCK,)),  # by mass
    "psv": frozenset((_BUS,)),
    "bus": frozenset((_BUS, _COACH)),
    "coach": frozenset((_COACH,)),
    "tourist_bus": frozenset((_COACH,)),
    "motorcycle": frozenset((_MOTORCYCLE,)),
}
# Those of a class that the profile cannot tell apart.
_MAY_BIND: Final[dict[str, frozenset[VehicleClass]]] = {
    "psv": frozenset((_COACH,)),
    "minibus": frozenset((_BUS,)),
    "school_bus": frozenset((_BUS,)),
    "truck_bus": frozenset((_BUS,)),
    "share_taxi": frozenset((_CAR, _BUS)),
    "taxi": frozenset((_CAR,)),
    "hov": frozenset((_CAR, _VAN)),
    "light_duty_vehicle": frozenset((_CAR, _VAN)),
}
_TOWING: Final = frozenset(("trailer", "towing", "motor_vehicle_trailer"))
_OTHERS: Final = frozenset(
    {"agricultural", "bicycle", "carriage", "emergency", "foot", "horse", "mofa", "moped", "snowmobile", "tank", "tram"}
    | {"tricycle"}
)
_NARROWER: Final = {"goods": ("hgv",), "bus": ("coach", "tourist_bus")}


def binding(word: str, vehicle: VehicleProfile) -> Binding:
    """Does a statement for `word` hold for `vehicle`? The empty word means everyone."""
    if word in ("hgv", "motorhome"):
        return _by_mass(word, vehicle)
    if not word or vehicle.vehicle_class in _BINDS.get(word, ()):
        return Binding.YES
    if word in _OTHERS:
        return Binding.NO
    if word in _TOWING or word == "caravan":
        return _towing(word, vehicle)
    if word == "hgv_articulated":
        return min(_by_mass("hgv", vehicle), _BY_CONDITION[vehicle.articulated])
    if word == "hazmat":
        return _carrying(vehicle)
    if word not in _BINDS and word not in _MAY_BIND:
        return Binding.MAYBE
    return Binding.MAYBE if vehicle.vehicle_class in _MAY_BIND.get(word, ()) else Binding.NO


def bindings(words: Iterable[str], vehicle: VehicleProfile, *, tagged: bool = False) -> dict[str, Binding]:
    """The words that hold, or may hold, for a vehicle where all of them stand beside each other.

    In the order of the words. A word gives way to a narrower one: `bus` means nobody for whom `coach` is there.
    `tagged`: they stand in tags, not in law.
    """
    found: dict[str, Binding] = {word: binding(word, vehicle) for word in words}
    found = {word: binds for word, binds in found.items() if binds is not Binding.NO}
    if tagged and "goods" in found and vehicle.vehicle_class is _TRUCK:
        found["goods"] = Binding.MAYBE
    for word, narrower in _NARROWER.items():
        strongest = max(found.get(x, Binding.NO) for x in narrower)
        if word in found and strongest is Binding.YES:
            del found[word]
        elif word in found and strongest is Binding.MAYBE:
            found[word] = Binding.MAYBE
    return found


def has_own_law(vehicle: VehicleProfile) -> bool:
    """May it be of a kind for which laws commonly set limits below the sign for all: heavy, a bus, towing?"""
    bus = vehicle.vehicle_class in (_BUS, _COACH)
    return vehicle.trailer or bus or binding("hgv", vehicle) is not Binding.NO


Spoken = frozenset[tuple[str, str]]  # vehicle word and condition of each of law's statements
_NAMES: Final = re.compile(r"[a-z_]+")
_IN_REGION: Final = re.compile(r"\bin [A-Z]{2}\b")
_HEAVY_WORDS: Final = frozenset(("hgv", "goods"))
_WEIGHTS: Final = frozenset(("weight", "weightrating", "maxweightrating"))
_TRAILERS: Final = _TOWING | {"trailers", "trailerweight"}


@lru_cache(maxsize=4096)
def is_spoken_of(vehicle: VehicleProfile, spoken: Spoken) -> bool:
    """Does law speak of every kind with commonly a limit of its own that the vehicle is of?

    By a vehicle word, or by a condition on weight or trailers. What law says nothing of is not known to have no
    limit of its own: packs have gaps. What holds in one region only, where the region is not known, says nothing.
    """
    named = [(word, _names(condition)) for word, condition in spoken if not _IN_REGION.search(condition)]
    is_bus = vehicle.vehicle_class in (_BUS, _COACH)
    heavy = is_bus or binding("hgv", vehicle) is Binding.NO or any(_is_of_heavy(*x) for x in named)
    bus = not is_bus or any(_is_of_bus(*x, vehicle) for x in named)
    towing = not vehicle.trailer or any(_is_of_trailer(*x, vehicle) for x in named)
    return heavy and bus and towing


def _names(condition: str) -> frozenset[str]:
    return frozenset(_NAMES.findall(condition))


def _is_of_heavy(word: str, names: frozenset[str]) -> bool:
    if word in _HEAVY_WORDS:
        return True
    return word in EVERYONE and not names.isdisjoint(_WEIGHTS | _HEAVY_WORDS)


def _is_of_bus(word: str, names: frozenset[str], vehicle: VehicleProfile) -> bool:
    if word in EVERYONE:
        known = (x for x in names if x in ("bus", "coach", "tourist_bus", "psv"))
        return not names.isdisjoint(_WEIGHTS) or any(binding(x, vehicle) is Binding.YES for x in known)
    return binding(word, vehicle) is Binding.YES and word not in _TRAILERS


def _is_of_trailer(word: str, names: frozenset[str], vehicle: VehicleProfile) -> bool:
    if word in _TOWING:
        return True
    return not names.isdisjoint(_TRAILERS) and binding(word, vehicle) is Binding.YES


_BY_CONDITION: Final = {
    Condition.UNKNOWN: Binding.MAYBE,
    Condition.NO: Binding.NO,
    Condition.YES: Binding.YES,
}


def _by_mass(word: str, vehicle: VehicleProfile) -> Binding:
    if vehicle.vehicle_class is _TRUCK:
        light = 0 < vehicle.mass_max_kg <= LIGHT_MASS_KG_MAX
        return Binding.NO if word != "hgv" else Binding.MAYBE if light else Binding.YES
    if vehicle.vehicle_class not in (_CAR, _VAN):
        return Binding.NO
    if vehicle.mass_max_kg > LIGHT_MASS_KG_MAX:
        return Binding.YES if word == "hgv" and vehicle.vehicle_class is _VAN else Binding.MAYBE
    unknown = word == "hgv" and vehicle.vehicle_class is _VAN and not vehicle.mass_max_kg
    return Binding.MAYBE if unknown else Binding.NO


def _carrying(vehicle: VehicleProfile) -> Binding:
    """Dangerous goods, where the profile does not say, are thought possible in vans and trucks only."""
    if vehicle.hazmat is Condition.UNKNOWN and vehicle.vehicle_class not in (_VAN, _TRUCK):
        return Binding.NO
    return _BY_CONDITION[vehicle.hazmat]


def _towing(word: str, vehicle: VehicleProfile) -> Binding:
    """A profile says whether something is towed, not what."""
    if not vehicle.trailer:
        return Binding.NO
    return Binding.YES if word in _TOWING else Binding.MAYBE
