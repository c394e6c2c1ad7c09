"""The newest work-zone overlay, and who waits for the next. Whoever is slow skips numbers, never order."""

import asyncio

from mapprior.model.work_zone import EMPTY_OVERLAY, Overlay


class OverlayFeed:
    """Of one event loop. Overlays are immutable and swapped whole."""

    def __init__(self, overlay: Overlay = EMPTY_OVERLAY) -> None:
        self.overlay = overlay
        self._changed = asyncio.Event()

    def put(self, overlay: Overlay) -> None:
        self.overlay = overlay
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    async def after(self, overlay: Overlay | None) -> Overlay:
        """The newest overlay as soon as it is another than this; None for the one at hand."""
        while self.overlay is overlay:
            await self._changed.wait()
        return self.overlay
