"""A position as bytes, and back. In steady driving an update holds one and nothing else."""

from collections import defaultdict
from typing import Final

from mapprior.horizon.items import LanePosition, Position, PositionCandidate, Update
from mapprior.horizon.position import SIGMA_M_MAX
from mapprior.model.ids import LaneId, LinkId, PathId
from mapprior.model.pose import MatchState
from mapprior.v1 import horizon_pb2, horizon_service_pb2
from mapprior.wire.fields import known, whole

LINK_LENGTH_CM_MAX = 100_000
HEADING_ERROR_MRAD_MAX = 3142
SIGMA_CM_MAX = round(SIGMA_M_MAX * 100)
LANE_ID_MAX = 127
LANE_INDEX_MAX = 31


class _Prepared:
    """A message with so many lanes, whose numbers are set anew for each position-only update.

    Numbers only: text that is set, and lanes that are added, would stay in its memory for ever.
    """

    def __init__(self, lanes_count: int) -> None:
        self.response = horizon_service_pb2.StreamHorizonResponse()
        self.update = self.response.update
        self.position = self.update.position
        self.candidate = self.position.candidates.add()
        self.lanes = [self.position.lanes.add() for _ in range(lanes_count)]


# By the number of lanes, and of each as many as threads ever encoded at once: taken, and put back whole.
_IDLE: Final[defaultdict[int, list[_Prepared]]] = defaultdict(list)


def encode_position_only(update: Update, position: Position) -> bytes:
    """The bytes of a StreamHorizonResponse that says nothing but a position of one candidate, without a reason."""
    lanes = position.lanes
    idle = _IDLE[len(lanes)]
    try:
        prepared = idle.pop()
    except IndexError:
        prepared = _Prepared(len(lanes))
    message, place, candidate = prepared.update, prepared.position, prepared.candidate
    message.update_index = update.update_index
    message.pose_time_us = update.pose_time_us
    message.state_hash = update.state_hash
    place.state = position.state  # type: ignore[assignment]
    place.extrapolated = position.extrapolated
    first = position.candidates[0]  # written out, as the lanes are: what every pose pays for
    candidate.path_id = first.path_id
    candidate.offset_cm = first.offset_cm
    candidate.link_id = first.link_id
    candidate.link_offset_cm = first.link_offset_cm
    candidate.lateral_cm = first.lateral_cm
    candidate.heading_error_mrad = first.heading_error_mrad
    candidate.probability_permille = first.probability_permille
    candidate.offset_sigma_cm = first.offset_sigma_cm
    candidate.lateral_sigma_cm = first.lateral_sigma_cm
    if lanes:
        for on_lane, lane in zip(prepared.lanes, lanes, strict=True):
            on_lane.lane_id = lane.lane_id
            on_lane.lane_index = lane.lane_index
            on_lane.probability_permille = lane.probability_permille
    data = prepared.response.SerializeToString()
    idle.append(prepared)
    return data


def fill_position(message: horizon_pb2.Position, position: Position) -> None:
    """Writes a position into an empty message."""
    message.state = position.state  # type: ignore[assignment]
    message.reason = position.reason
    message.extrapolated = position.extrapolated
    # set one by one: half the time of naming the fields in a call (measured)
    for candidate in position.candidates:
        place = message.candidates.add()
        place.path_id = candidate.path_id
        place.offset_cm = candidate.offset_cm
        place.link_id = candidate.link_id
        place.link_offset_cm = candidate.link_offset_cm
        place.lateral_cm = candidate.lateral_cm
        place.heading_error_mrad = candidate.heading_error_mrad
        place.probability_permille = candidate.probability_permille
        place.offset_sigma_cm = candidate.offset_sigma_cm
        place.lateral_sigma_cm = candidate.lateral_sigma_cm
    for lane in position.lanes:
        on_lane = message.lanes.add()
        on_lane.lane_id = lane.lane_id
        on_lane.lane_index = lane.lane_index
        on_lane.probability_permille = lane.probability_permille


def read_position(message: horizon_pb2.Position) -> Position:
    """The position; RequestError for an unknown state or a range broken. It is no part of the state hash."""
    candidates = tuple(
        PositionCandidate(
            PathId(c.path_id),
            c.offset_cm,
            LinkId(c.link_id),
            whole(c.link_offset_cm, "position.candidates.link_offset_cm", 0, LINK_LENGTH_CM_MAX),
            c.lateral_cm,
            whole(
                c.heading_error_mrad,
                "position.candidates.heading_error_mrad",
                -HEADING_ERROR_MRAD_MAX,
                HEADING_ERROR_MRAD_MAX,
            ),
            whole(c.probability_permille, "position.candidates.probability_permille", 0, 1000),
            whole(c.offset_sigma_cm, "position.candidates.offset_sigma_cm", 0, SIGMA_CM_MAX),
            whole(c.lateral_sigma_cm, "position.candidates.lateral_sigma_cm", 0, SIGMA_CM_MAX),
        )
        for c in message.candidates
    )
    lanes = tuple(
        LanePosition(
            LaneId(whole(x.lane_id, "position.lanes.lane_id", 1, LANE_ID_MAX)),
            whole(x.lane_index, "position.lanes.lane_index", 0, LANE_INDEX_MAX),
            whole(x.probability_permille, "position.lanes.probability_permille", 0, 1000),
        )
        for x in message.lanes
    )
    state = known(MatchState, message.state, "position.state")
    return Position(state, message.reason, candidates, message.extrapolated, lanes)
