"""What the demo tells: a line for everything that happens on the way, and the figures at its end.

Sees the drive from both ends: what the vehicle sent, with the truth behind it, and what its reconstructor answers.
"""

import math
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mapprior.cli.demo_ahead import Ahead, Passed
from mapprior.cli.demo_vehicle import Moment
from mapprior.cli.road_words import if_words
from mapprior.cli.view import posted
from mapprior.model.limit import EffectiveLimit, LimitKind
from mapprior.model.pose import MatchState
from mapprior.model.work_zone import LaneStatus
from mapprior.reader.ahead import ZoneAhead
from mapprior.reader.limit_here import is_near_change
from mapprior.reader.reconstructor import DECELERATION_MPS2, Reconstructor

PLANNED_LENGTH_M: Final = 1000.0
ANSWER_POSES_COUNT_MAX: Final = 4096  # poses remembered until an update answers them


@dataclass(slots=True)
class Figures:
    """What is counted on one leg. Times are seconds from sending a pose to having its update applied."""

    driven_m: float = 0.0
    without_fix_m: float = 0.0
    poses_count: int = 0
    updates_count: int = 0
    received_bytes: int = 0
    right_link_count: int = 0
    answer_sec: list[float] = field(default_factory=list)
    limits: Counter[str] = field(default_factory=Counter)  # updates by limit at the vehicle
    events: Passed = field(default_factory=Passed)
    zone_announced_m: float | None = None
    zone_delay_sec: float | None = None  # from publishing it to having it in the horizon

    def answer_ms(self, ratio: float) -> float:
        """The time within which this share of the poses was answered; 0 without any."""
        ordered = sorted(self.answer_sec)
        return 1000.0 * ordered[min(len(ordered) - 1, int(ratio * len(ordered)))] if ordered else 0.0


