"""What a client asked for is what it gets: groups, reach, paths and rate of content."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapprior.horizon.events import Open, ProfileSubscription, RouteEvent
from mapprior.horizon.items import ROOT, Content, CoverageState, Update
from mapprior.horizon.update import State
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.provenance import Layer, ProfileGroup
from mapprior.reader.reconstructor import Reconstructor
from mapprior.tile.codec import decode_content
from tests.asciimap import Drawn, draw
from tests.horizon.pair import ZONES, Pair

GEOMETRY, ROAD, LIMIT, LANE = ProfileGroup.GEOMETRY, ProfileGroup.ROAD, ProfileGroup.LIMIT, ProfileGroup.LANE

TOWN = """
P----Q----R----S----T
|    |    |    |    |
A----B----C----D----E----F----G----H
|    |    |    |
K----L----M----N
"""
WAYS = {"ABCDEFGH": {"maxspeed_kmh": 50, "lanes": 2}, "PQRST": {"maxspeed_kmh": 30, "lanes": 1}}
DRIVE = "ABCDEFGH"


@pytest.fixture(scope="module")
def town() -> Drawn:
    return draw(TOWN, ways=WAYS, grid_m=30.0)


def opened(*subscriptions: ProfileSubscription, layers: frozenset[Layer] = frozenset()) -> Open:
    return Open(
        horizon_length_m=900, trailing_length_m=100, stub_length_m=300, layers=layers, subscriptions=subscriptions
    )


def wanted(pair: Pair, state: State) -> set[tuple[ProfileGroup, LinkId]]:
    """What the subscriptions ask for of the links placed, said the long way."""
    place = pair.reconstructor.reported.candidates[0]
    root = next(x for x in state.paths.values() if x.path.parent_path_id == ROOT)
    here = next(x for x in root.links if x.start_offset_cm <= place.offset_cm <= x.end_offset_cm)
    found = set()
    for on_path in state.paths.values():
        zero_cm, path = 0, on_path.path
        while path.parent_path_id != ROOT:
            zero_cm += path.offset_on_parent_cm
            path = state.paths[path.parent_path_id].path
        for x in on_path.links:
            for y in pair.opened.subscriptions:
                near = not y.length_m or zero_cm + x.start_offset_cm <= here.end_offset_cm + 100 * y.length_m
                if near and not (y.root_only and on_path is not root):
                    content = pair.drawn.network.content(x.link_id, y.group)
                    if content is not None:
                        found.add((y.group, content.link_id))
    return found


def brought(update: Update) -> list[EncodedContent]:
    return [x.encoded for x in update.items if isinstance(x, Content)]


def held(pair: Pair) -> set[tuple[ProfileGroup, LinkId]]:
    return {(x.encoded.group, x.encoded.link_id) for x in pair.reconstructor.state.contents.values()}


subscriptions = st.lists(
    st.builds(
        ProfileSubscription,
        st.sampled_from((GEOMETRY, ROAD, LIMIT, LANE)),
        length_m=st.sampled_from((0, 1, 200, 450, 5000)),
        interval_ms_min=st.sampled_from((0, 300, 2000)),
        root_only=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda x: x.group,
)


@settings(max_examples=12, deadline=None)
@given(subscriptions, st.sampled_from((DRIVE, "KABQRS", "NDCBAP")))
def test_what_is_wanted_is_sent_and_nothing_else(town: Drawn, chosen: list[ProfileSubscription], way: str) -> None:
    """Once, in the order of its interval; what is held at the end is all that was ever wanted."""
    pair = Pair(town, opened(*chosen))
    ever: set[tuple[ProfileGroup, LinkId]] = set()
    sent: list[EncodedContent] = []
    last_us: dict[ProfileGroup, int] = {}
    interval_us = {x.group: x.interval_ms_min * 1000 for x in chosen}
    for pose in town.poses(way, speed_mps=12.0):
        pair.pose(pose)
        for update in pair.pump():
            ever |= wanted(pair, pair.session.state())
            contents = brought(update)
            assert {(x.group, x.link_id) for x in contents} <= ever
            for group in {x.group for x in contents}:
                assert pair.now_us - last_us.get(group, -(1 << 40)) >= interval_us[group]
                last_us[group] = pair.now_us
            sent += contents
    settle(pair)
    sent += [x for update in pair.updates for x in brought(update) if x not in sent]
    assert held(pair) >= wanted(pair, pair.session.state())
    assert held(pair) <= ever
    assert len({(x.group, x.link_id) for x in sent}) == len(sent)


def settle(pair: Pair) -> None:
    """The timer does what it promises for as long as any interval of these tests."""
    end_us = pair.now_us + 61_000_000
    while pair.now_us < end_us:
        at_us = pair.session.wakes_at()
        assert at_us is not None
        assert at_us > pair.now_us  # all that is due was taken
        pair.now_us = at_us
        pair.session.wake(pair.now_us)
        assert pair.pump()  # it woke for something


def test_without_subscriptions_everything_of_the_layers_is_sent_at_once(town: Drawn) -> None:
    plain = Pair(town, Open(horizon_length_m=900))
    plain.drive(town.poses(DRIVE)[:3])
    named = Pair(
        town, Open(horizon_length_m=900, subscriptions=tuple(map(ProfileSubscription, (ROAD, LIMIT, GEOMETRY, LANE))))
    )
    named.drive(town.poses(DRIVE)[:3])
    assert plain.reconstructor.state == named.reconstructor.state
    assert plain.updates == named.updates


def test_only_the_groups_that_were_asked_for_and_their_layers(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(ROAD)), tiles=False)
    pair.pose(town.poses(DRIVE)[0])
    layers = set()
    while wanted_tiles := pair.session.wanted_tiles():
        layers |= {layer for layer, _ in wanted_tiles}
        pair.serve()
    pair.pump()
    assert layers == {Layer.L0}
    assert {group for group, _ in held(pair)} == {ROAD}
    states = {x.layer: x.state for x in pair.root.coverage}
    assert states[Layer.L0] is CoverageState.PRESENT
    assert states[Layer.L2] is CoverageState.NOT_SUBSCRIBED


def test_a_layer_that_is_named_is_covered_though_nothing_of_it_is_sent(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(ROAD), layers=frozenset((Layer.L2,))))
    pair.drive(town.poses(DRIVE)[:2])
    assert {group for group, _ in held(pair)} == {ROAD}
    assert {x.state for x in pair.root.coverage if x.layer is Layer.L2} == {CoverageState.DERIVED}


def test_reach_counts_from_the_end_of_the_vehicles_link(town: Drawn) -> None:
    """Links of 150 m; the vehicle is on AB; CD begins at 150 m past its end, DE at 300."""
    pair = Pair(town, opened(ProfileSubscription(ROAD), ProfileSubscription(LANE, length_m=150)))
    pair.drive(town.poses(DRIVE)[:2])
    assert lanes_on(pair) == "ABCD"
    first = len(pair.updates)
    pair.drive(town.poses(DRIVE)[2:95])
    assert all(not brought(x) for x in pair.updates[first:])  # nothing moves but the position on AB
    pair.drive(town.poses(DRIVE)[95:110])
    assert lanes_on(pair) == "ABCDE"


def lanes_on(pair: Pair) -> str:
    lanes = {link for group, link in held(pair) if group is LANE}
    names = {v: k for k, v in pair.drawn.link_ids.items()}
    found = [names[x.link_id] for x in pair.root.links if x.link_id in lanes]
    return found[0] + "".join(x[1] for x in found[1:])


def test_side_paths_bring_nothing_of_a_group_that_is_for_the_root_only(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(ROAD, root_only=True), ProfileSubscription(GEOMETRY)))
    pair.drive(town.poses(DRIVE)[:2])
    on_root = {x.link_id for x in pair.root.links}
    assert pair.sides()
    assert {link for group, link in held(pair) if group is ROAD} == on_root
    assert len({link for group, link in held(pair) if group is GEOMETRY}) > len(on_root)


def test_turning_onto_a_side_path_brings_what_it_lacked(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(ROAD, root_only=True)))
    poses = town.poses("ABCRST", speed_mps=15.0)
    pair.drive(poses)
    assert {x.link_id for x in pair.root.links} <= {link for group, link in held(pair) if group is ROAD}


def test_a_route_that_changes_wants_other_links(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(LIMIT, root_only=True, interval_ms_min=60_000)))
    pair.drive(town.poses(DRIVE)[:2])
    before = held(pair)
    pair.send(RouteEvent(tuple(town.links("ABQRST"))))
    pair.pump()
    assert held(pair) == before  # waits for its minute
    assert pair.letters().startswith("ABQRST")
    settle(pair)
    assert held(pair) > before
    assert held(pair) >= wanted(pair, pair.session.state())


def test_what_waits_comes_when_its_interval_is_over_without_another_pose(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(LIMIT, root_only=True, interval_ms_min=300)))
    pair.drive(town.poses(DRIVE)[:1])
    sent_us = pair.now_us
    pair.now_us += 50_000
    pair.send(RouteEvent(tuple(town.links("ABQRST"))))
    (update,) = pair.pump()
    assert not brought(update)
    assert pair.session.wakes_at() == sent_us + 300_000
    pair.now_us = sent_us + 300_000
    pair.session.wake(pair.now_us)
    (update,) = pair.pump()
    assert brought(update)


def test_a_snapshot_waits_for_nothing(town: Drawn) -> None:
    pair = Pair(town, opened(ProfileSubscription(ROAD, interval_ms_min=60_000)))
    pair.drive(town.poses(DRIVE)[:2])
    before = held(pair)
    pair.reconstructor = Reconstructor(decode_content, lambda payload: ZONES[payload])
    pair.resync()
    pair.pump()
    assert held(pair) == before
