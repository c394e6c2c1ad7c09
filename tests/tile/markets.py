"""Small releases on disk, from drawings."""

from dataclasses import replace
from pathlib import Path

from mapprior.model.link import Link
from mapprior.model.profile import FeatureKind, LinkElevation, LinkFeature
from mapprior.model.provenance import Basis
from mapprior.tile.manifest import Manifest, SourceInfo
from mapprior.tile.release import ReleaseFacts, write_release
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import DrawnProfiles, straight

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


def profiles(letters: str, link: Link) -> DrawnProfiles:
    """Straight, but B-C, of which nothing is known; a slope and a crossing on A-B."""
    if letters in ("BC", "CB"):
        return DrawnProfiles()
    if letters != "AB":
        return straight(letters, link)
    return replace(
        straight(letters, link),
        elevation=LinkElevation(Basis.TAGGED, (0, link.length_cm), slope_e4=(500, 500)),
        features=(LinkFeature(FeatureKind.PEDESTRIAN_CROSSING, 2000, 2000, Basis.TAGGED, 950, raw="crossing=marked"),),
    )


def small(**options: object) -> Drawn:
    """Four roads with limits, lanes, a restriction, and what `profiles` says."""
    defaults = {"ways": WAYS, "restrictions": [["AB", "BD"]], "profiles": profiles}
    return draw(PICTURE, **(defaults | options))  # type: ignore[arg-type]


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
        layers=drawn.layers(),
        market_pack=PACK if pack else None,
    )
