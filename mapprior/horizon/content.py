"""What content the client holds: sent once, evicted by last placement, oldest first, within the client's budget.

The server's ledger of one stream. Content that is placed is never evicted; new content for which there is no room
beside it is withheld and tried again at the next step. A drive must cost little memory however long it lasts: the
ledger names links and groups, a few bytes for each link, and looks the rest up where it lies in the tiles; it must be
told when a tile goes (`tile_goes`). Does not know where links lie.
"""

import struct
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from mapprior.horizon.digest import MASK64
from mapprior.horizon.items import Content, Key
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId, TileId, tile_of
from mapprior.model.profile import SHARED_GROUPS
from mapprior.model.provenance import LAYER_GROUPS, ProfileGroup

# Content that is held and not placed. More is evicted whatever the client's budget: it costs the server memory.
UNPLACED_COUNT_MAX: Final = 256
# Content a client may name when it resumes or asks for a snapshot: more than a horizon on a dense network places.
HELD_CONTENTS_COUNT_MAX: Final = 4096
# A client that resumes names keys without sizes; until such content is placed it is taken to be this large.
RESUMED_BYTES: Final = 1024
_RESUMED_PAYLOAD: Final = bytes(RESUMED_BYTES)

_GROUPS: Final = tuple(group for groups in LAYER_GROUPS.values() for group in groups)  # of a bit each
_BIT: Final = {group: 1 << i for i, group in enumerate(_GROUPS)}
_GROUPS_OF: Final = tuple(tuple(g for g in _GROUPS if _BIT[g] & mask) for mask in range(1 << len(_GROUPS)))
_LENT: Final = sum(_BIT[x] for x in (ProfileGroup.GEOMETRY, *SHARED_GROUPS))  # may lie under the twin's id, all of it
_OWNER: Final = struct.Struct("=Q")
NOT_PLACED: Final = -1


@dataclass(frozen=True, slots=True)
class ContentStep:
    """What one step sends and evicts. On `withheld_count` links some content found no room; `waiting` are groups of
    which some content was to wait."""

    sent: tuple[Content, ...]
    evicted: tuple[Key, ...]
    hash_delta: int
    withheld_count: int
    waiting: frozenset[ProfileGroup] = frozenset()


@dataclass(slots=True)
class _Step:
    """One step being made. Nothing new of the `closed` groups is sent in it."""

    closed: Collection[ProfileGroup] = ()
    sent: list[Content] = field(default_factory=list)
    evicted: list[Key] = field(default_factory=list)
    hash_delta: int = 0
    waiting: set[ProfileGroup] = field(default_factory=set)
    withheld: set[LinkId] = field(default_factory=set)


class _Uses:
    """Of which groups each placed link uses content: nine bytes a link."""

    __slots__ = ("_groups", "links")

    def __init__(self) -> None:
        self.links = array("Q")  # ascending
        self._groups = bytearray()  # bits

    def of(self, link_id: LinkId) -> int:
        """NOT_PLACED where the link is not."""
        i = bisect_left(self.links, link_id)
        return self._groups[i] if i < len(self.links) and self.links[i] == link_id else NOT_PLACED

    def put(self, link_id: LinkId, groups: int) -> None:
        i = bisect_left(self.links, link_id)
        if i < len(self.links) and self.links[i] == link_id:
            self._groups[i] = groups
        else:
            self.links.insert(i, link_id)
            self._groups.insert(i, groups)

    def take(self, link_id: LinkId) -> int:
        i = bisect_left(self.links, link_id)
        del self.links[i]
        return self._groups.pop(i)

    def items(self) -> Iterator[tuple[LinkId, int]]:
        return zip(map(LinkId, self.links), self._groups, strict=True)


