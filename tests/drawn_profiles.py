"""Layer L1 of a drawn network: what to give `draw(..., profiles=...)`.

`straight` says of every link what can be seen in the picture. A test that wants more wraps it:

    def uphill(letters, link):
        elevation = LinkElevation(Basis.TAGGED, (0, link.length_cm), slope_e4=(500, 500))
        return replace(straight(letters, link), elevation=elevation)
"""

from collections.abc import Callable
from dataclasses import dataclass

from mapprior.model.link import Link
from mapprior.model.profile import (
    FeatureKind,
    LinkCarriageway,
    LinkCurvature,
    LinkElevation,
    LinkFeature,
    LinkFeatures,
    Separation,
)
from mapprior.model.provenance import Basis


@dataclass(frozen=True)
class DrawnProfiles:
    """Content of one drawn link, in its direction; features in any order."""

    curvature: LinkCurvature | None = None
    elevation: LinkElevation | None = None
    carriageway: LinkCarriageway | None = None
    features: tuple[LinkFeature, ...] = ()

    def link_features(self) -> LinkFeatures | None:
        in_order = sorted(self.features, key=lambda x: (x.start_cm, x.kind))
        return LinkFeatures(tuple(in_order)) if in_order else None


# Of a link, by the letters it runs between and as it is drawn. Where the two directions of a road differ in what they
# share, the one that holds the geometry counts.
Profiles = Callable[[str, Link], DrawnProfiles]


def straight(letters: str, link: Link) -> DrawnProfiles:
    """A straight line, tagged as one carriageway of its own where it is one-way; a tunnel or bridge over all of it."""
    heading_mrad = round(link.line.heading_rad[0] * 1000)
    kinds = [kind for kind, there in ((FeatureKind.TUNNEL, link.tunnel), (FeatureKind.BRIDGE, link.bridge)) if there]
    separation = Separation.PHYSICAL if link.oneway else Separation.NONE
    return DrawnProfiles(
        curvature=LinkCurvature(
            Basis.DERIVED, (0, link.length_cm), (0, 0), (50, 50), (heading_mrad, heading_mrad), (5, 5), 1
        ),
        carriageway=LinkCarriageway(separation=separation, separation_basis=Basis.INFERRED),
        features=tuple(LinkFeature(x, 0, link.length_cm, Basis.TAGGED, 950) for x in kinds),
    )


def curved_only(letters: str, link: Link) -> DrawnProfiles:
    """Nothing but what is computed from the line."""
    return DrawnProfiles(curvature=straight(letters, link).curvature)
