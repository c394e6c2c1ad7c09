"""Where two sources of one value contradict one another: nothing that a source says is lost silently.

The surer of two is served. Should the other be right, it is off by as much as they differ: where they are further
apart than their sigmas explain, the sigma of what is served is that of both taken together, and the element is named.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mapprior.build.refusals import ELEMENTS_LISTED_COUNT_MAX

SIGMAS_APART_MAX: Final = 2.0  # of the difference; further apart, one of them is wrong


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source says of a value, and one standard deviation of it."""

    value: float
    sigma: float

    def sigmas_from(self, other: "Reading") -> float:
        """How far apart, in standard deviations of the difference."""
        return abs(self.value - other.value) / max(math.hypot(self.sigma, other.sigma), 1e-9)

    def contradicts(self, other: "Reading") -> bool:
        return self.sigmas_from(other) > SIGMAS_APART_MAX

    def sigma_beside(self, other: "Reading") -> float:
        """Its sigma once the other is known too: each is right by how sure it is, where they contradict."""
        if not self.contradicts(other):
            return self.sigma
        other_share = self.sigma**2 / (self.sigma**2 + other.sigma**2)
        return math.sqrt(self.sigma**2 + other_share * (self.value - other.value) ** 2)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`detail`: what each source says, and which of them is served."""

    element: str  # `way/1`
    sigmas_apart: float
    detail: str


@dataclass(slots=True)
class DisagreementBook:
    """By subject, then element; of several places of one element the worst."""

    by_subject: dict[str, dict[str, Disagreement]] = field(default_factory=dict)

    def add(self, subject: str, found: Disagreement) -> None:
        of_subject = self.by_subject.setdefault(subject, {})
        held = of_subject.get(found.element)
        if held is None or _order(found) < _order(held):
            of_subject[found.element] = found

    def worst(self, subject: str) -> list[Disagreement]:
        """All of a subject, the worst first."""
        return sorted(self.by_subject[subject].values(), key=_order)

    def as_json(self) -> dict[str, Mapping[str, object]]:
        return {
            subject: {
                "count": len(self.by_subject[subject]),
                "elements": [
                    {"element": x.element, "sigmas_apart": round(x.sigmas_apart, 1), "detail": x.detail}
                    for x in self.worst(subject)[:ELEMENTS_LISTED_COUNT_MAX]
                ],
            }
            for subject in sorted(self.by_subject)
        }


def _order(x: Disagreement) -> tuple[float, int, str, str]:
    return -round(x.sigmas_apart, 3), len(x.element), x.element, x.detail
