"""Shortest ways from the end of a link, as far as asked, remembered from call to call."""

import heapq
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network

KEPT_COUNT_MAX: Final = 512
_TAIL_LINKS_COUNT_MAX: Final = 8


class Reach:
    """Ways over the tiles at hand, turn restrictions kept as far as the shortest way to each link shows them.

    Keeps what it has seen of the network: good as long as its `tiles` are those at hand.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._found: OrderedDict[LinkId, tuple[float, dict[LinkId, tuple[float, LinkId]]]] = OrderedDict()
        self._longest = network.restriction_links_count_max
        self._onward: dict[LinkId, tuple[Sequence[LinkId], float, bool]] = {}
        self.tiles = tuple(network.roads)  # at hand then

    def length_m(self, link: Link, to: LinkId, limit_m: float) -> float | None:
        """Metres from the end of a link to the start of another; None where that takes more than the limit."""
        found = self._from(link, limit_m).get(to)
        return None if found is None or found[0] > limit_m else found[0]

    def way(self, link: Link, to: LinkId, limit_m: float) -> tuple[LinkId, ...]:
        """Links of that way, both included; empty where there is none."""
        found = self._from(link, limit_m)
        if to not in found or found[to][0] > limit_m:
            return ()
        way = [to]
        while True:
            before = found[way[-1]][1]
            way.append(before)
            if before == link.link_id:
                return tuple(reversed(way))

    def _from(self, link: Link, limit_m: float) -> dict[LinkId, tuple[float, LinkId]]:
        """For each link within the limit: metres to its start, and the link before it."""
        held = self._found.get(link.link_id)
        if held is not None and held[0] >= limit_m:
            self._found.move_to_end(link.link_id)
            return held[1]
        limit_m *= 1.3  # the next question is often a little longer
        first = link.link_id
        found: dict[LinkId, tuple[float, LinkId]] = {}
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
                tail = self._tail(found, first, link_id)
                onward = next_links(self._network, tail, longest=self._longest) or ()
            for next_id in onward:
                if next_id not in found:
                    heapq.heappush(heap, (metres, next_id, link_id))
        self._found[first] = (limit_m, found)
        if len(self._found) > KEPT_COUNT_MAX:
            self._found.popitem(last=False)
        return found

    def _after(self, link_id: LinkId) -> tuple[Sequence[LinkId], float, bool]:
        """(what may follow a link by itself, its length, does a restriction over more than two links begin with it)."""
        known = self._onward.get(link_id)
        if known is None:
            link = self._network.link(link_id)
            onward = next_links(self._network, (link_id,), longest=self._longest) or ()
            begins = any(len(x.links) > 2 for x in self._network.restrictions(link_id))
            known = self._onward[link_id] = (onward, 0.0 if link is None else link.line.length_m, begins)
        return known

    def _tail(self, found: dict[LinkId, tuple[float, LinkId]], first: LinkId, last: LinkId) -> tuple[LinkId, ...]:
        tail = [last]
        while len(tail) < _TAIL_LINKS_COUNT_MAX and tail[-1] != first:
            tail.append(found[tail[-1]][1])
        return tuple(reversed(tail))
