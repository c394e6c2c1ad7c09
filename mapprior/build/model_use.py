"""What becomes of the tags of a road where an elevation model knows its ground.

- Slope: the surer of the two is served whole, never a mean: a tag tells the steepest place as a sign does, a model the
  mean over its baseline. A slope that is served as tagged is TAGGED beside heights that are not.
- `incline=up` and `down` say no number; that a model goes the other way is named.
- Height: the model's is served also where a node's `ele` is surer, for a step between the roads of two sources would
  be a slope that nobody drives. How far they differ is named, unless they count from different zeros.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from mapprior.build.disagreements import Disagreement, DisagreementBook, Reading
from mapprior.build.incline import Incline
from mapprior.model.profile import HeightReference, LinkElevation
from mapprior.model.provenance import Basis

SLOPE: Final = "slope, tag and elevation model"
HEIGHT: Final = "height, tag and elevation model"
_SIGMA_E4_MAX: Final = 10_000
_SIGNS: Final = {"up": 1, "down": -1}


@dataclass(frozen=True, slots=True)
class RoadTags:
    """What the tags of a road say of its slope and heights, along the way: `word` is that of its incline."""

    way_id: int
    incline: Incline | None = None
    word: str = ""
    heights: LinkElevation | None = None


@dataclass(slots=True)
class ModelUse:
    """`roads`: those that have heights from the model, by number. Counts are of roads that have a tag as well."""

    roads: set[int] = field(default_factory=set)
    slopes_tagged_count: int = 0
    slopes_modelled_count: int = 0
    heights_modelled_count: int = 0


def served(modelled: LinkElevation, tags: RoadTags, use: ModelUse, book: DisagreementBook) -> LinkElevation:
    """Elevation and slope of a road along its way, of what the model and its tags say; `book` takes contradictions."""
    if tags.heights is not None and tags.heights.elevation_cm:
        use.heights_modelled_count += 1
        _name_height(modelled, tags, book)
    model = _mean(modelled)
    if tags.incline is None:
        sign = _SIGNS.get(tags.word, 0)
        if sign and Reading(0.0, 0.0).contradicts(model) and model.value * sign < 0:
            said = f"tagged {tags.word}, model {_percent(model)}; served: the model"
            book.add(SLOPE, Disagreement(f"way/{tags.way_id}", model.sigmas_from(Reading(0.0, 0.0)), said))
        return modelled
    tag = Reading(tags.incline.slope_e4, tags.incline.sigma_e4)
    serves_tag = tag.sigma <= model.sigma
    if tag.contradicts(model):
        said = f"tagged {_percent(tag)}, model {_percent(model)}; served: the {'tag' if serves_tag else 'model'}"
        book.add(SLOPE, Disagreement(f"way/{tags.way_id}", tag.sigmas_from(model), said))
    if serves_tag:
        use.slopes_tagged_count += 1
        return with_tagged_slope(modelled, replace(tags.incline, sigma_e4=_whole(tag.sigma_beside(model))))
    use.slopes_modelled_count += 1
    more = math.sqrt(max(0.0, model.sigma_beside(tag) ** 2 - model.sigma**2))
    sigmas = tuple(_whole(math.hypot(x, more)) for x in modelled.slope_sigma_e4) if more else modelled.slope_sigma_e4
    return replace(modelled, slope_sigma_e4=sigmas)


def with_tagged_slope(elevation: LinkElevation, incline: Incline) -> LinkElevation:
    """A tag holds all along the way."""
    count = len(elevation.points_cm)
    return replace(
        elevation,
        slope_e4=(incline.slope_e4,) * count,
        slope_sigma_e4=(incline.sigma_e4,) * count,
        slope_basis=None if elevation.basis is Basis.TAGGED else Basis.TAGGED,
    )


def _mean(modelled: LinkElevation) -> Reading:
    """Slope as the model has it over the whole road, with the sigma of one place: places share most of their error."""
    points_cm = modelled.points_cm
    return Reading(_along(points_cm, modelled.slope_e4), _along(points_cm, modelled.slope_sigma_e4))


def _along(points_cm: Sequence[int], values: Sequence[int]) -> float:
    spans = zip(pairwise(points_cm), pairwise(values), strict=True)
    return sum((b_cm - a_cm) * (a + b) for (a_cm, b_cm), (a, b) in spans) / (2 * points_cm[-1])


def _name_height(modelled: LinkElevation, tags: RoadTags, book: DisagreementBook) -> None:
    heights = tags.heights
    if heights is None or modelled.height_reference not in (HeightReference.UNKNOWN, heights.height_reference):
        return
    for end in (0, -1):
        tag = Reading(heights.elevation_cm[end] / 100, heights.elevation_sigma_cm[end] / 100)
        model = Reading(modelled.elevation_cm[end] / 100, modelled.elevation_sigma_cm[end] / 100)
        if tag.contradicts(model):
            said = f"ele tags give {tag.value:.1f} m, model {model.value:.1f} m; served: the model"
            book.add(HEIGHT, Disagreement(f"way/{tags.way_id}", tag.sigmas_from(model), said))


def _percent(x: Reading) -> str:
    return f"{x.value / 100:.1f} % ±{x.sigma / 100:.1f}"


def _whole(sigma_e4: float) -> int:
    return min(math.ceil(sigma_e4), _SIGMA_E4_MAX)
