"""How far a path turns where it leaves another: over 20 m of road on both sides, whatever links it is cut into."""

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapprior.geo.frame import LocalFrame
from mapprior.geo.polyline import Polyline
from mapprior.geo.units import wrap_rad
from mapprior.horizon.items import ROOT
from mapprior.horizon.lengths import Lengths
from mapprior.horizon.tree import PathTree
from mapprior.horizon.turn_angle import ANGLE_CHORD_M, arriving_rad, leaving_rad, turn_angle_mrad
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId, tile_of
from tests.asciimap import Drawn, draw
from tests.horizon.test_tree_laws import NEAR, NODES

# Where one row of tiles begins
TILE_BORDER_LAT_DEG = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * 5556 / (1 << 14)))))

HOOK = """
    A----B----C----D----K
              |
              F----H----L"""


@st.composite
def lines(pick: st.DrawFn) -> Polyline:
    """A few steps of 2 to 15 m each."""
    steps = pick(st.lists(st.tuples(st.floats(2.0, 15.0), st.floats(-3.0, 3.0)), min_size=2, max_size=12))
    frame = LocalFrame(lat0_e7=500_000_000, lon0_e7=80_000_000)
    x_m = y_m = 0.0
    places = [frame.lat_lon_e7(x_m, y_m)]
    for length_m, heading_rad in steps:
        x_m, y_m = x_m + length_m * math.cos(heading_rad), y_m + length_m * math.sin(heading_rad)
        places.append(frame.lat_lon_e7(x_m, y_m))
    return Polyline([x for x, _ in places], [x for _, x in places])


def cut(line: Polyline, at: Iterable[int]) -> list[Polyline]:
    """The same line as pieces that end at some of its vertices."""
    marks = [0, *sorted({x % (len(line.s_m) - 1) for x in at} - {0}), len(line.s_m) - 1]
    return [Polyline(line.lat_e7[a : b + 1], line.lon_e7[a : b + 1]) for a, b in pairwise(marks)]


