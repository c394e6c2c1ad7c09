"""What lies on a path by offset: effective limits, coverage of the layers, work zones, borders.

Spans of equal content are merged over links. While a path only moves on (links erased behind, added ahead) spans
that stay are the same objects, and one that reaches back over erased links keeps its start: nothing is sent again
because the vehicle moved. Does not know where the vehicle is.

A zone counts exactly where it was placed. Its `place_sigma_cm` along the road is handed to the client with the zone
and is not laid out here: within that distance before and after a zone a limit may still be certain.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Final, TypeVar

from mapprior.errors import TileError
from mapprior.horizon.arrival import Departure
from mapprior.horizon.borders import borders_on
from mapprior.horizon.drive_limits import DriveLimits
from mapprior.horizon.items import ROOT, CoverageSpan, CoverageState, LimitSpan, LinkPlacement, WorkZonePlacement
from mapprior.horizon.path_limits import NEVER_US, NO_LIMITS, Course, LimitLayer, PathLimits, cut
from mapprior.horizon.side_paths import Laid
from mapprior.horizon.update import PathItems
from mapprior.market.effective import while_ambiguous, with_zone
from mapprior.model.ids import PathId, TileId, tile_of
from mapprior.model.network import Network, TileState
from mapprior.model.provenance import LAYER_GROUPS, Basis, Layer
from mapprior.model.work_zone import Overlay, WorkZoneState, ZoneOnLink, zone_change_us, zone_state

T = TypeVar("T")

_COMPUTED: Final = frozenset((Basis.DERIVED, Basis.INFERRED, Basis.LAW_DEFAULT))  # nobody mapped it here
_TILE_COVERAGE: Final = {
    TileState.ABSENT: CoverageState.ABSENT,
    TileState.NOT_LOADED: CoverageState.NOT_LOADED,
    TileState.FAILED: CoverageState.FAILED,
}


@dataclass(frozen=True, slots=True)
class LaidZones:
    """The overlay at one moment of the drive."""

    overlay: Overlay
    time_us: int

    def state(self, zone_id: str) -> WorkZoneState:
        return zone_state(self.overlay.zones[zone_id].zone, self.time_us)


@dataclass(slots=True, unsafe_hash=True)  # hot, as Pose is
class _Base:
    """What follows from the tiles and the time, and the items made of it. `stale` layers are to be looked up again.

    `zoned`: a work zone touches a link of it, whatever its state.
    """

    laid: Laid
    limits: PathLimits
    coverage: tuple[CoverageSpan, ...]
    items: PathItems
    zoned: bool = False
    stale: frozenset[Layer] = frozenset()


class PathSpans:
    """The items on every path of one drive. `layers` are those the client asked for."""

    def __init__(self, network: Network, *, limits: DriveLimits, layers: Collection[Layer]) -> None:
        self._network = network
        self._limits = LimitLayer(network, limits)
        self._subscribed = frozenset(layers)
        self._layers = sorted({*layers, *LAYER_GROUPS})
        self._base: dict[PathId, _Base] = {}
        self._anew = False
        self._roads_came = False
        self._said: tuple[Overlay, bool] | None = None  # what held for all paths when they were laid last

    def lay(
        self, paths: Mapping[PathId, Laid], *, departure: Departure, zones: LaidZones, doubtful: bool
    ) -> dict[PathId, PathItems]:
        """The items of all paths, in the same order, the root first.

        `doubtful`: on which road the vehicle is is not sure.
        """
        course = Course(departure)
        said = self._said
        same = said is not None and said[0] is zones.overlay and said[1] is doubtful
        quiet = same and not (self._anew or self._roads_came)
        now: dict[PathId, _Base] = {}
        for path_id, laid in paths.items():
            base = self._base.get(path_id)
            if quiet and base is not None and base.laid is laid and _rests(base, departure):
                course.enter(laid, base.limits.answers)
                now[path_id] = base
            else:
                now[path_id] = self._laid(base, laid, paths, course, zones, doubtful)
        self._base, self._said, self._anew, self._roads_came = now, (zones.overlay, doubtful), False, False
        return {path_id: base.items for path_id, base in self._base.items()}

    @property
    def due_us(self) -> int | None:
        """The drive time at which limits may change by time alone; None for never."""
        due_us = min((base.limits.due_us for base in self._base.values()), default=NEVER_US)
        return None if due_us == NEVER_US else due_us

    def limits_changed(self) -> None:
        """Every limit is found anew: the drive's conditions are others."""
        self._anew = True

    def tile_changed(self, layer: Layer, tile: TileId) -> None:
        """A tile came, failed or went: the borders, or the coverage of its links, are looked up again."""
        if layer is Layer.L0:
            self._roads_came = True
            return
        for path_id, base in self._base.items():
            if any(tile_of(x.link_id) == tile for x in base.limits.links):
                self._base[path_id] = replace(base, stale=base.stale | {layer})

    def _laid(
        self,
        base: _Base | None,
        laid: Laid,
        paths: Mapping[PathId, Laid],
        course: Course,
        zones: LaidZones,
        doubtful: bool,
    ) -> _Base:
        if base is None:
            base = _Base(laid, NO_LIMITS, (), PathItems(laid.path))
        before, first_cm = base.items, laid.path.first_offset_cm
        links = base.limits.links
        moved = links != laid.links
        known_count = _shared_count(links, laid.links) if moved else len(links)
        limits = self._limits.lay(base.limits, laid, course, known_count=known_count, anew=self._anew)
        coverage = self._coverage(base, laid, known_count) if moved or base.stale else base.coverage
        placements: tuple[WorkZonePlacement, ...] = ()
        zoned = any(x.link_id in zones.overlay.by_link for x in laid.links) if zones.overlay.by_link else False
        if zoned:
            placements = _kept(before.zones, tuple(_placements(laid, zones, before.zones)))
        final = limits.spans
        if placements or doubtful:
            final = tuple(_final_limits(limits.spans, placements, zones, doubtful))
        final = _kept(before.limits, _reaching_back(final, before.limits, first_cm))
        borders = _kept(before.borders, borders_on(self._network, laid, paths))
        items = PathItems(laid.path, laid.links, final, coverage, placements, borders)
        return _Base(laid, limits, coverage, _kept_items(before, items), zoned)

    def _coverage(self, base: _Base, laid: Laid, known_count: int) -> tuple[CoverageSpan, ...]:
        """As the tiles say; what lies on links that were there before is taken over, but for stale layers."""
        first_cm = laid.path.first_offset_cm
        known_to_cm = laid.links[known_count - 1].end_offset_cm if known_count else first_cm
        coverage: list[CoverageSpan] = []
        for layer in self._layers:
            fresh = layer in base.stale
            held = () if fresh else (x for x in base.coverage if x.layer is layer)
            spans = list(cut(held, first_cm, known_to_cm))
            spans += self._covered_along(layer, laid.links[0 if fresh else known_count :])
            coverage += _merged_coverage(spans)
        return _kept(base.coverage, tuple(coverage))

    def _covered_along(self, layer: Layer, links: tuple[LinkPlacement, ...]) -> Iterator[CoverageSpan]:
        """What is known of a layer along these links, one span where neighbours say the same."""
        if not links:
            return
        path_id, start_cm, end_cm = links[0].path_id, links[0].start_offset_cm, links[-1].end_offset_cm
        if layer not in self._subscribed:
            yield CoverageSpan(path_id, layer, start_cm, end_cm, CoverageState.NOT_SUBSCRIBED)
            return
        if layer is Layer.L0:
            yield CoverageSpan(path_id, layer, start_cm, end_cm, CoverageState.PRESENT)  # the links are there
            return
        said: tuple[CoverageState, str] | None = None
        for link in links:
            for from_cm, state, reason in self._covered(layer, link):
                if said == (state, reason):
                    continue
                at_cm = link.start_offset_cm + from_cm if from_cm else link.start_offset_cm
                if said is not None:
                    yield CoverageSpan(path_id, layer, start_cm, at_cm, *said)
                start_cm, said = at_cm, (state, reason)
        if said is not None:
            yield CoverageSpan(path_id, layer, start_cm, end_cm, *said)

    def _covered(self, layer: Layer, link: LinkPlacement) -> Iterator[tuple[int, CoverageState, str]]:
        """(from where on the link, what is known, why not), in order, from its start."""
        tile = tile_of(link.link_id)
        state = self._network.tile_state(layer, tile)
        if state is not TileState.LOADED:
            yield 0, _TILE_COVERAGE[state], self._network.failed.get((layer, tile), "")
        elif layer is Layer.L1:
            yield 0, _known_as(self._network.profile_bases(link.link_id)), ""
        else:
            try:
                lanes = self._network.lanes(link.link_id)
            except TileError as error:
                yield 0, CoverageState.FAILED, str(error)
                return
            done_cm = 0
            for section in lanes.sections if lanes is not None else ():
                assert lanes is not None
                if section.start_cm > done_cm:
                    yield done_cm, CoverageState.ABSENT, ""
                yield section.start_cm, _known_as({lanes.basis}), ""
                done_cm = section.end_cm
            if done_cm < link.length_cm:
                yield done_cm, CoverageState.ABSENT, ""


