"""Which tiles a drive needs: around the vehicle to match it, ahead to lay paths, and lanes along these.

Keeps the drive's `Network` small: tiles that are no longer needed are dropped but for a few. Loads nothing itself.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from mapprior.geo.frame import metres_per_e7
from mapprior.horizon.events import TileArrived
from mapprior.horizon.tree import PathTree
from mapprior.model.grid import column_row
from mapprior.model.ids import TileId, tile_parts
from mapprior.model.network import Network, TileState
from mapprior.model.provenance import Layer

Wanted = tuple[Layer, TileId]

SURROUNDINGS_M: Final = 250.0  # beyond what matching looks at, so that nothing is missing while the vehicle moves
_MOVED_M: Final = 100.0  # the surroundings are looked up again after so much
SPARE_TILES_COUNT_MAX: Final = 16  # tiles of each layer kept though not needed, for the way back


class DriveTiles:
    """The tiles of one drive. `layers` above L0 are fetched for the links that are placed. `tile_goes` is told of
    each before it is dropped."""

    __slots__ = (
        "_ahead",
        "_around",
        "_centre_e7",
        "_missed",
        "_network",
        "_placed",
        "_reach_e7",
        "_tile_goes",
        "_upper_layers",
        "wanted",
    )

    def __init__(self, network: Network, layers: Iterable[Layer], *, tile_goes: Callable[[TileId], None]) -> None:
        self._network = network
        self._tile_goes = tile_goes
        self._upper_layers = sorted(x for x in layers if x is not Layer.L0)
        self._centre_e7: tuple[float, float] | None = None
        self._reach_e7 = (0.0, 0.0)
        self._around: list[TileId] = []
        self._missed: tuple[TileId, ...] = ()
        self._ahead: list[TileId] = []
        self._placed: list[TileId] = []
        self.wanted: Sequence[Wanted] = ()  # not at hand, most urgent first

    def moved(self, lat_e7: float, lon_e7: float) -> bool:
        """The vehicle is here; whether that changed what is needed. Nearly free until it has moved some way."""
        if self._centre_e7 is not None:
            lat0, lon0 = self._centre_e7
            reach_lat, reach_lon = self._reach_e7
            if abs(lat_e7 - lat0) < reach_lat and abs(lon_e7 - lon0) < reach_lon:
                return False  # at the antimeridian it looks once more than it must
        self._centre_e7 = (lat_e7, lon_e7)
        east_m, north_m = metres_per_e7(round(lat_e7))
        self._reach_e7 = (_MOVED_M / north_m, _MOVED_M / max(east_m, 1e-9))
        column, row = column_row(lat_e7=round(lat_e7), lon_e7=round(lon_e7))
        tiles = self._network.tiles_near(lat_e7=lat_e7, lon_e7=lon_e7, radius_m=SURROUNDINGS_M)
        self._around = sorted(tiles, key=lambda x: _steps(x, column, row))
        self._look()
        return True

    def missed(self, tiles: tuple[TileId, ...]) -> None:
        """Matching cannot begin without these."""
        if tiles != self._missed:
            self._missed = tiles
            self._look()

    def laid(self, tree: PathTree) -> None:
        """The paths have changed."""
        ahead = tree.awaits
        placed: dict[TileId, None] = {}
        last: tuple[TileId, ...] = ()
        for laid in tree.paths.values():
            tiles = laid.links.tiles
            if tiles is not last:  # mostly the same as of the path before, and the same object
                last = tiles
                for x in tiles:
                    placed[x] = None
        tiles_placed = list(placed)
        if ahead != self._ahead or tiles_placed != self._placed:
            self._ahead, self._placed = ahead, tiles_placed
            self._look()

    def put(self, event: TileArrived) -> None:
        """Takes a tile, or the news that there is none."""
        network, key = self._network, (event.layer, event.tile_id)
        if event.tile is None:
            if event.reason:
                network.failed[key] = event.reason
            else:
                network.absent.add(key)
        else:
            network.failed.pop(key, None)
            network.put(event.layer, event.tile)
        self._look()

    def failures(self) -> list[str]:
        """Why tiles that are needed could not be read, each reason once."""
        if not self._network.failed:
            return []
        needed = {(Layer.L0, x) for x in (*self._around, *self._ahead, *self._missed)}
        needed |= {(layer, x) for layer in self._upper_layers for x in self._placed}
        return sorted({reason for key, reason in self._network.failed.items() if key in needed})

    def _look(self) -> None:
        """What is wanted, and what may go."""
        state, missing = self._network.tile_state, TileState.NOT_LOADED
        roads = dict.fromkeys((*self._around[:1], *self._missed, *self._ahead, *self._around))
        self.wanted = [(Layer.L0, x) for x in roads if state(Layer.L0, x) is missing] + [
            (layer, x) for x in self._placed for layer in self._upper_layers if state(layer, x) is missing
        ]
        self._drop(self._network.roads, {*roads, *self._placed})
        self._drop(self._network.profile_tiles, {*self._placed})
        self._drop(self._network.lane_tiles, {*self._placed})
        needed = {(Layer.L0, x) for x in roads} | {(layer, x) for layer in self._upper_layers for x in self._placed}
        failed, absent = self._network.failed, self._network.absent
        for key in [x for x in failed if x not in needed]:
            del failed[key]  # it is tried again when it is needed again
        if len(absent) > len(needed) + SPARE_TILES_COUNT_MAX:
            absent &= needed

    def _drop(self, held: dict[TileId, Any], needed: set[TileId]) -> None:
        """Oldest first, down to the spare ones."""
        if len(held) <= SPARE_TILES_COUNT_MAX:
            return
        spare = [x for x in held if x not in needed]
        for tile in spare[: max(0, len(spare) - SPARE_TILES_COUNT_MAX)]:
            self._tile_goes(tile)
            del held[tile]


def _steps(tile: TileId, column: int, row: int) -> int:
    """Tiles between this one and the vehicle's; the seam of the map at the antimeridian does not matter here."""
    _, x, y = tile_parts(tile)
    return max(abs(x - column), abs(y - row))
