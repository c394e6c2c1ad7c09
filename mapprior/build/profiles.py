"""Layer L1 of all roads before they are cut: carriageway and features by direction, curvature and elevation by road."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from mapprior.build.access import Refused
from mapprior.build.carriageway import NO_LANES, WayCarriageway, paired
from mapprior.build.curves import RoadCurvatures, road_curvatures
from mapprior.build.elevation import road_elevations
from mapprior.build.elevation_model import ElevationModel
from mapprior.build.junctions import junction_features
from mapprior.build.lane_ends import LanesAcross, lane_changes
from mapprior.build.model_use import ModelUse
from mapprior.build.partings import Courses
from mapprior.build.ramps import Ramps
from mapprior.build.restrictions import Directed
from mapprior.build.road import Road
from mapprior.build.sign_places import Placed, place_signs
from mapprior.build.signs import Sign, signs_of
from mapprior.build.source import SourceMap
from mapprior.build.structures import structure_features
from mapprior.build.topology import Topology
from mapprior.model.profile import (
    FeatureKind,
    LinkCarriageway,
    LinkElevation,
    LinkFeature,
    LinkFeatures,
)


@dataclass(frozen=True, slots=True)
class RoadProfiles:
    """Curvature and elevation by number of a road, along its way; the rest by directed road."""

    carriageways: Mapping[Directed, LinkCarriageway]
    features: Mapping[Directed, LinkFeatures]
    curvatures: RoadCurvatures
    elevations: Mapping[int, LinkElevation]
    model_use: ModelUse = field(default_factory=ModelUse)


def profile_roads(
    topology: Topology,
    source: SourceMap,
    *,
    roads: Mapping[int, Road],
    ways: Mapping[int, WayCarriageway],
    dual_parts: Set[int],
    courses: Courses,
    model: ElevationModel | None,
) -> RoadProfiles:
    """Layer L1 of every road; `roads` and `ways` by way id. Refusals go into the book of the source."""
    carriageways = road_carriageways(topology, ways, dual_parts)
    features = road_features(topology, source, ways)
    curvatures = road_curvatures(topology.graph, courses)
    use = ModelUse()
    stated = road_elevations(topology.graph, source, roads, courses.chains, model=model, use=use)
    elevations = {number: elevation for number, elevation in enumerate(stated) if elevation is not None}
    return RoadProfiles(carriageways, features, curvatures, elevations, use)


def road_carriageways(
    topology: Topology, ways: Mapping[int, WayCarriageway], dual_parts: Set[int]
) -> dict[Directed, LinkCarriageway]:
    """What holds on each directed road. Roads of one way share the object, which keeps a country in memory."""
    pairs: dict[int, LinkCarriageway] = {}
    found = {}
    for directed in topology.driven():
        way = ways[topology.parts[directed >> 1].strand.way_id]
        own = way.backward if directed & 1 else way.forward
        if directed >> 1 in dual_parts:
            own = pairs.setdefault(id(own), paired(own))
        if own != _NOTHING:
            found[directed] = own
    return found


_NOTHING = LinkCarriageway()


def road_features(
    topology: Topology, source: SourceMap, ways: Mapping[int, WayCarriageway]
) -> dict[Directed, LinkFeatures]:
    """Everything that stands or happens along each directed road."""

    def way_tags(way_id: int) -> Mapping[str, str]:
        return source.ways[way_id].tags

    def node_tags(node_id: int) -> Mapping[str, str]:
        return source.node_tags.get(node_id, _NO_TAGS)

    def lanes(directed: Directed) -> LanesAcross:
        way = ways.get(topology.parts[directed >> 1].strand.way_id)
        return NO_LANES if way is None else way.backward_lanes if directed & 1 else way.forward_lanes

    signs = place_signs(topology, _signs(source))
    kinds: tuple[Placed, ...] = (
        signs.by_road,
        junction_features(topology, signs, node_tags),
        Ramps(topology, way_tags, source.node_tags).features(),
        lane_changes(topology, lanes),
        structure_features(topology, source),
    )
    found: dict[Directed, list[LinkFeature]] = {}
    for of_kind in kinds:
        for directed, features in of_kind.items():
            found.setdefault(directed, []).extend(features)
    return {directed: LinkFeatures(_ordered(found[directed])) for directed in sorted(found)}


_NO_TAGS: Mapping[str, str] = {}


def _ordered(features: list[LinkFeature]) -> tuple[LinkFeature, ...]:
    return tuple(features) if len(features) == 1 else tuple(sorted(features, key=_order))


def _order(x: LinkFeature) -> tuple[int, FeatureKind, int, str, str, tuple[str, ...], str]:
    return x.start_cm, x.kind, -x.confidence_permille, x.number, x.name, x.destinations, x.raw


def _signs(source: SourceMap) -> dict[int, list[Sign]]:
    found = {}
    for node in sorted(source.node_tags):
        refused: Refused = []
        signs = signs_of(source.node_tags[node], refused)
        if signs:
            found[node] = signs
        for reason, text in dict.fromkeys(refused):
            source.refusals.refuse(f"node/{node}", reason, text)
    return found
