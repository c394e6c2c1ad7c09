"""Laws of the content messages: what goes in comes out; what is no content is refused."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import TileError
from mapprior.geo.frame import wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.horizon.digest import bytes_digest
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LaneId, LinkId, NodeId
from mapprior.model.lane import Lane, LaneChange, LaneSection, LaneType, LinkLanes, TurnDirection
from mapprior.model.limit import LimitKind, LimitRole, SpeedUnit, TaggedLimit
from mapprior.model.link import CarAccess, FormOfWay, Link, LinkRoad, RoadClass
from mapprior.model.profile import LinkCarriageway, LinkCurvature, LinkElevation, LinkFeatures
from mapprior.model.provenance import Basis, ProfileGroup
from mapprior.tile import codec

IDS = st.integers(1, (1 << 64) - 1)
TEXT = st.text(max_size=12)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)


@st.composite
def polylines(draw: st.DrawFn) -> Polyline:
    """Anywhere, often over the antimeridian, with equal points in sequence now and then."""
    lat = draw(st.integers(-840_000_000, 840_000_000))
    lon = draw(st.one_of(st.integers(-1_800_000_000, 1_799_999_999), st.sampled_from([1_799_999_000, -1_799_999_990])))
    steps = draw(st.lists(st.tuples(st.integers(-9000, 9000), st.integers(-9000, 9000)), min_size=1, max_size=6))
    lats, lons = [lat], [lon]
    for dlat, dlon in steps:
        lats.append(lats[-1] + dlat)
        lons.append(wrap_lon_e7(lons[-1] + dlon))
    return Polyline(lats, lons)


def points(line: Polyline) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return line.lat_e7, line.lon_e7


roads = st.builds(
    Link,
    link_id=IDS.map(LinkId),
    twin_id=st.one_of(st.none(), IDS.map(LinkId)),
    geometry_link_id=IDS.map(LinkId),
    start_node=st.just(NodeId(1)),
    end_node=st.just(NodeId(2)),
    line=st.just(Polyline((0, 1), (0, 1))),
    length_cm=st.integers(1, 100_000),
    road_class=st.sampled_from(RoadClass),
    form_of_way=st.sampled_from(FormOfWay),
    car_access=st.sampled_from(CarAccess),
    names=TEXTS,
    route_refs=TEXTS,
    tunnel=st.booleans(),
    bridge=st.booleans(),
    level=st.integers(-127, 127),
    oneway=st.booleans(),
    dead_end=st.booleans(),
    stable_ref=TEXT,
    observed_time_us=st.integers(0, 1 << 60),
)
limits = st.lists(
    st.builds(
        TaggedLimit,
        kind=st.sampled_from(LimitKind),
        posted_value_milli=st.integers(0, 500_000),
        posted_unit=st.sampled_from(SpeedUnit),
        basis=st.sampled_from(Basis),
        raw=TEXT,
        vehicle=TEXT,
        condition=TEXT,
        lane_index=st.integers(-1, 31),
        rule_ref=TEXT,
        role=st.sampled_from(LimitRole),
        confidence_permille=st.integers(0, 1000),
    ),
    max_size=4,
).map(tuple)
lane = st.builds(
    Lane,
    lane_id=st.integers(1, 127).map(LaneId),
    width_cm=st.integers(0, 3000),
    width_basis=st.sampled_from(Basis),
    lane_type=st.sampled_from(LaneType),
    turns=st.lists(st.sampled_from(TurnDirection), max_size=3).map(tuple),
    change_left=st.sampled_from(LaneChange),
    change_right=st.sampled_from(LaneChange),
    centre_line=polylines(),
    left_boundary=polylines(),
    right_boundary=polylines(),
    destinations=st.lists(st.text(max_size=8), max_size=3).map(tuple),
)


@settings(deadline=None)
@given(polylines())
def test_geometry_comes_back_exactly(line: Polyline) -> None:
    assert points(codec.decode_geometry(codec.encode_geometry(line))) == points(line)


@settings(deadline=None)
@given(roads)
def test_a_road_comes_back(link: Link) -> None:
    payload = codec.encode_road(link)
    road = codec.decode_road(link.link_id, payload)
    assert all(getattr(road, name) == getattr(link, name) for name in LinkRoad.__slots__)
    assert payload == codec.encode_road(link)


@settings(deadline=None)
@given(limits)
def test_limits_come_back(stated: tuple[TaggedLimit, ...]) -> None:
    assert codec.decode_limits(codec.encode_limits(stated)) == stated


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(lane, max_size=2), max_size=3), st.sampled_from(Basis))
def test_lanes_come_back(sections: list[list[Lane]], basis: Basis) -> None:
    lanes = LinkLanes(basis, tuple(LaneSection(i * 10, i * 10 + 10, tuple(x)) for i, x in enumerate(sections)))
    again = codec.decode_lanes(codec.encode_lanes(lanes))
    assert (again.basis, len(again.sections)) == (basis, len(sections))
    for a, b in zip(again.sections, lanes.sections, strict=True):
        assert (a.start_cm, a.end_cm, len(a.lanes)) == (b.start_cm, b.end_cm, len(b.lanes))
        for x, y in zip(a.lanes, b.lanes, strict=True):
            for name in Lane.__slots__:
                p, q = getattr(x, name), getattr(y, name)
                assert points(p) == points(q) if isinstance(p, Polyline) else p == q


@settings(deadline=None)
@given(st.binary(max_size=60), st.sampled_from(ProfileGroup))
def test_rubbish_is_refused_or_is_content(data: bytes, group: ProfileGroup) -> None:
    try:
        decoded = codec.decode_content(EncodedContent(group, LinkId(1), bytes_digest(data), data))
    except TileError:
        return
    kinds = LinkCurvature | LinkElevation | LinkCarriageway | LinkFeatures
    assert isinstance(decoded, Polyline | LinkRoad | tuple | LinkLanes | kinds)


def test_what_readers_would_refuse_is_not_written() -> None:
    with pytest.raises(ValueError, match="start_cm"):
        codec.encode_lanes(LinkLanes(Basis.DERIVED, (LaneSection(10, 10, ()),)))
    limit = TaggedLimit(LimitKind.LIMITED, 500_000, SpeedUnit.KMH, Basis.TAGGED, "", lane_index=31)
    assert codec.decode_limits(codec.encode_limits([limit])) == (limit,)
    for beyond, what in (
        (replace(limit, posted_value_milli=500_001), "posted"),
        (replace(limit, lane_index=32), "lane"),
        (replace(limit, confidence_permille=1001), "confidence"),
    ):
        with pytest.raises(ValueError, match=what):
            codec.encode_limits([beyond])


def test_a_limit_from_before_there_were_roles_is_a_maximum() -> None:
    from mapprior.v1 import limit_pb2

    limit = TaggedLimit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, Basis.TAGGED, "maxspeed=50")
    message = limit_pb2.LinkLimits.FromString(codec.encode_limits([limit]))
    message.tagged_limits[0].ClearField("role")
    assert codec.decode_limits(message.SerializeToString()) == (limit,)
    message.tagged_limits[0].role = 99  # type: ignore[assignment]
    with pytest.raises(TileError, match="LimitRole"):
        codec.decode_limits(message.SerializeToString())


def test_an_enum_value_of_the_future_is_refused_not_guessed() -> None:
    from mapprior.v1 import limit_pb2, road_pb2

    road = road_pb2.LinkRoad(length_cm=1, road_class=99, form_of_way=2, car_access=1)  # type: ignore[arg-type]
    with pytest.raises(TileError, match="99"):
        codec.decode_road(LinkId(1), road.SerializeToString())
    limit = limit_pb2.LinkLimits(tagged_limits=[limit_pb2.TaggedLimit(kind=0)])  # type: ignore[arg-type]
    with pytest.raises(TileError, match="LimitKind"):
        codec.decode_limits(limit.SerializeToString())
