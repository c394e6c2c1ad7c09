"""The loader: one read however many wait, a bound on memory, damage that stays where it is."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import pytest

from mapprior.errors import TileError, UnreadableError
from mapprior.model.ids import TileId, tile_id
from mapprior.model.provenance import LAYER_GROUPS, Layer
from mapprior.tile.loader import AGAIN_SEC_MAX, AGAIN_SEC_MIN, DECODED_FACTORS, PREFETCHES_COUNT_MAX, TileLoader
from mapprior.tile.profile_tile import ProfileTileView
from mapprior.tile.road_tile import RoadTileView
from mapprior.tile.store import Tile, TileStore, open_markets
from tests.asciimap import Drawn, draw
from tests.tile.markets import small, write_market

PLENTY = 1 << 30


class CountingStore(TileStore):
    """A store that counts what is read, and waits for `gate` before it reads."""

    def __init__(self, store: TileStore) -> None:
        self.__dict__.update(store.__dict__)
        self.reads: Counter[TileId] = Counter()
        self.gate = Event()
        self.gate.set()

    def read(self, layer: Layer, tile: TileId) -> Tile | None:
        self.gate.wait(5.0)
        self.reads[tile] += 1
        return super().read(layer, tile)


@pytest.fixture
def wide(tmp_path: Path) -> Drawn:
    """A road over many tiles, written to tmp_path."""
    drawn = draw("A---------B---------C---------D---------E---------F", grid_m=90.0, lat_deg=65.0)
    assert len(drawn.road_blobs) >= 4
    write_market(drawn, tmp_path / "ZZ")
    return drawn


@pytest.fixture
async def store(wide: Drawn, tmp_path: Path) -> AsyncIterator[CountingStore]:
    opened = open_markets([tmp_path])
    yield CountingStore(opened)
    opened.close()


async def test_one_read_however_many_wait(store: CountingStore, wide: Drawn) -> None:
    loader = TileLoader(store, cached_bytes_max=PLENTY)
    tile = next(iter(wide.road_blobs))
    store.gate.clear()
    waiting = [asyncio.create_task(loader.load(Layer.L0, tile)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    store.gate.set()
    tiles = await asyncio.gather(*waiting[1:])
    assert len({id(x) for x in tiles}) == 1 and store.reads[tile] == 1
    assert loader.cached(Layer.L0, tile) is tiles[0] is await loader.load(Layer.L0, tile)
    assert loader.counters.reads_count == 1
    await loader.close()


async def test_a_read_goes_on_when_all_that_waited_are_gone(store: CountingStore, wide: Drawn) -> None:
    loader = TileLoader(store, cached_bytes_max=PLENTY)
    tile = next(iter(wide.road_blobs))
    store.gate.clear()
    waiting = asyncio.create_task(loader.load(Layer.L0, tile))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    store.gate.set()
    await loader.close()
    assert loader.cached(Layer.L0, tile) is not None


async def test_what_no_release_has_is_none_without_reading(store: CountingStore, wide: Drawn) -> None:
    loader = TileLoader(store, cached_bytes_max=PLENTY)
    assert await loader.load(Layer.L0, tile_id(1, 0, 0)) is None
    assert await loader.load(Layer.L0, tile_id(9, 0, 0)) is None
    assert await loader.load(Layer.L2, next(iter(wide.road_blobs))) is None  # drawn without lanes
    assert loader.counters.reads_count == 0


async def test_the_cache_keeps_to_its_bound_and_drops_the_oldest(store: CountingStore, wide: Drawn) -> None:
    tiles = list(wide.road_blobs)
    size_bytes = max(len(x) for x in wide.road_blobs.values())
    loader = TileLoader(store, cached_bytes_max=2 * size_bytes)
    for tile in tiles:
        await loader.load(Layer.L0, tile)
        assert loader.counters.cached_bytes <= 2 * size_bytes
    gc.collect()
    assert loader.counters.evictions_count >= len(tiles) - 2
    assert loader.cached(Layer.L0, tiles[0]) is None and loader.cached(Layer.L0, tiles[-1]) is not None
    await loader.load(Layer.L0, tiles[0])
    assert store.reads[tiles[0]] == 2


async def test_touched_links_count(store: CountingStore, wide: Drawn) -> None:
    loader = TileLoader(store, cached_bytes_max=PLENTY)
    tile = next(iter(wide.road_blobs))
    view = await loader.load(Layer.L0, tile)
    assert isinstance(view, RoadTileView)
    assert loader.counters.cached_bytes == len(wide.road_blobs[tile])
    for index in range(view.link_count):
        view.link(index)
    assert loader.counters.cached_bytes == len(wide.road_blobs[tile]) * (1 + DECODED_FACTORS[Layer.L0])


async def test_what_is_kept_of_profiles_counts(tmp_path: Path) -> None:
    """Half of it for content handed out, which is what a server does; all of it once it is decoded too."""
    drawn = small()
    write_market(drawn, tmp_path / "ZZ")
    ((tile, blob),) = drawn.profile_blobs.items()
    with open_markets([tmp_path]) as opened:
        loader = TileLoader(opened, cached_bytes_max=PLENTY)
        view = await loader.load(Layer.L1, tile)
        assert isinstance(view, ProfileTileView)
        assert loader.counters.cached_bytes == len(blob)
        for group in LAYER_GROUPS[Layer.L1]:
            for index in view.link_indexes(group):
                assert view.content(index, group) is not None
        factor = DECODED_FACTORS[Layer.L1]
        assert loader.counters.cached_bytes == round(len(blob) * (1 + factor / 2))
        for index in range(len(drawn.link_ids)):
            for read in (view.curvature, view.elevation, view.carriageway, view.features):
                read(index)
        assert loader.counters.cached_bytes == len(blob) * (1 + factor)
        await loader.close()


async def test_a_tile_that_a_drive_holds_is_not_read_again(store: CountingStore, wide: Drawn) -> None:
    loader = TileLoader(store, cached_bytes_max=0)
    tile = next(iter(wide.road_blobs))
    held = await loader.load(Layer.L0, tile)
    assert loader.counters.cached_tiles_count == 0
    again = await loader.load(Layer.L0, tile)
    assert again is held and store.reads[tile] == 1
    del held, again
    await asyncio.sleep(0)
    gc.collect()
    assert loader.cached(Layer.L0, tile) is None


async def test_prefetch_reads_ahead_and_keeps_to_its_bound(store: CountingStore, wide: Drawn) -> None:
    loader = TileLoader(store, cached_bytes_max=PLENTY)
    wanted = [(Layer.L0, tile) for tile in wide.road_blobs]
    store.gate.clear()
    assert loader.prefetch([*wanted, *wanted, (Layer.L0, tile_id(1, 0, 0))]) == len(wanted)
    store.gate.set()
    await loader.close()
    assert all(loader.cached(*key) is not None for key in wanted)
    assert set(store.reads.values()) == {1} and len(wanted) < PREFETCHES_COUNT_MAX
    assert loader.prefetch(wanted) == 0


async def test_damage_is_remembered_and_stays_where_it_is(tmp_path: Path) -> None:
    drawn = small()
    write_market(drawn, tmp_path / "ZZ")
    path = tmp_path / "ZZ" / "L0.pmtiles"
    damaged = bytearray(path.read_bytes())
    damaged[-20] ^= 255
    path.write_bytes(damaged)
    (tile,) = drawn.road_blobs
    with open_markets([tmp_path]) as opened:
        loader = TileLoader(opened, cached_bytes_max=PLENTY)
        loader.prefetch([(Layer.L0, tile)])
        for _ in range(3):
            with pytest.raises(TileError, match=r"L0.pmtiles: .*damaged"):
                await loader.load(Layer.L0, tile)
        assert loader.failure(Layer.L0, tile) and loader.failure(Layer.L2, tile) is None
        assert await loader.load(Layer.L2, tile) is not None
        assert (loader.counters.failures_count, loader.counters.reads_count) == (1, 2)
        await loader.close()


async def test_what_could_not_be_read_is_tried_again_after_longer_and_longer_pauses(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drawn = small()
    write_market(drawn, tmp_path / "ZZ")
    path = tmp_path / "ZZ" / "L0.pmtiles"
    whole = path.read_bytes()
    (tile,) = drawn.road_blobs
    now_sec = [100.0]
    with open_markets([tmp_path]) as opened:
        loader = TileLoader(opened, cached_bytes_max=PLENTY, clock=lambda: now_sec[0])
        truncate(path, len(whole) - 20)
        pause_sec = AGAIN_SEC_MIN
        for reads_count in range(1, 10):
            for _ in range(3):
                assert loader.prefetch([(Layer.L0, tile)]) == 0 or reads_count == loader.counters.reads_count
                with pytest.raises(UnreadableError, match=r"^ZZ/L0.pmtiles: truncated"):
                    await loader.load(Layer.L0, tile)
                assert loader.counters.reads_count == reads_count
                assert loader.may_come(Layer.L0, tile) and not loader.is_due(Layer.L0, tile)
            now_sec[0] += pause_sec - 0.01
            assert not loader.is_due(Layer.L0, tile)
            now_sec[0] += 0.02
            assert loader.is_due(Layer.L0, tile)
            pause_sec = min(2 * pause_sec, AGAIN_SEC_MAX)
        path.open("r+b").write(whole)
        assert await loader.load(Layer.L0, tile) is not None
        assert loader.failure(Layer.L0, tile) is None
        await loader.close()
    warned = [x for x in caplog.messages if str(path) in x]
    assert 1 < len(warned) < 9 and str(tile) not in caplog.text  # the file, now and then, and never the place


async def test_damage_is_not_tried_again(tmp_path: Path) -> None:
    drawn = small()
    write_market(drawn, tmp_path / "ZZ")
    path = tmp_path / "ZZ" / "L0.pmtiles"
    damaged = bytearray(path.read_bytes())
    damaged[-20] ^= 255
    path.write_bytes(damaged)
    (tile,) = drawn.road_blobs
    now_sec = [0.0]
    with open_markets([tmp_path]) as opened:
        loader = TileLoader(opened, cached_bytes_max=PLENTY, clock=lambda: now_sec[0])
        for _ in range(3):
            with pytest.raises(TileError) as raised:
                await loader.load(Layer.L0, tile)
            assert type(raised.value) is TileError and str(tmp_path) not in str(raised.value)
            now_sec[0] += 1e6
        assert loader.counters.reads_count == 1 and not loader.may_come(Layer.L0, tile)
        await loader.close()


def truncate(path: Path, size_bytes: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size_bytes)
