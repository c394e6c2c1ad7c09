"""Slopes and heights of tags beside those of an elevation model: nothing is lost silently, and the surer serves."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapprior.build.disagreements import SIGMAS_APART_MAX, DisagreementBook
from mapprior.build.incline import Incline, read_incline
from mapprior.build.model_use import HEIGHT, SLOPE, ModelUse, RoadTags, served
from mapprior.model.profile import HeightReference, LinkElevation
from mapprior.model.provenance import Basis

REFERENCES = st.sampled_from(HeightReference)


@st.composite
def modelled_roads(draw: st.DrawFn) -> LinkElevation:
    steps_cm = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=6))
    points_cm = tuple(sum(steps_cm[:i]) for i in range(len(steps_cm) + 1))
    heights, slopes, sigmas = (
        tuple(draw(st.lists(values, min_size=len(points_cm), max_size=len(points_cm))))
        for values in (st.integers(-1000, 100_000), st.integers(-2000, 2000), st.integers(50, 1500))
    )
    return LinkElevation(
        draw(st.sampled_from((Basis.DERIVED, Basis.INFERRED))),
        points_cm, heights, (500,) * len(points_cm), slopes, sigmas, draw(REFERENCES),
    )  # fmt: skip


inclines = st.builds(Incline, st.integers(-3000, 3000), st.integers(50, 1200))


def answer(modelled: LinkElevation, tags: RoadTags) -> tuple[LinkElevation, ModelUse, DisagreementBook]:
    use, book = ModelUse(), DisagreementBook()
    return served(modelled, tags, use, book), use, book


@given(modelled_roads(), inclines)
def test_the_slope_of_one_source_is_served_whole_and_the_other_is_counted(
    modelled: LinkElevation, incline: Incline
) -> None:
    road, use, _ = answer(modelled, RoadTags(7, incline))
    as_tagged = set(road.slope_e4) == {incline.slope_e4} and road.slope_basis is Basis.TAGGED
    as_modelled = road.slope_e4 == modelled.slope_e4 and road.slope_basis is None
    assert as_tagged or as_modelled
    assert (use.slopes_tagged_count, use.slopes_modelled_count) == ((1, 0) if as_tagged else (0, 1))
    assert replace(road, slope_e4=(), slope_sigma_e4=(), slope_basis=None) == replace(
        modelled, slope_e4=(), slope_sigma_e4=()
    )


@given(modelled_roads(), inclines, st.integers(1, 400))
def test_a_surer_tag_is_not_served_the_less_and_a_surer_model_is_not_served_the_more_for_it(
    modelled: LinkElevation, incline: Incline, less: int
) -> None:
    """The road that was given its tag keeps it when the tag gets better, or the model worse."""
    road, *_ = answer(modelled, RoadTags(7, incline))
    surer_tag, *_ = answer(modelled, RoadTags(7, replace(incline, sigma_e4=max(1, incline.sigma_e4 - less))))
    worse = replace(modelled, slope_sigma_e4=tuple(x + less for x in modelled.slope_sigma_e4))
    worse_model, *_ = answer(worse, RoadTags(7, incline))
    if road.slope_basis is Basis.TAGGED:
        assert surer_tag.slope_basis is worse_model.slope_basis is Basis.TAGGED


@given(modelled_roads(), inclines)
def test_what_contradicts_is_named_and_leaves_doubt_and_what_agrees_does_neither(
    modelled: LinkElevation, incline: Incline
) -> None:
    road, _, book = answer(modelled, RoadTags(7, incline))
    before = (incline.sigma_e4,) * len(road.points_cm) if road.slope_basis else modelled.slope_sigma_e4
    assert all(a >= b for a, b in zip(road.slope_sigma_e4, before, strict=True))
    if SLOPE in book.by_subject:
        [named] = book.worst(SLOPE)
        assert named.element == "way/7" and named.sigmas_apart > SIGMAS_APART_MAX
        assert named.detail.endswith("served: the tag" if road.slope_basis else "served: the model")
        assert sum(road.slope_sigma_e4) > sum(before)
    else:
        assert road.slope_sigma_e4 == before


@given(modelled_roads(), inclines)
def test_driven_the_other_way_the_answer_is_the_mirror_image(modelled: LinkElevation, incline: Incline) -> None:
    there, *_ = answer(modelled, RoadTags(7, incline))
    back, *_ = answer(modelled.reversed(), RoadTags(7, replace(incline, slope_e4=-incline.slope_e4)))
    assert back.reversed() == there


FLAT = LinkElevation(
    Basis.DERIVED, (0, 10_000), (5000, 5500), (200, 200), (500, 500), (60, 60), HeightReference.ORTHOMETRIC
)


def test_a_coarse_model_yields_to_a_tag_and_a_fine_one_does_not():
    """8 % as posted, 5 % by the model: half a per cent and a fifth make 2.1."""
    incline = read_incline("8%", [])
    assert answer(FLAT, RoadTags(7, incline))[0].slope_e4 == (500, 500)
    coarse = replace(FLAT, slope_sigma_e4=(300, 300))
    road, _, book = answer(coarse, RoadTags(7, incline))
    assert (road.slope_e4, road.slope_sigma_e4, road.slope_basis) == ((800, 800), (210, 210), Basis.TAGGED)
    assert road.basis is Basis.DERIVED and road.elevation_cm == FLAT.elevation_cm and not book.by_subject


def test_a_tag_of_the_wrong_sign_is_named():
    [named] = answer(FLAT, RoadTags(7, read_incline("-5%", [])))[2].worst(SLOPE)
    assert named.detail == "tagged -5.0 % ±1.5, model 5.0 % ±0.6; served: the model"
    [named] = answer(FLAT, RoadTags(8, word="down"))[2].worst(SLOPE)
    assert (named.element, named.detail) == ("way/8", "tagged down, model 5.0 % ±0.6; served: the model")
    for word in ("up", "yes", ""):
        assert not answer(FLAT, RoadTags(8, word=word))[2].by_subject


@pytest.mark.parametrize(
    ("reference", "is_named"),
    [(HeightReference.UNKNOWN, True), (HeightReference.ORTHOMETRIC, True), (HeightReference.ELLIPSOIDAL, False)],
)
def test_heights_of_nodes_that_differ_are_named_unless_they_count_from_different_zeros(reference, is_named):
    heights = replace(FLAT, elevation_cm=(10_000, 5400), slope_e4=(), slope_sigma_e4=())
    road, use, book = answer(replace(FLAT, height_reference=reference), RoadTags(7, heights=heights))
    assert road.elevation_cm == FLAT.elevation_cm and use.heights_modelled_count == 1
    assert (HEIGHT in book.by_subject) == is_named
    if is_named:
        [named] = book.worst(HEIGHT)
        assert named.sigmas_apart == pytest.approx(50 / math.hypot(2, 2))
        assert named.detail == "ele tags give 100.0 m, model 50.0 m; served: the model"
