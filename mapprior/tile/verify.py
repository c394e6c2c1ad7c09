"""Whole verification of releases: every byte against the manifest, every tile decoded, every reference followed.

Slow on purpose, and the only place that says *which* tile is damaged: it runs at a desk, not beside a drive.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mapprior.errors import TileError
from mapprior.model.ids import LinkId, TileId, index_of, tile_of, tile_parts
from mapprior.model.lane import LinkLanes
from mapprior.model.link import Link
from mapprior.model.provenance import LAYER_GROUPS, Layer
from mapprior.tile.archive import Archive, FileBytes
from mapprior.tile.blob import Blob
from mapprior.tile.lane_tile import LaneTileView
from mapprior.tile.manifest import MANIFEST_NAME, ArchiveInfo, Manifest
from mapprior.tile.profile_check import profile_problems
from mapprior.tile.profile_tile import ProfileTileView
from mapprior.tile.road_tile import RoadTileView
from mapprior.tile.store import checked_blob, market_directories, open_archive, read_market_manifest

FINDINGS_COUNT_MAX: Final = 1000
NEIGHBOURS_KEPT_COUNT: Final = 64
_CHUNK_BYTES: Final = 1 << 20

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `tile` is (x, y) where one tile is meant; `section` says where in the file or tile."""

    file: str
    section: str
    problem: str
    tile: tuple[int, int] | None = None

    def __str__(self) -> str:
        where = f" tile {self.tile[0]}/{self.tile[1]}" if self.tile else ""
        return f"{self.file}:{where} {self.section}: {self.problem}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was looked at and what is wrong with it; sound without findings. Stops at FINDINGS_COUNT_MAX."""

    markets_count: int
    archives_count: int
    tiles_count: int
    links_count: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return not self.findings


def verify_markets(paths: Sequence[Path], *, progress: Progress | None = None) -> VerifyReport:
    """Verifies every market at the paths. `progress` is told the number of tiles done, now and then.

    Damage is a finding, never an exception; TilePathError only where there is nothing to verify.
    """
    run = _Run(progress)
    for directory in [x for path in paths for x in market_directories(path)]:
        run.market(directory)
    return VerifyReport(run.markets_count, run.archives_count, run.tiles_count, run.links_count, tuple(run.findings))


class _Run:
    """One verification; collects findings."""

    def __init__(self, progress: Progress | None) -> None:
        self.markets_count = self.archives_count = self.tiles_count = self.links_count = 0
        self.findings: list[Finding] = []
        self._datasets: dict[int, Path] = {}
        self._progress = progress

    def market(self, directory: Path) -> None:
        self.markets_count += 1
        path = directory / MANIFEST_NAME
        try:
            manifest, _ = read_market_manifest(directory)
        except TileError as error:
            return self._add(str(path), "manifest or market pack", error)
        other = self._datasets.setdefault(manifest.dataset_id, directory)
        if other != directory:
            self._add(str(path), "dataset_id", TileError(f"the same dataset as {other}"))
        archives: dict[Layer, Archive] = {}
        files: list[FileBytes] = []
        for info in manifest.archives:
            self.archives_count += 1
            self._whole_file(directory / info.name, info)
            try:
                archives[info.layer], file = open_archive(directory, manifest, info)
                files.append(file)
            except TileError as error:
                self._add(str(directory / info.name), "header, directories or length", error)
        if Layer.L0 in archives:
            self._tiles(manifest, archives)
        elif not manifest.archive(Layer.L0):
            self._add(str(path), "archives", TileError("no archive of layer L0"))
        for file in files:
            file.close()
        return None

    def _whole_file(self, path: Path, info: ArchiveInfo) -> None:
        """Holds every byte against the manifest, and says which part the damage lies in."""
        try:
            file = FileBytes(path)
        except TileError:
            return None  # opening the archive says so
        try:
            whole, index, offset = hashlib.sha256(), hashlib.sha256(), 0
            while part := file(offset, _CHUNK_BYTES):
                whole.update(part)
                index.update(part[: max(0, info.index_bytes - offset)])
                offset += len(part)
        except OSError as error:
            return self._add(str(path), f"byte {offset}", TileError(f"cannot be read: {error.strerror}"))
        finally:
            file.close()
        if whole.hexdigest() != info.sha256:
            damaged = index.hexdigest() != info.index_sha256
            section = f"bytes 0 to {info.index_bytes}" if damaged else f"tile data from byte {info.index_bytes}"
            self._add(str(path), section, TileError("SHA-256 is not the manifest's"))
        return None

    def _tiles(self, manifest: Manifest, archives: dict[Layer, Archive]) -> None:
        roads = _Roads(manifest, archives[Layer.L0])
        for tile in archives[Layer.L0].tiles:
            if len(self.findings) >= FINDINGS_COUNT_MAX:
                return
            road = self._road_tile(tile, roads)
            for layer, verified in ((Layer.L1, self._profile_tile), (Layer.L2, self._lane_tile)):
                archive = archives.get(layer)
                if road is not None and archive is not None and tile in archive:
                    try:
                        blob = _blob(archive, manifest, layer, tile)
                        verified(tile, archive.name, blob, road)
                    except TileError as error:
                        self._add(archive.name, "tile blob", error, tile)
            self.tiles_count += 1
            if self._progress is not None:
                self._progress(self.tiles_count)

    def _road_tile(self, tile: TileId, roads: "_Roads") -> RoadTileView | None:
        name = roads.archive.name
        try:
            road = roads.tile(tile)
        except TileError as error:
            self._add(name, "tile blob", error, tile)
            return None
        assert road is not None
        for index in range(road.link_count):
            self.links_count += 1
            try:
                problems = _link_problems(road, road.link(index), roads)
                road.limits(index)
            except TileError as error:
                self._add(name, f"link {index}", error, tile)
                continue
            for problem in problems:
                self._add(name, f"link {index}", TileError(problem), tile)
        try:
            road.restrictions(0)
        except TileError as error:
            self._add(name, "restrictions", error, tile)
        return road

    def _profile_tile(self, tile: TileId, name: str, blob: Blob, road: RoadTileView) -> None:
        view = ProfileTileView(blob)
        for group in LAYER_GROUPS[Layer.L1]:
            for index in view.link_indexes(group):
                section = f"{group.name} of link {index}"
                try:
                    problems = list(profile_problems(view, group, index, road))
                except TileError as error:
                    self._add(name, section, error, tile)
                    continue
                for problem in problems:
                    self._add(name, section, TileError(problem), tile)

    def _lane_tile(self, tile: TileId, name: str, blob: Blob, road: RoadTileView) -> None:
        view = LaneTileView(blob)
        for index in view.link_indexes:
            try:
                lanes = view.lanes(index)
                problem = _lane_problem(lanes, road, index) if lanes is not None else ""
            except TileError as error:
                self._add(name, f"lanes of link {index}", error, tile)
                continue
            if problem:
                self._add(name, f"lanes of link {index}", TileError(problem), tile)

    def _add(self, file: str, section: str, error: TileError, tile: TileId | None = None) -> None:
        if len(self.findings) < FINDINGS_COUNT_MAX:
            problem = str(error).removeprefix(f"{file}: ")
            self.findings.append(Finding(file, section, problem, tile_parts(tile)[1:] if tile is not None else None))


