"""A pose read straight from its bytes: what nearly every message of a client is, at a fraction of protobuf's time.

Only good poses written in a plain way are read here. For everything else the answer is None, and protobuf reads
the same bytes: so there is one place that refuses, and what is accepted cannot differ (tested on any bytes).
"""

import struct
from typing import Final

from mapprior.model.pose import Pose
from mapprior.wire.poses import pose_in_range

_REQUEST_POSE: Final = 0x12  # StreamHorizonRequest.pose, length-delimited
_BODY: Final = 2  # where the fields begin: tag and a length of one byte come before
_BYTES_MAX: Final = _BODY + 0x7F
# Tags of Pose: field number and wire type.
_POSE_TIME_US: Final = 0x08
_LAT_DEG: Final = 0x11
_LON_DEG: Final = 0x19
_HEADING_RAD: Final = 0x21
_SPEED_MPS: Final = 0x29
_POSITION_SIGMA_M: Final = 0x35
_HEADING_SIGMA_RAD: Final = 0x3D
_TRAVELLED_M: Final = 0x41
_REVERSE: Final = 0x48
_ACKNOWLEDGED: Final = 0x50
_VARINT_BITS_MAX: Final = 56  # of eight bytes; a longer one may not fit its field
_double: Final = struct.Struct("<d").unpack_from
_float: Final = struct.Struct("<f").unpack_from
# All of them from the latitude on, each behind its tag, as a vehicle sends them that knows all: read in one go.
_all: Final = struct.Struct("<xdxdxdxdxfxfxd").unpack_from
_ALL_BYTES: Final = 55


def read_plain_pose(data: bytes) -> Pose | None:
    """The pose in the bytes of a StreamHorizonRequest, all ranges of `drive.proto` checked; None: ask protobuf.

    Fields may come in any order and more than once: the last counts, as in protobuf.
    """
    end = len(data)
    if not _BODY <= end <= _BYTES_MAX or data[0] != _REQUEST_POSE or data[1] != end - _BODY:
        return None
    pose_time_us = 0
    lat_deg: float | None = None
    lon_deg: float | None = None
    heading_rad: float | None = None
    speed_mps: float | None = None
    position_sigma_m: float | None = None
    heading_sigma_rad: float | None = None
    travelled_m: float | None = None
    reverse = False
    acknowledged = 0
    at = _BODY
    while at < end:
        tag = data[at]
        if tag == _LAT_DEG and _are_all(data, at, end):
            lat_deg, lon_deg, heading_rad, speed_mps, position_sigma_m, heading_sigma_rad, travelled_m = _all(data, at)
            at += _ALL_BYTES
            continue
        at += 1
        if tag & 7 == 1:  # eight bytes
            if at + 8 > end:
                return None
            value: float = _double(data, at)[0]
            at += 8
            if tag == _LAT_DEG:
                lat_deg = value
            elif tag == _LON_DEG:
                lon_deg = value
            elif tag == _HEADING_RAD:
                heading_rad = value
            elif tag == _SPEED_MPS:
                speed_mps = value
            elif tag == _TRAVELLED_M:
                travelled_m = value
            else:
                return None
        elif tag & 7 == 5:  # four bytes
            if at + 4 > end:
                return None
            value = _float(data, at)[0]
            at += 4
            if tag == _POSITION_SIGMA_M:
                position_sigma_m = value
            elif tag == _HEADING_SIGMA_RAD:
                heading_sigma_rad = value
            else:
                return None
        elif tag in (_POSE_TIME_US, _REVERSE, _ACKNOWLEDGED):
            number, at = _varint(data, at)
            if at < 0:
                return None
            if tag == _POSE_TIME_US:
                pose_time_us = number
            elif tag == _REVERSE:
                reverse = number != 0
            else:
                acknowledged = number
        else:
            return None
    return pose_in_range(
        pose_time_us,
        lat_deg,
        lon_deg,
        heading_rad,
        speed_mps,
        position_sigma_m,
        heading_sigma_rad,
        travelled_m,
        reverse,
        acknowledged,
    )


def _are_all(data: bytes, at: int, end: int) -> bool:
    """All measurements follow here in the order of their fields, the first of which has been looked at."""
    return (
        at + _ALL_BYTES <= end
        and data[at + 9] == _LON_DEG
        and data[at + 18] == _HEADING_RAD
        and data[at + 27] == _SPEED_MPS
        and data[at + 36] == _POSITION_SIGMA_M
        and data[at + 41] == _HEADING_SIGMA_RAD
        and data[at + 46] == _TRAVELLED_M
    )


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(the number that begins there, where it ends; -1 where it does not, or is long)."""
    number = bits = 0
    while at < len(data) and bits < _VARINT_BITS_MAX:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << bits
        if byte < 0x80:
            return number, at
        bits += 7
    return 0, -1
