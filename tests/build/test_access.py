import pytest

from mapprior.build.access import CarUse, blocks_cars, car_use
from mapprior.model.link import CarAccess

YES, DEST, REST = CarAccess.YES, CarAccess.DESTINATION, CarAccess.RESTRICTED
BOTH = CarUse(YES, YES)


def use(**tags):
    refused = []
    found = car_use({key.replace("__", ":"): value for key, value in tags.items()}, refused)
    return found, [text for _, text in refused]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential"}, BOTH),
        ({"highway": "footway"}, "highway not for cars"),
        ({"highway": "construction"}, "highway not for cars"),
        ({"highway": "track"}, "track without a word on cars"),
        ({"highway": "track", "motor_vehicle": "yes"}, BOTH),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, CarUse(DEST, DEST)),
        ({"highway": "service", "area": "yes"}, "area"),
        ({"highway": "primary", "access": "no"}, "closed to cars"),
        ({"highway": "primary", "access": "no", "motorcar": "yes"}, BOTH),
        ({"highway": "primary", "access": "yes", "vehicle": "no", "motor_vehicle": "permissive"}, BOTH),
        ({"highway": "service", "access": "private"}, CarUse(REST, REST)),
        ({"highway": "service", "access": "agricultural;destination"}, CarUse(DEST, DEST)),
        ({"highway": "primary", "motor_vehicle:backward": "no"}, CarUse(YES, None)),
        ({"highway": "primary", "oneway": "yes"}, CarUse(YES, None)),
        ({"highway": "primary", "oneway": "-1"}, CarUse(None, YES)),
        ({"highway": "primary", "oneway": "reversible"}, CarUse(REST, REST)),
        ({"highway": "motorway"}, CarUse(YES, None)),
        ({"highway": "motorway", "oneway": "no"}, BOTH),
        ({"highway": "motorway_link"}, BOTH),
        ({"highway": "tertiary", "junction": "roundabout"}, CarUse(YES, None)),
        ({"highway": "residential", "oneway": "no", "oneway:motor_vehicle": "yes"}, CarUse(YES, None)),
    ],
)
def test_how_cars_use_a_way(tags, expected):
    refused = []
    assert car_use(tags, refused) == expected
    assert refused == []


def test_a_word_that_is_not_understood_is_refused_and_the_next_general_one_decides():
    assert use(highway="service", motor_vehicle="maybe", access="private") == (
        CarUse(REST, REST),
        ["motor_vehicle=maybe"] * 2,
    )
    assert use(highway="service", oneway="sometimes") == (BOTH, ["oneway=sometimes"])


@pytest.mark.parametrize(
    ("base", "key", "expected"),
    [
        ({"motor_vehicle": "no"}, "motor_vehicle", CarUse(REST, REST)),
        ({"access": "no"}, "motor_vehicle", CarUse(REST, REST)),
        ({"motor_vehicle": "no", "oneway": "yes"}, "motorcar", CarUse(REST, None)),
        ({"motor_vehicle:backward": "no"}, "motor_vehicle:backward", CarUse(YES, REST)),
        ({"motor_vehicle": "no"}, "access", "closed to cars"),
        ({}, "access", BOTH),
        ({"vehicle": "destination"}, "motor_vehicle", CarUse(DEST, DEST)),
    ],
)
def test_a_way_open_at_times_is_restricted_and_its_condition_is_refused(base, key, expected):
    refused = []
    assert car_use({"highway": "residential", **base, f"{key}:conditional": "yes @ (22:00-06:00)"}, refused) == expected
    told = [("conditional access not enforced", f"{key}:conditional=yes @ (22:00-06:00)")]
    assert refused == ([] if expected == "closed to cars" else told)


@pytest.mark.parametrize("key", ["oneway", "oneway:motor_vehicle", "oneway:motorcar"])
@pytest.mark.parametrize(("base", "expected"), [({}, BOTH), ({"oneway": "yes"}, CarUse(YES, None))])
def test_a_conditional_oneway_changes_nothing_and_is_refused(key, base, expected):
    refused = []
    tags = {"highway": "residential", **base, f"{key}:conditional": "yes @ (07:00-09:00)"}
    assert car_use(tags, refused) == expected
    assert refused == [("conditional oneway not enforced", f"{key}:conditional=yes @ (07:00-09:00)")]


@pytest.mark.parametrize(
    ("tags", "blocked"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "bollard": "rising"}, False),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "no"}, True),
        ({"barrier": "gate", "access": "no", "motorcar": "private"}, False),
        ({"barrier": "toll_booth"}, False),
        ({"barrier": "kerb"}, False),
    ],
)
def test_barriers(tags, blocked):
    assert blocks_cars(tags) is blocked
