"""The client a user imports: drives, routes, traces, tiles and zones of one server.

async with HorizonClient("localhost:50051") as client, client.drive() as drive:
    await drive.send_pose(pose)
    async for update in drive:
        print(drive.horizon.next_limit_change())
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Final, TypeVar

from mapprior.client.channel import ClientTls, open_channel, remote_errors
from mapprior.client.drive import RESUME_SEC, Drive
from mapprior.horizon.events import Open
from mapprior.horizon.items import Update
from mapprior.match.route import Waypoint
from mapprior.model.pose import CAR, Pose, VehicleProfile
from mapprior.model.work_zone import WorkZone
from mapprior.reader.received import STALE_AFTER_MS
from mapprior.wire import methods, routes, tiles, zone_calls

T = TypeVar("T")
CALL_TIMEOUT_SEC: Final = 30.0
DEFAULT_OPEN: Final = Open()
ADMIN_METHODS: Final = (methods.PUBLISH_WORK_ZONES, methods.WITHDRAW_WORK_ZONES)
ONLY_ADMIN: Final = "zones are published and withdrawn only on the admin listener (serve --admin-listen)"


class HorizonClient:
    """One server. Use it as an async context manager, or `close` it. Failed calls raise RemoteError."""

    def __init__(self, address: str, *, tls: ClientTls | None = None) -> None:
        self.address = address
        self._channel: Any = open_channel(address, tls)  # bytes in and out: no serializers

    async def __aenter__(self) -> "HorizonClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._channel.close()

    def drive(
        self,
        opening: Open = DEFAULT_OPEN,
        *,
        resumes_max: int = 5,
        resume_sec: float = RESUME_SEC,
        stale_after_ms: int = STALE_AFTER_MS,
        on_update: Callable[[Update], None] | None = None,
    ) -> Drive:
        """A drive, to be entered with `async with`.

        A call that breaks is opened again for `resume_sec`, 20 minutes unless told: a drive outlives a tunnel and a
        server that is started anew. Poses sent meanwhile are dropped, answers of `horizon` are marked stale. Where no
        update has come yet it is opened again only `resumes_max` times in a row, which takes some 5 s, so that a wrong
        address is told soon; `resume_sec=0` keeps to that for the whole drive.
        """
        stream = self._channel.stream_stream(methods.path(methods.HORIZON_SERVICE, methods.STREAM_HORIZON))
        return Drive(
            stream,
            opening,
            address=self.address,
            resumes_max=resumes_max,
            resume_sec=resume_sec,
            stale_after_ms=stale_after_ms,
            on_update=on_update,
        )

    async def find_route(
        self, waypoints: Sequence[Waypoint], *, vehicle: VehicleProfile = CAR, departure_time_us: int = 0
    ) -> routes.RouteAnswer:
        """A drivable route through 2 to 100 waypoints.

        `departure_time_us`: when the vehicle sets out, UTC; it decides which turns are banned at that time. 0 where
        that is not known: then `doubtful_turns` names those on the route, and it has few.
        """
        request = routes.encode_route_request(routes.RouteRequest(tuple(waypoints), vehicle, departure_time_us))
        return await self._ask(methods.ROUTE_SERVICE, methods.FIND_ROUTE, request, routes.decode_route_answer)

    async def match_trace(self, poses: Sequence[Pose]) -> routes.TraceAnswer:
        """The likeliest links of a whole recorded trace."""
        request = routes.encode_trace_request(poses)
        return await self._ask(methods.ROUTE_SERVICE, methods.MATCH_TRACE, request, routes.decode_trace_answer)

    async def markets(self) -> tuple[tiles.MarketAnswer, ...]:
        """The markets served, with manifests and packs."""
        request = tiles.encode_markets_request()
        return await self._ask(methods.TILE_SERVICE, methods.LIST_MARKETS, request, tiles.decode_markets_answer)

    async def tile(self, request: tiles.TileRequest) -> tiles.TileAnswer:
        """One tile as it lies in the archive."""
        data = tiles.encode_tile_request(request)
        return await self._ask(methods.TILE_SERVICE, methods.GET_TILE, data, tiles.decode_tile_answer)

    async def publish_zones(self, zones: Iterable[WorkZone]) -> zone_calls.PublishAnswer:
        """Puts zones into the overlay. Only on the admin listener; elsewhere RemoteError UNIMPLEMENTED."""
        request = zone_calls.encode_publish_request(zones)
        return await self._ask(
            methods.WORK_ZONE_SERVICE, methods.PUBLISH_WORK_ZONES, request, zone_calls.decode_publish_answer
        )

    async def withdraw_zones(self, ids: Sequence[str]) -> zone_calls.WithdrawAnswer:
        """Takes zones out of the overlay. Only on the admin listener."""
        request = zone_calls.encode_withdraw_request(ids)
        return await self._ask(
            methods.WORK_ZONE_SERVICE, methods.WITHDRAW_WORK_ZONES, request, zone_calls.decode_withdraw_answer
        )

    async def watch_zones(self) -> AsyncIterator[zone_calls.WatchAnswer]:
        """The overlay now, and again after every change, until the caller stops."""
        path = methods.path(methods.WORK_ZONE_SERVICE, methods.WATCH_WORK_ZONES)
        call = self._channel.unary_stream(path)(zone_calls.encode_watch_request())
        try:
            with remote_errors(self.address):
                async for message in call:
                    yield zone_calls.decode_watch_answer(message)
        finally:
            call.cancel()

    async def _ask(self, service: str, method: str, request: bytes, decode: Callable[[bytes], T]) -> T:
        call = self._channel.unary_unary(methods.path(service, method))
        with remote_errors(self.address, unimplemented=ONLY_ADMIN if method in ADMIN_METHODS else ""):
            return decode(await call(request, timeout=CALL_TIMEOUT_SEC))
