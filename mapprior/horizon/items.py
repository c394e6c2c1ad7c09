"""The items a horizon state is made of, their keys and their hashes.

Definitions, units and the hash rule stand in `protos/mapprior/v1/horizon.proto`; this file is their
Python form. A state is a `dict[Key, Item]`; two states are equal when these dicts are.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from mapprior.horizon.vehicle_position import LanePosition as LanePosition
from mapprior.horizon.vehicle_position import Position as Position
from mapprior.horizon.vehicle_position import PositionCandidate as PositionCandidate
from mapprior.model.border import DrivingSide
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit, PostedSpeed, SpeedUnit, mm_per_sec
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import WorkZoneState

ROOT: Final = PathId(0)  # parent of a root path
MASK64: Final = (1 << 64) - 1
Key = tuple[int | str, ...]


class CoverageState(IntEnum):
    PRESENT = 1
    DERIVED = 2
    ABSENT = 3
    UNKNOWN = 4
    NOT_LOADED = 5
    FAILED = 6
    NOT_SUBSCRIBED = 7


class BorderState(IntEnum):
    """What is known beyond a border."""

    SERVED = 1  # the road goes on in the next market's release
    NOT_SERVED = 2  # no release of the next market is served here
    NOT_LOADED = 3
    FAILED = 4  # its tile could not be read
    NOT_JOINED = 5  # its release is served and has no road that goes on here


class HealthState(IntEnum):
    OK = 1
    DEGRADED = 2
    FAILED = 3


# A tag and so many 8-byte integers; prepared once, since every changed item is hashed when it is sent.
_PACK: Final = tuple(struct.Struct(f"<B{count}Q").pack for count in range(24))
_PACK_ONE: Final = struct.Struct("<Q").pack
_DIGEST: Final = hashlib.blake2b(digest_size=8)  # copied for each digest: cheaper than a new one


@lru_cache(maxsize=65536)
def text_digest(text: str) -> int:
    """BLAKE2b-8 of the UTF-8 bytes, read little-endian, unsigned."""
    return bytes_digest(text.encode())


def bytes_digest(data: bytes) -> int:
    """BLAKE2b-8, read little-endian, unsigned: the digest of content."""
    digest = _DIGEST.copy()
    digest.update(data)
    return int.from_bytes(digest.digest(), "little")


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


def _posted_digest(x: PostedSpeed | None) -> int:
    """A list of one, or of none."""
    if x is None:
        return _EMPTY_DIGEST
    posted = x.value_milli, x.unit, mm_per_sec(x.value_milli, x.unit), text_digest(x.raw)
    return list_digest((*posted, x.basis, x.confidence_permille))


@dataclass(slots=True, unsafe_hash=True)  # hot, as Pose is
class Path:
    path_id: PathId
    parent_path_id: PathId
    offset_on_parent_cm: int
    first_offset_cm: int
    end_offset_cm: int
    probability_ppm: int
    turn_angle_mrad: int = 0  # from the parent, left positive

    @property
    def key(self) -> Key:
        return (1, self.path_id)

    def hash64(self) -> int:
        return item_hash(
            1,
            (
                self.path_id,
                self.parent_path_id,
                self.offset_on_parent_cm,
                self.first_offset_cm,
                self.end_offset_cm,
                self.probability_ppm,
                self.turn_angle_mrad,
            ),
        )


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class LinkPlacement:
    """Of a whole link."""

    path_id: PathId
    start_offset_cm: int
    end_offset_cm: int
    link_id: LinkId

    def __init__(self, path_id: PathId, start_offset_cm: int, end_offset_cm: int, link_id: LinkId) -> None:
        self.path_id = path_id
        self.start_offset_cm = start_offset_cm
        self.end_offset_cm = end_offset_cm
        self.link_id = link_id

    @property
    def length_cm(self) -> int:
        return self.end_offset_cm - self.start_offset_cm

    @property
    def key(self) -> Key:
        return (2, self.path_id, self.start_offset_cm)

    def hash64(self) -> int:
        return item_hash(2, (self.path_id, self.start_offset_cm, self.length_cm, self.link_id))


@dataclass(slots=True, unsafe_hash=True)  # hot, as Pose is
class LimitSpan:
    path_id: PathId
    start_offset_cm: int
    end_offset_cm: int
    limit: EffectiveLimit

    @property
    def key(self) -> Key:
        return (3, self.path_id, self.start_offset_cm)

    def hash64(self) -> int:
        return limit_hash(self.path_id, self.start_offset_cm, self.end_offset_cm, self.limit, self.limit.source)


def limit_hash(path_id: PathId, start_offset_cm: int, end_offset_cm: int, x: EffectiveLimit, source: str) -> int:
    """Of a limit span; `source` counts, whatever the limit names."""
    place = _PACK[3](3, path_id, start_offset_cm & MASK64, end_offset_cm & MASK64)
    before, after = x.hashed or _hashed(x)
    return bytes_digest(b"".join((place, before, _PACK_ONE(text_digest(source)), after)))


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
        text_digest(x.work_zone_id),
        list_digest(unresolved),
        _posted_digest(x.advisory),
        _posted_digest(x.minimum),
        list_digest(lanes),
        x.next_change_us,
    )
    x.hashed = hashed = _packed(before), _packed(after)
    return hashed


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class CoverageSpan:
    path_id: PathId
    layer: Layer
    start_offset_cm: int
    end_offset_cm: int
    state: CoverageState
    reason: str

    def __init__(
        self,
        path_id: PathId,
        layer: Layer,
        start_offset_cm: int,
        end_offset_cm: int,
        state: CoverageState,
        reason: str = "",
    ) -> None:
        self.path_id = path_id
        self.layer = layer
        self.start_offset_cm = start_offset_cm
        self.end_offset_cm = end_offset_cm
        self.state = state
        self.reason = reason

    @property
    def key(self) -> Key:
        return (4, self.path_id, self.layer, self.start_offset_cm)

    def hash64(self) -> int:
        return item_hash(
            4,
            (
                self.path_id,
                self.layer,
                self.start_offset_cm,
                self.end_offset_cm,
                self.state,
                text_digest(self.reason),
            ),
        )


@dataclass(frozen=True, slots=True)
class WorkZonePlacement:
    path_id: PathId
    work_zone_id: str
    start_offset_cm: int
    end_offset_cm: int
    state: WorkZoneState
    match_permille: int
    lanes_apply: bool

    @property
    def key(self) -> Key:
        return (5, self.path_id, self.work_zone_id, self.start_offset_cm)

    def hash64(self) -> int:
        return item_hash(
            5,
            (
                self.path_id,
                text_digest(self.work_zone_id),
                self.start_offset_cm,
                self.end_offset_cm,
                self.state,
                self.match_permille,
                self.lanes_apply,
            ),
        )


@dataclass(slots=True, eq=False)  # hot, as Pose is
class Content:
    """A content item. Equality and hash go by key and digest; the payload may be empty where it is held already."""

    encoded: EncodedContent

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Content):
            return NotImplemented
        return self.key == other.key and self.encoded.digest == other.encoded.digest

    def __hash__(self) -> int:
        return hash((self.key, self.encoded.digest))

    @property
    def key(self) -> Key:
        return (6, self.encoded.group, self.encoded.link_id)

    def hash64(self) -> int:
        x = self.encoded
        if not x.item_hash64:
            x.item_hash64 = item_hash(6, (x.group, x.link_id, x.digest))
        return x.item_hash64


@dataclass(frozen=True, slots=True)
class WorkZoneContent:
    work_zone_id: str
    digest: int
    payload: bytes

    @property
    def key(self) -> Key:
        return (7, self.work_zone_id)

    def hash64(self) -> int:
        return item_hash(7, (text_digest(self.work_zone_id), self.digest))


@dataclass(frozen=True, slots=True)
class Release:
    market: str
    dataset_id: int
    build_id: str
    name: str = ""
    source_time: str = ""


@dataclass(frozen=True, slots=True)
class StreamBasis:
    releases: tuple[Release, ...]
    market_pack_digest: str
    tzdata_version: str
    overlay_number: int

    @property
    def key(self) -> Key:
        return (8,)

    def hash64(self) -> int:
        releases = [v for r in self.releases for v in (text_digest(r.market), r.dataset_id, text_digest(r.build_id))]
        return item_hash(
            8,
            (
                list_digest(releases),
                text_digest(self.market_pack_digest),
                text_digest(self.tzdata_version),
                self.overlay_number,
            ),
        )


@dataclass(frozen=True, slots=True)
class Border:
    """Where a path leaves a market. `to_market` is empty where it is not known; then so are its side and unit."""

    path_id: PathId
    offset_cm: int
    state: BorderState
    from_market: str
    to_market: str
    from_driving_side: DrivingSide
    to_driving_side: DrivingSide
    from_speed_unit: SpeedUnit  # what its signs are in; NONE where it is not known
    to_speed_unit: SpeedUnit

    @property
    def end_offset_cm(self) -> int:
        """A border is erased once it lies before what is left of its path."""
        return self.offset_cm + 1

    @property
    def key(self) -> Key:
        return (9, self.path_id, self.offset_cm)

    def hash64(self) -> int:
        return item_hash(
            9,
            (
                self.path_id,
                self.offset_cm,
                self.state,
                text_digest(self.from_market),
                text_digest(self.to_market),
                self.from_driving_side,
                self.to_driving_side,
                self.from_speed_unit,
                self.to_speed_unit,
            ),
        )


# What lies on a path, by offset.
Placed = LinkPlacement | LimitSpan | CoverageSpan | WorkZonePlacement | Border
Item = (
    Path
    | LinkPlacement
    | LimitSpan
    | CoverageSpan
    | WorkZonePlacement
    | Border
    | Content
    | WorkZoneContent
    | StreamBasis
)


@dataclass(frozen=True, slots=True)
class Health:
    state: HealthState
    reason: str = ""
    poses_dropped_count: int = 0
    content_withheld: bool = False  # content asked for and at hand has no room at the client


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Update:
    """One step of the state. Apply: implied removals, `removed`, `items`.

    `items` holds at most one item per key. `removed` holds keys; an evicted content is the key of a Content.
    A snapshot starts from the empty state but for the content the client said it holds.
    """

    update_index: int
    snapshot: bool
    pose_time_us: int
    position: Position | None
    health: Health | None  # None: unchanged
    items: tuple[Item, ...]
    removed: tuple[Key, ...]
    state_hash: int

    def __init__(
        self,
        update_index: int,
        snapshot: bool,
        pose_time_us: int,
        position: Position | None,
        health: Health | None,
        items: tuple[Item, ...],
        removed: tuple[Key, ...],
        state_hash: int,
    ) -> None:
        self.update_index = update_index
        self.snapshot = snapshot
        self.pose_time_us = pose_time_us
        self.position = position
        self.health = health
        self.items = items
        self.removed = removed
        self.state_hash = state_hash
