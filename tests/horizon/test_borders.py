"""Driving over a border: limits, units and sides change at the right offset, and what lies beyond is said."""

from dataclasses import replace
from itertools import pairwise

import pytest

from mapprior.cli.view import plain_line
from mapprior.horizon.events import Open, RouteEvent
from mapprior.horizon.items import BorderState
from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.countries import market_pack
from mapprior.market.effective import effective_limit
from mapprior.market.law import MarketLaw
from mapprior.model.border import DrivingSide
from mapprior.model.ids import tile_of
from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import CAR, MatchState, Pose, VehicleClass, VehicleProfile
from mapprior.model.provenance import Basis, Layer
from mapprior.reader.as_json import as_json
from tests.asciimap import START_TIME_US, Beyond, Drawn, draw
from tests.horizon.pair import Pair

# Left-hand and mph up to C, right-hand and km/h from there. D has a side road.
TUNNEL = """
    A---------B---------C---------D---------E---------F
                                  |
                                  G
"""
WAYS = {"ABC": {"maxspeed_mph": 60}, "CDEF": {"maxspeed_kmh": 80, "lanes": 1}}
SHORT = Open(horizon_length_m=1000, trailing_length_m=100, stub_length_m=100)


@pytest.fixture(scope="module")
def tunnel() -> Drawn:
    return draw(TUNNEL, ways=WAYS, market="GB", driving_side="left", border="C", beyond=Beyond("FR"), grid_m=40.0)


def test_limits_units_and_sides_change_at_the_border(tunnel: Drawn) -> None:
    pair = Pair(tunnel, SHORT)
    pair.drive(tunnel.poses("AB")[:20])
    at_cm = tunnel.link("AB").length_cm + tunnel.link("BC").length_cm
    (border,) = pair.root.borders
    assert (border.offset_cm, border.state) == (at_cm, BorderState.SERVED)
    assert (border.from_market, border.to_market) == ("GB", "FR")
    assert (border.from_driving_side, border.to_driving_side) == (DrivingSide.LEFT, DrivingSide.RIGHT)
    assert (border.from_speed_unit, border.to_speed_unit) == (SpeedUnit.MPH, SpeedUnit.KMH)
    before, after = pair.root.limits[:2]
    assert before.end_offset_cm == after.start_offset_cm == at_cm
    assert (before.limit.posted_value_milli, before.limit.posted_unit) == (60_000, SpeedUnit.MPH)
    assert (after.limit.posted_value_milli, after.limit.posted_unit) == (80_000, SpeedUnit.KMH)
    ahead = pair.reconstructor.border_ahead()
    position = pair.reconstructor.position()
    assert ahead is not None and ahead.value is not None and position is not None
    assert ahead.value.distance_m == pytest.approx((at_cm - position.value.offset_cm) / 100)


def test_what_is_written_and_shown_of_a_border(tunnel: Drawn) -> None:
    served, alone = Pair(tunnel, SHORT), Pair(tunnel.only("GB"), SHORT)
    for pair, state, said in (
        (served, "SERVED", "to FR in 786 m: km/h, right"),
        (alone, "NOT_SERVED", "to FR in 786 m: km/h, right, not served"),
    ):
        pair.drive(tunnel.poses("AB")[:10])
        (border,) = as_json(pair.reconstructor)["paths"][0]["borders"]
        assert border == {
            "offset_m": 800.0,
            "state": state,
            "from_market": "GB",
            "to_market": "FR",
            "from_driving_side": "left",
            "to_driving_side": "right",
            "from_unit": "mph",
            "to_unit": "km/h",
        }
        assert f"| border {said}" in plain_line(pair.reconstructor, None)


