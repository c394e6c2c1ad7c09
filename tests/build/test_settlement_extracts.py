"""How often is the rule for built-up areas right? Measured on real ways that say themselves where they lie.

`pytest -m extracts -s tests/build/test_settlement_extracts.py` prints the table that `settlement.py` states.
"""

from collections import defaultdict
from dataclasses import replace

import pytest

from mapprior.build.access import may_carry_cars
from mapprior.build.choose import choose
from mapprior.build.law import inferred_settings
from mapprior.build.line_length import length_m
from mapprior.build.osm_file import read_osm_file
from mapprior.build.pipeline import _connect
from mapprior.build.settlement import way_evidence
from mapprior.build.source import SourceMap
from mapprior.market.countries import country, market_pack
from mapprior.market.law import MarketLaw
from mapprior.model.link import RoadClass
from mapprior.model.provenance import Layer
from tests.build.test_extracts import DATA, EXTRACTS, INDEX

# Japanese law knows no built-up areas: `JP:rural` stands for the one general limit, in towns too.
WITHOUT_SETTINGS = {"JP"}
KM_MIN = 2.0  # below, a share says nothing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extracts,
    pytest.mark.skipif(not EXTRACTS, reason=f"no extracts: {INDEX} is not there; set MAPPRIOR_DATA"),
]
Bands = dict[tuple[bool, int], list[float]]  # by answer and confidence: km, km right
TITLES = (
    "ways with a tag, which is hidden",
    "the same, their number hidden too",
    "other ways with a number of 79 km/h or more, or 31 or less, which is hidden and taken for the truth",
)


def without_number(tags, facts):
    return replace(facts.rules, evidence=way_evidence(tags, facts.road, None))


def by_number(facts):
    """What a number says of its road; None where it says nothing, and on motorways, which may lie anywhere."""
    kmh = facts.rules.sign_kmh
    if kmh is None or facts.road.road_class is RoadClass.MOTORWAY or 31.5 < kmh < 78.5:
        return None
    return kmh < 50


def measure(name, market, tables: tuple[Bands, Bands, Bands]) -> None:
    source = SourceMap()
    read_osm_file(DATA / name, source, wanted=may_carry_cars)
    row, law = country(market), MarketLaw.from_pack(market_pack(market))
    if not law.digest:
        return
    ways, facts = choose(source, row, law, layers=frozenset({Layer.L0}), progress=lambda *_: None)
    tagged = {w: x.rules.built_up for w, x in facts.items()}
    numbered = {w: by_number(x) if tagged[w] is None else None for w, x in facts.items()}
    graph = _connect(source, ways, None, lambda *_: None)
    roads = {w: x.road for w, x in facts.items()}
    with_number = {w: x.rules for w, x in facts.items()}
    blind = {w: without_number(source.ways[w].tags, x) for w, x in facts.items()}
    for rules, truth, bands in zip((with_number, blind, blind), (tagged, tagged, numbered), tables, strict=True):
        for part, setting in zip(graph.parts, inferred_settings(graph, roads, rules), strict=True):
            built_up = truth[part.strand.way_id]
            if built_up is None:
                continue
            span = slice(part.first, part.last + 1)
            km = length_m(part.strand.lat_e7[span], part.strand.lon_e7[span]) / 1000
            band = bands[setting.built_up, setting.permille]
            band[0] += km
            band[1] += km * (setting.built_up == built_up)


def test_the_rule_is_right_at_least_as_often_as_it_says():
    tables: tuple[Bands, Bands, Bands] = tuple(defaultdict(lambda: [0.0, 0.0]) for _ in TITLES)
    for name, market in EXTRACTS:
        if market not in WITHOUT_SETTINGS:
            measure(name, market, tables)
    print()
    for title, bands in zip(TITLES, tables, strict=True):
        total = [sum(x) for x in zip(*bands.values(), strict=True)]
        print(f"{title}: {total[0]:.1f} km, {100 * total[1] / total[0]:.1f} % right")
        for (built_up, permille), (km, right) in sorted(bands.items(), key=lambda x: (-x[0][0], -x[0][1])):
            word = "built-up" if built_up else "not built-up"
            print(f"    {word:13} at {permille:3}   {km:6.1f} km   {100 * right / km:5.1f} %")
    for key in tables[1]:
        km, right = (sum(x) for x in zip(*(bands[key] for bands in tables[1:]), strict=True))
        assert km < KM_MIN or right / km >= key[1] / 1000 - 0.02, key
