"""One drive, live: the loop around a pure `Session`. Fetches wanted tiles, resolves routes, keeps the timer.

In steady driving a pose goes from `receive` to `send` in one call, without a queue, a lock or a task. Whatever else
may have something to say (a tile, a timer, an overlay) starts a task that sends; only one sends at a time, and it takes
the newest difference when it is its turn, so nothing is queued. Does not know about gRPC.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from time import time_ns
from typing import Final

from mapprior.errors import LimitError, OrderError
from mapprior.geo.units import US_PER_SEC
from mapprior.horizon.events import (
    AcknowledgementEvent,
    Event,
    Open,
    OverlayChanged,
    PoseEvent,
    ResyncEvent,
    RouteEvent,
)
from mapprior.horizon.items import Update
from mapprior.horizon.session import Session
from mapprior.model.ids import tile_of
from mapprior.model.pose import CAR
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import Overlay
from mapprior.runtime.allowance import Allowance
from mapprior.runtime.clock import monotonic_us
from mapprior.runtime.pace import Pace
from mapprior.runtime.routes import RouteFinder
from mapprior.runtime.service_health import ServiceHealth
from mapprior.runtime.tile_fetch import PREFETCHED_LAYERS, TileFetch
from mapprior.tile.loader import TileLoader
from mapprior.wire.requests import RouteWaypoints

# a wake that could say nothing (the window is full) is not repeated sooner
WAKE_AGAIN_US_MIN: Final = 100_000
_NEVER_US: Final = 1 << 60
Rest = Callable[[], Coroutine[None, None, None]]


class Drive:
    """`receive` events in order; `send` hands an update over; `fail` hears of errors elsewhere.

    What `send` returns, if anything, is waited for before the next update is sent, and before the next event is asked
    for.
    `poses_per_sec_max` and `work_ms_per_sec_max` 0 set no limit; else `refill` must be called now and then. Call
    `close` at the end.
    """

    __slots__ = (
        "__weakref__",
        "_again",
        "_allowance",
        "_answered_pose_count",
        "_fail",
        "_health",
        "_held",
        "_loader",
        "_pace",
        "_refilled",
        "_route_task",
        "_routes",
        "_send",
        "_sending",
        "_session",
        "_tasks",
        "_tiles",
        "_timer",
        "_timer_us",
        "_told_time_us",
        "_vehicle",
        "acked_update_index",
        "heard_us",
        "opened",
        "progress_us",
        "replay",
        "sent_update_index",
    )

    def __init__(
        self,
        session: Session,
        *,
        loader: TileLoader,
        routes: RouteFinder,
        send: Callable[[Update], Awaitable[None] | None],
        fail: Callable[[BaseException], None],
        pace: Pace,
        poses_per_sec_max: int = 0,
        work_ms_per_sec_max: int = 0,
    ) -> None:
        self._session = session
        self._loader = loader
        self._routes = routes
        self._send = send
        self._fail = fail
        self._pace = pace
        self.opened = False
        self.replay = False
        self._vehicle = CAR
        self._told_time_us = 0  # of the pose that the newest update answers
        self._sending = False
        self._again = False
        self._tiles = TileFetch(session, loader, start=self._start, arrived=self._tile_arrived)
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._route_task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_us = _NEVER_US
        self._health = ServiceHealth()
        self._allowance = Allowance(poses_per_sec_max=poses_per_sec_max, work_ms_per_sec_max=work_ms_per_sec_max)
        self._refilled: asyncio.Event | None = None  # what is waited for where the allowance is used up
        self._held: PoseEvent | None = None  # the newest pose, for which there was no work left
        self._answered_pose_count = id(self) >> 6  # any number: thinned drives take turns
        self.sent_update_index = 0
        self.acked_update_index = 0
        self.progress_us = self.heard_us = monotonic_us()  # of the newest acknowledgement, of the newest message

    def receive(self, event: Event | RouteWaypoints) -> Rest | None:
        """Takes one event from the client and sends what follows from it. MapPriorError ends the drive.

        None when all is done; else what is left to do, which takes waiting, as a function: the next event is to be
        given when the coroutine it returns has ended.
        """
        now_us = monotonic_us()
        self.heard_us = now_us
        allowance = self._allowance
        if type(event) is PoseEvent:
            allowance.poses -= 1
            if allowance.poses < 0 or allowance.work_us < 0:
                return partial(self._receive_when_allowed, event)
            return self._receive_pose(event, now_us)
        if allowance.acknowledgements < 1 or not allowance.takes_messages:
            return partial(self._receive_in_turn, event)
        return self._receive_message(event, now_us)

    async def _receive_when_allowed(self, event: PoseEvent) -> None:
        if await self._allowed(event, monotonic_us()):
            await _done(self._receive_pose(event, monotonic_us()))

    async def _receive_in_turn(self, event: Event | RouteWaypoints) -> None:
        await self._in_turn(event)
        await _done(self._receive_message(event, monotonic_us()))

    def _receive_pose(self, event: PoseEvent, now_us: int) -> Rest | None:
        self._held = None
        acked_update_index = event.pose.acknowledged_update_index
        if acked_update_index > self.acked_update_index:
            self.acked_update_index = acked_update_index
            self.progress_us = now_us
        self._tell(event, now_us)
        every = self._pace.answer_every
        if every > 1:
            self._answered_pose_count += 1
            if self._answered_pose_count % every:
                self._allowance.work(monotonic_us() - now_us)
                return None
        return self._answer(now_us)

    def _receive_message(self, event: Event | RouteWaypoints, now_us: int) -> Rest | None:
        self._receive_other(event, now_us)
        if self._pace.answer_every > 1 and isinstance(event, AcknowledgementEvent):
            self._mind_timer(now_us)  # what is due by time is, now that there is room
            return None  # room in the window is no reason to answer a pose that was passed over
        return self._answer(now_us)

    def overlay_changed(self, overlay: Overlay) -> None:
        """Takes a new overlay; what follows is sent by a task of its own."""
        now_us = monotonic_us()
        self._tell(OverlayChanged(overlay), now_us)
        self.poke()

    def say(self, subject: str, reason: str) -> None:
        """Health of the service around the session: degraded for this reason; an empty one withdraws it."""
        self._health.say(subject, reason)

    def refill(self, elapsed_us: int) -> None:
        """Allows what may be asked for in that time. A pose that was held back for it has its turn."""
        allowance = self._allowance
        allowance.refill(elapsed_us)
        if self._refilled is not None:
            self._refilled.set()
            self._refilled = None
        if self._held is not None and allowance.work_us >= 0:
            self._start(self._catch_up())
        elif self._health.said("work") and allowance.is_at_ease:
            self.say("work", "")

    def unread_us(self, now_us: int) -> int:
        """How long the client has let updates lie without acknowledging any; 0 with nothing in flight."""
        return now_us - self.progress_us if self.acked_update_index < self.sent_update_index else 0

    def close(self) -> None:
        """Ends every task and timer of the drive, and lets go of who it was for."""
        self._send, self._fail = _nobody, _unheard
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_us = -1  # none is set again
        self._tiles.close()
        for task in tuple(self._tasks):
            task.cancel()

    def _receive_other(self, event: Event | RouteWaypoints, now_us: int) -> None:
        if isinstance(event, RouteWaypoints):
            if not self.opened:
                raise OrderError("a route came before open")
            self._start_route(event)
            return
        if isinstance(event, AcknowledgementEvent):
            self._allowance.acknowledgements -= 1
            if event.update_index > self.acked_update_index:
                self.acked_update_index = event.update_index
                self.progress_us = now_us
        elif isinstance(event, ResyncEvent):
            self.acked_update_index = self.sent_update_index  # what is in flight will be ignored
        elif isinstance(event, RouteEvent):
            self._drop_route()
            if not all(self._loader.has(Layer.L0, tile_of(x)) for x in event.links):
                self.say("route", "route: it has a link that is not of the releases served")
        elif isinstance(event, Open):
            self.replay, self._vehicle = event.replay, event.vehicle
        self._tell(event, now_us)
        if isinstance(event, Open):
            self.opened = True
            self._tiles.upper_layers = tuple(x for x in PREFETCHED_LAYERS if x in event.layers)

    def _tell(self, event: Event, now_us: int) -> None:
        """Hands an event to the session, and fetches what it then wants."""
        self._session.receive(event, now_us)
        if wanted := self._session.wanted_tiles():
            self._tiles.fetch(wanted, now_us)

    # ---- sending

    def _answer(self, now_us: int) -> Rest | None:
        """Sends the newest difference at once, unless another is being sent: then it follows that."""
        if self._sending:
            self._again = True
            self._allowance.work(monotonic_us() - now_us)
            return None
        update = self._take(now_us)
        sending = None if update is None else self._send(update)
        self._allowance.work(monotonic_us() - now_us)
        if sending is not None:
            self._sending = True
            return partial(self._go_on, sending)
        # the timer is early or right while only positions move
        if update is None or update.items or self._timer_us == _NEVER_US:
            self._mind_timer(now_us)
        return None

    async def _go_on(self, sending: Awaitable[None]) -> None:
        """Waits until an update is on its way, and sends what others found to say meanwhile."""
        try:
            await sending
        finally:
            self._sending = False
        if self._again:
            await self._pump(monotonic_us())
        else:
            self._mind_timer(monotonic_us())

    async def _pump(self, now_us: int) -> None:
        """Sends the newest difference, and again while others found something to say meanwhile."""
        self._sending = True
        try:
            while True:
                self._again = False
                began_us = monotonic_us()
                update = self._take(now_us)
                sending = None if update is None else self._send(update)
                self._allowance.work(monotonic_us() - began_us)
                if sending is not None:
                    await sending
                if update is None or not self._again:
                    return
                now_us = monotonic_us()
        finally:
            self._sending = False
            self._mind_timer(now_us)

    def _take(self, now_us: int) -> Update | None:
        update = self._session.take_update(now_us)
        if update is None:
            return None
        if self.acked_update_index >= self.sent_update_index:
            self.progress_us = now_us  # from here on the client owes an acknowledgement
        self.sent_update_index, self._told_time_us = update.update_index, update.pose_time_us
        if self._pace.reason != self._health.said("load"):
            self.say("load", self._pace.reason)
        return self._health.told(update)

    def poke(self) -> None:
        if self._sending:
            self._again = True
        else:
            # marked before the task runs, so that a second poke does not start a second one
            self._sending = True
            self._start(self._pump(monotonic_us()))

    # ---- what the client may ask for

    def charge(self, message_bytes: int) -> None:
        """Counts a route, a resync or conditions; of too many each waits for its turn."""
        self._allowance.message(message_bytes)

    async def _allowed(self, event: PoseEvent, now_us: int) -> bool:
        """Whether this pose may be taken now. A replay is slowed down, by not reading on; a live drive has no use for
        poses that wait: of those for which there is no work left the newest is held.
        """
        allowance = self._allowance
        if self.replay:
            while allowance.poses < 0 or allowance.work_us < 0:
                await self._refill()
            return True
        if allowance.poses < 0:
            raise LimitError(f"more than {allowance.poses_told} (poses_per_sec_max)")
        index = event.pose.acknowledged_update_index
        if index > self.acked_update_index:
            self._receive_other(AcknowledgementEvent(index), now_us)
        self._held = event
        self.say("work", f"more than {allowance.work_told}: some poses are passed over (stream_work_ms_per_sec_max)")
        return False

    async def _in_turn(self, event: Event | RouteWaypoints) -> None:
        """Returns when a message that is no pose may be taken; the next one is not read before."""
        allowance = self._allowance
        if isinstance(event, AcknowledgementEvent):
            while allowance.acknowledgements < 1:
                await self._refill()
        elif self.opened:
            while not allowance.takes_messages or self._held is not None:
                await self._refill()

    async def _refill(self) -> None:
        if self._refilled is None:
            self._refilled = asyncio.Event()
        await self._refilled.wait()

    async def _catch_up(self) -> None:
        """Takes the pose that is held, unless a newer one was taken meanwhile."""
        event, self._held = self._held, None
        if event is None:
            return
        now_us = monotonic_us()
        self._tell(event, now_us)
        self._allowance.work(monotonic_us() - now_us)
        self.poke()

    def _tile_arrived(self, took_us: int, whole: bool) -> None:
        """A tile was read and handed to the session, and it is time to tell the client, or others follow at once."""
        self._allowance.work(took_us)
        if whole:
            self.poke()

    # ---- the route

    def _start_route(self, event: RouteWaypoints) -> None:
        self._drop_route()
        self._route_task = self._start(self._find_route(event))

    def _drop_route(self) -> None:
        if self._route_task is not None:
            self._route_task.cancel()
            self._route_task = None
        self.say("route", "")

    async def _find_route(self, event: RouteWaypoints) -> None:
        """Hands the route over. Without one the drive goes on along the most probable path, and says so."""
        departure_us = self._told_time_us if self.replay else time_ns() // 1000
        links, reason = await self._routes.find_for_drive(
            event.waypoints, vehicle=self._vehicle, departure_us=departure_us
        )
        self.say("route", reason)
        now_us = monotonic_us()
        self._tell(RouteEvent(links), now_us)
        self.poke()

    # ---- timer and tasks

    def _mind_timer(self, now_us: int) -> None:
        """To be called after taking an update, which may have found when a zone begins."""
        wake_us = self._session.wakes_at()
        if wake_us is not None and wake_us < self._timer_us:
            self._set_timer(wake_us, now_us)

    def _set_timer(self, wake_us: int, now_us: int) -> None:
        """The timer is set earlier when needed, never later: one that fires too soon sets itself anew."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer_us = wake_us
        delay_sec = max(0, wake_us - now_us) / US_PER_SEC
        self._timer = asyncio.get_running_loop().call_later(delay_sec, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_us = _NEVER_US
        now_us = monotonic_us()
        wake_us = self._session.wakes_at()
        if wake_us is None:
            return
        if wake_us > now_us:
            self._set_timer(wake_us, now_us)
            return
        try:
            self._session.wake(now_us)
            if wanted := self._session.wanted_tiles():
                self._tiles.fetch(wanted, now_us)
        except Exception as error:
            self._fail(error)
            return
        # what the wake leads to sets its own timer; this one is for a client whose window stays full
        self._set_timer(now_us + WAKE_AGAIN_US_MIN, now_us)
        self.poke()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)


async def _done(rest: Rest | None) -> None:
    if rest is not None:
        await rest()


def _nobody(_: Update) -> None:
    """Where updates of a closed drive go."""


def _unheard(_: BaseException) -> None:
    """Where errors of a closed drive go."""
