"""Layer L2: the lanes of the links that start in one tile. Layout: `tiles/FORMAT.md`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mapprior.errors import TileError
from mapprior.model.content import EncodedContent
from mapprior.model.ids import TileId
from mapprior.model.lane import LinkLanes
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.tile.blob import Blob, encode_blob, open_blob
from mapprior.tile.codec import decode_lanes, encode_lanes
from mapprior.tile.link_contents import Columns, LinkContents, encode_link_contents

_LANE: Final = Columns(link=1, size=2, data=3)


@dataclass(frozen=True, slots=True)
class LaneTileDraft:
    """Lanes by link index in the road tile of the same id; links without lanes are absent."""

    tile_id: TileId
    build_id: str
    lanes: Mapping[int, LinkLanes]


def encode_lane_tile(draft: LaneTileDraft) -> bytes:
    """The tile's blob, uncompressed; the same draft gives the same bytes, in whatever order its mapping is."""
    return encode_blob(
        layer=Layer.L2,
        tile_id=draft.tile_id,
        build_id=draft.build_id,
        link_count=len(draft.lanes),
        node_count=0,
        sections=encode_link_contents({index: encode_lanes(x) for index, x in draft.lanes.items()}, _LANE),
    )


def open_lane_tile(data: bytes, *, name: str) -> "LaneTileView":
    """Opens a blob made by `encode_lane_tile`. TileError begins with `name` and says what is wrong."""
    return LaneTileView(open_blob(data, name=name, layer=Layer.L2))


class LaneTileView:
    """An opened lane tile; implements `model.network.LaneTile`. Safe to share between threads."""

    __slots__ = ("__weakref__", "_contents", "build_id", "size_bytes", "tile_id")

    def __init__(self, blob: Blob) -> None:
        self.tile_id = blob.tile_id
        self.build_id = blob.build_id
        self.size_bytes = blob.size_bytes
        self._contents = LinkContents(blob, _LANE, ProfileGroup.LANE, decode_lanes)
        if len(self._contents.links) != blob.link_count:
            raise TileError(f"{blob.name}: {len(self._contents.links)} links with lanes, it states {blob.link_count}")

    @property
    def link_indexes(self) -> tuple[int, ...]:
        """Links that have lanes, ascending."""
        return tuple(self._contents.links)

    @property
    def touched_share(self) -> float:
        """Part of the links whose lanes were decoded and are kept, from 0 to 1."""
        count = len(self._contents.links)
        return self._contents.decoded_count / count if count else 0.0

    def lanes(self, index: int) -> LinkLanes | None:
        """Lanes of a link, decoded at the first call and the same object ever after; None where there are none."""
        return self._contents.value(index)

    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None:
        """The bytes as they lie here; None where there are none."""
        return self._contents.content(index) if group is ProfileGroup.LANE else None

    def contents(self, index: int) -> tuple[EncodedContent, ...]:
        content = self._contents.content(index)
        return () if content is None else (content,)
