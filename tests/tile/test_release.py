"""A release on disk: what is written is what opens; replacing it disturbs nobody."""

import hashlib
import json
from pathlib import Path

import pytest

from mapprior.errors import TileError
from mapprior.model.ids import tile_id
from mapprior.model.provenance import Layer
from mapprior.tile.blob import CHECKSUM_BYTES
from mapprior.tile.manifest import FORMAT_VERSION, Manifest, read_manifest
from mapprior.tile.release import bounds_of_tiles_e7
from mapprior.tile.store import open_markets
from tests.asciimap import draw
from tests.tile.markets import PACK, small, write_market


def test_what_is_written_is_what_opens(tmp_path: Path) -> None:
    drawn = small()
    manifest = write_market(drawn, tmp_path / "ZZ")
    assert sorted(x.name for x in (tmp_path / "ZZ").iterdir()) == [
        *("L0.pmtiles", "L1.pmtiles", "L2.pmtiles", "manifest.json", "market.json")
    ]
    for path in (tmp_path, tmp_path / "ZZ"):
        with open_markets([path]) as store:
            assert store.manifests == (manifest,)
            (dataset,) = store.datasets
            assert (dataset.market, dataset.tiles) == ("ZZ", drawn.datasets[0].tiles)
            assert dataset.layers == {Layer.L0, Layer.L1, Layer.L2}
            assert dataset.market_pack_digest == manifest.market_pack_sha256 != ""
            assert json.loads(store.market_pack_json(dataset.dataset_id)) == PACK
            (tile,) = dataset.tiles
            road, profiles, lanes = store.read_road(tile), store.read_profiles(tile), store.read_lanes(tile)
            assert road is not None and lanes is not None and road.link_count == len(drawn.link_ids)
            assert profiles is not None and profiles.links_count == len(drawn.link_ids) - 2  # nothing known of B-C
            assert store.has(Layer.L0, tile) and store.has(Layer.L1, tile) and not store.has(Layer.L3, tile)
            elsewhere = tile_id(1, 0, 0)
            assert store.read_road(elsewhere) is None and store.read_raw(Layer.L2, elsewhere) is None
            assert store.read(Layer.L1, elsewhere) is None and store.read(Layer.L3, tile) is None
            raw = store.read_raw(Layer.L0, tile)
            assert raw is not None and raw in (tmp_path / "ZZ" / "L0.pmtiles").read_bytes()


def test_the_same_release_has_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_market(small(), tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_an_open_store_keeps_its_release(tmp_path: Path) -> None:
    drawn = small()
    write_market(drawn, tmp_path / "ZZ")
    store = open_markets([tmp_path])
    (tile,) = drawn.road_blobs
    other = draw("A-B")
    write_market(other, tmp_path / "ZZ", release="next")
    road = store.read_road(tile)
    assert road is not None and road.build_id == drawn.datasets[0].build_id
    after = open_markets([tmp_path])
    assert after.manifests[0].release == "next" and Layer.L2 not in after.datasets[0].layers
    assert not (tmp_path / "ZZ" / "L2.pmtiles").exists()
    store.close()
    store.close()
    with pytest.raises(TileError, match="cannot be read"):
        store.read_road(tile)


@pytest.mark.parametrize("name", ["L0.pmtiles", "market.json"])
def test_files_of_two_releases_are_never_mixed(tmp_path: Path, name: str) -> None:
    """What a reader sees that opens between two renames."""
    write_market(small(), tmp_path / "old" / "ZZ")
    write_market(small(lat_deg=51.0), tmp_path / "new" / "ZZ")
    (tmp_path / "new" / "ZZ" / "market.json").write_text('{"code": "ZZ"}')
    (tmp_path / "new" / "ZZ" / name).replace(tmp_path / "old" / "ZZ" / name)
    with pytest.raises(TileError, match=f"{name}.*of another build"):
        open_markets([tmp_path / "old"])


@pytest.mark.parametrize("other", [{"dataset_id": 2}, {"grid_m": 49.0}, {"lon_deg": 8.3}])
def test_tiles_of_another_market_or_build_are_refused(tmp_path: Path, other: dict[str, object]) -> None:
    """Archive and manifest fit each other; the tile inside is of another dataset, build or place."""
    drawn = small()
    ((tile, blob),) = drawn.road_blobs.items()
    foreign = next(iter(small(**other).road_blobs.values()))
    foreign_build = foreign[24:32] if "grid_m" in other else blob[24:32]
    body = foreign[:24] + foreign_build + foreign[32:-CHECKSUM_BYTES]
    drawn.road_blobs[tile] = body + hashlib.blake2b(body, digest_size=CHECKSUM_BYTES).digest()
    write_market(drawn, tmp_path / "ZZ")
    what = "is of build" if "grid_m" in other else "place of another"
    with open_markets([tmp_path]) as store, pytest.raises(TileError, match=what):
        store.read_road(tile)


def test_the_same_dataset_twice_is_refused(tmp_path: Path) -> None:
    write_market(small(), tmp_path / "a" / "ZZ")
    write_market(small(lat_deg=51.0), tmp_path / "b" / "ZZ")
    with pytest.raises(TileError, match=r"dataset 1 is already open from .*; build one .* --dataset N"):
        open_markets([tmp_path / "a", tmp_path / "b"])
    write_market(small(dataset_id=2, market="XA"), tmp_path / "b" / "ZZ")
    with open_markets([tmp_path / "a", tmp_path / "b"]) as store:
        assert [x.market for x in store.datasets] == ["ZZ", "XA"]


def test_nothing_to_open_is_said(tmp_path: Path) -> None:
    with pytest.raises(TileError, match="no such directory"):
        open_markets([tmp_path / "nowhere"])
    with pytest.raises(TileError, match="not a directory of tiles"):
        open_markets([tmp_path])


def test_a_manifest_without_its_archive(tmp_path: Path) -> None:
    write_market(small(), tmp_path / "ZZ")
    (tmp_path / "ZZ" / "L2.pmtiles").unlink()
    with pytest.raises(TileError, match=r"ZZ/L2.pmtiles: missing"):
        open_markets([tmp_path])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"format_version": FORMAT_VERSION + 1}, "newer"),
        ({"format": "other"}, "not a manifest"),
        ({"market": "zz"}, "market"),
        ({"dataset_id": True}, "dataset_id"),
        ({"dataset_id": 70_000}, "outside"),
        ({"build_id": "xyz"}, "build_id"),
        ({"driving_side": "middle"}, "driving_side"),
        ({"later": 1}, "unknown fields"),
        ({"archives": [1]}, "object"),
        ({"sources": None}, "sources"),
        ({"bounds_e7": {"south": 0}}, "west"),
    ],
)
def test_a_manifest_is_read_strictly(tmp_path: Path, change: dict[str, object], what: str) -> None:
    from mapprior.tile.manifest import _digest

    document = json.loads(write_market(small(), tmp_path / "ZZ").to_json())
    del document["manifest_sha256"]
    document |= change
    document["manifest_sha256"] = _digest(document)
    with pytest.raises(TileError, match=f"^m: .*{what}"):
        read_manifest(json.dumps(document).encode(), name="m")


