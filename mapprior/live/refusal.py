"""What a feed reader could not use, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record, or part of one, that was left out. Never holds a position."""

    feed: str
    record: str  # its id, or its place in the feed as `feature 3`
    reason: str
