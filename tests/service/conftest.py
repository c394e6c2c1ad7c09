"""One drawn road, served: a server and a connection to it for each test."""

from collections.abc import AsyncIterator

import grpc
import pytest

from mapprior.service.embedded import EmbeddedServer
from mapprior.service.settings import Settings
from tests.asciimap import Drawn
from tests.service.serving import channel, serving, straight_road, unhurried, write_market


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return straight_road()


@pytest.fixture(scope="module")
def settings(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return unhurried(Settings(tiles=(write_market(tmp_path_factory.mktemp("tiles") / "ZZ", drawn),)))


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[EmbeddedServer]:
    async with serving(settings) as running:
        yield running


@pytest.fixture
async def line(server: EmbeddedServer) -> AsyncIterator[grpc.aio.Channel]:
    async with channel(server.address) as made:
        yield made
