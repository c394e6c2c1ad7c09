import json
import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mapprior.build.limits import DOUBTED_PERMILLE
from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.cli.main import app
from mapprior.errors import ConfigError, SourceError
from mapprior.geo.units import E7
from mapprior.model.lane import LaneType
from mapprior.model.provenance import Basis, Layer
from mapprior.tile.manifest import read_manifest
from mapprior.tile.store import open_markets
from tests.build.osm_text import ROAD, Built, osm_xml

NODES = {1: (0.0, 0.0), 2: (400.0, 10.0), 3: (900.0, -30.0), 4: (400.0, 600.0), 5: (2500.0, 0.0)}
WAYS = {
    10: ([1, 2, 3], {"highway": "primary", "lanes": "3", "lanes:forward": "1", "lanes:backward": "1",
                     "lanes:both_ways": "1", "turn:lanes:both_ways": "left", "maxspeed": "50",
                     "maxspeed:lanes:forward": "30"}),
    11: ([2, 4], {**ROAD, "lanes": "2", "turn:lanes": "left|right", "maxspeed": "fast"}),
    12: ([3, 5], {"highway": "secondary", "lanes": "2", "maxspeed:forward": "30 mph"}),
    13: ([4, 5], {"highway": "residential"}),
}  # fmt: skip


def test_what_is_built_reads_back(tmp_path):
    built = Built(tmp_path, osm_xml(NODES, WAYS))
    name = "10:1-2:0:+"
    assert [(x.raw, x.lane_index) for x in built.limits[name]] == [
        ("maxspeed=50", -1),
        ("maxspeed:lanes:forward=30", 1),
        ("not built-up by no junction for long, no name, no streets", -1),
        ("not built-up by no junction for long, no name, no streets", -1),
    ]
    lanes = built.lanes[name]
    (section,) = lanes.sections
    assert (lanes.basis, section.start_cm, section.end_cm) == (Basis.DERIVED, 0, built.links[name].length_cm)
    assert [x.lane_type for x in section.lanes] == [LaneType.BOTH_WAYS, LaneType.DRIVING]
    (back,) = built.lanes["10:1-2:0:-"].sections
    assert back.lanes[0].lane_id == section.lanes[0].lane_id and back.lanes[1].lane_id != section.lanes[1].lane_id
    # The line in the driver's own lane lies to the right of the road, with the link.
    centre, line = section.lanes[1].centre_line, built.links[name].line
    assert line.project(*line.frame.xy_m(lat_e7=centre.lat_e7[1], lon_e7=centre.lon_e7[1])).lateral_m < -3.0
    assert abs(centre.heading_rad[0] - line.heading_rad[0]) < 0.05
    assert "13:4-5:0:+" not in built.lanes
    assert [x.rule_ref for x in built.limits["13:4-5:0:+"]] == ["DE:urban", "DE:rural"]
    assert not any(x.startswith("11:") for x in built.lanes)
    assert built.refused() == {"speed limit not understood": ["way/11"], "lane list without direction": ["way/11"]}


def files(directory):
    return {p.name: p.read_bytes() for p in directory.iterdir()}


def test_the_same_input_gives_the_same_bytes(tmp_path):
    text = osm_xml(NODES, WAYS)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Built(tmp_path / name, text)
    assert files(tmp_path / "a" / "DE") == files(tmp_path / "b" / "DE")
    assert set(files(tmp_path / "a" / "DE")) == {
        *("L0.pmtiles", "L1.pmtiles", "L2.pmtiles"),
        *("manifest.json", "market.json"),
    }


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_source_leaves_no_trace(tmp_path, seed):
    order, nodes = list(WAYS), list(NODES.items())
    random.Random(seed).shuffle(order)
    random.Random(seed).shuffle(nodes)
    built = []
    for name, text in (("a", osm_xml(NODES, WAYS)), ("b", osm_xml(dict(nodes), WAYS, order=order))):
        (tmp_path / name).mkdir()
        built.append(Built(tmp_path / name, text))
    a, b = built
    assert [vars_of(x) for x in a.links.values()] == [vars_of(x) for x in b.links.values()]
    assert (list(a.links), a.limits, list(a.lanes)) == (list(b.links), b.limits, list(b.lanes))


