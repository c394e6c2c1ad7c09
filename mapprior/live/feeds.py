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
        """Counts, and each reason once with how often it occurred and the first it occurred in."""
        reasons: dict[str, list[str]] = {}
        for reason, record in [(o.reason, o.zone_id) for o in self.outcomes] + [
            (r.reason, r.record) for r in self.refusals
        ]:
            if reason:
                reasons.setdefault(reason, []).append(record)
        left = "".join(
            f"; {len(records)} x {reason} ({'first ' if len(records) > 1 else ''}{records[0]})"
            for reason, records in sorted(reasons.items())
        )
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
