"""Slopes that tags state, in every form that people write them, and how sure each is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.incline import INCLINE_E4_MAX, read_incline

FORMS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "+", "-"]),
    st.decimals(0, 99, allow_nan=False, places=1).map(str) | st.integers(0, 99).map(str),
    st.sampled_from(["", "%", " %", "‰", "°", "%%", "m"]),
)


@given(st.text(max_size=12) | FORMS | st.sampled_from(["up", "down", "yes", "no", "steep", "unknown"]))
def test_any_text_gives_a_slope_within_range_or_says_why_not_or_is_a_word(text):
    noted = []
    read = read_incline(text, noted)
    if read is None:
        assert [seen for _, seen in noted] == [f"incline={text}"] or text in ("no", "unknown")
    else:
        assert not noted and abs(read.slope_e4) <= INCLINE_E4_MAX and read.sigma_e4 > 0


@given(st.integers(1, 50), st.sampled_from(["", "%", "‰", "°"]))
def test_the_other_way_round_it_is_as_steep_and_as_sure(number, unit):
    up, down = (read_incline(f"{sign}{number}{unit}", []) for sign in "+-")
    assert (up is None) == (down is None)
    if up is not None:
        assert up == read_incline(f"{number}{unit}", [])
        assert (down.slope_e4, down.sigma_e4) == (-up.slope_e4, up.sigma_e4)


@given(st.integers(1, 50))
def test_a_number_alone_is_per_cent_and_less_sure_than_with_its_sign(number):
    alone, said = read_incline(str(number), []), read_incline(f"{number}%", [])
    assert alone.slope_e4 == said.slope_e4 and alone.sigma_e4 > said.sigma_e4


@given(st.integers(1, 49))
def test_steeper_is_less_sure(number):
    assert read_incline(f"{number}%", []).sigma_e4 < read_incline(f"{number + 1}%", []).sigma_e4


@pytest.mark.parametrize(
    ("text", "slope_e4"),
    [
        *(("10%", 1000), ("-5 %", -500), ("+3,5%", 350), ("12‰", 120), ("5°", 875), ("-5°", -875), ("0%", 0)),
        *(("8", 800), ("-14", -1400), ("1.5", 150), ("0", 0), ("0.0", 0), ("0.5%", 50)),
    ],
)
def test_an_incline_is_rise_over_run_along_the_way(text, slope_e4):
    noted = []
    assert read_incline(text, noted).slope_e4 == slope_e4 and not noted


def test_how_sure_a_tag_is():
    """Half a per cent and a fifth of it; without unit it may be degrees."""
    assert [read_incline(x, []).sigma_e4 for x in ("0%", "10%", "10", "10°")] == [50, 250, 333, 403]


@pytest.mark.parametrize("text", ["no", "unknown"])
def test_a_word_that_says_nothing_of_the_slope_is_no_mistake(text):
    noted = []
    assert read_incline(text, noted) is None and not noted


@pytest.mark.parametrize(
    ("text", "reason"),
    [(x, "not understood") for x in ("10 %%", "uphill", "", "١٠%", "1e3%", "8 m", "5 percent")]
    + [(x, "steeper than 50 %") for x in ("1000%", "-60%", "45°", "89.99999°", "51")]
    + [(x, "without a number") for x in ("up", "down", "yes", "steep")]
    + [(x, "without unit: a ratio or per cent") for x in ("0.08", "-0,1")],
)
def test_garbage_is_refused_with_the_text_seen_and_why(text, reason):
    noted = []
    assert read_incline(text, noted) is None
    [(why, seen)] = noted
    assert seen == f"incline={text}" and reason in why
