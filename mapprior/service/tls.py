"""Server credentials from PEM files."""

from pathlib import Path

import grpc

from mapprior.errors import ConfigError
from mapprior.service.settings import TlsFiles

PEM_BYTES_MAX = 1 << 20


def server_credentials(tls: TlsFiles, *, client_ca: Path | None) -> grpc.ServerCredentials | None:
    """TLS with the server's certificate, mutual where a client CA is named; None where no certificate is set."""
    if tls.certificate is None or tls.key is None:
        return None
    chain = _pem(tls.certificate, "tls.certificate", b"CERTIFICATE")
    key = _pem(tls.key, "tls.key", b"PRIVATE KEY")
    roots = None if client_ca is None else _pem(client_ca, "client CA", b"CERTIFICATE")
    return grpc.ssl_server_credentials([(key, chain)], root_certificates=roots, require_client_auth=roots is not None)


def _pem(path: Path, what: str, kind: bytes) -> bytes:
    """The file's bytes. gRPC meets a bad PEM with a silent refusal of every client: so look before."""
    try:
        if path.stat().st_size > PEM_BYTES_MAX:
            raise ConfigError(f"{what} {path}: more than {PEM_BYTES_MAX} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{what} {path}: cannot be read ({type(error).__name__})") from None
    if b"-----BEGIN " not in data or kind + b"-----" not in data:
        raise ConfigError(f"{what} {path}: holds no PEM {kind.decode()}")
    return data
