"""Limits of single lanes, by example. Laws: `test_effective_laws.py`."""

from mapprior.market.circumstances import Circumstances
from mapprior.market.effective import effective_limit
from mapprior.model.limit import EffectiveLimit, LimitKind
from mapprior.model.pose import CAR, Condition, DrivingConditions, VehicleClass, VehicleProfile
from tests.market.effective_reference import TestLaw, as_law, rule, tagged

TRUCK = VehicleProfile(VehicleClass.TRUCK, mass_max_kg=40_000)
RURAL = {"maxspeed": "100", "maxspeed:hgv": "80"}
LAW = TestLaw({"DE:rural": as_law(RURAL, "DE:rural")})


def here(
    *, vehicle: VehicleProfile = CAR, wet: Condition = Condition.UNKNOWN, law: bool = False, **tags: str
) -> EffectiveLimit:
    """`maxspeed__lanes` is the key `maxspeed:lanes`."""
    limits = tagged({key.replace("__", ":"): text for key, text in tags.items()})
    known = Circumstances(vehicle=vehicle, conditions=DrivingConditions(wet=wet))
    rules = [rule("DE:rural")] if law else []
    return effective_limit([*limits, *rules], circumstances=known, law=LAW if law else None, source="")


def lanes(answer: EffectiveLimit) -> dict[int, tuple[int, bool]]:
    return {x.lane_index: (x.posted_value_milli // 1000, x.certain) for x in answer.lanes}


def alternatives(answer: EffectiveLimit) -> list[tuple[int, str]]:
    return [(x.posted_value_milli // 1000, x.condition) for x in answer.unresolved]


def test_lanes_that_differ_have_each_their_own() -> None:
    answer = here(maxspeed__lanes="120|120|80")
    assert (answer.kind, answer.certain) == (LimitKind.UNKNOWN, False), "no limit holds on every lane"
    assert lanes(answer) == {0: (120, True), 1: (120, True), 2: (80, True)}
    assert alternatives(answer) == [(120, "lane 0"), (120, "lane 1"), (80, "lane 2")]
    based = here(maxspeed="120", maxspeed__lanes="120|120|80")
    assert (based.posted_value_milli, based.certain) == (120_000, False)
    assert lanes(based) == lanes(answer)
    assert alternatives(based) == [(80, "lane 2")]


def test_lanes_that_agree_are_the_road() -> None:
    answer = here(maxspeed__lanes="80|80")
    assert (answer.posted_value_milli, answer.certain, answer.lanes) == (80_000, True, ())
    assert here(maxspeed="80", maxspeed__lanes="80|80").certain
    contradicted = here(maxspeed="100", maxspeed__lanes="80|80")
    assert (contradicted.posted_value_milli, contradicted.certain) == (80_000, False)
    assert alternatives(contradicted) == [(100, "")]


def test_a_lane_without_entry_has_the_limit_of_the_road() -> None:
    answer = here(maxspeed="100", maxspeed__lanes="120||80")
    assert (answer.posted_value_milli, answer.certain) == (100_000, False)
    assert lanes(answer) == {0: (120, True), 2: (80, True)}
    assert answer.on_lane(1).posted_value_milli == 100_000
    by_law = here(law=True, maxspeed__lanes="||80")
    assert (by_law.posted_value_milli, lanes(by_law)) == (100_000, {2: (80, True)})
    assert here(maxspeed="100", maxspeed__lanes="|100").certain
    alone = here(maxspeed__lanes="|80")
    assert (alone.kind, lanes(alone)) == (LimitKind.UNKNOWN, {1: (80, True)})


def test_law_has_nothing_to_say_where_every_lane_is_signed() -> None:
    answer = here(law=True, maxspeed__lanes="60|50")
    assert (answer.kind, lanes(answer)) == (LimitKind.UNKNOWN, {0: (60, True), 1: (50, True)})


def test_a_ceiling_of_the_vehicle_makes_lanes_agree() -> None:
    tags = {"maxspeed": "120", "maxspeed__lanes": "120|120|100"}
    car, truck = here(law=True, **tags), here(law=True, vehicle=TRUCK, **tags)
    assert lanes(car) == {0: (120, True), 1: (120, True), 2: (100, True)}
    assert (truck.posted_value_milli, truck.certain, truck.lanes) == (80_000, True, ())


def test_lanes_for_trucks_are_nothing_to_a_car() -> None:
    tags = {"maxspeed": "120", "maxspeed__hgv__lanes": "|80|60"}
    assert here(law=True, **tags) == here(law=True, maxspeed="120")
    truck = here(law=True, vehicle=TRUCK, **tags)
    assert (truck.posted_value_milli, lanes(truck)) == (80_000, {1: (80, True), 2: (60, True)})


def test_conditions_on_lanes() -> None:
    tags = {"maxspeed": "120", "maxspeed__lanes__conditional": "||80 @ wet"}
    open_ = here(**tags)
    assert (open_.posted_value_milli, open_.certain, alternatives(open_)) == (120_000, False, [(80, "lane 2, wet")])
    assert lanes(open_) == {2: (120, False)}
    rain = here(wet=Condition.YES, **tags)
    assert (rain.certain, lanes(rain)) == (False, {2: (80, True)})
    dry = here(wet=Condition.NO, **tags)
    assert (dry.posted_value_milli, dry.certain, dry.lanes) == (120_000, True, ())
    road = here(wet=Condition.YES, maxspeed="120", maxspeed__lanes="120|100|60", maxspeed__conditional="80 @ wet")
    assert lanes(road) == {0: (80, True), 1: (80, True), 2: (60, True)}, "a condition of the road holds on each lane"
