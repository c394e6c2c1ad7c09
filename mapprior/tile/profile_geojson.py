"""Layer L1 for a person with a map viewer: values of a link as its properties, what stands along it as points."""

from collections.abc import Iterator

from mapprior.model.link import Link
from mapprior.model.network import Network
from mapprior.model.profile import LinkCarriageway, LinkCurvature, LinkElevation, LinkFeature

Properties = dict[str, object]


def profile_properties(network: Network, link: Link) -> Properties:
    """Curvature, elevation and carriageway in the link's direction; null where there is none. SI units, by name."""
    curvature, elevation = network.curvature(link.link_id), network.elevation(link.link_id)
    carriageway = network.carriageway(link.link_id)
    return {
        "curvature": None if curvature is None else _curvature(curvature),
        "elevation": None if elevation is None else _elevation(elevation),
        "carriageway": None if carriageway is None else _carriageway(carriageway),
    }


def feature_places(network: Network, link: Link) -> Iterator[tuple[tuple[int, int], Properties]]:
    """((lat_e7, lon_e7) of its start, properties) of each feature of a link."""
    features = network.features(link.link_id)
    for x in features.features if features is not None else ():
        at_m = x.start_cm / link.length_cm * link.line.length_m
        yield link.line.frame.lat_lon_e7(*link.line.xy_at(at_m)), _feature(x)


def _curvature(x: LinkCurvature) -> Properties:
    columns = (x.points_cm, x.curvature_e6_per_m, x.curvature_sigma_e6_per_m, x.heading_mrad, x.heading_sigma_mrad)
    return {
        "basis": x.basis.name,
        "chord_error_max_m": x.chord_error_max_cm / 100,
        "points": [
            {
                "offset_m": at / 100,
                "curvature_per_m": curvature / 1e6,
                "curvature_sigma_per_m": curvature_sigma / 1e6,
                "heading_rad": heading / 1000,
                "heading_sigma_rad": heading_sigma / 1000,
            }
            for at, curvature, curvature_sigma, heading, heading_sigma in zip(*columns, strict=True)
        ],
    }


def _elevation(x: LinkElevation) -> Properties:
    """A list that is not known is null in each point."""
    count = len(x.points_cm)
    lists = (
        ("elevation_m", x.elevation_cm, 100),
        ("elevation_sigma_m", x.elevation_sigma_cm, 100),
        ("slope", x.slope_e4, 10_000),
        ("slope_sigma", x.slope_sigma_e4, 10_000),
    )
    columns: dict[str, list[float | None]] = {
        name: [y / per for y in values] if values else [None] * count for name, values, per in lists
    }
    return {
        "basis": x.basis.name,
        "slope_basis": (x.slope_basis or x.basis).name if x.slope_e4 else None,
        "height_reference": x.height_reference.name,
        "points": [
            {"offset_m": at / 100, **{name: column[i] for name, column in columns.items()}}
            for i, at in enumerate(x.points_cm)
        ],
    }


def _carriageway(x: LinkCarriageway) -> Properties:
    return {
        "lanes_count": x.lanes_count or None,
        "lanes_basis": x.lanes_basis.name,
        "separation": x.separation.name,
        "separation_basis": x.separation_basis.name,
        "pedestrians": x.pedestrians.name,
        "pedestrians_basis": x.pedestrians_basis.name,
        "bicycles": x.bicycles.name,
        "bicycles_basis": x.bicycles_basis.name,
        "surface": x.surface.name,
        "surface_basis": x.surface_basis.name,
        "surface_raw": x.surface_raw,
        "toll": x.toll.name,
        "toll_basis": x.toll_basis.name,
    }


def _feature(x: LinkFeature) -> Properties:
    return {
        "feature": x.kind.name,
        "start_offset_m": x.start_cm / 100,
        "end_offset_m": x.end_cm / 100,
        "basis": x.basis.name,
        "confidence": x.confidence_permille / 1000,
        "place_sigma_m": x.place_sigma_cm / 100 if x.place_sigma_cm else None,
        "junction": x.junction.name,
        "extent_m": x.extent_cm / 100 if x.extent_cm else None,
        "extent_sigma_m": x.extent_sigma_cm / 100 if x.extent_sigma_cm else None,
        "extent_basis": x.extent_basis.name if x.extent_cm else None,
        "side": x.side.name,
        "number": x.number,
        "name": x.name,
        "destinations": list(x.destinations),
        "raw": x.raw,
    }
