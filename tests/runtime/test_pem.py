"""A PEM file that is wrong is named with what is wrong, and nothing of what stands in it."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from mapprior.errors import ConfigError
from mapprior.runtime.pem import PEM_BYTES_MAX, read_certificates, read_pair
from tests.service.certificates import Authority

WHAT = ("--certificate", "--key")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`car` and `other` with their keys, and every wrong file there may be."""
    directory = tmp_path_factory.mktemp("pem")
    authority = Authority("cars")
    for name in ("car", "other"):
        authority.sign(name).write(directory, name)
    certificate, key = (directory / "car.pem").read_bytes(), (directory / "car.key").read_bytes()
    private = serialization.load_pem_private_key(key, None)
    locked = serialization.BestAvailableEncryption(b"secret")
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    for name, data in {
        "empty": b"",
        "text": b"hello",
        "cut.pem": certificate[: len(certificate) // 2] + b"\n-----END CERTIFICATE-----\n",
        "torn.pem": certificate[:-40],
        "cut.key": key[: len(key) // 2] + b"\n-----END PRIVATE KEY-----\n",
        "locked.key": private.private_bytes(pem, form, locked),
        "der": b"\x30\x82\x01\x0a" + bytes(200),
        "big": bytes(PEM_BYTES_MAX + 1),
        "chain.pem": b"the car's\n" + certificate + authority.certificate,
        "second.pem": certificate + certificate[: len(certificate) // 2] + b"\n-----END CERTIFICATE-----\n",
    }.items():
        (directory / name).write_bytes(data)
    return directory


@pytest.mark.parametrize("certificate", ["car.pem", "chain.pem"])
def test_what_is_right_is_read_as_it_lies(files: Path, certificate: str) -> None:
    chain, key = read_pair(files / certificate, files / "car.key", what=WHAT)
    assert chain == (files / certificate).read_bytes() == read_certificates(files / certificate, "--ca")
    assert key == (files / "car.key").read_bytes()


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        ("gone.pem", "car.key", "--certificate gone.pem: No such file or directory"),
        ("", "car.key", "--certificate : Is a directory"),
        ("empty", "car.key", "--certificate empty: holds no PEM certificate; it is empty"),
        ("text", "car.key", "--certificate text: holds no PEM certificate"),
        ("der", "car.key", "--certificate der: holds no PEM certificate; DER is not taken"),
        ("big", "car.key", "--certificate big: more than 1048576 bytes"),
        ("car.key", "car.key", "--certificate car.key: holds no PEM certificate; it holds a private key"),
        ("cut.pem", "car.key", "--certificate cut.pem: a certificate in it is damaged or cut off"),
        ("torn.pem", "car.key", "--certificate torn.pem: a certificate in it is damaged or cut off"),
        ("second.pem", "car.key", "--certificate second.pem: a certificate in it is damaged or cut off"),
        ("car.pem", "car.pem", "--key car.pem: holds no PEM private key; it holds a certificate"),
        ("car.pem", "cut.key", "--key cut.key: the private key in it is damaged, cut off or of a kind not known"),
        ("car.pem", "locked.key", "--key locked.key: is encrypted; a key without a password is needed"),
        ("car.pem", "other.key", "--key other.key: is not the key of the certificate in car.pem"),
    ],
)
def test_what_is_wrong_is_said(files: Path, certificate: str, key: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_pair(files / certificate, files / key, what=WHAT)
    said = re.sub(re.escape(str(files)) + "/?", "", str(caught.value))
    assert said == says
