"""Laws of layer L1 that hold for any network: drawn at random, built, and compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.choose import choose
from mapprior.build.connect import connect
from mapprior.build.profiles import road_carriageways, road_features
from mapprior.build.restrictions import Directed
from mapprior.build.signs import FACING_JUNCTIONS, signs_of
from mapprior.build.source import SourceMap, SourceWay, says_something
from mapprior.build.topology import Topology, line_e7
from mapprior.geo.frame import LocalFrame
from mapprior.geo.units import E7
from mapprior.market.countries import country, market_pack
from mapprior.market.law import MarketLaw
from mapprior.model.profile import FeatureKind, JunctionKind, LinkCarriageway, LinkFeatures, Side
from mapprior.model.provenance import Basis, Layer
from tests.build.osm_text import Built, osm_xml

GRID = {
    10 * row + column: (210.0 * column + 13 * row, 170.0 * row - 7 * column) for row in range(4) for column in range(4)
}
HIGHWAYS = ["motorway", "motorway_link", "trunk", "primary", "primary_link", "residential", "service", "track"]
SIGNS = st.fixed_dictionaries(
    {},
    optional={
        "highway": st.sampled_from(["traffic_signals", "stop", "give_way", "crossing", "motorway_junction"]),
        "crossing": st.sampled_from(["traffic_signals", "uncontrolled", "no"]),
        "direction": st.sampled_from(["forward", "backward", "both", "90"]),
        "railway": st.just("level_crossing"),
        "traffic_calming": st.just("hump"),
        "hazard": st.just("curve"),
    },
)
ROADS = st.fixed_dictionaries(
    {"highway": st.sampled_from(HIGHWAYS)},
    optional={
        "oneway": st.sampled_from(["yes", "no"]),
        "lanes": st.sampled_from(["2", "3"]),
        "lanes:forward": st.just("1"),
        "lanes:backward": st.just("1"),
        "tunnel": st.just("yes"),
        "junction": st.just("roundabout"),
        "destination": st.just("Here;There"),
        "foot:forward": st.just("no"),
    },
)


@st.composite
def networks(draw):
    """(ways, node tags): a few ways along neighbours of a grid."""
    ways = {}
    for number in range(draw(st.integers(1, 5))):
        node = draw(st.sampled_from(sorted(GRID)))
        refs = [node]
        for _ in range(draw(st.integers(1, 4))):
            steps = [n for n in (node - 10, node + 10, node - 1, node + 1) if n in GRID and n not in refs]
            if steps:
                node = draw(st.sampled_from(steps))
                refs.append(node)
        if len(refs) > 1:
            tags = draw(ROADS)
            if tags["highway"] == "track":
                tags["motor_vehicle"] = "yes"
            ways[100 + number] = (refs, tags)
    return ways or {100: ([0, 1], {"highway": "primary"})}, draw(
        st.dictionaries(st.sampled_from(sorted(GRID)), SIGNS, max_size=5)
    )


LAW = MarketLaw.from_pack(market_pack("DE"))
LAYERS = frozenset({Layer.L0, Layer.L1})


@dataclass
class Network:
    """Features and carriageways by directed road, before any tile is made."""

    topology: Topology
    carriageways: Mapping[Directed, LinkCarriageway]
    of_links: Mapping[Directed, LinkFeatures]

    def features(self, directed):
        found = self.of_links.get(directed)
        return () if found is None else found.features

    def by_place(self):
        """Of each directed road, by way and the places it runs over."""
        topology = self.topology
        return {
            (
                topology.parts[d >> 1].strand.way_id,
                *map(tuple, line_e7(topology.parts[d >> 1], d & 1)),
            ): (self.features(d), self.carriageways.get(d))
            for d in topology.driven()
        }


def build(ways, node_tags, nodes=GRID):
    frame = LocalFrame(lat0_e7=50 * E7, lon0_e7=8 * E7)
    source = SourceMap(
        # Node 0 is no node of OpenStreetMap.
        lat_lon_e7={node + 1: frame.lat_lon_e7(*place) for node, place in nodes.items()},
        node_tags={node + 1: tags for node, tags in node_tags.items() if says_something(tags)},
    )
    for way, (refs, tags) in ways.items():
        source.add_way(SourceWay(way, tuple(node + 1 for node in refs), tags))
    used, facts = choose(source, country("DE"), LAW, layers=LAYERS, progress=lambda *_: None)
    graph = connect(used, lat_lon_e7=source.lat_lon_e7, via_nodes=set(), blocking_nodes=set(), refusals=source.refusals)
    roads = {way: of_way.road for way, of_way in facts.items()}
    topology = Topology(graph, roads)
    carriageways = {way: of_way.carriageway for way, of_way in facts.items()}
    return Network(
        topology,
        road_carriageways(topology, carriageways, frozenset()),
        road_features(topology, source, carriageways),
    )


@given(networks())
def test_every_feature_lies_on_its_link_with_a_basis(network):
    built = build(*network)
    for directed, of_link in built.of_links.items():
        features = of_link.features
        assert features == tuple(sorted(features, key=lambda x: (x.start_cm, x.kind)))
        for x in features:
            assert 0 <= x.start_cm <= x.end_cm <= built.topology.length_cm(directed)
            assert x.basis is not Basis.UNKNOWN and 0 < x.confidence_permille < 1000 and x.place_sigma_cm > 0
            assert x.junction is JunctionKind.UNKNOWN or x.kind is FeatureKind.JUNCTION
        assert sum(x.kind is FeatureKind.JUNCTION for x in features) <= 1


@given(networks())
def test_every_sign_between_the_ends_of_a_road_is_told_to_somebody(network):
    built = build(*network)
    for directed in built.topology.driven():
        part = built.topology.parts[directed >> 1]
        for node in part.strand.node_ids[part.first + 1 : part.last]:
            for sign in signs_of(network[1].get(node - 1, {}), []):
                both = [x for d in (directed, directed ^ 1) for x in built.features(d)]
                closed = ("forward" if directed & 1 else "backward") if built.topology.is_oneway(directed) else None
                if (
                    closed
                    and sign.kind in FACING_JUNCTIONS
                    and (sign.heading_mrad is not None or sign.direction == closed)
                ):
                    continue  # it may be for who comes against the one-way
                assert sign.of_crossing or any(x.kind is sign.kind and x.raw == sign.raw for x in both)


@given(networks())
def test_which_way_a_road_is_drawn_leaves_no_trace(network):
    ways, node_tags = network
    turned = {way: (refs[::-1], _turned(tags)) for way, (refs, tags) in ways.items()}
    swapped = {node: {k: _WORDS.get(v, v) for k, v in tags.items()} for node, tags in node_tags.items()}
    a, b = build(ways, node_tags).by_place(), build(turned, swapped).by_place()
    assert a.keys() == b.keys()
    for key, (features, carriageway) in a.items():
        assert [_without_words(x) for x in features] == [_without_words(x) for x in b[key][0]]
        assert carriageway == b[key][1]


_WORDS = {"forward": "backward", "backward": "forward"}


def _turned(tags):
    found = {}
    for key, value in tags.items():
        stem, _, word = key.rpartition(":")
        found[f"{stem}:{_WORDS[word]}" if word in _WORDS else key] = value
    implied = tags["highway"] == "motorway" or "junction" in tags
    oneway = tags.get("oneway", "yes" if implied else "no")
    found["oneway"] = {"yes": "-1", "no": "no"}[oneway]
    return found


def _without_words(x):
    return [getattr(x, name) for name in x.__slots__ if name != "raw"]


@given(networks())
def test_the_mirror_image_has_left_and_right_exchanged(network):
    """East and West exchanged; bearings of signs are left out, since they would have to be turned too."""
    ways, node_tags = network
    node_tags = {n: {k: v for k, v in tags.items() if v != "90"} for n, tags in node_tags.items()}
    a = build(ways, node_tags)
    b = build(ways, node_tags, {node: (-x, y) for node, (x, y) in GRID.items()})
    other = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
    for directed in a.topology.driven():
        left, right = a.features(directed), b.features(directed)
        assert [_without_place(x, x.side) for x in left] == [
            _without_place(x, other.get(x.side, x.side)) for x in right
        ]
        assert all(abs(x.start_cm - y.start_cm) <= 2 for x, y in zip(left, right, strict=True))


def _without_place(x, side):
    return x.kind, side, x.confidence_permille, x.junction, x.number, x.destinations, x.raw


def test_far_from_the_equator_and_over_the_antimeridian(tmp_path):
    ways = {10: ([1, 2], {"highway": "primary", "tunnel": "yes"}), 11: ([2, 3], {"highway": "primary"})}
    for lat_deg, lon_deg in ((69, 18), (-17, 179.9999)):
        text = osm_xml(
            {1: (-300, 0), 2: (0, 0), 3: (300, 0)},
            ways,
            node_tags={2: {"highway": "crossing"}},
            lat0_e7=lat_deg * E7,
            lon0_e7=round(lon_deg * E7),
        )
        (tmp_path / f"{lat_deg}").mkdir()
        built = Built(tmp_path / f"{lat_deg}", text, market="FJ")
        assert len(built.of(FeatureKind.TUNNEL)) == 2 and len(built.of(FeatureKind.PEDESTRIAN_CROSSING)) == 2
        ((x,), _) = built.of(FeatureKind.TUNNEL).values()
        assert abs(x.extent_cm - 30_000) <= 10
