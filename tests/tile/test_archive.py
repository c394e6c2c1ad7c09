"""An archive is a PMTiles v3 file that any reader opens, and the same tiles give the same bytes."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import Compression

from mapprior.errors import TileError
from mapprior.model.ids import TileId, tile_id, tile_parts
from mapprior.model.provenance import Layer
from mapprior.tile.archive import Archive, compressed, decompressed, write_archive
from mapprior.tile.blob import TILE_BYTES_MAX
from mapprior.tile.manifest import ArchiveInfo


def many(count: int) -> dict[TileId, bytes]:
    """Distinct tiles spread over the grid, edges included."""
    chance = random.Random(7)
    places = {(0, 0), (16_383, 0), (0, 16_383), (16_383, 16_383)}
    while len(places) < count:
        places.add((chance.randrange(16_384), chance.randrange(16_384)))
    return {tile_id(7, x, y): f"{x}/{y}".encode() for x, y in places}


def written(path: Path, tiles: dict[TileId, bytes]) -> tuple[ArchiveInfo, bytes]:
    info = write_archive(path, tiles.items(), layer=Layer.L0, metadata={"name": "Straße"})
    return info, path.read_bytes()


def opened(info: ArchiveInfo, data: bytes) -> Archive:
    return Archive(MemorySource(data), info, dataset_id=7, name="a")


@pytest.mark.parametrize("count", [4, 9000], ids=["one directory", "leaf directories"])
def test_every_tile_comes_back_here_and_in_a_plain_reader(tmp_path: Path, count: int) -> None:
    tiles = many(count)
    info, data = written(tmp_path / "a.pmtiles", tiles)
    archive = opened(info, data)
    assert set(archive.tiles) == set(tiles)
    assert all(archive.blob(tile) == blob for tile, blob in tiles.items())
    assert archive.blob(tile_id(7, 5, 5)) is None and archive.raw(tile_id(8, 0, 0)) is None
    reader = Reader(MemorySource(data))
    header = reader.header()
    assert header["clustered"] and header["tile_compression"] is Compression.ZSTD
    assert (header["leaf_directory_length"] > 0) == (count > 4)
    assert reader.metadata() == {"name": "Straße"}
    for tile in list(tiles)[:20]:
        assert decompressed(reader.get(14, *tile_parts(tile)[1:]), name="a") == tiles[tile]
    assert sum(1 for _ in all_tiles(MemorySource(data))) == count


def test_the_index_is_read_once(tmp_path: Path) -> None:
    tiles = many(20)
    info, data = written(tmp_path / "a.pmtiles", tiles)
    reads: list[int] = []

    def get_bytes(offset: int, length: int) -> bytes:
        reads.append(offset)
        return data[offset : offset + length]

    archive = Archive(get_bytes, info, dataset_id=7, name="a")
    for tile in tiles:
        archive.blob(tile)
    assert reads[0] == 0 and len(reads) == 21 and min(reads[1:]) >= info.index_bytes


@settings(max_examples=20, deadline=None)
@given(st.permutations(sorted(many(12))))
def test_the_order_of_tiles_changes_no_byte(tmp_path_factory: pytest.TempPathFactory, order: list[TileId]) -> None:
    path = tmp_path_factory.getbasetemp() / "a.pmtiles"
    tiles = many(12)
    assert written(path, {tile: tiles[tile] for tile in order}) == written(path, tiles)


def test_directories_hold_no_bytes_of_a_deflate_encoder(tmp_path: Path) -> None:
    info, data = written(tmp_path / "a.pmtiles", many(3000))
    root_length = int.from_bytes(data[16:24], "little")
    root = data[127 : 127 + root_length]
    assert gzip.decompress(root) in b"".join(_stored_blocks(root))
    assert info.index_bytes == int.from_bytes(data[56:64], "little")


def _stored_blocks(member: bytes) -> list[bytes]:
    blocks, place = [], 10
    while True:
        last, length = member[place], int.from_bytes(member[place + 1 : place + 3], "little")
        assert last in (0, 1)
        blocks.append(member[place + 5 : place + 5 + length])
        place += 5 + length
        if last:
            assert place + 8 == len(member)
            return blocks


@pytest.mark.parametrize("length", [0, 50, 127, 200])
def test_a_short_index_is_truncated(tmp_path: Path, length: int) -> None:
    info, data = written(tmp_path / "a.pmtiles", many(20))
    with pytest.raises(TileError, match=r"^a: truncated"):
        opened(info, data[:length])


def test_a_short_tile_is_truncated(tmp_path: Path) -> None:
    tiles = many(20)
    info, data = written(tmp_path / "a.pmtiles", tiles)
    archive = opened(info, data[:-1])
    last = list(archive.tiles)[-1]
    with pytest.raises(TileError, match=r"^a: truncated") as caught:
        archive.blob(last)
    place = archive.place(last)
    assert place is not None
    assert not any(str(number) in str(caught.value) for number in place), "it would tell where a vehicle is"
    assert all(archive.blob(tile) == tiles[tile] for tile in tiles if tile != last)


def failing(_offset: int, _length: int) -> bytes:
    raise OSError(5, "Input/output error")


def test_a_failing_disk_is_a_tile_error(tmp_path: Path) -> None:
    info, _ = written(tmp_path / "a.pmtiles", many(5))
    with pytest.raises(TileError, match=r"^a: cannot be read: Input/output error"):
        Archive(failing, info, dataset_id=7, name="a")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "damaged"),
        (b"not zstd at all", "damaged"),
        (compressed(b"x" * 100)[:-1], "damaged"),
        (compressed(b"x" * 100) + b"x", "damaged"),
        (compressed(bytes(TILE_BYTES_MAX + 1)), "beyond"),
        (b"\x28\xb5\x2f\xfd\x00\x58\x09\x00\x00abc", "no size"),  # a frame that states no size
    ],
)
def test_what_is_no_whole_frame_of_a_sane_size_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(TileError, match=what):
        decompressed(data, name="a")


@pytest.mark.parametrize(
    "tiles",
    [[], [(tile_id(1, 0, 0), b"a"), (tile_id(1, 0, 0), b"b")], [(tile_id(1, 0, 0), b"a"), (tile_id(2, 0, 1), b"b")]],
    ids=["none", "twice", "two datasets"],
)
def test_what_makes_no_archive_is_refused(tmp_path: Path, tiles: list[tuple[TileId, bytes]]) -> None:
    with pytest.raises(ValueError, match="tile"):
        write_archive(tmp_path / "a.pmtiles", tiles, layer=Layer.L0, metadata={})


def _changed(info: ArchiveInfo, **change: object) -> Callable[[bytes], Archive]:
    from dataclasses import replace

    return lambda data: opened(replace(info, **change), data)  # type: ignore[arg-type]


def test_an_index_that_the_manifest_does_not_describe_is_refused(tmp_path: Path) -> None:
    info, data = written(tmp_path / "a.pmtiles", many(20))
    for change in ({"tiles_count": 19}, {"size_bytes": info.size_bytes + 1}, {"index_bytes": 0}):
        with pytest.raises(TileError, match="manifest"):
            _changed(info, **change)(data)
