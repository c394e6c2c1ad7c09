"""What a request for a route costs before anything is searched: tiles that cannot lead there are not asked for."""

import pytest

from mapprior.errors import NoRouteError
from mapprior.match.route import Waypoint
from mapprior.model.ids import tile_parts
from mapprior.runtime.routes import corridors
from tests.asciimap import Drawn, draw


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
