"""The electronic horizon of one drive, without I/O and without a clock.

Events go in with `receive`; `wanted_tiles` says which tiles it lacks; `take_update` gives what is to be sent now;
`wakes_at` and `wake` are its only timer. The caller does all the waiting, so the same core runs in a service, on
board and in replay. `now_us` is any monotonic time in microseconds.

Fresh, not queued: a difference is made when it is taken, against what was taken last, so states in between are
never sent. Update indexes have no gap; at most `unacknowledged_updates_max` updates are in flight.

Positions and routes live in this object only; no error or reason says where the vehicle is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from mapprior.errors import LimitError, OrderError, RequestError, TileError
from mapprior.horizon.basis import stream_basis
from mapprior.horizon.doubt import Doubt, is_nearly_alone
from mapprior.horizon.drive_health import BAD_CONTENT, drive_health
from mapprior.horizon.drive_limits import DriveLaw, DriveLimits
from mapprior.horizon.drive_time import DriveTime
from mapprior.horizon.events import (
    AcknowledgementEvent,
    ConditionsEvent,
    Event,
    HeldContent,
    Open,
    OverlayChanged,
    PoseEvent,
    ResyncEvent,
    RouteEvent,
    TileArrived,
)
from mapprior.horizon.granted import Granted
from mapprior.horizon.items import Health, HealthState, Item, Key, StreamBasis, Update
from mapprior.horizon.lane_of_travel import LaneOfTravel
from mapprior.horizon.lengths import Lengths
from mapprior.horizon.position import departure_from, departure_on, position_on
from mapprior.horizon.sent import Sent
from mapprior.horizon.spans import LaidZones, PathSpans, next_zone_change_us
from mapprior.horizon.subscriptions import NEVER_US, Subscriptions
from mapprior.horizon.tiles import DriveTiles
from mapprior.horizon.told_speed import ToldSpeed
from mapprior.horizon.tree import PathTree
from mapprior.horizon.turn_clock import TurnClock
from mapprior.horizon.update import State
from mapprior.match.position import MatchResult
from mapprior.match.running import RunningMatch
from mapprior.model.ids import LinkId, TileId
from mapprior.model.network import DatasetInfo, Network
from mapprior.model.pose import DrivingConditions, MatchState, Pose
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import EMPTY_OVERLAY, Overlay

NO_LAWS: Final[Mapping[int, DriveLaw]] = {}
NO_LINKS: Final[frozenset[LinkId]] = frozenset()
ROUTE_LINKS_COUNT_MAX: Final = 20_000  # read and laid in some tens of milliseconds, which others wait for
# The paths of a vehicle that is on no road any more go after this long.
LOST_US: Final = 1_000_000
# Without a pose that asks for an update, side paths that are still to be laid follow after so long.
SIDE_PATHS_AFTER_US: Final = 100_000

_FOUND: Final = (MatchState.TRACKING, MatchState.AMBIGUOUS)


class Session:
    """One drive over the releases given. RequestError and its kinds mean that the client broke the protocol.

    `laws` are those of the releases' markets by dataset id; where one is missing, what law says stays unknown.
    """

    # More attributes than a class without slots keeps compactly: a kilobyte less per drive.
    # fmt: off
    __slots__ = (
        "_acknowledged_index", "_bad_content", "_basis", "_candidate_links", "_change_us", "_datasets", "_doubt",
        "_found_time_us", "_health", "_lane", "_laws", "_limits", "_market_pack_digest", "_match",
        "_network", "_open", "_overlay", "_pose", "_position_due", "_position_interval_us", "_result", "_sent",
        "_sent_health", "_sent_us", "_side_paths_due", "_silence_us", "_spans", "_state_due", "_tiles", "_time",
        "_told_speed", "_tree", "_turns", "_tzdata_version", "_update_index",
    )
    # fmt: on

    def __init__(
        self,
        *,
        datasets: Iterable[DatasetInfo],
        market_pack_digest: str,
        tzdata_version: str,
        laws: Mapping[int, DriveLaw] = NO_LAWS,
    ) -> None:
        self._datasets = tuple(datasets)
        self._laws = laws
        self._market_pack_digest = market_pack_digest
        self._tzdata_version = tzdata_version
        self._open: Open | None = None
        self._overlay: Overlay = EMPTY_OVERLAY

    # Events

    def receive(self, event: Event, now_us: int) -> None:
        """Takes one event. OrderError: a pose, route, acknowledgement or resync before open, or a second open."""
        if type(event) is PoseEvent:
            self._receive_pose(event, now_us)
        else:
            _HANDLERS[type(event)](self, event, now_us)

    def _receive_open(self, event: Open, now_us: int) -> None:
        if self._open is not None:
            raise OrderError("open came twice; it comes once, first")
        self._open = event
        self._network = network = Network(self._datasets)
        self._match = RunningMatch(network)
        self._lane = LaneOfTravel(network)
        self._limits = DriveLimits(network, event.vehicle, self._laws, DrivingConditions())
        subscriptions = Subscriptions(event)
        root_only = {x.group for x in event.subscriptions if x.root_only}
        self._turns = TurnClock(self._limits)
        self._tree = PathTree(
            network,
            Lengths.of(event),
            side_levels_count=event.side_levels_count,
            tree_bytes_max=event.tree_bytes_max,
            side_groups=[x for x in subscriptions.groups if x not in root_only],
            turns=self._turns,
        )
        self._spans = PathSpans(network, limits=self._limits, layers=subscriptions.layers)
        # What was sent
        self._sent = Sent(network, event, subscriptions)
        self._tiles = DriveTiles(network, subscriptions.layers, tile_goes=self._sent.tile_goes)
        self._silence_us = event.silence_ms_max * 1000
        self._position_interval_us = min(event.position_interval_ms_min, event.silence_ms_max) * 1000
        self._update_index = 0
        self._acknowledged_index = 0
        self._sent_us = now_us
        self._sent_health: Health | None = None
        # What there is to send
        self._state_due = True
        self._position_due = True
        self._side_paths_due = False  # the step sent last left some to be laid
        # The drive
        self._pose: Pose | None = None
        self._told_speed = ToldSpeed()
        self._time = DriveTime(replay=event.replay, now_us=now_us)
        self._result: MatchResult | None = None
        self._candidate_links = NO_LINKS
        self._doubt = Doubt(self._limits, self._tree)
        self._found_time_us = 0  # pose time at which the vehicle was last on a road
        self._change_us: int | None = None  # drive time at which a zone or a limit may change by itself
        # Health
        self._bad_content = False
        self._health = Health(HealthState.OK)
        self._basis = self._new_basis()
        self._hold(event.held)

    def _receive_pose(self, event: PoseEvent, now_us: int) -> None:
        if self._open is None:
            raise OrderError("a pose came before open")
        pose = event.pose
        if pose.acknowledged_update_index > self._acknowledged_index:
            self._acknowledge(pose.acknowledged_update_index)
        time = self._time
        late, skewed, stopped = time.late, time.skewed, time.stopped
        in_order = time.take(event, now_us)
        if not in_order or time.late is not late or time.skewed is not skewed:
            self._judge_health()
        if time.skewed is not skewed or time.stopped is not stopped:
            self._limits_changed()
        if not in_order:
            return
        self._pose = pose
        self._position_due = True
        self._told_speed.take(pose)
        if pose.lat_e7 is not None and pose.lon_e7 is not None and self._tiles.moved(pose.lat_e7, pose.lon_e7):
            self._judge_health()
        self._step(pose)
        if pose.speed_mps is not None and self._told_speed.mps > self._tree.faster_mps:
            self._lay_farther()
        if self._change_us is not None and time.pose_time_us >= self._change_us:
            self._change_due(time.pose_time_us)

    def _receive_route(self, event: RouteEvent, _: int) -> None:
        self._check_open("a route")
        if len(event.links) > ROUTE_LINKS_COUNT_MAX:
            raise LimitError(f"a route of {len(event.links)} links; at most {ROUTE_LINKS_COUNT_MAX}")
        self._match.set_route(event.links)
        self._lay_anew(lambda: self._tree.set_route(event.links))

    def _receive_conditions(self, event: ConditionsEvent, _: int) -> None:
        self._check_open("driving conditions")
        if self._limits.sense(event.conditions):
            self._limits_changed()

    def _receive_acknowledgement(self, event: AcknowledgementEvent, _: int) -> None:
        self._check_open("an acknowledgement")
        self._acknowledge(event.update_index)

    def _receive_resync(self, event: ResyncEvent, _: int) -> None:
        self._check_open("a resync")
        self._acknowledged_index = self._update_index  # what is in flight will be ignored
        self._hold(event.held)

    def _receive_tile(self, event: TileArrived, _: int) -> None:
        self._check_open("a tile")
        self._tiles.put(event)
        self._spans.tile_changed(event.layer, event.tile_id)
        if event.layer is not Layer.L0:
            self._sent.tile_came(event.tile_id)
            self._state_due = True
            if event.layer is Layer.L2 and event.tile is not None:
                self._lay_anew(lambda: self._tree.lanes_came(event.tile_id))
        elif event.tile_id in self._tree.awaits:
            self._lay_anew(lambda: self._tree.tile_came(event.tile_id))
        self._judge_health()
        if self._pose is not None and event.layer is Layer.L0 and event.tile_id in self._match.missing_tiles:
            self._step(self._pose)  # the pose that could not be matched without this tile
            self._position_due = True

    def _receive_overlay(self, event: OverlayChanged, _: int) -> None:
        self._overlay = event.overlay
        if self._open is not None:
            self._basis = self._new_basis()
            self._state_due = True

    def _check_open(self, what: str) -> None:
        if self._open is None:
            raise OrderError(f"{what} came before open")

    # What to do next

    def wanted_tiles(self) -> Sequence[tuple[Layer, TileId]]:
        """Tiles it lacks, most urgent first; each is to be answered with TileArrived, once."""
        return self._tiles.wanted if self._open is not None else ()

    def wakes_at(self) -> int | None:
        """Monotonic time at which `wake` is due: a heartbeat, a position or content that was to wait, or a zone or
        limit that changes; None for never."""
        opened = self._open
        if opened is None:
            return None
        wake_us = NEVER_US
        if self._update_index - self._acknowledged_index < opened.unacknowledged_updates_max:
            # with each pose, at interval 0, the pose itself is what wakes
            waits = self._position_due and self._position_interval_us
            silent_us = self._position_interval_us if waits else self._silence_us
            wake_us = min(self._sent_us + silent_us, self._sent.content_due_us)
            if self._side_paths_due:
                wake_us = min(wake_us, self._sent_us + SIDE_PATHS_AFTER_US)
        if self._change_us is not None and self._time.pose_time_us:
            wake_us = min(wake_us, self._time.pose_now_us + self._change_us - self._time.pose_time_us)
        return None if wake_us == NEVER_US else wake_us

    def wake(self, now_us: int) -> None:
        """The time `wakes_at` named has come; `take_update` may have something to give."""
        if self._change_us is not None and self._time.at(now_us) >= self._change_us:
            self._change_due(self._time.at(now_us))

    def take_update(self, now_us: int) -> Update | None:
        """What to send now; None where there is nothing new, it is to wait, or too much is in flight."""
        opened = self._open
        if opened is None or self._update_index - self._acknowledged_index >= opened.unacknowledged_updates_max:
            return None
        if self._side_paths_due:
            self._lay_anew(self._tree.lay_on)
        removed: tuple[Key, ...] = ()
        items: tuple[Item, ...] = ()
        sent, snapshot = self._sent, self._sent.snapshot_due
        if self._state_due or now_us >= sent.content_due_us:
            removed, items = self._difference(now_us)
        news = items or removed or snapshot or self._health is not self._sent_health
        silent_us = self._position_interval_us if self._position_due else self._silence_us
        if not news and now_us - self._sent_us < silent_us:
            return None
        health = self._health if self._health is not self._sent_health else None
        self._position_due = False
        self._sent_us, self._sent_health = now_us, self._health
        self._update_index += 1
        lanes, time_us = self._lane.at(self._pose, self._result), self._time.pose_time_us
        position = position_on(self._tree, self._result, lanes, road_in_doubt=self._is_doubtful)
        granted = Granted.of(opened) if snapshot else None
        return Update(self._update_index, snapshot, time_us, position, health, items, removed, sent.state_hash, granted)

    def state(self) -> State:
        """What the client holds once it has applied every update taken; content without payloads."""
        return self._sent.state()

    # The drive

    def _step(self, pose: Pose) -> None:
        """Matches the pose; on another link, or another state, the paths follow."""
        was = self._result
        try:
            self._result = result = self._match.step(pose)
            steady = (
                result.state is MatchState.TRACKING
                and was is not None
                and was.state is MatchState.TRACKING
                and not self._doubt.holds
                and result.candidates[0].link_id == self._tree.link_id
                and is_nearly_alone(result)
            )
            if steady:
                self._found_time_us = self._time.pose_time_us
            else:
                self._follow(result)
            lane_shares = self._lane.judge(pose, result, self._tree.link_id)
            if lane_shares is not self._tree.lane_shares:
                self._lay_for_lane(lane_shares)
        except TileError:
            self._match.forget()
            self._result = MatchResult(MatchState.WAITING, BAD_CONTENT, (), ())
            self._lose_paths()

    def _follow(self, result: MatchResult) -> None:
        time_us = self._time.pose_time_us
        self._tiles.missed(self._match.missing_tiles if result.state is MatchState.WAITING else ())
        if result.state in _FOUND:
            self._found_time_us = time_us
            self._bad_content = False
            self._lead(result)
        elif self._tree.paths and time_us - self._found_time_us >= LOST_US:
            self._clear_paths()
        if self._doubt.judge(result, time_us, laid=bool(self._tree.paths)):
            self._state_due = True

    def _lead(self, result: MatchResult) -> None:
        """The paths follow the likeliest place; while the match is ambiguous they stay with the root if they can."""
        first = result.candidates[0].link_id
        held = NO_LINKS
        if result.state is MatchState.AMBIGUOUS:
            held = frozenset(x.link_id for x in result.candidates)
            first = next((x.link_id for x in result.candidates if self._tree.is_on_root(x.link_id)), first)
        if first != self._tree.link_id or held != self._candidate_links:
            self._candidate_links = held
            self._set_out(first, self._time.pose_time_us)
            speed_mps = self._told_speed.at(self._time.pose_time_us)
            self._tree.follow(first, driven=result.passed[:-1], held=held, speed_mps=speed_mps)
            self._paths_changed()

    def _set_out(self, link_id: LinkId | None, time_us: int) -> None:
        """Turns ahead are judged for a vehicle that is on this link, at this time."""
        believed = not self._time.skewed
        self._turns.departure = departure_from(link_id, self._result, self._pose, time_us, clock_believed=believed)

    @property
    def _is_doubtful(self) -> bool:
        return self._doubt.holds or (self._time.stopped and bool(self._tree.paths))

    def _lay_anew(self, change: Callable[[], None], time_us: int = 0) -> None:
        """Changes the tree; the tile layer may find out only now that what it decodes makes no sense. The time is that
        of the newest pose unless given."""
        self._set_out(self._tree.link_id, time_us or self._time.pose_time_us)
        try:
            change()
            self._paths_changed()
        except TileError:
            self._lose_paths()

    # Of their own: a function that makes one of these keeps all its names in an object, with every pose.

    def _lay_farther(self) -> None:
        self._lay_anew(lambda: self._tree.drive_at(self._told_speed.mps))

    def _lay_for_lane(self, lane_shares: Mapping[int, float] | None) -> None:
        self._lay_anew(lambda: self._tree.keep_lane(lane_shares))

    def _lose_paths(self) -> None:
        self._bad_content = True
        self._clear_paths()

    def _limits_changed(self) -> None:
        self._spans.limits_changed()
        self._lay_anew(self._tree.judge_turns)

    def _change_due(self, time_us: int) -> None:
        self._change_us = None  # found anew with the difference
        self._state_due = True
        if self._turns.due_us is not None and time_us >= self._turns.due_us:
            self._lay_anew(self._tree.judge_turns, time_us)

    def _clear_paths(self) -> None:
        self._tree.clear()
        self._paths_changed()

    def _paths_changed(self) -> None:
        self._state_due = True
        self._side_paths_due = False
        self._tiles.laid(self._tree)
        self._judge_health()

    # What is sent

    def _difference(self, now_us: int) -> tuple[tuple[Key, ...], tuple[Item, ...]]:
        """The step from what was sent to what is now; it counts as sent from here on."""
        self._state_due = False
        self._side_paths_due = self._tree.unfinished
        time_us = self._time.at(now_us)
        believed = not self._time.skewed
        zones = LaidZones(self._overlay, time_us, believed)
        departure = departure_on(self._tree, self._result, self._pose, time_us, clock_believed=believed)
        paths = self._spans.lay(self._tree.paths, departure=departure, zones=zones, doubtful=self._is_doubtful)
        zone_us = next_zone_change_us(paths.values(), zones) if self._overlay.by_link else None
        changes = [zone_us, self._spans.due_us, self._turns.due_us]
        self._change_us = min((x for x in changes if x is not None), default=None)
        sent, withheld_count = self._sent, self._sent.withheld_count
        step = sent.step(paths, overlay=self._overlay, basis=self._basis, from_cm=self._tree.link_end_cm, now_us=now_us)
        if sent.withheld_count != withheld_count:
            self._judge_health()
        return step

    def _hold(self, held: HeldContent | None) -> None:
        """A snapshot is due, to a client that holds this content, if its releases are all served here."""
        self._sent.restart(held, frozenset(x.build_id for x in self._datasets))
        self._sent_health = None
        self._state_due = True

    def _new_basis(self) -> StreamBasis:
        return stream_basis(
            self._datasets,
            market_pack_digest=self._market_pack_digest,
            tzdata_version=self._tzdata_version,
            overlay_number=self._overlay.number,
        )

    # Judgement

    def _judge_health(self) -> None:
        withheld = self._sent.withheld_count > 0
        health = drive_health(self._time, self._tiles, withheld=withheld, bad_content=self._bad_content)
        if health != self._health:
            self._health = health

    def _acknowledge(self, index: int) -> None:
        if index > self._update_index:
            raise RequestError(f"update {index} is acknowledged; the newest sent is {self._update_index}")
        self._acknowledged_index = max(index, self._acknowledged_index)


_HANDLERS: Final[dict[type, Callable[[Session, Any, int], None]]] = {
    Open: Session._receive_open,
    RouteEvent: Session._receive_route,
    ConditionsEvent: Session._receive_conditions,
    AcknowledgementEvent: Session._receive_acknowledgement,
    ResyncEvent: Session._receive_resync,
    TileArrived: Session._receive_tile,
    OverlayChanged: Session._receive_overlay,
}
