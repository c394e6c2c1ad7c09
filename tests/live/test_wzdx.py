"""WZDx feeds: what is read, what is refused, and that no feed can do worse than that."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import FeedError
from mapprior.live.wzdx import read_wzdx
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.work_zone import LaneStatus, VehicleImpact, WorkerPresence, WorkZone, WorkZoneLane, WorkZoneLaneType

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
EXAMPLES = DATA / "roadworks" / "wzdx" / "examples"

FEED: dict[str, Any] = {
    "feed_info": {
        "publisher": "TestDOT",
        "version": "4.2",
        "update_date": "2026-05-01T12:00:00Z",
        "data_sources": [{"data_source_id": "1", "organization_name": "Test City"}],
    },
    "type": "FeatureCollection",
    "features": [
        {
            "id": "zone-1",
            "type": "Feature",
            "properties": {
                "core_details": {
                    "event_type": "work-zone",
                    "data_source_id": "1",
                    "road_names": ["I-80"],
                    "direction": "eastbound",
                    "update_date": "2026-04-30T00:00:00Z",
                },
                "start_date": "2026-04-01T06:00:00Z",
                "end_date": "2026-06-01T06:00:00+02:00",
                "is_start_date_verified": True,
                "is_end_date_verified": False,
                "is_start_position_verified": True,
                "is_end_position_verified": False,
                "location_method": "channel-device-method",
                "vehicle_impact": "some-lanes-closed-merge-left",
                "reduced_speed_limit_kph": 88.514,
                "worker_presence": {"are_workers_present": False},
                "types_of_work": [{"type_name": "painting"}],
                "lanes": [
                    {"order": 3, "status": "closed", "type": "shoulder"},
                    {"order": 2, "status": "merge-left", "type": "general"},
                    {
                        "order": 1,
                        "status": "open",
                        "type": "general",
                        "restrictions": [{"type": "reduced-width", "value": 11, "unit": "feet"}],
                    },
                ],
            },
            "geometry": {"type": "LineString", "coordinates": [[8.0, 50.0, 110.0], [8.0, 50.0], [8.01, 50.0]]},
        }
    ],
}


def feed(**properties: Any) -> dict[str, Any]:
    """The feed with other properties of its one zone; None takes one away."""
    changed = copy.deepcopy(FEED)
    given_ = changed["features"][0]["properties"]
    for key, value in properties.items():
        if value is None:
            given_.pop(key)
        else:
            given_[key] = value
    return changed


def read(document: dict[str, Any]) -> tuple[list[WorkZone], list[str]]:
    zones, refusals = read_wzdx(json.dumps(document).encode(), name="feed.geojson")
    return zones, [refusal.reason for refusal in refusals]


def one(document: dict[str, Any]) -> WorkZone:
    (zone,), reasons = read(document)
    assert not reasons
    return zone


@pytest.mark.parametrize(
    ("direction", "points", "turned"),
    [
        ("eastbound", [[8.0, 50.0], [8.01, 50.0]], False),
        ("westbound", [[8.0, 50.0], [8.01, 50.0]], True),
        ("northbound", [[8.0, 50.0], [8.01, 50.0]], False),
        ("northbound", [[8.0, 50.0], [8.01, 49.997]], True),
        ("southbound", [[179.999, 50.0], [-179.999, 50.001]], True),
        ("eastbound", [[179.999, 50.0], [-179.999, 50.0]], False),
        ("westbound", [[8.0, 50.0], [8.01, 50.0], [8.0, 50.0]], False),
        ("unknown", [[8.0, 50.0], [7.99, 50.0]], False),
        ("undefined", [[8.0, 50.0], [7.99, 50.0]], False),
        ("inner-loop", [[8.0, 50.0], [7.99, 50.0]], False),
    ],
)
def test_a_line_against_its_stated_direction_is_a_rough_place(
    direction: str, points: list[list[float]], turned: bool
) -> None:
    document = copy.deepcopy(FEED)
    document["features"][0]["properties"]["core_details"]["direction"] = direction
    document["features"][0]["geometry"]["coordinates"] = points
    (zone,), reasons = read(document)
    assert zone.place_rough == turned
    note = f"direction {direction}: the line runs otherwise; the place is taken as rough"
    assert reasons == ([note] if turned else [])


def test_everything_that_is_stated_is_read() -> None:
    zone = one(FEED)
    assert (zone.id, zone.source, zone.road_names) == ("zone-1", "TestDOT", ("I-80",))
    assert zone.start_time_us == 1_775_023_200_000_000
    assert zone.end_time_us == 1_780_286_400_000_000, "an offset from UTC counts"
    assert (zone.lat_e7, zone.lon_e7) == ((500_000_000, 500_000_000), (80_000_000, 80_100_000))
    assert zone.limit == LimitAlternative(
        LimitKind.LIMITED, 88_514, SpeedUnit.KMH, "", "reduced_speed_limit_kph=88.514"
    )
    assert zone.vehicle_impact is VehicleImpact.SOME_LANES_CLOSED
    assert zone.worker_presence is WorkerPresence.NO
    assert zone.lanes == (
        WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.OPEN, 335),
        WorkZoneLane(1, WorkZoneLaneType.GENERAL, LaneStatus.MERGE_LEFT, 0),
        WorkZoneLane(2, WorkZoneLaneType.SHOULDER, LaneStatus.CLOSED, 0),
    )
    assert (zone.confidence_permille, zone.place_sigma_cm, zone.place_rough) == (800, 10_000, False)
    assert not zone.synthetic
    assert not zone.overrunning


@pytest.mark.parametrize(
    ("value", "unit", "width_cm"), [(10, "feet", 305), (126, "inches", 320), (275, "centimeters", 275)]
)
def test_widths_in_every_unit(value: float, unit: str, width_cm: int) -> None:
    lane = {"order": 1, "status": "open", "type": "general"}
    lane["restrictions"] = [{"type": "reduced-width", "value": value, "unit": unit}]
    assert one(feed(lanes=[lane])).lanes[0].width_cm == width_cm


@pytest.mark.parametrize(("value", "unit"), [(3, "pounds"), (-3, "feet"), (300, "feet"), (3, None)])
def test_a_width_that_cannot_be_is_left_out_and_said(value: float, unit: str | None) -> None:
    lane = {"order": 1, "status": "open", "type": "general"}
    lane["restrictions"] = [{"type": "reduced-width", "value": value, "unit": unit}]
    (zone,), reasons = read(feed(lanes=[lane]))
    assert zone.lanes[0].width_cm == 0
    assert reasons == [f"reduced-width {float(value)} {unit}: left out"]


@pytest.mark.parametrize("orders", [(1, 3), (2, 3), (1, 1)])
def test_a_lane_list_with_gaps_is_left_out_and_said(orders: tuple[int, ...]) -> None:
    lanes = [{"order": order, "status": "open", "type": "general"} for order in orders]
    (zone,), reasons = read(feed(lanes=lanes))
    assert zone.lanes == ()
    assert len(reasons) == 1


def test_points_and_planned_areas_are_rough() -> None:
    points = copy.deepcopy(FEED)
    points["features"][0]["geometry"]["type"] = "MultiPoint"
    assert one(points).place_rough
    assert one(points).confidence_permille == one(FEED).confidence_permille - 100
    assert one(feed(work_zone_type="planned-moving-area")).place_rough
    assert not one(feed(work_zone_type="moving")).place_rough


def test_older_words_of_the_format() -> None:
    old = feed(is_start_date_verified=None, start_date_accuracy="verified", is_end_position_verified=None)
    old["features"][0]["properties"]["ending_accuracy"] = "estimated"
    zone = one(old)
    assert (zone.start_time_verified, zone.end_place_verified) == (True, False)


def test_a_feed_that_says_active_after_the_end_overruns() -> None:
    assert one(feed(end_date="2026-04-20T00:00:00Z", event_status="active")).overrunning
    assert not one(feed(end_date="2026-04-20T00:00:00Z")).overrunning
    assert not one(feed(end_date="2026-04-20T00:00:00Z", event_status="active", is_end_date_verified=True)).overrunning


def test_a_zero_limit_is_none() -> None:
    assert one(feed(reduced_speed_limit_kph=0)).limit is None
    assert one(feed(reduced_speed_limit_kph=0.9)).limit is None
    assert one(feed(reduced_speed_limit_kph=None)).limit is None


def test_a_feed_can_say_that_it_is_made_up() -> None:
    document = copy.deepcopy(FEED)
    document["feed_info"]["synthetic"] = True
    assert one(document).synthetic


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"start_date": None}, "properties.start_date: Field required"),
        ({"start_date": "yesterday"}, "properties.start_date: Value error, not a date and time as in RFC 3339"),
        ({"start_date": "2026-04-01T06:00:00"}, "without time zone"),
        ({"start_date": 1_775_023_200}, "properties.start_date"),
        ({"end_date": "2026-04-01T06:00:00Z"}, "end_date is not after start_date"),
        ({"vehicle_impact": "chaos"}, "seen 'chaos'"),
        ({"is_start_date_verified": None}, "properties.is_start_date_verified: Field required"),
        ({"is_start_date_verified": "yes"}, "properties.is_start_date_verified"),
        ({"reduced_speed_limit_kph": "55"}, "properties.reduced_speed_limit_kph"),
        ({"reduced_speed_limit_kph": -1}, "properties.reduced_speed_limit_kph"),
        ({"event_status": "cancelled"}, "event_status cancelled"),
        ({"lanes": [{"order": 0, "status": "open", "type": "general"}]}, "properties.lanes.0.order"),
        ({"core_details": {"event_type": "detour"}}, "event_type detour: not works"),
    ],
)
def test_a_bad_zone_is_refused_and_the_next_is_read(change: dict[str, Any], reason: str) -> None:
    document = feed(**change)
    good = copy.deepcopy(FEED["features"][0])
    good["id"] = "zone-2"
    document["features"].append(good)
    zones, reasons = read(document)
    assert [zone.id for zone in zones] == ["zone-2"]
    assert len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[8.0, 50.0], [8.123456, 50.0]]},
        {"type": "LineString", "coordinates": [[8.123456, 50.0]]},
        {"type": "LineString", "coordinates": [[8.123456, 50.0], [8.123456, 50.0]]},
        {"type": "LineString", "coordinates": [[8.123456, 91.0], [8.0, 50.0]]},
        {"type": "LineString", "coordinates": [[8.123456], [8.0, 50.0]]},
        {"type": "LineString", "coordinates": [["8.123456", 50.0], [8.0, 50.0]]},
        {"type": "LineString", "coordinates": []},
        None,
    ],
)
def test_a_bad_geometry_is_refused_without_a_position(geometry: object) -> None:
    document = copy.deepcopy(FEED)
    document["features"][0]["geometry"] = geometry
    zones, reasons = read(document)
    assert not zones
    assert "geometry" in reasons[0]
    assert "8.123456" not in reasons[0]


def test_an_id_twice_is_kept_once() -> None:
    document = copy.deepcopy(FEED)
    document["features"] *= 2
    zones, reasons = read(document)
    assert len(zones) == 1
    assert reasons == ["the id occurs twice in the feed; the first is kept"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"type": NaN}', "not JSON"),
        (b"[]", "not a GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "no 'feed_info'"),
        (json.dumps(FEED).replace('"4.2"', '"3.1"').encode(), "WZDx version 3.1"),
        (json.dumps({**FEED, "features": {}}).encode(), "'features' is no list"),
    ],
)
def test_what_is_no_feed_is_one_clear_error(data: bytes, reason: str) -> None:
    with pytest.raises(FeedError, match=r"feed\.geojson") as raised:
        read_wzdx(data, name="feed.geojson")
    assert reason in str(raised.value)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [p for key, v in inner for p in _paths(v, (*path, key))]


@settings(max_examples=150)
@given(st.sampled_from(_paths(FEED)[1:]), anything)
def test_any_value_in_any_place_is_read_or_refused(path: tuple[str | int, ...], value: object) -> None:
    document: Any = copy.deepcopy(FEED)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    try:
        zones, refusals = read_wzdx(json.dumps(document).encode(), name="f")
    except FeedError:
        return
    assert len(zones) <= 1
    for zone in zones:
        assert 0 < zone.start_time_us < zone.end_time_us
        assert all(abs(lat) <= 900_000_000 for lat in zone.lat_e7)
        assert zone.limit is None or 0 < zone.limit.posted_value_milli <= 500_000
    assert zones or refusals or not document["features"]


@settings(max_examples=60)
@given(st.integers(0, len(json.dumps(FEED)) - 1))
def test_a_feed_cut_short_is_no_feed(length: int) -> None:
    with pytest.raises(FeedError):
        read_wzdx(json.dumps(FEED).encode()[:length], name="f")


def test_without_pydantic_it_says_what_to_install() -> None:
    """In a process of its own, where pydantic cannot be imported."""
    program = (
        "import sys; sys.modules['pydantic'] = None\n"
        "from mapprior.live.wzdx import read_wzdx\n"
        "from mapprior.errors import ConfigError\n"
        "try: read_wzdx(b'{}', name='f')\n"
        "except ConfigError as e: print(e)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert "mapprior[live]" in done.stdout


@pytest.mark.extracts
def test_the_examples_of_the_specification() -> None:
    files = sorted((EXAMPLES / "WorkZoneFeed").glob("*.geojson"))
    if not files:
        pytest.skip("no WZDx examples at hand")
    for file in files:
        zones, refusals = read_wzdx(file.read_bytes(), name=file.name)
        features = json.loads(file.read_text())["features"]
        detours = sum(f["properties"]["core_details"]["event_type"] == "detour" for f in features)
        assert len(zones) == len(features) - detours, file.name
        assert [refusal.reason for refusal in refusals] == ["event_type detour: not works"] * detours
        assert all(zone.place_rough == ("multipoint" in file.name) for zone in zones) or "mobile" in file.name
