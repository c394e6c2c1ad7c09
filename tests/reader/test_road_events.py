"""The nine road events of UN R171: on what road they count, what they stand on, and that they keep their names."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.geo.units import US_PER_SEC
from mapprior.horizon.events import Open, ProfileSubscription
from mapprior.model.ids import PathId
from mapprior.model.profile import (
    FeatureKind,
    JunctionKind,
    LinkCarriageway,
    LinkFeature,
    Permission,
    Separation,
)
from mapprior.model.provenance import Basis, ProfileGroup
from mapprior.model.work_zone import (
    LaneStatus,
    VehicleImpact,
    WorkZone,
    WorkZoneLane,
    WorkZoneLaneType,
    WorkZoneState,
)
from mapprior.reader.highway import highway
from mapprior.reader.reconstructor import Reconstructor
from mapprior.reader.road_events import LONG_TERM_US, RoadEvent, RoadEventKind
from tests.horizon.held import HeldLink, HeldPath, Holder, one_path

OPEN = Open()

HIGHWAY = LinkCarriageway(
    separation=Separation.PHYSICAL,
    separation_basis=Basis.TAGGED,
    pedestrians=Permission.PROHIBITED,
    pedestrians_basis=Basis.LAW_DEFAULT,
    bicycles=Permission.PROHIBITED,
    bicycles_basis=Basis.TAGGED,
)
STREET = replace(HIGHWAY, separation=Separation.NONE, pedestrians=Permission.ALLOWED)
UNSAID = replace(HIGHWAY, bicycles=Permission.UNKNOWN)
DAY_US = 86_400 * US_PER_SEC
ZONE = WorkZone("works", "feed", 1, 1 + 3 * DAY_US, (), (), 800, 1000)
OF_FEATURES = {
    FeatureKind.TOLL_STATION: RoadEventKind.TOLL_STATION,
    FeatureKind.LANE_END: RoadEventKind.PERMANENT_LANE_ENDING,
    FeatureKind.RAIL_CROSSING: RoadEventKind.RAIL_CROSSING,
    FeatureKind.PEDESTRIAN_CROSSING: RoadEventKind.PEDESTRIAN_CROSSING,
    FeatureKind.TRAFFIC_LIGHT: RoadEventKind.TRAFFIC_LIGHTS,
    FeatureKind.JUNCTION: RoadEventKind.INTERSECTION,
}
Zoned = tuple[WorkZone, int, int, WorkZoneState, bool]


def spot(kind: FeatureKind, at_cm: int, **more: object) -> LinkFeature:
    return LinkFeature(kind, at_cm, at_cm, Basis.TAGGED, 900, **more)  # type: ignore[arg-type]


def events(client: Reconstructor, length_m: float = 1000.0, **more: float) -> tuple[RoadEvent, ...]:
    answer = client.road_events(length_m, **more)  # type: ignore[arg-type]
    assert answer is not None
    return answer.value


@pytest.mark.parametrize("feature", OF_FEATURES)
@pytest.mark.parametrize(
    ("carriageway", "on_highway"), [(HIGHWAY, True), (STREET, False), (UNSAID, None), (None, None)]
)
def test_an_event_counts_on_its_kind_of_road(
    feature: FeatureKind, carriageway: LinkCarriageway | None, on_highway: bool | None
) -> None:
    kind = OF_FEATURES[feature]
    found = events(one_path(HeldLink(1, 10_000, carriageway=carriageway, features=(spot(feature, 5000, raw="said"),))))
    if on_highway is (not kind.of_highways):
        assert found == ()
        return
    (event,) = found
    assert (event.kind, event.on_highway, event.distance_m, event.end_m) == (kind, on_highway, 50.0, 50.0)
    assert (event.basis, event.confidence_permille, event.rests_on) == (Basis.TAGGED, 900, ("held:1", "said"))
    assert event.time_sec is None


@pytest.mark.parametrize("feature", [x for x, kind in OF_FEATURES.items() if not kind.of_highways])
def test_what_is_mapped_outweighs_that_the_road_seems_to_be_a_highway(feature: FeatureKind) -> None:
    """A city street of two carriageways where all but cars use the pavement: it has crossings and lights."""
    inferred = replace(HIGHWAY, separation_basis=Basis.INFERRED)
    found = events(one_path(HeldLink(1, 10_000, carriageway=inferred, features=(spot(feature, 5000),))))
    assert [(x.kind, x.on_highway) for x in found] == [(OF_FEATURES[feature], None)]


def test_a_toll_station_that_is_mapped_outweighs_that_the_road_seems_to_be_no_highway() -> None:
    """A road for both directions is taken to have nothing between them; what is only reckoned, as lanes that end, and
    work zones, of which streets have many, stay events of highways."""
    inferred = replace(HIGHWAY, separation=Separation.NONE, separation_basis=Basis.INFERRED)
    toll = spot(FeatureKind.TOLL_STATION, 5000)
    lane_end = replace(spot(FeatureKind.LANE_END, 6000), basis=Basis.DERIVED)
    zone: Zoned = (ZONE, 7000, 8000, WorkZoneState.ACTIVE, True)
    found = events(one_path(HeldLink(1, 10_000, carriageway=inferred, features=(toll, lane_end)), zones=(zone,)))
    assert [(x.kind, x.on_highway) for x in found] == [(RoadEventKind.TOLL_STATION, None)]
    tagged = replace(inferred, separation_basis=Basis.TAGGED)
    assert events(one_path(HeldLink(1, 10_000, carriageway=tagged, features=(toll,)))) == ()


def test_an_event_is_placed_as_well_as_what_it_rests_on() -> None:
    here = HeldLink(
        1, 10_000, carriageway=STREET, features=(spot(FeatureKind.TRAFFIC_LIGHT, 5000, place_sigma_cm=500),)
    )
    unsaid = HeldLink(1, 10_000, carriageway=STREET, features=(spot(FeatureKind.TRAFFIC_LIGHT, 5000),))
    assert [x.place_sigma_m for x in events(one_path(here))] == [5.0]
    assert [x.place_sigma_m for x in events(one_path(unsaid))] == [None]


def test_lead_time_is_at_the_speed_given() -> None:
    client = one_path(HeldLink(1, 10_000, carriageway=STREET, features=(spot(FeatureKind.TRAFFIC_LIGHT, 5000),)))
    assert [x.time_sec for x in events(client, speed_mps=10.0, travelled_m=20.0)] == [3.0]
    assert [x.time_sec for x in events(client, speed_mps=0.0)] == [None]


@pytest.mark.parametrize(
    ("road", "found"),
    [
        # what comes, in links of 200 m; (from, to, basis) of the ends told
        ([HIGHWAY, STREET], [(200, 200, Basis.TAGGED)]),
        ([HIGHWAY, HIGHWAY], []),
        ([HIGHWAY, None, STREET], []),  # merely not loaded
        ([HIGHWAY, UNSAID], []),  # too short to tell, and what comes may go on
        ([HIGHWAY, UNSAID, HIGHWAY, STREET], [(600, 600, Basis.TAGGED)]),  # a gap
        ([HIGHWAY, UNSAID, STREET], [(200, 400, Basis.UNKNOWN)]),
        ([HIGHWAY, UNSAID, UNSAID, UNSAID, HIGHWAY], [(200, 200, Basis.UNKNOWN)]),  # too long for a gap
        ([HIGHWAY, UNSAID, None, STREET], []),
        ([UNSAID, STREET], []),
        ([HIGHWAY, STREET, HIGHWAY, STREET], [(200, 200, Basis.TAGGED), (600, 600, Basis.TAGGED)]),
    ],
)
def test_the_end_of_a_highway(road: list[LinkCarriageway | None], found: list[tuple[int, int, Basis]]) -> None:
    client = one_path(*(HeldLink(i + 1, 20_000, carriageway=x) for i, x in enumerate(road)))
    ends = [x for x in events(client) if x.kind is RoadEventKind.END_OF_HIGHWAY]
    assert [(x.distance_m, x.end_m, x.basis) for x in ends] == found
    for x in ends:
        assert x.on_highway
        assert x.confidence_permille == (300 if x.basis is Basis.UNKNOWN else 800)
        assert x.event_id == f"END_OF_HIGHWAY:{x.rests_on[0]}"


def test_a_motorway_sign_counts_only_where_the_definition_cannot_tell() -> None:
    sign = spot(FeatureKind.MOTORWAY_END, 5000)
    unsaid = events(one_path(HeldLink(1, 10_000, carriageway=UNSAID, features=(sign,))))
    assert [(x.kind, x.on_highway) for x in unsaid] == [(RoadEventKind.END_OF_HIGHWAY, None)]
    assert events(one_path(HeldLink(1, 10_000, carriageway=HIGHWAY, features=(sign,)))) == ()


@pytest.mark.parametrize(
    ("zone", "state", "apply", "kinds"),
    [
        (ZONE, WorkZoneState.ACTIVE, True, [RoadEventKind.CONSTRUCTION_ZONE]),
        (replace(ZONE, end_time_us=LONG_TERM_US), WorkZoneState.ACTIVE, True, []),
        (replace(ZONE, end_time_us=0), WorkZoneState.UNKNOWN, True, [RoadEventKind.CONSTRUCTION_ZONE]),
        (ZONE, WorkZoneState.ENDED, True, []),
        (ZONE, WorkZoneState.PLANNED, True, []),
        (
            replace(ZONE, vehicle_impact=VehicleImpact.SOME_LANES_CLOSED),
            WorkZoneState.ACTIVE,
            False,
            [RoadEventKind.TEMPORARY_LANE_ENDING, RoadEventKind.CONSTRUCTION_ZONE],
        ),
        (
            replace(ZONE, lanes=(WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.MERGE_RIGHT),)),
            WorkZoneState.ACTIVE,
            True,
            [RoadEventKind.TEMPORARY_LANE_ENDING, RoadEventKind.CONSTRUCTION_ZONE],
        ),
        (
            replace(ZONE, lanes=(WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.CLOSED),)),
            WorkZoneState.ACTIVE,
            False,
            [RoadEventKind.CONSTRUCTION_ZONE],
        ),
        (
            replace(ZONE, lanes=(WorkZoneLane(1, WorkZoneLaneType.SHOULDER, LaneStatus.CLOSED),)),
            WorkZoneState.ACTIVE,
            True,
            [RoadEventKind.CONSTRUCTION_ZONE],
        ),
    ],
)
def test_work_zones(zone: WorkZone, state: WorkZoneState, apply: bool, kinds: list[RoadEventKind]) -> None:
    road = HeldLink(1, 50_000, carriageway=HIGHWAY)
    found = events(one_path(road, zones=((zone, 10_000, 15_000, state, apply), (zone, 15_000, 30_000, state, apply))))
    assert [x.kind for x in found] == kinds
    for x in found:
        end_m = 100.0 if x.kind is RoadEventKind.TEMPORARY_LANE_ENDING else 300.0  # a lane ends at one place
        assert (x.distance_m, x.end_m, x.basis, x.confidence_permille) == (100.0, end_m, Basis.FEED, 720)
        assert x.rests_on == ("works", "feed")
    inside = events(one_path(road, at_cm=12_000, zones=((zone, 10_000, 15_000, state, apply),)))
    works = [x for x in kinds if x is RoadEventKind.CONSTRUCTION_ZONE]
    assert [(x.kind, x.distance_m, x.end_m) for x in inside] == [(x, 0.0, 30.0) for x in works]
    assert [x.event_id for x in inside] == [x.event_id for x in found if x.kind in works]


@given(
    st.sampled_from(list(VehicleImpact)),
    st.lists(st.sampled_from(list(LaneStatus)), max_size=3),
    st.sampled_from(list(WorkZoneState)),
    st.booleans(),
)
def test_by_the_word_of_a_zone_that_is_only_roughly_placed_no_lane_ends(
    impact: VehicleImpact, statuses: list[LaneStatus], state: WorkZoneState, apply: bool
) -> None:
    lanes = tuple(WorkZoneLane(i, WorkZoneLaneType.GENERAL, x) for i, x in enumerate(statuses))
    sure = replace(ZONE, vehicle_impact=impact, lanes=lanes)
    road = HeldLink(1, 50_000, carriageway=HIGHWAY)
    kinds, of_rough = (
        {x.kind for x in events(one_path(road, zones=((zone, 10_000, 15_000, state, apply),)))}
        for zone in (sure, replace(sure, place_rough=True))
    )
    assert of_rough == kinds - {RoadEventKind.TEMPORARY_LANE_ENDING}


def test_a_signalled_junction_has_lights_once() -> None:
    junction = spot(FeatureKind.JUNCTION, 10_000, junction=JunctionKind.SIGNALLED)
    alone = one_path(HeldLink(1, 10_000, carriageway=STREET, features=(junction,)))
    assert [x.kind for x in events(alone)] == [RoadEventKind.INTERSECTION, RoadEventKind.TRAFFIC_LIGHTS]
    light = spot(FeatureKind.TRAFFIC_LIGHT, 9000)
    both = one_path(HeldLink(1, 10_000, carriageway=STREET, features=(light, junction)))
    assert [(x.kind, x.distance_m) for x in events(both)] == [
        (RoadEventKind.TRAFFIC_LIGHTS, 90.0),
        (RoadEventKind.INTERSECTION, 100.0),
    ]


def test_tracks_side_by_side_are_one_crossing() -> None:
    tracks = tuple(spot(FeatureKind.RAIL_CROSSING, at, raw=f"track {at}") for at in (3000, 3400, 5300, 8000))
    road = HeldLink(1, 10_000, carriageway=STREET, features=tracks)
    near, far = events(one_path(road))
    assert (near.distance_m, near.end_m, far.distance_m, far.end_m) == (30.0, 53.0, 80.0, 80.0)
    assert near.rests_on == ("held:1", "track 3000", "track 3400", "track 5300")
    between, _ = events(one_path(road, at_cm=4000))
    assert (between.event_id, between.distance_m, between.end_m) == (near.event_id, 0.0, 13.0)


def test_a_crossing_is_as_sure_as_the_surest_of_its_tracks() -> None:
    sure, doubtful = (spot(FeatureKind.RAIL_CROSSING, at) for at in (3400, 3000))
    doubtful = replace(doubtful, basis=Basis.INFERRED, confidence_permille=400)
    road = HeldLink(1, 10_000, carriageway=STREET, features=(doubtful, sure))
    [crossing] = [x for x in events(one_path(road)) if x.kind is RoadEventKind.RAIL_CROSSING]
    assert crossing.distance_m == 30.0
    assert (crossing.basis, crossing.confidence_permille) == (sure.basis, sure.confidence_permille)


def test_where_carriageways_only_part_is_no_intersection() -> None:
    parting = spot(FeatureKind.JUNCTION, 10_000, junction=JunctionKind.GRADE_SEPARATED)
    assert events(one_path(HeldLink(1, 10_000, carriageway=UNSAID, features=(parting,)))) == ()


def test_an_intersection_is_seen_without_layer_l1_and_keeps_its_name_when_it_comes() -> None:
    def told(link: HeldLink, *, covered: bool = False, opened: Open = OPEN) -> tuple[RoadEvent, ...]:
        child = HeldPath(2, (HeldLink(3, 100),), parent_path_id=1, offset_on_parent_cm=10_000, probability_ppm=100)
        return events(Holder(opened=opened).tell(HeldPath(1, (link, HeldLink(2, 500)), covered=covered), child))

    (without,) = told(HeldLink(1, 10_000))
    (with_l1,) = told(HeldLink(1, 10_000, carriageway=STREET, features=(spot(FeatureKind.JUNCTION, 10_000),)))
    assert (without.kind, without.basis, without.on_highway) == (RoadEventKind.INTERSECTION, Basis.DERIVED, None)
    assert without.event_id == with_l1.event_id
    assert (with_l1.basis, with_l1.on_highway) == (Basis.TAGGED, False)
    bare = HeldLink(1, 10_000, carriageway=STREET)
    assert told(bare, covered=True) == ()  # L1 is there, and names no junction
    # What stands there did not come, or was not asked for
    without_features = Open(subscriptions=(ProfileSubscription(ProfileGroup.CARRIAGEWAY),))
    assert [x.event_id for x in told(bare)] == [without.event_id]
    assert [x.event_id for x in told(bare, covered=True, opened=without_features)] == [without.event_id]


def test_an_event_keeps_its_name_when_the_vehicle_turned() -> None:
    crossing = HeldLink(3, 5000, carriageway=STREET, features=(spot(FeatureKind.RAIL_CROSSING, 3000),))
    root = HeldPath(1, (HeldLink(1, 1000, carriageway=STREET), HeldLink(2, 1000, carriageway=STREET)), covered=True)
    side = HeldPath(2, (crossing,), parent_path_id=1, offset_on_parent_cm=1000, probability_ppm=1000)
    before = Holder().tell(root, side).road_events(1000.0, path_id=PathId(2))
    assert before is not None
    turned = events(Holder().tell(replace(side, parent_path_id=0, offset_on_parent_cm=0)))
    assert [(x.event_id, x.distance_m) for x in before.value] == [(turned[0].event_id, 40.0)]
    assert turned[0].distance_m == 30.0


said = st.sampled_from((HIGHWAY, STREET, UNSAID, None))
rows = st.lists(st.tuples(st.sampled_from(sorted(OF_FEATURES)), st.integers(0, 1000)), max_size=3)


@given(st.lists(st.tuples(said, rows), min_size=1, max_size=4), st.integers(0, 4000))
def test_driving_on_loses_what_is_passed_and_nothing_else(
    road: list[tuple[LinkCarriageway | None, list[tuple[FeatureKind, int]]]], driven_cm: int
) -> None:
    links = [
        HeldLink(i + 1, 1000, carriageway=x, features=tuple(spot(k, at) for k, at in sorted(r, key=lambda y: y[::-1])))
        for i, (x, r) in enumerate(road)
    ]
    client = one_path(*links)
    before, after = events(client), events(client, travelled_m=driven_cm / 100)
    assert len({x.event_id for x in before}) == len(before)
    assert {x.event_id for x in after} == {x.event_id for x in before if round(x.end_m * 100) >= driven_cm}
    # what the vehicle is in is at 0 m, wherever it began: there the kind decides
    assert [(x.distance_m, x.kind) for x in after] == sorted((x.distance_m, x.kind) for x in after)
    was = {x.event_id: x for x in before}
    for x in after:
        assert round(x.distance_m * 100) == max(0, round(was[x.event_id].distance_m * 100) - driven_cm)
        assert x.on_highway == was[x.event_id].on_highway
        assert x.on_highway is None or x.on_highway == x.kind.of_highways


@given(*(st.sampled_from(x) for x in (Permission, Permission, Separation)))
def test_highway_is_what_the_regulation_says(
    pedestrians: Permission, bicycles: Permission, separation: Separation
) -> None:
    """Not what the map calls the road. One condition that fails is enough; all three must be known to hold."""
    found, basis = highway(replace(HIGHWAY, pedestrians=pedestrians, bicycles=bicycles, separation=separation))
    fails = Permission.ALLOWED in (pedestrians, bicycles) or separation is Separation.NONE
    holds = pedestrians is bicycles is Permission.PROHIBITED and separation is Separation.PHYSICAL
    assert found is (False if fails else True if holds else None)
    assert (basis is Basis.UNKNOWN) == (found is None)
    assert not holds or basis is Basis.LAW_DEFAULT
