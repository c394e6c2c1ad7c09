"""How many calls are open at once, by method, so that none of them keeps vehicles away from their streams.

A call counts until its answer was taken by the client's end: one who asks for tiles and reads none, or watches the
health a thousand times, has used up what there is of these, and nothing else.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

from mapprior.errors import OverloadError
from mapprior.service.settings import Limits
from mapprior.wire import methods

HEALTH: Final = "/grpc.health.v1.Health/"
OTHERS_MAX: Final = 16  # of a method that is not named here: reflection


class OpenCalls:
    """Gives each call its place, or none where its method has all it may."""

    def __init__(self, limits: Limits) -> None:
        route, tile, zones = methods.ROUTE_SERVICE, methods.TILE_SERVICE, methods.WORK_ZONE_SERVICE
        routes_count_max = 2 * (limits.routes_at_once_max + limits.routes_waiting_max)  # half of them unread
        self._count_max = {
            methods.path(route, methods.FIND_ROUTE): routes_count_max,
            methods.path(route, methods.MATCH_TRACE): routes_count_max,
            methods.path(tile, methods.LIST_MARKETS): 8,  # an answer may have megabytes
            methods.path(tile, methods.GET_TILE): 32,
            f"{HEALTH}Check": 32,
            f"{HEALTH}Watch": 16,
        }
        self._counts_itself = {
            methods.path(methods.HORIZON_SERVICE, methods.STREAM_HORIZON),
            methods.path(zones, methods.WATCH_WORK_ZONES),
        }
        self._open: Counter[str] = Counter()

    def take(self, method: str) -> Callable[[], None] | None:
        """A place for one more call of this method, or OverloadError; what is returned gives it back, once."""
        if method in self._counts_itself:
            return None
        most = self._count_max.get(method, OTHERS_MAX)
        if self._open[method] >= most:
            raise OverloadError(f"{most} calls of {method.rpartition('/')[2]} are open, which is the most; try again")
        self._open[method] += 1
        return partial(self._give_back, method)

    def _give_back(self, method: str) -> None:
        self._open[method] -= 1
