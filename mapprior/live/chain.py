"""The chain of connected links that follows a row of points best.

A Viterbi search: each point has candidate places on links, a cost for how badly a place fits, and a cost for
how much the way along the links from one place to the next differs from what the points tell. Does not know
about zones; sees one dataset of the network, with every tile that it needs at hand.

Links are only driven forwards and never back over their twin: works lie along a road and do not turn round.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.model.ids import LinkId, dataset_of
from mapprior.model.link import Link
from mapprior.model.network import Network

SIGMA_M: Final = 10.0  # of a feed's line against the map's, across the road
SIGMA_HEADING_RAD: Final = math.radians(20.0)
HEADING_RAD_MAX: Final = math.radians(60.0)
STEP_SCALE_M: Final = 15.0  # a way this much longer or shorter than the points tell costs 1
WAY_MORE_M: Final = 50.0  # a way may always be this much longer than the points tell
BACKWARDS_M_MAX: Final = 5.0  # noise of the line along the road
NAME_COST: Final = 0.5  # for a link that bears none of the names; weak, names are spelt in many ways
CANDIDATES_COUNT_MAX: Final = 8
LINKS_SEARCHED_COUNT_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class ChainPoint:
    """A point that the chain must pass. `way_m`: from the point before. `heading_rad` None where unknown."""

    lat_e7: float
    lon_e7: float
    way_m: float
    heading_rad: float | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place on a link that may be meant by a point."""

    link: Link
    s_m: float
    distance_m: float
    cost: float


@dataclass(frozen=True, slots=True)
class Chain:
    """`links` follow one another; the first is entered at `start_m` of its line, the last left at `end_m`."""

    links: tuple[LinkId, ...]
    start_m: float
    end_m: float
    places: dict[int, Candidate]  # by point, in order; points passed over are not in it

    @property
    def points_count(self) -> int:
        """Points from the first to the last that it passes."""
        return max(self.places) - min(self.places) + 1


def candidates(
    network: Network, point: ChainPoint, *, dataset_id: int, radius_m: float, names: frozenset[str]
) -> list[Candidate]:
    """Places within `radius_m` that run in the point's direction, best first; both directions where it has none."""
    found = []
    for link in network.near(lat_e7=point.lat_e7, lon_e7=point.lon_e7, radius_m=radius_m):
        if dataset_of(link.link_id) != dataset_id:
            continue
        place = _place(link, point, radius_m=radius_m, names=names)
        if place is not None:
            found.append(place)
    found.sort(key=lambda c: (c.cost, c.link.link_id))
    return found[:CANDIDATES_COUNT_MAX]


def _place(link: Link, point: ChainPoint, *, radius_m: float, names: frozenset[str]) -> Candidate | None:
    line = link.line
    on_line = line.project(*line.frame.xy_m(lat_e7=point.lat_e7, lon_e7=point.lon_e7))
    if on_line.distance_m > radius_m:
        return None
    cost = 0.5 * (on_line.distance_m / SIGMA_M) ** 2
    if point.heading_rad is not None:
        bend_rad = abs(wrap_rad(point.heading_rad - line.heading_rad[on_line.segment]))
        if bend_rad > HEADING_RAD_MAX:
            return None
        cost += 0.5 * (bend_rad / SIGMA_HEADING_RAD) ** 2
    if names and not names & plain_names((*link.names, *link.route_refs)):
        cost += NAME_COST
    return Candidate(link, on_line.s_m, on_line.distance_m, cost)


def plain_names(names: Iterable[str]) -> frozenset[str]:
    """Names as letters and digits only, in capitals: `I-80` and `I 80` are one."""
    return frozenset(plain for name in names if (plain := "".join(c for c in name if c.isalnum()).upper()))


@dataclass(slots=True)
class _Step:
    """Cheapest way to a candidate."""

    place: Candidate
    cost: float
    before: "_Step | None"
    links: tuple[LinkId, ...]  # driven since the step before, its own link last; empty: still on the same link
    point: int


