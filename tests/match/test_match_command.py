"""`mapprior match` from file to JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapprior.cli.main import app
from mapprior.geo.units import E7
from tests.asciimap import draw
from tests.match.networks import NAMES, TOWN
from tests.tile.markets import write_market


@pytest.fixture(name="tiles")
def _tiles(tmp_path: Path) -> Path:
    write_market(TOWN, tmp_path / "tiles")
    return tmp_path / "tiles"


def trace_file(directory: Path, letters: str, *, with_times: bool = True) -> Path:
    rows = ["time,lat,lon,heading_rad,speed_mps"]
    for pose in TOWN.poses(letters, sigma_m=2.0, rate_hz=1.0):
        assert pose.lat_e7 is not None and pose.lon_e7 is not None
        time = pose.pose_time_us / 1e6 if with_times else ""
        rows.append(f"{time},{pose.lat_e7 / E7},{pose.lon_e7 / E7},{pose.heading_rad},{pose.speed_mps}")
    file = directory / "trace.csv"
    file.write_text("\n".join(rows))
    return file


def test_it_prints_the_links_driven_and_one_position_per_pose(tmp_path: Path, tiles: Path) -> None:
    letters = "ABCFEIJ"
    trace = trace_file(tmp_path, letters)
    result = CliRunner().invoke(app, ["match", str(trace), "--tiles", str(tiles), "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["times"] == "stated"
    assert [NAMES[int(link["link_id"])] for link in answer["links"]] == ["AB", "BC", "CF", "FE", "EI", "IJ"]
    for link in answer["links"]:
        assert 0.0 <= link["start_offset_m"] <= link["end_offset_m"] <= link["length_m"]
    driven_m = sum(link["end_offset_m"] - link["start_offset_m"] for link in answer["links"])
    assert answer["driven_m"] == pytest.approx(driven_m, abs=0.1)
    assert len(answer["positions"]) == len(trace.read_text().splitlines()) - 1
    middle = answer["positions"][len(answer["positions"]) // 2]
    assert middle["state"] == "TRACKING" and middle["reason"] is None
    assert set(middle["position"]) >= {"link_id", "link_offset_m", "lateral_m", "heading_error_rad", "confidence"}


def test_the_table_names_the_share_matched(tmp_path: Path, tiles: Path) -> None:
    result = CliRunner().invoke(app, ["match", str(trace_file(tmp_path, "ABC")), "--tiles", str(tiles)])
    assert result.exit_code == 0, result.output
    assert "tracking" in result.stdout and "poses on 2 links" in result.stdout
    assert "km driven" in result.stdout and "into the first link" in result.stdout
    assert "times" not in result.stdout


def test_a_road_is_named_as_on_the_live_view(tmp_path: Path) -> None:
    road = draw("A------B", ways={"AB": {"name": "Long Road", "ref": "A 8"}})
    write_market(road, tmp_path / "tiles")
    rows = [f"{p.pose_time_us / 1e6},{p.lat_e7 / E7},{p.lon_e7 / E7}" for p in road.poses("AB", rate_hz=1.0)]  # type: ignore[operator]
    (tmp_path / "trace.csv").write_text("\n".join(["time,lat,lon", *rows]))
    result = CliRunner().invoke(app, ["match", str(tmp_path / "trace.csv"), "--tiles", str(tmp_path / "tiles")])
    assert result.exit_code == 0, result.output
    assert "A 8 Long Road" in result.stdout


def test_times_that_are_made_up_are_said(tmp_path: Path, tiles: Path) -> None:
    trace = trace_file(tmp_path, "ABC", with_times=False)
    count = len(trace.read_text().splitlines()) - 1
    result = CliRunner().invoke(app, ["match", str(trace), "--tiles", str(tiles)])
    assert result.exit_code == 0, result.output
    first = result.stdout.splitlines()[0]
    assert first == f"the trace states no times: its {count} poses are taken to be driven at 50 km/h"
    answer = json.loads(CliRunner().invoke(app, ["match", str(trace), "--tiles", str(tiles), "--json"]).stdout)
    assert answer["times"] == "assumed" and len(answer["positions"]) == count


def test_times_that_run_backwards_are_said(tmp_path: Path, tiles: Path) -> None:
    trace = trace_file(tmp_path, "ABC")
    header, *rows = trace.read_text().splitlines()
    in_order = CliRunner().invoke(app, ["match", str(trace), "--tiles", str(tiles), "--json"])
    assert in_order.stderr == ""
    trace.write_text("\n".join([header, *reversed(rows)]))
    backwards = CliRunner().invoke(app, ["match", str(trace), "--tiles", str(tiles), "--json"])
    assert backwards.stdout == in_order.stdout
    assert f"runs backwards {len(rows) - 1} times; its poses are taken in order of time" in backwards.stderr


def test_what_cannot_be_read_is_one_line(tmp_path: Path, tiles: Path) -> None:
    trace = trace_file(tmp_path, "AB")
    for file, directory in ((tmp_path / "none.gpx", tiles), (trace, tmp_path / "nowhere")):
        result = CliRunner().invoke(app, ["match", str(file), "--tiles", str(directory)])
        assert result.exit_code == 2  # the command names what is not there
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
