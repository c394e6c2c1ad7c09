"""The running match, by its laws and then by the places that are hard."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapprior.match.position import MatchResult
from mapprior.match.running import RunningMatch
from mapprior.match.turns import next_links
from mapprior.match.verdict import NO_FIX, NO_TILE, TILE_AHEAD_NOT_LOADED, TILE_FAILED, TILES_NOT_LOADED
from mapprior.model.ids import tile_of
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from mapprior.model.provenance import Layer
from tests.asciimap import START_TIME_US, Drawn, draw
from tests.match.networks import NAMES, TOWN, drives, truth

STRAIGHT = draw("A-------------------B", grid_m=49.0)


def drive(network: Network, poses: Iterable[Pose], match: RunningMatch | None = None) -> list[MatchResult]:
    match = match or RunningMatch(network)
    return [match.step(pose) for pose in poses]


def road(drawn: Drawn, result: MatchResult) -> str:
    """Letters of the first candidate's road; empty where there is none."""
    by_id = {link_id: letters for letters, link_id in drawn.link_ids.items()}
    return by_id[result.candidates[0].link_id] if result.candidates else ""


def without_fix(pose: Pose, *, heading: bool = False) -> Pose:
    kept = pose.heading_rad if heading else None
    return replace(pose, lat_e7=None, lon_e7=None, position_sigma_m=None, heading_rad=kept)


def at_rest(pose: Pose, count: int, **changes: object) -> list[Pose]:
    """The vehicle stands where the pose is, ten fixes a second."""
    return [
        replace(pose, pose_time_us=pose.pose_time_us + 100_000 * (k + 1), speed_mps=0.0, **changes)
        for k in range(count)
    ]


# --- laws


@settings(max_examples=20, deadline=None)
@given(letters=drives(), rate_hz=st.sampled_from([1.0, 10.0]), speed_mps=st.floats(4.0, 25.0))
def test_a_drive_without_noise_is_on_the_right_road_away_from_nodes(
    letters: str, rate_hz: float, speed_mps: float
) -> None:
    poses = TOWN.poses(letters, speed_mps=speed_mps, rate_hz=rate_hz)
    for pose, result in zip(poses, drive(TOWN.network, poses), strict=True):
        expected, _, to_node_m = truth(TOWN, letters, pose)
        if to_node_m > 15.0:
            assert NAMES[result.candidates[0].link_id] == expected
            assert result.state is MatchState.TRACKING


@settings(max_examples=15, deadline=None)
@given(letters=drives(), sigma_m=st.floats(0.0, 12.0), seed=st.integers(0, 99), lost=st.integers(1, 9))
def test_every_answer_is_well_formed(letters: str, sigma_m: float, seed: int, lost: int) -> None:
    poses = TOWN.poses(letters, sigma_m=sigma_m, seed=seed, rate_hz=5.0)
    poses = [without_fix(p) if k % 10 < lost and k > 20 else p for k, p in enumerate(poses)]
    last = 0
    for pose, result in zip(poses, drive(TOWN.network, poses), strict=True):
        chances = [c.probability for c in result.candidates]
        assert sum(chances) <= 1.0 + 1e-9 and all(0.0 < c <= 1.0 for c in chances)
        assert chances[1:] == sorted(chances[1:], reverse=True)
        for c in result.candidates:
            link = TOWN.network.link(c.link_id)
            assert link is not None and 0 <= c.link_offset_cm <= link.length_cm
            assert c.heading_error_rad is None or -math.pi <= c.heading_error_rad < math.pi
        assert result.extrapolated == (pose.lat_e7 is None and bool(result.candidates))
        assert bool(result.reason) == (result.state is not MatchState.TRACKING)
        if result.passed:
            assert result.passed[0] == last and result.passed[-1] == result.candidates[0].link_id
            for a, b in pairwise(result.passed):
                assert b in (next_links(TOWN.network, [a]) or ())
        last = result.candidates[0].link_id if result.candidates else 0


