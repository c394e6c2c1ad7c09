"""Cutting at the outline of an area: what is built of two halves is what is built of the whole."""

import json
import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mapprior.build.access import CarUse
from mapprior.build.area import read_area
from mapprior.build.border import BorderCut, crop, cut_node_id, market_beyond
from mapprior.build.connect import RoadGraph, UsableWay, connect
from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.build.refusals import RefusalBook
from mapprior.build.source import SourceMap, SourceWay
from mapprior.cli.main import app
from mapprior.errors import SourceError
from mapprior.geo.frame import LocalFrame, distance_m, wrap_lon_e7
from mapprior.geo.units import E7
from mapprior.model.ids import node_id
from mapprior.model.link import CarAccess
from mapprior.model.network import Network
from mapprior.tile.manifest import read_manifest
from mapprior.tile.store import open_markets
from tests.build.osm_text import LAT0_E7, LON0_E7, ROAD, osm_xml

BOTH_WAYS = CarUse(CarAccess.YES, CarAccess.YES)
FAR_E7 = 400_000


def polygon(*rings):
    return {"type": "Polygon", "coordinates": [[[lon / E7, lat / E7] for lat, lon in ring] for ring in rings]}


def collection(*geometries):
    return {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": g} for g in geometries]}


def saved(directory, document, name="area.geojson"):
    path = directory / name
    path.write_text(json.dumps(document))
    return path


def halves(outline, lat_e7, lon_e7):
    """Two polygons that share a line from south to north; the second runs round the other way, from elsewhere."""
    line = [(lat_e7 + a, lon_e7 + o) for a, o in outline]
    south, north = line[0][0], line[-1][0]
    west = [*line, (north, lon_e7 - FAR_E7), (south, lon_e7 - FAR_E7), line[0]]
    east = [(south, lon_e7 + FAR_E7), *line, (north, lon_e7 + FAR_E7), (south, lon_e7 + FAR_E7)]
    return [[(lat, wrap_lon_e7(lon)) for lat, lon in ring] for ring in (west, east[::-1])]


def built(source, area, market="ZZ", blocking_nodes=frozenset()):
    """The graph of a source within an area, by the steps of the build; of all of it without an area."""
    source = SourceMap(dict(source.ways), dict(source.relations), source.lat_lon_e7)
    cutter = None if area is None else BorderCut(area, near_ways=crop(source, area), market=market)
    return connect(
        [UsableWay(w.way_id, w.node_ids, BOTH_WAYS) for w in source.ways.values()],
        lat_lon_e7=source.lat_lon_e7,
        via_nodes=set(),
        blocking_nodes=blocking_nodes,
        refusals=RefusalBook(),
        cutter=cutter,
    )


def lengths_m(graph: RoadGraph, source: SourceMap) -> Counter[tuple[int, int, int]]:
    """Metres by way and node pair."""
    found: Counter[tuple[int, int, int]] = Counter()
    for s in {id(part.strand): part.strand for part in graph.parts}.values():
        named = [i for i, node in enumerate(s.node_ids) if node]  # the others only split a long road
        for first, last in pairwise(named):
            a, b = ((s.node_ids[k], (s.lat_e7[k], s.lon_e7[k])) for k in (first, last))
            ends = segment(source.ways[s.way_id], a, b)
            for i, k in pairwise(range(first, last + 1)):
                found[(s.way_id, *ends)] += distance_m(
                    lat_a_e7=s.lat_e7[i], lon_a_e7=s.lon_e7[i], lat_b_e7=s.lat_e7[k], lon_b_e7=s.lon_e7[k]
                )
    return found


def segment(way, a, b):
    """The nodes of the way between which a piece of it lies."""
    for ends in pairwise(way.node_ids):
        named = [cut_node_id(way.way_id, ends, at) if node < 0 else node for node, at in (a, b)]
        if all(name == node and (node < 0 or node in ends) for name, (node, _) in zip(named, (a, b), strict=True)):
            return min(ends), max(ends)
    raise AssertionError("a piece of no segment")


def border_places(graph):
    """(key, position) of the border nodes that roads end at."""
    return {(graph.borders[key[2]].key, key[:2]) for key in graph.junctions if key[2] in graph.borders}


# Few different numbers, so that nodes lie on the outline and segments run along it.
STEPS = st.integers(-4, 4).map(lambda k: k * 30_000)
PLACES = st.tuples(STEPS, STEPS) | st.tuples(st.integers(-130_000, 130_000), st.integers(-130_000, 130_000))
TINY = st.tuples(st.integers(-9, 9), st.integers(-9, 9))  # where rounding leaves little
TINY_OUTLINES = st.lists(st.integers(-9, 9), min_size=2, max_size=7).map(
    lambda lons: [(-40, 0), *((3 * k - 9, lon) for k, lon in enumerate(lons)), (40, 0)]
)
OUTLINES = st.lists(STEPS | st.integers(-60_000, 60_000), min_size=2, max_size=7).map(
    lambda lons: [
        (-FAR_E7, 0),
        *zip([round(-120_000 + 240_000 * k / len(lons)) // 30 * 30 for k in range(len(lons))], lons, strict=True),
        (FAR_E7, 0),
    ]
)


@st.composite
def sources(draw, lat_e7, lon_e7, places=PLACES):
    places = draw(st.lists(places, min_size=2, max_size=9))
    nodes = {i + 1: (lat_e7 + a, wrap_lon_e7(lon_e7 + o)) for i, (a, o) in enumerate(places)}
    refs = st.lists(st.sampled_from(sorted(nodes)), min_size=2, max_size=6)
    ways = draw(st.lists(refs, min_size=1, max_size=4))
    # No segment twice in a way: its halves could not be told apart.
    ways = [
        w
        for w in ways
        if len({frozenset(p) for p in pairwise(w)}) == len(w) - 1 and all(a != b for a, b in pairwise(w))
    ]
    return SourceMap({10 + i: SourceWay(10 + i, tuple(w), {}) for i, w in enumerate(ways)}, lat_lon_e7=nodes)


@pytest.mark.parametrize(("lat_e7", "lon_e7"), [(47 * E7, 9 * E7), (-17 * E7, 180 * E7), (69 * E7, -1)])
def test_both_halves_together_are_the_whole(tmp_path_factory, lat_e7, lon_e7):
    directory = tmp_path_factory.mktemp("areas")

    @settings(max_examples=150, deadline=None)
    @given(st.tuples(OUTLINES, sources(lat_e7, lon_e7)) | st.tuples(TINY_OUTLINES, sources(lat_e7, lon_e7, TINY)))
    def law(drawn):
        outline, source = drawn
        whole = lengths_m(built(source, None), source)
        west, east = (read_area(saved(directory, polygon(ring))) for ring in halves(outline, lat_e7, lon_e7))
        graphs = [built(source, area) for area in (west, east)]
        joined = sum((lengths_m(g, source) for g in graphs), Counter())
        assert joined.keys() == {k for k, metres in whole.items() if metres > 0.0}
        cuts = sum(1 for graph in graphs for key in graph.junctions if key[2] < 0)
        assert all(abs(joined[k] - whole[k]) < 0.01 * max(1, cuts) for k in joined)
        # Where a road goes on in the other half, both have the same node.
        assert border_places(graphs[0]) == border_places(graphs[1])

    law()


def test_a_road_is_cut_where_it_leaves(tmp_path):
    """Between two nodes, at a node that a way passes, and at a node where one way ends and the next begins."""
    source = SourceMap(
        lat_lon_e7={1: (0, -90), 2: (0, 70), 3: (20, -50), 4: (20, 0), 5: (20, 60), 6: (40, -50), 7: (40, 0)}
    )
    source.lat_lon_e7 |= {8: (40, 80), 9: (30, -70)}
    source.lat_lon_e7 = {k: (47 * E7 + a * 1000, 9 * E7 + o * 1000) for k, (a, o) in source.lat_lon_e7.items()}
    for way, refs in {10: (1, 2), 11: (3, 4, 5), 12: (6, 7), 13: (7, 8), 14: (9, 6)}.items():
        source.ways[way] = SourceWay(way, refs, {})
    west, east = (
        built(source, read_area(saved(tmp_path, polygon(ring))))
        for ring in halves([(-FAR_E7, 0), (FAR_E7, 0)], 47 * E7, 9 * E7)
    )
    refs = [sorted(p.ref for p in graph.parts) for graph in (west, east)]
    (cut,) = {key[2] for key in west.junctions} & {key[2] for key in east.junctions} - {4, 7}
    assert cut < 0
    assert refs[0] == sorted([f"osm:way/10:1-x{-cut:x}:0", "osm:way/11:3-4:0", "osm:way/12:6-7:0", "osm:way/14:9-6:0"])
    assert refs[1] == sorted([f"osm:way/10:x{-cut:x}-2:0", "osm:way/11:4-5:0", "osm:way/13:7-8:0"])
    assert set(west.borders) == set(east.borders) == {cut, 4, 7}
    assert [(key[0], key[1]) for key in west.junctions if key[2] == cut] == [(47 * E7, 9 * E7)]


def test_a_road_that_only_touches_the_outline_meets_the_one_beyond(tmp_path):
    """Unless a barrier stands there: then nothing passes, and it is no border node."""
    source = SourceMap(lat_lon_e7={1: (0, -90), 2: (20, 0), 3: (40, -90), 4: (20, 90)})
    source.lat_lon_e7 = {k: (47 * E7 + a * 1000, 9 * E7 + o * 1000) for k, (a, o) in source.lat_lon_e7.items()}
    for way, refs in {10: (1, 2, 3), 11: (2, 4)}.items():
        source.ways[way] = SourceWay(way, refs, {})
    areas = [read_area(saved(tmp_path, polygon(ring))) for ring in halves([(-FAR_E7, 0), (FAR_E7, 0)], 47 * E7, 9 * E7)]
    west, east = (built(source, area) for area in areas)
    assert sorted(p.ref for p in west.parts) == ["osm:way/10:1-2:0", "osm:way/10:2-3:0"]
    assert border_places(west) == border_places(east) and set(west.borders) == {2}
    assert not any(built(source, area, blocking_nodes={2}).borders for area in areas)


def test_features_are_united_and_holes_are_not_inside(tmp_path):
    def box(south, west, north, east):
        return [(south, west), (south, east), (north, east), (north, west), (south, west)]

    left, right = box(0, 0, 10_000, 10_000), box(0, 10_000, 10_000, 20_000)
    hole = box(4_000, 4_000, 6_000, 6_000)
    area = read_area(saved(tmp_path, collection(polygon(left, hole), {"type": "MultiPolygon", "coordinates": [
        polygon(right)["coordinates"]
    ]})))  # fmt: skip
    intervals = area.intervals([(5_000, -3_000), (5_000, 25_000)])
    assert [(a[1], b[1], inside) for a, b, inside in intervals[0]] == [
        (-3_000, 0, False),
        (0, 4_000, True),
        (4_000, 6_000, False),
        (6_000, 20_000, True),
        (20_000, 25_000, False),
    ]


def test_an_area_over_the_antimeridian(tmp_path):
    """Drawn across it, or cut in two at it: the same."""
    across = polygon(
        [(0, 1_799_000_000), (0, -1_799_000_000), (9_000, -1_799_000_000), (9_000, 1_799_000_000), (0, 1_799_000_000)]
    )
    parts = [
        polygon([(0, a), (0, b), (9_000, b), (9_000, a), (0, a)])
        for a, b in ((1_799_000_000, 1_800_000_000), (-1_800_000_000, -1_799_000_000))
    ]
    for document in (across, collection(*parts)):
        area = read_area(saved(tmp_path, document))
        for west in (1_798_999_000, 1_798_999_000 - 3_600_000_000):
            line = [(5_000, west), (5_000, west + 2_002_000)]
            assert [(a[1] - west, b[1] - west, inside) for a, b, inside in area.intervals(line)[0]] == [
                (0, 1_000, False),
                (1_000, 2_001_000, True),
                (2_001_000, 2_002_000, False),
            ]


SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not JSON"),
        ("[]", "an object is expected"),
        (json.dumps({"type": "FeatureCollection"}), "without features"),
        (json.dumps({"type": "FeatureCollection", "features": []}), "no polygon"),
        (json.dumps(collection(None)), "feature 0: a geometry of type None"),
        (json.dumps({"type": "LineString", "coordinates": SQUARE}), "'LineString'; Polygon and MultiPolygon"),
        (json.dumps({"type": "Polygon", "coordinates": []}), "without rings"),
        (json.dumps({"type": "Polygon", "coordinates": [SQUARE[:4]]}), "not closed"),
        (json.dumps({"type": "Polygon", "coordinates": [[[0, 91], *SQUARE[1:4], [0, 91]]]}), "WGS84"),
        (json.dumps({"type": "Polygon", "coordinates": [[["0", 1], *SQUARE[1:4], ["0", 1]]]}), "WGS84"),
        (json.dumps({"type": "Polygon", "coordinates": [[SQUARE[i] for i in (0, 2, 1, 3, 0)]]}), "not simple"),
        (json.dumps({"type": "Polygon", "coordinates": [[[x, 80] for x in (-120, 0, 120, -120)]]}), "round a pole"),
        (json.dumps({"type": "Polygon", "crs": {"name": "EPSG:3857"}, "coordinates": [SQUARE]}), "not WGS84"),
    ],
)
def test_a_file_that_is_no_area_is_refused_by_name(tmp_path, text, what):
    path = tmp_path / "area.geojson"
    path.write_text(text)
    with pytest.raises(SourceError, match=what) as error:
        read_area(path)
    assert str(error.value).startswith(str(path))
    with pytest.raises(SourceError, match="cannot be read"):
        read_area(tmp_path / "none.geojson")


def test_the_market_beyond_is_what_the_places_agree_on():
    vaduz, buchs, feldkirch, sea = (
        (471_400_000, 95_200_000),
        (471_700_000, 94_700_000),
        (472_400_000, 96_000_000),
        (0, 0),
    )
    assert market_beyond([], "LI") == ""
    assert market_beyond([vaduz], "LI") == ""
    assert market_beyond([vaduz, buchs, buchs], "LI") == "CH"
    assert market_beyond([buchs, feldkirch], "LI") == ""
    assert market_beyond([buchs], "CH") == ""
    assert market_beyond([buchs, sea], "LI") == ""  # no country's zone


# --- whole builds

NODES = {1: (-900.0, 0.0), 2: (-200.0, 20.0), 3: (300.0, -40.0), 4: (900.0, 0.0), 5: (-200.0, 500.0), 6: (700.0, 300.0)}
WAYS = {10: ([1, 2, 3, 4], {**ROAD, "maxspeed": "50"}), 11: ([5, 2], ROAD), 12: ([3, 6], ROAD), 13: ([5, 6], ROAD)}
RESTRICTIONS = {
    20: ([("way", 11, "from"), ("node", 2, "via"), ("way", 10, "to")], {"restriction": "no_right_turn"}),
    21: ([("way", 12, "from"), ("node", 3, "via"), ("way", 10, "to")], {"restriction": "no_left_turn"}),
}


def strip(west_m, east_m):
    """A polygon between two meridians, in metres around the drawn place."""
    frame = LocalFrame(lat0_e7=LAT0_E7, lon0_e7=LON0_E7)
    corners = [(west_m, -2e3), (east_m, -2e3), (east_m, 2e3), (west_m, 2e3), (west_m, -2e3)]
    return polygon([frame.lat_lon_e7(x, y) for x, y in corners])


def markets(tmp_path, **areas):
    source = tmp_path / "drawn.osm"
    source.write_text(osm_xml(NODES, WAYS, RESTRICTIONS))
    reports = {}
    for market, document in areas.items():
        area = saved(tmp_path, document, f"{market}.geojson")
        request = BuildRequest(market=market, out_dir=tmp_path / market, sources=(source,), area=area)
        reports[market] = build_market(request)
    store = open_markets([tmp_path / market for market in areas])
    network = Network(store.datasets)
    for dataset in store.datasets:
        network.roads.update((tile, store.read_road(tile)) for tile in dataset.tiles)
    return reports, network


def partners(network, market):
    """Of each border node of a market, in how many other releases it is found."""
    own = {d.dataset_id for d in network.datasets.values() if d.market == market}
    nodes = [node_id(t, i) for t, x in network.roads.items() if t >> 28 in own for i in x.border_nodes]
    return [len(network.partners(node)[0]) for node in nodes]


def test_two_markets_of_one_source_join(tmp_path):
    reports, network = markets(tmp_path, QM=strip(-5e3, 0.0), QN=strip(0.0, 5e3))
    assert partners(network, "QM") == partners(network, "QN") == [1, 1]
    for market, report in reports.items():
        assert report.counts["border_nodes"] == 2
        manifest = read_manifest((tmp_path / market / "manifest.json").read_bytes(), name="")
        assert len(manifest.area_sha256) == 64
    # The restriction at a node of the other market is not here, and no refusal either.
    assert [r.counts["restrictions"] for r in reports.values()] == [1, 1]
    assert not any("restriction" in x for r in reports.values() for x in r.refusals.by_reason)
    assert not any(network.link(x).dead_end for t in network.roads for x in (t << 20,))


@pytest.mark.parametrize(("gap_m", "joined"), [(0.01, 1), (1.0, 1), (-1.0, 1), (60.0, 0), (-60.0, 0)])
def test_outlines_that_differ_join_up_to_a_gap(tmp_path, gap_m, joined):
    """Beyond that both markets' roads end, each at its own outline; what lies between is missing, or there twice."""
    _, network = markets(tmp_path, QM=strip(-5e3, 0.0), QN=strip(gap_m, 5e3))
    assert partners(network, "QM") == partners(network, "QN") == [joined, joined]


def test_the_area_is_part_of_the_build(tmp_path):
    """Another outline, another build id; the order of features and the direction of rings leave no trace in a tile."""
    source = tmp_path / "drawn.osm"
    source.write_text(osm_xml(NODES, WAYS, RESTRICTIONS))

    def tiles(document):
        area = saved(tmp_path, document)
        report = build_market(BuildRequest(market="QM", out_dir=tmp_path / "QM", sources=(source,), area=area))
        store = open_markets([tmp_path / "QM"])
        blobs = [store.read_road(t) for t in sorted(store.datasets[0].tiles)]
        return report.build_id, [(x.link(i), x.border_nodes) for x in blobs for i in range(x.link_count)]

    west, middle = strip(-5e3, -100.0), strip(-100.0, 50.0)
    (first, a), (second, b) = tiles(collection(west, middle)), tiles(collection(_reversed(middle), west))
    assert first != second and [(x.stable_ref, x.length_cm, y) for x, y in a] == [
        (x.stable_ref, x.length_cm, y) for x, y in b
    ]
    third, c = tiles(strip(-5e3, 50.0))
    assert third != first and [x.stable_ref for x, _ in c] == [x.stable_ref for x, _ in a]


def _reversed(geometry):
    return {**geometry, "coordinates": [ring[::-1] for ring in geometry["coordinates"]]}


def test_an_area_without_a_road_is_told(tmp_path):
    with pytest.raises(SourceError, match="no road of it lies in the area"):
        markets(tmp_path, QM=strip(50e3, 51e3))


def test_the_command_takes_an_area(tmp_path):
    source = tmp_path / "drawn.osm"
    source.write_text(osm_xml(NODES, WAYS))
    area = saved(tmp_path, strip(-5e3, 0.0))
    result = CliRunner().invoke(
        app, ["build", str(source), "--market", "QM", "--out", str(tmp_path), "--area", str(area)]
    )
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "QM" / "manifest.json").read_text())["area_sha256"]


def test_random_lines_are_covered_without_gap(tmp_path):
    """Intervals join, cover their segment, differ from neighbour to neighbour; shapely agrees in their middles."""
    shapely = pytest.importorskip("shapely")
    rng = random.Random(5)
    corners = [(rng.randrange(-90_000, 90_000), x) for x in range(-90_000, 90_000, 9_000)]
    ring = [*corners, (200_000, 90_000), (200_000, -90_000), corners[0]]
    area = read_area(saved(tmp_path, polygon(ring)))
    shape = shapely.Polygon([(lon, lat) for lat, lon in ring])
    for _ in range(50):
        line = [(rng.randrange(-250_000, 250_000), rng.randrange(-120_000, 120_000)) for _ in range(5)]
        for (start, end), intervals in zip(pairwise(line), area.intervals(line), strict=True):
            assert intervals[0][0] == start and intervals[-1][1] == end
            for (_, at, inside), (onward, _, then) in pairwise(intervals):
                assert at == onward and inside != then
            for a, b, inside in intervals:
                middle = shapely.Point((a[1] + b[1]) / 2, (a[0] + b[0]) / 2)
                assert shape.contains(middle) == inside or shape.exterior.distance(middle) < 2.0
