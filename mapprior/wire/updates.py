"""An update of the horizon as the bytes of a `StreamHorizonResponse`, and back.

What every update holds and what comes by the hundred is written by hand (`positions`, `item_bytes`), which compiled
takes a fraction of what protobuf's messages do; what is rare goes through these. The bytes are the same either way.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

from mapprior.errors import RequestError
from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.granted import Granted
from mapprior.horizon.items import (
    Border,
    BorderState,
    Content,
    CoverageSpan,
    CoverageState,
    Health,
    HealthState,
    Item,
    Key,
    LimitSpan,
    LinkPlacement,
    Path,
    Release,
    StreamBasis,
    Update,
    WorkZoneContent,
    WorkZonePlacement,
)
from mapprior.model.border import DrivingSide
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit, LaneLimit, LimitKind, PostedSpeed, SpeedUnit, mm_per_sec
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.model.work_zone import WorkZoneState
from mapprior.v1 import horizon_pb2, horizon_service_pb2
from mapprior.wire.alternatives import fill_alternative, read_alternative
from mapprior.wire.fields import TIME_US_MAX, known, parse, whole
from mapprior.wire.granted import fill_granted, read_granted
from mapprior.wire.item_bytes import (
    content_bytes,
    coverage_span_bytes,
    eviction_bytes,
    is_plain,
    limit_span_bytes,
    link_placement_bytes,
    path_bytes,
    zone_content_bytes,
)
from mapprior.wire.positions import position_bytes, read_position
from mapprior.wire.varint import fixed64, nested, number, varint

_RESPONSE_UPDATE: Final = b"\x0a"  # StreamHorizonResponse.update, length-delimited
# Numbers of HorizonUpdate's fields: protobuf writes them in this order, spliced contents come last.
_HEALTH: Final = 5
_BASIS: Final = 6
_PATHS: Final = 9
_LINK_PLACEMENTS: Final = 10
_LIMIT_SPANS: Final = 11
_COVERAGE_SPANS: Final = 12
_WORK_ZONE_PLACEMENTS: Final = 13
_REMOVED_PATH_IDS: Final = 14
_EVICTED_CONTENTS: Final = 19
_HASH: Final = 21
_BORDERS: Final = 22
_GRANTED: Final = 24
_SPLICED: Final = 25


def encode_update(update: Update) -> bytes:
    """The bytes of a StreamHorizonResponse. Items may come in any order."""
    head, state_hash = _head(update), fixed64(b"\xa9\x01", update.state_hash)
    if not (update.items or update.removed or update.health is not None or update.granted is not None):
        return b"%b%b%b%b" % (_RESPONSE_UPDATE, varint(len(head) + len(state_hash)), head, state_hash)
    parts = _body(update, state_hash)
    length = len(head) + sum([len(part) for part in parts])
    return b"".join((_RESPONSE_UPDATE, varint(length), head, *parts))


def _head(update: Update) -> bytes:
    """The first four fields."""
    return b"%b%b%b%b" % (
        number(b"\x08", update.update_index),
        b"\x10\x01" if update.snapshot else b"",
        number(b"\x18", update.pose_time_us),
        b"" if update.position is None else nested(b"\x22", position_bytes(update.position)),
    )


def _body(update: Update, state_hash: bytes) -> list[bytes]:
    """The fields after them in the order of their numbers, contents at the end."""
    fields: list[list[bytes]] = [[] for _ in range(_SPLICED + 1)]
    fields[_HASH].append(state_hash)
    if update.health is not None:
        fields[_HEALTH].append(_alone(_fill_health, update.health))
    if update.granted is not None:
        fields[_GRANTED].append(_alone(_fill_granted, update.granted))
    spliced = fields[_SPLICED]
    for item in update.items:
        if isinstance(item, Content):
            spliced += content_bytes(item)
        elif isinstance(item, LinkPlacement):
            fields[_LINK_PLACEMENTS].append(link_placement_bytes(item))
        elif isinstance(item, CoverageSpan):
            fields[_COVERAGE_SPANS].append(coverage_span_bytes(item))
        elif isinstance(item, Path):
            fields[_PATHS].append(path_bytes(item))
        elif isinstance(item, LimitSpan):
            fields[_LIMIT_SPANS].append(limit_span_bytes(item) if is_plain(item) else _alone(_fill_limit_span, item))
        elif isinstance(item, WorkZoneContent):
            spliced += zone_content_bytes(item)
        elif isinstance(item, WorkZonePlacement):
            fields[_WORK_ZONE_PLACEMENTS].append(_alone(_fill_work_zone_placement, item))
        elif isinstance(item, Border):
            fields[_BORDERS].append(_alone(_fill_border, item))
        else:
            fields[_BASIS].append(_alone(_fill_basis, item))
    path_ids = []
    for key in update.removed:
        if key[0] == 6:
            _, group, link_id = key
            fields[_EVICTED_CONTENTS].append(eviction_bytes(int(group), int(link_id)))
        elif key[0] == 1:
            path_ids.append(key[1])
        elif key[0] in _REMOVED:
            fields[_REMOVED[key[0]]].append(_alone(_fill_removal, key))
        else:
            raise ValueError(f"an item with key {key!r} cannot be removed")
    if path_ids:
        fields[_REMOVED_PATH_IDS].append(_alone(_fill_removed_paths, path_ids))
    return list(chain.from_iterable(fields))


def _alone(fill: Callable[[horizon_pb2.HorizonUpdate, Any], None], value: Any) -> bytes:
    """What is rare goes through a message of its own: its bytes are those it has among others."""
    message = horizon_pb2.HorizonUpdate()
    fill(message, value)
    return message.SerializeToString()


def _fill_health(message: horizon_pb2.HorizonUpdate, health: Health) -> None:
    message.health.state = health.state  # type: ignore[assignment]
    message.health.reason = health.reason
    message.health.poses_dropped_count = health.poses_dropped_count
    message.health.content_withheld = health.content_withheld


def _fill_granted(message: horizon_pb2.HorizonUpdate, granted: Granted) -> None:
    fill_granted(message.granted, granted)


def _fill_work_zone_placement(message: horizon_pb2.HorizonUpdate, item: WorkZonePlacement) -> None:
    message.work_zone_placements.add(
        path_id=item.path_id,
        work_zone_id=item.work_zone_id,
        start_offset_cm=item.start_offset_cm,
        end_offset_cm=item.end_offset_cm,
        state=item.state,
        match_permille=item.match_permille,
        lanes_apply=item.lanes_apply,
    )


def _fill_border(message: horizon_pb2.HorizonUpdate, item: Border) -> None:
    message.borders.add(
        path_id=item.path_id,
        offset_cm=item.offset_cm,
        state=item.state,
        from_market=item.from_market,
        to_market=item.to_market,
        from_driving_side=item.from_driving_side,
        to_driving_side=item.to_driving_side,
        from_speed_unit=item.from_speed_unit,
        to_speed_unit=item.to_speed_unit,
    )


def _fill_limit_span(update: horizon_pb2.HorizonUpdate, span: LimitSpan) -> None:
    message, limit = update.limit_spans.add(), span.limit
    message.path_id = span.path_id
    message.start_offset_cm = span.start_offset_cm
    message.end_offset_cm = span.end_offset_cm
    message.kind = limit.kind  # type: ignore[assignment]
    message.posted_value_milli = limit.posted_value_milli
    message.posted_unit = limit.posted_unit  # type: ignore[assignment]
    message.limit_mm_per_sec = limit.limit_mm_per_sec
    message.basis = limit.basis  # type: ignore[assignment]
    message.confidence_permille = limit.confidence_permille
    message.certain = limit.certain
    message.raw = limit.raw
    message.source = limit.source
    message.work_zone_id = limit.work_zone_id
    for alternative in limit.unresolved:
        fill_alternative(message.unresolved.add(), alternative)
    if limit.advisory is not None:
        _fill_posted(message.advisory, limit.advisory)
    if limit.minimum is not None:
        _fill_posted(message.minimum, limit.minimum)
    for lane in limit.lanes:
        message.lanes.add(
            lane_index=lane.lane_index,
            kind=lane.kind,
            posted_value_milli=lane.posted_value_milli,
            posted_unit=lane.posted_unit,
            limit_mm_per_sec=lane.limit_mm_per_sec,
            certain=lane.certain,
            raw=lane.raw,
        )
    message.next_change_us = limit.next_change_us


def _fill_posted(message: horizon_pb2.PostedSpeed, speed: PostedSpeed) -> None:
    message.SetInParent()
    message.posted_value_milli = speed.value_milli
    message.posted_unit = speed.unit  # type: ignore[assignment]
    message.speed_mm_per_sec = mm_per_sec(speed.value_milli, speed.unit)
    message.raw = speed.raw
    message.basis = speed.basis  # type: ignore[assignment]
    message.confidence_permille = speed.confidence_permille


def _fill_basis(update: horizon_pb2.HorizonUpdate, basis: StreamBasis) -> None:
    message = update.basis
    message.SetInParent()
    message.market_pack_digest = basis.market_pack_digest
    message.tzdata_version = basis.tzdata_version
    message.overlay_number = basis.overlay_number
    for release in basis.releases:
        message.releases.add(
            market=release.market,
            dataset_id=release.dataset_id,
            build_id=release.build_id,
            name=release.name,
            source_time=release.source_time,
        )


# Tag of a key to the field that removes it.
_REMOVED: Final[dict[int | str, int]] = {2: 15, 3: 16, 4: 17, 5: 18, 7: 20, 9: 23}


def _fill_removed_paths(message: horizon_pb2.HorizonUpdate, path_ids: list[PathId]) -> None:
    message.removed_path_ids.extend(path_ids)


def _fill_removal(message: horizon_pb2.HorizonUpdate, key: Any) -> None:
    """The tag says what the rest of a key is."""
    match key[0]:
        case 2:
            placement = message.removed_link_placements.add()
            _, placement.path_id, placement.start_offset_cm = key
        case 3:
            span = message.removed_limit_spans.add()
            _, span.path_id, span.start_offset_cm = key
        case 4:
            covered = message.removed_coverage_spans.add()
            _, covered.path_id, covered.layer, covered.start_offset_cm = key
        case 5:
            zone = message.removed_work_zone_placements.add()
            _, zone.path_id, zone.work_zone_id, zone.start_offset_cm = key
        case 7:
            message.removed_work_zone_ids.append(key[1])
        case _:
            border = message.removed_borders.add()
            _, border.path_id, border.offset_cm = key


def decode_update(data: bytes) -> Update:
    """The update in a StreamHorizonResponse; items and removals in the order of the proto's fields.

    RequestError where the bytes are no such message, hold a number no enum knows, a time or position out of
    range, or a payload that does not fit its digest. The ranges of items are the state hash's to guard. An update
    is taken whole or not at all.
    """
    message = parse(horizon_service_pb2.StreamHorizonResponse, data).update
    if not message.update_index:
        raise RequestError("update.update_index is 0; updates count from 1")
    return Update(
        message.update_index,
        message.snapshot,
        whole(message.pose_time_us, "update.pose_time_us", 0, TIME_US_MAX),
        read_position(message.position) if message.HasField("position") else None,
        _read_health(message.health) if message.HasField("health") else None,
        tuple(_read_items(message)),
        tuple(_read_removals(message)),
        message.state_hash,
        read_granted(message.granted) if message.HasField("granted") else None,
    )


def _read_health(message: horizon_pb2.Health) -> Health:
    state = known(HealthState, message.state, "health.state")
    return Health(state, message.reason, message.poses_dropped_count, message.content_withheld)


def _read_items(message: horizon_pb2.HorizonUpdate) -> Iterator[Item]:
    return chain(
        _read_contents(message),
        (
            Path(
                PathId(p.path_id),
                PathId(p.parent_path_id),
                p.offset_on_parent_cm,
                p.first_offset_cm,
                p.end_offset_cm,
                p.probability_ppm,
                p.turn_angle_mrad,
            )
            for p in message.paths
        ),
        (
            LinkPlacement(PathId(p.path_id), p.start_offset_cm, p.start_offset_cm + p.length_cm, LinkId(p.link_id))
            for p in message.link_placements
        ),
        map(_read_limit_span, message.limit_spans),
        (
            CoverageSpan(
                PathId(s.path_id),
                known(Layer, s.layer, "coverage_span.layer"),
                s.start_offset_cm,
                s.end_offset_cm,
                known(CoverageState, s.state, "coverage_span.state"),
                s.reason,
            )
            for s in message.coverage_spans
        ),
        (
            WorkZonePlacement(
                PathId(p.path_id),
                p.work_zone_id,
                p.start_offset_cm,
                p.end_offset_cm,
                known(WorkZoneState, p.state, "work_zone_placement.state"),
                p.match_permille,
                p.lanes_apply,
            )
            for p in message.work_zone_placements
        ),
        map(_read_border, message.borders),
    )


def _read_contents(message: horizon_pb2.HorizonUpdate) -> Iterator[Item]:
    if message.HasField("basis"):
        yield _read_basis(message.basis)
    for content in message.contents:
        if bytes_digest(content.payload) != content.digest:
            raise RequestError("content.payload does not fit its digest")
        group = known(ProfileGroup, content.group, "content.group")
        yield Content(EncodedContent(group, LinkId(content.link_id), content.digest, content.payload))
    for zone in message.work_zone_contents:
        if bytes_digest(zone.payload) != zone.digest:
            raise RequestError("work_zone_content.payload does not fit its digest")
        yield WorkZoneContent(zone.work_zone_id, zone.digest, zone.payload)


def _read_basis(message: horizon_pb2.StreamBasis) -> StreamBasis:
    releases = tuple(Release(r.market, r.dataset_id, r.build_id, r.name, r.source_time) for r in message.releases)
    return StreamBasis(releases, message.market_pack_digest, message.tzdata_version, message.overlay_number)


def _read_limit_span(message: horizon_pb2.LimitSpan) -> LimitSpan:
    limit = EffectiveLimit(
        known(LimitKind, message.kind, "limit_span.kind"),
        message.posted_value_milli,
        known(SpeedUnit, message.posted_unit, "limit_span.posted_unit"),
        message.limit_mm_per_sec,
        known(Basis, message.basis, "limit_span.basis"),
        message.confidence_permille,
        message.certain,
        tuple(read_alternative(a, "limit_span.unresolved") for a in message.unresolved),
        message.raw,
        message.source,
        message.work_zone_id,
        _read_posted(message.advisory, "limit_span.advisory") if message.HasField("advisory") else None,
        _read_posted(message.minimum, "limit_span.minimum") if message.HasField("minimum") else None,
        tuple(map(_read_lane_limit, message.lanes)),
        message.next_change_us,
    )
    return LimitSpan(PathId(message.path_id), message.start_offset_cm, message.end_offset_cm, limit)


def _read_posted(message: horizon_pb2.PostedSpeed, field: str) -> PostedSpeed:
    """The speed in SI follows from what is posted; the state hash says whether the two agree."""
    return PostedSpeed(
        message.posted_value_milli,
        known(SpeedUnit, message.posted_unit, f"{field}.unit"),
        message.raw,
        known(Basis, message.basis, f"{field}.basis"),
        message.confidence_permille,
    )


def _read_lane_limit(message: horizon_pb2.LaneLimit) -> LaneLimit:
    return LaneLimit(
        message.lane_index,
        known(LimitKind, message.kind, "limit_span.lanes.kind"),
        message.posted_value_milli,
        known(SpeedUnit, message.posted_unit, "limit_span.lanes.posted_unit"),
        message.limit_mm_per_sec,
        message.certain,
        message.raw,
    )


def _read_border(message: horizon_pb2.Border) -> Border:
    return Border(
        PathId(message.path_id),
        message.offset_cm,
        known(BorderState, message.state, "border.state"),
        message.from_market,
        message.to_market,
        known(DrivingSide, message.from_driving_side, "border.from_driving_side"),
        known(DrivingSide, message.to_driving_side, "border.to_driving_side"),
        known(SpeedUnit, message.from_speed_unit, "border.from_speed_unit"),
        known(SpeedUnit, message.to_speed_unit, "border.to_speed_unit"),
    )


def _read_removals(message: horizon_pb2.HorizonUpdate) -> Iterator[Key]:
    return chain(
        ((1, path_id) for path_id in message.removed_path_ids),
        ((2, k.path_id, k.start_offset_cm) for k in message.removed_link_placements),
        ((3, k.path_id, k.start_offset_cm) for k in message.removed_limit_spans),
        (
            (4, k.path_id, known(Layer, k.layer, "removed_coverage_span.layer"), k.start_offset_cm)
            for k in message.removed_coverage_spans
        ),
        ((5, k.path_id, k.work_zone_id, k.start_offset_cm) for k in message.removed_work_zone_placements),
        ((6, known(ProfileGroup, k.group, "evicted_content.group"), k.link_id) for k in message.evicted_contents),
        ((7, work_zone_id) for work_zone_id in message.removed_work_zone_ids),
        ((9, k.path_id, k.offset_cm) for k in message.removed_borders),
    )
