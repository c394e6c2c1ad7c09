"""Which way the route takes after the links that were driven."""

from collections.abc import Sequence

from mapprior.model.ids import LinkId


class RouteWays:
    """A route may pass a link more than once and go on differently: how it was come to tells which time it is."""

    __slots__ = ("_links", "_places")

    def __init__(self, links: Sequence[LinkId] = ()) -> None:
        self._links = tuple(links)
        self._places: dict[LinkId, list[int]] = {}
        for place, link_id in enumerate(self._links[:-1]):
            self._places.setdefault(link_id, []).append(place)

    def after(self, driven: Sequence[LinkId]) -> LinkId | None:
        """The link that the route takes after these, the last of which the vehicle is on.

        Of the times that the route passes that link it is the one that agrees with most of what was driven before;
        None off the route, and where that leaves more than one way.
        """
        places = self._places.get(driven[-1])
        if places is None:
            return None
        if len(places) == 1:
            return self._links[places[0] + 1]
        longest, found = 0, set[LinkId]()
        for place in places:
            count = self._agreeing_count(place, driven)
            if count > longest:
                longest, found = count, set()
            if count == longest:
                found.add(self._links[place + 1])
        return found.pop() if len(found) == 1 else None

    def _agreeing_count(self, place: int, driven: Sequence[LinkId]) -> int:
        """Of the links driven, how many of the last are those of the route up to this place."""
        most = min(place + 1, len(driven))
        for count in range(most):
            if self._links[place - count] != driven[-1 - count]:
                return count
        return most
