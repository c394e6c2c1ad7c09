"""Writing a release: archives, market pack, manifest, in one directory, switched by replacing the manifest."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import zstandard

from mapprior.model.grid import AXIS_COUNT, bounds_e7
from mapprior.model.ids import TileId, tile_parts
from mapprior.model.provenance import Layer
from mapprior.tile.archive import ZSTD_LEVEL, write_archive
from mapprior.tile.manifest import (
    FORMAT_VERSION,
    MANIFEST_NAME,
    MARKET_PACK_NAME,
    ArchiveInfo,
    CompressionInfo,
    Manifest,
    SourceInfo,
    read_manifest,
)


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a manifest says beside its files. Nothing here may depend on when or where the build ran."""

    market: str
    dataset_id: int
    build_id: str
    release: str
    driving_side: str
    sources: Sequence[SourceInfo]
    licence: str
    attribution: str
    source_time: str = ""
    synthetic: bool = False
    statistics: Mapping[str, object] = field(default_factory=dict)
    area_sha256: str = ""


def write_release(
    market_dir: Path,
    facts: ReleaseFacts,
    *,
    layers: Mapping[Layer, Iterable[tuple[TileId, bytes]]],
    market_pack: Mapping[str, object] | None,
) -> Manifest:
    """Writes `market_dir` (made if missing): `<layer>.pmtiles`, `market.json`, then `manifest.json`.

    `layers` holds uncompressed blobs per layer, in any order; a layer without a tile gets no archive, L0 must have
    one. Files are written beside their places and moved in when all of them are on disk, the manifest last. A
    process that has the release open keeps reading the files it opened; one that opens it in between is told by
    TileError that archive and manifest do not fit, and never reads a mixture.
    ValueError for facts that a reader would refuse.
    """
    market_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=market_dir) as name:
        directory = Path(name)
        archives, tiles = _write_archives(directory, facts, layers)
        pack = b"" if market_pack is None else _json_bytes(market_pack)
        manifest = Manifest(
            market=facts.market,
            dataset_id=facts.dataset_id,
            build_id=facts.build_id,
            release=facts.release,
            synthetic=facts.synthetic,
            driving_side=facts.driving_side,
            source_time=facts.source_time,
            sources=tuple(facts.sources),
            licence=facts.licence,
            attribution=facts.attribution,
            bounds_e7=bounds_of_tiles_e7(tiles),
            archives=archives,
            market_pack_sha256=hashlib.sha256(pack).hexdigest() if pack else "",
            compression=CompressionInfo("zstd", ZSTD_LEVEL, ".".join(map(str, zstandard.ZSTD_VERSION))),
            statistics=json.loads(json.dumps(dict(facts.statistics), allow_nan=False)),
            area_sha256=facts.area_sha256,
        )
        text = manifest.to_json().encode()
        if read_manifest(text, name=MANIFEST_NAME) != manifest:
            raise ValueError("the manifest does not read back as it was written")
        if pack:
            _write(directory / MARKET_PACK_NAME, pack)
        _write(directory / MANIFEST_NAME, text)
        _move_in(directory, market_dir, [x.name for x in archives])
    return manifest


def bounds_of_tiles_e7(tiles: Iterable[TileId]) -> tuple[int, int, int, int]:
    """(south, west, north, east) of the tiles; the narrowest box, so west > east over the antimeridian."""
    parts = [tile_parts(tile)[1:] for tile in tiles]
    columns = sorted({x for x, _ in parts})
    gaps = [
        ((after - before - 1) % AXIS_COUNT, after)
        for before, after in zip(columns, [*columns[1:], columns[0]], strict=True)
    ]
    west_column = max(gaps)[1] if len(columns) > 1 else columns[0]
    east_column = columns[columns.index(west_column) - 1]
    south = bounds_e7(west_column, max(y for _, y in parts))[0]
    north = bounds_e7(west_column, min(y for _, y in parts))[2]
    return south, bounds_e7(west_column, 0)[1], north, bounds_e7(east_column, 0)[3]


def _write_archives(
    directory: Path, facts: ReleaseFacts, layers: Mapping[Layer, Iterable[tuple[TileId, bytes]]]
) -> tuple[tuple[ArchiveInfo, ...], frozenset[TileId]]:
    """What was written, and the tiles of L0."""
    archives: list[ArchiveInfo] = []
    seen: dict[Layer, set[TileId]] = {}
    for layer in sorted(layers):
        blobs = iter(layers[layer])
        first = next(blobs, None)
        if first is None:
            continue
        tiles = seen[layer] = set()
        archives.append(
            write_archive(
                directory / f"{layer.name}.pmtiles",
                _noted(first, blobs, tiles, facts.dataset_id),
                layer=layer,
                metadata={
                    "name": f"mapprior {facts.market} {layer.name}",
                    "market": facts.market,
                    "layer": layer.name,
                    "build_id": facts.build_id,
                    "format_version": FORMAT_VERSION,
                    "attribution": facts.attribution,
                },
            )
        )
    if Layer.L0 not in seen:
        raise ValueError("a release without a tile of layer L0")
    if any(not tiles <= seen[Layer.L0] for tiles in seen.values()):
        raise ValueError("a layer has a tile that L0 lacks")
    return tuple(archives), frozenset(seen[Layer.L0])


def _noted(
    first: tuple[TileId, bytes], rest: Iterable[tuple[TileId, bytes]], tiles: set[TileId], dataset_id: int
) -> Iterable[tuple[TileId, bytes]]:
    for tile, blob in chain((first,), rest):
        if tile >> 28 != dataset_id:
            raise ValueError(f"a tile of dataset {tile >> 28} in a release of dataset {dataset_id}")
        tiles.add(tile)
        yield tile, blob


def _json_bytes(document: Mapping[str, object]) -> bytes:
    return (json.dumps(dict(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _move_in(directory: Path, market_dir: Path, archive_names: Sequence[str]) -> None:
    """Replaces the files one by one, the manifest last; then removes archives the release no longer has."""
    for name in (*archive_names, MARKET_PACK_NAME, MANIFEST_NAME):
        if (directory / name).exists():
            (directory / name).replace(market_dir / name)
    stale = {f"{layer.name}.pmtiles" for layer in Layer} - set(archive_names)
    for name in stale:
        (market_dir / name).unlink(missing_ok=True)
    descriptor = os.open(market_dir, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
