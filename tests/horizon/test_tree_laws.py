"""Laws of the path tree, on networks drawn at random and driven at random."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mapprior.horizon.items import ROOT
from mapprior.horizon.lengths import Lengths
from mapprior.horizon.side_paths import STEP_LINKS_COUNT, STEP_SIDE_LINKS_COUNT, Laid
from mapprior.horizon.tree import PathTree
from mapprior.match.branch import WHOLE_PPM, branch_shares_ppm
from mapprior.match.turns import next_links
from mapprior.model.ids import LinkId, PathId
from mapprior.model.link import RoadClass
from tests.asciimap import Drawn, draw
from tests.horizon.tree_reference import Expected, expected_tree

NODES = """
A    B    C    D    E
F    G    H    I    J
K    L    M    N    O
P    Q    R    S    T
"""
LETTERS = "ABCDEFGHIJKLMNOPQRST"
NEAR = [a + b for i, a in enumerate(LETTERS) for b in (LETTERS[i + 1 : i + 2] if (i + 1) % 5 else "")] + [
    LETTERS[i] + LETTERS[i + 5] for i in range(15)
]
WAYS_PER_JUNCTION_MAX = 4
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def networks(pick: st.DrawFn) -> Drawn:
    """Streets between neighbours on a grid: most are there, some one way, some of a lesser class, some turns barred."""
    streets = pick(st.lists(st.sampled_from(NEAR), min_size=14, unique=True))
    lesser = pick(st.sets(st.sampled_from(streets)))
    oneway = pick(st.sets(st.sampled_from(streets), max_size=5))
    drawn_ways = {
        x: {"oneway": x in oneway, "road_class": RoadClass.RESIDENTIAL if x in lesser else RoadClass.SECONDARY}
        for x in sorted(streets)
    }
    links = streets + [x[::-1] for x in streets if x not in oneway]
    turns = [[a, b] for a in links for b in links if a[1] == b[0] and a != b[::-1]]
    barred = pick(st.lists(st.sampled_from(turns), max_size=3)) if turns else []
    return draw(NODES, ways=drawn_ways, restrictions=barred, grid_m=30.0)


lengths = st.builds(
    Lengths,
    horizon_cm=st.sampled_from((10_000, 60_000, 150_000)),
    trailing_cm=st.sampled_from((0, 30_000)),
    stub_cm=st.sampled_from((1, 20_000, 50_000)),
)


@dataclass
class Driver:
    """A vehicle that takes one of the ways onward, as `turns` say. Where there is none it is put somewhere else: off
    the paths, if it can be, since on one of them the tree knows better what was driven."""

    drawn: Drawn
    tree: PathTree
    link_id: LinkId
    driven: tuple[LinkId, ...] = ()

    def start(self) -> None:
        self.tree.follow(self.link_id)

    def drive(self, turn: int) -> None:
        driven = (*self.driven, self.link_id)
        ways = next_links(self.drawn.network, driven)
        if ways:
            self.driven, self.link_id = driven, ways[turn % len(ways)]
        else:
            links = sorted(self.drawn.link_ids.values())
            links = [x for x in links if self.tree.where(x) is None] or links
            self.driven, self.link_id = (), links[turn % len(links)]
        self.tree.follow(self.link_id, driven=self.driven)

    def finish(self) -> None:
        while self.tree.unfinished:
            self.tree.lay_on()


def driver(drawn: Drawn, asked: Lengths, start: int, levels_count: int = 1, bytes_max: int = 0) -> Driver:
    tree = PathTree(drawn.network, asked, side_levels_count=levels_count, tree_bytes_max=bytes_max)
    links = sorted(drawn.link_ids.values())
    return Driver(drawn, tree, links[start % len(links)])


def check(drawn: Drawn, tree: PathTree, driven: tuple[LinkId, ...]) -> None:
    """Links connect and offsets ascend; every junction that has children is whole, and sums exactly."""
    network, seen = drawn.network, set()
    for path_id, laid in tree.paths.items():
        path = laid.path
        assert path.path_id == path_id
        assert path.parent_path_id == ROOT or path.parent_path_id in seen
        seen.add(path_id)
        assert laid.links[0].start_offset_cm == path.first_offset_cm
        assert laid.links.end_offset_cm == path.end_offset_cm
        for a, b in pairwise(laid.links):
            assert a.end_offset_cm == b.start_offset_cm
            before, after = network.link(a.link_id), network.link(b.link_id)
            assert before is not None and after is not None and before.end_node == after.start_node
        junctions(drawn, tree, laid, driven)
    root = next(iter(tree.paths.values()), None)
    assert root is None or (root.path.parent_path_id, root.path.turn_angle_mrad) == (ROOT, 0)


def junctions(drawn: Drawn, tree: PathTree, laid: Laid, driven: tuple[LinkId, ...]) -> None:
    children = [x for x in tree.paths.values() if x.path.parent_path_id == laid.path.path_id]
    reach_ppm = laid.path.probability_ppm
    begun = True
    for a, b in pairwise(laid.links):
        if laid.path.parent_path_id == ROOT and a.start_offset_cm < tree.link_offset_cm:
            continue
        before = (*driven, *trail(tree, laid, a.end_offset_cm))[-12:]
        ways = next_links(drawn.network, before) or []
        leaving = {x.links[0].link_id: x for x in children if x.path.offset_on_parent_cm == a.end_offset_cm}
        shares = dict(zip(ways, branch_shares_ppm(drawn.network, before, ways), strict=True))
        if set(ways) > {b.link_id}:
            assert not leaving or begun  # what is laid comes before what is not
            begun = begun and bool(leaving)
        if not leaving:
            continue
        assert {*leaving, b.link_id} == set(ways)
        for way, x in leaving.items():
            assert x.path.probability_ppm == reach_ppm * shares[way] // WHOLE_PPM
            assert -3142 < x.path.turn_angle_mrad <= 3142
        goes_on_ppm = reach_ppm - sum(x.path.probability_ppm for x in leaving.values())
        assert goes_on_ppm >= reach_ppm * shares[b.link_id] // WHOLE_PPM  # what rounding leaves is the path's own
        assert goes_on_ppm <= reach_ppm * shares[b.link_id] // WHOLE_PPM + len(ways)
        reach_ppm = goes_on_ppm


def trail(tree: PathTree, laid: Laid, to_cm: int) -> tuple[LinkId, ...]:
    """The links from the vehicle's on, up to an offset of a path."""
    links = tuple(
        x.link_id
        for x in laid.links
        if x.end_offset_cm <= to_cm and (laid.path.parent_path_id != ROOT or x.start_offset_cm >= tree.link_offset_cm)
    )
    if laid.path.parent_path_id == ROOT:
        return links
    parent = tree.paths[laid.path.parent_path_id]
    return (*trail(tree, parent, laid.path.offset_on_parent_cm), *links)


