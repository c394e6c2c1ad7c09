"""Where paths leave a market: the border is an event ahead, and says what is known beyond it.

A border lies where two links of a path belong to different markets, and at the end of a path that a market ends.
Driving side and unit are what holds for a whole country; a market that is served says its side itself.
"""

from collections.abc import Iterator, Mapping

from mapprior.errors import TileError
from mapprior.horizon.items import Border, BorderState, LinkPlacement
from mapprior.horizon.side_paths import Laid
from mapprior.market.countries import country, is_market
from mapprior.model.border import DrivingSide
from mapprior.model.ids import LinkId, NodeId, PathId, dataset_of, tile_parts
from mapprior.model.limit import SpeedUnit
from mapprior.model.network import Network, TileState
from mapprior.model.provenance import Layer

_SIDES = {"right": DrivingSide.RIGHT, "left": DrivingSide.LEFT}


def borders_on(network: Network, laid: Laid, paths: Mapping[PathId, Laid]) -> tuple[Border, ...]:
    """The borders on a path, by offset; at its start where it leaves its parent, one of `paths`, over a border."""
    crossed = tuple(_crossed(network, laid, paths)) if _crosses(laid, paths) else ()
    return (*crossed, *_at_end(network, laid.links[len(laid.links) - 1]))


def _crosses(laid: Laid, paths: Mapping[PathId, Laid]) -> bool:
    """Whether a path, or the way onto it, leads from one dataset to another. Nearly never."""
    tiles = laid.links.tiles
    dataset = tile_parts(tiles[0])[0]
    if len(tiles) > 1 and any(tile_parts(x)[0] != dataset for x in tiles):
        return True
    parent = paths.get(laid.path.parent_path_id)
    return parent is not None and any(tile_parts(x)[0] != dataset for x in parent.links.tiles)


def _crossed(network: Network, laid: Laid, paths: Mapping[PathId, Laid]) -> Iterator[Border]:
    parent = paths.get(laid.path.parent_path_id)
    before = parent.links.ending_at(laid.path.offset_on_parent_cm) if parent is not None else None
    before = laid.links.link_id(0) if before is None else before
    for link in laid.links:
        if dataset_of(before) != dataset_of(link.link_id):
            yield from _between(network, link, before)
        before = link.link_id


def _between(network: Network, link: LinkPlacement, before: LinkId) -> Iterator[Border]:
    market, beyond = _market(network, before), _market(network, link.link_id)
    if market != beyond:
        yield _border(network, link.path_id, link.start_offset_cm, BorderState.SERVED, market, beyond)


def _at_end(network: Network, last: LinkPlacement) -> Iterator[Border]:
    """The border that the last link ends at."""
    try:
        link = network.link(last.link_id)
    except TileError:
        return
    node = None if link is None else network.border_node(link.end_node)
    if link is None or node is None:
        return
    market = _market(network, last.link_id)
    state, beyond = _beyond(network, link.end_node, node.market_beyond)
    if beyond != market:
        yield _border(network, last.path_id, last.end_offset_cm, state, market, beyond)


def _beyond(network: Network, node: NodeId, market: str) -> tuple[BorderState, str]:
    """(what is known beyond a border node, which market that is)."""
    partners, awaited = network.partners(node)
    if partners:
        return BorderState.SERVED, network.datasets[dataset_of(partners[0])].market
    if awaited is not None:
        failed = network.tile_state(Layer.L0, awaited) is TileState.FAILED
        return BorderState.FAILED if failed else BorderState.NOT_LOADED, market
    return BorderState.NOT_JOINED if network.serves(market) else BorderState.NOT_SERVED, market


def _border(network: Network, path_id: PathId, offset_cm: int, state: BorderState, market: str, beyond: str) -> Border:
    return Border(
        path_id,
        offset_cm,
        state,
        market,
        beyond,
        _driving_side(network, market),
        _driving_side(network, beyond),
        _speed_unit(market),
        _speed_unit(beyond),
    )


def _driving_side(network: Network, market: str) -> DrivingSide:
    served = next((d.driving_side for d in network.datasets.values() if d.market == market), None)
    if served is None and is_market(market):
        served = country(market).driving_side
    return DrivingSide.UNKNOWN if served is None else _SIDES[served]


def _speed_unit(market: str) -> SpeedUnit:
    return country(market).speed_unit if is_market(market) else SpeedUnit.NONE


def _market(network: Network, link: LinkId) -> str:
    return network.datasets[dataset_of(link)].market
