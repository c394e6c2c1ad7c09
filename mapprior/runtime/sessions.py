"""A session on the releases a store holds: the same in the service, on board and in replay."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Final
from weakref import WeakKeyDictionary

from mapprior.errors import ConfigError
from mapprior.horizon.session import Session
from mapprior.market.law import MarketLaw
from mapprior.model.network import DatasetInfo
from mapprior.tile.store import TileStore

_LAWS: Final[WeakKeyDictionary[TileStore, Mapping[int, MarketLaw]]] = WeakKeyDictionary()


def new_session(store: TileStore) -> Session:
    """A session under the law of each release, which names releases, packs and time-zone data as its basis."""
    return Session(
        datasets=store.datasets,
        market_pack_digest=market_packs_digest(store.datasets),
        tzdata_version=_tzdata_version(),
        laws=market_laws(store),
    )


@cache
def _tzdata_version() -> str:
    """Read from disk once, not at every open."""
    return version("tzdata")


def market_laws(store: TileStore) -> Mapping[int, MarketLaw]:
    """The law that each release carries, by dataset id; read and checked once per store.

    A release without a market pack has none. ConfigError names the market and what is wrong with its pack.
    """
    laws = _LAWS.get(store)
    if laws is None:
        laws = {
            x.dataset_id: _law(x.market, text) for x in store.datasets if (text := store.market_pack_json(x.dataset_id))
        }
        _LAWS[store] = laws
    return laws


def _law(market: str, text: str) -> MarketLaw:
    try:
        pack = json.loads(text)
    except ValueError:
        raise ConfigError(f"market pack of {market}: market.json is no JSON") from None
    if not isinstance(pack, dict):
        raise ConfigError(f"market pack of {market}: market.json is {type(pack).__name__}; allowed: an object")
    return MarketLaw.from_pack(pack)


def market_packs_digest(datasets: Sequence[DatasetInfo]) -> str:
    """One digest of all packs: of a single pack its own, of several that of the sorted list; empty without any."""
    packs = sorted({(d.market, d.market_pack_digest) for d in datasets if d.market_pack_digest})
    if len(packs) <= 1:
        return packs[0][1] if packs else ""
    joined = "\n".join(f"{market} {digest}" for market, digest in packs)
    return hashlib.sha256(joined.encode()).hexdigest()
