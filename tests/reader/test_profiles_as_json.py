"""Layer L1 in the JSON: over all of each path, with basis, and nothing that was there is renamed."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from mapprior.horizon.events import Open, ProfileSubscription
from mapprior.horizon.vehicle_position import LanePosition
from mapprior.model.ids import LaneId
from mapprior.model.link import Link
from mapprior.model.profile import FeatureKind, LinkFeature
from mapprior.model.provenance import LAYER_GROUPS, Basis, ProfileGroup
from mapprior.reader.as_json import as_json
from tests.asciimap import draw
from tests.drawn_profiles import DrawnProfiles, straight
from tests.horizon.pair import Pair

PICTURE = """
    A----B----C----D
         |
         E
"""


def profiles(letters: str, link: Link) -> DrawnProfiles:
    found = straight(letters, link)
    if letters in ("CD", "DC"):
        return DrawnProfiles()
    if letters != "BC":
        return found
    crossing = LinkFeature(FeatureKind.RAIL_CROSSING, 1000, 1000, Basis.TAGGED, 900, 500, raw="railway=level_crossing")
    return replace(found, features=(*found.features, crossing))


@pytest.fixture
def pair() -> Pair:
    drawn = draw(PICTURE, ways={"AB": {"tunnel": True}}, profiles=profiles)
    pair = Pair(drawn, Open(horizon_length_m=600, layers=frozenset(LAYER_GROUPS)))
    pair.drive(drawn.poses("AB", speed_mps=10.0)[:20])
    return pair


def test_profiles_cover_the_own_path_and_are_left_out_of_others(pair: Pair) -> None:
    shown = as_json(pair.reconstructor)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert len(shown["paths"]) == 2
    assert [x["profiles"] is None for x in shown["paths"]] == [False, True]
    for path in shown["paths"][:1]:
        assert not {"SPEED_LIMIT", "CURVE_SPEED"} & path["profiles"].keys()
        for profile in path["profiles"].values():
            entries = profile["entries"]
            assert entries[0]["start_offset_m"] == path["first_offset_m"]
            assert entries[-1]["end_offset_m"] == path["end_offset_m"]
            assert all(a["end_offset_m"] == b["start_offset_m"] for a, b in pairwise(entries))
            for x in entries:
                assert (x["value"] is None) == (x["basis"] == "UNKNOWN")
                assert ("end_value" in x) == (profile["interpolation"] == "LINEAR")


def test_what_was_not_asked_for_is_left_out_and_not_called_unknown() -> None:
    drawn = draw(PICTURE, profiles=profiles)
    asked = (ProfileSubscription(ProfileGroup.ROAD), ProfileSubscription(ProfileGroup.CURVATURE))
    pair = Pair(drawn, Open(horizon_length_m=600, layers=frozenset(), subscriptions=asked))
    pair.drive(drawn.poses("AB", speed_mps=10.0)[:20])
    shown = as_json(pair.reconstructor)["paths"][0]["profiles"]
    assert {"CURVATURE", "HEADING", "ROAD_CLASS", "ADVISORY_SPEED"} <= shown.keys()
    assert not {"LANE_COUNT", "SURFACE", "SLOPE"} & shown.keys()


def test_side_paths_tell_what_was_subscribed_to_for_them() -> None:
    drawn = draw(PICTURE, profiles=profiles)
    asked = (
        ProfileSubscription(ProfileGroup.ROAD),
        ProfileSubscription(ProfileGroup.CURVATURE),
        ProfileSubscription(ProfileGroup.CARRIAGEWAY, root_only=True),
        ProfileSubscription(ProfileGroup.LANE),
    )
    pair = Pair(drawn, Open(horizon_length_m=600, layers=frozenset(), subscriptions=asked))
    pair.drive(drawn.poses("AB", speed_mps=10.0)[:20])
    root, side = as_json(pair.reconstructor, lateral_acceleration_mps2=2.0)["paths"]
    assert {"SURFACE", "CURVATURE", "ROAD_CLASS"} <= root["profiles"].keys()
    assert set(side["profiles"]) == {
        *("CURVATURE", "HEADING", "CURVE_SPEED"),
        *("ROAD_CLASS", "FORM_OF_WAY", "TUNNEL", "BRIDGE"),
    }
    for told in side["profiles"].values():
        entries = told["entries"]
        assert (entries[0]["start_offset_m"], entries[-1]["end_offset_m"]) == (0.0, side["end_offset_m"])
        assert all(a["end_offset_m"] == b["start_offset_m"] for a, b in pairwise(entries))
    assert side["profiles"]["ROAD_CLASS"]["entries"][0]["basis"] != "UNKNOWN"

    for subscriptions in ((), (ProfileSubscription(ProfileGroup.LANE),)):
        pair = Pair(drawn, Open(horizon_length_m=600, subscriptions=subscriptions))
        pair.drive(drawn.poses("AB", speed_mps=10.0)[:20])
        assert as_json(pair.reconstructor)["paths"][1]["profiles"] is None


def test_curve_speed_is_told_for_a_lateral_acceleration(pair: Pair) -> None:
    root, side = as_json(pair.reconstructor, lateral_acceleration_mps2=2.0)["paths"]
    told = root["profiles"]["CURVE_SPEED"]
    assert (told["unit"], told["interpolation"], side["profiles"]) == ("m/s", "STEP", None)
    entries = told["entries"]
    assert (entries[0]["start_offset_m"], entries[-1]["end_offset_m"]) == (0.0, root["end_offset_m"])
    assert all(a["end_offset_m"] == b["start_offset_m"] for a, b in pairwise(entries))
    said = {(x["is_bounded"], x["value"], x["basis"]) for x in entries}
    assert said == {(False, None, "DERIVED"), (None, None, "UNKNOWN")}  # straight, untold


def test_values_features_events_and_stubs(pair: Pair) -> None:
    root, side = as_json(pair.reconstructor)["paths"]
    bend = root["profiles"]["CURVATURE"]
    assert (bend["unit"], bend["interpolation"], bend["layer"]) == ("1/m", "LINEAR", "L1")
    assert [x["basis"] for x in bend["entries"]] == ["DERIVED", "DERIVED", "UNKNOWN"]
    assert (bend["entries"][0]["sigma"], bend["entries"][0]["end_value"]) == (5e-05, 0.0)
    tunnel = root["profiles"]["TUNNEL"]
    assert (tunnel["unit"], [(x["value"], x["basis"]) for x in tunnel["entries"]]) == (
        None,
        [(True, "TAGGED"), (False, "DERIVED")],
    )
    first, crossing = root["features"]
    assert (first["kind"], first["start_offset_m"]) == ("TUNNEL", 0.0)
    assert (crossing["kind"], crossing["place_sigma_m"], crossing["raw"]) == (
        "RAIL_CROSSING",
        5.0,
        "railway=level_crossing",
    )
    (event,) = root["events"]
    assert (event["kind"], event["on_highway"], event["start_offset_m"]) == (
        "RAIL_CROSSING",
        False,
        crossing["start_offset_m"],
    )
    (junction,) = root["junctions"]
    (stub,) = junction["stubs"]
    assert junction["margin"] == root["margin"] == pytest.approx(1 - 2 * stub["share"], abs=1e-5)
    assert junction["continuation"] + stub["probability"] == pytest.approx(junction["probability"])
    assert (stub["path_id"], stub["turn_angle_rad"]) == (side["path_id"], side["turn_angle_rad"])
    assert (root["turn_angle_rad"], side["turn_angle_rad"]) == (None, pytest.approx(-1.571, abs=0.005))
    assert (side["events"], side["junctions"], side["margin"]) == ([], [], 1.0)


def test_the_position_has_its_sigmas_and_lanes(pair: Pair) -> None:
    client = pair.reconstructor
    best = replace(client.reported.candidates[0], offset_sigma_cm=250, lateral_sigma_cm=0)
    client.reported = replace(client.reported, candidates=(best,), lanes=(LanePosition(LaneId(2), 1, 800),))
    position = as_json(client)["position"]
    assert (position["offset_sigma_m"], position["lateral_sigma_m"]) == (2.5, None)
    assert position["lanes"] == [{"lane_id": "2", "lane_index": 1, "confidence": 0.8}]
    moved = client.position(travelled_m=1.0)
    assert moved is not None
    assert moved.value.offset_sigma_cm == 250
