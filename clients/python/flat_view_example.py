"""Feeds a consumer that wants its horizon flat: positions, segments, stubs and profile entries by offset on a path.

    python clients/python/flat_view_example.py 127.0.0.1:50051 43.7495,7.4378 239

Prints one line for each record that is new, changed or gone, as a bus would carry it. The words are the public ones of
the field; conformance to a standard is not claimed.
"""

import asyncio

from planner_example import run, send_poses

from mapprior.client import HorizonClient
from mapprior.horizon.events import Open
from mapprior.model.provenance import Layer
from mapprior.reader.flat_view import FlatChange, FlatView, PositionRecord, ProfileRecord, SegmentRecord, StubRecord
from mapprior.reader.profile_kinds import ProfileKind

LAYERS = frozenset((Layer.L0, Layer.L1))
LATERAL_MPS2 = 2.0  # what this consumer takes for comfortable in a curve
KINDS = {ProfileKind.CURVATURE, ProfileKind.SPEED_LIMIT, ProfileKind.LANE_COUNT, ProfileKind.TUNNEL}


def line(change: FlatChange) -> str:
    """One record on one line."""
    x = change.record
    if isinstance(x, PositionRecord):
        return f"POSITION path {x.path_id} offset {x.offset_cm} cm, {x.probability_permille / 10:.0f} %"
    head = f"{change.change.name:8}path {x.path_id}"
    if isinstance(x, SegmentRecord):
        return f"{head} SEGMENT {x.offset_cm}..{x.end_offset_cm} {x.source}"
    if isinstance(x, StubRecord):
        turn = f"turns {x.turn_angle_mrad} mrad, {x.probability_ppm / 10_000:.1f} %"
        return f"{head} STUB at {x.offset_cm} to path {x.sub_path_id}, {turn}"
    assert isinstance(x, ProfileRecord)
    said = x.text if x.value is None else f"{x.value:g} {x.text}".strip()
    end = "" if x.end_value is None else f" to {x.end_value:g}"
    doubt = "" if x.certain else "?"
    place = f"{x.offset_cm}..{x.end_offset_cm} {x.interpolation.name}"
    return f"{head} PROFILE {x.kind} {place}: {said}{end}{doubt} ({x.basis.name})"


async def feed(address: str, lat_deg: float, lon_deg: float, bearing_deg: float, updates_count: int) -> None:
    view = FlatView(kinds=KINDS, lateral_acceleration_mps2=LATERAL_MPS2)
    opening = Open(layers=LAYERS)
    async with HorizonClient(address) as client, client.drive(opening) as drive:
        sender = asyncio.create_task(send_poses(drive, lat_deg, lon_deg, bearing_deg))
        told = None
        async for update in drive:
            reported = drive.horizon.reported
            if reported.state is not told:  # without a road under the vehicle there is no record
                told = reported.state
                print(f"{told.name} {reported.reason}".strip())
            for change in view.changes(drive.horizon):
                print(line(change))
            if update.update_index >= updates_count:
                break
        sender.cancel()


if __name__ == "__main__":
    run(feed)
