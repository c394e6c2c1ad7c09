"""Which ways a recorded drive took: the truth that branch probabilities are held to, told without any.

The project's own match would not do: it holds likely ways for likely, and would find them likely again. This one knows
fixes and lengths only: a fix lies near its road, and the way between two fixes is about as long as they are apart.
A hidden Markov model over the links near each fix, solved over the whole drive; for fixes some seconds apart.
"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from mapprior.geo.frame import distance_m
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import Pose

SURE_FROM: Final = 0.9
FIX_EVIDENCE_MIN: Final = -2.0  # two sigmas
FIX_SIGMA_M: Final = 7.0  # of receiver, map and lane together
NEAR_M: Final = 45.0
STATES_COUNT_MAX: Final = 8
APART_M_MIN: Final = 25.0  # fixes nearer to the last one used are left out: noise would drive backwards
APART_US_MAX: Final = 20_000_000
SLACK_M, SLACK_RATIO = 10.0, 0.1  # scale of disagreement between the way and the straight line
DETOUR_M, DETOUR_RATIO = 200.0, 2.0
TAIL_LINKS_COUNT: Final = 8  # for turn restrictions
_NEVER: Final = -1e9


@dataclass(frozen=True, slots=True)
class Leg:
    """The links from one fix to the next, both ends included. Sure where both fixes surely lie on them, and near them:
    else the drive may have left the mapped roads.

    How well its length fits has no say in that: a way with a turn in it is always longer than its fixes are apart.
    """

    way: tuple[LinkId, ...]
    is_sure: bool


@dataclass(slots=True)
class _State:
    link: Link
    s_m: float
    evidence: float
    before: dict[int, tuple[float, tuple[LinkId, ...]]] = field(default_factory=dict)  # place there: evidence, way


class Ways:
    """Shortest ways from the end of a link, remembered."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._found: dict[LinkId, tuple[float, dict[LinkId, tuple[float, LinkId]]]] = {}

    def length_m(self, first: LinkId, last: LinkId, limit_m: float) -> float | None:
        """Metres from the end of one link to the start of another; None where that takes more than the limit."""
        found = self._from(first, limit_m).get(last)
        return None if found is None or found[0] > limit_m else found[0]

    def way(self, first: LinkId, last: LinkId, limit_m: float) -> tuple[LinkId, ...]:
        found, way = self._from(first, limit_m), [last]
        while len(way) < 2 or way[-1] != first:
            way.append(found[way[-1]][1])
        return tuple(reversed(way))

    def _from(self, first: LinkId, limit_m: float) -> Mapping[LinkId, tuple[float, LinkId]]:
        """For each link within reach: metres to its start, and the link before it."""
        held = self._found.get(first)
        if held is not None and held[0] >= limit_m:
            return held[1]
        found: dict[LinkId, tuple[float, LinkId]] = {}
        heap = [(0.0, x, first) for x in next_links(self.network, (first,)) or ()]
        heapq.heapify(heap)
        while heap:
            metres, link_id, before = heapq.heappop(heap)
            link = self.network.link(link_id)
            if link_id in found or metres > limit_m or link is None:
                continue
            found[link_id] = (metres, before)
            tail = [link_id]
            while len(tail) < TAIL_LINKS_COUNT and tail[-1] != first:
                tail.append(found[tail[-1]][1])
            for onward in next_links(self.network, tail[::-1]) or ():
                heapq.heappush(heap, (metres + link.line.length_m, onward, link_id))
        self._found[first] = (limit_m, found)
        return found


def legs_driven(ways: Ways, poses: Sequence[Pose]) -> list[Leg | None]:
    """One leg for each two fixes in a row; None where no drive joins them, or too much time lies between."""
    fixes = _fixes(poses)
    steps = [_states(ways.network, pose) for pose in fixes]
    for (a, before), (b, states) in pairwise(zip(fixes, steps, strict=True)):
        if b.pose_time_us - a.pose_time_us <= APART_US_MAX:
            _join(ways, before, states, _apart_m(a, b))
    legs: list[Leg | None] = []
    first = 0
    for k in range(1, len(steps) + 1):
        if k == len(steps) or not any(state.before for state in steps[k]):
            legs += _solved(steps[first:k])
            if k < len(steps):
                legs.append(None)
            first = k
    return legs


