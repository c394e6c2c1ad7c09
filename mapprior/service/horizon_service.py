"""HorizonService: one call per stream around one `Drive`, on raw bytes.

A message is handed to the drive inside the event that brings it, and the drive's answer is handed to gRPC before the
next read: no queue, and no task is woken while driving steadily. Nothing of a stream outlives its call.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from functools import partial
from time import time_ns
from typing import Any

import grpc

from mapprior.errors import LimitError, MapPriorError, OverloadError, RequestError
from mapprior.horizon.events import AcknowledgementEvent, Open, OverlayChanged, PoseEvent
from mapprior.horizon.items import Update
from mapprior.model.work_zone import Overlay
from mapprior.runtime.clock import monotonic_us
from mapprior.runtime.drive import Drive, Rest
from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.runtime.pace import Pace
from mapprior.runtime.routes import RouteFinder
from mapprior.runtime.sessions import market_laws, new_session
from mapprior.service.settings import Limits
from mapprior.service.shedding import LagMeter
from mapprior.service.status import status_of, where
from mapprior.tile.loader import TileLoader
from mapprior.tile.store import TileStore
from mapprior.wire.requests import decode_request
from mapprior.wire.updates import encode_update

LOG = logging.getLogger("mapprior.service")
SWEEP_MS = 250
FAN_OUT_BATCH_COUNT = 32  # drives that take a new overlay before others get their turn
DRAIN_STREAMS_PER_SEC = 200.0  # ended one after the other, so that their clients do not all come back at once
DRAIN_NOTICE_MS = 250  # health says so before the first stream is ended


@dataclass(slots=True, eq=False)
class _Stream:
    """A call being served. `ending` is set before its task is cancelled from our side."""

    drive: Drive
    task: "asyncio.Task[Any]"
    started_us: int
    ending: BaseException | None = None

    def end(self, error: BaseException) -> None:
        if self.ending is None:
            self.ending = error
            self.task.cancel()


class HorizonService:
    """All open streams of a worker."""

    def __init__(
        self,
        *,
        store: TileStore,
        loader: TileLoader,
        routes: RouteFinder,
        feed: OverlayFeed,
        limits: Limits,
        pace: Pace,
        lag: LagMeter,
    ) -> None:
        market_laws(store)  # a damaged pack is found at the start, not at the first drive
        self._store = store
        self._loader = loader
        self._routes = routes
        self._feed = feed
        self._limits = limits
        self._defaults = _defaults(limits)
        self._pace = pace
        self._lag = lag
        self._streams: set[_Stream] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False

    @property
    def streams_count(self) -> int:
        return len(self._streams)

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._sweep()), loop.create_task(self._fan_out())]

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def stream_horizon(self, _request: object, context: Any) -> None:
        """The handler of StreamHorizon."""
        self._admit()
        task = asyncio.current_task()
        assert task is not None
        hand_over = context.hand_over

        def send(update: Update) -> Awaitable[None] | None:
            return hand_over(encode_update(update))  # type: ignore[no-any-return]

        session = new_session(self._store)
        session.receive(OverlayChanged(self._feed.overlay), monotonic_us())
        drive = Drive(
            session,
            loader=self._loader,
            routes=self._routes,
            send=send,
            fail=lambda error: stream.end(error),
            pace=self._pace,
            poses_per_sec_max=self._limits.poses_per_sec_max,
            work_ms_per_sec_max=self._limits.stream_work_ms_per_sec_max,
        )
        stream = _Stream(drive, task, monotonic_us())
        self._streams.add(stream)
        failure: BaseException
        try:
            await context.each(partial(self._take, stream.drive))
            return
        except asyncio.CancelledError:
            if stream.ending is None:
                raise
            task.uncancel()
            failure = stream.ending
        except MapPriorError as error:
            failure = error
        finally:
            self._streams.discard(stream)
            drive.close()
        if isinstance(failure, grpc.aio.BaseError):
            raise failure
        if not isinstance(failure, MapPriorError):
            LOG.error("stream_horizon failed: %s", where(failure))
        await context.abort(*status_of(failure))

    def _take(self, drive: Drive, data: bytes) -> Rest | None:
        """One message of a client. What is returned is to be done before the next one is read."""
        message_bytes_max = self._limits.stream_message_bytes_max
        if len(data) > message_bytes_max:
            raise LimitError(f"a message of {len(data)} bytes; at most {message_bytes_max} (stream_message_bytes_max)")
        received_time_us = 0 if drive.replay else time_ns() // 1000
        event = decode_request(data, received_time_us=received_time_us, defaults=self._defaults)
        if type(event) is Open:
            event = self._allowed(event)
        elif type(event) is not PoseEvent and type(event) is not AcknowledgementEvent:
            drive.charge(len(data))
        return drive.receive(event)

    def _admit(self) -> None:
        if self._draining:
            raise OverloadError("the server is being stopped; open again")
        if len(self._streams) >= self._limits.streams_max:
            raise OverloadError(
                f"{len(self._streams)} streams are open, at most {self._limits.streams_max} (streams_max)"
            )
        self._lag.check_admission()

    def _allowed(self, event: Open) -> Open:
        """What this server allows may be less than what the protocol does; what is asked for in seconds is cut."""
        limits = self._limits
        for field, most in _limited(limits).items():
            if (value := getattr(event, field)) > most:
                raise LimitError(f"open.{field} is {value}; this server allows at most {most}")
        return replace(
            event,
            horizon_length_m_max=limits.horizon_length_m_max,
            stub_length_m_max=limits.stub_length_m_max,
            poses_per_sec_max=limits.poses_per_sec_max,
            work_ms_per_sec_max=limits.stream_work_ms_per_sec_max,
        )

    # ---- around the streams

    async def _sweep(self) -> None:
        """Ends what stays silent: one task for all streams, no timer in each."""
        last_us = monotonic_us()
        while True:
            await asyncio.sleep(SWEEP_MS / 1000)
            now_us = monotonic_us()
            for stream in tuple(self._streams):
                stream.drive.refill(now_us - last_us)
                if (error := self._overdue(stream, now_us)) is not None:
                    stream.end(error)
            last_us = now_us

    def _overdue(self, stream: _Stream, now_us: int) -> RequestError | None:
        limits, drive = self._limits, stream.drive
        if not stream.drive.opened and now_us - stream.started_us > limits.open_ms_max * 1000:
            return LimitError(f"no open within {limits.open_ms_max} ms (open_ms_max)")
        if drive.unread_us(now_us) > limits.unread_ms_max * 1000:
            return LimitError(f"no update acknowledged within {limits.unread_ms_max} ms (unread_ms_max)")
        if now_us - drive.heard_us > limits.idle_ms_max * 1000:
            return LimitError(f"no message within {limits.idle_ms_max} ms (idle_ms_max)")
        return None

    async def _fan_out(self) -> None:
        """Hands each new overlay to every open drive, some at a time."""
        overlay = self._feed.overlay
        while True:
            overlay = await self._feed.after(overlay)
            for i, stream in enumerate(tuple(self._streams)):
                if stream in self._streams:
                    self._hand_over(stream, overlay)
                if i % FAN_OUT_BATCH_COUNT == FAN_OUT_BATCH_COUNT - 1:
                    await asyncio.sleep(0)

    def _hand_over(self, stream: _Stream, overlay: Overlay) -> None:
        try:
            stream.drive.overlay_changed(overlay)
        except Exception as error:
            stream.end(error)

    async def drain(self, grace_ms: int) -> None:
        """Takes no new stream, tells the open ones in health, and ends them one after the other within the time."""
        self._draining = True
        streams = tuple(self._streams)
        for stream in streams:
            stream.drive.say("drain", "the server is being stopped; open again")
            stream.drive.poke()
        if not streams:
            return
        await asyncio.sleep(min(DRAIN_NOTICE_MS, grace_ms / 4) / 1000)
        pause_sec = min(1.0 / DRAIN_STREAMS_PER_SEC, grace_ms / 2000 / len(streams))
        for stream in streams:
            if stream in self._streams:
                stream.end(OverloadError("the server is being stopped; open again"))
                await asyncio.sleep(pause_sec)
        tasks = [stream.task for stream in self._streams]
        if tasks:
            await asyncio.wait(tasks, timeout=grace_ms / 4000)


def _limited(limits: Limits) -> dict[str, int]:
    """The most this server allows of what a client opens a drive with, by field of `Open`."""
    return {
        "horizon_length_m": limits.horizon_length_m_max,
        "stub_length_m": limits.stub_length_m_max,
        "side_levels_count": limits.side_levels_count_max,
        "content_held_bytes_max": limits.content_held_bytes_max,
    }


def _defaults(limits: Limits) -> Open:
    """What a client gets that does not say what it wants: never more than is allowed."""
    usual = Open()
    return replace(usual, **{x: min(getattr(usual, x), most) for x, most in _limited(limits).items()})
