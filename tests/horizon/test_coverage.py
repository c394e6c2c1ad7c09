"""Coverage laid in steps is what it is when laid at once, and what is erased behind takes nothing else with it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mapprior.horizon.coverage import LANES_NOT_PLACED, CoverageLayer
from mapprior.horizon.items import CoverageSpan, CoverageState
from mapprior.horizon.laid_coverage import NOT_COVERED, Covered, LaidCoverage
from mapprior.horizon.links import Links
from mapprior.model.ids import PathId
from mapprior.model.link import Link
from mapprior.model.profile import LinkCarriageway, Separation
from mapprior.model.provenance import Basis, Layer
from tests.asciimap import draw
from tests.drawn_profiles import DrawnProfiles

ROAD = "ABCDEFGHI"
PATH = PathId(3)
NOTHING_STALE: frozenset[Layer] = frozenset()


def _spans(covered: Covered, path_id: PathId, path_end_cm: int) -> tuple[CoverageSpan, ...]:
    return tuple(LaidCoverage(covered, path_id, path_end_cm))


def some_known(letters: str, _: Link) -> DrawnProfiles:
    """Mapped at first, then derived, then nothing, then derived again."""
    if letters[0] in "EF":
        return DrawnProfiles()
    return DrawnProfiles(carriageway=carriageway(Basis.TAGGED if letters[0] in "ABC" else Basis.DERIVED))


def carriageway(basis: Basis) -> LinkCarriageway:
    return LinkCarriageway(separation=Separation.NONE, separation_basis=basis)


DRAWN = draw("-".join(ROAD), profiles=some_known)


def links_of(first: int, count: int) -> Links:
    """Of the road, at the offsets that they have from its start."""
    road = [DRAWN.link(a + b) for a, b in pairwise(ROAD)]
    ends_cm = [sum(x.length_cm for x in road[: i + 1]) for i in range(len(road))]
    start_cm = ends_cm[first - 1] if first else 0
    chosen = slice(first, first + count)
    return Links.of(PATH, start_cm, [x.link_id for x in road[chosen]], ends_cm[chosen])


@given(st.integers(1, 8), st.integers(0, 7))
def test_laid_in_two_steps_is_laid_at_once(first_count: int, erased: int) -> None:
    layer = CoverageLayer(DRAWN.network, (Layer.L0, Layer.L1))
    whole = layer.lay(NOT_COVERED, 0, links_of(0, 8), known_count=0, stale=NOTHING_STALE)
    part = links_of(0, first_count)
    begun = layer.lay(NOT_COVERED, 0, part, known_count=0, stale=NOTHING_STALE)
    assert layer.lay(begun, part.end_offset_cm, links_of(0, 8), known_count=first_count, stale=NOTHING_STALE) == whole
    end_cm = links_of(0, 8).end_offset_cm
    left = links_of(erased, 8 - erased)
    later = layer.lay(whole, end_cm, left, known_count=len(left), stale=NOTHING_STALE)
    spans = _spans(whole, PATH, end_cm)
    assert _spans(later, PATH, end_cm) == tuple(x for x in spans if x.end_offset_cm > left.start_offset_cm)
    again = layer.lay(later, end_cm, left, known_count=len(left), stale=frozenset((Layer.L1,)))
    states = [x.state for x in _spans(later, PATH, end_cm)]
    assert [x.state for x in _spans(again, PATH, end_cm)] == states


def test_it_says_what_the_tiles_say() -> None:
    layer = CoverageLayer(DRAWN.network, (Layer.L0, Layer.L1))
    links = links_of(0, 8)
    spans = _spans(layer.lay(NOT_COVERED, 0, links, known_count=0, stale=NOTHING_STALE), PATH, links.end_offset_cm)
    of_profiles = [(x.start_offset_cm, x.state) for x in spans if x.layer is Layer.L1]
    starts_cm = links.starts_cm
    assert of_profiles == [
        (0, CoverageState.PRESENT),
        (starts_cm[3], CoverageState.DERIVED),
        (starts_cm[4], CoverageState.ABSENT),
        (starts_cm[6], CoverageState.DERIVED),
    ]
    assert [x.state for x in spans if x.layer is Layer.L0] == [CoverageState.PRESENT]
    assert [x.state for x in spans if x.layer is Layer.L2] == [CoverageState.NOT_SUBSCRIBED]


def test_lanes_whose_place_is_not_known_are_there_and_say_so() -> None:
    drawn = draw("A--B--C--D", ways={"AB": {"lanes": 2}, "BC": {"lanes": 2, "lanes_basis": Basis.INFERRED}, "CD": {}})
    road = [drawn.link(x) for x in ("AB", "BC", "CD")]
    ends_cm = [sum(x.length_cm for x in road[: i + 1]) for i in range(3)]
    links = Links.of(PATH, 0, [x.link_id for x in road], ends_cm)
    layer = CoverageLayer(drawn.network, (Layer.L2,))
    laid = layer.lay(NOT_COVERED, 0, links, known_count=0, stale=NOTHING_STALE)
    found = [(x.state, x.reason) for x in _spans(laid, PATH, ends_cm[-1]) if x.layer is Layer.L2]
    assert found == [
        (CoverageState.DERIVED, ""),
        (CoverageState.DERIVED, LANES_NOT_PLACED),
        (CoverageState.ABSENT, ""),
    ]
