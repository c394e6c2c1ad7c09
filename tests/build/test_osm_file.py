import bz2
import gzip

import osmium
import pytest

from mapprior.build.osm_file import read_osm_file
from mapprior.build.source import SourceMap, SourceWay
from mapprior.errors import SourceError
from tests.build.osm_text import ROAD, osm_xml

TEXT = osm_xml(
    {1: (0.0, 0.0), 2: (50.0, 0.0), 3: (90.0, 0.0)},
    {10: ([1, 2], {**ROAD, "name": "Ä <&>"}), 11: ([2, 3], {"building": "yes"}), 12: ([2, 3], {"highway": "footway"})},
    {5: ([("way", 10, "from"), ("node", 2, "via"), ("way", 10, "to")], {"restriction": "no_u_turn"})},
    node_tags={2: {"barrier": "gate"}},
)


def read(path, **options):
    source = SourceMap()
    read_osm_file(path, source, **options)
    return source


@pytest.fixture
def pbf(tmp_path):
    (tmp_path / "a.osm").write_text(TEXT)
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf")) as writer:
        for element in osmium.FileProcessor(str(tmp_path / "a.osm")):
            writer.add(element)
    return tmp_path / "a.osm.pbf"


def test_every_form_of_a_file_says_the_same(tmp_path, pbf):
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "a.osm.bz2").write_bytes(bz2.compress(TEXT.encode()))
    first, *others = [read(tmp_path / f"a{suffix}") for suffix in (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf")]
    assert set(first.ways) == {10, 12} and first.ways[10].tags["name"] == "Ä <&>"
    assert first.relations[5].members == (("w", 10, "from"), ("n", 2, "via"), ("w", 10, "to"))
    assert first.node_tags == {2: {"barrier": "gate"}}
    for other in others:
        assert (other.ways, other.relations, other.lat_lon_e7, other.node_tags) == (
            first.ways,
            first.relations,
            first.lat_lon_e7,
            first.node_tags,
        )


def test_positions_are_exact(tmp_path):
    (tmp_path / "a.osm").write_text(
        '<osm version="0.6"><node id="1" lat="-89.9999999" lon="-179.9999999"/>'
        '<node id="2" lat="50.1234567" lon="180"/>'
        '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="road"/></way></osm>'
    )
    assert read(tmp_path / "a.osm").lat_lon_e7 == {1: (-899999999, -1799999999), 2: (501234567, 1800000000)}


@pytest.mark.parametrize("keep", [0, 1, 10, 100, -1, -20])
def test_a_pbf_that_ends_early_is_never_a_map(pbf, keep):
    data = pbf.read_bytes()
    pbf.write_bytes(data[:keep])
    with pytest.raises(SourceError, match=r"a\.osm\.pbf"):
        read(pbf)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.osm", b'<?xml version="1.0"?><gpx version="1.1"></gpx>'),
        ("a.osm", b"no xml at all"),
        ("a.osm", b'<osm version="0.6"><node id="1" lat="1" lon="2"/>'),
        ("a.osm", b'<osm version="0.6"><node id="x" lat="1" lon="2"/></osm>'),
        ("a.osm", b'<osm version="0.6"><node id="1" lat="north" lon="2"/></osm>'),
        ("a.osm", b'<osmChange version="0.6"><create><node id="1" lat="5" lon="8" version="1"/></create></osmChange>'),
        ("a.osm.gz", gzip.compress(TEXT.encode())[:-20]),
        ("a.osm.bz2", bz2.compress(TEXT.encode())[:-20]),
        ("a.osm.pbf", TEXT.encode()),
        ("a.osm.pbf", bytes(5000)),
        ("a.osm", b""),
        ("a.zip", TEXT.encode()),
    ],
)
def test_what_is_no_map_is_one_clear_error(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=name):
        read(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.osm: cannot be read: No such file"):
        read(tmp_path / "gone.osm")


def test_nodes_may_come_after_their_ways_and_have_negative_ids(tmp_path):
    (tmp_path / "a.osm").write_text(
        '<osm version="0.6"><way id="-7"><nd ref="-1"/><nd ref="2"/><nd ref="-3"/><nd ref="4"/>'
        '<tag k="highway" v="road"/></way>'
        '<node id="2" lat="50.1" lon="8.1"/><node id="-1" lat="50" lon="8"/><node id="-3" lat="50.2" lon="8.2"/></osm>'
    )
    source = read(tmp_path / "a.osm")
    assert source.lat_lon_e7 == {-1: (500000000, 80000000), 2: (501000000, 81000000), -3: (502000000, 82000000)}
    assert source.ways[-7].node_ids == (-1, 2, -3, 4)


def test_unwanted_ways_are_only_counted(tmp_path):
    (tmp_path / "a.osm").write_text(TEXT)
    source = read(tmp_path / "a.osm", wanted=lambda highway: highway == "residential")
    assert set(source.ways) == {10} and source.ways_count == 2


def test_sources_may_overlap():
    source = SourceMap()
    old, new = SourceWay(1, (1, 2), ROAD, 1), SourceWay(1, (1, 2, 3), ROAD, 2)
    for way in (old, new, old):
        source.add_way(way)
    assert source.ways == {1: new}
    whole, cut = SourceWay(2, (1, 2, 3), ROAD, 1), SourceWay(2, (2, 3), ROAD, 1)
    for way in (cut, whole, cut):
        source.add_way(way)
    assert source.ways[2] == whole


def osm_of(time, lat, tags, node_tags):
    return (
        f'<osm version="0.6"><node id="1" lat="50" lon="8"/><node id="2" lat="{lat}" lon="8">{node_tags}</node>'
        f'<way id="1"{time}><nd ref="1"/><nd ref="2"/><tag k="highway" v="road"/>{tags}</way></osm>'
    )


STOP, NAME = '<tag k="highway" v="stop"/>', '<tag k="name" v="{}"/>'
OLDER, NEWER = (f' version="{i}" timestamp="202{i}-01-01T00:00:00Z"' for i in (1, 2))


@pytest.mark.parametrize(
    ("texts", "lat_e7", "says_stop", "name"),
    [
        ((osm_of(OLDER, "50.002", NAME.format("Z"), STOP), osm_of(NEWER, "50.001", "", "")), 500010000, False, None),
        (
            (osm_of("", "50.001", NAME.format("A"), ""), osm_of("", "50.002", NAME.format("B"), "")),
            500020000,
            False,
            "B",
        ),
        ((osm_of("", "50.001", "", STOP), osm_of("", "50.002", "", "")), 500010000, True, None),
    ],
)
def test_of_two_states_the_newer_stays_in_whatever_order_files_are_read(tmp_path, texts, lat_e7, says_stop, name):
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.osm").write_text(text)
    read_both = [SourceMap(), SourceMap()]
    for source, order in zip(read_both, ((0, 1), (1, 0)), strict=True):
        for i in order:
            read_osm_file(tmp_path / f"{i}.osm", source)
    first, second = read_both
    assert (first.ways, first.lat_lon_e7, first.node_tags) == (second.ways, second.lat_lon_e7, second.node_tags)
    assert (first.lat_lon_e7[2][0], 2 in first.node_tags) == (lat_e7, says_stop)
    assert first.ways[1].tags.get("name") == name