def test_driving_across_is_like_driving_on(tunnel: Drawn) -> None:
    """No loss, no jump: the path keeps its id and its zero, and the position grows by what was driven."""
    pair = Pair(tunnel, SHORT)
    poses = tunnel.poses("ABCDEF", sigma_m=2.0, seed=3)
    places: list[tuple[int, int]] = []
    for pose in poses:
        pair.drive([pose])
        reported = pair.reconstructor.reported
        assert reported.state is MatchState.TRACKING
        assert sum(x.probability_permille for x in reported.candidates) > 900
        places.append((reported.candidates[0].path_id, reported.candidates[0].offset_cm))
    assert len({path for path, _ in places}) == 1
    assert all(0 <= b - a < 500 for (_, a), (_, b) in pairwise(places))
    assert pair.reconstructor.border_ahead().value is None  # type: ignore[union-attr]


def test_a_side_path_beyond_the_border_belongs_to_the_next_market(tunnel: Drawn) -> None:
    pair = Pair(tunnel, SHORT)
    pair.drive(tunnel.poses("AB")[:5])
    assert set(pair.sides()) == {"DG"}
    assert not pair.sides()["DG"].borders


@pytest.mark.parametrize("known", [True, False])
def test_a_market_that_is_not_served_is_named(known: bool) -> None:
    drawn = draw(
        TUNNEL, ways=WAYS, market="GB", driving_side="left", border="C", beyond=Beyond("FR", known=known), grid_m=40.0
    )
    pair = Pair(drawn.only("GB"), SHORT)
    poses = drawn.poses("ABCDEF")
    pair.drive(poses[:20])
    (border,) = pair.root.borders
    assert border.offset_cm == pair.root.path.end_offset_cm
    assert border.state is BorderState.NOT_SERVED
    assert border.to_market == ("FR" if known else "")
    assert border.to_driving_side is (DrivingSide.RIGHT if known else DrivingSide.UNKNOWN)
    assert border.to_speed_unit is (SpeedUnit.KMH if known else SpeedUnit.NONE)
    border_m = (drawn.link("AB").length_cm + drawn.link("BC").length_cm) / 100
    name = "market FR" if known else "the next market"
    for pose in poses[20:]:
        pair.drive([pose])
        reported = pair.reconstructor.reported
        assert pose.travelled_m is not None
        if pose.travelled_m < border_m:
            assert reported.state is MatchState.TRACKING
        elif pose.travelled_m > border_m + 15.0:
            assert reported.state is MatchState.NO_COVERAGE
            assert name in reported.reason and reported.reason.endswith("is not served here")
            assert not reported.candidates
    assert pair.reconstructor.root is None


def test_coming_back_over_the_border_the_vehicle_is_found_again(tunnel: Drawn) -> None:
    pair = Pair(tunnel.only("GB"), SHORT)
    there = tunnel.poses("ABCD")
    pair.drive(there)
    assert pair.reconstructor.reported.state is MatchState.NO_COVERAGE
    back = tunnel.poses("DCBA", start_time_us=there[-1].pose_time_us + 1_000_000)
    pair.drive(back)
    assert pair.reconstructor.reported.state is MatchState.TRACKING
    assert pair.letters()[-1] == "A"
    # From then on, being on no road is being on no road.
    lat, lon = tunnel.at("BA", 200.0, 150.0)
    at_us = back[-1].pose_time_us
    pair.drive([Pose(at_us + k * 100_000, lat, lon, speed_mps=0.0, position_sigma_m=1.0) for k in range(1, 40)])
    assert pair.reconstructor.reported.state is MatchState.OFF_ROAD


FAR = draw(
    "A---------B---------C---------D---------E---------F",
    ways={"ABCDE": {"maxspeed_mph": 60}, "EF": {"maxspeed_kmh": 80}},
    market="GB",
    driving_side="left",
    border="E",
    beyond=Beyond("FR"),
    grid_m=90.0,
)


