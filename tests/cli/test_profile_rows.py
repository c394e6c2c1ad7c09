"""What the tables say of the profiles in the horizon's JSON."""

from typing import Any

from mapprior.cli.entry_table import entry_rows
from mapprior.cli.profile_rows import profile_rows


def speed(start_m: float, end_m: float, mps: float | None, curvature_per_m: float | None) -> dict[str, Any]:
    is_known = curvature_per_m is not None
    return {
        "start_offset_m": start_m,
        "end_offset_m": end_m,
        "is_bounded": mps is not None if is_known else None,
        "value": mps,
        "curvature_per_m": curvature_per_m,
        "basis": "DERIVED" if is_known else "UNKNOWN",
        "confidence": None,
    }


def test_of_curve_speed_no_bound_and_unknown_are_two_rows() -> None:
    entries = [
        speed(0.0, 50.0, None, 0.0),
        speed(50.0, 60.0, None, 1e-5),  # bounds the cautious alone
        speed(60.0, 70.0, 20.0, 0.005),
        speed(70.0, 80.0, 10.0, 0.02),
        speed(80.0, 100.0, None, None),
    ]
    told = {"unit": "m/s", "entries": entries}
    path = {"features": [], "events": [], "junctions": [], "profiles": {"CURVE_SPEED": told}}
    rows = [
        (0.0, 60.0, "no bound", "derived"),
        (60.0, 80.0, "36 km/h, left 50 m at 70 m", "derived"),
        (80.0, 100.0, "unknown", ""),
    ]
    assert list(profile_rows(path)) == [(a, b, "curve speed", said, sure) for a, b, said, sure in rows]
    said = [(start_m, end_m, value, sure) for _, start_m, end_m, value, sure in entry_rows(path, from_m=0.0)]
    assert (said[0], said[-1]) == (rows[0], rows[-1])
