"""Where the vehicle is, as an update says it. Not part of the state hash."""

from dataclasses import dataclass

from mapprior.model.ids import LaneId, LinkId, PathId
from mapprior.model.pose import MatchState


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class PositionCandidate:
    """One place the vehicle may be at."""

    path_id: PathId  # 0: on none
    offset_cm: int
    link_id: LinkId
    link_offset_cm: int
    lateral_cm: int
    heading_error_mrad: int | None  # None: the heading is not known
    probability_permille: int
    offset_sigma_cm: int  # 0 unknown, as below
    lateral_sigma_cm: int

    def __init__(
        self,
        path_id: PathId,
        offset_cm: int,
        link_id: LinkId,
        link_offset_cm: int,
        lateral_cm: int,
        heading_error_mrad: int | None,
        probability_permille: int,
        offset_sigma_cm: int = 0,
        lateral_sigma_cm: int = 0,
    ) -> None:
        self.path_id = path_id
        self.offset_cm = offset_cm
        self.link_id = link_id
        self.link_offset_cm = link_offset_cm
        self.lateral_cm = lateral_cm
        self.heading_error_mrad = heading_error_mrad
        self.probability_permille = probability_permille
        self.offset_sigma_cm = offset_sigma_cm
        self.lateral_sigma_cm = lateral_sigma_cm


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class LanePosition:
    """One lane of the first candidate's link the vehicle may be on."""

    lane_id: LaneId
    lane_index: int
    probability_permille: int

    def __init__(self, lane_id: LaneId, lane_index: int, probability_permille: int) -> None:
        self.lane_id = lane_id
        self.lane_index = lane_index
        self.probability_permille = probability_permille


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Position:
    """The first candidate is the position; the others follow, likeliest first."""

    state: MatchState
    reason: str
    candidates: tuple[PositionCandidate, ...]
    extrapolated: bool
    lanes: tuple[LanePosition, ...]  # likeliest first
    road_in_doubt: bool  # so that no limit is certain

    def __init__(
        self,
        state: MatchState,
        reason: str = "",
        candidates: tuple[PositionCandidate, ...] = (),
        extrapolated: bool = False,
        lanes: tuple[LanePosition, ...] = (),
        road_in_doubt: bool = False,
    ) -> None:
        self.state = state
        self.reason = reason
        self.candidates = candidates
        self.extrapolated = extrapolated
        self.lanes = lanes
        self.road_in_doubt = road_in_doubt
