"""A bounded cache of opened tiles, filled off the event loop: one read per tile, however many wait for it.

Knows nothing of drives. One loader belongs to one event loop.

A tile that is damaged stays so: that is remembered and told without reading it again. One that could not be read, since
the disk failed or the file was being written, is tried again: after a second, then twice as long each time, up to a
minute.

What counts as memory: a tile's blob, and for the share of its links that were touched, that share of the blob
times the layer's DECODED_FACTORS (measured on city tiles, everything of a link decoded). Links are touched after a
tile was admitted, so the bound holds anew with every tile that arrives. A tile dropped from the cache lives on while
a drive holds it, and is then found again instead of read twice.
"""

import asyncio
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from mapprior.errors import TileError, UnreadableError
from mapprior.model.ids import TileId
from mapprior.model.provenance import Layer
from mapprior.tile.store import Tile, TileStore

DECODED_FACTORS: Final = {Layer.L0: 17, Layer.L1: 19, Layer.L2: 33}
FAILURES_COUNT_MAX: Final = 10_000
PREFETCHES_COUNT_MAX: Final = 64
AGAIN_SEC_MIN: Final = 1.0
AGAIN_SEC_MAX: Final = 60.0
LOG_AGAIN_SEC: Final = 60.0  # of one file: a disk that fails does so for every tile
LOG = logging.getLogger("mapprior.tile")

Key = tuple[Layer, TileId]


@dataclass(frozen=True, slots=True)
class LoaderCounters:
    """What a loader did since it was made. `cached_bytes` and `cached_tiles_count` are of now."""

    hits_count: int = 0
    reads_count: int = 0
    failures_count: int = 0
    evictions_count: int = 0
    prefetches_dropped_count: int = 0
    cached_bytes: int = 0
    cached_tiles_count: int = 0


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a tile cannot be had, and when it is tried again by the loader's clock."""

    error: TileError
    pause_sec: float
    again_sec: float


