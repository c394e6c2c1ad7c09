"""The country table: complete, consistent, and what its source says."""

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mapprior.errors import ConfigError
from mapprior.market.countries import country, driving_side, is_market, market_pack, speed_unit
from mapprior.model.limit import SpeedUnit

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MARKETS = [a + b for a in LETTERS for b in LETTERS if is_market(a + b)]
REAL = [code for code in MARKETS if not country(code).synthetic]


def test_every_country_and_no_other_code() -> None:
    assert len(REAL) == 250  # 249 of ISO 3166-1, and XK
    assert {"GB", "GG", "TW", "XK", "AQ", "EH"} <= set(REAL)
    for code in ("UK", "EU", "UN", "FX", "gb", "G", "GBR", "", "Z1", "DE "):
        assert not is_market(code), code


def test_user_assigned_codes_are_synthetic_networks() -> None:
    synthetic = [code for code in MARKETS if country(code).synthetic]
    assert len(synthetic) == 2 + 14 + 26 - 1
    for code in synthetic:
        assert (driving_side(code), speed_unit(code)) == ("right", SpeedUnit.KMH)


@pytest.mark.parametrize("code", ["UK", "deu", ""])
def test_a_code_that_is_none_is_named(code: str) -> None:
    for ask in (driving_side, speed_unit, market_pack):
        with pytest.raises(ConfigError, match=f"market '{code}'"):
            ask(code)


def test_driving_side_and_unit() -> None:
    left = {code for code in REAL if driving_side(code) == "left"}
    mph = {code for code in REAL if speed_unit(code) is SpeedUnit.MPH}
    assert {"GB", "IE", "JP", "SG", "AU", "NZ", "FJ", "MT", "CY", "IN", "ZA", "TH", "HK", "VI"} <= left
    assert not left & {"DE", "US", "FR", "CN", "GI", "MM", "MC", "FI", "PR", "IO"}
    assert {"GB", "US", "PR", "IM", "JE", "GG"} <= mph
    assert not mph & {"IE", "AU", "CA", "IN", "MM", "CY", "FJ"}


@pytest.mark.parametrize("code", MARKETS)
def test_the_pack_is_plain_and_complete(code: str) -> None:
    pack = market_pack(code)
    assert json.loads(json.dumps(pack)) == pack
    assert pack["code"] == code
    assert pack["name"]
    assert pack["driving_side"] in ("left", "right")
    assert pack["speed_unit"] in ("km/h", "mph")
    assert pack["synthetic"] or all({"source", "confidence", "licence"} <= set(t) for t in pack["sources"].values())
    for zone in pack["time_zones"]:
        ZoneInfo(zone)


def test_time_zones_are_those_of_tzdata() -> None:
    tables = market_pack("DE")["sources"]
    if f"tzdata {version('tzdata')}," not in tables["time_zones"]["source"]:
        pytest.skip("another tzdata is installed than the table was made from")
    import tzdata

    listed: dict[str, list[str]] = {}
    for line in (Path(tzdata.__file__).parent / "zoneinfo" / "zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            listed.setdefault(code, []).append(zone)
    assert {code: market_pack(code)["time_zones"] for code in REAL} == {c: sorted(listed.get(c, [])) for c in REAL}


@pytest.mark.extracts
def test_the_table_is_what_country_coder_says() -> None:
    file = DATA / "reference" / "country-coder" / "borders.json"
    if not file.exists():
        pytest.skip(f"no {file.name} at hand")
    regions = [(f["properties"], f["geometry"]) for f in json.loads(file.read_text())["features"]]
    for code in REAL:
        parts = _parts(regions, code)
        row = country(code)
        assert {p.get("driveSide", "right") for p in parts} == {row.driving_side}, code
        unit = "mph" if row.speed_unit is SpeedUnit.MPH else "km/h"
        assert {p.get("roadSpeedUnit", "km/h") for p in parts} == {unit}, code


def _parts(regions: list[tuple[dict[str, Any], Any]], code: str) -> list[dict[str, Any]]:
    """The regions with an outline that make up a country, as the note in the table says."""
    own = [p for p, outline in regions if p.get("iso1A2") == code and outline]
    if own:
        return own
    others = set(REAL) | {"BOTS", "Q644636"}  # dependencies, and the bases on Cyprus
    return [
        p
        for p, outline in regions
        if outline
        and p.get("iso1A2") not in REAL
        and (code in p.get("groups", ()) or (p.get("country") == code and not others & set(p.get("groups", ()))))
    ]
