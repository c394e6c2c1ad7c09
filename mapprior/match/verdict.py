"""What is said of the hypotheses: a state with its reason, candidates, the links passed. Moves and weighs none."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from mapprior.geo.frame import distance_m
from mapprior.geo.units import nearest, wrap_rad
from mapprior.match.hypothesis import MAP_END_SLACK_M, Hypothesis
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.match.settings import MatchSettings
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId, dataset_of
from mapprior.model.network import Network
from mapprior.model.pose import MatchState

NO_FIX: Final = "no fix yet"
TILES_NOT_LOADED: Final = "the map around the position is not loaded yet"
TILE_AHEAD_NOT_LOADED: Final = "the map at the end of this road is not loaded yet"
TILE_FAILED: Final = "the map here could not be read"
NO_TILE: Final = "no map covers this place"
NO_ROAD: Final = "no road of the map fits the position"
SEVERAL_ROADS: Final = "several roads fit the position"
JUMPED: Final = "the position does not follow from the road driven so far"
BLIND: Final = "neither fix, nor odometer, nor speed for a while"


CANDIDATE_WEIGHT_MIN: Final = 0.005  # less likely ones are not told
NAMED_SHARE_MIN: Final = 0.75  # of the chance of the likeliest link: so much keeps one past it named
WAITING_SHARE_MIN: Final = 0.1  # the same, of the one before ways that part
_TAKEN_SHARE_MIN: Final = 0.6  # of all links after one: the way taken
_NAMED_WEIGHT_MIN: Final = 1e-9  # of the link named: never nothing
_SAME_PLACE_SIGMAS: Final = 3.0


class _Place:
    """A link that the vehicle may be on: how likely, and the way that makes it so most."""

    __slots__ = ("ahead_count", "link_id", "most", "way", "weight")

    def __init__(self, link_id: LinkId, way: Hypothesis, ahead_count: int, weight: float) -> None:
        self.link_id = link_id
        self.way = way
        self.ahead_count = ahead_count  # links of that way
        self.most = weight
        self.weight = weight

    def before(self) -> tuple[LinkId, ...]:
        """The links before it on its way."""
        return self.way.trail[: -1 - self.ahead_count]


class Verdict:
    """Remembers the last answer: states change with hysteresis, and `passed` counts from there."""

    __slots__ = ("_last_link_id", "_last_node", "_network", "_settings", "beyond", "state")

    def __init__(self, network: Network, settings: MatchSettings) -> None:
        self._network = network
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """As before the first pose."""
        self.state = MatchState.WAITING
        self.beyond = ""  # why nothing is known here, once the vehicle has left the markets served over a border
        self._last_link_id: LinkId | None = None
        self._last_node = 0  # of the way of the last answer

    def answer(
        self,
        hypotheses: Sequence[Hypothesis],
        off_weight: float,
        lateral_sigma_m: float,
        *,
        heading_rad: float | None,
        doubt: str,
        extrapolated: bool,
    ) -> MatchResult:
        """The answer for settled hypotheses, the likeliest first; `doubt` is a reason not to trust them, or empty.

        The 1-sigma of a distance beside the link is that of fix and map; that of the offset is the estimate's own.
        """
        settings, was = self._settings, self.state
        best, candidates, way_weight = self._candidates(hypotheses, lateral_sigma_m, heading_rad, fades=doubt == BLIND)
        if best.border is not None and best.s_m > best.length_m + MAP_END_SLACK_M:
            self.beyond = next_market_not_served(best.border.market_beyond)
            return self.nothing(MatchState.NO_COVERAGE, self.beyond)
        state, reason = MatchState.TRACKING, ""
        if off_weight > (settings.off_road_until if was is MatchState.OFF_ROAD else settings.off_road_from):
            # That it left the road only a fix can tell: the headings may fit none since the way is another one.
            left = not extrapolated or was is MatchState.OFF_ROAD
            state, reason = MatchState.OFF_ROAD if left else MatchState.AMBIGUOUS, NO_ROAD
        elif doubt:
            state, reason = MatchState.AMBIGUOUS, doubt
        elif best.waits_for_tile and best.s_m > best.length_m + MAP_END_SLACK_M:
            state, reason = MatchState.AMBIGUOUS, TILE_AHEAD_NOT_LOADED
        elif not self._is_sure(
            candidates, way_weight, settings.tracking_until if was is MatchState.TRACKING else settings.tracking_from
        ) or (extrapolated and _elsewhere(best, hypotheses) > settings.blind_elsewhere_max):
            state, reason = MatchState.AMBIGUOUS, SEVERAL_ROADS
        if state is not MatchState.OFF_ROAD:
            self.beyond = ""
        elif self.beyond:
            return self.nothing(state, reason)
        self.state = state
        link_id, at_node = candidates[0].link_id, best.nodes_count - best.links_ahead_count
        passed = self._passed(best, link_id, at_node - self._last_node)
        self._last_link_id, self._last_node = link_id, at_node
        return MatchResult(state, reason, candidates, passed, extrapolated)

    def nothing(self, state: MatchState, reason: str) -> MatchResult:
        """The answer where there is no hypothesis worth telling."""
        if self.beyond and reason in (NO_ROAD, NO_TILE):
            state, reason = MatchState.NO_COVERAGE, self.beyond
        self.state = state
        self._last_link_id = None
        return MatchResult(state, reason, (), ())

    def _candidates(
        self, hypotheses: Sequence[Hypothesis], lateral_sigma_m: float, heading_rad: float | None, *, fades: bool
    ) -> tuple[Hypothesis, tuple[MatchCandidate, ...], float]:
        """The way of the link named, a candidate per link, that one first, and how likely its way's are together.

        A way counts to each link that the vehicle may be on along it, by how much of where it may be lies there: near
        a node to the link before it as well as to the one after it, however sure the way itself is.
        """
        first = hypotheses[0]
        if len(hypotheses) == 1 and first.is_clear and not fades:
            first.links_ahead_count = 0
            return first, (_candidate(first, 0, first.weight, lateral_sigma_m, heading_rad),), first.weight
        places = _places(hypotheses, fades=fades)
        here = self._named(places)
        del places[here.link_id]
        first = here.way
        first.links_ahead_count = here.ahead_count
        weight = here.weight if here.weight > _NAMED_WEIGHT_MIN else _NAMED_WEIGHT_MIN
        named = _candidate(first, here.ahead_count, weight, lateral_sigma_m, heading_rad)
        if not places:
            return first, (named,), here.weight
        way_weight = here.weight + _weight_along(first, here.link_id, places)
        others = sorted(places.values(), key=_rank) if len(places) > 1 else list(places.values())
        more = [
            _candidate(x.way, x.ahead_count, x.weight, lateral_sigma_m, heading_rad)
            for x in others[: self._settings.candidates_count_max - 1]
            if x.weight >= CANDIDATE_WEIGHT_MIN
        ]
        return first, (named, *more), way_weight

    def _named(self, places: Mapping[LinkId, _Place]) -> _Place:
        """The likeliest link; the last one named while it is past that on one way and hardly less likely.

        Where ways part, the link before them while none of them is clearly likelier than all the others together.
        """
        likeliest = min(places.values(), key=_rank)
        last = places.get(self._last_link_id) if self._last_link_id is not None else None
        if last is None or last is likeliest:
            return likeliest
        if last.link_id not in likeliest.before():
            is_held = last.weight >= NAMED_SHARE_MIN * likeliest.weight and likeliest.link_id in last.before()
            return last if is_held else likeliest
        if last.weight < WAITING_SHARE_MIN * likeliest.weight:
            return likeliest
        onward = sum(x.weight for x in places.values() if last.link_id in x.before())
        return last if likeliest.weight < _TAKEN_SHARE_MIN * onward else likeliest

    def _is_sure(self, candidates: Sequence[MatchCandidate], way_weight: float, from_: float) -> bool:
        """Whether one road is likely enough: near a node, the link before it or after it is the same road."""
        if way_weight >= from_:
            return True
        first, *others = candidates
        before = max((x for x in others if self._goes_on(x, first)), key=_probability, default=None)
        after = max((x for x in others if self._goes_on(first, x)), key=_probability, default=None)
        # Of two short links that make a ring each comes before the other and after it, and counts once.
        links = {x.link_id: x.probability for x in (before, after) if x is not None}
        return first.probability + sum(links.values()) >= from_

    def _goes_on(self, a: MatchCandidate, b: MatchCandidate) -> bool:
        """The link of `b` follows that of `a`, both of one market, and a fix cannot tell the two places apart."""
        near_cm = 100.0 * _SAME_PLACE_SIGMAS * max(a.offset_sigma_m, b.offset_sigma_m)
        if b.link_offset_cm > near_cm:
            return False
        link = self._network.link(a.link_id)
        if link is None or link.length_cm - a.link_offset_cm + b.link_offset_cm > near_cm:
            return False
        if dataset_of(a.link_id) != dataset_of(b.link_id):
            return False
        return b.link_id in (next_links(self._network, (a.link_id,)) or ())

    def _passed(self, best: Hypothesis, link_id: LinkId, nodes_count: int) -> tuple[LinkId, ...]:
        """Links from the last position's to this one's, so many nodes on; empty where no drive joins them."""
        last = self._last_link_id
        if last is None:
            return ()
        if link_id == last:
            return (link_id,)
        trail = best.driven
        if 0 < nodes_count < len(trail) and trail[-1 - nodes_count] == last:
            return trail[-1 - nodes_count :]
        if best.link.twin_id == last:
            return ()  # turned round on the way
        # Found by a search, and not by driving here: it may follow all the same.
        return (last, link_id) if link_id in (next_links(self._network, (last,)) or ()) else ()


def _elsewhere(best: Hypothesis, hypotheses: Sequence[Hypothesis]) -> float:
    """How likely the vehicle is farther from the place named than its sigma explains, or on no road."""
    link, s_m = best.place()
    lat, lon = link.line.lat_lon_e7_at(s_m)
    near_m = _SAME_PLACE_SIGMAS * math.sqrt(best.variance_m2)
    here = 0.0
    for h in hypotheses:
        if h is not best:
            link, s_m = h.place()
            lat_b, lon_b = link.line.lat_lon_e7_at(s_m)
            if distance_m(lat_a_e7=lat, lon_a_e7=lon, lat_b_e7=lat_b, lon_b_e7=lon_b) > near_m:
                continue
        here += h.weight
    return 1.0 - here


def _places(hypotheses: Sequence[Hypothesis], *, fades: bool) -> dict[LinkId, _Place]:
    """The links that the vehicle may be on; says of each way on which of its links it is, likeliest."""
    places: dict[LinkId, _Place] = {}
    for h in hypotheses:
        if h.is_clear and not fades:
            h.links_ahead_count = 0
            _count(places, h.link_id, h, 0, h.weight)
        else:
            most = -1.0
            for ahead_count, share in h.shares(fades=fades):
                if share > most:
                    most, h.links_ahead_count = share, ahead_count
                _count(places, h.trail[-1 - ahead_count], h, ahead_count, h.weight * share)
    return places


def _weight_along(way: Hypothesis, link_id: LinkId, places: Mapping[LinkId, _Place]) -> float:
    """How likely the links near on a way are together, but for this one; those of its market."""
    weights, dataset = {link_id: 0.0}, dataset_of(link_id)
    for x in reversed(way.trail):
        place = places.get(x)
        if place is not None and dataset_of(x) == dataset:
            weights[x] = place.weight  # once, also where the way comes by again
        elif x != link_id:
            break
    return sum(weights.values())


def _probability(x: MatchCandidate) -> float:
    return x.probability


def _rank(place: _Place) -> tuple[float, LinkId]:
    return -place.weight, place.link_id


def _count(places: dict[LinkId, _Place], link_id: LinkId, h: Hypothesis, ahead_count: int, weight: float) -> None:
    """A way may be on one of its links, which has so many ahead of it."""
    place = places.get(link_id)
    if place is None:
        places[link_id] = _Place(link_id, h, ahead_count, weight)
        return
    place.weight += weight
    if weight > place.most:
        place.way, place.ahead_count, place.most = h, ahead_count, weight


def _candidate(
    h: Hypothesis, ahead_count: int, weight: float, lateral_sigma_m: float, heading_rad: float | None
) -> MatchCandidate:
    link, s_m = h.place_before(ahead_count)
    length_m, error_rad = link.line.length_m, h.heading_error_rad
    if ahead_count and heading_rad is not None and not math.isnan(error_rad):
        # What is known is the error against the last link of the way, which may turn at the node, or turn back.
        error_rad = wrap_rad(heading_rad - link.line.heading_at(s_m))
    return MatchCandidate(
        link.link_id,
        nearest(s_m * link.length_cm / length_m) if length_m > 0.0 else 0,
        h.lateral_m,
        None if math.isnan(error_rad) else error_rad,
        weight if weight < 1.0 else 1.0,
        math.sqrt(h.variance_m2),
        lateral_sigma_m,
    )


def next_market_not_served(market: str) -> str:
    """The reason once the vehicle is over a border; `market` is empty where nobody knows which one it is."""
    return f"next market {market} is not served here" if market else "the next market is not served here"
