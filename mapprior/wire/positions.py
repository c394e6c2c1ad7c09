"""A position as bytes, and back. In steady driving an update holds one and nothing else."""

from typing import Final

from mapprior.horizon.position import SIGMA_M_MAX
from mapprior.horizon.vehicle_position import LanePosition, Position, PositionCandidate
from mapprior.model.ids import LaneId, LinkId, PathId
from mapprior.model.pose import MatchState
from mapprior.v1 import horizon_pb2
from mapprior.wire.fields import known, whole
from mapprior.wire.varint import fixed64, nested, number, signed, text

LINK_LENGTH_CM_MAX: Final = 100_000
HEADING_ERROR_MRAD_MAX: Final = 3142
SIGMA_CM_MAX: Final = round(SIGMA_M_MAX * 100)
LANE_ID_MAX: Final = 127
LANE_INDEX_MAX: Final = 31


_NO_ERROR: Final = b"\x30\x00"  # of 0, and not unknown


def position_bytes(position: Position) -> bytes:
    """The bytes of a Position as protobuf writes them, by hand: every update holds one, and most nothing else."""
    places = lanes = b""
    for x in position.candidates:
        places += nested(b"\x1a", _candidate_bytes(x))
    for lane in position.lanes:
        lanes += nested(b"\x2a", _lane_bytes(lane))
    return b"%b%b%b%b%b%b" % (
        number(b"\x08", position.state),
        text(b"\x12", position.reason),
        places,
        b"\x20\x01" if position.extrapolated else b"",
        lanes,
        b"\x30\x01" if position.road_in_doubt else b"",
    )


def _candidate_bytes(x: PositionCandidate) -> bytes:
    error_mrad = x.heading_error_mrad
    return b"%b%b%b%b%b%b%b%b%b" % (
        number(b"\x08", x.path_id),
        signed(b"\x10", x.offset_cm),
        fixed64(b"\x19", x.link_id),
        number(b"\x20", x.link_offset_cm),
        signed(b"\x28", x.lateral_cm),
        b"" if error_mrad is None else signed(b"\x30", error_mrad) or _NO_ERROR,
        number(b"\x38", x.probability_permille),
        number(b"\x40", x.offset_sigma_cm),
        number(b"\x48", x.lateral_sigma_cm),
    )


def _lane_bytes(x: LanePosition) -> bytes:
    return b"%b%b%b" % (
        number(b"\x08", x.lane_id),
        number(b"\x10", x.lane_index),
        number(b"\x18", x.probability_permille),
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
