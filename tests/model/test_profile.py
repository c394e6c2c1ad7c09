"""A profile turned round and fitted to the other direction's length."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mapprior.model.profile import LinkCurvature, LinkElevation
from mapprior.model.provenance import Basis


@st.composite
def curvatures(draw: st.DrawFn) -> LinkCurvature:
    inner = draw(st.sets(st.integers(1, 4999), max_size=6))
    points = (0, *sorted(inner), 5000)
    numbers = st.lists(st.integers(-1000, 1000), min_size=len(points), max_size=len(points)).map(tuple)
    sigmas = st.lists(st.integers(0, 1000), min_size=len(points), max_size=len(points)).map(tuple)
    return LinkCurvature(
        Basis.DERIVED, points, draw(numbers), draw(sigmas), draw(numbers), draw(sigmas), draw(st.integers(0, 100))
    )


@given(curvatures())
def test_turned_twice_is_as_before(x: LinkCurvature) -> None:
    back = x.reversed().reversed()
    assert back.points_cm == x.points_cm
    assert back.curvature_e6_per_m == x.curvature_e6_per_m
    assert all((a - b) % 6283 in (0, 1, 6282) for a, b in zip(back.heading_mrad, x.heading_mrad, strict=True))


@given(curvatures(), st.integers(-10, 10))
def test_fitted_points_ascend_from_zero_to_the_length(x: LinkCurvature, more_cm: int) -> None:
    length_cm = x.points_cm[-1] + more_cm
    points = x.fitted(length_cm).points_cm
    assert points[0] == 0 and points[-1] == length_cm
    assert all(b > a for a, b in itertools.pairwise(points))
    assert all(abs(a - b) <= len(points) + 10 for a, b in zip(points, x.points_cm, strict=True))


def test_slope_turns_its_sign_and_elevation_its_order() -> None:
    up = LinkElevation(Basis.TAGGED, (0, 1000, 2000), (100, 150, 300), (10, 10, 20), (50, 100, 150), (5, 6, 7))
    down = up.reversed()
    assert down.elevation_cm == (300, 150, 100) and down.slope_e4 == (-150, -100, -50)
    assert down.slope_sigma_e4 == (7, 6, 5) and down.points_cm == (0, 1000, 2000)
    assert up.fitted(2000) is up
