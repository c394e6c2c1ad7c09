"""Tiles of one market and layer in one PMTiles v3 archive: writing it, and reading it through `get_bytes`.

The same tiles give the same bytes, in whatever order they come: data lies in Hilbert order, tiles are compressed
with zstd at a fixed level, and directories are gzip with stored blocks, because what a deflate encoder makes of
them differs between zlib versions. The reader checks all that lies before the tile data against the digest in the
manifest and keeps the directories in memory; it never reads them again.
"""

import gzip
import hashlib
import json
import os
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

import zstandard
from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_directory,
    deserialize_header,
    serialize_directory,
    serialize_header,
    tileid_to_zxy,
    zxy_to_tileid,
)

from mapprior.errors import TileError, UnreadableError
from mapprior.geo.frame import HALF_TURN_E7
from mapprior.model.grid import ZOOM, bounds_e7
from mapprior.model.ids import TileId, tile_id, tile_parts
from mapprior.model.provenance import Layer
from mapprior.tile.blob import TILE_BYTES_MAX
from mapprior.tile.manifest import ArchiveInfo

GetBytes = Callable[[int, int], bytes]

ZSTD_LEVEL: Final = 9  # measured: 7 % smaller than 3 at no cost that shows; 19 saves 7 % more, ten times slower
HEADER_BYTES: Final = 127
ROOT_BYTES_MAX: Final = 16_384 - HEADER_BYTES
LEAF_ENTRIES_COUNT: Final = 4096
INDEX_BYTES_MAX: Final = 256 << 20
_GZIP_HEAD: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_STORED_BYTES_MAX: Final = 0xFFFF


def write_archive(
    path: Path, tiles: Iterable[tuple[TileId, bytes]], *, layer: Layer, metadata: Mapping[str, object]
) -> ArchiveInfo:
    """Writes blobs to an archive at `path`; returns what the manifest says of it.

    ValueError without a tile, with the same tile twice, or with tiles of several datasets.
    """
    with tempfile.TemporaryFile() as spool:
        entries = _spooled(spool, tiles)
        index = _index(entries, metadata)
        with path.open("wb") as file:
            digest = hashlib.sha256()
            for part in (index, *_in_order(spool, entries)):
                file.write(part)
                digest.update(part)
            file.flush()
            os.fsync(file.fileno())
            size_bytes = file.tell()
    return ArchiveInfo(
        name=path.name,
        layer=layer,
        size_bytes=size_bytes,
        sha256=digest.hexdigest(),
        index_bytes=len(index),
        index_sha256=hashlib.sha256(index).hexdigest(),
        tiles_count=len(entries),
    )


class FileBytes:
    """A `get_bytes` over a file, held open: it reads what was opened, whatever takes the file's name later.

    Several threads may read at once. TileError where the file cannot be opened.
    """

    __slots__ = ("_descriptor", "name", "size_bytes")

    def __init__(self, path: Path) -> None:
        self._descriptor = -1
        self.name = str(path)
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self.size_bytes = os.fstat(self._descriptor).st_size
        except OSError as error:
            raise TileError(f"{path}: cannot be opened: {error.strerror}") from error

    def __call__(self, offset: int, length: int) -> bytes:
        """`length` bytes at `offset`, fewer only where the file ends."""
        parts: list[bytes] = []
        while length > 0 and (part := os.pread(self._descriptor, length, offset)):
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


