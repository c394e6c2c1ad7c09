"""Where a road was cut because a market ends there."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

# Two outlines of one border differ by their rounding where one has a corner that the other lacks. Cut nodes of one
# segment that lie no farther apart are one node; a gap or an overlap beyond that is not bridged.
BORDER_GAP_M_MAX: Final = 2.0


class DrivingSide(IntEnum):
    UNKNOWN = 1
    RIGHT = 2
    LEFT = 3


@dataclass(frozen=True, slots=True)
class BorderNode:
    """A node at which a market's roads were cut.

    `key` is the same from both sides: a digest of the source's way and of the two nodes between which the cut lies,
    or of the source's node where the border passes through one. With its position it names the node.
    `market_beyond` is the market on the other side; empty where it is not known.
    """

    key: int  # 64 bits
    market_beyond: str
