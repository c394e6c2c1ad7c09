"""Profiles: values over the road ahead, each entry with how far it can be trusted.

Entries are in order, do not overlap, and cover what was asked for. Where nothing is known stands an entry of basis
UNKNOWN and value None; the coverage says why. None with another basis is known: there is no such value there.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from mapprior.geo.units import wrap_rad
from mapprior.market.limit_values import CONFIDENCE_PERMILLE
from mapprior.model.ids import LinkId
from mapprior.model.limit import EffectiveLimit, LimitKind, mm_per_sec
from mapprior.model.link import FormOfWay, LinkRoad, RoadClass
from mapprior.model.profile import Interpolation, LinkCarriageway, Permission, Separation, Surface, Toll
from mapprior.model.provenance import Basis
from mapprior.reader.course import Course
from mapprior.reader.highway import highway
from mapprior.reader.profile_kinds import PROFILES, ProfileKind
from mapprior.reader.received import Received

ProfileValue = float | bool | EffectiveLimit | None  # a word is its enum member
_Valued = tuple[ProfileValue, Basis]
_STRAIGHT_RAD: Final = 1e-3


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A value over a stretch, distances from the vehicle. SPOT: the end is the start. STEP: the value holds over all of
    it. LINEAR: it goes straight to `end_value` at the end; a heading goes the short course, in entries so short that
    this is the integral of the curvature within a milliradian.

    `sigma`: one standard deviation in the value's unit, None where not known. `confidence_permille`: the chance that
    it holds; None where a sigma says it instead. `source` is the stable reference of the first link it stands on,
    `observed_time_us` the oldest observation, 0 where not known.
    """

    start_cm: int
    end_cm: int
    value: ProfileValue
    basis: Basis
    end_value: ProfileValue = None
    sigma: float | None = None
    end_sigma: float | None = None
    confidence_permille: int | None = None
    source: str = ""
    observed_time_us: int = 0

    @property
    def start_m(self) -> float:
        return self.start_cm / 100

    @property
    def end_m(self) -> float:
        return self.end_cm / 100

    @property
    def is_known(self) -> bool:
        return self.basis is not Basis.UNKNOWN


def profile(
    received: Received, course: Course, kind: ProfileKind, *, start_cm: int, end_cm: int
) -> tuple[ProfileEntry, ...]:
    """The profile over [start_cm, end_cm) of the course, cut there. ValueError for CURVE_SPEED, which needs more."""
    spans = _filled(_cut(kind, spans_on(received, course, kind), start_cm, end_cm), start_cm, end_cm)
    linear = PROFILES[kind].interpolation is Interpolation.LINEAR
    return tuple(_joined_unknown(spans) if linear else _joined(spans))


def spans_on(received: Received, course: Course, kind: ProfileKind) -> Iterator[ProfileEntry]:
    """What is known, link by link, neither cut nor joined, with gaps where nothing is known."""
    if kind is ProfileKind.CURVE_SPEED:
        raise ValueError("CURVE_SPEED depends on a lateral acceleration: ask `curve_speed`")
    if kind in _OF_LIMIT:
        for start_cm, end_cm, x in course.limits():
            said = _OF_LIMIT[kind](x.limit)
            if said.basis is not Basis.UNKNOWN:
                permille, ref = said.confidence_permille, said.source
                yield ProfileEntry(start_cm, end_cm, said.value, said.basis, confidence_permille=permille, source=ref)
        return
    for start_cm, end_cm, link in course.links():
        road = received.road(link.link_id)
        ref, seen_us = ("", 0) if road is None else (road.stable_ref, road.observed_time_us)
        spans = _on_link(received, kind, road, _Place(link.link_id, start_cm, end_cm, ref, seen_us))
        yield from _cut(kind, spans, start_cm, end_cm)


class _Place(NamedTuple):
    """A link as it lies on a course, and what is known of its source."""

    link_id: LinkId
    start_cm: int
    end_cm: int
    ref: str
    seen_us: int


def _on_link(received: Received, kind: ProfileKind, road: LinkRoad | None, place: _Place) -> Iterable[ProfileEntry]:
    """What is known of one link."""
    if kind in (ProfileKind.CURVATURE, ProfileKind.HEADING):
        return _curvature(received, kind, place)
    if kind in (ProfileKind.ELEVATION, ProfileKind.SLOPE):
        return _elevation(received, kind, place)
    value, basis = None, Basis.UNKNOWN
    if kind in _OF_ROAD:
        value, basis = (value, basis) if road is None else _OF_ROAD[kind](road)
    elif (carriageway := received.carriageway(place.link_id)) is not None:
        value, basis = _OF_CARRIAGEWAY[kind](carriageway)
    if basis is Basis.UNKNOWN:
        return ()  # also a value that nothing is said to stand on
    _, start_cm, end_cm, ref, seen_us = place
    return (ProfileEntry(start_cm, end_cm, value, basis, None, None, None, CONFIDENCE_PERMILLE[basis], ref, seen_us),)