class _Roads:
    """Road tiles of one archive, the last few kept: links refer to neighbouring tiles."""

    def __init__(self, manifest: Manifest, archive: Archive) -> None:
        self.archive = archive
        self._manifest = manifest
        self._kept: dict[TileId, RoadTileView] = {}

    def tile(self, tile: TileId) -> RoadTileView | None:
        """None where the archive has none. TileError where it is damaged."""
        view = self._kept.get(tile)
        if view is not None:
            return view
        data = self.archive.blob(tile)
        if data is None:
            return None
        view = RoadTileView(checked_blob(data, self._manifest, layer=Layer.L0, tile=tile, name=self.archive.name))
        while len(self._kept) >= NEIGHBOURS_KEPT_COUNT:
            self._kept.pop(next(iter(self._kept)))
        return self._kept.setdefault(tile, view)

    def neighbour(self, tile: TileId) -> RoadTileView | None:
        """As `tile`; None also where it is damaged, which is that tile's own finding."""
        try:
            return self.tile(tile)
        except TileError:
            return None


def _link_problems(road: RoadTileView, link: Link, roads: _Roads) -> Iterator[str]:
    """What is wrong with a link that decodes: its ends, its twin, its length."""
    line = link.line
    if abs(link.length_cm - max(1.0, 100.0 * line.length_m)) > 1.0:
        yield f"length_cm is {link.length_cm}, its line measures {100.0 * line.length_m:.1f}"
    if road.node_position_e7(index_of(link.start_node)) != (line.lat_e7[0], line.lon_e7[0]):
        yield "it does not start at its start node"
    if tile_of(link.end_node) not in roads.archive:
        yield "it ends in a tile that the archive lacks"
    end_tile = roads.neighbour(tile_of(link.end_node))
    if end_tile is not None:
        try:
            if end_tile.node_position_e7(index_of(link.end_node)) != (line.lat_e7[-1], line.lon_e7[-1]):
                yield "it does not end at its end node"
        except TileError:
            yield "it ends at a node that its tile lacks"
    if link.twin_id is not None and (twin_tile := roads.neighbour(tile_of(link.twin_id))) is not None:
        yield from _twin_problems(link, link.twin_id, twin_tile)


def _twin_problems(link: Link, twin_id: LinkId, tile: RoadTileView) -> Iterator[str]:
    if index_of(twin_id) >= tile.link_count:
        yield "its twin does not exist"
        return
    try:
        twin = tile.link(index_of(twin_id))
    except TileError:
        return  # the twin's own finding
    if twin.twin_id != link.link_id or (twin.start_node, twin.end_node) != (link.end_node, link.start_node):
        yield "its twin does not run the other way between the same nodes"


def _blob(archive: Archive, manifest: Manifest, layer: Layer, tile: TileId) -> Blob:
    data = archive.blob(tile)
    assert data is not None
    return checked_blob(data, manifest, layer=layer, tile=tile, name=archive.name)


def _lane_problem(lanes: LinkLanes, road: RoadTileView, index: int) -> str:
    if index >= road.link_count:
        return f"the road tile has {road.link_count} links"
    end_cm = road.link(index).length_cm
    if any(section.end_cm > end_cm for section in lanes.sections):
        return f"a section ends past the link's {end_cm} cm"
    return ""
