"""A side path that nothing was laid on anew still hears of weather, tiles and zones."""

from dataclasses import replace

import pytest

from mapprior.horizon.events import ConditionsEvent, Open, OverlayChanged
from mapprior.horizon.items import BorderState
from mapprior.model.ids import tile_of
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.pose import Condition, DrivingConditions
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import WorkZone, WorkZoneState
from tests.asciimap import START_TIME_US, Beyond, Drawn, draw
from tests.horizon.pair import Pair, overlay, placed, whole
from tests.horizon.timed import LAWS, kmh

SEC = 1_000_000
OPENED = Open(horizon_length_m=1000, trailing_length_m=50, stub_length_m=300, silence_ms_max=60_000)


@pytest.fixture(scope="module")
def street() -> Drawn:
    picture = """
        A----B----C----D
             |
             U
    """
    ways = {"ABCD": {"maxspeed_kmh": 50, "name": "High Street"}, "BU": {"limits": (kmh(50), kmh(30, "wet"))}}
    return draw(picture, ways=ways, grid_m=40.0)


def test_the_weather_changes_on_a_side_path(street: Drawn) -> None:
    pair = Pair(street, OPENED, laws=LAWS)
    pair.send(ConditionsEvent(DrivingConditions(wet=Condition.NO)))
    pair.drive(street.poses("AB")[:20])
    for wet, value in ((Condition.YES, 30), (Condition.NO, 50)):
        pair.send(ConditionsEvent(DrivingConditions(wet=wet)))
        pair.pump()
        (limit,) = pair.sides()["BU"].limits
        assert (limit.limit.posted_value_milli, limit.limit.certain) == (value * 1000, True)


def test_a_zone_on_a_side_path_begins_by_the_clock(street: Drawn) -> None:
    pair = Pair(street, OPENED, laws=LAWS)
    poses = street.poses("AB", speed_mps=1.0)
    zone = WorkZone(
        id="works",
        source="feed",
        start_time_us=START_TIME_US + 3 * SEC,
        end_time_us=START_TIME_US + 3600 * SEC,
        lat_e7=(),
        lon_e7=(),
        confidence_permille=900,
        place_sigma_cm=500,
        limit=LimitAlternative(LimitKind.LIMITED, 20_000, SpeedUnit.KMH, "", "20"),
    )
    pair.send(OverlayChanged(overlay(1, placed(zone, *whole(street, "works", "BU")))))
    states = []
    for pose in poses[:60]:
        pair.drive([pose])
        (placement,) = pair.sides()["BU"].zones
        states.append(placement.state)
    assert states[0] is WorkZoneState.PLANNED
    assert states[-1] is WorkZoneState.ACTIVE
    assert pair.sides()["BU"].limits[0].limit.posted_value_milli == 20_000


def test_what_is_known_beyond_a_border_at_the_end_of_a_side_path() -> None:
    drawn = draw(
        """
        A----B----C
             |
             D----G----H----E----F
        """,
        ways={"ABC": {"name": "High Street"}},
        border="E",
        beyond=Beyond("FR"),
        grid_m=150.0,
    )
    beyond = (Layer.L0, tile_of(drawn.link("EF").link_id))
    pair = Pair(drawn, replace(OPENED, stub_length_m=5000), tiles=False)  # beyond is far from where it is matched
    pair.pose(drawn.poses("AB")[0])
    while wanted := [x for x in pair.session.wanted_tiles() if x != beyond]:
        pair.answer(wanted[0])
    pair.pump()
    on_path = pair.sides()["BDGHE"]
    assert on_path.borders[0].state is BorderState.NOT_LOADED
    pair.failing[beyond] = "damaged"
    pair.answer(beyond)
    pair.pump()
    assert pair.sides()["BDGHE"].borders[0].state is BorderState.FAILED
