"""How many lanes a way has in each direction, from its lane tags; and its lists of values per lane.

Rules, in order:
- A direction has what `lanes:forward` / `lanes:backward` says, else as many as its lists have places for motor
  traffic (`turn:lanes:forward` and others; lists also count cycle lanes, `lanes` does not).
- A one-way road has `lanes` in its direction. With `lanes:backward` some of them run against it (buses). Where others
  drive against the cars and no tag says how many lanes are theirs, `lanes` counts them too: it is not stated.
- A two-way road has what is left of `lanes` in the direction that is not stated. Where neither is stated, an
  even number divides in halves (OpenStreetMap's own convention), and `lanes=1` is one lane shared by both.
- On a reversible road, or with a reversible lane, the tags do not say what a direction has.
- Anything else is not stated: no lanes. Of one direction the tags may say it and of the other not.
- Statements that contradict one another are refused: no lanes. Where it is the lists of one direction that contradict
  its number, the other is known if it does not rest on that number: by its own number and lists, or without `lanes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
    """Lanes of a way; a direction whose lanes are not known has no places.

    `shared`: one single lane for both directions, and nothing else. `whole`: all lanes of the way are known. `refused`:
    tags state lanes and cannot be true, which is why some are not known.
    """

    forward: Direction
    backward: Direction
    both_ways_count: int = 0
    shared: bool = False
    whole: bool = True
    refused: bool = False

    def of_directions(self) -> tuple[int | None, int | None]:
        """Lanes forward and backward, a shared one in both: 0 where none are stated, None where they are refused."""
        forward, backward = (x.places_count or (None if self.refused else 0) for x in (self.forward, self.backward))
        return forward, forward if self.shared else backward


_NO_PLACES = Direction(0, {})
_NOT_STATED = LaneCounts(_NO_PLACES, _NO_PLACES, whole=False)


def stated_lanes(tags: Tags, *, drives_forward: bool, drives_backward: bool, refused: Refused) -> LaneCounts:
    """What the tags state; what of it contradicts itself is added to `refused`."""
    if "change:lanes" in tags and (drives_backward or not drives_forward):
        refused.append(("lane list without direction", f"change:lanes={tags['change:lanes']}"))
    try:
        return _lane_counts(tags, drives_forward, drives_backward, refused)
    except LanesRefusedError as error:
        reason, text = error.args
        refused.append((reason, text))
        return replace(_NOT_STATED, refused=True)


def _lane_counts(tags: Tags, drives_forward: bool, drives_backward: bool, refused: Refused) -> LaneCounts:
    """LanesRefusedError where nothing of what the tags state can be used."""
    if not any(key.startswith("lanes") or ":lanes" in key for key in tags):
        return _NOT_STATED
    if "lanes:reversible" in tags:
        raise LanesRefusedError("lanes whose direction changes", f"lanes:reversible={tags['lanes:reversible']}")
    if is_reversible(tags):  # all lanes run the way that is open: none is on either side
        raise LanesRefusedError("lanes whose direction changes", f"oneway=reversible, lanes={tags.get('lanes')}")
    total = _stated_count(tags, "lanes")
    both_ways = _stated_count(tags, "lanes:both_ways", least=0) or 0
    if both_ways > 1:
        raise LanesRefusedError("lanes not understood", f"lanes:both_ways={both_ways}")
    oneway = drives_forward != drives_backward
    lists = _lists(tags, forward_only=oneway and drives_forward, oneway=oneway)
    stated = [_stated_count(tags, key, least=0) for key in ("lanes:forward", "lanes:backward")]
    counts: tuple[int | None, int | None]
    if oneway:
        others_come = total is not None and total > 1 and _others_come(tags)
        counts = _oneway(stated, lists, total, both_ways, drives_forward, others_come=others_come)
    else:
        if total == 1 and stated == [None, None] and not any(lists) and not both_ways:
            return LaneCounts(Direction(1, {}), _NO_PLACES, shared=True)
        counts = _two_way(stated, lists, total, both_ways)
    if counts == (None, None):
        return _NOT_STATED
    contradictions = [_contradiction(n, side, tags) for n, side in zip(counts, lists, strict=True)]
    refused += [found for found in contradictions if found is not None]
    # What a direction has by its own number and lists, or by one of them and no total, does not rest on the other's.
    alone = [total is None or (n is not None and bool(side)) for n, side in zip(stated, lists, strict=True)]
    forward, backward = (
        _NO_PLACES
        if (count := counts[own]) is None or contradictions[own] or (contradictions[other] and not alone[own])
        else _direction(count, lists[own])
        for own, other in ((0, 1), (1, 0))
    )
    contradicted = contradictions != [None, None]
    whole = None not in counts and not contradicted
    return LaneCounts(forward, backward, both_ways, whole=whole, refused=contradicted)


def _oneway(
    stated: list[int | None],
    lists: tuple[dict[str, tuple[str, ...]], ...],
    total: int | None,
    both_ways: int,
    drives_forward: bool,
    *,
    others_come: bool,
) -> tuple[int | None, int | None]:
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
        return None, None
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
) -> tuple[int | None, int | None]:
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
    if 0 in (forward, backward) or min(forward or 1, backward or 1) < 1:
        raise LanesRefusedError("lane counts contradict one another", f"lanes={total}, {forward} and {backward}")
    return forward, backward


def _stated_count(tags: Tags, key: str, *, least: int = 1) -> int | None:
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


def _contradiction(count: int | None, lists: Mapping[str, tuple[str, ...]], tags: Tags) -> tuple[str, str] | None:
    """Lists must agree with the count; each may count the cycle lanes or not, and then all places must agree."""
    lengths = {len(places) for places in lists.values()}
    if count is None or not lengths or lengths in ({count}, {count + len(cycle_places(lists))}):
        return None
    seen = ", ".join(f"{k}:lanes={'|'.join(v)}" for k, v in sorted(lists.items()))
    return "lane lists contradict the number of lanes", f"{count} lanes, lanes={tags.get('lanes')}, {seen}"


def _direction(count: int, lists: Mapping[str, tuple[str, ...]]) -> Direction:
    """Of lists that agree with the count: they say whether cycle lanes are places."""
    return Direction(next((len(places) for places in lists.values()), count), lists)
