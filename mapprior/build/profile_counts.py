"""How much of layer L1 there is: features by kind, kilometres of links by what is known of their carriageway."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mapprior.build.restrictions import Directed
from mapprior.build.topology import Topology
from mapprior.model.profile import FeatureKind, LinkCarriageway, LinkFeatures

_NOTHING = LinkCarriageway()
_JUNCTION = FeatureKind.JUNCTION
_BASIS_OF = {
    "lanes_count": "lanes_basis",
    **{x: f"{x}_basis" for x in ("separation", "pedestrians", "bicycles", "surface", "toll")},
}


@dataclass(slots=True)
class ProfileCounts:
    """`features`: by kind, junctions also by how they are ruled. `carriageway_km`: by name, then value and basis."""

    features: dict[str, int] = field(default_factory=dict)
    carriageway_km: dict[str, dict[str, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {
            "features": self.features,
            "carriageway_km": {
                name: {word: round(km, 3) for word, km in of_value.items()}
                for name, of_value in self.carriageway_km.items()
            },
        }


def profile_counts(
    topology: Topology, carriageways: Mapping[Directed, LinkCarriageway], features: Mapping[Directed, LinkFeatures]
) -> ProfileCounts:
    return ProfileCounts(_features(features), _carriageway_km(topology, carriageways))


def _features(features: Mapping[Directed, LinkFeatures]) -> dict[str, int]:
    # Named once each, not once for each of a million features.
    kinds = Counter(x.kind for of_link in features.values() for x in of_link.features)
    ruled = Counter(x.junction for of_link in features.values() for x in of_link.features if x.kind is _JUNCTION)
    counts = {x.name: count for x, count in kinds.items()} | {f"JUNCTION {x.name}": y for x, y in ruled.items()}
    return dict(sorted(counts.items()))


def _carriageway_km(
    topology: Topology, carriageways: Mapping[Directed, LinkCarriageway]
) -> dict[str, dict[str, float]]:
    # Roads of one way share their object: each is looked at once.
    by_object: dict[int, LinkCarriageway] = {}
    cm_of_object: Counter[int] = Counter()
    for directed in topology.driven():
        own = carriageways.get(directed, _NOTHING)
        by_object[id(own)] = own
        cm_of_object[id(own)] += topology.length_cm(directed)
    cm_of: dict[str, Counter[str]] = {name: Counter() for name in _BASIS_OF}
    for key, own in by_object.items():
        for name, basis in _BASIS_OF.items():
            cm_of[name][_words(name, own, basis)] += cm_of_object[key]
    return {name: {word: x / 100_000 for word, x in sorted(of_value.items())} for name, of_value in cm_of.items()}


def _words(name: str, own: LinkCarriageway, basis: str) -> str:
    value = getattr(own, name)
    if value == getattr(_NOTHING, name):
        return "unknown"
    said = value if name == "lanes_count" else value.name.lower()
    return f"{said} {getattr(own, basis).name.lower()}"
