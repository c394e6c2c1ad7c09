"""One worker process: a server that takes its overlay and its end from the supervisor.

Without a supervisor there is no worker: when the socket to it closes, the worker drains and ends.
"""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping

from mapprior.errors import ConfigError, MapPriorError
from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.service.address import ListenAddress
from mapprior.service.frames import CannotStart, Drain, Listening, NewOverlay, OverlayChange, pack, read_frame
from mapprior.service.queue_loop import event_loop_run
from mapprior.service.server import Server
from mapprior.service.settings import Settings
from mapprior.service.status import where
from mapprior.tile.store import open_markets

LOG = logging.getLogger("mapprior.service")
CANNOT_START_EXIT_CODE = 3
SWITCH_INTERVAL_MS = 0.5
FILES_BESIDE_STREAMS_COUNT = 1024  # archives, libraries, connections without a stream


def run_worker(
    settings: Settings,
    addresses: tuple[ListenAddress, ...],
    builds: Mapping[int, str],
    link: socket.socket,
    log_level: int = logging.WARNING,
) -> None:
    """Entry of the spawned process; returns when drained. `builds`: build id of each dataset the supervisor serves."""
    logging.basicConfig(level=log_level, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # Ctrl-C and a terminal's end reach the whole group of processes; the supervisor says what follows from it
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _schedule_for_throughput()
    allow_files(settings.limits.streams_max + FILES_BESIDE_STREAMS_COUNT)
    event_loop_run(_work(settings, addresses, builds, link))


def _schedule_for_throughput() -> None:
    """As a batch process a worker that is woken for a message first lets the core's other threads do what they have at
    hand, and finds several messages at once: a third of the CPU per pose less with 500 vehicles (measured). And threads
    that match traces give the interpreter back sooner.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_MS / 1000)
    if hasattr(os, "SCHED_BATCH"):  # Linux
        with contextlib.suppress(OSError):  # forbidden in some containers; then it only costs more
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def allow_files(count: int) -> None:
    """Each vehicle has a connection, which is a file, and systems allow 1,024 unless asked: whoever comes after those
    would be left waiting without a word.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < count:
        LOG.warning("%d open files are allowed, %d may be needed: raise the limit or lower streams_max", allowed, count)


GC_THRESHOLDS = (20_000, 20, 50)  # objects, then collections of the generation below


async def _work(
    settings: Settings, addresses: tuple[ListenAddress, ...], builds: Mapping[int, str], link: socket.socket
) -> None:
    reader, writer = await asyncio.open_connection(sock=link)
    feed = OverlayFeed()
    try:
        store = open_markets(settings.tiles)
        # Link ids hold within one release: zones placed on another would lie on the wrong roads.
        if {x.dataset_id: x.build_id for x in store.datasets} != dict(builds):
            raise ConfigError("the tiles were replaced while the service ran; restart it to serve the new release")
        server = Server(settings, store=store, feed=feed)
        # the newest overlay comes first, so that no stream is opened without it
        first = await read_frame(reader)
        if not isinstance(first, NewOverlay):
            return
        feed.put(first.overlay)
        served = await server.start(addresses, share_port=True)  # the supervisor holds the port
    except (MapPriorError, OSError) as error:
        text = str(error) if isinstance(error, MapPriorError) else where(error)
        writer.write(pack(CannotStart(text)))
        await writer.drain()
        writer.close()
        raise SystemExit(CANNOT_START_EXIT_CODE) from None
    # what lives until the end is not looked at by every full collection, which would stop all streams
    gc.collect()
    gc.freeze()
    # poses make few cycles: the default would collect every few of them, and walk the decoded tiles far too often
    gc.set_threshold(*GC_THRESHOLDS)
    writer.write(pack(Listening(tuple(str(a) for a in served))))
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    grace_ms = await _follow(reader, feed, terminated, settings.limits.drain_ms_max)
    await server.drain(grace_ms)
    writer.close()


async def _follow(reader: asyncio.StreamReader, feed: OverlayFeed, terminated: asyncio.Event, grace_ms: int) -> int:
    """Takes overlays until told to drain; returns the grace for it."""
    async with asyncio.TaskGroup() as group:
        stop = group.create_task(terminated.wait())
        while True:
            frame = group.create_task(read_frame(reader))
            await asyncio.wait((stop, frame), return_when=asyncio.FIRST_COMPLETED)
            if stop.done():
                frame.cancel()
                return grace_ms
            match frame.result():
                case OverlayChange() as change:
                    feed.put(change.applied_to(feed.overlay))
                case Drain(grace_ms=told_ms):
                    stop.cancel()
                    return told_ms
                case _:
                    LOG.warning("the supervisor is gone; draining")
                    stop.cancel()
                    return grace_ms
