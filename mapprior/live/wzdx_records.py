"""The part of WZDx 4.2 that is read, as strict pydantic models in the format's own words.

Source: usdot-jpo-ode/wzdx, schemas/4.2 (CC0). Unknown members are ignored, as the specification asks;
members that are read must have the stated type and one of the stated values. Deprecated `*_accuracy`
members of 4.0 are read where the newer `is_*_verified` are missing.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mapprior.geo.units import US_PER_SEC
from mapprior.model.work_zone import ZONE_TIME_US_MAX

POINTS_COUNT_MAX = 10_000
LANES_COUNT_MAX = 32
NAMES_COUNT_MAX = 64
ID_CHARS_MAX = 256
TEXT_CHARS_MAX = 4_096


def _end_us(value: object) -> int:
    """As `_instant_us`; 0, not known, after the year 2100: feeds write the year 9999 for that."""
    time_us = _any_instant_us(value)
    return time_us if time_us <= ZONE_TIME_US_MAX else 0


def _instant_us(value: object) -> int:
    """RFC 3339 text as microseconds since 1970 UTC."""
    time_us = _any_instant_us(value)
    if time_us > ZONE_TIME_US_MAX:
        raise ValueError("a date and time after 2100")
    return time_us


def _any_instant_us(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("a date and time as text (RFC 3339) is expected")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("not a date and time as in RFC 3339") from None
    if moment.tzinfo is None:
        raise ValueError("a date and time without time zone")
    since = moment - datetime.fromisoformat("1970-01-01T00:00:00Z")
    time_us = (since.days * 86_400 + since.seconds) * US_PER_SEC + since.microseconds
    if time_us <= 0:
        raise ValueError("a date and time before 1970")
    return time_us


InstantUs = Annotated[int, BeforeValidator(_instant_us)]
EndUs = Annotated[int, BeforeValidator(_end_us)]
Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX)]
Name = Annotated[str, Field(max_length=ID_CHARS_MAX)]
Position = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=2, max_length=4)]


class _Record(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class FeedInfo(_Record):
    publisher: Name
    version: Annotated[str, Field(pattern=r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$")]
    update_date: InstantUs
    synthetic: bool = False  # ours, not of the format: nothing in this feed exists


class CoreDetails(_Record):
    event_type: Literal["work-zone", "detour", "restriction"]
    data_source_id: Name
    road_names: Annotated[list[Name], Field(min_length=1, max_length=NAMES_COUNT_MAX)]
    direction: Literal[
        "northbound", "eastbound", "southbound", "westbound", "undefined", "unknown", "inner-loop", "outer-loop"
    ]
    name: Text = ""
    description: Text = ""
    creation_date: InstantUs | None = None
    update_date: InstantUs | None = None


class Restriction(_Record):
    type: str
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    unit: str | None = None


class Lane(_Record):
    order: Annotated[int, Field(ge=1, le=LANES_COUNT_MAX)]
    status: Literal["open", "closed", "shift-left", "shift-right", "merge-left", "merge-right", "alternating-flow"]
    type: Literal[
        "general",
        "exit-lane",
        "exit-ramp",
        "entrance-lane",
        "entrance-ramp",
        "sidewalk",
        "bike-lane",
        "shoulder",
        "parking",
        "median",
        "two-way-center-turn-lane",
        "center-left-turn-lane",
    ]
    restrictions: Annotated[list[Restriction], Field(max_length=NAMES_COUNT_MAX)] = []


class WorkerPresence(_Record):
    are_workers_present: bool


class TypeOfWork(_Record):
    type_name: Name


class WorkZoneProperties(_Record):
    core_details: CoreDetails
    start_date: InstantUs
    end_date: EndUs
    is_start_date_verified: bool
    is_end_date_verified: bool
    is_start_position_verified: bool
    is_end_position_verified: bool
    location_method: Literal["channel-device-method", "sign-method", "junction-method", "other", "unknown"]
    vehicle_impact: Literal[
        "all-lanes-closed",
        "some-lanes-closed",
        "all-lanes-open",
        "alternating-one-way",
        "some-lanes-closed-merge-left",
        "some-lanes-closed-merge-right",
        "all-lanes-open-shift-left",
        "all-lanes-open-shift-right",
        "some-lanes-closed-split",
        "flagging",
        "temporary-traffic-signal",
        "unknown",
    ]
    work_zone_type: Literal["static", "moving", "planned-moving-area"] = "static"
    event_status: Literal["planned", "pending", "active", "completed", "cancelled"] | None = None
    worker_presence: WorkerPresence | None = None
    reduced_speed_limit_kph: Annotated[float, Field(ge=0, le=500, allow_inf_nan=False)] | None = None
    types_of_work: Annotated[list[TypeOfWork], Field(max_length=NAMES_COUNT_MAX)] = []
    lanes: Annotated[list[Lane], Field(max_length=LANES_COUNT_MAX)] = []

    @model_validator(mode="before")
    @classmethod
    def _older_words(cls, data: Any) -> Any:
        """Fills a missing `is_*_verified` from its deprecated twin."""
        if not isinstance(data, dict):
            return data
        twins = {
            "is_start_date_verified": "start_date_accuracy",
            "is_end_date_verified": "end_date_accuracy",
            "is_start_position_verified": "beginning_accuracy",
            "is_end_position_verified": "ending_accuracy",
        }
        older = {new: data[old] == "verified" for new, old in twins.items() if new not in data and old in data}
        return {**data, **older}


class Geometry(_Record):
    type: Literal["LineString", "MultiPoint"]
    coordinates: Annotated[list[Position], Field(min_length=1, max_length=POINTS_COUNT_MAX)]

    @model_validator(mode="after")
    def _on_the_globe(self) -> "Geometry":
        for lon, lat, *_ in self.coordinates:
            if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
                raise ValueError("a position outside longitude -180 to 180, latitude -90 to 90")
        return self


class WorkZoneFeature(_Record):
    id: Annotated[str, Field(min_length=1, max_length=ID_CHARS_MAX)]
    type: Literal["Feature"]
    properties: WorkZoneProperties
    geometry: Geometry
