"""The container of one tile: header, section table, sections, checksum. Layout: `tiles/FORMAT.md`.

Knows nothing of links or lanes. A blob is opened only whole and undamaged: magic, version, length, checksum
and the section table are checked before a byte of a section is read.
"""

import hashlib
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mapprior.errors import TileError
from mapprior.model.ids import TileId
from mapprior.model.provenance import Layer

MAGIC: Final = b"MPTILE\r\n"  # the line end shows a file that was copied as text
FORMAT_VERSION: Final = 2
FORMAT_VERSION_MIN: Final = 1  # has no border nodes and is otherwise the same
TILE_BYTES_MAX: Final = 64 << 20
CHECKSUM_BYTES: Final = 16
_HEADER: Final = struct.Struct("<8sHBBIQ8sII")  # magic, version, layer, sections, bytes, tile, build, links, nodes
_ENTRY: Final = struct.Struct("<III")  # kind, offset, length
_ALIGNMENT_BYTES: Final = 8
_BUILD_ID = re.compile(r"[0-9a-f]{16}")
_TILE_ID_MAX: Final = (1 << 44) - 1


@dataclass(frozen=True, slots=True)
class Blob:
    """An opened, undamaged blob. `sections` maps a section's kind to its bytes, as a view without copy."""

    name: str
    layer: Layer
    tile_id: TileId
    build_id: str
    link_count: int
    node_count: int
    sections: Mapping[int, memoryview]
    size_bytes: int

    def column(self, kind: int, dtype: str, count: int) -> npt.NDArray[Any]:
        """A section as an array of exactly `count` items; TileError where it is missing or of another length."""
        data = self.bytes_of(kind)
        item_bytes = np.dtype(dtype).itemsize
        if len(data) != item_bytes * count:
            raise TileError(
                f"{self.name}: section {kind} has {len(data)} bytes, not {item_bytes * count} for {count} items"
            )
        return np.frombuffer(data, dtype=dtype)

    def bytes_of(self, kind: int) -> memoryview:
        """A section's bytes; TileError where it is missing."""
        data = self.sections.get(kind)
        if data is None:
            raise TileError(f"{self.name}: section {kind} is missing")
        return data


def is_build_id(text: str) -> bool:
    """Sixteen lower-case hexadecimal digits."""
    return _BUILD_ID.fullmatch(text) is not None


def encode_blob(
    *, layer: Layer, tile_id: TileId, build_id: str, link_count: int, node_count: int, sections: Mapping[int, bytes]
) -> bytes:
    """The bytes of a tile, sections in order of kind. ValueError for a bad build id or an over-long tile."""
    if not is_build_id(build_id):
        raise ValueError(f"build id {build_id!r} is not 16 hexadecimal digits")
    start = _aligned(_HEADER.size + _ENTRY.size * len(sections))
    table, body = bytearray(), bytearray()
    for kind in sorted(sections):
        table += _ENTRY.pack(kind, start + len(body), len(sections[kind]))
        body += sections[kind]
        body += bytes(_aligned(len(body)) - len(body))
    size_bytes = start + len(body) + CHECKSUM_BYTES
    if size_bytes > TILE_BYTES_MAX:
        raise ValueError(f"a tile of {size_bytes} bytes exceeds {TILE_BYTES_MAX}")
    build = bytes.fromhex(build_id)
    head = _HEADER.pack(MAGIC, FORMAT_VERSION, layer, len(sections), size_bytes, tile_id, build, link_count, node_count)
    data = b"".join((head, table, bytes(start - len(head) - len(table)), body))
    return data + _checksum(data)


def open_blob(data: bytes, *, name: str, layer: Layer) -> Blob:
    """Checks everything that can be checked without knowing the layer; TileError names `name` and what is wrong."""
    if len(data) < _HEADER.size + CHECKSUM_BYTES:
        raise TileError(f"{name}: {len(data)} bytes are too few for a tile")
    magic, version, layer_, section_count, size_bytes, tile, build, links, nodes = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise TileError(f"{name}: not a mapprior tile")
    if version > FORMAT_VERSION:
        raise TileError(f"{name}: tile format {version} is newer than {FORMAT_VERSION}, the newest read here")
    if size_bytes != len(data):
        raise TileError(f"{name}: the tile has {len(data)} bytes and says {size_bytes}")
    view = memoryview(data)
    if _checksum(view[:-CHECKSUM_BYTES]) != data[-CHECKSUM_BYTES:]:
        raise TileError(f"{name}: the tile is damaged: its checksum does not fit")
    if version < FORMAT_VERSION_MIN or layer_ != layer:
        raise TileError(f"{name}: a tile of format {version}, layer {layer_}; wanted {FORMAT_VERSION}, {int(layer)}")
    if tile > _TILE_ID_MAX:
        raise TileError(f"{name}: the tile id is outside the grid")
    sections = _sections(view, section_count, name=name)
    return Blob(name, layer, TileId(tile), build.hex(), links, nodes, sections, size_bytes)


def _sections(view: memoryview, count: int, *, name: str) -> dict[int, memoryview]:
    end = len(view) - CHECKSUM_BYTES
    first = _HEADER.size + _ENTRY.size * count
    if first > end:
        raise TileError(f"{name}: the section table runs past the end")
    sections: dict[int, memoryview] = {}
    for place in range(_HEADER.size, first, _ENTRY.size):
        kind, offset, length = _ENTRY.unpack_from(view, place)
        if kind in sections or offset < first or offset % _ALIGNMENT_BYTES or offset + length > end:
            raise TileError(f"{name}: section {kind} is misplaced (offset {offset}, {length} bytes)")
        sections[kind] = view[offset : offset + length]
    return sections


def _aligned(size_bytes: int) -> int:
    return -(-size_bytes // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES


def _checksum(data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=CHECKSUM_BYTES).digest()
