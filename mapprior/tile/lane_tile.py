"""Layer L2: the lanes of the links that start in one tile. Layout: `tiles/FORMAT.md`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np

from mapprior.errors import TileError
from mapprior.horizon.items import bytes_digest
from mapprior.model.content import EncodedContent
from mapprior.model.ids import INDEX_COUNT_MAX, TileId, link_id
from mapprior.model.lane import LinkLanes
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.tile.blob import Blob, encode_blob, open_blob
from mapprior.tile.codec import decode_lanes, encode_lanes


class Section(IntEnum):
    """Sections of a lane tile; n links that have lanes."""

    LINK = 1  # uint32 [n]: index of the link in its road tile, ascending
    LANE_BYTES = 2  # uint32 [n]
    LANE = 3


@dataclass(frozen=True, slots=True)
class LaneTileDraft:
    """Lanes by link index in the road tile of the same id; links without lanes are absent."""

    tile_id: TileId
    build_id: str
    lanes: Mapping[int, LinkLanes]


def encode_lane_tile(draft: LaneTileDraft) -> bytes:
    """The tile's blob, uncompressed; the same draft gives the same bytes, in whatever order its mapping is."""
    indexes = sorted(draft.lanes)
    if indexes and not (indexes[0] >= 0 and indexes[-1] < INDEX_COUNT_MAX):
        raise ValueError(f"link index {indexes[-1]} is outside a tile's {INDEX_COUNT_MAX}")
    payloads = [encode_lanes(draft.lanes[index]) for index in indexes]
    sections: dict[int, bytes] = {
        Section.LINK: np.array(indexes, dtype="<u4").tobytes(),
        Section.LANE_BYTES: np.array([len(x) for x in payloads], dtype="<u4").tobytes(),
        Section.LANE: b"".join(payloads),
    }
    return encode_blob(
        layer=Layer.L2,
        tile_id=draft.tile_id,
        build_id=draft.build_id,
        link_count=len(indexes),
        node_count=0,
        sections=sections,
    )


def open_lane_tile(data: bytes, *, name: str) -> "LaneTileView":
    """Opens a blob made by `encode_lane_tile`. TileError begins with `name` and says what is wrong."""
    return LaneTileView(open_blob(data, name=name, layer=Layer.L2))


class LaneTileView:
    """An opened lane tile; implements `model.network.LaneTile`. Safe to share between threads."""

    __slots__ = ("__weakref__", "_content", "_data", "_lanes", "_name", "_spans", "build_id", "size_bytes", "tile_id")

    def __init__(self, blob: Blob) -> None:
        n = blob.link_count
        self._name = blob.name
        self.tile_id = blob.tile_id
        self.build_id = blob.build_id
        self.size_bytes = blob.size_bytes
        indexes = blob.column(Section.LINK, "<u4", n)
        ends = np.cumsum(blob.column(Section.LANE_BYTES, "<u4", n), dtype=np.int64)
        self._data = blob.bytes_of(Section.LANE)
        if (ends[-1] if n else 0) != len(self._data):
            raise TileError(f"{self._name}: section LANE has {len(self._data)} bytes, not what it states")
        if n and (indexes[-1] >= INDEX_COUNT_MAX or not (indexes[:-1] < indexes[1:]).all()):
            raise TileError(f"{self._name}: the links of section LINK are out of order")
        bounds = [0, *ends.tolist()]
        self._spans = dict(zip(indexes.tolist(), pairwise(bounds), strict=True))
        self._lanes: dict[int, LinkLanes] = {}
        self._content: dict[int, EncodedContent] = {}

    @property
    def link_indexes(self) -> tuple[int, ...]:
        """Links that have lanes, ascending."""
        return tuple(self._spans)

    @property
    def touched_share(self) -> float:
        """Part of the links whose lanes were decoded and are kept, from 0 to 1."""
        return len(self._lanes) / len(self._spans) if self._spans else 0.0

    def lanes(self, index: int) -> LinkLanes | None:
        """Lanes of a link, decoded at the first call and the same object ever after; None where there are none."""
        lanes = self._lanes.get(index)
        if lanes is not None or index not in self._spans:
            return lanes
        try:
            return self._lanes.setdefault(index, decode_lanes(self._payload(index)))
        except TileError as error:
            raise TileError(f"{self._name}: link {index}: {error}") from error

    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None:
        """The bytes as they lie here; None where there are none."""
        content = self._content.get(index) if group is ProfileGroup.LANE else None
        if content is not None or group is not ProfileGroup.LANE or index not in self._spans:
            return content
        payload = self._payload(index)
        owner = link_id(self.tile_id, index)
        return self._content.setdefault(index, EncodedContent(group, owner, bytes_digest(payload), payload))

    def _payload(self, index: int) -> bytes:
        start, end = self._spans[index]
        return bytes(self._data[start:end])
