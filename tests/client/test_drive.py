"""A drive against a call that is played from a script: the moments a real server rarely shows."""

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import pytest
from grpc import StatusCode, aio
from hypothesis import given
from hypothesis import strategies as st

from mapprior.cli.view import stream_text
from mapprior.client.drive import EOF, RESUME_PAUSE_SEC_MAX, RESYNCS_IN_A_ROW_COUNT_MAX, Drive, resume_pause_sec
from mapprior.errors import RemoteError
from mapprior.horizon.events import AcknowledgementEvent, Event, Open, PoseEvent, ResyncEvent, RouteEvent
from mapprior.horizon.items import Health, HealthState, Release, StreamBasis, Update
from mapprior.horizon.vehicle_position import Position
from mapprior.match.route import Waypoint
from mapprior.model.pose import MatchState, Pose
from mapprior.wire.requests import RouteWaypoints, decode_request
from mapprior.wire.updates import encode_update

PATIENCE_SEC = 10.0
BASIS = StreamBasis((), "", "2026a", 0)
SNAPSHOT = Update(1, True, 7, Position(MatchState.WAITING), Health(HealthState.OK), (BASIS,), (), BASIS.hash64())


def of_release(build_id: str) -> Update:
    basis = replace(BASIS, releases=(Release("ZZ", 1, build_id, "", ""),))
    return replace(SNAPSHOT, items=(basis,), state_hash=basis.hash64())


def later(index: int) -> Update:
    return replace(SNAPSHOT, update_index=index, snapshot=False, items=())


class PlayedCall:
    """Reads come from a queue; an exception in it is raised, EOF ends the call. Writes are kept, as events."""

    def __init__(self) -> None:
        self.reads: asyncio.Queue[Any] = asyncio.Queue()
        self.written: list[Event | RouteWaypoints] = []
        self.open_gate = asyncio.Event()  # writing waits for it, as under flow control
        self.open_gate.set()
        self.broken = False
        self.begun = asyncio.Event()  # something is being written
        self._wrote = asyncio.Event()

    async def write(self, data: bytes) -> None:
        self.begun.set()
        await self.open_gate.wait()
        if self.broken:
            raise asyncio.InvalidStateError("the call is over")
        self.written.append(decode_request(data))
        self._wrote.set()

    async def has_written(self, count: int) -> None:
        while len(self.written) < count:
            self._wrote.clear()
            await self._wrote.wait()

    async def read(self) -> Any:
        message = await self.reads.get()
        if isinstance(message, Exception):
            raise message
        return message

    async def code(self) -> StatusCode:
        return StatusCode.OK

    def cancel(self) -> None:
        self.broken = True
        self.open_gate.set()

    def send(self, *updates: Update) -> None:
        for update in updates:
            self.reads.put_nowait(encode_update(update))


def drive_of(*calls: PlayedCall, **options: Any) -> Drive:
    queue = iter(calls)
    values = {"resumes_max": len(calls) - 1, "stale_after_ms": 2000} | options
    return Drive(lambda: next(queue), Open(), address="here", **values)


def broken() -> aio.AioRpcError:
    return aio.AioRpcError(StatusCode.UNAVAILABLE, aio.Metadata(), aio.Metadata(), "gone", "")


async def read_to_end(drive: Drive) -> list[int]:
    async with asyncio.timeout(PATIENCE_SEC):
        return [update.update_index async for update in drive]


async def test_updates_are_applied_and_acknowledged_before_the_window_is_full() -> None:
    call = PlayedCall()
    call.send(SNAPSHOT, later(2), later(3), later(4))
    call.reads.put_nowait(EOF)
    async with drive_of(call) as drive:
        assert await read_to_end(drive) == [1, 2, 3, 4]
        assert isinstance(call.written[0], Open)
        assert call.written[1:] == [AcknowledgementEvent(2), AcknowledgementEvent(4)]
        assert drive.has_ended


