"""The horizon as flat, path-relative records, for consumers that were built for such.

The words are the public ones of the field: a *position* on a path; *segments* that make up a path; *stubs* where other
paths leave it; *profile* entries, each a value over *offset*. Offsets are whole centimetres of their path and stay as
they are while the path lives. `FlatView` gives what changed since it was last asked, so that a consumer is fed as by a
horizon provider on a bus.

This is a view in the shape of ADASIS, by its public terms. Conformance to any version of it is not claimed: messages,
encodings and value tables are this package's own.

What no record covers is not known; nothing is invented to fill a gap. Every record of a value has its basis.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import groupby
from typing import Final

from mapprior.horizon.items import ROOT, Key
from mapprior.horizon.update import PathItems, State
from mapprior.model.ids import PathId
from mapprior.model.limit import EffectiveLimit, LimitKind
from mapprior.model.profile import Interpolation, JunctionKind, LinkFeature
from mapprior.model.provenance import Basis
from mapprior.reader.course import Course, whole_path
from mapprior.reader.curve_speed import curve_speeds
from mapprior.reader.features import features_on
from mapprior.reader.junctions import junctions
from mapprior.reader.profile_kinds import PROFILES, ProfileKind
from mapprior.reader.profiles import ProfileValue, spans_on
from mapprior.reader.received import Received

# CURVE_SPEED needs an acceleration, which is the client's to choose.
KINDS: Final = frozenset(ProfileKind) - {ProfileKind.CURVE_SPEED}
NO_BOUND: Final = "NO_BOUND"  # text of a CURVE_SPEED without value: what no record covers is not known


class ChangeKind(IntEnum):
    NEW = 1
    CHANGED = 2
    REMOVED = 3


@dataclass(frozen=True, slots=True)
class PositionRecord:
    """Where the vehicle most likely is. Sigmas are 0, and the lane -1, where not known."""

    path_id: int
    offset_cm: int
    pose_time_us: int
    lateral_cm: int
    heading_error_mrad: int | None  # None: the heading is not known
    probability_permille: int
    offset_sigma_cm: int
    lateral_sigma_cm: int
    lane_index: int
    lane_probability_permille: int

    @property
    def key(self) -> Key:
        return 0, "POSITION"


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A stretch of a path between two nodes of the map."""

    path_id: int
    offset_cm: int
    end_offset_cm: int
    source: str  # stable reference; empty while it is not told

    @property
    def key(self) -> Key:
        return self.path_id, "SEGMENT", self.offset_cm


@dataclass(frozen=True, slots=True)
class StubRecord:
    """Another path leaves here. `probability_ppm` is the chance of driving there, from where the vehicle is now."""

    path_id: int
    offset_cm: int
    sub_path_id: int
    probability_ppm: int
    turn_angle_mrad: int  # positive to the left

    @property
    def key(self) -> Key:
        return self.path_id, "STUB", self.offset_cm, self.sub_path_id


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """A value over [offset_cm, end_offset_cm), or at offset_cm where both are one.

    `kind` is the name of a ProfileKind, `FEATURE_` and that of a FeatureKind, or `WORK_ZONE`. `value` is a number in
    the profile's unit (`PROFILES`), 0 or 1 for a truth, None where `text` says it. `end_value` is for LINEAR alone. A
    limit that is not `certain` may be another; who acts on it asks the reconstructor.
    """

    path_id: int
    kind: str
    offset_cm: int
    end_offset_cm: int
    interpolation: Interpolation
    value: float | None
    text: str
    basis: Basis
    end_value: float | None = None
    sigma: float | None = None
    end_sigma: float | None = None
    confidence_permille: int | None = None
    certain: bool = True
    source: str = ""
    index: int = 0  # among those of one kind that begin at one place
    continues: bool = False  # of a work zone: it goes on where this record ends, in the next of the same `text`

    @property
    def key(self) -> Key:
        return self.path_id, "PROFILE", self.kind, self.offset_cm, self.index


FlatRecord = PositionRecord | SegmentRecord | StubRecord | ProfileRecord


@dataclass(frozen=True, slots=True)
class FlatChange:
    """A record that is new, that says something else than before, or that is gone (then as it was)."""

    change: ChangeKind
    record: FlatRecord


