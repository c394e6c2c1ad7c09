"""The one owner of the work-zone overlay: publishes, withdraws, lets expire. Lives in the supervisor.

Changes are made one after the other, placed in a thread, and handed on whole through the feed. One that was begun
is made to its end, also when whoever asked for it is gone: half a change would leave streams without a zone that is
held, or lose the next one.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mapprior.errors import FeedError
from mapprior.live.feeds import FeedReport, publish_feeds
from mapprior.live.overlay import OverlayBook
from mapprior.live.place import placer
from mapprior.model.work_zone import WorkZone
from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.service.settings import Limits
from mapprior.tile.store import TileStore
from mapprior.wire.zone_calls import PublishAnswer, WithdrawAnswer, ZoneOutcome
from mapprior.wire.zones import encode_zone

EXPIRY_SEC = 10.0

T = TypeVar("T")


class ZoneDesk:
    """Zones on the tiles of `store`; `feed` always has the newest overlay."""

    def __init__(self, store: TileStore, feed: OverlayFeed, limits: Limits) -> None:
        self._feed = feed
        self._book = OverlayBook(
            place=placer(store.datasets, read_road=store.read_road, read_lanes=store.read_lanes),
            encode_zone=encode_zone,
            zones_count_max=limits.work_zones_count_max,
        )
        self._turn = asyncio.Lock()
        self._changes: set[asyncio.Task[Any]] = set()  # that are being made, or wait for their turn
        self._expiry: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Lets zones expire from now on."""
        self._expiry = asyncio.get_running_loop().create_task(self._expire())

    def stop(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    async def publish(self, zones: Sequence[WorkZone]) -> PublishAnswer:
        """Puts zones in. LimitError, and no change, where there would be too many."""
        outcomes = await self._change(lambda: self._book.publish(zones, time_us=_utc_us()))
        return PublishAnswer(
            self._book.overlay.number, tuple(ZoneOutcome(o.zone_id, o.links_count, o.reason) for o in outcomes)
        )

    async def withdraw(self, zone_ids: Sequence[str]) -> WithdrawAnswer:
        """Takes zones out."""
        unknown = await self._change(lambda: self._book.withdraw(zone_ids))
        return WithdrawAnswer(self._book.overlay.number, tuple(unknown))

    async def read_file(self, path: Path) -> FeedReport:
        """Publishes the zones of a WZDx file. FeedError where it is none."""
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise FeedError(f"{path}: cannot be read ({type(error).__name__})") from None
        (report,) = await self._change(lambda: publish_feeds(self._book, {str(path): data}, time_us=_utc_us()))
        return report

    async def _change(self, make: Callable[[], T]) -> T:
        change = asyncio.get_running_loop().create_task(self._made(make))
        self._changes.add(change)
        change.add_done_callback(self._changes.discard)
        return await asyncio.shield(change)

    async def _made(self, make: Callable[[], T]) -> T:
        async with self._turn:
            made = await asyncio.to_thread(make)
            if self._feed.overlay is not self._book.overlay:
                self._feed.put(self._book.overlay)
            return made

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_SEC)
            await self._change(lambda: self._book.expire(time_us=_utc_us()))


def _utc_us() -> int:
    return time.time_ns() // 1000
