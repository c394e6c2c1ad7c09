"""What a request for a route, or with a trace, costs, and whom."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mapprior.errors import NoRouteError, OverloadError, RequestError
from mapprior.match.route import Waypoint
from mapprior.match.trace import TraceMatch
from mapprior.model.ids import tile_parts
from mapprior.model.pose import CAR, Pose, VehicleClass, VehicleProfile
from mapprior.runtime.routes import RouteFinder, corridors
from mapprior.tile.loader import TileLoader
from mapprior.tile.store import open_markets
from tests.asciimap import Drawn, draw
from tests.horizon.timed import LAWS, utc_us
from tests.service.serving import write_market


def waypoint(drawn: Drawn, letter: str) -> Waypoint:
    lat, lon = drawn.position(letter)
    return Waypoint(lat_e7=round(lat), lon_e7=round(lon))


@pytest.mark.parametrize("lat_deg", [50.0, 50.4, 60.0])
def test_maps_that_do_not_touch_are_refused_without_a_tile(lat_deg: float) -> None:
    one, two = draw("A----B", market="CH"), draw("A----B", market="DE", dataset_id=2, lat_deg=lat_deg, lon_deg=24.9)
    with pytest.raises(NoRouteError, match="waypoint 2 of 2: the maps served do not touch") as caught:
        list(corridors((*one.datasets, *two.datasets), [waypoint(one, "A"), waypoint(two, "A")]))
    assert "24.9" not in str(caught.value)


def test_only_tiles_that_hold_together_with_the_first_waypoint_are_asked_for() -> None:
    one, beside = draw("A----B"), draw("A----B", market="DE", dataset_id=2, lon_deg=8.08)
    sets = list(corridors((*one.datasets, *beside.datasets), [waypoint(one, "A"), waypoint(one, "B")]))
    assert sets
    assert {tile_parts(x)[0] for tiles in sets for x in tiles} == {one.datasets[0].dataset_id}


@asynccontextmanager
async def finding(drawn: Drawn, tmp_path: Path, **more: Any) -> AsyncIterator[RouteFinder]:
    with open_markets([write_market(tmp_path / "ZZ", drawn)]) as store:
        loader = TileLoader(store, cached_bytes_max=1 << 20)
        finder = RouteFinder(store.datasets, loader, **more)
        yield finder
        finder.close()
        await loader.close()


async def test_a_trace_that_nobody_waits_for_any_more_leaves_its_thread_to_others(tmp_path: Path) -> None:
    drawn = draw("A----B----C\n|    |    |\nD----E----F")
    places = [*drawn.poses("ABC", rate_hz=1.0), *drawn.poses("DEF", rate_hz=1.0)[::-1]]
    # to and fro without end: minutes of work
    hard = [
        replace(places[i * 7 % len(places)], pose_time_us=1 + i * 1_000_000, speed_mps=None) for i in range(100_000)
    ]
    async with finding(drawn, tmp_path, at_once_max=1, wait_ms_max=2_000) as finder:
        with pytest.raises(OverloadError, match="no answer within"):
            await finder.match(lambda: hard, lambda found: found)
        assert await finder.match(lambda: places[:5], lambda found: len(found.results)) == 5


async def test_nothing_that_grows_with_a_trace_is_done_on_the_event_loop(tmp_path: Path) -> None:
    drawn = draw("A----B")
    poses = drawn.poses("AB", rate_hz=1.0)
    threads = []

    def read_poses() -> list[Pose]:
        threads.append(threading.get_ident())
        return poses

    def answer(matched: TraceMatch) -> int:
        threads.append(threading.get_ident())
        return len(matched.results)

    async with finding(drawn, tmp_path) as finder:
        assert await finder.match(read_poses, answer) == len(poses)
    assert len(threads) == 2
    assert threading.get_ident() not in threads


async def test_a_route_knows_when_it_is_driven_and_a_drive_is_told_what_is_not_known(tmp_path: Path) -> None:
    """8 in the morning by the clock of Berlin, and noon; the way around is long."""
    drawn = draw(
        "A----B----C\n     |    |\n     E----F", restrictions=[["AB", "BE", "@Mo-Fr 07:00-09:00"]], grid_m=190.0
    )
    places = [waypoint(drawn, x) for x in "AE"]
    async with finding(drawn, tmp_path, laws=LAWS) as finder:
        morning, noon = utc_us("2026-06-10T06:00:00"), utc_us("2026-06-10T10:00:00")
        by_time = {x: await finder.find(places, departure_us=x) for x in (morning, noon, 0)}
        assert {x: len(route.links) for x, route in by_time.items()} == {morning: 4, noon: 2, 0: 2}
        assert {x: len(route.doubtful_turns) for x, route in by_time.items()} == {morning: 0, noon: 0, 0: 1}
        links, reason = await finder.find_for_drive(places, vehicle=CAR, departure_us=0)
        assert links == by_time[0].links
        assert reason.startswith("route: it has turns that are banned at times") and reason.endswith(
            "Mo-Fr 07:00-09:00"
        )
        assert await finder.find_for_drive(places, vehicle=CAR, departure_us=morning) == (by_time[morning].links, "")


@pytest.mark.parametrize("kind", VehicleClass)
async def test_no_vehicle_is_led_where_cars_alone_may_drive(tmp_path: Path, kind: VehicleClass) -> None:
    """Neither by an answer of its own nor in its drive."""
    drawn = draw("A----B----C")
    places, vehicle = [waypoint(drawn, x) for x in "AC"], VehicleProfile(kind)
    async with finding(drawn, tmp_path) as finder:
        links, reason = await finder.find_for_drive(places, vehicle=vehicle, departure_us=0)
        if kind in (VehicleClass.CAR, VehicleClass.VAN, VehicleClass.MOTORCYCLE):
            assert (links, reason) == ((await finder.find(places, vehicle=vehicle)).links, "")
        else:
            assert (links, reason) == ((), f"route: vehicle.vehicle_class: routes are for cars, not for a {kind.name}")
            with pytest.raises(RequestError, match="routes are for cars"):
                await finder.find(places, vehicle=vehicle)
