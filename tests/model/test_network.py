"""Border nodes of two datasets are one node where their keys agree and their places nearly do."""

from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.geo.frame import metres_per_e7
from mapprior.model.border import BORDER_GAP_M_MAX, BorderNode
from mapprior.model.ids import NodeId, TileId, index_of, node_id, tile_id, tile_of, tile_parts
from mapprior.model.network import DatasetInfo, Network
from mapprior.model.provenance import Layer

X, Y, LAT_E7, LON_E7 = 8556, 5550, 500_000_000, 80_000_000


def dataset(number: int, market: str) -> DatasetInfo:
    tiles = frozenset((tile_id(number, X, Y),))
    return DatasetInfo(market, number, "0" * 16, "", "", "right", frozenset((Layer.L0,)), (0, 0, 0, 0), tiles)


def tile(number: int, borders: Mapping[int, BorderNode], places: Mapping[int, tuple[int, int]]) -> SimpleNamespace:
    own: TileId = tile_id(number, X, Y)
    return SimpleNamespace(
        tile_id=own,
        border_nodes=borders,
        border_nodes_of=lambda key: [i for i, x in borders.items() if x.key == key],
        node_position_e7=places.__getitem__,
        links_from=lambda index: [node_id(own, index)],  # one link each, of the node's own number
    )


def network(*tiles: SimpleNamespace) -> Network:
    joined = Network([dataset(tile_parts(x.tile_id)[0], f"Q{chr(76 + i)}") for i, x in enumerate(tiles)])
    joined.roads.update({x.tile_id: x for x in tiles})
    return joined


def node(number: int, index: int) -> NodeId:
    return node_id(tile_id(number, X, Y), index)


@given(st.lists(st.integers(-500, 500), min_size=0, max_size=4), st.integers(0, 3))
def test_the_nearest_of_the_same_key_is_the_partner(steps_e7: list[int], others_count: int) -> None:
    """Offsets of its border nodes to the north, in 1e-7 degrees; those of other keys lie nearer and do not count."""
    places = {i: (LAT_E7 + step, LON_E7) for i, step in enumerate(steps_e7)}
    borders = {i: BorderNode(7, "QL") for i in places}
    for i in range(others_count):
        places[len(steps_e7) + i], borders[len(steps_e7) + i] = (LAT_E7, LON_E7), BorderNode(8 + i, "QL")
    both = network(tile(1, {0: BorderNode(7, "QM")}, {0: (LAT_E7, LON_E7)}), tile(2, borders, places))
    found, awaited = both.partners(node(1, 0))
    assert awaited is None
    gap_m = min((abs(x) for x in steps_e7), default=10_000) * metres_per_e7(LAT_E7)[1]
    assert len(found) == (1 if gap_m <= BORDER_GAP_M_MAX else 0)
    if found:
        assert abs(steps_e7[index_of(found[0])]) == min(map(abs, steps_e7))
        assert list(both.links_from(node(1, 0)) or ()) == [node(1, 0), found[0]]


def test_three_markets_may_meet_in_one_node() -> None:
    three = network(*(tile(n, {0: BorderNode(7, "")}, {0: (LAT_E7, LON_E7)}) for n in (1, 2, 3)))
    assert {tile_of(x) for x in three.partners(node(1, 0))[0]} == {tile_id(n, X, Y) for n in (2, 3)}
    del three.roads[tile_id(2, X, Y)]
    assert three.links_from(node(1, 0)) is None
    assert three.missing_tile(node(1, 0)) == tile_id(2, X, Y)
    three.failed[(Layer.L0, tile_id(2, X, Y))] = "it is damaged"
    assert [tile_of(x) for x in three.partners(node(1, 0))[0]] == [tile_id(3, X, Y)]
    assert three.missing_tile(node(1, 0)) is None  # one market's damage does not stop the way into another


@pytest.mark.parametrize("index", [0, 5])
def test_a_node_that_is_no_border_has_no_partner(index: int) -> None:
    alone = network(tile(1, {3: BorderNode(7, "")}, {0: (LAT_E7, LON_E7)}))
    assert alone.partners(node(1, index)) == ([], None)
    assert list(alone.links_from(node(1, index)) or ()) == [node(1, index)]
    assert alone.border_node(node(1, index)) is None and alone.border_node(node(2, 0)) is None
    assert alone.serves("QL") and not alone.serves("QM") and not alone.serves("")
