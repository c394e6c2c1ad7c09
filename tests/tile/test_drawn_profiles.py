"""Layer L1 as core code asks for it: in the link's direction, and nothing where nothing is known."""

from dataclasses import replace

import pytest

from mapprior.model.ids import TileId
from mapprior.model.link import Link
from mapprior.model.network import TileState
from mapprior.model.profile import FeatureKind, LinkCarriageway, LinkCurvature, LinkElevation, LinkFeature, Separation
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import DrawnProfiles, straight

PICTURE = """
A----B----C
     |
     D
"""


def hill(letters: str, link: Link) -> DrawnProfiles:
    """A-B climbs and bends to the left; a stop sign only for who drives to B; nothing of B-D."""
    if letters in ("BD", "DB"):
        return DrawnProfiles()
    if letters != "AB":
        return straight(letters, link)
    end_cm = link.length_cm
    return DrawnProfiles(
        curvature=LinkCurvature(Basis.DERIVED, (0, 100, end_cm), (0, 10, 20), (1, 2, 3), (0, 500, 1000), (4, 5, 6), 7),
        elevation=LinkElevation(Basis.TAGGED, (0, end_cm), elevation_cm=(100, 900), slope_e4=(300, 600)),
        features=(LinkFeature(FeatureKind.STOP, end_cm, end_cm, Basis.TAGGED, 900),),
    )


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(PICTURE, profiles=hill)


def test_what_both_directions_share_is_turned_for_the_other(drawn: Drawn) -> None:
    there, back, network = drawn.link("AB"), drawn.link("BA"), drawn.network
    end_cm = there.length_cm
    curvature, other = network.curvature(there.link_id), network.curvature(back.link_id)
    assert curvature == hill("AB", there).curvature
    assert other is not None
    assert other.points_cm == (0, end_cm - 100, end_cm)
    assert (other.curvature_e6_per_m, other.curvature_sigma_e6_per_m) == ((-20, -10, 0), (3, 2, 1))
    assert other.heading_mrad == (1000 - 3142, 500 - 3142, 3142)
    elevation, downhill = network.elevation(there.link_id), network.elevation(back.link_id)
    assert elevation == hill("AB", there).elevation
    assert downhill is not None and (downhill.elevation_cm, downhill.slope_e4) == ((900, 100), (-600, -300))


def test_it_lies_once_under_the_link_that_holds_the_geometry(drawn: Drawn) -> None:
    """Whichever of the two directions the picture tells of."""
    there, back, network = drawn.link("AB"), drawn.link("BA"), drawn.network
    for group in (ProfileGroup.CURVATURE, ProfileGroup.ELEVATION):
        content = network.content(there.link_id, group)
        assert content is not None and content is network.content(back.link_id, group)
        assert content.link_id == there.geometry_link_id == back.geometry_link_id
    backward = draw(PICTURE, profiles=lambda letters, link: hill("AB", link) if letters == "BA" else DrawnProfiles())
    climbs = backward.network.elevation(backward.link("BA").link_id)
    assert climbs is not None and climbs.slope_e4 == (300, 600)


def test_what_belongs_to_one_direction_stays_with_it(drawn: Drawn) -> None:
    there, back, network = drawn.link("AB"), drawn.link("BA"), drawn.network
    features = network.features(there.link_id)
    assert features is not None and [x.kind for x in features.features] == [FeatureKind.STOP]
    assert network.features(back.link_id) is None and network.carriageway(there.link_id) is None
    carriageway = network.carriageway(back.link_id)
    assert carriageway is not None and carriageway.separation is Separation.NONE
    assert network.profile_bases(there.link_id) == {Basis.DERIVED, Basis.TAGGED}
    assert network.profile_bases(back.link_id) == {Basis.DERIVED, Basis.TAGGED, Basis.INFERRED}  # shared: the slope


def test_nothing_is_known_where_there_is_none_or_it_is_not_at_hand(drawn: Drawn) -> None:
    link_id = drawn.link("BD").link_id
    empty = drawn.empty_network()
    for network in (drawn.network, empty):
        assert network.curvature(link_id) is None and network.elevation(link_id) is None
        assert network.carriageway(link_id) is None and network.features(link_id) is None
        assert network.profile_bases(link_id) == frozenset()
        assert network.content(link_id, ProfileGroup.CURVATURE) is None
    (tile,) = drawn.profile_tiles
    assert empty.tile_state(Layer.L1, tile) is TileState.NOT_LOADED
    empty.put(Layer.L1, drawn.profile_tiles[tile])
    assert empty.tile_state(Layer.L1, tile) is TileState.LOADED
    there = drawn.link("AB").link_id
    assert empty.features(there) is not None
    assert empty.curvature(there) is None  # whose geometry it is only the road tile says


def test_without_profiles_there_is_no_such_layer() -> None:
    plain = draw(PICTURE)
    assert not plain.profile_tiles and Layer.L1 not in plain.datasets[0].layers
    tile: TileId = next(iter(plain.road_tiles))
    assert plain.network.tile_state(Layer.L1, tile) is TileState.ABSENT
    assert plain.network.tile_state(Layer.L3, tile) is TileState.ABSENT


def test_features_are_put_in_order() -> None:
    def two(letters: str, link: Link) -> DrawnProfiles:
        light = LinkFeature(FeatureKind.TRAFFIC_LIGHT, 900, 900, Basis.TAGGED, 900)
        return DrawnProfiles(
            carriageway=LinkCarriageway(lanes_count=2, lanes_basis=Basis.TAGGED),
            features=(light, replace(light, kind=FeatureKind.STOP), replace(light, start_cm=5)),
        )

    drawn = draw(PICTURE, profiles=two)
    features = drawn.network.features(drawn.link("AB").link_id)
    assert features is not None
    assert [(x.start_cm, x.kind.name) for x in features.features] == [
        (5, "TRAFFIC_LIGHT"),
        (900, "TRAFFIC_LIGHT"),
        (900, "STOP"),
    ]
