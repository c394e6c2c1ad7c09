"""What the arrows of its lanes tell of where a vehicle goes at the end of a link.

Arrows are told apart by their order across the road, not by their angle alone: at a fork of a motorway "left" may
lead straight on.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import Final

from mapprior.model.lane import Lane, LaneType, LinkLanes, TurnDirection

_ARROWS_DEG: Final[Mapping[TurnDirection, int]] = {  # left positive
    TurnDirection.SHARP_LEFT: 135,
    TurnDirection.LEFT: 90,
    TurnDirection.SLIGHT_LEFT: 30,
    TurnDirection.THROUGH: 0,
    TurnDirection.MERGE_TO_LEFT: 0,
    TurnDirection.MERGE_TO_RIGHT: 0,
    TurnDirection.SLIGHT_RIGHT: -30,
    TurnDirection.RIGHT: -90,
    TurnDirection.SHARP_RIGHT: -135,
}
_ARROW_DEG: Final = tuple(_ARROWS_DEG.get(turn) for turn in (TurnDirection.NONE, *TurnDirection))  # by its number
_WAY_WITHOUT_ARROW_DEG: Final = 45  # as bad as an arrow that is this far off
_WAYS_COUNT_MAX: Final = 6  # more are not told apart
_FORKS_COUNT_MAX: Final = 4096  # remembered
_FOR_CARS: Final = (LaneType.DRIVING, LaneType.UNKNOWN)
# The lane may change, the arrow be wrong or ignored. Working figures: no drive at hand has lanes and arrows.
_AGAINST_THE_ARROW: Final = 0.03


def has_arrows(lanes: LinkLanes) -> bool:
    """Is there any arrow at the end of a link?"""
    return bool(lanes.sections) and any(lane.turns for lane in lanes.sections[-1].lanes)


def go_on(lanes: LinkLanes, onward: LinkLanes) -> bool:
    """Are the arrows painted again on a way onward? Then they are for a junction farther ahead."""
    if not lanes.sections or not onward.sections:
        return False
    here, there = lanes.sections[-1].lanes, onward.sections[0].lanes
    return len(here) == len(there) and all(a.turns == b.turns for a, b in zip(here, there, strict=True))


def lane_factors(
    lanes: LinkLanes, bends_rad: Sequence[float], weights: Sequence[float], lane_shares: Mapping[int, float] | None
) -> list[float] | None:
    """What to multiply the weight of each way at the end of a link with; None where the arrows tell nothing.

    `bends_rad` and `weights`, one per way, bends left positive. `lane_shares` is the probability of each lane by its
    index from the left, as far as its place across the road tells. What it leaves open, all where it is None, counts
    by how much of the road's width is for each way. A lane without arrows, or with one that leads back only, is for
    all ways.
    """
    bends_deg = [round(math.degrees(x)) for x in bends_rad]
    if not lanes.sections or not 2 <= len(set(bends_deg)) <= _WAYS_COUNT_MAX:
        return None
    across = lanes.sections[-1].lanes
    arrows = [[deg for turn in lane.turns if (deg := _ARROW_DEG[turn]) is not None] for lane in across]
    leads_to = _leads_to(
        tuple(sorted({deg for degs in arrows for deg in degs}, reverse=True)),
        tuple(sorted(set(bends_deg), reverse=True)),
    )
    if not leads_to:
        return None
    bends_of_lanes = [{bend for deg in degs for bend in leads_to[deg]} or bends_deg for degs in arrows]
    is_open = [[bend in bends for bend in bends_deg] for bends in bends_of_lanes]
    even = _even_shares(across)
    factors = [
        _AGAINST_THE_ARROW + (1.0 - _AGAINST_THE_ARROW) * min(1.0, sum(even[k] for k, x in enumerate(is_open) if x[i]))
        for i in range(len(bends_deg))
    ]
    known = [max(0.0, (lane_shares or {}).get(k, 0.0)) for k in range(len(across))]
    if not any(known):
        return factors
    return _with_lane(factors, [x / sum(weights) for x in weights], is_open, even, known)


def _with_lane(
    factors: Sequence[float],
    ways: Sequence[float],
    is_open: Sequence[Sequence[bool]],
    even: Sequence[float],
    known: Sequence[float],
) -> list[float]:
    """The factors where something is known of the lane: first the lane, then the way from it as its arrows say.

    How many vehicles use a lane is half what its ways are worth, half the same for all: a lane is built for who turns.
    """
    lanes_count = [sum(x) for x in zip(*is_open, strict=True)]  # of each way
    used = [
        0.5 * (x + sum(way / count for way, count, on in zip(ways, lanes_count, row, strict=True) if on))
        for x, row in zip(even, is_open, strict=True)
    ]
    likely = [share * x for share, x in zip(known, used, strict=True)]
    whole = min(1.0, sum(known))
    rest = (1.0 - whole) / sum(way * x for way, x in zip(ways, factors, strict=True))
    found = [rest * x for x in factors]
    for lane, row in zip(likely, is_open, strict=True):
        share = whole * lane / sum(likely)
        against = _AGAINST_THE_ARROW * sum(way for way, on in zip(ways, row, strict=True) if not on)
        along = sum(way for way, on in zip(ways, row, strict=True) if on)
        for i, on in enumerate(row):
            found[i] += share * ((1.0 - against) / along if on else _AGAINST_THE_ARROW)
    return found


def _even_shares(across: Sequence[Lane]) -> list[float]:
    """As if vehicles were spread over the lanes for cars alike."""
    for_cars = [lane.lane_type in _FOR_CARS for lane in across]
    if not any(for_cars):
        for_cars = [True] * len(across)
    return [also / sum(for_cars) for also in for_cars]


@lru_cache(maxsize=_FORKS_COUNT_MAX)
def _leads_to(arrows_deg: tuple[int, ...], bends_deg: tuple[int, ...]) -> Mapping[int, frozenset[int]]:
    """The bend each arrow stands for, both from left to right; several where as much speaks for one as for another.

    Arrows and ways keep their order across the road; their angles, and ways left without arrow, decide the rest.
    """

    def misfit(taken: Sequence[int]) -> int:
        off = sum(abs(arrow - bends_deg[k]) for arrow, k in zip(arrows_deg, taken, strict=True))
        return off + _WAY_WITHOUT_ARROW_DEG * (len(bends_deg) - len(set(taken)))

    orders = [(misfit(taken), taken) for taken in combinations_with_replacement(range(len(bends_deg)), len(arrows_deg))]
    least = min(off for off, _ in orders)
    best = [taken for off, taken in orders if off == least]
    return {arrow: frozenset(bends_deg[taken[i]] for taken in best) for i, arrow in enumerate(arrows_deg)}
