"""Layer L1 of a path as rows of a table: (from m, to m, what, value, how sure), out of the horizon's JSON."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mapprior.geo.units import MPS_PER_KMH

Row = tuple[float, float, str, str, str]

_STRAIGHT_PER_M = 0.0005  # a radius of 2 km: less is not worth a word


def profile_rows(path: dict[str, Any]) -> Iterator[Row]:
    """Features, events and junctions, and the bends where curve speeds were asked for."""
    for x in path["features"]:
        yield x["start_offset_m"], x["end_offset_m"], "feature", feature_text(x), sure_text(x)
    for x in path["events"]:
        road = {True: "on a highway", False: "on no highway", None: "highway or not is not known"}[x["on_highway"]]
        yield x["start_offset_m"], x["end_offset_m"], "event", words(x["kind"]), f"{sure_text(x)}, {road}"
    for x in path["junctions"]:
        sides = ", ".join(f"path {s['path_id']} {s['share']:.0%} at {_angle(s['turn_angle_rad'])}" for s in x["stubs"])
        margin = "margin not known" if x["margin"] is None else f"margin {x['margin']:+.0%}"
        yield x["offset_m"], x["offset_m"], "paths part", sides, margin
    profiles = path["profiles"] or {}
    if "CURVE_SPEED" in profiles:
        yield from _curves(profiles["CURVE_SPEED"]["entries"])


def _curves(entries: list[dict[str, Any]]) -> Iterator[Row]:
    """One row for each bend, from where the curvature begins to bound the speed: its slowest place. Between them one
    where nothing bounds it, or where that is not known."""

    def bend(x: dict[str, Any]) -> str:
        if not x["is_bounded"]:
            return "unknown" if x["is_bounded"] is None else "no bound"
        return "left" if x["curvature_per_m"] > 0 else "right"

    for turn, group in groupby(entries, key=bend):
        stretch = list(group)
        said, sure = turn, "" if turn == "unknown" else sure_text(stretch[0])
        if stretch[0]["is_bounded"]:
            slowest = min(stretch, key=lambda x: x["value"])
            said = f"{value_text('CURVE_SPEED', None, slowest)} at {slowest['start_offset_m']:.0f} m"
            sure = sure_text(slowest)
        yield stretch[0]["start_offset_m"], stretch[-1]["end_offset_m"], "curve speed", said, sure


def feature_text(x: dict[str, Any]) -> str:
    """`junction, roundabout, 32 m ±2 derived`, `exit 12 Airport`."""
    said = [words(x["kind"])]
    said += [words(x["junction"])] if x["junction"] else []
    said += [" ".join(filter(None, (x["number"], x["name"])))]
    said += [f"to {', '.join(x['destinations'])}"] if x["destinations"] else []
    said += [_extent(x)] if x["extent_m"] else []
    return ", ".join(filter(None, said))


def _extent(x: dict[str, Any]) -> str:
    """`385 m ±3 tagged`."""
    sigma = "" if x["extent_sigma_m"] is None else f" ±{x['extent_sigma_m']:.0f}"
    return f"{x['extent_m']:.0f} m{sigma} {words(x['extent_basis'])}"


def value_text(kind: str, unit: str | None, x: dict[str, Any]) -> str:
    """A value with its unit, from one end to the other where it changes, and its sigma."""
    if kind == "CURVATURE":
        doubt = "" if x["sigma"] is None else f" ±{max(x['sigma'], x['end_sigma']):.4f}"
        return f"{_bend(x['value'])} to {_bend(x['end_value'])}{doubt}"
    if kind == "CURVE_SPEED":
        return f"{x['value'] / MPS_PER_KMH:.0f} km/h, {_bend(x['curvature_per_m'])}" if x["is_bounded"] else "no bound"
    if not isinstance(x["value"], float):
        return {True: "yes", False: "no"}.get(x["value"], words(str(x["value"]))) if unit is None else f"{x['value']}"
    suffix = "" if unit in (None, "1") else f" {unit}"
    doubt = "" if x["sigma"] is None else f" ±{x['sigma']:.3g}"
    end = f" to {x['end_value']:.4g}" if x.get("end_value") not in (None, x["value"]) else ""
    return f"{x['value']:.4g}{end}{suffix}{doubt}"


def _bend(curvature_per_m: float) -> str:
    if abs(curvature_per_m) < _STRAIGHT_PER_M:
        return "straight"
    return f"{'left' if curvature_per_m > 0 else 'right'} {1 / abs(curvature_per_m):.0f} m"


def _angle(turn_rad: float) -> str:
    return f"{abs(turn_rad) * 57.29578:.0f}° {'left' if turn_rad > 0 else 'right'}"


def sure_text(x: dict[str, Any]) -> str:
    """`tagged, 95%`."""
    confidence = "" if x["confidence"] is None else f", {x['confidence']:.0%}"
    return f"{words(x['basis'])}{confidence}"


def words(name: str) -> str:
    """`pedestrian crossing`, of the name of an enum's member."""
    return name.lower().replace("_", " ")
