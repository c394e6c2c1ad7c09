"""What holds for a whole country: driving side, speed unit, time zones.

The values lie in `countries.json`, with a source and a confidence per table; this file only reads them. The law
of a market lies in its pack (`pack.py`).
Does not know about regions inside a country, nor about borders.

A market code is an ISO 3166-1 alpha-2 code, `XK`, or one of the codes that ISO leaves to its users
(AA, QM to QZ, XA to XZ, ZZ). The last are for made-up networks: right-hand, km/h, marked synthetic.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from mapprior.errors import ConfigError
from mapprior.market.pack import UNITS, load_pack
from mapprior.model.limit import SpeedUnit

_SYNTHETIC_CODES = frozenset(
    ["AA", "ZZ"] + [f"Q{chr(c)}" for c in range(ord("M"), ord("Z") + 1)] + [f"X{chr(c)}" for c in range(65, 91)]
)


@dataclass(frozen=True, slots=True)
class Country:
    """One row of the table. `time_zones` are IANA names, empty where the zone table has none."""

    code: str
    name: str
    driving_side: str  # "left" or "right"
    speed_unit: SpeedUnit
    time_zones: tuple[str, ...]
    synthetic: bool


def is_market(code: str) -> bool:
    """Is this a code a market may have? Two capital letters; `uk`, `EU` and `GBR` are not."""
    return code in _SYNTHETIC_CODES or code in _table()["countries"]


def country(code: str) -> Country:
    """The row of a market. ConfigError for a code that is none."""
    row = _table()["countries"].get(code)
    if row is not None:
        zones = tuple(row["time_zones"])
        return Country(code, row["name"], row["driving_side"], UNITS[row["speed_unit"]], zones, synthetic=False)
    if code in _SYNTHETIC_CODES:
        return Country(code, f"synthetic {code}", "right", SpeedUnit.KMH, ("Etc/UTC",), synthetic=True)
    raise ConfigError(
        f"market {code!r} is not a country: give an ISO 3166-1 alpha-2 code such as DE, GB or JP, "
        "or AA, QM to QZ, XA to XZ or ZZ for a synthetic network"
    )


def driving_side(code: str) -> str:
    """`left` or `right`. ConfigError for a code that is no market."""
    return country(code).driving_side


def speed_unit(code: str) -> SpeedUnit:
    """Unit on the signs: KMH or MPH. ConfigError for a code that is no market."""
    return country(code).speed_unit


@cache
def countries_in_zone(time_zone: str) -> frozenset[str]:
    """Codes of the countries that an IANA time zone is listed for; none for a name that is not in the table."""
    return frozenset(code for code, row in _table()["countries"].items() if time_zone in row["time_zones"])


def market_pack(code: str) -> dict[str, Any]:
    """What goes into `market.json` of a release: plain JSON values, the same for the same package version.

    The row of the country, and under `law` the whole market pack where this package has one (`pack.py`).
    """
    row = country(code)
    law = load_pack(code)
    row_and_law = {
        "code": row.code,
        "name": row.name,
        "driving_side": row.driving_side,
        "speed_unit": next(text for text, unit in UNITS.items() if unit is row.speed_unit),
        "time_zones": list(row.time_zones),
        "synthetic": row.synthetic,
        "sources": {} if row.synthetic else _table()["tables"],
    }
    return row_and_law if law is None else {**row_and_law, "law": law.table}


@cache
def _table() -> dict[str, Any]:
    text = resources.files("mapprior.market").joinpath("countries.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
