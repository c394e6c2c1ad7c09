"""The paths the vehicle may follow: the most probable one, and where others leave it.

One root path carries the vehicle: along the route or, without one, the likeliest way at every junction; where the
vehicle has left the route, or not come to it yet, along the likeliest way until that meets the route. At each junction
ahead a side path leaves it for every other way onward, and leaves those, as deep as the client asks for
(`side_paths.py`). Its probability is the chance of entering it from where the vehicle is now. Paths consist of whole
links.

The paths change only when the vehicle enters another link, or a lane that leads elsewhere, when a tile of roads or
lanes comes to hand, the route changes, a ban of a turn begins or ends, or the vehicle drives faster than they were laid
for: the root reaches at least the horizon's length past the end of the vehicle's link. It is always laid whole; side
paths may take more steps, one with each `lay_on`, while `unfinished`.

Turning onto a side path makes that path the root: it keeps its id and its zero, loses its parent, is extended, and
keeps the paths that leave it. The old root goes, and with it the stretch behind the branch point: the trailing part of
the new root grows from its own zero. A link that is on no path starts a new root at its own start.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count, pairwise
from typing import Final

from mapprior.horizon.items import ROOT
from mapprior.horizon.lengths import Lengths
from mapprior.horizon.links import Links
from mapprior.horizon.route_ahead import RouteAhead
from mapprior.horizon.side_paths import Laid, SidePaths, side_paths
from mapprior.horizon.tree_path import TIME_PASSED, Fork, Growth, News, TreePath, last_driven, tells_of
from mapprior.horizon.turn_clock import TurnClock
from mapprior.model.ids import LinkId, PathId, TileId
from mapprior.model.network import Network
from mapprior.model.provenance import LAYER_GROUPS, Layer, ProfileGroup

ROOT_LINKS_COUNT_MAX: Final = 2000
ROAD_GROUPS: Final = tuple(LAYER_GROUPS[Layer.L0])
NEVER_LAID_MPS: Final = -1.0  # below every speed
WHERE_COUNT_MAX: Final = 64  # places remembered until the paths change


class PathTree:
    """Follow the vehicle with `follow`; read `paths`. What is asked for is fixed for the life of the tree.
    `side_groups` are the groups whose content goes with side paths; they count in the budget of `tree_bytes_max`.

    `faster_mps` is the speed above which `drive_at` has something to do.
    """

    # fmt: off
    __slots__ = (
        "_at", "_by_budget", "_driven", "_laid_for_mps", "_lengths", "_network", "_on_route", "_path_ids", "_root",
        "_route", "_route_at", "_sides", "_turns", "_where", "faster_mps", "lane_shares", "link_id", "paths",
    )
    # fmt: on

    def __init__(
        self,
        network: Network,
        lengths: Lengths,
        *,
        side_levels_count: int = 1,
        tree_bytes_max: int = 0,
        side_groups: Sequence[ProfileGroup] = ROAD_GROUPS,
        turns: TurnClock | None = None,
    ) -> None:
        self._network = network
        self._lengths = lengths
        self._path_ids = count(1)  # shared without the tree itself: a drive that is over leaves no cycle behind
        self._sides = SidePaths(
            network,
            levels_count=side_levels_count,
            bytes_max=tree_bytes_max,
            groups=side_groups,
            path_ids=self._path_ids,
            turns=turns,
        )
        self._turns = turns
        self._by_budget = tree_bytes_max > 0
        self._root: TreePath | None = None
        self.link_id: LinkId | None = None  # the vehicle is on; None where the tree is empty
        self._at = 0  # index on the root of the vehicle's link
        self._driven: tuple[LinkId, ...] = ()  # links driven before the root's first
        self._route: tuple[LinkId, ...] = ()
        self._route_at = 0  # place on the route of the vehicle's link, or of the last one that was on it
        self._on_route = False
        self._where: dict[LinkId, tuple[PathId, int] | None] = {}
        self._laid_for_mps = NEVER_LAID_MPS
        self.faster_mps = 0.0 if lengths.by_speed else math.inf
        self.lane_shares: Mapping[int, float] | None = None  # as `keep_lane` was told, on the vehicle's link of now
        self.paths: dict[PathId, Laid] = {}  # the root first, each path after its parent

    @property
    def link_offset_cm(self) -> int:
        """Where the vehicle's link begins on the root; 0 where the tree is empty."""
        return self._root.links.start_cm(self._at) if self._root is not None else 0

    @property
    def link_end_cm(self) -> int:
        """Where the vehicle's link ends on the root; 0 where the tree is empty."""
        return self._root.links.end_cm(self._at) if self._root is not None else 0

    @property
    def root_id(self) -> PathId:
        """The path the vehicle is on; ROOT where the tree is empty."""
        return self._root.path_id if self._root is not None else ROOT

    @property
    def unfinished(self) -> bool:
        """Side paths are still to be laid, by `lay_on`."""
        return self._root is not None and self._sides.unfinished

    def follow(
        self,
        link_id: LinkId,
        *,
        driven: Sequence[LinkId] = (),
        held: Collection[LinkId] = (),
        speed_mps: float = 0.0,
    ) -> None:
        """The vehicle is on this link now. `driven` are the links before it, as far as known.

        A side path the vehicle has passed stays while a link of it is in `held`: places it may still be at.
        """
        self._take_speed(speed_mps)
        if link_id != self.link_id:
            self.lane_shares = None
        on_root = self._root.links.places_of(link_id) if self._root is not None else []
        ahead = next((i for i in on_root if i >= self._at), None)
        branching = self._nearest_side(link_id)
        # Where the link is on several paths, the vehicle is at the nearest place ahead.
        if branching is not None and (
            ahead is None or self._root is None or branching[0] < self._root.links.start_cm(ahead)
        ):
            self._turn_onto(branching[1], branching[2])
        elif ahead is not None:
            self._at = ahead
        elif on_root:
            self._at = on_root[-1]
        else:
            self._start(link_id, driven)
        self.link_id = link_id if self._root is not None else None
        self._find_on_route(link_id)
        self._settle(held)

    def drive_at(self, speed_mps: float) -> None:
        """The vehicle drives this fast now: the paths are laid farther where they are to be."""
        self._take_speed(speed_mps)
        self._settle((), passed_too=False)

    def set_route(self, links: Sequence[LinkId]) -> None:
        """Links in driving order; empty withdraws the route. What is known of the road ahead is decided anew."""
        self._route = tuple(links)
        self._route_at = 0
        if self._root is not None:
            self._find_on_route(self._root.links.link_id(self._at))
            self._settle((), passed_too=False)

    def keep_lane(self, lane_shares: Mapping[int, float] | None) -> None:
        """The chance of each lane at the end of the vehicle's link, by index from the left; None where not known.

        The junction there is decided anew. Forgotten on the next link.
        """
        self.lane_shares = lane_shares
        self._settle((), passed_too=False)

    def judge_turns(self) -> None:
        """Turns that are banned at times are judged anew for a vehicle that is where its clock says now."""
        if self._turns is not None:
            self._turns.restart()
        self._settle((), passed_too=False, again=TIME_PASSED)

    def tile_came(self, tile_id: TileId) -> None:
        """The roads of a tile are at hand, and paths go on."""
        self._settle((), passed_too=False, again=News(tile_id, Layer.L0))

    def lanes_came(self, tile_id: TileId) -> None:
        """The lanes of a tile are at hand, perhaps with arrows that tell where vehicles go. Side paths go on too."""
        if self._root is None:
            return
        news, sides = News(tile_id, Layer.L2), (x for x, _, _ in side_paths(self._root))
        if any(tells_of(self._network, news, x) for x in chain((self._root,), sides)):
            self._settle((), passed_too=False, again=news)
        elif self._sides.unfinished or self._by_budget:  # what the lanes take on the wire is known now
            self.lay_on()

    def lay_on(self) -> None:
        """Goes on with the side paths where the last step stopped."""
        root = self._root
        if root is None:
            return
        self._depart(root)
        paths = self._sides.lay_on(self.paths)
        if paths is None:
            self._lay(root)
        else:
            self._where.clear()
            self.paths = paths

    def clear(self) -> None:
        """The vehicle is nowhere. The route is kept."""
        self._root, self.link_id, self._at, self._driven = None, None, 0, ()
        self.lane_shares = None
        if self._turns is not None:
            self._turns.restart()
        self._where.clear()
        self.paths = {}

    def where(self, link_id: LinkId) -> tuple[PathId, int] | None:
        """(path, offset of the link's start on it), on the root before others, ahead before behind."""
        if link_id not in self._where:
            if len(self._where) >= WHERE_COUNT_MAX:
                self._where.clear()
            self._where[link_id] = self._find(link_id)
        return self._where[link_id]

    def is_on_root(self, link_id: LinkId) -> bool:
        place = self.where(link_id)
        return place is not None and place[0] == self.root_id

    def along_cm(self, link_id: LinkId, offset_cm: int) -> int | None:
        """How far a place lies from the start of the vehicle's link along the way that it came and is expected to go,
        negative before it; None where it is on no such way."""
        root, place = self._root, self.where(link_id)
        if root is None:
            return None
        if place is not None and place[0] == root.path_id:
            return place[1] + offset_cm - self.link_offset_cm
        start_cm = root.links.start_offset_cm - self.link_offset_cm
        for driven_id in reversed(self._driven):
            link = self._network.link(driven_id)
            if link is None:
                break
            start_cm -= link.length_cm
            if driven_id == link_id:
                return start_cm + offset_cm
        return None

    @property
    def awaits(self) -> list[TileId]:
        """Tiles that must come to hand before paths can grow, the root's first."""
        if self._root is None:
            return []
        of_paths = self._sides.awaits
        tiles = (self._root.awaits, *(of_paths.get(x) for x in self.paths)) if of_paths else (self._root.awaits,)
        return list(dict.fromkeys(x for x in tiles if x is not None))

    # The root

    def _start(self, link_id: LinkId, driven: Sequence[LinkId]) -> None:
        link = self._network.link(link_id)
        self.clear()
        if link is None:
            return
        path_id = PathId(next(self._path_ids))
        first = Links.of(path_id, 0, (link.link_id,), (link.length_cm,))
        self._root = TreePath(path_id, 0, 0, first)
        self._driven = last_driven(driven, ())

    def _nearest_side(self, link_id: LinkId) -> tuple[int, tuple[TreePath, ...], int] | None:
        """(where the link begins from the zero of the root, the paths that lead there, its index on the last)."""
        if self._root is None:
            return None
        found = (
            (zero_cm + side.links.start_cm(i), (*parents, side), i)
            for side, zero_cm, parents in side_paths(self._root)
            for i in side.links.places_of(link_id)
        )
        return min(found, key=lambda x: x[0], default=None)

    def _turn_onto(self, paths: Sequence[TreePath], at: int) -> None:
        """The last of these paths, each of which leaves the one before it, becomes the root."""
        driven: tuple[LinkId, ...] = self._driven
        for parent, side in pairwise(paths):
            driven = last_driven(driven, parent.links.up_to(side.offset_cm))
        side = paths[-1]
        side.offset_cm = side.turn_angle_mrad = 0
        self._root, self._driven, self._at = side, driven, at

    def _settle(self, held: Collection[LinkId], *, passed_too: bool = True, again: News | None = None) -> None:
        """Erases what is behind, extends what is ahead."""
        root = self._root
        if root is None:
            return
        if passed_too:
            self._erase_behind(root, held)
        self._depart(root)
        reach_cm = root.links.end_cm(self._at) + self._lengths.horizon_at_cm(self._laid_for_mps)
        route = None
        if self._route:
            route = RouteAhead(self._network, self._route, place=self._route_at, on_route=self._on_route)
        growth = Growth(
            self._network,
            self._driven,
            reach_cm,
            ROOT_LINKS_COUNT_MAX,
            forking=True,
            first=self._at,
            route=route,
            lane_shares=self.lane_shares,
            again=again,
            turns=self._turns,
        )
        links_count = len(root.links)
        growth.grow(root)
        self._lay(root, grown_count=len(root.links) - links_count, again=again)

    def _erase_behind(self, root: TreePath, held: Collection[LinkId]) -> None:
        here_cm = root.links.start_cm(self._at)
        erased = 0
        while root.links.end_cm(erased) <= here_cm - self._lengths.trailing_cm:
            erased += 1
        if erased:
            self._driven = last_driven(self._driven, root.links.ids[:erased])
            root.links = root.links.after(erased)
            self._at -= erased
        first_cm = root.links.start_offset_cm
        forks: dict[int, Fork] = {}
        for offset_cm, fork in root.forks.items():
            if offset_cm > here_cm:
                forks[offset_cm] = fork
            elif offset_cm >= first_cm:
                kept = tuple(x for x in fork.ways if x.path is not None and any(p in held for p in x.path.links.ids))
                if kept:
                    forks[offset_cm] = Fork(kept, fork.by_route)
        root.forks = forks
        if root.bans:
            root.bans = {k: v for k, v in root.bans.items() if k > here_cm}

    def _find_on_route(self, link_id: LinkId) -> None:
        places = [i for i, x in enumerate(self._route) if x == link_id]
        self._on_route = bool(places)
        if places:
            self._route_at = next((i for i in places if i >= self._route_at), places[0])

    # What both need

    def _depart(self, root: TreePath) -> None:
        if self._turns is not None:
            self._turns.link_starts_at(root.links.start_cm(self._at))

    def _lay(self, root: TreePath, *, grown_count: int = 0, again: News | None = None) -> None:
        """Writes `paths`. What did not change stays the same object."""
        self._where.clear()
        side_cm = self._lengths.stub_at_cm(self._laid_for_mps)
        self.paths = self._sides.lay(
            root,
            driven=self._driven,
            side_cm=side_cm,
            before=self.paths,
            root_grown_count=grown_count,
            again=again,
        )

    def _take_speed(self, speed_mps: float) -> None:
        self._laid_for_mps = self._lengths.speed_to_lay_for_mps(speed_mps, self._laid_for_mps)
        if self._lengths.by_speed:
            self.faster_mps = self._laid_for_mps

    def _find(self, link_id: LinkId) -> tuple[PathId, int] | None:
        if self._root is None:
            return None
        links = self._root.links
        on_root = links.places_of(link_id)
        if on_root:
            ahead = [i for i in on_root if i >= self._at]
            return links.path_id, links.start_cm(ahead[0] if ahead else on_root[-1])
        for side in self.paths.values():
            places = side.links.places_of(link_id)
            if places:
                return side.links.path_id, side.links.start_cm(places[0])
        return None