def _rests(base: _Base, departure: Departure) -> bool:
    """Whether time alone changes nothing on a path that is laid as it was; the root is always looked at."""
    if base.stale or base.zoned or base.laid.path.parent_path_id == ROOT:
        return False
    return departure.time_us < base.limits.due_us


def _known_as(bases: Set[Basis]) -> CoverageState:
    """Coverage by values that rest on these; one that was mapped is enough to be present."""
    if not bases:
        return CoverageState.ABSENT
    return CoverageState.DERIVED if bases <= _COMPUTED else CoverageState.PRESENT


def next_zone_change_us(paths: Iterable[PathItems], zones: LaidZones) -> int | None:
    """When, in drive time, a zone on these paths may change its state; None if never."""
    changes = [zone_change_us(zones.overlay.zones[x].zone, zones.time_us) for x in set(_zone_ids(paths, zones))]
    return min((x for x in changes if x is not None), default=None)


def _zone_ids(paths: Iterable[PathItems], zones: LaidZones) -> Iterator[str]:
    """Zones that touch a link of these paths, whatever their state."""
    by_link = zones.overlay.by_link
    for on_path in paths:
        for link in on_path.links:
            for x in by_link.get(link.link_id, ()):
                yield x.zone_id


def _shared_count(old: tuple[LinkPlacement, ...], new: tuple[LinkPlacement, ...]) -> int:
    """How many links at the start of `new` stand in `old` in the same places."""
    first = next((i for i, x in enumerate(old) if x is new[0]), None)
    if first is None:
        return 0
    pairs = zip(old[first:], new, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))


