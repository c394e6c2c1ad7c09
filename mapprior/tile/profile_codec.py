"""Content messages of layer L1: model objects to bytes and back, exactly. Definitions: `profile.proto`.

What a decoder would refuse an encoder does not write: both hold the same object against the same ranges. No value
passes without the basis it stands on.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import ge, sub
from typing import Final

from mapprior.errors import TileError
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
from mapprior.tile.message import LENGTH_CM_MAX, PERMILLE_MAX, parsed, serialised, within
from mapprior.v1 import profile_pb2

CURVATURE_E6_PER_M_MAX: Final = 1_000_000
HEADING_MRAD_MAX: Final = 3142
CHORD_ERROR_CM_MAX: Final = 10_000
ELEVATION_CM_MIN: Final = -100_000
ELEVATION_CM_MAX: Final = 1_000_000
ELEVATION_SIGMA_CM_MAX: Final = 100_000
SLOPE_E4_MAX: Final = 10_000
LANES_COUNT_MAX: Final = 32
PLACE_SIGMA_CM_MAX: Final = 100_000
EXTENT_CM_MAX: Final = 10_000_000


def encode_curvature(curvature: LinkCurvature) -> bytes:
    """ValueError where lists are of different lengths, points do not ascend from 0, or a value is out of range."""
    _check_curvature(curvature)
    return serialised(
        profile_pb2.LinkCurvature(
            basis=int(curvature.basis),  # type: ignore[arg-type]
            points_delta_cm=_deltas(curvature.points_cm),
            curvature_e6_per_m=curvature.curvature_e6_per_m,
            curvature_sigma_e6_per_m=curvature.curvature_sigma_e6_per_m,
            heading_mrad=curvature.heading_mrad,
            heading_sigma_mrad=curvature.heading_sigma_mrad,
            chord_error_max_cm=curvature.chord_error_max_cm,
        )
    )


def decode_curvature(payload: bytes) -> LinkCurvature:
    """In the direction of the link it is kept under. TileError where `encode_curvature` would refuse it."""
    m = parsed(profile_pb2.LinkCurvature, payload, "CURVATURE")
    try:
        found = LinkCurvature(
            basis=Basis(m.basis),
            points_cm=tuple(accumulate(m.points_delta_cm)),
            curvature_e6_per_m=tuple(m.curvature_e6_per_m),
            curvature_sigma_e6_per_m=tuple(m.curvature_sigma_e6_per_m),
            heading_mrad=tuple(m.heading_mrad),
            heading_sigma_mrad=tuple(m.heading_sigma_mrad),
            chord_error_max_cm=m.chord_error_max_cm,
        )
        _check_curvature(found)
    except ValueError as error:
        raise TileError(f"CURVATURE content: {error}") from error
    return found


def encode_elevation(elevation: LinkElevation) -> bytes:
    """ValueError where a list is neither empty nor of one length with the points, or a value is out of range."""
    _check_elevation(elevation)
    return serialised(
        profile_pb2.LinkElevation(
            basis=int(elevation.basis),  # type: ignore[arg-type]
            points_delta_cm=_deltas(elevation.points_cm),
            elevation_cm=elevation.elevation_cm,
            elevation_sigma_cm=elevation.elevation_sigma_cm,
            slope_e4=elevation.slope_e4,
            slope_sigma_e4=elevation.slope_sigma_e4,
            height_reference=int(elevation.height_reference),  # type: ignore[arg-type]
            slope_basis=int(elevation.slope_basis or 0),  # type: ignore[arg-type]
        )
    )


def decode_elevation(payload: bytes) -> LinkElevation:
    """In the direction of the link it is kept under. TileError where `encode_elevation` would refuse it."""
    m = parsed(profile_pb2.LinkElevation, payload, "ELEVATION")
    try:
        found = LinkElevation(
            basis=Basis(m.basis),
            points_cm=tuple(accumulate(m.points_delta_cm)),
            elevation_cm=tuple(m.elevation_cm),
            elevation_sigma_cm=tuple(m.elevation_sigma_cm),
            slope_e4=tuple(m.slope_e4),
            slope_sigma_e4=tuple(m.slope_sigma_e4),
            height_reference=HeightReference(m.height_reference),
            slope_basis=Basis(m.slope_basis) if m.slope_basis else None,
        )
        _check_elevation(found)
    except ValueError as error:
        raise TileError(f"ELEVATION content: {error}") from error
    return found


def encode_carriageway(carriageway: LinkCarriageway) -> bytes:
    """ValueError where a value stands without basis, or the count of lanes is out of range."""
    _check_carriageway(carriageway)
    return serialised(
        profile_pb2.LinkCarriageway(
            lanes_count=carriageway.lanes_count,
            lanes_basis=int(carriageway.lanes_basis),  # type: ignore[arg-type]
            separation=int(carriageway.separation),  # type: ignore[arg-type]
            separation_basis=int(carriageway.separation_basis),  # type: ignore[arg-type]
            pedestrians=int(carriageway.pedestrians),  # type: ignore[arg-type]
            pedestrians_basis=int(carriageway.pedestrians_basis),  # type: ignore[arg-type]
            bicycles=int(carriageway.bicycles),  # type: ignore[arg-type]
            bicycles_basis=int(carriageway.bicycles_basis),  # type: ignore[arg-type]
            surface=int(carriageway.surface),  # type: ignore[arg-type]
            surface_basis=int(carriageway.surface_basis),  # type: ignore[arg-type]
            surface_raw=carriageway.surface_raw,
            toll=int(carriageway.toll),  # type: ignore[arg-type]
            toll_basis=int(carriageway.toll_basis),  # type: ignore[arg-type]
        )
    )


def decode_carriageway(payload: bytes) -> LinkCarriageway:
    """TileError where `encode_carriageway` would refuse it."""
    m = parsed(profile_pb2.LinkCarriageway, payload, "CARRIAGEWAY")
    try:
        found = LinkCarriageway(
            lanes_count=m.lanes_count,
            lanes_basis=Basis(m.lanes_basis),
            separation=Separation(m.separation),
            separation_basis=Basis(m.separation_basis),
            pedestrians=Permission(m.pedestrians),
            pedestrians_basis=Basis(m.pedestrians_basis),
            bicycles=Permission(m.bicycles),
            bicycles_basis=Basis(m.bicycles_basis),
            surface=Surface(m.surface),
            surface_basis=Basis(m.surface_basis),
            surface_raw=m.surface_raw,
            toll=Toll(m.toll),
            toll_basis=Basis(m.toll_basis),
        )
        _check_carriageway(found)
    except ValueError as error:
        raise TileError(f"CARRIAGEWAY content: {error}") from error
    return found


def known_values(carriageway: LinkCarriageway) -> dict[str, Basis]:
    """The basis of each value that is known, by its name."""
    x = carriageway
    values = (
        ("lanes_count", x.lanes_count > 0, x.lanes_basis),
        ("separation", x.separation is not Separation.UNKNOWN, x.separation_basis),
        ("pedestrians", x.pedestrians is not Permission.UNKNOWN, x.pedestrians_basis),
        ("bicycles", x.bicycles is not Permission.UNKNOWN, x.bicycles_basis),
        ("surface", x.surface is not Surface.UNKNOWN, x.surface_basis),
        ("toll", x.toll is not Toll.UNKNOWN, x.toll_basis),
    )
    return {name: basis for name, is_known, basis in values if is_known}


def encode_features(features: LinkFeatures) -> bytes:
    """ValueError where there is none, they are out of order, one has no basis or a value is out of range."""
    _check_features(features)
    message = profile_pb2.LinkFeatures()
    for x in features.features:
        added = message.features.add(
            kind=x.kind,
            start_cm=x.start_cm,
            end_cm=x.end_cm,
            basis=x.basis,
            confidence_permille=x.confidence_permille,
            place_sigma_cm=x.place_sigma_cm,
            junction=x.junction,
            side=x.side,
        )
        # Most features have none of these, and setting what is empty takes as long as setting something.
        if x.extent_cm:
            added.extent_cm, added.extent_sigma_cm = x.extent_cm, x.extent_sigma_cm
            added.extent_basis = int(x.extent_basis)  # type: ignore[assignment]
        if x.number:
            added.number = x.number
        if x.name:
            added.name = x.name
        if x.destinations:
            added.destinations.extend(x.destinations)
        if x.raw:
            added.raw = x.raw
    return serialised(message)


def decode_features(payload: bytes) -> LinkFeatures:
    """TileError where `encode_features` would refuse it."""
    m = parsed(profile_pb2.LinkFeatures, payload, "FEATURE")
    try:
        found = LinkFeatures(
            tuple(
                LinkFeature(
                    kind=FeatureKind(x.kind),
                    start_cm=x.start_cm,
                    end_cm=x.end_cm,
                    basis=Basis(x.basis),
                    confidence_permille=x.confidence_permille,
                    place_sigma_cm=x.place_sigma_cm,
                    junction=JunctionKind(x.junction),
                    extent_cm=x.extent_cm,
                    side=Side(x.side),
                    number=x.number,
                    name=x.name,
                    destinations=tuple(x.destinations),
                    raw=x.raw,
                    extent_basis=_extent_basis(x),
                    extent_sigma_cm=x.extent_sigma_cm,
                )
                for x in m.features
            )
        )
        _check_features(found)
    except ValueError as error:
        raise TileError(f"FEATURE content: {error}") from error
    return found


def _extent_basis(x: profile_pb2.LinkFeature) -> Basis:
    """Earlier builds measured every extent along the map's lines, and did not say so."""
    if x.extent_basis:
        return Basis(x.extent_basis)
    return Basis.DERIVED if x.extent_cm else Basis.UNKNOWN


