"""The server that takes calls from gRPC's queue: the same with the loop that sleeps on it and with any other."""

import asyncio
import contextlib
import gc
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Any

import grpc
import pytest

from mapprior.service.call import EOF, Call
from mapprior.service.call_server import CallServer
from mapprior.service.queue_loop import QueueLoop
from tests.service.raw_http2 import DATA, HEADERS, RESET, RawConnection

Scenario = Callable[[], Awaitable[None]]
CALLS_MAX = 20


def on_both(scenario: Scenario) -> Callable[[type[asyncio.SelectorEventLoop]], None]:
    """A test of its own for each kind of loop."""

    @pytest.mark.parametrize("loop", [QueueLoop, asyncio.SelectorEventLoop])
    def run(loop: type[asyncio.SelectorEventLoop]) -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(asyncio.wait_for(scenario(), 60))

    run.__doc__ = scenario.__doc__
    return run


class Handlers:
    """What the calls here meet, and what became of them."""

    def __init__(self) -> None:
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        self.written_count = 0
        self.begun = asyncio.Event()
        self.first_step: Callable[[], object] = lambda: None

    async def echo(self, _: object, context: Any) -> None:
        self.first_step()
        try:
            while (message := await context.read()) is not EOF:
                await context.write(message)
        except asyncio.CancelledError:
            self.ended.put_nowait("cancelled")
            raise
        self.ended.put_nowait("done")

    async def each(self, _: object, context: Any) -> None:
        """Answers inside the event, but for what begins with a word: `later` takes waiting, `bad` fails, `much` is
        answered with more than the peer has room for, `leave` ends the handler's own task from within.
        """
        task = asyncio.current_task()
        assert task is not None

        def take(message: bytes) -> Callable[[], Awaitable[None]] | None:
            word, _, _ = message.partition(b" ")
            if word == b"bad":
                raise ValueError("bad")
            if word == b"leave":
                task.cancel()
            if word == b"later":
                return lambda: later(message)
            sending = context.hand_over(bytes(1 << 20) if word == b"much" else message)
            return None if sending is None else lambda: sending

        async def later(message: bytes) -> None:
            await asyncio.sleep(0.05)
            await context.write(message)

        try:
            await context.each(take)
        except BaseException as error:
            self.ended.put_nowait(type(error).__name__)
            raise
        self.ended.put_nowait("done")

    async def wait(self, _request: bytes, _context: object) -> bytes:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.put_nowait("ended")
        return b""

    async def flood(self, _: object, context: Any) -> None:
        try:
            while True:
                await context.write(bytes(100_000))
                self.written_count += 1
        finally:
            self.ended.put_nowait("ended")

    async def tidy(self, _request: bytes, _context: object) -> bytes:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.3)
            self.ended.put_nowait("tidied up")
        return b""

    async def great(self, _: object, context: Any) -> None:
        await context.write(bytes(4 << 20))

    async def thread(self, request: bytes, _context: object) -> bytes:
        return await asyncio.to_thread(bytes.upper, request)

    async def refuse(self, _: object, context: Any) -> None:
        await context.abort(grpc.StatusCode.OUT_OF_RANGE, "no")

    async def fail(self, request: bytes, _context: object) -> bytes:
        raise ValueError(request.decode())

    async def count(self, messages: AsyncIterator[int], _context: object) -> AsyncIterator[int]:
        async for number in messages:
            yield number + 1

    def table(self) -> dict[str, "grpc.RpcMethodHandler[Any, Any]"]:
        stream, unary = grpc.stream_stream_rpc_method_handler, grpc.unary_unary_rpc_method_handler
        return {
            "echo": stream(self.echo),
            "each": stream(self.each),
            "flood": stream(self.flood),
            "refuse": stream(self.refuse),
            "wait": unary(self.wait),
            "tidy": unary(self.tidy),
            "great": stream(self.great),
            "thread": unary(self.thread),
            "fail": unary(self.fail),
            "count": stream(self.count, request_deserializer=int, response_serializer=lambda x: str(x).encode()),
        }


