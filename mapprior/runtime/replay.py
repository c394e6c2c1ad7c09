"""Drives without a clock or a network: a session fed from a store, step by step, by recorded times.

The same log and the same tiles give the same updates, byte for byte: the session's `now` is the time of
the poses. Answers at once and blocks while tiles are read; for a live drive see `drive.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from mapprior.errors import NoRouteError, TileError
from mapprior.horizon.events import (
    AcknowledgementEvent,
    ConditionsEvent,
    Event,
    Open,
    OverlayChanged,
    PoseEvent,
    RouteEvent,
    TileArrived,
)
from mapprior.horizon.items import Update
from mapprior.horizon.route_plan import RoutePlan
from mapprior.horizon.turn_times import TurnTimes
from mapprior.market.circumstances import NOTHING_SENSED
from mapprior.match.route import Route, Waypoint
from mapprior.match.route_graph import SearchBudget, links_looked_at_count_max
from mapprior.model.ids import LinkId
from mapprior.model.network import Network
from mapprior.model.pose import CAR, DrivingConditions, Pose, VehicleProfile
from mapprior.model.work_zone import EMPTY_OVERLAY, Overlay
from mapprior.reader.reconstructor import Reconstructor
from mapprior.runtime.routes import corridors, no_tile
from mapprior.runtime.sessions import market_laws, new_session
from mapprior.tile.codec import decode_content
from mapprior.tile.store import Tile, TileStore
from mapprior.wire.zones import decode_zone

REPLAY = Open(replay=True)
TILE_ROUNDS_COUNT_MAX = 64  # how often one event may lead to more tiles


class Replay:
    """One recorded drive. Every update counts as acknowledged when it is taken."""

    def __init__(self, store: TileStore, opening: Open = REPLAY, *, overlay: Overlay = EMPTY_OVERLAY) -> None:
        self._store = store
        self._session = new_session(store)
        self._now_us = 0
        self._receive(opening)
        if overlay.number:
            self._receive(OverlayChanged(overlay))

    def set_route(self, links: Sequence[LinkId]) -> None:
        """The route from here on; empty withdraws it."""
        self._receive(RouteEvent(tuple(links)))

    def sense(self, conditions: DrivingConditions) -> None:
        """What the vehicle senses of weather and light from here on."""
        self._receive(ConditionsEvent(conditions))

    def step(self, pose: Pose) -> Update | None:
        """The update that answers a pose; None where there is nothing to say."""
        self._now_us = max(self._now_us, pose.pose_time_us)
        wake_us = self._session.wakes_at()
        if wake_us is not None and wake_us <= self._now_us:
            self._session.wake(self._now_us)
        self._receive(PoseEvent(pose))
        return self._take()

    def rest(self) -> Iterator[Update]:
        """What there is to say without another pose: the side paths that one update left to the next."""
        while (update := self._take()) is not None:
            yield update
            self._load_wanted()

    def _take(self) -> Update | None:
        update = self._session.take_update(self._now_us)
        if update is not None:
            self._session.receive(AcknowledgementEvent(update.update_index), self._now_us)
        return update

    def _receive(self, event: Event) -> None:
        """Hands over an event and every tile that it makes the session want."""
        self._session.receive(event, self._now_us)
        self._load_wanted()

    def _load_wanted(self) -> None:
        for _ in range(TILE_ROUNDS_COUNT_MAX):
            wanted = tuple(self._session.wanted_tiles())
            if not wanted:
                return
            for layer, tile_id in wanted:
                tile: Tile | None = None
                reason = ""
                try:
                    tile = self._store.read(layer, tile_id)
                except TileError as error:
                    reason = str(error)
                self._session.receive(TileArrived(layer, tile_id, tile, reason), self._now_us)


def replay(
    store: TileStore,
    poses: Iterable[Pose],
    *,
    opening: Open = REPLAY,
    conditions: DrivingConditions = NOTHING_SENSED,
    route: Sequence[LinkId] = (),
    overlay: Overlay = EMPTY_OVERLAY,
) -> Iterator[Update]:
    """The updates of a recorded drive, in order; poses without news give none."""
    drive = Replay(store, opening, overlay=overlay)
    drive.sense(conditions)
    if route:
        drive.set_route(route)
    for pose in poses:
        update = drive.step(pose)
        if update is not None:
            yield update


def horizon_once(
    store: TileStore,
    pose: Pose,
    *,
    opening: Open = REPLAY,
    conditions: DrivingConditions = NOTHING_SENSED,
    route: Sequence[LinkId] = (),
    overlay: Overlay = EMPTY_OVERLAY,
) -> Reconstructor:
    """The horizon a vehicle would have at this pose, as a client would hold it."""
    held = new_reconstructor(opening)
    drive = Replay(store, opening, overlay=overlay)
    drive.sense(conditions)
    if route:
        drive.set_route(route)
    first = drive.step(pose)
    for update in chain((first,) if first is not None else (), drive.rest()):
        held.apply(update, pose.pose_time_us)
    return held


def new_reconstructor(opening: Open = REPLAY) -> Reconstructor:
    """A client's end that decodes the content of this package's tiles."""
    return Reconstructor(decode_content, decode_zone, opened=opening)


def route_between(
    store: TileStore,
    waypoints: Sequence[Waypoint],
    *,
    vehicle: VehicleProfile = CAR,
    conditions: DrivingConditions = NOTHING_SENSED,
    departure_us: int = 0,
) -> Route:
    """A drivable route, as the service finds it. NoRouteError where there is none, also in a wider corridor.

    `departure_us`: when the vehicle sets out, UTC, for turns that are banned at times; 0 where not known.
    """
    refusal = no_tile()
    network = Network(store.datasets)
    times = TurnTimes(vehicle, market_laws(store), conditions)
    budget = SearchBudget(links_looked_at_count_max(len(waypoints)))
    plan = RoutePlan(network, waypoints, budget, times=times, departure_us=departure_us)
    for tiles in corridors(store.datasets, waypoints):
        for tile_id in sorted(x for x in tiles if x not in network.roads):
            road = store.read_road(tile_id)
            if road is not None:
                network.roads[tile_id] = road
        try:
            return plan.find()
        except NoRouteError as error:
            refusal = error
        if plan.is_whole:
            break
    raise refusal
