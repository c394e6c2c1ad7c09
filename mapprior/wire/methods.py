"""Names of the services and methods as they travel in a call, and the descriptors that reflection shows.

The service and the client register and call methods by these names with bytes in and out; what the bytes
mean is this package's business alone.
"""

from typing import Final

from mapprior.v1 import horizon_service_pb2, route_service_pb2, tile_service_pb2, work_zone_service_pb2

# Taken from the descriptors: a renamed service cannot keep an old name here.
HORIZON_SERVICE: Final[str] = horizon_service_pb2.DESCRIPTOR.services_by_name["HorizonService"].full_name
ROUTE_SERVICE: Final[str] = route_service_pb2.DESCRIPTOR.services_by_name["RouteService"].full_name
TILE_SERVICE: Final[str] = tile_service_pb2.DESCRIPTOR.services_by_name["TileService"].full_name
WORK_ZONE_SERVICE: Final[str] = work_zone_service_pb2.DESCRIPTOR.services_by_name["WorkZoneService"].full_name
SERVICES: Final = (HORIZON_SERVICE, ROUTE_SERVICE, TILE_SERVICE, WORK_ZONE_SERVICE)

STREAM_HORIZON: Final = "StreamHorizon"
FIND_ROUTE: Final = "FindRoute"
MATCH_TRACE: Final = "MatchTrace"
LIST_MARKETS: Final = "ListMarkets"
GET_TILE: Final = "GetTile"
PUBLISH_WORK_ZONES: Final = "PublishWorkZones"
WITHDRAW_WORK_ZONES: Final = "WithdrawWorkZones"
WATCH_WORK_ZONES: Final = "WatchWorkZones"


def path(service: str, method: str) -> str:
    """The path of a method in a call: `/mapprior.v1.HorizonService/StreamHorizon`."""
    return f"/{service}/{method}"
