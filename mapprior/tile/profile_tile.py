"""Layer L1: what driver assistance wants to know of the links that start in one tile. Layout: `tiles/FORMAT.md`.

Each profile group has columns of its own. Beside each content stands on which bases its values rest, so that a server
can say what is mapped without decoding it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeVar

from mapprior.errors import TileError
from mapprior.model.content import EncodedContent
from mapprior.model.ids import INDEX_BITS, TileId
from mapprior.model.profile import SHARED_GROUPS, LinkCarriageway, LinkCurvature, LinkElevation, LinkFeatures
from mapprior.model.provenance import LAYER_GROUPS, Basis, Layer, ProfileGroup
from mapprior.tile.blob import Blob, encode_blob, open_blob
from mapprior.tile.link_contents import Columns, LinkContents, encode_link_contents
from mapprior.tile.profile_codec import (
    decode_carriageway,
    decode_curvature,
    decode_elevation,
    decode_features,
    encode_carriageway,
    encode_curvature,
    encode_elevation,
    encode_features,
    known_values,
)

V = TypeVar("V", LinkCurvature, LinkElevation, LinkCarriageway, LinkFeatures)

# Kinds of sections: the number of the group, then 1 to 5.
_COLUMNS: Final = {
    g: Columns(link=10 * g + 1, payload=10 * g + 2, size=10 * g + 3, bases=10 * g + 4, data=10 * g + 5)
    for g in LAYER_GROUPS[Layer.L1]
}


@dataclass(frozen=True, slots=True)
class ProfileTileDraft:
    """Content by link index in the road tile of the same id; links without are absent.

    Curvature and elevation are given for the link that holds the geometry, in its direction, and not for its twin.
    """

    tile_id: TileId
    build_id: str
    curvature: Mapping[int, LinkCurvature] = field(default_factory=dict)
    elevation: Mapping[int, LinkElevation] = field(default_factory=dict)
    carriageway: Mapping[int, LinkCarriageway] = field(default_factory=dict)
    features: Mapping[int, LinkFeatures] = field(default_factory=dict)

    @property
    def links_count(self) -> int:
        """Links that have some content; a tile is needed only where there are any."""
        return len({*self.curvature, *self.elevation, *self.carriageway, *self.features})


def encode_profile_tile(draft: ProfileTileDraft) -> bytes:
    """The tile's blob, uncompressed; the same draft gives the same bytes, in whatever order its mappings are.

    ValueError for a value outside its range or without basis.
    """
    sections = {
        **_sections(ProfileGroup.CURVATURE, draft.curvature, encode_curvature),
        **_sections(ProfileGroup.ELEVATION, draft.elevation, encode_elevation),
        **_sections(ProfileGroup.CARRIAGEWAY, draft.carriageway, encode_carriageway),
        **_sections(ProfileGroup.FEATURE, draft.features, encode_features),
    }
    return encode_blob(
        layer=Layer.L1,
        tile_id=draft.tile_id,
        build_id=draft.build_id,
        link_count=draft.links_count,
        node_count=0,
        sections=sections,
    )


def open_profile_tile(data: bytes, *, name: str) -> "ProfileTileView":
    """Opens a blob made by `encode_profile_tile`. TileError begins with `name` and says what is wrong."""
    return ProfileTileView(open_blob(data, name=name, layer=Layer.L1))


class ProfileTileView:
    """An opened profile tile; implements `model.network.ProfileTile`. Safe to share between threads."""

    __slots__ = (
        "__weakref__",
        "_all_bases",
        "_carriageway",
        "_curvature",
        "_elevation",
        "_features",
        "_of_group",
        "build_id",
        "links_count",
        "size_bytes",
        "tile_id",
    )

    def __init__(self, blob: Blob) -> None:
        self.tile_id = blob.tile_id
        self.build_id = blob.build_id
        self.size_bytes = blob.size_bytes
        self.links_count = blob.link_count
        self._curvature = _contents(blob, ProfileGroup.CURVATURE, decode_curvature)
        self._elevation = _contents(blob, ProfileGroup.ELEVATION, decode_elevation)
        self._carriageway = _contents(blob, ProfileGroup.CARRIAGEWAY, decode_carriageway)
        self._features = _contents(blob, ProfileGroup.FEATURE, decode_features)
        self._of_group: dict[ProfileGroup, LinkContents[Any]] = {
            ProfileGroup.CURVATURE: self._curvature,
            ProfileGroup.ELEVATION: self._elevation,
            ProfileGroup.CARRIAGEWAY: self._carriageway,
            ProfileGroup.FEATURE: self._features,
        }
        self._all_bases: dict[int, frozenset[Basis]] = {}
        links_count = len(set().union(*(x.links for x in self._of_group.values())))
        if links_count != blob.link_count:
            raise TileError(f"{blob.name}: {links_count} links with content, it states {blob.link_count}")

    @property
    def touched_share(self) -> float:
        """Part of the contents that were asked for and are kept, from 0 to 1; one that was not decoded counts half."""
        parts = self._of_group.values()
        count = sum(len(x.links) for x in parts)
        return sum(x.decoded_count + x.handed_out_count for x in parts) / (2 * count) if count else 0.0

    def link_indexes(self, group: ProfileGroup) -> Sequence[int]:
        """Links that have content of a group of this layer, ascending."""
        return self._of_group[group].links

    def curvature(self, index: int) -> LinkCurvature | None:
        """As kept under this link; None where there is none, as for one whose twin holds the geometry. As the three
        below: decoded at the first call and the same object ever after."""
        return self._curvature.value(index)

    def elevation(self, index: int) -> LinkElevation | None:
        """As kept under this link; None where there is none, as for one whose twin holds the geometry."""
        return self._elevation.value(index)

    def carriageway(self, index: int) -> LinkCarriageway | None:
        """What holds on the whole link; None where nothing is known."""
        return self._carriageway.value(index)

    def features(self, index: int) -> LinkFeatures | None:
        """What stands along the link; None where nothing is known to."""
        return self._features.value(index)

    def bases(self, index: int, group: ProfileGroup) -> frozenset[Basis]:
        """What the values of a link's content rest on, without decoding it; empty where there is none."""
        return _basis_set(self._of_group[group].bases(index))

    def all_bases(self, index: int, geometry_index: int) -> frozenset[Basis]:
        """The same of all groups; content of the shared ones lies under the other index. Found once and kept."""
        key = index << INDEX_BITS | geometry_index
        bases = self._all_bases.get(key)
        if bases is None:
            bits = 0
            for group, contents in self._of_group.items():
                bits |= contents.bases(geometry_index if group in SHARED_GROUPS else index)
            bases = self._all_bases[key] = _basis_set(bits)
        return bases

    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None:
        """The bytes as they lie here; None where there are none."""
        contents = self._of_group.get(group)
        return None if contents is None else contents.content(index)

    def contents(self, index: int, geometry_index: int) -> list[EncodedContent]:
        """The same of all groups; that of the shared ones is kept under the link that holds the geometry."""
        found = (
            self._curvature.content(geometry_index),
            self._elevation.content(geometry_index),
            self._carriageway.content(index),
            self._features.content(index),
        )
        return [x for x in found if x is not None]


