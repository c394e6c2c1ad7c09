"""A horizon stream against a real server: what a good client gets and what a bad one is told."""

import asyncio
import contextlib
import itertools
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from mapprior.horizon.events import (
    AcknowledgementEvent,
    Open,
    PoseEvent,
    ProfileSubscription,
    ResyncEvent,
    RouteEvent,
)
from mapprior.horizon.items import HealthState
from mapprior.horizon.session import ROUTE_LINKS_COUNT_MAX
from mapprior.match.route import Waypoint
from mapprior.model.ids import LinkId
from mapprior.model.pose import MatchState, Pose
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.reader.path_end import PathEndKind, path_end
from mapprior.service.embedded import EmbeddedServer
from mapprior.service.settings import Settings
from mapprior.wire.requests import RouteWaypoints, encode_open, encode_pose, encode_route_waypoints
from tests.asciimap import Drawn
from tests.service.serving import (
    Vehicle,
    channel,
    now,
    opened,
    serving,
    write_market,
    zone_on,
)


def start(drawn: Drawn) -> Pose:
    return drawn.poses("ABCDE")[20]


async def test_every_pose_of_a_steady_drive_is_answered(drawn: Drawn, line: grpc.aio.Channel) -> None:
    poses = drawn.poses("ABCDE")[20:80]
    vehicle = await opened(line, poses[0], Open(replay=True))
    for pose in poses[1:]:
        pose = now(pose)
        await vehicle.send(PoseEvent(pose))
        await vehicle.until(lambda u, t=pose.pose_time_us: u.pose_time_us == t)
        assert vehicle.held.reported.state is MatchState.TRACKING
    assert not vehicle.held.needs_resync
    assert [u.update_index for u in vehicle.updates] == list(range(1, len(vehicle.updates) + 1))
    limits = vehicle.held.limits_ahead(500.0)
    assert limits is not None and limits.value[0].limit.posted_value_milli == 50_000


async def test_silence_is_broken_by_a_heartbeat(drawn: Drawn, line: grpc.aio.Channel) -> None:
    vehicle = await opened(line, start(drawn), Open(silence_ms_max=100))
    newest = vehicle.updates[-1].update_index
    for _ in range(3):
        await vehicle.update()
    assert vehicle.updates[-1].update_index == newest + 3


async def test_a_route_by_waypoints_leads_the_path(drawn: Drawn, line: grpc.aio.Channel) -> None:
    vehicle = await opened(line, start(drawn))
    places = [Waypoint(lat_e7=round(a), lon_e7=round(b)) for a, b in (drawn.at("AB", 60.0), drawn.at("CF", 60.0))]
    await vehicle.send(RouteWaypoints(tuple(places)))

    def goes_down(_: object) -> bool:
        root = vehicle.held.root
        return root is not None and drawn.link("CF").link_id in [x.link_id for x in root.links]

    await vehicle.until(goes_down, pose=start(drawn))
    await vehicle.send(RouteEvent(()))
    await vehicle.until(lambda u: not goes_down(u), pose=start(drawn))


async def test_a_route_off_the_map_is_said_in_health_and_the_horizon_goes_on(
    drawn: Drawn, line: grpc.aio.Channel
) -> None:
    vehicle = await opened(line, start(drawn))
    for far in (drawn.at("XY", 50.0), (480_000_000, 20_000_000)):
        at = drawn.at("AB", 60.0)
        places = (
            Waypoint(lat_e7=round(at[0]), lon_e7=round(at[1])),
            Waypoint(lat_e7=round(far[0]), lon_e7=round(far[1])),
        )
        await vehicle.send(RouteWaypoints(places))
        await vehicle.until(lambda u: u.health is not None and "route" in u.health.reason, pose=start(drawn))
        assert vehicle.held.health.state is HealthState.DEGRADED
        assert vehicle.held.reported.state is MatchState.TRACKING
        await vehicle.send(RouteEvent(()))
        await vehicle.until(lambda u: u.health is not None and u.health.state is HealthState.OK, pose=start(drawn))


async def test_a_zone_arrives_on_an_open_stream_and_leaves_it(
    drawn: Drawn, server: EmbeddedServer, line: grpc.aio.Channel
) -> None:
    vehicle = await opened(line, start(drawn))
    answer = await server.desk.publish([zone_on(drawn, "CD")])
    assert answer.outcomes[0].links_count == 1
    await vehicle.until(lambda _: vehicle.held.state.zones)
    assert vehicle.held.distance_to_zone() is not None
    await server.desk.withdraw(["works-1"])
    await vehicle.until(lambda _: not vehicle.held.state.zones)


