"""Laws of the grid and of ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.geo.units import E7
from mapprior.model.grid import AXIS_COUNT, bounds_e7, column_row, ring, tiles_around
from mapprior.model.ids import dataset_id, index_of, link_id, tile_id, tile_of, tile_parts

LATS = st.integers(-85 * E7, 85 * E7)
LONS = st.integers(-180 * E7, 180 * E7 - 1)


@given(LATS, LONS)
def test_a_point_lies_in_the_bounds_of_its_tile(lat: int, lon: int) -> None:
    south, west, north, east = bounds_e7(*column_row(lat_e7=lat, lon_e7=lon))
    assert south - 1 <= lat <= north + 1
    assert west <= lon <= east


@given(st.integers(0, 65535), st.integers(0, AXIS_COUNT - 1), st.integers(0, AXIS_COUNT - 1), st.integers(0, 2**20 - 1))
def test_ids_keep_what_they_are_made_of(dataset: int, x: int, y: int, index: int) -> None:
    tile = tile_id(dataset, x, y)
    link = link_id(tile, index)
    assert tile_parts(tile) == (dataset, x, y)
    assert (tile_of(link), index_of(link)) == (tile, index)
    assert link < 2**64


def test_ids_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="no such tile"):
        tile_id(0, AXIS_COUNT, 0)
    with pytest.raises(ValueError, match="outside a tile"):
        link_id(tile_id(0, 0, 0), 2**20)


def test_every_market_has_a_dataset_number_of_its_own() -> None:
    letters = [chr(65 + i) for i in range(26)]
    numbers = {dataset_id(a + b, n) for a in letters for b in letters for n in (0, 63)}
    assert len(numbers) == 26 * 26 * 2
    assert max(numbers) < 2**16
    with pytest.raises(ValueError, match="two capital letters"):
        dataset_id("de")


@given(LATS, LONS, st.floats(0, 300))
def test_the_tiles_around_a_point_hold_every_link_that_can_come_near(lat: int, lon: int, radius_m: float) -> None:
    found = set(tiles_around(7, lat_e7=lat, lon_e7=lon, radius_m=radius_m))
    assert tile_id(7, *column_row(lat_e7=lat, lon_e7=lon)) in found
    assert len(found) <= 9 or abs(lat) > 60 * E7


def test_a_ring_wraps_over_the_antimeridian_and_stops_at_the_pole() -> None:
    assert len(list(ring(tile_id(1, 0, 100)))) == 9
    assert tile_id(1, AXIS_COUNT - 1, 100) in set(ring(tile_id(1, 0, 100)))
    assert len(list(ring(tile_id(1, 5, 0)))) == 6
