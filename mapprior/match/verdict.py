"""What is said of the hypotheses: a state with its reason, candidates, the links passed. Moves and weighs none."""

import math
from collections.abc import Sequence
from typing import Final

from mapprior.geo.units import nearest
from mapprior.match.hypothesis import MAP_END_SLACK_M, Hypothesis
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.match.settings import MatchSettings
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId, dataset_of
from mapprior.model.network import Network
from mapprior.model.pose import MatchState

NO_FIX: Final = "no fix yet"
TILES_NOT_LOADED: Final = "the map around the position is not loaded yet"
TILE_AHEAD_NOT_LOADED: Final = "the map at the end of this road is not loaded yet"
TILE_FAILED: Final = "the map here could not be read"
NO_TILE: Final = "no map covers this place"
NO_ROAD: Final = "no road of the map fits the position"
SEVERAL_ROADS: Final = "several roads fit the position"
JUMPED: Final = "the position does not follow from the road driven so far"
BLIND: Final = "neither fix, nor odometer, nor speed for a while"


_CANDIDATE_WEIGHT_MIN: Final = 0.005
_SAME_PLACE_SIGMAS: Final = 3.0


class Verdict:
    """Remembers the last answer: states change with hysteresis, and `passed` counts from there."""

    __slots__ = ("_last_link_id", "_last_node", "_network", "_settings", "beyond", "state")

    def __init__(self, network: Network, settings: MatchSettings) -> None:
        self._network = network
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """As before the first pose."""
        self.state = MatchState.WAITING
        self.beyond = ""  # why nothing is known here, once the vehicle has left the markets served over a border
        self._last_link_id: LinkId | None = None
        self._last_node = 0  # of the way of the last answer

    def answer(
        self,
        hypotheses: Sequence[Hypothesis],
        off_weight: float,
        lateral_sigma_m: float,
        *,
        turns_seen: bool,
        doubt: str,
        extrapolated: bool,
    ) -> MatchResult:
        """The answer for settled hypotheses, the likeliest first; `doubt` is a reason not to trust them, or empty.

        `turns_seen`: a heading soon tells which way was taken at a node, so that none is named before.

        The 1-sigma of a distance beside the link is that of fix and map; that of the offset is the estimate's own.
        """
        settings, was = self._settings, self.state
        enter_sigmas = settings.enter_sigmas_seen if turns_seen else settings.enter_sigmas
        best, candidates = self._candidates(hypotheses, lateral_sigma_m, enter_sigmas, fades=doubt == BLIND)
        if best.border is not None and best.s_m > best.length_m + MAP_END_SLACK_M:
            self.beyond = next_market_not_served(best.border.market_beyond)
            return self.nothing(MatchState.NO_COVERAGE, self.beyond)
        state, reason = MatchState.TRACKING, ""
        if off_weight > (settings.off_road_until if was is MatchState.OFF_ROAD else settings.off_road_from):
            state, reason = MatchState.OFF_ROAD, NO_ROAD
        elif doubt:
            state, reason = MatchState.AMBIGUOUS, doubt
        elif best.waits_for_tile and best.s_m > best.length_m + MAP_END_SLACK_M:
            state, reason = MatchState.AMBIGUOUS, TILE_AHEAD_NOT_LOADED
        elif not self._is_sure(
            candidates, settings.tracking_until if was is MatchState.TRACKING else settings.tracking_from
        ):
            state, reason = MatchState.AMBIGUOUS, SEVERAL_ROADS
        if state is not MatchState.OFF_ROAD:
            self.beyond = ""
        elif self.beyond:
            return self.nothing(state, reason)
        self.state = state
        link_id, at_node = candidates[0].link_id, best.nodes_count - best.links_ahead_count
        passed = self._passed(best, link_id, at_node - self._last_node)
        self._last_link_id, self._last_node = link_id, at_node
        return MatchResult(state, reason, candidates, passed, extrapolated)

    def nothing(self, state: MatchState, reason: str) -> MatchResult:
        """The answer where there is no hypothesis worth telling."""
        if self.beyond and reason in (NO_ROAD, NO_TILE):
            state, reason = MatchState.NO_COVERAGE, self.beyond
        self.state = state
        self._last_link_id = None
        return MatchResult(state, reason, (), ())

    def _candidates(
        self, hypotheses: Sequence[Hypothesis], lateral_sigma_m: float, enter_sigmas: float, *, fades: bool
    ) -> tuple[Hypothesis, tuple[MatchCandidate, ...]]:
        """The likeliest way, and a candidate per link: ways that are still on one link are one candidate.

        One that `fades` is as likely as the share of its offset that its link is long enough for: it may be anywhere.
        """
        settings, first = self._settings, hypotheses[0]
        if len(hypotheses) == 1:
            if first.links_ahead_count or first.s_m < 0.0:
                first.enter(0.0)
            weight = first.weight * _share_on_link(first) if fades else first.weight
            return first, (_candidate(first, weight, lateral_sigma_m),)
        waiting: dict[LinkId, float] = {}  # weight of the ways onward from each link, not entered yet
        for h in hypotheses:
            if h.links_ahead_count:
                on = h.on_link_id
                waiting[on] = waiting.get(on, 0.0) + h.weight
        likeliest: dict[LinkId, Hypothesis] = {}
        weights: dict[LinkId, float] = {}
        for h in hypotheses:
            if h.links_ahead_count or h.s_m < 0.0:
                is_clear = h.weight > settings.enter_from * waiting.get(h.on_link_id, 0.0)
                h.enter(0.0 if is_clear else enter_sigmas * math.sqrt(h.variance_m2) + 1.0)
            link_id = h.on_link_id
            likeliest.setdefault(link_id, h)
            weights[link_id] = weights.get(link_id, 0.0) + (h.weight * _share_on_link(h) if fades else h.weight)
        ranked = sorted(weights, key=lambda x: (-weights[x], x))[: settings.candidates_count_max]
        candidates = tuple(
            _candidate(likeliest[x], weights[x], lateral_sigma_m)
            for k, x in enumerate(ranked)
            if k == 0 or weights[x] >= _CANDIDATE_WEIGHT_MIN
        )
        return likeliest[ranked[0]], candidates

    def _is_sure(self, candidates: Sequence[MatchCandidate], from_: float) -> bool:
        """Whether one road is likely enough: near a node, the link before it or after it is the same road."""
        first, *others = candidates
        if first.probability >= from_:
            return True
        before = (x.probability for x in others if self._goes_on(x, first))
        after = (x.probability for x in others if self._goes_on(first, x))
        return first.probability + max(before, default=0.0) + max(after, default=0.0) >= from_

    def _goes_on(self, a: MatchCandidate, b: MatchCandidate) -> bool:
        """The link of `b` follows that of `a`, both of one market, and a fix cannot tell the two places apart."""
        near_cm = 100.0 * _SAME_PLACE_SIGMAS * max(a.offset_sigma_m, b.offset_sigma_m)
        if b.link_offset_cm > near_cm:
            return False
        link = self._network.link(a.link_id)
        if link is None or link.length_cm - a.link_offset_cm + b.link_offset_cm > near_cm:
            return False
        if dataset_of(a.link_id) != dataset_of(b.link_id):
            return False
        return b.link_id in (next_links(self._network, (a.link_id,)) or ())

    def _passed(self, best: Hypothesis, link_id: LinkId, nodes_count: int) -> tuple[LinkId, ...]:
        """Links from the last position's to this one's, so many nodes on; empty where no drive joins them."""
        last = self._last_link_id
        if last is None:
            return ()
        if link_id == last:
            return (link_id,)
        trail = best.driven
        if 0 < nodes_count < len(trail) and trail[-1 - nodes_count] == last:
            return trail[-1 - nodes_count :]
        if best.link.twin_id == last:
            return ()  # turned round on the way
        # Found by a search, and not by driving here: it may follow all the same.
        return (last, link_id) if link_id in (next_links(self._network, (last,)) or ()) else ()


def _candidate(h: Hypothesis, weight: float, lateral_sigma_m: float) -> MatchCandidate:
    link, s_m = h.place()
    length_m, error_rad = link.line.length_m, h.heading_error_rad
    return MatchCandidate(
        link.link_id,
        nearest(s_m * link.length_cm / length_m) if length_m > 0.0 else 0,
        h.lateral_m,
        None if math.isnan(error_rad) else error_rad,
        weight if weight < 1.0 else 1.0,
        math.sqrt(h.variance_m2),
        lateral_sigma_m,
    )


def _share_on_link(h: Hypothesis) -> float:
    """Of where the vehicle may be along its way, what lies on the link that it is said to be on."""
    if h.variance_m2 <= 0.0:
        return 1.0
    link, s_m = h.place()
    scale_per_m = 1.0 / math.sqrt(2.0 * h.variance_m2)
    return 0.5 * (math.erf(s_m * scale_per_m) + math.erf((link.line.length_m - s_m) * scale_per_m))


def next_market_not_served(market: str) -> str:
    """The reason once the vehicle is over a border; `market` is empty where nobody knows which one it is."""
    return f"next market {market} is not served here" if market else "the next market is not served here"
