"""What a drive was taken up with: what its client asked for, or the server's defaults, within what the server allows.

It comes with every snapshot and is no part of the state. A client that asked for 20 km and is given 5 would else take
the end of its path for the end of the road.
"""

from dataclasses import dataclass, replace
from typing import Self

from mapprior.horizon.events import Open
from mapprior.model.provenance import GROUP_LAYER, Layer


@dataclass(frozen=True, slots=True)
class Granted:
    """The fields of `Open` that a server fills in or limits; `poses_per_sec_max` and `work_ms_per_sec_max` 0: none."""

    horizon_length_m: int
    horizon_length_m_max: int
    trailing_length_m: int
    stub_length_m: int
    stub_length_m_max: int
    side_levels_count: int
    layers: tuple[Layer, ...]
    content_held_bytes_max: int
    unacknowledged_updates_max: int
    silence_ms_max: int
    poses_per_sec_max: int = 0
    work_ms_per_sec_max: int = 0

    @classmethod
    def of(cls, opened: Open) -> Self:
        """`opened` as the server has it: defaults filled in, its limits named."""
        return cls(
            opened.horizon_length_m,
            opened.horizon_length_m_max,
            opened.trailing_length_m,
            opened.stub_length_m,
            opened.stub_length_m_max,
            opened.side_levels_count,
            tuple(sorted(opened.layers.union(GROUP_LAYER[x.group] for x in opened.subscriptions))),
            opened.content_held_bytes_max,
            opened.unacknowledged_updates_max,
            opened.silence_ms_max,
            opened.poses_per_sec_max,
            opened.work_ms_per_sec_max,
        )

    def lengths_for(self, asked: Open) -> Open:
        """How a drive that asked for this is laid: with these lengths in metres, and no farther than these limits."""
        return replace(
            asked,
            horizon_length_m=self.horizon_length_m,
            horizon_length_m_max=self.horizon_length_m_max,
            trailing_length_m=self.trailing_length_m,
            stub_length_m=self.stub_length_m,
            stub_length_m_max=self.stub_length_m_max,
            side_levels_count=self.side_levels_count,
        )
