"""What may be wrong with layer L1 though it decodes: places beyond the link, content under the wrong link."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from mapprior.model.ids import index_of
from mapprior.model.link import Link
from mapprior.model.profile import SHARED_GROUPS, LinkCurvature, LinkElevation, LinkFeatures
from mapprior.model.provenance import ProfileGroup
from mapprior.tile.profile_tile import ProfileTileView, bases_of
from mapprior.tile.road_tile import RoadTileView

READS: Final[dict[ProfileGroup, Callable[[ProfileTileView, int], Any]]] = {
    ProfileGroup.CURVATURE: ProfileTileView.curvature,
    ProfileGroup.ELEVATION: ProfileTileView.elevation,
    ProfileGroup.CARRIAGEWAY: ProfileTileView.carriageway,
    ProfileGroup.FEATURE: ProfileTileView.features,
}


def profile_problems(profiles: ProfileTileView, group: ProfileGroup, index: int, road: RoadTileView) -> Iterator[str]:
    """What is wrong with a link's content of a group. TileError where it, or the link, does not decode."""
    value = READS[group](profiles, index)
    if profiles.bases(index, group) != bases_of(value):
        yield "its bases are not those that stand beside it"
    if index >= road.link_count:
        yield f"the road tile has {road.link_count} links"
        return
    link = road.link(index)
    if group in SHARED_GROUPS and index_of(link.geometry_link_id) != index:
        yield "its twin holds the geometry, and what both directions share"
    if isinstance(value, LinkCurvature | LinkElevation) and value.points_cm[-1] != link.length_cm:
        yield f"its points end at {value.points_cm[-1]} cm, the link at {link.length_cm} cm"
    if isinstance(value, LinkFeatures):
        yield from _feature_problems(value, link)


def _feature_problems(features: LinkFeatures, link: Link) -> Iterator[str]:
    for x in features.features:
        if x.end_cm > link.length_cm:
            yield f"{x.kind.name} ends at {x.end_cm} cm, the link at {link.length_cm} cm"
