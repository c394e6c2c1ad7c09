"""How far and how deep: options into what a session is asked for."""

from typing import Any

import pytest

from mapprior.cli.lengths import with_lengths
from mapprior.errors import ConfigError
from mapprior.horizon.events import Open
from mapprior.v1 import drive_pb2
from mapprior.wire.opening import fill_open, read_open

ASKED: dict[str, Any] = {
    "length_m": None,
    "length_sec": 0.0,
    "stopping_distances": 0.0,
    "side_m": Open().stub_length_m,
    "side_sec": 0.0,
    "side_levels": 1,
    "tree_bytes": 0,
}


def test_what_is_left_out_is_the_default() -> None:
    assert with_lengths(Open(), **ASKED) == Open()


def test_lengths_that_depend_on_speed_take_the_place_of_metres() -> None:
    found = with_lengths(Open(), **ASKED | {"length_sec": 30.0, "stopping_distances": 2.5})
    assert (found.horizon_length_m, found.horizon_time_ms, found.horizon_stopping_distances_milli) == (0, 30_000, 2500)
    assert with_lengths(Open(), **ASKED | {"length_sec": 30.0, "length_m": 500}).horizon_length_m == 500


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("length_m", x) for x in (0, 99, 20_001)),
        *(("length_sec", x) for x in (-1.0, 0.5, 601.0, float("nan"))),
        *(("stopping_distances", x) for x in (0.5, 101.0)),
        *(("side_m", x) for x in (0, 5001)),
        *(("side_sec", x) for x in (0.5, 301.0)),
        *(("side_levels", x) for x in (0, 9)),
        *(("tree_bytes", x) for x in (1, 1023)),
    ],
)
def test_a_refusal_names_option_and_range(option: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"--{option.replace('_', '-')} .* is outside"):
        with_lengths(Open(), **ASKED | {option: value})


@pytest.mark.parametrize(
    "asked",
    [
        {"length_m": 100, "side_m": 1, "side_levels": 8, "tree_bytes": 1024},
        {"length_m": 20_000, "length_sec": 600.0, "stopping_distances": 100.0, "side_m": 5000, "side_sec": 300.0},
        {"length_sec": 1.0, "stopping_distances": 1.0, "side_sec": 1.0},
    ],
)
def test_what_is_accepted_here_a_server_accepts(asked: dict[str, Any]) -> None:
    opening = with_lengths(Open(), **ASKED | asked)
    message = drive_pb2.DriveOpen()
    fill_open(message, opening)
    assert read_open(message) == opening