def as_expected(tree: PathTree) -> Counter[Expected]:
    found: Counter[Expected] = Counter()
    for x in tree.paths.values():
        root = x.path.parent_path_id == ROOT
        links = trail(tree, x, x.path.end_offset_cm) if root else tuple(p.link_id for p in x.links)
        before = () if root else trail(tree, tree.paths[x.path.parent_path_id], x.path.offset_on_parent_cm)
        found[Expected(links, before, x.path.probability_ppm)] += 1
    return found


@few
@given(networks(), lengths, st.integers(0, 99), st.integers(1, 3), st.lists(st.integers(0, 3), max_size=6))
def test_every_step_is_a_right_tree(
    drawn: Drawn, asked: Lengths, start: int, levels_count: int, turns: list[int]
) -> None:
    vehicle = driver(drawn, asked, start, levels_count)
    vehicle.start()
    for turn in [*turns, None]:
        before = dict(vehicle.tree.paths)
        check(drawn, vehicle.tree, vehicle.driven)
        while vehicle.tree.unfinished:
            vehicle.tree.lay_on()
            check(drawn, vehicle.tree, vehicle.driven)
            for path_id, laid in before.items():  # what is there only grows
                now = vehicle.tree.paths[path_id]
                assert now.path.probability_ppm == laid.path.probability_ppm
                assert tuple(now.links)[: len(laid.links)] == tuple(laid.links)
            before = dict(vehicle.tree.paths)
        if turn is not None:
            vehicle.drive(turn)


