"""What a server gives where that is less than what was asked for, in words."""

from collections.abc import Iterator

from mapprior.horizon.events import Open
from mapprior.horizon.granted import Granted


def less_than_asked(asked: Open, granted: Granted | None) -> str:
    """`1000 m ahead, not 2000; side paths of 2 levels, not 8`; empty where it is all that was asked for."""
    return "" if granted is None else "; ".join(_less(asked, granted))


def _less(asked: Open, granted: Granted) -> Iterator[str]:
    if granted.horizon_length_m < asked.horizon_length_m:
        yield f"{granted.horizon_length_m} m ahead, not {asked.horizon_length_m}"
    by_speed = asked.horizon_time_ms or asked.horizon_stopping_distances_milli
    if by_speed and granted.horizon_length_m_max < asked.horizon_length_m_max:
        yield f"at most {granted.horizon_length_m_max} m ahead, however fast"
    if granted.stub_length_m < asked.stub_length_m:
        yield f"side paths of {granted.stub_length_m} m, not {asked.stub_length_m}"
    if asked.stub_time_ms and granted.stub_length_m_max < asked.stub_length_m_max:
        yield f"side paths of at most {granted.stub_length_m_max} m, however fast"
    if granted.side_levels_count < asked.side_levels_count:
        yield f"side paths of {granted.side_levels_count} levels, not {asked.side_levels_count}"
    if granted.content_held_bytes_max < asked.content_held_bytes_max:
        mb, of_mb = (x / 1_000_000 for x in (granted.content_held_bytes_max, asked.content_held_bytes_max))
        yield f"{mb:.1f} MB of content, not {of_mb:.1f}"
