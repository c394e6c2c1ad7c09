"""Laws of a road tile: what is encoded is what is read; nothing near is missed; damage is seen."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.errors import TileError
from mapprior.geo.frame import LocalFrame, wrap_lon_e7
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import E7, cm
from mapprior.model.border import BorderNode
from mapprior.model.grid import column_row
from mapprior.model.ids import LinkId, TileId, link_id, node_id, tile_id, tile_of
from mapprior.model.limit import LimitKind, SpeedUnit, TaggedLimit
from mapprior.model.link import CarAccess, FormOfWay, Link, Restriction, RoadClass
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.tile.blob import FORMAT_VERSION, encode_blob, open_blob
from mapprior.tile.lane_tile import open_lane_tile
from mapprior.tile.road_tile import RoadTileDraft, encode_road_tile, open_road_tile
from tests.tile.markets import small

BUILD = "0123456789abcdef"
BORDERS = st.builds(BorderNode, st.sampled_from([0, 7, (1 << 64) - 1]), st.sampled_from(["", "FR", "ZZ"]))
LIMIT = TaggedLimit(LimitKind.LIMITED, 50_000, SpeedUnit.KMH, Basis.TAGGED, "maxspeed=50")


@st.composite
def drafts(draw: st.DrawFn) -> RoadTileDraft:
    """Roads of random shape between nodes of one tile: at the equator, at 65 and 84 degrees, on the antimeridian."""
    lat = draw(st.sampled_from([0, 500_000_000, 650_000_000, -840_000_000]))
    lon = draw(st.sampled_from([80_000_000, 1_799_999_999, -1_800_000_000]))
    tile = tile_id(draw(st.sampled_from([0, 7, 65_535])), *column_row(lat_e7=lat, lon_e7=lon))
    frame = LocalFrame(lat0_e7=lat, lon0_e7=lon)
    near = st.tuples(st.integers(-300, 300), st.integers(-300, 300)).map(lambda p: frame.lat_lon_e7(*p))
    nodes = sorted(set(draw(st.lists(near, min_size=2, max_size=6, unique=True))))
    pairs = st.tuples(st.integers(0, len(nodes) - 1), st.integers(0, len(nodes) - 1)).filter(lambda p: p[0] != p[1])
    directed = sorted(draw(st.sets(pairs, max_size=8)))
    places = {pair: link_id(tile, index) for index, pair in enumerate(directed)}
    lines: dict[tuple[int, int], Polyline] = {}
    links = []
    for (a, b), own in places.items():
        twin = places.get((b, a))
        between = draw(st.lists(near, max_size=3))
        points = [nodes[a], *between, nodes[b]]
        lines[a, b] = lines[b, a].reversed() if (b, a) in lines else Polyline(*zip(*points, strict=True))
        links.append(_link(own, twin, node_id(tile, a), node_id(tile, b), lines[a, b]))
    return RoadTileDraft(
        tile_id=tile,
        build_id=BUILD,
        links=links,
        node_lat_e7=[x for x, _ in nodes],
        node_lon_e7=[x for _, x in nodes],
        limits=[(LIMIT,) * draw(st.integers(0, 2)) for _ in links],
        restrictions=[Restriction((x.link_id, LinkId(5)), "osm:relation/1", "7-9") for x in links[:2]],
        border_nodes=draw(st.dictionaries(st.integers(0, len(nodes) - 1), BORDERS, max_size=3)),
    )


def _link(own: LinkId, twin: LinkId | None, start: int, end: int, line: Polyline) -> Link:
    return Link(
        link_id=own,
        twin_id=twin,
        geometry_link_id=min(own, twin) if twin is not None else own,
        start_node=start,  # type: ignore[arg-type]
        end_node=end,  # type: ignore[arg-type]
        line=line,
        length_cm=min(100_000, max(1, cm(line.length_m))),
        road_class=RoadClass.PRIMARY,
        form_of_way=FormOfWay.SINGLE_CARRIAGEWAY,
        car_access=CarAccess.YES,
        names=("a",),
        route_refs=(),
        tunnel=False,
        bridge=False,
        level=0,
        oneway=twin is None,
        dead_end=False,
        stable_ref=f"osm:way/1:{own}",
    )


def same(a: Link, b: Link) -> bool:
    return replace(a, line=b.line) == b and (a.line.lat_e7, a.line.lon_e7) == (b.line.lat_e7, b.line.lon_e7)


@settings(max_examples=60, deadline=None)
@given(drafts())
def test_what_is_encoded_is_read(draft: RoadTileDraft) -> None:
    blob = encode_road_tile(draft)
    assert blob == encode_road_tile(draft)
    tile = open_road_tile(blob, name="t")
    assert (tile.tile_id, tile.build_id, tile.link_count) == (draft.tile_id, BUILD, len(draft.links))
    for index, link in enumerate(draft.links):
        assert same(tile.link(index), link)
        assert tile.link(index) is tile.link(index)
        assert tile.limits(index) == draft.limits[index]
        assert list(tile.restrictions(index)) == [x for x in draft.restrictions if x.links[0] == link.link_id]
        geometry = tile.content(index, ProfileGroup.GEOMETRY)
        assert geometry is not None and geometry.link_id == link.geometry_link_id
        assert (tile.content(index, ProfileGroup.LIMIT) is None) == (not draft.limits[index])
        assert tile.content(index, ProfileGroup.LANE) is None
    for node in range(len(draft.node_lat_e7)):
        starting = [x.link_id for x in draft.links if x.start_node == node_id(draft.tile_id, node)]
        assert list(tile.links_from(node)) == starting
        assert tile.node_position_e7(node) == (draft.node_lat_e7[node], draft.node_lon_e7[node])


@settings(max_examples=120, deadline=None)
@given(drafts(), st.integers(-900, 900), st.integers(-900, 900), st.floats(0.0, 500.0))
def test_nothing_near_is_missed(draft: RoadTileDraft, x_m: int, y_m: int, radius_m: float) -> None:
    tile = open_road_tile(encode_road_tile(draft), name="t")
    frame = LocalFrame(lat0_e7=draft.node_lat_e7[0], lon0_e7=draft.node_lon_e7[0])
    lat, lon = frame.lat_lon_e7(x_m, y_m)
    around = LocalFrame(lat0_e7=lat, lon0_e7=lon)
    found = tile.near(lat_e7=float(lat), lon_e7=float(lon), radius_m=radius_m)
    assert list(found) == sorted(set(found))
    for index, link in enumerate(draft.links):
        xy = [around.xy_m(lat_e7=p, lon_e7=q) for p, q in zip(link.line.lat_e7, link.line.lon_e7, strict=True)]
        xs, ys = [p for p, _ in xy], [q for _, q in xy]
        outside_m = max(min(xs), -max(xs), min(ys), -max(ys), 0.0)  # of the square around the box
        if link.line.project(*link.line.frame.xy_m(lat_e7=lat, lon_e7=lon)).distance_m <= radius_m * 0.999:
            assert index in found
        if outside_m > radius_m * 1.02 + 2.0:
            assert index not in found


def test_near_over_the_antimeridian() -> None:
    tile = tile_id(1, *column_row(lat_e7=0, lon_e7=-1_800_000_000))
    line = Polyline((100, 100, 100), (-1_799_999_900, 1_799_995_000, -1_799_990_000))
    link = replace(_link(link_id(tile, 0), None, node_id(tile, 0), node_id(tile, 1), line), oneway=True)
    draft = RoadTileDraft(tile, BUILD, [link], [100, 100], [-1_799_999_900, -1_799_990_000], [()])
    view = open_road_tile(encode_road_tile(draft), name="t")
    for lon in (1_799_995_000, -1_800_000_000, -1_799_990_000):
        assert view.near(lat_e7=100.0, lon_e7=float(lon), radius_m=5.0) == [0]
        assert view.near(lat_e7=100.0, lon_e7=float(lon) + 3600 * E7, radius_m=5.0) == [0]
    for lon in (1_799_900_000, -1_799_900_000, 0):
        assert list(view.near(lat_e7=100.0, lon_e7=float(wrap_lon_e7(lon)), radius_m=5.0)) == []


def test_links_lie_in_neighbouring_tiles_too() -> None:
    tile = tile_id(1, 0, 5000)
    other = tile_id(1, 16_383, 5001)
    line = Polyline((100, 200), (-1_800_000_000, 1_799_999_000))
    link = replace(_link(link_id(tile, 0), None, node_id(tile, 0), node_id(other, 7), line), oneway=True)
    view = open_road_tile(encode_road_tile(RoadTileDraft(tile, BUILD, [link], [100], [-1_800_000_000], [()])), name="t")
    assert view.link(0).end_node == node_id(other, 7)
    assert tile_of(view.link(0).end_node) == other


def test_an_empty_tile_is_a_tile() -> None:
    view = open_road_tile(encode_road_tile(RoadTileDraft(tile_id(1, 2, 3), BUILD, [], [], [], [])), name="t")
    assert (view.link_count, list(view.near(lat_e7=0.0, lon_e7=0.0, radius_m=100_000.0))) == (0, [])


@pytest.mark.parametrize("index", [-1, 8, 1 << 20])
def test_a_link_that_is_not_there_is_an_error(index: int) -> None:
    (blob,) = small().road_blobs.values()
    view = open_road_tile(blob, name="t")
    for ask in (view.link, view.limits, view.links_from, lambda i: view.content(i, ProfileGroup.ROAD)):
        with pytest.raises(TileError, match=r"^t: no (link|node)"):
            ask(index)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"node_lat_e7": [1]}, "1 node latitudes and 5"),
        ({"limits": []}, "0 entries of limits"),
        ({"tile_id": TileId(99)}, "carries the id"),
        ({"restrictions": [Restriction((LinkId(1), LinkId(2)), "x")]}, "does not begin"),
        ({"build_id": "x"}, "hexadecimal"),
    ],
)
def test_an_unsound_draft_is_refused(change: dict[str, object], what: str) -> None:
    (view,) = (drawn := small()).road_tiles.values()
    draft = RoadTileDraft(
        tile_id=view.tile_id,
        build_id=BUILD,
        links=[view.link(i) for i in range(view.link_count)],
        node_lat_e7=[view.node_position_e7(i)[0] for i in range(view.node_count)],
        node_lon_e7=[view.node_position_e7(i)[1] for i in range(view.node_count)],
        limits=[() for _ in drawn.link_ids],
    )
    assert open_road_tile(encode_road_tile(draft), name="t").link_count == 7
    with pytest.raises(ValueError, match=what):
        encode_road_tile(replace(draft, **change))  # type: ignore[arg-type]


def test_whole_in_pieces_with_rubbish_after_it() -> None:
    (blob,) = small().road_blobs.values()
    for length in range(len(blob)):
        with pytest.raises(TileError, match=r"^t: "):
            open_road_tile(blob[:length], name="t")
    for after in (b"\0", blob):
        with pytest.raises(TileError, match=r"^t: "):
            open_road_tile(blob + after, name="t")


def test_every_flipped_byte_is_seen() -> None:
    drawn = small()
    for blobs, open_ in ((drawn.road_blobs, open_road_tile), (drawn.lane_blobs, open_lane_tile)):
        (blob,) = blobs.values()
        for place in range(len(blob)):
            damaged = bytearray(blob)
            damaged[place] ^= 1 << place % 8
            with pytest.raises(TileError, match=r"^t: "):
                open_(bytes(damaged), name="t")  # type: ignore[operator]


@settings(deadline=None)
@given(drafts())
def test_border_nodes_come_back(draft: RoadTileDraft) -> None:
    blob = encode_road_tile(draft)
    view = open_road_tile(blob, name="t")
    assert view.border_nodes == draft.border_nodes
    for key in {x.key for x in draft.border_nodes.values()}:
        assert list(view.border_nodes_of(key)) == sorted(i for i, x in draft.border_nodes.items() if x.key == key)
    assert view.border_nodes_of(1) == ()
    # A tile without any is as long as one of version 1.
    assert (len(blob) > len(encode_road_tile(replace(draft, border_nodes={})))) == bool(draft.border_nodes)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({17: b"\x01\0\0\0" * 2}, "out of order"),
        ({17: b"\x63\0\0\0\x64\0\0\0"}, "not among"),
        ({18: bytes(8)}, "section 18"),
        ({19: b"F1FR"}, "not two capital letters"),
        ({19: b"F\0FR"}, "not two capital letters"),
    ],
)
def test_border_nodes_that_make_no_sense(change: dict[int, bytes], what: str) -> None:
    (blob,) = small().road_blobs.values()
    opened = open_blob(blob, name="t", layer=Layer.L0)
    borders = {17: b"\0\0\0\0\x01\0\0\0", 18: bytes(16), 19: b"FR\0\0"}
    sections = {kind: bytes(data) for kind, data in opened.sections.items()} | borders

    def made(sections: dict[int, bytes]) -> bytes:
        n, m = opened.link_count, opened.node_count
        return encode_blob(
            layer=Layer.L0, tile_id=opened.tile_id, build_id=BUILD, link_count=n, node_count=m, sections=sections
        )

    assert open_road_tile(made(sections), name="t").border_nodes == {0: BorderNode(0, "FR"), 1: BorderNode(0, "")}
    with pytest.raises(TileError, match=f"^t: .*{what}"):
        open_road_tile(made(sections | change), name="t")


def of_version(blob: bytes, version: int) -> bytes:
    from mapprior.tile import blob as container

    body = bytearray(blob[: -container.CHECKSUM_BYTES])
    body[8:10] = version.to_bytes(2, "little")
    return bytes(body) + container._checksum(bytes(body))


@pytest.mark.parametrize(("version", "what"), [(FORMAT_VERSION + 1, "newer"), (0, "format 0")])
def test_another_format_is_named(version: int, what: str) -> None:
    (blob,) = small().road_blobs.values()
    with pytest.raises(TileError, match=what):
        open_road_tile(of_version(blob, version), name="t")


def test_a_tile_of_version_1_is_read() -> None:
    (blob,) = small().road_blobs.values()
    old, new = open_road_tile(of_version(blob, 1), name="t"), open_road_tile(blob, name="t")
    assert not old.border_nodes
    assert [old.link(i).stable_ref for i in range(old.link_count)] == [
        new.link(i).stable_ref for i in range(new.link_count)
    ]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_foreign_tile_with_a_right_checksum_is_refused_or_bounded(data: st.DataObject) -> None:
    """Sections of any content and length: TileError, or a tile whose every answer is checked."""
    counts = st.integers(0, 3)
    sections = data.draw(st.dictionaries(st.integers(1, 17), st.binary(max_size=24), max_size=17))
    if data.draw(st.booleans()):
        sections = {kind: sections.get(kind, b"") for kind in range(1, 17)}
    blob = encode_blob(
        layer=Layer.L0,
        tile_id=tile_id(1, 2, 3),
        build_id=BUILD,
        link_count=data.draw(counts),
        node_count=data.draw(counts),
        sections=sections,
    )
    try:
        view = open_road_tile(blob, name="t")
        for index in range(view.link_count):
            view.restrictions(index)
            view.link(index)
    except TileError as error:
        assert str(error).startswith("t: ")
