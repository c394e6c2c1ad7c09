"""The links of a path as numbers say what a list of placements says."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from mapprior.horizon.items import LinkPlacement
from mapprior.horizon.links import Links
from mapprior.model.ids import LinkId, PathId, tile_of

ids = st.sampled_from((0, 1, 5, 1 << 20, (1 << 64) - 1)).map(LinkId)
roads = st.lists(st.tuples(ids, st.integers(1, 3)), min_size=1, max_size=8)


def laid(road: list[tuple[LinkId, int]], start_cm: int = 0) -> tuple[Links, list[LinkPlacement]]:
    ends_cm = [start_cm + x for x in accumulate(length_cm for _, length_cm in road)]
    starts_cm = [start_cm, *ends_cm]
    plain = [LinkPlacement(PathId(3), a, b, x) for a, b, (x, _) in zip(starts_cm, ends_cm, road, strict=False)]
    return Links.of(PathId(3), start_cm, [x for x, _ in road], ends_cm), plain


@given(roads, st.integers(0, 9), ids)
def test_they_say_what_a_list_says(road: list[tuple[LinkId, int]], start_cm: int, link_id: LinkId) -> None:
    links, plain = laid(road, start_cm)
    assert list(links) == plain == [links[i] for i in range(len(links))]
    assert list(links.ids) == [x.link_id for x in plain]
    assert list(links.ends_cm) == [x.end_offset_cm for x in plain]
    assert links.starts_cm == [x.start_offset_cm for x in plain]
    assert links.end_offset_cm == plain[-1].end_offset_cm == links.start_cm(len(plain))
    assert links.tiles == tuple(dict.fromkeys(tile_of(x.link_id) for x in plain))
    assert links.places_of(link_id) == [i for i, x in enumerate(plain) if x.link_id == link_id]
    for at_cm in range(start_cm, links.end_offset_cm + 2):
        assert links.ending_at(at_cm) == next((x.link_id for x in plain if x.end_offset_cm == at_cm), None)
        assert list(links.up_to(at_cm)) == [x.link_id for x in plain if x.end_offset_cm <= at_cm]


@given(roads, roads, st.integers(0, 8), st.integers(0, 8))
def test_what_stands_where_it_stood_is_shared(
    road: list[tuple[LinkId, int]], other: list[tuple[LinkId, int]], erased: int, kept: int
) -> None:
    """Some links go at the start, and from some place on the path goes otherwise."""
    before, plain = laid(road)
    erased = min(erased, len(road) - 1)
    now, now_plain = laid([*road[erased : erased + kept], *other], before.start_cm(erased))
    first, count = before.shared(now)
    same = 0
    for a, b in zip(plain[erased:], now_plain, strict=False):
        if a != b:
            break
        same += 1
    assert (first, count) == ((erased, same) if same else (0, 0))
    assert list(before.after(erased)) == plain[erased:]


@given(roads)
def test_no_sequence_of_tiles_outlives_its_path(road: list[tuple[LinkId, int]]) -> None:
    """What all paths share is kept for good; tiles in driving order would be a route."""
    (links, _), (again, _) = laid(road), laid(road)
    assert links.tiles == again.tiles
    assert (links.tiles is again.tiles) is (len(links.tiles) == 1)
