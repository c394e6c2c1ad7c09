"""What a request for a route, or with a trace, costs, and whom."""

import threading
from pathlib import Path

import pytest

from mapprior.errors import NoRouteError
from mapprior.match.route import Waypoint
from mapprior.match.trace import TraceMatch
from mapprior.model.ids import tile_parts
from mapprior.model.pose import Pose
from mapprior.runtime.routes import RouteFinder, corridors
from mapprior.tile.loader import TileLoader
from mapprior.tile.store import open_markets
from tests.asciimap import Drawn, draw
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

    with open_markets([write_market(tmp_path / "ZZ", drawn)]) as store:
        loader = TileLoader(store, cached_bytes_max=1 << 20)
        finder = RouteFinder(store.datasets, loader)
        assert await finder.match(read_poses, answer) == len(poses)
        finder.close()
        await loader.close()
    assert len(threads) == 2
    assert threading.get_ident() not in threads
