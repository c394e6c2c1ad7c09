"""A real server on loopback and a vehicle made of bare gRPC calls, for the tests of the service."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc

from mapprior.horizon.events import AcknowledgementEvent, Event, Open, PoseEvent
from mapprior.horizon.items import Update
from mapprior.model.pose import Pose
from mapprior.model.work_zone import WorkZone
from mapprior.reader.reconstructor import Reconstructor
from mapprior.runtime.replay import new_reconstructor
from mapprior.service.embedded import EmbeddedServer, embedded
from mapprior.service.settings import Settings
from mapprior.tile.release import ReleaseFacts, write_release
from mapprior.wire import methods
from mapprior.wire.requests import RouteWaypoints, encode_request
from mapprior.wire.updates import decode_update
from tests.asciimap import Drawn, draw

STREAM = methods.path(methods.HORIZON_SERVICE, methods.STREAM_HORIZON)
PATIENCE_SEC = 20.0  # for what comes at once on an idle machine


def straight_road() -> Drawn:
    """1.6 km in four links, a junction, and a road nobody can reach."""
    return draw(
        """
        A-------B-------C-------D-------E
                        |
                        F               X---Y
        """,
        ways={"ABCDE": {"maxspeed_kmh": 50, "lanes": 2, "name": "Long Road"}},
    )


def write_market(directory: Path, drawn: Drawn, market_pack: Mapping[str, object] | None = None) -> Path:
    """The drawn network as a release on disk."""
    dataset = drawn.datasets[0]
    write_release(
        directory,
        ReleaseFacts(
            market=dataset.market,
            dataset_id=dataset.dataset_id,
            build_id=dataset.build_id,
            release=dataset.name,
            driving_side=dataset.driving_side,
            sources=(),
            licence="none",
            attribution="drawn for a test",
            synthetic=True,
        ),
        layers=drawn.layers(),
        market_pack=market_pack,
    )
    return directory


def unhurried(settings: Settings) -> Settings:
    """Sheds no load: tests share their machine and, with the clients, even the event loop."""
    idle = replace(settings.limits, refuse_lag_ms=60_000, thin_lag_ms=60_000, stream_work_ms_per_sec_max=1_000_000)
    return replace(settings, limits=idle)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[EmbeddedServer]:
    """An embedded server on a free port, unless the settings say where."""
    if settings.listen == Settings().listen:
        settings = replace(settings, listen=("127.0.0.1:0",))
    async with embedded(settings, drain_ms=100) as server:
        yield server


def channel(address: str, *, options: Sequence[tuple[str, int]] = ()) -> grpc.aio.Channel:
    """A connection of its own: channels to one address share theirs otherwise."""
    return grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1), *options])


class Vehicle:
    """One open stream. `held` is the horizon as a client has it."""

    def __init__(self, line: grpc.aio.Channel) -> None:
        self.call: Any = line.stream_stream(STREAM)()
        self.held: Reconstructor = new_reconstructor()
        self.updates: list[Update] = []
        self.unread_count = 0  # updates that only `status` read

    async def send(self, event: Event | RouteWaypoints) -> None:
        await asyncio.wait_for(self.call.write(encode_request(event)), PATIENCE_SEC)

    async def drive(self, pose: Pose) -> None:
        """Sends a pose with the time of now."""
        await self.send(PoseEvent(now(pose)))

    async def update(self, *, acknowledge: bool = True) -> Update:
        """The next update, applied and acknowledged. AioRpcError where the call has ended."""
        data = await asyncio.wait_for(self.call.read(), PATIENCE_SEC)
        assert data is not grpc.aio.EOF, "the call ended without an error"
        update = decode_update(data)
        self.held.apply(update, time.monotonic_ns() // 1000)
        self.updates.append(update)
        if acknowledge:
            await self.send(AcknowledgementEvent(update.update_index))
        return update

    async def until(self, condition: Any, *, pose: Pose | None = None) -> Update:
        """Updates until one, or the horizon it leads to, fits; a pose is sent after each when given."""
        async with asyncio.timeout(PATIENCE_SEC):
            while True:
                update = await self.update()
                if condition(update):
                    return update
                if pose is not None:
                    await self.drive(pose)

    async def status(self) -> tuple[grpc.StatusCode, str]:
        """Reads to the end of the call."""
        async with asyncio.timeout(PATIENCE_SEC):
            with contextlib.suppress(grpc.aio.AioRpcError):
                while await self.call.read() is not grpc.aio.EOF:
                    self.unread_count += 1
            return await self.call.code(), await self.call.details()


def now(pose: Pose) -> Pose:
    return replace(pose, pose_time_us=time.time_ns() // 1000)


async def opened(line: grpc.aio.Channel, pose: Pose, opening: Open | None = None) -> Vehicle:
    """A vehicle with the first whole horizon applied, lanes included."""
    vehicle = Vehicle(line)
    await vehicle.send(opening or Open())
    await vehicle.drive(pose)

    def has_lanes(_: Update) -> bool:
        lanes = vehicle.held.lanes_ahead(100.0)
        return lanes is not None and bool(lanes.value)

    await vehicle.until(has_lanes, pose=pose)
    return vehicle


def zone_on(drawn: Drawn, letters: str, zone_id: str = "works-1") -> WorkZone:
    """Works along a link, begun an hour ago, for another hour."""
    line = drawn.link(letters).line
    hour_us = 3_600_000_000
    time_us = time.time_ns() // 1000
    return WorkZone(
        id=zone_id,
        source="test",
        start_time_us=time_us - hour_us,
        end_time_us=time_us + hour_us,
        lat_e7=line.lat_e7,
        lon_e7=line.lon_e7,
        confidence_permille=900,
        place_sigma_cm=500,
        start_time_verified=True,
        observed_time_us=time_us,
        synthetic=True,
    )
