"""The horizon as a person reads it: a live panel for terminals, one plain line for everything else.

Every number has its unit; what is a guess, derived or uncertain says so. Draws what a reconstructor answers and
knows nothing of servers.
"""

from datetime import UTC, datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mapprior.cli.granted import less_than_asked
from mapprior.cli.limit_words import posted_text
from mapprior.cli.road_words import if_words, road_class, road_name
from mapprior.cli.strip import strip
from mapprior.cli.view_ahead import (
    BORDERS,
    NOT_ANSWERED,
    curve_text,
    end_text,
    event_text,
    features_text,
    has_profiles,
)
from mapprior.client import Traffic
from mapprior.geo.units import KMH_PER_MPS, US_PER_SEC
from mapprior.horizon.items import BorderState, CoverageState, HealthState
from mapprior.horizon.position import NO_POSITION
from mapprior.model.border import DrivingSide
from mapprior.model.lane import LaneType, TurnDirection
from mapprior.model.limit import EffectiveLimit, LaneLimit, LimitAlternative, LimitKind, PostedSpeed, SpeedUnit
from mapprior.model.pose import MatchState, Pose
from mapprior.model.provenance import Basis
from mapprior.model.work_zone import LaneStatus, WorkZone, WorkZoneState
from mapprior.reader.ahead import LimitChange, ZoneAhead
from mapprior.reader.doubt import why_uncertain
from mapprior.reader.received import SNAPSHOT_ASKED_FOR
from mapprior.reader.reconstructor import Reconstructor

ALTERNATIVES_COUNT_MAX: Final = 3  # that are named
UNITS: Final = {SpeedUnit.KMH: "km/h", SpeedUnit.MPH: "mph", SpeedUnit.KNOTS: "kn", SpeedUnit.NONE: ""}
ARROWS: Final = {
    TurnDirection.THROUGH: "↑",
    TurnDirection.LEFT: "←",
    TurnDirection.SLIGHT_LEFT: "↖",
    TurnDirection.SHARP_LEFT: "↙",
    TurnDirection.RIGHT: "→",
    TurnDirection.SLIGHT_RIGHT: "↗",
    TurnDirection.SHARP_RIGHT: "↘",
    TurnDirection.REVERSE: "↶",
    TurnDirection.MERGE_TO_LEFT: "⇖",
    TurnDirection.MERGE_TO_RIGHT: "⇗",
}
LANE_KINDS: Final = {
    LaneType.BUS: "bus",
    LaneType.BOTH_WAYS: "⇅",
    LaneType.CYCLE: "bike",
    LaneType.SHOULDER: "shoulder",
    LaneType.UNKNOWN: "?",
}
LANE_MARKS: Final = {
    LaneStatus.OPEN: "open",
    LaneStatus.CLOSED: "closed",
    LaneStatus.SHIFT_LEFT: "shifts left",
    LaneStatus.SHIFT_RIGHT: "shifts right",
    LaneStatus.MERGE_LEFT: "merges left",
    LaneStatus.MERGE_RIGHT: "merges right",
    LaneStatus.ALTERNATING_FLOW: "alternating",
    LaneStatus.UNKNOWN: "unknown",
}


