"""Whether a turn that is banned under a condition is banned when the vehicle comes there.

Three answers: where the clock of the road, or what the condition asks for, is not known, and where a switch lies
between the earliest and the latest arrival, it is not known.
"""

from collections.abc import Mapping
from dataclasses import replace

from mapprior.horizon.drive_limits import DriveLaw, names_sun
from mapprior.market.circumstances import Arrival, Circumstances, Place
from mapprior.market.clock_words import in_words_of_today
from mapprior.market.condition import Refused, Truth, Verdict, evaluate, parse_condition
from mapprior.model.ids import LinkId, dataset_of, tile_of
from mapprior.model.link import Restriction
from mapprior.model.pose import DrivingConditions, VehicleProfile

NOT_KNOWN = Verdict(Truth.UNKNOWN, 0)


class TurnTimes:
    """For one vehicle. `laws` are by dataset id; where one is missing, so is the clock."""

    __slots__ = ("conditions", "laws", "vehicle")

    def __init__(self, vehicle: VehicleProfile, laws: Mapping[int, DriveLaw], conditions: DrivingConditions) -> None:
        self.vehicle = vehicle
        self.laws = laws
        self.conditions = conditions

    def is_banned(self, restriction: Restriction, arrival: Arrival | None) -> Verdict:
        """Whether the condition holds on arrival at the turn, and when that may change by time alone."""
        text = in_words_of_today(restriction.condition)
        condition = parse_condition(text)
        if isinstance(condition, Refused):
            return NOT_KNOWN  # it says something, but what is not known
        place = self.place(restriction.links[-1], by_sun=names_sun(text))
        return evaluate(condition, Circumstances(self.vehicle, self.conditions, place, arrival))

    def place(self, link_id: LinkId, *, by_sun: bool) -> Place:
        """Of a road, with its position only where the sun counts."""
        law = self.laws.get(dataset_of(link_id))
        place = law.place(tile_of(link_id)) if law is not None else Place()
        return place if by_sun else replace(place, lat_deg=None, lon_deg=None)
