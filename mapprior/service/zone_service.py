"""WorkZoneService: watching on every listener; publishing and withdrawing on the admin listener only."""

import asyncio
from typing import Any, Final

from mapprior.errors import LimitError, OverloadError
from mapprior.model.work_zone import Overlay
from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.service.zone_desk import ZoneDesk
from mapprior.wire.zone_calls import (
    decode_publish_request,
    decode_watch_request,
    decode_withdraw_request,
    encode_publish_answer,
    encode_withdraw_answer,
    splice_watch_answer,
)

STOPPING: Final = "the server is being stopped; watch again"


class ZoneWatch:
    """Tells each watcher the overlay at hand, and again after every change; a slow one skips numbers."""

    def __init__(self, feed: OverlayFeed, *, watches_max: int, unread_ms_max: int) -> None:
        self._feed = feed
        self._unread_ms_max = unread_ms_max
        self._watches_max = watches_max
        self._watching: set[asyncio.Task[Any]] = set()
        self._ended = False
        self._answered: Overlay | None = None
        self._bytes = b""

    async def watch(self, request: bytes, context: Any) -> None:
        decode_watch_request(request)
        if self._ended:  # it came while the others were ended, and nobody would end it
            raise OverloadError(STOPPING)
        if len(self._watching) >= self._watches_max:
            raise OverloadError(f"{len(self._watching)} watches are open, at most {self._watches_max} (watches_max)")
        task = asyncio.current_task()
        assert task is not None
        self._watching.add(task)
        try:
            overlay = None
            while True:
                overlay = await self._feed.after(overlay)
                async with asyncio.timeout(self._unread_ms_max / 1000):
                    await context.write(self._answer(overlay))
                    await context.flush()
        except TimeoutError:
            raise LimitError(f"an answer was not read within {self._unread_ms_max} ms (unread_ms_max)") from None
        except asyncio.CancelledError:
            if not self._ended:
                raise
            task.uncancel()
            raise OverloadError(STOPPING) from None
        finally:
            self._watching.discard(task)

    def _answer(self, overlay: Overlay) -> bytes:
        """Made once for all watchers, of the zones as they are encoded already."""
        if self._answered is not overlay:
            self._answered = overlay
            self._bytes = splice_watch_answer(overlay.number, (x.payload for x in overlay.zones.values()))
        return self._bytes

    def end(self) -> None:
        """Ends every watch, so that a drain need not wait for them."""
        self._ended = True
        for task in tuple(self._watching):
            task.cancel()


class ZoneAdmin:
    """Publishing and withdrawing: whoever may call this can brake cars."""

    def __init__(self, desk: ZoneDesk) -> None:
        self._desk = desk

    async def publish(self, request: bytes, _context: object) -> bytes:
        return encode_publish_answer(await self._desk.publish(decode_publish_request(request)))

    async def withdraw(self, request: bytes, _context: object) -> bytes:
        return encode_withdraw_answer(await self._desk.withdraw(decode_withdraw_request(request)))
