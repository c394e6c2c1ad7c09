"""`mapprior match` from file to JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapprior.cli.main import app
from mapprior.geo.units import E7
from tests.match.networks import NAMES, TOWN
from tests.tile.markets import write_market


@pytest.fixture(name="tiles")
def _tiles(tmp_path: Path) -> Path:
    write_market(TOWN, tmp_path / "tiles")
    return tmp_path / "tiles"


def trace_file(directory: Path, letters: str) -> Path:
    rows = ["time,lat,lon,heading_rad,speed_mps"]
    for pose in TOWN.poses(letters, sigma_m=2.0, rate_hz=1.0):
        assert pose.lat_e7 is not None and pose.lon_e7 is not None
        rows.append(
            f"{pose.pose_time_us / 1e6},{pose.lat_e7 / E7},{pose.lon_e7 / E7},{pose.heading_rad},{pose.speed_mps}"
        )
    file = directory / "trace.csv"
    file.write_text("\n".join(rows))
    return file


def test_it_prints_the_links_driven_and_one_position_per_pose(tmp_path: Path, tiles: Path) -> None:
    letters = "ABCFEIJ"
    trace = trace_file(tmp_path, letters)
    result = CliRunner().invoke(app, ["match", str(trace), "--tiles", str(tiles), "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert [NAMES[int(link["link_id"])] for link in answer["links"]] == ["AB", "BC", "CF", "FE", "EI", "IJ"]
    assert len(answer["positions"]) == len(trace.read_text().splitlines()) - 1
    middle = answer["positions"][len(answer["positions"]) // 2]
    assert middle["state"] == "TRACKING" and middle["reason"] is None
    assert set(middle["position"]) >= {"link_id", "link_offset_m", "lateral_m", "heading_error_rad", "confidence"}


def test_the_table_names_the_share_matched(tmp_path: Path, tiles: Path) -> None:
    result = CliRunner().invoke(app, ["match", str(trace_file(tmp_path, "ABC")), "--tiles", str(tiles)])
    assert result.exit_code == 0, result.output
    assert "tracking" in result.stdout and "poses on 2 links" in result.stdout


def test_what_cannot_be_read_is_one_line(tmp_path: Path, tiles: Path) -> None:
    trace = trace_file(tmp_path, "AB")
    for file, directory in ((tmp_path / "none.gpx", tiles), (trace, tmp_path / "nowhere")):
        result = CliRunner().invoke(app, ["match", str(file), "--tiles", str(directory)])
        assert result.exit_code == 1
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
