"""An update of the horizon as the bytes of a `StreamHorizonResponse`, and back.

Content is spliced: its payload is copied once, as it lies in the tile, behind hand-written field headers;
everything else goes through protobuf's own messages, which are as fast for small fields (measured).
In steady driving an update holds a position and nothing else; that one reuses a prepared message.
"""

import struct
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

from mapprior.errors import RequestError
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
    bytes_digest,
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
from mapprior.wire.positions import encode_position_only, fill_position, read_position
from mapprior.wire.varint import varint

_RESPONSE_UPDATE = b"\x0a"  # StreamHorizonResponse.update, length-delimited
_UPDATE_CONTENTS = b"\x3a"  # HorizonUpdate.contents
_UPDATE_ZONE_CONTENTS = b"\x42"  # HorizonUpdate.work_zone_contents
# Content.group, .link_id, .digest and the tag of .payload
_CONTENT_HEAD = struct.Struct("<BBBQBQB").pack
# WorkZoneContent.digest and the tag of .payload
_ZONE_TAIL = struct.Struct("<BQB").pack


def encode_update(update: Update) -> bytes:
    """The bytes of a StreamHorizonResponse. Items may come in any order."""
    position = update.position
    if (  # what `encode_position_only` takes
        not update.items
        and not update.removed
        and update.health is None
        and position is not None
        and len(position.candidates) == 1
        and not position.reason
        and not update.snapshot
    ):
        return encode_position_only(update, position)
    message = horizon_pb2.HorizonUpdate(
        update_index=update.update_index,
        snapshot=update.snapshot,
        pose_time_us=update.pose_time_us,
        state_hash=update.state_hash,
    )
    if position is not None:
        fill_position(message.position, position)
    if update.health is not None:
        message.health.state = update.health.state  # type: ignore[assignment]
        message.health.reason = update.health.reason
        message.health.poses_dropped_count = update.health.poses_dropped_count
        message.health.content_withheld = update.health.content_withheld
    contents: list[bytes] = []
    for item in update.items:
        if type(item) is Content:
            contents += _splice_content(item)
        elif type(item) is WorkZoneContent:
            contents += _splice_zone_content(item)
        else:
            _FILL[type(item)](message, item)
    for key in update.removed:
        _fill_removal(message, key)
    head = message.SerializeToString()
    length = len(head) + sum(map(len, contents))
    return b"".join((_RESPONSE_UPDATE, varint(length), head, *contents))


def _splice_content(item: Content) -> tuple[bytes, ...]:
    encoded = item.encoded
    payload = encoded.payload
    size = varint(len(payload))
    head = _CONTENT_HEAD(0x08, encoded.group, 0x11, encoded.link_id, 0x19, encoded.digest, 0x22)
    return (_UPDATE_CONTENTS, varint(len(head) + len(size) + len(payload)), head, size, payload)


def _splice_zone_content(item: WorkZoneContent) -> tuple[bytes, ...]:
    name, payload = item.work_zone_id.encode(), item.payload
    tail = _ZONE_TAIL(0x11, item.digest, 0x1A)
    head = b"".join((b"\x0a", varint(len(name)), name, tail, varint(len(payload))))
    return (_UPDATE_ZONE_CONTENTS, varint(len(head) + len(payload)), head, payload)


# Fields are set one by one: half the time of naming them in a call (measured).


def _fill_link_placement(message: horizon_pb2.HorizonUpdate, item: LinkPlacement) -> None:
    placement = message.link_placements.add()
    placement.path_id = item.path_id
    placement.start_offset_cm = item.start_offset_cm
    placement.length_cm = item.end_offset_cm - item.start_offset_cm
    placement.link_id = item.link_id


def _fill_coverage_span(message: horizon_pb2.HorizonUpdate, item: CoverageSpan) -> None:
    span = message.coverage_spans.add()
    span.path_id = item.path_id
    span.layer = item.layer  # type: ignore[assignment]
    span.start_offset_cm = item.start_offset_cm
    span.end_offset_cm = item.end_offset_cm
    span.state = item.state  # type: ignore[assignment]
    span.reason = item.reason


def _fill_path(message: horizon_pb2.HorizonUpdate, item: Path) -> None:
    path = message.paths.add()
    path.path_id = item.path_id
    path.parent_path_id = item.parent_path_id
    path.offset_on_parent_cm = item.offset_on_parent_cm
    path.first_offset_cm = item.first_offset_cm
    path.end_offset_cm = item.end_offset_cm
    path.probability_ppm = item.probability_ppm
    path.turn_angle_mrad = item.turn_angle_mrad


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


_FILL: Final[dict[type, Callable[[horizon_pb2.HorizonUpdate, Any], None]]] = {
    Path: _fill_path,
    LinkPlacement: _fill_link_placement,
    LimitSpan: _fill_limit_span,
    CoverageSpan: _fill_coverage_span,
    WorkZonePlacement: _fill_work_zone_placement,
    StreamBasis: _fill_basis,
    Border: _fill_border,
}


def _fill_removal(message: horizon_pb2.HorizonUpdate, key: Any) -> None:
    """The tag says what the rest of a key is."""
    match key[0]:
        case 6:
            content = message.evicted_contents.add()
            _, content.group, content.link_id = key
        case 1:
            message.removed_path_ids.append(key[1])
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
        case 9:
            border = message.removed_borders.add()
            _, border.path_id, border.offset_cm = key
        case _:
            raise ValueError(f"an item with key {key!r} cannot be removed")


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
