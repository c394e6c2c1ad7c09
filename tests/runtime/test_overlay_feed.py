"""Whoever waits gets the newest overlay; who is slow skips numbers and never goes back."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.model.work_zone import EMPTY_OVERLAY, Overlay
from mapprior.runtime.overlay_feed import OverlayFeed


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_a_watcher_sees_growing_numbers_and_ends_at_the_newest(pauses: list[int], slowness: int) -> None:
    async def run() -> list[int]:
        feed = OverlayFeed()
        seen: list[int] = []

        async def watch() -> None:
            overlay = EMPTY_OVERLAY
            while overlay.number < len(pauses):
                overlay = await feed.after(overlay)
                seen.append(overlay.number)
                for _ in range(slowness):
                    await asyncio.sleep(0)

        watcher = asyncio.create_task(watch())
        for number, pause in enumerate(pauses, start=1):
            feed.put(Overlay(number, {}, {}))
            for _ in range(pause):
                await asyncio.sleep(0)
        await asyncio.wait_for(watcher, 5)
        return seen

    seen = asyncio.run(run())
    assert seen == sorted(set(seen)) and seen[-1] == len(pauses)


async def test_none_is_answered_at_once() -> None:
    assert await OverlayFeed().after(None) is EMPTY_OVERLAY