async def test_a_stream_opened_later_has_the_zone_in_its_first_horizon(
    drawn: Drawn, server: EmbeddedServer, line: grpc.aio.Channel
) -> None:
    await server.desk.publish([zone_on(drawn, "CD")])
    vehicle = await opened(line, start(drawn))
    await vehicle.until(lambda _: vehicle.held.state.zones, pose=start(drawn))


async def test_resync_gives_a_snapshot_without_the_content_held(drawn: Drawn, line: grpc.aio.Channel) -> None:
    vehicle = await opened(line, start(drawn))
    held = vehicle.held.held_content()
    assert held is not None and held.contents
    await vehicle.send(ResyncEvent(held))
    update = await vehicle.until(lambda u: u.snapshot)
    assert not [x for x in update.items if type(x).__name__ == "Content"]
    assert not vehicle.held.needs_resync


async def test_the_window_keeps_updates_fresh(drawn: Drawn, line: grpc.aio.Channel) -> None:
    poses = drawn.poses("ABCDE")[20:60]
    vehicle = await opened(line, poses[0], Open(unacknowledged_updates_max=2))
    newest = vehicle.updates[-1].update_index
    for pose in poses[1:]:
        await vehicle.drive(pose)
        await asyncio.sleep(0.005)
    sent = [await vehicle.update(acknowledge=False) for _ in range(2)]
    assert [u.update_index for u in sent] == [newest + 1, newest + 2]
    await vehicle.send(AcknowledgementEvent(newest + 2))
    # what was superseded while the window was full is never sent
    assert (await vehicle.update()).update_index == newest + 3
    assert vehicle.held.reported.candidates[0].link_id == drawn.link("AB").link_id
    assert vehicle.held.reported.candidates[0].link_offset_cm > 8000


async def test_under_load_answers_are_thinned_and_health_says_so(
    drawn: Drawn, server: EmbeddedServer, line: grpc.aio.Channel
) -> None:
    poses = drawn.poses("ABCDE")[20:60]
    vehicle = await opened(line, poses[0], Open(replay=True, unacknowledged_updates_max=64, silence_ms_max=60_000))
    server.server.pace.answer_every, server.server.pace.reason = 4, "overload: one pose in 4 is answered"
    times_us = []
    for pose in poses[1:37]:
        pose = now(pose)
        times_us.append(pose.pose_time_us)
        await vehicle.send(PoseEvent(pose))
    answers = [await vehicle.until(lambda u: u.pose_time_us in times_us) for _ in range(9)]
    answered = [times_us.index(u.pose_time_us) for u in answers]
    steps = [b - a for a, b in itertools.pairwise(answered)]
    assert steps.count(4) >= 6, steps  # a tile that arrives late may give an answer between
    assert vehicle.held.health.reason == "overload: one pose in 4 is answered"
    server.server.pace.answer_every, server.server.pace.reason = 1, ""
    last = now(poses[37])
    await vehicle.send(PoseEvent(last))
    await vehicle.until(lambda u: u.pose_time_us == last.pose_time_us)
    assert vehicle.held.health.state is HealthState.OK


async def test_a_damaged_tile_degrades_the_drive_and_ends_nothing(
    drawn: Drawn, settings: Settings, tmp_path: Path
) -> None:
    market = write_market(tmp_path / "ZZ", drawn)
    async with serving(replace(settings, tiles=(market,))) as server, channel(server.address) as line:
        with (market / "L0.pmtiles").open("r+b") as archive:
            archive.seek(-20, 2)
            archive.write(bytes(20))
        vehicle = raw(line)
        await vehicle.send(Open())
        await vehicle.drive(start(drawn))
        await vehicle.until(lambda u: u.health is not None and u.health.reason, pose=start(drawn))
        assert vehicle.held.health.state is HealthState.DEGRADED
        assert vehicle.held.health.reason.startswith("ZZ/L0.pmtiles: ")  # not where it lies on the server


# ---- bad clients


def raw(line: grpc.aio.Channel) -> Vehicle:
    return Vehicle(line)