def _curvature(received: Received, kind: ProfileKind, place: _Place) -> Iterator[ProfileEntry]:
    x = received.curvature(place.link_id)
    if x is not None:
        if kind is ProfileKind.CURVATURE:
            yield from _linear(place, x.points_cm, x.curvature_e6_per_m, x.curvature_sigma_e6_per_m, 1e6, x.basis)
        else:
            stretches = _linear(place, x.points_cm, x.heading_mrad, x.heading_sigma_mrad, 1e3, x.basis)
            for span, (first, last) in zip(stretches, pairwise(x.curvature_e6_per_m), strict=False):
                yield from _headings(span, first / 1e6, last / 1e6)


def _headings(x: ProfileEntry, first_per_m: float, last_per_m: float) -> Iterator[ProfileEntry]:
    """A stretch between two points in pieces on which the heading goes straight, within _STRAIGHT_RAD.

    The heading turns by the integral of the curvature, which goes straight from point to point; what rounding leaves
    to the heading of the next point is spread evenly.
    """
    assert isinstance(x.value, float)
    assert isinstance(x.end_value, float)
    length_cm, rise_per_m = x.end_cm - x.start_cm, last_per_m - first_per_m
    length_m = length_cm / 100
    turn_rad = (first_per_m + rise_per_m / 2) * length_m
    rest_rad = wrap_rad(x.end_value - x.value - turn_rad)
    off_rad = abs(rise_per_m) * length_m / 8  # of the straight, in the middle
    count = min(length_cm, max(math.ceil(math.sqrt(off_rad / _STRAIGHT_RAD)), math.ceil(abs(turn_rad)), 1))
    places_cm = [x.start_cm + length_cm * i // count for i in range(count + 1)]
    known: list[tuple[float, float | None]] = [(x.value, x.sigma)]
    for place_cm in places_cm[1:-1]:
        t = (place_cm - x.start_cm) / length_cm
        turned_rad = (first_per_m + rise_per_m * t / 2) * t * length_m + rest_rad * t
        known.append((wrap_rad(x.value + turned_rad), _at(ProfileKind.HEADING, x, place_cm)[1]))
    known.append((x.end_value, x.end_sigma))
    for (a_cm, b_cm), ((value, sigma), (end_value, end_sigma)) in zip(
        pairwise(places_cm), pairwise(known), strict=True
    ):
        yield replace(x, start_cm=a_cm, end_cm=b_cm, value=value, end_value=end_value, sigma=sigma, end_sigma=end_sigma)


def _elevation(received: Received, kind: ProfileKind, place: _Place) -> Iterator[ProfileEntry]:
    x = received.elevation(place.link_id)
    if x is not None:
        if kind is ProfileKind.ELEVATION:
            yield from _linear(place, x.points_cm, x.elevation_cm, x.elevation_sigma_cm, 1e2, x.basis)
        else:
            yield from _linear(place, x.points_cm, x.slope_e4, x.slope_sigma_e4, 1e4, x.slope_basis or x.basis)


def _linear(
    place: _Place,
    points_cm: tuple[int, ...],
    values: tuple[int, ...],
    sigmas: tuple[int, ...],
    divisor: float,
    basis: Basis,
) -> Iterator[ProfileEntry]:
    """Stretches between points; none where the list is empty, which is not known."""
    if len(values) != len(points_cm) or basis is Basis.UNKNOWN:
        return
    known = [x / divisor for x in sigmas] if len(sigmas) == len(points_cm) else [None] * len(points_cm)
    _, start_cm, _, ref, seen_us = place
    for i in range(len(points_cm) - 1):
        a_cm, b_cm = start_cm + points_cm[i], start_cm + points_cm[i + 1]
        value, end_value = values[i] / divisor, values[i + 1] / divisor
        if a_cm < b_cm:
            yield ProfileEntry(a_cm, b_cm, value, basis, end_value, known[i], known[i + 1], None, ref, seen_us)


def _known(value: int, unknown: int, basis: Basis) -> _Valued:
    return (None, Basis.UNKNOWN) if value == unknown else (value, basis)


def _flag(value: bool) -> _Valued:
    """The source names tunnels and bridges; that there is none follows from its not doing so."""
    return value, Basis.TAGGED if value else Basis.DERIVED


class _Said(NamedTuple):
    """What a limit says for a profile, and how far it can be trusted."""

    value: ProfileValue
    basis: Basis
    confidence_permille: int
    source: str


_NOT_SAID: Final = _Said(None, Basis.UNKNOWN, 0, "")


def _limit(x: EffectiveLimit) -> _Said:
    return _NOT_SAID if x.kind is LimitKind.UNKNOWN else _Said(x, x.basis, x.confidence_permille, x.source)


def _advisory(x: EffectiveLimit) -> _Said:
    """In m/s. It stands on a basis of its own, also where no limit is known; a work zone's feed is not its source."""
    speed = x.advisory
    if speed is None:
        return _NOT_SAID
    source = "" if x.work_zone_id else x.source
    return _Said(mm_per_sec(speed.value_milli, speed.unit) / 1000, speed.basis, speed.confidence_permille, source)


_OF_LIMIT: Final[dict[ProfileKind, Callable[[EffectiveLimit], _Said]]] = {
    ProfileKind.SPEED_LIMIT: _limit,
    ProfileKind.ADVISORY_SPEED: _advisory,
}
_OF_ROAD: Final[dict[ProfileKind, Callable[[LinkRoad], _Valued]]] = {
    ProfileKind.ROAD_CLASS: lambda x: _known(x.road_class, RoadClass.UNKNOWN, Basis.TAGGED),
    ProfileKind.FORM_OF_WAY: lambda x: _known(x.form_of_way, FormOfWay.UNKNOWN, Basis.DERIVED),
    ProfileKind.TUNNEL: lambda x: _flag(x.tunnel),
    ProfileKind.BRIDGE: lambda x: _flag(x.bridge),
}
_OF_CARRIAGEWAY: Final[dict[ProfileKind, Callable[[LinkCarriageway], _Valued]]] = {
    ProfileKind.LANE_COUNT: lambda x: _known(x.lanes_count, 0, x.lanes_basis),
    ProfileKind.SEPARATION: lambda x: _known(x.separation, Separation.UNKNOWN, x.separation_basis),
    ProfileKind.PEDESTRIANS: lambda x: _known(x.pedestrians, Permission.UNKNOWN, x.pedestrians_basis),
    ProfileKind.BICYCLES: lambda x: _known(x.bicycles, Permission.UNKNOWN, x.bicycles_basis),
    ProfileKind.HIGHWAY: highway,
    ProfileKind.SURFACE: lambda x: _known(x.surface, Surface.UNKNOWN, x.surface_basis),
    ProfileKind.TOLL: lambda x: _known(x.toll, Toll.UNKNOWN, x.toll_basis),
}


# Cutting, filling, joining


def _cut(kind: ProfileKind, spans: Iterable[ProfileEntry], start_cm: int, end_cm: int) -> Iterator[ProfileEntry]:
    """What lies in [start_cm, end_cm); a LINEAR value is taken where it is cut."""
    for x in spans:
        if x.start_cm >= end_cm or x.end_cm <= start_cm:
            continue
        a_cm, b_cm = max(x.start_cm, start_cm), min(x.end_cm, end_cm)
        if (a_cm, b_cm) == (x.start_cm, x.end_cm):
            yield x
        else:
            value, sigma = _at(kind, x, a_cm)
            end_value, end_sigma = _at(kind, x, b_cm)
            yield replace(
                x,
                start_cm=a_cm,
                end_cm=b_cm,
                value=value,
                sigma=sigma,
                end_value=None if x.end_value is None else end_value,
                end_sigma=None if x.end_value is None else end_sigma,
            )


def _at(kind: ProfileKind, x: ProfileEntry, offset_cm: int) -> tuple[ProfileValue, float | None]:
    """(value, sigma) at a place of a span."""
    if not isinstance(x.value, float) or not isinstance(x.end_value, float):
        return x.value, x.sigma
    t = (offset_cm - x.start_cm) / (x.end_cm - x.start_cm)
    step = x.end_value - x.value
    value = _heading(x.value + t * wrap_rad(step)) if kind is ProfileKind.HEADING else x.value + t * step
    sigma = None if x.sigma is None or x.end_sigma is None else x.sigma + t * (x.end_sigma - x.sigma)
    return value, sigma


def _heading(angle_rad: float) -> float:
    return angle_rad if -math.pi <= angle_rad <= math.pi else wrap_rad(angle_rad)


def _filled(spans: Iterable[ProfileEntry], start_cm: int, end_cm: int) -> Iterator[ProfileEntry]:
    """With an entry for each gap. What overlaps what was told already is cut: the first one counts."""
    at_cm = start_cm
    for x in spans:
        if x.end_cm <= at_cm:
            continue
        if x.start_cm > at_cm:
            yield ProfileEntry(at_cm, x.start_cm, None, Basis.UNKNOWN)
        yield x if x.start_cm >= at_cm else replace(x, start_cm=at_cm)
        at_cm = x.end_cm
    if at_cm < end_cm:
        yield ProfileEntry(at_cm, end_cm, None, Basis.UNKNOWN)


def _joined(spans: Iterable[ProfileEntry]) -> Iterator[ProfileEntry]:
    """Neighbours that say the same, for the same reason, are one."""
    for _, group in groupby(spans, key=_said):
        first, *others = group
        if others:
            times_us = [x.observed_time_us for x in (first, *others) if x.observed_time_us]
            first = replace(first, end_cm=others[-1].end_cm, observed_time_us=min(times_us, default=0))
        yield first


def _joined_unknown(spans: Iterable[ProfileEntry]) -> Iterator[ProfileEntry]:
    """LINEAR entries stay as they are; only neighbours that are both unknown become one."""
    held: ProfileEntry | None = None
    for x in spans:
        if x.basis is not Basis.UNKNOWN:
            if held is not None:
                yield held
            held = None
            yield x
        else:
            held = x if held is None else replace(held, end_cm=x.end_cm)
    if held is not None:
        yield held


def _said(x: ProfileEntry) -> tuple[object, ...]:
    return x.value, x.basis, x.confidence_permille
