"""The rule of arrival in numbers."""

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.geo.units import MPS_PER_KMH
from mapprior.geo.units import US_PER_SEC as SEC
from mapprior.horizon.arrival import CRAWL_MPS, FREE_MPS, Course, Departure, Pace, pace_of
from mapprior.horizon.items import LinkPlacement
from mapprior.market.circumstances import Arrival
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, SpeedUnit, mm_per_sec
from mapprior.model.provenance import Basis

NOW_US = 1_790_000_000 * SEC
CM_US = 11_000  # a centimetre, which places are rounded to, at the slowest


def answer(kmh: int, *others: int, kind: LimitKind = LimitKind.LIMITED) -> EffectiveLimit:
    unit = SpeedUnit.KMH if kmh else SpeedUnit.NONE
    unresolved = tuple(LimitAlternative(LimitKind.LIMITED, x * 1000, SpeedUnit.KMH, "wet", "") for x in others)
    number = mm_per_sec(kmh * 1000, unit)
    return EffectiveLimit(kind, kmh * 1000, unit, number, Basis.TAGGED, 800, not others, unresolved, "", "")


@pytest.mark.parametrize(
    ("limit", "slow_mps", "fast_mps"),
    [
        (answer(90), 12.5, 30.0),
        (answer(90, 36, 72), 5.0, 30.0),
        (answer(36, 90), 5.0, 30.0),
        (answer(5), CRAWL_MPS, 6 * MPS_PER_KMH),
        (answer(0, kind=LimitKind.UNKNOWN), CRAWL_MPS, FREE_MPS),
        (answer(0, kind=LimitKind.UNLIMITED), CRAWL_MPS, FREE_MPS),
        (answer(0, 90, kind=LimitKind.UNLIMITED), CRAWL_MPS, FREE_MPS),
        (answer(0, kind=LimitKind.WALK), CRAWL_MPS, FREE_MPS),
        (answer(0, 90, kind=LimitKind.WALK), CRAWL_MPS, FREE_MPS),
        (answer(90, kind=LimitKind.VARIABLE), 12.5, 30.0),
    ],
)
def test_the_pace_of_a_limit(limit: EffectiveLimit, slow_mps: float, fast_mps: float) -> None:
    pace = pace_of(limit)
    assert (pace.slow_mps, pace.fast_mps) == (pytest.approx(slow_mps, rel=1e-3), pytest.approx(fast_mps, rel=1e-3))


def links(*lengths_cm: int) -> list[LinkPlacement]:
    found, start_cm = [], 0
    for i, length_cm in enumerate(lengths_cm):
        found.append(LinkPlacement(PathId(1), start_cm, start_cm + length_cm, LinkId(i)))
        start_cm += length_cm
    return found


def found(
    lengths_cm: list[int], pace: Pace, departure: Departure, *, at_cm: int | None = None
) -> list[tuple[Arrival, Arrival]]:
    """For each link, when the vehicle is anywhere on it and when it is at its end."""
    ends_cm = list(accumulate(lengths_cm))
    place_cm = departure.at_cm if at_cm is None else at_cm
    paces = [pace] * len(ends_cm)
    course = Course(ends_cm, 0, paces, begin=departure.begin, departure=departure, at_cm=place_cm)
    return [(course.over(i), course.at_end(i)) for i in range(len(ends_cm))]


def test_a_link_behind_the_one_under_it_and_one_ahead() -> None:
    departure = Departure(NOW_US, 15_000, 0.0)
    behind, under, ahead = found([10_000, 10_000, 10_000], Pace(5.0, 10.0), departure)
    assert behind[0] == Arrival(NOW_US, NOW_US)
    assert under[0] == Arrival(NOW_US, NOW_US + 30 * SEC + 10 * SEC)
    assert ahead[0] == Arrival(NOW_US + 5 * SEC, NOW_US + 30 * SEC + 30 * SEC)
    assert ahead[1] == Arrival(NOW_US + 15 * SEC, NOW_US + 30 * SEC + 30 * SEC)


def test_who_drives_faster_than_the_limit_is_there_earlier_and_nobody_later() -> None:
    calm = found([10_000] * 3, Pace(5.0, 10.0), Departure(NOW_US, 0, 0.0))
    fast = found([10_000] * 3, Pace(5.0, 10.0), Departure(NOW_US, 0, 40.0))
    slow = found([10_000] * 3, Pace(5.0, 10.0), Departure(NOW_US, 0, 1.0))
    assert slow == calm
    assert fast[2][0].earliest_us - NOW_US == pytest.approx(200 / 44 * SEC, abs=2)
    assert [x.latest_us for x, _ in fast] == [x.latest_us for x, _ in calm]


@given(
    st.lists(st.integers(1, 100_000), min_size=1, max_size=8),
    st.floats(1.0, 30.0),
    st.floats(1.0, 3.0),
    st.integers(0, 200_000),
    st.integers(0, 60),
)
def test_intervals_only_shrink_for_one_who_drives_within_the_rule(
    lengths_cm: list[int], slow_mps: float, faster: float, at_cm: int, driven_sec: int
) -> None:
    """What was expected at a place stays inside what was expected before."""
    pace = Pace(slow_mps, slow_mps * faster)
    speed_mps = (pace.slow_mps + pace.fast_mps) / 2
    departure = Departure(NOW_US, at_cm, 0.0)
    later = replace(departure, time_us=NOW_US + driven_sec * SEC, at_cm=at_cm + int(driven_sec * speed_mps * 100))
    before, after = found(lengths_cm, pace, departure), found(lengths_cm, pace, later)
    for link, (was, _), (now, _) in zip(links(*lengths_cm), before, after, strict=True):
        assert was.earliest_us <= was.latest_us
        if link.start_offset_cm >= later.at_cm:
            assert was.earliest_us <= now.earliest_us + CM_US
            assert now.latest_us <= was.latest_us + CM_US
