"""Whom a vehicle word means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.market.vehicle_words import Binding, binding, bindings, has_own_law, is_spoken_of
from mapprior.model.pose import CAR, Condition, VehicleClass, VehicleProfile

NO, MAYBE, YES = Binding.NO, Binding.MAYBE, Binding.YES
V = VehicleClass
PROFILES = {
    "car": CAR,
    "car+trailer": VehicleProfile(trailer=True),
    "camper 4 t": VehicleProfile(mass_max_kg=4_000),
    "van": VehicleProfile(V.VAN, 3_500),
    "van 5 t": VehicleProfile(V.VAN, 5_000),
    "van ?": VehicleProfile(V.VAN),
    "truck": VehicleProfile(V.TRUCK, 40_000),
    "truck 3 t": VehicleProfile(V.TRUCK, 3_000),
    "tanker": VehicleProfile(V.TRUCK, 40_000, hazmat=Condition.YES, articulated=Condition.YES),
    "bus": VehicleProfile(V.BUS),
    "coach": VehicleProfile(V.COACH),
    "motorcycle": VehicleProfile(V.MOTORCYCLE),
}
# Word: whom it means, whom it may mean. Nobody else.
TABLE = {
    "": (PROFILES, ""),
    "motor_vehicle": (PROFILES, ""),
    "vehicle": (PROFILES, ""),
    "motorcar": (("car", "car+trailer", "camper 4 t", "van", "van 5 t", "van ?"), ()),
    "hgv": (("van 5 t", "truck", "tanker"), ("van ?", "camper 4 t", "truck 3 t")),
    "hgv_articulated": (("tanker",), ("truck", "truck 3 t", "camper 4 t", "van 5 t", "van ?")),
    "goods": (("van", "van 5 t", "van ?", "truck", "truck 3 t", "tanker"), ()),
    "hazmat": (("tanker",), ("van", "van 5 t", "van ?", "truck", "truck 3 t")),
    "bus": (("bus", "coach"), ()),
    "coach": (("coach",), ()),
    "tourist_bus": (("coach",), ()),
    "psv": (("bus",), ("coach",)),
    "minibus": ((), ("bus",)),
    "school_bus": ((), ("bus",)),
    "motorcycle": (("motorcycle",), ()),
    "trailer": (("car+trailer",), ()),
    "caravan": ((), ("car+trailer",)),
    "motorhome": ((), ("camper 4 t", "van 5 t")),
    "taxi": ((), ("car", "car+trailer", "camper 4 t")),
    "moped": ((), ()),
    "tricycle": ((), ()),
    "agricultural": ((), ()),
    "hovercraft": ((), PROFILES),
}


@pytest.mark.parametrize("word", TABLE)
def test_whom_a_word_means(word: str) -> None:
    surely, maybe = TABLE[word]
    assert {name: binding(word, x) for name, x in PROFILES.items()} == {
        name: YES if name in surely else MAYBE if name in maybe else NO for name in PROFILES
    }


def test_the_narrower_word_counts() -> None:
    coach, truck, van = PROFILES["coach"], PROFILES["truck"], PROFILES["van"]
    assert bindings(["bus", "coach"], coach) == {"coach": YES}
    assert bindings(["bus"], coach) == {"bus": YES}
    assert bindings(["bus", "coach"], PROFILES["bus"]) == {"bus": YES}
    assert bindings(["hgv", "goods"], truck) == {"hgv": YES}
    assert bindings(["goods"], truck) == {"goods": YES}
    assert bindings(["goods"], truck, tagged=True) == {"goods": MAYBE}, "a tag may mean those up to 3.5 t only"
    assert bindings(["goods"], van, tagged=True) == {"goods": YES}
    assert bindings(["goods", "hgv"], van) == {"goods": YES}
    assert bindings(["goods", "hgv"], PROFILES["van ?"]) == {"goods": MAYBE, "hgv": MAYBE}


def test_who_has_a_law_of_his_own() -> None:
    assert [name for name, x in PROFILES.items() if not has_own_law(x)] == ["car", "van", "motorcycle"]


@pytest.mark.parametrize(
    ("word", "condition", "named"),
    [
        ("", "", ()),
        ("motorcycle", "", ()),
        ("hgv", "", ("truck",)),
        ("hgv", "trailer", ("truck", "truck+trailer")),
        ("goods", "weightrating>7.5", ("truck",)),
        ("", "weightrating>3.5", ("truck", "bus", "coach")),
        ("", "hgv AND wet", ("truck",)),
        ("", "bus", ("bus", "coach")),
        ("", "trailer", ("car+trailer",)),
        ("trailer", "", ("car+trailer",)),
        ("motorcar", "trailer", ("car+trailer",)),
        ("bus", "", ("bus", "coach")),
        ("coach", "", ("coach",)),
        ("hgv", "in GB-WLS", ()),
    ],
)
def test_of_whom_law_speaks(word, condition, named):
    asked = {x: PROFILES[x] for x in ("truck", "car+trailer", "bus", "coach")}
    asked["truck+trailer"] = VehicleProfile(V.TRUCK, 40_000, trailer=True)
    assert {x for x, vehicle in asked.items() if is_spoken_of(vehicle, frozenset([(word, condition)]))} == set(named)
    assert is_spoken_of(CAR, frozenset())


@given(
    st.sampled_from(sorted(TABLE)),
    st.builds(VehicleProfile, st.sampled_from(V), st.just(0), st.booleans()),
    st.integers(1, 44_000),
    st.sampled_from((Condition.NO, Condition.YES)),
    st.sampled_from((Condition.NO, Condition.YES)),
)
def test_more_knowledge_of_a_van_decides_and_never_contradicts(word, vehicle, mass_kg, hazmat, articulated):
    if vehicle.vehicle_class is not V.VAN:
        return
    before = binding(word, vehicle)
    known = VehicleProfile(V.VAN, mass_kg, vehicle.trailer, articulated=articulated, hazmat=hazmat)
    after = binding(word, known)
    if before is not MAYBE and word not in ("hgv_articulated", "motorhome"):
        assert after is before