@few
@given(networks(), lengths, st.integers(0, 99), st.integers(1, 3), st.lists(st.integers(0, 99), max_size=4))
def test_going_on_with_a_step_gives_what_looking_at_all_gives(
    drawn: Drawn, asked: Lengths, start: int, levels_count: int, turns: list[int]
) -> None:
    """The same paths in the same order."""
    going_on, anew = (driver(drawn, asked, start, levels_count) for _ in range(2))
    going_on.start()
    anew.start()
    for turn in [*turns, None]:
        while going_on.tree.unfinished:
            going_on.tree.lay_on()
            anew.tree._sides._rest = None
            anew.tree.lay_on()
            assert list(going_on.tree.paths.items()) == list(anew.tree.paths.items())
            assert (going_on.tree.awaits, going_on.tree.unfinished) == (anew.tree.awaits, anew.tree.unfinished)
        if turn is not None:
            going_on.drive(turn)
            anew.drive(turn)


@few
@given(networks(), lengths, st.integers(0, 99), st.integers(1, 3))
def test_a_tree_is_what_the_plain_rules_say(drawn: Drawn, asked: Lengths, start: int, levels_count: int) -> None:
    vehicle = driver(drawn, asked, start, levels_count)
    vehicle.start()
    vehicle.finish()
    plain = expected_tree(
        drawn.network,
        (vehicle.link_id,),
        horizon_cm=asked.horizon_cm,
        stub_cm=asked.stub_cm,
        levels_count=levels_count,
    )
    assume(len(plain) <= 200)
    assert as_expected(vehicle.tree) == Counter(plain)


@few
@given(networks(), st.integers(0, 99), st.integers(1, 3))
def test_what_is_nearer_to_the_vehicle_is_laid_first(drawn: Drawn, start: int, levels_count: int) -> None:
    vehicle = driver(drawn, Lengths(horizon_cm=150_000, stub_cm=50_000), start, levels_count)
    vehicle.start()
    known: set[PathId] = set()
    farthest_cm = 0
    while True:
        new = [branch_cm(vehicle.tree.paths, x) for k, x in vehicle.tree.paths.items() if k not in known]
        assert all(x >= farthest_cm for x in new) or not known
        known, farthest_cm = set(vehicle.tree.paths), max([farthest_cm, *new])
        if not vehicle.tree.unfinished:
            break
        vehicle.tree.lay_on()


def branch_cm(paths: dict[PathId, Laid], laid: Laid) -> int:
    """Where a path begins, from the zero of the root."""
    path = laid.path
    return 0 if path.parent_path_id == ROOT else path.offset_on_parent_cm + branch_cm(paths, paths[path.parent_path_id])