def test_a_manifest_of_version_1_is_read(tmp_path: Path) -> None:
    """It has no outline; one that names an outline is of version 2."""
    from mapprior.tile.manifest import _digest

    manifest = write_market(small(), tmp_path / "ZZ")
    document = json.loads(manifest.to_json())
    del document["manifest_sha256"]
    for area in ({}, {"area_sha256": ""}):
        old = {k: v for k, v in document.items() if k != "area_sha256"} | area | {"format_version": 1}
        data = json.dumps(old | {"manifest_sha256": _digest(old)}).encode()
        if area:
            with pytest.raises(TileError, match="unknown fields"):
                read_manifest(data, name="m")
        else:
            assert read_manifest(data, name="m") == manifest


@pytest.mark.parametrize("name", ["../L0.pmtiles", "/etc/passwd", "a\\b", "..", ""])
def test_an_archive_lies_beside_its_manifest(tmp_path: Path, name: str) -> None:
    from mapprior.tile.manifest import _digest

    document = json.loads(write_market(small(), tmp_path / "ZZ").to_json())
    del document["manifest_sha256"]
    document["archives"][0]["name"] = name
    document["manifest_sha256"] = _digest(document)
    (tmp_path / "ZZ" / "manifest.json").write_text(json.dumps(document))
    with pytest.raises(TileError, match=r"manifest.json: archives\[0\]: name"):
        open_markets([tmp_path])


def test_an_edited_manifest_is_seen(tmp_path: Path) -> None:
    text = write_market(small(), tmp_path / "ZZ").to_json()
    assert isinstance(read_manifest(text.encode(), name="m"), Manifest)
    for place, character in enumerate(text):
        changed = text[:place] + ("1" if character != "1" else "2") + text[place + 1 :]
        if json_equal(changed, text):
            continue
        with pytest.raises(TileError, match=r"^m: "):
            read_manifest(changed.encode(), name="m")


def json_equal(a: str, b: str) -> bool:
    try:
        return bool(json.loads(a) == json.loads(b))
    except ValueError:
        return False


def test_bounds_take_the_short_way_round() -> None:
    assert bounds_of_tiles_e7([tile_id(1, 100, 5), tile_id(1, 102, 6)])[1::2] == (
        100 * 3_600_000_000 // 16_384 - 1_800_000_000,
        103 * 3_600_000_000 // 16_384 - 1_800_000_000,
    )
    south, west, north, east = bounds_of_tiles_e7([tile_id(1, 0, 8192), tile_id(1, 16_383, 8191)])
    assert west > 0 > east and south < 0 < north
    assert bounds_of_tiles_e7([tile_id(1, 0, 0)])[1] == -1_800_000_000


@pytest.mark.parametrize("layers", [{}, {Layer.L2: "lanes"}, {Layer.L0: "none"}])
def test_a_release_needs_its_roads(tmp_path: Path, layers: dict[Layer, str]) -> None:
    drawn = small()
    if Layer.L0 not in layers or layers[Layer.L0] == "none":
        drawn.road_blobs.clear()
    if Layer.L2 not in layers:
        drawn.lane_blobs.clear()
    with pytest.raises(ValueError, match="L0"):
        write_market(drawn, tmp_path / "ZZ")
    assert list((tmp_path / "ZZ").iterdir()) == []


def test_a_failed_release_leaves_the_old_one(tmp_path: Path) -> None:
    drawn = small()
    before = write_market(drawn, tmp_path / "ZZ")
    drawn.lane_blobs[tile_id(1, 0, 0)] = b"x"
    with pytest.raises(ValueError, match="L0 lacks"):
        write_market(drawn, tmp_path / "ZZ", release="next")
    with open_markets([tmp_path]) as store:
        assert store.manifests == (before,)
