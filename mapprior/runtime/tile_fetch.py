"""The tiles of a drive: those at hand are handed over at once, the others are read, most urgent first.

One that could not be read is looked for again as long as the loader tries, and handed over when it comes.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from mapprior.errors import TileError
from mapprior.horizon.events import TileArrived
from mapprior.horizon.session import Session
from mapprior.model.ids import TileId
from mapprior.model.provenance import Layer
from mapprior.runtime.clock import monotonic_us
from mapprior.tile.loader import TileLoader

LOADS_AT_ONCE_MAX: Final = 8
# tiles that arrive together are answered together, but none waits longer than this for the others
GATHER_US_MAX: Final = 30_000
LOOK_AGAIN_SEC: Final = 1.0  # for tiles that could not be read
UNREAD_COUNT_MAX: Final = 256  # the newest ones
PREFETCHED_LAYERS: Final = (Layer.L1, Layer.L2)


class TileFetch:
    """Call `fetch` with what the session wants. `start` makes a task; `arrived` hears how long a tile that was read
    kept the drive busy, and whether it is time to tell the client. Call `close` at the end.
    """

    # fmt: off
    __slots__ = (
        "_arrived", "_gather_since_us", "_loader", "_loading", "_session", "_start", "_timer", "_unread",
        "upper_layers",
    )
    # fmt: on

    def __init__(
        self,
        session: Session,
        loader: TileLoader,
        *,
        start: Callable[[Coroutine[Any, Any, None]], object],
        arrived: Callable[[int, bool], None],
    ) -> None:
        self._session = session
        self._loader = loader
        self._start = start
        self._arrived = arrived
        # A dict that is empty takes a third of a set that is, and these nearly always are.
        self._loading: dict[tuple[Layer, TileId], None] = {}
        self._unread: dict[tuple[Layer, TileId], None] = {}  # told to have failed, and may come yet
        self._gather_since_us = 0
        self._timer: asyncio.TimerHandle | None = None
        self.upper_layers: tuple[Layer, ...] = ()  # to be read ahead of being wanted

    def close(self) -> None:
        """Lets go of who it was for; reads that were started have ended, or are ended by who started them."""
        self._start, self._arrived = _nothing, _unheard
        self._unread.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def fetch(self, wanted: Sequence[tuple[Layer, TileId]], now_us: int) -> None:
        """Hands over what the loader has; starts loading the rest, most urgent first."""
        while wanted:
            handed_over = False
            for key in wanted:
                if key in self._loading:
                    continue
                tile = self._loader.cached(*key)
                if tile is not None:
                    self._session.receive(TileArrived(*key, tile), now_us)
                    handed_over = True
                elif len(self._loading) < LOADS_AT_ONCE_MAX:
                    if not self._loading:
                        self._gather_since_us = now_us
                    self._loading[key] = None
                    self._start(self._load(*key))
                    if key[0] is Layer.L0:
                        # asked for as soon as paths are laid on the road tile: then they are at hand
                        self._loader.prefetch((layer, key[1]) for layer in self.upper_layers)
            if not handed_over:
                return
            wanted = self._session.wanted_tiles()

    async def _load(self, layer: Layer, tile_id: TileId, *, again: bool = False) -> None:
        key = (layer, tile_id)
        reason = ""
        tile = None
        try:
            tile = await self._loader.load(layer, tile_id)
        except TileError as error:
            reason = str(error)
        finally:
            self._loading.pop(key, None)
        now_us = monotonic_us()
        if not reason:
            self._unread.pop(key, None)
        elif self._loader.may_come(layer, tile_id):
            self._look_again_for(key)
            if again:
                return  # that it failed was told
        self._session.receive(TileArrived(layer, tile_id, tile, reason), now_us)
        if wanted := self._session.wanted_tiles():
            self.fetch(wanted, now_us)
        whole = not self._loading or now_us - self._gather_since_us > GATHER_US_MAX
        if whole:
            self._gather_since_us = now_us
        self._arrived(monotonic_us() - now_us, whole)

    def _look_again_for(self, key: tuple[Layer, TileId]) -> None:
        self._unread[key] = None
        if len(self._unread) > UNREAD_COUNT_MAX:
            del self._unread[next(iter(self._unread))]  # a drive that still needs it asks anew
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_AGAIN_SEC, self._look_again)

    def _look_again(self) -> None:
        """Starts the loads that the loader would try by now."""
        self._timer = None
        for key in list(self._unread):
            if not self._loader.may_come(*key):
                del self._unread[key]
            elif key not in self._loading and self._loader.is_due(*key) and len(self._loading) < LOADS_AT_ONCE_MAX:
                self._loading[key] = None
                self._start(self._load(*key, again=True))
        if self._unread:
            self._timer = asyncio.get_running_loop().call_later(LOOK_AGAIN_SEC, self._look_again)


def _nothing(work: Coroutine[Any, Any, None]) -> None:
    """Where loads of a closed drive go."""
    work.close()


def _unheard(_took_us: int, _whole: bool) -> None:
    """Where news for a closed drive goes."""
