"""Laws of layer L1's messages: what goes in comes out; what is out of range or has no basis neither."""

from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import TileError
from mapprior.horizon.digest import bytes_digest
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.profile import (
    FeatureKind,
    JunctionKind,
    LinkCarriageway,
    LinkCurvature,
    LinkElevation,
    LinkFeature,
    LinkFeatures,
    Permission,
    Separation,
    Surface,
    Toll,
)
from mapprior.model.provenance import Basis, ProfileGroup
from mapprior.tile import codec
from mapprior.tile import profile_codec as profiles
from mapprior.v1 import profile_pb2
from tests.tile.profile_contents import carriageways, curvatures, elevations, features

ENCODERS: dict[ProfileGroup, Callable[[Any], bytes]] = {
    ProfileGroup.CURVATURE: profiles.encode_curvature,
    ProfileGroup.ELEVATION: profiles.encode_elevation,
    ProfileGroup.CARRIAGEWAY: profiles.encode_carriageway,
    ProfileGroup.FEATURE: profiles.encode_features,
}
CONTENTS = st.one_of(
    st.tuples(st.just(ProfileGroup.CURVATURE), curvatures()),
    st.tuples(st.just(ProfileGroup.ELEVATION), elevations()),
    st.tuples(st.just(ProfileGroup.CARRIAGEWAY), carriageways),
    st.tuples(st.just(ProfileGroup.FEATURE), features()),
)
CURVATURE = LinkCurvature(Basis.DERIVED, (0, 500), (0, 10), (1, 1), (3142, -3142), (0, 0), 5)
ELEVATION = LinkElevation(Basis.SURVEYED, (0, 100_000), (-100_000, 1_000_000), (1, 1), (-10_000, 10_000), (2, 2))
FEATURE = LinkFeature(FeatureKind.STOP, 100, 100, Basis.TAGGED, 1000)


def decoded(group: ProfileGroup, payload: bytes) -> object:
    return codec.decode_content(EncodedContent(group, LinkId(1), bytes_digest(payload), payload))


@settings(deadline=None)
@given(CONTENTS)
def test_content_comes_back_exactly(content: tuple[ProfileGroup, Any]) -> None:
    group, value = content
    payload = ENCODERS[group](value)
    assert decoded(group, payload) == value
    assert payload == ENCODERS[group](value)


@settings(deadline=None)
@given(curvatures(), elevations())
def test_there_and_back_is_as_before(curvature: LinkCurvature, elevation: LinkElevation) -> None:
    """And what is turned round is content as well."""
    assert elevation.reversed().reversed() == elevation
    again = curvature.reversed().reversed()
    turned = tuple(x if abs(x) < 3142 else y for x, y in zip(again.heading_mrad, curvature.heading_mrad, strict=True))
    assert replace(again, heading_mrad=turned) == curvature  # -3142 and 3142 are one direction
    for group, value in ((ProfileGroup.CURVATURE, curvature), (ProfileGroup.ELEVATION, elevation)):
        assert decoded(group, ENCODERS[group](value.reversed())) == value.reversed()


@settings(deadline=None)
@given(CONTENTS, st.data())
def test_a_changed_byte_is_refused_or_is_other_content(content: tuple[ProfileGroup, Any], data: st.DataObject) -> None:
    group, value = content
    payload = bytearray(ENCODERS[group](value))
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = decoded(group, bytes(payload))
    except TileError as error:
        assert str(error).startswith(f"{group.name} content")
        return
    assert ENCODERS[group](read)  # within every range


