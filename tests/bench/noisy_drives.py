"""Drives with a known truth: routes over real maps, driven as people drive, seen by a receiver with noise.

Speeds follow the class of the road, fall before bends and turns, and are 0 at some junctions. The vehicle keeps
to its side of a two-way road. The noise of a receiver is mostly the same from fix to fix: four fifths of its
variance drift with a time constant of 20 s (a first-order Gauss-Markov process), a fifth is white. Or, where asked,
any other share.
"""

import heapq
import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from mapprior.geo.units import wrap_rad
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.link import CarAccess, Link, RoadClass
from mapprior.model.network import Network
from mapprior.model.pose import Pose
from tests.bench.drives import START_TIME_US, STEP_US

STEP_SEC = STEP_US * 1e-6
DRIFT_SHARE = 0.8  # of the variance
DRIFT_TIME_SEC = 20.0
NEAR_M = 15.0
SIDE_M = 1.75  # from the drawn line of a two-way road
HEADING_SIGMA_RAD, SPEED_SIGMA_MPS, ODOMETER_SCALE = 0.03, 0.2, 1.005
STILL_MPS = 0.5  # slower, a heading is noise

_SPEED_MPS = {
    RoadClass.MOTORWAY: 30.0,
    RoadClass.TRUNK: 22.0,
    RoadClass.PRIMARY: 14.0,
    RoadClass.SECONDARY: 13.0,
    RoadClass.TERTIARY: 12.0,
    RoadClass.UNCLASSIFIED: 11.0,
    RoadClass.RESIDENTIAL: 8.5,
    RoadClass.LIVING_STREET: 4.0,
}
_SPEED_OTHER_MPS = 4.0
_SPEED_UP_MPS2, _SLOW_DOWN_MPS2 = 1.5, 2.0
_STOP_SHARE, _STOP_SEC = 0.06, (4.0, 25.0)
_LOOK_AHEAD_M = 250.0
_LEG_SEC_MIN, _LEG_SEC_MAX, _JUNCTION_SEC = 60.0, 400.0, 2.0

Way = tuple[int, bool]  # of the source: way id, driven in its direction


@dataclass(frozen=True, slots=True)
class Drive:
    """Ten poses a second without noise, and where on the route each is."""

    links: tuple[Link, ...]
    starts_m: tuple[float, ...]
    at_m: tuple[float, ...]
    speed_mps: tuple[float, ...]
    right_hand: bool

    def way(self, k: int) -> Way:
        return way_of(self.links[self._index(self.at_m[k])])

    def ways_near(self, k: int) -> set[Way]:
        """Ways of the places of the drive at most `NEAR_M` before or after."""
        first, last = self._index(self.at_m[k] - NEAR_M), self._index(self.at_m[k] + NEAR_M)
        return {way_of(link) for link in self.links[first : last + 1]}

    def pose(self, k: int) -> Pose:
        """Without noise; the heading is that of the line."""
        index = self._index(self.at_m[k])
        link, s_m = self.links[index], self.at_m[k] - self.starts_m[index]
        x_m, y_m = link.line.xy_at(s_m)
        heading = link.line.heading_at(s_m)
        if not link.oneway:
            aside_m = -SIDE_M if self.right_hand else SIDE_M
            x_m, y_m = x_m - aside_m * math.sin(heading), y_m + aside_m * math.cos(heading)
        frame = link.line.frame
        return Pose(
            pose_time_us=START_TIME_US + k * STEP_US,
            lat_e7=frame.lat0_e7 + y_m / frame.north_m_per_e7,
            lon_e7=frame.lon0_e7 + x_m / frame.east_m_per_e7,
            heading_rad=heading,
            speed_mps=self.speed_mps[k],
            travelled_m=self.at_m[k],
        )

    def _index(self, at_m: float) -> int:
        return max(0, bisect_right(self.starts_m, at_m) - 1)