def _fixes(poses: Sequence[Pose]) -> list[Pose]:
    fixes: list[Pose] = []
    waited: Pose | None = None  # the last of the fixes left out: the drive goes on from there
    for pose in poses:
        if pose.lat_e7 is None:
            continue
        if fixes and _apart_m(fixes[-1], pose) < APART_M_MIN:
            waited = pose
            continue
        if waited is not None and pose.pose_time_us - fixes[-1].pose_time_us > APART_US_MAX:
            fixes[-1] = waited
        waited = None
        fixes.append(pose)
    return fixes


def _apart_m(a: Pose, b: Pose) -> float:
    assert a.lat_e7 is not None and a.lon_e7 is not None and b.lat_e7 is not None and b.lon_e7 is not None
    return distance_m(
        lat_a_e7=round(a.lat_e7), lon_a_e7=round(a.lon_e7), lat_b_e7=round(b.lat_e7), lon_b_e7=round(b.lon_e7)
    )


def _states(network: Network, pose: Pose) -> list[_State]:
    assert pose.lat_e7 is not None and pose.lon_e7 is not None
    states = []
    for link in network.near(lat_e7=pose.lat_e7, lon_e7=pose.lon_e7, radius_m=NEAR_M):
        at = link.line.project(*link.line.frame.xy_m(lat_e7=pose.lat_e7, lon_e7=pose.lon_e7))
        if at.distance_m <= NEAR_M:
            states.append(_State(link, at.s_m, -0.5 * (at.distance_m / FIX_SIGMA_M) ** 2))
    return sorted(states, key=lambda x: (-x.evidence, x.link.link_id))[:STATES_COUNT_MAX]


def _join(ways: Ways, before: Sequence[_State], states: Sequence[_State], apart_m: float) -> None:
    limit_m = DETOUR_RATIO * apart_m + DETOUR_M
    begins = not any(a.before for a in before)
    for i, a in enumerate(before):
        if not begins and not a.before:
            continue  # nothing leads here
        for b in states:
            way: tuple[LinkId, ...] = (a.link.link_id,)
            if a.link is b.link and b.s_m >= a.s_m - SLACK_M:
                length_m = max(0.0, b.s_m - a.s_m)
            else:
                between_m = ways.length_m(a.link.link_id, b.link.link_id, limit_m)
                if between_m is None:
                    continue
                length_m = a.link.line.length_m - a.s_m + between_m + b.s_m
                way = ways.way(a.link.link_id, b.link.link_id, limit_m)
            b.before[i] = (-abs(length_m - apart_m) / (SLACK_M + SLACK_RATIO * apart_m), way)


def _solved(steps: Sequence[Sequence[_State]]) -> list[Leg | None]:
    """The likeliest legs of a stretch that one drive joins."""
    best = [[x.evidence for x in steps[0]]]
    forward = [[x.evidence for x in steps[0]]]
    for states in steps[1:]:
        best.append(
            [b.evidence + max((best[-1][i] + e for i, (e, _) in b.before.items()), default=_NEVER) for b in states]
        )
        forward.append([b.evidence + _log_sum([forward[-1][i] + e for i, (e, _) in b.before.items()]) for b in states])
    backward = [[0.0] * len(steps[-1])]
    for before, states in reversed(list(pairwise(steps))):
        after = backward[0]
        backward.insert(
            0,
            [
                _log_sum([b.before[i][0] + b.evidence + after[j] for j, b in enumerate(states) if i in b.before])
                for i in range(len(before))
            ],
        )
    chosen = [max(range(len(steps[-1])), key=lambda j: best[-1][j])] if steps[-1] else []
    legs: list[tuple[LinkId, ...]] = []
    fits: list[bool] = []
    for k in range(len(steps) - 1, 0, -1):
        b = steps[k][chosen[0]]
        i = max(b.before, key=lambda i: best[k - 1][i] + b.before[i][0])
        legs.insert(0, b.before[i][1])
        fits.insert(0, min(b.evidence, steps[k - 1][i].evidence) >= FIX_EVIDENCE_MIN)
        chosen.insert(0, i)
    sure = []
    for k, states in enumerate(steps):
        logs = [f + b for f, b in zip(forward[k], backward[k], strict=True)]
        whole = _log_sum(logs)
        near = {x for way in legs[max(0, k - 1) : k + 1] for x in way}
        sure.append(
            sum(math.exp(x - whole) for x, state in zip(logs, states, strict=True) if state.link.link_id in near)
        )
    return [Leg(way, fits[k] and min(sure[k : k + 2]) >= SURE_FROM) for k, way in enumerate(legs)]


def _log_sum(values: Sequence[float]) -> float:
    top = max(values, default=_NEVER)
    return top if top <= _NEVER else top + math.log(sum(math.exp(max(-700.0, v - top)) for v in values))
