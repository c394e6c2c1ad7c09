"""Where paths part: at each junction of a path how likely it goes on as it does, and what leaves it there.

A path's own chance at a place is that of its start less what left it before. Where a byte budget left ways without a
path of their own, the continuation's chance holds theirs too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from mapprior.geo.polyline import Polyline
from mapprior.horizon.items import Path
from mapprior.horizon.turn_angle import BACK_MRAD, is_way_back, turn_angle_mrad
from mapprior.horizon.update import PathItems
from mapprior.match.branch import WHOLE_PPM
from mapprior.model.ids import LinkId, PathId
from mapprior.reader.received import Received


@dataclass(frozen=True, slots=True)
class Stub:
    """A path that leaves. `share_ppm` is of those who get to the junction."""

    path_id: PathId
    link_id: LinkId | None  # its first; None where it is not told
    probability_ppm: int  # from where the vehicle is now
    share_ppm: int
    turn_angle_mrad: int  # positive to the left


@dataclass(frozen=True, slots=True)
class Junction:
    """A place of a path that other paths leave at, the likeliest stub first.

    `margin_ppm` is by how much the continuation's share is above that of the likeliest stub; negative where the path
    follows a route and most vehicles leave it; None under a byte budget, where the continuation's share is not known.
    `turn_angle_mrad` is that of the continuation, None where it cannot be said.
    """

    path_id: PathId
    offset_cm: int
    reach_ppm: int  # chance of getting there, from where the vehicle is now
    continuation_ppm: int
    margin_ppm: int | None
    turn_angle_mrad: int | None
    stubs: tuple[Stub, ...]


@dataclass(frozen=True, slots=True)
class JunctionAhead:
    distance_m: float  # from the vehicle
    junction: Junction


def junctions(received: Received, on_path: PathItems) -> Iterator[Junction]:
    """Every junction of a path at which another path leaves it, by offset."""
    paths = received.state.paths.values()
    children = sorted((x for x in paths if x.path.parent_path_id == on_path.path.path_id), key=_place)
    reach_ppm = on_path.path.probability_ppm
    whole = not received.opened.tree_bytes_max  # each junction has all its ways
    for offset_cm, group in groupby(children, key=lambda x: x.path.offset_on_parent_cm):
        leaving = sorted(group, key=lambda x: (-x.path.probability_ppm, x.path.path_id))
        stubs = tuple(_stub(x, reach_ppm) for x in leaving)
        on_ppm = max(0, reach_ppm - sum(x.probability_ppm for x in stubs))
        yield Junction(
            on_path.path.path_id,
            offset_cm,
            reach_ppm,
            on_ppm,
            share_ppm(on_ppm, reach_ppm) - stubs[0].share_ppm if whole else None,
            _turn_mrad(received, on_path, offset_cm),
            stubs,
        )
        reach_ppm = on_ppm


def least_margin_ppm(received: Received, found: Iterable[Junction]) -> int | None:
    """How sure the path is at the junction where it is least so, of those told; all of it where none is. None under a
    byte budget, which may leave out any."""
    if received.opened.tree_bytes_max:
        return None
    return min((x.margin_ppm for x in found if x.margin_ppm is not None), default=WHOLE_PPM)


def share_ppm(part_ppm: int, reach_ppm: int) -> int:
    """Of those who get there; 0 where nobody does."""
    return part_ppm * WHOLE_PPM // reach_ppm if reach_ppm else 0


def _place(x: PathItems) -> tuple[int, PathId]:
    return x.path.offset_on_parent_cm, x.path.path_id


def _stub(x: PathItems, reach_ppm: int) -> Stub:
    path: Path = x.path
    first = x.links[0].link_id if x.links and not path.first_offset_cm else None
    return Stub(
        path.path_id, first, path.probability_ppm, share_ppm(path.probability_ppm, reach_ppm), path.turn_angle_mrad
    )


def _turn_mrad(received: Received, on_path: PathItems, offset_cm: int) -> int | None:
    """How far the path itself turns there."""
    before = [x.link_id for x in on_path.links if x.end_offset_cm <= offset_cm]
    after = [x.link_id for x in on_path.links if x.start_offset_cm >= offset_cm]
    if not before or not after:
        return None
    a, b = received.line(before[-1]), received.line(after[0])
    if a is None or b is None:
        return None
    if is_way_back(a, b):
        return BACK_MRAD
    return turn_angle_mrad(_lines(received, reversed(before)), _lines(received, after))


def _lines(received: Received, link_ids: Iterable[LinkId]) -> Iterator[Polyline]:
    """Of links that follow each other, up to the first whose line is not held."""
    for link_id in link_ids:
        line = received.line(link_id)
        if line is None:
            return
        yield line
