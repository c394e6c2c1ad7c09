"""Drives for the load: vehicles on random ways over a market, at 10 Hz, with correlated position noise.

Each drive is run once through the pure session, so that the echo can answer the same request bytes with
the same response bytes.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mapprior.errors import NoRouteError
from mapprior.geo.units import wrap_rad
from mapprior.horizon.events import AcknowledgementEvent, Open, PoseEvent, TileArrived
from mapprior.horizon.session import Session
from mapprior.match.route import Waypoint, find_route
from mapprior.model.ids import LinkId
from mapprior.model.network import Network
from mapprior.model.pose import Pose
from mapprior.tile.store import TileStore, open_markets
from mapprior.wire.requests import encode_open, encode_pose
from mapprior.wire.updates import encode_update
from tests.bench.echo import ACKNOWLEDGEMENT_BYTES

# Speeds that are driven there: on the motorway 80 to 130 km/h, in the two cities 20 to 50 km/h.
SPEEDS_MPS = {"ZZ": (22.0, 36.0), "MC": (6.0, 14.0), "FI": (6.0, 14.0)}
START_TIME_US = 1_790_000_000_000_000
STEP_US = 100_000
POSE_TAG = 2 << 3 | 2  # field 2 of StreamHorizonRequest, bytes
ACKNOWLEDGEMENT_TAG = 10 << 3  # field 10 of Pose, varint
OPENING = Open(replay=True, unacknowledged_updates_max=64)


@dataclass(frozen=True, slots=True)
class Track:
    """One drive as bytes: the opening, and per pose (time, request but for the acknowledgement's bytes)."""

    opening: bytes
    poses: list[tuple[int, bytes]]
    answers: dict[bytes, bytes]


def whole_network(store: TileStore) -> Network:
    """All tiles of a store at hand; for small markets only."""
    network = Network(store.datasets)
    for dataset in store.datasets:
        for tile_id in dataset.tiles:
            road, lanes = store.read_road(tile_id), store.read_lanes(tile_id)
            if road is not None:
                network.roads[tile_id] = road
            if lanes is not None:
                network.lane_tiles[tile_id] = lanes
    return network


def random_way(network: Network, rng: random.Random, length_m: float) -> list[LinkId]:
    """A route between two random places of the market, at least `length_m` long, as drivers choose them.

    Uniform turns would not do: nobody drives like that, and every junction would be a surprise.
    """
    links = [tile.link(i) for tile in network.roads.values() for i in range(tile.link_count)]
    while True:
        ends = [rng.choice(links).line for _ in range(2)]
        waypoints = [Waypoint(line.lat_e7[0], line.lon_e7[0]) for line in ends]
        try:
            found = find_route(network, waypoints)
        except NoRouteError:
            continue
        if found.length_m >= length_m:
            return list(found.links)


def poses_along(
    network: Network, links: Sequence[LinkId], rng: random.Random, *, speed_mps: float, count: int, sigma_m: float
) -> list[Pose]:
    """`count` poses at 10 Hz from the start of the first link; noise drifts with a time constant of 10 s."""
    poses: list[Pose] = []
    keep = math.exp(-0.01)
    noise = [rng.gauss(0, sigma_m), rng.gauss(0, sigma_m)]
    index, base_m, travelled_m = 0, 0.0, 0.0
    for i in range(count):
        travelled_m = i * speed_mps * STEP_US / 1e6
        link = network.link(links[index])
        assert link is not None
        while travelled_m - base_m > link.line.length_m and index + 1 < len(links):
            base_m += link.line.length_m
            index += 1
            link = network.link(links[index])
            assert link is not None
        s_m = travelled_m - base_m
        x_m, y_m = link.line.xy_at(s_m)
        noise = [keep * n + math.sqrt(1 - keep * keep) * rng.gauss(0, sigma_m) for n in noise]
        frame = link.line.frame
        poses.append(
            Pose(
                pose_time_us=START_TIME_US + i * STEP_US,
                lat_e7=frame.lat0_e7 + (y_m + noise[1]) / frame.north_m_per_e7,
                lon_e7=frame.lon0_e7 + (x_m + noise[0]) / frame.east_m_per_e7,
                heading_rad=wrap_rad(link.line.heading_at(s_m) + rng.gauss(0, 0.02)),
                speed_mps=speed_mps,
                position_sigma_m=sigma_m,
                heading_sigma_rad=0.05,
                travelled_m=travelled_m,
            )
        )
    return poses


def open_session(store: TileStore) -> Session:
    session = Session(datasets=store.datasets, market_pack_digest="", tzdata_version="")
    session.receive(OPENING, 0)
    return session


def feed_tiles(session: Session, store: TileStore, now_us: int) -> None:
    """Gives the session every tile it wants until it wants none."""
    while wanted := session.wanted_tiles():
        for layer, tile_id in wanted:
            session.receive(TileArrived(layer, tile_id, store.read(layer, tile_id)), now_us)


def record(store: TileStore, poses: Sequence[Pose]) -> Track:
    """Runs the drive through a session with all tiles at hand and keeps request and response bytes."""
    session = open_session(store)
    requests: list[tuple[int, bytes]] = []
    answers: dict[bytes, bytes] = {}
    for i, pose in enumerate(poses):
        now_us = i * STEP_US
        session.receive(PoseEvent(pose), now_us)
        feed_tiles(session, store, now_us)
        update = session.take_update(now_us)
        body = without_acknowledgement(encode_pose(pose))
        requests.append((pose.pose_time_us, body))
        if update is not None:
            answers[body] = encode_update(update)
            session.receive(AcknowledgementEvent(update.update_index), now_us)
    return Track(encode_open(OPENING), requests, answers)


def without_acknowledgement(request: bytes) -> bytes:
    """A StreamHorizonRequest with a pose, up to and with the tag of an acknowledgement of five bytes to come."""
    assert request[0] == POSE_TAG and request[1] < 0x80, "a pose is field 2 and shorter than 128 bytes"
    return bytes((POSE_TAG, request[1] + 1 + ACKNOWLEDGEMENT_BYTES)) + request[2:] + bytes((ACKNOWLEDGEMENT_TAG,))


def tracks(markets: Sequence[Path], count: int, seconds: float, seed: int = 1) -> list[Track]:
    """`count` drives, spread over the markets in turn."""
    rng = random.Random(seed)
    made: list[Track] = []
    stores = [open_markets([m]) for m in markets]
    networks = [whole_network(s) for s in stores]
    poses_count = round(seconds * 1e6 / STEP_US)
    for i in range(count):
        store, network = stores[i % len(stores)], networks[i % len(stores)]
        speed_mps = rng.uniform(*SPEEDS_MPS[markets[i % len(stores)].name])
        links = random_way(network, rng, speed_mps * seconds + 100.0)
        made.append(
            record(store, poses_along(network, links, rng, speed_mps=speed_mps, count=poses_count, sigma_m=1.5))
        )
    return made