@settings(max_examples=15, deadline=None)
@given(letters=drives(), seed=st.integers(0, 99))
@example(letters="BCFJL", seed=72)  # past a node, fixes that lie nearest to the road before it
def test_passed_tells_the_whole_drive(letters: str, seed: int) -> None:
    results = drive(TOWN.network, TOWN.poses(letters, sigma_m=1.0, seed=seed))
    driven = [NAMES[results[9].candidates[0].link_id]]  # at the first node both roads that meet there are right
    for result in results[10:]:
        driven += [NAMES[x] for x in result.passed[1:]]
        if not result.passed:  # nothing here is a jump: the link named last is taken back
            wrong, name = driven.pop(), NAMES[result.candidates[0].link_id]
            assert name in (f"{wrong[0]}{name[1]}", driven[-1])
            driven += [name] if name != driven[-1] else []
    assert "".join(x[0] for x in driven) in letters


@settings(max_examples=10, deadline=None)
@given(letters=drives(roads_max=6), shift_e7=st.integers(-170_0000000, 170_0000000), later_us=st.integers(0, 10**15))
def test_the_answer_does_not_depend_on_where_and_when(letters: str, shift_e7: int, later_us: int) -> None:
    def moved(drawn: Drawn, move_e7: int, add_us: int) -> list[tuple[MatchState, str, int]]:
        poses = [
            replace(p, lon_e7=(p.lon_e7 or 0.0) + move_e7, pose_time_us=p.pose_time_us + add_us)
            for p in TOWN.poses(letters, sigma_m=3.0, rate_hz=4.0)
        ]
        results = drive(drawn.network, poses)
        return [(r.state, road(drawn, r), round(r.candidates[0].link_offset_cm, -1)) for r in results]

    # The same picture elsewhere on the parallel; a shift by whole units leaves every length what it is.
    there = draw(PICTURE, lon_deg=8.0 + shift_e7 / 1e7)
    shift = there.position("A")[1] - TOWN.position("A")[1]
    here, elsewhere = moved(TOWN, 0, 0), moved(there, shift, later_us)
    same = sum(a[:2] == b[:2] for a, b in zip(here, elsewhere, strict=True))
    assert same >= 0.98 * len(here)  # node coordinates are rounded anew


PICTURE = """
    A----B----C----D
    |    |    |    |
    |    E----F----G
    |   /     |    |
    H--I------J----K
              |
              L
"""


@pytest.mark.parametrize("letters", ["ABCFG", "HIEBCD", "KJIEF"])
def test_the_way_back_gives_the_twins(letters: str) -> None:
    # At a node itself both roads that meet there are right.
    there = {road(TOWN, r) for r in drive(TOWN.network, TOWN.poses(letters))[3:-3]}
    back = {road(TOWN, r) for r in drive(TOWN.network, TOWN.poses(letters[::-1]))[3:-3]}
    assert {x[::-1] for x in there} == back


def test_the_same_poses_give_the_same_answers() -> None:
    poses = TOWN.poses("ABCFJIEB", sigma_m=8.0, seed=4)
    assert drive(TOWN.network, poses) == drive(TOWN.network, poses)


# --- noise


@pytest.mark.parametrize(("sigma_m", "rate_hz"), [(3.0, 10.0), (5.0, 10.0), (5.0, 1.0), (10.0, 10.0)])
def test_noise_costs_little(sigma_m: float, rate_hz: float) -> None:
    letters = "ABEFCDGFJKGDCBAHIEBCFJLJI"
    poses = TOWN.poses(letters, sigma_m=sigma_m, rate_hz=rate_hz, seed=7)
    results = drive(TOWN.network, poses)
    right = sum(road(TOWN, r) == truth(TOWN, letters, p)[0] for p, r in zip(poses, results, strict=True))
    sure = sum(r.state is MatchState.TRACKING for r in results)
    assert right > 0.97 * len(poses) and sure > 0.97 * len(poses)


