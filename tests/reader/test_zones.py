"""A work zone is one, however many pieces it is placed in."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mapprior.cli.view import plain_line
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.work_zone import LaneStatus, VehicleImpact, WorkZone, WorkZoneLane, WorkZoneLaneType, WorkZoneState
from mapprior.reader.ahead import ZoneAhead
from mapprior.reader.as_json import as_json
from mapprior.reader.flat_view import FlatView, ProfileRecord
from mapprior.reader.reconstructor import Reconstructor
from mapprior.reader.road_events import RoadEventKind
from tests.horizon.held import HeldLink, one_path

ZONE = WorkZone(
    *("works", "feed", 0, 0, (), (), 800, 1000),
    limit=LimitAlternative(LimitKind.LIMITED, 60_000, SpeedUnit.KMH, "", "60"),
    lanes=(
        WorkZoneLane(0, WorkZoneLaneType.GENERAL, LaneStatus.CLOSED),
        WorkZoneLane(1, WorkZoneLaneType.GENERAL, LaneStatus.OPEN),
    ),
)
OTHER = replace(ZONE, id="other")
START_CM, END_CM, PATH_CM = 10_000, 60_000, 100_000
Pieces = list[tuple[int, int, bool]]  # from, to, lanes apply


def held(pieces: Pieces, *, at_cm: int = 0, zone: WorkZone = ZONE) -> Reconstructor:
    placed = tuple((zone, a, b, WorkZoneState.ACTIVE, apply) for a, b, apply in pieces)
    return one_path(HeldLink(1, PATH_CM), at_cm=at_cm, zones=placed)


def ahead(reconstructor: Reconstructor) -> ZoneAhead | None:
    answer = reconstructor.distance_to_zone()
    assert answer is not None
    return answer.value


@given(
    st.sets(st.integers(START_CM + 1, END_CM - 1), max_size=5),
    st.booleans(),
    st.integers(0, END_CM + 1),
    st.sets(st.integers(START_CM - 500, PATH_CM), min_size=2, max_size=2),
)
def test_however_a_zone_is_cut_the_query_answers_the_same(
    cuts: set[int], apply: bool, at_cm: int, other: set[int]
) -> None:
    first_cm, last_cm = sorted(other)
    beside = (OTHER, first_cm, last_cm, WorkZoneState.ACTIVE, True)
    whole, cut = (
        ahead(
            one_path(
                HeldLink(1, PATH_CM),
                at_cm=at_cm,
                zones=(*((ZONE, a, b, WorkZoneState.ACTIVE, apply) for a, b in pairwise(sorted(ends))), beside),
            )
        )
        for ends in ({START_CM, END_CM}, {START_CM, END_CM, *cuts})
    )
    assert whole == cut


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.integers(0, END_CM - 1))
def test_where_its_lanes_apply_does_not_change_where_a_zone_begins_and_ends(apply: list[bool], at_cm: int) -> None:
    edges = [START_CM + (END_CM - START_CM) * i // len(apply) for i in range(len(apply) + 1)]
    found = ahead(held([(*x, y) for x, y in zip(pairwise(edges), apply, strict=True)], at_cm=at_cm))
    assert found is not None
    assert (found.distance_m, found.end_m) == (max(0, START_CM - at_cm) / 100, (END_CM - at_cm) / 100)
    assert found.placement.lanes_apply is all(apply)
    assert all(0.0 <= a < b <= found.end_m for a, b in found.lanes_apply_m)
    for (a_cm, b_cm), applies in zip(pairwise(edges), apply, strict=True):
        middle_m = ((a_cm + b_cm) / 2 - at_cm) / 100
        if middle_m > 0:
            assert any(a <= middle_m <= b for a, b in found.lanes_apply_m) is applies


CUT: Pieces = [(10_000, 27_100, True), (27_100, 35_000, False), (35_000, 60_000, True)]


def test_a_zone_that_begins_anew_after_a_gap_is_two() -> None:
    found = ahead(held([(10_000, 20_000, True), (20_001, 30_000, True)]))
    assert found is not None
    assert (found.end_m, found.goes_on) == (200.0, False)


def test_the_panel_says_where_the_zone_ends_and_where_its_lanes_are() -> None:
    assert "work zone in 100 m, to 600 m  ACTIVE  60 km/h?  lanes from the left: closed, open" in panel(CUT)
    assert "open (100 to 271 m, 350 to 600 m)" in panel(CUT)
    assert "inside, ends 300 m" in panel(CUT, at_cm=30_000)
    assert "open (50 to 300 m)" in panel(CUT, at_cm=30_000)
    assert "open  (feed" in panel([(10_000, 60_000, True)])
    assert "lanes from the left" not in panel([(10_000, 60_000, False)])


def panel(pieces: Pieces, at_cm: int = 0) -> str:
    return plain_line(held(pieces, at_cm=at_cm), None)


def test_rows_say_that_the_zone_goes_on_in_the_next() -> None:
    reconstructor = held(CUT)
    (path,) = as_json(reconstructor)["paths"]
    assert [(x["end_offset_m"], x["zone_end_offset_m"]) for x in path["work_zones"]] == [
        (271.0, 600.0),
        (350.0, 600.0),
        (600.0, 600.0),
    ]
    flat = FlatView()
    flat.changes(reconstructor)
    records = [x for x in flat.records.values() if isinstance(x, ProfileRecord) and x.kind == "WORK_ZONE"]
    assert [(x.end_offset_cm, x.continues) for x in sorted(records, key=lambda x: x.offset_cm)] == [
        (27_100, True),
        (35_000, True),
        (60_000, False),
    ]


def test_a_lane_ends_only_where_the_lanes_of_the_zone_are_those_of_the_map() -> None:
    """Where the feed says nothing of the whole zone, the list of its lanes is all that says so."""
    pieces: Pieces = [(10_000, 20_000, False), (20_000, 30_000, True), (30_000, 60_000, False)]
    answer = held(pieces).road_events(1000.0)
    assert answer is not None
    assert [(x.kind, x.distance_m, x.end_m) for x in answer.value] == [
        (RoadEventKind.CONSTRUCTION_ZONE, 100.0, 600.0),
        (RoadEventKind.TEMPORARY_LANE_ENDING, 200.0, 200.0),
    ]


@given(
    st.sets(st.integers(0, PATH_CM), min_size=4, max_size=4), st.integers(0, PATH_CM), st.sampled_from(VehicleImpact)
)
def test_events_of_a_zone_that_is_left_and_comes_again_are_where_the_query_says(
    edges: set[int], at_cm: int, impact: VehicleImpact
) -> None:
    """Between its two stretches the vehicle is in no zone, and the end of the first is not that of the second."""
    a_cm, b_cm, c_cm, d_cm = sorted(edges)
    reconstructor = held(
        [(a_cm, b_cm, True), (c_cm, d_cm, True)], at_cm=at_cm, zone=replace(ZONE, vehicle_impact=impact)
    )
    answer, zone = reconstructor.road_events(PATH_CM / 100), ahead(reconstructor)
    assert answer is not None
    found = {x.kind: (x.distance_m, x.end_m) for x in answer.value}
    if zone is not None and at_cm != b_cm:  # at its very end a zone is no more ahead, and an event is not yet passed
        assert found[RoadEventKind.CONSTRUCTION_ZONE] == (zone.distance_m, zone.end_m)
    endings_m = [(x - at_cm) / 100 for x in (a_cm, c_cm) if x >= at_cm]  # of a lane, where each stretch begins
    expected = {(endings_m[0], endings_m[0])} if endings_m else set()
    assert {x for kind, x in found.items() if kind is RoadEventKind.TEMPORARY_LANE_ENDING} == expected
