"""Where a server gives less than was asked for, a person is told what; and where it gives all, nothing."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from clients.conformance.rules.streams import granted as granted_stream
from mapprior.cli.granted import less_than_asked
from mapprior.cli.view import panel, plain_line
from mapprior.client import Traffic
from mapprior.horizon.events import Open
from mapprior.horizon.granted import Granted
from mapprior.reader.as_json import as_json
from mapprior.runtime.replay import new_reconstructor
from mapprior.wire.updates import decode_update

ASKED = Open(horizon_length_m=2000, stub_length_m=300, side_levels_count=8, content_held_bytes_max=4_000_000)
LENGTHS = st.integers(0, 20_000)


@pytest.mark.parametrize(
    ("less", "says"),
    [
        ({}, ""),
        ({"horizon_length_m": 1000}, "1000 m ahead, not 2000"),
        ({"stub_length_m": 200, "side_levels_count": 2}, "side paths of 200 m, not 300; side paths of 2 levels, not 8"),
        ({"content_held_bytes_max": 1_500_000}, "1.5 MB of content, not 4.0"),
        ({"horizon_length_m_max": 5000}, ""),  # nothing was asked for by speed
    ],
)
def test_only_what_is_less_is_said(less: dict[str, int], says: str) -> None:
    assert less_than_asked(ASKED, Granted.of(replace(ASKED, **less))) == says


def test_a_bound_on_what_was_asked_for_by_speed_is_said() -> None:
    by_speed = replace(ASKED, horizon_length_m=0, horizon_time_ms=60_000, stub_time_ms=9000)
    granted = Granted.of(replace(by_speed, horizon_length_m_max=900, stub_length_m_max=90))
    assert less_than_asked(by_speed, granted) == (
        "at most 900 m ahead, however fast; side paths of at most 90 m, however fast"
    )
    assert less_than_asked(by_speed, None) == ""


@given(st.builds(Open, horizon_length_m=LENGTHS, stub_length_m=LENGTHS, horizon_length_m_max=LENGTHS))
def test_a_drive_that_gets_what_it_asked_for_is_laid_as_it_asked(asked: Open) -> None:
    granted = Granted.of(asked)
    assert granted.lengths_for(asked) == asked
    assert less_than_asked(asked, granted) == ""


def test_it_stands_in_the_live_view_and_in_the_json() -> None:
    held = new_reconstructor(Open(horizon_length_m=2000))
    first = decode_update(granted_stream().frames[0])
    assert held.apply(first, 0)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(panel(held, Traffic(), title="", pose=None))
    assert "granted     500 m ahead, not 2000" in console.export_text()
    assert "this server gives 500 m ahead, not 2000" in plain_line(held, None)
    told = as_json(held)["granted"]
    assert (told["horizon_length_m"], told["layers"], told["poses_per_sec_max"]) == (500, ["L0", "L1", "L2"], 200)
