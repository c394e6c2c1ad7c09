"""What the vehicle tells: pose, profile, conditions."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


@dataclass(slots=True, unsafe_hash=True, init=False)
class Pose:
    """One measurement. None is unknown; without a fix `lat_e7` and `lon_e7` are both None.

    `lat_e7` and `lon_e7` are floats: 1e-7 degrees, not rounded. One is made for each pose, and never changed: not
    frozen, and with its `__init__` written out, since what `dataclass` makes is interpreted even where the rest is
    compiled, and takes five times as long (measured).
    """

    pose_time_us: int
    lat_e7: float | None
    lon_e7: float | None
    heading_rad: float | None
    speed_mps: float | None
    position_sigma_m: float | None
    heading_sigma_rad: float | None
    travelled_m: float | None
    reverse: bool
    acknowledged_update_index: int

    def __init__(
        self,
        pose_time_us: int,
        lat_e7: float | None = None,
        lon_e7: float | None = None,
        heading_rad: float | None = None,
        speed_mps: float | None = None,
        position_sigma_m: float | None = None,
        heading_sigma_rad: float | None = None,
        travelled_m: float | None = None,
        reverse: bool = False,
        acknowledged_update_index: int = 0,
    ) -> None:
        self.pose_time_us = pose_time_us
        self.lat_e7 = lat_e7
        self.lon_e7 = lon_e7
        self.heading_rad = heading_rad
        self.speed_mps = speed_mps
        self.position_sigma_m = position_sigma_m
        self.heading_sigma_rad = heading_sigma_rad
        self.travelled_m = travelled_m
        self.reverse = reverse
        self.acknowledged_update_index = acknowledged_update_index


class VehicleClass(IntEnum):
    CAR = 1
    VAN = 2
    TRUCK = 3
    BUS = 4
    MOTORCYCLE = 5
    COACH = 6


class Condition(IntEnum):
    UNKNOWN = 1
    NO = 2
    YES = 3


@dataclass(frozen=True, slots=True)
class VehicleProfile:
    """Numbers are 0 where unknown. `mass_max_kg` is the permitted mass of the vehicle without what it tows."""

    vehicle_class: VehicleClass = VehicleClass.CAR
    mass_max_kg: int = 0
    trailer: bool = False
    mass_kg: int = 0  # what it weighs now
    trailer_mass_max_kg: int = 0
    axles_count: int = 0  # of all that moves
    length_cm: int = 0
    width_cm: int = 0
    height_cm: int = 0
    articulated: Condition = Condition.UNKNOWN
    hazmat: Condition = Condition.UNKNOWN


CAR: Final = VehicleProfile()


@dataclass(frozen=True, slots=True)
class DrivingConditions:
    wet: Condition = Condition.UNKNOWN
    snow: Condition = Condition.UNKNOWN
    fog: Condition = Condition.UNKNOWN
    dark: Condition = Condition.UNKNOWN


class MatchState(IntEnum):
    """Where the vehicle is, as far as can be said."""

    TRACKING = 1
    AMBIGUOUS = 2
    OFF_ROAD = 3
    NO_COVERAGE = 4
    WAITING = 5
