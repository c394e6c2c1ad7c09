"""TUNNEL and BRIDGE with the length of the whole structure, and stretches of FORD, HAZARD and SPEED_BUMP from ways.

A structure goes on from link to link while the tags do. Where it branches it follows the straightest way on, so that
the length is that of the tube or deck one drives through; links of two branches may give two lengths. A passage
through a building is no tunnel.
"""

from collections.abc import Callable, Mapping
from typing import Final

from mapprior.build.restrictions import Directed
from mapprior.build.road import Road
from mapprior.build.sign_places import Placed
from mapprior.build.signs import NODE_SIGMA_CM, signs_of
from mapprior.build.topology import Topology
from mapprior.model.profile import FeatureKind, LinkFeature
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

_NO_TUBE: Final = frozenset({"building_passage"})  # the road runs under a house, and that is all
_KEYS: Final = ("ford", "hazard", "traffic_calming")
_LINKS_COUNT_MAX: Final = 1_000
_EXTENT_CM_MAX: Final = 10_000_000
_STRETCHES: Final = frozenset({FeatureKind.FORD, FeatureKind.HAZARD, FeatureKind.SPEED_BUMP})
_BUMP_CM_MAX: Final = 5_000  # a longer road is not one bump


def structure_features(topology: Topology, way_tags: Callable[[int], Tags]) -> Placed:
    """By directed road, over its whole length. `way_tags` answers by way."""
    found: Placed = {}
    for number, road in enumerate(topology.roads):
        tags = way_tags(topology.parts[number].strand.way_id)
        if not (road.tunnel or road.bridge) and tags.keys().isdisjoint(_KEYS):
            continue
        for directed in topology.both_ways(number):
            features = _stretches(topology.length_cm(directed), tags)
            if road.tunnel and tags["tunnel"] not in _NO_TUBE:
                features.append(_structure(topology, directed, FeatureKind.TUNNEL, tags))
            if road.bridge:
                features.append(_structure(topology, directed, FeatureKind.BRIDGE, tags))
            if features:
                found[directed] = features
    return found


def _structure(topology: Topology, directed: Directed, kind: FeatureKind, tags: Tags) -> LinkFeature:
    key = "tunnel" if kind is FeatureKind.TUNNEL else "bridge"
    length_cm = topology.length_cm(directed)
    return LinkFeature(
        kind=kind,
        start_cm=0,
        end_cm=length_cm,
        basis=Basis.TAGGED,
        confidence_permille=980,
        place_sigma_cm=NODE_SIGMA_CM,
        extent_cm=min(_extent_cm(topology, directed, kind), _EXTENT_CM_MAX),
        name=tags.get(f"{key}:name", ""),
        raw=f"{key}={tags.get(key, '')}",
    )


def _extent_cm(topology: Topology, directed: Directed, kind: FeatureKind) -> int:
    """Length of the whole, both ways from here; each road once."""
    seen = {directed >> 1}
    total_cm = topology.length_cm(directed)
    for first in (directed, directed ^ 1):
        found: Directed | None = first
        while found is not None and len(seen) < _LINKS_COUNT_MAX:
            found = _straightest(topology, found, kind, against=first != directed)
            if found is None or found >> 1 in seen:
                break
            seen.add(found >> 1)
            total_cm += topology.length_cm(found)
    return total_cm


def _straightest(topology: Topology, directed: Directed, kind: FeatureKind, *, against: bool) -> Directed | None:
    """The road of the structure that goes on at the end. `against`: looking back along the way one came."""
    junction = topology.end(directed)
    ways = [d ^ 1 for d in topology.arriving[junction]] if against else topology.leaving[junction]
    ways = [d for d in ways if d >> 1 != directed >> 1 and _is(topology.road(d), kind)]
    return min(ways, key=lambda d: (abs(topology.bend_mrad(directed, d)), d), default=None)


def _is(road: Road, kind: FeatureKind) -> bool:
    return road.tunnel if kind is FeatureKind.TUNNEL else road.bridge


def _stretches(length_cm: int, tags: Tags) -> list[LinkFeature]:
    return [
        LinkFeature(sign.kind, 0, length_cm, sign.basis, sign.confidence_permille, NODE_SIGMA_CM, raw=sign.raw)
        for sign in signs_of({key: tags[key] for key in _KEYS if key in tags}, [])
        if sign.kind in _STRETCHES and (sign.kind is not FeatureKind.SPEED_BUMP or length_cm <= _BUMP_CM_MAX)
    ]
