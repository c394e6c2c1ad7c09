"""Which stretch of each link a whole-trace match was driven on: of the first and the last only a part."""

from collections.abc import Sequence
from dataclasses import dataclass

from mapprior.match.position import MatchResult
from mapprior.model.ids import LinkId
from mapprior.model.link import Link


@dataclass(slots=True)
class Stretch:
    """From `start_cm` to `end_cm` of a link; `end_cm` None: to its end."""

    link_id: LinkId
    start_cm: int
    end_cm: int | None

    def end_on_cm(self, link: Link) -> int:
        """Where the drive on this link ended."""
        return link.length_cm if self.end_cm is None else min(self.end_cm, link.length_cm)

    def length_m(self, link: Link) -> float:
        """Driven on this link."""
        return max(0, self.end_on_cm(link) - self.start_cm) / 100


def stretches(results: Sequence[MatchResult]) -> list[Stretch]:
    """One per link driven, in the order of the match's links.

    A link entered from the one before is driven from its start, and that one to its end. Where no drive joins two
    poses the one before ends where it was last seen, and the next begins at its first pose.
    """
    driven: list[Stretch] = []
    for result in results:
        if not result.candidates:
            continue
        here = result.candidates[0]
        for link_id in result.passed[1:] if result.passed else (here.link_id,):
            if driven and driven[-1].link_id == link_id:
                continue
            if driven and result.passed:
                driven[-1].end_cm = None
            start_cm = 0 if result.passed else here.link_offset_cm
            driven.append(Stretch(link_id, start_cm, None))
        last = driven[-1]
        last.end_cm = max(last.end_cm or 0, here.link_offset_cm)
    return driven
