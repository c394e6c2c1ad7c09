"""The lattice of a recorded drive: anchors, the links each may lie on, and how one follows another.

A hidden Markov model. Anchors are fixes far enough apart that their errors are their own; states are links near
the fix and "on no road"; a transition is as likely as its length along the network agrees with what the vehicle
drove. Viterbi picks the states, forward-backward says how sure that is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from mapprior.geo.frame import distance_m
from mapprior.match.motion import Motion
from mapprior.match.reach import Reach
from mapprior.match.search import propose
from mapprior.match.settings import MatchSettings
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import Pose

_ANCHOR_DISTANCE_M_MIN: Final = 8.0
_ANCHOR_SIGMAS: Final = 4.0  # so that noise hardly ever makes a vehicle seem to go backwards
_STATES_COUNT_MAX: Final = 8
_DETOUR_RATIO: Final = 2.0
_DETOUR_M: Final = 200.0
_REACH_M_MAX: Final = 5_000.0
_LENGTH_SLACK_M: Final = 10.0  # scale of disagreement between driven and network length
_LENGTH_SLACK_RATIO: Final = 0.1
_TURN_ROUND_EVIDENCE: Final = -5.0
_LEAVE_ROAD_EVIDENCE: Final = -4.0
_HOPELESS_EVIDENCE: Final = -25.0  # behind the best: not followed further
_GAP_MS_MAX: Final = 300_000.0


@dataclass(slots=True)
class State:
    """A link at an anchor; no link is "on no road"."""

    link: Link | None
    s_m: float
    lateral_m: float
    heading_error_rad: float
    evidence: float
    best: float = -math.inf  # log-likelihood of the likeliest way here
    before: "State | None" = None
    forward: float = -math.inf  # log-likelihood of all ways here, against the best state
    backward: float = 0.0  # and of all ways onward
    onward: list[tuple["State", float]] = field(default_factory=list)


@dataclass(slots=True)
class Anchor:
    pose_index: int
    states: list[State]
    driven_m: float  # since the last anchor; the straight line where nothing better is known
    driven_is_known: bool  # by odometer or speed
    gone_m: float  # straight line since the last anchor
    dt_ms: float
    is_start: bool = True  # no state before leads here


def build_lattice(network: Network, reach: Reach, poses: Sequence[Pose], settings: MatchSettings) -> list[Anchor]:
    """Anchors of a drive in order, their states solved; empty where no pose has a fix."""
    anchors = _anchors(network, poses, settings)
    if anchors:
        _start(anchors[0])
    for before, anchor in pairwise(anchors):
        _join(reach, before, anchor)
        _follow(before, anchor)
    _look_back(anchors)
    return anchors


def likeliest_states(anchors: Sequence[Anchor]) -> list[State]:
    """One state per anchor, along the likeliest way."""
    chosen: list[State] = []
    state: State | None = None
    for anchor in reversed(anchors):
        if state is None:
            state = max(anchor.states, key=lambda s: s.best)
        chosen.append(state)
        state = None if anchor.is_start else state.before
    return chosen[::-1]


def way_between(reach: Reach, a: State, b: State, anchor: Anchor) -> tuple[LinkId, ...]:
    """Links from one state to the one it leads to, both included; empty where no drive joins them."""
    if a.link is None or b.link is None:
        return ()
    first, last = a.link.link_id, b.link.link_id
    if first == last and b.s_m >= a.s_m - _LENGTH_SLACK_M:
        return (first,)
    if a.link.twin_id == last and not a.link.dead_end:
        return ()  # turned round on the way
    return reach.way(a.link, last, _limit_m(anchor))


def _limit_m(anchor: Anchor) -> float:
    return min(_REACH_M_MAX, _DETOUR_RATIO * max(anchor.driven_m, anchor.gone_m) + _DETOUR_M)


def _anchors(network: Network, poses: Sequence[Pose], settings: MatchSettings) -> list[Anchor]:
    anchors: list[Anchor] = []
    motion = Motion(settings)
    last: Pose | None = None
    driven, known = 0.0, True
    for index, pose in enumerate(poses):
        sigma = max(settings.position_sigma_m_min, pose.position_sigma_m or settings.position_sigma_m)
        motion.advance(pose, sigma)
        driven += abs(motion.distance_m)
        known = known and motion.is_known
        if pose.lat_e7 is None or pose.lon_e7 is None:
            continue
        gone = 0.0 if last is None else _distance_m(last, pose)
        is_end = index == len(poses) - 1
        # By odometer where there is one: picking fixes by their distance picks those with the largest errors.
        apart = driven if known else gone
        if last is not None and apart < max(_ANCHOR_DISTANCE_M_MIN, _ANCHOR_SIGMAS * sigma) and not is_end:
            continue
        spread = math.hypot(sigma, settings.map_sigma_m)
        found = propose(network, settings, motion, lat_e7=pose.lat_e7, lon_e7=pose.lon_e7, sigma_m=spread)
        states = [
            State(p.link, p.s_m, p.lateral_m, p.heading_error_rad, max(settings.evidence_min, p.evidence))
            for p in found[:_STATES_COUNT_MAX]
        ]
        states.append(State(None, 0.0, 0.0, 0.0, settings.off_road_evidence))
        dt_ms = 0.0 if last is None else (pose.pose_time_us - last.pose_time_us) * 1e-3
        anchors.append(Anchor(index, states, driven if known else gone, known, gone, dt_ms))
        motion.fix_used()
        last, driven, known = pose, 0.0, True
    return anchors


def _distance_m(a: Pose, b: Pose) -> float:
    assert a.lat_e7 is not None and a.lon_e7 is not None and b.lat_e7 is not None and b.lon_e7 is not None
    return distance_m(
        lat_a_e7=round(a.lat_e7), lon_a_e7=round(a.lon_e7), lat_b_e7=round(b.lat_e7), lon_b_e7=round(b.lon_e7)
    )


def _join(reach: Reach, before: Anchor, anchor: Anchor) -> None:
    """All transitions between two anchors with their log-likelihoods."""
    if anchor.dt_ms > _GAP_MS_MAX:
        return
    limit = _limit_m(anchor)
    slack = _LENGTH_SLACK_M + _LENGTH_SLACK_RATIO * anchor.driven_m
    for a in before.states:
        for b in anchor.states:
            if a.link is None or b.link is None:
                evidence = 0.0 if a.link is b.link else _LEAVE_ROAD_EVIDENCE
            else:
                length = _way_length_m(reach, a, b, limit)
                if length is None:
                    continue
                evidence = -abs(length - anchor.driven_m) / slack
                if b.link.link_id == a.link.twin_id and not a.link.dead_end:
                    evidence += _TURN_ROUND_EVIDENCE
            a.onward.append((b, evidence))


def _way_length_m(reach: Reach, a: State, b: State, limit_m: float) -> float | None:
    assert a.link is not None and b.link is not None
    if a.link.link_id == b.link.link_id and b.s_m >= a.s_m - _LENGTH_SLACK_M:
        return max(0.0, b.s_m - a.s_m)
    rest = a.link.line.length_m - a.s_m
    if a.link.twin_id == b.link.link_id and not a.link.dead_end:
        return abs(b.s_m - rest)  # turned round on the way
    between = reach.length_m(a.link, b.link.link_id, limit_m)
    return None if between is None else rest + between + b.s_m


def _start(anchor: Anchor) -> None:
    anchor.is_start = True
    for state in anchor.states:
        state.best = state.forward = state.evidence
        state.before = None


def _follow(before: Anchor, anchor: Anchor) -> None:
    """Viterbi and forward pass of one step; starts afresh where no transition is possible."""
    top = max(state.best for state in before.states)
    arriving: dict[int, list[float]] = {}
    for a in before.states:
        if a.best < top + _HOPELESS_EVIDENCE:
            continue
        for b, evidence in a.onward:
            arriving.setdefault(id(b), []).append(a.forward + evidence)
            if a.best + evidence > b.best:
                b.best, b.before = a.best + evidence, a
    if not arriving:
        _start(anchor)
        return
    anchor.is_start = False
    for b in anchor.states:
        b.best += b.evidence
        b.forward = _log_sum(arriving.get(id(b), ())) + b.evidence
    top = max(b.best for b in anchor.states)
    for b in anchor.states:  # kept small, so that long traces lose no precision
        b.best -= top
        b.forward -= top


def _look_back(anchors: Sequence[Anchor]) -> None:
    for anchor, after in zip(reversed(anchors[:-1]), reversed(anchors[1:]), strict=True):
        if after.is_start:
            continue
        for a in anchor.states:
            a.backward = _log_sum([evidence + b.evidence + b.backward for b, evidence in a.onward])
        top = max(a.backward for a in anchor.states)
        for a in anchor.states:
            a.backward -= top


def _log_sum(values: Sequence[float]) -> float:
    top = max(values, default=-math.inf)
    return top if top == -math.inf else top + math.log(sum(math.exp(v - top) for v in values))


def shares(anchor: Anchor) -> list[float]:
    """Probability of each state of an anchor, given the whole drive."""
    logs = [s.forward + s.backward for s in anchor.states]
    top = max(logs)
    weights = [math.exp(x - top) if x > top - 700.0 else 0.0 for x in logs]
    total = sum(weights)
    return [w / total for w in weights]
