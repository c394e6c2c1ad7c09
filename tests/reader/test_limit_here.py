"""The limit at the vehicle is certain only where all places that it may be at say the same."""

from dataclasses import replace
from itertools import accumulate, pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from mapprior.horizon.items import LimitSpan
from mapprior.market.limit_values import value
from mapprior.model.ids import PathId
from mapprior.model.limit import EffectiveLimit, LaneLimit, LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.provenance import Basis
from mapprior.reader.doubt import why_uncertain
from mapprior.reader.limit_here import NEAR_CHANGE, NEAR_SIGMAS, limit_here
from tests.asciimap import draw
from tests.horizon.pair import Pair

NIGHT = LimitAlternative(LimitKind.LIMITED, 20_000, SpeedUnit.KMH, "22:00-06:00", "20")


def limit(kmh: int, *, undecided: bool = False) -> EffectiveLimit:
    kind = LimitKind.LIMITED if kmh else LimitKind.UNKNOWN
    certain = bool(kmh) and not undecided
    unresolved = (NIGHT,) if undecided else ()
    unit = SpeedUnit.KMH if kmh else SpeedUnit.NONE
    confidence = 800 if certain else 500
    return EffectiveLimit(
        kind, kmh * 1000, unit, kmh * 278, Basis.TAGGED, confidence, certain, unresolved, str(kmh), ""
    )


LIMITS = st.builds(limit, st.sampled_from((0, 30, 50, 80)), undecided=st.booleans())
STRETCHES = st.lists(st.tuples(st.integers(1, 5000), LIMITS), min_size=1, max_size=6)


def laid(stretches: list[tuple[int, EffectiveLimit]], start_cm: int = -2000) -> tuple[LimitSpan, ...]:
    ends = accumulate((x for x, _ in stretches), initial=start_cm)
    return tuple(LimitSpan(PathId(1), a, b, x) for (a, b), (_, x) in zip(pairwise(ends), stretches, strict=True))


def says(x: EffectiveLimit) -> set[tuple[object, ...]]:
    """All that may hold."""
    return {value(x), *(value(a) for a in x.unresolved)}


@given(STRETCHES, st.data(), st.integers(0, 3000))
def test_every_limit_that_may_hold_is_told_and_no_other(
    stretches: list[tuple[int, EffectiveLimit]], data: st.DataObject, sigma_cm: int
) -> None:
    spans = laid(stretches)
    offset_cm = data.draw(st.integers(spans[0].start_offset_cm, spans[-1].end_offset_cm - 1))
    here = limit_here(spans, offset_cm, sigma_cm, lane_index=None)
    at = next(x.limit for x in spans if x.start_offset_cm <= offset_cm < x.end_offset_cm)
    near_cm = round(NEAR_SIGMAS * sigma_cm)
    near = [x for x in spans if x.start_offset_cm <= offset_cm + near_cm and x.end_offset_cm > offset_cm - near_cm]
    assert here is not None
    assert value(here) == value(at)
    assert says(here) == set().union(*(says(x.limit) for x in near))
    assert here.certain is (at.certain and says(here) == says(at))
    assert (here is at) is (says(here) == says(at))
    changes = any(x.condition == NEAR_CHANGE for x in here.unresolved)
    told = "nearer than the place is known" in why_uncertain(here, road_in_doubt=False)
    assert told is (changes and here.kind is not LimitKind.UNKNOWN)


@given(STRETCHES, st.integers(-2000, 20_000), st.integers(0, 3000), st.integers(0, 3000))
def test_who_knows_the_place_less_well_is_never_surer(
    stretches: list[tuple[int, EffectiveLimit]], offset_cm: int, sigma_cm: int, more_cm: int
) -> None:
    spans = laid(stretches)
    assume(offset_cm < spans[-1].end_offset_cm)
    well = limit_here(spans, offset_cm, sigma_cm, lane_index=None)
    less = limit_here(spans, offset_cm, sigma_cm + more_cm, lane_index=None)
    assert well is not None and less is not None
    assert well.certain or not less.certain
    assert says(well) <= says(less)


def test_past_the_end_there_is_no_limit_however_near_it_is() -> None:
    assert limit_here(laid([(1000, limit(50))], 0), 1000, 3000, lane_index=None) is None


def test_a_lane_has_changes_of_its_own() -> None:
    lanes = (LaneLimit(0, LimitKind.LIMITED, 30_000, SpeedUnit.KMH, 8340, True, "30"),)
    spans = laid([(1000, limit(50)), (1000, replace(limit(50), lanes=lanes))], 0)
    road, left, right = (limit_here(spans, 900, 100, lane_index=x) for x in (None, 0, 1))
    assert road is not None and left is not None and right is not None
    assert (road.certain, left.certain, right.certain) == (True, False, True)
    assert [x.posted_value_milli for x in left.unresolved] == [30_000]


def test_at_a_sign_the_limits_of_the_path_stay_certain_and_that_of_the_vehicle_is_not() -> None:
    drawn = draw("A---B---C", ways={"AB": {"maxspeed_kmh": 80}, "BC": {"maxspeed_kmh": 50}}, grid_m=50.0)
    pair = Pair(drawn)
    doubted = []
    for pose in drawn.poses("ABC", speed_mps=10.0)[:-20]:
        pair.drive([pose])
        assert all(x.limit.certain for x in pair.root.limits if x.end_offset_cm > pair.root.path.first_offset_cm)
        now = pair.reconstructor.limit_now()
        assert now is not None and now.value is not None
        at, first = now.value, pair.reconstructor.reported.candidates[0]
        to_sign_cm = min(abs(x.start_offset_cm - first.offset_cm) for x in pair.root.limits[1:] or pair.root.limits)
        doubted.append(not at.certain)
        if len(pair.root.limits) > 1 and to_sign_cm > NEAR_SIGMAS * first.offset_sigma_cm:
            assert at.certain
        if not at.certain:
            assert {80_000, 50_000} == {at.posted_value_milli, *(x.posted_value_milli for x in at.unresolved)}
    assert any(doubted)
    assert not doubted[0] and not doubted[-1]