def out_of_range() -> list[tuple[ProfileGroup, Any, str]]:
    """One step beyond each range, each list of another length, each value without basis."""
    c, e = CURVATURE, ELEVATION
    curvature: list[tuple[Any, str]] = [
        (replace(c, points_cm=(0, 100_001)), "points_cm"),
        (replace(c, points_cm=(1, 500)), "the first at 0"),
        (replace(c, points_cm=(0,)), "two or more"),
        (replace(c, points_cm=(0, 0)), "ascend"),
        (replace(c, basis=Basis.UNKNOWN), "no basis"),
        (replace(c, chord_error_max_cm=10_001), "chord_error"),
    ]
    ranges = (("curvature_e6_per_m", -1_000_000, 1_000_000), ("curvature_sigma_e6_per_m", 0, 1_000_000))
    for name, low, high in (*ranges, ("heading_mrad", -3142, 3142), ("heading_sigma_mrad", 0, 3142)):
        beyond = [(0, high + 1), (0,), (0, 0, 0), (), *([(low - 1, 0)] if low else [])]
        curvature += [(replace(c, **{name: x}), name) for x in beyond]
    elevation: list[tuple[Any, str]] = [
        (replace(e, elevation_cm=(), elevation_sigma_cm=(), slope_e4=(), slope_sigma_e4=()), "neither"),
        (replace(e, elevation_cm=(0, 1_000_001)), "elevation"),
        (replace(e, elevation_cm=(-100_001, 0)), "elevation"),
        (replace(e, elevation_cm=(0,)), "elevation"),
        (replace(e, elevation_cm=()), "elevation"),
        (replace(e, elevation_sigma_cm=(0, 100_001)), "sigma of elevation"),
        (replace(e, slope_e4=(0, 10_001)), "slope"),
        (replace(e, slope_e4=(-10_001, 0)), "slope"),
        (replace(e, slope_e4=()), "slope"),
        (replace(e, slope_sigma_e4=(0, 10_001)), "sigma of slope"),
        (replace(e, basis=Basis.UNKNOWN), "no basis"),
        (replace(e, slope_basis=Basis.UNKNOWN), "slope has no basis"),
        (replace(e, points_cm=(0, 100_001)), "points_cm"),
    ]
    carriageway: list[tuple[Any, str]] = [
        (LinkCarriageway(lanes_count=33, lanes_basis=Basis.TAGGED), "lanes_count"),
        (LinkCarriageway(lanes_count=1), "lanes_count has no basis"),
        (LinkCarriageway(separation=Separation.NONE), "separation has no basis"),
        (LinkCarriageway(pedestrians=Permission.ALLOWED), "pedestrians has no basis"),
        (LinkCarriageway(bicycles=Permission.PROHIBITED), "bicycles has no basis"),
        (LinkCarriageway(surface=Surface.METAL), "surface has no basis"),
        (LinkCarriageway(toll=Toll.NO), "toll has no basis"),
    ]
    feature: list[tuple[Any, str]] = [
        (LinkFeatures(()), "no feature"),
        (LinkFeatures((FEATURE, replace(FEATURE, start_cm=99))), "stands after"),
        (LinkFeatures((FEATURE, replace(FEATURE, kind=FeatureKind.TRAFFIC_LIGHT))), "stands after"),
        *(
            (LinkFeatures((replace(FEATURE, **change),)), what)
            for change, what in (
                ({"start_cm": 100_001, "end_cm": 100_001}, "start_cm"),
                ({"end_cm": 99}, "end_cm"),
                ({"end_cm": 100_001}, "end_cm"),
                ({"confidence_permille": 1001}, "confidence"),
                ({"place_sigma_cm": 100_001}, "place_sigma"),
                ({"extent_cm": 10_000_001, "extent_basis": Basis.TAGGED}, "extent"),
                ({"extent_cm": 1, "extent_basis": Basis.UNKNOWN}, "extent of STOP has no basis"),
                ({"extent_sigma_cm": 10_000_001}, "extent_sigma"),
                ({"extent_sigma_cm": 1}, "not known"),
                ({"extent_basis": Basis.TAGGED}, "not known"),
                ({"basis": Basis.UNKNOWN}, "no basis"),
                ({"junction": JunctionKind.ROUNDABOUT}, "ROUNDABOUT of a STOP"),
            )
        ),
    ]
    lists = (curvature, elevation, carriageway, feature)
    return [(group, value, what) for group, cases in zip(ENCODERS, lists, strict=True) for value, what in cases]


@pytest.mark.parametrize(("group", "value", "what"), out_of_range())
def test_what_readers_would_refuse_is_not_written(group: ProfileGroup, value: object, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        ENCODERS[group](value)


@pytest.mark.parametrize(("group", "value", "what"), out_of_range())
def test_and_is_refused_where_another_wrote_it(group: ProfileGroup, value: Any, what: str) -> None:
    with pytest.raises(TileError, match=f"{group.name} content: .*{what}"):
        decoded(group, unchecked(group, value))


def unchecked(group: ProfileGroup, value: Any) -> bytes:
    """The message of any object, sound or not."""
    kinds: dict[ProfileGroup, Any] = {
        ProfileGroup.CURVATURE: profile_pb2.LinkCurvature,
        ProfileGroup.ELEVATION: profile_pb2.LinkElevation,
        ProfileGroup.CARRIAGEWAY: profile_pb2.LinkCarriageway,
    }
    if group is ProfileGroup.FEATURE:
        of_links = [profile_pb2.LinkFeature(**plain(x)) for x in value.features]
        return profile_pb2.LinkFeatures(features=of_links).SerializeToString()
    found: bytes = kinds[group](**plain(value)).SerializeToString()
    return found


def plain(value: Any) -> dict[str, Any]:
    named = {x.name: getattr(value, x.name) for x in fields(value) if getattr(value, x.name) is not None}
    points_cm = named.pop("points_cm", None)
    if points_cm is not None:
        named["points_delta_cm"] = [points_cm[0], *(b - a for a, b in pairwise(points_cm))]
    return named


def test_an_extent_of_earlier_builds_was_measured_along_the_map() -> None:
    """They wrote no basis of it; it is read as DERIVED, and as that it is written again."""
    length = replace(FEATURE, extent_cm=500, extent_basis=Basis.DERIVED)
    message = profile_pb2.LinkFeatures.FromString(profiles.encode_features(LinkFeatures((length,))))
    message.features[0].ClearField("extent_basis")
    assert decoded(ProfileGroup.FEATURE, message.SerializeToString()) == LinkFeatures((length,))


def test_an_enum_value_of_the_future_is_refused_not_guessed() -> None:
    message = profile_pb2.LinkFeatures.FromString(profiles.encode_features(LinkFeatures((FEATURE,))))
    message.features[0].kind = 99  # type: ignore[assignment]
    with pytest.raises(TileError, match="FeatureKind"):
        decoded(ProfileGroup.FEATURE, message.SerializeToString())
    with pytest.raises(TileError, match="Basis"):
        decoded(ProfileGroup.CARRIAGEWAY, b"")
