"""RouteService: a route, or the links of a whole trace, in a bounded set of threads.

What grows with a request, reading and writing it included, is done there: on the event loop it would hold up the
poses of every stream.
"""

import asyncio

from mapprior.horizon.position import position_on
from mapprior.match.route import Route
from mapprior.match.trace import TraceMatch
from mapprior.runtime.routes import RouteFinder
from mapprior.wire.routes import (
    RouteAnswer,
    TraceAnswer,
    decode_route_request,
    decode_trace_request,
    encode_route_answer,
    encode_trace_answer,
)


class RouteService:
    """Handlers of raw bytes; exceptions are the guard's business."""

    def __init__(self, routes: RouteFinder, *, poses_count_max: int) -> None:
        self._routes = routes
        self._poses_count_max = poses_count_max

    async def find_route(self, request: bytes, _context: object) -> bytes:
        asked = decode_route_request(request)
        found = await self._routes.find(asked.waypoints, vehicle=asked.vehicle, departure_us=asked.departure_time_us)
        return await asyncio.to_thread(_route_answer, found)  # some lines have 50,000 points

    async def match_trace(self, request: bytes, _context: object) -> bytes:
        return await self._routes.match(
            lambda: decode_trace_request(request, poses_count_max=self._poses_count_max), _trace_answer
        )


def _route_answer(found: Route) -> bytes:
    return encode_route_answer(
        RouteAnswer(
            tuple(found.links),
            found.length_m,
            found.first_offset_m,
            found.last_offset_m,
            tuple(found.lat_e7),
            tuple(found.lon_e7),
            found.doubtful_turns,
        )
    )


def _trace_answer(matched: TraceMatch) -> bytes:
    positions = tuple(position_on(None, result) for result in matched.results)
    return encode_trace_answer(TraceAnswer(positions, tuple(matched.links)))
