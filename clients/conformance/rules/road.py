"""A small road for the vectors: its links, their content as a tile would hold it, and paths over them."""

from collections.abc import Iterable, Sequence

from mapprior.geo.polyline import Polyline
from mapprior.horizon.digest import bytes_digest
from mapprior.horizon.items import ROOT, Content, CoverageSpan, CoverageState, LimitSpan, LinkPlacement, Path
from mapprior.horizon.update import PathItems
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LaneId, LinkId, NodeId, PathId, link_id, tile_id
from mapprior.model.lane import Lane, LaneChange, LaneSection, LaneType, LinkLanes, TurnDirection
from mapprior.model.limit import EffectiveLimit, LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.link import CarAccess, FormOfWay, Link, RoadClass
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.tile.codec import encode_geometry, encode_lanes, encode_limits, encode_road

DATASET = 42
TILE = tile_id(DATASET, 8556, 5548)
NO_NODE = NodeId(0)


def link(
    index: int,
    points: Sequence[tuple[int, int]],
    *,
    twin: int | None = None,
    lies_with: int | None = None,
    names: tuple[str, ...] = (),
    road_class: RoadClass = RoadClass.PRIMARY,
    tunnel: bool = False,
    level: int = 0,
) -> Link:
    """Link `index`. `points` are (lat_e7, lon_e7) in driving direction; `lies_with` is whose GEOMETRY holds them."""
    line = Polyline([lat for lat, _ in points], [lon for _, lon in points])
    return Link(
        link_id=link_id(TILE, index),
        twin_id=None if twin is None else link_id(TILE, twin),
        geometry_link_id=link_id(TILE, index if lies_with is None else lies_with),
        start_node=NO_NODE,
        end_node=NO_NODE,
        line=line,
        length_cm=round(line.length_m * 100),
        road_class=road_class,
        form_of_way=FormOfWay.SINGLE_CARRIAGEWAY,
        car_access=CarAccess.YES,
        names=names,
        route_refs=("B 3",),
        tunnel=tunnel,
        bridge=False,
        level=level,
        oneway=twin is None,
        dead_end=False,
        stable_ref=f"osm:way/{100 + index}:1-2:0:+",
        observed_time_us=1_700_000_000_000_000,
    )


def content(group: ProfileGroup, of: LinkId, payload: bytes) -> Content:
    return Content(EncodedContent(group, of, bytes_digest(payload), payload))


def contents(of: Link, limits: Sequence[TaggedLimit] = (), lanes: LinkLanes | None = None) -> list[Content]:
    """Everything a server sends of a link. A link whose points lie with its twin has no GEOMETRY of its own."""
    parts = [
        content(ProfileGroup.ROAD, of.link_id, encode_road(of)),
        content(ProfileGroup.LIMIT, of.link_id, encode_limits(limits)),
    ]
    if of.geometry_link_id == of.link_id:
        parts.append(content(ProfileGroup.GEOMETRY, of.link_id, encode_geometry(of.line)))
    if lanes is not None:
        parts.append(content(ProfileGroup.LANE, of.link_id, encode_lanes(lanes)))
    return parts


def two_lanes(of: Link) -> LinkLanes:
    """Two derived lanes over the whole link, drawn on its own line: the vectors are about bytes, not about shape."""

    def lane(
        number: int, turns: tuple[TurnDirection, ...], change: tuple[LaneChange, LaneChange], *destinations: str
    ) -> Lane:
        lines = (of.line, of.line, of.line)
        return Lane(LaneId(number), 350, Basis.INFERRED, LaneType.DRIVING, turns, *change, *lines, destinations)

    changes = (LaneChange.FORBIDDEN, LaneChange.ALLOWED)
    left = lane(1, (TurnDirection.LEFT, TurnDirection.THROUGH), changes, "Z 1", "Große Stadt")
    right = lane(2, (), (LaneChange.ALLOWED, LaneChange.UNKNOWN))
    return LinkLanes(Basis.DERIVED, (LaneSection(0, of.length_cm, (left, right)),))


def posted_kmh(value: int, source: Link) -> EffectiveLimit:
    """A plain limit, tagged."""
    return EffectiveLimit(
        LimitKind.LIMITED,
        value * 1000,
        SpeedUnit.KMH,
        round(value / 3.6 * 1000),
        Basis.TAGGED,
        900,
        True,
        (),
        f"maxspeed={value}",
        source.stable_ref,
    )


def path(
    number: int,
    links: Iterable[Link],
    *,
    parent: int = 0,
    branches_at_cm: int = 0,
    first_cm: int = 0,
    probability_ppm: int = 1_000_000,
    limit: EffectiveLimit | None = None,
) -> PathItems:
    """Links laid end to end from offset 0, those that end at or before `first_cm` erased; one limit over all."""
    path_id = PathId(number)
    placed: list[LinkPlacement] = []
    end_cm = 0
    for each in links:
        placed.append(LinkPlacement(path_id, end_cm, end_cm + each.length_cm, each.link_id))
        end_cm += each.length_cm
    head = Path(path_id, PathId(parent) if parent else ROOT, branches_at_cm, first_cm, end_cm, probability_ppm)
    return PathItems(
        head,
        tuple(x for x in placed if x.end_offset_cm > first_cm),
        () if limit is None else (LimitSpan(path_id, 0, end_cm, limit),),
        tuple(
            CoverageSpan(path_id, layer, 0, end_cm, state, reason)
            for layer, state, reason in (
                (Layer.L0, CoverageState.PRESENT, ""),
                (Layer.L2, CoverageState.ABSENT, "no lane tags"),
            )
        ),
    )
