"""The road ahead as a strip of characters: limits, lanes, curves, work zones, features and side roads, at their place.

One column is a fixed length of road; the vehicle is at the left edge, the left lane at the top. What is not known
is drawn as not known.
"""

from typing import Final

from rich.console import Group
from rich.text import Text

from mapprior.horizon.update import PathItems
from mapprior.model.ids import PathId
from mapprior.model.limit import EffectiveLimit, LimitKind
from mapprior.model.profile import FeatureKind
from mapprior.model.work_zone import LaneStatus, WorkZoneState
from mapprior.reader.profile_kinds import ProfileKind
from mapprior.reader.reconstructor import Reconstructor

COLUMNS_COUNT: Final = 64
LOOK_AHEAD_M: Final = 2000.0
COLUMN_M: Final = LOOK_AHEAD_M / COLUMNS_COUNT
LANE_ROWS_COUNT_MAX: Final = 6
LABEL_SHIFT_COLUMNS_MAX: Final = 8  # a label without room moves right by this much at most, then it is a mark
# Marks, and how they are coloured.
LANE, TUNNEL, UNKNOWN_LANES, CLOSED, CHANGED, WORKS, NO_ROAD, SIDE_ROAD = "─═┄✕≈▓·└"
LEFT, SHARP_LEFT, RIGHT, SHARP_RIGHT = "‹«›»"
FEATURES: Final = {
    FeatureKind.TRAFFIC_LIGHT: "L",
    FeatureKind.STOP: "S",
    FeatureKind.GIVE_WAY: "Y",
    FeatureKind.PEDESTRIAN_CROSSING: "P",
    FeatureKind.RAIL_CROSSING: "R",
    FeatureKind.SPEED_BUMP: "B",
    FeatureKind.TOLL_STATION: "T",
    FeatureKind.EXIT: "E",
    FeatureKind.MERGE: "M",
    FeatureKind.LANE_END: "N",
}
CROWDED: Final = "+"
STYLES: Final = {CLOSED: "bold red", CHANGED: "yellow", WORKS: "red", UNKNOWN_LANES: "dim", NO_ROAD: "dim"}
LEGEND: Final = {
    TUNNEL: "tunnel",
    UNKNOWN_LANES: "lanes unknown",
    CLOSED: "closed",
    CHANGED: "shifted",
    WORKS: "works",
    SIDE_ROAD: "side road",
    SHARP_LEFT: "under 100 m",
    SHARP_RIGHT: "under 100 m",
    CROWDED: "several",
}
BEND_RADIUS_M_MAX, SHARP_RADIUS_M_MAX = 500.0, 100.0
WHOLE_LANE: Final = (LaneStatus.OPEN, LaneStatus.UNKNOWN)


def strip(horizon: Reconstructor) -> Group | Text:
    """The next 2 km; a dash where the vehicle is on no known road."""
    here = horizon.position()
    on_path = None if here is None else horizon.state.paths.get(PathId(here.value.path_id))
    if here is None or on_path is None:
        return Text("-", style="dim")
    at_cm = here.value.offset_cm
    rows = [
        *_road_rows(horizon, on_path, at_cm),
        _bends_row(horizon),
        _features_row(horizon),
        _works_row(on_path, at_cm),
        _side_road_row(horizon, on_path, at_cm),
    ]
    drawn = [row for row in rows if row.strip()]
    legend = _legend("".join(drawn), _features_row(horizon))
    parts = [Text(limit_labels(horizon), style="bold"), *map(_coloured, drawn), _scale()]
    return Group(*parts, legend) if legend.plain else Group(*parts)


def limit_labels(horizon: Reconstructor) -> str:
    """The limits' numbers where they begin. None is left out: one without room moves right, or becomes a mark."""
    answer = horizon.limits_ahead(LOOK_AHEAD_M)
    row, said = "", ""
    for x in answer.value if answer is not None else ():
        label = _label(x.limit)
        if label == said:
            continue
        said = label
        column = min(COLUMNS_COUNT - 1, _column(round(x.start_m * 100)))
        free = len(row) + 1 if row else 0
        if free <= column + LABEL_SHIFT_COLUMNS_MAX:
            row = row.ljust(max(column, free)) + label
        elif not row.endswith("…"):
            row += "…"
    return row


def _label(limit: EffectiveLimit) -> str:
    if limit.kind is LimitKind.UNKNOWN:
        return "?"
    label = {LimitKind.UNLIMITED: "∞", LimitKind.WALK: "walk"}.get(limit.kind, "")
    label = label or (f"{limit.posted_value_milli / 1000:g}" if limit.posted_value_milli else "var")
    return label if limit.certain else label + "?"


def _road_rows(horizon: Reconstructor, on_path: PathItems, at_cm: int) -> list[str]:
    """A row per lane, from the left; a road whose lanes are not known has one row."""
    answer = horizon.lanes_ahead(LOOK_AHEAD_M)
    lanes = answer.value if answer is not None else ()
    rows: list[list[str]] = [[" "] * COLUMNS_COUNT for _ in range(LANE_ROWS_COUNT_MAX)]
    for column in range(COLUMNS_COUNT):
        middle_m = (column + 0.5) * COLUMN_M
        mark = _surface(horizon, on_path, at_cm + round(middle_m * 100))
        there = [x for x in lanes if x.start_m <= middle_m < x.end_m]
        if mark is NO_ROAD or not there:
            rows[0][column] = UNKNOWN_LANES if mark is LANE else mark
            continue
        changed = _lane_marks(horizon, on_path, at_cm + round(middle_m * 100))
        for x in there[:LANE_ROWS_COUNT_MAX]:
            if x.lane_index < LANE_ROWS_COUNT_MAX:
                rows[x.lane_index][column] = changed.get(x.lane_index, mark)
    return ["".join(row) for row in rows]


