"""Layer L0: the links that start in one tile, with their limits and turn restrictions. Layout: `tiles/FORMAT.md`.

Opening reads columns and checks that they fit together; a link is decoded when first touched, and kept.
Content that does not decode gives TileError for that link; the rest of the tile stays usable.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from mapprior.errors import TileError
from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7, metres_per_e7, wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7
from mapprior.horizon.digest import bytes_digest
from mapprior.model.border import BorderNode
from mapprior.model.content import EncodedContent
from mapprior.model.grid import AXIS_COUNT, bounds_e7
from mapprior.model.ids import (
    INDEX_COUNT_MAX,
    LinkId,
    NodeId,
    TileId,
    index_of,
    link_id,
    node_id,
    tile_id,
    tile_of,
    tile_parts,
)
from mapprior.model.limit import TaggedLimit
from mapprior.model.link import Link, LinkRoad, Restriction
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.tile.blob import Blob, encode_blob, open_blob
from mapprior.tile.border_columns import decode_border_nodes, encode_border_nodes
from mapprior.tile.codec import (
    LAT_E7_MAX,
    decode_limits,
    decode_points_e7,
    decode_road,
    encode_geometry,
    encode_limits,
    encode_road,
)
from mapprior.tile.restriction_columns import RestrictionColumns, encode_restrictions

END_TILE_STEP_MAX = 127
NEAR_RADIUS_M_MAX = 100_000.0
_POLE_E7 = LAT_E7_MAX - E7 // 100  # east scale is taken no nearer to a pole than this


class Section(IntEnum):
    """Sections of a road tile; n links, m nodes, r restrictions."""

    BOUNDS = 1  # int32 [4][n]: south, west, north, east; west and east relative to the tile's western edge
    NODE_LAT = 2  # int32 [m]
    NODE_LON = 3  # int32 [m]
    NODE_LINKS = 4  # uint16 [m]: links that start there
    END_NODE = 5  # uint32 [n]: index of the end node in its tile
    END_TILE = 6  # int8 [2][n]: column and row of that tile, relative to this one
    GEOMETRY_BYTES = 7  # uint32 [n]: 0 where the twin in this tile holds the geometry
    ROAD_BYTES = 8  # uint32 [n]
    LIMIT_BYTES = 9  # uint32 [n]: 0 where nothing is stated
    GEOMETRY = 10
    ROAD = 11
    LIMIT = 12
    # 13 to 16: restrictions, see restriction_columns.py
    # 17 to 19: border nodes, see border_columns.py


@dataclass(frozen=True, slots=True)
class RoadTileDraft:
    """What a road tile is made of. `links` in index order: those of one start node together, nodes ascending.

    `limits` has one entry per link. A restriction's first link is one of `links`. `border_nodes` by index of the node.
    """

    tile_id: TileId
    build_id: str
    links: Sequence[Link]
    node_lat_e7: Sequence[int]
    node_lon_e7: Sequence[int]
    limits: Sequence[tuple[TaggedLimit, ...]]
    restrictions: Sequence[Restriction] = ()
    border_nodes: Mapping[int, BorderNode] = field(default_factory=dict)


def encode_road_tile(draft: RoadTileDraft) -> bytes:
    """The tile's blob, uncompressed; the same draft gives the same bytes. ValueError where the draft is unsound."""
    _check(draft)
    links = draft.links
    geometries = [encode_geometry(x.line) if x.geometry_link_id == x.link_id else b"" for x in links]
    roads = [encode_road(x) for x in links]
    encoded: dict[int, bytes] = {}  # many links of a tile state the same
    for x in draft.limits:
        if id(x) not in encoded:
            encoded[id(x)] = encode_limits(x) if x else b""
    limits = [encoded[id(x)] for x in draft.limits]
    starts = [index_of(x.start_node) for x in links]
    sections: dict[int, bytes] = {
        Section.BOUNDS: _bounds(draft).tobytes(),
        Section.NODE_LAT: np.array(draft.node_lat_e7, dtype="<i4").tobytes(),
        Section.NODE_LON: np.array(draft.node_lon_e7, dtype="<i4").tobytes(),
        Section.NODE_LINKS: np.bincount(starts, minlength=len(draft.node_lat_e7)).astype("<u2").tobytes(),
        Section.END_NODE: np.array([index_of(x.end_node) for x in links], dtype="<u4").tobytes(),
        Section.END_TILE: np.array(_end_steps(draft), dtype="<i1").T.tobytes(),
        Section.GEOMETRY_BYTES: _lengths(geometries),
        Section.ROAD_BYTES: _lengths(roads),
        Section.LIMIT_BYTES: _lengths(limits),
        Section.GEOMETRY: b"".join(geometries),
        Section.ROAD: b"".join(roads),
        Section.LIMIT: b"".join(limits),
        **encode_restrictions(draft.restrictions),
        **encode_border_nodes(draft.border_nodes),
    }
    return encode_blob(
        layer=Layer.L0,
        tile_id=draft.tile_id,
        build_id=draft.build_id,
        link_count=len(links),
        node_count=len(draft.node_lat_e7),
        sections=sections,
    )


def open_road_tile(data: bytes, *, name: str) -> "RoadTileView":
    """Opens a blob made by `encode_road_tile`. TileError begins with `name` and says what is wrong."""
    return RoadTileView(open_blob(data, name=name, layer=Layer.L0))


class RoadTileView:
    """An opened road tile; implements `model.network.RoadTile`. Safe to share between threads."""

    __slots__ = (
        "__weakref__",
        "_border_nodes_of",
        "_bounds_columns",
        "_contents",
        "_data",
        "_end_node",
        "_end_tile",
        "_extent_e7",
        "_limits",
        "_links",
        "_name",
        "_node_first",
        "_node_lat",
        "_node_lon",
        "_restriction_columns",
        "_restrictions",
        "_spans",
        "_west_e7",
        "border_nodes",
        "build_id",
        "link_count",
        "node_count",
        "restriction_links_count_max",
        "size_bytes",
        "tile_id",
    )

    def __init__(self, blob: Blob) -> None:
        n, m = blob.link_count, blob.node_count
        self._name = blob.name
        self.tile_id = blob.tile_id
        self.build_id = blob.build_id
        self.link_count = n
        self.node_count = m
        self.size_bytes = blob.size_bytes
        if n > INDEX_COUNT_MAX or m > INDEX_COUNT_MAX:
            raise TileError(f"{self._name}: {n} links and {m} nodes; at most {INDEX_COUNT_MAX} of each")
        self._bounds_columns = blob.column(Section.BOUNDS, "<i4", 4 * n).reshape(4, n)
        self._extent_e7 = _extent(self._bounds_columns)
        self._west_e7 = bounds_e7(*tile_parts(self.tile_id)[1:])[1]
        self._node_lat = blob.column(Section.NODE_LAT, "<i4", m)
        self._node_lon = blob.column(Section.NODE_LON, "<i4", m)
        self._node_first = _starts(blob.column(Section.NODE_LINKS, "<u2", m))
        if self._node_first[-1] != n:
            raise TileError(f"{self._name}: the nodes count {self._node_first[-1]} links, the tile has {n}")
        self._end_node = blob.column(Section.END_NODE, "<u4", n)
        self._end_tile = blob.column(Section.END_TILE, "<i1", 2 * n).reshape(2, n)
        self._data: dict[ProfileGroup, memoryview] = {}
        self._spans: dict[ProfileGroup, npt.NDArray[np.int64]] = {}
        for group, lengths, data in (
            (ProfileGroup.GEOMETRY, Section.GEOMETRY_BYTES, Section.GEOMETRY),
            (ProfileGroup.ROAD, Section.ROAD_BYTES, Section.ROAD),
            (ProfileGroup.LIMIT, Section.LIMIT_BYTES, Section.LIMIT),
        ):
            self._data[group] = blob.bytes_of(data)
            self._spans[group] = spans = _starts(blob.column(lengths, "<u4", n))
            if spans[-1] != len(self._data[group]):
                raise TileError(
                    f"{self._name}: section {data.name} has {len(self._data[group])} bytes, not {spans[-1]}"
                )
        self.border_nodes: Mapping[int, BorderNode] = decode_border_nodes(blob)
        self._border_nodes_of: dict[int, tuple[int, ...]] = {}
        for node, border in self.border_nodes.items():
            self._border_nodes_of[border.key] = (*self._border_nodes_of.get(border.key, ()), node)
        self._restriction_columns = RestrictionColumns(blob)
        self.restriction_links_count_max = self._restriction_columns.links_count_max
        self._restrictions: dict[int, tuple[Restriction, ...]] | None = None
        self._links: dict[int, Link] = {}
        self._limits: dict[int, tuple[TaggedLimit, ...]] = {}
        self._contents: dict[int, tuple[EncodedContent, ...]] = {}

    @property
    def touched_share(self) -> float:
        """Part of the links that were decoded and are kept, from 0 to 1."""
        return len(self._links) / self.link_count if self.link_count else 0.0

    def link(self, index: int) -> Link:
        """The link, decoded at the first call and the same object ever after. TileError outside the tile."""
        link = self._links.get(index)
        return link if link is not None else self._links.setdefault(index, self._decoded(index))

    def links_from(self, node_index: int) -> Sequence[LinkId]:
        """Links that start at a node of this tile. TileError where the tile has no such node."""
        if not 0 <= node_index < self.node_count:
            raise TileError(f"{self._name}: no node {node_index}, the tile has {self.node_count}")
        first, last = int(self._node_first[node_index]), int(self._node_first[node_index + 1])
        base = self.tile_id * INDEX_COUNT_MAX
        return range(base + first, base + last)  # type: ignore[return-value]

    def border_nodes_of(self, key: int) -> Sequence[int]:
        """Indexes of the border nodes with a key; more than one where a border crosses one segment several times."""
        return self._border_nodes_of.get(key, ())

    def near(self, *, lat_e7: float, lon_e7: float, radius_m: float) -> Sequence[int]:
        """Indexes, ascending, of links whose bounding box comes within the radius; may include some farther ones.

        Holds over the antimeridian. ValueError for a radius beyond NEAR_RADIUS_M_MAX.
        """
        if not 0.0 <= radius_m <= NEAR_RADIUS_M_MAX:
            raise ValueError(f"radius_m {radius_m} is outside 0 to {NEAR_RADIUS_M_MAX}")
        dlat, dlon = _reach_e7(lat_e7, radius_m)
        x = (lon_e7 - self._west_e7 + HALF_TURN_E7) % FULL_TURN_E7 - HALF_TURN_E7
        south, west, north, east = self._extent_e7
        low_lat, high_lat, low_x, high_x = lat_e7 - dlat, lat_e7 + dlat, x - dlon, x + dlon
        if south > high_lat or west > high_x or north < low_lat or east < low_x:
            return ()
        columns = self._bounds_columns
        mask = columns[0] <= min(int(high_lat) + 1, LAT_E7_MAX)
        mask &= columns[1] <= min(int(high_x) + 1, HALF_TURN_E7)
        mask &= columns[2] >= max(int(low_lat) - 1, -LAT_E7_MAX)
        mask &= columns[3] >= max(int(low_x) - 1, -HALF_TURN_E7)
        found: list[int] = mask.nonzero()[0].tolist()
        return found

    def limits(self, index: int) -> tuple[TaggedLimit, ...]:
        """Statements about a link's limit, in the source's order; empty where there is none."""
        limits = self._limits.get(index)
        if limits is None:
            payload = self._payload(ProfileGroup.LIMIT, index)
            try:
                limits = decode_limits(payload) if payload else ()
            except TileError as error:
                raise TileError(f"{self._name}: link {index}: {error}") from error
            self._limits[index] = limits
        return limits

    def restrictions(self, index: int) -> Sequence[Restriction]:
        """Restrictions whose first link this is."""
        if self._restrictions is None:
            self._restrictions = self._restriction_columns.decoded(self.tile_id, self.link_count)
        return self._restrictions.get(index, ())

    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None:
        """The bytes as they lie here; None where there are none (no limit stated, a group of another layer).

        GEOMETRY that the twin holds comes with the twin as its `link_id`.
        """
        for x in self.contents(index):
            if x.group is group:
                return x
        return None

    def contents(self, index: int) -> tuple[EncodedContent, ...]:
        """The same of all groups; without the geometry where the link cannot be read. Found once and kept."""
        contents = self._contents.get(index)
        if contents is None:
            found = [self._content(index, group) for group in self._data]
            contents = self._contents.setdefault(index, tuple(x for x in found if x is not None))
        return contents

    def _content(self, index: int, group: ProfileGroup) -> EncodedContent | None:
        payload = self._payload(group, index)
        owner = link_id(self.tile_id, index)
        if not payload and group is ProfileGroup.GEOMETRY:
            try:
                owner = self.link(index).geometry_link_id
            except TileError:
                return None
            known = self._contents.get(index_of(owner))  # both directions have the same object
            if known is not None:
                return next((x for x in known if x.group is group), None)
            payload = self._payload(group, index_of(owner))
        return EncodedContent(group, owner, bytes_digest(payload), payload) if payload else None

    def start_node(self, index: int) -> NodeId:
        """Node a link starts at."""
        return node_id(self.tile_id, int(np.searchsorted(self._node_first, index, side="right")) - 1)

    def end_node(self, index: int) -> NodeId:
        """Node a link ends at; it may be of another tile."""
        dataset, x, y = tile_parts(self.tile_id)
        column = (x + int(self._end_tile[0, index])) % AXIS_COUNT
        row = y + int(self._end_tile[1, index])
        try:
            return node_id(tile_id(dataset, column, row), int(self._end_node[index]))
        except ValueError as error:
            raise TileError(f"{self._name}: link {index} ends at a node that cannot be: {error}") from error

    def node_position_e7(self, node_index: int) -> tuple[int, int]:
        """(lat, lon) of a node of this tile."""
        if not 0 <= node_index < self.node_count:
            raise TileError(f"{self._name}: no node {node_index}, the tile has {self.node_count}")
        return int(self._node_lat[node_index]), int(self._node_lon[node_index])

    def _decoded(self, index: int) -> Link:
        payload = self._payload(ProfileGroup.ROAD, index)
        try:
            road = decode_road(link_id(self.tile_id, index), payload)
            line = self._line(road)
        except TileError as error:
            raise TileError(f"{self._name}: link {index}: {error}") from error
        return Link(
            link_id=road.link_id,
            twin_id=road.twin_id,
            geometry_link_id=road.geometry_link_id,
            start_node=self.start_node(index),
            end_node=self.end_node(index),
            line=line,
            length_cm=road.length_cm,
            road_class=road.road_class,
            form_of_way=road.form_of_way,
            car_access=road.car_access,
            names=road.names,
            route_refs=road.route_refs,
            tunnel=road.tunnel,
            bridge=road.bridge,
            level=road.level,
            oneway=road.oneway,
            dead_end=road.dead_end,
            stable_ref=road.stable_ref,
            observed_time_us=road.observed_time_us,
        )

    def _line(self, road: LinkRoad) -> Polyline:
        owner = road.geometry_link_id
        if owner != road.link_id and (owner != road.twin_id or tile_of(owner) != self.tile_id):
            raise TileError("its geometry is said to lie with a link that is not its twin in this tile")
        payload = self._payload(ProfileGroup.GEOMETRY, index_of(owner))
        if not payload:
            raise TileError("it has no geometry")
        lat, lon = decode_points_e7(payload)
        return Polyline(lat, lon) if owner == road.link_id else Polyline(lat[::-1], lon[::-1])

    def _payload(self, group: ProfileGroup, index: int) -> bytes:
        if not 0 <= index < self.link_count:
            raise TileError(f"{self._name}: no link {index}, the tile has {self.link_count}")
        spans = self._spans[group]
        return bytes(self._data[group][spans[index] : spans[index + 1]])


def _check(draft: RoadTileDraft) -> None:
    """ValueError where the draft breaks what readers rely on."""
    nodes = len(draft.node_lat_e7)
    if len(draft.node_lon_e7) != nodes or len(draft.limits) != len(draft.links):
        raise ValueError(
            f"{nodes} node latitudes and {len(draft.node_lon_e7)} longitudes, "
            f"{len(draft.links)} links and {len(draft.limits)} entries of limits"
        )
    if any(not 0 <= node < nodes for node in draft.border_nodes):
        raise ValueError(f"a border node is not among the {nodes} nodes")
    by_id = {x.link_id: x for x in draft.links}
    node_before = 0
    for index, link in enumerate(draft.links):
        start = index_of(link.start_node)
        if link.link_id != link_id(draft.tile_id, index):
            raise ValueError(f"link {index} carries the id {link.link_id}")
        if tile_of(link.start_node) != draft.tile_id or not node_before <= start < nodes:
            raise ValueError(f"link {index} starts at node {link.start_node}, out of order or not in this tile")
        node_before = start
        if (link.line.lat_e7[0], link.line.lon_e7[0]) != (draft.node_lat_e7[start], draft.node_lon_e7[start]):
            raise ValueError(f"link {index} does not start where its node lies")
        _check_geometry(link, by_id)
    for restriction in draft.restrictions:
        if len(restriction.links) < 2 or restriction.links[0] not in by_id:
            raise ValueError(f"restriction {restriction.source} does not begin with a link of this tile")


def _check_geometry(link: Link, by_id: Mapping[LinkId, Link]) -> None:
    if link.geometry_link_id == link.link_id:
        return
    owner = by_id.get(link.geometry_link_id)
    if owner is None or owner.link_id != link.twin_id or owner.geometry_link_id != owner.link_id:
        raise ValueError(f"link {link.link_id} takes its geometry from {link.geometry_link_id}, no twin in this tile")
    if owner.line.lat_e7 != link.line.lat_e7[::-1] or owner.line.lon_e7 != link.line.lon_e7[::-1]:
        raise ValueError(f"link {link.link_id} is not the reverse of its twin")


def _bounds(draft: RoadTileDraft) -> npt.NDArray[np.int32]:
    """[4][n] south, west, north, east; longitudes run on from the tile's western edge, so no box is torn apart."""
    west_e7 = bounds_e7(*tile_parts(draft.tile_id)[1:])[1]
    rows = []
    for link in draft.links:
        xs = [wrap_lon_e7(lon - west_e7) for lon in link.line.lon_e7]
        rows.append((min(link.line.lat_e7), min(xs), max(link.line.lat_e7), max(xs)))
    return np.ascontiguousarray(np.array(rows, dtype="<i4").reshape(-1, 4).T)


def _end_steps(draft: RoadTileDraft) -> list[tuple[int, int]]:
    dataset, x, y = tile_parts(draft.tile_id)
    half = AXIS_COUNT // 2
    steps = []
    for link in draft.links:
        end_dataset, end_x, end_y = tile_parts(tile_of(link.end_node))
        step = ((end_x - x + half) % AXIS_COUNT - half, end_y - y)
        if end_dataset != dataset or max(map(abs, step)) > END_TILE_STEP_MAX:
            raise ValueError(f"link {link.link_id} ends in another dataset or {step} tiles away")
        steps.append(step)
    return steps


def _lengths(parts: Iterable[bytes]) -> bytes:
    return np.array([len(x) for x in parts], dtype="<u4").tobytes()


def _starts(counts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Where each of consecutive runs begins, and the end of the last."""
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _extent(columns: npt.NDArray[np.int32]) -> tuple[int, int, int, int]:
    """(south, west, north, east) of all links; of none, a box nothing meets."""
    if columns.shape[1] == 0:
        return FULL_TURN_E7, FULL_TURN_E7, -FULL_TURN_E7, -FULL_TURN_E7
    return int(columns[0].min()), int(columns[1].min()), int(columns[2].max()), int(columns[3].max())


def _reach_e7(lat_e7: float, radius_m: float) -> tuple[float, float]:
    """Half sides (lat, lon) of a box that holds the circle; the east scale is taken at its edge nearer the pole."""
    north = metres_per_e7(int(lat_e7))[1]
    dlat = 1.001 * radius_m / north + 1.0
    east = metres_per_e7(int(min(abs(lat_e7) + dlat, _POLE_E7)))[0]
    return dlat, 1.001 * radius_m / east + 1.0
