"""The client against the real server, in one process: drives, resync, resume, and every other call."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clients.python.planner_example import plan
from mapprior.cli.drive import follow
from mapprior.cli.view import panel, plain_line
from mapprior.client import Drive, HorizonClient
from mapprior.errors import RemoteError
from mapprior.geo.units import E7
from mapprior.horizon.events import Open
from mapprior.horizon.items import Update
from mapprior.match.route import Waypoint
from mapprior.model.pose import MatchState, Pose
from mapprior.model.provenance import Basis, Layer
from mapprior.model.work_zone import WorkZone
from mapprior.reader.as_json import as_json
from mapprior.service.embedded import EmbeddedServer
from mapprior.service.settings import Settings
from mapprior.wire.tiles import TileRequest
from tests.asciimap import Drawn
from tests.service.serving import PATIENCE_SEC, serving, straight_road, unhurried, write_market

REPLAY = Open(replay=True)


@pytest.fixture(scope="module")
def road() -> Drawn:
    return straight_road()


@pytest.fixture
async def server(road: Drawn, tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    settings = Settings(
        tiles=(write_market(tmp_path / "ZZ", road),),
        listen=(f"unix:{tmp_path}/horizon.sock",),
        admin_listen=f"unix:{tmp_path}/admin.sock",
    )
    async with serving(unhurried(settings)) as running:
        yield running


def poses(road: Drawn, count: int = 60) -> list[Pose]:
    """From now on: a zone that is over by the server's clock is not published."""
    start_us = time.time_ns() // 1000
    return road.poses("ABC", speed_mps=15.0, rate_hz=10.0, start_time_us=start_us)[:count]


async def driven(drive: Drive, sent: list[Pose]) -> None:
    """Sends each pose when the one before has been answered."""

    async def source() -> AsyncIterator[Pose]:
        for pose in sent:
            yield pose

    await asyncio.wait_for(follow(drive, source(), speed_factor=1000.0, show=lambda _drive, _pose: None), PATIENCE_SEC)


def waypoint(road: Drawn, name: str) -> Waypoint:
    lat_e7, lon_e7 = road.position(name)
    return Waypoint(round(lat_e7), round(lon_e7))


@pytest.mark.parametrize("speed_factor", [0.5, 2.0])
async def test_poses_are_sent_at_their_own_pace_times_the_speed_factor(
    server: EmbeddedServer, road: Drawn, speed_factor: float
) -> None:
    """None before it is due. Faster than they were driven, each is also answered before the next one."""
    sent = poses(road, count=6)
    shown: list[tuple[float, int]] = []

    async def source() -> AsyncIterator[Pose]:
        for pose in sent:
            yield pose

    async with HorizonClient(server.address) as client, client.drive(REPLAY) as drive:
        begun_sec = time.monotonic()
        await asyncio.wait_for(
            follow(
                drive,
                source(),
                speed_factor=speed_factor,
                show=lambda seen, _pose: shown.append((time.monotonic(), seen.horizon.pose_time_us)),
            ),
            PATIENCE_SEC,
        )
    assert len(shown) == len(sent)
    for (at_sec, known_us), pose in zip(shown, sent, strict=True):
        assert at_sec - begun_sec >= (pose.pose_time_us - sent[0].pose_time_us) / 1e6 / speed_factor
        assert speed_factor < 1.0 or known_us == pose.pose_time_us


async def test_a_drive_knows_the_road_ahead(server: EmbeddedServer, road: Drawn) -> None:
    seen: list[Update] = []
    async with HorizonClient(server.address) as client, client.drive(REPLAY, on_update=seen.append) as drive:
        await driven(drive, poses(road))
        horizon = drive.horizon
        limit, lanes = horizon.limit_now(), horizon.lanes_ahead(50.0)
        assert horizon.reported.state is MatchState.TRACKING
        assert limit is not None and limit.value is not None and limit.value.posted_value_milli == 50_000
        assert lanes is not None and lanes.value
        assert [u.update_index for u in seen] == list(range(1, len(seen) + 1))
        assert drive.traffic.updates_count == len(seen) and drive.traffic.resyncs_count == 0
        said = as_json(horizon)
        assert json.loads(json.dumps(said, allow_nan=False)) == said
        assert "50 km/h" in plain_line(horizon, None)
        assert panel(horizon, drive.traffic, title="drive", pose=None) is not None
        horizon.held_content()  # as when the call breaks: nothing is answered, so nothing is said to be absent
        assert plain_line(horizon, None).startswith("waiting for the server | limit - | next - | work zone -")


async def test_a_lost_update_leads_to_a_snapshot_and_to_the_same_horizon(server: EmbeddedServer, road: Drawn) -> None:
    async with HorizonClient(server.address) as client, client.drive(REPLAY) as drive:
        sent = poses(road)
        await driven(drive, sent[:20])
        held = drive.horizon.state.contents
        # As if an update had been lost on the way: the next one no longer follows.
        drive.horizon.update_index -= 1
        await driven(drive, sent[20:])
        assert drive.traffic.resyncs_count == 1
        assert drive.horizon.answers and drive.horizon.reported.state is MatchState.TRACKING
        assert held.keys() <= drive.horizon.state.contents.keys() or drive.horizon.state.contents


