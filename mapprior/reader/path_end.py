"""Why a path ends where it ends, as far as a client can tell from what it holds and from what it asked for."""

from dataclasses import dataclass
from enum import IntEnum

from mapprior.horizon.items import ROOT, Border
from mapprior.horizon.lengths import UNKNOWN_SPEED_MPS, Lengths
from mapprior.horizon.update import PathItems
from mapprior.model.provenance import Layer
from mapprior.reader.known import link_end_cm
from mapprior.reader.received import Received


class PathEndKind(IntEnum):
    """What ends a path."""

    LENGTH = 1  # it is at least as long as was asked for
    BORDER = 2  # the market ends, and the path does not go on into the next one
    ROAD_END = 3  # no road goes on from there: a dead end, or where what is mapped was cut off
    NO_WAY_KNOWN = 4  # roads go on; their tile is not at hand, or none of them may be driven or is new
    UNKNOWN = 5  # what its last link is has not been told
    ALLOWED = 6  # more was asked for, and this server lays no more
    UNREAD = 7  # the road goes on into a tile that could not be read


@dataclass(frozen=True, slots=True)
class PathEnd:
    """`border` where that is what ends the path; `reason` why what follows could not be read."""

    kind: PathEndKind
    border: Border | None = None
    reason: str = ""


def path_end(received: Received, on_path: PathItems, *, speed_mps: float | None = None) -> PathEnd:
    """`speed_mps`: how fast the vehicle drives, which counts where lengths were asked for in seconds."""
    asked, granted = received.opened, received.granted
    speed_mps = UNKNOWN_SPEED_MPS if speed_mps is None else speed_mps
    if _reaches(received, on_path, Lengths.of(asked), speed_mps):
        return PathEnd(PathEndKind.LENGTH)
    if granted is not None and _reaches(received, on_path, Lengths.of(granted.lengths_for(asked)), speed_mps):
        return PathEnd(PathEndKind.ALLOWED)
    border = next((x for x in on_path.borders if x.offset_cm >= on_path.path.end_offset_cm), None)
    if border is not None:
        return PathEnd(PathEndKind.BORDER, border)
    end_cm = on_path.path.end_offset_cm
    last = next((x for x in on_path.coverage if x.layer is Layer.L0 and x.end_offset_cm == end_cm), None)
    if last is not None and last.reason:
        return PathEnd(PathEndKind.UNREAD, reason=last.reason)
    road = received.road(on_path.links[-1].link_id) if on_path.links else None
    if road is None:
        return PathEnd(PathEndKind.UNKNOWN)
    return PathEnd(PathEndKind.ROAD_END if road.dead_end else PathEndKind.NO_WAY_KNOWN)


def _reaches(received: Received, on_path: PathItems, lengths: Lengths, speed_mps: float) -> bool:
    path = on_path.path
    if path.parent_path_id != ROOT:
        return path.end_offset_cm >= lengths.stub_at_cm(speed_mps)
    return path.end_offset_cm - link_end_cm(on_path, received.reported) >= lengths.horizon_at_cm(speed_mps)
