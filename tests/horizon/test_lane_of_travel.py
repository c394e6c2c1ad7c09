"""The lane of travel says where the tree goes: only where it is known and has arrows, and without flicker."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.events import Open, RouteEvent
from mapprior.model.lane import TurnDirection
from mapprior.model.pose import Pose
from tests.asciimap import START_TIME_US, Drawn, draw
from tests.horizon.pair import Pair

STREET = """
         N    X
         |    |
A---W----C----E----F
         |
         S
"""
LEFT, THROUGH, RIGHT = (TurnDirection.LEFT,), (TurnDirection.THROUGH,), (TurnDirection.RIGHT,)
ARROWS = {"lanes": 3, "turns": [LEFT, THROUGH, RIGHT], "lane_width_m": 3.5, "oneway": True}
LANE_LEFT_M = (3.5, 0.0, -3.5)  # of the link's line
OPENED = Open(horizon_length_m=600, trailing_length_m=50, stub_length_m=200)


@pytest.fixture(scope="module")
def street() -> Drawn:
    return draw(STREET, ways={"WC": ARROWS})


def in_lane(drawn: Drawn, letters: str, lane: Sequence[int | None] | int | None, sigma_m: float = 0.3) -> list[Pose]:
    """Poses at 10 m/s in the middle of a lane of `WC`, one for the whole drive or one for each pose; None: poor."""
    found: list[Pose] = []
    driven_m = 0.0
    for name in (a + b for a, b in pairwise(letters)):
        line = drawn.link(name).line
        while (along_m := float(len(found)) - driven_m) < line.length_m:
            index = lane if lane is None or isinstance(lane, int) else lane[min(len(found), len(lane) - 1)]
            lat_e7, lon_e7 = drawn.at(name, along_m, 0.0 if index is None else LANE_LEFT_M[index])
            found.append(
                Pose(
                    START_TIME_US + len(found) * 100_000,
                    lat_e7,
                    lon_e7,
                    heading_rad=line.heading_rad[0],
                    speed_mps=10.0,
                    position_sigma_m=5.0 if index is None else sigma_m,
                    heading_sigma_rad=0.05,
                    travelled_m=float(len(found)),
                )
            )
        driven_m += line.length_m
    return found


def driven(drawn: Drawn, poses: Iterable[Pose], opened: Open = OPENED) -> Pair:
    pair = Pair(drawn, opened)
    pair.drive(poses)
    return pair


def chance(pair: Pair, letter: str) -> float:
    """Of driving from C to this letter, as the client has it."""
    letters = pair.letters()
    ways = {x[1]: on_path.path.probability_ppm for x, on_path in pair.sides().items() if x[0] == "C"}
    return (ways.get(letter) or 1_000_000 - sum(ways.values()) * (letters[letters.index("C") + 1] == letter)) / 1e6


@pytest.mark.parametrize(("lane", "letter"), [(0, "N"), (1, "E"), (2, "S")])
def test_the_path_goes_where_the_lane_leads(street: Drawn, lane: int, letter: str) -> None:
    pair = driven(street, in_lane(street, "AWC", lane)[:230])
    assert pair.letters().startswith(("WC" + letter, "AWC" + letter))
    assert chance(pair, letter) > 0.5


def test_without_a_lane_straight_on_stays(street: Drawn) -> None:
    pair = driven(street, in_lane(street, "AWC", None)[:230])
    plain = Pair(street, OPENED)
    plain.drive(street.poses("AW"))
    assert "WCEF" in pair.letters()
    assert chance(pair, "N") == chance(plain, "N")


def test_a_lane_changed_changes_the_path_once(street: Drawn) -> None:
    poses = in_lane(street, "WC", [0] * 60 + [1] * 200)
    pair = Pair(street, OPENED)
    pair.drive(poses[5:20])
    seen = [pair.letters()[-3:] for pose in poses[20:] if pair.drive([pose])]
    assert [x for x, before in zip(seen, [None, *seen], strict=False) if x != before] == ["WCN", "CEF"]
    assert 40 < seen.index("CEF") <= 40 + 20  # two seconds


def test_lanes_count_on_the_vehicles_own_link_only(street: Drawn) -> None:
    pair = driven(street, in_lane(street, "AW", 0))
    assert "WCEF" in pair.letters()


def test_the_junction_after_the_next_knows_nothing_of_the_lane() -> None:
    """Not while the vehicle is before the next one, nor past it in poses that do not know lanes."""
    drawn = draw(STREET, ways={"WC": ARROWS, "CE": ARROWS})
    pair, plain = (driven(drawn, in_lane(drawn, "AWC", lane)[:400]) for lane in (1, None))

    def of_those_who_get_to_e(x: Pair) -> float:
        return x.sides()["EX"].path.probability_ppm / (1_000_000 * chance(x, "E"))

    assert of_those_who_get_to_e(pair) == pytest.approx(of_those_who_get_to_e(plain), abs=1e-5)
    lost = in_lane(drawn, "WCE", [0] * 249 + [None])[:260]
    known = in_lane(drawn, "WCE", None)[:260]
    assert chance_at_e(lost, drawn) == chance_at_e(known, drawn)


def chance_at_e(poses: list[Pose], drawn: Drawn) -> int:
    return driven(drawn, poses).sides()["EX"].path.probability_ppm


def test_a_route_outweighs_the_lane(street: Drawn) -> None:
    pair = Pair(street, OPENED)
    pair.send(RouteEvent(tuple(street.links("AWCS"))))
    pair.drive(in_lane(street, "AWC", 0)[:230])
    assert pair.letters().endswith("WCS")
    assert pair.sides()["CN"].path.probability_ppm > pair.sides()["CE"].path.probability_ppm


def test_what_was_known_of_the_lane_goes_with_time(street: Drawn) -> None:
    poses = in_lane(street, "WC", [0] * 60 + [None] * 60)
    pair = Pair(street, OPENED)
    pair.drive(poses[5:75])
    assert pair.letters() == "WCN"  # a second and a half without
    pair.drive(poses[75:90])
    assert pair.letters() == "WCEF"


@pytest.mark.parametrize(("sigma_m", "letters"), [(0.3, "WCN"), (1.0, "WCEF")])
def test_noise_of_the_poses_lays_nothing_anew(street: Drawn, sigma_m: float, letters: str) -> None:
    """Standing in the lane for a minute; a metre of noise and the map's own leave it open which lane it is."""
    noise = random.Random(5)
    still = in_lane(street, "WC", 0)[60]
    poses = []
    for k in range(600):
        lat_e7, lon_e7 = street.at("WC", 60.0, LANE_LEFT_M[0] + noise.gauss(0.0, sigma_m))
        time_us = START_TIME_US + k * 100_000
        poses.append(
            replace(still, pose_time_us=time_us, lat_e7=lat_e7, lon_e7=lon_e7, speed_mps=0.0, position_sigma_m=sigma_m)
        )
    pair = Pair(street, OPENED)
    pair.drive(poses[:50])
    updates = pair.drive(poses[50:])
    assert sum(bool(x.items or x.removed) for x in updates) <= 1
    assert pair.letters() == letters


def test_lanes_without_arrows_change_nothing() -> None:
    plain = draw(STREET, ways={"WC": {**ARROWS, "turns": [(), (), ()]}})
    left, none = (driven(plain, in_lane(plain, "AWC", lane)[:230]) for lane in (0, None))
    assert {k: v.path.probability_ppm for k, v in left.sides().items()} == {
        k: v.path.probability_ppm for k, v in none.sides().items()
    }


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2, None]), min_size=1, max_size=12), st.integers(1, 30))
def test_however_lanes_change_client_and_server_agree_and_a_replay_is_the_same(
    street: Drawn, lanes: list[int | None], each: int
) -> None:
    """`Pair` holds every state to the laws of a horizon; the state hash tells two drives apart."""
    poses = in_lane(street, "AWCEF", [x for x in lanes for _ in range(each)])[::3]
    first, second = driven(street, poses), driven(street, poses)
    assert first.updates == second.updates
    fresh = Pair(street, OPENED)
    fresh.drive(poses[-1:])
    assert first.letters().endswith(fresh.letters()[-2:])