@few
@given(networks(), lengths, st.integers(0, 99), st.integers(1, 3), st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_a_step_lays_a_bounded_number_of_links(
    drawn: Drawn, asked: Lengths, start: int, levels_count: int, turns: list[int]
) -> None:
    vehicle = driver(drawn, asked, start, levels_count)
    vehicle.start()
    for turn in turns:
        steps = [vehicle.tree.paths]
        vehicle.drive(turn)
        steps.append(vehicle.tree.paths)
        while vehicle.tree.unfinished:
            vehicle.tree.lay_on()
            steps.append(vehicle.tree.paths)
        for before, after in pairwise(steps):
            known = Counter(x for laid in before.values() for x in laid.links)
            new = [x for laid in list(after.values())[1:] for x in laid.links if x not in known]
            assert len(new) < max(STEP_LINKS_COUNT, STEP_SIDE_LINKS_COUNT) + WAYS_PER_JUNCTION_MAX


@few
@given(networks(), lengths, st.integers(0, 99), st.integers(1, 3), st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_turning_onto_a_path_keeps_it_and_what_leaves_it(
    drawn: Drawn, asked: Lengths, start: int, levels_count: int, turns: list[int]
) -> None:
    """And driving on along the root keeps all that lies ahead."""
    vehicle = driver(drawn, asked, start, levels_count)
    vehicle.start()
    used: set[PathId] = set()
    for turn in turns:
        vehicle.finish()
        before = vehicle.tree.paths
        used |= before.keys()
        vehicle.drive(turn)
        after = vehicle.tree.paths
        root = vehicle.tree.root_id
        if root not in before:
            assert not used & after.keys()
            continue
        here = after[root].path
        assert (here.parent_path_id, here.offset_on_parent_cm, here.turn_angle_mrad) == (ROOT, 0, 0)
        assert not (used - before.keys()) & after.keys()  # no id comes back
        known = {(x.path_id, x.start_offset_cm): x.link_id for laid in before.values() for x in laid.links}
        for laid in after.values():
            for x in laid.links:
                assert known.get((x.path_id, x.start_offset_cm), x.link_id) == x.link_id
        for path_id, laid in before.items():
            if ahead_of(before, laid, root, vehicle.tree.link_offset_cm):
                assert path_id in after
                assert after[path_id].path.probability_ppm >= laid.path.probability_ppm


def ahead_of(paths: dict[PathId, Laid], laid: Laid, root: PathId, from_cm: int) -> bool:
    """Does a path leave the root, or what leaves it, farther on than this offset?"""
    while laid.path.parent_path_id not in (ROOT, root):
        laid = paths[laid.path.parent_path_id]
    return laid.path.parent_path_id == root and laid.path.offset_on_parent_cm > from_cm


@few
@given(
    networks(),
    lengths,
    st.integers(0, 99),
    st.integers(1, 3),
    st.lists(st.integers(100, 20_000), min_size=2, max_size=4),
)
def test_more_budget_never_takes_a_likelier_path_away(
    drawn: Drawn, asked: Lengths, start: int, levels_count: int, budgets: list[int]
) -> None:
    whole = driver(drawn, asked, start, levels_count)
    whole.start()
    whole.finish()
    assume(len(whole.tree.paths) <= 200)
    everything = as_expected(whole.tree)
    kept = []
    for bytes_max in sorted(budgets):
        vehicle = driver(drawn, asked, start, levels_count, bytes_max)
        vehicle.start()
        vehicle.finish()
        found = as_expected(vehicle.tree)
        assert found <= everything
        left_out = everything - found
        if left_out:
            assert min(x.probability_ppm for x in found) >= max(x.probability_ppm for x in left_out)
        kept.append(found)
    assert all(a <= b for a, b in pairwise(kept))


@few
@given(networks(), st.integers(0, 99), st.floats(0.0, 40.0), st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=8))
def test_a_wavering_speed_lays_nothing_anew(drawn: Drawn, start: int, speed_mps: float, wavers: list[float]) -> None:
    asked = Lengths(horizon_ms=20_000, stub_ms=4_000, stopping_distances_milli=1500)
    vehicle = driver(drawn, asked, start)
    vehicle.tree.follow(vehicle.link_id, speed_mps=speed_mps)
    vehicle.finish()
    before = dict(vehicle.tree.paths)
    for x in wavers:
        now_mps = max(0.0, speed_mps + x)
        assert now_mps <= vehicle.tree.faster_mps
        vehicle.tree.follow(vehicle.link_id, speed_mps=now_mps)
    assert all(vehicle.tree.paths[k] is v for k, v in before.items())
    assert vehicle.tree.paths.keys() == before.keys()


@given(
    st.builds(
        Lengths,
        horizon_cm=st.integers(0, 2_000_000),
        stub_cm=st.integers(0, 500_000),
        horizon_ms=st.integers(0, 600_000),
        stub_ms=st.integers(0, 300_000),
        stopping_distances_milli=st.integers(0, 100_000),
        deceleration_mm_per_sec2=st.integers(500, 10_000),
    ),
    st.lists(st.floats(0.0, 150.0), min_size=1, max_size=20),
)
def test_what_is_laid_for_reaches_as_far_as_any_that_is_asked_for(asked: Lengths, speeds_mps: list[float]) -> None:
    laid_for_mps = -1.0
    for v in speeds_mps:
        laid_for_mps = asked.speed_to_lay_for_mps(v, laid_for_mps)
        stop_m = v + v * v / (2 * asked.deceleration_mm_per_sec2 / 1000)
        wants_m = max(
            asked.horizon_cm / 100, v * asked.horizon_ms / 1000, stop_m * asked.stopping_distances_milli / 1000
        )
        assert asked.horizon_at_cm(laid_for_mps) >= min(wants_m, 20_000) * 100 - 1
        assert asked.horizon_at_cm(laid_for_mps) <= 2_000_000
        assert asked.stub_at_cm(laid_for_mps) >= min(max(asked.stub_cm / 100, v * asked.stub_ms / 1000), 5000) * 100 - 1
