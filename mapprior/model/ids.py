"""Identifiers. A link or node id is 64 bits: dataset (16), tile x (14), tile y (14), index in the tile (20).

Ids are valid within one release and opaque to clients; the stable reference of a link is the only join
across releases.
"""

from typing import Final, NewType

LinkId = NewType("LinkId", int)
NodeId = NewType("NodeId", int)
TileId = NewType("TileId", int)  # dataset (16), x (14), y (14)
LaneId = NewType("LaneId", int)
PathId = NewType("PathId", int)

INDEX_BITS: Final = 20
INDEX_COUNT_MAX: Final = 1 << INDEX_BITS
DATASET_COUNT_MAX: Final = 1 << 16
_AXIS_BITS: Final = 14
_AXIS_MASK: Final = (1 << _AXIS_BITS) - 1
_INDEX_MASK: Final = INDEX_COUNT_MAX - 1


def tile_id(dataset_id: int, x: int, y: int) -> TileId:
    """Tile of a dataset at column `x`, row `y` of zoom 14. ValueError outside the grid."""
    if not (0 <= dataset_id < DATASET_COUNT_MAX and 0 <= x <= _AXIS_MASK and 0 <= y <= _AXIS_MASK):
        raise ValueError(f"no such tile: dataset {dataset_id}, x {x}, y {y}")
    return TileId((dataset_id << (2 * _AXIS_BITS)) | (x << _AXIS_BITS) | y)


def tile_parts(tile: TileId) -> tuple[int, int, int]:
    """(dataset id, x, y)."""
    return tile >> (2 * _AXIS_BITS), (tile >> _AXIS_BITS) & _AXIS_MASK, tile & _AXIS_MASK


def link_id(tile: TileId, index: int) -> LinkId:
    """ValueError where the index does not fit."""
    return LinkId(_compose(tile, index))


def node_id(tile: TileId, index: int) -> NodeId:
    """ValueError where the index does not fit."""
    return NodeId(_compose(tile, index))


def tile_of(identifier: LinkId | NodeId) -> TileId:
    return TileId(identifier >> INDEX_BITS)


def dataset_of(identifier: LinkId | NodeId) -> int:
    return identifier >> (INDEX_BITS + 2 * _AXIS_BITS)


def index_of(identifier: LinkId | NodeId) -> int:
    return identifier & _INDEX_MASK


def _compose(tile: TileId, index: int) -> int:
    if not 0 <= index < INDEX_COUNT_MAX:
        raise ValueError(f"index {index} is outside a tile's {INDEX_COUNT_MAX}")
    return (tile << INDEX_BITS) | index


def dataset_id(market: str, ordinal: int = 0) -> int:
    """Dataset number of a market: two letters and an ordinal of 0 to 63, so that ids never meet across markets."""
    if len(market) != 2 or not market.isascii() or not market.isalpha() or not market.isupper():
        raise ValueError(f"market {market!r} is not two capital letters")
    if not 0 <= ordinal < 64:
        raise ValueError(f"dataset ordinal {ordinal} is outside 0 to 63")
    return ((ord(market[0]) - 65) * 26 + ord(market[1]) - 65) * 64 + ordinal
