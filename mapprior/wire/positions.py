"""A position as bytes, and back. In steady driving an update holds one and nothing else."""

import struct
from typing import Final

from mapprior.horizon.position import SIGMA_M_MAX
from mapprior.horizon.vehicle_position import LanePosition, Position, PositionCandidate
from mapprior.model.ids import LaneId, LinkId, PathId
from mapprior.model.pose import MatchState
from mapprior.v1 import horizon_pb2
from mapprior.wire.fields import known, whole
from mapprior.wire.varint import nested, number, signed, text

LINK_LENGTH_CM_MAX = 100_000
HEADING_ERROR_MRAD_MAX = 3142
SIGMA_CM_MAX = round(SIGMA_M_MAX * 100)
LANE_ID_MAX = 127
LANE_INDEX_MAX = 31


_fixed64 = struct.Struct("<BQ").pack
_NO_ERROR: Final = b"\x30\x00"  # of 0, and not unknown


def position_bytes(position: Position) -> bytes:
    """The bytes of a Position as protobuf writes them, by hand: every update holds one, and most nothing else."""
    parts = [number(b"\x08", position.state), text(b"\x12", position.reason)]
    parts += [nested(b"\x1a", _candidate_bytes(x)) for x in position.candidates]
    if position.extrapolated:
        parts.append(b"\x20\x01")
    for lane in position.lanes:
        on_lane = (
            number(b"\x08", lane.lane_id),
            number(b"\x10", lane.lane_index),
            number(b"\x18", lane.probability_permille),
        )
        parts.append(nested(b"\x2a", b"".join(on_lane)))
    if position.road_in_doubt:
        parts.append(b"\x30\x01")
    return b"".join(parts)


def _candidate_bytes(x: PositionCandidate) -> bytes:
    error_mrad = x.heading_error_mrad
    return b"".join(
        (
            number(b"\x08", x.path_id),
            signed(b"\x10", x.offset_cm),
            _fixed64(0x19, x.link_id) if x.link_id else b"",
            number(b"\x20", x.link_offset_cm),
            signed(b"\x28", x.lateral_cm),
            b"" if error_mrad is None else signed(b"\x30", error_mrad) or _NO_ERROR,
            number(b"\x38", x.probability_permille),
            number(b"\x40", x.offset_sigma_cm),
            number(b"\x48", x.lateral_sigma_cm),
        )
    )


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
            )
            if c.HasField("heading_error_mrad")
            else None,
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
    return Position(state, message.reason, candidates, message.extrapolated, lanes, message.road_in_doubt)
