"""The laws a planner builds on: what the vehicle passes, how the map is cut, and what every value must say.

Beside these: both ends agree whatever is lost, late or replaced (`test_storm.py`), spans cover their path without gap
and probabilities share what gets to a junction (`check` in `pair.py`, at every update of every test that uses it).
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapprior.geo.frame import distance_m
from mapprior.geo.polyline import Polyline
from mapprior.horizon.events import Open, ProfileSubscription, RouteEvent
from mapprior.horizon.items import ROOT, Content, LimitSpan
from mapprior.horizon.update import State
from mapprior.market.effective import while_ambiguous
from mapprior.model.ids import LinkId
from mapprior.model.limit import EffectiveLimit, LimitKind
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.pose import MatchState
from mapprior.model.profile import SHARED_GROUPS
from mapprior.model.provenance import LAYER_GROUPS, Basis, ProfileGroup
from mapprior.reader.reconstructor import Reconstructor
from tests.asciimap import Drawn, draw
from tests.drawn_profiles import straight
from tests.horizon.pair import Pair

TOWN = """
P----Q----R----S----T
|    |    |    |    |
A----B----C----D----E----F----G----H
|    |    |\\   |         |
K----L----M O--N---------V
"""
WAYS: dict[str, dict[str, Any]] = {
    "ABCDEFGH": {"maxspeed_kmh": 50, "lanes": 2, "name": "High Street", "road_class": RoadClass.SECONDARY},
    "PQRST": {"maxspeed_kmh": 30, "lanes": 1},
    "CO": {"form_of_way": FormOfWay.SLIP_ROAD, "oneway": True},
    "ONV": {"maxspeed_mph": 40, "tunnel": True},
}
TILE_LON_DEG = 360.0 / (1 << 14)
JOINT_M_MAX = 0.05


@cache
def town(shift: float = 0.0) -> Drawn:
    """The same town, moved east by a part of a tile: other tiles, the same roads to the last digit."""
    lon_deg = 8.0 + round(shift * TILE_LON_DEG * 1e7) / 1e7
    return draw(TOWN, ways=WAYS, restrictions=[["BC", "CR"]], grid_m=60.0, lon_deg=lon_deg, profiles=straight)


def far(**changes: Any) -> Open:
    return Open(**{"horizon_length_m": 1500, "stub_length_m": 400, "layers": frozenset(LAYER_GROUPS), **changes})


openings = st.builds(
    far,
    horizon_length_m=st.sampled_from((300, 1500)),
    trailing_length_m=st.sampled_from((0, 100, 700)),
    side_levels_count=st.sampled_from((1, 3)),
    subscriptions=st.sampled_from(
        (
            (),
            (ProfileSubscription(ProfileGroup.ROAD), ProfileSubscription(ProfileGroup.CURVATURE, length_m=400)),
            (ProfileSubscription(ProfileGroup.LANE, root_only=True), ProfileSubscription(ProfileGroup.GEOMETRY)),
        )
    ),
)


@st.composite
def ways(draw: st.DrawFn, count: int = 7) -> str:
    """Letters of a drive over the town, never straight back."""
    letters = draw(st.sampled_from(("AB", "PQ", "KL", "HG", "VN", "TS")))
    while len(letters) < count:
        onward = [x[1] for x in sorted(town().link_ids) if x[0] == letters[-1] and x[1] != letters[-2]]
        if not onward:
            break
        letters += draw(st.sampled_from(onward))
    return letters


# Driving


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(openings, ways(), st.floats(6.0, 30.0), st.booleans())
def test_driving_past_a_point_moves_nothing_but_the_position(
    opened: Open, way: str, speed_mps: float, routed: bool
) -> None:
    """Whatever lies along a link, an update on the way over it says nothing but where the vehicle is; and, after a
    junction where it was not sure which road was taken, that it is now."""
    pair = Pair(town(), opened)
    if routed:
        pair.send(RouteEvent(tuple(town().links(way))))
    on: LinkId | None = None
    state = State()
    before_cm: dict[int, int] = {}
    for pose in town().poses(way, speed_mps=speed_mps, rate_hz=4.0):
        updates = pair.drive([pose])  # more than one where the vehicle enters a link and side paths are many
        update = updates[-1]
        assert update.position is not None
        if update.position.state is MatchState.TRACKING:
            place = update.position.candidates[0]
            if place.link_id == on:
                assert len(updates) == 1
                assert not update.removed
                assert all(isinstance(x, LimitSpan) for x in update.items)
                assert in_doubt(pair.reconstructor.state) == in_doubt(state)
            on = place.link_id
            assert place.offset_cm >= before_cm.get(place.path_id, 0)
            before_cm[place.path_id] = place.offset_cm
        stays_where_it_was(state, pair.reconstructor.state)
        state = pair.reconstructor.state
    assert on is not None


def stays_where_it_was(before: State, now: State) -> None:
    """What was told of a path and is told still begins where it began and says what it said, at junctions too."""
    for path_id, path in now.paths.items():
        if path_id not in before.paths:
            continue
        old = before.paths[path_id]
        if old.path is None or path.path is None:
            continue
        begins = {x.start_offset_cm: x.limit for x in merged(old.limits)}
        for x in merged(path.limits):
            if x.start_offset_cm < old.path.end_offset_cm:
                assert begins.get(x.start_offset_cm) == x.limit


def merged(spans: Iterable[LimitSpan]) -> list[LimitSpan]:
    """As they were if it were not sure which road the vehicle is on: one where nothing else differs."""
    limits: list[LimitSpan] = []
    for span in spans:
        limit = while_ambiguous(span.limit)
        if limits and limits[-1].limit == limit:
            limits[-1] = replace(limits[-1], end_offset_cm=span.end_offset_cm)
        else:
            limits.append(replace(span, limit=limit))
    return limits


def in_doubt(state: State) -> list[object]:
    """The state as it were if it were not sure which road the vehicle is on: merged where nothing else differs."""
    rows: list[object] = []
    for x in state.paths.values():
        rows += [x.path, x.links, merged(x.limits), x.coverage, x.zones, x.borders]
    return [rows, state.contents, state.zones, state.basis]


# The cut of the map


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    openings,
    ways(),
    st.sampled_from((0.13, 0.31, 0.5, 0.77, 0.9)),
    st.sampled_from((0.0, 0.42)),
)
def test_two_cuts_of_one_network_give_the_same_horizon(opened: Open, way: str, one: float, other: float) -> None:
    pairs = [Pair(town(shift), opened) for shift in (one, other)]
    drives = [x.drawn.poses(way, speed_mps=17.0, rate_hz=2.0) for x in pairs]
    for poses in zip(*drives, strict=True):
        for pair, pose in zip(pairs, poses, strict=True):
            pair.pose(pose)
            pair.pump()
        assert said(pairs[0]) == said(pairs[1])


def test_the_cuts_differ() -> None:
    """What the law above rests on: a border between tiles runs through different places of the town."""
    tiles = {shift: _cut(town(shift)) for shift in (0.0, 0.13, 0.31, 0.42, 0.5, 0.77, 0.9)}
    assert len(set(tiles.values())) >= 4
    assert any(len(set(x)) > 1 for x in tiles.values())


def _cut(drawn: Drawn) -> tuple[int, ...]:
    """Which tile each link lies in, tiles counted as they come."""
    tiles: dict[int, int] = {}
    return tuple(tiles.setdefault(drawn.link_ids[x] >> 20, len(tiles)) for x in sorted(drawn.link_ids))


def said(pair: Pair) -> tuple[object, ...]:
    """The reconstructed horizon in letters and offsets: nothing of tiles or ids, which differ between cuts."""
    names = {v: k for k, v in pair.drawn.link_ids.items()}
    state = pair.reconstructor.state
    called: dict[int, object] = {ROOT: ""}
    rows: list[object] = []
    for path_id, x in state.paths.items():
        head = x.path
        called[path_id] = (called[head.parent_path_id], head.offset_on_parent_cm, names[x.links[0].link_id])
    for path_id, x in state.paths.items():
        head = x.path
        rows.append(
            (
                *(called[path_id], head.first_offset_cm, head.end_offset_cm, head.probability_ppm),
                head.turn_angle_mrad,
                tuple((y.start_offset_cm, y.length_cm, names[y.link_id]) for y in x.links),
                tuple((y.start_offset_cm, y.end_offset_cm, y.limit) for y in x.limits),
                tuple((y.layer, y.start_offset_cm, y.end_offset_cm, y.state) for y in x.coverage),
            )
        )
    # what both directions share lies under one of them, or under both where a border runs between their starts
    held = {(x.encoded.group, _either(x, names)) for x in state.contents.values()}
    position = pair.reconstructor.reported
    places = [
        (called[x.path_id], x.offset_cm, names[x.link_id], x.link_offset_cm, x.lateral_cm, x.probability_permille)
        for x in position.candidates
    ]
    return sorted(rows, key=repr), held, position.state, places


def _either(content: Content, names: dict[LinkId, str]) -> str:
    group, name = content.encoded.group, names[content.encoded.link_id]
    return "".join(sorted(name)) if group is ProfileGroup.GEOMETRY or group in SHARED_GROUPS else name


# Geometry


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(openings, ways())
def test_geometry_is_continuous_at_every_joint(opened: Open, way: str) -> None:
    pair = Pair(town(), opened)
    for pose in town().poses(way, speed_mps=30.0, rate_hz=2.0):
        pair.pose(pose)
        if pair.pump():
            for gap_m in joints_m(pair.reconstructor):
                assert gap_m <= JOINT_M_MAX


def joints_m(horizon: Reconstructor) -> Iterator[float]:
    """Gaps between the lines of links that follow each other, along paths and where a path leaves its parent."""
    for on_path in horizon.state.paths.values():
        for a, b in pairwise(on_path.links):
            yield from _gap_m(horizon.line(a.link_id), horizon.line(b.link_id))
        parent = horizon.state.paths.get(on_path.path.parent_path_id)
        if parent is not None:
            arriving = [x for x in parent.links if x.end_offset_cm == on_path.path.offset_on_parent_cm]
            for x in arriving:
                yield from _gap_m(horizon.line(x.link_id), horizon.line(on_path.links[0].link_id))


def _gap_m(before: Polyline | None, after: Polyline | None) -> list[float]:
    if before is None or after is None:
        return []
    return [
        distance_m(
            lat_a_e7=before.lat_e7[-1],
            lon_a_e7=before.lon_e7[-1],
            lat_b_e7=after.lat_e7[0],
            lon_b_e7=after.lon_e7[0],
        )
    ]


# Values


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(openings, ways())
def test_no_value_appears_without_basis(opened: Open, way: str) -> None:
    pair = Pair(town(), opened)
    pair.drive(town().poses(way, speed_mps=30.0, rate_hz=2.0))
    assert_based(pair.reconstructor)


def assert_based(horizon: Reconstructor) -> None:
    """Every value of the state says where it is from, and what nothing is known of has none."""
    for on_path in horizon.state.paths.values():
        for span in on_path.limits:
            assert_limit_based(span.limit)
    for content in horizon.state.contents.values():
        assert_content_based(horizon._decode(content.encoded))


def assert_limit_based(limit: EffectiveLimit) -> None:
    if limit.kind is LimitKind.UNKNOWN:
        assert limit.basis is Basis.UNKNOWN
        assert (limit.posted_value_milli, limit.limit_mm_per_sec, limit.certain) == (0, 0, False)
    else:
        assert limit.basis is not Basis.UNKNOWN
        assert limit.confidence_permille > 0
    assert (limit.limit_mm_per_sec > 0) == (limit.posted_value_milli > 0)
    assert not (limit.certain and limit.unresolved)


def assert_content_based(value: object) -> None:
    """A field `x` beside a field `x_basis` is known exactly where its basis is; `basis` alone covers all beside it."""
    if isinstance(value, tuple):
        for x in value:
            assert_content_based(x)
    if not is_dataclass(value) or isinstance(value, Polyline):
        return
    names = {x.name for x in fields(value)}
    for name in names:
        held = getattr(value, name)
        if name == "basis":
            assert held is not Basis.UNKNOWN, type(value).__name__
        elif f"{name}_basis" in names:
            assert _is_known(held) == (getattr(value, f"{name}_basis") is not Basis.UNKNOWN), name
        elif f"{name.removesuffix('_cm')}_basis" in names:
            known = getattr(value, f"{name.removesuffix('_cm')}_basis") is not Basis.UNKNOWN
            assert _is_known(held) == known, name
        elif name != "line":
            assert_content_based(held)


def _is_known(value: object) -> bool:
    return getattr(value, "name", "") != "UNKNOWN" and value not in (0, "", ())
