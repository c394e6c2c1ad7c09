"""Session and reconstructor together, on drawn networks."""

from dataclasses import replace

import pytest

from mapprior.errors import LimitError, OrderError, RequestError, TileError
from mapprior.horizon.content import HELD_CONTENTS_COUNT_MAX, UNPLACED_COUNT_MAX
from mapprior.horizon.drive_health import BAD_CONTENT, CONTENT_WITHHELD
from mapprior.horizon.drive_time import CLOCK_SKEW, LATE_POSE
from mapprior.horizon.events import (
    AcknowledgementEvent,
    HeldContent,
    Open,
    PoseEvent,
    ResyncEvent,
    RouteEvent,
    TileArrived,
)
from mapprior.horizon.items import Content, CoverageState, HealthState
from mapprior.horizon.session import Session
from mapprior.match.branch import branch_shares_ppm
from mapprior.match.turns import next_links
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, index_of, tile_of
from mapprior.model.link import FormOfWay, Link, RoadClass
from mapprior.model.network import RoadTile, TileState
from mapprior.model.pose import MatchState, Pose
from mapprior.model.provenance import Layer, ProfileGroup
from tests.asciimap import START_TIME_US, Drawn, draw
from tests.horizon.pair import Pair, splits

ROAD = """
          X         Y
          |         |
A----B----C----D----E----F----G----H
          |         |
          U         V
"""
WAYS = {
    "ABCDEFGH": {"maxspeed_kmh": 50, "lanes": 2, "name": "High Street", "road_class": RoadClass.SECONDARY},
    "CX": {"maxspeed_kmh": 30},
    "CU": {"maxspeed_mph": 20},
}
SHORT = Open(horizon_length_m=400, trailing_length_m=100, stub_length_m=100)


@pytest.fixture(scope="module")
def street() -> Drawn:
    return draw(ROAD, ways=WAYS, grid_m=40.0)


