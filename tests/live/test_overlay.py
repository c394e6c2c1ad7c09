"""The overlay: numbered, whole, immutable; what is in it is what was published and is not over."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import LimitError
from mapprior.horizon.digest import bytes_digest
from mapprior.live.feeds import publish_feeds
from mapprior.live.overlay import (
    LINKS_COUNT_MAX,
    PAYLOAD_BYTES_MAX,
    ZONES_ON_LINK_COUNT_MAX,
    OverlayBook,
    next_change_us,
)
from mapprior.live.place import Placement, placer
from mapprior.model.ids import LinkId
from mapprior.model.work_zone import EMPTY_OVERLAY, ZONE_BELIEVED_US, WorkZone, WorkZoneState, ZoneOnLink, zone_state
from tests.asciimap import draw
from tests.live.test_wzdx import FEED

NOW_US = 1_700_000_000_000_000
HOUR_US = 3_600_000_000


def zone(zone_id: str, *, end_us: int = NOW_US + HOUR_US, source: str = "feed", sigma_cm: int = 0) -> WorkZone:
    """Its end is verified: past it nobody believes in it."""
    start_us = NOW_US - HOUR_US
    return WorkZone(zone_id, source, start_us, end_us, (0, 1), (0, 1), 800, sigma_cm, end_time_verified=True)


def on_links(*links: int) -> Placement:
    return Placement(tuple(ZoneOnLink("?", LinkId(link), 0, 100, 900, False) for link in links))


def place(zone_: WorkZone) -> Placement:
    """A zone lies on the links that its id spells: `a12` on 1 and 2, `a` on none."""
    digits = [int(d) for d in zone_.id[1:]]
    spans = tuple(ZoneOnLink(zone_.id, LinkId(link), 0, 100, 900, False) for link in digits)
    return Placement(spans, "" if spans else "no road in its direction near it")


def encode(zone_: WorkZone) -> bytes:
    return repr(zone_).encode()


def book(**more: int) -> OverlayBook:
    return OverlayBook(place=place, encode_zone=encode, **more)


ids = st.sampled_from(("a", "b1", "c12", "d2", "e123"))
ends = st.integers(-3, 3).map(lambda hours: NOW_US + hours * HOUR_US)
steps = st.one_of(
    st.tuples(st.just("publish"), st.lists(st.builds(lambda i, e: zone(i, end_us=e), ids, ends), max_size=3)),
    st.tuples(st.just("withdraw"), st.lists(ids, max_size=3)),
    st.tuples(st.just("expire"), ends),
)


@given(st.lists(steps, max_size=12))
def test_the_book_holds_what_it_was_told(told: list[tuple[str, list[WorkZone] | list[str] | int]]) -> None:
    here = book()
    expected: dict[str, WorkZone] = {}
    seen = [here.overlay]
    for verb, what in told:
        if verb == "publish":
            here.publish(what, time_us=NOW_US)  # type: ignore[arg-type]
            fit = [z for z in what if z.end_time_us > z.start_time_us]  # type: ignore[union-attr]
            newest = {z.id: z for z in fit}
            expected = {i: z for i, z in (expected | newest).items() if z.end_time_us > NOW_US}
        elif verb == "withdraw":
            here.withdraw(what)  # type: ignore[arg-type]
            expected = {i: z for i, z in expected.items() if i not in what}  # type: ignore[operator]
        else:
            here.expire(time_us=what)  # type: ignore[arg-type]
            expected = {i: z for i, z in expected.items() if zone_state(z, what) is not WorkZoneState.ENDED}  # type: ignore[arg-type]
        overlay = here.overlay
        assert {i: placed.zone for i, placed in overlay.zones.items()} == expected
        assert list(overlay.zones) == sorted(overlay.zones)
        on_link = {(link, s.zone_id) for link, spans in overlay.by_link.items() for s in spans}
        assert on_link == {(LinkId(int(d)), i) for i in expected for d in i[1:]}
        assert all(list(spans) == sorted(spans, key=lambda s: s.zone_id) for spans in overlay.by_link.values())
        if overlay is not seen[-1]:
            assert overlay.number == seen[-1].number + 1
            assert overlay.zones != seen[-1].zones
            seen.append(overlay)
    assert seen[0] is EMPTY_OVERLAY
    assert EMPTY_OVERLAY.zones == {}


def test_outcomes_say_what_became_of_each() -> None:
    here = book()
    outcomes = here.publish(
        [zone("b1"), zone("a"), zone("c12", end_us=NOW_US), zone("", source="x"), zone("d2", end_us=NOW_US - HOUR_US)],
        time_us=NOW_US,
    )
    assert [(o.links_count, o.refused) for o in outcomes] == [(1, False), (0, False), (0, True), (0, True), (0, True)]
    assert [o.reason for o in outcomes] == [
        "",
        "no road in its direction near it",
        "it is over, or was last heard of too long ago",
        "the id is empty",
        "it ends before it starts",
    ]
    assert sorted(here.overlay.zones) == ["a", "b1"], "a zone without a place is kept: the next release may have one"
    assert here.withdraw(["b1", "b1", "nobody"]) == ["b1", "nobody"]


def test_the_same_again_is_no_change() -> None:
    here = book()
    here.publish([zone("b1")], time_us=NOW_US)
    before = here.overlay
    assert here.publish([zone("b1")], time_us=NOW_US)[0].links_count == 1
    assert here.overlay is before
    here.publish([zone("b1", sigma_cm=5)], time_us=NOW_US)
    assert here.overlay.number == before.number + 1
    assert before.zones["b1"].zone == zone("b1"), "a reader keeps what it took"


def test_an_estimated_end_keeps_a_zone_until_it_is_no_longer_believed() -> None:
    here = book()
    estimated = replace(zone("b1", end_us=NOW_US - HOUR_US // 2), end_time_verified=False)
    assert not here.publish([estimated], time_us=NOW_US)[0].refused
    over_us = estimated.end_time_us + ZONE_BELIEVED_US
    assert here.expire(time_us=over_us - 1) == []
    assert here.expire(time_us=over_us) == ["b1"]
    assert here.publish([estimated], time_us=over_us)[0].refused
    here.publish([estimated], time_us=NOW_US)
    assert here.withdraw(["b1"]) == []
    assert here.overlay.zones == {}, "a withdrawn zone leaves at once"


def test_feeds_do_not_overwrite_each_other() -> None:
    here = book()
    here.publish([zone("b1")], time_us=NOW_US)
    outcome = here.publish([zone("b1", source="other")], time_us=NOW_US)[0]
    assert (outcome.refused, outcome.reason) == (True, "the id is held for another source")
    assert here.overlay.zones["b1"].zone.source == "feed"


def test_limits() -> None:
    here = book(zones_count_max=2)
    here.publish([zone("a"), zone("b1")], time_us=NOW_US)
    before = here.overlay
    with pytest.raises(LimitError, match="allowed are 2"):
        here.publish([zone("c12")], time_us=NOW_US)
    assert here.overlay is before
    huge = OverlayBook(place=place, encode_zone=lambda _: bytes(PAYLOAD_BYTES_MAX + 1))
    assert huge.publish([zone("a")], time_us=NOW_US)[0].refused
    long = OverlayBook(place=lambda _: on_links(*range(LINKS_COUNT_MAX + 1)), encode_zone=encode)
    outcome = long.publish([zone("a")], time_us=NOW_US)[0]
    assert (outcome.links_count, outcome.refused) == (0, False)
    assert "links" in outcome.reason


def test_a_crowded_link_keeps_the_surest_of_those_that_begin_together() -> None:
    def crowd(zone_: WorkZone) -> Placement:
        sure = int(zone_.id[1:])
        return Placement((ZoneOnLink(zone_.id, LinkId(1), 0, 100, sure, False),))

    here = OverlayBook(place=crowd, encode_zone=encode)
    here.publish([zone(f"z{i}") for i in range(100, 200)], time_us=NOW_US)
    kept = here.overlay.by_link[LinkId(1)]
    assert {s.match_permille for s in kept} == set(range(200 - ZONES_ON_LINK_COUNT_MAX, 200))


@settings(max_examples=10)
@given(st.permutations(range(100, 230)), st.integers(0, 129))
def test_the_zone_of_tonight_is_on_its_road_however_many_nights_are_planned(names: list[int], night: int) -> None:
    """Feeds write works that recur as one zone a night; what their ids are says nothing."""
    day_us = 24 * HOUR_US
    begin = {f"b1{name}": NOW_US + i * day_us for i, name in enumerate(names)}
    here = OverlayBook(
        place=lambda z: Placement((ZoneOnLink(z.id, LinkId(1), 0, 100, 900, False),)), encode_zone=encode
    )
    nights = [replace(zone(x), start_time_us=us, end_time_us=us + 8 * HOUR_US) for x, us in begin.items()]
    here.publish(nights, time_us=NOW_US)
    now_us = NOW_US + night * day_us + HOUR_US
    here.expire(time_us=now_us)
    (tonight,) = (x for x, us in begin.items() if us <= now_us < us + 8 * HOUR_US)
    assert tonight in {x.zone_id for x in here.overlay.by_link[LinkId(1)]}


def test_the_digest_is_that_of_the_protocol() -> None:
    here = book()
    here.publish([zone("b1")], time_us=NOW_US)
    placed = here.overlay.zones["b1"]
    assert placed.payload == encode(placed.zone)
    assert placed.digest == bytes_digest(placed.payload)


def test_the_next_change_is_the_nearest_of_all() -> None:
    here = book()
    assert next_change_us(here.overlay, NOW_US) is None
    later = replace(zone("b1"), start_time_us=NOW_US + 5)
    here.publish([zone("a"), later], time_us=NOW_US)
    assert next_change_us(here.overlay, NOW_US) == NOW_US + 5
    assert next_change_us(here.overlay, NOW_US + 5) == NOW_US + HOUR_US
    assert next_change_us(here.overlay, NOW_US + HOUR_US) is None


def test_a_feed_becomes_zones_on_links() -> None:
    drawn = draw("A----B----C", ways={"ABC": {"oneway": True, "ref": "I 80"}}, lat_deg=50.0, lon_deg=7.9995)
    placing = placer(drawn.datasets, read_road=drawn.road_tiles.get, read_lanes=drawn.lane_tiles.get)
    here = OverlayBook(place=placing, encode_zone=encode)
    (a, b), c = drawn.position("A"), drawn.position("C")
    feed = {**FEED, "features": [dict(FEED["features"][0])]}
    feed["features"][0]["geometry"] = {
        "type": "LineString",
        "coordinates": [[b / 1e7, a / 1e7], [c[1] / 1e7, c[0] / 1e7]],
    }
    time_us = 1_777_000_000_000_000
    (report,) = publish_feeds(here, {"feed.geojson": json.dumps(feed).encode()}, time_us=time_us)
    assert str(report) == "feed.geojson: 1 zone, 1 on the map"
    assert list(here.overlay.by_link) == drawn.links("ABC")
    device = {"id": "board-7", "type": "Feature", "properties": {"core_details": {"device_type": "arrow-board"}}}
    (told,) = publish_feeds(here, {"d": json.dumps({**feed, "features": [device, device]}).encode()}, time_us=time_us)
    reason = "a field device and no road event: this is a DeviceFeed, works are in a WorkZoneFeed"
    assert str(told) == f"d: 0 zones, 0 on the map; 2 x {reason} (first board-7)"
    assert zone_state(here.overlay.zones["zone-1"].zone, time_us) is WorkZoneState.ACTIVE
    here.expire(time_us=time_us + 60 * 86_400_000_000)
    assert here.overlay.zones == {}
