"""The loop around one session: one sender at a time, the newest state when it is its turn, nothing left at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mapprior.errors import OrderError
from mapprior.horizon.drive_limits import DriveLaw
from mapprior.horizon.events import AcknowledgementEvent, Open, PoseEvent, RouteEvent
from mapprior.horizon.items import LinkPlacement, Update
from mapprior.horizon.session import NO_LAWS
from mapprior.match.route import Waypoint
from mapprior.model.pose import Pose
from mapprior.model.work_zone import Overlay
from mapprior.runtime.drive import Drive
from mapprior.runtime.pace import Pace
from mapprior.runtime.routes import RouteFinder
from mapprior.runtime.sessions import new_session
from mapprior.tile.loader import TileLoader
from mapprior.tile.store import open_markets
from mapprior.wire.requests import RouteWaypoints
from tests.asciimap import Drawn, draw
from tests.horizon.timed import LAWS, utc_us
from tests.runtime.receiving import receive
from tests.service.serving import straight_road, write_market


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return straight_road()


@pytest.fixture(scope="module")
def tiles(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("tiles") / "ZZ", drawn)


class Wire:
    """A transport that takes an update only while it is open, and notes whether two senders met."""

    def __init__(self) -> None:
        self.sent: list[Update] = []
        self.failed: list[BaseException] = []
        self.open = asyncio.Event()
        self.open.set()
        self.news = asyncio.Event()
        self._busy = False

    async def send(self, update: Update) -> None:
        assert not self._busy, "two tasks send at a time"
        self._busy = True
        await self.open.wait()
        await asyncio.sleep(0)
        self.sent.append(update)
        self.news.set()
        self._busy = False

    async def until(self, fits: Callable[[Update], bool]) -> None:
        """Until an update that fits has been sent."""
        async with asyncio.timeout(10):
            while not any(map(fits, self.sent)):
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def wired_on(
    tiles: Path,
    *,
    poses_per_sec_max: int = 0,
    work_ms_per_sec_max: int = 0,
    laws: Mapping[int, DriveLaw] = NO_LAWS,
) -> AsyncIterator[tuple[Wire, Drive]]:
    wire = Wire()
    with open_markets([tiles]) as store:
        loader = TileLoader(store, cached_bytes_max=1 << 20)
        drive = Drive(
            new_session(store),
            loader=loader,
            routes=RouteFinder(store.datasets, loader, laws=laws),
            send=wire.send,
            fail=wire.failed.append,
            pace=Pace(),
            poses_per_sec_max=poses_per_sec_max,
            work_ms_per_sec_max=work_ms_per_sec_max,
        )
        yield wire, drive
        drive.close()
        await loader.close()
    assert not wire.failed


@pytest.fixture
async def wired(tiles: Path) -> AsyncIterator[tuple[Wire, Drive]]:
    async with wired_on(tiles) as made:
        yield made


def overlay_number(update: Update) -> int | None:
    return next((x.overlay_number for x in update.items if hasattr(x, "overlay_number")), None)


async def test_what_happens_while_an_update_is_stuck_is_sent_as_one_newest_state_after_it(
    drawn: Drawn, wired: tuple[Wire, Drive]
) -> None:
    wire, drive = wired
    await receive(drive, Open(unacknowledged_updates_max=64, silence_ms_max=60_000))
    await wire.until(lambda u: u.snapshot)
    wire.open.clear()
    stuck = asyncio.create_task(receive(drive, PoseEvent(drawn.poses("AB")[20])))
    await asyncio.sleep(0.05)
    before = len(wire.sent)
    for number in (1, 2, 3):
        drive.overlay_changed(Overlay(number, {}, {}))
    await asyncio.sleep(0)
    assert len(wire.sent) == before
    wire.open.set()
    await stuck
    await wire.until(lambda u: overlay_number(u) == 3)
    numbers = [n for u in wire.sent[1:] if (n := overlay_number(u)) is not None]
    assert numbers == [3], "superseded states are never sent"
    assert [u.update_index for u in wire.sent] == list(range(1, len(wire.sent) + 1))


async def test_tiles_that_arrive_later_are_sent_without_another_pose(drawn: Drawn, wired: tuple[Wire, Drive]) -> None:
    wire, drive = wired
    await receive(drive, Open(unacknowledged_updates_max=64, silence_ms_max=60_000))
    await receive(drive, PoseEvent(drawn.poses("AB")[20]))
    await wire.until(lambda u: any(type(x) is LinkPlacement for x in u.items))


async def test_room_in_the_window_of_a_thinned_drive_is_told_in_by_time_without_another_pose(
    drawn: Drawn, tiles: Path
) -> None:
    async with wired_on(tiles) as (wire, drive):
        await receive(drive, Open(unacknowledged_updates_max=1, silence_ms_max=100))
        await wire.until(lambda u: u.snapshot)
        drive._pace.answer_every = 8
        await receive(drive, PoseEvent(drawn.poses("AB")[20]))
        await asyncio.sleep(0.25)
        assert len(wire.sent) == 1, "the window is full"
        await receive(drive, AcknowledgementEvent(1))
        await wire.until(lambda u: u.update_index == 2)


async def test_the_window_bounds_what_is_in_flight_whoever_wants_to_send(
    drawn: Drawn, wired: tuple[Wire, Drive]
) -> None:
    wire, drive = wired
    await receive(drive, Open(unacknowledged_updates_max=2, silence_ms_max=100))
    for number, pose in enumerate(drawn.poses("AB")[:40], start=1):
        await receive(drive, PoseEvent(pose))
        drive.overlay_changed(Overlay(number, {}, {}))
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.25)
    assert len(wire.sent) == 2


async def test_a_route_before_open_is_out_of_order(drawn: Drawn, wired: tuple[Wire, Drive]) -> None:
    _, drive = wired
    place = Waypoint(lat_e7=0, lon_e7=0)
    with pytest.raises(OrderError):
        await receive(drive, RouteWaypoints((place, place)))


async def test_nothing_runs_on_after_the_end(drawn: Drawn, wired: tuple[Wire, Drive]) -> None:
    wire, drive = wired
    await receive(drive, Open(unacknowledged_updates_max=64, silence_ms_max=100))
    await receive(drive, PoseEvent(drawn.poses("AB")[20]))
    drive.close()
    await asyncio.sleep(0)
    sent = len(wire.sent)
    await asyncio.sleep(0.3)
    assert len(wire.sent) == sent


async def test_a_pose_does_not_send_beside_a_task_that_is_sending(drawn: Drawn, wired: tuple[Wire, Drive]) -> None:
    wire, drive = wired
    await receive(drive, Open(unacknowledged_updates_max=64, silence_ms_max=60_000))
    poses = drawn.poses("AB")[20:24]
    await receive(drive, PoseEvent(poses[0]))
    await wire.until(lambda u: any(type(x) is LinkPlacement for x in u.items))
    wire.open.clear()
    drive.overlay_changed(Overlay(1, {}, {}))
    await asyncio.sleep(0)
    for pose in poses[1:]:
        await asyncio.wait_for(receive(drive, PoseEvent(pose)), 10)
    wire.open.set()
    await wire.until(lambda u: u.pose_time_us == poses[-1].pose_time_us)


async def test_a_replay_takes_the_poses_that_it_is_allowed_and_no_more(drawn: Drawn, tiles: Path) -> None:
    """Whatever its client sends: what is not filled up is waited for."""
    poses = drawn.poses("ABCDE", rate_hz=100.0)
    taken: list[int] = []
    async with wired_on(tiles, poses_per_sec_max=100) as (_, drive):

        async def replay() -> None:
            for i, pose in enumerate(poses):
                await receive(drive, PoseEvent(pose))
                taken.append(i)

        async def has_taken(count: int) -> None:
            for _ in range(2000):
                if len(taken) == count:
                    break
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # for one too many
            assert len(taken) == count

        await receive(drive, Open(replay=True, unacknowledged_updates_max=64, silence_ms_max=60_000))
        replaying = asyncio.create_task(replay())
        await has_taken(200)  # two seconds' worth
        drive.refill(500_000)
        await has_taken(250)
        replaying.cancel()


def jumps(drawn: Drawn) -> list[Pose]:
    """A vehicle that is somewhere else with each pose."""
    ends = drawn.poses("AB")[20], drawn.poses("DE")[20]
    return [replace(ends[i % 2], pose_time_us=ends[1].pose_time_us + 5000 * i, travelled_m=None) for i in range(2000)]


def passed_over(update: Update) -> bool:
    return update.health is not None and "stream_work_ms_per_sec_max" in update.health.reason


async def test_of_poses_for_which_no_work_is_left_the_newest_is_answered(drawn: Drawn, tiles: Path) -> None:
    poses = jumps(drawn)
    async with wired_on(tiles, work_ms_per_sec_max=1) as (wire, drive):
        await receive(drive, Open(unacknowledged_updates_max=64, silence_ms_max=60_000))
        for pose in poses:
            newest = wire.sent[-1].update_index if wire.sent else 0
            await receive(drive, PoseEvent(replace(pose, acknowledged_update_index=newest)))
        answered = {x.pose_time_us for x in wire.sent}
        assert len(answered) < len(poses) / 4 and poses[-1].pose_time_us not in answered
        assert drive.acked_update_index == wire.sent[-1].update_index  # the poses that wait were heard
        before = len(wire.sent)
        drive.refill(2_000_000)
        await wire.until(lambda u: u.pose_time_us == poses[-1].pose_time_us)
        assert any(map(passed_over, wire.sent[before:]))
        assert {x.pose_time_us for x in wire.sent[before:]} <= answered | {poses[-1].pose_time_us}
        drive.refill(60_000_000)
        drive.refill(250_000)
        await receive(drive, PoseEvent(replace(poses[-1], pose_time_us=poses[-1].pose_time_us + 100_000)))
        await wire.until(lambda u: u.health is not None and not u.health.reason)


async def test_a_replay_and_a_route_wait_where_no_work_is_left(drawn: Drawn, tiles: Path) -> None:
    poses = jumps(drawn)
    async with wired_on(tiles, work_ms_per_sec_max=1) as (wire, drive):
        await receive(drive, Open(replay=True, unacknowledged_updates_max=64, silence_ms_max=60_000))

        async def replay() -> None:
            for pose in poses[:40]:
                newest = wire.sent[-1].update_index if wire.sent else 0
                await receive(drive, PoseEvent(replace(pose, acknowledged_update_index=newest)))
            await receive(drive, RouteEvent((drawn.link("AB").link_id,)))

        replaying = asyncio.create_task(replay())
        async with asyncio.timeout(20):
            while not replaying.done():
                await asyncio.sleep(0.001)
                drive.refill(250_000)
        await replaying
        await wire.until(lambda u: u.pose_time_us == poses[39].pose_time_us)
        assert {x.pose_time_us for x in poses[:40]} <= {x.pose_time_us for x in wire.sent}
        assert not any(map(passed_over, wire.sent))


async def test_acknowledgements_without_end_are_read_no_faster_than_poses(drawn: Drawn, tiles: Path) -> None:
    async with wired_on(tiles, poses_per_sec_max=100) as (wire, drive):
        await receive(drive, Open(unacknowledged_updates_max=64, silence_ms_max=60_000))
        await wire.until(lambda u: u.snapshot)
        for _ in range(200):
            await receive(drive, AcknowledgementEvent(1))
        further = asyncio.create_task(receive(drive, AcknowledgementEvent(1)))
        await asyncio.sleep(0.05)
        assert not further.done()
        drive.refill(10_000)
        await further


async def test_a_route_over_a_turn_that_may_be_banned_then_says_so(tmp_path: Path) -> None:
    """A replay has no time before its first pose; at noon the turn is free."""
    drawn = draw(
        "A----B----C\n     |    |\n     E----F", restrictions=[["AB", "BE", "@Mo-Fr 07:00-09:00"]], grid_m=190.0
    )
    route = RouteWaypoints(tuple(Waypoint(*map(round, drawn.position(x))) for x in "AE"))
    noon = drawn.poses("AB", start_time_us=utc_us("2026-06-10T10:00:00"))[20]
    async with wired_on(write_market(tmp_path / "ZZ", drawn), laws=LAWS) as (wire, drive):
        await receive(drive, Open(replay=True, unacknowledged_updates_max=64, silence_ms_max=100))
        await receive(drive, route)
        await wire.until(lambda u: u.health is not None and u.health.reason.endswith("there: Mo-Fr 07:00-09:00"))
        await receive(drive, PoseEvent(noon))
        await wire.until(lambda u: u.pose_time_us == noon.pose_time_us)
        before = len(wire.sent)
        await receive(drive, route)
        await asyncio.sleep(0.5)
        said = [u.health.reason for u in wire.sent[before:] if u.health is not None]
        assert said and not any("banned" in x for x in said)