class FlatView:
    """One consumer's view. `kinds`: the profiles it wants; features, work zones, segments and stubs come always.

    With `lateral_acceleration_mps2` it has CURVE_SPEED too: a record for each stretch whose curvature bounds the speed,
    and one with the text NO_BOUND where it is known that none does.
    """

    def __init__(
        self,
        *,
        kinds: Collection[ProfileKind] = KINDS,
        side_paths: bool = True,
        lateral_acceleration_mps2: float | None = None,
    ) -> None:
        if ProfileKind.CURVE_SPEED in kinds and lateral_acceleration_mps2 is None:
            raise ValueError("CURVE_SPEED depends on a lateral acceleration: name one")
        if lateral_acceleration_mps2 is not None and not lateral_acceleration_mps2 > 0.0:
            raise ValueError(f"lateral_acceleration_mps2 {lateral_acceleration_mps2} is not above 0")
        self._kinds = tuple(sorted(set(kinds) - {ProfileKind.CURVE_SPEED}))
        self._lateral_mps2 = lateral_acceleration_mps2
        self._side_paths = side_paths
        self._held: dict[Key, FlatRecord] = {}  # but the position
        self._position: PositionRecord | None = None
        self._seen = State()
        self._of_path: dict[PathId, dict[Key, FlatRecord]] = {}

    @property
    def records(self) -> Mapping[Key, FlatRecord]:
        """All that was told and still holds."""
        position = {} if self._position is None else {self._position.key: self._position}
        return {**self._held, **position}

    def changes(self, received: Received) -> tuple[FlatChange, ...]:
        """What changed since the last call: first what is gone, then the rest, each in the order of the records' keys,
        the position last. Nothing while the reconstructor waits for a snapshot."""
        if not received.answers:
            return ()
        found: list[FlatChange] = []
        if received.state is not self._seen:
            found += self._put(self._laid(received))
            self._seen = received.state
        was, self._position = self._position, _position(received)
        if was is not None and self._position is None:
            found.insert(0, FlatChange(ChangeKind.REMOVED, was))
        elif self._position is not None and self._position != was:
            found.append(FlatChange(ChangeKind.NEW if was is None else ChangeKind.CHANGED, self._position))
        return tuple(found)

    def _put(self, now: Mapping[Key, FlatRecord]) -> Iterator[FlatChange]:
        for key in sorted(k for k in self._held if k not in now):
            yield FlatChange(ChangeKind.REMOVED, self._held.pop(key))
        for key in sorted(now):
            was, record = self._held.get(key), now[key]
            if was != record:
                self._held[key] = record
                yield FlatChange(ChangeKind.NEW if was is None else ChangeKind.CHANGED, record)

    def _laid(self, received: Received) -> dict[Key, FlatRecord]:
        """Every record but the position; paths on which nothing changed are not looked into."""
        state, seen, before = received.state, self._seen, self._of_path
        same = state.contents is seen.contents and state.zones is seen.zones
        self._of_path = {
            path_id: before[path_id]
            if same and path_id in before and on_path is seen.paths.get(path_id)
            else {x.key: x for x in self._on_path(received, whole_path(on_path))}
            for path_id, on_path in state.paths.items()
            if self._side_paths or on_path.path.parent_path_id == ROOT
        }
        now = {key: x for records in self._of_path.values() for key, x in records.items()}
        if self._side_paths:
            for path_id in {x.path.parent_path_id for x in state.paths.values()} - {ROOT}:
                now |= {x.key: x for x in _stubs(received, state.paths[path_id])}
        return now

    def _on_path(self, received: Received, course: Course) -> Iterator[FlatRecord]:
        path_id = course.path_id
        for start_cm, end_cm, link in course.links():
            road = received.road(link.link_id)
            yield SegmentRecord(path_id, start_cm, end_cm, "" if road is None else road.stable_ref)
        for kind in self._kinds:
            yield from _profile(received, course, kind)
        if self._lateral_mps2 is not None:
            yield from _curve_speeds(received, course, self._lateral_mps2)
        yield from _features(received, course)
        yield from _work_zones(received, course)


def _position(received: Received) -> PositionRecord | None:
    at = next((x for x in received.reported.candidates if x.path_id in received.state.paths), None)
    if at is None:
        return None
    lane = next(iter(received.reported.lanes), None) if at is received.reported.candidates[0] else None
    return PositionRecord(
        at.path_id,
        at.offset_cm,
        received.pose_time_us,
        at.lateral_cm,
        at.heading_error_mrad,
        at.probability_permille,
        at.offset_sigma_cm,
        at.lateral_sigma_cm,
        -1 if lane is None else lane.lane_index,
        0 if lane is None else lane.probability_permille,
    )


