"""Words of a condition: what is sensed, what a vehicle is, what nobody can say."""

import pytest

from mapprior.market.named_state import NamedState, read_named_state, state_of
from mapprior.market.truth import Truth
from mapprior.model.pose import CAR, Condition, DrivingConditions, VehicleClass, VehicleProfile

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
SENSED = {Condition.YES: YES, Condition.NO: NO, Condition.UNKNOWN: UNKNOWN}
NOTHING = DrivingConditions()


def judge(word: str, vehicle: VehicleProfile = CAR, sensed: DrivingConditions = NOTHING) -> Truth:
    state = read_named_state(word)
    assert state is not None
    assert read_named_state(str(state)) == state
    return state_of(state, vehicle, sensed)


@pytest.mark.parametrize("word", ["wet", "snow", "fog", "dark"])
@pytest.mark.parametrize("told", Condition)
def test_what_is_sensed_counts(word: str, told: Condition) -> None:
    assert judge(word, sensed=DrivingConditions(**{word: told})) is SENSED[told]


@pytest.mark.parametrize("word", ["winter", "summer", "night", "flashing", "children_present", "ice", "empty", "work"])
def test_what_nobody_can_say(word: str) -> None:
    assert judge(word, sensed=DrivingConditions(*[Condition.YES] * 4)) is UNKNOWN
    assert judge(word, sensed=DrivingConditions(*[Condition.NO] * 4)) is UNKNOWN


def test_a_dry_road_has_no_rain() -> None:
    assert judge("rain", sensed=DrivingConditions(wet=Condition.NO)) is NO
    assert judge("rain", sensed=DrivingConditions(wet=Condition.YES)) is UNKNOWN


@pytest.mark.parametrize(
    ("word", "vehicle", "expected"),
    [
        ("trailer", CAR, NO),
        ("trailer", VehicleProfile(trailer=True), YES),
        ("towing", VehicleProfile(trailer=True), YES),
        ("caravan", CAR, NO),
        ("caravan", VehicleProfile(trailer=True), UNKNOWN),
        ("articulated", CAR, NO),
        ("articulated", VehicleProfile(VehicleClass.TRUCK), UNKNOWN),
        ("articulated", VehicleProfile(VehicleClass.TRUCK, articulated=Condition.YES), YES),
        ("articulated", VehicleProfile(VehicleClass.COACH), UNKNOWN),
        ("hazmat", CAR, NO),
        ("hazmat", VehicleProfile(VehicleClass.VAN), UNKNOWN),
        ("hazmat", VehicleProfile(VehicleClass.VAN, hazmat=Condition.NO), NO),
        ("hazmat", VehicleProfile(VehicleClass.BUS), NO),
        ("hgv", VehicleProfile(VehicleClass.TRUCK), YES),
        ("hgv", CAR, NO),
        ("motorcycle", VehicleProfile(VehicleClass.MOTORCYCLE), YES),
        ("agricultural", CAR, NO),
    ],
)
def test_what_a_vehicle_is(word: str, vehicle: VehicleProfile, expected: Truth) -> None:
    assert judge(word, vehicle) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("visibility<50", NamedState("visibility", 50)),
        ("visibility < 50 m", NamedState("visibility", 50)),
        ("children present", NamedState("children_present")),
        *((x, None) for x in ("visibility", "visibility<0", "visibility<5000", "Wet", "wet snow", "", "school")),
    ],
)
def test_reading(text: str, expected: NamedState | None) -> None:
    assert read_named_state(text) == expected
