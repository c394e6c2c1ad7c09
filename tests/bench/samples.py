"""How measured samples are summed up."""

from collections.abc import Sequence


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Median and the far ends. Empty input is an error of the case."""
    ordered = sorted(values)

    def at(ratio: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * ratio))], digits)

    return {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1.0)}
