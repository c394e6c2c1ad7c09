"""What changed: the state of a stream, the difference of two states, and how a difference is applied.

The one place for both ends: the server makes differences here and the client applies them here, so what a
removal implies is written once (rules: `protos/mapprior/v1/horizon.proto`). Knows nothing of links, limits
or lanes beyond key, place and hash.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Protocol

from mapprior.errors import RemoteError
from mapprior.horizon.digest import MASK64
from mapprior.horizon.items import (
    Border,
    Content,
    CoverageSpan,
    Item,
    Key,
    LimitSpan,
    LinkPlacement,
    Path,
    Placed,
    StreamBasis,
    WorkZoneContent,
    WorkZonePlacement,
)
from mapprior.horizon.laid_coverage import LaidCoverage
from mapprior.horizon.laid_limit import LaidLimit
from mapprior.horizon.links import Links
from mapprior.model.ids import PathId

PATH_TAG: Final = 1
CONTENT_TAG: Final = 6
ZONE_CONTENT_TAG: Final = 7
BASIS_TAG: Final = 8


@dataclass(slots=True, unsafe_hash=True)  # hot, as Pose is
class PathItems:
    """A path and all that lies on it. Each tuple is in the order of its keys."""

    path: Path
    links: tuple[LinkPlacement, ...] = ()
    limits: tuple[LimitSpan, ...] = ()
    coverage: tuple[CoverageSpan, ...] = ()
    zones: tuple[WorkZonePlacement, ...] = ()
    borders: tuple[Border, ...] = ()

    def placed(self) -> Iterator[Placed]:
        """All but the path itself, in the order of their keys."""
        yield from self.links
        yield from self.limits
        yield from self.coverage
        yield from self.zones
        yield from self.borders


class OnPath(Protocol):
    """The same as the server keeps it: a difference is made of whatever has these, in the order of their keys."""

    @property
    def path(self) -> Path: ...
    @property
    def links(self) -> Links | tuple[LinkPlacement, ...]: ...
    @property
    def limits(self) -> Sequence[LimitSpan | LaidLimit]: ...
    @property
    def coverage(self) -> LaidCoverage | tuple[CoverageSpan, ...]: ...
    @property
    def zones(self) -> Sequence[WorkZonePlacement]: ...
    @property
    def borders(self) -> Sequence[Border]: ...


@dataclass(frozen=True, slots=True)
class State:
    """The items of a stream, sorted by where they belong. Equal states have equal items, and equal hashes."""

    paths: Mapping[PathId, PathItems] = field(default_factory=dict)
    contents: Mapping[Key, Content] = field(default_factory=dict)
    zones: Mapping[str, WorkZoneContent] = field(default_factory=dict)
    basis: StreamBasis | None = None

    def items(self) -> Iterator[Item]:
        """Every item, in no particular order."""
        for on_path in self.paths.values():
            yield on_path.path
            yield from on_path.placed()
        yield from self.contents.values()
        yield from self.zones.values()
        if self.basis is not None:
            yield self.basis


@dataclass(frozen=True, slots=True)
class Change:
    """A difference. `hash_delta` is what it adds to the state hash, modulo 2^64."""

    removed: tuple[Key, ...]
    items: tuple[Item, ...]
    hash_delta: int

    def __bool__(self) -> bool:
        return bool(self.removed or self.items)


def state_hash(state: State) -> int:
    """The hash from scratch: the sum of the hashes of all items."""
    return sum(item.hash64() for item in state.items()) & MASK64


def diff(old: State, new: State) -> Change:
    """The removals and puts that lead from `old` to `new`. What is the same object is not looked into."""
    removed: list[Key] = []
    items: list[Item] = []
    delta = 0
    if old.paths is not new.paths:
        delta += diff_paths(old.paths, new.paths, removed, items)
    if old.contents is not new.contents:
        delta += _diff_keyed(old.contents.values(), new.contents.values(), removed, items)
    if old.zones is not new.zones:
        delta += diff_zones(old.zones, new.zones, removed, items)
    if new.basis is not None and new.basis != old.basis:
        items.append(new.basis)
        delta += new.basis.hash64() - (0 if old.basis is None else old.basis.hash64())
    return Change(tuple(removed), tuple(items), delta & MASK64)


def apply(state: State, removed: Iterable[Key], items: Sequence[Item]) -> tuple[State, int]:
    """(the state after, what the state hash grows by). Implied removals, then `removed`, then `items`.

    Removing what is not there changes nothing. RemoteError where something is placed on a path that does not exist.
    """
    return _Application(state).run(removed, items)


def diff_paths(
    old: Mapping[PathId, OnPath], new: Mapping[PathId, OnPath], removed: list[Key], items: list[Item]
) -> int:
    """Puts what leads from the one to the other there; what it adds to the state hash."""
    delta = 0
    for path_id, was in old.items():
        if path_id not in new:
            removed.append(was.path.key)
            delta -= was.path.hash64() + sum(x.hash64() for x in _placed(was))
    for path_id, now in new.items():
        before = old.get(path_id)
        if before is None:
            items.append(now.path)
            delta += now.path.hash64()
            for x in _placed(now):
                items.append(_item(x))
                delta += x.hash64()
        elif before is not now:
            delta += _diff_path(before, now, removed, items)
    return delta


def diff_zones(
    old: Mapping[str, WorkZoneContent], new: Mapping[str, WorkZoneContent], removed: list[Key], items: list[Item]
) -> int:
    """The same of the zones' contents."""
    return _diff_keyed(old.values(), new.values(), removed, items)


