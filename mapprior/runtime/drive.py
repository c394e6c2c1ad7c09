"""One drive, live: the loop around a pure `Session`. Fetches wanted tiles, resolves routes, keeps the timer.

In steady driving a pose goes from `receive` to `send` in the caller's own task, without a queue, a lock or
another task. Whatever else may have something to say (a tile, a timer, an overlay) starts a task that
sends; only one task sends at a time, and it takes the newest difference when it is its turn, so nothing
is queued. Does not know about gRPC.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace

from mapprior.errors import LimitError, NoRouteError, OrderError, OverloadError, TileError
from mapprior.geo.units import US_PER_SEC
from mapprior.horizon.events import (
    AcknowledgementEvent,
    Event,
    Open,
    OverlayChanged,
    PoseEvent,
    ResyncEvent,
    RouteEvent,
    TileArrived,
)
from mapprior.horizon.items import Health, HealthState, Update
from mapprior.horizon.session import Session
from mapprior.model.ids import LinkId, TileId, tile_of
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import Overlay
from mapprior.runtime.pace import Pace
from mapprior.runtime.routes import RouteFinder
from mapprior.tile.loader import TileLoader
from mapprior.wire.requests import RouteWaypoints

LOADS_AT_ONCE_MAX = 8
POSES_PER_MESSAGE_WORTH = 25  # a message after which much is sent anew, a resync above all
BYTES_PER_POSE_WORTH = 256  # and what it costs grows with the content or the links it names
# tiles that arrive together are answered together, but none waits longer than this for the others
GATHER_US_MAX = 30_000
# a wake that could say nothing (the window is full) is not repeated sooner
WAKE_AGAIN_US_MIN = 100_000
PREFETCHED_LAYERS = (Layer.L1, Layer.L2)
_NEVER_US = 1 << 62


def monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class Drive:
    """`receive` events in order from one task; `send` is awaited with each update; `fail` hears of errors elsewhere.

    `poses_per_sec_max` 0 sets no limit; else `refill` must be called now and then. Call `close` at the end.
    """

    __slots__ = (
        "__weakref__",
        "_again",
        "_answered_pose_count",
        "_fail",
        "_gather_since_us",
        "_loader",
        "_loading",
        "_own_health_changed",
        "_own_reasons",
        "_pace",
        "_pose_budget",
        "_poses_per_sec_max",
        "_refilled",
        "_route_task",
        "_routes",
        "_send",
        "_sending",
        "_session",
        "_session_health",
        "_tasks",
        "_timer",
        "_timer_us",
        "_upper_layers",
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
        send: Callable[[Update], Awaitable[None]],
        fail: Callable[[BaseException], None],
        pace: Pace,
        poses_per_sec_max: int = 0,
    ) -> None:
        self._session = session
        self._loader = loader
        self._routes = routes
        self._send = send
        self._fail = fail
        self._pace = pace
        self.opened = False
        self.replay = False
        self._sending = False
        self._again = False
        # A dict that is empty takes a third of a set that is, and these nearly always are.
        self._loading: dict[tuple[Layer, TileId], None] = {}
        self._upper_layers: tuple[Layer, ...] = ()
        self._gather_since_us = 0
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._route_task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_us = _NEVER_US
        self._own_reasons: dict[str, str] = {}
        self._own_health_changed = False
        self._session_health = Health(HealthState.OK)
        self._poses_per_sec_max = poses_per_sec_max
        self._pose_budget: float = math.inf if poses_per_sec_max == 0 else 2 * poses_per_sec_max
        self._refilled: asyncio.Event | None = None  # what a replay that is slowed down waits for
        self._answered_pose_count = id(self) >> 6  # any number: thinned drives take turns
        self.sent_update_index = 0
        self.acked_update_index = 0
        self.progress_us = self.heard_us = monotonic_us()  # of the newest acknowledgement, of the newest message

    async def receive(self, event: Event | RouteWaypoints) -> None:
        """Takes one event from the client and sends what follows from it. MapPriorError ends the drive."""
        now_us = monotonic_us()
        self.heard_us = now_us
        if type(event) is PoseEvent:
            pose = event.pose
            self._pose_budget -= 1
            if self._pose_budget < 0:
                await self._over_budget()
            if pose.acknowledged_update_index > self.acked_update_index:
                self.acked_update_index = pose.acknowledged_update_index
                self.progress_us = now_us
            self._session.receive(event, now_us)
            if wanted := self._session.wanted_tiles():
                self._fetch(wanted, now_us)
            every = self._pace.answer_every
            if every > 1:
                self._answered_pose_count += 1
                if self._answered_pose_count % every:
                    return
        else:
            self._receive_other(event, now_us)
            if self._pace.answer_every > 1 and isinstance(event, AcknowledgementEvent):
                return  # room in the window is no reason to answer a pose that was passed over
        if self._sending:
            self._again = True
            return
        # the first round of `_pump`, written out: one coroutine less for every pose
        self._sending = True
        try:
            update = self._take(now_us)
            if update is not None:
                await self._send(update)
                if self._again:
                    await self._pump(monotonic_us())
                # the timer is early or right while only positions move
                if not update.items and self._timer_us != _NEVER_US:
                    return
        finally:
            self._sending = False
        self._mind_timer(now_us)

    def overlay_changed(self, overlay: Overlay) -> None:
        """Takes a new overlay; what follows is sent by a task of its own."""
        now_us = monotonic_us()
        self._tell(OverlayChanged(overlay), now_us)
        self.poke()

    def say(self, subject: str, reason: str) -> None:
        """Health of the service around the session: degraded for this reason; an empty one withdraws it."""
        if self._own_reasons.get(subject, "") == reason:
            return
        if reason:
            self._own_reasons[subject] = reason
        else:
            del self._own_reasons[subject]
        self._own_health_changed = True

    def refill(self, elapsed_us: int) -> None:
        """Allows the poses of that time; at most two seconds' worth is kept."""
        rate = self._poses_per_sec_max
        if rate:
            self._pose_budget = min(self._pose_budget + rate * elapsed_us / US_PER_SEC, 2 * rate)
            if self._refilled is not None:
                self._refilled.set()

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
        for task in tuple(self._tasks):
            task.cancel()

    def _receive_other(self, event: Event | RouteWaypoints, now_us: int) -> None:
        if isinstance(event, RouteWaypoints):
            if not self.opened:
                raise OrderError("a route came before open")
            self._start_route(event)
            return
        if isinstance(event, AcknowledgementEvent) and event.update_index > self.acked_update_index:
            self.acked_update_index = event.update_index
            self.progress_us = now_us
        elif isinstance(event, ResyncEvent):
            self.acked_update_index = self.sent_update_index  # what is in flight will be ignored
        elif isinstance(event, RouteEvent):
            self._drop_route()
            if not all(self._loader.has(Layer.L0, tile_of(x)) for x in event.links):
                self.say("route", "route: it has a link that is not of the releases served")
        elif isinstance(event, Open):
            self.replay = event.replay
        self._tell(event, now_us)
        if isinstance(event, Open):
            self.opened = True
            self._upper_layers = tuple(x for x in PREFETCHED_LAYERS if x in event.layers)

    def _tell(self, event: Event, now_us: int) -> None:
        """Hands an event to the session, and fetches what it then wants."""
        self._session.receive(event, now_us)
        if wanted := self._session.wanted_tiles():
            self._fetch(wanted, now_us)

    # ---- sending

    async def _pump(self, now_us: int) -> None:
        """Sends the newest difference, and again while others found something to say meanwhile."""
        self._sending = True
        try:
            while True:
                self._again = False
                update = self._take(now_us)
                if update is None:
                    return
                await self._send(update)
                if not self._again:
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
        self.sent_update_index = update.update_index
        if self._pace.reason != self._own_reasons.get("load", ""):
            self.say("load", self._pace.reason)
        if update.health is None and not self._own_health_changed:
            return update
        return self._with_own_health(update)

    def _with_own_health(self, update: Update) -> Update:
        """The session's health joined with what the service around it has to say."""
        self._own_health_changed = False
        self._session_health = health = update.health or self._session_health
        if self._own_reasons:
            reasons = [r for r in (health.reason, *self._own_reasons.values()) if r]
            state = max(health.state, HealthState.DEGRADED)
            health = replace(health, state=state, reason="; ".join(reasons))
        return replace(update, health=health)

    def poke(self) -> None:
        if self._sending:
            self._again = True
        else:
            # marked before the task runs, so that a second poke does not start a second one
            self._sending = True
            self._start(self._pump(monotonic_us()))

    def charge(self, message_bytes: int) -> None:
        """Takes a route, a resync or conditions out of the same budget: a snapshot is work for many poses.

        LimitError where the client is two seconds of poses in debt.
        """
        rate = self._poses_per_sec_max
        self._pose_budget -= POSES_PER_MESSAGE_WORTH + message_bytes // BYTES_PER_POSE_WORTH
        if self._pose_budget < -2 * rate:
            raise LimitError(f"more messages than {rate} poses per second are worth (poses_per_sec_max)")

    async def _over_budget(self) -> None:
        """A replay is slowed down, by not reading on; a live drive has no use for poses that wait."""
        rate = self._poses_per_sec_max
        if not self.replay:
            raise LimitError(f"more than {rate} poses per second (poses_per_sec_max)")
        while self._pose_budget < 0:
            self._refilled = asyncio.Event()
            await self._refilled.wait()
        self._refilled = None

    # ---- tiles

    def _fetch(self, wanted: Sequence[tuple[Layer, TileId]], now_us: int) -> None:
        """Hands over what the loader has; starts loading the rest, most urgent first."""
        while wanted:
            handed_over = False
            for key in wanted:
                if key in self._loading:
                    continue
                tile = self._loader.cached(*key)
                if tile is not None:
                    self._session.receive(TileArrived(*key, tile), now_us)
                    handed_over = True
                elif len(self._loading) < LOADS_AT_ONCE_MAX:
                    if not self._loading:
                        self._gather_since_us = now_us
                    self._loading[key] = None
                    self._start(self._load(*key))
                    if key[0] is Layer.L0:
                        # asked for as soon as paths are laid on the road tile: then they are at hand
                        self._loader.prefetch((layer, key[1]) for layer in self._upper_layers)
            if not handed_over:
                return
            wanted = self._session.wanted_tiles()

    async def _load(self, layer: Layer, tile_id: TileId) -> None:
        reason = ""
        tile = None
        try:
            tile = await self._loader.load(layer, tile_id)
        except TileError as error:
            reason = str(error)
        finally:
            self._loading.pop((layer, tile_id), None)
        now_us = monotonic_us()
        self._tell(TileArrived(layer, tile_id, tile, reason), now_us)
        if not self._loading or now_us - self._gather_since_us > GATHER_US_MAX:
            self._gather_since_us = now_us
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
        links: tuple[LinkId, ...] = ()
        try:
            links = tuple((await self._routes.find(event.waypoints)).links)
        except (NoRouteError, OrderError, OverloadError, TileError, LimitError) as error:
            self.say("route", f"route: {error}")
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
                self._fetch(wanted, now_us)
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


async def _nobody(_: Update) -> None:
    """Where updates of a closed drive go."""


def _unheard(_: BaseException) -> None:
    """Where errors of a closed drive go."""