def made(handlers: Handlers, *, calls_max: int = CALLS_MAX) -> tuple[CallServer, int]:
    """A server and its port, not started."""
    server = CallServer((("grpc.so_reuseport", 0),), calls_max=calls_max, status_sec_max=0.5)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("s", handlers.table()),))
    return server, server.add_insecure_port("127.0.0.1:0")


def channel(port: int) -> grpc.aio.Channel:
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    return grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options)


@contextlib.asynccontextmanager
async def serving(handlers: Handlers) -> AsyncIterator[tuple[CallServer, grpc.aio.Channel]]:
    server, port = made(handlers)
    await server.start()
    try:
        async with channel(port) as line:
            yield server, line
    finally:
        await server.stop(0.2)


async def status(call: Any) -> tuple[grpc.StatusCode, str]:
    return await call.code(), await call.details()


@on_both
async def test_many_streams_at_once_get_their_own_answers() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):

        async def vehicle(name: int) -> None:
            call = line.stream_stream("/s/echo")()
            for i in range(50):
                message = f"{name} {i}".encode()
                await call.write(message)
                assert await call.read() == message
            await call.done_writing()
            assert await call.read() is grpc.aio.EOF
            assert await call.code() is grpc.StatusCode.OK

        await asyncio.gather(*(vehicle(i) for i in range(CALLS_MAX)))
    assert [handlers.ended.get_nowait() for _ in range(CALLS_MAX)] == ["done"] * CALLS_MAX


@on_both
async def test_messages_dealt_with_inside_the_event_are_answered_in_their_order_though_some_take_waiting() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        call = line.stream_stream("/s/each")()
        messages = [b"later %d" % i if i % 5 == 2 else b"%d" % i for i in range(40)]
        for message in messages:
            await call.write(message)
        assert [await call.read() for _ in messages] == messages
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK
    assert handlers.ended.get_nowait() == "done"


@on_both
async def test_answers_wait_for_a_peer_without_room_and_none_is_lost() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        call = line.stream_stream("/s/each")()
        for i in range(8):
            await call.write(b"much")
            await call.write(b"%d" % i)
        await asyncio.sleep(0.2)  # nothing is read yet: what was handed over fills the window
        answers = [await call.read() for _ in range(16)]
        assert [len(x) for x in answers[::2]] == [1 << 20] * 8
        assert answers[1::2] == [b"%d" % i for i in range(8)]
        call.cancel()


@on_both
async def test_what_fails_inside_the_event_fails_the_handler() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        call = line.stream_stream("/s/each")()
        await call.write(b"x")
        assert await call.read() == b"x"
        await call.write(b"bad")
        assert await status(call) == (grpc.StatusCode.UNKNOWN, "internal error (ValueError)")
        assert await handlers.ended.get() == "ValueError"


@on_both
async def test_a_handler_ended_within_a_message_ends_its_call_once() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        for messages in ((b"leave",), (b"later", b"leave"), (b"much", b"leave")):
            call = line.stream_stream("/s/each")()
            for message in messages:
                await call.write(message)
            with contextlib.suppress(asyncio.CancelledError, grpc.RpcError):
                while await call.read() is not grpc.aio.EOF:
                    pass
            assert await call.code() is grpc.StatusCode.CANCELLED
            assert await asyncio.wait_for(handlers.ended.get(), 10) == "CancelledError"
            assert handlers.ended.empty()


@on_both
async def test_what_threads_have_done_wakes_the_loop_with_calls_open_and_without() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        for open_count in (0, 3):
            calls = [line.stream_stream("/s/echo")() for _ in range(open_count)]
            for call in calls:
                await call.write(b"x")
                await call.read()
            assert await asyncio.to_thread(len, b"abc") == 3
            assert await line.unary_unary("/s/thread")(b"abc") == b"ABC"
            for call in calls:
                call.cancel()


@on_both
async def test_a_client_that_leaves_ends_its_handler() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        call = line.stream_stream("/s/echo")()
        await call.write(b"x")
        assert await call.read() == b"x"
        call.cancel()
        assert await handlers.ended.get() in ("cancelled", "done")  # a read that is open ends as after a last word
        waiting = line.unary_unary("/s/wait")(b"", timeout=0.2)
        assert (await status(waiting))[0] is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await handlers.ended.get() == "ended"


