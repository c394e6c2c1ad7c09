"""What the service is told: where tiles are, where to listen, and a limit on everything a client can send.

A TOML file has the tables `[service]`, `[tls]` and `[limits]`, whose keys are the fields of the three
dataclasses here. The command line overrides the file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from mapprior.errors import ConfigError
from mapprior.service.address import ListenAddress, parse_address

WORKERS_COUNT_MAX = 256
INT32_MAX = 2**31 - 1  # of what gRPC is told
OF_MEMORY = ("content_held_bytes_max", "tiles_cached_bytes_max")  # which may be larger
DEFAULT_LISTEN = "127.0.0.1:50051"


@dataclass(frozen=True, slots=True)
class Limits:
    """Per worker unless said. What a client meets beyond each: the status table in `status.py`."""

    message_bytes_max: int = 8 << 20  # any request; gRPC refuses more before it is read
    stream_message_bytes_max: int = 1 << 20  # one message of a horizon stream
    streams_max: int = 2000  # open horizon streams
    watches_max: int = 64  # open work-zone watches
    poses_per_sec_max: int = 200  # of one stream; a replay is slowed to it, a live drive refused
    stream_work_ms_per_sec_max: int = 100  # of one stream on the event loop; a replay is slowed, live poses passed over
    open_ms_max: int = 10_000  # from the call's start to DriveOpen
    unread_ms_max: int = 60_000  # an update in flight without any acknowledgement
    idle_ms_max: int = 600_000  # no message from the client at all
    horizon_length_m_max: int = 20_000
    stub_length_m_max: int = 5000
    side_levels_count_max: int = 8
    content_held_bytes_max: int = 256 << 20  # of one client
    routes_at_once_max: int = 2  # route searches and trace matches being computed
    routes_waiting_max: int = 32
    route_ms_max: int = 20_000  # waiting, loading, matching a trace; a search is bounded by the links it looks at
    trace_poses_count_max: int = 100_000
    tiles_cached_bytes_max: int = 256 << 20
    work_zones_count_max: int = 10_000
    drain_ms_max: int = 10_000
    # event-loop lag at which new streams are refused, and at which every second pose is answered
    refuse_lag_ms: int = 25
    thin_lag_ms: int = 60


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files. `client_ca`: vehicles need a certificate of it. `admin_client_ca`: publishers of zones do."""

    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    admin_client_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a server is started with; `checked` before use."""

    tiles: tuple[Path, ...] = ()
    zones: tuple[Path, ...] = ()
    listen: tuple[str, ...] = (DEFAULT_LISTEN,)
    admin_listen: str = ""
    workers: int = 1
    insecure: bool = False
    reflection: bool = True
    tls: TlsFiles = field(default_factory=TlsFiles)
    limits: Limits = field(default_factory=Limits)

    @property
    def addresses(self) -> tuple[ListenAddress, ...]:
        return tuple(parse_address(text) for text in self.listen)

    @property
    def admin_address(self) -> ListenAddress | None:
        return parse_address(self.admin_listen) if self.admin_listen else None

    def checked(self) -> "Settings":
        """These settings, or ConfigError naming the one that cannot be and what to do."""
        if not self.tiles:
            raise ConfigError("no tiles: give --tiles DIR, a market's directory or one that holds several")
        if not self.listen:
            raise ConfigError("no address to listen on: give --listen")
        if not 1 <= self.workers <= WORKERS_COUNT_MAX:
            raise ConfigError(f"workers {self.workers} is outside 1 to {WORKERS_COUNT_MAX}")
        if (self.tls.certificate is None) != (self.tls.key is None):
            raise ConfigError("tls: certificate and key go together")
        if self.tls.certificate is None and (self.tls.client_ca or self.tls.admin_client_ca):
            raise ConfigError("tls: a client CA needs the server's own certificate and key")
        self._check_limits()
        for address in self.addresses:
            self._check_address(address)
        if (admin := self.admin_address) is not None:
            if not admin.is_unix and self.tls.admin_client_ca is None:
                raise ConfigError(
                    f"admin listener {admin}: who can publish a zone can brake cars; use unix:PATH, or mutual TLS "
                    "with --tls-cert, --tls-key and --admin-client-ca"
                )
            if str(admin) in map(str, self.addresses) and (admin.is_unix or admin.port):
                raise ConfigError(f"admin listener {admin}: must not be an address that vehicles use")
        return self

    def _check_limits(self) -> None:
        limits = self.limits
        for name in (x.name for x in fields(limits) if x.name not in OF_MEMORY):
            if getattr(limits, name) > INT32_MAX // 2:
                raise ConfigError(f"limits: {name} {getattr(limits, name)} is more than {INT32_MAX // 2}")
        for less, more in (("stream_message_bytes_max", "message_bytes_max"), ("refuse_lag_ms", "thin_lag_ms")):
            if getattr(limits, less) > getattr(limits, more):
                raise ConfigError(
                    f"limits: {less} {getattr(limits, less)} is more than {more} {getattr(limits, more)}, and would "
                    "never be reached"
                )

    def _check_address(self, address: ListenAddress) -> None:
        if address.is_unix and self.workers > 1:
            raise ConfigError(
                f"{address}: a unix socket takes one worker, not {self.workers}; several share a TCP port"
            )
        if not address.is_loopback and self.tls.certificate is None and not self.insecure:
            raise ConfigError(
                f"{address}: positions would cross the network unencrypted; give --tls-cert and --tls-key, "
                "or --insecure where something else encrypts"
            )


def read_config(path: Path) -> Settings:
    """Settings of a TOML file; relative paths are relative to the file. ConfigError names file and key."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    unknown = tables.keys() - {"service", "tls", "limits"}
    if unknown:
        raise ConfigError(f"{path}: unknown table [{min(unknown)}]; there are [service], [tls] and [limits]")
    tls = _table(path, "tls", tables.get("tls", {}), TlsFiles)
    limits = _table(path, "limits", tables.get("limits", {}), Limits)
    return _table(path, "service", tables.get("service", {}), Settings, tls=tls, limits=limits)


_T = TypeVar("_T")


def _table(path: Path, name: str, table: Any, kind: type[_T], **given: Any) -> _T:
    """A dataclass from a TOML table, every value of the field's own type."""
    if not isinstance(table, Mapping):
        raise ConfigError(f"{path}: {name} must be a table")
    hints = get_type_hints(kind)
    allowed = [f.name for f in fields(kind) if f.name not in given]  # type: ignore[arg-type]
    values = dict(given)
    for key, value in table.items():
        if key not in allowed:
            raise ConfigError(f"{path}: unknown key {name}.{key}; there are {', '.join(allowed)}")
        values[key] = _value(path, f"{name}.{key}", value, hints[key])
    return kind(**values)


def _value(path: Path, key: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple:
        items = value if isinstance(value, list) else [value]
        return tuple(_value(path, key, item, get_args(hint)[0]) for item in items)
    if Path in get_args(hint) or hint is Path:
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{path}: {key} must be a path")
        return path.parent / value
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ConfigError(f"{path}: {key} must be of type {hint.__name__}, is {value!r}")
    if hint is int and value < 1:
        raise ConfigError(f"{path}: {key} must be at least 1, is {value}")
    return value