def test_the_state_does_not_flicker_in_steady_driving() -> None:
    results = drive(STRAIGHT.network, STRAIGHT.poses("AB", sigma_m=5.0, seed=1))
    assert {r.state for r in results[1:]} == {MatchState.TRACKING}


def test_the_offset_never_runs_back_while_the_vehicle_drives_on() -> None:
    offsets = [r.candidates[0].link_offset_cm for r in drive(STRAIGHT.network, STRAIGHT.poses("AB", sigma_m=5.0))]
    back = sum(b < a - 100 for a, b in pairwise(offsets[20:]))
    assert back == 0


# --- without a fix


@pytest.mark.parametrize("known", ["odometer", "speed"])
def test_a_tunnel_without_fixes_is_driven_by_odometer_or_speed(known: str) -> None:
    poses = STRAIGHT.poses("AB", sigma_m=2.0)
    blind = range(200, 500)
    changes = {"travelled_m": None} if known == "odometer" else {"speed_mps": None}
    driven = [
        replace(without_fix(p), **(changes if known == "speed" else {"speed_mps": None})) if k in blind else p
        for k, p in enumerate(poses)
    ]
    if known == "speed":
        driven = [replace(p, travelled_m=None, speed_mps=15.0) for p in driven]
    results = drive(STRAIGHT.network, driven)
    for k in blind:
        assert results[k].extrapolated and results[k].state is MatchState.TRACKING
        off_m = results[k].candidates[0].link_offset_cm / 100 - (poses[k].travelled_m or 0.0)
        assert abs(off_m) < 15.0
    assert not results[-1].extrapolated


def test_a_junction_without_a_fix_is_every_way_until_a_fix_tells() -> None:
    letters = "BEFG"
    poses = TOWN.poses(letters)
    before = next(k for k, p in enumerate(poses) if truth(TOWN, letters, p)[0] == "EF") + 40
    after = next(k for k, p in enumerate(poses) if truth(TOWN, letters, p)[0] == "FG") + 40
    driven = [without_fix(p) if before <= k < after else p for k, p in enumerate(poses)]
    results = drive(TOWN.network, driven)
    ways = {NAMES[c.link_id] for c in results[after - 1].candidates}
    assert ways == {"FG", "FC", "FJ"}
    assert sum(c.probability for c in results[after - 1].candidates) == pytest.approx(1.0, abs=0.01)
    assert road(TOWN, results[after + 3]) == "FG"


def test_a_heading_tells_the_way_where_no_fix_does() -> None:
    letters = "BEFJKGD"
    poses = TOWN.poses(letters)
    driven = [without_fix(p, heading=True) if k > 20 else p for k, p in enumerate(poses)]
    for pose, result in zip(poses, drive(TOWN.network, driven), strict=True):
        expected, _, to_node_m = truth(TOWN, letters, pose)
        assert to_node_m < 25.0 or road(TOWN, result) == expected


def test_without_fix_odometer_and_speed_the_answer_is_soon_in_doubt() -> None:
    poses = STRAIGHT.poses("AB")[:100]
    blind = [Pose(pose_time_us=poses[-1].pose_time_us + 500_000 * (k + 1)) for k in range(10)]
    results = drive(STRAIGHT.network, [*poses, *blind])
    assert results[101].state is MatchState.TRACKING
    assert results[-1].state is MatchState.AMBIGUOUS and results[-1].extrapolated