def _check_curvature(x: LinkCurvature) -> None:
    _check_basis(x.basis, "curvature")
    _check_points(x.points_cm)
    count = len(x.points_cm)
    _check_list(x.curvature_e6_per_m, count, -CURVATURE_E6_PER_M_MAX, CURVATURE_E6_PER_M_MAX, "curvature_e6_per_m")
    _check_list(x.curvature_sigma_e6_per_m, count, 0, CURVATURE_E6_PER_M_MAX, "curvature_sigma_e6_per_m")
    _check_list(x.heading_mrad, count, -HEADING_MRAD_MAX, HEADING_MRAD_MAX, "heading_mrad")
    _check_list(x.heading_sigma_mrad, count, 0, HEADING_MRAD_MAX, "heading_sigma_mrad")
    within(x.chord_error_max_cm, 0, CHORD_ERROR_CM_MAX, "chord_error_max_cm")


def _check_elevation(x: LinkElevation) -> None:
    _check_basis(x.basis, "elevation")
    _check_points(x.points_cm)
    count = len(x.points_cm)
    if not (x.elevation_cm or x.slope_e4):
        raise ValueError("neither elevation nor slope")
    if x.slope_basis is not None:
        _check_basis(x.slope_basis, "slope")
    for values, low, high, sigmas, sigma_max, what in (
        (x.elevation_cm, ELEVATION_CM_MIN, ELEVATION_CM_MAX, x.elevation_sigma_cm, ELEVATION_SIGMA_CM_MAX, "elevation"),
        (x.slope_e4, -SLOPE_E4_MAX, SLOPE_E4_MAX, x.slope_sigma_e4, SLOPE_E4_MAX, "slope"),
    ):
        if values or sigmas:
            _check_list(values, count, low, high, what)
        if sigmas:
            _check_list(sigmas, count, 0, sigma_max, f"sigma of {what}")