def way_of(link: Link) -> Way:
    """From a stable reference such as `osm:way/17:3-4:0:+`."""
    way_id = link.stable_ref.partition("way/")[2].partition(":")[0]
    return int(way_id), link.stable_ref.endswith("+")


def drive(network: Network, links: Sequence[Link], rng: random.Random, *, seconds: float, right_hand: bool) -> Drive:
    """A drive of this long over links that are joined, shorter where they end."""
    route = _route(network, links, rng, seconds)
    starts_m = tuple(accumulate((link.line.length_m for link in route), initial=0.0))
    at_m, speed_mps = _driven(route, starts_m, rng, seconds)
    return Drive(route, starts_m[:-1], tuple(at_m), tuple(speed_mps), right_hand)


def seen(
    course: Drive, rng: random.Random, *, sigma_m: float, every: int, drift_share: float = DRIFT_SHARE
) -> list[Pose]:
    """Every n-th pose with noise, all that a vehicle may tell; the same `rng` state gives the same noise."""
    keep = math.exp(-STEP_SEC / DRIFT_TIME_SEC)
    drift = [rng.gauss(0, 1), rng.gauss(0, 1)]
    poses: list[Pose] = []
    for k in range(len(course.at_m)):
        drift = [keep * d + math.sqrt(1 - keep * keep) * rng.gauss(0, 1) for d in drift]
        white = rng.gauss(0, 1), rng.gauss(0, 1)
        turn, hurry, any_heading = rng.gauss(0, HEADING_SIGMA_RAD), rng.gauss(0, SPEED_SIGMA_MPS), rng.random()
        if k % every:
            continue
        east, north = (
            sigma_m * (math.sqrt(drift_share) * d + math.sqrt(1 - drift_share) * w)
            for d, w in zip(drift, white, strict=True)
        )
        pose = course.pose(k)
        assert pose.lat_e7 is not None and pose.lon_e7 is not None
        assert pose.heading_rad is not None and pose.speed_mps is not None and pose.travelled_m is not None
        still = pose.speed_mps < STILL_MPS
        frame = course.links[0].line.frame
        poses.append(
            replace(
                pose,
                lat_e7=pose.lat_e7 + north / frame.north_m_per_e7,
                lon_e7=pose.lon_e7 + east / frame.east_m_per_e7,
                heading_rad=math.tau * any_heading - math.pi if still else wrap_rad(pose.heading_rad + turn),
                speed_mps=0.0 if still else max(0.0, pose.speed_mps + hurry),
                position_sigma_m=sigma_m,
                heading_sigma_rad=HEADING_SIGMA_RAD,
                travelled_m=pose.travelled_m * ODOMETER_SCALE,
            )
        )
    return poses


def positions_only(poses: Sequence[Pose]) -> list[Pose]:
    """What any receiver tells: time, place, accuracy."""
    return [Pose(p.pose_time_us, p.lat_e7, p.lon_e7, position_sigma_m=p.position_sigma_m) for p in poses]


def _route(network: Network, links: Sequence[Link], rng: random.Random, seconds: float) -> tuple[Link, ...]:
    """From a random place to another one and on, the fastest way each time, until it takes long enough."""
    wanted_sec = seconds * 1.1 + 20.0
    while True:
        route = [rng.choice(links)]
        took_sec = 0.0
        while took_sec < wanted_sec:
            before = _fastest(network, route[-2:])
            far = [x for x, (sec, _) in before.items() if sec > _LEG_SEC_MIN]
            if not far:
                break
            part = [rng.choice(sorted(far))]
            took_sec += before[part[0]][0]
            while part[-1] != route[-1].link_id:
                part.append(before[part[-1]][1])
            route += [link for x in reversed(part[:-1]) if (link := network.link(x)) is not None]
        if took_sec >= wanted_sec:
            return tuple(route)


