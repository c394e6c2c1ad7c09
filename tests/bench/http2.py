"""gRPC calls over HTTP/2 (RFC 9113) for a load that must cost far less than the server it drives.

A load and no client: plaintext with prior knowledge, one kind of call, small messages. It never waits for a window,
splits no message over frames, announces no header table, asks for no compression and reads of the server's headers
only what stands there in full (no Huffman code). Whatever it does not speak ends the stream, or the connection, with
a reason in words, and so does an end that came too early. Nothing is retried.
"""

import asyncio
import struct
from collections.abc import Callable, Iterator
from typing import cast

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
ACK, END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, INITIAL_WINDOW_SIZE = 1, 2, 4
CANCEL = 8
WINDOW_BYTES = 65_535  # of streams and connection until the server says otherwise
WINDOW_BYTES_MAX = (1 << 31) - 1
FRAME_BYTES_MAX = 16_384  # either side may send as much without asking

FRAME = struct.Struct(">BHBBI")  # length in two parts, type, flags, stream
DATA_AND_PREFIX = struct.Struct(">BHBBIBI")  # and of the gRPC message: compressed or not, length
PREFIX = struct.Struct(">BI")
SETTING = struct.Struct(">HI")
NUMBER = struct.Struct(">I")

# (message's bytes, start, end, when they were read): the bytes may hold more than the message
OnMessage = Callable[[bytes, int, int, float], None]
OnEnd = Callable[[str], None]  # empty where the call ended as it should, after it was closed


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return FRAME.pack(len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream) + payload


