"""What layer L1 adds to the demo's story: curves that ask for less speed, and the road events of UN R171.

A curve is told once, when braking for it is near. Of the events those that are rare get a line; crossings and
intersections, of which a city is full, are counted. All are counted with how far ahead they were first told.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from mapprior.cli.view_ahead import LATERAL_MPS2, LOOK_AHEAD_M, event_name
from mapprior.reader.reconstructor import Reconstructor
from mapprior.reader.road_events import RoadEvent, RoadEventKind

LOOKS_EVERY_COUNT: Final = 5  # updates: twice a second of the drive
SLOWER_RATIO: Final = 0.9  # a curve that asks for hardly less than the speed driven is not worth a line
BRAKING_NEAR_M: Final = 25.0
SAME_CURVE_M: Final = 60.0
LINE_M: Final = 500.0  # an event is told in words from here on
PASSED_M: Final = 30.0  # what was last seen this near was passed
# Told in words; the others are counted. Zones have lines of their own.
_RARE: Final = frozenset(
    (
        RoadEventKind.TOLL_STATION,
        RoadEventKind.END_OF_HIGHWAY,
        RoadEventKind.PERMANENT_LANE_ENDING,
        RoadEventKind.TEMPORARY_LANE_ENDING,
        RoadEventKind.RAIL_CROSSING,
        RoadEventKind.TRAFFIC_LIGHTS,
    )
)


@dataclass(slots=True)
class Passed:
    """Road events that the vehicle drove past, and how far ahead each was first told."""

    counts: Counter[RoadEventKind] = field(default_factory=Counter)
    first_told_m: list[float] = field(default_factory=list)

    def said(self) -> str:
        """`intersection 14, pedestrian crossing 9; first told 1,650 m ahead (median)`; `none` for none."""
        if not self.first_told_m:
            return "none"
        kinds = ", ".join(f"{event_name(kind)} {count}" for kind, count in self.counts.most_common())
        median_m = sorted(self.first_told_m)[len(self.first_told_m) // 2]
        return f"{kinds}; first told {median_m:,.0f} m ahead (median)"


class Ahead:
    """Feed it with every update; `looked` gives the lines to tell."""

    def __init__(self) -> None:
        self.passed = Passed()
        self._looks_count = 0
        self._curve_told_m = -SAME_CURVE_M  # where the curve told last lies
        self._seen: dict[str, tuple[RoadEventKind, float, float]] = {}  # by event: first told, and lies, at these
        self._told: set[str] = set()

    def look(self, horizon: Reconstructor, *, driven_m: float, speed_mps: float) -> list[str]:
        """What is new to say of the road ahead."""
        self._looks_count += 1
        if self._looks_count % LOOKS_EVERY_COUNT:
            return []
        curve = self._curve(horizon, driven_m, speed_mps)
        return ([curve] if curve else []) + self._events(horizon, driven_m)

    def _curve(self, horizon: Reconstructor, driven_m: float, speed_mps: float) -> str:
        answer = horizon.next_curve(
            lateral_acceleration_mps2=LATERAL_MPS2, length_m=LOOK_AHEAD_M / 4, speed_mps=speed_mps * SLOWER_RATIO
        )
        curve = answer.value if answer is not None else None
        if curve is None or curve.brake_in_m > BRAKING_NEAR_M or curve.slowest.curvature_per_m is None:
            return ""
        ahead_m = curve.slowest_m
        if curve.distance_m <= 0.0 or abs(driven_m + ahead_m - self._curve_told_m) < SAME_CURVE_M:
            return ""
        self._curve_told_m = driven_m + ahead_m
        side = "left" if curve.slowest.curvature_per_m > 0 else "right"
        kmh, radius_m = (curve.slowest.speed_mps or 0.0) * 3.6, abs(1.0 / curve.slowest.curvature_per_m)
        return f"curve in {ahead_m:.0f} m, {side} {radius_m:.0f} m: {kmh:.0f} km/h keeps to {LATERAL_MPS2:g} m/s2"

    def _events(self, horizon: Reconstructor, driven_m: float) -> list[str]:
        answer = horizon.road_events(LOOK_AHEAD_M)
        if answer is None:
            return []
        lines = []
        there = {x.event_id: x for x in answer.value}
        for event_id, x in there.items():
            first_told_m = self._seen[event_id][1] if event_id in self._seen else x.distance_m
            self._seen[event_id] = (x.kind, first_told_m, driven_m + x.distance_m)
            if x.kind in _RARE and x.distance_m <= LINE_M and event_id not in self._told:
                self._told.add(event_id)
                lines.append(_line(x))
        for event_id in [k for k in self._seen if k not in there]:
            kind, first_told_m, lay_m = self._seen.pop(event_id)
            if abs(lay_m - driven_m) <= PASSED_M:
                self.passed.counts[kind] += 1
                self.passed.first_told_m.append(first_told_m)
        return lines


def _line(x: RoadEvent) -> str:
    sure = f"{x.basis.name.lower().replace('_', ' ')}, {x.confidence_permille / 10:.0f} %"
    return f"{event_name(x.kind)} in {x.distance_m:,.0f} m, {sure}"
