"""Where the signs of a road lead, as posted: for a whole direction, and for each lane of it.

Numbers of roads come first, then places, then streets (`destination:ref`, `destination`, `destination:street`), without
repetition. A list per lane (`destination:lanes`, `destination:ref:lanes:forward`) has one place for each lane from the
left; cycle lanes may be counted in it or not. An empty place, or `none`, names nothing for that lane. A list with
another number of places is refused whole, since it cannot be told which of its places is meant for which lane; the
lanes themselves stay. Without a direction a list belongs to a road that is one-way along its way.
"""

from collections.abc import Mapping
from typing import Final

from mapprior.build.access import Refused
from mapprior.build.lane_counts import Direction, LaneCounts, cycle_places

Tags = Mapping[str, str]
OfLanes = tuple[tuple[str, ...], ...]

_KEYS: Final = ("destination:ref", "destination", "destination:street")
_NOTHING: Final = frozenset({"", "none"})


def road_destinations(tags: Tags, *, backward: bool) -> tuple[str, ...]:
    """What the signs of a road say of a direction: for all of it, else for any of its lanes."""
    word = "backward" if backward else "forward"
    found: list[str] = []
    for key in _KEYS:
        text = tags.get(f"{key}:{word}", tags.get(key))
        found += texts(text if text is not None else tags.get(f"{key}:lanes:{word}", tags.get(f"{key}:lanes", "")))
    return tuple(dict.fromkeys(found))


def lane_destinations(
    tags: Tags, counts: LaneCounts, *, drives_forward: bool, drives_backward: bool, refused: Refused
) -> tuple[OfLanes, OfLanes]:
    """By place of the forward and of the backward direction; what cannot be told of a lane is added to `refused`."""
    oneway = drives_forward != drives_backward
    forward, backward = counts.forward, counts.forward if counts.shared else counts.backward
    sides: list[list[dict[str, None]]] = [[{} for _ in range(side.places_count)] for side in (forward, backward)]
    for key in _KEYS:
        plain = f"{key}:lanes"
        if plain in tags and not (oneway and drives_forward):
            reason = "lane list against its way" if oneway else "lane list without direction"
            refused.append((reason, f"{plain}={tags[plain]}"))
        for found, side, word in ((sides[0], forward, "forward"), (sides[1], backward, "backward")):
            name = f"{plain}:{word}"
            if name not in tags and word == "forward" and oneway and drives_forward:
                name = plain
            if name in tags:
                _add(found, side, name, tags[name], refused)
    along, against = (tuple(tuple(place) for place in found) for found in sides)
    return along, against


def uncounted_destinations(tags: Tags, refused: Refused) -> None:
    """Lists of a way whose lanes are not known: all of them are refused."""
    for key, text in tags.items():
        if any(key in (f"{x}:lanes", f"{x}:lanes:forward", f"{x}:lanes:backward") for x in _KEYS):
            refused.append(("destinations of lanes that are not known", f"{key}={text}"))


def texts(value: str) -> list[str]:
    """The names in one value; lanes, where it has some, in their order."""
    parts = (part.strip() for part in value.replace("|", ";").split(";"))
    return [part for part in parts if part not in _NOTHING]


def _add(found: list[dict[str, None]], side: Direction, name: str, value: str, refused: Refused) -> None:
    listed = value.split("|")
    cycle = cycle_places(side.lists)
    if len(listed) == side.places_count:
        places = list(range(side.places_count))
    elif len(listed) == side.places_count - len(cycle):
        places = [i for i in range(side.places_count) if i not in cycle]
    else:
        refused.append(("destinations contradict the number of lanes", f"{side.places_count} lanes, {name}={value}"))
        return
    for place, text in zip(places, listed, strict=True):
        found[place].update(dict.fromkeys(texts(text)))
