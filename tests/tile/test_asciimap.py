"""The drawing tool itself: what is drawn is what the tiles hold."""

import pytest

from mapprior.model.ids import tile_of, tile_parts
from mapprior.model.limit import SpeedUnit
from mapprior.model.link import RoadClass
from mapprior.model.provenance import ProfileGroup
from tests.asciimap import Beyond, draw


def test_a_cross_of_two_way_roads() -> None:
    drawn = draw("""
        A----B----C
             |
             D
    """)
    ab, ba = drawn.link("AB"), drawn.link("BA")
    assert ab.line.length_m == pytest.approx(250.0, abs=0.1)
    assert ab.twin_id == ba.link_id and ba.twin_id == ab.link_id
    assert ab.line.lat_e7 == ba.line.lat_e7[::-1] and ab.line.lon_e7 == ba.line.lon_e7[::-1]
    assert drawn.position("A") == (500_000_000, 80_000_000)
    assert set(drawn.network.links_from(ab.end_node) or ()) == {drawn.link_ids[x] for x in ("BA", "BC", "BD")}
    assert drawn.link("BA").dead_end and drawn.link("BC").dead_end and not ab.dead_end


def test_attributes_of_a_way() -> None:
    drawn = draw(
        """
        A----B----C
        """,
        ways={"ABC": {"oneway": True, "maxspeed_mph": 30, "lanes": 3, "road_class": RoadClass.MOTORWAY, "level": -1}},
        restrictions=[["AB", "BC"]],
    )
    ab = drawn.link("AB")
    assert (ab.oneway, ab.twin_id, ab.level, ab.road_class) == (True, None, -1, RoadClass.MOTORWAY)
    assert set(drawn.link_ids) == {"AB", "BC"}
    (limit,) = drawn.network.limits(ab.link_id)
    assert (limit.posted_value_milli, limit.posted_unit, limit.raw) == (30_000, SpeedUnit.MPH, "maxspeed=30 mph")
    lanes = drawn.network.lanes(ab.link_id)
    assert lanes is not None and len(lanes.sections[0].lanes) == 3
    middle = lanes.sections[0].lanes[1].centre_line
    assert ab.line.project(*ab.line.frame.xy_m(lat_e7=middle.lat_e7[0], lon_e7=middle.lon_e7[0])).distance_m < 0.02
    assert drawn.network.restrictions(ab.link_id)[0].links == (ab.link_id, drawn.link_ids["BC"])


def test_lanes_lie_on_the_side_driven_on() -> None:
    for side, sign in (("right", -1), ("left", 1)):
        drawn = draw("A----B", ways={"AB": {"lanes": 1}}, driving_side=side)
        for letters in ("AB", "BA"):
            link = drawn.link(letters)
            lanes = drawn.network.lanes(link.link_id)
            assert lanes is not None
            line = lanes.sections[0].lanes[0].centre_line
            xy = link.line.frame.xy_m(lat_e7=line.lat_e7[0], lon_e7=line.lon_e7[0])
            assert link.line.project(*xy).lateral_m == pytest.approx(sign * 1.75, abs=0.02)


def test_lines_cross_without_meeting() -> None:
    drawn = draw("""
          C
          |
        A-+-B
          |
          D
    """)
    assert set(drawn.link_ids) == {"AB", "BA", "CD", "DC"}


def test_places_and_poses() -> None:
    drawn = draw("A----B----C")
    lat, lon = drawn.at("AB", 100.0, 3.0)
    line = drawn.link("AB").line
    place = line.project(*line.frame.xy_m(lat_e7=lat, lon_e7=lon))
    assert place.s_m == pytest.approx(100.0, abs=0.01)
    assert place.lateral_m == pytest.approx(3.0, abs=0.01)
    poses = drawn.poses("ABC", speed_mps=10.0, rate_hz=1.0)
    assert len(poses) == 51
    assert [p.travelled_m for p in poses] == pytest.approx([10.0 * i for i in range(51)])
    assert drawn.poses("AB", sigma_m=5.0, seed=1) == drawn.poses("AB", sigma_m=5.0, seed=1)
    assert drawn.poses("AB", sigma_m=5.0, seed=1) != drawn.poses("AB", sigma_m=5.0, seed=2)


def test_a_network_over_many_tiles_is_one() -> None:
    drawn = draw("A---------B---------C---------D---------E---------F", grid_m=90.0, lat_deg=65.0)
    assert len(drawn.road_tiles) > 2
    for letters in ("AB", "BC", "CD", "DE", "EF"):
        link, back = drawn.link(letters), drawn.link(letters[::-1])
        assert link.end_node == back.start_node and back.link_id in (drawn.network.links_from(link.end_node) or ())
        geometry = drawn.network.content(link.geometry_link_id, ProfileGroup.GEOMETRY)
        assert geometry is not None and geometry.link_id == link.geometry_link_id


@pytest.mark.parametrize(
    ("picture", "ways", "what"),
    [("A-A", {}, "twice"), ("A?B", {}, "understood"), ("A-B", {"AC": {}}, "not in"), ("A-B", {"AB": {"x": 1}}, "unk")],
)
def test_a_bad_picture_is_refused(picture: str, ways: dict[str, dict[str, object]], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        draw(picture, ways=ways)


def test_a_picture_in_two_markets() -> None:
    """C lies in both; what lies along the border stays left of it; alone each is what it was."""
    drawn = draw("A--C--D\n   |\n   E", market="GB", driving_side="left", border="C", beyond=Beyond("FR"))
    markets = {k: drawn.network.datasets[tile_parts(tile_of(v))[0]].market for k, v in drawn.link_ids.items()}
    assert markets == {"AC": "GB", "CA": "GB", "CE": "GB", "EC": "GB", "CD": "FR", "DC": "FR"}
    assert drawn.link("AC").end_node != drawn.link("DC").end_node
    border = drawn.network.border_node(drawn.link("AC").end_node)
    assert border is not None and border.market_beyond == "FR"
    assert [x.driving_side for x in drawn.datasets] == ["left", "right"]
    alone = drawn.only("FR")
    assert set(alone.link_ids) == {"CD", "DC"} and alone.road_blobs.items() <= drawn.road_blobs.items()
    with pytest.raises(ValueError, match="AB crosses the border"):
        draw("A--B\n C", border="C", beyond=Beyond("FR"))
