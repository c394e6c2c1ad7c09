"""`mapprior demo`: the real service on the sample tiles, a real drive and a synthetic one, told line by line.

First Monaco's stacked road tunnels, where no satellite is seen; then the synthetic motorway, where a work zone is
published while the vehicle drives towards it. The service runs in processes of its own; the vehicle is simulated, and
brakes by nothing but its horizon.
"""

import asyncio
import contextlib
import dataclasses
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.live import Live

from mapprior.cli.demo_story import Figures, Story, planned_mps
from mapprior.cli.demo_vehicle import Moment, Road, Vehicle
from mapprior.cli.view import panel
from mapprior.client import Drive, HorizonClient
from mapprior.errors import ConfigError
from mapprior.geo.units import KMH_PER_MPS, MPS_PER_KMH
from mapprior.horizon.events import Open
from mapprior.live.wzdx import read_wzdx
from mapprior.match.route import Waypoint
from mapprior.model.ids import index_of, tile_of
from mapprior.model.link import Link
from mapprior.service.settings import Limits, Settings
from mapprior.service.supervisor import Supervisor
from mapprior.tile.store import TileStore, open_markets
from mapprior.wire.routes import RouteAnswer

RATE_HZ: Final = 10.0  # poses per second of the drive
SPEED_FACTOR: Final = 13.0
FAST_SPEED_FACTOR: Final = 60.0
POSES_PER_SEC_MAX: Final = 5000  # of the service: both factors send more than a vehicle would
REFRESHES_PER_SEC: Final = 8
ANSWER_TIMEOUT_SEC: Final = 2.0
UNKNOWN_MPS: Final = 40.0 * MPS_PER_KMH  # the driver's own choice where the map knows no limit
UNLIMITED_MPS: Final = 130.0 * MPS_PER_KMH
SEED: Final = 7
TILES: Final = Path(__file__).resolve().parents[2] / "tiles"


@dataclass(frozen=True, slots=True)
class Leg:
    """One drive of the demo. `publish_at_m`: where the work zone is published, None for none."""

    market: str
    title: str
    waypoints: tuple[Waypoint, ...]
    publish_at_m: float | None = None


LEGS: Final = (
    Leg(
        "MC",
        "Monaco, from the Larvotto to Tunnel Rainier III",
        (Waypoint(lat_e7=437500000, lon_e7=74390000), Waypoint(lat_e7=437336000, lon_e7=74125000)),
    ),
    Leg(
        "ZZ",
        "a motorway in the open sea, past a work zone",
        (Waypoint(lat_e7=555036449, lon_e7=31000475), Waypoint(lat_e7=554990610, lon_e7=32564706)),
        publish_at_m=6500.0,
    ),
)


def demo(
    fast: Annotated[bool, typer.Option("--fast", help="Four times as fast.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines only, also in a terminal.")] = False,
    tiles: Annotated[Path, typer.Option(help="Where the sample tiles are.")] = TILES,
) -> None:
    """Drive the sample tiles: Monaco's tunnels (real), then the synthetic motorway past a work zone."""
    missing = [leg.market for leg in LEGS if not (tiles / leg.market / "manifest.json").is_file()]
    if missing:
        raise ConfigError(f"{tiles}: no sample tiles of {missing[0]}; run `make tiles WRITE=1` in a checkout")
    asyncio.run(
        _demo(
            Console(highlight=False, soft_wrap=True),
            tiles,
            factor=FAST_SPEED_FACTOR if fast else SPEED_FACTOR,
            plain=plain,
        )
    )


async def _demo(console: Console, tiles: Path, *, factor: float, plain: bool) -> None:
    console.print("mapprior: what lies ahead of a vehicle, told before a sensor can see it.")
    with open_markets([tiles / leg.market for leg in LEGS]) as store:
        async with _service(tiles) as service:
            console.print(f"The service listens on {service.address}; zones are published on its admin socket alone.")
            stage = _Stage(console, service, store, tiles, factor=factor, plain=plain)
            driving = asyncio.create_task(stage.run_all())
            await asyncio.wait((driving, service.running), return_when=asyncio.FIRST_COMPLETED)
            if not driving.done():  # Ctrl-C reaches the service, which ends
                driving.cancel()
                await asyncio.gather(driving, return_exceptions=True)
                raise typer.Abort
            figures = driving.result()
    _summarise(console, figures, factor)


