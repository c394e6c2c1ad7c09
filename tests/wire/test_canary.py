"""A refusal never tells where somebody is or goes: every digit of a place stays out of every message."""

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mapprior.errors import MapPriorError, RequestError
from mapprior.v1 import horizon_service_pb2, route_service_pb2, tile_service_pb2, work_zone_service_pb2
from mapprior.wire import requests, routes, tiles, zone_calls

# The whole part of a bad place has three digits or more that stand in no stated limit.
bad_degrees = st.sampled_from((-1.0, 1.0)).flatmap(
    lambda sign: st.floats(200.0, 1e12).map(lambda v: sign * v) | st.just(sign * math.inf) | st.just(math.nan)
)
good_degrees = st.floats(10.0, 89.0).filter(lambda v: len(repr(v)) > 8)
LIMITS = ("90", "180", "360", "100", "4102444800000000")


def tells(text: str, *values: float) -> bool:
    """Whether the text holds the digits of a value: in degrees, 1e-7 degrees or with fewer decimals."""
    for value in values:
        if math.isfinite(value):
            digits = {repr(value), f"{value:.4f}", f"{value:.7f}", str(round(value * 1e7)), f"{abs(value):.3f}"}
            if any(x.lstrip("-") in text for x in digits):
                return True
    return False


def place(lat_deg: float, lon_deg: float) -> dict[str, float]:
    return {"lat_deg": lat_deg, "lon_deg": lon_deg}


def stream(**event: object) -> bytes:
    return horizon_service_pb2.StreamHorizonRequest(**event).SerializeToString()  # type: ignore[arg-type]


CALLS: dict[str, tuple[Callable[[float, float], bytes], Callable[[bytes], object]]] = {
    "pose": (lambda a, b: stream(pose={"pose_time_us": 1} | place(a, b)), requests.decode_request),
    "pose that is wrong elsewhere": (
        lambda a, b: stream(pose={"pose_time_us": 0, "travelled_m": -b} | place(a, b)),
        requests.decode_request,
    ),
    "half a pose": (
        lambda a, b: stream(pose={"pose_time_us": 1, "lat_deg": a, "travelled_m": -b}),
        requests.decode_request,
    ),
    "route": (lambda a, b: stream(route={"waypoints": [place(a, b), place(b, a)]}), requests.decode_request),
    "route of one": (lambda a, b: stream(route={"waypoints": [place(a, b)]}), requests.decode_request),
    "route of too many": (lambda a, b: stream(route={"waypoints": [place(a, b)] * 101}), requests.decode_request),
    "find route": (
        lambda a, b: route_service_pb2.FindRouteRequest(waypoints=[place(a, b)] * 3).SerializeToString(),  # type: ignore[list-item]
        routes.decode_route_request,
    ),
    "trace": (
        lambda a, b: route_service_pb2.MatchTraceRequest(
            poses=[{"pose_time_us": 1} | place(a, b)]  # type: ignore[list-item]
        ).SerializeToString(),
        routes.decode_trace_request,
    ),
}


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=40)
@given(bad=bad_degrees, good=good_degrees, swapped=st.booleans())
def test_no_refusal_tells_a_place(name: str, bad: float, good: float, swapped: bool) -> None:
    make, decode = CALLS[name]
    with pytest.raises(RequestError) as refused:
        decode(make(good, bad) if swapped else make(bad, good))
    error: BaseException | None = refused.value
    while error is not None:  # a traceback prints the causes too
        if isinstance(error, MapPriorError) or not error.__suppress_context__:
            assert not tells(str(error), bad, good)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@given(st.integers(16_384, 1 << 31), st.integers(16_384, 1 << 31))
@settings(max_examples=30)
def test_no_refusal_tells_a_tile(x: int, y: int) -> None:
    """The tile that is asked for is where the vehicle goes."""
    assume(str(x) not in LIMITS and str(y) not in LIMITS)
    data = tile_service_pb2.GetTileRequest(market="FI", layer=1, tile_x=x, tile_y=y).SerializeToString()  # type: ignore[arg-type]
    with pytest.raises(RequestError) as refused:
        tiles.decode_tile_request(data)
    assert str(x) not in str(refused.value)
    assert str(y) not in str(refused.value)


def test_no_refusal_tells_the_links_of_a_route() -> None:
    link_id = 0x0123_4567_89AB_CDEF
    data = stream(route={"link_ids": [link_id] * (requests.ROUTE_LINKS_COUNT_MAX + 1)})
    with pytest.raises(RequestError) as refused:
        requests.decode_request(data)
    assert str(link_id) not in str(refused.value)


def test_a_refused_zone_is_named_by_its_number() -> None:
    """A publisher with a thousand zones must find the one that is wrong."""
    good = {"id": "a", "lat_deg": [50.0], "lon_deg": [8.0], "basis": 8}
    message = work_zone_service_pb2.PublishWorkZonesRequest(work_zones=[good, {**good, "basis": 99}])  # type: ignore[list-item]
    with pytest.raises(RequestError, match=r"work_zones\[1\]\.basis"):
        zone_calls.decode_publish_request(message.SerializeToString())


def test_a_trace_must_be_in_order_of_time() -> None:
    message = route_service_pb2.MatchTraceRequest(poses=[{"pose_time_us": t} for t in (5, 5, 4)])  # type: ignore[list-item]
    with pytest.raises(RequestError, match=r"poses\[2\]\.pose_time_us"):
        routes.decode_trace_request(message.SerializeToString())


@pytest.mark.parametrize("field", ["length_m", "first_offset_m", "last_offset_m"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_lengths_of_a_route_are_numbers(field: str, value: float) -> None:
    message = route_service_pb2.FindRouteResponse(**{field: value})  # type: ignore[arg-type]
    with pytest.raises(RequestError, match=field):
        routes.decode_route_answer(message.SerializeToString())


@settings(max_examples=30)
@given(st.integers(-999_999_999, -1111).filter(lambda v: set(str(v)) - set("-01")).map(float))
def test_no_refusal_tells_the_odometer(travelled_m: float) -> None:
    """Distance driven along a known road is a place."""
    with pytest.raises(RequestError, match="travelled_m") as refused:
        requests.decode_request(stream(pose={"pose_time_us": 1, "travelled_m": travelled_m}))
    assert not tells(str(refused.value), travelled_m)
    assert str(int(-travelled_m)) not in str(refused.value)