def longest_chain(
    network: Network,
    points: Sequence[ChainPoint],
    places: Sequence[Sequence[Candidate]],
    *,
    way_ratio_max: float,
    gap_m_max: float,
) -> Chain | None:
    """The chain through the longest run of points that connected links can follow; None where there is none.

    A point without candidates, or that cannot be reached from the one before, is passed over as long as the
    gap stays within `gap_m_max`; a longer gap ends the run. From point to point the way may be
    `way_ratio_max` times as long as the points tell, and WAY_MORE_M more.
    """
    best: Chain | None = None
    layer: list[_Step] = []
    skipped_m = 0.0
    for i, (point, here) in enumerate(zip(points, places, strict=True)):
        way_m = skipped_m + point.way_m
        if layer and way_m > gap_m_max + point.way_m:
            best = _longer(best, layer)
            layer = []
        following = _follow(network, layer, here, i, way_m=way_m, way_ratio_max=way_ratio_max)
        if following:
            layer, skipped_m = following, 0.0
        elif not layer:
            layer, skipped_m = [_Step(c, c.cost, None, (c.link.link_id,), i) for c in here], 0.0
        else:
            skipped_m = way_m
    return _longer(best, layer)


def _longer(best: Chain | None, layer: Sequence[_Step]) -> Chain | None:
    if not layer:
        return best
    chain = _unwind(min(layer, key=lambda step: (step.cost, step.place.link.link_id)))
    return chain if best is None or chain.points_count > best.points_count else best


def _follow(
    network: Network,
    layer: Sequence[_Step],
    here: Sequence[Candidate],
    point: int,
    *,
    way_m: float,
    way_ratio_max: float,
) -> list[_Step]:
    """The next layer: each candidate with its cheapest way from the layer before."""
    if not layer or not here:
        return []
    wanted = {c.link.link_id for c in here}
    length_m_max = way_m * way_ratio_max + WAY_MORE_M
    ways = [_ways(network, step.place, wanted - {step.place.link.link_id}, length_m_max) for step in layer]
    following = []
    for place in here:
        cheapest: _Step | None = None
        for step, reached in zip(layer, ways, strict=True):
            way = _way_between(step.place, place, reached)
            if way is None:
                continue
            driven_m, links = way
            cost = step.cost + place.cost + abs(driven_m - way_m) / STEP_SCALE_M
            if cheapest is None or cost < cheapest.cost:
                cheapest = _Step(place, cost, step, links, point)
        if cheapest is not None:
            following.append(cheapest)
    return following


def _way_between(
    a: Candidate, b: Candidate, reached: dict[LinkId, tuple[float, tuple[LinkId, ...]]]
) -> tuple[float, tuple[LinkId, ...]] | None:
    """(metres, links driven after the first) from a to b; None where b is not reached."""
    if a.link.link_id == b.link.link_id and b.s_m >= a.s_m - BACKWARDS_M_MAX:
        return b.s_m - a.s_m, ()
    onward = reached.get(b.link.link_id)
    return None if onward is None else (onward[0] + b.s_m, onward[1])


def _ways(
    network: Network, start: Candidate, wanted: set[LinkId], length_m_max: float
) -> dict[LinkId, tuple[float, tuple[LinkId, ...]]]:
    """Shortest ways from a place to the start of each wanted link: {link: (metres, links driven, it included)}."""
    found: dict[LinkId, tuple[float, tuple[LinkId, ...]]] = {}
    done: set[LinkId] = set()
    queue: list[tuple[float, int, Link, tuple[LinkId, ...]]] = []
    heappush(queue, (start.link.line.length_m - start.s_m, 0, start.link, ()))
    pushed = 0
    while queue and len(done) < LINKS_SEARCHED_COUNT_MAX and len(found) < len(wanted):
        driven_m, _, link, driven = heappop(queue)  # metres to the end of `link`
        for onward in network.links_from(link.end_node) or ():
            if onward == link.twin_id or onward in done:
                continue
            done.add(onward)
            way = (*driven, onward)
            if onward in wanted:
                found[onward] = (driven_m, way)
            next_link = network.link(onward)
            if next_link is not None and driven_m + next_link.line.length_m <= length_m_max:
                pushed += 1
                heappush(queue, (driven_m + next_link.line.length_m, pushed, next_link, way))
    return {link_id: way for link_id, way in found.items() if way[0] <= length_m_max}


def _unwind(last: _Step) -> Chain:
    steps = [last]
    while (before := steps[-1].before) is not None:
        steps.append(before)
    steps.reverse()
    return Chain(
        links=tuple(link for step in steps for link in step.links),
        start_m=steps[0].place.s_m,
        end_m=last.place.s_m,
        places={step.point: step.place for step in steps},
    )
