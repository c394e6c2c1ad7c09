"""The work-zone service's messages: bytes to model objects and back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.model.work_zone import WorkZone
from mapprior.v1 import work_zone_service_pb2
from mapprior.wire.fields import few, parse, text
from mapprior.wire.varint import varint
from mapprior.wire.zones import ZONE_ID_CHARS_MAX, fill_zone, read_zone

ZONES_COUNT_MAX: Final = 10_000


_WORK_ZONES_TAG: Final = varint(work_zone_service_pb2.WatchWorkZonesResponse.WORK_ZONES_FIELD_NUMBER << 3 | 2)


@dataclass(frozen=True, slots=True)
class ZoneOutcome:
    """What became of one published zone; `reason` says why `links_count` is 0."""

    work_zone_id: str
    links_count: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PublishAnswer:
    """`overlay_number` is that of the overlay which holds the zones."""

    overlay_number: int
    outcomes: tuple[ZoneOutcome, ...]


@dataclass(frozen=True, slots=True)
class WithdrawAnswer:
    """`overlay_number` is that of the overlay without the zones."""

    overlay_number: int
    unknown_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WatchAnswer:
    """All zones at one moment."""

    overlay_number: int
    zones: tuple[WorkZone, ...]


def encode_publish_request(zones: Iterable[WorkZone]) -> bytes:
    """Bytes of a PublishWorkZonesRequest."""
    message = work_zone_service_pb2.PublishWorkZonesRequest()
    for zone in zones:
        fill_zone(message.work_zones.add(), zone)
    return message.SerializeToString()


def decode_publish_request(data: bytes) -> tuple[WorkZone, ...]:
    """RequestError where one zone is out of range (nothing is published), LimitError for too many."""
    message = parse(work_zone_service_pb2.PublishWorkZonesRequest, data)
    few(message.work_zones, "work_zones", ZONES_COUNT_MAX)
    return tuple(read_zone(zone, f"work_zones[{index}]") for index, zone in enumerate(message.work_zones))


def encode_publish_answer(answer: PublishAnswer) -> bytes:
    """Bytes of a PublishWorkZonesResponse."""
    message = work_zone_service_pb2.PublishWorkZonesResponse(overlay_number=answer.overlay_number)
    for outcome in answer.outcomes:
        message.outcomes.add(work_zone_id=outcome.work_zone_id, links_count=outcome.links_count, reason=outcome.reason)
    return message.SerializeToString()


def decode_publish_answer(data: bytes) -> PublishAnswer:
    """RequestError where the bytes are no PublishWorkZonesResponse."""
    message = parse(work_zone_service_pb2.PublishWorkZonesResponse, data)
    outcomes = tuple(ZoneOutcome(o.work_zone_id, o.links_count, o.reason) for o in message.outcomes)
    return PublishAnswer(message.overlay_number, outcomes)


def encode_withdraw_request(work_zone_ids: Sequence[str]) -> bytes:
    """Bytes of a WithdrawWorkZonesRequest."""
    return work_zone_service_pb2.WithdrawWorkZonesRequest(work_zone_ids=work_zone_ids).SerializeToString()


def decode_withdraw_request(data: bytes) -> tuple[str, ...]:
    """The ids; LimitError for too many or too long ones."""
    message = parse(work_zone_service_pb2.WithdrawWorkZonesRequest, data)
    few(message.work_zone_ids, "work_zone_ids", ZONES_COUNT_MAX)
    return tuple(text(zone_id, "work_zone_ids", ZONE_ID_CHARS_MAX) for zone_id in message.work_zone_ids)


def encode_withdraw_answer(answer: WithdrawAnswer) -> bytes:
    """Bytes of a WithdrawWorkZonesResponse."""
    return work_zone_service_pb2.WithdrawWorkZonesResponse(
        overlay_number=answer.overlay_number, unknown_work_zone_ids=answer.unknown_ids
    ).SerializeToString()


def decode_withdraw_answer(data: bytes) -> WithdrawAnswer:
    """RequestError where the bytes are no WithdrawWorkZonesResponse."""
    message = parse(work_zone_service_pb2.WithdrawWorkZonesResponse, data)
    return WithdrawAnswer(message.overlay_number, tuple(message.unknown_work_zone_ids))


def encode_watch_request() -> bytes:
    """Bytes of a WatchWorkZonesRequest."""
    return work_zone_service_pb2.WatchWorkZonesRequest().SerializeToString()


def decode_watch_request(data: bytes) -> None:
    """RequestError where the bytes are no WatchWorkZonesRequest."""
    parse(work_zone_service_pb2.WatchWorkZonesRequest, data)


def encode_watch_answer(answer: WatchAnswer) -> bytes:
    """Bytes of a WatchWorkZonesResponse."""
    message = work_zone_service_pb2.WatchWorkZonesResponse(overlay_number=answer.overlay_number)
    for zone in answer.zones:
        fill_zone(message.work_zones.add(), zone)
    return message.SerializeToString()


def splice_watch_answer(overlay_number: int, payloads: Iterable[bytes]) -> bytes:
    """The same from zones that are encoded already (`zones.encode_zone`)."""
    parts = [work_zone_service_pb2.WatchWorkZonesResponse(overlay_number=overlay_number).SerializeToString()]
    for payload in payloads:
        parts += (_WORK_ZONES_TAG, varint(len(payload)), payload)
    return b"".join(parts)


def decode_watch_answer(data: bytes) -> WatchAnswer:
    """RequestError where the bytes are no WatchWorkZonesResponse."""
    message = parse(work_zone_service_pb2.WatchWorkZonesResponse, data)
    return WatchAnswer(message.overlay_number, tuple(read_zone(zone) for zone in message.work_zones))
