"""Truth of three values: yes, no, and not known (Kleene's logic)."""

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """The order is that of logic: of several that must all hold, the least decides."""

    NO = 1
    UNKNOWN = 2
    YES = 3


def all_of(truths: Iterable[Truth]) -> Truth:
    """Do all hold? One NO is enough for NO, whatever is unknown beside it. Of none: YES."""
    return min(truths, default=Truth.YES)


def truth(known: bool) -> Truth:
    """YES or NO."""
    return Truth.YES if known else Truth.NO
