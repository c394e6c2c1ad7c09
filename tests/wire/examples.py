"""Anything that may travel, as hypothesis strategies over the full ranges of the protos."""

from dataclasses import fields, replace

from hypothesis import strategies as st

from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.events import (
    AcknowledgementEvent,
    ConditionsEvent,
    HeldContent,
    Open,
    PoseEvent,
    ResyncEvent,
    RouteEvent,
)
from mapprior.horizon.granted import Granted
from mapprior.horizon.items import (
    Border,
    BorderState,
    Content,
    CoverageSpan,
    CoverageState,
    Health,
    HealthState,
    LimitSpan,
    LinkPlacement,
    Path,
    Release,
    StreamBasis,
    Update,
    WorkZoneContent,
    WorkZonePlacement,
)
from mapprior.horizon.vehicle_position import LanePosition, Position, PositionCandidate
from mapprior.match.route import Waypoint
from mapprior.model.border import DrivingSide
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LaneId, LinkId, PathId
from mapprior.model.limit import EffectiveLimit, LaneLimit, LimitAlternative, LimitKind, PostedSpeed, SpeedUnit
from mapprior.model.pose import (
    Condition,
    DrivingConditions,
    MatchState,
    Pose,
    VehicleClass,
    VehicleProfile,
)
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.model.work_zone import (
    LaneStatus,
    VehicleImpact,
    WorkerPresence,
    WorkZone,
    WorkZoneLane,
    WorkZoneLaneType,
    WorkZoneState,
)
from mapprior.wire.requests import RouteWaypoints

TIME_US_MAX = 4_102_444_800_000_000
texts = st.text(max_size=12)
path_ids = st.integers(1, (1 << 32) - 1).map(PathId)
link_ids = st.integers(0, (1 << 64) - 1).map(LinkId)
digests = st.integers(0, (1 << 64) - 1)
offsets_cm = st.integers(-(1 << 62), 1 << 62)
permilles = st.integers(0, 1000)
lat_e7 = st.integers(-900_000_000, 900_000_000)
lon_e7 = st.integers(-1_800_000_000, 1_800_000_000)
times_us = st.integers(0, TIME_US_MAX)


def tuples(elements: st.SearchStrategy, max_size: int = 3) -> st.SearchStrategy:
    return st.lists(elements, max_size=max_size).map(tuple)


