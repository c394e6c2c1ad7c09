"""The command line joins what the rooms export and meets errors with one line."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mapprior.cli.main import COMMANDS
from tests.build.osm_text import ROAD, Built, osm_xml
from tests.house import ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from mapprior.cli.main import app; app()"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, stdin=subprocess.DEVNULL)


def test_the_help_names_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in result.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = run(name, "--help")
    assert result.returncode == 0, result.stderr
    assert f"Usage: -c {name}" in result.stdout
    assert name == "tiles" or "Exit code 0: answered. 1: no road is known" in result.stdout


MONACO = ("horizon", "--tiles", "tiles/MC", "--at", "43.7495,7.4378", "--bearing-deg", "239")


BUILD = ("build", "--market", "FI", "--out", "OUT")
HERE = ("--at", "60.17,24.94")


@pytest.mark.parametrize(
    "arguments",
    [
        (*BUILD, "missing.osm.pbf"),
        (*BUILD, "missing.osm"),
        (*BUILD, "NO_JSON"),  # not a map file by its name
        (*BUILD, "BROKEN_MAP"),
        (*BUILD, "BROKEN_MAP", "--report", "missing/report.json"),
        (*BUILD, "BROKEN_MAP", "--area", "NO_JSON"),
        (*BUILD, "BROKEN_MAP", "--elevation", "NO_JSON"),
        ("match", "NO_JSON", "--tiles", "tiles/FI"),  # not a trace by its name
        ("match", "missing.gpx", "--tiles", "tiles/FI"),
        ("match", "TRACE", "--tiles", "missing"),
        ("tiles", "info", "missing"),
        ("tiles", "verify", "missing"),
        ("tiles", "show", "missing", "--bbox", "24,60,25,61"),
        ("tiles", "show", "tiles/FI", "--bbox", "24,60,24.1,60.1", "--out", "missing/x.geojson"),
        ("horizon", "--tiles", "missing", *HERE, "--json"),
        ("horizon", "--tiles", "tests", *HERE),
        ("horizon", "--tiles", "tiles/FI", "--tiles", "tiles/FI", *HERE),
        ("horizon", "--tiles", "tiles/FI", *HERE, "--zones", "NO_JSON"),
        ("horizon", "--tiles", "tiles/FI", *HERE, "--zones", "missing.geojson"),
        ("serve", "--tiles", "missing", "--listen", "127.0.0.1:0"),
        ("serve", "--tiles", "tiles/FI", "--listen", "127.0.0.1:0", "--zones", "NO_JSON"),
        ("serve", "--tiles", "tiles/FI", "--listen", "127.0.0.1:0", "--zones", "missing.geojson"),
        ("drive", "127.0.0.1:1", "--trace", "NO_JSON"),
        ("drive", "127.0.0.1:1", "--trace", "missing.gpx"),
    ],
    ids=" ".join,
)
def test_a_file_or_directory_that_is_not_what_it_is_taken_for_is_for_the_command_to_mend(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """One line, no traceback, no position, and exit code 2, whichever the command is."""
    places = {"OUT": tmp_path / "out"}
    for name, file, text in (
        ("NO_JSON", "x.log", "no JSON"),
        ("BROKEN_MAP", "x.osm", "<osm"),
        ("TRACE", "x.csv", "pose_time_us,lat_deg,lon_deg\n1000000,60.17,24.94\n"),
    ):
        places[name] = tmp_path / file
        places[name].write_text(text)
    result = run(*(str(places.get(part, part)) for part in arguments))
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert "60.17" not in result.stderr
    assert result.stderr.strip().count("\n") <= 4  # one of ours, or usage, hint and reason of a bad option


def test_it_runs_as_a_module_too() -> None:
    for module in ("mapprior", "mapprior.cli.main"):
        command = [sys.executable, "-m", module, "tiles", "info", "tiles/MC"]
        told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, stdin=subprocess.DEVNULL)
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout == run("tiles", "info", "tiles/MC").stdout != ""
        command[3:] = ["no-such-command"]
        told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, stdin=subprocess.DEVNULL)
        assert told.returncode == 2
        assert told.stderr.startswith("Usage: mapprior ")


def test_an_unknown_command_is_said() -> None:
    result = run("dirve")
    assert result.returncode == 2
    assert "dirve" in result.stderr


def test_no_worker_at_all_is_refused() -> None:
    refused = run("serve", "--tiles", "tiles", "--listen", "127.0.0.1:0", "--workers", "0")
    assert (refused.returncode, refused.stderr) == (2, "error: workers 0: at least 1\n")


def test_a_file_where_tiles_or_certificates_are_asked_for_is_named() -> None:
    refused = run("horizon", "--tiles", "README.md", "--at", "60.17,24.94")
    assert (refused.returncode, refused.stderr) == (2, "error: README.md: a file, not a directory of tiles\n")
    refused = run("serve", "--tiles", "tiles", "--tls-cert", "README.md", "--tls-key", "README.md")
    said = "error: tls.certificate README.md: holds no PEM certificate\n"
    assert (refused.returncode, refused.stderr, refused.stdout) == (2, said, "")


def test_the_table_says_why_a_path_ends_and_lists_entries_when_asked() -> None:
    told = run(*MONACO, "--entries")
    assert told.returncode == 0, told.stderr
    assert "path ends" in told.stdout and "at least as far as asked for" in told.stdout
    assert "profiles of path 1" in told.stdout and "rad (bearing 2" in told.stdout
    assert " more; --json has all" in told.stdout
    assert "profiles of path" not in run(*MONACO).stdout


def test_a_box_without_roads_is_empty_and_says_so() -> None:
    shown = run("tiles", "show", "tiles/MC", "--bbox=-100.5,-60.5,-100.4,-60.4")
    assert (shown.returncode, shown.stderr) == (1, "tiles cover MC; nothing here\n")
    assert json.loads(shown.stdout)["features"] == []
    assert run("tiles", "show", "tiles/MC", "--bbox=7.42,43.73,7.43,43.74").stderr == ""


def test_a_sideways_acceleration_of_nothing_is_refused_as_that() -> None:
    told = run(*MONACO, "--lateral-mps2", "0")
    assert (told.returncode, told.stderr) == (2, "error: --lateral-mps2 0.0 must be above 0, at most 20\n")


@pytest.mark.parametrize("time", ["0001-01-01", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59"])
def test_a_time_of_no_drive_is_refused_as_that(time: str) -> None:
    refused = run(*MONACO, "--time", time)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"error: --time '{time}' is outside the years 1971 to 9998\n"


def test_the_horizon_says_where_the_vehicle_is_and_how_fast_curves_are() -> None:
    told = run(*MONACO, "--lateral-mps2", "2.0")
    assert told.returncode == 0, told.stderr
    assert re.search(r"│ vehicle +│ \d+\.\d m (?:left|right)", told.stdout)
    assert re.search(r"│ curve speed +│ \d+ km/h, (?:left|right) \d+ m at", told.stdout)


def test_where_no_tiles_are_a_horizon_and_a_match_say_which_there_are(tmp_path: Path) -> None:
    trace = tmp_path / "far.csv"
    trace.write_text("pose_time_us,lat_deg,lon_deg\n1000000,-60.5,-100.5\n2000000,-60.5,-100.5\n")
    for command in (("horizon", "--at", "-60.5,-100.5"), ("match", str(trace))):
        for option in ((), ("--json",)):
            told = run(*command, "--tiles", "tiles/MC", "--tiles", "tiles/FI", *option)
            assert (told.returncode, told.stderr) == (1, "tiles cover FI, MC; nothing here\n")
            assert "NO_COVERAGE" in told.stdout or "no coverage" in told.stdout


def test_where_the_map_is_damaged_a_horizon_says_so_and_not_that_there_is_none(tmp_path: Path) -> None:
    damaged = tmp_path / "FI"
    shutil.copytree(ROOT / "tiles/FI", damaged)
    archive = damaged / "L0.pmtiles"
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 0xFF
    archive.write_bytes(data)
    told = run("horizon", "--tiles", str(damaged), "--at", "60.1720,24.9450")
    assert told.returncode == 1
    assert re.fullmatch(r"the map here could not be read: FI/L0\.pmtiles: a tile is damaged: .*\n", told.stderr)


@pytest.mark.parametrize("sigma", ["0", "nan", "2000"])
def test_how_exact_the_place_is_can_be_said(sigma: str) -> None:
    refused = run(*MONACO, "--sigma-m", sigma)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"error: --sigma-m {float(sigma)} is outside 0.1 to 1000\n"
    lanes, none = (json.loads(run(*MONACO, "--json", "--sigma-m", x).stdout)["position"] for x in ("0.5", "5"))
    assert lanes["lateral_sigma_m"] < none["lateral_sigma_m"]
    assert json.loads(run(*MONACO, "--json").stdout)["position"] == none


def test_while_the_road_is_not_sure_the_text_says_so_of_the_path_and_of_the_limits() -> None:
    place = ("horizon", "--tiles", "tiles/MC", "--at", "43.7335,7.4175")
    told = run(*place).stdout.splitlines()
    assert told[0].startswith("AMBIGUOUS")
    assert re.fullmatch(r"the vehicle's road is not sure: all .* the first of \d+ places, \d+%", told[1])
    titles = [line for line in told if line.startswith("path ")]
    assert titles and all(x.rstrip().endswith("given the first place") for x in titles)
    assert any("not certain: the" in line for line in told)
    answer = json.loads(run(*place, "--json").stdout)
    limits = [x for path in answer["paths"] for x in path["limits"] if x["kind"] != "UNKNOWN"]
    assert limits and all("the vehicle's road is not sure" in x["uncertain_because"] for x in limits)
    sure = json.loads(run(*MONACO, "--json").stdout)
    assert {x["uncertain_because"] for path in sure["paths"] for x in path["limits"] if x["certain"]} <= {None}
    assert "given the first place" not in run(*MONACO).stdout


def test_where_no_road_is_a_horizon_and_a_match_say_so_by_their_code(tmp_path: Path) -> None:
    """At sea, on a tile of the map. One pose on a road is enough for a match."""
    trace = tmp_path / "sea.csv"
    rows = ["pose_time_us,lat_deg,lon_deg", "1000000,43.7380,7.4330", "2000000,43.7380,7.4330"]
    trace.write_text("\n".join(rows))
    for command in (("horizon", "--at", "43.7380,7.4330"), ("match", str(trace))):
        told = run(*command, "--tiles", "tiles/MC")
        assert (told.returncode, told.stderr) == (1, "no road of the map was found at any pose\n")
        assert command[0] == "match" or "market MC" in told.stdout
    trace.write_text("\n".join([*rows, "60000000,43.7495,7.4378"]))
    told = run("match", str(trace), "--tiles", "tiles/MC")
    assert (told.returncode, told.stderr) == (0, "")


def test_the_horizon_is_as_long_and_as_deep_as_asked() -> None:
    seconds, deep = (
        json.loads(run(*MONACO, "--json", *options).stdout)["paths"]
        for options in (("--length-sec", "20", "--speed-kmh", "50"), ("--side-levels", "2", "--side-m", "400"))
    )
    assert 277 < seconds[0]["end_offset_m"] - 35 < 900
    assert {x["parent_path_id"] for x in deep} - {None, deep[0]["path_id"]}  # a side path of a side path
    refused = run(*MONACO, "--length-sec", "20")
    assert refused.returncode != 0
    assert refused.stderr == "error: --length-sec, --stopping-distances and --side-sec need --speed-kmh\n"


def test_a_path_ends_with_the_link_on_which_the_length_asked_for_ends() -> None:
    for length_m in (100, 300, 1000):
        answer = json.loads(run(*MONACO, "--json", "--length-m", str(length_m), "--side-m", "50").stdout)
        root, *sides = answer["paths"]
        at = answer["position"]["link_id"]
        here = next(x for x in root["links"] if x["link_id"] == at)
        reach_m = here["start_offset_m"] + here["length_m"] + length_m
        assert root["links"][-1]["start_offset_m"] < reach_m <= root["end_offset_m"]
        assert all(x["links"][-1]["start_offset_m"] < 50 for x in sides)


def test_a_build_says_how_much_of_the_road_has_a_height(tmp_path: Path) -> None:
    nodes = "".join(f'<node id="{i}" lat="47.0" lon="{8 + i / 1000}" version="1"/>' for i in (1, 2, 3))
    ways = (
        '<way id="4" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="trunk"/><tag k="incline" v="5%"/></way>'
        '<way id="5" version="1"><nd ref="2"/><nd ref="3"/><tag k="highway" v="tertiary"/></way>'
    )
    source = tmp_path / "hill.osm"
    source.write_text(f'<osm version="0.6">{nodes}{ways}</osm>')
    built = run("build", str(source), "--market", "CH", "--out", str(tmp_path / "out"))
    assert built.returncode == 0, built.stderr
    assert "elevation or slope on 2 of 4 links" in built.stderr


def test_a_name_in_brackets_is_told_as_it_is(tmp_path: Path) -> None:
    name = "Rue [/b] of [red]x"
    Built(tmp_path, osm_xml({1: (0, 0), 2: (500, 0)}, {10: ([1, 2], {**ROAD, "name": name})}))
    trace = tmp_path / "t.csv"
    trace.write_text("pose_time_us,lat_deg,lon_deg\n1000000,50.0,8.001\n2000000,50.0,8.0012\n")
    place = ("--at", "50.0,8.001", "--bearing-deg", "90")
    for command in (("horizon", *place), ("match", str(trace))):
        answered = run(*command, "--tiles", str(tmp_path / "DE"))
        assert (answered.returncode, answered.stderr) == (0, "")
        assert name in answered.stdout
    out = tmp_path / "[/built]"
    built = run("build", str(tmp_path / "drawn.osm"), "--market", "DE", "--out", str(out), "--release", "[/x]")
    assert built.returncode == 0 and "release [/x]" in built.stderr
    told = run("tiles", "info", str(out))
    assert told.returncode == 0 and "[/x]" in told.stdout
