"""One way the vehicle may have come: the link it is on or about to enter, an offset, and the links before.

Knows geometry only; how likely a hypothesis is, the running match decides.
"""

import math
from collections.abc import Collection, Sequence
from typing import Final

from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7
from mapprior.match.estimate import Estimate
from mapprior.match.places import Places
from mapprior.match.story import Story
from mapprior.model.border import BorderNode
from mapprior.model.ids import LinkId
from mapprior.model.link import FormOfWay, Link, RoadClass

TRAIL_LINKS_COUNT_MAX: Final = 64
SAME_PLACE_M: Final = 25.0  # ways on one link so near each other are one
MAP_END_SLACK_M: Final = 10.0  # past the end of a mapped road a vehicle still counts as at it
_CLEAR_SIGMAS2: Final = 2.33**2  # so far past a node a hundredth lies before it
_SHARE_MIN: Final = 1e-3
_SURE_PER_M: Final = 1e9

# Half the width a vehicle may be off the drawn line without being off the road.
_HALF_WIDTH_M: Final = {
    RoadClass.MOTORWAY: 4.5,
    RoadClass.TRUNK: 3.5,
    RoadClass.PRIMARY: 3.0,
    RoadClass.SECONDARY: 2.5,
}
_HALF_WIDTH_OTHER_M: Final = 2.0


def half_width_m(link: Link) -> float:
    """Typical distance of a lane from the drawn line of its road."""
    if link.form_of_way is FormOfWay.SLIP_ROAD:
        return _HALF_WIDTH_OTHER_M
    return _HALF_WIDTH_M.get(link.road_class, _HALF_WIDTH_OTHER_M)


