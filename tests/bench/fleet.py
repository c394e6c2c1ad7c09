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

    Each vehicle has its own connection; a long run also says how it is with a hundred on one. The reference is the bare
    `grpc.aio` echo; the same on uvloop is reported beside it. All climb together, step by step in turn, so that what
    the machine does meanwhile meets each of them; the answer is the last step sustained, in one of two tries. CPU per
    pose is taken at a load all carry easily and does not depend on where the knee is. The load has one core too: where
    `client_busy_ratio` is near 1, a server could have answered more vehicles than were counted.
    """
    seconds = 6.0 if quick else 12.0
    made = tracks(MARKETS, TRACKS_COUNT, seconds + warm_sec(VEHICLES_COUNT_MAX) + 1.0)
    with (
        echo(folder, made) as reference,
        echo(folder, made, "uvloop") as on_uvloop,
        service(folder, MARKETS) as ours,
    ):
        servers: dict[str, Server] = {"echo": reference, "echo_uvloop": on_uvloop, "service": ours}
        for per_connection in (1,) if quick else (1, 100):
            yield from _climb(servers, folder, made, seconds, 100 if quick else 50, per_connection)


def _climb(
    servers: dict[str, Server], folder: Path, made: Sequence[Track], seconds: float, step: int, per_connection: int
) -> Iterator[dict[str, object]]:
    def run(name: str, count: int) -> Run:
        return drive(servers[name], folder, made, count, seconds, per_connection)

    tries = 1 if seconds < 10.0 else 3
    easy = {name: min((run(name, 150) for _ in range(tries)), key=lambda x: x.cpu_us_per_pose) for name in servers}
    for name, best in easy.items():
        yield {"server": name, "per_connection": per_connection, **_line(best)}
    most: dict[str, Run] = {}
    climbing = list(servers)
    for count in range(300, VEHICLES_COUNT_MAX + 1, step):
        for name in tuple(climbing):
            sustained = next((x for x in (run(name, count) for _ in range(2)) if x.sustained), None)
            if sustained is None:
                climbing.remove(name)
            else:
                most[name] = sustained
        if not climbing:
            break
    counts = {name: most[name].vehicles_count if name in most else 0 for name in servers}
    yield {
        "per_connection": per_connection,
        "vehicles_count": counts,
        "at_most": {name: _line(x) for name, x in most.items()},
        "ratio_vehicles": round(counts["service"] / max(1, counts["echo"]), 3),
        "ratio_vehicles_uvloop": round(counts["service"] / max(1, counts["echo_uvloop"]), 3),
        "ratio_cpu_echo_to_service": round(easy["echo"].cpu_us_per_pose / easy["service"].cpu_us_per_pose, 3),
        "goal_ratio": 0.8,
        "goal_met": counts["service"] >= 0.8 * counts["echo"] > 0,
    }


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
