"""Many vehicles on one server core, against the bare echo in the same run; cold start; memory."""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import grpc

from mapprior.model.pose import Pose
from mapprior.tile.store import open_markets
from mapprior.wire.requests import encode_open, encode_pose
from mapprior.wire.updates import decode_update
from tests.bench.drives import OPENING, Track, poses_along, random_way, tracks, whole_network
from tests.bench.load import METHOD, warm_sec
from tests.bench.processes import ROOT, Run, Server, drive, echo, service
from tests.bench.samples import spread

MARKETS = [ROOT / "tiles" / code for code in ("ZZ", "MC", "FI")]
TRACKS_COUNT = 60
VEHICLES_COUNT_MAX = 2000  # tracks are long enough for the warm-up of as many
COLD_START_GOAL_MS = 50.0


def vehicles(folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """The most 10 Hz vehicles that are all answered with p99 under 50 ms, service against echo.

    Steps are run in turn on both servers; the answer of each is the last step it sustained twice. CPU per
    pose is taken at a load both carry easily and does not depend on where the knee is. The load has one core too:
    where `client_busy_ratio` is near 1, a server could have answered more vehicles than were counted.
    """
    seconds = 6.0 if quick else 12.0
    made = tracks(MARKETS, TRACKS_COUNT, seconds + warm_sec(VEHICLES_COUNT_MAX) + 1.0)
    with echo(folder, made) as reference, service(folder, MARKETS) as ours:
        pair: dict[str, Server] = {"echo": reference, "service": ours}
        easy = {
            name: [drive(x, folder, made, 150, seconds) for _ in range(1 if quick else 3)] for name, x in pair.items()
        }
        for name, runs in easy.items():
            yield {
                "server": name,
                **_line(runs[-1]),
                "cpu_us_per_pose_runs": [round(r.cpu_us_per_pose, 1) for r in runs],
            }
        step = 100 if quick else 50
        most = {name: _most(x, folder, made, seconds, step) for name, x in pair.items()}
    cpu = {name: min(r.cpu_us_per_pose for r in runs) for name, runs in easy.items()}
    yield {
        "vehicles_count": {name: run.vehicles_count for name, run in most.items()},
        "at_most": {name: _line(run) for name, run in most.items()},
        "ratio_vehicles": round(most["service"].vehicles_count / max(1, most["echo"].vehicles_count), 3),
        "ratio_cpu_echo_to_service": round(cpu["echo"] / cpu["service"], 3),
        "goal_ratio": 0.8,
        "goal_met": most["service"].vehicles_count >= 0.8 * most["echo"].vehicles_count,
    }


def _most(target: Server, folder: Path, made: Sequence[Track], seconds: float, step: int) -> Run:
    """Climbs until a step fails twice; the load of the step before is the answer."""
    best: Run | None = None
    count = 300
    while True:
        run = drive(target, folder, made, count, seconds)
        if not run.sustained:
            run = drive(target, folder, made, count, seconds)
        if not run.sustained:
            if best is not None or count <= step:
                return best or run
            count -= step
            continue
        if best is not None and count <= best.vehicles_count:
            return best
        best, count = run, count + step
        if count > VEHICLES_COUNT_MAX:
            return best


def _line(run: Run) -> dict[str, object]:
    return {
        "vehicles_count": run.vehicles_count,
        "cpu_us_per_pose": round(run.cpu_us_per_pose, 1),
        "server_busy_ratio": round(run.server_busy_ratio, 3),
        **run.load,
    }


def memory(folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """Private memory per connected vehicle, service against echo: difference between two fleet sizes.

    Both fleets drive the same roads equally far: what is decoded of them is shared, and no part of a vehicle.
    """
    few, many = 50, 250
    seconds = 6.0
    few_seconds = seconds + warm_sec(many) - warm_sec(few)
    made = tracks(MARKETS, few, few_seconds + 20.0)
    per_vehicle: dict[str, float] = {}
    for name, start in (("echo", lambda: echo(folder, made)), ("service", lambda: service(folder, MARKETS))):
        with start() as target:
            drive(target, folder, made, few, few_seconds)  # tiles and arenas are there before anything is compared
            small = drive(target, folder, made, few, few_seconds).memory_bytes
            large = drive(target, folder, made, many, seconds).memory_bytes
        per_vehicle[name] = (large - small) / (many - few)
    yield {
        "bytes_per_vehicle": {name: round(x) for name, x in per_vehicle.items()},
        "ratio": round(per_vehicle["service"] / per_vehicle["echo"], 2),
        "goal_ratio_max": 2.5,
        "goal_met": per_vehicle["service"] <= 2.5 * per_vehicle["echo"],
    }


def cold_start(folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """From the opening message to the first full horizon, no tile of the market read yet, archives out of the page
    cache. `first_drive_ms` is of a process that has never driven; the other of one that has, in another market.
    """
    for market in MARKETS:
        other = next(m for m in MARKETS if m != market)
        rng = random.Random(5)
        there, here = _first_poses(other, rng, 1), _first_poses(market, rng, 3 if quick else 10)
        fresh_ms: list[float] = []
        warm_ms: list[float] = []
        lengths_m: list[float] = []
        for pose in here:
            for before, taken_ms in (((), fresh_ms), (there, warm_ms)):
                with service(folder, [market, other]) as target:
                    for earlier in before:
                        asyncio.run(_first_horizon(target.address, earlier))
                    _out_of_page_cache(market)
                    ms, length_m = asyncio.run(_first_horizon(target.address, pose))
                    taken_ms.append(ms)
                    lengths_m.append(length_m)
        yield {
            "market": market.name,
            "first_full_horizon_ms": spread(warm_ms),
            "first_drive_ms": spread(fresh_ms),
            "horizon_length_m": spread(lengths_m, 0),
            "goal_ms": COLD_START_GOAL_MS,
            "goal_met": statistics.median(warm_ms) < COLD_START_GOAL_MS,
        }


def _first_poses(market: Path, rng: random.Random, count: int) -> list[Pose]:
    with open_markets([market]) as store:
        network = whole_network(store)
        ways = [random_way(network, rng, 900.0) for _ in range(count)]
        return [poses_along(network, way, rng, speed_mps=10.0, count=1, sigma_m=1.5)[0] for way in ways]


def _out_of_page_cache(market: Path) -> None:
    for archive in market.glob("*.pmtiles"):
        with archive.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def _first_horizon(address: str, pose: Pose) -> tuple[float, float]:
    """(ms, length): until no more path arrives for 300 ms; the time is that of the last update that brought any."""
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()
        call = channel.stream_stream(METHOD)()
        begun = time.monotonic()
        await call.write(encode_open(OPENING))
        await call.write(encode_pose(pose))
        last, end_cm = begun, 0
        while True:
            try:
                message = await asyncio.wait_for(call.read(), 0.3)
            except TimeoutError:
                break
            arrived = time.monotonic()
            roots = [x for x in decode_update(message).items if getattr(x, "parent_path_id", None) == 0]
            if roots and roots[-1].end_offset_cm > end_cm:
                last, end_cm = arrived, roots[-1].end_offset_cm
        call.cancel()
    return (last - begun) * 1e3, end_cm / 100.0
