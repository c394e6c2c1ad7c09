"""Every real extract builds, and what was built reads back. `pytest -m extracts tests/build`."""

import os
import re
from pathlib import Path

import pytest

from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.market.countries import driving_side
from mapprior.tile.profile_check import READS, profile_problems
from mapprior.tile.store import open_markets

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
INDEX = DATA / "INDEX.md"
ROW = re.compile(r"^\| `(osm/[^`]+)` \| \d+ \| ([A-Z]{2}) ", re.MULTILINE)
EXTRACTS = ROW.findall(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else []
TILES_READ_COUNT = 10  # decoding every link of every tile takes longer than building them

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extracts,
    pytest.mark.skipif(not EXTRACTS, reason=f"no extracts: {INDEX} is not there; set MAPPRIOR_DATA"),
]


@pytest.mark.parametrize(("name", "market"), EXTRACTS or [("none", "ZZ")])
def test_an_extract_builds_and_reads_back(tmp_path, name, market):
    report = build_market(BuildRequest(market=market, out_dir=tmp_path / market, sources=(DATA / name,)))
    counts = report.counts
    assert counts["links"] > 0 and counts["roads_km"] > 1
    refused = sum(len(refusals) for refusals in report.refusals.by_reason.values())
    assert refused < 0.3 * counts["ways_read"]
    store = open_markets([tmp_path / market])
    tiles = sorted(store.datasets[0].tiles)
    assert len(tiles) == counts["tiles"]
    for tile in tiles[:: len(tiles) // TILES_READ_COUNT + 1]:
        roads, lanes, profiles = store.read_road(tile), store.read_lanes(tile), store.read_profiles(tile)
        assert roads is not None
        if profiles is not None:
            found = [
                y for x in READS for i in profiles.link_indexes(x) for y in profile_problems(profiles, x, i, roads)
            ]
            assert found == []
        for index in range(roads.link_count):
            link = roads.link(index)
            roads.limits(index)
            found = lanes.lanes(index) if lanes is not None else None
            if found is not None:
                _check_side(link, found, driving_side(market))


def _check_side(link, lanes, side):
    """On a two-way road longer than its lanes are wide, own lanes lie on the market's side on the whole."""
    if link.twin_id is None or link.line.length_m < 60 or link.start_node == link.end_node:
        return
    own = [x for x in lanes.sections[0].lanes if x.lane_type != 4]
    centre = own[len(own) // 2].centre_line
    middle = centre.lat_lon_e7_at(centre.length_m / 2)
    lateral_m = link.line.project(*link.line.frame.xy_m(lat_e7=middle[0], lon_e7=middle[1])).lateral_m
    if len({x.lane_id for x in lanes.sections[0].lanes}) > 1:
        assert lateral_m < 5.0 if side == "right" else lateral_m > -5.0
