"""The running match: where a vehicle is, pose by pose.

A small filter over hypotheses (`Hypothesis`): each is a way that the vehicle may have come, with a Kalman filter
(`Estimate`) of the offset on it and of the receiver's drift. A pose moves all of them along by what the vehicle
drove, splits them at junctions, and weighs them by how far the fix is from where each expects it, and by how the
heading fits. New hypotheses come from a search of the map at the start, after a jump, while the fit is poor, and
every `search_distance_m`.

Fixes a tenth of a second apart share most of their error, which is why the drift is part of the estimate: without
that, ten fixes per second would make the filter ten times too sure. Against being on no road, which has no drift to
tell, evidence counts by distance driven.

Plain floats and slots: with one to three hypotheses they beat arrays threefold (measured). Does no I/O,
reads no clock; a missing tile is an answer.
"""

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.match.hypothesis import MAP_END_SLACK_M, SAME_PLACE_M, Hypothesis, merged
from mapprior.match.motion import Motion
from mapprior.match.position import MatchResult
from mapprior.match.receiver import Receiver
from mapprior.match.search import HEADING_EVIDENCE_MIN, heading_evidence, propose, tile_states_at, tiles_missing
from mapprior.match.settings import MatchSettings
from mapprior.match.travel import Travel
from mapprior.match.u_turn import turned_round
from mapprior.match.verdict import (
    BLIND,
    CANDIDATE_WEIGHT_MIN,
    JUMPED,
    NO_FIX,
    NO_ROAD,
    NO_TILE,
    TILE_FAILED,
    TILES_NOT_LOADED,
    Verdict,
)
from mapprior.model.ids import LinkId, TileId
from mapprior.model.network import Network, TileState
from mapprior.model.pose import MatchState, Pose

DEFAULT_SETTINGS: Final = MatchSettings()

_WEIGHT: Final = attrgetter("weight")
_SEARCH_AGAIN_M: Final = 5.0
_SEARCH_AGAIN_MS: Final = 1_000.0
_GOOD_EVIDENCE: Final = -0.5  # a lone hypothesis that fits this well needs no weighing
_OFF_WEIGHT_IDLE: Final = 1e-3
_TURN_POOR: Final = -1.0
_ACROSS_EVIDENCE: Final = HEADING_EVIDENCE_MIN + 0.5
_SHARE_MIN: Final = 0.01
_SURE_WEIGHT: Final = 0.5  # from here on a way tells of the receiver
_ROUTE_PRIOR: Final = 5.0
_INFLOW_SHARE_MIN: Final = 0.3


