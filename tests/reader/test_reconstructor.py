"""What the client can ask, and the JSON it can print."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.horizon.events import Open
from mapprior.model.limit import (
    EffectiveLimit,
    LaneLimit,
    LimitAlternative,
    LimitKind,
    PostedSpeed,
    SpeedUnit,
    mm_per_sec,
)
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import LaneStatus, WorkZone, WorkZoneLane, WorkZoneLaneType, ZoneOnLink
from mapprior.reader.ahead import WALK_MPS, LimitAhead, braking, limit_change, speed_mps
from mapprior.reader.as_json import as_json
from mapprior.reader.reconstructor import WHOLE_PATH_M, Reconstructor
from tests.asciimap import START_TIME_US, Drawn, draw
from tests.horizon.pair import Pair, placed

ROAD = "A----B----C----D----E"
WAYS = {
    "AB": {"maxspeed_kmh": 100, "lanes": 2, "oneway": True, "name": "Long Road", "ref": "A 1"},
    "BC": {"maxspeed_kmh": 50, "lanes": 1, "oneway": True},
    "CD": {"oneway": True},
    "DE": {"maxspeed_mph": 20, "oneway": True},
}
ZONE = WorkZone(
    id="works",
    source="feed",
    start_time_us=START_TIME_US - 1,
    end_time_us=START_TIME_US * 2,
    lat_e7=(),
    lon_e7=(),
    confidence_permille=800,
    place_sigma_cm=1000,
    limit=LimitAlternative(LimitKind.LIMITED, 30_000, SpeedUnit.KMH, "", "30"),
    lanes=(WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.CLOSED, 0),),
    synthetic=True,
)


@pytest.fixture(scope="module")
def road() -> Drawn:
    return draw(ROAD, ways=WAYS, grid_m=100.0)


@pytest.fixture
def pair(road: Drawn) -> Pair:
    """100 m into AB, every stretch 500 m long, a zone on the second half of CD."""
    pair = Pair(road, Open(horizon_length_m=2000))
    cd = road.link("CD")
    pair.publish(1, placed(ZONE, ZoneOnLink("works", cd.link_id, cd.length_cm // 2, cd.length_cm, 900, True)))
    pair.drive(road.poses("AB", speed_mps=10.0)[:101])
    return pair


def test_where_to_begin_braking_for_any_limit_ahead(pair: Pair) -> None:
    first = pair.reconstructor.next_braking(deceleration_mps2=2.0)
    assert first is not None
    assert first.value is not None
    assert not first.stale
    assert first.value.limit.posted_value_milli == 50_000
    assert first.value.distance_m == pytest.approx(400.0, abs=1.5)
    assert first.value.brake_in_m == pytest.approx(first.value.distance_m - braking_m(100, 50) / 2.0, abs=0.1)
    faster = pair.reconstructor.next_braking(deceleration_mps2=2.0, speed_mps=35.0, travelled_m=100.0)
    assert faster is not None
    assert faster.value is not None
    assert faster.value.brake_in_m == pytest.approx(300.0 - (35.0**2 - (50 / 3.6) ** 2) / 4.0, abs=1.5)
    slow = pair.reconstructor.next_braking(speed_mps=5.0)
    assert slow is not None
    assert slow.value is None
    with pytest.raises(ValueError, match="deceleration"):
        pair.reconstructor.next_braking(deceleration_mps2=-1.0)


def test_limits_ahead(pair: Pair) -> None:
    answer = pair.reconstructor.limits_ahead(1000.0)
    assert answer is not None
    assert not answer.stale
    assert [x.limit.kind for x in answer.value] == [LimitKind.LIMITED, LimitKind.LIMITED, LimitKind.UNKNOWN]
    assert [x.limit.posted_value_milli for x in answer.value] == [100_000, 50_000, 0]
    assert answer.value[0].start_m == 0.0
    assert answer.value[0].end_m == answer.value[1].start_m == pytest.approx(400.0, abs=1.5)
    assert answer.value[-1].end_m == 1000.0
    beyond = pair.reconstructor.limits_ahead(1000.0, travelled_m=5000.0)
    assert beyond is not None
    assert beyond.value == ()


def test_next_limit_change_and_where_to_brake(pair: Pair) -> None:
    change = pair.reconstructor.next_limit_change(deceleration_mps2=2.0)
    assert change is not None
    assert change.value is not None
    assert change.value.distance_m == pytest.approx(400.0, abs=1.5)
    braking_m = ((100 / 3.6) ** 2 - (50 / 3.6) ** 2) / 4.0
    assert change.value.brake_in_m == pytest.approx(change.value.distance_m - braking_m, abs=0.1)
    later = pair.reconstructor.next_limit_change(deceleration_mps2=2.0, travelled_m=390.0)
    assert later is not None
    assert later.value is not None
    assert later.value.brake_in_m == 0.0
    slow = pair.reconstructor.next_limit_change(speed_mps=5.0)
    assert slow is not None
    assert slow.value is not None
    assert slow.value.brake_in_m is None
    unknown = pair.reconstructor.next_limit_change(travelled_m=600.0)
    assert unknown is not None
    assert unknown.value is not None
    assert unknown.value.after.kind is LimitKind.UNKNOWN
    assert unknown.value.brake_in_m is None
    with pytest.raises(ValueError, match="deceleration"):
        pair.reconstructor.next_limit_change(deceleration_mps2=0.0)


def says(kmh: int, *others: int, **more: object) -> EffectiveLimit:
    """A limit that others may hold instead of."""
    unresolved = tuple(LimitAlternative(LimitKind.LIMITED, x * 1000, SpeedUnit.KMH, "wet", "") for x in others)
    plain = EffectiveLimit(
        LimitKind.LIMITED,
        kmh * 1000,
        SpeedUnit.KMH,
        mm_per_sec(kmh * 1000, SpeedUnit.KMH),
        Basis.TAGGED,
        800,
        not others,
        unresolved,
        "",
        "",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def braking_m(from_kmh: float, to_kmh: float) -> float:
    return ((from_kmh / 3.6) ** 2 - (to_kmh / 3.6) ** 2) / 2.0


def test_the_cautious_brake_for_the_lowest_that_may_hold() -> None:
    ahead = [LimitAhead(0.0, 500.0, says(100)), LimitAhead(500.0, 900.0, says(80, 60, 90))]
    plain = limit_change(ahead, from_mps=None, deceleration_mps2=1.0, cautious=False)
    careful = limit_change(ahead, from_mps=None, deceleration_mps2=1.0, cautious=True)
    assert plain is not None
    assert careful is not None
    assert plain.brake_in_m == pytest.approx(500.0 - braking_m(100, 80), abs=0.1)
    assert careful.brake_in_m == pytest.approx(500.0 - braking_m(100, 60), abs=0.1)
    assert (plain.to_mps, careful.to_mps) == (pytest.approx(80 / 3.6, abs=1e-3), pytest.approx(60 / 3.6, abs=1e-3))
    assert plain.after == careful.after


def test_what_only_the_cautious_see_is_a_change_for_them_alone() -> None:
    ahead = [LimitAhead(0.0, 500.0, says(100)), LimitAhead(500.0, 900.0, says(100, 70))]
    assert limit_change(ahead, from_mps=None, deceleration_mps2=1.0, cautious=False) is None
    careful = limit_change(ahead, from_mps=None, deceleration_mps2=1.0, cautious=True)
    assert careful is not None
    assert careful.brake_in_m == pytest.approx(500.0 - braking_m(100, 70), abs=0.1)


def test_braking_may_be_for_a_limit_behind_the_next() -> None:
    ahead = [
        LimitAhead(0.0, 400.0, says(100)),
        LimitAhead(400.0, 450.0, says(80)),
        LimitAhead(450.0, 900.0, says(30)),
    ]
    first = braking(ahead, from_mps=None, deceleration_mps2=1.0, cautious=False)
    assert first is not None
    assert first.limit == says(30)
    assert first.brake_in_m == pytest.approx(450.0 - braking_m(100, 30), abs=0.1)
    slow = braking(ahead, from_mps=10.0, deceleration_mps2=1.0, cautious=False)
    assert slow is not None
    assert slow.limit == says(30)
    assert braking(ahead, from_mps=5.0, deceleration_mps2=1.0, cautious=False) is None
    assert braking([], from_mps=5.0, deceleration_mps2=1.0, cautious=False) is None


kmhs = st.integers(5, 130)
stretches_ahead = st.lists(st.tuples(st.integers(1, 300), kmhs, st.lists(kmhs, max_size=2)), min_size=1)


@given(stretches_ahead, st.floats(0.5, 4.0), st.none() | st.floats(0.0, 40.0))
def test_who_brakes_when_told_is_never_too_fast(
    stretches: list[tuple[int, int, list[int]]], deceleration_mps2: float, from_mps: float | None
) -> None:
    """Unless it is too late already: at the start of each stretch the vehicle is down to the number, or braking since
    `brake_in_m` gets it there. The cautious never brake later than the others."""
    ahead, start_m = [], 0.0
    for length_m, kmh, others in stretches:
        ahead.append(LimitAhead(start_m, start_m + length_m, says(kmh, *others)))
        start_m += length_m
    found = {
        cautious: braking(ahead, from_mps=from_mps, deceleration_mps2=deceleration_mps2, cautious=cautious)
        for cautious in (False, True)
    }
    for cautious, begin in found.items():
        driven_mps = from_mps if from_mps is not None else speed_mps(ahead[0].limit, cautious=cautious)
        assert driven_mps is not None
        for x in ahead[1:]:
            to_mps = speed_mps(x.limit, cautious=cautious)
            assert to_mps is not None
            braked_m = max(0.0, x.start_m - begin.brake_in_m) if begin is not None else 0.0
            reached_mps = max(0.0, driven_mps**2 - 2 * deceleration_mps2 * braked_m) ** 0.5
            assert reached_mps <= to_mps + 1e-6 or (begin is not None and begin.brake_in_m == 0.0)
    if from_mps is not None and found[False] is not None:
        assert found[True] is not None
        assert found[True].brake_in_m <= found[False].brake_in_m


def test_walking_pace_ahead_is_braked_for() -> None:
    walk = replace(says(0), kind=LimitKind.WALK, posted_value_milli=0, posted_unit=SpeedUnit.NONE, limit_mm_per_sec=0)
    ahead = [LimitAhead(0.0, 100.0, says(50)), LimitAhead(100.0, 200.0, walk)]
    for cautious in (False, True):
        begin = braking(ahead, from_mps=13.9, deceleration_mps2=2.0, cautious=cautious)
        change = limit_change(ahead, from_mps=13.9, deceleration_mps2=2.0, cautious=cautious)
        assert begin is not None
        assert change is not None
        assert begin.to_mps == change.to_mps == WALK_MPS
        assert begin.brake_in_m == change.brake_in_m == pytest.approx(100.0 - (13.9**2 - WALK_MPS**2) / 4.0)
        assert begin.limit.kind is LimitKind.WALK


def test_the_cautious_take_walking_pace_that_may_hold() -> None:
    may_walk = LimitAlternative(LimitKind.WALK, 0, SpeedUnit.NONE, "children_present", "")
    limit = replace(says(50), certain=False, unresolved=(may_walk,))
    assert speed_mps(limit, cautious=True) == WALK_MPS
    assert speed_mps(limit, cautious=False) == says(50).limit_mm_per_sec / 1000


def test_a_lane_with_its_own_limit(pair: Pair) -> None:
    own = LaneLimit(1, LimitKind.LIMITED, 60_000, SpeedUnit.KMH, 16_667, True, "maxspeed:lanes=|60")
    limit = says(100, lanes=(own,), advisory=PostedSpeed(90_000, SpeedUnit.KMH, "", Basis.TAGGED, 800))
    assert limit.on_lane(0) is limit
    assert (limit.on_lane(1).posted_value_milli, limit.on_lane(1).certain) == (60_000, True)
    assert limit.on_lane(1).advisory == limit.advisory
    root = pair.root
    spans = tuple(replace(x, limit=limit) if x is root.limits[0] else x for x in root.limits)
    pair.reconstructor._state = replace(
        pair.reconstructor.state, paths={root.path.path_id: replace(root, limits=spans)}
    )
    now = [pair.reconstructor.limit_now(lane_index=x) for x in (None, 0, 1)]
    assert [x.value.posted_value_milli for x in now if x is not None and x.value is not None] == [
        100_000,
        100_000,
        60_000,
    ]
    (path,) = as_json(pair.reconstructor)["paths"]
    shown = path["limits"][0]
    assert shown["lanes"] == [
        {"lane_index": 1, "kind": "LIMITED", "value": 60, "unit": "km/h", "limit_mps": 16.667, "certain": True}
    ]
    advised = {"value": 90, "unit": "km/h", "limit_mps": 25.0, "basis": "TAGGED", "confidence": 0.8}
    assert (shown["advisory"], shown["minimum"]) == (advised, None)
    assert [x["limit"]["value"] for x in path["lanes"] if x["start_offset_m"] == 0.0] == [100, 60]
    assert {x["limit"]["certain"] for x in path["lanes"] if x["start_offset_m"] == 0.0} == {True}


def test_the_next_switch_is_the_first_of_all_ahead(pair: Pair) -> None:
    none = pair.reconstructor.next_switch()
    assert none is not None
    assert none.value is None
    root = pair.root
    times = (0, START_TIME_US + 9, START_TIME_US + 5, 0)
    spans = tuple(
        replace(x, limit=replace(x.limit, next_change_us=t)) for x, t in zip(root.limits, times, strict=False)
    )
    pair.reconstructor._state = replace(
        pair.reconstructor.state, paths={root.path.path_id: replace(root, limits=spans)}
    )
    first = pair.reconstructor.next_switch()
    assert first is not None
    assert first.value is not None
    assert first.value.limit.next_change_us == START_TIME_US + 5
    assert as_json(pair.reconstructor)["paths"][0]["limits"][2]["next_change"] == "2023-11-14T22:13:20.000005Z"


def test_limit_now_and_past_the_end(pair: Pair) -> None:
    now = pair.reconstructor.limit_now()
    assert now is not None
    assert now.value is not None
    assert now.value.posted_value_milli == 100_000
    past = pair.reconstructor.limit_now(travelled_m=10_000.0)
    assert past is not None
    assert past.value is None


def test_distance_to_zone(pair: Pair) -> None:
    ahead = pair.reconstructor.distance_to_zone()
    assert ahead is not None
    assert ahead.value is not None
    assert ahead.value.distance_m == pytest.approx(1150.0, abs=1.5)
    assert ahead.value.zone == ZONE and not ahead.value.goes_on
    inside = pair.reconstructor.distance_to_zone(travelled_m=1200.0)
    assert inside is not None
    assert inside.value is not None
    assert (inside.value.distance_m, inside.value.end_m) == (0.0, pytest.approx(200.0, abs=1.5))
    past = pair.reconstructor.distance_to_zone(travelled_m=1500.0)
    assert past is not None
    assert past.value is None


def test_position_moves_with_what_was_driven_since(pair: Pair, road: Drawn) -> None:
    here = pair.reconstructor.position()
    assert here is not None
    assert here.value.link_id == road.link("AB").link_id
    there = pair.reconstructor.position(travelled_m=500.0)
    assert there is not None
    assert there.value.link_id == road.link("BC").link_id
    assert there.value.offset_cm == here.value.offset_cm + 50_000
    assert there.value.link_offset_cm == there.value.offset_cm - road.link("AB").length_cm


def test_a_length_without_end_is_the_whole_path(pair: Pair) -> None:
    reconstructor = pair.reconstructor
    assert reconstructor.limits_ahead(math.inf) == reconstructor.limits_ahead(WHOLE_PATH_M)
    assert reconstructor.lanes_ahead(math.inf) == reconstructor.lanes_ahead(WHOLE_PATH_M)
    assert reconstructor.junctions_ahead(math.inf) == reconstructor.junctions_ahead(WHOLE_PATH_M)


def test_lanes_ahead(pair: Pair) -> None:
    lanes = pair.reconstructor.lanes_ahead(450.0)
    assert lanes is not None
    assert [x.lane_index for x in lanes.value] == [0, 1, 0]
    assert lanes.value[0].start_m == pytest.approx(-100.0, abs=1.5)


def test_stale_answers_say_so(pair: Pair) -> None:
    reconstructor = pair.reconstructor
    late_us = pair.now_us + 2_000_001
    assert not reconstructor.is_stale(pair.now_us)
    assert reconstructor.is_stale(late_us)
    for answer in (
        reconstructor.limits_ahead(100.0, now_us=late_us),
        reconstructor.limit_now(now_us=late_us),
        reconstructor.next_limit_change(now_us=late_us),
        reconstructor.distance_to_zone(now_us=late_us),
        reconstructor.lanes_ahead(100.0, now_us=late_us),
        reconstructor.position(now_us=late_us),
    ):
        assert answer is not None
        assert answer.stale


def test_nothing_is_answered_before_the_first_update() -> None:
    reconstructor = Reconstructor(lambda _: None, lambda _: ZONE)
    assert reconstructor.limits_ahead(100.0) is None
    assert reconstructor.distance_to_zone() is None
    assert reconstructor.held_content() is None
    assert reconstructor.is_stale(0)


def test_a_stream_that_does_not_begin_with_a_snapshot_needs_one(pair: Pair) -> None:
    reconstructor = Reconstructor(lambda _: None, lambda _: ZONE)
    assert not reconstructor.apply(pair.updates[-1], 0)
    assert reconstructor.needs_resync
    assert not reconstructor.apply(replace(pair.updates[-1], update_index=1), 0)


def test_what_was_decoded_of_a_replaced_zone_is_dropped(pair: Pair, road: Drawn) -> None:
    cd = road.link("CD")
    changed = replace(ZONE, description="other")
    pair.publish(2, placed(changed, ZoneOnLink("works", cd.link_id, 0, cd.length_cm, 900, True)))
    assert pair.reconstructor.zone("works") == ZONE
    pair.pump()
    assert pair.reconstructor.zone("works") == changed


JSON_KEYS = {
    "": {"state", "reason", "market", "time", "update_index", "health", "basis", "position", "paths"},
    "position": {
        *("path_id", "offset_m", "lateral_m", "link_id", "link_offset_m", "heading_error_rad", "confidence"),
        *("candidates", "lanes", "offset_sigma_m", "lateral_sigma_m"),
    },
    "path": {
        *("path_id", "parent_path_id", "offset_on_parent_m", "first_offset_m", "end_offset_m", "probability"),
        *("length_m", "geometry", "links", "limits", "lanes", "work_zones", "coverage", "turn_angle_rad", "margin"),
        *("junctions", "profiles", "features", "events", "end"),
    },
    "links": {"link_id", "ref", "start_offset_m", "length_m", "names", "class", "form_of_way"},
    "limits": {
        *("start_offset_m", "end_offset_m", "kind", "value", "unit", "limit_mps", "basis", "confidence", "certain"),
        *("unresolved_conditions", "raw", "advisory", "minimum", "lanes", "next_change"),
    },
    "lanes": {
        *("start_offset_m", "end_offset_m", "lane_index", "lane_id", "width_m", "type", "basis", "centre_line"),
        "limit",
    },
    "work_zones": {"id", "start_offset_m", "end_offset_m", "state", "lanes", "limit", "confidence", "source"},
    "coverage": {"layer", "start_offset_m", "end_offset_m", "state", "reason"},
}


def test_json_has_every_field_and_survives_json(pair: Pair) -> None:
    shown = as_json(pair.reconstructor, "ZZ")
    assert json.loads(json.dumps(shown)) == shown
    assert JSON_KEYS[""] <= shown.keys()
    assert JSON_KEYS["position"] <= shown["position"].keys()
    (path,) = shown["paths"]
    assert JSON_KEYS["path"] <= path.keys()
    for name in ("links", "limits", "lanes", "work_zones", "coverage"):
        assert path[name]
        for x in path[name]:
            assert JSON_KEYS[name] <= x.keys()


def test_json_values(pair: Pair, road: Drawn) -> None:
    shown = as_json(pair.reconstructor)
    (path,) = shown["paths"]
    assert (shown["state"], shown["reason"], shown["market"]) == ("TRACKING", None, "ZZ")
    assert shown["time"] == "2023-11-14T22:13:30.000000Z"
    assert shown["health"] == {"state": "OK", "reason": None, "poses_dropped_count": 0, "content_withheld": False}
    assert (path["parent_path_id"], path["probability"]) == (None, 1.0)
    assert path["length_m"] == path["end_offset_m"] == round(sum(x["length_m"] for x in path["links"]), 2)
    assert path["links"][0]["link_id"] == str(road.link("AB").link_id)
    assert (path["links"][0]["names"], path["links"][0]["class"]) == (["Long Road"], "RESIDENTIAL")
    first = path["limits"][0]
    assert (first["kind"], first["value"], first["unit"], first["limit_mps"]) == ("LIMITED", 100, "km/h", 27.778)
    assert (first["basis"], first["certain"], first["raw"]) == ("TAGGED", True, "maxspeed=100")
    assert [x["unit"] for x in path["limits"]][-1] == "mph"
    unknown = path["limits"][2]
    assert (unknown["kind"], unknown["value"], unknown["limit_mps"]) == ("UNKNOWN", None, None)
    (zone,) = path["work_zones"]
    assert zone["continues"] is (zone["end_offset_m"] == path["end_offset_m"])
    assert (zone["id"], zone["state"], zone["limit"]["value"], zone["synthetic"]) == ("works", "ACTIVE", 30, True)
    assert zone["lanes"] == [{"lane_index": 0, "type": "GENERAL", "status": "CLOSED", "width_m": None}]
    lon, lat = path["geometry"][0]
    assert (round(lat * 1e7), round(lon * 1e7)) == road.position("A")
    assert len(path["geometry"]) == 5
    assert {x["state"] for x in path["coverage"] if x["layer"] == "L2"} == {"DERIVED", "ABSENT"}


def test_json_before_the_first_update() -> None:
    shown = as_json(Reconstructor(lambda _: None, lambda _: ZONE), "FI")
    assert (shown["state"], shown["time"], shown["position"], shown["paths"]) == ("WAITING", None, None, [])
    json.dumps(shown)
