"""Cuts the network into tiles: gives nodes and links their ids and makes the drafts that are encoded.

A link lies in the tile of its start node. Nodes of a tile are numbered by position, then by source id; links by
start node, then by way and place in it. A tile that holds only the ends of links still has its nodes.

Lines are made of points alone, which is all that is encoded: headings and local metres took a third of a build.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from mapprior.build.carriageway import WayCarriageway
from mapprior.build.connect import JunctionKey, RoadGraph, RoadPart
from mapprior.build.lane_lines import LaneLines
from mapprior.build.lanes import WayLanes
from mapprior.build.limits import WayLimits
from mapprior.build.partings import Courses
from mapprior.build.profiles import RoadProfiles
from mapprior.build.restrictions import Directed, ForbiddenSequence
from mapprior.build.road import Road
from mapprior.build.road_type import WayRules
from mapprior.build.topology import Topology
from mapprior.geo.polyline import Polyline
from mapprior.model.border import BorderNode
from mapprior.model.grid import column_row
from mapprior.model.ids import LinkId, NodeId, TileId, link_id, node_id, tile_id
from mapprior.model.lane import LinkLanes
from mapprior.model.link import CarAccess, FormOfWay, Link, Restriction
from mapprior.model.profile import LinkCarriageway, LinkCurvature, LinkElevation, LinkFeatures
from mapprior.tile.lane_tile import LaneTileDraft
from mapprior.tile.profile_tile import ProfileTileDraft
from mapprior.tile.road_tile import RoadTileDraft


@dataclass(frozen=True, slots=True)
class WayFacts:
    """What the tags of a way say, in our words."""

    road: Road
    limits: WayLimits
    rules: WayRules | None  # None in a market without law
    lanes: WayLanes | None  # None where no lanes are stated, and without layer L2
    carriageway: WayCarriageway | None  # None without layer L1
    observed_time_us: int


@dataclass(slots=True)
class MarketNetwork:
    """The network of a market before it is cut. `dual_parts`: roads that are one of two carriageways.

    `limits`: by number of a road all that is stated about its speed, by tags and by law.
    """

    topology: Topology
    facts: Mapping[int, WayFacts]
    dual_parts: Set[int]
    limits: Sequence[WayLimits]
    forbidden: Sequence[ForbiddenSequence]
    courses: Courses | None  # None without layers L1 and L2
    profiles: RoadProfiles | None  # None without layer L1

    @property
    def graph(self) -> RoadGraph:
        return self.topology.graph


@dataclass(slots=True)
class CutCounts:
    """What lies in the tiles."""

    tiles: int = 0
    nodes: int = 0
    links: int = 0
    links_with_limits: int = 0
    links_with_lanes: int = 0
    links_with_curvature: int = 0
    links_with_elevation: int = 0
    links_with_modelled_elevation: int = 0
    links_with_features: int = 0
    features: int = 0
    limits: int = 0
    restrictions: int = 0
    conditional_restrictions: int = 0
    links_length_cm: int = 0
    roads_length_cm: int = 0
    lanes_links_length_cm: int = 0
    # Length of the links in half centimetres, that is half of a road for each direction, by id() of their statements.
    limits_half_cm: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class TileDrafts:
    road: RoadTileDraft
    profiles: ProfileTileDraft | None
    lanes: LaneTileDraft | None


@dataclass(slots=True)
class _Numbers:
    """Ids of everything, by junction and by directed road."""

    nodes: list[NodeId]
    links: dict[Directed, LinkId]
    nodes_of: dict[TileId, list[int]]  # junctions in order of their index
    links_of: dict[TileId, list[Directed]]  # in order of their index
    leaving_count: Counter[int] = field(default_factory=Counter)


def driven(part: RoadPart, backward: int) -> CarAccess | None:
    """Access in one direction of a road; None where no car may drive that way."""
    return part.strand.use.backward if backward else part.strand.use.forward


def cut(
    network: MarketNetwork, *, dataset_id: int, build_id: str, with_lanes: bool, counts: CutCounts
) -> Iterator[TileDrafts]:
    """Drafts of all tiles in order of their ids; adds to `counts` as they are taken."""
    numbers = _number(network.graph, dataset_id)
    forbidden: dict[LinkId, list[Restriction]] = defaultdict(list)
    for sequence in network.forbidden:
        links = tuple(numbers.links[d] for d in sequence.roads)
        forbidden[links[0]].append(Restriction(links, sequence.source, sequence.condition))
    lines = None
    if with_lanes:
        assert network.courses is not None
        lanes = {way_id: facts.lanes for way_id, facts in network.facts.items() if facts.lanes is not None}
        lines = LaneLines(network.graph, network.courses, lanes)
    for tile in sorted(numbers.nodes_of):
        yield _drafts(network, numbers, forbidden, lines, tile, build_id, counts)


def tiles_count(graph: RoadGraph) -> int:
    """Number of tiles that `cut` yields."""
    return len({column_row(lat_e7=key[0], lon_e7=key[1]) for key in graph.junctions})


def _number(graph: RoadGraph, dataset_id: int) -> _Numbers:
    nodes_of: dict[TileId, list[int]] = defaultdict(list)
    tile_of_junction = []
    for junction, key in enumerate(graph.junctions):
        tile = tile_id(dataset_id, *column_row(lat_e7=key[0], lon_e7=key[1]))
        tile_of_junction.append(tile)
        nodes_of[tile].append(junction)
    nodes = [NodeId(0)] * len(graph.junctions)
    for tile, junctions in nodes_of.items():
        junctions.sort(key=graph.junctions.__getitem__)
        for index, junction in enumerate(junctions):
            nodes[junction] = node_id(tile, index)
    numbers = _Numbers(nodes, {}, nodes_of, defaultdict(list))
    for number, part in enumerate(graph.parts):
        for backward, start in ((0, part.start), (1, part.end)):
            if driven(part, backward) is not None:
                numbers.links_of[tile_of_junction[start]].append(2 * number + backward)
                numbers.leaving_count[start] += 1
    for tile, links in numbers.links_of.items():
        links.sort(key=lambda d: (nodes[graph.start(d)], d))
        for index, directed in enumerate(links):
            numbers.links[directed] = link_id(tile, index)
    return numbers


def _drafts(
    network: MarketNetwork,
    numbers: _Numbers,
    forbidden: Mapping[LinkId, Sequence[Restriction]],
    lines: LaneLines | None,
    tile: TileId,
    build_id: str,
    counts: CutCounts,
) -> TileDrafts:
    junctions = [network.graph.junctions[j] for j in numbers.nodes_of[tile]]
    links: list[Link] = []
    limits = []
    lanes: dict[int, LinkLanes] = {}
    restrictions: list[Restriction] = []
    for index, directed in enumerate(numbers.links_of.get(tile, ())):
        link = _link(network, numbers, directed)
        of_road = network.limits[directed >> 1]
        stated = of_road.backward if directed & 1 else of_road.forward
        links.append(link)
        limits.append(stated)
        counts.limits_half_cm[id(stated)] += link.length_cm * (2 if link.twin_id is None else 1)
        restrictions += forbidden.get(link.link_id, ())
        of_link = None if lines is None else lines.of_link(directed, link.length_cm)
        if of_link is not None:
            lanes[index] = of_link
            counts.lanes_links_length_cm += link.length_cm
        counts.links_length_cm += link.length_cm
        if link.twin_id is None or not directed & 1:
            counts.roads_length_cm += link.length_cm
    counts.tiles += 1
    counts.nodes += len(junctions)
    counts.links += len(links)
    counts.limits += sum(map(len, limits))
    counts.links_with_limits += sum(1 for x in limits if any(not y.rule_ref for y in x))
    counts.links_with_lanes += len(lanes)
    counts.restrictions += len(restrictions)
    counts.conditional_restrictions += sum(1 for r in restrictions if r.condition)
    road = RoadTileDraft(
        tile_id=tile,
        build_id=build_id,
        links=links,
        node_lat_e7=[key[0] for key in junctions],
        node_lon_e7=[key[1] for key in junctions],
        limits=limits,
        restrictions=restrictions,
        border_nodes={i: border for i, key in enumerate(junctions) if (border := border_of(network.graph, key))},
    )
    profiles = None
    if network.profiles is not None:
        profiles = _profiles(network.profiles, numbers.links_of.get(tile, ()), links, tile, build_id, counts)
    return TileDrafts(road, profiles, LaneTileDraft(tile, build_id, lanes) if lanes else None)


def _profiles(
    profiles: RoadProfiles,
    roads: Sequence[Directed],
    links: Sequence[Link],
    tile: TileId,
    build_id: str,
    counts: CutCounts,
) -> ProfileTileDraft | None:
    """Layer L1 of the links of a tile. What both directions share lies under the link that holds the geometry."""
    curvatures: dict[int, LinkCurvature] = {}
    elevations: dict[int, LinkElevation] = {}
    carriageways: dict[int, LinkCarriageway] = {}
    all_features: dict[int, LinkFeatures] = {}
    for index, (directed, link) in enumerate(zip(roads, links, strict=True)):
        carriageway, features = profiles.carriageways.get(directed), profiles.features.get(directed)
        elevation = profiles.elevations.get(directed >> 1)
        if carriageway is not None:
            carriageways[index] = carriageway
        if features is not None:
            all_features[index] = features
            counts.features += len(features.features)
        if link.geometry_link_id == link.link_id:
            curvature = profiles.curvatures[directed >> 1]
            curvatures[index] = (curvature.reversed() if directed & 1 else curvature).fitted(link.length_cm)
            if elevation is not None:
                elevations[index] = (elevation.reversed() if directed & 1 else elevation).fitted(link.length_cm)
        counts.links_with_features += features is not None
        counts.links_with_curvature += 1
        counts.links_with_elevation += elevation is not None
        counts.links_with_modelled_elevation += directed >> 1 in profiles.model_use.roads
    draft = ProfileTileDraft(tile, build_id, curvatures, elevations, carriageways, all_features)
    return draft if draft.links_count else None


def _link(network: MarketNetwork, numbers: _Numbers, directed: Directed) -> Link:
    graph, backward = network.graph, directed & 1
    part = graph.parts[directed >> 1]
    facts = network.facts[part.strand.way_id]
    road = facts.road
    own = numbers.links[directed]
    twin = numbers.links.get(directed ^ 1)
    start, end = (part.end, part.start) if backward else (part.start, part.end)
    lat, lon = part.strand.lat_e7[part.first : part.last + 1], part.strand.lon_e7[part.first : part.last + 1]
    step = -1 if backward else 1
    line = Polyline(lat[::step], lon[::step], points_only=True)
    access = driven(part, backward)
    assert access is not None  # a directed road without access has no id
    # The link along the way holds the points for both, where both lie in one tile.
    shares = backward and twin is not None and twin >> 20 == own >> 20
    return Link(
        link_id=own,
        twin_id=twin,
        geometry_link_id=twin if shares and twin is not None else own,
        start_node=numbers.nodes[start],
        end_node=numbers.nodes[end],
        line=line,
        length_cm=network.topology.length_cm(directed),
        road_class=road.road_class,
        form_of_way=FormOfWay.MULTIPLE_CARRIAGEWAY if directed >> 1 in network.dual_parts else road.form_of_way,
        car_access=access,
        names=road.names,
        route_refs=road.route_refs,
        tunnel=road.tunnel,
        bridge=road.bridge,
        level=road.level,
        oneway=twin is None,
        dead_end=numbers.leaving_count[end] == (twin is not None) and not border_of(graph, graph.junctions[end]),
        stable_ref=f"{part.ref}:{'-' if backward else '+'}",
        observed_time_us=facts.observed_time_us,
    )


def border_of(graph: RoadGraph, junction: JunctionKey) -> BorderNode | None:
    """The border at a junction; None where a road goes on in the market, or ends for good."""
    _, _, node_id, way_id, _ = junction
    return graph.borders.get(node_id) if not way_id else None
