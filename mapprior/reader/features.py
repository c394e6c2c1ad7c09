"""What stands or happens along the road ahead: lights, crossings, junctions, tunnels, each with its distance."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from mapprior.horizon.items import LinkPlacement
from mapprior.model.ids import LinkId
from mapprior.model.link import LinkRoad
from mapprior.model.profile import FeatureKind, LinkFeature
from mapprior.model.provenance import Basis
from mapprior.reader.course import Course
from mapprior.reader.highway import weakest
from mapprior.reader.received import Received

_STRETCHES: Final = frozenset((FeatureKind.TUNNEL, FeatureKind.BRIDGE))  # told link by link, driven through as one


@dataclass(frozen=True, slots=True)
class FeatureAhead:
    """Distances from the vehicle; `distance_m` is 0 inside, `end_m` equals it for a spot.

    `feature` is as the first link has it; of one that spans links, `basis` and `confidence_permille` are those of its
    least sure part. `feature_id` stays the same while the vehicle drives, and after it turned; but a tunnel or bridge
    over several links goes by the first of them that is held, so inside of a long one it changes.
    """

    distance_m: float
    end_m: float
    feature: LinkFeature
    feature_id: str
    link_id: LinkId
    basis: Basis
    confidence_permille: int
    source: str
    observed_time_us: int

    @property
    def kind(self) -> FeatureKind:
        return self.feature.kind


@dataclass(frozen=True, slots=True)
class PlacedFeature:
    """A feature on a course, by distance from its zero; not cut at the vehicle."""

    start_cm: int
    end_cm: int
    ahead: FeatureAhead
    ends_with_link: bool


class NamedLink(NamedTuple):
    """A link on a course. `ref` is its stable reference, or its id where no more is held; so is `name`, but from the
    second time that the link is driven it also says how many times that makes."""

    start_cm: int
    end_cm: int
    placement: LinkPlacement
    road: LinkRoad | None
    ref: str
    name: str


def features_ahead(
    received: Received, course: Course, *, length_cm: int, kinds: Collection[FeatureKind] | None = None
) -> tuple[FeatureAhead, ...]:
    """Those that begin within the length and are not passed, by distance."""
    found = [
        replace(x.ahead, distance_m=max(0, x.start_cm) / 100, end_m=x.end_cm / 100)
        for x in joined(features_on(received, course))
        if (kinds is None or x.ahead.kind in kinds) and x.end_cm >= 0 and x.start_cm <= length_cm
    ]
    return tuple(sorted(found, key=lambda x: (x.distance_m, x.kind, x.feature_id)))


def features_on(received: Received, course: Course) -> Iterator[PlacedFeature]:
    """Every feature of every link, in driving order."""
    for start_cm, end_cm, link, road, ref, link_name in named_links(received, course):
        features = received.features(link.link_id)
        if features is None:
            continue
        seen_us = 0 if road is None else road.observed_time_us
        names: dict[str, int] = {}
        for x in features.features:
            name = feature_name(x.kind, link_name, x.start_cm)
            names[name] = names.get(name, 0) + 1
            a_cm, b_cm = start_cm + x.start_cm, min(end_cm, start_cm + x.end_cm)
            feature_id = name if names[name] == 1 else f"{name}/{names[name]}"
            told = FeatureAhead(
                a_cm / 100, b_cm / 100, x, feature_id, link.link_id, x.basis, x.confidence_permille, ref, seen_us
            )
            yield PlacedFeature(a_cm, b_cm, told, b_cm == end_cm)


def named_links(received: Received, course: Course) -> Iterator[NamedLink]:
    """The links of a course, in driving order."""
    passes = dict(received.passes)
    for start_cm, end_cm, link in course.links():
        road = received.road(link.link_id)
        ref = str(link.link_id) if road is None else road.stable_ref
        passes[link.link_id] = count = passes.get(link.link_id, 0) + 1
        yield NamedLink(start_cm, end_cm, link, road, ref, ref if count == 1 else f"{ref}#{count}")


def feature_name(kind: FeatureKind, link_name: str, start_cm: int) -> str:
    """What a feature is known by: its kind, the name of its link, its place there."""
    return f"{kind.name}/{link_name}/{start_cm}"


def joined(placed: Iterator[PlacedFeature]) -> Iterator[PlacedFeature]:
    """With the parts of one tunnel or bridge as one. Features come in driving order, but not strictly by start."""
    open_: dict[FeatureKind, PlacedFeature] = {}
    for x in placed:
        if x.ahead.kind not in _STRETCHES:
            yield x
            continue
        held = open_.pop(x.ahead.kind, None)
        if held is not None and held.ends_with_link and held.end_cm == x.start_cm and _same(held, x):
            open_[x.ahead.kind] = _extended(held, x)
            continue
        if held is not None:
            yield held
        open_[x.ahead.kind] = x
    yield from open_.values()


def _same(a: PlacedFeature, b: PlacedFeature) -> bool:
    """Neighbours of two names are two."""
    return a.ahead.feature.name == b.ahead.feature.name


def _extended(a: PlacedFeature, b: PlacedFeature) -> PlacedFeature:
    times_us = [t for t in (a.ahead.observed_time_us, b.ahead.observed_time_us) if t]
    ahead = replace(
        a.ahead,
        end_m=b.ahead.end_m,
        basis=weakest(a.ahead.basis, b.ahead.basis),
        confidence_permille=min(a.ahead.confidence_permille, b.ahead.confidence_permille),
        observed_time_us=min(times_us, default=0),
    )
    return PlacedFeature(a.start_cm, b.end_cm, ahead, b.ends_with_link)
