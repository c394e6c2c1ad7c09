"""Where carriageways part and join: EXIT, MERGE, MOTORWAY_BEGIN, MOTORWAY_END. The rules:

- EXIT, at the end of the link before: a one-way slip road leaves, at a shallow angle, a road that is none itself and
  goes on (600 permille where that is a two-way road: it may be a short cut at a junction); or roads part
  at a node that the source calls an exit (`highway=motorway_junction`), and then also on slip roads and between
  motorways: all that leaves but the road that goes on. Number and name are the node's, else `junction:ref` of the road
  that leaves; destinations are that road's own, as posted (`destinations.py`). Several exits at one node are several
  features.
- A node that is called an exit, with nothing that leaves in the source, is an EXIT at 700 permille: cut off, perhaps.
- MERGE, at the end of each link that arrives: two or more one-way roads arrive, one leaves, and one of them is a slip
  road or all are motorways, at shallow angles.
- The road that goes on is the one of the same kind (slip road or none), class, number and name, in this order, and
  among equals the straightest.
- MOTORWAY_BEGIN and MOTORWAY_END: where one passes from other classes to motorways or their slip roads, and back. The
  slip road is taken to be under motorway law, as OpenStreetMap tags it; the sign may stand somewhere along it, so 700
  permille there and 950 where the class changes along a main road. The place is the link where it holds for all who
  pass: the start of the motorway, else the end of the road before; for the end the other way round. Where roads cross,
  as at the foot of a slip road, it is always the motorway's own link.

Nodes are where the lines of the map part, which may be tens of metres from where the lanes do: the sigmas say so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from mapprior.build.destinations import road_destinations, texts
from mapprior.build.junctions import SHALLOW_MRAD_MAX, parts_or_joins
from mapprior.build.restrictions import Directed
from mapprior.build.sign_places import Placed
from mapprior.build.topology import Standing, Topology, turn_mrad
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.profile import FeatureKind, LinkFeature, Side
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

_GORE_SIGMA_CM: Final = 3_000
_MERGE_SIGMA_CM: Final = 5_000
_CLASS_SIGMA_CM: Final = 5_000
_BEND_MRAD_MAX: Final = 1571  # a quarter turn: what turns back is no way on
_SIDE_MRAD_MIN: Final = 10  # less apart, neither is left nor right


class Ramps:
    """`way_tags` answers by way; `node_tags` holds tags by source node."""

    def __init__(self, topology: Topology, way_tags: Callable[[int], Tags], node_tags: Mapping[int, Tags]) -> None:
        self._topology = topology
        self._way_tags = way_tags
        self._node_tags = node_tags
        self._exit_nodes = {node for node, tags in node_tags.items() if _is_exit(tags)}

    def features(self) -> Placed:
        """Of all roads, by directed road."""
        found: Placed = defaultdict(list)
        topology = self._topology
        for junction in sorted(topology.ramp_junctions | self._exit_junctions()):
            for directed in self._roads(topology.arriving[junction]):
                found[directed] += [*self._exits(directed), *self._merge(directed), *self._motorway_after(directed)]
            for directed in self._roads(topology.leaving[junction]):
                found[directed] += self._motorway_before(directed)
        for directed, s_cm, node in self._exits_without_branch():
            found[directed].append(self._exit(directed, None, None, node, s_cm))
        return {directed: features for directed, features in found.items() if features}

    def _exit_junctions(self) -> set[int]:
        return {j for j, key in enumerate(self._topology.graph.junctions) if key[2] in self._exit_nodes}

    def _exits_without_branch(self) -> Iterator[tuple[Directed, int, Tags]]:
        """Nodes between the ends of one-way roads that are called exits."""
        topology = self._topology
        for number, part in enumerate(topology.parts):
            inner = part.strand.node_ids[part.first + 1 : part.last]
            if self._exit_nodes.isdisjoint(inner):
                continue
            directions = list(topology.both_ways(number))
            for vertex, node_id in enumerate(inner, start=1):
                if len(directions) == 1 and node_id in self._exit_nodes:
                    yield directions[0], topology.place_cm(directions[0], vertex), self._node_tags[node_id]

    def _exits(self, directed: Directed) -> list[LinkFeature]:
        topology = self._topology
        junction = topology.end(directed)
        leaving = [
            d
            for d in self._roads(topology.leaving[junction])
            if d != directed ^ 1 and abs(topology.bend_mrad(directed, d)) <= _BEND_MRAD_MAX
        ]
        node = self._node_tags.get(topology.graph.junctions[junction][2], {})
        is_exit = _is_exit(node)
        length_cm = topology.length_cm(directed)
        if len(leaving) <= 1:
            alone = len(self._roads(topology.arriving[junction])) == 1  # else it is where roads join
            is_cut_off = is_exit and alone and topology.is_oneway(directed)
            return [self._exit(directed, None, None, node, length_cm)] if is_cut_off else []
        onward = min(leaving, key=lambda d: self._continuity(directed, d))
        own_is_slip = self._is_slip(directed)
        return [
            self._exit(directed, d, onward, node, length_cm)
            for d in leaving
            if d != onward
            and topology.is_oneway(d)
            and abs(topology.bend_mrad(directed, d)) <= SHALLOW_MRAD_MAX
            and (is_exit or (self._is_slip(d) and not own_is_slip and not self._is_slip(onward)))
        ]

    def _exit(
        self, directed: Directed, leaves: Directed | None, onward: Directed | None, node: Tags, s_cm: int
    ) -> LinkFeature:
        topology = self._topology
        tags = self._tags(leaves) if leaves is not None else {}
        is_exit = _is_exit(node)
        side = Side.UNKNOWN
        if leaves is not None and onward is not None:
            side = _side(turn_mrad(topology.heading_mrad(onward), topology.heading_mrad(leaves)))
        fast = topology.road(directed).road_class <= RoadClass.TRUNK
        confidence_permille = 950 if is_exit or fast else 800
        if leaves is None:
            confidence_permille = 700
        elif not is_exit and not topology.is_oneway(directed):
            confidence_permille = 600
        return LinkFeature(
            kind=FeatureKind.EXIT,
            start_cm=s_cm,
            end_cm=s_cm,
            basis=Basis.TAGGED if is_exit else Basis.DERIVED,
            confidence_permille=confidence_permille,
            place_sigma_cm=_GORE_SIGMA_CM,
            side=side,
            number=(node.get("ref", "") if is_exit else "") or tags.get("junction:ref", ""),
            name=node.get("name", "") if is_exit else "",
            destinations=road_destinations(tags, backward=bool(leaves is not None and leaves & 1))
            or tuple(texts(node.get("exit_to", ""))),
            raw="highway=motorway_junction" if is_exit else "",
        )

    def _merge(self, directed: Directed) -> list[LinkFeature]:
        topology = self._topology
        junction = topology.end(directed)
        arriving = self._roads(topology.arriving[junction])
        leaving = self._roads(topology.leaving[junction])
        if len(arriving) < 2 or len(leaving) != 1 or not parts_or_joins(topology, junction):
            return []
        others = [d for d in arriving if d != directed]
        # Seen backwards from the node a road on the left lies to the right.
        sides = {_side(-turn_mrad(topology.heading_mrad(directed ^ 1), topology.heading_mrad(d ^ 1))) for d in others}
        fast = topology.road(leaving[0]).road_class <= RoadClass.TRUNK
        length_cm = topology.length_cm(directed)
        return [
            LinkFeature(
                kind=FeatureKind.MERGE,
                start_cm=length_cm,
                end_cm=length_cm,
                basis=Basis.DERIVED,
                confidence_permille=950 if fast else 800,
                place_sigma_cm=_MERGE_SIGMA_CM,
                side=sides.pop() if len(sides) == 1 else Side.BOTH,
            )
        ]

    def _motorway_before(self, directed: Directed) -> list[LinkFeature]:
        """What changes at the start of a road."""
        if not self._begins_here(directed):
            return []
        before = self._before(directed)
        if self._is_motorway(directed):
            return [self._change(FeatureKind.MOTORWAY_BEGIN, 0, directed, before)]
        if any(self._ends_here(d) for d in before):
            return []  # told there
        return [self._change(FeatureKind.MOTORWAY_END, 0, directed, before)]

    def _motorway_after(self, directed: Directed) -> list[LinkFeature]:
        """What changes at the end of a road."""
        if not self._ends_here(directed):
            return []
        after, length_cm = self._after(directed), self._topology.length_cm(directed)
        if self._is_motorway(directed):
            return [self._change(FeatureKind.MOTORWAY_END, length_cm, directed, after)]
        if any(self._begins_here(d) for d in after):
            return []  # told there
        return [self._change(FeatureKind.MOTORWAY_BEGIN, length_cm, directed, after)]

    def _begins_here(self, directed: Directed) -> bool:
        """Are all roads before of the other sort? Of a motorway's where roads cross, one is enough."""
        return self._is_other(directed, self._before(directed), self._topology.start(directed))

    def _ends_here(self, directed: Directed) -> bool:
        return self._is_other(directed, self._after(directed), self._topology.end(directed))

    def _is_other(self, directed: Directed, others: Sequence[Directed], junction: int) -> bool:
        here = self._is_motorway(directed)
        changes = [self._is_motorway(d) != here for d in others]
        return any(changes) and (all(changes) or (here and not parts_or_joins(self._topology, junction)))

    def _before(self, directed: Directed) -> list[Directed]:
        topology = self._topology
        return [d for d in self._roads(topology.arriving[topology.start(directed)]) if d != directed ^ 1]

    def _after(self, directed: Directed) -> list[Directed]:
        topology = self._topology
        return [d for d in self._roads(topology.leaving[topology.end(directed)]) if d != directed ^ 1]

    def _change(self, kind: FeatureKind, s_cm: int, directed: Directed, others: Sequence[Directed]) -> LinkFeature:
        along_main = not any(self._is_slip(d) for d in (directed, *others))
        return LinkFeature(
            kind=kind,
            start_cm=s_cm,
            end_cm=s_cm,
            basis=Basis.DERIVED,
            confidence_permille=950 if along_main else 700,
            place_sigma_cm=_CLASS_SIGMA_CM,
        )

    def _continuity(self, directed: Directed, onward: Directed) -> tuple[bool, bool, bool, bool, int, Directed]:
        """Less is better: how much a road looks like the going on of another."""
        own, other = self._topology.road(directed), self._topology.road(onward)
        return (
            self._is_slip(directed) != self._is_slip(onward),
            own.road_class is not other.road_class,
            bool(own.route_refs) and not set(own.route_refs) & set(other.route_refs),
            bool(own.names) and not set(own.names) & set(other.names),
            abs(self._topology.bend_mrad(directed, onward)),
            onward,
        )

    def _roads(self, directed: Sequence[Directed]) -> list[Directed]:
        """Public roads among them: a yard at a ramp neither joins nor leaves it."""
        return [d for d in directed if self._topology.standing[d >> 1] is Standing.ROAD]

    def _is_slip(self, directed: Directed) -> bool:
        return self._topology.road(directed).form_of_way is FormOfWay.SLIP_ROAD

    def _is_motorway(self, directed: Directed) -> bool:
        return self._topology.road(directed).road_class is RoadClass.MOTORWAY

    def _tags(self, directed: Directed) -> Tags:
        return self._way_tags(self._topology.parts[directed >> 1].strand.way_id)


def _is_exit(node: Tags) -> bool:
    return "motorway_junction" in node.get("highway", "").split(";")


def _side(turned_mrad: int) -> Side:
    if abs(turned_mrad) < _SIDE_MRAD_MIN:
        return Side.UNKNOWN
    return Side.LEFT if turned_mrad > 0 else Side.RIGHT
