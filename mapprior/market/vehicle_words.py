"""Which vehicles a vehicle word of the source means (`hgv`, `bus`, `trailer`).

Words are those of OpenStreetMap's access hierarchy
(https://wiki.openstreetmap.org/wiki/Key:access#Land-based_transportation). A word that is not listed may
bind anyone: it leaves the answer open and is never dropped silently.
"""

from enum import IntEnum
from typing import Final

from mapprior.model.pose import VehicleClass, VehicleProfile

LIGHT_MASS_KG_MAX: Final = 3500


class Binding(IntEnum):
    """Does a statement hold for a vehicle?"""

    NO = 1
    MAYBE = 2
    YES = 3


_CAR, _VAN, _TRUCK = VehicleClass.CAR, VehicleClass.VAN, VehicleClass.TRUCK
_BUS, _MOTORCYCLE = VehicleClass.BUS, VehicleClass.MOTORCYCLE

_BINDS: Final[dict[str, frozenset[VehicleClass]]] = {
    "vehicle": frozenset(VehicleClass),
    "motor_vehicle": frozenset(VehicleClass),
    "motorcar": frozenset((_CAR, _VAN)),
    "goods": frozenset((_VAN,)),
    "hgv": frozenset((_TRUCK,)),
    "psv": frozenset((_BUS,)),
    "bus": frozenset((_BUS,)),
    "motorcycle": frozenset((_MOTORCYCLE,)),
}
# Those of a class that the profile cannot tell apart.
_MAY_BIND: Final[dict[str, frozenset[VehicleClass]]] = {
    "hgv_articulated": frozenset((_TRUCK,)),
    "hazmat": frozenset((_VAN, _TRUCK)),
    "coach": frozenset((_BUS,)),
    "tourist_bus": frozenset((_BUS,)),
    "minibus": frozenset((_BUS,)),
    "motorhome": frozenset((_CAR, _VAN, _TRUCK)),
    "share_taxi": frozenset((_CAR, _BUS)),
    "taxi": frozenset((_CAR,)),
    "hov": frozenset((_CAR, _VAN)),
    "light_duty_vehicle": frozenset((_CAR, _VAN)),
}
_TOWING: Final = frozenset(("trailer", "towing", "motor_vehicle_trailer"))
_OTHERS: Final = frozenset(
    ("agricultural", "bicycle", "carriage", "emergency", "foot", "horse", "mofa", "moped", "snowmobile", "tank", "tram")
)


def binding(word: str, vehicle: VehicleProfile) -> Binding:
    """Does a statement for `word` hold for `vehicle`? The empty word means everyone."""
    if not word:
        return Binding.YES
    if word in _OTHERS:
        return Binding.NO
    if word in _TOWING or word == "caravan":
        return _towing(word, vehicle)
    if word not in _BINDS and word not in _MAY_BIND:
        return Binding.MAYBE
    if vehicle.vehicle_class in _BINDS.get(word, frozenset()):
        return Binding.YES
    if word == "hgv" and vehicle.vehicle_class in (_CAR, _VAN):
        return _by_mass(vehicle)
    return Binding.MAYBE if vehicle.vehicle_class in _MAY_BIND.get(word, frozenset()) else Binding.NO


def _by_mass(vehicle: VehicleProfile) -> Binding:
    """`hgv` goes by the permitted mass, not by the body: a camper of 4 t is one. A van may be built for either."""
    if vehicle.mass_max_kg > LIGHT_MASS_KG_MAX:
        return Binding.YES
    return Binding.MAYBE if vehicle.vehicle_class is _VAN and not vehicle.mass_max_kg else Binding.NO


def _towing(word: str, vehicle: VehicleProfile) -> Binding:
    """A profile says whether something is towed, not what."""
    if not vehicle.trailer:
        return Binding.NO
    return Binding.YES if word in _TOWING else Binding.MAYBE
