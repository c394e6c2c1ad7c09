"""Recorded drives as poses: GPX tracks and CSV tables. Does not know about the network.

Only what the file states is taken over: a heading or speed that is not there stays unknown. The one
exception is time, which a pose must have: a track without times is driven at a constant speed that the
caller names, and the `Trace` says so. Errors name file, row and column, never a position.
"""

import csv
import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mapprior.errors import SourceError
from mapprior.geo.frame import distance_m, wrap_lon_e7
from mapprior.geo.units import E7, KMH_PER_MPS, US_PER_SEC, heading_rad_from_bearing_deg
from mapprior.model.pose import Pose

TRACE_BYTES_MAX = 256 << 20
TRACE_POSES_COUNT_MAX = 1_000_000
SPEED_WITHOUT_TIMES_MPS = 50.0 / KMH_PER_MPS
START_WITHOUT_TIMES_US = 1_767_225_600 * US_PER_SEC  # 2026-01-01T00:00:00Z
PORTO_INTERVAL_US = 15 * US_PER_SEC  # stated by the data set: one fix every 15 s
TIME_US_MAX = 4_102_444_800 * US_PER_SEC
TIMES_STATED = "stated"
TIMES_ASSUMED = "assumed"

_LATITUDE = ("lat_deg", "latitude", "lat")
_LONGITUDE = ("lon_deg", "longitude", "lon", "lng")


@dataclass(frozen=True, slots=True)
class Trace:
    """A recorded drive, at least one pose, in the order of the file.

    `assumed_mps` is None where the file states its times; else the constant speed that they were made up from.
    """

    poses: tuple[Pose, ...]
    assumed_mps: float | None = None

    @property
    def times(self) -> str:
        """`stated` or `assumed`, the word for machines."""
        return TIMES_STATED if self.assumed_mps is None else TIMES_ASSUMED

    @property
    def caveat(self) -> str:
        """One line for people about times that are made up; empty where they are stated."""
        if self.assumed_mps is None:
            return ""
        speed_kmh = self.assumed_mps * KMH_PER_MPS
        return f"the trace states no times: its {len(self.poses)} poses are taken to be driven at {speed_kmh:g} km/h"


def read_trace(path: str | Path, *, speed_without_times_mps: float = SPEED_WITHOUT_TIMES_MPS) -> Trace:
    """A recorded drive, with its own times or, where the file has none at all, with assumed ones.

    - `.gpx`: all points of all tracks, else of all routes; speed and course where the points carry them.
    - `.csv` with a header: `lat_deg|latitude|lat`, `lon_deg|longitude|lon|lng` and, each optional,
      `pose_time_us`, `time|timestamp` (ISO 8601 or seconds since 1970), `heading_rad` or `bearing_deg`,
      `speed_mps` or `speed_kmh`, `position_sigma_m|accuracy_m`, `travelled_m`. An empty cell is unknown; empty
      latitude and longitude are a pose without fix.
    - The Porto taxi table (column POLYLINE): `FILE#TRIP_ID` picks the trip.

    SourceError where the file cannot be read, has no point, or states a value outside its range.
    """
    name, _, trip_id = str(path).partition("#")
    file = Path(name)
    try:
        if file.stat().st_size > TRACE_BYTES_MAX:
            raise SourceError(f"{file}: {file.stat().st_size} bytes, a trace has at most {TRACE_BYTES_MAX}")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SourceError(f"{file}: cannot be read: not text in UTF-8") from None
    suffix = file.suffix.lower()
    if suffix == ".gpx":
        poses = _gpx(file, text)
    elif suffix == ".csv":
        poses = _csv(file, text, trip_id)
    else:
        raise SourceError(f"{file}: a trace is a .gpx or .csv file, not {suffix or 'one without suffix'}")
    if not poses:
        raise SourceError(f"{file}: no point in it")
    if len(poses) > TRACE_POSES_COUNT_MAX:
        raise SourceError(f"{file}: {len(poses)} points, a trace has at most {TRACE_POSES_COUNT_MAX}")
    return _timed(file, poses, speed_without_times_mps)


