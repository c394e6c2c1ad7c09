"""What the tree may contain, and above all what it may not."""

import ast
import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests.house import ROOT

ROOM_LINES_COUNT_MAX = 480  # a mirror rather than a ruler: most files are far shorter
TEST_LINES_COUNT_MAX = 700
FUNCTION_LINES_COUNT_MAX = 80
FILE_BYTES_MAX = 4 << 20
TREE_BYTES_MAX = 16 << 20
FORBIDDEN_STEMS = {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc", "tools", "stuff"}
FORBIDDEN_FOLDERS = {"docs", "doc", "scripts", "examples", "tools", "src"}
ROOT_NAMES = {
    ".ci", ".gitattributes", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "README.md", "clients", "mapprior", "protos", "pyproject.toml", "setup.py", "tests", "tiles",
}  # fmt: skip
TEXT_SUFFIXES = {".py", ".pyi", ".proto", ".md", ".toml", ".json", ".geojson", ".txt", ".osm", ""}

# An absolute path of a machine, in any text; the front part keeps URLs and relative paths out.
MACHINE_PATH = re.compile(r"(?<![\w.:/~$}])/(?:home|root|Users|work|workspace|mnt|opt|srv|private)/[\w.]+")
MAIL_ADDRESS = re.compile(r"\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|NotImplementedError")
URL_HOST = re.compile(r"https?://([\w.-]+)")
URL_HOSTS = {
    "www.apache.org", "creativecommons.org", "opendatacommons.org", "www.openstreetmap.org", "openstreetmap.org",
    "wiki.openstreetmap.org", "github.com", "raw.githubusercontent.com", "pypi.org", "docs.pmtiles.io",
    "keepachangelog.com", "semver.org", "www.topografix.com", "google.aip.dev", "buf.build", "localhost",
}  # fmt: skip


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is or may be committed, relative to the root."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the list of files is unknown")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout.decode()
    return tuple(Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file())


def text_files() -> list[tuple[Path, str]]:
    """Text as someone here wrote it: without licences and the generated stubs."""
    chosen = [
        path
        for path in tracked()
        if path.suffix in TEXT_SUFFIXES
        and not path.name.endswith(("LICENSE", ".LICENSE.txt"))
        and path.parts[:2] != ("mapprior", "v1")
    ]
    return [(path, (ROOT / path).read_text(encoding="utf-8")) for path in chosen]


def python_files(*, under: str) -> list[tuple[Path, str]]:
    return [(path, text) for path, text in text_files() if path.suffix == ".py" and path.parts[0] == under]


def test_the_root_holds_what_the_design_names() -> None:
    assert {path.parts[0] for path in tracked()} - ROOT_NAMES == set()


def test_names_are_nouns() -> None:
    wrong = [
        str(path)
        for path in tracked()
        if path.stem.lower() in FORBIDDEN_STEMS or FORBIDDEN_FOLDERS & {part.lower() for part in path.parts[:-1]}
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("under", "lines_count_max"), [("mapprior", ROOM_LINES_COUNT_MAX), ("tests", TEST_LINES_COUNT_MAX)]
)
def test_files_are_short(under: str, lines_count_max: int) -> None:
    lengths = {str(path): text.count("\n") for path, text in python_files(under=under)}
    assert {name: count for name, count in lengths.items() if count > lines_count_max} == {}


def test_functions_are_short() -> None:
    long = {}
    for path, text in python_files(under="mapprior"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = (node.end_lineno or node.lineno) - node.lineno + 1
                if count > FUNCTION_LINES_COUNT_MAX:
                    long[f"{path}:{node.name}"] = count
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path, text in python_files(under="mapprior") if not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_no_name_ends_in_s_for_seconds() -> None:
    """`s` is arc length here; seconds are `_sec`, metres are `_m`."""
    wrong = []
    for path, text in python_files(under="mapprior"):
        for node in ast.walk(ast.parse(text)):
            name = node.arg if isinstance(node, ast.arg) else node.id if isinstance(node, ast.Name) else ""
            if re.search(r"[a-z0-9]_s$", name):
                wrong.append(f"{path}:{node.lineno} {name}")  # type: ignore[attr-defined]
    assert wrong == []


def test_nothing_is_unfinished() -> None:
    found = [
        f"{path}: {match[0]}"
        for path, text in text_files()
        if path.name != Path(__file__).name and (match := UNFINISHED.search(text))
    ]
    assert found == []


@pytest.mark.parametrize("pattern", [MACHINE_PATH, MAIL_ADDRESS], ids=["path", "mail"])
def test_no_text_names_a_machine_or_a_person(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path}: {match[0]}"
        for path, text in text_files()
        if path.name != Path(__file__).name
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_every_address_named_is_a_public_reference() -> None:
    found = {
        f"{path}: {host}"
        for path, text in text_files()
        if path.name != Path(__file__).name
        for host in URL_HOST.findall(text)
        if host not in URL_HOSTS
    }
    assert found == set()


def test_tests_patch_nothing() -> None:
    pattern = re.compile(r"unittest\.mock|MagicMock|monkeypatch\.setattr|mocker\b")
    found = [
        str(path)
        for path, text in python_files(under="tests")
        if path.name != Path(__file__).name and pattern.search(text)
    ]
    assert found == []


def test_the_tree_is_small() -> None:
    sizes = {str(path): (ROOT / path).stat().st_size for path in tracked()}
    assert {name: size for name, size in sizes.items() if size > FILE_BYTES_MAX} == {}
    assert sum(sizes.values()) < TREE_BYTES_MAX


def test_the_wheel_carries_every_data_file() -> None:
    """`py.typed`, the stubs' types and the market tables are package data; a file no pattern takes would be missing."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["mapprior"]
    data = [
        path.relative_to("mapprior").as_posix()
        for path in tracked()
        if path.parts[0] == "mapprior" and path.suffix != ".py"
    ]
    assert "py.typed" in data
    assert [name for name in data if not any(fnmatch(name, pattern) for pattern in patterns)] == []
