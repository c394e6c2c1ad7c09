"""Content of one profile group for those links of a tile that have some: the columns that layers above L0 are made of.

Links with equal content share its bytes where the layer has a column for that. Nothing is decoded before it is asked
for, and nothing twice. Layout: `tiles/FORMAT.md`.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from mapprior.errors import TileError
from mapprior.horizon.digest import bytes_digest
from mapprior.model.content import EncodedContent
from mapprior.model.ids import INDEX_COUNT_MAX, link_id
from mapprior.model.provenance import ProfileGroup
from mapprior.tile.blob import Blob

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Columns:
    """Kinds of the sections that hold one group; 0 where the layer has no such column."""

    link: int  # uint32: index of the link in its road tile, ascending
    size: int  # uint32: bytes of each payload
    data: int  # the payloads, one after the other
    payload: int = 0  # uint32: number of each link's payload; left out where every link has its own
    bases: int = 0  # uint8: bases of each payload's values


def encode_link_contents(
    payloads: Mapping[int, bytes], columns: Columns, *, bases: Mapping[bytes, int] | None = None
) -> dict[int, bytes]:
    """Sections of the content of links, by index; the same content gives the same bytes, in whatever order it comes.

    `bases` are bit sets, by payload. ValueError for an index that no link of a tile can have.
    """
    indexes = sorted(payloads)
    if indexes and not (indexes[0] >= 0 and indexes[-1] < INDEX_COUNT_MAX):
        raise ValueError(f"link index {indexes[-1]} is outside a tile's {INDEX_COUNT_MAX}")
    of_links = [payloads[x] for x in indexes]
    stored = list(dict.fromkeys(of_links)) if columns.payload else of_links
    sections = {
        columns.link: _column(indexes),
        columns.size: _column([len(x) for x in stored]),
        columns.data: b"".join(stored),
    }
    if len(stored) < len(of_links):
        numbers = {x: number for number, x in enumerate(stored)}
        sections[columns.payload] = _column([numbers[x] for x in of_links])
    if columns.bases and bases is not None:
        sections[columns.bases] = bytes(bases[x] for x in stored)
    return sections


class LinkContents(Generic[T]):
    """One group of one opened tile. Safe to share between threads."""

    __slots__ = (
        "_bases",
        "_contents",
        "_data",
        "_decode",
        "_ends",
        "_group",
        "_name",
        "_numbers",
        "_shared",
        "_tile_id",
        "_values",
        "links",
    )

    def __init__(self, blob: Blob, columns: Columns, group: ProfileGroup, decode: Callable[[bytes], T]) -> None:
        self._name = blob.name
        self._tile_id = blob.tile_id
        self._group = group
        self._decode = decode
        links = blob.column(columns.link, "<u4", _count(blob, columns.link))
        count = _count(blob, columns.size)
        ends = np.cumsum(blob.column(columns.size, "<u4", count), dtype=np.uint64)
        self._data = blob.bytes_of(columns.data)
        if (ends[-1] if count else 0) != len(self._data):
            raise TileError(f"{blob.name}: {group.name} has {len(self._data)} bytes, not what it states")
        if len(links) and (links[-1] >= INDEX_COUNT_MAX or not (links[:-1] < links[1:]).all()):
            raise TileError(f"{blob.name}: the links of {group.name} are out of order")
        self._numbers: array[int] | None = None
        if columns.payload in blob.sections:
            numbers = blob.column(columns.payload, "<u4", len(links))
            if len(numbers) and numbers.max() >= count:
                raise TileError(f"{blob.name}: a link's {group.name} is one of more than {count}")
            self._numbers = _array(numbers)
        elif len(links) != count:
            raise TileError(f"{blob.name}: {len(links)} links have {count} contents of {group.name}")
        self._bases = bytes(blob.column(columns.bases, "u1", count)) if columns.bases else b""
        self.links: Sequence[int] = _array(links)  # indexes of the links that have some, ascending
        self._ends = _array(ends)
        self._values: dict[int, T] = {}
        self._shared: dict[int, T] = {}  # by payload, where links share them
        self._contents: dict[int, EncodedContent] = {}

    @property
    def decoded_count(self) -> int:
        """Links whose content was decoded and is kept."""
        return len(self._values)

    @property
    def handed_out_count(self) -> int:
        """Links whose content was handed out as it lies here, and is kept."""
        return len(self._contents)

    def value(self, index: int) -> T | None:
        """The link's content, decoded at the first call and the same object ever after; None where it has none."""
        value = self._values.get(index)
        if value is not None or (number := self._number(index)) < 0:
            return value
        value = self._shared.get(number)
        if value is None:
            try:
                value = self._decode(self._payload(number))
            except TileError as error:
                raise TileError(f"{self._name}: link {index}: {error}") from error
            if self._numbers is not None:
                value = self._shared.setdefault(number, value)
        return self._values.setdefault(index, value)

    def bases(self, index: int) -> int:
        """Bit set of the bases the link's values stand on; 0 where it has none."""
        number = self._number(index)
        return 0 if number < 0 else self._bases[number]

    def content(self, index: int) -> EncodedContent | None:
        """The bytes as they lie here; None where there are none."""
        content = self._contents.get(index)
        if content is not None or (number := self._number(index)) < 0:
            return content
        payload = self._payload(number)
        owner = link_id(self._tile_id, index)
        return self._contents.setdefault(index, EncodedContent(self._group, owner, bytes_digest(payload), payload))

    def _number(self, index: int) -> int:
        """Of the link's payload; -1 where it has none."""
        place = bisect_left(self.links, index)
        if place == len(self.links) or self.links[place] != index:
            return -1
        return place if self._numbers is None else self._numbers[place]

    def _payload(self, number: int) -> bytes:
        return bytes(self._data[self._ends[number - 1] if number else 0 : self._ends[number]])


def _column(values: list[int]) -> bytes:
    return np.array(values, dtype="<u4").tobytes()


def _count(blob: Blob, kind: int) -> int:
    return len(blob.bytes_of(kind)) // 4


def _array(values: npt.NDArray[Any]) -> "array[int]":
    """Four bytes a number, and faster to look into than what numpy has. Sizes of a tile fit."""
    return array("I", values.astype(np.uintc).tobytes())
