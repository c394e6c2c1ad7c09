"""WZDx 4.2 feed bytes -> work zones. Pure: bytes in, zones and refusals out; one bad feature never stops a feed.

What the format lacks is not invented: no windows, no crossover, no width but where a lane states one. The
limit stays in the feed's unit (km/h), also where the sign on the road shows miles.

Confidence, in thousandths (working figures, not measured), from the feed's own flags:

    reported, nothing verified                500
    start of works confirmed                 +200
    start position measured                  +100
    end position measured                     +50
    end of works confirmed                    +50
    only points instead of a line            -100

Place, 1-sigma along the road: 10 m where both ends are measured; else by location_method: 100 m
(channel-device), 300 m (sign, junction), 500 m (other, unknown).

An end after the year 2100 is no known end: feeds write 9999 where none is known.

A MultiPoint, and an area in which moving works are only planned, are rough places: they warn and set nothing.
So is a line that runs otherwise than the feed's `direction` says: one of the two is wrong, and nobody can say which.
"""

import json
from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, degrees, radians
from typing import TYPE_CHECKING, Any, NoReturn

from mapprior.errors import ConfigError, FeedError
from mapprior.geo.frame import distance_m, wrap_lon_e7
from mapprior.geo.units import METRES_PER_FOOT, METRES_PER_INCH, e7
from mapprior.live.refusal import Refusal
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.work_zone import (
    LIMIT_VALUE_MILLI_MIN,
    LaneStatus,
    VehicleImpact,
    WorkerPresence,
    WorkZone,
    WorkZoneLane,
    WorkZoneLaneType,
)

if TYPE_CHECKING:
    from mapprior.live import wzdx_records

FEED_BYTES_MAX = 64 << 20
FEATURES_COUNT_MAX = 50_000
LANE_WIDTH_CM_MAX = 3_000
SOURCE_CHARS_MAX = 256
_MAJOR_VERSION = "4"
BEARING_OFF_DEG_MAX = 100  # of a line as a whole from its stated direction: a road that is signed east winds
CHORD_M_MIN = 10.0  # a line that comes back to where it began has no direction as a whole
_BEARINGS_DEG = {"northbound": 0.0, "eastbound": 90.0, "southbound": 180.0, "westbound": 270.0}

_IMPACTS = {
    "all-lanes-closed": VehicleImpact.ALL_LANES_CLOSED,
    "some-lanes-closed": VehicleImpact.SOME_LANES_CLOSED,
    "some-lanes-closed-merge-left": VehicleImpact.SOME_LANES_CLOSED,
    "some-lanes-closed-merge-right": VehicleImpact.SOME_LANES_CLOSED,
    "some-lanes-closed-split": VehicleImpact.SOME_LANES_CLOSED,
    "all-lanes-open": VehicleImpact.ALL_LANES_OPEN,
    "all-lanes-open-shift-left": VehicleImpact.SHIFTED,
    "all-lanes-open-shift-right": VehicleImpact.SHIFTED,
    "alternating-one-way": VehicleImpact.ALTERNATING_ONE_WAY,
    "flagging": VehicleImpact.FLAGGING,
    # a signal may let both directions go in turn or only hold them back; the format does not say
    "temporary-traffic-signal": VehicleImpact.UNKNOWN,
    "unknown": VehicleImpact.UNKNOWN,
}
_LANE_STATUSES = {
    "open": LaneStatus.OPEN,
    "closed": LaneStatus.CLOSED,
    "shift-left": LaneStatus.SHIFT_LEFT,
    "shift-right": LaneStatus.SHIFT_RIGHT,
    "merge-left": LaneStatus.MERGE_LEFT,
    "merge-right": LaneStatus.MERGE_RIGHT,
    "alternating-flow": LaneStatus.ALTERNATING_FLOW,
}
_LANE_TYPES = {
    "general": WorkZoneLaneType.GENERAL,
    "two-way-center-turn-lane": WorkZoneLaneType.GENERAL,
    "center-left-turn-lane": WorkZoneLaneType.GENERAL,
    "exit-lane": WorkZoneLaneType.EXIT,
    "exit-ramp": WorkZoneLaneType.EXIT,
    "shoulder": WorkZoneLaneType.SHOULDER,
}
_CM_PER_UNIT = {"feet": METRES_PER_FOOT * 100.0, "inches": METRES_PER_INCH * 100.0, "centimeters": 1.0}
_SIGMA_CM = {"channel-device-method": 10_000, "sign-method": 30_000, "junction-method": 30_000}
_SIGMA_MEASURED_CM, _SIGMA_OTHER_CM = 1_000, 50_000


