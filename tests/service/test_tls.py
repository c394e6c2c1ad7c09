"""Who may connect: TLS, mutual TLS for vehicles, and another authority for who publishes zones."""

import re
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from mapprior.errors import ConfigError
from mapprior.service.settings import Settings, TlsFiles
from mapprior.service.tls import server_credentials
from mapprior.wire import methods
from mapprior.wire.zone_calls import encode_publish_request
from tests.asciimap import Drawn
from tests.service.certificates import Authority, Signed
from tests.service.serving import opened, serving, unhurried, write_market, zone_on

PUBLISH = methods.path(methods.WORK_ZONE_SERVICE, methods.PUBLISH_WORK_ZONES)
WATCH = methods.path(methods.WORK_ZONE_SERVICE, methods.WATCH_WORK_ZONES)


@pytest.fixture(scope="module")
def servers() -> Authority:
    return Authority("servers")


@pytest.fixture(scope="module")
def vehicles() -> Authority:
    return Authority("vehicles")


@pytest.fixture(scope="module")
def publishers() -> Authority:
    return Authority("publishers")


@pytest.fixture(scope="module")
def settings(
    drawn: Drawn,
    servers: Authority,
    vehicles: Authority,
    publishers: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = servers.sign("server").write(directory, "server")
    for name, authority in (("vehicles", vehicles), ("publishers", publishers)):
        (directory / name).write_bytes(authority.certificate)
    tls = TlsFiles(certificate, key, directory / "vehicles", directory / "publishers")
    tiles = write_market(directory / "ZZ", drawn)
    return unhurried(Settings(tiles=(tiles,), listen=("127.0.0.1:0",), admin_listen="127.0.0.1:0", tls=tls))


@asynccontextmanager
async def secure(address: str, servers: Authority, client: Signed | None = None):  # type: ignore[no-untyped-def]
    credentials = grpc.ssl_channel_credentials(
        servers.certificate, client and client.key, client and client.certificate
    )
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.ssl_target_name_override", "localhost")]
    async with grpc.aio.secure_channel(address, credentials, options=options) as line:
        yield line


async def refused(call: Callable[[], Any]) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call()
    return caught.value.code()


async def test_tls_alone_lets_any_client_in_and_no_plaintext(
    drawn: Drawn, settings: Settings, servers: Authority
) -> None:
    one_way = replace(settings, tls=replace(settings.tls, client_ca=None))
    pose = drawn.poses("ABCDE")[20]
    async with serving(one_way) as server:
        async with secure(server.address, servers) as line:
            await opened(line, pose)
        async with grpc.aio.insecure_channel(server.address) as line:
            assert await refused(lambda: opened(line, pose)) is grpc.StatusCode.UNAVAILABLE


async def test_mutual_tls_lets_in_who_its_authority_signed(
    drawn: Drawn, settings: Settings, servers: Authority, vehicles: Authority, publishers: Authority
) -> None:
    pose = drawn.poses("ABCDE")[20]
    async with serving(settings) as server:
        async with secure(server.address, servers, vehicles.sign("car")) as line:
            await opened(line, pose)
        for client in (None, publishers.sign("office")):
            async with secure(server.address, servers, client) as line:
                assert await refused(lambda line=line: opened(line, pose)) is grpc.StatusCode.UNAVAILABLE


async def test_only_the_publishers_authority_opens_the_admin_listener(
    drawn: Drawn, settings: Settings, servers: Authority, vehicles: Authority, publishers: Authority
) -> None:
    request = encode_publish_request([zone_on(drawn, "CD")])
    async with serving(settings) as server:
        for client in (None, vehicles.sign("car")):
            async with secure(server.admin_address, servers, client) as line:
                assert await refused(lambda line=line: line.unary_unary(PUBLISH)(request)) is (
                    grpc.StatusCode.UNAVAILABLE
                )
        async with secure(server.admin_address, servers, publishers.sign("office")) as line:
            await line.unary_unary(PUBLISH)(request)
            assert await line.unary_stream(WATCH)(b"").read()
        # the vehicles' listener has no such method, whoever asks
        async with secure(server.address, servers, vehicles.sign("car")) as line:
            assert await refused(lambda: line.unary_unary(PUBLISH)(request)) is grpc.StatusCode.UNIMPLEMENTED
            assert await line.unary_stream(WATCH)(b"").read()


@pytest.mark.parametrize(
    ("name", "says"),
    [("none.pem", "No such file"), ("key.pem", "it holds a private key"), ("text.pem", "holds no PEM")],
)
def test_a_wrong_file_is_named_before_anything_listens(
    servers: Authority, tmp_path: Path, name: str, says: str
) -> None:
    signed = servers.sign("server")
    certificate, key = signed.write(tmp_path, "server")
    (tmp_path / "key.pem").write_bytes(signed.key)
    (tmp_path / "text.pem").write_text("hello")
    assert server_credentials(TlsFiles(certificate, key), client_ca=certificate) is not None
    with pytest.raises(ConfigError, match=re.escape(says)):
        server_credentials(TlsFiles(tmp_path / name, key), client_ca=None)
