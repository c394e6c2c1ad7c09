"""Where on a known way fixes far apart lie."""

from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.match.strides import Stride, placed
from tests.asciimap import Drawn, draw

STEP_SEC = 15.0
BESIDE_SHORT = draw("A-------------------B-C-------------------D", grid_m=6.0)  # BC is 12 m
LONG = draw("A---------B---------C---------D---------E")
HAIRPIN = draw(
    """
    A-------------------B
                        |
    D-------------------C
    """,
    grid_m=10.0,
)
LONGER = draw("A---------B---------C---------D---------E", grid_m=95.0)
LETTERS = ("AB", "BC", "CD", "DE")


def strides(drawn: Drawn, letters: str, at_m: list[float], *, sigma_m: float, ahead_m: float = 0.0) -> list[Stride]:
    """Fixes at these offsets of a way, all in error by so much along it."""
    links = [drawn.link(a + b) for a, b in pairwise(letters)]
    fixes: list[Stride] = []
    for way_m in at_m:
        k, s_m = 0, way_m + ahead_m
        while k + 1 < len(links) and s_m > links[k].line.length_m:
            s_m -= links[k].line.length_m
            k += 1
        lat_e7, lon_e7 = drawn.at(letters[k : k + 2], s_m)
        fixes.append(Stride(lat_e7, lon_e7, sigma_m, STEP_SEC, way_m + ahead_m))
    return fixes


@settings(max_examples=40, deadline=None)
@given(steps_m=st.lists(st.floats(0.0, 200.0), min_size=1, max_size=8), sigma_m=st.floats(1.0, 20.0))
def test_exact_fixes_are_left_where_they_are(steps_m: list[float], sigma_m: float) -> None:
    at_m = [100.0]
    for step_m in steps_m:
        at_m.append(min(at_m[-1] + step_m, 1_900.0))
    links = [LONG.link(x) for x in LETTERS]
    found = placed(links, [0.0] * len(links), strides(LONG, "ABCDE", at_m, sigma_m=sigma_m))
    for (there_m, variance_m2), true_m in zip(found, at_m, strict=True):
        assert 0.0 < variance_m2 <= 1.5 * sigma_m**2 + 1.0
        assert abs(there_m - true_m) < 2.0 * sigma_m + 2.0


def test_a_short_link_takes_no_more_than_its_share() -> None:
    """The fix is on it, and the vehicle likelier on one of the long ones beside it."""
    links = [BESIDE_SHORT.link(x) for x in ("AB", "BC", "CD")]
    before_m, short_m = (link.line.length_m for link in links[:2])
    middle_m = before_m + 0.5 * short_m
    for sigma_m, on_short in ((20.0, False), (2.0, True)):
        ((at_m, _),) = placed(links, [0.0] * 3, strides(BESIDE_SHORT, "ABCD", [middle_m], sigma_m=sigma_m))
        assert (before_m < at_m < before_m + short_m) is on_short


def test_one_fix_far_off_moves_nothing() -> None:
    links = [LONG.link(x) for x in LETTERS]
    at_m = [200.0, 350.0, 500.0, 650.0, 800.0]
    good = strides(LONG, "ABCDE", at_m, sigma_m=5.0)
    (wild,) = strides(LONG, "ABCDE", [500.0], sigma_m=5.0, ahead_m=400.0)
    bad = [*good[:2], Stride(wild.lat_e7, wild.lon_e7, 5.0, STEP_SEC, 500.0), *good[3:]]
    plain, moved = (placed(links, [0.0] * 4, fixes) for fixes in (good, bad))
    for (there_m, _), (plain_m, _) in zip(moved, plain, strict=True):
        assert there_m == pytest.approx(plain_m, abs=5.0)


def test_a_way_that_turns_back_passes_a_fix_twice() -> None:
    """It is thought to be on the way there, and seen clearly on the way back."""
    links = [HAIRPIN.link(x) for x in ("AB", "BC", "CD")]
    turn_m = links[0].line.length_m + links[1].line.length_m
    for back_m in (20.0, 60.0, 120.0):
        before, fix, after = strides(HAIRPIN, "ABCD", [80.0, turn_m + back_m, turn_m + 180.0], sigma_m=3.0)
        there = replace(fix, about_m=links[0].line.length_m - back_m)
        found = placed(links, [0.0] * 3, [before, there, after])
        assert found[1][0] == pytest.approx(turn_m + back_m, abs=2.0)


def test_a_drive_tells_how_much_its_speed_changes() -> None:
    """In a steady one the other fixes tell more of where one lies."""
    links = [LONGER.link(x) for x in LETTERS]
    variances_m2: list[float] = []
    for steps_m in ((300.0,) * 12, (300.0, 430.0, 170.0) * 4):
        at_m = list(accumulate(steps_m, initial=20.0))
        found = placed(links, [0.0] * 4, strides(LONGER, "ABCDE", at_m, sigma_m=40.0))
        variances_m2.append(found[6][1])
    assert variances_m2[0] < 0.9 * variances_m2[1]
