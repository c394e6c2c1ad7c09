"""Where a vehicle may go at the end of a link, and how likely each way is. Does not know where the vehicle is."""

import math
from collections.abc import Sequence
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.model.ids import LinkId
from mapprior.model.link import CarAccess, FormOfWay, Link, RoadClass
from mapprior.model.network import Network

RESTRICTION_LINKS_COUNT_MAX: Final = 16  # longest tail of driven links that is looked at

# How often a vehicle bends this much at a junction where it could also go straight on.
_TURN_SIGMA_RAD: Final = 0.8
_TURN_SHARE_MIN: Final = 0.08
_ROUTE_FACTOR: Final = 12.0
_LEAVES_FACTOR: Final = 0.25  # off a main carriageway onto a slip road
_MINOR_FACTOR: Final = 0.4  # onto a service road or track
_RESTRICTED_FACTOR: Final = 0.1
_STEP_DOWN_FACTOR: Final = 0.7  # per functional class the road loses
_MINOR: Final = frozenset((RoadClass.SERVICE, RoadClass.TRACK, RoadClass.CONSTRUCTION))


def next_links(network: Network, driven: Sequence[LinkId]) -> list[LinkId] | None:
    """Links that may follow `driven[-1]`, given the links driven so far.

    The way back (the twin) only where nothing else leaves the end. Turn restrictions are judged on the tail of
    `driven`, those over several links included; one that begins before `driven` does is not seen. Conditional
    restrictions are not enforced. Empty where the map ends. None where the link or the tile of its end node is
    not at hand.
    """
    last = network.link(driven[-1])
    if last is None:
        return None
    leaving = network.links_from(last.end_node)
    if leaving is None:
        return None
    forbidden = _forbidden(network, driven)
    twin = last.twin_id
    onward = [link for link in leaving if link != twin and link not in forbidden]
    if last.dead_end and twin is not None and not onward:
        return [twin]
    return onward


def _forbidden(network: Network, driven: Sequence[LinkId]) -> set[LinkId]:
    tail = tuple(driven[-RESTRICTION_LINKS_COUNT_MAX:])
    forbidden: set[LinkId] = set()
    for start, first in enumerate(tail):
        for restriction in network.restrictions(first):
            rest = tail[start:]
            if not restriction.condition and len(restriction.links) == len(rest) + 1 and restriction.links[:-1] == rest:
                forbidden.add(restriction.links[-1])
    return forbidden


def turn_shares(
    network: Network, link: Link, onward: Sequence[LinkId], *, route: frozenset[tuple[LinkId, LinkId]] = frozenset()
) -> list[float]:
    """Chance of each way onward, summing to 1; empty for none.

    A prior for a vehicle nothing else is known of: straight on before bending, along the road before off it, and
    the way the route takes (pairs of links in sequence) before all others.
    """
    if len(onward) == 1:
        return [1.0]
    weights = [_weight(link, network.link(to), on_route=(link.link_id, to) in route) for to in onward]
    total = sum(weights)
    return [weight / total for weight in weights]


def _weight(link: Link, onward: Link | None, *, on_route: bool) -> float:
    if onward is None:  # its tile is not at hand: nothing is known but that it exists
        return _TURN_SHARE_MIN * (_ROUTE_FACTOR if on_route else 1.0)
    bend_rad = wrap_rad(onward.line.heading_rad[0] - link.line.heading_rad[-1])
    weight = math.exp(-0.5 * (bend_rad / _TURN_SIGMA_RAD) ** 2) + _TURN_SHARE_MIN
    if onward.form_of_way is FormOfWay.SLIP_ROAD and link.form_of_way is not FormOfWay.SLIP_ROAD:
        weight *= _LEAVES_FACTOR
    elif onward.road_class > link.road_class:
        steps = onward.road_class - link.road_class
        weight *= _MINOR_FACTOR if onward.road_class in _MINOR else max(_STEP_DOWN_FACTOR**steps, _MINOR_FACTOR)
    if onward.car_access is CarAccess.RESTRICTED and link.car_access is not CarAccess.RESTRICTED:
        weight *= _RESTRICTED_FACTOR
    return weight * _ROUTE_FACTOR if on_route else weight
