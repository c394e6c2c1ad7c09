"""Protobuf's base-128 integers, written by hand where bytes are spliced."""

_CHUNK = 1 << 14
# Two base-128 digits at once: with both continuation bits, and as the last of a number.
_MORE = [bytes((i & 0x7F | 0x80, i >> 7 | 0x80)) for i in range(_CHUNK)]
_LAST = [bytes((i,)) if i < 0x80 else bytes((i & 0x7F | 0x80, i >> 7)) for i in range(_CHUNK)]


def varint(value: int) -> bytes:
    """A number from 0 on as base-128 digits, least significant first."""
    if value < _CHUNK:
        return _LAST[value]
    return _MORE[value & (_CHUNK - 1)] + varint(value >> 14)
