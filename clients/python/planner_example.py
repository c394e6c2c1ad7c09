"""What a planning stack does with the horizon, in a minute's reading.

    python clients/python/planner_example.py 127.0.0.1:50051 43.7495,7.4378 239

Drives straight on from a place at 10 m/s, sends ten poses a second and prints what a planner asks: the
limit now, the next one and where to start braking for it, the next curve, the next road event, the next work zone. The
map is a prior: a sign that is seen wins over what it says.
"""

import asyncio
import math
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from mapprior.client import Drive, HorizonClient
from mapprior.errors import RemoteError
from mapprior.geo.frame import LocalFrame
from mapprior.geo.units import e7, heading_rad_from_bearing_deg
from mapprior.horizon.events import Open
from mapprior.model.pose import Pose
from mapprior.model.provenance import Layer

SPEED_MPS = 10.0
INTERVAL_SEC = 0.1
LAYERS = frozenset((Layer.L0, Layer.L1, Layer.L2))


async def send_poses(drive: Drive, lat_deg: float, lon_deg: float, bearing_deg: float) -> None:
    """A vehicle that drives straight on; a real one sends what its localisation says."""
    frame = LocalFrame(lat0_e7=e7(lat_deg), lon0_e7=e7(lon_deg))
    heading_rad = heading_rad_from_bearing_deg(bearing_deg)
    driven_m = 0.0
    while True:
        lat_e7, lon_e7 = frame.lat_lon_e7(driven_m * math.cos(heading_rad), driven_m * math.sin(heading_rad))
        await drive.send_pose(
            Pose(
                pose_time_us=time.time_ns() // 1000,
                lat_e7=lat_e7,
                lon_e7=lon_e7,
                heading_rad=heading_rad,
                speed_mps=SPEED_MPS,
                position_sigma_m=2.0,
                travelled_m=driven_m,
            )
        )
        await asyncio.sleep(INTERVAL_SEC)
        driven_m += SPEED_MPS * INTERVAL_SEC


async def plan(address: str, lat_deg: float, lon_deg: float, bearing_deg: float, updates_count: int) -> None:
    async with HorizonClient(address) as client, client.drive(Open(layers=LAYERS)) as drive:
        sender = asyncio.create_task(send_poses(drive, lat_deg, lon_deg, bearing_deg))
        async for update in drive:
            # None is an answer: the place is ambiguous, off road, or not covered. Then nothing is known ahead.
            limit = drive.horizon.limit_now()
            if limit is None or limit.value is None:
                print(f"{update.update_index}: {drive.horizon.reported.state.name}: {drive.horizon.reported.reason}")
            else:
                known = limit.value
                certain = "certain" if known.certain and not limit.stale else "not certain"
                print(f"{update.update_index}: {known.kind.name} {known.limit_mm_per_sec / 1000:.1f} m/s, {certain}")
            change = drive.horizon.next_limit_change(speed_mps=SPEED_MPS, deceleration_mps2=1.5)
            if change is not None and change.value is not None and change.value.brake_in_m is not None:
                print(f"   brake in {change.value.brake_in_m:.0f} m")
            curve = drive.horizon.next_curve(lateral_acceleration_mps2=2.0, length_m=500.0, speed_mps=SPEED_MPS)
            if curve is not None and curve.value is not None:
                slowest = curve.value.slowest  # some speed is below that of now, or there would be no curve to tell
                print(f"   curve in {curve.value.distance_m:.0f} m, {slowest.speed_mps:.1f} m/s, {slowest.basis.name}")
            events = drive.horizon.road_events(500.0, speed_mps=SPEED_MPS)
            for event in events.value[:1] if events is not None else ():
                print(f"   {event.kind.name} in {event.distance_m:.0f} m, {event.basis.name}")
            zone = drive.horizon.distance_to_zone()
            if zone is not None and zone.value is not None:
                print(f"   work zone in {zone.value.distance_m:.0f} m, {zone.value.placement.state.name}")
            if update.update_index >= updates_count:
                break
        sender.cancel()


def run(example: Callable[[str, float, float, float, int], Coroutine[None, None, None]]) -> None:
    """Runs an example from the command line, for twenty updates."""
    try:
        lat, lon = (float(x) for x in sys.argv[2].split(","))
        bearing = float(sys.argv[3])
    except (IndexError, ValueError):
        sys.exit(f"usage: {Path(sys.argv[0]).name} ADDRESS LAT,LON BEARING_DEG")
    try:
        asyncio.run(example(sys.argv[1], lat, lon, bearing, 20))
    except RemoteError as error:  # no server there, or it refused
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    run(plan)
