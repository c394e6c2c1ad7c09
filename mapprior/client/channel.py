"""The channel to a server, and how its failures come out: as RemoteError, with the status.

An address is `host:port` or `unix:/path`. Without credentials the channel is plaintext, which servers accept
on loopback and unix sockets.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
from grpc import aio

from mapprior.errors import ConfigError, RemoteError, UnreachableError
from mapprior.runtime.pem import read_certificates, read_pair

MESSAGE_BYTES_MAX: Final = 32 << 20
# How gRPC's own client begins to say that nobody is there, and what it then says where somebody is.
NOT_REACHED: Final = ("failed to connect to all addresses", "errors resolving")
REACHED: Final = ("handshake", "Socket closed", "reset by peer", "Broken pipe")
TLS_HINT: Final = (
    "somebody is there and closes: a server with TLS takes --ca, and --certificate with --key where it asks who calls; "
    "one without takes none"
)
RECONNECT_PAUSE_MS_MAX: Final = 2_000
# A line that went dead, as in a tunnel or with another address after it, is noticed after this and the timeout; of
# itself TCP says so after a quarter of an hour.
KEEPALIVE_MS: Final = 10_000
KEEPALIVE_TIMEOUT_MS: Final = 10_000
OPTIONS: Final = [
    # several workers listen on one port: each channel has a connection of its own, so that they share the load
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    # a server that is just starting is met soon after it listens: gRPC's own pause grows to two minutes
    ("grpc.max_reconnect_backoff_ms", RECONNECT_PAUSE_MS_MAX),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    ("grpc.http2.ping_timeout_ms", KEEPALIVE_TIMEOUT_MS),  # a minute unless told here too
]


@dataclass(frozen=True, slots=True)
class ClientTls:
    """PEM files. `ca` checks the server; `certificate` and `key` are for mutual TLS, both or none."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None


def open_channel(address: str, tls: ClientTls | None = None) -> aio.Channel:
    """A channel that connects when first used. ConfigError begins with the field of `tls` that is at fault."""
    if tls is None:
        return aio.insecure_channel(address, options=OPTIONS)
    if (tls.certificate is None) != (tls.key is None):
        raise ConfigError("certificate and key: mutual TLS takes both or none")
    chain = key = None
    if tls.certificate is not None and tls.key is not None:
        chain, key = read_pair(tls.certificate, tls.key, what=("certificate", "key"))
    credentials = grpc.ssl_channel_credentials(
        root_certificates=read_certificates(tls.ca, "ca"), private_key=key, certificate_chain=chain
    )
    return aio.secure_channel(address, credentials, options=OPTIONS)


@contextmanager
def remote_errors(address: str, *, unimplemented: str = "") -> Iterator[None]:
    """Turns a failed call into a RemoteError that names the status and what the server said.

    `unimplemented`: what to say instead where the server does not know the method.
    """
    try:
        yield
    except aio.AioRpcError as error:
        if unimplemented and error.code() is grpc.StatusCode.UNIMPLEMENTED:
            raise RemoteError(f"UNIMPLEMENTED: {unimplemented}") from None
        raise remote_error(error, address) from None


def remote_error(error: aio.AioRpcError, address: str) -> RemoteError:
    details = error.details() or ""
    if details.startswith(NOT_REACHED):
        if not any(x in details for x in REACHED):
            return UnreachableError(f"no server answers at {address} ({error.code().name})")
        details += f" ({TLS_HINT})"
    return RemoteError(f"{error.code().name}: {details or 'the server gave no details'}")
