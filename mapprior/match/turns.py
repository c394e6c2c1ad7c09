"""Where a vehicle may go at the end of a link. How likely each way is, `branch.py` says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mapprior.model.ids import LinkId, tile_of
from mapprior.model.link import Restriction
from mapprior.model.network import Network

RESTRICTION_LINKS_COUNT_MAX: Final = 16  # longest tail of driven links that is looked at
NOTHING_KNOWN: Final[Mapping[Restriction, bool]] = {}


@dataclass(slots=True, init=False)  # hot, as Pose is
class Onward:
    """Links that may follow, and the restrictions that forbid to go on to one of them while a condition holds of which
    nothing is known."""

    links: list[LinkId]
    at_times: Sequence[Restriction]

    def __init__(self, links: list[LinkId], at_times: Sequence[Restriction]) -> None:
        self.links = links
        self.at_times = at_times

    @property
    def doubtful(self) -> Collection[LinkId]:
        """Links to which the way is banned under a condition."""
        return {x.links[-1] for x in self.at_times} if self.at_times else ()


def ways_onward(
    network: Network,
    driven: Sequence[LinkId],
    *,
    longest: int | None = None,
    known: Mapping[Restriction, bool] = NOTHING_KNOWN,
) -> Onward | None:
    """What may follow `driven[-1]`, given the links driven so far.

    The way back (the twin) only where nothing else leaves the end. Turn restrictions are judged on the tail of
    `driven`, those over several links included; one that begins before `driven` does is not seen. Conditional ones
    are told and take no way out; but where it is `known` whether the condition holds, they count as any other, or not
    at all. At the border of a market the links of the next one follow. No links where the map ends. None where the link
    is not at hand, or a tile that holds its end node. `longest`, the links of the longest restriction at hand, saves
    who asks for many links the looking it up.
    """
    last = network.link(driven[-1])
    if last is None:
        return None
    leaving = network.links_from(last.end_node)
    if leaving is None:
        return None
    twin = last.twin_id
    onward = [link for link in leaving if link != twin]
    at_times: list[Restriction] = []
    for restriction in _ending_here(network, driven, longest):
        link_id = restriction.links[-1]
        holds = known.get(restriction) if restriction.condition else True
        if holds:
            onward = [x for x in onward if x != link_id]
        elif holds is None:
            at_times.append(restriction)
    if at_times:
        at_times = [x for x in at_times if x.links[-1] in onward]
    if last.dead_end and twin is not None and not onward:
        onward.append(twin)
    return Onward(onward, at_times)


def next_links(network: Network, driven: Sequence[LinkId], *, longest: int | None = None) -> list[LinkId] | None:
    """The links of `ways_onward`, for who does not weigh them."""
    found = ways_onward(network, driven, longest=longest)
    return None if found is None else found.links


def _ending_here(network: Network, driven: Sequence[LinkId], longest: int | None) -> Sequence[Restriction]:
    """Restrictions that forbid to go on to their last link after these."""
    if longest is None:
        longest = _longest(network, driven)
    count = min(longest - 1, RESTRICTION_LINKS_COUNT_MAX)
    if count <= 0:
        return ()
    found: list[Restriction] = []
    tail = tuple(driven[-count:])  # none begins before that
    for start, first in enumerate(tail):
        begun = network.restrictions(first)
        if begun:  # seldom
            rest = tail[start:]
            found += [x for x in begun if len(x.links) == len(rest) + 1 and x.links[:-1] == rest]
    return found


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
