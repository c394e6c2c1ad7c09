"""What content the client holds: sent once, evicted by last placement, oldest first, within the client's budget.

The server's ledger of one stream. Content that is placed is never evicted; new content for which there is no room
beside it is withheld and tried again at the next step. Of what is not placed it keeps keys, sizes and digests, no
payloads: a drive must cost little memory however long it lasts. Does not know where links lie.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from mapprior.horizon.items import MASK64, Content, Key
from mapprior.horizon.update import CONTENT_TAG
from mapprior.model.content import EncodedContent
from mapprior.model.ids import LinkId
from mapprior.model.provenance import ProfileGroup

# Content that is held and not placed. More is evicted whatever the client's budget: it costs the server memory.
UNPLACED_COUNT_MAX: Final = 256
# Content a client may name when it resumes or asks for a snapshot: more than a horizon on a dense network places.
HELD_CONTENTS_COUNT_MAX: Final = 4096
# A client that resumes names keys without sizes; until such content is placed it is taken to be this large.
RESUMED_BYTES: Final = 1024

_GROUP_BITS: Final = 4
_Code = int  # link id and group in one integer: half the memory of a tuple
_Packed = int  # digest and size in one integer
_SIZE_SHIFT: Final = 64


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


class HeldContents:
    """Call `place` with every link placed now, at each step that is sent."""

    def __init__(self, bytes_max: int, *, unplaced_count_max: int = UNPLACED_COUNT_MAX) -> None:
        self._bytes_max = bytes_max
        self._unplaced_count_max = unplaced_count_max
        self._bytes = 0
        # What is placed is the tile's own objects, which all drives share. A link may use content that is kept under
        # another link's id, its twin's geometry: `_lent` has that content and how many placed links use it so.
        self._placed: dict[LinkId, tuple[EncodedContent, ...]] = {}
        self._lent: dict[_Code, tuple[EncodedContent, int]] = {}
        self._unplaced: dict[_Code, _Packed] = {}  # in the order they lost their last placement
        self._named = False  # the client named what it holds, and no step was made since
        self._unsettled: set[LinkId] = set()  # placed links some of whose content is withheld, waits or may be new

    @property
    def held_bytes(self) -> int:
        return self._bytes

    def contents(self) -> Iterator[Content]:
        """What the client holds, without payloads."""
        used = {_code(x): x.digest for contents in self._placed.values() for x in contents}
        for code, digest in used.items():
            yield _bare(code, digest)
        for code, packed in self._unplaced.items():
            yield _bare(code, packed & MASK64)

    def reset(self, held: Iterable[EncodedContent] = ()) -> None:
        """A snapshot follows: the client holds this and nothing else. Nothing is placed.

        The hash of the next step is that of all that is held after it, so that what is evicted at once costs little.
        """
        self._named = True
        self._unplaced = {_code(x): _packed(RESUMED_BYTES, x.digest) for x in held}
        self._bytes = RESUMED_BYTES * len(self._unplaced)
        self._placed, self._lent, self._unsettled = {}, {}, set()

    def refresh(self, links: Iterable[LinkId]) -> None:
        """These links may have content by now that they lacked."""
        self._unsettled.update(x for x in links if x in self._placed)

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
        self._unsettled &= self._placed.keys()
        for link_id in links:
            if link_id not in self._placed or link_id in self._unsettled:
                self._place(link_id, contents_of(link_id), step)
        while self._unplaced and (self._bytes > self._bytes_max or len(self._unplaced) > self._unplaced_count_max):
            self._evict_oldest(step)
        hash_delta = step.hash_delta
        if self._named:
            self._named = False
            hash_delta = sum(x.hash64() for x in self.contents())
        sent, evicted = tuple(step.sent), tuple(step.evicted)
        return ContentStep(sent, evicted, hash_delta & MASK64, len(step.withheld), frozenset(step.waiting))

    def _place(self, link_id: LinkId, contents: Iterable[EncodedContent], step: _Step) -> None:
        before = self._placed.get(link_id, ())
        used: list[EncodedContent] = []
        self._unsettled.discard(link_id)
        for content in contents:
            if self._send(content, step):
                used.append(content)
                if content.link_id != link_id:
                    self._lend(content, 1)
            else:
                self._unsettled.add(link_id)
                if content.group not in step.closed:
                    step.withheld.add(link_id)
        self._placed[link_id] = tuple(used)
        self._release(link_id, before)

    def _lend(self, content: EncodedContent, count: int) -> None:
        code = _code(content)
        count += self._lent[code][1] if code in self._lent else 0
        if count:
            self._lent[code] = content, count
        else:
            del self._lent[code]

    def _release(self, link_id: LinkId, contents: Iterable[EncodedContent]) -> None:
        """The link does not use these any more; what nothing uses is unplaced from here on."""
        for content in contents:
            if content.link_id != link_id:
                self._lend(content, -1)
            if self._in_use(content) is None:
                self._unplaced[_code(content)] = _packed(len(content.payload), content.digest)

    def _in_use(self, content: EncodedContent) -> EncodedContent | None:
        """What placed links use under this content's key."""
        for x in self._placed.get(content.link_id, ()):
            if x.group is content.group and x.link_id == content.link_id:
                return x
        lent = self._lent.get(_code(content)) if self._lent else None
        return None if lent is None else lent[0]

    def _send(self, content: EncodedContent, step: _Step) -> bool:
        """The client holds this content after the step; False where there is no room for it, or it is to wait."""
        used = self._in_use(content)
        if used is not None:
            # two links that disagree on content they share: no tile says so, and neither is taken for the other
            return used.digest == content.digest
        size = len(content.payload)
        code = _code(content)
        held = self._unplaced.pop(code, None)
        if held is not None and held & MASK64 == content.digest:
            self._bytes += size - (held >> _SIZE_SHIFT)
            return True
        if held is not None:
            self._evict(code, held, step)  # not what lies in the tile
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
        code = next(iter(self._unplaced))
        self._evict(code, self._unplaced.pop(code), step)

    def _evict(self, code: _Code, packed: _Packed, step: _Step) -> None:
        self._bytes -= packed >> _SIZE_SHIFT
        item = _bare(code, packed & MASK64)
        step.evicted.append((CONTENT_TAG, item.encoded.group, item.encoded.link_id))
        if not self._named:
            step.hash_delta -= item.hash64()


def _code(content: EncodedContent) -> _Code:
    return (content.link_id << _GROUP_BITS) | content.group


def _bare(code: _Code, digest: int) -> Content:
    """The content of a code, without its payload."""
    group = ProfileGroup(code & ((1 << _GROUP_BITS) - 1))
    return Content(EncodedContent(group, LinkId(code >> _GROUP_BITS), digest, b""))


def _packed(size_bytes: int, digest: int) -> _Packed:
    return (size_bytes << _SIZE_SHIFT) | digest
