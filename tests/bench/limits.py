"""What limits cost a drive: three roads alike but for their limits, driven alike.

The evaluation itself is timed inside the session; the whole step of each road is compared with that of the road whose
limits are plain numbers, in the same run.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mapprior.geo.units import US_PER_SEC
from mapprior.horizon.events import AcknowledgementEvent, Open, PoseEvent, TileArrived
from mapprior.horizon.path_limits import LimitLayer, PathLimits
from mapprior.horizon.session import Session
from mapprior.market.law import MarketLaw
from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.pose import Pose
from mapprior.model.provenance import Basis
from tests.asciimap import Drawn, draw
from tests.bench.samples import spread

GOAL_US = 10.0
PICTURE = "A-----B-----C-----D-----E-----F-----G-----H-----I-----J-----K-----L-----M-----N-----O-----P"
SPEED_MPS = 25.0
NIGHT = "22:00-06:00"
LAWS = {1: MarketLaw.from_pack({"code": "ZZ", "time_zones": ["Europe/Berlin"]})}
NOON_US = 1_781_085_600 * US_PER_SEC  # 2026-06-10, 12:00 in Berlin
BEFORE_TEN_US = NOON_US + 10 * 3600 * US_PER_SEC - 90 * US_PER_SEC  # the switch is passed on the way


def session_limits(_folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """Microseconds per pose, per kind of road."""
    plain, night, rain = _kmh(100), _kmh(80, NIGHT), _kmh(60, "wet")
    roads = {
        "plain": ((plain,), NOON_US),
        "untimed_conditions": ((plain, rain), NOON_US),
        "timed": ((plain, night, rain), NOON_US),
        "timed_past_a_switch": ((plain, night, rain), BEFORE_TEN_US),
    }
    drives = {name: (_road(limits), start_us) for name, (limits, start_us) in roads.items()}
    whole: dict[str, list[float]] = {name: [] for name in roads}
    evaluated: dict[str, list[float]] = {name: [] for name in roads}
    for _ in range(2 if quick else 6):  # in turn, so that a disturbance hits them alike
        for name, (drawn, start_us) in drives.items():
            poses = drawn.poses("ABCDEFGHIJKLMNO", speed_mps=SPEED_MPS, start_time_us=start_us, sigma_m=1.0)
            _drive(drawn, poses, whole[name], evaluated[name])
    base_us = statistics.fmean(whole["plain"])
    for name in roads:
        yield {
            "road": name,
            "poses_count": len(whole[name]),
            "evaluation_us": spread(evaluated[name]),
            "evaluation_mean_us": round(statistics.fmean(evaluated[name]), 2),
            "whole_step_mean_us": round(statistics.fmean(whole[name]), 1),
            "whole_step_ratio_to_plain": round(statistics.fmean(whole[name]) / base_us, 3),
            "goal_median_us": GOAL_US,
            "goal_met": statistics.median(evaluated[name]) < GOAL_US,
        }


def _kmh(value: int, condition: str = "") -> TaggedLimit:
    raw = f"maxspeed={value}"
    return TaggedLimit(LimitKind.LIMITED, value * 1000, SpeedUnit.KMH, Basis.TAGGED, raw, condition=condition)


def _road(limits: tuple[TaggedLimit, ...]) -> Drawn:
    return draw(PICTURE, ways={"ABCDEFGHIJKLMNOP": {"limits": limits, "oneway": True}}, grid_m=50.0)


def _drive(drawn: Drawn, poses: Sequence[Pose], whole_us: list[float], evaluated_us: list[float]) -> None:
    session = Session(datasets=drawn.datasets, market_pack_digest="", tzdata_version="", laws=LAWS)
    session.receive(Open(replay=True), 0)
    spent_ns = 0
    lay = LimitLayer.lay

    def timed(self: LimitLayer, *arguments: Any, **more: Any) -> PathLimits:
        nonlocal spent_ns
        begun = time.perf_counter_ns()
        limits = lay(self, *arguments, **more)
        spent_ns += time.perf_counter_ns() - begun
        return limits

    LimitLayer.lay = timed  # type: ignore[method-assign]
    try:
        for pose in poses:
            now_us, spent_ns = pose.pose_time_us, 0
            begun = time.perf_counter_ns()
            session.receive(PoseEvent(pose), now_us)
            update = session.take_update(now_us)
            ended = time.perf_counter_ns()
            while wanted := session.wanted_tiles():
                for layer, tile in wanted:
                    session.receive(TileArrived(layer, tile, drawn.network.tiles_of(layer).get(tile)), now_us)
            whole_us.append((ended - begun) / 1e3)
            evaluated_us.append(spent_ns / 1e3)
            if update is not None:
                session.receive(AcknowledgementEvent(update.update_index), now_us)
    finally:
        LimitLayer.lay = lay  # type: ignore[method-assign]
