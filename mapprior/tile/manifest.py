"""The manifest of a release: which data set, which build, and what every file must look like.

Read strictly: a field that is missing, unknown, of the wrong type or out of range is a TileError, as is a
manifest whose own digest does not fit. Layout: `tiles/FORMAT.md`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

from mapprior.errors import TileError
from mapprior.model.ids import DATASET_COUNT_MAX
from mapprior.model.provenance import Layer

MANIFEST_NAME: Final = "manifest.json"
MARKET_PACK_NAME: Final = "market.json"
FORMAT: Final = "mapprior-tiles"
FORMAT_VERSION: Final = 2
FORMAT_VERSION_MIN: Final = 1  # has no area_sha256, and tiles without border nodes
MANIFEST_BYTES_MAX: Final = 16 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ARCHIVE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.pmtiles")
_MARKET = re.compile(r"[A-Z]{2}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ArchiveInfo:
    """One archive. The index is everything before the tile data: header, directories, metadata."""

    name: str
    layer: Layer
    size_bytes: int
    sha256: str
    index_bytes: int
    index_sha256: str
    tiles_count: int


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A file the release was built from. `date` is the source's own, empty where it states none."""

    name: str
    sha256: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class CompressionInfo:
    """What made the compressed bytes; another library version may make others of the same tiles."""

    codec: str
    level: int
    library_version: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A release of one market. `statistics` is free: numbers a person wants to see.

    `bounds_e7` is (south, west, north, east) in 1e-7 degrees, west > east where it spans the antimeridian.
    `area_sha256` is the digest of the outline at which roads were cut; empty where they were taken as they are.
    """

    market: str
    dataset_id: int
    build_id: str
    release: str
    synthetic: bool
    driving_side: str
    source_time: str
    sources: tuple[SourceInfo, ...]
    licence: str
    attribution: str
    bounds_e7: tuple[int, int, int, int]
    archives: tuple[ArchiveInfo, ...]
    market_pack_sha256: str  # empty where the release has none
    compression: CompressionInfo
    statistics: Mapping[str, object]
    area_sha256: str = ""

    def archive(self, layer: Layer) -> ArchiveInfo | None:
        """The archive of a layer; None where the release has none."""
        return next((x for x in self.archives if x.layer is layer), None)

    def to_json(self) -> str:
        """The manifest as it lies on disk; the same manifest gives the same text."""
        document: dict[str, object] = {"format": FORMAT, "format_version": FORMAT_VERSION}
        document |= {
            "market": self.market,
            "dataset_id": self.dataset_id,
            "build_id": self.build_id,
            "release": self.release,
            "synthetic": self.synthetic,
            "driving_side": self.driving_side,
            "source_time": self.source_time,
            "sources": [_plain(x) for x in self.sources],
            "area_sha256": self.area_sha256,
            "licence": self.licence,
            "attribution": self.attribution,
            "bounds_e7": dict(zip(_SIDES, self.bounds_e7, strict=True)),
            "archives": [_plain(x) | {"layer": x.layer.name} for x in self.archives],
            "market_pack_sha256": self.market_pack_sha256,
            "compression": _plain(self.compression),
            "statistics": dict(self.statistics),
        }
        document["manifest_sha256"] = _digest(document)
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_manifest(data: bytes, *, name: str) -> Manifest:
    """The manifest of `data`. TileError begins with `name` and says what is wrong."""
    if len(data) > MANIFEST_BYTES_MAX:
        raise TileError(f"{name}: {len(data)} bytes are more than {MANIFEST_BYTES_MAX}")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TileError(f"{name}: not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TileError(f"{name}: not a manifest of mapprior tiles")
    version = document.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise TileError(f"{name}: tile format {version!r} is newer than {FORMAT_VERSION}, the newest read here")
    digest = document.pop("manifest_sha256", None)
    if digest != _digest(document):
        raise TileError(f"{name}: damaged or edited: its own digest (manifest_sha256) does not fit")
    return _manifest(_Object(document, name))


class _Object:
    """A JSON object whose members are taken one by one; `done` refuses what is left."""

    def __init__(self, members: object, where: str) -> None:
        if not isinstance(members, dict):
            raise TileError(f"{where}: an object is expected")
        self._members: dict[str, Any] = dict(members)
        self._where = where

    def take(self, key: str, kind: type[T]) -> T:
        value = self._members.pop(key, None)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TileError(f"{self._where}: {key} is missing or not of type {kind.__name__}")
        return value

    def number(self, key: str, low: int, high: int) -> int:
        value = self.take(key, int)
        if not low <= value <= high:
            raise TileError(f"{self._where}: {key} {value} is outside {low} to {high}")
        return value

    def text(self, key: str, pattern: re.Pattern[str]) -> str:
        value = self.take(key, str)
        if not pattern.fullmatch(value):
            raise TileError(f"{self._where}: {key} {value[:80]!r} is not {pattern.pattern}")
        return value

    def objects(self, key: str) -> list["_Object"]:
        return [_Object(x, f"{self._where}: {key}[{i}]") for i, x in enumerate(self.take(key, list))]

    def object(self, key: str) -> "_Object":
        return _Object(self.take(key, dict), f"{self._where}: {key}")

    def done(self) -> None:
        if self._members:
            raise TileError(f"{self._where}: unknown fields {sorted(self._members)}")


_SIDES: Final = ("south", "west", "north", "east")


def _manifest(x: _Object) -> Manifest:
    x.take("format", str)
    version = x.number("format_version", FORMAT_VERSION_MIN, FORMAT_VERSION)
    bounds, compression = x.object("bounds_e7"), x.object("compression")
    south, west, north, east = (bounds.number(side, -1_800_000_000, 1_800_000_000) for side in _SIDES)
    manifest = Manifest(
        market=x.text("market", _MARKET),
        dataset_id=x.number("dataset_id", 0, DATASET_COUNT_MAX - 1),
        build_id=x.text("build_id", re.compile(r"[0-9a-f]{16}")),
        release=x.take("release", str),
        synthetic=x.take("synthetic", bool),
        driving_side=x.text("driving_side", re.compile("left|right")),
        source_time=x.take("source_time", str),
        sources=tuple(_source(s) for s in x.objects("sources")),
        licence=x.take("licence", str),
        attribution=x.take("attribution", str),
        bounds_e7=(south, west, north, east),
        archives=tuple(_archive(a) for a in x.objects("archives")),
        market_pack_sha256=x.text("market_pack_sha256", re.compile(r"([0-9a-f]{64})?")),
        compression=CompressionInfo(
            codec=compression.text("codec", re.compile("zstd")),
            level=compression.number("level", 1, 22),
            library_version=compression.take("library_version", str),
        ),
        statistics=x.take("statistics", dict),
        area_sha256=x.text("area_sha256", re.compile(r"([0-9a-f]{64})?")) if version >= 2 else "",
    )
    for read in (x, bounds, compression):
        read.done()
    return manifest


def _archive(x: _Object) -> ArchiveInfo:
    layer = x.text("layer", re.compile("|".join(Layer.__members__)))
    info = ArchiveInfo(
        name=x.text("name", _ARCHIVE_NAME),  # lies beside the manifest
        layer=Layer[layer],
        size_bytes=x.number("size_bytes", 1, 1 << 50),
        sha256=x.text("sha256", _SHA256),
        index_bytes=x.number("index_bytes", 1, 1 << 40),
        index_sha256=x.text("index_sha256", _SHA256),
        tiles_count=x.number("tiles_count", 1, 1 << 28),
    )
    x.done()
    return info


def _source(x: _Object) -> SourceInfo:
    source = SourceInfo(name=x.take("name", str), sha256=x.text("sha256", _SHA256), date=x.take("date", str))
    x.done()
    return source


def _plain(record: ArchiveInfo | SourceInfo | CompressionInfo) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _digest(document: Mapping[str, object]) -> str:
    """SHA-256 of the document without its digest, keys sorted, without spaces."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
