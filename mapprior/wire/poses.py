"""A pose as a message of protobuf, and back. Most poses of a stream do not come here: see `plain_pose`."""

from typing import Final

from mapprior.errors import RequestError
from mapprior.geo.units import E7
from mapprior.model.pose import Pose
from mapprior.v1 import drive_pb2
from mapprior.wire.fields import TIME_US_MAX

HEADING_RAD_MAX: Final = 6.2832
SPEED_MPS_MIN: Final = -100.0
SPEED_MPS_MAX: Final = 150.0
POSITION_SIGMA_M_MAX: Final = 10_000.0
HEADING_SIGMA_RAD_MAX: Final = 3.1416
TRAVELLED_M_MAX: Final = 1e10
UPDATE_INDEX_MAX: Final = (1 << 63) - 1
_HEADING_SIGMA_RAD_MAX_FLOAT: Final = HEADING_SIGMA_RAD_MAX + 1e-6  # the field is a 32-bit float, which rounds up


def read_pose(message: drive_pb2.Pose) -> Pose:
    """The pose, all ranges of `drive.proto` checked. RequestError names the field, never a place.

    A field that is zero may be unset or zero; only then is its presence asked for, which costs as much
    as reading it.
    """
    lat_deg: float | None = message.lat_deg
    lon_deg: float | None = message.lon_deg
    heading_rad: float | None = message.heading_rad
    speed_mps: float | None = message.speed_mps
    position_sigma_m: float | None = message.position_sigma_m
    heading_sigma_rad: float | None = message.heading_sigma_rad
    travelled_m: float | None = message.travelled_m
    if lat_deg == 0.0 and not message.HasField("lat_deg"):
        lat_deg = None
    if lon_deg == 0.0 and not message.HasField("lon_deg"):
        lon_deg = None
    if heading_rad == 0.0 and not message.HasField("heading_rad"):
        heading_rad = None
    if speed_mps == 0.0 and not message.HasField("speed_mps"):
        speed_mps = None
    if position_sigma_m == 0.0 and not message.HasField("position_sigma_m"):
        position_sigma_m = None
    if heading_sigma_rad == 0.0 and not message.HasField("heading_sigma_rad"):
        heading_sigma_rad = None
    if travelled_m == 0.0 and not message.HasField("travelled_m"):
        travelled_m = None
    pose = pose_in_range(
        message.pose_time_us,
        lat_deg,
        lon_deg,
        heading_rad,
        speed_mps,
        position_sigma_m,
        heading_sigma_rad,
        travelled_m,
        message.reverse,
        message.acknowledged_update_index,
    )
    if pose is None:
        raise _refusal(message)
    return pose


def pose_in_range(
    pose_time_us: int,
    lat_deg: float | None,
    lon_deg: float | None,
    heading_rad: float | None,
    speed_mps: float | None,
    position_sigma_m: float | None,
    heading_sigma_rad: float | None,
    travelled_m: float | None,
    reverse: bool,
    acknowledged: int,
) -> Pose | None:
    """The pose of these fields; None where one is outside its range of `drive.proto`, in which no nan is."""
    if (
        0 < pose_time_us <= TIME_US_MAX
        and (lat_deg is None) == (lon_deg is None)
        and (lat_deg is None or -90.0 <= lat_deg <= 90.0)
        and (lon_deg is None or -180.0 <= lon_deg <= 180.0)
        and (heading_rad is None or -HEADING_RAD_MAX <= heading_rad <= HEADING_RAD_MAX)
        and (speed_mps is None or SPEED_MPS_MIN <= speed_mps <= SPEED_MPS_MAX)
        and (position_sigma_m is None or 0.0 < position_sigma_m <= POSITION_SIGMA_M_MAX)
        and (heading_sigma_rad is None or 0.0 < heading_sigma_rad <= _HEADING_SIGMA_RAD_MAX_FLOAT)
        and (travelled_m is None or 0.0 <= travelled_m <= TRAVELLED_M_MAX)
        and acknowledged <= UPDATE_INDEX_MAX
    ):
        return Pose(
            pose_time_us,
            None if lat_deg is None else lat_deg * E7,
            None if lon_deg is None else lon_deg * E7,
            heading_rad,
            speed_mps,
            position_sigma_m,
            heading_sigma_rad,
            travelled_m,
            reverse,
            acknowledged,
        )
    return None


def _refusal(message: drive_pb2.Pose) -> RequestError:
    """Says which field is wrong; kept apart so that good poses do not pay for it."""
    if not 0 < message.pose_time_us <= TIME_US_MAX:
        return RequestError(f"pose.pose_time_us is {message.pose_time_us}; allowed: [1, {TIME_US_MAX}]")
    if message.HasField("lat_deg") != message.HasField("lon_deg"):
        return RequestError("pose.lat_deg and pose.lon_deg must be set together")
    if not -90.0 <= message.lat_deg <= 90.0:
        return RequestError("pose.lat_deg is outside [-90, 90]")
    if not -180.0 <= message.lon_deg <= 180.0:
        return RequestError("pose.lon_deg is outside [-180, 180]")
    if not -HEADING_RAD_MAX <= message.heading_rad <= HEADING_RAD_MAX:
        return RequestError(
            f"pose.heading_rad is {message.heading_rad}; allowed: [-{HEADING_RAD_MAX}, {HEADING_RAD_MAX}]"
        )
    if not SPEED_MPS_MIN <= message.speed_mps <= SPEED_MPS_MAX:
        return RequestError(f"pose.speed_mps is {message.speed_mps}; allowed: [{SPEED_MPS_MIN}, {SPEED_MPS_MAX}]")
    if message.HasField("position_sigma_m") and not 0.0 < message.position_sigma_m <= POSITION_SIGMA_M_MAX:
        return RequestError(
            f"pose.position_sigma_m is {message.position_sigma_m}; allowed: (0, {POSITION_SIGMA_M_MAX}]"
        )
    if message.HasField("heading_sigma_rad") and not 0.0 < message.heading_sigma_rad <= _HEADING_SIGMA_RAD_MAX_FLOAT:
        return RequestError(
            f"pose.heading_sigma_rad is {message.heading_sigma_rad}; allowed: (0, {HEADING_SIGMA_RAD_MAX}]"
        )
    if not 0.0 <= message.travelled_m <= TRAVELLED_M_MAX:
        return RequestError(f"pose.travelled_m is outside [0, {TRAVELLED_M_MAX:.0f}]")
    return RequestError(f"pose.acknowledged_update_index is outside [0, {UPDATE_INDEX_MAX}]")


def fill_pose(message: drive_pb2.Pose, pose: Pose) -> None:
    """Writes a pose into an empty message."""
    message.pose_time_us = pose.pose_time_us
    if pose.lat_e7 is not None and pose.lon_e7 is not None:
        message.lat_deg = pose.lat_e7 / E7
        message.lon_deg = pose.lon_e7 / E7
    if pose.heading_rad is not None:
        message.heading_rad = pose.heading_rad
    if pose.speed_mps is not None:
        message.speed_mps = pose.speed_mps
    if pose.position_sigma_m is not None:
        message.position_sigma_m = pose.position_sigma_m
    if pose.heading_sigma_rad is not None:
        message.heading_sigma_rad = pose.heading_sigma_rad
    if pose.travelled_m is not None:
        message.travelled_m = pose.travelled_m
    message.reverse = pose.reverse
    message.acknowledged_update_index = pose.acknowledged_update_index
