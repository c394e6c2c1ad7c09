"""Limits that depend on the hour, the weather and the vehicle, along drawn roads, seen from both ends."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.geo.units import US_PER_SEC as SEC
from mapprior.horizon.arrival import HYSTERESIS_US
from mapprior.horizon.events import ConditionsEvent, Open, PoseEvent
from mapprior.market.law import MarketLaw
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.pose import Condition, DrivingConditions, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis
from tests.asciimap import Drawn, draw
from tests.horizon.pair import Pair
from tests.horizon.timed import (
    HOUR_US,
    LAWS,
    MINUTE_US,
    NIGHT,
    Said,
    by_link,
    jump_to,
    kmh,
    limit_spans,
    moving,
    root_says,
    said,
    standing,
    utc_us,
)
from tests.market.small_pack import limit as law_entry
from tests.market.small_pack import small_pack

DAY, UNDECIDED_DAY = (50, True, ()), (50, False, (30,))
NIGHTLY = (30, True, ())
# 50 by day, 30 by night, over 1.2 km; then an ordinary 70.
ROAD = """
A-----B-----C-----D-----E-----F
"""
WAYS = {"ABCDE": {"limits": (kmh(50), kmh(30, NIGHT)), "oneway": True}, "EF": {"maxspeed_kmh": 70, "oneway": True}}


STOP_AND_GO = draw(ROAD, ways=WAYS, grid_m=50.0)


@pytest.fixture(scope="module")
def road() -> Drawn:
    return draw(ROAD, ways=WAYS, grid_m=50.0)


def summer(clock: str) -> int:
    """A Wednesday in June by the clock of Berlin, two hours ahead of UTC."""
    return utc_us(f"2026-06-10T{clock}") - 2 * HOUR_US


def test_a_road_driven_across_ten_in_the_evening(road: Drawn) -> None:
    """Certain, then undecided from its far end on, then certain from the switch on; nothing else is ever said."""
    pair = Pair(road, Open(horizon_length_m=2000, trailing_length_m=0), laws=LAWS)
    ten = summer("22:00:00")
    start_us = summer("21:57:00")
    shown = []
    for pose in road.poses("ABCDEF", speed_mps=5.0, rate_hz=1.0, start_time_us=start_us)[:-20]:
        jump_to(pair, pose)
        now = pair.reconstructor.limit_now()
        assert now is not None
        assert now.value is not None
        if now.value.posted_value_milli == 70_000:
            break
        assert said(now.value) in (DAY, UNDECIDED_DAY) if pose.pose_time_us < ten else said(now.value) == NIGHTLY
        assert now.value.next_change_us == (ten if pose.pose_time_us < ten else summer("22:00:00") + 8 * HOUR_US)
        if not shown or shown[-1] != root_says(pair):
            shown.append(root_says(pair))
    seventy = (70, True, ())
    assert shown[0] == [DAY, UNDECIDED_DAY, seventy]
    assert [UNDECIDED_DAY, seventy] in shown
    assert shown[-1] == [NIGHTLY, seventy]
    in_order = [DAY, UNDECIDED_DAY, NIGHTLY, seventy]
    for says in shown:  # each once, and in this order along the road
        assert says == [x for x in in_order if x in says]


@pytest.mark.parametrize(
    ("night_of", "begins", "ends"),
    [
        ("winter", "2026-01-14T21:00:00", "2026-01-15T05:00:00"),
        ("summer", "2026-06-10T20:00:00", "2026-06-11T04:00:00"),
        ("the clock set forward", "2026-03-28T21:00:00", "2026-03-29T04:00:00"),
        ("the clock set back", "2026-10-24T20:00:00", "2026-10-25T05:00:00"),
    ],
)
def test_every_night_switches_by_the_clock_of_the_road(road: Drawn, night_of: str, begins: str, ends: str) -> None:
    begins_us, ends_us = utc_us(begins), utc_us(ends)
    pair = Pair(road, Open(horizon_length_m=2000), laws=LAWS)
    for time_us, says, change_us in (
        (begins_us - HOUR_US, DAY, begins_us),
        (begins_us, NIGHTLY, ends_us),
        ((begins_us + ends_us) // 2, NIGHTLY, ends_us),
        (ends_us - HOUR_US, NIGHTLY, ends_us),
        (ends_us, DAY, begins_us + 24 * HOUR_US),
    ):
        jump_to(pair, standing(road, "AB", time_us))
        assert root_says(pair)[0] == says, night_of
        assert (
            abs(pair.root.limits[0].limit.next_change_us - change_us) <= HOUR_US
        )  # the next night may be a longer one


def test_a_side_path_is_reached_after_the_stretch_before_it() -> None:
    """70 s before the switch the vehicle is surely past AB in time, and perhaps not past BF, which begins there."""
    timed = {"limits": (kmh(50), kmh(30, NIGHT)), "oneway": True}
    picture = """
    A----B----C
         |
         |
         F
    """
    drawn = draw(picture, ways={"ABC": {"maxspeed_kmh": 50, "oneway": True}, "BF": timed}, grid_m=50.0)
    pair = Pair(drawn, laws=LAWS)
    for seconds, says in ((200, DAY), (70, UNDECIDED_DAY)):
        jump_to(pair, standing(drawn, "AB", summer("22:00:00") - seconds * SEC, offset_m=10.0))
        (side,) = pair.sides().values()
        assert [said(x.limit) for x in side.limits] == [says]


def test_a_switch_passes_without_a_pose(road: Drawn) -> None:
    pair = Pair(road, Open(horizon_length_m=2000), laws=LAWS)
    ten = summer("22:00:00")
    jump_to(pair, standing(road, "AB", ten - MINUTE_US))
    assert root_says(pair)[0] == UNDECIDED_DAY
    woken = 0
    while root_says(pair)[0] != NIGHTLY:
        wakes_us = pair.session.wakes_at()
        assert wakes_us is not None
        assert wakes_us > pair.now_us
        pair.now_us = wakes_us
        pair.session.wake(pair.now_us)
        pair.pump()
        woken += 1
    assert pair.now_us - 1_100_000 == MINUTE_US  # at the switch, to the microsecond
    assert woken <= 100


def test_far_from_a_switch_nothing_wakes_and_nothing_is_sent(road: Drawn) -> None:
    pair = Pair(road, Open(horizon_length_m=2000, silence_ms_max=60_000), laws=LAWS)
    poses = road.poses("AB", speed_mps=10.0, start_time_us=summer("12:00:00"))
    jump_to(pair, poses[0])
    assert pair.session._change_us is not None
    assert pair.session._change_us > summer("21:30:00")
    for pose in poses[1:]:
        jump_to(pair, pose)
        assert pair.updates[-1].items == ()


def test_the_vehicle_that_stops_is_told_what_may_come(road: Drawn) -> None:
    """The limit ahead was certain for one that drives on; the longer it stands, the less it is."""
    pair = Pair(road, Open(horizon_length_m=2000), laws=LAWS)
    ten = summer("22:00:00")
    jump_to(pair, standing(road, "AB", ten - 10 * MINUTE_US))
    assert root_says(pair)[0] == DAY
    seen = []
    for second in range(600):
        jump_to(pair, standing(road, "AB", ten - 10 * MINUTE_US + second * 1_000_000))
        seen.append(root_says(pair)[0] == UNDECIDED_DAY)
        far = [x for x in root_says(pair) if x[0] != 70][-1]
        assert far in (DAY, UNDECIDED_DAY, NIGHTLY)
    first = seen.index(True)
    assert all(seen[first:])
    assert first > 400  # the first link is in reach only in the last minutes


@settings(max_examples=15, deadline=None)
@given(st.integers(100, 106), st.integers(2, 6))
def test_what_is_undecided_does_not_flicker(before_sec: int, stop_sec: int) -> None:
    """A vehicle that goes and stops, as fast in the mean as the latest arrival assumes, so that every interval lies
    still beside the switch: no link is decided for less than the hysteresis."""
    pair = Pair(STOP_AND_GO, Open(horizon_length_m=2000), laws=LAWS)
    ten = summer("22:00:00")
    since: dict[tuple[int, int], tuple[int, bool]] = {}
    offset_m = 5.0
    for k in range(90):
        time_us = ten - before_sec * SEC + k * SEC
        drives = (k // stop_sec) % 2 == 1
        offset_m += 8.3 if drives else 0.0
        part, at_m = divmod(offset_m, 300.0)
        letters = "ABCDEF"[int(part) : int(part) + 2]
        pose = moving(
            STOP_AND_GO, letters, time_us, offset_m=min(max(1.0, at_m), 299.0), speed_mps=8.3 if drives else 0.0
        )
        jump_to(pair, pose)
        for place, (_, limit) in by_link(pair).items():
            from_us, certain = since.get(place, (0, limit.certain))
            if certain is not limit.certain:
                assert limit.certain or not from_us or time_us - from_us >= HYSTERESIS_US
                since[place] = time_us, limit.certain
            else:
                since.setdefault(place, (0, limit.certain))


def test_conditions_that_change_on_the_way() -> None:
    wet = draw("A-----B-----C", ways={"ABC": {"limits": (kmh(120), kmh(80, "wet")), "oneway": True}})
    pair = Pair(wet, Open(horizon_length_m=1000), laws=LAWS)
    poses = wet.poses("ABC", speed_mps=20.0)
    jump_to(pair, poses[0])
    assert root_says(pair) == [(120, False, (80,))]
    for sensed, says in (
        (Condition.YES, (80, True, ())),
        (Condition.NO, (120, True, ())),
        (Condition.UNKNOWN, (120, False, (80,))),
    ):
        first = len(pair.updates)
        pair.send(ConditionsEvent(DrivingConditions(wet=sensed)))
        pair.pump()
        assert root_says(pair) == [says]
        items = [x for update in pair.updates[first:] for x in update.items]
        assert items == limit_spans(items)  # no content, no path: the limits alone
    pair.send(ConditionsEvent(DrivingConditions()))
    first = len(pair.updates)
    jump_to(pair, poses[1])
    assert [update.items for update in pair.updates[first:]] == [()]


def test_while_the_clocks_differ_nothing_that_depends_on_time_is_certain(road: Drawn) -> None:
    """At noon, far from a switch; the road after it has one number at all hours."""
    pair = Pair(road, Open(horizon_length_m=2000), laws=LAWS)
    noon, seventy = summer("12:00:00"), (70, True, ())
    for second, skew_us, says in (
        (0, 100_000, DAY),
        (1, -7_200 * SEC, UNDECIDED_DAY),
        (2, 4_900_000, UNDECIDED_DAY),  # a little less does not end it
        (3, 100_000, DAY),
        (4, 6 * SEC, UNDECIDED_DAY),
    ):
        pose = standing(road, "AB", noon + second * SEC)
        pair.send(PoseEvent(pose, received_time_us=pose.pose_time_us + skew_us))
        pair.pump()
        assert root_says(pair) == [says, seventy]


def test_conditions_said_before_the_first_pose_hold_from_the_start() -> None:
    wet = draw("A-----B", ways={"AB": {"limits": (kmh(120), kmh(80, "wet")), "oneway": True}})
    pair = Pair(wet, laws=LAWS)
    pair.send(ConditionsEvent(DrivingConditions(wet=Condition.YES)))
    jump_to(pair, standing(wet, "AB", summer("12:00:00")))
    assert root_says(pair) == [(80, True, ())]


@pytest.mark.parametrize(
    ("vehicle", "says"),
    [
        (VehicleProfile(), (100, True, ())),
        (VehicleProfile(trailer=True), (60, True, ())),
        (VehicleProfile(VehicleClass.TRUCK, mass_max_kg=12_000), (65, True, ())),
        (VehicleProfile(VehicleClass.BUS), (90, False, (0,))),  # that law does not speak of buses
        (VehicleProfile(VehicleClass.MOTORCYCLE), (100, True, ())),
    ],
)
def test_each_vehicle_is_told_its_own_limit(vehicle: VehicleProfile, says: Said) -> None:
    """By tags and by the law of the made-up market: hgv 70, 60 with a trailer, 50 in snow."""
    rural = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed:type", rule_ref="QM:rural")
    limits = (kmh(100), kmh(80, "trailer"), kmh(65, vehicle="hgv"), kmh(90, vehicle="bus"), rural)
    drawn = draw("A-----B", market="QM", ways={"AB": {"limits": limits, "oneway": True}})
    law = MarketLaw.from_pack({"code": "QM", "time_zones": ["Europe/Berlin"], "law": small_pack()})
    pair = Pair(drawn, Open(vehicle=vehicle), laws={1: law})
    pair.send(ConditionsEvent(DrivingConditions(snow=Condition.NO)))
    jump_to(pair, standing(drawn, "AB", summer("12:00:00")))
    assert root_says(pair) == [says]


def test_a_law_that_changes_at_midnight(road: Drawn) -> None:
    """A made-up law of 2026-07-01: 70 instead of 80 outside towns. The day begins by the clock of the road."""
    until, since = law_entry("rural", "maxspeed", "80"), law_entry("rural", "maxspeed", "70")
    table = small_pack(limits=[{**until, "valid_to": "2026-07-01"}, {**since, "valid_from": "2026-07-01"}])
    law = MarketLaw.from_pack({"code": "QM", "time_zones": ["Europe/Berlin"], "law": table})
    rural = TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, "maxspeed:type", rule_ref="QM:rural")
    drawn = draw("A-----B", market="QM", ways={"AB": {"limits": (rural,), "oneway": True}})
    pair = Pair(drawn, laws={1: law})
    midnight = utc_us("2026-06-30T22:00:00")
    for time_us, says, change_us in (
        (midnight - 300 * HOUR_US, (80, True, ()), midnight),
        (midnight - 50 * SEC, (80, False, (70,)), midnight),
        (midnight, (70, True, ()), 0),
    ):
        jump_to(pair, standing(drawn, "AB", time_us))
        assert root_says(pair) == [says]
        assert pair.root.limits[0].limit.next_change_us == change_us


def test_without_the_law_of_the_place_the_clock_is_unknown(road: Drawn) -> None:
    pair = Pair(road, Open(horizon_length_m=2000))
    jump_to(pair, standing(road, "AB", summer("12:00:00")))
    assert root_says(pair)[0] == UNDECIDED_DAY
    assert pair.root.limits[0].limit.next_change_us == 0


def test_lanes_of_their_own_and_speeds_that_are_no_limit() -> None:
    beside = TaggedLimit(LimitKind.LIMITED, 110_000, SpeedUnit.KMH, Basis.TAGGED, "maxspeed:advisory=110")
    limits = (
        kmh(120),
        *(kmh(x, lane_index=i) for i, x in enumerate((120, 120, 80))),
        replace(beside, role=LimitRole.ADVISORY),
        replace(beside, role=LimitRole.MINIMUM, posted_value_milli=60_000, raw="minspeed=60"),
    )
    drawn = draw("A-----B-----C", ways={"ABC": {"limits": limits, "oneway": True, "lanes": 3}})
    pair = Pair(drawn, laws=LAWS)
    jump_to(pair, standing(drawn, "AB", summer("12:00:00")))
    limit = pair.root.limits[0].limit
    assert limit.posted_value_milli == 120_000
    assert limit.advisory is not None
    assert limit.minimum is not None
    assert (limit.advisory.value_milli, limit.minimum.value_milli) == (110_000, 60_000)
    assert [limit.on_lane(x).posted_value_milli for x in range(3)] == [120_000, 120_000, 80_000]
    slow_lane = pair.reconstructor.limits_ahead(500.0, lane_index=2)
    assert slow_lane is not None
    assert {x.limit.posted_value_milli for x in slow_lane.value} == {80_000}
