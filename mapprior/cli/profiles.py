"""What a drive asks for, as options of a command: layers, profile groups, and how often."""

from typing import Annotated, Final

import typer

from mapprior.errors import ConfigError
from mapprior.horizon.events import ProfileSubscription
from mapprior.model.provenance import LAYER_GROUPS, Layer, ProfileGroup

LAYERS: Final = {x.name: x for x in LAYER_GROUPS}
PROFILES: Final = {x.name.lower(): x for x in ProfileGroup}
LENGTH_M_MAX: Final = 20_000
INTERVAL_MS_MAX: Final = 60_000
_FORM: Final = "NAME[:LENGTH_M[:INTERVAL_MS]][:root]"

LayersOption = Annotated[
    str, typer.Option(metavar="L0,L2", help=f"Layers wanted, of {', '.join(LAYERS)}; all unless --profiles says.")
]
ProfilesOption = Annotated[
    str,
    typer.Option(
        metavar="road,lane:500,curvature:2000:1000:root",
        help=f"Profile groups wanted, each {_FORM}: how far ahead it is sent, how often at most, and whether only for "
        f"the path the vehicle is on. Of {', '.join(PROFILES)}; without this, all of the layers. Limits and work zones "
        "always come.",
    ),
]
PositionIntervalOption = Annotated[
    int, typer.Option(help="Least time between updates that say nothing but the position; 0: one with each pose.")
]


def named_layers(text: str) -> frozenset[Layer]:
    """`L0,L2`; empty for none. ConfigError names what is not understood."""
    names = [x.strip() for x in text.split(",")] if text else []
    for name in names:
        if name not in LAYERS:
            raise ConfigError(f"--layers {name!r}; allowed: {', '.join(LAYERS)}, joined by commas")
    return frozenset(LAYERS[x] for x in names)


def subscriptions(text: str) -> tuple[ProfileSubscription, ...]:
    """`road,lane:500,curvature:2000:1000:root`; empty for none. ConfigError names what is not understood."""
    found: dict[ProfileGroup, ProfileSubscription] = {}
    for part in filter(None, (x.strip() for x in text.split(","))):
        name, *numbers = part.split(":")
        root_only = numbers[-1:] == ["root"]
        numbers = numbers[: len(numbers) - root_only]
        if name not in PROFILES or len(numbers) > 2 or not all(x.isdecimal() for x in numbers):
            raise ConfigError(f"--profiles {part!r}; allowed: {_FORM} with NAME of {', '.join(PROFILES)}")
        length_m, interval_ms = (*map(int, numbers), 0, 0)[:2]
        if length_m > LENGTH_M_MAX or interval_ms > INTERVAL_MS_MAX:
            raise ConfigError(f"--profiles {part!r}; at most {LENGTH_M_MAX} m and {INTERVAL_MS_MAX} ms")
        group = PROFILES[name]
        if group in found:
            raise ConfigError(f"--profiles names {name} twice")
        found[group] = ProfileSubscription(group, length_m, interval_ms, root_only)
    return tuple(found.values())
