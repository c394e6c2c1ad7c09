"""The load's HTTP/2: frames and messages however they are cut, windows that are kept, ends that are named."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench import http2
from tests.bench.http2 import Connection, Stream, frame, frames, literal, literals

MESSAGES = st.lists(st.binary(max_size=40), max_size=6)
OK = literal(b"grpc-status", b"0")


class Heard:
    """What one call was told."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.ends: list[str] = []

    def message(self, data: bytes, start: int, end: int, _now_sec: float) -> None:
        self.messages.append(data[start:end])

    def call(self, connection: Connection) -> Stream:
        return connection.call("/service/Method", self.message, self.ends.append)


def opened() -> tuple[Connection, Stream, Heard]:
    connection, heard = Connection("localhost", lambda: 0.0), Heard()
    stream = heard.call(connection)
    connection.out.clear()
    return connection, stream, heard


def prefixed(messages: list[bytes]) -> bytes:
    return b"".join(http2.PREFIX.pack(0, len(message)) + message for message in messages)


def cut(data: st.DataObject, whole: bytes) -> list[bytes]:
    """The same bytes in pieces, some of them empty."""
    ends = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    return [whole[a:b] for a, b in zip([0, *ends], [*ends, len(whole)], strict=True)]


def number(value: int) -> bytes:
    return http2.NUMBER.pack(value)


@settings(max_examples=200)
@given(st.data(), MESSAGES, MESSAGES)
def test_messages_arrive_whole_however_frames_and_chunks_are_cut(
    data: st.DataObject, first: list[bytes], second: list[bytes]
) -> None:
    connection, one, other = Connection("localhost", lambda: 0.0), Heard(), Heard()
    one.call(connection)
    other.call(connection)
    connection.out.clear()
    queues = [[frame(http2.DATA, 0, i, x) for x in cut(data, prefixed(sent))] for i, sent in ((1, first), (3, second))]
    queues.append([frame(http2.PING, 0, 0, b"12345678")])
    wire = b""
    while queues := [queue for queue in queues if queue]:
        wire += data.draw(st.sampled_from(queues)).pop(0)
    for chunk in cut(data, wire):
        connection.read(chunk, 0.0)
    assert (one.messages, other.messages) == (first, second)
    assert connection.out == [frame(http2.PING, http2.ACK, 0, b"12345678")]
    assert one.ends == other.ends == []


@given(st.lists(st.binary(max_size=100), max_size=5), st.binary(max_size=8))
def test_frames_are_read_as_they_are_written(payloads: list[bytes], rest: bytes) -> None:
    wire = b"".join(frame(i, i, i, payload) for i, payload in enumerate(payloads))
    found = list(frames(wire + rest))
    assert [(*x[:3], wire[x[3] : x[4]]) for x in found] == [(i, i, i, x) for i, x in enumerate(payloads)]


@given(st.integers(0, 1000), st.lists(st.integers(0, 400)), st.integers(0, 1000))
def test_nothing_is_sent_beyond_the_servers_window(window_bytes: int, sizes: list[int], more_bytes: int) -> None:
    """The window of a stream follows the settings, up and down, and grows by updates; then the stream fails."""
    connection, stream, heard = opened()
    connection.read(frame(http2.SETTINGS, 0, 0, http2.SETTING.pack(http2.INITIAL_WINDOW_SIZE, window_bytes)), 0.0)
    connection.read(frame(http2.WINDOW_UPDATE, 0, 1, number(more_bytes)), 0.0)
    connection.out.clear()
    for size in sizes:
        stream.send(bytes(size))
    wire = b"".join(connection.out)
    sent_bytes = sum(end - start for kind, _, _, start, end in frames(wire) if kind == http2.DATA)
    assert sent_bytes == window_bytes + more_bytes - stream.window_bytes == http2.WINDOW_BYTES - connection.window_bytes
    assert sent_bytes <= window_bytes + more_bytes
    fits = sum(sizes) + http2.PREFIX.size * len(sizes) <= window_bytes + more_bytes
    assert heard.ends == ([] if fits else ["no window left on the stream"])
    assert stream.over is not fits


