"""A whole server inside the caller's process and event loop: for tests, notebooks and the demo."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.service.address import PortHold, claim_unix
from mapprior.service.admin import AdminServer
from mapprior.service.server import Server
from mapprior.service.settings import Settings
from mapprior.service.zone_desk import ZoneDesk
from mapprior.tile.store import open_markets


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """`address` is the first of `addresses`; the desk publishes and withdraws zones without a call."""

    addresses: tuple[str, ...]
    admin_address: str
    desk: ZoneDesk
    server: Server

    @property
    def address(self) -> str:
        return self.addresses[0]


@asynccontextmanager
async def embedded(settings: Settings, *, drain_ms: int = 500) -> AsyncIterator[EmbeddedServer]:
    """Serves while the context is open; drains within `drain_ms` at its end."""
    settings = settings.checked()
    feed = OverlayFeed()
    with open_markets(settings.tiles) as store:
        desk = ZoneDesk(store, feed, settings.limits)
        for file in settings.zones:
            await desk.read_file(file)
        for address in settings.addresses:
            if address.is_unix:
                claim_unix(address)
            else:
                PortHold(address).close()
        server = Server(settings, store=store, feed=feed)
        admin = AdminServer(settings, desk, feed)
        try:
            served = await server.start(settings.addresses)
            admin_address = await admin.start()
            desk.start()
            yield EmbeddedServer(tuple(map(str, served)), admin_address, desk, server)
        finally:
            desk.stop()
            await admin.stop()
            await server.drain(drain_ms)
