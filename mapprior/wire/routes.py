"""The route service's messages: bytes to model objects and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mapprior.errors import LimitError, RequestError
from mapprior.geo.units import E7
from mapprior.horizon.vehicle_position import Position
from mapprior.match.route import DoubtfulTurn, Waypoint
from mapprior.model.ids import LinkId
from mapprior.model.pose import CAR, Pose, VehicleProfile
from mapprior.v1 import route_service_pb2
from mapprior.wire.fields import TIME_US_MAX, finite, lat_e7, lon_e7, parse, text, whole
from mapprior.wire.opening import fill_vehicle, read_vehicle
from mapprior.wire.poses import fill_pose, read_pose
from mapprior.wire.positions import position_bytes, read_position
from mapprior.wire.requests import read_waypoints, waypoint_messages

TRACE_POSES_COUNT_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """Start, places to pass, destination: 2 to 100."""

    waypoints: tuple[Waypoint, ...]
    vehicle: VehicleProfile = CAR
    departure_time_us: int = 0  # not known


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """A drivable route. `lat_e7` and `lon_e7` are its line from start to destination."""

    links: tuple[LinkId, ...]
    length_m: float
    first_offset_m: float  # of the start on the first link
    last_offset_m: float  # of the destination on the last link
    lat_e7: tuple[int, ...]
    lon_e7: tuple[int, ...]
    doubtful_turns: tuple[DoubtfulTurn, ...] = ()  # in driving order


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """One position per pose (its paths are 0), and the links driven, in order."""

    positions: tuple[Position, ...]
    links: tuple[LinkId, ...]


def encode_route_request(request: RouteRequest) -> bytes:
    """Bytes of a FindRouteRequest."""
    message = route_service_pb2.FindRouteRequest(departure_time_us=request.departure_time_us)
    fill_vehicle(message.vehicle, request.vehicle)
    message.waypoints.extend(waypoint_messages(request.waypoints))
    return message.SerializeToString()


def decode_route_request(data: bytes) -> RouteRequest:
    """RequestError where a range is broken, LimitError for too many waypoints."""
    message = parse(route_service_pb2.FindRouteRequest, data)
    return RouteRequest(
        read_waypoints(message.waypoints, "waypoints"),
        read_vehicle(message.vehicle, "vehicle"),
        whole(message.departure_time_us, "departure_time_us", 0, TIME_US_MAX),
    )


def encode_route_answer(answer: RouteAnswer) -> bytes:
    """Bytes of a FindRouteResponse."""
    message = route_service_pb2.FindRouteResponse(
        link_ids=answer.links,
        length_m=answer.length_m,
        first_offset_m=answer.first_offset_m,
        last_offset_m=answer.last_offset_m,
    )
    for lat, lon in zip(answer.lat_e7, answer.lon_e7, strict=True):
        message.geometry.add(lat_deg=lat / E7, lon_deg=lon / E7)
    for x in answer.doubtful_turns:
        message.doubtful_turns.add(
            from_link_id=x.from_link, to_link_id=x.to_link, offset_m=x.offset_m, condition=x.condition
        )
    return message.SerializeToString()


def decode_route_answer(data: bytes) -> RouteAnswer:
    """RequestError where the bytes are no FindRouteResponse or a range is broken."""
    message = parse(route_service_pb2.FindRouteResponse, data)
    return RouteAnswer(
        tuple(LinkId(link_id) for link_id in message.link_ids),
        finite(message.length_m, "length_m"),
        finite(message.first_offset_m, "first_offset_m"),
        finite(message.last_offset_m, "last_offset_m"),
        tuple(lat_e7(point.lat_deg, "geometry.lat_deg") for point in message.geometry),
        tuple(lon_e7(point.lon_deg, "geometry.lon_deg") for point in message.geometry),
        tuple(
            DoubtfulTurn(
                LinkId(x.from_link_id),
                LinkId(x.to_link_id),
                finite(x.offset_m, "doubtful_turns.offset_m"),
                text(x.condition, "doubtful_turns.condition"),
            )
            for x in message.doubtful_turns
        ),
    )


def encode_trace_request(poses: Sequence[Pose]) -> bytes:
    """Bytes of a MatchTraceRequest."""
    message = route_service_pb2.MatchTraceRequest()
    for pose in poses:
        fill_pose(message.poses.add(), pose)
    return message.SerializeToString()


def decode_trace_request(data: bytes, *, poses_count_max: int = TRACE_POSES_COUNT_MAX) -> tuple[Pose, ...]:
    """The trace; RequestError where a pose is out of range or older than the one before, LimitError for too many."""
    message = parse(route_service_pb2.MatchTraceRequest, data)
    if len(message.poses) > poses_count_max:
        raise LimitError(f"poses has {len(message.poses)} elements; at most {poses_count_max}")
    poses = tuple(read_pose(pose) for pose in message.poses)
    for index, (before, after) in enumerate(pairwise(poses), start=1):
        if after.pose_time_us < before.pose_time_us:
            raise RequestError(f"poses[{index}].pose_time_us is before that of poses[{index - 1}]; allowed: in order")
    return poses


def encode_trace_answer(answer: TraceAnswer) -> bytes:
    """Bytes of a MatchTraceResponse."""
    message = route_service_pb2.MatchTraceResponse(link_ids=answer.links)
    for position in answer.positions:
        message.positions.add().MergeFromString(position_bytes(position))
    return message.SerializeToString()


def decode_trace_answer(data: bytes) -> TraceAnswer:
    """RequestError where the bytes are no MatchTraceResponse."""
    message = parse(route_service_pb2.MatchTraceResponse, data)
    return TraceAnswer(
        tuple(read_position(position) for position in message.positions),
        tuple(LinkId(link_id) for link_id in message.link_ids),
    )
