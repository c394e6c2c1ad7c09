"""Checked reading of single fields: what a peer sent is not trusted before it passed here.

Every refusal is a RequestError that names the field and what is allowed. The value seen is named too,
but for places on the earth and what they can be computed from.
"""

import math
from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message

from mapprior.errors import LimitError, RequestError
from mapprior.geo.units import E7
from mapprior.model.work_zone import ZONE_TIME_US_MAX

M = TypeVar("M", bound=Message)
E = TypeVar("E", bound=IntEnum)

TIME_US_MAX: Final = ZONE_TIME_US_MAX  # the year 2100
TEXT_CHARS_MAX: Final = 4096
LAT_DEG_MAX: Final = 90.0
LON_DEG_MAX: Final = 180.0


def parse(message_type: type[M], data: bytes) -> M:
    """The message in `data`; RequestError where the bytes are none."""
    try:
        return message_type.FromString(data)
    except DecodeError:
        raise RequestError(f"the bytes are no {message_type.DESCRIPTOR.full_name}") from None


@cache
def _members(enum_type: type[E]) -> dict[int, E]:
    return {member.value: member for member in enum_type}


def known(enum_type: type[E], number: int, field: str) -> E:
    """The member with this number; RequestError for the unspecified and for numbers we do not know."""
    member: E | None = _members(enum_type).get(number)
    if member is None:
        allowed = ", ".join(f"{m.value} {m.name}" for m in enum_type)
        raise RequestError(f"{field} is {number}; allowed: {allowed}")
    return member


def known_or(enum_type: type[E], number: int, field: str, default: E) -> E:
    """Like `known`, with `default` for the unspecified 0."""
    return known(enum_type, number, field) if number else default


def whole(value: int, field: str, low: int, high: int) -> int:
    """`value` where it lies in [low, high]."""
    if not low <= value <= high:
        raise RequestError(f"{field} is {value}; allowed: [{low}, {high}]")
    return value


def whole_or(value: int, field: str, low: int, high: int, default: int) -> int:
    """Like `whole`, with `default` for 0."""
    return whole(value, field, low, high) if value else default


def finite(value: float, field: str) -> float:
    """`value` where it is a number from 0 on. The refusal does not tell the value."""
    if not 0.0 <= value < math.inf:
        raise RequestError(f"{field} is no number from 0 on")
    return value


def text(value: str, field: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """`value` where it is short enough."""
    if len(value) > chars_max:
        raise LimitError(f"{field} has {len(value)} characters; at most {chars_max}")
    return value


def few(values: Sequence[object], field: str, count_max: int) -> None:
    """LimitError where a list is too long."""
    if len(values) > count_max:
        raise LimitError(f"{field} has {len(values)} elements; at most {count_max}")


def lat_e7(lat_deg: float, field: str) -> int:
    """Latitude in whole 1e-7 degrees. The refusal does not tell the value."""
    if not -LAT_DEG_MAX <= lat_deg <= LAT_DEG_MAX:
        raise RequestError(f"{field} is outside [-90, 90]")
    return round(lat_deg * E7)


def lon_e7(lon_deg: float, field: str) -> int:
    """Longitude in whole 1e-7 degrees. The refusal does not tell the value."""
    if not -LON_DEG_MAX <= lon_deg <= LON_DEG_MAX:
        raise RequestError(f"{field} is outside [-180, 180]")
    return round(lon_deg * E7)
