"""The items a horizon state is made of, their keys and their hashes.

Definitions, units and the hash rule stand in `protos/mapprior/v1/horizon.proto`; this file is their
Python form. A state is a `dict[Key, Item]`; two states are equal when these dicts are.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mapprior.horizon.digest import bytes_digest, item_hash, limit_hash, list_digest, name_digest, text_digest
from mapprior.horizon.granted import Granted
from mapprior.horizon.vehicle_position import Position
from mapprior.model.border import DrivingSide
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit, SpeedUnit
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import WorkZoneState

ROOT: Final = PathId(0)  # parent of a root path
Key = tuple[int | str, ...]

# What is hashed of the items that come by the hundred: the tag, then eight bytes for each integer.
_PATH: Final = struct.Struct("<B2Q3qQq").pack
_LINK_PLACEMENT: Final = struct.Struct("<BQ2qQ").pack
_COVERAGE_SPAN: Final = struct.Struct("<B2Q2q2Q").pack


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


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Path:
    path_id: PathId
    parent_path_id: PathId
    offset_on_parent_cm: int
    first_offset_cm: int
    end_offset_cm: int
    probability_ppm: int
    turn_angle_mrad: int  # from the parent, left positive

    def __init__(
        self,
        path_id: PathId,
        parent_path_id: PathId,
        offset_on_parent_cm: int,
        first_offset_cm: int,
        end_offset_cm: int,
        probability_ppm: int,
        turn_angle_mrad: int = 0,
    ) -> None:
        self.path_id = path_id
        self.parent_path_id = parent_path_id
        self.offset_on_parent_cm = offset_on_parent_cm
        self.first_offset_cm = first_offset_cm
        self.end_offset_cm = end_offset_cm
        self.probability_ppm = probability_ppm
        self.turn_angle_mrad = turn_angle_mrad

    def __eq__(self, other: object) -> bool:  # what `dataclass` makes is interpreted
        if not isinstance(other, Path):
            return NotImplemented
        return (
            self.path_id == other.path_id
            and self.parent_path_id == other.parent_path_id
            and self.offset_on_parent_cm == other.offset_on_parent_cm
            and self.first_offset_cm == other.first_offset_cm
            and self.end_offset_cm == other.end_offset_cm
            and self.probability_ppm == other.probability_ppm
            and self.turn_angle_mrad == other.turn_angle_mrad
        )

    @property
    def key(self) -> Key:
        return (1, self.path_id)

    def hash64(self) -> int:
        return bytes_digest(
            _PATH(
                1,
                self.path_id,
                self.parent_path_id,
                self.offset_on_parent_cm,
                self.first_offset_cm,
                self.end_offset_cm,
                self.probability_ppm,
                self.turn_angle_mrad,
            )
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
        return bytes_digest(_LINK_PLACEMENT(2, self.path_id, self.start_offset_cm, self.length_cm, self.link_id))


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
        return bytes_digest(
            _COVERAGE_SPAN(
                4,
                self.path_id,
                self.layer,
                self.start_offset_cm,
                self.end_offset_cm,
                self.state,
                text_digest(self.reason),
            )
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
                name_digest(self.work_zone_id),
                self.start_offset_cm,
                self.end_offset_cm,
                self.state,
                self.match_permille,
                self.lanes_apply,
            ),
        )


@dataclass(slots=True, eq=False, init=False)  # hot, as Pose is
class Content:
    """A content item. Equality and hash go by key and digest; the payload may be empty where it is held already."""

    encoded: EncodedContent

    def __init__(self, encoded: EncodedContent) -> None:
        self.encoded = encoded

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
        return item_hash(7, (name_digest(self.work_zone_id), self.digest))


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
    granted: Granted | None  # with a snapshot; None: unchanged

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
        granted: Granted | None = None,
    ) -> None:
        self.update_index = update_index
        self.snapshot = snapshot
        self.pose_time_us = pose_time_us
        self.position = position
        self.health = health
        self.items = items
        self.removed = removed
        self.state_hash = state_hash
        self.granted = granted
