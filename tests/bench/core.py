"""The session core: match and horizon, without gRPC and without encoding."""

import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from mapprior.horizon.events import AcknowledgementEvent, PoseEvent
from mapprior.match.running import RunningMatch
from mapprior.tile.store import open_markets
from mapprior.wire.requests import decode_request, encode_pose
from mapprior.wire.updates import encode_update
from tests.bench.drives import SPEEDS_MPS, STEP_US, feed_tiles, open_session, poses_along, random_way, whole_network
from tests.bench.fleet import MARKETS
from tests.bench.samples import spread

GOAL_US = 60.0


def session_core(_folder: Path, quick: bool) -> Iterator[dict[str, object]]:
    """Microseconds per pose, over several drives in each sample market."""
    for market in MARKETS:
        store = open_markets([market])
        network = whole_network(store)
        rng = random.Random(3)
        whole_us: list[float] = []
        match_us: list[float] = []
        wire_us: list[float] = []
        for _ in range(2 if quick else 8):
            speed_mps = rng.uniform(*SPEEDS_MPS[market.name])
            links = random_way(network, rng, 60.0 * speed_mps + 100.0)
            poses = poses_along(network, links, rng, speed_mps=speed_mps, count=600, sigma_m=1.5)
            session = open_session(store)
            running = RunningMatch(network)
            for i, pose in enumerate(poses):
                begun = time.perf_counter_ns()
                session.receive(PoseEvent(pose), i * STEP_US)
                update = session.take_update(i * STEP_US)
                whole_us.append((time.perf_counter_ns() - begun) / 1e3)
                feed_tiles(session, store, i * STEP_US)
                begun = time.perf_counter_ns()
                running.step(pose)
                match_us.append((time.perf_counter_ns() - begun) / 1e3)
                if update is not None:
                    session.receive(AcknowledgementEvent(update.update_index), i * STEP_US)
                    request = encode_pose(pose)
                    begun = time.perf_counter_ns()
                    decode_request(request)
                    encode_update(update)
                    wire_us.append((time.perf_counter_ns() - begun) / 1e3)
        yield {
            "market": market.name,
            "poses_count": len(whole_us),
            "match_and_horizon_us": spread(whole_us),
            "match_us": spread(match_us),
            "decode_and_encode_us": spread(wire_us),
            "mean_us": round(statistics.fmean(whole_us), 1),
            "goal_median_us": GOAL_US,
            "goal_met": statistics.median(whole_us) < GOAL_US,
        }
