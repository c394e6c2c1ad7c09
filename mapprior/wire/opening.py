"""The opening of a drive as its message, and back: the vehicle, how far, which layers, what is held already.

Reading checks every range of `drive.proto`; a refusal names the field and what is allowed.
"""

from functools import cache
from typing import Final

from mapprior.errors import RequestError
from mapprior.horizon.content import HELD_CONTENTS_COUNT_MAX
from mapprior.horizon.events import HeldContent, Open, ProfileSubscription
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.pose import Condition, VehicleClass, VehicleProfile
from mapprior.model.provenance import GROUP_LAYER, Layer, ProfileGroup
from mapprior.v1 import drive_pb2
from mapprior.wire.fields import few, known, known_or, text, whole, whole_or

HELD_BUILDS_COUNT_MAX: Final = 64
BUILD_ID_CHARS_MAX: Final = 64
LAYERS_COUNT_MAX: Final = 8
# The ranges of VehicleProfile, from 0
MASS_KG_MAX: Final = 100_000  # of one permitted mass
MASS_NOW_KG_MAX: Final = 200_000
AXLES_COUNT_MAX: Final = 64
LENGTH_CM_MAX: Final = 10_000
WIDTH_CM_MAX: Final = 1000
HEIGHT_CM_MAX: Final = 1000
SIDE_LEVELS_COUNT_MAX: Final = 8
DEFAULT_OPEN: Final = Open()


def read_open(message: drive_pb2.DriveOpen, defaults: Open = DEFAULT_OPEN) -> Open:
    """Zero, and an enum left out, take the default."""
    few(message.layers, "open.layers", LAYERS_COUNT_MAX)
    layers = frozenset(known(Layer, number, "open.layers") for number in message.layers)
    time_ms = _asked(message.horizon_time_ms, "open.horizon_time_ms", 1000, 600_000)
    distances_milli = _asked(
        message.horizon_stopping_distances_milli, "open.horizon_stopping_distances_milli", 1000, 100_000
    )
    length_m = 0 if time_ms or distances_milli else defaults.horizon_length_m
    few(message.subscriptions, "open.subscriptions", len(ProfileGroup))
    subscriptions = tuple(map(_read_subscription, message.subscriptions))
    groups = [x.group for x in subscriptions]
    silence_ms = whole_or(message.silence_ms_max, "open.silence_ms_max", 100, 60_000, defaults.silence_ms_max)
    if len(set(groups)) < len(groups):
        raise RequestError("open.subscriptions names a profile group twice; allowed: each at most once")
    return Open(
        vehicle=read_vehicle(message.vehicle, "open.vehicle"),
        horizon_length_m=whole_or(message.horizon_length_m, "open.horizon_length_m", 100, 20_000, length_m),
        trailing_length_m=whole_or(
            message.trailing_length_m, "open.trailing_length_m", 0, 2000, defaults.trailing_length_m
        ),
        stub_length_m=whole_or(message.stub_length_m, "open.stub_length_m", 0, 5000, defaults.stub_length_m),
        layers=_one_of((layers or (frozenset() if groups else defaults.layers)) | {GROUP_LAYER[x] for x in groups}),
        content_held_bytes_max=whole_or(
            message.content_held_bytes_max,
            "open.content_held_bytes_max",
            1 << 16,
            1 << 30,
            defaults.content_held_bytes_max,
        ),
        unacknowledged_updates_max=whole_or(
            message.unacknowledged_updates_max,
            "open.unacknowledged_updates_max",
            1,
            64,
            defaults.unacknowledged_updates_max,
        ),
        silence_ms_max=silence_ms,
        held=read_held(message.held) if message.HasField("held") else None,
        replay=message.replay,
        horizon_time_ms=time_ms,
        horizon_stopping_distances_milli=distances_milli,
        deceleration_mm_per_sec2=whole_or(
            message.deceleration_mm_per_sec2,
            "open.deceleration_mm_per_sec2",
            500,
            10_000,
            defaults.deceleration_mm_per_sec2,
        ),
        stub_time_ms=_asked(message.stub_time_ms, "open.stub_time_ms", 1000, 300_000),
        side_levels_count=whole_or(
            message.side_levels_count, "open.side_levels_count", 1, SIDE_LEVELS_COUNT_MAX, defaults.side_levels_count
        ),
        tree_bytes_max=_asked(message.tree_bytes_max, "open.tree_bytes_max", 1024, 1 << 30),
        position_interval_ms_min=whole(
            message.position_interval_ms_min, "open.position_interval_ms_min", 0, silence_ms
        ),
        subscriptions=subscriptions,
    )