def read_wzdx(data: bytes, *, name: str) -> tuple[list[WorkZone], list[Refusal]]:
    """The work zones of a feed, in its order, and what was left out of it and why.

    A feature that breaks the format is refused whole; a lane list or lane width that cannot be true is left
    out of its zone, with a refusal that says so. FeedError, naming the feed, where the bytes are no WZDx 4
    feed at all. ConfigError where pydantic is not installed.
    """
    try:
        from mapprior.live import wzdx_records as records  # of the extra `live`: a server without feeds runs without
    except ModuleNotFoundError as missing:
        if missing.name is None or not missing.name.startswith("pydantic"):
            raise
        raise ConfigError("reading a work-zone feed needs pydantic: pip install 'mapprior[live]'") from None
    document = _parse(data, name)
    info = _feed_info(document, records, name)
    features = document.get("features")
    if not isinstance(features, list):
        raise FeedError(f"{name}: 'features' is no list")
    if len(features) > FEATURES_COUNT_MAX:
        raise FeedError(f"{name}: {len(features)} features, allowed are {FEATURES_COUNT_MAX}")
    zones: dict[str, WorkZone] = {}
    refusals: list[Refusal] = []
    for place, feature in enumerate(features):
        record = _record_name(feature, place)
        try:
            zone = _Reader(info, name, record, refusals).read(_validated(feature, records))
        except _UnusableError as unusable:
            refusals.append(Refusal(name, record, str(unusable)))
            continue
        if zone.id in zones:
            refusals.append(Refusal(name, record, "the id occurs twice in the feed; the first is kept"))
        else:
            zones[zone.id] = zone
    return list(zones.values()), refusals


class _UnusableError(Exception):
    """A feature that cannot be used; the text is the reason."""


