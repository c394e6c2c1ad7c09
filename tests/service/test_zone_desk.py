"""The desk of work zones: what streams are told is what is held, whoever goes away meanwhile."""

import asyncio

import pytest

from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.service.settings import Settings
from mapprior.service.zone_desk import ZoneDesk
from mapprior.tile.store import open_markets
from tests.asciimap import Drawn
from tests.service.serving import zone_on


async def test_a_publisher_that_goes_away_leaves_nothing_half_done(drawn: Drawn, settings: Settings) -> None:
    """A call that is cancelled, or whose deadline is over, while its zones are being placed."""
    many = [zone_on(drawn, "CD", f"first-{i}") for i in range(100)]
    with open_markets(settings.tiles) as store:
        feed = OverlayFeed()
        desk = ZoneDesk(store, feed, settings.limits)
        gone = asyncio.create_task(desk.publish(many))
        await asyncio.sleep(0.01)  # its zones are in the thread that places them
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        await desk.publish([zone_on(drawn, "CD", "second")])
        assert feed.overlay.zones.keys() == {*(zone.id for zone in many), "second"}
        assert not (await desk.withdraw(["second"])).unknown_ids
        assert feed.overlay.zones.keys() == {zone.id for zone in many}
