"""What a road and its conditions are called on a screen: the same words in every command."""

from collections.abc import Sequence

from mapprior.model.link import RoadClass

ROUTE_REFS_COUNT_MAX = 2


def road_name(names: Sequence[str], route_refs: Sequence[str]) -> str:
    """`A 8 Karawankentunnel`: route numbers, as on the signs, then the first name; `unnamed` without either."""
    return " ".join(dict.fromkeys((*route_refs[:ROUTE_REFS_COUNT_MAX], *names[:1]))) or "unnamed"


def road_class(value: RoadClass) -> str:
    """`living street`."""
    return value.name.lower().replace("_", " ")


def counted(count: int, noun: str) -> str:
    """`1 market`, `2 markets`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def if_words(condition: str) -> str:
    """`if wet`; as it is where it says `if` itself, empty for none."""
    return condition if not condition or condition.startswith("if ") else f"if {condition}"
