"""How single values are written as JSON: `as_json.py` says what is written."""

from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def metres(length_cm: int) -> float:
    return round(length_cm / 100, 2)


def probability(ppm: int) -> float:
    return round(ppm / 1e6, 6)


def confidence(permille: int) -> float:
    return round(permille / 1000, 3)


def radians(angle_mrad: int) -> float:
    return round(angle_mrad / 1000, 3)


def utc(time_us: int) -> str | None:
    """UTC with microseconds; null for 0, which is unknown."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if time_us else None
