"""Layer L1 from a release on disk to a client, in replay and live."""

import asyncio
from pathlib import Path

import pytest

from mapprior.horizon.events import Open, PoseEvent
from mapprior.horizon.items import Content, CoverageSpan, CoverageState, Update
from mapprior.model.provenance import LAYER_GROUPS, Layer, ProfileGroup
from mapprior.runtime.drive import Drive
from mapprior.runtime.pace import Pace
from mapprior.runtime.replay import horizon_once
from mapprior.runtime.routes import RouteFinder
from mapprior.runtime.sessions import new_session
from mapprior.tile.loader import TileLoader
from mapprior.tile.store import TileStore, open_markets
from tests.asciimap import Drawn
from tests.runtime.receiving import receive
from tests.tile.markets import small, write_market

OPENING = Open(layers=frozenset((Layer.L0, Layer.L1, Layer.L2)), replay=True)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return small()


@pytest.fixture(scope="module")
def directory(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiles")
    write_market(drawn, path / "ZZ")
    return path


def test_a_replayed_pose_is_answered_with_profiles(drawn: Drawn, directory: Path) -> None:
    with open_markets([directory]) as store:
        held = horizon_once(store, drawn.poses("AB")[3], opening=OPENING)
    contents = {x.encoded for x in held.state.contents.values() if x.encoded.group in LAYER_GROUPS[Layer.L1]}
    root = held.root
    assert root is not None
    wanted = {drawn.network.content(x.link_id, group) for x in root.links for group in LAYER_GROUPS[Layer.L1]}
    assert {x for x in wanted if x is not None} <= contents
    assert {x.group for x in contents} == set(LAYER_GROUPS[Layer.L1])
    states = [x.state for x in root.coverage if x.layer is Layer.L1]
    assert states == [CoverageState.PRESENT, CoverageState.ABSENT]  # nothing is known of B-C


async def test_a_live_drive_reads_them_ahead(drawn: Drawn, directory: Path) -> None:
    with open_markets([directory]) as store:
        loader = TileLoader(store, cached_bytes_max=1 << 30)
        updates = await driven(drawn, store, loader)
        assert loader.counters.cached_tiles_count == 3
        await loader.close()
    groups = {x.encoded.group for update in updates for x in update.items if isinstance(x, Content)}
    assert groups == set(ProfileGroup)


async def driven(drawn: Drawn, store: TileStore, loader: TileLoader) -> list[Update]:
    """The updates of a live drive until its profiles are covered."""
    updates: list[Update] = []
    covered = asyncio.Event()

    async def send(update: Update) -> None:
        updates.append(update)
        spans = (x for x in update.items if isinstance(x, CoverageSpan))
        if any(x.layer is Layer.L1 and x.state is CoverageState.PRESENT for x in spans):
            covered.set()

    drive = Drive(
        new_session(store),
        loader=loader,
        routes=RouteFinder(store.datasets, loader),
        send=send,
        fail=lambda error: pytest.fail(str(error)),
        pace=Pace(),
    )
    await receive(drive, OPENING)
    await receive(drive, PoseEvent(drawn.poses("AB")[3]))
    async with asyncio.timeout(10):
        await covered.wait()
    drive.close()
    return updates
