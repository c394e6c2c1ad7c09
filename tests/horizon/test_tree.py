"""The path tree alone: what is laid where."""

import math
import string
from heapq import heappush
from typing import Any, cast

import pytest

from mapprior.horizon import side_paths
from mapprior.horizon.lengths import Lengths
from mapprior.horizon.side_paths import LINKS_COUNT_MAX, STEP_LINKS_COUNT, Laid
from mapprior.horizon.tree import PathTree
from mapprior.model.content import EncodedContent
from mapprior.model.ids import tile_of
from mapprior.model.link import FormOfWay, RoadClass
from mapprior.model.network import Network, RoadTile
from mapprior.model.provenance import Layer, ProfileGroup
from tests.asciimap import Drawn, draw

STREET = """
     X    Y
     |    |
A----B----C----D----E
     |    |
     U    V
"""


def tree_on(drawn: Drawn, *, horizon_m: int = 500, trailing_m: int = 0, stub_m: int = 50) -> PathTree:
    return PathTree(drawn.network, Lengths(horizon_m * 100, trailing_m * 100, stub_m * 100))


def letters(drawn: Drawn, laid: Laid) -> str:
    names = {v: k for k, v in drawn.link_ids.items()}
    links = [names[x.link_id] for x in laid.links]
    return links[0] + "".join(x[1] for x in links[1:])


def laid(drawn: Drawn, tree: PathTree) -> dict[str, Laid]:
    return {letters(drawn, x): x for x in tree.paths.values()}


def test_chances_of_children_and_continuation_sum_to_the_chance_of_getting_there() -> None:
    drawn = draw(STREET)
    tree = tree_on(drawn)
    tree.follow(drawn.link("AB").link_id)
    paths = laid(drawn, tree)
    assert paths.keys() == {"ABCD", "BX", "BU", "CY", "CV"}
    ppm = {k: v.path.probability_ppm for k, v in paths.items()}
    at_b = ppm["BX"] + ppm["BU"]
    at_c = ppm["CY"] + ppm["CV"]
    assert ppm["ABCD"] == 1_000_000
    assert 0 < at_c < at_b  # the same junction, reached by fewer
    left = 1_000_000 - at_b
    assert abs(at_c / left - at_b / 1_000_000) < 0.001


def test_what_is_passed_goes_and_what_is_ahead_grows_likelier() -> None:
    drawn = draw(STREET)
    tree = tree_on(drawn)
    tree.follow(drawn.link("AB").link_id)
    before = laid(drawn, tree)["CY"].path
    tree.follow(drawn.link("BC").link_id)
    paths = laid(drawn, tree)
    assert paths.keys() == {"BCDE", "CY", "CV"}
    assert paths["CY"].path.path_id == before.path_id
    assert paths["CY"].path.probability_ppm > before.probability_ppm
    assert paths["BCDE"].path.first_offset_cm == drawn.link("AB").length_cm


def test_nothing_new_leaves_the_same_objects() -> None:
    drawn = draw(STREET)
    tree = tree_on(drawn)
    tree.follow(drawn.link("AB").link_id)
    before = dict(tree.paths)
    tree.follow(drawn.link("AB").link_id)
    tree.tile_came(tile_of(drawn.link("AB").link_id))
    assert all(tree.paths[k] is v for k, v in before.items())


def test_a_link_on_several_paths_is_the_nearest_one_ahead() -> None:
    drawn = draw(
        """
        A----B----C
             |    |
             D----E
        """,
        ways={"BCEDB": {"oneway": True}, "BD": {"oneway": True}},
    )
    tree = tree_on(drawn, horizon_m=2000, stub_m=500)
    tree.follow(drawn.link("AB").link_id)
    root = tree.root_id
    tree.follow(drawn.link("BC").link_id)
    assert tree.root_id == root


def test_going_back_on_the_path_lays_its_side_paths_again() -> None:
    drawn = draw(STREET)
    tree = tree_on(drawn, trailing_m=1000)
    tree.follow(drawn.link("AB").link_id)
    root, side = tree.root_id, laid(drawn, tree)["BX"].path.path_id
    tree.follow(drawn.link("BC").link_id)
    tree.follow(drawn.link("AB").link_id)
    assert tree.root_id == root
    assert laid(drawn, tree)["BX"].path.path_id > side


def test_the_path_waits_at_a_missing_tile_and_goes_on() -> None:
    drawn = draw("A----B----C----D----E", grid_m=190.0)
    network = drawn.empty_network()
    first = tile_of(drawn.link("AB").link_id)
    network.roads[first] = drawn.road_tiles[first]
    tree = PathTree(network, Lengths(300_000, 0, 5_000))
    tree.follow(drawn.link("AB").link_id)
    ends = []
    while tree.awaits:
        ends.append(tree.paths[tree.root_id].path.end_offset_cm)
        (tile,) = tree.awaits
        network.roads[tile] = drawn.road_tiles[tile]
        tree.tile_came(tile)
    assert len(ends) >= 2
    assert letters(drawn, tree.paths[tree.root_id]) == "ABCDE"


