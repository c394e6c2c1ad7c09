"""The nine road events that a driver-control assistance system declares a response to (UN R171, appendix 4, 2.1).

On a highway: toll station, end of the highway, a lane that ends for good, a lane that ends for the time being, a
long-term construction zone. On any other road: railway crossing, intersection, pedestrian crossing, traffic lights.

"Highway" is meant as in R171 2.30 (`highway.py`). Where it is not known whether the road is one, events of both kinds
are told and marked, `on_highway` None. That it is one by inference is no reason to keep silent about a crossing or a
light, that it is none by inference no reason to keep silent about a toll station that is mapped: those are told and
marked likewise. An event keeps its id while the vehicle drives and turns, so
that who shows it need not flicker.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from mapprior.geo.units import US_PER_SEC
from mapprior.market.limit_values import CONFIDENCE_PERMILLE
from mapprior.model.profile import FeatureKind, JunctionKind, LinkCarriageway
from mapprior.model.provenance import Basis, ProfileGroup
from mapprior.model.work_zone import LaneStatus, VehicleImpact, WorkZone, WorkZoneLaneType, WorkZoneState
from mapprior.reader.course import Course
from mapprior.reader.features import NamedLink, PlacedFeature, feature_name, features_on, named_links
from mapprior.reader.highway import highway
from mapprior.reader.junctions import junctions
from mapprior.reader.received import Received
from mapprior.reader.zones import Stretch, ZoneOnCourse, zones_on

# A zone that lasts a day or more counts as long-term; one whose end is not known may.
LONG_TERM_US: Final = 24 * 3600 * US_PER_SEC
# Lights stand before the junction they rule; one this near says all that the junction would.
LIGHTS_OF_JUNCTION_CM: Final = 6000
# Tracks this near one another are one crossing to a driver.
TRACKS_CM: Final = 2000
# A highway that is one again this soon did not end in between, for want of a tag on a bridge.
GAP_CM: Final = 50_000


class RoadEventKind(IntEnum):
    TOLL_STATION = 1
    END_OF_HIGHWAY = 2
    PERMANENT_LANE_ENDING = 3
    TEMPORARY_LANE_ENDING = 4
    CONSTRUCTION_ZONE = 5
    RAIL_CROSSING = 6
    INTERSECTION = 7
    PEDESTRIAN_CROSSING = 8
    TRAFFIC_LIGHTS = 9

    @property
    def of_highways(self) -> bool:
        return self <= RoadEventKind.CONSTRUCTION_ZONE


@dataclass(frozen=True, slots=True)
class RoadEvent:
    """Distances from the vehicle, 0 inside; `end_m` is `distance_m` for a spot. `time_sec` at the speed that was
    given, None without one. `place_sigma_m` is that of its place along the road, None where it is not known.

    `on_highway` None: not known. `basis` and `confidence_permille` are about the event itself; `rests_on` names what
    says so: stable references, zone ids, the source's own words.
    """

    kind: RoadEventKind
    event_id: str
    distance_m: float
    end_m: float
    time_sec: float | None
    on_highway: bool | None
    basis: Basis
    confidence_permille: int
    rests_on: tuple[str, ...]
    place_sigma_m: float | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """An event before it is known on what road it lies. It lies on the road that comes before it."""

    kind: RoadEventKind
    event_id: str
    start_cm: int
    end_cm: int
    basis: Basis
    confidence_permille: int
    rests_on: tuple[str, ...]
    place_sigma_cm: int = 0  # 0 unknown


_Road = tuple[NamedLink, LinkCarriageway | None]
_Judged = tuple[int, int, bool | None, Basis]  # from, to, is it a highway, and what says so

_OF_FEATURE: Final = {
    FeatureKind.TOLL_STATION: RoadEventKind.TOLL_STATION,
    FeatureKind.LANE_END: RoadEventKind.PERMANENT_LANE_ENDING,
    FeatureKind.RAIL_CROSSING: RoadEventKind.RAIL_CROSSING,
    FeatureKind.PEDESTRIAN_CROSSING: RoadEventKind.PEDESTRIAN_CROSSING,
    FeatureKind.TRAFFIC_LIGHT: RoadEventKind.TRAFFIC_LIGHTS,
    FeatureKind.JUNCTION: RoadEventKind.INTERSECTION,
    FeatureKind.MOTORWAY_END: RoadEventKind.END_OF_HIGHWAY,
}
_LANE_ENDS: Final = frozenset((LaneStatus.CLOSED, LaneStatus.MERGE_LEFT, LaneStatus.MERGE_RIGHT))
_CLOSING: Final = frozenset((VehicleImpact.SOME_LANES_CLOSED, VehicleImpact.ALL_LANES_CLOSED))
_MAPPED: Final = frozenset((Basis.SIGNED, Basis.SURVEYED, Basis.TAGGED))
_NOT_THERE: Final = frozenset((WorkZoneState.PLANNED, WorkZoneState.ENDED))


def road_events(
    received: Received, course: Course, *, length_cm: int, speed_mps: float | None = None
) -> tuple[RoadEvent, ...]:
    """Events that begin within the length and are not passed, by distance, then kind."""
    links = tuple(named_links(received, course))
    roads = [(x, received.carriageway(x.placement.link_id)) for x in links]
    judged = [(x.start_cm, x.end_cm, *highway(carriageway)) for x, carriageway in roads]
    placed = tuple(features_on(received, course))
    found = [
        *_with_tracks_joined(_of_features(placed, judged)),
        *_of_stubs(received, course, links),
        *_ends_of_highway(roads),
        *_of_zones(received, course),
    ]
    events = []
    for x in found:
        on_highway, basis = _highway_at(judged, x.start_cm)
        elsewhere = not x.kind.of_highways  # where it does not count
        if on_highway is elsewhere and basis is Basis.INFERRED and (on_highway or x.basis in _MAPPED):
            on_highway = None
        if x.end_cm < 0 or x.start_cm > length_cm or on_highway is elsewhere:
            continue
        distance_m = max(0, x.start_cm) / 100
        time_sec = distance_m / speed_mps if speed_mps else None
        told = x.event_id, distance_m, max(distance_m, x.end_cm / 100), time_sec, on_highway
        place_sigma_m = x.place_sigma_cm / 100 if x.place_sigma_cm else None
        events.append(RoadEvent(x.kind, *told, x.basis, x.confidence_permille, x.rests_on, place_sigma_m))
    return tuple(sorted(events, key=lambda x: (x.distance_m, x.kind, x.event_id)))


def _highway_at(roads: Sequence[_Judged], at_cm: int) -> tuple[bool | None, Basis]:
    """Whether the road that leads to a place is a highway; at a border that counts, not what begins there."""
    found = ((x, basis) for start_cm, end_cm, x, basis in roads if start_cm <= at_cm <= end_cm)
    return next(found, (None, Basis.UNKNOWN))


def _of_features(placed: Sequence[PlacedFeature], roads: Sequence[_Judged]) -> Iterator[_Found]:
    lights_cm = [x.start_cm for x in placed if x.ahead.kind is FeatureKind.TRAFFIC_LIGHT]
    for x in placed:
        feature, kind = x.ahead.feature, _OF_FEATURE.get(x.ahead.kind)
        if kind is None or feature.junction is JunctionKind.GRADE_SEPARATED:
            continue
        if kind is RoadEventKind.END_OF_HIGHWAY and _highway_at(roads, x.start_cm)[0] is not None:
            continue  # what R171 calls a highway is known here, and ends where that says
        yield _event(kind, x)
        if feature.junction is JunctionKind.SIGNALLED and not any(
            0 <= x.start_cm - at_cm <= LIGHTS_OF_JUNCTION_CM for at_cm in lights_cm
        ):
            yield _event(RoadEventKind.TRAFFIC_LIGHTS, x)


def _with_tracks_joined(found: Iterable[_Found]) -> Iterator[_Found]:
    """One event for the tracks of one crossing, by the name of the first, as sure as the surest of them."""
    held: _Found | None = None
    for x in found:
        if x.kind is not RoadEventKind.RAIL_CROSSING:
            yield x
        elif held is not None and x.start_cm - held.end_cm <= TRACKS_CM:
            rests_on = tuple(dict.fromkeys((*held.rests_on, *x.rests_on)))
            sure = max((held, x), key=lambda track: track.confidence_permille)
            held = replace(
                held,
                end_cm=max(held.end_cm, x.end_cm),
                basis=sure.basis,
                confidence_permille=sure.confidence_permille,
                rests_on=rests_on,
            )
        else:
            if held is not None:
                yield held
            held = x
    if held is not None:
        yield held


def _event(kind: RoadEventKind, x: PlacedFeature) -> _Found:
    rests_on = (x.ahead.source, x.ahead.feature.raw) if x.ahead.feature.raw else (x.ahead.source,)
    event_id = f"{kind.name}:{x.ahead.feature_id}"
    ahead = x.ahead
    sure = ahead.basis, ahead.confidence_permille
    return _Found(kind, event_id, x.start_cm, x.end_cm, *sure, rests_on, ahead.feature.place_sigma_cm)


def _of_stubs(received: Received, course: Course, links: Iterable[NamedLink]) -> Iterator[_Found]:
    """Where other paths leave and it is not known what layer L1 says of the place. Such an event has the id that it
    will have if L1 comes."""
    ends = {(x.placement.path_id, x.placement.end_offset_cm): x for x in links}
    kind, basis = RoadEventKind.INTERSECTION, Basis.DERIVED
    for leg in course.legs:
        for junction in junctions(received, leg.on_path):
            x = ends.get((junction.path_id, junction.offset_cm))
            if x is None or received.knows(ProfileGroup.FEATURE, x.placement.link_id):
                continue
            event_id = f"{kind.name}:{feature_name(FeatureKind.JUNCTION, x.name, x.placement.length_cm)}"
            rests_on = x.ref, "other roads leave here"
            yield _Found(kind, event_id, x.end_cm, x.end_cm, basis, CONFIDENCE_PERMILLE[basis], rests_on)


def _ends_of_highway(roads: Iterable[_Road]) -> Iterator[_Found]:
    """Where a highway goes over into a road that is none; with basis UNKNOWN where it does so after a stretch of which
    the map cannot tell, or where such a stretch is longer than a gap. Not where the road ahead is merely not loaded:
    then nothing is said until it is.
    """
    kind, before = RoadEventKind.END_OF_HIGHWAY, False
    gap: NamedLink | None = None  # where a stretch begins of which the map cannot tell, after a highway
    for x, carriageway in roads:
        now, basis = highway(carriageway)
        if before and now is None and carriageway is not None:
            gap = x
        if gap is not None and (now is False or (now is None and x.end_cm - gap.start_cm > GAP_CM)):
            over_cm = x.start_cm if now is False else gap.start_cm
            found = f"{kind.name}:{gap.name}", gap.start_cm, over_cm, Basis.UNKNOWN, CONFIDENCE_PERMILLE[Basis.UNKNOWN]
            yield _Found(kind, *found, (gap.ref, "not known whether it goes on"))
            gap = None
        elif before and now is False:
            sure = basis, CONFIDENCE_PERMILLE[basis], (x.ref,)
            yield _Found(kind, f"{kind.name}:{x.name}", x.start_cm, x.start_cm, *sure)
        if now or carriageway is None:
            gap = None
        before = now is True


def _of_zones(received: Received, course: Course) -> Iterator[_Found]:
    """One event for each zone and kind: works from where they begin to where they end, of a zone that the course leaves
    and comes to again the stretch that is passed next; the ending of a lane is the place where the closed lane begins,
    and who is past it has it behind him."""
    told: set[str] = set()
    for x in zones_on(course):
        zone = received.zone(x.work_zone_id)
        if zone is None or x.pieces[0].state in _NOT_THERE:
            continue
        closed = _where_a_lane_is_closed(zone, x)
        for kind, where in (
            (RoadEventKind.TEMPORARY_LANE_ENDING, (closed[0][0], closed[0][0]) if closed else None),
            (RoadEventKind.CONSTRUCTION_ZONE, (x.start_cm, x.end_cm) if _is_long_term(zone) else None),
        ):
            event_id = f"{kind.name}:{zone.id}"
            if where is not None and where[1] >= 0 and event_id not in told:
                told.add(event_id)
                sure = zone.confidence_permille * x.match_permille // 1000
                yield _Found(kind, event_id, *where, zone.basis, sure, (zone.id, zone.source), zone.place_sigma_cm)


def _where_a_lane_is_closed(zone: WorkZone, x: ZoneOnCourse) -> Sequence[Stretch]:
    """That lanes are closed is said of the whole zone; of which lanes, only where they are those of the map. A zone
    that is only roughly placed may lie on the road beside: no lane ends by its word."""
    if zone.place_rough:
        return ()
    if zone.vehicle_impact in _CLOSING:
        return ((x.start_cm, x.end_cm),)
    return x.lanes_apply_cm if _closes_a_lane(zone) else ()


def _is_long_term(zone: WorkZone) -> bool:
    return not (zone.start_time_us and zone.end_time_us) or zone.end_time_us - zone.start_time_us >= LONG_TERM_US


def _closes_a_lane(zone: WorkZone) -> bool:
    return any(x.status in _LANE_ENDS and x.lane_type is not WorkZoneLaneType.SHOULDER for x in zone.lanes)
