"""The vehicle and its surroundings as options of a command."""

from typing import Annotated, Final

import typer

from mapprior.errors import ConfigError
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile

VEHICLES: Final = {x.name.lower(): x for x in VehicleClass}
SENSED: Final = ("wet", "snow", "fog", "dark")
_ANSWERS: Final = {"yes": Condition.YES, "no": Condition.NO, "unknown": Condition.UNKNOWN}
MASS_KG_MAX: Final = 100_000

VehicleOption = Annotated[str, typer.Option(help=f"Which vehicle: {', '.join(VEHICLES)}.")]
MassOption = Annotated[int, typer.Option(help="Its permitted mass; 0: not known.")]
TrailerOption = Annotated[bool, typer.Option("--trailer", help="It tows a trailer.")]
ConditionsOption = Annotated[
    str,
    typer.Option(
        metavar="wet=yes,snow=no",
        help=f"What it senses, of {', '.join(SENSED)}: yes, no or unknown. What is left out is unknown.",
    ),
]


def vehicle_profile(vehicle: str, *, mass_kg: int, trailer: bool) -> VehicleProfile:
    """The profile of three options. ConfigError names the option and what is allowed."""
    if vehicle not in VEHICLES:
        raise ConfigError(f"--vehicle {vehicle!r}; allowed: {', '.join(VEHICLES)}")
    if not 0 <= mass_kg <= MASS_KG_MAX:
        raise ConfigError(f"--mass-kg {mass_kg} is outside 0 to {MASS_KG_MAX}")
    return VehicleProfile(VEHICLES[vehicle], mass_max_kg=mass_kg, trailer=trailer)


def driving_conditions(text: str) -> DrivingConditions:
    """`wet=yes,snow=no`; empty for nothing. ConfigError names what is not understood."""
    said: dict[str, Condition] = {}
    for part in filter(None, (x.strip() for x in text.split(","))):
        name, _, answer = part.partition("=")
        if name not in SENSED or answer not in _ANSWERS:
            allowed = f"{'|'.join(SENSED)}={'|'.join(_ANSWERS)}"
            raise ConfigError(f"--conditions {part!r}; allowed: {allowed}, joined by commas")
        if name in said:
            raise ConfigError(f"--conditions says {name} twice")
        said[name] = _ANSWERS[answer]
    return DrivingConditions(**said)
