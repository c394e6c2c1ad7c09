"""What to build, and whether it can be."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mapprior.build.place import KNOWN_SERVERS, PlaceServers
from mapprior.build.places import checked_region
from mapprior.build.writable import check_directory
from mapprior.errors import ConfigError
from mapprior.market.countries import Country, country, is_market
from mapprior.model.provenance import Layer

BUILT_LAYERS = frozenset({Layer.L0, Layer.L1, Layer.L2})
RELEASE_NAME_LENGTH_MAX = 100

# Step, how far it is, and how far it goes; the last is 0 where that is not known.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build. `out_dir` is the market's own directory; sources are files, or one named place.

    `area` is a GeoJSON file of polygons; roads are cut where they leave it, and what lies outside is left out.
    `elevation` is a GeoTIFF elevation model; without one elevation and slope are as far known as tags say.
    `elevation_sigma_m` is one standard deviation of its heights; None: not known, and assumed.
    `release` names the release; empty takes the date of the source. `dataset` tells several data sets of one market
    apart. `region` is the ISO 3166-2 code of the region that all of the source lies in, empty for unknown.
    `licence` and `attribution` go into the manifest; None takes OpenStreetMap's, or, for a user-assigned
    market code, says that the network is made up.
    """

    market: str
    out_dir: Path
    sources: tuple[Path, ...] = ()
    place: str = ""
    layers: frozenset[Layer] = BUILT_LAYERS
    area: Path | None = None
    elevation: Path | None = None
    elevation_sigma_m: float | None = None
    release: str = ""
    dataset: int = 0
    region: str = ""
    licence: str | None = None
    attribution: str | None = None
    servers: PlaceServers = KNOWN_SERVERS


def checked(request: BuildRequest) -> Country:
    """The market's country; ConfigError for a request that cannot be met."""
    row = _country(request.market)
    if bool(request.sources) == bool(request.place):
        raise ConfigError("give map files, or --place with the name of a place, and not both")
    if Layer.L0 not in request.layers or not request.layers <= BUILT_LAYERS:
        asked = ",".join(sorted(layer.name for layer in request.layers)) or "none"
        others = ", ".join(sorted(layer.name for layer in BUILT_LAYERS - {Layer.L0}))
        raise ConfigError(f"layers {asked} cannot be built: give L0, and with it any of {others}")
    if request.elevation is not None and Layer.L1 not in request.layers:
        raise ConfigError("an elevation model is for layer L1, which is not to be built")
    if request.elevation is None and request.elevation_sigma_m is not None:
        raise ConfigError("a sigma of the elevation model is given, and no elevation model")
    if not 0 <= request.dataset < 64:
        raise ConfigError(f"dataset {request.dataset} is outside 0 to 63")
    checked_region(request.region, request.market)
    if len(request.release) > RELEASE_NAME_LENGTH_MAX or not request.release.isprintable():
        raise ConfigError(f"the release name must be printable and at most {RELEASE_NAME_LENGTH_MAX} letters")
    check_directory(request.out_dir, "tiles to")
    return row


def _country(market: str) -> Country:
    capitals = market.strip().upper()
    if not is_market(market) and is_market(capitals):
        raise ConfigError(f"market {market!r} is not a country: did you mean {capitals}, in capitals?")
    return country(market)
