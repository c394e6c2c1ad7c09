"""What a client says on a horizon stream: bytes of a `StreamHorizonRequest` to events, and back.

Reading checks every range of `drive.proto`, so that the session never sees a value it must doubt. A refusal is
a RequestError (LimitError for too much) that names the field and what is allowed, never a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mapprior.errors import LimitError, RequestError
from mapprior.geo.units import E7
from mapprior.horizon.content import HELD_CONTENTS_COUNT_MAX
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
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.pose import Condition, DrivingConditions, Pose, VehicleClass, VehicleProfile
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.v1 import drive_pb2, horizon_service_pb2
from mapprior.wire.fields import few, known, known_or, lat_e7, lon_e7, parse, text, whole, whole_or
from mapprior.wire.poses import UPDATE_INDEX_MAX, fill_pose, read_pose

WAYPOINTS_COUNT_MIN = 2
HELD_BUILDS_COUNT_MAX = 64
BUILD_ID_CHARS_MAX = 64
LAYERS_COUNT_MAX = 8
# The ranges of VehicleProfile, from 0
MASS_KG_MAX = 100_000  # of one permitted mass
MASS_NOW_KG_MAX = 200_000
AXLES_COUNT_MAX = 64
LENGTH_CM_MAX = 10_000
WIDTH_CM_MAX = HEIGHT_CM_MAX = 1000
_DEFAULT = Open()


@dataclass(frozen=True, slots=True)
class RouteWaypoints:
    """A route as places to pass, start first; whoever has the map makes links of it."""

    waypoints: tuple[Waypoint, ...]


def decode_request(data: bytes, *, received_time_us: int = 0) -> Event | RouteWaypoints:
    """The event in one message of the stream.

    `received_time_us` is the receiver's UTC clock, handed on with a pose; 0 in a replay. RequestError for
    bytes that are no request, hold no event we know, or a value out of range.
    """
    message = parse(horizon_service_pb2.StreamHorizonRequest, data)
    if message.HasField("pose"):
        return PoseEvent(read_pose(message.pose), received_time_us)
    match message.WhichOneof("event"):
        case "acknowledgement":
            index = message.acknowledgement.update_index
            return AcknowledgementEvent(whole(index, "acknowledgement.update_index", 0, UPDATE_INDEX_MAX))
        case "open":
            return _read_open(message.open)
        case "route":
            return _read_route(message.route)
        case "conditions":
            return ConditionsEvent(_read_conditions(message.conditions))
        case "resync":
            held = message.resync.held if message.resync.HasField("held") else None
            return ResyncEvent(None if held is None else _read_held(held))
        case _:
            raise RequestError("the request holds no event: open, pose, route, conditions, acknowledgement or resync")


def _read_open(message: drive_pb2.DriveOpen) -> Open:
    """Zero, and an enum left out, take the default."""
    few(message.layers, "open.layers", LAYERS_COUNT_MAX)
    layers = frozenset(known(Layer, number, "open.layers") for number in message.layers)
    return Open(
        vehicle=read_vehicle(message.vehicle, "open.vehicle"),
        horizon_length_m=whole_or(
            message.horizon_length_m, "open.horizon_length_m", 100, 20_000, _DEFAULT.horizon_length_m
        ),
        trailing_length_m=whole_or(
            message.trailing_length_m, "open.trailing_length_m", 0, 2000, _DEFAULT.trailing_length_m
        ),
        stub_length_m=whole_or(message.stub_length_m, "open.stub_length_m", 0, 5000, _DEFAULT.stub_length_m),
        layers=layers or _DEFAULT.layers,
        content_held_bytes_max=whole_or(
            message.content_held_bytes_max,
            "open.content_held_bytes_max",
            1 << 16,
            1 << 30,
            _DEFAULT.content_held_bytes_max,
        ),
        unacknowledged_updates_max=whole_or(
            message.unacknowledged_updates_max,
            "open.unacknowledged_updates_max",
            1,
            64,
            _DEFAULT.unacknowledged_updates_max,
        ),
        silence_ms_max=whole_or(message.silence_ms_max, "open.silence_ms_max", 100, 60_000, _DEFAULT.silence_ms_max),
        held=_read_held(message.held) if message.HasField("held") else None,
        replay=message.replay,
    )


def read_vehicle(message: drive_pb2.VehicleProfile, field: str) -> VehicleProfile:
    """The profile; a class left out is a car, numbers and answers left out are unknown."""
    return VehicleProfile(
        vehicle_class=known_or(VehicleClass, message.vehicle_class, f"{field}.vehicle_class", VehicleClass.CAR),
        mass_max_kg=whole(message.mass_max_kg, f"{field}.mass_max_kg", 0, MASS_KG_MAX),
        trailer=message.trailer,
        mass_kg=whole(message.mass_kg, f"{field}.mass_kg", 0, MASS_NOW_KG_MAX),
        trailer_mass_max_kg=whole(message.trailer_mass_max_kg, f"{field}.trailer_mass_max_kg", 0, MASS_KG_MAX),
        axles_count=whole(message.axles_count, f"{field}.axles_count", 0, AXLES_COUNT_MAX),
        length_cm=whole(message.length_cm, f"{field}.length_cm", 0, LENGTH_CM_MAX),
        width_cm=whole(message.width_cm, f"{field}.width_cm", 0, WIDTH_CM_MAX),
        height_cm=whole(message.height_cm, f"{field}.height_cm", 0, HEIGHT_CM_MAX),
        articulated=known_or(Condition, message.articulated, f"{field}.articulated", Condition.UNKNOWN),
        hazmat=known_or(Condition, message.hazmat, f"{field}.hazmat", Condition.UNKNOWN),
    )


def _read_held(message: drive_pb2.HeldContent) -> HeldContent:
    few(message.build_ids, "held.build_ids", HELD_BUILDS_COUNT_MAX)
    few(message.contents, "held.contents", HELD_CONTENTS_COUNT_MAX)
    return HeldContent(
        frozenset(text(build_id, "held.build_ids", BUILD_ID_CHARS_MAX) for build_id in message.build_ids),
        tuple(
            EncodedContent(known(ProfileGroup, c.group, "held.contents.group"), LinkId(c.link_id), c.digest, b"")
            for c in message.contents
        ),
    )


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
    """The opening message. A length of 0 reaches the server as "your default"."""
    request = horizon_service_pb2.StreamHorizonRequest()
    message = request.open
    fill_vehicle(message.vehicle, event.vehicle)
    message.horizon_length_m = event.horizon_length_m
    message.trailing_length_m = event.trailing_length_m
    message.stub_length_m = event.stub_length_m
    message.layers.extend(sorted(event.layers))  # type: ignore[arg-type]
    message.content_held_bytes_max = event.content_held_bytes_max
    message.unacknowledged_updates_max = event.unacknowledged_updates_max
    message.silence_ms_max = event.silence_ms_max
    if event.held is not None:
        _fill_held(message.held, event.held)
    message.replay = event.replay
    return request.SerializeToString()


def fill_vehicle(message: drive_pb2.VehicleProfile, vehicle: VehicleProfile) -> None:
    """Writes a profile into an empty message."""
    message.vehicle_class = vehicle.vehicle_class  # type: ignore[assignment]
    message.mass_max_kg = vehicle.mass_max_kg
    message.trailer = vehicle.trailer
    message.mass_kg = vehicle.mass_kg
    message.trailer_mass_max_kg = vehicle.trailer_mass_max_kg
    message.axles_count = vehicle.axles_count
    message.length_cm, message.width_cm, message.height_cm = vehicle.length_cm, vehicle.width_cm, vehicle.height_cm
    message.articulated = vehicle.articulated  # type: ignore[assignment]
    message.hazmat = vehicle.hazmat  # type: ignore[assignment]


def _fill_held(message: drive_pb2.HeldContent, held: HeldContent) -> None:
    message.SetInParent()
    message.build_ids.extend(sorted(held.build_ids))
    for content in held.contents:
        message.contents.add(group=content.group, link_id=content.link_id, digest=content.digest)


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
        _fill_held(request.resync.held, held)
    return request.SerializeToString()
