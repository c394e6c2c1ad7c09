"""Layer L1 of real extracts against the raw tags of the same file. `pytest -m extracts tests/build`."""

from collections import Counter, defaultdict
from pathlib import Path

import osmium
import pytest

from mapprior.build.pipeline import build_market
from mapprior.build.request import BuildRequest
from mapprior.geo.frame import distance_m
from mapprior.model.profile import FeatureKind, JunctionKind
from mapprior.model.provenance import Basis
from mapprior.tile.store import open_markets
from tests.build.test_extracts import DATA, EXTRACTS, INDEX

HEIDELBERG = ("openrouteservice/heidelberg.test.osm.pbf", "DE")
ZURICH = ("zurich/zurich.osm", "CH")
OSLO = ("otp/oslo-east-filtered.osm.pbf", "NO")
MONACO = ("pypi-quackosm/monaco.osm.pbf", "MC")
CELL_E7 = 20_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extracts,
    pytest.mark.skipif(not EXTRACTS, reason=f"no extracts: {INDEX} is not there; set MAPPRIOR_DATA"),
]


class Extract:
    """Features of a built extract with their places, and the tagged nodes of the ways that were used."""

    def __init__(self, directory: Path, name: str, market: str) -> None:
        path = DATA / "osm" / name
        self.report = build_market(BuildRequest(market=market, out_dir=directory / market, sources=(path,)))
        self.places = defaultdict(list)
        self.features = defaultdict(list)
        ways = set()
        store = open_markets([directory / market])
        for tile in sorted(store.datasets[0].tiles):
            roads, profiles = store.read_road(tile), store.read_profiles(tile)
            for index in range(roads.link_count):
                link = roads.link(index)
                ways.add(int(link.stable_ref.split("/")[1].split(":")[0]))
                found = profiles.features(index) if profiles is not None else None
                for x in () if found is None else found.features:
                    lat, lon = link.line.lat_lon_e7_at(x.start_cm / 100)
                    self.places[x.kind, lat // CELL_E7, lon // CELL_E7].append((lat, lon))
                    self.features[x.kind].append((link, x))
        self.arrivals = Counter()  # ways that come to a node
        on_roads = set()
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
            if way.id in ways:
                refs = [n.ref for n in way.nodes]
                on_roads.update(refs)
                self.arrivals.update(refs[1:])
        self.nodes = {
            n.id: (dict(n.tags), n.location.y, n.location.x)
            for n in osmium.FileProcessor(str(path), osmium.osm.NODE)
            if len(n.tags) and n.id in on_roads
        }

    def has(self, kind, lat, lon, within_m):
        row, column = lat // CELL_E7, lon // CELL_E7
        return any(
            distance_m(lat_a_e7=lat, lon_a_e7=lon, lat_b_e7=a, lon_b_e7=b) <= within_m
            for r in (row - 1, row, row + 1)
            for c in (column - 1, column, column + 1)
            for a, b in self.places.get((kind, r, c), ())
        )

    def without(self, kind, tagged, within_m):
        """Nodes of a sort with no feature near, and the number of all of them."""
        nodes = [(n, lat, lon) for n, (tags, lat, lon) in self.nodes.items() if tagged(tags)]
        return [n for n, lat, lon in nodes if not self.has(kind, lat, lon, within_m)], len(nodes)


@pytest.fixture(scope="module", params=[HEIDELBERG, ZURICH, OSLO, MONACO], ids=lambda x: x[1])
def extract(request, tmp_path_factory):
    return Extract(tmp_path_factory.mktemp("extract"), *request.param)


def words(tags, key):
    return tags.get(key, "").split(";")


def test_every_light_on_a_road_is_a_feature(extract):
    """Within 45 m: of a light on a junction and one before it on each way in, the one before counts."""
    missing, count = extract.without(
        FeatureKind.TRAFFIC_LIGHT, lambda tags: "traffic_signals" in words(tags, "highway"), 45.0
    )
    assert not missing and count > 10
    tagged = [x for _, x in extract.features[FeatureKind.TRAFFIC_LIGHT] if x.raw.startswith("highway=")]
    assert count <= len(tagged) <= 4 * count


def is_crossing(tags):
    return "crossing" in words(tags, "highway") and tags.get("crossing") != "no"


@pytest.mark.parametrize(
    ("kind", "tagged", "within_m"),
    [
        (FeatureKind.STOP, lambda tags: "stop" in words(tags, "highway"), 10.0),
        (FeatureKind.GIVE_WAY, lambda tags: "give_way" in words(tags, "highway"), 10.0),
        (FeatureKind.RAIL_CROSSING, lambda tags: tags.get("railway") == "level_crossing", 1.0),
        (FeatureKind.PEDESTRIAN_CROSSING, is_crossing, 1.0),
        (FeatureKind.SPEED_BUMP, lambda tags: tags.get("traffic_calming") in ("bump", "hump", "table"), 1.0),
        (FeatureKind.TOLL_STATION, lambda tags: "toll_gantry" in words(tags, "highway"), 1.0),
        (FeatureKind.HAZARD, lambda tags: "hazard" in tags, 1.0),
    ],
    ids=lambda x: x.name if isinstance(x, FeatureKind) else "",
)
def test_every_sign_on_a_road_is_a_feature(extract, kind, tagged, within_m):
    assert extract.without(kind, tagged, within_m)[0] == []


def is_exit(tags):
    return "motorway_junction" in words(tags, "highway")


def test_every_exit_is_a_feature_where_one_road_arrives(extract):
    """Where none does the extract begins, and where two do roads join: nobody leaves there, whatever the node says."""
    missing, _ = extract.without(FeatureKind.EXIT, is_exit, 1.0)
    assert not [n for n in missing if extract.arrivals[n] == 1]


def test_exits_know_their_numbers(extract):
    numbers = {tags["ref"] for tags, _, _ in extract.nodes.values() if is_exit(tags) and "ref" in tags}
    found = {x.number for _, x in extract.features[FeatureKind.EXIT]}
    assert len(numbers - found) <= 3  # at the edge of the extract, as above


def test_roundabouts_are_as_wide_as_roundabouts_are(extract):
    """Some are too small to be believed for a car park's ring; nine of ten lie between 8 and 90 m."""
    found = [x.extent_cm for _, x in extract.features[FeatureKind.JUNCTION] if x.junction is JunctionKind.ROUNDABOUT]
    round_ones = [x for x in found if x]
    assert len(round_ones) >= 0.9 * len(found)
    assert sum(800 <= x <= 9_000 for x in round_ones) >= 0.98 * len(round_ones)


def test_motorways_begin_as_often_as_they_end(extract):
    counts = Counter({kind: len(of_kind) for kind, of_kind in extract.features.items()})
    begins, ends = counts[FeatureKind.MOTORWAY_BEGIN], counts[FeatureKind.MOTORWAY_END]
    assert abs(begins - ends) <= max(4, 0.2 * begins)


# Lengths as published by the road administrations, in metres; what is mapped may begin some metres later.
KNOWN_TUNNELS = {
    "CH": {"Uetlibergtunnel": 4400, "Islisbergtunnel": 4950, "Gubristtunnel": 3270, "Aeschertunnel": 2160},
}


def test_long_tunnels_have_their_known_lengths(extract):
    known = KNOWN_TUNNELS.get(extract.report.market, {})
    found = defaultdict(list)
    for _, x in extract.features[FeatureKind.TUNNEL]:
        found[x.name].append(x.extent_cm / 100)
    for name, length_m in known.items():
        assert all(abs(x - length_m) <= 0.06 * length_m for x in found[name])


def test_a_structure_is_not_shorter_than_its_parts_beyond_doubt(extract):
    for kind in (FeatureKind.TUNNEL, FeatureKind.BRIDGE):
        for _, x in extract.features[kind]:
            doubt_cm = 3 * x.extent_sigma_cm if x.extent_basis is Basis.TAGGED else 0
            assert x.extent_cm + doubt_cm >= x.end_cm - x.start_cm > 0 < x.extent_sigma_cm
