"""One drive of a client: poses up, the horizon ahead down.

The reconstructor is kept equal to the server's state. A gap or a hash that does not fit asks for a snapshot;
a broken call is opened again and names the content still held, so only what is missing is sent.
"""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from grpc import StatusCode, aio

from mapprior.client.channel import remote_error
from mapprior.errors import OrderError, RemoteError, RequestError
from mapprior.horizon.events import ConditionsEvent, Open, ResyncEvent, RouteEvent
from mapprior.horizon.items import Update
from mapprior.match.route import Waypoint
from mapprior.model.ids import LinkId
from mapprior.model.pose import DrivingConditions, Pose
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from mapprior.wire.requests import (
    RouteWaypoints,
    encode_acknowledgement,
    encode_open,
    encode_pose,
    encode_request,
)
from mapprior.wire.updates import decode_update
from mapprior.wire.zones import decode_zone

# Failures after which opening the call again may help.
PASSING: Final = frozenset((StatusCode.UNAVAILABLE, StatusCode.ABORTED))
# What gRPC's own client says, instead of a status of the server, when a write meets a connection that just broke.
BROKEN_WRITE: Final = "Internal error from Core"
UPDATES_UNREAD_COUNT_MAX: Final = 256
RESUME_PAUSE_SEC_MAX: Final = 5.0
RESUME_PAUSE_DOUBLED_COUNT_MAX: Final = 8
RESYNCS_IN_A_ROW_COUNT_MAX: Final = 3
POSE_WAIT_SEC: Final = 0.05  # for a call that takes nothing: half the time between two poses at 10 Hz
RESUME_SEC: Final = 1200.0  # through the longest road tunnels, and the server started anew on the way
NO_BUILDS: Final[frozenset[str]] = frozenset()
EOF: Any = aio.EOF  # type: ignore[attr-defined,unused-ignore]


@dataclass(slots=True)
class Traffic:
    """What has gone over the wire in this drive. `broken_by`: calls opened again, by status."""

    poses_count: int = 0
    updates_count: int = 0
    received_bytes: int = 0
    resyncs_count: int = 0
    resumes_count: int = 0
    broken_by: Counter[str] = field(default_factory=Counter)


