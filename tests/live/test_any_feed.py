"""Whatever a feed says: it is read or refused, and clients can read what servers make of it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapprior.errors import FeedError
from mapprior.live.wzdx import read_wzdx
from mapprior.model.work_zone import ZONE_BELIEVED_US, WorkZoneState, zone_state
from mapprior.wire.zones import decode_zone, encode_zone
from tests.live.test_wzdx import FEED, feed, one

FOREVER = "9999-12-31T23:59:59Z"
values = st.one_of(
    st.sampled_from((FOREVER, "2026-05-01", "0001-01-01T00:00:00+14:00", "x" * 300, "unknown", "active", "\ud800")),
    st.sampled_from((None, True, 0, -1, 1, 10**30, 1e308, -1e308, [], {}, [[8, 50], [8, 50]], "MultiPoint")),
    st.floats(),
)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


PROPERTIES = ("features", 0, "properties")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([x for x in places(FEED) if x]), values), min_size=1, max_size=3))
@example([((*PROPERTIES, "end_date"), FOREVER)])
@example([((*PROPERTIES, "core_details", "update_date"), FOREVER)])
@example([((*PROPERTIES, "lanes", 2, "restrictions", 0, "value"), 1e308)])
def test_what_is_read_of_a_feed_clients_can_read(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document: Any = copy.deepcopy(FEED)
    for path, value in changes:
        holder = document
        try:
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = copy.deepcopy(value)  # the next change may write into it
        except (LookupError, TypeError):
            continue  # it went with what held it
    try:
        zones, _ = read_wzdx(json.dumps(document).encode(), name="feed.geojson")
    except FeedError:
        return
    for zone in zones:
        assert decode_zone(encode_zone(zone)) == zone


@pytest.mark.parametrize("verified", [True, False])
def test_an_end_in_the_year_9999_is_no_known_end(verified: bool) -> None:
    zone = one(feed(end_date=FOREVER, is_end_date_verified=verified, event_status="active"))
    assert (zone.end_time_us, zone.end_time_verified, zone.overrunning) == (0, False, False)
    assert zone_state(zone, zone.observed_time_us) is WorkZoneState.ACTIVE
    assert zone_state(zone, zone.observed_time_us + ZONE_BELIEVED_US) is WorkZoneState.UNKNOWN
