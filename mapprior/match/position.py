"""What matching returns."""

from dataclasses import dataclass

from mapprior.model.ids import LinkId
from mapprior.model.pose import MatchState


@dataclass(frozen=True, slots=True)
class MatchCandidate:
    """One place on the network the vehicle may be at."""

    link_id: LinkId
    link_offset_cm: int  # [0, length_cm]
    lateral_m: float  # left positive
    heading_error_rad: float  # pose minus link, in [-pi, pi); 0 where the heading is unknown
    probability: float


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Candidates, likeliest first; their probabilities sum to at most 1, the rest is being on no mapped road.

    `passed` lists the links driven completely or entered since the last result, in order, ending with the
    link of the first candidate; empty when the position jumped (no drivable connection was found).
    """

    state: MatchState
    reason: str
    candidates: tuple[MatchCandidate, ...]
    passed: tuple[LinkId, ...]
    extrapolated: bool = False