@pytest.mark.parametrize("east_of_border_m", [-480, 100])
def test_exits_of_a_roundabout_count_whenever_their_tile_comes(east_of_border_m: int) -> None:
    """Half of it lies in the next tile: the exits there make the one here less likely, also if they come later."""
    ring = """
                          N
                          |
                      R---Q---P
                      |       |
    A------------B----C       E----F
                      |       |
                      G---H---I
                          |
                          S"""
    border_deg, m_per_deg = 365 * 360 / (1 << 14), 111_320 * math.cos(math.radians(50))
    drawn = draw(
        ring,
        ways={"CGHIEPQRC": {"oneway": True, "form_of_way": FormOfWay.ROUNDABOUT}},
        grid_m=20.0,
        lon_deg=border_deg + east_of_border_m / m_per_deg,
    )
    assert len(drawn.road_tiles) == (2 if east_of_border_m < 0 else 1)
    late = PathTree(network := drawn.empty_network(), Lengths(200_000, 0, 10_000))
    first = tile_of(drawn.link("AB").link_id)
    network.roads[first] = drawn.road_tiles[first]
    late.follow(drawn.link("AB").link_id)
    for tile in late.awaits:
        network.roads[tile] = drawn.road_tiles[tile]
        late.tile_came(tile)
    early = tree_on(drawn, horizon_m=2000, stub_m=100)
    early.follow(drawn.link("AB").link_id)
    chances = [{k: x.path.probability_ppm for k, x in laid(drawn, tree).items()} for tree in (late, early)]
    assert chances[0] == chances[1]
    assert chances[0]["HS"] < 200_000


def test_a_circle_is_not_driven_twice() -> None:
    drawn = draw(
        """
        A----B
        |    |
        D----C
        """,
        ways={"ABCDA": {"oneway": True}},
    )
    tree = tree_on(drawn, horizon_m=5000)
    tree.follow(drawn.link("AB").link_id)
    assert letters(drawn, tree.paths[tree.root_id]) == "ABCDA"


def test_a_route_may_drive_a_circle_twice_and_through_a_restriction() -> None:
    drawn = draw(
        """
        A----B----E
        |    |
        D----C
        """,
        ways={"ABCDA": {"oneway": True}, "BE": {}},
        restrictions=[["AB", "BE"]],
    )
    tree = tree_on(drawn, horizon_m=5000)
    tree.set_route(drawn.links("ABCDABE"))
    tree.follow(drawn.link("AB").link_id)
    assert letters(drawn, tree.paths[tree.root_id]) == "ABCDABE"
    for name in ("BC", "CD", "DA", "AB"):
        tree.follow(drawn.link(name).link_id)
    assert letters(drawn, tree.paths[tree.root_id]) == "ABE"


def test_a_turn_restriction_that_began_before_the_path_holds() -> None:
    drawn = draw(STREET, restrictions=[["AB", "BC", "CD"]])
    tree = tree_on(drawn)
    tree.follow(drawn.link("AB").link_id)
    tree.follow(drawn.link("BC").link_id)
    assert not any(x.startswith(("BCD", "CD")) for x in laid(drawn, tree))


def test_an_empty_tree() -> None:
    drawn = draw(STREET)
    tree = tree_on(drawn)
    tree.set_route(drawn.links("AB"))
    tree.tile_came(tile_of(drawn.link("AB").link_id))
    tree.clear()
    assert (tree.paths, tree.link_id, tree.root_id, tree.awaits) == ({}, None, 0, [])
    assert tree.where(drawn.link("AB").link_id) is None


def test_turning_onto_a_side_path_keeps_what_leaves_it() -> None:
    drawn = draw(
        """
        A----B----C----D
             |
        P----U----Q
             |
             W
        """,
        ways={"ABCD": {"road_class": RoadClass.SECONDARY}},
    )
    tree = PathTree(drawn.network, Lengths(50_000, 0, 60_000), side_levels_count=2)
    tree.follow(drawn.link("AB").link_id)
    before = {k: x.path.path_id for k, x in laid(drawn, tree).items()}
    assert before.keys() == {"ABCD", "BUW", "UP", "UQ"}
    tree.follow(drawn.link("BU").link_id)
    after = laid(drawn, tree)
    assert {k: x.path.path_id for k, x in after.items()} == {k: before[k] for k in ("BUW", "UP", "UQ")}
    assert after["UP"].path.parent_path_id == before["BUW"]
    assert after["UP"].path.offset_on_parent_cm == drawn.link("BU").length_cm


def test_turn_angles_are_positive_to_the_left() -> None:
    drawn = draw(STREET)
    tree = tree_on(drawn)
    tree.follow(drawn.link("AB").link_id)
    angles = {k: x.path.turn_angle_mrad for k, x in laid(drawn, tree).items()}
    assert angles == {"ABCD": 0, "BX": 1571, "BU": -1571, "CY": 1571, "CV": -1571}