alternatives = st.builds(
    LimitAlternative,
    kind=st.sampled_from(LimitKind),
    posted_value_milli=st.integers(0, 500_000),
    posted_unit=st.sampled_from(SpeedUnit),
    condition=texts,
    raw=texts,
)
numbers = st.tuples(st.integers(1000, 500_000), st.sampled_from(SpeedUnit).filter(bool))
zone_limits = st.one_of(
    st.builds(
        lambda x, kind, n: replace(x, kind=kind, posted_value_milli=n[0], posted_unit=n[1]),
        alternatives,
        st.sampled_from((LimitKind.LIMITED, LimitKind.VARIABLE)),
        numbers,
    ),
    alternatives.filter(lambda x: x.kind is not LimitKind.LIMITED).map(
        lambda x: replace(x, posted_value_milli=0, posted_unit=SpeedUnit.NONE)
    ),
)
posted_speeds = st.builds(
    PostedSpeed,
    st.integers(0, 500_000),
    st.sampled_from(SpeedUnit),
    texts,
    st.sampled_from(Basis),
    st.integers(0, 1000),
)
lane_limits = st.builds(
    LaneLimit,
    st.integers(0, 31),
    st.sampled_from(LimitKind),
    st.integers(0, 500_000),
    st.sampled_from(SpeedUnit),
    st.integers(0, 140_000),
    st.booleans(),
    texts,
)
limits = st.builds(
    EffectiveLimit,
    kind=st.sampled_from(LimitKind),
    posted_value_milli=st.integers(0, 500_000),
    posted_unit=st.sampled_from(SpeedUnit),
    limit_mm_per_sec=st.integers(0, 140_000),
    basis=st.sampled_from(Basis),
    confidence_permille=permilles,
    certain=st.booleans(),
    unresolved=tuples(alternatives),
    raw=texts,
    source=texts,
    work_zone_id=texts,
    advisory=st.none() | posted_speeds,
    minimum=st.none() | posted_speeds,
    lanes=tuples(lane_limits),
    next_change_us=times_us,
)
bases = st.builds(
    StreamBasis,
    releases=tuples(st.builds(Release, texts, st.integers(0, 65535), texts, texts, texts)),
    market_pack_digest=texts,
    tzdata_version=texts,
    overlay_number=st.integers(0, (1 << 63) - 1),
)
contents = st.builds(
    lambda group, link, payload: Content(EncodedContent(group, link, bytes_digest(payload), payload)),
    st.sampled_from(ProfileGroup),
    link_ids,
    st.binary(max_size=300),
)
zone_contents = st.builds(lambda zone, data: WorkZoneContent(zone, bytes_digest(data), data), texts, st.binary())
# One strategy per item type, in the order of the proto's fields: what decoding gives back.
ITEMS = (
    bases,
    contents,
    zone_contents,
    st.builds(
        Path,
        path_ids,
        st.integers(0, (1 << 32) - 1).map(PathId),
        offsets_cm,
        offsets_cm,
        offsets_cm,
        st.integers(0, 1_000_000),
        st.integers(-3142, 3142),
    ),
    st.builds(
        lambda path_id, start_cm, length_cm, link_id: LinkPlacement(path_id, start_cm, start_cm + length_cm, link_id),
        path_ids,
        offsets_cm,
        st.integers(1, 100_000),
        link_ids,
    ),
    st.builds(LimitSpan, path_ids, offsets_cm, offsets_cm, limits),
    st.builds(
        CoverageSpan, path_ids, st.sampled_from(Layer), offsets_cm, offsets_cm, st.sampled_from(CoverageState), texts
    ),
    st.builds(
        WorkZonePlacement,
        path_ids,
        texts,
        offsets_cm,
        offsets_cm,
        st.sampled_from(WorkZoneState),
        permilles,
        st.booleans(),
    ),
    st.builds(
        Border,
        path_ids,
        offsets_cm,
        st.sampled_from(BorderState),
        texts,
        texts,
        st.sampled_from(DrivingSide),
        st.sampled_from(DrivingSide),
        st.sampled_from(SpeedUnit),
        st.sampled_from(SpeedUnit),
    ),
)
KEYS = (
    st.tuples(st.just(1), path_ids),
    st.tuples(st.just(2), path_ids, offsets_cm),
    st.tuples(st.just(3), path_ids, offsets_cm),
    st.tuples(st.just(4), path_ids, st.sampled_from(Layer), offsets_cm),
    st.tuples(st.just(5), path_ids, texts, offsets_cm),
    st.tuples(st.just(6), st.sampled_from(ProfileGroup), link_ids),
    st.tuples(st.just(7), texts),
    st.tuples(st.just(9), path_ids, offsets_cm),
)
candidates = st.builds(
    PositionCandidate,
    path_id=st.integers(0, (1 << 32) - 1).map(PathId),
    offset_cm=offsets_cm,
    link_id=link_ids,
    link_offset_cm=st.integers(0, 100_000),
    lateral_cm=st.integers(-(1 << 31), (1 << 31) - 1),
    heading_error_mrad=st.none() | st.integers(-3142, 3142),
    probability_permille=permilles,
    offset_sigma_cm=st.integers(0, 1_000_000),
    lateral_sigma_cm=st.integers(0, 1_000_000),
)
lane_positions = st.builds(LanePosition, st.integers(1, 127).map(LaneId), st.integers(0, 31), permilles)
positions = st.builds(
    Position, st.sampled_from(MatchState), texts, tuples(candidates), st.booleans(), tuples(lane_positions)
)


granted = st.builds(
    Granted,
    **{name: st.integers(0, 20_000) for name in (x.name for x in fields(Granted)) if name != "layers"},
    layers=st.sets(st.sampled_from(Layer)).map(lambda x: tuple(sorted(x))),
)


@st.composite
def updates(draw: st.DrawFn) -> Update:
    """Items and removals by kind, in the order in which decoding returns them."""
    has_basis = draw(st.booleans())
    kinds = ITEMS if has_basis else ITEMS[1:]
    items = [
        item for i, kind in enumerate(kinds) for item in draw(st.lists(kind, max_size=1 if has_basis and i == 0 else 3))
    ]
    return Update(
        draw(st.integers(1, (1 << 64) - 1)),
        draw(st.booleans()),
        draw(times_us),
        draw(st.none() | positions),
        draw(st.none() | st.builds(Health, st.sampled_from(HealthState), texts, st.integers(0, (1 << 32) - 1))),
        tuple(items),
        tuple(key for kind in KEYS for key in draw(st.lists(kind, max_size=2))),
        draw(digests),
        draw(st.none() | granted),
    )


