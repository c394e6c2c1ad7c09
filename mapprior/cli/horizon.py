"""`mapprior horizon`: what lies ahead of one place, computed here from tiles on disk, without a server."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from mapprior.cli.found import ON_A_ROAD, end_without_road, unreadable
from mapprior.cli.lengths import (
    LengthOption,
    LengthSecOption,
    SideLevelsOption,
    SideOption,
    SideSecOption,
    StoppingOption,
    TreeBytesOption,
    with_lengths,
)
from mapprior.cli.limit_words import posted_text
from mapprior.cli.profile_rows import Row, profile_rows
from mapprior.cli.road_words import if_words
from mapprior.cli.vehicle import (
    ConditionsOption,
    MassOption,
    TrailerOption,
    VehicleOption,
    driving_conditions,
    vehicle_profile,
)
from mapprior.cli.view_ahead import end_words
from mapprior.errors import ConfigError
from mapprior.geo.units import MPS_PER_KMH, US_PER_SEC, e7, heading_rad_from_bearing_deg
from mapprior.horizon.events import Open
from mapprior.live.feeds import publish_feeds
from mapprior.live.overlay import OverlayBook
from mapprior.live.place import placer
from mapprior.match.route import Waypoint
from mapprior.model.grid import column_row
from mapprior.model.ids import LinkId, PathId, tile_id
from mapprior.model.lane import LaneType
from mapprior.model.limit import LimitKind
from mapprior.model.pose import DrivingConditions, MatchState, Pose, VehicleClass, VehicleProfile
from mapprior.model.provenance import LAYER_GROUPS
from mapprior.model.work_zone import Overlay
from mapprior.reader.as_json import as_json
from mapprior.reader.path_end import path_end
from mapprior.runtime.replay import horizon_once, route_between
from mapprior.tile.store import TileStore, open_markets
from mapprior.wire.zones import encode_zone

DEFAULT = Open(layers=frozenset(LAYER_GROUPS), replay=True)
SPEED_KMH_MAX = 400.0
LATERAL_MPS2_MAX = 20.0
WAYPOINTS_COUNT_MAX = 100
# how exact a place and a bearing are that somebody typed
PLACE_SIGMA_M = 5.0
SIGMA_M_MIN, SIGMA_M_MAX = 0.1, 1000.0
HEADING_SIGMA_RAD = 0.2
YEAR_MIN, YEAR_MAX = 1971, 9998  # times count from 1970; some hours are spared for zones at both ends
PIPE_COLUMNS_COUNT = 140  # where nobody says how wide a line may be
DRIVING_MPS = 10.0  # matching believes the heading of a moving vehicle only; who names a bearing means one

SpeedOption = Annotated[
    float | None, typer.Option(help="How fast it drives, for lengths in seconds and distances to stop.")
]


def horizon(
    tiles: Annotated[list[Path], typer.Option(help="A market's tiles, or a directory of several. Repeatable.")],
    at: Annotated[str, typer.Option(metavar="LAT,LON", help="Where the vehicle is, in degrees.")],
    sigma_m: Annotated[float, typer.Option(help="How exact that place is: one standard deviation.")] = PLACE_SIGMA_M,
    bearing_deg: Annotated[float | None, typer.Option(help="Where it heads, clockwise from North.")] = None,
    route: Annotated[str, typer.Option(metavar="'LAT,LON;LAT,LON'", help="Places the route passes.")] = "",
    length_m: LengthOption = None,
    length_sec: LengthSecOption = 0.0,
    stopping_distances: StoppingOption = 0.0,
    speed_kmh: SpeedOption = None,
    side_m: SideOption = DEFAULT.stub_length_m,
    side_sec: SideSecOption = 0.0,
    side_levels: SideLevelsOption = DEFAULT.side_levels_count,
    tree_bytes: TreeBytesOption = 0,
    zones: Annotated[list[Path] | None, typer.Option(help="A WZDx 4.2 file of work zones. Repeatable.")] = None,
    time_iso: Annotated[
        str, typer.Option("--time", metavar="ISO", help="UTC time of the drive; now if left out.")
    ] = "",
    vehicle: VehicleOption = "car",
    mass_kg: MassOption = 0,
    trailer: TrailerOption = False,
    conditions: ConditionsOption = "",
    entries: Annotated[
        bool,
        typer.Option(
            "--entries",
            help="A second table with the profiles of the vehicle's own path, kind by kind: curvature, slope, "
            "separation, surface and the rest, each with its basis. The JSON always has them, and every entry.",
        ),
    ] = False,
    lateral_mps2: Annotated[
        float | None,
        typer.Option(help="Also tells how fast each curve can be driven within this lateral acceleration, as 2.0."),
    ] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> None:
    """Answer once what lies ahead of a place, without a server.

    Offsets count from where a path begins, somewhat behind the vehicle; the row `vehicle` says where it is.
    """
    opening = with_lengths(DEFAULT, length_m, length_sec, stopping_distances, side_m, side_sec, side_levels, tree_bytes)
    _check_speed(speed_kmh, needed=bool(length_sec or stopping_distances or side_sec))
    if lateral_mps2 is not None and not 0.0 < lateral_mps2 <= LATERAL_MPS2_MAX:
        raise ConfigError(f"--lateral-mps2 {lateral_mps2} must be above 0, at most {LATERAL_MPS2_MAX:.0f}")
    place = parse_place(at, "--at")
    profile = vehicle_profile(vehicle, mass_kg=mass_kg, trailer=trailer)
    sensed = driving_conditions(conditions)
    waypoints = parse_places(route, "--route") if route else []
    heading_rad = None if bearing_deg is None else heading_rad_from_bearing_deg(_bearing(bearing_deg))
    speed_mps = _speed_mps(speed_kmh, heading_rad)
    time_us = _time_us(time_iso)
    with open_markets(tiles) as store:
        links = _route(store, waypoints, profile, sensed, time_us) if waypoints else ()
        held = horizon_once(
            store,
            _pose(time_us, place, heading_rad, speed_mps, sigma_m),
            opening=replace(opening, vehicle=profile),
            conditions=sensed,
            route=links,
            overlay=_overlay(store, zones or [], time_us),
        )
        on_no_road = held.reported.state is MatchState.OFF_ROAD
        market = _market_around(store, place) if on_no_road else None
        answer = as_json(held, market, lateral_acceleration_mps2=lateral_mps2, speed_mps=speed_mps)
        ends = {k: end_words(path_end(held, x, speed_mps=speed_mps)) for k, x in held.state.paths.items()}
        markets = [manifest.market for manifest in store.manifests]
    if as_json_:
        print(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        show(answer, ends, entries=entries)
    if held.reported.state not in ON_A_ROAD:
        damage = unreadable(held.reported.reason, held.health)
        end_without_road({held.reported.state}, markets, damage=damage)


def _route(
    store: TileStore,
    waypoints: Sequence[Waypoint],
    vehicle: VehicleProfile,
    conditions: DrivingConditions,
    departure_us: int,
) -> tuple[LinkId, ...]:
    """Links of the route; says what is not sure of it."""
    if vehicle.vehicle_class is not VehicleClass.CAR:
        typer.echo("the route is one for cars", err=True)
    route = route_between(store, waypoints, vehicle=vehicle, conditions=conditions, departure_us=departure_us)
    for turn in route.doubtful_turns:
        typer.echo(
            f"the route has a turn after {turn.offset_m:.0f} m that may be banned then: {turn.condition}", err=True
        )
    return route.links


def _market_around(store: TileStore, place: Waypoint) -> str | None:
    """The one market that has a map of a place; None where several or none have."""
    at = column_row(lat_e7=place.lat_e7, lon_e7=place.lon_e7)
    markets = {x.market for x in store.datasets if tile_id(x.dataset_id, *at) in x.tiles}
    return markets.pop() if len(markets) == 1 else None


def parse_place(text: str, option: str) -> Waypoint:
    """`LAT,LON` in degrees. ConfigError names the option, never the place."""
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"{option} takes LAT,LON in degrees, for example 43.7396,7.4277") from None
    if not -90.0 <= lat_deg <= 90.0:
        raise ConfigError(f"{option}: latitude must be a number from -90 to 90")
    if not -180.0 <= lon_deg <= 180.0:
        raise ConfigError(f"{option}: longitude must be a number from -180 to 180")
    return Waypoint(lat_e7=e7(lat_deg), lon_e7=e7(lon_deg))


def parse_places(text: str, option: str) -> list[Waypoint]:
    """`LAT,LON;LAT,LON;...`, two to a hundred."""
    parts = [part for part in text.split(";") if part.strip()]
    if not 2 <= len(parts) <= WAYPOINTS_COUNT_MAX:
        raise ConfigError(f"{option} takes 2 to {WAYPOINTS_COUNT_MAX} places joined by ';', got {len(parts)}")
    return [parse_place(part, option) for part in parts]


def show(answer: dict[str, Any], ends: Mapping[PathId, str], *, entries: bool = False) -> None:
    """The horizon as tables for people; what is derived, uncertain or unknown says so. `ends`: why each path ends."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from mapprior.cli.entry_table import entry_table

    console = Console(highlight=False, markup=False)  # names of roads may hold brackets
    if not console.is_terminal:
        console.width = PIPE_COLUMNS_COUNT
    reason = f": {answer['reason']}" if answer["reason"] else ""
    said = Text(answer["state"], style="bold")
    said.append(f"{reason}  market {answer['market'] or 'unknown'}  {answer['time']}", style="not bold")
    console.print(said, soft_wrap=True)
    if answer["health"]["state"] != "OK":
        console.print(f"health {answer['health']['state']}: {answer['health']['reason']}")
    ambiguous = answer["state"] == MatchState.AMBIGUOUS.name and answer["position"] is not None
    if ambiguous:
        places, first = len(answer["position"]["candidates"]), answer["position"]["confidence"]
        console.print(
            f"the vehicle's road is not sure: all below is what lies ahead of the first of {places} places, {first:.0%}"
        )
    for path in answer["paths"]:
        leaves = "" if path["parent_path_id"] is None else f", leaves path {path['parent_path_id']}"
        title = f"path {path['path_id']}{leaves}, {path['length_m']:.0f} m, probability {path['probability']:.2f}"
        title += " given the first place" if ambiguous else ""
        table = Table(title=title, title_justify="left", show_edge=False)
        table.add_column("from m", justify="right")
        table.add_column("to m", justify="right")
        table.add_column("what")
        table.add_column("value")
        table.add_column("how sure")
        rows = [*_vehicle(answer, path), *_rows(path), *profile_rows(path)]
        for row in sorted(_joined(rows), key=lambda r: (r[0], r[2])):
            table.add_row(f"{row[0]:.0f}", f"{row[1]:.0f}", *row[2:])
        end = f"{path['end_offset_m']:.0f}"
        table.add_row(end, end, "path ends", ends[path["path_id"]])
        console.print(table)
        if entries and path["profiles"]:
            console.print(entry_table(path, from_m=_vehicle_m(answer, path)))


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Neighbours that say the same as one row: a road of many links is one road."""
    for _, group in groupby(sorted(rows, key=lambda r: (r[2], r[0])), key=itemgetter(2)):
        last: Row | None = None
        for row in group:
            if last is not None and last[1] == row[0] < row[1] and last[3:] == row[3:]:
                last = (last[0], row[1], *row[2:])
                continue
            if last is not None:
                yield last
            last = row
        if last is not None:
            yield last


def _vehicle_m(answer: dict[str, Any], path: dict[str, Any]) -> float:
    """Where the vehicle is on a path; its beginning where it is on another."""
    at = answer["position"]
    return float(at["offset_m"] if at is not None and at["path_id"] == path["path_id"] else path["first_offset_m"])


def _vehicle(answer: dict[str, Any], path: dict[str, Any]) -> Iterator[Row]:
    at = answer["position"]
    if at is not None and at.get("path_id") == path["path_id"]:
        side = "left" if at["lateral_m"] > 0 else "right"
        sigma = "" if at["lateral_sigma_m"] is None else f" ±{at['lateral_sigma_m']:.1f}"
        said = f"{abs(at['lateral_m']):.1f} m {side} of the road's line{sigma}"
        yield at["offset_m"], at["offset_m"], "vehicle", said, f"{at['confidence']:.0%}"


def _rows(path: dict[str, Any]) -> list[Row]:
    rows: list[Row] = []
    for link in path["links"]:
        start_m = link["start_offset_m"]
        name = ", ".join(link["names"] or ()) or "-"
        kind = f"{link['class'] or 'unknown class'}, {link['form_of_way'] or 'unknown form'}".lower().replace("_", " ")
        rows.append((start_m, round(start_m + link["length_m"], 2), "road", name, kind))
    for limit in path["limits"]:
        stretch = limit["start_offset_m"], limit["end_offset_m"]
        rows.append((*stretch, "limit", _posted(limit), sureness(limit)))
        rows.extend((*stretch, *said) for said in _beside(limit))
    for zone in path["work_zones"]:
        sure = f"{zone['state'].lower()}, {zone['confidence']:.0%} from {zone['source']}"
        sure += ", goes on" if zone["zone_end_offset_m"] > zone["end_offset_m"] else ""
        rows.append((zone["start_offset_m"], zone["end_offset_m"], "work zone", zone["id"], sure))
    for x in path["borders"]:
        at_m = x["offset_m"]
        beyond = ", ".join(filter(None, (x["to_unit"], x["to_driving_side"]))) or "-"
        name = f"{x['from_market']} to {x['to_market'] or 'unknown'}: {beyond}"
        rows.append((at_m, at_m, "border", name, x["state"].lower().replace("_", " ")))
    for x in path["coverage"]:
        reason = x["reason"] or ""
        rows.append((x["start_offset_m"], x["end_offset_m"], f"coverage {x['layer']}", x["state"].lower(), reason))
    sections: dict[tuple[float, float], list[dict[str, Any]]] = {}
    for lane in path["lanes"]:
        sections.setdefault((lane["start_offset_m"], lane["end_offset_m"]), []).append(lane)
    for (start_m, end_m), lanes in sections.items():
        bases = "/".join(sorted({lane["basis"].lower().replace("_", " ") for lane in lanes}))
        rows.append((start_m, end_m, "lanes", _lanes_text(lanes), bases))
        if any(lane["destinations"] for lane in lanes):
            rows.append((start_m, end_m, "lanes, signs", _signs_text(lanes), bases))
    return rows


def _lanes_text(lanes: Sequence[Mapping[str, Any]]) -> str:
    """`3`, `2 and 1 cycle`: those for cars first, others by their type."""
    others = Counter(x["type"] for x in lanes if x["type"] != LaneType.DRIVING.name)
    said = [f"{count} {kind.lower().replace('_', ' ')}" for kind, count in sorted(others.items())]
    return " and ".join([str(len(lanes) - others.total()), *said] if others.total() < len(lanes) else said)


def _signs_text(lanes: Sequence[Mapping[str, Any]]) -> str:
    """`A 1, Basel | Chur | -`: where the signs of each lane lead, from the left."""
    return " | ".join(", ".join(x["destinations"]) or "-" for x in lanes)


def _beside(limit: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is said beside the limit: (what, value, how sure). Sorts below it."""
    for other in limit["unresolved_conditions"]:
        yield "limit, or", _posted(other), if_words(other["condition"] or "") or other["raw"] or ""
    for lane in limit["lanes"]:
        sure = "" if lane["certain"] else "not certain"
        yield f"limit, lane {lane['lane_index'] + 1} from the left", _posted(lane), sure
    if limit["next_change"] is not None:
        day, clock = limit["next_change"].split("T")
        yield "limit, next change", f"{clock[:8]} UTC", f"{day}, by time alone"
    for name in ("advisory", "minimum"):
        if limit[name] is not None:
            yield f"{name} speed", f"{limit[name]['value']:g} {limit[name]['unit']}", ""