async def test_a_broken_call_is_opened_again_with_what_is_held(road: Drawn, tmp_path: Path) -> None:
    settings = unhurried(
        Settings(tiles=(write_market(tmp_path / "ZZ", road),), listen=(f"unix:{tmp_path}/horizon.sock",))
    )
    sent = poses(road)
    snapshots: list[Update] = []

    def note(update: Update) -> None:
        if update.snapshot:
            snapshots.append(update)

    async with HorizonClient(f"unix:{tmp_path}/horizon.sock") as client, client.drive(REPLAY, on_update=note) as drive:
        async with serving(settings):
            await driven(drive, sent[:30])
        async with serving(settings):
            for _ in range(100):
                if drive.traffic.resumes_count and not drive.has_ended:
                    break
                await asyncio.sleep(0.05)
            await driven(drive, sent[30:])
            assert drive.traffic.resumes_count >= 1
            assert drive.horizon.answers and drive.horizon.reported.state is MatchState.TRACKING
            assert len(snapshots) == 2, "one at the start and one after the call broke"


async def test_a_server_that_is_not_there_is_a_remote_error(tmp_path: Path) -> None:
    async with HorizonClient(f"unix:{tmp_path}/nobody.sock") as client:
        with pytest.raises(RemoteError, match=rf"^no server answers at unix:{tmp_path}/nobody\.sock \(UNAVAILABLE\)$"):
            await client.markets()
        async with client.drive(REPLAY, resumes_max=1) as drive:
            with pytest.raises(RemoteError, match="no server answers at"):
                async for _ in drive:
                    pass


async def test_routes_traces_and_tiles(server: EmbeddedServer, road: Drawn) -> None:
    async with HorizonClient(server.address) as client:
        route = await client.find_route([waypoint(road, "A"), waypoint(road, "C")])
        assert route.links == tuple(road.link(name).link_id for name in ("AB", "BC"))
        trace = await client.match_trace(poses(road))
        assert trace.links[0] == road.link("AB").link_id and len(trace.positions) == len(poses(road))
        (market,) = await client.markets()
        assert market.market == "ZZ"
        tile = next(iter(road.datasets[0].tiles))
        found = await client.tile(TileRequest("ZZ", Layer.L0, (tile >> 14) & 16383, tile & 16383))
        assert found.tile and found.build_id == road.datasets[0].build_id
        with pytest.raises(RemoteError, match="NOT_FOUND"):
            await client.find_route([waypoint(road, "A"), waypoint(road, "Y")])


async def test_a_zone_published_on_the_admin_listener_reaches_the_drive_and_leaves_it(
    server: EmbeddedServer, road: Drawn
) -> None:
    sent = poses(road, 40)
    lats, lons = zip(*(road.at("BC", at_m) for at_m in (20.0, 200.0, 380.0)), strict=True)
    zone = WorkZone(
        id="works-1",
        source="test",
        start_time_us=sent[0].pose_time_us - 3600 * 1_000_000,
        end_time_us=sent[0].pose_time_us + 3600 * 1_000_000,
        lat_e7=tuple(round(x) for x in lats),
        lon_e7=tuple(round(x) for x in lons),
        confidence_permille=900,
        place_sigma_cm=500,
        basis=Basis.FEED,
        synthetic=True,
    )
    async with (
        HorizonClient(server.address) as client,
        HorizonClient(server.admin_address) as admin,
        client.drive(REPLAY) as drive,
    ):
        await driven(drive, sent[:20])
        (outcome,) = (await admin.publish_zones([zone])).outcomes
        assert outcome.links_count and not outcome.reason
        await driven(drive, sent[20:30])
        ahead = drive.horizon.distance_to_zone()
        assert ahead is not None and ahead.value is not None and ahead.value.zone.id == "works-1"
        async for watched in client.watch_zones():
            assert [z.id for z in watched.zones] == ["works-1"]
            break
        with pytest.raises(RemoteError, match=r"UNIMPLEMENTED: .* only on the admin listener"):
            await client.publish_zones([zone])
        assert (await admin.withdraw_zones(["works-1", "nothing"])).unknown_ids == ("nothing",)
        await driven(drive, sent[30:])
        ahead = drive.horizon.distance_to_zone()
        assert ahead is not None and ahead.value is None


async def test_what_the_server_refuses_is_said_without_the_position(server: EmbeddedServer) -> None:
    async with HorizonClient(server.address) as client, client.drive(REPLAY) as drive:
        await drive.send_pose(Pose(1, lat_e7=91.0 * E7, lon_e7=12.3456789 * E7))
        with pytest.raises(RemoteError, match="INVALID_ARGUMENT") as caught:
            async for _ in drive:
                pass
        assert "91" not in str(caught.value).replace("90", "") and "12.34" not in str(caught.value)


async def test_the_planner_example_runs(
    server: EmbeddedServer, road: Drawn, capsys: pytest.CaptureFixture[str]
) -> None:
    lat_e7, lon_e7 = road.at("AB", 50.0)
    await asyncio.wait_for(plan(server.address, lat_e7 / E7, lon_e7 / E7, 90.0, updates_count=10), PATIENCE_SEC)
    assert "LIMITED 13.9 m/s, certain" in capsys.readouterr().out
