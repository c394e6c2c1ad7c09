"""PEM files, looked at before anything is started with them.

gRPC takes what is no certificate, and meets every call with a failure that does not say why. What is said here names
the file and what is wrong with it, never what stands in it.
"""

import ssl
from pathlib import Path
from typing import Final

from mapprior.errors import ConfigError

PEM_BYTES_MAX: Final = 1 << 20


def read_certificates(path: Path, what: str) -> bytes:
    """A file of one certificate or more. ConfigError begins with `what`."""
    data = _read(path, what)
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise ConfigError(f"{what} {path}: holds no PEM certificate{_instead(data)}")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=data.decode("ascii", "ignore"))
    except ssl.SSLError:
        raise ConfigError(f"{what} {path}: a certificate in it is damaged or cut off") from None
    return data


def read_pair(certificate: Path, key: Path, *, what: tuple[str, str]) -> tuple[bytes, bytes]:
    """A certificate chain and the private key of its first certificate. ConfigError begins with the one of `what`,
    for certificate and key, that is at fault."""
    chain = read_certificates(certificate, what[0])
    data = _read(key, what[1])
    if b"PRIVATE KEY-----" not in data:
        raise ConfigError(f"{what[1]} {key}: holds no PEM private key{_instead(data)}")
    if b"ENCRYPTED" in data:
        raise ConfigError(f"{what[1]} {key}: is encrypted; a key without a password is needed")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigError(f"{what[1]} {key}: is not the key of the certificate in {certificate}") from None
        raise ConfigError(
            f"{what[1]} {key}: the private key in it is damaged, cut off or of a kind not known"
        ) from None
    return chain, data


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(PEM_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"{what} {path}: {error.strerror}") from None
    if len(data) > PEM_BYTES_MAX:
        raise ConfigError(f"{what} {path}: more than {PEM_BYTES_MAX} bytes")
    return data


def _instead(data: bytes) -> str:
    """What the file holds where it is easily told."""
    if not data.strip():
        return "; it is empty"
    if b"PRIVATE KEY-----" in data:
        return "; it holds a private key"
    if b"-----BEGIN CERTIFICATE-----" in data:
        return "; it holds a certificate"
    return "; DER is not taken" if data[:1] == b"\x30" else ""
