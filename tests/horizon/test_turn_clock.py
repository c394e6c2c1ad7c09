"""Turns that are banned at some hours, in the path tree, seen from both ends."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.geo.units import US_PER_SEC
from mapprior.horizon.drive_limits import DriveLaw
from mapprior.horizon.events import Open, PoseEvent, RouteEvent
from mapprior.horizon.session import NO_LAWS
from tests.asciimap import Drawn, draw
from tests.horizon.pair import Pair
from tests.horizon.timed import HOUR_US, LAWS, MINUTE_US, jump_to, standing, utc_us

# The likeliest way leads over C; from the side path to the north of B two ways lead on, as from the way over C.
PICTURE = """
I----E----J
     |         F
     |         |
     |         G----H
     |         |
A----B---------C----D
"""
MORNING = "@Mo-Fr 07:00-09:00"
DAY_US = utc_us("2026-06-10T00:00:00") - 2 * HOUR_US  # a Wednesday by the clock of Berlin
SEVEN_US, NINE_US = DAY_US + 7 * HOUR_US, DAY_US + 9 * HOUR_US
Chances = dict[tuple[str, int], int]


def town(*restrictions: list[str]) -> Drawn:
    return draw(PICTURE, restrictions=restrictions, ways={"ABCD": {"maxspeed_kmh": 50}}, grid_m=20.0)


def pair_on(drawn: Drawn, *, laws: Mapping[int, DriveLaw] = LAWS, levels_count: int = 2) -> Pair:
    return Pair(drawn, Open(horizon_length_m=600, stub_length_m=150, side_levels_count=levels_count), laws=laws)


def chances(pair: Pair) -> Chances:
    """The chance of each path, by its letters and its place on the path that it leaves."""
    paths = list(pair.reconstructor.state.paths.values())
    found = {(pair.letters(x), x.path.offset_on_parent_cm): x.path.probability_ppm for x in paths}
    assert len(found) == len(paths)
    return found


def left_at_b(now: Chances) -> int:
    """The chance of the first turn to E."""
    return min((offset_cm, ppm) for (letters, offset_cm), ppm in now.items() if letters.startswith("BE"))[1]


def at(pair: Pair, time_us: int) -> Chances:
    jump_to(pair, standing(pair.drawn, "AB", time_us))
    return chances(pair)


def chances_with(*restrictions: list[str], levels_count: int) -> Chances:
    return at(pair_on(town(*restrictions), levels_count=levels_count), DAY_US)


LEVELS = (1, 2)
BANS = [["AB", "BE"], ["AB", "BC"], ["CG", "GH"], ["CG", "GF"], ["AB", "BC", "CG"], ["BE", "EI"], ["BE", "EJ"]]
ALL_FREE = {levels: chances_with(levels_count=levels) for levels in LEVELS}
BANNED = {(*x, levels): chances_with(x, levels_count=levels) for x in BANS for levels in LEVELS}
FREE = ALL_FREE[2]


def test_what_the_laws_below_rest_on() -> None:
    for levels in LEVELS:
        changed = [x for x in BANS if BANNED[*x, levels] != ALL_FREE[levels]]
        # where side paths do not branch, only the way that one takes is seen
        assert changed == BANS if levels == 2 else ["BE", "EI"] in changed or ["BE", "EJ"] in changed


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(BANS),
    st.sampled_from(LEVELS),
    st.lists(st.integers(0, 7 * 24 * 60 - 1), min_size=1, max_size=3).map(sorted),
)
def test_a_ban_that_holds_is_as_one_that_always_does_and_one_that_does_not_is_none(
    ban: list[str], levels_count: int, minutes: list[int]
) -> None:
    pair = pair_on(town([*ban, MORNING]), levels_count=levels_count)
    for minute in minutes:
        now = at(pair, DAY_US + minute * MINUTE_US)
        weekday, of_day = divmod(minute + 2 * 24 * 60, 24 * 60)  # from Monday on
        is_work_day = weekday % 7 < 5
        if is_work_day and 7 * 60 <= of_day < 9 * 60 - 5:
            assert now == BANNED[*ban, levels_count]
        elif not is_work_day or not 7 * 60 - 5 < of_day < 9 * 60:
            assert now == ALL_FREE[levels_count]


def standing_from(pair: Pair, from_us: int, until_us: int) -> list[tuple[int, Chances]]:
    """What is said, and from when on, while no pose comes: the session wakes by itself, and what is sent is what it
    holds (`Pair` checks that)."""
    seen = [(from_us, at(pair, from_us))]
    start_us = pair.now_us
    while (time_us := from_us + pair.now_us - start_us) < until_us:
        wake_us = pair.session.wakes_at()
        assert wake_us is not None and wake_us > pair.now_us
        pair.now_us = wake_us
        pair.session.wake(pair.now_us)
        pair.serve()
        pair.pump()
        time_us, now = from_us + pair.now_us - start_us, chances(pair)
        if now != seen[-1][1]:
            seen.append((time_us, now))
    return seen


@pytest.mark.parametrize("ban", BANS)
def test_the_paths_of_a_vehicle_that_stands_change_where_a_ban_comes_into_reach_begins_and_ends(
    ban: list[str],
) -> None:
    pair = pair_on(town([*ban, MORNING]))
    seen = standing_from(pair, SEVEN_US - 5 * MINUTE_US, SEVEN_US + MINUTE_US)
    seen += standing_from(pair, NINE_US - 5 * MINUTE_US, NINE_US + MINUTE_US)[1:]
    free, undecided, banned, undecided_again, free_again = (x for _, x in seen)
    assert free == free_again == FREE and banned == BANNED[*ban, 2]
    assert undecided == undecided_again
    times_us = [x for x, _ in seen]
    # of a turn so near that one may be there within 10 s nothing is decided before the switch
    assert times_us[2] >= SEVEN_US or len(ban) > 2 or ban[0] != "AB"
    assert times_us[2] <= SEVEN_US + 2 * US_PER_SEC
    assert times_us[4] >= NINE_US or len(ban) > 2 or ban[0] != "AB"
    assert times_us[4] <= NINE_US + 2 * US_PER_SEC


def test_a_turn_off_a_side_path_is_reached_after_the_stretch_before_it() -> None:
    """At the latest the vehicle stands for 30 s, drives 25 km/h on AB and, as no limit is known there, 1 m/s on BE."""
    drawn = town(["BE", "EI", MORNING])
    seen = standing_from(pair_on(drawn), SEVEN_US - 5 * MINUTE_US, SEVEN_US)
    rest_m, side_m = drawn.link("AB").length_cm / 100 - 20.0, drawn.link("BE").length_cm / 100
    latest_sec = 30.0 + rest_m / (25 / 3.6) + side_m
    assert (SEVEN_US - seen[1][0]) / US_PER_SEC == pytest.approx(latest_sec, abs=1.5)


@pytest.mark.parametrize(("condition", "laws"), [(MORNING, NO_LAWS), ("@when children play", LAWS), ("@SH", LAWS)])
def test_one_of_which_it_is_not_known_is_half_as_likely_at_any_time(
    condition: str, laws: Mapping[int, DriveLaw]
) -> None:
    pair = pair_on(town(["AB", "BE", condition]), laws=laws)
    now = at(pair, DAY_US)
    odds, free_odds = (left_at_b(x) / (1_000_000 - left_at_b(x)) for x in (now, FREE))
    assert odds == pytest.approx(free_odds / 2, rel=1e-3)
    assert at(pair, DAY_US + 8 * HOUR_US) == now


def test_while_the_clock_is_not_believed_nothing_is_known() -> None:
    pair = pair_on(town(["AB", "BE", MORNING]))
    pose = standing(pair.drawn, "AB", DAY_US)
    pair.send(PoseEvent(pose, pose.pose_time_us + HOUR_US))
    pair.pump()
    assert 0 < left_at_b(chances(pair)) < left_at_b(FREE)
    later = standing(pair.drawn, "AB", DAY_US + US_PER_SEC)
    pair.send(PoseEvent(later, later.pose_time_us))
    pair.pump()
    assert chances(pair) == FREE


def test_a_route_is_followed_all_the_same() -> None:
    """Who made it knows better, as of a ban that always holds."""
    pair = pair_on(town(["AB", "BE", MORNING]))
    at(pair, SEVEN_US + HOUR_US)
    pair.send(RouteEvent(tuple(pair.drawn.links("ABE"))))
    pair.pump()
    assert pair.letters().startswith("ABE")


def test_where_nothing_is_banned_at_times_nothing_is_due() -> None:
    pair = pair_on(town(["AB", "BE"]))
    at(pair, SEVEN_US)
    assert pair.session._turns.due_us is None
