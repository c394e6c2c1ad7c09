"""The paths the vehicle may follow: the most probable one, and where others leave it.

One root path carries the vehicle: along the route or, without one, the likeliest way at every junction. At each
junction ahead a side path leaves it for every other way onward; side paths do not branch again, so the
probability of one is the chance of entering it. Paths consist of whole links.

The paths change only when the vehicle enters another link, a tile comes to hand, or the route changes: the root
reaches at least the horizon's length past the end of the vehicle's link. Which link that is, it is told.

Turning onto a side path makes that path the root: it keeps its id and its zero, loses its parent, and is extended.
The old root goes, and with it the stretch behind the branch point: the trailing part of the new root grows from its
own zero. A link that is on no path starts a new root at its own start.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.horizon.items import ROOT, LinkPlacement, Path
from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId, PathId, TileId
from mapprior.model.network import Network

ROOT_LINKS_COUNT_MAX: Final = 2000
SIDE_LINKS_COUNT_MAX: Final = 200
# Ways onward past this many stay without a path of their own; their chance is left with the root.
PATHS_COUNT_MAX: Final = 256
LINKS_COUNT_MAX: Final = 4000  # on side paths together; the last one begun may still be finished
WHERE_COUNT_MAX: Final = 64  # places remembered until the paths change
DRIVEN_LINKS_COUNT_MAX: Final = 12  # how far back a turn restriction, or a roundabout, may begin


@dataclass(frozen=True, slots=True)
class Laid:
    """A path and its links, in order and without gap from `first_offset_cm` to `end_offset_cm`."""

    path: Path
    links: tuple[LinkPlacement, ...]


@dataclass(slots=True)
class _Side:
    """A path that leaves the root. `awaits` is the tile that must come to hand before it can grow."""

    path_id: PathId
    offset_cm: int
    driven: tuple[LinkId, ...]
    links: list[LinkPlacement]
    awaits: TileId | None = None


@dataclass(frozen=True, slots=True)
class _Fork:
    """The side paths that leave the root at one offset, each with its share of those who get there."""

    sides: tuple[tuple[_Side, int], ...]


@dataclass(frozen=True, slots=True)
class _Ways:
    """What leaves the end of a link of the root, given the links driven so far (the last one arrives)."""

    driven: tuple[LinkId, ...]
    onward: Sequence[LinkId]
    shares_ppm: Sequence[int]
    by_route: LinkId | None


class PathTree:
    """Follow the vehicle with `follow`; read `paths`. Lengths are fixed for the life of the tree."""

    def __init__(self, network: Network, *, horizon_cm: int, trailing_cm: int, stub_cm: int) -> None:
        self._network = network
        self._horizon_cm = horizon_cm
        self._trailing_cm = trailing_cm
        self._stub_cm = stub_cm
        self._next_path_id = 1
        self._root_id = ROOT
        self._root: list[LinkPlacement] = []
        self._at = 0  # index on the root of the vehicle's link
        self._driven: tuple[LinkId, ...] = ()  # links driven before the root's first
        self._forks: dict[int, _Fork] = {}  # by offset on the root; one for each link end that was looked at
        self._root_awaits: TileId | None = None
        self._route: tuple[LinkId, ...] = ()
        self._route_at = 0  # place on the route of the vehicle's link, or of the last one that was on it
        self._on_route = False
        self._where: dict[LinkId, tuple[PathId, int] | None] = {}
        self.paths: dict[PathId, Laid] = {}  # the root first

    @property
    def link_id(self) -> LinkId | None:
        """The link the vehicle is on; None where the tree is empty."""
        return self._root[self._at].link_id if self._root else None

    @property
    def link_offset_cm(self) -> int:
        """Where the vehicle's link begins on the root; 0 where the tree is empty."""
        return self._root[self._at].start_offset_cm if self._root else 0

    @property
    def root_id(self) -> PathId:
        """The path the vehicle is on; ROOT where the tree is empty."""
        return self._root_id

    def follow(self, link_id: LinkId, *, driven: Sequence[LinkId] = (), held: Collection[LinkId] = ()) -> None:
        """The vehicle is on this link now. `driven` are the links before it, as far as known.

        A side path the vehicle has passed stays while a link of it is in `held`: places it may still be at.
        """
        on_root = [i for i, x in enumerate(self._root) if x.link_id == link_id]
        ahead = next((i for i in on_root if i >= self._at), None)
        branching = min(
            (
                (side.offset_cm + x.start_offset_cm, i, side)
                for side in self._sides()
                for i, x in enumerate(side.links)
                if x.link_id == link_id
            ),
            key=lambda x: x[0],
            default=None,
        )
        # Where the link is on several paths, the vehicle is at the nearest place ahead.
        if branching is not None and (ahead is None or branching[0] < self._root[ahead].start_offset_cm):
            self._turn_onto(branching[2])
            self._at = branching[1]
        elif ahead is not None:
            self._at = ahead
        elif on_root:
            self._at = on_root[-1]
        else:
            self._start(link_id, driven)
        self._find_on_route(link_id)
        self._settle(held)

    def set_route(self, links: Sequence[LinkId]) -> None:
        """Links in driving order; empty withdraws the route. What is known of the road ahead is decided anew."""
        self._route = tuple(links)
        self._route_at = 0
        if self._root:
            self._find_on_route(self._root[self._at].link_id)
            self._decide_again()
            self._settle(())

    def grow(self) -> None:
        """Goes on where a tile was missing."""
        if self._root:
            self._settle((), passed_too=False)

    def clear(self) -> None:
        """The vehicle is nowhere. The route is kept."""
        self._root, self._root_id, self._at, self._driven = [], ROOT, 0, ()
        self._forks, self._root_awaits = {}, None
        self._where.clear()
        self.paths = {}

    def where(self, link_id: LinkId) -> tuple[PathId, int] | None:
        """(path, offset of the link's start on it), on the root before others, ahead before behind."""
        if link_id not in self._where:
            if len(self._where) >= WHERE_COUNT_MAX:
                self._where.clear()
            self._where[link_id] = self._find(link_id)
        return self._where[link_id]

    @property
    def awaits(self) -> list[TileId]:
        """Tiles that must come to hand before paths can grow, the root's first."""
        tiles = [self._root_awaits, *(side.awaits for side in self._sides())]
        return list(dict.fromkeys(x for x in tiles if x is not None))

    # The root

    def _start(self, link_id: LinkId, driven: Sequence[LinkId]) -> None:
        link = self._network.link(link_id)
        self.clear()
        if link is None:
            return
        self._root_id = self._new_path_id()
        self._root = [LinkPlacement(self._root_id, 0, link.length_cm, link.link_id)]
        self._driven = tuple(driven)[-DRIVEN_LINKS_COUNT_MAX:]

    def _turn_onto(self, side: _Side) -> None:
        self._root_id, self._root, self._driven = side.path_id, side.links, side.driven
        self._root_awaits = side.awaits
        self._forks = {}

    def _settle(self, held: Collection[LinkId], *, passed_too: bool = True) -> None:
        """Erases what is behind, extends what is ahead."""
        if not self._root:
            return
        if passed_too:
            self._erase_behind(held)
        self._extend_root()
        for side in self._sides():
            if side.awaits is not None:
                self._extend_side(side)
        self._lay()

    def _erase_behind(self, held: Collection[LinkId]) -> None:
        here_cm = self._root[self._at].start_offset_cm
        erased = 0
        while self._root[erased].end_offset_cm <= here_cm - self._trailing_cm:
            erased += 1
        if erased:
            driven = (*self._driven, *(x.link_id for x in self._root[:erased]))
            self._driven = driven[-DRIVEN_LINKS_COUNT_MAX:]
            del self._root[:erased]
            self._at -= erased
        for offset_cm in [x for x in self._forks if x <= here_cm]:
            fork = self._forks.pop(offset_cm)
            kept = tuple(x for x in fork.sides if any(p.link_id in held for p in x[0].links))
            if kept and offset_cm >= self._root[0].start_offset_cm:
                self._forks[offset_cm] = _Fork(kept)

    def _extend_root(self) -> None:
        root, reach_cm = self._root, self._root[self._at].end_offset_cm + self._horizon_cm
        self._root_awaits = None
        i = self._at
        while i + 1 < len(root) or (root[i].end_offset_cm < reach_cm and len(root) < ROOT_LINKS_COUNT_MAX):
            if root[i].end_offset_cm not in self._forks:
                ways = self._ways(i)
                if ways is None:
                    self._root_awaits = self._end_tile(root[i].link_id)
                if i + 1 == len(root):
                    link = self._network.link(chosen) if ways and (chosen := self._choose(i, ways)) else None
                    if link is None:
                        return  # the map, or what is known of it, ends here
                    root.append(LinkPlacement(self._root_id, root[i].end_offset_cm, link.length_cm, link.link_id))
                if ways is not None:
                    self._fork(i, ways)
            i += 1

    def _ways(self, i: int) -> _Ways | None:
        """The ways onward from the root's link `i`; None where the tile is not at hand."""
        tail = (x.link_id for x in self._root[max(0, i + 1 - DRIVEN_LINKS_COUNT_MAX) : i + 1])
        driven = (*self._driven, *tail)[-DRIVEN_LINKS_COUNT_MAX:]
        onward = next_links(self._network, driven)
        if onward is None:
            return None
        by_route = self._route_link(i)
        if by_route is not None and by_route not in onward:
            onward = [*onward, by_route]  # who made the route knows better than our restrictions
        shares = branch_shares_ppm(self._network, driven, onward, route_link=by_route)
        return _Ways(driven, onward, shares, by_route)

    def _choose(self, i: int, ways: _Ways) -> LinkId | None:
        """The route's way; else the likeliest that does not lead the path in a circle, nor back from a dead end."""
        if ways.by_route is not None:
            return ways.by_route
        return self._likeliest(ways.driven[-1], ways.onward, ways.shares_ppm, self._root[self._at : i + 1])

    def _find_on_route(self, link_id: LinkId) -> None:
        places = [i for i, x in enumerate(self._route) if x == link_id]
        self._on_route = bool(places)
        if places:
            self._route_at = next((i for i in places if i >= self._route_at), places[0])

    def _route_link(self, i: int) -> LinkId | None:
        """The link the route goes on with after the root's link `i`; None off the route and at its end."""
        place = self._route_at + i - self._at
        if not self._on_route or place + 1 >= len(self._route):
            return None
        if any(self._root[self._at + k].link_id != self._route[self._route_at + k] for k in range(i - self._at + 1)):
            return None
        here, after = self._network.link(self._route[place]), self._network.link(self._route[place + 1])
        if after is None or here is None:
            return None
        return after.link_id if after.link_id in (self._network.links_from(here.end_node) or ()) else None

    def _decide_again(self) -> None:
        """Keeps the root as far as the choices stay the same, with the side paths and their ids."""
        for i in range(self._at, len(self._root) - 1):
            ways = self._ways(i)
            if ways is None:
                continue
            if self._choose(i, ways) != self._root[i + 1].link_id:
                cut_cm = self._root[i].end_offset_cm
                del self._root[i + 1 :]
                self._forks = {k: v for k, v in self._forks.items() if k < cut_cm}
                return
            self._fork(i, ways)

    # Side paths

    def _sides(self) -> list[_Side]:
        return [side for fork in self._forks.values() for side, _ in fork.sides]

    def _fork(self, i: int, ways: _Ways) -> None:
        """Side paths at the end of the root's link `i`. Those that are there already keep their ids."""
        offset_cm, taken = self._root[i].end_offset_cm, self._root[i + 1].link_id
        known = {side.links[0].link_id: side for side, _ in self._forks.get(offset_cm, _Fork(())).sides}
        sides = []
        for link_id, share_ppm in zip(ways.onward, ways.shares_ppm, strict=True):
            if link_id == taken:
                continue
            side = known.get(link_id) or self._new_side(offset_cm, ways.driven, link_id)
            if side is not None:
                sides.append((side, share_ppm))
        self._forks[offset_cm] = _Fork(tuple(sides))

    def _new_side(self, offset_cm: int, driven: tuple[LinkId, ...], link_id: LinkId) -> _Side | None:
        link, sides = self._network.link(link_id), self._sides()
        if link is None or len(sides) + 1 >= PATHS_COUNT_MAX or sum(len(x.links) for x in sides) >= LINKS_COUNT_MAX:
            return None
        path_id = self._new_path_id()
        side = _Side(path_id, offset_cm, driven, [LinkPlacement(path_id, 0, link.length_cm, link.link_id)])
        self._extend_side(side)
        return side

    def _extend_side(self, side: _Side) -> None:
        side.awaits = None
        while side.links[-1].end_offset_cm < self._stub_cm and len(side.links) < SIDE_LINKS_COUNT_MAX:
            driven = (*side.driven, *(x.link_id for x in side.links))[-DRIVEN_LINKS_COUNT_MAX:]
            onward = next_links(self._network, driven)
            if onward is None:
                side.awaits = self._end_tile(driven[-1])
                return
            shares_ppm = branch_shares_ppm(self._network, driven, onward)
            chosen = self._likeliest(driven[-1], onward, shares_ppm, side.links)
            link = self._network.link(chosen) if chosen is not None else None
            if link is None:
                return
            end_cm = side.links[-1].end_offset_cm
            side.links.append(LinkPlacement(side.path_id, end_cm, link.length_cm, link.link_id))

    # What both need

    def _likeliest(
        self, arriving: LinkId, onward: Sequence[LinkId], shares_ppm: Sequence[int], laid: Sequence[LinkPlacement]
    ) -> LinkId | None:
        """The way of the greatest share that is not on the path already and not the way back; the first of equals."""
        if not onward:
            return None
        taken = {x.link_id for x in laid}
        link = self._network.link(arriving)
        if link is not None and link.twin_id is not None:
            taken.add(link.twin_id)
        best: LinkId | None = None
        best_ppm = -1
        for link_id, share_ppm in zip(onward, shares_ppm, strict=True):
            if share_ppm > best_ppm and link_id not in taken:
                best, best_ppm = link_id, share_ppm
        return best

    def _end_tile(self, link_id: LinkId) -> TileId | None:
        link = self._network.link(link_id)
        return self._network.missing_tile(link.end_node) if link is not None else None

    def _new_path_id(self) -> PathId:
        path_id = PathId(self._next_path_id)
        self._next_path_id += 1
        return path_id

    def _find(self, link_id: LinkId) -> tuple[PathId, int] | None:
        for x in (*self._root[self._at :], *reversed(self._root[: self._at])):
            if x.link_id == link_id:
                return self._root_id, x.start_offset_cm
        for side in self._sides():
            for x in side.links:
                if x.link_id == link_id:
                    return side.path_id, x.start_offset_cm
        return None

    def _lay(self) -> None:
        """Writes `paths`. What did not change stays the same object."""
        self._where.clear()
        before, self.paths = self.paths, {}
        first_cm = self._root[0].start_offset_cm
        self._put(before, Path(self._root_id, ROOT, 0, first_cm, self._root[-1].end_offset_cm, WHOLE_PPM), self._root)
        reach_ppm = WHOLE_PPM
        for offset_cm in sorted(self._forks):
            left_ppm = reach_ppm
            for side, share_ppm in self._forks[offset_cm].sides:
                chance_ppm = reach_ppm * share_ppm // WHOLE_PPM
                left_ppm -= chance_ppm
                end_cm = side.links[-1].end_offset_cm
                self._put(before, Path(side.path_id, self._root_id, offset_cm, 0, end_cm, chance_ppm), side.links)
            reach_ppm = left_ppm

    def _put(self, before: dict[PathId, Laid], path: Path, links: Sequence[LinkPlacement]) -> None:
        was = before.get(path.path_id)
        laid = tuple(links)
        if was is None:
            self.paths[path.path_id] = Laid(path, laid)
        elif was.path == path and was.links == laid:
            self.paths[path.path_id] = was
        else:
            self.paths[path.path_id] = Laid(path, was.links if was.links == laid else laid)
