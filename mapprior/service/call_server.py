"""A gRPC server on the completion queue of gRPC's core, for handlers that are coroutines.

It takes the place of `grpc.aio.server()` where vehicles are served: the handlers, the core, the limits and TLS are
the same, and a message costs less than half, since no thread and no second wake lie between the core and a handler.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc import aio

from mapprior.service.call import EOF, Call
from mapprior.service.grpc_core import CompletionQueue
from mapprior.service.grpc_core import Server as CoreServer
from mapprior.service.queue_loop import Bell, QueueLoop, pump
from mapprior.service.status import where

LOG = logging.getLogger("mapprior.service")
CANCELLED_CALLS_SEC_MAX: Final = 5.0  # for what was cancelled to end


@dataclass(frozen=True, slots=True)
class _Details(grpc.HandlerCallDetails):
    """What a generic handler looks at to say whether a call is for it."""

    method: str
    invocation_metadata: tuple[tuple[str, str | bytes], ...] = ()


class CallServer:
    """Takes calls until stopped. To be used from one event loop."""

    def __init__(self, options: Sequence[tuple[str, int]], *, calls_max: int) -> None:
        self._queue = CompletionQueue()
        self._server = CoreServer(tuple(options), False)
        self._server.register_completion_queue(self._queue)
        self._calls_max = calls_max
        self._generic: list[grpc.GenericRpcHandler[Any, Any]] = []
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any] | None] = {}
        self._calls: dict[Call, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # a loop holds its tasks only weakly
        self._bell = Bell()
        self._loop: asyncio.AbstractEventLoop
        self._started = False
        self._stopping: asyncio.Future[None] | None = None
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
        self._loop = asyncio.get_running_loop()
        self._server.start()
        self._expect()
        self._started = True
        if isinstance(self._loop, QueueLoop):
            self._loop.queue_selector.serve(self._queue, self._bell)
        else:
            arguments = (self._queue, self._loop, self._left)
            threading.Thread(target=pump, args=arguments, name="calls", daemon=True).start()

    async def stop(self, grace_sec: float) -> None:
        """Takes no new calls; ends what is still open after the grace."""
        if not self._started:
            return
        if self._stopping is not None:
            await asyncio.shield(self._stopping)
            return
        self._stopping = self._loop.create_future()
        self._server.shutdown(self._queue, self._on_shut_down)
        try:
            async with asyncio.timeout(grace_sec):
                await asyncio.shield(self._stopping)
        except TimeoutError:
            self._server.cancel_all_calls()
            await asyncio.wait((self._stopping,), timeout=CANCELLED_CALLS_SEC_MAX)
        self._leave()

    def _leave(self) -> None:
        self._left.set()
        if isinstance(self._loop, QueueLoop):
            self._loop.queue_selector.leave()
        if self._stopping is not None and self._stopping.done():
            self._server.destroy()
        else:
            LOG.warning("%d calls were not over when the server stopped", len(self._calls))

    def _on_shut_down(self, _event: object) -> None:
        if self._stopping is not None and not self._stopping.done():
            self._stopping.set_result(None)

    # ---- calls

    def _expect(self) -> None:
        self._server.request_call(self._queue, self._queue, self._on_call)

    def _on_call(self, event: Any) -> None:
        if self._stopping is None:
            self._expect()
        if not event.success:
            return  # the server is being stopped, or the client reset the call before it was taken
        call = Call(event.call, self._loop, self._over)
        self._calls[call] = None
        self._bell.calls[event.call] = None
        handler = self._handler(event.call_details.method.decode(errors="replace"))
        call.task = self._loop.create_task(self._serve(call, handler))
        self._tasks.add(call.task)
        call.task.add_done_callback(self._tasks.discard)

    def _over(self, call: Call) -> None:
        self._calls.pop(call, None)
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

    async def _serve(self, call: Call, handler: "grpc.RpcMethodHandler[Any, Any] | None") -> None:
        """From the first message to the status."""
        code, details = grpc.StatusCode.OK, ""
        try:
            if handler is None:
                code, details = grpc.StatusCode.UNIMPLEMENTED, "no such method"
            elif len(self._calls) > self._calls_max:
                code, details = grpc.StatusCode.RESOURCE_EXHAUSTED, f"{self._calls_max} calls are open"
            else:
                call.speaks(handler)
                await _run(handler, call)
        except aio.AbortError:
            return
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
        except Exception as error:
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
