"""The reconstructed horizon as plain JSON values: what `mapprior horizon --json` and `drive --jsonl` write.

Metres with 2 decimals (they are whole centimetres), degrees with 7, headings and speeds with 3 or 4,
probabilities with up to 6. Ids are decimal strings. null is "not known" or "there is none".
"""

from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7
from mapprior.horizon.granted import Granted
from mapprior.horizon.items import (
    ROOT,
    Border,
    CoverageSpan,
    LimitSpan,
    LinkPlacement,
    Path,
    StreamBasis,
    WorkZonePlacement,
)
from mapprior.horizon.update import PathItems
from mapprior.horizon.vehicle_position import LanePosition, PositionCandidate
from mapprior.model.border import DrivingSide
from mapprior.model.ids import dataset_of
from mapprior.model.lane import LaneSection, LinkLanes
from mapprior.model.limit import (
    EffectiveLimit,
    LaneLimit,
    LimitAlternative,
    LimitKind,
    PostedSpeed,
    SpeedUnit,
    mm_per_sec,
)
from mapprior.reader.course import whole_path
from mapprior.reader.doubt import why_uncertain
from mapprior.reader.json_values import Json, confidence, metres, probability, radians, utc
from mapprior.reader.path_end import path_end
from mapprior.reader.profiles_as_json import events_json, features_json, junctions_json, profiles_json
from mapprior.reader.reconstructor import Reconstructor
from mapprior.reader.zones import ZoneOnCourse, zones_on

UNIT_NAMES = {SpeedUnit.NONE: None, SpeedUnit.KMH: "km/h", SpeedUnit.MPH: "mph", SpeedUnit.KNOTS: "knots"}


def as_json(
    reconstructor: Reconstructor,
    market: str | None = None,
    *,
    lateral_acceleration_mps2: float | None = None,
    speed_mps: float | None = None,
) -> Json:
    """The whole horizon. `market` None: that of the dataset the vehicle is in, null where it is on no link. With a
    lateral acceleration the profiles hold curve speeds. `speed_mps`: how fast the vehicle drives, which tells why a
    path ends where lengths were asked for in seconds."""
    position = reconstructor.reported
    health = reconstructor.health
    candidates = [_candidate(x) for x in position.candidates]
    state = reconstructor.state
    return {
        "state": position.state.name,
        "reason": position.reason or None,
        "market": market or _market(reconstructor),
        "time": utc(reconstructor.pose_time_us),
        "update_index": reconstructor.update_index,
        "health": {
            "state": health.state.name,
            "reason": health.reason or None,
            "poses_dropped_count": health.poses_dropped_count,
            "content_withheld": health.content_withheld,
        },
        "basis": None if state.basis is None else _basis(state.basis),
        "granted": None if reconstructor.granted is None else _granted(reconstructor.granted),
        "position": {
            **candidates[0],
            "extrapolated": position.extrapolated,
            "road_in_doubt": position.road_in_doubt,
            "candidates": candidates,
            "lanes": [_lane_position(x) for x in position.lanes],
        }
        if candidates
        else None,
        "paths": [
            {**_path(reconstructor, x, lateral_acceleration_mps2), "end": _end(reconstructor, x, speed_mps)}
            for x in sorted(state.paths.values(), key=lambda x: _order(x.path))
        ],
    }


def _order(path: Path) -> tuple[bool, int, int]:
    """The root first, then as they leave it."""
    return path.parent_path_id != ROOT, path.offset_on_parent_cm, path.path_id


def _market(reconstructor: Reconstructor) -> str | None:
    basis = reconstructor.state.basis
    if basis is None or not reconstructor.reported.candidates:
        return None
    dataset_id = dataset_of(reconstructor.reported.candidates[0].link_id)
    return next((r.market for r in basis.releases if r.dataset_id == dataset_id), None)


def _points(line: Polyline) -> list[list[float]]:
    return [[round(lon / E7, 7), round(lat / E7, 7)] for lat, lon in zip(line.lat_e7, line.lon_e7, strict=True)]


