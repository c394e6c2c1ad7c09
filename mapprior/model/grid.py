"""The one owner of tile arithmetic: web mercator at zoom 14 (1.0 to 2.4 km a tile)."""

import math
from collections.abc import Iterator
from typing import Final

from mapprior.geo.frame import HALF_TURN_E7, metres_per_e7
from mapprior.geo.units import E7
from mapprior.model.ids import TileId, tile_id, tile_parts

ZOOM: Final = 14
AXIS_COUNT: Final = 1 << ZOOM
LINK_LENGTH_M_MAX: Final = 1000.0
LAT_MAX_DEG: Final = 85.0511287798066


def column_row(*, lat_e7: int, lon_e7: int) -> tuple[int, int]:
    """(x, y) of the tile a point lies in; latitudes past the mercator limit fall into the last row."""
    lat_rad = math.radians(max(-LAT_MAX_DEG, min(LAT_MAX_DEG, lat_e7 / E7)))
    x = (lon_e7 + HALF_TURN_E7) * AXIS_COUNT // (2 * HALF_TURN_E7)
    y = math.floor((1.0 - math.asinh(math.tan(lat_rad)) / math.pi) / 2.0 * AXIS_COUNT)
    return x % AXIS_COUNT, max(0, min(AXIS_COUNT - 1, y))


def bounds_e7(x: int, y: int) -> tuple[int, int, int, int]:
    """(south, west, north, east) of a tile."""
    north, south = (
        round(math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / AXIS_COUNT)))) * E7) for row in (y, y + 1)
    )
    west, east = (x_ * 2 * HALF_TURN_E7 // AXIS_COUNT - HALF_TURN_E7 for x_ in (x, x + 1))
    return south, west, north, east


def ring(tile: TileId, rings: int = 1) -> Iterator[TileId]:
    """The tile and its neighbours, column by column; wraps over the antimeridian, stops at the poles."""
    dataset_id, x, y = tile_parts(tile)
    for dx in range(-rings, rings + 1):
        for row in range(max(0, y - rings), min(AXIS_COUNT, y + rings + 1)):
            yield tile_id(dataset_id, (x + dx) % AXIS_COUNT, row)


def tiles_around(dataset_id: int, *, lat_e7: int, lon_e7: int, radius_m: float) -> Iterator[TileId]:
    """Every tile whose links may come within `radius_m` of the point.

    A link belongs to the tile of its start node and is at most LINK_LENGTH_M_MAX long, so the search box
    is that much larger than the radius.
    """
    east, north = metres_per_e7(lat_e7)
    reach_m = radius_m + LINK_LENGTH_M_MAX
    dlat, dlon = math.ceil(reach_m / north), math.ceil(reach_m / east)
    x0, y1 = column_row(lat_e7=lat_e7 - dlat, lon_e7=lon_e7 - dlon)
    x1, y0 = column_row(lat_e7=lat_e7 + dlat, lon_e7=lon_e7 + dlon)
    for column in range((x1 - x0) % AXIS_COUNT + 1):
        for row in range(y0, y1 + 1):
            yield tile_id(dataset_id, (x0 + column) % AXIS_COUNT, row)
