"""Every pack against the public default-speeds table: what differs is explained, and nothing else differs."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from mapprior.market.countries import market_pack
from mapprior.market.law import MarketLaw
from mapprior.market.pack import Pack
from tests.market.all_packs import all_packs
from tests.market.default_speeds import ROADS, differences, table
from tests.market.default_speeds_explained import CONTRADICTIONS, NOT_COMPARED, SILENT, Explained

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
TABLE = DATA / "reference" / "osm-legal-default-speeds" / "legal_default_speeds.json"
MARKETS = [pack.market for pack in all_packs()]
needs_table = pytest.mark.skipif(not TABLE.exists(), reason=f"the public default-speeds table is not at {TABLE.name}")


def pack_of(market: str) -> Pack:
    [pack] = [x for x in all_packs() if x.market == market]
    return pack


def regions_of(market: str) -> list[str]:
    keys: list[str] = pack_of(market).table["osm"]["default_speed_keys"]
    return [x for x in keys if x in table(TABLE)]


def expanded(lines: Iterable[Explained], market: str) -> list[tuple[str, str, str]]:
    """(region, road type, question) of every line; no question where a line is about all of them."""
    return [
        (key, name, question)
        for keys, names, questions, _ in lines
        for key in keys.split()
        for name in names
        for question in questions or ("",)
        if key.partition("-")[0] == market
    ]


@needs_table
@pytest.mark.parametrize("market", MARKETS)
def test_every_difference_is_explained_and_every_explanation_still_holds(market: str) -> None:
    law = MarketLaw.from_pack(market_pack(market))
    contradicting: set[tuple[str, str, str]] = set()
    silent: set[tuple[str, str, str]] = set()
    for key in regions_of(market):
        if all(x.region for x in pack_of(market).limits) and key not in law.regions:
            continue  # a State of which no statute was read: all of its law is unknown
        region = key if key in law.regions else "elsewhere"
        for name, question, _, stated in differences(region, table(TABLE)[key], law):
            (silent if stated is None else contradicting).add((key, name, question))
    listed = expanded(CONTRADICTIONS, market)
    assert len(listed) == len(set(listed))
    assert contradicting == set(listed), sorted(contradicting ^ set(listed))
    without = expanded(SILENT, market)
    assert {x for x in silent if x not in without and (x[0], x[1], "") not in without} == set()
    assert {x for x in without if x not in silent and (x[2] or not any(y[:2] == x[:2] for y in silent))} == set()


@needs_table
def test_every_road_type_of_the_table_is_compared_or_said_why_not() -> None:
    names = {x.get("name") for market in MARKETS for key in regions_of(market) for x in table(TABLE)[key]}
    assert names == (ROADS.keys() | NOT_COMPARED.keys()) & names
    assert not ROADS.keys() & NOT_COMPARED.keys()
    assert NOT_COMPARED.keys() <= names
