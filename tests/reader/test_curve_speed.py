"""Curve speed: v = sqrt(a / |curvature|), what doubt makes of it, and where to brake."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.model.limit import EffectiveLimit, LimitKind, SpeedUnit
from mapprior.model.profile import LinkCurvature
from mapprior.model.provenance import Basis
from mapprior.reader.curve_speed import BOUND_MPS_MAX, CORNER_CM, STEP_M, CurveSpeed, next_curve
from mapprior.reader.profile_kinds import ProfileKind
from mapprior.reader.reconstructor import Reconstructor
from tests.horizon.held import HeldLink, one_path
from tests.reader.test_profiles import curvatures

SMOOTH = LinkCurvature(Basis.DERIVED, (0, 10_000), (0, 0), (0, 0), (0, 0), (0, 0), 1)


def speeds(client: Reconstructor, lateral_mps2: float, length_m: float) -> tuple[CurveSpeed, ...]:
    answer = client.curve_speed(lateral_mps2, length_m)
    assert answer is not None
    return answer.value


@pytest.mark.parametrize(("radius_m", "sigma_e6"), [(50, 0), (200, 500), (-500, 100)])
def test_a_known_radius(radius_m: int, sigma_e6: int) -> None:
    bend = round(1e6 / radius_m)
    arc = replace(SMOOTH, curvature_e6_per_m=(bend, bend), curvature_sigma_e6_per_m=(sigma_e6, sigma_e6))
    found = speeds(one_path(HeldLink(1, 10_000, arc)), 2.0, 100.0)
    expected_mps = math.sqrt(2.0 * abs(radius_m))
    for x in found:
        assert x.speed_mps == pytest.approx(expected_mps, rel=1e-4)
        assert x.sigma_mps == pytest.approx(expected_mps / 2 * sigma_e6 / abs(bend), rel=1e-3)
        assert x.cautious_mps == pytest.approx(math.sqrt(2.0 / (abs(bend) + 2 * sigma_e6) * 1e6), rel=1e-3)
        assert x.curvature_per_m == pytest.approx(1 / radius_m, rel=1e-3)
        assert x.basis is Basis.DERIVED


@given(st.data(), st.integers(2000, 40_000), st.floats(0.5, 4.0))
def test_the_lateral_acceleration_is_never_above_what_was_named(
    data: st.DataObject, length_cm: int, lateral_mps2: float
) -> None:
    """At any place of a piece; the cautious speed also holds two sigma above. Pieces cover, in order."""
    smooth = replace(data.draw(curvatures(length_cm)), heading_mrad=(), heading_sigma_mrad=())
    client = one_path(HeldLink(1, length_cm, smooth))
    found = speeds(client, lateral_mps2, length_cm / 100)
    bends = client.profile(ProfileKind.CURVATURE, length_cm / 100)
    assert bends is not None
    assert (found[0].start_m, found[-1].end_m) == (0.0, length_cm / 100)
    assert all(a.end_m == b.start_m for a, b in pairwise(found))
    for x in found:
        assert x.is_known
        assert x.cautious_mps is None or x.cautious_mps <= (x.speed_mps or math.inf)
        for entry in bends.value:
            for place_m in (x.start_m, (x.start_m + x.end_m) / 2, x.end_m):
                if not entry.start_m <= place_m <= entry.end_m:
                    continue
                t = (place_m - entry.start_m) / (entry.end_m - entry.start_m)
                assert isinstance(entry.value, float)
                assert isinstance(entry.end_value, float)
                assert entry.sigma is not None
                assert entry.end_sigma is not None
                bend = abs(entry.value + t * (entry.end_value - entry.value))
                doubt = entry.sigma + t * (entry.end_sigma - entry.sigma)
                if entry.start_m < x.end_m and entry.end_m > x.start_m:
                    if x.end_m - x.start_m > STEP_M + 1e-6 and x.speed_mps is not None:
                        # a long piece asks for little too much: of where nothing is bound, no more than the bound
                        telling = max(bend, lateral_mps2 / BOUND_MPS_MAX**2)
                        assert x.speed_mps**2 * telling >= lateral_mps2 * 0.94
                    assert (x.speed_mps or BOUND_MPS_MAX) ** 2 * bend <= lateral_mps2 * (1 + 1e-6) + 1e-9
                    assert (x.cautious_mps or BOUND_MPS_MAX) ** 2 * (bend + 2 * doubt) <= lateral_mps2 * (
                        1 + 1e-6
                    ) + 1e-9


def test_straight_and_not_known_are_two_answers() -> None:
    client = one_path(HeldLink(1, 10_000, SMOOTH), HeldLink(2, 5_000))
    straight, unknown = speeds(client, 2.0, 200.0)
    assert (straight.speed_mps, straight.cautious_mps, straight.is_known, straight.end_m) == (None, None, True, 100.0)
    assert (unknown.speed_mps, unknown.is_known, unknown.end_m) == (None, False, 200.0)
    assert (straight.is_bounded, unknown.is_bounded) == (False, None)
    bent = replace(SMOOTH, curvature_e6_per_m=(10_000, 10_000))
    assert {x.is_bounded for x in speeds(one_path(HeldLink(1, 10_000, bent)), 2.0, 100.0)} == {True}


def test_a_doubtful_straight_bounds_the_cautious_alone() -> None:
    doubtful = replace(SMOOTH, curvature_sigma_e6_per_m=(2000, 2000))
    found = speeds(one_path(HeldLink(1, 10_000, doubtful)), 2.0, 100.0)
    assert {x.speed_mps for x in found} == {None}
    assert {round(x.cautious_mps or 0.0, 2) for x in found} == {22.36}


def test_a_corner_at_a_junction_is_not_known() -> None:
    """The links are straight, and a vehicle turns by a right angle between them."""
    client = one_path(HeldLink(1, 10_000, SMOOTH), HeldLink(2, 10_000, replace(SMOOTH, heading_mrad=(1571, 1571))))
    before, corner, after = speeds(client, 2.0, 200.0)
    assert (before.end_m, corner.end_m) == (100.0 - CORNER_CM / 100, 100.0 + CORNER_CM / 100)
    assert [x.is_known for x in (before, corner, after)] == [True, False, True]
    slight = one_path(HeldLink(1, 10_000, SMOOTH), HeldLink(2, 10_000, replace(SMOOTH, heading_mrad=(200, 200))))
    assert [x.is_known for x in speeds(slight, 2.0, 200.0)] == [True]


@pytest.mark.parametrize("sigma_mrad", [0, 300, 700])
def test_a_heading_in_doubt_makes_no_corner_go_away(sigma_mrad: int) -> None:
    """The short way round a block: nobody knows how it points, but a right angle is no straight road."""
    before, turned = (
        replace(SMOOTH, heading_mrad=(x, x), heading_sigma_mrad=(sigma_mrad, sigma_mrad)) for x in (0, 1571)
    )
    found = speeds(one_path(HeldLink(1, 10_000, before), HeldLink(2, 10_000, turned)), 2.0, 200.0)
    assert [x.is_known for x in found] == [True, False, True]


def test_the_corner_just_ahead_and_just_behind_count() -> None:
    turned = replace(SMOOTH, heading_mrad=(1571, 1571))
    client = one_path(HeldLink(1, 10_000, SMOOTH), HeldLink(2, 10_000, turned), at_cm=10_400)
    assert [x.is_known for x in speeds(client, 2.0, 50.0)] == [False, True]
    short = one_path(HeldLink(1, 10_000, SMOOTH), HeldLink(2, 10_000, turned), at_cm=9_000)
    assert [x.is_known for x in speeds(short, 2.0, 5.0)] == [False]


LIMIT = EffectiveLimit(LimitKind.LIMITED, 90_000, SpeedUnit.KMH, 25_000, Basis.TAGGED, 800, True, (), "", "")


def test_the_next_curve_and_where_to_brake() -> None:
    bend = replace(SMOOTH, curvature_e6_per_m=(10_000, 10_000))  # 100 m: 14.1 m/s
    client = one_path(HeldLink(1, 10_000, SMOOTH, limit=LIMIT), HeldLink(2, 10_000, SMOOTH), HeldLink(3, 10_000, bend))
    answer = client.next_curve(lateral_acceleration_mps2=2.0, length_m=300.0, deceleration_mps2=2.0)
    assert answer is not None
    assert answer.value is not None
    assert (answer.value.distance_m, answer.value.end_m) == (200.0, 300.0)
    assert answer.value.brake_in_m == pytest.approx(200.0 - (25.0**2 - 200.0) / 4.0)
    assert answer.value.slowest.speed_mps == pytest.approx(math.sqrt(200.0))
    slow = client.next_curve(lateral_acceleration_mps2=2.0, length_m=300.0, speed_mps=10.0)
    assert slow is not None
    assert slow.value is None
    unsaid = client.next_curve(lateral_acceleration_mps2=2.0, length_m=300.0, travelled_m=100.0)
    assert unsaid is not None
    assert unsaid.value is None  # no limit is known here, so it is not known from what speed
    with pytest.raises(ValueError, match="lateral"):
        client.next_curve(lateral_acceleration_mps2=0.0, length_m=300.0)
    with pytest.raises(ValueError, match="deceleration"):
        client.next_curve(lateral_acceleration_mps2=1.0, length_m=300.0, deceleration_mps2=0.0)


def stretch(start_m: float, end_m: float, mps: float | None) -> CurveSpeed:
    return CurveSpeed(start_m, end_m, mps, None, mps, None, Basis.DERIVED)


@pytest.mark.parametrize(
    ("rows", "distance_m", "slowest_m", "brake_in_m"),
    [
        # one curve that tightens: braking is for its second part
        ([(400.0, 20.0), (450.0, 5.0), (500.0, None)], 400.0, 450.0, 450.0 - (900.0 - 25.0) / 4),
        # a sharp curve behind a slight one asks for braking sooner
        ([(400.0, 25.0), (420.0, None), (450.0, 5.0)], 450.0, 450.0, 450.0 - (900.0 - 25.0) / 4),
        # a sharp curve before a slight one
        ([(400.0, 5.0), (420.0, None), (450.0, 25.0)], 400.0, 400.0, 400.0 - (900.0 - 25.0) / 4),
    ],
)
def test_the_curve_that_asks_for_braking_soonest(
    rows: list[tuple[float, float | None]], distance_m: float, slowest_m: float, brake_in_m: float
) -> None:
    ends = [start_m for start_m, _ in rows[1:]] + [600.0]
    found = [stretch(0.0, rows[0][0], None)]
    found += [stretch(start_m, end_m, mps) for (start_m, mps), end_m in zip(rows, ends, strict=True)]
    ahead = next_curve(found, from_mps=30.0, deceleration_mps2=2.0, cautious=False)
    assert ahead is not None
    assert (ahead.distance_m, ahead.slowest_m) == (distance_m, slowest_m)
    assert ahead.brake_in_m == pytest.approx(brake_in_m)


pieces = st.lists(st.tuples(st.integers(1, 300), st.none() | st.floats(2.0, 60.0), st.floats(0.5, 1.0)), min_size=1)


@given(pieces, st.floats(1.0, 50.0), st.floats(0.5, 4.0), st.booleans())
def test_who_brakes_when_told_is_never_too_fast(
    rows: list[tuple[int, float | None, float]], from_mps: float, deceleration_mps2: float, cautious: bool
) -> None:
    found, start_m = [], 0.0
    for length_m, mps, doubt in rows:
        careful = None if mps is None else mps * doubt
        found.append(CurveSpeed(start_m, start_m + length_m, mps, None, careful, None, Basis.DERIVED))
        start_m += length_m
    ahead = next_curve(found, from_mps=from_mps, deceleration_mps2=deceleration_mps2, cautious=cautious)
    for x in found:
        allowed_mps = (x.cautious_mps if cautious else x.speed_mps) or math.inf
        braked_m = 0.0 if ahead is None else max(0.0, x.start_m - ahead.brake_in_m)
        reached_mps = math.sqrt(max(0.0, from_mps**2 - 2 * deceleration_mps2 * braked_m))
        assert reached_mps <= allowed_mps + 1e-6 or (ahead is not None and ahead.brake_in_m == 0.0)
    careful = next_curve(found, from_mps=from_mps, deceleration_mps2=deceleration_mps2, cautious=True)
    if ahead is not None:
        assert careful is not None
        assert careful.brake_in_m <= ahead.brake_in_m
