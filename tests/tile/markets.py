"""Small releases on disk, from drawings."""

from pathlib import Path

from mapprior.model.provenance import Layer
from mapprior.tile.manifest import Manifest, SourceInfo
from mapprior.tile.release import ReleaseFacts, write_release
from tests.asciimap import Drawn, draw

PICTURE = """
    A----B----C
         |
         D----E
"""
WAYS = {
    "ABC": {"maxspeed_kmh": 50, "lanes": 1, "name": "Hauptstraße"},
    "DE": {"oneway": True, "lanes": 2, "tunnel": True, "level": -1},
}
PACK = {"code": "ZZ", "synthetic": True}


def small(**options: object) -> Drawn:
    """Four roads with limits, lanes, a restriction."""
    return draw(PICTURE, ways=WAYS, restrictions=[["AB", "BD"]], **options)  # type: ignore[arg-type]


def write_market(drawn: Drawn, directory: Path, *, release: str = "drawn", pack: bool = True) -> Manifest:
    """The drawing as a release in `directory`."""
    (dataset,) = drawn.datasets
    return write_release(
        directory,
        ReleaseFacts(
            market=dataset.market,
            dataset_id=dataset.dataset_id,
            build_id=dataset.build_id,
            release=release,
            driving_side=dataset.driving_side,
            sources=(SourceInfo("drawing", "0" * 64, "2023-11-14"),),
            licence="CC0-1.0",
            attribution="nobody",
            source_time=dataset.source_time,
            synthetic=True,
            statistics={"links": len(drawn.link_ids)},
        ),
        layers={Layer.L0: drawn.road_blobs.items(), Layer.L2: drawn.lane_blobs.items()},
        market_pack=PACK if pack else None,
    )
