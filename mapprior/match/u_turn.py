"""A heading against the link brings in its twin."""

import math
from collections.abc import Sequence
from typing import Final

from mapprior.geo.units import wrap_rad
from mapprior.match.hypothesis import MAP_END_SLACK_M, Hypothesis
from mapprior.match.settings import MatchSettings
from mapprior.match.story import Story
from mapprior.match.travel import Travel
from mapprior.model.network import Network

_AGAINST_COSINE: Final = -0.5
_WEIGHT_MIN: Final = 0.05


def turned_round(
    hypotheses: Sequence[Hypothesis],
    heading_rad: float,
    network: Network,
    travel: Travel,
    settings: MatchSettings,
    *,
    likelier: float = 1.0,
) -> list[Hypothesis]:
    """A hypothesis on the other side of each road that this heading speaks against, where none as likely is yet.

    `likelier`: by the heading, where the others have been weighed by it already.
    """
    added: list[Hypothesis] = []
    for h in hypotheses:
        if h.weight < _WEIGHT_MIN or math.cos(heading_rad - h.heading_rad) > _AGAINST_COSINE:
            continue
        link, at_m = h.place()
        twin_id = link.twin_id
        weight = h.weight * settings.u_turn_weight * likelier
        if twin_id is None or any(x.link_id == twin_id and x.weight > weight for x in (*hypotheses, *added)):
            continue
        twin = network.link(twin_id)
        if twin is None:
            continue
        at_end = link.dead_end and at_m > link.line.length_m - 3.0 * math.sqrt(h.variance_m2) - MAP_END_SLACK_M
        trail = (*h.driven, twin_id) if at_end else (twin_id,)
        other = Hypothesis(twin, s_m=0.0, heading_rad=h.heading_rad, weight=weight, trail=trail)
        over_m = h.s_m - h.length_m  # past a dead end it is on its way back already
        other.as_of(h, over_m if at_end and over_m > 0.0 else link.line.length_m - at_m)
        other.face_back()
        other.lateral_m, other.heading_error_rad = -h.lateral_m, wrap_rad(h.heading_error_rad + math.pi)
        other.aside_m = travel.aside_m(twin)
        other.nodes_count = h.nodes_count - h.links_ahead_count + 1
        if h.story is not None and at_end and not h.links_ahead_count:
            other.story = Story(h.story, (twin_id,))
        added.append(other)
    return added
