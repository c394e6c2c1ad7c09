"""Shortest ways from the end of a link, as far as asked, remembered from call to call."""

import heapq
from collections import OrderedDict
from typing import Final

from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.link import Link
from mapprior.model.network import Network

KEPT_COUNT_MAX: Final = 512
_TAIL_LINKS_COUNT_MAX: Final = 8


class Reach:
    """Ways over the tiles at hand, turn restrictions kept as far as the shortest way to each link shows them."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._found: OrderedDict[LinkId, tuple[float, dict[LinkId, tuple[float, LinkId]]]] = OrderedDict()

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
        found: dict[LinkId, tuple[float, LinkId]] = {}
        heap: list[tuple[float, LinkId, LinkId]] = []
        self._push(heap, 0.0, (link.link_id,))
        while heap:
            metres, link_id, before = heapq.heappop(heap)
            if metres > limit_m:
                break
            if link_id in found:
                continue
            found[link_id] = (metres, before)
            at = self._network.link(link_id)
            if at is not None and link_id != link.link_id:
                self._push(heap, metres + at.line.length_m, self._tail(found, link.link_id, link_id))
        self._found[link.link_id] = (limit_m, found)
        if len(self._found) > KEPT_COUNT_MAX:
            self._found.popitem(last=False)
        return found

    def _push(self, heap: list[tuple[float, LinkId, LinkId]], metres: float, driven: tuple[LinkId, ...]) -> None:
        for onward in next_links(self._network, driven) or ():
            heapq.heappush(heap, (metres, onward, driven[-1]))

    def _tail(self, found: dict[LinkId, tuple[float, LinkId]], first: LinkId, last: LinkId) -> tuple[LinkId, ...]:
        tail = [last]
        while len(tail) < _TAIL_LINKS_COUNT_MAX and tail[-1] != first:
            tail.append(found[tail[-1]][1])
        return tuple(reversed(tail))
