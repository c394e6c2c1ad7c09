"""Tiles that cannot be read while the service runs: what a drive is told, what comes back, and what nobody is told."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mapprior.client import HorizonClient
from mapprior.errors import RemoteError
from mapprior.horizon.events import Open
from mapprior.horizon.items import CoverageState, HealthState
from mapprior.match.route import Waypoint
from mapprior.model.ids import tile_parts
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Layer
from mapprior.service.settings import Settings
from mapprior.tile.store import open_markets
from mapprior.wire.tiles import TileRequest
from tests.asciimap import Drawn
from tests.service.serving import Vehicle, channel, serving, write_market


def rewritten(files: Mapping[Path, bytes]) -> None:
    """In place: who has a file open sees it."""
    for path, data in files.items():
        with path.open("r+b") as file:
            file.write(data)


async def test_an_archive_that_cannot_be_read_for_a_while_is_read_later(
    drawn: Drawn, settings: Settings, tmp_path: Path
) -> None:
    market = write_market(tmp_path / "ZZ", drawn)
    roads, lanes = ({x: x.read_bytes()} for x in (market / "L0.pmtiles", market / "L2.pmtiles"))
    async with serving(replace(settings, tiles=(market,))) as server, channel(server.address) as line:
        for path in (*roads, *lanes):
            with path.open("r+b") as file:
                file.truncate(0)
        vehicle = Vehicle(line)
        await vehicle.send(Open(silence_ms_max=100))
        pose = drawn.poses("ABCDE")[20]
        await vehicle.drive(pose)
        await vehicle.until(lambda u: u.health is not None and "truncated" in u.health.reason)
        assert vehicle.held.reported.state is MatchState.NO_COVERAGE
        rewritten(roads)
        await vehicle.until(lambda _: vehicle.held.root is not None, pose=pose)

        def lane_coverage() -> set[tuple[CoverageState, str]]:
            assert vehicle.held.root is not None
            return {(x.state, x.reason) for x in vehicle.held.root.coverage if x.layer is Layer.L2}

        failed = (CoverageState.FAILED, "ZZ/L2.pmtiles: truncated: the file ends within a tile, or before it")
        await vehicle.until(lambda _: lane_coverage() == {failed})
        rewritten(lanes)
        await vehicle.until(lambda _: lane_coverage() == {(CoverageState.DERIVED, "")})  # without another pose
        await vehicle.until(lambda _: vehicle.held.health.state is HealthState.OK)


async def test_no_answer_says_where_files_lie_on_the_server(drawn: Drawn, settings: Settings, tmp_path: Path) -> None:
    market = write_market(tmp_path / "ZZ", drawn)
    with open_markets([market]) as store:
        infos = [x.info for x in store.archives(drawn.datasets[0].dataset_id)]
    places = [Waypoint(lat_e7=round(a), lon_e7=round(b)) for a, b in (drawn.at("AB", 60.0), drawn.at("CD", 60.0))]
    async with serving(replace(settings, tiles=(market,))) as server, HorizonClient(server.address) as client:
        for info in infos:
            with (market / info.name).open("r+b") as archive:
                archive.seek(info.index_bytes)
                archive.write(bytes(info.size_bytes - info.index_bytes))
        _, x, y = tile_parts(min(drawn.datasets[0].tiles))
        for asked in (
            client.find_route(places),
            client.match_trace(drawn.poses("AB")[:20]),
            client.tile(TileRequest("ZZ", Layer.L0, x, y)),
        ):
            with pytest.raises(RemoteError, match=r"DATA_LOSS: ZZ/L0.pmtiles: ") as raised:
                await asked
            assert str(tmp_path) not in str(raised.value)
