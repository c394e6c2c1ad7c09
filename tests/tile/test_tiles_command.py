"""`mapprior tiles`: what a person sees."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapprior.cli.main import app
from mapprior.cli.tiles import tiles_app
from mapprior.model.ids import tile_parts
from mapprior.tile.geojson import Box, features
from mapprior.tile.store import open_markets
from tests.asciimap import draw
from tests.tile.markets import small, write_market


@pytest.fixture
def market(tmp_path: Path) -> Path:
    write_market(small(), tmp_path / "ZZ")
    return tmp_path


def test_info_says_what_it_is(market: Path) -> None:
    result = CliRunner().invoke(tiles_app, ["info", str(market)])
    assert result.exit_code == 0
    assert "synthetic" in result.output and "CC0-1.0" in result.output
    assert all(f"layer {x}" in result.output for x in ("L0", "L1", "L2"))
    (document,) = json.loads(CliRunner().invoke(tiles_app, ["info", str(market), "--json"]).output)
    assert (document["market"], document["synthetic"]) == ("ZZ", True)


def test_verify_names_the_damage(market: Path) -> None:
    result = CliRunner().invoke(tiles_app, ["verify", str(market)])
    assert result.exit_code == 0 and result.output.strip().endswith("sound")
    (x, y) = tile_parts(next(iter(small().lane_blobs)))[1:]
    path = market / "ZZ" / "L2.pmtiles"
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    result = CliRunner().invoke(tiles_app, ["verify", str(market)])
    assert result.exit_code == 1
    assert f"L2.pmtiles: tile {x}/{y} tile blob: " in result.output and "damaged" in result.output
    findings = json.loads(CliRunner().invoke(tiles_app, ["verify", str(market), "--json"]).stdout)["findings"]
    assert [finding["tile"] for finding in findings] == [None, [x, y]]


def test_show_writes_geojson(market: Path) -> None:
    result = CliRunner().invoke(tiles_app, ["show", str(market), "--bbox", "7.99,49.99,8.01,50.01"])
    document = json.loads(result.stdout)
    assert document["type"] == "FeatureCollection"
    kinds = [x["properties"]["kind"] for x in document["features"]]
    drawn = small()
    assert kinds.count("link") == len(drawn.link_ids)
    assert kinds.count("lane") == 4 + 2  # A-B-C each way, two lanes D-E
    by_id = {x["properties"]["link_id"]: x for x in document["features"] if x["properties"]["kind"] == "link"}
    ab = by_id[str(drawn.link_ids["AB"])]
    assert (
        ab["properties"]["limits"][0] | {"value": 50.0, "unit": "KMH", "kind": "LIMITED"}
        == (ab["properties"]["limits"][0])
    )
    assert ab["properties"]["lanes"][0]["width_m"] == 3.5 and ab["properties"]["names"] == ["Hauptstraße"]
    assert ab["geometry"]["coordinates"][0] == [8.0, 50.0]
    assert (ab["properties"]["curvature"]["points"][-1]["offset_m"], ab["properties"]["curvature"]["basis"]) == (
        ab["properties"]["length_m"],
        "DERIVED",
    )
    slopes = [by_id[str(drawn.link_ids[x])]["properties"]["elevation"]["points"][0]["slope"] for x in ("AB", "BA")]
    assert slopes == [0.05, -0.05] and ab["properties"]["carriageway"]["separation"] == "NONE"
    assert by_id[str(drawn.link_ids["BC"])]["properties"]["curvature"] is None
    tunnel, crossing = [x for x in document["features"] if x["properties"]["kind"] == "feature"]
    assert crossing["properties"]["feature"] == "PEDESTRIAN_CROSSING" and crossing["geometry"]["type"] == "Point"
    east_e7 = drawn.at("AB", 20.0)[1]
    assert crossing["geometry"]["coordinates"] == pytest.approx([east_e7 / 1e7, 50.0], abs=2e-7)
    assert (tunnel["properties"]["start_offset_m"], tunnel["properties"]["end_offset_m"]) == (
        0.0,
        by_id[str(drawn.link_ids["DE"])]["properties"]["length_m"],
    )
    (bd,) = (x["properties"] for x in by_id.values() if x["properties"]["link_id"] == str(drawn.link_ids["BD"]))
    assert bd["limits"] == [] and bd["lanes"] is None


def test_show_writes_to_a_file_and_keeps_to_its_box(market: Path) -> None:
    out = market / "out.geojson"
    a = "8.0,50.0,8.0001,50.0001"
    assert CliRunner().invoke(tiles_app, ["show", str(market), "--bbox", a, "--out", str(out)]).exit_code == 0
    links = [x for x in json.loads(out.read_text())["features"] if x["properties"]["kind"] == "link"]
    assert {x["properties"]["link_id"] for x in links} == {str(small().link_ids[x]) for x in ("AB", "BA")}


def test_of_a_damaged_tile_its_name_is_told_and_no_half_file_is_left(market: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.geojson"
    out.write_text("earlier")
    archive = next(market.glob("**/L0.pmtiles"))
    data = bytearray(archive.read_bytes())
    data[-1] ^= 1
    archive.write_bytes(data)
    shown = CliRunner().invoke(app, ["tiles", "show", str(market), "--bbox=-180,-90,180,90", "--out", str(out)])
    x, y = tile_parts(max(small().road_blobs))[1:]
    assert shown.exit_code == 1
    assert "L0.pmtiles" in shown.stderr and f"(tile {x}/{y})" in shown.stderr
    assert out.read_text() == "earlier"
    assert [x for x in tmp_path.iterdir() if "part" in x.name] == []


@pytest.mark.parametrize(
    ("bbox", "says"),
    [
        ("1,2,3", "four numbers W,S,E,N"),
        ("190,0,1,1", "W 190 is outside -180 to 180"),
        ("0,0,181,1", "E 181 is outside -180 to 180"),
        ("0,-91,1,1", "S -91 is outside -90 to 90"),
        ("0,10,1,9", "S 10 is above N 9"),
        ("0,nan,1,9", "S nan is outside"),
    ],
)
def test_a_box_says_which_of_its_numbers_is_wrong(market: Path, bbox: str, says: str) -> None:
    shown = CliRunner().invoke(app, ["tiles", "show", str(market), f"--bbox={bbox}"])
    assert (shown.exit_code, shown.stderr.count("\n")) == (2, 1)
    assert shown.stderr.startswith(f"error: --bbox {bbox}: {says}")


def test_one_thing_is_counted_as_one(market: Path) -> None:
    assert CliRunner().invoke(tiles_app, ["verify", str(market)]).output.startswith("1 market, 3 archives, ")


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "0,10,1,9", "0,0,181,1", "nan,0,1,1", "0,-91,1,1", ""])
def test_a_box_that_is_none_is_refused(bbox: str) -> None:
    with pytest.raises(ValueError):
        Box.from_text(bbox)


def test_a_box_over_the_antimeridian(tmp_path: Path) -> None:
    drawn = draw("A---B", lat_deg=-17.0, lon_deg=179.999)
    write_market(drawn, tmp_path / "ZZ")
    with open_markets([tmp_path]) as store:
        for text, count in (("179.9,-18,-179.9,-16", 2), ("-179.9999,-18,-179,-16", 2), ("0,-18,1,-16", 0)):
            found = list(features(store, Box.from_text(text)))
            assert len(found) == count, text
        assert len(list(features(store, Box.from_text("-180,-90,180,90")))) == 2
