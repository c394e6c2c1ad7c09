"""The releases on disk, opened: tiles by their id, read and checked on demand. Synchronous, safe for threads.

A store is pinned to the files it opened: a release that is replaced on disk changes nothing here until the store
is opened anew. It keeps no tile; that is the loader's part.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mapprior.errors import TileError, TilePathError
from mapprior.model.ids import TileId
from mapprior.model.network import DatasetInfo
from mapprior.model.provenance import Layer
from mapprior.tile.archive import Archive, FileBytes, decompressed
from mapprior.tile.blob import Blob, open_blob
from mapprior.tile.lane_tile import LaneTileView
from mapprior.tile.manifest import MANIFEST_NAME, MARKET_PACK_NAME, ArchiveInfo, Manifest, read_manifest
from mapprior.tile.profile_tile import ProfileTileView
from mapprior.tile.road_tile import RoadTileView

Tile = RoadTileView | ProfileTileView | LaneTileView

SMALL_FILE_BYTES_MAX: Final = 16 << 20  # manifest, market pack
MARKETS_COUNT_MAX: Final = 1024
_VIEWS: Final[dict[Layer, Callable[[Blob], Tile]]] = {
    Layer.L0: RoadTileView,
    Layer.L1: ProfileTileView,
    Layer.L2: LaneTileView,
}


def open_markets(paths: Sequence[Path]) -> "TileStore":
    """Opens every market found: each path is a market's directory or one that holds such directories.

    TileError names the file and what is wrong: a manifest without its archive, damage, a newer format. TilePathError
    where nothing is found, or the same dataset twice.
    """
    directories = [directory for path in paths for directory in market_directories(path)]
    if len(directories) > MARKETS_COUNT_MAX:
        raise TilePathError(f"{len(directories)} markets; at most {MARKETS_COUNT_MAX} can be opened")
    markets: dict[int, _Market] = {}
    try:
        for directory in directories:
            market = _opened(directory)
            other = markets.setdefault(market.manifest.dataset_id, market)
            if other is not market:
                market.close()
                raise TilePathError(
                    f"{directory}: dataset {market.manifest.dataset_id} is already open from {other.directory}; "
                    "build one of the two again with another `mapprior build --dataset N`"
                )
    except TileError:
        for market in markets.values():
            market.close()
        raise
    return TileStore(tuple(markets.values()))


def market_directories(path: Path) -> list[Path]:
    """The market directories at a path, sorted. TilePathError where there is none."""
    if (path / MANIFEST_NAME).is_file():
        return [path]
    if not path.is_dir():
        is_there = path.exists()
        raise TilePathError(f"{path}: {'a file, not a directory of tiles' if is_there else 'no such directory'}")
    found = sorted(x.parent for x in path.glob(f"[!.]*/{MANIFEST_NAME}"))  # a release being written has a dot
    if not found:
        raise TilePathError(f"{path}: no {MANIFEST_NAME} here or one level below: not a directory of tiles")
    return found


class TileStore:
    """Opened markets. A tile whose bytes are wrong gives TileError each time; others are not affected."""

    def __init__(self, markets: Sequence["_Market"]) -> None:
        self._markets = {market.manifest.dataset_id: market for market in markets}
        self.manifests: tuple[Manifest, ...] = tuple(market.manifest for market in markets)
        self.datasets: tuple[DatasetInfo, ...] = tuple(market.dataset for market in markets)

    def __enter__(self) -> "TileStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files; tiles already opened stay usable."""
        for market in self._markets.values():
            market.close()

    def has(self, layer: Layer, tile: TileId) -> bool:
        """Whether the release has the tile; costs no reading."""
        archive = self._archive(layer, tile)
        return archive is not None and tile in archive

    def where(self, layer: Layer, tile: TileId) -> str:
        """The file that has a tile's layer, for a log; empty where no release has it."""
        archive = self._archive(layer, tile)
        return "" if archive is None else str(self._markets[tile >> 28].directory / archive.info.name)

    def read(self, layer: Layer, tile: TileId) -> Tile | None:
        """The tile, read and checked now; None where the release has none."""
        blob = self._blob(layer, tile)
        if blob is None:
            return None
        if layer not in _VIEWS:
            raise TileError(f"{blob.name}: tiles of layer {layer.name} cannot be read by this version")
        return _VIEWS[layer](blob)

    def read_road(self, tile: TileId) -> RoadTileView | None:
        """As `read` of layer L0."""
        road = self.read(Layer.L0, tile)
        assert road is None or isinstance(road, RoadTileView)
        return road

    def read_lanes(self, tile: TileId) -> LaneTileView | None:
        """As `read` of layer L2."""
        lanes = self.read(Layer.L2, tile)
        assert lanes is None or isinstance(lanes, LaneTileView)
        return lanes

    def read_profiles(self, tile: TileId) -> ProfileTileView | None:
        """As `read` of layer L1."""
        profiles = self.read(Layer.L1, tile)
        assert profiles is None or isinstance(profiles, ProfileTileView)
        return profiles

    def read_raw(self, layer: Layer, tile: TileId) -> bytes | None:
        """The tile as it lies in the archive, compressed; checked, so that damage is not passed on."""
        archive = self._archive(layer, tile)
        data = None if archive is None else archive.raw(tile)
        if archive is None or data is None:
            return None
        self._checked(archive, decompressed(data, name=archive.name), layer, tile)
        return data

    def market_pack_json(self, dataset_id: int) -> str:
        """The market pack of a dataset as it lies on disk; empty where the release has none."""
        return self._markets[dataset_id].market_pack.decode()

    def archives(self, dataset_id: int) -> Iterator[Archive]:
        """The archives of a dataset, by layer."""
        yield from self._markets[dataset_id].archives.values()

    def _archive(self, layer: Layer, tile: TileId) -> Archive | None:
        market = self._markets.get(tile >> 28)
        return None if market is None else market.archives.get(layer)

    def _blob(self, layer: Layer, tile: TileId) -> Blob | None:
        archive = self._archive(layer, tile)
        data = None if archive is None else archive.blob(tile)
        if archive is None or data is None:
            return None
        return self._checked(archive, data, layer, tile)

    def _checked(self, archive: Archive, data: bytes, layer: Layer, tile: TileId) -> Blob:
        return checked_blob(data, self._markets[tile >> 28].manifest, layer=layer, tile=tile, name=archive.name)


