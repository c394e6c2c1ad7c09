"""Offline drives: the same log and tiles give the same updates, and the same horizon as a server would."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mapprior.cli.main import app
from mapprior.errors import NoRouteError
from mapprior.horizon.events import AcknowledgementEvent, Open, PoseEvent
from mapprior.horizon.items import Update
from mapprior.horizon.vehicle_position import Position
from mapprior.live.overlay import OverlayBook
from mapprior.live.place import placer
from mapprior.match.route import Waypoint
from mapprior.model.pose import MatchState
from mapprior.model.work_zone import Overlay
from mapprior.runtime.replay import horizon_once, new_reconstructor, replay, route_between
from mapprior.service.settings import Settings
from mapprior.tile.store import TileStore, open_markets
from mapprior.wire.updates import encode_update
from mapprior.wire.zones import encode_zone
from tests.asciimap import Drawn, draw
from tests.service.serving import Vehicle, channel, serving, straight_road, unhurried, write_market, zone_on


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return straight_road()


@pytest.fixture(scope="module")
def tiles(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("tiles") / "ZZ", drawn)


@pytest.fixture(scope="module")
def store(tiles: Path) -> TileStore:
    return open_markets([tiles])


def with_zone(drawn: Drawn, store: TileStore, time_us: int) -> Overlay:
    book = OverlayBook(
        place=placer(store.datasets, read_road=store.read_road, read_lanes=store.read_lanes), encode_zone=encode_zone
    )
    zone = replace(
        zone_on(drawn, "CD"), start_time_us=time_us - 1, end_time_us=time_us + 10**9, observed_time_us=time_us
    )
    book.publish([zone], time_us=time_us)
    return book.overlay


def test_same_log_same_tiles_same_bytes(drawn: Drawn, tiles: Path) -> None:
    poses = drawn.poses("ABCDE", sigma_m=1.5)

    def run() -> list[bytes]:
        with open_markets([tiles]) as store:
            overlay = with_zone(drawn, store, poses[0].pose_time_us)
            return [encode_update(u) for u in replay(store, poses, overlay=overlay)]

    first = run()
    assert len(first) == len(poses)
    assert first == run()


def test_every_pose_of_a_replay_is_answered_and_the_end_is_the_whole_state(drawn: Drawn, store: TileStore) -> None:
    poses = drawn.poses("ABCF")
    held = new_reconstructor()
    for pose, update in zip(poses, replay(store, poses), strict=True):
        assert update.pose_time_us == pose.pose_time_us
        assert held.apply(update, pose.pose_time_us)
    assert held.reported.candidates[0].link_id == drawn.link("CF").link_id


async def test_on_board_and_over_the_wire_the_horizon_is_one(drawn: Drawn, tiles: Path, store: TileStore) -> None:
    """A vehicle that takes tiles and sends no position loses nothing."""
    poses = drawn.poses("ABCDE")[20:120]
    overlay = with_zone(drawn, store, poses[0].pose_time_us)
    offline: dict[int, Update] = {u.pose_time_us: u for u in replay(store, poses, overlay=overlay)}
    settings = unhurried(Settings(tiles=(tiles,)))
    async with serving(settings) as server, channel(server.address) as line:
        server.server.feed.put(overlay)
        vehicle = Vehicle(line)
        await vehicle.send(Open(replay=True))
        last = None
        for pose in poses:
            await vehicle.send(PoseEvent(pose))
            last = await vehicle.until(lambda u, t=pose.pose_time_us: u.pose_time_us == t)
        assert last is not None
        for _ in range(50):  # tiles that arrive after the pose they were wanted for
            if last.state_hash == offline[poses[-1].pose_time_us].state_hash:
                break
            await asyncio.sleep(0.01)
            await vehicle.send(AcknowledgementEvent(last.update_index))
    expected = new_reconstructor()
    for update in offline.values():
        expected.apply(update, 0)
    # paths are numbered alike because both began at the same pose
    assert vehicle.held.state == expected.state
    # A tile that comes after the first pose leaves its trace in the sigma, by a centimetre.
    for ours, theirs in zip(vehicle.held.reported.candidates, expected.reported.candidates, strict=True):
        assert ours.offset_sigma_cm == pytest.approx(theirs.offset_sigma_cm, abs=3)
    assert without_sigma(vehicle.held.reported) == without_sigma(expected.reported)


def without_sigma(position: Position) -> Position:
    return replace(position, candidates=tuple(replace(x, offset_sigma_cm=0) for x in position.candidates))


def test_a_route_is_followed(drawn: Drawn, store: TileStore) -> None:
    a, f = (Waypoint(lat_e7=round(p[0]), lon_e7=round(p[1])) for p in (drawn.at("AB", 50.0), drawn.at("CF", 50.0)))
    route = route_between(store, [a, f])
    assert list(route.links) == drawn.links("ABCF")
    held = horizon_once(store, drawn.poses("AB")[20], route=route.links)
    assert held.root is not None and drawn.link("CF").link_id in [x.link_id for x in held.root.links]
    with pytest.raises(NoRouteError):
        route_between(store, [a, Waypoint(lat_e7=0, lon_e7=0)])


def test_a_route_keeps_to_turns_that_are_banned_at_times_offline_too(tmp_path: Path) -> None:
    """Where it is not known what time it is, they are driven around if that is not far, and named if it is."""
    for grid_m, way, doubts_count in ((50.0, "ABCFEB", 0), (190.0, "ABE", 1)):
        block = draw(
            "A----B----C\n     |    |\n     E----F", restrictions=[["AB", "BE", "@Mo-Fr 07:00-09:00"]], grid_m=grid_m
        )
        directory = write_market(tmp_path / str(grid_m) / "ZZ", block)
        with open_markets([directory]) as store:
            a, e = (Waypoint(round(p[0]), round(p[1])) for p in (block.at("AB", 30.0), block.at("BE", 90.0)))
            route = route_between(store, [a, e])
            assert list(route.links) == block.links(way)
            assert len(route.doubtful_turns) == doubts_count
        places = ";".join(f"{x.lat_e7 / 1e7:.7f},{x.lon_e7 / 1e7:.7f}" for x in (a, e))
        asked = ["horizon", "--tiles", str(directory), "--at", places.split(";")[0], "--route", places]
        told = CliRunner().invoke(app, [*asked, "--vehicle", "truck"])
        assert told.exit_code == 0
        assert "the route is one for cars" in told.stderr
        assert ("that may be banned then: Mo-Fr 07:00-09:00" in told.stderr) is bool(doubts_count)


def test_outside_the_map_is_an_answer(drawn: Drawn, store: TileStore) -> None:
    held = horizon_once(store, replace(drawn.poses("AB")[0], lat_e7=-300_000_000.0))
    assert held.reported.state is MatchState.NO_COVERAGE and not held.state.paths


# ---- mapprior horizon


def command(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["horizon", *arguments])


def test_the_command_answers_once_in_the_agreed_shape(drawn: Drawn, tiles: Path) -> None:
    lat, lon = (c / 1e7 for c in drawn.at("AB", 100.0))
    done = command("--tiles", str(tiles), "--at", f"{lat},{lon}", "--bearing-deg", "90", "--json", "--length-m", "1000")
    assert done.exit_code == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["state"] == "TRACKING" and answer["market"] == "ZZ"
    assert answer["position"]["link_id"] == str(drawn.link("AB").link_id)
    limit = answer["paths"][0]["limits"][0]
    assert (limit["kind"], limit["value"], limit["unit"], limit["certain"]) == ("LIMITED", 50, "km/h", True)
    assert answer["paths"][0]["lanes"] and answer["paths"][0]["links"][0]["names"] == ["Long Road"]
    table = command("--tiles", str(tiles), "--at", f"{lat},{lon}", "--bearing-deg", "90")
    assert table.exit_code == 0 and "50 km/h" in table.stdout and "Long Road" in table.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--at", "91.98765,8"], "--at: latitude must be a number from -90 to 90"),
        (["--at", "50.98765"], "--at takes LAT,LON"),
        (["--at", "50,8", "--route", "50.98765,8"], "--route takes 2 to 100 places"),
        (["--at", "50,8", "--time", "noon"], "no ISO 8601 time"),
        (["--at", "50,8", "--length-m", "5"], "outside 100 to 20000"),
        (["--at", "50,8", "--bearing-deg", "nan"], "--bearing-deg is outside"),
    ],
)
def test_the_command_says_what_is_wrong(tiles: Path, arguments: list[str], says: str) -> None:
    done = command("--tiles", str(tiles), *arguments)
    assert done.exit_code == 2
    assert says in done.stderr and "98765" not in done.stderr and "Traceback" not in done.stderr
