"""Map source to tiles: read, crop, choose, connect, restrict, pair, judge, chain, profile, cut, encode, write."""

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mapprior
from mapprior.build.access import blocks_cars, may_carry_cars
from mapprior.build.area import read_area
from mapprior.build.border import BorderCut, crop
from mapprior.build.choose import choose
from mapprior.build.connect import RoadGraph, UsableWay, connect
from mapprior.build.cut import CutCounts, MarketNetwork, WayFacts, cut, driven, tiles_count
from mapprior.build.elevation_model import ElevationModel, open_elevation_model
from mapprior.build.elsewhere import elsewhere_notes
from mapprior.build.known import known_limits
from mapprior.build.law import stated_limits
from mapprior.build.limits import WayLimits
from mapprior.build.osm_file import file_digest, read_osm_file
from mapprior.build.partings import Courses, find_courses
from mapprior.build.place import read_place
from mapprior.build.places import market_notes, places, region_notes
from mapprior.build.plausibility import doubted
from mapprior.build.profile_counts import profile_counts
from mapprior.build.profiles import RoadProfiles, profile_roads
from mapprior.build.report import BuildReport, peak_memory_bytes
from mapprior.build.request import BuildRequest, Progress, checked
from mapprior.build.restrictions import ForbiddenSequence, forbidden_sequences, via_nodes
from mapprior.build.road import OnewayStretch, dual_carriageways, is_pairable
from mapprior.build.source import SourceInfo, SourceMap
from mapprior.build.topology import Topology
from mapprior.errors import ConfigError, SourceError
from mapprior.market.countries import Country, market_pack
from mapprior.market.law import MarketLaw
from mapprior.model.ids import TileId, dataset_id
from mapprior.model.provenance import Layer
from mapprior.tile.lane_tile import encode_lane_tile
from mapprior.tile.manifest import FORMAT_VERSION, Manifest
from mapprior.tile.manifest import SourceInfo as ManifestSource
from mapprior.tile.profile_tile import encode_profile_tile
from mapprior.tile.release import ReleaseFacts, write_release
from mapprior.tile.road_tile import encode_road_tile

OSM_LICENCE = "ODbL-1.0"
OSM_ATTRIBUTION = "© OpenStreetMap contributors"
SYNTHETIC_ATTRIBUTION = "synthetic: no such roads exist"


def build_market(request: BuildRequest, progress: Progress = lambda _step, _done, _total: None) -> BuildReport:
    """Builds a release into `request.out_dir`; an earlier release there stays until the new one is whole.

    ConfigError for a request that cannot be met, SourceError for a source that cannot be read or has no road.
    """
    row = checked(request)
    with _no_garbage_collection():
        return _build(request, row, progress)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A build makes millions of small objects and no cycles; looking for cycles took a tenth of its time (measured)."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _build(request: BuildRequest, row: Country, progress: Progress) -> BuildReport:
    report = BuildReport(request.market, dataset_id(request.market, request.dataset), out_dir=str(request.out_dir))
    model, model_source = _elevation_model(request)
    with report.step("read"):
        source = _read(request, progress)
    report.sources, report.refusals = (*source.sources, *model_source), source.refusals
    report.disagreements = source.disagreements
    report.release = request.release or _source_time(source)[:10] or "undated"
    cutter = None
    if request.area is not None:
        with report.step("crop"):
            cutter = _crop(source, request.area, request.market)
    pack = market_pack(request.market)
    law = MarketLaw.from_pack(pack)
    report.notes = (
        *market_notes(row, law),
        *elsewhere_notes(source, row),
        *region_notes(request.region, law),
        *_model_notes(model),
    )
    with report.step("choose"):
        ways, facts = choose(source, row, law, layers=request.layers, progress=progress)
    with report.step("connect"):
        graph = _connect(source, ways, cutter, progress)
        topology = Topology(graph, {way_id: of_way.road for way_id, of_way in facts.items()})
    with report.step("restrict"):
        forbidden = _restrict(source, graph)
    with report.step("pair"):
        dual_parts = _pair_carriageways(graph, facts, keeps_right=row.driving_side == "right")
    with report.step("judge"):
        limits = _judge(graph, facts, dual_parts, law, row, report)
        pack["places"] = places(row, request.region, (key[:2] for key in graph.junctions))
    courses = profiles = None
    if not request.layers.isdisjoint((Layer.L1, Layer.L2)):
        with report.step("chain"):
            courses = find_courses(graph, {way_id: of_way.road for way_id, of_way in facts.items()})
    if courses is not None and Layer.L1 in request.layers:
        with report.step("profile"):
            profiles = _profile(topology, facts, dual_parts, courses, source, model, report, progress)
    area_sha256 = "" if cutter is None else cutter.area.sha256
    report.build_id = _build_id(request, report, pack, graph, area_sha256)
    network = MarketNetwork(topology, facts, dual_parts, limits, forbidden, courses, profiles)
    counts = CutCounts()
    with report.step("encode"):
        layers = _encode(network, request, report, counts, progress)
    _count(report, source, graph, counts)
    if model is not None:
        report.counts["links_with_modelled_elevation"] = counts.links_with_modelled_elevation
    report.known = known_limits(limits, counts.limits_half_cm, law, request.region)
    with report.step("write"):
        progress("write", 0, 0)
        manifest = _write(request, row, source, report, layers, pack, area_sha256)
    report.archives_bytes = {a.layer.name: a.size_bytes for a in manifest.archives}
    report.peak_memory_bytes = peak_memory_bytes()
    return report


