from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.road_rules import MAIN_ROAD_LAW
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Basis
from mapprior.reader.doubt import why_uncertain

FIFTY = EffectiveLimit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, 13_889, Basis.TAGGED, 800, True, (), "50", "")
NIGHT = LimitAlternative(LimitKind.LIMITED, 30_000, SpeedUnit.KMH, "22:00-06:00", "30")


@given(
    st.sampled_from(LimitKind),
    st.sampled_from(Basis),
    st.integers(1, 1000),
    st.booleans(),
    st.booleans(),
    st.sampled_from(MatchState),
)
def test_what_is_not_certain_has_a_reason_and_only_that(kind, basis, permille, certain, conditional, state):
    limit = replace(
        FIFTY,
        kind=kind,
        basis=basis,
        confidence_permille=permille,
        certain=certain,
        unresolved=(NIGHT,) if conditional and not certain else (),
    )
    assert bool(why_uncertain(limit, state)) is not certain


@pytest.mark.parametrize(
    ("limit", "state", "says"),
    [
        (replace(FIFTY, confidence_permille=500), MatchState.AMBIGUOUS, "the vehicle's road is not sure"),
        (
            replace(FIFTY, confidence_permille=300),
            MatchState.TRACKING,
            "the map's builder doubts it",
        ),
        (
            replace(FIFTY, basis=Basis.LAW_DEFAULT, confidence_permille=400),
            MatchState.TRACKING,
            "the law is not well sourced",
        ),
        (replace(FIFTY, basis=Basis.FEED, confidence_permille=300), MatchState.TRACKING, "a sign that is seen wins"),
        (
            replace(FIFTY, basis=Basis.INFERRED, unresolved=(replace(NIGHT, condition=MAIN_ROAD_LAW),)),
            MatchState.TRACKING,
            "where on the ramp the law of the main road holds is not known",
        ),
        (
            replace(FIFTY, basis=Basis.INFERRED),
            MatchState.AMBIGUOUS,
            "the vehicle's road is not sure; the kind of road is inferred",
        ),
        (replace(FIFTY, unresolved=(NIGHT,)), MatchState.TRACKING, "which of its conditions hold is not known"),
        (replace(FIFTY, kind=LimitKind.UNKNOWN), MatchState.TRACKING, "no limit is known"),
    ],
)
def test_the_reason(limit, state, says):
    assert why_uncertain(replace(limit, certain=False), state) == says
