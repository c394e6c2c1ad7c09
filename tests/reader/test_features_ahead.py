"""What stands along the road: distances, tunnels over several links, names that stay."""

from dataclasses import replace
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.events import Open, RouteEvent
from mapprior.model.link import Link
from mapprior.model.profile import FeatureKind, LinkCarriageway, LinkFeature, Surface
from mapprior.model.provenance import Basis
from mapprior.reader.features import FeatureAhead
from mapprior.reader.reconstructor import Reconstructor
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import DrawnProfiles
from tests.horizon.held import ROAD, HeldLink, one_path
from tests.horizon.pair import Pair

LIGHT = LinkFeature(FeatureKind.TRAFFIC_LIGHT, 800, 800, Basis.TAGGED, 900)
TUNNEL = LinkFeature(FeatureKind.TUNNEL, 0, 1000, Basis.TAGGED, 950, name="Long")


def ahead(
    client: Reconstructor, length_m: float = 100.0, travelled_m: float = 0.0, **more: object
) -> tuple[FeatureAhead, ...]:
    answer = client.features_ahead(length_m, travelled_m=travelled_m, **more)  # type: ignore[arg-type]
    assert answer is not None
    return answer.value


def test_a_tunnel_over_several_links_is_one() -> None:
    begins = replace(TUNNEL, start_cm=300)
    unsure = replace(TUNNEL, basis=Basis.INFERRED, confidence_permille=500)
    client = one_path(
        HeldLink(1, 1000, features=(begins,)),
        HeldLink(2, 1000, features=(unsure, LIGHT)),
        HeldLink(3, 1000, features=(replace(TUNNEL, end_cm=400),)),
    )
    tunnel, light = ahead(client)
    assert (tunnel.kind, tunnel.distance_m, tunnel.end_m) == (FeatureKind.TUNNEL, 3.0, 24.0)
    assert (tunnel.basis, tunnel.confidence_permille) == (Basis.INFERRED, 500)
    assert (light.distance_m, light.end_m) == (18.0, 18.0)
    inside, _ = ahead(client, travelled_m=10.0)
    assert (inside.distance_m, inside.end_m, inside.feature_id) == (0.0, 14.0, tunnel.feature_id)
    assert ahead(client, travelled_m=24.01) == ()


def test_two_tunnels_stay_two() -> None:
    named = one_path(
        HeldLink(1, 1000, features=(TUNNEL,)), HeldLink(2, 1000, features=(replace(TUNNEL, name="Other"),))
    )
    assert [(x.distance_m, x.end_m) for x in ahead(named)] == [(0.0, 10.0), (10.0, 20.0)]
    apart = one_path(HeldLink(1, 1000, features=(replace(TUNNEL, end_cm=900),)), HeldLink(2, 1000, features=(TUNNEL,)))
    assert [(x.distance_m, x.end_m) for x in ahead(apart)] == [(0.0, 9.0), (10.0, 20.0)]
    missing = one_path(HeldLink(1, 1000, features=(TUNNEL,)), HeldLink(2, 1000), HeldLink(3, 1000, features=(TUNNEL,)))
    assert len(ahead(missing)) == 2


def test_kinds_and_length() -> None:
    bump = replace(LIGHT, kind=FeatureKind.SPEED_BUMP, start_cm=100, end_cm=100)
    client = one_path(HeldLink(1, 1000, features=(bump, LIGHT)))
    assert [x.kind for x in ahead(client, kinds={FeatureKind.SPEED_BUMP})] == [FeatureKind.SPEED_BUMP]
    assert [x.kind for x in ahead(client, 8.0)] == [FeatureKind.SPEED_BUMP, FeatureKind.TRAFFIC_LIGHT]
    assert [x.kind for x in ahead(client, 7.99)] == [FeatureKind.SPEED_BUMP]


spots = st.lists(st.tuples(st.sampled_from(FeatureKind), st.integers(0, 1000), st.integers(0, 300)), max_size=4)


