"""How many lanes a way has in each direction, from its lane tags; and its lists of values per lane.

Rules, in order:
- A direction has what `lanes:forward` / `lanes:backward` says, else as many as its lists have places for motor
  traffic (`turn:lanes:forward` and others; lists also count cycle lanes, `lanes` does not).
- A one-way road has `lanes` in its direction. With `lanes:backward` some of them run against it (buses). Where others
  drive against the cars and no tag says how many lanes are theirs, `lanes` counts them too: it is not stated.
- A two-way road has what is left of `lanes` in the direction that is not stated. Where neither is stated, an
  even number divides in halves (OpenStreetMap's own convention), and `lanes=1` is one lane shared by both.
- On a reversible road, or with a reversible lane, the tags do not say what a direction has.
- Anything else is not stated: no lanes. Statements that contradict one another are refused: no lanes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mapprior.build.access import Refused, directions_of, is_reversible

Tags = Mapping[str, str]

LANES_COUNT_MAX = 16  # per direction

_LISTS = ("turn", "change", "width", "bus", "psv", "bicycle", "vehicle", "motor_vehicle", "access", "hov")
_BUSWAYS = ("busway", "busway:both", "busway:left", "busway:right")
_CLOSED = frozenset({"no", "psv", "bus", "bicycle"})


class LanesRefusedError(Exception):
    """Lane tags that cannot be used; the arguments are a reason and the text seen."""


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a way: places from the left in driving direction, cycle lanes included.

    `lists` maps `turn`, `width` and so on to one text per place.
    """

    places_count: int
    lists: Mapping[str, tuple[str, ...]]

    def value(self, key: str, place: int) -> str | None:
        """None where the way has no such list; empty where the list leaves the place empty."""
        values = self.lists.get(key)
        return None if values is None else values[place]


@dataclass(frozen=True, slots=True)
class LaneCounts:
    """Lanes of a way. `shared`: one single lane for both directions, and nothing else."""

    forward: Direction
    backward: Direction
    both_ways_count: int
    shared: bool


def stated_lanes(tags: Tags, *, drives_forward: bool, drives_backward: bool, refused: Refused) -> LaneCounts | None:
    """None where the tags do not state the lanes, or contradict one another; then `refused` says so."""
    if "change:lanes" in tags and (drives_backward or not drives_forward):
        refused.append(("lane list without direction", f"change:lanes={tags['change:lanes']}"))
    try:
        return lane_counts(tags, drives_forward=drives_forward, drives_backward=drives_backward)
    except LanesRefusedError as error:
        reason, text = error.args
        refused.append((reason, text))
        return None


def lane_counts(tags: Tags, *, drives_forward: bool, drives_backward: bool) -> LaneCounts | None:
    """None where the tags do not state the lanes. LanesRefusedError where they cannot be true."""
    if not any(key.startswith("lanes") or ":lanes" in key for key in tags):
        return None
    if "lanes:reversible" in tags:
        raise LanesRefusedError("lanes whose direction changes", f"lanes:reversible={tags['lanes:reversible']}")
    if is_reversible(tags):  # all lanes run the way that is open: none is on either side
        raise LanesRefusedError("lanes whose direction changes", f"oneway=reversible, lanes={tags.get('lanes')}")
    total = stated_count(tags, "lanes")
    both_ways = stated_count(tags, "lanes:both_ways", least=0) or 0
    if both_ways > 1:
        raise LanesRefusedError("lanes not understood", f"lanes:both_ways={both_ways}")
    oneway = drives_forward != drives_backward
    lists = _lists(tags, forward_only=oneway and drives_forward, oneway=oneway)
    stated = [stated_count(tags, key, least=0) for key in ("lanes:forward", "lanes:backward")]
    if oneway:
        others_come = total is not None and total > 1 and _others_come(tags)
        counts = _oneway(stated, lists, total, both_ways, drives_forward, others_come=others_come)
    else:
        if total == 1 and stated == [None, None] and not any(lists) and not both_ways:
            return LaneCounts(Direction(1, {}), Direction(0, {}), 0, shared=True)
        counts = _two_way(stated, lists, total, both_ways)
    if counts is None:
        return None
    forward, backward = (_direction(n, side, tags) for n, side in zip(counts, lists, strict=True))
    return LaneCounts(forward, backward, both_ways, shared=False)


