"""The demo, as `make demo` runs it, without a terminal."""

import re
import subprocess
import sys

import pytest

from tests.house import ROOT


@pytest.fixture(scope="module")
def told() -> str:
    program = "from mapprior.cli.main import app; app()"
    command = [sys.executable, "-c", program, "demo", "--fast"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=180, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    return result.stdout


def test_it_says_what_is_real_and_what_is_synthetic(told: str) -> None:
    assert re.search(r"^1  REAL \(© OpenStreetMap contributors, ODbL-1.0, 2023-12-26\): Monaco", told, re.MULTILINE)
    assert re.search(r"^2  SYNTHETIC \(no such road exists\)", told, re.MULTILINE)


def test_it_drives_through_the_stacked_tunnels(told: str) -> None:
    for name in ("Tunnel Aureglia", "Tunnel Rainier III"):
        assert f"into {name}, level -" in told
    assert float(re.search(r"^on the right link +([\d.]+) %", told, re.MULTILINE)[1]) > 90.0  # type: ignore[index]


def test_the_work_zone_arrives_on_the_way_and_its_limit_holds(told: str) -> None:
    published = told.index("an operator publishes work_zones.geojson")
    arrives = told.index("WORK ZONE in 1,")
    inside = told.index("in the work zone")
    past = told.index("past the work zone")
    assert published < arrives < inside < past
    assert "lane 3 of 3 from the left closed, limit 80 km/h, active" in told[arrives:inside]
    assert "limit 80 km/h, feed" in told[arrives:past]
    assert re.search(r"^work zone: on the horizon \d+ ms after it was published, 1,\d{3} m ahead", told, re.MULTILINE)


def test_curves_and_road_events_are_told_ahead(told: str) -> None:
    monaco, motorway = told.split("\n2  SYNTHETIC")
    assert re.search(r"curve in \d+ m, (?:left|right) \d+ m: \d+ km/h keeps to 2 m/s2", monaco)
    assert re.search(r"permanent lane ending in \d+ m, derived, \d+ %", motorway)
    assert re.search(r"^events on Monaco: +.*pedestrian crossing \d+.*; first told [\d,]+ m ahead", told, re.MULTILINE)
    assert re.search(r"^events on motorway: .*permanent lane ending \d+", told, re.MULTILINE)


def test_the_summary_has_every_figure(told: str) -> None:
    for name in (
        "driven",
        "without a fix",
        "poses / updates",
        "  per km",
        "pose to update, p50",
        "pose to update, p99",
    ):
        assert re.search(rf"^{re.escape(name)} +[\d.,]+", told, re.MULTILINE), name
    assert "limits on Monaco:" in told


def test_no_position_is_printed(told: str) -> None:
    assert not re.search(r"\b(?:43|55)\.\d{3,}|\b[37]\.\d{4,}", told)
