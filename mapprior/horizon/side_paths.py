"""The side paths of a tree: which ways off its paths are laid, how far, and with what chance.

Without a budget the nearest junction comes first, and a junction is laid whole or not at all: along each path the
junctions that are laid come before those that are not. So at each of them the children and the continuation sum
exactly to the chance of getting there, and no chance changes because a path farther off is laid.

With a budget the likeliest way comes first, until the next one does not fit: more budget never takes a path away.
There a way onward may stay without a path of its own; its chance is nobody else's.

One step lays so many new links and no more; what is left is said in `unfinished` and comes with the next steps. The
count of links is all that decides, so the same steps give the same paths.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import nan
from typing import Final, NamedTuple

from mapprior.geo.polyline import Polyline
from mapprior.horizon.items import ROOT, Path
from mapprior.horizon.links import Links
from mapprior.horizon.tree_path import Growth, News, Trail, TreePath, Way, tells_of
from mapprior.horizon.turn_angle import ANGLE_CHORD_M, BACK_MRAD, arriving_rad, bend_mrad, is_way_back, leaving_rad
from mapprior.horizon.turn_clock import TurnClock
from mapprior.match.branch import WHOLE_PPM
from mapprior.model.ids import LinkId, PathId, TileId, tile_of
from mapprior.model.network import Network, TileState
from mapprior.model.provenance import GROUP_LAYER, ProfileGroup

SIDE_LINKS_COUNT_MAX: Final = 200
PATHS_COUNT_MAX: Final = 256  # with the root
LINKS_COUNT_MAX: Final = 4000  # on side paths together; the last one begun may still be finished
# New links of one step, the root's among them, and those of side paths that a step may lay however long the root grew.
# The junction begun last is still begun whole.
STEP_LINKS_COUNT: Final = 40
STEP_SIDE_LINKS_COUNT: Final = 12
LINKS_KNOWN_COUNT_MAX: Final = 2 * LINKS_COUNT_MAX  # whose content was counted for the budget
# What is reckoned to go over the wire: for a path with its spans, for each link, for what stands around each content,
# and for content whose tile is not at hand. Working figures; two cities took 0.7 and 0.85 of it, for what lies on two
# paths, and geometry that both directions share, goes once and is reckoned twice.
PATH_BYTES: Final = 150
LINK_BYTES: Final = 40
CONTENT_BYTES: Final = 24
UNSEEN_CONTENT_BYTES: Final = 150


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Laid:
    """A path and its links, in order and without gap from `first_offset_cm` to `end_offset_cm`."""

    path: Path
    links: Links

    def __init__(self, path: Path, links: Links) -> None:
        self.path = path
        self.links = links


class _Junction(NamedTuple):
    """Ways that may be laid together, first those that sort first; the key of each differs. Without ways it stands for
    all that comes further along its path, none of which sorts before it."""

    key: tuple[int, int, PathId, int]
    ways: tuple[tuple[Way, int], ...]  # with the chance of each
    trail: Trail
    at_cm: int  # from the zero of the root
    level: int


_Opened = tuple[_Junction, ...]  # together; the last leads on to those behind it on its path
_NO_MORE: Final[Iterator[_Opened]] = iter(())


@dataclass(slots=True)
class _Round:
    """One step being made."""

    before: Mapping[PathId, Laid]
    paths: dict[PathId, Laid]
    side_cm: int
    paths_count: int
    links_count: int
    step_links_count: int  # may still be laid
    again: News | None
    goes_on: bool = False  # paths that it finds are those that the step before left
    bytes_count: int = 0
    full: bool = False  # no more paths may begin
    spent: bool = False  # the budget is: what comes now goes
    left: list[_Junction] = field(default_factory=list)  # looked at, with something still to be laid
    # With each, those behind it on its path that are not open yet
    open: list[tuple[_Junction, Iterator[_Opened]]] = field(default_factory=list)

    def open_next(self, junctions: Iterator[_Opened]) -> None:
        """Opens the first of these, with the others behind it."""
        found = next(junctions, ())
        for x in found[:-1]:
            heappush(self.open, (x, _NO_MORE))
        if found:
            heappush(self.open, (found[-1], junctions))


class SidePaths:
    """`levels_count` is how often paths branch: 1 for side paths of the root only. `bytes_max` 0 is no budget;
    `groups` are those whose content goes with a side path. `path_ids` gives the next free id."""

    # fmt: off
    __slots__ = (
        "_bytes_max", "_content_bytes_of", "_groups", "_levels_count", "_network", "_path_ids", "_rest", "_turns",
        "awaits", "unfinished",
    )
    # fmt: on

    def __init__(
        self,
        network: Network,
        *,
        levels_count: int,
        bytes_max: int,
        groups: Sequence[ProfileGroup],
        path_ids: Iterator[int],
        turns: TurnClock | None = None,
    ) -> None:
        self._network = network
        self._turns = turns
        self._levels_count = levels_count
        self._bytes_max = bytes_max
        self._groups = groups
        self._path_ids = path_ids
        self._content_bytes_of: dict[LinkId, int] = {}  # of links whose tiles are all at hand
        self.unfinished = False
        self._rest: _Round | None = None  # the step made last, where another one can go on with it
        self.awaits: dict[PathId, TileId] = {}  # tiles that must come to hand before side paths can grow

    def lay(
        self,
        root: TreePath,
        *,
        driven: tuple[LinkId, ...],
        side_cm: int,
        before: Mapping[PathId, Laid],
        root_grown_count: int = 0,
        again: News | None = None,
    ) -> dict[PathId, Laid]:
        """All paths, the root first and each after its parent; what did not change is the object of `before`.

        `driven` are the links before the root's first; side paths reach `side_cm`. The root has grown by so many links
        in this step. `again` as in `Growth`.
        """
        known_count = links_count = 0
        for x, _, _ in side_paths(root):
            known_count += 1
            links_count += len(x.links)
        may_lay_count = max(STEP_SIDE_LINKS_COUNT, STEP_LINKS_COUNT - root_grown_count)
        step = _Round(before, {}, side_cm, known_count + 1, links_count, may_lay_count, again)
        self.awaits = {}
        first_cm = root.links.start_offset_cm
        _put(step, root, ROOT, 0, first_cm, WHOLE_PPM, 0)
        self._branch(step, root, WHOLE_PPM, driven, 0, 0)
        return self._run(step, known_count)

    def lay_on(self, before: Mapping[PathId, Laid]) -> dict[PathId, Laid] | None:
        """Goes on where the last step stopped, past what is whole; `before` is what that gave, and nothing came since.
        None where all is to be looked at again: with a budget, what fits is told by what comes before it."""
        rest = self._rest
        if rest is None:
            return None
        step = _Round(
            before, dict(before), rest.side_cm, rest.paths_count, rest.links_count, STEP_LINKS_COUNT, None, goes_on=True
        )
        step.open = [*((x, _NO_MORE) for x in rest.left), *rest.open]
        heapify(step.open)
        paths = self._run(step, 0)
        return paths if len(paths) == len(before) else _in_order(paths)

    def _run(self, step: _Round, known_count: int) -> dict[PathId, Laid]:
        """Looks at junctions until so many paths that are known, and as many others as may be, are laid."""
        self.unfinished = False
        while step.open and (known_count > 0 or not (step.full or step.spent or self.unfinished)):
            junction, further = heappop(step.open)
            step.open_next(further)
            may_begin = self._may_begin(step, junction)
            whole = all_laid = True
            for way, chance_ppm in junction.ways:
                known_count -= way.path is not None
                if way.path is not None or may_begin:
                    whole = self._lay_way(step, junction, way, chance_ppm) and whole
                all_laid = all_laid and way.path is not None
            if not (whole and all_laid):
                step.left.append(junction)
            self.unfinished = self.unfinished or not whole
        self._rest = step if self.unfinished and not self._bytes_max else None
        return step.paths

    def _branch(
        self,
        step: _Round,
        path: TreePath,
        chance_ppm: int,
        before: Trail | tuple[LinkId, ...],
        zero_cm: int,
        level: int,
        open_count: int = 0,
    ) -> None:
        """Puts what leaves a path among the junctions to be looked at; so many of its forks are there already."""
        step.open_next(self._junctions(path, chance_ppm, before, zero_cm, level, open_count))

    def _junctions(
        self,
        path: TreePath,
        chance_ppm: int,
        before: Trail | tuple[LinkId, ...],
        zero_cm: int,
        level: int,
        open_count: int,
    ) -> Iterator[_Opened]:
        """What leaves a path, by offset; without a budget that is the order in which it is looked at.

        With a budget one that lies farther off may come before one that is nearer. None is likelier than that the
        vehicle gets past those before it, so what lies behind is opened when that comes to be looked at.
        """
        reach_ppm = chance_ppm
        for i, (offset_cm, fork) in enumerate(path.forks.items()):
            if not fork.ways:
                continue
            found: list[tuple[Way, int]] = []
            left_ppm = reach_ppm
            for x in fork.ways:
                way_ppm = reach_ppm * x.share_ppm // WHOLE_PPM
                left_ppm -= way_ppm
                found.append((x, way_ppm))
            reach_ppm, ways = left_ppm, tuple(found)
            if i < open_count:
                continue
            trail, at_cm = Trail(path, offset_cm, before), zero_cm + offset_cm
            if not self._bytes_max:
                yield (_Junction((0, at_cm, path.path_id, 0), ways, trail, at_cm, level + 1),)
                continue
            yield (
                *(
                    _Junction((-way[1], at_cm, path.path_id, order), (way,), trail, at_cm, level + 1)
                    for order, way in enumerate(ways)
                ),
                _Junction((-reach_ppm, -1, path.path_id, 0), (), trail, at_cm, level + 1),
            )

    def _may_begin(self, step: _Round, junction: _Junction) -> bool:
        new_count = 0
        for way, _ in junction.ways:
            new_count += way.path is None
        if not new_count or step.full or step.spent:
            return False
        if step.paths_count + new_count > PATHS_COUNT_MAX or step.links_count >= LINKS_COUNT_MAX:
            step.full = True
        elif step.step_links_count <= 0:
            self.unfinished = True
        else:
            return True
        return False

    def _lay_way(self, step: _Round, junction: _Junction, way: Way, chance_ppm: int) -> bool:
        """False where the path could go on, and this step may lay no more."""
        path = way.path or self._begin(step, junction, way)
        if path is None:
            return True
        open_count, laid_out = len(path.forks) if step.goes_on else 0, True
        forking = junction.level < self._levels_count
        whole = path.ended or path.end_offset_cm >= step.side_cm or len(path.links) >= SIDE_LINKS_COUNT_MAX
        if not whole or (forking and len(path.forks) < len(path.links) - 1) or self._may_change(step, path):
            laid_out = self._grow(step, junction, path, forking)
            if path.arriving_rad == path.arriving_rad:  # not nan: what follows its first link counts for the turn
                path.turn_angle_mrad = bend_mrad(path.arriving_rad, leaving_rad(self._lines(path.links.ids)))
        if self._bytes_max and not self._fits(step, path):
            way.path = None
            return laid_out
        way.path = path
        trail = junction.trail
        _put(step, path, trail.path.path_id, path.offset_cm, 0, chance_ppm, path.turn_angle_mrad)
        if path.awaits is not None:
            self.awaits[path.path_id] = path.awaits
        if len(path.forks) > open_count:
            self._branch(step, path, chance_ppm, trail, junction.at_cm, junction.level, open_count)
        return laid_out

    def _may_change(self, step: _Round, path: TreePath) -> bool:
        """Whether a path that reaches as far as it should may go another way by what is known now."""
        if step.again is None:
            return False
        return path.ended or path.awaits is not None or bool(path.bans) or tells_of(self._network, step.again, path)

    def _begin(self, step: _Round, junction: _Junction, way: Way) -> TreePath | None:
        link = self._network.link(way.link_id)
        if link is None:
            return None
        trail = junction.trail
        angle_mrad, from_rad = self._turn(trail, link.line)
        path_id = PathId(next(self._path_ids))
        first = Links.of(path_id, 0, (link.link_id,), (link.length_cm,))
        step.paths_count += 1
        step.links_count += 1
        step.step_links_count -= 1
        return TreePath(path_id, trail.offset_cm, angle_mrad, first, arriving_rad=from_rad)

    def _turn(self, trail: Trail, leaving: Polyline) -> tuple[int, float]:
        """The turn onto a path that begins with this line, and what it is measured from where more of the path counts
        (else nan)."""
        arriving = trail.path.links.ending_at(trail.offset_cm)
        link = None if arriving is None else self._network.link(arriving)
        if link is None:
            return 0, nan
        if is_way_back(link.line, leaving):
            return BACK_MRAD, nan
        behind: Iterable[Polyline] = (link.line,)
        if link.line.length_m < ANGLE_CHORD_M:
            behind = self._lines(reversed(trail.driven()))
        from_rad = arriving_rad(behind)
        angle_mrad = bend_mrad(from_rad, leaving_rad((leaving,)))
        return angle_mrad, from_rad if leaving.length_m < ANGLE_CHORD_M else nan

    def _lines(self, link_ids: Iterable[LinkId]) -> Iterator[Polyline]:
        """Of links that follow each other, up to the first that is not at hand."""
        for link_id in link_ids:
            link = self._network.link(link_id)
            if link is None:
                return
            yield link.line

    def _grow(self, step: _Round, junction: _Junction, path: TreePath, forking: bool) -> bool:
        """As far as this step may, and whether that is as far as it goes; with a budget whole, since it is to be known
        what the path takes."""
        links_count = len(path.links)
        count_max = SIDE_LINKS_COUNT_MAX
        if not self._bytes_max:
            count_max = min(count_max, links_count + max(0, step.step_links_count))
        if count_max <= links_count and not forking and step.again is None:
            return False
        # the forks of a side path are those of its first links, and nothing but a tile changes them
        settled_count = len(path.forks) if forking and step.again is None else 0
        Growth(
            self._network,
            junction.trail.driven(),
            step.side_cm,
            count_max,
            forking,
            settled_count=settled_count,
            again=step.again,
            turns=self._turns,
            trail=junction.trail,
        ).grow(path)
        grown_count = len(path.links) - links_count
        step.links_count += grown_count
        step.step_links_count -= grown_count
        stopped = path.ended or path.awaits is not None or path.end_offset_cm >= step.side_cm
        return stopped or len(path.links) >= SIDE_LINKS_COUNT_MAX

    def _fits(self, step: _Round, path: TreePath) -> bool:
        """Whether what a path is reckoned to take on the wire is within the budget; after one that is not, none is."""
        step.bytes_count += PATH_BYTES + sum(LINK_BYTES + self._content_bytes(x) for x in path.links.ids)
        step.spent = step.spent or step.bytes_count > self._bytes_max
        return not step.spent

    def _content_bytes(self, link_id: LinkId) -> int:
        known = self._content_bytes_of.get(link_id)
        if known is not None:
            return known
        network, count, seen = self._network, 0, True
        for group in self._groups:
            content = network.content(link_id, group)
            if content is not None:
                count += CONTENT_BYTES + len(content.payload)
                continue
            state = network.tile_state(GROUP_LAYER[group], tile_of(link_id))
            if state is TileState.NOT_LOADED:
                count += UNSEEN_CONTENT_BYTES
            seen = seen and state in (TileState.LOADED, TileState.ABSENT)
        if seen:
            if len(self._content_bytes_of) >= LINKS_KNOWN_COUNT_MAX:
                self._content_bytes_of.clear()
            self._content_bytes_of[link_id] = count
        return count


def side_paths(root: TreePath) -> Iterator[tuple[TreePath, int, tuple[TreePath, ...]]]:
    """Every side path that is laid: (path, where its zero lies from the zero of the root, its parents)."""
    open_: list[tuple[TreePath, int, tuple[TreePath, ...]]] = [(root, 0, ())]
    while open_:
        path, zero_cm, parents = open_.pop()
        line = (*parents, path)
        for offset_cm, fork in path.forks.items():
            for way in fork.ways:
                if way.path is not None:
                    found = (way.path, zero_cm + offset_cm, line)
                    yield found
                    if way.path.forks:
                        open_.append(found)


def _in_order(paths: Mapping[PathId, Laid]) -> dict[PathId, Laid]:
    """The paths, parents before children, in the order in which they are looked at without a budget."""
    at_cm: dict[PathId, int] = {ROOT: 0}
    for path_id, laid in paths.items():
        at_cm[path_id] = at_cm[laid.path.parent_path_id] + laid.path.offset_on_parent_cm
    by_place = sorted(paths, key=lambda x: (at_cm[x], paths[x].path.parent_path_id))
    return {x: paths[x] for x in by_place}


def _put(
    step: _Round,
    path: TreePath,
    parent: PathId,
    offset_on_parent_cm: int,
    first_cm: int,
    chance_ppm: int,
    turn_angle_mrad: int,
) -> None:
    """Lays a path; the object of the step before where nothing of it changed."""
    path_id, links = path.path_id, path.links
    laid = step.before.get(path_id)
    was = laid.path if laid is not None and laid.links is links else None
    if (
        laid is None
        or was is None
        or was.probability_ppm != chance_ppm
        or was.parent_path_id != parent
        or was.offset_on_parent_cm != offset_on_parent_cm
        or was.first_offset_cm != first_cm
        or was.end_offset_cm != links.end_offset_cm
        or was.turn_angle_mrad != turn_angle_mrad
    ):
        end_cm = links.end_offset_cm
        head = Path(path_id, parent, offset_on_parent_cm, first_cm, end_cm, chance_ppm, turn_angle_mrad)
        laid = Laid(head, links)
    step.paths[path_id] = laid
