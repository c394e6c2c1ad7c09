"""What a handler has of its gRPC call: `read`, `write`, `abort`. The same words as `grpc.aio.ServicerContext`.

A thin layer on the batches of operations that gRPC's core takes. `write` hands a message over and waits only for
the one before: a handler that answers and reads on is woken once per message and not twice. With `each` it is not
woken at all where there is nothing to wait for: a message is dealt with inside the event that brings it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Final, NoReturn

import grpc
from grpc import aio

from mapprior.errors import RequestError
from mapprior.service.grpc_core import (
    NO_FLAGS,
    NO_METADATA,
    ReceiveClose,
    ReceiveMessage,
    SendInitialMetadata,
    SendMessage,
    SendStatus,
)

LOG: Final = logging.getLogger("mapprior.service")
STATUS_SEC_MAX: Final = 60.0  # for what was written last, and the status, to be taken by the peer
EOF: Final[Any] = aio.EOF  # type: ignore[attr-defined,unused-ignore]


class _Done:
    """Awaited without a wait."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


_DONE: Final = _Done()


Take = Callable[[bytes], Callable[[], Awaitable[None]] | None]


class GoneError(aio.BaseError):  # type: ignore[misc,unused-ignore]
    """The peer takes nothing any more."""


class Call:
    """One call being served. One task reads and writes; `over` is called once, when nothing more can come of it."""

    __slots__ = (
        "_deserialize",
        "_loop",
        "_next",
        "_over",
        "_reading",
        "_sending",
        "_sent",
        "_serialize",
        "_status_sec_max",
        "_status_sent",
        "_take",
        "_told",
        "closed",
        "code_to_come",
        "core",
        "gives_place_back",
        "task",
    )

    def __init__(
        self,
        call: Any,
        loop: asyncio.AbstractEventLoop,
        over: Callable[["Call"], None],
        *,
        status_sec_max: float = STATUS_SEC_MAX,
    ) -> None:
        self.core = call
        self._loop = loop
        self._over = over
        self._serialize: Callable[[Any], bytes] | None = None
        self._deserialize: Callable[[bytes], Any] | None = None
        self._reading: asyncio.Future[Any] | None = None
        self._take: Take | None = None
        self._sending = False
        self._next: Any = None  # to be sent when what is on its way was
        self._sent: asyncio.Future[None] | None = None
        self._told = False  # initial metadata
        self._status_sec_max = status_sec_max
        self._status_sent: asyncio.Future[None] | None = None
        self.code_to_come: grpc.StatusCode | None = None
        self.closed = False  # by the peer, or by a status that was sent
        self.task: asyncio.Task[None] | None = None
        self.gives_place_back: Callable[[], None] | None = None  # among the calls of its method, when it is over
        call.start_server_batch((ReceiveClose(NO_FLAGS),), self._on_closed)

    def speaks(self, handler: "grpc.RpcMethodHandler[Any, Any]") -> None:
        """Messages are raw bytes, or what this handler makes of them."""
        self._serialize = handler.response_serializer
        self._deserialize = handler.request_deserializer

    # ---- reading

    def read(self) -> Awaitable[Any]:
        """The next message; EOF after the last one."""
        waiter = self._reading = self._loop.create_future()
        self._receive()
        return waiter

    async def each(self, take: Take) -> None:
        """Gives every message, as bytes, to `take` until the last one. Where it returns a function, what is left to do
        takes waiting: it is done here before the next message is read. What `take` raises is raised here.
        """
        self._take = take
        try:
            while (rest := await self.read()) is not EOF:
                await rest()
        finally:
            self._take = None

    def _receive(self) -> None:
        self.core.start_server_batch((ReceiveMessage(NO_FLAGS),), self._on_message)

    def _on_message(self, event: Any) -> None:
        waiter = self._reading
        if waiter is None or waiter.done():
            return  # who waited was cancelled, and the call is ending
        data = event.batch_operations[0].message()
        result, failure = EOF, None
        try:
            if data is not None:
                result = self._made_of(data)
        except Exception as error:
            failure = error
        if waiter.done():
            return  # cancelled meanwhile
        if result is None:
            self._receive()
            return
        self._reading = None
        if failure is None:
            waiter.set_result(result)
        else:
            waiter.set_exception(failure)

    def _made_of(self, data: bytes) -> Any:
        """What the handler is woken with; None where it need not be."""
        if self._take is not None:
            return self._take(data)
        if self._deserialize is None:
            return data
        try:
            return self._deserialize(data)
        except Exception:
            raise RequestError("the bytes are no message of this method") from None

    def __aiter__(self) -> "Call":
        return self

    async def __anext__(self) -> Any:
        if (message := await self.read()) is EOF:
            raise StopAsyncIteration
        return message

    # ---- writing

    def write(self, message: Any) -> Awaitable[None]:
        """Hands a message over; waits while the one before is on its way. GoneError where the peer is gone."""
        return self.hand_over(message) or _DONE

    def hand_over(self, message: Any) -> "asyncio.Future[None] | None":
        """None, or what to wait for before the next message where the one before is still on its way."""
        if not self._sending:
            self._send(message)
            return None
        if self._sent is not None:
            raise RuntimeError("one message at a time: the one before still waits to be sent")
        self._next = message
        return self._next_one_sent()

    async def flush(self) -> None:
        """Waits until what was handed over is on its way. GoneError where the peer is gone."""
        if self._sending:
            await self._next_one_sent()

    def _next_one_sent(self) -> "asyncio.Future[None]":
        waiter = self._sent = self._loop.create_future()
        return waiter

    def _send(self, message: Any) -> None:
        if self.closed or self._status_sent is not None:
            raise GoneError("the call is over")
        data = message if self._serialize is None else self._serialize(message)
        self._sending = True
        send = SendMessage(data, NO_FLAGS)
        self.core.start_server_batch((send,) if self._told else (self._tell(), send), self._on_sent)

    def _tell(self) -> Any:
        self._told = True
        return SendInitialMetadata(NO_METADATA, NO_FLAGS)

    def _on_sent(self, event: Any) -> None:
        self._sending = False
        waiter, self._sent = self._sent, None
        message, self._next = self._next, None
        if waiter is None or waiter.done():
            return  # nobody waits, or no longer
        try:
            if not event.success:
                raise GoneError("the call is over")
            if message is not None:
                self._send(message)
            waiter.set_result(None)
        except Exception as error:
            waiter.set_exception(error)

    # ---- the end

    async def abort(self, code: grpc.StatusCode, details: str = "") -> NoReturn:
        """Ends the call with a status, and the handler with it. Waits until the status is out."""
        await self.finish(code, details)
        raise aio.AbortError(details)

    def set_code(self, code: grpc.StatusCode) -> None:
        """What the call ends with should the handler fail: generated code says so of methods a service leaves out."""
        self.code_to_come = code

    def set_details(self, details: str) -> None:
        """Words of the same code; the status says enough."""

    async def finish(self, code: grpc.StatusCode, details: str = "") -> None:
        """Sends the status, once, and waits until it is out. A peer that does not take it in time is cut off."""
        if self._status_sent is None:
            self._status_sent = self._loop.create_future()
            status = SendStatus(NO_METADATA, code.value[0], details.encode(), NO_FLAGS)
            self.core.start_server_batch((status,) if self._told else (self._tell(), status), self._on_status_sent)
        try:
            async with asyncio.timeout(self._status_sec_max):
                await asyncio.shield(self._status_sent)
        except TimeoutError:
            LOG.warning("a call was ended whose client reads nothing")
            self.core.cancel()

    def _on_status_sent(self, _event: object) -> None:
        if self._status_sent is not None and not self._status_sent.done():
            self._status_sent.set_result(None)

    def _on_closed(self, event: Any) -> None:
        self.closed = True
        if event.batch_operations[0].cancelled() and self.task is not None:
            self.task.cancel()
        self._over(self)
