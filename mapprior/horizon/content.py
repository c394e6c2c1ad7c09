"""What content the client holds: sent once, evicted by last placement, oldest first, within the client's budget.

The server's ledger of one stream. Content that is placed is never evicted; new content for which there is no room
beside it is withheld and tried again at the next step. Keeps keys, sizes and digests, no payloads: a drive must cost
little memory however long it lasts. Does not know where links lie.
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

_GROUP_BITS: Final = 3
_Code = int  # link id and group in one integer: half the memory of a tuple
_Packed = int  # digest, size and number of placed links that use it, in one integer
_SIZE_SHIFT: Final = 64
_SIZE_MASK: Final = (1 << 32) - 1
_USE: Final = 1 << 96


@dataclass(frozen=True, slots=True)
class ContentStep:
    """What one step sends and evicts. On `withheld_count` links some content found no room."""

    sent: tuple[Content, ...]
    evicted: tuple[Key, ...]
    hash_delta: int
    withheld_count: int


@dataclass(slots=True)
class _Step:
    """One step being made."""

    sent: list[Content] = field(default_factory=list)
    evicted: list[Key] = field(default_factory=list)
    hash_delta: int = 0


class HeldContents:
    """Call `place` with every link placed now, at each step that is sent."""

    def __init__(self, bytes_max: int, *, unplaced_count_max: int = UNPLACED_COUNT_MAX) -> None:
        self._bytes_max = bytes_max
        self._unplaced_count_max = unplaced_count_max
        self._bytes = 0
        self._in_use: dict[_Code, _Packed] = {}
        self._unplaced: dict[_Code, _Packed] = {}  # in the order they lost their last placement
        self._placed: dict[LinkId, tuple[_Code, ...]] = {}
        self._named = False  # the client named what it holds, and no step was made since
        self._unsettled: set[LinkId] = set()  # placed links some of whose content is withheld or may be new

    @property
    def held_bytes(self) -> int:
        return self._bytes

    def contents(self) -> Iterator[Content]:
        """What the client holds, without payloads."""
        for held in (self._in_use, self._unplaced):
            for code, packed in held.items():
                yield Content(EncodedContent(*_group_link(code), packed & MASK64, b""))

    def reset(self, held: Iterable[EncodedContent] = ()) -> None:
        """A snapshot follows: the client holds this and nothing else. Nothing is placed.

        The hash of the next step is that of all that is held after it, so that what is evicted at once costs little.
        """
        self._named = True
        self._unplaced = {_code(x.group, x.link_id): _packed(RESUMED_BYTES, x.digest) for x in held}
        self._bytes = RESUMED_BYTES * len(self._unplaced)
        self._in_use, self._placed, self._unsettled = {}, {}, set()

    def refresh(self, links: Iterable[LinkId]) -> None:
        """These links may have content by now that they lacked."""
        self._unsettled.update(x for x in links if x in self._placed)

    def place(
        self, links: Collection[LinkId], contents_of: Callable[[LinkId], Iterable[EncodedContent]]
    ) -> ContentStep:
        """The step to the state in which exactly these links are placed; the first are served first."""
        step = _Step()
        now = set(links)
        for link_id in [x for x in self._placed if x not in now]:
            self._release(self._placed.pop(link_id))
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
        return ContentStep(tuple(step.sent), tuple(step.evicted), hash_delta & MASK64, len(self._unsettled))

    def _place(self, link_id: LinkId, contents: Iterable[EncodedContent], step: _Step) -> None:
        before = self._placed.get(link_id, ())
        codes: list[_Code] = []
        self._unsettled.discard(link_id)
        for content in contents:
            code = _code(content.group, content.link_id)
            if self._send(code, content, step):
                codes.append(code)
                self._in_use[code] += _USE
            else:
                self._unsettled.add(link_id)
        self._placed[link_id] = tuple(codes)
        self._release(before)

    def _release(self, codes: Iterable[_Code]) -> None:
        for code in codes:
            packed = self._in_use[code] = self._in_use[code] - _USE
            if packed < _USE:
                self._unplaced[code] = self._in_use.pop(code)

    def _send(self, code: _Code, content: EncodedContent, step: _Step) -> bool:
        """The client holds this content after the step, and it is in use; False where there is no room for it."""
        size = len(content.payload)
        held = self._in_use.get(code)
        if held is not None:
            # two links that disagree on content they share: no tile says so, and neither is taken for the other
            return held & MASK64 == content.digest
        held = self._unplaced.pop(code, None)
        if held is not None and held & MASK64 == content.digest:
            self._in_use[code] = _packed(size, content.digest)
            self._bytes += size - _size(held)
            return True
        if held is not None:
            self._evict(code, held, step)  # not what lies in the tile
        while self._bytes + size > self._bytes_max and self._unplaced:
            self._evict_oldest(step)
        if self._bytes + size > self._bytes_max:
            return False
        item = Content(content)
        step.sent.append(item)
        if not self._named:
            step.hash_delta += item.hash64()
        self._in_use[code] = _packed(size, content.digest)
        self._bytes += size
        return True

    def _evict_oldest(self, step: _Step) -> None:
        code = next(iter(self._unplaced))
        self._evict(code, self._unplaced.pop(code), step)

    def _evict(self, code: _Code, packed: _Packed, step: _Step) -> None:
        self._bytes -= _size(packed)
        group, link_id = _group_link(code)
        step.evicted.append((CONTENT_TAG, group, link_id))
        if not self._named:
            step.hash_delta -= Content(EncodedContent(group, link_id, packed & MASK64, b"")).hash64()


def _code(group: ProfileGroup, link_id: LinkId) -> _Code:
    return (link_id << _GROUP_BITS) | group


def _group_link(code: _Code) -> tuple[ProfileGroup, LinkId]:
    return ProfileGroup(code & ((1 << _GROUP_BITS) - 1)), LinkId(code >> _GROUP_BITS)


def _packed(size_bytes: int, digest: int) -> _Packed:
    return (size_bytes << _SIZE_SHIFT) | digest


def _size(packed: _Packed) -> int:
    return (packed >> _SIZE_SHIFT) & _SIZE_MASK