@on_both
async def test_a_client_that_reads_nothing_stops_the_writer() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        call = line.stream_stream("/s/flood")()
        await call.write(b"x")
        before = -1
        while handlers.written_count != before or not before:
            before = handlers.written_count
            await asyncio.sleep(0.3)
        # no more than what windows and sockets hold: the rest waits in the handler
        assert handlers.written_count * 100_000 < 64 << 20
        call.cancel()
        await handlers.ended.get()


@on_both
async def test_calls_that_come_at_once_are_taken_one_in_a_turn_of_the_loop() -> None:
    """So that timers and poses have theirs in between, however long the first step of each takes."""
    handlers = Handlers()
    order: list[str] = []
    handlers.first_step = lambda: (time.sleep(0.02), order.append("call"))

    async def tick() -> None:
        while True:
            order.append("tick")
            await asyncio.sleep(0)

    async with serving(handlers) as (_, line):
        ticking = asyncio.create_task(tick())
        calls = [line.stream_stream("/s/echo")() for _ in range(CALLS_MAX)]
        await asyncio.gather(*(call.write(b"x") for call in calls))
        await asyncio.gather(*(call.read() for call in calls))
        ticking.cancel()
    assert order.count("call") == CALLS_MAX
    assert all("tick" in (a, b) for a, b in pairwise(order))


@on_both
async def test_how_calls_end() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        call = line.stream_stream("/s/refuse")()
        assert await status(call) == (grpc.StatusCode.OUT_OF_RANGE, "no")
        code, details = await status(line.unary_unary("/s/fail")(b"60.17,24.94"))
        assert code is grpc.StatusCode.UNKNOWN
        assert "60.17" not in details
        assert (await status(line.unary_unary("/s/nothing")(b"")))[0] is grpc.StatusCode.UNIMPLEMENTED
        numbers = line.stream_stream(
            "/s/count", request_serializer=lambda x: str(x).encode(), response_deserializer=int
        )
        counting = numbers()
        await counting.write(41)
        assert await counting.read() == 42
        await counting.write("no number")
        assert (await status(counting))[0] is grpc.StatusCode.INVALID_ARGUMENT


@on_both
async def test_more_calls_than_allowed_are_refused_and_then_taken_again() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        calls = [line.stream_stream("/s/echo")() for _ in range(CALLS_MAX)]
        for call in calls:
            await call.write(b"x")
            assert await call.read() == b"x"
        code, _ = await status(line.unary_unary("/s/thread")(b"x"))
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        calls[0].cancel()
        await handlers.ended.get()
        assert await line.unary_unary("/s/thread")(b"x") == b"X"


@on_both
async def test_of_a_burst_as_many_are_taken_as_are_allowed() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        calls = [line.unary_unary("/s/wait")(b"", timeout=1.0) for _ in range(3 * CALLS_MAX)]
        codes = [(await status(call))[0] for call in calls]
        assert codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED) == 2 * CALLS_MAX
        assert codes.count(grpc.StatusCode.DEADLINE_EXCEEDED) == CALLS_MAX


@on_both
async def test_a_client_that_takes_no_end_is_cut_off() -> None:
    server, port = made(Handlers())
    await server.start()
    raw = await RawConnection.to(port, window_bytes=0)
    raw.open(b"/s/great")
    await raw.until(RESET)
    raw.close()
    await server.stop(0.2)


@on_both
async def test_a_fleet_that_comes_back_at_once_is_taken_whole() -> None:
    server, port = made(Handlers(), calls_max=3000)
    await server.start()
    fleet = [await RawConnection.to(port) for _ in range(30)]
    for raw in fleet:
        for _ in range(100):
            raw.open(b"/s/echo", b"x")
    for raw in fleet:
        answers = [await raw.until(DATA, RESET) for _ in range(100)]
        assert {kind for kind, _ in answers} == {DATA}
        raw.close()
    await server.stop(0.2)


