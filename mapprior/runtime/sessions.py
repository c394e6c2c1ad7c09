"""A session on the releases a store holds: the same in the service, on board and in replay."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version

from mapprior.horizon.session import Session
from mapprior.model.network import DatasetInfo


def new_session(datasets: Sequence[DatasetInfo]) -> Session:
    """A session that names these releases, their market packs and the time-zone data as its basis."""
    return Session(
        datasets=datasets, market_pack_digest=market_packs_digest(datasets), tzdata_version=version("tzdata")
    )


def market_packs_digest(datasets: Sequence[DatasetInfo]) -> str:
    """One digest of all packs: of a single pack its own, of several that of the sorted list; empty without any."""
    packs = sorted({(d.market, d.market_pack_digest) for d in datasets if d.market_pack_digest})
    if len(packs) <= 1:
        return packs[0][1] if packs else ""
    joined = "\n".join(f"{market} {digest}" for market, digest in packs)
    return hashlib.sha256(joined.encode()).hexdigest()
