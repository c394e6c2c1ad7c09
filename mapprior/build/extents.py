"""Length of a whole tunnel or bridge: as measured along the lines of the map, as tagged, and which is served.

A structure goes on from link to link while the tags do. Where it branches it follows the straightest way on, so that
the length is that of the tube or deck one drives through; links of two branches may give two lengths.

Tags are `tunnel:length` or `bridge:length`, else `length` where the road is not both; of a way in the structure whose
own length they do not tell. The surer serves. All sigmas are working figures:
- measured, 3 m at each end, as for all that is mapped, and a hundredth: nobody sees satellites in a tunnel;
- tagged, half a metre, and a twentieth: the six structures of the extracts at hand that have a length differ from the
  map by 0.6, 1.3, 2, 5.1, 6.3 and 9 per cent (one tube bears that of its neighbour, the ends are a matter of taste);
- measured where the structure ends with the map or at a border, as much again as it measures, unless a tag says less.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mapprior.build.disagreements import Disagreement, DisagreementBook, Reading
from mapprior.build.length import parse_length_cm
from mapprior.build.restrictions import Directed
from mapprior.build.road import Road
from mapprior.build.signs import NODE_SIGMA_CM
from mapprior.build.source import SourceMap
from mapprior.build.topology import Standing, Topology
from mapprior.model.profile import FeatureKind
from mapprior.model.provenance import Basis

EXTENT_CM_MAX: Final = 10_000_000
_LINKS_COUNT_MAX: Final = 1_000
_MEASURED_SHARE, _TAGGED_SHARE = 0.01, 0.05
_TAGGED_CM: Final = 50.0
_WAY_SHARE_MAX: Final = 0.1  # nearer to the length of its own way than this, a tag is of the way and not of the whole


@dataclass(frozen=True, slots=True)
class Extent:
    cm: int
    basis: Basis
    sigma_cm: int


class Extents:
    """Asked road by road; what tags say and cannot be read is refused in the book of the source, once."""

    def __init__(self, topology: Topology, source: SourceMap) -> None:
        self._topology = topology
        self._source = source
        self._tagged_cm: dict[tuple[int, FeatureKind], int | None] = {}

    def of(self, directed: Directed, kind: FeatureKind) -> Extent:
        """TUNNEL or BRIDGE that a directed road is a part of."""
        parts, is_cut = self._parts(directed, kind)
        own_cm = sum(self._topology.length_cm(d) for d in parts)
        stated = self._stated(parts, kind, own_cm)
        sigma = math.hypot(NODE_SIGMA_CM * math.sqrt(2.0), own_cm * _MEASURED_SHARE)
        if is_cut and (stated is None or stated[1] > own_cm):  # it is no shorter than what is mapped of it
            sigma = math.hypot(sigma, own_cm)
        measured = Reading(own_cm, sigma)
        if stated is None:
            return _extent(measured.value, Basis.DERIVED, measured.sigma)
        way_id, tagged_cm = stated
        tagged = Reading(tagged_cm, math.hypot(_TAGGED_CM, tagged_cm * _TAGGED_SHARE))
        serves_tag = tagged.sigma < measured.sigma
        if tagged.contradicts(measured):
            _name(self._source.disagreements, way_id, kind, tagged, measured, serves_tag=serves_tag)
        if serves_tag:
            return _extent(tagged.value, Basis.TAGGED, tagged.sigma_beside(measured))
        return _extent(measured.value, Basis.DERIVED, measured.sigma_beside(tagged))

    def _parts(self, directed: Directed, kind: FeatureKind) -> tuple[list[Directed], bool]:
        """The roads of the whole, both ways from here, each once; and whether it ends where the map does."""
        parts, seen, is_cut = [directed], {directed >> 1}, False
        for first in (directed, directed ^ 1):
            last = first
            while len(seen) < _LINKS_COUNT_MAX:
                found = self._straightest(last, kind, against=first != directed)
                if found is None or found >> 1 in seen:
                    break
                seen.add(found >> 1)
                parts.append(found)
                last = found
            is_cut = is_cut or self._ends_with_map(last)
        return parts, is_cut

    def _straightest(self, directed: Directed, kind: FeatureKind, *, against: bool) -> Directed | None:
        """The road of the structure that goes on at the end. `against`: looking back along the way one came."""
        topology, junction = self._topology, self._topology.end(directed)
        ways = [d ^ 1 for d in topology.arriving[junction]] if against else topology.leaving[junction]
        ways = [d for d in ways if d >> 1 != directed >> 1 and _is(topology.road(d), kind)]
        return min(ways, key=lambda d: (abs(topology.bend_mrad(directed, d)), d), default=None)

    def _ends_with_map(self, directed: Directed) -> bool:
        """A public road that ends inside: an underground car park does, and is none."""
        topology, junction = self._topology, self._topology.end(directed)
        if topology.graph.junctions[junction][2] in topology.graph.borders:
            return True
        if topology.standing[directed >> 1] is not Standing.ROAD:
            return False
        return all(d >> 1 == directed >> 1 for d in (*topology.arriving[junction], *topology.leaving[junction]))

    def _stated(self, parts: list[Directed], kind: FeatureKind, own_cm: int) -> tuple[int, int] | None:
        """(way, length of the whole) that tags state; None where none does, or two contradict one another."""
        way_cm: dict[int, int] = {}
        for d in parts:
            way_id = self._topology.parts[d >> 1].strand.way_id
            way_cm[way_id] = way_cm.get(way_id, 0) + self._topology.length_cm(d)
        found: dict[int, int] = {}  # way by length
        for way_id in sorted(way_cm):
            tagged_cm = self._tagged(way_id, kind)
            if tagged_cm is not None and not _is_of_part(tagged_cm, way_cm[way_id], own_cm):
                found.setdefault(tagged_cm, way_id)
        if len(found) > 1:
            lengths = " and ".join(f"{x / 100:g} m" for x in sorted(found))
            said = f"tags of one structure say {lengths}; served: {own_cm / 100:.0f} m along the map"
            self._source.disagreements.add(_subject(kind), Disagreement(f"way/{min(found.values())}", 0.0, said))
        return next(((way_id, x) for x, way_id in found.items()), None) if len(found) == 1 else None

    def _tagged(self, way_id: int, kind: FeatureKind) -> int | None:
        key = way_id, kind
        if key not in self._tagged_cm:
            self._tagged_cm[key] = self._read(way_id, kind)
        return self._tagged_cm[key]

    def _read(self, way_id: int, kind: FeatureKind) -> int | None:
        tags = self._source.ways[way_id].tags
        name = length_key(tags, kind)
        text = tags.get(name)
        if text is None:
            return None
        length_cm = parse_length_cm(text)
        if length_cm is None or not 0 < length_cm <= EXTENT_CM_MAX:
            self._source.refusals.refuse(f"way/{way_id}", "length not understood", f"{name}={text}")
            return None
        return length_cm


def length_key(tags: Mapping[str, str], kind: FeatureKind) -> str:
    """The key that says the length of a structure, if any does."""
    own = f"{kind.name.lower()}:length"
    return own if own in tags or tags.keys() >= {"tunnel", "bridge"} else "length"


def _is(road: Road, kind: FeatureKind) -> bool:
    return road.tunnel if kind is FeatureKind.TUNNEL else road.bridge


def _is_of_part(tagged_cm: int, way_cm: int, whole_cm: int) -> bool:
    off_cm = abs(tagged_cm - way_cm)
    return off_cm < abs(tagged_cm - whole_cm) and off_cm <= _WAY_SHARE_MAX * way_cm


def _extent(length_cm: float, basis: Basis, sigma_cm: float) -> Extent:
    return Extent(min(round(length_cm), EXTENT_CM_MAX), basis, min(math.ceil(sigma_cm), EXTENT_CM_MAX))


def _subject(kind: FeatureKind) -> str:
    return f"length of a {kind.name.lower()}"


def _name(
    book: DisagreementBook, way_id: int, kind: FeatureKind, tagged: Reading, measured: Reading, *, serves_tag: bool
) -> None:
    said = f"tagged {tagged.value / 100:g} m, along the map {measured.value / 100:.0f} m"
    served = "the tag" if serves_tag else "the map"
    found = Disagreement(f"way/{way_id}", tagged.sigmas_from(measured), f"{said}; served: {served}")
    book.add(_subject(kind), found)
