"""Messages between the supervisor and a worker: length and pickle over a socket pair that no one else can open."""

import asyncio
import pickle
import struct
from dataclasses import dataclass
from typing import Any

from mapprior.model.work_zone import Overlay

FRAME_BYTES_MAX = 1 << 30
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class NewOverlay:
    """To the worker: the overlay to serve from now on."""

    overlay: Overlay


@dataclass(frozen=True, slots=True)
class Drain:
    """To the worker: take nothing new, end within the grace."""

    grace_ms: int


@dataclass(frozen=True, slots=True)
class Listening:
    """From the worker: it serves these addresses."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CannotStart:
    """From the worker: its configuration or tiles cannot be used; starting it again would not help."""

    reason: str


Frame = NewOverlay | Drain | Listening | CannotStart


def pack(frame: Frame) -> bytes:
    body = pickle.dumps(frame, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next message; None when the other side is gone."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > FRAME_BYTES_MAX:
            return None
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    frame: Any = pickle.loads(body)
    return frame  # type: ignore[no-any-return]