async def test_a_pose_carries_the_acknowledgement() -> None:
    call = PlayedCall()
    call.send(SNAPSHOT)
    async with drive_of(call) as drive:
        await asyncio.wait_for(anext(aiter(drive)), PATIENCE_SEC)
        await drive.send_pose(Pose(9))
        assert call.written[-1] == PoseEvent(Pose(9, acknowledged_update_index=1))


async def test_a_gap_asks_once_and_the_snapshot_heals() -> None:
    call = PlayedCall()
    call.send(SNAPSHOT, later(3), later(4), replace(SNAPSHOT, update_index=5), later(6))
    call.reads.put_nowait(EOF)
    async with drive_of(call) as drive:
        assert await read_to_end(drive) == [1, 5, 6]
        assert [type(event) for event in call.written[1:]].count(ResyncEvent) == 1
        assert drive.traffic.resyncs_count == 1


async def test_snapshots_that_never_fit_end_the_drive_with_an_error() -> None:
    """Neither silence for ever nor a flood of resyncs."""
    call = PlayedCall()
    wrong = replace(SNAPSHOT, state_hash=SNAPSHOT.state_hash ^ 1)
    call.send(*(replace(wrong, update_index=i) for i in range(1, 10)))
    async with drive_of(call) as drive:
        with pytest.raises(RemoteError, match="hash"):
            await read_to_end(drive)
        assert [type(event) for event in call.written].count(ResyncEvent) == RESYNCS_IN_A_ROW_COUNT_MAX
        assert drive.horizon.limit_now() is None


@pytest.mark.parametrize("rubbish", [b"", b"\xff\xff", b"\x0a\x02\x18\x01"])
async def test_bytes_that_are_no_update_are_a_remote_error(rubbish: bytes) -> None:
    call = PlayedCall()
    call.reads.put_nowait(rubbish)
    async with drive_of(call) as drive:
        with pytest.raises(RemoteError, match="no update"):
            await read_to_end(drive)


async def test_what_the_callback_raises_reaches_the_reader_and_the_sender() -> None:
    def full(_: Update) -> None:
        raise OSError("no space left on device")

    call = PlayedCall()
    call.send(SNAPSHOT)
    async with drive_of(call, on_update=full) as drive:
        with pytest.raises(OSError, match="no space"):
            await read_to_end(drive)
        with pytest.raises(OSError, match="no space"):
            await drive.send_pose(Pose(9))


async def test_a_pose_that_waits_while_the_call_breaks_comes_after_the_new_open() -> None:
    first, second = PlayedCall(), PlayedCall()
    first.send(SNAPSHOT)
    async with drive_of(first, second) as drive:
        await asyncio.wait_for(anext(aiter(drive)), PATIENCE_SEC)
        first.open_gate.clear()
        waiting = [asyncio.create_task(drive.send_pose(Pose(9 + i))) for i in range(3)]
        await asyncio.sleep(0)
        second.open_gate.clear()
        first.reads.put_nowait(broken())
        async with asyncio.timeout(PATIENCE_SEC):
            await second.begun.wait()
            waiting.append(asyncio.create_task(drive.send_pose(Pose(20))))
            await asyncio.sleep(0)
            second.open_gate.set()
            await asyncio.gather(*waiting)
        assert isinstance(second.written[0], Open)
        assert second.written[0].held is not None
        assert all(isinstance(event, PoseEvent) for event in second.written[1:])


async def test_a_sender_that_was_held_up_acknowledges_nothing_of_the_call_that_broke() -> None:
    """It goes on at once, to catch up: while the new call is opened, and what the old one got is held no more."""
    first, second = PlayedCall(), PlayedCall()
    async with drive_of(first, second) as drive, asyncio.timeout(PATIENCE_SEC):
        first.send(SNAPSHOT, later(2), later(3))
        while drive.horizon.update_index < 3:
            await drive.changed()
        first.open_gate.clear()  # the line is dead, and what is under way fills up
        first.begun.clear()

        async def send() -> None:
            for k in itertools.count():
                await drive.send_pose(Pose(10 + k))
                if len(second.written) > 3:
                    return
                await asyncio.sleep(0)

        sender = asyncio.create_task(send())
        await first.begun.wait()
        first.reads.put_nowait(broken())
        await sender
        opened, *poses = second.written
        assert isinstance(opened, Open) and poses
        for x in poses:
            assert isinstance(x, PoseEvent)
            assert x.pose.acknowledged_update_index == 0


