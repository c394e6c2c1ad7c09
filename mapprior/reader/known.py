"""Of which links a client holds all that the map has of a profile group: there, what it does not hold is not there.

Of what a link has none of, nothing is sent. So where nothing is held there may be nothing, or it was not asked for, or
it waits, or there was no room for it. Sure is what was asked for where the layer's tile was at hand, in a step that
withheld nothing of the group: in every step, or, of a group that comes at intervals, in those that brought some of it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from mapprior.horizon.events import Open
from mapprior.horizon.items import ROOT, Content, CoverageState, Update
from mapprior.horizon.subscriptions import Subscriptions
from mapprior.horizon.update import PathItems, State
from mapprior.horizon.vehicle_position import Position
from mapprior.model.ids import LinkId, PathId
from mapprior.model.provenance import GROUP_LAYER, Layer, ProfileGroup

_AT_HAND: Final = frozenset((CoverageState.PRESENT, CoverageState.DERIVED))
_NO_LINKS: Final[frozenset[LinkId]] = frozenset()


class Known:
    """`applied` after every update; `links` at any time."""

    def __init__(self, opened: Open) -> None:
        self._subscriptions = Subscriptions(opened)
        self._at_intervals = {x.group: _NO_LINKS for x in opened.subscriptions if x.interval_ms_min}
        self._now: dict[ProfileGroup, frozenset[LinkId]] = {}  # found since the last update
        self._state = State()
        self._position: Position | None = None
        self._withheld = False

    def applied(self, update: Update, state: State, position: Position, *, withheld: bool) -> None:
        self._now.clear()
        self._state, self._position = state, position
        self._withheld = withheld
        if self._at_intervals and (update.items or update.removed):
            came = {x.encoded.group for x in update.items if isinstance(x, Content)}
            for group, links in self._at_intervals.items():
                now = self._asked_and_at_hand(group)  # what is not asked for any more may be gone
                if not (update.snapshot or group in came):
                    now &= links
                elif self._withheld:
                    now = _NO_LINKS
                self._at_intervals[group] = now

    def links(self, group: ProfileGroup) -> frozenset[LinkId]:
        """Those of which nothing of the group is missing."""
        if group in self._at_intervals:
            return self._at_intervals[group]
        if group not in self._now:
            self._now[group] = _NO_LINKS if self._withheld else self._asked_and_at_hand(group)
        return self._now[group]

    def _asked_and_at_hand(self, group: ProfileGroup) -> frozenset[LinkId]:
        paths = dict(_in_order(self._state.paths))
        root = next(iter(paths.values()), None)
        if root is None:
            return _NO_LINKS
        asked, _ = self._subscriptions.wanted(paths, from_cm=link_end_cm(root, self._position))
        layer = GROUP_LAYER[group]
        at_hand = (x for on_path in paths.values() for x in _at_hand(on_path, layer))
        return frozenset(x for x in at_hand if group in asked.get(x, ()))


def _in_order(paths: Mapping[PathId, PathItems]) -> Iterator[tuple[PathId, PathItems]]:
    """The root first, each path after its parent."""
    children: dict[PathId, list[PathItems]] = {}
    for x in paths.values():
        children.setdefault(x.path.parent_path_id, []).append(x)
    open_ = children.get(ROOT, [])[:1]
    while open_:
        on_path = open_.pop()
        yield on_path.path.path_id, on_path
        open_ += children.get(on_path.path.path_id, ())


def link_end_cm(root: PathItems, position: Position | None) -> int:
    """Where the vehicle's link ends, which is where lengths are counted from; where it is not told, no farther on."""
    for candidate in position.candidates if position is not None else ():
        if candidate.path_id == root.path.path_id:
            ends = (x.end_offset_cm for x in root.links if x.link_id == candidate.link_id)
            return next((x for x in ends if x >= candidate.offset_cm), root.path.first_offset_cm)
    return root.path.first_offset_cm


def _at_hand(on_path: PathItems, layer: Layer) -> Iterator[LinkId]:
    """Links all along which the layer was there to be sent."""
    spans = sorted((x for x in on_path.coverage if x.layer is layer), key=lambda x: x.start_offset_cm)
    first = 0
    for link in on_path.links:
        while first < len(spans) and spans[first].end_offset_cm <= link.start_offset_cm:
            first += 1
        at = first
        while at < len(spans) and spans[at].start_offset_cm < link.end_offset_cm and spans[at].state in _AT_HAND:
            at += 1
        if at > first and spans[at - 1].end_offset_cm >= link.end_offset_cm:
            yield link.link_id
