import pytest

from mapprior.build.road import road_of
from mapprior.geo.units import E7
from mapprior.model.link import FormOfWay, RoadClass
from tests.build.osm_text import LON0_E7, Built, osm_xml

F, C = FormOfWay, RoadClass


def test_class_form_names_and_level():
    refused = []
    tags = {
        "highway": "primary_link",
        "name": "Ring",
        "ref": "B 3; B 37",
        "int_ref": "E 35",
        "tunnel": "yes",
        "layer": "-2",
    }
    road = road_of(tags, refused)
    assert (road.road_class, road.form_of_way) == (C.PRIMARY, F.SLIP_ROAD)
    assert (road.names, road.route_refs) == (("Ring",), ("B 3", "B 37", "E 35"))
    assert (road.tunnel, road.bridge, road.level, refused) == (True, False, -2, [])
    road = road_of({"highway": "road", "layer": "0;1", "name:left": "L", "name:right": "R"}, refused)
    assert (road.road_class, road.form_of_way, road.level, road.names) == (C.UNKNOWN, F.UNKNOWN, 0, ("L", "R"))
    assert refused == [("layer not understood", "layer=0;1")]


@pytest.mark.parametrize(
    ("tags", "form"),
    [
        ({"highway": "motorway"}, F.MOTORWAY),
        ({"highway": "motorway_link"}, F.SLIP_ROAD),
        ({"highway": "tertiary", "junction": "roundabout"}, F.ROUNDABOUT),
        ({"highway": "service", "service": "parking_aisle"}, F.OTHER),
        ({"highway": "residential"}, F.SINGLE_CARRIAGEWAY),
    ],
)
def test_form_of_way(tags, form):
    assert road_of(tags, []).form_of_way is form


def forms(tmp_path, *, apart_m, market="DE", second=None, name="A Road", both_east=False, west_m=None):
    """An eastbound one-way road and, `apart_m` to the north of it, another one, westbound unless said."""
    nodes = {1: (0.0, 0.0), 2: (300.0, 0.0), 3: (300.0, apart_m), 4: (0.0, apart_m)}
    tags = {"highway": "primary", "oneway": "yes", "name": "A Road"}
    ways = {1: ([1, 2], tags), 2: ([4, 3] if both_east else [3, 4], {**tags, "name": name, **(second or {})})}
    directory = tmp_path / f"{apart_m}{market}{second}{name}{both_east}{west_m}".replace("/", "")
    directory.mkdir()
    nodes = {n: (x_m - (west_m or 0.0), y_m) for n, (x_m, y_m) in nodes.items()}
    lon0_e7 = LON0_E7 if west_m is None else 180 * E7
    links = Built(directory, osm_xml(nodes, ways, lon0_e7=lon0_e7), market=market).links
    return [link.form_of_way for _, link in sorted(links.items())]


@pytest.mark.parametrize("west_m", [0.0, 1.0, 150.0, 299.0, 300.0])
def test_two_carriageways_are_told_on_the_antimeridian_as_elsewhere(tmp_path, west_m):
    assert forms(tmp_path, apart_m=12.0, west_m=west_m) == [F.MULTIPLE_CARRIAGEWAY] * 2
    assert forms(tmp_path, apart_m=12.0, both_east=True, west_m=west_m) == [F.SINGLE_CARRIAGEWAY] * 2


def test_two_carriageways_are_told_by_the_rule(tmp_path):
    single, dual = [F.SINGLE_CARRIAGEWAY] * 2, [F.MULTIPLE_CARRIAGEWAY] * 2
    assert forms(tmp_path, apart_m=12.0) == dual
    assert forms(tmp_path, apart_m=60.0) == single
    assert forms(tmp_path, apart_m=12.0, both_east=True) == single
    assert forms(tmp_path, apart_m=12.0, name="B Road") == single
    assert forms(tmp_path, apart_m=12.0, second={"highway": "secondary"}) == single
    # Oncoming traffic passes on the other side where traffic keeps left.
    assert forms(tmp_path, apart_m=12.0, market="GB") == single
    assert forms(tmp_path, apart_m=-12.0, market="GB") == dual
    assert forms(tmp_path, apart_m=-12.0) == single
    assert forms(tmp_path, apart_m=12.0, second={"dual_carriageway": "no"}) == [dual[0], single[0]]


def test_what_runs_under_a_house_or_over_a_culvert_is_in_no_tunnel():
    for value, is_tunnel in (
        ("yes", True),
        ("avalanche_protector", True),
        ("building_passage", False),
        ("culvert", False),
    ):
        assert road_of({"highway": "primary", "tunnel": value}, []).tunnel == is_tunnel
