"""The law under everything at once: whatever is lost, late, replaced or refused, both ends agree.

A drive of random events: poses along random ways, jumps, acknowledgements that come late or never, lost updates,
resync, resume, tiles that come late, fail or are missing, zones that come and go, routes set and withdrawn, weather
that changes, minutes that pass over the switches of limits; with all layers, and whatever of them is subscribed to.
`Pair.deliver` checks the law at every update that is applied.
"""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapprior.horizon.events import ConditionsEvent, Open, PoseEvent, ProfileSubscription, RouteEvent
from mapprior.horizon.update import state_hash
from mapprior.model.ids import LinkId
from mapprior.model.limit import LimitAlternative, LimitKind, SpeedUnit
from mapprior.model.link import Link
from mapprior.model.pose import Condition, DrivingConditions, Pose
from mapprior.model.provenance import LAYER_GROUPS, Layer, ProfileGroup
from mapprior.model.work_zone import WorkZone, ZoneOnLink
from tests.asciimap import START_TIME_US, draw
from tests.drawn_profiles import straight
from tests.horizon.pair import Pair, placed
from tests.horizon.timed import LAWS, kmh

GRID = """
A---B---C---D---E
|   |   |   |   |
F---G---H---I---J
|   |   |   |   |
K---L---M---N---O
"""
DRAWN = draw(
    GRID,
    ways={
        "ABCDE": {"maxspeed_kmh": 50, "lanes": 2, "name": "North Street"},
        "FGHIJ": {"maxspeed_kmh": 30, "oneway": True},
        "CHM": {"maxspeed_mph": 40, "lanes": 1},
        # The drive begins at 23:13:20 by the clock of the place.
        "KLMNO": {"limits": (kmh(50), kmh(30, "23:14-23:20"), kmh(20, "23:18-23:30 AND wet"))},
        "BGL": {"limits": (kmh(50), kmh(40, "wet"))},
    },
    restrictions=[["BC", "CH"]],
    grid_m=90.0,
    profiles=straight,
)
LINKS = [link for x in DRAWN.link_ids.values() if (link := DRAWN.network.link(x)) is not None]

