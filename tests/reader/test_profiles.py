"""Laws of profiles: they cover what was asked for, nothing is without basis, and driving on only moves them."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mapprior.geo.units import wrap_rad
from mapprior.model.limit import EffectiveLimit, LimitKind, PostedSpeed, SpeedUnit
from mapprior.model.link import RoadClass
from mapprior.model.profile import (
    Interpolation,
    LinkCarriageway,
    LinkCurvature,
    LinkElevation,
    Permission,
    Separation,
    Surface,
    Toll,
)
from mapprior.model.provenance import Basis, ProfileGroup
from mapprior.reader.profile_kinds import PROFILES, ProfileKind
from mapprior.reader.profiles import ProfileEntry
from mapprior.reader.reconstructor import Reconstructor
from tests.horizon.held import ROAD, HeldLink, HeldPath, Holder, hold, one_path

KINDS = [x for x in ProfileKind if x is not ProfileKind.CURVE_SPEED]
LIMIT = EffectiveLimit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, 13_889, Basis.TAGGED, 800, True, (), "", "")
kinds = st.sampled_from(KINDS)
bases = st.sampled_from([x for x in Basis if x is not Basis.UNKNOWN])
advised = st.builds(PostedSpeed, st.just(40_000), st.just(SpeedUnit.KMH), st.just(""), bases, st.integers(0, 1000))


@st.composite
def curvatures(draw: st.DrawFn, length_cm: int) -> LinkCurvature:
    inner = draw(st.sets(st.integers(1, length_cm - 1), max_size=3))
    points = (0, *sorted(inner), length_cm)

    def many(values: st.SearchStrategy[int]) -> tuple[int, ...]:
        return tuple(draw(st.lists(values, min_size=len(points), max_size=len(points))))

    sigmas = st.integers(0, 5000)
    bends, turns = many(st.integers(-20_000, 20_000)), many(st.integers(-3142, 3142))
    return LinkCurvature(draw(bases), points, bends, many(sigmas), turns, many(sigmas.map(lambda x: x % 300)), 5)


carriageways = st.builds(
    LinkCarriageway,
    lanes_count=st.integers(0, 3),
    lanes_basis=st.sampled_from(Basis),
    separation=st.sampled_from(Separation),
    separation_basis=st.sampled_from((Basis.TAGGED, Basis.INFERRED)),
    pedestrians=st.sampled_from(Permission),
    pedestrians_basis=st.sampled_from((Basis.TAGGED, Basis.LAW_DEFAULT)),
    bicycles=st.sampled_from(Permission),
    bicycles_basis=st.sampled_from((Basis.TAGGED, Basis.LAW_DEFAULT)),
    surface=st.sampled_from((Surface.UNKNOWN, Surface.ASPHALT)),
    surface_basis=bases,
    toll=st.sampled_from(Toll),
    toll_basis=bases,
)


TRUSTED = (None, Basis.TAGGED, Basis.INFERRED)


@st.composite
def links(draw: st.DrawFn, link_id: int) -> HeldLink:
    length_cm = draw(st.integers(100, 50_000))
    elevation = LinkElevation(Basis.DERIVED, (0, length_cm), slope_e4=(draw(st.integers(-900, 900)),) * 2)
    limit = replace(LIMIT, kind=draw(st.sampled_from(LimitKind)), advisory=draw(st.none() | advised))
    return HeldLink(
        link_id,
        length_cm,
        draw(st.none() | curvatures(length_cm)),
        draw(st.none() | st.just(elevation)),
        draw(st.none() | carriageways),
        limit=draw(st.none() | st.just(limit)),
        road=draw(st.none() | st.sampled_from((ROAD, replace(ROAD, tunnel=True, road_class=RoadClass.MOTORWAY)))),
        stored_under=draw(st.sampled_from((0, 100 + link_id))),
    )


roads = st.integers(1, 4).flatmap(lambda n: st.tuples(*(links(i + 1) for i in range(n))))


def asked(
    client: Reconstructor, kind: ProfileKind, length_m: float, travelled_m: float = 0.0
) -> tuple[ProfileEntry, ...]:
    answer = client.profile(kind, length_m, travelled_m=travelled_m)
    assert answer is not None
    return answer.value


def at(entries: tuple[ProfileEntry, ...], place_m: float) -> object:
    """What a profile says at a place; where two entries meet, what the second does."""
    x = next(x for x in entries if x.start_m - 1e-9 <= place_m < x.end_m - 1e-9)
    if not isinstance(x.value, float) or not isinstance(x.end_value, float):
        return x.value, x.basis
    t = (place_m - x.start_m) / (x.end_m - x.start_m)
    return pytest.approx(x.value + t * (x.end_value - x.value), abs=1e-9), x.basis


@given(st.sampled_from(LimitKind), st.sampled_from(Basis), advised, st.sampled_from(("", "works")))
def test_an_advisory_speed_stands_on_its_own_basis(kind: LimitKind, basis: Basis, x: PostedSpeed, zone: str) -> None:
    limit = replace(LIMIT, kind=kind, basis=basis, source="way", work_zone_id=zone, advisory=x)
    (entry,) = asked(one_path(HeldLink(1, 10_000, limit=limit)), ProfileKind.ADVISORY_SPEED, 50.0)
    assert (entry.value, entry.basis, entry.confidence_permille) == (11.111, x.basis, x.confidence_permille)
    assert entry.source == ("" if zone else "way"), "the feed of the works says nothing of what is recommended"


@given(roads, kinds, st.floats(0.5, 3000.0), st.integers(0, 3000))
def test_entries_are_in_order_and_cover_what_was_asked_for(
    road: tuple[HeldLink, ...], kind: ProfileKind, length_m: float, at_cm: int
) -> None:
    length_m = round(length_m, 2)
    entries = asked(one_path(*road, at_cm=at_cm), kind, length_m)
    assert entries[0].start_m == 0.0
    assert entries[-1].end_m == length_m
    for x in entries:
        assert x.start_m < x.end_m
    for a, b in pairwise(entries):
        assert a.end_m == b.start_m


@given(roads, kinds)
def test_no_value_without_basis(road: tuple[HeldLink, ...], kind: ProfileKind) -> None:
    for x in asked(one_path(*road), kind, 3000.0):
        assert x.is_known == (x.value is not None)
        assert x.is_known or (x.end_value, x.sigma, x.confidence_permille, x.source) == (None, None, None, "")
        assert (x.end_value is not None) == (x.is_known and PROFILES[kind].interpolation is Interpolation.LINEAR)


@given(roads, kinds)
def test_equal_neighbours_are_one(road: tuple[HeldLink, ...], kind: ProfileKind) -> None:
    for a, b in pairwise(asked(one_path(*road), kind, 3000.0)):
        if PROFILES[kind].interpolation is Interpolation.STEP or not (a.is_known or b.is_known):
            assert (a.value, a.basis, a.confidence_permille) != (b.value, b.basis, b.confidence_permille)


@given(roads, kinds, st.integers(0, 40_000))
def test_driving_on_only_moves_what_is_ahead(road: tuple[HeldLink, ...], kind: ProfileKind, driven_cm: int) -> None:
    client = one_path(*road)
    before, after = asked(client, kind, 3000.0), asked(client, kind, 3000.0 - driven_cm / 100, driven_cm / 100)
    moved = [replace(x, start_cm=x.start_cm - driven_cm, end_cm=x.end_cm - driven_cm) for x in before]
    kept = [x for x in moved if x.start_m > 1e-6]
    later = [x for x in after if x.start_m > 0.0]
    assert [(x.value, x.end_value, x.sigma, x.basis, x.source) for x in kept] == [
        (x.value, x.end_value, x.sigma, x.basis, x.source) for x in later
    ]
    for a, b in zip(kept, later, strict=True):
        assert (b.start_m, b.end_m) == (pytest.approx(a.start_m, abs=1e-6), pytest.approx(a.end_m, abs=1e-6))
    first = next(x for x in before if x.end_m > driven_cm / 100 + 1e-9)
    if first.end_value is not None and kind is not ProfileKind.HEADING:
        assert at(before, driven_cm / 100) == at(after, 0.0)
    assert after[0].basis is first.basis  # its source may be another: of what is passed nothing counts any more


@given(st.data(), st.integers(200, 20_000))
def test_the_other_direction_is_the_mirror_image(data: st.DataObject, length_cm: int) -> None:
    curvature = data.draw(curvatures(length_cm))
    elevation = LinkElevation(
        Basis.DERIVED, (0, length_cm), (100, 300), (10, 20), (100, -50), slope_basis=data.draw(st.sampled_from(TRUSTED))
    )
    there = one_path(HeldLink(1, length_cm, curvature, elevation))
    back = one_path(HeldLink(2, length_cm, curvature, elevation, stored_under=1))
    for kind, sign in ((ProfileKind.CURVATURE, -1), (ProfileKind.SLOPE, -1), (ProfileKind.ELEVATION, 1)):
        ahead, behind = asked(there, kind, length_cm / 100), asked(back, kind, length_cm / 100)
        assert len(ahead) == len(behind)
        if kind is not ProfileKind.CURVATURE:  # the slope may stand on other than the heights beside it
            slope_basis = elevation.slope_basis or elevation.basis
            assert {x.basis for x in ahead} == {slope_basis if kind is ProfileKind.SLOPE else elevation.basis}
        for x, y in zip(ahead, reversed(behind), strict=True):
            assert isinstance(y.value, float)
            assert isinstance(y.end_value, float)
            assert (x.value, x.end_value) == (sign * y.end_value, sign * y.value)
            assert (x.sigma, x.end_sigma, x.basis) == (y.end_sigma, y.sigma, y.basis)
            assert x.start_m == pytest.approx(length_cm / 100 - y.end_m)


@given(carriageways, kinds, st.integers(1, 999))
def test_where_links_are_cut_does_not_show(carriageway: LinkCarriageway, kind: ProfileKind, cut_cm: int) -> None:
    curve = LinkCurvature(Basis.DERIVED, (0, 1000), (0, 1000), (10, 10), (0, 5), (1, 1), 1)
    whole = one_path(HeldLink(1, 1000, curve, None, carriageway, limit=LIMIT))
    first = replace(curve, points_cm=(0, cut_cm), curvature_e6_per_m=(0, cut_cm), heading_mrad=(0, 5 * cut_cm // 1000))
    second = replace(
        curve,
        points_cm=(0, 1000 - cut_cm),
        curvature_e6_per_m=(cut_cm, 1000),
        heading_mrad=(5 * cut_cm // 1000, 5),
    )
    parts = one_path(
        HeldLink(1, cut_cm, first, None, carriageway, limit=LIMIT),
        HeldLink(2, 1000 - cut_cm, second, None, carriageway, limit=LIMIT),
    )
    one, two = asked(whole, kind, 10.0), asked(parts, kind, 10.0)
    if PROFILES[kind].interpolation is Interpolation.STEP:
        assert [(x.start_m, x.end_m, x.value, x.basis) for x in one] == [
            (x.start_m, x.end_m, x.value, x.basis) for x in two
        ]
    if kind is ProfileKind.CURVATURE:
        for place_m in (0.0, 3.3, cut_cm / 100, 9.9):
            assert at(one, place_m) == at(two, place_m)


@given(roads, roads, kinds)
def test_a_side_path_is_reached_over_its_parent(
    road: tuple[HeldLink, ...], side: tuple[HeldLink, ...], kind: ProfileKind
) -> None:
    """The profile towards a side path is that of a single path over the same links."""
    apart = [replace(x, link_id=x.link_id + 50, stored_under=x.stored_under and x.stored_under + 50) for x in side]
    stem = road[:1]
    branch_cm = sum(x.length_cm for x in stem)
    client = hold(
        HeldPath(1, road), HeldPath(2, apart, parent_path_id=1, offset_on_parent_cm=branch_cm, probability_ppm=1)
    )
    answer = client.profile(kind, 3000.0, path_id=client.state.paths[2].path.path_id, travelled_m=0.5)
    assert answer is not None
    assert answer.value == asked(one_path(*stem, *apart), kind, 3000.0, 0.5)
    past = client.profile(kind, 10.0, path_id=client.state.paths[2].path.path_id, travelled_m=branch_cm / 100 + 0.01)
    assert past is None


def test_content_that_is_replaced_counts_in_both_directions() -> None:
    """What was turned round for the other direction is turned again."""
    bend = LinkCurvature(Basis.DERIVED, (0, 1000), (100, 100), (0, 0), (0, 0), (0, 0), 1)
    holder = Holder()
    client = holder.tell(HeldPath(1, (HeldLink(2, 1000, bend, stored_under=1),)))
    assert [x.value for x in asked(client, ProfileKind.CURVATURE, 10.0)] == [-1e-4]
    holder.replace(ProfileGroup.CURVATURE, 1, replace(bend, curvature_e6_per_m=(300, 300)))
    assert [x.value for x in asked(client, ProfileKind.CURVATURE, 10.0)] == [-3e-4]


def test_unknown_absent_and_zero_are_three_answers() -> None:
    flat = LinkElevation(Basis.SURVEYED, (0, 1000), slope_e4=(0, 0), slope_sigma_e4=(10, 10))
    client = one_path(HeldLink(1, 1000, elevation=flat), HeldLink(2, 1000), HeldLink(3, 1000, road=None))
    level, *rest = asked(client, ProfileKind.SLOPE, 40.0)
    assert (level.value, level.end_value, level.sigma, level.basis) == (0.0, 0.0, 0.001, Basis.SURVEYED)
    assert [(x.start_m, x.end_m, x.value, x.basis) for x in rest] == [(10.0, 40.0, None, Basis.UNKNOWN)]
    tunnel = asked(client, ProfileKind.TUNNEL, 40.0)
    assert [(x.value, x.basis, x.end_m) for x in tunnel] == [(False, Basis.DERIVED, 20.0), (None, Basis.UNKNOWN, 40.0)]


def test_headings_go_the_short_way() -> None:
    curve = LinkCurvature(Basis.DERIVED, (0, 1000), (0, 0), (0, 0), (3100, -3100), (0, 0), 1)
    client = one_path(HeldLink(1, 1000, curve))
    (half,) = asked(client, ProfileKind.HEADING, 5.0, 5.0)
    assert isinstance(half.value, float)
    assert abs(half.value) == pytest.approx(math.pi, abs=1e-3)


@given(st.integers(500, 20_000), st.integers(-120_000, 120_000), st.integers(-120_000, 120_000), st.floats(0.0, 0.95))
@example(18_850, 33_333, 33_333, 0.25)  # once round a circle of 30 m
def test_a_heading_is_the_integral_of_the_curvature(length_cm: int, first_e6: int, last_e6: int, share: float) -> None:
    """Wherever the profile begins, and however far the road turns between two points."""
    length_m = length_cm / 100

    def true_rad(at_m: float) -> float:
        return (first_e6 + (last_e6 - first_e6) * at_m / length_m / 2) / 1e6 * at_m

    end_mrad = round(wrap_rad(true_rad(length_m)) * 1e3)
    curve = LinkCurvature(Basis.DERIVED, (0, length_cm), (first_e6, last_e6), (1, 1), (0, end_mrad), (5, 20), 1)
    start_cm = round(share * length_cm)
    found = asked(
        one_path(HeldLink(1, length_cm, curve), at_cm=start_cm), ProfileKind.HEADING, length_m - start_cm / 100
    )
    for x in found:
        assert isinstance(x.value, float)
        assert isinstance(x.end_value, float)
        half_rad = x.value + wrap_rad(x.end_value - x.value) / 2
        for at_m, heading_rad in ((x.start_m, x.value), ((x.start_m + x.end_m) / 2, half_rad), (x.end_m, x.end_value)):
            assert abs(wrap_rad(heading_rad - true_rad(start_cm / 100 + at_m))) < 0.003


def test_a_value_that_says_no_basis_is_not_told() -> None:
    client = one_path(HeldLink(1, 1000, carriageway=LinkCarriageway(lanes_count=2)))
    assert [x.basis for x in asked(client, ProfileKind.LANE_COUNT, 10.0)] == [Basis.UNKNOWN]


def test_curve_speed_wants_to_know_the_acceleration() -> None:
    with pytest.raises(ValueError, match="lateral"):
        one_path(HeldLink(1, 1000)).profile(ProfileKind.CURVE_SPEED, 10.0)


def test_every_kind_is_in_the_table() -> None:
    assert set(PROFILES) == set(ProfileKind)


def test_sources_and_times_are_told() -> None:
    lanes = LinkCarriageway(lanes_count=2, lanes_basis=Basis.TAGGED)
    old, new = replace(ROAD, observed_time_us=5), replace(ROAD, observed_time_us=9)
    client = one_path(HeldLink(1, 1000, carriageway=lanes, road=new), HeldLink(2, 500, carriageway=lanes, road=old))
    (entry,) = asked(client, ProfileKind.LANE_COUNT, 15.0)
    assert (entry.value, entry.end_m, entry.source, entry.observed_time_us) == (2, 15.0, "held:1", 5)
    assert entry.confidence_permille == 800