class Drive:
    """Made by `HorizonClient.drive`. Iterate over it for each update applied; ask `horizon` at any time.

    The iterator ends when the drive is closed or the server ends it, and raises RemoteError where the call failed
    more than `resumes_max` times in a row and, once an update has come, for longer than `resume_sec`. A reader that
    lags misses updates (the horizon is always the newest); `on_update` is called with each one as soon as it is
    applied.

    While the call is broken, `broken` says why, poses are dropped and the horizon's answers grow stale; nothing that is
    sent waits for it, however long a server's address stays silent. A call that is opened again is told the route
    again. Links mean roads of one release: where another one is served then, a route of links is withdrawn and
    `route_dropped` says so, until another one is sent; one of waypoints is found anew.
    """

    def __init__(
        self,
        call_stream: Any,
        opening: Open,
        *,
        address: str,
        resumes_max: int,
        stale_after_ms: int,
        resume_sec: float = RESUME_SEC,
        on_update: Callable[[Update], None] | None = None,
    ) -> None:
        self._call_stream = call_stream
        self._on_update = on_update
        self.opening = opening
        self._address = address
        self._resumes_max = resumes_max
        self._resume_sec = resume_sec
        self.broken: RemoteError | None = None  # what ended the call, until the one opened after it answers
        self._call: Any = None
        self._reader: asyncio.Task[None] | None = None
        self._applied: deque[Update] = deque(maxlen=UPDATES_UNREAD_COUNT_MAX)
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()
        self._opening_again = False
        self._pose: Pose | None = None  # of a live drive, the newest that no write has taken yet
        self._pose_writer: asyncio.Task[None] | None = None
        self._ended = False
        self._failure: Exception | None = None
        self._route: RouteEvent | RouteWaypoints | None = None
        self._route_builds: frozenset[str] = NO_BUILDS  # the releases whose links it names, once they are known
        self.route_dropped = False
        self._links_due = False
        self._conditions: ConditionsEvent | None = None
        self._acknowledged_index = 0
        self._resyncs_in_a_row_count = 0
        self.horizon = Reconstructor(decode_content, decode_zone, stale_after_ms, opening)
        self.traffic = Traffic()

    async def __aenter__(self) -> "Drive":
        self._call = self._call_stream()
        await self._write(encode_open(self.opening))
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the drive; harmless when it has ended."""
        self._ended = True
        self._news.set()
        ours = [task for task in (self._reader, self._pose_writer) if task is not None]
        for task in ours:
            task.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        if self._call is not None:
            self._call.cancel()

    async def send_pose(self, pose: Pose) -> None:
        """Sends a pose with the acknowledgement of the newest update applied.

        While the call is being opened again the pose is dropped, at once. Where an open call takes nothing (a server
        that hangs, a line that just went dead) a live drive waits POSE_WAIT_SEC at most and sends the newest pose when
        it can; a replay waits, for each of its poses is to be answered.
        """
        self.traffic.poses_count += 1
        if self.opening.replay or self._failure is not None:
            await self._write(pose)
            return
        self._pose = pose
        writer = self._pose_writer or asyncio.create_task(self._write_newest_pose())
        self._pose_writer = writer
        await asyncio.wait((writer,), timeout=POSE_WAIT_SEC)
        if writer.done() and not writer.cancelled():
            writer.result()

    async def _write_newest_pose(self) -> None:
        try:
            while (pose := self._pose) is not None and self._failure is None:
                self._pose = None
                await self._write(pose)
        finally:
            self._pose_writer = None

    async def send_route(self, route: Sequence[LinkId] | Sequence[Waypoint]) -> None:
        """The route as links in driving order or as waypoints; empty withdraws it."""
        waypoints = tuple(x for x in route if isinstance(x, Waypoint))
        links = tuple(x for x in route if not isinstance(x, Waypoint))
        if waypoints and links:
            raise OrderError("a route is links or waypoints, not both")
        self._route = RouteWaypoints(waypoints) if waypoints else RouteEvent(links)
        self._route_builds, self.route_dropped = self._builds(), False
        await self._write(encode_request(self._route))

    async def send_conditions(self, conditions: DrivingConditions) -> None:
        """What the vehicle senses of weather and light."""
        self._conditions = ConditionsEvent(conditions)
        await self._write(encode_request(self._conditions))

    async def __aiter__(self) -> AsyncIterator[Update]:
        while True:
            while self._applied:
                yield self._applied.popleft()
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return
            self._news.clear()
            if not self._applied and not self._ended and self._failure is None:
                await self._news.wait()

    @property
    def has_ended(self) -> bool:
        """No update will come any more."""
        return self._ended

    async def changed(self) -> None:
        """Returns at the next update, or the end; for callers that do not iterate."""
        self._news.clear()
        if not self._ended:
            await self._news.wait()

    async def _write(self, message: bytes | Pose) -> None:
        """Writes unless the call is being opened again: then the next pose says all that matters, and `_resume` what
        else was said.

        What a pose acknowledges is said when its turn comes: it may be another call by then.
        """
        if self._failure is not None:
            raise self._failure
        if self._opening_again:
            return
        try:
            async with self._writing:  # gRPC fails a call that two tasks write to at once
                if self._opening_again:
                    return
                if isinstance(message, Pose):
                    self._acknowledged_index = self.horizon.update_index
                    message = encode_pose(replace(message, acknowledged_update_index=self._acknowledged_index))
                await self._call.write(message)
        except (aio.AioRpcError, asyncio.InvalidStateError):
            return  # the reader learns the status, and opens the call again or reports it

    async def _read(self) -> None:
        resumes, broken_sec = 0, 0.0
        try:
            while True:
                try:
                    message = await self._call.read()
                    if message is not EOF:
                        resumes, self.broken = 0, None
                        await self._take(message)
                        continue
                    status = await self._call.code()
                    if status is StatusCode.OK:
                        return
                    raise await _status_error(self._call)
                except aio.AioRpcError as error:
                    resumes += 1
                    self.broken = remote_error(error, self._address)
                    now_sec = time.monotonic()
                    broken_sec = now_sec if resumes == 1 else broken_sec
                    resume_sec = self._resume_sec if self.traffic.updates_count else 0.0
                    too_long = resumes > self._resumes_max and now_sec - broken_sec >= resume_sec
                    if not _is_passing(error) or too_long or self._ended:
                        self._failure = self.broken
                        return
                    # not all at one moment: every client of a server that went away comes back
                    await asyncio.sleep(resume_pause_sec(resumes) * random.uniform(0.5, 1.0))
                    self.traffic.broken_by[error.code().name] += 1
                    await self._resume()
        except Exception as error:  # of ours, or raised by the caller's own `on_update`: it reaches who reads or sends
            self._failure = error
        finally:
            self._ended = True
            self._news.set()

    async def _take(self, message: bytes) -> None:
        try:
            update = decode_update(message)
        except RequestError as error:
            raise RemoteError(f"the server sent what is no update: {error}") from None
        self.traffic.updates_count += 1
        self.traffic.received_bytes += len(message)
        awaited = self.horizon.needs_resync
        if self.horizon.apply(update, time.monotonic_ns() // 1000):
            self._resyncs_in_a_row_count = 0
            if update.snapshot and isinstance(self._route, RouteEvent) and self._route.links:
                await self._tell_links()
            if self._on_update is not None:
                self._on_update(update)
            self._applied.append(update)
            self._news.set()
            # poses carry acknowledgements; without them (standing still) half a window is acknowledged at once
            unsaid = self.horizon.update_index - self._acknowledged_index
            if 2 * unsaid >= self.opening.unacknowledged_updates_max:
                self._acknowledged_index = self.horizon.update_index
                await self._write(encode_acknowledgement(self._acknowledged_index))
        elif not awaited or update.snapshot:
            self.traffic.resyncs_count += 1
            self._resyncs_in_a_row_count += 1
            if self._resyncs_in_a_row_count > RESYNCS_IN_A_ROW_COUNT_MAX:
                raise RemoteError(f"the server's snapshots cannot be applied: {self.horizon.resync_reason}")
            await self._write(encode_request(ResyncEvent(self.horizon.held_content())))

    async def _tell_links(self) -> None:
        """After a snapshot, which names the releases. A call that was opened again does not know the route yet."""
        builds = self._builds()
        self._route_builds = self._route_builds or builds
        if builds != self._route_builds:
            self._route, self.route_dropped = None, True
        elif self._links_due and self._route is not None:
            await self._write(encode_request(self._route))
        self._links_due = False

    def _builds(self) -> frozenset[str]:
        basis = self.horizon.state.basis
        return NO_BUILDS if basis is None else frozenset(x.build_id for x in basis.releases)

    async def _resume(self) -> None:
        """Opens the call again, naming what is still held; conditions and a route of waypoints are said again, one of
        links when it is known that they mean the same roads."""
        self._links_due = self._opening_again = True
        self.traffic.resumes_count += 1
        self._call.cancel()
        try:
            async with self._writing:  # what is being written ends with its call
                self._acknowledged_index = 0
                self._call = self._call_stream()
                opening = replace(self.opening, held=self.horizon.held_content(new_call=True))
                await self._call.write(encode_open(opening))
                told: list[object] = []
                while (event := self._untold(told)) is not None:  # another one may be said meanwhile
                    told.append(event)
                    await self._call.write(encode_request(event))
        except (aio.AioRpcError, asyncio.InvalidStateError):
            return  # the next read says why
        finally:
            self._opening_again = False

    def _untold(self, told: Sequence[object]) -> RouteEvent | RouteWaypoints | ConditionsEvent | None:
        """What a call that was just opened is still to be told; links wait for its first snapshot."""
        for event in (self._route, self._conditions):
            withdrawn = isinstance(event, RouteEvent) and not event.links and RouteWaypoints in map(type, told)
            if event is None or any(event is x for x in told):
                continue
            if withdrawn or not isinstance(event, RouteEvent):
                return event
        return None


def resume_pause_sec(resumes_count: int) -> float:
    """At most so long before a call is opened again for the n-th time in a row, which in a day may be any number."""
    return min(RESUME_PAUSE_SEC_MAX, 0.1 * 2.0 ** min(resumes_count, RESUME_PAUSE_DOUBLED_COUNT_MAX))


async def _status_error(call: Any) -> aio.AioRpcError:
    leading, trailing = await call.initial_metadata(), await call.trailing_metadata()
    return aio.AioRpcError(await call.code(), leading, trailing, await call.details(), "")


def _is_passing(error: aio.AioRpcError) -> bool:
    return error.code() in PASSING or (error.code() is StatusCode.INTERNAL and error.details() == BROKEN_WRITE)
