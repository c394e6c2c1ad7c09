"""Coverage of one path as the server keeps it: packed, most of it shared with other paths."""

from collections.abc import Iterator
from typing import Final

from mapprior.horizon.items import CoverageSpan, CoverageState
from mapprior.model.ids import PathId
from mapprior.model.provenance import Layer

# What each span says, and from where to where each does, by layer and offset: the order of their keys.
Said = tuple[tuple[Layer, CoverageState, str], ...]
Covered = tuple[Said, tuple[int, ...], tuple[int, ...]]
NOT_COVERED: Final[Covered] = ((), (), ())
PATH_END: Final = -1


class LaidCoverage:
    """`covered` on a path that ends at `path_end_cm`."""

    __slots__ = ("covered", "path_end_cm", "path_id")

    def __init__(self, covered: Covered, path_id: PathId, path_end_cm: int) -> None:
        self.covered = covered
        self.path_id = path_id
        self.path_end_cm = path_end_cm

    def __iter__(self) -> Iterator[CoverageSpan]:
        """As items, in the order of their keys."""
        return iter(self._spans(self._rows()))

    def unlike(self, other: "LaidCoverage") -> tuple[list[CoverageSpan], list[CoverageSpan]]:
        """The spans here, and those of the other on the same path, that the one has and the other has not."""
        if self.covered is other.covered and self.path_end_cm == other.path_end_cm:
            return [], []
        mine, others = self._rows(), other._rows()
        known, news = set(mine), set(others)
        return self._spans([x for x in mine if x not in news]), self._spans([x for x in others if x not in known])

    def _rows(self) -> list[tuple[tuple[Layer, CoverageState, str], int, int]]:
        said, starts_cm, ends_cm = self.covered
        path_end_cm = self.path_end_cm
        return list(zip(said, starts_cm, [path_end_cm if x == PATH_END else x for x in ends_cm], strict=True))

    def _spans(self, rows: list[tuple[tuple[Layer, CoverageState, str], int, int]]) -> list[CoverageSpan]:
        path_id = self.path_id
        return [
            CoverageSpan(path_id, layer, start_cm, end_cm, state, why) for (layer, state, why), start_cm, end_cm in rows
        ]