class RunningMatch:
    """One drive. `step` takes poses in order of time."""

    def __init__(self, network: Network, settings: MatchSettings = DEFAULT_SETTINGS) -> None:
        self._network = network
        self._settings = settings
        self._motion = Motion(settings)
        self._travel = Travel(network, settings)
        self._receiver = Receiver(settings)
        self._verdict = Verdict(network, settings)
        self._route_links: frozenset[LinkId] = frozenset()
        self.missing_tiles: tuple[TileId, ...] = ()  # what it waits for while WAITING
        self._hypotheses: list[Hypothesis] = []
        self._off_weight = 0.0
        self.forget()

    def set_route(self, links: Sequence[LinkId]) -> None:
        """Links the driver means to take, in order; empty for none. Makes them likelier, never certain."""
        self._travel.set_route(links)
        self._route_links = frozenset(links)

    @property
    def hypotheses(self) -> Sequence[Hypothesis]:
        """After a step, likeliest first; for who looks back on a whole drive."""
        return self._hypotheses

    @property
    def motion(self) -> Motion:
        return self._motion

    @property
    def white_share(self) -> float:
        """Of the variance of a fix, what is new in each."""
        return self._receiver.white_share

    def forget(self) -> None:
        """As before the first pose; the route stays."""
        self._motion.forget()
        self._receiver.forget()
        self._travel.white_share = self._receiver.white_share
        self._lose()
        self._verdict.forget()

    def step(self, pose: Pose) -> MatchResult:
        """Where the vehicle is at this pose.

        The heading is the vehicle's: one that drives backwards stays on the link it faces, and its offset falls.
        """
        settings, motion = self._settings, self._motion
        stated = pose.position_sigma_m
        sigma = settings.position_sigma_m if stated is None else stated
        if sigma < settings.position_sigma_m_min:
            sigma = settings.position_sigma_m_min
        motion.advance(pose, sigma)
        if motion.blind_ms > settings.gap_ms_max or motion.dt_ms > settings.gap_ms_max:
            self._lose()
        lat, lon = pose.lat_e7, pose.lon_e7
        if lat is None or lon is None:
            return self._coast()
        variance = sigma * sigma + settings.map_sigma_m * settings.map_sigma_m
        self._lateral_sigma_m = math.sqrt(variance)
        if not self._hypotheses:
            return self._start(lat, lon, math.sqrt(variance))
        before = self._hypotheses
        self._hypotheses, leapt = self._travel.move(before, motion, (lat, lon), sigma)
        self._since_search_m += abs(motion.distance_m)
        self._since_search_ms += motion.dt_ms
        if leapt:
            self._weigh_places(variance)
        elif self._says_nothing_new():
            if len(self._hypotheses) != len(before):
                self._settle()
            if self._hypotheses:
                self._measure(lat, lon)
                return self._answer()
        else:
            self._weigh(lat, lon, variance)
        if self._is_search_due():
            self._search(lat, lon, math.sqrt(variance), leapt=leapt)
        motion.fix_used()
        self._settle()
        if self._hypotheses:
            motion.pace_is(self._hypotheses[0].speed_mps)
        if not self._hypotheses or (self._off_weight > settings.off_road_from and self._is_elsewhere(lat, lon)):
            self._lose()
            return self._start(lat, lon, math.sqrt(variance))
        return self._answer()

    def _says_nothing_new(self) -> bool:
        """So soon after the last one a fix shares what is not drift either: the next will tell as much."""
        motion, settings = self._motion, self._settings
        if motion.is_known or motion.heading_rad is not None or motion.distance_m > settings.jump_m:
            return False
        soon_ms = settings.soon_ms * settings.white_share / self._receiver.white_share
        return motion.since_fix_ms + 0.5 * motion.dt_ms < soon_ms

    def _measure(self, lat: float, lon: float) -> None:
        """How far beside the roads that are told a fix lies that is not weighed. It comes without a heading."""
        for h in self._hypotheses:
            h.heading_error_rad = math.nan
            reach_m = 3.0 * math.sqrt(h.variance_m2) + 5.0
            if h is self._hypotheses[0]:
                h.lateral_m = h.project(lat, lon, reach_m) + h.across_m
            elif h.weight >= CANDIDATE_WEIGHT_MIN:
                h.lateral_m = h.beside_m(lat, lon, reach_m)

    def _is_elsewhere(self, lat: float, lon: float) -> bool:
        """Off the road in a place about which what was known of the last one says nothing."""
        if self._jumped or self._nothing_near:
            return True
        return bool(tiles_missing(self._network, self._settings, lat_e7=lat, lon_e7=lon))

    # --- without a fix

    def _coast(self) -> MatchResult:
        motion = self._motion
        if not self._hypotheses:
            return self._verdict.nothing(MatchState.WAITING, NO_FIX)
        self._hypotheses, _ = self._travel.move(self._hypotheses, motion, None, self._settings.position_sigma_m)
        if motion.heading_rad is not None:
            self._weigh_heading(motion.heading_rad)
        else:
            for h in self._hypotheses:
                h.heading_error_rad = math.nan
        self._settle()
        if not self._hypotheses:  # the headings fit no road at all
            self._lose()
            return self._verdict.nothing(MatchState.WAITING, NO_ROAD)
        doubt = BLIND if motion.blind_ms > self._settings.coast_without_motion_ms_max else ""
        return self._verdict.answer(
            self._hypotheses,
            self._off_weight,
            0.0,
            heading_rad=motion.heading_rad,
            doubt=doubt,
            extrapolated=True,
        )

    def _answer(self) -> MatchResult:
        return self._verdict.answer(
            self._hypotheses,
            self._off_weight,
            self._lateral_sigma_m,
            heading_rad=self._motion.heading_rad,
            doubt=JUMPED if self._jumped else "",
            extrapolated=False,
        )

    def _weigh_heading(self, heading: float) -> None:
        """Without a fix the heading still tells which way was taken."""
        motion = self._motion
        full = min(1.0, abs(motion.distance_m) / self._settings.heading_evidence_distance_m)
        best, before, after = -math.inf, 0.0, 0.0
        for h in self._hypotheses:
            before += h.weight
            link, s_m = h.place()
            h.heading_error_rad = wrap_rad(heading - link.line.heading_at(s_m))
            turn = heading_evidence(math.cos(h.heading_error_rad), motion.heading_sigma_rad)
            if turn < _TURN_POOR:  # the way may bend, or turn at a node, as far from there as the offset is unsure
                near = h.heading_within(heading, self._settings.turn_sigmas * math.sqrt(h.variance_m2) + 1.0)
                turn = heading_evidence(math.cos(heading - near), motion.heading_sigma_rad)
            h.weight *= math.exp(turn * full)
            after += h.weight
            if turn > best:
                best = turn
        # An offset that has drifted makes bends look wrong: only a heading across all roads speaks for being off them.
        # That an unlikely way fits better than the others speaks for that way: being off keeps its share.
        self._off_weight *= min(1.0, after / before) * math.exp((max(best, _ACROSS_EVIDENCE) - best) * full)

    # --- start

    def _lose(self) -> None:
        """Forget where the vehicle is; what follows is found afresh."""
        self._hypotheses = []
        self._off_weight = 0.0
        self._jumped = False
        self._poor = False
        self._nothing_near = False
        self._before_weight = 0.0
        self._lateral_sigma_m = 0.0
        self._full = 1.0
        self._since_search_m = math.inf
        self._since_search_ms = 0.0

    def _start(self, lat: float, lon: float, sigma: float) -> MatchResult:
        settings, motion = self._settings, self._motion
        self._since_search_m += abs(motion.distance_m)
        self._since_search_ms += motion.dt_ms
        if (
            (self._verdict.beyond or self._verdict.state not in (MatchState.WAITING, MatchState.NO_COVERAGE))
            and self._since_search_m < _SEARCH_AGAIN_M
            and self._since_search_ms < _SEARCH_AGAIN_MS
        ):
            return self._verdict.nothing(MatchState.OFF_ROAD, NO_ROAD)
        self.missing_tiles = tiles_missing(self._network, settings, lat_e7=lat, lon_e7=lon)
        if self.missing_tiles:
            return self._verdict.nothing(MatchState.WAITING, TILES_NOT_LOADED)
        self._since_search_m = self._since_search_ms = 0.0
        motion.fix_used()
        for proposal in propose(self._network, settings, motion, lat_e7=lat, lon_e7=lon, sigma_m=sigma):
            weight = proposal.prior * math.exp(proposal.evidence)
            if proposal.link.link_id in self._route_links:
                weight *= _ROUTE_PRIOR
            self._hypotheses.append(self._travel.begin(proposal, weight=weight, sigma_m=sigma))
        self._off_weight = math.exp(settings.off_road_evidence)
        self._settle()
        if self._hypotheses:
            return self._answer()
        states = tile_states_at(self._network, lat_e7=lat, lon_e7=lon)
        if TileState.LOADED in states:
            return self._verdict.nothing(MatchState.OFF_ROAD, NO_ROAD)
        return self._verdict.nothing(MatchState.NO_COVERAGE, TILE_FAILED if TileState.FAILED in states else NO_TILE)

    # --- weigh by the fix

    def _weigh(self, lat: float, lon: float, variance_m2: float) -> None:
        """Multiply every weight by the likelihood of the fix, and correct every estimate by it."""
        settings, motion = self._settings, self._motion
        full, full_heading = self._shares_of_evidence()
        heading = motion.heading_rad
        kappa = 0.0 if heading is None else 1.0 / motion.heading_sigma_rad**2
        if heading is not None:
            self._hypotheses += turned_round(self._hypotheses, heading, self._network, self._travel, settings)
        white_m2 = self._white_m2(variance_m2)
        fits: list[float] = []
        first = self._hypotheses[0]
        first_heading = first.heading_rad
        best_fit, best_turn, best_place, top, nearest_m = -math.inf, 0.0, 0.0, -math.inf, math.inf
        for h in self._hypotheses:
            spread_m2 = h.variance_m2 + variance_m2
            left_m = h.project(lat, lon, 3.0 * math.sqrt(spread_m2) + 5.0)
            lateral_m, along_m = left_m + h.across_m, h.along_m
            ahead_m = h.measured_s_m - h.s_m
            if h is first and h.weight > _SURE_WEIGHT and h.heading_rad == first_heading:  # no bend in between
                self._receiver.seen(left_m - h.aside_m, h.across_m2, variance_m2)
            evidence = settings.fix_evidence * h.see(ahead_m, left_m - h.aside_m, white_m2, settings.surprise_max)
            if h.speed_mps < 0.0 and not motion.is_known:
                evidence -= h.forbid_backwards()
            h.lateral_m = lateral_m
            place = -0.5 * (lateral_m * lateral_m / (variance_m2 + h.width_m2) + along_m * along_m / variance_m2)
            if h.at_map_end and (over := h.measured_s_m - h.length_m - MAP_END_SLACK_M) > 0.0:
                place -= 0.5 * over * over / variance_m2
                evidence -= 0.5 * over * over / variance_m2
            if place < settings.evidence_min:
                place = settings.evidence_min
            if abs(left_m) < nearest_m:
                nearest_m = abs(left_m)
            turn = 0.0
            if heading is not None:
                error = wrap_rad(heading - h.heading_rad)
                h.heading_error_rad = error
                turn = (math.cos(error) - 1.0) * kappa
                near_m = settings.split_ahead_sigmas * math.sqrt(h.variance_m2) + 1.0
                # The place nearest to the fix may lie round a corner from where the vehicle is thought to be.
                if turn < _TURN_POOR or abs(h.measured_s_m - h.s_m) > near_m:
                    near = h.heading_near(heading, near_m)
                    turn = max(HEADING_EVIDENCE_MIN, (math.cos(heading - near) - 1.0) * kappa)
            else:
                h.heading_error_rad = math.nan
            if place + turn > best_fit:
                best_fit, best_turn, best_place = place + turn, turn, place
            evidence += turn * full_heading
            if evidence > top:
                top = evidence
            fits.append(evidence)
        self._poor = best_fit < settings.poor_evidence
        self._jumped = nearest_m > settings.jump_m + 5.0 * math.sqrt(variance_m2)
        if self._jumped:
            full = full_heading = 1.0
        self._full = full
        self._before_weight = 1.0 - self._off_weight
        if len(fits) > 1:
            least, on_road = top + settings.evidence_min, 0.0
            for h, evidence in zip(self._hypotheses, fits, strict=True):
                h.weight *= math.exp((evidence if evidence > least else least) - top)
                on_road += h.weight
            # That another way fits this fix better speaks for being off the road for no more than the fix counts.
            self._off_weight *= min(1.0, on_road / max(self._before_weight, 1e-9)) ** (1.0 - full)
        self._weigh_off(best_place, best_turn, full, full_heading)

    def _weigh_places(self, variance_m2: float) -> None:
        """After a leap, which has weighed by the fix already, the rest of `_weigh`."""
        self._full, full_heading = self._shares_of_evidence()
        self._jumped = False  # a leap ends near the fix
        self._before_weight = 1.0 - self._off_weight
        best_place = best_turn = -math.inf
        heading, sigma_rad = self._motion.heading_rad, self._motion.heading_sigma_rad
        if heading is not None and not self._motion.course_is_derived:  # from the same fixes it tells nothing new
            likelier, held = math.exp(-heading_evidence(-1.0, sigma_rad)), self._hypotheses
            held += turned_round(held, heading, self._network, self._travel, self._settings, likelier=likelier)
        for h in self._hypotheses:
            place, turn = -0.5 * h.lateral_m * h.lateral_m / (variance_m2 + h.width_m2), 0.0
            if heading is not None:
                turn = heading_evidence(math.cos(h.heading_error_rad), sigma_rad)
            if place + turn > best_place + best_turn:
                best_place, best_turn = place, turn
        self._poor = best_place + best_turn < self._settings.poor_evidence
        self._weigh_off(best_place, best_turn, self._full, full_heading)

    def _weigh_off(self, best_place: float, best_turn: float, full: float, full_heading: float) -> None:
        """How likely it is on no road, against the best fit of those held."""
        if best_place + best_turn < _GOOD_EVIDENCE or self._off_weight > _OFF_WEIGHT_IDLE:
            # No heading is wrong off the road, but a bend is no sign of leaving it.
            settings = self._settings
            turn = max(best_turn, settings.poor_evidence) - best_turn
            entering = settings.off_road_weight * full * self._before_weight
            against = (settings.off_road_evidence - best_place) * full + turn * full_heading
            self._off_weight = (self._off_weight + entering) * math.exp(against)

    def _white_m2(self, variance_m2: float) -> float:
        """Variance of what is new in each fix; fixes in quick succession share more than their drift."""
        settings = self._settings
        share, since_ms = self._receiver.white_share, self._motion.since_fix_ms
        self._travel.white_share = share
        if since_ms < settings.white_time_ms:
            share = max(share, settings.white_share * settings.white_time_ms / max(since_ms, 20.0))
        return share * variance_m2

    def _shares_of_evidence(self) -> tuple[float, float]:
        """How much of an independent measurement this fix, and this heading, are."""
        settings, motion = self._settings, self._motion
        driven, waited = motion.since_fix_m, motion.since_fix_ms / settings.evidence_time_ms
        place = driven / settings.evidence_distance_m
        if place < waited:
            place = waited
        turn = driven / settings.heading_evidence_distance_m
        if turn < waited:
            turn = waited
        if turn > 1.0 or motion.course_is_derived:
            turn = 1.0
        return (1.0 if place > 1.0 else _SHARE_MIN if place < _SHARE_MIN else place), turn

    # --- search the map

    def _is_search_due(self) -> bool:
        driven = self._since_search_m
        if self._jumped or driven >= self._settings.search_distance_m:
            return True
        uneasy = self._poor or self._off_weight > 0.1
        return uneasy and (driven >= _SEARCH_AGAIN_M or self._since_search_ms >= _SEARCH_AGAIN_MS)

    def _search(self, lat: float, lon: float, sigma: float, *, leapt: bool) -> None:
        """Bring in links near the fix that no hypothesis is on."""
        settings = self._settings
        self._since_search_m = self._since_search_ms = 0.0
        held = {h.link_id: h for h in self._hypotheses}
        jump_weight = settings.leap_jump_weight if leapt and not self._poor else settings.jump_weight
        inflow = jump_weight * self._before_weight + settings.return_weight * self._off_weight
        if not self._jumped:
            inflow *= max(self._full, _INFLOW_SHARE_MIN)
        found = self._travel.places
        if not leapt:
            found = propose(self._network, settings, self._motion, lat_e7=lat, lon_e7=lon, sigma_m=sigma)
        self._nothing_near = not found
        for p in found:
            same = held.get(p.link.link_id)
            if same is not None and abs(same.s_m - p.s_m) < SAME_PLACE_M + 3.0 * math.sqrt(same.variance_m2):
                continue
            weight = inflow * p.prior * math.exp(p.evidence)
            if p.link.link_id in self._route_links:
                weight *= _ROUTE_PRIOR
            self._hypotheses.append(self._travel.begin(p, weight=weight, sigma_m=sigma))

    # --- clean up

    def _settle(self) -> None:
        """Merge, normalise, prune."""
        settings, hypotheses = self._settings, self._hypotheses
        if len(hypotheses) > 1:
            hypotheses.sort(key=_WEIGHT, reverse=True)
            apart = merged(hypotheses)
            if len(apart) < len(hypotheses):
                hypotheses = apart
                hypotheses.sort(key=_WEIGHT, reverse=True)
        total = self._off_weight
        for h in hypotheses:
            total += h.weight
        if total <= 0.0:
            self._hypotheses = []
            return
        scale = 1.0 / total
        for h in hypotheses:
            h.weight *= scale
        self._off_weight *= scale
        least = settings.kept_weight_min
        if len(hypotheses) > 1 and hypotheses[-1].weight < least:
            hypotheses = [h for h in hypotheses if h.weight >= least]
        self._hypotheses = hypotheses[: settings.hypotheses_count_max]