def test_a_tile_of_the_next_market_may_come_late() -> None:
    """Until it is there the path ends at the border and says so; then it goes on, under the same id."""
    pair = Pair(FAR, replace(SHORT, horizon_length_m=4000), tiles=False)
    late = {tile_of(FAR.link("EF").link_id)}

    def serve() -> None:
        while wanted := [x for x in pair.session.wanted_tiles() if x[1] not in late]:
            pair.answer(wanted[0])

    for pose in FAR.poses("ABCDE")[:20]:
        pair.pose(pose)
        serve()
        pair.pump()
    root_id = pair.root.path.path_id
    (border,) = pair.root.borders
    assert (border.state, border.to_market) == (BorderState.NOT_LOADED, "FR")
    assert border.offset_cm == pair.root.path.end_offset_cm
    assert late & {tile for _, tile in pair.session.wanted_tiles()}
    late.clear()
    serve()
    pair.pump()
    assert pair.root.path.path_id == root_id
    assert pair.root.borders[0].state is BorderState.SERVED
    assert pair.root.path.end_offset_cm > border.offset_cm


def test_a_tile_of_the_next_market_that_cannot_be_read_is_told(tunnel: Drawn) -> None:
    pair = Pair(tunnel, SHORT)
    pair.failing[(Layer.L0, tile_of(tunnel.link("CD").link_id))] = "it is damaged"
    pair.drive(tunnel.poses("AB")[:20])
    (border,) = pair.root.borders
    assert (border.state, border.to_market) == (BorderState.FAILED, "FR")
    assert "it is damaged" in pair.reconstructor.health.reason


def test_turning_round_at_the_border(tunnel: Drawn) -> None:
    """Just short of it, just past it: back the way it came, over the border where it had crossed it."""
    ab_m, cd_m = tunnel.link("AB").line.length_m, tunnel.link("CD").line.length_m
    for turn_m in (2 * ab_m - 30.0, 2 * ab_m + 30.0):
        pair = Pair(tunnel, SHORT)
        there = [p for p in tunnel.poses("ABCD") if (p.travelled_m or 0.0) <= turn_m]
        whole = tunnel.poses("DCBA", start_time_us=there[-1].pose_time_us + 100_000)
        back = [p for p in whole if (p.travelled_m or 0.0) >= 2 * ab_m + cd_m - turn_m]
        pair.drive(there)
        pair.drive(_without_odometer(back))
        assert pair.reconstructor.reported.state is MatchState.TRACKING
        assert pair.letters()[-1] == "A"
        assert not any(x.offset_cm > pair.reconstructor.reported.candidates[0].offset_cm for x in pair.root.borders)


def _without_odometer(poses: list[Pose]) -> list[Pose]:
    return [
        Pose(p.pose_time_us, p.lat_e7, p.lon_e7, p.heading_rad, p.speed_mps, p.position_sigma_m, p.heading_sigma_rad)
        for p in poses
    ]


def test_a_route_leads_over_the_border_and_off_the_likeliest_way(tunnel: Drawn) -> None:
    pair = Pair(tunnel, SHORT)
    pair.send(RouteEvent(tuple(tunnel.links("ABCDG"))))
    pair.drive(tunnel.poses("AB")[:20])
    assert pair.letters() == "ABCDG"
    assert len(pair.root.borders) == 1


def test_what_lies_behind_is_erased_with_its_border(tunnel: Drawn) -> None:
    pair = Pair(tunnel, SHORT)
    pair.drive(tunnel.poses("ABCDE"))
    pair.drive(tunnel.poses("EF", start_time_us=1_800_000_000_000_000)[:-1])
    assert pair.root.path.first_offset_cm > tunnel.link("AB").length_cm + tunnel.link("BC").length_cm
    assert not pair.root.borders