def _fastest(network: Network, driven: Sequence[Link]) -> dict[LinkId, tuple[float, LinkId]]:
    """For each link that can be reached: seconds to its end, and the link before it. Without turning back."""
    found: dict[LinkId, tuple[float, LinkId]] = {}
    heap: list[tuple[float, LinkId, tuple[LinkId, ...]]] = []
    at, tail, at_sec = driven[-1], tuple(x.link_id for x in driven), 0.0
    while True:
        for onward in next_links(network, tail) or ():
            link = network.link(onward)
            if link is None or onward in found or onward == at.twin_id or _is_closed(link):
                continue
            sec = at_sec + link.line.length_m / _speed_mps(link) + _JUNCTION_SEC
            heapq.heappush(heap, (sec, onward, (at.link_id, onward)))
        while heap and heap[0][1] in found:
            heapq.heappop(heap)
        if not heap or heap[0][0] > _LEG_SEC_MAX:
            return found
        at_sec, reached, tail = heapq.heappop(heap)
        found[reached] = (at_sec, tail[0])
        at = network.link(reached) or at


def _is_closed(link: Link) -> bool:
    return link.car_access is CarAccess.RESTRICTED or link.road_class >= RoadClass.TRACK


def _speed_mps(link: Link) -> float:
    return _SPEED_MPS.get(link.road_class, _SPEED_OTHER_MPS)


def _driven(
    route: Sequence[Link], starts_m: Sequence[float], rng: random.Random, seconds: float
) -> tuple[list[float], list[float]]:
    """Offset on the route and speed, ten times a second."""
    caps = _caps(route, starts_m, rng)
    at_m, speed, index, first, wait_sec = 0.0, 0.0, 0, 0, 0.0
    offsets: list[float] = []
    speeds: list[float] = []
    while len(offsets) < seconds / STEP_SEC and at_m < starts_m[-1] - 1.0:
        offsets.append(at_m)
        speeds.append(speed)
        if wait_sec > 0.0:
            wait_sec -= STEP_SEC
            continue
        while index + 1 < len(route) and at_m >= starts_m[index + 1]:
            index += 1
        wanted = _speed_mps(route[index])
        while first < len(caps) and caps[first][0] <= at_m:
            wait_sec = max(wait_sec, caps[first][2])
            first += 1
        if wait_sec > 0.0:
            speed = 0.0
            continue
        for where_m, cap, _ in caps[first:]:
            if where_m > at_m + _LOOK_AHEAD_M:
                break
            wanted = min(wanted, math.sqrt(cap * cap + 2.0 * _SLOW_DOWN_MPS2 * (where_m - at_m)))
        speed = min(max(wanted, 0.5), speed + _SPEED_UP_MPS2 * STEP_SEC)
        at_m += speed * STEP_SEC
    return offsets, speeds


def _caps(route: Sequence[Link], starts_m: Sequence[float], rng: random.Random) -> list[tuple[float, float, float]]:
    """Where the vehicle must be slow: (offset, speed there, seconds it stands)."""
    caps: list[tuple[float, float, float]] = []
    for k, link in enumerate(route):
        line = link.line
        caps += [
            (starts_m[k] + line.s_m[i + 1], _turn_speed_mps(wrap_rad(b - a)), 0.0)
            for i, (a, b) in enumerate(pairwise(line.heading_rad))
        ]
        if k + 1 < len(route):
            turn = wrap_rad(route[k + 1].line.heading_rad[0] - line.heading_rad[-1])
            stops = link.road_class > RoadClass.TRUNK and rng.random() < _STOP_SHARE
            cap = 0.5 if stops else _turn_speed_mps(turn)
            caps.append((starts_m[k + 1] - (3.0 if stops else 0.0), cap, rng.uniform(*_STOP_SEC) if stops else 0.0))
    return sorted(x for x in caps if x[1] < math.inf)


def _turn_speed_mps(turn_rad: float) -> float:
    turn = abs(turn_rad)
    return 4.5 if turn > 1.0 else 8.0 if turn > 0.5 else 14.0 if turn > 0.25 else math.inf
