"""Lanes of a link: sections, lanes, boundaries."""

from dataclasses import dataclass
from enum import IntEnum

from mapprior.geo.polyline import Polyline
from mapprior.model.ids import LaneId
from mapprior.model.provenance import Basis


class LaneType(IntEnum):
    UNKNOWN = 1
    DRIVING = 2
    BUS = 3
    BOTH_WAYS = 4
    SHOULDER = 5
    CYCLE = 6


class LaneChange(IntEnum):
    UNKNOWN = 1
    ALLOWED = 2
    FORBIDDEN = 3


class TurnDirection(IntEnum):
    NONE = 1
    THROUGH = 2
    LEFT = 3
    SLIGHT_LEFT = 4
    SHARP_LEFT = 5
    RIGHT = 6
    SLIGHT_RIGHT = 7
    SHARP_RIGHT = 8
    REVERSE = 9
    MERGE_TO_LEFT = 10
    MERGE_TO_RIGHT = 11


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane over one section; lines in driving direction. `width_cm` 0 where unknown."""

    lane_id: LaneId
    width_cm: int
    width_basis: Basis
    lane_type: LaneType
    turns: tuple[TurnDirection, ...]
    change_left: LaneChange
    change_right: LaneChange
    centre_line: Polyline
    left_boundary: Polyline
    right_boundary: Polyline
    destinations: tuple[str, ...] = ()  # as posted for this lane


@dataclass(frozen=True, slots=True)
class LaneSection:
    """The lanes of one direction over [start_cm, end_cm) of the link, from the left; the place is the lane_index."""

    start_cm: int
    end_cm: int
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class LinkLanes:
    """All sections of a link, in order of start, without gap where lanes are known.

    `basis` DERIVED: from lane tags. INFERRED: number and purpose are so too, but where on the carriageway the line of
    the road runs is not said, and they are drawn as if it were its middle.
    """

    basis: Basis
    sections: tuple[LaneSection, ...]
