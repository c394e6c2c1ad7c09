"""The admin listener: publishes and withdraws zones. A unix socket of the owner alone, or mutual TLS."""

import os

import grpc

from mapprior.runtime.overlay_feed import OverlayFeed
from mapprior.service.address import SocketFile, claim_unix
from mapprior.service.call_server import CallServer
from mapprior.service.server import OTHER_CALLS_MAX, grpc_options, listen, unary
from mapprior.service.settings import Settings
from mapprior.service.status import guarded
from mapprior.service.tls import server_credentials
from mapprior.service.zone_desk import ZoneDesk
from mapprior.service.zone_service import ZoneAdmin, ZoneWatch
from mapprior.wire import methods

OWNER_ONLY_UMASK = 0o177
STOP_SEC = 1.0


class AdminServer:
    """`start` is a no-op where no admin address is set."""

    def __init__(self, settings: Settings, desk: ZoneDesk, feed: OverlayFeed) -> None:
        self._settings = settings
        self._admin = ZoneAdmin(desk)
        limits = settings.limits
        self._watch = ZoneWatch(feed, watches_max=limits.watches_max, unread_ms_max=limits.unread_ms_max)
        self._server: CallServer | None = None
        self._socket: SocketFile | None = None

    async def start(self) -> str:
        """The address served, empty without one."""
        address = self._settings.admin_address
        if address is None:
            return ""
        server = self._server = CallServer(
            grpc_options(self._settings.limits, share_port=False), calls_max=OTHER_CALLS_MAX
        )
        handlers = {
            methods.PUBLISH_WORK_ZONES: unary(self._admin.publish),
            methods.WITHDRAW_WORK_ZONES: unary(self._admin.withdraw),
            methods.WATCH_WORK_ZONES: grpc.unary_stream_rpc_method_handler(guarded(self._watch.watch)),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(methods.WORK_ZONE_SERVICE, handlers),))
        if address.is_unix:
            claim_unix(address)
            before = os.umask(OWNER_ONLY_UMASK)  # the socket is the owner's from its first moment on
            try:
                served = listen(server, address, None)
                self._socket = SocketFile(address)
            finally:
                os.umask(before)
        else:
            tls = self._settings.tls
            served = listen(server, address, server_credentials(tls, client_ca=tls.admin_client_ca))
        await server.start()
        return str(served)

    async def stop(self) -> None:
        if self._server is not None:
            self._watch.end()
            await self._server.stop(STOP_SEC)
        if self._socket is not None:
            self._socket.remove()
