"""Turn restrictions as they lie in a road tile, by their first link."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from mapprior.errors import TileError
from mapprior.model.ids import LinkId, TileId, index_of, tile_of
from mapprior.model.link import Restriction
from mapprior.tile.blob import Blob


class Section(IntEnum):
    """Sections of a road tile that hold its r restrictions."""

    RESTRICTION_LINKS = 13  # uint16 [r]: links of each
    RESTRICTION_LINK = 14  # uint64: their ids, one restriction after the other
    RESTRICTION_TEXT_BYTES = 15  # uint32 [r][2]: source, condition
    RESTRICTION_TEXT = 16  # UTF-8


def encode_restrictions(restrictions: Sequence[Restriction]) -> dict[int, bytes]:
    """Sections of a road tile, in order of links, source and condition."""
    ordered = sorted(restrictions, key=lambda x: (x.links, x.source, x.condition))
    texts = [text.encode() for x in ordered for text in (x.source, x.condition)]
    return {
        Section.RESTRICTION_LINKS: np.array([len(x.links) for x in ordered], dtype="<u2").tobytes(),
        Section.RESTRICTION_LINK: np.array([y for x in ordered for y in x.links], dtype="<u8").tobytes(),
        Section.RESTRICTION_TEXT_BYTES: np.array([len(x) for x in texts], dtype="<u4").tobytes(),
        Section.RESTRICTION_TEXT: b"".join(texts),
    }


class RestrictionColumns:
    """Restrictions as they lie in the tile; decoded together at the first question."""

    __slots__ = ("_ids", "_links_counts", "_name", "_text", "_text_bytes")

    def __init__(self, blob: Blob) -> None:
        self._name = blob.name
        count = len(blob.bytes_of(Section.RESTRICTION_LINKS)) // 2
        self._links_counts = blob.column(Section.RESTRICTION_LINKS, "<u2", count)
        self._ids = blob.column(Section.RESTRICTION_LINK, "<u8", int(self._links_counts.sum(dtype=np.int64)))
        self._text_bytes = blob.column(Section.RESTRICTION_TEXT_BYTES, "<u4", 2 * count)
        self._text = blob.bytes_of(Section.RESTRICTION_TEXT)
        if int(self._text_bytes.sum(dtype=np.int64)) != len(self._text):
            raise TileError(f"{self._name}: section RESTRICTION_TEXT has {len(self._text)} bytes, not what it states")

    @property
    def links_count_max(self) -> int:
        """Links of the longest one; 0 where there is none."""
        return int(self._links_counts.max(initial=0))

    def decoded(self, tile: TileId, link_count: int) -> dict[int, tuple[Restriction, ...]]:
        """Restrictions by the index of their first link. TileError where one does not begin in this tile."""
        found: dict[int, tuple[Restriction, ...]] = {}
        id_place = text_place = 0
        for i, links_count in enumerate(self._links_counts.tolist()):
            links = tuple(LinkId(x) for x in self._ids[id_place : id_place + links_count].tolist())
            id_place += links_count
            texts = []
            for length in self._text_bytes[2 * i : 2 * i + 2].tolist():
                texts.append(self._decoded_text(text_place, length))
                text_place += length
            if len(links) < 2 or tile_of(links[0]) != tile or index_of(links[0]) >= link_count:
                raise TileError(f"{self._name}: restriction {i} does not begin with a link of this tile")
            index = index_of(links[0])
            found[index] = (*found.get(index, ()), Restriction(links, texts[0], texts[1]))
        return found

    def _decoded_text(self, place: int, length: int) -> str:
        try:
            return str(self._text[place : place + length], "utf-8")
        except UnicodeDecodeError as error:
            raise TileError(f"{self._name}: a restriction's text is not UTF-8") from error
