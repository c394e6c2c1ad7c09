"""One path of the tree as it grows: its links, and at the end of each what else the vehicle may do there.

The root and the side paths grow by the same rules; only the root knows of a route. Does not know which paths are laid,
nor how likely the vehicle comes there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from types import MappingProxyType
from typing import Final, NamedTuple

from mapprior.horizon.links import Links
from mapprior.horizon.route_ahead import RouteAhead
from mapprior.horizon.turn_clock import NO_BANS, Bans, TurnClock
from mapprior.market.circumstances import Arrival
from mapprior.market.truth import Truth
from mapprior.match.branch import arrows_at_end, branch_shares_ppm
from mapprior.match.turns import Onward, ways_onward
from mapprior.model.ids import LinkId, PathId, TileId, tile_of
from mapprior.model.link import FormOfWay
from mapprior.model.network import Network
from mapprior.model.provenance import Layer

DRIVEN_LINKS_COUNT_MAX: Final = 12  # how far back a turn restriction, or a roundabout, may begin


@dataclass(slots=True, eq=False, init=False)  # hot, as Pose is
class Way:
    """A way onward that leaves a path. `path` once one is laid along it."""

    link_id: LinkId
    share_ppm: int
    path: "TreePath | None"

    def __init__(self, link_id: LinkId, share_ppm: int, path: "TreePath | None" = None) -> None:
        self.link_id = link_id
        self.share_ppm = share_ppm
        self.path = path


@dataclass(slots=True, eq=False, init=False)  # hot, as Pose is
class Fork:
    """What leaves a path at the end of one of its links; `by_route` is the link that the route takes there,
    `lane_shares` what was known of the lane when it was looked at."""

    ways: tuple[Way, ...]
    by_route: LinkId | None
    lane_shares: Mapping[int, float] | None

    def __init__(
        self, ways: tuple[Way, ...] = (), by_route: LinkId | None = None, lane_shares: Mapping[int, float] | None = None
    ) -> None:
        self.ways = ways
        self.by_route = by_route
        self.lane_shares = lane_shares


NO_WAYS: Final = Fork()
NO_FORKS: Final[Mapping[int, Fork]] = MappingProxyType({})
NO_TIMED_TURNS: Final[Mapping[int, Bans]] = MappingProxyType({})


@dataclass(slots=True, eq=False, init=False)  # hot, as Pose is
class TreePath:
    """`awaits` is the tile that must come to hand before it can grow; `ended`: the map, or what is new of it, ends.

    `forks` are by offset, in order: one for each inner end of a link that was looked at. `bans` are by offset too: of
    the turns that are banned at times, as they were judged last; nearly always none. `arriving_rad`: the heading
    that the turn onto it is measured from, where more of its links count for that than the first; else nan.
    """

    path_id: PathId
    offset_cm: int  # on its parent
    turn_angle_mrad: int
    arriving_rad: float
    links: Links
    forks: Mapping[int, Fork]
    bans: Mapping[int, Bans]
    awaits: TileId | None
    ended: bool

    def __init__(
        self,
        path_id: PathId,
        offset_cm: int,
        turn_angle_mrad: int,
        links: Links,
        awaits: TileId | None = None,
        ended: bool = False,
        arriving_rad: float = nan,
    ) -> None:
        self.path_id = path_id
        self.offset_cm = offset_cm
        self.turn_angle_mrad = turn_angle_mrad
        self.arriving_rad = arriving_rad
        self.links = links
        self.forks = NO_FORKS
        self.bans = NO_TIMED_TURNS
        self.awaits = awaits
        self.ended = ended

    @property
    def end_offset_cm(self) -> int:
        return self.links.end_offset_cm


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Trail:
    """How the vehicle comes to a path: along another one up to an offset, to which it comes by a trail itself."""

    path: TreePath
    offset_cm: int
    before: "Trail | tuple[LinkId, ...]"

    def __init__(self, path: TreePath, offset_cm: int, before: "Trail | tuple[LinkId, ...]") -> None:
        self.path = path
        self.offset_cm = offset_cm
        self.before = before

    def driven(self) -> tuple[LinkId, ...]:
        """The last links driven there."""
        before = self.before.driven() if isinstance(self.before, Trail) else self.before
        return last_driven(before, self.path.links.up_to(self.offset_cm))

    def arrival(self, turns: TurnClock) -> Arrival:
        """When the vehicle is there."""
        before = self.before if isinstance(self.before, Trail) else None
        links = self.path.links
        ids = links.up_to(self.offset_cm)
        return arrival_after(turns, before, ids, links.ends_cm[: len(ids)], links.start_offset_cm)


class News(NamedTuple):
    """A tile came, and with it what is known of its roads (layer L0) or its lanes (L2). None: no tile, but time has
    passed, and turns that are banned at times are to be judged anew."""

    tile_id: TileId | None
    layer: Layer


TIME_PASSED: Final = News(None, Layer.L0)


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Growth:
    """Grows one path. `driven` are the links before the path's first, `first` is the link it is looked at from.

    The ends of `settled_count` links from there on need no look. `reach_cm` and `links_count_max` are where it stops.
    `forking`: what leaves it is looked at. `lane_shares`
    is the chance of each lane at the end of the first link. `again` is a tile of which more is known now, its roads or
    its lanes: the ways that this may tell something of are weighed anew. `trail` leads to the path, where it is not the
    root; without `turns` nothing is known of turns that are banned at times.
    """

    network: Network
    driven: Sequence[LinkId]
    reach_cm: int
    links_count_max: int
    forking: bool
    first: int
    settled_count: int
    route: RouteAhead | None
    lane_shares: Mapping[int, float] | None
    again: News | None
    turns: TurnClock | None
    trail: Trail | None
    _taken: set[LinkId]  # links of the path so far
    _longest: int  # restriction at hand, once it was asked for

    def __init__(
        self,
        network: Network,
        driven: Sequence[LinkId],
        reach_cm: int,
        links_count_max: int,
        forking: bool,
        first: int = 0,
        settled_count: int = 0,
        route: RouteAhead | None = None,
        lane_shares: Mapping[int, float] | None = None,
        again: News | None = None,
        turns: TurnClock | None = None,
        trail: Trail | None = None,
    ) -> None:
        self.network = network
        self.driven = driven
        self.reach_cm = reach_cm
        self.links_count_max = links_count_max
        self.forking = forking
        self.first = first
        self.settled_count = settled_count
        self.route = route
        self.lane_shares = lane_shares
        self.again = again
        self.turns = turns
        self.trail = trail
        self._taken = set()
        self._longest = -1

    def grow(self, path: TreePath) -> None:
        """Goes on with what is known; where the route says otherwise than the path goes, the rest of it is cut."""
        links, ends_cm = path.links.ids, path.links.ends_cm
        forks = dict(path.forks) if self.forking else {}
        path.awaits = None
        path.ended = False
        i = self.first + self.settled_count if self.forking or self.again is not None else len(links) - 1
        if i + 1 < len(links) and self._is_settled(path, ends_cm, i):
            i = len(links) - 1
        self._taken = set(links[self.first : i + 1])
        while i + 1 < len(links) or (ends_cm[i] < self.reach_cm and len(links) < self.links_count_max):
            if not self._step(path, links, ends_cm, forks, i):
                break
            i += 1
            self._taken.add(links[i])
            if self.route is not None:
                self.route.enter(links[i])
        if links != path.links.ids:
            path.links = Links.of(path.path_id, path.links.start_offset_cm, links, ends_cm)
        if forks or path.forks:
            path.forks = dict(sorted(forks.items()))

    def _is_settled(self, path: TreePath, ends_cm: Sequence[int], first: int) -> bool:
        """Whether no inner end from a link on needs a look. Often, and it spares looking one by one."""
        if self.route is not None or self.again is not None or self.lane_shares is not None:
            return False
        for i in range(first, len(ends_cm) - 1):
            fork = path.forks.get(ends_cm[i])
            if fork is None or fork.by_route is not None or fork.lane_shares is not None:
                return False
        return True

    def _step(self, path: TreePath, links: list[LinkId], ends_cm: list[int], forks: dict[int, Fork], i: int) -> bool:
        """Looks at the end of link `i`; whether the path goes on there."""
        here, end_cm = links[i], ends_cm[i]
        after = links[i + 1] if i + 1 < len(links) else None
        known = forks.get(end_cm)
        by_route = self.route.onward(here, after) if self.route is not None else None
        lane_shares = self.lane_shares if i == self.first else None
        known_lane = known.lane_shares if known is not None else None
        news = lane_shares != known_lane or (
            self.again is not None
            and (end_cm in path.bans or _is_seen_anew(self.network, self.again, here, after, known))
        )
        settled = known.by_route == by_route if known is not None else not self.forking
        if after is not None and settled and not news:
            return True
        driven = self._driven_to(links, i)
        if self._longest < 0:
            self._longest = self.network.restriction_links_count_max
        ways = ways_onward(self.network, driven, longest=self._longest)
        if ways is None:
            path.awaits = end_tile(self.network, here)
            return after is not None
        if ways.at_times or end_cm in path.bans:
            ways = self._at_its_time(path, links[: i + 1], ends_cm[: i + 1], driven, ways)
        onward = ways.links
        if by_route is not None and by_route not in onward:
            onward = [*onward, by_route]  # who made the route knows better than our restrictions
        shares_ppm = branch_shares_ppm(
            self.network,
            driven,
            onward,
            route_link=by_route,
            route_links_count=self.route.links_count if self.route is not None else 0,
            lane_shares=lane_shares,
            doubtful=ways.doubtful,
        )
        by_route_before = known.by_route if known is not None else None
        if after is None or by_route_before is not None or by_route is not None or news:
            chosen = by_route or self._likeliest(here, onward, shares_ppm)
            if chosen is None or chosen != after:
                if after is not None:
                    del links[i + 1 :], ends_cm[i + 1 :]
                for x in [x for x in forks if x >= end_cm] if forks else ():
                    del forks[x]
                if path.bans:
                    path.bans = {k: v for k, v in path.bans.items() if k <= end_cm}
                link = self.network.link(chosen) if chosen is not None else None
                if link is None:
                    path.ended = True  # the map, or what is known of it, ends here
                    return False
                links.append(link.link_id)
                ends_cm.append(end_cm + link.length_cm)
        if self.forking:
            forks[end_cm] = _fork(onward, shares_ppm, links[i + 1], by_route, lane_shares, known)
        return True

    def _at_its_time(
        self, path: TreePath, links: Sequence[LinkId], ends_cm: Sequence[int], driven: Sequence[LinkId], ways: Onward
    ) -> Onward:
        """The ways at the end of these links of the path when the vehicle comes there; notes what they depend on."""
        turns, end_cm = self.turns, ends_cm[-1]
        if turns is None:
            return ways
        before = path.bans.get(end_cm, NO_BANS)
        others = {k: v for k, v in path.bans.items() if k != end_cm}
        if not ways.at_times:
            path.bans = others
            return ways
        arrival = arrival_after(turns, self.trail, links, ends_cm, path.links.start_offset_cm)
        bans = turns.judge(ways.at_times, before, arrival)
        path.bans = {**others, end_cm: bans}
        known = {x.restriction: x.truth is Truth.YES for x in bans if x.truth is not Truth.UNKNOWN}
        return ways_onward(self.network, driven, longest=self._longest, known=known) or ways

    def _driven_to(self, links: Sequence[LinkId], i: int) -> tuple[LinkId, ...]:
        return last_driven(self.driven, links[max(0, i + 1 - DRIVEN_LINKS_COUNT_MAX) : i + 1])

    def _likeliest(self, arriving: LinkId, onward: Sequence[LinkId], shares_ppm: Sequence[int]) -> LinkId | None:
        """The way of the greatest share that is not on the path already and not the way back; the first of equals."""
        link = self.network.link(arriving)
        back = link.twin_id if link is not None else None
        best: LinkId | None = None
        best_ppm = -1
        for link_id, share_ppm in zip(onward, shares_ppm, strict=True):
            if share_ppm > best_ppm and link_id not in self._taken and link_id != back:
                best, best_ppm = link_id, share_ppm
        return best


def tells_of(network: Network, news: News, path: TreePath) -> bool:
    """Whether some ways along a path may be weighed otherwise after this."""
    links, ends_cm = path.links.ids, path.links.ends_cm
    for i in range(len(links) - 1):
        if _is_seen_anew(network, news, links[i], links[i + 1], path.forks.get(ends_cm[i])):
            return True
    return False


def _is_seen_anew(network: Network, news: News, here: LinkId, after: LinkId | None, known: Fork | None) -> bool:
    """Whether what the ways at the end of a link are weighed by may lie in this tile. Roads count where they begin
    there, and on a roundabout, for its exits to come. Lanes count where those of the link have arrows: its own and, as
    arrows may be painted again, those of the ways."""
    tile_id = news.tile_id
    near = after is not None and tile_of(after) == tile_id
    if not near and known is not None:
        for way in known.ways:
            near = near or tile_of(way.link_id) == tile_id
    if news.layer is Layer.L2:
        return (near or tile_of(here) == tile_id) and arrows_at_end(network, here)
    if near:
        return True
    link = network.link(here)
    return link is not None and link.form_of_way is FormOfWay.ROUNDABOUT


def _fork(
    onward: Sequence[LinkId],
    shares_ppm: Sequence[int],
    taken: LinkId,
    by_route: LinkId | None,
    lane_shares: Mapping[int, float] | None,
    known: Fork | None,
) -> Fork:
    """The ways but the one taken; those that have a path already keep it."""
    if len(onward) < 2 and by_route is None and lane_shares is None:
        return NO_WAYS
    paths = {x.link_id: x.path for x in known.ways} if known is not None else {}
    ways = zip(onward, shares_ppm, strict=True)
    return Fork(tuple(Way(x, share, paths.get(x)) for x, share in ways if x != taken), by_route, lane_shares)


def arrival_after(
    turns: TurnClock, trail: Trail | None, links: Sequence[LinkId], ends_cm: Sequence[int], start_cm: int
) -> Arrival:
    """When the vehicle is past the first links of the path to which a trail leads, which start at an offset; without a
    trail of the root, on which it is."""
    if trail is None:
        return turns.passed(links, ends_cm, start_cm, begin=turns.departure.begin, at_cm=turns.at_cm)
    return turns.passed(links, ends_cm, start_cm, begin=trail.arrival(turns), at_cm=0)


def last_driven(driven: Sequence[LinkId], links: Iterable[LinkId]) -> tuple[LinkId, ...]:
    """The last links of those driven and then these, as many as count."""
    return (*driven, *links)[-DRIVEN_LINKS_COUNT_MAX:]


def end_tile(network: Network, link_id: LinkId) -> TileId | None:
    """The tile that must come to hand before it is known what follows a link."""
    link = network.link(link_id)
    return network.missing_tile(link.end_node) if link is not None else None
