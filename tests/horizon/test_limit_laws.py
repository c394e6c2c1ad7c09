"""What holds of limits in time on any network, at any hour, however the vehicle came there.

Every drive runs through both ends; `Pair.deliver` checks after each update that they hold the same state.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mapprior.geo.units import US_PER_SEC as SEC
from mapprior.horizon.arrival import CRAWL_MPS, HYSTERESIS_US, RELOOK_US, STANDS_US
from mapprior.horizon.events import ConditionsEvent, Open
from mapprior.horizon.items import ROOT, Update
from mapprior.horizon.update import State
from mapprior.market.circumstances import Arrival
from mapprior.model.ids import LinkId
from mapprior.model.limit import EffectiveLimit, TaggedLimit
from mapprior.model.pose import CAR, Condition, DrivingConditions, VehicleClass, VehicleProfile
from tests.asciimap import Drawn, draw
from tests.horizon.pair import Pair
from tests.horizon.timed import (
    HOUR_US,
    LAWS,
    MINUTE_US,
    NIGHT,
    by_link,
    expected,
    jump_to,
    kmh,
    limit_spans,
    moving,
    utc_us,
)

PICTURE = """
A----B----C----D----E
     |    |
     F----G
"""
WAYS = ("AB", "BC", "CDE", "BFG", "CG")
CONDITIONS = (NIGHT, "Mo-Fr 07:00-17:00", "wet", f"{NIGHT} AND wet", "Sa,Su", "fog", "07:00-07:01")
VEHICLES = (CAR, VehicleProfile(VehicleClass.TRUCK, mass_max_kg=12_000), VehicleProfile(trailer=True))
# A Wednesday evening; a night in which the clock is set forward, one in which it is set back.
DAYS_US = (utc_us("2026-06-10T00:00:00"), utc_us("2026-03-28T00:00:00"), utc_us("2026-10-24T00:00:00"))
SWITCHES_US = tuple(day + hour * HOUR_US for day in DAYS_US for hour in (4, 5, 6, 15, 16, 20, 21, 28, 29))

clauses = st.builds(kmh, st.sampled_from((30, 60, 80)), st.sampled_from(CONDITIONS))
statements = st.builds(
    lambda base, more: (*base, *more),
    st.sampled_from(((kmh(50),), (kmh(100),), (), (kmh(120), kmh(90, vehicle="hgv")))),
    st.lists(clauses, max_size=2, unique_by=lambda x: x.condition),
)
networks = st.fixed_dictionaries(dict.fromkeys(WAYS, statements))
moments_us = st.builds(lambda at, around: at + around * SEC, st.sampled_from(SWITCHES_US), st.integers(-1500, 900))


_EXPECTED: dict[tuple[tuple[TaggedLimit, ...], int], EffectiveLimit] = {}


def drawn_with(limits: Mapping[str, tuple[TaggedLimit, ...]]) -> Drawn:
    return draw(PICTURE, ways={way: {"limits": x, "oneway": way != "CG"} for way, x in limits.items()})


def there(drawn: Drawn, time_us: int) -> Pair:
    """A drive that begins at this time, on the first link."""
    pair = Pair(drawn, Open(horizon_length_m=1500), laws=LAWS)
    jump_to(pair, moving(drawn, "AB", time_us, offset_m=50.0, speed_mps=8.0))
    return pair


def at_any_time(drawn: Drawn, link: LinkId, first_us: int, last_us: int) -> list[EffectiveLimit]:
    """The answers found directly for moments of a stretch of time, each of them once."""
    limits = drawn.network.limits(link)
    found: dict[EffectiveLimit, None] = {}
    for time_us in range(first_us, last_us + MINUTE_US, MINUTE_US):
        key = limits, time_us
        if key not in _EXPECTED:
            _EXPECTED[key] = expected(drawn, link, Arrival(time_us, time_us))
        found[_EXPECTED[key]] = None
    return list(found)


def sourceless(limit: EffectiveLimit) -> tuple[object, ...]:
    return (limit.kind, limit.posted_value_milli, limit.certain, {value(x) for x in limit.unresolved})


def value(x: object) -> tuple[object, ...]:
    return x.kind, x.posted_value_milli, x.posted_unit  # type: ignore[attr-defined]


def longest_us(pair: Pair) -> int:
    """No arrival within the horizon is expected later than this."""
    length_m = sum(x.path.end_offset_cm - x.path.first_offset_cm for x in pair.reconstructor.state.paths.values()) / 100
    return STANDS_US + RELOOK_US + HYSTERESIS_US + round(length_m / CRAWL_MPS) * SEC


@settings(max_examples=40, deadline=None)
@given(networks, moments_us, st.sampled_from((0, 60, 3600, 7200, 86_400)))
def test_what_is_said_is_what_holds_on_arrival(
    limits: Mapping[str, tuple[TaggedLimit, ...]], time_us: int, later_sec: int
) -> None:
    """Found directly at every moment at which the vehicle may be there: where one answer holds at all of them it is
    the one that is said; else it is not said to be certain unless it holds at one of them."""
    drawn = drawn_with(limits)
    pair = there(drawn, time_us)
    if later_sec:
        time_us += later_sec * SEC
        jump_to(pair, moving(drawn, "AB", time_us, offset_m=55.0, speed_mps=8.0))
    for link, limit in by_link(pair).values():
        answers = at_any_time(drawn, link, time_us, time_us + longest_us(pair))
        if len({str(sourceless(x)) for x in answers}) == 1:
            assert sourceless(limit) == sourceless(answers[0])
        elif limit.certain:
            assert sourceless(limit) in [sourceless(x) for x in answers]
        else:
            may = {value(limit), *map(value, limit.unresolved)}
            assert any(value(x) in may for x in answers)


# The vehicle enters BC just before a switch: what holds there now holds to the middle of CDE, where the rest begins.
_JOINED = {
    "AB": (),
    "BC": (kmh(30, "Mo-Fr 07:00-17:00"), kmh(30, NIGHT)),
    "CDE": (kmh(80, "Mo-Fr 07:00-17:00"), kmh(60, NIGHT)),
    "BFG": (kmh(50),),
    "CG": (kmh(50),),
}


@settings(max_examples=40, deadline=None)
@given(networks, moments_us, st.integers(1, 200), st.lists(st.integers(1, 900), min_size=1, max_size=4))
@example(_JOINED, utc_us("2026-06-10T04:57:21"), 182, [1])
def test_only_limits_that_say_something_else_are_sent(
    limits: Mapping[str, tuple[TaggedLimit, ...]], time_us: int, steps: int, pauses_sec: list[int]
) -> None:
    """A drive with pauses: no update puts a span that the client has already."""
    drawn = drawn_with(limits)
    pair = Pair(drawn, Open(horizon_length_m=1500, trailing_length_m=0), laws=LAWS)
    for k, pose in enumerate(drawn.poses("ABCDE", speed_mps=8.0, rate_hz=1.0, start_time_us=time_us)[:steps]):
        pause_us = sum(pauses_sec[: k * len(pauses_sec) // steps]) * SEC
        before, count = pair.reconstructor.state, len(pair.updates)
        jump_to(pair, replace(pose, pose_time_us=pose.pose_time_us + pause_us))
        for update in pair.updates[count:]:
            assert_news(before, update)
            before = pair.reconstructor.state


def assert_news(before: State, update: Update) -> None:
    """A span may be put again only where another one now holds at its start."""
    put = limit_spans(update.items)
    for span in put:
        was = before.paths.get(span.path_id)
        for x in was.limits if was is not None and not update.snapshot else ():
            same_end = (x.end_offset_cm, replace(x.limit, source="")) == (
                span.end_offset_cm,
                replace(span.limit, source=""),
            )
            taken = any(
                y.path_id == x.path_id
                and y.start_offset_cm <= x.start_offset_cm < y.end_offset_cm <= span.start_offset_cm
                for y in put
            )
            assert not same_end or taken or x.start_offset_cm > span.start_offset_cm


@settings(max_examples=60, deadline=None)
@given(networks, moments_us, st.integers(0, 30), st.lists(st.floats(0.0, 1.0), min_size=8, max_size=8))
def test_who_drives_as_expected_finds_what_was_said(
    limits: Mapping[str, tuple[TaggedLimit, ...]], time_us: int, stands_sec: int, hurry: list[float]
) -> None:
    """Whoever first stands for up to half a minute and then drives each link at any speed between the slowest and the
    fastest expected: entering and leaving a link, on any path, one of the answers that were said holds; and the only
    one, where it was said to be certain."""
    drawn = drawn_with(limits)
    pair = there(drawn, time_us)
    said = by_link(pair)
    answers = pair.session._limits
    here = pair.reconstructor.reported.candidates[0]
    left_us = {}  # when the vehicle is at an offset of the root
    for path_id, on_path in pair.reconstructor.state.paths.items():
        root = on_path.path.parent_path_id == ROOT
        at_us = time_us + stands_sec * SEC if root else left_us[on_path.path.offset_on_parent_cm]
        for link, ratio in zip(on_path.links, hurry, strict=False):
            pace = answers.of(link.link_id).pace
            speed_mps = pace.slow_mps + ratio * (pace.fast_mps - pace.slow_mps)
            length_cm = link.end_offset_cm - max(link.start_offset_cm, here.offset_cm if root else 0)
            moments = at_us, at_us + int(length_cm * 10_000 / speed_mps)
            limit = said[path_id, link.start_offset_cm][1]
            for moment_us in moments:
                holds = expected(drawn, link.link_id, Arrival(moment_us, moment_us))
                assert value(holds) in {value(limit), *map(value, limit.unresolved)}
                assert not limit.certain or sourceless(holds) == sourceless(limit)
            at_us = moments[1]
            if root:
                left_us[link.end_offset_cm] = at_us


@settings(max_examples=30, deadline=None)
@given(networks, st.sampled_from(SWITCHES_US))
def test_passing_a_switch_changes_the_spans_whose_answer_changes_and_no_other(
    limits: Mapping[str, tuple[TaggedLimit, ...]], switch_us: int
) -> None:
    drawn = drawn_with(limits)
    pair = there(drawn, switch_us - 3 * HOUR_US // 4)
    before, count = by_link(pair), len(pair.updates)
    jump_to(pair, moving(drawn, "AB", switch_us + MINUTE_US, offset_m=50.0, speed_mps=8.0))
    after = by_link(pair)
    assert after.keys() == before.keys()
    spans = [x for update in pair.updates[count:] for x in limit_spans(update.items)]
    changed = {place for place in after if _answer(after[place][1]) != _answer(before[place][1])}
    for path_id, offset_cm in changed:
        assert any(x.path_id == path_id and x.start_offset_cm <= offset_cm < x.end_offset_cm for x in spans)
    if not changed:
        assert spans == []
    assert {x.path_id for x in spans} <= {path_id for path_id, _ in changed}


def _answer(limit: EffectiveLimit) -> tuple[object, ...]:
    return (*sourceless(limit), limit.next_change_us, limit.raw)


@settings(max_examples=30, deadline=None)
@given(networks, moments_us, st.integers(0, 600), st.floats(2.0, 16.0), st.integers(1, 5))
def test_two_drives_at_one_place_and_time_never_contradict_each_other(
    limits: Mapping[str, tuple[TaggedLimit, ...]], time_us: int, waited_sec: int, speed_mps: float, every: int
) -> None:
    """One came along the road after a wait, one has just begun: where they differ one of them is undecided yet, names
    what the other says, and a switch lies within the hysteresis of what the other expects."""
    drawn = drawn_with(limits)
    came = there(drawn, time_us - waited_sec * SEC)
    for pose in drawn.poses("ABC", speed_mps=speed_mps, rate_hz=1.0, start_time_us=time_us)[::every][:60]:
        jump_to(came, pose)
    last = pose
    begun = Pair(drawn, Open(horizon_length_m=1500), laws=LAWS)
    jump_to(begun, last)
    assume(not came.session._doubt.holds and not begun.session._doubt.holds)  # of the road itself
    ours, theirs = _of_links(came), _of_links(begun)
    for link in ours.keys() & theirs.keys():
        a, b = ours[link], theirs[link]
        if sourceless(a) == sourceless(b):
            continue
        assert not (a.certain and b.certain)
        assert value(a) in {value(b), *map(value, b.unresolved)} or value(b) in {value(a), *map(value, a.unresolved)}
        changes_us = [x.next_change_us for x in (a, b) if x.next_change_us]
        assert min(changes_us) <= last.pose_time_us + longest_us(came)


def _of_links(pair: Pair) -> dict[LinkId, EffectiveLimit]:
    """What holds on each link of the root ahead of the vehicle."""
    here = pair.reconstructor.reported.candidates[0]
    return {
        link: limit
        for (path_id, offset_cm), (link, limit) in by_link(pair).items()
        if path_id == here.path_id
        and pair.reconstructor.state.paths[path_id].path.parent_path_id == ROOT
        and offset_cm > here.offset_cm
    }


# Where BC has a limit only if it is wet nobody knows how slow it is driven while nobody knows whether it is.
_MAYBE_NO_NUMBER = {
    "AB": (kmh(50),),
    "BC": (kmh(30, "wet"),),
    "CDE": (kmh(50), kmh(30, NIGHT)),
    "BFG": (kmh(50),),
    "CG": (kmh(50),),
}


@settings(max_examples=25, deadline=None)
@given(networks, moments_us, st.sampled_from(VEHICLES))
@example(_MAYBE_NO_NUMBER, 1_781_063_821 * SEC, CAR)
def test_what_is_not_sensed_only_adds_doubt(
    limits: Mapping[str, tuple[TaggedLimit, ...]], time_us: int, vehicle: VehicleProfile
) -> None:
    """What is certain without conditions is so under all of them; what is not certain names what may hold."""
    drawn = drawn_with(limits)
    pair = Pair(drawn, Open(vehicle=vehicle, horizon_length_m=1500), laws=LAWS)
    pose = moving(drawn, "AB", time_us, offset_m=50.0, speed_mps=8.0)
    jump_to(pair, pose)
    blind = by_link(pair)
    for wet, fog in product((Condition.YES, Condition.NO), repeat=2):
        pair.send(ConditionsEvent(DrivingConditions(wet=wet, fog=fog)))
        pair.pump()
        for place, (_, limit) in by_link(pair).items():
            unsure = blind[place][1]
            assert value(limit) in {value(unsure), *map(value, unsure.unresolved)}
            if unsure.certain:
                assert sourceless(limit) == sourceless(unsure)
            if limit.certain is False:
                assert not unsure.certain


@pytest.mark.parametrize("time_us", [DAYS_US[0] + 12 * HOUR_US, DAYS_US[0] + 19 * HOUR_US + 59 * MINUTE_US])
def test_an_answer_that_is_shared_by_drives_is_the_answer_of_each(time_us: int) -> None:
    """Two drives on the same tiles, one of a lorry in the rain, one of a car that senses nothing."""
    limits = {way: (kmh(100), kmh(60, NIGHT), kmh(80, "wet"), kmh(70, vehicle="hgv")) for way in WAYS}
    drawn = drawn_with(limits)
    pairs = [Pair(drawn, Open(vehicle=vehicle, horizon_length_m=1500), laws=LAWS) for vehicle in VEHICLES]
    pairs[1].send(ConditionsEvent(DrivingConditions(wet=Condition.YES)))
    for pair in pairs:
        jump_to(pair, moving(drawn, "AB", time_us, offset_m=50.0, speed_mps=8.0))
    alone = Pair(drawn_with(limits), Open(vehicle=VEHICLES[1], horizon_length_m=1500), laws=LAWS)
    alone.send(ConditionsEvent(DrivingConditions(wet=Condition.YES)))
    jump_to(alone, moving(drawn, "AB", time_us, offset_m=50.0, speed_mps=8.0))
    assert by_link(alone) == by_link(pairs[1])
    assert by_link(pairs[0]) != by_link(pairs[1])