class TileLoader:
    """Loads tiles from a store; keeps those used last, within `cached_bytes_max`. `clock` is any monotonic one."""

    def __init__(
        self,
        store: TileStore,
        *,
        cached_bytes_max: int,
        threads_count: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if cached_bytes_max < 0 or threads_count < 1:
            raise ValueError(f"cached_bytes_max {cached_bytes_max}, threads_count {threads_count}")
        self._store = store
        self._cached_bytes_max = cached_bytes_max
        self._pool = ThreadPoolExecutor(threads_count, thread_name_prefix="tile")
        self._cache: OrderedDict[Key, Tile] = OrderedDict()
        self._alive: WeakValueDictionary[Key, Tile] = WeakValueDictionary()
        self._reading: dict[Key, asyncio.Future[Tile | None]] = {}
        self._failed: OrderedDict[Key, _Failure] = OrderedDict()
        self._clock = clock
        self._logged: dict[str, float] = {}  # by file, when its failures were logged last
        self._prefetching: set[Key] = set()
        self._counters = LoaderCounters()

    @property
    def counters(self) -> LoaderCounters:
        return replace(self._counters, cached_bytes=self._cached_bytes(), cached_tiles_count=len(self._cache))

    async def load(self, layer: Layer, tile_id: TileId) -> Tile | None:
        """The tile; None where the release has none. TileError where it is damaged, at every call, without reading
        it again; UnreadableError where it could not be read lately. Cancelling one waiter does not disturb the others.
        """
        tile = self.cached(layer, tile_id)
        if tile is not None or not self._store.has(layer, tile_id):
            return tile
        key = (layer, tile_id)
        if self._is_given_up(key):
            error = self._failed[key].error
            raise type(error)(str(error))  # a new one: each raise adds to what the old one carries
        return await asyncio.shield(self._reading.get(key) or self._start(key))

    def has(self, layer: Layer, tile_id: TileId) -> bool:
        """Whether the releases have the tile; costs no reading."""
        return self._store.has(layer, tile_id)

    def cached(self, layer: Layer, tile_id: TileId) -> Tile | None:
        """The tile if it is at hand; reads nothing."""
        key = (layer, tile_id)
        tile = self._cache.get(key)
        if tile is not None:
            self._cache.move_to_end(key)
        else:
            tile = self._alive.get(key)
            if tile is None:
                return None
            self._admit(key, tile)
        self._count(hits_count=1)
        return tile

    def failure(self, layer: Layer, tile_id: TileId) -> str | None:
        """Why the tile cannot be had; None where nothing is known against it."""
        failure = self._failed.get((layer, tile_id))
        return None if failure is None else str(failure.error)

    def may_come(self, layer: Layer, tile_id: TileId) -> bool:
        """Whether loading a tile that failed is worth trying, now or later."""
        failure = self._failed.get((layer, tile_id))
        return failure is None or failure.again_sec < math.inf

    def is_due(self, layer: Layer, tile_id: TileId) -> bool:
        """Whether `load` would read it, or has it."""
        return not self._is_given_up((layer, tile_id))

    def prefetch(self, wanted: Iterable[Key]) -> int:
        """Starts reading tiles that are not at hand, without waiting; returns how many it started.

        At most PREFETCHES_COUNT_MAX are under way; what is beyond is dropped and counted. A failure is remembered
        and raised when the tile is loaded.
        """
        started = 0
        for key in wanted:
            if key in self._cache or key in self._reading or self._is_given_up(key) or not self._store.has(*key):
                continue
            if len(self._prefetching) >= PREFETCHES_COUNT_MAX:
                self._count(prefetches_dropped_count=1)
                continue
            self._prefetching.add(key)
            self._start(key)
            started += 1
        return started

    async def close(self) -> None:
        """Waits for reads under way, then ends the threads. The store stays open."""
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
        self._pool.shutdown(wait=False)

    def _start(self, key: Key) -> asyncio.Future[Tile | None]:
        self._count(reads_count=1)
        future = asyncio.get_running_loop().run_in_executor(self._pool, self._store.read, *key)
        self._reading[key] = future
        future.add_done_callback(partial(self._arrived, key))
        return future

    def _arrived(self, key: Key, future: asyncio.Future[Tile | None]) -> None:
        self._reading.pop(key, None)
        self._prefetching.discard(key)
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            self._count(failures_count=1)
            if isinstance(error, TileError):
                self._note_failure(key, error)
            return
        self._failed.pop(key, None)
        if (tile := future.result()) is not None:
            self._alive[key] = tile
            self._admit(key, tile)

    def _is_given_up(self, key: Key) -> bool:
        """For ever, or for now."""
        failure = self._failed.get(key)
        return failure is not None and self._clock() < failure.again_sec

    def _note_failure(self, key: Key, error: TileError) -> None:
        now_sec, before = self._clock(), self._failed.pop(key, None)
        pause_sec = math.inf
        if isinstance(error, UnreadableError):
            pause_sec = AGAIN_SEC_MIN if before is None else min(2.0 * before.pause_sec, AGAIN_SEC_MAX)
        self._failed[key] = _Failure(type(error)(str(error)), pause_sec, now_sec + pause_sec)
        while len(self._failed) > FAILURES_COUNT_MAX:
            self._failed.popitem(last=False)
        file = self._store.where(*key)
        if now_sec - self._logged.get(file, -math.inf) >= LOG_AGAIN_SEC:
            self._logged[file] = now_sec
            LOG.warning("%s: a tile cannot be had: %s", file, error)  # which one is not said: vehicles drive there

    def _admit(self, key: Key, tile: Tile) -> None:
        """Puts a tile in front and drops from the other end what is too much; the new one stays if it fits at all."""
        self._cache[key] = tile
        held_bytes = self._cached_bytes()
        while self._cache and held_bytes > self._cached_bytes_max:
            held_bytes -= _held_bytes(*self._cache.popitem(last=False))
            self._count(evictions_count=1)

    def _cached_bytes(self) -> int:
        return sum(_held_bytes(*x) for x in self._cache.items())

    def _count(self, **more: int) -> None:
        self._counters = replace(self._counters, **{k: getattr(self._counters, k) + n for k, n in more.items()})


def _held_bytes(key: Key, tile: Tile) -> int:
    return round(tile.size_bytes * (1.0 + DECODED_FACTORS[key[0]] * tile.touched_share))
