"""A reconstructor that holds a road written down link by link, without session, tiles or protobuf."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from mapprior.geo.polyline import Polyline
from mapprior.horizon.digest import MASK64
from mapprior.horizon.events import Open
from mapprior.horizon.items import (
    ROOT,
    Content,
    CoverageSpan,
    CoverageState,
    Health,
    HealthState,
    Item,
    LimitSpan,
    LinkPlacement,
    Path,
    Update,
    WorkZoneContent,
    WorkZonePlacement,
)
from mapprior.horizon.vehicle_position import Position, PositionCandidate
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId
from mapprior.model.limit import EffectiveLimit
from mapprior.model.link import CarAccess, FormOfWay, LinkRoad, RoadClass
from mapprior.model.pose import MatchState
from mapprior.model.profile import LinkCarriageway, LinkCurvature, LinkElevation, LinkFeature, LinkFeatures
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.model.work_zone import WorkZone, WorkZoneState
from mapprior.reader.reconstructor import Reconstructor

ROAD = LinkRoad(
    *(LinkId(1), None, LinkId(1), 1, RoadClass.PRIMARY, FormOfWay.SINGLE_CARRIAGEWAY, CarAccess.YES),
    *((), (), False, False, 0, False, False, ""),
)


@dataclass(frozen=True)
class HeldLink:
    """`stored_under` 0: its own geometry, curvature and elevation; else the link whose they are, driven against it."""

    link_id: int
    length_cm: int
    curvature: LinkCurvature | None = None
    elevation: LinkElevation | None = None
    carriageway: LinkCarriageway | None = None
    features: tuple[LinkFeature, ...] = ()
    line: Polyline | None = None
    limit: EffectiveLimit | None = None
    stored_under: int = 0
    road: LinkRoad | None = ROAD

    def contents(self) -> dict[tuple[ProfileGroup, int], object]:
        shared = self.stored_under or self.link_id
        found: dict[tuple[ProfileGroup, int], object | None] = {
            (ProfileGroup.ROAD, self.link_id): self.road
            and replace(
                self.road,
                link_id=LinkId(self.link_id),
                geometry_link_id=LinkId(shared),
                length_cm=self.length_cm,
                stable_ref=self.road.stable_ref or f"held:{self.link_id}",
            ),
            (ProfileGroup.GEOMETRY, shared): self.line,
            (ProfileGroup.CURVATURE, shared): self.curvature,
            (ProfileGroup.ELEVATION, shared): self.elevation,
            (ProfileGroup.CARRIAGEWAY, self.link_id): self.carriageway,
            (ProfileGroup.FEATURE, self.link_id): LinkFeatures(self.features) if self.features else None,
        }
        return {key: x for key, x in found.items() if x is not None}


@dataclass(frozen=True)
class HeldPath:
    """A path of links. A child says which path it leaves, where, and with what chance."""

    path_id: int
    links: Sequence[HeldLink]
    parent_path_id: int = 0
    offset_on_parent_cm: int = 0
    probability_ppm: int = 1_000_000
    turn_angle_mrad: int = 0
    zones: tuple[tuple[WorkZone, int, int, WorkZoneState, bool], ...] = ()  # from, to, state, lanes apply
    covered: bool = False  # the tiles of layer L1 are all at hand

    def items(self) -> list[Item]:
        starts = [0, *accumulate(x.length_cm for x in self.links)]
        path_id = PathId(self.path_id)
        path = Path(
            *(path_id, PathId(self.parent_path_id), self.offset_on_parent_cm, 0, starts[-1]),
            *(self.probability_ppm, self.turn_angle_mrad),
        )
        placed: list[Item] = [path]
        for start_cm, x in zip(starts, self.links, strict=False):
            placed.append(LinkPlacement(path_id, start_cm, start_cm + x.length_cm, LinkId(x.link_id)))
            if x.limit is not None:
                placed.append(LimitSpan(path_id, start_cm, start_cm + x.length_cm, x.limit))
        for zone, start_cm, end_cm, state, apply in self.zones:
            placed.append(WorkZonePlacement(path_id, zone.id, start_cm, end_cm, state, 900, apply))
        if self.covered:
            placed.append(CoverageSpan(path_id, Layer.L1, 0, starts[-1], CoverageState.PRESENT))
        return placed


@dataclass
class Holder:
    """What was told so far; `tell` sends the whole of another road as a snapshot."""

    objects: list[object] = field(default_factory=list)
    zones: dict[bytes, WorkZone] = field(default_factory=dict)
    opened: Open = field(default_factory=Open)

    def __post_init__(self) -> None:
        self.client = Reconstructor(
            lambda content: self.objects[int.from_bytes(content.payload, "little")],
            lambda payload: self.zones[payload],
            opened=self.opened,
        )

    def tell(self, *paths: HeldPath, at_cm: int = 0, path_id: int = 0) -> Reconstructor:
        """The vehicle is at an offset of a path, the first unless said."""
        items = [x for path in paths for x in path.items()]
        known: dict[tuple[ProfileGroup, int], object] = {}
        for path in paths:
            for link in path.links:
                known |= link.contents()
        items += [self._content(group, link, x) for (group, link), x in known.items()]
        zones: Mapping[str, WorkZone] = {z[0].id: z[0] for path in paths for z in path.zones}
        for zone in zones.values():
            payload = repr(zone).encode()
            self.zones[payload] = zone
            items.append(WorkZoneContent(zone.id, hash(payload) & MASK64, payload))
        head = next(x for x in paths if x.path_id == (path_id or paths[0].path_id))
        at = PositionCandidate(PathId(head.path_id), at_cm, LinkId(head.links[0].link_id), 0, 0, 0, 1000)
        state_hash = sum(x.hash64() for x in items) & MASK64
        position = Position(MatchState.TRACKING, candidates=(at,))
        update = Update(1, True, 1, position, Health(HealthState.OK), tuple(items), (), state_hash)
        assert self.client.apply(update, 0)
        return self.client

    def replace(self, group: ProfileGroup, link: int, x: object) -> None:
        """Sends one content, new or in place of another, as the next update."""
        client, item = self.client, self._content(group, LinkId(link), x)
        was = client.state.contents.get(item.key)
        state_hash = sum(y.hash64() for y in client.state.items()) + item.hash64() - (was.hash64() if was else 0)
        index = client.update_index + 1
        assert client.apply(Update(index, False, index, None, None, (item,), (), state_hash & MASK64), 0)

    def _content(self, group: ProfileGroup, link: int, x: object) -> Content:
        self.objects.append(x)
        number = len(self.objects) - 1
        return Content(EncodedContent(group, LinkId(link), number + 1, number.to_bytes(8, "little")))


def hold(*paths: HeldPath, at_cm: int = 0, path_id: int = 0) -> Reconstructor:
    return Holder().tell(*paths, at_cm=at_cm, path_id=path_id)


def one_path(
    *links: HeldLink, at_cm: int = 0, zones: tuple[tuple[WorkZone, int, int, WorkZoneState, bool], ...] = ()
) -> Reconstructor:
    return hold(HeldPath(1, links, parent_path_id=ROOT, zones=zones), at_cm=at_cm)