PLACES = (Waypoint(1, 2), Waypoint(3, 4))


@pytest.mark.parametrize("route", [(1, 2, 3), PLACES])
@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("served_then", ["same", "other"])
async def test_the_route_is_said_again_as_long_as_its_links_mean_the_same_roads(
    served_then: str, early: bool, route: tuple[Any, ...]
) -> None:
    first, second = PlayedCall(), PlayedCall()
    second.send(of_release(served_then))
    second.reads.put_nowait(EOF)
    async with drive_of(first, second) as drive, asyncio.timeout(PATIENCE_SEC):
        if early:  # before it is known what is served
            await drive.send_route(route)
        first.send(of_release("same"))
        await drive.changed()
        if not early:
            await drive.send_route(route)
        first.reads.put_nowait(broken())
        assert await read_to_end(drive) == [1, 1]
        (told,) = [x for x in first.written if isinstance(x, RouteEvent | RouteWaypoints)]
        again = [x for x in second.written if isinstance(x, RouteEvent | RouteWaypoints)]
        kept = served_then == "same" or route is PLACES
        assert again == ([told] if kept else [])
        assert drive.route_dropped is not kept
        await drive.send_route(())
        assert not drive.route_dropped


async def test_where_no_update_has_come_yet_a_drive_gives_up_soon() -> None:
    dead = [PlayedCall() for _ in range(3)]
    for call in dead:
        call.reads.put_nowait(broken())
    async with drive_of(*dead, resumes_max=1, resume_sec=3600.0) as drive:
        with pytest.raises(RemoteError, match="gone"):
            await read_to_end(drive)
        assert drive.traffic.resumes_count == 1


async def test_too_many_breaks_in_a_row_are_a_remote_error() -> None:
    calls = [PlayedCall() for _ in range(3)]
    for call in calls:
        call.reads.put_nowait(broken())
    async with drive_of(*calls) as drive:
        with pytest.raises(RemoteError, match="UNAVAILABLE: gone"):
            await read_to_end(drive)


@given(st.integers(1, 1_000_000))
def test_pauses_before_calls_grow_to_a_bound_however_long_the_server_is_away(count: int) -> None:
    """After 1,023 calls, an hour and more, a drive ended with an OverflowError."""
    assert 0.0 < resume_pause_sec(count) <= resume_pause_sec(count + 1) <= RESUME_PAUSE_SEC_MAX
    assert count < 6 or resume_pause_sec(count) == RESUME_PAUSE_SEC_MAX


@pytest.mark.parametrize("resume_sec", [0.0, 3600.0])
async def test_how_long_a_drive_is_resumed_counts_beside_how_often(resume_sec: float) -> None:
    """A tunnel without a network takes more calls than are opened in some seconds."""
    dead = [PlayedCall() for _ in range(3)]
    for call in dead:
        call.reads.put_nowait(broken())
    dead[0].reads = asyncio.Queue()
    dead[0].send(SNAPSHOT)
    dead[0].reads.put_nowait(broken())
    back = PlayedCall()
    back.send(SNAPSHOT)
    back.reads.put_nowait(EOF)
    async with drive_of(*dead, back, resumes_max=1, resume_sec=resume_sec) as drive:
        if resume_sec:
            assert await read_to_end(drive) == [1, 1]
            assert (drive.broken, drive.traffic.resumes_count) == (None, 3)
            assert drive.traffic.broken_by == {"UNAVAILABLE": 3}
            assert "3 resumes (3 x UNAVAILABLE)" in stream_text(drive.traffic).plain
        else:
            with pytest.raises(RemoteError, match="gone"):
                await read_to_end(drive)
            assert str(drive.broken) == "UNAVAILABLE: gone"
            assert drive.traffic.resumes_count == 1