def _read(request: BuildRequest, progress: Progress) -> SourceMap:
    source = SourceMap()
    if request.place:
        read_place(request.place, source, request.servers, lambda done: progress("read", done, 0))
    for path in request.sources:
        read_osm_file(path, source, wanted=may_carry_cars, progress=lambda done: progress("read", done, 0))
    source.refusals.leave_out("highway not for cars", len(source.unwanted_ways))
    source.keep_road_nodes()
    source.lat_lon_e7.pop(0, None)  # no node of OpenStreetMap; inside the build 0 is a point that is no node
    if not source.ways and not source.unwanted_ways:
        raise SourceError(f"{source.names}: no road in it (no way with a highway tag)")
    return source


def _source_time(source: SourceMap) -> str:
    """The oldest of the sources' times: the map is at least as new everywhere."""
    return min((s.time for s in source.sources), default="")


def _crop(source: SourceMap, path: Path, market: str) -> BorderCut:
    """Leaves out what lies outside the area; what crosses its outline is to be cut when roads are made of it."""
    area = read_area(path)
    near_ways = crop(source, area)
    if not source.ways:
        raise SourceError(f"{source.names}: no road of it lies in the area {path}")
    return BorderCut(area, near_ways=near_ways, market=market)


def _elevation_model(request: BuildRequest) -> tuple[ElevationModel | None, list[SourceInfo]]:
    """The model and its file as a source of the release; nothing where none is given."""
    if request.elevation is None:
        return None, []
    model = open_elevation_model(request.elevation, sigma_m=request.elevation_sigma_m)
    sha256, size_bytes = file_digest(request.elevation)
    return model, [SourceInfo(request.elevation.name, size_bytes, sha256, "")]


def _model_notes(model: ElevationModel | None) -> Iterator[str]:
    if model is not None and model.sigma_assumed:
        yield (
            f"{model.path.name}: how accurate the heights of this elevation model are is not said; {model.sigma_m:g} m "
            "are assumed, and what it gives is marked as inferred (--elevation-sigma-m says it)"
        )


