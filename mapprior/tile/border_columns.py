"""Border nodes as they lie in a road tile. A tile without one has none of these sections."""

from collections.abc import Mapping
from enum import IntEnum

import numpy as np

from mapprior.errors import TileError
from mapprior.model.border import BorderNode
from mapprior.tile.blob import Blob


class Section(IntEnum):
    """Sections of a road tile that hold its b border nodes."""

    BORDER_NODE = 17  # uint32 [b]: index of the node, ascending
    BORDER_KEY = 18  # uint64 [b]
    BORDER_MARKET = 19  # uint8 [b][2]: two capital letters, or zeros where the market beyond is not known


def encode_border_nodes(nodes: Mapping[int, BorderNode]) -> dict[int, bytes]:
    """Sections of a road tile, by index of the node. ValueError for a market that is not two capital letters."""
    if not nodes:
        return {}
    ordered = sorted(nodes)
    return {
        Section.BORDER_NODE: np.array(ordered, dtype="<u4").tobytes(),
        Section.BORDER_KEY: np.array([nodes[x].key for x in ordered], dtype="<u8").tobytes(),
        Section.BORDER_MARKET: b"".join(_market_bytes(nodes[x].market_beyond) for x in ordered),
    }


def decode_border_nodes(blob: Blob) -> dict[int, BorderNode]:
    """Border nodes by index of the node. TileError where the columns make no sense."""
    if Section.BORDER_NODE not in blob.sections:
        return {}
    count = len(blob.bytes_of(Section.BORDER_NODE)) // 4
    nodes = blob.column(Section.BORDER_NODE, "<u4", count).tolist()
    keys = blob.column(Section.BORDER_KEY, "<u8", count).tolist()
    markets = blob.column(Section.BORDER_MARKET, "<u1", 2 * count).tobytes()
    if sorted(set(nodes)) != nodes or (nodes and nodes[-1] >= blob.node_count):
        raise TileError(f"{blob.name}: the border nodes are out of order, or not among the {blob.node_count} nodes")
    found = {}
    for i, (node, key) in enumerate(zip(nodes, keys, strict=True)):
        found[node] = BorderNode(key, _market(markets[2 * i : 2 * i + 2], blob.name))
    return found


def _market_bytes(market: str) -> bytes:
    if market and not (len(market) == 2 and market.isascii() and market.isalpha() and market.isupper()):
        raise ValueError(f"market {market!r} beyond a border is not two capital letters")
    return market.encode() or bytes(2)


def _market(data: bytes, name: str) -> str:
    if data == bytes(2):
        return ""
    if not (data.isalpha() and data.isupper()):
        raise TileError(f"{name}: the market beyond a border is {data!r}, not two capital letters")
    return data.decode()
