"""Lanes come after the paths they lie along, and may turn out to be nonsense: what that does to the paths."""

import pytest

from mapprior.errors import TileError
from mapprior.horizon.events import Open, TileArrived
from mapprior.model.lane import LinkLanes, TurnDirection
from mapprior.model.network import LaneTile
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Layer
from tests.asciimap import draw
from tests.horizon.pair import Pair

SHORT = Open(horizon_length_m=400, trailing_length_m=100, stub_length_m=100)


@pytest.mark.parametrize("turns", [(TurnDirection.LEFT, TurnDirection.LEFT), (TurnDirection.THROUGH,) * 2])
def test_arrows_count_whenever_their_tile_comes(turns: tuple[TurnDirection, TurnDirection]) -> None:
    """Lanes are fetched along paths, so they come after the paths: as if they had been at hand before."""
    cross = """
              N
              |
    A----B----C----W
              |
              S"""
    drawn = draw(cross, ways={"BC": {"lanes": 2, "turns": [(x,) for x in turns]}}, grid_m=20.0)
    late, early = Pair(drawn, SHORT, tiles=False), Pair(drawn, SHORT)
    early.session._network.lane_tiles.update(drawn.lane_tiles)
    for pose in drawn.poses("AB")[:5]:
        for pair in (late, early):
            pair.pose(pose)
            pair.serve(layer=Layer.L0)
            pair.pump()
    assert late.session.wanted_tiles()
    late.serve()
    late.pump()
    assert late.letters() == early.letters() == ("ABCN" if turns[0] is TurnDirection.LEFT else "ABCW")
    of_late, of_early = ({k: x.path.probability_ppm for k, x in pair.sides().items()} for pair in (late, early))
    assert of_late == of_early


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
