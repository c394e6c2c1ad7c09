"""The unary calls' messages come back; their ranges are kept; their names are those of the protos."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import LimitError, RequestError
from mapprior.match.route import DoubtfulTurn
from mapprior.model.ids import LinkId
from mapprior.model.pose import Pose
from mapprior.model.provenance import Layer
from mapprior.v1 import route_service_pb2, tile_service_pb2
from mapprior.wire import methods, routes, tiles, zone_calls
from mapprior.wire.fields import TIME_US_MAX
from tests.wire.examples import positions, vehicles, waypoints, zones
from tests.wire.examples import texts as words

DECODERS = [
    routes.decode_route_request,
    routes.decode_route_answer,
    routes.decode_trace_request,
    routes.decode_trace_answer,
    tiles.decode_markets_request,
    tiles.decode_markets_answer,
    tiles.decode_tile_request,
    tiles.decode_tile_answer,
    zone_calls.decode_publish_request,
    zone_calls.decode_publish_answer,
    zone_calls.decode_withdraw_request,
    zone_calls.decode_withdraw_answer,
    zone_calls.decode_watch_request,
    zone_calls.decode_watch_answer,
]


@pytest.mark.parametrize("decode", DECODERS, ids=lambda f: f.__name__)
@settings(max_examples=40)
@given(garbage=st.binary(max_size=100))
def test_garbage_never_raises_anything_but_request_error(decode: object, garbage: bytes) -> None:
    try:
        decode(garbage)  # type: ignore[operator]
    except RequestError:
        return


@settings(max_examples=30)
@given(st.builds(routes.RouteRequest, waypoints, vehicles, st.integers(0, TIME_US_MAX)))
def test_a_route_request_comes_back(sent: routes.RouteRequest) -> None:
    assert routes.decode_route_request(routes.encode_route_request(sent)) == sent


def test_a_route_comes_back() -> None:
    sent = routes.RouteAnswer((LinkId(1), LinkId(1 << 63)), 12.5, 1.25, 2.5, (500_000_000, -1), (80_000_000, 7))
    turn = DoubtfulTurn(LinkId(1), LinkId(1 << 63), 7.5, "Mo-Fr 07:00-09:00")
    sent = replace(sent, doubtful_turns=(turn,))
    assert routes.decode_route_answer(routes.encode_route_answer(sent)) == sent


def test_a_trace_comes_back() -> None:
    sent = (Pose(1, 5e8, 8e7), Pose(2, travelled_m=3.0, reverse=True))
    assert routes.decode_trace_request(routes.encode_trace_request(sent)) == sent


def test_a_trace_of_too_many_poses_is_a_limit_error() -> None:
    with pytest.raises(LimitError, match="poses"):
        routes.decode_trace_request(routes.encode_trace_request((Pose(1), Pose(2), Pose(3))), poses_count_max=2)


def test_a_bad_pose_in_a_trace_is_refused() -> None:
    data = route_service_pb2.MatchTraceRequest(poses=[{"pose_time_us": 1, "lat_deg": 91, "lon_deg": 0}])  # type: ignore[list-item]
    with pytest.raises(RequestError, match="lat_deg"):
        routes.decode_trace_request(data.SerializeToString())


@settings(max_examples=30)
@given(st.lists(positions, max_size=3).map(tuple))
def test_a_trace_answer_comes_back(matched: tuple[routes.Position, ...]) -> None:
    sent = routes.TraceAnswer(matched, (LinkId(3),))
    assert routes.decode_trace_answer(routes.encode_trace_answer(sent)) == sent


def test_markets_and_tiles_come_back() -> None:
    markets = (tiles.MarketAnswer("FI", '{"a": 1}', ""),)
    assert tiles.decode_markets_answer(tiles.encode_markets_answer(markets)) == markets
    request = tiles.TileRequest("FI", Layer.L2, 16383, 0)
    assert tiles.decode_tile_request(tiles.encode_tile_request(request)) == request
    for tile in (None, b"", b"tile"):
        answer = tiles.TileAnswer("0a", tile)
        assert tiles.decode_tile_answer(tiles.encode_tile_answer(answer)) == answer


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("market", {"market": "fi", "layer": 1}),
        ("market", {"market": "../", "layer": 1}),
        ("layer", {"market": "FI"}),
        ("layer", {"market": "FI", "layer": 99}),
        ("tile_x", {"market": "FI", "layer": 1, "tile_x": 16384}),
        ("tile_y", {"market": "FI", "layer": 1, "tile_y": 16384}),
    ],
)
def test_a_tile_that_cannot_be_is_refused_by_name(field: str, fields: dict[str, object]) -> None:
    with pytest.raises(RequestError, match=field):
        tiles.decode_tile_request(tile_service_pb2.GetTileRequest(**fields).SerializeToString())  # type: ignore[arg-type]


@settings(max_examples=30)
@given(st.lists(zones(), max_size=2).map(tuple), words)
def test_zone_calls_come_back(sent: tuple[zone_calls.WorkZone, ...], word: str) -> None:
    assert zone_calls.decode_publish_request(zone_calls.encode_publish_request(sent)) == sent
    published = zone_calls.PublishAnswer(3, (zone_calls.ZoneOutcome(word, 2, word),))
    assert zone_calls.decode_publish_answer(zone_calls.encode_publish_answer(published)) == published
    assert zone_calls.decode_withdraw_request(zone_calls.encode_withdraw_request([word])) == (word,)
    withdrawn = zone_calls.WithdrawAnswer(4, (word,))
    assert zone_calls.decode_withdraw_answer(zone_calls.encode_withdraw_answer(withdrawn)) == withdrawn
    watched = zone_calls.WatchAnswer(5, sent)
    assert zone_calls.decode_watch_answer(zone_calls.encode_watch_answer(watched)) == watched


def test_method_names_are_those_of_the_protos() -> None:
    from mapprior.v1 import horizon_service_pb2, work_zone_service_pb2

    files = (horizon_service_pb2, route_service_pb2, tile_service_pb2, work_zone_service_pb2)
    declared = {
        methods.path(service.full_name, method.name)
        for file in files
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    named = {
        methods.path(methods.HORIZON_SERVICE, methods.STREAM_HORIZON),
        methods.path(methods.ROUTE_SERVICE, methods.FIND_ROUTE),
        methods.path(methods.ROUTE_SERVICE, methods.MATCH_TRACE),
        methods.path(methods.TILE_SERVICE, methods.LIST_MARKETS),
        methods.path(methods.TILE_SERVICE, methods.GET_TILE),
        methods.path(methods.WORK_ZONE_SERVICE, methods.PUBLISH_WORK_ZONES),
        methods.path(methods.WORK_ZONE_SERVICE, methods.WITHDRAW_WORK_ZONES),
        methods.path(methods.WORK_ZONE_SERVICE, methods.WATCH_WORK_ZONES),
    }
    assert named == declared