@on_both
async def test_whoever_opens_and_resets_calls_by_the_thousand_stops_no_one_else() -> None:
    handlers = Handlers()
    server, port = made(handlers)
    await server.start()
    for _ in range(20):
        raw = await RawConnection.to(port)
        for _ in range(500):
            raw.open(b"/s/echo", b"x", reset=True)
        await raw.flush()
        raw.close()
    async with channel(port) as line:
        codes = []
        while grpc.StatusCode.OK not in codes:  # while too many wait to be taken, the core refuses more
            codes.append((await status(line.unary_unary("/s/thread")(b"x")))[0])
            await asyncio.sleep(0.05)
    await server.stop(0.2)


@on_both
async def test_a_path_that_is_no_text_is_a_method_nobody_has() -> None:
    server, port = made(Handlers())
    await server.start()
    raw = await RawConnection.to(port)
    raw.open(b"/s/\xff\xfe")
    _, answer = await raw.until(HEADERS)
    assert str(grpc.StatusCode.UNIMPLEMENTED.value[0]).encode() in answer
    raw.close()
    await server.stop(0.2)


@on_both
async def test_of_a_call_that_is_over_nothing_stays() -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        gc.collect()
        gc.disable()
        try:
            for i in range(100):
                call = line.stream_stream("/s/echo")()
                await call.write(b"x")
                assert await call.read() == b"x"
                if i % 2:
                    call.cancel()
                else:
                    await call.done_writing()
                await handlers.ended.get()
                await status(line.unary_unary("/s/fail")(b""))
                await status(line.unary_unary("/s/wait")(b"", timeout=0.02))
            await line.unary_unary("/s/thread")(b"")
            assert sum(isinstance(x, Call) for x in gc.get_objects()) <= 2
        finally:
            gc.enable()


@on_both
async def test_two_servers_share_a_loop() -> None:
    async with serving(Handlers()) as (_, one), serving(Handlers()) as (_, other):
        for line in (one, other, one):
            assert await line.unary_unary("/s/thread")(b"x") == b"X"


@on_both
async def test_a_stop_waits_for_what_handlers_do_last() -> None:
    handlers = Handlers()
    async with serving(handlers) as (server, line):
        call = line.unary_unary("/s/tidy")(b"")
        await handlers.begun.wait()
        await server.stop(0.0)
        assert handlers.ended.get_nowait() == "tidied up"
        call.cancel()


@on_both
async def test_a_stop_ends_what_is_open_after_the_grace() -> None:
    handlers = Handlers()
    async with serving(handlers) as (server, line):
        waiting = line.unary_unary("/s/wait")(b"")
        await handlers.begun.wait()
        await asyncio.gather(server.stop(0.1), server.stop(0.1))
        assert (await status(waiting))[0] in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
        assert handlers.ended.get_nowait() == "ended"


@on_both
async def test_a_server_that_was_never_started_gives_its_port_back() -> None:
    server, port = made(Handlers())
    with pytest.raises(OSError), socket.create_server(("127.0.0.1", port)):
        pass
    await server.stop(1.0)
    socket.create_server(("127.0.0.1", port)).close()


def test_a_loop_that_served_leaves_no_thread() -> None:
    async def work() -> None:
        async with serving(Handlers()) as (_, line):
            await line.unary_unary("/s/thread")(b"x")

    for _ in range(3):
        with asyncio.Runner(loop_factory=QueueLoop) as runner:
            runner.run(work())
    assert [x.name for x in threading.enumerate() if x.name == "sockets"] == []


async def test_clients_that_are_gone_are_no_errors(caplog: pytest.LogCaptureFixture) -> None:
    handlers = Handlers()
    async with serving(handlers) as (_, line):
        calls = [line.stream_stream("/s/flood")() for _ in range(5)]
        await asyncio.gather(*(call.read() for call in calls))
    for _ in calls:
        assert handlers.ended.get_nowait() == "ended"
    assert not caplog.records


async def test_a_failure_is_logged_by_its_place_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with serving(Handlers()) as (_, line):
            await status(line.unary_unary("/s/fail")(b"60.17,24.94"))
    assert "ValueError" in caplog.text
    assert "60.17" not in caplog.text
