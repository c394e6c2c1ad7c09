"""What the build did not take, and why. One broken road must not stop a country."""

from collections import Counter
from dataclasses import dataclass, field

ELEMENTS_LISTED_COUNT_MAX = 1000  # per reason; the count goes on


@dataclass(frozen=True, slots=True)
class Refusal:
    """An element, or a value of one, that was not used. `detail` holds the text seen, cut to a line."""

    element: str  # `way/1`, `relation/2`
    reason: str
    detail: str = ""


@dataclass(slots=True)
class RefusalBook:
    """Refusals by reason, and by reason the number of elements that are simply not for cars."""

    by_reason: dict[str, list[Refusal]] = field(default_factory=dict)
    left_out_count: Counter[str] = field(default_factory=Counter)

    def refuse(self, element: str, reason: str, detail: str = "") -> None:
        self.by_reason.setdefault(reason, []).append(Refusal(element, reason, detail[:200]))

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Counts elements that are fine and not wanted."""
        if count:
            self.left_out_count[reason] += count

    def as_json(self) -> dict[str, object]:
        """Reasons in order of their names; elements in order of kind and id."""
        return {
            "refusals": {
                reason: {"count": len(refusals), "elements": _listed(refusals)}
                for reason, refusals in sorted(self.by_reason.items())
            },
            "left_out": dict(sorted(self.left_out_count.items())),
        }


def _listed(refusals: list[Refusal]) -> list[dict[str, str]]:
    def key(refusal: Refusal) -> tuple[str, int, str]:
        kind, _, number = refusal.element.partition("/")
        return kind, int(number), refusal.detail

    ordered = sorted(refusals, key=key)[:ELEMENTS_LISTED_COUNT_MAX]
    return [{"element": r.element, "detail": r.detail} for r in ordered]
