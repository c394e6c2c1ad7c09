"""In which lane a vehicle drives, and what of it the ways onward are to be judged by.

A pose that is good enough names its lanes. Where those of the vehicle's link carry arrows at its end, they tell where
it goes there (`match/branch_lanes.py`). Poses differ by their noise, and paths are not to be laid anew with each of
them: so the chances of the lanes are means over the last second, in steps, told where one lane is clearly the
likeliest, and hold until they are clearly others.

Only the vehicle's own link counts: what lane it will be in on the next one is not known.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from mapprior.errors import TileError
from mapprior.match.branch_lanes import has_arrows
from mapprior.match.lane_position import SIGMA_M_MAX, LanePosition
from mapprior.match.position import LaneCandidate, MatchResult
from mapprior.model.ids import LaneId, LinkId
from mapprior.model.lane import LinkLanes
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose

MEAN_US: Final = 1_000_000  # time constant of the mean
# Working figures: with noise of half a metre in each pose the answer holds for minutes, and a lane changed is told
# within two seconds.
CLEARLY_OTHER: Final = 0.25  # change of the chance of some lane
# Told from the one chance of the likeliest lane on, until the other: half a guess would only lay paths to and fro.
SURE_FROM: Final = 0.7
SURE_UNTIL: Final = 0.55
STEPS_COUNT: Final = 20  # to one: any machine finds the same
KEPT_US: Final = 2_000_000  # an answer goes so long after the last pose that knew its lanes


class LaneOfTravel:
    """The lanes of one drive."""

    __slots__ = (
        "_at",
        "_at_end",
        "_judged",
        "_known_us",
        "_lanes",
        "_link_id",
        "_mean",
        "_network",
        "_position",
        "_told",
    )

    def __init__(self, network: Network) -> None:
        self._network = network
        self._position = LanePosition(network)
        self._link_id: LinkId | None = None
        self._lanes: LinkLanes | None = None
        self._at_end: Mapping[LaneId, int] = {}  # empty without arrows
        self._mean: dict[int, float] = {}
        self._told: Mapping[int, float] | None = None
        self._judged: MatchResult | None = None  # of the newest pose, where its lanes were looked for
        self._at: Sequence[LaneCandidate] = ()  # the lanes of that
        self._known_us = 0  # pose time at which the lanes were last known

    def at(self, pose: Pose | None, result: MatchResult | None) -> Sequence[LaneCandidate]:
        """The lanes the vehicle may be on, as far as its newest fix tells."""
        if pose is None or not _is_good(pose) or result is None or result.extrapolated or not result.candidates:
            return ()
        first = result.candidates[0]
        if result is self._judged and self._lanes_of(first.link_id) is self._lanes:
            return self._at
        try:
            return self._position.at(first, position_sigma_m=pose.position_sigma_m)
        except TileError:
            return ()  # lanes that make no sense: their coverage says so

    def judge(self, pose: Pose, result: MatchResult, link_id: LinkId | None) -> Mapping[int, float] | None:
        """The chance of each lane at the end of the vehicle's link, by its index from the left; the same object until
        it is another. None where that is not known, or no lane has an arrow there. `link_id` is where the paths have
        the vehicle."""
        if link_id != self._link_id:
            self._link_id, self._mean, self._told = link_id, {}, None
        self._judged = None
        now: Mapping[int, float] = {}
        if result.state is MatchState.TRACKING and result.candidates[0].link_id == link_id and _is_good(pose):
            at_end = self._lanes_at_end(result.candidates[0].link_id)
            lanes = self.at(pose, result) if at_end else ()
            if at_end:
                self._judged, self._at = result, lanes  # to be sent with the position
            now = {at_end[x.lane_id]: x.probability for x in lanes if x.lane_id in at_end}
        if now:
            self._take(now, pose.pose_time_us)
        elif self._told is not None and pose.pose_time_us - self._known_us >= KEPT_US:
            self._mean, self._told = {}, None
        return self._told

    def _take(self, now: Mapping[int, float], time_us: int) -> None:
        mean, told = self._mean, self._told
        fresh = -math.expm1((self._known_us - time_us) / MEAN_US) if mean else 1.0
        self._known_us = time_us
        for i in mean.keys() | now.keys():
            before = mean.get(i, 0.0)
            mean[i] = before + fresh * (now.get(i, 0.0) - before)
        if max(mean.values()) < (SURE_FROM if told is None else SURE_UNTIL):
            self._told = None
        elif told is None or any(abs(x - told.get(i, 0.0)) >= CLEARLY_OTHER for i, x in mean.items()):
            self._told = {i: steps / STEPS_COUNT for i, x in sorted(mean.items()) if (steps := round(x * STEPS_COUNT))}

    def _lanes_at_end(self, link_id: LinkId) -> Mapping[LaneId, int]:
        lanes = self._lanes_of(link_id)
        if lanes is not self._lanes:
            self._lanes = lanes
            self._at_end = {}
            if lanes is not None and has_arrows(lanes):
                self._at_end = {lane.lane_id: i for i, lane in enumerate(lanes.sections[-1].lanes)}
        return self._at_end

    def _lanes_of(self, link_id: LinkId) -> LinkLanes | None:
        try:
            return self._network.lanes(link_id)
        except TileError:
            return None


def _is_good(pose: Pose | None) -> bool:
    """May it tell the lane?"""
    return pose is not None and pose.position_sigma_m is not None and pose.position_sigma_m <= SIGMA_M_MAX