def _basis(basis: StreamBasis) -> Json:
    return {
        "releases": [
            {
                "market": r.market,
                "dataset_id": r.dataset_id,
                "build_id": r.build_id,
                "name": r.name or None,
                "source_time": r.source_time or None,
            }
            for r in basis.releases
        ],
        "market_pack_digest": basis.market_pack_digest or None,
        "tzdata_version": basis.tzdata_version or None,
        "overlay_number": basis.overlay_number,
    }


def _granted(x: Granted) -> Json:
    """What the server took the drive up with; null for a rate that it does not limit."""
    return {
        "horizon_length_m": x.horizon_length_m or None,
        "horizon_length_m_max": x.horizon_length_m_max,
        "trailing_length_m": x.trailing_length_m,
        "stub_length_m": x.stub_length_m,
        "stub_length_m_max": x.stub_length_m_max,
        "side_levels_count": x.side_levels_count,
        "layers": [layer.name for layer in x.layers],
        "content_held_bytes_max": x.content_held_bytes_max,
        "unacknowledged_updates_max": x.unacknowledged_updates_max,
        "silence_ms_max": x.silence_ms_max,
        "poses_per_sec_max": x.poses_per_sec_max or None,
        "work_ms_per_sec_max": x.work_ms_per_sec_max or None,
    }


def _candidate(x: PositionCandidate) -> Json:
    return {
        "path_id": x.path_id or None,
        "offset_m": metres(x.offset_cm) if x.path_id else None,
        "lateral_m": metres(x.lateral_cm),
        "link_id": str(x.link_id),
        "link_offset_m": metres(x.link_offset_cm),
        "heading_error_rad": None if x.heading_error_mrad is None else radians(x.heading_error_mrad),
        "confidence": confidence(x.probability_permille),
        "offset_sigma_m": metres(x.offset_sigma_cm) if x.offset_sigma_cm else None,
        "lateral_sigma_m": metres(x.lateral_sigma_cm) if x.lateral_sigma_cm else None,
    }


def _lane_position(x: LanePosition) -> Json:
    return {
        "lane_id": str(x.lane_id),
        "lane_index": x.lane_index,
        "confidence": confidence(x.probability_permille),
    }


def _end(reconstructor: Reconstructor, on_path: PathItems, speed_mps: float | None) -> Json:
    """Why the path is no longer; a border itself is among the `borders`."""
    end = path_end(reconstructor, on_path, speed_mps=speed_mps)
    return {"kind": end.kind.name, "reason": end.reason or None}


def _path(reconstructor: Reconstructor, on_path: PathItems, lateral_acceleration_mps2: float | None) -> Json:
    path = on_path.path
    child = path.parent_path_id != ROOT
    first_cm = path.first_offset_cm  # a span may begin in what is erased; it is told from here on
    return {
        "path_id": path.path_id,
        "parent_path_id": path.parent_path_id if child else None,
        "offset_on_parent_m": metres(path.offset_on_parent_cm) if child else None,
        "first_offset_m": metres(path.first_offset_cm),
        "end_offset_m": metres(path.end_offset_cm),
        "probability": probability(path.probability_ppm),
        "length_m": metres(path.end_offset_cm - path.first_offset_cm),
        "geometry": _geometry(reconstructor, on_path.links),
        "links": [_link(reconstructor, x) for x in on_path.links],
        "limits": [
            {
                "start_offset_m": metres(max(x.start_offset_cm, first_cm)),
                "end_offset_m": metres(x.end_offset_cm),
                **_limit(x.limit, road_in_doubt=reconstructor.reported.road_in_doubt),
            }
            for x in on_path.limits
        ],
        "lanes": [lane for x in on_path.links for lane in _lanes(x, reconstructor.lanes(x.link_id), on_path.limits)],
        "work_zones": [_work_zone(reconstructor, x, zone, on_path.path.end_offset_cm) for x, zone in _pieces(on_path)],
        "coverage": [_coverage(x, first_cm) for x in on_path.coverage],
        "borders": [_border(x) for x in on_path.borders],
        "turn_angle_rad": radians(path.turn_angle_mrad) if child else None,
        **junctions_json(reconstructor, on_path),
        "profiles": profiles_json(reconstructor, on_path, lateral_acceleration_mps2),
        "features": features_json(reconstructor, on_path),
        "events": [] if child else events_json(reconstructor, on_path),
    }