class Story:
    """Feed it with every pose sent and every update applied; `say` gets the lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.figures = Figures()
        self._say = say
        self._unanswered: deque[tuple[Moment, float]] = deque(maxlen=ANSWER_POSES_COUNT_MAX)
        self._tunnel_from_m: float | None = None
        self._limit = ""
        self._ambiguous = False
        self._zone = ""
        self._zone_published_sec: float | None = None
        self._ahead = Ahead()
        self.figures.events = self._ahead.passed

    def published(self, now_sec: float) -> None:
        """The work zone is being published."""
        self._zone_published_sec = now_sec

    def sent(self, moment: Moment, now_sec: float) -> None:
        """A pose goes out."""
        figures = self.figures
        if moment.pose.lat_e7 is None:
            figures.without_fix_m += moment.distance_m - figures.driven_m
        figures.driven_m = moment.distance_m
        figures.poses_count += 1
        self._unanswered.append((moment, now_sec))
        self._tell_tunnel(moment)

    def seen(self, horizon: Reconstructor, now_sec: float) -> None:
        """An update was applied."""
        answered: Moment | None = None
        while self._unanswered and self._unanswered[0][0].pose.pose_time_us <= horizon.pose_time_us:
            answered, sent_sec = self._unanswered.popleft()
            if answered.pose.pose_time_us == horizon.pose_time_us:
                self.figures.answer_sec.append(now_sec - sent_sec)
        self.figures.updates_count += 1
        if answered is None or not horizon.answers:
            return
        candidates = horizon.reported.candidates
        self.figures.right_link_count += bool(candidates) and candidates[0].link_id == answered.link.link_id
        self._tell_limit(horizon, answered)
        self._tell_zone(horizon, answered, now_sec)
        for line in self._ahead.look(horizon, driven_m=answered.distance_m, speed_mps=answered.speed_mps):
            self._line(answered, line)

    def _tell_tunnel(self, moment: Moment) -> None:
        link = moment.link
        if link.tunnel and self._tunnel_from_m is None:
            self._tunnel_from_m = moment.distance_m
            name = link.names[0] if link.names else "a tunnel"
            self._line(moment, f"into {name}, level {link.level}: no satellite fix, odometer only")
        elif not link.tunnel and self._tunnel_from_m is not None:
            self._line(moment, f"out again after {moment.distance_m - self._tunnel_from_m:,.0f} m")
            self._tunnel_from_m = None

    def _tell_limit(self, horizon: Reconstructor, moment: Moment) -> None:
        now = horizon.limit_now()
        limit = now.value if now is not None else None
        value = "unknown" if limit is None else posted(limit)
        self.figures.limits[value] += 1
        ambiguous = horizon.reported.state is MatchState.AMBIGUOUS
        if ambiguous:
            if not self._ambiguous:
                self._line(moment, "several roads fit the position: no limit is certain")
        elif limit is None or not is_near_change(limit):  # told once the vehicle is past the sign for sure
            told = f"limit {limit_text(limit)}" if limit is not None else "end of the mapped road"
            if told != self._limit:
                self._limit = told
                self._line(moment, told)
        self._ambiguous = ambiguous

    def _tell_zone(self, horizon: Reconstructor, moment: Moment, now_sec: float) -> None:
        answer = horizon.distance_to_zone()
        ahead = answer.value if answer is not None else None
        zone = "" if ahead is None else ("ahead " if ahead.distance_m > 0.0 else "inside ") + ahead.zone.id
        if zone == self._zone:
            return
        if ahead is None:
            self._line(moment, "past the work zone")
        elif ahead.distance_m > 0.0:
            self.figures.zone_announced_m = ahead.distance_m
            if self._zone_published_sec is not None:
                self.figures.zone_delay_sec = now_sec - self._zone_published_sec
            self._line(moment, f"WORK ZONE in {ahead.distance_m:,.0f} m: {zone_text(ahead)}")
        else:
            self._line(moment, f"in the work zone, {ahead.end_m:,.0f} m to its end")
        self._zone = zone

    def _line(self, moment: Moment, text: str) -> None:
        self._say(f"{moment.distance_m / 1000:6.2f} km  {moment.speed_mps * 3.6:3.0f} km/h   {text}")


def limit_text(limit: EffectiveLimit) -> str:
    """The answer with how it is known and what may hold instead."""
    if limit.kind is LimitKind.UNKNOWN:
        return f"unknown: {limit.raw}" if limit.raw else "unknown: the map does not say"
    text = f"{posted(limit)}, {limit.basis.name.lower().replace('_', ' ')}"
    if limit.certain:
        return text
    others = [f"{posted(x)} {if_words(x.condition)}".rstrip() for x in limit.unresolved]
    return f"{text}, not certain" + (f": or {', '.join(others)}" if others else "")


def zone_text(ahead: ZoneAhead) -> str:
    """What a zone does to the lanes and the limit."""
    zone = ahead.zone
    closed = [str(lane.lane_index + 1) for lane in zone.lanes if lane.status is LaneStatus.CLOSED]
    parts = [
        f"lane {' and '.join(closed)} of {len(zone.lanes)} from the left closed"
        if closed
        else "lanes open or not stated"
    ]
    if zone.limit is not None:
        parts.append(f"limit {posted(zone.limit)}")
    parts.append(ahead.placement.state.name.lower())
    return ", ".join(parts)


def planned_mps(horizon: Reconstructor | None, *, unknown_mps: float, unlimited_mps: float) -> float:
    """The speed a simple planner drives at: under the limit here, and slow enough to meet every limit ahead.

    Where no limit is known the caller's own choice holds. Brakes at DECELERATION_MPS2, by the horizon alone.
    """
    ahead = horizon.limits_ahead(PLANNED_LENGTH_M) if horizon is not None else None
    planned = unlimited_mps
    for stretch in ahead.value if ahead is not None else ():
        stretch_mps = stretch.limit.limit_mm_per_sec / 1000 or None
        if stretch_mps is None:
            stretch_mps = unlimited_mps if stretch.limit.kind is LimitKind.UNLIMITED else unknown_mps
        planned = min(planned, math.sqrt(stretch_mps**2 + 2.0 * DECELERATION_MPS2 * stretch.start_m))
    return planned if ahead is not None and ahead.value else unknown_mps
