"""Where the tiles and the report are to go is asked before the map is read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapprior.build.writable import check_directory, check_file
from mapprior.cli.main import app
from mapprior.errors import ConfigError

NO_MAP = "no-such-map.osm.pbf"  # reading it would be another error


def build(*options: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["build", NO_MAP, "--market", "DE", *map(str, options)])
    return result.exit_code, result.stderr


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("kept")
    return tmp_path / "file"


def test_tiles_that_cannot_be_written_are_said_before_the_map_is_read(file: Path) -> None:
    for out in (file, file / "below" / "it", Path("/proc/tiles")):
        code, said = build("--out", out)
        assert (code, said.count("\n")) == (2, 1)
        assert said.startswith(f"error: tiles to {out / 'DE'}: ")
    assert file.read_text() == "kept"


def test_a_report_that_cannot_be_written_is_said_before_the_map_is_read(file: Path, tmp_path: Path) -> None:
    for report in (tmp_path, file / "report.json", tmp_path / "none" / "report.json", Path("/proc/report.json")):
        code, said = build("--out", tmp_path / "out", "--report", report)
        assert (code, said.count("\n")) == (2, 1)
        assert said.startswith(f"error: --report {report}: ")
    assert not (tmp_path / "out").exists()


def test_what_can_be_written_passes_and_nothing_is_left_of_the_question(file: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    check_directory(tmp_path / "a" / "b", "tiles to")
    check_directory(tmp_path, "tiles to")
    check_file(file, "--report")
    check_file(tmp_path / "new.json", "--report")
    check_file(Path("/dev/null"), "--report")
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(ConfigError):
        check_directory(file, "tiles to")
