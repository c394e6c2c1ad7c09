"""How far and how deep a horizon is laid, as options of a command."""

from dataclasses import replace
from typing import Annotated, Final

import typer

from mapprior.errors import ConfigError
from mapprior.horizon.events import Open
from mapprior.wire.opening import SIDE_LEVELS_COUNT_MAX

LENGTH_M_MIN: Final = 100
LENGTH_M_MAX: Final = 20_000
SEC_MAX: Final = 600.0
DISTANCES_MAX: Final = 100.0
SIDE_M_MAX: Final = 5_000
SIDE_SEC_MAX: Final = 300.0
TREE_BYTES_MIN: Final = 1024
TREE_BYTES_MAX: Final = 1 << 30

_AT_SPEED: Final = "; where nothing drives, as in `horizon`, it takes --speed-kmh too"
LengthOption = Annotated[
    int | None,
    typer.Option(
        "--length-m",
        help=f"How far to look at least, {LENGTH_M_MIN} to {LENGTH_M_MAX}; 2000 unless one of the next two is given. "
        "The farthest counts. Counted from the end of the vehicle's link and laid in whole links, of 1 km at most: up "
        "to 2 km more, most often some hundred metres.",
    ),
]
LengthSecOption = Annotated[
    float,
    typer.Option("--length-sec", help=f"The same in seconds at the vehicle's speed{_AT_SPEED}."),
]
StoppingOption = Annotated[
    float,
    typer.Option(
        "--stopping-distances",
        help=f"The same in distances to stop: one second, then braking at 3 m/s2{_AT_SPEED}.",
    ),
]
SideOption = Annotated[
    int, typer.Option("--side-m", help=f"How far side paths reach at least, in whole links, 1 to {SIDE_M_MAX}.")
]
SideSecOption = Annotated[
    float, typer.Option("--side-sec", help=f"The same in seconds; the farther counts{_AT_SPEED}.")
]
SideLevelsOption = Annotated[
    int, typer.Option("--side-levels", help=f"How often paths branch, 1 to {SIDE_LEVELS_COUNT_MAX}.")
]
TreeBytesOption = Annotated[
    int,
    typer.Option("--tree-bytes", help="Bytes that side paths may take together, the likeliest first; 0: no budget."),
]


def with_lengths(
    opening: Open,
    length_m: int | None,
    length_sec: float,
    stopping_distances: float,
    side_m: int,
    side_sec: float,
    side_levels: int,
    tree_bytes: int,
) -> Open:
    """The opening with what the options ask for. ConfigError names the option and its range."""
    for name, value, least, most, default in (
        ("--length-m", length_m, LENGTH_M_MIN, LENGTH_M_MAX, None),
        ("--length-sec", length_sec, 1.0, SEC_MAX, 0.0),
        ("--stopping-distances", stopping_distances, 1.0, DISTANCES_MAX, 0.0),
        ("--side-m", side_m, 1, SIDE_M_MAX, opening.stub_length_m),
        ("--side-sec", side_sec, 1.0, SIDE_SEC_MAX, 0.0),
        ("--side-levels", side_levels, 1, SIDE_LEVELS_COUNT_MAX, 1),
        ("--tree-bytes", tree_bytes, TREE_BYTES_MIN, TREE_BYTES_MAX, 0),
    ):
        if value is not None and value != default and not least <= value <= most:
            raise ConfigError(f"{name} {value} is outside {least:.0f} to {most:.0f}")
    if length_m is None:
        length_m = 0 if length_sec or stopping_distances else opening.horizon_length_m
    return replace(
        opening,
        horizon_length_m=length_m,
        horizon_time_ms=round(length_sec * 1000),
        horizon_stopping_distances_milli=round(stopping_distances * 1000),
        stub_length_m=side_m,
        stub_time_ms=round(side_sec * 1000),
        side_levels_count=side_levels,
        tree_bytes_max=tree_bytes,
    )
