"""What lies on a path by offset: effective limits, coverage of the layers, work zones, borders.

Spans of equal content are merged over links. While a path only moves on (links erased behind, added ahead) spans
that stay are the same objects, and one that reaches back over erased links keeps its start: nothing is sent again
because the vehicle moved. Does not know where the vehicle is.

A zone counts exactly where it was placed. Its `place_sigma_cm` along the road is handed to the client with the zone
and is not laid out here: within that distance before and after a zone a limit may still be certain.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, TypeVar

from mapprior.horizon.arrival import NEVER_US, Departure
from mapprior.horizon.borders import borders_on
from mapprior.horizon.coverage import CoverageLayer
from mapprior.horizon.drive_limits import DriveLimits
from mapprior.horizon.items import (
    ROOT,
    Border,
    LinkPlacement,
    Path,
    WorkZonePlacement,
)
from mapprior.horizon.laid_coverage import NOT_COVERED, Covered, LaidCoverage
from mapprior.horizon.laid_limit import LaidLimit
from mapprior.horizon.links import Links
from mapprior.horizon.path_limits import NO_LIMITS, Courses, LimitLayer, PathLimits
from mapprior.horizon.side_paths import Laid
from mapprior.market.effective import while_ambiguous, with_zone
from mapprior.model.ids import PathId, TileId
from mapprior.model.limit import EffectiveLimit
from mapprior.model.network import Network
from mapprior.model.provenance import Layer
from mapprior.model.work_zone import Overlay, WorkZoneState, ZoneOnLink, zone_change_us, zone_state

T = TypeVar("T")

DOUBTED_COUNT_MAX: Final = 1024  # answers in doubt that are remembered; a doubt may last


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class LaidZones:
    """The overlay at one moment of the drive. Where that is not believed, any zone of it may go on."""

    overlay: Overlay
    time_us: int
    believed: bool

    def __init__(self, overlay: Overlay, time_us: int, believed: bool) -> None:
        self.overlay = overlay
        self.time_us = time_us
        self.believed = believed

    def state(self, zone_id: str) -> WorkZoneState:
        zone = self.overlay.zones[zone_id].zone
        return zone_state(zone, self.time_us) if self.believed else WorkZoneState.UNKNOWN


@dataclass(slots=True, eq=False, init=False)  # hot, as Pose is
class LaidItems:
    """A path and all that lies on it, as the server keeps it: a few objects, most of them shared.

    `found` is what follows from the tiles and the time, `limits` what zones and doubt make of it. `zoned`: a work zone
    touches a link of it, whatever its state. `stale` layers are to be looked up again.
    """

    laid: Laid
    found: PathLimits
    covered: Covered
    limits: tuple[LaidLimit, ...]
    zones: tuple[WorkZonePlacement, ...]
    borders: tuple[Border, ...]
    zoned: bool
    stale: frozenset[Layer]

    def __init__(
        self,
        laid: Laid,
        found: PathLimits,
        covered: Covered,
        limits: tuple[LaidLimit, ...],
        zones: tuple[WorkZonePlacement, ...],
        borders: tuple[Border, ...],
        zoned: bool = False,
        stale: frozenset[Layer] = frozenset(),
    ) -> None:
        self.laid = laid
        self.found = found
        self.covered = covered
        self.limits = limits
        self.zones = zones
        self.borders = borders
        self.zoned = zoned
        self.stale = stale

    @property
    def path(self) -> Path:
        return self.laid.path

    @property
    def links(self) -> Links:
        return self.laid.links

    @property
    def coverage(self) -> LaidCoverage:
        path = self.laid.path
        return LaidCoverage(self.covered, path.path_id, path.end_offset_cm)


class PathSpans:
    """The items on every path of one drive. `layers` are those the client asked for."""

    __slots__ = ("_anew", "_coverage", "_doubted", "_laid", "_limits", "_network", "_roads_came", "_said")

    def __init__(self, network: Network, *, limits: DriveLimits, layers: Collection[Layer]) -> None:
        self._network = network
        self._limits = LimitLayer(network, limits)
        self._coverage = CoverageLayer(network, layers)
        self._laid: dict[PathId, LaidItems] = {}
        self._doubted: dict[EffectiveLimit, EffectiveLimit] | None = None  # while in doubt
        self._anew = False
        self._roads_came = False
        self._said: tuple[Overlay, bool] | None = None  # what held for all paths when they were laid last

    def lay(
        self, paths: Mapping[PathId, Laid], *, departure: Departure, zones: LaidZones, doubtful: bool
    ) -> Mapping[PathId, LaidItems]:
        """The items of all paths, in the same order, the root first; the same object where nothing changed.

        `doubtful`: on which road the vehicle is is not sure.
        """
        courses = Courses(departure)
        if not doubtful or self._doubted is None or len(self._doubted) > DOUBTED_COUNT_MAX:
            self._doubted = {} if doubtful else None
        said = self._said
        same = said is not None and said[0] is zones.overlay and said[1] is doubtful
        quiet = same and not (self._anew or self._roads_came)
        now: dict[PathId, LaidItems] = {}
        for path_id, laid in paths.items():
            before = self._laid.get(path_id)
            if quiet and before is not None and before.laid is laid and _rests(before, departure):
                courses.enter(laid, before.found.answers)
                now[path_id] = before
            else:
                now[path_id] = self._lay(before, laid, paths, courses, zones)
        self._laid, self._said, self._anew, self._roads_came = now, (zones.overlay, doubtful), False, False
        return now

    @property
    def due_us(self) -> int | None:
        """The drive time at which limits may change by time alone; None for never."""
        due_us = min((x.found.due_us for x in self._laid.values()), default=NEVER_US)
        return None if due_us == NEVER_US else due_us

    def limits_changed(self) -> None:
        """Every limit is found anew: the drive's conditions are others."""
        self._anew = True

    def tile_changed(self, layer: Layer, tile: TileId) -> None:
        """A tile came, failed or went: the borders, or the coverage of its links or of those it follows, are looked up
        again."""
        only = frozenset((layer,))
        if layer is Layer.L0:
            self._roads_came = True
        for x in self._laid.values():
            if self._coverage.follows(x.covered, x.links, tile) if layer is Layer.L0 else tile in x.links.tiles:
                x.stale = x.stale | only if x.stale else only

    def _lay(
        self,
        before: LaidItems | None,
        laid: Laid,
        paths: Mapping[PathId, Laid],
        courses: Courses,
        zones: LaidZones,
    ) -> LaidItems:
        was = before or LaidItems(laid, NO_LIMITS, NOT_COVERED, (), (), ())
        links = was.found.links
        moved = links != laid.links
        known = links.shared(laid.links) if moved else (0, len(links))
        found = self._limits.lay(was.found, laid, courses, known=known, anew=self._anew)
        covered = was.covered
        if moved or was.stale:
            was_end_cm = was.path.end_offset_cm
            covered = self._coverage.lay(covered, was_end_cm, laid.links, known_count=known[1], stale=was.stale)
        placements: tuple[WorkZonePlacement, ...] = ()
        by_link = zones.overlay.by_link
        zoned = bool(by_link) and any(x in by_link for x in laid.links.ids)
        if zoned:
            placements = _kept(was.zones, tuple(_placements(laid, zones, was.zones)))
        final = found.spans
        if placements or self._doubted is not None:
            final = tuple(_final_limits(found.spans, placements, zones, self._doubted))
        limits = _kept(was.limits, _reaching_back(final, was.limits, laid.path.first_offset_cm))
        borders = was.borders
        if moved or self._roads_came or not _leaves_alike(was.path, laid.path):
            borders = _kept(was.borders, borders_on(self._network, laid, paths))
        now = LaidItems(laid, found, covered, limits, placements, borders, zoned)
        return now if before is None or _differ(before, now) else before


