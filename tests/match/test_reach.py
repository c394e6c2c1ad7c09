"""Ways from the end of a link: no farther than anybody drives, and no more remembered than is said."""

import math
from dataclasses import replace

import pytest

from mapprior.match.reach import Reach
from mapprior.match.running import RunningMatch
from mapprior.model.link import Link
from tests.asciimap import Drawn, draw

LINKS_COUNT_MAX = 60
ROAD = draw("A-B-C-D-E-F-G-H-I-J-K-L-M-N-O-P-Q-R-S-T-U-V-W-X-Y-Z", grid_m=80.0)


def links(drawn: Drawn) -> list[Link]:
    found = [drawn.network.link(x) for x in drawn.link_ids.values()]
    return [x for x in found if x is not None]


def remembered_links_count(reach: Reach) -> int:
    return sum(len(ways.found) for ways in reach._found.values())


def test_ways_are_the_same_however_few_are_remembered() -> None:
    few, all_ = Reach(ROAD.network, kept_links_count_max=LINKS_COUNT_MAX), Reach(ROAD.network)
    for limit_m in (100.0, 900.0, 300.0, 2500.0):
        for link in links(ROAD):
            found = few.ways(link, limit_m)
            whole = all_.ways(link, limit_m)
            for to in ROAD.link_ids.values():
                assert found.length_m(to, limit_m) == whole.length_m(to, limit_m)
            assert remembered_links_count(few) <= LINKS_COUNT_MAX
    assert remembered_links_count(all_) > LINKS_COUNT_MAX


@pytest.mark.parametrize("sigma_m", [3.0, 30.0, 10_000.0])
def test_a_jump_looks_at_no_more_roads_than_anybody_could_have_driven(sigma_m: float) -> None:
    """From one end of the road to the other, which takes longer than there is time."""
    match = RunningMatch(ROAD.network)
    poses = ROAD.poses("".join(chr(x) for x in range(ord("A"), ord("Z") + 1)))
    ends = [poses[10], poses[-10]]
    for i in range(8):
        pose = replace(ends[i % 2], pose_time_us=ends[0].pose_time_us + 3_500_000 * i, speed_mps=None, travelled_m=None)
        match.step(replace(pose, heading_rad=None, heading_sigma_rad=None, position_sigma_m=sigma_m))
    found = match._travel._reach._found.values()
    lengths_m = [m for ways in found for m, _ in ways.found.values()]
    assert lengths_m
    most_m = 70.0 * 3.5 + min(2000.0, 6.0 * math.hypot(sigma_m, 3.0))
    assert max(lengths_m) < 1.3 * most_m + 100.0
