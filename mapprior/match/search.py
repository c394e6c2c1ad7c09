"""Which links lie near a fix, and how well each fits it, without regard to what was driven before."""

import math
from dataclasses import dataclass
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.match.hypothesis import half_width_m
from mapprior.match.motion import Motion
from mapprior.match.settings import MatchSettings
from mapprior.model.grid import column_row
from mapprior.model.ids import TileId, tile_id
from mapprior.model.link import CarAccess, Link, RoadClass
from mapprior.model.network import Network, TileState
from mapprior.model.provenance import Layer

HEADING_EVIDENCE_MIN: Final = -6.0
_RADIUS_M_MAX: Final = 300.0
# How likely a car is met on such a road, against one of the others next to it.
_RARELY_DRIVEN: Final = {RoadClass.SERVICE: 0.4, RoadClass.TRACK: 0.2, RoadClass.CONSTRUCTION: 0.1}
_RESTRICTED_FACTOR: Final = 0.4
_UNDERGROUND_FACTOR: Final = 0.3  # a fix in a tunnel is rare


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class Proposal:
    """A link near a fix. `evidence` is the log-likelihood against a perfect fit, `prior` a factor."""

    link: Link
    s_m: float
    lateral_m: float
    heading_error_rad: float  # nan: not known
    evidence: float
    prior: float

    def __init__(
        self, link: Link, s_m: float, lateral_m: float, heading_error_rad: float, evidence: float, prior: float
    ) -> None:
        self.link = link
        self.s_m = s_m
        self.lateral_m = lateral_m
        self.heading_error_rad = heading_error_rad
        self.evidence = evidence
        self.prior = prior


def propose(
    network: Network, settings: MatchSettings, motion: Motion, *, lat_e7: float, lon_e7: float, sigma_m: float
) -> list[Proposal]:
    """The best fitting links near a fix, best first, at most `hypotheses_count_max`."""
    radius_m = min(_RADIUS_M_MAX, max(settings.search_radius_m, 3.0 * sigma_m + 10.0))
    floor = settings.evidence_min + HEADING_EVIDENCE_MIN
    found: list[Proposal] = []
    for link in network.near(lat_e7=lat_e7, lon_e7=lon_e7, radius_m=radius_m):
        line = link.line
        at = line.project(*line.frame.xy_m(lat_e7=lat_e7, lon_e7=lon_e7))
        if at.distance_m > radius_m:
            continue
        evidence = -0.5 * at.distance_m**2 / (sigma_m**2 + half_width_m(link) ** 2)
        error = math.nan
        if motion.heading_rad is not None:
            error = wrap_rad(motion.heading_rad - line.heading_rad[at.segment])
            evidence += heading_evidence(math.cos(error), motion.heading_sigma_rad)
        if evidence > floor:
            found.append(Proposal(link, at.s_m, at.lateral_m, error, evidence, _prior(link)))
    found.sort(key=lambda proposal: (-proposal.evidence, proposal.link.link_id))
    return found[: settings.hypotheses_count_max]


def heading_evidence(cosine: float, sigma_rad: float) -> float:
    """Log-likelihood of a heading error, von Mises with a floor: a wrong heading alone never rules a link out."""
    evidence = (cosine - 1.0) / (sigma_rad * sigma_rad)
    return evidence if evidence > HEADING_EVIDENCE_MIN else HEADING_EVIDENCE_MIN


def tiles_missing(network: Network, settings: MatchSettings, *, lat_e7: float, lon_e7: float) -> tuple[TileId, ...]:
    """Tiles that may hold a link near here, exist, and are not at hand; failed ones do not count."""
    near = network.tiles_near(lat_e7=lat_e7, lon_e7=lon_e7, radius_m=settings.search_radius_m)
    return tuple(tile for tile in near if network.tile_state(Layer.L0, tile) is TileState.NOT_LOADED)


def tile_states_at(network: Network, *, lat_e7: float, lon_e7: float) -> set[TileState]:
    """States, over all datasets, of the tile this place lies in."""
    column, row = column_row(lat_e7=round(lat_e7), lon_e7=round(lon_e7))
    return {network.tile_state(Layer.L0, tile_id(dataset, column, row)) for dataset in network.datasets}


def _prior(link: Link) -> float:
    prior = _RARELY_DRIVEN.get(link.road_class, 1.0)
    if link.car_access is CarAccess.RESTRICTED:
        prior *= _RESTRICTED_FACTOR
    return prior * _UNDERGROUND_FACTOR if link.tunnel else prior