def test_the_connections_window_is_shared() -> None:
    connection, one, heard = opened()
    other, heard_too = heard.call(connection), heard
    connection.read(frame(http2.SETTINGS, 0, 0, http2.SETTING.pack(http2.INITIAL_WINDOW_SIZE, 1 << 20)), 0.0)
    for stream in (one, other, one, other):
        stream.send(bytes(16_000))
    assert heard.ends == []
    one.send(bytes(16_000))
    assert heard_too.ends == ["no window left on the connection"]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (frame(http2.HEADERS, 5, 1, OK), "ended early, grpc-status 0"),
        (frame(http2.HEADERS, 5, 1, b"\x88" + literal(b"grpc-status", b"8")), "ended early, grpc-status 8"),
        (frame(http2.HEADERS, 5, 1, b"\x3e"), "ended early, grpc-status missing"),
        (frame(http2.RST_STREAM, 0, 1, number(7)), "RST_STREAM, error 7"),
        (frame(http2.GOAWAY, 0, 0, number(1) + number(2)), "GOAWAY, error 2"),
        (frame(http2.DATA, 1, 1), "ended without trailers"),
        (frame(http2.DATA, 0, 1, b"\1" + number(0)), "a compressed message"),
        (frame(http2.DATA, 8, 1, b"\0"), "not understood: padding or priority"),
        (frame(http2.HEADERS, 0, 1, OK), "not understood: a header block in several frames"),
        (frame(http2.SETTINGS, 0, 0, b"\0"), "not understood: "),
        (b"HTTP/1.1 400 Bad Request\r\n", "not understood: a frame of 4740180 bytes"),
    ],
)
def test_an_end_too_early_is_named(wire: bytes, why: str) -> None:
    connection, stream, heard = opened()
    connection.data_received(wire)
    stream.send(b"nothing of this is sent")
    connection.connection_lost(None)
    assert len(heard.ends) == 1 and heard.ends[0].startswith(why)
    assert stream.over


@pytest.mark.parametrize(
    ("wire", "ends"),
    [
        (frame(http2.HEADERS, 4, 1, b"\x88"), []),
        (frame(http2.HEADERS, 5, 1, OK), [""]),
        (frame(http2.HEADERS, 5, 1, literal(b"grpc-status", b"14")), ["grpc-status 14"]),
        (frame(http2.DATA, 0, 1, b"\0") + frame(http2.HEADERS, 5, 1, OK), ["a message cut short, grpc-status 0"]),
    ],
)
def test_a_closed_call_ends_by_its_status(wire: bytes, ends: list[str]) -> None:
    connection, stream, heard = opened()
    stream.close()
    connection.read(wire, 0.0)
    assert heard.ends == ends


def test_a_call_on_a_lost_connection_ends_at_once() -> None:
    connection, _, heard = opened()
    connection.connection_lost(ConnectionResetError())
    assert heard.call(connection).over
    assert heard.ends == ["connection lost: ConnectionResetError"] * 2
    assert connection.out == []


@given(st.dictionaries(st.binary(min_size=1, max_size=126), st.binary(max_size=126)))
def test_fields_are_read_as_they_are_written(fields: dict[bytes, bytes]) -> None:
    assert literals(b"".join(literal(name, value) for name, value in fields.items())) == fields


def test_indexed_fields_and_sizes_are_passed_by() -> None:
    """RFC 7541: 6.1 with an index of one byte and of several (C.1.2), 6.3 so too, then 6.2.1, by index and by name."""
    sizes, named, long = b"\x2f\x3f\x9a\x0a", b"\x40\x03k-y\x01v", b"\0\x04long\x7f\x49" + bytes(200)
    found = literals(b"\x88\xff\x9a\x0a" + sizes + b"\x44\x01/" + named + long)
    assert found == {b"": b"/", b"k-y": b"v", b"long": bytes(200)}


async def echo(_request: object, context: grpc.aio.ServicerContext) -> None:
    while (message := await context.read()) is not grpc.aio.EOF:
        await context.write(message)


async def refuse(_request: object, context: grpc.aio.ServicerContext) -> None:
    await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "full")


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """A real server on a socket, with a call that echoes and one that refuses."""
    server = grpc.aio.server()
    calls = {
        "Echo": grpc.stream_stream_rpc_method_handler(echo),
        "Refuse": grpc.stream_stream_rpc_method_handler(refuse),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test", calls),))
    server.add_insecure_port(f"unix:{tmp_path}/test.sock")
    await server.start()
    yield f"{tmp_path}/test.sock"
    await server.stop(None)


@pytest.mark.parametrize(
    ("method", "length", "ends"),
    [("Echo", 0, [""]), ("Echo", 16_379, [""]), ("Refuse", 1, ["ended early, grpc-status 8 full"])],
)
async def test_a_grpc_server_understands_it(address: str, method: str, length: int, ends: list[str]) -> None:
    connection, heard, told = Connection("localhost", time.perf_counter), Heard(), asyncio.Event()

    def ended(why: str) -> None:
        heard.ends.append(why)
        told.set()

    def message(*received: object) -> None:
        heard.message(*received)  # type: ignore[arg-type]
        told.set()

    await asyncio.get_running_loop().create_unix_connection(lambda: connection, address)
    stream = connection.call(f"/test/{method}", message, ended)
    stream.send(bytes(length))
    connection.flush()
    await told.wait()
    assert heard.messages == ([bytes(length)] if method == "Echo" else [])
    told.clear()
    if not stream.over:
        stream.close()
        connection.flush()
        await told.wait()
    assert heard.ends == ends
    connection.end("")
