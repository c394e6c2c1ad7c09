"""Protobuf's base-128 integers, written by hand where bytes are spliced and where a message is small and hot."""

from typing import Final

_CHUNK: Final = 1 << 14
# Two base-128 digits at once: with both continuation bits, and as the last of a number. One row of bytes each: a list
# of them would be a megabyte, of which every number that is written looks at another place.
_MORE: Final = b"".join([bytes((i & 0x7F | 0x80, i >> 7 | 0x80)) for i in range(_CHUNK)])
_LAST: Final = b"".join([bytes((i & 0x7F | 0x80, i >> 7)) for i in range(_CHUNK)])
_ONE: Final = bytes(range(0x80))


def varint(value: int) -> bytes:
    """A number from 0 on as base-128 digits, least significant first."""
    if value < 0x80:
        if value < 0:
            raise ValueError("a varint holds no negative number")
        return _ONE[value : value + 1]
    if value < _CHUNK:
        return _LAST[2 * value : 2 * value + 2]
    at = 2 * (value & (_CHUNK - 1))
    return _MORE[at : at + 2] + varint(value >> 14)


def number(tag: bytes, value: int) -> bytes:
    """A field of an unsigned number or an enum; nothing for 0, as everywhere in proto3."""
    return tag + varint(value) if value else b""


def signed(tag: bytes, value: int) -> bytes:
    """A field of a `sint32` or `sint64`."""
    if value == 0:
        return b""
    return tag + varint(value << 1 if value > 0 else ~(value << 1))


def fixed64(tag: bytes, value: int) -> bytes:
    """A field of a `fixed64`."""
    return tag + value.to_bytes(8, "little") if value else b""


def text(tag: bytes, value: str) -> bytes:
    """A field of a string."""
    if not value:
        return b""
    return nested(tag, value.encode())


def nested(tag: bytes, data: bytes) -> bytes:
    """A field of a message, written even where that is empty."""
    return b"%b%b%b" % (tag, varint(len(data)), data)
