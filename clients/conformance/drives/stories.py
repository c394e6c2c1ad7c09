"""The drives of the vectors: a drawn network each, and what happens on it.

Small on purpose: a kilometre of road, a pose every second or two. Link ids of the first story lie above 2^63.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from clients.conformance.drives.recorder import SEC, Recorder
from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.events import ConditionsEvent, Open, OverlayChanged
from mapprior.market.law import MarketLaw
from mapprior.model.ids import LinkId
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import Condition, DrivingConditions, Pose
from mapprior.model.provenance import Basis, Layer
from mapprior.model.work_zone import (
    LaneStatus,
    Overlay,
    PlacedZone,
    VehicleImpact,
    WorkZone,
    WorkZoneLane,
    WorkZoneLaneType,
    ZoneOnLink,
)
from mapprior.wire.zones import encode_zone
from tests.asciimap import START_TIME_US, Drawn, draw

BUDGET_BYTES: Final = 900  # three links' content fits, four do not
NIGHT: Final = "23:14-06:00"  # drives begin at 23:13:20 by the clock of Berlin
OPENED: Final = Open(horizon_length_m=400, trailing_length_m=50, stub_length_m=100, replay=True)
ZONE: Final = WorkZone(
    id="zone-ä1",
    source="synthetic",
    start_time_us=START_TIME_US + 4 * SEC,
    end_time_us=START_TIME_US + 3600 * SEC,
    lat_e7=(500_000_000, 500_000_000),
    lon_e7=(80_035_000, 80_070_000),
    confidence_permille=800,
    place_sigma_cm=1000,
    vehicle_impact=VehicleImpact.SOME_LANES_CLOSED,
    lanes=(
        WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.CLOSED),
        WorkZoneLane(1, WorkZoneLaneType.GENERAL, LaneStatus.OPEN, 300),
    ),
    limit=LimitAlternative(LimitKind.LIMITED, 60_000, SpeedUnit.KMH, "", "60 km/h"),
    description="Made up. No such works exist.",
    synthetic=True,
)


def poses(drawn: Drawn, letters: str, *, speed_mps: float = 37.3) -> list[Pose]:
    """One a second, without noise. No speed lets a pose fall on a node or half a centimetre: no knife's edge."""
    start, *way = drawn.poses(letters, speed_mps=speed_mps, rate_hz=1.0)
    lat_e7, lon_e7 = drawn.at(letters[:2], 7.13)
    return [replace(start, lat_e7=lat_e7, lon_e7=lon_e7, travelled_m=7.13), *way]


def town() -> Drawn:
    """A main road with a condition on its limit, side streets, a dead end."""
    night = TaggedLimit(
        LimitKind.LIMITED, 30_000, SpeedUnit.KMH, Basis.TAGGED, "maxspeed:conditional=30 @ (22:00-06:00)",
        condition="22:00-06:00",
    )  # fmt: skip
    day = TaggedLimit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, Basis.TAGGED, "maxspeed=50")
    return draw(
        """
        A---B---C---D
            |   |
            E---F---G
        """,
        ways={
            "ABCD": {"limits": (day, night), "lanes": 1, "name": "Königstraße 東"},
            "BE": {"maxspeed_mph": 20},
            "EFG": {"maxspeed_kmh": 30, "ref": "K 7"},
        },
        dataset_id=65_535,
    )


def motorway(*, maxspeed_kmh: int = 120) -> Drawn:
    return draw(
        "A---B---C---D---E---F",
        ways={"ABCDEF": {"maxspeed_kmh": maxspeed_kmh, "oneway": True, "lanes": 2}},
    )


def evening() -> Drawn:
    """A road with another limit at night and in the wet, and one whose right lane has a limit of its own."""

    def stated(kmh: int, condition: str = "", lane_index: int = -1) -> TaggedLimit:
        raw = f"maxspeed={kmh}"
        return TaggedLimit(
            LimitKind.LIMITED, kmh * 1000, SpeedUnit.KMH, Basis.TAGGED, raw, condition=condition, lane_index=lane_index
        )

    lanes = (stated(100), stated(100, lane_index=0), stated(80, lane_index=1))
    return draw(
        "A---B---C---D",
        ways={
            "AB": {"limits": (stated(50), stated(30, NIGHT)), "oneway": True},
            "BC": {"limits": (stated(70), stated(60, "wet")), "oneway": True},
            "CD": {"limits": lanes, "oneway": True, "lanes": 2},
        },
    )


def switch(recorder: Recorder) -> None:
    place = {"code": "ZZ", "time_zones": ["Europe/Berlin"]}
    recorder.laws = {recorder.drawn.datasets[0].dataset_id: MarketLaw.from_pack(place)}
    way = iter(poses(recorder.drawn, "ABCD", speed_mps=3.3))
    recorder.call(OPENED)
    recorder.drive([next(way), next(way)])
    recorder.send(ConditionsEvent(DrivingConditions(wet=Condition.YES)))
    recorder.deliver(recorder.take())
    recorder.wake(40 * SEC)  # night begins
    recorder.deliver(recorder.take())


