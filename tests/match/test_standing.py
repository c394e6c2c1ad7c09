"""A vehicle that stands, whatever noise its fixes have: its road stays sure, its link near a node only where it may be.

On a drawn road, and on the streets of central Helsinki.
"""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.match.running import RunningMatch
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from tests.asciimap import START_TIME_US, draw
from tests.match.networks import HELSINKI, whole

ROAD = draw("A-------B-------C", grid_m=20.0)


@pytest.fixture(scope="module")
def city() -> tuple[Network, Sequence[Link]]:
    """Its streets, and places to stand: some long enough."""
    network, links = whole(HELSINKI)
    return network, random.Random(5).sample([x for x in links if x.line.length_m > 40.0 and not x.tunnel], 12)


@pytest.mark.parametrize("sigma_m", [3.0, 10.0])
@pytest.mark.parametrize("rate_hz", [1.0, 10.0])
def test_it_is_not_said_to_be_off_the_road(
    city: tuple[Network, Sequence[Link]], sigma_m: float, rate_hz: float
) -> None:
    """Each fix fits another way best by chance: that must not add up to being on none."""
    network, links = city
    for seed, link in enumerate(links):
        middle_m = link.line.length_m / 2
        (x_m, y_m), frame = link.line.xy_at(middle_m), link.line.frame
        rng, match = random.Random(seed), RunningMatch(network)
        for k in range(round(30 * rate_hz)):
            result = match.step(
                Pose(
                    START_TIME_US + round(k * 1e6 / rate_hz),
                    frame.lat0_e7 + (y_m + rng.gauss(0.0, sigma_m)) / frame.north_m_per_e7,
                    frame.lon0_e7 + (x_m + rng.gauss(0.0, sigma_m)) / frame.east_m_per_e7,
                    link.line.heading_at(middle_m),
                    0.0,
                    sigma_m,
                )
            )
        assert result.state is not MatchState.OFF_ROAD


def arrival(links: Sequence[Link], rng: random.Random, *, past_m: float, sigma_m: float, stands_sec: int) -> list[Pose]:
    """Along the first link and over its end, to stand this far past it (or before it); five poses a second."""
    first_m = links[0].line.length_m
    driven_m = [x for k in range(200) if (x := 2.0 * k) < first_m + past_m]
    poses = []
    for k, at_m in enumerate([*driven_m, *[first_m + past_m] * (5 * stands_sec)]):
        line, s_m = (links[0].line, at_m) if at_m < first_m else (links[1].line, at_m - first_m)
        (x_m, y_m), frame = line.xy_at(s_m), line.frame
        poses.append(
            Pose(
                START_TIME_US + k * 200_000,
                frame.lat0_e7 + (y_m + rng.gauss(0.0, sigma_m)) / frame.north_m_per_e7,
                frame.lon0_e7 + (x_m + rng.gauss(0.0, sigma_m)) / frame.east_m_per_e7,
                line.heading_at(s_m),
                10.0 if k < len(driven_m) else 0.0,
                sigma_m,
                travelled_m=at_m,
            )
        )
    return poses


@settings(max_examples=40, deadline=None)
@given(
    past_m=st.floats(-12.0, 12.0),
    sigma_m=st.sampled_from([1.0, 3.0, 10.0]),
    stands_sec=st.sampled_from([2, 60]),
    seed=st.integers(0, 999),
)
def test_how_likely_the_link_is_follows_from_how_well_the_offset_is_known(
    past_m: float, sigma_m: float, stands_sec: int, seed: int
) -> None:
    """However long it stands: fixes tell no more of the link than of the place along the road."""
    links = [ROAD.link("AB"), ROAD.link("BC")]
    match = RunningMatch(ROAD.network)
    for pose in arrival(links, random.Random(seed), past_m=past_m, sigma_m=sigma_m, stands_sec=stands_sec):
        result = match.step(pose)
    assert result.state is MatchState.TRACKING
    chances = {x.link_id: x.probability for x in result.candidates}
    assert chances.keys() <= {x.link_id for x in links}
    assert sum(chances.values()) == pytest.approx(1.0, abs=0.02)
    sigmas = match.hypotheses[0].s_m / math.sqrt(match.hypotheses[0].variance_m2)  # past the node it is split at
    if match.hypotheses[0].link_id != links[1].link_id:
        sigmas = -math.inf
    expected = 0.5 + 0.5 * math.erf(sigmas / math.sqrt(2.0))
    assert chances.get(links[1].link_id, 0.0) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("sigma_m", [3.0, 5.0])
def test_who_stands_near_a_node_is_sure_of_the_link_only_where_it_is_right(
    city: tuple[Network, Sequence[Link]], sigma_m: float
) -> None:
    network, _ = city
    rng = random.Random(7)
    every = [tile.link(i) for tile in network.roads.values() for i in range(tile.link_count)]
    links = [x for x in every if x.line.length_m > 60.0 and not x.tunnel]
    sure = wrong = 0
    while sure < 250:
        first = rng.choice(links)
        onward = [network.link(x) for x in network.links_from(first.end_node) or () if x != first.twin_id]
        if not onward or (after := rng.choice(onward)) is None or after.line.length_m < 20.0:
            continue
        match, past_m = RunningMatch(network), rng.uniform(-12.0, 12.0)
        for k, pose in enumerate(arrival([first, after], rng, past_m=past_m, sigma_m=sigma_m, stands_sec=20)):
            result = match.step(pose)
            if k % 25 or pose.speed_mps or result.state is not MatchState.TRACKING:
                continue
            best = max(result.candidates, key=lambda x: x.probability)
            sure += best.probability >= 0.99
            wrong += best.probability >= 0.99 and best.link_id != (first if past_m < 0.0 else after).link_id
    assert wrong <= 0.03 * sure
