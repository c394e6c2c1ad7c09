import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.cli.driven import stretches
from mapprior.match.position import MatchCandidate, MatchResult
from mapprior.match.trace import match_trace
from mapprior.model.pose import MatchState
from tests.asciimap import draw

ROADS = draw("A-----B-----C-----D")
LETTERS = "ABCD"


@given(st.floats(0.0, 0.4), st.floats(0.6, 1.0))
def test_of_the_first_and_the_last_link_only_what_was_driven_counts(begin, end):
    poses = ROADS.poses(LETTERS)
    driven = poses[int(begin * len(poses)) : max(int(end * len(poses)), 1)]
    found = match_trace(ROADS.network, driven)
    parts = stretches(found.results)
    links = [ROADS.network.link(x.link_id) for x in parts]
    assert [x.link_id for x in parts] == list(found.links)
    length_m = sum(part.length_m(link) for part, link in zip(parts, links, strict=True))
    assert length_m == pytest.approx(driven[-1].travelled_m - driven[0].travelled_m, abs=3.0)
    for part, link in zip(parts, links, strict=True):
        assert 0 <= part.start_cm <= part.end_on_cm(link) <= link.length_cm
    assert all(part.start_cm == 0 for part in parts[1:])
    assert all(part.end_on_cm(link) == link.length_cm for part, link in list(zip(parts, links, strict=True))[:-1])


def seen(link, offset_cm, *passed):
    return MatchResult(MatchState.TRACKING, "", (MatchCandidate(link, offset_cm, 0.0, 0.0, 1.0),), passed)


def test_where_no_drive_joins_two_poses_neither_link_is_driven_through():
    off = MatchResult(MatchState.OFF_ROAD, "", (), ())
    first, second = stretches([seen(1, 500), off, seen(1, 900, 1), seen(2, 4000), seen(2, 4500, 2)])
    assert (first.start_cm, first.end_cm) == (500, 900)
    assert (second.start_cm, second.end_cm) == (4000, 4500)


def test_a_link_driven_twice_in_a_round_is_there_twice():
    parts = stretches([seen(1, 500), seen(2, 100, 1, 2), seen(1, 300, 2, 3, 1)])
    assert [(x.link_id, x.start_cm, x.end_cm) for x in parts] == [
        (1, 500, None),
        (2, 0, None),
        (3, 0, None),
        (1, 0, 300),
    ]


def test_nothing_matched_is_nothing_driven():
    assert stretches([MatchResult(MatchState.NO_COVERAGE, "", (), ())]) == []
