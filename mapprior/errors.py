"""Every error this package raises on purpose.

MapPriorError
├── SourceError          the map source we were given cannot be read at all (one bad road is a refusal, not an error)
├── TileError            our own disk: a tile, archive or manifest is damaged, missing, foreign or of another format
│   ├── UnreadableError  it could not be read just now; trying again may help
│   └── TilePathError    the paths that were given hold no tiles, or not such as can be opened together
├── FeedError            a work-zone feed or record that cannot be understood
├── RequestError         the peer sent something that is not allowed
│   ├── OrderError       right message, wrong moment (a pose before open)
│   └── LimitError       more than a stated limit
├── NoRouteError         the waypoints cannot be joined on the map
├── RemoteError          the server answered a call of ours with a failure, or cannot be reached
│   └── UnreachableError no server answers at the address
├── ConfigError          the installation or its configuration (a missing extra, a bad option)
└── OverloadError        the service sheds load; try again later

"Not on a road", "not covered" and "no limit known" are answers, not errors.
No message contains a position or a route: they must never reach a log.
"""


class MapPriorError(Exception):
    """Base of all."""


class SourceError(MapPriorError):
    """The map source cannot be read; names the file and what is wrong."""


class TileError(MapPriorError):
    """Damaged, missing, foreign or unknown-format tile data; names the file."""


class UnreadableError(TileError):
    """A tile could not be read, and may be later: the disk failed, or the file is being written."""


class TilePathError(TileError):
    """The paths given hold no tiles, too many, or the same data set twice: other paths help, not other tiles."""


class FeedError(MapPriorError):
    """A feed, or a record of one, cannot be understood; names file and record."""


class RequestError(MapPriorError):
    """The peer sent a value outside what is allowed; names field, value (never a position) and range."""


class OrderError(RequestError):
    """The peer sent a message at a moment where it is not allowed."""


class LimitError(RequestError):
    """The peer sent more than a stated limit."""


class NoRouteError(MapPriorError):
    """No drivable connection, or a waypoint without a road near it."""


class RemoteError(MapPriorError):
    """A server answered with a failure or is out of reach; names the status."""


class UnreachableError(RemoteError):
    """Nobody answers at the address; it may help to wait."""


class ConfigError(MapPriorError):
    """A bad option, or an installation that lacks an extra; says what to do."""


class OverloadError(MapPriorError):
    """The service is at its limit and took nothing on."""
