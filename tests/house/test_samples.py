"""The samples are what their sources give, and what is made up says so."""

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest

from mapprior.geo.frame import LocalFrame
from tests.house import ROOT
from tiles.sources import read_sources
from tiles.synthetic import motorway, work_zones

TILES = ROOT / "tiles"


def test_the_committed_drawings_are_what_the_programs_draw() -> None:
    assert (TILES / "synthetic" / "motorway.osm").read_text() == motorway.draw_osm()
    assert (TILES / "synthetic" / "work_zones.geojson").read_text() == work_zones.draw()


def test_the_axis_has_the_lengths_and_radii_it_states() -> None:
    """Measured on the rounded places, in local frames, as a reader of the map would measure them."""
    axis = motorway.main_axis()
    start_m = 0.0
    for length_m, radius_m in motorway.AXIS_ELEMENTS:
        places = [axis.place_e7(station_m, 0.0) for station_m in axis.stations(start_m, start_m + length_m)]
        measured_m = sum(_distance_m(a, b) for a, b in pairwise(places))
        assert measured_m == pytest.approx(length_m, abs=0.3)  # chords are a little shorter than their arc
        middle = start_m + length_m / 2.0
        corners = [axis.place_e7(station_m, 0.0) for station_m in (middle - 100.0, middle, middle + 100.0)]
        assert _curvature_per_m(*corners) == pytest.approx(1.0 / radius_m if radius_m else 0.0, abs=1e-5)
        start_m += length_m
    assert start_m == 20_500.0


def test_every_radius_stands_in_the_readme() -> None:
    text = (TILES / "README.md").read_text()
    for _, radius_m in motorway.AXIS_ELEMENTS:
        if radius_m:
            assert f"{'left' if radius_m > 0 else 'right'}, R = {abs(radius_m):,.0f} m" in text


@pytest.mark.parametrize("market", ["FI", "MC", "ZZ"])
def test_the_manifest_says_what_is_synthetic(market: str) -> None:
    manifest = json.loads((TILES / market / "manifest.json").read_text())
    assert manifest["market"] == market
    assert manifest["synthetic"] is (market == "ZZ")
    assert ("OpenStreetMap" in manifest["attribution"]) is (market != "ZZ")


def test_the_motorway_builds_to_the_committed_bytes(tmp_path: Path) -> None:
    from tiles.build_samples import build, differing_files

    pinned, drawn = read_sources()
    assert [sample.market for sample in pinned] == ["FI", "MC"]
    build(TILES / drawn[0].file, drawn[0].market, drawn[0].release, tmp_path, licence=drawn[0].licence)
    assert differing_files(tmp_path / "ZZ", TILES / "ZZ") == [], "run `make tiles WRITE=1`"


def _distance_m(a: tuple[int, int], b: tuple[int, int]) -> float:
    frame = LocalFrame(lat0_e7=a[0], lon0_e7=a[1])
    return math.hypot(*frame.xy_m(lat_e7=b[0], lon_e7=b[1]))


def _curvature_per_m(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> float:
    """Of the circle through three places, left positive: four times the area over the product of the sides."""
    frame = LocalFrame(lat0_e7=b[0], lon0_e7=b[1])
    (ax, ay), (cx, cy) = (frame.xy_m(lat_e7=p[0], lon_e7=p[1]) for p in (a, c))
    twice_area_m2 = (-ax) * (cy - ay) - (-ay) * (cx - ax)
    return 2.0 * twice_area_m2 / (math.hypot(ax, ay) * math.hypot(cx, cy) * math.hypot(cx - ax, cy - ay))
