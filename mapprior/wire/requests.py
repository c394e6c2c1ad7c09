"""What a client says on a horizon stream: bytes of a `StreamHorizonRequest` to events, and back.

Reading checks every range of `drive.proto`, so that the session never sees a value it must doubt. A refusal is
a RequestError (LimitError for too much) that names the field and what is allowed, never a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.errors import LimitError, RequestError
from mapprior.geo.units import E7
from mapprior.horizon.events import (
    AcknowledgementEvent,
    ConditionsEvent,
    Event,
    HeldContent,
    Open,
    PoseEvent,
    ResyncEvent,
    RouteEvent,
)
from mapprior.horizon.session import ROUTE_LINKS_COUNT_MAX
from mapprior.match.route import WAYPOINTS_COUNT_MAX, Waypoint
from mapprior.model.ids import LinkId
from mapprior.model.pose import Condition, DrivingConditions, Pose
from mapprior.v1 import drive_pb2, horizon_service_pb2
from mapprior.wire.fields import few, known_or, lat_e7, lon_e7, parse, whole
from mapprior.wire.opening import DEFAULT_OPEN, fill_held, fill_open, read_held, read_open
from mapprior.wire.plain_pose import read_plain_pose
from mapprior.wire.poses import UPDATE_INDEX_MAX, fill_pose, read_pose

WAYPOINTS_COUNT_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class RouteWaypoints:
    """A route as places to pass, start first; whoever has the map makes links of it."""

    waypoints: tuple[Waypoint, ...]


def decode_request(data: bytes, *, received_time_us: int = 0, defaults: Open = DEFAULT_OPEN) -> Event | RouteWaypoints:
    """The event in one message of the stream.

    `received_time_us` is the receiver's UTC clock, handed on with a pose; 0 in a replay. `defaults` are what an
    opening takes for what it leaves out. RequestError for bytes that are no request, hold no event we know, or a value
    out of range.
    """
    pose = read_plain_pose(data)
    if pose is not None:
        return PoseEvent(pose, received_time_us)
    message = parse(horizon_service_pb2.StreamHorizonRequest, data)
    if message.HasField("pose"):
        return PoseEvent(read_pose(message.pose), received_time_us)
    match message.WhichOneof("event"):
        case "acknowledgement":
            index = message.acknowledgement.update_index
            return AcknowledgementEvent(whole(index, "acknowledgement.update_index", 0, UPDATE_INDEX_MAX))
        case "open":
            return read_open(message.open, defaults)
        case "route":
            return _read_route(message.route)
        case "conditions":
            return ConditionsEvent(_read_conditions(message.conditions))
        case "resync":
            held = message.resync.held if message.resync.HasField("held") else None
            return ResyncEvent(None if held is None else read_held(held))
        case _:
            raise RequestError("the request holds no event: open, pose, route, conditions, acknowledgement or resync")


def _read_route(message: drive_pb2.DriveRoute) -> RouteEvent | RouteWaypoints:
    if message.waypoints and message.link_ids:
        raise RequestError("route has waypoints and link_ids; allowed: one of the two, or none to withdraw it")
    if message.waypoints:
        return RouteWaypoints(read_waypoints(message.waypoints, "route.waypoints"))
    few(message.link_ids, "route.link_ids", ROUTE_LINKS_COUNT_MAX)
    return RouteEvent(tuple(LinkId(link_id) for link_id in message.link_ids))


def read_waypoints(messages: Sequence[drive_pb2.Waypoint], field: str) -> tuple[Waypoint, ...]:
    """2 to 100 places; LimitError for more."""
    count = len(messages)
    if count > WAYPOINTS_COUNT_MAX:
        raise LimitError(f"{field} has {count} elements; at most {WAYPOINTS_COUNT_MAX}")
    if count < WAYPOINTS_COUNT_MIN:
        raise RequestError(f"{field} has {count} elements; at least {WAYPOINTS_COUNT_MIN}")
    return tuple(
        Waypoint(lat_e7=lat_e7(m.lat_deg, f"{field}.lat_deg"), lon_e7=lon_e7(m.lon_deg, f"{field}.lon_deg"))
        for m in messages
    )


def _read_conditions(message: drive_pb2.DrivingConditions) -> DrivingConditions:
    """What the client leaves out is unknown."""
    return DrivingConditions(
        known_or(Condition, message.wet, "conditions.wet", Condition.UNKNOWN),
        known_or(Condition, message.snow, "conditions.snow", Condition.UNKNOWN),
        known_or(Condition, message.fog, "conditions.fog", Condition.UNKNOWN),
        known_or(Condition, message.dark, "conditions.dark", Condition.UNKNOWN),
    )


def encode_request(event: Event | RouteWaypoints) -> bytes:
    """The bytes of a StreamHorizonRequest; ValueError for an event that no client sends (tiles, overlays)."""
    match event:
        case PoseEvent(pose):
            return encode_pose(pose)
        case Open():
            return encode_open(event)
        case RouteWaypoints(waypoints):
            return encode_route_waypoints(waypoints)
        case RouteEvent(links):
            return encode_route_links(links)
        case ConditionsEvent(conditions):
            return encode_conditions(conditions)
        case AcknowledgementEvent(update_index):
            return encode_acknowledgement(update_index)
        case ResyncEvent(held):
            return encode_resync(held)
        case _:
            raise ValueError(f"{type(event).__name__} does not travel from a client")


def encode_pose(pose: Pose) -> bytes:
    """A pose, its acknowledgement included."""
    request = horizon_service_pb2.StreamHorizonRequest()
    fill_pose(request.pose, pose)
    return request.SerializeToString()


def encode_open(event: Open) -> bytes:
    """The opening message."""
    request = horizon_service_pb2.StreamHorizonRequest()
    fill_open(request.open, event)
    return request.SerializeToString()


def encode_route_waypoints(waypoints: Sequence[Waypoint]) -> bytes:
    """A route for the server to find."""
    request = horizon_service_pb2.StreamHorizonRequest()
    request.route.SetInParent()
    request.route.waypoints.extend(waypoint_messages(waypoints))
    return request.SerializeToString()


def waypoint_messages(waypoints: Sequence[Waypoint]) -> list[drive_pb2.Waypoint]:
    """Places as messages, to extend a repeated field with."""
    return [drive_pb2.Waypoint(lat_deg=w.lat_e7 / E7, lon_deg=w.lon_e7 / E7) for w in waypoints]


def encode_route_links(links: Sequence[LinkId]) -> bytes:
    """A route in links; none withdraws it."""
    request = horizon_service_pb2.StreamHorizonRequest()
    request.route.SetInParent()
    request.route.link_ids.extend(links)
    return request.SerializeToString()


def encode_conditions(conditions: DrivingConditions) -> bytes:
    """What the vehicle senses."""
    request = horizon_service_pb2.StreamHorizonRequest()
    message = request.conditions
    message.wet, message.snow = conditions.wet, conditions.snow  # type: ignore[assignment]
    message.fog, message.dark = conditions.fog, conditions.dark  # type: ignore[assignment]
    return request.SerializeToString()


def encode_acknowledgement(update_index: int) -> bytes:
    """The newest update applied, outside a pose."""
    request = horizon_service_pb2.StreamHorizonRequest()
    request.acknowledgement.SetInParent()
    request.acknowledgement.update_index = update_index
    return request.SerializeToString()


def encode_resync(held: HeldContent | None) -> bytes:
    """Asks for a snapshot without the content that is held."""
    request = horizon_service_pb2.StreamHorizonRequest()
    request.resync.SetInParent()
    if held is not None:
        fill_held(request.resync.held, held)
    return request.SerializeToString()
