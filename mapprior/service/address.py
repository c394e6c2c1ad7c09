"""Addresses the service listens on: `host:port`, `[v6]:port`, `unix:/path`."""

import errno
import ipaddress
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from mapprior.errors import ConfigError

UNIX_PATH_BYTES_MAX = 107  # sun_path of Linux, without its final zero


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """`path` is empty for TCP; `port` 0 asks for a free one."""

    host: str
    port: int
    path: str = ""

    @property
    def is_unix(self) -> bool:
        return bool(self.path)

    @property
    def is_loopback(self) -> bool:
        """Reachable from this machine only."""
        if self.is_unix or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        if self.is_unix:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def at_port(self, port: int) -> "ListenAddress":
        return ListenAddress(self.host, port)


def parse_address(text: str, what: str = "listen address") -> ListenAddress:
    """ConfigError, with `what` in front, where the text is no address."""
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        path = path[2:] if path.startswith("//") else path
        if not path:
            raise ConfigError(f"{what} {text!r}: unix: takes a path")
        path = str(Path(path).absolute())
        if len(path.encode()) > UNIX_PATH_BYTES_MAX:
            raise ConfigError(f"{what} {text!r}: a socket's path has at most {UNIX_PATH_BYTES_MAX} bytes")
        return ListenAddress("", 0, path)
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"{what} {text!r} is none of HOST:PORT, [V6]:PORT, unix:PATH; port 0 to 65535")
    if ":" in host and not text.startswith("["):
        raise ConfigError(f"{what} {text!r}: put an IPv6 address into brackets")
    return ListenAddress(host, int(port))


class PortHold:
    """Holds a TCP port, bound and not listening, while the workers that share it come and go.

    With port 0 it chooses the port that all workers use. Raises ConfigError where another program
    listens there: SO_REUSEPORT alone would silently share its port.
    """

    def __init__(self, address: ListenAddress) -> None:
        family, _, _, _, where = _resolve(address)
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # without SO_REUSEPORT: fails while anyone listens, but not for connections that linger
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(where)
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._socket.bind(where)
        except OSError as error:
            raise ConfigError(f"cannot listen on {address}: {os.strerror(error.errno or 0)}") from None
        self.address = address.at_port(self._socket.getsockname()[1])

    def close(self) -> None:
        self._socket.close()


def claim_unix(address: ListenAddress) -> None:
    """Removes a socket file that nobody listens on. ConfigError where one does, or where it is no socket."""
    path = Path(address.path)
    if not path.parent.is_dir():
        raise ConfigError(f"cannot listen on {address}: no such directory")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"cannot listen on {address}: the file exists and is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address.path)
        except OSError as error:
            if error.errno not in (errno.ECONNREFUSED, errno.ENOENT):
                raise ConfigError(f"cannot listen on {address}: {os.strerror(error.errno or 0)}") from None
            path.unlink(missing_ok=True)
            return
    raise ConfigError(f"cannot listen on {address}: another program listens there")


class SocketFile:
    """The socket file of a listener that was just made. Another server's, which may lie there by the end, is not it."""

    def __init__(self, address: ListenAddress) -> None:
        self._path = Path(address.path)
        self._made = self._at_hand()

    def remove(self) -> None:
        """When the listener has ended."""
        if self._made is not None and self._at_hand() == self._made:
            self._path.unlink(missing_ok=True)

    def _at_hand(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns


def _resolve(address: ListenAddress) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]:
    try:
        return socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]  # type: ignore[return-value]
    except socket.gaierror as error:
        raise ConfigError(f"cannot listen on {address}: {error.strerror}") from None
