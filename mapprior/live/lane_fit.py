"""Does a zone's lane list speak of the same lanes as the map?

Only then may it be applied. The list fits where it names, from the left, lane by lane, what the map has: a
shoulder for a shoulder, a driving lane for anything that carries traffic. Shoulders and other strips that the
list names to the right of the last lane of the map change no index and are allowed; a strip to the left of
the first would shift all of them.
"""

from collections.abc import Sequence

from mapprior.model.lane import Lane, LaneType, LinkLanes
from mapprior.model.work_zone import WorkZoneLane, WorkZoneLaneType

_STRIPS = (WorkZoneLaneType.SHOULDER, WorkZoneLaneType.OTHER)


def lanes_fit(zone_lanes: Sequence[WorkZoneLane], mapped: LinkLanes | None, *, start_cm: int, end_cm: int) -> bool:
    """True where every lane section between the offsets fits the list; False without lanes on either side."""
    if not zone_lanes or mapped is None:
        return False
    sections = [s for s in mapped.sections if s.start_cm < end_cm and s.end_cm > start_cm]
    return bool(sections) and all(_section_fits(zone_lanes, section.lanes) for section in sections)


def _section_fits(zone_lanes: Sequence[WorkZoneLane], lanes: Sequence[Lane]) -> bool:
    if len(zone_lanes) < len(lanes) or [lane.lane_index for lane in zone_lanes] != list(range(len(zone_lanes))):
        return False
    rest = zone_lanes[len(lanes) :]
    return all(_same(*pair) for pair in zip(zone_lanes, lanes, strict=False)) and all(
        zone_lane.lane_type in _STRIPS for zone_lane in rest
    )


def _same(zone_lane: WorkZoneLane, lane: Lane) -> bool:
    """OTHER may be a pavement, parking or a slip lane: what it is on the map cannot be said."""
    if zone_lane.lane_type is WorkZoneLaneType.SHOULDER:
        return lane.lane_type is LaneType.SHOULDER
    return zone_lane.lane_type is not WorkZoneLaneType.OTHER and lane.lane_type not in (
        LaneType.SHOULDER,
        LaneType.CYCLE,
    )
