"""What a client may ask for: whoever keeps to the rate never notices, whoever does not gets the rate and no more."""

from hypothesis import given
from hypothesis import strategies as st

from mapprior.horizon.events import RouteEvent
from mapprior.horizon.session import ROUTE_LINKS_COUNT_MAX
from mapprior.model.ids import LinkId
from mapprior.runtime.allowance import WORK_KEPT_SEC, WORK_OWED_SEC_MAX, Allowance
from mapprior.service.settings import Limits
from mapprior.wire.requests import encode_request

SWEEP_US = 250_000
RATES = st.integers(1, 1000)


@given(RATES, st.lists(st.floats(0.0, 1.0), max_size=200))
def test_who_keeps_to_the_rate_is_never_held_up(rate_ms: int, shares: list[float]) -> None:
    allowance = Allowance(work_ms_per_sec_max=rate_ms)
    for share in shares:
        allowance.refill(SWEEP_US)
        allowance.work(round(share * rate_ms * SWEEP_US / 1000))
        assert allowance.work_us >= 0


@given(RATES, st.lists(st.integers(0, 400_000), max_size=300))
def test_who_does_not_gets_what_was_kept_and_the_rate_and_one_step_more(rate_ms: int, steps_us: list[int]) -> None:
    allowance = Allowance(work_ms_per_sec_max=rate_ms)
    worked_us = sweeps = 0
    for took_us in steps_us:
        while allowance.work_us < 0:
            allowance.refill(SWEEP_US)
            sweeps += 1
        owed_us = min(took_us, 1000 * rate_ms * WORK_OWED_SEC_MAX)
        allowance.work(took_us)
        worked_us += owed_us
        longest_us = 1000 * rate_ms * WORK_OWED_SEC_MAX
        assert worked_us <= 1000 * rate_ms * (WORK_KEPT_SEC + sweeps * SWEEP_US / 1e6) + longest_us + 1


@given(RATES, st.integers(0, 10**12))
def test_a_machine_that_stood_still_costs_a_client_little(rate_ms: int, took_us: int) -> None:
    allowance = Allowance(work_ms_per_sec_max=rate_ms)
    allowance.work(took_us)
    allowance.refill(round(1e6 * WORK_OWED_SEC_MAX) + SWEEP_US)
    assert allowance.work_us >= 0


@given(st.integers(1, 10_000), st.integers(1, 10**9))
def test_what_is_not_limited_is_never_used_up(count: int, took_us: int) -> None:
    allowance = Allowance()
    for _ in range(count % 50):
        allowance.message(count)
        allowance.work(took_us)
        allowance.refill(SWEEP_US)
    assert allowance.work_us > 0 and allowance.poses > 0 and allowance.is_at_ease


def test_messages_are_bounded_and_cost_no_pose() -> None:
    allowance = Allowance(poses_per_sec_max=100)
    for _ in range(16):
        allowance.message(10)
        assert allowance.takes_messages
    allowance.message(10)
    assert not allowance.takes_messages and allowance.poses == 200
    allowance.refill(SWEEP_US)
    assert allowance.takes_messages


def test_a_route_and_what_is_told_with_it_need_not_wait() -> None:
    allowance = Allowance(poses_per_sec_max=Limits().poses_per_sec_max)
    route = encode_request(RouteEvent((LinkId((1 << 64) - 1),) * ROUTE_LINKS_COUNT_MAX))
    for size_bytes in (len(route), 20, 20, 20):
        allowance.message(size_bytes)
        assert allowance.takes_messages
