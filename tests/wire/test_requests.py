"""A client's bytes: what is in range comes back, what is not is refused by name, and no place is told."""

import math
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import LimitError, RequestError
from mapprior.horizon.content import HELD_CONTENTS_COUNT_MAX
from mapprior.horizon.events import (
    ConditionsEvent,
    Event,
    Open,
    OverlayChanged,
    PoseEvent,
    ProfileSubscription,
    ResyncEvent,
    RouteEvent,
)
from mapprior.match.route import Waypoint
from mapprior.model.pose import CAR, DrivingConditions, Pose
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.model.work_zone import EMPTY_OVERLAY
from mapprior.v1 import horizon_service_pb2
from mapprior.wire.requests import (
    ROUTE_LINKS_COUNT_MAX,
    RouteWaypoints,
    decode_request,
    encode_open,
    encode_pose,
    encode_request,
)
from tests.wire.examples import events, poses


def request(**event: object) -> bytes:
    return horizon_service_pb2.StreamHorizonRequest(**event).SerializeToString()  # type: ignore[arg-type]


def pose(**fields: object) -> bytes:
    return request(pose={"pose_time_us": 1} | fields)


@settings(max_examples=120)
@given(events)
def test_an_event_comes_back(sent: Event | RouteWaypoints) -> None:
    back = decode_request(encode_request(sent))
    if isinstance(sent, PoseEvent):
        assert isinstance(back, PoseEvent)
        assert_same_pose(back.pose, sent.pose)
    else:
        assert back == sent


def assert_same_pose(back: Pose, sent: Pose) -> None:
    """Degrees on the wire: 1e-7 degrees come back to a billionth of that unit."""
    for name in (x.name for x in fields(Pose)):
        a, b = getattr(back, name), getattr(sent, name)
        if name in ("lat_e7", "lon_e7") and b is not None:
            assert math.isclose(a, b, abs_tol=1e-6, rel_tol=0), name
        else:
            assert a == b, name


@given(poses, st.integers(0, 1 << 60))
@settings(max_examples=30)
def test_the_time_of_arrival_is_handed_on(sent: Pose, received_time_us: int) -> None:
    event = decode_request(encode_pose(sent), received_time_us=received_time_us)
    assert isinstance(event, PoseEvent)
    assert event.received_time_us == received_time_us


@settings(max_examples=100)
@given(events, st.data())
def test_pieces_and_rubbish_give_an_event_or_a_request_error(sent: Event, data: st.DataObject) -> None:
    whole = encode_request(sent)
    piece = whole[: data.draw(st.integers(0, len(whole)))]
    for damaged in (piece, whole + data.draw(st.binary(min_size=1, max_size=20))):
        try:
            decode_request(damaged)
        except RequestError:
            continue


@settings(max_examples=120)
@given(st.binary(max_size=200))
def test_garbage_gives_an_event_or_a_request_error(garbage: bytes) -> None:
    try:
        decode_request(garbage)
    except RequestError:
        return


NAN = math.nan
SECRET = 12.3456789  # a place that no refusal may tell


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("pose_time_us", pose(pose_time_us=0)),
        ("pose_time_us", pose(pose_time_us=-1)),
        ("pose_time_us", pose(pose_time_us=4_102_444_800_000_001)),
        ("lat_deg", pose(lat_deg=91.0, lon_deg=SECRET)),
        ("lat_deg", pose(lat_deg=NAN, lon_deg=SECRET)),
        ("lat_deg", pose(lat_deg=-math.inf, lon_deg=SECRET)),
        ("lon_deg", pose(lat_deg=SECRET, lon_deg=180.0000001)),
        ("lon_deg", pose(lat_deg=SECRET, lon_deg=NAN)),
        ("lat_deg and pose.lon_deg", pose(lat_deg=SECRET)),
        ("lat_deg and pose.lon_deg", pose(lon_deg=0.0)),
        ("heading_rad", pose(heading_rad=6.2833)),
        ("heading_rad", pose(heading_rad=NAN)),
        ("speed_mps", pose(speed_mps=151.0)),
        ("speed_mps", pose(speed_mps=NAN)),
        ("position_sigma_m", pose(position_sigma_m=0.0)),
        ("position_sigma_m", pose(position_sigma_m=NAN)),
        ("position_sigma_m", pose(position_sigma_m=10_001.0)),
        ("heading_sigma_rad", pose(heading_sigma_rad=0.0)),
        ("heading_sigma_rad", pose(heading_sigma_rad=3.15)),
        ("travelled_m", pose(travelled_m=-1.0)),
        ("travelled_m", pose(travelled_m=NAN)),
        ("acknowledged_update_index", pose(acknowledged_update_index=1 << 63)),
        ("update_index", request(acknowledgement={"update_index": 1 << 63})),
        ("vehicle_class", request(open={"vehicle": {"vehicle_class": 77}})),
        ("mass_max_kg", request(open={"vehicle": {"mass_max_kg": 100_001}})),
        ("vehicle.mass_kg", request(open={"vehicle": {"mass_kg": 200_001}})),
        ("trailer_mass_max_kg", request(open={"vehicle": {"trailer_mass_max_kg": 100_001}})),
        ("axles_count", request(open={"vehicle": {"axles_count": 65}})),
        ("length_cm", request(open={"vehicle": {"length_cm": 10_001}})),
        ("width_cm", request(open={"vehicle": {"width_cm": 1001}})),
        ("height_cm", request(open={"vehicle": {"height_cm": 1001}})),
        ("articulated", request(open={"vehicle": {"articulated": 4}})),
        ("hazmat", request(open={"vehicle": {"hazmat": 4}})),
        ("horizon_length_m", request(open={"horizon_length_m": 99})),
        ("horizon_length_m", request(open={"horizon_length_m": 20_001})),
        ("trailing_length_m", request(open={"trailing_length_m": 2001})),
        ("stub_length_m", request(open={"stub_length_m": 5001})),
        ("layers", request(open={"layers": [77]})),
        ("layers", request(open={"layers": [0]})),
        ("layers", request(open={"layers": [1] * 9})),
        ("content_held_bytes_max", request(open={"content_held_bytes_max": 1})),
        ("unacknowledged_updates_max", request(open={"unacknowledged_updates_max": 65})),
        ("silence_ms_max", request(open={"silence_ms_max": 99})),
        ("build_ids", request(open={"held": {"build_ids": ["0"] * 65}})),
        ("build_ids", request(open={"held": {"build_ids": ["0" * 65]}})),
        ("held.contents.group", request(resync={"held": {"contents": [{"group": 9}]}})),
        ("at least 2", request(route={"waypoints": [{"lat_deg": SECRET}]})),
        ("waypoints.lat_deg", request(route={"waypoints": [{"lat_deg": 91, "lon_deg": SECRET}, {}]})),
        ("waypoints.lon_deg", request(route={"waypoints": [{"lat_deg": SECRET, "lon_deg": NAN}, {}]})),
        ("waypoints and link_ids", request(route={"waypoints": [{}, {}], "link_ids": [1]})),
        ("conditions.wet", request(conditions={"wet": 9})),
        ("no event", b""),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(field: str, data: bytes) -> None:
    with pytest.raises(RequestError, match=field) as refused:
        decode_request(data)
    text = str(refused.value)
    assert "12.34" not in text
    assert "91" not in text
    assert "180.0000001" not in text


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("route.waypoints", request(route={"waypoints": [{}] * 101})),
        ("route.link_ids", request(route={"link_ids": [1] * (ROUTE_LINKS_COUNT_MAX + 1)})),
        ("held.contents", request(resync={"held": {"contents": [{}] * (HELD_CONTENTS_COUNT_MAX + 1)}})),
    ],
)
def test_too_much_is_a_limit_error(field: str, data: bytes) -> None:
    with pytest.raises(LimitError, match=field):
        decode_request(data)


