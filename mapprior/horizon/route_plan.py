"""A route that keeps to turns that are banned under a condition: at some hours, or for some vehicles.

Such bans are few: the cheapest route is found without them, and held against those that lie on it, at the time when
the vehicle comes there. One that holds is banned for good, and the route is found anew. Where it is not known whether
one holds, a way that asks no such question is taken if it is not much dearer; else the route has the turn, and says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mapprior.errors import LimitError, NoRouteError
from mapprior.geo.units import cm
from mapprior.horizon.arrival import Course, Departure, Pace, pace_of
from mapprior.horizon.drive_limits import Question
from mapprior.horizon.turn_times import TurnTimes
from mapprior.market.condition import Truth
from mapprior.match.route import DoubtfulTurn, Route, RouteSearch, Waypoint
from mapprior.match.route_graph import NO_RESTRICTIONS, SearchBudget
from mapprior.match.turns import RESTRICTION_LINKS_COUNT_MAX, ways_onward
from mapprior.model.ids import LinkId, dataset_of, tile_of
from mapprior.model.link import Restriction
from mapprior.model.network import Network

AVOIDING_COST_M_MAX: Final = 1000.0  # so much more, in metres of a main road, is a turn that may be banned worth
_ATTEMPTS_COUNT_MAX: Final = 4  # at a way without such turns


@dataclass(frozen=True, slots=True)
class _Turn:
    restriction: Restriction
    truth: Truth
    told: DoubtfulTurn


class RoutePlan:
    """The route over the tiles at hand; more may come between two calls of `find`.

    `departure_us`: UTC; 0 where it is not known when the vehicle sets out. The vehicle is taken to stop nowhere.
    """

    def __init__(
        self,
        network: Network,
        waypoints: Sequence[Waypoint],
        budget: SearchBudget,
        *,
        times: TurnTimes,
        departure_us: int = 0,
    ) -> None:
        """RequestError as that of `RouteSearch`."""
        self._network = network
        self._waypoints = waypoints
        self._budget = budget
        self._times = times
        self._departure_us = departure_us
        self._held: frozenset[Restriction] = NO_RESTRICTIONS  # those that hold
        self._search = RouteSearch(network, waypoints, budget)
        self._paces: dict[object, Pace] = {}

    @property
    def is_whole(self) -> bool:
        """Where `find` found no route: no other tiles would change that."""
        return self._search.is_whole

    def find(self) -> Route:
        """With the turns of which it is not known whether they are banned. Raises what `RouteSearch.find` does."""
        while True:
            route = self._search.find()
            turns = list(self._turns(route))
            held = {x.restriction for x in turns if x.truth is Truth.YES}
            if not held:
                break
            self._held |= held
            self._search = RouteSearch(self._network, self._waypoints, self._budget, self._held)
        doubted = [x for x in turns if x.truth is Truth.UNKNOWN]
        if not doubted:
            return route
        return self._without(doubted, route.cost + AVOIDING_COST_M_MAX) or replace(
            route, doubtful_turns=tuple(x.told for x in doubted)
        )

    def _without(self, doubted: Sequence[_Turn], cost_max: float) -> Route | None:
        """A route without a turn that may be banned; None where that is too dear, or hard to find."""
        held = self._held
        for _ in range(_ATTEMPTS_COUNT_MAX):
            held |= {x.restriction for x in doubted}
            try:
                route = RouteSearch(self._network, self._waypoints, self._budget, held).find()
            except (NoRouteError, LimitError):
                return None
            doubted = [x for x in self._turns(route) if x.truth is not Truth.NO]
            if route.cost > cost_max or not doubted:
                return route if route.cost <= cost_max else None
        return None

    def _turns(self, route: Route) -> Iterator[_Turn]:
        """Turns of the route that are banned under a condition, in driving order."""
        links = route.links
        found: list[tuple[int, Restriction]] = []
        for i in range(1, len(links)):
            ways = ways_onward(self._network, links[max(0, i - RESTRICTION_LINKS_COUNT_MAX) : i])
            at_times = ways.at_times if ways is not None else ()
            found += [(i, x) for x in at_times if x.links[-1] == links[i]]
        if not found:
            return
        ends_cm = self._ends_cm(links)
        comes = self._comes(route, ends_cm) if self._departure_us else None
        for i, restriction in found:
            arrival = comes.at_end(i - 1) if comes is not None else None
            truth, _ = self._times.is_banned(restriction, arrival)
            offset_m = max(0.0, ends_cm[i - 1] / 100 - route.first_offset_m)
            told = DoubtfulTurn(links[i - 1], links[i], offset_m, restriction.condition)
            yield _Turn(restriction, truth, told)

    def _ends_cm(self, links: Sequence[LinkId]) -> list[int]:
        ends_cm, end_cm = [], 0
        for link_id in links:
            link = self._network.link(link_id)
            end_cm += link.length_cm if link is not None else 0
            ends_cm.append(end_cm)
        return ends_cm

    def _comes(self, route: Route, ends_cm: Sequence[int]) -> Course:
        departure = Departure(self._departure_us, cm(route.first_offset_m), 0.0)
        paces = [self._pace(x) for x in route.links]
        return Course(ends_cm, 0, paces, begin=departure.begin, departure=departure, at_cm=departure.at_cm)

    def _pace(self, link_id: LinkId) -> Pace:
        """Not by the answers that drives share: routes are found in threads of their own."""
        times, limits = self._times, self._network.limits(link_id)
        key = tile_of(link_id), limits
        pace = self._paces.get(key)
        if pace is None:
            place = times.place(link_id, by_sun=False)
            law = times.laws.get(dataset_of(link_id))
            pace = pace_of(Question(times.vehicle, times.conditions, place, law).answer(limits, None))
            self._paces[key] = pace
        return pace