EVENTS = st.one_of(
    st.tuples(st.just("drive"), st.integers(1, 12)),
    st.tuples(st.just("drive"), st.integers(1, 12)),
    st.tuples(st.just("turn"), st.integers(0, 3)),
    st.tuples(st.just("jump"), st.integers(0, len(LINKS) - 1)),
    st.tuples(st.just("lateral"), st.integers(-40, 40)),
    st.tuples(st.just("take"), st.integers(1, 3)),
    st.tuples(st.just("deliver"), st.integers(1, 3)),
    st.tuples(st.just("acknowledge"), st.just(0)),
    st.tuples(st.just("lose"), st.just(0)),
    st.tuples(st.just("resync"), st.integers(1, 3)),
    st.tuples(st.just("ask"), st.integers(1, 2)),
    st.tuples(st.just("hear"), st.integers(1, 2)),
    st.tuples(st.just("resume"), st.just(0)),
    st.tuples(st.just("serve"), st.integers(1, 6)),
    st.tuples(st.just("fail"), st.just(0)),
    st.tuples(st.just("zone"), st.integers(0, len(LINKS) - 1)),
    st.tuples(st.just("no zone"), st.just(0)),
    st.tuples(st.just("route"), st.integers(0, len(LINKS) - 1)),
    st.tuples(st.just("no route"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("minutes"), st.integers(1, 4)),
    st.tuples(st.just("sense"), st.sampled_from(Condition)),
    st.tuples(st.just("late pose"), st.integers(1, 30)),
)
SUBSCRIPTIONS = st.lists(
    st.builds(
        ProfileSubscription,
        st.sampled_from(ProfileGroup),
        length_m=st.sampled_from((0, 1, 150, 700)),
        interval_ms_min=st.sampled_from((0, 500, 5000)),
        root_only=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda x: x.group,
).map(tuple)
OPENS = st.builds(
    Open,
    layers=st.sampled_from((frozenset((Layer.L0, Layer.L2)), frozenset(LAYER_GROUPS), frozenset((Layer.L1,)))),
    subscriptions=SUBSCRIPTIONS,
    position_interval_ms_min=st.sampled_from((0, 300)),
    side_levels_count=st.sampled_from((1, 3)),
    horizon_time_ms=st.sampled_from((0, 60_000)),
    horizon_length_m=st.sampled_from((100, 800, 3000)),
    trailing_length_m=st.sampled_from((0, 100, 500)),
    stub_length_m=st.sampled_from((1, 300)),
    content_held_bytes_max=st.sampled_from((400, 1500, 1 << 20)),
    unacknowledged_updates_max=st.sampled_from((1, 4)),
)


class Storm:
    def __init__(self, opened: Open) -> None:
        self.pair = Pair(DRAWN, opened, tiles=False, laws=LAWS)
        self.link: Link = LINKS[0]
        self.offset_m = 5.0
        self.lateral_m = 0.0
        self.turn = 0
        self.time_us = START_TIME_US
        self.travelled_m = 0.0
        self.zone_count = 0
        self.lost = False  # the client will notice at the next update, if one still comes

    def do(self, what: str, amount: int) -> None:
        pair = self.pair
        match what:
            case "drive":
                for _ in range(amount):
                    self.pose(step_m=4.0)
            case "drive far":
                for _ in range(amount):
                    self.pose(step_m=30.0)
            case "turn":
                self.turn = amount
            case "jump":
                self.link, self.offset_m = LINKS[amount], 10.0
                self.pose(step_m=0.0)
            case "lateral":
                self.lateral_m = float(amount)
            case "take":
                for _ in range(amount):
                    pair.take()
            case "deliver":
                for _ in range(amount):
                    pair.deliver()
                if pair.reconstructor.needs_resync:
                    pair.resync()
            case "acknowledge":
                pair.acknowledge()
            case "lose":
                if pair.line:
                    pair.line.popleft()
                    self.lost = True
            case "resync":
                for _ in range(amount):
                    pair.resync()
            case "ask":  # several may be in flight, with snapshots and updates between them
                for _ in range(amount):
                    pair.ask()
            case "hear":
                pair.hear(amount)
            case "resume":
                pair.resume()
            case "serve":
                pair.serve(amount)
            case "fail":
                for key in list(pair.session.wanted_tiles())[:1]:
                    pair.failing[key] = "damaged"
                    pair.answer(key)
                    del pair.failing[key]
            case "zone":
                self.zone(LINKS[amount])
            case "zone here":
                self.zone(self.link)
            case "no zone":
                self.zone_count += 1
                pair.publish(self.zone_count)
            case "route":
                pair.send(RouteEvent(self.route(LINKS[amount])))
            case "no route":
                pair.send(RouteEvent(()))
            case "sense":
                pair.send(ConditionsEvent(DrivingConditions(wet=Condition(amount))))
            case "wait":
                self.wait(amount * 100_000)
            case "minutes":
                self.wait(amount * 60_000_000)
                self.time_us += amount * 60_000_000
            case "late pose":
                pair.send(PoseEvent(Pose(max(1, self.time_us - amount * 100_000), 0.0, 0.0)))

    def wait(self, time_us: int) -> None:
        self.pair.now_us += time_us
        wakes = self.pair.session.wakes_at()
        if wakes is not None and wakes <= self.pair.now_us:
            self.pair.session.wake(self.pair.now_us)

    def pose(self, *, step_m: float) -> None:
        self.offset_m += step_m
        self.travelled_m += step_m
        while self.offset_m > self.link.line.length_m:
            self.offset_m -= self.link.line.length_m
            onward = [x for x in DRAWN.network.links_from(self.link.end_node) or () if x != self.link.twin_id]
            link = DRAWN.network.link(onward[self.turn % len(onward)]) if onward else None
            self.link = link or LINKS[0]
        line = self.link.line
        x_m, y_m = line.xy_at(self.offset_m)
        lat, lon = line.frame.lat_lon_e7(x_m, y_m + self.lateral_m)
        self.time_us += 200_000
        self.pair.pose(
            Pose(
                self.time_us,
                float(lat),
                float(lon),
                heading_rad=line.heading_at(self.offset_m),
                speed_mps=20.0,
                position_sigma_m=3.0,
                travelled_m=self.travelled_m,
            ),
            step_us=200_000,
        )

    def zone(self, link: Link) -> None:
        self.zone_count += 1
        start = self.time_us + (self.zone_count % 3 - 1) * 2_000_000
        zone = WorkZone(
            id=f"z{link.link_id}",
            source="test",
            start_time_us=start,
            end_time_us=start + 5_000_000,
            lat_e7=(),
            lon_e7=(),
            confidence_permille=900,
            place_sigma_cm=500,
            limit=LimitAlternative(LimitKind.LIMITED, 20_000, SpeedUnit.KMH, "", "20"),
        )
        spans = [ZoneOnLink(zone.id, link.link_id, 1000, link.length_cm, 900, True)]
        after = [x for x in DRAWN.network.links_from(link.end_node) or () if x != link.twin_id]
        spans += [ZoneOnLink(zone.id, x, 0, 2000, 900, True) for x in after[:1]]
        self.pair.publish(self.zone_count, placed(zone, *spans))

    def route(self, link: Link) -> tuple[LinkId, ...]:
        links = [link.link_id]
        for turn in range(6):
            last = DRAWN.network.link(links[-1])
            assert last is not None
            onward = [x for x in DRAWN.network.links_from(last.end_node) or () if x != last.twin_id]
            if onward:
                links.append(onward[(turn + self.turn) % len(onward)])
        return tuple(links)

    def calm(self) -> None:
        """Everything arrives at last: both ends must agree in full."""
        pair = self.pair
        pair.serve()
        if pair.reconstructor.needs_resync or self.lost:
            pair.resync()
        pair.acknowledge()
        pair.pump()
        if pair.reconstructor.needs_resync:
            pair.resync()
            pair.pump()
        assert pair.reconstructor.answers
        assert pair.reconstructor.state == pair.session.state()
        assert state_hash(pair.reconstructor.state) == pair.updates[-1].state_hash
        held = sum(len(x.encoded.payload) for x in pair.reconstructor.state.contents.values())
        assert held <= pair.opened.content_held_bytes_max


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(OPENS, st.lists(EVENTS, min_size=5, max_size=60))
def test_both_ends_agree_whatever_happens(opened: Open, events: list[tuple[str, int]]) -> None:
    storm = Storm(opened)
    for what, amount in events:
        storm.do(what, amount)
    storm.calm()


FAR = st.one_of(
    st.tuples(st.just("drive far"), st.integers(1, 12)),
    st.tuples(st.just("take"), st.integers(1, 3)),
    st.tuples(st.just("deliver"), st.integers(1, 3)),
    st.tuples(
        st.sampled_from(("drive", "turn", "acknowledge", "zone here", "no zone", "lose", "resync", "route", "minutes")),
        st.integers(0, 3),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(OPENS, st.lists(FAR, min_size=20, max_size=60))
def test_both_ends_agree_on_a_long_way(opened: Open, events: list[tuple[str, int]]) -> None:
    """With every tile at hand the vehicle gets far: links go behind it, paths change, zones come to where it is."""
    storm = Storm(opened)
    storm.pair.tiles = True
    for what, amount in events:
        storm.do(what, amount)
    storm.calm()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=3, max_size=8))
def test_a_long_drive_ends_in_the_same_state_as_its_snapshot(turns: list[int]) -> None:
    storm = Storm(Open(horizon_length_m=800))
    storm.pair.tiles = True
    storm.pair.serve()
    for turn in turns:
        storm.turn = turn
        for _ in range(10):
            storm.pose(step_m=8.0)
            storm.pair.pump()
    state = storm.pair.reconstructor.state
    storm.pair.resync()
    storm.pair.pump()
    assert storm.pair.reconstructor.state == replace(state)


RESYNCS = st.lists(
    st.tuples(st.sampled_from(("ask", "ask", "hear", "take", "deliver", "drive", "acknowledge")), st.integers(1, 3)),
    min_size=4,
    max_size=80,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(OPENS, RESYNCS)
def test_each_resync_is_answered_however_many_are_in_flight(opened: Open, events: list[tuple[str, int]]) -> None:
    """The client asks whenever it likes, and never again because an answer did not fit: each snapshot applies."""
    storm = Storm(opened)
    pair = storm.pair
    pair.tiles = True
    storm.do("drive", 3)
    pair.pump()
    for what, amount in events:
        if what == "deliver":
            for _ in range(amount):
                pair.deliver()  # which fails where a snapshot has another hash
        else:
            storm.do(what, amount)
    pair.hear(len(pair.asked))
    while pair.line:
        pair.deliver()
    pair.acknowledge()
    pair.pump()
    assert pair.reconstructor.answers or not pair.updates
    assert pair.reconstructor.state == pair.session.state()