def _gpx(file: Path, text: str) -> list[Pose]:
    import gpxpy  # a tenth of a second that only traces need

    try:
        gpx = gpxpy.parse(text)
    except Exception:  # gpxpy passes on whatever its XML parser raises; its text may quote the file
        raise SourceError(f"{file}: not a GPX document") from None
    points: list[Any] = [p for track in gpx.tracks for segment in track.segments for p in segment.points]
    points = points or [p for route in gpx.routes for p in route.points]
    return [
        _pose(
            file,
            row,
            time_us=None if p.time is None else _datetime_us(p.time),
            lat_deg=p.latitude,
            lon_deg=p.longitude,
            bearing_deg=getattr(p, "course", None),
            speed_mps=getattr(p, "speed", None),
        )
        for row, p in enumerate(points, start=1)
    ]


def _csv(file: Path, text: str, trip_id: str) -> list[Pose]:
    csv.field_size_limit(TRACE_BYTES_MAX)
    try:
        rows = csv.DictReader(text.splitlines(), strict=True)
        header = [h.strip() for h in rows.fieldnames or ()]
        rows.fieldnames = header
        if "POLYLINE" in header:
            return _porto(file, rows, trip_id.strip())  # ids of the table end in a tab
        return _table(file, header, rows)
    except csv.Error:
        raise SourceError(f"{file}: not a well-formed CSV table") from None


def _table(file: Path, header: Sequence[str], rows: "csv.DictReader[str]") -> list[Pose]:
    lat, lon = (next((h for h in names if h in header), None) for names in (_LATITUDE, _LONGITUDE))
    if lat is None or lon is None:
        raise SourceError(f"{file}: needs columns for latitude ({', '.join(_LATITUDE)}) and longitude, has {header}")
    poses = []
    for row in rows:
        line = rows.line_num  # of the file: empty lines count
        cell = _cells(file, line, row)
        speed_kmh = cell("speed_kmh")
        sigma_m = cell("position_sigma_m")
        poses.append(
            _pose(
                file,
                line,
                time_us=_time_us(file, line, row),
                lat_deg=cell(lat),
                lon_deg=cell(lon),
                heading_rad=cell("heading_rad"),
                bearing_deg=cell("bearing_deg"),
                speed_mps=cell("speed_mps") if speed_kmh is None else speed_kmh / KMH_PER_MPS,
                sigma_m=cell("accuracy_m") if sigma_m is None else sigma_m,
                travelled_m=cell("travelled_m"),
            )
        )
    return poses


def _cells(file: Path, line: int, row: Mapping[str, str | None]) -> Callable[[str], float | None]:
    def cell(column: str) -> float | None:
        text = (row.get(column) or "").strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            raise SourceError(f"{file}, line {line}: column {column} is not a number") from None
        if not math.isfinite(value):
            raise SourceError(f"{file}, line {line}: column {column} is not a finite number")
        return value

    return cell


def _time_us(file: Path, line: int, row: Mapping[str, str | None]) -> int | None:
    text = (row.get("pose_time_us") or "").strip()
    if text:
        try:
            return int(text)
        except ValueError:
            raise SourceError(f"{file}, line {line}: pose_time_us is not a whole number") from None
    text = (row.get("time") or row.get("timestamp") or "").strip()
    if not text:
        return None
    try:
        return round(float(text) * US_PER_SEC)
    except (ValueError, OverflowError):
        pass
    try:
        return _datetime_us(datetime.fromisoformat(text))
    except ValueError:
        raise SourceError(f"{file}, line {line}: time is neither ISO 8601 nor seconds since 1970") from None


