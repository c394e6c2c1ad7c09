"""How often a link that still lies ahead was driven before: so that what stands along it keeps its name each time.

A route may drive a link twice. Each pass is a place of its own, and is counted on from those that are erased behind.
A snapshot goes on where it begins on what was held.
"""

from collections.abc import Mapping
from typing import Final

from mapprior.horizon.update import PathItems, State
from mapprior.model.ids import LinkId, PathId
from mapprior.reader.course import course_to

NO_PASSES: Final[Mapping[LinkId, int]] = {}


def passes_behind(
    counted: Mapping[LinkId, int], was: State, now: State, *, before: PathItems | None, root: PathItems | None
) -> Mapping[LinkId, int]:
    """The passes erased so far, by link that is still on a path. `before` and `root` are the roots of both states."""
    if before is None or root is None:
        return NO_PASSES
    path_id, first_cm = root.path.path_id, root.path.first_offset_cm
    if before.path.path_id == path_id and before.path.first_offset_cm == first_cm:
        return counted
    erased = _driven(was, before, path_id, first_cm)
    if not counted and not erased:
        return NO_PASSES
    ahead = {x.link_id for on_path in now.paths.values() for x in on_path.links}
    found = {x: counted[x] for x in counted if x in ahead}
    for x in erased:
        if x in ahead:
            found[x] = found.get(x, 0) + 1
    return found


def is_same_road(was: State, root: PathItems | None) -> bool:
    """A snapshot's root begins with a link that was held in that place: its paths are those held before, some way on.
    In a new call the ids of paths mean others."""
    held = None if root is None else was.paths.get(root.path.path_id)
    return root is not None and held is not None and bool(root.links) and root.links[0] in held.links


def _driven(was: State, before: PathItems, path_id: PathId, first_cm: int) -> list[LinkId]:
    """Links of the old root, and of paths that left it, that lie before the new one's first."""
    course = course_to(was.paths, before, before.path.first_offset_cm, path_id)
    if course is None:
        return []
    links = [x for _, _, x in course.links()]
    return [x.link_id for x in links if x.path_id != path_id or x.end_offset_cm <= first_cm]
