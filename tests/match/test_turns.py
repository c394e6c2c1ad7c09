"""What may follow a link."""

from mapprior.match.turns import next_links
from tests.asciimap import draw
from tests.match.networks import NAMES, TOWN

CROSS = """
         N
         |
    W----X----E
         |
         S
"""


def names(link_ids: list[int] | None, drawn=TOWN) -> set[str]:
    by_id = {link_id: letters for letters, link_id in drawn.link_ids.items()}
    return {by_id[x] for x in link_ids or ()}


def test_every_way_but_the_way_back() -> None:
    for letters, link_id in TOWN.link_ids.items():
        found = names(next_links(TOWN.network, [link_id]))
        if letters == "JL":
            assert found == {"LJ"}, "a dead end lets nobody out but the way back"
        else:
            joined = {x for x in NAMES.values() if x[0] == letters[1]}
            assert found == joined - {letters[::-1]}


def test_a_turn_restriction_holds_for_the_turn_only() -> None:
    drawn = draw(CROSS, restrictions=[["WX", "XN"]])
    ids = drawn.link_ids
    assert names(next_links(drawn.network, [ids["WX"]]), drawn) == {"XE", "XS"}
    assert names(next_links(drawn.network, [ids["EX"]]), drawn) == {"XN", "XW", "XS"}


def test_a_restriction_over_several_links_needs_all_of_them() -> None:
    drawn = draw("A---B---C---D\n        |\n        E", restrictions=[["AB", "BC", "CE"]])
    ids = drawn.link_ids
    assert names(next_links(drawn.network, [ids["BC"]]), drawn) == {"CD", "CE"}
    assert names(next_links(drawn.network, [ids["AB"], ids["BC"]]), drawn) == {"CD"}
    assert names(next_links(drawn.network, [ids["DC"], ids["AB"], ids["BC"]]), drawn) == {"CD"}


def test_a_tile_that_is_not_at_hand_is_not_an_empty_answer() -> None:
    network = TOWN.empty_network()
    assert next_links(network, [TOWN.link_ids["AB"]]) is None


def test_the_map_ends_where_nothing_leaves() -> None:
    drawn = draw("A---B", ways={"AB": {"oneway": True}})
    assert next_links(drawn.network, [drawn.link_ids["AB"]]) == []
