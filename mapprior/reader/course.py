"""The course from the vehicle to the end of a path: what lies on it, by distance from the vehicle.

A side path is reached over its parents, so the course to it is theirs up to each branch point and its own from there.
Distances are whole centimetres, negative behind the vehicle.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from mapprior.horizon.items import ROOT, LimitSpan, LinkPlacement, WorkZonePlacement
from mapprior.horizon.update import PathItems
from mapprior.model.ids import PathId

_PARENTS_COUNT_MAX: Final = 64  # more than a tree has levels; a state that loops must not hang a client

Spanned = TypeVar("Spanned", LinkPlacement, LimitSpan, WorkZonePlacement)


@dataclass(frozen=True, slots=True)
class Leg:
    """A path as far as the course follows it: what lies at offset o of the path is `o - zero_cm` away."""

    on_path: PathItems
    zero_cm: int
    end_cm: int  # distance at which the course leaves the path, or the path ends


@dataclass(frozen=True, slots=True)
class Course:
    """One leg for each path, in driving order. Each item comes with the distances of its start and end."""

    legs: tuple[Leg, ...]

    @property
    def path_id(self) -> PathId:
        """The path it leads along in the end."""
        return self.legs[-1].on_path.path.path_id

    def links(self) -> Iterator[tuple[int, int, LinkPlacement]]:
        for leg in self.legs:
            yield from _within(leg, leg.on_path.links)

    def limits(self) -> Iterator[tuple[int, int, LimitSpan]]:
        for leg in self.legs:
            yield from _within(leg, leg.on_path.limits)

    def zones(self) -> Iterator[tuple[int, int, WorkZonePlacement]]:
        for leg in self.legs:
            yield from _within(leg, leg.on_path.zones)


def whole_path(on_path: PathItems) -> Course:
    """A path by its own offsets."""
    return Course((Leg(on_path, 0, on_path.path.end_offset_cm),))


def course_to(paths: Mapping[PathId, PathItems], here: PathItems, offset_cm: int, path_id: PathId) -> Course | None:
    """The course from an offset on the path `here` to another and along it; None where that path does not exist or the
    vehicle does not get there: it is past the branch point, or on another path."""
    chain = [paths.get(path_id)]
    while (last := chain[-1]) is not None and last.path.path_id != here.path.path_id:
        if last.path.parent_path_id == ROOT or len(chain) > _PARENTS_COUNT_MAX:
            return None
        chain.append(paths.get(last.path.parent_path_id))
    legs: list[Leg] = []
    zero_cm = offset_cm
    for on_path, child in zip(reversed(chain), [*reversed(chain[:-1]), None], strict=True):
        if on_path is None:
            return None
        leaves_cm = on_path.path.end_offset_cm if child is None else child.path.offset_on_parent_cm
        if child is not None and leaves_cm < zero_cm:
            return None
        legs.append(Leg(on_path, zero_cm, leaves_cm - zero_cm))
        zero_cm -= leaves_cm
    return Course(tuple(legs))


def _within(leg: Leg, items: Iterable[Spanned]) -> Iterator[tuple[int, int, Spanned]]:
    for x in items:
        start_cm, end_cm = x.start_offset_cm - leg.zero_cm, min(leg.end_cm, x.end_offset_cm - leg.zero_cm)
        if start_cm < end_cm:
            yield start_cm, end_cm, x
