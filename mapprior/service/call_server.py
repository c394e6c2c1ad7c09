"""A gRPC server on the completion queue of gRPC's core, for handlers that are coroutines.

It takes the place of `grpc.aio.server()` where vehicles are served: the handlers, the core, the limits and TLS are
the same, and a pose of 400 to 700 vehicles takes a fifth to a third less CPU (measured), since no thread and no second
wake lie between the core and a handler.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import grpc
from grpc import aio

from mapprior.errors import MapPriorError
from mapprior.service.call import EOF, STATUS_SEC_MAX, Call, GoneError
from mapprior.service.grpc_core import CompletionQueue
from mapprior.service.grpc_core import Server as CoreServer
from mapprior.service.open_calls import OpenCalls
from mapprior.service.queue_loop import Bell, QueueLoop, QueueSelector, pump
from mapprior.service.status import status_of, where

LOG = logging.getLogger("mapprior.service")
WAITING_CALLS_MIN: Final = 1000  # the core's own
CANCELLED_CALLS_SEC_MAX: Final = 5.0  # for what was cancelled to end


@dataclass(frozen=True, slots=True)
class _Details(grpc.HandlerCallDetails):
    """What a generic handler looks at to say whether a call is for it."""

    method: str
    invocation_metadata: tuple[tuple[str, str | bytes], ...] = ()


def _room(calls_max: int) -> tuple[tuple[str, int], ...]:
    """For calls that wait to be taken, all of a fleet that comes back at once. Beyond it the core cancels calls."""
    waiting_max = max(calls_max, WAITING_CALLS_MIN)
    return (
        ("grpc.server.max_pending_requests", waiting_max),
        ("grpc.server.max_pending_requests_hard_limit", 2 * waiting_max),
    )


class CallServer:
    """Takes calls until stopped. To be used from one event loop."""

    def __init__(
        self,
        options: Sequence[tuple[str, int]],
        *,
        calls_max: int,
        open_calls: OpenCalls | None = None,
        status_sec_max: float = STATUS_SEC_MAX,
    ) -> None:
        self._queue = CompletionQueue()
        self._server = CoreServer((*options, *_room(calls_max)), False)
        self._server.register_completion_queue(self._queue)
        self._calls_max = calls_max
        self._open_calls = open_calls
        self._status_sec_max = status_sec_max
        self._generic: list[grpc.GenericRpcHandler[Any, Any]] = []
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # a loop holds its tasks only weakly
        self._bell = Bell()  # with the calls that are open
        self._loop: asyncio.AbstractEventLoop
        self._selector: QueueSelector | None = None  # where the loop itself waits for the queue
        self._started = False
        self._stop: asyncio.Task[None] | None = None
        self._shut_down = asyncio.Event()
        self._left = threading.Event()

    def add_generic_rpc_handlers(self, handlers: Sequence["grpc.GenericRpcHandler[Any, Any]"]) -> None:
        self._generic += handlers

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, object]) -> None:
        """What generated code calls beside the other; these calls come in as all others do."""

    def add_insecure_port(self, address: str) -> int:
        """The port, of which there are none for a unix socket. RuntimeError where it cannot be had."""
        return self._port(address, self._server.add_http2_port(address.encode()))

    def add_secure_port(self, address: str, credentials: grpc.ServerCredentials) -> int:
        return self._port(address, self._server.add_http2_port(address.encode(), credentials._credentials))  # type: ignore[attr-defined]

    @staticmethod
    def _port(address: str, port: int) -> int:
        if port == 0:
            raise RuntimeError(f"cannot bind {address}")
        return port

    async def start(self) -> None:
        self._start()
        self._expect()

    def _start(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._server.start()
        self._started = True
        if isinstance(loop, QueueLoop) and not loop.queue_selector.is_serving:
            self._selector = loop.queue_selector
            self._selector.serve(self._queue, self._bell)
        else:
            arguments = (self._queue, loop, self._left)
            threading.Thread(target=pump, args=arguments, name="calls", daemon=True).start()

    async def stop(self, grace_sec: float) -> None:
        """Takes no new calls; ends what is still open after the grace. Who asks again waits for the first stop."""
        if self._stop is None:
            if not self._started:  # nor will it be: the core gives its ports back only when it was
                self._start()
            self._stop = self._loop.create_task(self._end(grace_sec))
        await asyncio.shield(self._stop)

    async def _end(self, grace_sec: float) -> None:
        try:
            self._server.shutdown(self._queue, self._on_shut_down)
            if not await self._all_over(grace_sec):
                self._server.cancel_all_calls()
                if not await self._all_over(CANCELLED_CALLS_SEC_MAX):
                    LOG.warning("%d calls were not over when the server stopped", len(self._tasks))
            if self._shut_down.is_set():
                self._server.destroy()
        finally:
            self._left.set()
            if self._selector is not None:
                self._selector.leave()

    async def _all_over(self, wait_sec: float) -> bool:
        """Whether core and handlers are done within the time: what a handler does last still needs the queue."""
        try:
            async with asyncio.timeout(wait_sec):
                await self._shut_down.wait()
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            return False
        return True

    def _on_shut_down(self, _event: object) -> None:
        self._shut_down.set()

    # ---- calls

    def _expect(self) -> None:
        if self._stop is None:
            self._server.request_call(self._queue, self._queue, self._on_call)

    def _on_call(self, event: Any) -> None:
        # the next one in a turn of its own: opening a drive takes long, and timers and poses want theirs in between
        self._loop.call_soon(self._expect)
        if not event.success:
            return  # the server is being stopped
        call = Call(event.call, self._loop, self._over, status_sec_max=self._status_sec_max)
        self._bell.calls[event.call] = None
        call.task = task = self._loop.create_task(self._work(call, event.call_details.method))
        self._tasks.add(task)
        task.add_done_callback(partial(self._done, call))

    def _done(self, call: Call, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if call.gives_place_back is not None:
            call.gives_place_back()
        call.task = None  # how it ended may hold frames, and these the call: a circle

    def _work(self, call: Call, method: bytes) -> Coroutine[Any, Any, None]:
        """What is to be done with a call that has just come."""
        name = method.decode(errors="replace")
        handler = self._handler(name)
        if handler is None:
            return call.finish(grpc.StatusCode.UNIMPLEMENTED, "no such method")
        if len(self._bell.calls) > self._calls_max:
            return call.finish(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{self._calls_max} calls are open")
        if self._open_calls is not None:
            try:
                call.gives_place_back = self._open_calls.take(name)
            except MapPriorError as error:
                return call.finish(*status_of(error))
        call.speaks(handler)
        return _serve(call, handler)

    def _over(self, call: Call) -> None:
        self._bell.calls.pop(call.core, None)

    def _handler(self, method: str) -> "grpc.RpcMethodHandler[Any, Any] | None":
        if method in self._handlers:
            return self._handlers[method]
        details = _Details(method)
        for generic in self._generic:
            if (handler := generic.service(details)) is not None:
                self._handlers[method] = handler  # only known ones: a client can make up any number of names
                return handler
        return None


async def _serve(call: Call, handler: "grpc.RpcMethodHandler[Any, Any]") -> None:
    """From the first message to the status."""
    code, details = grpc.StatusCode.OK, ""
    try:
        await _run(handler, call)
    except aio.AbortError:
        pass  # its status is on its way
    except (asyncio.CancelledError, GoneError):
        code = grpc.StatusCode.CANCELLED
    except MapPriorError as error:
        code, details = status_of(error)
    except Exception as error:
        if call.code_to_come is not None:
            code = call.code_to_come
        else:
            LOG.error("a handler failed: %s", where(error))
            code, details = grpc.StatusCode.UNKNOWN, f"internal error ({type(error).__name__})"
    await call.finish(code, details)


async def _run(handler: Any, call: Call) -> None:
    """Runs a handler of any of the four kinds; what streams may be a coroutine that writes, or a generator."""
    request: Any = call
    if not handler.request_streaming:
        request = await call.read()
        if request is EOF:
            await call.abort(grpc.StatusCode.INVALID_ARGUMENT, "the call takes a request")
    if handler.response_streaming:
        behaviour = handler.stream_stream if handler.request_streaming else handler.unary_stream
        answers = behaviour(request, call)
        if hasattr(answers, "__aiter__"):
            async for answer in answers:
                await call.write(answer)
        else:
            await answers
    else:
        behaviour = handler.stream_unary if handler.request_streaming else handler.unary_unary
        await call.write(await behaviour(request, call))
