"""The client's end: applies updates and answers questions about the road ahead.

Pure like the session: no I/O, no clock. `received.py` says how updates are applied; here are the questions. Each is a
few lines on top of the file that knows its subject.

The map is a prior. Whatever stands here about a temporary sign, a sign that is seen wins.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final, TypeVar

from mapprior.horizon.update import PathItems
from mapprior.horizon.vehicle_position import PositionCandidate
from mapprior.model.ids import PathId
from mapprior.model.limit import EffectiveLimit
from mapprior.model.profile import FeatureKind
from mapprior.model.provenance import ProfileGroup
from mapprior.model.work_zone import WorkZoneState
from mapprior.reader.ahead import (
    Answer,
    BorderAhead,
    Braking,
    LaneAhead,
    LimitAhead,
    LimitChange,
    ZoneAhead,
    braking,
    lanes_on,
    limit_change,
    limits_on,
    zone_ahead,
)
from mapprior.reader.ahead import speed_mps as limit_speed_mps
from mapprior.reader.course import Course, course_to, whole_path
from mapprior.reader.curve_speed import CurveAhead, CurveSpeed, curve_speeds, next_curve
from mapprior.reader.features import FeatureAhead, features_ahead
from mapprior.reader.junctions import JunctionAhead, junctions
from mapprior.reader.limit_here import limit_here
from mapprior.reader.profile_kinds import PROFILES, ProfileKind
from mapprior.reader.profiles import ProfileEntry, profile
from mapprior.reader.received import Received
from mapprior.reader.road_events import RoadEvent, road_events
from mapprior.reader.zones import zones_on

DECELERATION_MPS2: Final = 1.5  # what passengers take for comfortable
WHOLE_PATH_M: Final = 1e7  # farther than any path reaches

T = TypeVar("T")


class Reconstructor(Received):
    """Feed `apply` with every update in order; ask at any time.

    Every query takes `travelled_m`, the distance driven since the pose of the last update, and `now_us`, the
    monotonic time of the question (None: the moment of the last update). It returns None while there is no state
    to answer from: before the first snapshot, and from a gap or a wrong hash to the next snapshot.
    Queries look along the path of the likeliest place. What is unknown is missing from the answer or says so.
    """

    def position(self, *, travelled_m: float = 0.0, now_us: int | None = None) -> Answer[PositionCandidate] | None:
        """The likeliest place, advanced along its path by what was driven since; None also where it is on no path."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, candidate = here
        at_cm = min(offset_cm, on_path.path.end_offset_cm)
        link = next((x for x in reversed(on_path.links) if x.start_offset_cm <= at_cm), None)
        moved = replace(
            candidate,
            offset_cm=at_cm,
            link_id=candidate.link_id if link is None else link.link_id,
            link_offset_cm=candidate.link_offset_cm if link is None else at_cm - link.start_offset_cm,
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
        ahead = limits_on(on_path.limits, offset_cm, _cm(length_m), lane_index=lane_index)
        return self._answer(ahead, now_us)

    def limit_now(
        self, *, lane_index: int | None = None, travelled_m: float = 0.0, now_us: int | None = None
    ) -> Answer[EffectiveLimit | None] | None:
        """The limit at the vehicle; a value of None past the end of the path. Where another one holds within two sigma
        of the offset it is not certain, and that one is among the `unresolved`: `limits_ahead` says what holds where.
        """
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, candidate = here
        found = limit_here(on_path.limits, offset_cm, candidate.offset_sigma_cm, lane_index=lane_index)
        return self._answer(found, now_us)

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
        _check_above_0("deceleration_mps2", deceleration_mps2)
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
        _check_above_0("deceleration_mps2", deceleration_mps2)
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
        ahead = (x for x in zones_on(whole_path(on_path)) if x.end_cm > offset_cm)
        found = ((x, self.zone(x.work_zone_id)) for x in ahead if x.pieces[0].state is not WorkZoneState.ENDED)
        first = next(((x, zone) for x, zone in found if zone is not None), None)
        return self._answer(None if first is None else zone_ahead(on_path, *first, offset_cm), now_us)

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
        the coverage says why, or `known_to_m` that they were not sent."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, _ = here
        placed = [(x, self.lanes(x.link_id)) for x in on_path.links]
        course = course_to(self._state.paths, on_path, offset_cm, on_path.path.path_id)
        lanes = lanes_on(placed, offset_cm, _cm(length_m))
        return self._answer(lanes, now_us, course, (ProfileGroup.LANE,))

    def profile(
        self,
        kind: ProfileKind,
        length_m: float,
        *,
        path_id: PathId | None = None,
        travelled_m: float = 0.0,
        now_us: int | None = None,
    ) -> Answer[tuple[ProfileEntry, ...]] | None:
        """A value over the next `length_m`: entries in order that cover it, UNKNOWN where nothing is known. Units and
        what is said between entries: `PROFILES`.

        `path_id`: along another path, over its parents up to where it leaves; None also where the vehicle does not
        get there. ValueError for CURVE_SPEED, which `curve_speed` answers.
        """
        course = self._course(travelled_m, path_id)
        if course is None:
            return None
        group = PROFILES[kind].group
        groups = () if group is ProfileGroup.LIMIT else (group,)  # limits come with the paths
        return self._answer(profile(self, course, kind, start_cm=0, end_cm=_cm(length_m)), now_us, course, groups)

    def features_ahead(
        self,
        length_m: float,
        kinds: Collection[FeatureKind] | None = None,
        *,
        path_id: PathId | None = None,
        travelled_m: float = 0.0,
        now_us: int | None = None,
    ) -> Answer[tuple[FeatureAhead, ...]] | None:
        """What stands or happens on the next `length_m`, by distance, all kinds or these; `path_id` as in `profile`.
        A tunnel or bridge over several links is one. That none is told does not say that none is there: up to
        `known_to_m` the map has no other, farther on nobody can tell.
        """
        course = self._course(travelled_m, path_id)
        if course is None:
            return None
        found = features_ahead(self, course, length_cm=_cm(length_m), kinds=kinds)
        return self._answer(found, now_us, course, (ProfileGroup.FEATURE,))

    def curve_speed(
        self,
        lateral_acceleration_mps2: float,
        length_m: float,
        *,
        path_id: PathId | None = None,
        travelled_m: float = 0.0,
        now_us: int | None = None,
    ) -> Answer[tuple[CurveSpeed, ...]] | None:
        """How fast the next `length_m` can be driven within a lateral acceleration; R171 5.3.7.1.1.1 allows at most
        3 m/s2. `path_id` as in `profile`. ValueError where the acceleration is not above 0."""
        _check_above_0("lateral_acceleration_mps2", lateral_acceleration_mps2)
        course = self._course(travelled_m, path_id)
        if course is None:
            return None
        speeds = curve_speeds(
            self, course, lateral_acceleration_mps2=lateral_acceleration_mps2, start_cm=0, end_cm=_cm(length_m)
        )
        return self._answer(speeds, now_us, course, (ProfileGroup.CURVATURE,))

    def next_curve(
        self,
        *,
        lateral_acceleration_mps2: float,
        length_m: float,
        deceleration_mps2: float = DECELERATION_MPS2,
        speed_mps: float | None = None,
        cautious: bool = False,
        path_id: PathId | None = None,
        travelled_m: float = 0.0,
        now_us: int | None = None,
    ) -> Answer[CurveAhead | None] | None:
        """Of the curves on the next `length_m` the one for which braking must begin soonest, and where.

        Without `speed_mps` the vehicle is taken to drive at the limit it is under. `cautious`: at the curvature plus
        two sigma. A value of None: none known is slower, or it is not known from what speed.
        """
        _check_above_0("deceleration_mps2", deceleration_mps2)
        speeds = self.curve_speed(
            lateral_acceleration_mps2, length_m, path_id=path_id, travelled_m=travelled_m, now_us=now_us
        )
        limits = self.limits_ahead(0.01, travelled_m=travelled_m)
        if speeds is None or limits is None:
            return None
        if speed_mps is None and limits.value:
            speed_mps = limit_speed_mps(limits.value[0].limit, cautious=cautious)
        if speed_mps is None:
            return Answer(None, speeds.stale, speeds.known_to_m)
        found = next_curve(speeds.value, from_mps=speed_mps, deceleration_mps2=deceleration_mps2, cautious=cautious)
        return Answer(found, speeds.stale, speeds.known_to_m)

    def road_events(
        self,
        length_m: float,
        *,
        speed_mps: float | None = None,
        path_id: PathId | None = None,
        travelled_m: float = 0.0,
        now_us: int | None = None,
    ) -> Answer[tuple[RoadEvent, ...]] | None:
        """The events of UN R171, appendix 4, on the next `length_m`, by distance; with `speed_mps` also by time.
        `path_id` as in `profile`. Beyond `known_to_m` events may be missing that the map has."""
        course = self._course(travelled_m, path_id)
        if course is None:
            return None
        found = road_events(self, course, length_cm=_cm(length_m), speed_mps=speed_mps)
        return self._answer(found, now_us, course, (ProfileGroup.CARRIAGEWAY, ProfileGroup.FEATURE))

    def junctions_ahead(
        self, length_m: float, *, travelled_m: float = 0.0, now_us: int | None = None
    ) -> Answer[tuple[JunctionAhead, ...]] | None:
        """Where other paths leave the vehicle's on the next `length_m`: how likely it goes on, by what margin, and
        what leaves it how likely and at what angle."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, _ = here
        ahead = [(x.offset_cm - offset_cm, x) for x in junctions(self, on_path)]
        found = tuple(JunctionAhead(cm / 100, x) for cm, x in ahead if 0 <= cm <= length_m * 100)
        return self._answer(found, now_us)

    # What questions rest on

    def _course(self, travelled_m: float, path_id: PathId | None) -> Course | None:
        """From where the vehicle is to the end of a path, its own unless said; None where it does not lead there."""
        here = self._here(travelled_m)
        if here is None:
            return None
        on_path, offset_cm, _ = here
        return course_to(self._state.paths, on_path, offset_cm, on_path.path.path_id if path_id is None else path_id)

    def _here(self, travelled_m: float) -> tuple[PathItems, int, PositionCandidate] | None:
        """(path of the likeliest place that is on one, offset now, that place)."""
        if not self.answers:
            return None
        for candidate in self.reported.candidates:
            on_path = self._state.paths.get(candidate.path_id)
            if on_path is not None:
                return on_path, candidate.offset_cm + round(travelled_m * 100), candidate
        return None

    def _answer(
        self, value: T, now_us: int | None, course: Course | None = None, groups: Collection[ProfileGroup] = ()
    ) -> Answer[T]:
        """`course` and `groups` are what the value was looked up in, of content that comes by subscription."""
        known_to_m = None if course is None or not groups else self._known_to_cm(course, groups) / 100
        return Answer(value, now_us is not None and self.is_stale(now_us), known_to_m)

    def _known_to_cm(self, course: Course, groups: Collection[ProfileGroup]) -> int:
        """Where the first link begins of which something may be missing, or the course ends."""
        for start_cm, end_cm, link in course.links():
            if end_cm > 0 and not all(self.knows(group, link.link_id) for group in groups):
                return max(0, start_cm)
        return max(0, course.legs[-1].end_cm)


def _cm(length_m: float) -> int:
    return round(min(length_m, WHOLE_PATH_M) * 100)


def _check_above_0(name: str, value: float) -> None:
    if value <= 0.0:
        raise ValueError(f"{name} {value} is not above 0")
