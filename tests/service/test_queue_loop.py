"""The loop that sleeps on gRPC's queue: nothing of the queue is lost, whatever there is at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from mapprior.service.call import EOF, Call
from mapprior.service.call_server import CallServer
from mapprior.service.queue_loop import EVENTS_AT_ONCE_MAX, QueueLoop


class Echo:
    """A server that answers what it is told; `calls` are those it was asked to serve."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def echo(self, _: object, call: Any) -> None:
        self.calls.append(call)
        while (message := await call.read()) is not EOF:
            await call.write(message)


@contextlib.asynccontextmanager
async def serving(echo: Echo) -> AsyncIterator[grpc.aio.Channel]:
    server = CallServer((), calls_max=100)
    handlers = {"echo": grpc.stream_stream_rpc_method_handler(echo.echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("s", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as line:
            yield line
    finally:
        await server.stop(0.2)


@pytest.mark.parametrize("count", [1, EVENTS_AT_ONCE_MAX, EVENTS_AT_ONCE_MAX + 1, 3 * EVENTS_AT_ONCE_MAX])
def test_no_event_is_lost_however_many_there_are_at_once(count: int) -> None:

    async def work() -> None:
        heard: asyncio.Queue[object] = asyncio.Queue()
        echo = Echo()
        async with serving(echo) as line:
            call = line.stream_stream("/s/echo")()
            await call.write(b"x")
            await call.read()
            for _ in range(count):
                echo.calls[0].core.start_server_batch((), heard.put_nowait)
            async with asyncio.timeout(20):
                for _ in range(count):
                    await heard.get()
                await call.write(b"y")
                assert await call.read() == b"y"

    with asyncio.Runner(loop_factory=QueueLoop) as runner:
        runner.run(work())
