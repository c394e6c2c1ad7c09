"""Two markets as one network: the match, routes and traces lead over the border."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.geo.frame import distance_m
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.match.route import Waypoint, corridor_tiles, find_route
from mapprior.match.running import RunningMatch
from mapprior.match.trace import match_trace
from mapprior.match.turns import next_links
from mapprior.model.ids import dataset_of, tile_of
from mapprior.model.network import Network
from mapprior.model.pose import MatchState
from mapprior.model.provenance import Layer
from tests.asciimap import Beyond, Drawn, draw

PICTURE = """
    A----B----C----D----E
    |         |         |
    F----G----H----I----J
"""


@pytest.fixture(scope="module")
def one() -> Drawn:
    return draw(PICTURE)


@pytest.fixture(scope="module")
def two() -> Drawn:
    """The same picture in two markets that drive on one side; C and H, and the road between, lie on the border."""
    return draw(PICTURE, market="DE", border="C", beyond=Beyond("FR"))


def names(drawn: Drawn, links: list[int] | tuple[int, ...]) -> list[str]:
    letters = {v: k for k, v in drawn.link_ids.items()}
    return [letters[x] for x in links]  # type: ignore[index]


def test_what_follows_a_link_is_the_same_with_and_without_a_border(one: Drawn, two: Drawn) -> None:
    assert one.link_ids.keys() == two.link_ids.keys()
    for letters in one.link_ids:
        onward = [next_links(x.network, (x.link_ids[letters],)) for x in (one, two)]
        assert onward[0] is not None and onward[1] is not None
        assert sorted(names(one, onward[0])) == sorted(names(two, onward[1]))
        assert one.link(letters).dead_end == two.link(letters).dead_end


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_drive_is_matched_as_if_there_were_no_border(one: Drawn, two: Drawn, data: st.DataObject) -> None:
    way = data.draw(st.sampled_from(["ABCDE", "FGHIJ", "EDCBA", "ABCHIJ", "JIHCBA", "AFGHCDE"]))
    seed = data.draw(st.integers(0, 1000))
    answers = []
    for drawn in (one, two):
        match = RunningMatch(drawn.network)
        poses = drawn.poses(way, sigma_m=2.0, seed=seed)
        answers.append([match.step(pose) for pose in poses])
    for plain, crossing in zip(*answers, strict=True):
        # On either side of the border is in either of two markets.
        markets = {dataset_of(c.link_id) for c in crossing.candidates}
        assert plain.state is crossing.state or (crossing.state is MatchState.AMBIGUOUS and len(markets) == 2)
        # Lines that end at a border begin anew there, in whole units of places: at a node that may decide on which side
        # of it the vehicle is named first, and which of the ways that weigh next to nothing are dropped.
        for a, b in zip(plain.candidates[:1], crossing.candidates[:1], strict=True):
            assert apart_m(one, a, two, b) < 5.0
        a_sum, b_sum = (sum(x.probability for x in r.candidates) for r in (plain, crossing))  # whichever side of a node
        assert a_sum == pytest.approx(b_sum, abs=0.02)
    assert driven(one, answers[0])[:-1] == driven(two, answers[1])[: len(driven(one, answers[0])) - 1]


def apart_m(one: Drawn, a: MatchCandidate, two: Drawn, b: MatchCandidate) -> float:
    places = []
    for drawn, x in ((one, a), (two, b)):
        link = drawn.network.link(x.link_id)
        assert link is not None
        places.append(link.line.lat_lon_e7_at(x.link_offset_cm / 100))
    (lat_a, lon_a), (lat_b, lon_b) = places
    return distance_m(lat_a_e7=lat_a, lon_a_e7=lon_a, lat_b_e7=lat_b, lon_b_e7=lon_b)


def driven(drawn: Drawn, answers: Sequence[MatchResult]) -> list[str]:
    """The links passed, each once."""
    found: list[str] = []
    for answer in answers:
        found += [x for x in names(drawn, answer.passed) if x not in found]
    return found


@pytest.mark.parametrize("way", ["ABCDE", "AFGHCDE", "JIHCBA"])
def test_a_whole_trace_leads_over_the_border(two: Drawn, way: str) -> None:
    trace = match_trace(two.network, two.poses(way, sigma_m=2.0, seed=1))
    assert names(two, trace.links) == [a + b for a, b in pairwise(way)]


def test_a_route_leads_over_the_border(one: Drawn, two: Drawn) -> None:
    rng = random.Random(1)
    for _ in range(10):
        a, b = rng.sample("AFBG", 1)[0], rng.sample("DEIJ", 1)[0]
        found = [find_route(x.network, [Waypoint(*x.position(letter)) for letter in (a, b)]) for x in (one, two)]
        assert names(one, found[0].links) == names(two, found[1].links)
        assert found[0].length_m == pytest.approx(found[1].length_m)
        assert (found[0].lat_e7, found[0].lon_e7) == (found[1].lat_e7, found[1].lon_e7)


def test_a_corridor_holds_the_tiles_of_both(two: Drawn) -> None:
    waypoints = [Waypoint(*two.position(x)) for x in "AE"]
    assert set(two.road_tiles) <= set(corridor_tiles(two.datasets, waypoints, 0))


def test_the_tile_awaited_is_the_one_beyond(two: Drawn) -> None:
    bc = two.link("BC")
    network = Network(two.datasets)
    own, beyond = tile_of(bc.end_node), tile_of(two.link("CD").link_id)
    assert network.missing_tile(bc.end_node) == own and network.links_from(bc.end_node) is None
    network.roads[own] = two.road_tiles[own]
    assert network.missing_tile(bc.end_node) == beyond and network.links_from(bc.end_node) is None
    assert network.missing_tile(bc.start_node) is None
    network.failed[(Layer.L0, beyond)] = "it is damaged"
    assert network.missing_tile(bc.end_node) == beyond and network.links_from(bc.end_node) is None
    del network.failed[(Layer.L0, beyond)]
    network.absent.add((Layer.L0, beyond))
    assert network.missing_tile(bc.end_node) is None
    assert sorted(names(two, list(network.links_from(bc.end_node) or ()))) == ["CB", "CH"]
    network.roads[beyond] = two.road_tiles[beyond]
    assert sorted(names(two, list(network.links_from(bc.end_node) or ()))) == ["CB", "CD", "CH"]


def test_a_vehicle_waits_at_the_border_for_the_tile_beyond(two: Drawn) -> None:
    """Past the end of the road, but not off it; once the tile is there it is on the next market's road."""
    late = {t for t in two.road_tiles if t >> 28 == 2}
    network = Network([replace(d, tiles=frozenset()) if d.dataset_id == 2 else d for d in two.datasets])
    network.roads.update({t: x for t, x in two.road_tiles.items() if t not in late})
    match = RunningMatch(network)
    poses = two.poses("ABCDE")
    bc_end_m = two.link("AB").line.length_m + two.link("BC").line.length_m
    for pose in poses:
        if (pose.travelled_m or 0.0) > bc_end_m - 20.0:
            network.datasets[2] = two.datasets[1]  # now the release has the tile, and it is on its way
        if (pose.travelled_m or 0.0) > bc_end_m + 30.0:
            network.roads.update(two.road_tiles)
        result = match.step(pose)
        assert result.state in (MatchState.TRACKING, MatchState.AMBIGUOUS)
    assert names(two, [result.candidates[0].link_id]) == ["DE"]
    assert result.state is MatchState.TRACKING