def _oneway(
    stated: list[int | None],
    lists: tuple[dict[str, tuple[str, ...]], ...],
    total: int | None,
    both_ways: int,
    drives_forward: bool,
    *,
    others_come: bool,
) -> tuple[int, int] | None:
    """`others_come`: others may drive against the cars, in lanes that the total counts."""
    own, other = (0, 1) if drives_forward else (1, 0)
    against = stated[other] or 0
    count = stated[own]
    if count is None and stated[other] is None and others_come and total is not None:
        count = _motor_places(lists[own])
        if count is None:
            raise LanesRefusedError("lanes that do not say how they divide", f"lanes={total}, others against the cars")
        against = max(0, total - both_ways - count)
    if count is None:
        count = total - against - both_ways if total is not None else _motor_places(lists[own])
    elif total is not None and count + against + both_ways != total:
        raise LanesRefusedError("lane counts contradict one another", f"lanes={total}, {count} and {against}")
    if count is None:
        return None
    if count < 1:
        raise LanesRefusedError("lane counts contradict one another", f"lanes={total}, {against} against traffic")
    return (count, against) if drives_forward else (against, count)


def _others_come(tags: Tags) -> bool:
    """Are buses let in against the one-way, or is it no one-way road but cars are kept out of a direction?"""
    return (
        "no" in (tags.get("oneway:bus"), tags.get("oneway:psv"))
        or any(tags.get(key) == "opposite_lane" for key in _BUSWAYS)
        or None not in directions_of(tags, [])
    )


def _two_way(
    stated: list[int | None], lists: tuple[dict[str, tuple[str, ...]], ...], total: int | None, both_ways: int
) -> tuple[int, int] | None:
    forward, backward = (n if n is not None else _motor_places(side) for n, side in zip(stated, lists, strict=True))
    if total is not None:
        rest = total - both_ways
        if forward is None and backward is None:
            if rest % 2:
                raise LanesRefusedError("lanes that do not say how they divide", f"lanes={total}")
            forward = backward = rest // 2
        elif forward is None:
            forward = rest - (backward or 0)
        elif backward is None:
            backward = rest - forward
        if forward + (backward or 0) != rest:
            raise LanesRefusedError("lane counts contradict one another", f"lanes={total}, {forward} and {backward}")
    if forward is None or backward is None:
        return None
    if forward < 1 or backward < 1:
        raise LanesRefusedError("lane counts contradict one another", f"lanes={total}, {forward} and {backward}")
    return forward, backward


def stated_count(tags: Tags, key: str, *, least: int = 1) -> int | None:
    """The number that one tag states; None without it. LanesRefusedError where it is none."""
    value = tags.get(key)
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) <= 2 and least <= int(value) <= LANES_COUNT_MAX:
        return int(value)
    raise LanesRefusedError("lanes not understood", f"{key}={value}")


def _lists(tags: Tags, *, forward_only: bool, oneway: bool) -> tuple[dict[str, tuple[str, ...]], ...]:
    """Lists of the forward and of the backward direction; undirected ones belong to a forward one-way road."""
    sides: tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]] = ({}, {})
    for name in _LISTS:
        key = f"{name}:lanes"
        undirected = tags.get(key)
        if undirected is not None:
            if forward_only:
                sides[0][name] = _places(undirected)
            elif name != "change":  # which says nothing of how many lanes there are, nor for whom
                reason = "lane list against its way" if oneway else "lane list without direction"
                raise LanesRefusedError(reason, f"{key}={undirected}")
        for side, word in enumerate(("forward", "backward")):
            directed = tags.get(f"{key}:{word}")
            if directed is not None:
                sides[side][name] = _places(directed)
    return sides


def _places(text: str) -> tuple[str, ...]:
    return tuple(place.strip() for place in text.split("|"))


def _motor_places(lists: Mapping[str, tuple[str, ...]]) -> int | None:
    """Places for motor traffic; None without lists."""
    counts = {len(places) for places in lists.values()}
    if not counts:
        return None
    return max(counts) - len(cycle_places(lists))


def cycle_places(lists: Mapping[str, tuple[str, ...]]) -> frozenset[int]:
    """Places that are for bicycles and closed to motor traffic."""
    bicycle = lists.get("bicycle", ())
    return frozenset(
        i
        for i, value in enumerate(bicycle)
        if value == "designated"
        and not any(i < len(lists[k]) and lists[k][i] in ("designated", "yes") for k in ("bus", "psv") if k in lists)
        and all(
            i >= len(lists[k]) or lists[k][i] in _CLOSED for k in ("vehicle", "motor_vehicle", "access") if k in lists
        )
    )


def _direction(count: int, lists: Mapping[str, tuple[str, ...]], tags: Tags) -> Direction:
    """Lists must agree with the count; each may count the cycle lanes or not, and then all places must agree."""
    lengths = {len(places) for places in lists.values()}
    cycle_count = len(cycle_places(lists))
    if not lengths or lengths == {count}:
        return Direction(count, lists)
    if lengths == {count + cycle_count}:
        return Direction(count + cycle_count, lists)
    seen = ", ".join(f"{k}:lanes={'|'.join(v)}" for k, v in sorted(lists.items()))
    raise LanesRefusedError(
        "lane lists contradict the number of lanes", f"{count} lanes, lanes={tags.get('lanes')}, {seen}"
    )
