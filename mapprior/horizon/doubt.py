"""Whether it is sure enough on which road the vehicle is for a limit to be called certain.

It is not while the match does not track, nor while it tracks and the other places it still thinks possible have
together a chance that counts and another limit, now, or another that may hold. A place a little farther on or back
along the way that the vehicle drives is no other place in this: a limit on a path is certain of its place, each on its
side of the sign, and the sign is where it is however little it is known which side the vehicle is on. That is told with
its position, as the sigma of its offset; who asks for the limit at the vehicle puts the two together
(`reader/limit_here.py`). To doubt here would take the certainty of every limit on every path, miles ahead as well, at
each sign that the vehicle passes. Doubt lasts until the match has been sure for a while, so that it does
not flicker. Work zones do not matter here: the limit they set is never certain.
"""

from typing import Final

from mapprior.horizon.drive_limits import DriveLimits, limit_sign
from mapprior.horizon.tree import PathTree
from mapprior.market.circumstances import Arrival
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.model.pose import MatchState

# Places that say something else, all together, bring doubt from this chance on, and keep it until a lower one.
OTHER_LIMIT_CHANCE_FROM: Final = 0.05
OTHER_LIMIT_CHANCE_UNTIL: Final = 0.02
# After doubt the limits stay uncertain until the match has been sure for this long.
DOUBT_US: Final = 1_000_000
# So far apart, in 1-sigmas of the offset, two places along one way may be the same one.
SAME_PLACE_SIGMAS: Final = 4.0


class Doubt:
    """The doubt of one drive. `holds` is the answer of the last `judge`."""

    __slots__ = ("_last_time_us", "_limits", "_tree", "holds")

    def __init__(self, limits: DriveLimits, tree: PathTree) -> None:
        self._limits = limits
        self._tree = tree
        self._last_time_us = 0  # pose time at which there was last a reason to doubt
        self.holds = False

    def judge(self, result: MatchResult, time_us: int, *, laid: bool) -> bool:
        """Whether the answer changed. Times are those of poses; `laid`: there are paths whose limits to doubt."""
        reason = result.state is not MatchState.TRACKING or self._says_otherwise(result, time_us)
        if reason:
            self._last_time_us = time_us
        was = self.holds
        self.holds = laid and (reason or (was and time_us - self._last_time_us < DOUBT_US))
        return self.holds is not was

    def _says_otherwise(self, result: MatchResult, time_us: int) -> bool:
        first, *others = result.candidates
        enough = OTHER_LIMIT_CHANCE_UNTIL if self.holds else OTHER_LIMIT_CHANCE_FROM
        if sum(x.probability for x in others) < enough:
            return False
        now = Arrival(time_us, time_us)
        sign = limit_sign(self._limits.of(first.link_id).at(now))
        chance = sum(
            x.probability
            for x in others
            if x.link_id != first.link_id
            and limit_sign(self._limits.of(x.link_id).at(now)) != sign
            and not self._is_along(first, x)
        )
        return chance >= enough

    def _is_along(self, first: MatchCandidate, other: MatchCandidate) -> bool:
        """The same place, give or take how well it is known how far along its way the vehicle is."""
        here_cm = self._tree.along_cm(first.link_id, first.link_offset_cm)
        there_cm = self._tree.along_cm(other.link_id, other.link_offset_cm)
        if here_cm is None or there_cm is None:
            return False
        return abs(there_cm - here_cm) <= SAME_PLACE_SIGMAS * 100.0 * max(first.offset_sigma_m, other.offset_sigma_m)


def is_nearly_alone(result: MatchResult) -> bool:
    """The first place leaves too little to the others for them to bring doubt. Nearly free."""
    candidates = result.candidates
    return len(candidates) == 1 or candidates[0].probability > 1.0 - OTHER_LIMIT_CHANCE_FROM
