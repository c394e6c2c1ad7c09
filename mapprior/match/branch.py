"""How likely a vehicle takes each way onward at a junction. The one owner of branch probability.

The running match splits its hypotheses by it, the path tree ranks its paths by it.
Working figures, not measured: the order of the ways matters more than their numbers. A route outweighs all else.
Does not know about paths or offsets.
"""

import math
from collections.abc import Sequence
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.model.ids import LinkId
from mapprior.model.link import CarAccess, FormOfWay, Link, RoadClass
from mapprior.model.network import Network

WHOLE_PPM: Final = 1_000_000
_CHORD_M: Final = 20.0  # a bend is judged over this much road: the first metres of a link often point elsewhere
_BEND_SIGMA_RAD: Final = 0.8
_BEND_WEIGHT_MIN: Final = 0.08
_SAME_ROAD_FACTOR: Final = 3.0  # a name or number goes on
_LEAVES_FACTOR: Final = 0.2  # off the carriageway onto a slip road
_STEP_DOWN_FACTOR: Final = 0.6  # per functional class the road loses
_STEP_DOWN_FACTOR_MIN: Final = 0.1
_NO_THROUGH_FACTOR: Final = 0.1  # destination traffic or private
_WAY_BACK_WEIGHT: Final = 0.02
_ROUNDABOUT_LINKS_COUNT_MAX: Final = 32  # looked at, going round
_ROUTE_SHARE_PPM: Final = 970_000
_RANKED_LAST: Final = (RoadClass.UNKNOWN, RoadClass.CONSTRUCTION)


def branch_shares_ppm(
    network: Network, driven: Sequence[LinkId], onward: Sequence[LinkId], *, route_link: LinkId | None = None
) -> list[int]:
    """Chance of each way onward, given the links driven (the last one arrives here), in millionths that sum exactly.

    Ways onward whose tile is not at hand count as little likely. Empty for none.
    """
    if len(onward) < 2:
        return [WHOLE_PPM] * len(onward)
    arriving = network.link(driven[-1])
    approach = _approach(network, driven)
    weights = [_weight(network, arriving, approach, network.link(x), set(driven)) for x in onward]
    if route_link in onward:
        chosen = onward.index(route_link)
        others = [0.0 if i == chosen else w for i, w in enumerate(weights)]
        shares = _split(WHOLE_PPM - _ROUTE_SHARE_PPM, others)
        shares[chosen] += _ROUTE_SHARE_PPM
        return shares
    return _split(WHOLE_PPM, weights)


def _split(whole_ppm: int, weights: Sequence[float]) -> list[int]:
    """Whole millionths in proportion to the weights; what rounding leaves goes to the heaviest."""
    total = sum(weights)
    if total <= 0.0:
        return _split(whole_ppm, [1.0] * len(weights))
    shares = [math.floor(whole_ppm * w / total) for w in weights]
    shares[max(range(len(weights)), key=lambda i: weights[i])] += whole_ppm - sum(shares)
    return shares


def _approach(network: Network, driven: Sequence[LinkId]) -> Link | None:
    """The link that tells where the vehicle was going: the last one, on a roundabout the last one before it."""
    for link_id in reversed(driven):
        link = network.link(link_id)
        if link is None or link.form_of_way is not FormOfWay.ROUNDABOUT:
            return link
    return network.link(driven[-1])


def _weight(
    network: Network, arriving: Link | None, approach: Link | None, onward: Link | None, driven: set[LinkId]
) -> float:
    if arriving is None or approach is None or onward is None:
        return _BEND_WEIGHT_MIN
    if onward.link_id == arriving.twin_id:
        return _WAY_BACK_WEIGHT
    if arriving.form_of_way is FormOfWay.ROUNDABOUT and onward.form_of_way is FormOfWay.ROUNDABOUT:
        return _exits_weight(network, approach, onward, driven)
    return _way_weight(approach, onward)


def _exits_weight(network: Network, approach: Link, link: Link, driven: set[LinkId]) -> float:
    """Staying on a roundabout is taking one of the exits still to come: the sum of their weights.

    So the vehicle leaves where it would have gone without the roundabout, wherever that exit stands in the order.
    """
    weight, passed = 0.0, set(driven)
    if link.link_id in passed:
        return 0.0  # once round is enough
    for _ in range(_ROUNDABOUT_LINKS_COUNT_MAX):
        passed.add(link.link_id)
        onward = network.links_from(link.end_node)
        if onward is None:
            return weight + _BEND_WEIGHT_MIN
        stays = None
        for way in (network.link(x) for x in onward if x not in passed and x != link.twin_id):
            if way is not None and way.form_of_way is FormOfWay.ROUNDABOUT:
                stays = way
            elif way is not None:
                weight += _way_weight(approach, way)
        if stays is None:
            return weight
        link = stays
    return weight


def _way_weight(approach: Link, onward: Link) -> float:
    """How well a way fits the road it follows; on a roundabout whose approach is not known, every bend alike."""
    weight = 1.0
    if approach.form_of_way is not FormOfWay.ROUNDABOUT or onward.form_of_way is FormOfWay.ROUNDABOUT:
        bend_rad = wrap_rad(_first_heading_rad(onward) - _last_heading_rad(approach))
        weight = math.exp(-0.5 * (bend_rad / _BEND_SIGMA_RAD) ** 2) + _BEND_WEIGHT_MIN
    if onward.link_id == approach.twin_id:
        return _WAY_BACK_WEIGHT
    if not set(approach.names).isdisjoint(onward.names) or not set(approach.route_refs).isdisjoint(onward.route_refs):
        weight *= _SAME_ROAD_FACTOR
    if onward.form_of_way is FormOfWay.SLIP_ROAD and approach.form_of_way is not FormOfWay.SLIP_ROAD:
        weight *= _LEAVES_FACTOR
    elif onward.form_of_way is not FormOfWay.ROUNDABOUT:
        lost = max(0, _rank(onward) - _rank(approach))
        weight *= max(_STEP_DOWN_FACTOR**lost, _STEP_DOWN_FACTOR_MIN)
    if onward.car_access is not CarAccess.YES and approach.car_access is CarAccess.YES:
        weight *= _NO_THROUGH_FACTOR
    return weight


def _rank(link: Link) -> int:
    """Functional class as a number that grows towards the lesser roads."""
    return RoadClass.CONSTRUCTION if link.road_class in _RANKED_LAST else link.road_class


def _first_heading_rad(link: Link) -> float:
    x, y = link.line.xy_at(_CHORD_M)
    return math.atan2(y - link.line.y_m[0], x - link.line.x_m[0])


def _last_heading_rad(link: Link) -> float:
    x, y = link.line.xy_at(max(0.0, link.line.length_m - _CHORD_M))
    return math.atan2(link.line.y_m[-1] - y, link.line.x_m[-1] - x)