class Archive:
    """An archive, opened: which tiles it has, and their bytes. `get_bytes(offset, length)` may be any source.

    Opening reads the index once. TileError where it is not what the manifest describes.
    """

    def __init__(self, get_bytes: GetBytes, info: ArchiveInfo, *, dataset_id: int, name: str) -> None:
        self.info = info
        self.name = name
        self._get_bytes = get_bytes
        self._places = _places(self._index(), info, dataset_id=dataset_id, name=name)

    @property
    def tiles(self) -> Iterable[TileId]:
        """Every tile the archive has, in the order of its data."""
        return self._places.keys()

    def __contains__(self, tile: TileId) -> bool:
        return tile in self._places

    def place(self, tile: TileId) -> tuple[int, int] | None:
        """(offset, length) in the file; None where there is no such tile."""
        return self._places.get(tile)

    def raw(self, tile: TileId) -> bytes | None:
        """The compressed tile as it lies here, unchecked; None where there is none. TileError for a short read."""
        place = self._places.get(tile)
        if place is None:
            return None
        data = self._read(*place)
        if len(data) != place[1]:
            # neither where it lies nor how long it is: either would tell which tile it is, and so where a vehicle is
            raise UnreadableError(f"{self.name}: truncated: the file ends within a tile, or before it")
        return data

    def blob(self, tile: TileId) -> bytes | None:
        """The tile, decompressed; None where there is none. TileError where it does not decompress."""
        data = self.raw(tile)
        return None if data is None else decompressed(data, name=self.name)

    def _index(self) -> bytes:
        if not HEADER_BYTES <= self.info.index_bytes <= INDEX_BYTES_MAX:
            raise TileError(f"{self.name}: the manifest gives it an index of {self.info.index_bytes} bytes")
        data = self._read(0, self.info.index_bytes)
        if len(data) != self.info.index_bytes:
            raise TileError(f"{self.name}: truncated: it ends within the directories, after {len(data)} bytes")
        if hashlib.sha256(data).hexdigest() != self.info.index_sha256:
            raise TileError(f"{self.name}: {_misfit(data)}")
        return data

    def _read(self, offset: int, length: int) -> bytes:
        try:
            return self._get_bytes(offset, length)
        except OSError as error:
            raise UnreadableError(f"{self.name}: cannot be read: {error.strerror or error}") from error


def compressed(blob: bytes) -> bytes:
    """A blob as it lies in an archive: one zstd frame that states its size."""
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(blob)


def decompressed(data: bytes, *, name: str) -> bytes:
    """The blob of a compressed tile. TileError where it is no whole zstd frame or states more than TILE_BYTES_MAX."""
    try:
        size_bytes = zstandard.get_frame_parameters(data).content_size
        if size_bytes > TILE_BYTES_MAX:  # an unknown size is the greatest number
            raise TileError(f"{name}: a tile is damaged: no size, or one beyond {TILE_BYTES_MAX} bytes")
        return zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise TileError(f"{name}: a tile is damaged: {error}") from error
    except MemoryError as error:
        raise UnreadableError(f"{name}: a tile of {size_bytes} bytes does not fit into memory") from error


def _spooled(spool: BinaryIO, tiles: Iterable[tuple[TileId, bytes]]) -> list[tuple[int, TileId, int, int]]:
    """Compresses every tile into the spool; (Hilbert id, tile, offset, length) in Hilbert order."""
    entries, offset = [], 0
    for tile, blob in tiles:
        data = compressed(blob)
        spool.write(data)
        _, x, y = tile_parts(tile)
        entries.append((zxy_to_tileid(ZOOM, x, y), tile, offset, len(data)))
        offset += len(data)
    entries.sort()
    if not entries:
        raise ValueError("an archive without a tile")
    if len({tile >> 28 for _, tile, _, _ in entries}) > 1 or len({x for x, _, _, _ in entries}) < len(entries):
        raise ValueError("the same tile twice, or tiles of several datasets")
    return entries


def _in_order(spool: BinaryIO, entries: Iterable[tuple[int, TileId, int, int]]) -> Iterator[bytes]:
    for _, _, offset, length in entries:
        spool.seek(offset)
        yield spool.read(length)


def _index(entries: list[tuple[int, TileId, int, int]], metadata: Mapping[str, object]) -> bytes:
    """Everything before the tile data: header, root directory, metadata, leaf directories."""
    directory, offset = [], 0
    for hilbert, _, _, length in entries:
        directory.append(Entry(hilbert, offset, length, 1))
        offset += length
    root, leaves = _directories(directory)
    text = _gzip(json.dumps(dict(metadata), sort_keys=True, ensure_ascii=False).encode())
    south, west, north, east = _bounds([tile for _, tile, _, _ in entries])
    metadata_offset = HEADER_BYTES + len(root)
    leaf_offset = metadata_offset + len(text)
    header: bytes = serialize_header(
        {
            "version": 3,
            "root_offset": HEADER_BYTES,
            "root_length": len(root),
            "metadata_offset": metadata_offset,
            "metadata_length": len(text),
            "leaf_directory_offset": leaf_offset,
            "leaf_directory_length": len(leaves),
            "tile_data_offset": leaf_offset + len(leaves),
            "tile_data_length": offset,
            "addressed_tiles_count": len(entries),
            "tile_entries_count": len(entries),
            "tile_contents_count": len(entries),
            "clustered": True,
            "internal_compression": Compression.GZIP,
            "tile_compression": Compression.ZSTD,
            "tile_type": TileType.UNKNOWN,
            "min_zoom": ZOOM,
            "max_zoom": ZOOM,
            "min_lon_e7": west,
            "min_lat_e7": south,
            "max_lon_e7": east,
            "max_lat_e7": north,
            "center_zoom": ZOOM,
            "center_lon_e7": (west + east) // 2,
            "center_lat_e7": (south + north) // 2,
        }
    )
    return header + root + text + leaves