def frames(data: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """(type, flags, stream, start, end of the payload) of each whole frame; what is left begins at the last end."""
    at, last = 0, len(data) - FRAME.size
    while at <= last:
        high, low, kind, flags, stream = FRAME.unpack_from(data, at)
        start = at + FRAME.size
        at = start + (high << 16 | low)
        if at - start > FRAME_BYTES_MAX:
            raise ValueError(f"a frame of {at - start} bytes")
        if at > len(data):
            return
        yield kind, flags, stream & WINDOW_BYTES_MAX, start, at


def literal(name: bytes, value: bytes) -> bytes:
    """A header field as it stands: no index, no Huffman code, no entry in a table (RFC 7541, 6.2.2)."""
    assert len(name) < 127 and len(value) < 127
    return b"".join((b"\0", bytes((len(name),)), name, bytes((len(value),)), value))


def literals(block: bytes) -> dict[bytes, bytes]:
    """The fields of a header block whose names stand there; indexed names are left out, Huffman codes left as sent."""
    found: dict[bytes, bytes] = {}
    at = 0

    def number(bits: int) -> int:
        nonlocal at
        value = block[at] & (1 << bits) - 1
        at += 1
        if value == (1 << bits) - 1:
            shift = 0
            while True:
                byte = block[at]
                at += 1
                value += (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
        return value

    def string() -> bytes:
        nonlocal at
        length = number(7)
        at += length
        return block[at - length : at]

    while at < len(block):
        first = block[at]
        if first & 0x80:
            number(7)
        elif first & 0xE0 == 0x20:
            number(5)
        else:
            name = b"" if number(6 if first & 0x40 else 4) else string()
            found[name] = string()
    return found


class Stream:
    """One call: messages out, messages in, and one end, of which it is told once."""

    __slots__ = ("_connection", "_id", "_on_end", "_on_message", "_rest", "closed", "over", "window_bytes")

    def __init__(self, connection: "Connection", number: int, on_message: OnMessage, on_end: OnEnd) -> None:
        self._connection = connection
        self._id = number
        self._on_message = on_message
        self._on_end = on_end
        self._rest = b""
        self.window_bytes = connection.stream_window_bytes
        self.closed = False  # by this side
        self.over = False

    def send(self, message: bytes) -> None:
        """One message in one frame. Without a window for it the stream fails: a load does not wait."""
        if self.over:
            return
        connection, length = self._connection, len(message)
        size = length + PREFIX.size
        if size > self.window_bytes or size > connection.window_bytes or size > FRAME_BYTES_MAX:
            whose = "stream" if size > self.window_bytes else "connection"
            self.fail(f"no window left on the {whose}" if size <= FRAME_BYTES_MAX else f"a message of {length} bytes")
            return
        self.window_bytes -= size
        connection.window_bytes -= size
        connection.out.append(DATA_AND_PREFIX.pack(size >> 16, size & 0xFFFF, DATA, 0, self._id, 0, length))
        connection.out.append(message)

    def close(self) -> None:
        """Nothing more is sent; the server's end is expected."""
        if not self.over:
            self.closed = True
            self._connection.out.append(frame(DATA, END_STREAM, self._id))

    def fail(self, why: str) -> None:
        """Ends the call from this side."""
        if not self.over:
            self._connection.out.append(frame(RST_STREAM, 0, self._id, NUMBER.pack(CANCEL)))
            self.end(why)

    def end(self, why: str) -> None:
        if not self.over:
            self.over = True
            self._connection.streams.pop(self._id, None)
            self._on_end(why)

    def read(self, data: bytes, start: int, end: int, now_sec: float) -> None:
        """The payload of a DATA frame: part of a message, one, or several."""
        if self._rest:
            data, start, end = self._rest + data[start:end], 0, len(self._rest) + end - start
            self._rest = b""
        while end - start >= PREFIX.size:
            compressed, length = PREFIX.unpack_from(data, start)
            if compressed:
                self.fail("a compressed message")
            if self.over:
                return
            after = start + PREFIX.size + length
            if after > end:
                break
            self._on_message(data, start + PREFIX.size, after, now_sec)
            start = after
        if start < end:
            self._rest = data[start:end]

    def read_headers(self, block: bytes, *, last: bool) -> None:
        """The response's head, of which nothing is asked, or its trailers with the call's status."""
        if not last:
            return
        fields = literals(block)
        status = fields.get(b"grpc-status", b"missing").decode("latin-1")
        text = f"grpc-status {status} {fields.get(b'grpc-message', b'').decode('latin-1')}".rstrip()
        if not self.closed:
            self.end(f"ended early, {text}")
        elif self._rest:
            self.end(f"a message cut short, {text}")
        else:
            self.end("" if status == "0" else text)


class Connection(asyncio.Protocol):
    """Many calls on one connection. What is to be sent gathers in `out` until `flush`, which writes it at once."""

    def __init__(self, authority: str, clock_sec: Callable[[], float]) -> None:
        self._authority = authority.encode()
        self._clock_sec = clock_sec
        self._transport: asyncio.WriteTransport | None = None
        self._lost = ""
        self._rest = b""
        self._next_id = 1
        self._unacknowledged_bytes = 0
        self.streams: dict[int, Stream] = {}
        self.window_bytes = WINDOW_BYTES
        self.stream_window_bytes = WINDOW_BYTES
        settings = {HEADER_TABLE_SIZE: 0, ENABLE_PUSH: 0, INITIAL_WINDOW_SIZE: WINDOW_BYTES_MAX}
        self.out = [
            PREFACE,
            frame(SETTINGS, 0, 0, b"".join(SETTING.pack(*setting) for setting in settings.items())),
            frame(WINDOW_UPDATE, 0, 0, NUMBER.pack(WINDOW_BYTES_MAX - WINDOW_BYTES)),
        ]

    def call(self, path: str, on_message: OnMessage, on_end: OnEnd) -> Stream:
        """Opens a call. On a lost connection it ends at once."""
        stream = Stream(self, self._next_id, on_message, on_end)
        self._next_id += 2
        if self._lost:
            stream.end(self._lost)
            return stream
        self.streams[self._next_id - 2] = stream
        fields = {
            b":method": b"POST",
            b":scheme": b"http",
            b":path": path.encode(),
            b":authority": self._authority,
            b"te": b"trailers",
            b"content-type": b"application/grpc",
        }
        block = b"".join(literal(name, value) for name, value in fields.items())
        self.out.append(frame(HEADERS, END_HEADERS, self._next_id - 2, block))
        return stream

    def flush(self) -> None:
        if self.out and self._transport is not None:
            self._transport.write(b"".join(self.out))
            self.out.clear()

    def end(self, why: str) -> None:
        """Ends every call."""
        self._lost = self._lost or why
        for stream in list(self.streams.values()):
            stream.end(why)
        self.out.clear()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is none by its class
        self.flush()

    def connection_lost(self, error: Exception | None) -> None:
        self.end(f"connection lost: {type(error).__name__}" if error else "connection closed by the server")

    def data_received(self, chunk: bytes) -> None:
        try:
            self.read(chunk, self._clock_sec())
        except (ValueError, LookupError, struct.error) as error:
            self.end(f"not understood: {error}")
        self.flush()

    def read(self, chunk: bytes, now_sec: float) -> None:
        """All whole frames; the rest waits for the next chunk."""
        data = self._rest + chunk if self._rest else chunk
        done = 0
        for kind, flags, number, start, end in frames(data):
            done = end
            if kind == DATA and not flags & (PADDED | END_STREAM):
                self._unacknowledged_bytes += end - start
                stream = self.streams.get(number)
                if stream is not None:
                    stream.read(data, start, end, now_sec)
            else:
                self._control(kind, flags, number, data[start:end])
        self._rest = data[done:]
        if self._unacknowledged_bytes > WINDOW_BYTES_MAX // 2:
            self.out.append(frame(WINDOW_UPDATE, 0, 0, NUMBER.pack(self._unacknowledged_bytes)))
            self._unacknowledged_bytes = 0

    def _control(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        """Every frame that is not plain data; those of kinds unknown and of calls that are over are passed by."""
        stream = self.streams.get(number)
        if kind == WINDOW_UPDATE:
            whose = stream if number else self
            if whose is not None:
                whose.window_bytes += NUMBER.unpack(payload)[0]
        elif kind == SETTINGS and not flags & ACK:
            self._set(dict(SETTING.iter_unpack(payload)))
        elif kind == PING and not flags & ACK:
            self.out.append(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self.end(f"GOAWAY, error {NUMBER.unpack_from(payload, 4)[0]}")
        elif kind == CONTINUATION or (kind == HEADERS and not flags & END_HEADERS):
            raise ValueError("a header block in several frames")
        elif kind in (DATA, HEADERS) and flags & (PADDED | PRIORITY):
            raise ValueError("padding or priority")
        elif stream is None:
            pass
        elif kind == HEADERS:
            stream.read_headers(payload, last=bool(flags & END_STREAM))
        elif kind == RST_STREAM:
            stream.end(f"RST_STREAM, error {NUMBER.unpack(payload)[0]}")
        elif kind == DATA:
            stream.end("ended without trailers")

    def _set(self, settings: dict[int, int]) -> None:
        size = settings.get(INITIAL_WINDOW_SIZE, self.stream_window_bytes)
        for stream in self.streams.values():
            stream.window_bytes += size - self.stream_window_bytes
        self.stream_window_bytes = size
        self.out.append(frame(SETTINGS, ACK, 0))
