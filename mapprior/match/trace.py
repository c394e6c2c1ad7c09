"""The likeliest links of a whole recorded drive.

The lattice (`lattice.py`) picks a link for fixes some metres apart; the poses between are laid on the links
between. Unlike the running match it knows what came after, so it is right sooner.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.match.lattice import Anchor, State, build_lattice, likeliest_states, shares, way_between
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.match.reach import Reach
from mapprior.match.running import DEFAULT_SETTINGS
from mapprior.match.search import tile_states_at, tiles_missing
from mapprior.match.settings import MatchSettings
from mapprior.match.verdict import JUMPED, NO_FIX, NO_ROAD, NO_TILE, SEVERAL_ROADS, TILE_FAILED, TILES_NOT_LOADED
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network, TileState
from mapprior.model.pose import MatchState, Pose

POSES_COUNT_MAX: Final = 1_000_000
_SURE_FROM: Final = 0.7
_CANDIDATE_SHARE_MIN: Final = 0.005
_NEAR_M: Final = 100.0
_SMOOTH_M: Final = 120.0
_SMOOTH_ANCHORS_COUNT: Final = 6
_WAITING: Final = MatchResult(MatchState.WAITING, NO_FIX, (), ())


@dataclass(frozen=True, slots=True)
class TraceMatch:
    """`results`: one per pose, in the same order. `links`: driven, in order, without repetition in sequence."""

    results: tuple[MatchResult, ...]
    links: tuple[LinkId, ...]


def match_trace(network: Network, poses: Sequence[Pose], settings: MatchSettings = DEFAULT_SETTINGS) -> TraceMatch:
    """Match poses in order of time. Tiles along the trace must be at hand; where one is not, results say so.

    Empty for no poses. Where no drive joins two poses the links go on with the next piece.
    """
    reach = Reach(network)
    anchors = build_lattice(network, reach, poses, settings)
    return _Answer(network, reach, poses, settings, anchors).trace()


class _Answer:
    """Lays every pose on the chosen links, piece by piece; a piece is what one drive joins."""

    def __init__(
        self,
        network: Network,
        reach: Reach,
        poses: Sequence[Pose],
        settings: MatchSettings,
        anchors: Sequence[Anchor],
    ) -> None:
        self._network = network
        self._poses = poses
        self._settings = settings
        self._anchors = anchors
        self._chosen = likeliest_states(anchors)
        self._ways: list[tuple[LinkId, ...]] = [
            way_between(reach, before, at, anchor) if not anchor.is_start else ()
            for before, at, anchor in zip(self._chosen, self._chosen[1:], anchors[1:], strict=False)
        ]
        self._links: list[LinkId] = []
        self._results: list[MatchResult] = []

    def trace(self) -> TraceMatch:
        if not self._anchors:
            return TraceMatch((_WAITING,) * len(self._poses), ())
        self._results += [_WAITING] * self._anchors[0].pose_index
        first = 0
        for k in range(len(self._anchors)):
            if k == len(self._ways) or not self._ways[k]:  # nothing leads on from this anchor
                self._piece(first, k)
                first = k + 1
                end = self._anchors[first].pose_index if first < len(self._anchors) else len(self._poses)
                while len(self._results) < end:
                    self._results.append(self._resting(self._poses[len(self._results)]))
        return TraceMatch(tuple(self._results), tuple(self._links))

    def _piece(self, first: int, last: int) -> None:
        """The poses from one anchor to another, laid along the links between."""
        state = self._chosen[first]
        if state.link is None:
            self._results.append(self._off(self._poses[self._anchors[first].pose_index]))
            return
        way, offsets = self._lay(first, last)
        at_m, index = offsets[0], -1
        for k in range(first, last + 1):
            anchor = self._anchors[k]
            if k > first:
                before = self._anchors[k - 1]
                for pose_index in range(before.pose_index + 1, anchor.pose_index):
                    share = self._share(before.pose_index, pose_index, anchor.pose_index)
                    guess_m = offsets[k - 1 - first] + share * (offsets[k - first] - offsets[k - 1 - first])
                    pose = self._poses[pose_index]
                    if not anchor.driven_is_known:
                        guess_m = min(way.near(pose, guess_m), offsets[k - first])
                    at_m = max(at_m, guess_m)
                    index = self._add(way, at_m, pose, index, self._doubt(k - 1))
            at_m = max(at_m, offsets[k - first])
            index = self._add(way, at_m, self._poses[anchor.pose_index], index, self._doubt(k))

    def _lay(self, first: int, last: int) -> tuple["_Way", list[float]]:
        """The links of a piece, and where on them its anchors lie."""
        start = self._chosen[first]
        assert start.link is not None
        links = [start.link]
        start_m, offsets, driven = 0.0, [start.s_m], [0.0]
        for k in range(first, last):
            for link_id in self._ways[k][1:]:
                start_m += links[-1].line.length_m
                link = self._network.link(link_id)
                assert link is not None  # its tile was at hand when the way was found
                links.append(link)
            offsets.append(max(offsets[-1], start_m + self._chosen[k + 1].s_m))
            driven.append(driven[-1] + self._anchors[k + 1].driven_m)
        if all(self._anchors[k].driven_is_known for k in range(first + 1, last + 1)):
            offsets = _smoothed(offsets, driven)
        return _Way(links), offsets

    def _add(self, way: "_Way", at_m: float, pose: Pose, index: int, doubt: "_Doubt") -> int:
        """One more result; the place in the way's links it lies on, -1 before the first."""
        start, at = max(0, index), max(0, index)
        while at < len(way.links) - 1 and at_m >= way.starts_m[at + 1]:
            at += 1
        link = way.links[at]
        s_m = min(link.line.length_m, at_m - way.starts_m[at])
        lateral_m = error_rad = 0.0
        if pose.lat_e7 is not None and pose.lon_e7 is not None:
            line = link.line
            lateral_m = line.project(*line.frame.xy_m(lat_e7=pose.lat_e7, lon_e7=pose.lon_e7)).lateral_m
        if pose.heading_rad is not None:
            error_rad = wrap_rad(pose.heading_rad - link.line.heading_at(s_m))
        first = _candidate(link, s_m, lateral_m, error_rad, doubt.sure)
        others = tuple(c for c in doubt.others if c.link_id != link.link_id)
        state = MatchState.TRACKING if doubt.sure >= _SURE_FROM else MatchState.AMBIGUOUS
        reason = "" if state is MatchState.TRACKING else SEVERAL_ROADS
        if abs(lateral_m) > self._settings.jump_m + 5.0 * (pose.position_sigma_m or self._settings.position_sigma_m):
            # the way is the best there is, and this fix is not on it: an outlier, or a drive the map does not know
            state, reason = MatchState.AMBIGUOUS, JUMPED
        passed = () if index < 0 else tuple(x.link_id for x in way.links[start : at + 1])
        for entered in passed[1:] or (() if passed else (link.link_id,)):
            if not self._links or self._links[-1] != entered:
                self._links.append(entered)
        self._results.append(MatchResult(state, reason, (first, *others), passed, pose.lat_e7 is None))
        return at

    def _doubt(self, k: int) -> "_Doubt":
        """How sure the way is at an anchor: all states on it count, since neighbouring links are one road."""
        here = self._chosen[k].link
        on_way = {here.link_id} if here is not None else set()
        for way in self._ways[max(0, k - 1) : k + 1]:
            on_way.update(way)
        sure, others = 0.0, []
        for share, s in sorted(zip(shares(self._anchors[k]), self._anchors[k].states, strict=True), key=_less_likely):
            if s.link is None:
                continue
            if s.link.link_id in on_way:
                sure += share
            elif share >= _CANDIDATE_SHARE_MIN:
                others.append(_candidate(s.link, s.s_m, s.lateral_m, s.heading_error_rad, share))
        return _Doubt(min(1.0, sure), tuple(others[: self._settings.candidates_count_max - 1]))

    def _share(self, first: int, index: int, end: int) -> float:
        """How much of the way between two anchors is driven at a pose: by odometer, else by time."""
        a, at, b = self._poses[first], self._poses[index], self._poses[end]
        if a.travelled_m is not None and at.travelled_m is not None and b.travelled_m is not None:
            whole = b.travelled_m - a.travelled_m
            if whole > 0.0:
                return min(1.0, max(0.0, (at.travelled_m - a.travelled_m) / whole))
        whole_us = b.pose_time_us - a.pose_time_us
        return (at.pose_time_us - a.pose_time_us) / whole_us if whole_us > 0 else 0.0

    def _off(self, pose: Pose) -> MatchResult:
        assert pose.lat_e7 is not None and pose.lon_e7 is not None
        where = {"lat_e7": pose.lat_e7, "lon_e7": pose.lon_e7}
        if tiles_missing(self._network, self._settings, **where):
            return MatchResult(MatchState.WAITING, TILES_NOT_LOADED, (), ())
        states = tile_states_at(self._network, **where)
        if TileState.LOADED in states:
            return MatchResult(MatchState.OFF_ROAD, NO_ROAD, (), ())
        reason = TILE_FAILED if TileState.FAILED in states else NO_TILE
        return MatchResult(MatchState.NO_COVERAGE, reason, (), ())

    def _resting(self, pose: Pose) -> MatchResult:
        """As the last anchor: no way leads on from it."""
        like = self._results[-1]
        here = (like.candidates[0].link_id,) if like.candidates else ()
        return replace(like, passed=here, extrapolated=pose.lat_e7 is None and bool(here))


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Probability of the way chosen, and what else may be."""

    sure: float
    others: tuple[MatchCandidate, ...]


class _Way:
    """Links in driving order, with the offset of each one's start."""

    __slots__ = ("links", "starts_m")

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = tuple(links)
        self.starts_m = (0.0, *accumulate(link.line.length_m for link in links[:-1]))

    def near(self, pose: Pose, guess_m: float) -> float:
        """The offset nearest to a fix, drawn towards the guess; the guess without a fix."""
        if pose.lat_e7 is None or pose.lon_e7 is None:
            return guess_m
        best, best_m = math.inf, guess_m
        for start_m, link in zip(self.starts_m, self.links, strict=True):
            if start_m - _NEAR_M > guess_m or start_m + link.line.length_m + _NEAR_M < guess_m:
                continue
            p = link.line.project(*link.line.frame.xy_m(lat_e7=pose.lat_e7, lon_e7=pose.lon_e7))
            away = math.hypot(p.distance_m, 0.5 * (start_m + p.s_m - guess_m))
            if away < best:
                best, best_m = away, start_m + p.s_m
        return best_m


def _smoothed(offsets_m: Sequence[float], driven_m: Sequence[float]) -> list[float]:
    """Offsets whose differences follow the driven distance over some anchors: noise along the road cancels."""
    ahead = [offset - driven for offset, driven in zip(offsets_m, driven_m, strict=True)]
    smooth: list[float] = []
    for k, driven in enumerate(driven_m):
        near = [
            ahead[i]
            for i in range(max(0, k - _SMOOTH_ANCHORS_COUNT), min(len(ahead), k + _SMOOTH_ANCHORS_COUNT + 1))
            if abs(driven_m[i] - driven) <= _SMOOTH_M
        ]
        at = driven + sum(near) / len(near)
        smooth.append(max(smooth[-1], at) if smooth else max(0.0, at))
    return smooth


def _candidate(
    link: Link, s_m: float, lateral_m: float, heading_error_rad: float, probability: float
) -> MatchCandidate:
    length = link.line.length_m
    at = round(s_m * link.length_cm / length) if length > 0.0 else 0
    return MatchCandidate(
        link.link_id, max(0, min(link.length_cm, at)), lateral_m, heading_error_rad, min(1.0, probability)
    )


def _less_likely(shared: tuple[float, State]) -> float:
    return -shared[0]
