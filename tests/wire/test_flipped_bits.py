"""One wrong bit anywhere: the reader gives a value in range or RequestError, and never another exception."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import RequestError
from mapprior.horizon.vehicle_position import Position
from mapprior.model.ids import LinkId
from mapprior.model.provenance import Layer
from mapprior.wire import requests, routes, tiles, updates, zone_calls, zones
from tests.wire import examples

route_answers = st.builds(
    routes.RouteAnswer,
    examples.tuples(examples.link_ids),
    *(st.floats(0, 1e6) for _ in range(3)),
    st.tuples(examples.lat_e7, examples.lat_e7),
    st.tuples(examples.lon_e7, examples.lon_e7),
)
tile_requests = st.builds(
    tiles.TileRequest, st.just("FI"), st.sampled_from(Layer), st.integers(0, 16383), st.integers(0, 16383)
)
PAIRS: dict[str, tuple[st.SearchStrategy, Callable[..., bytes], Callable[[bytes], object]]] = {
    "update": (examples.updates(), updates.encode_update, updates.decode_update),
    "request": (examples.events, requests.encode_request, requests.decode_request),
    "zone": (examples.zones(), zones.encode_zone, zones.decode_zone),
    "route request": (
        st.builds(routes.RouteRequest, examples.waypoints, examples.vehicles),
        routes.encode_route_request,
        routes.decode_route_request,
    ),
    "route answer": (route_answers, routes.encode_route_answer, routes.decode_route_answer),
    "trace answer": (
        st.builds(routes.TraceAnswer, examples.tuples(examples.positions), examples.tuples(examples.link_ids)),
        routes.encode_trace_answer,
        routes.decode_trace_answer,
    ),
    "tile request": (tile_requests, tiles.encode_tile_request, tiles.decode_tile_request),
    "publish request": (
        st.lists(examples.zones(), max_size=2),
        zone_calls.encode_publish_request,
        zone_calls.decode_publish_request,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_flipped_bit_gives_a_value_or_a_request_error(name: str, data: st.DataObject) -> None:
    values, encode, decode = PAIRS[name]
    whole = bytearray(encode(data.draw(values)))
    for bit in data.draw(st.lists(st.integers(0, max(0, 8 * len(whole) - 1)), min_size=1, max_size=16)):
        if not whole:
            return
        whole[bit // 8] ^= 1 << bit % 8
        with suppress(RequestError):
            decode(bytes(whole))
        whole[bit // 8] ^= 1 << bit % 8


@settings(max_examples=40)
@given(st.lists(examples.positions, min_size=1, max_size=3).map(tuple), st.data())
def test_a_position_that_is_read_is_in_range(sent: tuple[Position, ...], data: st.DataObject) -> None:
    """The position is no part of the state hash, so nothing else would notice."""
    whole = bytearray(routes.encode_trace_answer(routes.TraceAnswer(sent, (LinkId(1),))))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        answer = routes.decode_trace_answer(bytes(whole))
    except RequestError:
        return
    for candidate in (c for p in answer.positions for c in p.candidates):
        assert 0 <= candidate.probability_permille <= 1000
        assert 0 <= candidate.link_offset_cm <= 100_000
        error_mrad = candidate.heading_error_mrad
        assert error_mrad is None or -3142 <= error_mrad <= 3142