class _Loans:
    """Content that a placed link uses and that is kept under another link's id, its twin's geometry: who uses whose."""

    __slots__ = ("_owners", "_users")

    def __init__(self) -> None:
        self._owners = array("Q")  # ascending
        self._users = array("Q")

    def __bool__(self) -> bool:
        return bool(self._owners)

    def users(self, owner: LinkId) -> list[LinkId]:
        users: list[LinkId] = []
        i = bisect_left(self._owners, owner)
        while i < len(self._owners) and self._owners[i] == owner:
            users.append(LinkId(self._users[i]))
            i += 1
        return users

    def put(self, owner: LinkId, user: LinkId) -> None:
        if user not in self.users(owner):
            i = bisect_left(self._owners, owner)
            self._owners.insert(i, owner)
            self._users.insert(i, user)

    def end(self, owner: LinkId, user: LinkId) -> None:
        i = self._users.index(user, bisect_left(self._owners, owner))
        del self._owners[i], self._users[i]


class _Unplaced:
    """Of which groups content is held that nothing placed uses, by whose it is, in the order in which they lost a
    placement last: nine bytes each. There are few, and bytes are searched a hundred times as fast as numbers."""

    __slots__ = ("_groups", "_owners")

    def __init__(self) -> None:
        self._owners = bytearray()  # eight bytes each
        self._groups = bytearray()

    def __bool__(self) -> bool:
        return bool(self._groups)

    def of(self, owner: LinkId) -> int:
        i = self._find(owner)
        return self._groups[i] if i >= 0 else 0

    def oldest(self) -> tuple[LinkId, int]:
        return _owner(self._owners, 0), self._groups[0]

    def add(self, owner: LinkId, groups: int) -> None:
        """These too: it lost a placement just now."""
        groups |= self.take(owner)
        self._owners += _OWNER.pack(owner)
        self._groups.append(groups)

    def take(self, owner: LinkId, groups: int = -1) -> int:
        """Those of these groups, all unless said, that are here; not any more from here on."""
        i = self._find(owner)
        if i < 0:
            return 0
        here = self._groups[i]
        self._groups[i] = here & ~groups
        if not self._groups[i]:
            del self._owners[8 * i : 8 * i + 8], self._groups[i]
        return here & groups

    def items(self) -> Iterator[tuple[LinkId, int]]:
        return zip(map(LinkId, array("Q", bytes(self._owners))), self._groups, strict=True)

    def _find(self, owner: LinkId) -> int:
        """Its place; -1 where it is not here."""
        name = _OWNER.pack(owner)
        at = self._owners.find(name)
        while at >= 0 and at & 7:  # bytes of two neighbours
            at = self._owners.find(name, at + 1)
        return at >> 3


def _owner(owners: bytearray, i: int) -> LinkId:
    (owner,) = _OWNER.unpack_from(owners, 8 * i)
    return LinkId(owner)


