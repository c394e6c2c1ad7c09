"""Drawn networks the match tests drive on, and random drives over them."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st

from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import Pose
from mapprior.tile.store import open_markets
from tests.asciimap import Drawn, draw

TOWN = draw("""
    A----B----C----D
    |    |    |    |
    |    E----F----G
    |   /     |    |
    H--I------J----K
              |
              L
""")
_JOINED = {x: sorted(b for a, b in TOWN.link_ids if a == x) for x in "ABCDEFGHIJKL"}
NAMES = {link_id: letters for letters, link_id in TOWN.link_ids.items()}

HELSINKI = Path(__file__).parents[2] / "tiles" / "FI"
MONACO = HELSINKI.with_name("MC")


def whole(market: Path) -> tuple[Network, Sequence[Link]]:
    """All roads of a market's tiles, at hand, and as a list."""
    with open_markets([market]) as store:
        network = Network(store.datasets)
        for dataset in store.datasets:
            for tile_id in sorted(dataset.tiles):
                tile = store.read_road(tile_id)
                assert tile is not None
                network.roads[tile_id] = tile
    return network, [tile.link(i) for tile in network.roads.values() for i in range(tile.link_count)]


@st.composite
def drives(draw_: st.DrawFn, *, roads_max: int = 10) -> str:
    """Letters of a drive through TOWN that turns back only at the dead end."""
    letters = draw_(st.sampled_from("ABCDEFGHIJK"))
    for _ in range(draw_(st.integers(2, roads_max))):
        ways = [x for x in _JOINED[letters[-1]] if len(letters) < 2 or x != letters[-2] or letters[-1] == "L"]
        letters += draw_(st.sampled_from(ways))
    return letters


def truth(drawn: Drawn, letters: str, pose: Pose) -> tuple[str, float, float]:
    """(road, offset on it, metres to its nearer end) where a pose of `drawn.poses(letters)` really is."""
    assert pose.travelled_m is not None
    left = pose.travelled_m
    road, length = "", 0.0
    for a, b in pairwise(letters):
        road, length = a + b, drawn.link(a + b).line.length_m
        if left <= length + 1e-6:
            break
        left -= length
    return road, left, min(left, length - left)
