"""Lanes come after the paths they lie along, and may turn out to be nonsense: what that does to the paths."""

from mapprior.errors import TileError
from mapprior.horizon.events import Open, TileArrived
from mapprior.model.lane import LinkLanes
from mapprior.model.network import LaneTile
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Layer
from tests.asciimap import draw
from tests.horizon.pair import Pair

SHORT = Open(horizon_length_m=400, trailing_length_m=100, stub_length_m=100)


class BrokenLanes:
    """A lane tile that turns out to hold nonsense, though its checksum fits."""

    def __init__(self, tile: LaneTile) -> None:
        self._tile = tile

    def lanes(self, _: int) -> LinkLanes | None:
        raise TileError("lanes make no sense")

    def __getattr__(self, name: str) -> object:
        return getattr(self._tile, name)


def test_lanes_that_make_no_sense_cost_neither_the_place_nor_the_paths() -> None:
    drawn = draw("A----B----C----D\n          |\n          E", ways={"ABCD": {"lanes": 2}}, grid_m=20.0)
    pair = Pair(drawn, SHORT)
    poses = drawn.poses("ABCD")
    pair.drive(poses[:5])
    for tile_id, tile in drawn.lane_tiles.items():
        pair.send(TileArrived(Layer.L2, tile_id, BrokenLanes(tile)))  # type: ignore[arg-type]
    for pose in poses[5:]:
        pair.drive([pose])
        assert pair.reconstructor.reported.state is not MatchState.WAITING
        assert pair.reconstructor.state.paths