def _geometry(reconstructor: Reconstructor, links: tuple[LinkPlacement, ...]) -> list[list[float]]:
    """The path's points, a shared end once. Links whose geometry is not held leave a gap."""
    points: list[list[float]] = []
    for link in links:
        line = reconstructor.line(link.link_id)
        for point in _points(line) if line is not None else ():
            if not points or points[-1] != point:
                points.append(point)
    return points


def _link(reconstructor: Reconstructor, x: LinkPlacement) -> Json:
    road = reconstructor.road(x.link_id)
    return {
        "link_id": str(x.link_id),
        "ref": road.stable_ref if road else None,
        "observed": utc(road.observed_time_us) if road else None,
        "start_offset_m": metres(x.start_offset_cm),
        "length_m": metres(x.length_cm),
        "names": list(road.names) if road else [],
        "class": road.road_class.name if road else None,
        "form_of_way": road.form_of_way.name if road else None,
        "route_refs": list(road.route_refs) if road else [],
        "tunnel": road.tunnel if road else None,
        "bridge": road.bridge if road else None,
        "level": road.level if road else None,
    }


def _posted(value_milli: int, unit: SpeedUnit) -> int | float | None:
    """The number on the sign, whole where it is."""
    if unit is SpeedUnit.NONE:
        return None
    return value_milli // 1000 if value_milli % 1000 == 0 else value_milli / 1000


def _limit(x: EffectiveLimit, *, road_in_doubt: bool) -> Json:
    return {
        **_number(x),
        "basis": x.basis.name,
        "confidence": confidence(x.confidence_permille),
        "certain": x.certain,
        "uncertain_because": why_uncertain(x, road_in_doubt=road_in_doubt) or None,
        "unresolved_conditions": [_alternative(a) for a in x.unresolved],
        "raw": x.raw or None,
        "source": x.source or None,
        "work_zone_id": x.work_zone_id or None,
        "advisory": None if x.advisory is None else _speed(x.advisory),
        "minimum": None if x.minimum is None else _speed(x.minimum),
        "lanes": [{"lane_index": lane.lane_index, **_number(lane), "certain": lane.certain} for lane in x.lanes],
        "next_change": utc(x.next_change_us),
    }


def _number(x: EffectiveLimit | LaneLimit) -> Json:
    return {
        "kind": x.kind.name,
        "value": _posted(x.posted_value_milli, x.posted_unit),
        "unit": UNIT_NAMES[x.posted_unit],
        "limit_mps": round(x.limit_mm_per_sec / 1000, 3) if x.limit_mm_per_sec else None,
    }


def _speed(x: PostedSpeed) -> Json:
    return {
        "value": _posted(x.value_milli, x.unit),
        "unit": UNIT_NAMES[x.unit],
        "limit_mps": round(mm_per_sec(x.value_milli, x.unit) / 1000, 3),
        "basis": x.basis.name,
        "confidence": confidence(x.confidence_permille),
    }


def _alternative(x: LimitAlternative) -> Json:
    return {
        "kind": x.kind.name,
        "value": _posted(x.posted_value_milli, x.posted_unit),
        "unit": UNIT_NAMES[x.posted_unit],
        "condition": x.condition or None,
        "raw": x.raw or None,
    }


def _lanes(link: LinkPlacement, lanes: LinkLanes | None, limits: tuple[LimitSpan, ...]) -> list[Json]:
    if lanes is None:
        return []
    return [x for section in lanes.sections for x in _section(link, section, lanes.basis.name, limits)]


