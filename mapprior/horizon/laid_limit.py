"""A limit span as the server keeps it."""

from dataclasses import dataclass

from mapprior.horizon.digest import limit_hash
from mapprior.horizon.items import Key, LimitSpan
from mapprior.model.ids import PathId
from mapprior.model.limit import EffectiveLimit


@dataclass(slots=True, unsafe_hash=True, init=False)  # hot, as Pose is
class LaidLimit:
    """The answer names no source: all that say the same share it."""

    path_id: PathId
    start_offset_cm: int
    end_offset_cm: int
    answer: EffectiveLimit
    source: str

    def __init__(
        self, path_id: PathId, start_offset_cm: int, end_offset_cm: int, answer: EffectiveLimit, source: str
    ) -> None:
        self.path_id = path_id
        self.start_offset_cm = start_offset_cm
        self.end_offset_cm = end_offset_cm
        self.answer = answer
        self.source = source

    def __eq__(self, other: object) -> bool:  # what `dataclass` makes is interpreted
        if not isinstance(other, LaidLimit):
            return NotImplemented
        return (
            self.start_offset_cm == other.start_offset_cm
            and self.end_offset_cm == other.end_offset_cm
            and self.path_id == other.path_id
            and self.says_the_same(other)
        )

    def says_the_same(self, other: "LaidLimit") -> bool:
        """Wherever the two lie."""
        return self.source == other.source and (self.answer is other.answer or self.answer == other.answer)

    @property
    def key(self) -> Key:
        return (3, self.path_id, self.start_offset_cm)

    @property
    def limit(self) -> EffectiveLimit:
        return self.answer.named(self.source)

    def span(self) -> LimitSpan:
        return LimitSpan(self.path_id, self.start_offset_cm, self.end_offset_cm, self.limit)

    def hash64(self) -> int:
        return limit_hash(self.path_id, self.start_offset_cm, self.end_offset_cm, self.answer, self.source)