def test_the_path_goes_on_along_the_route_where_it_meets_it_again() -> None:
    drawn = draw(
        """
        A----B----C
             |    |
             U----V
                  |
                  W----X
                  |
                  Y
        """,
        ways={"UVW": {"road_class": RoadClass.SECONDARY}, "VC": {"road_class": RoadClass.RESIDENTIAL}},
    )
    tree = tree_on(drawn, horizon_m=3000, stub_m=100)
    tree.set_route(drawn.links("ABCVWX"))
    tree.follow(drawn.link("AB").link_id)
    assert letters(drawn, tree.paths[tree.root_id]) == "ABCVWX"
    tree.follow(drawn.link("BU").link_id)
    assert letters(drawn, tree.paths[tree.root_id]) == "BUVWX"
    tree.set_route(())
    assert letters(drawn, tree.paths[tree.root_id]) == "BUVWY"


def test_who_drives_faster_sees_farther_and_braking_takes_nothing_back() -> None:
    line = "----".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    drawn = draw(line, grid_m=40.0)  # 200 m each
    tree = PathTree(drawn.network, Lengths(horizon_ms=30_000))
    ends = []
    tree.follow(drawn.link("AB").link_id, speed_mps=10.0)
    for speed_mps in (10.0, 13.0, 13.1, 30.0, 5.0):
        if speed_mps > tree.faster_mps:
            tree.drive_at(speed_mps)
        ends.append(tree.paths[tree.root_id].path.end_offset_cm // 100)
    assert ends == [600, 600, 800, 1400, 1400]  # 200 m and, in whole links, 30 s at 13, 13, 17 and 36 m/s
    tree.follow(drawn.link("BC").link_id, speed_mps=5.0)
    assert tree.paths[tree.root_id].path.end_offset_cm // 100 == 1400


def test_stopping_distances() -> None:
    asked = Lengths(horizon_cm=5_000, stopping_distances_milli=2000, deceleration_mm_per_sec2=4000)
    assert asked.horizon_at_cm(20.0) == 2 * (20 + 50) * 100
    assert asked.horizon_at_cm(1.0) == 5_000
    assert asked.horizon_at_cm(150.0) == 2 * (150 * 100 + 281_250)
    assert Lengths(stopping_distances_milli=100_000).horizon_at_cm(150.0) == 2_000_000


def test_a_long_side_path_comes_in_pieces_and_whole() -> None:
    letters_down = "abcdefghijklmnopqrstuvwxyzDEFGHIJKLMNOPQRSTUVWXYZ"
    drawn = draw(
        "A----B----C\n" + "".join(f"     |\n     {x}\n" for x in letters_down),
        ways={"ABC": {"road_class": RoadClass.SECONDARY, "name": "High Street"}, "Ba": {"road_class": RoadClass.TRACK}},
        grid_m=10.0,
    )
    tree = PathTree(drawn.network, Lengths(horizon_cm=100, stub_cm=500_000))
    tree.follow(drawn.link("AB").link_id)
    (side,) = [k for k in tree.paths if k != tree.root_id]
    assert tree.unfinished
    assert len(tree.paths[side].links) < STEP_LINKS_COUNT
    tree.lay_on()
    assert not tree.unfinished
    assert letters(drawn, tree.paths[side]) == "B" + letters_down


def test_what_cannot_be_laid_any_more_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full tree has far more junctions than paths; a step that has nothing to lay looks at those it has laid."""
    names = iter(string.ascii_letters)
    rows = ["----".join(next(names) for _ in range(7)) for _ in range(7)]
    grid = draw(("\n" + "    ".join("|" * 7) + "\n").join(rows), grid_m=30.0)
    lengths = Lengths(horizon_cm=200_000, stub_cm=200_000)
    tree = PathTree(grid.network, lengths, side_levels_count=8)
    tree.follow(grid.link("ab").link_id)
    while tree.unfinished:
        tree.lay_on()
    looked_at = 0

    def counted(heap: list[Any], x: Any) -> None:
        nonlocal looked_at
        looked_at += 1
        heappush(heap, x)

    monkeypatch.setattr(side_paths, "heappush", counted)
    tree.lay_on()
    assert sum(len(x.links) for x in tree.paths.values()) > LINKS_COUNT_MAX
    assert looked_at < 3 * len(tree.paths)


class Counted:
    """A tile that counts how often content is looked up."""

    def __init__(self, tile: RoadTile) -> None:
        self._tile = tile
        self.looked_up_count = 0

    def content(self, index: int, group: ProfileGroup) -> EncodedContent | None:
        self.looked_up_count += 1
        return self._tile.content(index, group)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tile, name)


def test_what_a_path_takes_of_a_budget_is_counted_once() -> None:
    drawn = draw(STREET)
    network = Network(drawn.datasets)
    tile = Counted(*drawn.road_tiles.values())
    network.put(Layer.L0, cast(RoadTile, tile))
    tree = PathTree(network, Lengths(50_000, 0, 20_000), side_levels_count=8, tree_bytes_max=1 << 30)
    tree.follow(drawn.link("AB").link_id)
    paths, counted = tree.paths, tile.looked_up_count
    assert len(paths) > 1 and counted > 0
    for _ in range(3):
        tree.lay_on()
    assert tree.paths == paths and tile.looked_up_count == counted
