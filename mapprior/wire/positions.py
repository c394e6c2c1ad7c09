"""A position as bytes, and back. In steady driving an update holds one and nothing else."""

import threading
from collections.abc import Sequence

from mapprior.horizon.items import LanePosition, Position, PositionCandidate, Update
from mapprior.model.ids import LaneId, LinkId, PathId
from mapprior.model.pose import MatchState
from mapprior.v1 import horizon_pb2, horizon_service_pb2
from mapprior.wire.fields import known, whole

LINK_LENGTH_CM_MAX = 100_000
HEADING_ERROR_MRAD_MAX = 3142
SIGMA_CM_MAX = 1_000_000
LANE_ID_MAX = 127
LANE_INDEX_MAX = 31


class _Prepared(threading.local):
    """One message per thread whose fields are set anew for each position-only update."""

    def __init__(self) -> None:
        self.response = horizon_service_pb2.StreamHorizonResponse()
        self.update = self.response.update
        self.position = self.update.position
        self.candidate = self.position.candidates.add()


_PREPARED = _Prepared()


def encode_position_only(update: Update, position: Position) -> bytes:
    """The bytes of a StreamHorizonResponse that says nothing but a position of one candidate."""
    prepared = _PREPARED
    message, place, candidate = prepared.update, prepared.position, prepared.candidate
    first = position.candidates[0]
    message.update_index = update.update_index
    message.pose_time_us = update.pose_time_us
    message.state_hash = update.state_hash
    place.state = position.state  # type: ignore[assignment]
    place.reason = position.reason
    place.extrapolated = position.extrapolated
    candidate.path_id = first.path_id
    candidate.offset_cm = first.offset_cm
    candidate.link_id = first.link_id
    candidate.link_offset_cm = first.link_offset_cm
    candidate.lateral_cm = first.lateral_cm
    candidate.heading_error_mrad = first.heading_error_mrad
    candidate.probability_permille = first.probability_permille
    candidate.offset_sigma_cm = first.offset_sigma_cm
    candidate.lateral_sigma_cm = first.lateral_sigma_cm
    if place.lanes:
        del place.lanes[:]
    if position.lanes:
        _fill_lanes(place, position.lanes)
    return prepared.response.SerializeToString()


def fill_position(message: horizon_pb2.Position, position: Position) -> None:
    """Writes a position into an empty message."""
    message.state = position.state  # type: ignore[assignment]
    message.reason = position.reason
    message.extrapolated = position.extrapolated
    for candidate in position.candidates:
        message.candidates.add(
            path_id=candidate.path_id,
            offset_cm=candidate.offset_cm,
            link_id=candidate.link_id,
            link_offset_cm=candidate.link_offset_cm,
            lateral_cm=candidate.lateral_cm,
            heading_error_mrad=candidate.heading_error_mrad,
            probability_permille=candidate.probability_permille,
            offset_sigma_cm=candidate.offset_sigma_cm,
            lateral_sigma_cm=candidate.lateral_sigma_cm,
        )
    _fill_lanes(message, position.lanes)


def _fill_lanes(message: horizon_pb2.Position, lanes: Sequence[LanePosition]) -> None:
    for lane in lanes:
        place = message.lanes.add()  # set one by one: half the time of naming the fields in the call (measured)
        place.lane_id = lane.lane_id
        place.lane_index = lane.lane_index
        place.probability_permille = lane.probability_permille


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
