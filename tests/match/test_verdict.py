"""Which links are one road near a node: those of a way that may hold the vehicle are counted once each."""

import pytest

from mapprior.match.position import MatchCandidate
from mapprior.match.settings import MatchSettings
from mapprior.match.verdict import Verdict
from tests.asciimap import Drawn, draw

RING = draw("A---B", ways={"AB": {"oneway": True}, "BA": {"oneway": True}}, grid_m=4.0)
ROW = draw("A---B---C---D", ways={"ABCD": {"oneway": True}}, grid_m=4.0)


def candidates(drawn: Drawn, *told: tuple[str, float]) -> list[MatchCandidate]:
    """In the middle of each link, so short that a fix of 20 m cannot tell the places apart."""
    links = [(drawn.link(name), probability) for name, probability in told]
    return [MatchCandidate(x.link_id, x.length_cm // 2, 0.0, None, p, 20.0, 20.0) for x, p in links]


@pytest.mark.parametrize(("least", "sure"), [(0.75, True), (0.85, False)])
def test_of_two_links_that_make_a_ring_each_counts_once(least: float, sure: bool) -> None:
    verdict = Verdict(RING.network, MatchSettings())
    assert verdict._is_sure(candidates(RING, ("AB", 0.5), ("BA", 0.3)), 0.5, least) == sure


@pytest.mark.parametrize(("least", "sure"), [(0.85, True), (0.95, False)])
def test_the_link_before_and_the_one_after_are_the_same_road(least: float, sure: bool) -> None:
    verdict = Verdict(ROW.network, MatchSettings())
    assert verdict._is_sure(candidates(ROW, ("BC", 0.4), ("AB", 0.3), ("CD", 0.2)), 0.4, least) == sure
