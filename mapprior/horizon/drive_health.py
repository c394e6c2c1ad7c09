"""How far one drive can be trusted now, and why no further."""

from typing import Final

from mapprior.horizon.drive_time import DriveTime
from mapprior.horizon.items import Health, HealthState
from mapprior.horizon.tiles import DriveTiles

CONTENT_WITHHELD: Final = "content_held_bytes_max is too small for the horizon: some content was withheld"
BAD_CONTENT: Final = "map content here could not be understood"


def drive_health(time: DriveTime, tiles: DriveTiles, *, withheld: bool, bad_content: bool) -> Health:
    told = ((CONTENT_WITHHELD, withheld), (BAD_CONTENT, bad_content))
    reasons = [*time.reasons(), *tiles.failures(), *(reason for reason, holds in told if holds)]
    state = HealthState.DEGRADED if reasons else HealthState.OK
    return Health(state, "; ".join(reasons), time.dropped_count, withheld)
