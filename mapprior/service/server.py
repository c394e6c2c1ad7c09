"""The gRPC server of one process: all services vehicles use, on raw bytes."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import grpc
from grpc_health.v1 import health
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server as add_health
from grpc_reflection.v1alpha import reflection
from grpc_reflection.v1alpha.reflection_pb2_grpc import add_ServerReflectionServicer_to_server as add_reflection

from mapprior.errors import ConfigError
from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.runtime.pace import Pace
from mapprior.runtime.routes import RouteFinder
from mapprior.runtime.sessions import market_laws
from mapprior.service.address import ListenAddress, SocketFile
from mapprior.service.call_server import CallServer
from mapprior.service.health import Health, Reflection
from mapprior.service.horizon_service import HorizonService
from mapprior.service.open_calls import OpenCalls
from mapprior.service.route_service import RouteService
from mapprior.service.settings import Limits, Settings
from mapprior.service.shedding import LagMeter
from mapprior.service.status import guarded
from mapprior.service.tile_service import TileService
from mapprior.service.tls import server_credentials
from mapprior.service.zone_service import ZoneWatch
from mapprior.tile.loader import TileLoader
from mapprior.tile.store import TileStore
from mapprior.wire import methods

LOG = logging.getLogger("mapprior.service")
OTHER_CALLS_MAX = 256  # beyond the horizon streams: watches, routes, tiles, health
HANDSHAKE_MS_MAX = 10_000  # a client that connects and says nothing
KEEPALIVE_MS = 20_000  # a client that is gone without a word is noticed after this and the timeout
KEEPALIVE_TIMEOUT_MS = 10_000
CONNECTION_IDLE_MS_MAX = 600_000  # a connection without any call
CLIENT_PING_MS_MIN = 5_000
METADATA_BYTES_MAX = 16 << 10


def grpc_options(limits: Limits, *, share_port: bool) -> list[tuple[str, int]]:
    """Channel arguments: limits that gRPC itself enforces, before any of our code runs."""
    return [
        ("grpc.max_receive_message_length", limits.message_bytes_max),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", limits.streams_max + OTHER_CALLS_MAX),
        ("grpc.max_metadata_size", METADATA_BYTES_MAX),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS_MAX),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        # gRPC waits a minute for the answer to a ping, whatever the keepalive timeout says, unless told here too
        ("grpc.http2.ping_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.http2.settings_timeout", HANDSHAKE_MS_MAX),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.max_connection_idle_ms", CONNECTION_IDLE_MS_MAX),
        ("grpc.http2.min_ping_interval_without_data_ms", CLIENT_PING_MS_MIN),
        # no pings to find how much a connection could carry: what clients send is small (a sixth of all system calls)
        ("grpc.http2.bdp_probe", 0),
        ("grpc.so_reuseport", int(share_port)),
    ]


def unary(handler: Any) -> "grpc.RpcMethodHandler[Any, Any]":
    return grpc.unary_unary_rpc_method_handler(guarded(handler))


class Server:
    """Serves the tiles of `store` and the overlay of `feed` until drained."""

    def __init__(self, settings: Settings, *, store: TileStore, feed: OverlayFeed) -> None:
        limits = settings.limits
        self.feed = feed
        self._settings = settings
        self._loader = TileLoader(store, cached_bytes_max=limits.tiles_cached_bytes_max)
        self._routes = RouteFinder(
            store.datasets,
            self._loader,
            laws=market_laws(store),
            at_once_max=limits.routes_at_once_max,
            waiting_max=limits.routes_waiting_max,
            wait_ms_max=limits.route_ms_max,
        )
        self.pace = Pace()
        self._lag = LagMeter(self.pace, refuse_lag_ms=limits.refuse_lag_ms, thin_lag_ms=limits.thin_lag_ms)
        self.horizon = HorizonService(
            store=store,
            loader=self._loader,
            routes=self._routes,
            feed=feed,
            limits=limits,
            pace=self.pace,
            lag=self._lag,
        )
        self._route = RouteService(self._routes, poses_count_max=limits.trace_poses_count_max)
        self._tile = TileService(store)
        self._watch = ZoneWatch(feed, watches_max=limits.watches_max, unread_ms_max=limits.unread_ms_max)
        self._health = Health(methods.SERVICES)
        self._reflection = Reflection((*methods.SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME))
        self._server: CallServer | None = None
        self._sockets: list[SocketFile] = []

    async def start(self, addresses: Sequence[ListenAddress], *, share_port: bool = False) -> list[ListenAddress]:
        """Listens; returns the addresses with their final ports. ConfigError where an address cannot be had."""
        limits = self._settings.limits
        server = self._server = CallServer(
            grpc_options(limits, share_port=share_port),
            calls_max=limits.streams_max + OTHER_CALLS_MAX,
            open_calls=OpenCalls(limits),
            status_sec_max=limits.unread_ms_max / 1000,
        )
        for service, handlers in self._handlers().items():
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        add_health(self._health, server)
        if self._settings.reflection:
            add_reflection(self._reflection, server)
        credentials = server_credentials(self._settings.tls, client_ca=self._settings.tls.client_ca)
        served = []
        for address in addresses:
            served.append(listen(server, address, credentials))
            if address.is_unix:
                self._sockets.append(SocketFile(address))
        self._lag.start()
        self.horizon.start()
        await server.start()
        return served

    async def drain(self, grace_ms: int) -> None:
        """Says so in health, takes nothing new, ends the streams one after the other, then stops. What has no end of
        its own is ended at once: it would take all the time there is."""
        if self._server is None:
            return
        self._health.end()
        self._reflection.end()
        self._watch.end()
        stopping = asyncio.create_task(self._server.stop(grace_ms / 1000))
        await self.horizon.drain(grace_ms)
        await stopping
        self.horizon.stop()
        self._lag.stop()
        self._routes.close()
        self._tile.close()
        await self._loader.close()
        for socket in self._sockets:
            socket.remove()

    def _handlers(self) -> dict[str, dict[str, "grpc.RpcMethodHandler[Any, Any]"]]:
        return {
            methods.HORIZON_SERVICE: {
                methods.STREAM_HORIZON: grpc.stream_stream_rpc_method_handler(guarded(self.horizon.stream_horizon))
            },
            methods.ROUTE_SERVICE: {
                methods.FIND_ROUTE: unary(self._route.find_route),
                methods.MATCH_TRACE: unary(self._route.match_trace),
            },
            methods.TILE_SERVICE: {
                methods.LIST_MARKETS: unary(self._tile.list_markets),
                methods.GET_TILE: unary(self._tile.get_tile),
            },
            methods.WORK_ZONE_SERVICE: {
                methods.WATCH_WORK_ZONES: grpc.unary_stream_rpc_method_handler(guarded(self._watch.watch)),
            },
        }


def listen(server: CallServer, address: ListenAddress, credentials: grpc.ServerCredentials | None) -> ListenAddress:
    """Adds one listening address; a unix socket has its permissions as its protection and carries no TLS."""
    try:
        if address.is_unix:
            server.add_insecure_port(str(address))
            return address
        add = server.add_insecure_port
        port = add(str(address)) if credentials is None else server.add_secure_port(str(address), credentials)
    except RuntimeError:
        raise ConfigError(f"cannot listen on {address}: the address is in use, or the TLS files do not fit") from None
    if port == 0:
        raise ConfigError(f"cannot listen on {address}")
    return address.at_port(port)