def _merged_coverage(spans: Iterable[CoverageSpan]) -> Iterator[CoverageSpan]:
    """One span where neighbours say the same."""
    last: CoverageSpan | None = None
    for x in spans:
        if last is not None and last.state is x.state and last.reason == x.reason:
            last = replace(last, end_offset_cm=x.end_offset_cm)
            continue
        if last is not None:
            yield last
        last = x
    if last is not None:
        yield last


def _kept(before: tuple[T, ...], now: tuple[T, ...]) -> tuple[T, ...]:
    """`before` where it is equal, so that nobody needs to look into it."""
    return before if before == now else now


def _kept_items(before: PathItems, now: PathItems) -> PathItems:
    same = (
        before.path == now.path
        and before.links is now.links
        and before.limits is now.limits
        and before.coverage is now.coverage
        and before.zones is now.zones
        and before.borders is now.borders
    )
    return before if same else now


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


def _reaching_back(now: tuple[LimitSpan, ...], before: tuple[LimitSpan, ...], first_cm: int) -> tuple[LimitSpan, ...]:
    """Without what is erased; the first span begins where it began before, if it says the same."""
    behind = any(x.end_offset_cm <= first_cm for x in now)
    ahead = tuple(x for x in now if x.end_offset_cm > first_cm) if behind else now
    was = next((x for x in before if x.end_offset_cm > first_cm), None)
    first = ahead[0] if ahead else None
    if was is None or first is None or was.limit != first.limit:
        return ahead
    if max(was.start_offset_cm, first.start_offset_cm) > first_cm or was.start_offset_cm == first.start_offset_cm:
        return ahead
    return (replace(first, start_offset_cm=was.start_offset_cm), *ahead[1:])


def _final_limits(
    base: tuple[LimitSpan, ...],
    placements: tuple[WorkZonePlacement, ...],
    zones: LaidZones,
    doubtful: bool,
) -> Iterator[LimitSpan]:
    """The base limits cut where zones begin and end, with what the zones set, never certain while in doubt."""
    last: LimitSpan | None = None
    for span in base:
        cuts = {span.start_offset_cm, span.end_offset_cm}
        for z in placements:
            cuts.update(
                x for x in (z.start_offset_cm, z.end_offset_cm) if span.start_offset_cm < x < span.end_offset_cm
            )
        for start_cm, end_cm in pairwise(sorted(cuts)):
            limit = span.limit
            for z in placements:
                if z.start_offset_cm <= start_cm and end_cm <= z.end_offset_cm:
                    zone = zones.overlay.zones[z.work_zone_id].zone
                    limit = with_zone(limit, zone, state=z.state, match_permille=z.match_permille)
            piece = LimitSpan(span.path_id, start_cm, end_cm, while_ambiguous(limit) if doubtful else limit)
            if last is not None and last.end_offset_cm == start_cm and last.limit == piece.limit:
                last = replace(last, end_offset_cm=end_cm)
                continue
            if last is not None:
                yield last
            last = piece
    if last is not None:
        yield last