@cache
def _one_of(layers: frozenset[Layer]) -> frozenset[Layer]:
    """The same object for all drives that ask for the same layers; there are few sets of them."""
    return layers


def _asked(value: int, field: str, low: int, high: int) -> int:
    """A value that may be left out: 0, or within the range."""
    return whole_or(value, field, low, high, 0)


def _read_subscription(message: drive_pb2.ProfileSubscription) -> ProfileSubscription:
    return ProfileSubscription(
        known(ProfileGroup, message.group, "open.subscriptions.group"),
        whole(message.length_m, "open.subscriptions.length_m", 0, 20_000),
        whole(message.interval_ms_min, "open.subscriptions.interval_ms_min", 0, 60_000),
        message.root_only,
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


def read_held(message: drive_pb2.HeldContent) -> HeldContent:
    """What a client says it holds, in an opening or a resync."""
    few(message.build_ids, "held.build_ids", HELD_BUILDS_COUNT_MAX)
    few(message.contents, "held.contents", HELD_CONTENTS_COUNT_MAX)
    return HeldContent(
        frozenset(text(build_id, "held.build_ids", BUILD_ID_CHARS_MAX) for build_id in message.build_ids),
        tuple(
            EncodedContent(known(ProfileGroup, c.group, "held.contents.group"), LinkId(c.link_id), c.digest, b"")
            for c in message.contents
        ),
    )


def fill_open(message: drive_pb2.DriveOpen, event: Open) -> None:
    """Writes an opening into an empty message. A length of 0 reaches the server as "your default", and so does what a
    server may limit and nobody asked for: one that allows less gives less, and does not refuse the drive.
    """
    fill_vehicle(message.vehicle, event.vehicle)
    in_metres_only = not (event.horizon_time_ms or event.horizon_stopping_distances_milli)
    if event.horizon_length_m != DEFAULT_OPEN.horizon_length_m or not in_metres_only:
        message.horizon_length_m = event.horizon_length_m
    message.trailing_length_m = event.trailing_length_m
    if event.stub_length_m != DEFAULT_OPEN.stub_length_m:
        message.stub_length_m = event.stub_length_m
    message.layers.extend(sorted(event.layers))  # type: ignore[arg-type]
    if event.content_held_bytes_max != DEFAULT_OPEN.content_held_bytes_max:
        message.content_held_bytes_max = event.content_held_bytes_max
    message.unacknowledged_updates_max = event.unacknowledged_updates_max
    message.silence_ms_max = event.silence_ms_max
    if event.held is not None:
        fill_held(message.held, event.held)
    message.replay = event.replay
    message.horizon_time_ms = event.horizon_time_ms
    message.horizon_stopping_distances_milli = event.horizon_stopping_distances_milli
    message.deceleration_mm_per_sec2 = event.deceleration_mm_per_sec2
    message.stub_time_ms = event.stub_time_ms
    if event.side_levels_count != DEFAULT_OPEN.side_levels_count:
        message.side_levels_count = event.side_levels_count
    message.tree_bytes_max = event.tree_bytes_max
    message.position_interval_ms_min = event.position_interval_ms_min
    for x in event.subscriptions:
        message.subscriptions.add(
            group=x.group, length_m=x.length_m, interval_ms_min=x.interval_ms_min, root_only=x.root_only
        )


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


def fill_held(message: drive_pb2.HeldContent, held: HeldContent) -> None:
    """Writes what is held into an empty message."""
    message.SetInParent()
    message.build_ids.extend(sorted(held.build_ids))
    for content in held.contents:
        message.contents.add(group=content.group, link_id=content.link_id, digest=content.digest)
