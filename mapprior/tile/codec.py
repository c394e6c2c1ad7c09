"""Content messages: model objects to the bytes that lie in a tile and travel unchanged to a client, and back.

Does not know where content is stored. Definitions: `protos/mapprior/v1/{road,limit,lane}.proto`; layer L1 is in
`profile_codec.py`.
Decoders check every range the protos state and raise TileError; an unknown enum value is refused, not guessed.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from mapprior.errors import TileError
from mapprior.geo.frame import HALF_TURN_E7, wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LaneId, LinkId
from mapprior.model.lane import Lane, LaneChange, LaneSection, LaneType, LinkLanes, TurnDirection
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.link import CarAccess, FormOfWay, Link, LinkRoad, RoadClass
from mapprior.model.provenance import Basis, ProfileGroup
from mapprior.tile.message import LENGTH_CM_MAX, PERMILLE_MAX, parsed, serialised, within
from mapprior.tile.profile_codec import decode_carriageway, decode_curvature, decode_elevation, decode_features
from mapprior.v1 import lane_pb2, limit_pb2, road_pb2

LAT_E7_MAX = 90 * E7
LEVEL_MAX = 127
LANE_ID_MAX = 127
WIDTH_CM_MAX = 3_000
LANE_INDEX_MAX = 31
POSTED_VALUE_MILLI_MAX = 500_000


def decode_content(content: EncodedContent) -> object:
    """Polyline for GEOMETRY, LinkRoad for ROAD, tuple of TaggedLimit for LIMIT, LinkLanes for LANE, of layer L1 what
    `model.profile` has for the group.

    What both directions of a road share runs in the direction of the link the content is keyed by. TileError where
    the bytes make no sense.
    """
    if content.group is ProfileGroup.ROAD:
        return decode_road(content.link_id, content.payload)
    return _DECODERS[content.group](content.payload)


def encode_geometry(line: Polyline) -> bytes:
    """Points as differences; exact, since points are whole 1e-7 degrees."""
    return serialised(_geometry_message(line))


def decode_geometry(payload: bytes) -> Polyline:
    return _polyline(parsed(road_pb2.LinkGeometry, payload, "GEOMETRY"))


def decode_points_e7(payload: bytes) -> tuple[list[int], list[int]]:
    """(lat, lon) of a GEOMETRY content without building its line."""
    return _points_e7(parsed(road_pb2.LinkGeometry, payload, "GEOMETRY"))


def encode_road(link: Link) -> bytes:
    """Everything of a link but its points and nodes."""
    return serialised(
        road_pb2.LinkRoad(
            stable_ref=link.stable_ref,
            length_cm=within(link.length_cm, 1, LENGTH_CM_MAX, "length_cm"),
            road_class=int(link.road_class),  # type: ignore[arg-type]
            form_of_way=int(link.form_of_way),  # type: ignore[arg-type]
            car_access=int(link.car_access),  # type: ignore[arg-type]
            names=link.names,
            route_refs=link.route_refs,
            tunnel=link.tunnel,
            bridge=link.bridge,
            level=within(link.level, -LEVEL_MAX, LEVEL_MAX, "level"),
            oneway=link.oneway,
            twin_link_id=link.twin_id or 0,
            geometry_link_id=link.geometry_link_id,
            observed_time_us=link.observed_time_us,
            dead_end=link.dead_end,
        )
    )


def decode_road(link_id: LinkId, payload: bytes) -> LinkRoad:
    m = parsed(road_pb2.LinkRoad, payload, "ROAD")
    try:
        return LinkRoad(
            link_id=link_id,
            twin_id=LinkId(m.twin_link_id) if m.twin_link_id else None,
            geometry_link_id=LinkId(m.geometry_link_id),
            length_cm=within(m.length_cm, 1, LENGTH_CM_MAX, "length_cm"),
            road_class=RoadClass(m.road_class),
            form_of_way=FormOfWay(m.form_of_way),
            car_access=CarAccess(m.car_access),
            names=tuple(m.names),
            route_refs=tuple(m.route_refs),
            tunnel=m.tunnel,
            bridge=m.bridge,
            level=within(m.level, -LEVEL_MAX, LEVEL_MAX, "level"),
            oneway=m.oneway,
            dead_end=m.dead_end,
            stable_ref=m.stable_ref,
            observed_time_us=m.observed_time_us,
        )
    except ValueError as error:
        raise TileError(f"ROAD content: {error}") from error


def encode_limits(limits: Iterable[TaggedLimit]) -> bytes:
    """Statements in the given order."""
    return serialised(
        limit_pb2.LinkLimits(
            tagged_limits=[
                limit_pb2.TaggedLimit(
                    kind=int(x.kind),  # type: ignore[arg-type]
                    posted_value_milli=within(x.posted_value_milli, 0, POSTED_VALUE_MILLI_MAX, "posted_value_milli"),
                    posted_unit=int(x.posted_unit),  # type: ignore[arg-type]
                    basis=int(x.basis),  # type: ignore[arg-type]
                    vehicle=x.vehicle,
                    condition=x.condition,
                    lane_index=within(x.lane_index, -1, LANE_INDEX_MAX, "lane_index"),
                    rule_ref=x.rule_ref,
                    raw=x.raw,
                    role=int(x.role),  # type: ignore[arg-type]
                    confidence_permille=within(x.confidence_permille, 0, PERMILLE_MAX, "confidence_permille"),
                )
                for x in limits
            ]
        )
    )


@lru_cache(maxsize=4096)
def decode_limits(payload: bytes) -> tuple[TaggedLimit, ...]:
    """Cached: a country's roads carry few different statements, and those who answer know them by identity."""
    try:
        return tuple(
            TaggedLimit(
                kind=LimitKind(m.kind),
                posted_value_milli=within(m.posted_value_milli, 0, POSTED_VALUE_MILLI_MAX, "posted_value_milli"),
                posted_unit=SpeedUnit(m.posted_unit),
                basis=Basis(m.basis),
                raw=m.raw,
                vehicle=m.vehicle,
                condition=m.condition,
                lane_index=within(m.lane_index, -1, LANE_INDEX_MAX, "lane_index"),
                rule_ref=m.rule_ref,
                role=LimitRole(m.role or LimitRole.MAXIMUM),  # tiles of before there were roles
                confidence_permille=within(m.confidence_permille, 0, PERMILLE_MAX, "confidence_permille"),
            )
            for m in parsed(limit_pb2.LinkLimits, payload, "LIMIT").tagged_limits
        )
    except ValueError as error:
        raise TileError(f"LIMIT content: {error}") from error


