"""A vehicle's loop goes on at its own rate whatever becomes of the server."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mapprior.client import Drive, HorizonClient
from mapprior.client.drive import POSE_WAIT_SEC
from mapprior.geo.units import E7
from mapprior.horizon.events import ConditionsEvent, Open, PoseEvent, RouteEvent
from mapprior.match.route import Waypoint
from mapprior.model.pose import Condition, DrivingConditions, Pose
from mapprior.service.settings import Settings
from mapprior.wire.requests import RouteWaypoints
from tests.client.test_drive import SNAPSHOT, PlayedCall, broken, drive_of
from tests.service.serving import serving, straight_road, unhurried, write_market

PATIENCE_SEC = 10.0  # gRPC itself gives a silent server 20 s
PLACE = Pose(1, lat_e7=50.0 * E7, lon_e7=8.0 * E7)
SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # of HTTP/2 (RFC 9113, 6.5): none but the defaults


class Silent:
    """Listens, takes every connection and reads nothing of it; `greeting` is all that it says."""

    def __init__(self, greeting: bytes = b"") -> None:
        self.met = asyncio.Event()
        self.port = 0
        self._greeting = greeting
        self._writers: list[asyncio.StreamWriter] = []

    def _connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(self._greeting)
        transport = writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        self.met.set()

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator["Silent"]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()


async def sent_at_once(drive: Drive, count: int = 20) -> None:
    async with asyncio.timeout(PATIENCE_SEC):
        for _ in range(count):
            await drive.send_pose(PLACE)


async def test_where_a_server_was_and_now_stays_silent_no_pose_waits(tmp_path: Path) -> None:
    road = straight_road()
    place = road.poses("ABC", speed_mps=15.0, rate_hz=10.0)[0]
    tiles = write_market(tmp_path / "ZZ", road)
    async with asyncio.timeout(4 * PATIENCE_SEC):
        async with serving(unhurried(Settings(tiles=(tiles,)))) as server:
            client = HorizonClient(server.address)
            drive = await client.drive().__aenter__()
            await drive.send_pose(place)
            await drive.changed()
        silent = Silent()
        async with silent.listening(int(server.address.rpartition(":")[2])):
            await silent.met.wait()
            await sent_at_once(drive)
            await asyncio.wait_for(drive.send_route([]), PATIENCE_SEC)
            assert drive.broken is not None and not drive.has_ended
            await drive.close()
        await client.close()


async def test_where_a_server_takes_the_call_and_reads_nothing_a_pose_waits_as_long_as_it_says() -> None:
    async with (
        Silent(SETTINGS).listening() as silent,
        HorizonClient(f"127.0.0.1:{silent.port}") as client,
        client.drive() as drive,
    ):
        async with asyncio.timeout(6 * PATIENCE_SEC):
            waited_sec = 0.0
            while waited_sec < POSE_WAIT_SEC:  # until the windows are full
                begun_sec = time.monotonic()
                await asyncio.wait_for(drive.send_pose(PLACE), PATIENCE_SEC)
                waited_sec = time.monotonic() - begun_sec
        await sent_at_once(drive)
        assert not drive.has_ended and drive.broken is None


async def test_of_poses_that_wait_the_newest_is_sent() -> None:
    call = PlayedCall()
    async with drive_of(call) as drive, asyncio.timeout(PATIENCE_SEC):
        call.open_gate.clear()
        for k in range(5):
            await drive.send_pose(Pose(10 + k))
        call.open_gate.set()
        await call.has_written(3)
        await drive.send_pose(Pose(20))
        assert [x.pose.pose_time_us for x in call.written if isinstance(x, PoseEvent)] == [10, 14, 20]


async def test_in_a_replay_every_pose_waits_for_its_turn() -> None:
    call = PlayedCall()
    drive = Drive(lambda: call, Open(replay=True), address="here", resumes_max=0, stale_after_ms=2000)
    async with drive, asyncio.timeout(PATIENCE_SEC):
        call.open_gate.clear()
        waiting = [asyncio.create_task(drive.send_pose(Pose(10 + k))) for k in range(3)]
        await asyncio.wait(waiting, timeout=2 * POSE_WAIT_SEC)
        assert not any(x.done() for x in waiting)
        call.open_gate.set()
        await asyncio.gather(*waiting)
        assert [x.pose.pose_time_us for x in call.written if isinstance(x, PoseEvent)] == [10, 11, 12]


async def test_what_is_said_while_a_call_is_opened_again_reaches_it_and_keeps_nobody_waiting() -> None:
    first, second = PlayedCall(), PlayedCall()
    places, rain = (Waypoint(1, 2), Waypoint(3, 4)), DrivingConditions(wet=Condition.YES)
    async with drive_of(first, second) as drive, asyncio.timeout(PATIENCE_SEC):
        await drive.send_route(places)
        first.send(SNAPSHOT)
        await drive.changed()
        second.open_gate.clear()
        first.reads.put_nowait(broken())
        await second.begun.wait()
        await drive.send_pose(Pose(9))
        await drive.send_conditions(rain)
        second.open_gate.set()
        await second.has_written(3)
        assert second.written[1:] == [RouteWaypoints(places), ConditionsEvent(rain)]


class SlowCall(PlayedCall):
    """Each message waits for a turn of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = asyncio.Semaphore(0)

    async def write(self, data: bytes) -> None:
        await self.turns.acquire()
        await super().write(data)


async def test_a_route_withdrawn_while_a_call_is_told_it_is_withdrawn_there() -> None:
    first, second = PlayedCall(), SlowCall()
    places = (Waypoint(1, 2), Waypoint(3, 4))
    async with drive_of(first, second) as drive, asyncio.timeout(PATIENCE_SEC):
        await drive.send_route(places)
        first.send(SNAPSHOT)
        await drive.changed()
        first.reads.put_nowait(broken())
        second.turns.release()
        await second.begun.wait()  # opened, and about to be told the route
        await drive.send_route([])
        second.turns.release()
        second.turns.release()
        await second.has_written(3)
        assert second.written[1:] == [RouteWaypoints(places), RouteEvent(())]