def vars_of(link):
    return [getattr(link, name) for name in link.__slots__ if name != "line"] + [link.line.lat_e7, link.line.lon_e7]


def test_overlapping_sources_give_one_network(tmp_path):
    parts = {"a": [10, 11], "b": [11, 12, 13]}
    for name, ways in parts.items():
        (tmp_path / f"{name}.osm").write_text(osm_xml(NODES, {w: WAYS[w] for w in ways}))
    paths = [tmp_path / "a.osm", tmp_path / "b.osm"]
    for name, sources in (("x", paths), ("y", paths[::-1])):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / name, sources=tuple(sources)))
    assert files(tmp_path / "x") == files(tmp_path / "y")


def test_lanes_keep_to_the_side_of_the_market(tmp_path):
    for market, sign in (("DE", -1), ("JP", 1)):
        (tmp_path / market).mkdir()
        built = Built(tmp_path / market, osm_xml(NODES, {12: WAYS[12]}), market=market)
        for name, lanes in built.lanes.items():
            line = built.links[name].line
            centre = lanes.sections[0].lanes[0].centre_line
            middle = centre.lat_lon_e7_at(centre.length_m / 2)
            lateral_m = line.project(*line.frame.xy_m(lat_e7=middle[0], lon_e7=middle[1])).lateral_m
            assert lateral_m == pytest.approx(sign * 1.75, abs=0.05)


@pytest.mark.parametrize(("lat_deg", "lon_deg"), [(65, 25), (0, 0), (-18, 180), (-80, -180)])
def test_anywhere_on_earth(tmp_path, lat_deg, lon_deg):
    text = osm_xml(
        NODES, WAYS, lat0_e7=lat_deg * E7, lon0_e7=lon_deg * E7 - 50_000 if lon_deg > 0 else lon_deg * E7 + 50_000
    )
    built = Built(tmp_path, text, market="FJ")
    assert built.report.counts["roads_km"] == pytest.approx(0.402 + 0.502 + 0.59 + 1.6 + 2.18, rel=0.02)
    assert all(
        abs(x.lanes[0].centre_line.length_m - built.links[n].line.length_m) < 8
        for n, y in built.lanes.items()
        for x in y.sections
    )


def test_layers_can_be_chosen(tmp_path):
    (tmp_path / "a.osm").write_text(osm_xml(NODES, WAYS))
    build_market(
        BuildRequest(market="DE", out_dir=tmp_path / "DE", sources=(tmp_path / "a.osm",), layers=frozenset({Layer.L0}))
    )
    assert open_markets([tmp_path / "DE"]).datasets[0].layers == {Layer.L0}
    assert not (tmp_path / "DE" / "L1.pmtiles").exists() and not (tmp_path / "DE" / "L2.pmtiles").exists()


def test_curvature_lies_with_the_geometry_in_its_direction(tmp_path):
    """A bend to the left, drawn along and against the way of the link that holds it."""
    nodes = {1: (0.0, 0.0), 2: (200.0, 0.0), 3: (330.0, 60.0), 4: (400.0, 200.0)}
    turns = {}
    for name, refs, oneway in (
        ("along", [1, 2, 3, 4], "yes"),
        ("against", [4, 3, 2, 1], "-1"),
        ("both", [1, 2, 3, 4], "no"),
    ):
        (tmp_path / name).mkdir()
        built = Built(tmp_path / name, osm_xml(nodes, {10: (refs, {**ROAD, "oneway": oneway})}))
        store = open_markets([built.out_dir])
        (tile,) = store.datasets[0].tiles
        found = [store.read_profiles(tile).curvature(index) for index in range(len(built.links))]
        turns[name] = [None if x is None else max(x.curvature_e6_per_m, key=abs) > 0 for x in found]
    assert turns == {"along": [True], "against": [True], "both": [True, None]}


