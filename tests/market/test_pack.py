"""Packs are read strictly: what they say is checked, what is wrong is named."""

import copy
import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.errors import ConfigError
from mapprior.market.countries import country, market_pack
from mapprior.market.pack import CONFIDENCES, ROAD_WORDS, Pack, load_pack, parse_pack, read_pack
from tests.market.all_packs import all_packs
from tests.market.small_pack import SOURCED, limit, small_pack

MARKETS = [
    *("AE", "AT", "AU", "BE", "BR", "CH", "CN", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "HU"),
    *("IE", "IT", "JP", "KR", "LU", "MX", "MY", "NL", "NO", "PL", "SA", "SE", "SG", "TH", "US"),
]


def pack_of(market: str) -> Pack:
    pack = load_pack(market)
    assert pack is not None, market
    return pack


def walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value below, with the way to it."""
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from walk(inner, (*path, key))


def test_the_markets_are_those_and_their_files_are_checked() -> None:
    assert [pack.market for pack in all_packs()] == MARKETS
    assert load_pack("MC") is None
    assert load_pack("../packs/DE") is None


@pytest.mark.parametrize("market", MARKETS)
def test_every_value_has_sources_and_a_confidence(market: str) -> None:
    pack = pack_of(market)
    valued = [x for _, x in walk(pack.table) if isinstance(x, dict) and {"confidence", "value"} & x.keys()]
    assert len(valued) > 25
    for x in valued:
        assert x["confidence"] in CONFIDENCES
        assert set(x["sources"]) <= set(pack.table["sources"])
        assert bool(x["sources"]) or x["confidence"] == "unknown", x
        assert ("value" in x) == (x["confidence"] != "unknown"), x
        if set(x["sources"]) == {"own"}:
            assert x["confidence"] != "sourced", x


@pytest.mark.parametrize("market", MARKETS)
def test_sources_are_named_and_used_and_share_alike_ones_say_their_licence(market: str) -> None:
    pack = pack_of(market)
    used = {
        name for _, x in walk(pack.table) if isinstance(x, dict) for name in x.get("sources", ()) if "confidence" in x
    }
    assert used == set(pack.table["sources"]) - ({"own"} - used)
    if "lds" in used:
        assert "CC BY-SA 2.0" in pack.table["sources"]["lds"]["licence"]


@pytest.mark.parametrize("market", MARKETS)
def test_a_pack_agrees_with_the_country_table(market: str) -> None:
    pack, row = pack_of(market), country(market)
    assert pack.name
    assert pack.speed_unit is row.speed_unit
    assert pack.table["driving_side"]["value"] == row.driving_side


@pytest.mark.parametrize("market", MARKETS)
def test_what_travels_is_plain_json_and_reads_back_as_the_same_law(market: str) -> None:
    travelling = market_pack(market)
    assert json.loads(json.dumps(travelling)) == travelling
    back = read_pack(json.loads(json.dumps(travelling["law"])), "market.json")
    assert back == pack_of(market)
    assert dt.date.fromisoformat(travelling["law"]["dated"]) == back.dated


@pytest.mark.parametrize("market", ["MC", "LI", "ZZ", "QM"])
def test_a_market_without_pack_has_no_law_in_its_json(market: str) -> None:
    assert set(market_pack(market)) == {
        *("code", "name", "driving_side", "speed_unit", "time_zones", "synthetic", "sources"),
    }


def test_the_small_pack_is_whole() -> None:
    pack = read_pack(small_pack(), "QM.toml")
    assert (pack.market, pack.dated) == ("QM", dt.date(2026, 1, 31))
    assert [len(x.statements) for x in pack.limits] == [1, 2, 1, 1, 1, 1]


BROKEN = {
    "unknown table": ({"speeds": {}}, r"speeds is not known; allowed: .*limits"),
    "another schema": ({"schema": 2}, r"schema is 2; allowed: 1"),
    "no market": ({"market": "Quietland"}, r"market is 'Quietland'; allowed: \[A-Z\]"),
    "no date": ({"dated": "31.1.2026"}, r"dated is '31.1.2026'; allowed: a date"),
    "unknown key": ({"lane_width_m": {"lane": {"value": 3, **SOURCED}}}, r"lane_width_m.lane is not known"),
    "unknown source": (
        {"shoulder": {"value": "no", "sources": ["hearsay"], "confidence": "weak"}},
        r"shoulder.sources is \['hearsay'\]; allowed: .*statute",
    ),
    "no source": ({"shoulder": {"value": "no", "sources": [], "confidence": "weak"}}, r"shoulder.sources is \[\]"),
    "unknown confidence": (
        {"shoulder": {"value": "no", "sources": ["statute"], "confidence": "sure"}},
        r"shoulder.confidence is 'sure'; allowed: sourced",
    ),
    "unknown with a value": (
        {"shoulder": {"value": "no", "sources": [], "confidence": "unknown"}},
        r"shoulder.value is 'no'",
    ),
    "known without value": ({"shoulder": {**SOURCED}}, r"shoulder.value is missing"),
    "no number": (
        {"lane_width_m": {"motorway": {"value": float("nan"), **SOURCED}}},
        r"lane_width_m.motorway.value is nan",
    ),
    "road word": ({"road_types": [{"name": "rural", "when": ["countryside"]}]}, r"road_types\[0\].when is .*allowed:"),
    "name twice": ({"road_types": [{"name": "rural"}, {"name": "x", "aliases": ["rural"]}]}, r"twice.*'rural'"),
    "no name": ({"road_types": [{"name": "Rural Road"}]}, r"road_types\[0\].name is 'Rural Road'"),
    "no alias": ({"road_types": [{"name": "x", "aliases": ["two words"]}]}, r"aliases is \['two words'\]"),
    "hidden type": (
        {"road_types": [{"name": "fast", "when": ["rural", "trunk"]}, {"name": "rural", "when": ["rural"]}]},
        r"road_types\[0\] 'fast' can never be found",
    ),
    "road type": ({"limits": [limit("city", "maxspeed", "50")]}, r"limits\[0\].road_type is 'city'; allowed: rural"),
    "key": ({"limits": [limit("rural", "maxspeed:lorry", "50")]}, r"limits\[0\].key is 'maxspeed:lorry'; allowed:"),
    "value": ({"limits": [limit("rural", "maxspeed", "fast")]}, r"limits\[0\].value is 'fast'; allowed:"),
    "reference as value": ({"limits": [limit("rural", "maxspeed", "QM:urban")]}, r"limits\[0\].value is 'QM:urban'"),
    "unit": ({"limits": [limit("rural", "maxspeed", "50 mph")]}, r"limits\[0\].value is '50 mph'; .*KMH"),
    "advisory without number": ({"limits": [limit("rural", "maxspeed:advisory", "none")]}, r"value is 'none'"),
    "no clause": ({"limits": [limit("rural", "maxspeed:conditional", "50")]}, r"value is '50'; allowed: VALUE @"),
    "condition": (
        {"limits": [limit("rural", "maxspeed:conditional", "50 @ (Schulzeit)")]},
        r"limits\[0\].value is .*'Schulzeit' is refused",
    ),
    "foreign region": ({"limits": [limit("rural", "maxspeed", "50", region="DE-BY")]}, r"region is 'DE-BY'; .*QM-"),
    "dates the wrong way": (
        {"limits": [limit("rural", "maxspeed", "50", valid_from="2026-01-02", valid_to="2026-01-02")]},
        r"valid_to is '2026-01-02'; allowed: a date after 2026-01-02",
    ),
    "two at a time": (
        {"limits": [limit("rural", "maxspeed", "50"), limit("rural", "maxspeed", "60", valid_from="2026-01-01")]},
        r"limits of 'rural', maxspeed : '50' and '60' hold at the same time",
    ),
    "reference": (
        {"osm": {"references": ["QM:city"], "default_speed_keys": []}},
        r"osm.references is .*'QM:city' is neither a slow zone nor a road type",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_named(case: str) -> None:
    changes, message = BROKEN[case]
    with pytest.raises(ConfigError, match=rf"market pack QM\.toml: .*{message}"):
        read_pack(small_pack(**changes), "QM.toml")


NOISE = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates()),
    *(st.lists(st.text(max_size=3)), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)),
)


@given(st.data())
def test_a_broken_pack_is_one_kind_of_error(data: st.DataObject) -> None:
    """Any part removed or replaced: still a pack, or ConfigError."""
    pack = copy.deepcopy(small_pack())
    path, _ = data.draw(st.sampled_from([x for x in walk(pack) if x[0]]))
    place: Any = pack
    for key in path[:-1]:
        place = place[key]
    if data.draw(st.booleans()):
        del place[path[-1]]
    else:
        place[path[-1]] = data.draw(NOISE)
    try:
        assert read_pack(pack, "QM.toml").market == "QM"
    except ConfigError as error:
        assert "QM.toml" in str(error)


@pytest.mark.parametrize("key", sorted(small_pack().keys() - {"rule_notes", "limits"}))
def test_no_part_may_be_missing(key: str) -> None:
    pack = small_pack()
    del pack[key]
    with pytest.raises(ConfigError, match=key):
        read_pack(pack, "QM.toml")


DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 12))


@given(st.lists(st.tuples(st.none() | DAYS, st.none() | DAYS, st.sampled_from(["", "QM-A"])), min_size=1, max_size=4))
def test_entries_of_one_type_key_and_region_never_hold_together(
    spans: list[tuple[dt.date | None, dt.date | None, str]],
) -> None:
    spans = [(a, b, region) for a, b, region in spans if a is None or b is None or a < b]
    entries = []
    for since, until, region in spans:
        dates = {k: str(day) for k, day in (("valid_from", since), ("valid_to", until)) if day is not None}
        entries.append(limit("rural", "maxspeed", "50", **dates, **({"region": region} if region else {})))
    days = [dt.date(2019, 12, 31) + dt.timedelta(i) for i in range(14)]
    together = any(
        sum(r == region and (a is None or a <= day) and (b is None or day < b) for a, b, r in spans) > 1
        for day in days
        for region in ("", "QM-A")
    )
    if together:
        with pytest.raises(ConfigError, match="hold at the same time"):
            read_pack(small_pack(limits=entries), "QM.toml")
    else:
        assert len(read_pack(small_pack(limits=entries), "QM.toml").limits) == len(spans)


def test_words_a_build_can_find_are_words() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", word) for word in ROAD_WORDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"schema = ", "no TOML"),
        (b"\xff", "no TOML"),
        (b"schema = 1\nschema = 1\n", "no TOML"),
        (b"schema = 1\nmarket = 7\n", "market is 7"),
        (b"", "schema is missing"),
    ],
)
def test_a_file_that_is_no_pack_is_one_error(text: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=f"market pack QM.toml: {message}"):
        parse_pack(text, "QM.toml")


@pytest.mark.parametrize("market", ["FR", "IT", "LU"])
def test_where_the_law_means_rain_the_pack_says_what_wet_stands_for(market: str) -> None:
    notes = [x["value"] for x in pack_of(market).table["rule_notes"]]
    assert any("are for rain" in x and "`wet` stands for it" in x for x in notes)
