import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.build.places import checked_region, market_notes, places, region_notes
from mapprior.cli.main import app
from mapprior.errors import ConfigError
from mapprior.geo.units import E7
from mapprior.market.countries import country, market_pack
from mapprior.market.law import MarketLaw
from mapprior.model.grid import column_row
from tests.build.osm_text import ROAD, Built, osm_xml

NODES = {1: (0.0, 0.0), 2: (100.0, 0.0)}
TEXT = osm_xml(NODES, {1: ([1, 2], ROAD)})


def point(lat_deg, lon_deg):
    return round(lat_deg * E7), round(lon_deg * E7)


def test_a_market_with_one_zone_needs_no_look_up(monkeypatch):
    monkeypatch.setitem(sys.modules, "tzfpy", None)  # as if it were not installed
    assert places(country("NO"), "", [point(60, 10)]) == {"region": "", "time_zone": "Europe/Oslo", "tiles": {}}
    with pytest.raises(ConfigError, match=r"29 time zones.*pip install 'mapprior\[build\]'"):
        places(country("US"), "", [point(45, -122)])


def test_tiles_that_differ_name_their_own_zone():
    chicago, denver = point(41.88, -87.63), point(39.74, -104.99)
    nodes = [chicago, (chicago[0] + 300_000, chicago[1]), denver]
    found = places(country("US"), "US-IL", nodes)
    x, y = column_row(lat_e7=denver[0], lon_e7=denver[1])
    assert found == {
        "region": "US-IL",
        "time_zone": "America/Chicago",
        "tiles": {f"{x}/{y}": ["US-IL", "America/Denver"]},
    }


def test_zones_of_another_country_are_none_of_this_market():
    """A road that reaches over the border: Busingen's neighbours are Swiss."""
    found = places(country("DE"), "", [point(47.697, 8.690), point(47.70, 8.60)])
    assert found["time_zone"] in ("Europe/Busingen", "")
    assert "Europe/Zurich" not in str(found)
    assert places(country("PT"), "", [point(40.4, -3.7)])["time_zone"] == "", "Madrid is not in Portugal"


def test_a_tile_in_two_zones_says_none():
    border = [point(42.9, -118.222), point(42.9, -118.2135)]  # Pacific and Mountain time in Oregon
    assert len({column_row(lat_e7=lat, lon_e7=lon) for lat, lon in border}) == 1
    assert places(country("US"), "", border)["time_zone"] == ""
    assert places(country("US"), "", border[:1])["time_zone"] == "America/Los_Angeles"
    assert places(country("US"), "", border[1:])["time_zone"] == "America/Boise"


@pytest.mark.parametrize("region", ["GB", "GB-", "gb-wls", "DE-BW", "GB-WALES", "GB-WLS "])
def test_a_region_must_be_one_of_the_market_by_its_form(region):
    with pytest.raises(ConfigError, match="GB- and then one to three capitals or digits"):
        checked_region(region, "GB")
    with pytest.raises(ConfigError, match="LI- and then one to three capitals or digits"):
        checked_region("XX-1", "LI")


def test_a_region_goes_into_the_market_pack_and_the_build_id(tmp_path):
    (tmp_path / "a.osm").write_text(TEXT)
    ids = []
    for region in ("", "GB-WLS"):
        out = tmp_path / f"out{region}"
        report = build_market(BuildRequest(market="GB", out_dir=out, sources=(tmp_path / "a.osm",), region=region))
        ids.append(report.build_id)
        pack = json.loads((out / "market.json").read_text())
        assert pack["places"] == {"region": region, "time_zone": "Europe/London", "tiles": {}}
        assert MarketLaw.from_pack(pack).place(0).region == region
    assert ids[0] != ids[1]


def test_the_command_takes_a_region(tmp_path):
    (tmp_path / "a.osm").write_text(TEXT)
    arguments = ["build", str(tmp_path / "a.osm"), "--market", "GB", "--out", str(tmp_path / "tiles")]
    run = CliRunner().invoke(app, [*arguments, "--region", "GB-SCT"])
    assert run.exit_code == 0, run.output
    assert json.loads((tmp_path / "tiles" / "GB" / "market.json").read_text())["places"]["region"] == "GB-SCT"
    run = CliRunner().invoke(app, [*arguments, "--region", "Wales"])
    assert (run.exit_code, len(run.output.splitlines())) == (2, 1)
    assert "'Wales' is no region of GB" in run.output


def test_a_network_that_was_made_up_has_utc(tmp_path):
    Built(tmp_path, TEXT, market="XX")
    pack = json.loads((tmp_path / "XX" / "market.json").read_text())
    assert pack["places"] == {"region": "", "time_zone": "Etc/UTC", "tiles": {}}


@pytest.mark.parametrize(
    ("market", "region", "said"),
    [("US", "", "--region"), ("US", "US-XX", "US-XX"), ("US", "US-OR", ""), ("DE", "", ""), ("MC", "", "")],
)
def test_the_build_says_what_is_lost_without_a_region_of_the_pack(market, region, said):
    notes = region_notes(region, MarketLaw.from_pack(market_pack(market)))
    assert bool(notes) == bool(said)
    assert all(said in note for note in notes)


@pytest.mark.parametrize(
    ("market", "said"),
    [("XX", "XX is no country"), ("ZZ", "networks that are made up"), ("KP", "no pack with the law of KP"), ("DE", "")],
)
def test_a_market_without_law_is_said_to_be_so(market: str, said: str) -> None:
    notes = market_notes(country(market), MarketLaw.from_pack(market_pack(market)))
    assert bool(notes) == bool(said)
    assert all(said in note for note in notes)


def test_the_command_says_that_a_code_is_of_no_country(tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_text(TEXT)
    arguments = ["build", str(tmp_path / "a.osm"), "--market", "XX", "--out", str(tmp_path)]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0
    assert "XX is no country" in run.stderr