class HeldContents:
    """Call `place` with every link placed now, or `move` with what changed, at each step that is sent.

    `find` has the content of a link, which may lie under another link's id; the same as long as it is held.
    """

    __slots__ = (
        "_bytes",
        "_bytes_max",
        "_find",
        "_kept",
        "_lent",
        "_named",
        "_placed",
        "_unplaced",
        "_unplaced_count",
        "_unplaced_count_max",
        "_unsettled",
    )

    def __init__(
        self,
        bytes_max: int,
        find: Callable[[LinkId, ProfileGroup], EncodedContent | None],
        *,
        unplaced_count_max: int = UNPLACED_COUNT_MAX,
    ) -> None:
        self._bytes_max = bytes_max
        self._find = find
        self._unplaced_count_max = unplaced_count_max
        self._bytes = 0
        self._placed = _Uses()
        self._lent = _Loans()
        self._unplaced = _Unplaced()
        self._unplaced_count = 0  # of contents
        # Held, and perhaps in no tile at hand: named by the client, or its tile went; by group and who has it.
        self._kept: dict[tuple[ProfileGroup, LinkId], EncodedContent] = {}
        self._named = False  # the client named what it holds, and no step was made since
        # Placed links some of whose content is withheld, waits or may be new: in a dict, which takes less while empty.
        self._unsettled: dict[LinkId, None] = {}

    @property
    def held_bytes(self) -> int:
        return self._bytes

    @property
    def is_settled(self) -> bool:
        """No placed link lacks anything of its content."""
        return not self._unsettled

    def is_placed(self, link_id: LinkId) -> bool:
        return self._placed.of(link_id) != NOT_PLACED

    def contents(self) -> Iterator[Content]:
        """What the client holds, without payloads."""
        used = (self._of(link_id, group) for link_id, groups in self._placed.items() for group in _GROUPS_OF[groups])
        placed = {(x.group, x.link_id): x for x in used}
        unplaced = (self._of(owner, group) for owner, groups in self._unplaced.items() for group in _GROUPS_OF[groups])
        for x in (*placed.values(), *unplaced):
            yield Content(replace(x, payload=b""))

    def tile_goes(self, tile_id: TileId) -> None:
        """A tile of some layer will not be at hand any more: what is held of its links is kept here from now on."""
        held = [*self._placed.items(), *self._unplaced.items()]
        for link_id, groups in [x for x in held if tile_of(x[0]) == tile_id]:
            for group in _GROUPS_OF[groups]:
                content = self._of(link_id, group)
                self._kept[group, link_id] = self._kept[group, content.link_id] = content

    def reset(self, held: Iterable[EncodedContent] = ()) -> None:
        """A snapshot follows: the client holds this and nothing else. Nothing is placed.

        The hash of the next step is that of all that is held after it, so that what is evicted at once costs little.
        """
        self._named = True
        self._placed, self._lent, self._unplaced, self._unsettled = _Uses(), _Loans(), _Unplaced(), {}
        self._kept = {(x.group, x.link_id): replace(x, payload=_RESUMED_PAYLOAD) for x in held}
        groups: dict[LinkId, int] = {}
        for x in self._kept.values():
            groups[x.link_id] = groups.get(x.link_id, 0) | _BIT[x.group]
        for owner, these in groups.items():
            self._unplaced.add(owner, these)
        self._unplaced_count = len(self._kept)
        self._bytes = RESUMED_BYTES * len(self._kept)

    def refresh(self, links: Iterable[LinkId]) -> None:
        """These links may have content by now that they lacked."""
        self._unsettled.update((x, None) for x in links if self.is_placed(x))

    def place(
        self,
        links: Collection[LinkId],
        contents_of: Callable[[LinkId], Iterable[EncodedContent]],
        *,
        closed: Collection[ProfileGroup] = (),
    ) -> ContentStep:
        """The step to the state in which exactly these links are placed; the first are served first.

        Content of the `closed` groups that the client does not hold yet waits for a later step.
        """
        now = set(links)
        gone = [LinkId(x) for x in self._placed.links if x not in now]
        new = [x for x in links if not self.is_placed(x) or x in self._unsettled]
        return self.move(gone, new, contents_of, closed=closed)

    def move(
        self,
        gone: Collection[LinkId],
        new: Collection[LinkId],
        contents_of: Callable[[LinkId], Iterable[EncodedContent]],
        *,
        closed: Collection[ProfileGroup] = (),
    ) -> ContentStep:
        """The same where `gone` are the links that are not placed any more, and `new` those that are from here on.

        All that are not settled must be among the new."""
        step = _Step(closed)
        for link_id in sorted(gone):
            if self._unsettled:
                self._unsettled.pop(link_id, None)
            self._release(link_id, self._placed.take(link_id))
        for link_id in new:
            self._place(link_id, contents_of(link_id), step)
        while self._unplaced and (self._bytes > self._bytes_max or self._unplaced_count > self._unplaced_count_max):
            self._evict_oldest(step)
        if not self._unsettled:
            self._unsettled = {}  # one that items left stays large
        hash_delta = step.hash_delta
        if self._named:
            self._named = False
            hash_delta = sum(x.hash64() for x in self.contents())
        sent, evicted = tuple(step.sent), tuple(step.evicted)
        return ContentStep(sent, evicted, hash_delta & MASK64, len(step.withheld), frozenset(step.waiting))

    def _of(self, link_id: LinkId, group: ProfileGroup) -> EncodedContent:
        """Content that is held, as the link has it."""
        content = self._kept.get((group, link_id)) if self._kept else None
        if content is None:
            content = self._find(link_id, group)
        assert content is not None, "a tile went and nobody said so"
        return content

    def _place(self, link_id: LinkId, contents: Iterable[EncodedContent], step: _Step) -> None:
        before = self._placed.of(link_id)
        if self._unsettled:
            self._unsettled.pop(link_id, None)
        owner, used, lent = link_id, 0, False
        in_use, held = self._in_use(owner), self._unplaced.of(owner)
        for content in contents:
            bit = _BIT[content.group]
            if content.link_id != owner:
                owner = content.link_id
                in_use, held = self._in_use(owner), self._unplaced.of(owner)
            if in_use & bit or self._send(content, step, is_held=bool(held & bit)):
                used |= bit
                if owner != link_id and not lent:
                    self._lent.put(owner, link_id)
                    lent = True
            else:
                self._unsettled[link_id] = None
                if content.group not in step.closed:
                    step.withheld.add(link_id)
        self._placed.put(link_id, used)
        if before > 0:
            self._release(link_id, before)

    def _release(self, link_id: LinkId, groups: int) -> None:
        """The link does not use these any more, but for what it was placed with since; what nothing uses is unplaced
        from here on."""
        now, shared = max(0, self._placed.of(link_id)), groups & _LENT
        owner = self._of(link_id, _GROUPS_OF[shared][0]).link_id if shared else link_id
        if owner == link_id:
            self._unplace(link_id, groups & ~now & ~self._in_use(link_id))
            return
        if not now & _LENT:
            self._lent.end(owner, link_id)
        own, others = groups & ~now & ~_LENT, shared & ~now & ~self._in_use(owner)
        for group in _GROUPS_OF[shared] if self._kept else ():
            self._kept.pop((group, link_id), None)
        self._unplace(owner, others)
        self._unplace(link_id, own)

    def _unplace(self, owner: LinkId, groups: int) -> None:
        if groups:
            self._unplaced_count += groups.bit_count()
            self._unplaced.add(owner, groups)

    def _take_unplaced(self, owner: LinkId, group: ProfileGroup) -> EncodedContent | None:
        """What is held under this key and not placed; it is no more from here on."""
        if not self._unplaced.take(owner, _BIT[group]):
            return None
        content = self._of(owner, group)
        self._unplaced_count -= 1
        if self._kept:
            self._kept.pop((group, owner), None)
        return content

    def _in_use(self, owner: LinkId) -> int:
        """The groups of which placed links use content that lies under this id."""
        groups = max(0, self._placed.of(owner))
        if self._lent:
            for user in self._lent.users(owner):
                groups |= max(0, self._placed.of(user)) & _LENT
        return groups

    def _send(self, content: EncodedContent, step: _Step, *, is_held: bool) -> bool:
        """The client holds this content, which nothing uses, after the step; False where there is no room for it, or it
        is to wait. `is_held`: something under its key, unless this step evicted that."""
        size = len(content.payload)
        held = self._take_unplaced(content.link_id, content.group) if is_held else None
        if held is not None and held.digest == content.digest:
            self._bytes += size - len(held.payload)
            return True
        if held is not None:
            self._evict(held, step)  # not what lies in the tile
        if content.group in step.closed:
            step.waiting.add(content.group)
            return False
        while self._bytes + size > self._bytes_max and self._unplaced:
            self._evict_oldest(step)
        if self._bytes + size > self._bytes_max:
            return False
        item = Content(content)
        step.sent.append(item)
        if not self._named:
            step.hash_delta += item.hash64()
        self._bytes += size
        return True

    def _evict_oldest(self, step: _Step) -> None:
        owner, groups = self._unplaced.oldest()
        oldest = self._take_unplaced(owner, _GROUPS_OF[groups][0])
        if oldest is not None:
            self._evict(oldest, step)

    def _evict(self, content: EncodedContent, step: _Step) -> None:
        self._bytes -= len(content.payload)
        item = Content(content)
        step.evicted.append(item.key)
        if not self._named:
            step.hash_delta -= item.hash64()
