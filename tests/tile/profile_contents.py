"""Any sound content of layer L1, for laws."""

from hypothesis import strategies as st

from mapprior.model.profile import (
    FeatureKind,
    HeightReference,
    JunctionKind,
    LinkCarriageway,
    LinkCurvature,
    LinkElevation,
    LinkFeature,
    LinkFeatures,
    Permission,
    Separation,
    Side,
    Surface,
    Toll,
)
from mapprior.model.provenance import Basis

LENGTH_CM_MAX = 100_000
TEXT = st.text(max_size=12)
KNOWN = st.sampled_from([x for x in Basis if x is not Basis.UNKNOWN])


def points(length_cm: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, ...]]:
    """From 0 to a length, ascending."""
    return length_cm.flatmap(
        lambda end: st.sets(st.integers(1, end), max_size=5).map(lambda x: tuple(sorted({0, *x, end})))
    )


def values(count: int, low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(low, high), min_size=count, max_size=count).map(tuple)


@st.composite
def curvatures(draw: st.DrawFn, length_cm: int | None = None) -> LinkCurvature:
    at = draw(points(st.integers(1, LENGTH_CM_MAX) if length_cm is None else st.just(length_cm)))
    return LinkCurvature(
        basis=draw(KNOWN),
        points_cm=at,
        curvature_e6_per_m=draw(values(len(at), -1_000_000, 1_000_000)),
        curvature_sigma_e6_per_m=draw(values(len(at), 0, 1_000_000)),
        heading_mrad=draw(values(len(at), -3142, 3142)),
        heading_sigma_mrad=draw(values(len(at), 0, 3142)),
        chord_error_max_cm=draw(st.integers(0, 10_000)),
    )


@st.composite
def elevations(draw: st.DrawFn, length_cm: int | None = None) -> LinkElevation:
    at = draw(points(st.integers(1, LENGTH_CM_MAX) if length_cm is None else st.just(length_cm)))
    kinds = draw(st.sets(st.sampled_from(("height", "slope")), min_size=1))
    sigma = draw(st.booleans())
    return LinkElevation(
        basis=draw(KNOWN),
        points_cm=at,
        elevation_cm=draw(values(len(at), -100_000, 1_000_000)) if "height" in kinds else (),
        elevation_sigma_cm=draw(values(len(at), 0, 100_000)) if sigma and "height" in kinds else (),
        slope_e4=draw(values(len(at), -10_000, 10_000)) if "slope" in kinds else (),
        slope_sigma_e4=draw(values(len(at), 0, 10_000)) if sigma and "slope" in kinds else (),
        height_reference=draw(st.sampled_from(HeightReference)),
        slope_basis=draw(st.none() | KNOWN),
    )


carriageways = st.builds(
    LinkCarriageway,
    lanes_count=st.integers(0, 32),
    lanes_basis=KNOWN,
    separation=st.sampled_from(Separation),
    separation_basis=KNOWN,
    pedestrians=st.sampled_from(Permission),
    pedestrians_basis=KNOWN,
    bicycles=st.sampled_from(Permission),
    bicycles_basis=KNOWN,
    surface=st.sampled_from(Surface),
    surface_basis=KNOWN,
    surface_raw=TEXT,
    toll=st.sampled_from(Toll),
    toll_basis=KNOWN,
) | st.just(LinkCarriageway())


@st.composite
def features(draw: st.DrawFn, length_cm: int = LENGTH_CM_MAX) -> LinkFeatures:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(FeatureKind))
        start_cm = draw(st.integers(0, length_cm))
        extent_cm = draw(st.integers(0, 10_000_000))
        found.append(
            LinkFeature(
                kind=kind,
                start_cm=start_cm,
                end_cm=draw(st.integers(start_cm, length_cm)),
                basis=draw(KNOWN),
                confidence_permille=draw(st.integers(0, 1000)),
                place_sigma_cm=draw(st.integers(0, 100_000)),
                junction=draw(st.sampled_from(JunctionKind)) if kind is FeatureKind.JUNCTION else JunctionKind.UNKNOWN,
                extent_cm=extent_cm,
                side=draw(st.sampled_from(Side)),
                number=draw(TEXT),
                name=draw(TEXT),
                destinations=tuple(draw(st.lists(TEXT, max_size=3))),
                raw=draw(TEXT),
                extent_basis=draw(KNOWN) if extent_cm else Basis.UNKNOWN,
                extent_sigma_cm=draw(st.integers(0, 10_000_000)) if extent_cm else 0,
            )
        )
    return LinkFeatures(tuple(sorted(found, key=lambda x: (x.start_cm, x.kind))))
