"""Layer L1 in tiles: what goes in comes out, equal content once, the same bytes whatever the order."""

import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import TileError
from mapprior.horizon.digest import bytes_digest
from mapprior.model.ids import INDEX_COUNT_MAX, TileId, link_id
from mapprior.model.profile import LinkCarriageway, LinkCurvature, LinkFeatures, Toll
from mapprior.model.provenance import LAYER_GROUPS, Basis, Layer, ProfileGroup
from mapprior.tile.blob import encode_blob, open_blob
from mapprior.tile.codec import decode_content
from mapprior.tile.profile_tile import (
    ProfileTileDraft,
    ProfileTileView,
    encode_profile_tile,
    open_profile_tile,
)
from tests.tile.profile_contents import carriageways, curvatures, elevations, features

TILE = TileId(7 << 28 | 5)
BUILD = "0123456789abcdef"
INDEXES = st.integers(0, 40)
READS = {
    ProfileGroup.CURVATURE: ProfileTileView.curvature,
    ProfileGroup.ELEVATION: ProfileTileView.elevation,
    ProfileGroup.CARRIAGEWAY: ProfileTileView.carriageway,
    ProfileGroup.FEATURE: ProfileTileView.features,
}
drafts = st.builds(
    ProfileTileDraft,
    st.just(TILE),
    st.just(BUILD),
    curvature=st.dictionaries(INDEXES, curvatures(), max_size=3),
    elevation=st.dictionaries(INDEXES, elevations(), max_size=3),
    carriageway=st.dictionaries(INDEXES, carriageways, max_size=3),
    features=st.dictionaries(INDEXES, features(), max_size=3),
)


def contents(draft: ProfileTileDraft) -> Mapping[ProfileGroup, Mapping[int, Any]]:
    parts = (draft.curvature, draft.elevation, draft.carriageway, draft.features)
    return dict(zip(LAYER_GROUPS[Layer.L1], parts, strict=True))


@settings(deadline=None)
@given(drafts)
def test_a_tile_comes_back(draft: ProfileTileDraft) -> None:
    view = open_profile_tile(encode_profile_tile(draft), name="t")
    assert (view.tile_id, view.build_id, view.touched_share) == (TILE, BUILD, 0.0)
    for group, given_ in contents(draft).items():
        assert list(view.link_indexes(group)) == sorted(given_)
        for index in range(42):
            value, content = given_.get(index), view.content(index, group)
            assert view.bases(index, group) == (set() if value is None else rests_on(value))
            if value is None:
                assert content is None and READS[group](view, index) is None
                continue
            assert content is not None
            assert (content.group, content.link_id) == (group, link_id(TILE, index))
            assert content.digest == bytes_digest(content.payload)
            assert view.content(index, group) is content
            assert decode_content(content) == value == READS[group](view, index)
            assert READS[group](view, index) is READS[group](view, index)
    assert view.touched_share == (1.0 if draft.links_count else 0.0)
    assert view.content(0, ProfileGroup.LANE) is None


def rests_on(value: Any) -> set[Basis]:
    """Said the long way: the bases that stand beside what is known."""
    if isinstance(value, LinkFeatures):
        return {x.basis for x in value.features}
    if not isinstance(value, LinkCarriageway):
        return {value.basis, getattr(value, "slope_basis", None)} - {None}
    nothing, names = LinkCarriageway(), ("lanes_count", "separation", "pedestrians", "bicycles", "surface", "toll")
    known = [x for x in names if getattr(value, x) != getattr(nothing, x)]
    return {getattr(value, f"{x.removesuffix('_count')}_basis") for x in known}


@settings(deadline=None)
@given(drafts)
def test_order_changes_no_byte(draft: ProfileTileDraft) -> None:
    backward = {
        name: dict(reversed(list(getattr(draft, name).items())))
        for name in ("curvature", "elevation", "carriageway", "features")
    }
    assert encode_profile_tile(replace(draft, **backward)) == encode_profile_tile(draft)


@settings(deadline=None)
@given(st.lists(carriageways, min_size=1, max_size=3), st.lists(st.integers(0, 2), max_size=30))
def test_equal_content_lies_there_once(kinds: list[LinkCarriageway], choice: list[int]) -> None:
    """And is decoded once; each link has it under its own key."""
    of_links = {index: kinds[x % len(kinds)] for index, x in enumerate(choice)}
    data = encode_profile_tile(ProfileTileDraft(TILE, BUILD, carriageway=of_links))
    view = open_profile_tile(data, name="t")
    seen = {index: view.carriageway(index) for index in of_links}
    assert seen == of_links
    assert len({id(x) for x in seen.values()}) == len(set(of_links.values()))
    found = [view.content(index, ProfileGroup.CARRIAGEWAY) for index in of_links]
    assert len({x.link_id for x in found if x is not None}) == len(of_links)
    payloads = {x.payload for x in found if x is not None}
    data_section = open_blob(data, name="t", layer=Layer.L1).sections[75]
    assert len(data_section) == sum(map(len, payloads))


