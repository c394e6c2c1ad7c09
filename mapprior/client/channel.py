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

from mapprior.errors import ConfigError, RemoteError

MESSAGE_BYTES_MAX: Final = 32 << 20
OPTIONS: Final = [
    # several workers listen on one port: each channel has a connection of its own, so that they share the load
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
]


@dataclass(frozen=True, slots=True)
class ClientTls:
    """PEM files. `ca` checks the server; `certificate` and `key` are for mutual TLS, both or none."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None


def open_channel(address: str, tls: ClientTls | None = None) -> aio.Channel:
    """A channel that connects when first used. ConfigError where a PEM file cannot be read."""
    if tls is None:
        return aio.insecure_channel(address, options=OPTIONS)
    if (tls.certificate is None) != (tls.key is None):
        raise ConfigError("mutual TLS takes a certificate and its key, both or none")
    try:
        credentials = grpc.ssl_channel_credentials(
            root_certificates=tls.ca.read_bytes(),
            private_key=tls.key.read_bytes() if tls.key else None,
            certificate_chain=tls.certificate.read_bytes() if tls.certificate else None,
        )
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from None
    return aio.secure_channel(address, credentials, options=OPTIONS)


@contextmanager
def remote_errors() -> Iterator[None]:
    """Turns a failed call into a RemoteError that names the status and what the server said."""
    try:
        yield
    except aio.AioRpcError as error:
        raise remote_error(error) from None


def remote_error(error: aio.AioRpcError) -> RemoteError:
    return RemoteError(f"{error.code().name}: {error.details() or 'the server gave no details'}")
