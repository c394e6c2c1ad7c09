"""Whole numbers of what was measured."""

from hypothesis import given
from hypothesis import strategies as st

from mapprior.geo.units import nearest

halves = st.integers(-(1 << 40), 1 << 40).map(lambda x: x / 2)


@given(st.one_of(st.floats(-1e12, 1e12), halves, st.floats(-2.0, 2.0)))
def test_the_nearest_whole_number_is_what_round_says(x: float) -> None:
    assert nearest(x) == round(x)
    assert type(nearest(x)) is int
