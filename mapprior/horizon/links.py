"""The links of one path, as numbers: a drive has many, and an object for each takes six times as much."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any, Final, Self

from mapprior.horizon.items import ROOT, LinkPlacement
from mapprior.model.ids import LinkId, PathId, TileId, tile_of

_LINK: Final = 0  # of two numbers for each link
_END: Final = 1


class Links:
    """In order and without gap. Never changed; sixteen bytes for each."""

    __slots__ = ("_numbers", "_tiles", "path_id", "start_offset_cm")

    def __init__(self, path_id: PathId, start_offset_cm: int, numbers: "array[Any]") -> None:
        self.path_id = path_id
        self.start_offset_cm = start_offset_cm
        self._numbers = numbers  # id and end of each
        self._tiles: tuple[TileId, ...] = ()  # not looked up yet

    @classmethod
    def of(cls, path_id: PathId, start_offset_cm: int, link_ids: Iterable[LinkId], ends_cm: Iterable[int]) -> Self:
        return cls(path_id, start_offset_cm, array("Q", list(chain.from_iterable(zip(link_ids, ends_cm, strict=True)))))

    def __len__(self) -> int:
        return len(self._numbers) >> 1

    def __iter__(self) -> Iterator[LinkPlacement]:
        path_id, start_cm, numbers = self.path_id, self.start_offset_cm, iter(self._numbers)
        for link_id, end_cm in zip(numbers, numbers, strict=True):
            yield LinkPlacement(path_id, start_cm, end_cm, link_id)
            start_cm = end_cm

    def __getitem__(self, i: int) -> LinkPlacement:
        """Of an index from 0 on."""
        return LinkPlacement(self.path_id, self.start_cm(i), self.end_cm(i), self.link_id(i))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Links):
            return NotImplemented
        at_one_place = self.path_id == other.path_id and self.start_offset_cm == other.start_offset_cm
        return at_one_place and self._numbers == other._numbers

    def __hash__(self) -> int:
        return hash((self.path_id, self.start_offset_cm, len(self._numbers)))

    @property
    def ids(self) -> list[LinkId]:
        ids: list[LinkId] = self._numbers[_LINK::2].tolist()
        return ids

    @property
    def ends_cm(self) -> list[int]:
        ends_cm: list[int] = self._numbers[_END::2].tolist()
        return ends_cm

    @property
    def starts_cm(self) -> list[int]:
        return [self.start_offset_cm, *self.ends_cm[:-1]]

    @property
    def end_offset_cm(self) -> int:
        end_cm: int = self._numbers[-1]
        return end_cm

    @property
    def tiles(self) -> tuple[TileId, ...]:
        """In which they begin, each once, in order."""
        if not self._tiles:
            tiles = tuple(dict.fromkeys([tile_of(x) for x in self.ids]))
            self._tiles = _shared(tiles) if len(tiles) == 1 else tiles
        return self._tiles

    def link_id(self, i: int) -> LinkId:
        link_id: LinkId = self._numbers[2 * i]
        return link_id

    def end_cm(self, i: int) -> int:
        end_cm: int = self._numbers[2 * i + _END]
        return end_cm

    def start_cm(self, i: int) -> int:
        """Of that after the last one too, where the path ends."""
        start_cm: int = self._numbers[2 * i - 1] if i else self.start_offset_cm
        return start_cm

    def ending_at(self, offset_cm: int) -> LinkId | None:
        """The one that ends there."""
        ends_cm = self.ends_cm
        i = bisect_left(ends_cm, offset_cm)
        return self.link_id(i) if i < len(ends_cm) and ends_cm[i] == offset_cm else None

    def places_of(self, link_id: LinkId) -> list[int]:
        """Its indexes; nearly always none or one."""
        if link_id not in self._numbers:
            return []
        return [i for i, x in enumerate(self.ids) if x == link_id]

    def after(self, count: int) -> "Links":
        """But for so many at the start."""
        return Links(self.path_id, self.start_cm(count), self._numbers[2 * count :]) if count else self

    def up_to(self, offset_cm: int) -> list[LinkId]:
        """The ids of those that end at or before an offset."""
        return self.ids[: bisect_right(self.ends_cm, offset_cm)]

    def shared(self, other: "Links") -> tuple[int, int]:
        """(index of the other's first link here, how many from there on are the same in the same places)."""
        if self.path_id != other.path_id or other.start_offset_cm < self.start_offset_cm:
            return 0, 0
        first = 0
        while first < len(self) and self.start_cm(first) < other.start_offset_cm:
            first += 1
        if self.start_cm(first) != other.start_offset_cm:
            return 0, 0
        mine, others = self._numbers[2 * first :], other._numbers
        count = most = min(len(mine), len(others)) // 2
        same = 0
        while same < most:  # so many are the same, and no more than `most`; nearly always all or all but a few
            if mine[2 * same : 2 * count] == others[2 * same : 2 * count]:
                same = count
            else:
                most = count - 1
            count = (same + most + 1) // 2
        return (first, same) if same else (0, 0)


@lru_cache(maxsize=1024)
def _shared(tiles: tuple[TileId, ...]) -> tuple[TileId, ...]:
    """The same object for all paths that lie in one tile. Those of more, in order, would tell a route when the drive is
    over."""
    return tiles


NO_LINKS: Final = Links(ROOT, 0, array("Q"))
