"""What is said of the hypotheses: a state with its reason, candidates, the links passed. Moves and weighs none."""

from collections.abc import Sequence
from typing import Final

from mapprior.match.hypothesis import MAP_END_SLACK_M, Hypothesis
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.match.settings import MatchSettings
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
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


class Verdict:
    """Remembers the last answer: states change with hysteresis, and `passed` counts from there."""

    __slots__ = ("_last_link_id", "_network", "_settings", "beyond", "state")

    def __init__(self, network: Network, settings: MatchSettings) -> None:
        self._network = network
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """As before the first pose."""
        self.state = MatchState.WAITING
        self.beyond = ""  # why nothing is known here, once the vehicle has left the markets served over a border
        self._last_link_id: LinkId | None = None

    def answer(
        self, hypotheses: Sequence[Hypothesis], off_weight: float, *, doubt: str, extrapolated: bool
    ) -> MatchResult:
        """The answer for settled hypotheses, the likeliest first; `doubt` is a reason not to trust them, or empty."""
        settings, was = self._settings, self.state
        best = hypotheses[0]
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
        elif best.weight < (settings.tracking_until if was is MatchState.TRACKING else settings.tracking_from):
            state, reason = MatchState.AMBIGUOUS, SEVERAL_ROADS
        if state is not MatchState.OFF_ROAD:
            self.beyond = ""
        elif self.beyond:
            return self.nothing(state, reason)
        self.state = state
        passed = self._passed(best)
        self._last_link_id = best.link_id
        return MatchResult(state, reason, self._candidates(hypotheses), passed, extrapolated)

    def nothing(self, state: MatchState, reason: str) -> MatchResult:
        """The answer where there is no hypothesis worth telling."""
        if self.beyond and reason in (NO_ROAD, NO_TILE):
            state, reason = MatchState.NO_COVERAGE, self.beyond
        self.state = state
        self._last_link_id = None
        return MatchResult(state, reason, (), ())

    def _candidates(self, hypotheses: Sequence[Hypothesis]) -> tuple[MatchCandidate, ...]:
        h = hypotheses[0]
        first = MatchCandidate(h.link_id, h.offset_cm(), h.lateral_m, h.heading_error_rad, h.weight)
        if len(hypotheses) == 1:
            return (first,)
        others = [
            MatchCandidate(h.link_id, h.offset_cm(), h.lateral_m, h.heading_error_rad, h.weight)
            for h in hypotheses[1 : self._settings.candidates_count_max]
            if h.weight >= _CANDIDATE_WEIGHT_MIN
        ]
        return (first, *others)

    def _passed(self, best: Hypothesis) -> tuple[LinkId, ...]:
        """Links from the last position's to this one's, both included; empty where no drive joins them."""
        last = self._last_link_id
        if last is None:
            return ()
        if best.link_id == last:
            return best.passed
        trail = best.trail
        for i in range(len(trail) - 2, -1, -1):
            if trail[i] == last:
                return trail[i:]
        if best.link.twin_id == last:
            return ()  # turned round on the way
        # Found by a search, and not by driving here: it may follow all the same.
        return (last, best.link_id) if best.link_id in (next_links(self._network, (last,)) or ()) else ()


def next_market_not_served(market: str) -> str:
    """The reason once the vehicle is over a border; `market` is empty where nobody knows which one it is."""
    return f"next market {market} is not served here" if market else "the next market is not served here"
