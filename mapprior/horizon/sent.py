"""What one client was sent, and the step from there to what is now.

The state hash and the ledger of held content are kept here. Decides nothing about when to send.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from mapprior.errors import LimitError
from mapprior.horizon.content import HELD_CONTENTS_COUNT_MAX, ContentStep, HeldContents
from mapprior.horizon.digest import MASK64
from mapprior.horizon.events import HeldContent, Open
from mapprior.horizon.items import Item, Key, StreamBasis, WorkZoneContent
from mapprior.horizon.spans import LaidItems
from mapprior.horizon.subscriptions import NEVER_US, Groups, Subscriptions
from mapprior.horizon.update import PathItems, State, diff_paths, diff_zones
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, PathId, TileId, tile_of
from mapprior.model.network import Network
from mapprior.model.provenance import GROUP_LAYER
from mapprior.model.work_zone import Overlay

GROUPS_COUNT: Final = len(GROUP_LAYER)
NO_PATHS: Final[Mapping[PathId, LaidItems]] = {}


class Sent:
    """`network` has the content. Each `step` counts as sent."""

    __slots__ = (
        "_basis",
        "_came",
        "_held",
        "_network",
        "_paths",
        "_subscriptions",
        "_zones",
        "content_due_us",
        "snapshot_due",
        "state_hash",
        "withheld_count",
    )

    def __init__(self, network: Network, opened: Open, subscriptions: Subscriptions) -> None:
        self._network = network
        self._subscriptions = subscriptions
        self._held = HeldContents(opened.content_held_bytes_max, network.content)
        self._paths = NO_PATHS
        self._zones: Mapping[str, WorkZoneContent] = {}
        self._basis: StreamBasis | None = None
        self._came: tuple[TileId, ...] = ()  # since the last step
        self.snapshot_due = True
        self.state_hash = 0
        self.withheld_count = 0  # links some of whose content finds no room at the client
        self.content_due_us = NEVER_US  # monotonic time at which content that waits may be sent

    def restart(self, held: HeldContent | None, served_build_ids: frozenset[str]) -> None:
        """A snapshot follows, to a client that holds this content, if its releases are all served here."""
        if held is not None and len(held.contents) > HELD_CONTENTS_COUNT_MAX:
            count = len(held.contents)
            raise LimitError(f"held.contents has {count} elements; at most {HELD_CONTENTS_COUNT_MAX}")
        self._held.reset(held.contents if held is not None and held.build_ids <= served_build_ids else ())
        self._subscriptions.restart()
        self.state_hash = 0  # what is held of this is counted with the snapshot
        self.snapshot_due = True

    def tile_came(self, tile_id: TileId) -> None:
        """Of a layer of content: its links that are placed may have some by now that they lacked."""
        self._came = (*self._came, tile_id)

    def tile_goes(self, tile_id: TileId) -> None:
        """To be told before a tile of any layer is dropped."""
        self._held.tile_goes(tile_id)

    def step(
        self,
        paths: Mapping[PathId, LaidItems],
        *,
        overlay: Overlay,
        basis: StreamBasis,
        from_cm: int,
        now_us: int,
    ) -> tuple[tuple[Key, ...], tuple[Item, ...]]:
        """(removals, puts) that lead to these paths; `from_cm` is the offset at which the vehicle's link ends."""
        zone_ids = sorted({x.work_zone_id for on_path in paths.values() for x in on_path.zones})
        zones = {x: self._zone_content(x, overlay) for x in zone_ids}
        content = self._place(paths, from_cm, now_us)
        self._subscriptions.sent({x.encoded.group for x in content.sent}, now_us)
        self.content_due_us = self._subscriptions.opens_us(content.waiting)
        self.withheld_count = content.withheld_count
        removed: list[Key] = []
        items: list[Item] = []
        fresh = self.snapshot_due
        delta = diff_paths(NO_PATHS if fresh else self._paths, paths, removed, items)
        delta += diff_zones({} if fresh else self._zones, zones, removed, items)
        if fresh or basis != self._basis:
            items.append(basis)
            delta += basis.hash64() - (0 if fresh or self._basis is None else self._basis.hash64())
        self._paths, self._zones, self._basis = paths, zones, basis
        self.snapshot_due = False
        self.state_hash = (self.state_hash + delta + content.hash_delta) & MASK64
        return (*removed, *content.evicted), (*content.sent, *items)

    def state(self) -> State:
        """What the client holds once it has applied every step; content without payloads."""
        paths = {
            path_id: PathItems(
                x.path,
                tuple(x.links),
                tuple(y.span() for y in x.limits),
                tuple(x.coverage),
                x.zones,
                x.borders,
            )
            for path_id, x in self._paths.items()
        }
        return State(paths, {x.key: x for x in self._held.contents()}, self._zones, self._basis)

    def _place(self, paths: Mapping[PathId, LaidItems], from_cm: int, now_us: int) -> ContentStep:
        """The content of these paths, in their order; where only links changed, that of those links."""
        subscriptions, held, came = self._subscriptions, self._held, self._came
        self._came = ()
        closed = subscriptions.closed(now_us)
        if subscriptions.vary or self.snapshot_due or not held.is_settled:
            wanted, changed = subscriptions.wanted(paths, from_cm=from_cm)
            held.refresh([*changed, *(x for x in wanted if tile_of(x) in came)] if came else changed)
            return held.place(wanted, lambda x: self._contents(x, wanted[x]), closed=closed)
        before, groups = self._paths, subscriptions.groups
        gone: set[LinkId] = set()
        new: dict[LinkId, None] = {}
        for path_id, x in before.items():
            if path_id not in paths:
                gone.update(x.links.ids)
        for path_id, x in paths.items():
            was = before.get(path_id)
            if was is None or came:
                new.update(dict.fromkeys(x.links.ids))
            if was is not None and was.links is not x.links:
                now = dict.fromkeys(x.links.ids)
                gone.update(y for y in was.links.ids if y not in now)
                new.update(now)
        if gone:
            gone.difference_update(*(x.links.ids for x in paths.values()))
        return held.move(
            gone,
            [x for x in new if tile_of(x) in came or not held.is_placed(x)],
            lambda x: self._contents(x, groups),
            closed=closed,
        )

    def _zone_content(self, zone_id: str, overlay: Overlay) -> WorkZoneContent:
        sent = self._zones.get(zone_id)
        zone = overlay.zones[zone_id]
        return sent if sent and sent.digest == zone.digest else WorkZoneContent(zone_id, zone.digest, zone.payload)

    def _contents(self, link_id: LinkId, groups: Groups) -> Sequence[EncodedContent]:
        contents = self._network.contents(link_id)
        return contents if len(groups) == GROUPS_COUNT else [x for x in contents if x.group in groups]