def _stubs(received: Received, on_path: PathItems) -> Iterator[StubRecord]:
    for junction in junctions(received, on_path):
        for x in junction.stubs:
            yield StubRecord(junction.path_id, junction.offset_cm, x.path_id, x.probability_ppm, x.turn_angle_mrad)


def _profile(received: Received, course: Course, kind: ProfileKind) -> Iterator[ProfileRecord]:
    for x in spans_on(received, course, kind):
        value, text, certain = _flat(x.value)
        yield ProfileRecord(
            course.path_id,
            kind.name,
            x.start_cm,
            x.end_cm,
            PROFILES[kind].interpolation,
            value,
            text,
            x.basis,
            _flat(x.end_value)[0],
            x.sigma,
            x.end_sigma,
            x.confidence_permille,
            certain,
            x.source,
        )


def _curve_speeds(received: Received, course: Course, lateral_mps2: float) -> Iterator[ProfileRecord]:
    path = course.legs[-1].on_path.path
    speeds = curve_speeds(
        received,
        course,
        lateral_acceleration_mps2=lateral_mps2,
        start_cm=path.first_offset_cm,
        end_cm=path.end_offset_cm,
    )
    kind = ProfileKind.CURVE_SPEED
    for (is_bounded, _), group in groupby(speeds, key=lambda x: (x.is_bounded, x.basis)):
        stretches = list(group)
        if is_bounded is None:
            continue
        if not is_bounded:  # one, though the cautious may be bound here and there
            stretches = [replace(stretches[0], end_m=stretches[-1].end_m)]
        for x in stretches:
            start_cm, end_cm = round(x.start_m * 100), round(x.end_m * 100)
            if start_cm < end_cm:
                yield ProfileRecord(
                    path.path_id,
                    kind.name,
                    start_cm,
                    end_cm,
                    PROFILES[kind].interpolation,
                    x.speed_mps,
                    "" if is_bounded else NO_BOUND,
                    x.basis,
                    sigma=x.sigma_mps,
                    source=x.source,
                )


def _flat(value: ProfileValue) -> tuple[float | None, str, bool]:
    """(number, text, is it certain)."""
    if isinstance(value, EffectiveLimit):
        number = value.limit_mm_per_sec / 1000 if value.limit_mm_per_sec else None
        return number, LimitKind(value.kind).name, value.certain
    if isinstance(value, IntEnum):
        return None, value.name, True
    return (None if value is None else float(value)), "", True


def _features(received: Received, course: Course) -> Iterator[ProfileRecord]:
    told: dict[tuple[str, int], int] = {}
    for x in features_on(received, course):
        kind = f"FEATURE_{x.ahead.kind.name}"
        index = told[kind, x.start_cm] = told.get((kind, x.start_cm), -1) + 1
        feature = x.ahead.feature
        yield ProfileRecord(
            course.path_id,
            kind,
            x.start_cm,
            x.end_cm,
            Interpolation.SPOT if x.start_cm == x.end_cm else Interpolation.STEP,
            feature.extent_cm / 100 if feature.extent_cm else None,
            " ".join(filter(None, (_ruled(feature), feature.number, feature.name))),
            feature.basis,
            sigma=feature.extent_sigma_cm / 100 if feature.extent_sigma_cm else None,
            confidence_permille=feature.confidence_permille,
            source=x.ahead.source,
            index=index,
        )


def _ruled(feature: LinkFeature) -> str:
    """How a junction is ruled; empty for all else."""
    return "" if feature.junction is JunctionKind.UNKNOWN else feature.junction.name


def _work_zones(received: Received, course: Course) -> Iterator[ProfileRecord]:
    told: dict[int, int] = {}
    begin = {(x.work_zone_id, start_cm) for start_cm, _, x in course.zones()}
    for start_cm, end_cm, x in course.zones():
        zone = received.zone(x.work_zone_id)
        if zone is None:
            continue
        index = told[start_cm] = told.get(start_cm, -1) + 1
        yield ProfileRecord(
            course.path_id,
            "WORK_ZONE",
            start_cm,
            end_cm,
            Interpolation.STEP,
            None,
            f"{x.state.name} {x.work_zone_id}",
            zone.basis,
            confidence_permille=zone.confidence_permille * x.match_permille // 1000,
            source=zone.source,
            index=index,
            continues=(x.work_zone_id, end_cm) in begin,
        )
