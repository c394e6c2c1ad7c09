import math

from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.disagreements import SIGMAS_APART_MAX, Disagreement, DisagreementBook, Reading

readings = st.builds(Reading, st.floats(-1e5, 1e5), st.floats(0.01, 1e4))


@given(readings, readings)
def test_another_source_makes_none_surer_and_a_contradiction_less_sure(a: Reading, b: Reading) -> None:
    assert a.contradicts(b) == b.contradicts(a) == (a.sigmas_from(b) > SIGMAS_APART_MAX)
    if a.contradicts(b):
        assert a.sigma < a.sigma_beside(b) <= math.hypot(a.sigma, a.value - b.value) + 1e-6
    else:
        assert a.sigma_beside(b) == a.sigma


@given(readings, readings)
def test_the_surer_stays_the_surer_where_they_contradict(a: Reading, b: Reading) -> None:
    """Each is right by how sure it is, so the variance about the surer is the smaller one."""
    surer, other = sorted((a, b), key=lambda x: x.sigma)
    assert surer.sigma_beside(other) <= other.sigma_beside(surer) + 1e-6


found = st.builds(
    Disagreement,
    st.integers(1, 5).map("way/{}".format),
    st.floats(0, 50).map(lambda x: round(x, 1)),
    st.sampled_from("ab"),
)


@given(st.lists(found, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_finding_leaves_no_trace_and_the_worst_comes_first(all_found, random) -> None:
    book, again = DisagreementBook(), DisagreementBook()
    for x in all_found:
        book.add("slope", x)
    random.shuffle(all_found)
    for x in all_found:
        again.add("slope", x)
    assert book.as_json() == again.as_json()
    worst = book.worst("slope")
    assert worst[0].sigmas_apart == max(x.sigmas_apart for x in all_found)
    assert {x.element for x in all_found} == {x.element for x in worst} and len(worst) == len(
        {x.element for x in worst}
    )