def test_before_the_first_pose_the_stream_has_a_basis_and_no_place(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    (update,) = pair.pump()
    assert update.snapshot
    assert update.update_index == 1
    assert pair.reconstructor.basis is not None
    assert pair.reconstructor.basis.releases[0].market == "ZZ"
    assert pair.reconstructor.reported.state is MatchState.WAITING
    assert pair.reconstructor.health.state is HealthState.OK
    assert not pair.reconstructor.state.paths


def test_the_road_ahead(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pair.drive(street.poses("ABC")[:5])
    assert pair.letters() == "ABCD"  # 600 m; 400 are past the end of the vehicle's link
    assert pair.sides().keys() == {"CX", "CU"}
    root = pair.root
    assert root.path.path_id == pair.reconstructor.reported.candidates[0].path_id
    (limit,) = root.limits
    assert (limit.limit.posted_value_milli, limit.limit.certain) == (50_000, True)
    side = pair.sides()["CU"]
    assert side.path.parent_path_id == root.path.path_id
    assert side.path.offset_on_parent_cm == root.links[1].end_offset_cm
    assert side.limits[0].limit.limit_mm_per_sec == 8_941
    assert pair.sides()["CX"].path.probability_ppm < 200_000


def test_lanes_and_coverage(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pair.drive(street.poses("ABC")[:5])
    states = {(x.layer, x.state) for x in pair.root.coverage}
    assert states == {
        (Layer.L0, CoverageState.PRESENT),
        (Layer.L1, CoverageState.ABSENT),
        (Layer.L2, CoverageState.DERIVED),
    }
    assert {x.state for x in pair.sides()["CX"].coverage if x.layer is Layer.L2} == {CoverageState.ABSENT}
    lanes = pair.reconstructor.lanes_ahead(100.0)
    assert lanes is not None
    assert [x.lane_index for x in lanes.value] == [0, 1]


def test_a_layer_not_asked_for_is_neither_loaded_nor_sent(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, layers=frozenset((Layer.L0,))))
    pair.drive(street.poses("ABC")[:5])
    assert {x.state for x in pair.root.coverage if x.layer is Layer.L2} == {CoverageState.NOT_SUBSCRIBED}
    assert not any(x.encoded.group is ProfileGroup.LANE for x in pair.reconstructor.state.contents.values())
    assert not pair.session._network.lane_tiles


def test_steady_driving_sends_positions_only(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("AB")
    pair.drive(poses[:3])
    for update in pair.drive(poses[3:100]):
        assert (update.items, update.removed, update.health) == ((), (), None)
        assert update.position is not None
        assert update.position.candidates[0].path_id == 1


def test_offsets_stay_while_the_vehicle_moves(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    offsets = []
    seen: dict[tuple[int, int], int] = {}
    for pose in street.poses("ABCDEFGH", speed_mps=20.0, rate_hz=2.0):
        pair.drive([pose])
        offsets.append(pair.reconstructor.reported.candidates[0].offset_cm)
        for x in pair.root.links:
            assert seen.setdefault((x.path_id, x.start_offset_cm), x.link_id) == x.link_id
    assert offsets == sorted(offsets)
    assert pair.root.path.path_id == 1
    assert pair.letters() == "FGH"  # 100 m behind the start of the last link are kept, in whole links
    assert pair.root.path.first_offset_cm == sum(street.link(x).length_cm for x in ("AB", "BC", "CD", "DE", "EF"))


def test_a_merged_limit_is_not_sent_again_because_the_vehicle_moves(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, horizon_length_m=300, trailing_length_m=0))
    sent = [
        (x.path_id, x.start_offset_cm)
        for update in pair.drive(street.poses("ABCDEFGH", speed_mps=20.0, rate_hz=2.0))
        for x in update.items
        if type(x).__name__ == "LimitSpan" and x.path_id == 1
    ]
    assert set(sent) == {(1, 0)}  # only lengthened


def test_turning_off_keeps_the_side_paths_id(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pair.drive(street.poses("ABC")[:20])
    side = pair.sides()["CU"].path.path_id
    pair.drive(street.poses("ABCU")[20:])
    assert pair.root.path.path_id == side
    assert (pair.root.path.parent_path_id, pair.root.path.offset_on_parent_cm) == (0, 0)
    assert pair.letters() == "CU"
    assert pair.root.path.first_offset_cm == 0
    assert len(pair.reconstructor.state.paths) == 1


def test_path_ids_are_never_used_again(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    gone: set[int] = set()
    alive: set[int] = set()
    for letters in ("ABCX", "XCDEV", "VEFGH"):
        for pose in street.poses(letters, speed_mps=20.0, rate_hz=2.0, start_time_us=START_TIME_US + pair.now_us):
            pair.drive([pose])
            now = set(pair.reconstructor.state.paths)
            gone |= alive - now
            alive = now
            assert not gone & now
    assert len(gone) > 5


def test_route_decides_at_junctions_and_can_be_withdrawn(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, horizon_length_m=900))
    pair.drive(street.poses("ABC")[:5])
    assert pair.letters() == "ABCDEFG"
    before = pair.root.path.path_id, pair.sides()["CX"].path.path_id
    pair.send(RouteEvent(tuple(street.links("ABCDEV"))))
    pair.pump()
    assert pair.letters() == "ABCDEV"
    assert "EFG"[:2] in {x[:2] for x in pair.sides()}
    assert (pair.root.path.path_id, pair.sides()["CX"].path.path_id) == before
    assert pair.sides()["CX"].path.probability_ppm < 30_000
    pair.send(RouteEvent(()))
    pair.pump()
    assert pair.letters() == "ABCDEFG"


@pytest.mark.parametrize("route", ["", "ABCDEV", "ABCU"])
def test_children_and_continuation_share_the_chance_of_getting_there(street: Drawn, route: str) -> None:
    pair = Pair(street, replace(SHORT, horizon_length_m=900))
    pair.send(RouteEvent(tuple(street.links(route)) if route else ()))
    pair.drive(street.poses("ABC")[:5])
    links = [x.link_id for x in pair.root.links]
    reach_ppm, forks = 1_000_000, splits(pair)
    assert len(forks) >= 1
    for arriving, children, left_ppm in forks:
        i = links.index(arriving)
        onward = next_links(street.network, links[: i + 1])
        assert onward is not None
        assert {*children, links[i + 1]} == set(onward)  # every way onward is there
        by_route = links[i + 1] if links[i + 1] in street.links(route or "AB")[1:] else None
        followed_count = street.links(route).index(arriving) if by_route is not None else 0
        shares = branch_shares_ppm(
            street.network, links[: i + 1], onward, route_link=by_route, route_links_count=followed_count
        )
        assert sum(shares) == 1_000_000
        for way, share_ppm in zip(onward, shares, strict=True):
            chance_ppm = children.get(way, left_ppm)  # of the child, or of going on
            assert chance_ppm == pytest.approx(reach_ppm * share_ppm / 1e6, abs=len(onward))
        reach_ppm = left_ppm


def test_a_route_that_is_left_and_found_again(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, horizon_length_m=900))
    pair.send(RouteEvent(tuple(street.links("ABCDEV"))))
    pair.drive(street.poses("DE")[10:13])
    assert pair.letters().startswith("DEV")
    jump = [replace(p, pose_time_us=p.pose_time_us + 10_000_000) for p in street.poses("GF")]
    pair.drive(jump[10:30])
    assert pair.letters().startswith("GFE")


def test_every_pose_is_answered_with_its_own_time(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("ABC")[:30]
    times = [u.pose_time_us for u in pair.drive(poses)]
    assert sorted(set(times) - {0}) == [p.pose_time_us for p in poses]


def test_nothing_is_sent_into_a_full_window_and_the_newest_state_after_it(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, unacknowledged_updates_max=2))
    poses = street.poses("ABCD", speed_mps=30.0)
    assert pair.take() is not None
    for pose in poses:
        pair.pose(pose)
        pair.take()
    assert len(pair.line) == 2
    assert pair.session.take_update(pair.now_us) is None
    pair.deliver()
    pair.deliver()
    pair.acknowledge()
    update = pair.take()
    assert update is not None
    assert (update.update_index, update.pose_time_us) == (3, poses[-1].pose_time_us)
    pair.deliver()
    assert pair.reconstructor.reported.candidates[0].link_id == street.link("CD").link_id


def test_a_lost_update_is_noticed_and_resync_repairs_it(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("ABCDEF", speed_mps=20.0, rate_hz=2.0)
    pair.drive(poses[:10])
    held = len(pair.reconstructor.state.contents)
    pair.pose(poses[10])
    pair.take()
    pair.line.clear()
    pair.pose(poses[11])
    pair.take()
    pair.deliver()
    assert pair.reconstructor.needs_resync
    assert "after" in pair.reconstructor.resync_reason
    assert pair.reconstructor.limits_ahead(100.0) is None
    assert pair.reconstructor.position() is None
    pair.resync()
    update = pair.take()
    assert update is not None
    assert update.snapshot
    assert not any(type(x).__name__ == "Content" for x in update.items)  # all of it is held
    pair.deliver()
    assert not pair.reconstructor.needs_resync
    assert len(pair.reconstructor.state.contents) == held
    assert pair.reconstructor.limits_ahead(100.0) is not None


def test_a_wrong_hash_is_noticed(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pair.drive(street.poses("ABC")[:3])
    update = pair.updates[-1]
    wrong = replace(update, update_index=update.update_index + 1, state_hash=update.state_hash ^ 1)
    assert not pair.reconstructor.apply(wrong, pair.now_us)
    assert pair.reconstructor.needs_resync
    assert "hash" in pair.reconstructor.resync_reason


def test_resync_empty_handed_sends_everything_again(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pair.drive(street.poses("ABC")[:3])
    state = pair.reconstructor.state
    pair.send(ResyncEvent(None))
    update = pair.take()
    assert update is not None
    assert update.snapshot
    pair.deliver()
    assert pair.reconstructor.state == state


def test_updates_on_the_line_at_a_resync_are_ignored(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("ABCDEF", speed_mps=20.0, rate_hz=2.0)
    pair.drive(poses[:10])
    for pose in poses[10:14]:
        pair.pose(pose)
        pair.take()
    pair.resync()
    pair.take()
    pair.pump()
    assert not pair.reconstructor.needs_resync
    pair.drive(poses[14:])


def test_resume_sends_no_content_again(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("ABCDEF", speed_mps=20.0)
    pair.drive(poses[:100])
    pair.resume()
    pair.pose(poses[100])
    updates = pair.pump()
    assert updates[0].snapshot
    assert not [x for u in updates for x in u.items if type(x).__name__ == "Content"]
    assert pair.letters().startswith("ABC")


@pytest.mark.parametrize("build_id", ["", "ff"])
def test_more_than_is_kept_of_what_a_client_names(street: Drawn, build_id: str) -> None:
    """It names as much as it may: the placed part counts, the rest is evicted or void, and both ends agree."""
    pair = Pair(street, SHORT)
    poses = street.poses("ABCDEF", speed_mps=20.0)
    pair.drive(poses[:100])
    state = pair.reconstructor.state
    idle = [
        Content(EncodedContent(ProfileGroup.ROAD, LinkId((1 << 48) + i), i, b""))
        for i in range(HELD_CONTENTS_COUNT_MAX + 5)
    ]
    contents = {x.key: x for x in (*idle, *state.contents.values())}
    pair.reconstructor._state = replace(state, contents=contents)
    if build_id:
        pair.datasets = [replace(street.datasets[0], build_id=build_id)]
    pair.resume()
    held = pair.opened.held
    assert held is not None
    assert len(held.contents) == HELD_CONTENTS_COUNT_MAX
    assert {Content(x).key for x in held.contents} >= state.contents.keys()
    pair.pose(poses[100])
    updates = pair.pump()
    sent = [x for u in updates for x in u.items if isinstance(x, Content)]
    assert bool(sent) is bool(build_id)
    assert len(pair.reconstructor.state.contents) <= len(state.contents) + UNPLACED_COUNT_MAX


def test_more_than_it_may_name_is_refused(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    one = EncodedContent(ProfileGroup.ROAD, LinkId(1), 1, b"")
    held = HeldContent(frozenset(), (one,) * (HELD_CONTENTS_COUNT_MAX + 1))
    with pytest.raises(LimitError, match=f"held.contents has 4097 elements; at most {HELD_CONTENTS_COUNT_MAX}"):
        pair.send(ResyncEvent(held))


def test_resume_from_another_release_holds_nothing(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("ABCDEF", speed_mps=20.0)
    pair.drive(poses[:100])
    pair.datasets = [replace(street.datasets[0], build_id="ff")]
    pair.resume()
    pair.pose(poses[100])
    updates = pair.pump()
    assert [x for u in updates for x in u.items if type(x).__name__ == "Content"]


def test_small_budgets_never_overflow_and_are_said(street: Drawn) -> None:
    budget = 500
    pair = Pair(street, replace(SHORT, content_held_bytes_max=budget))
    poses = street.poses("ABCDEFGH", speed_mps=20.0, rate_hz=2.0)
    evicted = 0
    for pose in poses:
        for update in pair.drive([pose]):
            evicted += sum(1 for x in update.removed if x[0] == 6)
        held = pair.reconstructor.state.contents.values()
        assert sum(len(x.encoded.payload) for x in held) <= budget
    assert evicted
    assert any(u.health and CONTENT_WITHHELD in u.health.reason for u in pair.updates)


def test_a_budget_that_suffices_evicts_the_oldest_and_nothing_placed(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, content_held_bytes_max=1600))
    for pose in street.poses("ABCDEFGH", speed_mps=20.0, rate_hz=2.0):
        pair.drive([pose])
        contents = pair.reconstructor.state.contents
        for on_path in pair.reconstructor.state.paths.values():
            for link in on_path.links:
                assert (6, ProfileGroup.ROAD, link.link_id) in contents
    assert any(x[0] == 6 for u in pair.updates for x in u.removed)
    assert pair.reconstructor.health.state is HealthState.OK


def test_late_and_old_poses(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("ABC")
    pair.drive(poses[:20])
    (update,) = pair.drive([poses[15]])
    assert update.health is not None
    assert (update.health.state, update.health.poses_dropped_count) == (HealthState.OK, 1)
    assert update.pose_time_us == poses[19].pose_time_us
    (update,) = pair.drive([poses[5]])
    assert update.health is not None
    assert (update.health.state, update.health.reason) == (HealthState.DEGRADED, LATE_POSE)
    assert update.health.poses_dropped_count == 2
    (update,) = pair.drive([poses[20]])
    assert update.health is not None
    assert (update.health.state, update.health.poses_dropped_count) == (HealthState.OK, 2)


@pytest.mark.parametrize(("skew_us", "state"), [(4_900_000, HealthState.OK), (-5_100_000, HealthState.DEGRADED)])
def test_clock_skew(street: Drawn, skew_us: int, state: HealthState) -> None:
    pair = Pair(street, SHORT)
    pose = street.poses("ABC")[0]
    pair.send(PoseEvent(pose, received_time_us=pose.pose_time_us + skew_us))
    pair.pump()
    assert pair.reconstructor.health.state is state
    assert (pair.reconstructor.health.reason == CLOCK_SKEW) == (state is HealthState.DEGRADED)


def test_a_replay_has_no_clock_to_compare_with(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, replay=True))
    pair.send(PoseEvent(street.poses("ABC")[0], received_time_us=START_TIME_US * 2))
    pair.pump()
    assert pair.reconstructor.health.state is HealthState.OK


def test_silence_is_broken_by_a_heartbeat(street: Drawn) -> None:
    pair = Pair(street, replace(SHORT, silence_ms_max=500))
    pair.drive(street.poses("ABC")[:3])
    wakes = pair.session.wakes_at()
    assert wakes == pair.now_us + 500_000
    assert pair.session.take_update(pair.now_us) is None
    pair.now_us = wakes
    pair.session.wake(pair.now_us)
    (update,) = pair.pump()
    assert (update.items, update.removed) == ((), ())


def test_tiles_arriving_late_and_one_by_one() -> None:
    drawn = draw(ROAD, ways=WAYS, grid_m=180.0)
    pair = Pair(drawn, Open(horizon_length_m=3000), tiles=False)
    pose = drawn.poses("ABC")[0]
    pair.pose(pose)
    pair.pump()
    assert pair.reconstructor.reported.state is MatchState.WAITING
    lengths = []
    while pair.serve(1):
        pair.pump()
        if pair.reconstructor.state.paths:
            lengths.append(pair.root.path.end_offset_cm)
    assert pair.reconstructor.reported.state is MatchState.TRACKING
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]
    assert pair.letters() == "ABCDEF"
    assert {x.state for x in pair.root.coverage if x.layer is Layer.L2} == {CoverageState.DERIVED}


def test_lanes_come_after_the_road(street: Drawn) -> None:
    pair = Pair(street, SHORT, tiles=False)
    pair.pose(street.poses("ABC")[0])
    pair.serve(layer=Layer.L0)
    pair.pump()
    assert {x.state for x in pair.root.coverage if x.layer is Layer.L2} == {CoverageState.NOT_LOADED}
    pair.serve()
    pair.pump()
    assert {x.state for x in pair.root.coverage if x.layer is Layer.L2} == {CoverageState.DERIVED}
    assert pair.reconstructor.lanes(pair.root.links[0].link_id) is not None


def test_a_tile_that_fails_is_said_and_the_horizon_goes_on() -> None:
    drawn = draw(ROAD, ways=WAYS, grid_m=180.0)
    pair = Pair(drawn, Open(horizon_length_m=3000))
    road = tile_of(drawn.link("EF").link_id)
    lane = tile_of(drawn.link("AB").link_id)
    pair.failing = {(Layer.L0, road): "tile X is damaged", (Layer.L2, lane): "lanes are damaged"}
    pair.drive(drawn.poses("ABC")[:3])
    health = pair.reconstructor.health
    assert health.state is HealthState.DEGRADED
    assert "tile X is damaged" in health.reason
    assert pair.reconstructor.reported.state is MatchState.TRACKING
    failed = [x for x in pair.root.coverage if x.state is CoverageState.FAILED]
    assert failed
    assert failed[0].reason == "lanes are damaged"


def test_no_tile_at_all_is_no_coverage(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pose = replace(street.poses("ABC")[0], lat_e7=100_000_000.0, lon_e7=100_000_000.0)
    pair.drive([pose])
    assert pair.reconstructor.reported.state is MatchState.NO_COVERAGE
    assert not pair.reconstructor.state.paths


def test_a_jump_starts_anew_and_tiles_left_behind_go() -> None:
    drawn = draw(ROAD, ways=WAYS, grid_m=180.0)
    pair = Pair(drawn, replace(SHORT, horizon_length_m=500))
    pair.drive(drawn.poses("ABC")[:5])
    first = pair.root.path.path_id
    later = [replace(p, pose_time_us=p.pose_time_us + 60_000_000) for p in drawn.poses("GH")]
    pair.drive(later[:20])
    assert pair.letters() == "GH"
    assert pair.root.path.path_id > first


PARALLEL = """
A----B----C----D
P----Q----R----S
"""


def test_while_ambiguous_no_limit_is_certain_and_it_does_not_flicker() -> None:
    drawn = draw(PARALLEL, ways={"ABCD": {"maxspeed_kmh": 50}, "PQRS": {"maxspeed_kmh": 80}}, grid_m=12.0)
    pair = Pair(drawn, SHORT)
    middle_e7 = (drawn.position("A")[0] + drawn.position("P")[0]) / 2
    other_road = {drawn.link(x).link_id for x in ("PQ", "QR", "RS")}
    states, certain, unsure = [], [], []
    for i, pose in enumerate(drawn.poses("ABCD", speed_mps=5.0)):
        lat_e7 = middle_e7 if i < 60 else pose.lat_e7
        pair.drive([replace(pose, lat_e7=lat_e7, position_sigma_m=4.0)])
        states.append(pair.reconstructor.reported.state)  # that nothing is certain meanwhile is checked by `check`
        certain.append(any(x.limit.certain for x in pair.root.limits))
        candidates = pair.reconstructor.reported.candidates
        others = [x for x in candidates if x.link_id in other_road]
        unsure.append(states[-1] is not MatchState.TRACKING or sum(x.probability_permille for x in others) >= 20)
    assert states[0] is MatchState.AMBIGUOUS
    assert states[-1] is MatchState.TRACKING
    sure_from = unsure.index(False)
    assert states.index(MatchState.TRACKING) < sure_from
    certain_from = certain.index(True)
    assert certain_from - sure_from == 9  # a second after the last pose in doubt
    assert all(certain[certain_from:])


def test_off_the_road_the_paths_go_after_a_while(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    poses = street.poses("ABC")
    pair.drive(poses[:10])
    lat, _ = street.at("AB", 100.0, lateral_m=150.0)
    for i in range(60):
        pose = replace(poses[10 + i], lat_e7=lat, heading_rad=None, travelled_m=None)
        pair.drive([pose])
    assert pair.reconstructor.reported.state is MatchState.OFF_ROAD
    assert not pair.reconstructor.state.paths


def test_the_end_of_the_map_is_the_end_of_the_path(street: Drawn) -> None:
    pair = Pair(street, Open(horizon_length_m=5000))
    pair.drive(street.poses("GH")[10:15])
    assert pair.letters() == "GH"


def test_a_roundabout_is_driven_straight_through() -> None:
    drawn = draw(
        """
              N
              |
              n
             / \\
        W---w   e---E
             \\ /
              s
              |
              S
        """,
        ways={"wsenw": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT}},
        grid_m=15.0,
    )
    pair = Pair(drawn, replace(SHORT, horizon_length_m=300))
    pair.drive(drawn.poses("Ww")[:3])
    assert pair.letters() == "WwseE"


def test_wanted_tiles_begin_where_the_vehicle_is() -> None:
    drawn = draw(ROAD, ways=WAYS, grid_m=180.0)
    pair = Pair(drawn, Open(), tiles=False)
    pose = drawn.poses("GH")[0]
    pair.pose(pose)
    layer, tile = pair.session.wanted_tiles()[0]
    assert layer is Layer.L0
    assert tile == tile_of(drawn.link("GH").link_id)
    assert len(set(pair.session.wanted_tiles())) == len(pair.session.wanted_tiles())


def test_order_and_limits(street: Drawn) -> None:
    session = Session(datasets=street.datasets, market_pack_digest="", tzdata_version="")
    assert session.take_update(0) is None
    assert session.wakes_at() is None
    assert list(session.wanted_tiles()) == []
    for event in (PoseEvent(Pose(1)), RouteEvent(()), AcknowledgementEvent(0), ResyncEvent()):
        with pytest.raises(OrderError, match="before open"):
            session.receive(event, 0)
    session.receive(Open(), 0)
    with pytest.raises(OrderError, match="twice"):
        session.receive(Open(), 0)
    with pytest.raises(RequestError, match="update 7"):
        session.receive(AcknowledgementEvent(7), 0)
    with pytest.raises(LimitError):
        session.receive(RouteEvent((LinkId(1),) * 20_001), 0)


def test_tiles_are_dropped_with_a_bound() -> None:
    line = "----".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    drawn = draw(line, grid_m=190.0)
    pair = Pair(drawn, replace(SHORT, horizon_length_m=1000))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    pair.drive(drawn.poses(letters, speed_mps=60.0, rate_hz=1.0))
    assert len(drawn.road_tiles) > 20
    assert len(pair.session._network.roads) < len(drawn.road_tiles)
    first = min(drawn.road_tiles, key=lambda t: t)
    assert pair.session._network.tile_state(Layer.L0, first) is TileState.NOT_LOADED


def test_a_fork_passed_in_doubt_keeps_its_side_path_until_the_doubt_is_over() -> None:
    drawn = draw(
        """
        A---------B---------C
                        D

        """,
        ways={"ABC": {"oneway": True}, "BD": {"oneway": True}},
        grid_m=10.0,
    )
    pair = Pair(drawn, SHORT)
    pair.drive(drawn.poses("AB")[-20:-1])
    (side,) = pair.sides().values()
    root = pair.root.path.path_id
    middle = [_between(a, b) for a, b in zip(drawn.poses("ABC")[66:85], drawn.poses("ABD")[66:85], strict=True)]
    states = []
    for pose in middle:
        pair.drive([pose])
        states.append(pair.reconstructor.reported.state)
        paths = pair.reconstructor.state.paths
        if states[-1] is MatchState.AMBIGUOUS:
            assert {root, side.path.path_id} <= set(paths)
            assert pair.root.path.path_id == root
            assert {x.path_id for x in pair.reconstructor.reported.candidates} <= set(paths)
    assert MatchState.AMBIGUOUS in states
    pair.drive(drawn.poses("ABD")[85:105])
    assert pair.reconstructor.reported.state is MatchState.TRACKING
    assert pair.root.path.path_id == side.path.path_id
    assert len(pair.reconstructor.state.paths) == 1


def _between(a: Pose, b: Pose) -> Pose:
    assert a.lat_e7 is not None
    assert b.lat_e7 is not None
    assert a.heading_rad is not None
    assert b.heading_rad is not None
    lat_e7, heading_rad = (a.lat_e7 + b.lat_e7) / 2, (a.heading_rad + b.heading_rad) / 2
    return replace(a, lat_e7=lat_e7, heading_rad=heading_rad, position_sigma_m=8.0, heading_sigma_rad=0.3)


def test_a_new_call_owes_no_acknowledgement_of_the_old_one(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pair.drive(street.poses("ABC")[:10])
    pair.resume()
    assert pair.reconstructor.update_index == 0
    pair.acknowledge()
    pair.pump()
    assert pair.reconstructor.update_index == 1


class Broken:
    """A road tile that turns out to hold nonsense for one link, though its checksum fits."""

    def __init__(self, tile: RoadTile, index: int) -> None:
        self._tile = tile
        self._index = index

    def link(self, index: int) -> Link:
        if index == self._index:
            raise TileError("link makes no sense")
        return self._tile.link(index)

    def __getattr__(self, name: str) -> object:
        return getattr(self._tile, name)


def test_content_that_makes_no_sense_costs_the_horizon_not_the_drive(street: Drawn) -> None:
    pair = Pair(street, SHORT)
    pair.drive(street.poses("ABC")[:10])
    de = street.link("DE").link_id
    tile = pair.session._network.roads[tile_of(de)]
    broken = TileArrived(Layer.L0, tile_of(de), Broken(tile, index_of(de)))  # type: ignore[arg-type]
    pair.send(broken)
    pair.drive(street.poses("ABCD", speed_mps=20.0)[80:])
    assert pair.reconstructor.health.state is HealthState.DEGRADED
    assert BAD_CONTENT in pair.reconstructor.health.reason
    pair.send(TileArrived(Layer.L0, tile_of(de), tile))
    later = [replace(p, pose_time_us=p.pose_time_us + 60_000_000) for p in street.poses("DEF")]
    pair.drive(later[:20])
    assert pair.reconstructor.health.state is HealthState.OK
    assert pair.letters().startswith("DEF") or pair.letters().startswith("CDE")