@given(st.tuples(spots, spots, spots), st.integers(0, 3000))
def test_driving_on_moves_distances_and_keeps_names(
    road: tuple[list[tuple[FeatureKind, int, int]], ...], driven_cm: int
) -> None:
    links = []
    for i, rows in enumerate(road):
        found = [LinkFeature(kind, a, min(1000, a + b), Basis.TAGGED, 900) for kind, a, b in rows]
        found.sort(key=lambda x: (x.start_cm, x.kind))
        links.append(HeldLink(i + 1, 1000, features=tuple(found), road=ROAD))
    client = one_path(*links)
    before = {x.feature_id: x for x in ahead(client)}
    after = {x.feature_id: x for x in ahead(client, travelled_m=driven_cm / 100)}
    assert len(before) == len(ahead(client))
    assert after.keys() == {k for k, x in before.items() if round(x.end_m * 100) >= driven_cm}
    for key, x in after.items():
        assert round(x.distance_m * 100) == max(0, round(before[key].distance_m * 100) - driven_cm)
        assert x.feature == before[key].feature


RING = """
A----B----E
|    |
D----C
"""


def twice_around() -> Drawn:
    """A block with a bump in the middle of each side."""

    def bumps(_: str, link: Link) -> DrawnProfiles:
        at_cm = link.length_cm // 2
        return DrawnProfiles(
            carriageway=LinkCarriageway(surface=Surface.ASPHALT, surface_basis=Basis.TAGGED),
            features=(LinkFeature(FeatureKind.SPEED_BUMP, at_cm, at_cm, Basis.TAGGED, 950),),
        )

    return draw(RING, ways={"ABCDA": {"oneway": True}, "BE": {}}, grid_m=30.0, profiles=bumps)


ROUND: Final = "ABCDABCDABE"


def on_the_way(ring: Drawn) -> Pair:
    pair = Pair(ring, Open(horizon_length_m=1000, trailing_length_m=30))
    pair.send(RouteEvent(tuple(ring.links(ROUND))))
    return pair


def test_what_is_passed_twice_has_a_name_for_each_pass() -> None:
    """A route twice around a block: also once the first pass lies behind and is erased, the second keeps its name."""
    ring = twice_around()
    pair = on_the_way(ring)
    told: dict[str, list[float]] = {}
    for pose in ring.poses(ROUND, speed_mps=10.0, rate_hz=2.0):
        pair.pose(pose)
        pair.pump()
        found = ahead(pair.reconstructor, 1000.0)
        assert len({x.feature_id for x in found}) == len(found)
        for x in found:
            told.setdefault(x.feature_id, []).append(x.distance_m)
    assert len(told) == len("ABCDABCDAB")
    assert all(distances == sorted(distances, reverse=True) for distances in told.values())


@settings(max_examples=20)
@given(st.sets(st.integers(1, 200)))
def test_a_pass_keeps_its_name_when_updates_are_lost(lost: set[int]) -> None:
    """Whatever is lost before a snapshot is asked for: names are those of a client that lost nothing."""
    ring = twice_around()
    whole, torn = on_the_way(ring), on_the_way(ring)
    for i, pose in enumerate(ring.poses(ROUND, speed_mps=10.0, rate_hz=2.0)):
        for pair in (whole, torn):
            pair.pose(pose)
        if i in lost:
            torn.take()
            torn.line.clear()
        whole.pump()
        torn.pump()
        if torn.reconstructor.needs_resync:
            torn.resync()
            torn.pump()
        if torn.reconstructor.pose_time_us == whole.reconstructor.pose_time_us:
            assert ahead(torn.reconstructor, 1000.0) == ahead(whole.reconstructor, 1000.0)
    torn.resync()
    torn.pump()
    assert ahead(torn.reconstructor, 1000.0) == ahead(whole.reconstructor, 1000.0)


def test_in_a_new_call_passes_count_anew_where_nothing_tells_them() -> None:
    """The ids of paths mean others there."""
    ring = twice_around()
    pair = on_the_way(ring)
    for i, pose in enumerate(ring.poses(ROUND, speed_mps=10.0, rate_hz=2.0)):
        if i == 100:  # past the first round
            pair.resume()
        pair.pose(pose)
        pair.pump()
        if i == 99:
            assert pair.reconstructor.passes
        if i == 100:
            assert not pair.reconstructor.passes
