"""TUNNEL and BRIDGE with the length of the whole structure (`extents.py`), and stretches of FORD, HAZARD and SPEED_BUMP
from ways. A passage through a building is no tunnel.
"""

from collections.abc import Mapping
from typing import Final

from mapprior.build.extents import Extents, length_key
from mapprior.build.restrictions import Directed
from mapprior.build.sign_places import Placed
from mapprior.build.signs import NODE_SIGMA_CM, signs_of
from mapprior.build.source import SourceMap
from mapprior.build.topology import Topology
from mapprior.model.profile import FeatureKind, LinkFeature
from mapprior.model.provenance import Basis

Tags = Mapping[str, str]

_KEYS: Final = ("ford", "hazard", "traffic_calming")
_STRETCHES: Final = frozenset({FeatureKind.FORD, FeatureKind.HAZARD, FeatureKind.SPEED_BUMP})
_BUMP_CM_MAX: Final = 5_000  # a longer road is not one bump


def structure_features(topology: Topology, source: SourceMap) -> Placed:
    """By directed road, over its whole length."""
    found: Placed = {}
    extents = Extents(topology, source)
    for number, road in enumerate(topology.roads):
        tags = source.ways[topology.parts[number].strand.way_id].tags
        if not (road.tunnel or road.bridge) and tags.keys().isdisjoint(_KEYS):
            continue
        for directed in topology.both_ways(number):
            features = _stretches(topology.length_cm(directed), tags)
            if road.tunnel:
                features.append(_structure(topology, extents, directed, FeatureKind.TUNNEL, tags))
            if road.bridge:
                features.append(_structure(topology, extents, directed, FeatureKind.BRIDGE, tags))
            if features:
                found[directed] = features
    return found


def _structure(topology: Topology, extents: Extents, directed: Directed, kind: FeatureKind, tags: Tags) -> LinkFeature:
    key = "tunnel" if kind is FeatureKind.TUNNEL else "bridge"
    extent = extents.of(directed, kind)
    return LinkFeature(
        kind=kind,
        start_cm=0,
        end_cm=topology.length_cm(directed),
        basis=Basis.TAGGED,
        confidence_permille=980,
        place_sigma_cm=NODE_SIGMA_CM,
        extent_cm=extent.cm,
        name=tags.get(f"{key}:name", ""),
        raw="; ".join(f"{x}={tags[x]}" for x in (key, length_key(tags, kind)) if x in tags),
        extent_basis=extent.basis,
        extent_sigma_cm=extent.sigma_cm,
    )


def _stretches(length_cm: int, tags: Tags) -> list[LinkFeature]:
    return [
        LinkFeature(sign.kind, 0, length_cm, sign.basis, sign.confidence_permille, NODE_SIGMA_CM, raw=sign.raw)
        for sign in signs_of({key: tags[key] for key in _KEYS if key in tags}, [])
        if sign.kind in _STRETCHES and (sign.kind is not FeatureKind.SPEED_BUMP or length_cm <= _BUMP_CM_MAX)
    ]
