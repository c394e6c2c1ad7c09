"""The command line joins what the rooms export and meets errors with one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from mapprior.cli.main import COMMANDS
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


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("build", "nothing.osm.pbf", "--market", "FI", "--out", "nowhere"), (1, 2)),
        (("tiles", "info", "no-such-folder"), (1, 2)),
        (("horizon", "--tiles", "no-such-folder", "--at", "60.17,24.94", "--json"), (1, 2)),
    ],
    ids=["build", "tiles", "horizon"],
)
def test_an_error_is_one_line_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], exit_code: tuple[int, ...]
) -> None:
    result = run(*(str(tmp_path / "out") if part == "nowhere" else part for part in arguments))
    assert result.returncode in exit_code
    assert "Traceback" not in result.stderr
    assert "60.17" not in result.stderr
    assert result.stderr.strip().count("\n") <= 4  # one of ours, or usage, hint and reason of a bad option


def test_an_unknown_command_is_said() -> None:
    result = run("dirve")
    assert result.returncode == 2
    assert "dirve" in result.stderr