def _parse(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > FEED_BYTES_MAX:
        raise FeedError(f"{name}: {len(data)} bytes, allowed are {FEED_BYTES_MAX}")
    try:
        document = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        place = f" at line {fault.lineno}" if isinstance(fault, json.JSONDecodeError) else ""
        raise FeedError(f"{name}: not JSON{place}") from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise FeedError(f"{name}: not a GeoJSON FeatureCollection")
    return document


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _feed_info(document: dict[str, Any], records: Any, name: str) -> "wzdx_records.FeedInfo":
    member = "feed_info" if "feed_info" in document else "road_event_feed_info"
    if member not in document:
        raise FeedError(f"{name}: no 'feed_info': not a WZDx feed")
    try:
        info: wzdx_records.FeedInfo = records.FeedInfo.model_validate(document[member])
    except ValueError as fault:
        raise FeedError(f"{name}: {member}: {_first_fault(fault)}") from None
    if info.version.split(".")[0] != _MAJOR_VERSION:
        raise FeedError(f"{name}: WZDx version {info.version}; 4.0 to 4.2 are read")
    return info


def _record_name(feature: object, place: int) -> str:
    given = feature.get("id") if isinstance(feature, dict) else None
    return given[:256] if isinstance(given, str) and given else f"feature {place}"


def _validated(feature: object, records: Any) -> "wzdx_records.WorkZoneFeature":
    # A detour lacks what works must have: say what it is before it fails for what it is not.
    kind = _core_detail(feature, "event_type")
    if kind is None and _core_detail(feature, "device_type") is not None:
        raise _UnusableError("a field device and no road event: this is a DeviceFeed, works are in a WorkZoneFeed")
    if kind in ("detour", "restriction"):
        raise _UnusableError(f"event_type {kind}: not works")
    try:
        found: wzdx_records.WorkZoneFeature = records.WorkZoneFeature.model_validate(feature)
    except ValueError as fault:
        raise _UnusableError(_first_fault(fault)) from None
    return found


def _core_detail(feature: object, name: str) -> object:
    for member in ("properties", "core_details", name):
        if not isinstance(feature, dict):
            return None
        feature = feature.get(member)
    return feature


def _first_fault(fault: ValueError) -> str:
    """Where and what of the first fault, and how many more. Values only of short words, never of the geometry."""
    listed = getattr(fault, "errors", None)
    if listed is None:
        return "not understood"
    faults = listed(include_url=False)
    first = faults[0]
    where = ".".join(str(part) for part in first["loc"]) or "record"
    seen = first.get("input")
    value = f", seen {seen!r}" if isinstance(seen, str) and len(seen) <= 40 and "geometry" not in first["loc"] else ""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{where}: {first['msg']}{value}{more}"


class _Reader:
    """One feature to one zone; parts that are left out go to `refusals`."""

    def __init__(self, info: "wzdx_records.FeedInfo", feed: str, record: str, refusals: list[Refusal]) -> None:
        self._info, self._feed, self._record, self._refusals = info, feed, record, refusals

    def read(self, feature: "wzdx_records.WorkZoneFeature") -> WorkZone:
        given, core = feature.properties, feature.properties.core_details
        if given.event_status in ("completed", "cancelled"):
            raise _UnusableError(f"event_status {given.event_status}")
        has_end = given.end_date > 0
        if has_end and given.end_date <= given.start_date:
            raise _UnusableError("end_date is not after start_date")
        lat_e7, lon_e7 = _line(feature.geometry)
        points = feature.geometry.type == "MultiPoint"
        turned = not points and _turned(core.direction, lat_e7, lon_e7)
        if turned:
            self._leave_out(f"direction {core.direction}: the line runs otherwise; the place is taken as rough")
        return WorkZone(
            id=feature.id,
            source=self._info.publisher or self._feed[-SOURCE_CHARS_MAX:],
            start_time_us=given.start_date,
            end_time_us=given.end_date,
            lat_e7=lat_e7,
            lon_e7=lon_e7,
            confidence_permille=_confidence_permille(given, rough=points),
            place_sigma_cm=_place_sigma_cm(given),
            start_time_verified=given.is_start_date_verified,
            end_time_verified=has_end and given.is_end_date_verified,
            start_place_verified=given.is_start_position_verified,
            end_place_verified=given.is_end_position_verified,
            # The feed was written after the end and still says that works go on.
            overrunning=has_end
            and given.event_status == "active"
            and self._info.update_date >= given.end_date
            and not given.is_end_date_verified,
            vehicle_impact=_IMPACTS[given.vehicle_impact],
            lanes=self._lanes(given.lanes),
            limit=_limit(given.reduced_speed_limit_kph),
            worker_presence=_workers(given.worker_presence),
            place_rough=points or turned or given.work_zone_type == "planned-moving-area",
            road_names=tuple(core.road_names),
            types_of_work=tuple(t.type_name for t in given.types_of_work),
            description=": ".join(text for text in (core.name, core.description) if text)[:4_096],
            observed_time_us=core.update_date or core.creation_date or self._info.update_date,
            synthetic=self._info.synthetic,
        )

    def _lanes(self, lanes: Sequence["wzdx_records.Lane"]) -> tuple[WorkZoneLane, ...]:
        """In order from the left, `order` 1 is lane_index 0. All lanes or none: a list with gaps is left out."""
        in_order = sorted(lanes, key=lambda lane: lane.order)
        if [lane.order for lane in in_order] != list(range(1, len(in_order) + 1)):
            self._leave_out("lanes: the orders are not 1, 2, 3 without gap; the lane list is left out")
            return ()
        return tuple(
            WorkZoneLane(
                lane.order - 1,
                _LANE_TYPES.get(lane.type, WorkZoneLaneType.OTHER),
                _LANE_STATUSES[lane.status],
                self._width_cm(lane.restrictions),
            )
            for lane in in_order
        )

    def _width_cm(self, restrictions: Sequence["wzdx_records.Restriction"]) -> int:
        """The least of the stated widths; 0 where none can be used."""
        widths_cm = []
        for restriction in restrictions:
            if restriction.type != "reduced-width" or restriction.value is None:
                continue
            width_cm = restriction.value * _CM_PER_UNIT.get(restriction.unit or "", 0.0)
            if 0.5 < width_cm <= LANE_WIDTH_CM_MAX:
                widths_cm.append(round(width_cm))
            else:
                self._leave_out(f"reduced-width {restriction.value} {restriction.unit}: left out")
        return min(widths_cm, default=0)

    def _leave_out(self, reason: str) -> None:
        self._refusals.append(Refusal(self._feed, self._record, reason))


def _line(geometry: "wzdx_records.Geometry") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Points as (lat, lon), repeated ones once; a LineString must have a length."""
    points = [(e7(lat), wrap_lon_e7(e7(lon))) for lon, lat, *_ in geometry.coordinates]
    kept = points[:1] + [b for a, b in pairwise(points) if a != b]
    if geometry.type == "LineString" and len(kept) < 2:
        raise _UnusableError("geometry: a LineString without length")
    return tuple(lat for lat, _ in kept), tuple(lon for _, lon in kept)


def _turned(direction: str, lat_e7: Sequence[int], lon_e7: Sequence[int]) -> bool:
    """Does the line, from its first point to its last, run otherwise than stated? False where nothing is stated."""
    stated_deg = _BEARINGS_DEG.get(direction)
    chord_m = distance_m(lat_a_e7=lat_e7[0], lon_a_e7=lon_e7[0], lat_b_e7=lat_e7[-1], lon_b_e7=lon_e7[-1])
    if stated_deg is None or chord_m < CHORD_M_MIN:
        return False
    east_e7 = wrap_lon_e7(lon_e7[-1] - lon_e7[0]) * cos(radians((lat_e7[0] + lat_e7[-1]) / 2e7))
    bearing_deg = degrees(atan2(east_e7, lat_e7[-1] - lat_e7[0]))
    return abs((bearing_deg - stated_deg + 180.0) % 360.0 - 180.0) > BEARING_OFF_DEG_MAX


def _confidence_permille(given: "wzdx_records.WorkZoneProperties", *, rough: bool) -> int:
    return (
        500
        + 200 * given.is_start_date_verified
        + 100 * given.is_start_position_verified
        + 50 * given.is_end_position_verified
        + 50 * (given.is_end_date_verified and given.end_date > 0)
        - 100 * rough
    )


def _place_sigma_cm(given: "wzdx_records.WorkZoneProperties") -> int:
    if given.is_start_position_verified and given.is_end_position_verified:
        return _SIGMA_MEASURED_CM
    return _SIGMA_CM.get(given.location_method, _SIGMA_OTHER_CM)


def _limit(kph: float | None) -> LimitAlternative | None:
    """Less than 1 km/h, zero included, is no limit that could be meant: nothing is stated."""
    value_milli = round((kph or 0.0) * 1000)
    if value_milli < LIMIT_VALUE_MILLI_MIN:
        return None
    return LimitAlternative(LimitKind.LIMITED, value_milli, SpeedUnit.KMH, "", f"reduced_speed_limit_kph={kph:.10g}")


def _workers(given: "wzdx_records.WorkerPresence | None") -> WorkerPresence:
    if given is None:
        return WorkerPresence.UNKNOWN
    return WorkerPresence.YES if given.are_workers_present else WorkerPresence.NO