def test_the_newer_words_of_a_node_do_not_depend_on_the_order_of_files(tmp_path):
    texts = [osm_xml(NODES, WAYS, node_tags={2: {"highway": "stop", "direction": d}}) for d in ("forward", "both")]
    paths = [tmp_path / f"{i}.osm" for i in range(2)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    for name, sources in (("x", paths), ("y", paths[::-1])):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / name, sources=tuple(sources)))
    assert files(tmp_path / "x") == files(tmp_path / "y")


def test_an_elevation_model_is_a_source_of_the_release(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import from_origin

    (tmp_path / "a.osm").write_text(osm_xml(NODES, WAYS))
    heights = np.tile(np.arange(200, dtype="float32"), (200, 1))
    with rasterio.open(
        tmp_path / "ground.tif", "w", driver="GTiff", width=200, height=200, count=1, dtype="float32",
        crs="EPSG:4326", transform=from_origin(7.98, 50.02, 0.0003, 0.0003),
    ) as file:  # fmt: skip
        file.write(heights, 1)
    reports = [
        build_market(BuildRequest(market="DE", out_dir=tmp_path / "DE", sources=(tmp_path / "a.osm",), elevation=model))
        for model in (None, tmp_path / "ground.tif")
    ]
    assert [x.counts["links_with_elevation"] for x in reports] == [0, reports[1].counts["links"]]
    assert [[s.name for s in x.sources] for x in reports] == [["a.osm"], ["a.osm", "ground.tif"]]
    assert reports[0].build_id != reports[1].build_id
    links = reports[1].counts["links"]
    assert [x.counts.get("links_with_modelled_elevation") for x in reports] == [None, links]
    assert reports[0].elevation_model == {} and not [x for x in reports[0].notes if "elevation" in x]
    assert reports[1].elevation_model.items() >= {"name": "ground.tif", "sigma_m": 5.0, "sigma_assumed": True}.items()
    [note] = [x for x in reports[1].notes if "elevation" in x]
    assert "ground.tif" in note and "5 m are assumed" in note and "--elevation-sigma-m" in note
    request = BuildRequest(
        market="DE", out_dir=tmp_path / "DE", sources=(tmp_path / "a.osm",), elevation=tmp_path / "ground.tif"
    )
    told = build_market(replace(request, elevation_sigma_m=0.5))
    assert told.elevation_model.items() >= {"sigma_m": 0.5, "sigma_assumed": False}.items()
    assert told.build_id != reports[1].build_id and not [x for x in told.notes if "elevation" in x]
    manifest = read_manifest((tmp_path / "DE" / "manifest.json").read_bytes(), name="manifest.json")
    assert manifest.statistics["elevation_model"] == told.elevation_model
    for sigma_m in (0.0, -1.0, math.nan, 1000.0):
        with pytest.raises(ConfigError, match="the sigma of the elevation model"):
            build_market(replace(request, elevation_sigma_m=sigma_m))
    far = {node: (x_m + 100_000.0, y_m) for node, (x_m, y_m) in NODES.items()}
    (tmp_path / "far.osm").write_text(osm_xml(far, WAYS))
    with pytest.raises(SourceError, match=r"ground\.tif: the elevation model has a height on no road"):
        build_market(
            BuildRequest(
                market="DE", out_dir=tmp_path / "X", sources=(tmp_path / "far.osm",), elevation=tmp_path / "ground.tif"
            )
        )


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        ({1: ([1, 2], {"building": "yes"})}, "no road in it"),
        ({1: ([1, 2], {"highway": "footway"})}, "no road in it that cars may use, of 1 ways"),
        ({1: ([1, 99], ROAD)}, "not one road with two known nodes"),
    ],
)
def test_an_extract_without_roads_is_said_so_and_touches_nothing(tmp_path, ways, words):
    (tmp_path / "a.osm").write_text(osm_xml(NODES, ways))
    with pytest.raises(SourceError, match=words):
        build_market(BuildRequest(market="DE", out_dir=tmp_path / "DE", sources=(tmp_path / "a.osm",)))
    assert not (tmp_path / "DE").exists()