def test_one_carriageway_for_a_whole_tile_costs_four_words_a_link() -> None:
    alike = LinkCarriageway(toll=Toll.NO, toll_basis=Basis.TAGGED, surface_raw="asphalt " * 20)
    few, many = (
        encode_profile_tile(ProfileTileDraft(TILE, BUILD, carriageway=dict.fromkeys(range(n), alike)))
        for n in (100, 1100)
    )
    assert len(many) - len(few) == 1000 * 2 * 4


@pytest.mark.parametrize("index", [-1, INDEX_COUNT_MAX])
def test_a_link_that_cannot_be_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="link index"):
        encode_profile_tile(ProfileTileDraft(TILE, BUILD, carriageway={index: LinkCarriageway()}))


def test_a_value_without_basis_is_not_written() -> None:
    with pytest.raises(ValueError, match="toll has no basis"):
        encode_profile_tile(ProfileTileDraft(TILE, BUILD, carriageway={0: LinkCarriageway(toll=Toll.NO)}))


CURVED = LinkCurvature(Basis.DERIVED, (0, 500), (0, 10), (1, 1), (0, 0), (0, 0), 5)


@pytest.mark.parametrize(
    ("kind", "section", "what"),
    [
        (51, struct.pack("<2I", 3, 3), "out of order"),
        (51, struct.pack("<2I", 3, INDEX_COUNT_MAX), "out of order"),
        (51, struct.pack("<3I", 1, 2, 3), "3 links have 2 contents"),
        (51, b"\1", "bytes"),
        (51, None, "missing"),
        (52, struct.pack("<2I", 0, 2), "more than 2"),
        (52, struct.pack("<I", 0), "bytes"),
        (53, struct.pack("<2I", 1, 1), "not what it states"),
        (53, struct.pack("<1I", 1), "not what it states"),
        (54, b"\1", "bytes"),
        (55, b"", "not what it states"),
        (71, struct.pack("<I", 9), "1 links have 0 contents"),
    ],
)
def test_columns_that_do_not_fit_are_refused(kind: int, section: bytes | None, what: str) -> None:
    draft = ProfileTileDraft(TILE, BUILD, curvature={3: CURVED, 8: replace(CURVED, chord_error_max_cm=6)})
    blob = open_blob(encode_profile_tile(draft), name="t", layer=Layer.L1)
    sections = {k: bytes(v) for k, v in blob.sections.items()} | {kind: section}
    with pytest.raises(TileError, match=f"t: .*{what}"):
        open_profile_tile(encoded({k: v for k, v in sections.items() if v is not None}, links_count=2), name="t")


def test_the_number_of_links_fits() -> None:
    blob = open_blob(
        encode_profile_tile(ProfileTileDraft(TILE, BUILD, curvature={3: CURVED})), name="t", layer=Layer.L1
    )
    with pytest.raises(TileError, match="t: 1 links with content, it states 2"):
        open_profile_tile(encoded({k: bytes(v) for k, v in blob.sections.items()}, links_count=2), name="t")


def test_content_that_makes_no_sense_is_named() -> None:
    """The rest of the tile stays usable."""
    draft = ProfileTileDraft(TILE, BUILD, curvature={3: CURVED}, carriageway={3: LinkCarriageway()})
    blob = open_blob(encode_profile_tile(draft), name="t", layer=Layer.L1)
    sections = {k: bytes(v) for k, v in blob.sections.items()}
    sections[55] = bytes(len(sections[55]))
    view = open_profile_tile(encoded(sections, links_count=1), name="t")
    with pytest.raises(TileError, match="t: link 3: CURVATURE content"):
        view.curvature(3)
    assert view.carriageway(3) == LinkCarriageway()


def test_a_tile_of_another_layer_is_refused() -> None:
    data = encode_blob(layer=Layer.L2, tile_id=TILE, build_id=BUILD, link_count=0, node_count=0, sections={})
    with pytest.raises(TileError, match="layer 3; wanted 2, 2"):
        open_profile_tile(data, name="t")


def encoded(sections: Mapping[int, bytes], *, links_count: int) -> bytes:
    return encode_blob(
        layer=Layer.L1, tile_id=TILE, build_id=BUILD, link_count=links_count, node_count=0, sections=sections
    )