def _rests(x: LaidItems, departure: Departure) -> bool:
    """Whether time alone changes nothing on a path that is laid as it was; the root is always looked at."""
    if x.stale or x.zoned or x.laid.path.parent_path_id == ROOT:
        return False
    return departure.time_us < x.found.due_us


def next_zone_change_us(paths: Iterable[LaidItems], zones: LaidZones) -> int | None:
    """When, in drive time, a zone on these paths may change its state; None if never."""
    by_link = zones.overlay.by_link
    links = {x for on_path in paths if on_path.zoned for x in on_path.links.ids}
    found = {x.zone_id for link_id in links for x in by_link.get(link_id, ())}  # whatever their state
    changes = [zone_change_us(zones.overlay.zones[x].zone, zones.time_us) for x in found]
    return min((x for x in changes if x is not None), default=None)


def _leaves_alike(a: Path, b: Path) -> bool:
    """Whether two paths leave the same one at the same place."""
    return a.parent_path_id == b.parent_path_id and a.offset_on_parent_cm == b.offset_on_parent_cm


def _kept(before: tuple[T, ...], now: tuple[T, ...]) -> tuple[T, ...]:
    """`before` where it is equal, so that nobody needs to look into it."""
    return before if before == now else now


def _differ(before: LaidItems, now: LaidItems) -> bool:
    return (
        before.laid is not now.laid
        or before.found is not now.found
        or before.covered is not now.covered
        or before.limits is not now.limits
        or before.zones is not now.zones
        or before.borders is not now.borders
        or before.zoned is not now.zoned
        or bool(before.stale)
    )


