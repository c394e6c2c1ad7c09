"""Messages between the supervisor and a worker: length and pickle over a socket pair that no one else can open."""

import asyncio
import io
import pickle
import struct
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from mapprior.model.ids import LinkId
from mapprior.model.work_zone import Overlay, PlacedZone, ZoneOnLink

FRAME_BYTES_MAX = 1 << 30
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class NewOverlay:
    """To the worker, its first word: the overlay whole."""

    overlay: Overlay


@dataclass(frozen=True, slots=True)
class OverlayChange:
    """To the worker: what leads from the overlay it was last told to the next. Whole overlays may be megabytes, and
    reading one would hold up every stream of the worker.
    """

    number: int
    put: tuple[PlacedZone, ...]
    removed: tuple[str, ...]
    links: dict[LinkId, tuple[ZoneOnLink, ...]]  # whose zones changed; empty for none left

    def applied_to(self, before: Overlay) -> Overlay:
        """The next overlay; `before` stays as it is."""
        zones = {k: v for k, v in before.zones.items() if k not in self.removed} if self.removed else dict(before.zones)
        known = len(zones)
        zones.update((x.zone.id, x) for x in self.put)
        if len(zones) != known:
            zones = {zone_id: zones[zone_id] for zone_id in sorted(zones)}
        by_link = {**before.by_link, **self.links}
        for link_id in [k for k, spans in self.links.items() if not spans]:
            del by_link[link_id]
        return Overlay(self.number, zones, by_link)


def overlay_change(before: Overlay, after: Overlay) -> OverlayChange:
    """What leads from one overlay to another. What is the same object is not looked into."""
    put = tuple(x for zone_id, x in after.zones.items() if before.zones.get(zone_id) is not x)
    removed = tuple(zone_id for zone_id in before.zones if zone_id not in after.zones)
    links = {k: spans for k, spans in after.by_link.items() if before.by_link.get(k) != spans}
    links.update((k, ()) for k in before.by_link if k not in after.by_link)
    return OverlayChange(after.number, put, removed, links)


@dataclass(frozen=True, slots=True)
class Drain:
    """To the worker: take nothing new, end within the grace."""

    grace_ms: int


@dataclass(frozen=True, slots=True)
class Listening:
    """From the worker: it serves these addresses."""

    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CannotStart:
    """From the worker: its configuration or tiles cannot be used; starting it again would not help."""

    reason: str


Frame = NewOverlay | OverlayChange | Drain | Listening | CannotStart


class _Pickler(pickle.Pickler):
    """Dataclasses travel as calls of their class: frozen ones that are compiled cannot be set field by field."""

    def reducer_override(self, x: Any) -> Any:
        if isinstance(x, type) or not is_dataclass(x):
            return NotImplemented
        return type(x), tuple([getattr(x, field.name) for field in fields(x)])


def pack(frame: Frame) -> bytes:
    out = io.BytesIO()
    _Pickler(out, protocol=pickle.HIGHEST_PROTOCOL).dump(frame)
    body = out.getvalue()
    return _LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next message; None when the other side is gone."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > FRAME_BYTES_MAX:
            return None
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    frame: Any = pickle.loads(body)
    return frame  # type: ignore[no-any-return]
