"""Work zones on paths: placement, limits, and time."""

from dataclasses import replace

import pytest

from mapprior.horizon.events import Open, OverlayChanged, PoseEvent
from mapprior.horizon.items import LimitSpan, WorkZonePlacement
from mapprior.live.place import find_place
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import WorkZone, WorkZoneState, ZoneOnLink
from tests.asciimap import START_TIME_US, Drawn, draw
from tests.horizon.pair import Pair, overlay, placed, whole
from tests.live.test_place import along

SEC = 1_000_000
OPENED = Open(horizon_length_m=1500, trailing_length_m=50, stub_length_m=100)
ZONE = WorkZone(
    id="works",
    source="feed",
    start_time_us=START_TIME_US - 3600 * SEC,
    end_time_us=START_TIME_US + 3600 * SEC,
    lat_e7=(),
    lon_e7=(),
    confidence_permille=800,
    place_sigma_cm=1000,
    limit=LimitAlternative(LimitKind.LIMITED, 60_000, SpeedUnit.KMH, "", "60"),
)


@pytest.fixture(scope="module")
def motorway() -> Drawn:
    return draw("A----B----C----D----E----F", ways={"ABCDEF": {"maxspeed_kmh": 120, "oneway": True}}, grid_m=50.0)


def spans(pair: Pair) -> list[tuple[int, int, int, Basis]]:
    return [
        (x.start_offset_cm, x.end_offset_cm, x.limit.posted_value_milli // 1000, x.limit.basis)
        for x in pair.root.limits
    ]


def test_a_zone_arrives_sets_its_limit_and_goes(motorway: Drawn) -> None:
    pair = Pair(motorway, OPENED)
    poses = motorway.poses("ABCDEF")
    pair.drive(poses[:5])
    quiet = spans(pair)
    on_links = whole(motorway, "works", "BCD")
    on_links[0] = replace(on_links[0], start_cm=5000)
    pair.publish(1, placed(ZONE, *on_links))
    (update,) = pair.pump()
    (zone,) = pair.root.zones
    ab, bc, cd = (motorway.link(x).length_cm for x in ("AB", "BC", "CD"))
    start_cm, end_cm = ab + 5000, ab + bc + cd
    assert (zone.start_offset_cm, zone.end_offset_cm, zone.state) == (start_cm, end_cm, WorkZoneState.ACTIVE)
    assert pair.reconstructor.zone("works") == ZONE
    assert spans(pair) == [
        (0, start_cm, 120, Basis.TAGGED),
        (start_cm, end_cm, 60, Basis.FEED),
        (end_cm, pair.root.path.end_offset_cm, 120, Basis.TAGGED),
    ]
    assert pair.reconstructor.basis is not None
    assert pair.reconstructor.basis.overlay_number == 1
    assert not any(type(x).__name__ == "Content" for x in update.items)
    pair.publish(2)
    pair.pump()
    assert spans(pair) == quiet
    assert not pair.reconstructor.state.zones


@pytest.mark.parametrize("hours", [1, -3])
def test_while_the_vehicles_clock_is_wrong_no_limit_is_certain_where_works_may_go_on(
    motorway: Drawn, hours: int
) -> None:
    """By that clock they are planned, or over; the server's is in between."""
    pair = Pair(motorway, OPENED)
    begin_us = START_TIME_US + hours * 3600 * SEC
    zone = replace(ZONE, start_time_us=begin_us, end_time_us=begin_us + 7200 * SEC, end_time_verified=True)
    pair.publish(1, placed(zone, *whole(motorway, "works", "CD")))
    said = []
    for pose, skew_us in zip(motorway.poses("ABCDEF")[:3], (0, begin_us + SEC - START_TIME_US, 0), strict=True):
        pair.send(PoseEvent(pose, received_time_us=pose.pose_time_us + skew_us))
        pair.pump()
        said.append([(x.limit.posted_value_milli // 1000, x.limit.certain) for x in pair.root.limits])
        if skew_us:
            assert [x.state for x in pair.root.zones] == [WorkZoneState.UNKNOWN]
            (alternative,) = pair.root.limits[1].limit.unresolved
            assert alternative.posted_value_milli == 60_000
    assert said == [[(120, True)], [(120, True), (120, False), (120, True)], [(120, True)]]


@pytest.mark.parametrize("verified", [True, False])
def test_a_zone_begins_and_ends_by_the_clock(motorway: Drawn, *, verified: bool) -> None:
    """An estimated end takes the zone's limit away, and leaves doubt."""
    pair = Pair(motorway, OPENED)
    pose = motorway.poses("AB")[0]
    zone = replace(ZONE, start_time_us=pose.pose_time_us + 3 * SEC, end_time_us=pose.pose_time_us + 8 * SEC)
    zone = replace(zone, end_time_verified=verified)
    pair.publish(1, placed(zone, *whole(motorway, "works", "BC")))
    pair.drive([pose])
    seen = [pair.root.zones[0].state]
    for _ in range(30):
        wakes = pair.session.wakes_at()
        assert wakes is not None
        pair.now_us = wakes
        pair.session.wake(pair.now_us)
        pair.pump()
        seen.append(pair.root.zones[0].state if pair.root.zones else WorkZoneState.ENDED)
        limits = {value for _, _, value, _ in spans(pair)}
        assert (60 in limits) == (seen[-1] is WorkZoneState.ACTIVE)
        doubted = not all(x.limit.certain for x in pair.root.limits)
        assert doubted == (seen[-1] in (WorkZoneState.ACTIVE, WorkZoneState.UNKNOWN))
    changes = [a for a, b in zip(seen, [*seen[1:], None], strict=True) if a != b]
    last = WorkZoneState.ENDED if verified else WorkZoneState.UNKNOWN
    assert changes == [WorkZoneState.PLANNED, WorkZoneState.ACTIVE, last]


def test_driving_through_a_zone_sends_it_once(motorway: Drawn) -> None:
    pair = Pair(motorway, OPENED)
    first, *others = whole(motorway, "works", "ABCDE")
    pair.publish(1, placed(ZONE, replace(first, start_cm=2000), *others))
    sent = [
        x
        for update in pair.drive(motorway.poses("ABCDEF", speed_mps=25.0, rate_hz=2.0))
        for x in (*update.items, *update.removed)
        if isinstance(x, WorkZonePlacement) or (isinstance(x, tuple) and x[0] == 5)
    ]
    assert len(sent) == 1  # it begins far behind by now, and still stands where it stood
    assert pair.root.path.first_offset_cm > 0
    limits = {x.start_offset_cm for u in pair.updates for x in u.items if isinstance(x, LimitSpan)}
    assert limits == {0, 2000, sum(motorway.link(x).length_cm for x in ("AB", "BC", "CD", "DE"))}


def test_a_zone_on_another_road_changes_nothing_but_the_basis(motorway: Drawn) -> None:
    pair = Pair(motorway, OPENED)
    pair.drive(motorway.poses("ABCDEF")[:5])
    zone_link = ZoneOnLink("works", 1 << 40, 0, 100, 900, True)  # type: ignore[arg-type]
    pair.publish(1, placed(ZONE, zone_link))
    (update,) = pair.pump()
    assert [type(x).__name__ for x in update.items] == ["StreamBasis"]


def test_a_changed_zone_is_sent_anew(motorway: Drawn) -> None:
    pair = Pair(motorway, OPENED)
    pair.publish(1, placed(ZONE, *whole(motorway, "works", "BC")))
    pair.drive(motorway.poses("ABCDEF")[:5])
    changed = replace(ZONE, description="now with cones", limit=None)
    pair.publish(2, placed(changed, *whole(motorway, "works", "BC")))
    pair.pump()
    assert pair.reconstructor.zone("works") == changed
    assert {value for _, _, value, _ in spans(pair)} == {120}


def test_an_overlay_before_open_is_kept(motorway: Drawn) -> None:
    pair = Pair(motorway, OPENED)
    session_overlay = overlay(7, placed(ZONE, *whole(motorway, "works", "BC")))
    fresh = type(pair.session)(datasets=motorway.datasets, market_pack_digest="", tzdata_version="")
    fresh.receive(OverlayChanged(session_overlay), 0)
    fresh.receive(OPENED, 0)
    pair.session = fresh
    pair.drive(motorway.poses("ABCDEF")[:5])
    assert pair.root.zones
    assert pair.reconstructor.basis is not None
    assert pair.reconstructor.basis.overlay_number == 7


def test_what_a_zone_cut_off_is_erased_behind_the_vehicle(motorway: Drawn) -> None:
    pair = Pair(motorway, OPENED)
    pair.drive(motorway.poses("AB")[:5])
    behind = ZoneOnLink("works", motorway.link("AB").link_id, 2000, 4000, 900, True)
    # no lower than the road's own limit: it changes nothing
    ahead = replace(ZONE, id="more works", limit=LimitAlternative(LimitKind.LIMITED, 130_000, SpeedUnit.KMH, "", ""))
    pair.publish(1, placed(ZONE, behind), placed(ahead, *whole(motorway, "more works", "CDEF")))
    pair.drive(motorway.poses("ABCDEF", speed_mps=25.0, rate_hz=2.0)[2:])
    assert pair.root.path.first_offset_cm >= motorway.link("AB").length_cm
    assert spans(pair) == [(4000, pair.root.path.end_offset_cm, 120, Basis.TAGGED)]
    assert [x.work_zone_id for x in pair.root.zones] == ["more works"]
    assert list(pair.reconstructor.state.zones) == ["more works"]


def test_an_active_zone_that_cannot_set_a_limit_takes_certainty_where_it_lies(motorway: Drawn) -> None:
    for zone in (replace(ZONE, place_rough=True), replace(ZONE, limit=None)):
        pair = Pair(motorway, OPENED)
        pair.publish(1, placed(zone, *whole(motorway, "works", "BC")))
        pair.drive(motorway.poses("ABCDEF")[:2])
        assert {x.limit.posted_value_milli for x in pair.root.limits} == {120_000}
        ab, bc = (motorway.link(x).length_cm for x in ("AB", "BC"))
        assert [x.start_offset_cm for x in pair.root.limits if not x.limit.certain] == [ab]
        assert [x.end_offset_cm for x in pair.root.limits if not x.limit.certain] == [ab + bc]


def test_a_zone_of_more_than_two_laps() -> None:
    """Published, placed and driven: each stretch of a zone has one key, however often its line passes there."""
    loop = draw(
        """
        A----B----C
        |         |
        H         D
        |         |
        G----F----E
        """,
        grid_m=40.0,
        ways={"ABCDEFGHA": {"oneway": True, "maxspeed_kmh": 120}},
    )
    lap_m = sum(loop.network.link(x).line.length_m for x in loop.links("ABCDEFGHA"))  # type: ignore[union-attr]
    line = along(loop, "ABCDEFGHABCDEFGHABCDEFGHA", 50.0, 50.0 + 2.2 * lap_m)
    zone = replace(ZONE, lat_e7=tuple(round(a) for a, _ in line), lon_e7=tuple(round(b) for _, b in line))
    spans_ = find_place(loop.network, zone).spans
    assert sorted(x.link_id for x in spans_) == sorted(set(loop.links("ABCDEFGHA")))
    assert all((x.start_cm, x.end_cm) == (0, loop.network.link(x.link_id).length_cm) for x in spans_)  # type: ignore[union-attr]
    pair = Pair(loop, OPENED)
    pair.publish(1, placed(zone, *spans_))
    pair.drive(loop.poses("ABCDEFGHABC", speed_mps=15.0, rate_hz=2.0))
    (span,) = pair.root.zones
    assert span.start_offset_cm <= pair.root.path.first_offset_cm
    assert span.end_offset_cm == pair.root.path.end_offset_cm


def test_overlapping_stretches_of_a_zone_are_one_whoever_placed_them(motorway: Drawn) -> None:
    link = motorway.link("BC").link_id
    stretches = [(3000, 6000, 700), (1000, 4000, 900), (1000, 2000, 900), (8000, 9000, 900)]
    on_link = [ZoneOnLink("works", link, a, b, match, True) for a, b, match in stretches]
    pair = Pair(motorway, OPENED)
    pair.publish(1, placed(ZONE, *on_link))
    pair.drive(motorway.poses("ABCDEF")[:2])
    ab = motorway.link("AB").length_cm
    found = [(x.start_offset_cm - ab, x.end_offset_cm - ab, x.match_permille) for x in pair.root.zones]
    assert found == [(1000, 6000, 700), (8000, 9000, 900)]
