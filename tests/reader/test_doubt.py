from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.road_rules import MAIN_ROAD_LAW
from mapprior.model.limit import EffectiveLimit, LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.provenance import Basis
from mapprior.reader.doubt import why_uncertain
from mapprior.reader.limit_here import NEAR_CHANGE

FIFTY = EffectiveLimit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, 13_889, Basis.TAGGED, 800, True, (), "50", "")
NIGHT = LimitAlternative(LimitKind.LIMITED, 30_000, SpeedUnit.KMH, "22:00-06:00", "30")


@given(
    st.sampled_from(LimitKind),
    st.sampled_from(Basis),
    st.integers(1, 1000),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_what_is_not_certain_has_a_reason_and_only_that(kind, basis, permille, certain, conditional, doubt):
    limit = replace(
        FIFTY,
        kind=kind,
        basis=basis,
        confidence_permille=permille,
        certain=certain,
        unresolved=(NIGHT,) if conditional and not certain else (),
    )
    assert bool(why_uncertain(limit, road_in_doubt=doubt)) is not certain


@pytest.mark.parametrize(
    ("limit", "road_in_doubt", "says"),
    [
        (replace(FIFTY, confidence_permille=500), True, "the vehicle's road is not sure"),
        (replace(FIFTY, confidence_permille=500), False, "the map's builder doubts it"),
        (
            replace(FIFTY, confidence_permille=300),
            True,
            "the vehicle's road is not sure; the map's builder doubts it",
        ),
        (
            replace(FIFTY, confidence_permille=300),
            False,
            "the map's builder doubts it",
        ),
        (
            replace(FIFTY, basis=Basis.LAW_DEFAULT, confidence_permille=400),
            False,
            "the law is not well sourced",
        ),
        (replace(FIFTY, basis=Basis.FEED, confidence_permille=300), False, "a sign that is seen wins"),
        (
            replace(FIFTY, basis=Basis.INFERRED, unresolved=(replace(NIGHT, condition=MAIN_ROAD_LAW),)),
            False,
            "where on the ramp the law of the main road holds is not known",
        ),
        (
            replace(FIFTY, basis=Basis.INFERRED),
            True,
            "the vehicle's road is not sure; the kind of road is inferred",
        ),
        (replace(FIFTY, unresolved=(NIGHT,)), False, "which of its conditions hold is not known"),
        (
            replace(FIFTY, confidence_permille=500, unresolved=(replace(NIGHT, condition=NEAR_CHANGE),)),
            False,
            "another limit begins or ends nearer than the place is known",
        ),
        (
            replace(FIFTY, unresolved=(NIGHT, replace(NIGHT, condition=NEAR_CHANGE))),
            True,
            "the vehicle's road is not sure; another limit begins or ends nearer than the place is known; "
            "which of its conditions hold is not known",
        ),
        (replace(FIFTY, kind=LimitKind.UNKNOWN), False, "no limit is known"),
    ],
)
def test_the_reason(limit, road_in_doubt, says):
    assert why_uncertain(replace(limit, certain=False), road_in_doubt=road_in_doubt) == says
