"""Lanes come after the paths they lie along, and may turn out to be nonsense: what that does to the paths."""

import math
from dataclasses import replace

import pytest

from mapprior.errors import TileError
from mapprior.horizon.events import Open, TileArrived
from mapprior.model.lane import LinkLanes, TurnDirection
from mapprior.model.link import RoadClass
from mapprior.model.network import LaneTile
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Layer
from tests.asciimap import Drawn, draw
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
    late, early = late_and_early(drawn, SHORT)
    assert late.letters() == early.letters() == ("ABCN" if turns[0] is TurnDirection.LEFT else "ABCW")


def late_and_early(drawn: Drawn, opened: Open) -> tuple[Pair, Pair]:
    """Who had the lanes after the paths, and who had them before, once both have them."""
    late, early = Pair(drawn, opened, tiles=False), Pair(drawn, opened)
    early.session._network.lane_tiles.update(drawn.lane_tiles)
    for pose in drawn.poses("AB")[:5]:
        for pair in (late, early):
            pair.pose(pose)
            pair.serve(layer=Layer.L0)
            pair.pump()
    assert late.session.wanted_tiles()
    late.serve()
    late.pump()
    of_late, of_early = ({k: x.path.probability_ppm for k, x in pair.sides().items()} for pair in (late, early))
    assert of_late == of_early
    return late, early


LON_PER_TILE = 360 / (1 << 14)
BORDER_LON = 365 * LON_PER_TILE  # of two tiles
M_PER_LON = 111_320 * math.cos(math.radians(50))


@pytest.mark.parametrize("east_of_border_m", [-150, 50])
def test_arrows_painted_again_in_the_next_tile_count_whenever_that_comes(east_of_border_m: int) -> None:
    """They are for a junction farther ahead; the way onward that tells so lies in another tile."""
    cross = """
              N
              |
    A----B----C----W
              |
              S"""
    again = {"lanes": 2, "turns": [(TurnDirection.LEFT,)] * 2}
    lon_deg = BORDER_LON + east_of_border_m / M_PER_LON
    drawn = draw(cross, ways={"BC": again, "CW": again}, grid_m=20.0, lon_deg=lon_deg)
    assert len(drawn.lane_tiles) == (2 if east_of_border_m < 0 else 1)
    late, early = late_and_early(drawn, SHORT)
    assert late.letters() == early.letters() == "ABCW"


@pytest.mark.parametrize("levels_count", [1, 2])
def test_arrows_along_a_side_path_count_whenever_their_tile_comes(levels_count: int) -> None:
    side = """
              X
              |
              N----Y
              |
    A----B----C----W"""
    turning = {"lanes": 2, "turns": [(TurnDirection.RIGHT,)] * 2, "oneway": True}
    drawn = draw(side, ways={"ABCW": {"road_class": RoadClass.PRIMARY, "name": "Main"}, "CN": turning}, grid_m=20.0)
    late, _ = late_and_early(drawn, replace(SHORT, stub_length_m=350, side_levels_count=levels_count))
    assert late.letters() == "ABCW"
    assert "CNY" in late.sides()


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
