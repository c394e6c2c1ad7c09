"""HTTP/2 by the byte, for what no gRPC client would send. Headers are literals; nothing is checked."""

import asyncio
import struct
from typing import Final, Self

DATA, HEADERS, RESET, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CANCEL: Final = 8
INITIAL_WINDOW: Final = 4
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind: int, flags: int, stream: int, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + body


def headers(path: bytes) -> bytes:
    """Of a gRPC call; no name or value longer than 126 bytes."""
    fields = (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", path),
        (b":authority", b"x"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
    )
    return b"".join(b"\0" + bytes((len(k),)) + k + bytes((len(v),)) + v for k, v in fields)


def message(data: bytes) -> bytes:
    return struct.pack(">BI", 0, len(data)) + data


class RawConnection:
    """A connection that has said hello. `window_bytes`: how much of an answer it takes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._stream = -1

    @classmethod
    async def to(cls, port: int, *, window_bytes: int = 65535) -> Self:
        connection = cls(*await asyncio.open_connection("127.0.0.1", port))
        settings = struct.pack(">HI", INITIAL_WINDOW, window_bytes)
        connection._writer.write(_PREFACE + frame(SETTINGS, 0, 0, settings) + frame(SETTINGS, ACK, 0))
        return connection

    def open(self, path: bytes, body: bytes = b"", *, reset: bool = False) -> None:
        """A call with one message, and at once its reset."""
        self._stream += 2
        self._writer.write(frame(HEADERS, END_HEADERS, self._stream, headers(path)))
        self._writer.write(frame(DATA, 0 if reset else END_STREAM, self._stream, message(body)))
        if reset:
            self._writer.write(frame(RESET, 0, self._stream, struct.pack(">I", CANCEL)))

    async def flush(self) -> None:
        await self._writer.drain()

    async def until(self, *kinds: int) -> tuple[int, bytes]:
        """The next frame of one of these kinds, and what it holds."""
        while True:
            head = await self._reader.readexactly(9)
            body = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
            if head[3] in kinds:
                return head[3], body

    def close(self) -> None:
        self._writer.close()
