"""The loop that sleeps on gRPC's queue: nothing of the queue is lost, whatever there is at once."""

import asyncio
import contextlib
import socket
import threading
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


def test_what_an_event_asks_the_loop_for_is_done_though_no_other_event_comes() -> None:
    """The sleep goes on after an event; a callback, a timer or a socket it brought up must end it."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[str] = asyncio.Queue()
        near, far = socket.socketpair()
        loop.add_reader(near, lambda: heard.put_nowait(near.recv(1).decode()))
        echo = Echo()
        async with serving(echo) as line:
            call = line.stream_stream("/s/echo")()
            await call.write(b"x")
            await call.read()
            core = echo.calls[0].core
            core.start_server_batch((), lambda _: loop.call_soon(heard.put_nowait, "soon"))
            core.start_server_batch((), lambda _: loop.call_later(0.05, heard.put_nowait, "timer"))
            core.start_server_batch((), lambda _: far.send(b"s"))
            thread = threading.Timer(0.02, loop.call_soon_threadsafe, (heard.put_nowait, "thread"))
            core.start_server_batch((), lambda _: thread.start())
            event = threading.Timer(0.15, core.start_server_batch, ((), lambda _: heard.put_nowait("event")))
            event.start()
            async with asyncio.timeout(20):
                got = [await heard.get() for _ in range(5)]
            assert sorted(got) == ["event", "s", "soon", "thread", "timer"]
            assert got.index("soon") < got.index("event"), "it waited for another event"
        loop.remove_reader(near)
        near.close()
        far.close()

    with asyncio.Runner(loop_factory=QueueLoop) as runner:
        runner.run(work())


def test_events_that_never_end_leave_timers_and_tasks_their_turn() -> None:
    async def work() -> None:
        echo = Echo()
        turns = 0
        async with serving(echo) as line:
            call = line.stream_stream("/s/echo")()
            await call.write(b"x")
            await call.read()
            core = echo.calls[0].core
            storm = True

            def again(_: object) -> None:
                if storm:
                    core.start_server_batch((), again)

            core.start_server_batch((), again)
            async with asyncio.timeout(20):
                while turns < 20:
                    await asyncio.sleep(0.001)
                    turns += 1
            storm = False

    with asyncio.Runner(loop_factory=QueueLoop) as runner:
        runner.run(work())
