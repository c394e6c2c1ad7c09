"""Server credentials from PEM files."""

from pathlib import Path

import grpc

from mapprior.runtime.pem import read_certificates, read_pair
from mapprior.service.settings import TlsFiles


def server_credentials(tls: TlsFiles, *, client_ca: Path | None) -> grpc.ServerCredentials | None:
    """TLS with the server's certificate, mutual where a client CA is named; None where no certificate is set.

    ConfigError where a file is not what it should be.
    """
    if tls.certificate is None or tls.key is None:
        return None
    chain, key = read_pair(tls.certificate, tls.key, what=("tls.certificate", "tls.key"))
    roots = None if client_ca is None else read_certificates(client_ca, "client CA")
    return grpc.ssl_server_credentials([(key, chain)], root_certificates=roots, require_client_auth=roots is not None)