def test_an_empty_open_takes_every_default() -> None:
    assert decode_request(request(open={})) == Open()


def test_conditions_left_out_are_unknown() -> None:
    assert decode_request(request(conditions={})) == ConditionsEvent(DrivingConditions())


def test_an_empty_route_withdraws_it() -> None:
    assert decode_request(request(route={})) == RouteEvent(())


def test_a_resync_without_content_holds_nothing() -> None:
    assert decode_request(request(resync={})) == ResyncEvent(None)


def test_known_zeros_are_not_unknown() -> None:
    """A vehicle that stands at latitude 0, longitude 0, heading East says so."""
    event = decode_request(pose(lat_deg=0.0, lon_deg=0.0, heading_rad=0.0, speed_mps=0.0, travelled_m=0.0))
    assert event == PoseEvent(Pose(1, 0.0, 0.0, 0.0, 0.0, None, None, 0.0))


def test_the_edges_of_the_map_are_in_range() -> None:
    event = decode_request(request(route={"waypoints": [{"lat_deg": 90, "lon_deg": 180}, {"lat_deg": -90}]}))
    assert event == RouteWaypoints((Waypoint(900_000_000, 1_800_000_000), Waypoint(-900_000_000, 0)))


def test_the_widest_heading_sigma_is_in_range_as_a_float() -> None:
    event = decode_request(pose(heading_sigma_rad=3.1416, position_sigma_m=10_000.0))
    assert isinstance(event, PoseEvent)


def test_a_vehicle_left_out_is_a_car() -> None:
    event = decode_request(request(open={"horizon_length_m": 500}))
    assert isinstance(event, Open)
    assert event.vehicle == CAR


def test_tiles_do_not_come_from_a_client() -> None:
    with pytest.raises(ValueError, match="OverlayChanged"):
        encode_request(OverlayChanged(EMPTY_OVERLAY))


@pytest.mark.parametrize(
    ("opening", "says"),
    [
        (Open(position_interval_ms_min=1001), r"open\.position_interval_ms_min is 1001; allowed: \[0, 1000\]"),
        (Open(subscriptions=(ProfileSubscription(ProfileGroup.ROAD),) * 2), "names a profile group twice"),
        (Open(subscriptions=(ProfileSubscription(ProfileGroup.ROAD, length_m=20_001),)), "subscriptions.length_m"),
        (Open(subscriptions=(ProfileSubscription(ProfileGroup.ROAD, interval_ms_min=60_001),)), "interval_ms_min"),
    ],
)
def test_what_is_asked_for_has_its_range(opening: Open, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        decode_request(encode_open(opening))


def test_what_is_asked_for_arrives() -> None:
    asked = Open(
        layers=frozenset((Layer.L0, Layer.L1)),
        position_interval_ms_min=500,
        subscriptions=(
            ProfileSubscription(ProfileGroup.ROAD),
            ProfileSubscription(ProfileGroup.FEATURE, length_m=700, interval_ms_min=300, root_only=True),
        ),
    )
    assert decode_request(encode_open(asked)) == asked


def test_a_group_brings_its_layer_in_and_no_other() -> None:
    only = decode_request(
        encode_open(Open(layers=frozenset(), subscriptions=(ProfileSubscription(ProfileGroup.LANE),)))
    )
    assert isinstance(only, Open)
    assert only.layers == {Layer.L2}
