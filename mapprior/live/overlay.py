"""The work-zone overlay: all zones at one moment, whole, numbered, immutable.

`OverlayBook` holds the newest and makes the next. A zone is placed once, when it is published; a reader takes
an overlay and keeps it for a whole step. Reads no clock: the time is handed in.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mapprior.errors import LimitError
from mapprior.live.place import Placement
from mapprior.model.ids import LinkId
from mapprior.model.work_zone import (
    EMPTY_OVERLAY,
    Overlay,
    PlacedZone,
    WorkZone,
    WorkZoneState,
    ZoneOnLink,
    zone_change_us,
    zone_state,
)

ZONES_COUNT_MAX = 10_000
PAYLOAD_BYTES_MAX = 1 << 18
LINKS_COUNT_MAX = 5_000  # of one zone
ZONES_ON_LINK_COUNT_MAX = 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one published zone. It is in the overlay unless `refused`; without links `reason` says why."""

    zone_id: str
    links_count: int
    reason: str = ""
    refused: bool = False


class OverlayBook:
    """Makes overlays, one number after the other.

    `place` lays a zone on links; `encode_zone` makes the bytes a client gets. A change that changes nothing
    keeps the number.
    """

    def __init__(
        self,
        *,
        place: Callable[[WorkZone], Placement],
        encode_zone: Callable[[WorkZone], bytes],
        zones_count_max: int = ZONES_COUNT_MAX,
    ) -> None:
        self._place = place
        self._encode_zone = encode_zone
        self._zones_count_max = zones_count_max
        self.overlay: Overlay = EMPTY_OVERLAY

    def publish(self, zones: Sequence[WorkZone], *, time_us: int) -> list[Outcome]:
        """Puts zones in, or new versions of them; the outcomes are in order.

        One zone that is refused does not keep the others out. A version that is over is refused, and takes out the
        one before: the newest statement counts. LimitError, and no change, where more than
        `zones_count_max` would be held. An id held for another source is refused: feeds must not overwrite
        each other.
        """
        held = dict(self.overlay.zones)
        outcomes = [self._put(held, zone, time_us=time_us) for zone in zones]
        if len(held) > self._zones_count_max:
            raise LimitError(f"{len(held)} work zones would be held, allowed are {self._zones_count_max}")
        self._turn(held)
        return outcomes

    def withdraw(self, zone_ids: Iterable[str]) -> list[str]:
        """Takes zones out; returns the ids that were not there."""
        held = dict(self.overlay.zones)
        unknown = [zone_id for zone_id in zone_ids if held.pop(zone_id, None) is None]
        self._turn(held)
        return unknown

    def expire(self, *, time_us: int) -> list[str]:
        """Takes out the zones that are over, or no longer believed, at UTC `time_us`; returns their ids."""
        over = [zone_id for zone_id, placed in self.overlay.zones.items() if _is_over(placed.zone, time_us)]
        self.withdraw(over)
        return over

    def _put(self, held: dict[str, PlacedZone], zone: WorkZone, *, time_us: int) -> Outcome:
        known = held.get(zone.id)
        reason = _unfit(zone, known)
        if reason:
            return Outcome(zone.id, 0, reason, refused=True)
        if _is_over(zone, time_us):
            held.pop(zone.id, None)  # nobody stands by what was said of it before
            return Outcome(zone.id, 0, "it is over, or was last heard of too long ago", refused=True)
        if known is not None and known.zone == zone and known.spans:
            return Outcome(zone.id, _links_count(known.spans), known.reason)
        payload = self._encode_zone(zone)
        if len(payload) > PAYLOAD_BYTES_MAX:
            reason = f"{len(payload)} bytes, allowed are {PAYLOAD_BYTES_MAX}"
            return Outcome(zone.id, 0, reason, refused=True)
        placed = self._place(zone)
        if len(placed.spans) > LINKS_COUNT_MAX:
            placed = Placement((), f"lies on {len(placed.spans)} links, allowed are {LINKS_COUNT_MAX}")
        held[zone.id] = PlacedZone(zone, placed.spans, payload, payload_digest(payload), placed.reason)
        return Outcome(zone.id, _links_count(placed.spans), placed.reason)

    def _turn(self, held: dict[str, PlacedZone]) -> None:
        """Makes the next overlay, unless nothing changed. Zones lie in the order of their ids."""
        zones = {zone_id: held[zone_id] for zone_id in sorted(held)}
        if zones != self.overlay.zones:
            self.overlay = Overlay(self.overlay.number + 1, zones, _by_link(zones))


def next_change_us(overlay: Overlay, time_us: int) -> int | None:
    """The next moment after `time_us` at which any zone may change its state; None if none will."""
    changes = (zone_change_us(placed.zone, time_us) for placed in overlay.zones.values())
    return min((t for t in changes if t is not None), default=None)


def payload_digest(payload: bytes) -> int:
    """BLAKE2b-8 of the encoded zone, read little-endian: the digest of `WorkZoneContent` in horizon.proto."""
    return int.from_bytes(hashlib.blake2b(payload, digest_size=8).digest(), "little")


def _by_link(zones: dict[str, PlacedZone]) -> dict[LinkId, tuple[ZoneOnLink, ...]]:
    """The zones of each link, by id; where more than the maximum meet on a link, those that begin first are kept.

    What is over makes room, so what goes on comes before what is planned: feeds write works that recur as one zone a
    night, all on the same road and equally sure.
    """
    found: dict[LinkId, list[ZoneOnLink]] = {}
    for placed in zones.values():
        for span in placed.spans:
            found.setdefault(span.link_id, []).append(span)
    for spans in found.values():
        if len(spans) > ZONES_ON_LINK_COUNT_MAX:
            spans.sort(key=lambda s: (zones[s.zone_id].zone.start_time_us, -s.match_permille, s.zone_id, s.start_cm))
            del spans[ZONES_ON_LINK_COUNT_MAX:]
        spans.sort(key=lambda s: (s.zone_id, s.start_cm))
    return {link_id: tuple(spans) for link_id, spans in found.items()}


def _unfit(zone: WorkZone, known: PlacedZone | None) -> str:
    """Why a zone cannot be taken; empty where it can. Ranges of single values were checked by whoever decoded it."""
    if not zone.id:
        return "the id is empty"
    if not zone.lat_e7 or len(zone.lat_e7) != len(zone.lon_e7):
        return "it has no place"
    if 0 < zone.end_time_us <= zone.start_time_us:
        return "it ends before it starts"
    if known is not None and known.zone.source != zone.source:
        return "the id is held for another source"
    return ""


def _is_over(zone: WorkZone, time_us: int) -> bool:
    """Over, or known of too long ago. UNKNOWN for want of a start is not over."""
    state = zone_state(zone, time_us)
    if state is WorkZoneState.UNKNOWN:
        return zone_change_us(zone, time_us) is None
    return state is WorkZoneState.ENDED


def _links_count(spans: Sequence[ZoneOnLink]) -> int:
    return len({span.link_id for span in spans})
