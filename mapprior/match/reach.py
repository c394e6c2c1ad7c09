"""Shortest ways from the end of a link, as far as asked, and how likely each is; remembered from call to call."""

import heapq
import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm
from mapprior.match.route_ways import RouteWays
from mapprior.match.turns import next_links, ways_onward
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network

KEPT_COUNT_MAX: Final = 512
KEPT_LINKS_COUNT_MAX: Final = 200_000  # of all ways kept together: some 30 MB
_TAIL_LINKS_COUNT_MAX: Final = 8
_DRIVEN_LINKS_COUNT_MAX: Final = 3  # that a junction is judged by


class Reach:
    """Ways over the tiles at hand, turn restrictions kept as far as the shortest way to each link shows them.

    Keeps what it has seen of the network: good as long as its `tiles` are those at hand.
    """

    def __init__(
        self,
        network: Network,
        route_ways: RouteWays | None = None,
        *,
        kept_links_count_max: int = KEPT_LINKS_COUNT_MAX,
    ) -> None:
        self._network = network
        self._kept_links_count_max = kept_links_count_max
        self._route_ways = route_ways or RouteWays()
        self._found: OrderedDict[LinkId, Ways] = OrderedDict()
        self._found_links_count = 0
        self._log_shares: dict[tuple[LinkId, ...], float] = {}  # of the last link after the others
        self._longest = network.restriction_links_count_max
        self._onward: dict[LinkId, tuple[Sequence[LinkId], float, bool]] = {}
        self.tiles = tuple(network.roads)  # at hand then

    def ways(self, link: Link, limit_m: float) -> "Ways":
        """Shortest ways from the end of a link, at least as far as the limit."""
        held = self._found.get(link.link_id)
        if held is not None and held.limit_m >= limit_m:
            self._found.move_to_end(link.link_id)
            return held
        limit_m *= 1.3  # the next question is often a little longer
        first = link.link_id
        ways = Ways(first, limit_m)
        found = ways.found
        heap = [(0.0, onward, first) for onward in self._after(first)[0]]
        heapq.heapify(heap)
        bound = self._after(first)[2]  # may a restriction over more than two links be under way?
        while heap:
            metres, link_id, before = heapq.heappop(heap)
            if link_id in found:
                continue
            found[link_id] = (metres, before)
            if link_id == first:
                continue
            onward, length_m, begins = self._after(link_id)
            metres += length_m
            if metres > limit_m:
                continue
            if bound or begins:
                bound = True
                tail = ways.tail(link_id, _TAIL_LINKS_COUNT_MAX)
                onward = next_links(self._network, tail, longest=self._longest) or ()
            for next_id in onward:
                if next_id not in found:
                    heapq.heappush(heap, (metres, next_id, link_id))
        if held is not None:
            self._forget(first)
        self._found[first] = ways
        self._found_links_count += len(found)
        while len(self._found) > KEPT_COUNT_MAX or self._found_links_count > self._kept_links_count_max:
            self._forget(next(iter(self._found)))
        return ways

    def _forget(self, first: LinkId) -> None:
        self._found_links_count -= len(self._found.pop(first).found)

    def log_share(self, ways: "Ways", to: LinkId) -> float:
        """Of all who come to the end of the first link, how many take the way to this one; the logarithm."""
        known, todo = ways.log_shares, [to]
        while todo[-1] not in known:
            before = ways.found[todo[-1]][1]
            if before == ways.first:
                break
            todo.append(before)
        total = known.get(todo[-1])
        if total is None:
            total = known[todo[-1]] = self._log_share_onto(ways.tail(ways.first, _DRIVEN_LINKS_COUNT_MAX), todo[-1])
        for link_id in reversed(todo[:-1]):
            driven = ways.tail(ways.found[link_id][1], _DRIVEN_LINKS_COUNT_MAX)
            total = known[link_id] = total + self._log_share_onto(driven, link_id)
        return total

    def _log_share_onto(self, driven: tuple[LinkId, ...], onto: LinkId) -> float:
        share = self._log_shares.get((*driven, onto))
        if share is None:
            ways = ways_onward(self._network, driven, longest=self._longest)
            onward, doubtful = (ways.links or [onto], ways.doubtful) if ways is not None else ([onto], ())
            by_route = self._route_ways.after(driven)
            shares_ppm = branch_shares_ppm(self._network, driven, onward, route_link=by_route, doubtful=doubtful)
            for link_id, ppm in zip(onward, shares_ppm, strict=True):
                self._log_shares[(*driven, link_id)] = math.log(max(ppm, 1) / WHOLE_PPM)
            share = self._log_shares.setdefault((*driven, onto), -math.log(WHOLE_PPM))
        return share

    def _after(self, link_id: LinkId) -> tuple[Sequence[LinkId], float, bool]:
        """(what may follow a link by itself, its length, does a restriction over more than two links begin with it)."""
        known = self._onward.get(link_id)
        if known is None:
            link = self._network.link(link_id)
            onward = next_links(self._network, (link_id,), longest=self._longest) or ()
            begins = any(len(x.links) > 2 for x in self._network.restrictions(link_id))
            known = self._onward[link_id] = (onward, 0.0 if link is None else link.line.length_m, begins)
        return known


class Ways:
    """From the end of one link; `found`: for each link, metres to its start and the link before it."""

    __slots__ = ("first", "found", "limit_m", "log_shares")

    def __init__(self, first: LinkId, limit_m: float) -> None:
        self.first = first
        self.limit_m = limit_m
        self.found: dict[LinkId, tuple[float, LinkId]] = {}
        self.log_shares: dict[LinkId, float] = {}

    def length_m(self, to: LinkId, limit_m: float) -> float | None:
        """Metres to the start of a link; None where it is farther than the limit."""
        found = self.found.get(to)
        return None if found is None or found[0] > limit_m else found[0]

    def to(self, last: LinkId) -> tuple[LinkId, ...]:
        """Links of the way, both ends included."""
        return (*self.tail(self.found[last][1], len(self.found)), last)

    def tail(self, last: LinkId, count_max: int) -> tuple[LinkId, ...]:
        """The last so many links of the way to one."""
        tail = [last]
        while len(tail) < count_max and tail[-1] != self.first:
            tail.append(self.found[tail[-1]][1])
        return tuple(reversed(tail))
