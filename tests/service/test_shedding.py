"""Load is shed in steps on the loop's lag, and taken on again after a calm while."""

import pytest

from mapprior.errors import OverloadError
from mapprior.runtime.pace import Pace
from mapprior.service.shedding import CALM_TICKS_COUNT, LagMeter


def meter() -> tuple[LagMeter, Pace]:
    pace = Pace()
    return LagMeter(pace, refuse_lag_ms=25.0, thin_lag_ms=60.0), pace


def feed(lag: LagMeter, lag_ms: float, ticks: int) -> None:
    for _ in range(ticks):
        lag.observe(lag_ms)


def test_a_single_long_step_changes_nothing() -> None:
    lag, pace = meter()
    feed(lag, 1.0, 100)
    lag.observe(5000.0)
    lag.check_admission()
    assert pace.answer_every == 1


def test_first_new_streams_are_refused_then_answers_are_thinned_and_health_says_so() -> None:
    lag, pace = meter()
    feed(lag, 40.0, 100)
    with pytest.raises(OverloadError):
        lag.check_admission()
    assert pace == Pace(1, "")
    feed(lag, 200.0, 40)
    assert pace.answer_every == 2 and "one pose in 2" in pace.reason
    feed(lag, 200.0, 200)
    assert pace.answer_every == 4


def test_calm_brings_it_back_step_by_step() -> None:
    lag, pace = meter()
    feed(lag, 200.0, 300)
    assert pace.answer_every == 4
    feed(lag, 0.0, 30 + CALM_TICKS_COUNT)
    assert pace.answer_every == 2
    feed(lag, 0.0, 2 * CALM_TICKS_COUNT)
    assert pace == Pace(1, "")
    lag.check_admission()