def checked_blob(data: bytes, manifest: Manifest, *, layer: Layer, tile: TileId, name: str) -> Blob:
    """Opens a blob and holds it against what the release and its directory say of it.

    The message does not say which tile it is: a log would tell where a vehicle drove. `tiles verify` does.
    """
    blob = open_blob(data, name=name, layer=layer)
    if blob.build_id != manifest.build_id:
        raise TileError(f"{name}: a tile is of build {blob.build_id}, the manifest of {manifest.build_id}")
    if blob.tile_id != tile:
        raise TileError(f"{name}: a tile lies at the place of another")
    return blob


@dataclass(frozen=True, slots=True)
class _Market:
    """An opened market directory."""

    directory: Path
    manifest: Manifest
    market_pack: bytes
    archives: dict[Layer, Archive]
    dataset: DatasetInfo
    files: tuple[FileBytes, ...]

    def close(self) -> None:
        for file in self.files:
            file.close()


def read_market_manifest(directory: Path) -> tuple[Manifest, bytes]:
    """(manifest, market pack) of a market directory; the pack is empty where the release has none."""
    path = directory / MANIFEST_NAME
    manifest = read_manifest(_file(path), name=str(path))
    if not manifest.market_pack_sha256:
        return manifest, b""
    pack_path = directory / MARKET_PACK_NAME
    pack = _file(pack_path)
    if hashlib.sha256(pack).hexdigest() != manifest.market_pack_sha256:
        raise TileError(f"{pack_path}: damaged, or of another build than the manifest")
    try:
        pack.decode()
    except UnicodeDecodeError as error:
        raise TileError(f"{pack_path}: not UTF-8") from error
    return manifest, pack


def open_archive(directory: Path, manifest: Manifest, info: ArchiveInfo) -> tuple[Archive, FileBytes]:
    """An archive of a market directory, its index checked. The caller closes the file."""
    path = directory / info.name
    if not path.is_file():
        raise TileError(f"{path}: missing; the manifest beside it names this archive")
    file = FileBytes(path)
    try:
        archive = Archive(file, info, dataset_id=manifest.dataset_id, name=str(path))
        if file.size_bytes != info.size_bytes:
            raise TileError(
                f"{path}: {file.size_bytes} bytes, the manifest says {info.size_bytes}: truncated or foreign"
            )
    except TileError:
        file.close()
        raise
    return archive, file


def _opened(directory: Path) -> _Market:
    manifest, pack = read_market_manifest(directory)
    archives: dict[Layer, Archive] = {}
    files: list[FileBytes] = []
    try:
        for info in manifest.archives:
            archives[info.layer], file = open_archive(directory, manifest, info)
            files.append(file)
        dataset = _dataset(directory, manifest, archives)
        for archive in archives.values():
            # from here on its errors may reach a client, who is not told where files lie on this machine
            archive.name = f"{manifest.market}/{archive.info.name}"
    except TileError:
        for file in files:
            file.close()
        raise
    return _Market(directory, manifest, pack, archives, dataset, tuple(files))


def _dataset(directory: Path, manifest: Manifest, archives: dict[Layer, Archive]) -> DatasetInfo:
    roads = archives.get(Layer.L0)
    if roads is None or len(archives) != len(manifest.archives):
        raise TileError(f"{directory / MANIFEST_NAME}: no archive of layer L0, or two of one layer")
    tiles = frozenset(roads.tiles)
    for archive in archives.values():
        if not tiles.issuperset(archive.tiles):
            raise TileError(f"{archive.name}: it has a tile that layer L0 lacks")
    return DatasetInfo(
        market=manifest.market,
        dataset_id=manifest.dataset_id,
        build_id=manifest.build_id,
        name=manifest.release,
        source_time=manifest.source_time,
        driving_side=manifest.driving_side,
        layers=frozenset(archives),
        bounds_e7=manifest.bounds_e7,
        tiles=tiles,
        market_pack_digest=manifest.market_pack_sha256,
    )


def _file(path: Path) -> bytes:
    file = FileBytes(path)
    try:
        if file.size_bytes > SMALL_FILE_BYTES_MAX:
            raise TileError(f"{path}: {file.size_bytes} bytes; at most {SMALL_FILE_BYTES_MAX} are read")
        return file(0, file.size_bytes)
    except OSError as error:
        raise TileError(f"{path}: cannot be read: {error.strerror}") from error
    finally:
        file.close()