def _point(lat: float | None, lon: float | None) -> dict[str, float | None]:
    return {"lat_e7": lat, "lon_e7": lon}


def _f32(low: float, high: float) -> st.SearchStrategy:
    return st.none() | st.floats(low, high, width=32)


poses = st.builds(
    lambda point, **fields: Pose(**point, **fields),
    st.just(_point(None, None)) | st.builds(_point, lat_e7.map(float), lon_e7.map(float)),
    pose_time_us=st.integers(1, TIME_US_MAX),
    heading_rad=st.none() | st.floats(-6.2832, 6.2832),
    speed_mps=st.none() | st.floats(-100, 150),
    position_sigma_m=_f32(0.0009765625, 10_000),
    heading_sigma_rad=_f32(0.0009765625, 3.140625),
    travelled_m=st.none() | st.floats(0, 1e10),
    reverse=st.booleans(),
    acknowledged_update_index=st.integers(0, (1 << 63) - 1),
)
held = st.builds(
    HeldContent,
    st.frozensets(texts, max_size=3),
    tuples(st.builds(EncodedContent, st.sampled_from(ProfileGroup), link_ids, digests, st.just(b""))),
)
vehicles = st.builds(
    VehicleProfile,
    st.sampled_from(VehicleClass),
    mass_max_kg=st.integers(0, 100_000),
    trailer=st.booleans(),
    mass_kg=st.integers(0, 200_000),
    trailer_mass_max_kg=st.integers(0, 100_000),
    axles_count=st.integers(0, 64),
    length_cm=st.integers(0, 10_000),
    width_cm=st.integers(0, 1000),
    height_cm=st.integers(0, 1000),
    articulated=st.sampled_from(Condition),
    hazmat=st.sampled_from(Condition),
)
opens = st.builds(
    Open,
    vehicle=vehicles,
    horizon_length_m=st.integers(100, 20_000),
    trailing_length_m=st.integers(1, 2000),
    stub_length_m=st.integers(1, 5000),
    layers=st.frozensets(st.sampled_from(Layer), min_size=1),
    content_held_bytes_max=st.integers(1 << 16, 1 << 30),
    unacknowledged_updates_max=st.integers(1, 64),
    silence_ms_max=st.integers(100, 60_000),
    held=st.none() | held,
    replay=st.booleans(),
)
waypoints = st.lists(st.builds(Waypoint, lat_e7, lon_e7), min_size=2, max_size=5).map(tuple)
conditions = st.builds(DrivingConditions, *(st.sampled_from(Condition) for _ in range(4)))
events = st.one_of(
    st.builds(PoseEvent, poses),
    opens,
    st.builds(RouteEvent, tuples(link_ids)),
    st.builds(RouteWaypoints, waypoints),
    st.builds(ConditionsEvent, conditions),
    st.builds(AcknowledgementEvent, st.integers(0, (1 << 63) - 1)),
    st.builds(ResyncEvent, st.none() | held),
)


@st.composite
def zones(draw: st.DrawFn) -> WorkZone:
    count = draw(st.integers(1, 4))
    lanes = st.builds(
        WorkZoneLane,
        st.integers(0, 31),
        st.sampled_from(WorkZoneLaneType),
        st.sampled_from(LaneStatus),
        st.integers(0, 3000),
    )
    return draw(
        st.builds(
            WorkZone,
            id=st.text(min_size=1, max_size=12),
            source=texts,
            start_time_us=times_us,
            end_time_us=times_us,
            lat_e7=st.tuples(*[lat_e7] * count),
            lon_e7=st.tuples(*[lon_e7] * count),
            confidence_permille=permilles,
            place_sigma_cm=st.integers(0, 10_000_000),
            basis=st.sampled_from(Basis),
            start_time_verified=st.booleans(),
            end_time_verified=st.booleans(),
            start_place_verified=st.booleans(),
            end_place_verified=st.booleans(),
            overrunning=st.booleans(),
            suspended=st.booleans(),
            vehicle_impact=st.sampled_from(VehicleImpact),
            lanes=st.lists(lanes, max_size=3, unique_by=lambda x: x.lane_index).map(tuple),
            limit=st.none() | zone_limits,
            worker_presence=st.sampled_from(WorkerPresence),
            place_rough=st.booleans(),
            road_names=tuples(texts),
            types_of_work=tuples(texts),
            description=texts,
            observed_time_us=times_us,
            synthetic=st.booleans(),
        )
    )
