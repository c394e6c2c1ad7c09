"""An asyncio event loop that waits for gRPC's completion queue and for sockets in one place.

gRPC says what happened to calls on a queue of its own that has no file descriptor, so a loop that sleeps on sockets
is woken for it by another thread, at a price that is paid for every message. This loop sleeps on the queue. What
happens on sockets (signals, threads that are done, the supervisor) is watched by a thread that rings a bell on the
queue; there is little of it while vehicles drive. What is done inside events takes no turn of the loop: the sleep
goes on until something is to be called. Everything else is asyncio's own loop.
"""

import asyncio
import logging
import select
import selectors
import socket
import threading
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from mapprior.service.grpc_core import NOTHING
from mapprior.service.status import where

# gRPC sleeps by the time of day, and once only if for no longer than this: a clock set back then costs no more sleep
SLEEP_SEC_MAX: Final = 0.2
DEAF_SLEEP_SEC_MAX: Final = 0.02  # while the bell cannot ring, which takes an open call
EVENTS_AT_ONCE_MAX: Final = 64  # then timers and tasks get their turn, however much there is

LOG = logging.getLogger("mapprior.service")
Events = list[tuple[selectors.SelectorKey, int]]


class Bell:
    """Wakes who sleeps on the queue, from any thread: a batch of nothing on any open call is done at once."""

    def __init__(self) -> None:
        self.calls: dict[Any, None] = {}  # of the core; changed by the sleeper only

    def ring(self) -> None:
        while self.calls:
            try:
                call = next(iter(self.calls))
            except (RuntimeError, StopIteration):  # changed meanwhile
                continue
            call.start_server_batch((), _unheard)
            return


def _unheard(_event: object) -> None:
    """The tag of a ring: being awake is all there is to it."""


def hear(event: Any) -> None:
    """Gives an event to its tag. What goes wrong there is of one call, and ends no loop."""
    try:
        event.tag(event)
    except Exception as error:
        LOG.error("an event of a call was lost: %s", where(error))


class QueueSelector(selectors.BaseSelector):
    """Sockets as the system's own selector has them, and one completion queue once `serve` was called.

    A queue's event is given to its tag, a function, inside `select`.
    """

    def __init__(self) -> None:
        self._sockets = selectors.DefaultSelector()
        self._queue: Any = None
        self._bell = Bell()
        self._watched = False  # by the thread; not while what it saw is still to be dealt with
        self.is_wanted = False  # by the loop, which has something to call, or a time to do so
        self._watch = threading.Event()
        self._watcher: threading.Thread | None = None
        self._open, self._end = socket.socketpair()  # closing one tells the thread, which has the other, to end

    @property
    def is_serving(self) -> bool:
        return self._queue is not None

    def serve(self, queue: Any, bell: Bell) -> None:
        """One queue at a time."""
        self._queue, self._bell = queue, bell
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch_sockets, name="sockets", daemon=True)
            self._watcher.start()

    def leave(self) -> None:
        """Goes back to sockets alone."""
        self._queue = None

    def select(self, timeout: float | None = None) -> Events:
        queue = self._queue
        if queue is None:
            return self._sockets.select(timeout)
        ready: Events = []
        if not self._watched:
            ready = self._sockets.select(0)
            if ready:
                timeout = 0.0
            else:
                self._watched = True
                self._watch.set()
        if timeout is None or timeout > SLEEP_SEC_MAX:
            timeout = SLEEP_SEC_MAX
        if timeout > DEAF_SLEEP_SEC_MAX and not self._bell.calls:
            timeout = DEAF_SLEEP_SEC_MAX
        self.is_wanted = False
        poll = queue.poll
        until_sec = time.time() + timeout if timeout > 0 else 0.0
        for _ in range(EVENTS_AT_ONCE_MAX):
            event = poll(until_sec)
            if event.completion_type == NOTHING:
                break
            hear(event)
            if self.is_wanted or not self._watched:
                until_sec = 0.0  # what has come already, and no more
        return ready

    def _watch_sockets(self) -> None:
        sockets = select.poll()
        sockets.register(self._sockets.fileno(), select.POLLIN)  # a selector of the system can itself be waited for
        sockets.register(self._end, select.POLLIN)
        while self._open.fileno() >= 0:
            self._watch.wait()
            self._watch.clear()
            sockets.poll()
            self._watched = False
            self._bell.ring()

    # ---- sockets, as they are

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._sockets.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._sockets.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._sockets.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._sockets.get_map()

    def close(self) -> None:
        self._open.close()
        self._watch.set()
        if self._watcher is not None:
            self._watcher.join()
        self._end.close()
        self._sockets.close()


class QueueLoop(asyncio.SelectorEventLoop):
    """The loop of a process that serves: `queue_selector.serve` from inside it."""

    def __init__(self) -> None:
        self.queue_selector = QueueSelector()
        super().__init__(self.queue_selector)

    def call_soon(self, *args: Any, **kwargs: Any) -> asyncio.Handle:  # type: ignore[override]
        self.queue_selector.is_wanted = True
        return super().call_soon(*args, **kwargs)

    def call_at(self, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:  # type: ignore[override]
        self.queue_selector.is_wanted = True
        return super().call_at(*args, **kwargs)


def event_loop_run(work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=QueueLoop) as runner:
        runner.run(work)


def pump(queue: Any, loop: asyncio.AbstractEventLoop, left: threading.Event) -> None:
    """Hands the queue's events to a loop that sleeps elsewhere, from a thread of its own: an embedded server's way."""
    while not left.is_set():
        event = queue.poll(time.time() + SLEEP_SEC_MAX)
        if event.completion_type == NOTHING:
            continue
        try:
            loop.call_soon_threadsafe(hear, event)
        except RuntimeError:  # the loop was closed before the server was stopped
            return
        del event  # what it keeps of a call must not outlive the call
