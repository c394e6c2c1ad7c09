"""Whether it is sure enough on which road the vehicle is for a limit to be called certain.

It is not while the match does not track, nor while it tracks and the other places it still thinks possible have
together a chance that counts and another limit. Doubt lasts until the match has been sure for a while, so that it
does not flicker. Work zones do not matter here: the limit they set is never certain.
"""

from functools import lru_cache
from typing import Final

from mapprior.errors import TileError
from mapprior.market.effective import effective_limit
from mapprior.match.position import MatchResult
from mapprior.model.ids import LinkId
from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, VehicleProfile

# Places that say something else, all together, bring doubt from this chance on, and keep it until a lower one.
OTHER_LIMIT_CHANCE_FROM: Final = 0.05
OTHER_LIMIT_CHANCE_UNTIL: Final = 0.02
# After doubt the limits stay uncertain until the match has been sure for this long.
DOUBT_US: Final = 1_000_000

_Sign = tuple[LimitKind, int, SpeedUnit]


class Doubt:
    """The doubt of one drive. `holds` is the answer of the last `judge`."""

    def __init__(self, network: Network, vehicle: VehicleProfile) -> None:
        self._network = network
        self._vehicle = vehicle
        self._last_time_us = 0  # pose time at which there was last a reason to doubt
        self.holds = False

    def judge(self, result: MatchResult, time_us: int, *, laid: bool) -> bool:
        """Whether the answer changed. Times are those of poses; `laid`: there are paths whose limits to doubt."""
        reason = result.state is not MatchState.TRACKING or self._says_otherwise(result)
        if reason:
            self._last_time_us = time_us
        was = self.holds
        self.holds = laid and (reason or (was and time_us - self._last_time_us < DOUBT_US))
        return self.holds is not was

    def _says_otherwise(self, result: MatchResult) -> bool:
        first, *others = result.candidates
        enough = OTHER_LIMIT_CHANCE_UNTIL if self.holds else OTHER_LIMIT_CHANCE_FROM
        if sum(x.probability for x in others) < enough:
            return False
        sign = self._sign(first.link_id)
        chance = sum(x.probability for x in others if x.link_id != first.link_id and self._sign(x.link_id) != sign)
        return chance >= enough

    def _sign(self, link_id: LinkId) -> _Sign:
        try:
            return _sign_of(self._network.limits(link_id), self._vehicle)
        except TileError:
            return _sign_of((), self._vehicle)  # what cannot be read is unknown


def is_nearly_alone(result: MatchResult) -> bool:
    """The first place leaves too little to the others for them to bring doubt. Nearly free."""
    candidates = result.candidates
    return len(candidates) == 1 or candidates[0].probability > 1.0 - OTHER_LIMIT_CHANCE_FROM


@lru_cache(maxsize=8192)
def _sign_of(limits: tuple[TaggedLimit, ...], vehicle: VehicleProfile) -> _Sign:
    limit = effective_limit(limits, vehicle=vehicle, source="")
    return limit.kind, limit.posted_value_milli, limit.posted_unit
