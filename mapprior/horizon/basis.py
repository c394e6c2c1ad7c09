"""What every answer of a stream stands on: releases, law, time zones and the overlay."""

from collections.abc import Iterable

from mapprior.horizon.items import Release, StreamBasis
from mapprior.model.network import DatasetInfo


def stream_basis(
    datasets: Iterable[DatasetInfo], *, market_pack_digest: str, tzdata_version: str, overlay_number: int
) -> StreamBasis:
    """Releases in the order of their datasets' ids."""
    releases = sorted(
        (Release(x.market, x.dataset_id, x.build_id, x.name, x.source_time) for x in datasets),
        key=lambda x: x.dataset_id,
    )
    return StreamBasis(tuple(releases), market_pack_digest, tzdata_version, overlay_number)
