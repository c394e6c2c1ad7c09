"""A drive's events given one after the other, as a call does: what takes waiting is waited for."""

from mapprior.horizon.events import Event
from mapprior.runtime.drive import Drive
from mapprior.wire.requests import RouteWaypoints


async def receive(drive: Drive, event: Event | RouteWaypoints) -> None:
    rest = drive.receive(event)
    if rest is not None:
        await rest()
