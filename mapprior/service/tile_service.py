"""TileService: manifests, packs and raw tiles, so that a vehicle can run the core on board and send no position."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from mapprior.errors import RequestError
from mapprior.model.ids import tile_id
from mapprior.tile.store import TileStore
from mapprior.wire.tiles import (
    MarketAnswer,
    TileAnswer,
    TileRequest,
    decode_markets_request,
    decode_tile_request,
    encode_markets_answer,
    encode_tile_answer,
)

READS_AT_ONCE_MAX = 2


class TileService:
    """Handlers of raw bytes. Which tiles were asked for is kept nowhere."""

    def __init__(self, store: TileStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(READS_AT_ONCE_MAX, thread_name_prefix="raw-tile")

    async def list_markets(self, request: bytes, _context: object) -> bytes:
        decode_markets_request(request)
        return encode_markets_answer(
            [
                MarketAnswer(m.market, m.to_json(), self._store.market_pack_json(m.dataset_id))
                for m in self._store.manifests
            ]
        )

    async def get_tile(self, request: bytes, _context: object) -> bytes:
        wanted = decode_tile_request(request)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, wanted)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, wanted: TileRequest) -> bytes:
        """The tile of whichever dataset of the market has it."""
        datasets = [d for d in self._store.datasets if d.market == wanted.market]
        if not datasets:
            served = ", ".join(sorted({d.market for d in self._store.datasets}))
            raise RequestError(f"market {wanted.market} is not served here; served are {served}")
        for dataset in datasets:
            tile = tile_id(dataset.dataset_id, wanted.tile_x, wanted.tile_y)
            data = self._store.read_raw(wanted.layer, tile)
            if data is not None:
                return encode_tile_answer(TileAnswer(dataset.build_id, data))
        return encode_tile_answer(TileAnswer(datasets[0].build_id, None))
