"""The likeliest links of a whole recorded drive.

The running match, looked back on (`hindsight.py`), tells the links driven and where on them some of the fixes lie;
the poses between are laid between. Unlike the running match it knows what came after, so it is right sooner.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.match.hindsight import Fix, Piece, look_back
from mapprior.match.position import MatchCandidate, MatchResult
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
# A way is given up later than in the running match: what comes after may still prove it.
_KEPT_WEIGHT_MIN: Final = 1e-7
_HYPOTHESES_COUNT_MAX: Final = 32
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
    wide = replace(settings, kept_weight_min=_KEPT_WEIGHT_MIN, hypotheses_count_max=_HYPOTHESES_COUNT_MAX)
    return _Answer(network, poses, settings).trace(look_back(network, poses, wide))


class _Answer:
    """Lays every pose on the links driven, piece by piece; a piece is what one drive joins."""

    def __init__(self, network: Network, poses: Sequence[Pose], settings: MatchSettings) -> None:
        self._network = network
        self._poses = poses
        self._settings = settings
        self._links: list[LinkId] = []
        self._results: list[MatchResult] = []

    def trace(self, parts: Sequence[Piece | Fix]) -> TraceMatch:
        for part in parts:
            begin = part.pose_index if isinstance(part, Fix) else part.fixes[0].pose_index
            while len(self._results) < begin:
                self._results.append(self._resting(self._poses[len(self._results)]))
            if isinstance(part, Fix):
                self._results.append(self._off(part.pose))
            else:
                self._lay(part)
        while len(self._results) < len(self._poses):
            self._results.append(self._resting(self._poses[len(self._results)]))
        return TraceMatch(tuple(self._results), tuple(self._links))

    def _lay(self, piece: Piece) -> None:
        """The poses from the first fix of a piece to its last, laid along its links."""
        way, offsets = _Way(piece.links), piece.offsets_m
        at_m, index = offsets[0], -1
        for k, fix in enumerate(piece.fixes):
            if k > 0:
                before = piece.fixes[k - 1]
                for pose_index in range(before.pose_index + 1, fix.pose_index):
                    share = self._share(before.pose_index, pose_index, fix.pose_index)
                    at_m = max(at_m, offsets[k - 1] + share * (offsets[k] - offsets[k - 1]))
                    index = self._add(way, at_m, self._poses[pose_index], index, _Doubt.of(piece, k - 1))
            at_m = max(at_m, offsets[k])
            index = self._add(way, at_m, fix.pose, index, _Doubt.of(piece, k))

    def _add(self, way: "_Way", at_m: float, pose: Pose, index: int, doubt: "_Doubt") -> int:
        """One more result; the place in the way's links it lies on, -1 before the first."""
        start, at = max(0, index), max(0, index)
        while at < len(way.links) - 1 and at_m >= way.starts_m[at + 1]:
            at += 1
        link = way.links[at]
        s_m = min(link.line.length_m, at_m - way.starts_m[at])
        sigma_m = pose.position_sigma_m or self._settings.position_sigma_m
        beside_sigma_m = 0.0 if pose.lat_e7 is None else math.hypot(sigma_m, self._settings.map_sigma_m)
        first = _candidate(pose, link, s_m, doubt.sure, doubt.sigma_m, beside_sigma_m)
        others = tuple(
            _candidate(pose, other, other_m, share, 0.0, beside_sigma_m)
            for other, other_m, share in doubt.others
            if other.link_id != link.link_id
        )
        state = MatchState.TRACKING if doubt.sure >= _SURE_FROM else MatchState.AMBIGUOUS
        reason = "" if state is MatchState.TRACKING else SEVERAL_ROADS
        if abs(first.lateral_m) > self._settings.jump_m + 5.0 * sigma_m:
            # the way is the best there is, and this fix is not on it: an outlier, or a drive the map does not know
            state, reason = MatchState.AMBIGUOUS, JUMPED
        passed = () if index < 0 else tuple(x.link_id for x in way.links[start : at + 1])
        for entered in passed[1:] or (() if passed else (link.link_id,)):
            if not self._links or self._links[-1] != entered:
                self._links.append(entered)
        self._results.append(MatchResult(state, reason, (first, *others), passed, pose.lat_e7 is None))
        return at

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
        if not self._results:
            return _WAITING
        like = self._results[-1]
        here = (like.candidates[0].link_id,) if like.candidates else ()
        return replace(like, passed=here, extrapolated=pose.lat_e7 is None and bool(here))


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Probability of the way chosen, what else may be, and how far along the offset may be off."""

    sure: float
    others: Sequence[tuple[Link, float, float]]  # (link, offset, probability)
    sigma_m: float

    @classmethod
    def of(cls, piece: Piece, k: int) -> "_Doubt":
        return cls(piece.shares[k], piece.others[k], piece.sigmas_m[k])


class _Way:
    """Links in driving order, with the offset of each one's start."""

    __slots__ = ("links", "starts_m")

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = tuple(links)
        self.starts_m = (0.0, *accumulate(link.line.length_m for link in links[:-1]))


def _candidate(
    pose: Pose, link: Link, s_m: float, probability: float, offset_sigma_m: float, lateral_sigma_m: float
) -> MatchCandidate:
    """A place as the pose sees it."""
    line = link.line
    lateral_m, error_rad = 0.0, None
    if pose.lat_e7 is not None and pose.lon_e7 is not None:
        lateral_m = line.project(*line.frame.xy_m(lat_e7=pose.lat_e7, lon_e7=pose.lon_e7)).lateral_m
    if pose.heading_rad is not None:
        error_rad = wrap_rad(pose.heading_rad - line.heading_at(s_m))
    at = round(s_m * link.length_cm / line.length_m) if line.length_m > 0.0 else 0
    return MatchCandidate(
        link.link_id,
        max(0, min(link.length_cm, at)),
        lateral_m,
        error_rad,
        min(1.0, probability),
        offset_sigma_m,
        lateral_sigma_m,
    )
