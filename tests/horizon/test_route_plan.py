"""Routes over turns that are banned at some hours, on drawn roads."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import LimitError, NoRouteError
from mapprior.horizon.drive_limits import DriveLaw
from mapprior.horizon.route_plan import RoutePlan
from mapprior.horizon.session import NO_LAWS
from mapprior.horizon.turn_times import TurnTimes
from mapprior.match.route import Route, Waypoint, find_route
from mapprior.match.route_graph import SearchBudget
from mapprior.model.pose import CAR, DrivingConditions
from tests.asciimap import Drawn, draw
from tests.horizon.timed import HOUR_US, LAWS, MINUTE_US, utc_us

# Turning left at B leads straight to E; without it one drives round the block, over C and F.
PICTURE = """
A----B----C
     |    |
     E----F
     |
     G
"""
DAY_US = utc_us("2026-06-10T00:00:00") - 2 * HOUR_US  # a Wednesday by the clock of Berlin
SEVEN_US = DAY_US + 7 * HOUR_US
MORNING = "@Mo-Fr 07:00-09:00"


def drawn_with(condition: str, *more: list[str], grid_m: float = 50.0) -> Drawn:
    ban = ["AB", "BE", condition] if condition else ["AB", "BE"]
    return draw(PICTURE, restrictions=[ban, *more], ways={"ABC": {"maxspeed_kmh": 50}}, grid_m=grid_m)


def plan(
    drawn: Drawn,
    departure_us: int,
    *,
    laws: Mapping[int, DriveLaw] = LAWS,
    budget: int = 10_000,
    start: str = "AB",
) -> Route:
    places = [drawn.at(start, 100.0), drawn.at("EG", 60.0)]
    waypoints = [Waypoint(round(lat), round(lon)) for lat, lon in places]
    times = TurnTimes(CAR, laws, DrivingConditions())
    return RoutePlan(drawn.network, waypoints, SearchBudget(budget), times=times, departure_us=departure_us).find()


def letters(drawn: Drawn, route: Route) -> str:
    names = {v: k for k, v in drawn.link_ids.items()}
    found = [names[x] for x in route.links]
    assert all(a[1] == b[0] for a, b in pairwise(found))
    return found[0] + "".join(x[1] for x in found[1:])


STRAIGHT, AROUND = "ABEG", "ABCFEG"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 7 * 24 * 60 - 1))
def test_a_ban_that_holds_is_kept_and_one_that_does_not_is_none(minute: int) -> None:
    drawn = drawn_with(MORNING)
    route = plan(drawn, DAY_US + minute * MINUTE_US)
    weekday, of_day = divmod(minute + 2 * 24 * 60, 24 * 60)  # from Monday on
    switches = [abs(of_day - at) for at in (7 * 60, 9 * 60)]
    is_work_day = weekday % 7 < 5
    holds = is_work_day and 7 * 60 <= of_day < 9 * 60
    if not is_work_day or min(switches) > 5:
        assert letters(drawn, route) == (AROUND if holds else STRAIGHT)
    assert route.doubtful_turns == (), "the way around is short"


def test_one_that_holds_is_as_one_that_always_does() -> None:
    timed, always = drawn_with(MORNING), drawn_with("")
    places = [always.at("AB", 100.0), always.at("EG", 60.0)]
    waypoints = [Waypoint(round(lat), round(lon)) for lat, lon in places]
    found = plan(timed, DAY_US + 8 * HOUR_US)
    kept = find_route(always.network, waypoints)
    assert letters(timed, found) == letters(always, kept) == AROUND
    assert (found.length_m, found.cost) == (kept.length_m, kept.cost)


@pytest.mark.parametrize(
    ("condition", "departure_us", "laws"),
    [
        (MORNING, 0, LAWS),
        (MORNING, SEVEN_US, LAWS),  # it begins while the vehicle is on its way
        (MORNING, DAY_US + 12 * HOUR_US, NO_LAWS),  # by whose clock?
        ("@when children play", DAY_US + 12 * HOUR_US, LAWS),
        ("@SH", DAY_US + 12 * HOUR_US, LAWS),
    ],
)
def test_one_of_which_it_is_not_known_is_avoided_or_said(
    condition: str, departure_us: int, laws: Mapping[int, DriveLaw]
) -> None:
    near, far = drawn_with(condition), drawn_with(condition, grid_m=190.0)
    half_minute_us = MINUTE_US // 2 if departure_us == SEVEN_US else 0
    avoided = plan(near, departure_us - half_minute_us, laws=laws)
    assert letters(near, avoided) == AROUND and not avoided.doubtful_turns
    taken = plan(far, departure_us - 3 * half_minute_us, laws=laws)
    assert letters(far, taken) == STRAIGHT
    (turn,) = taken.doubtful_turns
    assert (turn.from_link, turn.to_link) == (far.link_ids["AB"], far.link_ids["BE"])
    assert turn.condition == condition[1:]
    assert turn.offset_m == pytest.approx(far.link("AB").length_cm / 100 - 100.0, abs=0.1)


def test_where_there_is_no_other_way_it_is_taken_and_said_and_one_that_holds_is_no_way() -> None:
    drawn = drawn_with(MORNING, ["CF", "FE"])
    assert [x.condition for x in plan(drawn, 0).doubtful_turns] == [MORNING[1:]]
    with pytest.raises(NoRouteError):
        plan(drawn, DAY_US + 8 * HOUR_US)


def test_the_way_around_asks_no_such_question_either() -> None:
    drawn = drawn_with(MORNING, ["CF", "FE", "@Sa"])
    both = plan(drawn, 0)
    assert letters(drawn, both) == STRAIGHT and len(both.doubtful_turns) == 1
    wednesday = plan(drawn, DAY_US + 8 * HOUR_US)
    assert letters(drawn, wednesday) == AROUND and not wednesday.doubtful_turns


def test_one_over_a_way_between_is_judged_where_it_ends() -> None:
    drawn = draw(PICTURE, restrictions=[["AB", "BE", "EG", MORNING]], ways={"ABC": {"maxspeed_kmh": 50}})
    assert letters(drawn, plan(drawn, DAY_US + 12 * HOUR_US)) == STRAIGHT
    assert letters(drawn, plan(drawn, DAY_US + 8 * HOUR_US)) == AROUND


def test_the_vehicle_has_to_come_there_first() -> None:
    """At 6:56 the ban begins in four minutes: who is near is past the turn by then, who is 5 km away is not."""
    picture = PICTURE.replace("A----B", "A----H----I----J----K----B").replace("     |", 25 * " " + "|")
    picture = picture.replace("     E", 25 * " " + "E").replace("     G", 25 * " " + "G")
    ways = {"AHIJKBC": {"maxspeed_kmh": 50}}
    drawn = draw(picture, restrictions=[["KB", "BE", "@Mo-Fr 07:00-21:00"]], ways=ways, grid_m=190.0)
    departure_us = SEVEN_US - 4 * MINUTE_US
    assert letters(drawn, plan(drawn, departure_us, start="KB")) == "KBEG"
    assert letters(drawn, plan(drawn, departure_us, start="AH")) == "AHIJKBCFEG"


def test_a_budget_that_ends_while_another_way_is_looked_for_leaves_the_first() -> None:
    drawn = drawn_with(MORNING)
    spent = next(n for n in range(1, 1000) if _is_enough(drawn, n))
    taken = plan(drawn, 0, budget=spent)
    assert letters(drawn, taken) == STRAIGHT and taken.doubtful_turns


def _is_enough(drawn: Drawn, budget: int) -> bool:
    try:
        plan(drawn, 0, budget=budget)
    except LimitError:
        return False
    return True