def chord_m(points: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """From the first of these points to the place ANGLE_CHORD_M along them; to the last where they are not so long."""
    left_m = ANGLE_CHORD_M
    walk = list(points)
    for (x, y), (x2, y2) in pairwise(walk):
        step_m = math.dist((x, y), (x2, y2))
        if step_m >= left_m:
            t = left_m / step_m
            return x + t * (x2 - x) - walk[0][0], y + t * (y2 - y) - walk[0][1]
        left_m -= step_m
    return walk[-1][0] - walk[0][0], walk[-1][1] - walk[0][1]


def points(drawn: Drawn, links: Iterable[LinkId], *, backward: bool = False) -> Iterator[tuple[float, float]]:
    """In metres around one place of the network."""
    frame = LocalFrame(lat0_e7=500_000_000, lon0_e7=80_000_000)
    for link_id in links:
        link = drawn.network.link(link_id)
        assert link is not None
        along = [frame.xy_m(lat_e7=a, lon_e7=b) for a, b in zip(link.line.lat_e7, link.line.lon_e7, strict=True)]
        yield from reversed(along) if backward else along


def straight_on(drawn: Drawn, links: Iterable[LinkId]) -> Iterator[LinkId]:
    """Up to where one turns round."""
    nearer: LinkId | None = None
    for link_id in links:
        link = drawn.network.link(link_id)
        assert link is not None
        if link.twin_id == nearer and nearer is not None:
            return
        yield link_id
        nearer = link_id


def expected_mrad(drawn: Drawn, driven: list[LinkId], after: list[LinkId]) -> float | None:
    """By the definition, of the points of the links driven and those of the path; None where they come back to where
    they began, and centimetres decide."""
    first, last = drawn.network.link(after[0]), drawn.network.link(driven[-1])
    assert first is not None and last is not None
    if first.link_id == last.twin_id:
        return 1000.0 * math.pi
    back_x, back_y = chord_m(points(drawn, straight_on(drawn, reversed(driven)), backward=True))
    x, y = chord_m(points(drawn, straight_on(drawn, after)))
    if min(math.hypot(x, y), math.hypot(back_x, back_y)) < 2.0:
        return None
    return 1000.0 * wrap_rad(math.atan2(y, x) - math.atan2(-back_y, -back_x))


@given(lines(), lines(), st.lists(st.integers(0, 99)), st.lists(st.integers(0, 99)))
def test_where_a_line_is_cut_does_not_turn_it(a: Polyline, b: Polyline, cuts_a: list[int], cuts_b: list[int]) -> None:
    for whole, cuts, heading in ((a, cuts_a, arriving_rad), (b, cuts_b, leaving_rad)):
        pieces = cut(whole, cuts)
        cut_rad = heading(reversed(pieces) if heading is arriving_rad else pieces)
        chord = whole.xy_at(whole.length_m - 20.0), whole.xy_at(whole.length_m)
        if heading is leaving_rad:
            chord = whole.xy_at(0.0), whole.xy_at(20.0)
        if math.dist(*chord) > 2.0:  # of a shorter one centimetres turn the heading
            assert wrap_rad(cut_rad - heading((whole,))) == pytest.approx(0.0, abs=0.015)


@st.composite
def networks(pick: st.DrawFn) -> Drawn:
    """As those of the laws of the tree, with streets of 7 to 45 m."""
    streets = pick(st.lists(st.sampled_from(NEAR), min_size=14, unique=True))
    oneway = pick(st.sets(st.sampled_from(streets), max_size=5))
    return draw(NODES, ways={x: {"oneway": x in oneway} for x in sorted(streets)}, grid_m=pick(st.sampled_from((3, 7))))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(networks(), st.integers(0, 99), st.integers(1, 2), st.sampled_from((1, 3_000)), st.lists(st.integers(0, 3)))
def test_a_stub_turns_as_the_road_does_over_20_m(
    drawn: Drawn, start: int, levels_count: int, stub_cm: int, turns: list[int]
) -> None:
    """Over the links driven and those of the path itself, how short each of them may be."""
    tree = PathTree(drawn.network, Lengths(10_000, 100_000, stub_cm), side_levels_count=levels_count)
    links = sorted(drawn.link_ids.values())
    driven: tuple[LinkId, ...] = (links[start % len(links)],)
    tree.follow(driven[0])
    for turn in [*turns[:4], None]:
        while tree.unfinished:
            tree.lay_on()
        for laid in tree.paths.values():
            before: list[LinkId] = []
            at = laid.path
            while at.parent_path_id != ROOT:
                parent = tree.paths[at.parent_path_id]
                before = [*parent.links.up_to(at.offset_on_parent_cm), *before]
                at = parent.path
            if laid.path.parent_path_id == ROOT:
                assert laid.path.turn_angle_mrad == 0
                continue
            # of the root may be left what follows a branch point
            whole = [*driven[: driven.index(before[0])], *before] if before[0] in driven else before
            expected = expected_mrad(drawn, whole[-12:], laid.links.ids)
            if expected is not None:
                assert abs(wrap_rad((laid.path.turn_angle_mrad - expected) / 1000.0)) < 0.015
        onward = next_links(drawn.network, driven[-12:]) or []
        onward = [x for x in onward if x not in driven]
        if turn is None or not onward:
            return
        driven = (*driven, onward[turn % len(onward)])
        tree.follow(driven[-1], driven=driven[:-1])


def test_a_connector_of_a_few_metres_is_not_the_turn() -> None:
    """Down a link of 6 m and on to the east: over 20 m the road turns by far less than the link."""
    drawn = draw(HOOK, ways={"CF": {"oneway": True}, "FHL": {"oneway": True}}, grid_m=3.0)
    tree = PathTree(drawn.network, Lengths(10_000, 100_000, 3_000))
    tree.follow(drawn.link("AB").link_id)
    down = next(x for x in tree.paths.values() if x.links.link_id(0) == drawn.link("CF").link_id)
    assert down.path.turn_angle_mrad == pytest.approx(-1000 * math.atan2(6.0, 14.0), abs=10)


def test_what_comes_later_turns_the_stub_as_if_it_had_been_there() -> None:
    """The stub's first link ends in the next tile: its turn is measured anew when that comes, and then stays."""
    drawn = draw(HOOK, grid_m=3.0, lat_deg=TILE_BORDER_LAT_DEG + 4.0 / 111_230)
    assert len({tile_of(x) for x in drawn.link_ids.values()}) == 2
    late = PathTree(network := drawn.empty_network(), Lengths(10_000, 10_000, 3_000))
    first = tile_of(drawn.link("AB").link_id)
    network.roads[first] = drawn.road_tiles[first]
    late.follow(drawn.link("AB").link_id)
    angles = [{x.links.link_id(0): x.path.turn_angle_mrad for x in late.paths.values()}]
    for tile in late.awaits:
        network.roads[tile] = drawn.road_tiles[tile]
        late.tile_came(tile)
        angles.append({x.links.link_id(0): x.path.turn_angle_mrad for x in late.paths.values()})
    early = PathTree(drawn.network, Lengths(10_000, 10_000, 3_000))
    early.follow(drawn.link("AB").link_id)
    assert angles[-1] == {x.links.link_id(0): x.path.turn_angle_mrad for x in early.paths.values()}
    stub = drawn.link("CF").link_id
    assert angles[0][stub] == pytest.approx(-1571, abs=5)
    assert abs(angles[-1][stub]) < 600


def test_nothing_known_before_is_no_turn() -> None:
    line = Polyline([0, 100], [0, 100])
    assert turn_angle_mrad((), (line,)) == turn_angle_mrad((line,), ()) == 0
