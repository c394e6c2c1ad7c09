"""The running match: where a vehicle is, pose by pose.

A small filter over hypotheses (`Hypothesis`): each is a link with an offset and its variance. A pose moves
all of them along their links by what the vehicle drove, splits them at junctions, and weighs them by how far
the fix lies from them, how the heading fits, and how the driven distance agrees. New hypotheses come from a
search of the map at the start, after a jump, while the fit is poor, and every `search_distance_m`.

Fixes a tenth of a second apart share their error, so their evidence counts by distance driven, not by
their number: without that, ten fixes per second would make the filter ten times too sure.

Plain floats and slots: with one to three hypotheses they beat arrays threefold (measured). Does no I/O,
reads no clock; a missing tile is an answer.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm
from mapprior.match.hypothesis import MAP_END_SLACK_M, Hypothesis
from mapprior.match.motion import Motion
from mapprior.match.position import MatchResult
from mapprior.match.search import (
    HEADING_EVIDENCE_MIN,
    Proposal,
    heading_evidence,
    propose,
    tile_states_at,
    tiles_missing,
)
from mapprior.match.settings import MatchSettings
from mapprior.match.turns import next_links
from mapprior.match.verdict import (
    BLIND,
    JUMPED,
    NO_FIX,
    NO_ROAD,
    NO_TILE,
    TILE_FAILED,
    TILES_NOT_LOADED,
    Verdict,
)
from mapprior.model.border import BorderNode
from mapprior.model.ids import LinkId, TileId
from mapprior.model.network import Network, TileState
from mapprior.model.pose import MatchState, Pose

DEFAULT_SETTINGS: Final = MatchSettings()

_WEIGHT: Final = attrgetter("weight")
_SAME_PLACE_M: Final = 25.0
_U_TURN_COSINE: Final = -0.5
_SEARCH_AGAIN_M: Final = 5.0
_SEARCH_AGAIN_MS: Final = 1_000.0
_VARIANCE_M2_MIN: Final = 0.25
_GOOD_EVIDENCE: Final = -0.5  # a lone hypothesis that fits this well needs no weighing
_OFF_WEIGHT_IDLE: Final = 1e-3
_ACROSS_EVIDENCE: Final = HEADING_EVIDENCE_MIN + 0.5
_SHARE_MIN: Final = 0.01
_ROUTE_PRIOR: Final = 5.0


class RunningMatch:
    """One drive. `step` takes poses in order of time."""

    def __init__(self, network: Network, settings: MatchSettings = DEFAULT_SETTINGS) -> None:
        self._network = network
        self._settings = settings
        self._motion = Motion(settings)
        self._verdict = Verdict(network, settings)
        self._route_pairs: frozenset[tuple[LinkId, LinkId]] = frozenset()
        self._route_links: frozenset[LinkId] = frozenset()
        self.missing_tiles: tuple[TileId, ...] = ()  # what it waits for while WAITING
        self.forget()

    def set_route(self, links: Sequence[LinkId]) -> None:
        """Links the driver means to take, in order; empty for none. Makes them likelier, never certain."""
        self._route_pairs = frozenset(pairwise(links))
        self._route_links = frozenset(links)

    def forget(self) -> None:
        """As before the first pose; the route stays."""
        self._motion.forget()
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
        if not self._hypotheses:
            return self._start(lat, lon, math.sqrt(variance))
        self._move(motion.distance_m, motion.variance_m2, seen=True)
        self._weigh(lat, lon, variance)
        if self._is_search_due():
            self._search(lat, lon, math.sqrt(variance))
        motion.fix_used()
        self._settle()
        if not self._hypotheses or (self._off_weight > settings.off_road_from and self._is_elsewhere(lat, lon)):
            self._lose()
            return self._start(lat, lon, math.sqrt(variance))
        return self._answer()

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
        self._move(motion.distance_m, motion.variance_m2, seen=False)
        if motion.heading_rad is not None:
            self._weigh_heading(motion.heading_rad)
        self._settle()
        doubt = BLIND if motion.blind_ms > self._settings.coast_without_motion_ms_max else ""
        return self._verdict.answer(self._hypotheses, self._off_weight, doubt=doubt, extrapolated=True)

    def _answer(self) -> MatchResult:
        doubt = JUMPED if self._jumped else ""
        return self._verdict.answer(self._hypotheses, self._off_weight, doubt=doubt, extrapolated=False)

    def _weigh_heading(self, heading: float) -> None:
        """Without a fix the heading still tells which way was taken."""
        motion = self._motion
        full = min(1.0, abs(motion.distance_m) / self._settings.heading_evidence_distance_m)
        best = -math.inf
        for h in self._hypotheses:
            h.heading_error_rad = wrap_rad(heading - h.link.line.heading_at(h.s_m))
            turn = heading_evidence(math.cos(h.heading_error_rad), motion.heading_sigma_rad)
            h.weight *= math.exp(turn * full)
            if turn > best:
                best = turn
        # An offset that has drifted makes bends look wrong: only a heading across all roads speaks for being off them.
        self._off_weight *= math.exp(max(best, _ACROSS_EVIDENCE) * full)

    # --- start

    def _lose(self) -> None:
        """Forget where the vehicle is; what follows is found afresh."""
        self._hypotheses: list[Hypothesis] = []
        self._off_weight = 0.0
        self._jumped = False
        self._poor = False
        self._nothing_near = False
        self._before_weight = 0.0
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
            self._hypotheses.append(_hypothesis(proposal, weight=weight, variance_m2=sigma * sigma))
        self._off_weight = math.exp(settings.off_road_evidence)
        if self._hypotheses:
            self._settle()
            return self._answer()
        states = tile_states_at(self._network, lat_e7=lat, lon_e7=lon)
        if TileState.LOADED in states:
            return self._verdict.nothing(MatchState.OFF_ROAD, NO_ROAD)
        return self._verdict.nothing(MatchState.NO_COVERAGE, TILE_FAILED if TileState.FAILED in states else NO_TILE)

    # --- move along the network

    def _move(self, distance_m: float, variance_m2: float, *, seen: bool) -> None:
        """Advance all by the driven distance; split those that pass a node."""
        leaves = False
        for h in self._hypotheses:
            h.s_m += distance_m
            h.variance_m2 += variance_m2
            if h.s_m > h.length_m or h.s_m < 0.0:
                leaves = True
        if leaves:
            self._hypotheses = self._cross(self._hypotheses, seen=seen)

    def _cross(self, hypotheses: Iterable[Hypothesis], *, seen: bool) -> list[Hypothesis]:
        """Hypotheses beyond the end of their link, moved onto what follows; those before its start, moved back."""
        limit = 4 * self._settings.hypotheses_count_max
        todo = list(hypotheses)
        done: list[Hypothesis] = []
        while todo:
            h = todo.pop()
            if h.s_m < 0.0:
                done.append(self._back(h))
            elif h.s_m <= h.length_m:
                done.append(h)
            else:
                delay_m = self._settings.split_delay_sigmas * math.sqrt(h.variance_m2) if seen else 0.0
                onward = self._onward(h, delay_m=delay_m)
                if onward is None:
                    done.append(h)
                elif len(todo) + len(done) + len(onward) <= limit:
                    todo.extend(onward)
                else:  # only the likeliest goes on
                    todo.append(max(onward, key=_WEIGHT))
        return done

    def _onward(self, h: Hypothesis, *, delay_m: float) -> list[Hypothesis] | None:
        """The ways onward from the end of a link; None to stay at it.

        A junction is passed `delay_m` beyond the node; 0 where no fix tells.
        """
        if h.onward is None:
            onward = next_links(self._network, h.trail)
            h.waits_for_tile = onward is None
            h.at_map_end = onward == []
            if not onward:
                h.border = self._border(h) if h.at_map_end else None
                return None
            h.onward = onward
        if len(h.onward) > 1 and h.s_m - h.length_m < delay_m:
            return None  # the vehicle may well be before the node still
        if delay_m > 0.0 and h.onward[0] == h.link.twin_id:
            return None  # the way back: only the heading can say that it was taken
        by_route = next((x for x in h.onward if (h.link_id, x) in self._route_pairs), None)
        shares_ppm = branch_shares_ppm(self._network, h.trail, h.onward, route_link=by_route)
        children = []
        for link_id, share_ppm in zip(h.onward, shares_ppm, strict=True):
            link = self._network.link(link_id)
            weight = h.weight * share_ppm / WHOLE_PPM
            if link is not None and (weight > self._settings.kept_weight_min or len(h.onward) == 1):
                children.append(h.child(link, weight=weight))
        if not children:
            h.at_map_end = True
            return None
        return children

    def _border(self, h: Hypothesis) -> BorderNode | None:
        """The border its link ends at, if no release is served beyond."""
        network, node = self._network, h.link.end_node
        border = network.border_node(node)
        if border is None or network.serves(border.market_beyond) or network.partners(node)[0]:
            return None
        return border

    def _back(self, h: Hypothesis) -> Hypothesis:
        """Before the start of its link: back to the one it came from, once it is clearly there."""
        while h.s_m < -2.0 * math.sqrt(h.variance_m2) - 1.0 and len(h.trail) > 1:
            link = self._network.link(h.trail[-2])
            if link is None:
                break
            h = h.parent(link)
        return h

    # --- weigh by the fix

    def _weigh(self, lat: float, lon: float, variance_m2: float) -> None:
        """Multiply every weight by the likelihood of the fix, and correct every offset by it."""
        settings, motion = self._settings, self._motion
        full, full_heading = self._shares_of_evidence()
        heading = motion.heading_rad
        kappa = 0.0 if heading is None else 1.0 / motion.heading_sigma_rad**2
        if heading is not None:
            self._turn_round(heading)
        fits: list[tuple[Hypothesis, float, float]] = []
        weighed: list[Hypothesis] = []
        best_fit, nearest_m2, best_turn = -math.inf, math.inf, -math.inf
        surplus_m = surplus_gain = 0.0
        todo = self._hypotheses
        for _ in range(settings.nodes_per_fix_count_max):
            past: list[Hypothesis] = []
            for h in todo:
                spread_m2 = h.variance_m2 + variance_m2
                predicted = h.s_m
                d2 = h.project(lat, lon, 3.0 * math.sqrt(spread_m2) + 5.0)
                off_m = h.measured_s_m - predicted
                known_m2 = 1.0 / (1.0 / h.variance_m2 + full / variance_m2)
                gain = known_m2 * full / variance_m2
                corrected = predicted + off_m * gain
                if corrected > h.length_m:
                    h.s_m = corrected
                    children = self._onward(h, delay_m=settings.split_delay_sigmas * math.sqrt(known_m2))
                    if children is not None:
                        for child in children:
                            child.s_m = predicted - h.length_m
                        past += children
                        continue
                h.s_m = corrected
                if h.at_map_end and (over := h.measured_s_m - h.length_m - MAP_END_SLACK_M) > 0.0:
                    d2 += over * over
                place = -0.5 * (d2 / (variance_m2 + h.width_m2) + off_m * off_m / spread_m2)
                if d2 < nearest_m2:
                    nearest_m2 = d2
                turn = 0.0
                if heading is not None:
                    error = wrap_rad(heading - h.line_heading_rad)
                    h.heading_error_rad = error
                    turn = (math.cos(error) - 1.0) * kappa
                    if turn < HEADING_EVIDENCE_MIN:
                        turn = HEADING_EVIDENCE_MIN
                else:
                    h.heading_error_rad = 0.0
                if place + turn > best_fit:
                    best_fit, best_turn, surplus_m, surplus_gain = place + turn, turn, off_m, gain
                h.variance_m2 = known_m2 if known_m2 > _VARIANCE_M2_MIN else _VARIANCE_M2_MIN
                fits.append((h, place if place > settings.evidence_min else settings.evidence_min, turn))
                weighed.append(h)
            todo = past
            if not past:
                break
        self._hypotheses = weighed + todo
        motion.correct_pace(surplus_m, surplus_gain)
        self._poor = best_fit < settings.poor_evidence
        self._jumped = nearest_m2 > (settings.jump_m + 5.0 * math.sqrt(variance_m2)) ** 2
        if self._jumped:
            full = full_heading = 1.0
        self._since_search_m += abs(motion.distance_m)
        self._since_search_ms += motion.dt_ms
        self._full = full
        self._before_weight = sum(h.weight for h, _, _ in fits)
        if len(fits) > 1 or best_fit < _GOOD_EVIDENCE or self._off_weight > _OFF_WEIGHT_IDLE:
            for h, place, turn in fits:
                h.weight *= math.exp(place * full + turn * full_heading)
            self._weigh_off(full, max(best_turn, settings.poor_evidence) * full_heading)

    def _weigh_off(self, full: float, turn: float) -> None:
        """The chance of being on no road: no heading is wrong there, but a bend is no sign of leaving the road."""
        settings = self._settings
        entering = settings.off_road_weight * full * self._before_weight
        self._off_weight = (self._off_weight + entering) * math.exp(settings.off_road_evidence * full + turn)

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

    def _turn_round(self, heading: float) -> None:
        """A heading against the link brings in its twin: a U-turn."""
        added: list[Hypothesis] = []
        for h in self._hypotheses:
            twin_id = h.link.twin_id
            if twin_id is None or h.weight < 0.05 or math.cos(heading - h.line_heading_rad) > _U_TURN_COSINE:
                continue
            if any(other.link_id == twin_id for other in self._hypotheses):
                continue
            twin = self._network.link(twin_id)
            if twin is None:
                continue
            weight = h.weight * self._settings.u_turn_weight
            at_end = h.link.dead_end and h.s_m > h.length_m - 3.0 * math.sqrt(h.variance_m2) - MAP_END_SLACK_M
            trail = (*h.trail, twin_id) if at_end else (twin_id,)
            over_m = h.s_m - h.length_m  # past a dead end it is on its way back already
            s_m = min(twin.line.length_m, over_m if at_end and over_m > 0.0 else max(0.0, -over_m))
            added.append(Hypothesis(twin, s_m=s_m, variance_m2=h.variance_m2, weight=weight, trail=trail))
        self._hypotheses += added

    # --- search the map

    def _is_search_due(self) -> bool:
        driven = self._since_search_m
        if self._jumped or driven >= self._settings.search_distance_m:
            return True
        uneasy = self._poor or self._off_weight > 0.1
        return uneasy and (driven >= _SEARCH_AGAIN_M or self._since_search_ms >= _SEARCH_AGAIN_MS)

    def _search(self, lat: float, lon: float, sigma: float) -> None:
        """Bring in links near the fix that no hypothesis is on."""
        settings = self._settings
        self._since_search_m = self._since_search_ms = 0.0
        held = {h.link_id: h for h in self._hypotheses}
        inflow = settings.jump_weight * self._before_weight + settings.return_weight * self._off_weight
        if not self._jumped:
            inflow *= max(self._full, 0.1)
        found = propose(self._network, settings, self._motion, lat_e7=lat, lon_e7=lon, sigma_m=sigma)
        self._nothing_near = not found
        for p in found:
            same = held.get(p.link.link_id)
            if same is not None and abs(same.s_m - p.s_m) < _SAME_PLACE_M + 3.0 * math.sqrt(same.variance_m2):
                continue
            weight = inflow * p.prior * math.exp(p.evidence)
            if p.link.link_id in self._route_links:
                weight *= _ROUTE_PRIOR
            self._hypotheses.append(_hypothesis(p, weight=weight, variance_m2=sigma * sigma))

    # --- clean up

    def _settle(self) -> None:
        """Merge, normalise, prune."""
        settings, hypotheses = self._settings, self._hypotheses
        if len(hypotheses) > 1:
            hypotheses.sort(key=_WEIGHT, reverse=True)
            hypotheses = _merged(hypotheses)
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


def _hypothesis(proposal: Proposal, *, weight: float, variance_m2: float) -> Hypothesis:
    link = proposal.link
    h = Hypothesis(link, s_m=proposal.s_m, variance_m2=variance_m2, weight=weight, trail=(link.link_id,))
    h.lateral_m = proposal.lateral_m
    h.heading_error_rad = proposal.heading_error_rad
    return h


def _merged(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """One hypothesis per place; the likelier one, which comes first, keeps its trail."""
    kept: dict[LinkId, Hypothesis] = {}
    apart: list[Hypothesis] = []
    for h in hypotheses:
        first = kept.setdefault(h.link_id, h)
        if first is h:
            apart.append(h)
        elif abs(first.s_m - h.s_m) < _SAME_PLACE_M:
            first.weight += h.weight
        else:
            apart.append(h)
    return apart
