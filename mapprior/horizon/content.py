"""What content the client holds: sent once, evicted by last placement, oldest first, within the client's budget.

The server's ledger of one stream. Content that is placed is never evicted; new content for which there is no room
beside it is withheld and tried again at the next step. A drive must cost little memory however long it lasts: the
ledger names the tiles' own objects, link by link, in tuples that all drives share; what is not placed is of the roads
just left, whose tiles the drive keeps anyway. Does not know where links lie.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final
from weakref import WeakValueDictionary

from mypy_extensions import mypyc_attr

from mapprior.horizon.items import MASK64, Content, Key
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.provenance import ProfileGroup

# Content that is held and not placed. More is evicted whatever the client's budget: it costs the server memory.
UNPLACED_COUNT_MAX: Final = 256
# Content a client may name when it resumes or asks for a snapshot: more than a horizon on a dense network places.
HELD_CONTENTS_COUNT_MAX: Final = 4096
# A client that resumes names keys without sizes; until such content is placed it is taken to be this large.
RESUMED_BYTES: Final = 1024
_RESUMED_PAYLOAD: Final = bytes(RESUMED_BYTES)


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


@mypyc_attr(native_class=False)  # weakly held
class _Contents:
    """Content that lies under one link, or that a placed link uses. One object for all drives that hold the same."""

    __slots__ = ("__weakref__", "all")
    _shared: ClassVar[WeakValueDictionary[LinkId, "_Contents"]] = WeakValueDictionary()

    def __init__(self, contents: tuple[EncodedContent, ...]) -> None:
        self.all = contents

    @classmethod
    def shared(cls, link_id: LinkId, contents: tuple[EncodedContent, ...]) -> "_Contents":
        known = cls._shared.get(link_id)
        if known is None or known.all != contents:
            known = cls._shared[link_id] = cls(contents)
        return known


class HeldContents:
    """Call `place` with every link placed now, at each step that is sent."""

    __slots__ = (
        "_bytes",
        "_bytes_max",
        "_lent",
        "_named",
        "_placed",
        "_unplaced",
        "_unplaced_count",
        "_unplaced_count_max",
        "_unsettled",
    )

    def __init__(self, bytes_max: int, *, unplaced_count_max: int = UNPLACED_COUNT_MAX) -> None:
        self._bytes_max = bytes_max
        self._unplaced_count_max = unplaced_count_max
        self._bytes = 0
        self._placed: dict[LinkId, _Contents] = {}
        # A link may use content that is kept under another link's id, its twin's geometry: who uses what so.
        self._lent: dict[LinkId, tuple[LinkId, ...]] = {}
        self._unplaced: dict[LinkId, _Contents] = {}  # in the order they lost a placement last
        self._unplaced_count = 0  # of contents
        self._named = False  # the client named what it holds, and no step was made since
        # Placed links some of whose content is withheld, waits or may be new: in a dict, which takes less while empty.
        self._unsettled: dict[LinkId, None] = {}

    @property
    def held_bytes(self) -> int:
        return self._bytes

    def contents(self) -> Iterator[Content]:
        """What the client holds, without payloads."""
        placed = {(x.group, x.link_id): x for contents in self._placed.values() for x in contents.all}
        unplaced = (x for contents in self._unplaced.values() for x in contents.all)
        for x in (*placed.values(), *unplaced):
            yield Content(replace(x, payload=b""))

    def reset(self, held: Iterable[EncodedContent] = ()) -> None:
        """A snapshot follows: the client holds this and nothing else. Nothing is placed.

        The hash of the next step is that of all that is held after it, so that what is evicted at once costs little.
        """
        self._named = True
        self._placed, self._lent, self._unplaced, self._unsettled = {}, {}, {}, {}
        self._bytes = self._unplaced_count = 0
        of_links: dict[LinkId, dict[ProfileGroup, EncodedContent]] = {}
        for x in held:
            of_links.setdefault(x.link_id, {})[x.group] = x
        for link_id, contents in of_links.items():
            self._unplace(link_id, _Contents(tuple(replace(x, payload=_RESUMED_PAYLOAD) for x in contents.values())))
            self._bytes += RESUMED_BYTES * len(contents)

    def refresh(self, links: Iterable[LinkId]) -> None:
        """These links may have content by now that they lacked."""
        self._unsettled.update((x, None) for x in links if x in self._placed)

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
        step = _Step(closed)
        now = set(links)
        for link_id in [x for x in self._placed if x not in now]:
            self._release(link_id, self._placed.pop(link_id))
        if self._unsettled:
            self._unsettled = {x: None for x in self._unsettled if x in now}
        for link_id in links:
            if link_id not in self._placed or link_id in self._unsettled:
                self._place(link_id, contents_of(link_id), step)
        while self._unplaced and (self._bytes > self._bytes_max or self._unplaced_count > self._unplaced_count_max):
            self._evict_oldest(step)
        # Copies are as small as what is left in them; a dict that items leave stays large.
        self._placed, self._lent, self._unplaced = dict(self._placed), dict(self._lent), dict(self._unplaced)
        hash_delta = step.hash_delta
        if self._named:
            self._named = False
            hash_delta = sum(x.hash64() for x in self.contents())
        sent, evicted = tuple(step.sent), tuple(step.evicted)
        return ContentStep(sent, evicted, hash_delta & MASK64, len(step.withheld), frozenset(step.waiting))

    def _place(self, link_id: LinkId, contents: Iterable[EncodedContent], step: _Step) -> None:
        before = self._placed.get(link_id)
        used: list[EncodedContent] = []
        self._unsettled.pop(link_id, None)
        for content in contents:
            if self._send(content, step):
                used.append(content)
                self._lend(content, link_id)
            else:
                self._unsettled[link_id] = None
                if content.group not in step.closed:
                    step.withheld.add(link_id)
        self._placed[link_id] = _Contents.shared(link_id, tuple(used))
        if before is not None:
            self._release(link_id, before)

    def _lend(self, content: EncodedContent, link_id: LinkId) -> None:
        """A placed link uses this content."""
        users = self._lent.get(content.link_id, ())
        if content.link_id != link_id and link_id not in users:
            self._lent[content.link_id] = (*users, link_id)

    def _release(self, link_id: LinkId, contents: _Contents) -> None:
        """The link does not use these any more, but for what it was placed with since; what nothing uses is unplaced
        from here on."""
        unused: dict[LinkId, list[EncodedContent]] = {}
        for content in contents.all:
            if self._in_use(content) is None:
                unused.setdefault(content.link_id, []).append(content)
        for owner, these in unused.items():
            self._unplace(owner, contents if len(these) == len(contents.all) else _Contents(tuple(these)))
        now = self._placed.get(link_id)
        kept = {link_id, *(x.link_id for x in now.all)} if now is not None else {link_id}
        for owner in {x.link_id for x in contents.all} - kept:
            self._lent[owner] = tuple(x for x in self._lent[owner] if x != link_id)
            if not self._lent[owner]:
                del self._lent[owner]

    def _unplace(self, owner: LinkId, contents: _Contents) -> None:
        self._unplaced_count += len(contents.all)
        before = self._unplaced.pop(owner, None)
        self._unplaced[owner] = contents if before is None else _Contents((*before.all, *contents.all))

    def _take_unplaced(self, content: EncodedContent) -> EncodedContent | None:
        """What is held under this content's key and not placed; it is no more from here on."""
        held = self._unplaced.get(content.link_id)
        found = next((x for x in held.all if x.group is content.group), None) if held is not None else None
        if held is None or found is None:
            return None
        self._unplaced_count -= 1
        others = tuple(x for x in held.all if x is not found)
        if others:
            self._unplaced[content.link_id] = _Contents(others)
        else:
            del self._unplaced[content.link_id]
        return found

    def _in_use(self, content: EncodedContent) -> EncodedContent | None:
        """What placed links use under this content's key."""
        owner = content.link_id
        for user in (owner, *self._lent.get(owner, ())):
            placed = self._placed.get(user)
            for x in placed.all if placed is not None else ():
                if x.group is content.group and x.link_id == owner:
                    return x
        return None

    def _send(self, content: EncodedContent, step: _Step) -> bool:
        """The client holds this content after the step; False where there is no room for it, or it is to wait."""
        used = self._in_use(content)
        if used is not None:
            # two links that disagree on content they share: no tile says so, and neither is taken for the other
            return used.digest == content.digest
        size = len(content.payload)
        held = self._take_unplaced(content)
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
        oldest = next(iter(self._unplaced.values())).all[0]
        self._take_unplaced(oldest)
        self._evict(oldest, step)

    def _evict(self, content: EncodedContent, step: _Step) -> None:
        self._bytes -= len(content.payload)
        item = Content(content)
        step.evicted.append(item.key)
        if not self._named:
            step.hash_delta -= item.hash64()
