"""Where a release lies, as far as law and clocks care: time zone and region, for all of it and where tiles differ.

A market with one time zone needs no look-up. In another one the tile's time zone is the one zone of the market that
the corners of the tile's roads lie in; none is said where they lie in several, or where the market has none of them.
The region is what the build was told: subdivisions have no borders here.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mapprior.errors import ConfigError
from mapprior.geo.units import E7
from mapprior.market.countries import Country
from mapprior.market.law import MarketLaw
from mapprior.model.grid import column_row

_REGION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}", re.ASCII)


def checked_region(region: str, market: str) -> str:
    """The region as given, empty for unknown. ConfigError where it is none of the market's by its form."""
    found = _REGION.fullmatch(region)
    if region and (found is None or found[1] != market):
        raise ConfigError(
            f"--region {region!r} is no region of {market}: an ISO 3166-2 code of it is {market}- and then "
            "one to three capitals or digits"
        )
    return region


def market_notes(row: Country, law: MarketLaw) -> tuple[str, ...]:
    """What is lost where the code is of no country, or where no pack says the law of it."""
    if row.synthetic:
        return (
            f"{row.code} is no country: ISO leaves the code to its users, here for networks that are made up. There is "
            "no law, traffic is on the right, signs are in km/h, and the tiles are marked synthetic",
        )
    if law.dated is None:
        return (
            f"there is no pack with the law of {row.code} ({row.name}): limits are known where they are tagged only",
        )
    return ()


def region_notes(region: str, law: MarketLaw) -> tuple[str, ...]:
    """What is lost where the region is not named, or is one that the pack says nothing of."""
    if law.regions and not region:
        return (f"the law of {law.market} differs by region: what depends on it stays undecided without --region",)
    if law.regions and region not in law.regions:
        known = ", ".join(sorted(law.regions))
        return (f"the pack of {law.market} has no law of its own for {region}; it has for {known}",)
    return ()


def places(row: Country, region: str, points_e7: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """The part `places` of `market.json`, from the (lat, lon) of the network's nodes.

    `tiles` has an entry, under column and row, where a tile's time zone is not that of the release: the commonest.
    """
    if len(row.time_zones) < 2:
        return {"region": region, "time_zone": "".join(row.time_zones), "tiles": {}}
    zone_of = _zone_lookup(row)
    zones = {tile: zone_of(corners) for tile, corners in _corners(points_e7).items()}
    counts = Counter(zones.values())
    commonest = min(counts, key=lambda zone: (-counts[zone], zone), default="")
    differing = {f"{x}/{y}": [region, zone] for (x, y), zone in sorted(zones.items()) if zone != commonest}
    return {"region": region, "time_zone": commonest, "tiles": differing}


def _corners(points_e7: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """By tile the corners of the box of its points. No tile lies across the antimeridian."""
    boxes: dict[tuple[int, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for lat_e7, lon_e7 in points_e7:
        lats, lons = boxes[column_row(lat_e7=lat_e7, lon_e7=lon_e7)]
        lats.append(lat_e7)
        lons.append(lon_e7)
    return {
        tile: [(lat, lon) for lat in sorted({min(lats), max(lats)}) for lon in sorted({min(lons), max(lons)})]
        for tile, (lats, lons) in boxes.items()
    }


def _zone_lookup(row: Country) -> Callable[[Sequence[tuple[int, int]]], str]:
    try:
        from tzfpy import get_tzs
    except ImportError as error:
        raise ConfigError(
            f"{row.code} has {len(row.time_zones)} time zones; telling them apart needs tzfpy: "
            "pip install 'mapprior[build]'"
        ) from error

    def zone_of(corners: Sequence[tuple[int, int]]) -> str:
        named = {zone for lat, lon in corners for zone in get_tzs(lon / E7, lat / E7)}
        found = named & set(row.time_zones)
        return found.pop() if len(found) == 1 else ""

    return zone_of