def _porto(file: Path, rows: "csv.DictReader[str]", trip_id: str) -> list[Pose]:
    first, count = "", 0
    for row in rows:
        line = rows.line_num
        this = (row.get("TRIP_ID") or "").strip()
        first, count = first or this, count + 1
        if this != trip_id:
            continue
        try:
            points = [(float(lat), float(lon)) for lon, lat in json.loads(row.get("POLYLINE") or "")]
            start_us = int(row.get("TIMESTAMP") or "") * US_PER_SEC
        except (ValueError, TypeError):
            raise SourceError(f"{file}, line {line}: TIMESTAMP or POLYLINE cannot be read") from None
        return [
            _pose(file, line, time_us=start_us + i * PORTO_INTERVAL_US, lat_deg=lat, lon_deg=lon)
            for i, (lat, lon) in enumerate(points)
        ]
    if trip_id:
        raise SourceError(f"{file}: no trip {trip_id} among its {count}")
    raise SourceError(f"{file}: holds {count} trips; name one as FILE#TRIP_ID, for example {file}#{first}")


def _pose(
    file: Path,
    row: int,
    *,
    time_us: int | None,
    lat_deg: float | None,
    lon_deg: float | None,
    heading_rad: float | None = None,
    bearing_deg: float | None = None,
    speed_mps: float | None = None,
    sigma_m: float | None = None,
    travelled_m: float | None = None,
) -> Pose:
    """One pose; `pose_time_us` 0 where the file has no time."""
    where = f"{file}, {'line' if file.suffix.lower() == '.csv' else 'point'} {row}"
    if (lat_deg is None) != (lon_deg is None):
        raise SourceError(f"{where}: latitude and longitude are given together or not at all")
    if bearing_deg is not None and heading_rad is None:
        heading_rad = heading_rad_from_bearing_deg(bearing_deg)
    for field, value, low, high in (
        ("latitude", lat_deg, -90.0, 90.0),
        ("longitude", lon_deg, -180.0, 180.0),
        ("heading", heading_rad, -math.tau, math.tau),
        ("speed", speed_mps, -100.0, 150.0),
        ("position sigma", sigma_m, 0.0, 10_000.0),
        ("travelled distance", travelled_m, 0.0, 1e10),
    ):
        if value is not None and not low <= value <= high:
            raise SourceError(f"{where}: {field} is outside {low:g} to {high:g}")
    if time_us is not None and not 1 <= time_us <= TIME_US_MAX:
        raise SourceError(f"{where}: time is outside 1970 to 2100")
    return Pose(
        pose_time_us=time_us or 0,
        lat_e7=None if lat_deg is None else lat_deg * E7,
        lon_e7=None if lon_deg is None else lon_deg * E7,
        heading_rad=heading_rad,
        speed_mps=speed_mps,
        position_sigma_m=sigma_m or None,
        travelled_m=travelled_m,
    )


def _timed(file: Path, poses: list[Pose], speed_mps: float) -> Trace:
    """The poses as they are, or, where none has a time, with times at a constant speed."""
    timed_count = sum(p.pose_time_us != 0 for p in poses)
    if timed_count == len(poses):
        return Trace(tuple(poses))
    if timed_count:
        raise SourceError(f"{file}: {len(poses) - timed_count} of {len(poses)} points have no time; all must or none")
    paced = tuple(replace(p, pose_time_us=t) for p, t in zip(poses, _paced(poses, speed_mps), strict=True))
    return Trace(paced, assumed_mps=speed_mps)


def _paced(poses: Sequence[Pose], speed_mps: float) -> Iterator[int]:
    time_us = START_WITHOUT_TIMES_US
    yield time_us
    for a, b in itertools.pairwise(poses):
        step_m = 0.0
        if a.lat_e7 is not None and a.lon_e7 is not None and b.lat_e7 is not None and b.lon_e7 is not None:
            step_m = distance_m(
                lat_a_e7=round(a.lat_e7),
                lon_a_e7=wrap_lon_e7(round(a.lon_e7)),
                lat_b_e7=round(b.lat_e7),
                lon_b_e7=wrap_lon_e7(round(b.lon_e7)),
            )
        # two equal points are still two moments
        time_us += max(1000, round(step_m / speed_mps * US_PER_SEC))
        yield time_us


def _datetime_us(moment: datetime) -> int:
    """Microseconds since 1970; a time without zone is taken as UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * US_PER_SEC + delta.microseconds
