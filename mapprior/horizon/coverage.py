"""Coverage of the layers along one path: what is known of each, from where to where, as the tiles say.

Spans that say the same are one, over links too. Does not know where the vehicle is, nor what the path carried before
but for what it is told.
"""

from collections.abc import Collection, Set
from functools import lru_cache
from typing import Final, TypeVar

from mapprior.errors import TileError
from mapprior.horizon.items import CoverageState
from mapprior.horizon.laid_coverage import PATH_END, Covered
from mapprior.horizon.links import Links
from mapprior.horizon.tree_path import end_tile
from mapprior.model.ids import LinkId, TileId, tile_of
from mapprior.model.network import Network, TileState
from mapprior.model.provenance import LAYER_GROUPS, Basis, Layer

T = TypeVar("T")

NEXT_UNREAD: Final = "the road goes on into a tile that could not be read: "  # and why
LANES_NOT_PLACED: Final = "where on the carriageway the lanes lie is not said; drawn about the line of the road"

_COMPUTED: Final = frozenset((Basis.DERIVED, Basis.INFERRED, Basis.LAW_DEFAULT))  # nobody mapped it here
_TILE_COVERAGE: Final = {
    TileState.ABSENT: CoverageState.ABSENT,
    TileState.NOT_LOADED: CoverageState.NOT_LOADED,
    TileState.FAILED: CoverageState.FAILED,
}


class _Spans:
    """Spans of one layer after the other, as they are found along a path."""

    __slots__ = ("_first", "ends_cm", "said", "starts_cm")

    def __init__(self) -> None:
        self.said: list[tuple[Layer, CoverageState, str]] = []
        self.starts_cm: list[int] = []
        self.ends_cm: list[int] = []
        self._first = 0  # of the layer

    def begin(self) -> None:
        """Of the next layer."""
        self._first = len(self.said)

    def add(self, layer: Layer, state: CoverageState, why: str, start_cm: int, end_cm: int) -> None:
        """Comes right after the one before; the same span where both say the same."""
        if len(self.said) > self._first:
            _, last_state, last_why = self.said[-1]
            if last_state is state and last_why == why:
                self.ends_cm[-1] = end_cm
                return
        self.said.append((layer, state, why))
        self.starts_cm.append(start_cm)
        self.ends_cm.append(end_cm)


