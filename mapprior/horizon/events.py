"""What a session receives. Everything is already checked for range by whoever decoded it."""

from dataclasses import dataclass

from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, TileId
from mapprior.model.network import LaneTile, ProfileTile, RoadTile
from mapprior.model.pose import CAR, DrivingConditions, Pose, VehicleProfile
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.model.work_zone import Overlay


@dataclass(frozen=True, slots=True)
class HeldContent:
    """Content a client says it still holds; counts only if `build_ids` are all being served."""

    build_ids: frozenset[str]
    contents: tuple[EncodedContent, ...]  # payloads empty


@dataclass(frozen=True, slots=True)
class ProfileSubscription:
    """What a client wants of one profile group. `length_m`, from the end of the vehicle's link, 0: as far as the
    paths reach."""

    group: ProfileGroup
    length_m: int = 0
    interval_ms_min: int = 0
    root_only: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """Opens the drive; the first event, once.

    Of `horizon_length_m`, `horizon_time_ms` and `horizon_stopping_distances_milli` the farthest counts, of
    `stub_length_m` and `stub_time_ms` too; 0 asks for nothing. `tree_bytes_max` 0 is no budget. Without
    `subscriptions` all groups of `layers` are sent at once; with some, only these groups, and their layers count as
    named in `layers`.
    """

    vehicle: VehicleProfile = CAR
    horizon_length_m: int = 2000
    trailing_length_m: int = 100
    stub_length_m: int = 200
    layers: frozenset[Layer] = frozenset((Layer.L0, Layer.L1, Layer.L2))
    content_held_bytes_max: int = 16 << 20
    unacknowledged_updates_max: int = 4
    silence_ms_max: int = 1000
    held: HeldContent | None = None
    replay: bool = False
    horizon_time_ms: int = 0
    horizon_stopping_distances_milli: int = 0
    deceleration_mm_per_sec2: int = 3000
    stub_time_ms: int = 0
    side_levels_count: int = 1
    tree_bytes_max: int = 0
    position_interval_ms_min: int = 0
    subscriptions: tuple[ProfileSubscription, ...] = ()
    # What the server lays, whatever is asked for in seconds; not a client's word
    horizon_length_m_max: int = 20_000
    stub_length_m_max: int = 5_000
    # And how much it takes from this client, for it to know; 0: no limit
    poses_per_sec_max: int = 0
    work_ms_per_sec_max: int = 0


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class PoseEvent:
    """`received_time_us` is the receiver's UTC clock at arrival, to see clock skew; 0 in a replay."""

    pose: Pose
    received_time_us: int

    def __init__(self, pose: Pose, received_time_us: int = 0) -> None:
        self.pose = pose
        self.received_time_us = received_time_us


@dataclass(frozen=True, slots=True)
class RouteEvent:
    """The route as links in driving order; empty withdraws it. Waypoints are resolved by the runtime."""

    links: tuple[LinkId, ...]


@dataclass(frozen=True, slots=True)
class ConditionsEvent:
    conditions: DrivingConditions


@dataclass(frozen=True, slots=True)
class AcknowledgementEvent:
    update_index: int


@dataclass(frozen=True, slots=True)
class ResyncEvent:
    held: HeldContent | None = None


@dataclass(frozen=True, slots=True)
class TileArrived:
    """A wanted tile; `tile` None with an empty reason: the release has none; with a reason: it failed."""

    layer: Layer
    tile_id: TileId
    tile: RoadTile | ProfileTile | LaneTile | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OverlayChanged:
    overlay: Overlay


Event = (
    Open | PoseEvent | RouteEvent | ConditionsEvent | AcknowledgementEvent | ResyncEvent | TileArrived | OverlayChanged
)