class Hypothesis(Estimate):
    """Mutable, for speed: one object per way, moved along from pose to pose.

    `s_m` is the offset on `link.line`. Below 0 the vehicle is still on the links before: a way is split at a junction
    as soon as the vehicle may be past it, so that each fix is held against the road that the way would have taken.
    `trail` are the links driven up to and with this one, as far as they are known.
    """

    __slots__ = (
        "_arc_m",
        "_behind",
        "_east_m_per_e7",
        "_heading_rad",
        "_lat0_e7",
        "_lon0_e7",
        "_north_m_per_e7",
        "_segment",
        "_x_m",
        "_y_m",
        "aside_m",
        "at_map_end",
        "border",
        "doubtful",
        "heading_error_rad",
        "lateral_m",
        "length_m",
        "link",
        "link_id",
        "links_ahead_count",
        "measured_s_m",
        "nodes_count",
        "onward",
        "places",
        "story",
        "trail",
        "waits_for_tile",
        "weight",
        "width_m2",
    )

    def __init__(self, link: Link, *, s_m: float, heading_rad: float, weight: float, trail: tuple[LinkId, ...]) -> None:
        Estimate.__init__(self, s_m=s_m, heading_rad=heading_rad)
        line = link.line
        self.link = link
        self.link_id = link.link_id
        self.length_m = line.length_m
        self._arc_m = line.s_m
        self._x_m = line.x_m
        self._y_m = line.y_m
        self._heading_rad = line.heading_rad
        frame = line.frame
        self._lat0_e7 = frame.lat0_e7
        self._lon0_e7 = frame.lon0_e7
        self._east_m_per_e7 = frame.east_m_per_e7
        self._north_m_per_e7 = frame.north_m_per_e7
        self._segment = 0
        self._behind: Hypothesis | None = None  # the link before, while the vehicle may still be on it
        self.links_ahead_count = 0  # of the trail, past the one that it is on, likeliest
        self.nodes_count = 0  # passed since this way was found: trails may be cut
        self.width_m2 = half_width_m(link) ** 2
        self.aside_m = 0.0  # how far left of the line vehicles drive
        self.weight = weight
        self.trail = trail
        self.story: Story | None = None  # where a whole drive is looked back on
        self.onward: list[LinkId] | None = None  # what may follow; None until asked
        self.doubtful: Collection[LinkId] = ()  # of these, what may be banned
        self.at_map_end = False  # nothing follows
        self.border: BorderNode | None = None  # nothing follows since its market ends and the next is not served
        self.waits_for_tile = False  # what follows lies in a tile that is not at hand
        self.places: Places | None = None  # where it may be after a leap
        self.measured_s_m = s_m
        self.lateral_m = 0.0
        self.heading_error_rad = math.nan  # not known

    def project(self, lat_e7: float, lon_e7: float, reach_m: float) -> float:
        """Nearest place of the way within `reach_m` along it from `s_m`, the drift taken off; the distance left of it.

        The first and last segment go on straight past the ends, as far as `reach_m` allows. Sets `measured_s_m`, and
        turns the estimate to the line there.
        """
        low, high = self.s_m - reach_m, self.s_m + reach_m
        east_m = self.cos_heading * self.along_m - self.sin_heading * self.across_m
        north_m = self.sin_heading * self.along_m + self.cos_heading * self.across_m
        piece, base_m, is_leaf = self, 0.0, True
        best_d2 = best_m = best_cross = math.inf
        heading = self.heading_rad
        while True:
            found = piece._nearest(lat_e7, lon_e7, east_m, north_m, low - base_m, high - base_m, is_leaf=is_leaf)
            if found[0] < best_d2:
                best_d2, best_m, best_cross = found[0], found[1] + base_m, found[2]
                heading = piece._heading_rad[piece._segment]
            if low >= base_m or piece._behind is None:
                break
            piece, is_leaf = piece._behind, False
            base_m -= piece.length_m
        if heading != self.heading_rad:
            self.turn(heading)
        self.measured_s_m = best_m
        distance = math.sqrt(best_d2)
        return distance if best_cross >= 0.0 else -distance

    def beside_m(self, lat_e7: float, lon_e7: float, reach_m: float) -> float:
        """How far left of its road a fix lies that is not taken; leaves the estimate as it is."""
        before, measured_s_m = Estimate(s_m=self.s_m, heading_rad=0.0), self.measured_s_m
        before.as_of(self, self.s_m)
        lateral_m = self.project(lat_e7, lon_e7, reach_m) + self.across_m
        self.as_of(before, before.s_m)  # to the last bit: it may have been turned
        self.measured_s_m = measured_s_m
        return lateral_m

    def _nearest(
        self, lat_e7: float, lon_e7: float, east_m: float, north_m: float, low: float, high: float, *, is_leaf: bool
    ) -> tuple[float, float, float]:
        """(squared distance, offset, side) of the nearest place of this link between two offsets."""
        dlon = lon_e7 - self._lon0_e7
        if dlon >= HALF_TURN_E7:
            dlon -= FULL_TURN_E7
        elif dlon < -HALF_TURN_E7:
            dlon += FULL_TURN_E7
        x = dlon * self._east_m_per_e7 - east_m
        y = (lat_e7 - self._lat0_e7) * self._north_m_per_e7 - north_m
        arc, xs, ys = self._arc_m, self._x_m, self._y_m
        last = len(arc) - 2
        i = self._segment
        while i < last and arc[i + 1] < low:
            i += 1
        while i > 0 and arc[i] > low:
            i -= 1
        best_d2 = best_m = best_cross = math.inf
        best = i
        while True:
            step = arc[i + 1] - arc[i]
            ax, ay = xs[i], ys[i]
            dx, dy = xs[i + 1] - ax, ys[i + 1] - ay
            px, py = x - ax, y - ay
            along = (px * dx + py * dy) / step if step > 0.0 else 0.0
            if along < 0.0:
                if i > 0 or self._behind is not None:
                    along = 0.0
                elif along < low:
                    along = low if low < 0.0 else 0.0
            elif along > step:
                if i < last or not is_leaf:
                    along = step
                elif along > high - arc[i]:
                    along = high - arc[i] if high - arc[i] > step else step
            t = along / step if step > 0.0 else 0.0
            ex, ey = px - t * dx, py - t * dy
            d2 = ex * ex + ey * ey
            if d2 < best_d2:
                best_d2, best, best_m, best_cross = d2, i, arc[i] + along, dx * py - dy * px
            i += 1
            if i > last or arc[i] > high:
                break
        self._segment = best
        return best_d2, best_m, best_cross

    def heading_near(self, heading_rad: float, ahead_m: float) -> float:
        """The line's heading that fits best, here or this far on or back: near a bend the offset says not which."""
        best, best_cos = self.heading_rad, -math.inf
        for s_m in (self.s_m, self.s_m - ahead_m, self.s_m + ahead_m):
            piece = self
            while s_m < 0.0 and piece._behind is not None:
                piece = piece._behind
                s_m += piece.length_m
            there = piece.link.line.heading_at(s_m)
            cos = math.cos(heading_rad - there)
            if cos > best_cos:
                best, best_cos = there, cos
        return best

    def heading_within(self, heading_rad: float, ahead_m: float) -> float:
        """The heading of its way that fits best anywhere up to this far on or back, for where no fix tells the place.

        With fixes `heading_near` does better: so many places tried are one that fits by chance (measured).
        """
        best, best_cos = self.heading_rad, -math.inf
        piece, low, high = self, self.s_m - ahead_m, self.s_m + ahead_m
        while True:
            arc = piece._arc_m
            last = len(arc) - 2
            for i in range(last + 1):
                if (arc[i] > high and i > 0) or (arc[i + 1] < low and i < last):
                    continue
                there = piece._heading_rad[i]
                cos = math.cos(heading_rad - there)
                if cos > best_cos:
                    best, best_cos = there, cos
            if low >= 0.0 or piece._behind is None:
                return best
            piece = piece._behind
            low, high = low + piece.length_m, high + piece.length_m

    @property
    def is_clear(self) -> bool:
        """Far enough past the node behind it, if there is one, to be on its last link."""
        return self._behind is None or (self.s_m > 0.0 and self.s_m * self.s_m > _CLEAR_SIGMAS2 * self.variance_m2)

    def shares(self, *, fades: bool) -> list[tuple[int, float]]:
        """Of where the vehicle may be along its way, what lies on each link: (links of the way ahead of it, share).

        What lies before the first or past the last link that is known counts to these, or, where the way `fades`, to
        none: it may be anywhere.
        """
        found: list[tuple[int, float]] = []
        piece, start_m, ahead_count = self, 0.0, 0
        most = len(self.trail) - 1  # after a long way back there may be more behind than the trail remembers
        scale_per_m = 1.0 / math.sqrt(2.0 * self.variance_m2) if self.variance_m2 > 0.0 else _SURE_PER_M
        upper = 0.5 + 0.5 * math.erf((self.length_m - self.s_m) * scale_per_m) if fades else 1.0
        while piece._behind is not None and ahead_count < most and upper > _SHARE_MIN:
            lower = 0.5 + 0.5 * math.erf((start_m - self.s_m) * scale_per_m)
            found.append((ahead_count, upper - lower))
            upper, piece = lower, piece._behind
            start_m -= piece.length_m
            ahead_count += 1
        found.append(
            (ahead_count, upper - 0.5 - 0.5 * math.erf((start_m - self.s_m) * scale_per_m) if fades else upper)
        )
        return found

    def place(self) -> tuple[Link, float]:
        """The link that the vehicle is on, and the offset on it, clamped to it."""
        return self.place_before(self.links_ahead_count)

    def place_before(self, ahead_count: int) -> tuple[Link, float]:
        """The link of its way that has so many ahead of it, and the offset on it, clamped to it."""
        link, s_m, piece = self.link, self.s_m, self._behind
        for _ in range(ahead_count):
            if piece is None:
                break
            link, s_m = piece.link, s_m + piece.length_m
            piece = piece._behind
        length = link.line.length_m
        return link, 0.0 if s_m < 0.0 else length if s_m > length else s_m

    @property
    def driven(self) -> tuple[LinkId, ...]:
        """Links up to and with the one that the vehicle is on."""
        return self.trail[: -self.links_ahead_count] if self.links_ahead_count else self.trail

    def child(self, link: Link, *, weight: float) -> "Hypothesis":
        """The way that goes on from the end of this link onto `link`."""
        trail = (*self.trail[1 - TRAIL_LINKS_COUNT_MAX :], link.link_id)
        other = Hypothesis(link, s_m=0.0, heading_rad=self.heading_rad, weight=weight, trail=trail)
        other.as_of(self, self.s_m - self.length_m)
        other._behind = self
        other.links_ahead_count = min(self.links_ahead_count, len(trail) - 2) + 1  # trails are cut
        other.nodes_count = self.nodes_count + 1
        if other.nodes_count % TRAIL_LINKS_COUNT_MAX == 0:
            other._forget_far_behind()
        if self.story is not None:
            other.story = Story(self.story, (link.link_id,))
        other.lateral_m, other.heading_error_rad = self.lateral_m, self.heading_error_rad
        return other

    def leapt(self, link: Link, way: tuple[LinkId, ...], *, weight: float) -> "Hypothesis":
        """The way that has gone on along `way`, from this link to `link`; where on it, is not known yet."""
        trail = (*self.trail, *way[1:])[-TRAIL_LINKS_COUNT_MAX:]
        other = Hypothesis(link, s_m=0.0, heading_rad=self.heading_rad, weight=weight, trail=trail)
        other.nodes_count = self.nodes_count + len(way) - 1
        if self.story is not None:
            other.story = Story(self.story, way[1:])
        return other

    def parent(self, link: Link) -> "Hypothesis":
        """The way that has gone back over its start onto `link`, the one before in its trail."""
        other = Hypothesis(link, s_m=0.0, heading_rad=self.heading_rad, weight=self.weight, trail=self.trail[:-1])
        other.as_of(self, link.line.length_m + self.s_m)
        other._behind = self._behind._behind if self._behind is not None else None
        other.links_ahead_count = max(0, self.links_ahead_count - 1)
        other.nodes_count = self.nodes_count - 1
        other.lateral_m, other.heading_error_rad = self.lateral_m, self.heading_error_rad
        return other

    def forget_behind(self) -> None:
        """The vehicle is clear of the links before."""
        self._behind = None
        self.links_ahead_count = 0

    def _forget_far_behind(self) -> None:
        """Links that the trail does not remember: without fixes a vehicle may for ever be clear of none of them."""
        piece: Hypothesis | None = self
        for _ in range(TRAIL_LINKS_COUNT_MAX):
            if piece is None:
                return
            piece = piece._behind
        if piece is not None:
            piece._behind = None

    @property
    def has_behind(self) -> bool:
        return self._behind is not None


def merged(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """One hypothesis per place; the likelier one, which comes first, keeps its trail."""
    kept: dict[LinkId, Hypothesis] = {}
    apart: list[Hypothesis] = []
    for h in hypotheses:
        first = kept.setdefault(h.link_id, h)
        if first is h:
            apart.append(h)
        elif abs(first.s_m - h.s_m) < SAME_PLACE_M and (
            min(first.s_m, h.s_m) > 0.0 or first.trail[-2:] == h.trail[-2:]
        ):
            first.weight += h.weight
        else:
            apart.append(h)
    return apart
