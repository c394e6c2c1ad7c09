"""What the client can ask, and the JSON it can print."""

import json
from dataclasses import replace

import pytest

from mapprior.horizon.as_json import as_json
from mapprior.horizon.events import Open
from mapprior.horizon.reconstructor import Reconstructor
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.work_zone import LaneStatus, WorkZone, WorkZoneLane, WorkZoneLaneType, ZoneOnLink
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
    assert ahead.value.zone == ZONE
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
        "candidates",
    },
    "path": {
        *("path_id", "parent_path_id", "offset_on_parent_m", "first_offset_m", "end_offset_m", "probability"),
        *("length_m", "geometry", "links", "limits", "lanes", "work_zones", "coverage"),
    },
    "links": {"link_id", "ref", "start_offset_m", "length_m", "names", "class", "form_of_way"},
    "limits": {
        *("start_offset_m", "end_offset_m", "kind", "value", "unit", "limit_mps", "basis", "confidence", "certain"),
        *("unresolved_conditions", "raw"),
    },
    "lanes": {
        *("start_offset_m", "end_offset_m", "lane_index", "lane_id", "width_m", "type", "basis", "centre_line"),
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
    assert shown["health"] == {"state": "OK", "reason": None, "poses_dropped_count": 0}
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
