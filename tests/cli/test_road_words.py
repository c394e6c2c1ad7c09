"""A road has one name, whichever command says it."""

import pytest

from mapprior.cli.road_words import if_words, road_class, road_name
from mapprior.model.link import RoadClass


@pytest.mark.parametrize(
    ("names", "route_refs", "said"),
    [
        ((), (), "unnamed"),
        (("Hauptstraße", "Nebenstraße"), (), "Hauptstraße"),
        ((), ("A 8", "E 52", "E 60"), "A 8 E 52"),
        (("Karawankentunnel",), ("A 11",), "A 11 Karawankentunnel"),
        (("B 3",), ("B 3",), "B 3"),
    ],
)
def test_route_numbers_come_first_and_nothing_twice(
    names: tuple[str, ...], route_refs: tuple[str, ...], said: str
) -> None:
    assert road_name(names, route_refs) == said


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("", ""),
        ("wet", "if wet"),
        ("if not built-up", "if not built-up"),
        ("ifs", "if ifs"),
        ("22:00-06:00", "if 22:00-06:00"),
    ],
)
def test_a_condition_says_if_once(condition: str, said: str) -> None:
    assert if_words(condition) == said


def test_a_class_is_words() -> None:
    assert road_class(RoadClass.LIVING_STREET) == "living street"
