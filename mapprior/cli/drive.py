"""`mapprior drive`: drives a recorded trace or a route against a server and shows the horizon."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from mapprior.cli.awaited import AWAY_SEC, WAIT_SEC, AwayOption, WaitOption, awaited, checked_wait
from mapprior.cli.found import ON_A_ROAD, end_without_road, not_covered, unreadable
from mapprior.cli.horizon import parse_places
from mapprior.cli.json_lines import (
    JsonChangesOption,
    JsonLinesOption,
    JsonWithoutOption,
    Lines,
    named_parts,
    opened_lines,
)
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
from mapprior.cli.profiles import (
    LayersOption,
    PositionIntervalOption,
    ProfilesOption,
    named_layers,
    subscriptions,
)
from mapprior.cli.vehicle import (
    ConditionsOption,
    MassOption,
    TrailerOption,
    VehicleOption,
    driving_conditions,
    vehicle_profile,
)
from mapprior.cli.view import panel, plain_line, stream_text
from mapprior.client import ClientTls, Drive, HorizonClient, Traffic
from mapprior.client.horizon_client import DEFAULT_OPEN
from mapprior.client.route_vehicle import RouteVehicle
from mapprior.errors import ConfigError, RemoteError
from mapprior.geo.units import MPS_PER_KMH, US_PER_SEC
from mapprior.horizon.items import Update
from mapprior.match.route import Waypoint
from mapprior.model.pose import MatchState, Pose, VehicleClass
from mapprior.model.provenance import LAYER_GROUPS
from mapprior.runtime.trace_file import TIMES_STATED, Trace, read_trace
from mapprior.service.address import parse_address

REFRESHES_PER_SEC = 8
LINE_INTERVAL_SEC = 1.0
RATE_SEC = 1.0
ANSWER_TIMEOUT_SEC = 2.0
POSITION_INTERVAL_MS_MAX = DEFAULT_OPEN.silence_ms_max
ALL_LAYERS = frozenset(LAYER_GROUPS)  # what is shown: a server sends what it has


def drive(
    address: Annotated[str, typer.Argument(help="HOST:PORT or unix:/path of a server.")],
    trace: Annotated[str, typer.Option(metavar="FILE", help="A recorded drive: .gpx or .csv.")] = "",
    route: Annotated[str, typer.Option(metavar="'LAT,LON;LAT,LON'", help="Places a simulated drive passes.")] = "",
    rate_hz: Annotated[float, typer.Option(help="Poses per second on a route; a trace keeps its own.")] = 10.0,
    speed_factor: Annotated[float, typer.Option(help="How much faster than real time.")] = 1.0,
    speed_kmh: Annotated[float, typer.Option(help="Speed on a route where no limit is known.")] = 50.0,
    length_m: LengthOption = None,
    length_sec: LengthSecOption = 0.0,
    stopping_distances: StoppingOption = 0.0,
    side_m: SideOption = DEFAULT_OPEN.stub_length_m,
    side_sec: SideSecOption = 0.0,
    side_levels: SideLevelsOption = DEFAULT_OPEN.side_levels_count,
    tree_bytes: TreeBytesOption = 0,
    vehicle: VehicleOption = "car",
    mass_kg: MassOption = 0,
    trailer: TrailerOption = False,
    conditions: ConditionsOption = "",
    layers: LayersOption = "",
    profiles: ProfilesOption = "",
    position_interval_ms: PositionIntervalOption = 0,
    jsonl: JsonLinesOption = None,
    jsonl_changes: JsonChangesOption = False,
    jsonl_without: JsonWithoutOption = "",
    wait_sec: WaitOption = WAIT_SEC,
    away_sec: AwayOption = AWAY_SEC,
    ca: Annotated[Path | None, typer.Option(help="PEM file that checks the server: TLS.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM file of the client: mutual TLS.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of the client's key.")] = None,
) -> None:
    """Drive a trace or a route against a server and watch the horizon."""
    parse_address(address, "server address")
    if bool(trace) == bool(route):
        raise ConfigError("give either --trace or --route")
    _check_above_0({"--rate-hz": rate_hz, "--speed-factor": speed_factor, "--speed-kmh": speed_kmh})
    _check_ranges(position_interval_ms, wait_sec, away_sec)
    shape = with_lengths(
        DEFAULT_OPEN, length_m, length_sec, stopping_distances, side_m, side_sec, side_levels, tree_bytes
    )
    profile, sensed = vehicle_profile(vehicle, mass_kg=mass_kg, trailer=trailer), driving_conditions(conditions)
    recorded = read_trace(trace) if trace else None
    tls = _tls(ca, certificate, key)
    places, chosen = parse_places(route, "--route") if route else [], subscriptions(profiles)
    opening = replace(
        shape,
        vehicle=profile,
        layers=named_layers(layers) if layers or chosen else ALL_LAYERS,
        subscriptions=chosen,
        position_interval_ms_min=position_interval_ms,
        replay=recorded is not None or speed_factor != 1.0,  # such times must not be judged against the clock
    )
    states: set[MatchState] = set()  # seen in the whole drive
    lines = _lines(jsonl, recorded, changes_only=jsonl_changes, without=jsonl_without)

    async def run() -> None:
        with opened_lines(jsonl) as write:
            async with _client(address, tls) as client:
                await awaited(client, address, wait_sec=wait_sec)
                show = Screen(f"mapprior  {address}", Console(stderr=str(jsonl) == "-"))

                def on_update(_: Update) -> None:
                    states.add(driven.horizon.reported.state)
                    if write is not None:
                        write(lines.line(driven.horizon))

                driven = client.drive(opening, resume_sec=away_sec, on_update=on_update)
                async with driven:
                    await driven.send_conditions(sensed)
                    if recorded is not None:
                        show.say(recorded.caveat)
                        source = _recorded(recorded.poses)
                    else:
                        show.say("" if profile.vehicle_class is VehicleClass.CAR else "the route is one for cars")
                        source = await _simulated(client, driven, places, show, rate_hz=rate_hz, speed_kmh=speed_kmh)
                    with show:
                        await follow(driven, lines.noted(source), speed_factor=speed_factor, show=show.update)
                show.summary(driven)
                await _end(client, driven, states)

    asyncio.run(run())


def _check_ranges(position_interval_ms: int, wait_sec: float, away_sec: float) -> None:
    checked_wait(wait_sec)
    checked_wait(away_sec, "--away-sec")
    if not 0 <= position_interval_ms <= POSITION_INTERVAL_MS_MAX:
        raise ConfigError(f"--position-interval-ms {position_interval_ms} is outside 0 to {POSITION_INTERVAL_MS_MAX}")


def _lines(jsonl: Path | None, recorded: Trace | None, *, changes_only: bool, without: str) -> Lines:
    if jsonl is None and (changes_only or without):
        raise ConfigError("--jsonl-changes and --jsonl-without need --jsonl")
    times = TIMES_STATED if recorded is None else recorded.times  # a simulated vehicle has a clock
    return Lines(times, changes_only=changes_only, left_out=named_parts(without))


async def _end(client: HorizonClient, driven: Drive, states: set[MatchState]) -> None:
    """What is said at the end of a drive that found no road, of one that left the map, or whose server is gone."""
    if driven.broken is not None:
        raise driven.broken
    horizon = driven.horizon
    damage = unreadable(horizon.reported.reason, horizon.health)
    if ON_A_ROAD.isdisjoint(states):
        end_without_road(states, await _markets(client), damage=damage)
    if horizon.reported.state is MatchState.NO_COVERAGE:
        typer.echo(damage or not_covered(await _markets(client)), err=True)


async def _markets(client: HorizonClient) -> list[str]:
    """What there are maps of, if the server still says."""
    with contextlib.suppress(RemoteError):
        return [x.market for x in await client.markets()]
    return []


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ClientTls | None:
    if (certificate or key) and ca is None:
        raise ConfigError("--certificate and --key need --ca")
    return None if ca is None else ClientTls(ca, certificate, key)


def _client(address: str, tls: ClientTls | None) -> HorizonClient:
    try:
        return HorizonClient(address, tls=tls)
    except ConfigError as error:
        raise ConfigError(f"--{error}") from None  # it begins with the field of ClientTls, named as the option is


def _check_above_0(options: Mapping[str, float]) -> None:
    for name, value in options.items():
        if not 0.0 < value <= 10_000.0:
            raise ConfigError(f"{name} {value} must be above 0, at most 10000")


async def follow(
    driven: Drive,
    source: AsyncIterator[Pose],
    *,
    speed_factor: float,
    show: Callable[[Drive, Pose], None],
) -> None:
    """Sends the poses at their own pace times `speed_factor`; shows what is known after each.

    Faster than real time it waits for the answer to each pose, so that none is replaced by a newer one; not where
    only some are answered.
    """
    begun_sec: float | None = None
    first_us = 0
    async for pose in source:
        if begun_sec is None:
            begun_sec, first_us = time.monotonic(), pose.pose_time_us
        due_sec = begun_sec + (pose.pose_time_us - first_us) / US_PER_SEC / speed_factor
        await asyncio.sleep(max(0.0, due_sec - time.monotonic()))
        await driven.send_pose(pose)
        if driven.has_ended:
            return
        if speed_factor > 1.0 and not driven.opening.position_interval_ms_min:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_answered(driven, pose), ANSWER_TIMEOUT_SEC)
        show(driven, pose)
    await asyncio.sleep(0.2)  # the answer to the last pose


class Screen:
    """The live view in a terminal; a line a second elsewhere."""

    def __init__(self, title: str, console: Console | None = None, note: str = "") -> None:
        self.title = title
        self.note = note
        self._console = console or Console()
        self._live: Live | None = None
        self._next_sec = 0.0
        self._unshown: tuple[Drive, Pose] | None = None  # what came since: the end of a drive is always shown
        self._rate = Rate()

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=REFRESHES_PER_SEC)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._unshown is not None:
            self._show(*self._unshown, time.monotonic())
        if self._live is not None:
            self._live.stop()

    def update(self, driven: Drive, pose: Pose) -> None:
        """Shows the horizon, no more often than an eye can follow."""
        now_sec = time.monotonic()
        self._unshown = driven, pose
        if now_sec >= self._next_sec:
            self._next_sec = now_sec + (1.0 / REFRESHES_PER_SEC if self._live is not None else LINE_INTERVAL_SEC)
            self._show(driven, pose, now_sec)

    def _show(self, driven: Drive, pose: Pose, now_sec: float) -> None:
        self._unshown = None
        if self._live is not None:
            rate = self._rate.said(driven.traffic, now_sec)
            self._live.update(
                panel(driven.horizon, driven.traffic, title=self.title, pose=pose, note=self.note, rate=rate)
            )
        else:
            self._console.print(plain_line(driven.horizon, pose), markup=False, highlight=False, soft_wrap=True)

    def say(self, line: str) -> None:
        """A line that stays above the live view; nothing for an empty one. Not while the view is live."""
        if line:
            self._console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def summary(self, driven: Drive) -> None:
        self._console.print(stream_text(driven.traffic))


class Rate:
    """Updates and bytes per second over about the last second."""

    def __init__(self) -> None:
        self._then = (0.0, 0, 0)
        self._said = ""

    def said(self, traffic: Traffic, now_sec: float) -> str:
        """In words; empty for the first second."""
        then_sec, updates_count, received_bytes = self._then
        elapsed_sec = now_sec - then_sec
        if elapsed_sec >= RATE_SEC:
            if then_sec:
                per_sec = (traffic.updates_count - updates_count) / elapsed_sec
                kb_per_sec = (traffic.received_bytes - received_bytes) / 1000 / elapsed_sec
                self._said = f"{per_sec:.1f} updates/s, {kb_per_sec:.2f} kB/s"
            self._then = (now_sec, traffic.updates_count, traffic.received_bytes)
        return self._said


async def _recorded(poses: Sequence[Pose]) -> AsyncIterator[Pose]:
    for pose in poses:
        yield pose


async def _simulated(
    client: HorizonClient,
    driven: Drive,
    places: Sequence[Waypoint],
    show: Screen,
    *,
    rate_hz: float,
    speed_kmh: float,
) -> AsyncIterator[Pose]:
    """A vehicle on the route between the places, which is also told to the server."""
    start_us = time.time_ns() // 1000
    route = await client.find_route(places, departure_time_us=start_us)
    for turn in route.doubtful_turns:
        show.say(f"the route has a turn after {turn.offset_m:.0f} m that may be banned then: {turn.condition}")
    await driven.send_route(route.links)
    vehicle = RouteVehicle(route, wished_mps=speed_kmh * MPS_PER_KMH, start_time_us=start_us)
    interval_us = round(US_PER_SEC / rate_hz)

    async def poses() -> AsyncIterator[Pose]:
        yield vehicle.pose()
        while not vehicle.has_arrived:
            if driven.route_dropped:  # another release is served now, in which its roads have other links
                await driven.send_route((await client.find_route(places)).links)
            answer = driven.horizon.limit_now()
            limit = answer.value if answer is not None else None
            mm_per_sec = limit.limit_mm_per_sec if limit is not None else 0
            yield vehicle.step(interval_us=interval_us, limit_mps=mm_per_sec / 1000 or None)

    return poses()


async def _answered(driven: Drive, pose: Pose) -> None:
    while driven.horizon.pose_time_us < pose.pose_time_us and not driven.has_ended:
        await driven.changed()
