"""What is stated about the speed on every road: what its tags say, and which road type of the law it is.

Brings together tags (`limits.py`), network (pairs of carriageways, neighbours) and setting (`settlement.py`).
Without law only the tags speak.
"""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from mapprior.build.connect import RoadGraph
from mapprior.build.limits import WayLimits
from mapprior.build.road import Road
from mapprior.build.road_type import RuleFinder, WayRules, with_rules
from mapprior.build.settlement import Setting, going_on, judge, neighbours, surroundings
from mapprior.market.law import MarketLaw
from mapprior.model.limit import TaggedLimit


@dataclass(slots=True)
class StatedLimits:
    """By number of a road its statements, and how many roads were judged to lie inside or outside, and how."""

    of_road: list[WayLimits]
    settings: Counter[str] = field(default_factory=Counter)


def stated_limits(
    graph: RoadGraph,
    *,
    roads: Mapping[int, Road],
    tagged: Mapping[int, WayLimits],
    rules: Mapping[int, WayRules],
    dual_parts: Set[int],
    law: MarketLaw,
) -> StatedLimits:
    """All mappings are by way. Equal statements are one object, so that they are encoded once."""
    ways = [part.strand.way_id for part in graph.parts]
    if not law.digest:
        return StatedLimits([tagged[way_id] for way_id in ways])
    stated = StatedLimits([])
    finder, pool = RuleFinder(law), _Pool()
    inferred = inferred_settings(graph, roads, rules)
    sides = {
        way_id: tuple(
            (finder.kind(of_way, side, roads[way_id]), pool.one(own), of_way.settings[side])
            for side, own in ((0, tagged[way_id].forward), (1, tagged[way_id].backward))
        )
        for way_id, of_way in rules.items()
    }
    for number, way_id in enumerate(ways):
        dual, setting = number in dual_parts, inferred[number]
        forward, backward = (
            pool.joined(own, finder.statements(kind, dual=dual, setting=told or setting))
            for kind, own, told in sides[way_id]
        )
        stated.of_road.append(WayLimits(forward, backward))
        stated.settings[rules[way_id].told or setting.answer] += 1
    return stated


def inferred_settings(graph: RoadGraph, roads: Mapping[int, Road], rules: Mapping[int, WayRules]) -> list[Setting]:
    """What the rule says of every road, tagged or not."""
    told = {
        way_id: (of_way.built_up, of_way.sign_kmh)
        for way_id, of_way in rules.items()
        if of_way.sign_kmh is not None or of_way.built_up is not None
    }
    beside = neighbours(graph, roads, told)
    around = surroundings(graph, roads)
    return [
        judge(
            (*rules[part.strand.way_id].evidence, *around[number], *going_on(told[w] for w in beside.get(number, ())))
        )
        for number, part in enumerate(graph.parts)
    ]


class _Pool:
    """One object for equal statements."""

    def __init__(self) -> None:
        self._by_value: dict[tuple[TaggedLimit, ...], tuple[TaggedLimit, ...]] = {}
        self._by_parts: dict[tuple[int, int], tuple[TaggedLimit, ...]] = {}
        self._held: list[object] = []  # keeps every object whose id is a key

    def one(self, stated: tuple[TaggedLimit, ...]) -> tuple[TaggedLimit, ...]:
        return self._by_value.setdefault(stated, stated)

    def joined(self, tagged: tuple[TaggedLimit, ...], rules: tuple[TaggedLimit, ...]) -> tuple[TaggedLimit, ...]:
        key = id(tagged), id(rules)
        found = self._by_parts.get(key)
        if found is None:
            self._held.append((tagged, rules))
            found = self._by_parts[key] = self.one(with_rules(tagged, rules))
        return found
