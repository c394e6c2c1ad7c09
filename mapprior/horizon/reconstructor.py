"""The client's end: applies updates and answers questions about the road ahead.

Pure like the session: no I/O, no clock. How content is decoded is handed in, so it knows no protobuf. After any
update its state equals the server's; when it cannot be sure of that it says `needs_resync` and answers nothing.

The map is a prior. Whatever stands here about a temporary sign, a sign that is seen wins.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from mapprior.errors import RemoteError
from mapprior.geo.polyline import Polyline
from mapprior.horizon.ahead import (
    Answer,
    BorderAhead,
    Braking,
    LaneAhead,
    LimitAhead,
    LimitChange,
    ZoneAhead,
    braking,
    limit_change,
)
from mapprior.horizon.content import HELD_CONTENTS_COUNT_MAX
from mapprior.horizon.events import HeldContent
from mapprior.horizon.items import (
    MASK64,
    ROOT,
    Content,
    Health,
    HealthState,
    Key,
    Position,
    PositionCandidate,
    StreamBasis,
    Update,
)
from mapprior.horizon.update import CONTENT_TAG, PathItems, State, apply
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.lane import LinkLanes
from mapprior.model.limit import EffectiveLimit
from mapprior.model.link import LinkRoad
from mapprior.model.pose import MatchState
from mapprior.model.provenance import ProfileGroup
from mapprior.model.work_zone import WorkZone, WorkZoneState

STALE_AFTER_MS: Final = 2000
DECELERATION_MPS2: Final = 1.5  # what passengers take for comfortable
WHOLE_PATH_M: Final = 1e7  # farther than any path reaches
WAITING: Final = Position(MatchState.WAITING, "no update yet")

T = TypeVar("T")


class Reconstructor:
    """Feed `apply` with every update in order; ask at any time.

    Every query takes `travelled_m`, the distance driven since the pose of the last update, and `now_us`, the
    monotonic time of the question (None: the moment of the last update). It returns None while there is no state
    to answer from: before the first snapshot, and from a gap or a wrong hash to the next snapshot.
    Queries look along the path of the likeliest place. What is unknown is missing from the answer or says so.
    """

    def __init__(
        self,
        decode: Callable[[EncodedContent], object],
        decode_zone: Callable[[bytes], WorkZone],
        stale_after_ms: int = STALE_AFTER_MS,
    ) -> None:
        self._decode = decode
        self._decode_zone = decode_zone
        self._stale_after_us = stale_after_ms * 1000
        self._state = State()
        self._hash = 0
        self._decoded: dict[Key, object] = {}
        self._lines: dict[LinkId, Polyline] = {}
        self._zones: dict[tuple[str, int], WorkZone] = {}
        self._named: HeldContent | None = None
        self._applied_us: int | None = None
        self.update_index = 0  # of the last update applied: what to acknowledge; 0 while there is none in this call
        self.pose_time_us = 0  # of the pose that the last update answers
        self.reported: Position = WAITING
        self.health = Health(HealthState.DEGRADED, "no update yet")
        self.needs_resync = False
        self.resync_reason = ""

    # Updates

    def apply(self, update: Update, now_us: int) -> bool:
        """Whether it was applied. False: ignored while a snapshot is awaited, or `needs_resync` was just set."""
        if update.snapshot:
            base, base_hash = self._snapshot_base(update)
        elif self.needs_resync:
            return False
        elif self._applied_us is None:
            return self._lost("the first update was no snapshot")
        elif update.update_index != self.update_index + 1:
            return self._lost(f"update {update.update_index} came after {self.update_index}")
        else:
            base, base_hash = self._state, self._hash
        try:
            state, delta = apply(base, update.removed, update.items) if update.items or update.removed else (base, 0)
        except RemoteError as error:
            return self._lost(str(error))
        if (base_hash + delta) & MASK64 != update.state_hash:
            return self._lost(f"the state after update {update.update_index} has another hash than the server's")
        self._state, self._hash = state, update.state_hash
        self._forget_content(update)
        self.update_index = update.update_index
        self.pose_time_us = update.pose_time_us
        self._applied_us = now_us
        self.needs_resync, self.resync_reason = False, ""
        if update.position is not None:
            self.reported = update.position
        if update.health is not None:
            self.health = update.health
        return True

    def held_content(self) -> HeldContent | None:
        """What to name in a resync or in the open of a new call; None for nothing. From here on only a snapshot is
        applied, since content sent meanwhile would not be among what was named. Of more than the server takes,
        what lies on the paths is named first, then the newest."""
        basis = self._state.basis
        if basis is None:
            self._named = None
        else:
            contents = tuple(
                EncodedContent(x.encoded.group, x.encoded.link_id, x.encoded.digest, b"") for x in self._worth_naming()
            )
            self._named = HeldContent(frozenset(r.build_id for r in basis.releases), contents)
        self.update_index = 0  # a new call counts anew
        self.needs_resync, self.resync_reason = True, self.resync_reason or "a snapshot was asked for"
        return self._named

    def _worth_naming(self) -> Iterable[Content]:
        contents = self._state.contents
        if len(contents) <= HELD_CONTENTS_COUNT_MAX:
            return contents.values()
        on_paths = {x.link_id for on_path in self._state.paths.values() for x in on_path.links}
        roads = [road for x in on_paths if (road := self.road(x)) is not None]
        used = on_paths | {x.geometry_link_id for x in roads}  # a twin's geometry may lie under the other's name
        newest = tuple(contents.values())[::-1]
        return sorted(newest, key=lambda x: x.encoded.link_id not in used)[:HELD_CONTENTS_COUNT_MAX]

    def _snapshot_base(self, update: Update) -> tuple[State, int]:
        """The empty state but for the content named, if its builds are all among those the snapshot stands on."""
        basis = next((x for x in update.items if isinstance(x, StreamBasis)), None)
        served = frozenset(r.build_id for r in basis.releases) if basis is not None else frozenset()
        if self._named is None or not self._named.build_ids <= served:
            return State(), 0
        contents = {x.key: self._state.contents[x.key] for x in map(Content, self._named.contents)}
        return State(contents=contents), sum(x.hash64() for x in contents.values()) & MASK64

    def _lost(self, reason: str) -> bool:
        self.needs_resync, self.resync_reason = True, reason
        return False

    def _forget_content(self, update: Update) -> None:
        """Drops what was decoded from content that is gone or replaced."""
        if update.snapshot:
            self._named = None
            self._decoded.clear()
            self._lines.clear()
            self._zones.clear()
            return
        if not (update.removed or update.items):
            return
        keys = [key for key in update.removed if key[0] == CONTENT_TAG]
        keys += [x.key for x in update.items if isinstance(x, Content)]
        for key in keys:
            self._decoded.pop(key, None)
            if key[1] == ProfileGroup.GEOMETRY:
                self._lines.clear()
        known = {(x.work_zone_id, x.digest) for x in self._state.zones.values()}
        self._zones = {key: zone for key, zone in self._zones.items() if key in known}

    # What is there

    @property
    def state(self) -> State:
        return self._state

    @property
    def basis(self) -> StreamBasis | None:
        return self._state.basis

    @property
    def answers(self) -> bool:
        """There is a state to answer from."""
        return self._applied_us is not None and not self.needs_resync

    @property
    def root(self) -> PathItems | None:
        """The path the vehicle is on; None where it is on none."""
        return next((p for p in self._state.paths.values() if p.path.parent_path_id == ROOT), None)

    def road(self, link_id: LinkId) -> LinkRoad | None:
        """What a link is; None where its content is not held."""
        road = self._content(ProfileGroup.ROAD, link_id)
        return road if isinstance(road, LinkRoad) else None

    def lanes(self, link_id: LinkId) -> LinkLanes | None:
        """Lanes of a link; None where it has none or they are not held."""
        lanes = self._content(ProfileGroup.LANE, link_id)
        return lanes if isinstance(lanes, LinkLanes) else None

    def line(self, link_id: LinkId) -> Polyline | None:
        """The link's line in driving direction; None where its content is not held."""
        line = self._lines.get(link_id)
        if line is None and (road := self.road(link_id)) is not None:
            stored = self._content(ProfileGroup.GEOMETRY, road.geometry_link_id)
            if isinstance(stored, Polyline):
                line = stored if road.geometry_link_id == link_id else stored.reversed()
                self._lines[link_id] = line
        return line

    def zone(self, work_zone_id: str) -> WorkZone | None:
        content = self._state.zones.get(work_zone_id)
        if content is None:
            return None
        key = (work_zone_id, content.digest)
        if key not in self._zones:
            self._zones[key] = self._decode_zone(content.payload)
        return self._zones[key]

    def _content(self, group: ProfileGroup, link_id: LinkId) -> object | None:
        key: Key = (CONTENT_TAG, group, link_id)
        if key not in self._decoded:
            content = self._state.contents.get(key)
            if content is None:
                return None
            self._decoded[key] = self._decode(content.encoded)
        return self._decoded[key]

    # Questions

    def is_stale(self, now_us: int) -> bool:
        """No update for longer than the client allows, or none at all."""
        return self._applied_us is None or now_us - self._applied_us > self._stale_after_us

    def position(self, *, travelled_m: float = 0.0, now_us: int | None = None) -> Answer[PositionCandidate] | None:
        """The likeliest place, advanced along its path by what was driven since; None also where it is on no path."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, candidate = here
        at_cm = min(offset_cm, on_path.path.end_offset_cm)
        link = next((x for x in reversed(on_path.links) if x.start_offset_cm <= at_cm), None)
        moved = PositionCandidate(
            candidate.path_id,
            at_cm,
            candidate.link_id if link is None else link.link_id,
            candidate.link_offset_cm if link is None else at_cm - link.start_offset_cm,
            candidate.lateral_cm,
            candidate.heading_error_mrad,
            candidate.probability_permille,
        )
        return self._answer(moved, now_us)

    def limits_ahead(
        self, length_m: float, *, lane_index: int | None = None, travelled_m: float = 0.0, now_us: int | None = None
    ) -> Answer[tuple[LimitAhead, ...]] | None:
        """Limits from the vehicle on over `length_m`, in order; the last is cut there, or at the end of the path.

        With `lane_index`, from the left in driving direction, those of that lane; neighbours may then say the same.
        """
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, _ = here
        reach_cm = offset_cm + round(length_m * 100)
        ahead = tuple(
            LimitAhead(
                max(0, x.start_offset_cm - offset_cm) / 100,
                (min(x.end_offset_cm, reach_cm) - offset_cm) / 100,
                x.limit if lane_index is None else x.limit.on_lane(lane_index),
            )
            for x in on_path.limits
            if x.end_offset_cm > offset_cm and x.start_offset_cm < reach_cm
        )
        return self._answer(ahead, now_us)

    def limit_now(
        self, *, lane_index: int | None = None, travelled_m: float = 0.0, now_us: int | None = None
    ) -> Answer[EffectiveLimit | None] | None:
        """The limit at the vehicle; a value of None past the end of the path."""
        ahead = self.limits_ahead(0.01, lane_index=lane_index, travelled_m=travelled_m, now_us=now_us)
        return None if ahead is None else Answer(ahead.value[0].limit if ahead.value else None, ahead.stale)

    def next_limit_change(
        self,
        *,
        deceleration_mps2: float = DECELERATION_MPS2,
        speed_mps: float | None = None,
        cautious: bool = False,
        lane_index: int | None = None,
        travelled_m: float = 0.0,
        now_us: int | None = None,
    ) -> Answer[LimitChange | None] | None:
        """The next other limit, and in how many metres to start braking for it at this deceleration.

        Without `speed_mps` the vehicle is taken to drive at the limit it is under. `cautious`: where something is
        undecided the lowest number that may hold counts. A value of None: none changes on the path known.
        """
        _check_deceleration(deceleration_mps2)
        ahead = self.limits_ahead(WHOLE_PATH_M, lane_index=lane_index, travelled_m=travelled_m, now_us=now_us)
        if ahead is None:
            return None
        change = limit_change(ahead.value, from_mps=speed_mps, deceleration_mps2=deceleration_mps2, cautious=cautious)
        return Answer(change, ahead.stale)

    def next_braking(
        self,
        *,
        deceleration_mps2: float = DECELERATION_MPS2,
        speed_mps: float | None = None,
        cautious: bool = False,
        lane_index: int | None = None,
        travelled_m: float = 0.0,
        now_us: int | None = None,
    ) -> Answer[Braking | None] | None:
        """Where braking must begin for any lower limit on the path, the next or a later one; arguments as in
        `next_limit_change`. A value of None: nothing known ahead is lower, or it is not known from what speed."""
        _check_deceleration(deceleration_mps2)
        ahead = self.limits_ahead(WHOLE_PATH_M, lane_index=lane_index, travelled_m=travelled_m, now_us=now_us)
        if ahead is None:
            return None
        begin = braking(ahead.value, from_mps=speed_mps, deceleration_mps2=deceleration_mps2, cautious=cautious)
        return Answer(begin, ahead.stale)

    def next_switch(
        self, *, length_m: float = WHOLE_PATH_M, travelled_m: float = 0.0, now_us: int | None = None
    ) -> Answer[LimitAhead | None] | None:
        """The limit ahead that time alone will change first, at its `limit.next_change_us`; a value of None: none."""
        ahead = self.limits_ahead(length_m, travelled_m=travelled_m, now_us=now_us)
        if ahead is None:
            return None
        timed = [x for x in ahead.value if x.limit.next_change_us]
        return Answer(min(timed, key=lambda x: x.limit.next_change_us, default=None), ahead.stale)

    def distance_to_zone(
        self, *, travelled_m: float = 0.0, now_us: int | None = None
    ) -> Answer[ZoneAhead | None] | None:
        """The first work zone ahead that is not known to be over, whatever its state; a value of None: none on the
        path known."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, _ = here
        ahead = [x for x in on_path.zones if x.end_offset_cm > offset_cm and x.state is not WorkZoneState.ENDED]
        for x in sorted(ahead, key=lambda x: x.start_offset_cm):
            zone = self.zone(x.work_zone_id)
            if zone is not None:
                start_m = max(0, x.start_offset_cm - offset_cm) / 100
                return self._answer(ZoneAhead(start_m, (x.end_offset_cm - offset_cm) / 100, x, zone), now_us)
        return self._answer(None, now_us)

    def border_ahead(self, *, travelled_m: float = 0.0, now_us: int | None = None) -> Answer[BorderAhead | None] | None:
        """The next border of a market; a value of None: none on the path known."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, _ = here
        border = next((x for x in on_path.borders if x.offset_cm >= offset_cm), None)
        return self._answer(
            None if border is None else BorderAhead((border.offset_cm - offset_cm) / 100, border), now_us
        )

    def lanes_ahead(
        self, length_m: float, *, travelled_m: float = 0.0, now_us: int | None = None
    ) -> Answer[tuple[LaneAhead, ...]] | None:
        """Every lane of every section that reaches into the stretch, by start, from the left. Where there are none,
        the coverage says why."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, _ = here
        reach_cm = offset_cm + round(length_m * 100)
        return self._answer(
            tuple(
                x
                for x in self._lanes_on(on_path, offset_cm)
                if x.end_m > 0.0 and x.start_m * 100 < reach_cm - offset_cm
            ),
            now_us,
        )

    def _lanes_on(self, on_path: PathItems, offset_cm: int) -> Iterator[LaneAhead]:
        for link in on_path.links:
            lanes = self.lanes(link.link_id)
            for section in lanes.sections if lanes is not None else ():
                start_m = (link.start_offset_cm + section.start_cm - offset_cm) / 100
                end_m = (link.start_offset_cm + section.end_cm - offset_cm) / 100
                for index, lane in enumerate(section.lanes):
                    assert lanes is not None
                    yield LaneAhead(start_m, end_m, link.link_id, index, lane, lanes.basis)

    def _here(self, travelled_m: float) -> tuple[PathItems, int, PositionCandidate] | None:
        """(path of the likeliest place that is on one, offset now, that place)."""
        if not self.answers:
            return None
        for candidate in self.reported.candidates:
            on_path = self._state.paths.get(candidate.path_id)
            if on_path is not None:
                return on_path, candidate.offset_cm + round(travelled_m * 100), candidate
        return None

    def _answer(self, value: T, now_us: int | None) -> Answer[T]:
        return Answer(value, now_us is not None and self.is_stale(now_us))


def _check_deceleration(deceleration_mps2: float) -> None:
    if deceleration_mps2 <= 0.0:
        raise ValueError(f"deceleration_mps2 {deceleration_mps2} is not above 0")
