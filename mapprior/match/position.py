"""What matching returns."""

from dataclasses import dataclass

from mapprior.model.ids import LaneId, LinkId
from mapprior.model.pose import MatchState


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class MatchCandidate:
    """One place on the network the vehicle may be at."""

    link_id: LinkId
    link_offset_cm: int  # [0, length_cm]
    lateral_m: float  # left positive
    heading_error_rad: float | None  # pose minus link, in [-pi, pi); None where the heading is not known
    probability: float
    offset_sigma_m: float  # of the place along the link; 0 unknown
    lateral_sigma_m: float  # of the distance from it; 0 unknown

    def __init__(
        self,
        link_id: LinkId,
        link_offset_cm: int,
        lateral_m: float,
        heading_error_rad: float | None,
        probability: float,
        offset_sigma_m: float = 0.0,
        lateral_sigma_m: float = 0.0,
    ) -> None:
        self.link_id = link_id
        self.link_offset_cm = link_offset_cm
        self.lateral_m = lateral_m
        self.heading_error_rad = heading_error_rad
        self.probability = probability
        self.offset_sigma_m = offset_sigma_m
        self.lateral_sigma_m = lateral_sigma_m


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class LaneCandidate:
    """One lane of the first candidate's link the vehicle may be on."""

    lane_id: LaneId
    lane_index: int  # from the left
    probability: float

    def __init__(self, lane_id: LaneId, lane_index: int, probability: float) -> None:
        self.lane_id = lane_id
        self.lane_index = lane_index
        self.probability = probability


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class MatchResult:
    """Candidates; their probabilities sum to at most 1, the rest is being on no mapped road.

    The first one is the position, the others follow, likeliest first. It is the likeliest, or was the first before and
    is past that one on one way, three quarters as likely at least. Where ways part, the link before them
    stays the first down to a tenth, as long as none of them is clearly likelier than the others together: which was
    taken is not said before it shows.

    `passed` lists the links driven completely or entered since the last result, in order, ending with the
    link of the first candidate; empty when the position jumped (no drivable connection was found), and where another
    link of a node turns out to be the right one.
    """

    state: MatchState
    reason: str
    candidates: tuple[MatchCandidate, ...]
    passed: tuple[LinkId, ...]
    extrapolated: bool

    def __init__(
        self,
        state: MatchState,
        reason: str,
        candidates: tuple[MatchCandidate, ...],
        passed: tuple[LinkId, ...],
        extrapolated: bool = False,
    ) -> None:
        self.state = state
        self.reason = reason
        self.candidates = candidates
        self.passed = passed
        self.extrapolated = extrapolated
