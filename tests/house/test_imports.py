"""Imports point down, and importing the service or the command line stays light."""

import subprocess
import sys
import tomllib

import pytest

from tests.house import ROOT

HEAVY = ("osmnx", "osmium", "pandas", "geopandas", "matplotlib", "pyproj", "pydantic")


def test_the_import_contract_is_exhaustive_and_kept() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c for c in settings["contracts"] if c["type"] == "layers")
    assert layers["exhaustive"] is True
    # in a process of its own: the linter sets up logging anew, and so silences the loggers of every later test
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    "module", ["mapprior.service", "mapprior.service.server", "mapprior.client", "mapprior.cli.main"]
)
def test_importing_it_loads_no_map_reader(module: str) -> None:
    program = f"import sys, {module}; print('\\n'.join(m for m in {HEAVY!r} if m in sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


@pytest.mark.parametrize("module", ["geo.frame", "model.network", "horizon.items", "match.position"])
def test_importing_the_core_loads_no_transport(module: str) -> None:
    program = (
        f"import sys, mapprior.{module}; print('\\n'.join(m for m in ('grpc', 'google.protobuf') if m in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []
