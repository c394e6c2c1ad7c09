"""The road network a drive sees: the tiles at hand, as one view.

Core code asks for what it needs (links, successors, what lies near) and is told when a tile is missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final, Protocol

from mapprior.errors import TileError
from mapprior.geo.frame import distance_m
from mapprior.model.border import BORDER_GAP_M_MAX, BorderNode
from mapprior.model.content import EncodedContent
from mapprior.model.grid import tiles_around
from mapprior.model.ids import LinkId, NodeId, TileId, index_of, node_id, tile_of
from mapprior.model.lane import LinkLanes
from mapprior.model.limit import TaggedLimit
from mapprior.model.link import Link, Restriction
from mapprior.model.profile import SHARED_GROUPS, LinkCarriageway, LinkCurvature, LinkElevation, LinkFeatures
from mapprior.model.provenance import GROUP_LAYER, Basis, Layer, ProfileGroup

_DATASET_SHIFT: Final = 28
_CELL_MASK: Final = (1 << _DATASET_SHIFT) - 1  # column and row
_NO_BASES: Final[frozenset[Basis]] = frozenset()
_NO_TILES: Final = MappingProxyType[TileId, "ContentTile"]({})


class TileState(IntEnum):
    """What is known of a tile of a layer."""

    LOADED = 1
    ABSENT = 2  # the release has no such tile: nothing is mapped there
    NOT_LOADED = 3
    FAILED = 4


class RoadTile(Protocol):
    """An opened tile of layer L0. Links are decoded when first touched and kept."""

    @property
    def tile_id(self) -> TileId: ...
    @property
    def link_count(self) -> int: ...
    @property
    def border_nodes(self) -> Mapping[int, BorderNode]:
        """Nodes at which the market ends, by index; empty for nearly all tiles."""
        ...

    def border_nodes_of(self, key: int) -> Sequence[int]:
        """Indexes of the border nodes with a key."""
        ...

    def node_position_e7(self, node_index: int) -> tuple[int, int]:
        """(lat, lon) of a node of this tile."""
        ...

    def link(self, index: int) -> Link: ...
    def links_from(self, node_index: int) -> Sequence[LinkId]:
        """Links that start at a node of this tile."""
        ...

    def near(self, *, lat_e7: float, lon_e7: float, radius_m: float) -> Sequence[int]:
        """Indexes of links whose bounding box comes within the radius; may include some farther ones."""
        ...

    def limits(self, index: int) -> tuple[TaggedLimit, ...]: ...
    def restrictions(self, index: int) -> Sequence[Restriction]:
        """Restrictions whose first link this is."""
        ...

    @property
    def restriction_links_count_max(self) -> int:
        """Links of its longest restriction; 0 where it has none."""
        ...

    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None: ...
    def contents(self, index: int) -> Sequence[EncodedContent]:
        """All of a link, in the order of the groups, but for what cannot be read."""
        ...


class ProfileTile(Protocol):
    """An opened tile of layer L1. Content of the shared groups lies under the link that holds the geometry."""

    @property
    def tile_id(self) -> TileId: ...
    def curvature(self, index: int) -> LinkCurvature | None: ...
    def elevation(self, index: int) -> LinkElevation | None: ...
    def carriageway(self, index: int) -> LinkCarriageway | None: ...
    def features(self, index: int) -> LinkFeatures | None: ...
    def all_bases(self, index: int, geometry_index: int) -> frozenset[Basis]:
        """What the values of a link's contents rest on, those of the shared groups under the other index; empty where
        there are none. Decodes nothing."""
        ...

    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None: ...
    def contents(self, index: int, geometry_index: int) -> Sequence[EncodedContent]:
        """All of a link, in the order of the groups; that of the shared ones lies under the other index."""
        ...


class LaneTile(Protocol):
    """An opened tile of layer L2."""

    @property
    def tile_id(self) -> TileId: ...
    def lanes(self, index: int) -> LinkLanes | None: ...
    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None: ...
    def contents(self, index: int) -> Sequence[EncodedContent]: ...


ContentTile = RoadTile | ProfileTile | LaneTile


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What a drive must know of a dataset that it may enter."""

    market: str
    dataset_id: int
    build_id: str
    name: str
    source_time: str
    driving_side: str  # "left" or "right"
    layers: frozenset[Layer]
    # (south, west, north, east) of all tiles, in 1e-7 degrees; west > east where it spans the antimeridian
    bounds_e7: tuple[int, int, int, int]
    tiles: frozenset[TileId]  # that the release has, layer L0
    market_pack_digest: str = ""


class Network:
    """Tiles of one or more datasets as one network. Tiles come and go; a link that is not at hand is None."""

    __slots__ = ("absent", "datasets", "failed", "lane_tiles", "profile_tiles", "roads")

    def __init__(self, datasets: Iterable[DatasetInfo]) -> None:
        self.datasets: dict[int, DatasetInfo] = {d.dataset_id: d for d in datasets}
        self.roads: dict[TileId, RoadTile] = {}
        self.profile_tiles: dict[TileId, ProfileTile] = {}
        self.lane_tiles: dict[TileId, LaneTile] = {}
        self.failed: dict[tuple[Layer, TileId], str] = {}
        self.absent: set[tuple[Layer, TileId]] = set()

    def tile_state(self, layer: Layer, tile: TileId) -> TileState:
        """State of a tile; tiles of a dataset or layer that is not served are ABSENT."""
        if tile in self.tiles_of(layer):
            return TileState.LOADED
        if (layer, tile) in self.failed:
            return TileState.FAILED
        dataset = self.datasets.get(tile >> _DATASET_SHIFT)
        if dataset is None or layer not in dataset.layers or tile not in dataset.tiles:
            return TileState.ABSENT
        return TileState.ABSENT if (layer, tile) in self.absent else TileState.NOT_LOADED

    def tiles_of(self, layer: Layer) -> Mapping[TileId, ContentTile]:
        """The tiles of a layer at hand; of a layer that is not known here, none."""
        if layer is Layer.L0:
            return self.roads
        if layer is Layer.L1:
            return self.profile_tiles
        if layer is Layer.L2:
            return self.lane_tiles
        return _NO_TILES

    def put(self, layer: Layer, tile: ContentTile) -> None:
        """A tile is at hand from here on; it must be one of this layer."""
        held: Any = self.tiles_of(layer)
        held[tile.tile_id] = tile

    def link(self, link_id: LinkId) -> Link | None:
        tile = self.roads.get(tile_of(link_id))
        return None if tile is None else tile.link(index_of(link_id))

    def links_from(self, node: NodeId) -> Sequence[LinkId] | None:
        """Links that start at a node, the way back included; None where its tile is not at hand.

        Where the market ends at the node, also the links that start at the same place of the other datasets; None
        while a tile of theirs that may hold it is not at hand.
        """
        tile = self.roads.get(tile_of(node))
        if tile is None:
            return None
        index = index_of(node)
        links = tile.links_from(index)
        if index not in tile.border_nodes:
            return links
        partners, awaited = self.partners(node)
        if awaited is not None:
            return None
        return (*links, *(x for p in partners for x in self.roads[tile_of(p)].links_from(index_of(p))))

    def missing_tile(self, node: NodeId) -> TileId | None:
        """The tile that must come to hand before `links_from` can answer; None where it answers."""
        return self.partners(node)[1] if tile_of(node) in self.roads else tile_of(node)

    def border_node(self, node: NodeId) -> BorderNode | None:
        """What is known of the border at a node; None where the market does not end there, or no tile is at hand."""
        tile = self.roads.get(tile_of(node))
        return None if tile is None else tile.border_nodes.get(index_of(node))

    def partners(self, node: NodeId) -> tuple[list[NodeId], TileId | None]:
        """(the same node in other datasets, the tile that is to be awaited before all of them are known).

        A partner lies in the tile of the same column and row, since it lies at the same place. A tile that cannot be
        read is waited for only while no other one holds a partner.
        """
        found: list[NodeId] = []
        unread: TileId | None = None
        own, index = tile_of(node), index_of(node)
        tile = self.roads.get(own)
        if tile is None or index not in tile.border_nodes:
            return found, None
        for dataset_id in self.datasets:
            beyond = TileId(dataset_id << _DATASET_SHIFT | own & _CELL_MASK)
            if beyond == own:
                continue
            other = self.roads.get(beyond)
            if other is not None:
                found += _partners(tile, index, other)
                continue
            state = self.tile_state(Layer.L0, beyond)
            if state is TileState.NOT_LOADED:
                return found, beyond
            if state is TileState.FAILED:
                unread = beyond
        return found, None if found else unread

    def serves(self, market: str) -> bool:
        """Is a release of this market among the datasets?"""
        return any(d.market == market for d in self.datasets.values())

    def limits(self, link_id: LinkId) -> tuple[TaggedLimit, ...]:
        """What the source states; empty also where the tile is not at hand."""
        tile = self.roads.get(tile_of(link_id))
        return () if tile is None else tile.limits(index_of(link_id))

    @property
    def restriction_links_count_max(self) -> int:
        """Links of the longest restriction at hand; 0 where there is none."""
        return max((x.restriction_links_count_max for x in self.roads.values()), default=0)

    def lanes(self, link_id: LinkId) -> LinkLanes | None:
        tile = self.lane_tiles.get(tile_of(link_id))
        return None if tile is None else tile.lanes(index_of(link_id))

    def curvature(self, link_id: LinkId) -> LinkCurvature | None:
        """Curvature in the link's direction; None where there is none or a tile is not at hand."""
        owner = self._geometry_link(link_id)
        tile = None if owner is None else self.profile_tiles.get(tile_of(owner))
        if tile is None or owner is None:
            return None
        curvature = tile.curvature(index_of(owner))
        if curvature is None or owner == link_id or (link := self.link(link_id)) is None:
            return curvature
        return curvature.reversed().fitted(link.length_cm)

    def elevation(self, link_id: LinkId) -> LinkElevation | None:
        """Elevation and slope in the link's direction; None where there is none or a tile is not at hand."""
        owner = self._geometry_link(link_id)
        tile = None if owner is None else self.profile_tiles.get(tile_of(owner))
        if tile is None or owner is None:
            return None
        elevation = tile.elevation(index_of(owner))
        if elevation is None or owner == link_id or (link := self.link(link_id)) is None:
            return elevation
        return elevation.reversed().fitted(link.length_cm)

    def carriageway(self, link_id: LinkId) -> LinkCarriageway | None:
        tile = self.profile_tiles.get(tile_of(link_id))
        return None if tile is None else tile.carriageway(index_of(link_id))

    def features(self, link_id: LinkId) -> LinkFeatures | None:
        tile = self.profile_tiles.get(tile_of(link_id))
        return None if tile is None else tile.features(index_of(link_id))

    def profile_bases(self, link_id: LinkId) -> frozenset[Basis]:
        """What a link's content of layer L1 rests on; empty where there is none or a tile is not at hand."""
        tile, owner = self.profile_tiles.get(tile_of(link_id)), self._geometry_link(link_id)
        return _NO_BASES if tile is None or owner is None else tile.all_bases(index_of(link_id), index_of(owner))

    def restrictions(self, link_id: LinkId) -> Sequence[Restriction]:
        """Restrictions that begin with this link."""
        tile = self.roads.get(tile_of(link_id))
        return () if tile is None else tile.restrictions(index_of(link_id))

    def content(self, link_id: LinkId, group: ProfileGroup) -> EncodedContent | None:
        """Encoded content; None where there is none or its tile is not at hand.

        What both directions of a road share comes under the id of the link that holds the geometry.
        """
        owner = self._geometry_link(link_id) if group in SHARED_GROUPS else link_id
        tile = None if owner is None else self.tiles_of(GROUP_LAYER[group]).get(tile_of(owner))
        return None if tile is None or owner is None else tile.content(index_of(owner), group)

    def contents(self, link_id: LinkId) -> list[EncodedContent]:
        """The same of all groups, in their order, but for what cannot be read. Empty where its road tile is not at
        hand."""
        tile_id, index = tile_of(link_id), index_of(link_id)
        road = self.roads.get(tile_id)
        if road is None:
            return []
        found = [*road.contents(index)]
        profiles, lanes = self.profile_tiles.get(tile_id), self.lane_tiles.get(tile_id)
        if profiles is not None:
            try:
                geometry_index = index_of(road.link(index).geometry_link_id)
            except TileError:
                geometry_index = index
            found += profiles.contents(index, geometry_index)
        if lanes is not None:
            found += lanes.contents(index)
        return found

    def _geometry_link(self, link_id: LinkId) -> LinkId | None:
        """The link that holds what both directions share, of the same tile; None where that tile is not at hand."""
        link = self.link(link_id)
        return None if link is None else link.geometry_link_id

    def tiles_near(self, *, lat_e7: float, lon_e7: float, radius_m: float) -> list[TileId]:
        """Tiles, of all datasets, that exist and whose links may come within the radius."""
        lat, lon = round(lat_e7), round(lon_e7)
        return [
            tile
            for d in self.datasets.values()
            for tile in tiles_around(d.dataset_id, lat_e7=lat, lon_e7=lon, radius_m=radius_m)
            if tile in d.tiles
        ]

    def near(self, *, lat_e7: float, lon_e7: float, radius_m: float) -> Iterator[Link]:
        """Links at hand whose bounding box comes within the radius."""
        for tile_ in self.tiles_near(lat_e7=lat_e7, lon_e7=lon_e7, radius_m=radius_m):
            tile = self.roads.get(tile_)
            if tile is not None:
                for index in tile.near(lat_e7=lat_e7, lon_e7=lon_e7, radius_m=radius_m):
                    yield tile.link(index)


def _partners(tile: RoadTile, index: int, other: RoadTile) -> list[NodeId]:
    """The nearest node of another tile with the same border key, at most BORDER_GAP_M_MAX away; none or one."""
    lat, lon = tile.node_position_e7(index)
    found = []
    for partner in other.border_nodes_of(tile.border_nodes[index].key):
        lat_b, lon_b = other.node_position_e7(partner)
        found.append((distance_m(lat_a_e7=lat, lon_a_e7=lon, lat_b_e7=lat_b, lon_b_e7=lon_b), partner))
    return [node_id(other.tile_id, partner) for gap_m, partner in sorted(found)[:1] if gap_m <= BORDER_GAP_M_MAX]