def encode_lanes(lanes: LinkLanes) -> bytes:
    return serialised(
        lane_pb2.LinkLanes(
            basis=int(lanes.basis),  # type: ignore[arg-type]
            sections=[
                lane_pb2.LaneSection(
                    start_cm=within(section.start_cm, 0, section.end_cm - 1, "start_cm"),
                    end_cm=within(section.end_cm, 1, LENGTH_CM_MAX, "end_cm"),
                    lanes=[_lane_message(lane) for lane in section.lanes],
                )
                for section in lanes.sections
            ],
        )
    )


def decode_lanes(payload: bytes) -> LinkLanes:
    m = parsed(lane_pb2.LinkLanes, payload, "LANE")
    try:
        sections = tuple(
            LaneSection(
                start_cm=within(section.start_cm, 0, section.end_cm - 1, "start_cm"),
                end_cm=within(section.end_cm, 1, LENGTH_CM_MAX, "end_cm"),
                lanes=tuple(_lane(lane) for lane in section.lanes),
            )
            for section in m.sections
        )
        for before, after in pairwise(sections):
            within(after.start_cm, before.end_cm, LENGTH_CM_MAX, "start_cm after the section before")
        return LinkLanes(Basis(m.basis), sections)
    except ValueError as error:
        raise TileError(f"LANE content: {error}") from error


def _lane_message(lane: Lane) -> lane_pb2.Lane:
    return lane_pb2.Lane(
        lane_id=within(lane.lane_id, 1, LANE_ID_MAX, "lane_id"),
        width_cm=within(lane.width_cm, 0, WIDTH_CM_MAX, "width_cm"),
        width_basis=int(lane.width_basis),  # type: ignore[arg-type]
        lane_type=int(lane.lane_type),  # type: ignore[arg-type]
        turns=[int(turn) for turn in lane.turns],  # type: ignore[misc]
        change_left=int(lane.change_left),  # type: ignore[arg-type]
        change_right=int(lane.change_right),  # type: ignore[arg-type]
        centre_line=_geometry_message(lane.centre_line),
        left_boundary=_geometry_message(lane.left_boundary),
        right_boundary=_geometry_message(lane.right_boundary),
        destinations=lane.destinations,
    )


def _lane(m: lane_pb2.Lane) -> Lane:
    return Lane(
        lane_id=LaneId(within(m.lane_id, 1, LANE_ID_MAX, "lane_id")),
        width_cm=within(m.width_cm, 0, WIDTH_CM_MAX, "width_cm"),
        width_basis=Basis(m.width_basis),
        lane_type=LaneType(m.lane_type),
        turns=tuple(TurnDirection(turn) for turn in m.turns),
        change_left=LaneChange(m.change_left),
        change_right=LaneChange(m.change_right),
        centre_line=_polyline(m.centre_line),
        left_boundary=_polyline(m.left_boundary),
        right_boundary=_polyline(m.right_boundary),
        destinations=tuple(m.destinations),
    )


def _geometry_message(line: Polyline) -> road_pb2.LinkGeometry:
    return road_pb2.LinkGeometry(
        lat_delta_e7=_deltas(line.lat_e7),
        lon_delta_e7=[line.lon_e7[0], *(wrap_lon_e7(b - a) for a, b in pairwise(line.lon_e7))],
    )


def _deltas(values: Sequence[int]) -> list[int]:
    return [values[0], *(b - a for a, b in pairwise(values))]


def _polyline(m: road_pb2.LinkGeometry) -> Polyline:
    return Polyline(*_points_e7(m))


def _points_e7(m: road_pb2.LinkGeometry) -> tuple[list[int], list[int]]:
    lat, lon = list(accumulate(m.lat_delta_e7)), list(accumulate(m.lon_delta_e7))
    if len(lat) != len(lon) or len(lat) < 2:
        raise TileError(f"geometry of {len(lat)} latitudes and {len(lon)} longitudes; two or more of each are needed")
    if min(lat) < -LAT_E7_MAX or max(lat) > LAT_E7_MAX:
        raise TileError("geometry leaves the latitudes of -90 to 90 degrees")
    if min(lon) < -HALF_TURN_E7 or max(lon) >= HALF_TURN_E7:
        lon = [wrap_lon_e7(x) for x in lon]
    return lat, lon


_DECODERS: dict[ProfileGroup, Callable[[bytes], object]] = {
    ProfileGroup.GEOMETRY: decode_geometry,
    ProfileGroup.LIMIT: decode_limits,
    ProfileGroup.LANE: decode_lanes,
    ProfileGroup.CURVATURE: decode_curvature,
    ProfileGroup.ELEVATION: decode_elevation,
    ProfileGroup.CARRIAGEWAY: decode_carriageway,
    ProfileGroup.FEATURE: decode_features,
}
