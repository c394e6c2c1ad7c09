"""What a tree should hold, found the plain way: everything anew, nothing kept, nothing left for later.

Without a route and without the trailing part. Slow, and obvious.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId
from mapprior.model.network import Network


@dataclass(frozen=True)
class Expected:
    """A path by its links; where it leaves its parent, by the parent's links up to there."""

    links: tuple[LinkId, ...]
    before: tuple[LinkId, ...]  # all links from the vehicle's link on, up to where it begins
    probability_ppm: int


def expected_tree(
    network: Network, driven: Sequence[LinkId], *, horizon_cm: int, stub_cm: int, levels_count: int
) -> list[Expected]:
    """The root first. `driven` ends with the vehicle's link."""
    here = network.link(driven[-1])
    assert here is not None
    root = _along(network, driven[:-1], driven[-1], here.length_cm + horizon_cm)
    found = [Expected(root, (), WHOLE_PPM)]
    open_ = [(found[0], 0)]
    while open_:
        path, level = open_.pop(0)
        if level < levels_count:
            children = list(_children(network, tuple(driven[:-1]), path, stub_cm))
            found += children
            open_ += [(x, level + 1) for x in children]
    return found


def _along(network: Network, driven: Sequence[LinkId], first: LinkId, reach_cm: int) -> tuple[LinkId, ...]:
    links = [first]
    while sum(_length_cm(network, x) for x in links) < reach_cm:
        so_far = (*driven, *links)[-12:]
        ways = next_links(network, so_far)
        assert ways is not None
        back = network.link(links[-1])
        assert back is not None
        new = [
            (-share, i, x)
            for i, (x, share) in enumerate(zip(ways, branch_shares_ppm(network, so_far, ways), strict=True))
            if x not in links and x != back.twin_id
        ]
        if not new:
            break
        links.append(min(new)[2])
    return tuple(links)


def _children(network: Network, driven: tuple[LinkId, ...], path: Expected, stub_cm: int) -> list[Expected]:
    found, reach_ppm = [], path.probability_ppm
    for i, taken in enumerate(path.links[1:]):
        before = (*path.before, *path.links[: i + 1])
        so_far = (*driven, *before)[-12:]
        ways = next_links(network, so_far)
        assert ways is not None
        left_ppm = reach_ppm
        for x, share_ppm in zip(ways, branch_shares_ppm(network, so_far, ways), strict=True):
            if x != taken:
                chance_ppm = reach_ppm * share_ppm // WHOLE_PPM
                left_ppm -= chance_ppm
                found.append(Expected(_along(network, so_far, x, stub_cm), before, chance_ppm))
        reach_ppm = left_ppm
    return found


def _length_cm(network: Network, link_id: LinkId) -> int:
    link = network.link(link_id)
    assert link is not None
    return link.length_cm