class CoverageLayer:
    """Lays coverage on paths. Knows no path from one call to the next. `layers` are those the client asked for."""

    __slots__ = ("_layers", "_network")

    def __init__(self, network: Network, layers: Collection[Layer]) -> None:
        self._network = network
        self._layers = [(x, x in layers) for x in sorted({*layers, *LAYER_GROUPS})]

    def lay(self, before: Covered, before_end_cm: int, links: Links, *, known_count: int, stale: Set[Layer]) -> Covered:
        """What lies on so many first links was there `before`, when the path ended at `before_end_cm`; it is taken
        over, but for stale layers. The same object where nothing changed."""
        first_cm, known_to_cm, end_cm = links.start_offset_cm, links.start_cm(known_count), links.end_offset_cm
        spans = _Spans()
        for layer, subscribed in self._layers:
            spans.begin()
            fresh = not known_count or layer in stale
            if not fresh:
                for (of, state, why), from_cm, to_cm in zip(*before, strict=True):
                    to_cm = before_end_cm if to_cm == PATH_END else to_cm
                    if of is layer and to_cm > first_cm and from_cm < known_to_cm:
                        spans.add(layer, state, why, from_cm, min(to_cm, known_to_cm))
            first = 0 if fresh else known_count
            if first == len(links):
                continue
            if not subscribed:
                spans.add(layer, CoverageState.NOT_SUBSCRIBED, "", links.start_cm(first), end_cm)
            elif layer is Layer.L0:
                self._go_on_roads(spans, links, first)
            else:
                self._go_on(spans, layer, links, first)
        now = _packed(spans, end_cm)
        return before if before == now else now

    def _go_on_roads(self, spans: _Spans, links: Links, first: int) -> None:
        """The links are there. Of the last one is said if what follows it is known to be unreadable."""
        last = len(links) - 1
        if why := self._next_unread(links.link_id(last)):
            if first < last:
                spans.add(Layer.L0, CoverageState.PRESENT, "", links.start_cm(first), links.start_cm(last))
            spans.add(Layer.L0, CoverageState.PRESENT, why, links.start_cm(last), links.end_offset_cm)
            return
        spans.add(Layer.L0, CoverageState.PRESENT, "", links.start_cm(first), links.end_offset_cm)

    def follows(self, covered: Covered, links: Links, road_tile: TileId) -> bool:
        """Whether what was said of the end of a path, or is to be said now, may rest on this tile."""
        if any(layer is Layer.L0 and why for layer, _, why in covered[0]):
            return True
        failed = (Layer.L0, road_tile) in self._network.failed
        return failed and end_tile(self._network, links.link_id(len(links) - 1)) == road_tile

    def _next_unread(self, link_id: LinkId) -> str:
        """Why it cannot be told what follows a link; empty where it can, or where nobody tried yet."""
        failed = self._network.failed
        tile_id = end_tile(self._network, link_id) if failed else None
        reason = None if tile_id is None else failed.get((Layer.L0, tile_id))
        return "" if reason is None else NEXT_UNREAD + reason

    def _go_on(self, spans: _Spans, layer: Layer, links: Links, first: int) -> None:
        """From the first of these links on."""
        ids, ends_cm = links.ids, links.ends_cm
        at_cm = links.start_cm(first)
        tile_id, state, why = TileId(-1), TileState.LOADED, ""
        for i in range(first, len(ids)):
            link_id, end_cm = ids[i], ends_cm[i]
            of_link = tile_of(link_id)
            if of_link != tile_id:
                tile_id = of_link
                state = self._network.tile_state(layer, tile_id)
                why = "" if state is TileState.LOADED else self._network.failed.get((layer, tile_id), "")
            if state is not TileState.LOADED:
                spans.add(layer, _TILE_COVERAGE[state], why, at_cm, end_cm)
            elif layer is Layer.L1:
                spans.add(layer, _known_as(self._network.profile_bases(link_id)), "", at_cm, end_cm)
            else:
                self._add_lanes(spans, layer, link_id, at_cm, end_cm)
            at_cm = end_cm

    def _add_lanes(self, spans: _Spans, layer: Layer, link_id: LinkId, start_cm: int, end_cm: int) -> None:
        try:
            lanes = self._network.lanes(link_id)
        except TileError as error:
            spans.add(layer, CoverageState.FAILED, str(error), start_cm, end_cm)
            return
        at_cm = start_cm
        if lanes is not None:
            known = CoverageState.DERIVED if lanes.basis in _COMPUTED else CoverageState.PRESENT
            why = LANES_NOT_PLACED if lanes.basis is Basis.INFERRED else ""
            for section in lanes.sections:
                from_cm = start_cm + section.start_cm
                if from_cm > at_cm:
                    spans.add(layer, CoverageState.ABSENT, "", at_cm, from_cm)
                at_cm = min(start_cm + section.end_cm, end_cm)
                spans.add(layer, known, why, from_cm, at_cm)
        if at_cm < end_cm:
            spans.add(layer, CoverageState.ABSENT, "", at_cm, end_cm)


def _packed(spans: _Spans, path_end_cm: int) -> Covered:
    said = _shared(tuple(spans.said))
    ends_cm = tuple([PATH_END if x == path_end_cm else x for x in spans.ends_cm])
    covered = (said, tuple(spans.starts_cm), ends_cm)
    whole = not any(spans.starts_cm) and all(x == PATH_END for x in ends_cm)
    return _shared(covered) if whole else covered


@lru_cache(maxsize=1024)
def _shared(x: T) -> T:
    """The same object for all paths."""
    return x


def _known_as(bases: Set[Basis]) -> CoverageState:
    """Coverage by values that rest on these; one that was mapped is enough to be present."""
    if not bases:
        return CoverageState.ABSENT
    return CoverageState.DERIVED if bases <= _COMPUTED else CoverageState.PRESENT
