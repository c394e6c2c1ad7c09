"""Reads `.osm.pbf`, `.osm`, `.osm.gz` and `.osm.bz2` into a SourceMap, streaming.

Nodes are kept by osmium; only the nodes of ways with a `highway` tag become Python numbers.
A file that ends early or is no OpenStreetMap data is a SourceError: a part of a map never passes for the
whole. (A PBF that was cut exactly between two of its blocks cannot be told from a whole one; the format
has no end mark.)
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mapprior.build.source import (
    NODE_KEYS,
    WAY_NODES_COUNT_MAX,
    SourceInfo,
    SourceMap,
    SourceRelation,
    SourceWay,
    says_something,
)
from mapprior.errors import ConfigError, SourceError
from mapprior.geo.frame import HALF_TURN_E7

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_READ_BYTES = 1 << 20
LAT_E7_MAX = HALF_TURN_E7 // 2
_PROGRESS_COUNT = 4096


def read_osm_file(
    path: Path,
    source: SourceMap,
    *,
    wanted: Callable[[str], bool] = lambda _: True,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Adds what the file holds to `source`.

    `wanted` judges a way by the value of its `highway` tag; of the others only the number is kept. `progress` is told
    the number of ways read so far. SourceError names the file and what is wrong with it.
    """
    if not path.name.endswith(SUFFIXES):
        raise SourceError(f"{path}: not a map file by its name; expected one of {', '.join(SUFFIXES)}")
    osmium = _osmium()
    try:
        sha256, size_bytes = file_digest(path)
        if size_bytes == 0:
            raise SourceError(f"{path}: the file is empty")
        time = _Reader(osmium, path, source, wanted, progress).read()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise SourceError(f"{path}: damaged, cut short, or not OpenStreetMap data: {error}") from error
    source.sources.append(SourceInfo(path.name, size_bytes, sha256, time))


def _osmium() -> Any:
    try:
        import osmium
    except ImportError as error:
        raise ConfigError("reading map files needs osmium: pip install 'mapprior[build]'") from error
    return osmium


def file_digest(path: Path) -> tuple[str, int]:
    """(sha256, size in bytes)."""
    sha256, size_bytes = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            sha256.update(chunk)
            size_bytes += len(chunk)
    return sha256.hexdigest(), size_bytes


class _Reader:
    """One pass over a file; afterwards a look-up of nodes that came after their ways."""

    def __init__(
        self,
        osmium: Any,
        path: Path,
        source: SourceMap,
        wanted: Callable[[str], bool],
        progress: Callable[[int], None],
    ) -> None:
        self.osmium = osmium
        self.path = path
        self.source = source
        self.wanted = wanted
        self.progress = progress
        self.lat_lon_e7: dict[int, tuple[int, int]] = {}
        self.node_tags: dict[int, Mapping[str, str]] = {}
        self.unplaced: set[int] = set()
        self.newest_time_us = 0

    def read(self) -> str:
        """Reads all; returns the time of the data, ISO 8601, empty where unknown."""
        bits = self.osmium.osm
        key_filter = self.osmium.filter.KeyFilter
        processor = (
            self.osmium.FileProcessor(str(self.path), bits.NODE | bits.WAY | bits.RELATION)
            .with_locations()
            .with_filter(key_filter("highway").enable_for(bits.WAY))
            .with_filter(key_filter(*NODE_KEYS).enable_for(bits.NODE))
            .with_filter(key_filter("type").enable_for(bits.RELATION))
        )
        header = processor.header
        if header.has_multiple_object_versions:
            raise SourceError(f"{self.path}: a change or history file, not a map")
        ways_count = 0
        for element in processor:
            if element.is_way():
                self._way(element)
                ways_count += 1
                if ways_count % _PROGRESS_COUNT == 0:
                    self.progress(ways_count)
            elif element.is_node():
                if element.visible and not element.deleted and says_something(tags := dict(element.tags)):
                    self.node_tags[element.id] = tags
            elif element.tags.get("type", "").startswith("restriction"):
                self._relation(element)
        self._place_late_nodes(processor.node_location_storage)
        time = str(header.get("osmosis_replication_timestamp") or header.get("timestamp") or _iso(self.newest_time_us))
        self.source.add_nodes(self.lat_lon_e7, self.node_tags, time)
        return time

    def _way(self, element: Any) -> None:
        if element.deleted or not element.visible:
            return
        if not self.wanted(element.tags["highway"]):
            self.source.add_unwanted(element.id)
            return
        tags = {key: value for key, value in element.tags}  # noqa: C416 - dict() of osmium's tags takes longer
        positions = self.lat_lon_e7
        node_ids = []
        for node in element.nodes:
            ref, lat_e7, lon_e7 = node.ref, node.y, node.x
            node_ids.append(ref)
            if -LAT_E7_MAX <= lat_e7 <= LAT_E7_MAX and -HALF_TURN_E7 <= lon_e7 <= HALF_TURN_E7:
                positions[ref] = (lat_e7, lon_e7)
            else:  # osmium's mark for a node it does not know lies outside, as a wrong position does
                self.unplaced.add(ref)
        if len(node_ids) > WAY_NODES_COUNT_MAX:
            self.source.refusals.refuse(f"way/{element.id}", "way with too many nodes", f"{len(node_ids)} nodes")
            return
        time_us = _time_us(element)
        self.newest_time_us = max(self.newest_time_us, time_us)
        self.source.add_way(SourceWay(element.id, tuple(node_ids), tags, element.version, time_us))

    def _relation(self, element: Any) -> None:
        if element.deleted or not element.visible:
            return
        members = tuple((m.type, m.ref, m.role) for m in element.members)
        self.source.add_relation(SourceRelation(element.id, dict(element.tags), members, element.version))

    def _place_late_nodes(self, storage: Any) -> None:
        """Files need not be sorted, and editors give new nodes negative ids, which osmium's store leaves out."""
        positions = self.lat_lon_e7
        negative = set()
        for ref in self.unplaced:
            if ref in positions:
                continue
            if ref < 0:
                negative.add(ref)
                continue
            try:
                location = storage.get(ref)
            except KeyError:
                continue
            if location.valid():
                positions[ref] = (location.y, location.x)
        if negative:
            for node in self.osmium.FileProcessor(str(self.path), self.osmium.osm.NODE):
                if node.id in negative and node.visible and not node.deleted and node.location.valid():
                    positions[node.id] = (node.location.y, node.location.x)


def _time_us(element: Any) -> int:
    """Time of the element's last change; 0 where the file does not say."""
    return max(0, int(element.timestamp.timestamp())) * 1_000_000


def _iso(time_us: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time_us else ""