def _posted(limit: Mapping[str, Any]) -> str:
    return posted_text(LimitKind[limit["kind"]], limit["value"], limit["unit"] or "")


def sureness(limit: dict[str, Any]) -> str:
    """Basis and confidence of a limit, and whether something is left undecided."""
    if limit["kind"] == "UNKNOWN":
        return f"unknown{': ' + limit['raw'] if limit['raw'] else ''}"
    because = limit["uncertain_because"] if not limit["unresolved_conditions"] else None  # those stand below it
    open_ = "" if limit["certain"] else f", not certain{': ' + because if because else ''}"
    return f"{str(limit['basis']).lower().replace('_', ' ')}, {limit['confidence']:.0%}{open_}"


def _overlay(store: TileStore, files: Sequence[Path], time_us: int) -> Overlay:
    book = OverlayBook(
        place=placer(store.datasets, read_road=store.read_road, read_lanes=store.read_lanes), encode_zone=encode_zone
    )
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read ({type(error).__name__})") from None
        for report in publish_feeds(book, {str(file): data}, time_us=time_us):
            typer.echo(str(report), err=True)
    return book.overlay


def _check_speed(speed_kmh: float | None, *, needed: bool) -> None:
    if speed_kmh is None and needed:
        raise ConfigError("--length-sec, --stopping-distances and --side-sec need --speed-kmh")
    if speed_kmh is not None and not 0.0 <= speed_kmh <= SPEED_KMH_MAX:
        raise ConfigError(f"--speed-kmh {speed_kmh} is outside 0 to {SPEED_KMH_MAX:.0f}")