def _directories(entries: list[Entry]) -> tuple[bytes, bytes]:
    """(root, leaves): one directory if it fits into the first 16 kB, else a root over leaf directories."""
    root = _directory(entries)
    leaf_count = LEAF_ENTRIES_COUNT
    leaves = b""
    while len(root) > ROOT_BYTES_MAX:
        leaves, pointers = b"", []
        for first in range(0, len(entries), leaf_count):
            leaf = _directory(entries[first : first + leaf_count])
            pointers.append(Entry(entries[first].tile_id, len(leaves), len(leaf), 0))
            leaves += leaf
        root = _directory(pointers)
        leaf_count *= 2
    return root, leaves


def _directory(entries: list[Entry]) -> bytes:
    return _gzip(gzip.decompress(serialize_directory(entries)))


def _gzip(data: bytes) -> bytes:
    """A gzip member of stored blocks (RFC 1951, 1952): the same bytes with every zlib."""
    parts = [_GZIP_HEAD]
    for start in range(0, max(len(data), 1), _STORED_BYTES_MAX):
        block = data[start : start + _STORED_BYTES_MAX]
        last = start + _STORED_BYTES_MAX >= len(data)
        parts += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    parts.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(parts)


def _bounds(tiles: Iterable[TileId]) -> tuple[int, int, int, int]:
    """(south, west, north, east) of the tiles for the header, which knows no antimeridian."""
    boxes = [bounds_e7(*tile_parts(tile)[1:]) for tile in tiles]
    west, east = min(x[1] for x in boxes), max(x[3] for x in boxes)
    return min(x[0] for x in boxes), west, max(x[2] for x in boxes), min(east, HALF_TURN_E7)


def _places(index: bytes, info: ArchiveInfo, *, dataset_id: int, name: str) -> dict[TileId, tuple[int, int]]:
    """(offset, length) in the file of every tile. The index is undamaged; this refuses one that is not ours."""
    try:
        header = deserialize_header(index)
        data_offset: int = header["tile_data_offset"]
        entries = list(_entries(index, header["root_offset"], header["root_length"], header["leaf_directory_offset"]))
        columns = [tileid_to_zxy(entry.tile_id) for entry in entries]
    except (ValueError, EOFError, OSError, OverflowError, zlib.error, struct.error, RecursionError) as error:
        raise TileError(f"{name}: its directories cannot be read: {error}") from error
    if header["tile_compression"] is not Compression.ZSTD:
        raise TileError(f"{name}: tiles are compressed with {header['tile_compression'].name}, not ZSTD")
    if data_offset != info.index_bytes or len(entries) != info.tiles_count:
        raise TileError(f"{name}: {len(entries)} tiles from byte {data_offset} on, the manifest says otherwise")
    places, end = {}, data_offset
    for entry, (zoom, x, y) in zip(entries, columns, strict=True):
        offset = data_offset + entry.offset
        if zoom != ZOOM or entry.run_length != 1 or offset != end or entry.length < 1:
            raise TileError(f"{name}: an entry of its directories is not of zoom {ZOOM}, or out of order")
        places[tile_id(dataset_id, x, y)] = (offset, entry.length)
        end = offset + entry.length
    if end != info.size_bytes or len(places) != len(entries):
        raise TileError(f"{name}: its tiles end at byte {end}, the manifest says {info.size_bytes}")
    return places


def _entries(index: bytes, offset: int, length: int, leaves_offset: int, depth: int = 0) -> Iterator[Entry]:
    if offset + length > len(index) or depth > 3:
        raise ValueError("a directory lies outside the index, or too deep")
    for entry in deserialize_directory(index[offset : offset + length]):
        if entry.run_length == 0:
            yield from _entries(index, leaves_offset + entry.offset, entry.length, leaves_offset, depth + 1)
        else:
            yield entry


def _misfit(data: bytes) -> str:
    if data[:7] != b"PMTiles":
        return "damaged or foreign: it does not begin as a PMTiles archive"
    if data[7] != 3:
        return f"PMTiles version {data[7]}; version 3 is read here"
    return "header or directories are damaged, or of another build than the manifest"
