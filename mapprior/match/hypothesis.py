"""One place the vehicle may be at: a link, an offset and its uncertainty, and how it came there.

Knows geometry only; how likely a hypothesis is, the running match decides.
"""

import math

from mapprior.geo.frame import FULL_TURN_E7, HALF_TURN_E7
from mapprior.model.border import BorderNode
from mapprior.model.ids import LinkId
from mapprior.model.link import FormOfWay, Link, RoadClass

TRAIL_LINKS_COUNT_MAX = 64
MAP_END_SLACK_M = 10.0  # past the end of a mapped road a vehicle still counts as at it

# Half the width a vehicle may be off the drawn line without being off the road.
_HALF_WIDTH_M = {
    RoadClass.MOTORWAY: 4.5,
    RoadClass.TRUNK: 3.5,
    RoadClass.PRIMARY: 3.0,
    RoadClass.SECONDARY: 2.5,
}
_HALF_WIDTH_OTHER_M = 2.0


def half_width_m(link: Link) -> float:
    """Typical distance of a lane from the drawn line of its road."""
    if link.form_of_way is FormOfWay.SLIP_ROAD:
        return _HALF_WIDTH_OTHER_M
    return _HALF_WIDTH_M.get(link.road_class, _HALF_WIDTH_OTHER_M)


class Hypothesis:
    """Mutable, for speed: one object per place, moved along from pose to pose.

    `s_m` is the offset on `link.line`; a little below 0 or beyond its length while the vehicle is near a node.
    `trail` are the links driven up to and with this one, as far as they are known.
    """

    __slots__ = (
        "_arc_m",
        "_east_m_per_e7",
        "_heading_rad",
        "_lat0_e7",
        "_lon0_e7",
        "_north_m_per_e7",
        "_segment",
        "_x_m",
        "_y_m",
        "at_map_end",
        "border",
        "heading_error_rad",
        "lateral_m",
        "length_m",
        "line_heading_rad",
        "link",
        "link_id",
        "measured_s_m",
        "onward",
        "passed",
        "s_m",
        "trail",
        "variance_m2",
        "waits_for_tile",
        "weight",
        "width_m2",
    )

    def __init__(self, link: Link, *, s_m: float, variance_m2: float, weight: float, trail: tuple[LinkId, ...]) -> None:
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
        self.width_m2 = half_width_m(link) ** 2
        self.s_m = s_m
        self.variance_m2 = variance_m2
        self.weight = weight
        self.trail = trail
        self.passed: tuple[LinkId, ...] = (self.link_id,)
        self.onward: list[LinkId] | None = None  # what may follow; None until asked
        self.at_map_end = False  # nothing follows
        self.border: BorderNode | None = None  # nothing follows since its market ends and the next is not served
        self.waits_for_tile = False  # what follows lies in a tile that is not at hand
        self.measured_s_m = s_m
        self.lateral_m = 0.0
        self.heading_error_rad = 0.0
        self.line_heading_rad = line.heading_rad[0]

    def project(self, lat_e7: float, lon_e7: float, reach_m: float) -> float:
        """Nearest place of the line within `reach_m` along it from `s_m`; the squared distance, in m2.

        The first and last segment go on straight past the ends, as far as `reach_m` allows. Sets
        `measured_s_m`, `lateral_m` and `line_heading_rad`.
        """
        dlon = lon_e7 - self._lon0_e7
        if dlon >= HALF_TURN_E7:
            dlon -= FULL_TURN_E7
        elif dlon < -HALF_TURN_E7:
            dlon += FULL_TURN_E7
        x = dlon * self._east_m_per_e7
        y = (lat_e7 - self._lat0_e7) * self._north_m_per_e7
        arc, xs, ys = self._arc_m, self._x_m, self._y_m
        low, high = self.s_m - reach_m, self.s_m + reach_m
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
                if i > 0:
                    along = 0.0
                elif along < low:
                    along = low if low < 0.0 else 0.0
            elif along > step:
                if i < last:
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
        self.measured_s_m = best_m
        distance = math.sqrt(best_d2)
        self.lateral_m = distance if best_cross >= 0.0 else -distance
        self.line_heading_rad = self._heading_rad[best]
        return best_d2

    def offset_cm(self) -> int:
        """Offset in centimetres of the link's own length, clamped to it."""
        length_cm = self.link.length_cm
        if self.length_m <= 0.0:
            return 0
        at = round(self.s_m * length_cm / self.length_m)
        return 0 if at < 0 else length_cm if at > length_cm else at

    def child(self, link: Link, *, weight: float) -> "Hypothesis":
        """The hypothesis that has gone on from the end of this link onto `link`."""
        trail = (*self.trail[1 - TRAIL_LINKS_COUNT_MAX :], link.link_id)
        return Hypothesis(link, s_m=self.s_m - self.length_m, variance_m2=self.variance_m2, weight=weight, trail=trail)

    def parent(self, link: Link) -> "Hypothesis":
        """The hypothesis that has gone back over its start onto `link`, the one before in its trail."""
        s_m = link.line.length_m + self.s_m
        return Hypothesis(link, s_m=s_m, variance_m2=self.variance_m2, weight=self.weight, trail=self.trail[:-1])
