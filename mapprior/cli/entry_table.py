"""The profiles of a path, entry by entry, as a table for people, out of the horizon's JSON.

Kind by kind, from the vehicle on; neighbours that say the same are one row, and what is left out is counted.
"""

import math
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from rich.table import Table

from mapprior.cli.profile_rows import sure_text, value_text, words

ROWS_COUNT_MAX: Final = 8  # of one kind
Row = tuple[str, float, float, str, str]  # profile, from m, to m, value, how sure
_NAMES: Final = {"HIGHWAY": "highway by R171"}  # not the map's class, which has a profile of its own


def entry_table(path: dict[str, Any], *, from_m: float) -> Table:
    """Every profile of a path from an offset on."""
    table = Table(title=f"profiles of path {path['path_id']}", title_justify="left", show_edge=False)
    table.add_column("profile")
    for name in ("from m", "to m"):
        table.add_column(name, justify="right")
    table.add_column("value")
    table.add_column("how sure")
    for kind, rows in groupby(entry_rows(path, from_m=from_m), key=itemgetter(0)):
        named = kind
        for _, start_m, end_m, value, sure in rows:
            table.add_row(named, f"{start_m:.0f}", f"{end_m:.0f}", value, sure)
            named = ""
        table.add_section()
    return table


def entry_rows(path: dict[str, Any], *, from_m: float) -> Iterator[Row]:
    """What the table says; after the first few of a profile how many more there are."""
    for kind, profile in path["profiles"].items():
        entries = [x for x in profile["entries"] if x["end_offset_m"] > from_m]
        rows = list(_joined(kind, profile["unit"], entries))
        yield from rows[:ROWS_COUNT_MAX]
        left = rows[ROWS_COUNT_MAX:]
        if left:
            yield _NAMES.get(kind, words(kind)), left[0][1], left[-1][2], f"{len(left)} more; --json has all", ""


def _joined(kind: str, unit: str | None, entries: list[dict[str, Any]]) -> Iterator[Row]:
    """Neighbours that say the same as one, over the whole stretch."""

    def said(x: dict[str, Any]) -> tuple[str, str]:
        if x["basis"] == "UNKNOWN":
            return "unknown", ""
        return _value(kind, unit, x), sure_text(x)

    for (value, sure), group in groupby(entries, key=said):
        stretch = list(group)
        yield _NAMES.get(kind, words(kind)), stretch[0]["start_offset_m"], stretch[-1]["end_offset_m"], value, sure


def _value(kind: str, unit: str | None, x: dict[str, Any]) -> str:
    """As elsewhere, but for angles: in degrees beside the radians, and as a bearing."""
    if kind == "HEADING" and x["value"] is not None:
        sigma = "" if x["sigma"] is None else f" ±{math.degrees(max(x['sigma'], x['end_sigma'])):.1f}°"
        ends = [f"{y:.3f} rad (bearing {(90.0 - math.degrees(y)) % 360.0:.0f}°)" for y in (x["value"], x["end_value"])]
        return " to ".join(dict.fromkeys(ends)) + sigma
    if kind == "SLOPE" and x["value"] is not None:
        sigma = "" if x["sigma"] is None else f" ±{max(x['sigma'], x['end_sigma']):.1%}"
        ends = [f"{y:.1%} ({math.degrees(math.atan(y)):.1f}°)" for y in (x["value"], x["end_value"])]
        return " to ".join(dict.fromkeys(ends)) + sigma
    return value_text(kind, unit, x)
