"""Work zones on a course, each as one. A zone is placed in pieces that touch, cut where its lane list begins or stops
to fit the lanes of the map and where it is placed more or less surely: none of this ends the zone."""

from collections.abc import Iterable
from dataclasses import dataclass

from mapprior.horizon.items import WorkZonePlacement
from mapprior.reader.course import Course

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ZoneOnCourse:
    """Pieces of one zone that touch. The weakest match holds for all; `lanes_apply_cm` are the stretches on which the
    zone's lanes are those of the map."""

    work_zone_id: str
    start_cm: int
    end_cm: int
    pieces: tuple[WorkZonePlacement, ...]
    match_permille: int
    lanes_apply_cm: tuple[Stretch, ...]


def zones_on(course: Course) -> list[ZoneOnCourse]:
    """Whole zones, by where they begin on the course, then by id; one that the course comes to twice is there twice."""
    by_zone: dict[str, list[tuple[int, int, WorkZonePlacement]]] = {}
    for piece in course.zones():
        by_zone.setdefault(piece[2].work_zone_id, []).append(piece)
    found: list[ZoneOnCourse] = []
    for zone_id, pieces in by_zone.items():
        pieces.sort(key=lambda x: x[:2])
        for start_cm, end_cm in joined((a, b) for a, b, _ in pieces):
            own = [x for x in pieces if start_cm <= x[0] < end_cm]
            match_permille = min(x.match_permille for *_, x in own)
            apply = joined((a, b) for a, b, x in own if x.lanes_apply)
            found.append(ZoneOnCourse(zone_id, start_cm, end_cm, tuple(x for *_, x in own), match_permille, apply))
    return sorted(found, key=lambda x: (x.start_cm, x.work_zone_id))


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Stretches in order of their starts, those that touch or overlap as one."""
    found: list[Stretch] = []
    for start_cm, end_cm in stretches:
        if found and start_cm <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end_cm)
        else:
            found.append((start_cm, end_cm))
    return tuple(found)