def _surface(horizon: Reconstructor, on_path: PathItems, offset_cm: int) -> str:
    for x in on_path.links:
        if x.start_offset_cm <= offset_cm < x.end_offset_cm:
            road = horizon.road(x.link_id)
            return TUNNEL if road is not None and road.tunnel else LANE
    return NO_ROAD


def _lane_marks(horizon: Reconstructor, on_path: PathItems, offset_cm: int) -> dict[int, str]:
    """Marks by lane index where active works that fit the map's lanes say what a lane does."""
    marks: dict[int, str] = {}
    for x in on_path.zones:
        zone = horizon.zone(x.work_zone_id)
        if (
            zone is None
            or not x.lanes_apply
            or x.state is not WorkZoneState.ACTIVE
            or not x.start_offset_cm <= offset_cm < x.end_offset_cm
        ):
            continue
        for lane in zone.lanes:
            if lane.status not in WHOLE_LANE:
                marks[lane.lane_index] = CLOSED if lane.status is LaneStatus.CLOSED else CHANGED
    return marks


def _bends_row(horizon: Reconstructor) -> str:
    """Where the road bends, by its sharpest place in each column; blank where it hardly does or is not known."""
    answer = horizon.profile(ProfileKind.CURVATURE, LOOK_AHEAD_M)
    sharpest = [0.0] * COLUMNS_COUNT
    for x in answer.value if answer is not None else ():
        bends = [k for k in (x.value, x.end_value) if isinstance(k, float)]
        for column in range(_column(round(x.start_m * 100)), _column(round(x.end_m * 100) - 1) + 1):
            sharpest[column] = max((sharpest[column], *bends), key=abs)
    return "".join(_bend_mark(x) for x in sharpest)


def _bend_mark(curvature_per_m: float) -> str:
    if abs(curvature_per_m) * BEND_RADIUS_M_MAX < 1.0:
        return " "
    sharp = abs(curvature_per_m) * SHARP_RADIUS_M_MAX > 1.0
    if curvature_per_m > 0:
        return SHARP_LEFT if sharp else LEFT
    return SHARP_RIGHT if sharp else RIGHT


def _features_row(horizon: Reconstructor) -> str:
    answer = horizon.features_ahead(LOOK_AHEAD_M, FEATURES)
    row = [" "] * COLUMNS_COUNT
    for x in answer.value if answer is not None else ():
        column = min(COLUMNS_COUNT - 1, _column(round(x.distance_m * 100)))
        row[column] = FEATURES[x.kind] if row[column] in (" ", FEATURES[x.kind]) else CROWDED
    return "".join(row)


def _works_row(on_path: PathItems, at_cm: int) -> str:
    row = [" "] * COLUMNS_COUNT
    for x in on_path.zones:
        first = _column(x.start_offset_cm - at_cm)
        last = max(first, _column(x.end_offset_cm - at_cm - 1))
        for column in range(max(0, first), min(COLUMNS_COUNT, last + 1)):
            row[column] = WORKS
    return "".join(row)


def _side_road_row(horizon: Reconstructor, on_path: PathItems, at_cm: int) -> str:
    """Where other paths leave, with the chance of turning there in per cent."""
    row = [" "] * COLUMNS_COUNT
    leaving = [x.path for x in horizon.state.paths.values() if x.path.parent_path_id == on_path.path.path_id]
    for path in sorted(leaving, key=lambda x: x.offset_on_parent_cm):
        column = _column(path.offset_on_parent_cm - at_cm)
        if 0 <= column < COLUMNS_COUNT:
            row[column] = SIDE_ROAD
            chance = f"{path.probability_ppm / 10_000:.0f}%"
            if row[column + 1 : column + 1 + len(chance)] == [" "] * len(chance):
                row[column + 1 : column + 1 + len(chance)] = chance
    return "".join(row)


def _scale() -> Text:
    half = COLUMNS_COUNT // 2
    return Text(f"{'0 m':<{half}}{'1 km':<{half - 4}}2 km", style="dim")


def _legend(drawn: str, features: str) -> Text:
    """Only what is on the strip. Letters stand for features in their own row alone."""
    said = [f"{mark} {meaning}" for mark, meaning in LEGEND.items() if mark in drawn]
    said += [f"{mark} {kind.name.lower().replace('_', ' ')}" for kind, mark in FEATURES.items() if mark in features]
    return Text("  ".join(said), style="dim")


def _coloured(row: str) -> Text:
    text = Text(row.rstrip())
    for column, mark in enumerate(text.plain):
        if mark in STYLES:
            text.stylize(STYLES[mark], column, column + 1)
    return text


def _column(distance_cm: int) -> int:
    return int(distance_cm // round(COLUMN_M * 100))