@pytest.mark.parametrize("rate_hz", [1, 10, 50])
def test_where_nothing_is_known_any_more_the_sigma_says_how_far_it_may_be_by_now(rate_hz: int) -> None:
    """At 10 m/s to the last: it goes on for three seconds; a minute later it may be standing, or 600 m on."""
    poses = STRAIGHT.poses("AB", speed_mps=10.0)[:50]
    blind = [Pose(pose_time_us=poses[-1].pose_time_us + 1_000_000 * k // rate_hz) for k in range(1, 60 * rate_hz + 1)]
    results = drive(STRAIGHT.network, [*poses, *blind])
    last, coasted, blinded = (results[i].candidates[0] for i in (49, 49 + 3 * rate_hz, -1))
    assert coasted.link_offset_cm - last.link_offset_cm == pytest.approx(3_000, abs=200)
    assert coasted.offset_sigma_m > 10.0
    assert blinded.offset_sigma_m == pytest.approx(600.0, abs=30.0)
    # Some 80 m from the start of a road of 980 m: as likely as not it has left that road by now.
    assert coasted.probability > 0.99 and blinded.probability == pytest.approx(0.49, abs=0.02)


def test_poses_may_be_missing_altogether() -> None:
    letters = "ABCFJKGFEIH"
    poses = [p for k, p in enumerate(TOWN.poses(letters)) if k % 97 < 37]  # six seconds in ten are lost
    for pose, result in zip(poses, drive(TOWN.network, poses), strict=True):
        expected, _, to_node_m = truth(TOWN, letters, pose)
        assert to_node_m < 15.0 or road(TOWN, result) == expected


# --- jumps, turning, standing


@pytest.mark.parametrize("to", ["GK", "HA", "CB"])
def test_a_jump_is_found_within_three_poses(to: str) -> None:
    poses = TOWN.poses("IJ")[:60]
    jumped = TOWN.poses(to, start_time_us=poses[-1].pose_time_us + 100_000)
    jumped = [replace(p, travelled_m=(poses[-1].travelled_m or 0.0) + (p.travelled_m or 0.0)) for p in jumped][10:30]
    results = drive(TOWN.network, [*poses, *jumped])
    assert results[60].state is not MatchState.TRACKING
    assert road(TOWN, results[62]) == to
    assert results[64].state is MatchState.TRACKING


def test_one_wild_fix_moves_nothing() -> None:
    poses = STRAIGHT.poses("AB", sigma_m=2.0)
    lat, lon = TOWN.position("A")
    poses[100] = replace(poses[100], lat_e7=lat + 30_000.0, lon_e7=lon + 60_000.0)
    results = drive(STRAIGHT.network, poses)
    assert all(road(STRAIGHT, r) == "AB" for r in results)
    assert results[100].state is MatchState.AMBIGUOUS
    assert results[102].state is MatchState.TRACKING


def test_a_u_turn_is_seen_by_the_heading() -> None:
    there = STRAIGHT.poses("AB")[:200]
    back = STRAIGHT.poses("BA")
    where = STRAIGHT.link("BA").line.length_m - (there[-1].travelled_m or 0.0)
    first = next(k for k, p in enumerate(back) if (p.travelled_m or 0.0) >= where)
    turned = [
        replace(
            p,
            pose_time_us=there[-1].pose_time_us + 100_000 * (k + 1),
            travelled_m=(there[-1].travelled_m or 0.0) + (p.travelled_m or 0.0) - where,
        )
        for k, p in enumerate(back[first:])
    ]
    results = drive(STRAIGHT.network, [*there, *turned])
    assert road(STRAIGHT, results[199]) == "AB"
    assert [road(STRAIGHT, r) for r in results[210:]] == ["BA"] * len(results[210:])
    assert any(not r.passed for r in results[200:210]), "no drive along the road leads here"


def test_the_dead_end_is_left_by_the_way_back() -> None:
    letters = "FJLJK"
    results = drive(TOWN.network, TOWN.poses(letters))
    driven = [road(TOWN, results[0])]
    for result in results[1:]:
        assert result.passed
        driven += [NAMES[x] for x in result.passed[1:]]
    assert driven == ["FJ", "JL", "LJ", "JK"]


def test_how_far_beside_it_a_fix_lies_is_told_of_each_road() -> None:
    """Fixes so close in time that few of them are weighed: what is told of a road is of this fix all the same."""
    drawn = draw("A---------B\nP---------Q", grid_m=12.0)
    shift_e7 = 2.0 / 111_320.0 * 1e7
    middle_e7 = (drawn.position("A")[0] + drawn.position("P")[0]) / 2
    poses = [
        Pose(p.pose_time_us, middle_e7 + (shift_e7 if k % 2 else -shift_e7), p.lon_e7, position_sigma_m=5.0)
        for k, p in enumerate(drawn.poses("AB", speed_mps=2.0, rate_hz=20.0))
    ]
    upper, lower, both = drawn.link("AB").link_id, drawn.link("PQ").link_id, 0
    apart_m = (drawn.position("A")[0] - drawn.position("P")[0]) * 1e-7 * 111_195.0
    for result in drive(drawn.network, poses):
        beside_m = {x.link_id: x.lateral_m for x in result.candidates}
        if upper in beside_m and lower in beside_m:
            both += 1
            assert beside_m[lower] - beside_m[upper] == pytest.approx(apart_m, abs=0.2)
    assert both > 20


def test_a_wrong_heading_at_standstill_does_not_matter() -> None:
    poses = STRAIGHT.poses("AB")[:100]
    standing = at_rest(poses[-1], 100, heading_rad=(poses[-1].heading_rad or 0.0) + math.pi)
    results = drive(STRAIGHT.network, [*poses, *standing])
    assert {road(STRAIGHT, r) for r in results} == {"AB"}
    assert {r.state for r in results} == {MatchState.TRACKING}
    assert results[-1].candidates[0].heading_error_rad is None  # what it turns to while it stands is not believed


def test_a_stop_at_a_junction_does_not_flicker() -> None:
    letters = "ABC"
    poses = [p for p in TOWN.poses(letters) if truth(TOWN, letters, p)[0] == "AB"][:-1]
    noisy = TOWN.poses(letters, sigma_m=4.0, seed=3)
    standing = [
        replace(p, lat_e7=n.lat_e7 - m.lat_e7 + p.lat_e7, lon_e7=n.lon_e7 - m.lon_e7 + p.lon_e7)
        for p, n, m in zip(at_rest(poses[-1], 150), noisy, TOWN.poses(letters), strict=False)
        if n.lat_e7 and m.lat_e7 and p.lat_e7 and n.lon_e7 and m.lon_e7 and p.lon_e7
    ]
    roads = [road(TOWN, r) for r in drive(TOWN.network, [*poses, *standing])]
    assert sum(a != b for a, b in pairwise(roads)) <= 1


def test_reversing_stays_on_the_link_the_vehicle_faces() -> None:
    poses = STRAIGHT.poses("AB")[:100]
    last = poses[-1]
    back = []
    for k in range(1, 60):
        lat, lon = STRAIGHT.at("AB", (last.travelled_m or 0.0) - 0.3 * k)
        back.append(
            replace(
                last,
                pose_time_us=last.pose_time_us + 100_000 * k,
                lat_e7=lat,
                lon_e7=lon,
                speed_mps=-3.0,
                travelled_m=(last.travelled_m or 0.0) + 0.3 * k,
                reverse=True,
            )
        )
    results = drive(STRAIGHT.network, [*poses, *back])
    assert {road(STRAIGHT, r) for r in results} == {"AB"}
    driven_back_m = (results[99].candidates[0].link_offset_cm - results[-1].candidates[0].link_offset_cm) / 100
    assert driven_back_m == pytest.approx(0.3 * 59, abs=2.0)


def test_reversing_over_a_node_goes_back_to_the_link_before() -> None:
    poses = [p for p in TOWN.poses("ABC") if (p.travelled_m or 0.0) < 270.0]  # A-B is 250 m
    last = poses[-1]
    back = []
    for k in range(1, 100):
        at_m = (last.travelled_m or 0.0) - 0.4 * k
        lat, lon = TOWN.at("AB", at_m) if at_m < 250.0 else TOWN.at("BC", at_m - 250.0)
        back.append(
            replace(
                last,
                pose_time_us=last.pose_time_us + 100_000 * k,
                lat_e7=lat,
                lon_e7=lon,
                speed_mps=-4.0,
                travelled_m=None,
                reverse=True,
            )
        )
    roads = [road(TOWN, r) for r in drive(TOWN.network, [*poses, *back])]
    assert roads[len(poses) - 1] == "BC" and roads[-1] == "AB"
    assert sum(a != b for a, b in pairwise(roads)) == 2


# --- roads side by side, above and below


def test_a_slip_road_is_left_open_and_then_found() -> None:
    drawn = draw(
        "A---------B------------------C\n           \\\n            D----------------E",
        grid_m=20.0,
        ways={
            "ABC": {"oneway": True, "road_class": RoadClass.MOTORWAY},
            "BDE": {"oneway": True, "road_class": RoadClass.MOTORWAY, "form_of_way": FormOfWay.SLIP_ROAD},
        },
    )
    for letters, last in (("ABC", "BC"), ("ABDE", "DE")):
        results = drive(drawn.network, drawn.poses(letters, speed_mps=30.0, sigma_m=3.0, seed=2))
        assert road(drawn, results[-1]) == last
        assert results[-1].state is MatchState.TRACKING


def test_a_bridge_keeps_its_road() -> None:
    drawn = draw(
        """
             N
             |
        W----+----E
             |
             S
        """,
        ways={"WE": {"bridge": True, "level": 1}},
    )
    results = drive(drawn.network, drawn.poses("WE", sigma_m=5.0))
    assert {road(drawn, r) for r in results} == {"WE"}
    assert {r.state for r in results[1:]} == {MatchState.TRACKING}


def test_a_tunnel_under_a_street_keeps_its_vehicle() -> None:
    drawn = draw(
        "A--------B\n|        |\nC--------D",
        grid_m=10.0,
        ways={"AB": {"tunnel": True, "level": -1}},
    )
    poses = drawn.poses("CAB", speed_mps=8.0)
    beside = [
        replace(p, lat_e7=p.lat_e7 and p.lat_e7 - 950.0) if truth(drawn, "CAB", p)[0] == "AB" else p for p in poses
    ]  # 10.6 m off, nearer to the street C-D than to the tunnel
    results = drive(drawn.network, beside)
    assert road(drawn, results[-1]) == "AB"


def test_two_roads_at_one_distance_are_ambiguous() -> None:
    drawn = draw("A--------------------B\nC--------------------D", grid_m=20.0)
    a, c = drawn.at("AB", 50.0), drawn.at("CD", 50.0)
    pose = Pose(
        START_TIME_US, (a[0] + c[0]) / 2, (a[1] + c[1]) / 2, heading_rad=0.0, speed_mps=10.0, position_sigma_m=5.0
    )
    (result,) = drive(drawn.network, [pose])
    assert result.state is MatchState.AMBIGUOUS and result.reason
    assert {x.link_id for x in result.candidates[:2]} == set(drawn.links("AB") + drawn.links("CD"))


def test_two_links_of_one_road_are_one_road() -> None:
    """A first fix near the node between them tells no more than that, and the fork ahead stays one."""
    drawn = draw("A----B----C----D", grid_m=60.0)
    for ahead_m in (-6.0, -1.0, 0.0, 1.0, 6.0):
        lat_e7, lon_e7 = drawn.at("AB", 300.0 + ahead_m, 0.0)
        pose = Pose(START_TIME_US, lat_e7, lon_e7, drawn.link("AB").line.heading_rad[0], position_sigma_m=5.0)
        (result,) = drive(drawn.network, [replace(pose, speed_mps=10.0)])
        assert result.state is MatchState.TRACKING, ahead_m
    forked = draw("A----B----C\n     |     \n     D     ", grid_m=60.0)
    lat_e7, lon_e7 = forked.at("BC", 0.0, 0.0)
    (result,) = drive(forked.network, [Pose(START_TIME_US, lat_e7, lon_e7, position_sigma_m=5.0)])
    assert result.state is MatchState.AMBIGUOUS


def test_a_route_makes_its_roads_likelier() -> None:
    drawn = draw("A--------------------B\nC--------------------D", grid_m=20.0)
    a, c = drawn.at("AB", 50.0), drawn.at("CD", 50.0)
    pose = Pose(
        START_TIME_US, (a[0] + c[0]) / 2, (a[1] + c[1]) / 2, heading_rad=0.0, speed_mps=10.0, position_sigma_m=5.0
    )
    match = RunningMatch(drawn.network)
    match.set_route(drawn.links("CD"))
    result = match.step(pose)
    assert road(drawn, result) == "CD"
    assert result.candidates[0].probability > 2 * result.candidates[1].probability


def test_a_route_tells_the_way_where_no_fix_does() -> None:
    letters = "BEFJ"
    poses = TOWN.poses(letters)
    at = next(k for k, p in enumerate(poses) if truth(TOWN, letters, p)[0] == "EF")
    blind = [without_fix(p) if k > at + 20 else p for k, p in enumerate(poses[: at + 200])]
    match = RunningMatch(TOWN.network)
    assert road(TOWN, drive(TOWN.network, blind, match)[-1]) == "FG", "straight on"
    match.forget()
    match.set_route(TOWN.links(letters))
    assert road(TOWN, drive(TOWN.network, blind, match)[-1]) == "FJ"


# --- no road, no map


def test_before_the_first_fix_it_waits() -> None:
    (result,) = drive(TOWN.network, [Pose(START_TIME_US, speed_mps=10.0)])
    assert (result.state, result.reason, result.candidates) == (MatchState.WAITING, NO_FIX, ())


def test_it_waits_for_tiles_and_says_which() -> None:
    network = TOWN.empty_network()
    match = RunningMatch(network)
    poses = TOWN.poses("ABC")
    first = match.step(poses[0])
    assert (first.state, first.reason) == (MatchState.WAITING, TILES_NOT_LOADED)
    assert set(match.missing_tiles) <= set(TOWN.road_tiles) and match.missing_tiles
    for tile in match.missing_tiles:
        network.roads[tile] = TOWN.road_tiles[tile]
    then = match.step(poses[1])
    assert then.state is MatchState.TRACKING and match.missing_tiles == ()


def test_a_failed_tile_is_named_as_such() -> None:
    network = TOWN.empty_network()
    for tile in TOWN.road_tiles:
        network.failed[(Layer.L0, tile)] = "damaged"
    (result,) = drive(network, TOWN.poses("AB")[:1])
    assert (result.state, result.reason) == (MatchState.NO_COVERAGE, TILE_FAILED)


def test_far_from_every_tile_there_is_no_coverage() -> None:
    pose = Pose(START_TIME_US, 100_000_000.0, 100_000_000.0)
    (result,) = drive(TOWN.network, [pose])
    assert (result.state, result.reason) == (MatchState.NO_COVERAGE, NO_TILE)


def _leaving(drawn: Drawn, letters: Sequence[str] = ("AB",)) -> list[Pose]:
    """Along A-B, then off to the left, over land."""
    poses = drawn.poses(letters[0])[:150]
    last = poses[-1]
    for k in range(1, 120):
        lat, lon = drawn.at("AB", last.travelled_m or 0.0, lateral_m=1.0 * k)
        poses.append(
            replace(
                last,
                pose_time_us=last.pose_time_us + 100_000 * k,
                lat_e7=lat,
                lon_e7=lon,
                heading_rad=(last.heading_rad or 0.0) + math.pi / 2,
                speed_mps=10.0,
                travelled_m=(last.travelled_m or 0.0) + 1.0 * k,
            )
        )
    return poses


def test_leaving_the_road_is_seen_and_so_is_coming_back() -> None:
    poses = _leaving(STRAIGHT)
    results = drive(STRAIGHT.network, poses)
    assert results[149].state is MatchState.TRACKING
    assert results[-1].state is MatchState.OFF_ROAD and results[-1].reason
    changes = sum(a.state is not b.state for a, b in pairwise(results[1:]))
    assert changes <= 3
    match = RunningMatch(STRAIGHT.network)
    for pose in poses:
        match.step(pose)
    again = [
        replace(p, pose_time_us=p.pose_time_us + 60_000_000, travelled_m=(p.travelled_m or 0.0) + 500.0)
        for p in STRAIGHT.poses("AB")[200:260]
    ]
    assert drive(STRAIGHT.network, again, match)[-1].state is MatchState.TRACKING


def test_past_the_end_of_the_map_it_is_off_the_road() -> None:
    drawn = draw("A--------B", ways={"AB": {"oneway": True}})
    poses = STRAIGHT.poses("AB")[:600]
    results = drive(drawn.network, poses)
    assert road(drawn, results[50]) == "AB"
    assert results[-1].state is MatchState.OFF_ROAD


def test_past_all_tiles_there_is_no_coverage() -> None:
    drawn = draw("A--------B", ways={"AB": {"oneway": True}})
    first = drawn.poses("AB")
    north = first[-1]
    poses = [
        replace(
            north,
            pose_time_us=north.pose_time_us + 500_000 * k,
            lat_e7=(north.lat_e7 or 0.0) + 1_800.0 * k,  # 20 m
            heading_rad=math.pi / 2,
            speed_mps=40.0,
            travelled_m=(north.travelled_m or 0.0) + 20.0 * k,
        )
        for k in range(1, 400)
    ]
    states = [r.state for r in drive(drawn.network, [*first, *poses])]
    assert MatchState.OFF_ROAD in states
    assert states[-1] is MatchState.NO_COVERAGE


def test_a_tile_that_comes_late_is_waited_for_at_its_edge() -> None:
    drawn = draw("A---------B---------C---------D---------E---------F", grid_m=90.0)
    network = drawn.empty_network()
    poses = drawn.poses("ABCDEF", speed_mps=25.0)
    first = tile_of(drawn.link_ids["AB"])
    late = [t for t in drawn.road_tiles if t != first]
    assert late
    network.roads[first] = drawn.road_tiles[first]
    for tile in drawn.datasets[0].tiles - {first}:
        network.failed[(Layer.L0, tile)] = "not yet"  # the start is not held up by them
    match = RunningMatch(network)
    late_names = {x for x, link_id in drawn.link_ids.items() if tile_of(link_id) in late}
    cut = next(k for k, p in enumerate(poses) if truth(drawn, "ABCDEF", p)[0] in late_names) + 80
    results = drive(network, poses[:cut], match)
    assert next(r.reason for r in results if r.reason) == TILE_AHEAD_NOT_LOADED
    assert results[-1].state is MatchState.AMBIGUOUS
    network.failed.clear()
    for tile in late:
        network.roads[tile] = drawn.road_tiles[tile]
    results = drive(network, poses[cut:], match)
    assert results[3].state is MatchState.TRACKING
    assert road(drawn, results[-1]) == "EF"


def test_forget_starts_afresh() -> None:
    match = RunningMatch(TOWN.network)
    poses = TOWN.poses("ABC")
    first = match.step(poses[0])
    for pose in poses[1:50]:
        match.step(pose)
    match.forget()
    assert match.step(poses[0]) == first


@pytest.mark.parametrize("letters", ["AB", "BA"])
def test_it_works_across_the_antimeridian(letters: str) -> None:
    drawn = draw("A-------------------B", lon_deg=179.995, grid_m=49.0)
    poses = [
        replace(p, lon_e7=((p.lon_e7 or 0.0) + 1_800_000_000.0) % 3_600_000_000.0 - 1_800_000_000.0)
        for p in drawn.poses(letters, sigma_m=3.0)
    ]
    assert max(p.lon_e7 or 0.0 for p in poses) > 0.0 > min(p.lon_e7 or 0.0 for p in poses)
    results = drive(drawn.network, poses)
    assert {road(drawn, r) for r in results} == {letters}
    assert {r.state for r in results[1:]} == {MatchState.TRACKING}
