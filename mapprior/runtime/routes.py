"""Routes and whole traces for many callers: loads the tiles they need, computes in a bounded set of threads."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar, overload

from mapprior.errors import LimitError, NoRouteError, OverloadError, RequestError, TileError
from mapprior.horizon.drive_limits import DriveLaw
from mapprior.horizon.route_plan import RoutePlan
from mapprior.horizon.session import NO_LAWS, ROUTE_LINKS_COUNT_MAX
from mapprior.horizon.turn_times import TurnTimes
from mapprior.match.route import (
    WAYPOINT_DISTANCE_M_MAX,
    Route,
    Waypoint,
    connected_tiles,
    corridor_tiles,
)
from mapprior.match.route_graph import SearchBudget, links_looked_at_count_max
from mapprior.match.trace import TraceMatch, match_trace
from mapprior.model.grid import tiles_around
from mapprior.model.ids import LinkId, TileId
from mapprior.model.network import DatasetInfo, Network
from mapprior.model.pose import CAR, DrivingConditions, Pose, VehicleClass, VehicleProfile
from mapprior.model.provenance import Layer
from mapprior.tile.loader import TileLoader

WIDEN_COUNT_MAX = 3  # how often a corridor without a route is widened
TILES_COUNT_MAX = 1024  # of one corridor or trace
TRACE_RADIUS_M = 200.0
# Access and restrictions are read for cars; a truck's route from them would look right and be wrong.
ROUTED = frozenset((VehicleClass.CAR, VehicleClass.VAN, VehicleClass.MOTORCYCLE))

T = TypeVar("T")


class RouteFinder:
    """`laws` by dataset id. At most `at_once_max` searches run, `waiting_max` more may wait, none longer than
    `wait_ms_max`."""

    def __init__(
        self,
        datasets: Iterable[DatasetInfo],
        loader: TileLoader,
        *,
        laws: Mapping[int, DriveLaw] = NO_LAWS,
        at_once_max: int = 2,
        waiting_max: int = 32,
        wait_ms_max: int = 20_000,
    ) -> None:
        self._datasets = tuple(datasets)
        self._laws = laws
        self._loader = loader
        self._turn = asyncio.Semaphore(at_once_max)
        self._pending_count = 0
        self._pending_max = at_once_max + waiting_max
        self._wait_ms_max = wait_ms_max
        self._threads = ThreadPoolExecutor(at_once_max, thread_name_prefix="route")

    async def find(
        self, waypoints: Sequence[Waypoint], *, vehicle: VehicleProfile = CAR, departure_us: int = 0
    ) -> Route:
        """A drivable route. NoRouteError where there is none, also in a wider corridor; RequestError for a vehicle
        that none is found for.

        `departure_us`: when the vehicle sets out, UTC, for turns that are banned at times; 0 where not known.
        """
        if vehicle.vehicle_class not in ROUTED:
            raise RequestError(f"vehicle.vehicle_class: routes are for cars, not for a {vehicle.vehicle_class.name}")
        return await self._in_turn(lambda: self._find(waypoints, vehicle, departure_us))

    async def find_for_drive(
        self, waypoints: Sequence[Waypoint], *, vehicle: VehicleProfile, departure_us: int
    ) -> tuple[tuple[LinkId, ...], str]:
        """(links of a route for a session, what is to be said of it); no links and the reason where there is none."""
        try:
            found = await self.find(waypoints, vehicle=vehicle, departure_us=departure_us)
            if len(found.links) > ROUTE_LINKS_COUNT_MAX:
                raise LimitError(f"it has {len(found.links)} links; at most {ROUTE_LINKS_COUNT_MAX}")
        except (NoRouteError, RequestError, OverloadError, TileError) as error:
            return (), f"route: {error}"
        conditions = ", ".join(dict.fromkeys(x.condition for x in found.doubtful_turns))
        doubt = f"route: it has turns that are banned at times, perhaps when the vehicle is there: {conditions}"
        return found.links, doubt if conditions else ""

    async def match(self, read_poses: Callable[[], Sequence[Pose]], answer: Callable[[TraceMatch], T]) -> T:
        """The likeliest links of a whole trace, as `answer` tells them.

        `read_poses` and `answer` are called in the thread too, and not before it is this request's turn: of a long
        trace they take a tenth of the matching, and poses a hundred bytes each.
        """
        return await self._in_turn(lambda: self._match(read_poses, answer))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _find(self, waypoints: Sequence[Waypoint], vehicle: VehicleProfile, departure_us: int) -> Route:
        budget = SearchBudget(links_looked_at_count_max(len(waypoints)))
        network = Network(self._datasets)
        times = TurnTimes(vehicle, self._laws, DrivingConditions())
        plan = RoutePlan(network, waypoints, budget, times=times, departure_us=departure_us)
        steps = corridors(self._datasets, waypoints)
        refusal = no_tile()
        try:
            while (tiles := await self._in_thread(partial(next, steps, None))) is not None:
                await self._load(network, tiles)
                try:
                    return await self._in_thread(plan.find)
                except NoRouteError as error:
                    refusal = error
                if plan.is_whole:
                    break  # no wider corridor has a way that this one has not
        finally:
            budget.stop()
        raise refusal

    async def _match(self, read_poses: Callable[[], Sequence[Pose]], answer: Callable[[TraceMatch], T]) -> T:
        poses = _AwaitedPoses(await self._in_thread(read_poses))
        network = Network(self._datasets)
        try:
            tiles = await self._in_thread(lambda: _tiles_of_trace(network, poses))
            if len(tiles) > TILES_COUNT_MAX:
                raise LimitError(f"the trace covers {len(tiles)} tiles; at most {TILES_COUNT_MAX}")
            await self._load(network, tiles)
            return await self._in_thread(lambda: answer(match_trace(network, poses)))
        finally:
            poses.stop()

    async def _load(self, network: Network, tiles: Iterable[TileId]) -> None:
        """A tile that cannot be read is TileError: a way around it is not what was asked for."""
        for tile in sorted(x for x in tiles if x not in network.roads):
            road = await self._loader.load(Layer.L0, tile)
            if road is None:
                network.absent.add((Layer.L0, tile))
            else:
                network.roads[tile] = road  # type: ignore[assignment]

    async def _in_turn(self, work: Callable[[], Awaitable[T]]) -> T:
        if self._pending_count >= self._pending_max:
            raise OverloadError(f"{self._pending_count} route requests are waiting; try again later")
        self._pending_count += 1
        try:
            async with asyncio.timeout(self._wait_ms_max / 1000) as deadline, self._turn:
                return await work()
        except TimeoutError:
            if not deadline.expired():
                raise
            raise OverloadError(f"no answer within {self._wait_ms_max} ms; try again later") from None
        finally:
            self._pending_count -= 1

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _AwaitedPoses(Sequence[Pose]):
    """The poses of a trace as long as somebody waits for its answer; then there is no next one."""

    def __init__(self, poses: Sequence[Pose]) -> None:
        self._poses = poses
        self._awaited = True

    def stop(self) -> None:
        """A match that still runs in a thread ends with its next pose: a hard trace would keep it for minutes."""
        self._awaited = False

    def __len__(self) -> int:
        return len(self._poses)

    @overload
    def __getitem__(self, index: int) -> Pose: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pose]: ...
    def __getitem__(self, index: int | slice) -> Pose | Sequence[Pose]:
        if not self._awaited:
            raise OverloadError("nobody waits for the answer any more")
        return self._poses[index]


def corridors(datasets: Sequence[DatasetInfo], waypoints: Sequence[Waypoint]) -> Iterator[frozenset[TileId]]:
    """Ever wider sets of tiles to look for a route in.

    A set holds only what can be reached from the first waypoint from tile to tile. NoRouteError where a waypoint
    lies off all maps, or the maps do not hold together between two of them however wide one looks; LimitError where
    the narrowest set is too large already.
    """
    for number, w in enumerate(waypoints, start=1):
        if not any(tile in d.tiles for d in datasets for tile in _tiles_at(d, w)):
            raise NoRouteError(f"waypoint {number} of {len(waypoints)} lies on no map of these markets")
    near = [{tile for d in datasets for tile in _tiles_at(d, w) if tile in d.tiles} for w in waypoints]
    apart = 0  # the first waypoint that cannot be reached
    seen: frozenset[TileId] = frozenset()
    found: frozenset[TileId] = frozenset()
    for widen in range(WIDEN_COUNT_MAX + 1):
        tiles = seen.union(corridor_tiles(datasets, waypoints, widen))
        if len(tiles) > TILES_COUNT_MAX:
            if not seen:
                raise LimitError(f"the way between the waypoints covers {len(tiles)} tiles; at most {TILES_COUNT_MAX}")
            break
        seen = tiles
        joined = connected_tiles(tiles, near[0])
        apart = next((number for number, x in enumerate(near, start=1) if not joined & x), 0)
        if not apart and len(joined) > len(found):
            found = joined
            yield found
    if apart and not found:
        raise NoRouteError(
            f"no drivable connection to waypoint {apart} of {len(waypoints)}: the maps served do not touch on the way"
        )


def _tiles_at(dataset: DatasetInfo, waypoint: Waypoint) -> Iterator[TileId]:
    return tiles_around(
        dataset.dataset_id, lat_e7=waypoint.lat_e7, lon_e7=waypoint.lon_e7, radius_m=WAYPOINT_DISTANCE_M_MAX
    )


def no_tile() -> NoRouteError:
    """What to say where `corridors` is empty."""
    return NoRouteError("no tile of these markets lies on the way between the waypoints")


def _tiles_of_trace(network: Network, poses: Sequence[Pose]) -> set[TileId]:
    """Tiles near any pose. Poses that follow each other closely are asked for once."""
    tiles: set[TileId] = set()
    last: tuple[int, int] | None = None
    for pose in poses:
        if pose.lat_e7 is None or pose.lon_e7 is None:
            continue
        cell = (round(pose.lat_e7) >> 14, round(pose.lon_e7) >> 14)  # under 200 m, inside the radius
        if cell != last:
            last = cell
            tiles.update(network.tiles_near(lat_e7=pose.lat_e7, lon_e7=pose.lon_e7, radius_m=2 * TRACE_RADIUS_M))
    return tiles
