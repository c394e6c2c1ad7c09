"""Protobuf's base-128 integers, written by hand where bytes are spliced and where a message is small and hot."""

from typing import Final

_CHUNK: Final = 1 << 14
# Two base-128 digits at once: with both continuation bits, and as the last of a number.
_MORE: Final = [bytes((i & 0x7F | 0x80, i >> 7 | 0x80)) for i in range(_CHUNK)]
_LAST: Final = [bytes((i,)) if i < 0x80 else bytes((i & 0x7F | 0x80, i >> 7)) for i in range(_CHUNK)]


def varint(value: int) -> bytes:
    """A number from 0 on as base-128 digits, least significant first."""
    if value < _CHUNK:
        if value < 0:
            raise ValueError("a varint holds no negative number")
        return _LAST[value]
    return _MORE[value & (_CHUNK - 1)] + varint(value >> 14)


def number(tag: bytes, value: int) -> bytes:
    """A field of an unsigned number or an enum; nothing for 0, as everywhere in proto3."""
    return tag + varint(value) if value else b""


def signed(tag: bytes, value: int) -> bytes:
    """A field of a `sint32` or `sint64`."""
    if value == 0:
        return b""
    return tag + varint(value << 1 if value > 0 else ~(value << 1))


def text(tag: bytes, value: str) -> bytes:
    """A field of a string."""
    if not value:
        return b""
    data = value.encode()
    return b"".join((tag, varint(len(data)), data))


def nested(tag: bytes, data: bytes) -> bytes:
    """A field of a message, written even where that is empty."""
    return b"".join((tag, varint(len(data)), data))