def _build_id(
    request: BuildRequest, report: BuildReport, pack: dict[str, Any], graph: RoadGraph, area_sha256: str
) -> str:
    """Digest of everything the bytes depend on."""
    inputs = {
        "format_version": FORMAT_VERSION,
        "package_version": mapprior.__version__,
        "dataset_id": report.dataset_id,
        "release": report.release,
        "layers": sorted(layer.name for layer in request.layers),
        "sources": sorted(s.sha256 for s in report.sources),
        "market_pack": pack,
        "area": area_sha256,
        "borders": sorted((x.key, x.market_beyond) for x in graph.borders.values()),
    }
    if request.elevation is not None:
        inputs["elevation_sigma_m"] = request.elevation_sigma_m
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def _connect(source: SourceMap, ways: Iterable[UsableWay], cutter: BorderCut | None, progress: Progress) -> RoadGraph:
    progress("connect", 0, 0)
    graph = connect(
        ways,
        lat_lon_e7=source.lat_lon_e7,
        via_nodes=via_nodes(source.relations),
        blocking_nodes={node for node, tags in source.node_tags.items() if blocks_cars(tags)},
        refusals=source.refusals,
        cutter=cutter,
        told_nodes=source.node_tags.keys(),
    )
    if not graph.parts:
        raise SourceError(f"{source.names}: not one road with two known nodes")
    return graph


def _restrict(source: SourceMap, graph: RoadGraph) -> list[ForbiddenSequence]:
    return forbidden_sequences(
        source.relations,
        graph,
        is_driven=lambda directed: driven(graph.parts[directed >> 1], directed & 1) is not None,
        refusals=source.refusals,
    )


def _pair_carriageways(graph: RoadGraph, facts: dict[int, WayFacts], *, keeps_right: bool) -> frozenset[int]:
    """Roads that are one of two carriageways, by number."""
    numbers, stretches = [], []
    for number, part in enumerate(graph.parts):
        road = facts[part.strand.way_id].road
        forward = driven(part, 0) is not None
        if forward != (driven(part, 1) is not None) and is_pairable(road):
            lat, lon = part.strand.lat_e7[part.first : part.last + 1], part.strand.lon_e7[part.first : part.last + 1]
            step = 1 if forward else -1
            numbers.append(number)
            stretches.append(OnewayStretch(road, lat[::step], lon[::step]))
    opposite = dual_carriageways(stretches, oncoming_on_left=keeps_right)
    return frozenset(
        number
        for number, stretch, found in zip(numbers, stretches, opposite, strict=True)
        if stretch.road.dual or (stretch.road.dual is None and found)
    )


def _judge(
    graph: RoadGraph,
    facts: dict[int, WayFacts],
    dual_parts: frozenset[int],
    law: MarketLaw,
    row: Country,
    report: BuildReport,
) -> list[WayLimits]:
    """Statements of law beside those of the tags, and doubt where a limit contradicts its surroundings."""
    roads = {way_id: of_way.road for way_id, of_way in facts.items()}
    stated = stated_limits(
        graph,
        roads=roads,
        tagged={way_id: of_way.limits for way_id, of_way in facts.items()},
        rules={way_id: of_way.rules for way_id, of_way in facts.items() if of_way.rules is not None},
        dual_parts=dual_parts,
        law=law,
    )
    report.settings = stated.settings
    limits, report.doubts = doubted(graph, stated.of_road, roads=roads, law=law, sign_unit=row.speed_unit)
    return limits


def _profile(
    topology: Topology,
    facts: dict[int, WayFacts],
    dual_parts: frozenset[int],
    courses: Courses,
    source: SourceMap,
    model: ElevationModel | None,
    report: BuildReport,
    progress: Progress,
) -> RoadProfiles:
    """Layer L1 of every road, and how much of it there is."""
    progress("profile", 0, 0)
    profiles = profile_roads(
        topology,
        source,
        roads={way_id: of_way.road for way_id, of_way in facts.items()},
        ways={way_id: of_way.carriageway for way_id, of_way in facts.items() if of_way.carriageway is not None},
        dual_parts=dual_parts,
        courses=courses,
        model=model,
    )
    use = profiles.model_use
    if model is not None:
        if not use.roads:
            raise SourceError(f"{model.path}: the elevation model has a height on no road of the map")
        report.elevation_model = {
            "name": model.path.name,
            "sigma_m": model.sigma_m,
            "sigma_assumed": model.sigma_assumed,
            "height_reference": model.height_reference.name,
            "tagged_slopes_served": use.slopes_tagged_count,
            "tagged_slopes_outweighed": use.slopes_modelled_count,
            "tagged_heights_outweighed": use.heights_modelled_count,
        }
    report.profiles = profile_counts(topology, profiles.carriageways, profiles.features)
    return profiles


