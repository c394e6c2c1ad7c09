"""Verification follows every reference: valid beside invalid."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mapprior.model.ids import index_of
from mapprior.model.lane import LaneSection, LinkLanes
from mapprior.model.link import Link
from mapprior.model.profile import (
    FeatureKind,
    LinkCarriageway,
    LinkCurvature,
    LinkElevation,
    LinkFeature,
    LinkFeatures,
)
from mapprior.model.provenance import Basis, Layer
from mapprior.tile.blob import encode_blob, open_blob
from mapprior.tile.lane_tile import LaneTileDraft, encode_lane_tile
from mapprior.tile.profile_tile import ProfileTileDraft, encode_profile_tile
from mapprior.tile.road_tile import RoadTileDraft, RoadTileView, encode_road_tile
from mapprior.tile.verify import verify_markets
from tests.asciimap import draw
from tests.tile.markets import small, write_market


def test_a_sound_release_is_sound(tmp_path: Path) -> None:
    write_market(small(), tmp_path / "ZZ")
    wide = draw("A---------B---------C---------D", grid_m=90.0, lat_deg=65.0, dataset_id=2, market="XA")
    write_market(wide, tmp_path / "XA", pack=False)
    done: list[int] = []
    report = verify_markets([tmp_path], progress=done.append)
    assert report.findings == ()
    assert (report.markets_count, report.archives_count) == (2, 4)
    assert report.tiles_count == done[-1] == 1 + len(wide.road_tiles) > 2
    assert report.links_count == len(small().link_ids) + len(wide.link_ids)


def as_draft(view: RoadTileView, change: Callable[[Link], Link]) -> RoadTileDraft:
    return RoadTileDraft(
        tile_id=view.tile_id,
        build_id=view.build_id,
        links=[change(view.link(i)) for i in range(view.link_count)],
        node_lat_e7=[view.node_position_e7(i)[0] for i in range(view.node_count)],
        node_lon_e7=[view.node_position_e7(i)[1] for i in range(view.node_count)],
        limits=[() for _ in range(view.link_count)],
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda x: x, ""),
        (lambda x: replace(x, length_cm=x.length_cm + 5), "length_cm"),
        (lambda x: replace(x, end_node=x.start_node), "end node"),
        (lambda x: replace(x, end_node=x.end_node + 1000), "its tile lacks"),
        (lambda x: replace(x, end_node=x.end_node + (1 << 20)), "the archive lacks"),
        (lambda x: replace(x, twin_id=x.link_id, geometry_link_id=x.link_id), "the other way"),
        (lambda x: replace(x, twin_id=x.link_id + 5000, geometry_link_id=x.link_id), "does not exist"),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(tmp_path: Path, change: Callable[[Link], Link], what: str) -> None:
    drawn = small()
    ((tile, view),) = drawn.road_tiles.items()
    first = drawn.link("AB").link_id
    drawn.road_blobs[tile] = encode_road_tile(as_draft(view, lambda x: change(x) if x.link_id == first else x))
    write_market(drawn, tmp_path / "ZZ")
    findings = verify_markets([tmp_path]).findings
    assert bool(findings) == bool(what)
    assert not what or any(what in x.problem and x.section.startswith("link") and x.tile for x in findings)


@pytest.mark.parametrize(("index", "end_cm", "what"), [(0, 1, ""), (0, 99_999, "past the link"), (7, 1, "has 7 links")])
def test_lanes_fit_their_link(tmp_path: Path, index: int, end_cm: int, what: str) -> None:
    drawn = small()
    (tile,) = drawn.lane_blobs
    lanes = LinkLanes(Basis.DERIVED, (LaneSection(0, end_cm, ()),))
    drawn.lane_blobs[tile] = encode_lane_tile(LaneTileDraft(tile, drawn.datasets[0].build_id, {index: lanes}))
    write_market(drawn, tmp_path / "ZZ")
    problems = [x.problem for x in verify_markets([tmp_path]).findings]
    assert (not what and not problems) or (len(problems) == 1 and what in problems[0])


CURVED = LinkCurvature(Basis.DERIVED, (0, 1), (0, 0), (1, 1), (0, 0), (1, 1), 1)
LIGHT = LinkFeature(FeatureKind.TRAFFIC_LIGHT, 0, 0, Basis.TAGGED, 900)


@pytest.mark.parametrize(
    ("letters", "content", "what"),
    [
        ("AB", {}, ""),
        ("BA", {"carriageway": LinkCarriageway()}, ""),
        ("AB", {"features": LinkFeatures((LIGHT,))}, ""),
        ("AB", {"features": LinkFeatures((replace(LIGHT, end_cm=25_010),))}, "ends at 25010 cm, the link at"),
        ("AB", {"curvature": CURVED}, "points end at 1 cm, the link at"),
        ("AB", {"elevation": LinkElevation(Basis.TAGGED, (0, 1), slope_e4=(1, 1))}, "points end at 1 cm, the link at"),
        ("BA", {"curvature": replace(CURVED, points_cm=(0, -1))}, "its twin holds the geometry"),
        ("", {"carriageway": LinkCarriageway()}, "the road tile has 7 links"),
    ],
)
def test_profiles_fit_their_link(tmp_path: Path, letters: str, content: dict[str, Any], what: str) -> None:
    drawn = small()
    ((tile, view),) = drawn.road_tiles.items()
    index = index_of(drawn.link(letters).link_id) if letters else view.link_count
    if "curvature" in content and content["curvature"].points_cm[-1] < 0:  # as long as the link
        content = {"curvature": replace(CURVED, points_cm=(0, view.link(index).length_cm))}
    draft = ProfileTileDraft(tile, view.build_id, **{name: {index: x} for name, x in content.items()})
    drawn.profile_blobs[tile] = encode_profile_tile(draft)
    write_market(drawn, tmp_path / "ZZ")
    findings = verify_markets([tmp_path]).findings
    assert [what in x.problem for x in findings] == ([True] if what else [])
    assert all(x.file.endswith("L1.pmtiles") and "of link" in x.section and x.tile for x in findings)


def test_bases_beside_content_are_those_in_it(tmp_path: Path) -> None:
    drawn = small()
    ((tile, blob),) = drawn.profile_blobs.items()
    opened = open_blob(blob, name="t", layer=Layer.L1)
    sections = {kind: bytes(x) for kind, x in opened.sections.items()}
    sections[54] = bytes(len(sections[54]))
    drawn.profile_blobs[tile] = encode_blob(
        layer=Layer.L1,
        tile_id=tile,
        build_id=opened.build_id,
        link_count=opened.link_count,
        node_count=0,
        sections=sections,
    )
    write_market(drawn, tmp_path / "ZZ")
    findings = verify_markets([tmp_path]).findings
    assert findings and all("bases" in x.problem and x.section.startswith("CURVATURE") for x in findings)


def test_two_of_a_dataset_and_a_missing_archive_are_found(tmp_path: Path) -> None:
    write_market(small(), tmp_path / "a")
    write_market(small(lat_deg=51.0), tmp_path / "b")
    (tmp_path / "b" / "L0.pmtiles").unlink()
    findings = verify_markets([tmp_path]).findings
    assert ["same dataset" in x.problem for x in findings] == [True, False]
    assert "missing" in findings[1].problem and findings[1].file.endswith("b/L0.pmtiles")
