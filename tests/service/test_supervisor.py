"""Several worker processes on one port: zones reach all, a killed one comes back, SIGTERM drains."""

import asyncio
import contextlib
import gc
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest

from mapprior.client.drive import BROKEN_WRITE
from mapprior.errors import ConfigError, TileError
from mapprior.horizon.events import Open
from mapprior.model.pose import Pose
from mapprior.service.settings import Settings
from mapprior.service.supervisor import Supervisor
from mapprior.wire import methods
from mapprior.wire.zone_calls import (
    decode_publish_answer,
    decode_withdraw_answer,
    encode_publish_request,
    encode_withdraw_request,
)
from tests.asciimap import Drawn, draw
from tests.service.serving import (
    PATIENCE_SEC,
    Vehicle,
    channel,
    opened,
    unhurried,
    write_market,
    zone_on,
)

STREAMS_COUNT = 14  # all on one of two workers: once in 8,192 runs


@pytest.fixture(scope="module")
def settings(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    tiles = write_market(tmp_path_factory.mktemp("tiles") / "ZZ", drawn)
    return unhurried(Settings(tiles=(tiles,), listen=("127.0.0.1:0",)))


@dataclass
class Running:
    supervisor: Supervisor
    address: str
    admin_address: str
    run: "asyncio.Task[None]"


@asynccontextmanager
async def supervised(settings: Settings) -> AsyncIterator[Running]:
    ready: asyncio.Future[tuple[Sequence[str], str]] = asyncio.get_running_loop().create_future()
    supervisor = Supervisor(settings)
    run = asyncio.create_task(supervisor.run(lambda *said: ready.set_result(said)))
    await asyncio.wait([ready, run], return_when=asyncio.FIRST_COMPLETED)
    if run.done():
        await run
    addresses, admin_address = ready.result()
    try:
        yield Running(supervisor, addresses[0], admin_address, run)
    finally:
        supervisor.stop()
        await asyncio.wait_for(run, PATIENCE_SEC)


@contextlib.contextmanager
def short_directory():  # type: ignore[no-untyped-def]
    """A socket's path must be short; pytest's are not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


async def fleet(address: str, pose: Pose, stack: contextlib.AsyncExitStack) -> list[Vehicle]:
    """Vehicles on connections of their own, so that the kernel spreads them over the workers."""
    lines = [await stack.enter_async_context(channel(address)) for _ in range(STREAMS_COUNT)]
    return list(await asyncio.gather(*(opened(line, pose) for line in lines)))


async def have_zone(vehicles: Sequence[Vehicle], pose: Pose, *, present: bool) -> None:
    await asyncio.gather(
        *(v.until(lambda _, v=v: bool(v.held.state.zones) is present, pose=pose) for v in vehicles if not v.call.done())
    )


async def test_a_server_that_is_refused_leaves_the_other_ones_admin_socket(settings: Settings) -> None:
    """Without it nobody could withdraw a zone any more."""
    with short_directory() as directory:
        twice = replace(settings, admin_listen=f"unix:{directory}/admin")
        async with supervised(twice) as running:
            with pytest.raises(ConfigError, match="another program listens"):
                async with supervised(twice):
                    pytest.fail("two servers on one admin socket")
            async with grpc.aio.insecure_channel(running.admin_address) as admin:
                withdraw = admin.unary_unary(methods.path(methods.WORK_ZONE_SERVICE, methods.WITHDRAW_WORK_ZONES))
                assert decode_withdraw_answer(await withdraw(encode_withdraw_request(["z"]))).unknown_ids == ("z",)
        assert not list(directory.iterdir())


async def test_zones_reach_all_workers_and_a_killed_one_comes_back_with_them(drawn: Drawn, settings: Settings) -> None:
    pose = drawn.poses("ABCDE")[20]
    with short_directory() as directory:
        async with contextlib.AsyncExitStack() as stack:
            running = await stack.enter_async_context(
                supervised(replace(settings, workers=2, admin_listen=f"unix:{directory}/admin"))
            )
            admin = await stack.enter_async_context(grpc.aio.insecure_channel(running.admin_address))
            publish = admin.unary_unary(methods.path(methods.WORK_ZONE_SERVICE, methods.PUBLISH_WORK_ZONES))
            withdraw = admin.unary_unary(methods.path(methods.WORK_ZONE_SERVICE, methods.WITHDRAW_WORK_ZONES))
            vehicles = await fleet(running.address, pose, stack)
            answer = decode_publish_answer(await publish(encode_publish_request([zone_on(drawn, "CD")])))
            assert answer.outcomes[0].links_count == 1
            await have_zone(vehicles, pose, present=True)

            before = running.supervisor.worker_pids
            os.kill(before[0], signal.SIGKILL)
            ends = await asyncio.gather(*(lost(v) for v in vehicles))
            assert 0 < sum(ends) < STREAMS_COUNT, "each worker had some of the streams"
            for _ in range(600):
                if before[0] not in running.supervisor.worker_pids and len(running.supervisor.worker_pids) == 2:
                    break
                await asyncio.sleep(0.05)
            assert running.supervisor.worker_pids[1] == before[1]

            newcomers = await fleet(running.address, pose, stack)
            await have_zone(newcomers, pose, present=True)
            left = [v for v, ended in zip(vehicles, ends, strict=True) if not ended]
            assert not decode_withdraw_answer(await withdraw(encode_withdraw_request(["works-1"]))).unknown_ids
            await have_zone([*left, *newcomers], pose, present=False)


async def lost(vehicle: Vehicle) -> bool:
    """Whether the call ended, waiting long enough to be told."""
    try:
        for _ in range(6):
            await vehicle.update()
    except grpc.aio.AioRpcError as error:
        # a write that meets the broken connection first is gRPC's own INTERNAL
        assert error.code() is grpc.StatusCode.UNAVAILABLE or error.details() == BROKEN_WRITE
        return True
    except asyncio.InvalidStateError:
        return True  # an acknowledgement met the ended call first
    return False


async def test_a_restarted_worker_serves_no_other_release_than_the_zones_were_placed_on(
    drawn: Drawn, settings: Settings, tmp_path: Path
) -> None:
    tiles = write_market(tmp_path / "ZZ", drawn)
    with pytest.raises(ConfigError, match="tiles were replaced"):
        async with supervised(replace(settings, tiles=(tiles,))) as running:
            # the same ids on other roads: what a new release may well be
            write_market(tiles, draw("A----B----C\n     |\n     D", market=drawn.datasets[0].market))
            (pid,) = running.supervisor.worker_pids
            os.kill(pid, signal.SIGKILL)
            await asyncio.wait([running.run], timeout=PATIENCE_SEC)


async def test_stopping_drains_and_says_so_to_every_vehicle(drawn: Drawn, settings: Settings) -> None:
    pose = drawn.poses("ABCDE")[20]
    async with contextlib.AsyncExitStack() as stack:
        async with supervised(settings) as running:
            line = await stack.enter_async_context(channel(running.address))
            vehicle = await opened(line, pose, Open(silence_ms_max=100, unacknowledged_updates_max=64))
            pids = running.supervisor.worker_pids
            running.supervisor.stop()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                while True:  # an acknowledgement may meet the ended call, and would then hide its status
                    await vehicle.update(acknowledge=False)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "being stopped" in str(caught.value.details())
        assert "being stopped" in vehicle.held.health.reason
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


async def test_stopped_before_it_is_ready_it_ends_without_a_word(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """As by SIGTERM to the whole group of processes: the worker dies of it, and is not started again."""
    unhandled: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context["message"]))
    ready: list[object] = []
    for kills in (False, True):
        supervisor = Supervisor(settings)
        run = asyncio.create_task(supervisor.run(lambda *_: ready.append(_)))
        async with asyncio.timeout(PATIENCE_SEC):
            while not supervisor.worker_pids:  # noqa: ASYNC110 - it says nothing when it spawns
                await asyncio.sleep(0.001)
            (pid,) = supervisor.worker_pids
            supervisor.stop()
            if kills:
                os.kill(pid, signal.SIGTERM)
            await run
        gc.collect()
        assert (ready, unhandled) == ([], [])
        assert [x.getMessage() for x in caplog.records if x.name == "mapprior.service"] == []


async def test_what_cannot_be_served_is_said_at_once(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(TileError, match="no such directory"):
        async with supervised(replace(settings, tiles=(tmp_path / "none",))):
            pass
    async with supervised(settings) as running:
        with pytest.raises(ConfigError, match="in use"):
            async with supervised(replace(settings, listen=(running.address,))):
                pass


async def test_the_command_serves_on_a_unix_socket_and_writes_no_position_anywhere(
    drawn: Drawn, settings: Settings
) -> None:
    canary = drawn.at("AB", 123.4, 0.321)
    pose = replace(drawn.poses("AB")[30], lat_e7=canary[0], lon_e7=canary[1])
    with short_directory() as directory:
        environment = {**os.environ, "TMPDIR": str(directory), "HOME": str(directory), "GRPC_VERBOSITY": "INFO"}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", "from mapprior.cli.main import app; app()", "serve", str(settings.tiles[0])),
            *("--listen", f"unix:{directory}/s"),
            cwd=directory,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None and process.stderr is not None
        said = b""
        while not said.endswith(b"ready\n"):
            said += await asyncio.wait_for(process.stdout.readline(), 60)
        assert f"listening on unix:{directory}/s" in said.decode()
        async with grpc.aio.insecure_channel(f"unix:{directory}/s") as line:
            vehicle = await opened(line, pose)
            await vehicle.drive(replace(pose, lat_e7=905_123_456.0))
            await vehicle.status()
            await opened(line, pose)
            process.send_signal(signal.SIGTERM)
            rest, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SEC)
        assert process.returncode == 0, errors.decode()
        left = [p for p in directory.rglob("*") if p.is_file()]
        everything = said + rest + errors + b"".join(p.read_bytes() for p in left)
        assert not (directory / "s").exists()
        digits = "|".join(
            (*(str(round(c))[:7] for c in canary), *(f"{c / 1e7:.4f}" for c in canary), "905123", "90[.]5123")
        )
        assert not re.search(digits.encode(), everything), everything


async def test_a_terminal_that_hangs_up_drains_the_service(drawn: Drawn, settings: Settings) -> None:
    """The signal reaches the whole group of processes; nobody dies of it before the vehicles are told."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from mapprior.cli.main import app; app()", "serve", str(settings.tiles[0])),
        *("--listen", "127.0.0.1:0", "--workers", "2"),
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # also where the tests run under nohup
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = b""
    while not said.endswith(b"ready\n"):
        said += await asyncio.wait_for(process.stdout.readline(), 60)
    address = said.decode().split("listening on ")[1].split()[0]
    async with channel(address) as line:
        vehicle = await opened(line, drawn.poses("ABCDE")[20], Open(silence_ms_max=100, unacknowledged_updates_max=64))
        os.killpg(process.pid, signal.SIGHUP)
        code, details = await vehicle.status()
    assert code is grpc.StatusCode.UNAVAILABLE and "being stopped" in details
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SEC)
    assert process.returncode == 0, errors.decode()