_Blobs = list[tuple[TileId, bytes]]


def _encode(
    network: MarketNetwork, request: BuildRequest, report: BuildReport, counts: CutCounts, progress: Progress
) -> dict[Layer, _Blobs]:
    layers: dict[Layer, _Blobs] = {layer: [] for layer in sorted(request.layers)}
    total = tiles_count(network.graph)
    with_lanes = Layer.L2 in request.layers
    drafts = cut(network, dataset_id=report.dataset_id, build_id=report.build_id, with_lanes=with_lanes, counts=counts)
    for done, draft in enumerate(drafts):
        progress("encode", done, total)
        layers[Layer.L0].append((draft.road.tile_id, encode_road_tile(draft.road)))
        if draft.profiles is not None:
            layers[Layer.L1].append((draft.profiles.tile_id, encode_profile_tile(draft.profiles)))
        if draft.lanes is not None:
            layers[Layer.L2].append((draft.lanes.tile_id, encode_lane_tile(draft.lanes)))
    return layers


def _count(report: BuildReport, source: SourceMap, graph: RoadGraph, counts: CutCounts) -> None:
    report.counts = {
        "ways_read": source.ways_count,
        "ways_used": len({part.strand.way_id for part in graph.parts}),  # those a road was made of
        "roads": len(graph.parts),
        "roads_km": counts.roads_length_cm / 100_000,
        "links": counts.links,
        "links_km": counts.links_length_cm / 100_000,
        "nodes": counts.nodes,
        "tiles": counts.tiles,
        "links_with_limits": counts.links_with_limits,
        "limit_statements": counts.limits,
        "links_with_lanes": counts.links_with_lanes,
        "links_with_lanes_km": counts.lanes_links_length_cm / 100_000,
        "links_with_curvature": counts.links_with_curvature,
        "links_with_elevation": counts.links_with_elevation,
        "links_with_features": counts.links_with_features,
        "features": counts.features,
        "restrictions": counts.restrictions,
        "restrictions_conditional": counts.conditional_restrictions,
        "border_nodes": len(graph.borders),
        "border_nodes_named": sum(1 for x in graph.borders.values() if x.market_beyond),
    }


def _write(
    request: BuildRequest,
    row: Country,
    source: SourceMap,
    report: BuildReport,
    layers: dict[Layer, _Blobs],
    pack: dict[str, Any],
    area_sha256: str,
) -> Manifest:
    licence, attribution = ("none stated", SYNTHETIC_ATTRIBUTION) if row.synthetic else (OSM_LICENCE, OSM_ATTRIBUTION)
    facts = ReleaseFacts(
        market=request.market,
        dataset_id=report.dataset_id,
        build_id=report.build_id,
        release=report.release,
        driving_side=row.driving_side,
        sources=[
            ManifestSource(s.name, s.sha256, s.time) for s in sorted(report.sources, key=lambda s: (s.sha256, s.name))
        ],
        licence=licence if request.licence is None else request.licence,
        attribution=attribution if request.attribution is None else request.attribution,
        source_time=_source_time(source),
        synthetic=row.synthetic,
        statistics=report.counts | ({"elevation_model": report.elevation_model} if report.elevation_model else {}),
        area_sha256=area_sha256,
    )
    try:
        return write_release(request.out_dir, facts, layers=layers, market_pack=pack)
    except OSError as error:  # the disk is full, or is no longer there
        raise ConfigError(f"tiles to {request.out_dir}: they cannot be written: {error.strerror}") from error