def bases_of(value: LinkCurvature | LinkElevation | LinkCarriageway | LinkFeatures) -> frozenset[Basis]:
    """What the values of a content rest on."""
    return _basis_set(_bits(value))


def _bits(value: LinkCurvature | LinkElevation | LinkCarriageway | LinkFeatures) -> int:
    """The same as a bit set."""
    if isinstance(value, LinkCurvature):
        return 1 << (value.basis - 1)
    if isinstance(value, LinkElevation):
        return 1 << (value.basis - 1) | (0 if value.slope_basis is None else 1 << (value.slope_basis - 1))
    bases = known_values(value).values() if isinstance(value, LinkCarriageway) else (x.basis for x in value.features)
    bits = 0
    for basis in bases:
        bits |= 1 << (basis - 1)
    return bits


def _sections(group: ProfileGroup, contents: Mapping[int, V], encode: Callable[[V], bytes]) -> dict[int, bytes]:
    of_content: dict[int, bytes] = {}  # many links of a tile have the same object
    bases: dict[bytes, int] = {}
    for x in contents.values():
        if id(x) not in of_content:
            of_content[id(x)] = payload = encode(x)
            bases[payload] = _bits(x)
    payloads = {index: of_content[id(x)] for index, x in contents.items()}
    return encode_link_contents(payloads, _COLUMNS[group], bases=bases)


def _contents(blob: Blob, group: ProfileGroup, decode: Callable[[bytes], V]) -> LinkContents[V]:
    return LinkContents(blob, _COLUMNS[group], group, decode)


@cache
def _basis_set(bits: int) -> frozenset[Basis]:
    return frozenset(x for x in Basis if bits >> (x - 1) & 1)
