"""Items that come by the hundred as fields of a HorizonUpdate, byte for byte as protobuf writes them (tested).

By hand in compiled code an item takes a fraction of what setting the fields of a message does. A content's payload
is spliced: copied once, as it lies in the tile.
"""

import struct
from typing import Final

from mapprior.horizon.items import Content, CoverageSpan, LimitSpan, LinkPlacement, Path, WorkZoneContent
from mapprior.wire.varint import nested, number, signed, text, varint

_CONTENTS: Final = b"\x3a"
_ZONE_CONTENTS: Final = b"\x42"
_PATHS: Final = b"\x4a"
_LINK_PLACEMENTS: Final = b"\x52"
_LIMIT_SPANS: Final = b"\x5a"
_COVERAGE_SPANS: Final = b"\x62"
_EVICTED_CONTENTS: Final = b"\x9a\x01"
_fixed64: Final = struct.Struct("<BQ").pack
# Content.group, .link_id, .digest and the tag of .payload
_content_head: Final = struct.Struct("<BBBQBQB").pack
# WorkZoneContent.digest and the tag of .payload
_zone_tail: Final = struct.Struct("<BQB").pack


def content_bytes(item: Content) -> tuple[bytes, ...]:
    """The field in pieces, the payload one of them."""
    encoded = item.encoded
    payload = encoded.payload
    size = varint(len(payload))
    head = _content_head(0x08, encoded.group, 0x11, encoded.link_id, 0x19, encoded.digest, 0x22)
    return (_CONTENTS, varint(len(head) + len(size) + len(payload)), head, size, payload)


def zone_content_bytes(item: WorkZoneContent) -> tuple[bytes, ...]:
    """The field in pieces, the payload one of them."""
    name, payload = item.work_zone_id.encode(), item.payload
    tail = _zone_tail(0x11, item.digest, 0x1A)
    head = b"".join((b"\x0a", varint(len(name)), name, tail, varint(len(payload))))
    return (_ZONE_CONTENTS, varint(len(head) + len(payload)), head, payload)


def eviction_bytes(group: int, link_id: int) -> bytes:
    """HorizonUpdate.evicted_contents."""
    return nested(_EVICTED_CONTENTS, number(b"\x08", group) + (_fixed64(0x11, link_id) if link_id else b""))


def path_bytes(item: Path) -> bytes:
    """HorizonUpdate.paths."""
    path = (
        number(b"\x08", item.path_id),
        number(b"\x10", item.parent_path_id),
        signed(b"\x18", item.offset_on_parent_cm),
        signed(b"\x20", item.first_offset_cm),
        signed(b"\x28", item.end_offset_cm),
        number(b"\x30", item.probability_ppm),
        signed(b"\x38", item.turn_angle_mrad),
    )
    return nested(_PATHS, b"".join(path))


def link_placement_bytes(item: LinkPlacement) -> bytes:
    """HorizonUpdate.link_placements."""
    start_cm = item.start_offset_cm
    placement = (
        number(b"\x08", item.path_id),
        signed(b"\x10", start_cm),
        number(b"\x18", item.end_offset_cm - start_cm),
        _fixed64(0x21, item.link_id) if item.link_id else b"",
    )
    return nested(_LINK_PLACEMENTS, b"".join(placement))


def coverage_span_bytes(item: CoverageSpan) -> bytes:
    """HorizonUpdate.coverage_spans."""
    span = (
        number(b"\x08", item.path_id),
        number(b"\x10", item.layer),
        signed(b"\x18", item.start_offset_cm),
        signed(b"\x20", item.end_offset_cm),
        number(b"\x28", item.state),
        text(b"\x32", item.reason),
    )
    return nested(_COVERAGE_SPANS, b"".join(span))


def is_plain(item: LimitSpan) -> bool:
    """Whether `limit_span_bytes` takes it: nothing but a limit of the road itself."""
    limit = item.limit
    return not limit.unresolved and limit.advisory is None and limit.minimum is None and not limit.lanes


def limit_span_bytes(item: LimitSpan) -> bytes:
    """HorizonUpdate.limit_spans, of a plain one."""
    limit = item.limit
    span = (
        number(b"\x08", item.path_id),
        signed(b"\x10", item.start_offset_cm),
        signed(b"\x18", item.end_offset_cm),
        number(b"\x20", limit.kind),
        number(b"\x28", limit.posted_value_milli),
        number(b"\x30", limit.posted_unit),
        number(b"\x38", limit.limit_mm_per_sec),
        number(b"\x40", limit.basis),
        number(b"\x48", limit.confidence_permille),
        b"\x50\x01" if limit.certain else b"",
        text(b"\x62", limit.raw),
        text(b"\x6a", limit.source),
        text(b"\x72", limit.work_zone_id),
        number(b"\x90\x01", limit.next_change_us),
    )
    return nested(_LIMIT_SPANS, b"".join(span))