def _placements(laid: Laid, zones: LaidZones, before: tuple[WorkZonePlacement, ...]) -> list[WorkZonePlacement]:
    """Zones on a path, merged over links, in the order of their keys. What is over is not placed.

    One that lies at the path's first offset and reached further back `before` goes on doing so.
    """
    by_zone: dict[str, list[WorkZonePlacement]] = {}
    for link in laid.links:
        for x in zones.overlay.by_link.get(link.link_id, ()):
            span = _placement(link, x, zones)
            if span.state is not WorkZoneState.ENDED:
                by_zone.setdefault(x.zone_id, []).append(span)
    found: list[WorkZonePlacement] = []
    for zone_id in sorted(by_zone):
        first, *others = _merged(by_zone[zone_id])
        if first.start_offset_cm == laid.path.first_offset_cm:
            first = _begun_before(first, before)
        found += (first, *others)
    return found


def _merged(spans: list[WorkZonePlacement]) -> list[WorkZonePlacement]:
    """One zone's spans without overlap, by offset. Where two overlap the weaker statement holds for both."""
    merged: list[WorkZonePlacement] = []
    for x in sorted(spans, key=lambda span: span.start_offset_cm):
        last = merged[-1] if merged else None
        overlaps = last is not None and x.start_offset_cm < last.end_offset_cm
        touches = last is not None and x.start_offset_cm == last.end_offset_cm and _same_place(last, x)
        if last is None or not (overlaps or touches):
            merged.append(x)
            continue
        merged[-1] = replace(
            last,
            end_offset_cm=max(last.end_offset_cm, x.end_offset_cm),
            match_permille=min(last.match_permille, x.match_permille),
            lanes_apply=last.lanes_apply and x.lanes_apply,
        )
    return merged


def _placement(link: LinkPlacement, x: ZoneOnLink, zones: LaidZones) -> WorkZonePlacement:
    return WorkZonePlacement(
        link.path_id,
        x.zone_id,
        link.start_offset_cm + x.start_cm,
        link.start_offset_cm + x.end_cm,
        zones.state(x.zone_id),
        x.match_permille,
        x.lanes_apply,
    )


def _begun_before(span: WorkZonePlacement, before: tuple[WorkZonePlacement, ...]) -> WorkZonePlacement:
    for x in before:
        covers = x.start_offset_cm < span.start_offset_cm < x.end_offset_cm
        if covers and x.work_zone_id == span.work_zone_id and _same_place(x, span):
            return replace(span, start_offset_cm=x.start_offset_cm)
    return span


def _same_place(a: WorkZonePlacement, b: WorkZonePlacement) -> bool:
    return (a.match_permille, a.lanes_apply) == (b.match_permille, b.lanes_apply)


def _reaching_back(now: tuple[LaidLimit, ...], before: tuple[LaidLimit, ...], first_cm: int) -> tuple[LaidLimit, ...]:
    """Without what is erased; the first span begins where it began before, if it says the same."""
    behind = any(x.end_offset_cm <= first_cm for x in now)
    ahead = tuple(x for x in now if x.end_offset_cm > first_cm) if behind else now
    was = next((x for x in before if x.end_offset_cm > first_cm), None)
    first = ahead[0] if ahead else None
    if was is None or first is None or not was.says_the_same(first):
        return ahead
    if max(was.start_offset_cm, first.start_offset_cm) > first_cm or was.start_offset_cm == first.start_offset_cm:
        return ahead
    return (LaidLimit(first.path_id, was.start_offset_cm, first.end_offset_cm, first.answer, first.source), *ahead[1:])


def _final_limits(
    base: tuple[LaidLimit, ...],
    placements: tuple[WorkZonePlacement, ...],
    zones: LaidZones,
    doubted: dict[EffectiveLimit, EffectiveLimit] | None,
) -> Iterator[LaidLimit]:
    """The base limits cut where zones begin and end, with what the zones set. While in doubt none is certain; `doubted`
    then has what became of each so far, the same object for all paths of the drive."""
    last: LaidLimit | None = None
    for span in base:
        cuts = {span.start_offset_cm, span.end_offset_cm}
        for z in placements:
            cuts.update(
                x for x in (z.start_offset_cm, z.end_offset_cm) if span.start_offset_cm < x < span.end_offset_cm
            )
        for start_cm, end_cm in pairwise(sorted(cuts)):
            answer, source = span.answer, span.source
            over = [z for z in placements if z.start_offset_cm <= start_cm and end_cm <= z.end_offset_cm]
            if over:
                limit = span.limit
                for z in over:
                    zone = zones.overlay.zones[z.work_zone_id].zone
                    limit = with_zone(limit, zone, state=z.state, match_permille=z.match_permille)
                answer, source = replace(limit, source=""), limit.source
            if doubted is not None:
                answer = doubted.get(answer) or doubted.setdefault(answer, while_ambiguous(answer))
            piece = LaidLimit(span.path_id, start_cm, end_cm, answer, source)
            if last is not None and last.end_offset_cm == start_cm and last.says_the_same(piece):
                last = replace(last, end_offset_cm=end_cm)
                continue
            if last is not None:
                yield last
            last = piece
    if last is not None:
        yield last
