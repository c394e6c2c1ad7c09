"""How likely a vehicle takes each way onward at a junction. The one owner of branch probability.

The running match splits its hypotheses by it, the path tree ranks its paths by it. What speaks for a way, and how
much, stands in `branch_model.py`, the lanes in `branch_lanes.py`; here the ways of a junction are weighed against each
other. A route outweighs all else, and the more the farther it has been followed. Does not know about paths or offsets.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from mapprior.errors import TileError
from mapprior.match.branch_lanes import go_on, has_arrows, lane_factors
from mapprior.match.branch_model import (
    NOT_AT_HAND_EVIDENCE,
    WAY_BACK_EVIDENCE,
    Approach,
    approach_of,
    bend_rad,
    evidence,
)
from mapprior.model.ids import LinkId
from mapprior.model.lane import LinkLanes
from mapprior.model.link import FormOfWay, Link
from mapprior.model.network import Network

WHOLE_PPM: Final = 1_000_000
_ROUNDABOUT_LINKS_COUNT_MAX: Final = 32  # looked at, going round
# Working figures: no drive at hand came with its route. Leaving it at one junction and at the next are not independent:
_IGNORING_SHARE: Final = 0.05  # of routes are not driven at all, the driver knows better or wants something else;
_KEPT_BY_CHANCE_SHARE: Final = 0.6  # at so many junctions their vehicles go its way all the same.
_MISTAKE_SHARE: Final = 0.003  # At so many junctions one that follows its route leaves it.
_ROUTE_SHARES_COUNT: Final = 64  # after so many the next ones no longer differ
# A turn that may be banned: where it is hardly anybody takes it.
_OPEN_SHARE: Final = 0.5
_ROUNDABOUT: Final = FormOfWay.ROUNDABOUT
_WEIGHT_STEPS: Final = 1e9  # weights are whole numbers of 1 / this: their sums and order are the same on any machine


def branch_shares_ppm(
    network: Network,
    driven: Sequence[LinkId],
    onward: Sequence[LinkId],
    *,
    route_link: LinkId | None = None,
    route_links_count: int = 0,
    lane_shares: Mapping[int, float] | None = None,
    doubtful: Collection[LinkId] = (),
) -> list[int]:
    """Chance of each way onward, given the links driven (the last one arrives here), in millionths that sum exactly.

    `route_link`: the one that the route takes, where it leads here; `route_links_count`: of its links, how many it has
    been followed on its way here. The chance is of those who have: of all who set out the product of these remain.
    `lane_shares`: probability of each lane the vehicle may be in on the arriving link, by its index from the left;
    None where the lane is not known. Counts where the lanes of that link are at hand and carry arrows. `doubtful`: ways
    that may be banned. Ways onward whose tile is not at hand count as little likely. Empty for none. The order of
    `onward` has no say in the shares.
    """
    if len(onward) < 2:
        return [WHOLE_PPM] * len(onward)
    weights = _weights(network, driven, onward, lane_shares, doubtful)
    if route_link in onward:
        chosen = onward.index(route_link)
        others = [0 if i == chosen else w for i, w in enumerate(weights)]
        if not any(others):
            others = [i != chosen for i in range(len(others))]
        by_route_ppm = _ROUTE_SHARES_PPM[min(max(route_links_count, 0), _ROUTE_SHARES_COUNT - 1)]
        shares = _split(WHOLE_PPM - by_route_ppm, others, onward)
        shares[chosen] += by_route_ppm
        return shares
    return _split(WHOLE_PPM, weights, onward)


def _route_shares_ppm() -> tuple[int, ...]:
    """How often a vehicle keeps to its route at the end of each of its links, of those that have until there."""
    following, ignoring = 1.0 - _IGNORING_SHARE, _IGNORING_SHARE
    shares: list[int] = []
    for _ in range(_ROUTE_SHARES_COUNT):
        before = following + ignoring
        following *= 1.0 - _MISTAKE_SHARE
        ignoring *= _KEPT_BY_CHANCE_SHARE
        shares.append(round(WHOLE_PPM * (following + ignoring) / before))
    return tuple(shares)


_ROUTE_SHARES_PPM: Final = _route_shares_ppm()


def _split(whole_ppm: int, weights: Sequence[int], onward: Sequence[LinkId]) -> list[int]:
    """Whole millionths in proportion to the weights; what rounding leaves goes to the heaviest."""
    total = sum(weights)
    if total <= 0:
        return _split(whole_ppm, [1] * len(weights), onward)
    shares = [whole_ppm * w // total for w in weights]
    best = 0
    for i, weight in enumerate(weights):
        if weight > weights[best] or (weight == weights[best] and onward[i] < onward[best]):
            best = i
    shares[best] += whole_ppm - sum(shares)
    return shares


def _weights(
    network: Network,
    driven: Sequence[LinkId],
    onward: Sequence[LinkId],
    lane_shares: Mapping[int, float] | None,
    doubtful: Collection[LinkId],
) -> list[int]:
    approach = approach_of(network, driven)
    if approach is None:
        return [1] * len(onward)
    ways = [network.link(x) for x in onward]
    weights = [_weight(network, approach, way) for way in ways]
    lanes = _lanes(network, driven[-1])
    if lanes is not None:
        factors = _lane_factors(network, lanes, approach, ways, weights, lane_shares)
        weights = [w * factors.get(x, 1.0) for w, x in zip(weights, onward, strict=True)]
    if doubtful:
        weights = [w * _OPEN_SHARE if x in doubtful else w for w, x in zip(weights, onward, strict=True)]
    return [round(w * _WEIGHT_STEPS) for w in weights]


def arrows_at_end(network: Network, link_id: LinkId) -> bool:
    """Whether lanes at hand have arrows at the end of a link."""
    lanes = _lanes(network, link_id)
    return lanes is not None and has_arrows(lanes)


def _lanes(network: Network, link_id: LinkId) -> LinkLanes | None:
    """Lanes that make no sense say nothing: the roads are still there."""
    try:
        return network.lanes(link_id)
    except TileError:
        return None


def _weight(network: Network, approach: Approach, onward: Link | None) -> float:
    arriving = approach.arriving
    if onward is None:
        return math.exp(NOT_AT_HAND_EVIDENCE)
    if onward.link_id == arriving.twin_id:
        return math.exp(WAY_BACK_EVIDENCE)
    if onward.form_of_way is _ROUNDABOUT and arriving.form_of_way is _ROUNDABOUT:
        exits = exits_to_come(network, onward, approach.driven)
        return sum(math.exp(NOT_AT_HAND_EVIDENCE if x is None else evidence(approach, x)) for x in exits)
    return math.exp(evidence(approach, onward))


def exits_to_come(network: Network, link: Link, driven: Sequence[LinkId]) -> list[Link | None]:
    """The ways off a roundabout from the end of this link of it on, in order; None for what is not at hand.

    Staying on is taking one of them: so the vehicle leaves where it would have gone without the roundabout, wherever
    that exit stands in the order. Once round is enough: a link driven already ends it.
    """
    exits: list[Link | None] = []
    passed = set(driven)
    for _ in range(_ROUNDABOUT_LINKS_COUNT_MAX):
        if link.link_id in passed:
            break
        passed.add(link.link_id)
        onward = network.links_from(link.end_node)
        if onward is None:
            return [*exits, None]
        ways = [way for x in onward if x != link.twin_id and (way := network.link(x)) is not None]
        exits += [way for way in ways if way.form_of_way is not _ROUNDABOUT]
        link = next((way for way in ways if way.form_of_way is _ROUNDABOUT), link)
    return exits


def _lane_factors(
    network: Network,
    lanes: LinkLanes,
    approach: Approach,
    ways: Sequence[Link | None],
    weights: Sequence[float],
    lane_shares: Mapping[int, float] | None,
) -> dict[LinkId, float]:
    """What the arrows of the arriving link say of the ways other than back; empty where they say nothing.

    On a roundabout they lead to exits still to come, which no way onward stands for.
    """
    arriving = approach.arriving
    if arriving.form_of_way is _ROUNDABOUT or not has_arrows(lanes):
        return {}
    bends: dict[LinkId, float] = {}
    weighed: list[float] = []
    for way, weight in zip(ways, weights, strict=True):
        bend = None if way is None or way.link_id == arriving.twin_id else bend_rad(approach, way)
        if way is None or bend is None:
            continue
        onward = _lanes(network, way.link_id)
        if onward is not None and go_on(lanes, onward):
            return {}
        bends[way.link_id] = bend
        weighed.append(weight)
    factors = lane_factors(lanes, list(bends.values()), weighed, lane_shares)
    return {} if factors is None else dict(zip(bends, factors, strict=True))
