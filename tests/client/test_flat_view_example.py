"""The flat view as a bus consumer is fed: the example as a person runs it, against the real server."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mapprior.geo.units import E7
from mapprior.service.embedded import EmbeddedServer
from mapprior.service.settings import Settings
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import straight
from tests.house import ROOT
from tests.service.serving import serving, unhurried, write_market

EXAMPLE = ROOT / "clients/python/flat_view_example.py"
PATIENCE_SEC = 60.0


@pytest.fixture(scope="module")
def road() -> Drawn:
    picture = """
        A----B----C
             |
             D
    """
    return draw(picture, ways={"ABC": {"maxspeed_kmh": 50, "tunnel": True}}, profiles=straight)


@pytest.fixture
async def server(road: Drawn, tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    settings = Settings(tiles=(write_market(tmp_path / "ZZ", road),), listen=(f"unix:{tmp_path}/s.sock",))
    async with serving(unhurried(settings)) as running:
        yield running


async def test_the_example_prints_records(server: EmbeddedServer, road: Drawn) -> None:
    lat_e7, lon_e7 = road.at("AB", 50.0)
    place = f"{lat_e7 / E7:.7f},{lon_e7 / E7:.7f}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), server.address, place, "90"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SEC)
    assert process.returncode == 0, err.decode()
    lines = out.decode().splitlines()
    length_cm = road.link("AB").length_cm
    assert f"NEW     path 1 PROFILE CURVATURE 0..{length_cm} LINEAR: 0 to 0 (DERIVED)" in lines
    assert any(x.startswith(f"NEW     path 1 STUB at {length_cm} to path ") for x in lines)
    assert any("PROFILE SPEED_LIMIT 0.." in x and "13.889 LIMITED (TAGGED)" in x for x in lines)
    assert any("PROFILE FEATURE_TUNNEL" in x for x in lines)
    positions = [x for x in lines if x.startswith("POSITION")]
    assert len(positions) > 5
    assert len(lines) - lines.index(positions[-5]) == 5  # at rest nothing but the position
