"""What a session receives. Everything is already checked for range by whoever decoded it."""

from dataclasses import dataclass

from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, TileId
from mapprior.model.network import LaneTile, RoadTile
from mapprior.model.pose import CAR, DrivingConditions, Pose, VehicleProfile
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import Overlay


@dataclass(frozen=True, slots=True)
class HeldContent:
    """Content a client says it still holds; counts only if `build_ids` are all being served."""

    build_ids: frozenset[str]
    contents: tuple[EncodedContent, ...]  # payloads empty


@dataclass(frozen=True, slots=True)
class Open:
    """Opens the drive; the first event, once."""

    vehicle: VehicleProfile = CAR
    horizon_length_m: int = 2000
    trailing_length_m: int = 100
    stub_length_m: int = 200
    layers: frozenset[Layer] = frozenset((Layer.L0, Layer.L2))
    content_held_bytes_max: int = 16 << 20
    unacknowledged_updates_max: int = 4
    silence_ms_max: int = 1000
    held: HeldContent | None = None
    replay: bool = False


@dataclass(frozen=True, slots=True)
class PoseEvent:
    """`received_time_us` is the receiver's UTC clock at arrival, to see clock skew; 0 in a replay."""

    pose: Pose
    received_time_us: int = 0


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
    tile: RoadTile | LaneTile | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OverlayChanged:
    overlay: Overlay


Event = (
    Open | PoseEvent | RouteEvent | ConditionsEvent | AcknowledgementEvent | ResyncEvent | TileArrived | OverlayChanged
)