def turn(recorder: Recorder) -> None:
    start, *way = poses(recorder.drawn, "ABEFCD")[::2]
    recorder.call(OPENED)
    recorder.drive([replace(start, heading_rad=None, heading_sigma_rad=None), *way])


def eviction(recorder: Recorder) -> None:
    recorder.call(replace(OPENED, content_held_bytes_max=BUDGET_BYTES))
    recorder.drive(poses(recorder.drawn, "ABCDEF", speed_mps=40.7)[::2])


def resync(recorder: Recorder) -> None:
    way = iter(poses(recorder.drawn, "ABCDEF", speed_mps=51.3))
    recorder.call(OPENED)
    recorder.drive([next(way), next(way)])
    recorder.pose(next(way))
    recorder.take()  # never arrives
    recorder.drive([next(way)])  # shows the gap
    recorder.drive([next(way)])  # a snapshot is awaited by now
    recorder.resync()
    recorder.drive([next(way)])
    recorder.pose(next(way))
    update = recorder.take()
    recorder.deliver(replace(update, state_hash=update.state_hash ^ 1))
    recorder.resync()
    recorder.drive([next(way)])


def resume(recorder: Recorder) -> None:
    way = iter(poses(recorder.drawn, "ABCDEF", speed_mps=51.3))
    recorder.call(OPENED)
    recorder.drive([next(way), next(way)])
    recorder.call(OPENED, resume=True)
    recorder.drive([next(way), next(way)])
    recorder.drawn = motorway(maxspeed_kmh=100)  # another build of the same roads
    recorder.call(OPENED, resume=True)
    recorder.drive([next(way), next(way)])


def work_zone(recorder: Recorder) -> None:
    way = iter(poses(recorder.drawn, "ABCDEF"))
    recorder.call(OPENED)
    recorder.drive([next(way)])
    recorder.send(OverlayChanged(overlay(1, recorder.drawn, ZONE, "BCD")))
    recorder.deliver(recorder.take())
    recorder.drive([next(way), next(way), next(way)])
    recorder.wake(2 * SEC)  # works begin
    recorder.deliver(recorder.take())
    later = replace(ZONE, description="Made up, and longer.")
    recorder.send(OverlayChanged(overlay(2, recorder.drawn, later, "BCDE")))
    recorder.deliver(recorder.take())
    recorder.send(OverlayChanged(Overlay(3, {}, {})))
    recorder.deliver(recorder.take())


def damaged_tile(recorder: Recorder) -> None:
    recorder.failing = {(Layer.L2, tile): "L2.pmtiles: the checksum does not fit" for tile in recorder.drawn.lane_tiles}
    recorder.call(replace(OPENED, layers=frozenset((Layer.L0, Layer.L1, Layer.L2))))
    recorder.drive(poses(recorder.drawn, "AB")[:2])


def overlay(number: int, drawn: Drawn, zone: WorkZone, letters: str) -> Overlay:
    """The zone over whole links, but for the first 50 m."""
    spans: list[ZoneOnLink] = []
    for a, b in pairwise(letters):
        link = drawn.link(a + b)
        spans.append(ZoneOnLink(zone.id, link.link_id, 0 if spans else 5_000, link.length_cm, 900, True))
    payload = encode_zone(zone)
    placed = PlacedZone(zone, tuple(spans), payload, bytes_digest(payload))
    return Overlay(number, {zone.id: placed}, by_link(spans))


def by_link(spans: Sequence[ZoneOnLink]) -> dict[LinkId, tuple[ZoneOnLink, ...]]:
    return {span.link_id: (span,) for span in spans}


STORIES: Final[dict[str, tuple[str, Callable[[], Drawn], Callable[[Recorder], None]]]] = {
    "turn": (
        "A drive that turns off the most probable path at three junctions: side paths with probabilities, a path that "
        "becomes the root and keeps its id, limits with an undecided condition, link ids above 2^63. The first pose "
        "has no heading, so that the direction is ambiguous and no limit is certain.",
        town,
        turn,
    ),
    "switch": (
        "Limits by the clock of the road, by the weather and by the lane. The road's night begins while the vehicle is "
        "on it: undecided before, decided at the switch, without a pose. It begins to rain: the limits alone are sent.",
        evening,
        switch,
    ),
    "eviction": (
        "A client that is ready to hold little: content it no longer needs is evicted, content without room is "
        "withheld, and the health says so. The trailing part of the path is erased by offset. The budget is smaller "
        "than DriveOpen allows, to keep the stream small.",
        motorway,
        eviction,
    ),
    "resync": (
        "An update is lost, the next shows the gap and is refused, one more is ignored; a resync names what is held. "
        "Later an update comes with a wrong hash and is refused as a whole.",
        motorway,
        resync,
    ),
    "resume": (
        "The call ends. The next one names what is held and gets a snapshot without it. The third finds another build "
        "served: what was named counts for nothing, and the same keys come with other digests.",
        motorway,
        resume,
    ),
    "work_zone": (
        "A work zone is published ahead, begins by the clock, is replaced by a longer version and withdrawn.",
        motorway,
        work_zone,
    ),
    "damaged_tile": (
        "The lane tile cannot be read and a layer is asked for that the market does not have: the coverage says which, "
        "and why.",
        motorway,
        damaged_tile,
    ),
}