def test_a_fork_at_the_border_itself() -> None:
    """The parent and the child that leaves it there both say that the border lies at their offset."""
    drawn = draw(
        """
                  D
                 /
        A-------B-------C
        """,
        market="GB",
        driving_side="left",
        border="B",
        beyond=Beyond("FR"),
    )
    pair = Pair(drawn, SHORT)
    pair.drive(drawn.poses("AB")[:10])
    (root_border,) = pair.root.borders
    assert pair.letters() == "ABC" and root_border.offset_cm == drawn.link("AB").length_cm
    (side,) = pair.sides().values()
    assert [x.offset_cm for x in side.borders] == [0]
    pair.drive(drawn.poses("ABD")[10:])
    assert pair.letters() == "BD" or pair.letters() == "ABD"


def test_each_market_alone_ends_its_roads_at_the_border(tunnel: Drawn) -> None:
    assert not tunnel.link("BC").dead_end and not tunnel.link("DC").dead_end
    alone = Pair(tunnel.only("FR"), SHORT)
    alone.drive(tunnel.poses("FEDCBA")[:30])
    (border,) = alone.root.borders
    assert (border.from_market, border.to_market, border.state) == ("FR", "GB", BorderState.NOT_SERVED)


LAWS = {1: MarketLaw.from_pack(market_pack("GB")), 2: MarketLaw.from_pack(market_pack("FR"))}


def ruled(rule_ref: str) -> tuple[TaggedLimit, ...]:
    """What the build writes for a road without a sign."""
    return (TaggedLimit(LimitKind.UNKNOWN, 0, SpeedUnit.NONE, Basis.TAGGED, rule_ref, rule_ref=rule_ref),)


@pytest.mark.parametrize("vehicle", [CAR, VehicleProfile(VehicleClass.CAR, trailer=True)])
def test_each_market_has_its_own_law(vehicle: VehicleProfile) -> None:
    """Roads without a sign on both sides: what the law says changes at the border, to the centimetre."""
    ways = {"ABC": {"limits": ruled("GB:nsl_single")}, "CDEF": {"limits": ruled("FR:rural")}}
    drawn = draw(TUNNEL, ways=ways, market="GB", driving_side="left", border="C", beyond=Beyond("FR"), grid_m=40.0)
    pair = Pair(drawn, replace(SHORT, vehicle=vehicle), laws=LAWS)
    pair.drive(drawn.poses("AB")[:20])
    (border,) = pair.root.borders
    before, after = pair.root.limits[:2]
    assert before.end_offset_cm == after.start_offset_cm == border.offset_cm
    sides = ((before, LAWS[1], "GB:nsl_single", SpeedUnit.MPH), (after, LAWS[2], "FR:rural", SpeedUnit.KMH))
    for span, law, rule_ref, unit in sides:
        zone = {"GB": "Europe/London", "FR": "Europe/Paris"}[rule_ref[:2]]
        now = Circumstances(vehicle, place=Place(rule_ref[:2], "", zone), arrival=Arrival(START_TIME_US, START_TIME_US))
        alone = effective_limit(ruled(rule_ref), circumstances=now, law=law, source="")
        assert span.limit.posted_unit is unit and span.limit.kind is LimitKind.LIMITED
        assert span.limit.posted_value_milli == alone.posted_value_milli
        assert span.limit.basis is Basis.LAW_DEFAULT


def test_a_reference_to_another_markets_law_stays_unknown() -> None:
    """A way of one market that carries the word of the other: no law answers for it."""
    ways = {"ABC": {"limits": ruled("FR:rural")}, "CDEF": {"limits": ruled("FR:rural")}}
    drawn = draw(TUNNEL, ways=ways, market="GB", driving_side="left", border="C", beyond=Beyond("FR"), grid_m=40.0)
    pair = Pair(drawn, SHORT, laws=LAWS)
    pair.drive(drawn.poses("AB")[:20])
    before, after = pair.root.limits[:2]
    assert (before.limit.kind, after.limit.kind) == (LimitKind.UNKNOWN, LimitKind.LIMITED)
    assert before.end_offset_cm == pair.root.borders[0].offset_cm
