"""Drawn networks the match tests drive on, and random drives over them."""

from itertools import pairwise

from hypothesis import strategies as st

from mapprior.model.pose import Pose
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
