"""From one fix to the next where they lie some seconds apart, over whole streets.

One place of a road is as good as the next beside it. So the places about a fix are weighed one by one, by the fix and
by each place about the fix before (`cells.py`), and by what a drive from there would have been: how much longer than
straight there, and past which junctions. How likely a link is, is the sum over its places: a short one holds few of
them, however near it is.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from mapprior.geo.frame import distance_m
from mapprior.match.cells import CELL_M_MIN, EVIDENCE_MIN, Cells, Floats, onward
from mapprior.match.hypothesis import Hypothesis
from mapprior.match.motion import Motion
from mapprior.match.places import Places, Sight, places_near, together
from mapprior.match.reach import Reach, Ways
from mapprior.match.search import HEADING_EVIDENCE_MIN, Proposal
from mapprior.match.settings import MatchSettings
from mapprior.model.ids import LinkId

_ESTIMATE_SIGMAS: Final = np.arange(-2.5, 2.6, 0.5)
_PACE_KEPT_SHARE: Final = 0.5  # of what was thought of the speed before
_ODOMETER_SIGMA_M: Final = 2.0
_SLACK_SIGMAS: Final = 6.0
_SLACK_M_MAX: Final = 2_000.0  # of a fix that is worse than this a longer way tells nothing
_SPEED_MPS_MAX: Final = 70.0  # nobody drives faster: rather a jump
_NEVER: Final = -math.inf
_UNLIKELY: Final = -30.0  # no drive: rather a jump


def leap(
    hypotheses: Sequence[Hypothesis],
    near: Sequence[tuple[Proposal, float]],
    motion: Motion,
    sight: Sight,
    *,
    reach: Reach,
    settings: MatchSettings,
    white_share: float,
) -> list[Hypothesis]:
    """A hypothesis on each link near the fix that a drive from one of these reaches; together as likely as these.

    None where every drive is out of the question.

    `near`: links, and how far left of their lines vehicles drive. `white_share`: of the variance of a fix, what is new.
    """
    before = together([(h.places or _estimated(h, sight.sigma_m)).weighed(math.log(h.weight)) for h in hypotheses])
    before = before.only(before.log_weight > before.log_weight.max() + math.log(settings.kept_weight_min))
    after = together([_near(place, aside_m, motion, sight) for place, aside_m in near])
    drives = _Drives(hypotheses, [place for place, _ in near], motion, sight, reach, settings)
    shared = (1.0 - white_share) * math.exp(-motion.dt_ms / settings.drift_time_ms)
    log_weight, gone_m = drives.weighed(before, after, shared)
    top = float(log_weight.max())
    if top < _UNLIKELY:
        return []
    weight = np.exp(log_weight - top)
    weight *= sum(h.weight for h in hypotheses) / float(weight.sum())
    found: list[Hypothesis] = []
    for k, (place, aside_m) in enumerate(near):
        here = after.owner == k
        onto = weight[:, here]
        total = float(onto.sum())
        if total <= 0.0:
            continue
        from_each = np.bincount(before.owner, weights=onto.sum(axis=1), minlength=len(hypotheses))
        first = int(from_each.argmax())
        child = hypotheses[first].leapt(place.link, drives.way(first, k), weight=total)
        child.aside_m = aside_m
        gone_mps = float((onto * gone_m[:, here]).sum()) / total / max(motion.dt_ms * 1e-3, 1e-3)
        pace_mps = _pace_mps(hypotheses[first])
        if math.isnan(pace_mps):
            pace_mps = gone_mps
        child.speed_mps = _PACE_KEPT_SHARE * pace_mps + (1.0 - _PACE_KEPT_SHARE) * gone_mps
        with np.errstate(divide="ignore"):
            log_share = np.log(onto.sum(axis=0) / total)
        there = after.only(here)
        _stand(
            child, place, Places(there.cells, there.lat_e7, there.lon_e7, log_share, there.owner), sight, white_share
        )
        found.append(child)
    return found


def _stand(h: Hypothesis, place: Proposal, places: Places, sight: Sight, white_share: float) -> None:
    """One offset for many places, for who goes on from there otherwise."""
    share, at_m = np.exp(places.log_weight), places.cells.at_m
    mean_m = float(share @ at_m)
    fix_m2 = sight.sigma_m * sight.sigma_m
    h.s_m = h.measured_s_m = mean_m
    h.turn(h.link.line.heading_at(mean_m))
    h.seen_first(
        place.lateral_m - h.aside_m,
        drift_m2=(1.0 - white_share) * fix_m2,
        white_m2=white_share * fix_m2,
        variance_m2=float(share @ (at_m - mean_m) ** 2) + CELL_M_MIN**2 / 12.0,
    )
    h.lateral_m = place.lateral_m
    h.heading_error_rad = place.heading_error_rad
    h.places = places


class _Drives:
    """The drives from the links the vehicle may have been on to those near the new fix."""

    def __init__(
        self,
        hypotheses: Sequence[Hypothesis],
        near: Sequence[Proposal],
        motion: Motion,
        sight: Sight,
        reach: Reach,
        settings: MatchSettings,
    ) -> None:
        self._hypotheses = hypotheses
        self._near = near
        self._motion = motion
        self._sight = sight
        self._reach = reach
        self._settings = settings
        sec = motion.dt_ms * 1e-3
        self._most_m = _SPEED_MPS_MAX * sec + min(_SLACK_M_MAX, _SLACK_SIGMAS * sight.sigma_m)
        self._limits_m = [self._limit_m(h) for h in hypotheses]
        self._ways: list[Ways] = [
            reach.ways(h.link, limit_m) for h, limit_m in zip(hypotheses, self._limits_m, strict=True)
        ]

    def _limit_m(self, h: Hypothesis) -> float:
        far_m = self._motion.distance_m
        if not self._motion.is_known:
            lat, lon = h.link.line.lat_lon_e7_at(h.s_m)
            to = {"lat_b_e7": round(self._sight.lat_e7), "lon_b_e7": round(self._sight.lon_e7)}
            far_m = self._settings.leap_ratio * distance_m(lat_a_e7=lat, lon_a_e7=lon, **to)
        # Farther than anybody drives is not looked at: after a jump that would be all roads at hand.
        return min(far_m + self._settings.leap_slack_m + _SLACK_SIGMAS * self._sight.sigma_m, self._most_m)

    def _stays(self, h: Hypothesis, place: Proposal) -> bool:
        """On its link; a place far behind is one round the block."""
        return place.link.link_id == h.link_id and place.s_m >= h.s_m - 2.0 * self._sight.sigma_m

    def way(self, first: int, to: int) -> tuple[LinkId, ...]:
        h, place = self._hypotheses[first], self._near[to]
        return (h.link_id,) if self._stays(h, place) else self._ways[first].to(place.link.link_id)

    def _matrices(self) -> tuple[Floats, Floats]:
        """(metres from the start of each link before to that of each near the fix, log-chance of that way)."""
        start_m = np.zeros((len(self._hypotheses), len(self._near)))
        log_share = np.zeros_like(start_m)
        power = self._settings.unseen_branch_power
        for i, (h, ways, limit_m) in enumerate(zip(self._hypotheses, self._ways, self._limits_m, strict=True)):
            for k, place in enumerate(self._near):
                if self._stays(h, place):
                    continue
                between_m = ways.length_m(place.link.link_id, limit_m)
                if between_m is None:
                    log_share[i, k] = _NEVER
                else:
                    start_m[i, k] = h.length_m + between_m
                    log_share[i, k] = power * self._reach.log_share(ways, place.link.link_id)
        return start_m, log_share

    def weighed(self, before: Places, after: Places, shared: float) -> tuple[Floats, Floats]:
        """(log-weight, metres driven) from each place before to each place near the fix."""
        motion, sigma_m = self._motion, self._sight.sigma_m
        start_m, log_share = self._matrices()
        pairs = before.owner[:, None], after.owner[None, :]
        gone_m = start_m[pairs] - before.cells.at_m[:, None] + after.cells.at_m[None, :]
        log_weight = before.log_weight[:, None] + after.log_weight[None, :] + log_share[pairs]
        sec = motion.dt_ms * 1e-3
        log_weight[gone_m > self._most_m] = _NEVER
        if motion.is_known:
            log_weight += onward(before.cells, after.cells, gone_m, sec, math.nan, shared)
            told = -0.5 * (gone_m - motion.distance_m) ** 2 / (motion.variance_m2 + _ODOMETER_SIGMA_M**2)
            log_weight += np.maximum(EVIDENCE_MIN, told)  # where it is all wrong, the fix decides
        else:
            pace_mps = np.array([_pace_mps(h) for h in self._hypotheses])[before.owner]
            log_weight += onward(before.cells, after.cells, gone_m, sec, pace_mps[:, None], shared)
            x_m, y_m = before.xy_m(self._sight)
            east_m = sigma_m * after.cells.east[None, :] + x_m[:, None]
            north_m = sigma_m * after.cells.north[None, :] + y_m[:, None]
            log_weight -= np.maximum(0.0, gone_m - np.hypot(east_m, north_m)) / self._settings.detour_m
        return log_weight, gone_m


def _pace_mps(h: Hypothesis) -> float:
    return h.speed_mps if h.places is not None or h.is_speed_estimated else math.nan


def _near(place: Proposal, aside_m: float, motion: Motion, sight: Sight) -> Places:
    places, heading_rad = places_near(sight, place.link, place.s_m, aside_m)
    if motion.heading_rad is None:
        return places
    turn = (np.cos(heading_rad - motion.heading_rad) - 1.0) / motion.heading_sigma_rad**2
    return places.weighed(np.maximum(HEADING_EVIDENCE_MIN, turn))


def _estimated(h: Hypothesis, sigma_m: float) -> Places:
    """About the offset of a hypothesis that has not leapt; the drift it knows of is the fix's error there."""
    line, frame = h.link.line, h.link.line.frame
    at_m = np.minimum(line.length_m, h.s_m + math.sqrt(h.variance_m2) * _ESTIMATE_SIGMAS)
    x_m, y_m = np.interp(at_m, line.s_m, line.x_m), np.interp(at_m, line.s_m, line.y_m)
    along_m = h.along_m + h.s_m - at_m
    weight = np.exp(-0.5 * _ESTIMATE_SIGMAS**2)
    return Places(
        Cells(
            at_m,
            (h.cos_heading * along_m - h.sin_heading * h.across_m) / sigma_m,
            (h.sin_heading * along_m + h.cos_heading * h.across_m) / sigma_m,
        ),
        frame.lat0_e7 + y_m / frame.north_m_per_e7,
        frame.lon0_e7 + x_m / frame.east_m_per_e7,
        np.log(weight / weight.sum()),
        np.zeros(len(at_m), dtype=np.int64),
    )
