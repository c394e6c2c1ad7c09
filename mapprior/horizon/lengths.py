"""How far paths are laid: in metres, in seconds at the speed of now, or in distances to stop.

Of what a client asks for the farthest counts, up to 20 km; paths reach at least that far past the end of the vehicle's
link, in whole links. Lengths that depend on speed are laid for a speed somewhat above that of the vehicle, and laid
anew only when it drives faster than that: while the speed merely wavers nothing changes. What was laid for a higher
speed stays; it is not taken back because the vehicle slows down.
"""

import math
from dataclasses import dataclass
from typing import Final, Self

from mapprior.horizon.events import Open

HORIZON_CM_MAX: Final = 20_000 * 100
STUB_CM_MAX: Final = 5_000 * 100
# While a vehicle does not tell its speed: few drive faster, and unknown is not standing still.
UNKNOWN_SPEED_MPS: Final = 36.0
REACTION_SEC: Final = 1.0  # of a stopping distance
# Lengths are laid for a speed this much above that of the vehicle, in whole m/s; kept until it is far above it.
HEADROOM_RATIO: Final = 1.15
HEADROOM_MPS: Final = 1.0
SLACK_RATIO: Final = 1.5
SLACK_MPS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Lengths:
    """What a client asks for; 0 asks for nothing. Deceleration as a client of stopping distances brakes."""

    horizon_cm: int = 0
    trailing_cm: int = 0
    stub_cm: int = 0
    horizon_ms: int = 0
    stub_ms: int = 0
    stopping_distances_milli: int = 0
    deceleration_mm_per_sec2: int = 3000
    horizon_cm_max: int = HORIZON_CM_MAX
    stub_cm_max: int = STUB_CM_MAX

    @classmethod
    def of(cls, opened: Open) -> Self:
        return cls(
            horizon_cm=opened.horizon_length_m * 100,
            trailing_cm=opened.trailing_length_m * 100,
            stub_cm=opened.stub_length_m * 100,
            horizon_ms=opened.horizon_time_ms,
            stub_ms=opened.stub_time_ms,
            stopping_distances_milli=opened.horizon_stopping_distances_milli,
            deceleration_mm_per_sec2=opened.deceleration_mm_per_sec2,
            horizon_cm_max=min(opened.horizon_length_m_max * 100, HORIZON_CM_MAX),
            stub_cm_max=min(opened.stub_length_m_max * 100, STUB_CM_MAX),
        )

    @property
    def by_speed(self) -> bool:
        return bool(self.horizon_ms or self.stub_ms or self.stopping_distances_milli)

    def horizon_at_cm(self, speed_mps: float) -> int:
        """How far ahead paths reach at a speed.

        Stopping distance: v * 1 s + v^2 / 2a, the vehicle first going on for the reaction time.
        """
        asked_cm = float(self.horizon_cm)
        if self.horizon_ms:
            asked_cm = max(asked_cm, speed_mps * self.horizon_ms / 10.0)
        if self.stopping_distances_milli:
            stop_m = speed_mps * REACTION_SEC + speed_mps * speed_mps / (2e-3 * self.deceleration_mm_per_sec2)
            asked_cm = max(asked_cm, stop_m * self.stopping_distances_milli / 10.0)
        return math.ceil(min(asked_cm, self.horizon_cm_max))

    def stub_at_cm(self, speed_mps: float) -> int:
        """How far a side path reaches from its branch point at a speed."""
        return math.ceil(min(max(float(self.stub_cm), speed_mps * self.stub_ms / 10.0), self.stub_cm_max))

    def speed_to_lay_for_mps(self, speed_mps: float, laid_for_mps: float) -> float:
        """The speed whose lengths are to be laid: `laid_for_mps` while it serves, else one with headroom."""
        if not self.by_speed:
            return laid_for_mps
        with_headroom_mps = float(math.ceil(speed_mps * HEADROOM_RATIO + HEADROOM_MPS))
        if speed_mps <= laid_for_mps <= with_headroom_mps * SLACK_RATIO + SLACK_MPS:
            return laid_for_mps
        return with_headroom_mps
