"""A limit in words, as a sign says it: the same in tables, in the live view and in the demo."""

from typing import Final

from mapprior.model.limit import LimitKind

_WITHOUT_NUMBER: Final = {
    LimitKind.UNLIMITED: "no limit",
    LimitKind.WALK: "walking pace",
    LimitKind.VARIABLE: "variable sign",
}


def posted_text(kind: LimitKind, value: float | None, unit: str) -> str:
    """`30 mph`, `variable, at most 80 km/h`, `no limit`, `walking pace`, `unknown`."""
    if not value:
        return _WITHOUT_NUMBER.get(kind, "unknown")
    number = f"{value:g} {unit}"
    return f"variable, at most {number}" if kind is LimitKind.VARIABLE else number
