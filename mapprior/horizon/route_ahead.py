"""Which way the route takes at the end of each link of a path that is being laid.

While the path lies on the route, the route's next link. Where it does not, the route is looked for link by link, in
what is still to be driven of it: a vehicle that has left the route, or not come to it yet, is expected to go on along
it from where its likeliest way meets it.
"""

from collections.abc import Sequence
from typing import Final

from mapprior.model.ids import LinkId
from mapprior.model.network import Network

LOOK_LINKS_COUNT_MAX: Final = 2000  # of the route, beyond its last place that is known


class RouteAhead:
    """Asked along one path, from the vehicle's link on. `place` is that of the vehicle on the route, or where it was
    on it last."""

    __slots__ = ("_last", "_network", "_place", "_places", "_route")

    def __init__(self, network: Network, route: Sequence[LinkId], *, place: int, on_route: bool) -> None:
        self._network = network
        self._route = route
        self._place = place if on_route else None
        self._last = place
        self._places: dict[LinkId, int] | None = None

    @property
    def links_count(self) -> int:
        """Of the route's links, how many lie behind a vehicle that is here; 0 off the route."""
        return self._place if self._place is not None else 0

    def onward(self, link_id: LinkId, laid_next: LinkId | None) -> LinkId | None:
        """The link the route takes after this one; None off the route and where it is broken or ends."""
        place = self._place
        if place is None or place + 1 >= len(self._route):
            return None
        after = self._route[place + 1]
        if after == laid_next:
            return after
        here = self._network.link(link_id)
        if here is None or self._network.link(after) is None:
            return None
        return after if after in (self._network.links_from(here.end_node) or ()) else None

    def enter(self, link_id: LinkId) -> None:
        """The path goes on with this link."""
        place = self._place
        if place is not None and place + 1 < len(self._route) and self._route[place + 1] == link_id:
            self._place = self._last = place + 1
            return
        if self._places is None:
            first = self._last
            ahead = enumerate(self._route[first : first + LOOK_LINKS_COUNT_MAX], first)
            self._places = {}
            for i, x in ahead:
                self._places.setdefault(x, i)
        found = self._places.get(link_id)
        self._place = found if found is not None and found >= self._last else None
        if self._place is not None:
            self._last = self._place
