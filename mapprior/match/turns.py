"""Where a vehicle may go at the end of a link. How likely each way is, `branch.py` says."""

from collections.abc import Sequence
from typing import Final

from mapprior.model.ids import LinkId, tile_of
from mapprior.model.network import Network

RESTRICTION_LINKS_COUNT_MAX: Final = 16  # longest tail of driven links that is looked at


def next_links(network: Network, driven: Sequence[LinkId], *, longest: int | None = None) -> list[LinkId] | None:
    """Links that may follow `driven[-1]`, given the links driven so far.

    The way back (the twin) only where nothing else leaves the end. Turn restrictions are judged on the tail of
    `driven`, those over several links included; one that begins before `driven` does is not seen. Conditional
    restrictions are not enforced: `doubtful_links` names the ways. At the border of a market the links of the next
    one follow. Empty where the map ends. None where the link is not at hand, or a tile that holds its end node.
    `longest`, the links of the longest restriction at hand, saves who asks for many links the looking it up.
    """
    last = network.link(driven[-1])
    if last is None:
        return None
    leaving = network.links_from(last.end_node)
    if leaving is None:
        return None
    forbidden = _forbidden(network, driven, longest)
    twin = last.twin_id
    onward = [link for link in leaving if link != twin and link not in forbidden]
    if last.dead_end and twin is not None and not onward:
        return [twin]
    return onward


def doubtful_links(network: Network, driven: Sequence[LinkId]) -> set[LinkId]:
    """Links that a conditional restriction forbids to go on to while its condition holds."""
    return _forbidden(network, driven, None, conditional=True)


def _forbidden(
    network: Network, driven: Sequence[LinkId], longest: int | None, *, conditional: bool = False
) -> set[LinkId]:
    forbidden: set[LinkId] = set()
    if longest is None:
        longest = _longest(network, driven)
    count = min(longest - 1, RESTRICTION_LINKS_COUNT_MAX)
    if count <= 0:
        return forbidden
    tail = tuple(driven[-count:])  # none begins before that
    for start, first in enumerate(tail):
        for restriction in network.restrictions(first):
            rest = tail[start:]
            if bool(restriction.condition) is not conditional or len(restriction.links) != len(rest) + 1:
                continue
            if restriction.links[:-1] == rest:
                forbidden.add(restriction.links[-1])
    return forbidden


def _longest(network: Network, driven: Sequence[LinkId]) -> int:
    """Links of the longest restriction in the tiles that the last links driven lie in."""
    longest, seen = 0, -1
    for link_id in driven[-RESTRICTION_LINKS_COUNT_MAX:]:
        tile_id = tile_of(link_id)
        if tile_id != seen:
            seen = tile_id
            tile = network.roads.get(tile_id)
            if tile is not None and tile.restriction_links_count_max > longest:
                longest = tile.restriction_links_count_max
    return longest
