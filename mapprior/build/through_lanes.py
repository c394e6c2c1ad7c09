"""How many lanes go on in each direction, for laws that ask for their number.

Counts of a direction are those of `lane_counts.py`, without cycle lanes and without lanes that only turn; of a
direction whose every lane turns nothing is known.

The words: `lanes_1` and `lanes_2_or_more` are of the driven direction. `lanes_2_each_way` is of every direction that
cars drive: both of a two-way road; of a one-way carriageway its own, the other direction has its own.
`lanes_1_any_way` is its contrary, that one direction has fewer. `marked_lanes`: two lanes side by side in the
driven direction, also one that only turns, are marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mapprior.build.lane_counts import Direction, cycle_places, stated_lanes

Tags = Mapping[str, str]

_TURNS: Final = frozenset(
    f"{how}{side}" for how in ("", "slight_", "sharp_") for side in ("left", "right")
) | {"reverse"}  # fmt: skip
_SIDES: Final = ("forward", "backward")


@dataclass(frozen=True, slots=True)
class ThroughLanes:
    """Lanes along and against a way: those that go on, None where not known; and all side by side."""

    through: tuple[int | None, int | None]
    all: tuple[int | None, int | None]
    drives: tuple[bool, bool]
    raw: str

    def words(self, side: int) -> dict[str, str]:
        """What a direction's lanes are in the law's vocabulary, each word with its evidence."""
        found = []
        own, every = self.through[side], self.all[side]
        if own:
            found.append("lanes_1" if own == 1 else "lanes_2_or_more")
        if every is not None and every >= 2:
            found.append("marked_lanes")
        driven = [n for n, drives in zip(self.through, self.drives, strict=True) if drives]
        if any(n == 1 for n in driven):
            found.append("lanes_1_any_way")
        elif driven and all(n is not None and n >= 2 for n in driven):
            found.append("lanes_2_each_way")
        return dict.fromkeys(found, self.raw)


_NOTHING: Final = ThroughLanes((None, None), (None, None), (False, False), "")


def through_lanes(tags: Tags, *, drives_forward: bool, drives_backward: bool) -> ThroughLanes:
    """Reads the lane tags of a way."""
    read = sorted(k for k in tags if k in _COUNT_KEYS or k.startswith("turn:lanes"))
    if not read:
        return _NOTHING
    counts = stated_lanes(tags, drives_forward=drives_forward, drives_backward=drives_backward, refused=[])
    through, every = ((of(counts.forward), of(counts.backward)) for of in (_through, lambda x: x.places_count or None))
    return ThroughLanes(through, every, (drives_forward, drives_backward), ", ".join(f"{k}={tags[k]}" for k in read))


_COUNT_KEYS: Final = frozenset({"lanes", "lanes:forward", "lanes:backward", "lanes:both_ways"})


def _through(direction: Direction) -> int | None:
    """Places that are no cycle lane and do not only turn; None for none."""
    cycle = cycle_places(direction.lists)
    places = (i for i in range(direction.places_count) if i not in cycle)
    return sum(not _only_turns(direction.value("turn", i)) for i in places) or None


def _only_turns(value: str | None) -> bool:
    return value is not None and set(value.split(";")) <= _TURNS
