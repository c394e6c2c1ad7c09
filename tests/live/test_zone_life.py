"""The life of a zone: one state at every moment, and it changes only when it says so."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.model.work_zone import ZONE_BELIEVED_US, WorkZone, WorkZoneState, zone_change_us, zone_state

HOUR_US = 3_600_000_000
NOW_US = 1_700_000_000_000_000
ZONE = WorkZone("z", "feed", NOW_US, NOW_US + HOUR_US, (0, 1), (0, 1), 800, 1000)

times = st.one_of(st.just(0), st.integers(NOW_US - 20 * ZONE_BELIEVED_US, NOW_US + 20 * ZONE_BELIEVED_US))
zones = st.builds(
    lambda start, end, observed, verified, end_verified, overrunning, suspended: replace(
        ZONE,
        start_time_us=start,
        end_time_us=end,
        observed_time_us=observed,
        start_time_verified=verified,
        end_time_verified=end_verified,
        overrunning=overrunning,
        suspended=suspended,
    ),
    times,
    times,
    times,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(zones, times, st.integers(0, 10**6))
def test_the_state_holds_until_the_next_change(zone: WorkZone, time_us: int, share_ppm: int) -> None:
    change_us = zone_change_us(zone, time_us)
    until_us = time_us + 40 * ZONE_BELIEVED_US if change_us is None else change_us - 1
    assert until_us >= time_us
    between_us = time_us + (until_us - time_us) * share_ppm // 10**6
    assert zone_state(zone, between_us) is zone_state(zone, time_us)


@given(zones, times)
def test_a_drive_meets_every_change(zone: WorkZone, time_us: int) -> None:
    """Going from change to change comes to an end, and no zone is active for ever."""
    steps = 0
    change_us: int | None = time_us
    while change_us is not None:
        last_us = change_us
        change_us = zone_change_us(zone, last_us)
        steps += 1
    assert steps <= 4
    assert zone_state(zone, last_us) in (WorkZoneState.ENDED, WorkZoneState.UNKNOWN)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, WorkZoneState.ACTIVE),
        ({"start_time_us": NOW_US + 1}, WorkZoneState.PLANNED),
        ({"end_time_us": NOW_US, "end_time_verified": True}, WorkZoneState.ENDED),
        ({"end_time_us": NOW_US}, WorkZoneState.UNKNOWN),
        ({"end_time_us": NOW_US, "suspended": True}, WorkZoneState.UNKNOWN),
        ({"end_time_us": NOW_US - ZONE_BELIEVED_US + 1}, WorkZoneState.UNKNOWN),
        ({"end_time_us": NOW_US - ZONE_BELIEVED_US}, WorkZoneState.ENDED),
        ({"end_time_us": NOW_US - ZONE_BELIEVED_US, "observed_time_us": NOW_US}, WorkZoneState.UNKNOWN),
        ({"end_time_us": NOW_US - HOUR_US, "overrunning": True}, WorkZoneState.ACTIVE),
        ({"end_time_us": NOW_US - HOUR_US, "overrunning": True, "suspended": True}, WorkZoneState.SUSPENDED),
        ({"start_time_us": 1, "end_time_us": NOW_US - ZONE_BELIEVED_US, "overrunning": True}, WorkZoneState.UNKNOWN),
        ({"suspended": True}, WorkZoneState.SUSPENDED),
        ({"end_time_us": 0}, WorkZoneState.ACTIVE),
        ({"start_time_us": NOW_US - ZONE_BELIEVED_US, "end_time_us": 0}, WorkZoneState.UNKNOWN),
        ({"start_time_us": 1, "end_time_us": 0, "observed_time_us": NOW_US - 1}, WorkZoneState.ACTIVE),
        ({"start_time_us": 0}, WorkZoneState.UNKNOWN),
        ({"start_time_us": 0, "start_time_verified": True}, WorkZoneState.ACTIVE),
    ],
)
def test_states(change: dict[str, object], expected: WorkZoneState) -> None:
    assert zone_state(replace(ZONE, **change), NOW_US) is expected  # type: ignore[arg-type]
