"""Which content a client wants: of which profile groups, how far ahead, on which paths, how often.

A group reaches past the end of the vehicle's link, in whole links, as the paths do: what is wanted changes where the
vehicle enters another link, never while it drives along one. On a side path the way over its parents counts. Does not
know what was sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mapprior.horizon.events import Open, ProfileSubscription
from mapprior.horizon.items import ROOT
from mapprior.horizon.links import Links
from mapprior.horizon.update import OnPath
from mapprior.model.ids import LinkId, PathId
from mapprior.model.provenance import GROUP_LAYER, LAYER_GROUPS, Layer, ProfileGroup

Groups = tuple[ProfileGroup, ...]
NEVER_US: Final = 1 << 60
_EVERYWHERE_CM: Final = 1 << 62


class Subscriptions:
    """What one client wants. Without a subscription: all groups of its layers, on all paths, at once."""

    __slots__ = ("_interval_us", "_open_us", "_root", "_sides", "_wanted", "groups", "layers")

    def __init__(self, opened: Open) -> None:
        chosen = opened.subscriptions
        named = frozenset(GROUP_LAYER[x.group] for x in chosen)
        # Layers whose tiles are needed, and whose coverage is said
        self.layers: frozenset[Layer] = opened.layers | named if named else opened.layers
        groups = [g for layer in sorted(self.layers) for g in LAYER_GROUPS.get(layer, ())]
        wanted = {x.group for x in chosen}
        self.groups: Groups = tuple(g for g in groups if g in wanted or not chosen)
        self._root = _reaches(self.groups, chosen)
        self._sides = _reaches(self.groups, [x for x in chosen if not x.root_only])
        self._interval_us = {x.group: x.interval_ms_min * 1000 for x in chosen if x.interval_ms_min}
        self._open_us: dict[ProfileGroup, int] = {}  # when new content of a group may be sent again
        self._wanted: Mapping[LinkId, Groups] = {}

    @property
    def vary(self) -> bool:
        """Not the same is wanted of all links."""
        return bool(self._root)

    def wanted(
        self, paths: Mapping[PathId, OnPath], *, from_cm: int
    ) -> tuple[Mapping[LinkId, Groups], Sequence[LinkId]]:
        """(the groups wanted of each link on these paths, links of which it was not the same before).

        `from_cm`: offset on the root at which the vehicle's link ends. The root comes first, parents before children.
        """
        if not self.vary:
            groups = self.groups
            return {x: groups for on_path in paths.values() for _, x in _placed(on_path)}, ()
        was, now = self._wanted, self._found(paths, from_cm)
        self._wanted = now
        return now, [x for x, groups in now.items() if was.get(x) != groups]

    def _found(self, paths: Mapping[PathId, OnPath], from_cm: int) -> dict[LinkId, Groups]:
        now: dict[LinkId, Groups] = {}
        zeros_cm: dict[PathId, int] = {ROOT: 0}
        for path_id, on_path in paths.items():
            path = on_path.path
            zeros_cm[path_id] = zero_cm = zeros_cm[path.parent_path_id] + path.offset_on_parent_cm
            reaches = iter(self._root if path.parent_path_id == ROOT else self._sides)
            reach_cm, groups = next(reaches, (_EVERYWHERE_CM, ()))
            for start_cm, x in _placed(on_path):
                while zero_cm + start_cm - from_cm > reach_cm:
                    reach_cm, groups = next(reaches, (_EVERYWHERE_CM, ()))
                if groups:
                    held = now.get(x)
                    now[x] = groups if held is None else tuple(g for g in self.groups if g in held or g in groups)
        return now

    # How often

    def closed(self, now_us: int) -> frozenset[ProfileGroup]:
        """Groups of which nothing new may be sent yet."""
        if not self._open_us:
            return frozenset()
        return frozenset(group for group, open_us in self._open_us.items() if now_us < open_us)

    def sent(self, groups: Iterable[ProfileGroup], now_us: int) -> None:
        """New content of these groups goes out now."""
        for group in groups:
            if group in self._interval_us:
                self._open_us[group] = now_us + self._interval_us[group]

    def opens_us(self, groups: Iterable[ProfileGroup]) -> int:
        """When the first of these groups that wait may be sent; NEVER_US where none waits."""
        return min((self._open_us[x] for x in groups), default=NEVER_US)

    def restart(self) -> None:
        """A snapshot follows: it waits for nothing."""
        self._open_us = {}


def _placed(on_path: OnPath) -> Iterable[tuple[int, LinkId]]:
    """(start offset, link) of each on a path."""
    links = on_path.links
    if isinstance(links, Links):
        return zip(links.starts_cm, links.ids, strict=True)
    return [(x.start_offset_cm, x.link_id) for x in links]


def _reaches(groups: Groups, chosen: Sequence[ProfileSubscription]) -> tuple[tuple[int, Groups], ...]:
    """(how far, the groups wanted of links that begin up to there and past the reach before), nearest first."""
    reach_cm = {x.group: x.length_m * 100 or _EVERYWHERE_CM for x in chosen}
    return tuple(
        (reach, tuple(g for g in groups if reach_cm.get(g, -1) >= reach)) for reach in sorted(set(reach_cm.values()))
    )