def pose_bytes(**wrong: float) -> bytes:
    return encode_pose(replace(Pose(1_700_000_000_000_000, 500_000_000.0, 80_000_000.0), **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("messages", "code", "says"),
    [
        ([pose_bytes()], "FAILED_PRECONDITION", "before open"),
        ([encode_open(Open()), encode_open(Open())], "FAILED_PRECONDITION", "open"),
        ([encode_open(Open()), pose_bytes(lat_e7=float("nan"))], "INVALID_ARGUMENT", "lat_deg"),
        ([encode_open(Open()), pose_bytes(lat_e7=910_000_000.0)], "INVALID_ARGUMENT", "lat_deg is outside"),
        ([encode_open(Open()), pose_bytes(speed_mps=float("inf"))], "INVALID_ARGUMENT", "speed_mps"),
        ([encode_open(Open()), pose_bytes(acknowledged_update_index=99)], "INVALID_ARGUMENT", "acknowledged"),
        ([b"\xff\xff\xff"], "INVALID_ARGUMENT", "no mapprior"),
        ([b""], "INVALID_ARGUMENT", "no event"),
        ([encode_open(Open(horizon_length_m=5))], "INVALID_ARGUMENT", "horizon_length_m"),
        ([encode_open(Open(content_held_bytes_max=1 << 30))], "RESOURCE_EXHAUSTED", "this server allows"),
        ([encode_route_waypoints([Waypoint(lat_e7=0, lon_e7=0)] * 2)], "FAILED_PRECONDITION", "before open"),
        (
            [encode_open(Open()), encode_route_waypoints([Waypoint(lat_e7=0, lon_e7=0)] * 101)],
            "RESOURCE_EXHAUSTED",
            "at most 100",
        ),
    ],
)
async def test_what_is_wrong_is_said(line: grpc.aio.Channel, messages: list[bytes], code: str, says: str) -> None:
    vehicle = raw(line)
    for message in messages:
        with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
            await vehicle.call.write(message)
    status, details = await vehicle.status()
    assert (status.name, says in details) == (code, True), details


async def test_a_hundred_megabytes_of_waypoints_are_refused_before_they_are_read(
    server: EmbeddedServer,
) -> None:
    line = channel(server.address, options=[("grpc.max_send_message_length", -1)])
    async with line:
        vehicle = raw(line)
        message = encode_route_waypoints([Waypoint(lat_e7=500_000_000, lon_e7=80_000_000)] * 1000)
        with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
            await vehicle.call.write(encode_open(Open()))
            await vehicle.call.write(message * (100_000_000 // len(message)))
        code, details = await vehicle.status()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED, details


async def test_time_running_backwards_is_counted_and_said(drawn: Drawn, line: grpc.aio.Channel) -> None:
    pose = now(start(drawn))
    vehicle = await opened(line, pose)
    await vehicle.send(PoseEvent(replace(now(pose), pose_time_us=pose.pose_time_us - 3_000_000)))
    await vehicle.until(lambda u: u.health is not None and u.health.poses_dropped_count == 1)
    assert "older" in vehicle.held.health.reason


def limited(settings: Settings, **limits: int) -> Settings:
    return replace(settings, limits=replace(settings.limits, **limits))


async def test_a_client_that_says_nothing_is_not_waited_for(settings: Settings) -> None:
    async with serving(limited(settings, open_ms_max=200)) as server, channel(server.address) as line:
        code, details = await raw(line).status()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED and "open_ms_max" in details


async def test_a_client_that_falls_silent_is_not_kept(drawn: Drawn, settings: Settings) -> None:
    async with serving(limited(settings, idle_ms_max=300)) as server, channel(server.address) as line:
        vehicle = await opened(line, start(drawn))
        code, details = await vehicle.status()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED and "idle_ms_max" in details


async def test_a_client_that_reads_nothing_gets_little_and_then_the_end(drawn: Drawn, settings: Settings) -> None:
    async with serving(limited(settings, unread_ms_max=500)) as server, channel(server.address) as line:
        vehicle = raw(line)
        await vehicle.send(Open())
        for pose in drawn.poses("ABCDE")[:20]:
            await vehicle.drive(pose)
            await asyncio.sleep(0.005)
        await no_streams(server)
        # only now it reads: gRPC tells the status after the messages before it
        code, details = await vehicle.status()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED and "unread_ms_max" in details
        assert vehicle.unread_count == Open().unacknowledged_updates_max


async def test_a_client_that_stops_in_the_middle_of_an_update_is_let_go_too(drawn: Drawn, settings: Settings) -> None:
    """With a window this small not even the first update fits into what the client's end takes without reading."""
    small = [("grpc.http2.lookahead_bytes", 16), ("grpc.http2.bdp_probe", 0)]
    async with (
        serving(limited(settings, unread_ms_max=300)) as server,
        channel(server.address, options=small) as line,
    ):
        vehicle = raw(line)
        await vehicle.send(Open())
        await vehicle.drive(start(drawn))
        await until_streams(server, 1)
        await no_streams(server)
        code, details = await vehicle.status()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED and "unread_ms_max" in details
        await opened(line, start(drawn))


async def test_too_many_poses_a_second_end_a_live_drive_and_slow_a_replay(drawn: Drawn, settings: Settings) -> None:
    poses = drawn.poses("ABCDE", rate_hz=100.0)
    async with serving(limited(settings, poses_per_sec_max=20)) as server, channel(server.address) as line:
        live = raw(line)
        await live.send(Open())
        end = asyncio.create_task(live.status())
        with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
            for pose in poses[:200]:
                await live.call.write(encode_pose(now(pose)))
                await asyncio.sleep(0.001)
        code, details = await end
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED and "poses_per_sec_max" in details
        replayed = raw(line)
        await replayed.send(Open(replay=True, unacknowledged_updates_max=64))
        for pose in poses[:50]:
            await replayed.send(PoseEvent(pose))
        await replayed.until(lambda u: u.pose_time_us == poses[49].pose_time_us)


async def test_a_flood_of_resyncs_is_read_no_faster_than_it_is_allowed(drawn: Drawn, settings: Settings) -> None:
    async with serving(limited(settings, poses_per_sec_max=100)) as server, channel(server.address) as line:
        vehicle = await opened(line, start(drawn), Open(unacknowledged_updates_max=64, silence_ms_max=60_000))
        before = len(vehicle.updates)
        for _ in range(24):  # 16 at once, 4 a second from then on
            await vehicle.send(ResyncEvent())
        last = now(start(drawn))
        await vehicle.send(PoseEvent(last))
        await vehicle.until(lambda u: u.pose_time_us == last.pose_time_us)
        assert len(vehicle.updates) - before >= 8
        async with channel(server.address) as other:
            await opened(other, start(drawn))


async def test_a_long_route_ends_nothing_and_one_too_long_is_refused(drawn: Drawn, line: grpc.aio.Channel) -> None:
    vehicle = await opened(line, start(drawn))
    there_and_back = [drawn.link(x).link_id for x in ("AB", "BA")]
    await vehicle.send(RouteEvent(tuple(there_and_back * (ROUTE_LINKS_COUNT_MAX // 2))))
    for _ in range(3):
        last = now(start(drawn))
        await vehicle.send(PoseEvent(last))
        await vehicle.until(lambda u, last=last: u.pose_time_us == last.pose_time_us)
    await vehicle.send(RouteEvent(tuple(there_and_back * (ROUTE_LINKS_COUNT_MAX // 2 + 1))))
    code, details = await vehicle.status()
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details == f"route.link_ids has {ROUTE_LINKS_COUNT_MAX + 2} elements; at most {ROUTE_LINKS_COUNT_MAX}"


async def test_who_jumps_about_is_answered_now_and_then_and_the_others_always(drawn: Drawn, settings: Settings) -> None:
    poses = drawn.poses("ABCDE")[20:60]
    ends = drawn.poses("AB")[20], drawn.poses("DE")[20]
    async with (
        serving(limited(settings, stream_work_ms_per_sec_max=1)) as server,
        channel(server.address) as line,
        channel(server.address) as other,
    ):
        jumping = raw(line)
        await jumping.send(Open(unacknowledged_updates_max=64))
        for i in range(200):
            await jumping.drive(ends[i % 2])
        assert not jumping.call.done()
        await jumping.until(lambda u: u.health is not None and "stream_work_ms_per_sec_max" in u.health.reason)
        last = now(ends[0])
        await jumping.send(PoseEvent(last))
        await jumping.until(lambda u: u.pose_time_us == last.pose_time_us)
        vehicle = raw(other)
        await vehicle.send(Open())
        await vehicle.drive(poses[0])
        await vehicle.until(lambda u: u.pose_time_us)


async def test_more_streams_than_allowed_are_sent_elsewhere(drawn: Drawn, settings: Settings) -> None:
    async with serving(limited(settings, streams_max=2)) as server, channel(server.address) as line:
        first, _second = await opened(line, start(drawn)), await opened(line, start(drawn))
        code, details = await raw(line).status()
        assert code is grpc.StatusCode.UNAVAILABLE and "streams_max" in details
        await first.call.done_writing()
        await first.status()
        await opened(line, start(drawn))


async def until_streams(server: EmbeddedServer, count: int) -> None:
    for _ in range(200):
        if server.server.horizon.streams_count == count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{server.server.horizon.streams_count} streams, not {count}")


async def no_streams(server: EmbeddedServer) -> None:
    await until_streams(server, 0)


async def test_clients_that_vanish_leave_nothing_behind(
    drawn: Drawn, server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def vanish(i: int) -> None:
        line = channel(server.address)
        vehicle = raw(line)
        if i % 3:
            await vehicle.send(Open())
            await vehicle.drive(start(drawn))
        if i % 3 == 2:
            await vehicle.update(acknowledge=False)
        await line.close()

    for batch in range(0, 500, 50):
        await asyncio.gather(*(vanish(i) for i in range(batch, batch + 50)))
    await no_streams(server)
    async with channel(server.address) as line:
        await opened(line, start(drawn))
    assert not [r for r in caplog.records if r.name.startswith(("mapprior", "grpc"))], caplog.text


async def test_sockets_that_connect_and_say_nothing_are_let_go(server: EmbeddedServer) -> None:
    host, _, port = server.address.rpartition(":")
    writers = [(await asyncio.open_connection(host, int(port)))[1] for _ in range(100)]
    async with channel(server.address) as line:
        vehicle = raw(line)
        await vehicle.call.write(b"")
        code, _ = await vehicle.status()
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    for writer in writers:
        writer.close()


async def test_no_position_reaches_a_log_or_a_status(
    drawn: Drawn, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    canary = Pose(0, 501_234_567.0, 81_234_567.0, position_sigma_m=2.0)
    parts = ("0123456", "12345", "50.1", "8.12", "501234567", "81234567")
    caplog.set_level("DEBUG")
    async with serving(settings) as server, channel(server.address) as line:
        vehicle = raw(line)
        await vehicle.send(Open())
        await vehicle.drive(canary)
        await vehicle.update()
        place = Waypoint(lat_e7=501_234_567, lon_e7=81_234_567)
        await vehicle.send(RouteWaypoints((place, place)))
        await vehicle.until(lambda u: u.health is not None and u.health.reason, pose=canary)
        said = vehicle.held.health.reason
        await vehicle.send(PoseEvent(replace(canary, pose_time_us=1, lat_e7=905_123_456.0)))
        _, details = await vehicle.status()
    for part in parts:
        assert part not in said + details + caplog.text


async def test_a_client_gets_the_groups_and_the_rate_it_asked_for(drawn: Drawn, line: grpc.aio.Channel) -> None:
    groups = (ProfileSubscription(ProfileGroup.ROAD), ProfileSubscription(ProfileGroup.LANE))
    poses = drawn.poses("ABCDE")[20:60]
    vehicle = await opened(line, poses[0], Open(replay=True, subscriptions=groups, position_interval_ms_min=300))
    assert {x.encoded.group for x in vehicle.held.state.contents.values()} == {ProfileGroup.ROAD, ProfileGroup.LANE}
    first = len(vehicle.updates)
    later = [now(pose) for pose in poses[1:]]
    for i, pose in enumerate(later):
        await vehicle.send(PoseEvent(replace(pose, pose_time_us=pose.pose_time_us + i)))
    newest_us = later[-1].pose_time_us + len(later) - 1
    await vehicle.until(lambda u: u.pose_time_us == newest_us)  # once its time has come, without another pose
    assert len(vehicle.updates) - first < len(later) / 2
    assert not vehicle.held.needs_resync


@pytest.mark.parametrize(
    ("field", "value"), [("horizon_length_m", 3000), ("stub_length_m", 900), ("side_levels_count", 4)]
)
async def test_more_than_this_server_allows_is_refused(settings: Settings, field: str, value: int) -> None:
    allowed = limited(settings, horizon_length_m_max=2500, stub_length_m_max=800, side_levels_count_max=3)
    async with serving(allowed) as server, channel(server.address) as line:
        vehicle = raw(line)
        await vehicle.call.write(encode_open(replace(Open(), **{field: value})))
        code, details = await vehicle.status()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert f"open.{field} is {value}; this server allows at most" in details


async def test_a_horizon_in_seconds_ends_where_this_server_does(drawn: Drawn, settings: Settings) -> None:
    async with serving(limited(settings, horizon_length_m_max=150)) as server, channel(server.address) as line:
        vehicle = await opened(line, start(drawn), Open(horizon_length_m=0, horizon_time_ms=600_000))
        assert vehicle.held.root is not None
        before_last = vehicle.held.root.links[-1].start_offset_cm
        here = vehicle.held.root.links[0].end_offset_cm
        assert before_last - here < 150 * 100


async def test_a_client_is_told_what_it_was_given(drawn: Drawn, settings: Settings) -> None:
    limits = limited(settings, horizon_length_m_max=150, stub_length_m_max=80, poses_per_sec_max=77)
    async with serving(limits) as server, channel(server.address) as line:
        vehicle = await opened(line, start(drawn), Open(silence_ms_max=300))  # whose lengths are the server's to choose
        granted = vehicle.held.granted
        assert granted is not None
        assert (granted.horizon_length_m, granted.horizon_length_m_max) == (150, 150)
        assert (granted.stub_length_m, granted.stub_length_m_max) == (80, 80)
        assert (granted.poses_per_sec_max, granted.silence_ms_max) == (77, 300)
        assert granted.work_ms_per_sec_max == settings.limits.stream_work_ms_per_sec_max
        assert vehicle.held.root is not None
        assert path_end(vehicle.held, vehicle.held.root).kind is PathEndKind.ALLOWED
        assert [x.granted for x in vehicle.updates] == [granted, *[None] * (len(vehicle.updates) - 1)]
        await vehicle.send(ResyncEvent())
        again = await vehicle.until(lambda u: u.snapshot)
        assert again.granted == granted


async def test_what_is_asked_for_within_the_limits_is_what_is_given(drawn: Drawn, line: grpc.aio.Channel) -> None:
    asked = Open(horizon_length_m=700, stub_length_m=60, side_levels_count=2, layers=frozenset((Layer.L2,)))
    vehicle = Vehicle(line)
    await vehicle.send(asked)
    await vehicle.drive(start(drawn))
    await vehicle.until(lambda u: u.snapshot)
    granted = vehicle.held.granted
    assert granted is not None
    assert replace(granted.lengths_for(Open(layers=asked.layers)), silence_ms_max=1000) == asked
    assert granted.layers == (Layer.L2,)


async def test_side_paths_in_seconds_end_where_this_server_says(drawn: Drawn, settings: Settings) -> None:
    route = RouteEvent(tuple(drawn.link(x).link_id for x in ("AB", "BC", "CF")))
    for length_m_max, links in ((5000, "CD DE"), (10, "CD")):  # in whole links
        side = [drawn.link(x).link_id for x in links.split()]
        async with (
            serving(limited(settings, stub_length_m_max=length_m_max)) as server,
            channel(server.address) as line,
        ):
            vehicle = await opened(line, start(drawn), Open(stub_length_m=1, stub_time_ms=300_000))
            await vehicle.send(route)

            def is_laid(_: object, vehicle: Vehicle = vehicle, side: list[LinkId] = side) -> bool:
                paths = vehicle.held.state.paths.values()
                return any([y.link_id for y in x.links] == side for x in paths if x.path.parent_path_id)

            await vehicle.until(is_laid, pose=start(drawn))


async def test_who_asks_for_nothing_gets_what_this_server_allows(drawn: Drawn, settings: Settings) -> None:
    little = limited(
        settings,
        horizon_length_m_max=150,
        stub_length_m_max=10,
        side_levels_count_max=1,
        content_held_bytes_max=1 << 17,
    )
    async with serving(little) as server, channel(server.address) as line:
        vehicle = await opened(line, start(drawn))
        assert vehicle.held.root is not None
        assert len(vehicle.held.root.links) < len("ABCDE") - 1
        assert vehicle.held.root.links[-1].start_offset_cm - vehicle.held.root.links[0].end_offset_cm < 150 * 100
