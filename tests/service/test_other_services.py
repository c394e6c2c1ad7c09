"""Routes, traces, tiles, zones, health and reflection, over the wire."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from mapprior.match.route import Waypoint
from mapprior.model.ids import tile_parts
from mapprior.model.pose import MatchState, VehicleClass, VehicleProfile
from mapprior.model.provenance import Layer
from mapprior.service.embedded import EmbeddedServer
from mapprior.service.health import STOPPING
from mapprior.service.settings import Settings
from mapprior.tile.archive import decompressed
from mapprior.tile.road_tile import open_road_tile
from mapprior.wire import methods
from mapprior.wire.routes import (
    RouteRequest,
    decode_route_answer,
    decode_trace_answer,
    encode_route_request,
    encode_trace_request,
)
from mapprior.wire.tiles import (
    TileRequest,
    decode_markets_answer,
    decode_tile_answer,
    encode_markets_request,
    encode_tile_request,
)
from mapprior.wire.zone_calls import decode_watch_answer
from tests.asciimap import Drawn
from tests.service.serving import PATIENCE_SEC, channel, serving, write_market, zone_on


async def ask(line: grpc.aio.Channel, service: str, method: str, request: bytes) -> Any:
    return await asyncio.wait_for(line.unary_unary(methods.path(service, method))(request), 20)


def place(drawn: Drawn, letters: str, offset_m: float) -> Waypoint:
    lat, lon = drawn.at(letters, offset_m)
    return Waypoint(lat_e7=round(lat), lon_e7=round(lon))


async def test_a_route_is_found(drawn: Drawn, line: grpc.aio.Channel) -> None:
    request = RouteRequest((place(drawn, "AB", 100.0), place(drawn, "CF", 60.0)))
    answer = decode_route_answer(
        await ask(line, methods.ROUTE_SERVICE, methods.FIND_ROUTE, encode_route_request(request))
    )
    assert list(answer.links) == drawn.links("ABCF")
    assert answer.length_m == pytest.approx(drawn.link("AB").line.length_m * 2 - 100.0 + 60.0, abs=1.0)
    assert answer.first_offset_m == pytest.approx(100.0, abs=1.0)


async def test_no_route_is_given_to_a_vehicle_it_was_not_made_for(drawn: Drawn, line: grpc.aio.Channel) -> None:
    ends = (place(drawn, "AB", 100.0), place(drawn, "CF", 60.0))
    request = encode_route_request(RouteRequest(ends, VehicleProfile(VehicleClass.TRUCK, mass_max_kg=12_000)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(line, methods.ROUTE_SERVICE, methods.FIND_ROUTE, request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT and "TRUCK" in str(caught.value.details())


@pytest.mark.parametrize("far", ["island", "elsewhere"])
async def test_no_route_is_not_found(drawn: Drawn, line: grpc.aio.Channel, far: str) -> None:
    end = place(drawn, "XY", 50.0) if far == "island" else Waypoint(lat_e7=501_000_000, lon_e7=80_000_000)
    request = encode_route_request(RouteRequest((place(drawn, "AB", 100.0), end)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(line, methods.ROUTE_SERVICE, methods.FIND_ROUTE, request)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert "50." not in str(caught.value.details()) and "501" not in str(caught.value.details())


async def test_a_trace_is_matched_whole(drawn: Drawn, line: grpc.aio.Channel) -> None:
    poses = drawn.poses("ABCF", sigma_m=2.0, rate_hz=1.0)
    answer = decode_trace_answer(
        await ask(line, methods.ROUTE_SERVICE, methods.MATCH_TRACE, encode_trace_request(poses))
    )
    assert list(answer.links) == drawn.links("ABCF")
    assert len(answer.positions) == len(poses)
    assert answer.positions[5].state is MatchState.TRACKING


async def test_a_trace_has_a_limit(drawn: Drawn, settings: Settings) -> None:
    few = replace(settings, limits=replace(settings.limits, trace_poses_count_max=3))
    async with serving(few) as server, channel(server.address) as line:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            request = encode_trace_request(drawn.poses("AB"))
            await ask(line, methods.ROUTE_SERVICE, methods.MATCH_TRACE, request)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_route_requests_do_not_pile_up(drawn: Drawn, settings: Settings) -> None:
    few = replace(settings, limits=replace(settings.limits, routes_at_once_max=1, routes_waiting_max=2))
    async with serving(few) as server, channel(server.address) as line:
        request = encode_route_request(RouteRequest((place(drawn, "AB", 100.0), place(drawn, "CF", 60.0))))
        calls = [ask(line, methods.ROUTE_SERVICE, methods.FIND_ROUTE, request) for _ in range(40)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [a for a in answers if isinstance(a, grpc.aio.AioRpcError)]
        assert refused and all(r.code() is grpc.StatusCode.UNAVAILABLE for r in refused)
        assert len(refused) < 40
        # and when it is over, there is room again
        assert await ask(line, methods.ROUTE_SERVICE, methods.FIND_ROUTE, request)


async def test_tiles_come_as_they_lie_in_the_archive(drawn: Drawn, line: grpc.aio.Channel) -> None:
    markets = decode_markets_answer(
        await ask(line, methods.TILE_SERVICE, methods.LIST_MARKETS, encode_markets_request())
    )
    assert [m.market for m in markets] == ["ZZ"] and '"build_id"' in markets[0].manifest_json
    for tile, blob in drawn.road_blobs.items():
        _, x, y = tile_parts(tile)
        request = encode_tile_request(TileRequest("ZZ", Layer.L0, x, y))
        answer = decode_tile_answer(await ask(line, methods.TILE_SERVICE, methods.GET_TILE, request))
        assert answer.tile is not None and answer.build_id == drawn.datasets[0].build_id
        assert decompressed(answer.tile, name="wire") == blob
        assert open_road_tile(blob, name="wire").tile_id == tile


async def test_what_is_not_there_is_told_apart(line: grpc.aio.Channel) -> None:
    absent = encode_tile_request(TileRequest("ZZ", Layer.L0, 1, 1))
    assert decode_tile_answer(await ask(line, methods.TILE_SERVICE, methods.GET_TILE, absent)).tile is None
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        foreign = encode_tile_request(TileRequest("DE", Layer.L0, 1, 1))
        await ask(line, methods.TILE_SERVICE, methods.GET_TILE, foreign)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "served are ZZ" in str(caught.value.details())


async def test_a_watch_tells_the_overlay_now_and_after_every_change(
    drawn: Drawn, server: EmbeddedServer, line: grpc.aio.Channel
) -> None:
    call = line.unary_stream(methods.path(methods.WORK_ZONE_SERVICE, methods.WATCH_WORK_ZONES))(b"")
    assert decode_watch_answer(await call.read()).zones == ()
    zone = zone_on(drawn, "CD")
    number = (await server.desk.publish([zone])).overlay_number
    told = decode_watch_answer(await call.read())
    assert (told.overlay_number, told.zones) == (number, (zone,))
    await server.desk.withdraw([zone.id])
    assert decode_watch_answer(await call.read()).zones == ()


async def test_health_and_reflection(line: grpc.aio.Channel) -> None:
    health = health_pb2_grpc.HealthStub(line)
    for service in ("", *methods.SERVICES):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.aio.AioRpcError) as caught:  # generated code answers for what the service leaves out
        await health.List(health_pb2.HealthListRequest())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    reflection = reflection_pb2_grpc.ServerReflectionStub(line).ServerReflectionInfo()
    await reflection.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    listed = {s.name for s in (await reflection.read()).list_services_response.service}
    assert listed >= set(methods.SERVICES)
    await reflection.write(reflection_pb2.ServerReflectionRequest(file_containing_symbol=methods.HORIZON_SERVICE))
    assert (await reflection.read()).file_descriptor_response.file_descriptor_proto


@pytest.mark.parametrize(
    "method",
    [
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        methods.path(methods.ROUTE_SERVICE, methods.FIND_ROUTE),
        methods.path(methods.TILE_SERVICE, methods.GET_TILE),
        methods.path(methods.WORK_ZONE_SERVICE, methods.WATCH_WORK_ZONES),
        methods.path(methods.HORIZON_SERVICE, methods.STREAM_HORIZON),
    ],
)
async def test_bytes_that_are_no_message_are_an_invalid_argument_and_no_failure_of_the_server(
    line: grpc.aio.Channel, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    call = line.stream_stream(method)()
    await call.write(b"\xff\xff\xff")
    assert await asyncio.wait_for(call.code(), PATIENCE_SEC) is grpc.StatusCode.INVALID_ARGUMENT
    assert not caplog.records


async def test_health_turns_when_draining(server: EmbeddedServer, line: grpc.aio.Channel) -> None:
    watch = health_pb2_grpc.HealthStub(line).Watch(health_pb2.HealthCheckRequest(service=""))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    drained = asyncio.create_task(server.server.drain(1000))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    with pytest.raises(grpc.aio.AioRpcError):
        await watch.read()
    assert (await watch.code(), await watch.details()) == (grpc.StatusCode.UNAVAILABLE, STOPPING)
    await drained


async def test_calls_without_an_end_of_their_own_do_not_hold_up_a_drain(
    server: EmbeddedServer, line: grpc.aio.Channel
) -> None:
    health = health_pb2_grpc.HealthStub(line)
    watches = [health.Watch(health_pb2.HealthCheckRequest(service=x)) for x in ("", methods.TILE_SERVICE, "no such")]
    told = [(await x.read()).status for x in watches]
    serving = health_pb2.HealthCheckResponse.SERVING
    assert told == [serving, serving, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN]
    reflection = reflection_pb2_grpc.ServerReflectionStub(line).ServerReflectionInfo()
    await reflection.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    await reflection.read()
    await asyncio.wait_for(server.server.drain(30_000), PATIENCE_SEC)
    for call in (*watches, reflection):
        with pytest.raises(grpc.aio.AioRpcError, match=STOPPING):
            while await asyncio.wait_for(call.read(), PATIENCE_SEC) is not grpc.aio.EOF:
                pass


async def test_calls_that_come_while_others_are_ended_for_a_drain_are_ended_too(
    server: EmbeddedServer, line: grpc.aio.Channel
) -> None:
    for ends in (server.server._watch, server.server._reflection, server.server._health):
        ends.end()  # and only then the core is told to take no more
    zones = line.unary_stream(methods.path(methods.WORK_ZONE_SERVICE, methods.WATCH_WORK_ZONES))(b"")
    health = health_pb2_grpc.HealthStub(line).Watch(health_pb2.HealthCheckRequest(service=""))
    reflection = reflection_pb2_grpc.ServerReflectionStub(line).ServerReflectionInfo()
    for call in (zones, health, reflection):
        with pytest.raises(grpc.aio.AioRpcError, match="the server is being stopped"):
            while await asyncio.wait_for(call.read(), PATIENCE_SEC / 4) is not grpc.aio.EOF:
                pass
        assert await call.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_damaged_tile_is_said_and_the_service_stays_up(
    drawn: Drawn, settings: Settings, tmp_path: Path
) -> None:
    market = write_market(tmp_path / "ZZ", drawn)
    async with serving(replace(settings, tiles=(market,))) as server, channel(server.address) as line:
        archive = market / "L0.pmtiles"
        data = bytearray(archive.read_bytes())
        data[-20:] = bytes(20)
        with archive.open("r+b") as file:
            file.write(data)
        codes = []
        for tile in drawn.road_blobs:
            _, x, y = tile_parts(tile)
            request = encode_tile_request(TileRequest("ZZ", Layer.L0, x, y))
            try:
                await ask(line, methods.TILE_SERVICE, methods.GET_TILE, request)
                codes.append(grpc.StatusCode.OK)
            except grpc.aio.AioRpcError as error:
                codes.append(error.code())
        assert sorted(c.name for c in codes).count("DATA_LOSS") == 1
        await ask(line, methods.TILE_SERVICE, methods.LIST_MARKETS, b"")


def test_serving_loads_no_map_reader() -> None:
    check = (
        "import sys, mapprior.service.supervisor, mapprior.service.embedded, mapprior.cli.serve;"
        "found = {m.partition('.')[0] for m in sys.modules};"
        "sys.exit(', '.join(found & {'osmnx', 'osmium', 'pandas', 'geopandas', 'pydantic'}) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
