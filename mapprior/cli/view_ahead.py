"""The rows of the live view that layer L1 fills: the next curve, what stands ahead, the next road event."""

import math
from typing import Final

from rich.text import Text

from mapprior.geo.units import KMH_PER_MPS
from mapprior.horizon.items import BorderState, CoverageState
from mapprior.model.pose import MatchState
from mapprior.model.profile import FeatureKind, JunctionKind
from mapprior.model.provenance import Layer
from mapprior.reader.curve_speed import CurveSpeed
from mapprior.reader.features import FeatureAhead
from mapprior.reader.path_end import PathEnd, PathEndKind, path_end
from mapprior.reader.reconstructor import Reconstructor
from mapprior.reader.road_events import RoadEvent, RoadEventKind

LATERAL_MPS2: Final = 2.0  # what passengers take for comfortable
LOOK_AHEAD_M: Final = 2000.0
NOT_ANSWERED: Final = Text("-", style="dim")  # where the vehicle is not known: "none" would be a statement
FEATURES_COUNT_MAX: Final = 3
_THERE: Final = (CoverageState.PRESENT, CoverageState.DERIVED)
_NAMES: Final = {RoadEventKind.END_OF_HIGHWAY: "end of the highway", RoadEventKind.TRAFFIC_LIGHTS: "traffic lights"}


PATH_ENDS: Final = {
    PathEndKind.LENGTH: "at least as far as asked for",
    PathEndKind.ALLOWED: "as far as this server goes",
    PathEndKind.ROAD_END: "no road goes on: a dead end, or the edge of the map",
    PathEndKind.NO_WAY_KNOWN: "roads go on, but no tile of them is at hand, or none may be driven",
    PathEndKind.UNKNOWN: "its last road has not been told",
    PathEndKind.UNREAD: "the road goes on into a tile that could not be read",
}
BORDERS: Final = {
    BorderState.SERVED: "its roads have not been told",
    BorderState.NOT_SERVED: "not served",
    BorderState.NOT_LOADED: "not loaded yet",
    BorderState.FAILED: "could not be read",
    BorderState.NOT_JOINED: "no road of it goes on here",
}
NO_PATHS: Final = {
    MatchState.AMBIGUOUS: "no path: not sure which road",
    MatchState.OFF_ROAD: "no path: off the road",
    MatchState.NO_COVERAGE: "no path: no map here",
}


def end_text(horizon: Reconstructor, speed_mps: float | None) -> Text:
    """`in 2.1 km: at least as far as asked for`: where the vehicle's path ends, and why; or why there is none."""
    here, root = horizon.position(), horizon.root
    if not horizon.answers or here is None or root is None:
        return Text(NO_PATHS.get(horizon.reported.state, "-") if horizon.answers else "-", style="dim")
    end = path_end(horizon, root, speed_mps=speed_mps)
    text = Text(f"in {_distance((root.path.end_offset_cm - here.value.offset_cm) / 100)}: ")
    text.append(end_words(end), style="dim" if end.kind is PathEndKind.LENGTH else "yellow")
    if horizon.opened.tree_bytes_max:
        text.append(f"  side paths only within {horizon.opened.tree_bytes_max} B", style="dim")
    return text


def end_words(end: PathEnd) -> str:
    """`at least as far as asked for`, `border to CH, not served`."""
    border = end.border
    if border is None:
        return end.reason or PATH_ENDS[end.kind]
    return f"border to {border.to_market or 'an unknown market'}, {BORDERS[border.state]}"


def has_profiles(horizon: Reconstructor) -> bool:
    """Layer L1 is there somewhere on the path."""
    root = horizon.root
    return root is not None and any(x.layer is Layer.L1 and x.state in _THERE for x in root.coverage)


def curve_text(horizon: Reconstructor, speed_mps: float | None) -> Text:
    """`in 120 m: 42 km/h (careful 36), left 68 m  brake in 15 m`, by the speed driven, else by the limit."""
    answer = horizon.next_curve(lateral_acceleration_mps2=LATERAL_MPS2, length_m=LOOK_AHEAD_M, speed_mps=speed_mps)
    if answer is None:
        return NOT_ANSWERED
    curve = answer.value
    if curve is None:
        return Text(f"none that asks for less at {LATERAL_MPS2:g} m/s²", style="dim")
    place = f"in {curve.distance_m:.0f} m" if curve.distance_m > 0.0 else "here"
    text = Text(f"{place}: ")
    text.append(_speed(curve.slowest), style="bold")
    text.append(f"  at {LATERAL_MPS2:g} m/s², {_bend(curve.slowest)}, {_words(curve.slowest.basis.name)}", style="dim")
    return text.append(f"  brake in {curve.brake_in_m:.0f} m", style="bold magenta")


def features_text(horizon: Reconstructor) -> Text:
    """The nearest few, `traffic light 40 m, roundabout 120 m`."""
    answer = horizon.features_ahead(LOOK_AHEAD_M)
    if answer is None:
        return NOT_ANSWERED
    found = answer.value
    if not found:
        return Text("nothing known", style="dim")
    text = Text(", ".join(_feature(x) for x in found[:FEATURES_COUNT_MAX]))
    more = len(found) - FEATURES_COUNT_MAX
    return text.append(f", {more} more within {LOOK_AHEAD_M / 1000:g} km", style="dim") if more > 0 else text


def event_text(horizon: Reconstructor, speed_mps: float | None) -> Text:
    """The next of the nine events of UN R171, `in 46 m, 3 s: pedestrian crossing  tagged, 95 %`."""
    answer = horizon.road_events(LOOK_AHEAD_M, speed_mps=speed_mps)
    if answer is None:
        return NOT_ANSWERED
    event: RoadEvent | None = next(iter(answer.value), None)
    if event is None:
        return Text("none known", style="dim")
    time = "" if event.time_sec is None else f", {event.time_sec:.0f} s"
    text = Text(f"in {event.distance_m:.0f} m{time}: " if event.distance_m > 0.0 else "here: ")
    text.append(event_name(event.kind), style="bold")
    text.append(f"  {_words(event.basis.name)}, {event.confidence_permille / 10:.0f} %", style="dim")
    if event.on_highway is None:
        text.append("  highway or not is not known", style="yellow")
    return text


def event_name(kind: RoadEventKind) -> str:
    """`end of the highway`."""
    return _NAMES.get(kind, _words(kind.name))


def _speed(x: CurveSpeed) -> str:
    if x.speed_mps is None:
        return "not known"
    careful = "" if x.cautious_mps is None else f" (careful {x.cautious_mps * KMH_PER_MPS:.0f})"
    return f"{x.speed_mps * KMH_PER_MPS:.0f} km/h{careful}"


def _bend(x: CurveSpeed) -> str:
    if not x.curvature_per_m:
        return "straight"
    return f"{'left' if x.curvature_per_m > 0 else 'right'} {math.fabs(1 / x.curvature_per_m):.0f} m"


def _feature(x: FeatureAhead) -> str:
    """A junction goes by how it is ruled."""
    name = _words(x.kind.name)
    if x.kind is FeatureKind.JUNCTION and x.feature.junction is not JunctionKind.UNKNOWN:
        name = f"junction ({_words(x.feature.junction.name)})"
    if x.kind is FeatureKind.EXIT and x.feature.number:
        name = f"exit {x.feature.number}"
    return f"{name} {x.distance_m:.0f} m" if x.distance_m > 0.0 else f"{name} to {x.end_m:.0f} m"


def _distance(distance_m: float) -> str:
    return f"{distance_m:.0f} m" if distance_m < 1000 else f"{distance_m / 1000:.1f} km"


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
