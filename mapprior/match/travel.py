"""How hypotheses move: along their links, over nodes, and over whole streets between fixes far apart."""

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Final, Protocol

from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm
from mapprior.match.hypothesis import Hypothesis
from mapprior.match.leap import leap
from mapprior.match.motion import Motion
from mapprior.match.places import Sight
from mapprior.match.reach import Reach
from mapprior.match.route_ways import RouteWays
from mapprior.match.search import Proposal, propose
from mapprior.match.settings import MatchSettings
from mapprior.match.turns import ways_onward
from mapprior.model.border import BorderNode
from mapprior.model.ids import LinkId, tile_of
from mapprior.model.link import Link
from mapprior.model.network import Network

_WEIGHT: Final = attrgetter("weight")
_DATASET_SHIFT: Final = 28
_TURNED_COSINE: Final = 0.9  # 26 degrees


class Driven(Protocol):
    """How the vehicle came from pose to pose; see `Motion`."""

    @property
    def dt_ms(self) -> float: ...
    @property
    def distance_m(self) -> float: ...
    @property
    def variance_m2(self) -> float: ...
    @property
    def is_known(self) -> bool: ...


class Travel:
    """Moves the hypotheses of one drive. Weighs none, but by how likely a way is taken."""

    def __init__(self, network: Network, settings: MatchSettings) -> None:
        self._network = network
        self._settings = settings
        self._reach = Reach(network)
        self._route_ways = RouteWays()
        self.places: list[Proposal] = []  # near the fix of the last leap
        self.white_share = settings.white_share  # of a fix's variance, by what is known of the receiver

    def set_route(self, links: Sequence[LinkId]) -> None:
        """Links the driver means to take, in order."""
        self._route_ways = RouteWays(links)
        self._reach = Reach(self._network, self._route_ways)

    def begin(self, proposal: Proposal, *, weight: float, sigma_m: float) -> Hypothesis:
        """A hypothesis that knows one fix only."""
        link = proposal.link
        heading = link.line.heading_at(proposal.s_m)
        h = Hypothesis(link, s_m=proposal.s_m, heading_rad=heading, weight=weight, trail=(link.link_id,))
        h.aside_m = self.aside_m(link)
        white_m2 = self.white_share * sigma_m * sigma_m
        h.seen_first(proposal.lateral_m - h.aside_m, drift_m2=sigma_m * sigma_m - white_m2, white_m2=white_m2)
        h.lateral_m = proposal.lateral_m
        h.heading_error_rad = proposal.heading_error_rad
        return h

    def aside_m(self, link: Link) -> float:
        """Where on a link vehicles drive, left of its line: on their side of a road for both directions."""
        if link.oneway:
            return 0.0
        dataset = self._network.datasets.get(tile_of(link.link_id) >> 28)
        aside_m = self._settings.aside_m
        return aside_m if dataset is not None and dataset.driving_side == "left" else -aside_m

    def move(
        self,
        hypotheses: Sequence[Hypothesis],
        motion: Motion,
        fix_e7: tuple[float, float] | None,
        sigma_m: float,
    ) -> tuple[list[Hypothesis], bool]:
        """All moved on by what the vehicle drove, split where they may pass a node, and whether they leapt.

        A leap, between fixes some seconds apart, ends on links near the new one. Without a fix a way goes on at once.
        """
        seen = fix_e7 is not None
        leaps = seen and motion.dt_ms >= self._settings.leap_ms_min
        if fix_e7 is not None and leaps:
            leapt = self._leap(hypotheses, motion, fix_e7, sigma_m)
            if leapt:
                return leapt, True
        speed_mps = hypotheses[0].speed_mps or motion.pace_mps
        self.advance(hypotheses, motion, sigma_m, speed_mps=speed_mps, seen=seen)
        turned_rad = None if seen else motion.heading_rad
        for h in hypotheses:
            if h.s_m > h.length_m - self._ahead_m(h, turned_rad, seen=seen) or h.s_m < 0.0:
                return self._cross(hypotheses, turned_rad, seen=seen), False
        return list(hypotheses), False

    def advance(
        self, hypotheses: Sequence[Hypothesis], step: Driven, sigma_m: float, *, speed_mps: float, seen: bool = True
    ) -> None:
        """All moved on along their links; `speed_mps` is a guess for where nothing tells the speed."""
        settings = self._settings
        sec, driven_m = step.dt_ms * 1e-3, step.distance_m
        by_itself = seen and not step.is_known
        if by_itself:
            driven_m = speed_mps * sec
        drift_m2 = (1.0 - self.white_share) * sigma_m * sigma_m
        map_m2 = settings.map_sigma_m * settings.map_sigma_m
        fresh_m2 = drift_m2 * (1.0 - math.exp(-2.0 * step.dt_ms / settings.drift_time_ms)) + map_m2 * (
            1.0 - math.exp(-2.0 * abs(driven_m) / settings.map_distance_m)
        )
        keep = math.sqrt(max(0.0, 1.0 - fresh_m2 / (drift_m2 + map_m2)))
        for h in hypotheses:
            if by_itself:
                if not h.is_speed_estimated:
                    h.speed_unknown(h.speed_mps or speed_mps, settings.speed_sigma_mps**2)
                h.go_on(sec, settings.speed_change_m2_per_sec3)
            else:
                h.drive(step.distance_m, step.variance_m2)
            h.places = None
            h.drift(keep, fresh_m2)
            if h.has_behind and h.s_m > 3.0 * math.sqrt(h.variance_m2) + 5.0:
                h.forget_behind()

    def _leap(
        self, hypotheses: Sequence[Hypothesis], motion: Motion, fix_e7: tuple[float, float], sigma_m: float
    ) -> list[Hypothesis]:
        """One hypothesis on each link near the fix that a drive reaches."""
        lat, lon = fix_e7
        spread_m = math.hypot(sigma_m, self._settings.map_sigma_m)
        self.places = propose(self._network, self._settings, motion, lat_e7=lat, lon_e7=lon, sigma_m=spread_m)
        if not self.places or motion.distance_m < 0.0:
            return []
        if self._reach.tiles != tuple(self._network.roads):
            self._reach = Reach(self._network, self._route_ways)
        return leap(
            hypotheses,
            [(place, self.aside_m(place.link)) for place in self.places],
            motion,
            Sight(lat, lon, spread_m),
            reach=self._reach,
            settings=self._settings,
            white_share=self.white_share,
        )

    def _ahead_m(self, h: Hypothesis, heading_rad: float | None, *, seen: bool) -> float:
        """How far before the end of its link a vehicle may be past it already. Where no fix tells, only a heading that
        is not that of its link does."""
        settings = self._settings
        if not seen:
            if heading_rad is None or math.cos(heading_rad - h.link.line.heading_at(h.s_m)) > _TURNED_COSINE:
                return 0.0
            return settings.turn_sigmas * math.sqrt(h.variance_m2)
        return min(settings.split_ahead_m_max, settings.split_ahead_sigmas * math.sqrt(h.variance_m2))

    def _cross(self, hypotheses: Sequence[Hypothesis], heading_rad: float | None, *, seen: bool) -> list[Hypothesis]:
        """Ways that may have left their link, split into what follows; those far before its start, moved back."""
        limit = 4 * self._settings.hypotheses_count_max
        todo = list(reversed(hypotheses))  # the likeliest stay first
        done: list[Hypothesis] = []
        while todo:
            h = todo.pop()
            ahead_m = self._ahead_m(h, heading_rad, seen=seen)
            if h.s_m <= h.length_m - ahead_m:
                done.append(self._back(h) if h.s_m < 0.0 else h)
                continue
            onward = self._onward(h, heading_rad, seen=seen)
            if onward is None:
                done.append(h)
            elif len(todo) + len(done) + len(onward) <= limit:
                todo.extend(onward)
            else:  # only the likeliest goes on
                todo.append(max(onward, key=_WEIGHT))
        return done

    def _onward(self, h: Hypothesis, heading_rad: float | None, *, seen: bool) -> list[Hypothesis] | None:
        """The ways onward from the end of a link; None to stay at it."""
        if h.onward is None:
            onward = ways_onward(self._network, h.trail)
            h.waits_for_tile = onward is None
            h.at_map_end = onward is not None and not onward.links
            if onward is None or not onward.links:
                h.border = self._border(h) if h.at_map_end else None
                return None
            h.onward, h.doubtful = onward.links, onward.doubtful
        if h.onward[0] == h.link.twin_id and (
            seen or (heading_rad is not None and math.cos(heading_rad - h.link.line.heading_at(h.length_m)) > 0.0)
        ):
            return None  # the way back: only the heading can say that it was taken
        by_route = self._route_ways.after(h.trail)
        shares_ppm: Sequence[float] = branch_shares_ppm(
            self._network, h.trail, h.onward, route_link=by_route, doubtful=h.doubtful
        )
        if not seen and by_route not in h.onward:
            shares_ppm = _tempered_ppm(shares_ppm, self._settings.unseen_branch_power)
        children = []
        for link_id, share_ppm in zip(h.onward, shares_ppm, strict=True):
            link = self._network.link(link_id)
            weight = h.weight * share_ppm / WHOLE_PPM
            if link is not None and (weight > self._settings.kept_weight_min or len(h.onward) == 1):
                child = h.child(link, weight=weight)
                child.aside_m = self.aside_m(link)
                children.append(child)
        if not children:
            h.at_map_end = True
            return None
        return children

    def _border(self, h: Hypothesis) -> BorderNode | None:
        """The border its link ends at, if no release is served beyond."""
        network, node = self._network, h.link.end_node
        border = network.border_node(node)
        if border is None or network.serves(border.market_beyond) or network.partners(node)[0]:
            return None
        return border

    def _back(self, h: Hypothesis) -> Hypothesis:
        """Far before the start of its link: back to the one it came from."""
        while len(h.trail) > 1:
            sigma_m = math.sqrt(h.variance_m2)
            slack_m = 2.0 * sigma_m + 1.0 if not h.has_behind else 4.0 * sigma_m + self._settings.split_ahead_m_max
            if h.s_m >= -slack_m:
                break
            link = self._network.link(h.trail[-2])
            if link is None:
                break
            h = h.parent(link)
            h.aside_m = self.aside_m(link)
        return h


def _tempered_ppm(shares_ppm: Sequence[float], power: float) -> list[float]:
    """Each to this power, together as many as before."""
    powers = [x**power for x in shares_ppm]
    total = sum(powers)
    return [WHOLE_PPM * x / total for x in powers]