def _placed(on_path: OnPath) -> Iterator[Placed | LaidLimit]:
    """All but the path itself, in the order of their keys."""
    return chain(on_path.links, on_path.limits, on_path.coverage, on_path.zones, on_path.borders)


def _item(x: Placed | LaidLimit) -> Placed:
    return x.span() if isinstance(x, LaidLimit) else x


def _diff_path(old: OnPath, new: OnPath, removed: list[Key], items: list[Item]) -> int:
    delta = 0
    erased_to_cm = -1
    was, now = old.path, new.path
    if was is not now and was != now:
        items.append(now)
        erased_to_cm = now.first_offset_cm  # putting a path erases what ends at or before it
        delta += now.hash64() - was.hash64()
    delta += _diff_links(old.links, new.links, erased_to_cm, removed, items)
    delta += _diff_spans(old.limits, new.limits, erased_to_cm, removed, items)
    delta += _diff_coverage(old.coverage, new.coverage, erased_to_cm, removed, items)
    delta += _diff_spans(old.zones, new.zones, erased_to_cm, removed, items)
    return delta + _diff_spans(old.borders, new.borders, erased_to_cm, removed, items)


def _diff_links(
    old: Links | tuple[LinkPlacement, ...],
    new: Links | tuple[LinkPlacement, ...],
    erased_to_cm: int,
    removed: list[Key],
    items: list[Item],
) -> int:
    if old is new:
        return 0
    if not (isinstance(old, Links) and isinstance(new, Links)):
        return _diff_placed(old, new, erased_to_cm, removed, items)
    first, count = old.shared(new)  # they stand where they stood
    was = [old[i] for i in range(first)] + [old[i] for i in range(first + count, len(old))]
    return _diff_placed(was, [new[i] for i in range(count, len(new))], erased_to_cm, removed, items)


def _diff_coverage(
    old: LaidCoverage | tuple[CoverageSpan, ...],
    new: LaidCoverage | tuple[CoverageSpan, ...],
    erased_to_cm: int,
    removed: list[Key],
    items: list[Item],
) -> int:
    if not (isinstance(old, LaidCoverage) and isinstance(new, LaidCoverage)):
        return _diff_spans(tuple(old), tuple(new), erased_to_cm, removed, items)
    was, now = old.unlike(new)  # what is erased is not in the new one
    return _diff_placed(was, now, erased_to_cm, removed, items) if was or now else 0


def _diff_spans(
    old: Sequence[Placed | LaidLimit],
    new: Sequence[Placed | LaidLimit],
    erased_to_cm: int,
    removed: list[Key],
    items: list[Item],
) -> int:
    """The same object is looked into only where something of it is erased."""
    if old is not new or (erased_to_cm > 0 and any(x.end_offset_cm <= erased_to_cm for x in old)):
        return _diff_placed(old, new, erased_to_cm, removed, items)
    return 0


def _diff_placed(
    old: Iterable[Placed | LaidLimit],
    new: Iterable[Placed | LaidLimit],
    erased_to_cm: int,
    removed: list[Key],
    items: list[Item],
) -> int:
    delta = 0
    left: dict[Key, Placed | LaidLimit] = {}
    for x in old:
        if x.end_offset_cm <= erased_to_cm:
            delta -= x.hash64()
        else:
            left[x.key] = x
    for x in new:
        was = left.pop(x.key, None)
        if was is x or was == x:
            continue
        items.append(_item(x))
        delta += x.hash64() - (0 if was is None else was.hash64())
    for key, x in left.items():
        removed.append(key)
        delta -= x.hash64()
    return delta


def _diff_keyed(
    old: Iterable[Content | WorkZoneContent],
    new: Iterable[Content | WorkZoneContent],
    removed: list[Key],
    items: list[Item],
) -> int:
    before = {x.key: x for x in old}
    delta = 0
    for x in new:
        was = before.pop(x.key, None)
        if was != x:
            items.append(x)
            delta += x.hash64() - (0 if was is None else was.hash64())
    for key, x in before.items():
        removed.append(key)
        delta -= x.hash64()
    return delta


