"""A map source as it was read: ways, restrictions and node positions, in OpenStreetMap's own words.

Does not know which ways a car may use, nor where the elements came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mapprior.build.disagreements import DisagreementBook
from mapprior.build.refusals import RefusalBook

WAY_NODES_COUNT_MAX = 65_536  # OpenStreetMap itself allows 2,000
TAG_LENGTH_MAX = 255  # as OpenStreetMap itself allows

# A node is worth keeping where one of its keys is among these.
NODE_KEYS: Final = ("barrier", "crossing", "ele", "ford", "hazard", "highway", "railway", "traffic_calming")
_HIGHWAY_NODES: Final = frozenset(
    {"traffic_signals", "stop", "give_way", "crossing", "motorway_junction", "mini_roundabout", "toll_gantry"}
)
_RAILWAY_NODES: Final = frozenset({"level_crossing", "tram_level_crossing", "crossing", "tram_crossing"})
_SOME_VALUES: Final = {"highway": _HIGHWAY_NODES, "railway": _RAILWAY_NODES}
_ANY_VALUE: Final = frozenset(NODE_KEYS) - _SOME_VALUES.keys()


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Where the map came from. `time` is ISO 8601 UTC, empty where the source does not say."""

    name: str
    size_bytes: int
    sha256: str
    time: str


@dataclass(frozen=True, slots=True)
class SourceWay:
    """A way with a `highway` tag, its nodes in order."""

    way_id: int
    node_ids: tuple[int, ...]
    tags: Mapping[str, str]
    version: int = 0
    observed_time_us: int = 0


@dataclass(frozen=True, slots=True)
class SourceRelation:
    """A turn restriction. Members are (`n`, `w` or `r`; id; role), in order."""

    relation_id: int
    tags: Mapping[str, str]
    members: tuple[tuple[str, int, str], ...]
    version: int = 0


@dataclass(slots=True)
class SourceMap:
    """Everything read, of one or more sources; the order of reading leaves no trace in it."""

    ways: dict[int, SourceWay] = field(default_factory=dict)
    relations: dict[int, SourceRelation] = field(default_factory=dict)
    lat_lon_e7: dict[int, tuple[int, int]] = field(default_factory=dict)  # of the nodes of `ways`
    node_tags: dict[int, Mapping[str, str]] = field(default_factory=dict)  # of nodes that `says_something`
    unwanted_ways: set[int] = field(default_factory=set)
    sources: list[SourceInfo] = field(default_factory=list)
    refusals: RefusalBook = field(default_factory=RefusalBook)
    disagreements: DisagreementBook = field(default_factory=DisagreementBook)
    _first_time: str = field(default="", compare=False, repr=False)  # of the first source's nodes
    _later_times: dict[int, str] = field(default_factory=dict, compare=False, repr=False)  # of nodes of the others

    def keep_road_nodes(self) -> None:
        """Drops the tags of nodes on no way that was read. A tag longer than tags are is refused."""
        on_roads = {n: tags for n, tags in self.node_tags.items() if n in self.lat_lon_e7}
        for node, tags in on_roads.items():
            for key, value in tags.items():
                if len(value) > TAG_LENGTH_MAX:
                    self.refusals.refuse(f"node/{node}", "tag too long", f"{key}={value}")
        self.node_tags = {
            node: {k: v for k, v in tags.items() if len(v) <= TAG_LENGTH_MAX} for node, tags in on_roads.items()
        }

    @property
    def names(self) -> str:
        """What a message calls the sources."""
        return ", ".join(s.name for s in self.sources)

    @property
    def ways_count(self) -> int:
        """Ways with a `highway` tag, wanted or not."""
        return len(self.ways) + len(self.unwanted_ways - self.ways.keys())

    def add_unwanted(self, way_id: int) -> None:
        """Counts a way that the builder has no use for; sources may overlap, so by id."""
        self.unwanted_ways.add(way_id)

    def add_way(self, way: SourceWay) -> None:
        """Sources may overlap: of two states of one way the newer stays, of two equally old ones the longer.

        An extract that cuts its ways at the border holds the shorter form of a way. Of two as long the one whose words
        come last stays, so that the order of reading leaves no trace.
        """
        held = self.ways.get(way.way_id)
        if held is None or _rank(way) > _rank(held):
            self.ways[way.way_id] = way

    def add_nodes(
        self, lat_lon_e7: dict[int, tuple[int, int]], node_tags: dict[int, Mapping[str, str]], time: str
    ) -> None:
        """The nodes of the ways of one source, with what they say, and the time of the source's data.

        Of two states of one node that of the newer source stays, also where it says nothing any more; of two equally
        old ones the one that comes last by its words, then by its place.
        """
        if not self.lat_lon_e7 and not self.node_tags:
            self.lat_lon_e7, self.node_tags, self._first_time = lat_lon_e7, node_tags, time
            return
        for node, place in lat_lon_e7.items():
            held, tags = self.lat_lon_e7.get(node), node_tags.get(node, _NO_TAGS)
            if held is not None:
                held_time = self._later_times.get(node, self._first_time)
                held_rank = held_time, sorted(self.node_tags.get(node, _NO_TAGS).items()), held
                if (time, sorted(tags.items()), place) <= held_rank:
                    continue
            self.lat_lon_e7[node], self._later_times[node] = place, time
            if tags:
                self.node_tags[node] = tags
            else:
                self.node_tags.pop(node, None)

    def add_relation(self, relation: SourceRelation) -> None:
        """The same rule for relations."""
        held = self.relations.get(relation.relation_id)
        if held is None or _relation_rank(relation) > _relation_rank(held):
            self.relations[relation.relation_id] = relation


def says_something(tags: Mapping[str, str]) -> bool:
    """Does a node say anything of the road it lies on? A street lamp or a bus stop does not."""
    return not _ANY_VALUE.isdisjoint(tags) or any(
        not values.isdisjoint(tags[key].split(";")) for key, values in _SOME_VALUES.items() if key in tags
    )


_NO_TAGS: Final[Mapping[str, str]] = {}


def _rank(way: SourceWay) -> tuple[object, ...]:
    return way.version, way.observed_time_us, len(way.node_ids), way.node_ids, sorted(way.tags.items())


def _relation_rank(relation: SourceRelation) -> tuple[object, ...]:
    return relation.version, relation.members, sorted(relation.tags.items())
