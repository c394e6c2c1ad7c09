"""The flat view: changes add up to what is there, offsets stay, and a horizon at rest says its position only."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.events import Open
from mapprior.horizon.items import Key
from mapprior.model.link import Link
from mapprior.model.profile import FeatureKind, Interpolation, LinkCurvature, LinkFeature
from mapprior.model.provenance import Basis, Layer, ProfileGroup
from mapprior.reader.flat_view import (
    NO_BOUND,
    ChangeKind,
    FlatRecord,
    FlatView,
    PositionRecord,
    ProfileRecord,
    SegmentRecord,
    StubRecord,
)
from mapprior.reader.profile_kinds import ProfileKind
from mapprior.reader.reconstructor import Reconstructor
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import DrawnProfiles, straight
from tests.horizon.held import HeldLink, HeldPath, Holder, one_path
from tests.horizon.pair import Pair
from tests.reader.test_profiles import LIMIT, roads

LAYERS = frozenset((Layer.L0, Layer.L1, Layer.L2))
PICTURE = """
    A----B----C----D----E
         |         |
         F         G
"""


def profiles(letters: str, link: Link) -> DrawnProfiles:
    light = LinkFeature(FeatureKind.TRAFFIC_LIGHT, link.length_cm, link.length_cm, Basis.TAGGED, 900)
    drawn = straight(letters, link)
    return replace(drawn, features=(*drawn.features, light)) if letters == "BC" else drawn


@pytest.fixture(scope="module")
def road() -> Drawn:
    return draw(PICTURE, ways={"ABCDE": {"maxspeed_kmh": 50, "tunnel": True}}, profiles=profiles)


def replayed(held: dict[Key, FlatRecord], view: FlatView, client: Reconstructor) -> list[ChangeKind]:
    """Applies what changed to what a consumer holds."""
    changes = view.changes(client)
    for x in changes:
        assert (x.record.key in held) == (x.change is not ChangeKind.NEW)
        if x.change is ChangeKind.REMOVED:
            assert held.pop(x.record.key) == x.record
        else:
            assert held.get(x.record.key) != x.record
            held[x.record.key] = x.record
    return [x.change for x in changes]


def test_a_drive_adds_up_and_offsets_stay(road: Drawn) -> None:
    """After each update the consumer holds what one who joins now is told; on a path that lives, what is not erased
    keeps its offsets; driving within a link says the position alone."""
    pair = Pair(road, Open(horizon_length_m=400, layers=LAYERS, trailing_length_m=10))
    view, held = FlatView(), dict[Key, FlatRecord]()
    before: set[Key] = set()
    position_only = 0
    for pose in road.poses("ABCDE", speed_mps=10.0, rate_hz=2.0):
        pair.pose(pose)
        pair.pump()
        replayed(held, view, pair.reconstructor)
        joined = FlatView()
        joined.changes(pair.reconstructor)
        assert held == joined.records == view.records
        paths = pair.reconstructor.state.paths
        for record in held.values():
            if isinstance(record, SegmentRecord | ProfileRecord):
                assert 0 <= record.offset_cm <= record.end_offset_cm <= paths[record.path_id].path.end_offset_cm  # type: ignore[index]
        kept = {k for k in before if k[0] in paths and k[1] == "PROFILE"}
        for key in kept - held.keys():
            assert int(key[3]) <= paths[key[0]].path.first_offset_cm  # type: ignore[index]
        position_only += before == held.keys()
        before = set(held)
    assert position_only > 50
    kinds = {x.kind for x in held.values() if isinstance(x, ProfileRecord)}
    assert {"CURVATURE", "HEADING", "SEPARATION", "TUNNEL", "SPEED_LIMIT", "FEATURE_TUNNEL"} <= kinds


def test_what_a_record_says(road: Drawn) -> None:
    pair = Pair(road, Open(horizon_length_m=400, layers=LAYERS))
    pair.drive(road.poses("AB", speed_mps=10.0)[:20])
    view = FlatView()
    records = [x.record for x in view.changes(pair.reconstructor)]
    assert [x for x in records if isinstance(x, PositionRecord)] == [records[-1]]
    stubs = [x for x in records if isinstance(x, StubRecord)]
    assert [x.sub_path_id for x in stubs] == [x.path.path_id for x in sorted(pair.sides().values(), key=_branch)]
    assert all(x.turn_angle_mrad == pytest.approx(-1571, abs=5) for x in stubs)
    said = {(x.kind, x.offset_cm): x for x in records if isinstance(x, ProfileRecord) and x.path_id == 1}
    limit, bend = said["SPEED_LIMIT", 0], said["CURVATURE", 0]
    assert (limit.value, limit.text, limit.basis, limit.certain) == (13.889, "LIMITED", Basis.TAGGED, True)
    assert (bend.value, bend.end_value, bend.sigma, bend.interpolation) == (0.0, 0.0, 5e-05, Interpolation.LINEAR)
    assert (said["TUNNEL", 0].value, said["TUNNEL", 0].text) == (1.0, "")
    assert (said["ROAD_CLASS", 0].value, said["ROAD_CLASS", 0].text) == (None, "RESIDENTIAL")
    light = said["FEATURE_TRAFFIC_LIGHT", 2 * road.link("AB").length_cm]
    assert (light.end_offset_cm, light.interpolation, light.confidence_permille) == (
        light.offset_cm,
        Interpolation.SPOT,
        900,
    )
    assert view.changes(pair.reconstructor) == ()


def _branch(x: object) -> int:
    return x.path.offset_on_parent_cm  # type: ignore[attr-defined, no-any-return]


def test_a_consumer_takes_what_it_wants(road: Drawn) -> None:
    pair = Pair(road, Open(horizon_length_m=400, layers=LAYERS))
    pair.drive(road.poses("AB", speed_mps=10.0)[:20])
    view = FlatView(kinds={ProfileKind.CURVATURE}, side_paths=False)
    view.changes(pair.reconstructor)
    found = view.records.values()
    assert {x.path_id for x in found} == {pair.root.path.path_id}
    assert not any(isinstance(x, StubRecord) for x in found)
    kinds = {x.kind for x in found if isinstance(x, ProfileRecord)}
    assert {x for x in kinds if not x.startswith("FEATURE_")} == {"CURVATURE"}
    with pytest.raises(ValueError, match="lateral"):
        FlatView(kinds={ProfileKind.CURVE_SPEED})
    for absurd in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="lateral"):
            FlatView(lateral_acceleration_mps2=absurd)


def test_curve_speed_of_a_known_radius() -> None:
    bend = LinkCurvature(Basis.DERIVED, (0, 4000, 8000), (0, 0, 10_000), (100,) * 3, (0,) * 3, (0,) * 3, 1)
    view = FlatView(kinds=(), lateral_acceleration_mps2=2.0)
    view.changes(one_path(HeldLink(1, 8000, bend)))
    found = [x for x in view.records.values() if isinstance(x, ProfileRecord)]
    assert {(x.kind, x.interpolation, x.basis) for x in found} == {("CURVE_SPEED", Interpolation.STEP, Basis.DERIVED)}
    straight = found.pop(0)
    assert (straight.text, straight.value, straight.offset_cm) == (NO_BOUND, None, 0)
    assert straight.end_offset_cm == found[0].offset_cm >= 4000
    assert {x.text for x in found} == {""}
    assert all(a.end_offset_cm == b.offset_cm for a, b in pairwise(found))
    assert found[-1].end_offset_cm == 8000
    assert found[-1].value == pytest.approx(math.sqrt(2.0 * 100.0))  # a radius of 100 m at the end
    assert found[-1].sigma == pytest.approx(found[-1].value / 2 * 0.01, rel=0.01)


def test_a_straight_road_and_one_that_is_not_known_are_told_apart() -> None:
    """The doubt of the straight bounds the cautious here and there: it is one record all the same."""
    doubt = (100, 100, 8000, 100)
    straight = LinkCurvature(Basis.DERIVED, (0, 2000, 4000, 8000), (0,) * 4, doubt, (0,) * 4, (0,) * 4, 1)
    view = FlatView(kinds=(), lateral_acceleration_mps2=2.0)
    view.changes(one_path(HeldLink(1, 8000, straight), HeldLink(2, 5000)))
    found = [x for x in view.records.values() if isinstance(x, ProfileRecord)]
    assert [(x.kind, x.text, x.value) for x in found] == [("CURVE_SPEED", NO_BOUND, None)]
    assert (found[0].offset_cm, found[0].end_offset_cm) == (0, 8000)  # and no record of the second link


def test_nothing_while_a_snapshot_is_awaited(road: Drawn) -> None:
    pair = Pair(road, Open(horizon_length_m=400, layers=LAYERS))
    view = FlatView()
    assert view.changes(pair.reconstructor) == ()
    pair.drive(road.poses("AB", speed_mps=10.0)[:20])
    assert view.changes(pair.reconstructor)
    pair.resync()
    assert view.changes(pair.reconstructor) == ()
    assert FlatView().changes(pair.reconstructor) == ()
    pair.pump()
    assert {x.change for x in view.changes(pair.reconstructor)} <= {ChangeKind.CHANGED}


@settings(max_examples=50)
@given(roads, roads, st.booleans())
def test_any_two_horizons_one_after_the_other(
    first: Sequence[HeldLink], second: Sequence[HeldLink], limited: bool
) -> None:
    holder, held = Holder(), dict[Key, FlatRecord]()
    view = FlatView(lateral_acceleration_mps2=2.0)
    for links in (first, second, second):
        road = [replace(x, limit=LIMIT if limited else x.limit) for x in links]
        client = holder.tell(HeldPath(1, road))
        told = replayed(held, view, client)
        joined = FlatView(lateral_acceleration_mps2=2.0)
        joined.changes(client)
        assert held == joined.records
        for x in held.values():
            if isinstance(x, ProfileRecord):
                assert x.basis is not Basis.UNKNOWN
    assert told == []


def test_content_that_comes_after_its_link() -> None:
    """As where a client asked for it less often."""
    holder, view = Holder(), FlatView()
    client = holder.tell(HeldPath(1, (HeldLink(1, 1000),)))
    view.changes(client)
    bend = LinkCurvature(Basis.DERIVED, (0, 1000), (100, 100), (0, 0), (0, 0), (0, 0), 1)
    holder.replace(ProfileGroup.CURVATURE, 1, bend)
    told = [x for x in view.changes(client) if isinstance(x.record, ProfileRecord)]
    assert [(x.change, x.record.kind) for x in told if isinstance(x.record, ProfileRecord)] == [
        (ChangeKind.NEW, "CURVATURE"),
        (ChangeKind.NEW, "HEADING"),
    ]


def test_a_position_on_no_path_is_taken_back() -> None:
    holder, view = Holder(), FlatView()
    view.changes(holder.tell(HeldPath(1, (HeldLink(1, 100),))))
    lost = one_path(HeldLink(1, 100))
    lost.reported = replace(lost.reported, candidates=())
    gone = [x for x in view.changes(lost) if isinstance(x.record, PositionRecord)]
    assert [x.change for x in gone] == [ChangeKind.REMOVED]
