"""`DriveGranted` as a message, and back."""

from mapprior.horizon.granted import Granted
from mapprior.model.provenance import Layer
from mapprior.v1 import horizon_pb2
from mapprior.wire.fields import known


def fill_granted(message: horizon_pb2.DriveGranted, granted: Granted) -> None:
    """Writes into an empty message."""
    message.SetInParent()
    message.horizon_length_m = granted.horizon_length_m
    message.horizon_length_m_max = granted.horizon_length_m_max
    message.trailing_length_m = granted.trailing_length_m
    message.stub_length_m = granted.stub_length_m
    message.stub_length_m_max = granted.stub_length_m_max
    message.side_levels_count = granted.side_levels_count
    message.layers.extend(granted.layers)  # type: ignore[arg-type]
    message.content_held_bytes_max = granted.content_held_bytes_max
    message.unacknowledged_updates_max = granted.unacknowledged_updates_max
    message.silence_ms_max = granted.silence_ms_max
    message.poses_per_sec_max = granted.poses_per_sec_max
    message.work_ms_per_sec_max = granted.work_ms_per_sec_max


def read_granted(message: horizon_pb2.DriveGranted) -> Granted:
    """What it says; RequestError where it names a layer that there is not."""
    return Granted(
        message.horizon_length_m,
        message.horizon_length_m_max,
        message.trailing_length_m,
        message.stub_length_m,
        message.stub_length_m_max,
        message.side_levels_count,
        tuple(known(Layer, x, "granted.layers") for x in message.layers),
        message.content_held_bytes_max,
        message.unacknowledged_updates_max,
        message.silence_ms_max,
        message.poses_per_sec_max,
        message.work_ms_per_sec_max,
    )
