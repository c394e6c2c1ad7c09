"""How far a client knows: where its silence says that the map has nothing, and where it says nothing at all."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.events import Open, ProfileSubscription, ResyncEvent, RouteEvent
from mapprior.model.link import Link
from mapprior.model.profile import FeatureKind, LinkFeature
from mapprior.model.provenance import LAYER_GROUPS, Basis, Layer, ProfileGroup
from mapprior.reader.profile_kinds import ProfileKind
from mapprior.reader.reconstructor import Reconstructor
from mapprior.reader.road_events import RoadEventKind
from mapprior.tile.codec import decode_content
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import DrawnProfiles, straight
from tests.horizon.pair import ZONES, Pair

TOWN = """
P----Q----R    S
|    |    |    |
A----B----C----D----E----F----G----H
     |              |
     K----L         M
"""
FEATURE = ProfileGroup.FEATURE


def profiles(letters: str, link: Link) -> DrawnProfiles:
    """Lights before C and G and a bump after F; all else has nothing along it."""
    at = {"BC": FeatureKind.TRAFFIC_LIGHT, "FG": FeatureKind.TRAFFIC_LIGHT, "QR": FeatureKind.SPEED_BUMP}
    if letters not in at:
        return straight(letters, link)
    there = LinkFeature(at[letters], link.length_cm - 500, link.length_cm - 500, Basis.TAGGED, 950)
    return replace(straight(letters, link), features=(there,))


@pytest.fixture(scope="module")
def town() -> Drawn:
    return draw(TOWN, grid_m=30.0, profiles=profiles)


def opened(*chosen: ProfileSubscription, **more: int) -> Open:
    return Open(horizon_length_m=900, stub_length_m=200, subscriptions=chosen, **more)  # type: ignore[arg-type]


def features_known_to_m(pair: Pair, **more: float) -> float:
    answer = pair.reconstructor.features_ahead(1000.0, **more)  # type: ignore[arg-type]
    assert answer is not None and answer.known_to_m is not None
    return answer.known_to_m


def test_all_is_known_to_the_end_of_the_path_where_all_was_asked_for(town: Drawn) -> None:
    pair = Pair(town, opened())
    pair.drive(town.poses("ABCDEFGH")[:5])
    here = pair.reconstructor.position()
    assert here is not None
    to_end_m = (pair.root.path.end_offset_cm - here.value.offset_cm) / 100
    assert features_known_to_m(pair) == to_end_m
    assert features_known_to_m(pair, travelled_m=10.0) == pytest.approx(to_end_m - 10.0)
    for answer in (
        pair.reconstructor.profile(ProfileKind.CURVATURE, 500.0),
        pair.reconstructor.curve_speed(2.0, 500.0),
        pair.reconstructor.road_events(500.0),
    ):
        assert answer is not None and answer.known_to_m == to_end_m


@pytest.mark.parametrize("length_m", [1, 100, 300])
def test_what_was_asked_for_less_far_is_known_less_far(town: Drawn, length_m: int) -> None:
    """In whole links, as far as it is sent; so the light before G is not taken to be absent."""
    chosen = [ProfileSubscription(x) for x in (ProfileGroup.ROAD, *LAYER_GROUPS[Layer.L1]) if x is not FEATURE]
    pair = Pair(town, opened(*chosen, ProfileSubscription(FEATURE, length_m=length_m)))
    pair.drive(town.poses("ABCDEFGH")[:5])
    known_m = features_known_to_m(pair)
    here = pair.reconstructor.position()
    assert here is not None
    link_end_m = (pair.root.links[0].end_offset_cm - here.value.offset_cm) / 100
    assert known_m == link_end_m + next(x for x in (150, 300, 450) if x > length_m)
    curvature = pair.reconstructor.profile(ProfileKind.CURVATURE, 900.0)
    assert curvature is not None and curvature.known_to_m is not None and curvature.known_to_m > known_m


def test_what_was_not_asked_for_is_nowhere_known_and_where_roads_leave_is_told(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(ProfileGroup.ROAD), ProfileSubscription(ProfileGroup.CARRIAGEWAY)))
    pair.drive(town.poses("ABCDEFGH")[:5])
    assert features_known_to_m(pair) == 0.0
    answer = pair.reconstructor.road_events(1000.0)
    assert answer is not None and answer.known_to_m == 0.0
    assert [x.kind for x in answer.value] == [RoadEventKind.INTERSECTION] * 4


def test_where_it_is_not_said_what_was_asked_for_only_what_is_held_is_known(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(ProfileGroup.ROAD), ProfileSubscription(ProfileGroup.CURVATURE)))
    pair.reconstructor = Reconstructor(decode_content, lambda payload: ZONES[payload])
    pair.drive(town.poses("ABCDEFGH")[:5])
    assert features_known_to_m(pair) == 0.0
    curvature = pair.reconstructor.profile(ProfileKind.CURVATURE, 500.0)
    assert curvature is not None and curvature.known_to_m is not None and curvature.known_to_m > 500.0
    found = pair.reconstructor.junctions_ahead(500.0)
    assert found is not None and found.value and {x.junction.margin_ppm for x in found.value} == {None}


def test_what_is_withheld_is_not_known(town: Drawn) -> None:
    pair = Pair(town, opened(content_held_bytes_max=1500))
    pair.drive(town.poses("ABCDEFGH")[:5])
    assert "withheld" in pair.reconstructor.health.reason
    assert features_known_to_m(pair) == 0.0


def test_without_the_road_that_names_its_link_curvature_is_not_known(town: Drawn) -> None:
    """It is held and cannot be read: that no curve is told says nothing."""
    pair = Pair(town, opened(ProfileSubscription(ProfileGroup.CURVATURE)))
    pair.drive(town.poses("ABCDEFGH")[:5])
    for answer in (
        pair.reconstructor.profile(ProfileKind.CURVATURE, 500.0),
        pair.reconstructor.next_curve(lateral_acceleration_mps2=2.0, length_m=500.0),
    ):
        assert answer is not None and answer.known_to_m == 0.0


@pytest.mark.parametrize("budget", [1200, 1300])
def test_what_is_not_asked_for_any_more_is_not_known_by_an_earlier_answer(town: Drawn, budget: int) -> None:
    """The light before C was told of the root; on a side path nobody asks for it, and for want of room it goes."""
    others = [ProfileSubscription(x) for x in (ProfileGroup.ROAD, ProfileGroup.CARRIAGEWAY)]
    chosen = ProfileSubscription(FEATURE, interval_ms_min=60_000, root_only=True)
    pair = Pair(town, opened(*others, chosen, content_held_bytes_max=budget))
    pair.drive(town.poses("ABCDEFGH")[:5])
    light = town.link("BC").link_id
    assert pair.reconstructor.features(light) is not None
    pair.send(RouteEvent(tuple(town.links("ABQ"))))
    pair.pump()
    pair.drive(town.poses("ABCDEFGH")[5:8])
    assert any(x.link_id == light for path in pair.reconstructor.state.paths.values() for x in path.links)
    assert pair.reconstructor.features(light) is None
    assert not pair.reconstructor.knows(FEATURE, light)


intervals = st.sampled_from((0, 200, 1500, 60_000))
lengths = st.sampled_from((0, 1, 200))


@settings(max_examples=25)
@given(st.data(), intervals, lengths, st.booleans(), st.booleans(), st.sampled_from((700, 2500, 1 << 24)))
def test_what_is_not_told_where_it_is_known_is_not_there(
    town: Drawn, data: st.DataObject, interval_ms: int, length_m: int, root_only: bool, late: bool, budget: int
) -> None:
    """The law: up to where they are known the features told are those of the map, whatever was asked for, however
    tiles come, on every path."""
    others = [ProfileSubscription(x) for x in (ProfileGroup.ROAD, ProfileGroup.CARRIAGEWAY)]
    chosen = ProfileSubscription(FEATURE, length_m=length_m, interval_ms_min=interval_ms, root_only=root_only)
    pair = Pair(town, opened(*others, chosen, content_held_bytes_max=budget), tiles=not late)
    for pose in town.poses(data.draw(st.sampled_from(("ABCDEFGH", "KBQRC", "PQBCDS"))), rate_hz=1.0):
        pair.pose(pose)
        if late:
            pair.serve(data.draw(st.integers(0, 3)))
        if data.draw(st.integers(0, 9)) == 0:
            pair.send(ResyncEvent(pair.reconstructor.held_content()))
        pair.pump()
        for path_id in pair.reconstructor.state.paths:
            answer = pair.reconstructor.features_ahead(1000.0, path_id=path_id)
            course = pair.reconstructor._course(0.0, path_id)
            if answer is None or course is None:
                continue
            assert answer.known_to_m is not None
            there = set()
            for start_cm, _, link in course.links():
                name = next(k for k, v in town.link_ids.items() if v == link.link_id)
                for x in profiles(name, town.link(name)).features:
                    if 0 <= start_cm + x.start_cm <= answer.known_to_m * 100:
                        there.add((x.kind, start_cm + x.start_cm))
            told = {(x.kind, round(x.distance_m * 100)) for x in answer.value}
            assert there <= told
