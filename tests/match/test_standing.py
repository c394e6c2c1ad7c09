"""A vehicle that stands from its first pose on, whatever noise its fixes have: on the streets of central Helsinki."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from mapprior.match.running import RunningMatch
from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.pose import MatchState, Pose
from mapprior.tile.store import open_markets
from tests.asciimap import START_TIME_US

TILES = Path(__file__).parents[2] / "tiles" / "FI"


@pytest.fixture(scope="module")
def city() -> tuple[Network, Sequence[Link]]:
    """Its streets, and places to stand: some long enough."""
    with open_markets([TILES]) as store:
        network = Network(store.datasets)
        for dataset in store.datasets:
            for tile_id in sorted(dataset.tiles):
                tile = store.read_road(tile_id)
                assert tile is not None
                network.roads[tile_id] = tile
        links = [tile.link(i) for tile in network.roads.values() for i in range(tile.link_count)]
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
