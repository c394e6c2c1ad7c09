"""What a process remembers of the names that it has hashed: nothing by which a drive could be told when it is over."""

from mapprior.horizon.digest import bytes_digest, limit_hash, name_digest, text_digest
from mapprior.horizon.items import WorkZonePlacement
from mapprior.model.ids import PathId
from mapprior.model.limit import EffectiveLimit, LimitKind, SpeedUnit
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import WorkZoneState


def hashed(number: int) -> None:
    """A limit of one road, and a work zone on it."""
    kind, unit, basis = LimitKind.LIMITED, SpeedUnit.KMH, Basis.TAGGED
    answer = EffectiveLimit(kind, 50_000, unit, 13_889, basis, 900, True, (), "50", "", work_zone_id=f"zone {number}")
    limit_hash(PathId(1), 0, 100, answer, f"osm:way/{number}:1-2:0:+")
    WorkZonePlacement(PathId(1), f"zone {number}", 0, 100, WorkZoneState.ACTIVE, 900, False).hash64()


def test_roads_and_work_zones_are_not_remembered() -> None:
    hashed(0)
    before = text_digest.cache_info().currsize
    for number in range(1, 20):
        hashed(number)
    assert text_digest.cache_info().currsize == before


def test_both_digests_are_of_the_same_bytes() -> None:
    for text in ("", "a", "osm:way/17:3-4:0:+", "Düsseldorf"):
        assert text_digest(text) == name_digest(text) == bytes_digest(text.encode())
