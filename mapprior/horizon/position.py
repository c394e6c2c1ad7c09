"""Where the matched places lie on the paths."""

from collections.abc import Sequence
from typing import Final

from mapprior.geo.units import nearest
from mapprior.horizon.arrival import Departure
from mapprior.horizon.items import ROOT
from mapprior.horizon.tree import PathTree
from mapprior.horizon.vehicle_position import LanePosition, Position, PositionCandidate
from mapprior.match.position import LaneCandidate, MatchResult
from mapprior.model.ids import LinkId
from mapprior.model.pose import MatchState, Pose

SIGMA_M_MAX: Final = 10_000.0  # this much stands for more, too
NO_POSITION: Final = Position(MatchState.WAITING, "no pose yet")


def position_on(
    tree: PathTree | None,
    result: MatchResult | None,
    lanes: Sequence[LaneCandidate] = (),
    *,
    road_in_doubt: bool = False,
) -> Position:
    """The match in whole units of the wire; path 0 where a place is on none, as without a tree.
    No result: no pose has come yet.

    Probabilities are rounded down, so that they never sum to more than 1.
    """
    if result is None:
        return NO_POSITION
    candidates = []
    for x in result.candidates:
        place = tree.where(x.link_id) if tree is not None else None
        path_id, start_cm = place if place is not None else (ROOT, 0)
        error_rad = x.heading_error_rad
        candidates.append(
            PositionCandidate(
                path_id,
                start_cm + x.link_offset_cm if path_id else 0,
                x.link_id,
                x.link_offset_cm,
                nearest(x.lateral_m * 100.0),
                None if error_rad is None else nearest(error_rad * 1000.0),
                int(x.probability * 1000.0),
                nearest(min(x.offset_sigma_m, SIGMA_M_MAX) * 100.0),
                nearest(min(x.lateral_sigma_m, SIGMA_M_MAX) * 100.0),
            )
        )
    on_lanes = tuple(LanePosition(x.lane_id, x.lane_index, int(x.probability * 1000.0)) for x in lanes)
    return Position(result.state, result.reason, tuple(candidates), result.extrapolated, on_lanes, road_in_doubt)


def departure_on(
    tree: PathTree, result: MatchResult | None, pose: Pose | None, time_us: int, *, clock_believed: bool
) -> Departure:
    """Where on the root the vehicle sets out from at this drive time, as far as is known, and how fast it is.

    The start of its link where the match names another.
    """
    departure = departure_from(tree.link_id, result, pose, time_us, clock_believed=clock_believed)
    departure.at_cm += tree.link_offset_cm
    return departure


def departure_from(
    link_id: LinkId | None, result: MatchResult | None, pose: Pose | None, time_us: int, *, clock_believed: bool
) -> Departure:
    """The same, where on this link, which is the vehicle's."""
    at_cm = 0
    if result is not None and result.candidates and result.candidates[0].link_id == link_id:
        at_cm = result.candidates[0].link_offset_cm
    own_mps = abs(pose.speed_mps or 0.0) if pose is not None else 0.0
    return Departure(time_us, at_cm, own_mps, clock_believed)
