"""A pose is read from its bytes exactly as protobuf reads it, or not at all."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import RequestError
from mapprior.model.pose import Pose
from mapprior.v1 import horizon_service_pb2
from mapprior.wire.fields import parse
from mapprior.wire.plain_pose import read_plain_pose
from mapprior.wire.poses import read_pose
from mapprior.wire.requests import encode_pose
from tests.wire.examples import poses


def as_protobuf(data: bytes) -> Pose | None:
    """What protobuf and the checks after it say; None for what is refused, and for what is no pose."""
    try:
        message = parse(horizon_service_pb2.StreamHorizonRequest, data)
        return read_pose(message.pose) if message.HasField("pose") else None
    except RequestError:
        return None


def assert_same(data: bytes) -> None:
    pose = read_plain_pose(data)
    if pose is not None:
        assert repr(pose) == repr(as_protobuf(data))  # -0.0 is not 0.0, and False is not 0


@st.composite
def varints(draw: st.DrawFn, values: st.SearchStrategy[int]) -> bytes:
    """Base-128 digits, at times with more of them than it takes."""
    value = draw(values)
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F)
    digits += [0] * draw(st.sampled_from((0, 0, 0, 1, 3, 9)))
    return bytes(x | 0x80 for x in digits[:-1]) + bytes(digits[-1:])


numbers = st.integers(0, (1 << 64) - 1) | st.integers(0, 1 << 57) | st.integers(0, 300)
reals = st.floats() | st.floats(-100.0, 100.0) | st.sampled_from((0.0, -0.0, 90.0, -180.0, 6.2832, 150.0, 3.1416))
eight_bytes = reals.map(struct.Struct("<d").pack)
four_bytes = (st.floats(width=32) | st.floats(0.0, 4.0, width=32)).map(struct.Struct("<f").pack)
texts = st.binary(max_size=4).map(lambda x: bytes((len(x),)) + x)
BY_WIRE_TYPE = {0: varints(numbers), 1: eight_bytes, 2: texts, 3: st.just(b""), 4: st.just(b""), 5: four_bytes}


@st.composite
def fields(draw: st.DrawFn) -> bytes:
    """A field of a pose as its proto has it, or any other one."""
    number, wire_type = draw(
        st.sampled_from(((1, 0), (2, 1), (3, 1), (4, 1), (5, 1), (6, 5), (7, 5), (8, 1), (9, 0), (10, 0)))
        | st.tuples(st.integers(0, 40), st.integers(0, 5))
    )
    return draw(varints(st.just(number << 3 | wire_type))) + draw(BY_WIRE_TYPE[wire_type])


@given(poses)
def test_what_clients_write_is_read_plainly(sent: Pose) -> None:
    data = encode_pose(sent)
    pose = read_plain_pose(data)
    assert (pose is None) == (sent.acknowledged_update_index >= 1 << 56)
    assert_same(data)


@settings(max_examples=500)
@given(st.lists(fields(), max_size=12), st.integers(1, 2_000_000_000_000_000), st.data())
def test_fields_in_any_order_with_any_other_among_them(some: list[bytes], time_us: int, data: st.DataObject) -> None:
    some.insert(data.draw(st.integers(0, len(some))), b"\x08" + data.draw(varints(st.just(time_us))))
    body = b"".join(some)
    assert_same(b"\x12" + data.draw(varints(st.just(len(body)))) + body)
    assert_same(b"\x12" + bytes((data.draw(st.integers(0, 127)),)) + body)


@settings(max_examples=200)
@given(poses, st.data())
def test_a_flipped_or_missing_byte(sent: Pose, data: st.DataObject) -> None:
    good = encode_pose(sent)
    at = data.draw(st.integers(0, len(good) - 1))
    assert_same(good[:at] + bytes((good[at] ^ data.draw(st.integers(1, 255)),)) + good[at + 1 :])
    assert_same(good[:at])
    assert_same(b"\x12" + bytes((max(0, at - 2) & 0x7F,)) + good[2:at])
    assert_same(good + data.draw(st.binary(min_size=1, max_size=9)))


@given(st.binary(max_size=140))
def test_any_bytes(data: bytes) -> None:
    assert_same(data)
    assert_same(b"\x12" + bytes((len(data) & 0x7F,)) + data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lat_deg": 90.1, "lon_deg": 0.0},
        {"lat_deg": 0.0, "lon_deg": -180.1},
        {"lat_deg": 1.0},
        {"lon_deg": 1.0},
        {"heading_rad": 6.3},
        {"speed_mps": -100.1},
        {"speed_mps": float("nan")},
        {"position_sigma_m": 0.0},
        {"position_sigma_m": 10_001.0},
        {"heading_sigma_rad": 0.0},
        {"heading_sigma_rad": 3.15},
        {"travelled_m": -0.1},
        {"pose_time_us": 0},
        {"pose_time_us": -1},
        {"pose_time_us": 4_102_444_800_000_001},
    ],
)
def test_what_is_refused_is_left_to_protobuf(wrong: dict[str, float]) -> None:
    pose = {"pose_time_us": 1} | wrong
    data = horizon_service_pb2.StreamHorizonRequest(pose=pose).SerializeToString()  # type: ignore[arg-type]
    assert read_plain_pose(data) is None
    with pytest.raises(RequestError):
        read_pose(horizon_service_pb2.StreamHorizonRequest.FromString(data).pose)
