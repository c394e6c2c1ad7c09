"""Feed files -> overlay: what a service does with the feeds that it is started with. Pure: bytes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mapprior.live.overlay import Outcome, OverlayBook
from mapprior.live.refusal import Refusal
from mapprior.live.wzdx import read_wzdx


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What became of one feed: a line for people, and all details."""

    name: str
    outcomes: tuple[Outcome, ...]
    refusals: tuple[Refusal, ...]

    @property
    def placed_count(self) -> int:
        return sum(1 for outcome in self.outcomes if outcome.links_count)

    def __str__(self) -> str:
        """Counts, and each reason once with how often it occurred."""
        reasons: dict[str, int] = {}
        for reason in [o.reason for o in self.outcomes if o.reason] + [r.reason for r in self.refusals]:
            reasons[reason] = reasons.get(reason, 0) + 1
        left = "".join(f"; {count} x {reason}" for reason, count in sorted(reasons.items()))
        count = len(self.outcomes)
        return f"{self.name}: {count} {'zone' if count == 1 else 'zones'}, {self.placed_count} on the map{left}"


def publish_feeds(book: OverlayBook, feeds: Mapping[str, bytes], *, time_us: int) -> Sequence[FeedReport]:
    """Reads WZDx feeds, by name, and publishes their zones in the book; a report for each, in order.

    FeedError where a feed is none at all, ConfigError where the extra `live` is missing, LimitError where
    the zones are too many; feeds before it stay published.
    """
    reports = []
    for name, data in feeds.items():
        zones, refusals = read_wzdx(data, name=name)
        outcomes = book.publish(zones, time_us=time_us)
        reports.append(FeedReport(name, tuple(outcomes), tuple(refusals)))
    return reports