def panel(
    horizon: Reconstructor, traffic: Traffic, *, title: str, pose: Pose | None, note: str = "", rate: str = ""
) -> RenderableType:
    """The live view: where the vehicle is, what holds there, what comes. `rate`: how fast updates come now."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold", no_wrap=True)
    rows.add_column()
    rows.add_row("position", _position(horizon, pose))
    rows.add_row("limit", limit_text(_limit_now(horizon), road_in_doubt=horizon.reported.road_in_doubt))
    rows.add_row("next limit", _next_limit(horizon))
    rows.add_row("work zone", _zone(horizon))
    if border := _border_ahead(horizon):
        rows.add_row("border", border)
    speed_mps = None if pose is None else pose.speed_mps
    if has_profiles(horizon):
        rows.add_row("curve", curve_text(horizon, speed_mps))
        rows.add_row("features", features_text(horizon))
        rows.add_row("event", event_text(horizon, speed_mps))
    rows.add_row("lanes", _lanes(horizon))
    if signs := _signs(horizon):
        rows.add_row("signs", signs)
    rows.add_row("ahead", strip(horizon))
    rows.add_row("path ends", end_text(horizon, speed_mps))
    if less := less_than_asked(horizon.opened, horizon.granted):
        rows.add_row("granted", Text(less, style="yellow"))
    rows.add_row("layers", _coverage(horizon))
    rows.add_row("health", _health(horizon))
    rows.add_row("stream", stream_text(traffic, rate))
    parts: list[RenderableType] = [rows]
    if note:
        parts.append(Text("\n" + note, style="italic"))
    return Panel(Group(*parts), title=title, title_align="left", border_style=_border(horizon))


def plain_line(horizon: Reconstructor, pose: Pose | None) -> str:
    """The same in one line without control codes."""
    parts = [
        _position(horizon, pose).plain,
        "limit " + limit_text(_limit_now(horizon), road_in_doubt=horizon.reported.road_in_doubt).plain,
        "next " + _next_limit(horizon).plain,
        "work zone " + _zone(horizon).plain,
    ]
    if border := _border_ahead(horizon):
        parts.append("border " + border.plain)
    if has_profiles(horizon):
        parts.append("event " + event_text(horizon, None if pose is None else pose.speed_mps).plain)
    if horizon.health.state is not HealthState.OK:
        parts.append("health " + _health(horizon).plain)
    if less := less_than_asked(horizon.opened, horizon.granted):
        parts.append("this server gives " + less)
    return " | ".join(parts)


def limit_text(limit: EffectiveLimit | None, *, road_in_doubt: bool = False) -> Text:
    """`80 km/h (tagged, 80 %)`; a question mark wherever it is not certain."""
    if limit is None:
        return NOT_ANSWERED
    if limit.kind is LimitKind.UNKNOWN:
        return Text("unknown" + (f" ({limit.raw})" if limit.raw else ""), style="yellow")
    doubt = "" if limit.certain else "?"
    text = Text(posted(limit) + doubt, style="bold" if limit.certain else "bold yellow")
    text.append(f"  {limit.basis.name.lower().replace('_', ' ')}, {limit.confidence_permille / 10:.0f} %", style="dim")
    if limit.work_zone_id:
        text.append(f", from work zone {limit.work_zone_id}", style="yellow")
    if not limit.certain:
        text.append("  " + _why_uncertain(limit, road_in_doubt=road_in_doubt), style="yellow")
    if limit.next_change_us:
        text.append(f"  until {_clock(limit.next_change_us)} UTC", style="dim")
    if limit.advisory is not None:
        text.append(f"  advised {_speed(limit.advisory)}", style="cyan")
    if limit.minimum is not None:
        text.append(f"  at least {_speed(limit.minimum)}", style="cyan")
    for lane in limit.lanes:
        text.append(f"  lane {lane.lane_index + 1} from the left: {posted(lane)}{'' if lane.certain else '?'}")
    return text


def _why_uncertain(limit: EffectiveLimit, *, road_in_doubt: bool) -> str:
    """What is open: the other answers and when they hold, or why this one may not."""
    others = [f"{posted(x)} {if_words(x.condition)}".rstrip() for x in limit.unresolved]
    if others:
        more = f", and {len(others) - ALTERNATIVES_COUNT_MAX} more" if len(others) > ALTERNATIVES_COUNT_MAX else ""
        return "or " + ", or ".join(others[:ALTERNATIVES_COUNT_MAX]) + more
    return why_uncertain(limit, road_in_doubt=road_in_doubt)


def _clock(time_us: int) -> str:
    return datetime.fromtimestamp(time_us // US_PER_SEC, UTC).strftime("%a %H:%M:%S")


def _speed(speed: PostedSpeed) -> str:
    return f"{speed.value_milli / 1000:g} {UNITS[speed.unit]}"


def posted(limit: EffectiveLimit | LimitAlternative | LaneLimit) -> str:
    """As on the sign: `30 mph`, `no limit`, `walking pace`, `unknown`."""
    return posted_text(limit.kind, limit.posted_value_milli / 1000, UNITS[limit.posted_unit])


def stream_text(traffic: Traffic, rate: str = "") -> Text:
    per_update = traffic.received_bytes / max(1, traffic.updates_count)
    text = (
        f"{traffic.poses_count} poses, {traffic.updates_count} updates, "
        f"{traffic.received_bytes / 1000:.1f} kB ({per_update:.0f} B each)"
    )
    if traffic.resyncs_count or traffic.resumes_count:
        broken_by = ", ".join(f"{count} x {status}" for status, count in sorted(traffic.broken_by.items()))
        text += f", {traffic.resyncs_count} resyncs, {traffic.resumes_count} resumes"
        text += f" ({broken_by})" if broken_by else ""
    return Text(f"{rate}  {text}" if rate else text, style="dim")


def _border(horizon: Reconstructor) -> str:
    if not horizon.answers or horizon.health.state is not HealthState.OK:
        return "red"
    return "green" if horizon.reported.state is MatchState.TRACKING else "yellow"


def _position(horizon: Reconstructor, pose: Pose | None) -> Text:
    reported = horizon.reported
    if not horizon.answers:
        waits = horizon.resync_reason in ("", SNAPSHOT_ASKED_FOR)
        return Text("waiting for the server" if waits else f"no answer: {horizon.resync_reason}", style="red")
    text = Text(reported.state.name, style="green" if reported.state is MatchState.TRACKING else "yellow")
    if pose is not None and pose.speed_mps is not None:
        text.append(f"  {pose.speed_mps * KMH_PER_MPS:.0f} km/h")
    if reported.candidates:
        best = reported.candidates[0]
        road = horizon.road(best.link_id)
        if road is not None:
            text.append(f"  {road_name(road.names, road.route_refs)}, {road_class(road.road_class)}")
            text.append(", tunnel" if road.tunnel else ", bridge" if road.bridge else "")
        text.append(f"  {best.probability_permille / 10:.0f} %", style="dim")
    if reported.extrapolated:
        text.append("  without fix", style="yellow")
    reason = "a new stream: the server has answered no pose of it yet" if reported == NO_POSITION else reported.reason
    if reason:
        text.append(f"  ({reason})", style="yellow")
    return text


def _limit_now(horizon: Reconstructor) -> EffectiveLimit | None:
    answer = horizon.limit_now()
    return None if answer is None else answer.value


def _next_limit(horizon: Reconstructor) -> Text:
    answer = horizon.next_limit_change()
    if answer is None:
        return NOT_ANSWERED
    change: LimitChange | None = answer.value
    if change is None:
        return Text("none on the known path", style="dim")
    text = Text(f"in {change.distance_m:.0f} m: ")
    text.append_text(limit_text(change.after, road_in_doubt=horizon.reported.road_in_doubt))
    if change.brake_in_m is not None:
        text.append(f"  brake in {change.brake_in_m:.0f} m", style="bold magenta")
    return text


def _zone(horizon: Reconstructor) -> Text:
    answer = horizon.distance_to_zone()
    if answer is None:
        return NOT_ANSWERED
    ahead: ZoneAhead | None = answer.value
    if ahead is None:
        return Text("none known", style="dim")
    zone = ahead.zone
    place = "inside, ends" if ahead.distance_m <= 0 else f"in {ahead.distance_m:.0f} m, to"
    end = f"{ahead.end_m:.0f} m" + (" or farther" if ahead.goes_on else "")
    active = ahead.placement.state is WorkZoneState.ACTIVE
    text = Text(f"{place} {end}  {ahead.placement.state.name}", style="bold red" if active else "yellow")
    if zone.limit is not None:
        text.append(f"  {posted(zone.limit)}?")
    if zone.lanes and ahead.lanes_apply_m:
        text.append("  lanes from the left: " + ", ".join(LANE_MARKS[x.status] for x in zone.lanes))
        text.append(_where(ahead))
    text.append(f"  {_trust(zone, ahead.placement.match_permille)}", style="dim")
    return text


def _where(ahead: ZoneAhead) -> str:
    """Where in the zone its lanes are those of the map; nothing where they are all along."""
    if ahead.lanes_apply_m == ((ahead.distance_m, ahead.end_m),):
        return ""
    return " (" + ", ".join(f"{a:.0f} to {b:.0f} m" for a, b in ahead.lanes_apply_m) + ")"


def _border_ahead(horizon: Reconstructor) -> Text | None:
    """`to CH in 1.2 km: km/h, right`; None where none is known."""
    answer = horizon.border_ahead()
    ahead = None if answer is None else answer.value
    if ahead is None:
        return None
    border = ahead.border
    said = [UNITS[border.to_speed_unit]] if border.to_speed_unit is not SpeedUnit.NONE else []
    said += [border.to_driving_side.name.lower()] if border.to_driving_side is not DrivingSide.UNKNOWN else []
    near = ahead.distance_m < 1000
    distance = f"{ahead.distance_m:.0f} m" if near else f"{ahead.distance_m / 1000:.1f} km"
    text = Text(f"to {border.to_market or 'an unknown market'} in {distance}", style="bold")
    text.append(": " + ", ".join(said) if said else "")
    if border.state is not BorderState.SERVED:
        text.append(f", {BORDERS[border.state]}", style="yellow")
    return text


def _trust(zone: WorkZone, match_permille: int) -> str:
    made_up = "SYNTHETIC, " if zone.synthetic else ""
    return f"({made_up}{zone.source}, {zone.confidence_permille / 10:.0f} % sure, placed {match_permille / 10:.0f} %)"


def _lanes(horizon: Reconstructor) -> Text:
    answer = horizon.lanes_ahead(0.01)
    if answer is None:
        return NOT_ANSWERED
    lanes = answer.value
    if not lanes:
        return Text("unknown", style="dim")
    text = Text("│")
    for x in lanes:
        arrows = "".join(ARROWS.get(t, "") for t in x.lane.turns)
        text.append(f" {LANE_KINDS.get(x.lane.lane_type, '')}{arrows or '·'} │")
    widths = {x.lane.width_cm for x in lanes if x.lane.width_basis is not Basis.INFERRED}
    assumed = any(x.lane.width_basis is Basis.INFERRED for x in lanes)
    said = "width assumed" if assumed else "/".join(f"{w / 100:.2f} m" for w in sorted(widths))
    return text.append(f"  {len(lanes)} of this direction, {lanes[0].basis.name.lower()}, {said}", style="dim")


def _signs(horizon: Reconstructor) -> Text | None:
    """Where the lanes lead, from the left, `A 1, Basel │ Chur │ ·`; None where no sign is known."""
    answer = horizon.lanes_ahead(0.01)
    said = [", ".join(x.lane.destinations) for x in answer.value] if answer is not None else []
    return Text(" │ ".join(x or "·" for x in said)) if any(said) else None


def _coverage(horizon: Reconstructor) -> Text:
    """Per layer, the share of the path ahead in each state."""
    here, root = horizon.position(), horizon.root
    if here is None or root is None:
        return NOT_ANSWERED
    shares: dict[str, dict[CoverageState, int]] = {}
    for x in root.coverage:
        ahead_cm = x.end_offset_cm - max(x.start_offset_cm, here.value.offset_cm)
        if ahead_cm > 0:
            layer = shares.setdefault(x.layer.name, {})
            layer[x.state] = layer.get(x.state, 0) + ahead_cm
    said = [
        f"{layer} "
        + ", ".join(f"{s.name.lower().replace('_', ' ')} {100 * cm / sum(x.values()):.0f} %" for s, cm in x.items())
        for layer, x in sorted(shares.items())
    ]
    return Text("  ".join(said), style="dim")


def _health(horizon: Reconstructor) -> Text:
    health = horizon.health
    text = Text(health.state.name, style="green" if health.state is HealthState.OK else "bold red")
    if health.reason:
        text.append(f"  {health.reason}")
    if health.poses_dropped_count:
        text.append(f"  {health.poses_dropped_count} poses dropped", style="yellow")
    return text