@pytest.mark.parametrize(
    "change",
    [{"market": "UK"}, {"market": "Germany"}, {"sources": ()}, {"place": "Berlin"}, {"layers": frozenset({Layer.L2})},
     {"layers": frozenset({Layer.L0, Layer.L3})}, {"dataset": 64},
     {"layers": frozenset({Layer.L0, Layer.L2}), "elevation": Path("a.tif")}, {"release": "a\nb"},
     {"elevation_sigma_m": 1.0}],
)  # fmt: skip
def test_a_request_that_cannot_be_met(tmp_path, change):
    request = {"market": "DE", "out_dir": tmp_path / "DE", "sources": (tmp_path / "a.osm",), **change}
    with pytest.raises(ConfigError):
        build_market(BuildRequest(**request))


def test_a_huge_tag_is_refused_and_the_way_is_used(tmp_path):
    built = Built(tmp_path, osm_xml(NODES, {10: ([1, 2], {**ROAD, "name": "x" * 300, "ref": "B 3"})}))
    assert built.refused() == {"tag too long": ["way/10"]}
    assert built.links["10:1-2:0:+"].names == () and built.links["10:1-2:0:+"].route_refs == ("B 3",)


def test_ways_of_which_no_road_is_made_are_not_counted_as_used(tmp_path):
    ways = {
        10: ([1, 2], ROAD),
        11: ([2, 98, 99], ROAD),
        12: ([3, 97, 4, 5], ROAD),
        13: ([1, 4], {"highway": "footway"}),
    }
    built = Built(tmp_path, osm_xml(NODES, ways))
    assert built.refused() == {"way with missing nodes": ["way/11"], "way with missing nodes, used in part": ["way/12"]}
    assert {name.partition(":")[0] for name in built.links} == {"10", "12"}
    assert (built.report.counts["ways_read"], built.report.counts["ways_used"]) == (4, 2)


def test_a_conditional_oneway_is_in_the_report_with_its_way(tmp_path):
    ways = {10: ([1, 2], {**ROAD, "oneway:conditional": "yes @ (07:00-09:00)"}), 11: ([2, 3], ROAD)}
    built = Built(tmp_path, osm_xml(NODES, ways))
    assert built.report.as_json()["refusals"] == {
        "conditional oneway not enforced": {
            "count": 1,
            "elements": [{"element": "way/10", "detail": "oneway:conditional=yes @ (07:00-09:00)"}],
        }
    }
    assert {"10:1-2:0:+", "10:1-2:0:-"} < set(built.links)


def test_the_manifest_names_source_licence_and_what_is_made_up(tmp_path):
    Built(tmp_path, osm_xml(NODES, WAYS), market="XX")
    (manifest,) = open_markets([tmp_path / "XX"]).manifests
    assert manifest.synthetic and "no such roads" in manifest.attribution
    (tmp_path / "de").mkdir()
    Built(tmp_path / "de", osm_xml(NODES, WAYS))
    (manifest,) = open_markets([tmp_path / "de" / "DE"]).manifests
    assert (manifest.licence, manifest.attribution) == ("ODbL-1.0", "© OpenStreetMap contributors")
    assert not manifest.synthetic and manifest.sources[0].name == "drawn.osm"


