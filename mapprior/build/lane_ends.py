"""LANE_END and LANE_BEGIN: the number of lanes changes along a road where no road leaves or joins.

Both numbers must be stated by tags (not halved by convention), and the road goes on in this direction as exactly one.
The place is the node where the tags change, within a taper of about 30 m. The side, first that says something:
- an arrow of the road before, `merge_to_left` on its rightmost lane or `merge_to_right` on its leftmost;
- `placement` on both roads: the line stays, so the lanes left and right of it can be counted;
- for a lane that begins, new arrows to the left or to the right only.
Else UNKNOWN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mapprior.build.restrictions import Directed
from mapprior.build.sign_places import Placed
from mapprior.build.topology import Topology
from mapprior.model.lane import TurnDirection
from mapprior.model.profile import FeatureKind, LinkFeature, Side
from mapprior.model.provenance import Basis

_TAPER_SIGMA_CM: Final = 3_000
_LEFT: Final = frozenset({TurnDirection.LEFT, TurnDirection.SLIGHT_LEFT, TurnDirection.SHARP_LEFT})
_RIGHT: Final = frozenset({TurnDirection.RIGHT, TurnDirection.SLIGHT_RIGHT, TurnDirection.SHARP_RIGHT})


@dataclass(frozen=True, slots=True)
class LanesAcross:
    """Motor lanes of one direction from the left. `turns` is empty where no arrows are listed.

    `line_left_half_lanes`: half lanes left of the line of the map, in driving direction, where `placement` says it.
    """

    count: int
    stated: bool
    turns: tuple[frozenset[TurnDirection], ...] = ()
    line_left_half_lanes: int | None = None


def lane_changes(topology: Topology, lanes_of: Callable[[Directed], LanesAcross]) -> Placed:
    """By directed road, at its end. `lanes_of` answers for every directed road."""
    found: Placed = {}
    for directed in topology.driven():
        own = lanes_of(directed)
        if not own.stated or topology.roads_count(topology.end(directed)) != 2:
            continue
        onward = topology.onward(directed)
        if onward is None or topology.is_oneway(directed) != topology.is_oneway(onward):
            continue
        other = lanes_of(onward)
        if not other.stated or other.count == own.count:
            continue
        length_cm = topology.length_cm(directed)
        ends = other.count < own.count
        found[directed] = [
            LinkFeature(
                kind=FeatureKind.LANE_END if ends else FeatureKind.LANE_BEGIN,
                start_cm=length_cm,
                end_cm=length_cm,
                basis=Basis.DERIVED,
                confidence_permille=900,
                place_sigma_cm=_TAPER_SIGMA_CM,
                side=_side(own, other),
                raw=f"{own.count} to {other.count} lanes",
            )
        ]
    return found


def _side(before: LanesAcross, after: LanesAcross) -> Side:
    if after.count < before.count and before.turns:
        left = TurnDirection.MERGE_TO_RIGHT in before.turns[0]
        right = TurnDirection.MERGE_TO_LEFT in before.turns[-1]
        if left or right:
            return _of(left, right)
    if before.line_left_half_lanes is not None and after.line_left_half_lanes is not None:
        left_change = after.line_left_half_lanes - before.line_left_half_lanes
        right_change = 2 * (after.count - before.count) - left_change
        if left_change * right_change >= 0:
            return _of(left_change != 0, right_change != 0)
    if after.count > before.count and after.turns:
        return _of(
            _edge(after, left=True) > _edge(before, left=True), _edge(after, left=False) > _edge(before, left=False)
        )
    return Side.UNKNOWN


def _edge(lanes: LanesAcross, *, left: bool) -> int:
    """Lanes from an edge inwards that only turn to that side."""
    count = 0
    for turns in lanes.turns if left else lanes.turns[::-1]:
        if not turns or not turns <= (_LEFT if left else _RIGHT):
            break
        count += 1
    return count


def _of(left: bool, right: bool) -> Side:
    if left and right:
        return Side.BOTH
    return Side.LEFT if left else Side.RIGHT if right else Side.UNKNOWN
