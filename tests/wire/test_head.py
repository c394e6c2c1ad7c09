"""The head of an update and its position: what a reader finds first, and what no hash guards."""

import pytest
from hypothesis import given, settings

from mapprior.errors import RequestError
from mapprior.horizon.items import Update
from mapprior.v1 import horizon_service_pb2
from mapprior.wire.updates import decode_update, encode_update
from tests.bench.load import head
from tests.wire.examples import updates

VARINT_FIELDS = {1: "update_index", 2: "snapshot", 3: "pose_time_us"}


def leading_fields(data: bytes) -> list[tuple[int, int]]:
    """(field, value) of the varints that the update begins with."""
    found = []
    assert data[0] == 0x0A  # StreamHorizonResponse.update
    _, at = varint_at(data, 1)
    while at < len(data) and data[at] & 7 == 0:
        field = data[at] >> 3
        value, at = varint_at(data, at + 1)
        found.append((field, value))
    return found


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


@settings(max_examples=80)
@given(updates())
def test_an_update_begins_with_index_snapshot_and_time(sent: Update) -> None:
    data = encode_update(sent)
    expected = [(1, sent.update_index), (2, int(sent.snapshot)), (3, sent.pose_time_us)]
    assert leading_fields(data) == [(field, value) for field, value in expected if value]
    assert head(data) == (sent.update_index, sent.pose_time_us)


@settings(max_examples=80)
@given(updates())
def test_the_length_in_front_is_that_of_the_whole(sent: Update) -> None:
    """Nothing of a message lies outside its one field, and protobuf itself would write as many bytes or fewer."""
    data = encode_update(sent)
    length, at = varint_at(data, 1)
    assert length == len(data) - at
    again = horizon_service_pb2.StreamHorizonResponse.FromString(data).SerializeToString()
    assert len(again) <= len(data)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("update.pose_time_us", {"pose_time_us": -1}),
        ("update.pose_time_us", {"pose_time_us": 4_102_444_800_000_001}),
        ("probability_permille", {"position": {"state": 1, "candidates": [{"probability_permille": 1001}]}}),
        ("link_offset_cm", {"position": {"state": 1, "candidates": [{"link_offset_cm": 100_001}]}}),
        ("heading_error_mrad", {"position": {"state": 1, "candidates": [{"heading_error_mrad": -3143}]}}),
    ],
)
def test_what_the_hash_does_not_guard_is_checked_by_range(field: str, wrong: dict[str, object]) -> None:
    message = horizon_service_pb2.StreamHorizonResponse(update={"update_index": 1, **wrong})  # type: ignore[arg-type]
    with pytest.raises(RequestError, match=field):
        decode_update(message.SerializeToString())