def test_the_command(tmp_path):
    (tmp_path / "a.osm").write_text(osm_xml(NODES, WAYS))
    run = CliRunner().invoke(
        app, ["build", str(tmp_path / "a.osm"), "--market", "GB", "--out", str(tmp_path / "tiles"), "--release", "try",
              "--report", str(tmp_path / "r.json")],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["counts"]["links"] == 16 and report["release"] == "try"
    assert report["refusals"]["speed limit not understood"] == {
        "count": 1,
        "elements": [{"element": "way/11", "detail": "maxspeed=fast"}],
    }
    assert report["duration_sec"] > 0 and report["peak_memory_bytes"] > 1_000_000
    assert "way/11 maxspeed=fast" in run.output
    assert open_markets([tmp_path / "tiles"]).datasets[0].market == "GB"


def test_the_command_says_in_one_line_what_is_wrong(tmp_path):
    (tmp_path / "a.osm.pbf").write_bytes(b"nothing")
    for arguments, code, words in (
        ([str(tmp_path / "a.osm.pbf"), "--market", "DE"], 2, "a.osm.pbf"),
        ([str(tmp_path / "a.osm.pbf"), "--market", "EU"], 2, "'EU' is not a country: give an ISO"),
        ([str(tmp_path / "a.osm.pbf"), "--market", "ch"], 2, "'ch' is not a country: did you mean CH, in capitals?"),
        ([str(tmp_path / "a.osm.pbf"), "--market", "zz "], 2, "did you mean ZZ"),
        ([str(tmp_path / "a.osm.pbf"), "--market", "eu"], 2, "'eu' is not a country: give an ISO"),
        ([str(tmp_path / "a.osm.pbf"), "--market", "DE", "--layers", "L9"], 2, "'L9' is no layer"),
    ):
        run = CliRunner().invoke(app, ["build", *arguments, "--out", str(tmp_path / "out")])
        assert run.exit_code == code and words in run.output and len(run.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("tags", "doubted"),
    [
        ({"oneway": "-1", "lanes": "3", "maxspeed:lanes:backward": "120|80"}, True),
        ({"oneway": "-1", "lanes": "2", "maxspeed:lanes:backward": "120|80"}, False),
        ({"lanes": "4", "maxspeed:lanes:backward": "120|120|80"}, True),
        # Of which lane the list speaks is not known where the others count a cycle lane and it does not.
        ({"oneway": "-1", "lanes": "2", "maxspeed:lanes:backward": "120|80", "bicycle:lanes:backward": "||designated",
          "vehicle:lanes:backward": "||no"}, True),
        ({"oneway": "-1", "lanes": "2", "turn:lanes:backward": "|||", "maxspeed:lanes:backward": "9|9|9"}, True),
    ],
)  # fmt: skip
def test_limits_per_lane_are_held_against_the_lanes_of_their_direction(tmp_path, tags, doubted):
    built = Built(tmp_path, osm_xml(NODES, {10: ([1, 2], {"highway": "primary", **tags})}))
    of_lanes = [x for x in built.limits["10:1-2:0:-"] if x.lane_index >= 0]
    assert {x.confidence_permille for x in of_lanes} == {DOUBTED_PERMILLE if doubted else 0}
    assert ("lane list with another count than lanes" in built.report.refusals.by_reason) == doubted


@pytest.mark.parametrize("listed", ["120|80", "120|80|60"])
def test_limits_are_the_same_whichever_layers_are_built(tmp_path, listed):
    """They are held against the lanes that tags state, also where no lanes are asked for."""
    tags = {"highway": "primary", "lanes": "4", "maxspeed:lanes:forward": listed}  # two in each direction
    built = Built(tmp_path, osm_xml({1: (0.0, 0.0), 2: (400.0, 0.0)}, {10: ([1, 2], tags)}))
    source, out_dir = tmp_path / "drawn.osm", tmp_path / "L0" / "DE"
    build_market(BuildRequest(market="DE", out_dir=out_dir, sources=(source,), layers=frozenset({Layer.L0})))
    with open_markets([out_dir]) as store:
        (tile,) = (x for x in map(store.read_road, store.datasets[0].tiles) if x is not None and x.link_count)
        alone = {tile.link(i).stable_ref.removeprefix("osm:way/"): tile.limits(i) for i in range(tile.link_count)}
    assert alone == built.limits
    doubted = {x.confidence_permille for x in built.limits["10:1-2:0:+"] if x.lane_index >= 0}
    assert doubted == ({DOUBTED_PERMILLE} if listed.count("|") == 2 else {0})