@dataclass(frozen=True, slots=True)
class _Service:
    """A service that is up; `running` ends when it is told to."""

    address: str
    admin_address: str
    running: "asyncio.Task[None]"


@contextlib.asynccontextmanager
async def _service(tiles: Path) -> AsyncIterator[_Service]:
    """A service with one worker, up while the context is open."""
    with tempfile.TemporaryDirectory(prefix="mapprior-") as folder:
        supervisor = Supervisor(
            Settings(
                tiles=tuple(tiles / leg.market for leg in LEGS),
                listen=("127.0.0.1:0",),
                admin_listen=f"unix:{folder}/admin",
                limits=Limits(poses_per_sec_max=POSES_PER_SEC_MAX),
            )
        )
        serving: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(
            supervisor.run(lambda listening, admin: serving.set_result((listening[0], admin)))
        )
        try:
            await asyncio.wait((running, serving), return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                running.result()  # raises why it could not start
                raise typer.Abort
            yield _Service(*serving.result(), running)
        finally:
            supervisor.stop()
            await running


async def _labels(client: HorizonClient) -> dict[str, str]:
    """Per market, whether it is real, as its own manifest says."""
    labels = {}
    for market in await client.markets():
        manifest = json.loads(market.manifest_json)
        labels[market.market] = (
            "SYNTHETIC (no such road exists)"
            if manifest["synthetic"]
            else f"REAL ({manifest['attribution']}, {manifest['licence']}, {manifest['source_time'][:10]})"
        )
    return labels


class _Stage:
    """Drives the legs: simulates the vehicle, sends its poses, shows what comes back."""

    def __init__(
        self, console: Console, service: _Service, store: TileStore, tiles: Path, *, factor: float, plain: bool
    ) -> None:
        self._console = console
        self._service = service
        self._store = store
        self._tiles = tiles
        self._factor = factor
        self._draws = console.is_terminal and not plain
        self._show_sec = 0.0

    async def run_all(self) -> list[Figures]:
        """All legs, one after the other."""
        async with HorizonClient(self._service.address) as client:
            labels = await _labels(client)
            figures = []
            for number, leg in enumerate(LEGS, start=1):
                self._console.print(f"\n{number}  {labels[leg.market]}: {leg.title}", style="bold")
                figures.append(await self._run(client, leg))
            return figures

    async def _run(self, client: HorizonClient, leg: Leg) -> Figures:
        """One leg, from the first waypoint to the last."""
        story = Story(lambda line: self._console.print(line, markup=False))
        route = await client.find_route(leg.waypoints)
        vehicle = Vehicle(self._road(route), rate_hz=RATE_HZ, start_time_us=time.time_ns() // 1000, seed=SEED)
        driven = client.drive(Open(replay=True), on_update=lambda _: story.seen(driven.horizon, time.perf_counter()))
        async with driven:
            await driven.send_route(route.links)
            with Live(console=self._console, auto_refresh=False) if self._draws else contextlib.nullcontext() as live:
                await self._follow(driven, vehicle, leg, story, live)
        story.figures.received_bytes = driven.traffic.received_bytes
        return story.figures

    async def _follow(self, driven: Drive, vehicle: Vehicle, leg: Leg, story: Story, live: Live | None) -> None:
        publish_at_m = leg.publish_at_m
        due_sec = time.monotonic()
        while not vehicle.arrived:
            planned = planned_mps(driven.horizon, unknown_mps=UNKNOWN_MPS, unlimited_mps=UNLIMITED_MPS)
            moment = vehicle.step(planned)
            due_sec = max(due_sec + 1.0 / RATE_HZ / self._factor, time.monotonic() - 0.1)
            await asyncio.sleep(due_sec - time.monotonic())
            story.sent(moment, time.perf_counter())
            await driven.send_pose(moment.pose)
            await self._answered(driven, moment)
            if publish_at_m is not None and moment.distance_m >= publish_at_m:
                publish_at_m = None
                await self._publish(story)
            self._show(live, driven, moment, leg)

    async def _answered(self, driven: Drive, moment: Moment) -> None:
        """Faster than real time each pose waits for its answer, so that none is replaced by a newer one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT_SEC):
                while driven.horizon.pose_time_us < moment.pose.pose_time_us and not driven.has_ended:
                    await driven.changed()

    async def _publish(self, story: Story) -> None:
        """Publishes the synthetic feed's zones where only an operator can: on the admin socket."""
        file = self._tiles / "synthetic" / "work_zones.geojson"
        zones, _ = read_wzdx(file.read_bytes(), name=file.name)
        self._console.print(f"   an operator publishes {file.name} (WZDx 4.2, synthetic)", markup=False)
        story.published(time.perf_counter())
        async with HorizonClient(self._service.admin_address) as admin:
            await admin.publish_zones([dataclasses.replace(zone, synthetic=True) for zone in zones])

    def _show(self, live: Live | None, driven: Drive, moment: Moment, leg: Leg) -> None:
        now_sec = time.monotonic()
        if live is not None and now_sec >= self._show_sec:
            self._show_sec = now_sec + 1.0 / REFRESHES_PER_SEC
            title = f"{leg.market}  {moment.distance_m / 1000:.1f} km  x{self._factor:.0f}"
            live.update(panel(driven.horizon, driven.traffic, title=title, pose=moment.pose), refresh=True)

    def _road(self, route: RouteAnswer) -> Road:
        """The links of the route as the vehicle's real world, read from the same tiles on disk."""
        return Road(
            [self._link(link_id) for link_id in route.links],
            first_offset_m=route.first_offset_m,
            last_offset_m=route.last_offset_m,
        )

    def _link(self, link_id: int) -> Link:
        tile = self._store.read_road(tile_of(link_id))  # type: ignore[arg-type]
        if tile is None:
            raise ConfigError("the service routes over other tiles than those on disk")
        return tile.link(index_of(link_id))  # type: ignore[arg-type]


def _summarise(console: Console, figures: Sequence[Figures], factor: float) -> None:
    console.print(f"\n{'':24}{'Monaco (real)':>18}{'motorway (synthetic)':>24}", style="bold")
    rows: dict[str, Callable[[Figures], str]] = {
        "driven": lambda f: f"{f.driven_m / 1000:.1f} km",
        "without a fix": lambda f: f"{f.without_fix_m / 1000:.1f} km",
        "on the right link": lambda f: f"{100 * f.right_link_count / max(1, f.updates_count):.1f} % of updates",
        "poses / updates": lambda f: f"{f.poses_count:,} / {f.updates_count:,}",
        "received": lambda f: f"{f.received_bytes / 1000:,.0f} kB",
        "  per km": lambda f: f"{f.received_bytes / max(1.0, f.driven_m):,.1f} kB",
        "pose to update, p50": lambda f: f"{f.answer_ms(0.5):.1f} ms",
        "pose to update, p99": lambda f: f"{f.answer_ms(0.99):.1f} ms",
    }
    for name, text in rows.items():
        console.print(f"{name:24}" + "".join(f"{text(f):>{width}}" for f, width in zip(figures, (18, 24), strict=True)))
    for f, where in zip(figures, ("Monaco", "motorway"), strict=True):
        shares = ", ".join(
            f"{name} {100 * count / max(1, f.updates_count):.0f} %" for name, count in f.limits.most_common()
        )
        console.print(f"limits on {where + ':':14}{shares}", markup=False)
    for f, where in zip(figures, ("Monaco", "motorway"), strict=True):
        console.print(f"events on {where + ':':14}{f.events.said()}", markup=False)
    for f in figures:
        if f.zone_announced_m is not None and f.zone_delay_sec is not None:
            console.print(
                f"work zone: on the horizon {1000 * f.zone_delay_sec:.0f} ms after it was published, "
                f"{f.zone_announced_m:,.0f} m ahead: {f.zone_announced_m / (120 / KMH_PER_MPS):.0f} s at 120 km/h"
            )
    console.print(f"The drives ran at {factor:.0f} times real time; nothing about them was written to disk.")
