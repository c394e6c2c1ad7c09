"""In which lane of its link a vehicle is, as a probability for each, where pose and map are good enough to say.

A pose lies some way left or right of the link's line; the lanes lie left and right of it too. With an error of sigma
in between, the chance of a lane is the share of that error's bell curve over the width of the lane. A vehicle that
drives along a link is nearly always in one of its lanes, so what lies beside them all counts for little.

No memory: the map's own error stays the same from pose to pose, so that many poses know no more than one.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from mapprior.geo.polyline import Polyline
from mapprior.geo.units import nearest
from mapprior.match.position import LaneCandidate, MatchCandidate
from mapprior.model.ids import LaneId
from mapprior.model.lane import LaneSection, LaneType, LinkLanes
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.provenance import Basis

# How far drawn lanes lie off the true ones, one standard deviation. Working figures: lines of a public map are drawn
# over aerial pictures, and lanes derived from tags stand on widths that are mostly assumed. Of lanes that are inferred
# not even that is known, where on the carriageway the line runs: anywhere across three lanes is 3 m.
LANE_SIGMA_M: Final = {Basis.SURVEYED: 0.2, Basis.TAGGED: 1.0, Basis.INFERRED: 3.0}
LANE_SIGMA_OTHER_M: Final = 1.5
# Of a pose. Beyond this an answer would be little more than a count of the lanes.
SIGMA_M_MAX: Final = 2.0
WIDTH_ASSUMED_M: Final = 3.25  # of a lane whose width is not known
# Weight of being beside all lanes against being in one, for the same share of the bell curve.
_BESIDE_WEIGHT: Final = 0.05
_ROOT_OF_2: Final = math.sqrt(2.0)
_PROBABILITY_MIN: Final = 0.005  # less likely lanes are not named
_NO_TRAFFIC: Final = frozenset((LaneType.CYCLE, LaneType.SHOULDER))


@dataclass(frozen=True, slots=True)
class _LanePlace:
    """Where a lane lies beside the link's line, left positive: at places along the link that ascend, evenly between."""

    lane_id: LaneId
    lane_index: int
    at_cm: tuple[float, ...]
    left_m: tuple[float, ...]
    half_width_m: float


@dataclass(frozen=True, slots=True)
class _SectionPlace:
    start_cm: int
    end_cm: int
    lanes: tuple[_LanePlace, ...]


class LanePosition:
    """Answers for one drive; remembers where the lanes of the link asked last lie."""

    __slots__ = ("_lane_sigma_m", "_lanes", "_network", "_sections")

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lanes: LinkLanes | None = None
        self._sections: tuple[_SectionPlace, ...] = ()
        self._lane_sigma_m = LANE_SIGMA_OTHER_M

    def at(self, place: MatchCandidate, *, position_sigma_m: float | None) -> tuple[LaneCandidate, ...]:
        """Lanes at a matched place, the likeliest first; their probabilities sum to at most 1.

        Empty where the pose does not say how good it is, is too poor, or the map has no lanes there. TileError where
        the lanes do not decode.
        """
        if position_sigma_m is None or position_sigma_m > SIGMA_M_MAX:
            return ()
        section = self._section(place)
        if section is None:
            return ()
        sigma_m = math.hypot(position_sigma_m, self._lane_sigma_m)
        shares: list[float] = []
        inside = 0.0
        for lane in section.lanes:
            share = _share(lane, place.link_offset_cm, place.lateral_m, sigma_m)
            shares.append(share)
            inside += share
        whole = inside + _BESIDE_WEIGHT * max(0.0, 1.0 - inside)
        found: list[tuple[int, int, LaneCandidate]] = []
        for i, lane in enumerate(section.lanes):
            if shares[i] > _PROBABILITY_MIN * whole:
                candidate = LaneCandidate(lane.lane_id, lane.lane_index, shares[i] / whole)
                found.append((-nearest(candidate.probability * 1000.0), lane.lane_index, candidate))
        found.sort()
        return tuple([x for _, _, x in found])

    def _section(self, place: MatchCandidate) -> _SectionPlace | None:
        lanes = self._network.lanes(place.link_id)
        if lanes is None:
            return None
        if lanes is not self._lanes:
            link = self._network.link(place.link_id)
            if link is None:
                return None
            self._lanes = lanes
            self._lane_sigma_m = LANE_SIGMA_M.get(lanes.basis, LANE_SIGMA_OTHER_M)
            self._sections = tuple(_section_place(link, section) for section in lanes.sections)
        at_cm = place.link_offset_cm
        for section in self._sections:
            if section.start_cm <= at_cm < section.end_cm:
                return section
        return self._sections[-1] if self._sections and at_cm == self._sections[-1].end_cm else None


def _section_place(link: Link, section: LaneSection) -> _SectionPlace:
    places = []
    for index, lane in enumerate(section.lanes):
        if lane.lane_type in _NO_TRAFFIC:
            continue
        width_m = lane.width_cm / 100 if lane.width_cm else WIDTH_ASSUMED_M
        at_cm, left_m = _places_beside(link.line, lane.centre_line, link.length_cm / link.line.length_m)
        if at_cm:
            places.append(_LanePlace(lane.lane_id, index, at_cm, left_m, width_m / 2))
    return _SectionPlace(section.start_cm, section.end_cm, tuple(places))


def _places_beside(road: Polyline, centre: Polyline, cm_per_m: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Where along a road the vertices of a line beside it lie, cm, ascending; and how far to its left, m.

    Both run the same way, so that each vertex lies beside the stretch of the one before, or one farther on.
    """
    at_cm: list[float] = []
    left_m: list[float] = []
    i, last = 0, len(road.x_m) - 2
    for k in range(len(centre.lat_e7)):
        x, y = road.frame.xy_m(lat_e7=centre.lat_e7[k], lon_e7=centre.lon_e7[k])
        while True:
            dx, dy = road.x_m[i + 1] - road.x_m[i], road.y_m[i + 1] - road.y_m[i]
            step_m = math.hypot(dx, dy)
            past_m = (x - road.x_m[i]) * dx + (y - road.y_m[i]) * dy
            if i == last or past_m < step_m * step_m:
                break
            i += 1
        if step_m > 0.0:
            offset_cm = (road.s_m[i] + min(max(past_m / step_m, 0.0), step_m)) * cm_per_m
            if not at_cm or offset_cm > at_cm[-1]:
                at_cm.append(offset_cm)
                left_m.append((dx * (y - road.y_m[i]) - dy * (x - road.x_m[i])) / step_m)
    return tuple(at_cm), tuple(left_m)


def _left_m(lane: _LanePlace, offset_cm: float) -> float:
    """Where the lane's centre lies beside the link's line."""
    at_cm, left_m = lane.at_cm, lane.left_m
    i = bisect_right(at_cm, offset_cm)
    if i == 0:
        return left_m[0]
    if i == len(at_cm):
        return left_m[-1]
    share = (offset_cm - at_cm[i - 1]) / (at_cm[i] - at_cm[i - 1])
    return left_m[i - 1] + share * (left_m[i] - left_m[i - 1])


def _share(lane: _LanePlace, offset_cm: float, lateral_m: float, sigma_m: float) -> float:
    """The chance that a place seen at `lateral_m` with this error lies within the lane."""
    off_m = lateral_m - _left_m(lane, offset_cm)
    scale = sigma_m * _ROOT_OF_2
    return 0.5 * (math.erf((off_m + lane.half_width_m) / scale) - math.erf((off_m - lane.half_width_m) / scale))
