"""Layer L1 from tile to client: content once for both directions, coverage by what it rests on."""

from dataclasses import replace

import pytest

from mapprior.horizon.events import Open, PoseEvent
from mapprior.horizon.items import Content, CoverageState, Update
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.pose import Pose
from mapprior.model.profile import SHARED_GROUPS, LinkCarriageway, LinkCurvature, LinkFeatures, Surface
from mapprior.model.provenance import LAYER_GROUPS, Basis, Layer, ProfileGroup
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import DrawnProfiles, curved_only, straight
from tests.horizon.pair import Pair

STREET = "A----B----C----D----E----F"
OPENED = Open(
    horizon_length_m=400,
    trailing_length_m=100,
    stub_length_m=100,
    layers=frozenset((Layer.L0, Layer.L1, Layer.L2)),
)
TAGGED = LinkCarriageway(surface=Surface.ASPHALT, surface_basis=Basis.TAGGED, surface_raw="asphalt")


def street_profiles(letters: str, link: Link) -> DrawnProfiles:
    """Of A-B all there can be, of B-C what the line gives, of C-D nothing, of D-E what was tagged one way only."""
    if letters in ("AB", "BA"):
        return straight(letters, link)
    if letters in ("CD", "DC"):
        return DrawnProfiles()
    return replace(curved_only(letters, link), carriageway=TAGGED if letters == "DE" else None)


@pytest.fixture(scope="module")
def street() -> Drawn:
    ways = {"AB": {"tunnel": True, "lanes": 1, "maxspeed_kmh": 50}}
    return draw(STREET, ways=ways, grid_m=30.0, profiles=street_profiles)


def sent(updates: list[Update], *groups: ProfileGroup) -> list[tuple[ProfileGroup, LinkId]]:
    """What content of these groups went out, in order."""
    items = [x for update in updates for x in update.items if isinstance(x, Content)]
    return [(x.encoded.group, x.encoded.link_id) for x in items if x.encoded.group in groups]


def test_the_client_holds_what_the_tile_has(street: Drawn) -> None:
    pair = Pair(street, OPENED)
    pair.drive(street.poses("ABC")[:3])
    held = pair.reconstructor.state.contents.values()
    for link in pair.root.links:
        for group in LAYER_GROUPS[Layer.L1]:
            content = street.network.content(link.link_id, group)
            assert content is None or any(x.encoded == content for x in held)
    ab = street.link("AB").link_id
    reconstructor = pair.reconstructor
    assert isinstance(reconstructor._content(ProfileGroup.CARRIAGEWAY, ab), LinkCarriageway)
    assert isinstance(reconstructor._content(ProfileGroup.FEATURE, ab), LinkFeatures)
    owner = street.link("AB").geometry_link_id
    assert isinstance(reconstructor._content(ProfileGroup.CURVATURE, owner), LinkCurvature)


def test_driven_back_nothing_shared_is_sent_again(street: Drawn) -> None:
    pair = Pair(street, OPENED)
    poses = street.poses("ABCDEF")
    there = pair.drive(poses)
    first = sent(there, *SHARED_GROUPS)
    assert len(first) == len(set(first)) == 4  # of five roads C-D has none
    back = pair.drive(street.poses("FEDCBA", start_time_us=poses[-1].pose_time_us + 1_000_000))
    assert pair.letters().endswith("BA")
    assert sent(back, *SHARED_GROUPS) == []
    own = sent(back, ProfileGroup.CARRIAGEWAY, ProfileGroup.FEATURE)
    assert {x for _, x in own} == {street.link("BA").link_id}


def test_coverage_says_what_the_values_rest_on(street: Drawn) -> None:
    pair = Pair(street, OPENED)
    pair.drive(street.poses("ABC")[:3])
    assert states(pair) == {
        "AB": CoverageState.PRESENT,  # the tunnel
        "BC": CoverageState.DERIVED,
        "CD": CoverageState.ABSENT,
        "DE": CoverageState.PRESENT,
    }
    pair = Pair(street, OPENED)
    pair.drive(street.poses("FEDCBA")[:3])
    assert states(pair)["ED"] is CoverageState.DERIVED  # the surface was tagged for the other direction


def test_one_merged_span_where_links_say_the_same() -> None:
    drawn = draw(STREET, grid_m=30.0, profiles=curved_only)
    pair = Pair(drawn, OPENED)
    pair.drive(drawn.poses("ABC")[:3])
    (span,) = [x for x in pair.root.coverage if x.layer is Layer.L1]
    assert (span.state, span.end_offset_cm) == (CoverageState.DERIVED, pair.root.path.end_offset_cm)


@pytest.mark.parametrize("basis", [Basis.LAW_DEFAULT, Basis.INFERRED, Basis.SIGNED, Basis.SURVEYED])
def test_a_guess_or_the_law_is_not_called_present(basis: Basis) -> None:
    paved = DrawnProfiles(carriageway=replace(TAGGED, surface_basis=basis))
    drawn = draw("A----B", profiles=lambda _letters, _link: paved)
    pair = Pair(drawn, OPENED)
    pair.drive(drawn.poses("AB")[:3])
    computed = basis in (Basis.LAW_DEFAULT, Basis.INFERRED)
    assert states(pair) == {"AB": CoverageState.DERIVED if computed else CoverageState.PRESENT}


def test_a_tile_that_is_late_damaged_or_not_asked_for(street: Drawn) -> None:
    pose = street.poses("ABC")[0]
    (tile,) = street.profile_tiles
    pair = Pair(street, OPENED, tiles=False)
    at(pair, pose)
    pair.serve(layer=Layer.L0)
    pair.pump()
    assert set(states(pair).values()) == {CoverageState.NOT_LOADED}
    assert not sent(pair.updates, *LAYER_GROUPS[Layer.L1])
    pair.serve()
    pair.pump()
    assert states(pair)["BC"] is CoverageState.DERIVED and sent(pair.updates, ProfileGroup.CURVATURE)

    pair = Pair(street, OPENED)
    pair.failing = {(Layer.L1, tile): "L1.pmtiles: the checksum does not fit"}
    at(pair, pose)
    pair.pump()
    assert set(states(pair).values()) == {CoverageState.FAILED}
    assert "checksum" in pair.reconstructor.health.reason
    assert {x.reason for x in pair.root.coverage if x.layer is Layer.L1} == {"L1.pmtiles: the checksum does not fit"}

    pair = Pair(street, replace(OPENED, layers=frozenset((Layer.L0, Layer.L2))))
    at(pair, pose)
    pair.pump()
    assert set(states(pair).values()) == {CoverageState.NOT_SUBSCRIBED}
    assert not sent(pair.updates, *LAYER_GROUPS[Layer.L1])
    assert not pair.session._network.profile_tiles


def at(pair: Pair, pose: Pose) -> None:
    pair.now_us += 100_000
    pair.send(PoseEvent(pose))


def states(pair: Pair) -> dict[str, CoverageState]:
    """Coverage of L1 on the root, link by link."""
    names = {v: k for k, v in pair.drawn.link_ids.items()}
    spans = [x for x in pair.root.coverage if x.layer is Layer.L1]
    found = {}
    for link in pair.root.links:
        (state,) = {
            x.state for x in spans if x.start_offset_cm < link.end_offset_cm and x.end_offset_cm > link.start_offset_cm
        }
        found[names[link.link_id]] = state
    return found
