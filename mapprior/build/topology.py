"""Which directed roads arrive at a junction and leave it, and what a driver would call a junction at all.

The rule of a junction, for who arrives on a road:
- Roads join; driveways, parking aisles, drive-throughs and tracks do not, unless the driver comes from one himself.
- Three or more ends of roads at one node are a junction, service roads included.
- Where a road parts into its two carriageways, or they join again, nobody crosses anybody: no junction.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum

from mapprior.build.connect import RoadGraph, RoadPart
from mapprior.build.line_length import length_m
from mapprior.build.restrictions import Directed
from mapprior.build.road import Road
from mapprior.geo.frame import metres_per_e7, wrap_lon_e7
from mapprior.geo.units import cm
from mapprior.model.link import FormOfWay, RoadClass

_CHORD_M = 20.0  # the direction of a road at a junction is that to the point this far along it
_PARTED_MRAD_MAX = 785  # 45 degrees: two carriageways leave a node side by side
_HALF_TURN_MRAD = 3142


class Standing(IntEnum):
    """How much a road counts where it meets others."""

    ROAD = 0
    SERVICE = 1
    ASIDE = 2  # driveway, parking aisle, drive-through, track


def standing_of(road: Road) -> Standing:
    if road.road_class is RoadClass.TRACK or (
        road.road_class is RoadClass.SERVICE and road.form_of_way is FormOfWay.OTHER
    ):
        return Standing.ASIDE
    return Standing.SERVICE if road.road_class is RoadClass.SERVICE else Standing.ROAD


class Topology:
    """Directed roads of a graph by junction. `roads` holds what each way is, by way id.

    `ramp_junctions`: where slip roads and motorways begin and end.
    """

    def __init__(self, graph: RoadGraph, roads: Mapping[int, Road]) -> None:
        count = len(graph.junctions)
        self.graph = graph
        self.parts = graph.parts
        self.leaving: list[list[Directed]] = [[] for _ in range(count)]
        self.arriving: list[list[Directed]] = [[] for _ in range(count)]
        self.roads: list[Road] = [roads[part.strand.way_id] for part in graph.parts]
        self.standing: list[Standing] = []
        standings = {way_id: standing_of(road) for way_id, road in roads.items()}
        self._ends: list[list[int]] = [[0] * count for _ in Standing]
        for number, part in enumerate(graph.parts):
            standing = standings[part.strand.way_id]
            self.standing.append(standing)
            for junction in (part.start, part.end):
                self._ends[standing][junction] += 1
            for backward, start, end in ((0, part.start, part.end), (1, part.end, part.start)):
                if (part.strand.use.backward if backward else part.strand.use.forward) is not None:
                    self.leaving[start].append(2 * number + backward)
                    self.arriving[end].append(2 * number + backward)
        public = self._ends[Standing.ROAD], self._ends[Standing.SERVICE]
        self._roads_count = [roads + service for roads, service in zip(*public, strict=True)]
        ramps = [
            part
            for part, road in zip(graph.parts, self.roads, strict=True)
            if road.form_of_way is FormOfWay.SLIP_ROAD or road.road_class is RoadClass.MOTORWAY
        ]
        self.ramp_junctions = {junction for part in ramps for junction in (part.start, part.end)}
        self._driven: list[Directed] = []
        self._parted: dict[int, bool] = {}

    def driven(self) -> Sequence[Directed]:
        """Every directed road that may be driven, in order."""
        if not self._driven:
            self._driven = [d for number in range(len(self.parts)) for d in self.both_ways(number)]
        return self._driven

    def both_ways(self, number: int) -> Iterator[Directed]:
        """The directions of a road that may be driven."""
        use = self.parts[number].strand.use
        if use.forward is not None:
            yield 2 * number
        if use.backward is not None:
            yield 2 * number + 1

    def start(self, directed: Directed) -> int:
        return self.graph.start(directed)

    def end(self, directed: Directed) -> int:
        return self.start(directed ^ 1)

    def road(self, directed: Directed) -> Road:
        return self.roads[directed >> 1]

    def is_oneway(self, directed: Directed) -> bool:
        use = self.parts[directed >> 1].strand.use
        return use.forward is None or use.backward is None

    def length_cm(self, directed: Directed) -> int:
        """Length of the link that is made of it."""
        return self.graph.length_cm(directed)

    def place_cm(self, directed: Directed, vertex: int) -> int:
        """Place of a vertex on the link; vertices count along the way, from 0 at the start of the road."""
        lat, lon = line_e7(self.parts[directed >> 1], directed & 1)
        i = len(lat) - 1 - vertex if directed & 1 else vertex
        return min(cm(length_m(lat[: i + 1], lon[: i + 1])), self.length_cm(directed))

    def roads_count(self, junction: int) -> int:
        """Ends of roads that meet at a node; driveways and the like are not counted."""
        return self._roads_count[junction]

    def is_crossed(self, junction: int) -> bool:
        """Do three or more ends of roads, service roads included, meet here?"""
        return self.roads_count(junction) >= 3 and not self._is_parting(junction)

    def meets_roads(self, junction: int) -> bool:
        """The same without service roads."""
        return self._ends[Standing.ROAD][junction] >= 3

    def ends_at_junction(self, directed: Directed) -> bool:
        """Does it end at a junction, for who drives it? The rule is at the top."""
        junction = self.end(directed)
        own = self.standing[directed >> 1] is Standing.ASIDE
        return self.roads_count(junction) + own >= 3 and not self._is_parting(junction)

    def onward(self, directed: Directed) -> Directed | None:
        """The road it goes on as; None at a junction, at a dead end and where nothing may be driven."""
        return None if self.ends_at_junction(directed) else self._only(self.leaving[self.end(directed)], directed)

    def before(self, directed: Directed) -> Directed | None:
        """The road that goes on as this one; None where a junction lies between, or nothing does."""
        # The way against it ends where it starts: the same node, the same rule.
        if self.ends_at_junction(directed ^ 1):
            return None
        return self._only(self.arriving[self.start(directed)], directed)

    def _only(self, candidates: list[Directed], own: Directed) -> Directed | None:
        own_is_aside = self.standing[own >> 1] is Standing.ASIDE
        found = [
            d for d in candidates if d >> 1 != own >> 1 and (own_is_aside or self.standing[d >> 1] < Standing.ASIDE)
        ]
        return found[0] if len(found) == 1 else None

    def _is_parting(self, junction: int) -> bool:
        found = self._parted.get(junction)
        if found is None:
            found = self._parted[junction] = self._parts_carriageways(junction)
        return found

    def _parts_carriageways(self, junction: int) -> bool:
        """One two-way road, one that only arrives and one that only leaves, these two side by side."""
        if self.roads_count(junction) != 3:
            return False
        arriving = [d for d in self.arriving[junction] if self.standing[d >> 1] < Standing.ASIDE]
        leaving = [d for d in self.leaving[junction] if self.standing[d >> 1] < Standing.ASIDE]
        if len(arriving) != 2 or len(leaving) != 2:
            return False
        ins, outs = [d for d in arriving if self.is_oneway(d)], [d for d in leaving if self.is_oneway(d)]
        if len(ins) != 1 or len(outs) != 1:
            return False
        if FormOfWay.ROUNDABOUT in (self.road(ins[0]).form_of_way, self.road(outs[0]).form_of_way):
            return False
        apart_mrad = turn_mrad(self.heading_mrad(ins[0] ^ 1), self.heading_mrad(outs[0]))
        return abs(apart_mrad) <= _PARTED_MRAD_MAX

    def heading_mrad(self, directed: Directed) -> int:
        """Direction in which it leaves its start: from East counter-clockwise, over its first 20 m.

        For the direction in which a road arrives at its end, turn that of the way against it by half a circle.
        """
        lat, lon = line_e7(self.parts[directed >> 1], directed & 1)
        east, north = metres_per_e7(lat[0])
        x = y = 0.0
        for i in range(1, len(lat)):
            x, y = wrap_lon_e7(lon[i] - lon[0]) * east, (lat[i] - lat[0]) * north
            if math.hypot(x, y) >= _CHORD_M:
                break
        return round(math.atan2(y, x) * 1000)

    def arrival_mrad(self, directed: Directed) -> int:
        """Direction in which it arrives at its end, over its last 20 m."""
        return turn_mrad(_HALF_TURN_MRAD, self.heading_mrad(directed ^ 1))

    def heading_at_mrad(self, directed: Directed, vertex: int) -> int:
        """Direction at an inner vertex, over the stretches before and after it; vertices count along the way."""
        lat, lon = line_e7(self.parts[directed >> 1], directed & 1)
        i = len(lat) - 1 - vertex if directed & 1 else vertex
        east, north = metres_per_e7(lat[i])
        x, y = wrap_lon_e7(lon[i + 1] - lon[i - 1]) * east, (lat[i + 1] - lat[i - 1]) * north
        return round(math.atan2(y, x) * 1000)

    def bend_mrad(self, directed: Directed, onward: Directed) -> int:
        """Turn from the end of one to the start of the other, left positive."""
        return turn_mrad(self.arrival_mrad(directed), self.heading_mrad(onward))


def line_e7(part: RoadPart, backward: int) -> tuple[list[int], list[int]]:
    """(lat, lon) of a road in a direction."""
    strand = part.strand
    lat, lon = strand.lat_e7[part.first : part.last + 1], strand.lon_e7[part.first : part.last + 1]
    return (lat[::-1], lon[::-1]) if backward else (lat, lon)


def turn_mrad(first_mrad: int, second_mrad: int) -> int:
    """Turn from one heading to another, left positive, the short way."""
    return (second_mrad - first_mrad + _HALF_TURN_MRAD) % (2 * _HALF_TURN_MRAD) - _HALF_TURN_MRAD
