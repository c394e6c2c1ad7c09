"""The client's side of TLS: files in, and the real server lets the right one in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mapprior.client import ClientTls, HorizonClient
from mapprior.errors import ConfigError, RemoteError
from mapprior.service.settings import Settings, TlsFiles
from tests.service.certificates import Authority
from tests.service.serving import serving, straight_road, unhurried, write_market


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`server` and `vehicle`, each signed by its own authority, and the authorities' certificates."""
    directory = tmp_path_factory.mktemp("tls")
    for name in ("server", "vehicle", "stranger"):
        authority = Authority(f"{name}s")
        authority.sign(name).write(directory, name)
        (directory / f"{name}-ca.pem").write_bytes(authority.certificate)
    write_market(directory / "ZZ", straight_road())
    return directory


@pytest.fixture
async def address(files: Path) -> AsyncIterator[str]:
    """A server that asks vehicles for a certificate. Its own is for `localhost`."""
    tls = TlsFiles(files / "server.pem", files / "server.key", files / "vehicle-ca.pem")
    async with serving(unhurried(Settings(tiles=(files / "ZZ",), tls=tls))) as server:
        yield "localhost:" + server.address.rpartition(":")[2]


async def test_a_vehicle_with_its_certificate_is_let_in(address: str, files: Path) -> None:
    tls = ClientTls(files / "server-ca.pem", files / "vehicle.pem", files / "vehicle.key")
    async with HorizonClient(address, tls=tls) as client:
        assert [market.market for market in await client.markets()] == ["ZZ"]


@pytest.mark.parametrize(
    ("ca", "who"), [("server", None), ("server", "stranger"), ("stranger", "vehicle")], ids=["none", "wrong", "other"]
)
async def test_others_are_not(address: str, files: Path, ca: str, who: str | None) -> None:
    """Without a certificate, with one of another authority, and to a server we do not know."""
    own = (files / f"{who}.pem", files / f"{who}.key") if who else (None, None)
    async with HorizonClient(address, tls=ClientTls(files / f"{ca}-ca.pem", *own)) as client:
        with pytest.raises(RemoteError, match=r"^UNAVAILABLE"):  # not "no server answers": there is one
            await client.markets()


async def test_where_one_side_speaks_tls_and_the_other_does_not_that_is_asked(address: str) -> None:
    async with HorizonClient(address) as client:
        with pytest.raises(RemoteError, match=r"^UNAVAILABLE: .*a server with TLS takes --ca"):
            await client.markets()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^ca .*nothing\.pem"):
        HorizonClient("localhost:1", tls=ClientTls(tmp_path / "nothing.pem"))


def test_a_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "rubbish.pem").write_text("rubbish")
    with pytest.raises(ConfigError, match=r"^ca .*rubbish\.pem"):
        HorizonClient("localhost:1", tls=ClientTls(tmp_path / "rubbish.pem"))


def test_a_certificate_without_its_key_is_refused(files: Path) -> None:
    with pytest.raises(ConfigError, match="both or none"):
        HorizonClient("localhost:1", tls=ClientTls(files / "server-ca.pem", certificate=files / "vehicle.pem"))