def _section(link: LinkPlacement, section: LaneSection, basis: str, limits: tuple[LimitSpan, ...]) -> list[Json]:
    start_cm, end_cm = link.start_offset_cm + section.start_cm, link.start_offset_cm + section.end_cm
    here = [x.limit for x in limits if x.start_offset_cm < end_cm and x.end_offset_cm > start_cm]
    return [
        {
            "start_offset_m": metres(start_cm),
            "end_offset_m": metres(end_cm),
            "lane_index": index,
            "lane_id": str(lane.lane_id),
            "width_m": metres(lane.width_cm) if lane.width_cm else None,
            "type": lane.lane_type.name,
            "basis": basis,
            "centre_line": _points(lane.centre_line),
            "width_basis": lane.width_basis.name,
            "link_id": str(link.link_id),
            "turns": [t.name for t in lane.turns],
            "destinations": list(lane.destinations),
            "change_left": lane.change_left.name,
            "change_right": lane.change_right.name,
            "left_boundary": _points(lane.left_boundary),
            "right_boundary": _points(lane.right_boundary),
            "limit": _lane_limit([x.on_lane(index) for x in here]),
        }
        for index, lane in enumerate(section.lanes)
    ]


def _lane_limit(limits: list[EffectiveLimit]) -> Json | None:
    """The limit of one lane over its section; where a zone changes it on the way the lowest, and not certain."""
    lowest = min(limits, key=_severity, default=None)
    if lowest is None:
        return None
    return {**_number(lowest), "certain": all(x.certain and _number(x) == _number(lowest) for x in limits)}


def _severity(x: EffectiveLimit) -> tuple[bool, bool, int]:
    """Walking pace, then numbers, then what has none."""
    return x.kind is not LimitKind.WALK, not x.limit_mm_per_sec, x.limit_mm_per_sec


def _pieces(on_path: PathItems) -> list[tuple[WorkZonePlacement, ZoneOnCourse]]:
    """Each piece with its whole zone, by where the piece begins."""
    found = [(x, zone) for zone in zones_on(whole_path(on_path)) for x in zone.pieces]
    return sorted(found, key=lambda x: (x[0].start_offset_cm, x[0].work_zone_id))


def _work_zone(reconstructor: Reconstructor, x: WorkZonePlacement, whole: ZoneOnCourse, path_end_cm: int) -> Json:
    zone = reconstructor.zone(x.work_zone_id)
    return {
        "id": x.work_zone_id,
        "start_offset_m": metres(x.start_offset_cm),
        "end_offset_m": metres(x.end_offset_cm),
        "continues": x.end_offset_cm >= path_end_cm,  # to the end of the path, and maybe past it
        "zone_end_offset_m": metres(whole.end_cm),  # past the row's end the zone goes on in another that touches it
        "state": x.state.name,
        "lanes": [
            {
                "lane_index": lane.lane_index,
                "type": lane.lane_type.name,
                "status": lane.status.name,
                "width_m": metres(lane.width_cm) if lane.width_cm else None,
            }
            for lane in (zone.lanes if zone else ())
        ],
        "limit": None if zone is None or zone.limit is None else _alternative(zone.limit),
        "confidence": confidence(zone.confidence_permille) if zone else None,
        "source": zone.source if zone else None,
        "lanes_apply": x.lanes_apply,
        "match_confidence": confidence(x.match_permille),
        "vehicle_impact": zone.vehicle_impact.name if zone else None,
        "worker_presence": zone.worker_presence.name if zone else None,
        "start_time": utc(zone.start_time_us) if zone else None,
        "end_time": utc(zone.end_time_us) if zone else None,
        "synthetic": zone.synthetic if zone else None,
        "description": (zone.description or None) if zone else None,
    }


def _border(x: Border) -> Json:
    return {
        "offset_m": metres(x.offset_cm),
        "state": x.state.name,
        "from_market": x.from_market,
        "to_market": x.to_market or None,
        "from_driving_side": _side(x.from_driving_side),
        "to_driving_side": _side(x.to_driving_side),
        "from_unit": UNIT_NAMES[x.from_speed_unit],
        "to_unit": UNIT_NAMES[x.to_speed_unit],
    }


def _side(side: DrivingSide) -> str | None:
    return None if side is DrivingSide.UNKNOWN else side.name.lower()


def _coverage(x: CoverageSpan, first_cm: int) -> Json:
    return {
        "layer": x.layer.name,
        "start_offset_m": metres(max(x.start_offset_cm, first_cm)),
        "end_offset_m": metres(x.end_offset_cm),
        "state": x.state.name,
        "reason": x.reason or None,
    }
