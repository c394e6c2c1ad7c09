"""Calls whose answers nobody reads: they use up what there is of their kind, for a while, and keep no vehicle away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mapprior.model.ids import tile_parts
from mapprior.model.provenance import Layer
from mapprior.service.settings import Settings
from mapprior.wire import methods
from mapprior.wire.tiles import TileRequest, encode_tile_request
from tests.asciimap import Drawn
from tests.service.serving import PATIENCE_SEC, channel, opened, serving, zone_on

GET_TILE = methods.path(methods.TILE_SERVICE, methods.GET_TILE)
WATCH = methods.path(methods.WORK_ZONE_SERVICE, methods.WATCH_WORK_ZONES)
# a window so small that hardly anything fits into what the client's end takes without reading
SMALL = [("grpc.http2.lookahead_bytes", 16), ("grpc.http2.bdp_probe", 0)]


def some_tile(drawn: Drawn) -> bytes:
    _, x, y = tile_parts(min(drawn.datasets[0].tiles))
    return encode_tile_request(TileRequest("ZZ", Layer.L0, x, y))


@asynccontextmanager
async def unread(address: str, path: str, request: bytes, count: int) -> AsyncIterator[list[Any]]:
    async with channel(address, options=SMALL) as line:
        calls = [line.unary_stream(path)(request) for _ in range(count)]
        await asyncio.sleep(0.3)
        yield calls


async def answered(line: grpc.aio.Channel, path: str, request: bytes) -> grpc.StatusCode:
    try:
        await asyncio.wait_for(line.unary_unary(path)(request), PATIENCE_SEC)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def until_answered(line: grpc.aio.Channel, path: str, request: bytes) -> None:
    async with asyncio.timeout(PATIENCE_SEC):
        while await answered(line, path, request) is not grpc.StatusCode.OK:  # noqa: ASYNC110 - of the server's end
            await asyncio.sleep(0.05)


async def test_tiles_that_nobody_reads_keep_no_vehicle_away(drawn: Drawn, settings: Settings) -> None:
    async with serving(settings) as server, channel(server.address) as line:
        async with unread(server.address, GET_TILE, some_tile(drawn), 100):
            await opened(line, drawn.poses("ABCDE")[20])
            assert await answered(line, "/grpc.health.v1.Health/Check", b"") is grpc.StatusCode.OK
            assert await answered(line, GET_TILE, some_tile(drawn)) is grpc.StatusCode.UNAVAILABLE
        await until_answered(line, GET_TILE, some_tile(drawn))


async def test_who_does_not_read_an_answer_does_not_count_for_ever(drawn: Drawn, settings: Settings) -> None:
    short = replace(settings, limits=replace(settings.limits, unread_ms_max=300, route_ms_max=300))
    async with (
        serving(short) as server,
        channel(server.address) as line,
        unread(server.address, GET_TILE, some_tile(drawn), 100),
    ):
        await until_answered(line, GET_TILE, some_tile(drawn))


async def test_who_watches_the_health_a_hundred_times_keeps_nobody_away(drawn: Drawn, settings: Settings) -> None:
    async with serving(settings) as server, channel(server.address) as line:
        stub = health_pb2_grpc.HealthStub(line)
        first = stub.Watch(health_pb2.HealthCheckRequest())
        told = await asyncio.wait_for(first.read(), PATIENCE_SEC)
        assert told.status == health_pb2.HealthCheckResponse.SERVING
        watches = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(100)]  # in whatever order they arrive
        ends = [asyncio.create_task(x.code()) for x in watches]
        ended, open_ = await asyncio.wait(ends, timeout=PATIENCE_SEC, return_when=asyncio.FIRST_COMPLETED)
        assert {x.result() for x in ended} == {grpc.StatusCode.UNAVAILABLE}
        for x in open_:
            x.cancel()
        await opened(line, drawn.poses("ABCDE")[20])
        assert await answered(line, "/grpc.health.v1.Health/Check", b"") is grpc.StatusCode.OK


async def test_who_watches_zones_and_reads_none_is_let_go(drawn: Drawn, settings: Settings) -> None:
    short = replace(settings, limits=replace(settings.limits, unread_ms_max=300, watches_max=1))
    async with serving(short) as server, channel(server.address) as line:
        await server.desk.publish([zone_on(drawn, "CD")])
        async with unread(server.address, WATCH, b"", 1):
            async with asyncio.timeout(PATIENCE_SEC):
                while True:
                    call = line.unary_stream(WATCH)(b"")
                    try:
                        assert await call.read()
                        break
                    except grpc.aio.AioRpcError as error:
                        assert "watches_max" in str(error.details())
                        await asyncio.sleep(0.05)
