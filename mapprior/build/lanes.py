"""Lanes of a way across the carriageway, derived from lane tags: kind, arrows, destinations, width, place
beside the road line.

The road line is taken as the middle of the carriageway unless `placement` says where it lies. Where `placement` says
something that leaves it open (no direction on a two-way road, a lane that there is not), or that it changes along the
way, the middle is a start and the lanes say so (`line`); how many there are it does not touch. Where ways meet,
`lane_joints.py` leads their lanes together.
Where no width is known, LANE_WIDTH_ASSUMED_CM serves to draw the lane and the width's basis is INFERRED; a width from
`width:lanes` is TAGGED, an equal share of `width` DERIVED (only where nothing but traffic lanes fits into it).
Offsets are centimetres, left of the way's direction positive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from mapprior.build.access import Refused
from mapprior.build.destinations import OfLanes, lane_destinations
from mapprior.build.lane_counts import Direction, LaneCounts, LanesRefusedError, cycle_places
from mapprior.build.length import parse_length_cm
from mapprior.model.lane import LaneChange, LaneType, TurnDirection
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

LANE_WIDTH_ASSUMED_CM = 350
CYCLE_WIDTH_ASSUMED_CM = 150
WIDTH_CM_MIN, WIDTH_CM_MAX = 80, 1000  # of one lane, as tagged
_SHARE_CM_MIN, _SHARE_CM_MAX = 220, 500  # of one lane, as a share of the carriageway
_PLACEMENTS_APART_CM_MAX = 10
_PLACEMENTS = ("placement", "placement:forward", "placement:backward")

_TURNS = {
    "": TurnDirection.NONE,
    "none": TurnDirection.NONE,
    "through": TurnDirection.THROUGH,
    "left": TurnDirection.LEFT,
    "slight_left": TurnDirection.SLIGHT_LEFT,
    "sharp_left": TurnDirection.SHARP_LEFT,
    "right": TurnDirection.RIGHT,
    "slight_right": TurnDirection.SLIGHT_RIGHT,
    "sharp_right": TurnDirection.SHARP_RIGHT,
    "reverse": TurnDirection.REVERSE,
    "merge_to_left": TurnDirection.MERGE_TO_LEFT,
    "merge_to_right": TurnDirection.MERGE_TO_RIGHT,
}
_ALLOWED, _FORBIDDEN = LaneChange.ALLOWED, LaneChange.FORBIDDEN
_CHANGES = {
    "yes": (_ALLOWED, _ALLOWED),
    "no": (_FORBIDDEN, _FORBIDDEN),
    "not_left": (_FORBIDDEN, _ALLOWED),
    "not_right": (_ALLOWED, _FORBIDDEN),
    "only_left": (_ALLOWED, _FORBIDDEN),
    "only_right": (_FORBIDDEN, _ALLOWED),
}
_NO_PARKING = frozenset({"no", "none", "no_parking", "no_stopping", "separate", "drawn_separately", "fire_lane"})


@dataclass(frozen=True, slots=True)
class DerivedLane:
    """One lane between two offsets from the road line; `left_cm` and `right_cm` in driving direction."""

    lane_id: int
    lane_type: LaneType
    width_cm: int
    width_basis: Basis
    turns: tuple[TurnDirection, ...]
    change_left: LaneChange
    change_right: LaneChange
    left_cm: int
    right_cm: int
    destinations: tuple[str, ...]


class LinePlace(Enum):
    """Where across the lanes the road line runs."""

    STATED = auto()
    MIDDLE = auto()  # nothing is said: OpenStreetMap's convention
    CHANGES = auto()  # along the way, from where it is on the road before to where it is on the next
    OPEN = auto()  # said, but not so that it can be used


@dataclass(frozen=True, slots=True)
class WayLanes:
    """Lanes along and against the way, from the left in driving direction.

    A two-way centre lane, or the single lane of a narrow road, stands in both under one lane_id.
    """

    forward: tuple[DerivedLane, ...]
    backward: tuple[DerivedLane, ...]
    line: LinePlace


def lanes_of(
    tags: Tags, counts: LaneCounts, *, drives_forward: bool, drives_backward: bool, keeps_right: bool, refused: Refused
) -> WayLanes:
    """The lanes that are counted, placed; what of the tags says nothing is added to `refused`."""
    traffic = "both" if drives_forward and drives_backward else "forward" if drives_forward else "backward"
    destinations = lane_destinations(
        tags, counts, drives_forward=drives_forward, drives_backward=drives_backward, refused=refused
    )
    return _across(tags, counts, keeps_right, traffic, destinations, refused)


@dataclass(slots=True)
class _Place:
    """A lane before its offsets are known."""

    lane_type: LaneType
    width_cm: int
    width_basis: Basis
    turns: tuple[TurnDirection, ...] = ()
    change: tuple[LaneChange, LaneChange] = (LaneChange.UNKNOWN, LaneChange.UNKNOWN)


def _across(
    tags: Tags,
    counts: LaneCounts,
    keeps_right: bool,
    traffic: str,
    destinations: tuple[OfLanes, OfLanes],
    refused: Refused,
) -> WayLanes:
    forward = _places(tags, counts.forward, "forward", refused)
    backward = _places(tags, counts.backward, "backward", refused)
    middle = [_middle_lane(tags, refused) for _ in range(counts.both_ways_count)]
    _share_width(tags, [*forward, *middle, *backward])
    # From the left edge of the way to the right one.
    cross = [*backward[::-1], *middle, *forward] if keeps_right else [*forward, *middle, *backward[::-1]]
    lefts_cm, right_cm = [], 0
    for place in cross:
        lefts_cm.append(right_cm)
        right_cm += place.width_cm
    try:
        line_cm, line = _line_cm(tags, cross, lefts_cm, forward, backward, traffic)
    except LanesRefusedError as error:
        reason, text = error.args
        refused.append((reason, text))
        line_cm, line = right_cm // 2, LinePlace.OPEN
    spans = {
        id(place): (number, line_cm - left_cm, line_cm - left_cm - place.width_cm)
        for number, (place, left_cm) in enumerate(zip(cross, lefts_cm, strict=True), start=1)
    }
    if counts.shared:
        backward = forward
    none_said: OfLanes = ((),) * len(middle)
    sides: list[tuple[DerivedLane, ...]] = []
    for lanes, said, reverse in ((forward, destinations[0], False), (backward, destinations[1], True)):
        own = [*middle, *lanes] if keeps_right else [*lanes, *middle]
        leads = (*none_said, *said) if keeps_right else (*said, *none_said)
        sides.append(tuple(_lane(p, i, own, leads[i], *spans[id(p)], reverse=reverse) for i, p in enumerate(own)))
    return WayLanes(sides[0], sides[1], line)


def _lane(
    place: _Place,
    index: int,
    lanes: list[_Place],
    destinations: tuple[str, ...],
    lane_id: int,
    high_cm: int,
    low_cm: int,
    *,
    reverse: bool,
) -> DerivedLane:
    """A tag that allows a change where this direction has no lane to change to says nothing."""
    left, right = place.change
    if index == 0 and left is _ALLOWED:
        left = LaneChange.UNKNOWN
    if index == len(lanes) - 1 and right is _ALLOWED:
        right = LaneChange.UNKNOWN
    return DerivedLane(
        lane_id=lane_id,
        lane_type=place.lane_type,
        width_cm=place.width_cm,
        width_basis=place.width_basis,
        turns=place.turns,
        change_left=left,
        change_right=right,
        left_cm=low_cm if reverse else high_cm,
        right_cm=high_cm if reverse else low_cm,
        destinations=destinations,
    )


def _places(tags: Tags, direction: Direction, word: str, refused: Refused) -> list[_Place]:
    cycle = cycle_places(direction.lists)
    unplaced = _has_lanes_of_unknown_place(tags)
    change = tags.get(f"change:{word}", tags.get("change"))
    places = []
    for i in range(direction.places_count):
        lane_type = _type(direction, i, i in cycle, unplaced)
        place = _Place(lane_type, *_width(direction.value("width", i), lane_type, refused))
        place.turns = _turns(direction.value("turn", i), refused)
        place.change = _change(direction.value("change", i) if "change" in direction.lists else change, refused)
        places.append(place)
    return places


def _middle_lane(tags: Tags, refused: Refused) -> _Place:
    place = _Place(LaneType.BOTH_WAYS, *_width(tags.get("width:lanes:both_ways"), LaneType.BOTH_WAYS, refused))
    place.turns = _turns(tags.get("turn:lanes:both_ways"), refused)
    return place


def _has_lanes_of_unknown_place(tags: Tags) -> bool:
    """Bus lanes are counted but not said which they are."""
    return any(
        (key.startswith(("lanes:bus", "lanes:psv")) and value != "0") or (key.startswith("busway") and value == "lane")
        for key, value in tags.items()
    )


def _type(direction: Direction, i: int, is_cycle: bool, unplaced: bool) -> LaneType:
    if is_cycle:
        return LaneType.CYCLE
    listed = [direction.value(key, i) for key in ("bus", "psv")]
    if "designated" in listed:
        return LaneType.BUS
    closed = any(direction.value(key, i) in ("no", "psv", "bus") for key in ("motor_vehicle", "vehicle", "access"))
    if closed:
        return LaneType.BUS if "yes" in listed or direction.value("access", i) in ("psv", "bus") else LaneType.UNKNOWN
    if (unplaced and not any(listed)) or direction.value("hov", i) == "designated":
        return LaneType.UNKNOWN  # for a car with nobody beside the driver it may be closed
    return LaneType.DRIVING


def _width(text: str | None, lane_type: LaneType, refused: Refused) -> tuple[int, Basis]:
    if text:
        width_cm = parse_length_cm(text)
        if width_cm is not None and WIDTH_CM_MIN <= width_cm <= WIDTH_CM_MAX:
            return width_cm, Basis.TAGGED
        refused.append(("lane width not understood", f"width:lanes: {text}"))
    return (CYCLE_WIDTH_ASSUMED_CM if lane_type is LaneType.CYCLE else LANE_WIDTH_ASSUMED_CM), Basis.INFERRED


def _share_width(tags: Tags, places: list[_Place]) -> None:
    """Divides `width` among the lanes where nothing else lies on the carriageway and no lane has its own width."""
    text = tags.get("width")
    if text is None or any(p.width_basis is Basis.TAGGED or p.lane_type is LaneType.CYCLE for p in places):
        return
    if any(_takes_width(key, value) for key, value in tags.items()):
        return
    width_cm = parse_length_cm(text)
    if width_cm is None:
        return
    share_cm = width_cm // len(places)
    if _SHARE_CM_MIN <= share_cm <= _SHARE_CM_MAX:
        for place in places:
            place.width_cm, place.width_basis = share_cm, Basis.DERIVED


def _takes_width(key: str, value: str) -> bool:
    if key.startswith("parking:"):
        return key.endswith((":left", ":right", ":both")) and value not in _NO_PARKING
    return (key.startswith("cycleway") and value in ("lane", "track")) or (key.startswith("shoulder") and value != "no")


def _turns(text: str | None, refused: Refused) -> tuple[TurnDirection, ...]:
    """No list: nothing is known, (). An empty place: no arrow."""
    if text is None:
        return ()
    turns = turns_of(text)
    if not turns:
        refused.append(("turn arrow not understood", f"turn:lanes: {text}"))
    return turns


def turns_of(text: str) -> tuple[TurnDirection, ...]:
    """Arrows of one place of a list; none where one of them is not understood."""
    turns = tuple(_TURNS.get(word.strip()) for word in text.split(";"))
    known = tuple(turn for turn in turns if turn is not None)
    return known if len(known) == len(turns) else ()


def _change(text: str | None, refused: Refused) -> tuple[LaneChange, LaneChange]:
    if not text:
        return LaneChange.UNKNOWN, LaneChange.UNKNOWN
    change = _CHANGES.get(text)
    if change is None:
        refused.append(("lane change not understood", f"change:lanes: {text}"))
        return LaneChange.UNKNOWN, LaneChange.UNKNOWN
    return change


def _line_cm(
    tags: Tags,
    cross: list[_Place],
    lefts_cm: list[int],
    forward: list[_Place],
    backward: list[_Place],
    traffic: str,
) -> tuple[int, LinePlace]:
    """Distance of the road line from the left edge of the way. LanesRefusedError where what is said is of no use."""
    middle_cm = sum(p.width_cm for p in cross) // 2
    if any(tags.get(key) == "transition" for key in _PLACEMENTS):
        return middle_cm, LinePlace.CHANGES
    if traffic == "both" and "placement" in tags:
        raise LanesRefusedError("placement without direction", f"placement={tags['placement']}")
    left_of = {id(p): left for p, left in zip(cross, lefts_cm, strict=True)}
    stated = []
    for word, places in (("forward", forward), ("backward", backward)):
        text = tags.get(f"placement:{word}")
        if text is None and word == traffic:
            text = tags.get("placement")
        if text is not None:
            stated.append(_placed_cm(text, places, left_of, against=word == "backward"))
    if not stated:
        return middle_cm, LinePlace.MIDDLE
    if max(stated) - min(stated) > _PLACEMENTS_APART_CM_MAX:
        raise LanesRefusedError("placements contradict one another", f"{stated[0]} and {stated[1]} cm from the left")
    return stated[0], LinePlace.STATED


def _placed_cm(text: str, places: list[_Place], left_of: Mapping[int, int], *, against: bool) -> int:
    side, _, number = text.partition(":")
    index = int(number) - 1 if number.isascii() and number.isdigit() and len(number) <= 2 else -1
    if side not in ("left_of", "middle_of", "right_of") or not 0 <= index < len(places):
        raise LanesRefusedError("placement not understood", f"placement={text}, {len(places)} lanes")
    place = places[index]
    left_cm = left_of[id(place)]
    if side == "middle_of":
        return left_cm + place.width_cm // 2
    return left_cm if (side == "left_of") != against else left_cm + place.width_cm