def _speed_mps(speed_kmh: float | None, heading_rad: float | None) -> float | None:
    if speed_kmh is not None:
        return speed_kmh * MPS_PER_KMH
    return None if heading_rad is None else DRIVING_MPS


def _pose(time_us: int, place: Waypoint, heading_rad: float | None, speed_mps: float | None, sigma_m: float) -> Pose:
    if not SIGMA_M_MIN <= sigma_m <= SIGMA_M_MAX:
        raise ConfigError(f"--sigma-m {sigma_m} is outside {SIGMA_M_MIN:g} to {SIGMA_M_MAX:.0f}")
    return Pose(
        time_us,
        float(place.lat_e7),
        float(place.lon_e7),
        heading_rad,
        position_sigma_m=sigma_m,
        speed_mps=speed_mps,
        heading_sigma_rad=None if heading_rad is None else HEADING_SIGMA_RAD,
    )


def _bearing(bearing_deg: float) -> float:
    if not -360.0 <= bearing_deg <= 360.0:
        raise ConfigError("--bearing-deg is outside -360 to 360")
    return bearing_deg


def _time_us(text: str) -> int:
    """Microseconds since 1970; a time without zone is UTC."""
    if not text:
        return time.time_ns() // 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--time {text!r} is no ISO 8601 time, for example 2026-07-01T12:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise ConfigError(f"--time {text!r} is outside the years {YEAR_MIN} to {YEAR_MAX}")
    return round(moment.timestamp() * US_PER_SEC)
