"""A source that lies in another country than it is built for, or speaks of another's law, is said to, with counts."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.elsewhere import REFERENCES_COUNT_MIN, elsewhere_notes
from mapprior.build.pipeline import build_market
from mapprior.build.request import BuildRequest
from mapprior.build.source import SourceMap, SourceWay
from mapprior.market.countries import country
from tests.build.test_extracts import DATA

BERLIN, PARIS, SEA = (525_000_000, 134_000_000), (488_500_000, 23_500_000), (0, -1_400_000_000)


def source(*ways: tuple[tuple[int, int], Mapping[str, str]]) -> SourceMap:
    found = SourceMap()
    for number, (at, tags) in enumerate(ways, 1):
        found.lat_lon_e7[number] = at
        found.ways[number] = SourceWay(number, (number, number), {"highway": "primary", **tags})
    return found


def test_roads_in_the_market_say_nothing() -> None:
    own = source(*[(BERLIN, {"maxspeed": "DE:urban"})] * 5, (PARIS, {"maxspeed": "FR:urban"}))
    assert elsewhere_notes(own, country("DE")) == ()
    assert elsewhere_notes(own, country("ZZ")) == (), "a made-up network lies nowhere"
    assert elsewhere_notes(SourceMap(), country("DE")) == ()


def test_roads_of_another_country_are_counted() -> None:
    (note,) = elsewhere_notes(source(*[(BERLIN, {})] * 4, (PARIS, {})), country("FR"))
    assert note.startswith("of 5 places on the roads 4 lie in a time zone of DE (Germany), 1 in one of FR (France)")
    assert "was --market DE meant?" in note
    assert elsewhere_notes(source(*[(SEA, {})] * 4), country("FR")) == (), "of no country, no other is named"


def test_references_to_another_law_are_counted_with_examples() -> None:
    tags = [{"maxspeed": "50", "source:maxspeed": "DE:urban"}] * 3 + [{"zone:traffic": "de:rural"}, {"maxspeed": "30"}]
    (note,) = elsewhere_notes(source(*((PARIS, x) for x in tags)), country("FR"))
    assert note.startswith("limits refer to the law of DE (Germany) 4 times (source:maxspeed=DE:urban 3, zone:traffic=")
    assert "to that of FR (France) 0 times" in note


@given(st.integers(0, 6), st.integers(0, 6))
def test_the_greater_number_counts(own_count: int, other_count: int) -> None:
    tags = [{"maxspeed": "FR:urban"}] * own_count + [{"maxspeed:type": "BE-VLG:rural"}] * other_count
    noted = elsewhere_notes(source(*((PARIS, x) for x in tags)), country("FR"))
    assert bool(noted) == (other_count > own_count and other_count >= REFERENCES_COUNT_MIN)


def test_what_is_no_country_names_none() -> None:
    words = ("sign:zone", "xx:urban", "ZZ:urban", "zone:30", "50", "walk", "uk:nsl")
    assert elsewhere_notes(source(*((PARIS, {"maxspeed": x}) for x in words * 3)), country("FR")) == ()


@pytest.mark.extracts
def test_a_german_extract_built_as_french_is_told(tmp_path: Path) -> None:
    file = DATA / "osm/otp/boeblingen-minimal.osm.pbf"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    for market, notes_count in (("FR", 2), ("DE", 0)):
        report = build_market(BuildRequest(market=market, out_dir=tmp_path / market, sources=(file,)))
        assert len([x for x in report.notes if "DE (Germany)" in x]) == notes_count
