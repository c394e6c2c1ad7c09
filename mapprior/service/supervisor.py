"""The parent of the workers: owns the work-zone overlay and the admin listener, restarts who was killed.

Workers are spawned, not forked: gRPC's threads do not survive a fork. Each gets the newest overlay first,
then every change, over its own socket pair; a worker that is slow gets the newest, not the backlog.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess

from mapprior.errors import ConfigError
from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.service.address import ListenAddress, PortHold, claim_unix
from mapprior.service.admin import AdminServer
from mapprior.service.frames import CannotStart, Drain, Listening, NewOverlay, overlay_change, pack, read_frame
from mapprior.service.settings import Settings
from mapprior.service.worker import run_worker
from mapprior.service.zone_desk import ZoneDesk
from mapprior.tile.store import open_markets

LOG = logging.getLogger("mapprior.service")
# gRPC reads it when a process starts. Its older listener lets the thread that waits for completions poll the sockets
# itself: a request and reply of a bare echo take 112 us of CPU instead of 150 (measured with grpcio 1.85).
GRPC_TUNING = {"GRPC_EXPERIMENTS": "-event_engine_listener"}
START_MS_MAX = 120_000  # from spawning a worker to its first word
RESTART_PAUSE_MS = 100  # doubled for every death in a row, up to the maximum
RESTART_PAUSE_MS_MAX = 10_000
STEADY_MS = 10_000  # a worker that lived this long did not die in a row
KILL_MS = 3_000  # beyond the grace


@dataclass(eq=False)
class _Slot:
    """The place of one worker; its process changes when it is restarted."""

    index: int
    process: SpawnProcess | None = None
    writer: asyncio.StreamWriter | None = None
    listening: asyncio.Event = field(default_factory=asyncio.Event)
    refusal: str = ""


class Supervisor:
    """`run` serves until `stop` is called or a signal to end arrives."""

    def __init__(self, settings: Settings, *, say: Callable[[str], None] = LOG.info) -> None:
        self._settings = settings.checked()
        self._say = say  # hears what became of each zone file
        self._feed = OverlayFeed()
        self._slots = [_Slot(i) for i in range(settings.workers)]
        self._holds: list[PortHold] = []
        self._builds: dict[int, str] = {}
        self._stop = asyncio.Event()
        self._is_ready = False
        self._draining = False

    def stop(self) -> None:
        self._stop.set()

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers that run."""
        return [s.process.pid for s in self._slots if s.process is not None and s.process.pid is not None]

    async def run(self, ready: Callable[[Sequence[str], str], None]) -> None:
        """Calls `ready` with the addresses served and the admin address (empty without) once all workers serve.

        ConfigError or TileError where the service cannot start.
        """
        with open_markets(self._settings.tiles) as store:
            self._builds = {x.dataset_id: x.build_id for x in store.datasets}
            await self._serve(ZoneDesk(store, self._feed, self._settings.limits), ready)

    async def _serve(self, desk: ZoneDesk, ready: Callable[[Sequence[str], str], None]) -> None:
        settings = self._settings
        for file in settings.zones:
            self._say(str(await desk.read_file(file)))
        addresses = self._claim(settings.addresses)
        admin = AdminServer(settings, desk, self._feed)
        with self._signals():
            keepers: list[asyncio.Task[None]] = []
            try:
                admin_address = await admin.start()
                desk.start()
                keepers = [asyncio.create_task(self._keep(slot, addresses)) for slot in self._slots]
                if await self._all_listening(keepers):
                    self._is_ready = True
                    ready([str(a) for a in addresses], admin_address)
                    await self._until_stopped(keepers)
            finally:
                await self._end(keepers, admin, desk)

    def _claim(self, addresses: Sequence[ListenAddress]) -> tuple[ListenAddress, ...]:
        """The addresses with their final ports, held for the time between two workers."""
        claimed = []
        for address in addresses:
            if address.is_unix:
                claim_unix(address)
                claimed.append(address)
            else:
                hold = PortHold(address)
                self._holds.append(hold)
                claimed.append(hold.address)
        return tuple(claimed)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGINT)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            handled = (*handled, signal.SIGHUP)  # the terminal is gone
        try:
            for number in handled:
                loop.add_signal_handler(number, self.stop)
        except (RuntimeError, ValueError):  # not the main thread: someone else has the signals
            handled = ()
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    async def _all_listening(self, keepers: Sequence["asyncio.Task[None]"]) -> bool:
        """True when all workers serve; False when told to stop before. Raises what a worker cannot start with."""
        every = asyncio.create_task(self._every_listening())
        stopped = asyncio.create_task(self._stop.wait())
        try:
            async with asyncio.timeout(START_MS_MAX / 1000):
                await asyncio.wait([every, stopped, *keepers], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise ConfigError(f"not every worker was ready within {START_MS_MAX} ms") from None
        finally:
            stopped.cancel()
            every.cancel()
        for keeper in keepers:
            if keeper.done():
                keeper.result()
        return not self._stop.is_set()

    async def _every_listening(self) -> None:
        for slot in self._slots:
            await slot.listening.wait()

    async def _until_stopped(self, keepers: Sequence["asyncio.Task[None]"]) -> None:
        """Until told to stop; raises what a keeper ended with, since nobody would restart its worker."""
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([stopped, *keepers], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        for keeper in keepers:
            if keeper.done():
                keeper.result()

    # ---- one worker

    async def _keep(self, slot: _Slot, addresses: tuple[ListenAddress, ...]) -> None:
        """Runs a worker, and another one when it dies, until draining."""
        loop = asyncio.get_running_loop()
        pause_ms = RESTART_PAUSE_MS
        while not (self._draining or self._stop.is_set()):
            began_sec = loop.time()
            slot.listening.clear()
            try:
                await self._run_one(slot, addresses)
            except OSError as error:  # no process or socket to be had right now
                LOG.error("worker %d cannot be started: %s", slot.index, type(error).__name__)
            if self._draining or self._stop.is_set():
                return
            # once the service runs, what one worker refuses (new tiles, say) does not end those that serve
            others_serve = self._is_ready and any(s is not slot and s.listening.is_set() for s in self._slots)
            if slot.refusal and not slot.listening.is_set() and not others_serve:
                raise ConfigError(f"worker {slot.index}: {slot.refusal}")
            pause_ms = RESTART_PAUSE_MS if (loop.time() - began_sec) * 1000 > STEADY_MS else pause_ms * 2
            pause_ms = min(pause_ms, RESTART_PAUSE_MS_MAX)
            code = slot.process.exitcode if slot.process is not None else None
            reason = f" ({slot.refusal})" if slot.refusal else ""
            LOG.error("worker %d ended with %s%s; starting it again in %d ms", slot.index, code, reason, pause_ms)
            slot.refusal = ""
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause_ms / 1000)

    async def _run_one(self, slot: _Slot, addresses: tuple[ListenAddress, ...]) -> None:
        """Spawns one process and feeds it until it ends."""
        ours, theirs = socket.socketpair()
        process = multiprocessing.get_context("spawn").Process(
            target=run_worker,
            args=(self._settings, addresses, self._builds, theirs, LOG.getEffectiveLevel()),
            name=f"mapprior-worker-{slot.index}",
            daemon=True,
        )
        with theirs, _environment(GRPC_TUNING):
            process.start()
        slot.process = process
        reader, writer = await asyncio.open_connection(sock=ours)
        slot.writer = writer
        if self._draining:
            writer.write(pack(Drain(0)))
        sender = asyncio.create_task(self._send_overlays(writer))
        try:
            while (frame := await read_frame(reader)) is not None:
                match frame:
                    case Listening():
                        slot.listening.set()
                    case CannotStart(reason):
                        slot.refusal = reason
        finally:
            sender.cancel()
            slot.writer = None
            writer.close()
            await _joined(process, KILL_MS)

    async def _send_overlays(self, writer: asyncio.StreamWriter) -> None:
        known = self._feed.overlay
        writer.write(pack(NewOverlay(known)))
        while True:
            overlay = await self._feed.after(known)
            writer.write(pack(overlay_change(known, overlay)))
            known = overlay
            try:
                await writer.drain()
            except ConnectionError:
                return  # the worker died; who reads from it knows

    # ---- the end

    async def _end(self, keepers: Sequence["asyncio.Task[None]"], admin: AdminServer, desk: ZoneDesk) -> None:
        """Drains every worker, kills who does not end in time."""
        self._draining = True
        grace_ms = self._settings.limits.drain_ms_max
        desk.stop()
        for slot in self._slots:
            if slot.writer is not None:
                slot.writer.write(pack(Drain(grace_ms)))
        await admin.stop()
        if keepers:
            _, late = await asyncio.wait(keepers, timeout=(grace_ms + KILL_MS) / 1000)
            for keeper in late:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
        for slot in self._slots:
            if slot.process is not None and slot.process.is_alive():
                slot.process.kill()
                slot.process.join()
        for hold in self._holds:
            hold.close()


@contextlib.contextmanager
def _environment(defaults: Mapping[str, str]) -> Iterator[None]:
    """Variables for a process started inside; what the user has set stays."""
    added = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


async def _joined(process: SpawnProcess, kill_ms: int) -> None:
    """Waits for a process whose socket is closed; kills it where it stays."""
    await asyncio.to_thread(process.join, kill_ms / 1000)
    if process.is_alive():
        process.kill()
        await asyncio.to_thread(process.join)
