"""What an answer about a limit depends on besides the road: who drives, in what weather, where the law is, and when."""

from dataclasses import dataclass

from mapprior.model.pose import CAR, DrivingConditions, VehicleProfile


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the vehicle is there, UTC: at the earliest and at the latest; the same for one moment."""

    earliest_us: int
    latest_us: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a road lies, as far as law and clocks care. Empty strings and None are unknown.

    `market` is its code, `region` an ISO 3166-2 code (`GB-WLS`), `time_zone` an IANA name. The position is needed
    for sunrise only, and to a tenth of a degree.
    """

    market: str = ""
    region: str = ""
    time_zone: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None


NOWHERE = Place()
NOTHING_SENSED = DrivingConditions()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Everything of one question. Without an arrival whatever depends on time is undecided."""

    vehicle: VehicleProfile = CAR
    conditions: DrivingConditions = NOTHING_SENSED
    place: Place = NOWHERE
    arrival: Arrival | None = None