def _check_carriageway(x: LinkCarriageway) -> None:
    within(x.lanes_count, 0, LANES_COUNT_MAX, "lanes_count")
    for what, basis in known_values(x).items():
        _check_basis(basis, what)


def _check_features(x: LinkFeatures) -> None:
    if not x.features:
        raise ValueError("no feature")
    for feature in x.features:
        _check_feature(feature)
    for before, after in pairwise(x.features):
        if (after.start_cm, after.kind) < (before.start_cm, before.kind):
            raise ValueError(f"{after.kind.name} at {after.start_cm} cm stands after what begins later")


def _check_feature(x: LinkFeature) -> None:
    _check_basis(x.basis, x.kind.name)
    within(x.start_cm, 0, LENGTH_CM_MAX, "start_cm")
    within(x.end_cm, x.start_cm, LENGTH_CM_MAX, "end_cm")
    within(x.confidence_permille, 0, PERMILLE_MAX, "confidence_permille")
    within(x.place_sigma_cm, 0, PLACE_SIGMA_CM_MAX, "place_sigma_cm")
    within(x.extent_cm, 0, EXTENT_CM_MAX, "extent_cm")
    within(x.extent_sigma_cm, 0, EXTENT_CM_MAX, "extent_sigma_cm")
    if x.extent_cm:
        _check_basis(x.extent_basis, f"extent of {x.kind.name}")
    elif x.extent_basis is not Basis.UNKNOWN or x.extent_sigma_cm:
        raise ValueError(f"basis or sigma of an extent of {x.kind.name} that is not known")
    if x.junction is not JunctionKind.UNKNOWN and x.kind is not FeatureKind.JUNCTION:
        raise ValueError(f"junction {x.junction.name} of a {x.kind.name}")


def _check_basis(basis: Basis, what: str) -> None:
    if basis is Basis.UNKNOWN:
        raise ValueError(f"{what} has no basis")


def _check_points(points_cm: Sequence[int]) -> None:
    if len(points_cm) < 2 or points_cm[0] != 0:
        raise ValueError(f"{len(points_cm)} points; two or more are needed, the first at 0")
    if any(map(ge, points_cm, points_cm[1:])):
        raise ValueError("points do not ascend")
    within(points_cm[-1], 1, LENGTH_CM_MAX, "points_cm")


def _check_list(values: Sequence[int], count: int, low: int, high: int, what: str) -> None:
    if len(values) != count:
        raise ValueError(f"{what} has {len(values)} values for {count} points")
    lowest, highest = min(values), max(values)
    if lowest < low or highest > high:
        within(lowest if lowest < low else highest, low, high, what)


def _deltas(values: Sequence[int]) -> list[int]:
    return [values[0], *map(sub, values[1:], values)]