class _Application:
    """One update being applied. A path is taken apart when first touched and put together at the end."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.delta = 0
        self.heads: dict[PathId, Path] = {}
        self.opened: dict[PathId, dict[Key, Placed]] = {}
        self.gone: set[PathId] = set()
        self.contents: dict[Key, Content] | None = None
        self.zones: dict[str, WorkZoneContent] | None = None
        self.basis = state.basis

    def run(self, removed: Iterable[Key], items: Sequence[Item]) -> tuple[State, int]:
        keys = list(removed)
        for key in keys:
            if key[0] == PATH_TAG:
                self._remove_path(PathId(int(key[1])))
        for item in items:
            if isinstance(item, Path):
                self._put_path(item)
        for key in keys:
            if key[0] != PATH_TAG:
                self._remove(key)
        for item in items:
            self._put(item)
        return self._closed(), self.delta & MASK64

    def _open(self, path_id: PathId) -> dict[Key, Placed]:
        if path_id not in self.opened:
            was = None if path_id in self.gone else self.state.paths.get(path_id)
            if was is None:
                raise RemoteError(f"an update places something on path {path_id}, which does not exist")
            self.heads[path_id] = was.path
            self.opened[path_id] = {x.key: x for x in was.placed()}
        return self.opened[path_id]

    def _remove_path(self, path_id: PathId) -> None:
        was = self.state.paths.get(path_id)
        if was is not None and path_id not in self.gone:
            self.gone.add(path_id)
            self.delta -= was.path.hash64() + sum(x.hash64() for x in was.placed())

    def _put_path(self, path: Path) -> None:
        if path.path_id in self.gone or path.path_id not in self.state.paths:
            self.opened[path.path_id] = {}
            self.delta += path.hash64()
        else:
            placed = self._open(path.path_id)
            self.delta += path.hash64() - self.heads[path.path_id].hash64()
            for key in [key for key, x in placed.items() if x.end_offset_cm <= path.first_offset_cm]:
                self.delta -= placed.pop(key).hash64()
        self.heads[path.path_id] = path

    def _remove(self, key: Key) -> None:
        was: Item | None = None
        if key[0] == CONTENT_TAG:
            was = self._contents().pop(key, None)
        elif key[0] == ZONE_CONTENT_TAG:
            was = self._zones().pop(str(key[1]), None)
        elif key[0] != BASIS_TAG:
            path_id = PathId(int(key[1]))
            if path_id in self.opened or (path_id in self.state.paths and path_id not in self.gone):
                was = self._open(path_id).pop(key, None)
        if was is not None:
            self.delta -= was.hash64()

    def _put(self, item: Item) -> None:
        was: Item | None
        if isinstance(item, Path):
            return  # was put first, so that what lies on it finds it
        if isinstance(item, Content):
            was, self._contents()[item.key] = self._contents().get(item.key), item
        elif isinstance(item, WorkZoneContent):
            was, self._zones()[item.work_zone_id] = self._zones().get(item.work_zone_id), item
        elif isinstance(item, StreamBasis):
            was, self.basis = self.basis, item
        else:
            placed = self._open(item.path_id)
            was, placed[item.key] = placed.get(item.key), item
        self.delta += item.hash64() - (0 if was is None else was.hash64())

    def _contents(self) -> dict[Key, Content]:
        if self.contents is None:
            self.contents = dict(self.state.contents)
        return self.contents

    def _zones(self) -> dict[str, WorkZoneContent]:
        if self.zones is None:
            self.zones = dict(self.state.zones)
        return self.zones

    def _closed(self) -> State:
        paths = self.state.paths
        if self.gone or self.heads:
            paths = {k: v for k, v in paths.items() if k not in self.gone}
            for path_id, head in self.heads.items():
                paths[path_id] = _sorted_items(head, self.opened[path_id])
        return replace(
            self.state,
            paths=paths,
            contents=self.state.contents if self.contents is None else self.contents,
            zones=self.state.zones if self.zones is None else self.zones,
            basis=self.basis,
        )


def _sorted_items(path: Path, placed: Mapping[Key, Placed]) -> PathItems:
    ordered = [placed[key] for key in sorted(placed)]
    return PathItems(
        path,
        tuple(x for x in ordered if isinstance(x, LinkPlacement)),
        tuple(x for x in ordered if isinstance(x, LimitSpan)),
        tuple(x for x in ordered if isinstance(x, CoverageSpan)),
        tuple(x for x in ordered if isinstance(x, WorkZonePlacement)),
        tuple(x for x in ordered if isinstance(x, Border)),
    )
