"""What a client has received: the state that updates made, and the content that lies in it, decoded when asked for.

Pure like the session: no I/O, no clock. How content is decoded is handed in, so it knows no protobuf. After any
update the state equals the server's; when that is not sure, `needs_resync` says so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from mapprior.errors import RemoteError
from mapprior.geo.polyline import Polyline
from mapprior.horizon.content import HELD_CONTENTS_COUNT_MAX
from mapprior.horizon.digest import MASK64
from mapprior.horizon.events import HeldContent, Open
from mapprior.horizon.granted import Granted
from mapprior.horizon.items import ROOT, Content, Health, HealthState, Key, StreamBasis, Update
from mapprior.horizon.update import CONTENT_TAG, PathItems, State, apply
from mapprior.horizon.vehicle_position import Position
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.lane import LinkLanes
from mapprior.model.link import LinkRoad
from mapprior.model.pose import MatchState
from mapprior.model.profile import SHARED_GROUPS, LinkCarriageway, LinkCurvature, LinkElevation, LinkFeatures
from mapprior.model.provenance import ProfileGroup
from mapprior.model.work_zone import WorkZone
from mapprior.reader.known import Known
from mapprior.reader.passes import NO_PASSES, is_same_road, passes_behind

SNAPSHOT_ASKED_FOR: Final = "a snapshot was asked for"  # a call was opened again: nothing went wrong with the state
STALE_AFTER_MS: Final = 2000
# Where it is not said how a drive was opened: nothing counts as asked for, and a budget may have left out ways.
OPENING_UNKNOWN: Final = Open(layers=frozenset(), tree_bytes_max=1)
WAITING: Final = Position(MatchState.WAITING, "no update yet")
UNACKNOWLEDGED_COUNT_MAX: Final = 64  # updates a server may have sent without having heard of their arrival


# What both directions of a road share, kept as one of them has it.
T = TypeVar("T", bound=Polyline | LinkCurvature | LinkElevation)


@dataclass(frozen=True, slots=True)
class _Named:
    """Content that was named to the server: what its next snapshot leaves out. It comes not later than in the update
    with this index."""

    build_ids: frozenset[str]
    contents: Mapping[Key, Content]
    until_index: int


class Received:
    """Feed `apply` with every update in order; read what is there at any time.

    `opened` is how the drive was opened. Without what was asked for nobody can say what is missing: then only what is
    held is known.
    """

    def __init__(
        self,
        decode: Callable[[EncodedContent], object],
        decode_zone: Callable[[bytes], WorkZone],
        stale_after_ms: int = STALE_AFTER_MS,
        opened: Open = OPENING_UNKNOWN,
    ) -> None:
        self._decode = decode
        self._decode_zone = decode_zone
        self._stale_after_us = stale_after_ms * 1000
        self._state = State()
        self._hash = 0
        self._decoded: dict[Key, object] = {}
        self._turned: dict[Key, object] = {}  # what both directions share, as the other one has it
        self._zones: dict[tuple[str, int], WorkZone] = {}
        self._named: list[_Named] = []  # of the resyncs whose snapshot may still come, the newest last
        self._heard_index = 0  # of the newest update in this call, applied or not
        self._asked_until_index = 0  # all snapshots that were asked for have come by this update
        self.opened = opened
        self._known = Known(opened)
        self._applied_us: int | None = None
        self.passes: Mapping[LinkId, int] = NO_PASSES  # erased behind, of links that lie on a path once more
        self.update_index = 0  # of the last update applied: what to acknowledge; 0 while there is none in this call
        self.pose_time_us = 0  # of the pose that the last update answers
        self.reported: Position = WAITING
        self.health = Health(HealthState.DEGRADED, "no update yet")
        self.granted: Granted | None = None  # of what was asked for; None before the first snapshot
        self.needs_resync = False
        self.resync_reason = ""

    # Updates

    def apply(self, update: Update, now_us: int) -> bool:
        """Whether it was applied. False: ignored while a snapshot is awaited, or `needs_resync` was just set."""
        self._heard_index = update.update_index
        if self._named and self._named[0].until_index < update.update_index:
            self._named = [x for x in self._named if x.until_index >= update.update_index]
        if update.snapshot:
            bases = self._snapshot_bases(update)
        elif self.needs_resync:
            return False
        elif self._applied_us is None:
            return self._lost("the first update was no snapshot")
        elif update.update_index != self.update_index + 1:
            return self._lost(f"update {update.update_index} came after {self.update_index}")
        else:
            bases = iter(((self._state, self._hash),))
        for base, base_hash in bases:
            try:
                state, delta = (
                    apply(base, update.removed, update.items) if update.items or update.removed else (base, 0)
                )
            except RemoteError as error:
                return self._lost(str(error))
            if (base_hash + delta) & MASK64 == update.state_hash:
                break
        else:
            return self._lost(f"the state after update {update.update_index} has another hash than the server's")
        was, before = self._state, self.root
        self._state, self._hash = state, update.state_hash
        if state.paths is not was.paths:
            root = self.root
            known = not update.snapshot or is_same_road(was, root)
            self.passes = passes_behind(self.passes, was, state, before=before if known else None, root=root)
        self._forget_content(update)
        self.update_index = update.update_index
        self.pose_time_us = update.pose_time_us
        self._applied_us = now_us
        self.needs_resync, self.resync_reason = False, ""
        if update.position is not None:
            self.reported = update.position
        if update.health is not None:
            self.health = update.health
        if update.granted is not None:
            self.granted = update.granted
        self._known.applied(update, state, self.reported, withheld=self.health.content_withheld)
        return True

    def held_content(self, *, new_call: bool = False) -> HeldContent | None:
        """What to name in a resync or, with `new_call`, in the open of one; None for nothing. From here on only a
        snapshot is applied, since content sent meanwhile would not be among what was named. Of more than the server
        takes, what lies on the paths is named first, then the newest.

        Several may be asked for before the first one comes: each is applied to what was named for it.
        """
        if new_call:
            self._named, self._heard_index, self._asked_until_index = [], 0, 0
        self.update_index = 0  # nothing to acknowledge until it comes
        self.needs_resync, self.resync_reason = True, self.resync_reason or SNAPSHOT_ASKED_FOR
        # Each resync that reaches the server lets it send as much again.
        until_index = max(self._heard_index, self._asked_until_index) + UNACKNOWLEDGED_COUNT_MAX + 1
        self._asked_until_index = until_index
        basis = self._state.basis
        if basis is None:
            return None
        named = _Named(
            frozenset(r.build_id for r in basis.releases), {x.key: x for x in self._worth_naming()}, until_index
        )
        self._named = [x for x in self._named if x.contents != named.contents] + [named]
        contents = [x.encoded for x in named.contents.values()]
        return HeldContent(named.build_ids, tuple(EncodedContent(x.group, x.link_id, x.digest, b"") for x in contents))

    def _worth_naming(self) -> Iterable[Content]:
        contents = self._state.contents
        if len(contents) <= HELD_CONTENTS_COUNT_MAX:
            return contents.values()
        on_paths = {x.link_id for on_path in self._state.paths.values() for x in on_path.links}
        roads = [road for x in on_paths if (road := self.road(x)) is not None]
        used = on_paths | {x.geometry_link_id for x in roads}  # a twin's geometry may lie under the other's name
        newest = tuple(contents.values())[::-1]
        return sorted(newest, key=lambda x: x.encoded.link_id not in used)[:HELD_CONTENTS_COUNT_MAX]

    def _snapshot_bases(self, update: Update) -> Iterator[tuple[State, int]]:
        """The empty state but for the content named, if its builds are all among those the snapshot stands on. Which
        resync it answers the hash tells; what was named last is the likeliest."""
        basis = next((x for x in update.items if isinstance(x, StreamBasis)), None)
        served = frozenset(r.build_id for r in basis.releases) if basis is not None else frozenset()
        for named in reversed(self._named):
            if named.build_ids <= served:
                held = sum(x.hash64() for x in named.contents.values()) & MASK64
                yield State(contents=named.contents), held
        yield State(), 0

    def _lost(self, reason: str) -> bool:
        self.needs_resync, self.resync_reason = True, reason
        return False

    def _forget_content(self, update: Update) -> None:
        """Drops what was decoded from content that is gone or replaced."""
        if update.snapshot:
            self._decoded.clear()
            self._turned.clear()
            self._zones.clear()
            return
        if not (update.removed or update.items):
            return
        keys = [key for key in update.removed if key[0] == CONTENT_TAG]
        keys += [x.key for x in update.items if isinstance(x, Content)]
        for key in keys:
            self._decoded.pop(key, None)
            self._turned.pop(key, None)
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
        return self._shared(ProfileGroup.GEOMETRY, Polyline, link_id)

    def curvature(self, link_id: LinkId) -> LinkCurvature | None:
        """Curvature and heading of a link in driving direction; None where they are not known or not held."""
        return self._shared(ProfileGroup.CURVATURE, LinkCurvature, link_id)

    def elevation(self, link_id: LinkId) -> LinkElevation | None:
        """Elevation and slope of a link in driving direction; None where they are not known or not held."""
        return self._shared(ProfileGroup.ELEVATION, LinkElevation, link_id)

    def carriageway(self, link_id: LinkId) -> LinkCarriageway | None:
        """What holds on a whole link; None where nothing is known or it is not held."""
        carriageway = self._content(ProfileGroup.CARRIAGEWAY, link_id)
        return carriageway if isinstance(carriageway, LinkCarriageway) else None

    def features(self, link_id: LinkId) -> LinkFeatures | None:
        """What stands along a link; None where nothing is known or it is not held."""
        features = self._content(ProfileGroup.FEATURE, link_id)
        return features if isinstance(features, LinkFeatures) else None

    def knows(self, group: ProfileGroup, link_id: LinkId) -> bool:
        """All that the map has of a group along a link is held; False also where the map has nothing of its layer."""
        owner = link_id
        if group in SHARED_GROUPS or group is ProfileGroup.GEOMETRY:
            road = self.road(link_id)
            if road is None:
                return False  # under which link it lies is not known, whatever is held
            owner = road.geometry_link_id
        return link_id in self._known.links(group) or (CONTENT_TAG, group, owner) in self._state.contents

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

    def _shared(self, group: ProfileGroup, kind: type[T], link_id: LinkId) -> T | None:
        """Content that lies under the link that holds the geometry, in the direction of this one."""
        road = self.road(link_id)
        if road is None:
            return None
        stored = self._content(group, road.geometry_link_id)
        if not isinstance(stored, kind) or road.geometry_link_id == link_id:
            return stored if isinstance(stored, kind) else None
        key: Key = (CONTENT_TAG, group, road.geometry_link_id)
        if key not in self._turned:
            turned = stored.reversed()
            self._turned[key] = turned if isinstance(turned, Polyline) else turned.fitted(road.length_cm)
        found = self._turned[key]
        return found if isinstance(found, kind) else None

    def is_stale(self, now_us: int) -> bool:
        """No update for longer than the client allows, or none at all."""
        return self._applied_us is None or now_us - self._applied_us > self._stale_after_us
