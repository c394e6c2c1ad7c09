"""Turn restrictions: relations of the source to sequences of directed roads that must not be driven.

`no_*` forbids the sequence itself. `only_*` forbids every other way on: at the via node, or at each junction
along the via ways. Conditional ones are kept with their condition, which routes judge: the report names them.
What is not for cars (`restriction:hgv`, `except=motorcar`) is left out.

Where a `from` or `to` way runs through the via node, so that two of its roads fit, the turn the word names
(left, right, straight, U) decides; where it does not decide, the restriction is refused.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mapprior.build.connect import RoadGraph, RoadPart
from mapprior.build.refusals import RefusalBook
from mapprior.build.source import SourceRelation
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.market.clauses import clauses
from mapprior.market.clock_words import in_words_of_today
from mapprior.market.condition import Refused, parse_condition

VIA_ROADS_COUNT_MAX = 32
VIA_PATHS_COUNT_MAX = 10_000  # via ways side by side can be driven in more orders than anyone can look at
_KINDS = frozenset({"no_left_turn", "no_right_turn", "no_straight_on", "no_u_turn", "no_entry", "no_exit"})
_ONLY = frozenset({"only_left_turn", "only_right_turn", "only_straight_on", "only_u_turn"})
_CAR_KEYS = ("restriction", "restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle")
_CAR_WORDS = frozenset({"motorcar", "motor_vehicle", "vehicle"})
_CLOCK_KEYS = ("day_on", "day_off", "hour_on", "hour_off", "opening_hours")  # older ways to write a condition

# A directed road: twice the number of the road, plus 1 against its way.
Directed = int


@dataclass(frozen=True, slots=True)
class ForbiddenSequence:
    """Directed roads that must not be driven one after the other."""

    roads: tuple[Directed, ...]
    source: str  # `osm:relation/1`
    condition: str


class _RefusedError(Exception):
    """Why a relation cannot be used: reason, text seen."""


def via_nodes(relations: Mapping[int, SourceRelation]) -> set[int]:
    """Nodes where a restriction lies: a road must end there for the restriction to be said."""
    return {ref for r in relations.values() for kind, ref, role in r.members if kind == "n" and role == "via"}


def forbidden_sequences(
    relations: Mapping[int, SourceRelation],
    graph: RoadGraph,
    *,
    is_driven: Callable[[Directed], bool],
    refusals: RefusalBook,
) -> list[ForbiddenSequence]:
    """All sequences, in order of relation id, without repetition."""
    roads = _DirectedRoads(graph, is_driven)
    found: dict[tuple[tuple[Directed, ...], str], ForbiddenSequence] = {}
    for relation_id in sorted(relations):
        relation = relations[relation_id]
        try:
            for kind, condition in _words(relation, refusals):
                sequences = _sequences(relation, kind, roads, refusals)
                if condition and sequences:
                    refusals.refuse(f"relation/{relation_id}", _told(condition), f"{kind} @ ({condition})")
                for sequence in sequences:
                    found.setdefault(
                        (sequence, condition), ForbiddenSequence(sequence, f"osm:relation/{relation_id}", condition)
                    )
        except _RefusedError as refused:
            reason, detail = refused.args
            refusals.refuse(f"relation/{relation_id}", reason, detail)
    return list(found.values())


def _told(condition: str) -> str:
    """What a report says of a restriction under a condition."""
    if isinstance(parse_condition(in_words_of_today(condition)), Refused):
        return "conditional turn restriction not understood, kept undecided"
    return "conditional turn restriction enforced in routes alone"


def _words(relation: SourceRelation, refusals: RefusalBook) -> Iterator[tuple[str, str]]:
    """(kind, condition) of what the relation says to cars."""
    tags = relation.tags
    excepted = {word.strip() for word in tags.get("except", "").split(";")}
    if excepted & _CAR_WORDS:
        refusals.leave_out("restriction not for cars")
        return
    clock = " ".join(f"{key}={tags[key]}" for key in _CLOCK_KEYS if key in tags)
    said = False
    for key in _CAR_KEYS:
        if key in tags:
            said = True
            yield _kind(tags[key]), clock
        conditional = tags.get(f"{key}:conditional")
        if conditional is not None:
            said = True
            stated = clauses(conditional)
            if not stated:
                raise _RefusedError("restriction not understood", f"{key}:conditional={conditional}")
            for kind, condition in stated:
                yield _kind(kind), condition
    if said:
        return
    if any(key.startswith("restriction:") for key in tags):
        refusals.leave_out("restriction not for cars")
        return
    raise _RefusedError("restriction without a word on what is forbidden", "")


def _kind(value: str) -> str:
    if value not in _KINDS and value not in _ONLY:
        raise _RefusedError("restriction not understood", f"restriction={value}")
    return value


class _DirectedRoads:
    """Directed roads by way and by the junction they leave."""

    def __init__(self, graph: RoadGraph, is_driven: Callable[[Directed], bool]) -> None:
        self.parts = graph.parts
        self.start = graph.start
        self.by_way: dict[int, list[Directed]] = defaultdict(list)
        self.leaving: dict[int, list[Directed]] = defaultdict(list)
        self.nodes = [key[2] for key in graph.junctions]
        for number, part in enumerate(graph.parts):
            for directed in (2 * number, 2 * number + 1):
                if is_driven(directed):
                    self.by_way[part.strand.way_id].append(directed)
                    self.leaving[self.start(directed)].append(directed)

    def end(self, directed: Directed) -> int:
        return self.start(directed ^ 1)

    def turn_rad(self, first: Directed, second: Directed) -> float:
        """Turn from the end of one to the start of the other, left positive, in [-pi, pi]."""
        turn = _heading(self.parts[second >> 1], second & 1, False) - _heading(self.parts[first >> 1], first & 1, True)
        return math.remainder(turn, math.tau)


def _heading(part: RoadPart, backward: int, at_end: bool) -> float:
    """Heading of the first or last segment in driving direction."""
    at_last_vertex = at_end != bool(backward)
    i = part.last - 1 if at_last_vertex else part.first
    lat, lon = part.strand.lat_e7, part.strand.lon_e7
    east, north = metres_per_e7(lat[i])
    heading = math.atan2((lat[i + 1] - lat[i]) * north, wrap_lon_e7(lon[i + 1] - lon[i]) * east)
    return heading + math.pi if backward else heading


def _sequences(
    relation: SourceRelation, kind: str, roads: _DirectedRoads, refusals: RefusalBook
) -> list[tuple[Directed, ...]]:
    origins, targets = _ways(relation, "from"), _ways(relation, "to")
    via_ways, nodes = _ways(relation, "via"), [r for k, r, role in relation.members if k == "n" and role == "via"]
    if not origins or not targets or bool(via_ways) == bool(nodes) or len(nodes) > 1:
        raise _RefusedError("restriction without from, via and to", "")
    if (len(origins) > 1 and kind != "no_entry") or (len(targets) > 1 and kind != "no_exit"):
        raise _RefusedError("restriction with too many members", f"{len(origins)} from, {len(targets)} to")
    if not all(way in roads.by_way for way in (*origins, *targets, *via_ways)):
        refusals.leave_out("restriction on a way that is not in the network")
        return []
    found: list[tuple[Directed, ...]] = []
    for origin in origins:
        for target in targets:
            paths = _at_node(roads, origin, nodes[0], target) if nodes else _along_ways(roads, origin, via_ways, target)
            found += _chosen(paths, kind, roads)
    return [other for path in found for other in _others(path, roads)] if kind in _ONLY else found


def _ways(relation: SourceRelation, role: str) -> list[int]:
    return [ref for kind, ref, member_role in relation.members if kind == "w" and member_role == role]


def _at_node(roads: _DirectedRoads, origin: int, node: int, target: int) -> list[tuple[Directed, ...]]:
    arriving = [d for d in roads.by_way[origin] if roads.nodes[roads.end(d)] == node]
    departing = [d for d in roads.by_way[target] if roads.nodes[roads.start(d)] == node]
    paths = [(a, b) for a in arriving for b in departing if roads.end(a) == roads.start(b)]
    if origin == target:
        # Only a U-turn leads from a way back to itself; the way on along it is never meant.
        paths = [(a, b) for a, b in paths if a == b ^ 1]
    return list(paths)


def _along_ways(roads: _DirectedRoads, origin: int, via_ways: Sequence[int], target: int) -> list[tuple[Directed, ...]]:
    """Paths from the origin over every via way, in whatever order they join, to the target; no road twice."""
    wanted = frozenset(via_ways)
    paths: list[tuple[Directed, ...]] = []
    stack: list[tuple[tuple[Directed, ...], frozenset[int]]] = [((d,), frozenset()) for d in roads.by_way[origin]]
    looked_at_count = 0
    while stack:
        path, used = stack.pop()
        looked_at_count += 1
        if looked_at_count > VIA_PATHS_COUNT_MAX:
            raise _RefusedError("restriction with too many ways along its via ways", f"{len(wanted)} via ways")
        for directed in roads.leaving[roads.end(path[-1])]:
            way = roads.parts[directed >> 1].strand.way_id
            if way == target and used == wanted and directed != path[-1] ^ 1:
                paths.append((*path, directed))
            if way in wanted and len(path) <= VIA_ROADS_COUNT_MAX and all(directed >> 1 != d >> 1 for d in path):
                stack.append(((*path, directed), used | {way}))
    shortest = min(map(len, paths), default=0)
    return sorted(p for p in paths if len(p) == shortest)


def _chosen(paths: Sequence[tuple[Directed, ...]], kind: str, roads: _DirectedRoads) -> list[tuple[Directed, ...]]:
    """The path that is meant; for a U-turn on one way both ends of it are."""
    if not paths:
        raise _RefusedError("restriction whose members do not join in driving direction", "")
    if len(paths) == 1 or all(len(p) == 2 and p[0] == p[1] ^ 1 for p in paths):
        return list(paths)
    fitting = [p for p in paths if _fits(kind, sum(roads.turn_rad(a, b) for a, b in pairwise(p)))]
    if len(fitting) != 1:
        raise _RefusedError("restriction with more than one meaning", f"{len(paths)} turns fit {kind}")
    return fitting


def _fits(kind: str, turn_rad: float) -> bool:
    """Does the sum of turns, left positive, look like what the word says? Bounds are wide: a tie-break only."""
    turn_deg = round(math.degrees(turn_rad))
    if kind.endswith("left_turn"):
        return 20 <= turn_deg <= 160
    if kind.endswith("right_turn"):
        return -160 <= turn_deg <= -20
    if kind.endswith("straight_on"):
        return abs(turn_deg) <= 45
    return abs(turn_deg) >= 135 if kind.endswith("u_turn") else False


def _others(path: tuple[Directed, ...], roads: _DirectedRoads) -> Iterator[tuple[Directed, ...]]:
    """Every way to leave the path before its end."""
    for i in range(len(path) - 1):
        for directed in roads.leaving[roads.end(path[i])]:
            if directed != path[i + 1]:
                yield (*path[: i + 1], directed)
