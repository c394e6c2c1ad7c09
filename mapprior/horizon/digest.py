"""Digests, and the hash of one item: the rule stands in `protos/mapprior/v1/horizon.proto`."""

import hashlib
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from mapprior.model.ids import PathId
from mapprior.model.limit import EffectiveLimit, PostedSpeed, mm_per_sec

MASK64: Final = (1 << 64) - 1

# A tag and so many 8-byte integers; prepared once, since every changed item is hashed when it is sent.
_PACK: Final = tuple(struct.Struct(f"<B{count}Q").pack for count in range(24))
_PLACE: Final = struct.Struct("<BQ2q").pack  # of a span, with its tag
_PACK_ONE: Final = struct.Struct("<Q").pack
_NEW: Final = hashlib.blake2b(digest_size=8).copy  # cheaper than one made from nothing
_NUMBER: Final = int.from_bytes


@lru_cache(maxsize=4096)
def text_digest(text: str) -> int:
    """BLAKE2b-8 of the UTF-8 bytes, read little-endian, unsigned. Remembered by the process: of words that many places
    have in common."""
    return bytes_digest(text.encode())


def name_digest(name: str) -> int:
    """The same of what names one place, a road or a work zone. Not remembered: names in the order in which vehicles
    came by them would tell a drive when it is over."""
    return bytes_digest(name.encode())


def bytes_digest(data: bytes) -> int:
    """BLAKE2b-8, read little-endian, unsigned: the digest of content."""
    digest = _NEW()
    digest.update(data)
    return _NUMBER(digest.digest(), "little")


_EMPTY_DIGEST: Final = bytes_digest(b"")


def item_hash(tag: int, values: Sequence[int]) -> int:
    """The 64-bit number an item adds to the state hash."""
    pack = _PACK[len(values)]
    try:
        data = pack(tag, *values)
    except struct.error:  # one is negative
        data = pack(tag, *[v & MASK64 for v in values])
    return bytes_digest(data)


def list_digest(values: Sequence[int]) -> int:
    """Digest of the concatenated integers of a list's elements."""
    return bytes_digest(_packed(values)) if values else _EMPTY_DIGEST


def _packed(values: Sequence[int]) -> bytes:
    """One integer of 8 bytes after the other."""
    return b"".join([(v & MASK64).to_bytes(8, "little") for v in values])


def limit_hash(path_id: PathId, start_offset_cm: int, end_offset_cm: int, x: EffectiveLimit, source: str) -> int:
    """Of a limit span; `source` counts, whatever the limit names."""
    place = _PLACE(3, path_id, start_offset_cm, end_offset_cm)
    before, after = x.hashed or _hashed(x)
    return bytes_digest(b"".join((place, before, _PACK_ONE(name_digest(source)), after)))


def _hashed(x: EffectiveLimit) -> tuple[bytes, bytes]:
    """What the hash of a span is made of that depends on the answer alone: before its source, and after."""
    unresolved = [
        v
        for a in x.unresolved
        for v in (a.kind, a.posted_value_milli, a.posted_unit, text_digest(a.condition), text_digest(a.raw))
    ]
    lanes = [
        v
        for a in x.lanes
        for v in (
            *(a.lane_index, a.kind, a.posted_value_milli, a.posted_unit, a.limit_mm_per_sec, a.certain),
            text_digest(a.raw),
        )
    ]
    before = (
        x.kind,
        x.posted_value_milli,
        x.posted_unit,
        x.limit_mm_per_sec,
        x.basis,
        x.confidence_permille,
        x.certain,
        text_digest(x.raw),
    )
    after = (
        name_digest(x.work_zone_id),
        list_digest(unresolved),
        _posted_digest(x.advisory),
        _posted_digest(x.minimum),
        list_digest(lanes),
        x.next_change_us,
    )
    x.hashed = hashed = _packed(before), _packed(after)
    return hashed


def _posted_digest(x: PostedSpeed | None) -> int:
    """A list of one, or of none."""
    if x is None:
        return _EMPTY_DIGEST
    posted = x.value_milli, x.unit, mm_per_sec(x.value_milli, x.unit), text_digest(x.raw)
    return list_digest((*posted, x.basis, x.confidence_permille))
