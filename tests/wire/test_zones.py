"""A zone's bytes: they come back, are the same every time, and out-of-range ones are refused by name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import LimitError, RequestError
from mapprior.model.work_zone import WorkZone
from mapprior.v1 import work_zone_pb2
from mapprior.wire.zones import ZONE_POINTS_COUNT_MAX, decode_zone, encode_zone
from tests.wire.examples import zones


def zone(**fields: object) -> bytes:
    values = {"id": "z", "lat_deg": [50.0, 50.1], "lon_deg": [8.0, 8.1], "basis": 8} | fields
    return work_zone_pb2.WorkZone(**values).SerializeToString()  # type: ignore[arg-type]


@settings(max_examples=100)
@given(zones())
def test_a_zone_comes_back(sent: WorkZone) -> None:
    data = encode_zone(sent)
    assert decode_zone(data) == sent
    assert encode_zone(decode_zone(data)) == data


@settings(max_examples=100)
@given(zones(), st.data())
def test_pieces_rubbish_and_garbage_give_a_zone_or_a_request_error(sent: WorkZone, data: st.DataObject) -> None:
    whole = encode_zone(sent)
    rubbish = data.draw(st.binary(min_size=1, max_size=20))
    for damaged in (whole[: data.draw(st.integers(0, len(whole)))], whole + rubbish, rubbish):
        try:
            decode_zone(damaged)
        except RequestError:
            continue


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("id is empty", zone(id="")),
        ("id has", zone(id="x" * 257)),
        ("lat_deg is empty", zone(lat_deg=[], lon_deg=[])),
        ("as many", zone(lon_deg=[8.0])),
        ("lat_deg", zone(lat_deg=[91.0, 50.0])),
        ("lon_deg", zone(lon_deg=[float("nan"), 8.0])),
        ("start_time_us", zone(start_time_us=-1)),
        ("confidence_permille", zone(confidence_permille=1001)),
        ("place_sigma_cm", zone(place_sigma_cm=10_000_001)),
        ("basis", zone(basis=0)),
        ("vehicle_impact", zone(vehicle_impact=99)),
        ("worker_presence", zone(worker_presence=99)),
        ("lane_index", zone(lanes=[{"lane_index": 32}])),
        ("lane_index twice", zone(lanes=[{"lane_index": 1}, {"lane_index": 1}])),
        ("status", zone(lanes=[{"status": 99}])),
        ("lane_type", zone(lanes=[{"lane_type": 99}])),
        ("width_cm", zone(lanes=[{"width_cm": 3001}])),
        ("limit.kind", zone(limit={"kind": 99})),
        ("posted_value_milli", zone(limit={"kind": 2, "posted_value_milli": 500_001, "posted_unit": 1})),
        ("a number and its unit", zone(limit={"kind": 2, "posted_value_milli": 80_000})),
        ("a number and its unit", zone(limit={"kind": 5, "posted_unit": 1})),
        ("posted_value_milli of a limit", zone(limit={"kind": 2})),
        ("posted_value_milli of a limit", zone(limit={"kind": 2, "posted_value_milli": 999, "posted_unit": 1})),
        ("allowed for UNLIMITED: 0", zone(limit={"kind": 3, "posted_value_milli": 80_000, "posted_unit": 1})),
        ("allowed for WALK: 0", zone(limit={"kind": 4, "posted_value_milli": 7_000, "posted_unit": 1})),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(field: str, data: bytes) -> None:
    with pytest.raises(RequestError, match=field):
        decode_zone(data)


def test_a_line_of_too_many_points_is_a_limit_error() -> None:
    points = [50.0] * (ZONE_POINTS_COUNT_MAX + 1)
    with pytest.raises(LimitError, match="lat_deg"):
        decode_zone(zone(lat_deg=points, lon_deg=points))
