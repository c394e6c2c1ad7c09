"""Liechtenstein cut out of its own extract, with what lies beyond in CH and AT: every border road is driven.

`pytest -m extracts tests/runtime/test_border_extracts.py -s` prints what was found.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mapprior.build.pipeline import BuildRequest, build_market
from mapprior.horizon.events import Open
from mapprior.horizon.items import BorderState
from mapprior.match.route import Waypoint
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId, NodeId, node_id, tile_of, tile_parts
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from mapprior.runtime.replay import Replay, new_reconstructor, route_between
from mapprior.tile.store import TileStore, open_markets
from tests.bench.drives import poses_along, whole_network

DATA = Path(os.environ.get("MAPPRIOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
EXTRACT = DATA / "osm/pyosmium/liechtenstein.osm.pbf"
BORDERS = DATA / "reference/country-coder/borders.json"
MARKETS = ("LI", "CH", "AT")
SPEED_MPS = 10.0
SIGMA_M = 1.5
BEFORE_M, AFTER_M = 250.0, 60.0  # the extract holds little beyond the border

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extracts,
    pytest.mark.skipif(
        not (EXTRACT.is_file() and BORDERS.is_file()), reason=f"{EXTRACT} and {BORDERS} are needed; set MAPPRIOR_DATA"
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TileStore]:
    directory = tmp_path_factory.mktemp("markets")
    outlines = {f["properties"].get("iso1A2"): f for f in json.loads(BORDERS.read_text())["features"]}
    for market in MARKETS:
        area = directory / f"{market}.geojson"
        area.write_text(json.dumps({"type": "Feature", "geometry": outlines[market]["geometry"]}))
        build_market(BuildRequest(market=market, out_dir=directory / market, sources=(EXTRACT,), area=area))
    with open_markets([directory / market for market in MARKETS]) as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TileStore]:
    """The same extract as one market."""
    directory = tmp_path_factory.mktemp("whole")
    build_market(BuildRequest(market="LI", dataset=1, out_dir=directory / "LI", sources=(EXTRACT,)))
    with open_markets([directory]) as opened:
        yield opened


@pytest.fixture(scope="module")
def network(store: TileStore) -> Network:
    return whole_network(store)


def market_of(network: Network, identifier: LinkId | NodeId) -> str:
    return network.datasets[tile_parts(tile_of(identifier))[0]].market


def border_nodes(network: Network) -> list[NodeId]:
    return [node_id(tile, index) for tile, x in sorted(network.roads.items()) for index in x.border_nodes]


def test_every_border_node_is_found_on_the_other_side(network: Network) -> None:
    joined: Counter[tuple[str, str, bool]] = Counter()
    for node in border_nodes(network):
        partners, _ = network.partners(node)
        border = network.border_node(node)
        assert border is not None
        beyond = {market_of(network, x) for x in partners}
        assert border.market_beyond in ("", *beyond), "it names another market than the one it joins"
        joined[market_of(network, node), ",".join(sorted(beyond)), bool(border.market_beyond)] += 1
    print("\n(market, joined with, named): nodes", dict(joined))
    total = sum(joined.values())
    assert total >= 50
    assert sum(n for (_, beyond, _), n in joined.items() if beyond) == total
    assert sum(n for (_, _, named), n in joined.items() if named) > 0.9 * total


def crossings(network: Network) -> list[list[LinkId]]:
    """Ways over the border: some links up to it, and as many beyond as the extract has."""
    before: dict[NodeId, list[Link]] = {}
    for _, tile in sorted(network.roads.items()):
        for index in range(tile.link_count):
            link = tile.link(index)
            before.setdefault(link.end_node, []).append(link)
    ways = []
    for node in border_nodes(network):
        for last in before.get(node, ()):
            way = [last]
            while sum(x.line.length_m for x in way) < BEFORE_M:
                earlier = [x for x in before.get(way[0].start_node, ()) if x.link_id != way[0].twin_id]
                if not earlier or earlier[0] in way:
                    break
                way.insert(0, earlier[0])
            onward = _onward(network, [x.link_id for x in way])
            length_m = sum(x.line.length_m for x in way)
            beyond_m = sum(network.link(x).line.length_m for x in onward)  # type: ignore[union-attr]
            if length_m > 100.0 and beyond_m > AFTER_M:
                ways.append([*(x.link_id for x in way), *onward])
    return ways


def _onward(network: Network, driven: Sequence[LinkId]) -> list[LinkId]:
    """Links over the border until AFTER_M are reached; none where it does not go on."""
    way, length_m = list(driven), 0.0
    while length_m <= AFTER_M:
        onward = next_links(network, way)
        if not onward or onward[0] in way:
            break
        way.append(onward[0])
        link = network.link(onward[0])
        assert link is not None
        length_m += link.line.length_m
    return way[len(driven) :]


def test_every_border_road_is_driven_as_if_there_were_no_border(
    store: TileStore, network: Network, whole: TileStore
) -> None:
    """Wherever the match is sure on the same map in one piece it is sure here, and in the right market."""
    ways = crossings(network)
    right = worse = 0
    for way in ways:
        poses = list(drive_along(network, way, random.Random(4)))
        answers = [_states(store, poses), _states(whole, poses)]
        worse += sum(1 for a, b in zip(*answers, strict=True) if b[0] is MatchState.TRACKING is not a[0])
        seen = [market_of(network, LinkId(x)) for state, x in answers[0] if x and state is MatchState.TRACKING]
        entered = [x for i, x in enumerate(seen) if i == 0 or seen[i - 1] != x]
        meant = [market_of(network, x) for x in way]
        right += entered == [x for i, x in enumerate(meant) if i == 0 or meant[i - 1] != x]
    print(f"\n{right} of {len(ways)} ways over the border driven through the right markets, {worse} poses less sure")
    assert len(ways) >= 20
    assert right >= 0.9 * len(ways)
    assert worse <= 0.01 * sum(1 for way in ways for _ in drive_along(network, way, random.Random(4)))


def drive_along(network: Network, way: Sequence[LinkId], rng: random.Random) -> list[Pose]:
    length_m = sum(network.link(x).line.length_m for x in way)  # type: ignore[union-attr]
    count = int((length_m - 5.0) / SPEED_MPS * 10)
    return poses_along(network, way, rng, speed_mps=SPEED_MPS, count=count, sigma_m=SIGMA_M)


def _states(store: TileStore, poses: Sequence[Pose]) -> list[tuple[MatchState, int]]:
    """State and likeliest link at every pose."""
    drive, held = Replay(store, Open(replay=True)), new_reconstructor()
    states = []
    for pose in poses:
        update = drive.step(pose)
        if update is not None:
            assert held.apply(update, pose.pose_time_us), held.resync_reason
        candidates = held.reported.candidates
        states.append((held.reported.state, candidates[0].link_id if candidates else 0))
    return states


def test_over_the_rhine(store: TileStore, network: Network) -> None:
    """The border lies where the roads join, to the centimetre; units and sides are those of both markets."""
    ways = [w for w in crossings(network) if (market_of(network, w[0]), market_of(network, w[-1])) == ("LI", "CH")]
    bridges = [w for w in ways if any((x := network.link(y)) is not None and x.bridge for y in w)]
    assert bridges
    for way in bridges:
        drive, held = Replay(store, Open(replay=True)), new_reconstructor()
        drive.set_route(way)
        for pose in poses_along(network, way, random.Random(1), speed_mps=SPEED_MPS, count=30, sigma_m=SIGMA_M):
            update = drive.step(pose)
            if update is not None:
                held.apply(update, pose.pose_time_us)
        assert held.root is not None
        border = held.root.borders[0]
        links = held.root.links
        over = next(i for i, x in enumerate(links) if market_of(network, x.link_id) == "CH")
        assert (border.offset_cm, border.state) == (links[over].start_offset_cm, BorderState.SERVED)
        assert (border.from_market, border.to_market) == ("LI", "CH")
        ahead = held.border_ahead()
        assert ahead is not None and ahead.value is not None and ahead.value.border is border


def test_a_route_over_the_border(store: TileStore, network: Network) -> None:
    way = max(crossings(network), key=len)
    first, last = network.link(way[0]), network.link(way[-1])
    assert first is not None and last is not None
    route = route_between(
        store, [Waypoint(*first.line.lat_lon_e7_at(1.0)), Waypoint(*last.line.lat_lon_e7_at(last.line.length_m - 1.0))]
    )
    assert {market_of(network, x) for x in route.links} >= {market_of(network, way[0]), market_of(network, way[-1])}


def test_lengths_of_the_markets_sum_to_the_whole(network: Network, whole: TileStore) -> None:
    """Of all that lies in one of the three; by way, within a centimetre per link."""
    lengths = _length_by_way(whole_network(whole))
    joined = _length_by_way(network)
    missing = [way for way in lengths if way not in joined]
    differing = [way for way, (cm, n) in joined.items() if abs(cm - lengths[way][0]) > n + lengths[way][1]]
    print(f"\n{len(lengths)} ways, {len(missing)} in none of {MARKETS}, {len(differing)} of another length")
    assert not missing and not differing


def _length_by_way(network: Network) -> dict[str, tuple[int, int]]:
    """(centimetres, links) by way and direction."""
    found: dict[str, tuple[int, int]] = {}
    for tile in network.roads.values():
        for index in range(tile.link_count):
            link = tile.link(index)
            name = link.stable_ref.split(":")[1] + link.stable_ref[-1]
            length_cm, count = found.get(name, (0, 0))
            found[name] = length_cm + link.length_cm, count + 1
    return found
