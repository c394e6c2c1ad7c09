import pytest

from mapprior.build.known import UNDECIDED, UNKNOWN, UNSURE
from tests.build.osm_text import Built, osm_xml

NODES = {i: (300.0 * (i % 7), 400.0 * (i // 7)) for i in range(1, 30)}


def known(tmp_path, ways, market="DE"):
    built = Built(tmp_path, osm_xml(NODES, ways), market=market)
    return built.report.known, built.report


def flat(by_type):
    return {(t.partition(":")[2], b): round(km, 2) for t, of_type in by_type.items() for b, km in of_type.items()}


def test_kilometres_of_road_by_road_type_and_basis(tmp_path):
    """A road of two directions counts once, half of it for each; each way here is 300 m long."""
    ways = {
        1: ([1, 2], {"highway": "motorway", "maxspeed": "120", "source:maxspeed": "sign"}),
        2: ([2, 3], {"highway": "motorway"}),
        3: ([3, 4], {"highway": "residential", "lit": "yes"}),
        4: ([4, 5], {"highway": "primary", "zone:traffic": "DE:urban", "maxspeed:forward": "50"}),
        5: ([8, 9], {"highway": "tertiary"}),
    }
    found, report = known(tmp_path, ways)
    assert flat(found.tagged_km) == {
        ("motorway", "signed"): 0.3,
        ("motorway", UNKNOWN): 0.3,
        ("urban", "tagged"): 0.15,
        ("urban", UNKNOWN): 0.45,
        ("rural", UNKNOWN): 0.3,
    }
    assert flat(found.with_law_km) == {
        ("motorway", "signed"): 0.3,
        ("motorway", "law_default"): 0.3,
        ("urban", "tagged"): 0.15,
        ("urban", "inferred"): 0.3,
        ("urban", "law_default"): 0.15,
        ("rural", UNSURE): 0.3,
    }
    assert found.share(found.tagged_km) == pytest.approx(0.45 / 1.5, abs=0.001)
    assert found.share(found.with_law_km) == 1.0
    assert report.as_json()["known_limits"]["share_with_law"] == 1.0
    assert sum(flat(found.tagged_km).values()) == pytest.approx(report.counts["roads_km"], abs=0.01)


def test_without_law_nothing_is_added(tmp_path):
    ways = {1: ([1, 2], {"highway": "primary"}), 2: ([2, 3], {"highway": "primary", "maxspeed": "50"})}
    found, _ = known(tmp_path, ways, "XX")
    assert found.tagged_km == found.with_law_km
    assert found.share(found.with_law_km) == pytest.approx(0.5)


def test_what_the_region_decides_is_undecided_without_it(tmp_path):
    """In Great Britain the limit of a restricted road depends on the nation."""
    found, _ = known(tmp_path, {1: ([1, 2], {"highway": "residential", "lit": "yes"})}, "GB")
    assert [basis for _, basis in flat(found.with_law_km)] == [UNDECIDED]
    assert found.share(found.with_law_km) == 0.0
