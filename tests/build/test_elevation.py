"""Elevation and slope, from tags and from a model of the ground that is drawn in the test."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.access import CarUse
from mapprior.build.chains import find_chains
from mapprior.build.connect import UsableWay, connect
from mapprior.build.elevation import ele_cm, road_elevations
from mapprior.build.elevation_model import open_elevation_model
from mapprior.build.model_use import ModelUse
from mapprior.build.road import road_of
from mapprior.build.source import SourceMap, SourceWay
from mapprior.errors import ConfigError, SourceError
from mapprior.geo.frame import LocalFrame
from mapprior.geo.units import E7
from mapprior.model.link import CarAccess
from mapprior.model.profile import HeightReference
from mapprior.model.provenance import Basis
from tests.build.osm_text import LAT0_E7, LON0_E7

FRAME = LocalFrame(lat0_e7=LAT0_E7, lon0_e7=LON0_E7)
BOTH = CarUse(CarAccess.YES, CarAccess.YES)


def elevations(graph, source, roads, **model):
    return road_elevations(graph, source, roads, find_chains(graph, roads), **model)


def mapped(nodes, ways, node_tags=None):
    """(graph, source, roads) of nodes in metres and ways of (nodes, tags)."""
    source = SourceMap()
    source.lat_lon_e7 = {n: FRAME.lat_lon_e7(*xy) for n, xy in nodes.items()}
    source.node_tags = node_tags or {}
    for way_id, (refs, tags) in ways.items():
        source.add_way(SourceWay(way_id, tuple(refs), {"highway": "secondary", **tags}))
    graph = connect(
        [UsableWay(w, source.ways[w].node_ids, BOTH) for w in sorted(source.ways)],
        lat_lon_e7=source.lat_lon_e7,
        via_nodes=set(),
        blocking_nodes=set(),
        refusals=source.refusals,
    )
    return graph, source, {w: road_of(x.tags, []) for w, x in source.ways.items()}


def refused(source):
    return {reason: [(r.element, r.detail) for r in rs] for reason, rs in source.refusals.by_reason.items()}


@given(st.text(max_size=12))
def test_no_text_breaks_the_reader_or_gives_a_value_out_of_range(text):
    noted = []
    height = ele_cm(text, noted)
    assert height is None or -45_000 <= height <= 600_000
    assert height is not None or any(seen == f"ele={text}" for _, seen in noted)


@pytest.mark.parametrize(
    ("text", "height_cm"), [("408", 40800), ("18.32", 1832), ("-3,5 m", -350), ("536.553100586", 53655)]
)
def test_an_elevation_is_in_metres(text, height_cm):
    assert ele_cm(text, []) == height_cm


def test_what_is_refused_names_its_element():
    graph, source, roads = mapped(
        {1: (0, 0), 2: (100, 0)}, {5: ([1, 2], {"incline": "uphill"})}, {1: {"ele": "9000"}, 2: {"ele": "12 feet"}}
    )
    assert elevations(graph, source, roads) == [None]
    assert refused(source) == {
        "incline not understood": [("way/5", "incline=uphill")],
        "elevation outside -450 to 6000 m": [("node/1", "ele=9000")],
        "elevation not understood": [("node/2", "ele=12 feet")],
    }


def test_an_incline_holds_along_the_way_and_turns_with_the_direction():
    graph, source, roads = mapped({1: (0, 0), 2: (100, 0)}, {5: ([1, 2], {"incline": "8%"})})
    [road] = elevations(graph, source, roads)
    assert road.basis is Basis.TAGGED and road.slope_e4 == (800, 800) and road.elevation_cm == ()
    assert road.points_cm == (0, 10000) and min(road.slope_sigma_e4) > 0
    assert road.reversed().slope_e4 == (-800, -800)
    assert road.height_reference is HeightReference.UNKNOWN


def test_between_two_known_heights_the_elevation_is_derived_and_less_sure_in_the_middle():
    nodes = {i: (40.0 * i, 0) for i in range(1, 6)}
    graph, source, roads = mapped(
        nodes, {1: ([1, 2, 3], {}), 2: ([3, 4, 5], {})}, {1: {"ele": "100"}, 5: {"ele": "108"}}
    )
    first, second = elevations(graph, source, roads)
    assert first.points_cm == (0, 4000, 8000)
    assert first.elevation_cm == (10000, 10200, 10400) and second.elevation_cm == (10400, 10600, 10800)
    assert first.basis is Basis.DERIVED and first.height_reference is HeightReference.ORTHOMETRIC
    assert first.elevation_sigma_cm[-1] == second.elevation_sigma_cm[0] > first.elevation_sigma_cm[0]
    assert first.slope_e4 == ()


def test_a_height_lies_where_its_node_does_whichever_way_the_way_is_drawn():
    nodes = {1: (0, 0), 2: (30, 0), 3: (60, 0), 4: (160, 0)}
    heights = {1: {"ele": "100"}, 2: {"ele": "109"}, 4: {"ele": "110"}}
    graph, source, roads = mapped(nodes, {1: ([1, 2, 3, 4], {})}, heights)
    [there] = elevations(graph, source, roads)
    graph, source, roads = mapped(nodes, {1: ([4, 3, 2, 1], {})}, heights)
    [back] = elevations(graph, source, roads)
    assert there.elevation_cm[there.points_cm.index(3000)] == 10900
    assert back.reversed().elevation_cm == there.elevation_cm
    assert back.reversed().points_cm == pytest.approx(there.points_cm, abs=1)
    graph, source, roads = mapped(nodes | {5: (200, 0)}, {1: ([4, 3, 2, 1], {}), 2: ([5, 4], {})}, heights)
    assert elevations(graph, source, roads)[0] == back
    graph, source, roads = mapped(nodes | {5: (-40, 0)}, {1: ([5, 1], {}), 2: ([4, 3, 2, 1], {})}, heights)
    assert elevations(graph, source, roads)[1] == back  # passed against its way


def test_beyond_the_last_known_height_nothing_is_known():
    nodes = {i: (40.0 * i, 0) for i in range(1, 4)}
    graph, source, roads = mapped(nodes, {1: ([1, 2], {}), 2: ([2, 3], {})}, {1: {"ele": "100"}, 2: {"ele": "101"}})
    tagged, beyond = elevations(graph, source, roads)
    assert tagged.basis is Basis.TAGGED and tagged.elevation_cm == (10000, 10100)
    assert beyond is None


def test_two_known_heights_far_apart_say_nothing_of_the_road_between():
    graph, source, roads = mapped(
        {1: (0, 0), 2: (300, 0), 3: (600, 0)}, {1: ([1, 2, 3], {})}, {1: {"ele": "100"}, 3: {"ele": "130"}}
    )
    assert elevations(graph, source, roads) == [None]
    graph, source, roads = mapped(
        {1: (0, 0), 2: (300, 0), 3: (600, 0), 4: (300, 50)},
        {1: ([1, 2, 3], {}), 2: ([2, 4], {})},
        {1: {"ele": "100"}, 3: {"ele": "130"}},
    )
    assert elevations(graph, source, roads) == [None, None, None]


# The ground: 100 m at x = 0, rising with x; a valley 30 m deep from x = 400 to 460 that a bridge leads over.
PIXEL_M = 10.0
EXTENT = 1200.0


def ground_m(x):
    return 100.0 + 0.05 * x - np.where((x > 400) & (x < 460), 30.0, 0.0)


def write_model(path, heights, *, crs="EPSG:4326", nodata=-9999.0, **options):
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import from_origin

    lat, lon = FRAME.lat_lon_e7(-100.0, 100.0)
    east, north = FRAME.east_m_per_e7, FRAME.north_m_per_e7
    transform = from_origin(lon / E7, lat / E7, PIXEL_M / east / E7, PIXEL_M / north / E7)
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": crs, "nodata": nodata, "transform": transform}
    with rasterio.open(
        path, "w", **{**profile, "height": heights.shape[-2], "width": heights.shape[-1], **options}
    ) as file:
        for band in range(file.count):
            file.write(heights.astype("float32"), band + 1)
    return path


def drawn_heights(change=None):
    columns, _ = np.meshgrid(np.arange(int(EXTENT / PIXEL_M)), np.arange(20))
    x = -100.0 + (columns + 0.5) * PIXEL_M
    return ground_m(x) if change is None else change(x, ground_m(x))


ROAD = {i + 1: (50.0 * i, 0.0) for i in range(21)}


def road_over(model, tags_of_middle, *, nodes=ROAD):
    """Three ways along x: 0 to 350 m, 350 to 500 m with tags, 500 to 1,000 m."""
    ways = {1: (range(1, 9), {}), 2: (range(8, 12), tags_of_middle), 3: (range(11, 22), {})}
    graph, source, roads = mapped(nodes, ways)
    return elevations(graph, source, roads, model=model)


def test_a_road_takes_the_height_and_slope_of_the_ground(tmp_path):
    model = open_elevation_model(write_model(tmp_path / "ground.tif", drawn_heights()), sigma_m=2.0)
    before, _, after = road_over(model, {})
    assert before.basis is Basis.DERIVED and before.height_reference is HeightReference.UNKNOWN
    assert before.points_cm[0] == 0 and before.points_cm[-1] == 35000
    assert before.elevation_cm[0] == pytest.approx(10000, abs=5)
    assert before.slope_e4[0] == pytest.approx(500, abs=5)
    assert set(before.elevation_sigma_cm) == {200} or min(before.elevation_sigma_cm) >= 200
    assert after.elevation_cm[-1] == pytest.approx(15000, abs=5)


def test_a_bridge_leads_straight_over_the_valley_and_is_inferred(tmp_path):
    model = open_elevation_model(write_model(tmp_path / "ground.tif", drawn_heights()), sigma_m=5.0)
    before, bridge, after = road_over(model, {"bridge": "yes"})
    assert bridge.basis is Basis.INFERRED and before.basis is after.basis is Basis.DERIVED
    for road, begin_m in ((before, 0), (bridge, 350), (after, 500)):
        for s_cm, height_cm, slope in zip(road.points_cm, road.elevation_cm, road.slope_e4, strict=True):
            assert height_cm == pytest.approx(10000 + 0.05 * (begin_m * 100 + s_cm), abs=20)
            assert slope == pytest.approx(500, abs=20)
    assert before.elevation_cm[-1] == bridge.elevation_cm[0] and bridge.elevation_cm[-1] == after.elevation_cm[0]
    assert max(bridge.elevation_sigma_cm) > before.elevation_sigma_cm[0] == 500
    _, valley, _ = road_over(model, {})
    assert min(valley.elevation_cm) < 11000  # without the word the model is believed


class _Plane:
    """A model of ground that rises by one in a hundred eastwards."""

    height_reference = HeightReference.ORTHOMETRIC

    def __init__(self, sigma_m=2.0, *, sigma_assumed=False):
        self.sigma_m, self.sigma_assumed = sigma_m, sigma_assumed

    def heights_m(self, lat_e7, lon_e7):
        return np.array(
            [100.0 + 0.01 * FRAME.xy_m(lat_e7=int(y), lon_e7=int(x))[0] for y, x in zip(lat_e7, lon_e7, strict=True)]
        )


def test_in_the_middle_of_a_long_tunnel_height_and_slope_are_least_sure():
    nodes = {i: (50.0 * i, 0.0) for i in range(1, 34)}
    ways = {1: (range(1, 9), {}), 2: (range(8, 27), {"tunnel": "yes"}), 3: (range(26, 34), {})}
    graph, source, roads = mapped(nodes, ways)
    before, tunnel, _ = elevations(graph, source, roads, model=_Plane())
    middle = np.interp(45_000, tunnel.points_cm, tunnel.elevation_sigma_cm)
    assert middle == pytest.approx(2_400, abs=100)  # a slope of 5 % to either side, 470 m from the light
    assert min(tunnel.slope_sigma_e4) >= 500 > before.slope_sigma_e4[0]


@given(st.floats(0.1, 20.0), st.floats(1.5, 4.0), st.integers(1, 4))
def test_a_slope_is_as_sure_as_the_model_and_the_surer_the_longer_its_baseline(sigma_m, times, count):
    def sigma_e4(nodes_count, model_sigma_m):
        nodes = {i + 1: (20.0 * i, 0.0) for i in range(nodes_count)}
        graph, source, roads = mapped(nodes, {1: (list(nodes), {})})
        [road] = elevations(graph, source, roads, model=_Plane(model_sigma_m))
        return max(road.slope_sigma_e4)

    fine, coarse = sigma_e4(count + 1, sigma_m), sigma_e4(count + 1, times * sigma_m)
    # Between half a per cent (the ground is smoothed, whatever the model is worth) and what the wire holds.
    assert coarse == pytest.approx(times * fine, abs=times + 1) or fine == 50 or coarse == 10_000
    assert fine <= coarse and sigma_e4(count + 2, sigma_m) <= fine


def test_a_tagged_slope_beside_a_model_is_served_where_it_is_surer_and_says_that_it_is_tagged():
    nodes = {i: (50.0 * i, 0.0) for i in range(1, 12)}
    ways = {1: (range(1, 6), {}), 2: (range(5, 8), {"incline": "8%"}), 3: (range(7, 12), {"incline": "up"})}
    for sigma_m, slope_e4, basis in ((8.0, 800, Basis.TAGGED), (0.5, 100, None)):
        graph, source, roads = mapped(nodes, ways)
        use = ModelUse()
        before, tagged, after = elevations(graph, source, roads, model=_Plane(sigma_m), use=use)
        assert set(tagged.slope_e4) == {slope_e4} and tagged.slope_basis is basis and tagged.basis is Basis.DERIVED
        assert set(before.slope_e4) == set(after.slope_e4) == {100} and before.slope_basis is after.slope_basis is None
        assert use.roads == {0, 1, 2} and (use.slopes_tagged_count, use.slopes_modelled_count) == (
            (1, 0) if basis else (0, 1)
        )
        assert bool(source.disagreements.by_subject) == (basis is None)  # 7 % apart is much for the finer one


def test_where_the_accuracy_of_the_model_is_assumed_what_it_gives_is_inferred():
    graph, source, roads = mapped({1: (0, 0), 2: (100, 0)}, {1: ([1, 2], {})})
    for assumed, basis in ((True, Basis.INFERRED), (False, Basis.DERIVED)):
        [road] = elevations(graph, source, roads, model=_Plane(sigma_assumed=assumed))
        assert road.basis is basis


def test_a_bridge_at_the_end_of_one_road_hides_nothing_of_another_road():
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (1000, 800), 5: (1400, 800)}
    ways = {1: ([1, 2], {}), 2: ([2, 3], {"bridge": "yes"}), 3: ([4, 5], {})}
    graph, source, roads = mapped(nodes, ways)
    *_, far = elevations(graph, source, roads, model=_Plane())
    assert far is not None and far.elevation_cm == (11000, 11400)


def test_a_tunnel_at_the_end_of_all_roads_is_unknown(tmp_path):
    model = open_elevation_model(write_model(tmp_path / "ground.tif", drawn_heights()))
    graph, source, roads = mapped(ROAD, {1: (range(1, 12), {}), 2: (range(11, 22), {"tunnel": "yes"})})
    before, tunnel = elevations(graph, source, roads, model=model)
    assert tunnel is None
    assert before is None  # its last metres lie at the portal


def test_where_the_model_has_no_height_nothing_is_known(tmp_path):
    def hole(x, z):
        return np.where((x > 520) & (x < 700), -9999.0, 100.0 + 0.05 * x)

    model = open_elevation_model(write_model(tmp_path / "ground.tif", drawn_heights(hole)))
    before, middle, after = road_over(model, {})
    assert before is not None and middle is not None and after is None
    assert middle.elevation_cm[-1] == pytest.approx(12500, abs=5) and middle.slope_e4[-1] == pytest.approx(500, abs=5)
    away = {i: (x, y + 5000.0) for i, (x, y) in ROAD.items()}
    assert road_over(model, {}, nodes=away) == [None, None, None]


def test_a_height_no_road_can_have_is_none(tmp_path):
    def nonsense(x, z):
        return np.where((x > 520) & (x < 700), 32767.0, 100.0 + 0.05 * x)

    model = open_elevation_model(write_model(tmp_path / "ground.tif", drawn_heights(nonsense)))
    assert [road is None for road in road_over(model, {})] == [False, False, True]


def test_a_tagged_incline_speaks_where_the_model_is_silent(tmp_path):
    model = open_elevation_model(write_model(tmp_path / "ground.tif", drawn_heights()))
    away = {i: (x, y + 5000.0) for i, (x, y) in ROAD.items()}
    _, middle, _ = road_over(model, {"incline": "6%"}, nodes=away)
    assert middle.basis is Basis.TAGGED and middle.slope_e4 == (600, 600) and middle.elevation_cm == ()


@pytest.mark.parametrize(
    ("crs", "reference"),
    [
        ("EPSG:4326", HeightReference.UNKNOWN),
        ("EPSG:4326+5773", HeightReference.ORTHOMETRIC),
        ("EPSG:4979", HeightReference.ELLIPSOIDAL),
    ],
)
def test_what_heights_count_from_is_as_the_file_says(tmp_path, crs, reference):
    pytest.importorskip("rasterio")
    model = open_elevation_model(write_model(tmp_path / "ground.tif", drawn_heights(), crs=crs))
    assert model.height_reference is reference


def test_a_projected_model_is_read_too(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import from_origin
    from rasterio.warp import transform

    xs, ys = transform("EPSG:4326", "EPSG:32632", [LON0_E7 / E7], [LAT0_E7 / E7])
    path = tmp_path / "utm.tif"
    heights = np.tile(np.arange(60, dtype="float32"), (60, 1))
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, crs="EPSG:32632", height=60, width=60,
        transform=from_origin(xs[0] - 300.5, ys[0] + 300.5, 10.0, 10.0),
    ) as file:  # fmt: skip
        file.write(heights, 1)
    height = open_elevation_model(path).heights_m(np.array([LAT0_E7]), np.array([LON0_E7]))
    assert height[0] == pytest.approx(29.55, abs=0.01)


def test_a_model_that_cannot_be_used_says_why(tmp_path):
    pytest.importorskip("rasterio")
    heights = drawn_heights()
    with pytest.raises(ConfigError, match="coordinate system"):
        open_elevation_model(write_model(tmp_path / "nowhere.tif", heights, crs=None))
    with pytest.raises(ConfigError, match="one band, this file has 2"):
        open_elevation_model(write_model(tmp_path / "bands.tif", heights, count=2))
    with pytest.raises(ConfigError, match="sigma"):
        open_elevation_model(tmp_path / "bands.tif", sigma_m=0.0)
    (tmp_path / "no.tif").write_bytes(b"not a picture")
    with pytest.raises(SourceError, match=r"no\.tif"):
        open_elevation_model(tmp_path / "no.tif")
    with pytest.raises(SourceError, match=r"absent\.tif"):
        open_elevation_model(tmp_path / "absent.tif")


def test_a_model_that_was_cut_short_says_so_in_one_sentence(tmp_path):
    pytest.importorskip("rasterio")
    path = write_model(tmp_path / "cut.tif", drawn_heights())
    path.write_bytes(path.read_bytes()[:1200])
    with pytest.raises(SourceError, match=r"cut\.tif: the elevation model cannot be read") as caught:
        open_elevation_model(path).heights_m(np.array([LAT0_E7]), np.array([LON0_E7]))
    assert "previous exception" not in str(caught.value)


def test_heights_between_pixels_are_bilinear_and_blocks_leave_no_trace(tmp_path):
    """A plane is given back exactly wherever it is asked, over block borders too."""
    pytest.importorskip("rasterio")
    rows, columns = np.mgrid[0:700, 0:1100]
    path = write_model(tmp_path / "plane.tif", 10.0 + 0.5 * columns - 0.25 * rows, tiled=True)
    model = open_elevation_model(path)
    lat0, lon0 = FRAME.lat_lon_e7(-100.0, 100.0)
    generator = np.random.default_rng(1)
    x, y = generator.uniform(10, 10900, 500), generator.uniform(10, 6900, 500)
    lat = np.array([lat0 - round(v / FRAME.north_m_per_e7) for v in y])
    lon = np.array([lon0 + round(v / FRAME.east_m_per_e7) for v in x])
    expected = 10.0 + 0.5 * (x / PIXEL_M - 0.5) - 0.25 * (y / PIXEL_M - 0.5)
    assert np.abs(model.heights_m(lat, lon) - expected).max() < 0.01
    assert math.isnan(model.heights_m(np.array([lat0]), np.array([lon0 - 100]))[0])
